//! The node service (`lgdl::wire::node`) as a Durable Object: counts limits and keeps the journal, both exactly. One class;
//! instances are told apart by their names, and the pipeline knows neither.
//!
//! A panic in here would hang its caller, so there is none: every failure is an answer.

// The attribute of `worker` expands to it; nothing in here is unsafe.
#![allow(unsafe_code)]

use std::cell::Cell;

use lgdl::limits::{CountRequest, Counters, Entry, EntryName as LimitName};
use lgdl::wire::node::{
    self, Aside, Counts, EntryName, Found, JournalEntry, Limit, MAX_ASIDE, Page, Place, SetAside, Stream, StreamPage,
    Streams, Why,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use worker::{
    DurableObject, Env, Method, Request, Response, Result, SqlStorage, SqlStorageValue, State, durable_object,
};

/// How often buckets that are full again are forgotten, milliseconds.
const SWEEP_INTERVAL_MS: i64 = 3_600_000;
/// Rows or streams that are read at once at most.
const MAX_ENTRIES_READ: i64 = 1_000;
/// Entries that are read for one page: what is read lies in memory, and an entry may take a mebibyte and a half.
const ENTRIES_A_PAGE: i64 = 16;

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
            (Method::Post, node::COUNT) => self.count(&read_body(&mut request).await?).await,
            (Method::Post, node::JOURNAL_APPEND) => self.append(&read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_READ) => self.read(&read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_STREAMS) => self.streams(&read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_REMOVE) => self.remove(&read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_SET_ASIDE) => self.set_aside(&read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_ASIDE) => self.aside(read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_RETRY) => self.retry(&read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_DROP) => self.drop_aside(&read_body(&mut request).await?),
            (Method::Post, node::JOURNAL_COUNTS) => self.counts(),
            _ => Response::error("no such operation", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.prepare()?;
        // Before anything else, so that one that fails half way is not the last.
        self.state.storage().set_alarm(SWEEP_INTERVAL_MS).await?;
        let now_ms = now_ms();
        let (mut left, mut after) = (false, String::new());
        loop {
            let page: Vec<LimitRow> = self
                .sql()
                .exec(
                    "SELECT name, value FROM entries WHERE name > ? ORDER BY name LIMIT ?",
                    vec![after.as_str().into(), MAX_ENTRIES_READ.into()],
                )?
                .to_array()?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.name);
            for row in page {
                match crate::json::read::<Entry>(row.value.as_bytes()) {
                    Ok(entry) if !entry.is_forgettable(now_ms) => left = true,
                    _ => {
                        self.sql().exec("DELETE FROM entries WHERE name = ?", vec![row.name.into()])?;
                    }
                }
            }
        }
        if !left {
            self.state.storage().delete_alarm().await?;
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
    version: i64,
    id: String,
    entry: String,
}

#[derive(Deserialize)]
struct FirstRow {
    stream: String,
    first: i64,
}

#[derive(Deserialize)]
struct AsideRow {
    stream: String,
    version: i64,
    id: String,
    why: String,
    bytes: i64,
}

#[derive(Deserialize)]
struct CountRow {
    count: i64,
}

/// A row of which only its being there counts.
#[derive(Deserialize)]
struct AnyRow {}

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
                "CREATE TABLE IF NOT EXISTS aside (stream TEXT NOT NULL, version INTEGER NOT NULL, id TEXT NOT NULL, \
                 entry TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (stream, id))",
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
            match rows.first().map(|row| crate::json::read(row.value.as_bytes())) {
                Some(Ok(entry)) => counters.restore(&name, entry),
                // Refused for ever would be worse than counted anew; but it is said.
                Some(Err(error)) => worker::console_error!("a counter can't be read and begins anew: {error}"),
                None => {}
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
        let version = integer(entry.version)?;
        let stream = SqlStorageValue::from(entry.stream.as_str());
        // An entry that came before, and whose answer was lost, is known by its id.
        let taken: Vec<AnyRow> = self
            .sql()
            .exec(
                "INSERT INTO journal (stream, version, id, entry) SELECT ?1, ?2, ?3, ?4 \
                 WHERE NOT EXISTS (SELECT 1 FROM journal WHERE stream = ?1 AND version >= ?2) RETURNING stream",
                vec![stream.clone(), version, entry.id.as_str().into(), serde_json::to_string(entry)?.into()],
            )?
            .to_array()?;
        let known = "SELECT stream FROM journal WHERE stream = ? AND id = ?";
        let is_ours = |rows: Vec<AnyRow>| !rows.is_empty();
        if is_ours(taken) || is_ours(self.sql().exec(known, vec![stream, entry.id.as_str().into()])?.to_array()?) {
            return Response::empty();
        }
        Response::error("the stream has moved on", 409)
    }

    fn read(&self, wanted: &Stream) -> Result<Response> {
        let after = wanted.after.as_ref().map_or(0, |place| place.version);
        let rows: Vec<EntryRow> = self
            .sql()
            .exec(
                "SELECT version, id, entry FROM journal WHERE stream = ? AND version > ? ORDER BY version LIMIT ?",
                vec![wanted.stream.as_str().into(), integer(after)?, ENTRIES_A_PAGE.into()],
            )?
            .to_array()?;
        let full = rows.len() as i64 == ENTRIES_A_PAGE;
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        for row in rows {
            match crate::json::read::<JournalEntry>(row.entry.as_bytes()) {
                Ok(entry) => entries.push(entry),
                Err(_) => unreadable.push(Place { version: row.version.unsigned_abs(), id: row.id }),
            }
        }
        let page = Page::of(entries);
        let end = page.end().filter(|_| page.more);
        unreadable.retain(|place| end.as_ref().is_none_or(|end| place <= end));
        Response::from_json(&Page { unreadable, more: page.more || full, ..page })
    }

    fn streams(&self, wanted: &Streams) -> Result<Response> {
        let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX).min(MAX_ENTRIES_READ);
        let after = wanted.after.as_deref().and_then(|after| after.parse::<u64>().ok()).unwrap_or(0);
        let rows: Vec<FirstRow> = self
            .sql()
            .exec(
                "SELECT stream, MIN(sequence) AS first FROM journal GROUP BY stream HAVING first > ? \
                 ORDER BY first LIMIT ?",
                vec![integer(after)?, limit.into()],
            )?
            .to_array()?;
        let next = rows.last().filter(|_| rows.len() as i64 == limit).map(|row| row.first.to_string());
        Response::from_json(&StreamPage { streams: rows.into_iter().map(|row| row.stream).collect(), next })
    }

    fn remove(&self, name: &EntryName) -> Result<Response> {
        self.sql().exec("DELETE FROM journal WHERE stream = ? AND id = ?", both(name))?;
        Response::empty()
    }

    /// Both statements are one transaction: nothing is awaited between them.
    fn set_aside(&self, order: &SetAside) -> Result<Response> {
        let name = EntryName { stream: order.stream.clone(), id: order.place.id.clone() };
        let why = serde_json::to_string(&order.why)?;
        self.sql().exec(
            "INSERT OR REPLACE INTO aside (stream, version, id, entry, why) \
             SELECT stream, version, id, entry, ?3 FROM journal WHERE stream = ?1 AND id = ?2",
            [both(&name), vec![why.into()]].concat(),
        )?;
        self.remove(&name)
    }

    fn aside(&self, wanted: Limit) -> Result<Response> {
        let limit = i64::try_from(wanted.limit.min(MAX_ASIDE)).unwrap_or(i64::MAX);
        let sql = "SELECT stream, version, id, why, LENGTH(entry) AS bytes FROM aside \
                   WHERE (?2 IS NULL OR stream = ?2) AND (?3 IS NULL OR id = ?3) ORDER BY rowid LIMIT ?1";
        let of = |part: Option<String>| part.map_or(SqlStorageValue::Null, Into::into);
        let rows: Vec<AsideRow> =
            self.sql().exec(sql, vec![limit.into(), of(wanted.stream), of(wanted.id)])?.to_array()?;
        let listed = rows.into_iter().map(|row| Aside {
            stream: row.stream,
            version: row.version.unsigned_abs(),
            id: row.id,
            why: crate::json::read(row.why.as_bytes()).unwrap_or(Why::Damaged),
            bytes: row.bytes.unsigned_abs(),
        });
        Response::from_json(&listed.collect::<Vec<_>>())
    }

    fn retry(&self, name: &EntryName) -> Result<Response> {
        if !self.is_aside(name)? {
            return Response::from_json(&Found { found: false });
        }
        let back: Vec<AnyRow> = self
            .sql()
            .exec(
                "INSERT OR IGNORE INTO journal (stream, version, id, entry) \
                 SELECT stream, version, id, entry FROM aside WHERE stream = ? AND id = ? RETURNING stream",
                both(name),
            )?
            .to_array()?;
        if back.is_empty() {
            return Response::error("another turn has its place", 409);
        }
        self.drop_aside(name)
    }

    fn drop_aside(&self, name: &EntryName) -> Result<Response> {
        let found = self.is_aside(name)?;
        self.sql().exec("DELETE FROM aside WHERE stream = ? AND id = ?", both(name))?;
        Response::from_json(&Found { found })
    }

    fn is_aside(&self, name: &EntryName) -> Result<bool> {
        let rows: Vec<AnyRow> =
            self.sql().exec("SELECT stream FROM aside WHERE stream = ? AND id = ?", both(name))?.to_array()?;
        Ok(!rows.is_empty())
    }

    fn counts(&self) -> Result<Response> {
        let count = |sql: &str| -> Result<u64> {
            let rows: Vec<CountRow> = self.sql().exec(sql, None)?.to_array()?;
            Ok(rows.first().map_or(0, |row| row.count.unsigned_abs()))
        };
        Response::from_json(&Counts {
            unremoved: 0,
            waiting: count("SELECT COUNT(*) AS count FROM journal")?,
            aside: count("SELECT COUNT(*) AS count FROM aside")?,
            other_key: count("SELECT COUNT(*) AS count FROM aside WHERE why = '\"other_key\"'")?,
        })
    }
}

/// What the object is asked. All JSON is read from bytes, so that the program holds one reader of each type.
async fn read_body<T: DeserializeOwned>(request: &mut Request) -> Result<T> {
    Ok(crate::json::read(&request.bytes().await?)?)
}

fn integer(value: u64) -> Result<SqlStorageValue> {
    SqlStorageValue::try_from_i64(i64::try_from(value).unwrap_or(i64::MAX))
}

fn both(name: &EntryName) -> Vec<SqlStorageValue> {
    vec![name.stream.as_str().into(), name.id.as_str().into()]
}

fn now_ms() -> i64 {
    i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX)
}
