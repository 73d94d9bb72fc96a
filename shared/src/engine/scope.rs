//! The values in scope: what a dotted name stands for in templates, conditions, guards and payloads.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::conditions::Facts;
use super::rules::{is_awaited, parts_of};
use super::run::Run;
use super::state::Frame;
use crate::entities::Reference;
use crate::ir::{Literal, Move, Slot, SlotType};
use crate::language::{Language, Text};
use crate::slots::{Answer, SlotValue, effective_type, read_value, whole_of};

/// What a rule of a slot calls the slot's own value.
const VALUE: &str = "value";
/// Shown in records for a value that must not be.
const MASKED: &str = "***";

impl Run<'_> {
    /// A dotted name in scope: slots and captures, then capability results, then the conversation's context, then the
    /// request's.
    pub(super) fn value_in_scope(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        if let Cow::Owned(own) = self.own_path(path) {
            return self.local(&own);
        }
        let (head, rest) = path.split_first()?;
        match head.as_str() {
            "extracted" if !rest.is_empty() => self.local(rest),
            "result" if !rest.is_empty() => self.result_value(rest),
            "context" if !rest.is_empty() => self.context_value(rest),
            "event" if self.running.event.is_some() && !rest.is_empty() => self.event_value(rest),
            _ => self.local(path).or_else(|| {
                // A slot that has no value has none, whatever is called so elsewhere.
                if self.is_own_slot(head) { None } else { self.result_value(path).or_else(|| self.context_value(path)) }
            }),
        }
    }

    fn local(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        let (head, rest) = path.split_first()?;
        let frame = self.state.active.as_ref()?;
        if let Some(value) = frame.slot(head) {
            return slot_field(value, self.slot_declared(frame, head).as_ref(), rest);
        }
        if frame.parts(head).next().is_some() {
            return self.composite(frame, head, rest);
        }
        if let Some(value) = frame.captures.get(head) {
            return dig(value, rest).map(Cow::Borrowed);
        }
        if let Some(default) =
            self.slot_declared(frame, head).and_then(|(mv, index)| default_value(&mv.slots[index], &self.reference))
        {
            return slot_field(&default, self.slot_declared(frame, head).as_ref(), rest)
                .map(|value| Cow::Owned(value.into_owned()));
        }
        frame.inherited.get(head).and_then(|value| dig(value, rest)).map(Cow::Borrowed)
    }

    /// A part of a composite, or all of it as an object.
    fn composite(&self, frame: &Frame, whole: &str, path: &[String]) -> Option<Cow<'_, Value>> {
        if let Some((part, rest)) = path.split_first() {
            let name = format!("{whole}.{part}");
            return slot_field(frame.slot(&name)?, self.slot_declared(frame, &name).as_ref(), rest);
        }
        let mut fields = Map::new();
        for (part, value) in frame.parts(whole) {
            let name = format!("{whole}.{part}");
            let value = slot_field(value, self.slot_declared(frame, &name).as_ref(), &[])?;
            fields.insert(part.to_owned(), value.into_owned());
        }
        Some(Cow::Owned(Value::Object(fields)))
    }

    /// `value`, in what is said of a slot's own value, by the slot's name; and a part of the composite that it belongs to by the
    /// part's: the `weight` of `parcel`, whose rule says `weight < 20`.
    pub(super) fn own_path<'p>(&self, path: &'p [String]) -> Cow<'p, [String]> {
        let (Some(judged), [head, rest @ ..]) = (&self.running.judged, path) else { return Cow::Borrowed(path) };
        let own = if head == VALUE { Some(judged.clone()) } else { self.part_beside(judged, head) };
        own.map_or(Cow::Borrowed(path), |own| {
            Cow::Owned(own.split('.').map(str::to_owned).chain(rest.iter().cloned()).collect())
        })
    }

    /// The slot of a part that the rule of a composite, or of one of its parts, calls by the part's name.
    fn part_beside(&self, judged: &str, part: &str) -> Option<String> {
        let whole = whole_of(judged).unwrap_or(judged);
        let name = format!("{whole}.{part}");
        // What is called as the composite is, is the composite.
        self.active_move().filter(|_| part != whole)?.slots.iter().any(|slot| slot.name == name).then_some(name)
    }

    /// The type of the slot of the move under way that a dotted name stands for.
    pub(super) fn slot_type(&self, path: &[String]) -> Option<SlotType> {
        let name = slot_named(&self.own_path(path))?;
        let mv = self.active_move()?;
        let slot = mv.slots.iter().find(|slot| slot.name == name)?;
        Some(effective_type(slot).clone())
    }

    /// Whether the move under way has a slot, or a composite, of that name.
    fn is_own_slot(&self, name: &str) -> bool {
        self.active_move()
            .is_some_and(|mv| mv.slots.iter().any(|slot| slot.name == name || whole_of(&slot.name) == Some(name)))
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
        found.or_else(|| self.input.turn.context.get(head).and_then(|value| dig(value, rest))).map(Cow::Borrowed)
    }

    /// The values of the move under way that a capability may be given: slots (canonical), defaults, captures.
    pub(super) fn values_for_payload(&self) -> Map<String, Value> {
        let mut values = Map::new();
        let (Some(frame), Some(mv)) = (&self.state.active, self.active_move()) else { return values };
        for (name, value) in frame.inherited.iter().chain(&frame.captures) {
            values.insert(name.clone(), value.clone());
        }
        for slot in &mv.slots {
            let value = frame.slot(&slot.name).cloned().or_else(|| default_value(slot, &self.reference));
            if let Some(value) = value {
                put(&mut values, &slot.name, value.value);
            }
        }
        values
    }

    /// Whether a slot of a move is to be masked.
    pub(super) fn is_sensitive(&self, slot: &Slot) -> bool {
        let personal = |name: &str| self.input.header.contract.pii_fields.iter().any(|field| field == name);
        slot.sensitive || personal(&slot.name) || whole_of(&slot.name).is_some_and(personal)
    }

    /// The slot values of the active move, and of those that called it as a part, as the record shows them.
    pub(super) fn shown_slots(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        let frames: Vec<&Frame> = self.state.active.iter().flat_map(|frame| frame.with_callers()).collect();
        for frame in frames.into_iter().rev() {
            if let Some(mv) = self.move_named(&frame.move_id) {
                self.show_slots(frame, &mv, &mut shown);
            }
        }
        shown
    }

    fn show_slots(&self, frame: &Frame, mv: &Move, shown: &mut Map<String, Value>) {
        for slot in &mv.slots {
            let Some(value) = frame.slot(&slot.name) else { continue };
            let sensitive = self.is_sensitive(slot);
            // A composite is masked as a whole.
            let whole = whole_of(&slot.name).filter(|whole| {
                sensitive || mv.slots.iter().any(|part| whole_of(&part.name) == Some(whole) && self.is_sensitive(part))
            });
            match whole {
                Some(whole) => drop(shown.insert(whole.to_owned(), json!(MASKED))),
                None => put(shown, &slot.name, if sensitive { json!(MASKED) } else { shown_value(value, slot) }),
            }
        }
    }

    /// Notes the slots of the active move for the explanation.
    pub(super) fn explain_slots(&mut self) {
        if !self.input.turn.settings.explain {
            return;
        }
        let Some(frame) = &self.state.active else { return };
        let held = frame.with_callers().flat_map(|frame| &frame.slots);
        let sources: Vec<(String, String)> =
            held.map(|(name, value)| (name.clone(), value.source.name().to_owned())).collect();
        for (name, value) in self.shown_slots() {
            let source = sources
                .iter()
                .find(|(slot, _)| *slot == name || whole_of(slot) == Some(&name))
                .map(|(_, source)| source.clone())
                .unwrap_or_default();
            self.tell.explained_slots.retain(|(known, _, _)| *known != name);
            self.tell.explained_slots.push((name, value, source));
        }
    }
}

