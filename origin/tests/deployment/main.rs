//! The commands that work on a deployment, as an operator runs them: real processes on a store of their own.

mod beginnings;
#[path = "../contract/data.rs"]
#[allow(dead_code)] // the contract uses more of it
mod data;
mod journal;
mod learning;
mod moving;
mod pooled;
#[path = "../support/postgres.rs"]
#[allow(dead_code)] // the contract uses more of it
mod postgres_server;
mod recovery;
mod replays;
mod traces;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

/// A working folder, and the settings that commands find there.
#[derive(Clone)]
struct Place {
    folder: Arc<TempDir>,
    settings: Vec<(String, String)>,
}

struct Ran {
    code: i32,
    out: String,
    said: String,
}

impl Place {
    fn new() -> Place {
        let settings = [("LGDL_EDGE_UNSIGNED", "true"), ("LGDL_AUDIT_KEY", "a key of the auditors")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Place { folder: Arc::new(tempfile::tempdir().unwrap()), settings }
    }

    /// With an empty store, as an origin has it after its first start.
    fn ready(self) -> Place {
        self.lgdl("migrate up").expect(0);
        self
    }

    fn with(mut self, name: &str, value: &str) -> Place {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lgdl"));
        command.args(arguments.split(' ')).current_dir(self.folder.path()).envs(self.settings.iter().cloned());
        command
    }

    fn lgdl(&self, arguments: &str) -> Ran {
        self.lgdl_with_input(arguments, "")
    }

    fn lgdl_with_input(&self, arguments: &str, input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
        // A command that fails early does not read to the end.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let said = format!("{arguments}\n{out}{}", String::from_utf8(output.stderr).unwrap());
        Ran { code: output.status.code().unwrap(), out, said }
    }
}

impl Ran {
    #[track_caller]
    fn expect(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{}", self.said);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.said))
    }
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let place = Place::new().ready();
    let made = place.lgdl("keys create --name shop --scope turns --expires-in 30 --json").expect(0).json();
    assert!(lgdl_origin::keys::is_well_formed(made["key"].as_str().unwrap()));
    let id = made["id"].as_str().unwrap();
    assert_eq!(place.lgdl("keys list --json").expect(0).json()["keys"][0]["id"], id);
    assert!(place.lgdl("keys list").expect(0).out.contains("good"));
    place.lgdl(&format!("keys revoke {id}")).expect(0);
    place.lgdl(&format!("keys revoke {id}")).expect(1);
    place.lgdl("keys revoke key_x").expect(2);
    place.lgdl("keys create --name x --scope everything").expect(2);
    place.lgdl("keys rotate").expect(1);
}

#[test]
fn consents_holds_and_erasures_are_carried_out() {
    let place = Place::new().ready();
    place.lgdl("gdpr consent ann --game shop --give --note letter").expect(0);
    place.lgdl("gdpr consent ann --give").expect(2);
    assert_eq!(place.lgdl("gdpr consent ann --json").expect(0).json()["consents"][0]["given"], true);
    let hold = place.lgdl("gdpr hold ann --reason lawsuit").expect(0).out;
    place.lgdl("gdpr erase ann").expect(1);
    place.lgdl(&format!("gdpr hold --lift {}", hold.trim())).expect(0);
    assert_eq!(place.lgdl("gdpr export ann --reason asked").expect(0).json()["format_version"], 1);
    let erased = place.lgdl("gdpr erase ann --json").expect(0).json();
    assert_eq!(erased["report"]["consents"], 1);
    place.lgdl("gdpr erase ann --conversation shop/c").expect(1);
    place.lgdl("gdpr export ann").expect(2);
}

#[test]
fn the_command_line_takes_what_the_admin_api_takes_and_no_more() {
    let place = Place::new().ready();
    let long = "x".repeat(501);
    let (id, user) = ("y".repeat(257), "gdpr consent ann --game shop --give --note=");
    for refused in [
        "gdpr hold ann --reason x".to_owned(),
        format!("gdpr hold ann --reason {long}"),
        "gdpr export ann --reason x".to_owned(),
        "gdpr export ann --reason=for\u{7}the\u{7}court".to_owned(),
        format!("{user}{long}"),
        format!("{user}a\u{7}b"),
        format!("gdpr consent {id} --game shop --give"),
        format!("gdpr consent ann --game {id}"),
        format!("gdpr erase ann --conversation shop/{id}"),
        "gdpr erase ann --conversation /c".to_owned(),
        "export --reason x".to_owned(),
        format!("archive list --person {id}"),
        "archive list --limit 0".to_owned(),
        "report shop --since 1900-01-01".to_owned(),
    ] {
        place.lgdl(&refused).expect(2);
    }
}

#[test]
fn the_audit_log_is_verified_exported_and_signed() {
    let place = Place::new().ready();
    place.lgdl("keys create --name shop").expect(0);
    place.lgdl("keys create --name page").expect(0);
    let checkpoint = place.lgdl("audit checkpoint").expect(0).out;
    std::fs::write(place.path("checkpoints"), &checkpoint).unwrap();
    place.lgdl("audit verify --checkpoints checkpoints").expect(0);
    let without_key = place.clone().with("LGDL_AUDIT_KEY", "");
    let unchecked = without_key.lgdl("audit verify --checkpoints checkpoints").expect(1);
    assert!(unchecked.out.contains("the signatures of 1 checkpoints are not checked"), "{}", unchecked.said);
    without_key.lgdl("audit verify --checkpoints checkpoints --unchecked-signatures").expect(0);
    let torn = format!("{checkpoint}{}", &checkpoint[..checkpoint.len() / 2]);
    std::fs::write(place.path("torn"), torn).unwrap();
    let report = place.lgdl("audit verify --checkpoints torn").expect(1);
    assert!(report.out.contains("E541 line 2") && report.out.contains("1 checkpoints, 0 faults"), "{}", report.said);
    place.lgdl("audit export --out audit.jsonl").expect(0);
    assert!(std::fs::read_to_string(place.path("audit.jsonl")).unwrap().contains("key.created"));
    let file = rusqlite::Connection::open(place.path("lgdl.db")).unwrap();
    file.execute_batch("DROP TRIGGER audit_is_append_only_update; UPDATE audit SET actor = 'x' WHERE sequence = 2")
        .unwrap();
    drop(file);
    let report = place.lgdl("audit verify --checkpoints checkpoints --json").expect(1).json();
    assert_eq!((&report["findings"][0]["sequence"], &report["findings"][0]["fault"]), (&2.into(), &"changed".into()));
}

#[test]
fn the_first_administrator_is_made_here() {
    let place = Place::new().ready();
    place.lgdl_with_input("admin create ann", "seven green lamps at noon\n").expect(0);
    place.lgdl_with_input("admin create ann", "seven green lamps at noon\n").expect(1);
    place.lgdl_with_input("admin create bob", "password1234\n").expect(2);
    place.lgdl_with_input("admin create bob --role king", "seven green lamps at noon\n").expect(2);
    let all = place.lgdl("admin list --json").expect(0);
    assert_eq!((&all.json()["administrators"][0]["role"], all.out.contains("argon2")), (&"admin".into(), false));
}

#[test]
fn games_are_published_pinned_and_rolled_back() {
    let place = Place::new().ready();
    let game = |answer: &str| {
        let text = r#"game greeting {
  participants { user can do: anything }
  moves {
    move hello {
      when user says something like: ["hello"]
      confidence: 0.7
      when confident { respond with: "ANSWER" }
    }
  }
}
"#;
        std::fs::write(place.path("game.lgdl"), text.replace("ANSWER", answer)).unwrap();
    };
    game("Hello.");
    let first = place.lgdl("games publish greeter game.lgdl --consent true --json").expect(0).json();
    assert_eq!(first["outcome"], "activated");
    assert_eq!(place.lgdl("games publish greeter . --json").expect(0).json()["outcome"], "unchanged");
    game("Hi.");
    place.lgdl("games publish greeter game.lgdl --retention 30").expect(0);
    let listed = place.lgdl("games list --json").expect(0).json();
    assert_eq!(listed["games"][0]["policy"]["consent_required"], true, "a new version keeps what is asked of nodes");
    assert_eq!(listed["games"][0]["policy"]["retention_days"], 30);
    let back = place.lgdl("games rollback greeter --json").expect(0).json();
    assert_eq!(back["version"], first["version"]);
    place.lgdl("games rollback nobody").expect(1);
    place.lgdl("games pin greeter").expect(0);
    game("Good day.");
    assert_eq!(place.lgdl("games publish greeter game.lgdl --json").expect(0).json()["outcome"], "stored");
    place.lgdl("games unpin greeter").expect(0);
    let versions = place.lgdl("games versions greeter --json").expect(0).json();
    assert_eq!(versions["versions"].as_array().unwrap().len(), 3);
    let newest = versions["versions"][0]["version"].as_str().unwrap().to_owned();
    place.lgdl(&format!("games activate greeter {newest}")).expect(0);
    place.lgdl("games activate greeter nothing").expect(1);
    place.lgdl("games pin nobody").expect(1);

