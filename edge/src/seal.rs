//! Sealing what lies in places that others can read: the key-value store and the journal.

use lgdl::crypto::{Place, SALT_BYTES, SecretKey, open, seal};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::platform::Platform;

/// Names the node's key inside a sealed value.
const KEY_ID: &str = "edge";

/// Where a sealed value belongs; it opens there and nowhere else.
fn place<'a>(kind: &'a str, row: &'a [&'a str]) -> Place<'a> {
    Place { table: kind, row, field: "value", version: 1 }
}

/// Seals a value for its place.
pub fn sealed<P: Platform, T: Serialize>(
    platform: &P,
    key: &SecretKey,
    kind: &str,
    row: &[&str],
    value: &T,
) -> Option<Vec<u8>> {
    let mut salt = [0; SALT_BYTES];
    platform.fill_random(&mut salt);
    seal(key, KEY_ID, &place(kind, row), &serde_json::to_vec(value).ok()?, &salt).ok()
}

/// Opens a value; `None` when it is not ours, damaged, or of another form.
pub fn opened<T: DeserializeOwned>(key: &SecretKey, kind: &str, row: &[&str], sealed: &[u8]) -> Option<T> {
    let plain = open(key, &place(kind, row), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}
