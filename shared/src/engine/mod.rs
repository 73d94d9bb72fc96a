//! The turn engine: sans-I/O and deterministic.
//!
//! [`begin`] runs a turn until it is done or needs a capability; the host makes the call and [`Pending::resume`]s it.
//! A resumed turn is run again from its start with the results so far, which keeps the engine straight-line code;
//! it is deterministic, so the second run takes the same way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::compiled::CompiledGame;
use crate::slots::Source;

mod agenda;
mod answers;
mod attachments;
mod blocks;
mod capability;
mod checks;
mod composites;
mod conditions;
mod corrections;
mod counts;
mod danger;
mod decide;
mod doubt;
mod events;
mod fill;
mod firewall;
mod flow;
mod given;
mod handover;
mod hear;
mod inquiry;
mod languages;
mod mending;
mod negotiation;
mod outcome;
mod parts;
mod pending;
mod people;
mod places;
mod prepositions;
mod remainder;
mod repairs;
mod rules;
mod run;
mod schema;
mod scope;
mod state;
mod statements;
mod things;
mod told;
mod turn;
mod understanding;
mod variety;
mod wording;

pub use checks::Checked;
pub use doubt::Doubt;
pub use given::{Given, MAX_GIVEN_BYTES};
pub use handover::{HandoverStage, HandoverStatus};
pub use state::Conversation;
pub use understanding::{UNDERSTAND, UNDERSTOOD};
#[cfg(feature = "golden")]
pub(crate) use {answers::prompt_text, wording::is_named};

/// The longest utterance, in characters.
pub const MAX_UTTERANCE_CHARS: usize = 4096;
/// The longest answer, in characters; what is longer is cut, with E217.
pub const MAX_RESPONSE_CHARS: usize = 16_384;
/// Capability calls in one turn at most; one more fails with E203.
pub const MAX_CALLS_PER_TURN: usize = 16;
/// Interrupted moves kept at most.
pub const MAX_SUSPENDED_MOVES: usize = 5;

/// One turn's input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Who speaks; `user` when the request names nobody.
    pub participant: String,
    /// What was said.
    pub text: String,
    /// What happened, in the place of something said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// The request's own context.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// The turn's time: milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
    /// Seconds east of UTC at that time where the speaker is.
    pub offset_seconds: i32,
    /// Deployment facts that change what the engine does.
    #[serde(default)]
    pub settings: Settings,
}

/// Something that happened: the conversation began, nobody answered, a button was pressed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `session_started`, `timeout`, `button`, `handoff_ended`, or a name of the game's own.
    pub name: String,
    /// What it brings: of a button its value.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// Deployment settings that the engine heeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Rounds of a negotiation (`LGDL_NEGOTIATION_MAX_ROUNDS`).
    pub negotiation_max_rounds: u32,
    /// Gain below which a round counts as none (`LGDL_NEGOTIATION_EPSILON`).
    pub negotiation_epsilon: f64,
    /// Whether the outcome carries an [`Explanation`].
    pub explain: bool,
    /// Who tells the turn: only the desk takes a hand-over, speaks in it and ends it.
    pub told_by: ToldBy,
    /// Degraded: match and answer only, no slots, no state (see the design's degradation steps).
    pub stateless: bool,
    /// The service that is asked what is meant where nothing else is sure (`LGDL_UNDERSTANDING_SERVICE`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub understanding: Option<String>,
}

/// Who tells a turn, as the host knows it; the turn's own `participant` is what a client says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The person, or a program of theirs.
    #[default]
    Person,
    /// Those who step in: the events `handoff_…` change the hand-over.
    Desk,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            negotiation_max_rounds: 3,
            negotiation_epsilon: 0.05,
            explain: false,
            told_by: ToldBy::Person,
            stateless: false,
            understanding: None,
        }
    }
}

/// What a turn has come to.
#[derive(Debug)]
pub enum Step {
    /// The turn is complete.
    Done(Box<Outcome>),
    /// Make this call and [`Pending::resume`].
    Call(Box<Pending>),
}

