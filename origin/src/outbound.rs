//! Calls that the origin and its commands make over HTTP: clients that call what is within reach and nothing else, and a bounded GET.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Body;
use hyper_rustls::builderstates::WantsSchemes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use lgdl::networks::{is_private, is_private_host};
use lgdl_tls::{any_server, client_config};
use rustls::CertificateError;
use tower::util::BoxCloneSyncService;

/// How a call names itself.
pub const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("lgdl/", env!("CARGO_PKG_VERSION")));
/// How much of an answer to [`get`] is read.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Where addresses may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On the internet, over TLS.
    Internet,
    /// Also on this machine and in private networks, and without TLS.
    Private,
}

/// An address that must not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address is of this machine or of a private network, or without TLS")]
pub struct NotAllowed;

impl Reach {
    /// Refuses an address that lies elsewhere. What its name turns out to stand for is looked at when it is called.
    ///
    /// # Errors
    /// When it does.
    pub fn check(self, uri: &Uri) -> Result<(), NotAllowed> {
        let internet = || uri.scheme_str() == Some("https") && !is_private_host(uri.host().unwrap_or_default());
        if self == Reach::Private || internet() { Ok(()) } else { Err(NotAllowed) }
    }
}

type Resolver = BoxCloneSyncService<Name, std::vec::IntoIter<SocketAddr>, std::io::Error>;

/// What makes calls.
pub type HttpClient<B> = Client<HttpsConnector<HttpConnector<Resolver>>, B>;

/// A client for http and https; certificates are checked against the authorities that the process trusts, and names, where they must be of the
/// internet, are looked at again at the moment of connecting. It follows no redirect.
#[must_use]
pub fn client<B>(reach: Reach) -> HttpClient<B>
where
    B: Body + Send,
    B::Data: Send,
{
    let resolver = tower::service_fn(move |name: Name| async move {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
        if reach == Reach::Internet && found.iter().any(|address| is_private(address.ip())) {
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "the name has a private address"));
        }
        Ok(found.into_iter())
    });
    let mut connector = HttpConnector::new_with_resolver(Resolver::new(resolver));
    connector.enforce_http(false);
    Client::builder(TokioExecutor::new()).build(tls().https_or_http().enable_http1().wrap_connector(connector))
}

/// Connects to whatever address an operator has set.
#[must_use]
pub fn connector() -> HttpsConnector<HttpConnector> {
    tls().https_or_http().enable_http1().build()
}

fn tls() -> HttpsConnectorBuilder<WantsSchemes> {
    HttpsConnectorBuilder::new().with_tls_config(client_config())
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

/// Whether the other side has to show who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By a certificate of an authority that is trusted.
    Needed,
    /// Not at all: for a look at this machine by an address that no certificate names.
    Waived,
}

/// Asks an address, follows no redirect, and reads a bounded answer.
///
/// # Errors
/// With why there is no whole answer.
pub async fn get(uri: &Uri, within: Duration, proof: Proof) -> Result<Answer, String> {
    let builder = match proof {
        Proof::Needed => tls(),
        Proof::Waived => HttpsConnectorBuilder::new().with_tls_config(any_server()),
    };
    let connector = builder.https_or_http().enable_http1().build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
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

/// An error with what caused it. What the other side's certificate holds is not shown: its names may be nobody's business.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(refused) = certificate_error(error) {
        return certificate_fault(refused).to_owned();
    }
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}

/// What stands against a certificate, where that is what an error is about; it may lie in errors of reading and writing.
fn certificate_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e CertificateError> {
    match error.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(why)) => Some(why),
        Some(_) => None,
        None => certificate_error(error.downcast_ref::<std::io::Error>()?.get_ref()?),
    }
}

fn certificate_fault(why: &CertificateError) -> &'static str {
    use CertificateError as Why;
    match why {
        Why::Expired | Why::ExpiredContext { .. } => "its certificate has ended",
        Why::NotValidYet | Why::NotValidYetContext { .. } => "its certificate is not valid yet",
        Why::NotValidForName | Why::NotValidForNameContext { .. } => "its certificate is for another name",
        Why::UnknownIssuer => "its certificate is of no authority that is trusted",
        Why::Revoked => "its certificate was revoked",
        _ => "its certificate is not good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_sides_certificate_holds_is_not_shown() {
        let within = |error: rustls::Error| std::io::Error::other(std::io::Error::other(error));
        let expected = rustls::pki_types::ServerName::try_from("hooks.example.com").unwrap();
        let why = CertificateError::NotValidForNameContext { expected, presented: vec!["internal.example.net".into()] };
        assert_eq!(causes(&within(rustls::Error::InvalidCertificate(why))), "its certificate is for another name");
        let another = rustls::Error::General("the line is noisy".into());
        assert!(causes(&within(another)).contains("the line is noisy"));
    }
}
