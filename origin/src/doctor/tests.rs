use std::path::PathBuf;

use super::*;
use crate::alerts::Tested;
use crate::clock::DAY_MS;
use crate::migrations::{Kind, Status};
use crate::store::postgres::server::{MIN_SERVER_VERSION, ServerFacts};
use crate::tls::Tls;

const NOW: Millis = 1_800_000_000_000;
const SECRET: &str = "3f1c9a7e5b2d8046c1e7a9530f8b6d24";

fn config(more: &[(&str, &str)]) -> Config {
    let given = [
        ("LGDL_EDGE_KEYS", "e1:9e1c7a5b3f2d8046c1e7a9530f8b6d24"),
        ("LGDL_AUDIT_KEY", SECRET),
        ("LGDL_AUDIT_CHECKPOINTS", "c"),
    ];
    let given = given.iter().chain([("LGDL_CONVERSATION_TTL_DAYS", "365")].iter()).chain(more);
    Config::read("", given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).expect("fine")
}

fn server() -> ServerFacts {
    ServerFacts {
        version: MIN_SERVER_VERSION,
        fsync: true,
        synchronous_commit: true,
        standby: false,
        full_page_writes: true,
        checksums: true,
        archiving: true,
        archived_seconds_ago: Some(9),
        archiving_fails: false,
        replicas: 1,
        connections: 97,
        tls: true,
        now_ms: NOW,
    }
}

fn node() -> NodeAnswer {
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    NodeAnswer { status: 200, version, unwell: Vec::new(), now_ms: Some(NOW - 500), asked_at: NOW }
}

/// A deployment in which all is well.
fn well(program: Program) -> Facts {
    let edge = [("origin_url", "https://o"), ("state_key", "8d1c9a7e5b2f3046c1e7a9530f8b6d24"), ("auth", "required")];
    Facts {
        program,
        now_ms: NOW,
        settings: Ok(Settings {
            origin: (program == Program::Origin).then(|| {
                config(&[("LGDL_POSTGRES_URL", "postgres://u:c7a95b2f3e1d8046c1e7a9530f8b6d24@h/d?sslmode=require")])
            }),
            edge: edge.map(|(name, value)| (name, value.to_owned())).into(),
            tls: Tls { server: None, authorities: None },
        }),
        certificate: Some(Ok(NOW + 60 * DAY_MS)),
        authorities_fault: None,
        open_files: Vec::new(),
        server: Some(Ok(server())),
        migrations: Some(Ok(vec![Status { version: 1, name: "core".into(), kind: Kind::Expand, applied_at: Some(1) }])),
        expected: Expected::Store,
        lost: Ok(Vec::new()),
        store: Some(Ok(StoreFacts {
            ring: Ring::Opens(3),
            tombstones: Some(Ok(2)),
            checkpoints_fault: None,
            audit_lag: None,
            backup_at: Some(NOW - 60_000),
            drill_at: Some(NOW - 60_000),
            backup_failed_at: None,
            drill_failed_at: None,
            channels: vec![ChannelFacts {
                name: "email",
                told_at: Some(NOW - 60_000),
                failing_since: None,
                tested: None,
            }],
            webhooks: vec![WebhookFacts { name: "crm".into(), paused: None, failing_since: Some(NOW - 60_000) }],
            games: 1,
            keys: vec![Credential { name: "site".into(), expires_at: None }],
            administrators: 1,
            heard: vec![("e1".into(), Some(NOW - 20_000))],
            same_names: Vec::new(),
        })),
        unopened: (program == Program::Edge).then_some(Ok(0)),
        buckets: vec![Bucket { what: "the archive", place: "s3://bucket/archive".into(), fault: None }],
        disks: vec![Disk { what: "tombstones", space: Ok(Space { free: 50 << 30, total: 100 << 30 }) }],
        nodes: vec![Node { url: "https://node/health".into(), answer: Ok(node()) }],
        max_open_files: Some(65_536),
    }
}

