//! The protocol between an edge node and the origin, under `/edge/v1` on the origin's edge port.
//!
//! | request | answer |
//! |---|---|
//! | `GET /edge/v1/games` | 200 [`GameList`]: the active version of each game, and who is kept out |
//! | `GET /edge/v1/compiled/{version}` | 200 the compiled bytes, `ETag` the version; 404 |
//! | `GET /edge/v1/conversations/{game}/{id}?user=U` | 200 [`StoredConversation`]; 404 unknown or another user's; 410 erased |
//! | `POST /edge/v1/claims` | 200 or 409/410 like a commit: holds a turn's place before its side effects run |
//! | `POST /edge/v1/turns` | 200 [`CommitAnswer`]; 409 [`Conflict`]; 410 erased; 413 more than [`MAX_COMMIT_BYTES`]; 422 the key was used with another body |
//! | `DELETE /edge/v1/conversations/{game}/{id}?user=U` | 204; 404 |
//! | `GET /edge/v1/conversations/{game}/{id}/export?user=U` | 200 the export document; 404 |
//! | `GET /edge/v1/conversations/{game}/{id}/messages?user=U&after=TURN` | 200 [`Messages`]; 404; 410 erased |
//! | `GET /edge/v1/keys/{sha256 of the API key}` | 200 [`ApiKey`]; 404 |
//! | `POST /edge/v1/tokens` | 200 [`TokenAnswer`]: whether the issuer of a [`TokenRequest`] signed it |
//! | `GET /edge/v1/consents/{game}/{user}` | 200 [`Consent`] |
//! | `POST /edge/v1/reports` | 204: [`Reports`] for the audit log |
//! | `POST /edge/v1/decisions` | 204: what somebody decides about turns that a node has set aside, [`Decisions`] for the audit log |
//! | `POST /edge/v1/node` | 204: how a node is, a [`NodeReport`] |
//! | `POST /edge/v1/counts` | 204: what happened at a node that has no metrics of its own, [`NodeCounts`]; 404 where no such node is known |
//! | `POST /edge/v1/traces` | 204: a [`TracedRequest`] that a node has answered and nobody beside it makes spans of |
//! | `GET /edge/v1/erasures?last_ms=N`, then `?after=CURSOR` | 200 [`Erasures`]: what was erased, for every tenant; 400 when the cursor is none of ours |
//!
//! Every request carries `x-lgdl-tenant` and, unless the deployment turned it off for a loopback development node,
//! the signature headers `x-lgdl-key-id`, `x-lgdl-timestamp` (ms), `x-lgdl-nonce`, `x-lgdl-digest` (SHA-256 of the
//! body, hex) and `x-lgdl-signature` (HMAC-SHA256 over method, path and query, tenant and those, joined by LF; hex).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::MoveResponse;
use super::node::{MAX_ASIDE, Why};
use crate::engine::{Conversation, HandoverStage, TurnRecord};

/// The games of a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameList {
    /// One entry a game.
    pub games: Vec<GameEntry>,
    /// Whose turns nodes refuse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Blocked>,
}

/// A person or an API key that is kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// [`person_digest`], or the id of a key.
    pub subject: String,
    /// When it ends by itself, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// One game and its active version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameEntry {
    /// The id in URLs.
    pub id: String,
    /// The game's own name.
    pub name: String,
    /// The active version: hash of the compiled form.
    pub version: String,
    /// SHA-256 of the source file, hex.
    pub file_hash: String,
    /// The policy it was published with.
    #[serde(default)]
    pub policy: GamePolicy,
}

/// What a game's publisher asks of every node.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GamePolicy {
    /// E901 until the person has consented.
    pub consent_required: bool,
    /// Days that conversations are kept; `None`: the deployment's default.
    pub retention_days: Option<u32>,
}

/// The largest body of a commit, bytes: what a turn's record, its answer and the state after it may take together. The node
/// checks it before it acknowledges a turn, the origin before it reads one.
pub const MAX_COMMIT_BYTES: usize = 1024 * 1024;

/// What a waiting turn may grow by until it arrives, bytes: it may be run again, and then says so. A turn that is to wait
/// must leave so much room.
pub const COMMIT_SLACK_BYTES: usize = 16 * 1024;

