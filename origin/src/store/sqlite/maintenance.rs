//! Cleaning up, settings, and the life of a SQLite store.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::commit::write_event;
use super::conversations::parse_id;
use super::people::remove_conversation;
use super::{SqliteStore, failed, natural};
use crate::clock::Millis;
use crate::store::{Counts, Event, Maintenance, Result, RetentionRule, RetentionScope};

#[async_trait]
impl Maintenance for SqliteStore {
    async fn remove_conversations_before(&self, rule: RetentionRule, limit: u32, told: Event) -> Result<u64> {
        self.writer
            .write(move |connection| {
                let removed = remove_conversations(connection, &rule, limit)?;
                if removed > 0 {
                    write_event(connection, &told.with("conversations", removed)).map_err(failed)?;
                }
                Ok(removed)
            })
            .await
    }

    async fn remove_answers_before(&self, before: Millis, limit: u32) -> Result<u64> {
        self.writer
            .write(move |connection| {
                let answers = "DELETE FROM idempotency WHERE (tenant, user_id, key) IN (SELECT tenant, user_id, key
                    FROM idempotency WHERE journal_sequence IS NULL AND created_at < ?1 LIMIT ?2)";
                let claims = "DELETE FROM claims WHERE conversation_id IN
                    (SELECT conversation_id FROM claims WHERE lease_until < ?1 LIMIT ?2)";
                let delete = |sql| connection.execute(sql, params![before, limit]);
                let removed = delete(answers).and_then(|answers| Ok(answers + delete(claims)?));
                removed.map(|rows| rows as u64).map_err(failed)
            })
            .await
    }

    async fn tend(&self, _now_ms: Millis) -> Result<()> {
        Ok(())
    }

    async fn setting(&self, name: &str) -> Result<Option<String>> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT value FROM settings WHERE name = ?1").map_err(failed)?;
            statement.query_row([name], |row| row.get(0)).optional().map_err(failed)
        })
        .await
    }

    async fn change_setting(&self, name: &str, value: &str, told: Event) -> Result<bool> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.change(told, move |connection| {
            let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name)
                DO UPDATE SET value = excluded.value WHERE value <> excluded.value";
            connection.execute(sql, [&name, &value])
        })
        .await
    }

    async fn note(&self, name: &str, value: &str) -> Result<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.writer
            .write(move |connection| {
                let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)";
                connection.execute(sql, [&name, &value]).map(drop).map_err(failed)
            })
            .await
    }

    async fn counts(&self) -> Result<Counts> {
        self.read(|connection| {
            let count = |table| {
                connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0).map(natural))
            };
            let counts = || {
                Ok(Counts {
                    conversations: count("conversations")?,
                    turns: count("turns")?,
                    extracted_context: count("extracted_context")?,
                    slots: count("slots")?,
                })
            };
            counts().map_err(failed)
        })
        .await
    }

    async fn ping(&self) -> Result<()> {
        // Through the writer as well: a store that can only be read is not well.
        self.writer.write(|_| Ok(())).await?;
        self.read(|connection| connection.query_row("SELECT 1", [], |_| Ok(())).map_err(failed)).await
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

fn remove_conversations(connection: &Connection, rule: &RetentionRule, limit: u32) -> Result<u64> {
    let (tenant, game, except) = match &rule.scope {
        RetentionScope::Game { tenant, game } => (Some(tenant), Some(game), "[]".to_owned()),
        RetentionScope::AllBut(games) => (None, None, serde_json::json!(games).to_string()),
    };
    let sql = "SELECT id FROM conversations c WHERE updated_at < ?1
        AND (?2 IS NULL OR (tenant = ?2 AND game = ?3))
        AND NOT EXISTS (SELECT 1 FROM json_each(?4) WHERE json_extract(value, '$[0]') = c.tenant
            AND json_extract(value, '$[1]') = c.game)
        AND NOT EXISTS (SELECT 1 FROM legal_holds h
            WHERE h.tenant = c.tenant AND h.user_id = c.user_id AND h.lifted_at IS NULL)
        ORDER BY updated_at LIMIT ?5";
    let ids = || {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![rule.before, tenant, game, except, limit], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<Vec<String>>>()
    };
    let ids = ids().map_err(failed)?;
    let removed = ids.len() as u64;
    for id in ids {
        remove_conversation(connection, &parse_id(id)?).map_err(failed)?;
    }
    Ok(removed)
}
