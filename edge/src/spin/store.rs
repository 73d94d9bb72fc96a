//! Counting and the journal in Spin's key-value store, for deployments without a node service. The store has no usable
//! compare-and-swap: two requests at once may count as one, and two turns at once may both be kept.

use lgdl::limits::{Bucket, Conduct, CountRequest, Counted, Rate, take_all};
use spin_sdk::key_value::{Error, Store};

use crate::platform::{JournalEntry, KvError, SeamError};

/// Every key of a journal entry begins so.
const JOURNAL: &str = "journal:";

pub(super) fn fault(error: Error) -> KvError {
    KvError(error.to_string())
}

pub(super) fn seam(error: KvError) -> SeamError {
    SeamError::Unavailable(error.0)
}

fn failed(error: Error) -> SeamError {
    SeamError::Unavailable(error.to_string())
}

/// Counts: reads the buckets, takes the tokens, writes them back.
pub(super) fn count(store: &Store, request: &CountRequest, now_ms: i64) -> Result<Counted, SeamError> {
    let conduct_key = format!("conduct:{}", request.subject);
    let mut conduct: Conduct = read_json(store, &conduct_key)?.unwrap_or_default();
    let mut buckets: Vec<(Rate, Bucket)> = Vec::with_capacity(request.takes.len());
    for take in &request.takes {
        let kept: Option<(Rate, Bucket)> = read_json(store, &format!("limit:{}", take.key))?;
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
            write_json(store, &format!("limit:{}", take.key), kept)?;
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
