//! The store's copy on disk, so that a node that starts again while the origin is away has its games and states. It is written
//! behind the store, and it is a cache: one that can't be read or written is thrown away.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::files::only_for_us;

/// The copy's file in the node's folder.
pub const CACHE_FILE: &str = "cache.sqlite3";

/// What became of a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// It has this value.
    Kept(&'a [u8]),
    /// It had to make room.
    MadeRoom,
    /// It was removed: it may have been erased.
    Removed,
}

/// The copy, and the thread that writes it.
pub(super) struct Disk {
    pending: Arc<Pending>,
    writer: Option<JoinHandle<()>>,
}

/// What the copy lacks.
#[derive(Default)]
struct Pending {
    changes: Mutex<Changes>,
    changed: Condvar,
}

#[derive(Default)]
struct Changes {
    /// The last of each key; `None` removes it.
    by_key: HashMap<String, Option<Vec<u8>>>,
    /// Whether any of them was removed.
    removed: bool,
    ended: bool,
}

impl Changes {
    /// Whether they may wait for more.
    fn may_wait(&self) -> bool {
        !self.removed && !self.ended
    }
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    /// Opens the copy in a folder, and gives what it holds, what was written last at the end. After one write the next one waits so long
    /// for more to come.
    pub(super) fn open(folder: &Path, gather: Duration) -> (Disk, Vec<(String, Vec<u8>)>) {
        let path = folder.join(CACHE_FILE);
        let opened = open(&path).and_then(|file| Ok((read(&file)?, file)));
        let (held, file) = match opened {
            Ok((held, file)) => (held, Some(file)),
            Err(error) => {
                told("can't be read and begins anew", &error);
                throw_away(&path);
                (Vec::new(), None)
            }
        };
        let pending = Arc::<Pending>::default();
        let writing = Arc::clone(&pending);
        let writer =
            std::thread::Builder::new().name("lgdl-cache".into()).spawn(move || write(&path, file, &writing, gather));
        if let Err(error) = &writer {
            told("is not written", error);
        }
        (Disk { pending, writer: writer.ok() }, held)
    }

    /// Has the copy take a change over.
    pub(super) fn change(&self, key: &str, change: Change<'_>) {
        if self.writer.is_some() {
            let (value, removed) = match change {
                Change::Kept(value) => (Some(value.to_vec()), false),
                Change::MadeRoom => (None, false),
                Change::Removed => (None, true),
            };
            let mut changes = self.pending.lock();
            let is_first = changes.by_key.is_empty();
            changes.removed |= removed;
            changes.by_key.insert(key.to_owned(), value);
            if is_first || removed {
                self.pending.changed.notify_one();
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.pending.lock().ended = true;
        self.pending.changed.notify_one();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            eprintln!("lgdl: the writer of {CACHE_FILE} ended early");
        }
    }
}

/// Writes until the store is dropped. All that has changed meanwhile is one transaction, so that the copy is the store as it was at
/// some moment.
fn write(path: &Path, mut file: Option<Connection>, pending: &Pending, gather: Duration) {
    let (mut fails, mut not_before) = (false, Instant::now());
    loop {
        let (batch, ended) = {
            let nothing = |changes: &mut Changes| changes.by_key.is_empty() && !changes.ended;
            let changes = pending.changed.wait_while(pending.lock(), nothing).unwrap_or_else(PoisonError::into_inner);
            let rest = not_before.saturating_duration_since(Instant::now());
            let gathered = pending.changed.wait_timeout_while(changes, rest, |changes| changes.may_wait());
            let (mut changes, _) = gathered.unwrap_or_else(PoisonError::into_inner);
            changes.removed = false;
            (std::mem::take(&mut changes.by_key), changes.ended)
        };
        if !batch.is_empty() {
            let open_now = || open(path);
            let written = file.take().map_or_else(open_now, Ok).and_then(|file| keep(&file, batch).map(|()| file));
            match written {
                Ok(written) => (file, fails) = (Some(written), false),
                // On a full disk, say. What it holds may be erased meanwhile, and could not be taken out.
                Err(error) => {
                    // Once, not for every turn.
                    if !std::mem::replace(&mut fails, true) {
                        told("can't be written and begins anew", &error);
                    }
                    throw_away(path);
                }
            }
            not_before = Instant::now() + gather;
        }
        if ended {
            return;
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    only_for_us(path).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let file = Connection::open(path)?;
    // Not synced: after a loss of power it may be damaged, and is thrown away then. What is removed is written over.
    file.execute_batch(
        "PRAGMA journal_mode = TRUNCATE;
         PRAGMA synchronous = OFF;
         PRAGMA secure_delete = ON;
         CREATE TABLE IF NOT EXISTS kept (key TEXT NOT NULL UNIQUE, value BLOB NOT NULL);",
    )?;
    Ok(file)
}

fn read(file: &Connection) -> rusqlite::Result<Vec<(String, Vec<u8>)>> {
    let mut statement = file.prepare("SELECT key, value FROM kept ORDER BY rowid")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn keep(file: &Connection, batch: HashMap<String, Option<Vec<u8>>>) -> rusqlite::Result<()> {
    let all = file.unchecked_transaction()?;
    for (key, value) in batch {
        match value {
            Some(value) => {
                all.prepare_cached("REPLACE INTO kept (key, value) VALUES (?1, ?2)")?.execute(params![key, value])?
            }
            None => all.prepare_cached("DELETE FROM kept WHERE key = ?1")?.execute([key])?,
        };
    }
    all.commit()
}

fn throw_away(path: &Path) {
    let journal = PathBuf::from(format!("{}-journal", path.display()));
    for file in [path, &journal] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => told("can't be removed", &error),
            _ => {}
        }
    }
}

fn told(what: &str, error: &dyn std::error::Error) {
    eprintln!("lgdl: {CACHE_FILE} {what}: {error}");
}
