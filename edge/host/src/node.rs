//! The node service: exact counting, and the journal on disk. The component reaches it under an address that exists only
//! inside this process.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use lgdl::limits::Counters;
use lgdl::wire::node::{self, EntryName, JournalEntry, Limit, Stream};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The authority that stands for this service.
pub(crate) const AUTHORITY: &str = "node.internal";

/// The largest number of streams listed at once.
const MAX_STREAMS: usize = 1_000;

/// Counters and journal of a node.
pub(crate) struct Node {
    counters: Mutex<Counters>,
    journal: Mutex<Connection>,
}

impl Node {
    /// Opens the journal in a folder, or in memory.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Node, rusqlite::Error> {
        let journal = match folder {
            Some(folder) => Connection::open(folder.join("journal.sqlite3"))?,
            None => Connection::open_in_memory()?,
        };
        // A journalled turn was acknowledged as lying on the disk, so it must lie there: every append is synced. One that is
        // removed is written over.
        journal.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;
             CREATE TABLE IF NOT EXISTS journal (
                 sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                 stream TEXT NOT NULL,
                 version INTEGER NOT NULL,
                 id TEXT NOT NULL,
                 sealed BLOB NOT NULL,
                 UNIQUE (stream, version));",
        )?;
        Ok(Node { counters: Mutex::default(), journal: Mutex::new(journal) })
    }

    /// How many turns wait.
    pub(crate) fn waiting(&self) -> u64 {
        let count = |journal: &Connection| journal.query_row("SELECT count(*) FROM journal", [], |row| row.get(0));
        self.with_journal(count).map_or(0, i64::unsigned_abs)
    }

    /// Answers one request.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Bytes>) -> Response<Bytes> {
        if request.uri().path() == node::COUNT {
            return self.count(request.body());
        }
        // Everything else may wait for the disk.
        let answering = tokio::task::spawn_blocking(move || self.journal(request.uri().path(), request.body()));
        answering.await.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
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
            node::JOURNAL_READ => answered(body, |Stream { stream }| self.read(&stream)),
            node::JOURNAL_STREAMS => answered(body, |Limit { limit }| self.streams(limit.min(MAX_STREAMS))),
            node::JOURNAL_REMOVE => answered(body, |EntryName { stream, id }| self.remove(&stream, &id)),
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    fn append(&self, body: &[u8]) -> Response<Bytes> {
        let Ok(entry) = serde_json::from_slice::<JournalEntry>(body) else { return status(StatusCode::BAD_REQUEST) };
        let Ok(version) = i64::try_from(entry.version) else { return status(StatusCode::BAD_REQUEST) };
        // One statement, so that of two turns at once one finds the place taken.
        let sql = "INSERT INTO journal (stream, version, id, sealed)
                   SELECT ?1, ?2, ?3, ?4
                   WHERE NOT EXISTS (SELECT 1 FROM journal WHERE stream = ?1 AND version >= ?2)";
        let appended = self.with_journal(|journal| {
            journal.prepare_cached(sql)?.execute(params![entry.stream, version, entry.id, entry.sealed])
        });
        match appended {
            Ok(1) => status(StatusCode::NO_CONTENT),
            Ok(_) => status(StatusCode::CONFLICT),
            Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    fn read(&self, stream: &str) -> rusqlite::Result<Vec<JournalEntry>> {
        self.with_journal(|journal| {
            let sql = "SELECT version, id, sealed FROM journal WHERE stream = ?1 ORDER BY version";
            let mut statement = journal.prepare_cached(sql)?;
            let entries = statement.query_map([stream], |row| {
                Ok(JournalEntry {
                    stream: stream.to_owned(),
                    version: row.get::<_, i64>(0)?.unsigned_abs(),
                    id: row.get(1)?,
                    sealed: row.get(2)?,
                })
            })?;
            entries.collect()
        })
    }

    fn streams(&self, limit: usize) -> rusqlite::Result<Vec<String>> {
        self.with_journal(|journal| {
            let sql = "SELECT stream FROM journal GROUP BY stream ORDER BY min(sequence) LIMIT ?1";
            let mut statement = journal.prepare_cached(sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            statement.query_map([limit], |row| row.get(0))?.collect()
        })
    }

    fn remove(&self, stream: &str, id: &str) -> rusqlite::Result<usize> {
        self.with_journal(|journal| {
            journal.prepare_cached("DELETE FROM journal WHERE stream = ?1 AND id = ?2")?.execute([stream, id])
        })
    }

    fn with_journal<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        work(&self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn answered<T: DeserializeOwned, A: Serialize>(
    body: &[u8],
    answer: impl FnOnce(T) -> rusqlite::Result<A>,
) -> Response<Bytes> {
    let Ok(request) = serde_json::from_slice(body) else { return status(StatusCode::BAD_REQUEST) };
    match answer(request).map(|answer| serde_json::to_vec(&answer)) {
        Ok(Ok(body)) => Response::new(Bytes::from(body)),
        _ => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn status(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(stream: &str, version: u64, id: &str) -> JournalEntry {
        JournalEntry { stream: stream.into(), version, id: id.into(), sealed: vec![1, 2, 3] }
    }

    fn append(node: &Node, entry: &JournalEntry) -> u16 {
        node.journal(node::JOURNAL_APPEND, &serde_json::to_vec(entry).unwrap()).status().as_u16()
    }

    #[test]
    fn a_place_in_a_stream_is_given_once_and_entries_come_back_in_order() {
        let node = Node::open(None).unwrap();
        assert_eq!(append(&node, &entry("b", 5, "1")), 204);
        assert_eq!(append(&node, &entry("a", 2, "2")), 204);
        assert_eq!(append(&node, &entry("b", 5, "3")), 409);
        assert_eq!(append(&node, &entry("b", 4, "4")), 409);
        assert_eq!(append(&node, &entry("b", 6, "5")), 204);
        assert_eq!(node.read("b").unwrap(), [entry("b", 5, "1"), entry("b", 6, "5")]);
        assert_eq!(node.streams(10).unwrap(), ["b", "a"]);
        assert_eq!(node.waiting(), 3);
        assert_eq!(node.remove("b", "1").unwrap(), 1);
        assert_eq!(node.remove("b", "1").unwrap(), 0);
        assert_eq!(node.read("b").unwrap(), [entry("b", 6, "5")]);
    }

    #[test]
    fn a_journal_in_a_folder_outlives_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::open(Some(folder.path())).unwrap();
        assert_eq!(append(&node, &entry("a", 1, "1")), 204);
        drop(node);
        assert_eq!(Node::open(Some(folder.path())).unwrap().read("a").unwrap(), [entry("a", 1, "1")]);
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
