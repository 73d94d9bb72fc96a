//! What clients were told against what the origin has: nothing durable lost, nothing twice, in order, and every answer the
//! one that the engine gives to the turns before it.

use std::collections::BTreeMap;

use lgdl::engine::{self, Conversation};
use lgdl::golden::complete;
use lgdl_origin::store::{ConversationKey, Store, TurnRow};

use super::client::{Outcome, Said, conversation_id};
use super::deployment::TENANT;
use crate::games::GameFolder;

/// Turns read at once.
const PAGE: u32 = 500;
/// In the record of a turn that was run again when it was brought home.
const RERUN: &str = "E214";

/// How the books close.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// Turns that clients were told are durable.
    pub durable: usize,
    /// Turns that clients were told wait in the journal.
    pub journalled: usize,
    /// Of those, the ones that were run again behind others.
    pub rerun: usize,
    /// Turns answered without state.
    pub stateless: usize,
    /// Turns that clients gave up on.
    pub given_up: usize,
    /// Turns that the origin has and nobody was told so: their answers were lost, or came too late.
    pub unclaimed: usize,
    /// Turns that the origin has.
    pub stored: usize,
    /// Everything that must not be.
    pub wrong: Vec<String>,
}

/// Closes the books.
///
/// # Panics
/// When the store can't be read.
pub async fn balance(store: &dyn Store, game: &GameFolder, said: &[Said]) -> Balance {
    let mut balance = Balance::default();
    let mut conversations: BTreeMap<usize, Vec<&Said>> = BTreeMap::new();
    for said in said {
        conversations.entry(said.conversation).or_default().push(said);
    }
    for (conversation, said) in conversations {
        let external_id = conversation_id(conversation);
        let key = ConversationKey { tenant: TENANT.into(), game: game.id.clone(), external_id };
        let turns = turns(store, &key).await;
        balance.conversation(conversation, &said, &turns);
        balance.replay(conversation, game, &turns);
    }
    balance
}

async fn turns(store: &dyn Store, key: &ConversationKey) -> Vec<TurnRow> {
    let mut all: Vec<TurnRow> = Vec::new();
    loop {
        let page = store.turns(&key.id(), all.len() as u64, PAGE).await.expect("the store can be read");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

impl Balance {
    fn conversation(&mut self, conversation: usize, said: &[&Said], turns: &[TurnRow]) {
        let mut wrong = |what: String| self.wrong.push(format!("conversation {conversation}: {what}"));
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, turn) in turns.iter().enumerate() {
            if turn.turn_num != place as u64 + 1 {
                wrong(format!("turn {} stands in place {}", turn.turn_num, place + 1));
            }
            if places.insert(&turn.user_input, place).is_some() {
                wrong(format!("`{}` is there twice", turn.user_input));
            }
        }
        self.stored += turns.len();
        let mut before = None;
        for said in said {
            let place = places.remove(said.input.as_str());
            let row = place.map(|place| &turns[place]);
            let kept = said.told.as_ref().map(|told| told.kept);
            match kept {
                Some(Outcome::Durable) => self.durable += 1,
                Some(Outcome::Journalled) => self.journalled += 1,
                Some(_) => self.stateless += 1,
                None => self.given_up += 1,
            }
            let (Some(told), Some(Outcome::Durable | Outcome::Journalled)) = (&said.told, kept) else {
                self.unclaimed += usize::from(row.is_some());
                continue;
            };
            let (Some(place), Some(row)) = (place, row) else {
                wrong(format!("`{}` was acknowledged as {:?} and is not there", said.input, told.kept));
                continue;
            };
            if before.is_some_and(|before| before > place) {
                wrong(format!("`{}` stands before what was said before it", said.input));
            }
            before = Some(place);
            if row.details.contains(RERUN) || row.metadata.contains(RERUN) {
                self.rerun += 1;
                if told.kept == Outcome::Durable {
                    wrong(format!("`{}` was acknowledged as durable and run again", said.input));
                }
            } else if (row.turn_num, row.response.as_str()) != (told.turn, told.response.as_str()) {
                wrong(format!("`{}` was answered otherwise than it is kept", said.input));
            }
        }
        for input in places.keys() {
            wrong(format!("`{input}` is there and nobody said it"));
        }
    }

    /// Runs the stored turns one after another in the engine.
    fn replay(&mut self, conversation: usize, game: &GameFolder, turns: &[TurnRow]) {
        let mut state = Conversation::default();
        for row in turns {
            let turn = engine::Turn {
                event: None,
                participant: "user".into(),
                text: row.user_input.clone(),
                context: serde_json::Map::new(),
                now_ms: row.timestamp,
                offset_seconds: 0,
                settings: engine::Settings::default(),
            };
            let outcome = complete(&game.game, state, turn, |call| game.mocks.answer(call));
            if outcome.record.response != row.response {
                self.wrong.push(format!(
                    "conversation {conversation}: turn {} is not what the turns before it lead to",
                    row.turn_num
                ));
                return;
            }
            state = outcome.conversation;
        }
    }
}
