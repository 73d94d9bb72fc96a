//! Requests that are unsigned, altered, stale or replayed are refused.

use std::collections::BTreeMap;

use lgdl::wire::origin::NodeReport;
use lgdl::wire::signature::{REPLAY_WINDOW_MS, TENANT_HEADER};
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::config::{Config, EdgeKey, Secret};
use lgdl_origin::nodes;
use reqwest::{Method, StatusCode};

use crate::client::{SECRET, Tampering, commit, edge, edge_with, problem};

const TURNS: &str = "/edge/v1/turns";

#[tokio::test]
async fn whatever_was_changed_after_signing_is_refused_and_changes_nothing() {
    let edge = edge().await;
    let body = serde_json::to_vec(&commit("c", "u", 0, "k")).unwrap();
    let mut other_body = body.clone();
    other_body[10] ^= 1;
    let tamperings = [
        Tampering { sent_body: Some(other_body), ..Tampering::default() },
        Tampering { sent_body: Some(Vec::new()), ..Tampering::default() },
        Tampering { sent_path: Some(format!("{TURNS}?x=1")), ..Tampering::default() },
        Tampering { sent_tenant: Some("other".into()), ..Tampering::default() },
        Tampering { clock_ahead_ms: -REPLAY_WINDOW_MS - 1000, ..Tampering::default() },
        Tampering { clock_ahead_ms: REPLAY_WINDOW_MS + 5000, ..Tampering::default() },
        Tampering { secret: Some("another secret of an edge".into()), ..Tampering::default() },
        Tampering { key_id: Some("nobody".into()), ..Tampering::default() },
    ];
    for tampering in tamperings {
        let response = edge.send_tampered(Method::POST, TURNS, body.clone(), tampering.clone()).await;
        problem(response, StatusCode::UNAUTHORIZED, "E526").await;
    }
    assert_eq!(edge.running.origin.store.counts().await.unwrap().turns, 0);
}

#[tokio::test]
async fn a_node_whose_clock_is_off_is_shown_with_it() {
    let edge = edge().await;
    let store = &*edge.running.origin.store;
    let now_ms = SystemClock.now_ms();
    let report = |name: &str, sent_at_ms: i64| NodeReport {
        name: name.into(),
        instance: None,
        version: "1.0.0".into(),
        platform: "native".into(),
        region: None,
        games: Vec::new(),
        waiting: 0,
        waiting_since_ms: None,
        aside: 0,
        aside_of: BTreeMap::new(),
        unremoved: 0,
        breaker: "closed".into(),
        drained_at_ms: None,
        every_ms: 5_000,
        sent_at_ms,
        leaving: false,
    };
    let tell = async |name: &str, secret: Option<&str>| {
        let ahead_ms = 400_000;
        let how = Tampering { clock_ahead_ms: ahead_ms, secret: secret.map(str::to_owned), ..Tampering::default() };
        let body = serde_json::to_vec(&report(name, now_ms + ahead_ms)).unwrap();
        edge.send_tampered(Method::POST, "/edge/v1/node", body, how).await.status()
    };
    let ahead = async |name: &str| store.find_node(name).await.unwrap().unwrap().clock_ahead_ms;
    nodes::take(store, report("well", now_ms), now_ms).await.unwrap();
    nodes::take(store, report("silent", now_ms - 600_000), now_ms - 600_000).await.unwrap();
    for (name, secret, why) in [
        ("well", None, "it was heard of a moment ago: this may be anything"),
        ("silent", Some("another secret of an edge"), "of whoever has no key nothing is noted"),
    ] {
        assert_eq!(tell(name, secret).await, StatusCode::UNAUTHORIZED);
        assert_eq!(ahead(name).await, 0, "{why}");
    }
    assert_eq!(tell("silent", None).await, StatusCode::UNAUTHORIZED);
    let noted = ahead("silent").await;
    assert!((370_000..=400_000).contains(&noted), "{noted}");
    let row = store.find_node("silent").await.unwrap().unwrap();
    let troubles = nodes::troubles(&row, now_ms).join("; ");
    assert!(troubles.contains("it is silent") && troubles.contains(" s ahead"), "{troubles}");

    // The origin's own clock was a day ahead for a moment: who was heard of then is not well until tomorrow.
    nodes::take(store, report("dead", now_ms), now_ms + 86_400_000).await.unwrap();
    let state = async |name: &str| nodes::state(&store.find_node(name).await.unwrap().unwrap(), now_ms);
    assert_eq!(state("dead").await, nodes::NodeState::Silent);
    nodes::take(store, report("dead", now_ms), now_ms).await.unwrap();
    assert_eq!(state("dead").await, nodes::NodeState::Alive);
}

#[tokio::test]
async fn a_captured_request_can_not_be_played_again() {
    let edge = edge().await;
    let once = Tampering { nonce: Some("0123456789abcdef".repeat(2)), ..Tampering::default() };
    let first = edge.send_tampered(Method::GET, "/edge/v1/games", vec![], once.clone()).await;
    assert_eq!(first.status(), StatusCode::OK);
    let second = edge.send_tampered(Method::GET, "/edge/v1/games", vec![], once).await;
    problem(second, StatusCode::UNAUTHORIZED, "E526").await;
}

#[tokio::test]
async fn an_unsigned_request_is_refused_unless_the_deployment_allows_it() {
    let edge = edge().await;
    let ask = |url: String, http: &reqwest::Client| http.get(url).header(TENANT_HEADER, "default").send();
    let response = ask(edge.url("/edge/v1/games"), edge.http()).await.unwrap();
    problem(response, StatusCode::UNAUTHORIZED, "E526").await;
    let open = edge_with(&[("LGDL_EDGE_UNSIGNED", "true")]).await;
    let response = ask(open.url("/edge/v1/games"), open.http()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_key_is_changed_while_the_origin_runs() {
    let edge = edge().await;
    let ask = async |secret: &str| {
        let how = Tampering { secret: Some(secret.to_owned()), ..Tampering::default() };
        edge.send_tampered(Method::GET, "/edge/v1/games", vec![], how).await.status()
    };
    assert_eq!(ask(SECRET).await, StatusCode::OK);
    let other = "the secret that comes after it";
    let config = Config { edge_keys: vec![], ..(*edge.running.origin.settings()).clone() };
    let key = EdgeKey { id: "edge".into(), secret: Secret::new(other) };
    edge.running.reload(Config { edge_keys: vec![key], ..config }).await.unwrap();
    assert_eq!((ask(SECRET).await, ask(other).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
}
