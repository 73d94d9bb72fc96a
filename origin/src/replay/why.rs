//! Time travel: a stored turn is run again from the state that it was run on, and explained; what comes of it is compared
//! with what is stored.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use lgdl::compiled::CompiledGame;
use lgdl::engine::{Conversation, Outcome};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Explain, StoredTurn};
use crate::exports;
use crate::ids::ConversationId;
use crate::masking::MASKED;
use crate::privacy::Protection;
use crate::records::{BEGAN_ANEW, mask_sensitive, turn_record, turn_row};
use crate::store::{Archived, ConversationDump, Result, Store, StoreError, TurnRow};

/// A turn, as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnName {
    /// By the `manifest_id` of its answer. Finding it looks through the tenant's turns.
    Id(String),
    /// By its conversation and its number.
    Place(ConversationId, u64),
}

impl FromStr for TurnName {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<TurnName, &'static str> {
        const RULE: &str = "a turn is named by the `manifest_id` of its answer, or as CONVERSATION/NUMBER";
        if let Some((conversation, number)) = text.split_once('/') {
            let number: u64 = number.parse().map_err(|_| RULE)?;
            return Ok(TurnName::Place(conversation.parse().map_err(|_| RULE)?, number));
        }
        let digits = text.strip_prefix("turn_").ok_or(RULE)?;
        let is_id = !digits.is_empty() && digits.len() <= 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { Ok(TurnName::Id(text.to_owned())) } else { Err(RULE) }
    }
}

/// What running a turn again says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// The conversation, by the origin's id.
    pub conversation: ConversationId,
    /// The game.
    pub game: String,
    /// The version that answered.
    pub game_version: String,
    /// The turn's number.
    pub turn: u64,
    /// How what came of it compares with what is stored.
    pub again: Again,
    /// The turn, explained; nothing where it could not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// How a turn that was run again compares with what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "again")]
pub enum Again {
    /// This turn and all before it gave what is stored of them.
    Same {
        /// Whether the state after it is the stored one.
        state: StateAgain,
    },
    /// One of the turns gave something else: what is explained is how the engine takes it today.
    Different {
        /// The first of them.
        turn: u64,
        /// The fields of its record that differ; `state` for the state after the last turn.
        fields: Vec<String>,
    },
    /// The run can't go on.
    Stopped {
        /// At this turn.
        turn: u64,
        /// Why.
        why: Stopped,
    },
}

/// Whether the state after a turn is the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StateAgain {
    /// Byte for byte.
    SameBytes,
    /// The same values; the store keeps JSON in an order of its own.
    SameValues,
    /// Only the state after a conversation's last turn is stored.
    NotStored,
}

/// Why a run can't go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "stopped")]
pub enum Stopped {
    /// The game version is not stored any more.
    NoVersion {
        /// Its hash.
        game_version: String,
    },
    /// The game version was compiled by a program of another format.
    OtherFormat {
        /// Its hash.
        game_version: String,
    },
    /// The record does not have what a service answered.
    NoAnswer {
        /// `service.function`
        capability: String,
    },
    /// What the turn was given was too much to be kept.
    TooMuch {
        /// So many bytes.
        bytes: usize,
    },
    /// A value that was marked as sensitive is masked in what was said.
    Masked,
    /// Its conversation's turns lie in the archive.
    Archived,
    /// The turn is not there.
    NoTurn,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::NoVersion { game_version } => write!(f, "version {game_version} is not stored any more"),
            Stopped::OtherFormat { game_version } => {
                write!(f, "version {game_version} was compiled for another version of this program")
            }
            Stopped::NoAnswer { capability } => write!(f, "what {capability} answered then is not in the record"),
            Stopped::TooMuch { bytes } => write!(f, "what it was given ({bytes} bytes) was too much to be kept"),
            Stopped::Masked => f.write_str("a sensitive value is masked in what was said"),
            Stopped::Archived => f.write_str("it lies in the archive; `lgdl archive restore` brings it back"),
            Stopped::NoTurn => f.write_str("it is not stored"),
        }
    }
}

/// Runs a turn again; `None` when there is none of that name.
///
/// # Errors
/// When the store fails, or a text can't be opened.
pub async fn why(store: &dyn Store, protection: &dyn Protection, tenant: &str, name: &TurnName) -> Result<Option<Why>> {
    let place = match name {
        TurnName::Id(id) => store.find_turn(tenant, id).await?,
        TurnName::Place(conversation, turn) => Some((conversation.clone(), *turn)),
    };
    let Some((conversation, turn)) = place else { return Ok(None) };
    let Some(dump) = store.dump(tenant, &conversation).await? else { return Ok(None) };
    if turn == 0 || turn > dump.conversation.version {
        return Ok(None);
    }
    let dump = exports::open(protection, dump).await?;
    let mut games = Games { store, tenant, loaded: BTreeMap::new() };
    run(&mut games, &dump, turn).await.map(Some)
}

/// The versions that a conversation was held on.
struct Games<'a> {
    store: &'a dyn Store,
    tenant: &'a str,
    loaded: BTreeMap<String, CompiledGame>,
}

impl Games<'_> {
    async fn get(&mut self, version: &str) -> Result<std::result::Result<&CompiledGame, Stopped>> {
        if !self.loaded.contains_key(version) {
            let game_version = version.to_owned();
            let Some(bytes) = self.store.compiled(self.tenant, version).await? else {
                return Ok(Err(Stopped::NoVersion { game_version }));
            };
            let Ok(game) = CompiledGame::load(bytes.into()) else {
                return Ok(Err(Stopped::OtherFormat { game_version }));
            };
            self.loaded.insert(game_version, game);
        }
        Ok(self.loaded.get(version).ok_or(Stopped::NoTurn))
    }
}

