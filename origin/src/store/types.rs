//! What a store keeps, as plain rows. No SQL, no wire types: [`crate::records`] turns one into the other.
//!
//! *Stored text* is text that the store never looks into: a value as it is, or sealed by encryption at rest.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DeskPart;
use crate::clock::Millis;
use crate::ids::{ApiKeyId, ConsentId, ConversationId, DataKeyId, ErasureId, HoldId};

/// Where a conversation lies: everything that names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConversationKey {
    /// The tenant.
    pub tenant: String,
    /// The game's id.
    pub game: String,
    /// The conversation's id, as the client names it.
    pub external_id: String,
}

impl ConversationKey {
    /// The id it has at the origin.
    #[must_use]
    pub fn id(&self) -> ConversationId {
        ConversationId::derive(&self.tenant, &self.game, &self.external_id)
    }
}

/// What the columns of a conversation say about its state, for people who look into the database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The move that answered last.
    pub current_move_state: Option<String>,
    /// Whether an answer is awaited.
    pub awaiting_response: bool,
    /// The question that is open (stored text).
    pub last_question: Option<String>,
    /// The move whose slot is asked for.
    pub awaiting_slot_for_move: Option<String>,
    /// The slot that is asked for.
    pub awaiting_slot_name: Option<String>,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationRow {
    /// Its id at the origin.
    pub id: ConversationId,
    /// The tenant.
    pub tenant: String,
    /// The game's id.
    pub game: String,
    /// The client's id for it.
    pub external_id: String,
    /// Who owns it.
    pub user_id: String,
    /// Turns committed.
    pub version: u64,
    /// The game version it stays on.
    pub game_version: String,
    /// When it began.
    pub created_at: Millis,
    /// When its last turn was committed, of those that are no [`Activity::Silence`].
    pub updated_at: Millis,
    /// About the state.
    pub summary: Summary,
    /// The engine's state (stored text).
    pub state: String,
    /// Other facts, a JSON object.
    pub metadata: String,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnRow {
    /// From 1.
    pub turn_num: u64,
    /// When it was taken.
    pub timestamp: Millis,
    /// As it came (stored text).
    pub user_input: String,
    /// As it was matched (stored text).
    pub sanitized_input: String,
    /// The move that answered.
    pub matched_move: String,
    /// In [0, 1].
    pub confidence: f64,
    /// The answer (stored text).
    pub response: String,
    /// Slot values by name: a JSON object; a JSON string when it is sealed.
    pub extracted_params: String,
    /// Facts without user text, a JSON object.
    pub metadata: String,
    /// What else may quote the person (choices, negotiation, learning): a JSON object (stored text).
    pub details: String,
}

/// What the connections to the database do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// Those that work.
    pub busy: u64,
    /// Those that wait for work.
    pub idle: u64,
    /// Work that waits for a connection, where the store knows.
    pub waiting: u64,
}

/// One slot's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotRow {
    /// The move it belongs to.
    pub move_id: String,
    /// Its name.
    pub slot_name: String,
    /// Its value as JSON (stored text).
    pub slot_value: String,
    /// `string`, `number`, `boolean`, `list`, `object`.
    pub slot_type: String,
    /// When it was last set.
    pub updated_at: Millis,
}

/// One value of the conversation's context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextRow {
    /// Its name.
    pub key: String,
    /// Its value as JSON (stored text).
    pub value: String,
}

/// Something that was committed and must be told on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Millis,
    /// The tenant.
    pub tenant: String,
    /// What: `conversation.created`, `capability.called`, …
    pub event: String,
    /// Who: a pseudonym or the id of a key, never a name.
    pub actor: String,
    /// About what: an id or a pseudonym.
    pub subject: String,
    /// Facts without user text.
    pub detail: Value,
}

impl Event {
    /// The same with one more fact: what only the store knows of a change.
    pub(crate) fn with(&self, fact: &str, value: impl Into<Value>) -> Event {
        let mut event = self.clone();
        event.detail[fact] = value.into();
        event
    }
}

/// Whether a turn says that a conversation is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Somebody said or did something.
    Spoken,
    /// A game was told that nobody does: the silence goes on, and is as old as before.
    Silence,
}

/// A turn to be committed, with everything that changes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The conversation.
    pub key: ConversationKey,
    /// Who owns it.
    pub user_id: String,
    /// The game version that answered.
    pub game_version: String,
    /// The version that the turn was run on.
    pub expected_version: u64,
    /// The names that the state may have which the turn was run on: `version:mark`. Empty: whatever has that version.
    pub bases: Vec<String>,
    /// The name of the state after the turn.
    pub state_name: Option<String>,
    /// The client's key.
    pub idempotency_key: String,
    /// The fingerprint of what the client asked.
    pub fingerprint: String,
    /// The answer, for replays (stored text).
    pub answer: String,
    /// The turn's sequence number in an edge's journal, when it comes from one.
    pub journal_sequence: Option<u64>,
    /// Which try of the turn it is: while another one acts, it is not committed. `None`: an edge of before, which does not say.
    pub attempt: Option<String>,
    /// The state after the turn (stored text).
    pub state: String,
    /// About the state.
    pub summary: Summary,
    /// The turn.
    pub turn: TurnRow,
    /// Whether the conversation is younger for it.
    pub activity: Activity,
    /// Slots of the move that answered; its others are cleared.
    pub slots: Vec<SlotRow>,
    /// Context values that the turn set.
    pub context: Vec<ContextRow>,
    /// Told in the same transaction.
    pub events: Vec<Event>,
    /// What it does to a hand-over, where the desk takes it.
    pub desk: Option<DeskPart>,
    /// The data key that the texts are sealed under; a commit under a key that was destroyed meanwhile is not taken.
    pub data_key: Option<DataKeyId>,
    /// The origin's time.
    pub now_ms: Millis,
}

