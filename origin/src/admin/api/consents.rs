//! Consents of a person: their history, and a new entry in it.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use lgdl::ids::Id;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin::endpoint::Endpoint;
use crate::admin::guard::{Actor, Caller};
use crate::admin::input::{Body, InPath};
use crate::admin::permissions::Permission;
use crate::admin::schema::{flag, list, name, object, text, time};
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::ids::{ConsentId, person_pseudonym};
use crate::records::{MAX_NOTE_CHARS, check_id, check_note};
use crate::store::ConsentRow;

pub(super) fn endpoints() -> Vec<Endpoint> {
    const ALL: &str = "/admin/v1/people/{user}/consents";
    vec![
        Endpoint::new(Method::GET, ALL, Permission::ManagePersons, "A person's consents, oldest first", history)
            .answers(200, object([("consents", list(shown_schema()))])),
        Endpoint::new(Method::POST, ALL, Permission::RecordConsents, "Give or withdraw a consent", add)
            .takes(object([
                ("game", name(Id::Stored.max_bytes())),
                ("given", flag()),
                ("?note", json!({"type": "string", "maxLength": MAX_NOTE_CHARS})),
            ]))
            .answers(201, shown_schema()),
    ]
}

fn shown_schema() -> Value {
    object([
        ("id", text()),
        ("game", text()),
        ("given", flag()),
        ("at_ms", time()),
        ("actor", text()),
        ("note", text()),
    ])
}

fn shown(row: &ConsentRow) -> Value {
    json!({
        "id": row.id, "game": row.game, "given": row.given, "at_ms": row.at, "actor": row.actor, "note": row.note,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    game: String,
    given: bool,
    #[serde(default)]
    note: String,
}

async fn history(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(user): InPath<String>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "user", &user)?;
    let rows = origin.store.consents(&caller.tenant, &user, None).await?;
    Ok(Json(json!({"consents": rows.iter().map(shown).collect::<Vec<_>>()})))
}

async fn add(
    State(origin): State<Origin>,
    actor: Actor,
    InPath(user): InPath<String>,
    Body(New { game, given, note }): Body<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    check_id(Id::Stored, "user", &user)?;
    check_id(Id::Stored, "game", &game)?;
    check_note(&note)?;
    let now_ms = origin.clock.now_ms();
    let row = ConsentRow {
        id: ConsentId::mint(now_ms, &*origin.random),
        tenant: actor.tenant.clone(),
        game,
        user_id: user,
        given,
        at: now_ms,
        actor: actor.id.clone(),
        note,
    };
    let subject = person_pseudonym(&actor.tenant, &row.user_id);
    let detail = json!({"game": row.game, "given": given, "consent": row.id});
    let told = actor.event(&origin, events::CONSENT_CHANGED, subject, detail);
    origin.store.add_consent(row.clone(), told).await?;
    Ok((StatusCode::CREATED, Json(shown(&row))))
}
