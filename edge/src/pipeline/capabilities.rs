//! Capability calls: to configured services only, in bounded time and size, and never twice for one turn.
//!
//! A service is called as `POST {url}/{function}` with `{"service", "function", "purpose", "payload"}` and answers
//! `{"status", "data", "message"}`. The game decides what is called; no address comes from a client.

use lgdl::breaker::{Admission, Breaker};
use lgdl::engine::{CapabilityCall, CapabilityResult, UNDERSTAND};
use lgdl::mocks::Mocks;
use lgdl::networks::is_private_host;
use lgdl::wire::trace::TRACEPARENT;
use serde_json::{Map, Value, json};

use crate::answer::Event;
use crate::call::Call;
use crate::digest;
use crate::notes;
use crate::origin::pause;
use crate::pipeline::request::holds_nul;
use crate::platform::{FetchError, Inbound, Outbound, Platform};
use crate::settings::Service;

/// The largest answer of a service, bytes.
pub const MAX_SERVICE_ANSWER_BYTES: usize = 256 * 1024;
/// The longest time for one call, milliseconds, whatever a game asks for.
pub const MAX_CALL_MS: u32 = 30_000;
/// Attempts at a call that changes nothing.
pub const READ_ATTEMPTS: u32 = 3;
/// The longest pause before the second attempt, milliseconds; it doubles for the third.
const RETRY_PAUSE_MS: u64 = 100;

/// How long what the understanding service said of a text is believed, milliseconds.
const UNDERSTOOD_FOR_MS: i64 = 600_000;

/// The call was not allowed by the deployment.
pub const DENIED: &str = "E300";
/// The service could not be reached, or failed.
pub const UNAVAILABLE: &str = "E210";
/// The service did not answer in time.
pub const TIMED_OUT: &str = "E211";
/// The service's answer breaks the contract.
pub const BAD_ANSWER: &str = "E212";
/// The call may change something, and the turn's place can't be held while the origin is away.
pub const NO_PLACE: &str = "E213";

/// Makes a call and tells what came of it. `key` is the call's own idempotency key. What the understanding service has said of the
/// same text a short while ago, it is not asked again.
pub async fn perform<P: Platform>(
    call: &Call<'_, P>,
    game: &str,
    wanted: &CapabilityCall,
    key: &str,
) -> CapabilityResult {
    if call.settings.engine.understanding.as_ref() != Some(&wanted.service) || wanted.function != UNDERSTAND {
        return made(call, game, wanted, key).await;
    }
    let payload = Value::Object(wanted.payload.clone()).to_string();
    let note = digest::understood(&call.caller.tenant, &wanted.service, &payload);
    let remembered: Option<(i64, CapabilityResult)> = notes::recall(call.platform, &note).await;
    let now_ms = call.platform.now_ms();
    if let Some((until_ms, result)) = remembered
        && now_ms < until_ms
    {
        return result;
    }
    let result = made(call, game, wanted, key).await;
    if matches!(&result, CapabilityResult::Answered { status, .. } if status == "ok") {
        notes::remember(call.platform, &note, &(now_ms + UNDERSTOOD_FOR_MS, &result)).await;
    }
    result
}

async fn made<P: Platform>(call: &Call<'_, P>, game: &str, wanted: &CapabilityCall, key: &str) -> CapabilityResult {
    call.observe(Event::CapabilityCall);
    let result = match call.settings.services.get(&wanted.service) {
        Some(service) => of_service(call, service, wanted, key).await,
        None if call.settings.development => match call.settings.capability_mocks.get(game) {
            Some(mocks) => mocks.answer(wanted),
            None => Mocks::default().answer(wanted),
        },
        None => failed(DENIED, "the deployment does not configure this service"),
    };
    if matches!(&result, CapabilityResult::Failed { .. }) {
        call.observe(Event::CapabilityFailure);
    }
    result
}

/// A result for a call that is not made.
#[must_use]
pub fn failed(code: &str, detail: &str) -> CapabilityResult {
    CapabilityResult::Failed { code: code.into(), detail: detail.into() }
}

async fn of_service<P: Platform>(
    call: &Call<'_, P>,
    service: &Service,
    wanted: &CapabilityCall,
    key: &str,
) -> CapabilityResult {
    if let Err(why) = check_address(service) {
        return failed(DENIED, why);
    }
    let note = format!("service:{}", wanted.service);
    let mut breaker: Breaker = notes::recall(call.platform, &note).await.unwrap_or_default();
    let before = breaker;
    if matches!(breaker.admit(call.platform.now_ms()), Admission::Refused { .. }) {
        return failed(UNAVAILABLE, "the breaker of this service is open");
    }
    let (result, answered) = attempts(call, service, wanted, key).await;
    if answered {
        breaker.succeeded();
    } else {
        breaker.failed(call.platform.now_ms());
    }
    if breaker != before {
        notes::remember(call.platform, &note, &breaker).await;
    }
    result
}

