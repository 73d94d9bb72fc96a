//! Conditions and values. `and` binds tighter than `or`.

use crate::diagnostics::{Diagnostic, Span};
use crate::ir::{Comparison, UNITS};
use crate::template;

use super::super::ast::{Condition, Name, Reference, Value};
use super::super::lexer::Kind;
use super::super::limits::MAX_NESTING;
use super::{Parser, Read, Reported};

impl<'s> Parser<'s, '_> {
    pub(super) fn condition(&mut self) -> Read<Condition<'s>> {
        self.nested(|parser| {
            let first = parser.conjunction()?;
            let mut alternatives = vec![first];
            while parser.joins("or", "||") {
                alternatives.push(parser.conjunction()?);
            }
            Ok(one_or(alternatives, Condition::Any))
        })
    }

    fn conjunction(&mut self) -> Read<Condition<'s>> {
        let mut parts = vec![self.negation()?];
        while self.joins("and", "&&") {
            parts.push(self.negation()?);
        }
        Ok(one_or(parts, Condition::All))
    }

    /// `and` or `or`; an operator of another language is taken for it after a complaint.
    fn joins(&mut self, word: &str, foreign: &str) -> bool {
        if self.eat_word(word) {
            return true;
        }
        let is_foreign = self.is(Kind::Foreign) && self.text(self.peek()) == foreign;
        if is_foreign {
            self.unexpected_hint(&format!("`{word}`"), Some(format!("`{foreign}` is written `{word}`")));
            self.bump();
        }
        is_foreign
    }

    fn negation(&mut self) -> Read<Condition<'s>> {
        // `not` is a name too: `not = 3` compares a value called so.
        if self.is_word("not") && matches!(self.ahead(1).kind, Kind::Name | Kind::OpenParen) {
            self.bump();
            let inner = self.nested(Parser::negation)?;
            return Ok(Condition::Not(Box::new(inner)));
        }
        if self.is(Kind::Foreign) && self.text(self.peek()) == "!" {
            self.unexpected_hint("`not`", Some("`!` is written `not`".to_owned()));
            self.bump();
            let inner = self.nested(Parser::negation)?;
            return Ok(Condition::Not(Box::new(inner)));
        }
        if let Some(end) = self.expression_end() {
            return self.expression(end);
        }
        if self.eat(Kind::OpenParen) {
            let inner = self.condition()?;
            self.expect(Kind::CloseParen, "`and`, `or` or `)`")?;
            return Ok(inner);
        }
        self.simple_condition()
    }

    fn simple_condition(&mut self) -> Read<Condition<'s>> {
        // `slot address is missing`, `slot address.street is missing`
        let dotted = self.ahead(2).kind == Kind::Dot && self.ahead(3).kind == Kind::Name && self.is_word_at(4, "is");
        if self.is_word("slot") && self.ahead(1).kind == Kind::Name && (self.is_word_at(2, "is") || dotted) {
            self.bump();
            let slot = self.dotted_name("a slot's name")?;
            self.bump();
            let negated = self.eat_word("not");
            let said = if self.is_word("given") {
                self.words(&["given", "up"]);
                Condition::SlotGivenUp(slot)
            } else {
                self.words(&["missing"]);
                Condition::SlotMissing(slot)
            };
            return Ok(if negated { Condition::Not(Box::new(said)) } else { said });
        }
        if self.is_word("event") && self.ahead(1).kind == Kind::Name && !self.is_joint(1) {
            self.bump();
            return Ok(Condition::Event(self.name("an event's name")?));
        }
        if self.is_phrase(&["confidence", "is", "below"]) {
            self.at += 3;
            self.words(&["threshold"]);
            return Ok(Condition::Uncertain);
        }
        let reference = self.reference("a condition such as `confident`, `slot NAME is missing` or `NAME > 3`")?;
        if let Some(comparison) = self.comparison() {
            return Ok(Condition::Compare(reference, comparison, self.value("a value to compare with")?));
        }
        if self.eat_word("is") {
            return self.identity(reference);
        }
        if self.eat_word("matches") {
            return Ok(Condition::Matches(reference, self.text_token("a regular expression in quotes")?));
        }
        Ok(match reference.names.as_slice() {
            ["confident"] => Condition::Confident,
            ["uncertain"] => Condition::Uncertain,
            ["successful"] => Condition::Successful,
            ["failed"] => Condition::Failed,
            ["all_slots_filled"] => Condition::AllSlotsFilled,
            _ => Condition::Truthy(reference),
        })
    }

    /// A name, or that of a part of what it names.
    pub(super) fn dotted_name(&mut self, what: &str) -> Read<Name<'s>> {
        let first = self.name(what)?;
        if !self.eat(Kind::Dot) {
            return Ok(first);
        }
        let part = self.name("the name of a part")?;
        let span = first.span.to(part.span);
        // White space between them would be part of the name.
        let text = &self.source[span.start as usize..span.end as usize];
        if text.len() != first.text.len() + 1 + part.text.len() {
            return Err(self.unexpected("a name and that of its part, without a space between them"));
        }
        Ok(Name { text, span })
    }

    /// What follows `is`: a value, `not` a value, or `missing`.
    fn identity(&mut self, reference: Reference<'s>) -> Read<Condition<'s>> {
        // `not` is a word like others: `is not` alone compares with it.
        let value_follows = match self.ahead(1).kind {
            Kind::Text | Kind::Block | Kind::Number => true,
            Kind::Name => !self.is_word_at(1, "and") && !self.is_word_at(1, "or"),
            _ => false,
        };
        let negated = self.is_word("not") && value_follows;
        if negated {
            self.bump();
        }
        if self.is_word("missing") {
            self.bump();
            let present = Condition::Truthy(reference);
            return Ok(if negated { present } else { Condition::Not(Box::new(present)) });
        }
        let comparison = if negated { Comparison::NotEqual } else { Comparison::Equal };
        Ok(Condition::Compare(reference, comparison, self.value("a value")?))
    }

    /// Whether a word that goes on with a condition stands there.
    fn is_joint(&self, distance: usize) -> bool {
        ["and", "or", "is", "matches"].iter().any(|word| self.is_word_at(distance, word))
    }

    /// Where an expression ends that begins here, as an index of tokens; `None` where what stands here is a plain
    /// comparison or no expression at all.
    fn expression_end(&self) -> Option<usize> {
        let left = self.sum_end(self.at, 0)?;
        let compares = matches!(
            self.tokens[left.end].kind,
            Kind::Equal | Kind::NotEqual | Kind::Less | Kind::LessOrEqual | Kind::Greater | Kind::GreaterOrEqual
        );
        if !compares {
            return left.computes.then_some(left.end);
        }
        let Some(right) = self.sum_end(left.end + 1, 0) else { return left.computes.then_some(left.end) };
        (left.computes || left.nested || right.computes || right.nested || right.dotted).then_some(right.end)
    }

    /// The sum, product, call, name, number or text that begins at a token, `depth` parentheses and signs deep.
    fn sum_end(&self, at: usize, depth: usize) -> Option<Extent> {
        let mut extent = Extent { end: at, computes: false, nested: false, dotted: false };
        loop {
            self.operand_end(&mut extent, depth)?;
            let next = self.tokens[extent.end];
            match next.kind {
                Kind::Operator | Kind::Minus => extent.end += 1,
                // `a -2` reads as a name and a negative number.
                Kind::Number if self.text(next).starts_with('-') && !next.first_on_line => {}
                _ => return Some(extent),
            }
            extent.computes = true;
        }
    }

    fn operand_end(&self, extent: &mut Extent, depth: usize) -> Option<()> {
        // What nests deeper is no expression; as a condition it is reported.
        if depth == MAX_NESTING {
            return None;
        }
        let token = self.tokens[extent.end];
        let next = self.tokens[(extent.end + 1).min(self.tokens.len() - 1)];
        extent.end += 1;
        match token.kind {
            Kind::Minus => {
                extent.computes = true;
                return self.operand_end(extent, depth + 1);
            }
            Kind::Operator if self.text(token) == "+" => {
                extent.computes = true;
                return self.operand_end(extent, depth + 1);
            }
            Kind::Number | Kind::Text => {}
            Kind::OpenParen => {
                let inner = self.sum_end(extent.end, depth + 1)?;
                if self.tokens[inner.end].kind != Kind::CloseParen {
                    return None;
                }
                extent.end = inner.end + 1;
                extent.computes |= inner.computes;
                extent.nested = true;
            }
            Kind::Name if next.kind == Kind::OpenParen && next.start == token.end => {
                extent.end = self.balanced_end(extent.end)?;
                extent.computes = true;
            }
            Kind::Name if !["and", "or", "not", "else"].contains(&self.text(token)) => {
                while self.tokens[extent.end].kind == Kind::Dot {
                    extent.dotted = true;
                    extent.end += 1;
                    if self.tokens[extent.end].kind != Kind::Name {
                        return None;
                    }
                    extent.end += 1;
                }
            }
            _ => return None,
        }
        let after = self.tokens[extent.end];
        let unit = |text: &str| UNITS.iter().any(|(name, _)| text.strip_suffix('s').unwrap_or(text) == *name);
        // `slot day is missing` is about a slot of that name.
        let counts = token.kind != Kind::Text && !["slot", "event"].contains(&self.text(token));
        // `b: string required when a = 1 day: date`: what has a colon is the next slot.
        let names_a_slot = || self.tokens.get(extent.end + 1).is_some_and(|next| next.kind == Kind::Colon);
        if after.kind == Kind::Name && !after.first_on_line && counts && unit(self.text(after)) && !names_a_slot() {
            extent.end += 1;
            extent.computes = true;
        }
        Some(())
    }

    /// Behind the sign that closes the parenthesis at a token.
    fn balanced_end(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                Kind::OpenParen => depth += 1,
                Kind::CloseParen => depth -= 1,
                Kind::OpenBrace | Kind::CloseBrace | Kind::End => return None,
                _ => {}
            }
            if depth == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// The expression up to a token. Its grammar is that of `${…}`.
    fn expression(&mut self, end: usize) -> Read<Condition<'s>> {
        let (start, last) = (self.tokens[self.at].start as usize, self.tokens[end - 1].end as usize);
        // Comments between its tokens are blank to it.
        let mut text = String::with_capacity(last - start);
        for token in &self.tokens[self.at..end] {
            let blank = token.start as usize - start - text.len();
            text.extend(std::iter::repeat_n(' ', blank));
            text.push_str(self.text(*token));
        }
        self.at = end;
        let span = Span::new(start as u32, last as u32);
        match template::parse_expression(&text, start) {
            Ok(expression) => Ok(Condition::Computed(expression, span)),
            Err(error) => {
                self.last_report = Some(self.peek().start);
                let place = Span::new(error.start as u32, (error.end as u32).max(error.start as u32 + 1));
                let found = Diagnostic::new(error.code, place, error.message);
                self.report(match error.hint {
                    Some(hint) => found.with_hint(hint),
                    None => found,
                });
                Err(Reported)
            }
        }
    }

    pub(super) fn comparison(&mut self) -> Option<Comparison> {
        let comparison = match self.peek().kind {
            Kind::Equal => Comparison::Equal,
            Kind::NotEqual => Comparison::NotEqual,
            Kind::Less => Comparison::Less,
            Kind::LessOrEqual => Comparison::LessOrEqual,
            Kind::Greater => Comparison::Greater,
            Kind::GreaterOrEqual => Comparison::GreaterOrEqual,
            Kind::Foreign => {
                let (meant, comparison) = match self.text(self.peek()) {
                    "==" => ("=", Comparison::Equal),
                    "<>" | "≠" => ("!=", Comparison::NotEqual),
                    _ => return None,
                };
                let hint = format!("`{}` is written `{meant}`", self.text(self.peek()));
                self.unexpected_hint(&format!("`{meant}`"), Some(hint));
                comparison
            }
            _ => return None,
        };
        self.bump();
        Some(comparison)
    }

    /// A text, a number, `true`, `false`, or a bare word that stands for itself.
    pub(super) fn value(&mut self, what: &str) -> Read<Value<'s>> {
        let token = self.peek();
        match token.kind {
            Kind::Text | Kind::Block => Ok(Value::Text(self.text_token(what)?)),
            Kind::Number => Ok(Value::Number(self.number(what)?)),
            Kind::Name => {
                self.bump();
                Ok(match self.text(token) {
                    "true" => Value::Boolean(true, token.span()),
                    "false" => Value::Boolean(false, token.span()),
                    text => Value::Word(Name { text, span: token.span() }),
                })
            }
            _ => Err(self.unexpected(&format!("{what}: a text in quotes, a number, `true` or `false`"))),
        }
    }
}

/// How far an expression goes, and what of it a plain comparison does not have.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// The token behind it.
    end: usize,
    /// It has an operator, a function or a unit.
    computes: bool,
    /// It stands in parentheses.
    nested: bool,
    /// It has a dotted name.
    dotted: bool,
}

fn one_or<'s>(mut parts: Vec<Condition<'s>>, many: fn(Vec<Condition<'s>>) -> Condition<'s>) -> Condition<'s> {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}
