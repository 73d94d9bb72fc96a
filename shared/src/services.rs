//! Calls of capability services: what is sent, how often, and what an answer counts for. Whoever runs a turn carries them: a node,
//! or the origin for the turns that it takes itself.
//!
//! A service is called as `POST {url}/{function}` with `{"service", "function", "purpose", "payload"}` and answers
//! `{"status", "data", "message"}`. The game decides what is called; no address comes from a client.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::breaker::{Admission, Breaker};
use crate::engine::{CapabilityCall, CapabilityResult};
use crate::networks::is_private_host;
use crate::settings::Service;
use crate::wire::holds_nul;
use crate::wire::origin::digest;
use crate::wire::trace::{TRACEPARENT, TraceContext};

/// The largest answer of a service, bytes.
pub const MAX_SERVICE_ANSWER_BYTES: usize = 256 * 1024;
/// The longest time for one call, milliseconds, whatever a game asks for.
pub const MAX_CALL_MS: u32 = 30_000;
/// Attempts at a call that changes nothing.
pub const READ_ATTEMPTS: u32 = 3;
/// The longest pause before the second attempt, milliseconds; it doubles for the third.
const RETRY_PAUSE_MS: u64 = 100;

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

/// A request to another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The method.
    pub method: &'static str,
    /// Absolute, `http` or `https`.
    pub url: String,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// Time for everything: connecting, sending, and the whole answer.
    pub timeout_ms: u64,
    /// More than this is [`FetchError::TooLarge`].
    pub max_answer_bytes: usize,
}

/// An answer of another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A request that got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FetchError {
    /// Nobody was reached, so nothing happened there.
    #[error("could not connect")]
    Unreachable,
    /// Whether something happened there is not known.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke; whether something happened there is not known.
    #[error("the connection broke")]
    Broken,
    /// The answer was longer than allowed.
    #[error("the answer is too large")]
    TooLarge,
    /// The platform does not allow calls of that address.
    #[error("the deployment does not allow this address")]
    Denied,
}

/// What makes the requests of calls, and remembers which services are down.
#[allow(async_fn_in_trait, reason = "the trait is used with static dispatch only")]
pub trait ServiceClient {
    /// Makes one HTTP request, with no redirects and no retries.
    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError>;
    /// Waits for a random part of a time.
    async fn pause(&self, longest_ms: u64);
    /// Microseconds on a clock that does not go back.
    fn ticks_us(&self) -> u64;
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
    /// Looks at the breaker of a service, changes it and remembers it, in one go where others may look at the same time.
    async fn at_breaker<T>(&self, service: &str, change: impl FnOnce(&mut Breaker) -> T) -> T;
}

/// A call, and on whose behalf it is made.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// What the game asks for.
    pub wanted: &'a CapabilityCall,
    /// The call's own idempotency key.
    pub key: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
}

/// Makes a call and tells what came of it.
pub async fn ask(client: &impl ServiceClient, service: &Service, asking: Asking<'_>) -> CapabilityResult {
    if let Err(why) = check_address(service) {
        return failed(DENIED, why);
    }
    let name = &asking.wanted.service;
    // A trial is noted before it is made: others wait for what comes of it.
    let admission = client.at_breaker(name, |breaker| breaker.admit(client.now_ms())).await;
    if matches!(admission, Admission::Refused { .. }) {
        return failed(UNAVAILABLE, "the breaker of this service is open");
    }
    let (result, answered) = attempts(client, service, asking).await;
    let heard = |breaker: &mut Breaker| match answered {
        true => breaker.succeeded(),
        false => breaker.failed(client.now_ms()),
    };
    client.at_breaker(name, heard).await;
    result
}

/// How long a call may take, milliseconds, its attempts together.
#[must_use]
pub fn limit_ms(service: &Service, wanted: &CapabilityCall) -> u32 {
    wanted.timeout_ms.min(service.timeout_ms.map_or(MAX_CALL_MS, NonZeroU32::get)).clamp(1, MAX_CALL_MS)
}

/// A result for a call that is not made.
#[must_use]
pub fn failed(code: &str, detail: &str) -> CapabilityResult {
    CapabilityResult::Failed { code: code.into(), detail: detail.into() }
}

