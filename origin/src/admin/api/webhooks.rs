//! Webhooks: who is told what happens, and what came of it.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::administrators::sentence;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{
    Body, InPath, InQuery, MAX_REASON_CHARS, MIN_REASON_CHARS, check_limit, check_reason, default_limit,
};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, flag, list, name, object, one_of, or_null, text, time, whole};
use crate::bus::{MAX_PATTERNS, Priority};
use crate::consumer::position_of;
use crate::http::{Origin, Problem};
use crate::ids::WebhookId;
use crate::store::{StoreError, TextRight, Urgency, WebhookRow, WebhookState};
use crate::webhooks::{
    FOLLOW_UP_S, Hand, MAX_NAME_CHARS, MAX_OVERLAP_HOURS, MAX_URL_BYTES, NewWebhook, OVERLAP_HOURS, WebhookError,
    try_out,
};

/// Why a webhook is paused that an administrator has paused.
const BY_HAND: &str = "an administrator has paused it";

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Permission::{ManageWebhooks, ReadText};
    const ALL: &str = "/admin/v1/webhooks";
    const ONE: &str = "/admin/v1/webhooks/{webhook}";
    let types = json!({"type": "array", "items": {"type": "string"}, "maxItems": MAX_PATTERNS});
    let with_secret = || {
        let mut schema = shown_schema();
        schema["properties"]["secret"] = text();
        schema["required"] = json!(["secret"]);
        schema
    };
    let reason = json!({"type": "string", "minLength": MIN_REASON_CHARS, "maxLength": MAX_REASON_CHARS});
    let follow_up = json!({"type": "integer", "minimum": FOLLOW_UP_S.start(), "maximum": FOLLOW_UP_S.end()});
    let tested = object([("status", or_null(whole())), ("why", or_null(text())), ("took_ms", whole())]);
    vec![
        Endpoint::new(Method::GET, ALL, ManageWebhooks, "The webhooks, and how far behind each is", list_all)
            .answers(200, object([("webhooks", list(shown_schema()))])),
        Endpoint::new(Method::POST, ALL, ManageWebhooks, "Make a webhook; its secret is shown this once", create)
            .takes(object([
                ("name", name(MAX_NAME_CHARS)),
                ("url", name(MAX_URL_BYTES)),
                ("?types", types),
                ("?priority", one_of(&Priority::ALL.map(Priority::name))),
                ("?follow_up_after_seconds", or_null(follow_up.clone())),
            ]))
            .answers(201, with_secret()),
        Endpoint::new(Method::GET, ONE, ManageWebhooks, "One webhook", show).answers(200, shown_schema()),
        Endpoint::new(Method::DELETE, ONE, ManageWebhooks, "Remove a webhook", remove).answers_nothing(),
        Endpoint::new(
            Method::POST,
            "/admin/v1/webhooks/{webhook}/pause",
            ManageWebhooks,
            "Hold its deliveries back",
            pause,
        )
        .answers(200, shown_schema()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/webhooks/{webhook}/resume",
            ManageWebhooks,
            "Deliver again, from where it stopped",
            resume,
        )
        .answers(200, shown_schema()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/webhooks/{webhook}/rotate",
            ManageWebhooks,
            "Give it a new secret, shown this once; the one of before signs beside it for a while",
            rotate,
        )
        .takes(object([("?overlap_hours", json!({"type": "integer", "minimum": 0, "maximum": MAX_OVERLAP_HOURS}))]))
        .answers(200, with_secret()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/webhooks/{webhook}/test",
            ManageWebhooks,
            "Send it an event that nothing happened for",
            test,
        )
        .answers(200, tested),
        Endpoint::new(
            Method::PUT,
            "/admin/v1/webhooks/{webhook}/follow-up",
            ManageWebhooks,
            "Say after how many seconds without an answer games hear `timeout`; null: never",
            follow_up_after,
        )
        .takes(object([("after_seconds", or_null(follow_up))]))
        .answers(200, shown_schema()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/webhooks/{webhook}/redeliver",
            ManageWebhooks,
            "Deliver a range of events once more",
            redeliver,
        )
        .takes(object([("after", whole()), ("?upto", or_null(whole()))]))
        .answers(202, shown_schema()),
        Endpoint::new(
            Method::PUT,
            "/admin/v1/webhooks/{webhook}/text",
            ReadText,
            "Say whether it is told what persons said and were answered",
            allow_text,
        )
        .takes(object([("included", flag()), ("reason", reason)]))
        .answers(200, shown_schema()),
        Endpoint::new(
            Method::GET,
            "/admin/v1/webhooks/{webhook}/deliveries",
            ManageWebhooks,
            "What came of its deliveries, newest first",
            deliveries,
        )
        .asks("before", whole(), "before this number")
        .asks("limit", whole(), "lines at most; 50 when nothing is said")
        .answers(200, object([("deliveries", list(any_object())), ("next", or_null(whole()))])),
    ]
}