fn origin(facts: &mut Facts) -> &mut Config {
    facts.settings.as_mut().expect("well").origin.as_mut().expect("an origin's")
}

fn edge(facts: &mut Facts, name: &'static str, value: &str) {
    facts.settings.as_mut().expect("well").edge.insert(name, value.to_owned());
}

fn store(facts: &mut Facts) -> &mut StoreFacts {
    facts.store.as_mut().expect("asked").as_mut().expect("well")
}

fn postgres(facts: &mut Facts) -> &mut ServerFacts {
    facts.server.as_mut().expect("asked").as_mut().expect("well")
}

fn answer(facts: &mut Facts) -> &mut NodeAnswer {
    facts.nodes[0].answer.as_mut().expect("well")
}

type Spoil = fn(&mut Facts);

/// What spoils a deployment, the check that has to say so, and how bad it is.
const SPOILED: &[(&str, Level, Spoil)] = &[
    ("settings", Level::Fail, |facts| {
        facts.settings = Err(ConfigError { problems: vec!["LGDL_LISTEN must be an address".into()] });
    }),
    ("secrets", Level::Fail, |facts| edge(facts, "jwt_secret", "passwordpassword")),
    ("secrets", Level::Warn, |facts| edge(facts, "jwt_secret", "0123456789abcdef")),
    ("secrets", Level::Fail, |facts| edge(facts, "jwt_secret", SECRET)),
    ("files", Level::Warn, |facts| facts.open_files.push(PathBuf::from("secrets/ring"))),
    ("tls", Level::Warn, |facts| postgres(facts).tls = false),
    ("tls", Level::Warn, |facts| {
        facts.certificate = None;
        origin(facts).admin_listen = "0.0.0.0:1".parse().expect("an address");
    }),
    ("tls", Level::Fail, |facts| facts.certificate = Some(Err("E563 over".into()))),
    ("tls", Level::Warn, |facts| facts.certificate = Some(Ok(NOW + 10 * DAY_MS))),
    ("tls", Level::Fail, |facts| facts.certificate = Some(Ok(NOW + DAY_MS))),
    ("tls", Level::Fail, |facts| facts.authorities_fault = Some("E561 none".into())),
    ("tls", Level::Warn, |facts| edge(facts, "origin_url", "http://origin.example")),
    ("tls", Level::Warn, |facts| facts.nodes[0].url = "http://node.example/health".into()),
    ("mode", Level::Fail, |facts| origin(facts).edge_unsigned = true),
    ("mode", Level::Fail, |facts| edge(facts, "mode", "development")),
    ("mode", Level::Warn, |facts| edge(facts, "auth", "open")),
    ("mode", Level::Warn, |facts| edge(facts, "cors_origins", "*")),
    ("clock", Level::Fail, |facts| postgres(facts).now_ms += 61_000),
    ("clock", Level::Warn, |facts| answer(facts).now_ms = Some(NOW - 9_000)),
    ("database", Level::Fail, |facts| facts.server = Some(Err("E501 away".into()))),
    ("database", Level::Fail, |facts| postgres(facts).fsync = false),
    ("database", Level::Fail, |facts| postgres(facts).version -= 1),
    ("database", Level::Fail, |facts| postgres(facts).standby = true),
    ("database", Level::Fail, |facts| postgres(facts).full_page_writes = false),
    ("database", Level::Fail, |facts| postgres(facts).connections = 15),
    ("database", Level::Fail, |facts| postgres(facts).archiving_fails = true),
    ("database", Level::Warn, |facts| postgres(facts).connections = 31),
    ("database", Level::Warn, |facts| postgres(facts).checksums = false),
    ("database", Level::Warn, |facts| postgres(facts).archived_seconds_ago = Some(7_200)),
    ("database", Level::Warn, |facts| {
        (postgres(facts).archiving, postgres(facts).replicas) = (false, 0);
    }),
    ("migrations", Level::Fail, |facts| facts.migrations = Some(Err("E504 newer".into()))),
    ("migrations", Level::Warn, |facts| {
        facts.migrations.as_mut().expect("asked").as_mut().expect("well").push(Status {
            version: 2,
            name: "two".into(),
            kind: Kind::Expand,
            applied_at: None,
        });
    }),
    ("migrations", Level::Fail, |facts| {
        facts.migrations.as_mut().expect("asked").as_mut().expect("well")[0].applied_at = None;
    }),
    ("migrations", Level::Fail, |facts| {
        facts.migrations.as_mut().expect("asked").as_mut().expect("well")[0].applied_at = None;
        (facts.expected, facts.lost) =
            (Expected::NewStore, Ok(vec![Sign::Backups(crate::objects::Location::Folder("b".into()))]));
    }),
    ("migrations", Level::Fail, |facts| facts.lost = Ok(vec![Sign::Tombstones("t".into())])),
    ("disk", Level::Fail, |facts| facts.disks[0].space = Ok(Space { free: 1 << 20, total: 100 << 30 })),
    ("disk", Level::Warn, |facts| facts.disks[0].space = Ok(Space { free: 5 << 30, total: 100 << 30 })),
    ("disk", Level::Fail, |facts| facts.disks[0].space = Err("there is none".into())),
    ("encryption", Level::Fail, |facts| store(facts).ring = Ring::Wrong("E927".into())),
    ("encryption", Level::Warn, |facts| store(facts).ring = Ring::None),
    ("tombstones", Level::Fail, |facts| store(facts).tombstones = Some(Err("E543".into()))),
    ("tombstones", Level::Warn, |facts| store(facts).tombstones = None),
    ("audit", Level::Warn, |facts| origin(facts).audit_key = None),
    ("audit", Level::Warn, |facts| origin(facts).audit_checkpoints = None),
    ("audit", Level::Fail, |facts| store(facts).checkpoints_fault = Some("read-only".into())),
    ("audit", Level::Fail, |facts| store(facts).audit_lag = Some(Lag { links: 4, waiting_ms: 3_600_000 })),
    ("buckets", Level::Fail, |facts| facts.buckets[0].fault = Some("it refuses".into())),
    ("backups", Level::Warn, |facts| store(facts).backup_at = None),
    ("backups", Level::Warn, |facts| store(facts).backup_at = Some(NOW - 200_000_000)),
    ("backups", Level::Fail, |facts| store(facts).backup_failed_at = Some(NOW - 1_000)),
    ("backups", Level::Fail, |facts| store(facts).drill_failed_at = Some(NOW - 1_000)),
    ("backups", Level::Warn, |facts| store(facts).drill_at = None),
    ("backups", Level::Warn, |facts| store(facts).drill_at = Some(0)),
    ("alerts", Level::Warn, |facts| store(facts).channels.clear()),
    ("alerts", Level::Warn, |facts| store(facts).channels[0].told_at = None),
    ("alerts", Level::Fail, |facts| store(facts).channels[0].failing_since = Some(NOW - 60_000)),
    ("alerts", Level::Fail, |facts| {
        store(facts).channels[0].tested = Some(Tested { at: NOW - 1_000, why: Some("550 no such user".into()) });
    }),
    ("webhooks", Level::Warn, |facts| store(facts).webhooks[0].paused = Some("gone".into())),
    ("webhooks", Level::Warn, |facts| store(facts).webhooks[0].failing_since = Some(NOW - DAY_MS)),
    ("retention", Level::Warn, |facts| origin(facts).conversation_ttl_days = None),
    ("games", Level::Warn, |facts| store(facts).games = 0),
    ("access", Level::Warn, |facts| store(facts).keys.clear()),
    ("access", Level::Warn, |facts| store(facts).keys[0].expires_at = Some(NOW + 1_000_000)),
    ("access", Level::Warn, |facts| store(facts).administrators = 0),
    ("edges", Level::Warn, |facts| store(facts).heard[0].1 = None),
    ("edges", Level::Warn, |facts| store(facts).heard[0].1 = Some(NOW - 3_600_000)),
    ("edges", Level::Warn, |facts| store(facts).same_names.push("front".into())),
    ("nodes", Level::Fail, |facts| facts.nodes[0].answer = Err("refused".into())),
    ("nodes", Level::Fail, |facts| answer(facts).status = 503),
    ("nodes", Level::Warn, |facts| answer(facts).unwell.push("origin degraded (breaker open)".into())),
    ("nodes", Level::Warn, |facts| answer(facts).version = Some("0.0.1".into())),
    ("limits", Level::Fail, |facts| facts.max_open_files = Some(256)),
    ("limits", Level::Warn, |facts| facts.max_open_files = Some(4_096)),
    ("limits", Level::Warn, |facts| edge(facts, "rate_limit_user", "off")),
    ("journal", Level::Fail, |facts| drop(facts.settings.as_mut().expect("well").edge.remove("state_key"))),
    ("journal", Level::Fail, |facts| facts.unopened = Some(Ok(2))),
    ("journal", Level::Fail, |facts| facts.unopened = Some(Err("the file is damaged".into()))),
    ("journal", Level::Warn, |facts| edge(facts, "state_disabled", "true")),
];

