//! Agents: who serves which queues.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use lgdl::ids::Id;
use lgdl::visible::acts;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath};
use crate::admin::permissions::Permission;
use crate::admin::schema::{flag, list, name, object, or_null, text, time, whole};
use crate::audit::events;
use crate::desk;
use crate::http::{Origin, Problem};
use crate::ids::AdministratorId;
use crate::store::{AgentRow, Role};

/// Queues of one agent at most.
const MAX_QUEUES: usize = 100;
/// Conversations that one agent has at once at most.
const MAX_CAPACITY: u64 = 100;
/// The longest name of an agent, characters.
const MAX_NAME_CHARS: usize = 64;

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Permission::ManageAgents;
    vec![
        Endpoint::new(
            Method::GET,
            "/admin/v1/agents",
            ManageAgents,
            "Who serves which queues, and who is there",
            list_all,
        )
        .answers(200, object([("agents", list(shown_schema()))])),
        Endpoint::new(
            Method::PUT,
            "/admin/v1/agents/{administrator}",
            ManageAgents,
            "Say which queues an administrator of the role `agent` serves",
            keep,
        )
        .takes(object([("name", text()), ("queues", list(name(Id::Game.max_bytes()))), ("capacity", whole())]))
        .answers(200, shown_schema()),
    ]
}

/// What is shown of an agent.
pub(super) fn shown(agent: &AgentRow, now_ms: i64) -> Value {
    json!({
        "id": agent.id,
        "name": agent.name,
        "queues": agent.queues,
        "capacity": agent.capacity,
        "serving": agent.serving,
        "heartbeat_at_ms": agent.heartbeat_at,
        "is_there": desk::is_there(agent, now_ms),
        "reconnected": agent.reconnected,
    })
}

pub(super) fn shown_schema() -> Value {
    object([
        ("id", text()),
        ("name", text()),
        ("queues", list(text())),
        ("capacity", whole()),
        ("serving", list(text())),
        ("heartbeat_at_ms", or_null(time())),
        ("is_there", flag()),
        ("reconnected", whole()),
    ])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    name: String,
    queues: Vec<String>,
    capacity: u64,
}

async fn list_all(State(origin): State<Origin>, caller: Caller) -> Result<Json<Value>, Problem> {
    let now_ms = origin.clock.now_ms();
    let agents = origin.store.agents(&caller.tenant).await?;
    let agents: Vec<_> = agents.iter().map(|agent| shown(agent, now_ms)).collect();
    Ok(Json(json!({"agents": agents})))
}

async fn keep(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<AdministratorId>,
    Body(Kept { name, queues, capacity }): Body<Kept>,
) -> Result<Json<Value>, Problem> {
    let name = name.trim().to_owned();
    if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) || name.chars().any(acts) {
        return Err(Problem::unacceptable(format!(
            "`name` has 1 to {MAX_NAME_CHARS} characters, no control characters, and none that turns the direction of text."
        )));
    }
    if queues.len() > MAX_QUEUES || queues.iter().any(|queue| !Id::Game.fits(queue)) {
        return Err(Problem::unacceptable(format!(
            "`queues` holds at most {MAX_QUEUES} names as games write them; none: nothing is given to this agent any more."
        )));
    }
    if !(1..=MAX_CAPACITY).contains(&capacity) {
        return Err(Problem::unacceptable(format!("`capacity` is from 1 to {MAX_CAPACITY}.")));
    }
    let all = origin.store.administrators().await?;
    // An account that is bound to no tenant is for those to put to use who are not, either.
    let theirs = |tenant: &Option<String>| match tenant {
        Some(tenant) => *tenant == caller.tenant,
        None => caller.administrator.tenant.is_none(),
    };
    let administrator = all.into_iter().find(|row| row.id == id && theirs(&row.tenant));
    let administrator = administrator.ok_or_else(|| Problem::not_found("There is no such administrator."))?;
    if administrator.role != Role::Agent {
        return Err(Problem::unacceptable("Only an administrator of the role `agent` serves queues."));
    }
    let agent = AgentRow {
        id: id.clone(),
        tenant: caller.tenant.clone(),
        name,
        queues,
        capacity,
        serving: Vec::new(),
        heartbeat_at: None,
        reconnected: 0,
    };
    let detail = json!({"queues": agent.queues, "capacity": agent.capacity});
    let told = caller.event(&origin, events::AGENT_CHANGED, id.as_str(), detail);
    if !origin.store.keep_agent(agent, told).await? {
        return Err(Problem::exists(
            "This administrator serves queues of another tenant; make another account for these.",
        ));
    }
    let agent = origin.store.agent(&id).await?.ok_or_else(|| Problem::not_found("There is no such administrator."))?;
    Ok(Json(shown(&agent, origin.clock.now_ms())))
}