    std::fs::write(
        place.path("golden_dialogs.yaml"),
        "dialogs: [{name: g, turns: [{input: hello, expect: {move: bye}}]}]",
    )
    .unwrap();
    game("Hello again.");
    assert!(place.lgdl("games publish greeter game.lgdl").expect(1).said.contains("E161"));
    place.lgdl("games publish greeter nothing.lgdl").expect(2);
    place.lgdl("audit export --out audit.jsonl").expect(0);
    let told = std::fs::read_to_string(place.path("audit.jsonl")).unwrap();
    assert!(["game.published", "game.activated", "game.pinned"].iter().all(|event| told.contains(event)), "{told}");
}

#[test]
fn an_administrator_of_a_tenant_is_not_one_of_everything_and_a_lost_password_is_replaced() {
    let place = Place::new().ready();
    let password = "seven green lamps at noon\n";
    place.lgdl_with_input("admin create root", password).expect(0);
    let made = place.lgdl_with_input("admin create ann --tenant tb --json", password).expect(0).json();
    assert_eq!(made["tenant"], "tb");
    place.lgdl_with_input("admin create eve --tenant ../tb", password).expect(2);
    let listed = place.lgdl("admin list").expect(0).out;
    let line = |name: &str| listed.lines().find(|line| line.ends_with(name)).unwrap().to_owned();
    assert!(line("ann").contains("tenant tb") && line("root").contains("everything"), "{listed}");

    place.lgdl_with_input("admin password ann", "password1234\n").expect(2);
    place.lgdl_with_input("admin password nobody", password).expect(1);
    place.lgdl_with_input("admin password ann", "nine blue kettles at dawn\n").expect(0);
    place.lgdl("admin disable root").expect(1);
    place.lgdl("admin disable ann").expect(0);
    assert!(place.lgdl("admin list").expect(0).out.contains("kept out"));
    place.lgdl("admin enable ann").expect(0);
    place.lgdl("audit export --out told.jsonl --after 0").expect(0);
    let told = std::fs::read_to_string(place.path("told.jsonl")).unwrap();
    assert_eq!(told.matches("administrator.changed").count(), 3, "{told}");
}

