//! The stores behind one set of traits, a repository for each aggregate. No SQL stands outside
//! [`sqlite`] and [`postgres`], and no wire type inside.
//!
//! Times and ids are arguments everywhere: a store reads no clock and draws no randomness. Look-ups answer
//! `Option`; an error means that the store failed, not that the answer is no.
//!
//! Every change that people make takes `told`, the event that the audit log gets: it goes into the outbox in the
//! transaction of the change, and only if the change takes place. So there is neither a change that the log does not
//! know, nor an event of a change that never was.

mod administrators;
mod archives;
mod audit_names;
mod error;
mod events;
mod handovers;
mod nodes;
mod outbox;
pub mod postgres;
mod reports;
mod sessions;
pub mod sqlite;
mod transfer;
mod types;
mod typing;
mod webhooks;

use async_trait::async_trait;

use crate::clock::Millis;
use crate::ids::{ApiKeyId, ConversationId, DataKeyId, HoldId};

pub use administrators::*;
pub use archives::*;
pub use audit_names::AuditNames;
pub use error::{Result, StoreError};
pub use events::*;
pub use handovers::*;
pub use nodes::*;
pub use reports::*;
pub use sessions::*;
pub use transfer::*;
pub use types::*;
pub use typing::{Composing, Typing, Typist};
pub use webhooks::*;

/// How far an edge's clock may be ahead when a journalled turn of an erased person arrives, milliseconds: as far as it is listened to.
pub(crate) const JOURNAL_CLOCK_SLACK_MS: Millis = lgdl::wire::signature::REPLAY_WINDOW_MS;

/// Turns that one page of history holds at most.
pub const MAX_PAGE: u32 = 1000;

/// Conversations, their turns, and the commit protocol.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Commits a turn: compare-and-swap, idempotency, tombstones and claims in one transaction, answered only when
    /// it is durable.
    async fn commit(&self, commit: Commit) -> Result<CommitOutcome>;

    /// Holds a turn's place. The outcome `Committed` carries the version that is held. Claiming again with the same
    /// key prolongs the lease; while one try of the turn acts, the others get a conflict.
    async fn claim(&self, claim: Claim) -> Result<CommitOutcome>;

    /// The answer that is stored for a person's request: the fingerprint of what was asked, and the answer (stored text).
    async fn find_answer(&self, tenant: &str, user_id: &str, key: &str) -> Result<Option<(String, String)>>;

    /// Finds a conversation, whoever owns it.
    async fn find(&self, key: &ConversationKey) -> Result<Lookup>;

    /// Finds a conversation by the origin's id.
    async fn find_by_id(&self, tenant: &str, id: &ConversationId) -> Result<Option<ConversationRow>>;

    /// How many turns those of these conversations have that are there: their versions, and nothing else of them.
    async fn versions(&self, tenant: &str, ids: &[ConversationId]) -> Result<Vec<(ConversationId, u64)>>;

    /// The turns after turn `after`, in order, at most `limit` and [`MAX_PAGE`].
    async fn turns(&self, id: &ConversationId, after: u64, limit: u32) -> Result<Vec<TurnRow>>;

    /// Everything kept of a conversation, from one snapshot.
    async fn dump(&self, tenant: &str, id: &ConversationId) -> Result<Option<ConversationDump>>;

    /// Ids of a person's conversations, oldest first.
    async fn of_person(&self, tenant: &str, user_id: &str) -> Result<Vec<ConversationId>>;
}

/// Games and their versions.
#[async_trait]
pub trait Games: Send + Sync {
    /// Stores a version and makes it active unless the game is pinned. What is told gets the fact `outcome`; nothing is
    /// told when everything was as it is published before.
    async fn publish(&self, publication: Publication, told: Event) -> Result<PublishOutcome>;

    /// The games of a tenant by id.
    async fn games(&self, tenant: &str) -> Result<Vec<GameRow>>;

    /// The games of every tenant, for the jobs that look after the whole store.
    async fn all_games(&self) -> Result<Vec<GameRow>>;

    /// The versions of a game, newest first.
    async fn game_versions(&self, tenant: &str, game: &str) -> Result<Vec<GameVersionRow>>;

    /// The compiled bytes of a version.
    async fn compiled(&self, tenant: &str, version: &str) -> Result<Option<Vec<u8>>>;

    /// Makes a published version the active one; false when it was never published for this game.
    async fn activate(&self, tenant: &str, game: &str, activation: Activation, told: Event) -> Result<bool>;

    /// Goes back to the version that was active before the present one; `None` when there is none, or another one is active than what
    /// is gone back from. What is told gets the fact `version`.
    async fn roll_back(
        &self,
        tenant: &str,
        game: &str,
        back: Back<'_>,
        now_ms: Millis,
        told: Event,
    ) -> Result<Option<String>>;

    /// Removes every game of a tenant with all its versions; false when there is none. Nodes forget them with their next list; who
    /// has a conversation on one can't go on with it.
    async fn remove_games(&self, tenant: &str, told: Event) -> Result<bool>;

