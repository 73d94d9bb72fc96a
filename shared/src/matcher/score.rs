//! Confidence: one number from what a pattern explains. Integers in ten-thousandths, so that every platform agrees.
//!
//! The formulas and the reasons for them are in `docs/matching.md`.

use crate::compiled::index::{Pattern, pattern_flag};

/// The whole: a score of 1, a coverage of everything.
pub(super) const WHOLE: u64 = 10_000;

/// Below this nothing is a match.
pub(super) const LEAST: u64 = 4_000;
/// What is perhaps not about here and now never scores more.
pub(super) const DOUBTFUL: u64 = 4_500;
/// What politeness scores at most beside a match that means something; and what such a match scores at least.
pub(super) const ASIDE: u64 = 4_500;
pub(super) const MEANT: u64 = 5_000;
/// The share of the utterance that politeness must explain to be all that is meant.
pub(super) const HALF: u64 = 5_000;
/// What a `context-sensitive` pattern gains when the conversation makes it plausible.
pub(super) const CONTEXT_GAIN: u64 = 500;
/// What a pattern of nothing but a wildcard scores.
pub(super) const CATCH_ALL: u64 = 2_500;

/// A plain match is at least this.
pub(super) const PLAIN: u64 = 7_500;
/// What meaning hears below this is nothing: it is the lowest level that a move asks for.
pub(super) const HEARD: u64 = 2_000;
/// A guess by likeness scores no more, however near its move is besides: below what leaves an open question.
pub(super) const LIKENESS: u64 = 8_999;
/// Below this a match by likeness is halved where meaning is heard.
pub(super) const SURE: u64 = 7_000;
const STRICT: u64 = 9_200;
/// The weight of one word that means something.
const CONTENT: u64 = 20;

/// The share of what was said that a match explains, in ten-thousandths.
pub(super) fn coverage(explained: u64, unexplained: u64) -> u64 {
    (explained * WHOLE).checked_div(explained + unexplained).unwrap_or(WHOLE)
}

/// A strict match: from 0.92, to 1 when it explains everything.
pub(super) fn strict(coverage: u64) -> u64 {
    STRICT + (WHOLE - STRICT) * (coverage * coverage / WHOLE) / WHOLE
}

/// A plain match: from 0.75. One telling word that explains everything comes to 0.8, two to 0.95, three to 0.977.
pub(super) fn plain(coverage: u64, pattern: &Pattern) -> u64 {
    let content = u64::from(pattern.content_weight).max(CONTENT);
    let specific = 2_000 - 2_000 * CONTENT * CONTENT / (content * content);
    // Grammar around a capture ("I am {name}") says less than any telling word.
    let captures = pattern.flags & pattern_flag::CAPTURES != 0;
    let general = if captures && u64::from(pattern.content_weight) < CONTENT / 2 { 200 } else { 500 };
    PLAIN + general * coverage / WHOLE + specific * (coverage * coverage / WHOLE) / WHOLE
}

/// A plain pattern met in other words: what the plain match would score, times the likeness (in thousandths).
pub(super) fn near(coverage: u64, pattern: &Pattern, likeness: u64) -> u64 {
    plain(coverage, pattern) * likeness / 1_000
}

/// A strict pattern met but for one misspelt word: a guess, far below what strict matches score.
pub(super) fn misspelt_strict(coverage: u64) -> u64 {
    DOUBTFUL + 1_000 * coverage / WHOLE
}

/// A fuzzy match: 0.4 to 0.9 by likeness (in thousandths, at least 500), and the less the less the pattern says: one
/// telling word comes to 0.63, however well it is met, two to 0.83.
pub(super) fn fuzzy(coverage: u64, pattern: &Pattern, captures: u64, likeness: u64) -> u64 {
    let content = u64::from(pattern.content_weight).max(CONTENT) + captures * CONTENT / 4;
    let most = 9_000 - 2_700 * CONTENT * CONTENT / (content * content);
    let score = LEAST + (most - LEAST) * likeness.saturating_sub(500) / 500;
    (score * (9_000 + coverage / 10) / WHOLE).max(LEAST)
}
