//! A turn in progress: what it reads, what it has said so far, and what it will leave behind.
//!
//! The order in which an utterance is read is in `turn`; what blocks do in `blocks`; how a move goes on in `flow`.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::conditions::{self, Facts};
use super::firewall;
use super::state::{Conversation, Frame, MAX_SAID_CHARS, Open};
use super::{
    CallRecord, CapabilityCall, CapabilityResult, ExplainedCandidate, Explanation, MAX_UTTERANCE_CHARS, Negotiation,
    NegotiationRound, Outcome, Turn, TurnRecord, wording,
};
use crate::compiled::CompiledGame;
use crate::entities::{Direction, Language, Reference};
use crate::ir::{self, Literal, Move, Slot, SlotType, Threshold, confidence_level};
use crate::matcher::{self, Candidate, Query};
use crate::slots::{SlotValue, effective_type};

/// Stops a turn until the host has made the call.
pub(super) type Halt = Box<CapabilityCall>;

/// Shown in records for a value that must not be.
const MASKED: &str = "***";
/// Candidates below this are not worth asking about.
pub(super) const WORTH_ASKING: f64 = 0.4;
/// `adaptive` starts here.
const ADAPTIVE_START: f64 = 0.7;
/// A weighted threshold stays within these.
const WEIGHTED_BOUNDS: (f64, f64) = (0.2, 0.95);
/// Two scores closer than this are as good as equal.
pub(super) const TOO_CLOSE: f64 = 0.05;

/// How a turn's utterance was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Match,
    Answer,
    Correction,
    Digression,
    Repair,
    Choice,
    Negotiation,
    Confirmation,
}

impl Reading {
    fn name(self) -> &'static str {
        match self {
            Reading::Match => "match",
            Reading::Answer => "answer",
            Reading::Correction => "correction",
            Reading::Digression => "digression",
            Reading::Repair => "repair",
            Reading::Choice => "choice",
            Reading::Negotiation => "negotiation",
            Reading::Confirmation => "confirmation",
        }
    }
}

