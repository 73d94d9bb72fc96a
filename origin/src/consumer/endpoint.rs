//! An endpoint's side of the wire: one POST within a time limit, over TLS where the address says so. Redirects are not followed: a
//! credential is for one address.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use crate::outbound::{HttpClient, NotAllowed, Reach, USER_AGENT, causes, client};

/// How much of an answer is read, so that the connection can be used again; nothing of it is kept.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The longest time that an endpoint may ask us to wait.
const MAX_RETRY_AFTER_SECONDS: u64 = 300;

/// Why an endpoint did not take what it was sent. Nothing of its answer is quoted: it may hold anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It must not be called.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No connection, or it broke.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// No whole answer in time.
    #[error("it did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It answered, but not with success.
    #[error("it answered {status}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// How long it asks us to wait.
        retry_after: Duration,
    },
}

impl EndpointError {
    /// The status that it answered, if it answered.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            EndpointError::Refused { status, .. } => Some(*status),
            EndpointError::NotAllowed(_) | EndpointError::Unreachable(_) | EndpointError::TimedOut(_) => None,
        }
    }

    /// What the endpoint asks for.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        match self {
            EndpointError::Refused { retry_after, .. } => *retry_after,
            EndpointError::NotAllowed(_) | EndpointError::Unreachable(_) | EndpointError::TimedOut(_) => Duration::ZERO,
        }
    }
}

/// How an endpoint is spoken with where there is no network: it gets a request, and answers or does not.
pub type Transport = dyn Fn(Request<Bytes>) -> Result<StatusCode, EndpointError> + Send + Sync;

/// What sends to endpoints that are within reach.
#[derive(Clone)]
pub struct Sender {
    line: Line,
    reach: Reach,
    within: Duration,
}

/// What a request goes over.
#[derive(Clone)]
enum Line {
    Network(Box<HttpClient<Full<Bytes>>>),
    Given(Arc<Transport>),
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("reach", &self.reach).field("within", &self.within).finish_non_exhaustive()
    }
}

impl Sender {
    /// Sends to what is within reach; each time `within` is the time from the connection to the end of the answer.
    #[must_use]
    pub fn new(reach: Reach, within: Duration) -> Sender {
        Sender { line: Line::Network(Box::new(client(reach))), reach, within }
    }

    /// Sends over a function of this process.
    #[must_use]
    pub fn over(transport: Arc<Transport>, reach: Reach, within: Duration) -> Sender {
        Sender { line: Line::Given(transport), reach, within }
    }

    /// Sends a body; returns the status when the endpoint has taken it.
    ///
    /// # Errors
    /// When it did not.
    pub async fn send(&self, uri: &Uri, headers: HeaderMap, body: Bytes) -> Result<StatusCode, EndpointError> {
        self.reach.check(uri)?;
        let mut request = Request::new(body);
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (Method::POST, uri.clone(), headers);
        request.headers_mut().insert(header::USER_AGENT, USER_AGENT);
        let client = match &self.line {
            Line::Network(client) => client,
            Line::Given(transport) => return transport(request),
        };
        let exchange = async {
            let answer = client.request(request.map(Full::new)).await;
            let answer = answer.map_err(|error| EndpointError::Unreachable(causes(&error)))?;
            let (status, retry_after) = (answer.status(), retry_after(&answer));
            // To its end, or the connection can't be used again. Whether it breaks off does not matter: the status counts.
            let _ = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
            if status.is_success() { Ok(status) } else { Err(EndpointError::Refused { status, retry_after }) }
        };
        tokio::time::timeout(self.within, exchange).await.unwrap_or(Err(EndpointError::TimedOut(self.within)))
    }
}

/// Headers of a body of this kind.
#[must_use]
pub fn headers(media: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(media))])
}

/// Seconds; a date is not looked at.
fn retry_after(answer: &Response<Incoming>) -> Duration {
    let value = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = value.and_then(|value| value.trim().parse::<u64>().ok()).unwrap_or(0);
    Duration::from_secs(seconds.min(MAX_RETRY_AFTER_SECONDS))
}
