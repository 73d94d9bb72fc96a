//! Reading the document of public keys: a file, or one GET within a time limit and a size.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use tokio::io::AsyncReadExt as _;

use super::{KeySource, NotKeys};
use crate::outbound::{HttpClient, NotAllowed, Reach, USER_AGENT, client};

/// The longest document, bytes.
pub(super) const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// Time for reading it, from the connection to its end.
const WITHIN: Duration = Duration::from_secs(5);

/// Why there are no keys. Nothing of an answer is quoted: it may hold anything.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error("the file can't be read: {0}")]
    File(std::io::Error),
    #[error("{0}; LGDL_JWT_KEYS_PRIVATE allows that")]
    Private(#[from] NotAllowed),
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

pub(super) struct Document {
    source: KeySource,
    reach: Reach,
    client: HttpClient<Empty<Bytes>>,
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
        self.reach.check(address)?;
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = address.clone();
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, header::HeaderValue::from_static("application/jwk-set+json, application/json"));
        headers.insert(header::USER_AGENT, USER_AGENT);
        let answer = self.client.request(request).await.map_err(|_| DocumentError::Unreachable)?;
        if answer.status() != StatusCode::OK {
            return Err(DocumentError::Status(answer.status()));
        }
        let body = Limited::new(answer.into_body(), MAX_DOCUMENT_BYTES).collect().await;
        Ok(body.map_err(|_| DocumentError::TooLong)?.to_bytes().to_vec())
    }
}
