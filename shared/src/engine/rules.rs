//! What slots are asked beyond their type: whether they are wanted at all (`required when`), whether their value is
//! right (`valid when`), which options the context gives them, and which of several questions is theirs now.

use std::sync::Arc;

use serde_json::Value;

use super::flow::{missing, prompt_blocks};
use super::run::Run;
use super::wording;
use crate::ir::{Condition, Expression, Literal, Move, Slot, SlotType};
use crate::slots::{self, Found, SlotValue, Source, whole_of};

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

/// What a rule or a check is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'m> {
    /// The value of a slot.
    Value(&'m Slot),
    /// A composite, by its name.
    Whole(&'m str),
}

impl<'m> Subject<'m> {
    /// Its name, under which its value stands.
    pub(super) fn name(self) -> &'m str {
        match self {
            Subject::Value(slot) => &slot.name,
            Subject::Whole(whole) => whole,
        }
    }
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

    /// Whether one of these is another slot of the move that has no value yet and may still get one; of a composite the parts that
    /// stand beside its own slot go by their own names too.
    fn lacks_one(&self, mv: &Move, names: &[&str], own: &str) -> bool {
        let beside = |slot: &str| {
            whole_of(own)
                .is_some_and(|whole| whole_of(slot) == Some(whole) && names.contains(&&slot[whole.len() + 1..]))
        };
        mv.slots.iter().any(|slot| {
            slot.name != own
                && (names.contains(&slot.name.as_str())
                    || beside(&slot.name)
                    || whole_of(&slot.name).is_some_and(|whole| names.contains(&whole)))
                && is_awaited(mv, slot)
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
        let mut told: Vec<String> = Vec::new();
        // What a dropped value decided about may be dropped with it.
        for _ in 0..mv.slots.len() {
            let filled =
                |slot: &&Slot| self.state.active.as_ref().is_some_and(|frame| frame.slot(&slot.name).is_some());
            let needless = mv.slots.iter().filter(filled).find(|slot| self.standing(mv, slot) == Standing::Needless);
            let Some(slot) = needless else { break };
            self.drop_needless(mv, slot, &mut told);
        }
        mv.slots.iter().find_map(|slot| self.keep_valid(mv, slot))
    }

    fn drop_needless(&mut self, mv: &Move, slot: &Slot, told: &mut Vec<String>) {
        let held = self.held_before(&slot.name).is_some();
        if let Some(frame) = &mut self.state.active {
            frame.clear(&slot.name);
        }
        // What was said in this very turn was said for nothing; what was asked for before is let go of with a word.
        if !held {
            return;
        }
        // A composite is let go of as a whole, if all of it is.
        let whole = whole_of(&slot.name)
            .filter(|whole| parts_of(mv, whole).into_iter().all(|part| self.standing(mv, part) == Standing::Needless));
        let name = whole.unwrap_or(&slot.name).to_owned();
        if !told.contains(&name) {
            let called = match whole {
                Some(whole) => self.called(Subject::Whole(whole)),
                None => slots::named(slot),
            };
            self.say(&wording::needless(called));
            told.push(name);
        }
    }

    /// The value that a slot of the move under way had when the turn began.
    fn held_before(&self, slot: &str) -> Option<SlotValue> {
        let (active, began) = (self.state.active.as_ref()?, self.began.as_ref()?);
        if active.move_id == began.move_id { began.slot(slot).cloned() } else { None }
    }

    /// Whether a rule of a slot refuses what was found for it.
    pub(super) fn would_be_refused(&mut self, mv: &Move, slot: &Slot, found: &Found) -> bool {
        let (Some(rules), Some(frame)) = (slot.rules.as_ref(), self.state.active.clone()) else { return false };
        let Found { text, value, .. } = found.clone();
        if let Some(tried) = &mut self.state.active {
            tried.fill(&slot.name, SlotValue { text, value, source: Source::Answer, confirmed: true });
        }
        let refused = rules.valid.iter().any(|rule| self.is_broken(mv, Subject::Value(slot), slot, &rule.condition));
        self.state.active = Some(frame);
        refused
    }

    /// Whether a rule has all that it looks at, and does not hold.
    fn is_broken(&mut self, mv: &Move, subject: Subject<'_>, slot: &Slot, condition: &Condition) -> bool {
        let mut names = Vec::new();
        names_in(condition, &mut names);
        self.is_complete(mv, subject)
            && !self.lacks_one(mv, &names, &slot.name)
            && !self.judges(subject.name(), condition)
    }

    fn keep_valid(&mut self, mv: &Arc<Move>, slot: &Slot) -> Option<String> {
        let rules = slot.rules.as_ref()?;
        let valid = rules.valid.iter().map(|rule| (Subject::Value(slot), rule));
        let whole = rules.whole.iter().flat_map(|whole| &whole.valid);
        let whole = whole_of(&slot.name)
            .into_iter()
            .flat_map(|name| whole.clone().map(move |rule| (Subject::Whole(name), rule)));
        let (subject, broken) =
            valid.chain(whole).find(|(subject, rule)| self.is_broken(mv, *subject, slot, &rule.condition))?;
        self.running.judged = Some(subject.name().to_owned());
        let reason = self.render(&broken.reason);
        self.running.judged = None;
        self.refuse_value(mv, subject, reason)
    }

    /// Whether all is there that a rule or a check looks at.
    pub(super) fn is_complete(&self, mv: &Move, subject: Subject<'_>) -> bool {
        let Some(frame) = &self.state.active else { return false };
        match subject {
            Subject::Value(slot) => frame.slot(&slot.name).is_some(),
            Subject::Whole(whole) => frame.parts(whole).next().is_some() && self.open_part(mv, whole).is_none(),
        }
    }

    /// Takes a value back that is not right, and says why before the next question; what stood there before stays. The slot
    /// that is given up, where that was too often.
    pub(super) fn refuse_value(&mut self, mv: &Arc<Move>, subject: Subject<'_>, reason: String) -> Option<String> {
        let slots: Vec<&Slot> = match subject {
            Subject::Value(slot) => vec![slot],
            Subject::Whole(whole) => parts_of(mv, whole),
        };
        let first = *slots.first()?;
        // Of a composite that was complete before only what was said anew is wrong.
        let stood = slots.iter().all(|slot| self.held_before(&slot.name).is_some() || !slot.required);
        let was_checked =
            self.began.as_ref().is_some_and(|began| began.checked.iter().any(|name| name == subject.name()));
        let mut restored = false;
        for slot in &slots {
            let Some(value) = self.state.active.as_ref()?.slot(&slot.name).cloned() else { continue };
            let before = self.held_before(&slot.name).filter(|_| stood);
            if before.as_ref().is_some_and(|before| before.value == value.value) && slots.len() > 1 {
                continue;
            }
            self.unsay_correction(slot, &value);
            let frame = self.state.active.as_mut()?;
            frame.clear(&slot.name);
            if let Some(before) = before.filter(|before| before.value != value.value) {
                // The value that stood there stays.
                frame.slots.push((slot.name.clone(), before));
                restored = true;
            }
        }
        self.agenda.refusals.push(reason);
        let failures = self.began.as_ref().map_or(0, |began| began.failures_of(&first.name)).saturating_add(1);
        let frame = self.state.active.as_mut()?;
        if restored && was_checked && !frame.checked.iter().any(|name| name == subject.name()) {
            frame.checked.push(subject.name().to_owned());
        }
        frame.failures.retain(|(failed, _)| *failed != first.name);
        if failures >= first.retries.max(1) {
            frame.failures.clear();
            return Some(first.name.clone());
        }
        frame.failures.push((first.name.clone(), failures));
        if self.need(mv).is_none() {
            self.say_refusals();
        }
        None
    }

    /// Whether a slot's value passes one of its rules.
    fn judges(&mut self, name: &str, condition: &Condition) -> bool {
        self.running.judged = Some(name.to_owned());
        let holds = self.condition_holds(condition);
        self.running.judged = None;
        holds
    }

    /// "Okay, 9." is not said of a value that is not taken after all.
    fn unsay_correction(&mut self, slot: &Slot, value: &SlotValue) {
        let said = self.told_of_correction(slot, &value.value, &value.text).in_words(self.language());
        self.tell.sentences.retain(|sentence| *sentence != said);
    }

    /// The block that asks for a slot now: the first of its questions whose conditions hold. The question for a composite is
    /// put while nothing of it is known.
    pub(super) fn question_of(&self, mv: &Move, slot: &str) -> Option<usize> {
        let found = |name: &str| {
            let mut blocks = prompt_blocks(mv, name).filter(|(_, block)| {
                block.otherwise.is_some() || block.branches.iter().any(|branch| self.condition_holds(&branch.condition))
            });
            blocks.next().map(|(index, _)| index)
        };
        found(slot).or_else(|| {
            let whole = whole_of(slot)?;
            let begun = self.state.active.as_ref().is_some_and(|frame| frame.parts(whole).next().is_some());
            if begun { None } else { found(whole) }
        })
    }

    /// The first part of a composite that is wanted and has no value.
    pub(super) fn open_part<'m>(&self, mv: &'m Move, whole: &str) -> Option<&'m Slot> {
        let frame = self.state.active.as_ref()?;
        let parts = parts_of(mv, whole);
        let open = |slot: &Slot| {
            frame.slot(&slot.name).is_none()
                && !frame.passed.contains(&slot.name)
                && self.standing(mv, slot) != Standing::Needless
        };
        parts.into_iter().filter(|slot| is_awaited(mv, slot)).find(|slot| open(slot))
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
        let asked = |name: &str| {
            let mv = self.active_move()?;
            let slot = mv.slots.iter().find(|slot| slot.name == name).or_else(|| self.open_part(&mv, name))?;
            Some(slot.name.clone())
        };
        match condition {
            Condition::Any(parts) => parts.iter().filter_map(missing).find(open).and_then(asked),
            condition => missing(condition).filter(open).and_then(asked),
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
        // What a capability has answered stands in the conversation's context.
        let path = if path.len() > 1 && path[0] == "result" { &path[1..] } else { path };
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

/// The parts of a composite, in their order.
pub(super) fn parts_of<'m>(mv: &'m Move, whole: &str) -> Vec<&'m Slot> {
    mv.slots.iter().filter(|slot| whole_of(&slot.name) == Some(whole)).collect()
}

/// Whether a slot's value is waited for: not that of a part which may be left out of its composite.
pub(super) fn is_awaited(mv: &Move, slot: &Slot) -> bool {
    let Some(whole) = whole_of(&slot.name) else { return true };
    slot.required || parts_of(mv, whole).first().is_some_and(|first| first.name == slot.name)
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
