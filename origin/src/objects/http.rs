//! Calls of object stores, over the client that everything else is called with: so whom they trust is one matter, and TLS is rustls.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::USER_AGENT;
use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use lgdl::settings::{Form as _, Switch};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::{ClientConfigKey, ClientOptions, Error};

use super::Provider;
use crate::outbound::{self, Reach, causes, client};

/// How long a request may take until the head of its answer is there: a part of a backup is on its way as long.
pub(super) const REQUEST_WITHIN: Duration = Duration::from_secs(60);

/// Makes clients for stores of that provider.
#[derive(Debug)]
pub(super) struct Connector(pub(super) Provider);

/// Why a call came to nothing, in words that name nobody's credentials.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(String);

#[derive(Debug)]
struct Calls {
    client: outbound::HttpClient<BoxBody<Bytes, HttpError>>,
    in_clear: InClear,
}

#[derive(Debug, Clone, Copy)]
enum InClear {
    Allowed,
    /// By default; the variable allows it.
    Refused(Provider),
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allowed = options.get_config_value(&ClientConfigKey::AllowHttp);
        let allowed = allowed.map_or(Ok(false), |value| Switch.read(&value)).map_err(|why| {
            let why = format!("{}ALLOW_HTTP {why}", self.0.variables());
            Error::Generic { store: "lgdl", source: Box::new(Refusal(why)) }
        })?;
        let in_clear = if allowed { InClear::Allowed } else { InClear::Refused(self.0) };
        // An operator has named the address; it may well be in a private network.
        Ok(HttpClient::new(Calls { client: client(Reach::Private), in_clear }))
    }
}

#[async_trait]
impl HttpService for Calls {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let (InClear::Refused(provider), Some("http")) = (self.in_clear, request.uri().scheme_str()) {
            let why = format!("the address is without TLS; {}ALLOW_HTTP=true allows it", provider.variables());
            return Err(HttpError::new(HttpErrorKind::Unknown, Refusal(why)));
        }
        let mut request = request.map(|body: HttpRequestBody| body.boxed());
        request.headers_mut().entry(USER_AGENT).or_insert(outbound::USER_AGENT);
        match tokio::time::timeout(REQUEST_WITHIN, self.client.request(request)).await {
            Ok(Ok(answer)) => Ok(answer.map(|body| HttpResponseBody::new(body.map_err(broken)))),
            Ok(Err(error)) if error.is_connect() => {
                Err(HttpError::new(HttpErrorKind::Connect, Refusal(causes(&error))))
            }
            Ok(Err(error)) => Err(HttpError::new(HttpErrorKind::Interrupted, Refusal(causes(&error)))),
            Err(_) => Err(HttpError::new(HttpErrorKind::Timeout, Refusal(late()))),
        }
    }
}

fn late() -> String {
    format!("it did not answer within {} s", REQUEST_WITHIN.as_secs())
}

/// An answer that ended before its end.
fn broken(error: <Incoming as hyper::body::Body>::Error) -> HttpError {
    HttpError::new(HttpErrorKind::Interrupted, Refusal(causes(&error)))
}
