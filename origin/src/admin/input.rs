//! Reading requests: bodies, paths and queries, each refused with a problem document that quotes nothing of it.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::{Origin, Problem};
use crate::records;
pub(super) use crate::records::{MAX_REASON_CHARS, MIN_REASON_CHARS};
use crate::store::MAX_PAGE;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

/// What stands in the path.
pub(super) struct InPath<T>(pub(super) T);

/// What stands in the query.
pub(super) struct InQuery<T>(pub(super) T);

/// How much of a list is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// After this entry.
    #[serde(default)]
    pub(super) after: u64,
    /// Entries at most.
    #[serde(default = "default_limit")]
    pub(super) limit: u32,
}

/// Entries of a page when nothing is said.
pub(super) const DEFAULT_LIMIT: u32 = 50;

pub(super) fn default_limit() -> u32 {
    DEFAULT_LIMIT
}

/// Refuses a page that is empty or too long.
pub(super) fn check_limit(limit: u32) -> Result<u32, Problem> {
    let problem = || Problem::malformed(format!("`limit` must be from 1 to {MAX_PAGE}."));
    if (1..=MAX_PAGE).contains(&limit) { Ok(limit) } else { Err(problem()) }
}

/// Refuses a reason that says nothing, or too much.
pub(super) fn check_reason(reason: &str) -> Result<(), Problem> {
    Ok(records::check_reason(reason)?)
}

impl<T: DeserializeOwned> FromRequest<Origin> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, origin: &Origin) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::unsupported_media("Send JSON, with `content-type: application/json`."));
        }
        // Shorter than the limit of the whole request, so that a slow sender hears that it was slow.
        let patience = origin.settings().request_timeout.mul_f64(0.9);
        let bytes = tokio::time::timeout(patience, Bytes::from_request(request, origin)).await;
        let bytes = bytes.map_err(|_| Problem::timeout("The body did not arrive in time."))?.map_err(refused)?;
        serde_json::from_slice(&bytes).map(Body).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Syntax => "is no JSON",
                serde_json::error::Category::Eof => "ends too early",
                _ => "has a field that is missing, unknown or of the wrong type",
            };
            Problem::malformed(format!("The body {what}, at line {} column {}.", error.line(), error.column()))
        })
    }
}

fn refused(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large("The body is larger than this endpoint takes.");
    }
    Problem::malformed("The body broke off.")
}

impl<T: DeserializeOwned + Send> FromRequestParts<Origin> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, origin: &Origin) -> Result<Self, Problem> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, origin).await;
        path.map(|Path(value)| InPath(value)).map_err(|_| Problem::not_found("There is nothing of that id."))
    }
}

impl<T: DeserializeOwned> FromRequestParts<Origin> for InQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, origin: &Origin) -> Result<Self, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, origin).await;
        query
            .map(|Query(value)| InQuery(value))
            .map_err(|_| Problem::malformed("The query has a parameter that is missing, unknown or of the wrong type."))
    }
}
