//! People step in: what an agent does to a conversation is a turn of it, committed as every turn is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lgdl::engine::{Event as Happened, HandoverStage, Settings, ToldBy, Turn};
use lgdl::ids::said_of_person;
use lgdl::ir;
use lgdl::wire::origin::{HandoverNow, MAX_MESSAGES, Message, Messages, Speaker};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::audit::events;
use crate::blocks::{self, Block, Subject};
use crate::bus::catalog::{ESCALATION_ACCEPTED, ESCALATION_RETURNED};
use crate::clock::Millis;
use crate::exports;
use crate::games;
use crate::hex;
use crate::http::{Beside, Origin, Problem};
use crate::ids::{AdministratorId, ConversationId};
use crate::own_turns::{self, Attempt, Calls, KEY_DIGITS, ORIGIN, Ran};
use crate::privacy::{Parts, Reader, RequestName};
use crate::records::turn_record;
use crate::store::{
    AgentRow, CommitOutcome, Composing, ConversationKey, ConversationRow, DeskPart, Event, HandoverRow, Lookup,
    StoreError, Typist,
};

/// An agent who was silent for so long is gone: what they had goes back to its queue.
pub const LOST_AFTER_MS: Millis = 90_000;
/// How often an agent says that they are there, milliseconds.
pub const HEARTBEAT_EVERY_MS: Millis = 2_000;
/// How often the origin looks for agents who are gone and for persons who have waited long enough.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a hand-over whose game could not be told is put off at first, and at most, milliseconds; it doubles.
const FIRST_PUT_OFF_MS: Millis = 1_000;
const LONGEST_PUT_OFF_MS: Millis = 10 * 60_000;
/// So often it doubles at most.
const MAX_DOUBLINGS: u32 = 16;
/// Games that go on at the same time because nobody came.
const OVERDUE_AT_ONCE: usize = 16;
/// Runs of a turn where others were faster.
const MAX_RUNS: u32 = 5;
/// The longest wait for another turn that holds the place, milliseconds.
const MAX_CLAIM_WAIT_MS: u64 = 1_000;
/// The participant of an agent's turns.
const AGENT: &str = "agent";
/// What the record says of a turn that no move answered.
const NO_MOVE: &str = "none";

/// What is done to a conversation that was handed over.
#[derive(Debug, Clone)]
pub enum Deed {
    /// An agent takes it.
    Accept,
    /// Its agent says something.
    Say {
        /// What.
        text: String,
    },
    /// Its agent hands it back.
    Return {
        /// Values that the game goes on with.
        values: Map<String, Value>,
        /// What came of it, in a word.
        outcome: String,
        /// For whoever reads the conversation later.
        notes: String,
    },
    /// Nobody came in time.
    TimeOut,
    /// The person takes part no longer: it ends.
    Withdraw {
        /// Where it stands.
        from: HandoverStage,
    },
}

/// The word for what came of a hand-over whose person takes part no longer.
const WITHDRAWN: &str = "withdrawn";
/// What whoever has it is told. Not which of the two it was, let alone why somebody was blocked.
const TAKES_NO_PART: &str = "The hand-over has ended: the person's consent was withdrawn, or they were blocked.";

/// Who of a tenant takes part no longer: whom it blocks, and of games that ask for consent those who have not given it, or withdrew it.
#[derive(Debug)]
pub struct Withdrawn {
    blocked: Vec<String>,
    by_consent: Vec<String>,
}