impl Facts for Run<'_> {
    fn value(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        self.value_in_scope(path)
    }

    fn confident(&self) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let threshold = self
            .running
            .threshold
            .or_else(|| self.active_move().map(|mv| self.threshold_of(&mv.threshold)))
            .unwrap_or(1.0);
        // A move that was confirmed, chosen or delegated to is certain of its own threshold, not of one set in a block.
        frame.score >= threshold || (frame.certain && self.running.threshold.is_none())
    }

    fn last_call(&self) -> Option<bool> {
        self.running.last_call
    }

    fn gave_up(&self) -> Option<&str> {
        self.running.gave_up.as_deref()
    }

    fn event(&self) -> Option<&str> {
        self.running.event.as_ref().map(|event| event.name.as_str())
    }

    fn today(&self) -> jiff::civil::Date {
        self.reference.now.date()
    }

    fn slot_missing(&self, name: &str) -> bool {
        let Some(frame) = &self.state.active else { return false };
        if frame.slot(name).is_some() || frame.passed.iter().any(|passed| passed == name) {
            return false;
        }
        let Some(mv) = self.active_move() else { return true };
        // A composite is missing as long as a part of it is, unless it was passed over.
        let parts = parts_of(&mv, name);
        let passed = |slot: &&Slot| frame.passed.contains(&slot.name);
        let open = |slot: &&Slot| is_awaited(&mv, slot) && frame.slot(&slot.name).is_none() && !passed(slot);
        parts.is_empty() || !parts.first().is_some_and(passed) && parts.iter().any(open)
    }

    fn all_slots_filled(&self) -> bool {
        self.active_move().is_some_and(|mv| self.need(&mv).is_none())
    }
}

