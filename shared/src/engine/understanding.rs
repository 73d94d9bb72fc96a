//! The last stage of understanding: where no pattern and no meaning is sure, a service of the deployment may say which move is
//! meant.
//!
//! It is one more call that the host makes, and its answer one more candidate. The deployment configures it
//! ([`super::Settings::understanding`]), so that a game need not list it; its contract is in `docs/meaning.md`. It never
//! decides by itself that something is urgent, and what it says of a sentence that denies something is asked about.

use serde_json::{Value, json};

use super::capability::{BROKEN_RESULT, NOT_OK};
use super::run::{Halt, Run, WORTH_ASKING, rounded};
use super::{CallRecord, CapabilityCall, CapabilityResult, MAX_CALLS_PER_TURN};
use crate::ir::Move;
use crate::language::Class;
use crate::matcher::{Candidate, DOUBTFUL_SCORE, Stage, Standing};

/// The function of the service that is called.
pub const UNDERSTAND: &str = "understand";
/// The fields of its answer that count.
pub const UNDERSTOOD: [&str; 2] = ["move", "confidence"];
/// How long a person waits for it, milliseconds.
const TIMEOUT_MS: u32 = 1_500;
/// Moves that it is told of, and phrases of each; an answer may name others.
const MAX_MOVES_TOLD: usize = 128;
const MAX_PHRASES_TOLD: usize = 3;
/// It never scores more: below what `critical` asks for, and what leaves an open question.
const MOST: f64 = 0.9;

/// What the service has said of a text in this turn.
pub(super) struct Understood {
    text: String,
    candidate: Option<Candidate>,
}

impl Run<'_> {
    /// Asks the service which move the text means, once a turn; whether it has an answer worth a question. Halts the turn while the
    /// host has not answered yet.
    pub(super) fn ask_service(&mut self) -> Result<bool, Halt> {
        let Some(service) = self.input.turn.settings.understanding.clone() else { return Ok(false) };
        let silent = self.heard().is_empty() || self.tell.calls.len() >= MAX_CALLS_PER_TURN;
        if silent || self.understood.is_some() {
            return Ok(false);
        }
        let Some(result) = self.input.results.get(self.calls_made) else {
            return Err(Box::new(self.call_of(service)));
        };
        let answer = result.clone();
        self.calls_made += 1;
        let (status, candidate) = match self.candidate_of(answer) {
            Ok(candidate) => ("ok".to_owned(), candidate),
            Err(code) => {
                self.finding(&code);
                (code, None)
            }
        };
        self.tell.calls.push(CallRecord { capability: format!("{service}.{UNDERSTAND}"), status });
        if let Some(candidate) = candidate.as_ref().filter(|candidate| candidate.score >= self.threshold_for(candidate))
        {
            self.tell.recognised.push((self.name_of(candidate), Stage::Service));
        }
        let worth = candidate.as_ref().is_some_and(|candidate| candidate.score >= WORTH_ASKING);
        self.understood = Some(Understood { text: self.text.clone(), candidate });
        self.matches = None;
        Ok(worth)
    }

    fn call_of(&self, service: String) -> CapabilityCall {
        let told = |mv: &Move| {
            let phrases = mv.triggers.iter().flat_map(|trigger| &trigger.patterns).take(MAX_PHRASES_TOLD);
            json!({ "move": mv.name, "phrases": phrases.map(|pattern| pattern.text.as_str()).collect::<Vec<_>>() })
        };
        let moves: Vec<Value> = (0..self.input.game.move_count())
            .filter(|index| self.admits(*index))
            .filter_map(|index| self.input.game.move_at(index))
            .filter(|mv| !mv.triggers.is_empty())
            .take(MAX_MOVES_TOLD)
            .map(|mv| told(&mv))
            .collect();
        let payload = [
            ("text", json!(self.text)),
            ("language", json!(self.locale.tag)),
            ("game", json!(self.input.game.name())),
            ("moves", Value::Array(moves)),
        ];
        CapabilityCall {
            index: self.calls_made,
            service,
            function: UNDERSTAND.to_owned(),
            purpose: None,
            payload: payload.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
            timeout_ms: TIMEOUT_MS,
            side_effects: false,
        }
    }

    /// The candidate that an answer comes to: nothing where it names no move that can be meant now; `Err` with a code where the
    /// service did not answer as it should.
    fn candidate_of(&self, answer: CapabilityResult) -> Result<Option<Candidate>, String> {
        let data = match answer {
            CapabilityResult::Failed { code, .. } => return Err(code),
            CapabilityResult::Answered { status, .. } if !status.eq_ignore_ascii_case("ok") => {
                return Err(NOT_OK.into());
            }
            CapabilityResult::Answered { data, .. } => data,
        };
        let broken = || Err(BROKEN_RESULT.to_owned());
        let name = match data.get("move") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(name)) => name,
            Some(_) => return broken(),
        };
        let confidence = match data.get("confidence").and_then(Value::as_f64) {
            Some(confidence) if (0.0..=1.0).contains(&confidence) => confidence,
            _ => return broken(),
        };
        let Some(move_index) = self.input.game.find_move(name).filter(|index| self.admits(*index)) else {
            return Ok(None);
        };
        let Some(mv) = self.input.game.move_at(move_index) else { return Ok(None) };
        // Whether what is denied is the move, nobody has said.
        let most = if self.heard().tokens.classes().is(Class::NEGATOR) { DOUBTFUL_SCORE } else { MOST };
        Ok(Some(Candidate {
            move_index,
            pattern_index: 0,
            pattern: String::new(),
            score: rounded(confidence.min(most)),
            literal_words: 0,
            verbatim: false,
            fuzzy: false,
            aside: false,
            priority: mv.priority,
            standing: Standing::Full,
            stage: Stage::Service,
            captures: Vec::new(),
            span: (0, self.text.len()),
        }))
    }

    /// Puts what the service has said of a text among what was found, which is sorted by score.
    pub(super) fn add_understood(&self, text: &str, admits: &dyn Fn(usize) -> bool, found: &mut Vec<Candidate>) {
        let said = self.understood.as_ref().filter(|said| said.text == text);
        let said = said.and_then(|said| said.candidate.as_ref()).filter(|candidate| admits(candidate.move_index));
        let Some(mut candidate) = said.cloned() else { return };
        if let Some(at) = found.iter().position(|known| known.move_index == candidate.move_index) {
            if found[at].score >= candidate.score {
                return;
            }
            candidate.captures = found.remove(at).captures;
        }
        let at = found.iter().position(|other| other.score < candidate.score).unwrap_or(found.len());
        found.insert(at, candidate);
    }
}
