//! `/health/live`, `/health/ready`, `/health` and `/metrics`.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Origin;
use crate::alerts::{Severity, ends};
use crate::archives::{FAILED_NOTE, WELL_NOTE};
use crate::audit::{self, Lag, MAX_LAG_MS, MAX_OUTBOX_MS};
use crate::backup::{BACKUP_FAILED_NOTE, DRILL_FAILED_NOTE, DRILLED_NOTE, MADE_NOTE};
use crate::clock::Millis;
use crate::metrics::BackupTimes;
use crate::nodes::{self, NodeState};
use crate::tombstones::Kept;
use crate::work::{TRIAL_EVERY_MS, Trial};

/// How long a component may take to answer before it counts as down.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process runs.
pub(crate) async fn live() -> Json<serde_json::Value> {
    Json(json!({"status": "live"}))
}

/// The process can do its work.
pub(super) async fn ready(State(origin): State<Origin>) -> Response {
    let failing = origin.metrics.work.failing(origin.clock.now_ms());
    if failing.is_none() && trial(&origin).await.failed.is_none() {
        return Json(json!({"status": "ready"})).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready"}))).into_response()
}

/// Each component with its latency.
pub(super) async fn health(State(origin): State<Origin>) -> Response {
    let trial = trial(&origin).await;
    let failing = origin.metrics.work.failing(origin.clock.now_ms());
    let (status, code, detail) = match (trial.failed, failing) {
        (Some(why), _) => ("unhealthy", StatusCode::SERVICE_UNAVAILABLE, why),
        (None, Some(_)) => (
            "degraded",
            StatusCode::SERVICE_UNAVAILABLE,
            "did not take the last turns: it is full, away, or too slow; the log has the cause",
        ),
        (None, None) => ("healthy", StatusCode::OK, "takes what it is given"),
    };
    let mut store = json!({
        "status": status,
        "kind": origin.store.kind(),
        "latency_ms": trial.latency_ms,
        "detail": detail,
        "failed_in_a_row": failing.unwrap_or(0),
    });
    if let Some(commits) = origin.metrics.recent.commits() {
        store["commit_ms"] = json!(commits);
    }
    let mut whole = Whole { status, code, components: json!({"store": store}) };
    if origin.config.audit_push_url.is_some() && whole.is_well() {
        whole.add("audit_push", audit_push(&origin).await);
    }
    if whole.is_well() {
        whole.add("outbox", outbox_component(&origin).await);
    }
    let broken = origin.metrics.broken_down.lately(origin.clock.now_ms());
    if !broken.is_empty() {
        let detail = format!("broke down within the last hour, and began again: {}", broken.join(", "));
        whole.tell("tasks", json!({"status": "degraded", "latency_ms": 0.0, "detail": detail}));
    }
    if let Some(kept) = &origin.gate.tombstones {
        whole.add("tombstones", tombstones_component(kept));
    }
    if audit::keeps_checkpoints(&origin.settings()) {
        whole.add("checkpoints", checkpoints_component(&origin));
    }
    if let Some(certificate) = certificate_component(&origin) {
        // Nobody connects once it has ended: somebody should look before.
        match certificate["status"] == "unhealthy" {
            true => whole.add("certificate", certificate),
            false => whole.tell("certificate", certificate),
        }
    }
    // A node that is lost is no fault of this process: it is told, and takes nothing from its health.
    if whole.is_well()
        && let Some(nodes) = nodes_component(&origin).await
    {
        whole.tell("nodes", nodes);
    }
    if whole.is_well() && origin.config.archive_url.is_some() {
        whole.tell("archive", archive_component(&origin).await);
    }
    let Whole { status, code, components } = whole;
    let body = json!({"status": status, "version": env!("CARGO_PKG_VERSION"), "components": components});
    (code, Json(body)).into_response()
}

/// How the process is, with its components.
struct Whole {
    status: &'static str,
    code: StatusCode,
    components: serde_json::Value,
}

impl Whole {
    fn is_well(&self) -> bool {
        self.code == StatusCode::OK
    }

    /// Adds a component that takes from the health of the process what it lacks.
    fn add(&mut self, name: &str, component: serde_json::Value) {
        if component["status"] != "healthy" && self.is_well() {
            (self.status, self.code) = ("degraded", StatusCode::SERVICE_UNAVAILABLE);
        }
        self.tell(name, component);
    }

    /// Adds one that is only told of.
    fn tell(&mut self, name: &str, component: serde_json::Value) {
        self.components[name] = component;
    }
}

/// How long what was told waits for the audit log and for whoever listens.
async fn outbox_component(origin: &Origin) -> serde_json::Value {
    let started = Instant::now();
    let asked = audit::outbox_waits_ms(&*origin.store, origin.clock.now_ms());
    let waits = tokio::time::timeout(PATIENCE, asked).await.ok().and_then(Result::ok);
    let latency = started.elapsed().as_secs_f64() * 1e3;
    let (status, detail) = match waits {
        None => ("unhealthy", "how long it waits can't be read"),
        Some(waits) if waits > MAX_OUTBOX_MS => ("degraded", "nothing reaches the audit log; the log has the cause"),
        Some(_) => ("healthy", "keeps up"),
    };
    json!({"status": status, "latency_ms": latency, "detail": detail, "waiting_seconds": waits.map(|waits| waits / 1000)})
}

/// Whether what was erased is in the file of tombstones. While it is not, nothing is called erased.
fn tombstones_component(kept: &Kept) -> serde_json::Value {
    let (status, detail) = match kept.is_behind() {
        true => ("degraded", "the file can't be written; the log has the cause"),
        false => ("healthy", "keeps up"),
    };
    json!({"status": status, "latency_ms": 0.0, "detail": detail})
}

/// Whether the audit log is signed in its file of checkpoints. While it is not, nothing proves that its end was not cut off.
fn checkpoints_component(origin: &Origin) -> serde_json::Value {
    let (status, detail) = match origin.metrics.checkpoints_fail.load(Ordering::Relaxed) {
        true => ("degraded", "the file can't be written; the log has the cause"),
        false => ("healthy", "keeps up"),
    };
    json!({"status": status, "latency_ms": 0.0, "detail": detail})
}

/// Until when the certificate of the ports holds; nothing where they have none.
fn certificate_component(origin: &Origin) -> Option<serde_json::Value> {
    let ends_at = origin.tls.as_ref()?.ends_at() * 1000;
    let left = ends_at - origin.clock.now_ms();
    // Where nobody is to be told, it is still over when it is over.
    let days = origin.settings().alert_certificate_days.unwrap_or(0);
    let (status, detail) = match ends(left, days) {
        None => ("healthy", "holds"),
        Some(Severity::Warning) => ("degraded", "ends soon: it was not renewed"),
        Some(Severity::Critical) => ("unhealthy", "has ended, or ends within days: nobody connects then"),
    };
    Some(json!({"status": status, "latency_ms": 0.0, "detail": detail, "ends_at_ms": ends_at}))
}

/// Whether the archive's place does what is asked of it. Where it does not, turns are taken all the same: it is told, and takes nothing
/// from the health of this process.
async fn archive_component(origin: &Origin) -> serde_json::Value {
    let started = Instant::now();
    let (well, failed) = (noted_time(origin, WELL_NOTE).await, noted_time(origin, FAILED_NOTE).await);
    let (status, detail) = match failed > well {
        true => ("degraded", "its place does not do what is asked of it; the log has the cause"),
        false => ("healthy", "its place answers"),
    };
    let latency = started.elapsed().as_secs_f64() * 1e3;
    json!({"status": status, "latency_ms": latency, "detail": detail, "well_at_ms": well, "failed_at_ms": failed})
}

/// How the edge nodes are; nothing where none tells of itself.
async fn nodes_component(origin: &Origin) -> Option<serde_json::Value> {
    let started = Instant::now();
    let Ok(Ok(rows)) = tokio::time::timeout(PATIENCE, origin.store.nodes()).await else {
        return Some(json!({"status": "unhealthy", "detail": "how the nodes are can't be read"}));
    };
    if rows.is_empty() {
        return None;
    }
    let now_ms = origin.clock.now_ms();
    let troubled = rows.iter().filter(|row| !nodes::troubles(row, now_ms).is_empty()).count();
    let alive = rows.iter().filter(|row| nodes::state(row, now_ms) == NodeState::Alive).count();
    let (status, detail) = match (troubled, rows.iter().find_map(|row| nodes::same_name(row, now_ms))) {
        (0, _) => ("healthy", "all of them are well".to_owned()),
        (_, Some(name)) => ("degraded", nodes::same_name_told(name)),
        (_, None) => ("degraded", "`lgdl nodes` says what is wrong with which".to_owned()),
    };
    Some(json!({
        "status": status,
        "latency_ms": started.elapsed().as_secs_f64() * 1e3,
        "detail": detail,
        "alive": alive,
        "known": rows.len(),
        "troubled": troubled,
    }))
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
    if let Some(tls) = &origin.tls {
        origin.metrics.certificate(tls);
    }
    let now_ms = origin.clock.now_ms();
    let is_up = trial(&origin).await.failed.is_none() && origin.metrics.work.failing(now_ms).is_none();
    origin.metrics.storage_is_up(is_up);
    // A store that is away is not asked: whoever scrapes waits for so long only, and has to hear of it.
    if is_up {
        if origin.config.audit_push_url.is_some()
            && let Some(lag) = audit_lag(&origin).await
        {
            origin.metrics.push_lag(lag.links, (lag.waiting_ms / 1000).unsigned_abs());
        }
        origin.metrics.backed_up(&BackupTimes {
            made: noted_time(&origin, MADE_NOTE).await,
            drilled: noted_time(&origin, DRILLED_NOTE).await,
            failed: noted_time(&origin, BACKUP_FAILED_NOTE).await,
            drill_failed: noted_time(&origin, DRILL_FAILED_NOTE).await,
        });
        if origin.config.archive_url.is_some() {
            origin.metrics.archive(noted_time(&origin, WELL_NOTE).await, noted_time(&origin, FAILED_NOTE).await);
        }
        if let Ok(Ok(rows)) = tokio::time::timeout(PATIENCE, origin.store.nodes()).await {
            origin.metrics.nodes(&rows, now_ms);
        }
    }
    let text = origin.metrics.text(origin.store.connections(), now_ms);
    ([(header::CONTENT_TYPE, lgdl_metrics::CONTENT_TYPE)], text).into_response()
}

/// A time that the store remembers. One that can't be read is left out; that the store fails is told by `/health`.
async fn noted_time(origin: &Origin, note: &str) -> Option<Millis> {
    let asked = origin.store.setting(note);
    tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()??.parse().ok()
}

/// The last trial write, or a new one when that is too old.
async fn trial(origin: &Origin) -> Trial {
    let mut last = origin.metrics.work.trial.lock().await;
    let now_ms = origin.clock.now_ms();
    if let Some(trial) = &*last
        && (trial.at..trial.at.saturating_add(TRIAL_EVERY_MS)).contains(&now_ms)
    {
        return trial.clone();
    }
    let started = Instant::now();
    let failed = match tokio::time::timeout(PATIENCE, origin.store.ping()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the store fails its health check");
            Some("does not work; the log has the cause")
        }
        Err(_) => Some("does not answer in time"),
    };
    let trial = Trial { at: now_ms, latency_ms: started.elapsed().as_secs_f64() * 1e3, failed };
    *last = Some(trial.clone());
    trial
}
