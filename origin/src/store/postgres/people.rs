//! Consents, legal holds and erasure on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_postgres::{Row, Transaction};

use super::{Database, PostgresStore, events, failed, get, in_time, tell};
use crate::clock::{Millis, nearest_time};
use crate::ids::{HoldId, person_pseudonym};
use crate::store::archives::DUE_AT_ONCE;
use crate::store::{
    ConsentRow, ConversationKey, ErasureOrder, ErasureOutcome, ErasureReport, ErasureRow, Event, HoldRow, MAX_PAGE,
    People, Result, StoreError,
};

const HELD: &str = "SELECT 1 FROM legal_holds WHERE tenant = $1 AND user_id = $2 AND lifted_at IS NULL";

/// A row's lock first: a turn that is being committed is waited for, and then erased with the rest.
/// A first turn of theirs is under way: the conversation must not be there afterwards.
const CLAIMED: &str = "SELECT 1 FROM claims WHERE tenant = $1 AND conversation_id = $2 AND user_id = $3
    AND NOT EXISTS (SELECT 1 FROM conversations WHERE id = $2)";
const LOCK_CONVERSATION: &str = "SELECT 1 FROM conversations WHERE tenant = $1 AND id = $2 AND user_id = $3 FOR UPDATE";

/// Everybody who has something here, after a tenant and a user.
pub(super) const PERSONS: &str = "SELECT tenant, user_id FROM conversations WHERE (tenant, user_id) > ($1, $2)
    UNION SELECT tenant, user_id FROM consents WHERE (tenant, user_id) > ($1, $2)
    UNION SELECT tenant, user_id FROM claims WHERE (tenant, user_id) > ($1, $2)
    ORDER BY tenant, user_id LIMIT $3";

#[async_trait]
impl People for PostgresStore {
    async fn add_consent(&self, consent: ConsentRow, told: Event) -> Result<()> {
        let sql = "INSERT INTO consents (id, tenant, game, user_id, given, at, actor, note)
            VALUES ($1, $2, $3, $4, $5, lgdl_time($6), $7, $8)";
        let ConsentRow { id, tenant, game, user_id, given, at, actor, note } = &consent;
        self.change(sql, &[&id.as_str(), tenant, game, user_id, given, at, actor, note], &told).await.map(drop)
    }

    async fn consents(&self, tenant: &str, user_id: &str, game: Option<&str>) -> Result<Vec<ConsentRow>> {
        let sql = "SELECT id, tenant, game, user_id, given, lgdl_millis(at), actor, note FROM consents c
            WHERE tenant = $1 AND user_id = $2 AND ($3::text IS NULL OR game = $3) ORDER BY c.at, id";
        self.query(sql, &[&tenant, &user_id, &game]).await?.iter().map(consent).collect()
    }

    async fn place_hold(&self, hold: HoldRow, told: Event) -> Result<()> {
        let sql = "INSERT INTO legal_holds (id, tenant, user_id, reason, placed_at, placed_by, lifted_at)
            VALUES ($1, $2, $3, $4, lgdl_time($5), $6, lgdl_time($7))";
        let HoldRow { id, tenant, user_id, reason, placed_at, placed_by, lifted_at } = &hold;
        let row: super::Params<'_> = &[&id.as_str(), tenant, user_id, reason, placed_at, placed_by, lifted_at];
        self.change(sql, row, &told).await.map(drop)
    }

    async fn lift_hold(&self, tenant: &str, id: &HoldId, now_ms: Millis, told: Event) -> Result<bool> {
        let sql =
            "UPDATE legal_holds SET lifted_at = lgdl_time($3) WHERE tenant = $1 AND id = $2 AND lifted_at IS NULL";
        self.change(sql, &[&tenant, &id.as_str(), &now_ms], &told).await
    }

    async fn holds(&self, tenant: &str) -> Result<Vec<HoldRow>> {
        let sql = "SELECT id, tenant, user_id, reason, lgdl_millis(placed_at), placed_by, lgdl_millis(lifted_at)
            FROM legal_holds h WHERE tenant = $1 AND lifted_at IS NULL ORDER BY h.placed_at, id";
        self.query(sql, &[&tenant]).await?.iter().map(hold).collect()
    }

