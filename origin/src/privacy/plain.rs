//! No encryption at rest, on a store that may hold what was sealed once: nothing plain is written beside it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;

use super::ring::holds_data_keys;
use super::{Parts, Protection, RingError, Unprotected, UnreadableKeys};
use crate::clock::{Clock, Millis, is_within};
use crate::ids::person_pseudonym;
use crate::store::{Commit, ConversationDump, ConversationRow, Result, Store};

/// How long it is believed that nobody's texts are sealed: another origin, with a key ring, may begin to.
const BELIEVED_FOR_MS: Millis = 5_000;

/// Writes plain texts into a store where nothing is sealed.
pub struct Plain {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    unreadable: UnreadableKeys,
    /// When the store was last found without sealed texts.
    plain_at: AtomicI64,
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").field("unreadable", &self.unreadable).finish_non_exhaustive()
    }
}

impl Plain {
    /// For a store of which nothing is known yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, unreadable: UnreadableKeys) -> Plain {
        Plain { store, clock, unreadable, plain_at: AtomicI64::new(Millis::MIN) }
    }

    /// Refuses to write plain text where there are sealed ones: of anybody, or, where the operator goes on without the
    /// ring, of this person.
    async fn check(&self, tenant: &str, user_id: &str) -> Result<()> {
        let now_ms = self.clock.now_ms();
        if is_within(self.plain_at.load(Ordering::Relaxed), BELIEVED_FOR_MS, now_ms) {
            return Ok(());
        }
        if !holds_data_keys(&*self.store).await? {
            self.plain_at.store(now_ms, Ordering::Relaxed);
            return Ok(());
        }
        let theirs = async || self.store.find_data_key(tenant, &person_pseudonym(tenant, user_id)).await;
        match self.unreadable {
            UnreadableKeys::Serve if theirs().await?.is_none() => Ok(()),
            UnreadableKeys::Serve | UnreadableKeys::Refuse => Err(RingError::Missing.into()),
        }
    }
}

#[async_trait]
impl Protection for Plain {
    async fn seal(&self, commit: Commit) -> Result<Commit> {
        self.check(&commit.key.tenant, &commit.user_id).await?;
        Unprotected.seal(commit).await
    }

    async fn seal_dump(&self, dump: ConversationDump) -> Result<ConversationDump> {
        self.check(&dump.conversation.tenant, &dump.conversation.user_id).await?;
        Unprotected.seal_dump(dump).await
    }

    async fn check_store(&self) -> Result<()> {
        match self.unreadable {
            UnreadableKeys::Refuse if holds_data_keys(&*self.store).await? => Err(RingError::Missing.into()),
            UnreadableKeys::Refuse | UnreadableKeys::Serve => Ok(()),
        }
    }

    fn forget(&self, _tenant: &str, _user_id: &str) {}

    async fn state_marks(&self, tenant: &str, user_id: &str, digest: &str) -> Result<Vec<String>> {
        Unprotected.state_marks(tenant, user_id, digest).await
    }

    async fn open_answer(&self, tenant: &str, user_id: &str, key: &str, answer: String) -> Result<String> {
        Unprotected.open_answer(tenant, user_id, key, answer).await
    }

    async fn open_conversation(&self, row: ConversationRow) -> Result<ConversationRow> {
        Unprotected.open_conversation(row).await
    }

    async fn open_parts(&self, owner: &ConversationRow, parts: Parts) -> Result<Parts> {
        Unprotected.open_parts(owner, parts).await
    }
}
