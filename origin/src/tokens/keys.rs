//! Public keys as a JSON Web Key Set names them (RFC 7517, RFC 8037), and what they verify (RFC 7515, RFC 7518). Each key is
//! for one algorithm, whatever a token says; a shared secret is never one of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

/// Keys of one document at most.
pub(super) const MAX_KEYS: usize = 64;
/// The smallest and the largest modulus of an RSA key, bytes: weaker ones prove nothing, larger ones cost too much.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

/// How a token may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// By its name in a token's head.
    #[must_use]
    pub fn named(name: &str) -> Option<Algorithm> {
        match name {
            "RS256" => Some(Algorithm::Rs256),
            "ES256" => Some(Algorithm::Es256),
            "EdDSA" => Some(Algorithm::EdDsa),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
        }
    }
}

/// A document that names no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKeys {
    /// Not of that form.
    #[error("it is no JSON Web Key Set")]
    Form,
    /// Too long.
    #[error("it has more than {MAX_KEYS} keys")]
    TooMany,
    /// None that can be used.
    #[error("it has no key that verifies RS256 (2,048 to 4,096 bits), ES256 or EdDSA (Ed25519)")]
    NoneUsable,
}

/// What came of looking for the key of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// One of the keys verifies it.
    Good,
    /// The key does not.
    Bad,
    /// There is no key of that name, or of that kind.
    NoSuchKey,
}

/// The keys of a document that can be used here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point, not compressed.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl KeySet {
    /// Reads a document. Keys for other things (encryption, other algorithms, secrets) are passed over.
    ///
    /// # Errors
    /// When there is nothing to verify with.
    pub fn parse(text: &[u8]) -> Result<KeySet, NotKeys> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document = serde_json::from_slice(text).map_err(|_| NotKeys::Form)?;
        if document.keys.len() > MAX_KEYS {
            return Err(NotKeys::TooMany);
        }
        let keys: Vec<Key> = document.keys.iter().filter_map(Key::read).collect();
        if keys.is_empty() { Err(NotKeys::NoneUsable) } else { Ok(KeySet { keys }) }
    }

    /// Whether the key of that name, or any of that kind where none is named, verifies a signature.
    #[must_use]
    pub fn verify(&self, algorithm: Algorithm, id: Option<&str>, signed: &[u8], signature: &[u8]) -> Match {
        let fits = |key: &&Key| key.material.algorithm() == algorithm && (id.is_none() || key.id.as_deref() == id);
        let mut fitting = self.keys.iter().filter(fits).peekable();
        if fitting.peek().is_none() {
            return Match::NoSuchKey;
        }
        if fitting.any(|key| key.material.verifies(signed, signature)) { Match::Good } else { Match::Bad }
    }
}

impl Key {
    fn read(value: &Value) -> Option<Key> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let without_zeros =
                    |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
                let (modulus, exponent) = (without_zeros(bytes("n")?), without_zeros(bytes("e")?));
                RSA_MODULUS_BYTES.contains(&modulus.len()).then_some(Material::Rsa { modulus, exponent })?
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                (x.len() == 32 && y.len() == 32).then(|| Material::P256([&[4], &x[..], &y[..]].concat()))?
            }
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x")?;
                (x.len() == 32).then_some(Material::Ed25519(x))?
            }
            _ => return None,
        };
        let for_signatures = value.get("use").is_none_or(|of| of == "sig");
        let verifies = match value.get("key_ops") {
            None => true,
            Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "verify"),
            Some(_) => false,
        };
        let named = value.get("alg").is_none_or(|name| name == material.algorithm().name());
        let id = match value.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return None,
        };
        (for_signatures && verifies && named).then_some(Key { id, material })
    }
}

impl Material {
    fn algorithm(&self) -> Algorithm {
        match self {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Material::Rsa { modulus, exponent } => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            Material::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(signed, signature).is_ok(),
        }
    }
}