#[test]
fn a_deployment_in_which_all_is_well_gets_ok_on_every_line() {
    for program in [Program::Origin, Program::Edge] {
        let lines = examine(&well(program));
        let bad: Vec<_> = lines.iter().filter(|line| line.finding.level != Level::Ok).collect();
        assert!(bad.is_empty(), "{program:?}: {bad:?}");
        assert_eq!(verdict(&lines), Level::Ok);
    }
}

#[test]
fn each_check_says_what_is_wrong_and_what_to_do() {
    for (index, (name, level, spoil)) in SPOILED.iter().enumerate() {
        let check = CHECKS.iter().find(|check| check.name == *name).expect("a check of that name");
        let mut facts = well(check.of[0]);
        spoil(&mut facts);
        let lines = examine(&facts);
        let worst =
            lines.iter().filter(|line| line.check == *name).max_by_key(|line| line.finding.level).expect("a line");
        assert_eq!(worst.finding.level, *level, "{index} {name}: {worst:?}");
        assert!(worst.finding.todo.is_some(), "{index} {name} does not say what to do");
        assert!(!worst.finding.what.contains(SECRET), "{name} quotes a secret");
    }
}

#[test]
fn a_store_that_is_to_be_made_is_well_where_it_is_expected_to_be_new() {
    let mut facts = Facts { expected: Expected::NewStore, ..well(Program::Origin) };
    facts.migrations.as_mut().expect("asked").as_mut().expect("well")[0].applied_at = None;
    assert_eq!(verdict(&examine(&facts)), Level::Ok, "{:?}", examine(&facts));
}

