//! What a store knows of conversations whose turns lie in an archive.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{ConversationDump, ConversationRow, Event, Result, StoreError};
use crate::clock::Millis;
use crate::ids::ConversationId;

/// The fact among a conversation's metadata that its turns lie in an archive.
pub const ARCHIVED: &str = "archived";

/// How far ahead a file is loose from then on that is kept for backups: one that is on its way is so from now on.
pub(super) const KEPT_AHEAD_MS: Millis = 2 * crate::clock::HOUR_MS;

/// Since when a file is loose that goes with the next sweep.
pub(super) const DUE_AT_ONCE: Millis = 0;

/// Where the turns of a conversation lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// The file: SHA-256 of its bytes, hexadecimal.
    pub file: String,
    /// How many turns it has: the first ones.
    pub turns: u64,
    /// How long it is, bytes.
    pub bytes: u64,
    /// When it was written.
    pub at: Millis,
}

impl Archived {
    /// Where the turns of a conversation lie, if they are not here.
    ///
    /// # Errors
    /// When its metadata are no such facts.
    pub fn of(row: &ConversationRow) -> Result<Option<Archived>> {
        #[derive(Deserialize)]
        struct Facts {
            archived: Option<Archived>,
        }
        // Most conversations have no metadata at all.
        if !row.metadata.contains(ARCHIVED) {
            return Ok(None);
        }
        let facts: Facts = serde_json::from_str(&row.metadata)
            .map_err(|error| StoreError::Damaged(format!("conversations.metadata: {error}")))?;
        Ok(facts.archived)
    }
}

/// A file that no conversation may need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseFile {
    /// Its name.
    pub file: String,
    /// Whether a conversation needs it after all.
    pub needed: bool,
}

/// Conversations whose turns lie in an archive. Their rows stay, so that they are found, counted, kept and erased as any other.
#[async_trait]
pub trait Archives: Send + Sync {
    /// Conversations whose last turn is before `before` and that have turns here, behind an id, in the order of ids; none that is
    /// with people. At most `limit` and [`super::MAX_PAGE`].
    async fn archivable(
        &self,
        before: Millis,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>>;

    /// The conversations of a tenant, or of all, whose turns lie in an archive, behind an id, in the order of ids.
    async fn archived(
        &self,
        tenant: Option<&str>,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>>;

    /// Notes a file that is about to be written: it is loose until its conversation names it.
    async fn expect_file(&self, file: &str, id: &ConversationId, now_ms: Millis) -> Result<()>;

    /// Takes the turns of a conversation, and what hangs on them, away: `left` is what stays, whose metadata name the file, and which
    /// begins anew at its next turn. False, and nothing happens, when the conversation has another version, or a turn holds its
    /// place.
    async fn put_away(&self, left: ConversationRow, told: Event) -> Result<bool>;

    /// Puts back what was taken away; the file is loose from `loose_from` on. What is there already stays, and so does the state.
    /// False, and nothing happens, when the conversation does not name this file.
    async fn bring_back(&self, dump: ConversationDump, file: &str, loose_from: Millis, told: Event) -> Result<bool>;

    /// Loose files that have been so since before `before`, and those that are kept for the backups of a conversation that is gone,
    /// at most `limit`.
    async fn loose_files(&self, before: Millis, limit: u32) -> Result<Vec<LooseFile>>;

    /// Forgets a loose file.
    async fn forget_file(&self, file: &str) -> Result<()>;
}
