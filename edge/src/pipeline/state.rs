//! Stage 5: the conversation's state. Hot in the key-value store, sealed, and for a short while in the instance's memory: a
//! store may go on denying for a minute what was just written. The origin decides what is true.

use lgdl::engine::Conversation;
use lgdl::wire::client::MoveResponse;
use lgdl::wire::node::HOT_PREFIX;
use lgdl::wire::origin::{StateName, StoredConversation, state_digest};
use serde::{Deserialize, Serialize};

use crate::answer::{After, Event};
use crate::call::Call;
use crate::digest;
use crate::platform::{KvError, Platform};
use crate::seal::{for_store, from_store};

/// Names of a conversation: what the client says, and what the node's stores say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The game's id.
    pub game: String,
    /// The conversation's id, as the client names it.
    pub conversation: String,
    /// The user.
    pub user: String,
    /// The conversation as a digest.
    pub digest: String,
}

impl Named {
    /// The names of a conversation of that tenant.
    #[must_use]
    pub fn new(tenant: &str, game: &str, conversation: &str, user: &str) -> Named {
        let digest = digest::conversation(tenant, game, conversation);
        Named { game: game.into(), conversation: conversation.into(), user: user.into(), digest }
    }
}

/// Turns of a conversation that a node remembers to have taken, so that a retry is not run on a state that it led to.
const MAX_REMEMBERED_TURNS: usize = 64;
/// What is remembered of a turn's id, which is a digest: so many of its last digits.
const REMEMBERED_DIGITS: usize = 12;

/// What a turn is run on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Turns so far.
    pub version: u64,
    /// The game version that the conversation stays on.
    pub game_version: String,
    /// The engine's state.
    pub state: Conversation,
    /// What the origin calls it, once it has it.
    #[serde(default)]
    name: Option<StateName>,
    /// Whether this is known, or only assumed because nothing else is: a conversation that nobody here has heard of.
    #[serde(skip)]
    pub assumed: bool,
    /// Whether this node holds another person's state of the conversation, which is not this one's to replace or to drop.
    #[serde(skip)]
    pub of_another: bool,
    /// Whether the last turn waits in the journal. Until it has arrived, the origin's state of the same version may be
    /// another one, so nothing may be committed on this one.
    pub waiting: bool,
    /// Ids of turns that led here, as programs of before kept them.
    turns: Vec<String>,
    /// Turns that led here and may come again, as far as this node knows, the last one last.
    #[serde(default)]
    taken: TakenTurns,
    /// The last of them that the origin has.
    last: Option<Answered>,
}

/// The last turns of a conversation that this node has taken: the ends of their ids, one behind the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TakenTurns(String);

impl TakenTurns {
    fn end(turn_id: &str) -> &str {
        turn_id.get(turn_id.len().saturating_sub(REMEMBERED_DIGITS)..).unwrap_or(turn_id)
    }

    fn has(&self, turn_id: &str) -> bool {
        self.0.as_bytes().chunks(REMEMBERED_DIGITS).any(|end| end == TakenTurns::end(turn_id).as_bytes())
    }

    fn add(&mut self, turn_id: &str) {
        if !self.has(turn_id) {
            self.0.push_str(TakenTurns::end(turn_id));
        }
        let forgotten = self.0.len().saturating_sub(MAX_REMEMBERED_TURNS * REMEMBERED_DIGITS);
        self.0.drain(..forgotten);
    }
}

/// A turn and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// What was asked.
    pub fingerprint: String,
    /// What was answered; its `manifest_id` is the turn's id.
    pub response: MoveResponse,
}

/// What a state remembers of a turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Held<'a> {
    /// It led here, and this is its answer.
    Answered(&'a Answered),
    /// It led here; its answer is the origin's to give.
    Taken,
    /// Nothing.
    Unknown,
}

impl Start {
    /// A conversation that begins.
    #[must_use]
    pub fn fresh(game_version: &str, assumed: bool) -> Start {
        Start {
            version: 0,
            game_version: game_version.into(),
            state: Conversation::default(),
            name: None,
            assumed,
            of_another: false,
            waiting: false,
            turns: Vec::new(),
            taken: TakenTurns::default(),
            last: None,
        }
    }

