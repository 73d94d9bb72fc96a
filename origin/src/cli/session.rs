//! A conversation in this process: engine and stand-ins for services, no server and no store.

use lgdl::compiled::CompiledGame;
use lgdl::engine::{Conversation, Outcome, Settings, Turn};
use lgdl::golden::complete;
use lgdl::mocks::Mocks;
use serde_json::{Map, Value};

/// One conversation with one game.
#[derive(Clone)]
pub(super) struct Session {
    game: CompiledGame,
    mocks: Mocks,
    participant: String,
    context: Map<String, Value>,
    conversation: Conversation,
}

/// When and where a turn is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Milliseconds since 1970.
    pub(super) now_ms: i64,
    /// Seconds east of UTC.
    pub(super) offset_seconds: i32,
}

impl Session {
    pub(super) fn new(game: CompiledGame, mocks: Mocks, participant: String, context: Map<String, Value>) -> Session {
        Session { game, mocks, participant, context, conversation: Conversation::default() }
    }

    /// One turn, explained.
    pub(super) fn say(&mut self, text: &str, moment: Moment) -> Outcome {
        let turn = Turn {
            event: None,
            participant: self.participant.clone(),
            text: text.to_owned(),
            context: self.context.clone(),
            now_ms: moment.now_ms,
            offset_seconds: moment.offset_seconds,
            settings: Settings { explain: true, ..Settings::default() },
        };
        let conversation = std::mem::take(&mut self.conversation);
        let outcome = complete(&self.game, conversation, turn, |call| self.mocks.answer(call));
        self.conversation = outcome.conversation.clone();
        outcome
    }

    /// The game's name.
    pub(super) fn game_name(&self) -> &str {
        self.game.name()
    }

    /// The state that the next turn begins with.
    pub(super) fn state(&self) -> &Conversation {
        &self.conversation
    }

    /// Begins anew.
    pub(super) fn reset(&mut self) {
        self.conversation = Conversation::default();
    }
}
