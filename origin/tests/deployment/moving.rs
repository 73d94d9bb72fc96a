//! Whole stores on the move: migrated, exported, imported, backed up and restored, each by the program itself.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use lgdl_origin::clock::SystemClock;
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{AuditLog as _, Conversations as _, Games as _, Maintenance as _};

use crate::data::{NOW, commit, compiled, event};
use crate::postgres_server::{Cluster, shared};
use crate::{Place, Ran};

/// A key ring of one key, 32 bytes as base64.
const RING: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Several pages of them.
const CONVERSATIONS: u64 = 2600;
/// The longest that a copy of so few may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}

/// A SQLite store with conversations in it, as a deployment has it.
fn fill(path: &Path, conversations: u64) {
    wait(async {
        let store = std::sync::Arc::new(SqliteStore::open(path, &SystemClock).await.unwrap());
        store.publish(compiled("medical", "one", NOW), event("told")).await.unwrap();
        store.enqueue(vec![event("told before the move")]).await.unwrap();
        let mut all = tokio::task::JoinSet::new();
        for task in 0..16 {
            let store = store.clone();
            all.spawn(async move {
                for number in (task..conversations).step_by(16) {
                    store.commit(commit(&format!("c{number}"), "ann", 0, &format!("k{number}"))).await.unwrap();
                }
            });
        }
        all.join_all().await;
        store.close().await;
    });
}

/// A deployment on PostgreSQL, with a filled SQLite file of before; `None` where there is no PostgreSQL.
fn moving() -> Option<(Place, &'static Cluster, String)> {
    let cluster = match shared() {
        Ok(cluster) => cluster,
        Err(reason) => {
            lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason);
            return None;
        }
    };
    let place = Place::new();
    fill(&place.path("lgdl.db"), CONVERSATIONS);
    let url = cluster.fresh_database();
    let database = url.split('/').nth(3)?.split('?').next()?.to_owned();
    Some((place.with("LGDL_POSTGRES_URL", &url), cluster, database))
}

fn whole(verified: Ran) {
    let report = verified.expect(0).json();
    assert_eq!((&report["whole"], &report["report"]["missing"]), (&true.into(), &0.into()), "{report}");
    assert_eq!(report["report"]["records"]["conversations"], CONVERSATIONS);
}

#[test]
fn the_schema_is_brought_up_to_date_and_told_of() {
    let place = Place::new();
    place.lgdl("migrate status").expect(1);
    place.lgdl("migrate plan").expect(1);
    assert!(!place.path("lgdl.db").exists(), "asking changes nothing");
    assert!(place.lgdl("migrate up --json").expect(0).json()["applied"].as_u64().unwrap() > 0);
    assert_eq!(place.lgdl("migrate up --json").expect(0).json()["applied"], 0);
    let status = place.lgdl("migrate status --check --json").expect(0).json();
    assert_eq!((&status["due"], &status["migrations"][0]["name"]), (&0.into(), &"core".into()));
    place.lgdl("migrate sideways").expect(2);
    place.lgdl("migrate sqlite-to-postgres").expect(1);
    place.lgdl("migrate verify").expect(2);
}