/// A turn that waits for a capability.
#[derive(Debug)]
pub struct Pending {
    /// The call to make.
    pub call: CapabilityCall,
    conversation: Conversation,
    turn: Turn,
    results: Vec<CapabilityResult>,
}

impl Pending {
    /// Goes on with the call's result.
    #[must_use]
    pub fn resume(mut self, game: &CompiledGame, result: CapabilityResult) -> Step {
        self.results.push(result);
        run(game, self.conversation, self.turn, self.results)
    }
}

/// A capability call to be made by the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapabilityCall {
    /// 0 for the first call of the turn.
    pub index: usize,
    /// The service.
    pub service: String,
    /// The function.
    pub function: String,
    /// `for TEXT`, rendered.
    pub purpose: Option<String>,
    /// The values passed.
    pub payload: Map<String, Value>,
    /// Time limit, milliseconds.
    pub timeout_ms: u32,
    /// Whether it may change something in the world.
    pub side_effects: bool,
}

/// What came of a capability call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", try_from = "told::ToldResult")]
pub enum CapabilityResult {
    /// The service answered.
    Answered {
        /// `ok`, or something else, which counts as failed.
        status: String,
        /// Joins the scope as `result.x` and as plain names.
        data: Map<String, Value>,
        /// Appended to the response.
        message: Option<String>,
    },
    /// The call was not made or not answered.
    Failed {
        /// `E200`–`E399`.
        code: String,
        /// For the operator; never shown to the person.
        detail: String,
    },
}

/// A complete turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The conversation after the turn.
    pub conversation: Conversation,
    /// What happened, for the store and for the answer.
    pub record: TurnRecord,
    /// Why, when [`Settings::explain`] asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// The record of one turn. Byte-equal on every platform for the same inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnRecord {
    /// From 1.
    pub turn: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Who spoke.
    pub participant: String,
    /// As it came (cut at [`MAX_UTTERANCE_CHARS`]).
    pub user_input: String,
    /// As it was matched.
    pub sanitized_input: String,
    /// Whether sanitizing neutralised something.
    pub firewall_triggered: bool,
    /// The move that answered; `none` when nothing matched.
    pub move_id: String,
    /// The score of the match, or that of the move's entry while it is collecting.
    pub confidence: f64,
    /// The other moves that were said or taken up again in this turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// The answer.
    pub response: String,
    /// The function of the last capability call, if any.
    pub action: Option<String>,
    /// `answered`, `collecting`, `choosing`, `confirming`, `negotiating`, `escalated`, `with_agent`, `cancelled`, `unmatched`.
    pub stage: String,
    /// The slot that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaiting_slot: Option<String>,
    /// True when this turn filled the last slot of a move.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slots_filled: bool,
    /// Slot values in scope after the turn (of the move that answered), by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub slots: Map<String, Value>,
    /// The slots that this turn filled, in order, and from where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filled: Vec<Filled>,
    /// The slot whose answer was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_slot: Option<String>,
    /// The slot that was given up: its retries ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up_slot: Option<String>,
    /// Choices offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// What choosing one says, where that is not the choice itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choice_values: BTreeMap<String, String>,
    /// Pictures, cards and what only the client understands; the response makes sense without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Value>,
    /// The event that the turn was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The negotiation, while there is one and when it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negotiation: Option<Negotiation>,
    /// Where the conversation was handed to (`escalate to`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_to: Option<String>,
    /// The hand-over that is open after the turn, or that it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<HandoverStatus>,
    /// Whether something urgent was said to somebody who stepped in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warns_agent: bool,
    /// Capability calls made, in order; values of sensitive slots masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallRecord>,
    /// What the turn was taken for, as in [`Explanation`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reading: String,
    /// What recognised the move: `strict`, `plain`, `fuzzy`, `learned`, `meaning` or `service`; nothing where an open question was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understood_by: Option<String>,
    /// The part that answered for the move, which had called it; the innermost where parts call parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Codes of run-time findings (`E001` for a template value that could not be computed, …), without user text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Learning events (`learn pattern`, `boost confidence`, `remember outcome`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learning: Vec<String>,
    /// What the turn was given beside what was said.
    #[serde(default, skip_serializing_if = "Given::is_nothing")]
    pub given: Given,
}

