//! Going over everything in a move's blocks. Depth is bounded by the parser's nesting limit.

use super::super::ast::{
    Action, ActionKind, Attachment, Block, Branch, Check, Condition, PayloadValue, Rules, Slot, Statement, Text, Type,
};

/// Something met on the way.
pub(super) enum Met<'f, 's> {
    Condition(&'f Condition<'s>),
    Action(&'f Action<'s>),
    Check(&'f Check<'s>),
    /// A template.
    Template(Text),
}

/// The conditions and texts of a slot.
pub(super) fn slot<'f, 's>(slot: &'f Slot<'s>, visit: &mut dyn FnMut(Met<'f, 's>)) {
    if let Some(found) = &slot.required_when {
        condition(found, visit);
    }
    rules(&slot.rules, visit);
    parts(&slot.ty, visit);
}

/// The conditions and texts of the parts of a composite.
pub(super) fn parts<'f, 's>(ty: &'f Type<'s>, visit: &mut dyn FnMut(Met<'f, 's>)) {
    if let Type::Composite(parts, _) = ty {
        parts.iter().for_each(|part| rules(&part.definition.rules, visit));
    }
}

pub(super) fn rules<'f, 's>(rules: &'f Rules<'s>, visit: &mut dyn FnMut(Met<'f, 's>)) {
    for rule in &rules.valid {
        condition(&rule.condition, visit);
        rule.reason.iter().for_each(|text| visit(Met::Template(*text)));
    }
    if let Some(check) = &rules.check {
        visit(Met::Check(check));
        let texts = check.call.purpose.iter().chain(&check.reason).chain(check.must_answer.iter().flatten());
        texts.for_each(|text| visit(Met::Template(*text)));
    }
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

pub(super) fn statements<'f, 's>(statements: &'f [Statement<'s>], visit: &mut dyn FnMut(Met<'f, 's>)) {
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
        ActionKind::Respond(texts)
        | ActionKind::PromptSlot(texts)
        | ActionKind::AskForClarification(texts)
        | ActionKind::Clarify { options: texts, .. }
        | ActionKind::Retry(texts) => texts.iter().for_each(|text| visit(Met::Template(*text))),
        ActionKind::OfferChoices(choices) => {
            for text in choices.iter().flat_map(|choice| std::iter::once(choice.label).chain(choice.value)) {
                visit(Met::Template(text));
            }
        }
        ActionKind::Generate { style } => style.iter().for_each(|text| visit(Met::Template(*text))),
        ActionKind::Negotiate { text, until } => {
            text.iter().for_each(|text| visit(Met::Template(*text)));
            condition(until, visit);
        }
        ActionKind::Attach(attachment) => match attachment {
            Attachment::Image { url, alt } => [*url, *alt].into_iter().for_each(|text| visit(Met::Template(text))),
            Attachment::Card(fields) => fields.iter().for_each(|(_, text)| visit(Met::Template(*text))),
            Attachment::Payload(fields) => fields.iter().for_each(|(_, value)| payload(value, visit)),
            Attachment::Unknown => {}
        },
        ActionKind::Call(call) => {
            if let Some(text) = call.purpose {
                visit(Met::Template(text));
            }
            if let Some(then) = &call.then {
                action(then, visit);
            }
        }
        ActionKind::CallMove { with, .. } => with.iter().for_each(|(_, value)| payload(value, visit)),
        ActionKind::Escalate(escalation) => escalation.otherwise.iter().for_each(|body| statements(body, visit)),
        ActionKind::Delegate(_)
        | ActionKind::Continue
        | ActionKind::Return
        | ActionKind::LearnPattern
        | ActionKind::BoostConfidence
        | ActionKind::RememberOutcome => {}
    }
}

fn payload<'f, 's>(value: &'f PayloadValue<'s>, visit: &mut dyn FnMut(Met<'f, 's>)) {
    match value {
        PayloadValue::Text(text) => visit(Met::Template(*text)),
        PayloadValue::Object(fields) => fields.iter().for_each(|(_, value)| payload(value, visit)),
        PayloadValue::List(values) => values.iter().for_each(|value| payload(value, visit)),
        PayloadValue::Number(_) | PayloadValue::Boolean(_) | PayloadValue::Reference(_) => {}
    }
}
