//! The side of now that the verbs around a time speak of. The words are in the languages.

use super::chart::Scene;
use super::grammar::Sym;
use super::tokens::Gap;
use crate::entities::Direction;

/// How many words to either side of a time are looked at.
const REACH: usize = 10;

/// Words that tell the tense of a clause and what else a word of time may be, folded, sorted.
pub(super) struct Tense {
    /// Past forms: "was", "said", "fell".
    pub(super) past: &'static [&'static str],
    /// What makes a verb one of the past: "-ed", "-aron"; words shorter by four letters than these do not count.
    pub(super) past_endings: &'static [&'static str],
    /// "will", "going", "next": what is ahead.
    pub(super) future: &'static [&'static str],
    /// Words after which a past form is none: "is scheduled", "to be held"; and polite ones: "I wanted to".
    pub(super) not_past: &'static [&'static str],
    /// Words before a decade that make it an age: "in his 60s".
    pub(super) ages: &'static [&'static str],
    /// Phrases with a word of time in them that name no time, folded: "now and then".
    pub(super) idioms: &'static [&'static str],
    /// Words that compare with all of a time: "the worst in ten years".
    pub(super) superlatives: &'static [&'static str],
    /// How superlatives end: "-est".
    pub(super) superlative_endings: &'static [&'static str],
    /// Words with such an ending that are none: "request".
    pub(super) not_superlatives: &'static [&'static str],
}

/// The side that the nearest verb of the same clause says, if any does.
pub(super) fn direction(scene: &Scene, at: usize, end: usize) -> Option<Direction> {
    let mut before = (at.saturating_sub(REACH)..at).rev();
    let mut after = end..(end + REACH).min(scene.tokens.len());
    let (mut left, mut right) = (true, true);
    for _ in 0..REACH {
        if left {
            match before.next() {
                Some(k) if !ends_sentence(scene, k) => {
                    if let Some(side) = cue(scene, k) {
                        return Some(side);
                    }
                    left = scene.tokens[k].gap != Gap::Line;
                }
                _ => left = false,
            }
        }
        if right {
            match after.next() {
                Some(k) if scene.tokens[k].gap != Gap::Line && !ends_sentence(scene, k) => {
                    if let Some(side) = cue(scene, k) {
                        return Some(side);
                    }
                }
                _ => right = false,
            }
        }
    }
    None
}

/// A mark that closes a sentence; the point of an abbreviation has no blank and capital behind it.
fn ends_sentence(scene: &Scene, k: usize) -> bool {
    match scene.word(k) {
        "!" | "?" | ";" => true,
        "." => scene.word(k + 1).starts_with(char::is_uppercase) && !scene.is(k - k.min(1), Sym::Month),
        _ => false,
    }
}

/// How many words before a length of time may stand between it and a superlative: "the lowest rate of them all in".
const SUPERLATIVE_REACH: usize = 6;

/// Whether a superlative stands before token `at` in the same clause: "the coldest winter in 50 years" goes back, not ahead.
pub(super) fn follows_superlative(scene: &Scene, at: usize) -> bool {
    let tense = &scene.grammar.tense;
    let near = (at.saturating_sub(SUPERLATIVE_REACH)..at).rev();
    near.take_while(|&k| !ends_sentence(scene, k) && !scene.is(k, Sym::Comma)).any(|k| {
        // "for the first time in ten years"
        if scene.is(k, Sym::Time) && k > 0 && scene.is(k - 1, Sym::Ordinal) {
            return true;
        }
        let word = scene.word(k).to_lowercase();
        let ending = |end: &&&str| word.len() >= end.len() + 3 && word.ends_with(**end);
        tense.superlatives.binary_search(&word.as_str()).is_ok()
            || tense.superlative_endings.iter().any(|e| ending(&e))
                && tense.not_superlatives.binary_search(&word.as_str()).is_err()
    })
}

/// Whether a word in lower case is a verb of the past by its form: "paid", "charged".
pub(super) fn is_past(tense: &Tense, word: &str) -> bool {
    let ending = |end: &&&str| word.len() >= end.len() + 3 && word.ends_with(**end);
    let is_in = |list: &[&str]| list.binary_search(&word).is_ok();
    (is_in(tense.past) || tense.past_endings.iter().any(|end| ending(&end)))
        && !is_in(tense.future)
        && !is_in(tense.not_past)
}

fn cue(scene: &Scene, k: usize) -> Option<Direction> {
    let said = scene.word(k);
    if !said.starts_with(char::is_alphabetic) {
        return None;
    }
    // "2 Fell View": a name, which is no verb.
    let mut letters = said.chars().map(char::is_uppercase);
    if k > 0 && !ends_sentence(scene, k - 1) && letters.next() == Some(true) && letters.next() == Some(false) {
        return None;
    }
    let word = said.to_lowercase();
    let tense = &scene.grammar.tense;
    let is_in = |list: &[&str], word: &str| list.binary_search(&word).is_ok();
    if is_in(tense.future, &word) {
        return Some(Direction::Future);
    }
    let ending = |end: &&&str| word.len() >= end.len() + 3 && word.ends_with(**end);
    let is_past =
        is_in(tense.past, &word) || !scene.is(k, Sym::Weekday) && tense.past_endings.iter().any(|e| ending(&e));
    let held = k > 0 && is_in(tense.not_past, &scene.word(k - 1).to_lowercase());
    (is_past && !held && !is_in(tense.not_past, &word)).then_some(Direction::Past)
}
