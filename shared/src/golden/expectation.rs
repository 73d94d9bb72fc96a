//! What is expected of a turn, and what of it did not come true.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::engine::Outcome;

/// What is expected of a turn's record; what is not named is not judged.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The move that answers; `none` when nothing may match.
    #[serde(rename = "move")]
    pub move_id: Option<String>,
    /// The part that answers for it, or that asks at the end of the turn; null: none answers.
    #[serde(deserialize_with = "named")]
    pub part: Option<Option<String>>,
    /// The confidence: `">=0.7"`, with `>=`, `<=`, `>`, `<` or `=`, or a number.
    pub confidence: Option<Bound>,
    /// The last capability called, `function` or `service.function`; null: none was.
    #[serde(deserialize_with = "named")]
    pub action: Option<Option<String>>,
    /// Texts in the response, regardless of case.
    #[serde(deserialize_with = "one_or_more")]
    pub response_contains: Vec<String>,
    /// Texts that must not be in the response, regardless of case.
    #[serde(deserialize_with = "one_or_more")]
    pub response_excludes: Vec<String>,
    /// The slot that is asked for; null: none is.
    #[serde(deserialize_with = "named")]
    pub awaiting_slot: Option<Option<String>>,
    /// Whether the turn filled the last slot of a move.
    pub slots_filled: Option<bool>,
    /// Values of slots; others may have values too.
    pub slots: Map<String, Value>,
    /// The choices offered, in order.
    pub choices: Option<Vec<String>>,
    /// Texts that stand in what the answer carries beside its text.
    #[serde(deserialize_with = "one_or_more")]
    pub attachments: Vec<String>,
    /// See [`crate::engine::TurnRecord::stage`].
    pub stage: Option<String>,
    /// The other moves that were said or taken up again, in any order; others may be there too.
    #[serde(deserialize_with = "one_or_more")]
    pub also: Vec<String>,
    /// Where the conversation is handed to; null: nowhere.
    #[serde(deserialize_with = "named")]
    pub escalated_to: Option<Option<String>>,
    /// Whether parts of the input were neutralised.
    pub firewall_triggered: Option<bool>,
}

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The key of the expectation.
    pub what: String,
    /// What it asks for.
    pub expected: String,
    /// What there was.
    pub found: String,
}

impl Expectation {
    /// Everything in which the turn differs.
    #[must_use]
    pub fn judge(&self, outcome: &Outcome) -> Vec<Mismatch> {
        let record = &outcome.record;
        let mut judge = Judge::default();
        if let Some(expected) = &self.move_id {
            judge.expect("move", *expected == record.move_id, expected, &record.move_id);
        }
        if let Some(expected) = &self.part {
            let asks = expected.is_some() && expected.as_deref() == outcome.conversation.part_under_way();
            judge.expect("part", asks || *expected == record.part, shown(expected), shown(&record.part));
        }
        if let Some(bound) = &self.confidence {
            judge.expect("confidence", bound.admits(record.confidence), bound, record.confidence);
        }
        if let Some(expected) = &self.action {
            let found = &record.action;
            let called = expected
                .as_ref()
                .is_some_and(|expected| record.calls.last().is_some_and(|call| call.capability == *expected));
            judge.expect("action", expected == found || called, shown(expected), shown(found));
        }
        let response = record.response.to_lowercase();
        for text in &self.response_contains {
            judge.expect("response_contains", response.contains(&text.to_lowercase()), text, &record.response);
        }
        for text in &self.response_excludes {
            judge.expect("response_excludes", !response.contains(&text.to_lowercase()), text, &record.response);
        }
        if let Some(expected) = &self.awaiting_slot {
            let found = &record.awaiting_slot;
            judge.expect("awaiting_slot", expected == found, shown(expected), shown(found));
        }
        if let Some(expected) = self.slots_filled {
            judge.expect("slots_filled", expected == record.slots_filled, expected, record.slots_filled);
        }
        for (name, expected) in &self.slots {
            let found = record.slots.get(name).unwrap_or(&Value::Null);
            judge.expect(&format!("slots.{name}"), same(expected, found), expected, found);
        }
        if let Some(expected) = &self.choices {
            let list = |choices: &[String]| choices.join(" | ");
            judge.expect("choices", *expected == record.choices, list(expected), list(&record.choices));
        }
        let attached = Value::Array(record.attachments.clone()).to_string();
        for text in &self.attachments {
            judge.expect("attachments", attached.contains(text), text, &attached);
        }
        if let Some(expected) = &self.stage {
            judge.expect("stage", *expected == record.stage, expected, &record.stage);
        }
        for expected in &self.also {
            let found = || record.also.iter().map(|also| also.move_id.as_str()).collect::<Vec<_>>().join(", ");
            judge.expect("also", record.also.iter().any(|also| also.move_id == *expected), expected, found());
        }
        if let Some(expected) = &self.escalated_to {
            let found = &record.escalated_to;
            judge.expect("escalated_to", expected == found, shown(expected), shown(found));
        }
        if let Some(expected) = self.firewall_triggered {
            judge.expect(
                "firewall_triggered",
                expected == record.firewall_triggered,
                expected,
                record.firewall_triggered,
            );
        }
        judge.mismatches
    }
}

#[derive(Default)]
struct Judge {
    mismatches: Vec<Mismatch>,
}

impl Judge {
    fn expect(&mut self, what: &str, holds: bool, expected: impl fmt::Display, found: impl fmt::Display) {
        if !holds {
            let (expected, found) = (expected.to_string(), found.to_string());
            self.mismatches.push(Mismatch { what: what.to_owned(), expected, found });
        }
    }
}