    async fn erase_conversation(
        &self,
        key: &ConversationKey,
        user_id: &str,
        order: ErasureOrder,
        told: Event,
    ) -> Result<ErasureOutcome> {
        let mut client = self.pools.primary().await?;
        let id = key.id();
        let work = async {
            let transaction = client.transaction().await?;
            let params = [&key.tenant as &(dyn tokio_postgres::types::ToSql + Sync), &id.as_str(), &user_id];
            if transaction.query_opt(LOCK_CONVERSATION, &params).await?.is_none()
                && transaction.query_opt(CLAIMED, &params).await?.is_none()
            {
                return Ok(ErasureOutcome::Unknown);
            }
            if transaction.query_opt(HELD, &[&key.tenant, &user_id]).await?.is_some() {
                return Ok(ErasureOutcome::Held);
            }
            let report = remove_conversation(&transaction, id.as_str()).await?;
            let stone = Tombstone::of(&order, &key.tenant, "conversation", id.as_str());
            set_tombstone(&transaction, &stone, &report).await?;
            tell(&transaction, &told).await?;
            transaction.commit().await?;
            Ok(ErasureOutcome::Erased(report))
        };
        let limit = self.pools.many();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn erase_person(
        &self,
        tenant: &str,
        user_id: &str,
        order: ErasureOrder,
        told: Event,
    ) -> Result<ErasureOutcome> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let outcome = erase_person(&transaction, tenant, user_id, &order).await?;
            if matches!(outcome, ErasureOutcome::Erased(_)) {
                tell(&transaction, &told).await?;
            }
            transaction.commit().await?;
            Ok(outcome)
        };
        let limit = self.pools.many();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn erasures(&self, tenant: &str, after: (Millis, &str), limit: u32) -> Result<Vec<ErasureRow>> {
        let sql = "SELECT id, tenant, kind, subject, lgdl_millis(at), requested_by, report FROM erasures e
            WHERE tenant = $1 AND (e.at, id) > (lgdl_time($2), $3) ORDER BY e.at, id LIMIT $4";
        let limit = i64::from(limit.min(MAX_PAGE));
        self.query(sql, &[&tenant, &nearest_time(after.0), &after.1, &limit]).await?.iter().map(erasure).collect()
    }

    async fn tombstones(&self, after: (Millis, &str), limit: u32) -> Result<Vec<ErasureRow>> {
        let sql = "SELECT id, tenant, kind, subject, lgdl_millis(at), requested_by, report FROM erasures e
            WHERE (e.at, id) > (lgdl_time($1), $2) ORDER BY e.at, id LIMIT $3";
        let limit = i64::from(limit.min(MAX_PAGE));
        self.query(sql, &[&nearest_time(after.0), &after.1, &limit]).await?.iter().map(erasure).collect()
    }

    async fn erase_again(
        &self,
        tombstone: &ErasureRow,
        user_id: Option<&str>,
        told: Event,
    ) -> Result<Option<ErasureReport>> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let removed = erase_again(&transaction, tombstone, user_id).await?;
            if removed.is_some() {
                tell(&transaction, &told).await?;
            }
            transaction.commit().await?;
            Ok(removed)
        };
        let limit = self.pools.many();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn persons(&self, after: (&str, &str), limit: u32) -> Result<Vec<(String, String)>> {
        let rows = self.query(PERSONS, &[&after.0, &after.1, &i64::from(limit.min(MAX_PAGE))]).await?;
        rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
    }
}

async fn erase_person(
    transaction: &Transaction<'_>,
    tenant: &str,
    user_id: &str,
    order: &ErasureOrder,
) -> Database<ErasureOutcome> {
    let pseudonym = person_pseudonym(tenant, user_id);
    // Waits for conversations that are being begun, and keeps others from beginning until the tombstone stands.
    transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[&pseudonym]).await?;
    if transaction.query_opt(HELD, &[&tenant, &user_id]).await?.is_some() {
        return Ok(ErasureOutcome::Held);
    }
    let sql = "SELECT id FROM conversations WHERE tenant = $1 AND user_id = $2 ORDER BY id FOR UPDATE";
    let conversations = transaction.query(sql, &[&tenant, &user_id]).await?;
    let mut total = ErasureReport::default();
    for (index, row) in conversations.iter().enumerate() {
        let id: &str = row.try_get(0)?;
        let report = remove_conversation(transaction, id).await?;
        let own_id = format!("{}/{}", order.id, index + 1);
        let stone = Tombstone { id: &own_id, ..Tombstone::of(order, tenant, "conversation", id) };
        set_tombstone(transaction, &stone, &report).await?;
        total.add(&report);
    }
    let sql = "DELETE FROM consents WHERE tenant = $1 AND user_id = $2";
    total.consents = transaction.execute(sql, &[&tenant, &user_id]).await?;
    transaction.execute("DELETE FROM claims WHERE tenant = $1 AND user_id = $2", &[&tenant, &user_id]).await?;
    // What is sealed under it and lies elsewhere (the database's log, a late replica) is closed for good.
    let sql = "DELETE FROM data_keys WHERE tenant = $1 AND subject = $2";
    total.data_keys = transaction.execute(sql, &[&tenant, &pseudonym]).await?;
    set_tombstone(transaction, &Tombstone::of(order, tenant, "person", &pseudonym), &total).await?;
    Ok(ErasureOutcome::Erased(total))
}

