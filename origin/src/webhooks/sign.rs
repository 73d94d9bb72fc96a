//! Signing by the Standard Webhooks specification: `v1,` and the HMAC-SHA256 of id, time and body, one for each secret in use.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use crate::clock::Millis;
use crate::consumer::headers;

/// The event's id: whoever has seen it has the event.
pub const ID_HEADER: HeaderName = HeaderName::from_static("webhook-id");
/// When this try was made, seconds since 1970: whoever takes it refuses what is old.
pub const TIMESTAMP_HEADER: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The signatures.
pub const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("webhook-signature");

/// The headers of a delivery.
pub(super) fn signed(id: &str, now_ms: Millis, body: &[u8], secrets: &[Vec<u8>], media: &'static str) -> HeaderMap {
    let timestamp = (now_ms / 1000).to_string();
    let signatures: Vec<String> = secrets.iter().map(|secret| signature(id, &timestamp, body, secret)).collect();
    let (mut headers, signatures) = (headers(media), signatures.join(" "));
    for (name, value) in [(ID_HEADER, id), (TIMESTAMP_HEADER, &timestamp), (SIGNATURE_HEADER, &signatures)] {
        // Ids, digits and base64 are visible ASCII.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers
}

fn signature(id: &str, timestamp: &str, body: &[u8], secret: &[u8]) -> String {
    // Of any length; ours have 32 bytes, and are filled up with zeros to a block as HMAC does.
    let mut block = [0; 64];
    let length = secret.len().min(block.len());
    block[..length].copy_from_slice(&secret[..length]);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example_is_signed_as_there() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, body, &[secret], "application/json");
        assert_eq!(signed[SIGNATURE_HEADER], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(signed[TIMESTAMP_HEADER], "1614265330");
    }
}
