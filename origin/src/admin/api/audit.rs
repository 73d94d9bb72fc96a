//! The audit log: page through it, export it, verify it, sign it.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InQuery, Page, check_limit};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, flag, list, object, or_null, text, time, whole};
use crate::audit::{self, Checkpoint, events};
use crate::http::{Origin, Problem};
use crate::store::MAX_PAGE;

/// Checkpoints that are compared in one request.
const MAX_CHECKPOINTS: usize = 10_000;
/// Media type of an export: one JSON document a line.
const JSON_LINES: &str = "application/jsonl";

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Permission::ReadAudit;
    let link = object([
        ("sequence", whole()),
        ("at", time()),
        ("tenant", text()),
        ("event", text()),
        ("actor", text()),
        ("subject", text()),
        ("detail", json!({})),
        ("previous_hash", text()),
        ("hash", text()),
    ]);
    let checkpoint =
        || object([("sequence", whole()), ("hash", text()), ("signed_at_ms", time()), ("signature", text())]);
    let report = object([
        ("holds", flag()),
        ("links", whole()),
        ("last_sequence", whole()),
        ("last_hash", or_null(text())),
        ("checkpoints", whole()),
        ("unchecked_signatures", whole()),
        ("findings", list(any_object())),
        ("faults", whole()),
    ]);
    vec![
        Endpoint::new(Method::GET, "/admin/v1/audit", ReadAudit, "The audit log in order", page)
            .asks("after", whole(), "after this sequence")
            .asks("limit", whole(), "links at most; 50 when nothing is said")
            .answers(200, object([("links", list(link)), ("next", or_null(whole()))])),
        Endpoint::new(
            Method::GET,
            "/admin/v1/audit/export",
            ReadAudit,
            "The audit log as JSON lines, at most 1000 links",
            export,
        )
        .asks("after", whole(), "after this sequence")
        .asks("limit", whole(), "links at most; 50 when nothing is said")
        .answers(200, text())
        .answers_with(JSON_LINES),
        Endpoint::new(
            Method::POST,
            "/admin/v1/audit/verify",
            ReadAudit,
            "Check the whole audit log, against checkpoints if given",
            verify,
        )
        .takes(object([("?checkpoints", list(checkpoint()))]))
        .answers(200, report),
        Endpoint::new(Method::POST, "/admin/v1/audit/checkpoint", ReadAudit, "Sign the audit log as it ends now", sign)
            .answers(200, checkpoint()),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verification {
    #[serde(default)]
    checkpoints: Vec<Checkpoint>,
}

async fn page(State(origin): State<Origin>, InQuery(page): InQuery<Page>) -> Result<Json<Value>, Problem> {
    let limit = check_limit(page.limit)?;
    let links = origin.store.audit(page.after, limit).await?;
    let next = links.last().filter(|_| links.len() as u64 == u64::from(limit)).map(|link| link.sequence);
    Ok(Json(json!({"links": links, "next": next})))
}

async fn export(
    State(origin): State<Origin>,
    caller: Caller,
    InQuery(page): InQuery<Page>,
) -> Result<Response, Problem> {
    let limit = check_limit(page.limit)?.min(MAX_PAGE);
    let links = origin.store.audit(page.after, limit).await?;
    let told = json!({"after": page.after, "links": links.len()});
    caller.tell(&origin, events::AUDIT_EXPORTED, "audit", told).await?;
    let lines = links.iter().map(|link| serde_json::to_string(link).map(|line| line + "\n"));
    let text: String =
        lines.collect::<Result<_, _>>().map_err(|_| Problem::internal("The audit log can't be written out."))?;
    Ok(([(header::CONTENT_TYPE, JSON_LINES)], HttpBody::from(text)).into_response())
}

async fn verify(
    State(origin): State<Origin>,
    Body(Verification { checkpoints }): Body<Verification>,
) -> Result<Json<Value>, Problem> {
    if checkpoints.len() > MAX_CHECKPOINTS {
        return Err(Problem::malformed(format!("At most {MAX_CHECKPOINTS} checkpoints are compared at once.")));
    }
    audit::drain(&*origin.store).await?;
    let report = audit::verify(&*origin.store, &checkpoints, origin.config.audit_key.as_ref()).await?;
    let mut answer = serde_json::to_value(&report).unwrap_or_default();
    answer["holds"] = report.holds().into();
    Ok(Json(answer))
}

async fn sign(State(origin): State<Origin>) -> Result<Json<Checkpoint>, Problem> {
    let key = origin.config.audit_key.as_ref();
    let key = key.ok_or_else(|| Problem::unacceptable("LGDL_AUDIT_KEY is not set; without it nothing is signed."))?;
    audit::drain(&*origin.store).await?;
    let checkpoint = audit::checkpoint(&*origin.store, origin.clock.now_ms(), key).await?;
    checkpoint.map(Json).ok_or_else(|| Problem::not_found("The audit log is empty."))
}