    /// Pins a game to its active version, or lets it go; false when there is no such game.
    async fn set_pinned(&self, tenant: &str, game: &str, pinned: bool, now_ms: Millis, told: Event) -> Result<bool>;
}

/// API keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Adds a key.
    async fn add_key(&self, key: ApiKeyRow, told: Event) -> Result<()>;

    /// Adds the key of a program at the desk together with its account, whose name is the key's id, and tells of both.
    async fn add_agent_key(&self, key: ApiKeyRow, account: AdministratorRow, told: [Event; 2]) -> Result<()>;

    /// Finds a key by the SHA-256 of the whole key, revoked and expired ones included.
    async fn find_key(&self, hash: &str) -> Result<Option<ApiKeyRow>>;

    /// The keys of a tenant, oldest first.
    async fn keys(&self, tenant: &str) -> Result<Vec<ApiKeyRow>>;

    /// Revokes a key and keeps its account out, if it has one; false when there is none, or it was revoked before.
    async fn revoke_key(&self, tenant: &str, id: &ApiKeyId, now_ms: Millis, told: Event) -> Result<bool>;
}

/// Data keys for encryption at rest. Erasing a person deletes theirs in the same transaction.
#[async_trait]
pub trait DataKeys: Send + Sync {
    /// A person's data key, by pseudonym.
    async fn find_data_key(&self, tenant: &str, subject: &str) -> Result<Option<DataKeyRow>>;

    /// Keeps a data key unless the person has one already; returns the one that is kept.
    async fn keep_data_key(&self, key: DataKeyRow) -> Result<DataKeyRow>;

    /// The data keys after id `after` by id, at most `limit` and [`MAX_PAGE`].
    async fn data_keys(&self, after: Option<&DataKeyId>, limit: u32) -> Result<Vec<DataKeyRow>>;

    /// Replaces the wrapping of data keys, each `(id, wrapping before, wrapping after)`; one whose wrapping is another by
    /// now is left alone. Returns how many were replaced; what is told, if any were, gets it as the fact `rewrapped`.
    async fn rewrap_data_keys(&self, wrappings: Vec<(DataKeyId, Vec<u8>, Vec<u8>)>, told: Event) -> Result<u64>;
}

/// Consents, legal holds, erasure.
#[async_trait]
pub trait People: Send + Sync {
    /// Adds to a person's history of consents.
    async fn add_consent(&self, consent: ConsentRow, told: Event) -> Result<()>;

    /// A person's consents, oldest first; of one game, or of all.
    async fn consents(&self, tenant: &str, user_id: &str, game: Option<&str>) -> Result<Vec<ConsentRow>>;

    /// Places a legal hold.
    async fn place_hold(&self, hold: HoldRow, told: Event) -> Result<()>;

    /// Lifts a legal hold; false when there is none.
    async fn lift_hold(&self, tenant: &str, id: &HoldId, now_ms: Millis, told: Event) -> Result<bool>;

    /// The holds of a tenant that are in force.
    async fn holds(&self, tenant: &str) -> Result<Vec<HoldRow>>;

    /// Erases one conversation of `user_id` and leaves a tombstone.
    async fn erase_conversation(
        &self,
        key: &ConversationKey,
        user_id: &str,
        order: ErasureOrder,
        told: Event,
    ) -> Result<ErasureOutcome>;

    /// Erases everything about a person and leaves tombstones, also when there is nothing: a turn may be on its way.
    async fn erase_person(
        &self,
        tenant: &str,
        user_id: &str,
        order: ErasureOrder,
        told: Event,
    ) -> Result<ErasureOutcome>;

    /// The tombstones of a tenant, oldest first, after the time and id `after`, at most `limit` and [`MAX_PAGE`].
    async fn erasures(&self, tenant: &str, after: (Millis, &str), limit: u32) -> Result<Vec<ErasureRow>>;

    /// The tombstones of every tenant behind a time and an id, in the order of both, at most `limit`.
    async fn tombstones(&self, after: (Millis, &str), limit: u32) -> Result<Vec<ErasureRow>>;

    /// Carries out an erasure once more that another state of this store knew of, with the tombstone of then: `user_id` is
    /// the person whom it names, where they have anything here. What is younger than the erasure stays, and a legal hold
    /// does not keep it back. `None`: that tombstone, or a younger one of the same, stands already.
    async fn erase_again(
        &self,
        tombstone: &ErasureRow,
        user_id: Option<&str>,
        told: Event,
    ) -> Result<Option<ErasureReport>>;

    /// Everybody who has a conversation, a consent or a claim: tenant and user id behind `after`, in order, at most `limit`.
    async fn persons(&self, after: (&str, &str), limit: u32) -> Result<Vec<(String, String)>>;
}

