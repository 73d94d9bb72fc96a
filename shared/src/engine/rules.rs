//! What slots are asked beyond their type: whether they are wanted at all (`required when`), whether their value is
//! right (`valid when`), which options the context gives them, and which of several questions is theirs now.

use std::sync::Arc;

use serde_json::Value;

use super::flow::{missing, prompt_blocks};
use super::run::Run;
use super::wording;
use crate::ir::{Condition, Expression, Literal, Move, Slot, SlotType};
use crate::slots::SlotValue;

/// Options that the context gives a slot at most.
const MAX_OPTIONS: usize = 200;

/// Whether a slot is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is.
    Wanted,
    /// What decides about it has not been said yet.
    Undecided,
    /// It is neither asked for nor filled.
    Needless,
}

impl Run<'_> {
    /// Whether a slot of the move under way is wanted.
    pub(super) fn standing(&self, mv: &Move, slot: &Slot) -> Standing {
        let Some(condition) = slot.rules.as_ref().and_then(|rules| rules.required_when.as_ref()) else {
            return Standing::Wanted;
        };
        if self.condition_holds(condition) {
            return Standing::Wanted;
        }
        let mut names = Vec::new();
        names_in(condition, &mut names);
        if self.lacks_one(mv, &names, &slot.name) { Standing::Undecided } else { Standing::Needless }
    }

    /// Whether one of these is another slot of the move that has no value yet and may still get one.
    fn lacks_one(&self, mv: &Move, names: &[&str], own: &str) -> bool {
        mv.slots.iter().any(|slot| {
            slot.name != own
                && names.contains(&slot.name.as_str())
                && slot.default.is_none()
                && self
                    .state
                    .active
                    .as_ref()
                    .is_some_and(|frame| frame.slot(&slot.name).is_none() && !frame.passed.contains(&slot.name))
                && self.standing_at_once(slot)
        })
    }

    /// Whether a slot is wanted, as far as that can be told from what is known.
    fn standing_at_once(&self, slot: &Slot) -> bool {
        slot.rules
            .as_ref()
            .and_then(|rules| rules.required_when.as_ref())
            .is_none_or(|condition| self.condition_holds(condition))
    }

    /// Drops what is not needed any more and what is not right, each with a word. The slot that is given up, where a
    /// value was wrong too often.
    pub(super) fn keep_rules(&mut self, mv: &Arc<Move>) -> Option<String> {
        if mv.slots.iter().all(|slot| slot.rules.is_none()) {
            return None;
        }
        // What a dropped value decided about may be dropped with it.
        for _ in 0..mv.slots.len() {
            let filled =
                |slot: &&Slot| self.state.active.as_ref().is_some_and(|frame| frame.slot(&slot.name).is_some());
            let needless = mv.slots.iter().filter(filled).find(|slot| self.standing(mv, slot) == Standing::Needless);
            let Some(slot) = needless else { break };
            self.drop_needless(slot);
        }
        mv.slots.iter().find_map(|slot| self.keep_valid(mv, slot))
    }

    fn drop_needless(&mut self, slot: &Slot) {
        let held = self.held_before(&slot.name).is_some();
        if let Some(frame) = &mut self.state.active {
            frame.clear(&slot.name);
        }
        // What was said in this very turn was said for nothing; what was asked for before is let go of with a word.
        if held {
            self.say(&wording::needless(slot));
        }
    }

    /// The value that a slot of the move under way had when the turn began.
    fn held_before(&self, slot: &str) -> Option<SlotValue> {
        let (active, began) = (self.state.active.as_ref()?, self.began.as_ref()?);
        if active.move_id == began.move_id { began.slot(slot).cloned() } else { None }
    }

    fn keep_valid(&mut self, mv: &Arc<Move>, slot: &Slot) -> Option<String> {
        let rules = slot.rules.as_ref()?;
        let value = self.state.active.as_ref()?.slot(&slot.name)?.clone();
        let broken = rules.valid.iter().find(|rule| {
            let mut names = Vec::new();
            names_in(&rule.condition, &mut names);
            !self.lacks_one(mv, &names, &slot.name) && !self.judges(slot, &rule.condition)
        })?;
        self.running.judged = Some(slot.name.clone());
        let reason = self.render(&broken.reason);
        self.running.judged = None;
        self.unsay_correction(slot, &value);
        self.agenda.refusals.push(reason);
        let before = self.held_before(&slot.name).filter(|before| before.value != value.value);
        let failures = self.began.as_ref().map_or(0, |began| began.failures_of(&slot.name)).saturating_add(1);
        let frame = self.state.active.as_mut()?;
        frame.clear(&slot.name);
        if let Some(before) = before {
            // The value that stood there stays.
            frame.slots.push((slot.name.clone(), before));
        }
        frame.failures.retain(|(failed, _)| *failed != slot.name);
        if failures >= slot.retries.max(1) {
            frame.failures.clear();
            return Some(slot.name.clone());
        }
        frame.failures.push((slot.name.clone(), failures));
        if self.need(mv).is_none() {
            self.say_refusals();
        }
        None
    }

    /// Whether a slot's value passes one of its rules.
    fn judges(&mut self, slot: &Slot, condition: &Condition) -> bool {
        self.running.judged = Some(slot.name.clone());
        let holds = self.condition_holds(condition);
        self.running.judged = None;
        holds
    }

    /// "Okay, 9." is not said of a value that is not taken after all.
    fn unsay_correction(&mut self, slot: &Slot, value: &SlotValue) {
        let sensitive = self.is_sensitive(slot);
        let shown = Slot { sensitive, ..slot.clone() };
        let said = wording::corrected(&shown, &value.text).in_words(self.language());
        self.tell.sentences.retain(|sentence| *sentence != said);
    }

    /// The block that asks for a slot now: the first of its questions whose conditions hold.
    pub(super) fn question_of(&self, mv: &Move, slot: &str) -> Option<usize> {
        let found = prompt_blocks(mv, slot).find(|(_, block)| {
            block.otherwise.is_some() || block.branches.iter().any(|branch| self.condition_holds(&branch.condition))
        });
        found.map(|(index, _)| index)
    }

    /// Whether a block that asks for a slot does so now.
    pub(super) fn asks_here(&self, mv: &Move, index: usize) -> bool {
        mv.blocks.get(index).is_some_and(|block| {
            block.otherwise.is_some() || block.branches.iter().any(|branch| self.condition_holds(&branch.condition))
        })
    }

    /// The slot that a condition says is missing, if it is: what a question in its block asks for.
    pub(super) fn missing_in(&self, condition: &Condition) -> Option<String> {
        let open = |name: &&str| {
            self.state
                .active
                .as_ref()
                .is_some_and(|frame| frame.slot(name).is_none() && !frame.passed.iter().any(|passed| passed == name))
        };
        match condition {
            Condition::Any(parts) => parts.iter().filter_map(missing).find(open).map(str::to_owned),
            condition => missing(condition).filter(open).map(str::to_owned),
        }
    }

    /// A move with the options that stand in the context in the places of their names. Where none stand there, the slot
    /// takes what is said.
    pub(super) fn with_options(&self, mv: Arc<Move>) -> Arc<Move> {
        fn is_from(ty: &SlotType) -> bool {
            match ty {
                SlotType::EnumFrom(_) => true,
                SlotType::List(item) => is_from(item),
                _ => false,
            }
        }
        if !mv.slots.iter().any(|slot| is_from(&slot.ty)) {
            return mv;
        }
        let mut filled = Move::clone(&mv);
        for slot in &mut filled.slots {
            let ty = match &slot.ty {
                SlotType::EnumFrom(path) => self.options_from(path),
                SlotType::List(item) => match item.as_ref() {
                    SlotType::EnumFrom(path) => SlotType::List(Box::new(self.options_from(path))),
                    _ => continue,
                },
                _ => continue,
            };
            slot.ty = ty;
        }
        Arc::new(filled)
    }

    fn options_from(&self, path: &[String]) -> SlotType {
        let value = self.context_value(path);
        let items = value.as_deref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let option = |item: &Value| match item {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Object(fields) => {
                ["name", "label"].iter().find_map(|field| Some(fields.get(*field)?.as_str()?.to_owned()))
            }
            _ => None,
        };
        let options: Vec<String> = items.iter().filter_map(option).take(MAX_OPTIONS).collect();
        if options.is_empty() { SlotType::String } else { SlotType::Enum(options) }
    }
}

/// The names of values that a condition looks at.
fn names_in<'c>(condition: &'c Condition, names: &mut Vec<&'c str>) {
    let local = |path: &'c [String]| path.iter().find(|part| part.as_str() != "extracted").map(String::as_str);
    match condition {
        Condition::Truthy(path) | Condition::Matches(path, _) => names.extend(local(path)),
        Condition::Compare(path, _, literal) => {
            names.extend(local(path));
            if let Literal::Reference(name) = literal {
                names.push(name);
            }
        }
        Condition::Computed(expression) => names_of(expression, names),
        Condition::Not(inner) => names_in(inner, names),
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| names_in(part, names)),
        _ => {}
    }
}

fn names_of<'c>(expression: &'c Expression, names: &mut Vec<&'c str>) {
    match expression {
        Expression::Reference(path) => names.extend(path.first().map(String::as_str)),
        Expression::Negate(inner) | Expression::Span(inner, _) => names_of(inner, names),
        Expression::Binary(left, _, right) | Expression::Compare(left, _, right) => {
            names_of(left, names);
            names_of(right, names);
        }
        Expression::Call(_, values) => values.iter().for_each(|value| names_of(value, names)),
        Expression::Number(_) | Expression::Text(_) => {}
    }
}
