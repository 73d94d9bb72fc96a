//! The desk: what an agent sees and does. Nothing of it reaches outside the queues that were given to them.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use lgdl::engine::HandoverStage;
use lgdl::ids::Id;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::agents::{shown, shown_schema};
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath, InQuery};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, flag, list, name, object, or_null, text, time, whole};
use crate::audit::events;
use crate::bus::ListensFor;
use crate::desk::{self, Deed, Withdrawn};
use crate::http::{Origin, Problem};
use crate::ids::ConversationId;
use crate::records::check_id;
use crate::store::{AgentRow, Composing, HandoverRow, Typist};

/// The longest message of an agent, and the longest note, characters.
const MAX_TEXT_CHARS: usize = 4_096;
/// Values that are set at a hand-back at most.
const MAX_VALUES: usize = 64;
/// The longest outcome, bytes.
const MAX_OUTCOME_BYTES: usize = 64;
/// The longest wait for news, as a part of the time that a request has.
const LONGEST_WAIT: f64 = 0.8;

/// What the page may load and speak to: itself.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Permission::{Open, Serve};
    const ONE: &str = "/admin/v1/desk/conversations/{conversation}";
    let done = || object([("turn", whole())]);
    let key = || name(Id::IdempotencyKey.max_bytes());
    let message =
        object([("turn", whole()), ("at_ms", time()), ("from", text()), ("text", text()), ("?choices", list(text()))]);
    vec![
        Endpoint::new(Method::GET, "/desk", Open, "The desk, a page", page).answers_with("text/html"),
        Endpoint::new(Method::GET, "/desk/desk.js", Open, "Its program", script).answers_with("text/javascript"),
        Endpoint::new(Method::GET, "/desk/texts.js", Open, "What it says, by language", texts).answers_with("text/javascript"),
        Endpoint::new(Method::GET, "/desk/desk.css", Open, "Its looks", style).answers_with("text/css"),
        Endpoint::new(
            Method::POST,
            "/admin/v1/desk/presence",
            Serve,
            "I am here, serve these queues, and am typing in this conversation of mine (`null`: have stopped); to be said every 2 seconds. What waits, and what is mine",
            presence,
        )
        .takes(object([("?queues", list(name(Id::Game.max_bytes()))), ("?typing", or_null(text()))]))
        .answers(
            200,
            object([
                ("agent", shown_schema()),
                ("waiting", list(handover_schema())),
                ("mine", list(handover_schema())),
                ("ended", list(handover_schema())),
            ]),
        ),
        Endpoint::new(Method::GET, ONE, Serve, "A conversation that waits in my queues, or is mine", read)
            .asks(
                "after",
                whole(),
                "what was said after this turn; with 0 all that is shown, and the audit log is told",
            )
            .asks("wait_ms", whole(), "how long to wait for something to be said")
            .answers(
                200,
                object([
                    ("handover", handover_schema()),
                    ("turn", whole()),
                    ("moves", list(text())),
                    ("slots", list(any_object())),
                    ("messages", list(message)),
                ]),
            ),
        Endpoint::new(
            Method::POST,
            "/admin/v1/desk/conversations/{conversation}/accept",
            Serve,
            "Take it over",
            accept,
        )
        .takes(object([("key", key())]))
        .answers(200, done()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/desk/conversations/{conversation}/messages",
            Serve,
            "Say something",
            say,
        )
        .takes(object([("key", key()), ("text", text())]))
        .answers(200, done()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/desk/conversations/{conversation}/return",
            Serve,
            "Hand it back: the game goes on where it was, with these values",
            hand_back,
        )
        .takes(object([
            ("key", key()),
            ("?values", any_object()),
            ("outcome", name(MAX_OUTCOME_BYTES)),
            ("?notes", text()),
        ]))
        .answers(200, done()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/desk/conversations/{conversation}/release",
            Serve,
            "Put it back into its queue, for somebody else",
            release,
        )
        .answers_nothing(),
    ]
}

