//! Whom this process trusts when it calls: the system's authorities, and those of a file of the operator's own.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::TlsError;
use crate::certificate::certificates_of;

/// The operator's own authorities: a matter of the process, like the system's.
static OWN: RwLock<Vec<CertificateDer<'static>>> = RwLock::new(Vec::new());

/// Has every client that is made from now on trust these authorities, too.
///
/// # Errors
/// When the file can't be read, or holds something that is not an authority.
pub fn trust(authorities: &Path) -> Result<(), TlsError> {
    let found = certificates_of(authorities)?;
    let mut roots = RootCertStore::empty();
    for certificate in &found {
        roots
            .add(certificate.clone())
            .map_err(|error| TlsError::Unusable(authorities.to_owned(), error.to_string()))?;
    }
    *OWN.write().unwrap_or_else(PoisonError::into_inner) = found;
    Ok(())
}

/// How a client checks whom it speaks to. Without any authority it trusts nobody, and can still call what needs none.
#[must_use]
pub fn client_config() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    // One that can't be read is no reason to trust none.
    let (mut trusted, _) = roots.add_parsable_certificates(system.certs);
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner).clone();
    trusted += roots.add_parsable_certificates(own).0;
    if trusted == 0 {
        tracing::warn!("no certificates of authorities on this machine; no https address can be called");
    }
    builder().with_root_certificates(roots).with_no_client_auth()
}

/// A client that takes whatever certificate it is shown: for a look at this machine by an address that no certificate names.
#[must_use]
pub fn any_server() -> ClientConfig {
    let provider = ring::default_provider();
    builder().dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth()
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    // The first one stays; that is ours, or what the embedding program chose.
    let _ = ring::default_provider().install_default();
    ClientConfig::builder()
}

/// Checks that the server has the key of its certificate, and nothing else.
#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
