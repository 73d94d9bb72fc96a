//! After an erasure: what somebody said, and who they were, is looked for in every file that a deployment leaves.

use std::path::Path;
use std::process::Command;

use lgdl_origin::config::Config;
use lgdl_origin::serve::{Running, start};
use serde_json::{Value, json};

use crate::Place;
use crate::postgres_server::shared;

/// How often PostgreSQL is asked to leave nothing, until it is taken to keep something.
const VACUUMS: usize = 10;
/// What is looked for: words of the person, and their name.
const WORDS: &str = "zanzibar-marmalade";
pub(crate) const NAME: &str = "quillon.featherstonehaugh";
/// Longer than a page of any database, so that some of it lies in places of its own.
const LONG: usize = 20_000;
/// Turns of each of three people, one after the other, so that pages are split and filled again.
const TURNS: u64 = 25;
/// A key ring of one key, 32 bytes as base64.
const RING: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The files under a folder that hold the text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let found = Command::new("grep").args(["-rlaF", "--", text]).arg(folder).output().expect("grep runs");
    String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned).collect()
}

#[track_caller]
fn assert_no_trace(folder: &Path, texts: &[&str]) {
    for text in texts {
        let files = holding(folder, text);
        assert!(files.is_empty(), "{text} is in {files:?}");
    }
}

fn turn(user: &str, words: &str, version: u64) -> Value {
    let number = version + 1;
    let said = format!("{words} {number}");
    let long = format!("{words} {}", "and so on ".repeat(LONG / 10));
    json!({
        "game": "medical", "conversation_id": format!("c-{user}"), "user_id": user, "game_version": "v1",
        "expected_version": version, "idempotency_key": format!("k{number}"), "fingerprint": format!("f{number}"),
        "record": {
            "turn": number, "at_ms": 1_700_000_000_000_i64 + i64::try_from(number).unwrap(), "participant": "user",
            "user_input": said, "sanitized_input": said, "firewall_triggered": false, "move_id": "pain",
            "confidence": 0.9, "response": long, "action": null, "stage": "collecting", "awaiting_slot": "severity",
            "slots": {"location": said}, "calls": [], "choices": [said],
        },
        "state": {"turns": number},
        "response": {
            "move_id": "pain", "confidence": 0.9, "response": long, "action": null, "manifest_id": "turn_1",
            "latency_ms": 1.0, "firewall_triggered": false, "durable": true, "turn": number, "game_version": "v1",
        },
    })
}

async fn converse(running: &Running) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/edge/v1/turns", running.edge_address);
    for version in 0..TURNS {
        for (user, words) in [("ann", "hello"), (NAME, WORDS), ("bob", "good day")] {
            let request = http.post(&url).header("x-lgdl-tenant", "default").json(&turn(user, words, version));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        }
    }
}

/// As the person does who owns it.
async fn erase_conversation(running: &Running) {
    let url = format!("http://{}/edge/v1/conversations/medical/c-{NAME}?user={NAME}", running.edge_address);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.delete(&url).header("x-lgdl-tenant", "default").send().await.unwrap();
    assert_eq!(answer.status(), 204);
}

/// A deployment whose origin runs, with people who have talked to it.
pub(crate) fn talked_to(place: &Place, runtime: &tokio::runtime::Runtime) -> Running {
    runtime.block_on(async {
        let running = start(config(place)).await.unwrap();
        converse(&running).await;
        running
    })
}

/// The settings of a place for an origin in this process.
pub(crate) fn config(place: &Place) -> Config {
    let mut settings = place.settings.clone();
    let here = |name: &str| place.path(name).to_string_lossy().into_owned();
    settings.extend([
        ("LGDL_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LGDL_ADMIN_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LGDL_SQLITE_PATH".to_owned(), here("lgdl.db")),
        ("LGDL_TOMBSTONES".to_owned(), here("tombstones.jsonl")),
    ]);
    Config::read("", settings).unwrap()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(crate) fn with_encryption(place: Place, encrypted: bool) -> Place {
    if encrypted { place.with("LGDL_ENCRYPTION_KEY", RING) } else { place }
}

/// What is made of the store afterwards does not have it either.
fn write_everything(place: &Place, more: &str) {
    place.lgdl(&format!("backup after.backup{more}")).expect(0);
    place.lgdl("export --reason asked everything.jsonl").expect(0);
    place.lgdl("audit export --out audit.jsonl").expect(0);
    assert!(!holding(place.folder.path(), "good day").is_empty(), "others are still there");
}

#[test]
fn an_erased_person_has_left_no_trace_in_the_files_of_a_sqlite_store() {
    for encrypted in [false, true] {
        let place = with_encryption(Place::new().with("LGDL_TOMBSTONES", "tombstones.jsonl"), encrypted);
        let runtime = runtime();
        let running = talked_to(&place, &runtime);
        assert_eq!(holding(place.folder.path(), WORDS).is_empty(), encrypted, "else nothing would be proved");
        let log = place.path("lgdl.db-wal").to_string_lossy().into_owned();
        assert!(holding(place.folder.path(), NAME).contains(&log), "the write-ahead log has it, too");
        runtime.block_on(erase_conversation(&running));
        // While the origin runs.
        assert_no_trace(place.folder.path(), &[WORDS, NAME]);
        place.lgdl(&format!("gdpr erase {NAME}")).expect(0);
        write_everything(&place, "");
        assert_no_trace(place.folder.path(), &[WORDS, NAME]);
        runtime.block_on(running.stop()).unwrap();
        assert_no_trace(place.folder.path(), &[WORDS, NAME]);
    }
}

#[test]
fn of_an_erased_person_postgres_keeps_what_its_own_log_and_its_free_space_keep_and_with_encryption_nothing_readable() {
    let cluster = match shared() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let more = format!(" --programs={}", cluster.binaries().display());
    for encrypted in [true, false] {
        let url = cluster.fresh_database();
        let database = url.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap();
        let place = Place::new().with("LGDL_TOMBSTONES", "tombstones.jsonl").with("LGDL_POSTGRES_URL", &url);
        let place = with_encryption(place, encrypted);
        let runtime = runtime();
        let running = talked_to(&place, &runtime);
        cluster.sql(database, "CHECKPOINT");
        assert_eq!(holding(cluster.folder(), WORDS).is_empty(), encrypted, "else nothing would be proved");
        place.lgdl(&format!("gdpr erase {NAME}")).expect(0);
        write_everything(&place, &more);
        assert_no_trace(place.folder.path(), &[WORDS, NAME]);
        // As the documentation says: free space and statistics. What a transaction that is under way may still see stays until
        // it has ended, and the origin works meanwhile.
        for _ in 0..VACUUMS {
            cluster.sql(database, "VACUUM (FULL, ANALYZE)");
            cluster.sql(database, "CHECKPOINT");
            let base = cluster.folder().join("data/base");
            if [WORDS, NAME].iter().all(|text| holding(&base, text).is_empty()) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        assert_no_trace(&cluster.folder().join("data/base"), &[WORDS, NAME]);
        assert_no_trace(&cluster.folder().join("log"), &[WORDS, NAME]);
        if encrypted {
            assert_no_trace(cluster.folder(), &[WORDS]);
        }
        runtime.block_on(running.stop()).unwrap();
    }
}
