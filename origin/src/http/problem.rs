//! RFC 9457 problem documents. Every refusal, from every route, is one; nothing internal and no user text is in it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::archives::ArchiveError;
use crate::records::Malformed;
use crate::store::StoreError;

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    /// Boxed, since refusals travel as the error of every handler.
    extra: Box<Map<String, Value>>,
    retry_after_seconds: Option<u32>,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $title:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name(detail: impl Into<String>) -> Problem {
            Problem {
                status: StatusCode::$status,
                code: $code,
                title: $title,
                detail: detail.into(),
                extra: Box::default(),
                retry_after_seconds: None,
            }
        }
    )*};
}

impl Problem {
    problems! {
        /// A defect of ours; what exactly stands in the log under the request's id.
        internal = INTERNAL_SERVER_ERROR, "E500", "The origin failed";
        /// The store can't be reached; trying again may help.
        unavailable = SERVICE_UNAVAILABLE, "E501", "The store is not available";
        /// The request is not understood.
        malformed = BAD_REQUEST, "E520", "The request is malformed";
        /// There is no such thing, or it is somebody else's.
        not_found = NOT_FOUND, "E521", "Not found";
        /// The path exists, with other methods.
        method_not_allowed = METHOD_NOT_ALLOWED, "E522", "The method is not allowed here";
        /// The body did not arrive in time.
        timeout = REQUEST_TIMEOUT, "E523", "The request took too long to arrive";
        /// The body is larger than the limit.
        too_large = PAYLOAD_TOO_LARGE, "E524", "The request body is too large";
        /// The body is of a kind that is not understood here.
        unsupported_media = UNSUPPORTED_MEDIA_TYPE, "E525", "The media type is not supported";
        /// The signature or the credential is missing or wrong.
        unauthenticated = UNAUTHORIZED, "E526", "The request is not authenticated";
        /// Allowed to somebody else.
        forbidden = FORBIDDEN, "E527", "The request is not allowed";
        /// The conversation has moved on.
        conflict = CONFLICT, "E528", "The conversation has another version";
        /// The idempotency key was used for another request.
        key_reused = UNPROCESSABLE_ENTITY, "E529", "The idempotency key was used with another request";
        /// There is one of that name already.
        exists = CONFLICT, "E530", "It exists already";
        /// Understood, and not acceptable as it is.
        unacceptable = UNPROCESSABLE_ENTITY, "E531", "The request can't be carried out as it is";
        /// Too many tries.
        too_many = TOO_MANY_REQUESTS, "E532", "Too many requests";
        /// No conversation can begin; those that are open go on.
        too_many_open = LOCKED, "E533", "Too many conversations are open";
        /// A hand-over of somebody whose consent was withdrawn, or who is kept out.
        takes_no_part = CONFLICT, "E534", "The person takes part no longer";
        /// What is asked for was erased.
        erased = GONE, "E902", "Erased";
        /// A legal hold forbids it.
        held = CONFLICT, "E903", "A legal hold is in force";
    }

    /// Adds an extension member.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Problem {
        self.extra.insert(name.to_owned(), value);
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The LGDL code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The document, for the request of that id.
    #[must_use]
    pub fn respond(&self, request_id: &str) -> Response {
        let mut body = (*self.extra).clone();
        body.insert("type".into(), format!("/problems/{}", self.code).into());
        body.insert("title".into(), self.title.into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("detail".into(), self.detail.clone().into());
        body.insert("code".into(), self.code.into());
        body.insert("request_id".into(), request_id.into());
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let mut response = (self.status, kind, Value::Object(body).to_string()).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The outermost layer, which knows the request's id, turns the extension into the document; see `layers`.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        if error.is_transient() {
            tracing::warn!(%error, "the store is not available");
            Problem::unavailable("The store did not take the request; try again with the same idempotency key.")
                .retry_after(1)
        } else {
            tracing::error!(%error, "the store failed");
            Problem::internal("The request could not be carried out; the log has the cause.")
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Problem {
        match error {
            ArchiveError::Store(error) => error.into(),
            error => {
                tracing::error!(%error, "the archive does not give what the store names");
                Problem::unavailable("A part of it lies in the archive, which can't be read at the moment.")
                    .retry_after(60)
            }
        }
    }
}

impl From<Malformed> for Problem {
    fn from(error: Malformed) -> Problem {
        Problem::malformed(error.0)
    }
}
