//! Turns and conversations over HTTP.

use lgdl::engine::TurnRecord;
use lgdl::wire::origin::{
    ClaimRequest, CommitAnswer, CommitRequest, Conflict, MAX_COMMIT_BYTES, StateName, StoredConversation, state_digest,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::client::{body, claim, commit, edge, problem};

#[tokio::test]
async fn a_turn_is_committed_read_replayed_and_refused_when_stale() {
    let edge = edge().await;
    let first = commit("c|1=~@x", "u", 0, "k1");
    let answer: CommitAnswer = body(edge.commit(&first).await).await;
    assert!(matches!(answer, CommitAnswer::Committed { version: 1, epoch: Some(_) }), "{answer:?}");

    let path = "/edge/v1/conversations/medical/c%7C1=~@x?user=u";
    let stored: StoredConversation = body(edge.get(path).await).await;
    assert_eq!((stored.version, &stored.state, &*stored.user_id), (1, &first.state, "u"));

    let answer: CommitAnswer = body(edge.commit(&first).await).await;
    assert_eq!(answer, CommitAnswer::Replayed { response: Box::new(first.response.clone()) });

    let stale = commit("c|1=~@x", "u", 0, "k2");
    let document = problem(edge.commit(&stale).await, StatusCode::CONFLICT, "E528").await;
    let conflict: Conflict = serde_json::from_value(document).unwrap();
    assert_eq!(conflict, Conflict { current: Some(stored), claimed_for_ms: None });

    let mut other = commit("c|1=~@x", "u", 1, "k1");
    other.fingerprint = "of something else".into();
    problem(edge.commit(&other).await, StatusCode::UNPROCESSABLE_ENTITY, "E529").await;
}

#[tokio::test]
async fn a_turn_that_was_run_on_another_state_is_refused_whatever_its_version() {
    let edge = edge().await;
    let first = commit("c", "u", 0, "k1");
    edge.commit(&first).await;
    let stored: StoredConversation = body(edge.get("/edge/v1/conversations/medical/c?user=u").await).await;
    let name = stored.name.clone().expect("the state has a name");
    assert_eq!(name.digest, state_digest(&serde_json::to_vec(&first.state).unwrap()));
    let on = |key: &str, base: Option<StateName>| CommitRequest { base, ..commit("c", "u", 1, key) };
    let other_state = StateName { digest: state_digest(b"{}"), ..name.clone() };
    let other_life = StateName { epoch: Some("another".into()), ..name.clone() };
    for base in [other_state, other_life] {
        let document = problem(edge.commit(&on("k2", Some(base.clone()))).await, StatusCode::CONFLICT, "E528").await;
        let conflict: Conflict = serde_json::from_value(document).unwrap();
        assert_eq!(conflict.current.as_ref(), Some(&stored));
        let held = ClaimRequest { base: Some(base), ..claim("c", "u", 1, "k2") };
        problem(edge.post("/edge/v1/claims", &held).await, StatusCode::CONFLICT, "E528").await;
    }
    let answer: CommitAnswer = body(edge.commit(&on("k2", Some(name))).await).await;
    assert!(matches!(answer, CommitAnswer::Committed { version: 2, .. }), "{answer:?}");
}

#[tokio::test]
async fn a_commit_of_the_size_that_edges_keep_to_is_taken_and_no_larger_one() {
    let edge = edge().await;
    let sized = |bytes: usize| {
        let mut request = serde_json::to_value(commit("c", "u", 0, "k")).unwrap();
        request["state"]["context"] = serde_json::json!({ "padding": "" });
        let without = request.to_string().len();
        request["state"]["context"]["padding"] = "x".repeat(bytes - without).into();
        request.to_string().into_bytes()
    };
    let larger = edge.send(Method::POST, "/edge/v1/turns", sized(MAX_COMMIT_BYTES + 1)).await;
    problem(larger, StatusCode::PAYLOAD_TOO_LARGE, "E524").await;
    let taken = edge.send(Method::POST, "/edge/v1/turns", sized(MAX_COMMIT_BYTES)).await;
    assert_eq!(taken.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_replay_is_word_for_word() {
    let edge = edge().await;
    let mut request = serde_json::to_value(commit("c", "u", 0, "k")).unwrap();
    request["response"]["confidence"] = Value::Null;
    // Spelled as no serializer would, so that parsing and writing it again would show.
    let raw = serde_json::to_string(&request).unwrap().replacen("\"confidence\":null", "\"confidence\" : 9.50e-1", 1);
    assert!(raw.contains("9.50e-1"));
    for _ in 0..2 {
        let response = edge.send(Method::POST, "/edge/v1/turns", raw.clone().into_bytes()).await;
        assert_eq!(response.status(), StatusCode::OK);
        let text = response.text().await.unwrap();
        if text.contains("replayed") {
            assert!(text.contains("\"confidence\" : 9.50e-1"), "{text}");
            return;
        }
    }
    panic!("the second time is a replay");
}

#[tokio::test]
async fn another_person_and_another_tenant_find_nothing() {
    let mut edge = edge().await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    problem(edge.get("/edge/v1/conversations/medical/c?user=v").await, StatusCode::NOT_FOUND, "E521").await;
    problem(edge.commit(&commit("c", "v", 1, "k")).await, StatusCode::NOT_FOUND, "E521").await;
    let path = "/edge/v1/conversations/medical/c?user=u";
    edge.tenant = "other".into();
    problem(edge.get(path).await, StatusCode::NOT_FOUND, "E521").await;
}

#[tokio::test]
async fn a_claim_keeps_other_turns_out() {
    let edge = edge().await;
    let held: CommitAnswer = body(edge.post("/edge/v1/claims", &claim("c", "u", 0, "mine")).await).await;
    assert!(matches!(held, CommitAnswer::Committed { version: 0, .. }), "{held:?}");
    let document = problem(edge.commit(&commit("c", "u", 0, "yours")).await, StatusCode::CONFLICT, "E528").await;
    let conflict: Conflict = serde_json::from_value(document).unwrap();
    assert!(conflict.current.is_none());
    assert!((1..=60_000).contains(&conflict.claimed_for_ms.unwrap()));
    let answer: CommitAnswer = body(edge.commit(&commit("c", "u", 0, "mine")).await).await;
    assert!(matches!(answer, CommitAnswer::Committed { version: 1, epoch: Some(_) }), "{answer:?}");
}

#[tokio::test]
async fn an_erased_conversation_is_gone_for_good() {
    let edge = edge().await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let path = "/edge/v1/conversations/medical/c?user=u";
    let wrong = "/edge/v1/conversations/medical/c?user=v";
    problem(edge.send(Method::DELETE, wrong, vec![]).await, StatusCode::NOT_FOUND, "E521").await;
    assert_eq!(edge.send(Method::DELETE, path, vec![]).await.status(), StatusCode::NO_CONTENT);
    problem(edge.get(path).await, StatusCode::GONE, "E902").await;
    problem(edge.commit(&commit("c", "u", 1, "late")).await, StatusCode::GONE, "E902").await;
    problem(edge.send(Method::DELETE, path, vec![]).await, StatusCode::NOT_FOUND, "E521").await;
}

#[tokio::test]
async fn an_export_holds_every_turn_as_the_engine_recorded_it() {
    let edge = edge().await;
    let turns: Vec<_> = (0..3).map(|version| commit("c", "u", version, &format!("k{version}"))).collect();
    for turn in &turns {
        assert_eq!(edge.commit(turn).await.status(), StatusCode::OK);
    }
    let document: Value = body(edge.get("/edge/v1/conversations/medical/c/export?user=u").await).await;
    assert_eq!((&document["format_version"], &document["kind"]), (&1.into(), &"conversation".into()));
    assert_eq!(document["slots"][0]["slot_value"], "knee");
    let records: Vec<TurnRecord> = serde_json::from_value(document["turns"].clone()).unwrap();
    assert_eq!(records, turns.into_iter().map(|turn| turn.record).collect::<Vec<_>>());
    problem(edge.get("/edge/v1/conversations/medical/c/export?user=v").await, StatusCode::NOT_FOUND, "E521").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_finishes_what_was_accepted_and_lets_go_of_the_store() {
    let edge = std::sync::Arc::new(edge().await);
    let (address, store) = (edge.running.edge_address, edge.running.origin.store.clone());
    let mut sent = tokio::task::JoinSet::new();
    for n in 0..50 {
        let edge = edge.clone();
        sent.spawn(async move { edge.commit(&commit(&format!("c{n}"), "u", 0, &format!("k{n}"))).await.status() });
    }
    // Some are answered, others are on their way.
    sent.join_next().await.unwrap().unwrap();
    let accepted = sent.join_all().await;
    assert!(accepted.iter().all(|status| *status == StatusCode::OK));
    let edge = std::sync::Arc::into_inner(edge).unwrap();
    let http = edge.http().clone();
    edge.running.stop().await.unwrap();
    assert!(http.get(format!("http://{address}/health/live")).send().await.is_err(), "nobody listens any more");
    assert!(store.ping().await.is_err(), "the store is closed");
}
