//! Key-value stores as the platforms have them: late, forgetful, refusing; and the journals, exact or kept in one.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lgdl_edge::platform::{JournalEntry, SeamError};

/// How old a stale read may be, microseconds.
pub(super) const MAX_STALENESS_US: u64 = 90_000_000;
/// Versions of a value that are remembered for stale reads.
const MAX_VERSIONS: usize = 32;

/// One value in time: when it was written, until when it is kept, and what it was; `None` is absence.
type Version = (u64, u64, Option<Vec<u8>>);

/// A key-value store that remembers what it held.
#[derive(Debug, Default)]
pub(super) struct Kv {
    values: RefCell<BTreeMap<String, Vec<Version>>>,
}

impl Kv {
    /// What the store held at a time that lies `age_us` back.
    pub(super) fn get(&self, key: &str, now_us: u64, age_us: u64) -> Option<Vec<u8>> {
        let at_us = now_us.checked_sub(age_us)?;
        let values = self.values.borrow();
        let version = values.get(key)?.iter().rev().find(|(from_us, _, _)| *from_us <= at_us)?;
        (version.1 > now_us).then(|| version.2.clone()).flatten()
    }

    pub(super) fn put(&self, key: &str, value: Option<Vec<u8>>, now_us: u64, until_us: u64) {
        let mut values = self.values.borrow_mut();
        let versions = values.entry(key.to_owned()).or_default();
        versions.push((now_us, until_us, value));
        if versions.len() > MAX_VERSIONS {
            versions.remove(0);
        }
    }

    /// The keys that begin so, in order.
    pub(super) fn keys(&self, prefix: &str) -> Vec<String> {
        let values = self.values.borrow();
        let there = values.iter().filter(|(key, versions)| {
            key.starts_with(prefix) && versions.last().is_some_and(|(_, _, value)| value.is_some())
        });
        there.map(|(key, _)| key.clone()).collect()
    }
}

/// A journal that gives each place of a stream once: a table on a disk, a Durable Object.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: RefCell<Vec<JournalEntry>>,
}

impl Journal {
    pub(super) fn append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        let mut entries = self.entries.borrow_mut();
        if entries.iter().any(|kept| kept.stream == entry.stream && kept.version >= entry.version) {
            return Err(SeamError::Conflict);
        }
        entries.push(entry.clone());
        Ok(())
    }

    pub(super) fn read(&self, stream: &str) -> Vec<JournalEntry> {
        self.entries.borrow().iter().filter(|entry| entry.stream == stream).cloned().collect()
    }

    pub(super) fn streams(&self, limit: usize) -> Vec<String> {
        let mut streams: Vec<String> = Vec::new();
        for entry in self.entries.borrow().iter() {
            if streams.len() < limit && !streams.contains(&entry.stream) {
                streams.push(entry.stream.clone());
            }
        }
        streams
    }

    pub(super) fn remove(&self, stream: &str, id: &str) {
        self.entries.borrow_mut().retain(|entry| !(entry.stream == stream && entry.id == id));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }
}

/// Every key of a journal entry begins so, as in the Spin adapter.
pub(super) const JOURNAL_PREFIX: &str = "journal:";

/// The key of an entry in a key-value store, as in the Spin adapter.
pub(super) fn journal_key(entry: &JournalEntry) -> String {
    format!("{JOURNAL_PREFIX}{}:{:020}:{}", entry.stream, entry.version, entry.id)
}