/// What came of a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum CommitOutcome {
    /// It is durable.
    Committed {
        /// The conversation's version now.
        version: u64,
    },
    /// The same key and fingerprint were committed before.
    Replayed {
        /// Stored text.
        answer: String,
    },
    /// The key was used with another fingerprint.
    KeyReused,
    /// The conversation has another version, or another turn holds its place.
    Conflict {
        /// The conversation as it is.
        current: Option<Box<ConversationRow>>,
        /// Until a foreign claim lapses, when that is the reason.
        claimed_for_ms: Option<u64>,
    },
    /// The conversation belongs to somebody else.
    NotTheirs,
    /// The conversation, or everything about its person, was erased.
    Erased,
    /// The data key that the texts are sealed under is no longer the person's.
    DataKeyGone,
    /// The agent who takes the conversation has as many as they take.
    AgentFull {
        /// How many.
        had: u64,
    },
}

/// A try of a turn that acts, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingUntil {
    /// Tells the tries of a turn apart.
    pub attempt: String,
    /// The origin's time.
    pub until: Millis,
}

/// A place to be held for a turn before its side effects run.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The conversation.
    pub key: ConversationKey,
    /// Who owns it.
    pub user_id: String,
    /// The version that the turn runs on.
    pub expected_version: u64,
    /// As in [`Commit`].
    pub bases: Vec<String>,
    /// The client's key.
    pub idempotency_key: String,
    /// The fingerprint of what the client asked.
    pub fingerprint: String,
    /// The origin's time.
    pub now_ms: Millis,
    /// How long the place is held.
    pub lease_ms: u64,
    /// Which try of the turn is about to act, if it says so. Others of the same request are kept out until then, and no longer.
    pub acting: Option<ActingUntil>,
}

/// What a look-up of a conversation finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// It is there.
    Found(Box<ConversationRow>),
    /// It never was, or is somebody else's, or was cleaned up.
    Unknown,
    /// It was erased.
    Erased,
}

/// Everything kept of one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationDump {
    /// The conversation.
    pub conversation: ConversationRow,
    /// Its turns in order.
    pub turns: Vec<TurnRow>,
    /// Its slots.
    pub slots: Vec<SlotRow>,
    /// Its context.
    pub context: Vec<ContextRow>,
    /// Answers kept for replays, by turn.
    #[serde(default)]
    pub answers: Vec<AnswerRow>,
}

/// An answer kept for replays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRow {
    /// The idempotency key.
    pub key: String,
    /// The fingerprint of what was asked.
    pub fingerprint: String,
    /// The turn.
    pub turn_num: u64,
    /// Word for word (stored text).
    pub answer: String,
    /// The turn's sequence number in a journal, when it came from one.
    pub journal_sequence: Option<u64>,
    /// When it was stored.
    pub created_at: Millis,
}

/// A game and the version that new conversations get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameRow {
    /// The tenant.
    pub tenant: String,
    /// The id in URLs.
    pub game: String,
    /// The version that new conversations get.
    pub active: GameVersionRow,
    /// Whether publishing leaves it where it is.
    pub pinned: bool,
}

/// How a game goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Back<'a> {
    /// From this version alone; `None`: from whichever is active.
    pub from: Option<&'a str>,
    /// To none of these.
    pub without: &'a [String],
}

/// A published version, without its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameVersionRow {
    /// Hash of the compiled form.
    pub version: String,
    /// The game's own name.
    pub name: String,
    /// SHA-256 of the source file.
    pub file_hash: String,
    /// The policy, a JSON object.
    pub policy: String,
    /// When.
    pub published_at: Millis,
    /// By whom.
    pub published_by: String,
}

/// A version to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// The tenant.
    pub tenant: String,
    /// The id in URLs.
    pub game: String,
    /// What is published.
    pub version: GameVersionRow,
    /// The compiled form.
    pub compiled: Vec<u8>,
    /// The source, when it was published from source.
    pub source: Option<String>,
    /// The capability contract's text.
    pub contract: Option<String>,
}

/// What came of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishOutcome {
    /// It is the active version now.
    Activated,
    /// The game is pinned to another version; this one can be activated by name.
    Stored,
    /// It was the active version already; its policy and hash were brought up to date.
    Unchanged,
}

