//! Statements and actions.

use crate::ir;

use super::super::ast::{Action, ActionKind, Call, Statement, Text};
use super::Lowering;
use super::moves::threshold;

impl Lowering<'_, '_> {
    pub(super) fn statements(&mut self, statements: &[Statement<'_>]) -> Vec<ir::Statement> {
        statements
            .iter()
            .map(|statement| match statement {
                Statement::Action(action) => ir::Statement::Action(self.action(action)),
                Statement::Block(block) => self.nested_block(block),
                Statement::Confidence(confidence) => ir::Statement::Confidence(threshold(confidence)),
            })
            .collect()
    }

    fn templates(&mut self, texts: &[Text]) -> Vec<ir::Template> {
        texts.iter().map(|text| self.template(*text)).collect()
    }

    fn action(&mut self, action: &Action<'_>) -> ir::Action {
        match &action.kind {
            ActionKind::Respond(text) => ir::Action::Respond(self.template(*text)),
            ActionKind::PromptSlot(text) => ir::Action::PromptSlot(self.template(*text)),
            ActionKind::AskForClarification(text) => ir::Action::AskForClarification(self.template(*text)),
            ActionKind::OfferChoices(texts) => ir::Action::OfferChoices(self.templates(texts)),
            ActionKind::Clarify { name, options } => {
                ir::Action::Clarify { name: name.text.to_owned(), options: self.templates(options) }
            }
            ActionKind::Generate { style } => ir::Action::Generate { style: style.map(|style| self.template(style)) },
            ActionKind::Call(call) => ir::Action::Call(self.call(call)),
            ActionKind::Escalate(name) => ir::Action::Escalate(name.text.to_owned()),
            ActionKind::Delegate(name) => ir::Action::Delegate(name.text.to_owned()),
            ActionKind::Continue => ir::Action::Continue,
            ActionKind::Return => ir::Action::Return,
            ActionKind::Retry(text) => ir::Action::Retry(text.map(|text| self.template(text))),
            ActionKind::Negotiate { text, until } => {
                ir::Action::Negotiate { text: self.template(*text), until: self.condition(until) }
            }
            ActionKind::LearnPattern => ir::Action::LearnPattern,
            ActionKind::BoostConfidence => ir::Action::BoostConfidence,
            ActionKind::RememberOutcome => ir::Action::RememberOutcome,
        }
    }

    fn call(&mut self, call: &Call<'_>) -> ir::Call {
        ir::Call {
            service: call.service.text.to_owned(),
            function: call.function.text.to_owned(),
            arguments: call.arguments.as_ref().map(|names| names.iter().map(|name| name.text.to_owned()).collect()),
            purpose: call.purpose.map(|text| self.template(text)),
            awaits: call.awaits,
            timeout_ms: call.timeout_ms,
            then: call.then.as_ref().map(|action| Box::new(self.action(action))),
            line: self.line(call.service.span),
        }
    }
}
