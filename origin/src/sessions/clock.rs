//! The clock: looks for conversations that were silent for long enough.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lgdl::engine::{Event as Happened, Settings, Turn};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::{SESSION_EXPIRED, TIMEOUT, expired_at, recount};
use crate::audit::events;
use crate::bus::catalog::CONVERSATION_EXPIRED;
use crate::clock::{HOUR_MS, Millis};
use crate::desk;
use crate::hex;
use crate::http::{Beside, Origin, Problem};
use crate::ids::ConversationId;
use crate::own_turns::{self, Attempt, KEY_DIGITS, ORIGIN, Ran};
use crate::privacy::{Parts, RequestName};
use crate::records::turn_record;
use crate::store::{CommitOutcome, ConversationRow, Event, LOCAL_SETTINGS, Silence, StoreError, TurnRow, WebhookRow};

/// How often the clock looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two counts of what is open, at least.
const RECOUNT_EVERY: Duration = Duration::from_secs(10);
/// A count looks at every conversation: of so much time, one part is spent with it at most.
const COUNTED_A_PART: u32 = 100;
/// Conversations of one thing that are seen to in one look: after a long pause turns come first.
const AT_ONCE: u32 = 200;
/// Games that are told something at the same time: what one of them calls holds up no other.
const TOLD_AT_ONCE: usize = 16;

/// Turns at the end of a conversation among which those lie that its silence brought.
const LAST_TURNS: u64 = 8;

/// Between two looks at every conversation, milliseconds: silence that is longer than answers are kept is not found by them.
const SLOW_LOOK_EVERY_MS: Millis = 60_000;

/// How far the clock came with one thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    at: Millis,
    id: String,
}

/// Looks, for as long as the origin runs.
pub async fn keep(origin: &Origin) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count_at = Instant::now() + RECOUNT_EVERY;
    loop {
        ticks.tick().await;
        if let Err(error) = look(origin).await {
            tracing::warn!(%error, "silent conversations were not looked after");
        }
        if Instant::now() < count_at {
            continue;
        }
        let began = Instant::now();
        if let Err(error) = recount(origin).await {
            tracing::warn!(%error, "open conversations were not counted");
        }
        count_at = Instant::now() + until_counted_again(began.elapsed());
    }
}

/// How long to wait after a count that took so long: what begins and ends meanwhile is counted here.
fn until_counted_again(took: Duration) -> Duration {
    RECOUNT_EVERY.max(took.saturating_mul(COUNTED_A_PART))
}

/// Looks once.
///
/// # Errors
/// When the store fails. What was done is done, and the next look goes on.
pub async fn look(origin: &Origin) -> Result<(), StoreError> {
    let mut games = Games { origin, waiting: BTreeMap::new() };
    // Games are told that nobody answered before their conversations end.
    let followed = follow_up(origin, &mut games).await;
    let expired = match origin.settings().session_expiry {
        Some(expiry) => expire(origin, &mut games, millis(expiry)).await,
        None => Ok(()),
    };
    followed.and(expired)
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Where one thing that the clock does stands.
struct Round {
    note: String,
    text: Option<String>,
    rows: Vec<ConversationRow>,
    begun: Place,
    next: Place,
}

impl Round {
    /// The conversations that were silent for `silence_ms` since the round of before; `first` is where the first one begins.
    async fn begin(
        origin: &Origin,
        note: String,
        tenant: Option<&str>,
        silence_ms: u64,
        first: Millis,
    ) -> Result<Option<Round>, StoreError> {
        let now_ms = origin.clock.now_ms();
        let until = now_ms.saturating_sub_unsigned(silence_ms);
        let text = origin.store.setting(&note).await?;
        let place = text.as_deref().map(serde_json::from_str).transpose();
        let place: Option<Place> = place.map_err(|error| StoreError::Damaged(format!("setting {note}: {error}")))?;
        let place = place.unwrap_or(Place { at: first, id: String::new() });
        let answers_since = now_ms - Millis::from(origin.settings().idempotency_hours) * HOUR_MS;
        let pause = if until < answers_since { SLOW_LOOK_EVERY_MS } else { 0 };
        if place.at + pause >= until {
            return Ok(None);
        }
        let after = (place.at, place.id.clone());
        let silence = Silence { tenant: tenant.map(str::to_owned), after, until, answers_since };
        let rows = origin.store.silent(silence, AT_ONCE).await?;
        let last = rows.last().filter(|_| rows.len() as u64 == u64::from(AT_ONCE));
        let next = match last {
            Some(last) => Place { at: last.updated_at, id: last.id.to_string() },
            None => Place { at: until, id: String::new() },
        };
        Ok(Some(Round { note, text, rows, begun: place, next }))
    }

    /// The next round begins with this conversation again, at the latest; what it finds done behind it stays as it is.
    fn again_from(&mut self, row: &ConversationRow) {
        let before = Place { at: row.updated_at - 1, id: String::new() };
        self.next = before.min(self.next.clone()).max(self.begun.clone());
    }

    /// Notes that it is done. Where another origin was faster, both have seen to the same.
    async fn end(self, origin: &Origin) -> Result<(), StoreError> {
        let next = serde_json::to_string(&self.next).map_err(|error| StoreError::Internal(error.to_string()))?;
        origin.store.replace_note(&self.note, self.text.as_deref(), &next).await.map(drop)
    }
}

/// Which games wait for which events, by version.
struct Games<'o> {
    origin: &'o Origin,
    waiting: BTreeMap<String, Vec<String>>,
}

