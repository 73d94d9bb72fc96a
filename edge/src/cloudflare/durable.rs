//! The node service (`lgdl::wire::node`) as a Durable Object: counts limits and keeps the journal, both exactly. One class;
//! instances are told apart by their names, and the pipeline knows neither.
//!
//! A panic in here would hang its caller, so there is none: every failure is an answer.

// The attribute of `worker` expands to it; nothing in here is unsafe.
#![allow(unsafe_code)]

use std::cell::Cell;

use lgdl::limits::{CountRequest, Counters, Entry, EntryName as LimitName};
use lgdl::wire::node::{self, EntryName, JournalEntry, Limit, Stream};
use serde::Deserialize;
use worker::{
    DurableObject, Env, Method, Request, Response, Result, SqlStorage, SqlStorageValue, State, durable_object,
};

/// How often buckets that are full again are forgotten, milliseconds.
const SWEEP_INTERVAL_MS: i64 = 3_600_000;
/// Entries or streams that are read at once at most.
const MAX_ENTRIES_READ: i64 = 1_000;

/// Counters or a journal, in transactional storage.
#[durable_object]
pub struct NodeObject {
    state: State,
    ready: Cell<bool>,
}

impl DurableObject for NodeObject {
    fn new(state: State, _env: Env) -> Self {
        NodeObject { state, ready: Cell::new(false) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        self.prepare()?;
        match (request.method(), request.path().as_str()) {
            (Method::Post, node::COUNT) => self.count(&request.json().await?).await,
            (Method::Post, node::JOURNAL_APPEND) => self.append(&request.json().await?),
            (Method::Post, node::JOURNAL_READ) => self.read(&request.json().await?),
            (Method::Post, node::JOURNAL_STREAMS) => self.streams(&request.json().await?),
            (Method::Post, node::JOURNAL_REMOVE) => self.remove(&request.json().await?),
            _ => Response::error("no such operation", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.prepare()?;
        let now_ms = now_ms();
        let rows: Vec<LimitRow> = self.sql().exec("SELECT name, value FROM entries", None)?.to_array()?;
        let mut left = 0;
        for row in rows {
            match serde_json::from_str::<Entry>(&row.value) {
                Ok(entry) if !entry.is_forgettable(now_ms) => left += 1,
                _ => {
                    self.sql().exec("DELETE FROM entries WHERE name = ?", vec![row.name.into()])?;
                }
            }
        }
        if left > 0 {
            self.state.storage().set_alarm(SWEEP_INTERVAL_MS).await?;
        }
        Response::empty()
    }
}

#[derive(Deserialize)]
struct LimitRow {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct EntryRow {
    entry: String,
}

#[derive(Deserialize)]
struct StreamRow {
    stream: String,
}

impl NodeObject {
    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }

    fn prepare(&self) -> Result<()> {
        if !self.ready.replace(true) {
            for statement in [
                "CREATE TABLE IF NOT EXISTS entries (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
                "CREATE TABLE IF NOT EXISTS journal (sequence INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, \
                 version INTEGER NOT NULL, id TEXT NOT NULL, entry TEXT NOT NULL, UNIQUE (stream, version))",
            ] {
                self.sql().exec(statement, None)?;
            }
        }
        Ok(())
    }

    /// Requests to one object run one after the other between awaits, and this has none until it is done.
    async fn count(&self, request: &CountRequest) -> Result<Response> {
        let now_ms = now_ms();
        let mut counters = Counters::default();
        for name in LimitName::of(request) {
            let rows: Vec<LimitRow> = self
                .sql()
                .exec("SELECT name, value FROM entries WHERE name = ?", vec![name.to_string().into()])?
                .to_array()?;
            if let Some(entry) = rows.first().and_then(|row| serde_json::from_str(&row.value).ok()) {
                counters.restore(&name, entry);
            }
        }
        let counted = counters.count(request, now_ms);
        for name in LimitName::of(request) {
            if let Some(entry) = counters.entry(&name) {
                let values: Vec<SqlStorageValue> = vec![name.to_string().into(), serde_json::to_string(&entry)?.into()];
                self.sql().exec("INSERT OR REPLACE INTO entries (name, value) VALUES (?, ?)", values)?;
            }
        }
        if self.state.storage().get_alarm().await?.is_none() {
            self.state.storage().set_alarm(SWEEP_INTERVAL_MS).await?;
        }
        Response::from_json(&counted)
    }

    fn append(&self, entry: &JournalEntry) -> Result<Response> {
        let version = SqlStorageValue::try_from_i64(i64::try_from(entry.version).unwrap_or(i64::MAX))?;
        let stream = SqlStorageValue::from(entry.stream.as_str());
        let taken: Vec<StreamRow> = self
            .sql()
            .exec(
                "INSERT INTO journal (stream, version, id, entry) SELECT ?1, ?2, ?3, ?4 \
                 WHERE NOT EXISTS (SELECT 1 FROM journal WHERE stream = ?1 AND version >= ?2) RETURNING stream",
                vec![stream, version, entry.id.as_str().into(), serde_json::to_string(entry)?.into()],
            )?
            .to_array()?;
        if taken.is_empty() { Response::error("the stream has moved on", 409) } else { Response::empty() }
    }

    fn read(&self, wanted: &Stream) -> Result<Response> {
        let rows: Vec<EntryRow> = self
            .sql()
            .exec(
                "SELECT entry FROM journal WHERE stream = ? ORDER BY version LIMIT ?",
                vec![wanted.stream.as_str().into(), MAX_ENTRIES_READ.into()],
            )?
            .to_array()?;
        let entries = rows.iter().map(|row| serde_json::from_str(&row.entry));
        Response::from_json(&entries.collect::<std::result::Result<Vec<JournalEntry>, _>>()?)
    }

    fn streams(&self, wanted: &Limit) -> Result<Response> {
        let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX).min(MAX_ENTRIES_READ);
        let rows: Vec<StreamRow> = self
            .sql()
            .exec("SELECT stream FROM journal GROUP BY stream ORDER BY MIN(sequence) LIMIT ?", vec![limit.into()])?
            .to_array()?;
        Response::from_json(&rows.into_iter().map(|row| row.stream).collect::<Vec<_>>())
    }

    fn remove(&self, name: &EntryName) -> Result<Response> {
        self.sql().exec(
            "DELETE FROM journal WHERE stream = ? AND id = ?",
            vec![name.stream.as_str().into(), name.id.as_str().into()],
        )?;
        Response::empty()
    }
}

fn now_ms() -> i64 {
    i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX)
}
