//! Text as the engine sees it: normalized words with their place in the source, and what can be said of them.
//!
//! One notion of a word for patterns, slots, enumerations and repairs: case, punctuation, Unicode compatibility
//! forms, quote forms and contractions make no difference ("I can’t" is `i can not`). Nothing here knows a game.

mod distance;
mod forgiven;
pub(crate) mod hash;
mod heard;
mod polarity;
mod stem;
mod tokens;
pub(crate) mod unicode;

pub use distance::{MAX_COMPARED_CHARS, edit_distance, one_slip_apart};
pub(crate) use forgiven::Sounds;
pub(crate) use polarity::takes_its_denial_back;
pub use polarity::{Polarity, polarity};
pub use stem::Stem;
pub(crate) use stem::{Inflection, Rule};
pub use tokens::{Break, MAX_TOKENS, Shape, Token, Tokens};

pub(crate) use heard::{Danger, Heard, Word, between_marks, first_clause, readable};

pub use crate::language::Class;
use crate::language::Language;

/// The stem of a normalized word, the part that its forms share.
#[must_use]
pub fn stem<'a>(language: &Language, word: &'a str) -> Stem<'a> {
    language.inflection.stem(word)
}

/// The text's words.
#[must_use]
pub fn normalize(language: &'static Language, text: &str) -> Tokens {
    let mut tokens = Tokens::default();
    tokens.read(language, text);
    tokens
}

/// The normalized words joined by single spaces: equal for texts that say the same in another form.
#[must_use]
pub fn normalized(language: &'static Language, text: &str) -> String {
    let tokens = normalize(language, text);
    let mut out = String::with_capacity(text.len());
    for index in 0..tokens.len() {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(tokens.text(index));
    }
    out
}

/// Whether both texts are the same words.
#[must_use]
pub fn same_words(language: &'static Language, a: &str, b: &str) -> bool {
    let (a, b) = (normalize(language, a), normalize(language, b));
    a.len() == b.len() && (0..a.len()).all(|index| a.text(index) == b.text(index))
}

/// Where `phrase` stands in `text` as whole words, in bytes of `text`; the first place if there are several.
#[must_use]
pub fn contains_phrase(language: &'static Language, text: &str, phrase: &str) -> Option<(usize, usize)> {
    let (text, phrase) = (normalize(language, text), normalize(language, phrase));
    let range = find_phrase(&text, &phrase, 0)?;
    Some(text.span(range.0, range.1))
}

/// Where `phrase` stands in `text`, in tokens, from token `from` on.
#[must_use]
pub fn find_phrase(text: &Tokens, phrase: &Tokens, from: usize) -> Option<(usize, usize)> {
    let length = phrase.len();
    if length == 0 || text.len() < length {
        return None;
    }
    (from..=text.len() - length)
        .find(|&start| (0..length).all(|at| text.text(start + at) == phrase.text(at)))
        .map(|start| (start, start + length))
}

/// Whether what stands at the bytes `span` of `text` is negated: "I do NOT have chest pain".
#[must_use]
pub fn is_negated(language: &'static Language, text: &str, span: (usize, usize)) -> bool {
    let tokens = normalize(language, text);
    match tokens.range_of(span) {
        Some((first, end)) => polarity(&tokens, first, end, None) == Polarity::Denied,
        None => false,
    }
}
