//! Conversations that fall silent, on PostgreSQL. No index holds the time of a conversation's last turn, so that turns stay
//! cheap; the stored answers lie in the order of their turns.

use async_trait::async_trait;

use super::conversations::{COLUMNS, conversation};
use super::{PostgresStore, column, get, natural};
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::store::sessions::known_id;
use crate::store::{ConversationKey, ConversationRow, EXPIRED, Event, MAX_PAGE, Result, Sessions, Silence, anew};

#[async_trait]
impl Sessions for PostgresStore {
    async fn silent(&self, silence: Silence, limit: u32) -> Result<Vec<ConversationRow>> {
        let Silence { tenant, after: (at, id), until, answers_since } = silence;
        // The answer to the last words was stored when they were, whatever the game has said since.
        let by_answers = "AND c.id IN (SELECT i.conversation_id FROM idempotency i
            WHERE i.created_at >= lgdl_time($2) AND i.created_at <= lgdl_time($4))";
        let by = if at >= answers_since { by_answers } else { "" };
        let sql = format!(
            "SELECT {COLUMNS} FROM conversations c WHERE c.updated_at >= lgdl_time($2)
            AND c.updated_at <= lgdl_time($4) {by} AND (c.updated_at, c.id) > (lgdl_time($2), $3)
            AND ($1::text IS NULL OR c.tenant = $1) ORDER BY c.updated_at, c.id LIMIT $5"
        );
        let limit = i64::from(limit.min(MAX_PAGE));
        self.query(&sql, &[&tenant, &at, &id, &until, &limit]).await?.iter().map(conversation).collect()
    }

    async fn expire(&self, id: &ConversationId, version: u64, now_ms: Millis, told: Event) -> Result<bool> {
        let sql = "UPDATE conversations SET state_name = $3,
                metadata = jsonb_set(metadata, ARRAY[$5::text], jsonb_build_object('version', $2::bigint, 'at', $4::bigint))
            WHERE id = $1 AND version = $2
            AND NOT EXISTS (SELECT 1 FROM claims WHERE conversation_id = $1 AND lease_until > lgdl_time($4))
            AND NOT EXISTS (SELECT 1 FROM handovers WHERE conversation_id = $1 AND stage IN ('waiting', 'with'))";
        self.change(sql, &[&id.as_str(), &column(version), &anew(version), &now_ms, &EXPIRED], &told).await
    }

    async fn on_version(
        &self,
        (tenant, game, version): (&str, &str, &str),
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<(ConversationId, u64)>> {
        let sql =
            "SELECT id, version FROM conversations WHERE tenant = $1 AND game = $2 AND game_version = $3 AND id > $4
            AND (metadata #>> '{expired,version}')::bigint IS DISTINCT FROM version ORDER BY id LIMIT $5";
        let (after, limit) = (after.map_or("", ConversationId::as_str), i64::from(limit.min(MAX_PAGE)));
        let rows = self.query(sql, &[&tenant, &game, &version, &after, &limit]).await?;
        rows.iter().map(|row| Ok((known_id(get(row, 0)?)?, natural(row, 1)?))).collect()
    }

    async fn open_conversations(&self, since: Millis) -> Result<Vec<(String, u64)>> {
        let sql = "SELECT tenant, count(*) FROM conversations WHERE updated_at >= lgdl_time($1)
            AND (metadata #>> '{expired,version}')::bigint IS DISTINCT FROM version GROUP BY tenant";
        self.query_lagging(sql, &[&since]).await?.iter().map(|row| Ok((get(row, 0)?, natural(row, 1)?))).collect()
    }

    async fn is_known(&self, key: &ConversationKey, user_id: &str, idempotency_key: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM conversations WHERE id = $2
                AND (metadata #>> '{expired,version}')::bigint IS DISTINCT FROM version)
            OR EXISTS (SELECT 1 FROM erasures WHERE tenant = $1 AND kind = 'conversation' AND subject = $2)
            OR EXISTS (SELECT 1 FROM idempotency WHERE tenant = $1 AND user_id = $3 AND key = $4)
            OR EXISTS (SELECT 1 FROM claims WHERE tenant = $1 AND user_id = $3 AND idempotency_key = $4)";
        let id = key.id();
        let rows = self.query(sql, &[&key.tenant, &id.as_str(), &user_id, &idempotency_key]).await?;
        rows.first().map_or(Ok(false), |row| get(row, 0))
    }
}
