//! Key-encryption keys by version, and the data keys that they wrap. Where the ring comes from is the deployment's.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::CryptoError;
use super::envelope::{MAX_KEY_ID_BYTES, Place, Salt, SecretKey, key_id_of, open, seal};

/// Keys in a ring at most.
pub const MAX_KEYS: usize = 64;

/// A ring of key-encryption keys; one of them is active and wraps new data keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    keys: BTreeMap<String, SecretKey>,
    active: String,
}

/// Why a ring's text can't be read. Carries no key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// There is no key.
    #[error("E925 the key ring is empty; give ID:KEY, with 32 bytes of key in base64")]
    Empty,
    /// More than [`MAX_KEYS`].
    #[error("E925 the key ring holds more than {MAX_KEYS} keys")]
    TooMany,
    /// An id that is no id, or stands twice.
    #[error("E925 key {0} of the ring: {1}")]
    Entry(usize, &'static str),
}

/// A data key and the id that its messages bear.
#[derive(Debug, Clone)]
pub struct DataKey {
    /// Its id.
    pub id: String,
    /// The key itself.
    pub key: SecretKey,
}

/// A data key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The data key's id.
    pub id: String,
    /// The data key, sealed under a key-encryption key.
    pub sealed: Vec<u8>,
}

impl KeyRing {
    /// Reads `ID:BASE64[,ID:BASE64…]`; white space and line breaks may stand in for the comma. The *first* key is active; the others
    /// only open what they sealed. A lone base64 key without id is called `k1`.
    ///
    /// # Errors
    /// What is wrong, and with which entry; never the key.
    pub fn parse(text: &str) -> Result<KeyRing, KeyRingError> {
        let mut keys = BTreeMap::new();
        let mut active = None;
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let number = index + 1;
            if index == MAX_KEYS {
                return Err(KeyRingError::TooMany);
            }
            let (id, encoded) = entry.split_once(':').unwrap_or(("k1", entry));
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if id.is_empty() || id.len() > MAX_KEY_ID_BYTES || !id.chars().all(fits) {
                return Err(KeyRingError::Entry(number, "an id takes 1 to 64 letters, digits, '-', '_' or '.'"));
            }
            let bytes = STANDARD
                .decode(encoded)
                .or_else(|_| URL_SAFE_NO_PAD.decode(encoded))
                .map_err(|_| KeyRingError::Entry(number, "the key is not base64"))?;
            let bytes: [u8; 32] =
                bytes.try_into().map_err(|_| KeyRingError::Entry(number, "the key is not 32 bytes long"))?;
            if keys.insert(id.to_owned(), SecretKey::new(bytes)).is_some() {
                return Err(KeyRingError::Entry(number, "its id stands twice"));
            }
            active.get_or_insert_with(|| id.to_owned());
        }
        active.map(|active| KeyRing { keys, active }).ok_or(KeyRingError::Empty)
    }

    /// The id of the key that wraps new data keys.
    #[must_use]
    pub fn active_id(&self) -> &str {
        &self.active
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Wraps a data key under the active key.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] for an id beyond the limit.
    pub fn wrap(&self, data_key: &DataKey, salt: &Salt) -> Result<WrappedKey, CryptoError> {
        let sealed = seal(self.key(&self.active)?, &self.active, &place(&data_key.id), data_key.key.expose(), salt)?;
        Ok(WrappedKey { id: data_key.id.clone(), sealed })
    }

    /// Unwraps a data key with whichever key of the ring wrapped it.
    ///
    /// # Errors
    /// Any [`CryptoError`] but `TooLong`.
    pub fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, CryptoError> {
        let key = self.key(key_id_of(&wrapped.sealed)?)?;
        let bytes = open(key, &place(&wrapped.id), &wrapped.sealed)?;
        let bytes: [u8; 32] =
            bytes.as_slice().try_into().map_err(|_| CryptoError::Malformed("a data key has 32 bytes"))?;
        Ok(DataKey { id: wrapped.id.clone(), key: SecretKey::new(bytes) })
    }

    /// Whether a wrapped key is wrapped by the active key.
    #[must_use]
    pub fn is_current(&self, wrapped: &WrappedKey) -> bool {
        key_id_of(&wrapped.sealed).is_ok_and(|id| id == self.active)
    }

    /// Wraps a data key anew under the active key. Rows sealed under the data key are not touched.
    ///
    /// # Errors
    /// Any [`CryptoError`].
    pub fn rewrap(&self, wrapped: &WrappedKey, salt: &Salt) -> Result<WrappedKey, CryptoError> {
        self.wrap(&self.unwrap(wrapped)?, salt)
    }

    fn key(&self, id: &str) -> Result<&SecretKey, CryptoError> {
        self.keys.get(id).ok_or_else(|| CryptoError::UnknownKey(id.to_owned()))
    }
}

fn place(data_key_id: &str) -> Place<'_> {
    Place { table: "data_keys", row: &[], field: data_key_id, version: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(text: &str) -> KeyRing {
        KeyRing::parse(text).unwrap()
    }

    fn encoded(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn a_ring_says_what_is_wrong_without_showing_a_key() {
        let check = |text: &str, expected: &str| {
            let message = KeyRing::parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(text.is_empty() || !message.contains(text), "{message}");
        };
        let key = encoded(1);
        check("", "empty");
        check("a:notbase64!", "key 1 of the ring: the key is not base64");
        check("a:AAAA", "not 32 bytes");
        check(&format!("a:{key},a:{key}"), "key 2 of the ring: its id stands twice");
        check(&format!("a b:{key}"), "not base64");
        check(&format!("ä:{key}"), "an id takes");
    }

    #[test]
    fn rotation_rewraps_a_data_key_and_leaves_its_messages_readable() {
        let data_key = DataKey { id: "dek_7".into(), key: SecretKey::new([5; 32]) };
        let old = ring(&format!("2025:{}", encoded(1)));
        let both = ring(&format!("2026:{}\n2025:{}", encoded(2), encoded(1)));
        let new = ring(&format!("2026:{}", encoded(2)));

        let wrapped = old.wrap(&data_key, &[1; 32]).unwrap();
        assert_eq!(new.unwrap(&wrapped).unwrap_err(), CryptoError::UnknownKey("2025".into()));
        assert!(old.is_current(&wrapped) && !both.is_current(&wrapped));

        let rewrapped = both.rewrap(&wrapped, &[2; 32]).unwrap();
        assert!(both.is_current(&rewrapped));
        assert_eq!(new.unwrap(&rewrapped).unwrap().key.expose(), &[5; 32]);
        assert_eq!(old.unwrap(&rewrapped).unwrap_err(), CryptoError::UnknownKey("2026".into()));
    }

    #[test]
    fn a_wrapped_key_can_not_stand_in_for_another() {
        let ring = ring(&encoded(1));
        let wrapped = ring.wrap(&DataKey { id: "dek_1".into(), key: SecretKey::new([5; 32]) }, &[1; 32]).unwrap();
        let swapped = WrappedKey { id: "dek_2".into(), ..wrapped };
        assert_eq!(ring.unwrap(&swapped).unwrap_err(), CryptoError::Tampered("k1".into()));
    }

    #[test]
    fn a_ring_with_another_key_under_the_same_id_is_told_apart() {
        let wrapped = ring(&format!("a:{}", encoded(1)))
            .wrap(&DataKey { id: "dek_1".into(), key: SecretKey::new([5; 32]) }, &[1; 32])
            .unwrap();
        let other = ring(&format!("a:{}", encoded(2)));
        assert_eq!(other.unwrap(&wrapped).unwrap_err(), CryptoError::WrongKey("a".into()));
    }
}
