//! Capability calls: what may be called, with which values, and what a result counts for.
//!
//! | code | meaning |
//! |---|---|
//! | E203 | one call too many in this turn |
//! | E204 | the payload breaks the contract |
//! | E205 | the result breaks the contract |
//! | E206 | the service answered a status that is not `ok` |
//! | E210 | the service could not be reached, or failed (reported by the host) |
//! | E211 | the service did not answer in time (reported by the host) |
//! | E300 | the game does not list the capability, or the deployment does not configure it |

use serde_json::{Map, Value};

use super::run::{Halt, Run};
use super::scope::dig;
use super::{CallRecord, CapabilityCall, CapabilityResult, MAX_CALLS_PER_TURN, schema};
use crate::ir::{Call, ContractFunction, given_as};

/// The code of a result that breaks the contract.
pub(super) const BROKEN_RESULT: &str = "E205";

/// The time limit of a call that neither the game nor the contract limits, in milliseconds.
const DEFAULT_TIMEOUT_MS: u32 = 5_000;

impl Run<'_> {
    /// Makes a call; whether it succeeded. Halts the turn while the host has not answered yet.
    pub(super) fn call(&mut self, call: &Call) -> Result<bool, Halt> {
        let payload = limited(self.values_for_payload(), call.arguments.as_deref(), self.contract_of(call));
        let status = match self.result_of(call, payload)? {
            Ok(result) => self.take_in(call, result),
            Err(code) => Err(code.to_owned()),
        };
        self.tell.action = Some(call.function.clone());
        let succeeded = status.is_ok();
        let status = match status {
            Ok(()) => "ok".to_owned(),
            Err(code) => {
                self.finding(&code);
                code
            }
        };
        self.tell.calls.push(CallRecord { capability: format!("{}.{}", call.service, call.function), status });
        self.running.last_call = Some(succeeded);
        self.running.last_call_handled = false;
        Ok(succeeded)
    }

    /// Asks a service about the value of a slot or composite. Halts the turn while the host has not answered yet.
    pub(super) fn ask_about(&mut self, call: &Call, subject: &str) -> Result<Verdict, Halt> {
        let contract = self.contract_of(call);
        let own = [subject.to_owned()];
        let wanted = call.arguments.as_deref().or(contract.map(|contract| contract.parameters.as_slice()));
        let wanted = wanted.filter(|names| !names.is_empty()).unwrap_or(&own);
        let payload = limited(self.values_for_payload(), Some(wanted), contract);
        let answered = match self.result_of(call, payload)? {
            Ok(result) => self.take_answer(call, result),
            Err(code) => Err(code.to_owned()),
        };
        self.tell.action = Some(call.function.clone());
        let (status, verdict) = match answered {
            Ok(Answered { ok: true, .. }) => ("ok".to_owned(), Verdict::Passed),
            Ok(Answered { ok: false, message }) => (NOT_OK.to_owned(), Verdict::Refused(message)),
            Err(code) => {
                self.finding(&code);
                (code, Verdict::Unanswered)
            }
        };
        self.tell.calls.push(CallRecord { capability: format!("{}.{}", call.service, call.function), status });
        Ok(verdict)
    }

    /// What the host answered to the next call, or why it is not made. Halts the turn while the host has not answered yet.
    fn result_of(
        &mut self,
        call: &Call,
        payload: Map<String, Value>,
    ) -> Result<Result<CapabilityResult, &'static str>, Halt> {
        let prepared = match self.prepare(call, payload) {
            Ok(prepared) => prepared,
            Err(code) => return Ok(Err(code)),
        };
        match self.input.results.get(self.calls_made) {
            None => Err(prepared),
            Some(result) => {
                self.calls_made += 1;
                Ok(Ok(result.clone()))
            }
        }
    }

    /// Checks a call against the game's policy and the contract.
    fn prepare(&mut self, call: &Call, payload: Map<String, Value>) -> Result<Halt, &'static str> {
        let listed = self.input.header.services.iter().any(|service| {
            service.name == call.service
                && (service.description.is_some() || service.functions.contains(&call.function))
        });
        if !listed {
            return Err("E300");
        }
        if self.tell.calls.len() >= MAX_CALLS_PER_TURN {
            return Err("E203");
        }
        let purpose = call.purpose.as_ref().map(|purpose| self.render(purpose));
        let contract = self.contract_of(call);
        if let Some(schema) = contract
            .and_then(|contract| contract.payload_schema.as_deref())
            .and_then(|text| serde_json::from_str(text).ok())
            && !schema::holds(&schema, &Value::Object(payload.clone()))
        {
            return Err("E204");
        }
        Ok(Box::new(CapabilityCall {
            index: self.calls_made,
            service: call.service.clone(),
            function: call.function.clone(),
            purpose,
            payload,
            timeout_ms: call
                .timeout_ms
                .or_else(|| contract.and_then(|contract| contract.timeout_ms))
                .unwrap_or(DEFAULT_TIMEOUT_MS),
            side_effects: contract.is_none_or(|contract| contract.side_effects),
        }))
    }

    fn contract_of(&self, call: &Call) -> Option<&ContractFunction> {
        self.input
            .header
            .contract
            .functions
            .iter()
            .find(|known| known.service == call.service && known.function == call.function)
    }

    /// Brings a result into scope and says its message.
    fn take_in(&mut self, call: &Call, result: CapabilityResult) -> Result<(), String> {
        let Answered { ok, message } = self.take_answer(call, result)?;
        if let Some(message) = message {
            self.say(&message);
        }
        if ok { Ok(()) } else { Err(NOT_OK.to_owned()) }
    }

    /// Brings a result into scope; `Err` with a code where the service did not answer as it should.
    fn take_answer(&mut self, call: &Call, result: CapabilityResult) -> Result<Answered, String> {
        let (status, data, message) = match result {
            CapabilityResult::Failed { code, .. } => return Err(code),
            CapabilityResult::Answered { status, data, message } => (status, data, message),
        };
        let schema: Option<Value> = self
            .contract_of(call)
            .and_then(|contract| contract.result_schema.as_deref())
            .and_then(|text| serde_json::from_str(text).ok());
        let ok = status.eq_ignore_ascii_case("ok");
        if ok && schema.is_some_and(|schema| !schema::holds(&schema, &Value::Object(data.clone()))) {
            return Err(BROKEN_RESULT.to_owned());
        }
        for (name, value) in data {
            if ok {
                self.state.remember_value(&name, value.clone());
            }
            self.result.insert(name, value);
        }
        Ok(Answered { ok, message })
    }
}

