//! Calls that the origin and its commands make over HTTP: one connector for http and https, and a bounded GET.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// How a call names itself.
pub const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("lgdl/", env!("CARGO_PKG_VERSION")));
/// How much of an answer to [`get`] is read.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Connects to http and https addresses; certificates are checked against the system's authorities.
pub fn connector() -> HttpsConnector<HttpConnector> {
    // The first one stays; that is ours, or what the embedding program chose.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = match HttpsConnectorBuilder::new().with_native_roots() {
        Ok(builder) => builder,
        Err(error) => {
            tracing::warn!(%error, "no certificates of authorities on this machine; no https address can be called");
            let nobody = rustls::RootCertStore::empty();
            let config = rustls::ClientConfig::builder().with_root_certificates(nobody).with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(config)
        }
    };
    builder.https_or_http().enable_http1().build()
}

/// An answer to [`get`].
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as far as it is text.
    pub body: String,
}

/// Asks an address, follows no redirect, and reads a bounded answer.
///
/// # Errors
/// With why there is no whole answer.
pub async fn get(uri: &Uri, within: Duration) -> Result<Answer, String> {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector());
    let request = Request::get(uri).header(header::USER_AGENT, USER_AGENT).body(Empty::new());
    let request = request.map_err(|error| error.to_string())?;
    let exchange = async {
        let (head, body) = client.request(request).await.map_err(|error| causes(&error))?.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(|error| error.to_string())?;
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Ok(Answer { status: head.status, headers: head.headers, body })
    };
    let late = || format!("it did not answer within {} s", within.as_secs_f64());
    tokio::time::timeout(within, exchange).await.map_err(|_| late())?
}

/// An error with what caused it.
pub fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}
