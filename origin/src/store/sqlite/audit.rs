//! The outbox and the audit chain on SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::commit::write_event;
use super::{SqliteStore, column, events, failed, natural};
use crate::audit::{GENESIS, link};
use crate::clock::Millis;
use crate::store::audit_names::Naming;
use crate::store::outbox::Unpacked;
use crate::store::{AuditLog, AuditNames, AuditRow, Event, MAX_PAGE, Result, StoreError};

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append_audit(&self, events: Vec<Event>) -> Result<u64> {
        let events = self.naming.named_in(events);
        self.writer.write(move |connection| append(connection, events.clone()).map_err(failed)).await
    }

    async fn enqueue(&self, events: Vec<Event>) -> Result<()> {
        self.writer
            .write(move |connection| events.iter().try_for_each(|event| write_event(connection, event)).map_err(failed))
            .await
    }

    async fn drain_outbox(&self, limit: u32) -> Result<u64> {
        if self.naming.is_locked() {
            return Ok(0);
        }
        let naming = Arc::clone(&self.naming);
        let (moved, heard) = self.writer.write(move |connection| drain(connection, &naming, limit)).await?;
        if let Some(last) = heard {
            self.signals.hear(last);
        }
        Ok(moved)
    }

    fn name_persons(&self, names: AuditNames) {
        self.naming.set(names);
    }

    fn audit_name(&self, pseudonym: &str) -> String {
        self.naming.named(pseudonym)
    }

    async fn outbox_since(&self) -> Result<Option<Millis>> {
        self.read(move |connection| {
            let sql = "SELECT at FROM outbox ORDER BY sequence LIMIT 1";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            statement.query_row([], |row| row.get(0)).optional().map_err(failed)
        })
        .await
    }

    async fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>> {
        self.read(move |connection| {
            let sql = format!("{LINK} WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            let rows = statement.query_map(params![column(after), limit.min(MAX_PAGE)], |row| Ok(audit_row(row)));
            rows.map_err(failed)?.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn last_audit(&self) -> Result<Option<AuditRow>> {
        self.read(move |connection| {
            let sql = format!("{LINK} ORDER BY sequence DESC LIMIT 1");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            statement.query_row([], |row| Ok(audit_row(row))).optional().map_err(failed)?.transpose()
        })
        .await
    }
}

const LINK: &str = "SELECT at, tenant, event, actor, subject, detail, sequence, previous_hash, hash FROM audit";

fn audit_row(row: &Row<'_>) -> Result<AuditRow> {
    let event = event(row)?;
    let read = || Ok((natural(row.get(6)?), row.get(7)?, row.get(8)?));
    let (sequence, previous_hash, hash) = read().map_err(failed)?;
    Ok(AuditRow { sequence, event, previous_hash, hash })
}

fn append(connection: &Connection, events: Vec<Event>) -> rusqlite::Result<u64> {
    let last: Option<(i64, String)> = connection
        .prepare_cached("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (mut sequence, mut previous) = last.map_or((0, GENESIS.to_owned()), |(at, hash)| (natural(at), hash));
    let sql = "INSERT INTO audit (sequence, at, tenant, event, actor, subject, detail, previous_hash, hash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    for event in events {
        let row = link(sequence + 1, event, &previous);
        let Event { at, tenant, event, actor, subject, detail } = &row.event;
        connection.prepare_cached(sql)?.execute(params![
            column(row.sequence),
            at,
            tenant,
            event,
            actor,
            subject,
            detail.to_string(),
            row.previous_hash,
            row.hash,
        ])?;
        (sequence, previous) = (row.sequence, row.hash);
    }
    Ok(sequence)
}

/// Moves rows on; how many, and the last sequence on the event bus if anything came to it.
fn drain(connection: &Connection, naming: &Naming, limit: u32) -> Result<(u64, Option<u64>)> {
    let sql = "SELECT at, tenant, event, actor, subject, detail, sequence FROM outbox ORDER BY sequence LIMIT ?1";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map([limit], |row| Ok((event(row), row.get::<_, i64>(6)?))).map_err(failed)?;
    let (mut unpacked, mut moved, mut last) = (Unpacked::default(), 0, 0);
    for row in rows {
        let (event, sequence) = row.map_err(failed)?;
        unpacked.take(natural(sequence), event?)?;
        (moved, last) = (moved + 1, sequence);
    }
    if moved == 0 {
        return Ok((0, None));
    }
    append(connection, naming.named_in(unpacked.links)).map_err(failed)?;
    let heard = events::append(connection, &unpacked.heard).map_err(failed)?;
    connection
        .prepare_cached("DELETE FROM outbox WHERE sequence <= ?1")
        .and_then(|mut s| s.execute([last]))
        .map_err(failed)?;
    Ok((moved, heard))
}

pub(super) fn event(row: &Row<'_>) -> Result<Event> {
    let detail: String = row.get(5).map_err(failed)?;
    let detail = serde_json::from_str(&detail).map_err(|error| StoreError::Damaged(format!("detail: {error}")))?;
    let read = || {
        Ok(Event {
            at: row.get(0)?,
            tenant: row.get(1)?,
            event: row.get(2)?,
            actor: row.get(3)?,
            subject: row.get(4)?,
            detail,
        })
    };
    read().map_err(failed)
}
