//! The archive in a bucket: everything that it does in a folder, and what is told where the bucket is away.

use lgdl_origin::archives::{WELL_NOTE, verify};
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::store::{Archived, Role};
use lgdl_s3::Faults;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Edge, body, edge_with};
use crate::desk::{desk_with, hand, ok, take_turns};
use crate::server::{Server, borrowed};

pub(crate) const ARCHIVE: [(&str, &str); 2] =
    [("LGDL_ARCHIVE_URL", "s3://kept/archive"), ("LGDL_ARCHIVE_PER_SECOND", "1000")];

const IN_TWO_HOURS_MS: i64 = 2 * 3_600_000;

#[tokio::test]
async fn what_is_old_lies_sealed_in_the_bucket_comes_back_and_dies_with_its_persons_key() {
    let server = Server::start();
    // All of it, with a server that fails now and then.
    server.fails(Faults { refuse_every: 4, lose_every: 7, delay_ms: 0 });
    let desk = desk_with(Role::PrivacyOfficer, &borrowed(&server.settings(&ARCHIVE))).await;
    take_turns(&desk, "c", "ann.example", 3).await;
    take_turns(&desk, "d", "bob.example", 1).await;
    take_turns(&desk, "e", "cleo.example", 2).await;
    let path = "/edge/v1/conversations/medical/c/export?user=ann.example";
    let whole: Value = body(desk.edge.get(path).await).await;
    let run = async || {
        let done = hand(&desk).run(SystemClock.now_ms() + 1_000, || SystemClock.now_ms(), &mut |_| ()).await.unwrap();
        (done.archived, done.skipped)
    };
    assert_eq!(run().await, (3, 0));
    let lie: Vec<_> = server.objects().into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
    assert_eq!(lie.len(), 4, "three files and a manifest");
    for (bytes, _) in &lie {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("knee") && !text.contains("ann.example"));
    }
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.whole, proof.removed, proof.unreadable, proof.left_over, proof.wrong), (3, 0, 0, 0, 0));
    // Found by person, back for an export, as it was.
    let found = desk.ask("/admin/v1/conversations?user_id=ann.example&since_ms=0").await;
    assert_eq!(found["conversations"][0]["turns"], 3);
    let again: Value = body(desk.edge.get(path).await).await;
    for part in ["turns", "slots", "extracted_context", "answers"] {
        assert_eq!(again[part], whole[part], "{part}");
    }
    assert_eq!(run().await, (1, 0), "and it goes again");

    // Erased: no file is touched, and nobody opens it; then it goes with a sweep, and a copy opens nothing.
    ok(desk.delete("/admin/v1/people/bob.example").await, StatusCode::OK).await;
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.whole, proof.unreadable, proof.wrong), (2, 1, 0));
    let removed = hand(&desk).sweep(SystemClock.now_ms() + IN_TWO_HOURS_MS).await.unwrap();
    assert_eq!(removed, 1);
    let gone: Vec<_> = lie.iter().filter(|(_, path)| !path.exists()).collect();
    assert_eq!(gone.len(), 1);
    std::fs::write(&gone[0].1, &gone[0].0).unwrap();
    assert_eq!(verify(&hand(&desk)).await.unwrap().unreadable, 1);
    let imported = hand(&desk).import_lost().await.unwrap();
    assert_eq!((imported.imported.written, imported.imported.erased), (0, 1));

    // One is altered behind our back, and named.
    let archived = desk.edge.running.origin.store.archived(None, None, 9).await.unwrap();
    let row = archived.iter().find(|row| row.external_id == "e").unwrap();
    let file = Archived::of(row).unwrap().unwrap().file;
    let (_, other) = lie.iter().find(|(_, path)| path.ends_with(&file)).unwrap();
    let mut bytes = std::fs::read(other).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(other, bytes).unwrap();
    let proof = verify(&hand(&desk)).await.unwrap();
    assert!(proof.wrong == 1 && proof.named[0].contains("E573"), "{:?}", proof.named);
}

