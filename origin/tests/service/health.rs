//! Health and metrics.

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Body as _;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lgdl::engine::Filled;
use lgdl::slots::Source;
use lgdl_origin::alerts::open;
use lgdl_origin::backup;
use lgdl_origin::clock::{Clock as _, SystemClock};
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Edge, body, commit, edge, edge_with};

#[tokio::test]
async fn a_well_origin_says_so_and_a_broken_one_too() {
    let edge = edge().await;
    let ask = async |path: &str| edge.http().get(edge.url(path)).send().await.unwrap();
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(ask(path).await.status(), StatusCode::OK, "{path}");
    }
    let health: Value = body(ask("/health").await).await;
    assert_eq!(health["components"]["store"]["status"], "healthy");
    assert!(health["components"]["store"]["latency_ms"].as_f64().unwrap() > 0.0);

    let has = async |line: &str| {
        let text = ask("/metrics").await.text().await.unwrap();
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    };
    let refused = r#"lgdl_http_requests_total{route="/edge/v1/turns",method="POST",status="503"}"#;
    let failed = r#"lgdl_storage_operation_seconds_count{operation="commit",result="failed"}"#;
    has(&format!("{refused} 0")).await;
    has(&format!("{failed} 0")).await;
    has("lgdl_storage_up 1").await;
    edge.running.origin.store.close().await;
    assert_eq!(edge.commit(&commit("c", "u", 0, "k")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    has(&format!("{refused} 1")).await;
    has(&format!("{failed} 1")).await;
    has("lgdl_storage_up 0").await;
    assert_eq!(ask("/health/live").await.status(), StatusCode::OK);
    assert_eq!(ask("/health/ready").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask("/health").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn metrics_count_without_naming_anybody() {
    let edge = edge().await;
    edge.commit(&commit("conversation-of-ann", "ann", 0, "k")).await;
    edge.get("/edge/v1/conversations/medical/conversation-of-ann?user=ann").await;
    edge.http().get(edge.url("/secret-of-ann")).send().await.unwrap();
    let text = edge.http().get(edge.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#"lgdl_commits_total{outcome="committed"} 1"#), "{text}");
    let route = r#"lgdl_http_requests_total{route="/edge/v1/turns",method="POST",status="200"} 1"#;
    assert!(text.contains(route), "{text}");
    // Every family says what it is, once, before its samples.
    let mut families = std::collections::BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => assert!(families.insert(name, (!help.is_empty(), false)).is_none(), "{line}"),
            ["#", "TYPE", name, _] => families.get_mut(name).unwrap_or_else(|| panic!("{line}")).1 = true,
            _ => {
                let name = line.split(['{', ' ']).next().unwrap();
                let bare = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
                let family = families.get(name).or_else(|| families.get(bare));
                assert_eq!(family, Some(&(true, true)), "{line}");
            }
        }
    }
    assert!(!text.contains("ann"), "{text}");
}

#[tokio::test]
async fn a_known_conversation_gives_just_its_counts() {
    let edge = edge().await;
    let filled = |slot: &str, source| Filled { slot: slot.into(), source };
    let mut asks = commit("c", "u", 0, "k1");
    asks.record.filled = vec![filled("location", Source::Capture)];
    let mut refuses = commit("c", "u", 1, "k2");
    refuses.record.refused_slot = Some("severity".into());
    let mut completes = commit("c", "u", 2, "k3");
    completes.record.filled = vec![filled("severity", Source::Answer)];
    (completes.record.slots_filled, completes.record.awaiting_slot) = (true, None);
    completes.record.stage = "answered".into();
    for turn in [&asks, &refuses, &completes, &completes] {
        assert_eq!(edge.commit(turn).await.status(), StatusCode::OK);
    }
    let text = edge.http().get(edge.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        r#"lgdl_conversations_created_total{game_id="medical"} 1"#,
        "lgdl_conversations_active 1",
        r#"lgdl_commits_total{outcome="committed"} 3"#,
        r#"lgdl_commits_total{outcome="replayed"} 1"#,
        "lgdl_commit_conflicts_total 0",
        r#"lgdl_turns_total{game_id="medical",move_id="pain",stage="collecting"} 2"#,
        r#"lgdl_turns_total{game_id="medical",move_id="pain",stage="answered"} 1"#,
        r#"lgdl_slots_filled_total{game_id="medical",slot_name="location",source="capture"} 1"#,
        r#"lgdl_slots_filled_total{game_id="medical",slot_name="severity",source="answer"} 1"#,
        r#"lgdl_slot_validation_failures_total{game_id="medical",slot_name="severity"} 1"#,
        r#"lgdl_slot_prompts_per_conversation_sum{game_id="medical"} 2.0"#,
        r#"lgdl_slot_fill_time_seconds_count{game_id="medical"} 1"#,
        r#"lgdl_conversation_completions_total{game_id="medical",outcome="completed"} 1"#,
        r#"lgdl_conversation_duration_seconds_count{game_id="medical"} 1"#,
        r#"lgdl_storage_operation_seconds_count{operation="commit",result="ok"} 4"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

/// Statements on the origin's database from outside.
fn beside(edge: &Edge, statements: &str) {
    let database = rusqlite::Connection::open(edge.folder.path().join("lgdl.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.execute_batch(statements).unwrap();
}

async fn status(edge: &Edge, path: &str) -> StatusCode {
    edge.http().get(edge.url(path)).send().await.unwrap().status()
}

#[tokio::test]
async fn health_says_what_the_last_turns_said_and_recovers_with_them() {
    let edge = edge().await;
    assert_eq!(edge.commit(&commit("a", "u", 0, "k")).await.status(), StatusCode::OK);
    // Reads work, and so do trial writes; turns do not.
    beside(&edge, "CREATE TRIGGER refuse BEFORE INSERT ON turns BEGIN SELECT raise(ABORT, 'no turns'); END");
    for number in 0..3 {
        let failed = edge.commit(&commit(&format!("b{number}"), "u", 0, &format!("b{number}"))).await.status();
        assert_eq!(failed, StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert_eq!(status(&edge, "/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    let answer = edge.http().get(edge.url("/health")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let health: Value = body(answer).await;
    assert_eq!((&health["status"], &health["components"]["store"]["failed_in_a_row"]), (&"degraded".into(), &3.into()));
    beside(&edge, "DROP TRIGGER refuse");
    assert_eq!(edge.commit(&commit("c", "u", 0, "c")).await.status(), StatusCode::OK);
    for path in ["/health", "/health/ready"] {
        assert_eq!(status(&edge, path).await, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn many_who_ask_for_health_cost_one_trial() {
    let edge = edge().await;
    beside(
        &edge,
        "CREATE TABLE trials (at INTEGER);
        CREATE TRIGGER count_trials AFTER INSERT ON settings BEGIN INSERT INTO trials VALUES (1); END",
    );
    let started = Instant::now();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let asked = edge.http().get(edge.url("/health"));
        asking.spawn(async move { asked.send().await.unwrap().status() });
    }
    assert!(asking.join_all().await.iter().all(|status| *status == StatusCode::OK));
    let database = rusqlite::Connection::open(edge.folder.path().join("lgdl.db")).unwrap();
    let tried: i64 = database.query_row("SELECT count(*) FROM trials", [], |row| row.get(0)).unwrap();
    let tried = tried.unsigned_abs();
    assert!((1..=2 + started.elapsed().as_secs()).contains(&tried), "{tried} in {:?}", started.elapsed());
}

/// A file system of its own that is soon full, where this machine lets us have one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(size: &str) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|done| done.status.success()).then_some(SmallDisk(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_of_within_five_seconds_and_so_is_that_it_has_room_again() {
    let Some(disk) = SmallDisk::mount("2m") else {
        return lgdl_skips::skip(lgdl_skips::Need::SmallDisk, "no tmpfs can be mounted here");
    };
    let path = disk.0.path().join("lgdl.db");
    let edge = edge_with(&[("LGDL_SQLITE_PATH", path.to_str().unwrap())]).await;
    assert_eq!(edge.commit(&commit("a", "u", 0, "k")).await.status(), StatusCode::OK);
    assert_eq!(status(&edge, "/health").await, StatusCode::OK);
    let filler = disk.0.path().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    soon(&edge, StatusCode::SERVICE_UNAVAILABLE).await;
    std::fs::remove_file(&filler).unwrap();
    soon(&edge, StatusCode::OK).await;
    assert_eq!(edge.commit(&commit("b", "u", 0, "b")).await.status(), StatusCode::OK);
    edge.running.origin.store.close().await;
}

#[tokio::test]
async fn a_store_whose_files_are_moved_away_takes_nothing_more_and_no_other_is_restored_beside_it() {
    let edge = edge().await;
    assert_eq!(edge.commit(&commit("a", "u", 0, "a")).await.status(), StatusCode::OK);
    let folder = edge.folder.path();
    let (path, copy) = (folder.join("lgdl.db"), folder.join("copy"));
    backup::sqlite(&path, &copy, &mut |_| ()).unwrap();
    let move_all = |from: &str, to: &str| {
        for suffix in ["", "-wal", "-shm"] {
            std::fs::rename(folder.join(format!("{from}{suffix}")), folder.join(format!("{to}{suffix}"))).unwrap();
        }
    };
    move_all("lgdl.db", "away");
    assert_eq!(edge.commit(&commit("b", "u", 0, "b")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    soon(&edge, StatusCode::SERVICE_UNAVAILABLE).await;
    let refused = backup::restore_sqlite(&copy, &path, 0).unwrap_err().to_string();
    assert!(refused.contains("E518") && refused.contains("stop it first"), "{refused}");
    assert!(!path.exists());
    move_all("away", "lgdl.db");
    soon(&edge, StatusCode::OK).await;
    // Its log alone holds what was taken last.
    std::fs::remove_file(folder.join("lgdl.db-wal")).unwrap();
    assert_eq!(edge.commit(&commit("c", "u", 0, "c")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    edge.running.origin.store.close().await;
    ["lgdl.db", "lgdl.db-shm"].iter().for_each(|file| drop(std::fs::remove_file(folder.join(file))));
    backup::restore_sqlite(&copy, &path, 0).unwrap();
}

#[tokio::test]
async fn checkpoints_that_cannot_be_written_are_told_of_until_they_can() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept/checkpoints.jsonl");
    // Where it should lie is a file.
    std::fs::write(file.parent().unwrap(), "in the way").unwrap();
    let edge = edge_with(&[
        ("LGDL_AUDIT_KEY", "a key of the auditors"),
        ("LGDL_AUDIT_CHECKPOINTS", &file.to_string_lossy()),
        ("LGDL_ALERT_EVERY_SECONDS", "1"),
        ("LGDL_ALERT_DISK_PERCENT", "off"),
        // Who asks for the health of one that is not well is answered with 503.
        ("LGDL_ALERT_ERROR_PERCENT", "off"),
    ])
    .await;
    let becomes = async |status: &str, alerts: &[&str]| {
        let started = Instant::now();
        loop {
            let health: Value = body(edge.http().get(edge.url("/health")).send().await.unwrap()).await;
            let open = open(&*edge.running.origin.store).await.unwrap();
            let rules: Vec<_> = open.values().map(|incident| incident.rule.as_str()).collect();
            if health["components"]["checkpoints"]["status"] == status && rules == alerts {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "{status}, {rules:?}: {health}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    becomes("degraded", &["checkpoints_behind"]).await;
    std::fs::remove_file(file.parent().unwrap()).unwrap();
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    becomes("healthy", &[]).await;
    assert!(std::fs::read_to_string(&file).unwrap().lines().count() > 0);
}

/// A client of HTTP/2 that takes headers and nothing of any answer.
async fn taking_nothing(edge: &Edge) -> SendRequest<Empty<Bytes>> {
    let stream = tokio::net::TcpStream::connect(edge.running.edge_address).await.unwrap();
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (sender, connection) = builder.initial_stream_window_size(0).handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn answers_that_nobody_takes_are_bounded_and_health_is_told_all_the_same() {
    let edge = edge().await;
    let (mut clients, mut untaken, mut bytes) = (Vec::new(), Vec::new(), 0);
    let refused = 'asking: loop {
        let mut client = taking_nothing(&edge).await;
        for _ in 0..60 {
            let request = http::Request::get(edge.url("/metrics")).body(Empty::<Bytes>::new()).unwrap();
            let answer = client.send_request(request).await.unwrap();
            if answer.status() != StatusCode::OK {
                break 'asking answer.status();
            }
            bytes += answer.body().size_hint().exact().unwrap();
            assert!(bytes < 64 << 20, "of one who takes nothing");
            untaken.push(answer);
        }
        clients.push(client);
    };
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(&edge, "/health/ready").await, StatusCode::OK);
    drop((untaken, clients));
    let started = Instant::now();
    while status(&edge, "/metrics").await != StatusCode::OK {
        assert!(started.elapsed() < Duration::from_secs(10), "what was held is given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const LONG_RESPONSE_BYTES: usize = 16 << 10;

/// Health and readiness become what is wanted, while turns go on.
async fn soon(edge: &Edge, wanted: StatusCode) {
    let (started, mut turn) = (Instant::now(), 0);
    while status(edge, "/health").await != wanted || status(edge, "/health/ready").await != wanted {
        assert!(started.elapsed() < Duration::from_secs(5), "{wanted} within five seconds");
        turn += 1;
        let id = format!("{}-{turn}", wanted.as_u16());
        let mut request = commit(&id, "u", 0, &id);
        // Long enough that what the store has set aside already is used up within a few turns.
        request.record.response = "x".repeat(LONG_RESPONSE_BYTES);
        edge.commit(&request).await;
    }
}

#[tokio::test]
async fn what_nodes_without_metrics_tell_is_exposed_by_node() {
    let edge = edge().await;
    let counts = |name: &str| serde_json::json!({"name": name, "counts": {"turns": 3, "refusals": 0, "made_up": 9}});
    assert_eq!(edge.post("/edge/v1/counts", &counts("w1")).await.status(), 404, "no such node has told of itself");
    let report = serde_json::json!({
        "name": "w1", "version": "1.0.0", "platform": "workers", "waiting": 0, "breaker": "closed", "every_ms": 60_000,
        "sent_at_ms": SystemClock.now_ms(),
    });
    assert_eq!(edge.post("/edge/v1/node", &report).await.status(), 204);
    for _ in 0..2 {
        assert_eq!(edge.post("/edge/v1/counts", &counts("w1")).await.status(), 204);
    }
    let text = edge.http().get(edge.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("lgdl_node_events_total")).collect();
    assert_eq!(told, [r#"lgdl_node_events_total{node="w1",event="turns"} 6"#], "{text}");
}

/// Two machines of one name, which both tell of themselves.
#[tokio::test]
async fn two_nodes_of_one_name_are_named_by_health_and_an_alert() {
    let edge = edge_with(&[("LGDL_ALERT_EVERY_SECONDS", "1"), ("LGDL_ALERT_DISK_PERCENT", "off")]).await;
    let tell = async |instance: &str| {
        let report = serde_json::json!({
            "name": "front", "instance": instance, "version": "1.0.0", "platform": "native", "waiting": 0,
            "breaker": "closed", "every_ms": 5_000, "sent_at_ms": SystemClock.now_ms(),
        });
        assert_eq!(edge.post("/edge/v1/node", &report).await.status(), 204);
    };
    let nodes = async || -> Value {
        let health: Value = body(edge.http().get(edge.url("/health")).send().await.unwrap()).await;
        health["components"]["nodes"].clone()
    };
    tell("aa").await;
    tell("bb").await;
    assert_eq!(nodes().await["status"], "healthy", "one that starts again is one");
    tell("aa").await;
    let told = nodes().await;
    assert_eq!((&told["status"], &told["known"]), (&"degraded".into(), &2.into()), "{told}");
    assert!(told["detail"].as_str().unwrap().contains("two nodes call themselves front"), "{told}");
    let began = Instant::now();
    loop {
        let found = open(&*edge.running.origin.store).await.unwrap();
        if found.values().any(|incident| incident.rule == "nodes_of_one_name") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{found:?}");
        tell("aa").await;
        tell("bb").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
