//! `POST /edge/v1/reports`: what edges refused, for the audit log.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use lgdl::ids::Id;
use lgdl::wire::origin::{MAX_REPORTS, Refused, Report, Reports};
use serde_json::json;

use super::Origin;
use super::edge::{Answer, json};
use super::problem::Problem;
use super::signed::{CheckedBody, Tenant};
use crate::audit::events;
use crate::clock::Millis;
use crate::ids::{ApiKeyId, person_pseudonym};
use crate::records::check_id;
use crate::store::Event;

/// Who tells, for the audit log.
const ACTOR: &str = "edge";

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
    // What a client sent as a key may be anything; only what is an id of ours goes into the log.
    let key = key_id.map(|id| id.parse::<ApiKeyId>().map_err(|_| Problem::malformed("`key_id` must be an id, key_….")));
    let key = key.transpose()?;
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
