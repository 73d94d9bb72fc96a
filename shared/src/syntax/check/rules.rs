//! Conditions in places where they say nothing (E111), and `failed` where only a slot can be given up (E131).

use crate::diagnostics::{Code, Span};

use super::super::ast::{ActionKind, Block, Condition, Slot};
use super::walk::{Met, blocks, slot};
use super::{Checker, Context};

impl<'f> Checker<'f, '_, '_> {
    pub(super) fn rules(&mut self, context: &Context<'f, '_>) {
        for found in &context.written.slots {
            let mut misplaced = Vec::new();
            slot(found, &mut |met| {
                if let Met::Condition(condition) = met {
                    misplaced.extend(of_the_turn(condition));
                }
            });
            for what in misplaced {
                let message = format!("`{what}` says nothing of a slot: expected a condition on values");
                let hint = "such as `fulfilment = \"delivery\"` or `length(value) = 5`";
                self.report_hint(Code::MisplacedCondition, found.name.span, message, hint);
            }
        }
        for block in &context.written.blocks {
            self.event_in(block);
        }
        self.failed_of_slot(context);
    }

    /// Blocks outside of moves wait for an event.
    pub(super) fn events(&mut self) {
        for block in self.resolved.file.games.iter().flat_map(|game| &game.events) {
            for branch in block.branches.iter().filter(|branch| event_of(&branch.condition).is_none()) {
                if !matches!(branch.condition, Condition::Unknown) {
                    let message = "a block outside of moves waits for an event: expected `when event NAME { … }`";
                    self.report(Code::MisplacedCondition, branch.span, message);
                }
            }
            self.event_in(block);
        }
    }

    /// An event begins a block by itself or together with other conditions that must hold.
    fn event_in(&mut self, block: &Block<'_>) {
        for branch in &block.branches {
            let mut denied = false;
            match &branch.condition {
                Condition::All(parts) => parts.iter().for_each(|part| denied |= hides_event(part)),
                condition => denied = hides_event(condition),
            }
            if denied {
                let message = "`event NAME` stands alone, or is joined to other conditions by `and`";
                self.report(Code::MisplacedCondition, branch.span, message);
            }
        }
    }

    fn failed_of_slot(&mut self, context: &Context<'f, '_>) {
        let [.., slot] = context.slots.as_slice() else { return };
        let mut calls = false;
        let mut given_up = false;
        for found in &context.lineage {
            blocks(&found.blocks, &mut |met| match met {
                Met::Action(action) => calls |= matches!(action.kind, ActionKind::Call(_)),
                Met::Condition(condition) => given_up |= matches!(condition, Condition::SlotGivenUp(_)),
                Met::Template(_) | Met::Check(_) => {}
            });
        }
        if given_up {
            return;
        }
        let failed = context.written.blocks.iter().flat_map(|block| &block.branches);
        let spans: Vec<Span> =
            failed.filter(|branch| matches!(branch.condition, Condition::Failed)).map(|branch| branch.span).collect();
        for span in spans {
            if calls {
                self.failed_of_both(context, span);
                continue;
            }
            let message = "the move makes no call that could fail: this block runs when a slot is given up";
            let hint = format!("say so: `when slot {} is given up`", slot.name.text);
            self.report_hint(Code::FailedOfSlot, span, message, hint);
        }
    }
}

impl<'f> Checker<'f, '_, '_> {
    /// A slot that must be filled and is given up runs `failed`, which is about a call.
    fn failed_of_both(&mut self, context: &Context<'f, '_>, span: Span) {
        let needed = |slot: &&&Slot<'_>| slot.required && slot.default.is_none();
        let Some(slot) = context.slots.iter().find(needed) else { return };
        let name = slot.name.text;
        let message = format!(
            "this runs when a call fails, and when `{name}` is given up as well: what it says fits one of them"
        );
        let hint = format!("say what happens without it: `when slot {name} is given up {{ … }}`");
        self.report_hint(Code::FailedOfBoth, span, message, hint);
    }
}

/// The event that a condition waits for.
fn event_of<'s>(condition: &Condition<'s>) -> Option<&'s str> {
    match condition {
        Condition::Event(name) => Some(name.text),
        Condition::All(parts) => parts.iter().find_map(event_of),
        _ => None,
    }
}

/// Whether an event stands where it can be denied or be one of several.
fn hides_event(condition: &Condition<'_>) -> bool {
    match condition {
        Condition::Not(inner) => event_inside(inner),
        Condition::Any(parts) | Condition::All(parts) => parts.iter().any(event_inside),
        _ => false,
    }
}

fn event_inside(condition: &Condition<'_>) -> bool {
    match condition {
        Condition::Event(_) => true,
        Condition::Not(inner) => event_inside(inner),
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(event_inside),
        _ => false,
    }
}

/// What a condition asks of the turn rather than of values.
fn of_the_turn(condition: &Condition<'_>) -> Option<&'static str> {
    match condition {
        Condition::Confident => Some("confident"),
        Condition::Uncertain => Some("uncertain"),
        Condition::Successful => Some("successful"),
        Condition::Failed => Some("failed"),
        Condition::AllSlotsFilled => Some("all_slots_filled"),
        Condition::SlotGivenUp(_) => Some("slot … is given up"),
        Condition::Event(_) => Some("event"),
        _ => None,
    }
}
