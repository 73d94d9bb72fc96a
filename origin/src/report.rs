//! What came of a game's conversations: how many began, how they ended, where people stop, which questions are hard. Made
//! from the facts of turns, without what anybody said.
//!
//! A report is a sum over days (UTC) and versions. A day that is over for [`CLOSED_AFTER_MS`] is summed up once and kept, so
//! that a year costs a few hundred rows; what is younger is counted anew each time.

use std::collections::BTreeMap;

use lgdl::slots::Source;
use serde::{Deserialize, Serialize};

use crate::clock::{Millis, TIMES};
use crate::facts::{Ending, TurnFacts};
use crate::records::Malformed;
use crate::store::{DayRow, Store, StoreError, TurnFactsRow, TurnsOf};

/// Milliseconds of a day.
pub const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How long after its end a day is summed up for good: turns that waited in a journal may come late.
pub const CLOSED_AFTER_MS: Millis = 2 * DAY_MS;
/// A conversation in which an answer is awaited counts as given up when it was silent for so long.
pub const SILENT_AFTER_MS: Millis = 60 * 60 * 1000;
/// Scores are counted in so many steps of a tenth.
const SCORE_STEPS: usize = 10;

/// What a number of turns came to. Sums can be added up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Conversations that began.
    pub started: u64,
    /// Turns.
    pub turns: u64,
    /// Moves that had all they needed.
    pub completed: u64,
    /// Moves that the person ended.
    pub cancelled: u64,
    /// Conversations that were handed to a person or a queue.
    pub escalated: u64,
    /// Moves that ended because a slot's retries ran out.
    pub given_up: u64,
    /// Turns that nothing was understood in.
    pub unmatched: u64,
    /// Turns in which the person was asked whether a guess is right.
    pub guessed: u64,
    /// Values that were corrected.
    pub corrections: u64,
    /// Turns in which more than one thing was said.
    pub several: u64,
    /// Calls of capabilities, and those that failed.
    pub calls: u64,
    /// Of them, those that failed.
    pub failed_calls: u64,
    /// Milliseconds from the first to the last turn of conversations that completed a move, summed up.
    pub completing_ms: u64,
    /// Conversations in that sum.
    pub completing: u64,
    /// By move.
    pub moves: BTreeMap<String, MoveTally>,
    /// By move and slot: `move.slot`.
    pub slots: BTreeMap<String, SlotTally>,
    /// Turns by what recognised the move.
    pub understood_by: BTreeMap<String, u64>,
    /// Matches by their score: the first is 0 up to 0.1, the last 0.9 up to 1.
    pub scores: [u64; SCORE_STEPS],
}

/// What came of a move.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MoveTally {
    /// Turns that it answered, or a part that it had called.
    pub turns: u64,
    /// How often it had all that it needed.
    pub completed: u64,
    /// How often the person ended it.
    pub cancelled: u64,
    /// How often it handed over.
    pub escalated: u64,
    /// How often it gave up.
    pub given_up: u64,
}

/// How people got on with a slot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SlotTally {
    /// How often it was asked for.
    pub asked: u64,
    /// How often it was asked for again, right after it was asked for.
    pub asked_again: u64,
    /// How often an answer was refused.
    pub refused: u64,
    /// How often it was filled.
    pub filled: u64,
    /// How often it was corrected.
    pub corrected: u64,
    /// How often it was given up after too many refusals.
    pub given_up: u64,
}

/// The report on a game.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The game.
    pub game: String,
    /// From when on.
    pub from_ms: Millis,
    /// Up to when.
    pub to_ms: Millis,
    /// Everything together.
    pub total: Tally,
    /// By version.
    pub versions: BTreeMap<String, Tally>,
    /// By day, `2026-11-28`.
    pub days: BTreeMap<String, Tally>,
    /// Where conversations were left that went no further, the most frequent first.
    pub left: Vec<Left>,
}

/// A question that was not answered any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The move that asked.
    pub move_id: String,
    /// The slot that it asked for; nothing where it was another question.
    pub slot: Option<String>,
    /// In how many conversations.
    pub conversations: u64,
}

impl Tally {
    /// Adds another sum.
    pub fn add(&mut self, other: &Tally) {
        for (sum, more) in [
            (&mut self.started, other.started),
            (&mut self.turns, other.turns),
            (&mut self.completed, other.completed),
            (&mut self.cancelled, other.cancelled),
            (&mut self.escalated, other.escalated),
            (&mut self.given_up, other.given_up),
            (&mut self.unmatched, other.unmatched),
            (&mut self.guessed, other.guessed),
            (&mut self.corrections, other.corrections),
            (&mut self.several, other.several),
            (&mut self.calls, other.calls),
            (&mut self.failed_calls, other.failed_calls),
            (&mut self.completing_ms, other.completing_ms),
            (&mut self.completing, other.completing),
        ] {
            *sum += more;
        }
        for (name, more) in &other.moves {
            let sum = self.moves.entry(name.clone()).or_default();
            sum.turns += more.turns;
            sum.completed += more.completed;
            sum.cancelled += more.cancelled;
            sum.escalated += more.escalated;
            sum.given_up += more.given_up;
        }
        for (name, more) in &other.slots {
            let sum = self.slots.entry(name.clone()).or_default();
            sum.asked += more.asked;
            sum.asked_again += more.asked_again;
            sum.refused += more.refused;
            sum.filled += more.filled;
            sum.corrected += more.corrected;
            sum.given_up += more.given_up;
        }
        for (name, more) in &other.understood_by {
            *self.understood_by.entry(name.clone()).or_default() += more;
        }
        self.scores.iter_mut().zip(other.scores).for_each(|(sum, more)| *sum += more);
    }