fn shown_schema() -> Value {
    object([
        ("id", text()),
        ("name", text()),
        ("url", text()),
        ("types", list(text())),
        ("priority", text()),
        ("text", one_of(&["withheld", "included"])),
        ("state", one_of(&["active", "paused"])),
        ("why", or_null(text())),
        ("secrets", whole()),
        ("redelivering", flag()),
        ("follow_up_after_seconds", or_null(whole())),
        ("created_at_ms", time()),
        ("created_by", text()),
        ("sequence", whole()),
        ("behind", whole()),
        ("failures", whole()),
        ("failing_since_ms", or_null(time())),
        ("not_before_ms", or_null(time())),
    ])
}

async fn shown(origin: &Origin, row: &WebhookRow) -> Result<Value, StoreError> {
    let position = position_of(&*origin.store, &WebhookRow::note(&row.id)).await?;
    let last = origin.store.bus_ends().await?.last;
    let (state, why) = match &row.hook.state {
        WebhookState::Active => ("active", None),
        WebhookState::Paused { why, .. } => ("paused", Some(why)),
    };
    let priority = match row.hook.urgency {
        Urgency::Any => Priority::Normal,
        Urgency::High => Priority::High,
    };
    let failing = position.failures > 0;
    Ok(json!({
        "id": row.id,
        "name": row.hook.name,
        "url": row.hook.url,
        "types": row.hook.types,
        "priority": priority.name(),
        "text": row.hook.text,
        "state": state,
        "why": why,
        "secrets": row.hook.secrets.len(),
        "redelivering": row.hook.again.is_some(),
        "follow_up_after_seconds": row.hook.follow_up_after_s,
        "created_at_ms": row.hook.created_at,
        "created_by": row.hook.created_by,
        "sequence": position.sequence,
        "behind": last.saturating_sub(position.sequence),
        "failures": position.failures,
        "failing_since_ms": failing.then_some(position.failing_since),
        "not_before_ms": failing.then_some(position.not_before),
    }))
}

fn hand<'a>(origin: &'a Origin, caller: &'a Caller) -> Hand<'a> {
    Hand {
        store: &*origin.store,
        protection: &*origin.protection,
        config: &origin.config,
        random: &*origin.random,
        tenant: &caller.tenant,
        actor: caller.administrator.id.as_str(),
        now_ms: origin.clock.now_ms(),
    }
}

