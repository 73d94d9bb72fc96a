//! Filling a template in. Values are text once they are in: they are never read as template text again.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::ir::{Path, Template, TemplatePart};

use super::expression::{NoValue, evaluate};

/// What a dotted name stands for; `None` when there is no such value.
pub type Scope<'s, 'v> = &'s dyn Fn(&[String]) -> Option<Cow<'v, Value>>;

/// Shown where arithmetic has no value and the template no fallback.
const DASH: &str = "—";
/// Decimal places that the result of arithmetic is shown with at most.
const DECIMALS: usize = 6;
/// How deep lists and objects are shown; what lies deeper is left out.
const MAX_VALUE_DEPTH: usize = 8;

/// A template filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// What could not be computed.
    pub findings: Vec<Finding>,
}

/// Something that a template asked for and that could not be computed. Holds no value, so it may be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// `E001`: a value is missing or not numeric, or a division by zero. `E012`: out of range.
    pub code: &'static str,
}

/// Fills a template in.
#[must_use]
pub fn render(template: &Template, scope: Scope<'_, '_>) -> Rendered {
    let mut rendered = Rendered::default();
    for part in &template.parts {
        render_part(&mut rendered, part, scope);
    }
    rendered
}

fn render_part(rendered: &mut Rendered, part: &TemplatePart, scope: Scope<'_, '_>) {
    let text = &mut rendered.text;
    match part {
        TemplatePart::Text(literal) => text.push_str(literal),
        TemplatePart::Value(path) => {
            if let Some(value) = present(path, scope) {
                push_value(text, &value, 0);
            }
        }
        TemplatePart::ValueOr(path, fallback) => match present(path, scope) {
            Some(value) => push_value(text, &value, 0),
            None => text.push_str(fallback),
        },
        TemplatePart::Unless(path, fallback) => {
            if present(path, scope).is_none() {
                text.push_str(fallback);
            }
        }
        TemplatePart::Conditional { path, pieces, text: written } => match present(path, scope) {
            None => {}
            Some(value) => match yes_or_no(&value) {
                Some(true) => text.push_str(written),
                Some(false) => {}
                None => push_around(text, pieces, &value),
            },
        },
        TemplatePart::Expression { expression, fallback } => match evaluate(expression, scope) {
            Ok(result) => text.push_str(&result_text(result)),
            Err(reason) => {
                text.push_str(fallback.as_deref().unwrap_or(DASH));
                let code = match reason {
                    NoValue::Unusable => "E001",
                    NoValue::OutOfRange => "E012",
                };
                rendered.findings.push(Finding { code });
            }
        },
    }
}

/// The value of a name, unless it is null or empty.
fn present<'v>(path: &Path, scope: Scope<'_, 'v>) -> Option<Cow<'v, Value>> {
    let value = scope(path)?;
    let empty = match value.as_ref() {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if empty { None } else { Some(value) }
}

/// `Some` for values that say yes or no.
fn yes_or_no(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(answer) => Some(*answer),
        Value::String(text) => {
            let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
            if is("yes") || is("true") {
                Some(true)
            } else if is("no") || is("false") {
                Some(false)
            } else {
                None
            }
        }
        _ => None,
    }
}

fn push_around(text: &mut String, pieces: &[String], value: &Value) {
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            push_value(text, value, 0);
        }
        text.push_str(piece);
    }
}

/// A value as a person reads it: whole numbers without a fraction, yes and no, "a, b and c".
#[must_use]
pub fn value_text(value: &Value) -> String {
    let mut text = String::new();
    push_value(&mut text, value, 0);
    text
}

fn push_value(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => {}
        Value::Bool(answer) => text.push_str(if *answer { "yes" } else { "no" }),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => text.push_str(&number_text(float)),
            _ => text.push_str(&number.to_string()),
        },
        Value::String(string) => text.push_str(string),
        Value::Array(_) | Value::Object(_) if depth == MAX_VALUE_DEPTH => {}
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(if index + 1 == items.len() { " and " } else { ", " });
                }
                push_value(text, item, depth + 1);
            }
        }
        Value::Object(fields) => push_object(text, fields, depth),
    }
}

/// Objects of typed slots read as what they are ("12 EUR", "5 km"); others as "name: value" pairs.
fn push_object(text: &mut String, fields: &Map<String, Value>, depth: usize) {
    if let Some(Value::String(said)) = fields.get("text") {
        text.push_str(said);
        return;
    }
    let amount = ["amount", "value", "number"].iter().find_map(|name| fields.get(*name));
    let unit = ["currency", "unit"].iter().find_map(|name| fields.get(*name));
    if let (Some(amount), Some(unit)) = (amount, unit) {
        push_value(text, amount, depth + 1);
        if !unit.is_null() {
            text.push(' ');
            push_value(text, unit, depth + 1);
        }
        return;
    }
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
        text.push_str(": ");
        push_value(text, value, depth + 1);
    }
}

/// A number as a person reads it: `8` for 8.0, the shortest decimal that reads back as the same number otherwise.
#[must_use]
pub fn number_text(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{number}") }
}

/// The result of arithmetic, rounded to [`DECIMALS`] places, so that no binary dust shows (0.1 + 0.2 is 0.3).
fn result_text(result: f64) -> String {
    let rounded = format!("{result:.DECIMALS$}");
    let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
    if trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
}

/// The number that a value stands for in arithmetic and comparisons: a number, or text that is one.
/// Always finite; numbers beyond what arithmetic may hold are left to the caller.
#[must_use]
pub fn numeric(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => decimal(text.trim())?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// `-?\d+(\.\d+)?`, the language's own form of a number, and nothing that only Rust takes for one (`inf`, `1e5`).
fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if digits(whole) && digits(fraction) { text.parse().ok() } else { None }
}
