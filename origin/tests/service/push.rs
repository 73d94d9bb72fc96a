//! The origin sends its audit log on by itself, and says how far it is.

use std::time::{Duration, Instant};

use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock, SystemClock};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::{Edge, body, commit, edge_with};
use crate::siem::Siem;

/// How long the origin may take to send what it has.
const PATIENCE: Duration = Duration::from_secs(20);

async fn sending_to(siem: &Siem) -> Edge {
    edge_with(&[
        ("LGDL_AUDIT_PUSH_URL", siem.url().as_str()),
        ("LGDL_AUDIT_PUSH_AUTHORIZATION", "Splunk 0123-abcd"),
        ("LGDL_AUDIT_PUSH_INTERVAL_SECONDS", "1"),
        ("LGDL_AUDIT_PUSH_BATCH", "2"),
    ])
    .await
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn open(edge: &Edge, path: &str) -> (StatusCode, String) {
    let answer = edge.http().get(edge.url(path)).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn what_happens_reaches_the_siem_without_names_or_text() {
    let siem = Siem::start(&[]).await;
    let edge = sending_to(&siem).await;
    edge.commit(&commit("c", "ann.example", 0, "k")).await;
    let happened = |name: &str| siem.lines().iter().any(|line| line["event"] == name);
    until("the turn's event arrives", async || happened("conversation.created")).await;
    assert!(happened(events::CONFIGURATION_CHANGED));
    let sequences = siem.sequences();
    assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>());
    let all = json!(siem.lines()).to_string();
    assert!(!all.contains("ann.example") && !all.contains("knee") && !all.contains("0123-abcd"), "{all}");
    for headers in siem.headers() {
        assert_eq!(headers["authorization"], "Splunk 0123-abcd");
        assert_eq!(headers["content-type"], "application/x-ndjson");
    }
    until("what was sent is counted", async || {
        let (status, metrics) = open(&edge, "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        metrics.contains("\nlgdl_audit_push_lag_links ") && metrics.contains("\nlgdl_audit_pushed_links_total ")
    })
    .await;
    let health: Value = body(edge.http().get(edge.url("/health")).send().await.unwrap()).await;
    assert_eq!(health["components"]["audit_push"]["status"], "healthy");
}

#[tokio::test]
async fn an_origin_whose_siem_is_away_for_long_is_degraded_but_ready_and_catches_up() {
    let siem = Siem::start(&[]).await;
    siem.set_down(true);
    let edge = sending_to(&siem).await;
    let long_ago = SystemClock.now_ms() - 20 * 60 * 1000;
    let event = events::of(long_ago, "default", "test", "test", "x", json!({}));
    edge.running.origin.store.append_audit(vec![event]).await.unwrap();
    until("the origin counts as degraded", async || {
        let (status, text) = open(&edge, "/health").await;
        let health: Value = serde_json::from_str(&text).unwrap();
        status == StatusCode::SERVICE_UNAVAILABLE
            && health["status"] == "degraded"
            && health["components"]["audit_push"]["lag_seconds"].as_i64().is_some_and(|lag| lag >= 1200)
            && health["components"]["store"]["status"] == "healthy"
    })
    .await;
    assert_eq!(open(&edge, "/health/ready").await.0, StatusCode::OK, "turns are taken all the same");
    until("failures are counted", async || open(&edge, "/metrics").await.1.contains("lgdl_audit_push_failures_total "))
        .await;
    assert!(siem.lines().is_empty());
    siem.set_down(false);
    until("it catches up", async || open(&edge, "/health").await.0 == StatusCode::OK).await;
    assert_eq!(siem.sequences()[0], 1);
}
