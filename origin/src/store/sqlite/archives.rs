//! Conversations whose turns lie in an archive, on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::commit::write_event;
use super::conversations::{COLUMNS, conversation};
use super::transfer::{write_answer, write_turn};
use super::{SqliteStore, column, failed};
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::store::archives::KEPT_AHEAD_MS;
use crate::store::{Archives, ConversationDump, ConversationRow, Event, LooseFile, MAX_PAGE, Result, anew};

/// With people.
const WITH_PEOPLE: &str =
    "EXISTS (SELECT 1 FROM handovers h WHERE h.conversation_id = c.id AND h.stage IN ('waiting', 'with'))";

#[async_trait]
impl Archives for SqliteStore {
    async fn archivable(
        &self,
        before: Millis,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>> {
        let after = after.map_or_else(String::new, ToString::to_string);
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM conversations c WHERE id > ?1 AND updated_at < ?2
                AND coalesce(json_extract(metadata, '$.archived.turns'), 0) < version AND NOT {WITH_PEOPLE}
                ORDER BY id LIMIT ?3"
            );
            rows(connection, &sql, params![after, before, limit.min(MAX_PAGE)])
        })
        .await
    }

    async fn archived(
        &self,
        tenant: Option<&str>,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>> {
        let (tenant, after) = (tenant.map(str::to_owned), after.map_or_else(String::new, ToString::to_string));
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM conversations WHERE id > ?1 AND (?2 IS NULL OR tenant = ?2)
                AND json_extract(metadata, '$.archived.file') IS NOT NULL ORDER BY id LIMIT ?3"
            );
            rows(connection, &sql, params![after, tenant, limit.min(MAX_PAGE)])
        })
        .await
    }

    async fn expect_file(&self, file: &str, id: &ConversationId, now_ms: Millis) -> Result<()> {
        let (file, id) = (file.to_owned(), id.clone());
        self.writer
            .write(move |connection| {
                let sql = "INSERT OR REPLACE INTO loose_files (file, conversation_id, since) VALUES (?1, ?2, ?3)";
                connection.execute(sql, params![file, id.as_str(), now_ms]).map(drop).map_err(failed)
            })
            .await
    }

    async fn put_away(&self, left: ConversationRow, told: Event) -> Result<bool> {
        let done = self.writer.write(move |connection| put_away(connection, &left, &told).map_err(failed)).await?;
        if done {
            self.empty_log().await;
        }
        Ok(done)
    }

    async fn bring_back(&self, dump: ConversationDump, file: &str, loose_from: Millis, told: Event) -> Result<bool> {
        let file = file.to_owned();
        self.writer
            .write(move |connection| bring_back(connection, &dump, &file, loose_from, &told).map_err(failed))
            .await
    }

    async fn loose_files(&self, before: Millis, limit: u32) -> Result<Vec<LooseFile>> {
        self.read(move |connection| {
            let sql = "SELECT file, EXISTS (SELECT 1 FROM conversations c WHERE c.id = l.conversation_id
                    AND json_extract(c.metadata, '$.archived.file') = l.file)
                FROM loose_files l WHERE since < ?1 OR (since > ?3
                    AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = l.conversation_id))
                ORDER BY file LIMIT ?2";
            let read = || {
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement
                    .query_map(params![before, limit.min(MAX_PAGE), before.saturating_add(KEPT_AHEAD_MS)], |row| {
                        Ok(LooseFile { file: row.get(0)?, needed: row.get(1)? })
                    })?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(failed)
        })
        .await
    }

    async fn forget_file(&self, file: &str) -> Result<()> {
        let file = file.to_owned();
        self.writer
            .write(move |connection| {
                connection.execute("DELETE FROM loose_files WHERE file = ?1", [&file]).map(drop).map_err(failed)
            })
            .await
    }
}

fn rows(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<ConversationRow>> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(params, |row| Ok(conversation(row))).map_err(failed)?;
    rows.map(|row| row.map_err(failed)?).collect()
}

fn put_away(connection: &Connection, left: &ConversationRow, told: &Event) -> rusqlite::Result<bool> {
    let id = left.id.as_str();
    let sql = format!(
        "UPDATE conversations AS c SET state = ?3, metadata = ?4, state_name = ?5, last_question = NULL,
            awaiting_response = 0, awaiting_slot_for_move = NULL, awaiting_slot_name = NULL
        WHERE id = ?1 AND version = ?2 AND NOT {WITH_PEOPLE}
        AND coalesce(json_extract(metadata, '$.archived.turns'), 0) < version
        AND NOT EXISTS (SELECT 1 FROM claims WHERE conversation_id = ?1 AND lease_until > ?6)"
    );
    let of = params![id, column(left.version), left.state, left.metadata, anew(left.version), told.at];
    if connection.execute(&sql, of)? == 0 {
        return Ok(false);
    }
    for table in ["turns", "slots", "extracted_context", "idempotency"] {
        connection.execute(&format!("DELETE FROM {table} WHERE conversation_id = ?1"), [id])?;
    }
    let named = "DELETE FROM loose_files WHERE file = json_extract(?1, '$.archived.file')";
    connection.execute(named, [&left.metadata])?;
    write_event(connection, told)?;
    Ok(true)
}

fn bring_back(
    connection: &Connection,
    dump: &ConversationDump,
    file: &str,
    loose_from: Millis,
    told: &Event,
) -> rusqlite::Result<bool> {
    let row = &dump.conversation;
    let sql = "UPDATE conversations SET metadata = json_remove(metadata, '$.archived')
        WHERE id = ?1 AND tenant = ?2 AND json_extract(metadata, '$.archived.file') = ?3";
    if connection.execute(sql, params![row.id.as_str(), row.tenant, file])? == 0 {
        return Ok(false);
    }
    for turn in &dump.turns {
        write_turn(connection, &row.id, turn)?;
    }
    for slot in &dump.slots {
        let sql = "INSERT OR IGNORE INTO slots (conversation_id, move_id, slot_name, slot_value, slot_type, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let of =
            params![row.id.as_str(), slot.move_id, slot.slot_name, slot.slot_value, slot.slot_type, slot.updated_at];
        connection.prepare_cached(sql)?.execute(of)?;
    }
    for value in &dump.context {
        let sql = "INSERT OR IGNORE INTO extracted_context (conversation_id, key, value) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![row.id.as_str(), value.key, value.value])?;
    }
    for answer in &dump.answers {
        write_answer(connection, row, answer)?;
    }
    let loose = "INSERT OR REPLACE INTO loose_files (file, conversation_id, since) VALUES (?1, ?2, ?3)";
    connection.execute(loose, params![file, row.id.as_str(), loose_from])?;
    write_event(connection, told)?;
    Ok(true)
}
