//! Moving whole stores: everything a store holds as records, page by page, in an order that every store shares.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    AdministratorRow, AgentRow, ApiKeyRow, AuditRow, ConsentRow, ConversationDump, DataKeyRow, ErasureRow,
    GameVersionRow, HoldRow, Result, StoreError, WebhookRow,
};
use crate::clock::Millis;
use crate::ids::ConversationId;

/// The parts of a store, in the order in which they must be written: what others refer to comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Settings of the deployment.
    Settings,
    /// Published versions with their bytes.
    GameVersions,
    /// Games with their history of activations.
    Games,
    /// API keys (hashes).
    Keys,
    /// Wrapped data keys of encryption at rest; they go with the rows that are sealed under them.
    DataKeys,
    /// Administrators (hashes of passwords); not their sessions.
    Administrators,
    /// Agents: the queues that administrators serve; not whether they are there.
    Agents,
    /// Webhooks; their secrets as they lie, sealed ones among the data keys.
    Webhooks,
    /// Consents.
    Consents,
    /// Legal holds.
    Holds,
    /// Tombstones. Before conversations, so that nothing erased is brought back.
    Erasures,
    /// Conversations with turns, slots, context and stored answers.
    Conversations,
    /// The audit chain.
    Audit,
}

impl Section {
    /// Every part, in order.
    pub const ALL: [Section; 13] = [
        Section::Settings,
        Section::GameVersions,
        Section::Games,
        Section::Keys,
        Section::DataKeys,
        Section::Administrators,
        Section::Agents,
        Section::Webhooks,
        Section::Consents,
        Section::Holds,
        Section::Erasures,
        Section::Conversations,
        Section::Audit,
    ];

    /// Its name in files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Section::Settings => "settings",
            Section::GameVersions => "game_versions",
            Section::Games => "games",
            Section::Keys => "keys",
            Section::DataKeys => "data_keys",
            Section::Administrators => "administrators",
            Section::Agents => "agents",
            Section::Webhooks => "webhooks",
            Section::Consents => "consents",
            Section::Holds => "holds",
            Section::Erasures => "erasures",
            Section::Conversations => "conversations",
            Section::Audit => "audit",
        }
    }
}

/// Names of settings that begin so belong to transfers themselves and are not transferred.
pub const TRANSFER_SETTINGS: &str = "transfer:";
/// Names of settings that begin so are about this one store, and are not transferred either.
pub const LOCAL_SETTINGS: &str = "local:";
/// Where the epoch stands; see [`super::Maintenance::epoch`].
pub(crate) const EPOCH_SETTING: &str = "local:epoch";
/// What trial writes write; see [`super::Maintenance::ping`].
pub(crate) const TRIAL_SETTING: &str = "local:trial";
/// The length of its value, bytes: as much as a short turn needs.
pub(crate) const TRIAL_BYTES: usize = 4_096;

/// Whether a setting goes along when a store is moved.
pub(super) fn is_transferred(setting: &str) -> bool {
    !setting.starts_with(TRANSFER_SETTINGS) && !setting.starts_with(LOCAL_SETTINGS)
}

pub(super) fn another_owner(id: &ConversationId) -> StoreError {
    StoreError::Refused(format!("the conversation {id} belongs to somebody else here; its owner can't change"))
}

pub(super) fn another_administrator(id: &str) -> StoreError {
    StoreError::Refused(format!(
        "the administrator {id} has the name of another one here; rename or remove that one first"
    ))
}