async fn run(games: &mut Games<'_>, dump: &ConversationDump, wanted: u64) -> Result<Why> {
    let mut state = Conversation::default();
    let mut different: Option<(u64, Vec<String>)> = None;
    let mut game_version = dump.conversation.game_version.clone();
    let conversation = &dump.conversation;
    let told = |game_version: &str, again: Again, outcome: Option<Outcome>| Why {
        conversation: conversation.id.clone(),
        game: conversation.game.clone(),
        game_version: game_version.to_owned(),
        turn: wanted,
        again,
        outcome,
    };
    for number in 1..=wanted {
        let stopped = |why: Stopped| Again::Stopped { turn: number, why };
        let Some(row) = dump.turns.iter().find(|row| row.turn_num == number) else {
            let lies = Archived::of(conversation)?.is_some_and(|archived| number <= archived.turns);
            let why = if lies { Stopped::Archived } else { Stopped::NoTurn };
            return Ok(told(&game_version, stopped(why), None));
        };
        let record = turn_record(row);
        if let Some(version) = record.get("game_version").and_then(Value::as_str) {
            version.clone_into(&mut game_version);
        }
        let stored = StoredTurn::of_record(&record)?;
        if let Some(bytes) = stored.left_out_bytes {
            return Ok(told(&game_version, stopped(Stopped::TooMuch { bytes }), None));
        }
        if said_is_masked(&record) {
            return Ok(told(&game_version, stopped(Stopped::Masked), None));
        }
        let game = match games.get(&game_version).await? {
            Ok(game) => game,
            Err(why) => return Ok(told(&game_version, stopped(why), None)),
        };
        let no_answer = |call: &lgdl::engine::CapabilityCall| {
            Err(Stopped::NoAnswer { capability: format!("{}.{}", call.service, call.function) })
        };
        let before = state.clone();
        let outcome = match stored.run(game, std::mem::take(&mut state), Explain::No, no_answer) {
            Ok(outcome) => outcome,
            Err(why) => return Ok(told(&game_version, stopped(why), None)),
        };
        let mut fields = differing(row, &record, &outcome)?;
        let mut state_again = StateAgain::NotStored;
        if number == conversation.version {
            match compare_state(&conversation.state, &outcome.conversation)? {
                Some(same) => state_again = same,
                None => fields.push("state".to_owned()),
            }
        }
        if different.is_none() && !fields.is_empty() {
            different = Some((number, fields));
        }
        if number == wanted {
            let again = match different {
                Some((turn, fields)) => Again::Different { turn, fields },
                None => Again::Same { state: state_again },
            };
            // The second run differs from the first in its explanation only.
            let explained = stored.run(game, before, Explain::Yes, no_answer).ok();
            return Ok(told(&game_version, again, explained));
        }
        state = outcome.conversation;
    }
    Ok(told(&game_version, Again::Stopped { turn: wanted, why: Stopped::NoTurn }, None))
}

/// Whether a sensitive value is masked in what a turn was run with.
fn said_is_masked(record: &Map<String, Value>) -> bool {
    let masks = record.get("slots").and_then(Value::as_object);
    let masks = masks.is_some_and(|slots| slots.values().any(|value| value == MASKED));
    let holds = |field: &str| record.get(field).is_some_and(|value| value.to_string().contains(MASKED));
    masks && (holds("user_input") || holds("given"))
}

/// The fields of a record that a run gave another value. It goes the way of a commit, so that what is compared is what would
/// be stored.
fn differing(row: &TurnRow, stored: &Map<String, Value>, outcome: &Outcome) -> Result<Vec<String>> {
    let internal = |error: &dyn fmt::Display| StoreError::Internal(error.to_string());
    let written = serde_json::to_value(&outcome.record).map_err(|error| internal(&error))?;
    let Value::Object(mut record) = written else { return Err(internal(&"a record is an object")) };
    for added in ["manifest_id", "game_version", BEGAN_ANEW] {
        if let Some(value) = stored.get(added) {
            record.insert(added.to_owned(), value.clone());
        }
    }
    let state = serde_json::to_string(&outcome.conversation).map_err(|error| internal(&error))?;
    let state = RawValue::from_string(state).map_err(|error| internal(&error))?;
    mask_sensitive(&mut record, &state).map_err(|error| internal(&error))?;
    let (again, _) = turn_row(record).map_err(|error| internal(&error))?;
    if again == *row {
        return Ok(Vec::new());
    }
    let again = turn_record(&again);
    let names = stored.keys().chain(again.keys().filter(|name| !stored.contains_key(*name)));
    Ok(names.filter(|name| stored.get(*name) != again.get(*name)).cloned().collect())
}

/// `None`: it is another state.
fn compare_state(stored: &str, again: &Conversation) -> Result<Option<StateAgain>> {
    let internal = |error: serde_json::Error| StoreError::Internal(error.to_string());
    let again = serde_json::to_string(again).map_err(internal)?;
    if stored == again {
        return Ok(Some(StateAgain::SameBytes));
    }
    let damaged = |_| StoreError::Damaged("conversations.state".into());
    let stored: Value = serde_json::from_str(stored).map_err(damaged)?;
    let again: Value = serde_json::from_str(&again).map_err(internal)?;
    Ok((stored == again).then_some(StateAgain::SameValues))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_named_by_its_id_or_its_place() {
        assert_eq!("turn_0123abcd".parse(), Ok(TurnName::Id("turn_0123abcd".into())));
        for wrong in ["", "turn_", "turn_xyz", "0123", "conversation/x"] {
            assert!(wrong.parse::<TurnName>().is_err(), "{wrong}");
        }
    }
}
