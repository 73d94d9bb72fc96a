//! Envelope encryption: a data key per data subject, wrapped by a versioned key-encryption key.
//!
//! Every message is sealed under a key of its own, derived by HKDF-SHA256 (RFC 5869) from the data key and a random
//! 32-byte salt, so the bound of 2^32 messages on random AES-GCM nonces (NIST SP 800-38D, 8.3) is never near. The same
//! derivation yields a key commitment, so a ciphertext opens under one key only, and the nonce, which is therefore
//! used once. What a ciphertext belongs to (table, row, field, version) is its associated data: moved to another
//! place, it does not open.
//!
//! Randomness is an argument. Storage of keys and ciphertexts is the caller's.

mod envelope;
mod keyring;

pub use envelope::{MAX_KEY_ID_BYTES, MAX_PLAINTEXT_BYTES, Place, SALT_BYTES, Salt, SecretKey, key_id_of, open, seal};
pub use keyring::{DataKey, KeyRing, KeyRingError, MAX_KEYS, WrappedKey};

/// Why a ciphertext can't be opened or made. No variant carries key material, plaintext or ciphertext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The bytes are not a sealed message of a format that this version reads.
    #[error("E920 not a sealed message: {0}")]
    Malformed(&'static str),
    /// The key that sealed it is not at hand.
    #[error("E921 the key '{0}' is not available; add it to the key ring, or the data was erased")]
    UnknownKey(String),
    /// The key of that id is not the one that sealed it.
    #[error("E922 the key at hand under the id '{0}' is not the one that sealed this")]
    WrongKey(String),
    /// It was altered, cut short, or moved to another row, field or version.
    #[error("E923 the message sealed under '{0}' was altered or moved")]
    Tampered(String),
    /// The message or an id exceeds a limit.
    #[error("E924 too long to seal: {0}")]
    TooLong(&'static str),
}