pub(super) fn another_data_key(subject: &str) -> StoreError {
    StoreError::Refused(format!("{subject} has another data key here, and two can't be joined; use an empty store"))
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[allow(missing_docs)] // the names are those of the sections
pub enum Record {
    Setting { name: String, value: String },
    GameVersion(Box<GameVersionRecord>),
    Game(GameRecord),
    Key(ApiKeyRow),
    DataKey(DataKeyRow),
    Administrator(AdministratorRow),
    Agent(AgentRow),
    Webhook(Box<WebhookRow>),
    Consent(ConsentRow),
    Hold(HoldRow),
    Erasure(ErasureRow),
    Conversation(Box<ConversationDump>),
    Audit(AuditRow),
}

impl Record {
    /// Its name, which is also its place in the order of its section.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Record::Setting { name, .. } => name.clone(),
            Record::GameVersion(version) => format!("{}/{}/{}", version.tenant, version.game, version.row.version),
            Record::Game(game) => format!("{}/{}", game.tenant, game.game),
            Record::Key(key) => key.id.to_string(),
            Record::DataKey(key) => key.id.to_string(),
            Record::Administrator(administrator) => administrator.id.to_string(),
            Record::Agent(agent) => agent.id.to_string(),
            Record::Webhook(webhook) => webhook.id.to_string(),
            Record::Consent(consent) => consent.id.to_string(),
            Record::Hold(hold) => hold.id.to_string(),
            Record::Erasure(erasure) => erasure.id.clone(),
            Record::Conversation(dump) => dump.conversation.id.to_string(),
            Record::Audit(row) => Record::audit_place(row.sequence),
        }
    }

    /// The place of a link of the audit log.
    pub(crate) fn audit_place(sequence: u64) -> String {
        format!("{sequence:020}")
    }
}

/// A published version with everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameVersionRecord {
    /// The tenant.
    pub tenant: String,
    /// The id in URLs.
    pub game: String,
    /// The version.
    #[serde(flatten)]
    pub row: GameVersionRow,
    /// The compiled form; base 64 in files.
    #[serde(with = "base64_text")]
    pub compiled: Vec<u8>,
    /// The source.
    pub source: Option<String>,
    /// The contract.
    pub contract: Option<String>,
}

/// A game and how it came to its active version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameRecord {
    /// The tenant.
    pub tenant: String,
    /// The id in URLs.
    pub game: String,
    /// The version that new conversations get.
    pub active_version: String,
    /// Whether publishing leaves it where it is.
    pub pinned: bool,
    /// When it was first published.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// Oldest first.
    pub activations: Vec<Activation>,
}

/// One step in a game's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The version.
    pub version: String,
    /// When.
    pub at: Millis,
    /// By whom.
    pub actor: String,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// In the section's order.
    pub records: Vec<Record>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
}

/// What an import did with its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Written: new, or newer than what was there.
    pub written: u64,
    /// There already, as new or newer.
    pub kept: u64,
    /// Left out, since a tombstone stands for them.
    pub erased: u64,
    /// Conversations that were here, and that an imported tombstone has removed.
    #[serde(default)]
    pub removed: u64,
}

impl Imported {
    /// Adds what another import did.
    pub fn add(&mut self, other: Imported) {
        self.written += other.written;
        self.kept += other.kept;
        self.erased += other.erased;
        self.removed += other.removed;
    }
}

/// Reading and writing whole stores.
#[async_trait]
pub trait Transfer: Send + Sync {
    /// The records of a section after the place `after` (empty: from the start), at most `limit`, sorted by their
    /// name's bytes; the place of a record is its name, the same in every store.
    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page>;

    /// Writes records of one section and the settings `marks`, all in one transaction. A conversation that is there
    /// with as many turns stays as it is; anything else is written over. What a tombstone stands for is left out, and an imported
    /// tombstone removes what it stands for. What can change (games, keys, administrators, holds) follows the record.
    ///
    /// # Errors
    /// Also [`super::StoreError::Refused`], when a record would take over what is somebody else's here.
    async fn import(&self, section: Section, records: Vec<Record>, marks: Vec<(String, String)>) -> Result<Imported>;

    /// Puts a conversation, in another form, in the place of what is there; false, and nothing happens, when that is not of the same
    /// version. What was there before is not left in files, as far as the store can see to that.
    async fn replace_conversation(&self, dump: ConversationDump) -> Result<bool>;
}

pub(super) mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::store) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::store) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}
