//! Names made from digests: keys of the key-value store, fingerprints, ids. No secrets are made here.

use hmac::{Hmac, KeyInit, Mac};
use lgdl::crypto::SecretKey;
use sha2::{Digest, Sha256};

use crate::call::hex;

/// SHA-256 over a purpose and parts, each behind its length, so that no two lists of parts agree by joining.
fn over(purpose: &str, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in std::iter::once(&purpose).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Names a conversation without giving its parts away, as the origin's tombstones do: 32 hexadecimal digits.
#[must_use]
pub fn conversation(tenant: &str, game: &str, conversation: &str) -> String {
    format!("{:032x}", lgdl::wire::origin::conversation_digest(tenant, game, conversation))
}

/// Names a person of a tenant: 32 hexadecimal digits.
#[must_use]
pub fn person(tenant: &str, user: &str) -> String {
    lgdl::wire::origin::person_digest(tenant, user)
}

/// What a client asked, so that one idempotency key can't stand for two requests: 64 hexadecimal digits. `None` where a part can't
/// be written down: two requests must not be alike for that.
#[must_use]
pub fn fingerprint(game: &str, request: &lgdl::wire::client::MoveRequest) -> Option<String> {
    let context = serde_json::to_string(&request.context).ok()?;
    let participant = request.participant.as_deref().unwrap_or("");
    let event = request.event.as_ref().map(serde_json::to_string).transpose().ok()?;
    let mut parts = vec![game, &request.conversation_id, &request.user_id, &request.input, &context, participant];
    // Requests without one have the fingerprint that they had before there were events.
    parts.extend(event.as_deref());
    Some(hex(&over("fingerprint", &parts)))
}

/// The id of a turn's record. The same for every attempt at one request.
#[must_use]
pub fn turn_id(tenant: &str, user: &str, idempotency_key: &str) -> String {
    format!("turn_{}", hex(&over("turn", &[tenant, user, idempotency_key])[..16]))
}

/// The note of what a service understood a text as: by a digest of the text under the node's key, so that whoever reads names of notes
/// can't try out what was said.
#[must_use]
pub fn understood(key: &SecretKey, tenant: &str, service: &str, payload: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("any length will do");
    mac.update(&over("understood", &[tenant, service, payload]));
    format!("understood:{}", hex(&mac.finalize().into_bytes()))
}

/// The idempotency key of a turn whose own one turned out to stand for another request, when it was acknowledged already. The
/// same for every arrival.
#[must_use]
pub fn second_key(idempotency_key: &str, fingerprint: &str) -> String {
    format!("again_{}", hex(&over("second", &[idempotency_key, fingerprint])[..16]))
}

/// SHA-256 of bytes, 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