/// A turn in progress.
pub(super) struct Run<'a> {
    pub(super) game: &'a CompiledGame,
    pub(super) header: Arc<ir::Game>,
    pub(super) turn: &'a Turn,
    pub(super) results: &'a [CapabilityResult],
    pub(super) state: Conversation,
    /// The utterance as it is read.
    pub(super) text: String,
    pub(super) reference: Reference,
    pub(super) participant: &'a str,
    firewall_triggered: bool,
    user_input: String,
    matches: Option<Arc<Vec<Candidate>>>,

    // What the turn says and leaves.
    pub(super) sentences: Vec<String>,
    pub(super) choices: Vec<String>,
    pub(super) answered_by: Option<(String, f64)>,
    pub(super) cancelled: bool,
    pub(super) escalated_to: Option<String>,
    pub(super) slots_filled: bool,
    pub(super) completed_slots: Option<(String, Map<String, Value>)>,
    pub(super) negotiation: Option<Negotiation>,
    pub(super) findings: Vec<String>,
    pub(super) learning: Vec<String>,
    pub(super) reading: Reading,
    pub(super) blocks: Vec<u32>,
    explained_slots: Vec<(String, Value, String)>,

    // Capability calls.
    pub(super) calls: Vec<CallRecord>,
    pub(super) calls_made: usize,
    pub(super) action: Option<String>,
    pub(super) result: Map<String, Value>,

    // The move that is running.
    pub(super) last_call: Option<bool>,
    pub(super) last_call_handled: bool,
    pub(super) gave_up: bool,
    pub(super) threshold: Option<f64>,
    pub(super) last_made: Option<ir::Call>,
    pub(super) reconsider: bool,
    pub(super) rounds: Vec<NegotiationRound>,
    pub(super) negotiated: Option<String>,
    pub(super) delegations: usize,
    pub(super) retries: usize,
    pub(super) resumed: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        game: &'a CompiledGame,
        state: Conversation,
        turn: &'a Turn,
        results: &'a [CapabilityResult],
    ) -> Run<'a> {
        let cut = turn.text.char_indices().nth(MAX_UTTERANCE_CHARS).map(|(at, _)| at);
        let user_input = turn.text[..cut.unwrap_or(turn.text.len())].to_owned();
        let sanitized = firewall::sanitize(&user_input);
        let mut run = Run {
            game,
            header: game.header(),
            turn,
            results,
            state,
            text: sanitized.text,
            reference: reference(turn),
            participant: if turn.participant.is_empty() { "user" } else { &turn.participant },
            firewall_triggered: sanitized.triggered,
            user_input,
            matches: None,
            sentences: Vec::new(),
            choices: Vec::new(),
            answered_by: None,
            cancelled: false,
            escalated_to: None,
            slots_filled: false,
            completed_slots: None,
            negotiation: None,
            findings: Vec::new(),
            learning: Vec::new(),
            reading: Reading::Match,
            blocks: Vec::new(),
            explained_slots: Vec::new(),
            calls: Vec::new(),
            calls_made: 0,
            action: None,
            result: Map::new(),
            last_call: None,
            last_call_handled: false,
            gave_up: false,
            threshold: None,
            last_made: None,
            reconsider: false,
            rounds: Vec::new(),
            negotiated: None,
            delegations: 0,
            retries: 0,
            resumed: 0,
        };
        if cut.is_some() {
            run.finding("E207");
            run.say(wording::TOO_LONG);
        }
        run
    }

    // ---- speaking -------------------------------------------------------------------------------------------

    /// Adds text to the response.
    pub(super) fn say(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        // Where a value is missing, the spaces around it are left over.
        let mut said = String::with_capacity(text.len());
        for character in text.chars() {
            if character != ' ' || !said.ends_with([' ', '\n']) {
                said.push(character);
            }
        }
        self.sentences.push(said);
    }

    /// Notes a run-time finding, once.
    pub(super) fn finding(&mut self, code: &str) {
        if !self.findings.iter().any(|known| known == code) {
            self.findings.push(code.to_owned());
        }
    }

    /// Fills a template in from the values in scope.
    pub(super) fn render(&mut self, template: &ir::Template) -> String {
        let rendered = crate::template::render(template, &|path| self.value_in_scope(path));
        for finding in &rendered.findings {
            self.finding(finding.code);
        }
        rendered.text
    }

    /// The move that answers this turn is the first that has something to do with it.
    pub(super) fn answer_as(&mut self, move_id: &str, score: f64) {
        if self.answered_by.is_none() {
            self.answered_by = Some((move_id.to_owned(), score));
        }
    }

    // ---- moves and matching ---------------------------------------------------------------------------------

    /// The move of that name.
    pub(super) fn move_named(&self, name: &str) -> Option<Arc<Move>> {
        self.game.move_at(self.game.find_move(name)?)
    }

    /// The move under way.
    pub(super) fn active_move(&self) -> Option<Arc<Move>> {
        self.move_named(&self.state.active.as_ref()?.move_id)
    }

    /// What the utterance may mean, best first; found once a turn.
    pub(super) fn candidates(&mut self) -> Arc<Vec<Candidate>> {
        if let Some(found) = &self.matches {
            return Arc::clone(found);
        }
        let found = Arc::new(self.matches_of(&self.text));
        self.matches = Some(Arc::clone(&found));
        found
    }

    /// What a text may mean, best first.
    pub(super) fn matches_of(&self, text: &str) -> Vec<Candidate> {
        self.find(text, &|index| self.admits(index))
    }

    /// How one move matches a text.
    pub(super) fn match_of(&self, text: &str, move_id: &str) -> Option<Candidate> {
        let wanted = self.game.find_move(move_id)?;
        self.find(text, &|index| index == wanted).into_iter().find(|candidate| candidate.move_index == wanted)
    }

    fn find(&self, text: &str, admits: &dyn Fn(usize) -> bool) -> Vec<Candidate> {
        let query = Query {
            text,
            participant: self.participant,
            reference: &self.reference,
            admits,
            plausible: &|index| self.plausible(index),
        };
        let mut found = matcher::find(self.game, &query);
        for candidate in &mut found {
            candidate.score = rounded(candidate.score);
        }
        found
    }

    /// Whether a move's context guard holds.
    fn admits(&self, index: usize) -> bool {
        let Some(mv) = self.game.move_at(index) else { return false };
        mv.guard.iter().all(|item| conditions::admits(item, &|path| self.context_value(path).map(Cow::into_owned)))
    }

    /// Whether the conversation so far makes a move plausible: it is under way or was, a move that hands over to it was,
    /// or a move that speaks of the same things (shares the name of a slot or capture) was.
    fn plausible(&self, index: usize) -> bool {
        let Some(mv) = self.game.move_at(index) else { return false };
        let under_way = self.state.active.iter().chain(&self.state.suspended).map(|frame| frame.move_id.as_str());
        let before = || under_way.clone().chain(self.state.recent.iter().map(String::as_str));
        if before().any(|name| name == mv.name) {
            return true;
        }
        let topics = topics(&mv);
        before().filter_map(|name| self.move_named(name)).any(|earlier| {
            delegates_to(&earlier, &mv.name) || self::topics(&earlier).iter().any(|topic| topics.contains(topic))
        })
    }

    /// The name of a candidate's move.
    pub(super) fn name_of(&self, candidate: &Candidate) -> String {
        self.game.move_at(candidate.move_index).map(|mv| mv.name.clone()).unwrap_or_default()
    }

    /// The score that a move asks for.
    pub(super) fn threshold_of(&self, threshold: &Threshold) -> f64 {
        match threshold {
            Threshold::Fixed(value) => *value,
            Threshold::Adaptive => ADAPTIVE_START,
            Threshold::Weighted { base, by } => {
                let share = |path: &[String]| {
                    self.value_in_scope(path)
                        .and_then(|value| crate::template::numeric(&value))
                        .filter(|number| (0.0..=1.0).contains(number))
                };
                let base = match base.as_deref() {
                    None => None,
                    Some([level]) if confidence_level(level).is_some() => confidence_level(level),
                    Some(path) => share(path),
                };
                let base = base.unwrap_or(ADAPTIVE_START);
                (base * share(by).unwrap_or(1.0)).clamp(WEIGHTED_BOUNDS.0, WEIGHTED_BOUNDS.1)
            }
        }
    }

    /// The score that a candidate's move asks for.
    pub(super) fn threshold_for(&self, candidate: &Candidate) -> f64 {
        self.game.move_at(candidate.move_index).map_or(1.0, |mv| self.threshold_of(&mv.threshold))
    }

    /// The moves that can be named to the person now, as people would say them.
    pub(super) fn abilities(&self) -> Option<String> {
        let named: Vec<String> = (0..self.game.move_count())
            .filter(|index| self.admits(*index))
            .filter_map(|index| self.game.move_at(index))
            .filter(|mv| wording::is_named(mv))
            .take(wording::MAX_COUNTED_MOVES)
            .map(|mv| wording::move_label(&mv.name))
            .collect();
        wording::abilities(&named)
    }

    // ---- scope ----------------------------------------------------------------------------------------------

    /// A dotted name in scope: slots and captures, then capability results, then the conversation's context, then the
    /// request's.
    pub(super) fn value_in_scope(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        let (head, rest) = path.split_first()?;
        match head.as_str() {
            "extracted" if !rest.is_empty() => self.local(rest),
            "result" if !rest.is_empty() => self.result_value(rest),
            "context" if !rest.is_empty() => self.context_value(rest),
            _ => self.local(path).or_else(|| self.result_value(path)).or_else(|| self.context_value(path)),
        }
    }

    fn local(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        let (head, rest) = path.split_first()?;
        let frame = self.state.active.as_ref()?;
        if let Some(value) = frame.slot(head) {
            return slot_field(value, self.slot_declared(frame, head).as_ref(), rest);
        }
        if let Some(value) = frame.captures.get(head) {
            return dig(value, rest).map(Cow::Borrowed);
        }
        if let Some(default) = self.slot_declared(frame, head).and_then(|(mv, index)| default_value(&mv.slots[index])) {
            return slot_field(&default, self.slot_declared(frame, head).as_ref(), rest)
                .map(|value| Cow::Owned(value.into_owned()));
        }
        frame.inherited.get(head).and_then(|value| dig(value, rest)).map(Cow::Borrowed)
    }

    fn slot_declared(&self, frame: &Frame, name: &str) -> Option<(Arc<Move>, usize)> {
        let mv = self.move_named(&frame.move_id)?;
        let index = mv.slots.iter().position(|slot| slot.name == name)?;
        Some((mv, index))
    }

    fn result_value(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        let (head, rest) = path.split_first()?;
        let value = self.result.get(head).or_else(|| self.state.context.get(head))?;
        dig(value, rest).map(Cow::Borrowed)
    }

    /// The conversation's context, then the request's.
    pub(super) fn context_value(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        let path = if path.len() > 1 && path[0] == "context" { &path[1..] } else { path };
        let (head, rest) = path.split_first()?;
        let found = self.state.context.get(head).and_then(|value| dig(value, rest));
        found.or_else(|| self.turn.context.get(head).and_then(|value| dig(value, rest))).map(Cow::Borrowed)
    }

    /// The values of the move under way that a capability may be given: slots (canonical), defaults, captures.
    pub(super) fn values_for_payload(&self) -> Map<String, Value> {
        let mut values = Map::new();
        let (Some(frame), Some(mv)) = (&self.state.active, self.active_move()) else { return values };
        for (name, value) in frame.inherited.iter().chain(&frame.captures) {
            values.insert(name.clone(), value.clone());
        }
        for slot in &mv.slots {
            let value = frame.slot(&slot.name).cloned().or_else(|| default_value(slot));
            if let Some(value) = value {
                values.insert(slot.name.clone(), value.value);
            }
        }
        values
    }

    /// Whether a slot of a move is to be masked.
    pub(super) fn is_sensitive(&self, slot: &Slot) -> bool {
        slot.sensitive || self.header.contract.pii_fields.contains(&slot.name)
    }

    /// The slot values of the active move as the record shows them.
    pub(super) fn shown_slots(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        let (Some(frame), Some(mv)) = (&self.state.active, self.active_move()) else { return shown };
        for slot in &mv.slots {
            let Some(value) = frame.slot(&slot.name) else { continue };
            shown.insert(
                slot.name.clone(),
                if self.is_sensitive(slot) { json!(MASKED) } else { shown_value(value, slot) },
            );
        }
        shown
    }

    /// Notes the slots of the active move for the explanation.
    pub(super) fn explain_slots(&mut self) {
        if !self.turn.settings.explain {
            return;
        }
        let Some(frame) = &self.state.active else { return };
        let sources: Vec<(String, String)> =
            frame.slots.iter().map(|(name, value)| (name.clone(), source_name(value))).collect();
        for (name, value) in self.shown_slots() {
            let source =
                sources.iter().find(|(slot, _)| *slot == name).map(|(_, source)| source.clone()).unwrap_or_default();
            self.explained_slots.retain(|(known, _, _)| *known != name);
            self.explained_slots.push((name, value, source));
        }
    }

    // ---- the end --------------------------------------------------------------------------------------------

    /// What the turn has come to.
    pub(super) fn finish(mut self) -> Outcome {
        if self.completed_slots.is_none() {
            self.explain_slots();
        }
        let response = self.sentences.join(" ");
        let open = self.state.active.as_ref().and_then(|frame| frame.open.clone());
        let awaiting_slot = match &open {
            Some(Open::Slot { name } | Open::Confirm { name }) => Some(name.clone()),
            _ => None,
        };
        let (move_id, confidence) = self.answered_by.clone().unwrap_or_else(|| ("none".to_owned(), 0.0));
        let stage = if self.escalated_to.is_some() {
            "escalated"
        } else if self.cancelled {
            "cancelled"
        } else {
            match &open {
                Some(Open::Slot { .. }) => "collecting",
                Some(Open::Confirm { .. } | Open::Guess { .. }) => "confirming",
                Some(Open::Choice { .. } | Open::Which { .. }) => "choosing",
                Some(Open::Negotiation(_)) => "negotiating",
                None if self.answered_by.is_some() || self.reading == Reading::Repair => "answered",
                None => "unmatched",
            }
        };
        let slots = match self.completed_slots.take() {
            Some((name, slots)) if name == move_id || self.state.active.is_none() => slots,
            _ if self.state.active.as_ref().is_some_and(|frame| frame.move_id == move_id)
                || awaiting_slot.is_some() =>
            {
                self.shown_slots()
            }
            _ => Map::new(),
        };
        let explanation = self.turn.settings.explain.then(|| self.explanation());
        if let Some((name, _)) = &self.answered_by {
            let name = name.clone();
            self.state.remember_move(&name);
        }
        self.state.turns += 1;
        self.state.said = response.chars().take(MAX_SAID_CHARS).collect();
        let record = TurnRecord {
            turn: self.state.turns,
            at_ms: self.turn.now_ms,
            participant: self.participant.to_owned(),
            user_input: self.user_input,
            sanitized_input: self.text,
            firewall_triggered: self.firewall_triggered,
            move_id,
            confidence,
            response,
            action: self.action,
            stage: stage.to_owned(),
            awaiting_slot,
            slots_filled: self.slots_filled,
            slots,
            choices: self.choices,
            negotiation: self.negotiation,
            escalated_to: self.escalated_to,
            calls: self.calls,
            findings: self.findings,
            learning: self.learning,
        };
        Outcome { conversation: self.state, record, explanation }
    }

    fn explanation(&mut self) -> Explanation {
        let candidates = self.candidates();
        let candidates = candidates
            .iter()
            .map(|candidate| ExplainedCandidate {
                move_id: self.name_of(candidate),
                pattern: candidate.pattern.clone(),
                score: candidate.score,
                threshold: self.threshold_for(candidate),
            })
            .collect();
        Explanation {
            reading: self.reading.name().to_owned(),
            candidates,
            slots: std::mem::take(&mut self.explained_slots),
            blocks: self.blocks.clone(),
        }
    }
}

