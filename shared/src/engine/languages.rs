//! Which language a conversation is held in, where its game is written in several: the one that it began in, unless the
//! person asks for another.

use super::run::{Halt, Run};
use super::{Conversation, Turn};
use crate::compiled::CompiledGame;
use crate::language::{Language, Locale};
use crate::text::Heard;

/// The longest utterance that asks for a language, in words.
const MAX_WORDS: usize = 6;
/// Where a request says in which language it is made, the nearest first.
const TAGS: [&str; 2] = ["locale", "language"];

/// The game in the language of the conversation, and the tag of that language; `None` where the game has only one.
pub(super) fn spoken<'g>(
    game: &'g CompiledGame,
    conversation: &Conversation,
    turn: &Turn,
) -> Option<(String, &'g CompiledGame)> {
    let translations = game.translations();
    if translations.is_empty() {
        return None;
    }
    let own = Language::of_game(&game.header()).code.to_owned();
    let find = |tag: &str| {
        let language = tag.split('-').next().unwrap_or_default().to_lowercase();
        if language == own {
            return Some((own.clone(), game));
        }
        let exact = translations.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag));
        let same = || translations.iter().find(|(known, _)| known.split('-').next() == Some(language.as_str()));
        exact.or_else(same).map(|(known, game)| (known.clone(), game))
    };
    let requested = || TAGS.iter().find_map(|name| find(turn.context.get(*name)?.as_str()?));
    let current = find(&conversation.language).or_else(requested).unwrap_or_else(|| (own.clone(), game));
    Some(asked_for(turn, current.1).and_then(&find).unwrap_or(current))
}

/// The language that an utterance asks for and does little else: "in Spanish, please".
fn asked_for(turn: &Turn, game: &CompiledGame) -> Option<&'static str> {
    let spoken = Locale::of_game(&game.header()).language;
    let heard = Heard::of(spoken, &turn.text);
    if heard.is_empty() || heard.len() > MAX_WORDS {
        return None;
    }
    let said =
        |names: &str| names.split(',').map(str::trim).any(|name| heard.words.iter().any(|word| *word.text == *name));
    let named = Language::all().iter().find(|language| said(language.locale().format("language.names")))?;
    Some(named.code).filter(|code| *code != spoken.code)
}

impl Run<'_> {
    /// The conversation goes on in another language: the open question is put in it, or what can be done is said.
    pub(super) fn go_on_in_another_language(&mut self) -> Result<(), Halt> {
        self.tell.reading = super::run::Reading::Repair;
        if self.state.active.as_ref().is_some_and(|frame| frame.open.is_some()) {
            return self.ask_again(false);
        }
        if let Some(abilities) = self.abilities() {
            self.say(&abilities);
        }
        Ok(())
    }
}