#[test]
fn a_copy_to_postgres_that_was_killed_goes_on_and_verifies() {
    let Some((place, cluster, database)) = moving() else { return };
    place.lgdl("migrate sqlite-to-postgres --from nothing.db").expect(2);
    // A dry run reads the target's schema but does not make it.
    place.lgdl("migrate sqlite-to-postgres --dry-run").expect(1);
    place.lgdl("migrate up").expect(0);
    let dry = place.lgdl("migrate sqlite-to-postgres --dry-run --json").expect(0).json();
    assert_eq!((&dry["dry_run"], &dry["read"]["conversations"]), (&true.into(), &CONVERSATIONS.into()));
    let arrived = || cluster.sql(&database, "SELECT count(*) FROM conversations").parse::<u64>().unwrap();
    assert_eq!(arrived(), 0);
    place.lgdl("migrate verify").expect(1);

    let mut copying = place.command("migrate sqlite-to-postgres").stdout(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while arrived() == 0 {
        assert!(started.elapsed() < PATIENCE, "something arrives");
        std::thread::sleep(Duration::from_millis(2));
    }
    copying.kill().unwrap();
    copying.wait().unwrap();
    let before = arrived();
    assert!((1..CONVERSATIONS).contains(&before), "it was killed on its way: {before}");

    let rest = place.lgdl("migrate sqlite-to-postgres --json").expect(0).json();
    assert_eq!(rest["resumed"], true);
    assert!(rest["read"]["conversations"].as_u64().unwrap() < CONVERSATIONS, "what had arrived is not read again");
    whole(place.lgdl("migrate verify --json"));
    assert!(place.lgdl("audit verify").expect(0).out.contains("0 faults"));
    let told = cluster.sql(&database, "SELECT count(*) FROM audit WHERE event = 'told before the move'");
    assert_eq!(told, "1", "what waited in the outbox came along");
    // A turn that is altered in the target is found and named.
    let alter = "UPDATE turns SET response = 'altered' WHERE conversation_id = (SELECT id FROM conversations LIMIT 1)";
    cluster.sql(&database, alter);
    let report = place.lgdl("migrate verify --json").expect(1).json();
    assert_eq!((&report["report"]["changed"], &report["report"]["different"]), (&1.into(), &1.into()));
}

#[test]
fn a_target_with_an_audit_log_of_its_own_is_refused_before_anything_is_copied() {
    let Some((place, cluster, database)) = moving() else { return };
    let place = place.ready();
    place.lgdl("keys create --name shop").expect(0);
    let refused = place.lgdl("migrate sqlite-to-postgres").expect(1);
    assert!(refused.said.contains("E518"), "{}", refused.said);
    assert_eq!(cluster.sql(&database, "SELECT count(*) FROM conversations"), "0");
}

#[test]
fn a_file_of_the_python_runtime_is_imported_and_sealed() {
    let place = Place::new().with("LGDL_ENCRYPTION_KEY", RING).ready();
    let python = rusqlite::Connection::open(place.path("python.db")).unwrap();
    python
        .execute_batch(
            "CREATE TABLE conversations (id TEXT, created_at TEXT, updated_at TEXT, current_move_state TEXT,
                awaiting_response INTEGER, last_question TEXT, awaiting_slot_for_move TEXT, awaiting_slot_name TEXT,
                metadata TEXT);
            CREATE TABLE turns (conversation_id TEXT, turn_num INTEGER, timestamp TEXT, user_input TEXT,
                matched_move TEXT, confidence REAL, response TEXT, extracted_params TEXT, metadata TEXT);
            INSERT INTO conversations VALUES ('a', '2024-05-01 10:00:00', '2024-05-01 10:00:00', 'pain', 0, NULL, NULL,
                NULL, '{}');
            INSERT INTO turns VALUES ('a', 1, '2024-05-01 10:00:00', 'my knee hurts', 'pain', 0.9, 'Since when?',
                '{}', '{}');",
        )
        .unwrap();
    drop(python);
    let refused = place.lgdl("import python.db").expect(1);
    assert!(refused.said.contains("game"), "{}", refused.said);
    wait(async {
        let store = SqliteStore::open(&place.path("lgdl.db"), &SystemClock).await.unwrap();
        store.publish(compiled("medical", "one", NOW), event("told")).await.unwrap();
        store.close().await;
    });
    let done = place.lgdl("import python.db --owner ann --json").expect(0).json();
    assert_eq!(done["imported"]["written"], 1);
    assert_eq!(place.lgdl("import python.db --owner ann --json").expect(0).json()["imported"]["kept"], 1);
    place.lgdl("migrate verify --from python.db --owner ann").expect(0);
    let export = place.lgdl("gdpr export ann --reason asked").expect(0).json();
    assert_eq!(export["conversations"][0]["turns"][0]["user_input"], "my knee hurts");
    for file in ["lgdl.db", "lgdl.db-wal"] {
        let bytes = std::fs::read(place.path(file)).unwrap_or_default();
        assert!(!bytes.windows(10).any(|window| window == b"knee hurts"), "{file} holds what was said");
    }
}

