//! How one link of the audit chain is bound to the one before it. Pure; stores keep the links.

use sha2::{Digest, Sha256};

use crate::store::{AuditRow, Event};

/// What the first link is bound to.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The link that follows `previous_hash` at `sequence`.
#[must_use]
pub fn link(sequence: u64, event: Event, previous_hash: &str) -> AuditRow {
    let hash = hash_of(sequence, &event, previous_hash);
    AuditRow { sequence, event, previous_hash: previous_hash.to_owned(), hash }
}

/// SHA-256 over the link's fields, each with its length before it, so that no text can pose as two fields.
#[must_use]
pub fn hash_of(sequence: u64, event: &Event, previous_hash: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(sequence.to_be_bytes());
    hash.update(event.at.to_be_bytes());
    let detail = event.detail.to_string();
    for part in [&event.tenant, &event.event, &event.actor, &event.subject, &detail, previous_hash] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    crate::hex::encode(&hash.finalize())
}
