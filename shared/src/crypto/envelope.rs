//! Sealing and opening one message. Which key to use is decided elsewhere.
//!
//! ```text
//! format 1 │ id length 1 │ key id │ salt 32 │ commitment 32 │ ciphertext and tag (16)
//! ```

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::CryptoError;

/// Bytes of salt that a message takes.
pub const SALT_BYTES: usize = 32;
/// The longest plaintext, bytes: a conversation's state is far below it.
pub const MAX_PLAINTEXT_BYTES: usize = 16 << 20;
/// The longest key id, bytes.
pub const MAX_KEY_ID_BYTES: usize = 64;

/// Fresh random bytes for one message.
pub type Salt = [u8; SALT_BYTES];

const FORMAT: u8 = 1;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const COMMITMENT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// 256 bits of key material, wiped when dropped and never printed.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; KEY_BYTES]>);

impl SecretKey {
    /// Takes key material.
    #[must_use]
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        SecretKey(Zeroizing::new(bytes))
    }

    /// The key material.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// In constant time.
impl PartialEq for SecretKey {
    fn eq(&self, other: &SecretKey) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for SecretKey {}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// What a ciphertext belongs to. It opens there and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table or kind of record, such as `turns`.
    pub table: &'a str,
    /// The row's identity: tenant, game, conversation, turn …, in a fixed order.
    pub row: &'a [&'a str],
    /// The field.
    pub field: &'a str,
    /// The row's version, where rows are overwritten; otherwise 0.
    pub version: u64,
}

impl Place<'_> {
    /// Each part behind its length, so that no two places have the same bytes.
    fn associated_data(&self) -> Vec<u8> {
        let mut out = b"lgdl/place/1".to_vec();
        let mut put = |part: &str| {
            out.extend_from_slice(&(part.len() as u64).to_le_bytes());
            out.extend_from_slice(part.as_bytes());
        };
        put(self.table);
        self.row.iter().for_each(|part| put(part));
        put(self.field);
        out.extend_from_slice(&(self.row.len() as u64).to_le_bytes());
        out.extend_from_slice(&self.version.to_le_bytes());
        out
    }
}

struct MessageKeys {
    cipher: Aes256Gcm,
    nonce: [u8; NONCE_BYTES],
    commitment: [u8; COMMITMENT_BYTES],
}

fn derive(key: &SecretKey, key_id: &str, salt: &[u8]) -> MessageKeys {
    let mut okm = Zeroizing::new([0u8; KEY_BYTES + NONCE_BYTES + COMMITMENT_BYTES]);
    Hkdf::<Sha256>::new(Some(salt), key.expose())
        .expand_multi_info(&[b"lgdl/message/1", key_id.as_bytes()], okm.as_mut_slice())
        .expect("76 bytes are within HKDF-SHA256's limit of 8160");
    let (message_key, rest) = okm.split_at(KEY_BYTES);
    let (nonce, commitment) = rest.split_at(NONCE_BYTES);
    MessageKeys {
        cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::try_from(message_key).expect("32 bytes")),
        nonce: nonce.try_into().expect("12 bytes"),
        commitment: commitment.try_into().expect("32 bytes"),
    }
}

/// Seals a message under `key`. `salt` must be fresh random bytes.
///
/// # Errors
/// [`CryptoError::TooLong`].
pub fn seal(
    key: &SecretKey,
    key_id: &str,
    place: &Place<'_>,
    plaintext: &[u8],
    salt: &Salt,
) -> Result<Vec<u8>, CryptoError> {
    if plaintext.len() > MAX_PLAINTEXT_BYTES {
        return Err(CryptoError::TooLong("a message takes at most 16 MiB"));
    }
    if key_id.is_empty() || key_id.len() > MAX_KEY_ID_BYTES {
        return Err(CryptoError::TooLong("a key id takes 1 to 64 bytes"));
    }
    let keys = derive(key, key_id, salt);
    let payload = Payload { msg: plaintext, aad: &place.associated_data() };
    let ciphertext = keys
        .cipher
        .encrypt(&Nonce::from(keys.nonce), payload)
        .map_err(|_| CryptoError::TooLong("the cipher refused the length"))?;
    let mut out = Vec::with_capacity(2 + key_id.len() + SALT_BYTES + COMMITMENT_BYTES + ciphertext.len());
    out.push(FORMAT);
    out.push(key_id.len() as u8);
    out.extend_from_slice(key_id.as_bytes());
    out.extend_from_slice(salt);
    out.extend_from_slice(&keys.commitment);
    out.extend_from_slice(&ciphertext);
    Ok(out)
}

struct Sealed<'a> {
    key_id: &'a str,
    salt: &'a [u8],
    commitment: &'a [u8],
    ciphertext: &'a [u8],
}

fn split(sealed: &[u8]) -> Result<Sealed<'_>, CryptoError> {
    let (&[format, id_length], rest) =
        sealed.split_first_chunk::<2>().ok_or(CryptoError::Malformed("shorter than its header"))?;
    if format != FORMAT {
        return Err(CryptoError::Malformed("another format version"));
    }
    let fixed = SALT_BYTES + COMMITMENT_BYTES + TAG_BYTES;
    if rest.len() < usize::from(id_length) + fixed {
        return Err(CryptoError::Malformed("cut short"));
    }
    let (key_id, rest) = rest.split_at(usize::from(id_length));
    let (salt, rest) = rest.split_at(SALT_BYTES);
    let (commitment, ciphertext) = rest.split_at(COMMITMENT_BYTES);
    let key_id = std::str::from_utf8(key_id).map_err(|_| CryptoError::Malformed("the key id is no text"))?;
    if key_id.is_empty() || key_id.len() > MAX_KEY_ID_BYTES || key_id.contains(char::is_control) {
        return Err(CryptoError::Malformed("the key id is not one"));
    }
    Ok(Sealed { key_id, salt, commitment, ciphertext })
}

