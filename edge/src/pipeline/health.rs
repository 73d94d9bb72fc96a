//! Health and metrics. No ids, no text.

use std::fmt::Write as _;

use http::StatusCode;
use lgdl::problem::Reason;
use serde_json::json;

use crate::answer::{OBSERVED_NAMES, Refusal, Response};
use crate::call::Call;
use crate::origin::Origin;
use crate::pipeline::games;
use crate::platform::{JournalSafety, Platform};

/// Written and read back by `GET /health`.
const PROBE: &str = "note:probe";

/// `GET /health/live`: the node runs.
///
/// # Errors
/// None in practice.
pub fn live() -> Result<Response, Refusal> {
    Response::json(StatusCode::OK, &json!({ "status": "alive" }))
}

/// `GET /health/ready`: the node can take turns.
///
/// # Errors
/// None in practice.
pub async fn ready<P: Platform>(call: &Call<'_, P>) -> Result<Response, Refusal> {
    match games::list(call).await {
        Ok(list) => Response::json(StatusCode::OK, &json!({ "status": "ready", "games_loaded": list.games.len() })),
        Err(_) => Response::json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "not ready", "games_loaded": 0 })),
    }
}

/// `GET /healthz`, as old clients know it.
///
/// # Errors
/// None in practice.
pub async fn healthz<P: Platform>(call: &Call<'_, P>) -> Result<Response, Refusal> {
    let list = games::list(call).await.map(|list| list.games).unwrap_or_default();
    let games: Vec<&str> = list.iter().map(|game| game.id.as_str()).collect();
    let (status, word) = match games.is_empty() {
        false => (StatusCode::OK, "healthy"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    Response::json(status, &json!({ "status": word, "games_loaded": games.len(), "games": games }))
}

/// `GET /health`: component by component, 503 when one that matters is not well.
///
/// # Errors
/// None in practice.
pub async fn components<P: Platform>(call: &Call<'_, P>) -> Result<Response, Refusal> {
    let platform = call.platform;
    let from_us = platform.ticks_us();
    let origin = Origin::new(call);
    let games = origin.games().await;
    let origin_us = platform.ticks_us().saturating_sub(from_us);
    let health = origin.health().await;

    let from_us = platform.ticks_us();
    let written = platform.kv_put(PROBE, b"1", 60_000).await;
    let read = platform.kv_get(PROBE).await;
    let kv_us = platform.ticks_us().saturating_sub(from_us);
    let kv_well = written.is_ok() && read.is_ok();

    let safety = platform.journal_safety();
    let journal_well = call.settings.state_key.is_some() && safety != JournalSafety::None;
    let word = |well: bool| if well { "healthy" } else { "degraded" };
    let milliseconds = |us: u64| us as f64 / 1_000.0;
    let all = games.is_ok() && kv_well;
    let body = json!({
        "status": word(all),
        "components": {
            "origin": {
                "status": word(games.is_ok()),
                "latency_ms": milliseconds(origin_us),
                "detail": format!("breaker {}", health.breaker.name()),
            },
            "key_value": { "status": word(kv_well), "latency_ms": milliseconds(kv_us), "detail": platform.name() },
            "hot_state": {
                "status": word(call.settings.state_key.is_some()),
                "detail": if call.settings.state_key.is_some() { "sealed" } else { "off: LGDL_STATE_KEY is not set" },
            },
            "journal": {
                "status": word(journal_well),
                "detail": format!("{}{}", safety.name(), if health.journal_pending { ", turns wait" } else { "" }),
            },
        },
    });
    Response::json(if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &body)
}

/// `GET /metrics`: what this instance has counted. Where instances live for one request, the node counts instead.
///
/// # Errors
/// 404 where neither does.
pub fn metrics<P: Platform>(call: &Call<'_, P>) -> Result<Response, Refusal> {
    let Some(memory) = call.platform.memory() else {
        let detail = "An instance of this platform lives for one request and has counted nothing.";
        return Err(Refusal::new(Reason::NoRoute, detail));
    };
    let counted = memory.observed();
    let mut text = String::with_capacity(1_024);
    for (name, count) in OBSERVED_NAMES.iter().zip(counted) {
        let _ = writeln!(text, "# TYPE lgdl_edge_{name}_total counter\nlgdl_edge_{name}_total {count}");
    }
    Ok(Response::new(StatusCode::OK, "text/plain; version=0.0.4", text.into_bytes()))
}
