//! Conversations whose turns lie in an archive, on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;

use super::conversations::{COLUMNS, conversation};
use super::transfer::write_parts;
use super::{PostgresStore, column, failed, get, in_time, tell};
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::store::archives::KEPT_AHEAD_MS;
use crate::store::{Archives, ConversationDump, ConversationRow, Event, LooseFile, MAX_PAGE, Result, anew};

/// With people.
const WITH_PEOPLE: &str =
    "EXISTS (SELECT 1 FROM handovers h WHERE h.conversation_id = c.id AND h.stage IN ('waiting', 'with'))";

#[async_trait]
impl Archives for PostgresStore {
    async fn archivable(
        &self,
        before: Millis,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM conversations c WHERE c.id > $1 AND c.updated_at < lgdl_time($2)
            AND coalesce((c.metadata -> 'archived' ->> 'turns')::bigint, 0) < c.version AND NOT {WITH_PEOPLE}
            ORDER BY c.id LIMIT $3"
        );
        let (after, limit) = (after.map_or("", ConversationId::as_str), i64::from(limit.min(MAX_PAGE)));
        self.query(&sql, &[&after, &before, &limit]).await?.iter().map(conversation).collect()
    }

    async fn archived(
        &self,
        tenant: Option<&str>,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM conversations c WHERE c.id > $1 AND ($2::text IS NULL OR c.tenant = $2)
            AND c.metadata ? 'archived' ORDER BY c.id LIMIT $3"
        );
        let (after, limit) = (after.map_or("", ConversationId::as_str), i64::from(limit.min(MAX_PAGE)));
        self.query(&sql, &[&after, &tenant, &limit]).await?.iter().map(conversation).collect()
    }

    async fn expect_file(&self, file: &str, id: &ConversationId, now_ms: Millis) -> Result<()> {
        let sql = "INSERT INTO loose_files (file, conversation_id, since) VALUES ($1, $2, $3)
            ON CONFLICT (file) DO UPDATE SET since = excluded.since";
        self.execute(sql, &[&file, &id.as_str(), &now_ms]).await.map(drop)
    }

    async fn put_away(&self, left: ConversationRow, told: Event) -> Result<bool> {
        let mut client = self.pools.primary().await?;
        let (id, version, name) = (left.id.as_str(), column(left.version), anew(left.version));
        let sql = format!(
            "UPDATE conversations c SET state = $3, metadata = $4::text::jsonb, state_name = $5, last_question = NULL,
                awaiting_response = false, awaiting_slot_for_move = NULL, awaiting_slot_name = NULL
            WHERE c.id = $1 AND c.version = $2 AND NOT {WITH_PEOPLE}
            AND coalesce((c.metadata -> 'archived' ->> 'turns')::bigint, 0) < c.version
            AND NOT EXISTS (SELECT 1 FROM claims WHERE conversation_id = $1 AND lease_until > lgdl_time($6))"
        );
        let work = async {
            let transaction = client.transaction().await?;
            let params: super::Params<'_> = &[&id, &version, &left.state, &left.metadata, &name, &told.at];
            if transaction.execute(&sql, params).await? == 0 {
                return Ok(false);
            }
            let turns = "DELETE FROM turns WHERE period = (SELECT period FROM conversations WHERE id = $1)
                AND conversation_id = $1";
            transaction.execute(turns, &[&id]).await?;
            for table in ["slots", "extracted_context", "idempotency"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE conversation_id = $1"), &[&id]).await?;
            }
            let named = "DELETE FROM loose_files WHERE file = $1::text::jsonb -> 'archived' ->> 'file'";
            transaction.execute(named, &[&left.metadata]).await?;
            tell(&transaction, &told).await?;
            transaction.commit().await?;
            Ok(true)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn bring_back(&self, dump: ConversationDump, file: &str, loose_from: Millis, told: Event) -> Result<bool> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await.map_err(|error| failed(&error))?;
            let row = &dump.conversation;
            let sql = "UPDATE conversations SET metadata = metadata - 'archived'
                WHERE id = $1 AND tenant = $2 AND metadata -> 'archived' ->> 'file' = $3";
            let named = transaction.execute(sql, &[&row.id.as_str(), &row.tenant, &file]).await;
            if named.map_err(|error| failed(&error))? == 0 {
                return Ok(false);
            }
            write_parts(&transaction, &[&dump]).await?;
            let rest = async {
                let loose = "INSERT INTO loose_files (file, conversation_id, since) VALUES ($1, $2, $3)
                    ON CONFLICT (file) DO UPDATE SET since = excluded.since";
                transaction.execute(loose, &[&file, &row.id.as_str(), &loose_from]).await?;
                tell(&transaction, &told).await?;
                transaction.commit().await
            };
            rest.await.map(|()| true).map_err(|error| failed(&error))
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?
    }

    async fn loose_files(&self, before: Millis, limit: u32) -> Result<Vec<LooseFile>> {
        let sql = "SELECT file, EXISTS (SELECT 1 FROM conversations c WHERE c.id = l.conversation_id
                AND c.metadata -> 'archived' ->> 'file' = l.file)
            FROM loose_files l WHERE since < $1 OR (since > $3
                AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = l.conversation_id))
            ORDER BY file LIMIT $2";
        let ahead = before.saturating_add(KEPT_AHEAD_MS);
        let rows = self.query(sql, &[&before, &i64::from(limit.min(MAX_PAGE)), &ahead]).await?;
        rows.iter().map(|row| Ok(LooseFile { file: get(row, 0)?, needed: get(row, 1)? })).collect()
    }

    async fn forget_file(&self, file: &str) -> Result<()> {
        self.execute("DELETE FROM loose_files WHERE file = $1", &[&file]).await.map(drop)
    }
}
