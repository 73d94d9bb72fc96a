use super::*;

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn problems(toml: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    Config::read(toml, environment(pairs)).map_or_else(|error| error.problems, |_| Vec::new())
}

const UNSIGNED: (&str, &str) = ("LGDL_EDGE_UNSIGNED", "true");

#[test]
fn what_is_told_of_the_settings_in_force_is_all_of_them() {
    let config = Config::read("", environment(&[UNSIGNED])).unwrap();
    let told: Vec<_> = config.effective.iter().map(|entry| entry.name.as_str()).collect();
    let table: Vec<_> = Config::TABLE.iter().map(lgdl::settings::Setting::variable).collect();
    assert_eq!(told, table);
}

#[test]
fn a_slip_in_the_name_of_a_variable_is_named_and_not_passed_over() {
    for (slip, meant) in [
        ("LGDL_ENCRYPTON_KEY", "LGDL_ENCRYPTION_KEY"),
        ("LGDL_RATE_LIMIT_USERS", "LGDL_RATE_LIMIT_USER"),
        ("LGDL_EGDE_KEYS", "LGDL_EDGE_KEYS"),
        ("LGDL_edge_keys", "LGDL_EDGE_KEYS"),
        ("LGDL_ARCHIVE_FOLDER", "LGDL_ARCHIVE_URL"),
    ] {
        let found = problems("", &[UNSIGNED, (slip, "k1:x")]);
        assert_eq!(found, [format!("{slip} is no setting; {meant} is one")]);
    }
    // Others are not ours to judge: those of other programs, and those that a cluster sets.
    for name in ["LGDL_SERVICE_HOST", "LGDL_PORT_8080_TCP", "LGDL_SITE_KEY", "LGDL_COMPONENT", "LGDL_SIM_SEEDS"] {
        assert_eq!(problems("", &[UNSIGNED, (name, "x")]), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_default_is_a_value_of_its_setting_and_is_what_holds() {
    let silent = Config::read("", environment(&[UNSIGNED])).unwrap();
    let spoken = Config::TABLE.iter().map(|setting| (setting.variable(), setting.default.to_owned()));
    let spoken = Config::read("", spoken.chain(environment(&[UNSIGNED]))).unwrap();
    assert_eq!(Config { effective: Vec::new(), ..silent }, Config { effective: Vec::new(), ..spoken });
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_defaults() {
    let file = "max_body_bytes = 2048\nidempotency_hours = 5\ngames = [\"a:x.lgdl\", \"games/b.lgdl\"]\n";
    let config = Config::read(file, environment(&[UNSIGNED, ("LGDL_MAX_BODY_BYTES", "4096")])).unwrap();
    assert_eq!((config.max_body_bytes, config.idempotency_hours, config.claim_lease.as_secs()), (4096, 5, 60));
    let games: Vec<_> = config.games.iter().map(|game| (game.id.as_str(), game.path.to_str().unwrap())).collect();
    assert_eq!(games, [("a", "x.lgdl"), ("b", "games/b.lgdl")]);
}

#[test]
fn one_file_serves_origin_and_edge_and_each_is_told_of_the_mistakes_of_both() {
    let file = "rate_limit_user = \"3/hour\"\nkv_ttl = 90\nidempotency_hours = 5\nedge_unsigned = true\n";
    let given = || Given::read(file, environment(&[("LGDL_KV_TTL", "120"), ("HOME", "/")]));
    assert_eq!(given().origin().unwrap().idempotency_hours, 5);
    let edge = given().edge().unwrap();
    assert_eq!(
        edge.into_iter().collect::<Vec<_>>(),
        [("kv_ttl", "120".to_owned()), ("rate_limit_user", "3/hour".into())]
    );
    let wrong = || Given::read("rate_limit_user = \"ten\"\nidempotency_hours = 0\n", environment(&[UNSIGNED]));
    assert_eq!(wrong().origin().unwrap_err().problems.len(), 2);
    assert_eq!(wrong().edge().unwrap_err().problems.len(), 2);
}

#[test]
fn an_edge_logs_as_the_file_says() {
    let given = |toml: &str| Given::read(toml, environment(&[])).logging();
    assert_eq!(given("").unwrap(), ("info".to_owned(), true));
    assert_eq!(given("log = \"debug\"\npii_redact_in_logs = false\n").unwrap(), ("debug".to_owned(), false));
    assert!(given("pii_redact_in_logs = \"perhaps\"\n").is_err());
}

#[test]
fn what_holds_on_an_edge_is_told_with_its_defaults_and_without_its_secrets() {
    let given = Given::read("", environment(&[("LGDL_MODE", "development"), ("LGDL_JWT_SECRET", "0123456789abcdef")]));
    let told = given.edge_in_force();
    let value = |name: &str| told.iter().find(|entry| entry.name == name).map(|entry| entry.value.as_str());
    assert_eq!(value("LGDL_RATE_LIMIT_USER"), Some("off"));
    assert_eq!(value("LGDL_JWT_SECRET"), Some(MASK));
}

#[test]
fn all_problems_are_reported_at_once() {
    let found = problems(
        "kv_tll = 5\n[log]\n",
        &[
            ("LGDL_LISTEN", "nonsense"),
            ("LGDL_POSTGRES_POOL_MIN", "20"),
            ("LGDL_POSTGRES_URL", "mysql://x"),
            ("LGDL_EDGE_KEYS", "edge:short"),
            ("LGDL_RATE_LIMIT_USER", "ten"),
            ("LGDL_STATE_DISABLED", "perhaps"),
        ],
    );
    for name in ["kv_tll", "`log`", "LISTEN", "POOL_MIN", "POSTGRES_URL", "EDGE_KEYS", "RATE_LIMIT_USER", "STATE_DIS"] {
        assert_eq!(found.iter().filter(|problem| problem.contains(name)).count(), 1, "{name}: {found:#?}");
    }
    assert_eq!(found.len(), 8, "{found:#?}");
}

#[test]
fn unsigned_edges_are_for_loopback_only_and_keys_are_wanted_otherwise() {
    assert_eq!(problems("", &[UNSIGNED, ("LGDL_LISTEN", "0.0.0.0:80")]).len(), 1);
    assert_eq!(problems("", &[]).len(), 1);
    assert_eq!(problems("", &[("LGDL_EDGE_KEYS", "edge:0123456789abcdef")]), [""; 0]);
    assert_eq!(problems("", &[("LGDL_EDGE_KEYS", "e:0123456789abcdef,e:0123456789abcdeg")]).len(), 1);
}

#[test]
fn secrets_are_shown_nowhere() {
    let secret = "s3cret-s3cret-s3cret";
    let keys = format!("edge:{secret}");
    let ring = "k1:c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=";
    let pairs = [("LGDL_EDGE_KEYS", keys.as_str()), ("LGDL_ENCRYPTION_KEY", ring)];
    let config = Config::read("", environment(&pairs)).unwrap();
    assert!(config.encryption_key.is_some());
    assert!(!format!("{config:?}").contains(secret) && !format!("{config:?}").contains("c2Vjcm"));
    let wrong = Config::read("", environment(&[("LGDL_ENCRYPTION_KEY", secret), UNSIGNED])).unwrap_err();
    assert!(wrong.to_string().contains("LGDL_ENCRYPTION_KEY is no key ring") && !wrong.to_string().contains(secret));
    let wrong = Config::read("", environment(&[("LGDL_POSTGRES_URL", secret), UNSIGNED])).unwrap_err();
    assert!(!wrong.to_string().contains(secret));
}

#[test]
fn the_audit_log_is_sent_only_where_its_credential_is_safe() {
    let url = |url: &str| problems("", &[UNSIGNED, ("LGDL_AUDIT_PUSH_URL", url)]).len();
    assert_eq!(["https://siem.example.com/a?b=c", "http://10.0.0.7:8088/", ""].map(url), [0, 0, 0]);
    assert_eq!(["siem.example.com", "ftp://siem", "https://ann:secret@siem/", "https://", "/events"].map(url), [1; 5]);
    let with_credential = |url: &str| {
        let credential = ("LGDL_AUDIT_PUSH_AUTHORIZATION", "Bearer s3cret");
        problems("", &[UNSIGNED, ("LGDL_AUDIT_PUSH_URL", url), credential]).len()
    };
    assert_eq!(["https://siem.example.com/", "http://127.0.0.1:1/", "http://[::1]:1/"].map(with_credential), [0; 3]);
    assert_eq!(["http://siem.example.com/", "http://10.0.0.7/", ""].map(with_credential), [1; 3]);
    let broken = ("LGDL_AUDIT_PUSH_AUTHORIZATION", "Bearer a\r\nx: y");
    let found = problems("", &[UNSIGNED, ("LGDL_AUDIT_PUSH_URL", "https://siem.example.com/"), broken]);
    assert!(found.len() == 1 && !found[0].contains("Bearer"), "{found:?}");
}

#[test]
fn the_page_of_settings_is_what_is_declared() {
    let page = include_str!("../../../docs/settings.md");
    assert!(page == settings_page(), "`lgdl config --markdown > docs/settings.md` writes it anew");
}

#[test]
fn every_secret_may_be_what_a_file_holds() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("@{}", path.display())
    };
    let keys = write("keys", "e1:0123456789abcdef\n");
    let url = write("url", "postgres://u:p@h/d\n");
    let state = write("state", &format!("{}\n", "ab".repeat(32)));
    let toml = format!("postgres_url = \"{url}\"\nstate_key = \"{state}\"\n");
    let given = Given::read(&toml, environment(&[("LGDL_EDGE_KEYS", &keys)]));
    assert_eq!(given.secret_files().len(), 3);
    let edge = given.clone().edge().unwrap();
    assert_eq!(edge["state_key"], "ab".repeat(32));
    let config = given.origin().unwrap();
    assert_eq!((config.edge_keys[0].id.as_str(), config.edge_keys[0].secret.expose()), ("e1", "0123456789abcdef"));
    assert_eq!(config.postgres_url.unwrap().expose(), "postgres://u:p@h/d");
    // What is no secret is taken as it stands.
    assert_eq!(
        Config::read("sqlite_path = \"@x\"", environment(&[UNSIGNED])).unwrap().sqlite_path.to_str(),
        Some("@x")
    );
}

#[test]
fn a_secrets_file_that_is_not_there_is_named_once_and_by_its_setting() {
    let found = problems("", &[("LGDL_EDGE_KEYS", "@/nowhere/keys")]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("LGDL_EDGE_KEYS names a file that can't be read"), "{found:?}");
}

#[test]
fn a_secrets_file_that_is_empty_is_refused_and_turns_nothing_off() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let named = format!("@{}", file.path().display());
    for text in ["", "\n  \n"] {
        std::fs::write(file.path(), text).unwrap();
        for name in ["LGDL_ENCRYPTION_KEY", "LGDL_STATE_KEY", "LGDL_AUDIT_KEY"] {
            let found = problems("", &[UNSIGNED, (name, &named)]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("{name} names a file that is empty")), "{found:?}");
        }
    }
}

