//! API keys: list, make, revoke.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::administrators::sentence;
use crate::admin::CreateRefused;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath};
use crate::admin::permissions::Permission;
use crate::admin::schema::{list, name, object, one_of, or_null, text, time};
use crate::audit::events;
use crate::clock::Millis;
use crate::http::{Origin, Problem};
use crate::ids::ApiKeyId;
use crate::keys::{self, ENVIRONMENTS, KeyRequest, MAX_NAME_CHARS, Made, NotMade, SCOPES};
use crate::store::ApiKeyRow;

pub(super) fn endpoints() -> Vec<Endpoint> {
    const ALL: &str = "/admin/v1/keys";
    let (shown, made) = (object(shown_fields()), object(made_fields()));
    vec![
        Endpoint::new(Method::GET, ALL, Permission::ManageKeys, "The API keys, without their secrets", list_all)
            .answers(200, object([("keys", list(shown))])),
        Endpoint::new(Method::POST, ALL, Permission::ManageKeys, "Make an API key; it is shown this once", create)
            .takes(object([
                ("name", name(MAX_NAME_CHARS)),
                ("scopes", list(one_of(&SCOPES))),
                ("?environment", one_of(&ENVIRONMENTS)),
                ("?expires_at_ms", or_null(time())),
            ]))
            .answers(201, made),
        Endpoint::new(Method::DELETE, "/admin/v1/keys/{key}", Permission::ManageKeys, "Revoke an API key", revoke)
            .answers_nothing(),
    ]
}

fn shown_fields() -> [(&'static str, Value); 6] {
    [
        ("id", text()),
        ("name", text()),
        ("scopes", list(text())),
        ("created_at_ms", time()),
        ("expires_at_ms", or_null(time())),
        ("revoked_at_ms", or_null(time())),
    ]
}

fn made_fields() -> [(&'static str, Value); 8] {
    let [id, name, scopes, created, expires, revoked] = shown_fields();
    [("key", text()), ("?agent", text()), id, name, scopes, created, expires, revoked]
}

fn shown(row: &ApiKeyRow) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "scopes": row.scopes,
        "created_at_ms": row.created_at,
        "expires_at_ms": row.expires_at,
        "revoked_at_ms": row.revoked_at,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    scopes: Vec<String>,
    #[serde(default = "live")]
    environment: String,
    #[serde(default)]
    expires_at_ms: Option<Millis>,
}

fn live() -> String {
    "live".into()
}

async fn list_all(State(origin): State<Origin>, caller: Caller) -> Result<Json<Value>, Problem> {
    let all: Vec<_> = origin.store.keys(&caller.tenant).await?.iter().map(shown).collect();
    Ok(Json(json!({"keys": all})))
}

async fn create(
    State(origin): State<Origin>,
    caller: Caller,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    if caller.administrator.tenant.is_some() && new.scopes.iter().any(|scope| scope == keys::ADMIN_SCOPE) {
        return Err(Problem::forbidden(
            "A key of the scope `admin` runs nodes; who is bound to a tenant can't give what they do not have.",
        ));
    }
    // Whoever has it reads what is said in its queues: it is as much as an account.
    if new.scopes.iter().any(|scope| scope == keys::AGENT_SCOPE)
        && !Permission::ManageAdministrators.is_had_by(&caller.administrator)
    {
        return Err(Problem::forbidden("A key of the scope `agent` is made by who may make administrators."));
    }
    if new.scopes.iter().any(|scope| scope == keys::CONSENT_SCOPE)
        && !Permission::RecordConsents.is_had_by(&caller.administrator)
    {
        return Err(Problem::forbidden("A key of the scope `consent` is made by who may record consents."));
    }
    let request = KeyRequest {
        tenant: &caller.tenant,
        name: &new.name,
        environment: &new.environment,
        scopes: &new.scopes,
        expires_at: new.expires_at_ms,
    };
    let (actor, now_ms) = (caller.administrator.id.as_str(), origin.clock.now_ms());
    let made = keys::create(&*origin.store, &request, actor, now_ms, &*origin.random).await;
    let Made { row, key, agent } = made.map_err(|why| match why {
        NotMade::Store(error) | NotMade::Account(CreateRefused::Store(error)) => error.into(),
        NotMade::Refused(_) | NotMade::Account(_) => Problem::unacceptable(sentence(&why.to_string())),
    })?;
    let mut answer = shown(&row);
    answer["key"] = key.into();
    if let Some(agent) = agent {
        answer["agent"] = json!(agent);
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn revoke(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    let told = caller.event(&origin, events::KEY_REVOKED, id.as_str(), json!({}));
    if !origin.store.revoke_key(&caller.tenant, &id, origin.clock.now_ms(), told).await? {
        return Err(Problem::not_found("There is no such key, or it was revoked before."));
    }
    Ok(StatusCode::NO_CONTENT)
}