/// Names a state by what it is. A version alone does not: an origin that was restored from a backup may have given the same
/// number to another state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateName {
    /// [`state_digest`] of the state's JSON, byte for byte as it was committed.
    pub digest: String,
    /// The life of the origin's store that the state was committed or read in; another one begins with every restore. `None`:
    /// not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
}

/// SHA-256 of a state's JSON, 64 hexadecimal digits.
#[must_use]
pub fn state_digest(json: &[u8]) -> String {
    super::signature::body_digest(json)
}

/// A conversation as the origin keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredConversation {
    /// Its version: the number of turns committed.
    pub version: u64,
    /// The game version it stays on.
    pub game_version: String,
    /// Who began it.
    pub user_id: String,
    /// The engine's state.
    pub state: Conversation,
    /// The state's name; origins of earlier versions give none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<StateName>,
}

/// A turn to be committed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommitRequest {
    /// The game's id.
    pub game: String,
    /// The conversation's id, as the client names it.
    pub conversation_id: String,
    /// Who owns it.
    pub user_id: String,
    /// The game version that answered.
    pub game_version: String,
    /// The version that the turn was run on; 0 for the first turn.
    pub expected_version: u64,
    /// The state that the turn was run on, where it has a name. An origin that has another one answers 409, whatever its
    /// version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<StateName>,
    /// The client's key, or one that the edge made.
    pub idempotency_key: String,
    /// SHA-256 of what the client asked (conversation, user, input, context, participant), hex.
    pub fingerprint: String,
    /// What happened.
    pub record: TurnRecord,
    /// The state after the turn.
    pub state: Conversation,
    /// The answer, kept for replays.
    pub response: MoveResponse,
    /// Set when the turn comes from a journal: its sequence number there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_sequence: Option<u64>,
    /// This try of the turn, as in [`Acting`]: while another try of it acts, it is not committed, so that what was done stands in
    /// the record that is kept. `None`: an edge of before, which does not say.
    #[serde(default, rename = "try", skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
}

/// A place held for a turn before its side effects run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimRequest {
    /// As in [`CommitRequest`].
    pub game: String,
    /// As in [`CommitRequest`].
    pub conversation_id: String,
    /// As in [`CommitRequest`].
    pub user_id: String,
    /// As in [`CommitRequest`].
    pub expected_version: u64,
    /// As in [`CommitRequest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<StateName>,
    /// As in [`CommitRequest`].
    pub idempotency_key: String,
    /// As in [`CommitRequest`].
    pub fingerprint: String,
    /// Who is about to act; `None`: an edge of before, which does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting: Option<Acting>,
}

/// One try of a turn, which is about to act. The same turn may be tried several times at once, by a client that did not wait, at one
/// node or at several: while one try acts, the others wait for what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// Tells the tries of a turn apart.
    #[serde(rename = "try")]
    pub attempt: String,
    /// How long it may act, until its commit, milliseconds; [`MAX_ACTING_MS`] at most.
    pub for_ms: u64,
}

/// The longest time that one try of a turn keeps the others from acting, milliseconds: what a call may take, and a commit that is
/// tried twice, for as long as an edge may be told to wait for its origin.
pub const MAX_ACTING_MS: u64 = 150_000;

/// The answer to a commit or a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", try_from = "ToldCommit")]
pub enum CommitAnswer {
    /// It is committed now (or the place is held).
    Committed {
        /// The conversation's version now.
        version: u64,
        /// The epoch that the new state belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<String>,
    },
    /// The same key and fingerprint were committed before: the stored answer.
    Replayed {
        /// Word for word.
        response: Box<MoveResponse>,
    },
}

/// A [`CommitAnswer`] as it is read: all that it may hold. A tagged enum would be read twice, the second time by a reader
/// of the whole answer that is there for nothing else.
#[derive(Deserialize)]
struct ToldCommit {
    outcome: ToldOutcome,
    version: Option<u64>,
    epoch: Option<String>,
    response: Option<Box<MoveResponse>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToldOutcome {
    Committed,
    Replayed,
}

impl TryFrom<ToldCommit> for CommitAnswer {
    type Error = &'static str;

