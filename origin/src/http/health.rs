//! `/health/live`, `/health/ready`, `/health` and `/metrics`.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Origin;

/// How long a component may take to answer before it counts as down.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process runs.
pub(crate) async fn live() -> Json<serde_json::Value> {
    Json(json!({"status": "live"}))
}

/// The process can do its work.
pub(super) async fn ready(State(origin): State<Origin>) -> Response {
    match probe(&origin).await {
        Ok(_) => Json(json!({"status": "ready"})).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready"}))).into_response(),
    }
}

/// Each component with its latency.
pub(super) async fn health(State(origin): State<Origin>) -> Response {
    let probed = probe(&origin).await;
    let (status, code, latency, detail) = match &probed {
        Ok(latency) => ("healthy", StatusCode::OK, *latency, "answers"),
        Err((latency, why)) => ("unhealthy", StatusCode::SERVICE_UNAVAILABLE, *latency, *why),
    };
    let store = json!({
        "status": status,
        "kind": origin.store.kind(),
        "latency_ms": latency.as_secs_f64() * 1e3,
        "detail": detail,
    });
    let body = json!({"status": status, "version": env!("CARGO_PKG_VERSION"), "components": {"store": store}});
    (code, Json(body)).into_response()
}

/// What is counted, in Prometheus' text format.
pub(super) async fn metrics(State(origin): State<Origin>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], origin.metrics.render()).into_response()
}

async fn probe(origin: &Origin) -> Result<Duration, (Duration, &'static str)> {
    let started = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, origin.store.ping()).await;
    let took = started.elapsed();
    match answer {
        Ok(Ok(())) => Ok(took),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store fails its health check");
            Err((took, "does not work; the log has the cause"))
        }
        Err(_) => Err((took, "does not answer in time")),
    }
}
