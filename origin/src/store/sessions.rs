//! What a store knows of conversations that fall silent.

use async_trait::async_trait;

use super::{ConversationKey, ConversationRow, Event, Result, StoreError};
use crate::clock::Millis;
use crate::ids::ConversationId;

/// Conversations in which the last words were said at a certain time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Of one tenant, or of all.
    pub tenant: Option<String>,
    /// Behind this time and id.
    pub after: (Millis, String),
    /// Up to this time.
    pub until: Millis,
    /// Stored answers of turns committed since then are all there: by them, what comes behind it is found without looking at
    /// every conversation.
    pub answers_since: Millis,
}

/// Conversations that fall silent.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The conversations of a silence in the order of their last words, at most `limit` and [`super::MAX_PAGE`].
    async fn silent(&self, silence: Silence, limit: u32) -> Result<Vec<ConversationRow>>;

    /// Has a conversation begin anew at its next turn: its state stays, under the name [`anew`], and its metadata say since when.
    /// False, and nothing is told, when it has gone on, a turn holds its place, or it was handed over to people.
    async fn expire(&self, id: &ConversationId, version: u64, now_ms: Millis, told: Event) -> Result<bool>;

    /// Conversations of a tenant's game that are on a version of it and have not expired, each with how many turns it has: by id, behind one,
    /// at most `limit` and [`super::MAX_PAGE`].
    async fn on_version(
        &self,
        of: (&str, &str, &str),
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<(ConversationId, u64)>>;

    /// How many conversations of each tenant were spoken in since then, and have not expired.
    async fn open_conversations(&self, since: Millis) -> Result<Vec<(String, u64)>>;

    /// Whether a turn finds anything of it there already: its conversation, unless that expired, a tombstone of that, its answer, or the place that it
    /// holds.
    async fn is_known(&self, key: &ConversationKey, user_id: &str, idempotency_key: &str) -> Result<bool>;
}

/// The name of the state of a conversation that begins anew at its next turn. No digest is called so: a turn that was run on
/// anything else gets a conflict.
#[must_use]
pub fn anew(version: u64) -> String {
    format!("{version}:anew")
}

/// The fact among a conversation's metadata that it expired: at which version, and when.
pub const EXPIRED: &str = "expired";

/// An id as a row holds it.
pub(super) fn known_id(text: &str) -> Result<ConversationId> {
    text.parse().map_err(|_| StoreError::Damaged("conversations.id".into()))
}
