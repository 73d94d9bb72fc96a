//! What a request comes to: a response, work for after it, and what was counted. Nothing here decides anything.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lgdl::problem::Reason;
pub use lgdl::wire::node::OBSERVED;
use lgdl::wire::node::Observation;
use lgdl::wire::origin::{Report, TracedRequest};

/// A refusal on its way to becoming a problem document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What happened and what to do; no user text, nothing internal.
    pub detail: Cow<'static, str>,
    /// Headers that belong to it.
    pub headers: Vec<(HeaderName, String)>,
}

impl Refusal {
    /// A refusal with its detail.
    pub fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { reason, detail: detail.into(), headers: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Refusal {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds `Retry-After`, in whole seconds, at least one.
    #[must_use]
    pub fn retry_after_ms(self, ms: u64) -> Refusal {
        self.with(header::RETRY_AFTER, ms.div_ceil(1_000).max(1).to_string())
    }
}

/// A response, before it becomes the platform's own type.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// All at once.
    Whole(Cow<'static, [u8]>),
    /// Server-sent events, each to be flushed before the next.
    Events(Vec<Vec<u8>>),
}

impl Body {
    /// All of it.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Body::Whole(bytes) => bytes.into_owned(),
            Body::Events(events) => events.concat(),
        }
    }
}

impl Response {
    /// A response with a body of that type.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Cow<'static, [u8]>>) -> Response {
        let mut headers = HeaderMap::with_capacity(16);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Response { status, headers, body: Body::Whole(body.into()) }
    }

    /// A response without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Response {
        Response { status, headers: HeaderMap::with_capacity(16), body: Body::Whole(Cow::Borrowed(&[])) }
    }

    /// A JSON response.
    pub fn json<T: serde::Serialize>(status: StatusCode, value: &T) -> Result<Response, Refusal> {
        match serde_json::to_vec(value) {
            Ok(body) => Ok(Response::new(status, "application/json", body)),
            Err(_) => Err(Refusal::new(Reason::Internal, "The answer could not be written. Try again.")),
        }
    }

    /// The problem document of a refusal.
    #[must_use]
    pub fn problem(refusal: &Refusal, request_id: &str) -> Response {
        let problem = refusal.reason.problem(refusal.detail.clone(), request_id);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(status, "application/problem+json", body);
        for (name, value) in &refusal.headers {
            response.set(name.clone(), value);
        }
        response
    }

    /// Sets a header; a value that no header can hold is left out.
    pub fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }
}

/// Work that is done once the response has gone.
#[derive(Debug, Clone, PartialEq)]
pub enum After {
    /// Write this into the key-value store.
    Keep {
        /// The key.
        key: String,
        /// The value, sealed where it must be.
        value: Vec<u8>,
        /// How long it is of use, milliseconds.
        ttl_ms: u64,
    },
    /// Bring journalled turns to the origin.
    Drain,
    /// Tell the origin of a request whose trace is kept.
    Traced(TracedRequest),
    /// Count what happened, where the origin is told of it.
    Counted(Observed),
    /// Tell the audit log of a refusal.
    Report {
        /// Whose log.
        tenant: String,
        /// What was refused.
        report: Report,
    },
}

/// Counters that one request adds to. No user text, no ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed {
    /// Counts by name, in the order of [`OBSERVED`].
    pub counts: [u32; OBSERVED.len()],
}

/// Something that happened, by its place in [`OBSERVED`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A turn was committed.
    Turn,
    /// A turn was journalled.
    Journalled,
    /// A turn was answered without state.
    Stateless,
    /// A stored response was sent again.
    Replay,
    /// A turn was run again on newer state.
    Conflict,
    /// Hot state was found.
    StateHit,
    /// It was not.
    StateMiss,
    /// A game was fetched from the origin.
    GameRefill,
    /// A capability was called.
    CapabilityCall,
    /// And failed.
    CapabilityFailure,
    /// A call to the origin failed.
    OriginFailure,
    /// A request was refused.
    Refusal,
    /// Meaning recognised what a committed turn was.
    TurnByMeaning,
    /// The understanding service did.
    TurnByService,
}

impl Observed {
    /// Counts an event.
    pub fn add(&mut self, event: Event) {
        self.counts[event as usize] += 1;
    }
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// The response.
    pub response: Response,
    /// Work for after it.
    pub after: Vec<After>,
    /// What the node counts.
    pub observation: Observation,
}
