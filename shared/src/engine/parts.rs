//! `call MOVE`: a move that runs as a part of another and comes back to it with its values.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::blocks;
use super::flow::{Entry, Flow, TOO_DEEP, prompt_block};
use super::run::{Halt, Run};
use super::state::{Caller, Frame, PartCall};
use crate::ir::{Action, Move, PayloadValue, Slot, SlotType, Statement};
use crate::slots::{self, Answer, Found, Source, effective_type};

/// Parts of parts at most.
const MAX_DEPTH: usize = 8;

impl Run<'_> {
    /// Begins a part; the move that calls it goes on behind the statement when the part is complete.
    pub(super) fn call_part(
        &mut self,
        target: &str,
        with: &[(String, PayloadValue)],
        path: &[usize],
    ) -> Result<Flow, Halt> {
        let Some(part) = self.move_named(target) else { return Ok(Flow::Done) };
        let given = self.given(with);
        let call = PartCall { position: path.to_vec(), given };
        let Some(mut frame) = self.state.active.take() else { return Ok(Flow::Done) };
        // After a correction the block runs again: what nothing has changed for is not asked for twice.
        if frame.parts_done.contains(&call) {
            self.state.active = Some(frame);
            return Ok(Flow::Done);
        }
        let depth = std::iter::successors(Some(&frame), |frame| frame.caller.as_deref().map(|caller| &caller.frame));
        if depth.count() > MAX_DEPTH {
            self.finding(TOO_DEEP);
            self.state.active = Some(frame);
            return Ok(Flow::Done);
        }
        // The block runs on where the part comes back, not from its start.
        if let Some(block) = path.first().filter(|block| !frame.ran.contains(block)) {
            frame.ran.push(*block);
        }
        let mut called = Frame::new(&part.name, frame.score);
        called.certain = true;
        let PartCall { position, given } = call;
        called.caller = Some(Box::new(Caller { frame, position, given: given.clone() }));
        self.activate(called);
        for (name, value) in given {
            self.begin_with(&part, &name, value);
        }
        self.advance(Entry::Fresh)?;
        Ok(Flow::Called)
    }

    /// The part that was called last begins again.
    pub(super) fn call_part_again(&mut self, mv: &Move) -> Result<Flow, Halt> {
        let Some(call) = self.state.active.as_mut().and_then(|frame| frame.parts_done.pop()) else {
            return Ok(Flow::Done);
        };
        match blocks::statement_at(mv, &call.position) {
            Some(Statement::Action(Action::CallMove { target, with })) => self.call_part(target, with, &call.position),
            _ => Ok(Flow::Done),
        }
    }

    /// What a part is given, with the values that the move which calls it holds now.
    fn given(&mut self, with: &[(String, PayloadValue)]) -> Vec<(String, Value)> {
        with.iter().map(|(name, value)| (name.clone(), self.handed(value))).collect()
    }

    /// What the statement at a position of the move under way gives the part that it calls.
    pub(super) fn given_at(&mut self, mv: &Move, position: &[usize]) -> Option<Vec<(String, Value)>> {
        match blocks::statement_at(mv, position)? {
            Statement::Action(Action::CallMove { with, .. }) => Some(self.given(with)),
            _ => None,
        }
    }

    /// A part goes on with what its caller gives it now: "actually make it large", where it asks whether all is right.
    pub(super) fn give_again(&mut self, part: Frame) {
        let given = part.caller.as_ref().map(|caller| caller.given.clone()).unwrap_or_default();
        let mv = self.move_named(&part.move_id);
        self.state.active = Some(part);
        if let Some(mv) = mv {
            given.into_iter().for_each(|(name, value)| self.begin_with(&mv, &name, value));
        }
    }

    /// Whether a slot of the part under way holds what its caller gave it, and has no question of its own.
    pub(super) fn is_only_given(&self, mv: &Move, slot: &Slot) -> bool {
        let caller = self.state.active.as_ref().and_then(|frame| frame.caller.as_ref());
        caller.is_some_and(|caller| caller.given.iter().any(|(name, _)| *name == slot.name))
            && prompt_block(mv, &slot.name).is_none()
    }

    /// A value that is handed to a client or to a part.
    pub(super) fn handed(&mut self, value: &PayloadValue) -> Value {
        match value {
            PayloadValue::Text(text) => Value::String(self.render(text)),
            PayloadValue::Number(number) => slots::number_value(*number),
            PayloadValue::Boolean(answer) => Value::Bool(*answer),
            PayloadValue::Reference(path) => self.value_in_scope(path).map_or(Value::Null, |value| value.into_owned()),
            PayloadValue::Object(fields) => {
                let mut object = Map::new();
                for (name, value) in fields {
                    let value = self.handed(value);
                    object.insert(name.clone(), value);
                }
                Value::Object(object)
            }
            PayloadValue::List(values) => values.iter().map(|value| self.handed(value)).collect(),
        }
    }

    /// A slot of a part begins with a value, if it takes it.
    pub(super) fn begin_with(&mut self, part: &Arc<Move>, name: &str, value: Value) {
        if let Value::Object(fields) = &value
            && part.slots.iter().any(|slot| slots::whole_of(&slot.name) == Some(name))
        {
            for (field, value) in fields {
                self.begin_with(part, &format!("{name}.{field}"), value.clone());
            }
            return;
        }
        let Some(slot) = part.slots.iter().find(|slot| slot.name == name) else {
            if let Value::String(text) = &value {
                self.fill_composite(part, name, text, Source::Context);
            }
            return;
        };
        let text = match &value {
            Value::Null => return,
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let (reference, whole) = (self.reference, (0, text.len()));
        // What the author hands over as a text is one, full stop and all.
        let found = match slots::read_value(slot, &text, &reference) {
            _ if value.is_string() && slots::is_text(slot) => Found::new(whole, text, value),
            _ if is_of_type(&value, effective_type(slot)) => Found::new(whole, text, value),
            Answer::Value { found, .. } if found.fits => found,
            _ => return,
        };
        self.fill(slot, &found, Source::Context);
        self.confirm(name);
    }

    /// A part is complete: its values stand under its name in the move that called it, which goes on.
    pub(super) fn come_back(&mut self, part: &Arc<Move>) -> Result<(), Halt> {
        let Some(mut frame) = self.state.active.take() else { return Ok(()) };
        let Some(caller) = frame.caller.take() else {
            self.state.active = Some(frame);
            return Ok(());
        };
        let mut values = Map::new();
        for slot in &part.slots {
            if let Some(value) = frame.slot(&slot.name) {
                super::scope::put(&mut values, &slot.name, value.value.clone());
            }
        }
        let Caller { frame: mut outer, position, given } = *caller;
        outer.parts_done.push(PartCall { position: position.clone(), given });
        outer.open = None;
        outer.captures.insert(part.name.clone(), Value::Object(values));
        self.activate(outer);
        self.advance(Entry::Answered(&position))
    }
}

/// Whether what is no text has the form that values of the type have.
fn is_of_type(value: &Value, ty: &SlotType) -> bool {
    match (ty, value) {
        (SlotType::Boolean, Value::Bool(_)) | (SlotType::Number, Value::Number(_)) => true,
        (SlotType::Range { min, max }, Value::Number(number)) => {
            number.as_f64().is_some_and(|number| (*min..=*max).contains(&number))
        }
        (SlotType::Money | SlotType::Quantity | SlotType::Timeframe, Value::Object(_)) => true,
        (SlotType::List(item), Value::Array(items)) => {
            items.iter().all(|value| value.is_string() || is_of_type(value, item))
        }
        _ => false,
    }
}
