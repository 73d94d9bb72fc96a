//! An authority of the test's own, and certificates for `localhost` that it issues.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

/// A year in which every certificate of a test holds that is to hold.
pub(crate) const FAR: i32 = 2200;
/// A year that is over.
pub(crate) const PAST: i32 = 2020;

/// An authority whose files lie in a folder.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    /// A new one, with its certificate in `authority.pem`.
    pub(crate) fn new(folder: &Path) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Of another name than what it issues: some take a certificate for self-signed that has its issuer's.
        params.distinguished_name.push(DnType::CommonName, "an authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.join("authority.pem"), issuer.pem()).unwrap();
        Authority { issuer, folder: folder.to_owned() }
    }

    /// Writes `tls.crt` and `tls.key`, which hold until the end of that year.
    pub(crate) fn issue(&self, last_year: i32) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(last_year, 12, 31));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(self.file("tls.crt"), certificate.pem()).unwrap();
        std::fs::write(self.file("tls.key"), key.serialize_pem()).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The settings that name the files.
    pub(crate) fn settings(&self) -> [(&'static str, String); 3] {
        let file = |name: &str| self.file(name).to_str().unwrap().to_owned();
        [
            ("LGDL_TLS_CERTIFICATE", file("tls.crt")),
            ("LGDL_TLS_KEY", file("tls.key")),
            ("LGDL_TLS_AUTHORITIES", file("authority.pem")),
        ]
    }
}
