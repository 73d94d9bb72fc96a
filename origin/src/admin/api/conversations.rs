//! Conversations: list them and their turns as facts, read their text with a reason, erase them.
//!
//! Persons are shown by pseudonym; what they wrote, and the names that clients gave, are text.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use lgdl::ids::Id;
use serde::Deserialize;
use serde_json::{Value, json};

use super::erasures::{order, report_schema};
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{
    Body, InPath, InQuery, MAX_REASON_CHARS, MIN_REASON_CHARS, Page, check_limit, check_reason, default_limit,
};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, flag, list, name, object, or_null, text, time, whole};
use crate::audit::events;
use crate::clock::Millis;
use crate::http::{Origin, Problem};
use crate::ids::{ConversationId, person_pseudonym};
use crate::privacy::Reader;
use crate::records::check_id;
use crate::store::{ConversationFilter, ConversationHead, ConversationKey, ErasureOutcome, TurnRow};
use crate::tombstones;

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Permission::{Look, ManagePersons, ReadText};
    const ONE: &str = "/admin/v1/conversations/{conversation}";
    let turn =
        object([("turn", whole()), ("at_ms", time()), ("move_id", text()), ("confidence", json!({"type": "number"}))]);
    vec![
        Endpoint::new(
            Method::GET,
            "/admin/v1/conversations",
            Look,
            "Conversations, youngest first; no text",
            list_some,
        )
        .asks("game", name(Id::Stored.max_bytes()), "of one game")
        .asks("user_id", name(Id::Stored.max_bytes()), "of one person")
        .asks("since_ms", time(), "begun at this time or later")
        .asks("until_ms", time(), "begun before this time")
        .asks("cursor", text(), "`next` of the page before")
        .asks("limit", whole(), "entries at most; 50 when nothing is said")
        .answers(200, object([("conversations", list(head_schema())), ("next", or_null(text()))])),
        Endpoint::new(Method::GET, ONE, Look, "Facts about one conversation; no text", read)
            .answers(200, head_schema()),
        Endpoint::new(
            Method::GET,
            "/admin/v1/conversations/{conversation}/turns",
            Look,
            "The turns of a conversation; no text",
            turns,
        )
        .asks("after", whole(), "after this turn")
        .asks("limit", whole(), "turns at most; 50 when nothing is said")
        .answers(200, object([("turns", list(turn)), ("next", or_null(whole()))])),
        Endpoint::new(
            Method::POST,
            "/admin/v1/conversations/{conversation}/text",
            ReadText,
            "The whole conversation with its text, for a reason that is kept in the audit log",
            read_text,
        )
        .takes(object([(
            "reason",
            json!({"type": "string", "minLength": MIN_REASON_CHARS, "maxLength": MAX_REASON_CHARS}),
        )]))
        .answers(200, any_object()),
        Endpoint::new(Method::DELETE, ONE, ManagePersons, "Erase a conversation", erase).answers(200, report_schema()),
    ]
}

fn head_schema() -> Value {
    object([
        ("id", text()),
        ("game", text()),
        ("person", text()),
        ("turns", whole()),
        ("game_version", text()),
        ("created_at_ms", time()),
        ("updated_at_ms", time()),
        ("move_id", or_null(text())),
        ("awaiting_response", flag()),
    ])
}