    /// A conversation as the origin has it; `None` for one that it does not have.
    #[must_use]
    pub fn of(current: Option<StoredConversation>, game_version: &str) -> Start {
        match current {
            Some(stored) => Start { name: stored.name, ..Start::at(stored.version, stored.game_version, stored.state) },
            None => Start::fresh(game_version, false),
        }
    }

    /// A state that somebody knows.
    #[must_use]
    pub fn at(version: u64, game_version: String, state: Conversation) -> Start {
        Start { version, state, ..Start::fresh(&game_version, false) }
    }

    /// The state after a turn that was run on this one and is at the origin.
    #[must_use]
    pub fn after(self, state: Conversation, epoch: Option<String>) -> Start {
        let name = Some(name(&digest_of(&state), epoch));
        Start { version: self.version + 1, state, name, assumed: false, waiting: false, ..self }
    }

    /// How the origin is told what a turn was run on; a conversation that begins has no state yet.
    #[must_use]
    pub fn base(&self) -> Option<StateName> {
        if self.version == 0 { None } else { self.name.clone() }
    }

    /// The state's digest: the origin's where it gave one, since it may have the state in other bytes than this node would
    /// write.
    #[must_use]
    pub fn digest(&self) -> String {
        self.name.as_ref().map_or_else(|| digest_of(&self.state), |name| name.digest.clone())
    }

    /// Remembers the turn that led here last.
    #[must_use]
    pub fn remembering(self, fingerprint: &str, response: &MoveResponse) -> Start {
        let mut start = self.having_taken(&response.manifest_id);
        start.last = Some(Answered { fingerprint: fingerprint.into(), response: response.clone() });
        start
    }

    /// Remembers that a turn led here, and not how it was answered.
    #[must_use]
    pub fn having_taken(mut self, turn_id: &str) -> Start {
        for id in std::mem::take(&mut self.turns) {
            self.taken.add(&id);
        }
        self.taken.add(turn_id);
        self
    }

    /// The same state, on which this node remembers what it knew of the conversation's turns before it learned of this one.
    #[must_use]
    pub fn knowing(self, taken: &TakenTurns) -> Start {
        Start { taken: taken.clone(), ..self }
    }

    /// The turns that this node has taken.
    #[must_use]
    pub fn taken(&self) -> TakenTurns {
        let mut taken = TakenTurns::default();
        self.turns.iter().for_each(|id| taken.add(id));
        taken.0.push_str(&self.taken.0);
        taken
    }

    /// The state of that version after turns that were run on this one and wait.
    #[must_use]
    pub fn waiting_at(self, version: u64, game_version: String, state: Conversation) -> Start {
        let name = Some(name(&digest_of(&state), None));
        Start { version, game_version, state, name, assumed: false, waiting: true, ..self }
    }

    /// What is remembered of a turn.
    #[must_use]
    pub fn held(&self, turn_id: &str) -> Held<'_> {
        match &self.last {
            Some(last) if last.response.manifest_id == turn_id => Held::Answered(last),
            _ if self.taken.has(turn_id) || self.turns.iter().any(|id| id == turn_id) => Held::Taken,
            _ => Held::Unknown,
        }
    }
}

/// A state's digest, as the origin makes it of the bytes that a commit carries.
#[must_use]
pub fn digest_of(state: &Conversation) -> String {
    // A state is plain data and always becomes JSON; were it otherwise, nothing could be committed either.
    state_digest(&serde_json::to_vec(state).unwrap_or_else(|error| error.to_string().into_bytes()))
}

/// A state's name.
#[must_use]
pub fn name(digest: &str, epoch: Option<String>) -> StateName {
    StateName { digest: digest.to_owned(), epoch }
}

/// What lies in the key-value store. Version and expiry lie inside, because not every store knows expiry.
#[derive(Debug, Serialize, Deserialize)]
struct Hot {
    user: String,
    expires_at_ms: i64,
    start: Start,
}

