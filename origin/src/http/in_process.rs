//! The origin as a node in the same process calls it: the same requests, signatures and answers as over a network.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use tower::ServiceExt;

/// The longest answer that is handed on, bytes: a compiled game of the largest size that nodes take.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Hands a request to a service and gives its whole answer; 502 when the answer breaks off or is too long.
pub async fn without_a_network(service: Router, request: Request<Bytes>) -> Response<Bytes> {
    let (mut parts, body) = request.into_parts();
    // A server sees the request line, not the whole address.
    if let Some(path) = parts.uri.path_and_query() {
        parts.uri = Uri::from(path.clone());
    }
    let answered: Result<_, Infallible> = service.oneshot(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = match answered {
        Ok(answer) => answer.into_parts(),
        Err(never) => match never {},
    };
    match to_bytes(body, MAX_ANSWER_BYTES).await {
        Ok(body) => Response::from_parts(parts, body),
        Err(_) => {
            let mut broken = Response::new(Bytes::new());
            *broken.status_mut() = StatusCode::BAD_GATEWAY;
            broken
        }
    }
}