    /// Adds a turn. `before` is the turn before it in its conversation.
    fn turn(&mut self, facts: &TurnFacts, before: Option<&TurnFacts>) {
        self.turns += 1;
        self.started += u64::from(facts.turn == 1);
        self.unmatched += u64::from(facts.stage == "unmatched");
        self.guessed += u64::from(facts.stage == "confirming" && facts.awaiting_slot.is_none());
        self.several += u64::from(!facts.also.is_empty());
        self.calls += facts.calls.len() as u64;
        self.failed_calls += facts.calls.iter().filter(|call| call.status != "ok").count() as u64;
        if let Some(stage) = &facts.understood_by {
            *self.understood_by.entry(stage.clone()).or_default() += 1;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a score lies in [0, 1]")]
            let step = (facts.confidence.clamp(0.0, 1.0) * 10.0) as usize;
            self.scores[step.min(SCORE_STEPS - 1)] += 1;
        }
        let ending = facts.ending();
        let mv = self.moves.entry(facts.move_id.clone()).or_default();
        mv.turns += 1;
        for (is, sum, of_move) in [
            (Ending::Completed, &mut self.completed, &mut mv.completed),
            (Ending::Cancelled, &mut self.cancelled, &mut mv.cancelled),
            (Ending::Escalated, &mut self.escalated, &mut mv.escalated),
            (Ending::GivenUp, &mut self.given_up, &mut mv.given_up),
        ] {
            let more = u64::from(ending == Some(is));
            *sum += more;
            *of_move += more;
        }
        self.slots_of(facts, before);
    }

    fn slots_of(&mut self, facts: &TurnFacts, before: Option<&TurnFacts>) {
        let mut slot = |name: &str, change: fn(&mut SlotTally)| {
            change(self.slots.entry(format!("{}.{name}", facts.move_id)).or_default());
        };
        if let Some(name) = &facts.awaiting_slot {
            let asked_before = before.is_some_and(|before| before.awaiting_slot.as_ref() == Some(name));
            slot(name, |slot| slot.asked += 1);
            if asked_before {
                slot(name, |slot| slot.asked_again += 1);
            }
        }
        for filled in &facts.filled {
            slot(&filled.slot, |slot| slot.filled += 1);
            if filled.source == Source::Correction {
                self.corrections += 1;
                slot(&filled.slot, |slot| slot.corrected += 1);
            }
        }
        if let Some(name) = &facts.refused_slot {
            slot(name, |slot| slot.refused += 1);
        }
        if let Some(name) = &facts.given_up_slot {
            slot(name, |slot| slot.given_up += 1);
        }
    }
}

/// Tallies by day and version, as turns come in the order of their conversations.
#[derive(Debug, Default)]
struct Counting {
    sums: BTreeMap<(i64, String), Tally>,
    conversation: String,
    begun_at: Millis,
    before: Option<TurnFacts>,
    completed: bool,
}

impl Counting {
    fn take(&mut self, row: &TurnFactsRow) -> Result<(), StoreError> {
        let facts = TurnFacts::of_row(row)?;
        if row.conversation != self.conversation {
            self.conversation.clone_from(&row.conversation);
            (self.begun_at, self.before, self.completed) = (facts.at_ms, None, false);
        }
        let tally = self.sums.entry((facts.at_ms.div_euclid(DAY_MS), row.game_version.clone())).or_default();
        tally.turn(&facts, self.before.as_ref());
        if facts.ending() == Some(Ending::Completed) && !self.completed {
            self.completed = true;
            tally.completing += 1;
            tally.completing_ms += (facts.at_ms - self.begun_at).max(0).unsigned_abs();
        }
        self.before = Some(facts);
        Ok(())
    }
}

/// Longest time that a report is about, days.
const MAX_REPORT_DAYS: i64 = 3_660;

/// Refuses a time that no report is made of.
///
/// # Errors
/// Says the rule.
pub fn check_span(from_ms: Millis, to_ms: Millis) -> Result<(), Malformed> {
    let known = TIMES.contains(&from_ms) && TIMES.contains(&to_ms);
    match known && from_ms <= to_ms && to_ms - from_ms <= MAX_REPORT_DAYS * DAY_MS {
        true => Ok(()),
        false => Err(Malformed(format!("a report begins before it ends, {MAX_REPORT_DAYS} days before at most"))),
    }
}