impl Withdrawn {
    /// As it is now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(origin: &Origin, tenant: &str) -> Result<Withdrawn, StoreError> {
        let blocks = blocks::in_force(&*origin.store, tenant, origin.clock.now_ms()).await?;
        let person = |block: Block| match block.subject {
            Subject::Person(user) => Some(user),
            Subject::Key(_) => None,
        };
        let mut by_consent = Vec::new();
        for game in origin.store.games(tenant).await? {
            if games::policy(&game.active)?.consent_required {
                by_consent.push(game.game);
            }
        }
        Ok(Withdrawn { blocked: blocks.into_iter().filter_map(person).collect(), by_consent })
    }

    /// Whether the person of a hand-over takes part no longer. An emergency goes on: a life comes before what somebody has agreed to.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ends(&self, origin: &Origin, tenant: &str, handover: &HandoverRow) -> Result<bool, StoreError> {
        let needs_consent = self.by_consent.contains(&handover.game);
        if handover.urgent || (self.blocked.is_empty() && !needs_consent) {
            return Ok(false);
        }
        let Some(row) = origin.store.find_by_id(tenant, &handover.conversation).await? else { return Ok(false) };
        // As nodes have it: a block of the plain id holds for whom a key names so, and consents are by the plain id alone.
        let said = said_of_person(&row.user_id);
        if self.blocked.iter().any(|blocked| *blocked == row.user_id || blocked == said) {
            return Ok(true);
        }
        let history = match needs_consent {
            true => origin.store.consents(tenant, said, Some(&handover.game)).await?,
            false => return Ok(false),
        };
        Ok(history.last().is_none_or(|consent| !consent.given))
    }
}

/// Ends a hand-over whose person takes part no longer, and says so to whoever asked.
///
/// # Errors
/// That it has ended; or that it could not be.
pub async fn part_from(origin: &Origin, tenant: &str, handover: &HandoverRow) -> Problem {
    let key = format!("withdraw_{}", handover.since);
    let ended =
        Box::pin(act(origin, tenant, &handover.conversation, None, &Deed::Withdraw { from: handover.stage }, &key))
            .await;
    match ended {
        Ok(_) => Problem::takes_no_part(TAKES_NO_PART),
        Err(refused) => refused,
    }
}

/// Does a deed; `key` is the request's own, so that a retry does it once. Returns the turn.
///
/// # Errors
/// 404 where there is no such hand-over in the agent's queues, 409 where somebody else has it, or it has ended.
pub async fn act(
    origin: &Origin,
    tenant: &str,
    id: &ConversationId,
    agent: Option<&AgentRow>,
    deed: &Deed,
    key: &str,
) -> Result<u64, Problem> {
    let mut found = origin.store.find_by_id(tenant, id).await?.ok_or_else(unknown)?;
    let mut attempt = Attempt::new(&*origin.random);
    for _ in 0..MAX_RUNS {
        let row = origin.protection.open_conversation(found).await?;
        let handover = origin.store.handover(tenant, id).await?.ok_or_else(unknown)?;
        if matches!(deed, Deed::Accept | Deed::Say { .. } | Deed::Return { .. })
            && is_open(handover.stage)
            && Withdrawn::of(origin, tenant).await?.ends(origin, tenant, &handover).await?
        {
            return Err(part_from(origin, tenant, &handover).await);
        }
        let name = request_name(deed, key, &handover, agent);
        match check(&handover, agent, deed) {
            Ok(Standing::ToDo) => {}
            Ok(Standing::Done) => return Ok(row.version),
            // The same request again is answered as it was, whatever has become of the hand-over since.
            Err(refused) => {
                let kept = origin.protection.kept_request(tenant, &row.user_id, name.clone()).await?;
                return match origin.store.find_answer(tenant, &row.user_id, &kept.key).await? {
                    Some((fingerprint, _)) if fingerprint == kept.fingerprint => Ok(row.version),
                    Some(_) => Err(key_reused()),
                    None => Err(refused),
                };
            }
        }
        let turn = turn_of(deed, agent, origin.clock.now_ms());
        let goes_no_further = match deed {
            Deed::Withdraw { .. } => true,
            Deed::TimeOut => Withdrawn::of(origin, tenant).await?.ends(origin, tenant, &handover).await?,
            Deed::Accept | Deed::Say { .. } | Deed::Return { .. } => false,
        };
        attempt.set_calls(if goes_no_further { Calls::Denied } else { Calls::Made });
        let settled = match own_turns::run(origin, &row, turn, &name, &mut attempt).await? {
            Ran::Done(outcome) => {
                let told = told(origin, tenant, id, agent, &handover, deed);
                let beside = Beside { told, desk: part(deed, agent, &handover) };
                own_turns::commit(origin, &row, &outcome, name, beside, &attempt).await?
            }
            Ran::Stopped(settled) => settled,
        };
        match settled {
            CommitOutcome::Committed { .. } | CommitOutcome::Replayed { .. } => {
                tell_typing(origin, id, Typist::Agent, Composing::No).await;
                return Ok(row.version + 1);
            }
            CommitOutcome::Conflict { claimed_for_ms, .. } => {
                let wait = claimed_for_ms.unwrap_or_default().min(MAX_CLAIM_WAIT_MS);
                tokio::time::sleep(Duration::from_millis(wait)).await;
                let place = ConversationKey { tenant: row.tenant, game: row.game, external_id: row.external_id };
                found = match origin.store.find(&place).await? {
                    Lookup::Found(row) => *row,
                    Lookup::Unknown => return Err(unknown()),
                    Lookup::Erased => return Err(Problem::erased("This conversation was erased.")),
                };
            }
            CommitOutcome::KeyReused => return Err(key_reused()),
            CommitOutcome::AgentFull { had } => {
                return Err(Problem::unacceptable(format!(
                    "This agent has {had} conversations already, which is all they take."
                )));
            }
            CommitOutcome::Erased => return Err(Problem::erased("This conversation was erased.")),
            CommitOutcome::NotTheirs => return Err(unknown()),
            CommitOutcome::DataKeyGone => {
                return Err(
                    Problem::unavailable("This person's key was destroyed meanwhile; try again.").retry_after(1)
                );
            }
        }
    }
    Err(Problem::unavailable("Other turns of this conversation were faster; try again.").retry_after(1))
}

