//! The adapter for Cloudflare Workers: takes a request off `workerd`, hands it to the pipeline, sends the response.
//!
//! | binding | kind | what for |
//! |---|---|---|
//! | `STATE` | KV namespace | hot state, compiled games |
//! | `NODE` | Durable Object `NodeObject` | exact limits, the journal |
//! | `SHIELD` | rate limit, optional | turns floods away before anything else is done |
//! | `LGDL_*` | variables and secrets | the settings |

// The attributes of `worker` expand to it; nothing in here is unsafe.
#![allow(unsafe_code)]

mod durable;
mod platform;

use std::result::Result as StdResult;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lgdl::problem::Reason;
use worker::{Context, Delay, Env, Headers, Request, Result, ScheduleContext, ScheduledEvent, event};

use crate::answer::{Body, Refusal, Response};
use crate::pipeline;
use crate::pipeline::request::{BodyFault, MAX_BODY_BYTES, REQUEST_ID, Received};
use platform::Cloudflare;

/// How long the body of a request may take.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// The longest period that the binding knows, milliseconds.
const SHIELD_PERIOD_MS: u64 = 60_000;

/// The rate-limit binding that shields in front, where `wrangler.toml` has one.
const SHIELD_BINDING: &str = "SHIELD";

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<worker::Response> {
    // What the runtime itself would answer to an error is no problem document, and may tell too much.
    let request_id = request.headers().get(REQUEST_ID.as_str()).ok().flatten().unwrap_or_default();
    match answer(request, env, context).await {
        Ok(response) => Ok(response),
        Err(_) => {
            let refusal = Refusal::new(Reason::Internal, "The request could not be handled. Nothing was changed.");
            send(Response::problem(&refusal, &request_id))
        }
    }
}

async fn answer(request: Request, env: Env, context: Context) -> Result<worker::Response> {
    let cloudflare = Cloudflare::new(env.clone());
    if shielded(&env, request.headers()).await {
        // Nothing is read of what is turned away here, not even the body.
        let received = Received { body: Ok(Vec::new()), ..head(&request)? };
        let refusal = Refusal::new(Reason::RateLimited, "This address sends more than any client has reason to.")
            .retry_after_ms(SHIELD_PERIOD_MS);
        return send(pipeline::refused(&cloudflare, &received, &refusal).response);
    }
    let received = receive(request).await?;
    let handled = pipeline::handle(&cloudflare, &received).await;
    if !handled.after.is_empty() {
        context.wait_until(async move { pipeline::finish(&Cloudflare::new(env), handled.after).await });
    }
    send(handled.response)
}

/// Cron: brings journalled turns to the origin, and drops what was erased there.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    pipeline::scheduled(&Cloudflare::new(env)).await;
}

/// The platform counts per location and loosely; whoever it turns away is far above every limit that is promised.
async fn shielded(env: &Env, headers: &Headers) -> bool {
    let Ok(shield) = env.rate_limiter(SHIELD_BINDING) else { return false };
    let address = headers.get("cf-connecting-ip").ok().flatten().unwrap_or_default();
    shield.limit(address).await.is_ok_and(|outcome| !outcome.success)
}

async fn receive(mut request: Request) -> Result<Received> {
    let received = head(&request)?;
    let reading = take_body(&mut request);
    let limit = Delay::from(BODY_WITHIN);
    pin_mut!(reading, limit);
    let body = match select(reading, limit).await {
        Either::Left((body, _)) => body,
        Either::Right(_) => Err(BodyFault::Incomplete),
    };
    Ok(Received { body, ..received })
}

/// The request without its body.
fn head(request: &Request) -> Result<Received> {
    let url = request.inner().url();
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers().entries() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    Ok(Received {
        // `worker::Method` takes what it does not know for GET; the runtime's own word for it is right.
        method: Method::from_bytes(request.inner().method().as_bytes()).unwrap_or(Method::TRACE),
        path: request.path(),
        query: query_of(&url).to_owned(),
        headers,
        body: Ok(Vec::new()),
    })
}

/// The query of a URL. The runtime has parsed and written it: signs that part it stand nowhere else in it, and a parser of
/// our own, with its tables of international names, would be a twentieth of the Worker.
fn query_of(url: &str) -> &str {
    let whole = url.split_once('#').map_or(url, |(whole, _)| whole);
    whole.split_once('?').map_or("", |(_, query)| query)
}

async fn take_body(request: &mut Request) -> StdResult<Vec<u8>, BodyFault> {
    // A request without a body has no stream.
    let Ok(mut chunks) = request.stream() else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyFault::Incomplete)?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(BodyFault::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn send(response: Response) -> Result<worker::Response> {
    let headers = Headers::new();
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            headers.append(name.as_str(), value)?;
        }
    }
    let builder = worker::Response::builder().with_status(response.status.as_u16()).with_headers(headers);
    match response.body {
        Body::Whole(bytes) if bytes.is_empty() => Ok(builder.empty()),
        Body::Whole(bytes) => Ok(builder.fixed(bytes.into_owned())),
        Body::Events(events) => builder.from_stream(stream::iter(events.into_iter().map(Ok::<_, worker::Error>))),
    }
}
