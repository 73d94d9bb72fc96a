//! Golden dialogues: conversations with what is expected of them, as `golden_dialogs.yaml` holds them. Reading and running
//! them lies here, judging a turn in [`Expectation`], and what is tried without a file in [`mod@combinations`]. How results are shown is the caller's.
//!
//! ```yaml
//! dialogs:
//!   - name: pain in one sentence
//!     turns:
//!       - input: "I have pain in my knee, 7 out of 10"
//!         expect: { move: pain_assessment, confidence: ">=0.7", awaiting_slot: onset, response_contains: ["When"] }
//! ```
//!
//! Each dialogue is a conversation of its own. `now` (such as `2025-06-11T09:00:00+02:00`), `participant` and `context` may
//! stand in a turn, in its dialogue, or at the top of the file; the nearest counts. Without `now` the time is
//! [`DEFAULT_NOW`], so that a dialogue has the same end on every day.

mod combinations;
mod expectation;
mod names;
mod persons;
mod update;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use combinations::{Combinations, Lost, MAX_COMBINATIONS, Missing, combinations};
pub use expectation::{Bound, Expectation, Mismatch};
pub use persons::Persons;
pub use update::{expectation_of, flow, rewritten};

use crate::compiled::CompiledGame;
use crate::engine::{
    self, CapabilityCall, CapabilityResult, Conversation, Event, Outcome, Settings, Step, ToldBy, Turn,
};
use crate::mocks::Mocks;

/// The time of a golden turn that names none: a Wednesday morning.
pub const DEFAULT_NOW: &str = "2025-06-11T09:00:00Z";
/// The largest golden or mocks file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 8 << 20;

/// A file of golden dialogues. Unknown keys are refused, here and below.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenFile {
    /// The game that they are for.
    #[serde(default)]
    pub game: Option<String>,
    /// For the reader.
    #[serde(default)]
    pub description: Option<String>,
    /// When the turns are said.
    #[serde(default)]
    pub now: Option<String>,
    /// Who says them.
    #[serde(default)]
    pub participant: Option<String>,
    /// The requests' context.
    #[serde(default)]
    pub context: Option<Map<String, Value>>,
    /// The dialogues.
    pub dialogs: Vec<Dialog>,
}

/// One conversation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialog {
    /// What it shows.
    pub name: String,
    /// For the reader.
    #[serde(default)]
    pub description: Option<String>,
    /// As in [`GoldenFile`].
    #[serde(default)]
    pub now: Option<String>,
    /// As in [`GoldenFile`].
    #[serde(default)]
    pub participant: Option<String>,
    /// As in [`GoldenFile`].
    #[serde(default)]
    pub context: Option<Map<String, Value>>,
    /// What is said, in order.
    pub turns: Vec<GoldenTurn>,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenTurn {
    /// What is said.
    #[serde(default)]
    pub input: String,
    /// What happens in the place of something said: the event's name, or `{ name: button, value: large }`.
    #[serde(default, deserialize_with = "event", skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// As in [`GoldenFile`].
    #[serde(default)]
    pub now: Option<String>,
    /// As in [`GoldenFile`].
    #[serde(default)]
    pub participant: Option<String>,
    /// As in [`GoldenFile`].
    #[serde(default)]
    pub context: Option<Map<String, Value>>,
    /// What must come of it.
    #[serde(default)]
    pub expect: Expectation,
}

/// An event by its name, or with its value.
fn event<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Event>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Name(String),
        Valued(Event),
    }
    Ok(Some(match Written::deserialize(deserializer)? {
        Written::Name(name) => Event { name, value: Value::Null },
        Written::Valued(event) => event,
    }))
}

/// How a file of stand-ins is written, for whoever wrote it otherwise.
const SHAPE_OF_MOCKS: &str = "hint: each function has a list of answers, such as `kitchen.place: [{ status: ok, data: { number: 7 } }]`; \
     an answer has `when`, `status`, `data`, `message` or `fail`";

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoldenError {
    /// It is too large to be meant.
    #[error("E160 the file has {0} bytes; the limit is {MAX_FILE_BYTES}")]
    TooLarge(usize),
    /// It is not what it should be; the text says where.
    #[error("E160 {0}")]
    Malformed(String),
    /// A `now` is no time.
    #[error("E160 dialogue `{dialog}`: `now: {now}` is no time; write it as {DEFAULT_NOW}")]
    Now {
        /// The dialogue.
        dialog: String,
        /// What was written.
        now: String,
    },
}

/// One turn that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnResult {
    /// What came of it, with its explanation.
    pub outcome: Outcome,
    /// What is not as expected.
    pub mismatches: Vec<Mismatch>,
}

impl GoldenFile {
    /// Reads golden dialogues.
    ///
    /// # Errors
    /// When it is no YAML, has unknown keys, lacks a needed one, or names a time that is none.
    pub fn read(yaml: &[u8]) -> Result<GoldenFile, GoldenError> {
        let file: GoldenFile = read_yaml(yaml)?;
        for dialog in &file.dialogs {
            for turn in &dialog.turns {
                file.turn(dialog, turn)?;
            }
        }
        Ok(file)
    }