/// How a deed stands that may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    ToDo,
    Done,
}

/// Whether the deed may be done to a hand-over as it stands.
fn check(handover: &HandoverRow, agent: Option<&AgentRow>, deed: &Deed) -> Result<Standing, Problem> {
    let own = agent.is_some_and(|agent| handover.agent.as_ref() == Some(&agent.id));
    match (deed, handover.stage) {
        (_, HandoverStage::Returned | HandoverStage::TimedOut) => Err(Problem::exists("The hand-over has ended.")),
        (Deed::Withdraw { .. }, _) | (Deed::Accept | Deed::TimeOut, HandoverStage::Waiting) => Ok(Standing::ToDo),
        (Deed::Accept, HandoverStage::With) if own => Ok(Standing::Done),
        (Deed::Accept, HandoverStage::With) => Err(Problem::exists("Somebody else has taken it.")),
        (Deed::TimeOut, HandoverStage::With) => Err(Problem::exists("Somebody has taken it.")),
        (Deed::Say { .. } | Deed::Return { .. }, HandoverStage::With) if own => Ok(Standing::ToDo),
        (Deed::Say { .. } | Deed::Return { .. }, _) => {
            Err(Problem::exists("It is not with this agent: it is back in its queue, or somebody else has it."))
        }
    }
}

/// The turn that a deed is; without an agent, the origin's own.
#[must_use]
pub fn turn_of(deed: &Deed, agent: Option<&AgentRow>, now_ms: Millis) -> Turn {
    let (name, value, text) = match deed {
        Deed::Accept => {
            let who = agent.map(|agent| json!({ir::AGENT_ID: agent.id, ir::AGENT_NAME: agent.name}));
            (ir::HANDOFF_ACCEPTED, who.unwrap_or_default(), "")
        }
        Deed::Say { text } => (ir::HANDOFF_MESSAGE, Value::String(text.clone()), ""),
        Deed::Return { values, notes, .. } => (ir::HANDOFF_ENDED, Value::Object(values.clone()), notes.as_str()),
        Deed::Withdraw { from: HandoverStage::With } => (ir::HANDOFF_ENDED, json!({}), ""),
        Deed::TimeOut | Deed::Withdraw { .. } => (ir::HANDOFF_TIMED_OUT, Value::Null, ""),
    };
    Turn {
        participant: if agent.is_some() { AGENT } else { ORIGIN }.to_owned(),
        text: text.to_owned(),
        event: Some(Happened { name: name.to_owned(), value }),
        context: Map::new(),
        now_ms,
        offset_seconds: 0,
        settings: Settings { told_by: ToldBy::Desk, ..Settings::default() },
    }
}

