//! Conversations that fall silent, on SQLite.

use async_trait::async_trait;
use rusqlite::params;

use super::commit::write_event;
use super::conversations::{COLUMNS, conversation};
use super::{SqliteStore, column, failed, natural};
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::store::sessions::known_id;
use crate::store::{ConversationKey, ConversationRow, EXPIRED, Event, MAX_PAGE, Result, Sessions, Silence, anew};

#[async_trait]
impl Sessions for SqliteStore {
    async fn silent(&self, silence: Silence, limit: u32) -> Result<Vec<ConversationRow>> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM conversations WHERE updated_at BETWEEN ?2 AND ?4
                AND (updated_at, id) > (?2, ?3) AND (?1 IS NULL OR tenant = ?1) ORDER BY updated_at, id LIMIT ?5"
            );
            let Silence { tenant, after: (at, id), until, .. } = silence;
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            let of = params![tenant, at, id, until, limit.min(MAX_PAGE)];
            let rows = statement.query_map(of, |row| Ok(conversation(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn expire(&self, id: &ConversationId, version: u64, now_ms: Millis, told: Event) -> Result<bool> {
        let id = id.clone();
        self.writer
            .write(move |connection| {
                let sql = "UPDATE conversations SET state_name = ?3,
                        metadata = json_set(metadata, '$.' || ?5, json_object('version', ?2, 'at', ?4))
                    WHERE id = ?1 AND version = ?2
                    AND NOT EXISTS (SELECT 1 FROM claims WHERE conversation_id = ?1 AND lease_until > ?4)
                    AND NOT EXISTS (SELECT 1 FROM handovers WHERE conversation_id = ?1 AND stage IN ('waiting', 'with'))";
                let change = || {
                    let of = params![id.as_str(), column(version), anew(version), now_ms, EXPIRED];
                    let expired = connection.execute(sql, of)? > 0;
                    if expired {
                        write_event(connection, &told)?;
                    }
                    Ok(expired)
                };
                change().map_err(failed)
            })
            .await
    }

    async fn on_version(
        &self,
        (tenant, game, version): (&str, &str, &str),
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<(ConversationId, u64)>> {
        let [tenant, game, version] = [tenant, game, version].map(str::to_owned);
        let after = after.map_or_else(String::new, ToString::to_string);
        self.read(move |connection| {
            let sql = "SELECT id, version FROM conversations WHERE tenant = ?1 AND game = ?2 AND game_version = ?3 AND id > ?4
                AND json_extract(metadata, '$.expired.version') IS NOT version ORDER BY id LIMIT ?5";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let of = params![tenant, game, version, after, limit.min(MAX_PAGE)];
            let rows = statement.query_map(of, |row| Ok((row.get::<_, String>(0)?, natural(row.get(1)?))));
            let rows = rows.map_err(failed)?;
            rows.map(|row| row.map_err(failed).and_then(|(id, turns)| Ok((known_id(&id)?, turns)))).collect()
        })
        .await
    }

    async fn open_conversations(&self, since: Millis) -> Result<Vec<(String, u64)>> {
        self.read(move |connection| {
            let sql = "SELECT tenant, count(*) FROM conversations WHERE updated_at >= ?1
                AND json_extract(metadata, '$.expired.version') IS NOT version GROUP BY tenant";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows = statement.query_map([since], |row| Ok((row.get(0)?, natural(row.get(1)?)))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)).collect()
        })
        .await
    }

    async fn is_known(&self, key: &ConversationKey, user_id: &str, idempotency_key: &str) -> Result<bool> {
        let (tenant, id) = (key.tenant.clone(), key.id());
        let (user, request) = (user_id.to_owned(), idempotency_key.to_owned());
        self.read(move |connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM conversations WHERE id = ?2
                    AND json_extract(metadata, '$.expired.version') IS NOT version)
                OR EXISTS (SELECT 1 FROM erasures WHERE tenant = ?1 AND kind = 'conversation' AND subject = ?2)
                OR EXISTS (SELECT 1 FROM idempotency WHERE tenant = ?1 AND user_id = ?3 AND key = ?4)
                OR EXISTS (SELECT 1 FROM claims WHERE tenant = ?1 AND user_id = ?3 AND idempotency_key = ?4)";
            let of = params![tenant, id.as_str(), user, request];
            connection.query_row(sql, of, |row| row.get(0)).map_err(failed)
        })
        .await
    }
}
