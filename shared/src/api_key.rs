//! The form of an API key, `lgdl_<environment>_<random>_<checksum>`, so that whoever is given one can tell without asking anybody
//! that it can't be one. Making keys, and knowing which there are, is the origin's.

use sha2::{Digest, Sha256};

/// What every key begins with.
pub const PREFIX: &str = "lgdl_";
/// Environments that a key may be for.
pub const ENVIRONMENTS: [&str; 2] = ["live", "test"];
/// Random characters of a key.
pub const RANDOM_CHARS: usize = 40;
/// Characters of a key's checksum.
pub const CHECKSUM_CHARS: usize = 6;
/// The characters of both.
pub const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a text has the form of a key and its checksum holds; whether such a key exists is for the store to say.
#[must_use]
pub fn is_well_formed(key: &str) -> bool {
    let Some((body, sum)) = key.rsplit_once('_') else { return false };
    let Some((environment, random)) = body.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else {
        return false;
    };
    ENVIRONMENTS.contains(&environment)
        && random.len() == RANDOM_CHARS
        && random.bytes().all(|c| ALPHABET.contains(&c))
        && checksum(body) == sum
}

/// The checksum of what stands before it.
#[must_use]
pub fn checksum(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    let mut value = digest.iter().take(5).fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mut digits = [0; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}