/// What tells one deed from another: the same for a retry, on every origin.
fn request_name(deed: &Deed, key: &str, handover: &HandoverRow, agent: Option<&AgentRow>) -> RequestName {
    let (name, said) = match deed {
        Deed::Accept => ("accept", Value::Null),
        Deed::Say { text } => ("say", json!(text)),
        Deed::Return { values, outcome, notes } => ("return", json!([outcome, values, notes])),
        Deed::TimeOut => ("time_out", Value::Null),
        Deed::Withdraw { .. } => ("withdraw", Value::Null),
    };
    let HandoverRow { conversation, since, .. } = handover;
    // Two agents may well take the same key, and so may one in the next hand-over of the conversation.
    let who = agent.map_or(ORIGIN, |agent| agent.id.as_str());
    let digest = hex::sha256(format!("{name}\n{conversation}\n{since}\n{who}\n{key}").as_bytes());
    let key = format!("desk_{}", &digest[..KEY_DIGITS]);
    RequestName { fingerprint: hex::sha256(format!("{key}\n{said}").as_bytes()), key }
}

/// What a deed does to its hand-over beside its turn.
fn part(deed: &Deed, agent: Option<&AgentRow>, handover: &HandoverRow) -> Option<DeskPart> {
    match deed {
        Deed::Accept => agent.map(|agent| DeskPart::Taken { agent: agent.id.clone() }),
        Deed::Return { outcome, .. } => Some(DeskPart::Ended { since: handover.since, outcome: outcome.clone() }),
        Deed::Withdraw { .. } => Some(DeskPart::Ended { since: handover.since, outcome: WITHDRAWN.to_owned() }),
        Deed::Say { .. } | Deed::TimeOut => None,
    }
}

/// What is told of a deed beside its turn.
fn told(
    origin: &Origin,
    tenant: &str,
    id: &ConversationId,
    agent: Option<&AgentRow>,
    handover: &HandoverRow,
    deed: &Deed,
) -> Vec<Event> {
    let (event, detail) = match deed {
        Deed::Accept => (ESCALATION_ACCEPTED, json!({})),
        Deed::Return { outcome, .. } => (ESCALATION_RETURNED, json!({"outcome": outcome})),
        Deed::TimeOut => (ESCALATION_RETURNED, json!({"outcome": "timed_out"})),
        Deed::Withdraw { .. } => (ESCALATION_RETURNED, json!({"outcome": WITHDRAWN})),
        Deed::Say { .. } => return Vec::new(),
    };
    let actor = agent.map_or(ORIGIN, |agent| agent.id.as_str());
    let mut event = events::of(origin.clock.now_ms(), tenant, event, actor, id.as_str(), detail);
    event.detail["game"] = handover.game.clone().into();
    event.detail["queue"] = handover.queue.clone().into();
    vec![event]
}

fn key_reused() -> Problem {
    Problem::key_reused("A new request needs a new key; a retry must repeat the request unchanged.")
}

fn unknown() -> Problem {
    Problem::not_found("There is no such hand-over.")
}

/// Tells the other side that somebody types, or does not any more. It is a hint: nothing fails for want of it.
pub async fn tell_typing(origin: &Origin, id: &ConversationId, who: Typist, composing: Composing) {
    if let Err(error) = origin.store.tell_typing(id, who, composing).await {
        tracing::debug!(%error, "other origins do not hear whether somebody types");
    }
}

