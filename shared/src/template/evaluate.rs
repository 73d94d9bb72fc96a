//! Computing an expression: numbers, texts, dates and spans of time, lists. A value that is missing or of the wrong
//! kind makes the whole expression have no value.

use std::cmp::Ordering;

use jiff::civil::{Date, DateTime, Time};
use serde_json::{Number, Value};

use crate::entities::time::calendar::{days_between, days_later, months_later};
use crate::ir::{Comparison, Expression, Function, Operator, Unit};

use super::MAX_EXPRESSION_VALUE;
use super::render::{Scope, numeric};

/// The name that stands for the day of the turn, unless the conversation has a value of that name.
const TODAY: &str = "today";

/// Why an expression has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoValue {
    /// A name without a usable value, or a division by zero.
    Unusable,
    /// Beyond ± [`MAX_EXPRESSION_VALUE`].
    OutOfRange,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Computed {
    Number(f64),
    Text(String),
    Boolean(bool),
    Span(f64, Unit),
    List(Vec<Value>),
}

/// Computes an expression; `today` is the day of the turn, where it is known.
pub(super) fn evaluate(
    expression: &Expression,
    scope: Scope<'_, '_>,
    today: Option<Date>,
) -> Result<Computed, NoValue> {
    let inner = |expression: &Expression| evaluate(expression, scope, today);
    let value = match expression {
        Expression::Number(number) => Computed::Number(*number),
        Expression::Text(text) => Computed::Text(text.clone()),
        Expression::Reference(path) => match (scope(path).as_deref(), path.as_slice()) {
            (Some(value), _) if !value.is_null() => of_value(value).ok_or(NoValue::Unusable)?,
            (_, [name]) if name == TODAY => Computed::Text(today.ok_or(NoValue::Unusable)?.to_string()),
            _ => return Err(NoValue::Unusable),
        },
        Expression::Negate(negated) => Computed::Number(-number(&inner(negated)?)?),
        Expression::Span(count, unit) => Computed::Span(number(&inner(count)?)?, *unit),
        Expression::Binary(left, operator, right) => apply(&inner(left)?, *operator, &inner(right)?)?,
        Expression::Compare(left, comparison, right) => {
            Computed::Boolean(compares(&inner(left)?, *comparison, &inner(right)?)?)
        }
        Expression::Call(function, values) => call(*function, values, &inner)?,
    };
    match value {
        Computed::Number(number) | Computed::Span(number, _) if number.abs() > MAX_EXPRESSION_VALUE => {
            Err(NoValue::OutOfRange)
        }
        value => Ok(value),
    }
}

/// Computes what a template shows. A name by itself is a number there: texts are shown by `{name}`.
pub(super) fn evaluate_shown(
    expression: &Expression,
    scope: Scope<'_, '_>,
    today: Option<Date>,
) -> Result<Computed, NoValue> {
    match (expression, evaluate(expression, scope, today)?) {
        (Expression::Reference(path), value) if path.as_slice() != [TODAY] => {
            let number = number(&value)?;
            if number.abs() > MAX_EXPRESSION_VALUE { Err(NoValue::OutOfRange) } else { Ok(Computed::Number(number)) }
        }
        (_, value) => Ok(value),
    }
}

impl Computed {
    /// As JSON: what templates show and conditions look at.
    pub(super) fn into_value(self) -> Value {
        match self {
            Computed::Number(number) | Computed::Span(number, _) => {
                Number::from_f64(number).map_or(Value::Null, Value::Number)
            }
            Computed::Text(text) => Value::String(text),
            Computed::Boolean(answer) => Value::Bool(answer),
            Computed::List(items) => Value::Array(items),
        }
    }
}

/// A value of the conversation; of an amount its number, of a span of time its ISO form.
fn of_value(value: &Value) -> Option<Computed> {
    match value {
        Value::Null => None,
        Value::Bool(answer) => Some(Computed::Boolean(*answer)),
        Value::Number(number) => number.as_f64().map(Computed::Number),
        Value::String(text) => Some(Computed::Text(text.clone())),
        Value::Array(items) => Some(Computed::List(items.clone())),
        Value::Object(fields) => {
            ["amount", "iso", "value", "text"].iter().find_map(|name| of_value(fields.get(*name)?))
        }
    }
}

fn number(value: &Computed) -> Result<f64, NoValue> {
    let number = match value {
        Computed::Number(number) => Some(*number),
        Computed::Text(text) => numeric(&Value::String(text.clone())),
        _ => None,
    };
    number.ok_or(NoValue::Unusable)
}

/// `//` rounds down and `%` takes the divisor's sign; dividing by zero has no value.
fn apply(left: &Computed, operator: Operator, right: &Computed) -> Result<Computed, NoValue> {
    if let Some(moved) = in_time(left, operator, right) {
        return moved.ok_or(NoValue::Unusable);
    }
    let (left, right) = (number(left)?, number(right)?);
    let divides = matches!(operator, Operator::Divide | Operator::FloorDivide | Operator::Remainder);
    if divides && right == 0.0 {
        return Err(NoValue::Unusable);
    }
    Ok(Computed::Number(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::FloorDivide => (left / right).floor(),
        Operator::Remainder => {
            let remainder = left % right;
            if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) { remainder + right } else { remainder }
        }
    }))
}

