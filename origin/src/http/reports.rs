//! `POST /edge/v1/reports` and `/edge/v1/decisions`: what edges refused, and what was decided there, for the audit log.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use lgdl::ids::Id;
use lgdl::wire::origin::{
    Decided, DecidedBy, Decision, Decisions, MAX_DECISIONS, MAX_REPORTS, Refused, Report, Reports,
};
use lgdl::wire::signature::KEY_ID_HEADER;
use serde_json::json;

use super::Origin;
use super::edge::{Answer, json};
use super::problem::Problem;
use super::signed::{CheckedBody, Tenant};
use crate::audit::events;
use crate::clock::Millis;
use crate::ids::{ApiKeyId, ConversationId, person_pseudonym};
use crate::records::check_id;
use crate::store::Event;

/// Who tells, for the audit log.
const ACTOR: &str = "edge";
/// Whoever sits at a machine.
const COMMAND_LINE: &str = "cli";

pub(super) async fn take_reports(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    Extension(body): Extension<CheckedBody>,
) -> Answer {
    let Reports { reports } = json(&body)?;
    if reports.len() > MAX_REPORTS {
        return Err(Problem::malformed(format!("There may be {MAX_REPORTS} reports at most.")));
    }
    for report in &reports {
        if let Some(limit) = limit(report.refused) {
            origin.metrics.rejected(limit, report.count);
        }
    }
    let now_ms = origin.clock.now_ms();
    let events = reports.into_iter().map(|report| event(&tenant, report, now_ms)).collect::<Result<_, _>>()?;
    origin.store.enqueue(events).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn take_decisions(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    Extension(body): Extension<CheckedBody>,
    headers: HeaderMap,
) -> Answer {
    let Decisions { decision, by, turns } = json(&body)?;
    if turns.len() > MAX_DECISIONS {
        return Err(Problem::malformed(format!("There may be {MAX_DECISIONS} turns at most.")));
    }
    let actor = match by {
        DecidedBy::Key(id) => api_key(&id)?.to_string(),
        DecidedBy::CommandLine => COMMAND_LINE.to_owned(),
        DecidedBy::Anybody => ACTOR.to_owned(),
    };
    let name = match decision {
        Decision::Retry => events::JOURNAL_RETRIED,
        Decision::Drop => events::JOURNAL_DROPPED,
    };
    // Which node: none where calls are not signed.
    let node = headers.get(KEY_ID_HEADER).and_then(|id| id.to_str().ok());
    let now_ms = origin.clock.now_ms();
    let told = turns.into_iter().map(|Decided { stream, version, why }| {
        let conversation = ConversationId::of_digest(&stream)
            .ok_or_else(|| Problem::malformed("`stream` must be the digest of a conversation."))?;
        let detail = json!({ "turn": version, "why": why, "edge_key": node });
        Ok(events::of(now_ms, &tenant, name, &actor, conversation.as_str(), detail))
    });
    origin.store.enqueue(told.collect::<Result<_, Problem>>()?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What a client sent as a key may be anything; only what is an id of ours goes into the log.
fn api_key(id: &str) -> Result<ApiKeyId, Problem> {
    id.parse().map_err(|_| Problem::malformed("`key_id` must be an id, key_…."))
}

/// The limit that a refusal is by, as metrics name it.
fn limit(refused: Refused) -> Option<&'static str> {
    match refused {
        Refused::UserLimit => Some("user"),
        Refused::ConversationLimit => Some("conversation"),
        Refused::KeyLimit => Some("key"),
        Refused::GlobalLimit => Some("global"),
        Refused::Banned => Some("ban"),
        _ => None,
    }
}

fn event(tenant: &str, report: Report, now_ms: Millis) -> Result<Event, Problem> {
    let Report { refused, user_id, key_id, count, first_at_ms, last_at_ms } = report;
    if let Some(user) = &user_id {
        check_id(Id::User, "user_id", user)?;
    }
    let key = key_id.map(|id| api_key(&id)).transpose()?;
    let name = match refused {
        Refused::UserLimit
        | Refused::ConversationLimit
        | Refused::KeyLimit
        | Refused::GlobalLimit
        | Refused::Banned => events::RATE_LIMIT_EXCEEDED,
        Refused::NoCredential | Refused::UnknownCredential | Refused::EndedCredential => events::AUTHENTICATION_FAILED,
        Refused::Scope | Refused::Blocked => events::ACCESS_REFUSED,
    };
    let subject = match (user_id, &key) {
        (Some(user), _) => person_pseudonym(tenant, &user),
        (None, Some(key)) => key.to_string(),
        (None, None) => "nobody".to_owned(),
    };
    let detail = json!({
        "refused": refused, "key": key, "count": count, "first_at_ms": first_at_ms, "last_at_ms": last_at_ms,
    });
    Ok(events::of(now_ms, tenant, name, ACTOR, subject, detail))
}
