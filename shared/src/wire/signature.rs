//! Signed requests from an edge node to the origin: what is signed, how, and how a signature is checked.
//!
//! Pure: the time and the nonce are arguments. Remembering nonces (so that a request can't be replayed inside the
//! window) is the origin's business and lives there.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The header that names the tenant.
pub const TENANT_HEADER: &str = "x-lgdl-tenant";
/// The header that names the signing key.
pub const KEY_ID_HEADER: &str = "x-lgdl-key-id";
/// The header with the time of signing, milliseconds since 1970.
pub const TIMESTAMP_HEADER: &str = "x-lgdl-timestamp";
/// The header with the nonce.
pub const NONCE_HEADER: &str = "x-lgdl-nonce";
/// The header with the body's digest.
pub const DIGEST_HEADER: &str = "x-lgdl-digest";
/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-lgdl-signature";

/// How far a request's timestamp may lie from the origin's clock, in either direction, milliseconds.
pub const REPLAY_WINDOW_MS: i64 = 120_000;
/// The shortest secret that signs, bytes.
pub const MIN_SECRET_BYTES: usize = 16;
/// The shortest nonce, characters; 16 random bytes in hex make 32.
pub const MIN_NONCE_CHARS: usize = 16;
/// The longest nonce, characters.
pub const MAX_NONCE_CHARS: usize = 64;
/// The longest key id, characters.
pub const MAX_KEY_ID_CHARS: usize = 64;

/// Everything that a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// Path and query exactly as on the request line.
    pub path_and_query: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// Which secret signs.
    pub key_id: &'a str,
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Never used twice with one key; letters, digits, `-` and `_`.
    pub nonce: &'a str,
    /// [`body_digest`] of the body; of no bytes when there is none.
    pub digest: &'a str,
}

/// Why a signed request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The clock differs by more than [`REPLAY_WINDOW_MS`], or the request was held back.
    #[error("the request's timestamp is outside the replay window")]
    Stale,
    /// The nonce is too short, too long, or holds characters that it must not hold.
    #[error("the nonce is malformed")]
    MalformedNonce,
    /// The body is not the one that was signed.
    #[error("the body does not match its digest")]
    AlteredBody,
    /// The signature is not that of these parts under this secret.
    #[error("the signature does not match")]
    WrongSignature,
    /// The secret is shorter than [`MIN_SECRET_BYTES`].
    #[error("the signing secret is too short")]
    WeakSecret,
}

/// SHA-256 of a body, 64 hexadecimal digits.
#[must_use]
pub fn body_digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

/// Signs: HMAC-SHA256 over the parts joined by LF, 64 hexadecimal digits.
///
/// # Errors
/// [`Refusal::WeakSecret`], [`Refusal::MalformedNonce`].
pub fn sign(secret: &[u8], parts: &Parts<'_>) -> Result<String, Refusal> {
    check_nonce(parts.nonce)?;
    Ok(hex(&mac(secret, parts)?.finalize().into_bytes()))
}

/// Checks a signed request: its age, its body and its signature (in constant time). The caller must then refuse a
/// nonce that it has seen with this key inside the window.
///
/// # Errors
/// Why it is refused.
pub fn verify(secret: &[u8], parts: &Parts<'_>, signature: &str, body: &[u8], now_ms: i64) -> Result<(), Refusal> {
    check_nonce(parts.nonce)?;
    if now_ms.abs_diff(parts.timestamp_ms) > REPLAY_WINDOW_MS.unsigned_abs() {
        return Err(Refusal::Stale);
    }
    let given = unhex(signature).ok_or(Refusal::WrongSignature)?;
    mac(secret, parts)?.verify_slice(&given).map_err(|_| Refusal::WrongSignature)?;
    // The digest is public, and signed: an ordinary comparison will do, once the signature holds.
    if parts.digest == body_digest(body) { Ok(()) } else { Err(Refusal::AlteredBody) }
}

