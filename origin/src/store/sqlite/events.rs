//! The event bus on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{SqliteStore, column, failed, natural};
use crate::bus::Priority;
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::store::{
    Bus, BusEnds, BusEvent, BusPage, BusRow, Composing, MAX_PAGE, Result, Signals, StoreError, Typist, Wanted,
};

const ENDS: &str =
    "SELECT coalesce((SELECT min(sequence) FROM events), 0), coalesce((SELECT max(sequence) FROM events), 0)";

#[async_trait]
impl Bus for SqliteStore {
    async fn bus_events(&self, wanted: &Wanted, after: u64, limit: u32) -> Result<BusPage> {
        let (wanted, limit) = (wanted.clone(), limit.min(MAX_PAGE));
        self.read(move |connection| {
            let last = ends(connection).map_err(failed)?.last;
            let names = wanted.names.as_ref().map(|names| serde_json::json!(names).to_string());
            let sql =
                "SELECT sequence, id, name, version, tenant, at, priority, subject, game, conversation, person, data
                FROM events WHERE sequence > ?1 AND sequence <= ?2 AND (?3 IS NULL OR tenant = ?3)
                AND (?4 IS NULL OR name IN (SELECT value FROM json_each(?4))) AND priority >= ?5
                ORDER BY sequence LIMIT ?6";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let of = params![column(after), column(last), wanted.tenant, names, wanted.urgent.least(), limit];
            let rows = statement.query_map(of, |row| Ok(bus_row(row))).map_err(failed)?;
            let events = rows.map(|row| row.map_err(failed)?).collect::<Result<Vec<_>>>()?;
            Ok(BusPage::of(events, limit, after, last))
        })
        .await
    }

    async fn bus_ends(&self) -> Result<BusEnds> {
        self.read(|connection| ends(connection).map_err(failed)).await
    }

    async fn bus_before(&self, at: Millis) -> Result<u64> {
        self.read(move |connection| {
            let sql = "SELECT sequence FROM events WHERE at >= ?1 ORDER BY sequence LIMIT 1";
            let first: Option<i64> = connection.query_row(sql, [at], |row| row.get(0)).optional().map_err(failed)?;
            Ok(first.map_or(ends(connection).map_err(failed)?.last, |first| natural(first - 1)))
        })
        .await
    }

    async fn trim_bus(&self, before: Millis, keep: u64, limit: u32) -> Result<u64> {
        self.writer
            .write(move |connection| {
                let sql =
                    "DELETE FROM events WHERE sequence IN (SELECT sequence FROM events ORDER BY sequence LIMIT ?3)
                    AND (at < ?1 OR sequence <= (SELECT max(sequence) FROM events) - ?2)";
                let mut statement = connection.prepare_cached(sql).map_err(failed)?;
                statement.execute(params![before, column(keep), limit]).map(|rows| rows as u64).map_err(failed)
            })
            .await
    }

    fn signals(&self) -> &Signals {
        &self.signals
    }

    async fn tell_typing(&self, conversation: &ConversationId, who: Typist, composing: Composing) -> Result<()> {
        self.signals.typing().note(conversation, who, composing);
        Ok(())
    }

    async fn hear_others(&self) {
        // One process has the file to itself; what a command writes meanwhile is found by looking.
        std::future::pending().await
    }
}

fn ends(connection: &Connection) -> rusqlite::Result<BusEnds> {
    connection
        .prepare_cached(ENDS)?
        .query_row([], |row| Ok(BusEnds { first: natural(row.get(0)?), last: natural(row.get(1)?) }))
}

/// Writes what may still be told; the last sequence there is now.
pub(super) fn append(connection: &Connection, events: &[BusEvent]) -> rusqlite::Result<Option<u64>> {
    let sql = "INSERT INTO events (id, name, version, tenant, at, priority, subject, game, conversation, person, data)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE NOT EXISTS (SELECT 1 FROM erasures
            WHERE tenant = ?4 AND kind = 'conversation' AND subject = ?9)
        AND NOT EXISTS (SELECT 1 FROM erasures
            WHERE ?9 IS NULL AND tenant = ?4 AND kind = 'person' AND subject = ?10 AND ?5 <= at)";
    let mut last = None;
    for event in events {
        let written = connection.prepare_cached(sql)?.execute(params![
            event.id.as_str(),
            event.name,
            event.version,
            event.tenant,
            event.at,
            event.priority.level(),
            event.subject,
            event.game,
            event.conversation,
            event.person,
            event.data.to_string(),
        ])?;
        if written > 0 {
            last = Some(natural(connection.last_insert_rowid()));
        }
    }
    Ok(last)
}

/// Removes what is told of a conversation that is erased, or of a person up to a time. Conversations of a person are erased each.
pub(super) fn forget(connection: &Connection, kind: &str, subject: &str, until: Millis) -> rusqlite::Result<()> {
    let forgotten = match kind {
        "conversation" => connection.prepare_cached("DELETE FROM events WHERE conversation = ?1")?.execute([subject]),
        _ => connection
            .prepare_cached("DELETE FROM events WHERE conversation IS NULL AND person = ?1 AND at <= ?2")?
            .execute(params![subject, until]),
    };
    forgotten.map(drop)
}

fn bus_row(row: &Row<'_>) -> Result<BusRow> {
    let damaged = |what: &str, error: &dyn std::fmt::Display| StoreError::Damaged(format!("events.{what}: {error}"));
    let data: String = row.get(11).map_err(failed)?;
    let data = serde_json::from_str(&data).map_err(|error| damaged("data", &error))?;
    let id: String = row.get(1).map_err(failed)?;
    let id = id.parse().map_err(|error| damaged("id", &error))?;
    let read = || {
        Ok(BusRow {
            sequence: natural(row.get(0)?),
            event: BusEvent {
                id,
                name: row.get(2)?,
                version: row.get(3)?,
                tenant: row.get(4)?,
                at: row.get(5)?,
                priority: Priority::of_level(row.get(6)?),
                subject: row.get(7)?,
                game: row.get(8)?,
                conversation: row.get(9)?,
                person: row.get(10)?,
                data,
            },
        })
    };
    read().map_err(failed)
}
