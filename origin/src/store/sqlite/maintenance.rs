//! Cleaning up, settings, and the life of a SQLite store.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::commit::write_event;
use super::conversations::parse_id;
use super::people::remove_conversation;
use super::{SqliteStore, failed, natural};
use crate::clock::Millis;
use crate::store::{
    Connections, Counts, Due, EPOCH_SETTING, Event, Maintenance, Result, RetentionRule, RetentionScope, TRIAL_BYTES,
    TRIAL_SETTING,
};

/// Writes a setting that still says `before`; how many rows were written.
fn replace(connection: &Connection, name: &str, before: Option<&str>, value: &str) -> rusqlite::Result<usize> {
    match before {
        Some(before) => {
            connection.execute("UPDATE settings SET value = ?2 WHERE name = ?1 AND value = ?3", [name, value, before])
        }
        None => {
            let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
            connection.execute(sql, [name, value])
        }
    }
}

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
                let answers = "DELETE FROM idempotency WHERE rowid IN
                    (SELECT rowid FROM idempotency WHERE journal_sequence IS NULL AND created_at < ?1 LIMIT ?2)";
                let claims = "DELETE FROM claims WHERE conversation_id IN
                    (SELECT conversation_id FROM claims WHERE lease_until < ?1 LIMIT ?2)";
                let delete = |sql| connection.execute(sql, params![before, limit]);
                let removed = delete(answers).and_then(|answers| Ok(answers + delete(claims)?));
                removed.map(|rows| rows as u64).map_err(failed)
            })
            .await
    }

    async fn due(&self, rule: RetentionRule, answers_before: Millis) -> Result<Vec<Due>> {
        self.read(move |connection| due(connection, &rule, answers_before).map_err(failed)).await
    }

    async fn lapsed_claims(&self, before: Millis) -> Result<u64> {
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM claims WHERE lease_until < ?1";
            connection.query_row(sql, [before], |row| row.get(0).map(natural)).map_err(failed)
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

    async fn replace_setting(&self, name: &str, before: Option<&str>, value: &str, told: Event) -> Result<bool> {
        let (name, before, value) = (name.to_owned(), before.map(str::to_owned), value.to_owned());
        self.change(told, move |connection| replace(connection, &name, before.as_deref(), &value)).await
    }

    async fn replace_note(&self, name: &str, before: Option<&str>, value: &str) -> Result<bool> {
        let (name, before, value) = (name.to_owned(), before.map(str::to_owned), value.to_owned());
        self.writer
            .write(move |connection| {
                replace(connection, &name, before.as_deref(), &value).map(|replaced| replaced == 1).map_err(failed)
            })
            .await
    }

    async fn epoch(&self) -> Result<String> {
        Ok(self.setting(EPOCH_SETTING).await?.unwrap_or_default())
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
        self.writer
            .write(|connection| {
                let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)";
                let row = params![TRIAL_SETTING, "x".repeat(TRIAL_BYTES)];
                connection.prepare_cached(sql).and_then(|mut s| s.execute(row)).map(drop).map_err(failed)
            })
            .await?;
        self.read(|connection| connection.query_row("SELECT 1", [], |_| Ok(())).map_err(failed)).await
    }

    fn connections(&self) -> Connections {
        self.readers.connections()
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

/// The scope of a rule as parameters: tenant and game or null, and exceptions.
fn scope(rule: &RetentionRule) -> (Option<&String>, Option<&String>, String) {
    match &rule.scope {
        RetentionScope::Game { tenant, game } => (Some(tenant), Some(game), "[]".to_owned()),
        RetentionScope::AllBut(games) => (None, None, serde_json::json!(games).to_string()),
    }
}

/// Whether conversation `c` is in the scope `?2`, `?3`, `?4`.
const IN_SCOPE: &str = "(?2 IS NULL OR (tenant = ?2 AND game = ?3))
    AND NOT EXISTS (SELECT 1 FROM json_each(?4) WHERE json_extract(value, '$[0]') = c.tenant
        AND json_extract(value, '$[1]') = c.game)";
/// Whether it is past its time `?1`, and nothing holds it.
const PAST: &str = "updated_at < ?1 AND NOT EXISTS (SELECT 1 FROM legal_holds h
    WHERE h.tenant = c.tenant AND h.user_id = c.user_id AND h.lifted_at IS NULL)";

fn due(connection: &Connection, rule: &RetentionRule, answers_before: Millis) -> rusqlite::Result<Vec<Due>> {
    let (tenant, game, except) = scope(rule);
    let of = |table: &str| format!("(SELECT count(*) FROM {table} x WHERE x.conversation_id = c.id");
    let sql = format!(
        "SELECT tenant, game, sum(gone), sum(iif(gone, turns, 0)), sum(iif(gone, slots, 0)), sum(iif(gone, context, 0)),
            sum(iif(gone, answers, old_answers))
        FROM (SELECT tenant, game, ({PAST}) AS gone, {}) AS turns, {}) AS slots, {}) AS context, {}) AS answers,
                {} AND x.journal_sequence IS NULL AND x.created_at < ?5) AS old_answers
            FROM conversations c WHERE {IN_SCOPE})
        GROUP BY tenant, game HAVING sum(gone) > 0 OR sum(old_answers) > 0 ORDER BY tenant, game",
        of("turns"),
        of("slots"),
        of("extracted_context"),
        of("idempotency"),
        of("idempotency")
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params![rule.before, tenant, game, except, answers_before], |row| {
        let count = |column| row.get(column).map(natural);
        Ok(Due {
            tenant: row.get(0)?,
            game: row.get(1)?,
            conversations: count(2)?,
            turns: count(3)?,
            slots: count(4)?,
            context: count(5)?,
            answers: count(6)?,
        })
    })?;
    rows.collect()
}

fn remove_conversations(connection: &Connection, rule: &RetentionRule, limit: u32) -> Result<u64> {
    let (tenant, game, except) = scope(rule);
    let sql = format!("SELECT id FROM conversations c WHERE {PAST} AND {IN_SCOPE} ORDER BY updated_at LIMIT ?5");
    let ids = || {
        let mut statement = connection.prepare_cached(&sql)?;
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
