//! Administrators: list, make, change.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use lgdl::ids::Id;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin::administrators::{CreateRefused, NewAdministrator, create_administrator, hash};
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath};
use crate::admin::passwords::{MAX_PASSWORD_BYTES, check_password};
use crate::admin::permissions::Permission;
use crate::admin::schema::{flag, list, name, object, one_of, or_null, text, time};
use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::ids::AdministratorId;
use crate::store::{AdministratorChange, AdministratorChanged, AdministratorRow, Role};

pub(super) fn endpoints() -> Vec<Endpoint> {
    const ALL: &str = "/admin/v1/administrators";
    vec![
        Endpoint::new(Method::GET, ALL, Permission::ManageAdministrators, "The administrators", list_all)
            .answers(200, object([("administrators", list(shown_schema()))])),
        Endpoint::new(Method::POST, ALL, Permission::ManageAdministrators, "Make an administrator", create)
            .takes(object([
                ("name", name(Id::Administrator.max_bytes())),
                ("password", name(MAX_PASSWORD_BYTES)),
                ("role", role()),
                ("?tenant", or_null(name(Id::Tenant.max_bytes()))),
            ]))
            .answers(201, shown_schema()),
        Endpoint::new(
            Method::PATCH,
            "/admin/v1/administrators/{administrator}",
            Permission::ManageAdministrators,
            "Change role or password, or keep somebody out; ends their sessions",
            change,
        )
        .takes(object([("?role", role()), ("?password", name(MAX_PASSWORD_BYTES)), ("?disabled", flag())]))
        .answers(200, shown_schema()),
    ]
}

fn role() -> Value {
    one_of(&Role::ALL.map(Role::name))
}

/// What is shown of an administrator: never the password's hash.
pub(super) fn shown(row: &AdministratorRow) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "tenant": row.tenant,
        "created_at_ms": row.created_at,
        "disabled": row.disabled,
    })
}

pub(super) fn shown_schema() -> Value {
    object([
        ("id", text()),
        ("name", text()),
        ("role", role()),
        ("tenant", or_null(text())),
        ("created_at_ms", time()),
        ("disabled", flag()),
    ])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    password: String,
    role: Role,
    #[serde(default)]
    tenant: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    role: Option<Role>,
    password: Option<String>,
    disabled: Option<bool>,
}

async fn list_all(State(origin): State<Origin>) -> Result<Json<Value>, Problem> {
    let all: Vec<_> = origin.store.administrators().await?.iter().map(shown).collect();
    Ok(Json(json!({"administrators": all})))
}

async fn create(
    State(origin): State<Origin>,
    caller: Caller,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let wish = NewAdministrator {
        name: &new.name,
        password: &new.password,
        role: new.role,
        tenant: new.tenant.as_deref(),
        actor: caller.administrator.id.as_str(),
    };
    let made = create_administrator(&*origin.store, wish, origin.clock.now_ms(), &*origin.random).await;
    let row = made.map_err(|refused| match refused {
        CreateRefused::Store(error) => error.into(),
        CreateRefused::Exists => Problem::exists("There is an administrator of that name."),
        other => Problem::unacceptable(sentence(&other.to_string())),
    })?;
    Ok((StatusCode::CREATED, Json(shown(&row))))
}

async fn change(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<AdministratorId>,
    Body(change): Body<Change>,
) -> Result<Json<Value>, Problem> {
    let all = origin.store.administrators().await?;
    let row = all.into_iter().find(|row| row.id == id).ok_or_else(unknown)?;
    let Change { role, password, disabled } = change;
    let fields = [("role", role.is_some()), ("disabled", disabled.is_some()), ("password", password.is_some())];
    let changed: Vec<_> = fields.into_iter().filter_map(|(field, given)| given.then_some(field)).collect();
    if changed.is_empty() {
        return Ok(Json(shown(&row)));
    }
    let password = match password {
        Some(password) => Some(hash_of_new(&origin, &row.name, &password).await?),
        None => None,
    };
    let detail = json!({"changed": changed, "role": role.map(Role::name), "disabled": disabled});
    let told = caller.event(&origin, events::ADMINISTRATOR_CHANGED, id.as_str(), detail);
    let change = AdministratorChange { role, password, disabled };
    match origin.store.change_administrator(&id, change, told).await? {
        AdministratorChanged::Done(row) => Ok(Json(shown(&row))),
        AdministratorChanged::LastOne => {
            Err(Problem::unacceptable("This is the last administrator of the deployment; make another first."))
        }
        AdministratorChanged::Unknown => Err(unknown()),
    }
}

fn unknown() -> Problem {
    Problem::not_found("There is no such administrator.")
}

/// The hash of a new password, if it is one that is taken.
pub(super) async fn hash_of_new(origin: &Origin, name: &str, password: &str) -> Result<String, Problem> {
    check_password(name, password).map_err(|why| Problem::unacceptable(sentence(&why.to_string())))?;
    Ok(hash(password, &*origin.random).await?)
}

/// An error's words without its code, as a sentence.
pub(super) fn sentence(error: &str) -> String {
    let words = error.split_once(' ').filter(|(code, _)| is_code(code)).map_or(error, |(_, words)| words);
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn is_code(word: &str) -> bool {
    word.len() == 4 && word.starts_with('E') && word[1..].bytes().all(|digit| digit.is_ascii_digit())
}
