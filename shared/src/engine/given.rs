//! What a turn was given beside what was said. A record that has it can be run again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CapabilityResult, Event, Settings, Turn, TurnRecord};

/// Bytes that a record keeps of what its turn was given, at most. A turn that was given more can't be run again.
pub const MAX_GIVEN_BYTES: usize = 16 * 1024;

/// What a turn was given: empty where the text says it all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// The request's own context.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
    /// What the event brought.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// Seconds east of UTC where the speaker was.
    #[serde(skip_serializing_if = "is_zero")]
    pub offset_seconds: i32,
    /// What the capabilities answered, in the order of the calls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<CapabilityResult>,
    /// The settings, where they are not those that the engine has by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// How many bytes all that had, where it was too much: context, value and results are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out_bytes: Option<usize>,
}

fn is_zero(number: &i32) -> bool {
    *number == 0
}

/// Counts what is written.
struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Given {
    /// Whether the text says it all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Given::default()
    }

    /// What a turn and the capabilities that it called were given.
    pub(super) fn of(turn: &Turn, results: &[CapabilityResult]) -> Given {
        let settings = Settings { explain: false, ..turn.settings.clone() };
        let always = Given {
            offset_seconds: turn.offset_seconds,
            settings: Some(settings).filter(|settings| *settings != Settings::default()),
            ..Given::default()
        };
        let value = turn.event.as_ref().map_or(&Value::Null, |event| &event.value);
        if turn.context.is_empty() && value.is_null() && results.is_empty() {
            return always;
        }
        let mut counter = Counter(0);
        let written = serde_json::to_writer(&mut counter, &(&turn.context, value, results));
        // What can't be written is no JSON, and nothing of it is kept either.
        if written.is_err() || counter.0 > MAX_GIVEN_BYTES {
            return Given { left_out_bytes: Some(counter.0), ..always };
        }
        Given { context: turn.context.clone(), value: value.clone(), results: results.to_vec(), ..always }
    }
}

impl TurnRecord {
    /// The turn that this is the record of, but for what services answered.
    #[must_use]
    pub fn turn_again(&self) -> Turn {
        Turn {
            participant: self.participant.clone(),
            text: self.user_input.clone(),
            event: self.event.as_ref().map(|name| Event { name: name.clone(), value: self.given.value.clone() }),
            context: self.given.context.clone(),
            now_ms: self.at_ms,
            offset_seconds: self.given.offset_seconds,
            settings: self.given.settings.clone().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn(context: &Value) -> Turn {
        Turn {
            participant: "user".into(),
            text: "hello".into(),
            event: None,
            context: context.as_object().cloned().unwrap_or_default(),
            now_ms: 0,
            offset_seconds: 0,
            settings: Settings { explain: true, ..Settings::default() },
        }
    }

    #[test]
    fn nothing_is_kept_of_a_turn_that_its_text_says_all_of() {
        assert!(Given::of(&turn(&json!({})), &[]).is_nothing());
    }

    #[test]
    fn what_was_given_is_kept_up_to_a_limit() {
        let answer = |bytes: usize| CapabilityResult::Answered {
            status: "ok".into(),
            data: Map::from_iter([("text".to_owned(), Value::from("x".repeat(bytes)))]),
            message: None,
        };
        let small = Given::of(&turn(&json!({"locale": "de"})), &[answer(100)]);
        assert_eq!((small.context.len(), small.results.len(), small.left_out_bytes), (1, 1, None));
        let large = Given::of(&turn(&json!({"locale": "de"})), &[answer(MAX_GIVEN_BYTES)]);
        assert!(large.context.is_empty() && large.results.is_empty());
        assert!(large.left_out_bytes.is_some_and(|bytes| bytes > MAX_GIVEN_BYTES));
    }
}
