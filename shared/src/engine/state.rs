//! The conversation's state between turns: what is being collected, what was interrupted, what is open.
//!
//! Fields that are empty are not written, and fields that are unknown or missing are tolerated when read, so that a
//! state outlives a version of the engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::NegotiationRound;
use super::handover::Handover;
use crate::slots::{SlotValue, whole_of};

/// Moves that the conversation remembers having been in, for `context-sensitive` patterns.
pub(super) const MAX_RECENT_MOVES: usize = 5;
/// Values that the conversation's context holds at most; the oldest go first.
pub(super) const MAX_CONTEXT_VALUES: usize = 64;
/// Characters of the last response that are kept for "say that again".
pub(super) const MAX_SAID_CHARS: usize = 600;

/// A conversation's state. Opaque to hosts: stored as JSON, read back equal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversation {
    /// Turns completed; also the version that the origin's compare-and-swap orders by.
    pub turns: u64,
    /// The move that is under way: collecting slots, or waiting for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) active: Option<Frame>,
    /// Interrupted moves, the last one on top.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) suspended: Vec<Frame>,
    /// Moves that were said and have not begun, the next one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) waiting: Vec<Frame>,
    /// The move that has just ended, for "that was wrong, I meant …".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Ended>,
    /// Who was asked to step in, until they hand back or nobody came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) handover: Option<Handover>,
    /// What the conversation has learnt: results of capabilities and choices, by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) context: Map<String, Value>,
    /// The moves that answered lately, without repetition, the last one last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) recent: Vec<String>,
    /// The last response, for "say that again".
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) said: String,
    /// Which of several texts is said; told apart from other conversations when the first of them is.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) variety: u32,
    /// The language that the conversation is held in, where the game has several.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) language: String,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A move under way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Frame {
    /// The move's name.
    pub(super) move_id: String,
    /// The score that it was entered with.
    pub(super) score: f64,
    /// Confirmed, chosen or delegated to: confident whatever the score.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) certain: bool,
    /// Captured values that are no slots, and answers stored by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) captures: Map<String, Value>,
    /// Values of the move that delegated here; seen by templates and conditions, never by slots.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) inherited: Map<String, Value>,
    /// Filled slots, the last filled one last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) slots: Vec<(String, SlotValue)>,
    /// Values that what was said does not bear out: none of a slot's until they are confirmed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) doubtful: Vec<(String, SlotValue)>,
    /// Slots that the person declined to fill.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) passed: Vec<String>,
    /// Failed answers, by slot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<(String, u8)>,
    /// Slots and composites about whose values a capability was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) checked: Vec<String>,
    /// Blocks that ran already and do not run again, by index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ran: Vec<usize>,
    /// The question that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open: Option<Open>,
    /// What was said for the open question while something else came first; it is read when the move goes on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) heard: String,
    /// The slot of a moment of which only the day or only the time was said, and what was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begun: Option<(String, String)>,
    /// How often a slot was asked for, where its question has several texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) asked: Vec<(String, u8)>,
    /// How often `retry` went back to a slot that was given up.
    #[serde(skip_serializing_if = "is_none_yet")]
    pub(super) retried: u8,
    /// The parts that have come back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts_done: Vec<PartCall>,
    /// The move that called this one as a part, and where it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) caller: Option<Box<Caller>>,
}

fn is_none_yet(number: &u8) -> bool {
    *number == 0
}

/// Where a part is called, and what it is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct PartCall {
    /// The statement, as a path of indices (see `blocks`).
    pub(super) position: Vec<usize>,
    /// The values that its slots begin with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) given: Vec<(String, Value)>,
}

/// A move that waits for a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Caller {
    /// Its frame.
    pub(super) frame: Frame,
    /// The statement that called, as a path of indices (see `blocks`).
    pub(super) position: Vec<usize>,
    /// What it gave the part to begin with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) given: Vec<(String, Value)>,
}

