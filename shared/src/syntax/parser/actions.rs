//! Actions.

use crate::diagnostics::{Code, Diagnostic};
use crate::ir::given_as;

use super::super::ast::{Action, ActionKind, Attachment, Call, Choice, Escalation, Name, PayloadValue, Text};
use super::super::lexer::Kind;
use super::super::limits::{MAX_PATIENCE_SECONDS, MAX_TIMEOUT_SECONDS};
use super::{Layout, Parser, Read, Reported};

/// The units of `within`, in seconds.
const PATIENCE_UNITS: [(&str, f64); 6] =
    [("second", 1.0), ("seconds", 1.0), ("minute", 60.0), ("minutes", 60.0), ("hour", 3600.0), ("hours", 3600.0)];

const ACTIONS: &[&str] = &[
    "respond with:",
    "prompt slot:",
    "ask for clarification:",
    "offer choices: [",
    "clarify NAME with options: [",
    "generate response",
    "attach {",
    "call MOVE",
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

/// What other languages call an action.
const MEANT: [(&str, &str); 10] = [
    ("say", "respond with:"),
    ("print", "respond with:"),
    ("reply", "respond with:"),
    ("answer", "respond with:"),
    ("send", "respond with:"),
    ("show", "respond with:"),
    ("goto", "delegate to:"),
    ("go", "delegate to:"),
    ("transfer", "escalate to:"),
    ("choose", "offer choices: ["),
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
                ActionKind::OfferChoices(self.list(false, "a choice", Parser::choice))
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
                ActionKind::Escalate(Box::new(self.escalation()?))
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
                let texts = if self.eat_word("with") { self.one_or_several("a text")? } else { Vec::new() };
                ActionKind::Retry(texts)
            }
            "negotiate" => {
                self.bump();
                // A colon as after other actions does no harm.
                self.eat(Kind::Colon);
                let text = self.one_or_several("the text of the question")?;
                self.words(&["until"]);
                ActionKind::Negotiate { text, until: self.condition()? }
            }
            "attach" => {
                let first = self.bump();
                ActionKind::Attach(self.attachment(first)?)
            }
            "call" => {
                self.bump();
                let target = self.name("the name of a move")?;
                let with = if self.eat_word("with") { self.given_values()? } else { Vec::new() };
                ActionKind::CallMove { target, with }
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
            _ => match MEANT.iter().find(|(other, _)| *other == word) {
                Some((_, meant)) => {
                    let hint = format!("did you mean `{meant}`?");
                    return Err(self.unexpected_hint("an action or a block", Some(hint)));
                }
                None => return Err(self.unknown_word("an action or a block", ACTIONS)),
            },
        })
    }

    /// `QUEUE [within N minutes [else { … }]]`
    fn escalation(&mut self) -> Read<Escalation<'s>> {
        let queue = self.name("the name of a person or queue")?;
        let within = self.peek();
        let patience_ms = if self.eat_word("within") { Some(self.patience(within)?) } else { None };
        let mut otherwise = None;
        if self.is_word("else") {
            let first = self.peek();
            self.mark(Layout::Else);
            self.bump();
            if patience_ms.is_none() {
                let message = "`else` says what happens when nobody has come in time: expected `within` before it";
                let found = Diagnostic::new(Code::Unexpected, first.span(), message);
                self.report(found.with_hint("for example `escalate to: nurse within 5 minutes else { … }`"));
            }
            otherwise = Some(self.nested(Parser::body)?);
        }
        Ok(Escalation { queue, patience_ms, otherwise })
    }

    /// A length of time in milliseconds: `90 seconds`, `5 minutes`, `2 hours`.
    fn patience(&mut self, within: super::super::lexer::Token) -> Read<u64> {
        let count = self.number("how long the person waits, such as `5 minutes`")?;
        let unit = self.name("`seconds`, `minutes` or `hours`")?;
        let Some((_, seconds)) = PATIENCE_UNITS.iter().find(|(name, _)| *name == unit.text) else {
            let found = Diagnostic::new(Code::Unexpected, unit.span, "expected `seconds`, `minutes` or `hours`");
            self.report(match super::nearest(unit.text, PATIENCE_UNITS.iter().map(|(name, _)| *name)) {
                Some(near) => found.with_hint(format!("did you mean `{near}`?")),
                None => found.with_hint("for example `within 5 minutes`"),
            });
            return Err(Reported);
        };
        let seconds = count.value * seconds;
        if !(1.0..=MAX_PATIENCE_SECONDS).contains(&seconds) {
            let span = self.span_from(within);
            self.report(Diagnostic::new(Code::BadRange, span, "a person waits from 1 second to 7 days"));
            return Ok(1000);
        }
        // In range, so that the conversion is exact to the millisecond.
        Ok((seconds * 1000.0).round() as u64)
    }

    /// The words of a keyword, of which the first stands here, and its colon.
    fn phrase(&mut self, keyword: &str) {
        let words: Vec<&str> = keyword.split(' ').collect();
        self.words(&words);
        self.colon(keyword);
    }

    fn said(&mut self, keyword: &str, what: &str) -> Read<Vec<Text>> {
        self.phrase(keyword);
        self.one_or_several(what)
    }

    /// A text, or a list of texts of which one is said.
    pub(super) fn one_or_several(&mut self, what: &str) -> Read<Vec<Text>> {
        if !self.is(Kind::OpenBracket) {
            return Ok(vec![self.text_token(what)?]);
        }
        let open = self.peek();
        let texts = self.list(false, "a text", |parser| parser.text_token("a text in quotes"));
        if texts.is_empty() {
            let span = self.span_from(open);
            self.report(Diagnostic::new(Code::BadRange, span, "a list of texts has at least one"));
            return Err(Reported);
        }
        Ok(texts)
    }

    /// `"…"`, or `{ label: "…", value: "…" }`.
    fn choice(&mut self) -> Read<Choice> {
        if !self.is(Kind::OpenBrace) {
            return Ok(Choice { label: self.text_token("a choice in quotes")?, value: None });
        }
        let open = self.peek();
        let (mut label, mut value) = (None, None);
        for (name, text) in self.fields(|parser| parser.text_token("a text in quotes"))? {
            match name.text {
                "label" => label = Some(text),
                "value" => value = Some(text),
                _ => self.unknown_field(name, &["label", "value"]),
            }
        }
        match label {
            Some(label) => Ok(Choice { label, value }),
            None => {
                let found = Diagnostic::new(Code::Unexpected, open.span(), "expected `label: \"…\"` in this choice");
                self.report(found.with_hint("a choice is `\"…\"` or `{ label: \"…\", value: \"…\" }`"));
                Err(Reported)
            }
        }
    }

    /// `{ name: …, … }`; a new line stands for the comma.
    fn fields<T>(&mut self, mut value: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<(Name<'s>, T)>> {
        let open = self.expect(Kind::OpenBrace, "`{`")?;
        let mut fields = Vec::new();
        loop {
            if self.eat(Kind::CloseBrace) {
                return Ok(fields);
            }
            if self.is(Kind::End) {
                self.unclosed(open, "}");
                return Err(Reported);
            }
            self.mark(Layout::Item);
            let name = self.name("a name, then `:`")?;
            self.colon(name.text);
            fields.push((name, value(self)?));
            if !self.eat(Kind::Comma) && !self.is(Kind::CloseBrace) && !self.peek().first_on_line {
                return Err(self.unexpected("`,` or `}` after a value"));
            }
        }
    }

    fn unknown_field(&mut self, name: Name<'s>, known: &[&'static str]) {
        let message = format!("`{}` is not one of {}", name.text, known.join(", "));
        let found = Diagnostic::new(Code::BadAttachment, name.span, message);
        self.report(match super::nearest(name.text, known.iter().copied()) {
            Some(near) => found.with_hint(format!("did you mean `{near}`?")),
            None => found,
        });
    }

    /// What stands behind `attach`: one kind of attachment.
    fn attachment(&mut self, first: super::super::lexer::Token) -> Read<Attachment<'s>> {
        let mut fields = self.fields(Parser::payload_value)?;
        let span = self.span_from(first);
        let at = |fields: &[(Name<'s>, PayloadValue<'s>)], wanted: &str| {
            fields.iter().position(|(name, _)| name.text == wanted)
        };
        if let Some(card) = at(&fields, "card") {
            let (_, card) = fields.remove(card);
            self.no_more_fields(&fields, "a card");
            return Ok(self.card(card, span));
        }
        if let Some(payload) = at(&fields, "payload") {
            let (_, payload) = fields.remove(payload);
            self.no_more_fields(&fields, "a payload");
            if let PayloadValue::Object(values) = payload {
                return Ok(Attachment::Payload(values));
            }
            self.report(Diagnostic::new(Code::BadAttachment, span, "a payload is `{ name: value, … }`"));
            return Ok(Attachment::Unknown);
        }
        match (at(&fields, "image"), at(&fields, "alt")) {
            (Some(image), Some(alt)) => match (&fields[image].1, &fields[alt].1) {
                (PayloadValue::Text(url), PayloadValue::Text(alt)) => {
                    let image = Attachment::Image { url: *url, alt: *alt };
                    fields.retain(|(name, _)| !matches!(name.text, "image" | "alt"));
                    self.no_more_fields(&fields, "an image");
                    Ok(image)
                }
                _ => {
                    let message = "the address of an image and its `alt` are texts in quotes";
                    self.report(Diagnostic::new(Code::BadAttachment, span, message));
                    Ok(Attachment::Unknown)
                }
            },
            (Some(_), None) => {
                let message = "an image has a text that stands for it where it is not shown: expected `alt: \"…\"`";
                let found = Diagnostic::new(Code::BadAttachment, span, message);
                self.report(found.with_hint("people who do not see the picture are told what it shows"));
                Ok(Attachment::Unknown)
            }
            (None, _) => {
                let message = "expected `image: \"…\", alt: \"…\"`, `card: { … }` or `payload: { … }`";
                self.report(Diagnostic::new(Code::BadAttachment, span, message));
                Ok(Attachment::Unknown)
            }
        }
    }

    fn no_more_fields(&mut self, rest: &[(Name<'s>, PayloadValue<'s>)], what: &str) {
        for (name, _) in rest {
            let message = format!("`{}` has no place in {what}", name.text);
            self.report(Diagnostic::new(Code::BadAttachment, name.span, message));
        }
    }

    fn card(&mut self, card: PayloadValue<'s>, span: crate::diagnostics::Span) -> Attachment<'s> {
        const FIELDS: &[&str] = &["title", "text", "link", "image", "alt"];
        let PayloadValue::Object(fields) = card else {
            self.report(Diagnostic::new(Code::BadAttachment, span, "a card is `{ title: \"…\", text: \"…\" }`"));
            return Attachment::Unknown;
        };
        let mut texts = Vec::new();
        for (name, value) in fields {
            match value {
                _ if !FIELDS.contains(&name.text) => self.unknown_field(name, FIELDS),
                PayloadValue::Text(text) => texts.push((name, text)),
                _ => {
                    let message = format!("`{}` of a card is a text in quotes", name.text);
                    self.report(Diagnostic::new(Code::BadAttachment, name.span, message));
                }
            }
        }
        if !texts.iter().any(|(name, _)| name.text == "title") {
            self.report(Diagnostic::new(Code::BadAttachment, span, "a card has a title: expected `title: \"…\"`"));
        }
        Attachment::Card(texts)
    }

    fn payload_value(&mut self) -> Read<PayloadValue<'s>> {
        Ok(match self.peek().kind {
            Kind::OpenBrace => PayloadValue::Object(self.nested(|parser| parser.fields(Parser::payload_value))?),
            Kind::OpenBracket => {
                PayloadValue::List(self.nested(|parser| Ok(parser.list(false, "a value", Parser::payload_value)))?)
            }
            Kind::Number => PayloadValue::Number(self.number("a number")?),
            Kind::Name if self.is_word("true") || self.is_word("false") => {
                let token = self.bump();
                PayloadValue::Boolean(self.text(token) == "true")
            }
            Kind::Name => PayloadValue::Reference(self.reference("the name of a value")?),
            _ => PayloadValue::Text(self.text_token("a text, a number, a name, `{ … }` or `[ … ]`")?),
        })
    }

    /// `a = b, c = "…"`
    fn given_values(&mut self) -> Read<Vec<(Name<'s>, PayloadValue<'s>)>> {
        let mut values = Vec::new();
        loop {
            let name = self.name("the name of a slot of that move")?;
            self.expect(Kind::Equal, "`=` and the value that the slot begins with")?;
            values.push((name, self.payload_value()?));
            if !self.eat(Kind::Comma) {
                return Ok(values);
            }
        }
    }

    /// `SERVICE.FUNCTION [(name, …)] [for TEXT] [await] [timeout SECONDS] [then ACTION]`; the clauses in any order,
    /// `then` last.
    pub(super) fn call(&mut self) -> Read<Call<'s>> {
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
            // Behind the check of a slot, the next slot's name.
            if self.ahead(1).kind == Kind::Colon {
                return Ok(call);
            }
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

    fn arguments(&mut self) -> Read<Vec<Name<'s>>> {
        let open = self.bump();
        let mut names: Vec<Name<'s>> = Vec::new();
        loop {
            if self.eat(Kind::CloseParen) {
                return Ok(names);
            }
            if self.ends_construct() {
                self.unclosed(open, ")");
                return Err(Reported);
            }
            let name = self.dotted_name("the name of a value")?;
            if let Some(other) = names.iter().find(|other| given_as(other.text) == given_as(name.text)) {
                let found = if other.text == name.text {
                    Diagnostic::new(Code::RepeatedEntry, name.span, format!("`{}` is given twice", name.text))
                } else {
                    let message = format!("`{}` and `{}` are given under the same name", other.text, name.text);
                    let hint = "give the whole that one of them belongs to, or a slot of another name";
                    Diagnostic::new(Code::RepeatedEntry, name.span, message).with_hint(hint)
                };
                self.report(found);
            }
            names.push(name);
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
