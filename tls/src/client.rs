//! Whom this process trusts when it calls: the system's authorities, and those of a file of the operator's own.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::TlsError;
use crate::certificate::certificates_of;

/// Whom clients of this process trust at the moment. `None`: nobody has asked yet.
static TRUSTED: RwLock<Option<Trusted>> = RwLock::new(None);

/// How a certificate is checked; nobody's, where there is no authority at all.
type Trusted = Option<Arc<WebPkiServerVerifier>>;

/// Has the clients of this process trust these authorities, too, from the next handshake on, and no others of before; none: the
/// system's alone.
///
/// # Errors
/// When the file can't be read, or holds something that is not an authority. Then whom they trust stays as it is.
pub fn trust(authorities: Option<&Path>) -> Result<(), TlsError> {
    let own = authorities.map(authorities_of).transpose()?.unwrap_or_default();
    *TRUSTED.write().unwrap_or_else(PoisonError::into_inner) = Some(verifier(own));
    Ok(())
}

fn authorities_of(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = certificates_of(path)?;
    let mut roots = RootCertStore::empty();
    for (index, certificate) in found.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|_| {
            let which = index + 1;
            let why = format!(
                "certificate {which} of {} in it is damaged, or of a form that nobody can check with. Put the certificates of \
                 authorities there, as PEM, one after the other",
                found.len()
            );
            TlsError::Unusable(path.to_owned(), why)
        })?;
    }
    Ok(found)
}

/// The system's authorities and our own.
fn verifier(own: Vec<CertificateDer<'static>>) -> Trusted {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    // One that can't be read is no reason to trust none.
    roots.add_parsable_certificates(system.certs.into_iter().chain(own));
    let provider = Arc::new(ring::default_provider());
    match WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build() {
        Ok(verifier) => Some(verifier),
        Err(error) => {
            tracing::warn!(
                %error,
                "there are no certificates of authorities on this machine: no https address can be called. Install the system's \
                 (ca-certificates), or name a file of your own in LGDL_TLS_AUTHORITIES"
            );
            None
        }
    }
}

fn trusted() -> Trusted {
    if let Some(trusted) = &*TRUSTED.read().unwrap_or_else(PoisonError::into_inner) {
        return trusted.clone();
    }
    TRUSTED.write().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| verifier(Vec::new())).clone()
}

/// How a client checks whom it speaks to: by whom the process trusts when they shake hands ([`trust`]). Without any authority it
/// trusts nobody, and can still call what needs none.
#[must_use]
pub fn client_config() -> ClientConfig {
    // Looked for now, not while somebody waits for a handshake.
    let _ = trusted();
    checking(Wanted::Authority)
}

/// A client that takes whatever certificate it is shown: for a look at this machine by an address that no certificate names.
#[must_use]
pub fn any_server() -> ClientConfig {
    checking(Wanted::Nothing)
}

fn checking(wanted: Wanted) -> ClientConfig {
    let provider = ring::default_provider();
    // The first one stays; that is ours, or what the embedding program chose.
    let _ = provider.clone().install_default();
    let verifier = Arc::new(Verifier { wanted, algorithms: provider.signature_verification_algorithms });
    ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
}

/// What a certificate must have.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// An authority of the moment.
    Authority,
    /// Nothing.
    Nothing,
}

/// Checks that a server has the key of its certificate, and that the certificate has what is wanted.
#[derive(Debug)]
struct Verifier {
    wanted: Wanted,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match (self.wanted, trusted()) {
            (Wanted::Nothing, _) => Ok(ServerCertVerified::assertion()),
            (Wanted::Authority, Some(verifier)) => verifier.verify_server_cert(certificate, between, name, ocsp, now),
            (Wanted::Authority, None) => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
