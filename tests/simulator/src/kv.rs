//! Key-value stores as the platforms have them: late, forgetful, refusing; and the journals, exact or kept in one.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lgdl::wire::node::{Aside, SetAside, StreamPage, Why};
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
    aside: RefCell<Vec<(JournalEntry, Why)>>,
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

    pub(super) fn streams(&self) -> Vec<String> {
        let mut streams: Vec<String> = Vec::new();
        for entry in self.entries.borrow().iter() {
            if !streams.contains(&entry.stream) {
                streams.push(entry.stream.clone());
            }
        }
        streams
    }

    pub(super) fn set_aside(&self, order: &SetAside) {
        let mut entries = self.entries.borrow_mut();
        let at = entries.iter().position(|entry| entry.stream == order.stream && entry.place() == order.place);
        if let Some(at) = at {
            self.aside.borrow_mut().push((entries.remove(at), order.why));
        }
    }

    pub(super) fn aside(&self) -> Vec<Aside> {
        self.aside.borrow().iter().map(|(entry, why)| listed(entry, *why)).collect()
    }

    /// Takes an entry out of what was set aside.
    pub(super) fn take_aside(&self, stream: &str, id: &str) -> Option<JournalEntry> {
        let mut aside = self.aside.borrow_mut();
        let at = aside.iter().position(|(entry, _)| entry.stream == stream && entry.id == id)?;
        Some(aside.remove(at).0)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    pub(super) fn remove(&self, stream: &str, id: &str) {
        self.entries.borrow_mut().retain(|entry| !(entry.stream == stream && entry.id == id));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }
}

/// An entry as a list of what was set aside has it.
pub(super) fn listed(entry: &JournalEntry, why: Why) -> Aside {
    let JournalEntry { stream, version, id, sealed } = entry;
    Aside { stream: stream.clone(), version: *version, id: id.clone(), why, bytes: sealed.len() as u64 }
}

/// Streams in pages, each named by its last one.
pub(super) fn stream_page(streams: &[String], limit: usize, after: Option<&str>) -> StreamPage {
    let from = after.and_then(|after| streams.iter().position(|stream| stream == after)).map_or(0, |at| at + 1);
    let page: Vec<String> = streams.iter().skip(from).take(limit).cloned().collect();
    let next = page.last().filter(|_| from + page.len() < streams.len()).cloned();
    StreamPage { streams: page, next }
}

/// The key of an entry that was set aside begins so, as in the Spin adapter.
pub(super) const ASIDE_PREFIX: &str = "aside:";

/// Every key of a journal entry begins so, as in the Spin adapter.
pub(super) const JOURNAL_PREFIX: &str = "journal:";

/// The key of an entry in a key-value store, as in the Spin adapter.
pub(super) fn journal_key(entry: &JournalEntry) -> String {
    format!("{JOURNAL_PREFIX}{}:{:020}:{}", entry.stream, entry.version, entry.id)
}