/// What was said in a conversation after a turn, for its person, and where the hand-over stands. A page of theirs that says nothing
/// of typing leaves it to another one.
///
/// # Errors
/// When the store fails, or a text can't be opened.
pub async fn messages(
    origin: &Origin,
    row: ConversationRow,
    after: u64,
    composing: Option<Composing>,
) -> Result<Messages, Problem> {
    let turns = match row.version > after {
        true => origin.store.turns(&row.id, after, MAX_MESSAGES).await?,
        false => Vec::new(),
    };
    let parts = Parts { turns, ..Parts::default() };
    let turns = origin.protection.open_parts(&row, parts).await?.turns;
    let turn = turns.last().map_or(after.min(row.version), |turn| turn.turn_num);
    let messages = turns.iter().flat_map(|turn| said(&turn_record(turn))).collect();
    let handover = origin.store.handover(&row.tenant, &row.id).await?;
    let somebody_is_there = handover.as_ref().is_some_and(|handover| handover.stage == HandoverStage::With);
    if let Some(composing) = composing.filter(|_| somebody_is_there) {
        tell_typing(origin, &row.id, Typist::Person, composing).await;
    }
    let handover = match handover.filter(|handover| is_open(handover.stage)) {
        Some(handover) if is_expected(origin, &row.tenant, &handover).await? => {
            Some(handover_now(origin, &row.tenant, &handover).await?)
        }
        _ => None,
    };
    Ok(Messages { messages, turn, handover })
}

pub(crate) fn is_open(stage: HandoverStage) -> bool {
    matches!(stage, HandoverStage::Waiting | HandoverStage::With)
}

/// Whether somebody comes by way of the desk, or is said not to: elsewhere an escalation is the game's own affair.
async fn is_expected(origin: &Origin, tenant: &str, handover: &HandoverRow) -> Result<bool, StoreError> {
    if handover.stage == HandoverStage::With || handover.patience_ms.is_some() {
        return Ok(true);
    }
    let agents = origin.store.agents(tenant).await?;
    Ok(agents.iter().any(|agent| agent.queues.contains(&handover.queue)))
}

async fn handover_now(origin: &Origin, tenant: &str, handover: &HandoverRow) -> Result<HandoverNow, StoreError> {
    let place = match handover.stage {
        HandoverStage::Waiting => Some(origin.store.ahead_of(tenant, handover).await? + 1),
        _ => None,
    };
    let agent = match (&handover.agent, handover.stage) {
        (Some(agent), HandoverStage::With) => origin.store.agent(agent).await?.map(|agent| agent.name),
        _ => None,
    };
    let typing = agent.is_some() && origin.store.signals().typing().is_typing(&handover.conversation, Typist::Agent);
    Ok(HandoverNow { queue: handover.queue.clone(), stage: handover.stage, place, agent, typing })
}

/// What was said in a turn, by whom. Notes of an agent are no message.
#[must_use]
pub fn said(record: &Map<String, Value>) -> Vec<Message> {
    let word = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let (asked, answered, event) = (word("user_input"), word("response"), word("event"));
    // A client may call itself whatever it likes; only the desk's turns are such events, and have a text.
    let desk = event.starts_with("handoff_");
    let message = |from: Speaker, text: &str| Message {
        turn: record.get("turn").and_then(Value::as_u64).unwrap_or_default(),
        at_ms: record.get("at_ms").and_then(Value::as_i64).unwrap_or_default(),
        from,
        text: text.to_owned(),
        choices: Vec::new(),
    };
    let mut said = Vec::new();
    if !desk && !asked.is_empty() {
        said.push(message(Speaker::Person, asked));
    }
    if !answered.is_empty() {
        let from = if event == ir::HANDOFF_MESSAGE { Speaker::Agent } else { Speaker::Game };
        let mut answer = message(from, answered);
        let choices = record.get("choices").and_then(Value::as_array).into_iter().flatten();
        answer.choices = choices.filter_map(|choice| choice.as_str().map(str::to_owned)).collect();
        said.push(answer);
    }
    said
}

