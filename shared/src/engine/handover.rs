//! People step in: a conversation that was escalated waits for somebody, is with them, and comes back.
//!
//! The game goes on answering until somebody is there, and is silent from then on, but for what is urgent. What was
//! interrupted when it escalated, and what was under way when somebody came, go on when they hand back. Only the desk
//! ([`ToldBy::Desk`]) takes a hand-over, speaks in it and ends it; it does so by events.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ToldBy;
use super::events::waits_for;
use super::hear::{Said, Whose};
use super::run::{Halt, Run};
use super::state::{Conversation, Frame, Open};
use super::wording;
use crate::ir::{self, Priority, Slot};
use crate::slots::{self, Answer, Scan};

/// Where a hand-over stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverStage {
    /// Nobody has taken it yet.
    Waiting,
    /// Somebody is there.
    With,
    /// It was handed back.
    Returned,
    /// Nobody came in time.
    TimedOut,
}

/// A hand-over, as hosts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoverStatus {
    /// The person or queue.
    pub queue: String,
    /// Where it stands.
    pub stage: HandoverStage,
    /// When it was asked for: milliseconds since 1970.
    pub since_ms: i64,
    /// How long the person waits for somebody, milliseconds, where the game says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_ms: Option<u64>,
    /// Whether something urgent led to it, or was said in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    /// Who has taken it in this turn, by the id that the desk gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// A hand-over in a conversation's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "super::told::ToldHandover")]
pub(super) struct Handover {
    #[serde(flatten)]
    pub(super) status: HandoverStatus,
    /// The move that escalated, with its values, for its `else`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) escalating: Option<Frame>,
    /// The number of that `else`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) otherwise: Option<u32>,
    /// What was interrupted, the last one on top.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) suspended: Vec<Frame>,
    /// What waited in line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) waiting: Vec<Frame>,
}

impl Conversation {
    /// The hand-over that is open.
    #[must_use]
    pub fn handover_status(&self) -> Option<HandoverStatus> {
        self.handover.as_ref().map(|handover| handover.status.clone())
    }
}

