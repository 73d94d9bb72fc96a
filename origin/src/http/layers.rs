//! What every request goes through: its id, limits of time, one log line without user text, metrics, panics caught,
//! and problem documents for every refusal.

use lgdl::ids::{Id, shown_request};
use lgdl::wire::trace::{TRACEPARENT, TraceContext};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use super::Origin;
use super::edge::TURNS_ROUTE;
use super::problem::Problem;
use super::signed::FromEdge;
use super::traces;
use crate::ids::RequestId;
use crate::work::Ended;

/// The header that carries a request's id, in both directions.
const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The code of [`Problem::unavailable`].
const UNAVAILABLE: &str = "E501";

/// How long the requests of an endpoint may take that takes longer than others.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) within: Duration,
}

/// What limits the time of a request.
#[derive(Debug, Clone)]
struct Timed {
    origin: Origin,
    patience: Arc<[Patience]>,
}

/// Puts around routes what every request needs.
pub(crate) fn wrap(routes: Router<Origin>, origin: Origin, patience: Vec<Patience>) -> Router {
    let timed = Timed { origin: origin.clone(), patience: patience.into() };
    routes
        .fallback(|| async { Problem::not_found("There is nothing at this path.") })
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("This path exists, with other methods than the one used.")
        })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(timed, limit_time))
        .layer(middleware::from_fn_with_state(origin.clone(), account))
        .with_state(origin)
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Problem::internal("The request could not be carried out.").into_response()
}

async fn limit_time(State(timed): State<Timed>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let own = timed.patience.iter().find(|own| own.method == *request.method() && path == Some(own.path));
    let within = own.map_or_else(|| timed.origin.settings().request_timeout, |own| own.within);
    match tokio::time::timeout(within, next.run(request)).await {
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
    let method = method_name(request.method());
    // The template, never the path: ids in paths may be personal.
    let route = request.extensions().get::<MatchedPath>().map_or("-".to_owned(), |path| path.as_str().to_owned());
    let parent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let place = traces::place(parent.and_then(TraceContext::of_header), &*origin.random);
    let span = tracing::info_span!("request", request_id = %shown_request(&id));
    let bytes_in = length(request.headers());
    let (mut response, work) = traces::watched(next.run(request).instrument(span.clone())).await;
    let mut code = None;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        code = Some(problem.code());
        let mut document = problem.respond(&id);
        if let Some(from_edge) = response.extensions_mut().remove::<FromEdge>() {
            document.extensions_mut().insert(from_edge);
        }
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
    origin.metrics.request(&route, method, status, code, took);
    if let Some(ended) = ended(&route, status, code) {
        origin.metrics.work.note(ended, origin.clock.now_ms());
    }
    let request = traces::Answered { id: &id, method, route: &route, status, code, took };
    traces::line(&place, &request, &work, bytes_in, length(response.headers()));
    if let Some(exporter) = &origin.traces {
        traces::tell(exporter, &origin, &place, &request, &work, started);
    }
    response
}

/// A method as logs, metrics and spans have it: whoever makes one up may write anything into it.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// The length that headers tell of a body.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What a request says about the store: turns are what it is for, and speak for it; whatever else finds it away says so, too.
fn ended(route: &str, status: u16, code: Option<&str>) -> Option<Ended> {
    match (status, code) {
        (500.., Some(UNAVAILABLE)) => Some(Ended::Unavailable),
        (500.., _) if route == TURNS_ROUTE => Some(Ended::Failed),
        (200..300, _) if route == TURNS_ROUTE => Some(Ended::Well),
        _ => None,
    }
}

fn request_id(origin: &Origin, request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
    match given {
        Some(id) if Id::Request.fits(id) => id.to_owned(),
        _ => RequestId::mint(origin.clock.now_ms(), &*origin.random).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_client_makes_up_is_written_down_nowhere() {
        let name = |method: &str| method_name(&Method::from_bytes(method.as_bytes()).unwrap());
        assert_eq!((name("GET"), name("PATCH"), name("ANN-MILLER"), name("get")), ("GET", "PATCH", "other", "other"));
    }
}