const SHOP: &str = r#"game shop {
  participants { user can do: anything }
  moves {
    move hello {
      when user says something like: ["hello"]
      confidence: 0.7
      when confident { respond with: "Hello." }
    }
  }
}
"#;

#[test]
fn a_person_and_a_key_are_blocked_and_let_in_again() {
    let place = Place::new().ready();
    let key = place.lgdl("keys create --name site --json").expect(0).json()["id"].as_str().unwrap().to_owned();
    place.lgdl("block --person mallory --reason case-4711 --for 12h").expect(0);
    place.lgdl(&format!("block --key {key} --reason leaked")).expect(0);
    place.lgdl("block --key key_00000000000000000000000000 --reason nobody").expect(2);
    place.lgdl("block --reason nobody").expect(2);
    place.lgdl("block --person mallory --reason long --for 9w").expect(2);
    place.lgdl(&format!("block --person mallory --key {key} --reason both")).expect(2);
    let blocks = place.lgdl("blocked --json").expect(0).json()["blocks"].clone();
    assert_eq!((&blocks[0]["person"], &blocks[1]["key"]), (&"mallory".into(), &key.as_str().into()));
    assert_eq!(blocks[0]["until_ms"].as_i64().unwrap() - blocks[0]["since_ms"].as_i64().unwrap(), 12 * 3_600_000);
    assert!(place.lgdl("blocked").expect(0).out.contains("case-4711"));
    place.lgdl("unblock --person mallory").expect(0);
    place.lgdl("unblock --person mallory").expect(1);
    place.lgdl(&format!("unblock --key {key}")).expect(0);
    place.lgdl("audit export --out told.jsonl").expect(0);
    let told = std::fs::read_to_string(place.path("told.jsonl")).unwrap();
    assert_eq!((told.matches("block.placed").count(), told.matches("block.lifted").count()), (2, 2), "{told}");
    assert!(!told.contains("mallory"));
}

