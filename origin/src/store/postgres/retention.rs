//! Removing what is past its time on PostgreSQL: conversation by conversation, or a month of turns at a stroke.

use tokio::time::timeout;
use tokio_postgres::Row;

use super::{Params, PostgresStore, failed, get, in_time, natural, tell};
use crate::clock::Millis;
use crate::store::{Due, Event, Result, RetentionRule, RetentionScope};

/// Whether conversation `c` is in the scope of a rule: `$2`, `$3` tenant and game or null, `$4` exceptions.
const IN_SCOPE: &str = "($2::text IS NULL OR (c.tenant = $2 AND c.game = $3::text))
    AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements($4::text::jsonb) AS e
        WHERE e ->> 0 = c.tenant AND e ->> 1 = c.game)";
/// Whether it is past its time `$1`, and nothing holds it.
const PAST: &str = "c.updated_at < lgdl_time($1) AND NOT EXISTS (SELECT 1 FROM legal_holds h
    WHERE h.tenant = c.tenant AND h.user_id = c.user_id AND h.lifted_at IS NULL)";

/// The scope of a rule as parameters.
fn scope(rule: &RetentionRule) -> (Option<&String>, Option<&String>, String) {
    match &rule.scope {
        RetentionScope::Game { tenant, game } => (Some(tenant), Some(game), "[]".to_owned()),
        RetentionScope::AllBut(games) => (None, None, serde_json::json!(games).to_string()),
    }
}

/// Looking through a month may take its time; waiting for a lock, behind which turns would queue, may not.
const LIMITS: &str = "SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '2s'";

impl PostgresStore {
    pub(super) async fn remove_expired(&self, rule: &RetentionRule, limit: u32, told: &Event) -> Result<u64> {
        let (tenant, game, except) = scope(rule);
        let params: Params<'_> = &[&rule.before, &tenant, &game, &except];
        self.drop_months_that_are_over(params, told).await?;
        // Only months up to the cut can hold expired conversations; the index on the period finds them. A row that
        // changed since (somebody went on talking) is examined again before it is deleted, as READ COMMITTED does.
        let sql = format!(
            "WITH gone AS (DELETE FROM conversations c WHERE {PAST} AND {IN_SCOPE} AND c.id IN
                (SELECT c.id FROM conversations c WHERE c.period <= lgdl_period($1) AND {PAST} AND {IN_SCOPE}
                 ORDER BY c.period LIMIT $5) RETURNING c.id),
            unclaimed AS (DELETE FROM claims WHERE conversation_id IN (SELECT id FROM gone))
            SELECT count(*) FROM gone"
        );
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let row = transaction.query_one(&sql, &[params, &[&i64::from(limit)]].concat()).await?;
            let removed = row.try_get::<_, i64>(0)?.max(0).unsigned_abs();
            if removed > 0 {
                tell(&transaction, &told.with("conversations", removed)).await?;
            }
            transaction.commit().await?;
            Ok(removed)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    pub(super) async fn due_by(&self, rule: &RetentionRule, answers_before: Millis) -> Result<Vec<Due>> {
        let (tenant, game, except) = scope(rule);
        let of = |table: &str| format!("(SELECT count(*) FROM {table} x WHERE x.conversation_id = c.id");
        let sql = format!(
            "SELECT tenant, game, count(*) FILTER (WHERE gone), coalesce(sum(turns) FILTER (WHERE gone), 0)::bigint,
                coalesce(sum(slots) FILTER (WHERE gone), 0)::bigint, coalesce(sum(context) FILTER (WHERE gone), 0)::bigint,
                sum(CASE WHEN gone THEN answers ELSE old_answers END)::bigint
            FROM (SELECT c.tenant, c.game, ({PAST}) AS gone, {} AND x.period = c.period) AS turns, {}) AS slots,
                    {}) AS context, {}) AS answers,
                    {} AND x.journal_sequence IS NULL AND x.created_at < lgdl_time($5)) AS old_answers
                FROM conversations c WHERE {IN_SCOPE}) AS counted
            GROUP BY tenant, game HAVING bool_or(gone) OR sum(old_answers) > 0 ORDER BY tenant, game",
            of("turns"),
            of("slots"),
            of("extracted_context"),
            of("idempotency"),
            of("idempotency")
        );
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            transaction.batch_execute(LIMITS).await?;
            transaction.query(&sql, &[&rule.before, &tenant, &game, &except, &answers_before]).await
        };
        let limit = self.pools.many();
        let rows = in_time(limit, timeout(limit, work).await, client)?.map_err(|error| failed(&error))?;
        let due = |row: &Row| {
            Ok(Due {
                tenant: get(row, 0)?,
                game: get(row, 1)?,
                conversations: natural(row, 2)?,
                turns: natural(row, 3)?,
                slots: natural(row, 4)?,
                context: natural(row, 5)?,
                answers: natural(row, 6)?,
            })
        };
        rows.iter().map(due).collect()
    }

    /// A month of turns in which every conversation is past its time is dropped, which costs the same for ten turns as
    /// for ten million. Turns in conversations of that month wait meanwhile (`lgdl_lock_period`); others do not.
    async fn drop_months_that_are_over(&self, params: Params<'_>, told: &Event) -> Result<()> {
        let partitions = "SELECT name, to_char(month, 'YYYY-MM-DD') FROM (SELECT inhrelid::regclass::text AS name,
                to_date(substring(inhrelid::regclass::text FROM 'y(.*)$'), 'YYYY\"m\"MM') AS month
                FROM pg_inherits WHERE inhparent = 'turns'::regclass) p
            WHERE month + interval '1 month' <= lgdl_time($1) AT TIME ZONE 'UTC' ORDER BY month";
        for row in self.query(partitions, &params[..1]).await? {
            let (name, month): (&str, &str) = (get(&row, 0)?, get(&row, 1)?);
            if let Err(error) = self.drop_month(name, month, params, told).await {
                // Somebody reads it (a backup, perhaps). Its conversations go one by one, or it goes next time.
                tracing::info!(partition = name, %error, "a month of turns could not be dropped");
            }
        }
        Ok(())
    }

    async fn drop_month(&self, partition: &str, month: &str, params: Params<'_>, told: &Event) -> Result<()> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            transaction.batch_execute(LIMITS).await?;
            transaction.execute("SELECT lgdl_lock_period($1::text::date, true)", &[&month]).await?;
            let survivors = format!(
                "SELECT 1 FROM conversations c WHERE c.period = $5::text::date AND NOT ({PAST} AND {IN_SCOPE}) LIMIT 1"
            );
            let of_month: Params<'_> = &[&month];
            if transaction.query_opt(&survivors, &[params, of_month].concat()).await?.is_none() {
                transaction.batch_execute(&format!("DROP TABLE {partition}")).await?;
                tell(&transaction, &told.with("turns_of_month", month)).await?;
            }
            transaction.commit().await
        };
        let limit = self.pools.many();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error| failed(&error))
    }
}