/// Hot state, where there is any that may be used for this user; else a conversation that is assumed to begin.
///
/// Another user's entry counts as none: whether the conversation is theirs is the origin's to say.
pub async fn hot<P: Platform>(call: &Call<'_, P>, named: &Named, game_version: &str) -> Start {
    let found = found(call, named).await;
    let of_another = found.iter().any(|hot| hot.user != named.user);
    let own = found.into_iter().filter(|hot| hot.user == named.user).map(|hot| hot.start);
    let usable = own.max_by_key(|start| (start.version, !start.waiting));
    call.observe(if usable.is_some() { Event::StateHit } else { Event::StateMiss });
    usable.unwrap_or_else(|| Start { of_another, ..Start::fresh(game_version, true) })
}

/// What lies here of a conversation, in memory and in the store.
async fn found<P: Platform>(call: &Call<'_, P>, named: &Named) -> Vec<Hot> {
    let Some(key) = &call.settings.state_key else { return Vec::new() };
    let now_ms = call.platform.now_ms();
    let remembered = call.platform.memory().and_then(|memory| memory.state(&named.digest, now_ms));
    // A store that does not answer, and a copy that does not open, are as good as none: the origin has the state.
    let stored = call.platform.kv_get(&key_of(named)).await.ok().flatten();
    let open = |bytes: Vec<u8>| from_store::<P, Hot>(call.platform, key, "hot", &[&named.digest], &bytes).ok();
    [remembered, stored].into_iter().flatten().filter_map(open).filter(|hot| hot.expires_at_ms > now_ms).collect()
}

/// Has the state that the origin has as well written once the answer has gone.
pub fn keep<P: Platform>(call: &Call<'_, P>, named: &Named, start: Start) {
    if let Some(value) = sealed_hot(call, named, start) {
        // Only what the origin has: a state that waits may turn out wrong where this instance does not notice.
        if let Some(memory) = call.platform.memory() {
            memory.keep_state(&named.digest, value.clone(), call.platform.now_ms());
        }
        call.later(After::Keep { key: key_of(named), value, ttl_ms: call.settings.kv_ttl_ms });
    }
}

/// Writes the state after a turn that is to wait in the journal, at once: bringing that turn home may find it wrong and
/// drop it, and must not be overtaken by this.
pub async fn keep_waiting<P: Platform>(call: &Call<'_, P>, named: &Named, start: Start) {
    if start.of_another {
        return;
    }
    if let Some(value) = sealed_hot(call, named, start) {
        let _ = call.platform.kv_put(&key_of(named), &value, call.settings.kv_ttl_ms).await;
    }
}

fn sealed_hot<P: Platform>(call: &Call<'_, P>, named: &Named, start: Start) -> Option<Vec<u8>> {
    let key = call.settings.state_key.as_ref()?;
    let expires_at_ms = call.platform.now_ms().saturating_add_unsigned(call.settings.kv_ttl_ms);
    let hot = Hot { user: named.user.clone(), expires_at_ms, start };
    for_store(call.platform, key, "hot", &[&named.digest], &hot)
}

/// Drops what is hot, at once: it belongs to an erased conversation, or is known to be wrong.
pub async fn drop_hot<P: Platform>(call: &Call<'_, P>, named: &Named) {
    let _ = drop_named(call.platform, &named.digest).await;
}

/// The same where only this person's state is known to be wrong: what lies here of another's stays.
pub async fn drop_own<P: Platform>(call: &Call<'_, P>, named: &Named) {
    if found(call, named).await.iter().all(|hot| hot.user == named.user) {
        drop_hot(call, named).await;
    }
}

/// The same for a conversation that is known by its digest only.
///
/// # Errors
/// When the store does not take it: the entry may still be there.
pub async fn drop_named<P: Platform>(platform: &P, digest: &str) -> Result<(), KvError> {
    if let Some(memory) = platform.memory() {
        memory.drop_state(digest);
    }
    platform.kv_delete(&key_named(digest)).await
}

fn key_of(named: &Named) -> String {
    key_named(&named.digest)
}

fn key_named(digest: &str) -> String {
    format!("{HOT_PREFIX}{digest}")
}
