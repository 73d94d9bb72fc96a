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

/// The language of a conversation whose game is written in several.
pub(super) struct Spoken<'g> {
    /// Its tag.
    pub(super) tag: &'g str,
    /// The game in it.
    pub(super) game: &'g CompiledGame,
    /// The words of the utterance in the language that was spoken so far, or that the request names.
    pub(super) heard: Heard,
}

/// The language of the conversation; `None` where the game has only one.
pub(super) fn spoken<'g>(game: &'g CompiledGame, conversation: &Conversation, turn: &Turn) -> Option<Spoken<'g>> {
    let translations = game.translations();
    if translations.is_empty() {
        return None;
    }
    let own = Language::of_game(&game.header()).code;
    let find = |tag: &str| {
        let wanted = tag.split('-').next().filter(|wanted| !wanted.is_empty())?;
        if wanted.eq_ignore_ascii_case(own) {
            return Some((own, game));
        }
        let exact = translations.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag));
        let is_same = |known: &str| {
            let language = known.split('-').next().unwrap_or_default();
            language.bytes().eq(wanted.bytes().map(|byte| byte.to_ascii_lowercase()))
        };
        let same = || translations.iter().find(|(known, _)| is_same(known));
        exact.or_else(same).map(|(known, game)| (known.as_str(), game))
    };
    let requested = || TAGS.iter().find_map(|name| find(turn.context.get(*name)?.as_str()?));
    let current = find(&conversation.language).or_else(requested).unwrap_or((own, game));
    let heard = Heard::of(Locale::of_game(&current.1.header()).language, &turn.text);
    let (tag, game) = asked_for(&heard).and_then(find).unwrap_or(current);
    Some(Spoken { tag, game, heard })
}

/// The language that an utterance asks for and does little else: "in Spanish, please".
fn asked_for(heard: &Heard) -> Option<&'static str> {
    if heard.is_empty() || heard.len() > MAX_WORDS {
        return None;
    }
    let is_said = |language: &&&Language| {
        let names = language.formats.get("language.names").unwrap_or_default().as_bytes();
        let mut names = names.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|name| heard.words.iter().any(|word| word.text.as_bytes() == name))
    };
    let is_spoken = |language: &&&Language| **language == heard.language;
    // Mostly none is named, and who names the one that is spoken first asks for no other.
    Language::all().iter().filter(|language| !is_spoken(language)).find(is_said)?;
    Language::all().iter().find(is_said).filter(|named| !is_spoken(named)).map(|named| named.code)
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
