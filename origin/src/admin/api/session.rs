//! Logging in and out, refreshing tokens, one's own password.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::administrators::{hash_of_new, shown, shown_schema};
use crate::admin::attempts::Attempts;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::{Caller, DEFAULT_TENANT, From, Proof};
use crate::admin::input::Body;
use crate::admin::passwords;
use crate::admin::permissions::Permission;
use crate::admin::schema::{list, name, object, one_of, text, whole};
use crate::admin::sessions::{self, ACCESS_MS, Pair, REFRESH_MS, Refreshed};
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::ids::AdministratorId;
use crate::metrics::Counted;
use crate::store::{AdministratorChange, AdministratorChanged, AdministratorRow};

/// What all who fail to log in hear, whatever the reason.
const REFUSED: &str = "The name or the password is wrong.";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let pair = object([
        ("access_token", text()),
        ("token_type", one_of(&["Bearer"])),
        ("expires_in", whole()),
        ("refresh_token", text()),
        ("refresh_expires_in", whole()),
        ("administrator", shown_schema()),
    ]);
    let password = |extra: &'static str| object([("current_password", text()), (extra, text())]);
    vec![
        Endpoint::new(
            Method::POST,
            "/admin/v1/login",
            Permission::Open,
            "Log in; 5 tries in 15 minutes from an address",
            login,
        )
        .takes(object([("name", name(256)), ("password", name(passwords::MAX_PASSWORD_BYTES))]))
        .answers(200, pair.clone()),
        Endpoint::new(Method::POST, "/admin/v1/refresh", Permission::Open, "Get the next pair of tokens", refresh)
            .takes(object([("refresh_token", text())]))
            .answers(200, pair),
        Endpoint::new(Method::POST, "/admin/v1/logout", Permission::Session, "End this session", logout)
            .answers_nothing(),
        Endpoint::new(Method::GET, "/admin/v1/me", Permission::Session, "Who I am and what I may do", me).answers(
            200,
            object([("administrator", shown_schema()), ("tenant", text()), ("permissions", list(text()))]),
        ),
        Endpoint::new(
            Method::PUT,
            "/admin/v1/me/password",
            Permission::Session,
            "Change my password; ends my sessions",
            change_password,
        )
        .takes(password("new_password"))
        .answers_nothing(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    name: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    current_password: String,
    new_password: String,
}

async fn login(
    State(origin): State<Origin>,
    Extension(attempts): Extension<Arc<Attempts>>,
    From(address): From,
    Body(Login { name, password }): Body<Login>,
) -> Result<Json<Value>, Problem> {
    let now_ms = origin.clock.now_ms();
    if let Err(too_many) = attempts.begin(&name, address, now_ms) {
        origin.metrics.add(Counted::LoginRefused, 1);
        if too_many.is_first {
            tell_failure(&origin, events::RATE_LIMIT_EXCEEDED, None, json!({"limit": "login"})).await?;
        }
        let seconds = u32::try_from(too_many.wait_ms / 1000 + 1).unwrap_or(u32::MAX);
        return Err(Problem::too_many("Too many logins failed; wait.").retry_after(seconds));
    }
    let found = origin.store.find_administrator(&name).await?;
    let account = found.as_ref().map(|row| row.id.clone());
    let verified = passwords::verify(&password, found.as_ref().map(|row| row.password.as_str())).await;
    let begun = match found.filter(|row| verified && !row.disabled) {
        Some(administrator) => {
            let pair = sessions::begin(&*origin.store, &administrator, now_ms, &*origin.random).await?;
            pair.map(|pair| (pair, administrator))
        }
        None => None,
    };
    let Some((pair, administrator)) = begun else {
        tell_failure(&origin, events::AUTHENTICATION_FAILED, account.as_ref(), json!({"kind": "login"})).await?;
        origin.metrics.add(Counted::LoginRefused, 1);
        return Err(Problem::unauthenticated(REFUSED));
    };
    attempts.succeeded(&name, address);
    Ok(answer(pair, &administrator))
}

/// A name that is no account's is not told of, not even by digest: it may be anything, a password in the wrong field too.
async fn tell_failure(
    origin: &Origin,
    event: &str,
    account: Option<&AdministratorId>,
    detail: Value,
) -> Result<(), Problem> {
    let subject = account.map_or("nobody", AdministratorId::as_str);
    let event = events::of(origin.clock.now_ms(), DEFAULT_TENANT, event, "unknown", subject, detail);
    Ok(origin.store.enqueue(vec![event]).await?)
}

async fn refresh(
    State(origin): State<Origin>,
    Body(Refresh { refresh_token }): Body<Refresh>,
) -> Result<Json<Value>, Problem> {
    let now_ms = origin.clock.now_ms();
    match sessions::refresh(&*origin.store, &refresh_token, now_ms, &*origin.random).await? {
        Refreshed::Renewed(pair, administrator) => Ok(answer(pair, &administrator)),
        Refreshed::Refused => {
            Err(Problem::unauthenticated("The refresh token is wrong, was used, or has expired; log in again."))
        }
    }
}

fn answer(pair: Pair, administrator: &AdministratorRow) -> Json<Value> {
    Json(json!({
        "access_token": pair.access,
        "token_type": "Bearer",
        "expires_in": ACCESS_MS / 1000,
        "refresh_token": pair.refresh,
        "refresh_expires_in": REFRESH_MS / 1000,
        "administrator": shown(administrator),
    }))
}

async fn logout(State(origin): State<Origin>, caller: Caller) -> Result<StatusCode, Problem> {
    let told = sessions::event(&caller.administrator, events::LOGOUT, origin.clock.now_ms());
    // A key has no session, and its guard lets it no further than the desk.
    if let Proof::Session(session) = &caller.proof {
        origin.store.end_session(session, told).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn me(caller: Caller) -> Json<Value> {
    let given = |permission: &&Permission| permission.is_had_by(&caller.administrator);
    let permissions: Vec<_> = Permission::NAMED.iter().filter(given).map(|permission| permission.name()).collect();
    Json(json!({"administrator": shown(&caller.administrator), "tenant": caller.tenant, "permissions": permissions}))
}

async fn change_password(
    State(origin): State<Origin>,
    Extension(attempts): Extension<Arc<Attempts>>,
    From(address): From,
    caller: Caller,
    Body(NewPassword { current_password, new_password }): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let administrator = &caller.administrator;
    // A stolen access token must not become a way to guess the password.
    if attempts.begin(&administrator.name, address, origin.clock.now_ms()).is_err() {
        return Err(Problem::too_many("Too many passwords were wrong; wait."));
    }
    if !passwords::verify(&current_password, Some(&administrator.password)).await {
        caller
            .tell(&origin, events::AUTHENTICATION_FAILED, administrator.id.as_str(), json!({"kind": "password"}))
            .await?;
        return Err(Problem::forbidden("The present password is wrong."));
    }
    attempts.succeeded(&administrator.name, address);
    let password = Some(hash_of_new(&origin, &administrator.name, &new_password).await?);
    let detail = json!({"changed": ["password"]});
    let told = caller.event(&origin, events::ADMINISTRATOR_CHANGED, administrator.id.as_str(), detail);
    let change = AdministratorChange { password, ..AdministratorChange::default() };
    match origin.store.change_administrator(&administrator.id, change, told).await? {
        AdministratorChanged::Done(_) => Ok(StatusCode::NO_CONTENT),
        // Who they are and what they may do stays as it is, so only this is left.
        AdministratorChanged::LastOne | AdministratorChanged::Unknown => {
            Err(Problem::unauthenticated("There is no such administrator any more."))
        }
    }
}
