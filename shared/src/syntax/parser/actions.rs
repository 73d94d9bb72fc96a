//! Actions.

use crate::diagnostics::{Code, Diagnostic};

use super::super::ast::{Action, ActionKind, Call, Text};
use super::super::lexer::Kind;
use super::super::limits::MAX_TIMEOUT_SECONDS;
use super::{Parser, Read, Reported};

const ACTIONS: &[&str] = &[
    "respond with:",
    "prompt slot:",
    "ask for clarification:",
    "offer choices: [",
    "clarify NAME with options: [",
    "generate response",
    "escalate to:",
    "delegate to:",
    "continue",
    "return",
    "retry",
    "negotiate \"…\" until CONDITION",
    "learn pattern",
    "boost confidence",
    "remember outcome",
    "when CONDITION {",
    "if CONDITION {",
    "confidence:",
];

impl<'s> Parser<'s, '_> {
    pub(super) fn action(&mut self) -> Read<Action<'s>> {
        let first = self.peek();
        let kind = if first.kind == Kind::Name && self.ahead(1).kind == Kind::Dot {
            ActionKind::Call(Box::new(self.call()?))
        } else {
            self.keyword_action()?
        };
        Ok(Action { kind, span: self.span_from(first) })
    }

    fn keyword_action(&mut self) -> Read<ActionKind<'s>> {
        let word = if self.is(Kind::Name) { self.text(self.peek()) } else { "" };
        Ok(match word {
            "respond" => ActionKind::Respond(self.said("respond with", "the text of the response")?),
            "prompt" => ActionKind::PromptSlot(self.said("prompt slot", "the text of the prompt")?),
            "ask" => ActionKind::AskForClarification(self.said("ask for clarification", "the text of the question")?),
            "offer" => {
                self.phrase("offer choices");
                ActionKind::OfferChoices(self.list(false, "a choice", |parser| parser.text_token("a choice in quotes")))
            }
            "clarify" => {
                self.bump();
                let name = self.name("the name under which the choice is stored")?;
                self.words(&["with", "options"]);
                self.colon("with options");
                let options = self.list(false, "an option", |parser| parser.text_token("an option in quotes"));
                ActionKind::Clarify { name, options }
            }
            "generate" => {
                self.bump();
                self.words(&["response"]);
                let style = if self.eat_word("with") {
                    self.words(&["style"]);
                    self.colon("with style");
                    Some(self.text_token("the style, a text")?)
                } else {
                    None
                };
                ActionKind::Generate { style }
            }
            "escalate" => {
                self.phrase("escalate to");
                ActionKind::Escalate(self.name("the name of a person or queue")?)
            }
            "delegate" => {
                self.phrase("delegate to");
                ActionKind::Delegate(self.name("the name of a move")?)
            }
            "continue" => {
                self.bump();
                ActionKind::Continue
            }
            "return" => {
                self.bump();
                ActionKind::Return
            }
            "retry" => {
                self.bump();
                let text = if self.eat_word("with") { Some(self.text_token("a text")?) } else { None };
                ActionKind::Retry(text)
            }
            "negotiate" => {
                self.bump();
                // A colon as after other actions does no harm.
                self.eat(Kind::Colon);
                let text = self.text_token("the text of the question")?;
                self.words(&["until"]);
                ActionKind::Negotiate { text, until: self.condition()? }
            }
            "learn" => {
                self.bump();
                self.words(&["pattern"]);
                ActionKind::LearnPattern
            }
            "boost" => {
                self.bump();
                self.words(&["confidence"]);
                ActionKind::BoostConfidence
            }
            "remember" => {
                self.bump();
                self.words(&["outcome"]);
                ActionKind::RememberOutcome
            }
            _ => return Err(self.unknown_word("an action or a block", ACTIONS)),
        })
    }

    /// The words of a keyword, of which the first stands here, and its colon.
    fn phrase(&mut self, keyword: &str) {
        let words: Vec<&str> = keyword.split(' ').collect();
        self.words(&words);
        self.colon(keyword);
    }

    fn said(&mut self, keyword: &str, what: &str) -> Read<Text> {
        self.phrase(keyword);
        self.text_token(what)
    }

    /// `SERVICE.FUNCTION [(name, …)] [for TEXT] [await] [timeout SECONDS] [then ACTION]`; the clauses in any order,
    /// `then` last.
    fn call(&mut self) -> Read<Call<'s>> {
        let service = self.name("a service")?;
        self.bump();
        let function = self.name("a function of the service")?;
        let mut call =
            Call { service, function, arguments: None, purpose: None, awaits: false, timeout_ms: None, then: None };
        if self.is(Kind::OpenParen) {
            call.arguments = Some(self.arguments()?);
        }
        loop {
            let first = self.peek();
            if self.eat_word("for") {
                let purpose = self.text_token("what the call is for, a text")?;
                if call.purpose.replace(purpose).is_some() {
                    self.repeated(first.span(), "`for` stands twice");
                }
            } else if self.eat_word("await") {
                call.awaits = true;
            } else if self.eat_word("timeout") {
                let timeout = self.timeout()?;
                if call.timeout_ms.replace(timeout).is_some() {
                    self.repeated(first.span(), "`timeout` stands twice");
                }
            } else if self.eat_word("then") {
                let action = self.nested(Parser::action)?;
                call.then = Some(Box::new(action));
                return Ok(call);
            } else {
                return Ok(call);
            }
        }
    }

    fn arguments(&mut self) -> Read<Vec<super::super::ast::Name<'s>>> {
        let open = self.bump();
        let mut names = Vec::new();
        loop {
            if self.eat(Kind::CloseParen) {
                return Ok(names);
            }
            if self.ends_construct() {
                self.unclosed(open, ")");
                return Err(Reported);
            }
            names.push(self.name("the name of a value")?);
            if !self.is(Kind::CloseParen) && !self.eat(Kind::Comma) {
                return Err(self.unexpected("`,` or `)` after a name"));
            }
        }
    }

    fn timeout(&mut self) -> Read<u32> {
        let seconds = self.number("the time-out in seconds")?;
        if !(seconds.value > 0.0 && seconds.value <= MAX_TIMEOUT_SECONDS) {
            let message = format!("a time-out is more than 0 and at most {MAX_TIMEOUT_SECONDS} seconds");
            self.report(Diagnostic::new(Code::BadRange, seconds.span, message));
            return Ok(1000);
        }
        // In range, so that the conversion is exact to the millisecond.
        Ok(((seconds.value * 1000.0).round() as u32).max(1))
    }
}