/// Removes a conversation with everything that hangs on it, and counts what that was.
async fn remove_conversation(transaction: &Transaction<'_>, id: &str) -> Database<ErasureReport> {
    let delete = async |sql: &str| transaction.execute(sql, &[&id]).await;
    delete("DELETE FROM claims WHERE conversation_id = $1").await?;
    let turns = "DELETE FROM turns WHERE period = (SELECT period FROM conversations WHERE id = $1)
        AND conversation_id = $1";
    let archived = "SELECT coalesce(sum((metadata -> 'archived' ->> 'turns')::bigint), 0)::bigint FROM conversations WHERE id = $1";
    Ok(ErasureReport {
        archived_turns: transaction.query_one(archived, &[&id]).await?.try_get::<_, i64>(0)?.max(0).unsigned_abs(),
        turns: delete(turns).await?,
        slots: delete("DELETE FROM slots WHERE conversation_id = $1").await?,
        context: delete("DELETE FROM extracted_context WHERE conversation_id = $1").await?,
        answers: delete("DELETE FROM idempotency WHERE conversation_id = $1").await?,
        conversations: delete("DELETE FROM conversations WHERE id = $1").await?,
        ..ErasureReport::default()
    })
}

#[derive(Clone, Copy)]
struct Tombstone<'a> {
    tenant: &'a str,
    kind: &'a str,
    subject: &'a str,
    id: &'a str,
    at: Millis,
    requested_by: &'a str,
}

impl<'a> Tombstone<'a> {
    fn of(order: &'a ErasureOrder, tenant: &'a str, kind: &'a str, subject: &'a str) -> Tombstone<'a> {
        Tombstone { tenant, kind, subject, id: order.id.as_str(), at: order.now_ms, requested_by: &order.requested_by }
    }
}

async fn set_tombstone(transaction: &Transaction<'_>, stone: &Tombstone<'_>, report: &ErasureReport) -> Database<()> {
    let report = report.text();
    let sql = "INSERT INTO erasures (tenant, kind, subject, id, at, requested_by, report)
        VALUES ($1, $2, $3, $4, lgdl_time($5), $6, $7)
        ON CONFLICT (tenant, kind, subject) DO UPDATE SET id = excluded.id, at = excluded.at,
            requested_by = excluded.requested_by, report = excluded.report";
    let Tombstone { tenant, kind, subject, id, at, requested_by } = stone;
    transaction.execute(sql, &[tenant, kind, subject, id, at, requested_by, &report]).await?;
    if *kind == "conversation" {
        files_are_due(transaction, subject).await?;
    }
    events::forget(transaction, kind, subject, *at).await
}

/// Files of the archive that are kept for backups are not kept any longer: what was erased is not to be read in them.
async fn files_are_due(transaction: &Transaction<'_>, conversation: &str) -> Database<()> {
    let sql = "UPDATE loose_files SET since = $2 WHERE conversation_id = $1";
    transaction.execute(sql, &[&conversation, &DUE_AT_ONCE]).await.map(drop)
}

