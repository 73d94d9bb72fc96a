//! TLS as servers of ours speak it ([`ServerTls`]: a certificate and its key from PEM files, taken anew when they change), and whom
//! their calls trust ([`trust`], [`client_config`]).

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod certificate;
mod client;
mod server;

use std::io;
use std::path::PathBuf;

pub use client::{any_server, client_config, trust};
pub use server::{LOOK_EVERY, Protocol, Renewal, ServerStream, ServerTls};

/// Names and helps of what servers tell of their certificate.
pub mod metrics {
    /// When it ends, seconds since 1970.
    pub const CERTIFICATE_ENDS: (&str, &str) =
        ("lgdl_tls_certificate_expiry_timestamp_seconds", "When the certificate that the ports show ends");
    /// 1 where its files can't be used.
    pub const CERTIFICATE_FAULT: (&str, &str) = (
        "lgdl_tls_certificate_fault",
        "1 where the files of the certificate can't be used, and that of before is shown",
    );
}

/// Seconds since 1970.
pub type Seconds = i64;

/// Where a certificate and its key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate, with those between it and its authority after it, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// Why a file can't be used for TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It can't be read.
    #[error(
        "E560 {0} can't be read: {1}. Look at its path in the settings, and whether this program's user may read it"
    )]
    File(PathBuf, io::Error),
    /// It does not hold what it should.
    #[error("E561 {0} can't be used for TLS: {1}")]
    Unusable(PathBuf, String),
    /// Key and certificate are of two pairs.
    #[error(
        "E562 the key in {} is not that of the certificate in {}. Put both there of the same renewal",
        .0.key.display(),
        .0.certificate.display()
    )]
    OtherKey(Files),
    /// It holds at another time.
    #[error("E563 the certificate in {0} {1}")]
    NotNow(PathBuf, String),
}
