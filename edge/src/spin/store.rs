//! Spin's key-value store, which knows no expiry: each value ends with the moment that it holds until. And counting in that
//! store, for deployments without a node service; the journal in it is [`crate::kv_journal`]'s. The store has no usable compare-and-swap: two requests at
//! once may count as one.

use lgdl::limits::{CountRequest, Counted, Counters, Entry, EntryName};
use spin_sdk::key_value::{Error, Store};

use crate::json;
use crate::kv_journal::{ASIDE, JOURNAL, KeyValues, WAITING};
use crate::platform::{KvError, SeamError};

/// The key of a bucket or a conduct begins so.
const LIMIT: &str = "limit:";
/// Values that one sweep looks at.
const MAX_SWEPT: usize = 64;
/// Bytes of the moment behind a value.
const MOMENT_BYTES: usize = 8;

pub(super) fn fault(error: Error) -> KvError {
    KvError(error.to_string())
}

pub(super) fn seam(error: KvError) -> SeamError {
    SeamError::Unavailable(error.0)
}

fn failed(error: Error) -> SeamError {
    SeamError::Unavailable(error.to_string())
}

/// Keeps a value until a moment.
pub(super) fn put(store: &Store, key: &str, value: &[u8], until_ms: i64) -> Result<(), Error> {
    store.set(key, &[value, &until_ms.to_le_bytes()].concat())
}

/// A value, while it holds.
pub(super) fn get(store: &Store, key: &str, now_ms: i64) -> Result<Option<Vec<u8>>, Error> {
    Ok(store.get(key)?.and_then(|kept| holding(kept, now_ms)))
}

fn holding(mut kept: Vec<u8>, now_ms: i64) -> Option<Vec<u8>> {
    let until_ms = i64::from_le_bytes(*kept.last_chunk::<MOMENT_BYTES>()?);
    kept.truncate(kept.len() - MOMENT_BYTES);
    (now_ms < until_ms).then_some(kept)
}

/// Removes what has expired and counters that say no more than new ones would, among some keys of the store.
pub(super) fn sweep(store: &Store, random: u64, now_ms: i64) {
    let Ok(keys) = store.get_keys() else { return };
    let from = usize::try_from(random % (keys.len().max(1) as u64)).unwrap_or(0);
    for key in keys.iter().cycle().skip(from).take(MAX_SWEPT.min(keys.len())) {
        // What can't be read or removed now is tried again by a later sweep.
        if let Ok(Some(kept)) = store.get(key)
            && is_over(key, kept, now_ms)
        {
            let _ = store.delete(key);
        }
    }
}

fn is_over(key: &str, kept: Vec<u8>, now_ms: i64) -> bool {
    if [JOURNAL, ASIDE, WAITING].iter().any(|prefix| key.starts_with(prefix)) {
        false
    } else if key.starts_with(LIMIT) {
        json::read::<Entry>(&kept).map_or(true, |entry| entry.is_forgettable(now_ms))
    } else {
        holding(kept, now_ms).is_none()
    }
}

/// Counts: reads the buckets, takes the tokens, writes them back.
pub(super) fn count(store: &Store, request: &CountRequest, now_ms: i64) -> Result<Counted, SeamError> {
    let mut counters = Counters::default();
    for name in EntryName::of(request) {
        if let Some(entry) = read_json(store, &format!("{LIMIT}{name}"))? {
            counters.restore(&name, entry);
        }
    }
    let counted = counters.count(request, now_ms);
    for name in EntryName::of(request) {
        if let Some(entry) = counters.entry(&name) {
            write_json(store, &format!("{LIMIT}{name}"), &entry)?;
        }
    }
    Ok(counted)
}

/// A counter that can't be read begins anew, and it is said: refused for ever would be worse.
fn read_json<T: serde::de::DeserializeOwned>(store: &Store, key: &str) -> Result<Option<T>, SeamError> {
    let Some(bytes) = store.get(key).map_err(failed)? else { return Ok(None) };
    Ok(json::read(&bytes).inspect_err(|error| eprintln!("a counter can't be read and begins anew: {error}")).ok())
}

fn write_json<T: serde::Serialize>(store: &Store, key: &str, value: &T) -> Result<(), SeamError> {
    let bytes = serde_json::to_vec(value).map_err(|error| SeamError::Unavailable(error.to_string()))?;
    store.set(key, &bytes).map_err(failed)
}

/// The default store as [`crate::kv_journal`] asks for it.
pub(super) struct Keys<'a>(pub(super) &'a Store);

impl KeyValues for Keys<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SeamError> {
        self.0.get(key).map_err(failed)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), SeamError> {
        self.0.set(key, value).map_err(failed)
    }

    fn delete(&self, key: &str) -> Result<(), SeamError> {
        self.0.delete(key).map_err(failed)
    }

    fn keys(&self) -> Result<Vec<String>, SeamError> {
        self.0.get_keys().map_err(failed)
    }
}
