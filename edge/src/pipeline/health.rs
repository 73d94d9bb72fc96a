//! Health and metrics. No ids, no text.

use std::fmt::Write as _;

use http::StatusCode;
use lgdl::problem::Reason;
use lgdl::wire::node::Counts;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{OBSERVED, Refusal, Response};
use crate::call::Call;
use crate::memory::About;
use crate::notes;
use crate::origin::{Health, Origin};
use crate::pipeline::games;
use crate::platform::{JournalSafety, Platform};

/// How long a failure counts that no later work has contradicted, milliseconds.
const FAILURE_COUNTS_MS: i64 = 60_000;
/// How long one counts, milliseconds, though the origin says that it can write: turns may need more room than its trial does.
const FAILURE_STANDS_MS: i64 = 3_000;

/// Written and read back by `GET /health`.
const PROBE: &str = "note:probe";
/// The note of what that came to, and how long it is believed, milliseconds.
const LOOKED: &str = "looked";
const LOOK_EVERY_MS: i64 = 1_000;

/// `GET /health/live`: the node runs.
///
/// # Errors
/// None in practice.
pub fn live() -> Result<Response, Refusal> {
    Response::json(StatusCode::OK, &json!({ "status": "alive" }))
}

/// `GET /health/ready`: the node knows a game, can take turns, and keeps them somewhere.
///
/// # Errors
/// None in practice.
pub async fn ready<P: Platform>(call: &Call<'_, P>) -> Result<Response, Refusal> {
    let list = games::list(call).await;
    let health = Origin::new(call).health().await;
    let now_ms = call.platform.now_ms();
    // What an origin refuses that does not take the node for one of its own is not journalled.
    let keeps = call.settings.state_disabled
        || health.estranged.is_none() && (!commits_fail(&health, now_ms) || journals(call, &health));
    let loaded = list.map_or(0, |list| list.games.len());
    let (status, word) = match loaded > 0 && keeps {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    Response::json(status, &json!({ "status": word, "games_loaded": loaded }))
}

/// Whether something failed lately: after a while without any work that would tell, nobody knows better than a probe.
fn is_recent(failed_at_ms: Option<i64>, now_ms: i64) -> bool {
    failed_at_ms.is_some_and(|at| (0..FAILURE_COUNTS_MS).contains(&now_ms.saturating_sub(at)))
}

/// Whether commits failed lately, and the origin has not said since that it can write.
fn commits_fail(health: &Health, now_ms: i64) -> bool {
    let stands = |failed_at: i64| health.ready_at_ms.is_none_or(|at| at < failed_at.saturating_add(FAILURE_STANDS_MS));
    is_recent(health.commit_failed_at_ms, now_ms) && health.commit_failed_at_ms.is_some_and(stands)
}

/// Whether turns that can't be committed wait.
fn journals<P: Platform>(call: &Call<'_, P>, health: &Health) -> bool {
    call.settings.state_key.is_some()
        && call.platform.journal_safety() != JournalSafety::None
        && !health.other_key
        && !is_recent(health.journal_failed_at_ms, call.platform.now_ms())
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

/// What a look at the components found.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Looked {
    at_ms: i64,
    origin_well: bool,
    origin_us: u64,
    kv_well: bool,
    kv_us: u64,
}

/// Looks at the components, unless that was done a moment ago: anybody may ask, and nobody can have the origin asked all the time.
async fn looked<P: Platform>(call: &Call<'_, P>) -> Looked {
    let platform = call.platform;
    let known: Option<Looked> = notes::recall(platform, About::Node, LOOKED).await;
    let now_ms = platform.now_ms();
    if let Some(known) = known.filter(|known| (0..LOOK_EVERY_MS).contains(&now_ms.saturating_sub(known.at_ms))) {
        return known;
    }
    let failed_at_ms = Origin::new(call).health().await.commit_failed_at_ms;
    if failed_at_ms.is_some_and(|at| (FAILURE_STANDS_MS..FAILURE_COUNTS_MS).contains(&now_ms.saturating_sub(at))) {
        // No turn may come for long that would tell.
        Origin::new(call).asked_ready().await;
    }
    let from_us = platform.ticks_us();
    let origin_well = Origin::new(call).games().await.is_ok();
    let origin_us = platform.ticks_us().saturating_sub(from_us);
    let from_us = platform.ticks_us();
    let written = platform.kv_put(PROBE, b"1", 60_000).await;
    let read = platform.kv_get(PROBE).await;
    let kv_us = platform.ticks_us().saturating_sub(from_us);
    let looked = Looked { at_ms: now_ms, origin_well, origin_us, kv_well: written.is_ok() && read.is_ok(), kv_us };
    notes::remember(platform, About::Node, LOOKED, &looked).await;
    looked
}

/// `GET /health`: component by component, 503 when one that matters is not well.
///
/// # Errors
/// None in practice.
pub async fn components<P: Platform>(call: &Call<'_, P>) -> Result<Response, Refusal> {
    let platform = call.platform;
    let Looked { origin_well, origin_us, kv_well, kv_us, .. } = looked(call).await;
    let health = Origin::new(call).health().await;

    let safety = platform.journal_safety();
    let now_ms = platform.now_ms();
    let counts = platform.journal_counts().await;
    let commits_well = !commits_fail(&health, now_ms) && health.estranged.is_none();
    let journal_fails = is_recent(health.journal_failed_at_ms, now_ms) || counts.is_err();
    let aside = counts.as_ref().is_ok_and(|counts| counts.aside > 0 || counts.unremoved > 0);
    let stuffed = is_recent(health.unremoved_at_ms, now_ms);
    // Where there is no key there is no journal, and that is a choice; one that does not work is not.
    let journal_well = journals(call, &health) && !aside && !stuffed && counts.is_ok();
    let journal_detail = match &counts {
        Ok(Counts { waiting, aside, other_key, unremoved }) => {
            let stuffed = if stuffed || *unremoved > 0 { ", and what has arrived can't be removed" } else { "" };
            format!(
                "{}, {waiting} turns wait, {aside} set aside, {other_key} of them sealed under another LGDL_STATE_KEY, \
                 {unremoved} done with{stuffed}",
                safety.name()
            )
        }
        Err(_) => format!("{}, does not answer", safety.name()),
    };
    let commit_detail = match (health.estranged, health.commit_failed_at_ms) {
        (Some(why), _) => why.to_string(),
        (None, Some(at)) => {
            let ago_s = now_ms.saturating_sub(at) / 1_000;
            let since = if commits_well { "; none was tried since" } else { "" };
            format!("the last commit failed, {ago_s} s ago{since}")
        }
        (None, None) if !health.has_committed => "none tried yet".to_owned(),
        _ => "the last commit worked".to_owned(),
    };
    let origin_detail = match health.away {
        Some(why) => format!("breaker {}; {why}", health.breaker.name()),
        None => format!("breaker {}", health.breaker.name()),
    };
    let word = |well: bool| if well { "healthy" } else { "degraded" };
    let milliseconds = |us: u64| us as f64 / 1_000.0;
    let all = origin_well && kv_well && commits_well && !journal_fails && !aside && !stuffed;
    let body = json!({
        "status": word(all),
        "version": env!("CARGO_PKG_VERSION"),
        "components": {
            "origin": {
                "status": word(origin_well),
                "latency_ms": milliseconds(origin_us),
                "detail": origin_detail,
            },
            "commits": { "status": word(commits_well), "detail": commit_detail },
            "key_value": { "status": word(kv_well), "latency_ms": milliseconds(kv_us), "detail": platform.name() },
            "hot_state": {
                "status": word(call.settings.state_key.is_some()),
                "detail": if call.settings.state_key.is_some() { "sealed" } else { "off: LGDL_STATE_KEY is not set" },
            },
            "journal": {
                "status": word(journal_well),
                "detail": journal_detail,
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
    for ((name, help), count) in OBSERVED.iter().zip(counted) {
        let name = format!("lgdl_edge_{name}_total");
        let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} counter\n{name} {count}");
    }
    Ok(Response::new(StatusCode::OK, "text/plain; version=0.0.4", text.into_bytes()))
}
