//! What is known of a turn without what anybody said: for metrics and reports.

use lgdl::engine::{Also, CallRecord, Filled};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::clock::Millis;
use crate::store::{StoreError, TurnFactsRow};

/// The facts of a turn: ids of the game, numbers and the program's own words; no user text.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct TurnFacts {
    /// From 1.
    pub turn: u64,
    /// When it was taken.
    pub at_ms: Millis,
    /// The move that answered, of a part the one that called it; `none` when nothing matched.
    pub move_id: String,
    /// In [0, 1].
    pub confidence: f64,
    /// Where it left the conversation: `answered`, `collecting`, …
    pub stage: String,
    /// What it was taken for: `match`, `answer`, `correction`, …; empty in turns of before that was kept.
    pub reading: String,
    /// What recognised the move.
    pub understood_by: Option<String>,
    /// The part that answered for the move.
    pub part: Option<String>,
    /// The move that called the one that answered: so it stood in records of before.
    pub part_of: Option<String>,
    /// The slot that is asked for.
    pub awaiting_slot: Option<String>,
    /// Whether it filled the last slot of a move.
    pub slots_filled: bool,
    /// The slots that it filled.
    pub filled: Vec<Filled>,
    /// The slot whose answer was refused.
    pub refused_slot: Option<String>,
    /// The slot that was given up.
    pub given_up_slot: Option<String>,
    /// Where the conversation was handed to.
    pub escalated_to: Option<String>,
    /// The other moves that were said.
    pub also: Vec<Also>,
    /// Calls of capabilities.
    pub calls: Vec<CallRecord>,
}

/// How something that a person wanted ended, as far as one turn tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// A move had all it needed.
    Completed,
    /// The person did not want it any more.
    Cancelled,
    /// It was handed to a person or a queue.
    Escalated,
    /// A slot's retries ran out.
    GivenUp,
}

impl Ending {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Ending::Completed => "completed",
            Ending::Cancelled => "cancelled",
            Ending::Escalated => "escalated",
            Ending::GivenUp => "given_up",
        }
    }
}

impl TurnFacts {
    /// Of a record as an edge sent it; `None` when it is none.
    #[must_use]
    pub fn of_record(record: &Map<String, Value>) -> Option<TurnFacts> {
        TurnFacts::deserialize(record).ok().map(TurnFacts::named_by_the_caller)
    }

    /// What can be told of a record that this program does not understand in full.
    #[must_use]
    pub fn least_of_record(record: &Map<String, Value>) -> TurnFacts {
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        TurnFacts {
            turn: record.get("turn").and_then(Value::as_u64).unwrap_or_default(),
            at_ms: record.get("at_ms").and_then(Value::as_i64).unwrap_or_default(),
            move_id: text("move_id").unwrap_or_default(),
            confidence: record.get("confidence").and_then(Value::as_f64).unwrap_or_default(),
            stage: text("stage").unwrap_or_default(),
            escalated_to: text("escalated_to"),
            ..TurnFacts::default()
        }
    }

    /// Of a row.
    ///
    /// # Errors
    /// When the row is damaged.
    pub fn of_row(row: &TurnFactsRow) -> Result<TurnFacts, StoreError> {
        let damaged = |error: serde_json::Error| StoreError::Damaged(format!("turns.metadata: {error}"));
        let facts: TurnFacts = serde_json::from_str(&row.metadata).map_err(damaged)?;
        Ok(TurnFacts {
            turn: row.turn_num,
            at_ms: row.timestamp,
            move_id: row.matched_move.clone(),
            confidence: row.confidence,
            ..facts
        }
        .named_by_the_caller())
    }

    /// Records of before bear the name of the part, and that of its caller beside.
    fn named_by_the_caller(mut self) -> TurnFacts {
        if let Some(caller) = self.part_of.take() {
            self.part = Some(std::mem::replace(&mut self.move_id, caller));
        }
        self
    }

    /// How what was under way ended in this turn, if it did.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        match self.stage.as_str() {
            "escalated" => Some(Ending::Escalated),
            "cancelled" => Some(Ending::Cancelled),
            _ if self.given_up_slot.is_some() => Some(Ending::GivenUp),
            _ if self.slots_filled => Some(Ending::Completed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_before_is_named_by_the_move_that_called_its_part() {
        let told = |record: Value| {
            let facts = record.as_object().and_then(TurnFacts::of_record);
            facts.map(|facts| (facts.move_id, facts.part))
        };
        let expected = Some(("order".to_owned(), Some("person_name".to_owned())));
        assert_eq!(told(serde_json::json!({"turn": 2, "move_id": "person_name", "part_of": "order"})), expected);
        assert_eq!(told(serde_json::json!({"turn": 2, "move_id": "order", "part": "person_name"})), expected);
    }
}
