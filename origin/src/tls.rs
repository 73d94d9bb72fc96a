//! TLS of what this program serves and calls: which files the settings name, and how they are looked after.

use std::path::PathBuf;
use std::sync::Arc;

use lgdl_tls::{Files, ServerTls, TlsError};

use crate::clock::Clock;
use crate::config::Config;

/// The files of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Of what this program serves.
    pub server: Option<Files>,
    /// Whom its calls trust beside the system's authorities.
    pub authorities: Option<PathBuf>,
}

impl Tls {
    /// Those that the settings name.
    #[must_use]
    pub fn of(config: &Config) -> Tls {
        let files = config.tls_certificate.clone().zip(config.tls_key.clone());
        let server = files.map(|(certificate, key)| Files { certificate, key });
        Tls { server, authorities: config.tls_authorities.clone() }
    }
}

/// Has what this program calls trust the operator's own authorities, too, where the settings name any.
///
/// # Errors
/// When their file can't be used.
pub fn trust(tls: &Tls) -> Result<(), TlsError> {
    tls.authorities.as_deref().map_or(Ok(()), |path| lgdl_tls::trust(Some(path)))
}

/// As [`trust`], while the program runs: whom the settings do not name any more is not trusted any more.
///
/// # Errors
/// When their file can't be used; then it stays as it is.
pub fn trust_anew(tls: &Tls) -> Result<(), TlsError> {
    lgdl_tls::trust(tls.authorities.as_deref())
}

/// The certificate of what this program serves, if the settings name one.
///
/// # Errors
/// When it can't be used, or holds at another time.
pub fn server_tls(tls: Tls, clock: &dyn Clock) -> Result<Option<Arc<ServerTls>>, TlsError> {
    tls.server.map(|files| ServerTls::open(files, clock.now_ms() / 1000).map(Arc::new)).transpose()
}

/// Shows what the files of the certificate hold whenever they change, for as long as the program runs.
pub async fn keep_tls(tls: Arc<ServerTls>, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(lgdl_tls::LOOK_EVERY).await;
        tls.renew_and_tell(clock.now_ms() / 1000);
    }
}
