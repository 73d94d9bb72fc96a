//! Blocks: list, place, lift.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use lgdl::ids::Id;
use serde::Deserialize;
use serde_json::{Value, json};

use super::administrators::sentence;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath};
use crate::admin::permissions::Permission;
use crate::admin::schema::{list, name, object, or_null, text, time};
use crate::audit::events;
use crate::blocks::{self, Block, BlockError, MAX_REASON_CHARS, Subject};
use crate::clock::Millis;
use crate::http::{Origin, Problem};
use crate::ids::ApiKeyId;

pub(super) fn endpoints() -> Vec<Endpoint> {
    const ALL: &str = "/admin/v1/blocks";
    const PERSON: &str = "/admin/v1/blocks/people/{user}";
    const KEY: &str = "/admin/v1/blocks/keys/{key}";
    let reason = json!({"type": "string", "minLength": 1, "maxLength": MAX_REASON_CHARS});
    vec![
        Endpoint::new(Method::GET, ALL, Permission::Block, "The blocks in force", list_all)
            .answers(200, object([("blocks", list(shown_schema()))])),
        Endpoint::new(Method::POST, ALL, Permission::Block, "Refuse the turns of a person, or of an API key", place)
            .takes(object([
                ("?user_id", or_null(name(Id::Stored.max_bytes()))),
                ("?key_id", or_null(text())),
                ("reason", reason),
                ("?until_ms", or_null(time())),
            ]))
            .answers(201, shown_schema()),
        Endpoint::new(Method::DELETE, PERSON, Permission::Block, "Let a person take turns again", lift_person)
            .answers_nothing(),
        Endpoint::new(Method::DELETE, KEY, Permission::Block, "Let an API key be used again", lift_key)
            .answers_nothing(),
    ]
}

fn shown_schema() -> Value {
    object([
        ("user_id", or_null(text())),
        ("key_id", or_null(text())),
        ("reason", text()),
        ("since_ms", time()),
        ("by", text()),
        ("until_ms", or_null(time())),
    ])
}

fn shown(block: &Block) -> Value {
    let (user_id, key_id) = match &block.subject {
        Subject::Person(user) => (Some(user.as_str()), None),
        Subject::Key(id) => (None, Some(id.as_str())),
    };
    json!({
        "user_id": user_id, "key_id": key_id, "reason": block.reason, "since_ms": block.since_ms, "by": block.by,
        "until_ms": block.until_ms,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    key_id: Option<String>,
    reason: String,
    #[serde(default)]
    until_ms: Option<Millis>,
}

async fn list_all(State(origin): State<Origin>, caller: Caller) -> Result<Json<Value>, Problem> {
    let all = blocks::in_force(&*origin.store, &caller.tenant, origin.clock.now_ms()).await?;
    Ok(Json(json!({"blocks": all.iter().map(shown).collect::<Vec<_>>()})))
}

async fn place(
    State(origin): State<Origin>,
    caller: Caller,
    Body(New { user_id, key_id, reason, until_ms }): Body<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let subject = match (user_id, key_id) {
        (Some(user), None) => Subject::Person(user),
        (None, Some(id)) => {
            let id: ApiKeyId = id.parse().map_err(|_| Problem::unacceptable("`key_id` is no id of a key."))?;
            let keys = origin.store.keys(&caller.tenant).await?;
            if keys.iter().all(|key| key.id != id) {
                return Err(Problem::unacceptable("There is no such key."));
            }
            Subject::Key(id)
        }
        _ => return Err(Problem::malformed("Name one of `user_id` and `key_id`.")),
    };
    let pseudonym = subject.pseudonym(&caller.tenant);
    let by = caller.administrator.id.to_string();
    let block = Block { subject, reason, since_ms: origin.clock.now_ms(), by, until_ms };
    let detail = json!({"reason": block.reason, "until_ms": until_ms});
    let told = caller.event(&origin, events::BLOCK_PLACED, pseudonym, detail);
    blocks::add(&*origin.store, &caller.tenant, &block, &told).await.map_err(problem)?;
    Ok((StatusCode::CREATED, Json(shown(&block))))
}

async fn lift_person(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(user): InPath<String>,
) -> Result<StatusCode, Problem> {
    lift(&origin, &caller, &Subject::Person(user)).await
}

async fn lift_key(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    lift(&origin, &caller, &Subject::Key(id)).await
}

async fn lift(origin: &Origin, caller: &Caller, subject: &Subject) -> Result<StatusCode, Problem> {
    let told = caller.event(origin, events::BLOCK_LIFTED, subject.pseudonym(&caller.tenant), json!({}));
    let now_ms = origin.clock.now_ms();
    if !blocks::remove(&*origin.store, &caller.tenant, subject, now_ms, &told).await.map_err(problem)? {
        return Err(Problem::not_found("There is no such block in force."));
    }
    Ok(StatusCode::NO_CONTENT)
}

fn problem(error: BlockError) -> Problem {
    match error {
        BlockError::Store(error) => error.into(),
        BlockError::Refused(why) => Problem::unacceptable(sentence(&why)),
    }
}
