//! A server's side: handshakes with the certificate that its files hold now.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::certificate::{Held, read};
use crate::{Files, Seconds, TlsError};

/// How often a server looks whether its files have changed.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Time for a client to shake hands.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// What is read of a request that comes without TLS, bytes: so much that its sender sees the answer.
const PLAIN_BYTES: usize = 16 * 1024;
/// The first byte of whoever speaks TLS: the type of a record with a handshake (RFC 8446, 5.1).
const HANDSHAKE_RECORD: u8 = 22;
/// Protocols that are offered (RFC 7301), the better one first.
const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// The code of a request without TLS at a port that speaks nothing else.
const NO_TLS: &str = "E564";

/// A connection after its handshake.
pub type ServerStream = tokio_rustls::server::TlsStream<TcpStream>;

/// What a client wants to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, also where the client does not say.
    Http1,
    /// HTTP/2.
    Http2,
}

/// What came of a look at the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// They are as they were.
    Unchanged,
    /// They hold another certificate, which is shown from now on.
    Taken,
}

/// A server's TLS. Connections go on with the certificate that they began with.
#[derive(Debug)]
pub struct ServerTls {
    files: Files,
    shown: Arc<Shown>,
    /// What is wrong with the files now.
    complaint: Mutex<Option<String>>,
    acceptor: Acceptor,
}

/// Its `Debug` says nothing.
struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

/// The certificate that is shown.
#[derive(Debug)]
struct Shown(RwLock<Held>);

impl Shown {
    fn held(&self) -> Held {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.held().key)
    }
}

impl ServerTls {
    /// With what the files hold now.
    ///
    /// # Errors
    /// When they can't be used, do not belong together, or hold at another time.
    pub fn open(files: Files, now: Seconds) -> Result<ServerTls, TlsError> {
        let unusable = |why: String| TlsError::Unusable(files.certificate.clone(), why);
        let held = read(&files, None, now)?.ok_or_else(|| unusable("it is not there".into()))?;
        let shown = Arc::new(Shown(RwLock::new(held)));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?;
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::clone(&shown) as Arc<_>);
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        let acceptor = Acceptor(TlsAcceptor::from(Arc::new(config)));
        Ok(ServerTls { files, shown, complaint: Mutex::default(), acceptor })
    }

    /// When the certificate that is shown ends.
    #[must_use]
    pub fn ends_at(&self) -> Seconds {
        self.shown.held().ends_at
    }

    /// Looks at the files, and shows what they hold now from the next handshake on.
    ///
    /// # Errors
    /// When they can't be used; then what was shown goes on being shown.
    pub fn renew(&self, now: Seconds) -> Result<Renewal, TlsError> {
        let mark = self.shown.held().mark;
        let Some(held) = read(&self.files, Some(mark), now)? else { return Ok(Renewal::Unchanged) };
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(Renewal::Taken)
    }

    /// Why the files can't be used as they are now, if they can't: what they held before is shown on.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.complaint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As [`ServerTls::renew`], and tells in the log what came of it: a fault once, however often it is looked at.
    pub fn renew_and_tell(&self, now: Seconds) {
        let renewed = self.renew(now);
        let mut complaint = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        match renewed {
            Ok(Renewal::Unchanged) => *complaint = None,
            Ok(Renewal::Taken) => {
                *complaint = None;
                tracing::info!(ends_at = self.ends_at(), "another certificate is shown from now on");
            }
            Err(error) => {
                let what = error.to_string();
                if complaint.as_ref() != Some(&what) {
                    tracing::error!(%error, "the certificate of before is shown on");
                    *complaint = Some(what);
                }
            }
        }
    }

    /// Shakes hands; `None`: nobody is there to be served. Whoever speaks HTTP without TLS is told so.
    pub async fn accept(&self, stream: TcpStream) -> Option<(ServerStream, Protocol)> {
        let shaking = async {
            let mut first = [0];
            match stream.peek(&mut first).await {
                Ok(1..) if first[0] == HANDSHAKE_RECORD => self.acceptor.0.accept(stream).await.ok(),
                Ok(1..) if first[0].is_ascii_alphabetic() => {
                    refuse_plain(stream).await;
                    None
                }
                Ok(_) | Err(_) => None,
            }
        };
        let stream = tokio::time::timeout(HANDSHAKE_WITHIN, shaking).await.ok().flatten()?;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(HTTP_2) => Protocol::Http2,
            Some(_) | None => Protocol::Http1,
        };
        Some((stream, protocol))
    }
}

async fn refuse_plain(mut stream: TcpStream) {
    let mut request = vec![0; PLAIN_BYTES];
    let problem = format!(
        r#"{{"type":"/problems/{NO_TLS}","title":"This port speaks TLS","status":400,"detail":"Ask again with https.","code":"{NO_TLS}"}}"#
    );
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n\
         {problem}",
        problem.len()
    );
    // Whoever has gone away needs no answer.
    if stream.read(&mut request).await.is_ok() && stream.write_all(answer.as_bytes()).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}
