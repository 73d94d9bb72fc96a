//! Encryption at rest, as a layer between the service and the store: rows go in readable and come out sealed, and
//! the other way round. The store never looks into what is sealed.

mod audit_names;
mod envelope;
mod personal;
mod plain;
mod ring;
mod rotation;
mod sealing;
mod stored_text;

use async_trait::async_trait;

use crate::ids::ConversationId;
use crate::store::{
    Commit, ContextRow, ConversationDump, ConversationRow, DataKeyRow, Result, SlotRow, StoreError, TurnRow,
};

pub use audit_names::{begin_naming, name_persons};
pub use envelope::Envelope;
pub use personal::{PersonalValues, Reader};
pub use plain::Plain;
pub use ring::{
    MAX_NAMED, PlainTexts, RingError, Unreadable, UnreadableKeys, UnreadableList, begin_sealing, check_ring,
    note_plain_texts, plain_texts,
};
pub use rotation::{Rotation, rotate};
pub use sealing::{Sealed, seal_plain};

/// Seals rows on their way into the store and opens them on their way out.
#[async_trait]
pub trait Protection: Send + Sync + std::fmt::Debug {
    /// Seals every text of a commit: the turn's texts and details, slot and context values, the open question, the
    /// state and the stored answer.
    async fn seal(&self, commit: Commit) -> Result<Commit>;

    /// Seals every text of a whole conversation; for imports.
    async fn seal_dump(&self, dump: ConversationDump) -> Result<ConversationDump>;

    /// Seals a file of the archive under the person's data key: where that is destroyed, nobody opens it again.
    async fn seal_file(&self, owner: &ConversationRow, bytes: &[u8]) -> Result<Vec<u8>> {
        let _ = (owner, bytes);
        Err(no_key())
    }

    /// Opens such a file.
    async fn open_file(&self, owner: &ConversationRow, bytes: &[u8]) -> Result<Vec<u8>> {
        let _ = (owner, bytes);
        Err(no_key())
    }

    /// The same for a file whose owner is not known yet, with the data key that it names.
    async fn open_file_under(&self, key: DataKeyRow, id: &ConversationId, bytes: &[u8]) -> Result<Vec<u8>> {
        let _ = (key, id, bytes);
        Err(no_key())
    }

    /// Whether what is sealed from now on, and what is written plain, goes with what the store holds: asked before a key is made that is
    /// nobody's in particular.
    async fn check_store(&self) -> Result<()> {
        Ok(())
    }

    /// What a digest of one of the person's states is kept as: first as it is written, then as it may have been written
    /// before. A plain digest would let whoever has the store guess at what was said.
    async fn state_marks(&self, tenant: &str, user_id: &str, digest: &str) -> Result<Vec<String>>;

    /// What the store keeps of what a client calls a request, and of the digest of what it asks. Both say something about the person:
    /// a key may be anything, and whoever has a digest can guess at short texts.
    async fn kept_request(&self, tenant: &str, user_id: &str, request: RequestName) -> Result<RequestName> {
        let _ = (tenant, user_id);
        Ok(request)
    }

    /// Forgets what it remembers of a person's keys: the store says that they were destroyed.
    fn forget(&self, tenant: &str, user_id: &str);

    /// Opens the stored answer of a person to the request of an idempotency key.
    async fn open_answer(&self, tenant: &str, user_id: &str, key: &str, answer: String) -> Result<String>;

    /// Opens a conversation's texts.
    async fn open_conversation(&self, row: ConversationRow) -> Result<ConversationRow>;

    /// Opens what belongs to a conversation: turns, slots, context.
    async fn open_parts(&self, owner: &ConversationRow, parts: Parts) -> Result<Parts>;

    /// Makes an open conversation what `reader` is shown: where personal values are kept as tokens, the owner gets the
    /// values and everybody else the tokens.
    async fn show(&self, reader: Reader, dump: ConversationDump) -> Result<ConversationDump> {
        let _ = reader;
        Ok(dump)
    }
}

fn no_key() -> StoreError {
    StoreError::Refused("an archive needs LGDL_ENCRYPTION_KEY: its files die with the keys of their persons".into())
}

/// What tells one request of a person from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestName {
    /// The idempotency key.
    pub key: String,
    /// The fingerprint of what is asked.
    pub fingerprint: String,
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

/// No encryption at rest. Rows that were sealed before it was turned off are refused, not shown as they lie.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unprotected;

#[async_trait]
impl Protection for Unprotected {
    async fn seal(&self, mut commit: Commit) -> Result<Commit> {
        stored_text::each_of_commit(&mut commit, |_, text| {
            stored_text::mark_plain(text);
            Ok(())
        })?;
        Ok(commit)
    }

    async fn seal_dump(&self, mut dump: ConversationDump) -> Result<ConversationDump> {
        stored_text::each_of_dump(&mut dump, |_, text| {
            stored_text::mark_plain(text);
            Ok(())
        })?;
        Ok(dump)
    }

    async fn state_marks(&self, _tenant: &str, _user_id: &str, digest: &str) -> Result<Vec<String>> {
        Ok(vec![digest.to_owned()])
    }

    fn forget(&self, _tenant: &str, _user_id: &str) {}

    async fn open_answer(&self, _tenant: &str, _user_id: &str, _key: &str, mut answer: String) -> Result<String> {
        stored_text::read_plain(&mut answer)?;
        Ok(answer)
    }

    async fn open_conversation(&self, mut row: ConversationRow) -> Result<ConversationRow> {
        stored_text::each_of_conversation(&mut row, |_, text| stored_text::read_plain(text))?;
        Ok(row)
    }

    async fn open_parts(&self, owner: &ConversationRow, mut parts: Parts) -> Result<Parts> {
        stored_text::each_of_parts(owner, &mut parts, |_, text| stored_text::read_plain(text))?;
        Ok(parts)
    }
}
