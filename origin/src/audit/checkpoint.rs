//! Signed checkpoints: *at this time the chain had this many links and ended in this hash*. A chain proves its own
//! order, but not its length, nor that all of it was not written anew; a checkpoint kept elsewhere proves both.
//!
//! The signature is HMAC-SHA256 under `LGDL_AUDIT_KEY`: whoever verifies needs the key, and whoever has only the
//! database can't make one.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::clock::Millis;
use crate::config::Secret;
use crate::hex;
use crate::store::{AuditRow, Result, Store};

/// One checkpoint; a line of JSON in the file of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The last link.
    pub sequence: u64,
    /// Its hash.
    pub hash: String,
    /// When it was signed.
    pub signed_at_ms: Millis,
    /// HMAC-SHA256, hex.
    pub signature: String,
}

/// What is wrong with a file of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A line is no checkpoint.
    #[error("E541 line {0} is no checkpoint")]
    Malformed(usize),
}

impl Checkpoint {
    /// Signs the end of a chain.
    #[must_use]
    pub fn sign(last: &AuditRow, now_ms: Millis, key: &Secret) -> Checkpoint {
        let signature = hex::encode(&mac(last.sequence, &last.hash, now_ms, key).finalize().into_bytes());
        Checkpoint { sequence: last.sequence, hash: last.hash.clone(), signed_at_ms: now_ms, signature }
    }

    /// Whether it was signed with this key.
    #[must_use]
    pub fn is_signed_by(&self, key: &Secret) -> bool {
        use subtle::ConstantTimeEq as _;
        let expected = mac(self.sequence, &self.hash, self.signed_at_ms, key).finalize().into_bytes();
        hex::encode(&expected).as_bytes().ct_eq(self.signature.as_bytes()).into()
    }
}

/// Signs the chain as it ends now; `None` when it is empty.
///
/// # Errors
/// When the store fails.
pub async fn checkpoint(store: &dyn Store, now_ms: Millis, key: &Secret) -> Result<Option<Checkpoint>> {
    let last = store.last_audit().await?;
    Ok(last.map(|row| Checkpoint::sign(&row, now_ms, key)))
}

/// What a file of checkpoints holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoints {
    /// Those that can be read.
    pub all: Vec<Checkpoint>,
    /// Lines that are none: torn when they were written, or changed.
    pub malformed: Vec<CheckpointError>,
}

/// Reads checkpoints, one JSON document a line.
#[must_use]
pub fn read_checkpoints(text: &str) -> Checkpoints {
    let mut read = Checkpoints::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(checkpoint) => read.all.push(checkpoint),
            Err(_) => read.malformed.push(CheckpointError::Malformed(at + 1)),
        }
    }
    read
}

fn mac(sequence: u64, hash: &str, at: Millis, key: &Secret) -> Hmac<Sha256> {
    // A key of any length is taken, so this can't fail.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(b"lgdl/audit/checkpoint/1");
    mac.update(&sequence.to_be_bytes());
    mac.update(&at.to_be_bytes());
    mac.update(hash.as_bytes());
    mac
}