/// Makes the report on a game's turns from `from_ms` to `to_ms`, in whole days.
///
/// # Errors
/// When the store fails.
pub async fn report(
    store: &dyn Store,
    tenant: &str,
    game: &str,
    (from_ms, to_ms): (Millis, Millis),
    now_ms: Millis,
) -> Result<Report, StoreError> {
    let first = from_ms.div_euclid(DAY_MS);
    let last = to_ms.div_euclid(DAY_MS);
    let closed = (now_ms - CLOSED_AFTER_MS).div_euclid(DAY_MS);
    close_days(store, tenant, game, closed).await?;
    let mut sums: BTreeMap<(i64, String), Tally> = BTreeMap::new();
    for row in store.report_days(tenant, game, (first, last)).await? {
        let damaged = |error: serde_json::Error| StoreError::Damaged(format!("report_days.tally: {error}"));
        let tally: Tally = serde_json::from_str(&row.tally).map_err(damaged)?;
        sums.entry((row.day, row.game_version)).or_default().add(&tally);
    }
    let open = closed.max(first);
    if open <= last {
        sums.extend(count(store, tenant, game, (open * DAY_MS, (last + 1) * DAY_MS)).await?);
    }
    let mut report = Report {
        game: game.to_owned(),
        from_ms: first * DAY_MS,
        to_ms: (last + 1) * DAY_MS,
        total: Tally::default(),
        versions: BTreeMap::new(),
        days: BTreeMap::new(),
        left: Vec::new(),
    };
    for ((day, version), tally) in sums {
        report.total.add(&tally);
        report.versions.entry(version).or_default().add(&tally);
        report.days.entry(day_name(day)).or_default().add(&tally);
    }
    let silent = (report.from_ms, (now_ms - SILENT_AFTER_MS).min(report.to_ms));
    report.left = store.left_open(tenant, game, silent).await?;
    Ok(report)
}

/// Sums up the days before `closed` that are not yet.
async fn close_days(store: &dyn Store, tenant: &str, game: &str, closed: i64) -> Result<(), StoreError> {
    let from = store.closed_days(tenant, game).await?.unwrap_or(0);
    if from >= closed {
        return Ok(());
    }
    let sums = count(store, tenant, game, (from * DAY_MS, closed * DAY_MS)).await?;
    let rows = sums.into_iter().map(|((day, game_version), tally)| {
        let tally = serde_json::to_string(&tally).map_err(|error| StoreError::Internal(error.to_string()))?;
        Ok(DayRow { day, game_version, tally })
    });
    store.close_days(tenant, game, (from, closed), rows.collect::<Result<_, StoreError>>()?).await
}

async fn count(
    store: &dyn Store,
    tenant: &str,
    game: &str,
    (from_ms, to_ms): (Millis, Millis),
) -> Result<BTreeMap<(i64, String), Tally>, StoreError> {
    let (tell, mut told) = tokio::sync::mpsc::channel::<TurnFactsRow>(ROWS_IN_FLIGHT);
    let turns = TurnsOf { tenant: tenant.to_owned(), game: game.to_owned(), from_ms, to_ms };
    let counting = async move {
        let mut counting = Counting::default();
        while let Some(row) = told.recv().await {
            counting.take(&row)?;
        }
        Ok::<_, StoreError>(counting.sums)
    };
    let (read, counted) = tokio::join!(store.turn_facts(turns, tell), counting);
    let counted = counted?;
    read?;
    Ok(counted)
}

/// Rows that wait to be counted at most.
const ROWS_IN_FLIGHT: usize = 1_024;

fn day_name(day: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(day * DAY_MS).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use lgdl::engine::Filled;

    use super::*;

    #[test]
    fn what_a_part_asked_and_filled_is_the_callers() {
        let asked = TurnFacts {
            turn: 1,
            move_id: "order".into(),
            stage: "collecting".into(),
            awaiting_slot: Some("name".into()),
            ..TurnFacts::default()
        };
        let filled = TurnFacts {
            turn: 2,
            move_id: "order".into(),
            part: Some("person_name".into()),
            slots_filled: true,
            filled: vec![Filled { slot: "name".into(), source: Source::Answer }],
            stage: "answered".into(),
            ..TurnFacts::default()
        };
        let mut tally = Tally::default();
        tally.turn(&asked, None);
        tally.turn(&filled, Some(&asked));
        assert_eq!(tally.moves.keys().collect::<Vec<_>>(), ["order"]);
        assert_eq!((tally.moves["order"].turns, tally.moves["order"].completed), (2, 1));
        let slot = &tally.slots["order.name"];
        assert_eq!((slot.asked, slot.filled), (1, 1));
    }
}