#[test]
fn every_check_is_tried_with_something_that_is_wrong() {
    for check in CHECKS {
        assert!(SPOILED.iter().any(|(name, _, _)| *name == check.name), "{} is never seen to complain", check.name);
        assert_eq!(CHECKS.iter().filter(|other| other.name == check.name).count(), 1, "{} twice", check.name);
    }
}

#[test]
fn what_can_not_be_looked_at_is_not_called_well() {
    let facts = Facts { store: None, migrations: None, server: Some(Err("E501".into())), ..well(Program::Origin) };
    let lines = examine(&facts);
    let level = |name: &str| lines.iter().find(|line| line.check == name).map(|line| line.finding.level);
    for name in ["migrations", "encryption", "tombstones", "backups", "games", "access", "edges"] {
        assert_eq!(level(name), Some(Level::NotSeen), "{name}");
    }
    assert_eq!(verdict(&lines), Level::Fail);
}

#[test]
fn the_key_that_origin_and_edge_share_is_no_secret_used_twice() {
    let mut facts = well(Program::Origin);
    edge(&mut facts, "origin_key", "9e1c7a5b3f2d8046c1e7a9530f8b6d24");
    assert_eq!(verdict(&examine(&facts)), Level::Ok, "{:?}", examine(&facts));
}