impl Games<'_> {
    async fn wait_for(&mut self, row: &ConversationRow, event: &str) -> Result<bool, StoreError> {
        if !self.waiting.contains_key(&row.game_version) {
            let events = match own_turns::game_of(self.origin, row).await {
                Ok(game) => game.header().events.iter().map(|(event, _)| event.clone()).collect(),
                // A version that is gone, or of another format, can't be told anything.
                Err(StoreError::Damaged(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            self.waiting.insert(row.game_version.clone(), events);
        }
        Ok(self.waiting.get(&row.game_version).is_some_and(|events| events.iter().any(|known| known == event)))
    }
}

async fn expire(origin: &Origin, games: &mut Games<'_>, silence_ms: u64) -> Result<(), StoreError> {
    let note = format!("{LOCAL_SETTINGS}sessions");
    let Some(mut round) = Round::begin(origin, note, None, silence_ms, 0).await? else { return Ok(()) };
    let mut asked = Vec::new();
    for row in std::mem::take(&mut round.rows) {
        if may_have_expired(&row) {
            continue;
        }
        match games.wait_for(&row, SESSION_EXPIRED).await? {
            true => asked.push(row),
            false => begin_anew(origin, &row, row.version).await?,
        }
    }
    let mut failed = None;
    for (row, told) in tell_all(origin, asked, SESSION_EXPIRED).await {
        match told {
            Ok(Told::Nothing { version }) => begin_anew(origin, &row, version).await?,
            Ok(Told::Said | Told::Before | Told::Overtaken) => {}
            Ok(Told::Later) => round.again_from(&row),
            Err(error) => {
                round.again_from(&row);
                failed = Some(error);
            }
        }
    }
    round.end(origin).await?;
    failed.map_or(Ok(()), Err)
}

/// Whether a conversation's session has ended, or nobody can say: one such row is named, and holds up no other.
fn may_have_expired(row: &ConversationRow) -> bool {
    match expired_at(row) {
        Ok(at) => at.is_some(),
        Err(error) => {
            pass_over(&row.id, &error);
            true
        }
    }
}

fn pass_over(id: &ConversationId, error: &StoreError) {
    tracing::error!(conversation = %id, %error, "a conversation's silence can't be looked after");
}

/// Ends the session of a conversation that has that version, unless its row can't be changed.
async fn begin_anew(origin: &Origin, row: &ConversationRow, version: u64) -> Result<(), StoreError> {
    end(origin, (&row.tenant, &row.game), &row.id, version).await
}

/// The same for a conversation of a tenant's game.
pub(crate) async fn end(
    origin: &Origin,
    of: (&str, &str),
    id: &ConversationId,
    version: u64,
) -> Result<(), StoreError> {
    let now_ms = origin.clock.now_ms();
    match origin.store.expire(id, version, now_ms, expired(of, id, version, now_ms, "begins_anew")).await {
        Ok(true) => origin.gate.places.give_back(of.0),
        Ok(false) => {}
        Err(error) if error.is_transient() => return Err(error),
        Err(error) => pass_over(id, &error),
    }
    Ok(())
}

/// That a session is over.
fn expired((tenant, game): (&str, &str), id: &ConversationId, turns: u64, now_ms: Millis, then: &str) -> Event {
    let detail = json!({"game": game, "turns": turns, "then": then});
    events::of(now_ms, tenant, CONVERSATION_EXPIRED, ORIGIN, id.as_str(), detail)
}

/// Tells the games that webhooks ask for it that nobody has answered for so long.
async fn follow_up(origin: &Origin, games: &mut Games<'_>) -> Result<(), StoreError> {
    let mut rounds = Vec::new();
    // Each conversation once, with the rounds of all webhooks that ask for it.
    let mut silent: BTreeMap<ConversationId, (ConversationRow, Vec<usize>)> = BTreeMap::new();
    for hook in origin.store.webhooks(None).await?.into_iter().filter(|row| row.hook.is_active()) {
        let Some(after_s) = hook.hook.follow_up_after_s else { continue };
        let note = format!("{}:follow_up", WebhookRow::note(&hook.id));
        // Whoever was silent before anybody asked for it is not spoken to.
        let first = hook.hook.follow_up_since.unwrap_or(hook.hook.created_at);
        let silence_ms = u64::from(after_s) * 1_000;
        let Some(mut round) = Round::begin(origin, note, Some(&hook.tenant), silence_ms, first).await? else {
            continue;
        };
        for row in std::mem::take(&mut round.rows) {
            let waits = row.summary.awaiting_response && !may_have_expired(&row);
            if waits && games.wait_for(&row, TIMEOUT).await? {
                silent.entry(row.id.clone()).or_insert((row, Vec::new())).1.push(rounds.len());
            }
        }
        rounds.push(round);
    }
    let rows = silent.values().map(|(row, _)| row.clone()).collect();
    let mut failed = None;
    for (row, told) in tell_all(origin, rows, TIMEOUT).await {
        if matches!(told, Err(_) | Ok(Told::Later)) {
            for of in silent.get(&row.id).into_iter().flat_map(|(_, rounds)| rounds) {
                rounds[*of].again_from(&row);
            }
        }
        failed = told.err().or(failed);
    }
    for round in rounds {
        round.end(origin).await?;
    }
    failed.map_or(Ok(()), Err)
}

/// What a game was told of a silence with a turn, and whether it had something to say; none: the turn is of something else.
fn of_silence(turn: &TurnRow) -> Option<(&'static str, bool)> {
    let record = turn_record(turn);
    let event = record.get("event").and_then(Value::as_str)?;
    let event = [TIMEOUT, SESSION_EXPIRED].into_iter().find(|known| *known == event)?;
    let attachments = record.get("attachments").and_then(Value::as_array);
    Some((event, !turn.response.is_empty() || attachments.is_some_and(|all| !all.is_empty())))
}

/// What came of telling a game something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It said something.
    Said,
    /// It has nothing to say to it now; what it did, if it did something, has led to this version.
    Nothing {
        /// The conversation's.
        version: u64,
    },
    /// It was told before, and nobody has spoken since.
    Before,
    /// Somebody spoke, or there are people.
    Overtaken,
    /// Another turn is under way, of somebody who may be gone: it is told once that is over.
    Later,
}

/// Tells games of many conversations, some at a time. What broke down is not among the outcomes, and is not told again.
async fn tell_all(
    origin: &Origin,
    rows: Vec<ConversationRow>,
    event: &'static str,
) -> Vec<(ConversationRow, Result<Told, StoreError>)> {
    let (mut telling, mut told) = (JoinSet::new(), Vec::new());
    let mut waiting = rows.into_iter();
    loop {
        while telling.len() < TOLD_AT_ONCE
            && let Some(row) = waiting.next()
        {
            let origin = origin.clone();
            telling.spawn(async move {
                let outcome = tell(&origin, &row, event).await;
                (row, outcome)
            });
        }
        match telling.join_next().await {
            Some(Ok(outcome)) => told.push(outcome),
            Some(Err(error)) => tracing::error!(%error, event, "a game could not be told"),
            None => return told,
        }
    }
}

/// Tells a game that something happened, with a turn.
async fn tell(origin: &Origin, row: &ConversationRow, event: &str) -> Result<Told, StoreError> {
    match try_to_tell(origin, row, event).await {
        Ok(told) => Ok(told),
        // One conversation that can't be told must not stop the others.
        Err(refused) if !refused.status().is_server_error() || refused.code() == Problem::internal("").code() => {
            tracing::warn!(conversation = %row.id, code = refused.code(), event, "a game could not be told");
            Ok(Told::Overtaken)
        }
        Err(refused) => Err(StoreError::Unavailable(format!("{} while a game was told", refused.code()))),
    }
}

async fn try_to_tell(origin: &Origin, row: &ConversationRow, event: &str) -> Result<Told, Problem> {
    let handover = origin.store.handover(&row.tenant, &row.id).await?;
    if handover.is_some_and(|handover| desk::is_open(handover.stage)) {
        return Ok(Told::Overtaken);
    }
    let row = origin.protection.open_conversation(row.clone()).await?;
    let turns = origin.store.turns(&row.id, row.version.saturating_sub(LAST_TURNS), AT_ONCE).await?;
    let turns = origin.protection.open_parts(&row, Parts { turns, ..Parts::default() }).await?.turns;
    let mut silence = turns.iter().rev().map_while(of_silence);
    if let Some((_, said)) = silence.find(|(before, _)| *before == event || *before == SESSION_EXPIRED) {
        return Ok(if said { Told::Before } else { Told::Nothing { version: row.version } });
    }
    let turn = Turn {
        participant: ORIGIN.to_owned(),
        text: String::new(),
        event: Some(Happened { name: event.to_owned(), value: Value::Null }),
        context: Map::new(),
        now_ms: origin.clock.now_ms(),
        offset_seconds: 0,
        settings: Settings::default(),
    };
    // The same on every origin, and after a restart.
    let digest = hex::sha256(format!("{event}\n{}\n{}", row.id, row.version).as_bytes());
    let key = format!("clock_{}", &digest[..KEY_DIGITS]);
    let name = RequestName { fingerprint: hex::sha256(key.as_bytes()), key };
    let mut attempt = Attempt::new(&*origin.random);
    let outcome = match own_turns::run(origin, &row, turn, &name, &mut attempt).await? {
        Ran::Done(outcome) => outcome,
        Ran::Stopped(CommitOutcome::Conflict { claimed_for_ms: Some(_), .. }) => return Ok(Told::Later),
        Ran::Stopped(_) => return Ok(Told::Overtaken),
    };
    let record = &outcome.record;
    let says = !record.response.is_empty() || !record.attachments.is_empty();
    // What it has looked up, and made nothing of, is no turn.
    if !says && !attempt.has_acted() {
        return Ok(Told::Nothing { version: row.version });
    }
    let goes_on = says && event == SESSION_EXPIRED;
    let told = goes_on.then(|| {
        let of = (row.tenant.as_str(), row.game.as_str());
        expired(of, &row.id, row.version, origin.clock.now_ms(), "asked")
    });
    let beside = Beside { told: told.into_iter().collect(), desk: None };
    Ok(match own_turns::commit(origin, &row, &outcome, name, beside, &attempt).await? {
        CommitOutcome::Committed { .. } | CommitOutcome::Replayed { .. } if says => Told::Said,
        CommitOutcome::Committed { .. } | CommitOutcome::Replayed { .. } => Told::Nothing { version: row.version + 1 },
        CommitOutcome::Conflict { claimed_for_ms: Some(_), .. } => Told::Later,
        _ => Told::Overtaken,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_takes_long_is_made_less_often() {
        let after = |millis| until_counted_again(Duration::from_millis(millis));
        assert_eq!((after(0), after(100)), (RECOUNT_EVERY, RECOUNT_EVERY));
        assert_eq!(after(3_000), Duration::from_secs(300));
    }
}