fn handover_schema() -> Value {
    object([
        ("conversation", text()),
        ("game", text()),
        ("queue", text()),
        ("stage", text()),
        ("urgent", flag()),
        ("since_ms", time()),
        ("waiting_since_ms", time()),
        ("gives_up_at_ms", time()),
        ("accepted_at_ms", or_null(time())),
        ("requeued", whole()),
        ("outcome", or_null(text())),
        ("person_types", flag()),
        ("?turn", whole()),
    ])
}

fn handover_shown(origin: &Origin, handover: &HandoverRow) -> Value {
    let patience = i64::try_from(origin.settings().handover_patience.as_millis()).unwrap_or(i64::MAX);
    let patience = handover.patience_ms.map_or(patience, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
    json!({
        "conversation": handover.conversation,
        "game": handover.game,
        "queue": handover.queue,
        "stage": handover.stage,
        "urgent": handover.urgent,
        "since_ms": handover.since,
        "waiting_since_ms": handover.waiting_since,
        "gives_up_at_ms": handover.waiting_since.saturating_add(patience),
        "accepted_at_ms": handover.accepted_at,
        "requeued": handover.requeued,
        "outcome": handover.outcome,
        "person_types": origin.store.signals().typing().is_typing(&handover.conversation, Typist::Person),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Here {
    queues: Option<Vec<String>>,
    #[serde(default)]
    typing: TypingIn,
}

/// What a page says of where its agent types.
#[derive(Default, Deserialize)]
#[serde(from = "Option<ConversationId>")]
enum TypingIn {
    /// Nothing: they may type in another page.
    #[default]
    Unsaid,
    /// In none: they have stopped.
    Nowhere,
    One(ConversationId),
}

impl From<Option<ConversationId>> for TypingIn {
    fn from(conversation: Option<ConversationId>) -> TypingIn {
        conversation.map_or(TypingIn::Nowhere, TypingIn::One)
    }
}

impl TypingIn {
    fn of(&self, conversation: &ConversationId) -> Option<Composing> {
        match self {
            TypingIn::Unsaid => None,
            TypingIn::One(one) if one == conversation => Some(Composing::Yes),
            TypingIn::One(_) | TypingIn::Nowhere => Some(Composing::No),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    key: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Returned {
    key: String,
    #[serde(default)]
    values: Map<String, Value>,
    outcome: String,
    #[serde(default)]
    notes: String,
}

async fn page() -> Response {
    file("text/html; charset=utf-8", include_str!("../../../assets/desk/index.html"))
}

async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../../../assets/desk/desk.js"))
}

async fn texts() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../../../assets/desk/texts.js"))
}

async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("../../../assets/desk/desk.css"))
}

fn file(media: &'static str, text: &'static str) -> Response {
    let policy = HeaderValue::from_static(PAGE_POLICY);
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(media)), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, text).into_response()
}

/// The agent who asks, in the tenant that they are for.
async fn agent_of(origin: &Origin, caller: &Caller) -> Result<AgentRow, Problem> {
    let agent = origin.store.agent(&caller.administrator.id).await?;
    let agent = agent.filter(|agent| agent.tenant == caller.tenant);
    agent.ok_or_else(|| Problem::forbidden("Nobody has said yet which queues this agent serves."))
}

/// A hand-over that the agent may see: one that waits in their queues, or is theirs.
async fn seen(origin: &Origin, agent: &AgentRow, id: &ConversationId) -> Result<HandoverRow, Problem> {
    let handover = origin.store.handover(&agent.tenant, id).await?;
    let may = |handover: &HandoverRow| match handover.stage {
        HandoverStage::Waiting => agent.queues.contains(&handover.queue),
        HandoverStage::With => handover.agent.as_ref() == Some(&agent.id),
        HandoverStage::Returned | HandoverStage::TimedOut => false,
    };
    handover.filter(may).ok_or_else(unknown)
}

async fn presence(
    State(origin): State<Origin>,
    caller: Caller,
    Body(Here { queues, typing }): Body<Here>,
) -> Result<Json<Value>, Problem> {
    let agent = agent_of(&origin, &caller).await?;
    let serving = queues.unwrap_or_else(|| agent.queues.clone());
    if serving.iter().any(|queue| !agent.queues.contains(queue)) {
        return Err(Problem::forbidden("One of these queues was not given to this agent."));
    }
    let now_ms = origin.clock.now_ms();
    origin.store.heartbeat(&agent.id, &serving, now_ms, now_ms - desk::LOST_AFTER_MS).await?;
    let agent = agent_of(&origin, &caller).await?;
    let mut own = origin.store.handovers_with(&agent.id).await?;
    if !own.is_empty() {
        let withdrawn = Withdrawn::of(&origin, &agent.tenant).await?;
        let mut goes_on = Vec::with_capacity(own.len());
        for handover in own {
            match withdrawn.ends(&origin, &agent.tenant, &handover).await? {
                // They find it among those that have ended.
                true => drop(desk::part_from(&origin, &agent.tenant, &handover).await),
                false => goes_on.push(handover),
            }
        }
        own = goes_on;
    }
    for own in &own {
        if let Some(composing) = typing.of(&own.conversation) {
            desk::tell_typing(&origin, &own.conversation, Typist::Agent, composing).await;
        }
    }
    let waiting = origin.store.queued_handovers(&agent.tenant, &serving).await?;
    // How far each has come, so that news are seen of one that is not open.
    let ids: Vec<_> = own.iter().map(|row| row.conversation.clone()).collect();
    let turns = match ids.is_empty() {
        true => Vec::new(),
        false => origin.store.versions(&agent.tenant, &ids).await?,
    };
    let all_shown = |rows: &[HandoverRow]| rows.iter().map(|row| handover_shown(&origin, row)).collect::<Vec<_>>();
    let mut mine = all_shown(&own);
    for (shown, id) in mine.iter_mut().zip(&ids) {
        if let Some((_, turn)) = turns.iter().find(|(of, _)| of == id) {
            shown["turn"] = json!(turn);
        }
    }
    let ended = origin.store.handovers_of(&agent.id, origin.settings().agent_history).await?;
    let (waiting, ended) = (all_shown(&waiting), all_shown(&ended));
    Ok(Json(json!({"agent": shown(&agent, now_ms), "waiting": waiting, "mine": mine, "ended": ended})))
}

async fn read(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
    InQuery(Since { after, wait_ms }): InQuery<Since>,
) -> Result<Json<Value>, Problem> {
    let agent = agent_of(&origin, &caller).await?;
    let mut handover = seen(&origin, &agent, &id).await?;
    // Told before anything is shown, wherever the reading begins, and then once an hour.
    let what = format!("desk/{}/{id}", agent.id);
    let now_ms = origin.clock.now_ms();
    if after == 0 || origin.gate.is_news(&what, now_ms) {
        let why = json!({"reason": "hand-over", "queue": handover.queue});
        caller.tell(&origin, events::PII_ACCESSED, id.as_str(), why).await?;
        origin.gate.was_told(what, now_ms);
    }
    let longest = origin.settings().request_timeout.mul_f64(LONGEST_WAIT);
    let until = tokio::time::Instant::now() + Duration::from_millis(wait_ms).min(longest);
    let listener = match wait_ms {
        0 => None,
        _ => Some(origin.tail.listen(&*origin.store, ListensFor::Conversation(id.clone())).await?),
    };
    loop {
        let versions = origin.store.versions(&agent.tenant, std::slice::from_ref(&id)).await?;
        let (_, version) = versions.into_iter().next().ok_or_else(unknown)?;
        let waits = version <= after && tokio::time::Instant::now() < until;
        let Some(listener) = listener.as_ref().filter(|_| waits) else { break };
        // Woken or not: what is shown is shown to whoever has it now.
        let _ = tokio::time::timeout_at(until, listener.woken()).await;
        handover = seen(&origin, &agent, &id).await?;
    }
    if Withdrawn::of(&origin, &agent.tenant).await?.ends(&origin, &agent.tenant, &handover).await? {
        return Err(desk::part_from(&origin, &agent.tenant, &handover).await);
    }
    let mut view = desk::view(&origin, &agent.tenant, &id, after).await?.ok_or_else(unknown)?;
    view["handover"] = handover_shown(&origin, &handover);
    Ok(Json(view))
}

async fn accept(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
    Body(Asked { key }): Body<Asked>,
) -> Result<Json<Value>, Problem> {
    let agent = agent_of(&origin, &caller).await?;
    // What somebody else has taken meanwhile is in the agent's queue all the same: they are told that it is taken.
    let handover = origin.store.handover(&agent.tenant, &id).await?.filter(|row| agent.queues.contains(&row.queue));
    handover.ok_or_else(unknown)?;
    if !desk::is_there(&agent, origin.clock.now_ms()) {
        return Err(Problem::unacceptable("An agent takes a conversation while they say that they are there."));
    }
    done(desk::act(&origin, &agent.tenant, &id, Some(&agent), &Deed::Accept, &checked(&key)?).await?)
}

async fn say(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
    Body(Said { key, text }): Body<Said>,
) -> Result<Json<Value>, Problem> {
    let agent = agent_of(&origin, &caller).await?;
    let text = checked_text("text", &text)?;
    if text.is_empty() {
        return Err(Problem::unacceptable("`text` says nothing."));
    }
    own(&origin, &agent, &id).await?;
    done(desk::act(&origin, &agent.tenant, &id, Some(&agent), &Deed::Say { text }, &checked(&key)?).await?)
}

async fn hand_back(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
    Body(Returned { key, values, outcome, notes }): Body<Returned>,
) -> Result<Json<Value>, Problem> {
    let agent = agent_of(&origin, &caller).await?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !(1..=MAX_OUTCOME_BYTES).contains(&outcome.len()) || !outcome.chars().all(word) {
        return Err(Problem::unacceptable(format!(
            "`outcome` is a word of 1 to {MAX_OUTCOME_BYTES} letters, digits and `_`, such as `resolved`."
        )));
    }
    let plain = |value: &Value| !value.is_array() && !value.is_object();
    if values.len() > MAX_VALUES || values.iter().any(|(name, value)| !Id::Game.fits(name) || !plain(value)) {
        return Err(Problem::unacceptable(format!(
            "`values` holds at most {MAX_VALUES} texts, numbers, yes or no, under names as games write them."
        )));
    }
    for text in values.values().filter_map(Value::as_str) {
        checked_text("values", text)?;
    }
    let notes = checked_text("notes", &notes)?;
    own(&origin, &agent, &id).await?;
    let (deed, key) = (Deed::Return { values, outcome, notes }, checked(&key)?);
    // The game goes on in this turn, and what it does is finished though nobody waits for the answer any more.
    let turn = async move { desk::act(&origin, &agent.tenant, &id, Some(&agent), &deed, &key).await };
    let turn = tokio::spawn(turn).await.map_err(|_| Problem::internal("The hand-back was not finished."))?;
    done(turn?)
}

async fn release(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(id): InPath<ConversationId>,
) -> Result<axum::http::StatusCode, Problem> {
    let agent = agent_of(&origin, &caller).await?;
    let now_ms = origin.clock.now_ms();
    let handover = own(&origin, &agent, &id).await?;
    let told = desk::requeued_event(&agent.tenant, &handover, now_ms, "released");
    origin.store.requeue(&agent.tenant, &id, &agent.id, now_ms, told).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// A hand-over that the agent has, or had last.
async fn own(origin: &Origin, agent: &AgentRow, id: &ConversationId) -> Result<HandoverRow, Problem> {
    let handover = origin.store.handover(&agent.tenant, id).await?;
    let theirs = |row: &HandoverRow| row.agent.as_ref() == Some(&agent.id) || agent.queues.contains(&row.queue);
    handover.filter(theirs).ok_or_else(unknown)
}

fn checked(key: &str) -> Result<String, Problem> {
    check_id(Id::IdempotencyKey, "key", key)?;
    Ok(key.to_owned())
}

fn checked_text(field: &str, text: &str) -> Result<String, Problem> {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.chars().count() > MAX_TEXT_CHARS || text.chars().any(control) {
        return Err(Problem::unacceptable(format!(
            "`{field}` has at most {MAX_TEXT_CHARS} characters, and no control characters."
        )));
    }
    Ok(text.trim().to_owned())
}

fn done(turn: u64) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({"turn": turn})))
}

fn unknown() -> Problem {
    Problem::not_found("There is no such hand-over in the queues of this agent.")
}
