//! Conditions and values. `and` binds tighter than `or`.

use crate::ir::Comparison;

use super::super::ast::{Condition, Name, Reference, Value};
use super::super::lexer::Kind;
use super::{Parser, Read};

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
        if self.eat(Kind::OpenParen) {
            let inner = self.condition()?;
            self.expect(Kind::CloseParen, "`and`, `or` or `)`")?;
            return Ok(inner);
        }
        self.simple_condition()
    }

    fn simple_condition(&mut self) -> Read<Condition<'s>> {
        if self.is_word("slot") && self.ahead(1).kind == Kind::Name && self.is_word_at(2, "is") {
            self.bump();
            let slot = self.name("a slot's name")?;
            self.bump();
            let negated = self.eat_word("not");
            self.words(&["missing"]);
            let missing = Condition::SlotMissing(slot);
            return Ok(if negated { Condition::Not(Box::new(missing)) } else { missing });
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

fn one_or<'s>(mut parts: Vec<Condition<'s>>, many: fn(Vec<Condition<'s>>) -> Condition<'s>) -> Condition<'s> {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}