fn problem(error: WebhookError) -> Problem {
    match error {
        WebhookError::Store(error) => error.into(),
        WebhookError::Unknown => Problem::not_found("There is no such webhook."),
        WebhookError::Changed => {
            Problem::exists("Somebody else has changed this webhook meanwhile; look at it and try again.")
        }
        WebhookError::Types(_) | WebhookError::Address(_) | WebhookError::Refused(_) => {
            Problem::unacceptable(sentence(&error.to_string()))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    url: String,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    priority: Option<String>,
    #[serde(default)]
    follow_up_after_seconds: Option<u32>,
}

async fn list_all(State(origin): State<Origin>, caller: Caller) -> Result<Json<Value>, Problem> {
    let mut all = Vec::new();
    for row in origin.store.webhooks(Some(&caller.tenant)).await? {
        all.push(shown(&origin, &row).await?);
    }
    Ok(Json(json!({"webhooks": all})))
}

async fn create(
    State(origin): State<Origin>,
    caller: Caller,
    Body(New { name, url, types, priority, follow_up_after_seconds }): Body<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let urgency = match priority.as_deref() {
        Some("high") => Urgency::High,
        Some("normal") | None => Urgency::Any,
        Some(_) => return Err(Problem::malformed("`priority` must be `normal` or `high`.")),
    };
    let new = NewWebhook {
        name: &name,
        url: &url,
        types,
        urgency,
        text: TextRight::Withheld,
        follow_up_after_s: follow_up_after_seconds,
    };
    let (row, secret) = hand(&origin, &caller).make(new).await.map_err(problem)?;
    Ok((StatusCode::CREATED, with_secret(&origin, &row, secret).await?))
}

async fn with_secret(origin: &Origin, row: &WebhookRow, secret: String) -> Result<Json<Value>, Problem> {
    let mut answer = shown(origin, row).await?;
    answer["secret"] = secret.into();
    Ok(Json(answer))
}

async fn show(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
) -> Result<Json<Value>, Problem> {
    let row = hand(&origin, &caller).find(&id).await.map_err(problem)?;
    Ok(Json(shown(&origin, &row).await?))
}

async fn remove(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
) -> Result<StatusCode, Problem> {
    hand(&origin, &caller).remove(&id).await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn pause(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
) -> Result<Json<Value>, Problem> {
    let row = hand(&origin, &caller).pause(&id, BY_HAND).await.map_err(problem)?;
    Ok(Json(shown(&origin, &row).await?))
}

async fn resume(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
) -> Result<Json<Value>, Problem> {
    let row = hand(&origin, &caller).resume(&id).await.map_err(problem)?;
    Ok(Json(shown(&origin, &row).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default = "overlap")]
    overlap_hours: u32,
}

fn overlap() -> u32 {
    OVERLAP_HOURS
}

async fn rotate(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
    Body(Rotation { overlap_hours }): Body<Rotation>,
) -> Result<Json<Value>, Problem> {
    let (row, secret) = hand(&origin, &caller).rotate(&id, overlap_hours).await.map_err(problem)?;
    with_secret(&origin, &row, secret).await
}

async fn test(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
) -> Result<Json<Value>, Problem> {
    let tested = try_out(&hand(&origin, &caller), &id).await.map_err(problem)?;
    Ok(Json(json!(tested)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowUp {
    after_seconds: Option<u32>,
}

async fn follow_up_after(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
    Body(FollowUp { after_seconds }): Body<FollowUp>,
) -> Result<Json<Value>, Problem> {
    let row = hand(&origin, &caller).follow_up(&id, after_seconds).await.map_err(problem)?;
    Ok(Json(shown(&origin, &row).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    after: u64,
    #[serde(default)]
    upto: Option<u64>,
}

async fn redeliver(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
    Body(Range { after, upto }): Body<Range>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let row = hand(&origin, &caller).deliver_again(&id, after, upto).await.map_err(problem)?;
    Ok((StatusCode::ACCEPTED, Json(shown(&origin, &row).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    included: bool,
    reason: String,
}

async fn allow_text(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
    Body(Text { included, reason }): Body<Text>,
) -> Result<Json<Value>, Problem> {
    check_reason(&reason)?;
    let right = if included { TextRight::Included } else { TextRight::Withheld };
    let row = hand(&origin, &caller).allow_text(&id, right, reason.trim()).await.map_err(problem)?;
    Ok(Json(shown(&origin, &row).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    #[serde(default)]
    before: Option<u64>,
    #[serde(default = "default_limit")]
    limit: u32,
}

async fn deliveries(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<WebhookId>,
    InQuery(Lines { before, limit }): InQuery<Lines>,
) -> Result<Json<Value>, Problem> {
    let limit = check_limit(limit)?;
    hand(&origin, &caller).find(&id).await.map_err(problem)?;
    let rows = origin.store.deliveries(&id, before.unwrap_or(u64::MAX), limit).await?;
    let next = rows.last().filter(|_| rows.len() as u64 == u64::from(limit)).map(|row| row.number);
    Ok(Json(json!({"deliveries": rows, "next": next})))
}
