//! Consents, legal holds and erasure on PostgreSQL.

use async_trait::async_trait;
use tokio_postgres::{Row, Transaction};

use super::{Database, PostgresStore, failed, get, tell};
use crate::clock::{Millis, nearest_time};
use crate::ids::{HoldId, person_pseudonym};
use crate::store::{
    ConsentRow, ConversationKey, ErasedConversation, ErasureOrder, ErasureOutcome, ErasureReport, ErasureRow, Event,
    HoldRow, MAX_PAGE, People, Result, StoreError,
};

const HELD: &str = "SELECT 1 FROM legal_holds WHERE tenant = $1 AND user_id = $2 AND lifted_at IS NULL";

/// A row's lock first: a turn that is being committed is waited for, and then erased with the rest.
const LOCK_CONVERSATION: &str = "SELECT 1 FROM conversations WHERE tenant = $1 AND id = $2 AND user_id = $3 FOR UPDATE";

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
            if transaction.query_opt(LOCK_CONVERSATION, &params).await?.is_none() {
                return Ok(ErasureOutcome::Unknown);
            }
            if transaction.query_opt(HELD, &[&key.tenant, &user_id]).await?.is_some() {
                return Ok(ErasureOutcome::Held);
            }
            let report = remove_conversation(&transaction, id.as_str()).await?;
            let stone =
                Tombstone { tenant: &key.tenant, kind: "conversation", subject: id.as_str(), id: order.id.as_str() };
            set_tombstone(&transaction, &stone, &order, &report).await?;
            tell(&transaction, &told).await?;
            transaction.commit().await?;
            Ok(ErasureOutcome::Erased(report))
        };
        work.await.map_err(|error: tokio_postgres::Error| failed(&error))
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
        work.await.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn erasures(&self, tenant: &str, after: (Millis, &str), limit: u32) -> Result<Vec<ErasureRow>> {
        let sql = "SELECT id, tenant, kind, subject, lgdl_millis(at), requested_by, report FROM erasures e
            WHERE tenant = $1 AND (e.at, id) > (lgdl_time($2), $3) ORDER BY e.at, id LIMIT $4";
        let limit = i64::from(limit.min(MAX_PAGE));
        self.query(sql, &[&tenant, &nearest_time(after.0), &after.1, &limit]).await?.iter().map(erasure).collect()
    }

    async fn erased_conversations(&self, after: (Millis, &str), limit: u32) -> Result<Vec<ErasedConversation>> {
        let sql = "SELECT lgdl_millis(e.at), id, subject FROM erasures e
            WHERE (e.at, id) > (lgdl_time($1), $2) AND kind = 'conversation' ORDER BY e.at, id LIMIT $3";
        let rows = self.query(sql, &[&nearest_time(after.0), &after.1, &i64::from(limit.min(MAX_PAGE))]).await?;
        let damaged = |error| StoreError::Damaged(format!("erasures.subject: {error}"));
        let erased = |row: &Row| {
            let conversation = get::<&str>(row, 2)?.parse().map_err(damaged)?;
            Ok(ErasedConversation { at: get(row, 0)?, id: get(row, 1)?, conversation })
        };
        rows.iter().map(erased).collect()
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
        let stone = Tombstone { tenant, kind: "conversation", subject: id, id: &own_id };
        set_tombstone(transaction, &stone, order, &report).await?;
        total.add(&report);
    }
    let sql = "DELETE FROM consents WHERE tenant = $1 AND user_id = $2";
    total.consents = transaction.execute(sql, &[&tenant, &user_id]).await?;
    transaction.execute("DELETE FROM claims WHERE tenant = $1 AND user_id = $2", &[&tenant, &user_id]).await?;
    // Whatever is sealed under it, in backups too, can't be opened from here on.
    let sql = "DELETE FROM data_keys WHERE tenant = $1 AND subject = $2";
    total.data_keys = transaction.execute(sql, &[&tenant, &pseudonym]).await?;
    let stone = Tombstone { tenant, kind: "person", subject: &pseudonym, id: order.id.as_str() };
    set_tombstone(transaction, &stone, order, &total).await?;
    Ok(ErasureOutcome::Erased(total))
}

/// Removes a conversation with everything that hangs on it, and counts what that was.
async fn remove_conversation(transaction: &Transaction<'_>, id: &str) -> Database<ErasureReport> {
    let delete = async |sql: &str| transaction.execute(sql, &[&id]).await;
    delete("DELETE FROM claims WHERE conversation_id = $1").await?;
    let turns = "DELETE FROM turns WHERE period = (SELECT period FROM conversations WHERE id = $1)
        AND conversation_id = $1";
    Ok(ErasureReport {
        turns: delete(turns).await?,
        slots: delete("DELETE FROM slots WHERE conversation_id = $1").await?,
        context: delete("DELETE FROM extracted_context WHERE conversation_id = $1").await?,
        answers: delete("DELETE FROM idempotency WHERE conversation_id = $1").await?,
        conversations: delete("DELETE FROM conversations WHERE id = $1").await?,
        ..ErasureReport::default()
    })
}

struct Tombstone<'a> {
    tenant: &'a str,
    kind: &'a str,
    subject: &'a str,
    id: &'a str,
}

async fn set_tombstone(
    transaction: &Transaction<'_>,
    stone: &Tombstone<'_>,
    order: &ErasureOrder,
    report: &ErasureReport,
) -> Database<()> {
    let report = serde_json::to_string(report).unwrap_or_default();
    let sql = "INSERT INTO erasures (tenant, kind, subject, id, at, requested_by, report)
        VALUES ($1, $2, $3, $4, lgdl_time($5), $6, $7)
        ON CONFLICT (tenant, kind, subject) DO UPDATE SET id = excluded.id, at = excluded.at,
            requested_by = excluded.requested_by, report = excluded.report";
    let Tombstone { tenant, kind, subject, id } = stone;
    transaction.execute(sql, &[tenant, kind, subject, id, &order.now_ms, &order.requested_by, &report]).await.map(drop)
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
