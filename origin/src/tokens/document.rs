//! Reading the document of public keys: a file, or one GET within a time limit and a size.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use lgdl::networks::{is_private, is_private_host};
use tokio::io::AsyncReadExt as _;
use tower::util::BoxCloneSyncService;

use super::{KeySource, NotKeys, Reach};

/// The longest document, bytes.
pub(super) const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// Time for reading it, from the connection to its end.
const WITHIN: Duration = Duration::from_secs(5);

/// Why there are no keys. Nothing of an answer is quoted: it may hold anything.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error("the file can't be read: {0}")]
    File(std::io::Error),
    #[error(
        "the address is of this machine or of a private network, or without TLS; LGDL_JWT_KEYS_PRIVATE allows that"
    )]
    Private,
    #[error("the address can't be reached")]
    Unreachable,
    #[error("the address did not answer within {} s", WITHIN.as_secs())]
    TimedOut,
    #[error("the address answered {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("the document breaks off, or is longer than {MAX_DOCUMENT_BYTES} bytes")]
    TooLong,
    #[error(transparent)]
    NotKeys(#[from] NotKeys),
}

type Resolver = BoxCloneSyncService<Name, std::vec::IntoIter<SocketAddr>, std::io::Error>;
type HttpClient = Client<HttpsConnector<HttpConnector<Resolver>>, Empty<Bytes>>;

pub(super) struct Document {
    source: KeySource,
    reach: Reach,
    client: HttpClient,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("source", &self.source).field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Document {
    pub(super) fn new(source: KeySource, reach: Reach) -> Document {
        Document { source, reach, client: client(reach) }
    }

    pub(super) async fn read(&self) -> Result<Vec<u8>, DocumentError> {
        let reading = async {
            match &self.source {
                KeySource::File(path) => {
                    let file = tokio::fs::File::open(path).await.map_err(DocumentError::File)?;
                    let mut text = Vec::new();
                    let limit = MAX_DOCUMENT_BYTES as u64 + 1;
                    file.take(limit).read_to_end(&mut text).await.map_err(DocumentError::File)?;
                    if text.len() > MAX_DOCUMENT_BYTES { Err(DocumentError::TooLong) } else { Ok(text) }
                }
                KeySource::Address(address) => self.fetch(address).await,
            }
        };
        tokio::time::timeout(WITHIN, reading).await.unwrap_or(Err(DocumentError::TimedOut))
    }

    async fn fetch(&self, address: &Uri) -> Result<Vec<u8>, DocumentError> {
        let host = address.host().unwrap_or_default();
        if self.reach == Reach::Internet && (address.scheme_str() != Some("https") || is_private_host(host)) {
            return Err(DocumentError::Private);
        }
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = address.clone();
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/jwk-set+json, application/json"));
        headers
            .insert(header::USER_AGENT, header::HeaderValue::from_static(concat!("lgdl/", env!("CARGO_PKG_VERSION"))));
        let answer = self.client.request(request).await.map_err(|_| DocumentError::Unreachable)?;
        if answer.status() != StatusCode::OK {
            return Err(DocumentError::Status(answer.status()));
        }
        let body = Limited::new(answer.into_body(), MAX_DOCUMENT_BYTES).collect().await;
        Ok(body.map_err(|_| DocumentError::TooLong)?.to_bytes().to_vec())
    }
}

/// A client whose names, where they must be of the internet, are looked at again at the moment of connecting.
fn client(reach: Reach) -> HttpClient {
    // The first one stays; that is ours, or what the embedding program chose.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let resolver = tower::service_fn(move |name: Name| async move {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
        if reach == Reach::Internet && found.iter().any(|address| is_private(address.ip())) {
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "the name has a private address"));
        }
        Ok(found.into_iter())
    });
    let mut connector = HttpConnector::new_with_resolver(Resolver::new(resolver));
    connector.enforce_http(false);
    let tls = match HttpsConnectorBuilder::new().with_native_roots() {
        Ok(builder) => builder,
        Err(error) => {
            tracing::warn!(%error, "no certificates of authorities on this machine; no https address can be called");
            let nobody = rustls::RootCertStore::empty();
            let config = rustls::ClientConfig::builder().with_root_certificates(nobody).with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(config)
        }
    };
    Client::builder(TokioExecutor::new()).build(tls.https_or_http().enable_http1().wrap_connector(connector))
}