/// A day, a time, or both.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Day(Date),
    Clock(Time),
    Both(DateTime),
}

fn moment(value: &Computed) -> Option<Moment> {
    let Computed::Text(text) = value else { return None };
    match text.len() {
        10 => text.parse().ok().map(Moment::Day),
        5 | 8 => text.parse().ok().map(Moment::Clock),
        16.. => text.replacen(' ', "T", 1).parse().ok().map(Moment::Both),
        _ => None,
    }
}

/// Sums of a moment and a span, and differences of two days (in days). `None`: no time is involved.
fn in_time(left: &Computed, operator: Operator, right: &Computed) -> Option<Option<Computed>> {
    let sign = match operator {
        Operator::Add => 1.0,
        Operator::Subtract => -1.0,
        _ => return None,
    };
    match (left, right) {
        (Computed::Span(count, unit), Computed::Span(other, same)) if unit == same => {
            Some(Some(Computed::Span(count + sign * other, *unit)))
        }
        (Computed::Span(..), Computed::Text(_)) if operator == Operator::Add => in_time(right, operator, left),
        (_, Computed::Span(count, unit)) => Some(moment(left).and_then(|start| later(start, sign * count, *unit))),
        (Computed::Text(_), Computed::Text(_)) if operator == Operator::Subtract => {
            let day = |value: &Computed| match moment(value)? {
                Moment::Day(day) => Some(day),
                Moment::Both(both) => Some(both.date()),
                Moment::Clock(_) => None,
            };
            Some(Some(Computed::Number(days_between(day(right)?, day(left)?) as f64)))
        }
        _ => None,
    }
}

fn later(start: Moment, count: f64, unit: Unit) -> Option<Computed> {
    // Spans are counted in whole units; what is computed stays within the range of expressions, so that this is exact.
    let whole = count.round() as i64;
    let (months, days, minutes) = match unit {
        Unit::Minute => (0, 0, whole),
        Unit::Hour => (0, 0, whole.checked_mul(60)?),
        Unit::Day => (0, whole, 0),
        Unit::Week => (0, whole.checked_mul(7)?, 0),
        Unit::Month => (whole, 0, 0),
        Unit::Year => (whole.checked_mul(12)?, 0, 0),
    };
    let on = |day: Date, days: i64| days_later(months_later(day, months)?, days);
    let moved = |time: Time| (i64::from(time.hour()) * 60 + i64::from(time.minute())).checked_add(minutes);
    let text = match start {
        // Of hours and minutes the days that are in them count.
        Moment::Day(day) => on(day, days + minutes / DAY_MINUTES)?.to_string(),
        Moment::Clock(time) => on_the_clock(moved(time)?),
        Moment::Both(both) => {
            let minute = moved(both.time())?;
            let day = on(both.date(), days + minute.div_euclid(DAY_MINUTES))?;
            format!("{day}T{}", on_the_clock(minute))
        }
    };
    Some(Computed::Text(text))
}

const DAY_MINUTES: i64 = 1_440;