/// The outbox, and the audit chain that it drains into; for listeners see [`Bus`].
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends events to the chain, in order, and returns its length.
    async fn append_audit(&self, events: Vec<Event>) -> Result<u64>;

    /// Puts events into the outbox: durable when this returns, in the chain a little later. For what changes nothing
    /// that is kept (something was read, refused or tried); changes take their event themselves.
    async fn enqueue(&self, events: Vec<Event>) -> Result<()>;

    /// Moves at most `limit` rows from the outbox to the chain and to the event bus, in one transaction; returns how many.
    /// None, where the key is not at hand under which persons are named.
    async fn drain_outbox(&self, limit: u32) -> Result<u64>;

    /// Since when the first of what waits in the outbox does; `None`: nothing waits.
    async fn outbox_since(&self) -> Result<Option<Millis>>;

    /// Says how new links name persons. Events name them by plain pseudonyms, until they become links.
    fn name_persons(&self, names: AuditNames);

    /// What a new link calls the person of a plain pseudonym. Links of before call them by that itself.
    fn audit_name(&self, pseudonym: &str) -> String;

    /// The links after sequence `after`, in order, at most `limit`.
    async fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>>;

    /// The last link.
    async fn last_audit(&self) -> Result<Option<AuditRow>>;
}

/// Cleaning up, settings, and the life of the store.
#[async_trait]
pub trait Maintenance: Send + Sync + std::fmt::Debug {
    /// Removes conversations of a game (or of every game that has no rule of its own, as `except` lists them) whose
    /// last turn is before `before`, unless a legal hold is in force; at most `limit`. Returns how many; what is told,
    /// if any were removed, gets it as the fact `conversations`.
    async fn remove_conversations_before(&self, rule: RetentionRule, limit: u32, told: Event) -> Result<u64>;

    /// Removes stored answers made before `before` (those of journalled turns stay as long as their conversation)
    /// and claims that lapsed before it; at most `limit` of each. Returns how many.
    async fn remove_answers_before(&self, before: Millis, limit: u32) -> Result<u64>;

    /// What the two would remove, game by game, without removing anything: conversations that the rule is about and answers
    /// made before `answers_before`, those of other conversations in the rule's scope included. Slow on large stores.
    async fn due(&self, rule: RetentionRule, answers_before: Millis) -> Result<Vec<Due>>;

    /// Claims that lapsed before a time.
    async fn lapsed_claims(&self, before: Millis) -> Result<u64>;

    /// Looks after the store's own structures; to be called at start and with every clean-up.
    async fn tend(&self, now_ms: Millis) -> Result<()>;

    /// Reads a setting of the deployment.
    async fn setting(&self, name: &str) -> Result<Option<String>>;

    /// Writes a setting of the deployment; false, and nothing is told, when it has this value already.
    async fn change_setting(&self, name: &str, value: &str, told: Event) -> Result<bool>;

    /// Writes a setting that still says `before` (`None`: that is not there yet); false, and nothing is told, when it does not.
    async fn replace_setting(&self, name: &str, before: Option<&str>, value: &str, told: Event) -> Result<bool>;

    /// Notes, as a setting, how far a job of the store itself came. Nobody is told: it is no change that people make.
    async fn note(&self, name: &str, value: &str) -> Result<()>;

    /// Replaces a note that still says `before` (`None`: that is not there yet); false when it does not.
    async fn replace_note(&self, name: &str, before: Option<&str>, value: &str) -> Result<bool>;

    /// What tells this state of the store from one that a restore, a recovery to a point in time or an import has put in its
    /// place: while it stays the same, whatever was committed is there. Empty: nobody has begun one.
    async fn epoch(&self) -> Result<String>;

    /// Begins another epoch, by a name that was never used: what a conversation's version stands for is open from now on.
    async fn begin_epoch(&self, name: &str) -> Result<()> {
        self.note(EPOCH_SETTING, name).await
    }

    /// Counts rows; slow on large stores.
    async fn counts(&self) -> Result<Counts>;

    /// Tries whether the database still takes what it is given, by a write that lasts: what `/health` measures. A store that
    /// can only be read is not well.
    async fn ping(&self) -> Result<()>;

    /// What the connections do at this moment.
    fn connections(&self) -> Connections;

    /// `sqlite` or `postgres`.
    fn kind(&self) -> &'static str;

    /// Finishes the work that was accepted and lets go of the database.
    async fn close(&self);
}

/// Everything that a store does.
pub trait Store:
    Conversations
    + Games
    + Keys
    + DataKeys
    + People
    + AuditLog
    + Bus
    + Maintenance
    + Administrators
    + Archives
    + Handovers
    + Listings
    + Reports
    + Sessions
    + Transfer
    + Webhooks
    + Nodes
{
}

impl<T> Store for T where
    T: Conversations
        + Games
        + Keys
        + DataKeys
        + People
        + AuditLog
        + Bus
        + Maintenance
        + Administrators
        + Archives
        + Handovers
        + Listings
        + Reports
        + Sessions
        + Transfer
        + Webhooks
        + Nodes
{
}