/// The id of the key that sealed a message.
///
/// # Errors
/// [`CryptoError::Malformed`].
pub fn key_id_of(sealed: &[u8]) -> Result<&str, CryptoError> {
    split(sealed).map(|parts| parts.key_id)
}

/// Opens a message.
///
/// # Errors
/// Any [`CryptoError`] but `TooLong`; nothing of the plaintext comes out with one.
pub fn open(key: &SecretKey, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let parts = split(sealed)?;
    let keys = derive(key, parts.key_id, parts.salt);
    if !bool::from(keys.commitment.as_slice().ct_eq(parts.commitment)) {
        return Err(CryptoError::WrongKey(parts.key_id.to_owned()));
    }
    let payload = Payload { msg: parts.ciphertext, aad: &place.associated_data() };
    match keys.cipher.decrypt(&Nonce::from(keys.nonce), payload) {
        Ok(plaintext) => Ok(Zeroizing::new(plaintext)),
        Err(_) => Err(CryptoError::Tampered(parts.key_id.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> =
        Place { table: "turns", row: &["default", "conv_1", "4"], field: "user_input", version: 0 };

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn aes_gcm_agrees_with_the_published_vectors() {
        // McGrew & Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16 (256-bit keys).
        let check = |key: &str, nonce: &str, plaintext: &str, aad: &str, expected: &str| {
            let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::try_from(hex(key).as_slice()).unwrap());
            let nonce: [u8; 12] = hex(nonce).try_into().unwrap();
            let payload = Payload { msg: &hex(plaintext), aad: &hex(aad) };
            assert_eq!(cipher.encrypt(&Nonce::from(nonce), payload).unwrap(), hex(expected));
        };
        let zero = "00".repeat(32);
        check(&zero, &"00".repeat(12), "", "", "530f8afbc74536b9a963b4f1c4cb738b");
        check(
            &zero,
            &"00".repeat(12),
            &"00".repeat(16),
            "",
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
        );
        check(
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
             76fc6ece0f4e1768cddf8853bb2d551b",
        );
    }

    #[test]
    fn hkdf_agrees_with_rfc_5869_test_case_1() {
        let mut okm = [0u8; 42];
        Hkdf::<Sha256>::new(Some(&hex("000102030405060708090a0b0c")), &[0x0b; 22])
            .expand(&hex("f0f1f2f3f4f5f6f7f8f9"), &mut okm)
            .unwrap();
        assert_eq!(
            okm.to_vec(),
            hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        );
    }

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let key = SecretKey::new([7; 32]);
        for plaintext in ["", "chest", "I can't breathe — ça va"] {
            let sealed = seal(&key, "dek_1", &PLACE, plaintext.as_bytes(), &[9; 32]).unwrap();
            assert_eq!(key_id_of(&sealed), Ok("dek_1"));
            assert_eq!(open(&key, &PLACE, &sealed).unwrap().as_slice(), plaintext.as_bytes());
        }
    }

    #[test]
    fn every_altered_byte_and_every_cut_is_noticed() {
        let key = SecretKey::new([7; 32]);
        let sealed = seal(&key, "dek_1", &PLACE, b"my chest", &[9; 32]).unwrap();
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 1;
            assert!(open(&key, &PLACE, &bad).is_err(), "byte {i}");
            assert!(open(&key, &PLACE, &sealed[..i]).is_err(), "cut at {i}");
        }
    }

    #[test]
    fn a_ciphertext_does_not_open_in_another_row_field_or_version() {
        let key = SecretKey::new([7; 32]);
        let sealed = seal(&key, "dek_1", &PLACE, b"my chest", &[9; 32]).unwrap();
        let others = [
            Place { table: "slots", ..PLACE },
            Place { row: &["default", "conv_1", "5"], ..PLACE },
            Place { row: &["default", "conv_14"], ..PLACE },
            Place { row: &["default", "conv_1"], field: "4", ..PLACE },
            Place { field: "response", ..PLACE },
            Place { version: 1, ..PLACE },
        ];
        for place in others {
            assert_eq!(open(&key, &place, &sealed).unwrap_err(), CryptoError::Tampered("dek_1".into()));
        }
    }

    #[test]
    fn a_wrong_key_is_named_by_its_id_and_gives_nothing_away() {
        let sealed = seal(&SecretKey::new([7; 32]), "dek_1", &PLACE, b"my chest", &[9; 32]).unwrap();
        let error = open(&SecretKey::new([8; 32]), &PLACE, &sealed).unwrap_err();
        assert_eq!(error, CryptoError::WrongKey("dek_1".into()));
        assert!(error.to_string().contains("dek_1") && !error.to_string().contains("chest"));
        assert_eq!(format!("{:?}", SecretKey::new([7; 32])), "SecretKey(…)");
    }
}