/// A slot that a turn filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// The slot.
    pub slot: String,
    /// From where.
    pub source: Source,
}

/// A move beside the one that answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Also {
    /// The move.
    pub move_id: String,
    /// The score that it was entered with.
    pub confidence: f64,
    /// What became of it.
    pub state: AlsoState,
}

/// What became of a move beside the one that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlsoState {
    /// It ran to its end in this turn.
    Answered,
    /// It waits until what is under way has ended.
    Waiting,
    /// It goes on: it is under way at the end of the turn.
    Resumed,
}

impl AlsoState {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AlsoState::Answered => "answered",
            AlsoState::Waiting => "waiting",
            AlsoState::Resumed => "resumed",
        }
    }
}

/// One capability call in a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// `service.function`
    pub capability: String,
    /// `ok`, or an `E2xx`/`E3xx` code.
    pub status: String,
}

/// A negotiation as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Negotiation {
    /// Always true.
    pub enabled: bool,
    /// The rounds so far.
    pub rounds: Vec<NegotiationRound>,
    /// The confidence now.
    pub final_confidence: f64,
    /// `asking`, `confident`, `stagnated`, `exhausted`, `abandoned`.
    pub reason: String,
}

/// One round of a negotiation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NegotiationRound {
    /// From 1.
    pub n: u32,
    /// The question.
    pub q: String,
    /// The answer.
    pub a: String,
    /// Confidence before.
    pub before: f64,
    /// Confidence after.
    pub after: f64,
    /// The difference.
    pub delta: f64,
}

/// Why a turn went as it did, for `/why` and the chat page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// What the turn was taken for: `match`, `answer`, `correction`, `digression`, `repair`, `choice`, `negotiation`, `confirmation`.
    pub reading: String,
    /// Candidates, best first.
    pub candidates: Vec<ExplainedCandidate>,
    /// Slots with value and source, `(name, value, source)`.
    pub slots: Vec<(String, Value, String)>,
    /// Blocks that ran, by source line; what is imported stands behind the game's own lines.
    pub blocks: Vec<u32>,
    /// Those of them that stand in an imported file: the line as above, the file, the line there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imported: Vec<(u32, String, u32)>,
    /// What capabilities said of values: slot, `service.function`, verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<(String, String, Checked)>,
    /// The slots whose values are read back because something speaks against them, and what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<(String, Doubt)>,
}

/// One candidate in an [`Explanation`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedCandidate {
    /// The move.
    pub move_id: String,
    /// Its best pattern.
    pub pattern: String,
    /// Its score.
    pub score: f64,
    /// The move's threshold.
    pub threshold: f64,
    /// What recognised it: `strict`, `plain`, `fuzzy`, `learned`, `meaning` or `service`.
    #[serde(default)]
    pub stage: String,
}

/// Begins a turn.
#[must_use]
pub fn begin(game: &CompiledGame, conversation: Conversation, turn: Turn) -> Step {
    run(game, conversation, turn, Vec::new())
}

fn run(game: &CompiledGame, conversation: Conversation, turn: Turn, results: Vec<CapabilityResult>) -> Step {
    let spoken = languages::spoken(game, &conversation, &turn);
    let mut turn_run = match spoken {
        Some(spoken) => {
            let languages::Spoken { tag, game, heard } = spoken;
            run::Run::new(game, conversation.clone(), &turn, &results, Some(heard)).speaking(tag)
        }
        None => run::Run::new(game, conversation.clone(), &turn, &results, None),
    };
    match turn_run.converse() {
        Ok(()) => Step::Done(Box::new(turn_run.finish())),
        Err(call) => Step::Call(Box::new(Pending { call: *call, conversation, turn, results })),
    }
}

/// Whether the utterance is a built-in repair; for the tests of languages.
#[cfg(test)]
pub(crate) fn is_repair(heard: &crate::text::Heard) -> bool {
    repairs::recognize(heard).is_some()
}
