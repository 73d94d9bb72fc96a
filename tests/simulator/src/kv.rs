//! Key-value stores as the platforms have them: late, forgetful, refusing; and the journals, exact or kept in one.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lgdl::wire::node::{Aside, NOTE_PREFIX, Page, Place, SetAside, StreamPage, Why};
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

    /// The store as a process that begins finds it: as it was a little while ago, without the notes of the moment.
    pub(super) fn begin_again(&self, at_us: u64) {
        let mut values = self.values.borrow_mut();
        values.retain(|key, _| !key.starts_with(NOTE_PREFIX));
        values.values_mut().for_each(|versions| versions.retain(|(from_us, _, _)| *from_us <= at_us));
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

/// An entry, and whether its row can be read.
#[derive(Debug, Clone)]
struct Row {
    entry: JournalEntry,
    is_readable: bool,
}

/// A journal that gives each place of a stream once: a table on a disk, a Durable Object.
#[derive(Debug, Default)]
pub(super) struct Journal {
    rows: RefCell<Vec<Row>>,
    aside: RefCell<Vec<(JournalEntry, Why)>>,
}

impl Journal {
    /// An entry that came before is known by its id.
    pub(super) fn append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        let mut rows = self.rows.borrow_mut();
        let mut of_stream = rows.iter().map(|row| &row.entry).filter(|kept| kept.stream == entry.stream);
        if of_stream.clone().any(|kept| kept.id == entry.id) {
            return Ok(());
        }
        if of_stream.any(|kept| kept.version >= entry.version) {
            return Err(SeamError::Conflict);
        }
        rows.push(Row { entry: entry.clone(), is_readable: true });
        Ok(())
    }

    /// Entries of a stream behind a place, at most so many, and whether there are more.
    pub(super) fn read(&self, stream: &str, after: Option<&Place>, limit: usize) -> Page {
        let rows = self.rows.borrow();
        let behind = |row: &&Row| row.entry.stream == stream && after.is_none_or(|after| row.entry.place() > *after);
        let mut wanted: Vec<&Row> = rows.iter().filter(behind).collect();
        wanted.sort_by_key(|row| row.entry.place());
        let more = wanted.len() > limit;
        wanted.truncate(limit);
        let readable = |row: &&&Row| row.is_readable;
        let unreadable = wanted.iter().filter(|row| !row.is_readable).map(|row| row.entry.place()).collect();
        Page { entries: wanted.iter().filter(readable).map(|row| row.entry.clone()).collect(), unreadable, more }
    }

    pub(super) fn streams(&self) -> Vec<String> {
        let mut streams: Vec<String> = Vec::new();
        for row in self.rows.borrow().iter() {
            if !streams.contains(&row.entry.stream) {
                streams.push(row.entry.stream.clone());
            }
        }
        streams
    }

    pub(super) fn set_aside(&self, order: &SetAside) {
        let mut rows = self.rows.borrow_mut();
        let is_it = |row: &Row| row.entry.stream == order.stream && row.entry.place() == order.place;
        if let Some(at) = rows.iter().position(is_it) {
            self.aside.borrow_mut().push((rows.remove(at).entry, order.why));
        }
    }

    pub(super) fn aside(&self) -> Vec<(JournalEntry, Why)> {
        self.aside.borrow().clone()
    }

    /// Has an entry wait again that was set aside; false when there is none, or when another has its place.
    pub(super) fn retry(&self, stream: &str, id: &str) -> bool {
        let is_it = |(entry, _): &(JournalEntry, Why)| entry.stream == stream && entry.id == id;
        let mut aside = self.aside.borrow_mut();
        let Some(at) = aside.iter().position(is_it) else { return false };
        let entry = aside[at].0.clone();
        let mut rows = self.rows.borrow_mut();
        if rows.iter().any(|row| row.entry.stream == stream && row.entry.version == entry.version) {
            return false;
        }
        aside.remove(at);
        rows.push(Row { entry, is_readable: true });
        true
    }

    /// Takes an entry out of what was set aside; whether there was one.
    pub(super) fn drop_aside(&self, stream: &str, id: &str) -> bool {
        let mut aside = self.aside.borrow_mut();
        let before = aside.len();
        aside.retain(|(entry, _)| !(entry.stream == stream && entry.id == id));
        aside.len() < before
    }

    /// Damages what waits longest: its row, or what is sealed in it. Whether there was anything.
    pub(super) fn damage_one(&self, is_row: bool) -> bool {
        let mut rows = self.rows.borrow_mut();
        let Some(row) = rows.first_mut() else { return false };
        row.is_readable = !is_row;
        if let Some(last) = row.entry.sealed.last_mut() {
            *last ^= 1;
        }
        true
    }

    pub(super) fn len(&self) -> usize {
        self.rows.borrow().len()
    }

    pub(super) fn remove(&self, stream: &str, id: &str) {
        self.rows.borrow_mut().retain(|row| !(row.entry.stream == stream && row.entry.id == id));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.borrow().is_empty()
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
