//! Stage 5: the conversation's state. Hot in the key-value store, sealed, and for a short while in the instance's memory: a
//! store may go on denying for a minute what was just written. The origin decides what is true.

use lgdl::engine::Conversation;
use lgdl::wire::origin::StoredConversation;
use serde::{Deserialize, Serialize};

use crate::answer::{After, Event};
use crate::call::Call;
use crate::digest;
use crate::platform::Platform;
use crate::seal::{opened, sealed};

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

/// What a turn is run on.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Turns so far.
    pub version: u64,
    /// The game version that the conversation stays on.
    pub game_version: String,
    /// The engine's state.
    pub state: Conversation,
    /// Whether this is known, or only assumed because nothing else is: a conversation that nobody here has heard of.
    pub assumed: bool,
    /// Whether the last turn waits in the journal. Until it has arrived, the origin's state of the same version may be
    /// another one, so nothing may be committed on this one.
    pub waiting: bool,
}

impl Start {
    /// A conversation that begins.
    #[must_use]
    pub fn fresh(game_version: &str, assumed: bool) -> Start {
        Start { version: 0, game_version: game_version.into(), state: Conversation::default(), assumed, waiting: false }
    }

    /// A conversation as the origin has it; `None` for one that it does not have.
    #[must_use]
    pub fn of(current: Option<StoredConversation>, game_version: &str) -> Start {
        match current {
            Some(stored) => Start {
                version: stored.version,
                game_version: stored.game_version,
                state: stored.state,
                assumed: false,
                waiting: false,
            },
            None => Start::fresh(game_version, false),
        }
    }
}

/// What lies in the key-value store. Version and expiry lie inside, because not every store knows expiry.
#[derive(Debug, Serialize, Deserialize)]
struct Hot {
    version: u64,
    game_version: String,
    user: String,
    expires_at_ms: i64,
    state: Conversation,
    #[serde(default)]
    waiting: bool,
}

/// Hot state, if there is any that may be used for this user.
///
/// Another user's entry counts as none: whether the conversation is theirs is the origin's to say.
pub async fn hot<P: Platform>(call: &Call<'_, P>, named: &Named) -> Option<Start> {
    let key = call.settings.state_key.as_ref()?;
    let now_ms = call.platform.now_ms();
    let remembered = call.platform.memory().and_then(|memory| memory.state(&named.digest, now_ms));
    let found = call.platform.kv_get(&key_of(named)).await.ok().flatten();
    let usable = [remembered, found]
        .into_iter()
        .flatten()
        .filter_map(|bytes| opened::<Hot>(key, "hot", &[&named.digest], &bytes))
        .filter(|hot| hot.expires_at_ms > now_ms && hot.user == named.user)
        .max_by_key(|hot| (hot.version, !hot.waiting));
    call.observe(if usable.is_some() { Event::StateHit } else { Event::StateMiss });
    usable.map(|hot| Start {
        version: hot.version,
        game_version: hot.game_version,
        state: hot.state,
        assumed: false,
        waiting: hot.waiting,
    })
}

/// Has the state that the origin has as well written once the answer has gone.
pub fn keep<P: Platform>(call: &Call<'_, P>, named: &Named, version: u64, game_version: &str, state: &Conversation) {
    if let Some(value) = sealed_hot(call, named, version, game_version, state, false) {
        // Only what the origin has: a state that waits may turn out wrong where this instance does not notice.
        if let Some(memory) = call.platform.memory() {
            memory.keep_state(&named.digest, value.clone(), call.platform.now_ms());
        }
        call.later(After::Keep { key: key_of(named), value, ttl_ms: call.settings.kv_ttl_ms });
    }
}

/// Writes the state after a turn that is to wait in the journal, at once: bringing that turn home may find it wrong and
/// drop it, and must not be overtaken by this.
pub async fn keep_waiting<P: Platform>(
    call: &Call<'_, P>,
    named: &Named,
    version: u64,
    game_version: &str,
    state: &Conversation,
) {
    if let Some(value) = sealed_hot(call, named, version, game_version, state, true) {
        let _ = call.platform.kv_put(&key_of(named), &value, call.settings.kv_ttl_ms).await;
    }
}

fn sealed_hot<P: Platform>(
    call: &Call<'_, P>,
    named: &Named,
    version: u64,
    game_version: &str,
    state: &Conversation,
    waiting: bool,
) -> Option<Vec<u8>> {
    let key = call.settings.state_key.as_ref()?;
    let hot = Hot {
        version,
        game_version: game_version.into(),
        user: named.user.clone(),
        expires_at_ms: call.platform.now_ms().saturating_add_unsigned(call.settings.kv_ttl_ms),
        state: state.clone(),
        waiting,
    };
    sealed(call.platform, key, "hot", &[&named.digest], &hot)
}

/// Drops what is hot, at once: it belongs to an erased conversation, or is known to be wrong.
pub async fn drop_hot<P: Platform>(call: &Call<'_, P>, named: &Named) {
    if let Some(memory) = call.platform.memory() {
        memory.drop_state(&named.digest);
    }
    let _ = call.platform.kv_delete(&key_of(named)).await;
}

fn key_of(named: &Named) -> String {
    format!("hot:{}", named.digest)
}