/// A move that has ended, with its values.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ended {
    /// Its frame.
    pub(super) frame: Frame,
    /// The turns that were complete when it ended.
    pub(super) turn: u64,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "super::told::ToldOpen")]
pub(super) enum Open {
    /// A slot's value.
    Slot {
        /// The slot.
        name: String,
    },
    /// Whether a slot's value is right.
    Confirm {
        /// The slot.
        name: String,
    },
    /// One of the options of `offer choices` or `clarify`.
    Choice {
        /// What is offered.
        options: Vec<String>,
        /// The question as it was put, to be put again.
        question: String,
        /// `clarify NAME`: where the choice goes, and where the block goes on.
        #[serde(skip_serializing_if = "Option::is_none")]
        clarifies: Option<Clarifies>,
        /// The utterance that led here.
        utterance: String,
        /// What choosing an option says, where that is not the option itself.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        values: BTreeMap<String, String>,
    },
    /// Which of several moves was meant.
    Which {
        /// Label and move.
        options: Vec<(String, String)>,
        /// The utterance that was ambiguous.
        utterance: String,
    },
    /// Whether the best guess is right.
    Guess {
        /// The utterance that was not clear.
        utterance: String,
    },
    /// A negotiation.
    Negotiation(Talks),
}

/// Where a `clarify` puts the choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Clarifies {
    /// The name.
    pub(super) name: String,
    /// The statement that asked, as a path of indices (see `blocks`); empty where the choice is offered with a slot's question,
    /// which anything else may answer as well.
    pub(super) position: Vec<usize>,
}

/// A negotiation under way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Talks {
    /// The question as it was put.
    pub(super) question: String,
    /// What has been said so far, the original utterance first.
    pub(super) utterance: String,
    /// The rounds so far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rounds: Vec<NegotiationRound>,
    /// `negotiate … until CONDITION` on a value: the statement that asked. `None`: until the score is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) position: Option<Vec<usize>>,
}

impl Frame {
    /// A frame of a move that has just been matched or delegated to.
    pub(super) fn new(move_id: &str, score: f64) -> Frame {
        Frame { move_id: move_id.to_owned(), score, ..Frame::default() }
    }

    /// The value of a slot.
    pub(super) fn slot(&self, name: &str) -> Option<&SlotValue> {
        self.slots.iter().find(|(slot, _)| slot == name).map(|(_, value)| value)
    }

    /// Fills a slot; what it held before is gone.
    pub(super) fn fill(&mut self, name: &str, value: SlotValue) {
        self.clear(name);
        self.passed.retain(|passed| passed != name);
        self.failures.retain(|(failed, _)| failed != name);
        self.begun.take_if(|(slot, _)| slot == name);
        self.slots.push((name.to_owned(), value));
    }

    /// The frame, and those of the moves that have called it as a part, the nearest first.
    pub(super) fn with_callers(&self) -> impl Iterator<Item = &Frame> {
        std::iter::successors(Some(self), |frame| frame.caller.as_deref().map(|caller| &caller.frame))
    }

    /// Whether a slot has no value, nor one that is in doubt: something said in passing may fill it.
    pub(super) fn is_open(&self, name: &str) -> bool {
        self.slot(name).is_none() && !self.doubtful.iter().any(|(slot, _)| slot == name)
    }

    /// A value that is to be confirmed before it counts.
    pub(super) fn unconfirmed(&self, name: &str) -> Option<&SlotValue> {
        let doubtful = self.doubtful.iter().find(|(slot, _)| slot == name).map(|(_, value)| value);
        doubtful.or_else(|| self.slot(name).filter(|value| !value.confirmed))
    }

    /// Takes a slot's value for one that is in doubt.
    pub(super) fn doubt(&mut self, name: &str) {
        if let Some(at) = self.slots.iter().position(|(slot, _)| slot == name) {
            self.doubtful.push(self.slots.remove(at));
        }
    }