#[tokio::test]
async fn a_bucket_that_is_away_is_told_as_that_and_nothing_is_taken_for_lost() {
    let mut server = Server::start();
    let desk = desk_with(Role::PrivacyOfficer, &borrowed(&server.settings(&ARCHIVE))).await;
    for number in 0..30 {
        take_turns(&desk, &format!("c{number}"), "ann.example", 1).await;
    }
    let soon = SystemClock.now_ms() + 60_000;
    let run = async || hand(&desk).run(soon, || SystemClock.now_ms(), &mut |_| ()).await;
    // It is killed in the middle of a run.
    server.fails(Faults { delay_ms: 15, ..Faults::default() });
    let (broken, ()) = tokio::join!(run(), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        server.kill();
    });
    let error = broken.unwrap_err().to_string();
    assert!(error.starts_with("E571 the archive can't be ") && error.contains("s3://kept/archive"), "{error}");
    let counts = desk.edge.running.origin.store.counts().await.unwrap();
    assert!(counts.turns > 0 && counts.turns < 30, "some went: {}", counts.turns);

    // What lies there is not lost because it can't be read now.
    let archived = desk.edge.running.origin.store.archived(None, None, 9).await.unwrap();
    let id = &archived[0].external_id;
    let asked = desk.edge.get(&format!("/edge/v1/conversations/medical/{id}/export?user=ann.example")).await;
    assert_eq!(asked.status(), StatusCode::SERVICE_UNAVAILABLE);
    let reason = json!({"reason": "the person asks for it"});
    let person = desk.send(Method::POST, "/admin/v1/people/ann.example/export", &reason).await;
    assert_eq!(person.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(verify(&hand(&desk)).await.is_err());
    // Turns are taken, and whoever speaks begins anew; erasing needs no bucket.
    take_turns(&desk, "new", "bob.example", 1).await;
    ok(desk.delete("/admin/v1/people/bob.example").await, StatusCode::OK).await;

    server.again();
    server.fails(Faults::default());
    run().await.unwrap();
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.whole, proof.wrong), (30, 0), "{:?}", proof.named);
    let told = desk.events().await.into_iter().filter(|(name, _)| name == "conversation.archived").count();
    assert_eq!(told, 30, "each once");
    let person =
        ok(desk.send(Method::POST, "/admin/v1/people/ann.example/export", &reason).await, StatusCode::OK).await;
    assert_eq!(person["conversations"].as_array().unwrap().len(), 30);
    assert!(person.get("unreadable").is_none());
}

#[tokio::test]
async fn health_metrics_and_alerts_say_when_the_bucket_fails_and_a_start_does_not_wait_for_it() {
    let mut server = Server::start();
    let settings = server.settings(&ARCHIVE);
    let Edge { running, folder, .. } = edge_with(&borrowed(&settings)).await;
    running.stop().await.unwrap();
    server.kill();
    let database = folder.path().join("lgdl.db");
    let more = [("LGDL_ALERT_EVERY_SECONDS", "1"), ("LGDL_SQLITE_PATH", database.to_str().unwrap())];
    let edge = edge_with(&borrowed(&settings).into_iter().chain(more).collect::<Vec<_>>()).await;
    let store = &edge.running.origin.store;
    let a_while_ago = SystemClock.now_ms() - 11 * 60_000;
    store.note(WELL_NOTE, &a_while_ago.to_string()).await.unwrap();
    let component = async || {
        let health: Value = body(edge.http().get(edge.url("/health")).send().await.unwrap()).await;
        (health["status"].clone(), health["components"]["archive"]["status"].clone())
    };
    until("it is noted", async || component().await == (json!("healthy"), json!("degraded"))).await;
    let metrics = edge.http().get(edge.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for metric in ["lgdl_archive_last_timestamp_seconds ", "lgdl_archive_failed_last_timestamp_seconds "] {
        assert!(metrics.lines().any(|line| line.starts_with(metric)), "{metric}: {metrics}");
    }
    until("it is an incident", async || {
        let open = lgdl_origin::alerts::open(&**store).await.unwrap();
        open.into_values().any(|incident| incident.rule == "archive_failed")
    })
    .await;
    server.again();
    until("it is well", async || component().await.1 == "healthy").await;
}

async fn until(what: &str, mut found: impl AsyncFnMut() -> bool) {
    let began = std::time::Instant::now();
    while !found().await {
        assert!(began.elapsed() < std::time::Duration::from_secs(100), "{what}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}
