//! Encryption at rest, as a layer between the service and the store: rows go in readable and come out sealed, and
//! the other way round. The store never looks into what is sealed.

use async_trait::async_trait;

use crate::store::{Commit, ContextRow, ConversationRow, Result, SlotRow, TurnRow};

/// Seals rows on their way into the store and opens them on their way out.
#[async_trait]
pub trait Protection: Send + Sync + std::fmt::Debug {
    /// Seals every text of a commit: the turn's texts and details, slot and context values, the open question, the
    /// state and the stored answer.
    async fn seal(&self, commit: Commit) -> Result<Commit>;

    /// Opens a stored answer of a person.
    async fn open_answer(&self, tenant: &str, user_id: &str, answer: String) -> Result<String>;

    /// Opens a conversation's texts.
    async fn open_conversation(&self, row: ConversationRow) -> Result<ConversationRow>;

    /// Opens what belongs to a conversation: turns, slots, context.
    async fn open_parts(&self, owner: &ConversationRow, parts: Parts) -> Result<Parts>;
}

/// What belongs to a conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parts {
    /// Turns.
    pub turns: Vec<TurnRow>,
    /// Slots.
    pub slots: Vec<SlotRow>,
    /// Context.
    pub context: Vec<ContextRow>,
}

/// No encryption at rest: what is stored is what is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unprotected;

#[async_trait]
impl Protection for Unprotected {
    async fn seal(&self, commit: Commit) -> Result<Commit> {
        Ok(commit)
    }

    async fn open_answer(&self, _tenant: &str, _user_id: &str, answer: String) -> Result<String> {
        Ok(answer)
    }

    async fn open_conversation(&self, row: ConversationRow) -> Result<ConversationRow> {
        Ok(row)
    }

    async fn open_parts(&self, _owner: &ConversationRow, parts: Parts) -> Result<Parts> {
        Ok(parts)
    }
}
