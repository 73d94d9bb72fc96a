//! Tokens: personal data replaced by stable names, with the values sealed in a vault.

use std::collections::BTreeMap;
use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::detect::detect;
use crate::crypto::{CryptoError, DataKey, Place, Salt, open, seal};

/// Sealed values by token. The same value under the same key has the same token, so tokenized texts can be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenVault {
    values: BTreeMap<String, Vec<u8>>,
}

impl TokenVault {
    /// How many values it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Replaces personal data by tokens (`[email:1f0c…]`) and seals the values into `vault`.
///
/// # Errors
/// [`CryptoError::TooLong`].
pub fn tokenize(
    text: &str,
    key: &DataKey,
    vault: &mut TokenVault,
    salt: &mut dyn FnMut() -> Salt,
) -> Result<String, CryptoError> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for finding in detect(text) {
        let value = &text[finding.start..finding.end];
        let token = token(key, finding.kind.name(), value);
        if !vault.values.contains_key(&token) {
            let sealed = seal(&key.key, &key.id, &place(&token), value.as_bytes(), &salt())?;
            vault.values.insert(token.clone(), sealed);
        }
        out.push_str(&text[at..finding.start]);
        out.push_str(&token);
        at = finding.end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// Puts the values back. Tokens that the vault does not hold stay as they are.
///
/// # Errors
/// When a value of the vault does not open under `key`.
pub fn detokenize(text: &str, key: &DataKey, vault: &TokenVault) -> Result<String, CryptoError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(']').map_or(rest.len(), |end| end + 1);
        match vault.values.get(&rest[..end]) {
            Some(sealed) => {
                let value = open(&key.key, &place(&rest[..end]), sealed)?;
                out.push_str(std::str::from_utf8(&value).map_err(|_| CryptoError::Malformed("a token is no text"))?);
                rest = &rest[end..];
            }
            None => {
                out.push('[');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn place(token: &str) -> Place<'_> {
    Place { table: "pii_tokens", row: &[], field: token, version: 0 }
}

/// 64 bits of HMAC-SHA256 over kind and value: enough to tell one person's values apart, too few to be a fingerprint of
/// the value without the key.
fn token(key: &DataKey, kind: &str, value: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.key.expose()).expect("HMAC takes keys of any length");
    for part in ["lgdl/pii-token/1", kind, value] {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part.as_bytes());
    }
    let tag = mac.finalize().into_bytes();
    let mut out = format!("[{kind}:");
    for byte in &tag[..8] {
        let _ = write!(out, "{byte:02x}");
    }
    out.push(']');
    out
}