impl Facts for Run<'_> {
    fn value(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        self.value_in_scope(path)
    }

    fn confident(&self) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let threshold =
            self.threshold.or_else(|| self.active_move().map(|mv| self.threshold_of(&mv.threshold))).unwrap_or(1.0);
        // A move that was confirmed, chosen or delegated to is certain of its own threshold, not of one set in a block.
        frame.score >= threshold || (frame.certain && self.threshold.is_none())
    }

    fn last_call(&self) -> Option<bool> {
        self.last_call
    }

    fn gave_up(&self) -> bool {
        self.gave_up
    }

    fn slot_missing(&self, name: &str) -> bool {
        self.state
            .active
            .as_ref()
            .is_some_and(|frame| frame.slot(name).is_none() && !frame.passed.iter().any(|passed| passed == name))
    }

    fn all_slots_filled(&self) -> bool {
        self.active_move().is_some_and(|mv| self.need(&mv).is_none())
    }
}

/// The speaker's local time, from the turn's.
fn reference(turn: &Turn) -> Reference {
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let offset = jiff::tz::Offset::from_seconds(turn.offset_seconds).unwrap_or(jiff::tz::Offset::UTC);
    let now = jiff::Timestamp::from_millisecond(turn.now_ms).map_or(epoch, |now| offset.to_datetime(now));
    Reference { now, offset_seconds: offset.seconds(), direction: Direction::Future, language: Language::English }
}

