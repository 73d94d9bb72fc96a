//! Legal holds: list, place, lift.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use lgdl::ids::Id;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath, MAX_REASON_CHARS, MIN_REASON_CHARS, check_reason};
use crate::admin::permissions::Permission;
use crate::admin::schema::{list, name, object, text, time};
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::ids::{HoldId, person_pseudonym};
use crate::records::check_id;
use crate::store::HoldRow;

pub(super) fn endpoints() -> Vec<Endpoint> {
    const ALL: &str = "/admin/v1/holds";
    let reason = json!({"type": "string", "minLength": MIN_REASON_CHARS, "maxLength": MAX_REASON_CHARS});
    vec![
        Endpoint::new(Method::GET, ALL, Permission::ManagePersons, "The legal holds in force", list_all)
            .answers(200, object([("holds", list(shown_schema()))])),
        Endpoint::new(Method::POST, ALL, Permission::ManagePersons, "Keep what a person has from being erased", place)
            .takes(object([("user_id", name(Id::Stored.max_bytes())), ("reason", reason)]))
            .answers(201, shown_schema()),
        Endpoint::new(Method::DELETE, "/admin/v1/holds/{hold}", Permission::ManagePersons, "Lift a legal hold", lift)
            .answers_nothing(),
    ]
}

fn shown_schema() -> Value {
    object([("id", text()), ("user_id", text()), ("reason", text()), ("placed_at_ms", time()), ("placed_by", text())])
}

fn shown(row: &HoldRow) -> Value {
    json!({
        "id": row.id,
        "user_id": row.user_id,
        "reason": row.reason,
        "placed_at_ms": row.placed_at,
        "placed_by": row.placed_by,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    user_id: String,
    reason: String,
}

async fn list_all(State(origin): State<Origin>, caller: Caller) -> Result<Json<Value>, Problem> {
    let rows = origin.store.holds(&caller.tenant).await?;
    Ok(Json(json!({"holds": rows.iter().map(shown).collect::<Vec<_>>()})))
}

async fn place(
    State(origin): State<Origin>,
    caller: Caller,
    Body(New { user_id, reason }): Body<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    check_id(Id::Stored, "user_id", &user_id)?;
    check_reason(&reason)?;
    let now_ms = origin.clock.now_ms();
    let row = HoldRow {
        id: HoldId::mint(now_ms, &*origin.random),
        tenant: caller.tenant.clone(),
        user_id,
        reason,
        placed_at: now_ms,
        placed_by: caller.administrator.id.to_string(),
        lifted_at: None,
    };
    let subject = person_pseudonym(&caller.tenant, &row.user_id);
    let told = caller.event(&origin, events::HOLD_PLACED, subject, json!({"hold": row.id}));
    origin.store.place_hold(row.clone(), told).await?;
    Ok((StatusCode::CREATED, Json(shown(&row))))
}

async fn lift(State(origin): State<Origin>, caller: Caller, InPath(id): InPath<HoldId>) -> Result<StatusCode, Problem> {
    let told = caller.event(&origin, events::HOLD_LIFTED, id.as_str(), json!({}));
    if !origin.store.lift_hold(&caller.tenant, &id, origin.clock.now_ms(), told).await? {
        return Err(Problem::not_found("There is no such hold in force."));
    }
    Ok(StatusCode::NO_CONTENT)
}
