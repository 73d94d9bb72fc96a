//! Filling a template in. Values are text once they are in: they are never read as template text again.

use std::borrow::Cow;

use serde_json::Value;

use crate::engine::MAX_RESPONSE_CHARS;
use crate::ir::{Expression, Path, Style, Template, TemplatePart};

use super::evaluate::{Computed, NoValue, evaluate, evaluate_shown};
use super::show::View;

/// What a dotted name stands for; `None` when there is no such value.
pub type Scope<'s, 'v> = &'s dyn Fn(&[String]) -> Option<Cow<'v, Value>>;

/// Shown where arithmetic has no value and the template no fallback.
const DASH: &str = "—";
/// Decimal places that the result of arithmetic is shown with at most.
const DECIMALS: usize = 6;

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

/// Where a text ends that grows too long, bytes: what is longer is cut anyway before anybody sees it.
const MAX_RENDERED_BYTES: usize = 4 * MAX_RESPONSE_CHARS;

/// Fills a template in, with values as the viewer reads them.
#[must_use]
pub fn render(template: &Template, scope: Scope<'_, '_>, view: &View<'_>) -> Rendered {
    let mut rendered = Rendered::default();
    for part in &template.parts {
        if rendered.text.len() >= MAX_RENDERED_BYTES {
            break;
        }
        render_part(&mut rendered, part, scope, view);
    }
    rendered
}

fn render_part(rendered: &mut Rendered, part: &TemplatePart, scope: Scope<'_, '_>, view: &View<'_>) {
    let text = &mut rendered.text;
    match part {
        TemplatePart::Text(literal) => text.push_str(literal),
        TemplatePart::Value(path) => {
            if let Some(value) = present(path, scope) {
                view.push_named(text, path, &value, Style::Plain);
            }
        }
        TemplatePart::ValueOr(path, fallback) => match present(path, scope) {
            Some(value) => view.push_named(text, path, &value, Style::Plain),
            None => text.push_str(fallback),
        },
        TemplatePart::Styled { path, style, otherwise } => match present(path, scope) {
            Some(value) => view.push_named(text, path, &value, *style),
            None => text.push_str(otherwise),
        },
        TemplatePart::Unless(path, fallback) => {
            if present(path, scope).is_none() {
                text.push_str(fallback);
            }
        }
        TemplatePart::Conditional { path, pieces, text: written } => match present(path, scope) {
            None => {}
            Some(value) => match view.yes_or_no(&value) {
                Some(true) => text.push_str(written),
                Some(false) => {}
                None => push_around(text, pieces, path, &value, view),
            },
        },
        // Which of several texts is said is decided before; the first stands for all.
        TemplatePart::OneOf(variants) => {
            if let Some(first) = variants.first() {
                let first = render(first, scope, view);
                text.push_str(&first.text);
                rendered.findings.extend(first.findings);
            }
        }
        TemplatePart::Expression { expression, fallback } => match evaluate_shown(expression, scope, view.today) {
            Ok(Computed::Number(result) | Computed::Span(result, _)) => {
                text.push_str(&view.number(rounded(result), true));
            }
            Ok(result) => text.push_str(&super::value_text(&result.into_value(), None, view)),
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

/// What an expression comes to; nothing where a value is missing or cannot be computed with.
#[must_use]
pub fn compute(expression: &Expression, scope: Scope<'_, '_>, today: Option<jiff::civil::Date>) -> Option<Value> {
    evaluate(expression, scope, today).ok().map(Computed::into_value)
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

fn push_around(text: &mut String, pieces: &[String], path: &Path, value: &Value, view: &View<'_>) {
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            view.push_named(text, path, value, Style::Plain);
        }
        text.push_str(piece);
    }
}

/// A number as a person reads it: `8` for 8.0, the shortest decimal that reads back as the same number otherwise.
#[must_use]
pub fn number_text(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{number}") }
}

/// The result of arithmetic, rounded to [`DECIMALS`] places, so that no binary dust shows (0.1 + 0.2 is 0.3).
fn rounded(result: f64) -> f64 {
    // What `format!` has written is a number.
    crate::decimal::read(&format!("{result:.DECIMALS$}")).unwrap_or(result)
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
    if digits(whole) && digits(fraction) { crate::decimal::read(text) } else { None }
}
