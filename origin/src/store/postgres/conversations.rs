//! Conversations and turns on PostgreSQL: reading. Writing goes through the commit protocol in `commit`.

use async_trait::async_trait;
use serde_json::Value;
use tokio_postgres::Row;

use super::{PostgresStore, column, get, natural};
use crate::ids::ConversationId;
use crate::store::{
    Claim, Commit, CommitOutcome, ConversationDump, ConversationKey, ConversationRow, Conversations, Lookup, MAX_PAGE,
    Result, StoreError, Summary, TurnRow,
};

macro_rules! columns {
    () => {
        "c.id, c.tenant, c.game, c.external_id, c.user_id, c.version, c.game_version, lgdl_millis(c.created_at),
        lgdl_millis(c.updated_at), c.current_move_state, c.awaiting_response, c.last_question, c.awaiting_slot_for_move,
        c.awaiting_slot_name, c.state, c.metadata"
    };
}

/// The columns of a conversation `c`, as [`conversation`] reads them.
pub(super) const COLUMNS: &str = columns!();

pub(super) const CONVERSATION: &str =
    concat!("SELECT ", columns!(), " FROM conversations c WHERE c.tenant = $1 AND c.id = $2");

const ERASED: &str = "SELECT 1 FROM erasures WHERE tenant = $1 AND kind = 'conversation' AND subject = $2";

/// By way of the conversation, whose period names the one partition to look into.
pub(super) const TURNS: &str =
    "SELECT t.turn_num, lgdl_millis(t.timestamp), t.user_input, t.sanitized_input, t.matched_move,
    t.confidence, t.response, t.extracted_params, t.metadata, t.details
    FROM turns t WHERE t.period = (SELECT period FROM conversations WHERE id = $1)
        AND t.conversation_id = $1 AND t.turn_num > $2 ORDER BY t.turn_num LIMIT $3";

#[async_trait]
impl Conversations for PostgresStore {
    async fn commit(&self, commit: Commit) -> Result<CommitOutcome> {
        self.commit_turn(commit).await
    }

    async fn claim(&self, claim: Claim) -> Result<CommitOutcome> {
        self.claim_place(claim).await
    }

    async fn find_answer(&self, tenant: &str, user_id: &str, key: &str) -> Result<Option<(String, String)>> {
        let sql = "SELECT fingerprint, answer FROM idempotency WHERE tenant = $1 AND user_id = $2 AND key = $3";
        let row = self.query_opt(sql, &[&tenant, &user_id, &key]).await?;
        row.map(|row| Ok((get(&row, 0)?, get(&row, 1)?))).transpose()
    }

    async fn find(&self, key: &ConversationKey) -> Result<Lookup> {
        let id = key.id();
        if let Some(row) = self.query_opt(CONVERSATION, &[&key.tenant, &id.as_str()]).await? {
            return Ok(Lookup::Found(Box::new(conversation(&row)?)));
        }
        let erased = self.query_opt(ERASED, &[&key.tenant, &id.as_str()]).await?.is_some();
        Ok(if erased { Lookup::Erased } else { Lookup::Unknown })
    }

    async fn find_by_id(&self, tenant: &str, id: &ConversationId) -> Result<Option<ConversationRow>> {
        self.query_opt(CONVERSATION, &[&tenant, &id.as_str()]).await?.as_ref().map(conversation).transpose()
    }

    async fn versions(&self, tenant: &str, ids: &[ConversationId]) -> Result<Vec<(ConversationId, u64)>> {
        let sql = "SELECT id, version FROM conversations WHERE tenant = $1 AND id = ANY ($2)";
        let ids: Vec<&str> = ids.iter().map(ConversationId::as_str).collect();
        let rows = self.query(sql, &[&tenant, &ids]).await?;
        rows.iter().map(|row| Ok((parse_id(get(row, 0)?)?, natural(row, 1)?))).collect()
    }

    async fn turns(&self, id: &ConversationId, after: u64, limit: u32) -> Result<Vec<TurnRow>> {
        let limit = i64::from(limit.min(MAX_PAGE));
        self.query(TURNS, &[&id.as_str(), &column(after), &limit]).await?.iter().map(turn).collect()
    }

    async fn dump(&self, tenant: &str, id: &ConversationId) -> Result<Option<ConversationDump>> {
        Ok(self.dumps(tenant, &[id.as_str()]).await?.pop())
    }

    async fn of_person(&self, tenant: &str, user_id: &str) -> Result<Vec<ConversationId>> {
        let sql = "SELECT id FROM conversations WHERE tenant = $1 AND user_id = $2 ORDER BY created_at, id";
        self.query(sql, &[&tenant, &user_id]).await?.iter().map(|row| parse_id(get(row, 0)?)).collect()
    }
}

pub(super) fn parse_id(text: &str) -> Result<ConversationId> {
    text.parse().map_err(|error| StoreError::Damaged(format!("conversations.id: {error}")))
}

pub(super) fn conversation(row: &Row) -> Result<ConversationRow> {
    Ok(ConversationRow {
        id: parse_id(get(row, 0)?)?,
        tenant: get(row, 1)?,
        game: get(row, 2)?,
        external_id: get(row, 3)?,
        user_id: get(row, 4)?,
        version: natural(row, 5)?,
        game_version: get(row, 6)?,
        created_at: get(row, 7)?,
        updated_at: get(row, 8)?,
        summary: Summary {
            current_move_state: get(row, 9)?,
            awaiting_response: get(row, 10)?,
            last_question: get(row, 11)?,
            awaiting_slot_for_move: get(row, 12)?,
            awaiting_slot_name: get(row, 13)?,
        },
        state: get(row, 14)?,
        metadata: get::<Value>(row, 15)?.to_string(),
    })
}

pub(super) fn turn(row: &Row) -> Result<TurnRow> {
    Ok(TurnRow {
        turn_num: natural(row, 0)?,
        timestamp: get(row, 1)?,
        user_input: get(row, 2)?,
        sanitized_input: get(row, 3)?,
        matched_move: get(row, 4)?,
        confidence: get(row, 5)?,
        response: get(row, 6)?,
        extracted_params: get::<Value>(row, 7)?.to_string(),
        metadata: get::<Value>(row, 8)?.to_string(),
        details: get(row, 9)?,
    })
}
