//! `/health/live`, `/health/ready`, `/health` and `/metrics`.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Origin;
use crate::audit::{self, Lag, MAX_LAG_MS};

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
    let mut components = json!({"store": store});
    let (mut status, mut code) = (status, code);
    if origin.config.audit_push_url.is_some() && code == StatusCode::OK {
        let push = audit_push(&origin).await;
        if push["status"] != "healthy" {
            (status, code) = ("degraded", StatusCode::SERVICE_UNAVAILABLE);
        }
        components["audit_push"] = push;
    }
    let body = json!({"status": status, "version": env!("CARGO_PKG_VERSION"), "components": components});
    (code, Json(body)).into_response()
}

/// How far the SIEM is behind.
async fn audit_push(origin: &Origin) -> serde_json::Value {
    let started = Instant::now();
    let lag = audit_lag(origin).await;
    let latency = started.elapsed().as_secs_f64() * 1e3;
    let (status, detail) = match &lag {
        None => ("unhealthy", "how far the endpoint is can't be read"),
        Some(lag) if lag.waiting_ms > MAX_LAG_MS => ("degraded", "audit events wait to be sent; the log has the cause"),
        Some(_) => ("healthy", "keeps up"),
    };
    let (links, waiting) = lag.map_or((None, None), |lag| (Some(lag.links), Some(lag.waiting_ms / 1000)));
    json!({"status": status, "latency_ms": latency, "detail": detail, "lag_links": links, "lag_seconds": waiting})
}

async fn audit_lag(origin: &Origin) -> Option<Lag> {
    let asked = audit::lag(&*origin.store, origin.clock.now_ms());
    tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()
}

/// What is counted, in Prometheus' text format.
pub(super) async fn metrics(State(origin): State<Origin>) -> Response {
    let mut text = origin.metrics.render();
    if origin.config.audit_push_url.is_some()
        && let Some(lag) = audit_lag(&origin).await
    {
        let seconds = lag.waiting_ms / 1000;
        for (name, value) in [("links", lag.links), ("seconds", seconds.unsigned_abs())] {
            text.push_str(&format!("# TYPE lgdl_audit_push_lag_{name} gauge\nlgdl_audit_push_lag_{name} {value}\n"));
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
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