/// Carries out an erasure that another state of the store knew of. What it stands for goes even where its tombstone stands
/// already: something may have brought it back. `None`: there was nothing to do.
pub(super) async fn erase_again(
    transaction: &Transaction<'_>,
    again: &ErasureRow,
    user_id: Option<&str>,
) -> Database<Option<ErasureReport>> {
    let ErasureRow { id, tenant, kind, subject, at, requested_by, report } = again;
    // What is being begun waits, as for the first erasure.
    transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[subject]).await?;
    let stands = "SELECT 1 FROM erasures e WHERE tenant = $1 AND kind = $2 AND subject = $3
        AND (id = $4 OR e.at > lgdl_time($5))";
    let stands = transaction.query_opt(stands, &[tenant, kind, subject, id, at]).await?.is_some();
    let stone = Tombstone { tenant, kind, subject, id, at: *at, requested_by };
    let removed = match kind.as_str() {
        "conversation" => {
            let there = "SELECT 1 FROM conversations WHERE tenant = $1 AND id = $2 FOR UPDATE";
            match transaction.query_opt(there, &[tenant, subject]).await? {
                Some(_) => remove_conversation(transaction, subject).await?,
                None => ErasureReport::default(),
            }
        }
        _ => erase_person_again(transaction, &stone, user_id).await?,
    };
    if stands {
        if kind == "conversation" {
            files_are_due(transaction, subject).await?;
        }
        return Ok((removed != ErasureReport::default()).then_some(removed));
    }
    set_tombstone(transaction, &stone, report).await?;
    Ok(Some(removed))
}

async fn erase_person_again(
    transaction: &Transaction<'_>,
    stone: &Tombstone<'_>,
    user_id: Option<&str>,
) -> Database<ErasureReport> {
    let Tombstone { tenant, subject, id, at, .. } = stone;
    let mut total = ErasureReport::default();
    if let Some(user_id) = user_id {
        let older = "SELECT id FROM conversations WHERE tenant = $1 AND user_id = $2 AND created_at <= lgdl_time($3)
            ORDER BY id FOR UPDATE";
        for (index, row) in transaction.query(older, &[tenant, &user_id, at]).await?.iter().enumerate() {
            let conversation: &str = row.try_get(0)?;
            let report = remove_conversation(transaction, conversation).await?;
            let own_id = format!("{id}/again{}", index + 1);
            let own = Tombstone { kind: "conversation", subject: conversation, id: &own_id, ..*stone };
            set_tombstone(transaction, &own, &report).await?;
            total.add(&report);
        }
        let consents = "DELETE FROM consents c WHERE tenant = $1 AND user_id = $2 AND c.at <= lgdl_time($3)";
        total.consents = transaction.execute(consents, &[tenant, &user_id, at]).await?;
        transaction.execute("DELETE FROM claims WHERE tenant = $1 AND user_id = $2", &[tenant, &user_id]).await?;
    }
    // A conversation that was begun since is sealed under it, too.
    let sql = "DELETE FROM data_keys WHERE tenant = $1 AND subject = $2
        AND NOT EXISTS (SELECT 1 FROM conversations WHERE tenant = $1 AND user_id = $3)";
    total.data_keys = transaction.execute(sql, &[tenant, subject, &user_id]).await?;
    Ok(total)
}

fn consent(row: &Row) -> Result<ConsentRow> {
    let damaged = |error| StoreError::Damaged(format!("consents.id: {error}"));
    Ok(ConsentRow {
        id: get::<&str>(row, 0)?.parse().map_err(damaged)?,
        tenant: get(row, 1)?,
        game: get(row, 2)?,
        user_id: get(row, 3)?,
        given: get(row, 4)?,
        at: get(row, 5)?,
        actor: get(row, 6)?,
        note: get(row, 7)?,
    })
}

fn hold(row: &Row) -> Result<HoldRow> {
    let damaged = |error| StoreError::Damaged(format!("legal_holds.id: {error}"));
    Ok(HoldRow {
        id: get::<&str>(row, 0)?.parse().map_err(damaged)?,
        tenant: get(row, 1)?,
        user_id: get(row, 2)?,
        reason: get(row, 3)?,
        placed_at: get(row, 4)?,
        placed_by: get(row, 5)?,
        lifted_at: get(row, 6)?,
    })
}

fn erasure(row: &Row) -> Result<ErasureRow> {
    let damaged = |error| StoreError::Damaged(format!("erasures.report: {error}"));
    Ok(ErasureRow {
        id: get(row, 0)?,
        tenant: get(row, 1)?,
        kind: get(row, 2)?,
        subject: get(row, 3)?,
        at: get(row, 4)?,
        requested_by: get(row, 5)?,
        report: serde_json::from_str(get(row, 6)?).map_err(damaged)?,
    })
}