/// The name of the slot that a dotted name stands for.
pub(super) fn slot_named(path: &[String]) -> Option<String> {
    match path {
        [extracted, rest @ ..] if extracted == "extracted" && matches!(rest.len(), 1 | 2) => Some(rest.join(".")),
        [_] | [_, _] => Some(path.join(".")),
        _ => None,
    }
}

/// Puts the value of a slot among others; the parts of a composite are the fields of an object.
pub(super) fn put(values: &mut Map<String, Value>, slot: &str, value: Value) {
    let Some((whole, part)) = slot.split_once('.') else {
        values.insert(slot.to_owned(), value);
        return;
    };
    match values.get_mut(whole) {
        Some(Value::Object(fields)) => drop(fields.insert(part.to_owned(), value)),
        _ => drop(values.insert(whole.to_owned(), json!({ part: value }))),
    }
}

/// Follows a dotted name into a value.
pub(super) fn dig<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
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

/// `default(VALUE)` as a value of the slot, as it is read on the day of the turn.
fn default_value(slot: &Slot, reference: &Reference) -> Option<SlotValue> {
    let (text, value) = match slot.default.as_ref()? {
        Literal::Text(text) | Literal::Reference(text) => {
            let as_written =
                matches!(effective_type(slot), SlotType::String | SlotType::Enum(_) | SlotType::EnumFrom(_));
            match (!as_written).then(|| read_value(slot, text, reference)) {
                Some(Answer::Value { found, .. }) => (found.text, found.value),
                _ => (text.clone(), json!(text)),
            }
        }
        Literal::Number(number) => (crate::template::number_text(*number), crate::slots::number_value(*number)),
        Literal::Boolean(answer) => {
            let text = if *answer { Text::ValueYes } else { Text::ValueNo };
            (Language::of(reference.language).text(text).to_owned(), json!(answer))
        }
    };
    Some(SlotValue { text, value, source: crate::slots::Source::Default, confirmed: true })
}