    fn try_from(told: ToldCommit) -> Result<CommitAnswer, &'static str> {
        match told.outcome {
            ToldOutcome::Committed => {
                let version = told.version.ok_or("a committed turn has a version")?;
                Ok(CommitAnswer::Committed { version, epoch: told.epoch })
            }
            ToldOutcome::Replayed => {
                let response = told.response.ok_or("a replayed turn has its answer")?;
                Ok(CommitAnswer::Replayed { response })
            }
        }
    }
}

/// The body of a 409.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// The conversation as it is; `None` when it does not exist at the origin.
    pub current: Option<StoredConversation>,
    /// Milliseconds until a foreign claim on this place lapses, when that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_for_ms: Option<u64>,
}

/// What was said in a conversation after a turn, and whom the person waits for or talks with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// In order, at most [`MAX_MESSAGES`] turns of them.
    pub messages: Vec<Message>,
    /// The last turn that was looked at: where to go on.
    pub turn: u64,
    /// The hand-over that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<HandoverNow>,
}

/// Turns in one answer at most.
pub const MAX_MESSAGES: u32 = 100;

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The turn.
    pub turn: u64,
    /// When: milliseconds since 1970.
    pub at_ms: i64,
    /// Who said it.
    pub from: Speaker,
    /// The text.
    pub text: String,
    /// What the game offers to choose from with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The person.
    Person,
    /// The game.
    Game,
    /// Somebody who stepped in.
    Agent,
}

/// Where a hand-over stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoverNow {
    /// The queue.
    pub queue: String,
    /// Whether the person waits, or somebody is there.
    pub stage: HandoverStage,
    /// The place in the queue, from 1, while the person waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u64>,
    /// Who is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whether they are typing just now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub typing: bool,
}

/// What the edge needs to know of an API key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// `key_…`
    pub id: String,
    /// The tenant it belongs to.
    pub tenant: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it ends, milliseconds since 1970.
    pub expires_at_ms: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A person's token that is signed with its issuer's private key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// As it came, at most [`MAX_TOKEN_BYTES`].
    pub token: String,
}

/// The longest token, bytes.
pub const MAX_TOKEN_BYTES: usize = 8_192;

/// Whether a token's signature is one of its issuer's. What the token says is for the node to check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// The verdict.
    pub signature: Signature,
}

/// What is known of a token's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// By one of the issuer's keys.
    Good,
    /// Not by any of them.
    Bad,
    /// The keys can't be read at the moment.
    Unknown,
}

/// Whether a person has consented.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// Given and not withdrawn.
    pub given: bool,
    /// Other facts, for later.
    #[serde(default)]
    pub details: Value,
}

/// What a node tells of itself. No ids but those of games.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// What it is called.
    pub name: String,
    /// What it drew for itself, for as long as its process lives (without one: its store), so that two nodes of one name are told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The version of its program.
    pub version: String,
    /// `native`, `spin`, `workers`.
    pub platform: String,
    /// Where it runs, as the deployment calls it.
    #[serde(default)]
    pub region: Option<String>,
    /// Games that it answers.
    #[serde(default)]
    pub games: Vec<String>,
    /// Turns that wait in its journal.
    pub waiting: u64,
    /// Since when some do.
    #[serde(default)]
    pub waiting_since_ms: Option<i64>,
    /// Turns that were set aside.
    #[serde(default)]
    pub aside: u64,
    /// Conversations of which some were, by their digests, and how many of each; of many, not all.
    #[serde(default)]
    pub aside_of: BTreeMap<String, u64>,
    /// Turns that it is done with and can't remove from its journal.
    #[serde(default)]
    pub unremoved: u64,
    /// Its breaker in front of the origin.
    pub breaker: String,
    /// When the last waiting turn went home.
    #[serde(default)]
    pub drained_at_ms: Option<i64>,
    /// How often it tells, milliseconds.
    pub every_ms: u64,
    /// Its own time.
    pub sent_at_ms: i64,
    /// It stops, in order: it is not heard of again until it starts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaving: bool,
}

/// What happened at a node since it last told, where nothing beside it exposes what it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCounts {
    /// What the node is called.
    pub name: String,
    /// How often, by the names of [`OBSERVED`](super::node::OBSERVED); others are not counted.
    pub counts: BTreeMap<String, u64>,
}

/// What somebody decides about turns that a node has set aside. It is told before it is done, so that the audit log knows of every one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// What is to become of them.
    pub decision: Decision,
    /// Who decides.
    pub by: DecidedBy,
    /// At most [`MAX_DECISIONS`].
    pub turns: Vec<Decided>,
}

