//! Stored turns, run again: by the version that answered them, to see why it did, and by another, to see what it changes.
//!
//! The engine is pure, so a turn gives the same again wherever its input is the same: what was said, when and by whom, what
//! the record keeps beside it ([`lgdl::engine::Given`]), and the state before it. That state is not stored: it comes from
//! running the conversation from its start, at some ten microseconds a turn.

mod shadow;
mod talks;
mod why;

use lgdl::compiled::CompiledGame;
use lgdl::engine::{CapabilityCall, CapabilityResult, Conversation, Outcome, Settings, Step, Turn, TurnRecord, begin};
use serde_json::{Map, Value, json};

pub use shadow::{Changed, MAX_CHANGED, MAX_SHADOWED, ShadowRun, Verdict, shadow};
pub use talks::{MAX_CONVERSATIONS, Said, Talk, Talks, Wanted, talks};
pub use why::{Again, StateAgain, Stopped, TurnName, Why, why};

use crate::records::BEGAN_ANEW;
use crate::sessions::beginning;
use crate::store::StoreError;

/// A stored turn, as the engine is given it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTurn {
    turn: Turn,
    /// The calls that it made, by `service.function`, in order.
    calls: Vec<String>,
    /// What they were answered.
    results: Vec<CapabilityResult>,
    /// Bytes of what it was given, where that was too much to be kept.
    left_out_bytes: Option<usize>,
    /// What it was run on.
    ground: Ground,
}

/// What a turn was run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    /// The state that the turns before it led to.
    GoesOn,
    /// A session had expired: as a conversation begins.
    Anew,
}

/// What the records of other programs may lack.
fn blank() -> Map<String, Value> {
    let blank = json!({
        "turn": 0, "at_ms": 0, "participant": "user", "user_input": "", "sanitized_input": "", "firewall_triggered": false,
        "move_id": "", "confidence": 0.0, "response": "", "action": null, "stage": "",
    });
    match blank {
        Value::Object(blank) => blank,
        _ => Map::new(),
    }
}

impl StoredTurn {
    /// Of a record.
    ///
    /// # Errors
    /// When a field holds something else than it must.
    pub fn of_record(record: &Map<String, Value>) -> Result<StoredTurn, StoreError> {
        let anew = record.get(BEGAN_ANEW).and_then(Value::as_bool) == Some(true);
        let mut whole = blank();
        whole.extend(record.clone());
        let record: TurnRecord =
            serde_json::from_value(Value::Object(whole)).map_err(|_| StoreError::Damaged("a turn's record".into()))?;
        Ok(StoredTurn {
            turn: record.turn_again(),
            calls: record.calls.into_iter().map(|call| call.capability).collect(),
            results: record.given.results,
            left_out_bytes: record.given.left_out_bytes,
            ground: if anew { Ground::Anew } else { Ground::GoesOn },
        })
    }

    /// What the call was answered, where the record has it.
    fn answer(&self, call: &CapabilityCall) -> Option<&CapabilityResult> {
        let named = format!("{}.{}", call.service, call.function);
        let same = self.calls.get(call.index).is_some_and(|name| *name == named);
        self.results.get(call.index).filter(|_| same)
    }

    /// Runs it on a state. `stand_in` answers the calls that the record has no answer to.
    ///
    /// # Errors
    /// The call that has no answer.
    fn run<E>(
        &self,
        game: &CompiledGame,
        before: Conversation,
        explain: Explain,
        mut stand_in: impl FnMut(&CapabilityCall) -> Result<CapabilityResult, E>,
    ) -> Result<Outcome, E> {
        let before = match self.ground {
            Ground::GoesOn => before,
            Ground::Anew => beginning(before.turns),
        };
        let settings = Settings { explain: explain == Explain::Yes, ..self.turn.settings.clone() };
        let mut step = begin(game, before, Turn { settings, ..self.turn.clone() });
        // The engine limits the calls of a turn.
        loop {
            let pending = match step {
                Step::Done(outcome) => return Ok(*outcome),
                Step::Call(pending) => pending,
            };
            let result = match self.answer(&pending.call) {
                Some(result) => result.clone(),
                None => stand_in(&pending.call)?,
            };
            step = pending.resume(game, result);
        }
    }
}

/// Whether a run is to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Explain {
    Yes,
    No,
}