/// `07:05` of so many minutes, whatever day they lead to.
fn on_the_clock(minutes: i64) -> String {
    let minute = minutes.rem_euclid(DAY_MINUTES);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// A span in days, as far as it has a fixed length; months and years count 30 and 365.
fn in_days(value: &Computed) -> Option<f64> {
    match value {
        Computed::Number(days) => Some(*days),
        Computed::Span(count, unit) => Some(
            count
                * match unit {
                    Unit::Minute => 1.0 / 1440.0,
                    Unit::Hour => 1.0 / 24.0,
                    Unit::Day => 1.0,
                    Unit::Week => 7.0,
                    Unit::Month => 30.0,
                    Unit::Year => 365.0,
                },
        ),
        _ => None,
    }
}

fn compares(left: &Computed, comparison: Comparison, right: &Computed) -> Result<bool, NoValue> {
    if let (Computed::List(items), other) | (other, Computed::List(items)) = (left, right) {
        let held = items.iter().filter_map(of_value).any(|item| order(&item, other) == Some(Ordering::Equal));
        return match comparison {
            Comparison::Equal => Ok(held),
            Comparison::NotEqual => Ok(!held),
            _ => Err(NoValue::Unusable),
        };
    }
    let Some(order) = order(left, right) else {
        return if comparison == Comparison::NotEqual { Ok(true) } else { Err(NoValue::Unusable) };
    };
    Ok(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

fn order(left: &Computed, right: &Computed) -> Option<Ordering> {
    if let (Ok(left), Ok(right)) = (number(left), number(right)) {
        return left.partial_cmp(&right);
    }
    match (left, right) {
        (Computed::Span(..), _) | (_, Computed::Span(..)) => in_days(left)?.partial_cmp(&in_days(right)?),
        (Computed::Boolean(left), Computed::Boolean(right)) => Some(left.cmp(right)),
        (Computed::Text(left), Computed::Text(right)) => Some(folded(left).cmp(&folded(right))),
        _ => None,
    }
}

/// Case and surrounding space make no difference; `_` is a space, as in the options of an enum.
fn folded(text: &str) -> String {
    text.trim().to_lowercase().replace('_', " ")
}

fn call(
    function: Function,
    values: &[Expression],
    inner: &dyn Fn(&Expression) -> Result<Computed, NoValue>,
) -> Result<Computed, NoValue> {
    let argument = |at: usize| values.get(at).ok_or(NoValue::Unusable).and_then(inner);
    match function {
        // What is not there counts as none, and contains nothing.
        Function::Count => Ok(Computed::Number(match argument(0) {
            Ok(Computed::List(items)) => items.len() as f64,
            Ok(Computed::Text(text)) if text.is_empty() => 0.0,
            Ok(_) => 1.0,
            Err(_) => 0.0,
        })),
        Function::Contains => {
            let (held, wanted) = (argument(0), argument(1)?);
            Ok(Computed::Boolean(match held {
                Ok(Computed::List(items)) => {
                    items.iter().filter_map(of_value).any(|item| order(&item, &wanted) == Some(Ordering::Equal))
                }
                Ok(held) => folded(&text(&held)?).contains(&folded(&text(&wanted)?)),
                Err(_) => false,
            }))
        }
        Function::Lower => Ok(Computed::Text(text(&argument(0)?)?.to_lowercase())),
        Function::Upper => Ok(Computed::Text(text(&argument(0)?)?.to_uppercase())),
        Function::Length => match argument(0)? {
            Computed::List(items) => Ok(Computed::Number(items.len() as f64)),
            value => Ok(Computed::Number(text(&value)?.chars().count() as f64)),
        },
        Function::Round => {
            let places = if values.len() > 1 { number(&argument(1)?)?.clamp(0.0, 6.0) } else { 0.0 };
            let factor = 10_f64.powi(places as i32);
            Ok(Computed::Number((number(&argument(0)?)? * factor).round() / factor))
        }
        Function::Min | Function::Max => {
            let wanted = if function == Function::Min { Ordering::Less } else { Ordering::Greater };
            let mut all = Vec::new();
            for value in values {
                match inner(value)? {
                    Computed::List(items) => all.extend(items.iter().filter_map(of_value)),
                    value => all.push(value),
                }
            }
            let best =
                all.into_iter().reduce(|best, value| if order(&value, &best) == Some(wanted) { value } else { best });
            best.ok_or(NoValue::Unusable)
        }
    }
}

/// A value as text, for functions of texts.
fn text(value: &Computed) -> Result<String, NoValue> {
    match value {
        Computed::Text(text) => Ok(text.clone()),
        Computed::Number(number) => Ok(super::number_text(*number)),
        _ => Err(NoValue::Unusable),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Span;

    use super::*;

    /// Days and times are moved without jiff's spans, and as those move them.
    #[test]
    fn moments_move_as_by_spans() {
        type Spanned = (Unit, fn(i64) -> Span);
        let spans: [Spanned; 6] = [
            (Unit::Minute, |count| Span::new().minutes(count)),
            (Unit::Hour, |count| Span::new().hours(count)),
            (Unit::Day, |count| Span::new().days(count)),
            (Unit::Week, |count| Span::new().weeks(count)),
            (Unit::Month, |count| Span::new().months(count)),
            (Unit::Year, |count| Span::new().years(count)),
        ];
        let text = |moved: Option<Computed>| match moved {
            Some(Computed::Text(text)) => Some(text),
            _ => None,
        };
        let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        for (unit, span) in spans {
            for count in [-9_000, -1_441, -61, -13, -1, 0, 1, 11, 25, 59, 1_439, 1_440, 9_000] {
                let (span, count) = (span(count), count as f64);
                for day in ["2024-01-31", "2023-03-31", "2024-02-29", "2025-12-01"] {
                    let day: Date = day.parse().unwrap();
                    let expected = day.checked_add(span).ok().map(|day| day.to_string());
                    assert_eq!(text(later(Moment::Day(day), count, unit)), expected, "{day} {count} {unit:?}");
                    for time in ["00:00", "00:10", "12:30:45", "23:59"] {
                        let time: Time = time.parse().unwrap();
                        let moved = text(later(Moment::Clock(time), count, unit));
                        assert_eq!(moved, Some(clock(time.wrapping_add(span))), "{time} {count} {unit:?}");
                        let both = day.to_datetime(time);
                        let expected = both.checked_add(span).ok();
                        let expected = expected.map(|both| format!("{}T{}", both.date(), clock(both.time())));
                        assert_eq!(text(later(Moment::Both(both), count, unit)), expected, "{both} {count} {unit:?}");
                    }
                }
            }
        }
    }
}
