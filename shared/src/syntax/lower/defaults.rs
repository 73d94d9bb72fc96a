//! Defaults: what stands in `default(VALUE)`, read as the slot's type. What depends on the day of the turn ("tomorrow") is read
//! again there.

use super::super::ast::Value;
use super::Lowering;
use crate::diagnostics::{Code, Diagnostic, Span};
use crate::entities::{Direction, Reference};
use crate::ir::{Literal, Slot, SlotType};
use crate::slots::{Answer, effective_type, read_value};
use crate::template::{number_text, numeric};

impl Lowering<'_, '_> {
    /// The default of a slot; none where it is no value of the slot's type, which is reported (E106).
    pub(super) fn default(&mut self, slot: &Slot, value: &Value<'_>) -> Option<Literal> {
        let span = match value {
            Value::Text(text) => text.span,
            Value::Number(number) => number.span,
            Value::Boolean(_, span) => *span,
            Value::Word(name) => name.span,
        };
        let literal = self.literal(value);
        let said = match &literal {
            Literal::Text(text) | Literal::Reference(text) => text.clone(),
            Literal::Number(number) => number_text(*number),
            Literal::Boolean(value) => value.to_string(),
        };
        let reference = self.some_day();
        let found = match effective_type(slot) {
            SlotType::String | SlotType::EnumFrom(_) => Some(literal),
            SlotType::Enum(options) => {
                let same = |option: &&String| option.to_lowercase() == said.to_lowercase();
                options.iter().find(same).map(|option| Literal::Text(option.clone()))
            }
            SlotType::Boolean if ["true", "yes"].contains(&said.to_lowercase().as_str()) => {
                Some(Literal::Boolean(true))
            }
            SlotType::Boolean if ["false", "no"].contains(&said.to_lowercase().as_str()) => {
                Some(Literal::Boolean(false))
            }
            ty => match read_value(slot, &said, &reference) {
                Answer::Value { found, .. } if found.fits => match (ty, found.value.as_bool()) {
                    (_, Some(answer)) => Some(Literal::Boolean(answer)),
                    (ty, _) if ty.is_number() => numeric(&found.value).map(Literal::Number),
                    _ => Some(Literal::Text(said.clone())),
                },
                _ => None,
            },
        };
        if found.is_none() {
            self.report_default(slot, &said, span);
        }
        found
    }

    fn report_default(&mut self, slot: &Slot, said: &str, span: Span) {
        let (wanted, example) = wanted(effective_type(slot));
        let message = format!("`{said}` is no value of the slot `{}`: expected {wanted}", slot.name);
        let found = Diagnostic::new(Code::BadDefault, span, message);
        self.report(if example.is_empty() {
            found
        } else {
            found.with_hint(format!("write one such as \"{example}\""))
        });
    }

    /// A day like any other, for the people that the game is for.
    fn some_day(&self) -> Reference {
        Reference {
            now: jiff::civil::date(2026, 1, 1).at(9, 0, 0, 0),
            offset_seconds: 0,
            direction: Direction::Future,
            language: self.locale.language.spoken(),
            place: self.locale.place(),
        }
    }
}

/// What a type takes, and an example of it where that does not say enough.
fn wanted(ty: &SlotType) -> (String, &'static str) {
    let (wanted, example) = match ty {
        SlotType::Range { min, max } => {
            return (format!("a number from {} to {}", number_text(*min), number_text(*max)), "");
        }
        SlotType::Enum(options) => return (format!("one of {}", options.join(", ")), ""),
        SlotType::Pattern(regex) => return (format!("a text of the form `{regex}`"), ""),
        SlotType::String | SlotType::EnumFrom(_) => ("a text", ""),
        SlotType::Number => ("a number", ""),
        SlotType::Boolean => ("true or false", ""),
        SlotType::Date => ("a day", "tomorrow"),
        SlotType::Time => ("a time of day", "18:00"),
        SlotType::DateTime => ("a day with a time", "2026-03-06 18:00"),
        SlotType::Timeframe => ("a length of time or a point in time", "2026-03-06"),
        SlotType::Email => ("an email address", "name@example.com"),
        SlotType::Phone => ("a phone number", "+1 555 010 9999"),
        SlotType::Url => ("a web address", "https://example.com"),
        SlotType::Money => ("an amount of money", "20 USD"),
        SlotType::Quantity => ("an amount with its unit", "5 kg"),
        SlotType::List(_) => ("one or several of its values", ""),
    };
    (wanted.to_owned(), example)
}
