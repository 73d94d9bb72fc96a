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

use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use worker::{Context, Env, Headers, Request, Result, ScheduleContext, ScheduledEvent, event};

use crate::answer::{Body, Response};
use crate::pipeline;
use crate::pipeline::request::{BodyFault, MAX_BODY_BYTES, Received};
use platform::Cloudflare;

/// The rate-limit binding that shields in front, where `wrangler.toml` has one.
const SHIELD_BINDING: &str = "SHIELD";

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<worker::Response> {
    if shielded(&env, request.headers()).await {
        return Ok(worker::Response::error("too many requests", 429)?.with_headers({
            let headers = Headers::new();
            headers.set(header::RETRY_AFTER.as_str(), "60")?;
            headers
        }));
    }
    let received = receive(request).await?;
    let handled = pipeline::handle(&Cloudflare::new(env.clone()), &received).await;
    if !handled.after.is_empty() {
        context.wait_until(async move { pipeline::finish(&Cloudflare::new(env), handled.after).await });
    }
    send(handled.response)
}

/// Cron: brings journalled turns to the origin.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    pipeline::drain(&Cloudflare::new(env)).await;
}

/// The platform counts per location and loosely; whoever it turns away is far above every limit that is promised.
async fn shielded(env: &Env, headers: &Headers) -> bool {
    let Ok(shield) = env.rate_limiter(SHIELD_BINDING) else { return false };
    let address = headers.get("cf-connecting-ip").ok().flatten().unwrap_or_default();
    shield.limit(address).await.is_ok_and(|outcome| !outcome.success)
}

async fn receive(mut request: Request) -> Result<Received> {
    let url = request.url()?;
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers().entries() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    Ok(Received {
        method: Method::from_bytes(request.method().to_string().as_bytes()).unwrap_or_default(),
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
        headers,
        body: take_body(&mut request).await,
    })
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