fn shown(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or("none")
}

/// Equal, with `8` equal to `8.0`.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(expected), Value::Number(found)) => expected.as_f64() == found.as_f64(),
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| same(value, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(expected, found)| same(expected, found))
        }
        _ => expected == found,
    }
}

/// A bound on a number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bound {
    relation: Relation,
    number: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Relation {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
}

/// As they are written, longer ones first.
const RELATIONS: [(&str, Relation); 6] = [
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    ("==", Relation::Equal),
    (">", Relation::Above),
    ("<", Relation::Below),
    ("=", Relation::Equal),
];
/// How far a number may be from one that is expected to equal it: what the second decimal tells.
const TOLERANCE: f64 = 0.005;

impl Bound {
    /// Reads `>=0.7`, or a number by itself.
    #[must_use]
    pub fn read(text: &str) -> Option<Bound> {
        let text = text.trim();
        let found = RELATIONS.iter().find_map(|(sign, relation)| Some((text.strip_prefix(sign)?, *relation)));
        let (number, relation) = found.unwrap_or((text, Relation::Equal));
        let number = number.trim().parse().ok().filter(|number: &f64| number.is_finite())?;
        Some(Bound { relation, number })
    }

    /// Whether the number is within it.
    #[must_use]
    pub fn admits(&self, found: f64) -> bool {
        match self.relation {
            Relation::AtLeast => found >= self.number,
            Relation::AtMost => found <= self.number,
            Relation::Above => found > self.number,
            Relation::Below => found < self.number,
            Relation::Equal => (found - self.number).abs() <= TOLERANCE,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = RELATIONS.iter().find(|(_, relation)| *relation == self.relation).map_or("", |(sign, _)| sign);
        write!(f, "{sign}{}", self.number)
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bound, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Ok(Bound { relation: Relation::Equal, number }),
            Written::Text(text) => Bound::read(&text).ok_or_else(|| {
                serde::de::Error::custom(format!("`{text}` is no confidence; write it as \">=0.7\" or 0.7"))
            }),
        }
    }
}

/// Tells a key with the value null from a key that is not there.
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// A text where a list is expected is a list of one.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        More(Vec<String>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::One(text) => vec![text],
        Written::More(texts) => texts,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Conversation;

    fn outcome() -> Outcome {
        let record = serde_json::from_value(json!({
            "turn": 1, "at_ms": 0, "participant": "user", "user_input": "x", "sanitized_input": "x",
            "firewall_triggered": false, "move_id": "book", "confidence": 0.8, "response": "Booked for Tuesday.",
            "action": "reserve", "stage": "answered", "slots": { "size": 4.0, "day": "2025-06-17" },
            "calls": [{ "capability": "tables.reserve", "status": "ok" }],
        }));
        Outcome { conversation: Conversation::default(), record: record.unwrap(), explanation: None }
    }

    fn check(expectation: Value, mismatched: &[&str]) {
        let expectation: Expectation = serde_json::from_value(expectation).unwrap();
        let found: Vec<_> = expectation.judge(&outcome()).into_iter().map(|mismatch| mismatch.what).collect();
        assert_eq!(found, mismatched);
    }

    #[test]
    fn what_is_not_named_is_not_judged() {
        check(json!({}), &[]);
        check(json!({ "move": "book", "confidence": ">=0.8", "response_contains": ["BOOKED", "tuesday"] }), &[]);
    }

    #[test]
    fn every_difference_is_a_mismatch_of_its_own() {
        check(
            json!({
                "move": "cancel", "confidence": "<0.8", "response_contains": ["Booked", "Monday"],
                "response_excludes": "tuesday", "stage": "collecting", "firewall_triggered": true,
                "slots": { "size": 5 }, "choices": ["yes"], "slots_filled": true, "escalated_to": "host",
            }),
            &[
                "move",
                "confidence",
                "response_contains",
                "response_excludes",
                "slots_filled",
                "slots.size",
                "choices",
                "stage",
                "escalated_to",
                "firewall_triggered",
            ],
        );
    }

    #[test]
    fn null_expects_that_there_is_none() {
        check(json!({ "awaiting_slot": null, "escalated_to": null }), &[]);
        check(json!({ "awaiting_slot": "day", "action": null }), &["action", "awaiting_slot"]);
    }

    #[test]
    fn an_action_is_named_with_or_without_its_service() {
        check(json!({ "action": "reserve" }), &[]);
        check(json!({ "action": "tables.reserve" }), &[]);
        check(json!({ "action": "mail.reserve" }), &["action"]);
    }

    #[test]
    fn slot_values_are_compared_by_value() {
        check(json!({ "slots": { "size": 4, "day": "2025-06-17" } }), &[]);
        check(json!({ "slots": { "time": "19:00" } }), &["slots.time"]);
    }

    fn check_bound(text: &str, number: f64, admitted: bool) {
        assert_eq!(Bound::read(text).map(|bound| bound.admits(number)), Some(admitted), "{text} {number}");
    }

    #[test]
    fn bounds_are_read_as_written() {
        check_bound(">=0.7", 0.7, true);
        check_bound("> 0.7", 0.7, false);
        check_bound("<=0.7", 0.71, false);
        check_bound("<0.3", 0.2, true);
        check_bound("0.75", 0.7512, true);
        check_bound("=0.75", 0.76, false);
        assert_eq!(Bound::read(">=high"), None);
        assert_eq!(Bound::read("~0.7"), None);
        assert_eq!(Bound::read(">=0.7").map(|bound| bound.to_string()), Some(">=0.7".into()));
    }
}