    /// The engine's input for a turn of a dialogue of this file.
    ///
    /// # Errors
    /// When its `now` is no time.
    pub fn turn(&self, dialog: &Dialog, turn: &GoldenTurn) -> Result<Turn, GoldenError> {
        let now = turn.now.as_ref().or(dialog.now.as_ref()).or(self.now.as_ref()).map_or(DEFAULT_NOW, String::as_str);
        let (now_ms, offset_seconds) =
            read_now(now).ok_or_else(|| GoldenError::Now { dialog: dialog.name.clone(), now: now.to_owned() })?;
        let participant = turn.participant.as_ref().or(dialog.participant.as_ref()).or(self.participant.as_ref());
        let context = turn.context.as_ref().or(dialog.context.as_ref()).or(self.context.as_ref());
        Ok(Turn {
            event: turn.event.clone(),
            participant: participant.map_or_else(|| "user".to_owned(), Clone::clone),
            text: turn.input.clone(),
            context: context.cloned().unwrap_or_default(),
            now_ms,
            offset_seconds,
            settings: Settings { explain: true, told_by: ToldBy::Desk, ..Settings::default() },
        })
    }

    /// Runs one dialogue through the engine. It goes on after a mismatch, so that all of them are seen.
    ///
    /// # Errors
    /// When a `now` is no time.
    pub fn run(&self, dialog: &Dialog, game: &CompiledGame, mocks: &Mocks) -> Result<Vec<TurnResult>, GoldenError> {
        let mut conversation = Conversation::default();
        let mut results = Vec::with_capacity(dialog.turns.len());
        for golden in &dialog.turns {
            let turn = self.turn(dialog, golden)?;
            let outcome = complete(game, conversation, turn, |call| mocks.answer(call));
            conversation = outcome.conversation.clone();
            let mismatches = golden.expect.judge(&outcome);
            results.push(TurnResult { outcome, mismatches });
        }
        Ok(results)
    }
}

impl Mocks {
    /// Reads `capability_mocks.yaml`.
    ///
    /// # Errors
    /// When it is no YAML or has unknown keys.
    pub fn read(yaml: &[u8]) -> Result<Mocks, GoldenError> {
        read_yaml(yaml).map_err(|error| match error {
            GoldenError::Malformed(why) => GoldenError::Malformed(format!("{why}\n{SHAPE_OF_MOCKS}")),
            other => other,
        })
    }
}

/// Runs a turn to its end, with `answer` in the place of every service.
pub fn complete(
    game: &CompiledGame,
    conversation: Conversation,
    turn: Turn,
    mut answer: impl FnMut(&CapabilityCall) -> CapabilityResult,
) -> Outcome {
    let mut step = engine::begin(game, conversation, turn);
    // The engine limits the calls of a turn (engine::MAX_CALLS_PER_TURN).
    loop {
        match step {
            Step::Done(outcome) => return *outcome,
            Step::Call(pending) => {
                let result = answer(&pending.call);
                step = pending.resume(game, result);
            }
        }
    }
}

fn read_yaml<T: DeserializeOwned>(yaml: &[u8]) -> Result<T, GoldenError> {
    if yaml.len() > MAX_FILE_BYTES {
        return Err(GoldenError::TooLarge(yaml.len()));
    }
    serde_saphyr::from_slice(yaml).map_err(|error| GoldenError::Malformed(error.to_string()))
}

/// Milliseconds since 1970 and seconds east of UTC; a time without an offset is UTC.
fn read_now(text: &str) -> Option<(i64, i32)> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let instant: Timestamp = offset.to_timestamp(civil).ok()?;
    Some((instant.as_millisecond(), offset.seconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_setting_counts() {
        let file = GoldenFile::read(
            br#"
participant: patient
now: 2025-01-01T12:00:00+02:00
dialogs:
  - name: one
    context: { registered: true }
    turns:
      - input: hi
      - input: again
        participant: nurse
        now: 2025-01-02
        context: {}
"#,
        )
        .unwrap();
        let [first, second] = &file.dialogs[0].turns[..] else { panic!("two turns") };
        let first = file.turn(&file.dialogs[0], first).unwrap();
        assert_eq!(
            (first.participant.as_str(), first.now_ms, first.offset_seconds),
            ("patient", 1_735_725_600_000, 7200)
        );
        assert_eq!(first.context["registered"], true);
        let second = file.turn(&file.dialogs[0], second).unwrap();
        assert_eq!(
            (second.participant.as_str(), second.now_ms, second.offset_seconds),
            ("nurse", 1_735_776_000_000, 0)
        );
        assert!(second.context.is_empty());
    }

    fn check_refused(yaml: &str, words: &[&str]) {
        let error = GoldenFile::read(yaml.as_bytes()).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "`{word}` is missing in: {error}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_named() {
        check_refused("dialogs: [{name: x, turns: [{input: hi, expcet: {}}]}]", &["expcet"]);
        check_refused("dialogs:\n- name: x\n  turns:\n  - input: hi\n    expect:\n      mvoe: y\n", &["mvoe", "6"]);
        check_refused("dialogs: [{turns: []}]", &["name"]);
        check_refused("dialogs: [", &["E160"]);
        check_refused("dialogs: [{name: x, now: soon, turns: [{input: hi}]}]", &["`x`", "soon"]);
        check_refused("dialogs: [{name: x, turns: [{input: hi, expect: {confidence: \">=high\"}}]}]", &[">=high"]);
    }

    #[test]
    fn mocks_are_read_from_yaml() {
        let mocks = Mocks::read(b"a.b:\n  - status: ok\n    data: { n: 1 }\n").unwrap();
        assert_eq!(mocks.functions().collect::<Vec<_>>(), ["a.b"]);
        assert!(Mocks::read(b"a.b:\n  - statsu: ok\n").unwrap_err().to_string().contains("statsu"));
    }
}