/// Scores are kept to four places: enough to tell candidates apart, and short enough to be written and read back the same.
pub(super) fn rounded(score: f64) -> f64 {
    const PLACES: f64 = 10_000.0;
    (score * PLACES).round() / PLACES
}

/// Follows a dotted name into a value.
fn dig<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A slot's value as templates, conditions and clients see it: a timeframe with what was said and its ISO form.
fn shown_value(value: &SlotValue, slot: &Slot) -> Value {
    match effective_type(slot) {
        SlotType::Timeframe => json!({"text": value.text, "iso": value.value}),
        _ => value.value.clone(),
    }
}

fn slot_field<'v>(value: &SlotValue, declared: Option<&(Arc<Move>, usize)>, path: &[String]) -> Option<Cow<'v, Value>> {
    let shown = match declared {
        Some((mv, index)) => shown_value(value, &mv.slots[*index]),
        None => value.value.clone(),
    };
    match path {
        [] => Some(Cow::Owned(shown)),
        [field] if field == "text" || field == "said" => Some(Cow::Owned(json!(value.text))),
        [field] if field == "iso" || field == "value" => Some(Cow::Owned(value.value.clone())),
        path => dig(&shown, path).cloned().map(Cow::Owned),
    }
}

/// `default(VALUE)` as a value of the slot.
pub(super) fn default_value(slot: &Slot) -> Option<SlotValue> {
    let (text, value) = match slot.default.as_ref()? {
        Literal::Text(text) => (text.clone(), json!(text)),
        Literal::Number(number) => (crate::template::number_text(*number), crate::slots::number_value(*number)),
        Literal::Boolean(answer) => (if *answer { "yes" } else { "no" }.to_owned(), json!(answer)),
    };
    Some(SlotValue { text, value, source: crate::slots::Source::Default, confirmed: true })
}