#[test]
fn an_export_goes_through_a_pipe_into_another_store() {
    let from = Place::new();
    fill(&from.path("lgdl.db"), 40);
    let export = from.lgdl("export --reason moving").expect(0).out;
    assert_eq!(export.lines().filter(|line| line.contains(r#""kind":"conversation""#)).count(), 40);
    let to = Place::new().with("LGDL_ENCRYPTION_KEY", RING).ready();
    let report = to.lgdl_with_input("import - --json", &export).expect(0).json();
    assert_eq!((&report["imported"]["erased"], &report["imported"]["kept"]), (&0.into(), &0.into()));
    assert_eq!(
        to.lgdl("gdpr export ann --reason asked").expect(0).json()["conversations"].as_array().unwrap().len(),
        40
    );

    from.lgdl("export all.jsonl").expect(0);
    from.lgdl("export all.jsonl").expect(1);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(from.path("all.jsonl")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "others must not read what people wrote");
    // The logs have gone different ways by now.
    to.lgdl_with_input("import -", &std::fs::read_to_string(from.path("all.jsonl")).unwrap()).expect(1);
    to.lgdl_with_input("import - --without-audit", &std::fs::read_to_string(from.path("all.jsonl")).unwrap()).expect(0);
    to.lgdl_with_input("import -", &export[..export.len() / 2]).expect(1);
    to.lgdl("import nothing.jsonl").expect(2);
    from.lgdl("export --json").expect(2);
    let told = to.lgdl("audit export --out audit.jsonl").expect(0);
    drop(told);
    let told = std::fs::read_to_string(to.path("audit.jsonl")).unwrap();
    assert!(told.contains("data.imported") && told.contains("data.exported"), "{told}");
}

#[test]
fn what_is_past_its_time_is_removed_by_command() {
    let place = Place::new();
    fill(&place.path("lgdl.db"), 30);
    let due = place.lgdl("cleanup --dry-run --json").expect(0).json();
    assert_eq!((&due["games"][0]["game"], &due["games"][0]["conversations"]), (&"medical".into(), &30.into()), "{due}");
    assert!(place.lgdl("cleanup --dry-run").expect(0).out.contains("default/medical: 30 conversations with 30 turns"));
    assert_eq!(place.lgdl("cleanup --json").expect(0).json()["conversations"], 30, "the game keeps three days");
    assert_eq!(place.lgdl("cleanup --json").expect(0).json()["conversations"], 0);
    place.lgdl("audit export --out audit.jsonl").expect(0);
    assert!(std::fs::read_to_string(place.path("audit.jsonl")).unwrap().contains("retention.applied"));
}

/// Where the deployments of these tests keep their tombstones.
const STONES: &str = "stones.jsonl";

fn a_backup_survives_the_loss_of_the_store(place: &Place, programs: &str, lose: impl FnOnce(&Place) -> Place) {
    place.lgdl("gdpr consent bob --game medical --give").expect(0);
    let made = place.lgdl(&format!("backup saved {programs} --json")).expect(0).json();
    assert!(made["bytes"].as_u64().unwrap() > 0);
    place.lgdl(&format!("backup saved {programs}")).expect(1);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(place.path("saved")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "others must not read the backup");
    place.lgdl(&format!("restore saved --without-tombstones {programs}")).expect(1);

    place.lgdl("keys create --name later").expect(0);
    let drill = place.lgdl(&format!("restore saved --drill {programs} --json")).expect(0).json();
    assert!(drill["records"].as_u64().unwrap() > 40, "{drill}");
    assert_eq!((&drill["audit_faults"], &drill["live"]["missing"]), (&0.into(), &0.into()), "{drill}");
    assert!(drill["live"]["additional"].as_u64().unwrap() >= 1, "the key was made since: {drill}");

    // Erased after the backup was made: one by the command, and everything about somebody.
    place.lgdl("gdpr erase ann --conversation medical/c7").expect(0);
    place.lgdl("gdpr erase bob").expect(0);
    let receipt = place.lgdl("gdpr proof bob").expect(0).out;
    place.lgdl(&format!("gdpr tombstones {STONES}")).expect(0);
    assert_eq!(place.lgdl(&format!("gdpr tombstones {STONES} --json")).expect(0).json()["added"], 0);
    let stones = std::fs::read_to_string(place.path(STONES)).unwrap();
    assert_eq!((stones.lines().count(), stones.contains("ann") || stones.contains("bob")), (3, false), "{stones}");
    let broken = [("no_json", "x"), ("no_tombstone", r#"{"kind":"erasure","id":"ers_1"}"#)];
    for (name, text) in broken {
        std::fs::write(place.path(name), text).unwrap();
        place.lgdl(&format!("gdpr reapply {name}")).expect(1);
    }

    let lost = lose(place);
    let nothing_said = lost.lgdl(&format!("restore saved {programs}"));
    let restored = match place.settings.iter().any(|(name, _)| name == "LGDL_TOMBSTONES") {
        // The file that the settings name is there, and was kept up by the commands.
        true => nothing_said.expect(0),
        false => {
            assert!(nothing_said.expect(2).said.contains("--without-tombstones"));
            lost.lgdl(&format!("restore saved --tombstones nothing {programs}")).expect(2);
            lost.lgdl(&format!("restore saved --tombstones {STONES} {programs} --json")).expect(0)
        }
    };
    assert!(restored.out.contains("39"), "{}", restored.said);
    assert!(lost.lgdl("gdpr consent bob --json").expect(0).json()["consents"].as_array().unwrap().is_empty());
    lost.lgdl("gdpr erase ann --conversation medical/c7").expect(1);
    lost.lgdl("gdpr erase ann --conversation medical/c8").expect(0);
    let again = lost.lgdl(&format!("gdpr reapply {STONES} --json")).expect(0).json();
    assert_eq!(again["applied"], 0, "{again}");
    lost.lgdl("audit verify").expect(0);
    // The log of before is gone, and with it the links that the receipt names.
    std::fs::write(lost.path("receipt.json"), receipt).unwrap();
    let told = lost.lgdl("gdpr verify receipt.json").expect(1).out;
    assert!(told.contains("erased again after a restore: make a new receipt"), "{told}");
    std::fs::write(lost.path("receipt.json"), lost.lgdl("gdpr proof bob").expect(0).out).unwrap();
    lost.lgdl("gdpr verify receipt.json").expect(0);
    lost.lgdl("audit export --out told.jsonl").expect(0);
    assert!(std::fs::read_to_string(lost.path("told.jsonl")).unwrap().contains("erasure.repeated"));
    lost.lgdl("restore nothing").expect(2);
    std::fs::write(lost.path("junk"), "no backup").unwrap();
    lost.lgdl(&format!("restore junk --drill {programs}")).expect(1);
}

#[test]
fn a_sqlite_store_is_restored_from_its_backup() {
    let place = Place::new().with("LGDL_ENCRYPTION_KEY", RING).with("LGDL_TOMBSTONES", STONES);
    fill(&place.path("lgdl.db"), 40);
    a_backup_survives_the_loss_of_the_store(&place, "--tenant=default", |place| {
        std::fs::remove_file(place.path("lgdl.db")).unwrap();
        std::fs::write(place.path("lgdl.db-wal"), "what a lost store left").unwrap();
        place.lgdl("restore saved").expect(1);
        std::fs::remove_file(place.path("lgdl.db-wal")).unwrap();
        place.clone()
    });
}

#[test]
fn a_postgres_store_is_restored_from_its_backup() {
    let cluster = match shared() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let place = Place::new();
    fill(&place.path("lgdl.db"), 40);
    let place = place.with("LGDL_POSTGRES_URL", &cluster.fresh_database());
    place.lgdl("migrate sqlite-to-postgres").expect(0);
    let programs = format!("--programs={}", cluster.binaries().display());
    a_backup_survives_the_loss_of_the_store(&place, &programs, |place| {
        place.clone().with("LGDL_POSTGRES_URL", &cluster.fresh_database())
    });
    let drills = cluster.sql("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'lgdl_drill_%'");
    assert_eq!(drills, "0", "drills leave nothing behind");
}

#[test]
fn a_file_of_tombstones_that_was_torn_off_is_gone_on_with() {
    let place = Place::new().with("LGDL_TOMBSTONES", STONES).ready();
    place.lgdl("gdpr erase ann").expect(0);
    let whole = std::fs::read_to_string(place.path(STONES)).unwrap();
    // As a loss of power leaves it: a line is there in half, and the head does not know of it.
    let line = whole.lines().last().unwrap();
    std::fs::write(place.path(STONES), format!("{whole}{}", &line[..line.len() / 2])).unwrap();
    place.lgdl("gdpr erase bob").expect(0);
    std::fs::remove_file(place.path("lgdl.db")).unwrap();
    place.lgdl("migrate up").expect(0);
    let again = place.lgdl(&format!("gdpr reapply {STONES} --json")).expect(0).json();
    assert_eq!((&again["applied"], &again["torn"]), (&2.into(), &1.into()), "{again}");
}

#[test]
fn a_file_of_tombstones_that_is_empty_cut_or_another_restores_nothing() {
    let place = Place::new().with("LGDL_TOMBSTONES", STONES);
    fill(&place.path("lgdl.db"), 10);
    place.lgdl("gdpr erase somebody").expect(0);
    let first = std::fs::read_to_string(place.path(STONES)).unwrap();
    place.lgdl("backup saved").expect(0);
    place.lgdl("gdpr erase ann").expect(0);
    place.lgdl("gdpr erase bob").expect(0);
    let whole = std::fs::read_to_string(place.path(STONES)).unwrap();
    std::fs::remove_file(place.path("lgdl.db")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let cut = format!("{}\n", lines[..lines.len() - 1].join("\n"));
    let altered = whole.replacen("cli", "clj", 1);
    for (name, text) in [
        ("empty", ""),
        ("cut at a line", cut.as_str()),
        ("cut in a line", &whole[..whole.len() - 40]),
        ("its head alone", lines[0]),
        ("without its head", &lines[1..].join("\n")),
        ("altered", &altered),
    ] {
        std::fs::write(place.path(STONES), text).unwrap();
        let refused = place.lgdl("restore saved");
        assert!(refused.code == 1 && refused.said.contains("E54"), "{name}: {}", refused.said);
        assert!(!place.path("lgdl.db").exists(), "{name}: nothing is restored");
    }
    // The one of before lacks what was erased since; that only the true one shows. It is at least not taken for another's.
    std::fs::write(place.path(STONES), &whole).unwrap();
    place.lgdl("restore saved").expect(0);
    let left = place.lgdl("gdpr export ann --reason asked").expect(0).json();
    assert_eq!(left["conversations"].as_array().unwrap().len(), 0);
    // This store has written more to its file than that.
    place.lgdl("gdpr erase carl").expect(0);
    std::fs::write(place.path(STONES), &first).unwrap();
    let refused = place.lgdl("serve").expect(1);
    assert!(refused.said.contains("E543"), "{}", refused.said);
    std::fs::remove_file(place.path(STONES)).unwrap();
    let refused = place.lgdl("serve").expect(1);
    assert!(refused.said.contains("E543"), "{}", refused.said);
    place.lgdl(&format!("gdpr tombstones {STONES}")).expect(0);
    place.lgdl(&format!("gdpr reapply {STONES}")).expect(0);
}

#[test]
fn bulk_commands_name_what_they_cannot_read_go_on_and_say_no() {
    let place = Place::new().with("LGDL_ENCRYPTION_KEY", RING);
    fill_sealed(&place);
    place.lgdl("backup saved").expect(0);
    let other = RING.replace("AAEC", "BBEC");
    for (ring, code) in [(String::new(), "E926"), (other.clone(), "E927")] {
        let wrong = place.clone().with("LGDL_ENCRYPTION_KEY", &ring);
        let elsewhere = wrong.clone().with("LGDL_SQLITE_PATH", &format!("{code}.db"));
        let restored = elsewhere.lgdl("restore saved --without-tombstones").expect(1);
        assert!(restored.said.contains(code) && restored.said.contains("restored: "), "{}", restored.said);
        let exported = wrong.lgdl("export all.jsonl --json").expect(1);
        assert!(exported.json()["unreadable"]["count"].as_u64() >= Some(1), "{}", exported.said);
        let lines = std::fs::read_to_string(place.path("all.jsonl")).unwrap();
        assert!(lines.contains("game_version") && lines.contains(r#""kind":"unreadable""#), "it went on");
        std::fs::remove_file(place.path("all.jsonl")).unwrap();
        assert!(wrong.lgdl("export all.jsonl").expect(1).said.contains("conv_"));
        std::fs::remove_file(place.path("all.jsonl")).unwrap();
        let drill = wrong.lgdl("restore saved --drill").expect(1);
        assert!(drill.said.contains("conv_") && drill.said.contains("records restored"), "{}", drill.said);
    }
    let rotated =
        place.clone().with("LGDL_ENCRYPTION_KEY", &format!("k2:{}", &other[3..])).lgdl("keys rotate").expect(1);
    assert!(rotated.said.contains("dek_") && rotated.said.contains("data keys seen"), "{}", rotated.said);
}

#[test]
fn a_conversation_whose_sensitive_values_are_not_known_is_not_exported_unmasked() {
    let place = Place::new();
    fill(&place.path("lgdl.db"), 3);
    let file = rusqlite::Connection::open(place.path("lgdl.db")).unwrap();
    file.execute("UPDATE turns SET extracted_params = '{' WHERE rowid = (SELECT min(rowid) FROM turns)", []).unwrap();
    drop(file);
    let exported = place.lgdl("export all.jsonl --json").expect(1);
    assert_eq!(exported.json()["unreadable"]["count"], 1, "{}", exported.said);
}

/// A store of one person, sealed, with a game.
fn fill_sealed(place: &Place) {
    let from = Place::new();
    fill(&from.path("lgdl.db"), 3);
    let export = from.lgdl("export --reason moving").expect(0).out;
    place.lgdl("migrate up").expect(0);
    place.lgdl_with_input("import -", &export).expect(0);
}

#[test]
fn an_export_that_fails_leaves_no_file() {
    let place = Place::new();
    fill(&place.path("lgdl.db"), 3);
    let file = rusqlite::Connection::open(place.path("lgdl.db")).unwrap();
    file.execute_batch("ALTER TABLE conversations RENAME TO elsewhere").unwrap();
    drop(file);
    place.lgdl("export all.jsonl").expect(1);
    let left: Vec<_> =
        std::fs::read_dir(place.folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("all.jsonl")), "{left:?}");
}

#[test]
fn two_passes_to_postgres_bring_nobody_back_and_let_nobody_in_who_is_out() {
    let Some((place, _cluster, _database)) = moving() else { return };
    let source = || {
        let mut source = place.clone();
        source.settings.retain(|(name, _)| name != "LGDL_POSTGRES_URL");
        source
    };
    source().lgdl_with_input("admin create ann", "seven green lamps at noon\n").expect(0);
    source().lgdl("keys create --name shop").expect(0);
    place.lgdl("migrate sqlite-to-postgres").expect(0);
    source().lgdl("gdpr erase ann").expect(0);
    let key = source().lgdl("keys list --json").expect(0).json()["keys"][0]["id"].as_str().unwrap().to_owned();
    source().lgdl(&format!("keys revoke {key}")).expect(0);
    let found = place.lgdl("migrate verify --json").expect(1).json();
    assert_eq!(found["report"]["erased"], CONVERSATIONS, "{found}");
    let second = place.lgdl("migrate sqlite-to-postgres --json").expect(0).json();
    assert_eq!(second["imported"]["removed"], CONVERSATIONS, "{second}");
    place.lgdl("migrate verify").expect(0);
    let left = place.lgdl("gdpr export ann --reason asked").expect(0).json();
    assert_eq!(left["conversations"].as_array().unwrap().len(), 0);
    assert!(place.lgdl("keys list").expect(0).out.contains("revoked"));
}