/// What an agent is shown of a conversation: what was said last, the moves it came through, and the values it has, masked
/// as for everybody who is not its owner.
///
/// # Errors
/// When the store fails, or a text can't be opened.
pub async fn view(origin: &Origin, tenant: &str, id: &ConversationId, after: u64) -> Result<Option<Value>, StoreError> {
    let (store, protection) = (&*origin.store, &*origin.protection);
    let now_ms = origin.clock.now_ms();
    let document = exports::conversation_for(Reader::Administrator, store, protection, tenant, id, now_ms).await?;
    let Some(document) = document else { return Ok(None) };
    let turns = document["turns"].as_array().map_or(&[][..], Vec::as_slice);
    let history = usize::try_from(origin.settings().agent_history).unwrap_or(usize::MAX);
    let mut moves: Vec<&str> = Vec::new();
    for name in turns.iter().filter_map(|turn| turn["move_id"].as_str()).filter(|name| *name != NO_MOVE) {
        if !moves.contains(&name) {
            moves.push(name);
        }
    }
    let (mut bytes, mut messages) = (0, Vec::new());
    let last = turns.iter().rev().filter_map(Value::as_object).take(history);
    for record in last.take_while(|record| record.get("turn").and_then(Value::as_u64) > Some(after)) {
        let said = said(record);
        bytes += said.iter().map(|message| message.text.len()).sum::<usize>();
        if bytes > origin.settings().agent_state_max_bytes {
            break;
        }
        messages.extend(said.into_iter().rev());
    }
    messages.reverse();
    let slots = document["slots"].as_array().into_iter().flatten();
    let slots =
        slots.map(|slot| json!({"move": slot["move_id"], "name": slot["slot_name"], "value": slot["slot_value"]}));
    Ok(Some(json!({
        "turn": document["version"],
        "moves": moves,
        "slots": slots.collect::<Vec<_>>(),
        "messages": messages,
    })))
}

/// Whether an agent is heard of often enough to count as there.
#[must_use]
pub fn is_there(agent: &AgentRow, now_ms: Millis) -> bool {
    agent.heartbeat_at.is_some_and(|at| now_ms.saturating_sub(at).saturating_abs() < LOST_AFTER_MS)
}

/// Looks, for as long as the origin runs, for agents who are gone and for persons who have waited long enough.
pub async fn keep(origin: &Origin) {
    let put_off = PutOff::default();
    // What a game does when nobody came may take as long as its services: those who are gone are found meanwhile.
    tokio::join!(again_and_again(|| look_for_lost(origin)), again_and_again(|| look_for_overdue(origin, &put_off)));
}

/// Hand-overs whose games could not be told that nobody came: each is tried later and later, and keeps none of the others waiting.
#[derive(Debug, Default)]
struct PutOff(Mutex<HashMap<ConversationId, (u32, Millis)>>);

impl PutOff {
    fn all(&self) -> MutexGuard<'_, HashMap<ConversationId, (u32, Millis)>> {
        // Whole after any panic: each change is one statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more failure.
    fn failed(&self, id: ConversationId, now_ms: Millis) {
        let mut all = self.all();
        let (failures, until) = all.entry(id).or_default();
        let wait = FIRST_PUT_OFF_MS.checked_shl(*failures).unwrap_or(Millis::MAX);
        (*failures, *until) = (failures.saturating_add(1).min(MAX_DOUBLINGS), now_ms + wait.min(LONGEST_PUT_OFF_MS));
    }

    /// Those that are not tried yet; what was not tried for long is forgotten.
    fn waiting(&self, now_ms: Millis) -> Vec<ConversationId> {
        let mut all = self.all();
        all.retain(|_, (_, until)| now_ms < until.saturating_add(LONGEST_PUT_OFF_MS));
        all.iter().filter(|(_, (_, until))| now_ms < *until).map(|(id, _)| id.clone()).collect()
    }
}

