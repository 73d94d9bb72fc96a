//! Tokens: personal data replaced by names that turn back under the person's data key, and under no other.
//!
//! A token carries its value, sealed: `[email~k3Jv…]`. So there is no table of values to keep, to back up or to forget
//! to erase: when the data key is destroyed, every token that was made with it is a name for nothing. The same value
//! has the same token under the same key (the salt is a MAC of the value), so that texts of one person can be compared.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::detect::detect;
use crate::crypto::{CryptoError, DataKey, Place, Salt, open, seal};

/// Between a token's kind and its sealed value.
const MARK: char = '~';
/// What a sealed value begins with that was a number in JSON. No finding begins so.
const NUMBER: char = '#';

/// Replaces personal data by tokens.
///
/// # Errors
/// [`CryptoError::TooLong`].
pub fn tokenize(text: &str, key: &DataKey) -> Result<String, CryptoError> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for finding in detect(text) {
        out.push_str(&text[at..finding.start]);
        out.push_str(&token(key, finding.kind.name(), &text[finding.start..finding.end])?);
        at = finding.end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// Replaces personal data in every string and number of a JSON value by tokens. Names of fields are the game's own.
///
/// # Errors
/// As [`tokenize`].
pub fn tokenize_json(value: &mut Value, key: &DataKey) -> Result<(), CryptoError> {
    match value {
        Value::String(text) => *text = tokenize(text, key)?,
        Value::Number(number) => {
            let text = number.to_string();
            if let Some(finding) = detect(&text).first() {
                *value = Value::String(token(key, finding.kind.name(), &format!("{NUMBER}{text}"))?);
            }
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| tokenize_json(item, key))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|field| tokenize_json(field, key))?,
        Value::Null | Value::Bool(_) => {}
    }
    Ok(())
}

/// Puts the values back. What is not a token of this key stays as it is: people may write anything, brackets too.
#[must_use]
pub fn restore(text: &str, key: &DataKey) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        match value_at(rest, key) {
            Some((value, length)) => {
                out.push_str(value.strip_prefix(NUMBER).unwrap_or(&value));
                rest = &rest[length..];
            }
            None => {
                out.push('[');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Puts the values back into a JSON value, numbers as numbers.
pub fn restore_json(value: &mut Value, key: &DataKey) {
    match value {
        Value::String(text) => {
            let whole = value_at(text, key).filter(|(_, length)| *length == text.len());
            let number = whole.and_then(|(value, _)| serde_json::from_str(value.strip_prefix(NUMBER)?).ok());
            *value = match number {
                Some(number) => Value::Number(number),
                None => Value::String(restore(text, key)),
            };
        }
        Value::Array(items) => items.iter_mut().for_each(|item| restore_json(item, key)),
        Value::Object(fields) => fields.values_mut().for_each(|field| restore_json(field, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The value of the token that `text` begins with, and the token's length.
fn value_at(text: &str, key: &DataKey) -> Option<(String, usize)> {
    let length = text.find(']')? + 1;
    let (kind, encoded) = text.get(1..length - 1)?.split_once(MARK)?;
    let sealed = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let value = open(&key.key, &place(kind), &sealed).ok()?;
    Some((std::str::from_utf8(&value).ok()?.to_owned(), length))
}

fn token(key: &DataKey, kind: &str, value: &str) -> Result<String, CryptoError> {
    let sealed = seal(&key.key, &key.id, &place(kind), value.as_bytes(), &salt(key, kind, value))?;
    Ok(format!("[{kind}{MARK}{}]", URL_SAFE_NO_PAD.encode(sealed)))
}

fn place(kind: &str) -> Place<'_> {
    Place { table: "pii_tokens", row: &[], field: kind, version: 0 }
}

/// HMAC-SHA256 over kind and value: another salt for every value, so that none is sealed twice under one salt.
fn salt(key: &DataKey, kind: &str, value: &str) -> Salt {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.key.expose()).expect("HMAC takes keys of any length");
    for part in ["lgdl/pii-token/2", kind, value] {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}
