//! Settings, counts and the life of a PostgreSQL store. Cleaning up lies in `retention`.

use async_trait::async_trait;

use super::{PostgresStore, get, natural};
use crate::clock::Millis;
use crate::store::{
    Connections, Counts, Due, EPOCH_SETTING, Event, Maintenance, Result, RetentionRule, TRIAL_BYTES, TRIAL_SETTING,
};

/// Writes a setting that says something else already.
const REPLACE: &str = "UPDATE settings SET value = $2 WHERE name = $1 AND value = $3";
/// Writes a setting that is not there.
const BEGIN: &str = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

#[async_trait]
impl Maintenance for PostgresStore {
    async fn remove_conversations_before(&self, rule: RetentionRule, limit: u32, told: Event) -> Result<u64> {
        self.remove_expired(&rule, limit, &told).await
    }

    async fn remove_answers_before(&self, before: Millis, limit: u32) -> Result<u64> {
        let answers = "DELETE FROM idempotency WHERE (tenant, user_id, key) IN (SELECT tenant, user_id, key
            FROM idempotency WHERE journal_sequence IS NULL AND created_at < lgdl_time($1) LIMIT $2)";
        let claims = "DELETE FROM claims WHERE conversation_id IN
            (SELECT conversation_id FROM claims WHERE lease_until < lgdl_time($1) LIMIT $2)";
        let limit = i64::from(limit);
        let answers = self.execute(answers, &[&before, &limit]).await?;
        Ok(answers + self.execute(claims, &[&before, &limit]).await?)
    }

    async fn due(&self, rule: RetentionRule, answers_before: Millis) -> Result<Vec<Due>> {
        self.due_by(&rule, answers_before).await
    }

    async fn lapsed_claims(&self, before: Millis) -> Result<u64> {
        let row = self.query_opt("SELECT count(*) FROM claims WHERE lease_until < lgdl_time($1)", &[&before]).await?;
        row.map_or(Ok(0), |row| natural(&row, 0))
    }

    async fn tend(&self, now_ms: Millis) -> Result<()> {
        self.ensure_partitions_ahead(now_ms).await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>> {
        let row = self.query_opt("SELECT value FROM settings WHERE name = $1", &[&name]).await?;
        row.map(|row| get(&row, 0)).transpose()
    }

    async fn change_setting(&self, name: &str, value: &str, told: Event) -> Result<bool> {
        let sql = "INSERT INTO settings (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE settings.value <> excluded.value";
        self.change(sql, &[&name, &value], &told).await
    }

    async fn note(&self, name: &str, value: &str) -> Result<()> {
        let sql = "INSERT INTO settings (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.execute(sql, &[&name, &value]).await.map(drop)
    }

    async fn replace_setting(&self, name: &str, before: Option<&str>, value: &str, told: Event) -> Result<bool> {
        match before {
            Some(before) => self.change(REPLACE, &[&name, &value, &before], &told).await,
            None => self.change(BEGIN, &[&name, &value], &told).await,
        }
    }

    async fn replace_note(&self, name: &str, before: Option<&str>, value: &str) -> Result<bool> {
        let replaced = match before {
            Some(before) => self.execute(REPLACE, &[&name, &value, &before]).await?,
            None => self.execute(BEGIN, &[&name, &value]).await?,
        };
        Ok(replaced == 1)
    }

    async fn epoch(&self) -> Result<String> {
        // The server's own timeline goes along: it changes with a recovery to a point in time and with a promotion.
        let sql = "SELECT coalesce((SELECT value FROM settings WHERE name = $1), ''),
            left(pg_walfile_name(pg_current_wal_lsn()), 8)";
        let row = self.query_opt(sql, &[&EPOCH_SETTING]).await?;
        let row = row.ok_or_else(|| crate::store::StoreError::Internal("no epoch was read".into()))?;
        Ok(format!("{}.{}", get::<String>(&row, 0)?, get::<String>(&row, 1)?))
    }

    async fn counts(&self) -> Result<Counts> {
        let sql = "SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM turns),
            (SELECT count(*) FROM extracted_context), (SELECT count(*) FROM slots)";
        let rows = self.query(sql, &[]).await?;
        let Some(row) = rows.first() else { return Ok(Counts::default()) };
        Ok(Counts {
            conversations: natural(row, 0)?,
            turns: natural(row, 1)?,
            extracted_context: natural(row, 2)?,
            slots: natural(row, 3)?,
        })
    }

    async fn ping(&self) -> Result<()> {
        // A server that has become a standby answers, but takes no turns.
        let row = self.query_opt("SELECT pg_is_in_recovery()", &[]).await?;
        let standby = row.map(|row| get::<bool>(&row, 0)).transpose()?.unwrap_or(true);
        let refused = || crate::store::StoreError::Unavailable("the server is a standby".into());
        if standby {
            return Err(refused());
        }
        self.note(TRIAL_SETTING, &"x".repeat(TRIAL_BYTES)).await
    }

    fn connections(&self) -> Connections {
        self.pools.connections()
    }

    fn kind(&self) -> &'static str {
        "postgres"
    }

    async fn close(&self) {
        self.pools.close();
    }
}
