//! Conversations and turns on SQLite: reading. Writing goes through the commit protocol in `commit`.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{SqliteStore, column, commit, failed, natural};
use crate::ids::ConversationId;
use crate::store::{
    AnswerRow, Claim, Commit, CommitOutcome, ContextRow, ConversationDump, ConversationKey, ConversationRow,
    Conversations, Lookup, MAX_PAGE, Result, SlotRow, StoreError, Summary, TurnRow,
};

/// The columns of a conversation, as [`conversation`] reads them.
pub(super) const COLUMNS: &str = "id, tenant, game, external_id, user_id, version, game_version, created_at,
    updated_at, current_move_state, awaiting_response, last_question, awaiting_slot_for_move, awaiting_slot_name,
    state, metadata";

#[async_trait]
impl Conversations for SqliteStore {
    async fn commit(&self, commit: Commit) -> Result<CommitOutcome> {
        self.writer.write(move |connection| commit::commit(connection, &commit)).await
    }

    async fn claim(&self, claim: Claim) -> Result<CommitOutcome> {
        self.writer.write(move |connection| commit::claim(connection, &claim)).await
    }

    async fn find_answer(&self, tenant: &str, user_id: &str, key: &str) -> Result<Option<(String, String)>> {
        let names = [tenant, user_id, key].map(str::to_owned);
        self.read(move |connection| {
            let [tenant, user_id, key] = &names;
            commit::stored_answer(connection, tenant, user_id, key).map_err(failed)
        })
        .await
    }

    async fn find(&self, key: &ConversationKey) -> Result<Lookup> {
        let (tenant, id) = (key.tenant.clone(), key.id());
        self.read(move |connection| {
            Ok(match find_row(connection, &tenant, &id)? {
                Some(row) => Lookup::Found(Box::new(row)),
                None if commit::is_erased(connection, &tenant, &id).map_err(failed)? => Lookup::Erased,
                None => Lookup::Unknown,
            })
        })
        .await
    }

    async fn find_by_id(&self, tenant: &str, id: &ConversationId) -> Result<Option<ConversationRow>> {
        let (tenant, id) = (tenant.to_owned(), id.clone());
        self.read(move |connection| find_row(connection, &tenant, &id)).await
    }

    async fn versions(&self, tenant: &str, ids: &[ConversationId]) -> Result<Vec<(ConversationId, u64)>> {
        let (tenant, ids) = (tenant.to_owned(), ids.to_vec());
        self.read(move |connection| {
            let sql = "SELECT version FROM conversations WHERE tenant = ?1 AND id = ?2";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let mut versions = Vec::new();
            for id in ids {
                let found = statement.query_row([tenant.as_str(), id.as_str()], |row| row.get(0)).optional();
                versions.extend(found.map_err(failed)?.map(|version| (id, natural(version))));
            }
            Ok(versions)
        })
        .await
    }

    async fn turns(&self, id: &ConversationId, after: u64, limit: u32) -> Result<Vec<TurnRow>> {
        let id = id.clone();
        self.read(move |connection| turns(connection, &id, after, limit.min(MAX_PAGE)).map_err(failed)).await
    }

    async fn dump(&self, tenant: &str, id: &ConversationId) -> Result<Option<ConversationDump>> {
        let (tenant, id) = (tenant.to_owned(), id.clone());
        self.read(move |connection| {
            let snapshot = connection.unchecked_transaction().map_err(failed)?;
            dump(&snapshot, &tenant, &id)
        })
        .await
    }

    async fn of_person(&self, tenant: &str, user_id: &str) -> Result<Vec<ConversationId>> {
        let (tenant, user_id) = (tenant.to_owned(), user_id.to_owned());
        self.read(move |connection| ids_of_person(connection, &tenant, &user_id)).await
    }
}

pub(super) fn find_row(connection: &Connection, tenant: &str, id: &ConversationId) -> Result<Option<ConversationRow>> {
    let read = || {
        let sql = format!("SELECT {COLUMNS} FROM conversations WHERE tenant = ?1 AND id = ?2");
        let mut statement = connection.prepare_cached(&sql)?;
        statement.query_row(params![tenant, id.as_str()], |row| Ok(conversation(row))).optional()
    };
    read().map_err(failed)?.transpose()
}

