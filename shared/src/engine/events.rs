//! Turns that are an event instead of something said: the blocks that wait for it run; what was under way goes on.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::agenda::Interruption;
use super::flow::Entry;
use super::run::{Halt, Run};
use super::state::Frame;
use crate::ir::{Block, Condition, Move};

/// The event whose value says what words would.
const BUTTON: &str = "button";

impl Run<'_> {
    /// Takes the turn's event up; whether that is all there is to do.
    pub(super) fn take_event(&mut self) -> Result<bool, Halt> {
        let Some(event) = self.running.event.clone() else { return Ok(false) };
        if self.tell_game(&event.name)? {
            return Ok(true);
        }
        // A button that no block waits for says what is on it.
        let said = match &event.value {
            Value::String(text) if event.name == BUTTON => text.clone(),
            Value::Number(number) if event.name == BUTTON => number.to_string(),
            _ => return Ok(true),
        };
        self.input.utterance.clone_from(&said);
        self.read_instead(said);
        Ok(false)
    }

    /// Runs the first block of the game that waits for the event and holds; whether there is one.
    pub(super) fn tell_game(&mut self, event: &str) -> Result<bool, Halt> {
        let header = Arc::clone(&self.input.header);
        for (_, name) in header.events.iter().filter(|(known, _)| known == event) {
            let Some(mv) = self.move_named(name) else { continue };
            let admitted = self.input.game.find_move(name).is_some_and(|index| self.admits(index));
            if admitted && self.run_event(&mv, event)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Runs the first block of a move that waits for the event and holds; whether there is one.
    fn run_event(&mut self, mv: &Arc<Move>, event: &str) -> Result<bool, Halt> {
        let own = self.state.active.as_ref().is_some_and(|frame| frame.move_id == mv.name);
        let waits = |block: &Block| block.branches.iter().any(|branch| waits_for(&branch.condition, event));
        let before = self.state.active.clone();
        // The question that is open is put once more when the event has been told.
        let open = self.state.active.as_mut().filter(|_| own).and_then(|frame| frame.open.take());
        // A move that waits for a part which asks is told with its values, and goes on waiting.
        let callers = before.iter().flat_map(Frame::with_callers).skip(1);
        let caller = callers.into_iter().find(|frame| frame.move_id == mv.name).cloned();
        let waits_for_a_part = caller.is_some();
        if !own {
            self.suspend(Interruption::Urgent);
            let fresh = || Frame { certain: true, ..Frame::new(&mv.name, 1.0) };
            self.activate(caller.map_or_else(fresh, |frame| Frame { caller: None, ..frame }));
        }
        for index in (0..mv.blocks.len()).filter(|index| waits(&mv.blocks[*index])) {
            let Some(flow) = self.run_block(mv, index)? else { continue };
            self.answer_as(&mv.name, 1.0);
            if self.settle(mv, flow)?.is_some() {
                if own {
                    if let Some(open) = open {
                        self.open(open);
                    }
                    self.ask_again(false)?;
                } else if mv.slots.is_empty() || waits_for_a_part {
                    self.end()?;
                } else {
                    self.advance(Entry::UnderWay)?;
                }
            }
            return Ok(true);
        }
        if !own && before.is_some() && self.state.suspended.last() == before.as_ref() {
            self.state.suspended.pop();
        }
        self.state.active = before;
        Ok(false)
    }

    /// A value that the event brought: `event.value`, and what is inside it.
    pub(super) fn event_value(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        let event = self.running.event.as_ref()?;
        let (head, rest) = path.split_first()?;
        let value = match head.as_str() {
            "name" => return Some(Cow::Owned(Value::String(event.name.clone()))),
            "value" => &event.value,
            _ => return None,
        };
        super::scope::dig(value, rest).map(Cow::Borrowed)
    }
}

pub(super) fn waits_for(condition: &Condition, event: &str) -> bool {
    match condition {
        Condition::Event(name) => name == event,
        Condition::All(parts) => parts.iter().any(|part| waits_for(part, event)),
        _ => false,
    }
}