fn source_name(value: &SlotValue) -> String {
    match serde_json::to_value(value.source) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The names of what a move speaks of: its slots and the captures of its patterns.
fn topics(mv: &Move) -> Vec<&str> {
    let captures =
        mv.triggers.iter().flat_map(|trigger| &trigger.patterns).flat_map(|pattern| &pattern.elements).filter_map(
            |element| match element {
                ir::Element::Capture { name, .. } => Some(name.as_str()),
                _ => None,
            },
        );
    mv.slots.iter().map(|slot| slot.name.as_str()).chain(captures).collect()
}

/// Whether a move hands over to another somewhere.
fn delegates_to(mv: &Move, name: &str) -> bool {
    fn in_body(body: &[ir::Statement], name: &str, depth: usize) -> bool {
        const MAX_DEPTH: usize = 32;
        depth < MAX_DEPTH
            && body.iter().any(|statement| match statement {
                ir::Statement::Action(ir::Action::Delegate(target)) => target == name,
                ir::Statement::Action(ir::Action::Call(call)) => {
                    matches!(call.then.as_deref(), Some(ir::Action::Delegate(target)) if target == name)
                }
                ir::Statement::Block(block) => in_block(block, name, depth + 1),
                _ => false,
            })
    }
    fn in_block(block: &ir::Block, name: &str, depth: usize) -> bool {
        block.branches.iter().any(|branch| in_body(&branch.body, name, depth))
            || block.otherwise.as_ref().is_some_and(|body| in_body(body, name, depth))
    }
    mv.blocks.iter().any(|block| in_block(block, name, 0))
}
