//! A conversation in this process: engine and stand-ins for services, no server and no store.

use lgdl::compiled::CompiledGame;
use lgdl::engine::{Conversation, Event, Outcome, Settings, ToldBy, Turn};
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

/// What a turn brings.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Said {
    /// What was said; empty where something happened instead.
    pub(super) text: String,
    /// What happened.
    pub(super) event: Option<Event>,
    /// The request's context, where it is not the conversation's.
    pub(super) context: Option<Map<String, Value>>,
}

impl Said {
    /// A line that somebody types: what they say, or an event in brackets: `[session_started]`, `[button large]`.
    pub(super) fn of_line(line: &str) -> Said {
        let inside = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::trim);
        let event = inside.and_then(|inside| {
            let (name, value) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
            let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
            let value = match value.trim() {
                "" => Value::Null,
                value => serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned())),
            };
            is_name.then(|| Event { name: name.to_owned(), value })
        });
        match event {
            Some(event) => Said { event: Some(event), ..Said::default() },
            None => Said { text: line.to_owned(), ..Said::default() },
        }
    }
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
    pub(super) fn take(&mut self, said: &Said, moment: Moment) -> Outcome {
        let turn = Turn {
            event: said.event.clone(),
            participant: self.participant.clone(),
            text: said.text.clone(),
            context: said.context.clone().unwrap_or_else(|| self.context.clone()),
            now_ms: moment.now_ms,
            offset_seconds: moment.offset_seconds,
            // Who tries a game plays the desk as well, as golden dialogues do.
            settings: Settings { explain: true, told_by: ToldBy::Desk, ..Settings::default() },
        };
        let conversation = std::mem::take(&mut self.conversation);
        let outcome = complete(&self.game, conversation, turn, |call| self.mocks.answer(call));
        self.conversation = outcome.conversation.clone();
        outcome
    }

    /// Who speaks.
    pub(super) fn participant(&self) -> &str {
        &self.participant
    }

    /// What each request says beside the turn, where the turn says nothing else.
    pub(super) fn context(&self) -> &Map<String, Value> {
        &self.context
    }

    /// What the game is played from.
    pub(super) fn game(&self) -> &CompiledGame {
        &self.game
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
