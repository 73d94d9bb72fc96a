//! The node service: exact counting, the journal on disk, and the log. The component reaches it under an address that exists only
//! inside this process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use lgdl::crypto::SecretKey;
use lgdl::limits::Counters;
use lgdl::wire::node::{
    self, Aside, Counts, EntryName, Found, JournalEntry, Level, Limit, LogLine, MAX_ASIDE, Page, Place, SetAside,
    Stream, StreamPage, Streams, Why, is_of_another_key,
};
use lgdl_files::Held;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::only_for_us;
use crate::kv::CACHE_FILE;

/// The authority that stands for this service.
pub(crate) const AUTHORITY: &str = "node.internal";

/// The largest number of streams listed at once.
const MAX_STREAMS: usize = 1_000;

/// How long what the journal holds is not counted again for whoever only watches.
const COUNTED_FOR: Duration = Duration::from_secs(1);
/// How long they wait for it.
const COUNTED_WITHIN: Duration = Duration::from_secs(2);

/// The file of the journal in its folder.
pub const JOURNAL_FILE: &str = "journal.sqlite3";

/// Counters and journal of a node.
pub struct Node {
    counters: Mutex<Counters>,
    journal: Mutex<Connection>,
    /// Its files.
    held: Held,
    /// Entries that are done with and still lie in the file, on a full disk: they are not shown again, and go later.
    done: Mutex<BTreeMap<EntryId, Done>>,
    /// Whoever asks something of the journal has a place in the order of asking: what takes an entry back must not overtake what
    /// appends it.
    order: Arc<tokio::sync::Mutex<()>>,
    /// When the journal was counted last, and what it held.
    counted: tokio::sync::Mutex<Option<(Instant, Counts)>>,
}

/// What a journal begins with. A turn that is journalled was acknowledged as lying on the disk, so it must lie there: every append is
/// synced. One that is removed is written over.
const BEGINNING: &str = "PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    CREATE TABLE IF NOT EXISTS journal (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        id TEXT NOT NULL,
        sealed BLOB NOT NULL,
        UNIQUE (stream, version));
    CREATE TABLE IF NOT EXISTS aside (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        id TEXT NOT NULL,
        sealed BLOB NOT NULL,
        why TEXT NOT NULL,
        UNIQUE (stream, id));";

/// A stream, and an entry in it.
type EntryId = (String, String);

/// What became of an entry that the file could not be rid of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// It has arrived.
    Arrived,
    /// It is kept apart.
    Aside(Why),
}

/// Why a journal can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There was another one, or more of it.
    #[error(
        "E506 there was a journal, and now {} is missing or empty; turns waited in it that the origin may not have. Is it only away: \
         another folder, a volume that is not mounted? Then start again. Is it lost? Remove {} and start again: the node begins with \
         what is there",
        .missing.display(), .beside.display()
    )]
    Lost {
        /// What is missing of it.
        missing: PathBuf,
        /// What shows that it was there.
        beside: PathBuf,
    },
    /// The file can't be made, or is none.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

/// What its file says of a journal whose log always lies beside it.
const HAS_LOG: i64 = 1;

impl Node {
    /// Opens the journal in a folder, or in memory.
    ///
    /// # Errors
    /// When the file can't be made or is none, or a journal was there and is not whole any more.
    pub fn open(folder: Option<&Path>) -> Result<Node, OpenError> {
        let (journal, held) = match folder {
            Some(folder) => open_file(folder)?,
            None => {
                let journal = Connection::open_in_memory()?;
                journal.execute_batch(BEGINNING)?;
                (journal, Held::default())
            }
        };
        Ok(Node {
            counters: Mutex::default(),
            journal: Mutex::new(journal),
            held,
            done: Mutex::default(),
            order: Arc::default(),
            counted: tokio::sync::Mutex::default(),
        })
    }