#[test]
fn a_slip_in_the_file_is_named_with_the_setting_that_was_meant() {
    let found = problems("encryption_ky = \"k\"\narchive_folder = \"a\"\nzzz = 1", &[UNSIGNED]);
    let expected = [
        "lgdl.toml: there is no setting `archive_folder`; `archive_url` is one",
        "lgdl.toml: there is no setting `encryption_ky`; `encryption_key` is one",
        "lgdl.toml: there is no setting `zzz`",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_place_in_a_bucket_that_cannot_be_opened_is_a_problem_of_its_setting_and_shows_no_secret() {
    let ring = ("LGDL_ENCRYPTION_KEY", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let of = |archive: &str| problems("", &[UNSIGNED, ring, ("LGDL_ARCHIVE_URL", archive)]);
    assert_eq!(of("s3://kept/archive"), [""; 0]);
    let found = of("az://kept/archive");
    assert!(found.len() == 1 && found[0].contains("az://kept/archive can't be used"), "{found:?}");
    let found = of("s3://AKIA1:s3cret@kept/archive");
    assert!(found.len() == 1 && found[0].starts_with("LGDL_ARCHIVE_URL must be "), "{found:?}");
    assert!(!found[0].contains("s3cret"), "{found:?}");
}

#[test]
fn a_word_that_is_no_level_does_not_silence_the_log() {
    for filter in ["warning", "debg", "info,err", "lgdl_origin", "[[", "lgdl=loud"] {
        let found = problems("", &[UNSIGNED, ("LGDL_LOG", filter)]);
        assert!(found.len() == 1 && found[0].starts_with("LGDL_LOG "), "{filter}: {found:?}");
    }
    for filter in
        ["off", "WARN", "info,lgdl_origin=debug", "lgdl::request=warn, error", "lgdl_edge_host[request]=debug"]
    {
        assert_eq!(problems("", &[UNSIGNED, ("LGDL_LOG", filter)]), [""; 0], "{filter}");
    }
}

#[test]
fn what_makes_no_sense_is_named_at_the_start_with_what_is_expected() {
    let found = |name: &str, text: &str| problems("", &[UNSIGNED, (name, text)]);
    for (name, wrong) in [
        ("LGDL_CORS_ORIGINS", "www.example.com"),
        ("LGDL_CORS_ORIGINS", "https://www.example.com/shop"),
        ("LGDL_CORS_ORIGINS", "https://*.example.com"),
        ("LGDL_CORS_ORIGINS", "https://"),
        ("LGDL_ADMIN_CORS_ORIGINS", "admin.example.com"),
        ("LGDL_ADMIN_CORS_ORIGINS", "*"),
        ("LGDL_ORIGIN_URL", "origin.example.com"),
        ("LGDL_ORIGIN_URL", "https://"),
        ("LGDL_ORIGIN_URL", "https://ann:secret@origin"),
        ("LGDL_ORIGIN_URL", "https://origin:99999"),
        ("LGDL_SERVICES", r#"{"ehr": {"url": "ehr.example.com"}}"#),
        ("LGDL_SERVICES", r#"{"ehr": {"url": "https://ehr", "timeout_ms": 0}}"#),
        ("LGDL_UNDERSTANDING_SERVICE", "nobody"),
        ("LGDL_ALERT_ERROR_PERCENT", "101"),
        ("LGDL_ALERT_DISK_PERCENT", "0"),
        ("LGDL_ALERT_STORE_SECONDS", "0"),
        ("LGDL_ALERT_BACKUP_HOURS", "0"),
        ("LGDL_ALERT_HANDOVER_MINUTES", "-1"),
        ("LGDL_ALERT_EMAIL_TO", "ops@example.com"),
        ("LGDL_ALERT_SMTP_URL", "smtps://mail.example.com"),
        ("LGDL_OTLP_AUTHORIZATION", "Bearer x"),
    ] {
        let origin = found(name, wrong);
        let edge = Given::read("", environment(&[(name, wrong)])).edge();
        let both = [origin, edge.err().map_or_else(Vec::new, |error| error.problems)].concat();
        assert!(!both.is_empty() && both.iter().all(|one| one.contains(name)), "{name}={wrong}: {both:?}");
        assert!(!both.concat().contains("secret@"), "{both:?}");
    }
    for (name, right) in [
        ("LGDL_CORS_ORIGINS", "https://www.example.com/, http://localhost:3000,http://[::1]:8080"),
        ("LGDL_CORS_ORIGINS", "*"),
        ("LGDL_ORIGIN_URL", "http://127.0.0.1:8787/"),
        ("LGDL_ORIGIN_URL", "https://origin_1.example.com/behind/a/proxy"),
        ("LGDL_POSTGRES_URL", "postgres://u:p%40ss@h:5432/d?sslmode=require"),
        ("LGDL_ALERT_ERROR_PERCENT", "100"),
        ("LGDL_ALERT_DISK_PERCENT", "off"),
    ] {
        assert_eq!(found(name, right), [""; 0], "{name}={right}");
        assert!(Given::read("", environment(&[(name, right)])).edge().is_ok(), "{name}={right}");
    }
    let mail = [
        ("LGDL_ALERT_SMTP_URL", "smtps://mail.example.com"),
        ("LGDL_ALERT_EMAIL_FROM", "lgdl@example.com"),
        ("LGDL_ALERT_EMAIL_TO", "ops@example.com"),
    ];
    assert_eq!(problems("", &[&[UNSIGNED][..], &mail].concat()), [""; 0]);
}

#[test]
fn a_node_without_its_origin_or_its_key_does_not_start() {
    let given = |toml: &str| Given::read(toml, environment(&[("LGDL_ORIGIN_URL", "http://o")])).node();
    assert!(given("").is_err() && given("origin_key_id = \"edge1\"").is_err());
    assert!(given("mode = \"development\"").is_ok());
    assert!(given("origin_key_id = \"edge1\"\norigin_key = \"a secret of sixteen bytes\"").is_ok());
    assert!(Given::read("mode = \"development\"", environment(&[])).node().is_err());
}
