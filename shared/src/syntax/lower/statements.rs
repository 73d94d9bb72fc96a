//! Statements and actions.

use crate::diagnostics::Span;
use crate::ir;

use super::super::ast::{Action, ActionKind, Attachment, Call, Choice, Escalation, PayloadValue, Statement, Text};
use super::Lowering;
use super::moves::{path, threshold};

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
            ActionKind::Respond(texts) => ir::Action::Respond(self.said(texts)),
            ActionKind::PromptSlot(texts) => ir::Action::PromptSlot(self.said(texts)),
            ActionKind::AskForClarification(texts) => ir::Action::AskForClarification(self.said(texts)),
            ActionKind::OfferChoices(choices) => self.offer(choices),
            ActionKind::Clarify { name, options } => {
                ir::Action::Clarify { name: name.text.to_owned(), options: self.templates(options) }
            }
            ActionKind::Generate { style } => ir::Action::Generate { style: style.map(|style| self.template(style)) },
            ActionKind::Call(call) => ir::Action::Call(self.call(call)),
            ActionKind::Escalate(escalation) => ir::Action::Escalate(self.escalation(escalation, action.span)),
            ActionKind::Delegate(name) => ir::Action::Delegate(name.text.to_owned()),
            ActionKind::Continue => ir::Action::Continue,
            ActionKind::Return => ir::Action::Return,
            ActionKind::Retry(texts) => ir::Action::Retry((!texts.is_empty()).then(|| self.said(texts))),
            ActionKind::Negotiate { text, until } => {
                ir::Action::Negotiate { text: self.said(text), until: self.condition(until) }
            }
            ActionKind::Attach(attachment) => ir::Action::Attach(self.attachment(attachment)),
            ActionKind::CallMove { target, with } => {
                ir::Action::CallMove { target: target.text.to_owned(), with: self.payload(with) }
            }
            ActionKind::LearnPattern => ir::Action::LearnPattern,
            ActionKind::BoostConfidence => ir::Action::BoostConfidence,
            ActionKind::RememberOutcome => ir::Action::RememberOutcome,
        }
    }

    /// The `else` becomes a block of the move that waits for the event that nobody came: it runs in a later turn.
    fn escalation(&mut self, escalation: &Escalation<'_>, span: Span) -> ir::Escalation {
        let otherwise = escalation.otherwise.as_ref().map(|body| {
            let body = self.statements(body);
            let number = self.escalations;
            self.escalations += 1;
            let own = ir::Condition::Compare(
                ["event", "value", "escalation"].map(str::to_owned).to_vec(),
                ir::Comparison::Equal,
                ir::Literal::Number(f64::from(number)),
            );
            let condition = ir::Condition::All(vec![ir::Condition::Event(ir::HANDOFF_TIMED_OUT.to_owned()), own]);
            let line = self.line(span);
            let branch = ir::Branch { condition, body, line };
            self.unanswered.push(ir::Block { branches: vec![branch], otherwise: None, line });
            number
        });
        ir::Escalation { queue: escalation.queue.text.to_owned(), patience_ms: escalation.patience_ms, otherwise }
    }

    fn offer(&mut self, choices: &[Choice]) -> ir::Action {
        if choices.iter().all(|choice| choice.value.is_none()) {
            return ir::Action::OfferChoices(choices.iter().map(|choice| self.template(choice.label)).collect());
        }
        let valued = choices
            .iter()
            .map(|choice| (self.template(choice.label), self.template(choice.value.unwrap_or(choice.label))));
        ir::Action::OfferValued(valued.collect())
    }

    fn attachment(&mut self, attachment: &Attachment<'_>) -> ir::Attachment {
        match attachment {
            Attachment::Image { url, alt } => {
                ir::Attachment::Image { url: self.template(*url), alt: self.template(*alt) }
            }
            Attachment::Card(fields) => {
                let fields = fields.iter().map(|(name, text)| (name.text.to_owned(), self.template(*text)));
                ir::Attachment::Card(fields.collect())
            }
            Attachment::Payload(fields) => ir::Attachment::Payload(self.payload(fields)),
            // Reported by the parser; the game does not compile.
            Attachment::Unknown => ir::Attachment::Payload(Vec::new()),
        }
    }

    fn payload(
        &mut self,
        fields: &[(super::super::ast::Name<'_>, PayloadValue<'_>)],
    ) -> Vec<(String, ir::PayloadValue)> {
        fields.iter().map(|(name, value)| (name.text.to_owned(), self.payload_value(value))).collect()
    }

    fn payload_value(&mut self, value: &PayloadValue<'_>) -> ir::PayloadValue {
        match value {
            PayloadValue::Text(text) => ir::PayloadValue::Text(self.template(*text)),
            PayloadValue::Number(number) => ir::PayloadValue::Number(number.value),
            PayloadValue::Boolean(value) => ir::PayloadValue::Boolean(*value),
            PayloadValue::Reference(reference) => ir::PayloadValue::Reference(path(reference)),
            PayloadValue::Object(fields) => ir::PayloadValue::Object(self.payload(fields)),
            PayloadValue::List(values) => {
                ir::PayloadValue::List(values.iter().map(|value| self.payload_value(value)).collect())
            }
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