/// Everything of one conversation; inside a transaction, one snapshot.
pub(super) fn dump(connection: &Connection, tenant: &str, id: &ConversationId) -> Result<Option<ConversationDump>> {
    let Some(conversation) = find_row(connection, tenant, id)? else { return Ok(None) };
    let rest = || {
        Ok(ConversationDump {
            conversation,
            turns: turns(connection, id, 0, u32::MAX)?,
            slots: slots(connection, id)?,
            context: context(connection, id)?,
            answers: answers(connection, id)?,
        })
    };
    rest().map(Some).map_err(failed)
}

fn answers(connection: &Connection, id: &ConversationId) -> rusqlite::Result<Vec<AnswerRow>> {
    let sql = "SELECT key, fingerprint, turn_num, answer, journal_sequence, created_at FROM idempotency
        WHERE conversation_id = ?1 ORDER BY turn_num, key";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok(AnswerRow {
            key: row.get(0)?,
            fingerprint: row.get(1)?,
            turn_num: natural(row.get(2)?),
            answer: row.get(3)?,
            journal_sequence: row.get::<_, Option<i64>>(4)?.map(natural),
            created_at: row.get(5)?,
        })
    })?;
    rows.collect()
}

pub(super) fn ids_of_person(connection: &Connection, tenant: &str, user_id: &str) -> Result<Vec<ConversationId>> {
    let read = || {
        let sql = "SELECT id FROM conversations WHERE tenant = ?1 AND user_id = ?2 ORDER BY created_at, id";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![tenant, user_id], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(failed)?.into_iter().map(parse_id).collect()
}

pub(super) fn parse_id(text: String) -> Result<ConversationId> {
    text.parse().map_err(|error| StoreError::Damaged(format!("conversations.id: {error}")))
}

pub(super) fn conversation(row: &Row<'_>) -> Result<ConversationRow> {
    let id = parse_id(row.get(0).map_err(failed)?)?;
    let read = || {
        Ok(ConversationRow {
            id,
            tenant: row.get(1)?,
            game: row.get(2)?,
            external_id: row.get(3)?,
            user_id: row.get(4)?,
            version: natural(row.get(5)?),
            game_version: row.get(6)?,
            created_at: row.get(7)?,
            updated_at: row.get(8)?,
            summary: Summary {
                current_move_state: row.get(9)?,
                awaiting_response: row.get(10)?,
                last_question: row.get(11)?,
                awaiting_slot_for_move: row.get(12)?,
                awaiting_slot_name: row.get(13)?,
            },
            state: row.get(14)?,
            metadata: row.get(15)?,
        })
    };
    read().map_err(failed)
}

pub(super) fn turns(
    connection: &Connection,
    id: &ConversationId,
    after: u64,
    limit: u32,
) -> rusqlite::Result<Vec<TurnRow>> {
    let sql = "SELECT turn_num, timestamp, user_input, sanitized_input, matched_move, confidence, response,
        extracted_params, metadata, details FROM turns WHERE conversation_id = ?1 AND turn_num > ?2 ORDER BY turn_num LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![id.as_str(), column(after), limit], |row| {
        Ok(TurnRow {
            turn_num: natural(row.get(0)?),
            timestamp: row.get(1)?,
            user_input: row.get(2)?,
            sanitized_input: row.get(3)?,
            matched_move: row.get(4)?,
            confidence: row.get(5)?,
            response: row.get(6)?,
            extracted_params: row.get(7)?,
            metadata: row.get(8)?,
            details: row.get(9)?,
        })
    })?;
    rows.collect()
}

pub(super) fn slots(connection: &Connection, id: &ConversationId) -> rusqlite::Result<Vec<SlotRow>> {
    let sql = "SELECT move_id, slot_name, slot_value, slot_type, updated_at FROM slots
        WHERE conversation_id = ?1 ORDER BY move_id, slot_name";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok(SlotRow {
            move_id: row.get(0)?,
            slot_name: row.get(1)?,
            slot_value: row.get(2)?,
            slot_type: row.get(3)?,
            updated_at: row.get(4)?,
        })
    })?;
    rows.collect()
}

pub(super) fn context(connection: &Connection, id: &ConversationId) -> rusqlite::Result<Vec<ContextRow>> {
    let mut statement = connection
        .prepare_cached("SELECT key, value FROM extracted_context WHERE conversation_id = ?1 ORDER BY key")?;
    let rows = statement.query_map([id.as_str()], |row| Ok(ContextRow { key: row.get(0)?, value: row.get(1)? }))?;
    rows.collect()
}