    /// What the journal holds.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn counts(&self) -> rusqlite::Result<Counts> {
        self.still_there()?;
        // Whoever counts finds out as well whether there is room again.
        let _ = self.clear();
        let other_key = word(Why::OtherKey);
        let done = self.done();
        let apart = |is: &dyn Fn(Why) -> bool| {
            done.values().filter(|done| matches!(done, Done::Aside(why) if is(*why))).count() as u64
        };
        self.with_journal(|journal| {
            let count = |sql: &str| journal.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs);
            let sql = "SELECT count(*) FROM aside WHERE why = ?1";
            let of_other_key = journal.query_row(sql, [other_key], |row| row.get::<_, i64>(0))?.unsigned_abs();
            Ok(Counts {
                unremoved: done.len() as u64,
                waiting: count("SELECT count(*) FROM journal")?.saturating_sub(done.len() as u64),
                aside: count("SELECT count(*) FROM aside")? + apart(&|_| true),
                other_key: of_other_key + apart(&|why| why == Why::OtherKey),
            })
        })
    }

    /// What the journal held within the last second, for those who watch; `None` when it can't be read, or not in time.
    pub(crate) async fn watched(self: &Arc<Self>) -> Option<Counts> {
        let watching = async {
            // One counts at a time, however many ask; the others find what it has found.
            let mut counted = self.counted.lock().await;
            if let Some((at, counts)) = *counted
                && at.elapsed() < COUNTED_FOR
            {
                return Some(counts);
            }
            let node = Arc::clone(self);
            let counts = self.in_order(move || node.counts()).await?;
            let counts = counts.inspect_err(|error| tracing::error!(%error, "the journal can't be counted")).ok()?;
            *counted = Some((Instant::now(), counts));
            Some(counts)
        };
        tokio::time::timeout(COUNTED_WITHIN, watching).await.ok().flatten()
    }

    /// Does something with the journal where it may wait for the disk, after everything that was asked before; `None` when it panics.
    async fn in_order<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let place = Arc::clone(&self.order).lock_owned().await;
        let working = tokio::task::spawn_blocking(move || {
            // Also where nobody waits for it any more.
            let _place = place;
            work()
        });
        working.await.ok()
    }

    /// One sealed entry of each of the streams that waited longest, at most so many: to see whether a key opens them.
    pub(crate) fn samples(&self, limit: usize) -> rusqlite::Result<Vec<JournalEntry>> {
        let page = self.streams(limit, None)?;
        page.streams
            .iter()
            .filter_map(|stream| match self.read(stream, None) {
                Ok(page) => page.entries.into_iter().next().map(Ok),
                Err(error) => Some(Err(error)),
            })
            .collect()
    }

    /// Answers one request.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Bytes>) -> Response<Bytes> {
        if request.uri().path() == node::COUNT {
            return self.count(request.body());
        }
        if request.uri().path() == node::LOG {
            return log(request.body());
        }
        let node = Arc::clone(&self);
        let answered = self.in_order(move || node.journal(request.uri().path(), request.body())).await;
        answered.unwrap_or_else(|| status(StatusCode::INTERNAL_SERVER_ERROR))
    }

    fn count(&self, body: &[u8]) -> Response<Bytes> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        answered(body, |request| {
            let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(counters.count(&request, now_ms))
        })
    }

    fn journal(&self, path: &str, body: &[u8]) -> Response<Bytes> {
        match path {
            node::JOURNAL_APPEND => self.append(body),
            node::JOURNAL_READ => answered(body, |Stream { stream, after }| self.read(&stream, after.as_ref())),
            node::JOURNAL_STREAMS => {
                answered(body, |Streams { limit, after }| self.streams(limit.min(MAX_STREAMS), after.as_deref()))
            }
            node::JOURNAL_REMOVE => {
                answered(body, |EntryName { stream, id }| self.is_done((stream, id), Done::Arrived))
            }
            node::JOURNAL_SET_ASIDE => answered(body, |order: SetAside| self.set_aside(&order)),
            node::JOURNAL_ASIDE => {
                answered(body, |wanted: Limit| self.aside(&Limit { limit: wanted.limit.min(MAX_ASIDE), ..wanted }))
            }
            node::JOURNAL_RETRY => self.retry_asked(body),
            node::JOURNAL_DROP => {
                answered(body, |EntryName { stream, id }| Ok(Found { found: self.drop_aside(&stream, &id)? }))
            }
            node::JOURNAL_COUNTS => answered(body, |(): ()| self.counts()),
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    fn append(&self, body: &[u8]) -> Response<Bytes> {
        let Ok(entry) = serde_json::from_slice::<JournalEntry>(body) else { return status(StatusCode::BAD_REQUEST) };
        match self.keep(&entry) {
            Ok(true) => status(StatusCode::NO_CONTENT),
            Ok(false) => status(StatusCode::CONFLICT),
            Err(error) => failed(&error),
        }
    }

    /// Keeps an entry; false when its stream has moved on.
    pub(crate) fn keep(&self, entry: &JournalEntry) -> rusqlite::Result<bool> {
        self.still_there()?;
        let version = i64::try_from(entry.version).unwrap_or(i64::MAX);
        // One statement, so that of two turns at once one finds the place taken.
        let sql = "INSERT INTO journal (stream, version, id, sealed)
                   SELECT ?1, ?2, ?3, ?4
                   WHERE NOT EXISTS (SELECT 1 FROM journal WHERE stream = ?1 AND version >= ?2)";
        self.with_journal(|journal| {
            let kept = journal.prepare_cached(sql)?.execute(params![entry.stream, version, entry.id, entry.sealed])?;
            Ok(kept == 1)
        })
    }

    /// Nothing may be called journalled that is written into a file that nobody will find again. What lies there is read all the same, as
    /// long as this process lasts, and can still arrive.
    fn still_there(&self) -> rusqlite::Result<()> {
        let Some(path) = self.held.lost() else { return Ok(()) };
        let what = format!(
            "{} was moved away, removed or replaced while the node ran: stop it when all has arrived",
            path.display()
        );
        let moved = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY_DBMOVED);
        Err(rusqlite::Error::SqliteFailure(moved, Some(what)))
    }

    fn read(&self, stream: &str, after: Option<&Place>) -> rusqlite::Result<Page> {
        let after = after.map_or(-1, |place| i64::try_from(place.version).unwrap_or(i64::MAX));
        let done = self.done().clone();
        self.with_journal(|journal| {
            let sql = "SELECT version, id, sealed FROM journal WHERE stream = ?1 AND version > ?2 ORDER BY version";
            let mut statement = journal.prepare_cached(sql)?;
            let mut rows = statement.query(params![stream, after])?;
            let mut unreadable = Vec::new();
            // Rows are read as a page takes them, never all of a stream.
            let mut failure = None;
            let page = Page::of(std::iter::from_fn(|| {
                loop {
                    let row = match rows.next() {
                        Ok(row) => row?,
                        Err(error) => {
                            failure = Some(error);
                            return None;
                        }
                    };
                    let version = row.get::<_, i64>(0).map_or(0, i64::unsigned_abs);
                    let id: String = match row.get(1) {
                        Ok(id) => id,
                        Err(_) => continue,
                    };
                    if done.contains_key(&(stream.to_owned(), id.clone())) {
                        continue;
                    }
                    match row.get(2) {
                        Ok(sealed) => return Some(JournalEntry { stream: stream.to_owned(), version, id, sealed }),
                        Err(_) => unreadable.push(Place { version, id }),
                    }
                }
            }));
            match failure {
                Some(error) => Err(error),
                None => Ok(Page { unreadable, ..page }),
            }
        })
    }

    /// Pages end with the sequence number of the last stream's first entry.
    fn streams(&self, limit: usize, after: Option<&str>) -> rusqlite::Result<StreamPage> {
        let after: i64 = after.and_then(|after| after.parse().ok()).unwrap_or(0);
        let done = self.done().clone();
        self.with_journal(|journal| {
            let sql = "SELECT stream, min(sequence) AS first, count(*) FROM journal GROUP BY stream HAVING first > ?1
                       ORDER BY first LIMIT ?2";
            let mut statement = journal.prepare_cached(sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows: Vec<(String, i64, i64)> = statement
                .query_map([after, limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let next = rows.last().filter(|_| rows.len() as i64 == limit).map(|(_, first, _)| first.to_string());
            let waits =
                |stream: &str, entries: i64| (done.keys().filter(|(of, _)| of == stream).count() as i64) < entries;
            let streams = rows.into_iter().filter(|(stream, _, entries)| waits(stream, *entries));
            Ok(StreamPage { streams: streams.map(|(stream, ..)| stream).collect(), next })
        })
    }

    /// An entry that is done with does not come up again, whether the disk has room to take it out of the file or not.
    fn is_done(&self, name: EntryId, what: Done) -> rusqlite::Result<()> {
        let is_there = self.with_journal(|journal| {
            let sql = "SELECT 1 FROM journal WHERE stream = ?1 AND id = ?2";
            journal.prepare_cached(sql)?.exists([&name.0, &name.1])
        })?;
        if !is_there {
            return Ok(());
        }
        self.done().insert(name, what);
        if let Err(error) = self.clear() {
            let left = self.done().len();
            tracing::warn!(%error, left, "turns that are done with can't be taken out of the journal");
        }
        Ok(())
    }

    /// Takes out of the file what is done with.
    fn clear(&self) -> rusqlite::Result<()> {
        let mut done = self.done();
        if done.is_empty() {
            return Ok(());
        }
        self.with_transaction(|journal| {
            for ((stream, id), what) in done.iter() {
                if let Done::Aside(why) = what {
                    journal.execute(
                        "INSERT OR REPLACE INTO aside (stream, version, id, sealed, why)
                         SELECT stream, version, id, sealed, ?3 FROM journal WHERE stream = ?1 AND id = ?2",
                        params![stream, id, word(*why)],
                    )?;
                }
                journal.execute("DELETE FROM journal WHERE stream = ?1 AND id = ?2", [stream, id])?;
            }
            Ok(())
        })?;
        done.clear();
        Ok(())
    }

    fn set_aside(&self, order: &SetAside) -> rusqlite::Result<()> {
        self.is_done((order.stream.clone(), order.place.id.clone()), Done::Aside(order.why))
    }

    /// Sets aside everything that waits and was sealed under another key; how much that was.
    ///
    /// # Errors
    /// When the journal can't be read or written.
    pub fn set_aside_unopened(&self, key: Option<&SecretKey>) -> rusqlite::Result<usize> {
        let (mut done, mut streams_after) = (0, None);
        loop {
            let page = self.streams(MAX_STREAMS, streams_after.as_deref())?;
            for stream in page.streams {
                let mut after = None;
                loop {
                    let entries = self.read(&stream, after.as_ref())?;
                    for entry in entries.entries.iter().filter(|entry| is_of_another_key(key, &entry.sealed)) {
                        let place = entry.place();
                        self.set_aside(&SetAside { stream: stream.clone(), place, why: Why::OtherKey })?;
                        done += 1;
                    }
                    after = entries.end();
                    if !entries.more {
                        break;
                    }
                }
            }
            streams_after = page.next;
            if streams_after.is_none() {
                self.clear()?;
                return Ok(done);
            }
        }
    }

    /// What was set aside, oldest first.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub fn aside(&self, wanted: &Limit) -> rusqlite::Result<Vec<Aside>> {
        let done = self.done().clone();
        self.with_journal(|journal| {
            let sql = "SELECT stream, version, id, why, length(sealed) FROM aside
                       WHERE (?2 IS NULL OR stream = ?2) AND (?3 IS NULL OR id = ?3) ORDER BY sequence LIMIT ?1";
            let mut statement = journal.prepare_cached(sql)?;
            let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![limit, wanted.stream, wanted.id], |row| {
                let why = why(&row.get::<_, String>(3)?);
                listed(row, why)
            })?;
            let mut aside: Vec<Aside> = rows.collect::<rusqlite::Result<_>>()?;
            // Those that the file has no room to keep apart lie where they waited.
            let sql = "SELECT stream, version, id, NULL, length(sealed) FROM journal WHERE stream = ?1 AND id = ?2";
            for ((stream, id), what) in &done {
                let Done::Aside(why) = what else { continue };
                if !wanted.wants(stream, id) {
                    continue;
                }
                let found = journal.prepare_cached(sql)?.query_row([stream, id], |row| listed(row, *why)).optional()?;
                aside.extend(found);
            }
            aside.truncate(wanted.limit);
            Ok(aside)
        })
    }

    /// Refuses to decide about what could not be kept apart yet.
    fn has_room(&self, stream: &str, id: &str) -> rusqlite::Result<()> {
        let name = (stream.to_owned(), id.to_owned());
        let apart = matches!(self.done().get(&name), Some(Done::Aside(_)));
        if apart { self.clear() } else { Ok(()) }
    }

    /// Puts an entry back into its stream; whether there was one, and `None` when another has its place now.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub fn retry(&self, stream: &str, id: &str) -> rusqlite::Result<Option<bool>> {
        self.has_room(stream, id)?;
        self.with_transaction(|journal| {
            let version = "SELECT version FROM aside WHERE stream = ?1 AND id = ?2";
            if journal.query_row(version, [stream, id], |row| row.get::<_, i64>(0)).optional()?.is_none() {
                return Ok(Some(false));
            }
            let back = journal.execute(
                "INSERT OR IGNORE INTO journal (stream, version, id, sealed)
                 SELECT stream, version, id, sealed FROM aside WHERE stream = ?1 AND id = ?2",
                [stream, id],
            )?;
            if back == 0 {
                return Ok(None);
            }
            journal.execute("DELETE FROM aside WHERE stream = ?1 AND id = ?2", [stream, id])?;
            Ok(Some(true))
        })
    }

    fn retry_asked(&self, body: &[u8]) -> Response<Bytes> {
        let Ok(EntryName { stream, id }) = serde_json::from_slice(body) else {
            return status(StatusCode::BAD_REQUEST);
        };
        match self.retry(&stream, &id) {
            Ok(Some(found)) => answered(b"null", |(): ()| Ok(Found { found })),
            Ok(None) => status(StatusCode::CONFLICT),
            Err(error) => failed(&error),
        }
    }

    /// Removes an entry that was set aside; whether there was one.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub fn drop_aside(&self, stream: &str, id: &str) -> rusqlite::Result<bool> {
        self.has_room(stream, id)?;
        self.with_journal(|journal| {
            let dropped = journal.execute("DELETE FROM aside WHERE stream = ?1 AND id = ?2", [stream, id])?;
            Ok(dropped > 0)
        })
    }

    fn done(&self) -> std::sync::MutexGuard<'_, BTreeMap<EntryId, Done>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_transaction<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = journal.transaction()?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    fn with_journal<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        work(&self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The journal's file in a folder, its log beside it.