#[test]
fn a_tenant_is_listed_with_what_it_has_and_erased_without_its_neighbours() {
    let place = Place::new().ready();
    place.lgdl_with_input("admin create ann --tenant tb", "seven green lamps at noon\n").expect(0);
    place.lgdl("keys create --name shop --tenant tb").expect(0);
    std::fs::write(place.path("game.lgdl"), SHOP).unwrap();
    place.lgdl("games publish shop game.lgdl --tenant tb").expect(0);
    place.lgdl("games publish shop game.lgdl").expect(0);
    place.lgdl("block --person tom --reason rude --tenant tb").expect(0);
    for (person, tenant) in [("mia", "tb"), ("tom", "tb"), ("zoe", "default")] {
        let consent = format!("gdpr consent {person} --game shop --give --note letter --tenant {tenant}");
        place.lgdl(&consent).expect(0);
    }
    let listed = || place.lgdl("tenants list --json").expect(0).json()["tenants"].clone();
    let tenant = listed()["tb"].clone();
    assert_eq!(
        (&tenant["persons"], &tenant["keys_in_force"], &tenant["administrators"]),
        (&2.into(), &1.into(), &1.into())
    );

    place.lgdl("tenants erase tb --confirm default").expect(2);
    place.lgdl("gdpr hold tom --reason lawsuit --tenant tb").expect(0);
    let first = place.lgdl("tenants erase tb --confirm tb --json").expect(1).json();
    assert_eq!(
        (&first["persons_erased"], &first["persons_held"], &first["keys_revoked"]),
        (&1.into(), &1.into(), &1.into())
    );
    let after = listed();
    assert_eq!((&after["tb"]["persons"], &after["tb"]["keys_in_force"]), (&1.into(), &0.into()), "{after}");
    assert_eq!(after["default"]["persons"], 1);
    assert_eq!((&first["games_removed"], &after["tb"]["games"]), (&0.into(), &1.into()), "one who is held may need it");
    let hold = place.lgdl("gdpr hold --tenant tb --json").expect(0).json()["holds"][0]["id"].clone();
    place.lgdl(&format!("gdpr hold --tenant tb --lift {}", hold.as_str().unwrap())).expect(0);
    let second = place.lgdl("tenants erase tb --confirm tb --json").expect(0).json();
    assert_eq!((&second["persons_erased"], &second["games_removed"]), (&1.into(), &1.into()));
    place.lgdl("games versions shop --tenant tb").expect(1);
    assert!(!place.lgdl("games list --tenant tb").expect(0).out.contains("shop"));
    assert!(place.lgdl("games list").expect(0).out.contains("shop"), "the neighbour's game of that name stays");
    assert_eq!(place.lgdl("blocked --tenant tb --json").expect(0).json()["blocks"], serde_json::json!([]));
    assert!(place.lgdl("admin list").expect(0).out.contains("kept out"));
}

#[test]
fn a_receipt_says_what_became_of_a_person_and_is_found_out_when_altered() {
    let place = Place::new().ready();
    place.lgdl("gdpr consent ann --game shop --give").expect(0);
    let before = place.lgdl("gdpr proof ann").expect(1).json();
    assert_eq!((&before["receipt"]["erased"], &before["receipt"]["remains"]["consents"]), (&false.into(), &1.into()));
    assert!(!place.lgdl("gdpr erase ann").expect(0).said.contains("nothing was here"));
    assert!(place.lgdl("gdpr erase anne").expect(0).said.contains("nothing was here"), "a slip is told");
    assert!(place.lgdl("gdpr export anne --reason asked").expect(0).said.contains("nothing is here"));
    let proof = place.lgdl("gdpr proof ann").expect(0);
    let receipt = &proof.json()["receipt"];
    assert_eq!(
        (&receipt["erased"], &receipt["audit"][0]["event"]),
        (&true.into(), &"person.erased".into()),
        "{receipt}"
    );
    assert!(!proof.out.contains("\"ann\""), "a receipt names nobody: {}", proof.out);
    std::fs::write(place.path("receipt.json"), &proof.out).unwrap();
    place.lgdl("gdpr verify receipt.json").expect(0);
    std::fs::write(
        place.path("altered.json"),
        proof.out.replacen("\"requested_by\": \"cli\"", "\"requested_by\": \"nobody\"", 1),
    )
    .unwrap();
    let altered = place.lgdl("gdpr verify altered.json --json").expect(1).json();
    assert_eq!((&altered["authentic"], &altered["in_the_log"]), (&false.into(), &true.into()));
    let told = place.lgdl("gdpr verify altered.json").expect(1).out;
    assert!(told.starts_with("NOT signed") && told.lines().count() == 1, "nothing of it is vouched for: {told}");
    let other_key = place.clone().with("LGDL_AUDIT_KEY", "another key of auditors");
    other_key.lgdl("gdpr verify receipt.json").expect(1);
    // A store that does not know of it.
    std::fs::rename(place.path("lgdl.db"), place.path("away.db")).unwrap();
    place.lgdl("migrate up").expect(0);
    let elsewhere = place.lgdl("gdpr verify receipt.json --json").expect(1).json();
    assert_eq!((&elsewhere["in_the_log"], &elsewhere["still_so"]), (&false.into(), &false.into()));
    place.lgdl("gdpr verify nothing.json").expect(2);
}