/// The result, and whether the service is in working order.
async fn attempts(client: &impl ServiceClient, service: &Service, asking: Asking<'_>) -> (CapabilityResult, bool) {
    let wanted = asking.wanted;
    let limit_ms = limit_ms(service, wanted);
    let until_us = client.ticks_us() + u64::from(limit_ms) * 1_000;
    let attempts = if wanted.side_effects { 1 } else { READ_ATTEMPTS };
    let mut failure = failed(TIMED_OUT, "no answer in time");
    for attempt in 0..attempts {
        if attempt > 0 {
            client.pause(RETRY_PAUSE_MS << (attempt - 1)).await;
        }
        let left_ms = until_us.saturating_sub(client.ticks_us()) / 1_000;
        if left_ms == 0 {
            break;
        }
        failure = match client.fetch(outbound(service, asking, left_ms)).await {
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

fn outbound(service: &Service, asking: Asking<'_>, timeout_ms: u64) -> Outbound {
    let wanted = asking.wanted;
    let body = json!({
        "service": wanted.service,
        "function": wanted.function,
        "purpose": wanted.purpose,
        "payload": wanted.payload,
    });
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("idempotency-key", asking.key.to_owned()),
        ("lgdl-tenant", asking.tenant.to_owned()),
    ];
    headers.extend(asking.trace.map(|trace| (TRACEPARENT, trace.header())));
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

/// The idempotency key of the call with side effects that a turn makes as its `number`-th, from 0. The same however often the
/// turn is run, and on whatever state.
#[must_use]
pub fn act_key(tenant: &str, user: &str, idempotency_key: &str, number: usize) -> String {
    call_key("act", tenant, user, idempotency_key, number)
}

/// The idempotency key of a call without side effects: the `index`-th of all calls of a turn, from 0.
#[must_use]
pub fn lookup_key(tenant: &str, user: &str, idempotency_key: &str, index: usize) -> String {
    call_key("lookup", tenant, user, idempotency_key, index)
}

fn call_key(purpose: &str, tenant: &str, user: &str, idempotency_key: &str, number: usize) -> String {
    format!("cap_{:032x}", digest(&[purpose, tenant, user, idempotency_key, &number.to_string()]))
}

/// Calls that were made for a turn, so that another run of it does not make them again.
#[derive(Debug, Default)]
pub struct Performed(Vec<(CapabilityCall, CapabilityResult)>);

impl Performed {
    /// What is known of a call already: it was made, or must not be made any more.
    pub fn known(&mut self, wanted: &CapabilityCall) -> Option<CapabilityResult> {
        match self.0.get(wanted.index) {
            Some((made, result)) if made == wanted => return Some(result.clone()),
            // The turn takes another way than before, and something has been done in the world already.
            Some(_) if self.0[wanted.index..].iter().any(|(made, _)| made.side_effects) => {
                return Some(failed(NO_PLACE, "another run of this turn has acted already"));
            }
            _ => self.0.truncate(wanted.index),
        }
        None
    }

    /// The idempotency key of a call that is to be made now, for the turn of this key.
    #[must_use]
    pub fn key(&self, tenant: &str, user: &str, idempotency_key: &str, wanted: &CapabilityCall) -> String {
        // Acts are numbered by themselves: another run of the turn may look up more or less before it acts.
        let acts = self.0.iter().filter(|(made, _)| made.side_effects).count();
        match wanted.side_effects {
            true => act_key(tenant, user, idempotency_key, acts),
            false => lookup_key(tenant, user, idempotency_key, wanted.index),
        }
    }

    /// Remembers what came of a call.
    pub fn add(&mut self, wanted: &CapabilityCall, result: &CapabilityResult) {
        self.0.push((wanted.clone(), result.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::breaker::{FAILURES_TO_OPEN, OPEN_FOR_MS};

    /// A service that does not answer before somebody lets it.
    #[derive(Default)]
    struct Client {
        breaker: RefCell<Breaker>,
        now_ms: Cell<i64>,
        asked: Cell<u32>,
        answers: Cell<bool>,
    }

    impl ServiceClient for Client {
        async fn fetch(&self, _request: Outbound) -> Result<Inbound, FetchError> {
            self.asked.set(self.asked.get() + 1);
            std::future::poll_fn(|_| if self.answers.get() { Poll::Ready(()) } else { Poll::Pending }).await;
            Ok(Inbound { status: 200, body: b"{}".to_vec() })
        }
        async fn pause(&self, _longest_ms: u64) {}
        fn ticks_us(&self) -> u64 {
            0
        }
        fn now_ms(&self) -> i64 {
            self.now_ms.get()
        }
        async fn at_breaker<T>(&self, _service: &str, change: impl FnOnce(&mut Breaker) -> T) -> T {
            change(&mut self.breaker.borrow_mut())
        }
    }

    #[test]
    fn one_call_tries_whether_a_service_is_back_and_the_others_wait_for_what_comes_of_it() {
        let client = Client::default();
        (0..FAILURES_TO_OPEN).for_each(|_| client.breaker.borrow_mut().failed(0));
        client.now_ms.set(OPEN_FOR_MS);
        let service: Service = serde_json::from_value(json!({"url": "https://services.example.com"})).unwrap();
        let wanted = CapabilityCall {
            index: 0,
            service: "stock".into(),
            function: "look_up".into(),
            purpose: None,
            payload: Map::new(),
            timeout_ms: 1_000,
            side_effects: false,
        };
        let asking = Asking { wanted: &wanted, key: "k", tenant: "t", trace: None };
        let mut context = Context::from_waker(Waker::noop());
        let mut trial = pin!(ask(&client, &service, asking));
        assert!(trial.as_mut().poll(&mut context).is_pending());
        for _ in 0..3 {
            let mut other = pin!(ask(&client, &service, asking));
            let Poll::Ready(result) = other.as_mut().poll(&mut context) else { panic!("it waits for the service") };
            assert!(matches!(result, CapabilityResult::Failed { code, .. } if code == UNAVAILABLE));
        }
        assert_eq!(client.asked.get(), 1);
        client.answers.set(true);
        assert!(trial.as_mut().poll(&mut context).is_ready());
        assert!(client.breaker.borrow().is_closed());
        assert!(pin!(ask(&client, &service, asking)).as_mut().poll(&mut context).is_ready());
        assert_eq!(client.asked.get(), 2);
    }

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
