//! Spin's key-value store, which knows no expiry: each value ends with the moment that it holds until. And counting and the
//! journal in that store, for deployments without a node service. The store has no usable compare-and-swap: two requests at
//! once may count as one, and two turns at once may both be kept.

use lgdl::limits::{Bucket, Conduct, CountRequest, Counted, Rate, take_all};
use spin_sdk::key_value::{Error, Store};

use crate::platform::{JournalEntry, KvError, SeamError};

/// Every key of a journal entry begins so.
const JOURNAL: &str = "journal:";
/// The key of a bucket begins so.
const LIMIT: &str = "limit:";
/// The key of a conduct begins so.
const CONDUCT: &str = "conduct:";
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
    if key.starts_with(JOURNAL) {
        false
    } else if key.starts_with(LIMIT) {
        serde_json::from_slice::<(Rate, Bucket)>(&kept).map_or(true, |(rate, bucket)| bucket.is_full(rate, now_ms))
    } else if key.starts_with(CONDUCT) {
        serde_json::from_slice::<Conduct>(&kept).map_or(true, |conduct| conduct.is_forgiven(now_ms))
    } else {
        holding(kept, now_ms).is_none()
    }
}

/// Counts: reads the buckets, takes the tokens, writes them back.
pub(super) fn count(store: &Store, request: &CountRequest, now_ms: i64) -> Result<Counted, SeamError> {
    let conduct_key = format!("{CONDUCT}{}", request.subject);
    let mut conduct: Conduct = read_json(store, &conduct_key)?.unwrap_or_default();
    let mut buckets: Vec<(Rate, Bucket)> = Vec::with_capacity(request.takes.len());
    for take in &request.takes {
        let kept: Option<(Rate, Bucket)> = read_json(store, &format!("{LIMIT}{}", take.key))?;
        let bucket = match kept {
            Some((rate, bucket)) if rate == take.rate => bucket,
            _ => Bucket::full(take.rate, now_ms),
        };
        buckets.push((take.rate, bucket));
    }
    let banned_for_ms = conduct.banned_for_ms(now_ms);
    let refused_by = if banned_for_ms.is_some() { None } else { take_all(&mut buckets, now_ms).err() };
    let mut ban_is_new = false;
    if refused_by.is_some() {
        ban_is_new = conduct.refused(now_ms).is_some();
        write_json(store, &conduct_key, &conduct)?;
    } else if banned_for_ms.is_none() {
        for (take, kept) in request.takes.iter().zip(&buckets) {
            write_json(store, &format!("{LIMIT}{}", take.key), kept)?;
        }
    }
    Ok(Counted {
        refused_by,
        standings: buckets.iter().map(|(rate, bucket)| bucket.standing(*rate, now_ms)).collect(),
        banned_for_ms: conduct.banned_for_ms(now_ms),
        ban_is_new,
    })
}

fn read_json<T: serde::de::DeserializeOwned>(store: &Store, key: &str) -> Result<Option<T>, SeamError> {
    Ok(store.get(key).map_err(failed)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn write_json<T: serde::Serialize>(store: &Store, key: &str, value: &T) -> Result<(), SeamError> {
    let bytes = serde_json::to_vec(value).map_err(|error| SeamError::Unavailable(error.to_string()))?;
    store.set(key, &bytes).map_err(failed)
}

/// `journal:<stream>:<version>:<id>`, so that keys sort by version within a stream.
fn key_of(entry: &JournalEntry) -> String {
    format!("{JOURNAL}{}:{:020}:{}", entry.stream, entry.version, entry.id)
}

pub(super) fn append(store: &Store, entry: &JournalEntry) -> Result<(), SeamError> {
    let bytes = serde_json::to_vec(entry).map_err(|error| SeamError::Unavailable(error.to_string()))?;
    store.set(&key_of(entry), &bytes).map_err(failed)
}

fn keys(store: &Store, prefix: &str) -> Result<Vec<String>, SeamError> {
    let mut keys = store.get_keys().map_err(failed)?;
    keys.retain(|key| key.starts_with(prefix));
    keys.sort_unstable();
    Ok(keys)
}

pub(super) fn read(store: &Store, stream: &str) -> Result<Vec<JournalEntry>, SeamError> {
    let keys = keys(store, &format!("{JOURNAL}{stream}:"))?;
    keys.iter().filter_map(|key| read_json(store, key).transpose()).collect()
}

/// In no order of time: the store does not know when a key was written.
pub(super) fn streams(store: &Store, limit: usize) -> Result<Vec<String>, SeamError> {
    let mut streams: Vec<String> = keys(store, JOURNAL)?
        .iter()
        .filter_map(|key| key.strip_prefix(JOURNAL)?.split(':').next().map(str::to_owned))
        .collect();
    streams.dedup();
    streams.truncate(limit);
    Ok(streams)
}

pub(super) fn remove(store: &Store, stream: &str, id: &str) -> Result<(), SeamError> {
    for key in keys(store, &format!("{JOURNAL}{stream}:"))? {
        if key.rsplit(':').next() == Some(id) {
            store.delete(&key).map_err(failed)?;
        }
    }
    Ok(())
}
