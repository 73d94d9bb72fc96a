//! Holidays: when they fall, and how a name of several words is read. The names are in the languages.

use jiff::civil::Date;

use super::calendar;
use super::chart::{Found, Scene};
use super::grammar::Sym;
use super::tokens::Gap;
use super::values::Node;

/// When a holiday falls.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Month and day.
    Fixed(i8, i8),
    /// Month, which (−1: last), weekday (Monday 1), days after it.
    Nth(i8, i8, i8, i8),
    /// Days after Easter Sunday.
    Easter(i8),
    /// Month and day of the tabular Islamic calendar; the first such day of the year.
    Islamic(u8, u8),
}

/// A holiday's name: words without possessive endings, between single blanks, and when it falls.
pub(super) struct Name {
    pub(super) words: &'static str,
    pub(super) rule: Rule,
}

/// A line of a holiday table.
pub(super) const fn name(words: &'static str, rule: Rule) -> Name {
    Name { words, rule }
}

impl Rule {
    /// The day in `year`.
    pub(super) fn on(self, year: i16) -> Option<Date> {
        match self {
            Rule::Fixed(month, day) => calendar::date(year, month, day),
            Rule::Nth(month, n, weekday, after) => {
                calendar::add_days(calendar::nth_weekday(year, month, n, i64::from(weekday))?, i64::from(after))
            }
            Rule::Easter(after) => calendar::add_days(calendar::easter(year)?, i64::from(after)),
            Rule::Islamic(month, day) => calendar::islamic(year, month, day),
        }
    }
}

/// Reads the longest holiday's name at token `at`; the node's value is its position in the table.
pub(super) fn read(scene: &Scene, at: usize) -> Option<Found> {
    let mut best: Option<(usize, usize)> = None;
    let initial = scene.word(at).bytes().next()?.to_ascii_lowercase();
    for index in scene.grammar.holidays_at(initial) {
        if let Some(end) = phrase(scene, at, scene.grammar.holidays[index].words)
            && best.is_none_or(|(longest, _)| end > longest)
        {
            best = Some((end, index));
        }
    }
    best.map(|(end, index)| Found { end: end as u32, node: Node::Word(Sym::HolidayStart, index as i16) })
}

/// Where `words` end when they stand at token `at`; "mothers", "mother's", "mothers'" all are "mother".
fn phrase(scene: &Scene, mut at: usize, words: &str) -> Option<usize> {
    let mut words = words.split(' ').peekable();
    let mut is_first = true;
    while let Some(word) = words.next() {
        if !is_first {
            while scene.is(at, Sym::Dash) || scene.is(at, Sym::Dot) {
                at += 1;
            }
            if scene.tokens.get(at)?.gap == Gap::Line {
                return None;
            }
        }
        is_first = false;
        let said = scene.word(at);
        let plain = said.eq_ignore_ascii_case(word);
        let bytes = said.as_bytes();
        let plural = bytes.len() == word.len() + 1
            && bytes[word.len()].eq_ignore_ascii_case(&b's')
            && bytes[..word.len()].eq_ignore_ascii_case(word.as_bytes());
        if !plain && !plural {
            return None;
        }
        at += 1;
        if scene.is(at, Sym::Quote) && scene.glued(at) {
            if scene.is(at + 1, Sym::S) && scene.glued(at + 1) {
                at += 2;
            } else if words.peek().is_some() {
                at += 1;
            }
        }
    }
    Some(at)
}
