//! What browsers want to know: CORS by allow-list, and headers that keep answers from being misused.

use http::{HeaderName, HeaderValue, StatusCode, header};
use lgdl::problem::Reason;

use crate::answer::{Refusal, Response};
use crate::call::Call;
use crate::pipeline::request::{REQUEST_ID, Received};
use crate::platform::Platform;

/// What a page of another origin may send.
const ALLOWED_HEADERS: &str =
    "content-type, authorization, x-api-key, idempotency-key, if-match, x-request-id, traceparent, tracestate, accept";
/// What it may read.
const EXPOSED_HEADERS: &str =
    "x-request-id, retry-after, ratelimit, ratelimit-policy, x-deprecation-warning, server-timing, lgdl-journal, etag";
/// How long a browser may remember a preflight, seconds.
const PREFLIGHT_SECONDS: &str = "600";

/// Refuses requests from pages of origins that are not on the list.
///
/// # Errors
/// 403.
pub fn check_origin<P: Platform>(call: &Call<'_, P>, received: &Received) -> Result<(), Refusal> {
    if !received.headers.contains_key(header::ORIGIN) || allowed(call, received).is_some() || same_origin(received) {
        return Ok(());
    }
    Err(Refusal::new(Reason::ForeignOrigin, "LGDL_CORS_ORIGINS lists the web origins that may call this node."))
}

/// The answer to `OPTIONS`.
pub fn preflight<P: Platform>(call: &Call<'_, P>, received: &Received) -> Response {
    let mut response = Response::empty(StatusCode::NO_CONTENT);
    if allowed(call, received).is_some() {
        response.set(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, DELETE");
        response.set(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        response.set(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    }
    response
}

/// The origin to be named in the answer, if it is allowed.
fn allowed<P: Platform>(call: &Call<'_, P>, received: &Received) -> Option<String> {
    let origin = received.header(&header::ORIGIN)?;
    let list = &call.settings.cors_origins;
    if list.iter().any(|one| one == "*") {
        return Some("*".into());
    }
    list.iter().find(|one| one.eq_ignore_ascii_case(origin)).map(|_| origin.to_owned())
}

/// Whether the page came from this very node: browsers name the origin in such requests too.
fn same_origin(received: &Received) -> bool {
    let host = received.header(&header::HOST);
    let origin = received.header(&header::ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((host, origin), (Some(host), Some((_, authority))) if host.eq_ignore_ascii_case(authority))
}

/// Puts on the headers that every answer has.
pub fn dress<P: Platform>(call: &Call<'_, P>, received: &Received, response: &mut Response) {
    response.set(REQUEST_ID, &call.request_id);
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in fixed {
        response.headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(origin) = allowed(call, received) {
        response.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, &origin);
        response.set(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        if origin != "*" {
            response.set(header::VARY, "origin");
        }
    }
}
