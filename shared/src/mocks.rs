//! Stand-ins for services that nobody has configured: what `capability_mocks.yaml` beside a game says, and for a function
//! that it does not mention, the bare stub (status `ok`, no data). Used by `lgdl test`, `lgdl chat` and `lgdl dev`.
//!
//! The file maps `service.function` to a list of answers; the first whose `when` fits the payload is given:
//!
//! ```yaml
//! tables.reserve:
//!   - when: { party_size: 11 }
//!     status: full
//!   - status: ok
//!     data: { reference: BD-1042 }
//!     message: See you then.
//! mail.send_confirmation:
//!   - fail: E211
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::engine::{CapabilityCall, CapabilityResult};

/// A game's stand-ins. Reads from any self-describing format; unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mocks {
    functions: BTreeMap<String, Vec<Answer>>,
}

/// One possible answer of a function.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Answer {
    /// Values that the payload must have; none: every payload fits.
    when: Map<String, Value>,
    /// `ok` unless said otherwise.
    status: Option<String>,
    /// The result's data.
    data: Map<String, Value>,
    /// Appended to the response.
    message: Option<String>,
    /// No answer at all, but this code.
    fail: Option<String>,
}

impl Mocks {
    /// What the service would answer.
    #[must_use]
    pub fn answer(&self, call: &CapabilityCall) -> CapabilityResult {
        let name = format!("{}.{}", call.service, call.function);
        let answers = self.functions.get(&name).map_or(&[][..], Vec::as_slice);
        match answers.iter().find(|answer| contains(&call.payload, &answer.when)) {
            Some(Answer { fail: Some(code), .. }) => {
                CapabilityResult::Failed { code: code.clone(), detail: format!("{name}: a mock says so") }
            }
            Some(answer) => CapabilityResult::Answered {
                status: answer.status.clone().unwrap_or_else(|| "ok".into()),
                data: answer.data.clone(),
                message: answer.message.clone(),
            },
            None => CapabilityResult::Answered { status: "ok".into(), data: Map::new(), message: None },
        }
    }

    /// The functions it speaks for, `service.function`, in order.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
}

fn contains(payload: &Map<String, Value>, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(name, wanted)| payload.get(name).is_some_and(|value| fits(value, wanted)))
}

/// Numbers by value (`8` is `8.0`), text without regard to case, objects when they have what is wanted.
fn fits(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Number(value), Value::Number(wanted)) => value.as_f64() == wanted.as_f64(),
        (Value::String(value), Value::String(wanted)) => value.to_lowercase() == wanted.to_lowercase(),
        (Value::Object(value), Value::Object(wanted)) => contains(value, wanted),
        (Value::Array(values), Value::Array(wanted)) => {
            values.len() == wanted.len() && values.iter().zip(wanted).all(|(value, wanted)| fits(value, wanted))
        }
        _ => value == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mocks() -> Mocks {
        serde_json::from_value(json!({
            "tables.reserve": [
                { "when": { "party_size": 11 }, "status": "full" },
                { "when": { "price": { "currency": "EUR" } }, "fail": "E201" },
                { "data": { "reference": "BD-1042" }, "message": "See you then." },
            ],
        }))
        .unwrap()
    }

    fn check(function: &str, payload: Value, expected: CapabilityResult) {
        let call = CapabilityCall {
            index: 0,
            service: "tables".into(),
            function: function.into(),
            purpose: None,
            payload: payload.as_object().cloned().unwrap_or_default(),
            timeout_ms: 1000,
            side_effects: true,
        };
        assert_eq!(mocks().answer(&call), expected);
    }

    fn answered(status: &str, data: Value, message: Option<&str>) -> CapabilityResult {
        CapabilityResult::Answered {
            status: status.into(),
            data: data.as_object().cloned().unwrap_or_default(),
            message: message.map(str::to_owned),
        }
    }

    #[test]
    fn the_first_answer_that_fits_the_payload_is_given() {
        let usual = answered("ok", json!({ "reference": "BD-1042" }), Some("See you then."));
        check("reserve", json!({ "party_size": 4.0 }), usual.clone());
        check("reserve", json!({}), usual);
        check("reserve", json!({ "party_size": 11.0 }), answered("full", json!({}), None));
        let failed = CapabilityResult::Failed { code: "E201".into(), detail: "tables.reserve: a mock says so".into() };
        check("reserve", json!({ "price": { "currency": "eur", "number": 60 } }), failed);
    }

    #[test]
    fn a_function_without_a_mock_answers_ok_with_no_data() {
        check("cancel", json!({}), answered("ok", json!({}), None));
    }

    #[test]
    fn unknown_keys_are_refused() {
        let read = serde_json::from_value::<Mocks>(json!({ "a.b": [{ "statsu": "ok" }] }));
        assert!(read.unwrap_err().to_string().contains("statsu"));
    }
}
