//! The endpoint's side of the wire: one POST a batch, within a time limit, over TLS where the address says so.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::config::Secret;
use crate::outbound::{USER_AGENT, causes, connector};

/// Media type of a batch: one JSON document a line.
const JSON_LINES: &str = "application/x-ndjson";
/// Time for a batch, from the connection to the end of the answer.
const WITHIN: Duration = Duration::from_secs(15);
/// How much of an answer is read, so that the connection can be used again; nothing of it is kept.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The longest time that an endpoint may ask us to wait.
const MAX_RETRY_AFTER_SECONDS: u64 = 300;

/// Why the endpoint did not take a batch. Nothing of its answer is quoted: it may hold anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No connection, or it broke.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// No whole answer in time.
    #[error("it did not answer within {} s", WITHIN.as_secs())]
    TimedOut,
    /// It answered, but not with success. Redirects are not followed: a credential is for one address.
    #[error("it answered {status}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// How long it asks us to wait.
        retry_after: Duration,
    },
}

pub(super) struct Endpoint {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Endpoint {
    pub(super) fn new(uri: Uri, authorization: Option<&Secret>) -> Endpoint {
        let mut authorization = authorization.and_then(|secret| HeaderValue::from_str(secret.expose()).ok());
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Endpoint { client: Client::builder(TokioExecutor::new()).build(connector()), uri, authorization }
    }

    /// Sends a batch; returns when the endpoint has taken it.
    pub(super) async fn send(&self, body: Vec<u8>) -> Result<(), EndpointError> {
        let unreachable = |error: String| EndpointError::Unreachable(error);
        let mut request = Request::new(Full::new(Bytes::from(body)));
        (*request.method_mut(), *request.uri_mut()) = (Method::POST, self.uri.clone());
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON_LINES));
        headers.insert(header::USER_AGENT, USER_AGENT);
        if let Some(authorization) = &self.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| unreachable(causes(&error)))?;
            let (status, retry_after) = (answer.status(), retry_after(&answer));
            // To its end, or the connection can't be used again. Whether it breaks off does not matter: the status counts.
            let _ = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
            if status.is_success() { Ok(()) } else { Err(EndpointError::Refused { status, retry_after }) }
        };
        tokio::time::timeout(WITHIN, exchange).await.unwrap_or(Err(EndpointError::TimedOut))
    }
}

/// Seconds; a date is not looked at.
fn retry_after(answer: &Response<Incoming>) -> Duration {
    let value = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = value.and_then(|value| value.trim().parse::<u64>().ok()).unwrap_or(0);
    Duration::from_secs(seconds.min(MAX_RETRY_AFTER_SECONDS))
}