#[test]
fn people_and_officers_get_what_they_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new().with("LGDL_CONVERSATION_TTL_DAYS", "30").ready();
    place.lgdl("gdpr consent ann --game shop --give --note letter").expect(0);
    place.lgdl("gdpr export ann --reason asked --html ann.html").expect(0);
    let page = std::fs::read_to_string(place.path("ann.html")).unwrap();
    assert!(page.contains("given for shop") && page.contains("letter"), "{page}");
    for name in ["ann.html", "lgdl.db"] {
        let mode = std::fs::metadata(place.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}: others must not read what people wrote");
    }
    place.lgdl("gdpr export ann --reason asked --html ann.html").expect(1);

    let game = r#"game fitting {
  description: "Takes orders for shoes."
  participants { user can do: anything }
  moves {
    move order {
      when user says something like: ["shoes please"]
      confidence: 0.7
      slots {
        size: number required
        account: string required sensitive
      }
      when confident { respond with: "Noted." }
    }
  }
}
"#;
    std::fs::write(place.path("game.lgdl"), game).unwrap();
    place.lgdl("games publish fitting game.lgdl").expect(0);
    let record = place.lgdl("privacy fitting --json").expect(0).json();
    assert_eq!(record["kept_for"], "30 days after the last turn", "{record}");
    let sensitive: Vec<_> = record["collected"].as_array().unwrap().iter().map(|slot| &slot["sensitive"]).collect();
    assert_eq!(sensitive, [&Value::from(false), &Value::from(true)]);
    assert!(place.lgdl("privacy fitting").expect(0).out.contains("what: account; for: order"));
    assert_eq!(record["persons"], serde_json::json!(["user"]));
    assert!(
        record["goes_to"].as_array().unwrap().iter().any(|one| one["what"].as_str().unwrap().contains("what was said"))
    );
    place.lgdl("privacy nothing").expect(1);
}

#[test]
fn whether_a_program_would_start_is_said_without_starting_it() {
    let place = Place::new();
    place.lgdl("serve --check").expect(0);
    assert!(!place.path("lgdl.db").exists(), "nothing is made");
    let wrong = place.clone().with("LGDL_ALERT_DISK_PERCENT", "200").lgdl("serve --check").expect(1);
    assert!(wrong.said.contains("LGDL_ALERT_DISK_PERCENT must be a number from 1 to 100"), "{}", wrong.said);
    let without = place.clone().with("LGDL_TLS_CERTIFICATE", "no.pem").with("LGDL_TLS_KEY", "no.key");
    assert!(without.lgdl("serve --check").expect(1).said.contains("no.pem"));

    std::fs::write(place.path("edge.wasm"), "").unwrap();
    let node = place.with("LGDL_ORIGIN_URL", "http://127.0.0.1:9");
    let keyless = node.lgdl("edge --check --component edge.wasm").expect(1);
    assert!(keyless.said.contains("LGDL_ORIGIN_KEY_ID"), "{}", keyless.said);
    let key = "8d1c9a7e5b2f3046c1e7a9530f8b6d248d1c9a7e5b2f3046c1e7a9530f8b6d24";
    let node = node.with("LGDL_ORIGIN_KEY_ID", "edge1").with("LGDL_ORIGIN_KEY", key).with("LGDL_STATE_KEY", key);
    node.lgdl("edge --check --component edge.wasm").expect(0);
    assert!(!node.path("lgdl-edge").exists());
}