    /// The person says that a slot's value is right.
    pub(super) fn confirm(&mut self, name: &str) {
        if let Some(at) = self.doubtful.iter().position(|(slot, _)| slot == name) {
            let (_, value) = self.doubtful.remove(at);
            self.fill(name, value);
        }
        if let Some((_, value)) = self.slots.iter_mut().find(|(slot, _)| slot == name) {
            value.confirmed = true;
        }
    }

    /// Empties a slot.
    pub(super) fn clear(&mut self, name: &str) {
        self.slots.retain(|(slot, _)| slot != name);
        self.doubtful.retain(|(slot, _)| slot != name);
        self.checked.retain(|checked| checked != name && whole_of(name) != Some(checked));
    }

    /// The parts of a composite that have a value, each with its own name.
    pub(super) fn parts<'f>(&'f self, whole: &'f str) -> impl Iterator<Item = (&'f str, &'f SlotValue)> {
        let part = move |name: &'f str| name.strip_prefix(whole)?.strip_prefix('.');
        self.slots.iter().filter_map(move |(name, value)| Some((part(name)?, value)))
    }

    /// How many answers failed.
    pub(super) fn failures_of(&self, name: &str) -> u8 {
        self.failures.iter().find(|(slot, _)| slot == name).map_or(0, |(_, count)| *count)
    }

    /// Counts a failed answer; the number of failures so far.
    pub(super) fn fail(&mut self, name: &str) -> u8 {
        if let Some((_, count)) = self.failures.iter_mut().find(|(slot, _)| slot == name) {
            *count = count.saturating_add(1);
            return *count;
        }
        self.failures.push((name.to_owned(), 1));
        1
    }
}

impl Conversation {
    /// Whether the answer to a slot's question of a move that goes on is stored, or will be read when it does; `None` when the
    /// move does not go on.
    #[cfg(any(feature = "golden", test))]
    pub(crate) fn answers(&self, move_id: &str, slot: &str) -> Option<bool> {
        let mut frames = self.active.iter().chain(&self.suspended).chain(&self.waiting);
        let frame = frames.find(|frame| frame.move_id == move_id)?;
        let passed = frame.passed.iter().any(|passed| passed == slot);
        Some(passed || !frame.heard.is_empty() || frame.slot(slot).is_some())
    }

    /// The part that is under way.
    #[cfg(feature = "golden")]
    pub(crate) fn part_under_way(&self) -> Option<&str> {
        self.active.as_ref().filter(|frame| frame.caller.is_some()).map(|frame| frame.move_id.as_str())
    }

    /// What was said for a slot, in whichever move has a value for it: the one under way first, then those that wait for it, then
    /// the one that has just ended; of a part that has come back, the value itself.
    #[cfg(feature = "golden")]
    pub(crate) fn said_for(&self, slot: &str) -> Option<&str> {
        let waiting = self.suspended.iter().rev().chain(self.ended.as_ref().map(|ended| &ended.frame));
        let pointer = format!("/{}", slot.replace('.', "/"));
        self.active.iter().chain(waiting).flat_map(Frame::with_callers).find_map(|frame| {
            let handed_back = || frame.captures.values().find_map(|values| values.pointer(&pointer)?.as_str());
            frame.slot(slot).map(|value| value.text.as_str()).or_else(handed_back)
        })
    }

    /// Remembers that a move answered.
    pub(super) fn remember_move(&mut self, move_id: &str) {
        self.recent.retain(|known| known != move_id);
        self.recent.push(move_id.to_owned());
        let surplus = self.recent.len().saturating_sub(MAX_RECENT_MOVES);
        self.recent.drain(..surplus);
    }

    /// Puts a value into the conversation's context.
    pub(super) fn remember_value(&mut self, name: &str, value: Value) {
        self.context.shift_remove(name);
        self.context.insert(name.to_owned(), value);
        while self.context.len() > MAX_CONTEXT_VALUES {
            let Some(oldest) = self.context.keys().next().cloned() else { break };
            self.context.shift_remove(&oldest);
        }
    }
}