/// The service answered a status that is not `ok`.
pub(super) const NOT_OK: &str = "E206";

/// What a service answered.
struct Answered {
    ok: bool,
    message: Option<String>,
}

/// What a service says of a value.
pub(super) enum Verdict {
    /// It is right.
    Passed,
    /// It is not, with the service's reason.
    Refused(Option<String>),
    /// The service did not answer, or could not be asked.
    Unanswered,
}

/// What goes out: the names in parentheses, else what the contract takes, else all values in scope.
fn limited(
    mut values: Map<String, Value>,
    arguments: Option<&[String]>,
    contract: Option<&ContractFunction>,
) -> Map<String, Value> {
    if let Some(names) = arguments {
        let fields: Vec<(String, Value)> = names
            .iter()
            .filter_map(|name| {
                let path: Vec<String> = name.split('.').map(str::to_owned).collect();
                let [whole, inside @ ..] = path.as_slice() else { return None };
                let value = dig(values.get(whole)?, inside).filter(|_| !inside.is_empty())?;
                Some((given_as(name).to_owned(), value.clone()))
            })
            .collect();
        values.retain(|name, _| names.contains(name));
        values.extend(fields);
        return values;
    }
    let Some(contract) = contract else { return values };
    if !contract.parameters.is_empty() {
        values.retain(|name, _| contract.parameters.contains(name));
    }
    values
}
