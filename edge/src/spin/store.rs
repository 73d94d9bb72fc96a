//! Spin's key-value store, which knows no expiry: each value ends with the moment that it holds until. And counting and the
//! journal in that store, for deployments without a node service. The store has no usable compare-and-swap: two requests at
//! once may count as one, and two turns at once may both be kept.

use lgdl::limits::{CountRequest, Counted, Counters, Entry, EntryName};
use lgdl::wire::node::{Aside, Counts, Page, Place, SetAside, StreamPage};
use spin_sdk::key_value::{Error, Store};

use crate::platform::{JournalEntry, KvError, SeamError};

/// Every key of a journal entry begins so.
const JOURNAL: &str = "journal:";
/// Every key of an entry that was set aside begins so.
const ASIDE: &str = "aside:";
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
    if key.starts_with(JOURNAL) || key.starts_with(ASIDE) {
        false
    } else if key.starts_with(LIMIT) {
        serde_json::from_slice::<Entry>(&kept).map_or(true, |entry| entry.is_forgettable(now_ms))
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

/// The place that the key of an entry names.
fn place_of(key: &str) -> Option<Place> {
    let mut parts = key.split(':').skip(2);
    Some(Place { version: parts.next()?.parse().ok()?, id: parts.next()?.to_owned() })
}

pub(super) fn read(store: &Store, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
    let mut unreadable = Vec::new();
    let mut entries = Vec::new();
    for key in keys(store, &format!("{JOURNAL}{stream}:"))? {
        let Some(place) = place_of(&key) else { continue };
        if after.is_some_and(|after| place <= *after) {
            continue;
        }
        let Some(bytes) = store.get(&key).map_err(failed)? else { continue };
        match serde_json::from_slice(&bytes) {
            Ok(entry) => entries.push(entry),
            Err(_) => unreadable.push(place),
        }
    }
    let page = Page::of(entries);
    let end = page.end().filter(|_| page.more);
    unreadable.retain(|place| end.as_ref().is_none_or(|end| place <= end));
    Ok(Page { unreadable, ..page })
}

/// In no order of time: the store does not know when a key was written.
pub(super) fn streams(store: &Store, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
    let mut streams: Vec<String> = keys(store, JOURNAL)?
        .iter()
        .filter_map(|key| key.strip_prefix(JOURNAL)?.split(':').next().map(str::to_owned))
        .filter(|stream| after.is_none_or(|after| stream.as_str() > after))
        .collect();
    streams.dedup();
    let more = streams.len() > limit;
    streams.truncate(limit);
    let next = streams.last().filter(|_| more).cloned();
    Ok(StreamPage { streams, next })
}

pub(super) fn remove(store: &Store, stream: &str, id: &str) -> Result<(), SeamError> {
    for key in keys(store, &format!("{JOURNAL}{stream}:"))? {
        if key.rsplit(':').next() == Some(id) {
            store.delete(&key).map_err(failed)?;
        }
    }
    Ok(())
}

/// `aside:<stream>:<version>:<id>:<why>`, with what lay under the entry's own key.
pub(super) fn set_aside(store: &Store, order: &SetAside) -> Result<(), SeamError> {
    let place = format!("{}:{:020}:{}", order.stream, order.place.version, order.place.id);
    let key = format!("{JOURNAL}{place}");
    let Some(bytes) = store.get(&key).map_err(failed)? else { return Ok(()) };
    let why = serde_json::to_value(order.why).map_err(|error| SeamError::Unavailable(error.to_string()))?;
    // Written there before it is removed here: in between it is in both places, and arrives once all the same.
    store.set(&format!("{ASIDE}{place}:{}", why.as_str().unwrap_or("damaged")), &bytes).map_err(failed)?;
    store.delete(&key).map_err(failed)
}

fn listed(store: &Store, key: &str) -> Result<Aside, SeamError> {
    let unnamed = || SeamError::Unavailable("a key is not that of an entry".into());
    let Place { version, id } = place_of(key).ok_or_else(unnamed)?;
    let mut parts = key.split(':').skip(1);
    let stream = parts.next().ok_or_else(unnamed)?.to_owned();
    let why = serde_json::from_value(parts.nth(2).unwrap_or_default().into()).map_err(|_| unnamed())?;
    let bytes = store.get(key).map_err(failed)?.map_or(0, |bytes| bytes.len() as u64);
    Ok(Aside { stream, version, id, why, bytes })
}

pub(super) fn aside(store: &Store, limit: usize) -> Result<Vec<Aside>, SeamError> {
    keys(store, ASIDE)?.iter().take(limit).map(|key| listed(store, key)).collect()
}

fn aside_key(store: &Store, stream: &str, id: &str) -> Result<Option<(String, Place)>, SeamError> {
    let keys = keys(store, &format!("{ASIDE}{stream}:"))?.into_iter();
    Ok(keys.filter_map(|key| place_of(&key).map(|place| (key, place))).find(|(_, place)| place.id == id))
}

pub(super) fn retry(store: &Store, stream: &str, id: &str) -> Result<bool, SeamError> {
    let Some((key, place)) = aside_key(store, stream, id)? else { return Ok(false) };
    if let Some(bytes) = store.get(&key).map_err(failed)? {
        let waiting = format!("{JOURNAL}{stream}:{:020}:{}", place.version, place.id);
        store.set(&waiting, &bytes).map_err(failed)?;
    }
    store.delete(&key).map_err(failed)?;
    Ok(true)
}

pub(super) fn drop_aside(store: &Store, stream: &str, id: &str) -> Result<bool, SeamError> {
    let Some((key, _)) = aside_key(store, stream, id)? else { return Ok(false) };
    store.delete(&key).map_err(failed)?;
    Ok(true)
}

pub(super) fn counts(store: &Store) -> Result<Counts, SeamError> {
    let keys = store.get_keys().map_err(failed)?;
    let count = |is: &dyn Fn(&str) -> bool| keys.iter().filter(|key| is(key)).count() as u64;
    Ok(Counts {
        waiting: count(&|key| key.starts_with(JOURNAL)),
        aside: count(&|key| key.starts_with(ASIDE)),
        other_key: count(&|key| key.starts_with(ASIDE) && key.ends_with(":other_key")),
    })
}