/// Turns that are decided about at once, at most.
pub const MAX_DECISIONS: usize = MAX_ASIDE;

/// What becomes of a turn that was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It waits again.
    Retry,
    /// It is removed for good.
    Drop,
}

/// Who decides about turns that were set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// Whoever has this API key (`key_…`).
    Key(String),
    /// Whoever sits at the node's machine.
    CommandLine,
    /// Anybody: a development node does not ask.
    Anybody,
}

/// A turn that is decided about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Its conversation, as a digest.
    pub stream: String,
    /// Its number in it.
    pub version: u64,
    /// Why it was set aside.
    pub why: Why,
}

/// A request that is answered, as a node without a way to a collector of traces tells of it: where its trace is kept, or it
/// has failed. The origin makes its spans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedRequest {
    /// The request's id.
    pub request_id: String,
    /// The status of the answer.
    pub status: u16,
    /// When it came, milliseconds since 1970.
    pub began_ms: i64,
    /// How long it took, microseconds.
    pub took_us: u64,
    /// What was observed of it, as [`Observation::header`](super::node::Observation::header) writes it.
    pub observed: String,
}

/// Refusals that an edge tells the audit log of. Alike ones are counted, so that a flood of refusals does not become a
/// flood of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reports {
    /// At most [`MAX_REPORTS`].
    pub reports: Vec<Report>,
}

/// Reports in one request at most.
pub const MAX_REPORTS: usize = 100;

/// One kind of refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What was refused.
    pub refused: Refused,
    /// The person, where one was named; the log gets a pseudonym.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The API key's id (`key_…`), where it is known.
    #[serde(default)]
    pub key_id: Option<String>,
    /// How often.
    pub count: u64,
    /// The first time, milliseconds since 1970.
    pub first_at_ms: i64,
    /// The last time.
    pub last_at_ms: i64,
}

/// What an edge refused, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// The person's limit.
    UserLimit,
    /// The conversation's limit.
    ConversationLimit,
    /// The API key's limit.
    KeyLimit,
    /// The limit of all together.
    GlobalLimit,
    /// A caller who is banned for a while, after many refusals.
    Banned,
    /// No credential where one is required.
    NoCredential,
    /// A credential that nobody knows.
    UnknownCredential,
    /// A credential that is over: expired or revoked.
    EndedCredential,
    /// A good credential that may not do this.
    Scope,
    /// A person or a key that was blocked.
    Blocked,
}

/// Names a conversation without giving its parts away: 128 bits of SHA-256 over tenant, game and the client's own id.
///
/// Both sides make it: the origin remembers an erased conversation by it, a node's stores know no other name.
#[must_use]
pub fn conversation_digest(tenant: &str, game: &str, conversation: &str) -> u128 {
    digest(&["lgdl/conversation", tenant, game, conversation])
}

/// Names a person of a tenant to nodes: 128 bits of SHA-256, 32 hexadecimal digits.
#[must_use]
pub fn person_digest(tenant: &str, user: &str) -> String {
    format!("{:032x}", digest(&["person", tenant, user]))
}

/// The first 128 bits of a SHA-256 over parts, each behind its length, so that no two lists of parts agree by joining.
pub(crate) fn digest(parts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// A page of what was erased lately, oldest first. Conversations come up again for a few minutes, so that none is missed
/// that was on its way into the origin's store, and whatever a late write brought back at a node goes after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasures {
    /// [`conversation_digest`]s, 32 hexadecimal digits each, at most [`MAX_ERASURES`]. Their conversations never come back.
    pub conversations: Vec<String>,
    /// Where to go on: the next page, or what is erased from now on.
    pub next: String,
    /// Whether there is a next page already.
    pub more: bool,
}

/// Erased conversations in one page at most.
pub const MAX_ERASURES: usize = 250;

/// The longest cursor, bytes.
pub const MAX_CURSOR_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_every_part_and_on_where_it_ends() {
        let digests = [("t", "g", "c"), ("t", "gc", ""), ("tg", "", "c"), ("", "tg", "c"), ("t", "g", "d")]
            .map(|(tenant, game, conversation)| conversation_digest(tenant, game, conversation));
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest));
        }
    }
}