fn mac(secret: &[u8], parts: &Parts<'_>) -> Result<Hmac<Sha256>, Refusal> {
    if secret.len() < MIN_SECRET_BYTES {
        return Err(Refusal::WeakSecret);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Refusal::WeakSecret)?;
    let timestamp = parts.timestamp_ms.to_string();
    // No part can hold a line feed where it comes from (a request line or a header), so the joint form is unambiguous.
    let fields =
        [parts.method, parts.path_and_query, parts.tenant, parts.key_id, &timestamp, parts.nonce, parts.digest];
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            mac.update(b"\n");
        }
        mac.update(field.as_bytes());
    }
    Ok(mac)
}

fn check_nonce(nonce: &str) -> Result<(), Refusal> {
    let length_fits = (MIN_NONCE_CHARS..=MAX_NONCE_CHARS).contains(&nonce.len());
    let plain = nonce.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if length_fits && plain { Ok(()) } else { Err(Refusal::MalformedNonce) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const NOW: i64 = 1_700_000_000_000;

    fn parts<'a>(digest: &'a str) -> Parts<'a> {
        Parts {
            method: "POST",
            path_and_query: "/edge/v1/turns?x=1",
            tenant: "default",
            key_id: "edge1",
            timestamp_ms: NOW,
            nonce: "00112233445566778899aabbccddeeff",
            digest,
        }
    }

    #[test]
    fn a_signed_request_is_accepted_inside_the_window() {
        let digest = body_digest(b"{}");
        let signature = sign(SECRET, &parts(&digest)).unwrap();
        for skew in [-REPLAY_WINDOW_MS, 0, REPLAY_WINDOW_MS] {
            assert_eq!(verify(SECRET, &parts(&digest), &signature, b"{}", NOW + skew), Ok(()));
        }
        for skew in [-REPLAY_WINDOW_MS - 1, REPLAY_WINDOW_MS + 1, i64::MAX - NOW] {
            assert_eq!(verify(SECRET, &parts(&digest), &signature, b"{}", NOW + skew), Err(Refusal::Stale));
        }
    }

    #[test]
    fn changing_any_signed_part_is_noticed() {
        let digest = body_digest(b"{}");
        let good = parts(&digest);
        let signature = sign(SECRET, &good).unwrap();
        let other_digest = body_digest(b"[]");
        let altered = [
            Parts { method: "PUT", ..good },
            Parts { path_and_query: "/edge/v1/turns?x=2", ..good },
            Parts { tenant: "other", ..good },
            Parts { key_id: "edge2", ..good },
            Parts { timestamp_ms: NOW + 1, ..good },
            Parts { nonce: "00112233445566778899aabbccddeef0", ..good },
            Parts { digest: &other_digest, ..good },
        ];
        for parts in altered {
            assert_eq!(verify(SECRET, &parts, &signature, b"{}", NOW), Err(Refusal::WrongSignature), "{parts:?}");
        }
        assert_eq!(verify(SECRET, &good, &signature, b"[]", NOW), Err(Refusal::AlteredBody));
        assert_eq!(
            verify(b"another secret of 32 bytes......", &good, &signature, b"{}", NOW),
            Err(Refusal::WrongSignature)
        );
        for wrong in ["", "zz", "é", &signature[..62], &format!("{signature}00")] {
            assert_eq!(verify(SECRET, &good, wrong, b"{}", NOW), Err(Refusal::WrongSignature), "{wrong:?}");
        }
    }

    #[test]
    fn the_canonical_form_does_not_drift() {
        // HMAC-SHA256 of the seven lines, computed with openssl.
        let digest = body_digest(b"{}");
        assert_eq!(digest, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_eq!(
            sign(SECRET, &parts(&digest)).unwrap(),
            "0f9418c12b6ab83c822c5103feefc4ad434f42563c9ee7f4ca70f22a961217a7"
        );
    }

    #[test]
    fn weak_secrets_and_odd_nonces_do_not_sign() {
        let digest = body_digest(b"");
        assert_eq!(sign(b"short", &parts(&digest)), Err(Refusal::WeakSecret));
        for nonce in ["", "short", "0011223344556677\n", "0011223344556677é", &"a".repeat(65)] {
            assert_eq!(sign(SECRET, &Parts { nonce, ..parts(&digest) }), Err(Refusal::MalformedNonce), "{nonce:?}");
        }
    }
}
