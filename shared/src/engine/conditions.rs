//! Conditions and context guards against the values in scope.

use std::borrow::Cow;

use regex_lite::RegexBuilder;
use serde_json::Value;

use crate::ir::{Comparison, Condition, Guard, Literal};
use crate::language::Language;
use crate::slots::whole_of;
use crate::template::{compute, numeric};

/// The largest compiled `matches` expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 16;
/// The name of the day of the turn, where no value is called so.
const TODAY: &str = "today";
/// How deep conditions nest.
const MAX_DEPTH: usize = 64;

/// What a condition is asked against.
pub(super) trait Facts {
    /// The value of a dotted name.
    fn value(&self, path: &[String]) -> Option<Cow<'_, Value>>;
    /// score ≥ threshold
    fn confident(&self) -> bool;
    /// How the last capability call went, if there was one.
    fn last_call(&self) -> Option<bool>;
    /// The slot whose retries ran out.
    fn gave_up(&self) -> Option<&str>;
    /// The event that the turn is.
    fn event(&self) -> Option<&str>;
    /// The day of the turn.
    fn today(&self) -> jiff::civil::Date;
    /// Whether a slot has no value and was not passed over.
    fn slot_missing(&self, name: &str) -> bool;
    /// Whether nothing is left to ask for.
    fn all_slots_filled(&self) -> bool;
}

/// Whether a condition holds.
pub(super) fn holds(condition: &Condition, facts: &dyn Facts) -> bool {
    at_depth(condition, facts, 0)
}

fn at_depth(condition: &Condition, facts: &dyn Facts, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match condition {
        Condition::Confident => facts.confident(),
        Condition::Uncertain => !facts.confident(),
        Condition::Successful => facts.last_call() == Some(true),
        Condition::Failed => facts.last_call() == Some(false) || facts.gave_up().is_some(),
        Condition::SlotGivenUp(name) => {
            facts.gave_up().is_some_and(|slot| slot == name || whole_of(slot) == Some(name))
        }
        Condition::Event(name) => facts.event() == Some(name),
        Condition::Computed(expression) => {
            let value = compute(expression, &|path| facts.value(path), Some(facts.today()));
            value.is_some_and(|value| truthy(&value))
        }
        Condition::SlotMissing(name) => facts.slot_missing(name),
        Condition::AllSlotsFilled => facts.all_slots_filled(),
        Condition::Truthy(path) => facts.value(path).is_some_and(|value| truthy(&value)),
        Condition::Compare(path, comparison, Literal::Reference(name)) => {
            let other = facts.value(std::slice::from_ref(name)).filter(|other| !other.is_null());
            let value = facts.value(path);
            let is_day = || value.as_deref().is_some_and(|value| forms(value).into_iter().any(is_day));
            let literals = match other.as_deref() {
                Some(other) => literals(other),
                None if name == TODAY && is_day() => vec![Literal::Text(facts.today().to_string())],
                None => vec![Literal::Text(name.clone())],
            };
            let holds = |literal: &Literal| compare(value.as_deref(), *comparison, literal);
            // A value has several forms; "not equal" is true of none of them.
            if *comparison == Comparison::NotEqual { literals.iter().all(holds) } else { literals.iter().any(holds) }
        }
        Condition::Compare(path, comparison, literal) => compare(facts.value(path).as_deref(), *comparison, literal),
        Condition::Matches(path, pattern) => facts.value(path).is_some_and(|value| matches(&value, pattern)),
        Condition::Not(inner) => !at_depth(inner, facts, depth + 1),
        Condition::All(parts) => parts.iter().all(|part| at_depth(part, facts, depth + 1)),
        Condition::Any(parts) => parts.iter().any(|part| at_depth(part, facts, depth + 1)),
    }
}

/// Whether a guard item holds.
pub(super) fn admits(guard: &Guard, value: &dyn Fn(&[String]) -> Option<Value>) -> bool {
    match guard {
        Guard::Present(path) => value(path).is_some_and(|value| truthy(&value)),
        Guard::Absent(path) => !value(path).is_some_and(|value| truthy(&value)),
        Guard::Compare(path, comparison, literal) => compare(value(path).as_ref(), *comparison, literal),
    }
}

/// Present and not empty, 0, false or no.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(answer) => *answer,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            !text.trim().is_empty() && Language::truth(text) != Some(false) && numeric(value) != Some(0.0)
        }
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The forms in which a value may be compared: what was said, and what it stands for.
fn forms(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(fields) => {
            ["amount", "iso", "value", "text"].iter().filter_map(|name| fields.get(*name)).collect()
        }
        Value::Array(items) => items.iter().collect(),
        value => vec![value],
    }
}

/// Whether a value is a day, as those of slots are written.
fn is_day(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.get(..10).unwrap_or(text).parse::<jiff::civil::Date>().is_ok())
}

/// A value as what it may be compared with.
fn literals(value: &Value) -> Vec<Literal> {
    let literal = |form: &Value| match form {
        Value::Bool(answer) => Some(Literal::Boolean(*answer)),
        Value::Number(number) => number.as_f64().map(Literal::Number),
        Value::String(text) => Some(Literal::Text(text.clone())),
        _ => None,
    };
    forms(value).into_iter().filter_map(literal).collect()
}

