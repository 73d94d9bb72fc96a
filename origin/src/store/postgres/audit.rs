//! The outbox and the audit chain on PostgreSQL. One chain for the database: a lock makes its writers take turns.

use async_trait::async_trait;
use deadpool_postgres::{Object, Transaction};
use tokio::time::timeout;
use tokio_postgres::Row;

use super::commit::{event_json, list};
use super::{Database, Params, PostgresStore, column, events, failed, get, in_time, natural};
use crate::audit::{GENESIS, link};
use crate::clock::Millis;
use crate::store::outbox::Unpacked;
use crate::store::{AuditLog, AuditNames, AuditRow, Event, MAX_PAGE, Result, StoreError};

pub(super) const LOCK_CHAIN: &str = "SELECT pg_advisory_xact_lock(hashtextextended('lgdl audit', 0))";

/// Takes what has waited longest out of the outbox. By an array, and so by the index: a join reads the whole table, with all that was taken
/// since it was last vacuumed.
const TAKE: &str = "WITH gone AS (DELETE FROM outbox
        WHERE sequence = ANY (ARRAY(SELECT sequence FROM outbox ORDER BY sequence LIMIT $1)) RETURNING *)
    SELECT lgdl_millis(at), tenant, event, actor, subject, detail, sequence FROM gone ORDER BY sequence";

#[async_trait]
impl AuditLog for PostgresStore {
    async fn append_audit(&self, events: Vec<Event>) -> Result<u64> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            transaction.execute(LOCK_CHAIN, &[]).await?;
            let length = append(&transaction, self.naming.named_in(events)).await?;
            transaction.commit().await?;
            Ok(length)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn enqueue(&self, events: Vec<Event>) -> Result<()> {
        let sql = "INSERT INTO outbox (at, tenant, event, actor, subject, detail)
            SELECT lgdl_time(e.at), e.tenant, e.event, e.actor, e.subject, e.detail
            FROM json_to_recordset($1::text::json)
                AS e (at bigint, tenant text, event text, actor text, subject text, detail text)";
        self.execute(sql, &[&list(events.iter().map(event_json))]).await?;
        self.signals.tell();
        Ok(())
    }

    fn name_persons(&self, names: AuditNames) {
        self.naming.set(names);
    }

    fn audit_name(&self, pseudonym: &str) -> String {
        self.naming.named(pseudonym)
    }

    async fn drain_outbox(&self, most: u32) -> Result<u64> {
        if self.naming.is_locked() {
            return Ok(0);
        }
        let mut client = self.pools.primary().await?;
        let limit = self.pools.several();
        let moved = timeout(limit, self.move_on(&mut client, most)).await;
        let (moved, heard) = in_time(limit, moved, client)??;
        if let Some(last) = heard {
            self.signals.hear(last);
        }
        Ok(moved)
    }

    async fn outbox_since(&self) -> Result<Option<Millis>> {
        let sql = "SELECT lgdl_millis(at) FROM outbox ORDER BY sequence LIMIT 1";
        self.query_opt(sql, &[]).await?.map(|row| get(&row, 0)).transpose()
    }

    async fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>> {
        let sql = format!("{LINK} WHERE sequence > $1 ORDER BY sequence LIMIT $2");
        let limit = i64::from(limit.min(MAX_PAGE));
        self.query(&sql, &[&column(after), &limit]).await?.iter().map(audit_row).collect()
    }

    async fn last_audit(&self) -> Result<Option<AuditRow>> {
        let sql = format!("{LINK} ORDER BY sequence DESC LIMIT 1");
        self.query_opt(&sql, &[]).await?.map(|row| audit_row(&row)).transpose()
    }
}

impl PostgresStore {
    /// Moves rows on; how many, and the last sequence on the event bus if anything came to it.
    async fn move_on(&self, client: &mut Object, most: u32) -> Result<(u64, Option<u64>)> {
        let failed = |error| failed(&error);
        let transaction = client.transaction().await.map_err(failed)?;
        let lock = transaction.prepare_cached(LOCK_CHAIN).await.map_err(failed)?;
        let take = transaction.prepare_cached(TAKE).await.map_err(failed)?;
        // The chain's lock first: two origins that drain must neither wait crosswise nor tell anything twice. The server looks at the
        // outbox once it has the lock, though it is asked for both at once.
        let (params, nothing): (Params<'_>, Params<'_>) = (&[&i64::from(most)], &[]);
        let (locked, rows) =
            tokio::join!(biased; transaction.execute(&lock, nothing), transaction.query(&take, params));
        locked.map_err(failed)?;
        let rows = rows.map_err(failed)?;
        let mut unpacked = Unpacked::default();
        for row in &rows {
            unpacked.take(natural(row, 6)?, event(row)?)?;
        }
        if !unpacked.links.is_empty() {
            append(&transaction, self.naming.named_in(unpacked.links)).await.map_err(failed)?;
        }
        let heard = events::append(&transaction, &unpacked.heard).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok((rows.len() as u64, heard))
    }
}

const LINK: &str =
    "SELECT lgdl_millis(at), tenant, event, actor, subject, detail, sequence, previous_hash, hash FROM audit";

fn audit_row(row: &Row) -> Result<AuditRow> {
    let sequence = natural(row, 6)?;
    Ok(AuditRow { sequence, event: event(row)?, previous_hash: get(row, 7)?, hash: get(row, 8)? })
}

/// Adds links to the chain, whose lock the transaction holds; how long it is.
async fn append(transaction: &Transaction<'_>, events: Vec<Event>) -> Database<u64> {
    let last = transaction.prepare_cached("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").await?;
    let (mut sequence, mut previous) = match transaction.query_opt(&last, &[]).await? {
        Some(row) => (row.try_get::<_, i64>(0)?.unsigned_abs(), row.try_get(1)?),
        None => (0, GENESIS.to_owned()),
    };
    let mut links = Vec::with_capacity(events.len());
    for event in events {
        let row = link(sequence + 1, event, &previous);
        let mut shown = event_json(&row.event);
        shown["sequence"] = row.sequence.into();
        shown["previous_hash"] = row.previous_hash.into();
        shown["hash"] = row.hash.clone().into();
        links.push(shown);
        (sequence, previous) = (row.sequence, row.hash);
    }
    let sql = "INSERT INTO audit (sequence, at, tenant, event, actor, subject, detail, previous_hash, hash)
        SELECT l.sequence, lgdl_time(l.at), l.tenant, l.event, l.actor, l.subject, l.detail, l.previous_hash, l.hash
        FROM json_to_recordset($1::text::json) AS l (sequence bigint, at bigint, tenant text, event text, actor text,
            subject text, detail text, previous_hash text, hash text)";
    let insert = transaction.prepare_cached(sql).await?;
    transaction.execute(&insert, &[&list(links.into_iter())]).await?;
    Ok(sequence)
}

fn event(row: &Row) -> Result<Event> {
    let damaged = |error| StoreError::Damaged(format!("detail: {error}"));
    Ok(Event {
        at: get(row, 0)?,
        tenant: get(row, 1)?,
        event: get(row, 2)?,
        actor: get(row, 3)?,
        subject: get(row, 4)?,
        detail: serde_json::from_str(get(row, 5)?).map_err(damaged)?,
    })
}