/// A person goes by the name that the audit log has for them.
fn head_shown(origin: &Origin, tenant: &str, head: &ConversationHead) -> Value {
    json!({
        "id": head.id,
        "game": head.game,
        "person": origin.store.audit_name(&person_pseudonym(tenant, &head.user_id)),
        "turns": head.version,
        "game_version": head.game_version,
        "created_at_ms": head.created_at,
        "updated_at_ms": head.updated_at,
        "move_id": head.current_move_state,
        "awaiting_response": head.awaiting_response,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    game: Option<String>,
    user_id: Option<String>,
    since_ms: Option<Millis>,
    until_ms: Option<Millis>,
    cursor: Option<String>,
    #[serde(default = "default_limit")]
    limit: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    pub(super) reason: String,
}

async fn list_some(
    State(origin): State<Origin>,
    caller: Caller,
    InQuery(wanted): InQuery<Wanted>,
) -> Result<Json<Value>, Problem> {
    let limit = check_limit(wanted.limit)?;
    for (field, id) in [("game", &wanted.game), ("user_id", &wanted.user_id)] {
        id.as_deref().map_or(Ok(()), |id| check_id(Id::Stored, field, id))?;
    }
    let after = wanted.cursor.as_deref().map(read_cursor).transpose()?;
    let Wanted { game, user_id, since_ms: since, until_ms: until, .. } = wanted;
    let filter = ConversationFilter { game, user_id, since, until, after };
    let heads = origin.store.list_conversations(&caller.tenant, filter, limit).await?;
    let full = heads.len() as u64 == u64::from(limit);
    let next = heads.last().filter(|_| full).map(|head| format!("{}.{}", head.created_at, head.id));
    let shown: Vec<_> = heads.iter().map(|head| head_shown(&origin, &caller.tenant, head)).collect();
    Ok(Json(json!({"conversations": shown, "next": next})))
}

fn read_cursor(cursor: &str) -> Result<(Millis, ConversationId), Problem> {
    let parts = cursor.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Problem::malformed("`cursor` must be the `next` of an earlier page."))
}

async fn read(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<Value>, Problem> {
    let row = origin.store.find_by_id(&caller.tenant, &id).await?.ok_or_else(unknown)?;
    caller.tell(&origin, events::CONVERSATION_ACCESSED, id.as_str(), json!({"what": "facts"})).await?;
    let head = ConversationHead {
        id: row.id,
        game: row.game,
        user_id: row.user_id,
        version: row.version,
        game_version: row.game_version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        current_move_state: row.summary.current_move_state,
        awaiting_response: row.summary.awaiting_response,
    };
    Ok(Json(head_shown(&origin, &caller.tenant, &head)))
}

async fn turns(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
    InQuery(page): InQuery<Page>,
) -> Result<Json<Value>, Problem> {
    let limit = check_limit(page.limit)?;
    // Turns are found by conversation alone: whose it is must be clear first.
    origin.store.find_by_id(&caller.tenant, &id).await?.ok_or_else(unknown)?;
    caller.tell(&origin, events::CONVERSATION_ACCESSED, id.as_str(), json!({"what": "turns"})).await?;
    let rows = origin.store.list_turns(&id, page.after, limit).await?;
    let next = rows.last().filter(|_| rows.len() as u64 == u64::from(limit)).map(|row| row.turn_num);
    let shown = |row: &TurnRow| {
        json!({
            "turn": row.turn_num,
            "at_ms": row.timestamp,
            "move_id": row.matched_move,
            "confidence": row.confidence,
        })
    };
    Ok(Json(json!({"turns": rows.iter().map(shown).collect::<Vec<_>>(), "next": next})))
}

async fn read_text(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<Value>, Problem> {
    check_reason(&reason)?;
    origin.store.find_by_id(&caller.tenant, &id).await?.ok_or_else(unknown)?;
    // Told before anything is shown: who reads can't prevent that it is known.
    caller.tell(&origin, events::PII_ACCESSED, id.as_str(), json!({"reason": reason.trim()})).await?;
    let now_ms = origin.clock.now_ms();
    let document = origin.archive().export_conversation(Reader::Administrator, &caller.tenant, &id, now_ms).await?;
    document.map(Json).ok_or_else(unknown)
}

async fn erase(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<Value>, Problem> {
    let Some(row) = origin.store.find_by_id(&caller.tenant, &id).await? else {
        // Gone may mean erased a moment ago.
        tombstones::written(&origin).await?;
        return Err(unknown());
    };
    let key = ConversationKey { tenant: row.tenant, game: row.game, external_id: row.external_id };
    let order = order(&origin, &caller);
    let erasure = order.id.to_string();
    let told = caller.event(&origin, events::CONVERSATION_DELETED, id.as_str(), json!({"erasure": erasure}));
    match origin.store.erase_conversation(&key, &row.user_id, order, told).await? {
        ErasureOutcome::Erased(report) => {
            tombstones::written(&origin).await?;
            Ok(Json(json!({"erasure": erasure, "report": report})))
        }
        ErasureOutcome::Held => Err(Problem::held("What this person has here must be kept for now.")),
        ErasureOutcome::Unknown => Err(unknown()),
    }
}

fn unknown() -> Problem {
    Problem::not_found("There is no such conversation.")
}
