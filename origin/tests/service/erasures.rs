//! What edges are told of erasures.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lgdl::wire::origin::{Erasures, MAX_ERASURES, conversation_digest};
use lgdl_origin::Config;
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::ids::{ConversationId, ErasureId};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::start;
use lgdl_origin::store::{ErasureOrder, ErasureOutcome};
use lgdl_origin::tombstones::bring_up_to_date;
use reqwest::{Method, StatusCode};

use crate::client::{Edge, Tampering, body, commit, edge, edge_with, problem, told};

async fn page(edge: &Edge, query: &str) -> Erasures {
    let answer = edge.get(&format!("/edge/v1/erasures?{query}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    body(answer).await
}

async fn erase_person(edge: &Edge, user: &str) {
    let now_ms = SystemClock.now_ms();
    let order = ErasureOrder { id: ErasureId::mint(now_ms, &SystemRandom), requested_by: "test".into(), now_ms };
    let outcome = edge.running.origin.store.erase_person(&edge.tenant, user, order, told()).await.unwrap();
    assert!(matches!(outcome, ErasureOutcome::Erased(_)));
}

fn digest(tenant: &str, conversation: &str) -> String {
    format!("{:032x}", conversation_digest(tenant, "medical", conversation))
}

#[tokio::test]
async fn every_conversation_of_an_erased_person_is_told_page_by_page_to_whoever_signs() {
    let mut edge = edge().await;
    let nothing = page(&edge, "last_ms=1000").await;
    assert!(nothing.conversations.is_empty() && !nothing.more);
    let count = MAX_ERASURES + 3;
    for n in 0..count {
        assert_eq!(edge.commit(&commit(&format!("c{n}"), "ann", 0, &format!("k{n}"))).await.status(), StatusCode::OK);
    }
    assert_eq!(edge.commit(&commit("kept", "bob", 0, "k")).await.status(), StatusCode::OK);
    edge.tenant = "second".into();
    assert_eq!(edge.commit(&commit("c0", "ann", 0, "k")).await.status(), StatusCode::OK);
    erase_person(&edge, "ann").await;
    edge.tenant = "default".into();
    erase_person(&edge, "ann").await;

    // Whoever has asked before hears of it, and so does whoever never has.
    for query in [format!("after={}", nothing.next), "last_ms=60000".to_owned()] {
        let first = page(&edge, &query).await;
        assert!(first.more && (1..=MAX_ERASURES).contains(&first.conversations.len()));
        let second = page(&edge, &format!("after={}", first.next)).await;
        assert!(!second.more);
        let told: BTreeSet<_> = first.conversations.into_iter().chain(second.conversations).collect();
        let mut erased: BTreeSet<_> = (0..count).map(|n| digest("default", &format!("c{n}"))).collect();
        erased.insert(digest("second", "c0"));
        assert_eq!(told, erased);
        // The next round begins a little before this one, for what may have been on its way.
        assert!(page(&edge, &format!("after={}", second.next)).await.more);
    }
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert!(page(&edge, "last_ms=1").await.conversations.is_empty());
}

#[tokio::test]
async fn nobody_else_is_told_and_no_other_cursor_is_taken() {
    let edge = edge().await;
    let how = Tampering { secret: Some("a secret of somebody else".into()), ..Tampering::default() };
    let path = "/edge/v1/erasures?last_ms=1000";
    problem(edge.send_tampered(Method::GET, path, Vec::new(), how).await, StatusCode::UNAUTHORIZED, "E526").await;
    for query in ["", "?after=", "?after=x", "?after=r.1&last_ms=1", "?last_ms=-1", "?after=w.1.2.%00", "?other=1"] {
        let answer = edge.get(&format!("/edge/v1/erasures{query}")).await;
        problem(answer, StatusCode::BAD_REQUEST, "E520").await;
    }
}

#[tokio::test]
async fn an_origin_that_is_younger_than_its_file_of_tombstones_erases_again_before_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (database, stones) = (here("store.db"), here("stones.jsonl"));
    let begin =
        async || edge_with(&[("LGDL_SQLITE_PATH", database.as_str()), ("LGDL_TOMBSTONES", stones.as_str())]).await;
    let edge = begin().await;
    for user in ["ann", "bob"] {
        edge.commit(&commit(user, user, 0, user)).await;
    }
    edge.running.stop().await.unwrap();
    std::fs::copy(&database, here("older.db")).unwrap();

    let edge = begin().await;
    let store = &*edge.running.origin.store;
    let now_ms = SystemClock.now_ms();
    let order = ErasureOrder { id: ErasureId::mint(now_ms, &SystemRandom), requested_by: "test".into(), now_ms };
    store.erase_person("default", "ann", order, told()).await.unwrap();
    let epoch = store.epoch().await.unwrap();
    edge.running.stop().await.unwrap();
    // As somebody does who knows no `lgdl restore`.
    for left in ["store.db-wal", "store.db-shm"] {
        let _ = std::fs::remove_file(here(left));
    }
    std::fs::copy(here("older.db"), &database).unwrap();

    let edge = begin().await;
    let store = &*edge.running.origin.store;
    assert!(store.of_person("default", "ann").await.unwrap().is_empty(), "she was erased");
    assert_eq!(store.of_person("default", "bob").await.unwrap().len(), 1);
    assert_ne!(store.epoch().await.unwrap(), epoch, "what nodes have of it is of another state");
    edge.running.stop().await.unwrap();
    std::fs::write(&stones, "").unwrap();
    let again = Config::read("", settings(&database, &stones)).unwrap();
    assert!(start(again).await.unwrap_err().to_string().contains("E543"));
}

fn settings(database: &str, stones: &str) -> Vec<(String, String)> {
    let settings = [
        ("LGDL_LISTEN", "127.0.0.1:0"),
        ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"),
        ("LGDL_EDGE_UNSIGNED", "true"),
        ("LGDL_SQLITE_PATH", database),
        ("LGDL_TOMBSTONES", stones),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A backup that is put back the moment after must not bring back what somebody was told is erased.
#[tokio::test]
async fn what_is_called_erased_is_in_the_file_of_tombstones() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tombstones.jsonl");
    let edge = edge_with(&[("LGDL_TOMBSTONES", &file.to_string_lossy())]).await;
    for n in 0..19 {
        let conversation = format!("c{n}");
        assert_eq!(edge.commit(&commit(&conversation, "ann", 0, &conversation)).await.status(), StatusCode::OK);
    }
    let erase = |n: usize| {
        let (edge, file) = (&edge, &file);
        async move {
            let path = format!("/edge/v1/conversations/medical/c{n}?user=ann");
            let erased = edge.send(Method::DELETE, &path, Vec::new()).await;
            assert_eq!(erased.status(), StatusCode::NO_CONTENT);
            let id = ConversationId::derive("default", "medical", &format!("c{n}"));
            assert!(std::fs::read_to_string(file).unwrap().contains(id.as_str()), "c{n}");
        }
    };
    for n in 0..4 {
        erase(n).await;
    }
    // Those who erase at the same moment wait for one of them.
    for n in (4..19).step_by(3) {
        tokio::join!(erase(n), erase(n + 1), erase(n + 2));
    }
    let stones = || {
        let lines = std::fs::read_to_string(&file).unwrap();
        lines.lines().filter(|line| line.contains("\"kind\":\"erasure\"")).count()
    };
    assert_eq!(stones(), 19, "each once");
    // Emptied while the origin runs, as a rotation of logs does it, the file gets all of them again.
    std::fs::File::options().write(true).truncate(true).open(&file).unwrap();
    assert_eq!(edge.commit(&commit("c19", "ann", 0, "c19")).await.status(), StatusCode::OK);
    erase(19).await;
    assert_eq!(stones(), 20);
}

#[tokio::test]
async fn nothing_is_called_erased_while_the_file_of_tombstones_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept/tombstones.jsonl");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    let edge = edge_with(&[("LGDL_TOMBSTONES", &file.to_string_lossy())]).await;
    assert_eq!(edge.commit(&commit("c", "ann", 0, "k")).await.status(), StatusCode::OK);
    // Where it should lie is a file.
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file.parent().unwrap(), "in the way").unwrap();
    let erase =
        async || edge.send(Method::DELETE, "/edge/v1/conversations/medical/c?user=ann", Vec::new()).await.status();
    assert_eq!(erase().await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(erase().await, StatusCode::SERVICE_UNAVAILABLE, "the conversation is gone, and not called erased");
    let health = async || {
        body::<serde_json::Value>(edge.http().get(edge.url("/health")).send().await.unwrap()).await["components"]["tombstones"].clone()
    };
    assert_eq!(health().await["status"], "degraded");
    std::fs::remove_file(file.parent().unwrap()).unwrap();
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    assert_eq!(erase().await, StatusCode::NOT_FOUND);
    let id = ConversationId::derive("default", "medical", "c");
    assert!(std::fs::read_to_string(&file).unwrap().contains(id.as_str()));
    assert_eq!(health().await["status"], "healthy");
}

#[tokio::test]
async fn whoever_waits_for_the_file_of_tombstones_holds_up_nobody_else() {
    let edge = edge().await;
    assert_eq!(edge.commit(&commit("c", "ann", 0, "k")).await.status(), StatusCode::OK);
    erase_person(&edge, "ann").await;
    let path = edge.folder.path().join("tombstones");
    let held = std::fs::File::create(&path).unwrap();
    held.lock().unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        drop(held);
    });
    let began = Instant::now();
    let another = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        began.elapsed()
    };
    let (added, another) =
        tokio::join!(bring_up_to_date(&*edge.running.origin.store, &path, SystemClock.now_ms()), another);
    assert_eq!(added.unwrap(), 2, "of the person, and of the conversation");
    assert!(another < Duration::from_secs(1), "{another:?}");
    assert!(began.elapsed() >= Duration::from_secs(2), "it has waited");
}
