//! The SQLite file of the Python runtime (`conversations`, `turns`, `extracted_context`, `slots`) as a source.
//!
//! It knows no tenants and no owners, and its races left turns with the same number: turns are numbered anew in the
//! order they were taken. What belongs to no conversation, and conversations without a turn, are left behind and
//! counted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Map, Value, json};

use super::Source;
use crate::clock::Millis;
use crate::records::{turn_row, type_name};
use crate::store::sqlite::failed;
use crate::store::{
    ContextRow, ConversationDump, ConversationKey, ConversationRow, Page, Record, Result, Section, SlotRow, StoreError,
    Summary,
};

/// What the Python runtime did not keep, and the rows need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonOptions {
    /// The tenant that the conversations get.
    pub tenant: String,
    /// The game they belong to, where their metadata names none (`game_id`); `None`: the only published one.
    pub game: Option<String>,
    /// The published games, each with the version that its conversations stay on.
    pub versions: BTreeMap<String, String>,
    /// Who owns them, where their metadata names nobody (`user_id`).
    pub user_id: String,
}

/// A file of the Python runtime.
#[derive(Debug)]
pub struct PythonSource {
    path: PathBuf,
    options: PythonOptions,
    connection: Mutex<Connection>,
    extras: Extras,
}

/// Columns that some files have and others have not.
#[derive(Debug, Clone, Copy)]
struct Extras {
    sanitized_input: bool,
    slots: bool,
    context: bool,
}

impl PythonSource {
    /// Whether a file looks like one of the Python runtime's, rather than one of ours.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn recognizes(path: &Path) -> Result<bool> {
        let connection = open(path)?;
        Ok(has(&connection, "turns", "turn_num")? && !has(&connection, "conversations", "external_id")?)
    }

    /// Opens a file, for reading only.
    ///
    /// # Errors
    /// When it can't be read, or has other tables.
    pub fn open(path: &Path, options: PythonOptions) -> Result<PythonSource> {
        let connection = open(path)?;
        for (table, column) in [("conversations", "id"), ("turns", "turn_num"), ("turns", "user_input")] {
            if !has(&connection, table, column)? {
                return Err(StoreError::Schema(format!("{} has no column {table}.{column}", path.display())));
            }
        }
        let extras = Extras {
            sanitized_input: has(&connection, "turns", "sanitized_input")?,
            slots: has(&connection, "slots", "slot_name")?,
            context: has(&connection, "extracted_context", "key")?,
        };
        Ok(PythonSource { path: path.to_owned(), options, connection: Mutex::new(connection), extras })
    }

    /// Conversations without a turn, and turns without a conversation: what a copy leaves behind.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn left_behind(&self) -> Result<(u64, u64)> {
        let connection = self.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs);
        let counts = || {
            Ok((
                count(
                    "SELECT count(*) FROM conversations c
                    WHERE NOT EXISTS (SELECT 1 FROM turns t WHERE t.conversation_id = c.id)",
                )?,
                count(
                    "SELECT count(*) FROM turns t
                    WHERE NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = t.conversation_id)",
                )?,
            ))
        };
        counts().map_err(failed)
    }

    /// The conversations after place `after`. A place here is the file's row id, not the origin's id, so that the
    /// file is read in its own order.
    fn conversations(&self, after: &str, limit: u32) -> Result<Page> {
        let connection = self.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let sql = "SELECT c.rowid, c.* FROM conversations c WHERE c.rowid > CAST(?1 AS INTEGER)
            AND EXISTS (SELECT 1 FROM turns t WHERE t.conversation_id = c.id) ORDER BY c.rowid LIMIT ?2";
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query((after, limit)).map_err(failed)?;
        let mut page = Page::default();
        while let Some(row) = rows.next().map_err(failed)? {
            page.next = Some(row.get::<_, i64>(0).map_err(failed)?.to_string());
            page.records.push(Record::Conversation(Box::new(self.conversation(&connection, row)?)));
        }
        if page.records.len() < limit as usize {
            page.next = None;
        }
        Ok(page)
    }

    fn conversation(&self, connection: &Connection, row: &Row<'_>) -> Result<ConversationDump> {
        let external_id = text(row, "id");
        let metadata = object(&text(row, "metadata"));
        let named = |name: &str| metadata.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
        let (game, game_version) = self.game(named("game_id"))?;
        let user_id = named("user_id").unwrap_or(&self.options.user_id).to_owned();
        let key = ConversationKey { tenant: self.options.tenant.clone(), game, external_id: external_id.clone() };
        let optional = |name: &str| Some(text(row, name)).filter(|text| !text.is_empty());
        let turns = self.turns(connection, &external_id)?;
        let first = turns.first().map_or(0, |turn| turn.timestamp);
        let last = turns.last().map_or(first, |turn| turn.timestamp);
        Ok(ConversationDump {
            conversation: ConversationRow {
                id: key.id(),
                tenant: key.tenant,
                game: key.game,
                external_id: key.external_id,
                user_id,
                version: turns.len() as u64,
                game_version,
                created_at: millis(&text(row, "created_at")).unwrap_or(first),
                updated_at: millis(&text(row, "updated_at")).unwrap_or(last),
                summary: Summary {
                    current_move_state: optional("current_move_state"),
                    awaiting_response: matches!(text(row, "awaiting_response").as_str(), "1" | "true"),
                    last_question: optional("last_question"),
                    awaiting_slot_for_move: optional("awaiting_slot_for_move"),
                    awaiting_slot_name: optional("awaiting_slot_name"),
                },
                // The engines' states differ: the conversation goes on with its history, from a fresh state.
                state: json!({"turns": turns.len()}).to_string(),
                // The rest is of another program: nothing here knows what it says, or whom it is about.
                metadata: json!({}).to_string(),
            },
            turns,
            slots: if self.extras.slots { slots(connection, &external_id)? } else { Vec::new() },
            context: if self.extras.context { context(connection, &external_id)? } else { Vec::new() },
            answers: Vec::new(),
        })
    }

    /// The game of a conversation, with its version. Without the game a conversation could never go on.
    fn game(&self, named: Option<&str>) -> Result<(String, String)> {
        let mut published = self.options.versions.iter();
        let only = published.next().map(|(game, _)| game.as_str()).filter(|_| published.next().is_none());
        let game = named.or(self.options.game.as_deref()).or(only).ok_or_else(|| {
            StoreError::Refused("the file does not say which game its conversations belong to; name it".into())
        })?;
        let version = self.options.versions.get(game).ok_or_else(|| {
            StoreError::Refused(format!("conversations of the game `{game}` need it; publish it first"))
        })?;
        Ok((game.to_owned(), version.clone()))
    }

    fn turns(&self, connection: &Connection, conversation: &str) -> Result<Vec<crate::store::TurnRow>> {
        let sql = "SELECT * FROM turns WHERE conversation_id = ?1 ORDER BY turn_num, timestamp, rowid";
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query([conversation]).map_err(failed)?;
        let mut turns = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let number = turns.len() as u64 + 1;
            let input = text(row, "user_input");
            let sanitized = if self.extras.sanitized_input { text(row, "sanitized_input") } else { String::new() };
            let mut record = object(&text(row, "metadata"));
            record.insert("turn".into(), number.into());
            record.insert("at_ms".into(), millis(&text(row, "timestamp")).unwrap_or_default().into());
            record.insert(
                "sanitized_input".into(),
                if sanitized.is_empty() { &input } else { &sanitized }.as_str().into(),
            );
            record.insert("user_input".into(), input.into());
            record.insert("move_id".into(), some_or(text(row, "matched_move"), "none").into());
            record.insert("confidence".into(), text(row, "confidence").parse::<f64>().unwrap_or_default().into());
            record.insert("response".into(), text(row, "response").into());
            record.insert("slots".into(), Value::Object(object(&text(row, "extracted_params"))));
            let (turn, _) = turn_row(without_nul(record))
                .map_err(|error| StoreError::Damaged(format!("turn {number} of a conversation: {error}")))?;
            turns.push(turn);
        }
        Ok(turns)
    }
}

