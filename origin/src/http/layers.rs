//! What every request goes through: its id, limits of time, one log line without user text, metrics, panics caught,
//! and problem documents for every refusal.

use lgdl::ids::Id;
use std::any::Any;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use super::Origin;
use super::problem::Problem;
use crate::ids::RequestId;

/// The header that carries a request's id, in both directions.
const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) fn wrap(routes: Router<Origin>, origin: Origin) -> Router {
    routes
        .fallback(|| async { Problem::not_found("There is nothing at this path.") })
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("This path exists, with other methods than the one used.")
        })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(origin.clone(), limit_time))
        .layer(middleware::from_fn_with_state(origin.clone(), account))
        .with_state(origin)
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::internal("The request could not be carried out.").into_response()
}

async fn limit_time(State(origin): State<Origin>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(origin.config.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("The request took too long; it may or may not have been carried out.")
            .retry_after(1)
            .into_response(),
    }
}

/// The outermost layer: gives the id, times the request, writes the log line, and fills in problem documents.
async fn account(State(origin): State<Origin>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&origin, &request);
    let method = request.method().clone();
    // The template, never the path: ids in paths may be personal.
    let route = request.extensions().get::<MatchedPath>().map_or("-".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request_id = id);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let mut document = problem.respond(&id);
        if let Some(allow) = response.headers().get(header::ALLOW) {
            document.headers_mut().insert(header::ALLOW, allow.clone());
        }
        response = document;
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let (status, took) = (response.status().as_u16(), started.elapsed());
    origin.metrics.request(&route, method.as_str(), status, took);
    let latency_ms = took.as_secs_f64() * 1e3;
    span.in_scope(|| match status {
        500.. => tracing::warn!(%method, route, status, latency_ms, "request"),
        _ => tracing::debug!(%method, route, status, latency_ms, "request"),
    });
    response
}

fn request_id(origin: &Origin, request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
    match given {
        Some(id) if Id::Request.fits(id) => id.to_owned(),
        _ => RequestId::mint(origin.clock.now_ms(), &*origin.random).to_string(),
    }
}
