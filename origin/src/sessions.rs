//! Conversations that fall silent: one clock, the origin's, tells their games, and ends sessions. What expired begins anew at its
//! next turn, wherever that is taken: the stored state keeps its place, under a name that no state has, so that a turn which
//! was run on it gets a conflict and the state to begin with.
//!
//! How far the clock came stands in a note of the store for each thing that it does, replaced by compare-and-swap: several
//! origins share the work, and a restart leaves nothing out. What it tells a game is a turn, under a key that is the same
//! on every origin.

mod clock;
mod open;

use lgdl::engine::Conversation;
use lgdl::wire::origin::{StateName, state_digest};
use serde::Deserialize;

use crate::clock::Millis;
use crate::http::{Origin, Problem};
use crate::store::{ConversationRow, EXPIRED, StoreError, anew};

pub(crate) use clock::end;
pub use clock::{keep, look};
pub(crate) use open::{Place, admit};
pub use open::{Places, recount};

/// A game hears this before its conversation begins anew; where it says something to it, the conversation goes on.
pub use lgdl::ir::SESSION_EXPIRED;

/// A game hears this when nobody has answered for as long as a webhook says.
pub const TIMEOUT: &str = "timeout";

/// When a conversation expired, if it has not been spoken in since.
///
/// # Errors
/// When its metadata are no such facts.
pub fn expired_at(row: &ConversationRow) -> Result<Option<Millis>, StoreError> {
    #[derive(Deserialize)]
    struct Facts {
        expired: Option<Expired>,
    }
    #[derive(Deserialize)]
    struct Expired {
        version: u64,
        at: Millis,
    }
    // Most conversations have no metadata at all.
    if !row.metadata.contains(EXPIRED) {
        return Ok(None);
    }
    let facts: Facts = serde_json::from_str(&row.metadata)
        .map_err(|error| StoreError::Damaged(format!("conversations.metadata: {error}")))?;
    Ok(facts.expired.filter(|expired| expired.version == row.version).map(|expired| expired.at))
}

/// The state that a conversation begins anew with after so many turns.
#[must_use]
pub fn beginning(turns: u64) -> Conversation {
    let mut state = Conversation::default();
    state.turns = turns;
    state
}

fn beginning_json(turns: u64) -> Result<String, StoreError> {
    serde_json::to_string(&beginning(turns)).map_err(|error| StoreError::Internal(error.to_string()))
}

/// Whether a turn was run on the beginning of a session that follows another.
///
/// # Errors
/// When a state can't be written.
pub fn begins_anew(version: u64, base: Option<&StateName>) -> Result<bool, StoreError> {
    match base {
        Some(base) if version > 0 => Ok(base.digest == state_digest(beginning_json(version)?.as_bytes())),
        _ => Ok(false),
    }
}

/// An open conversation as a turn finds it that was said at a time: one that expired before has the state of a beginning, and
/// the game's active version.
///
/// # Errors
/// When the store fails.
pub async fn found_by(origin: &Origin, row: ConversationRow, said_ms: Millis) -> Result<ConversationRow, Problem> {
    if expired_at(&row)?.is_none_or(|at| said_ms < at) {
        return Ok(row);
    }
    let games = origin.store.games(&row.tenant).await?;
    let active = games.into_iter().find(|game| game.game == row.game).map(|game| game.active.version);
    let state = beginning_json(row.version)?;
    Ok(ConversationRow { state, game_version: active.unwrap_or_else(|| row.game_version.clone()), ..row })
}

/// The name of the stored state beside those that a turn gives, where the turn goes on with a session that expired while
/// the turn waited at a node: it was said before, on the very state that is stored.
///
/// # Errors
/// When the store fails, or the state can't be opened.
pub async fn still_its_own(
    origin: &Origin,
    row: ConversationRow,
    base: &StateName,
    said_ms: Millis,
) -> Result<Option<String>, StoreError> {
    if expired_at(&row)?.is_none_or(|at| said_ms >= at) {
        return Ok(None);
    }
    let row = origin.protection.open_conversation(row).await?;
    Ok((state_digest(row.state.as_bytes()) == base.digest).then(|| anew(row.version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_that_many_turns_begins_anew() {
        let name = |turns| {
            let digest = state_digest(beginning_json(turns).unwrap().as_bytes());
            Some(StateName { digest, epoch: None })
        };
        assert!(begins_anew(3, name(3).as_ref()).unwrap());
        assert!(!begins_anew(4, name(3).as_ref()).unwrap());
        assert!(!begins_anew(0, name(0).as_ref()).unwrap(), "the first session is no other one's successor");
        assert!(!begins_anew(3, None).unwrap());
    }
}