/// Compares a value with a literal. Nothing compares with a value that is missing, but "not equal" is true of it.
pub(super) fn compare(value: Option<&Value>, comparison: Comparison, literal: &Literal) -> bool {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return comparison == Comparison::NotEqual;
    };
    if comparison == Comparison::NotEqual {
        return !compare(Some(value), Comparison::Equal, literal);
    }
    forms(value).into_iter().any(|form| compare_one(form, comparison, literal))
}

fn compare_one(value: &Value, comparison: Comparison, literal: &Literal) -> bool {
    use std::cmp::Ordering;
    let ordering = match literal {
        Literal::Boolean(expected) => {
            let actual = match value {
                Value::Bool(actual) => Some(*actual),
                Value::String(text) => Language::truth(text),
                _ => None,
            };
            return comparison == Comparison::Equal && actual == Some(*expected);
        }
        Literal::Number(expected) => numeric(value).and_then(|actual| actual.partial_cmp(expected)),
        // Resolved above; in a guard it is a word.
        Literal::Text(expected) | Literal::Reference(expected) => {
            match (numeric(value), numeric(&Value::String(expected.clone()))) {
                (Some(actual), Some(expected)) => actual.partial_cmp(&expected),
                _ => match value {
                    Value::String(actual) => Some(folded(actual).cmp(&folded(expected))),
                    Value::Bool(actual) => (Language::truth(expected) == Some(*actual)).then_some(Ordering::Equal),
                    _ => None,
                },
            }
        }
    };
    let Some(ordering) = ordering else { return false };
    match comparison {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::NotEqual => ordering != Ordering::Equal,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
        Comparison::Greater => ordering == Ordering::Greater,
        Comparison::GreaterOrEqual => ordering != Ordering::Less,
    }
}

/// Case and surrounding space make no difference; `_` is a space, as in the options of an enum.
fn folded(text: &str) -> String {
    text.trim().to_lowercase().replace('_', " ")
}

/// `REF matches "REGEX"`: anywhere in the text, blind to case. An expression that does not compile matches nothing
/// (the compiler reports it).
fn matches(value: &Value, pattern: &str) -> bool {
    let Ok(regex) = RegexBuilder::new(pattern).case_insensitive(true).size_limit(MAX_REGEX_BYTES).build() else {
        return false;
    };
    forms(value).into_iter().any(|form| match form {
        Value::String(text) => regex.is_match(text),
        Value::Null | Value::Object(_) | Value::Array(_) => false,
        other => regex.is_match(&other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_compare_as_numbers_whatever_they_arrived_as() {
        let check = |value: Value, comparison: Comparison, literal: Literal, expected: bool| {
            assert_eq!(compare(Some(&value), comparison, &literal), expected, "{value} {comparison:?} {literal:?}")
        };
        check(json!("10"), Comparison::Greater, Literal::Number(8.0), true);
        check(json!(10), Comparison::Greater, Literal::Text("9".into()), true);
        check(json!("7"), Comparison::Equal, Literal::Number(7.0), true);
        check(json!("knee"), Comparison::Greater, Literal::Number(8.0), false);
        check(
            json!({"text": "$20", "amount": 20, "currency": "USD"}),
            Comparison::GreaterOrEqual,
            Literal::Number(20.0),
            true,
        );
    }

    #[test]
    fn texts_and_booleans_compare_as_an_author_expects() {
        let check = |value: Value, literal: Literal, expected: bool| {
            assert_eq!(compare(Some(&value), Comparison::Equal, &literal), expected, "{value} = {literal:?}")
        };
        check(json!("SMS"), Literal::Text("sms".into()), true);
        check(json!(true), Literal::Text("true".into()), true);
        check(json!("yes"), Literal::Boolean(true), true);
        check(json!("no"), Literal::Boolean(true), false);
        check(json!(["a", "b"]), Literal::Text("b".into()), true);
        assert!(!compare(None, Comparison::Equal, &Literal::Text("x".into())));
        assert!(compare(None, Comparison::NotEqual, &Literal::Text("x".into())));
        assert!(!compare(None, Comparison::Less, &Literal::Number(3.0)));
    }

    #[test]
    fn present_means_not_empty_zero_false_or_no() {
        for value in [
            json!(null),
            json!(""),
            json!(0),
            json!(false),
            json!("0"),
            json!("false"),
            json!("no"),
            json!([]),
            json!({}),
        ] {
            assert!(!truthy(&value), "{value}");
        }
        for value in [json!("x"), json!(1), json!(true), json!("yes"), json!([0]), json!({"a": 1})] {
            assert!(truthy(&value), "{value}");
        }
    }

    #[test]
    fn matches_looks_anywhere_and_is_blind_to_case() {
        assert!(matches(&json!("Left chest"), "chest|head"));
        assert!(!matches(&json!("knee"), "chest|head"));
        assert!(matches(&json!(42), "^4"));
        assert!(!matches(&json!("x"), "("));
    }
}
