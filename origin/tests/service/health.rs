//! Health and metrics.

use reqwest::StatusCode;
use serde_json::Value;

use crate::client::{body, commit, edge};

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

    edge.running.origin.store.close().await;
    assert_eq!(ask("/health/live").await.status(), StatusCode::OK);
    assert_eq!(ask("/health/ready").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask("/health").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(edge.commit(&commit("c", "u", 0, "k")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
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
    assert!(!text.contains("ann"), "{text}");
}
