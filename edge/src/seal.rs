//! Sealing what lies in places that others can read: the key-value store and the journal.

use lgdl::crypto::{CryptoError, Place, SALT_BYTES, SecretKey, open, seal};
use lgdl::wire::node::{key_name, names_another};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;
use crate::platform::{Platform, SealedBy};

/// Why a value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unopened {
    /// It was sealed under another key.
    OtherKey,
    /// It is not what was sealed, or of a form that this program does not know.
    Damaged,
}

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
    seal(key, &key_name(key), &place(kind, row), &serde_json::to_vec(value).ok()?, &salt).ok()
}

/// A value as the key-value store is given it, for its place.
pub fn for_store<P: Platform, T: Serialize>(
    platform: &P,
    key: &SecretKey,
    kind: &str,
    row: &[&str],
    value: &T,
) -> Option<Vec<u8>> {
    match platform.sealed_by() {
        SealedBy::Store => serde_json::to_vec(value).ok(),
        SealedBy::Pipeline => sealed(platform, key, kind, row, value),
    }
}

/// A value as the key-value store has given it.
///
/// # Errors
/// As [`opened`].
pub fn from_store<P: Platform, T: DeserializeOwned>(
    platform: &P,
    key: &SecretKey,
    kind: &str,
    row: &[&str],
    value: &[u8],
) -> Result<T, Unopened> {
    match platform.sealed_by() {
        SealedBy::Store => json::read(value).map_err(|_| Unopened::Damaged),
        SealedBy::Pipeline => opened(key, kind, row, value),
    }
}

/// Opens a value.
///
/// # Errors
/// When it is sealed under another key, damaged, or of another form.
pub fn opened<T: DeserializeOwned>(key: &SecretKey, kind: &str, row: &[&str], sealed: &[u8]) -> Result<T, Unopened> {
    let plain = open(key, &place(kind, row), sealed).map_err(|error| match error {
        CryptoError::WrongKey(named) if names_another(&named, key) => Unopened::OtherKey,
        _ => Unopened::Damaged,
    })?;
    json::read(&plain).map_err(|_| Unopened::Damaged)
}

#[cfg(test)]
mod tests {
    use lgdl::wire::node::is_of_another_key;

    use super::*;
    use crate::native::Native;
    use crate::platform::FetchError;

    #[test]
    fn a_store_that_seals_by_itself_is_given_what_is_to_be_sealed() {
        let mut platform = Native::new(|_| Box::pin(async { Err(FetchError::Unreachable) }));
        let key = SecretKey::new([1; 32]);
        let put = |platform: &Native| for_store(platform, &key, "hot", &["c"], &"said").unwrap();
        let read = |platform: &Native, value: &[u8]| from_store::<_, String>(platform, &key, "hot", &["c"], value);
        let sealed_here = put(&platform);
        assert!(!sealed_here.windows(4).any(|part| part == b"said"));
        assert_eq!(read(&platform, &sealed_here), Ok("said".into()));
        assert_eq!(read(&platform, b"\"said\""), Err(Unopened::Damaged), "what is not sealed counts for nothing");
        platform.sealed_by = SealedBy::Store;
        assert_eq!(put(&platform), b"\"said\"");
        assert_eq!(read(&platform, b"\"said\""), Ok("said".into()));
        assert_eq!(read(&platform, &sealed_here), Err(Unopened::Damaged), "of a program of before: as good as none");
    }

    #[test]
    fn another_key_is_told_from_damage() {
        let platform = Native::new(|_| Box::pin(async { Err(FetchError::Unreachable) }));
        let (ours, theirs) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
        let value = sealed(&platform, &ours, "journal", &["s", "1"], &"turn").unwrap();
        let open = |key, row: &[&str], bytes: &[u8]| opened::<String>(key, "journal", row, bytes);
        assert_eq!(open(&ours, &["s", "1"], &value), Ok("turn".into()));
        assert_eq!(open(&theirs, &["s", "1"], &value), Err(Unopened::OtherKey));
        assert_eq!(open(&ours, &["s", "2"], &value), Err(Unopened::Damaged));
        let header = value.len() - 60;
        for at in [header, value.len() - 1] {
            let mut damaged = value.clone();
            damaged[at] ^= 1;
            assert_eq!(open(&ours, &["s", "1"], &damaged), Err(Unopened::Damaged), "{at}");
        }
        assert_eq!(open(&ours, &["s", "1"], &value[..20]), Err(Unopened::Damaged));
        assert!(is_of_another_key(Some(&theirs), &value) && is_of_another_key(None, &value));
        assert!(!is_of_another_key(Some(&ours), &value));
    }
}