/// The result, and whether the service is in working order.
async fn attempts<P: Platform>(
    call: &Call<'_, P>,
    service: &Service,
    wanted: &CapabilityCall,
    key: &str,
) -> (CapabilityResult, bool) {
    let limit_ms = wanted.timeout_ms.min(service.timeout_ms.unwrap_or(MAX_CALL_MS)).clamp(1, MAX_CALL_MS);
    let until_us = call.platform.ticks_us() + u64::from(limit_ms) * 1_000;
    let attempts = if wanted.side_effects { 1 } else { READ_ATTEMPTS };
    let mut failure = failed(TIMED_OUT, "no answer in time");
    for attempt in 0..attempts {
        if attempt > 0 {
            pause(call.platform, RETRY_PAUSE_MS << (attempt - 1)).await;
        }
        let left_ms = until_us.saturating_sub(call.platform.ticks_us()) / 1_000;
        if left_ms == 0 {
            break;
        }
        failure = match call.platform.fetch(outbound(call, service, wanted, key, left_ms)).await {
            Ok(answer) if answer.status < 500 && answer.status != 429 => return (read(&answer), true),
            Ok(answer) => failed(UNAVAILABLE, &format!("the service answered status {}", answer.status)),
            Err(FetchError::TimedOut) => failed(TIMED_OUT, "no answer in time"),
            Err(FetchError::TooLarge) => return (failed(BAD_ANSWER, "the answer is too large"), true),
            Err(FetchError::Denied) => return (failed(DENIED, "the deployment does not allow this address"), true),
            Err(error @ (FetchError::Unreachable | FetchError::Broken)) => failed(UNAVAILABLE, &error.to_string()),
        };
    }
    (failure, false)
}

fn outbound<P: Platform>(
    call: &Call<'_, P>,
    service: &Service,
    wanted: &CapabilityCall,
    key: &str,
    timeout_ms: u64,
) -> Outbound {
    let body = json!({
        "service": wanted.service,
        "function": wanted.function,
        "purpose": wanted.purpose,
        "payload": wanted.payload,
    });
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("idempotency-key", key.to_owned()),
        ("lgdl-tenant", call.caller.tenant.clone()),
        (TRACEPARENT, call.trace.own.header()),
    ];
    if let Some(token) = &service.token {
        headers.push(("authorization", format!("Bearer {token}")));
    }
    Outbound {
        method: "POST",
        url: format!("{}/{}", service.url.trim_end_matches('/'), wanted.function),
        headers,
        body: body.to_string().into_bytes(),
        timeout_ms,
        max_answer_bytes: MAX_SERVICE_ANSWER_BYTES,
    }
}

fn read(answer: &Inbound) -> CapabilityResult {
    if !(200..300).contains(&answer.status) {
        return failed(UNAVAILABLE, &format!("the service answered status {}", answer.status));
    }
    match serde_json::from_slice(&answer.body) {
        Ok(value) if holds_nul(&value) => failed(BAD_ANSWER, "the answer holds a NUL character"),
        Ok(value) => understood(value),
        Err(_) => failed(BAD_ANSWER, "the answer is no JSON"),
    }
}

/// Reads `{"status", "data", "message"}`; an object without a `status` is taken for the data of a good answer.
fn understood(answer: Value) -> CapabilityResult {
    let Value::Object(mut fields) = answer else { return failed(BAD_ANSWER, "the answer is no JSON object") };
    let Some(status) = fields.remove("status") else {
        return CapabilityResult::Answered { status: "ok".into(), data: fields, message: None };
    };
    let message = match fields.remove("message") {
        Some(Value::String(text)) => Some(text),
        None | Some(Value::Null) => None,
        Some(_) => return failed(BAD_ANSWER, "`message` is no text"),
    };
    match (status, fields.remove("data")) {
        (Value::String(status), Some(Value::Object(data))) => CapabilityResult::Answered { status, data, message },
        (Value::String(status), None | Some(Value::Null)) => {
            CapabilityResult::Answered { status, data: Map::new(), message }
        }
        _ => failed(BAD_ANSWER, "`status` is no text or `data` is no object"),
    }
}

/// Refuses addresses that a service on the internet has no business having.
fn check_address(service: &Service) -> Result<(), &'static str> {
    let uri: http::Uri = service.url.parse().map_err(|_| "the service's address is no URL")?;
    let host = uri.host().unwrap_or("");
    if !matches!(uri.scheme_str(), Some("http" | "https")) || host.is_empty() {
        return Err("the service's address is no http or https URL");
    }
    if service.allow_private || !is_private_host(host) {
        return Ok(());
    }
    Err("the service's address is private, and the deployment does not allow that")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_that_keep_the_contract_count_as_answers() {
        let answered =
            |text: &str| matches!(understood(serde_json::from_str(text).unwrap()), CapabilityResult::Answered { .. });
        for good in [
            r#"{"status":"ok"}"#,
            r#"{"status":"sold_out","data":{"left":0},"message":"None left."}"#,
            r#"{"status":"ok","data":null,"message":null}"#,
            r#"{"price":12}"#,
        ] {
            assert!(answered(good), "{good}");
        }
        for bad in ["[]", "1", r#"{"status":1}"#, r#"{"status":"ok","data":[]}"#, r#"{"status":"ok","message":{}}"#] {
            assert!(!answered(bad), "{bad}");
        }
    }
}