impl Run<'_> {
    /// Somebody is asked to step in; who did so before is asked no second time.
    pub(super) fn begin_handover(&mut self, escalating: Option<Frame>, priority: Priority) {
        let (suspended, waiting) = (std::mem::take(&mut self.state.suspended), std::mem::take(&mut self.state.waiting));
        self.forget_everything();
        let Some(queue) = self.tell.escalated_to.clone() else { return };
        let escalation = self.tell.escalation.take().filter(|escalation| escalation.queue == queue);
        let before = self.state.handover.take();
        let urgent = priority == Priority::Urgent || before.as_ref().is_some_and(|before| before.status.urgent);
        let since_ms = before.as_ref().map_or(self.input.turn.now_ms, |before| before.status.since_ms);
        let (earlier, line) = before.map(|before| (before.suspended, before.waiting)).unwrap_or_default();
        let patience_ms = escalation.as_ref().and_then(|escalation| escalation.patience_ms);
        self.state.handover = Some(Handover {
            status: HandoverStatus { queue, stage: HandoverStage::Waiting, since_ms, patience_ms, urgent, agent: None },
            escalating,
            otherwise: escalation.and_then(|escalation| escalation.otherwise),
            suspended: earlier.into_iter().chain(suspended).collect(),
            waiting: line.into_iter().chain(waiting).collect(),
        });
    }

    /// Where the hand-over of this turn stands: the one that is open, else the one that it ended.
    pub(super) fn handover_told(&self) -> Option<HandoverStatus> {
        self.state.handover_status().or_else(|| self.tell.ended_handover.clone())
    }

    /// Whether somebody is there.
    pub(super) fn is_with_agent(&self) -> bool {
        self.state.handover.as_ref().is_some_and(|handover| handover.status.stage == HandoverStage::With)
    }

    /// Takes a turn that a hand-over is about; whether that is all there is to do.
    pub(super) fn take_handover(&mut self) -> Result<bool, Halt> {
        let Some(handover) = &mut self.state.handover else { return Ok(false) };
        handover.status.agent = None;
        let desk = self.input.turn.settings.told_by == ToldBy::Desk;
        let event = self.running.event.clone().filter(|_| desk);
        match event.as_ref().map(|event| event.name.as_str()) {
            Some(ir::HANDOFF_ACCEPTED) => {
                handover.status.stage = HandoverStage::With;
                let value = event.map(|event| event.value).unwrap_or_default();
                let text = |value: &Value| value.as_str().map(str::to_owned);
                handover.status.agent = text(&value[ir::AGENT_ID]);
                let name = text(&value).or_else(|| text(&value[ir::AGENT_NAME]));
                let name = name.unwrap_or_else(|| handover.status.queue.clone());
                self.say(&wording::taken_over(&name));
            }
            Some(ir::HANDOFF_MESSAGE) => {
                let said = event.and_then(|event| event.value.as_str().map(str::to_owned));
                self.tell.sentences.extend(said.filter(|said| !said.trim().is_empty()));
            }
            Some(ir::HANDOFF_ENDED) => self.go_on_alone(event.map(|event| event.value).unwrap_or_default())?,
            Some(ir::HANDOFF_TIMED_OUT) => self.nobody_came()?,
            _ if handover.status.stage == HandoverStage::With => self.listen()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The game hears what is said to somebody else, and says nothing, unless it is urgent.
    fn listen(&mut self) -> Result<(), Halt> {
        if self.input.turn.event.is_some() {
            return Ok(());
        }
        let heard = self.hear();
        let urgent = |said: &&Said| said.is_urgent() && said.whose == Whose::Speaker;
        let urgent: Vec<Said> = heard.moves.iter().filter(urgent).cloned().collect();
        if urgent.is_empty() {
            return Ok(());
        }
        self.tell.warns_agent = true;
        let handover = self.state.handover.clone();
        let under_way = self.state.active.take();
        let suspended = std::mem::take(&mut self.state.suspended);
        let waiting = std::mem::take(&mut self.state.waiting);
        self.take_up(&heard, &urgent)?;
        // Whoever is there sees to it; what was under way stays as it was.
        self.agenda.moves.clear();
        (self.state.active, self.state.suspended, self.state.waiting) = (under_way, suspended, waiting);
        self.state.handover = handover.map(|mut handover| {
            handover.status.urgent = true;
            handover
        });
        Ok(())
    }

    /// It was handed back: the values that were set are there, and the game goes on where it was.
    fn go_on_alone(&mut self, values: Value) -> Result<(), Halt> {
        self.let_go(HandoverStage::Returned);
        if let Value::Object(values) = values {
            for (name, value) in values {
                self.begin_all_with(&name, &value);
                self.state.remember_value(&name, value);
            }
        }
        if !self.tell_game(ir::HANDOFF_ENDED)? {
            self.say(wording::HANDED_BACK);
            self.end()?;
        }
        Ok(())
    }

    /// Nobody came in time: the `else`, or what the game says to the event, or a plain sentence.
    fn nobody_came(&mut self) -> Result<(), Halt> {
        let Some(handover) = self.let_go(HandoverStage::TimedOut) else { return Ok(()) };
        let escalation = handover.otherwise.map(|number| json!({ "escalation": number }));
        if let (Some(value), Some(event)) = (escalation, &mut self.running.event) {
            event.value = value;
        }
        if let (Some(_), Some(frame)) = (handover.otherwise, handover.escalating)
            && let Some(mv) = self.move_named(&frame.move_id)
        {
            self.activate(Frame { open: None, caller: None, ..frame });
            for index in 0..mv.blocks.len() {
                let waits = |branch: &ir::Branch| waits_for(&branch.condition, ir::HANDOFF_TIMED_OUT);
                if !mv.blocks[index].branches.iter().any(waits) {
                    continue;
                }
                let Some(flow) = self.run_block(&mv, index)? else { continue };
                self.answer_as(&mv.name, 1.0);
                if self.settle(&mv, flow)?.is_some() {
                    self.end()?;
                }
                return Ok(());
            }
            self.state.active = None;
        }
        if !self.tell_game(ir::HANDOFF_TIMED_OUT)? {
            self.say(&wording::nobody_free(&handover.status.queue));
            self.end()?;
        }
        Ok(())
    }

    /// "the large one" while somebody is asked for: what was interrupted goes on where that answers its question. Whether it did.
    pub(super) fn goes_on_meanwhile(&mut self) -> Result<bool, Halt> {
        let Some(handover) = self.state.handover.as_ref().filter(|handover| !handover.status.urgent) else {
            return Ok(false);
        };
        let Some(frame) = handover.suspended.last() else { return Ok(false) };
        let (Some(Open::Slot { name }), Some(mv)) = (frame.open.clone(), self.move_named(&frame.move_id)) else {
            return Ok(false);
        };
        // What may be anything is for whoever comes.
        let answers = |slot: &&Slot| {
            let scan = Scan::over(&self.text, self.heard(), [*slot], &self.reference);
            let scan = scan.knowing(&self.input.header.vocabulary);
            let told = slot.name == name && !slots::is_of_text(slot);
            told && matches!(slots::read_answer(slot, &scan), Answer::Value { found, whole: true } if found.fits)
        };
        if !mv.slots.iter().any(|slot| answers(&slot)) {
            return Ok(false);
        }
        let frame = self.state.handover.as_mut().and_then(|handover| handover.suspended.pop());
        self.activate(frame.unwrap_or_default());
        self.answer_slot(&name)?;
        Ok(true)
    }

    /// The hand-over is over; what waited for its end is next.
    fn let_go(&mut self, stage: HandoverStage) -> Option<Handover> {
        let mut handover = self.state.handover.take()?;
        handover.status.stage = stage;
        self.tell.ended_handover = Some(handover.status.clone());
        let later = std::mem::take(&mut self.state.suspended);
        self.state.suspended = std::mem::take(&mut handover.suspended);
        self.state.suspended.extend(later);
        self.state.suspended.extend(self.state.active.take().filter(|frame| frame.open.is_some()));
        let surplus = self.state.suspended.len().saturating_sub(super::MAX_SUSPENDED_MOVES);
        self.state.suspended.drain(..surplus);
        let later = std::mem::take(&mut self.state.waiting);
        self.state.waiting = std::mem::take(&mut handover.waiting);
        self.state.waiting.extend(later);
        self.state.waiting.truncate(super::agenda::MAX_WAITING_MOVES);
        Some(handover)
    }

    /// Whatever goes on and has a slot of that name begins with the value, if the slot takes it.
    fn begin_all_with(&mut self, name: &str, value: &Value) {
        for index in 0..self.state.suspended.len() {
            let frame = std::mem::take(&mut self.state.suspended[index]);
            let mv = self.move_named(&frame.move_id);
            self.state.active = Some(frame);
            if let Some(mv) = mv {
                self.begin_with(&mv, name, value.clone());
            }
            self.state.suspended[index] = self.state.active.take().unwrap_or_default();
        }
    }

    /// Whether the person waits for somebody; what is not understood is kept for them then.
    pub(super) fn waits_for_agent(&mut self) -> bool {
        let Some(handover) = &self.state.handover else { return false };
        // What is said while an emergency waits for somebody is said of it.
        let emergency = handover.escalating.as_ref().filter(|_| handover.status.urgent);
        let emergency = emergency.map(|frame| (frame.move_id.clone(), frame.score));
        if let Some((name, score)) = emergency {
            self.answer_as(&name, score);
        }
        self.say(wording::STILL_WAITING);
        true
    }
}