async fn again_and_again<L, F>(look: L)
where
    L: Fn() -> F,
    F: Future<Output = Result<(), StoreError>>,
{
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = look().await {
            tracing::warn!(%error, "hand-overs were not looked after");
        }
    }
}

/// Looks once for both.
///
/// # Errors
/// When the store fails.
pub async fn look(origin: &Origin) -> Result<(), StoreError> {
    look_for_lost(origin).await?;
    look_for_overdue(origin, &PutOff::default()).await
}

/// What agents had who are gone goes back to its queue.
async fn look_for_lost(origin: &Origin) -> Result<(), StoreError> {
    let now_ms = origin.clock.now_ms();
    origin.store.requeue_lost(now_ms - LOST_AFTER_MS, now_ms, lost_event).await.map(drop)
}

/// That a hand-over is back in its queue, since its agent is gone.
#[must_use]
pub fn lost_event(tenant: &str, handover: &HandoverRow, now_ms: Millis) -> Event {
    requeued_event(tenant, handover, now_ms, "agent_lost")
}

/// Games go on whose persons have waited long enough, some at a time: what one of them calls holds up no other.
async fn look_for_overdue(origin: &Origin, put_off: &PutOff) -> Result<(), StoreError> {
    let now_ms = origin.clock.now_ms();
    let patience_ms = u64::try_from(origin.settings().handover_patience.as_millis()).unwrap_or(u64::MAX);
    let (mut going_on, mut ends) = (JoinSet::new(), Vec::new());
    for (tenant, handover) in origin.store.overdue_handovers(now_ms, patience_ms, &put_off.waiting(now_ms)).await? {
        if going_on.len() >= OVERDUE_AT_ONCE {
            ends.extend(going_on.join_next().await);
        }
        going_on.spawn(give_up(origin.clone(), tenant, handover));
    }
    while let Some(end) = going_on.join_next().await {
        ends.push(end);
    }
    for end in ends {
        match end {
            Ok(None) => {}
            Ok(Some(untold)) => put_off.failed(untold, origin.clock.now_ms()),
            Err(error) => tracing::error!(%error, "nobody came, and telling it broke down"),
        }
    }
    Ok(())
}

/// The conversation, where its game could not be told.
async fn give_up(origin: Origin, tenant: String, handover: HandoverRow) -> Option<ConversationId> {
    // The same key on every origin, and after a restart.
    let key = format!("time_out_{}", handover.since);
    let told = act(&origin, &tenant, &handover.conversation, None, &Deed::TimeOut, &key).await;
    told.err().map(|refused| {
        tracing::warn!(conversation = %handover.conversation, code = refused.code(), "nobody came, and it could not be told");
        handover.conversation
    })
}

/// That a hand-over is back in its queue.
#[must_use]
pub fn requeued_event(tenant: &str, handover: &HandoverRow, now_ms: Millis, why: &str) -> Event {
    let actor = handover.agent.as_ref().map_or(ORIGIN, AdministratorId::as_str);
    let detail = json!({"outcome": why, "game": handover.game, "queue": handover.queue});
    events::of(now_ms, tenant, ESCALATION_RETURNED, actor, handover.conversation.as_str(), detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_told_is_tried_later_and_later_and_in_the_end_forgotten() {
        let (put_off, id) = (PutOff::default(), ConversationId::derive("default", "g", "c"));
        let waits = |now_ms| !put_off.waiting(now_ms).is_empty();
        put_off.failed(id.clone(), 0);
        assert_eq!((waits(999), waits(1_000)), (true, false));
        put_off.failed(id.clone(), 1_000);
        assert_eq!((waits(2_999), waits(3_000)), (true, false));
        for _ in 0..40 {
            put_off.failed(id.clone(), 3_000);
        }
        assert_eq!((waits(3_000 + LONGEST_PUT_OFF_MS - 1), waits(3_000 + LONGEST_PUT_OFF_MS)), (true, false));
        assert!(!waits(3_000 + 2 * LONGEST_PUT_OFF_MS) && put_off.all().is_empty());
    }
}