#[async_trait]
impl Source for PythonSource {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page> {
        match section {
            Section::Conversations => self.conversations(after, limit),
            _ => Ok(Page::default()),
        }
    }
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .map_err(|error| StoreError::Unavailable(format!("{} can't be opened: {error}", path.display())))
}

fn has(connection: &Connection, table: &str, column: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
    connection.prepare(sql).and_then(|mut statement| statement.exists([table, column])).map_err(failed)
}

fn slots(connection: &Connection, conversation: &str) -> Result<Vec<SlotRow>> {
    let sql = "SELECT * FROM slots WHERE conversation_id = ?1 ORDER BY move_id, slot_name";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map([conversation], |row| {
        let value = json_or_text(&text(row, "slot_value"));
        Ok(SlotRow {
            move_id: text(row, "move_id"),
            slot_name: text(row, "slot_name"),
            slot_type: some_or(text(row, "slot_type"), type_name(&value)),
            slot_value: value.to_string(),
            updated_at: millis(&text(row, "updated_at")).unwrap_or_default(),
        })
    });
    rows.and_then(Iterator::collect).map_err(failed)
}

fn context(connection: &Connection, conversation: &str) -> Result<Vec<ContextRow>> {
    let sql = "SELECT * FROM extracted_context WHERE conversation_id = ?1 GROUP BY key ORDER BY key";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map([conversation], |row| {
        Ok(ContextRow { key: text(row, "key"), value: json_or_text(&text(row, "value")).to_string() })
    });
    rows.and_then(Iterator::collect).map_err(failed)
}

/// A column as text, whatever its type; empty when it is null or not there.
fn text(row: &Row<'_>, column: &str) -> String {
    match row.get_ref(column) {
        Ok(ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        Ok(ValueRef::Integer(number)) => number.to_string(),
        Ok(ValueRef::Real(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn some_or(text: String, fallback: &str) -> String {
    if text.is_empty() { fallback.to_owned() } else { text }
}

fn object(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn without_nul(record: Map<String, Value>) -> Map<String, Value> {
    let clean = |value: Value| match value {
        Value::String(text) => Value::String(text.replace('\0', "\u{fffd}")),
        other => other,
    };
    record.into_iter().map(|(name, value)| (name, clean(value))).collect()
}

/// Milliseconds of `2024-05-01 10:20:30`, with `T`, fractions and an offset where they stand, or of a number of
/// seconds since 1970. Without an offset it is UTC, as the Python runtime writes it.
fn millis(text: &str) -> Option<Millis> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds * 1000.0).round() as Millis).filter(|millis| *millis >= 0);
    }
    let text = text.trim().replacen(' ', "T", 1);
    let zoned = text.parse::<jiff::Timestamp>();
    let local =
        || Some(text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp());
    zoned.ok().or_else(local).map(jiff::Timestamp::as_millisecond).filter(|millis| *millis >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling_that_the_runtime_used() {
        for text in [
            "2024-05-01 10:20:30",
            "2024-05-01T10:20:30",
            "2024-05-01T10:20:30Z",
            "2024-05-01 12:20:30+02:00",
            "1714558830",
            "1714558830.0",
        ] {
            assert_eq!(millis(text), Some(1_714_558_830_000), "{text}");
        }
        assert_eq!(millis("2024-05-01 10:20:30.123456"), Some(1_714_558_830_123));
        for text in ["", "yesterday", "-5", "2024-13-01"] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
