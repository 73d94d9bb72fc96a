//! Words that were typed as one ("heartattack", "icantbreathe") or apart ("over dose"), and contractions with a slip ("cnat").

use super::utterance::Seen;
use crate::compiled::index::{Index, NONE};
use crate::language::{Class, Language};
use crate::text::{Break, Shape, Token, Tokens, hash, stem};

/// Words of one utterance that are cut or joined, at most.
const MAX_CHANGES: usize = 4;
/// The shortest and the longest word that is cut, in bytes.
const CUT_BYTES: std::ops::RangeInclusive<usize> = 7..=32;
/// Pieces of one word at most.
const MAX_PIECES: usize = 4;
/// A piece of at least so many letters, which the game knows, vouches for the others; so does a word joined of two.
const MIN_TELLING_LETTERS: usize = 5;
/// The longest contraction in which a slip is looked for.
const SWAPPED_BYTES: std::ops::RangeInclusive<usize> = 4..=6;

/// The words as they were meant, where some were not typed so.
pub(super) fn respaced(
    language: &'static Language,
    index: &Index<'_>,
    tokens: &Tokens,
    seen: &[Seen],
) -> Option<Tokens> {
    let mut changes: Vec<(usize, usize, Vec<String>)> = Vec::new();
    let all = tokens.as_slice();
    let mut at = 0;
    while at < all.len() && changes.len() < MAX_CHANGES {
        let text = tokens.text(at);
        let unknown = |at: usize| seen[at].key == NONE && !seen[at].has_readings();
        let plain = |token: &Token| token.shape == Shape::Word && token.class == Class::CONTENT;
        if plain(&all[at]) && unknown(at) && text.is_ascii() {
            let cut = if CUT_BYTES.contains(&text.len()) { cut(language, index, text, MAX_PIECES) } else { None };
            let meant = cut.filter(|pieces| vouched(language, index, pieces)).or_else(|| swapped(language, text));
            if let Some(words) = meant {
                changes.push((at, 1, words));
                at += 1;
                continue;
            }
        }
        if let Some(next) = all.get(at + 1).filter(|next| next.before == Break::None && next.shape == Shape::Word)
            && all[at].shape == Shape::Word
            && (plain(&all[at]) || plain(next))
            && (seen[at].word == NONE || seen[at + 1].word == NONE)
        {
            let key = hash::append(all[at].hash, next.hash, tokens.text(at + 1).len());
            if text.len() + tokens.text(at + 1).len() > MIN_TELLING_LETTERS && index.find_word(key).is_some() {
                changes.push((at, 2, vec![format!("{text}{}", tokens.text(at + 1))]));
                at += 2;
                continue;
            }
        }
        at += 1;
    }
    (!changes.is_empty()).then(|| tokens.respelt(&changes))
}

/// The fewest known words that a text consists of, two at least.
fn cut(language: &Language, index: &Index<'_>, text: &str, most: usize) -> Option<Vec<String>> {
    let mut key = hash::EMPTY;
    let mut places = [0; 32];
    let mut count = 0;
    for (at, byte) in text.bytes().enumerate().take(text.len() - 1) {
        key = hash::push(key, byte);
        if count < places.len() && (index.find_word(key).is_some() || language.class(key).is_listed()) {
            places[count] = at + 1;
            count += 1;
        }
    }
    places[..count].iter().rev().find_map(|at| {
        let (head, tail) = text.split_at(*at);
        let rest = if is_known(language, index, tail) {
            vec![tail.to_owned()]
        } else if most > 2 && tail.len() > 1 {
            cut(language, index, tail, most - 1)?
        } else {
            return None;
        };
        Some(std::iter::once(head.to_owned()).chain(rest).collect())
    })
}

fn is_known(language: &Language, index: &Index<'_>, word: &str) -> bool {
    let key = hash::of(word.as_bytes());
    index.find_word(key).is_some()
        || language.class(key).is_listed()
        || word.len() >= MIN_TELLING_LETTERS && index.find_stem(stem(language, word).hash()).is_some()
}

/// Whether pieces are not only found within another word: "carpet" is no car and no pet.
fn vouched(language: &Language, index: &Index<'_>, pieces: &[String]) -> bool {
    let known = |piece: &String| index.find_word(hash::of(piece.as_bytes())).is_some();
    let telling =
        |piece: &String| piece.len() >= MIN_TELLING_LETTERS && !language.class(hash::of(piece.as_bytes())).is_listed();
    let light = |piece: &String| language.class(hash::of(piece.as_bytes())).is_listed();
    // A preposition before a word makes another word of it: "incorrect", "overcharge".
    if let [head, tail] = pieces
        && language.class(hash::of(head.as_bytes())).is(Class::LEADS)
        && telling(tail)
    {
        return false;
    }
    let sound =
        |piece: &String| telling(piece) || light(piece) || known(piece) && piece.len() + 1 >= MIN_TELLING_LETTERS;
    pieces.iter().any(telling) && pieces.iter().all(sound)
        || pieces.iter().all(|piece| known(piece) && (light(piece) || sound(piece)))
}

/// The contraction of which two neighbours changed places.
fn swapped(language: &Language, text: &str) -> Option<Vec<String>> {
    if !SWAPPED_BYTES.contains(&text.len()) {
        return None;
    }
    (1..text.len()).find_map(|at| {
        let mut letters = text.as_bytes().to_vec();
        letters.swap(at - 1, at);
        let contracts = language.class(hash::of(&letters)).is(Class::CONTRACTION);
        contracts.then(|| vec![String::from_utf8_lossy(&letters).into_owned()])
    })
}