fn open_file(folder: &Path) -> Result<(Connection, Held), OpenError> {
    let file_fault = |error: std::io::Error| rusqlite::Error::ToSqlConversionFailure(error.into());
    let (path, log) = (folder.join(JOURNAL_FILE), folder.join(format!("{JOURNAL_FILE}-wal")));
    let beside = folder.join(CACHE_FILE);
    // The node makes the journal first: where the other file is, there was a journal.
    let lost = |missing: &Path| match beside.exists() {
        true => Err(OpenError::Lost { missing: missing.to_owned(), beside: beside.clone() }),
        false => Ok(()),
    };
    if std::fs::metadata(&path).map_or(0, |file| file.len()) == 0 {
        lost(&path)?;
    }
    let had_log = log.exists();
    only_for_us(&path).map_err(file_fault)?;
    let mut held = Held::default();
    held.note(path.clone()).map_err(file_fault)?;
    let journal = Connection::open(&path)?;
    let is_marked = journal.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? == HAS_LOG;
    if is_marked && !had_log {
        lost(&log)?;
    }
    // Whoever ends leaves the log where it is, emptied: one that is missing was taken away.
    journal.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    journal.execute_batch(BEGINNING)?;
    if !is_marked {
        let marked = journal.pragma_update(None, "user_version", HAS_LOG).and_then(|()| empty_log(&journal));
        // On a full disk. It journals as well as it can; a log that is taken away later may not be missed.
        if let Err(error) = marked {
            tracing::warn!(%error, "the journal can't note that it has a log");
        }
    }
    [log, folder.join(format!("{JOURNAL_FILE}-shm"))]
        .into_iter()
        .try_for_each(|path| held.note(path))
        .map_err(file_fault)?;
    Ok((journal, held))
}