impl PublishOutcome {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PublishOutcome::Activated => "activated",
            PublishOutcome::Stored => "stored",
            PublishOutcome::Unchanged => "unchanged",
        }
    }
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKeyRow {
    /// Its id.
    pub id: ApiKeyId,
    /// The tenant.
    pub tenant: String,
    /// SHA-256 of the whole key, hex.
    pub hash: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Option<Millis>,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// A person's data key, wrapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataKeyRow {
    /// The tenant.
    pub tenant: String,
    /// The person's pseudonym.
    pub subject: String,
    /// Its id; what is sealed names it.
    pub id: DataKeyId,
    /// The key, sealed under a key-encryption key.
    #[serde(with = "super::transfer::base64_text")]
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Millis,
}

/// A consent given or withdrawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentRow {
    /// Its id.
    pub id: ConsentId,
    /// The tenant.
    pub tenant: String,
    /// The game.
    pub game: String,
    /// The person.
    pub user_id: String,
    /// Given, or withdrawn.
    pub given: bool,
    /// When.
    pub at: Millis,
    /// Through whom.
    pub actor: String,
    /// Which text, on what occasion.
    pub note: String,
}

/// A legal hold: what a person has here is neither cleaned up nor erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoldRow {
    /// Its id.
    pub id: HoldId,
    /// The tenant.
    pub tenant: String,
    /// The person.
    pub user_id: String,
    /// Why.
    pub reason: String,
    /// When.
    pub placed_at: Millis,
    /// By whom.
    pub placed_by: String,
    /// When it ended.
    pub lifted_at: Option<Millis>,
}

/// Who asks for an erasure, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct ErasureOrder {
    /// The id it gets.
    pub id: ErasureId,
    /// Who asked: a pseudonym or the id of a key.
    pub requested_by: String,
    /// The origin's time.
    pub now_ms: Millis,
}

/// How many rows an erasure removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErasureReport {
    /// Conversations.
    pub conversations: u64,
    /// Turns.
    pub turns: u64,
    /// Slot values.
    pub slots: u64,
    /// Context values.
    pub context: u64,
    /// Stored answers.
    pub answers: u64,
    /// Consents.
    pub consents: u64,
    /// Data keys destroyed.
    #[serde(default)]
    pub data_keys: u64,
    /// Turns that lay in files of the archive, which go with the next sweep.
    #[serde(default)]
    pub archived_turns: u64,
}

impl ErasureReport {
    /// As it is kept.
    #[must_use]
    pub fn text(&self) -> String {
        let ErasureReport { conversations, turns, slots, context, answers, consents, data_keys, archived_turns } = self;
        serde_json::json!({
            "conversations": conversations,
            "turns": turns,
            "slots": slots,
            "context": context,
            "answers": answers,
            "consents": consents,
            "data_keys": data_keys,
            "archived_turns": archived_turns,
        })
        .to_string()
    }

    /// Adds what another removal counted.
    pub fn add(&mut self, other: &ErasureReport) {
        self.conversations += other.conversations;
        self.turns += other.turns;
        self.slots += other.slots;
        self.context += other.context;
        self.answers += other.answers;
        self.consents += other.consents;
        self.data_keys += other.data_keys;
        self.archived_turns += other.archived_turns;
    }
}

/// What came of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErasureOutcome {
    /// It is gone, and a tombstone stands.
    Erased(ErasureReport),
    /// A legal hold forbids it.
    Held,
    /// There is no such conversation of this person.
    Unknown,
}

/// A tombstone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErasureRow {
    /// The id of the erasure; a conversation that went with its person has a number after it.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// `conversation` or `person`.
    #[serde(rename = "of")] // `kind` names the kind of record in files
    pub kind: String,
    /// The conversation's derived id, or the person's pseudonym.
    pub subject: String,
    /// When.
    pub at: Millis,
    /// Who asked.
    pub requested_by: String,
    /// What was removed.
    pub report: ErasureReport,
}

/// What a clean-up would remove of one game.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Due {
    /// The tenant.
    pub tenant: String,
    /// The game.
    pub game: String,
    /// Conversations.
    pub conversations: u64,
    /// Their turns.
    pub turns: u64,
    /// Their slot values.
    pub slots: u64,
    /// Their context values.
    pub context: u64,
    /// Stored answers: theirs, and those of others that are past their own time.
    pub answers: u64,
}

/// One link of the audit chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// From 1, without gaps.
    pub sequence: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The hash of the link before.
    pub previous_hash: String,
    /// The hash of this one.
    pub hash: String,
}

/// How many rows each table holds; what migrations compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Conversations.
    pub conversations: u64,
    /// Turns.
    pub turns: u64,
    /// Context values.
    pub extracted_context: u64,
    /// Slot values.
    pub slots: u64,
}

/// Which conversations are past their time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    /// Whose games.
    pub scope: RetentionScope,
    /// Conversations whose last turn is before this.
    pub before: Millis,
}

/// Which games a retention rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionScope {
    /// One game of one tenant.
    Game {
        /// The tenant.
        tenant: String,
        /// The game.
        game: String,
    },
    /// Every game but these, `(tenant, game)`.
    AllBut(Vec<(String, String)>),
}
