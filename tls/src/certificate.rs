//! A certificate and its key as their files hold them.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use rustls::InconsistentKeys;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::{Files, Seconds, TlsError};

/// The most that a file of certificates holds, bytes: as many as a system trusts, so that no device fills memory.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

// What is wrong with a file, and what to do.
const NO_CERTIFICATE: &str = "it holds no certificate as PEM, which begins with -----BEGIN CERTIFICATE-----. `openssl x509 -inform der` \
    makes one of another form";
const CUT: &str = "a part of it is cut off or altered. Put the whole file there, as it was issued: each part from its BEGIN to its END";
const DAMAGED: &str = "its first certificate can't be read. The certificate of this machine comes first, those between it and its \
    authority after it, as they were issued";
const NO_KEY: &str = "it holds no private key as PEM, or one with a passphrase, which nobody is here to give. `openssl pkey` takes it off";
const OTHER_KIND: &str = "its key is of no kind that is served here. Make one of ECDSA (P-256, P-384), Ed25519, or RSA with 2048 bits or more";

/// A certificate that can be shown, and until when.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) key: Arc<CertifiedKey>,
    pub(crate) ends_at: Seconds,
    /// Tells whether the files have changed since.
    pub(crate) mark: u64,
}

/// What the files hold, unless it is what they held at `mark`.
pub(crate) fn read(files: &Files, mark: Option<u64>, now: Seconds) -> Result<Option<Held>, TlsError> {
    let (certificate, key) = (contents(&files.certificate)?, contents(&files.key)?);
    let mut hasher = DefaultHasher::new();
    (&certificate, &key).hash(&mut hasher);
    let found = hasher.finish();
    if mark == Some(found) {
        return Ok(None);
    }
    let chain = certificates(&files.certificate, &certificate)?;
    let unusable = |path: &Path, why: String| TlsError::Unusable(path.to_owned(), why);
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| unusable(&files.key, NO_KEY.into()))?;
    let key = ring::sign::any_supported_type(&key).map_err(|_| unusable(&files.key, OTHER_KIND.into()))?;
    let ends_at = check_time(&files.certificate, &chain[0], now)?;
    let held = CertifiedKey::new(chain, key);
    match held.keys_match() {
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            return Err(TlsError::OtherKey(files.clone()));
        }
        // A kind of key that does not say what its public half is.
        Ok(()) | Err(rustls::Error::InconsistentKeys(_)) => {}
        Err(_) => return Err(unusable(&files.certificate, DAMAGED.into())),
    }
    Ok(Some(Held { key: Arc::new(held), ends_at, mark: found }))
}

/// The certificates that a PEM file holds: one at least.
pub(crate) fn certificates_of(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    certificates(path, &contents(path)?)
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unusable = |why: String| TlsError::Unusable(path.to_owned(), why);
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|_| unusable(CUT.into()))?;
    if found.is_empty() { Err(unusable(NO_CERTIFICATE.into())) } else { Ok(found) }
}

fn contents(path: &Path) -> Result<Vec<u8>, TlsError> {
    let mut held = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut held));
    read.map_err(|error| TlsError::File(path.to_owned(), error))?;
    Ok(held)
}

/// When a certificate ends; refuses one that is over, or that has not begun.
fn check_time(path: &Path, certificate: &CertificateDer<'_>, now: Seconds) -> Result<Seconds, TlsError> {
    let parsed = Certificate::from_der(certificate).map_err(|_| TlsError::Unusable(path.to_owned(), DAMAGED.into()))?;
    let validity = parsed.tbs_certificate.validity;
    let seconds =
        |time: x509_cert::time::Time| Seconds::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    let (from, to) = (seconds(validity.not_before), seconds(validity.not_after));
    let not_now = |what: String| Err(TlsError::NotNow(path.to_owned(), what));
    if to < now {
        return not_now(format!("ended on {}: renew it", shown(to)));
    }
    if from > now {
        return not_now(format!(
            "does not hold before {}: wait, or look whether this machine's clock is right",
            shown(from)
        ));
    }
    Ok(to)
}

fn shown(at: Seconds) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}