/// Brings what the log holds into the file, and empties it.
fn empty_log(journal: &Connection) -> rusqlite::Result<()> {
    journal.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

impl Drop for Node {
    fn drop(&mut self) {
        let journal = self.journal.get_mut().unwrap_or_else(PoisonError::into_inner);
        // What it can't bring over stays in the log.
        let _ = empty_log(journal);
    }
}

/// An entry of the columns stream, version, id, whatever, bytes.
fn listed(row: &rusqlite::Row<'_>, why: Why) -> rusqlite::Result<Aside> {
    Ok(Aside {
        stream: row.get(0)?,
        version: row.get::<_, i64>(1)?.unsigned_abs(),
        id: row.get(2)?,
        why,
        bytes: row.get::<_, i64>(4)?.unsigned_abs(),
    })
}

/// The word for a reason in the file.
fn word(why: Why) -> String {
    serde_json::to_value(why).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn why(word: &str) -> Why {
    serde_json::from_value(word.into()).unwrap_or(Why::Damaged)
}

/// Writes a line of an instance's into the node's log.
fn log(body: &[u8]) -> Response<Bytes> {
    let Ok(line) = serde_json::from_slice::<LogLine>(body) else { return status(StatusCode::BAD_REQUEST) };
    let LogLine { level, event, request_id, route, status: answered, code, game, took_ms, detail } = line;
    macro_rules! write_line {
        ($level:ident) => {
            tracing::$level!(request_id, route, status = answered, code, game, took_ms, detail, "{event}")
        };
    }
    match level {
        Level::Info => write_line!(info),
        Level::Warn => write_line!(warn),
        Level::Error => write_line!(error),
    }
    status(StatusCode::NO_CONTENT)
}

fn answered<T: DeserializeOwned, A: Serialize>(
    body: &[u8],
    answer: impl FnOnce(T) -> rusqlite::Result<A>,
) -> Response<Bytes> {
    let Ok(request) = serde_json::from_slice(body) else { return status(StatusCode::BAD_REQUEST) };
    match answer(request).map(|answer| serde_json::to_vec(&answer)) {
        Ok(Ok(body)) => Response::new(Bytes::from(body)),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

/// The answer where the node service fails; why is for the log. What an entry holds is sealed, and no error repeats it.
fn failed(error: &dyn std::error::Error) -> Response<Bytes> {
    tracing::error!(%error, "the node service failed");
    status(StatusCode::INTERNAL_SERVER_ERROR)
}

fn status(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_lines;

    fn entry(stream: &str, version: u64, id: &str) -> JournalEntry {
        JournalEntry { stream: stream.into(), version, id: id.into(), sealed: vec![1, 2, 3] }
    }

    fn append(node: &Node, entry: &JournalEntry) -> u16 {
        node.journal(node::JOURNAL_APPEND, &serde_json::to_vec(entry).unwrap()).status().as_u16()
    }

    fn arrived(node: &Node, stream: &str, id: &str) {
        node.is_done((stream.into(), id.into()), Done::Arrived).unwrap();
    }

    #[test]
    fn a_place_in_a_stream_is_given_once_and_entries_come_back_in_order() {
        let node = Node::open(None).unwrap();
        assert_eq!(append(&node, &entry("b", 5, "1")), 204);
        assert_eq!(append(&node, &entry("a", 2, "2")), 204);
        assert_eq!(append(&node, &entry("b", 5, "3")), 409);
        assert_eq!(append(&node, &entry("b", 4, "4")), 409);
        assert_eq!(append(&node, &entry("b", 6, "5")), 204);
        assert_eq!(entries(&node, "b"), [entry("b", 5, "1"), entry("b", 6, "5")]);
        assert_eq!(node.streams(10, None).unwrap().streams, ["b", "a"]);
        let first = node.streams(1, None).unwrap();
        assert_eq!(first.streams, ["b"]);
        assert_eq!(node.streams(1, first.next.as_deref()).unwrap().streams, ["a"]);
        assert_eq!(node.counts().unwrap().waiting, 3);
        arrived(&node, "b", "1");
        arrived(&node, "b", "1");
        assert_eq!(entries(&node, "b"), [entry("b", 6, "5")]);
    }

    fn entries(node: &Node, stream: &str) -> Vec<JournalEntry> {
        node.read(stream, None).unwrap().entries
    }

    #[test]
    fn a_long_stream_is_read_page_by_page() {
        let node = Node::open(None).unwrap();
        for version in 1..=5 {
            let sealed = vec![7; node::MAX_PAGE_BYTES / 2];
            assert_eq!(append(&node, &JournalEntry { sealed, ..entry("a", version, "x") }), 204);
        }
        let (mut after, mut versions) = (None, Vec::new());
        loop {
            let page = node.read("a", after.as_ref()).unwrap();
            versions.extend(page.entries.iter().map(|entry| entry.version));
            after = page.end();
            if !page.more {
                break;
            }
        }
        assert_eq!(versions, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_was_set_aside_is_kept_counted_and_put_back_where_its_place_is_free() {
        let node = Node::open(None).unwrap();
        append(&node, &entry("a", 1, "1"));
        append(&node, &entry("a", 2, "2"));
        let order = SetAside { stream: "a".into(), place: entry("a", 1, "1").place(), why: Why::OtherKey };
        node.set_aside(&order).unwrap();
        assert_eq!(node.counts().unwrap(), Counts { waiting: 1, aside: 1, other_key: 1, unremoved: 0 });
        assert_eq!(entries(&node, "a"), [entry("a", 2, "2")]);
        assert_eq!(node.aside(&Limit::of(None)).unwrap()[0].why, Why::OtherKey);
        assert_eq!(node.retry("a", "none").unwrap(), Some(false));
        assert_eq!(node.retry("a", "1").unwrap(), Some(true));
        assert_eq!(entries(&node, "a"), [entry("a", 1, "1"), entry("a", 2, "2")]);
        node.set_aside(&order).unwrap();
        append(&node, &entry("b", 1, "3"));
        let only = |id: &str| node.aside(&Limit { id: Some(id.into()), ..Limit::of(None) }).unwrap().len();
        assert_eq!((only("1"), only("2")), (1, 0), "found by its id, however many there are");
        assert!(node.drop_aside("a", "1").unwrap());
        assert!(!node.drop_aside("a", "1").unwrap());
    }

    #[test]
    fn a_full_disk_keeps_nothing_in_the_way_and_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::open(Some(folder.path())).unwrap();
        for version in 1..=4 {
            append(&node, &entry("a", version, &version.to_string()));
        }
        node.with_journal(|journal| journal.execute_batch("PRAGMA query_only = ON")).unwrap();
        arrived(&node, "a", "1");
        assert_eq!(entries(&node, "a").len(), 3);
        assert_eq!(node.counts().unwrap(), Counts { waiting: 3, unremoved: 1, ..Counts::default() });
        // What the origin refuses is not sent again and again either, and is listed.
        let order = SetAside { stream: "a".into(), place: entry("a", 2, "2").place(), why: Why::Refused };
        node.set_aside(&order).unwrap();
        assert_eq!(entries(&node, "a"), [entry("a", 3, "3"), entry("a", 4, "4")]);
        assert_eq!(
            node.aside(&Limit::of(None)).unwrap().iter().map(|aside| aside.id.as_str()).collect::<Vec<_>>(),
            ["2"]
        );
        assert_eq!(node.counts().unwrap(), Counts { waiting: 2, aside: 1, unremoved: 2, ..Counts::default() });
        assert!(node.drop_aside("a", "2").is_err() && node.retry("a", "2").is_err(), "it would come back");
        arrived(&node, "a", "3");
        arrived(&node, "a", "4");
        assert!(node.streams(10, None).unwrap().streams.is_empty());
        assert_eq!(node.counts().unwrap(), Counts { aside: 1, unremoved: 4, ..Counts::default() });
        node.with_journal(|journal| journal.execute_batch("PRAGMA query_only = OFF")).unwrap();
        assert_eq!(node.counts().unwrap(), Counts { aside: 1, ..Counts::default() }, "with room again, all of it goes");
        assert_eq!(node.retry("a", "2").unwrap(), Some(true));
        assert_eq!(entries(&node, "a"), [entry("a", 2, "2")]);
    }

    /// Keeps the journal from everybody else for that long, from when it answers.
    fn occupied(node: &Arc<Node>, lasts: Duration) -> std::thread::JoinHandle<()> {
        let (node, (begun, begins)) = (Arc::clone(node), std::sync::mpsc::channel());
        let occupying = std::thread::spawn(move || {
            node.with_journal(|_| {
                begun.send(()).unwrap();
                std::thread::sleep(lasts);
            });
        });
        begins.recv().unwrap();
        occupying
    }

    #[tokio::test]
    async fn whoever_watches_holds_up_nobody_and_has_little_counted() {
        let node = Arc::new(Node::open(None).unwrap());
        append(&node, &entry("a", 1, "1"));
        let occupying = occupied(&node, Duration::from_millis(500));
        let watching: Vec<_> =
            (0..9).map(|_| Arc::clone(&node)).map(|node| async move { node.watched().await }).collect();
        let watching: Vec<_> = watching.into_iter().map(tokio::spawn).collect();
        // This thread is the only one that runs tasks.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(watching.iter().all(|watching| !watching.is_finished()));
        let expected = Some(Counts { waiting: 1, ..Counts::default() });
        for watching in watching {
            assert_eq!(watching.await.unwrap(), expected);
        }
        occupying.join().unwrap();
        append(&node, &entry("a", 2, "2"));
        assert_eq!(node.watched().await, expected, "nothing is counted again within a second");
    }

    #[tokio::test]
    async fn what_is_asked_of_the_journal_is_done_in_the_order_of_asking_though_nobody_waits_for_it_any_more() {
        let node = Arc::new(Node::open(None).unwrap());
        let done = Arc::<Mutex<Vec<u32>>>::default();
        let ask = |number: u32, takes_ms: u64| {
            let (node, done) = (Arc::clone(&node), Arc::clone(&done));
            tokio::spawn(async move {
                let work = move || {
                    std::thread::sleep(Duration::from_millis(takes_ms));
                    done.lock().unwrap().push(number);
                };
                node.in_order(work).await
            })
        };
        // One that appends, say, whose answer comes too late; what takes the entry back must not overtake it.
        let (slow, quick) = (ask(1, 50), ask(2, 0));
        tokio::time::sleep(Duration::from_millis(1)).await;
        slow.abort();
        assert_eq!(quick.await.unwrap(), Some(()));
        assert_eq!(*done.lock().unwrap(), [1, 2]);
    }

    #[test]
    fn why_the_journal_fails_is_in_the_log_and_nothing_of_what_it_holds() {
        let node = Node::open(None).unwrap();
        node.with_journal(|journal| journal.execute_batch("DROP TABLE journal")).unwrap();
        let (_listening, lines) = log_lines::listen();
        let kept = JournalEntry { sealed: b"what was said".to_vec(), ..entry("a", 1, "1") };
        assert_eq!(append(&node, &kept), 500);
        assert_eq!(node.journal(node::JOURNAL_COUNTS, b"null").status(), 500);
        let lines = lines.text();
        assert_eq!(lines.matches("no such table: journal").count(), 2, "{lines}");
        assert!(!lines.contains("what was said"));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_the_journal() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let node = Node::open(Some(folder.path())).unwrap();
        append(&node, &entry("a", 1, "1"));
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
        assert!(files.len() > 1, "its log lies beside it");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.path());
        }
    }

    #[test]
    fn a_journal_in_a_folder_outlives_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::open(Some(folder.path())).unwrap();
        assert_eq!(append(&node, &entry("a", 1, "1")), 204);
        drop(node);
        assert_eq!(entries(&Node::open(Some(folder.path())).unwrap(), "a"), [entry("a", 1, "1")]);
    }

    #[test]
    fn nothing_is_journalled_in_a_file_that_was_taken_away_and_what_lies_there_can_still_arrive() {
        for taken in ["", "-wal"] {
            let folder = tempfile::tempdir().unwrap();
            let node = Node::open(Some(folder.path())).unwrap();
            assert_eq!(append(&node, &entry("a", 1, "1")), 204);
            let file = folder.path().join(format!("{JOURNAL_FILE}{taken}"));
            std::fs::rename(&file, folder.path().join("elsewhere")).unwrap();
            assert_eq!(append(&node, &entry("a", 2, "2")), 500);
            assert_eq!(node.journal(node::JOURNAL_COUNTS, b"null").status(), 500, "its health knows");
            assert_eq!(entries(&node, "a"), [entry("a", 1, "1")]);
            arrived(&node, "a", "1");
            std::fs::rename(folder.path().join("elsewhere"), &file).unwrap();
            assert_eq!(append(&node, &entry("a", 2, "2")), 204);
        }
    }

    #[test]
    fn a_journal_that_was_there_and_is_gone_empty_or_without_its_log_is_not_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let log = format!("{JOURNAL_FILE}-wal");
        drop(Node::open(Some(folder.path())).unwrap());
        std::fs::write(path(CACHE_FILE), "").unwrap();
        drop(Node::open(Some(folder.path())).unwrap());
        let whole = std::fs::read(path(JOURNAL_FILE)).unwrap();
        let refused = |missing: &str| match Node::open(Some(folder.path())) {
            Err(OpenError::Lost { missing: told, .. }) => assert_eq!(told, path(missing)),
            other => panic!("{:?}", other.map(drop)),
        };
        std::fs::remove_file(path(&log)).unwrap();
        refused(&log);
        let _ = std::fs::remove_file(path(&log));
        std::fs::write(path(JOURNAL_FILE), "").unwrap();
        refused(JOURNAL_FILE);
        std::fs::remove_file(path(JOURNAL_FILE)).unwrap();
        refused(JOURNAL_FILE);
        assert!(!path(JOURNAL_FILE).exists());
        // One of an older node, which took its log away when it ended.
        std::fs::write(path(JOURNAL_FILE), &whole).unwrap();
        let older = Connection::open(path(JOURNAL_FILE)).unwrap();
        older.execute_batch("PRAGMA user_version = 0").unwrap();
        drop(older);
        assert!(!path(&log).exists());
        drop(Node::open(Some(folder.path())).unwrap());
        // Somebody has decided.
        for name in [JOURNAL_FILE, &log, CACHE_FILE] {
            std::fs::remove_file(path(name)).unwrap();
        }
        assert!(Node::open(Some(folder.path())).is_ok());
    }

    #[test]
    fn malformed_requests_are_refused() {
        let node = Node::open(None).unwrap();
        for path in [node::JOURNAL_APPEND, node::JOURNAL_READ, node::JOURNAL_STREAMS, node::JOURNAL_REMOVE] {
            assert_eq!(node.journal(path, b"{").status(), 400, "{path}");
        }
        assert_eq!(node.count(b"[]").status(), 400);
        assert_eq!(node.journal("/other", b"{}").status(), 404);
    }
}
