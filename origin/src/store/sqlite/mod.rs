//! The embedded store. One file, one writer with group commit, a few readers.
//!
//! Durable against `kill -9` and loss of power: write-ahead log with `synchronous = FULL`, and a write is answered
//! only after its transaction was synced.

mod administrators;
mod archives;
mod audit;
mod commit;
mod conversations;
mod data_keys;
mod events;
mod games;
mod handovers;
mod in_use;
mod keys;
mod maintenance;
mod nodes;
mod people;
mod readers;
mod reports;
mod sessions;
mod transfer;
mod webhooks;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lgdl_files::Held;
use rusqlite::{Connection, OpenFlags};

pub(crate) use self::in_use::InUse;
use self::readers::Readers;
use self::writer::Writer;
use super::audit_names::Naming;
use super::{Event, Result, Signals, StoreError};
use crate::clock::Clock;
use crate::files::with_suffix;
use crate::migrations;

/// How long a connection waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements that a connection keeps prepared.
const PREPARED_STATEMENTS: usize = 128;
/// Memory for pages of the connection that writes, kB. Every turn touches pages all over the indexes, by hashes: those of a
/// large database do not fit into the two megabytes that are usual, and a group that outgrows them is written twice.
const WRITER_CACHE_KB: i64 = 64 * 1024;
/// What the names of the write-ahead log's files have behind the store's.
const OF_THE_LOG: [&str; 2] = ["-wal", "-shm"];
/// Connections that read.
const READERS: usize = 4;

/// A SQLite store.
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
    naming: Arc<Naming>,
    signals: Arc<Signals>,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the file, makes it when there is none, and applies migrations that are due.
    ///
    /// # Errors
    /// When the file can't be opened, is no database, or has a schema that does not fit.
    pub async fn open(path: &Path, clock: &dyn Clock) -> Result<SqliteStore> {
        let (path, now_ms) = (path.to_owned(), clock.now_ms());
        let opened = move || {
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                std::fs::create_dir_all(parent).map_err(|error| {
                    StoreError::Unavailable(format!("the folder {} can't be made: {error}", parent.display()))
                })?;
            }
            let in_use = InUse::with_others(&path)?;
            keep_private(&path)?;
            let mut held = Held::default();
            let mut note = |path| held.note(path).map_err(|error| StoreError::Unavailable(error.to_string()));
            // Before it is opened: if it is replaced in between, nothing is written.
            note(path.clone())?;
            let mut connection = connect(&path)?;
            migrations::sqlite::apply(&mut connection, now_ms)?;
            OF_THE_LOG.iter().try_for_each(|suffix| note(with_suffix(&path, suffix)))?;
            connection.pragma_update(None, "cache_size", -WRITER_CACHE_KB).map_err(failed)?;
            let readers = Readers::open(READERS, || connect(&path))?;
            let signals = Arc::<Signals>::default();
            Ok(SqliteStore {
                writer: Writer::start(connection, held, in_use, Arc::clone(&signals))?,
                signals,
                readers: Arc::new(readers),
                naming: Arc::default(),
                path,
            })
        };
        tokio::task::spawn_blocking(opened).await.map_err(|error| StoreError::Internal(error.to_string()))?
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        Readers::read(&self.readers, work).await
    }

    /// Copies the write-ahead log into the main file and cuts it. Whoever reads for longer than a connection waits keeps it from
    /// being cut; then the next one does it, or the end of the process.
    async fn empty_log(&self) {
        let path = self.path.clone();
        let emptied = move || {
            let connection = look_into(&path)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)).map_err(failed)
        };
        match tokio::task::spawn_blocking(emptied).await {
            Ok(Ok(false)) => {}
            other => tracing::warn!(?other, "the write-ahead log still holds what was erased"),
        }
    }

    /// Runs a change and, if it touches any row, tells of it in the same transaction.
    async fn change<F>(&self, told: Event, work: F) -> Result<bool>
    where
        F: Fn(&Connection) -> rusqlite::Result<usize> + Send + 'static,
    {
        self.writer
            .write(move |connection| {
                let changed = work(connection).map_err(failed)? > 0;
                if changed {
                    commit::write_event(connection, &told).map_err(failed)?;
                }
                Ok(changed)
            })
            .await
    }
}

/// Makes the file, if it is not there, for its owner alone, and takes from others what a program of before has let them have.
/// SQLite gives its log the same rights.
pub(crate) fn keep_private(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let failed = |error| StoreError::Unavailable(format!("{} can't be opened: {error}", path.display()));
        let mut options = std::fs::OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(PRIVATE).open(path).map_err(failed)?;
        let rights = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if rights & !PRIVATE != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(rights & PRIVATE)).map_err(failed)?;
        }
    }
    Ok(())
}

/// The rights of the file: its owner's.
#[cfg(unix)]
const PRIVATE: u32 = 0o600;

/// Pages of the write-ahead log (of 4 KiB) after which it is copied into the main file: 32 MB. Pages that many turns touch are copied
/// once for all of them, so the longer the log, the fewer.
const CHECKPOINT_PAGES: i64 = 8_000;

/// A connection that changes nothing of what lies there, whatever it is, and makes nothing.
pub(crate) fn look_into(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(connection)
    });
    opened.map_err(|error| StoreError::Unavailable(format!("{} can't be opened: {error}", path.display())))
}

/// A connection with the settings that every connection needs.
pub(crate) fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        // What savepoints need to undo stays in memory, and the log is copied back in larger pieces than usual:
        // pages that many turns touch are copied less often, and nobody waits for long.
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        Ok(connection)
    };
    opened().map_err(|error| StoreError::Unavailable(format!("{} can't be opened: {error}", path.display())))
}

/// What a failed statement means to the caller. SQLite's messages name tables and columns, never values.
pub(crate) fn failed(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode as Code;
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(
            Code::DatabaseBusy
            | Code::DatabaseLocked
            | Code::DiskFull
            | Code::CannotOpen
            | Code::SystemIoFailure
            | Code::ReadOnly
            | Code::OutOfMemory,
        ) => StoreError::Unavailable(text),
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => StoreError::Damaged(text),
        _ => StoreError::Internal(text),
    }
}

/// A whole number from a column that can't be negative.
fn natural(value: i64) -> u64 {
    value.max(0).unsigned_abs()
}

/// A number for a column; ours stay far below the limit.
fn column(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
