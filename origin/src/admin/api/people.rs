//! Persons: export everything about one, erase everything about one.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use lgdl::ids::Id;
use serde_json::{Value, json};

use super::conversations::Reason;
use super::erasures::{order, report_schema};
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath, MAX_REASON_CHARS, MIN_REASON_CHARS, check_reason};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, object};
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::ids::person_pseudonym;
use crate::records::check_id;
use crate::store::ErasureOutcome;
use crate::tombstones;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let reason = json!({"type": "string", "minLength": MIN_REASON_CHARS, "maxLength": MAX_REASON_CHARS});
    vec![
        Endpoint::new(
            Method::POST,
            "/admin/v1/people/{user}/export",
            Permission::ReadText,
            "Everything about a person, for a reason that is kept in the audit log",
            export,
        )
        .takes(object([("reason", reason)]))
        .answers(200, any_object()),
        Endpoint::new(
            Method::DELETE,
            "/admin/v1/people/{user}",
            Permission::ManagePersons,
            "Erase everything about a person; also when there is nothing, since a turn may be on its way",
            erase,
        )
        .answers(200, report_schema()),
    ]
}

async fn export(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(user): InPath<String>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "user", &user)?;
    check_reason(&reason)?;
    let subject = person_pseudonym(&caller.tenant, &user);
    let told = vec![
        caller.event(&origin, events::PII_ACCESSED, &subject, json!({"reason": reason.trim()})),
        caller.event(&origin, events::PERSON_EXPORTED, &subject, json!({})),
    ];
    origin.store.enqueue(told).await?;
    let now_ms = origin.clock.now_ms();
    let (document, _) = origin.archive().export_person(&caller.tenant, &user, now_ms).await?;
    Ok(Json(document))
}

async fn erase(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(user): InPath<String>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "user", &user)?;
    let order = order(&origin, &caller);
    let erasure = order.id.to_string();
    let subject = person_pseudonym(&caller.tenant, &user);
    let told = caller.event(&origin, events::PERSON_ERASED, subject, json!({"erasure": erasure}));
    let outcome = origin.store.erase_person(&caller.tenant, &user, order, told).await?;
    origin.protection.forget(&caller.tenant, &user);
    match outcome {
        ErasureOutcome::Erased(report) => {
            tombstones::written(&origin).await?;
            Ok(Json(json!({"erasure": erasure, "report": report})))
        }
        ErasureOutcome::Held => Err(Problem::held("What this person has here must be kept for now.")),
        ErasureOutcome::Unknown => Err(Problem::not_found("There is no such person.")),
    }
}
