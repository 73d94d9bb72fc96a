//! Whole conversations from PostgreSQL, many at a time, each set from one snapshot.

use std::collections::HashMap;

use tokio::time::timeout;
use tokio_postgres::{IsolationLevel, Row};

use super::conversations::{conversation, turn};
use super::{Params, PostgresStore, failed, get, in_time, natural};
use crate::store::{AnswerRow, ContextRow, ConversationDump, Result, SlotRow};

const CONVERSATIONS: &str = "SELECT id, tenant, game, external_id, user_id, version, game_version,
    lgdl_millis(created_at), lgdl_millis(updated_at), current_move_state, awaiting_response, last_question,
    awaiting_slot_for_move, awaiting_slot_name, state, metadata FROM conversations
    WHERE id = ANY ($1) AND ($2 = '' OR tenant = $2) ORDER BY id";

const TURNS: &str = "SELECT t.turn_num, lgdl_millis(t.timestamp), t.user_input, t.sanitized_input, t.matched_move,
    t.confidence, t.response, t.extracted_params, t.metadata, t.details, t.conversation_id
    FROM conversations c JOIN turns t ON t.conversation_id = c.id AND t.period = c.period
    WHERE c.id = ANY ($1) ORDER BY t.conversation_id, t.turn_num";

const SLOTS: &str = "SELECT conversation_id, move_id, slot_name, slot_value, slot_type, lgdl_millis(updated_at)
    FROM slots WHERE conversation_id = ANY ($1) ORDER BY conversation_id, move_id, slot_name";

const CONTEXT: &str = "SELECT conversation_id, key, value FROM extracted_context
    WHERE conversation_id = ANY ($1) ORDER BY conversation_id, key";

const ANSWERS: &str = "SELECT conversation_id, key, fingerprint, turn_num, answer, journal_sequence,
    lgdl_millis(created_at) FROM idempotency WHERE conversation_id = ANY ($1) ORDER BY conversation_id, turn_num, key";

impl PostgresStore {
    /// The conversations of these ids, sorted by id; of one tenant, or of all when `tenant` is empty.
    pub(super) async fn dumps(&self, tenant: &str, ids: &[&str]) -> Result<Vec<ConversationDump>> {
        let mut client = self.pools.primary().await?;
        let reading = async {
            let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
            let snapshot = snapshot.start().await?;
            let read = async |sql, params: Params<'_>| {
                let statement = snapshot.prepare_cached(sql).await?;
                snapshot.query(&statement, params).await
            };
            let (wanted, of): (Params<'_>, Params<'_>) = (&[&ids, &tenant], &[&ids]);
            // One round trip for all of them.
            let read = tokio::try_join!(
                read(CONVERSATIONS, wanted),
                read(TURNS, of),
                read(SLOTS, of),
                read(CONTEXT, of),
                read(ANSWERS, of)
            )?;
            snapshot.commit().await?;
            Ok(read)
        };
        let limit = self.pools.several();
        let read = in_time(limit, timeout(limit, reading).await, client)?;
        let read = read.map_err(|error: tokio_postgres::Error| failed(&error))?;
        let (rows, turns, slots, context, answers) = read;
        let mut turns = by_conversation(&turns, 10, turn)?;
        let mut slots = by_conversation(&slots, 0, slot)?;
        let mut context = by_conversation(&context, 0, context_row)?;
        let mut answers = by_conversation(&answers, 0, answer)?;
        let whole = |row: &Row| {
            let conversation = conversation(row)?;
            let id = conversation.id.as_str();
            Ok(ConversationDump {
                turns: turns.remove(id).unwrap_or_default(),
                slots: slots.remove(id).unwrap_or_default(),
                context: context.remove(id).unwrap_or_default(),
                answers: answers.remove(id).unwrap_or_default(),
                conversation,
            })
        };
        rows.iter().map(whole).collect()
    }
}

/// Rows by the conversation that column `id` names, each list in the order of the rows.
fn by_conversation<T>(rows: &[Row], id: usize, read: fn(&Row) -> Result<T>) -> Result<HashMap<String, Vec<T>>> {
    let mut lists: HashMap<String, Vec<T>> = HashMap::new();
    for row in rows {
        lists.entry(get(row, id)?).or_default().push(read(row)?);
    }
    Ok(lists)
}

fn slot(row: &Row) -> Result<SlotRow> {
    Ok(SlotRow {
        move_id: get(row, 1)?,
        slot_name: get(row, 2)?,
        slot_value: get(row, 3)?,
        slot_type: get(row, 4)?,
        updated_at: get(row, 5)?,
    })
}

fn context_row(row: &Row) -> Result<ContextRow> {
    Ok(ContextRow { key: get(row, 1)?, value: get(row, 2)? })
}

fn answer(row: &Row) -> Result<AnswerRow> {
    Ok(AnswerRow {
        key: get(row, 1)?,
        fingerprint: get(row, 2)?,
        turn_num: natural(row, 3)?,
        answer: get(row, 4)?,
        journal_sequence: get::<Option<i64>>(row, 5)?.map(i64::unsigned_abs),
        created_at: get(row, 6)?,
    })
}
