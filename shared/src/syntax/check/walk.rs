//! Going over everything in a move's blocks. Depth is bounded by the parser's nesting limit.

use super::super::ast::{Action, ActionKind, Block, Branch, Condition, Statement, Text};

/// Something met on the way.
pub(super) enum Met<'f, 's> {
    Condition(&'f Condition<'s>),
    Action(&'f Action<'s>),
    /// A template.
    Template(Text),
}

pub(super) fn blocks<'f, 's>(blocks: &'f [Block<'s>], visit: &mut dyn FnMut(Met<'f, 's>)) {
    for found in blocks {
        block(found, visit);
    }
}

pub(super) fn block<'f, 's>(block: &'f Block<'s>, visit: &mut dyn FnMut(Met<'f, 's>)) {
    for Branch { condition: guard, body, .. } in &block.branches {
        condition(guard, visit);
        statements(body, visit);
    }
    if let Some(body) = &block.otherwise {
        statements(body, visit);
    }
}

fn statements<'f, 's>(statements: &'f [Statement<'s>], visit: &mut dyn FnMut(Met<'f, 's>)) {
    for statement in statements {
        match statement {
            Statement::Action(found) => action(found, visit),
            Statement::Block(found) => block(found, visit),
            Statement::Confidence(_) => {}
        }
    }
}

pub(super) fn condition<'f, 's>(found: &'f Condition<'s>, visit: &mut dyn FnMut(Met<'f, 's>)) {
    visit(Met::Condition(found));
    match found {
        Condition::Not(inner) => condition(inner, visit),
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                condition(part, visit);
            }
        }
        _ => {}
    }
}

fn action<'f, 's>(found: &'f Action<'s>, visit: &mut dyn FnMut(Met<'f, 's>)) {
    visit(Met::Action(found));
    match &found.kind {
        ActionKind::Respond(text) | ActionKind::PromptSlot(text) | ActionKind::AskForClarification(text) => {
            visit(Met::Template(*text));
        }
        ActionKind::OfferChoices(texts) | ActionKind::Clarify { options: texts, .. } => {
            for text in texts {
                visit(Met::Template(*text));
            }
        }
        ActionKind::Generate { style: text } | ActionKind::Retry(text) => {
            if let Some(text) = text {
                visit(Met::Template(*text));
            }
        }
        ActionKind::Negotiate { text, until } => {
            visit(Met::Template(*text));
            condition(until, visit);
        }
        ActionKind::Call(call) => {
            if let Some(text) = call.purpose {
                visit(Met::Template(text));
            }
            if let Some(then) = &call.then {
                action(then, visit);
            }
        }
        ActionKind::Escalate(_)
        | ActionKind::Delegate(_)
        | ActionKind::Continue
        | ActionKind::Return
        | ActionKind::LearnPattern
        | ActionKind::BoostConfidence
        | ActionKind::RememberOutcome => {}
    }
}
