//! Holidays: when they fall, and how a name of several words is read. The names are in the languages.

use jiff::civil::Date;

use super::calendar;
use super::chart::{Found, Scene};
use super::grammar::Sym;
use super::tokens::{Gap, fold};
use super::values::Node;

const MONDAY: i64 = 1;
const FRIDAY: i64 = 5;
const SATURDAY: i64 = 6;
const SUNDAY: i64 = 7;

/// When a holiday falls.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Month and day.
    Fixed(i8, i8),
    /// Month, which (−1: last), weekday (Monday 1), days after it.
    Nth(i8, i8, i8, i8),
    /// The last weekday (Monday 1) at or before a month's day.
    Until(i8, i8, i8),
    /// Month and day, or the day before where that is a Sunday.
    NotSunday(i8, i8),
    /// Month and day, or the working day nearest to it.
    Workday(i8, i8),
    /// Days after Easter Sunday.
    Easter(i8),
    /// Days after the Easter Sunday of the Orthodox churches.
    Orthodox(i8),
    /// Month and day of the tabular Islamic calendar; the first such day of the year.
    Islamic(u8, u8),
    /// The last of a weekday in a month of the tabular Islamic calendar.
    IslamicLast(u8, i8),
    /// Month (from Nisan) and day of the Hebrew calendar.
    Hebrew(u8, u8),
    /// The same, but put off where it is a Sabbath.
    Fast(u8, u8),
    /// The same, but moved so that neither it nor its eve touches a Sabbath.
    Memorial(u8, u8),
    /// So many days after the fifth of Iyar, which is moved so that neither it nor the day before touches a Sabbath.
    Independence(i8),
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
            Rule::Until(month, day, weekday) => {
                calendar::weekday_until(calendar::date(year, month, day)?, i64::from(weekday))
            }
            Rule::Workday(month, day) => {
                let day = calendar::date(year, month, day)?;
                match calendar::weekday(day) {
                    SATURDAY => calendar::add_days(day, -1),
                    SUNDAY => calendar::add_days(day, 1),
                    _ => Some(day),
                }
            }
            Rule::NotSunday(month, day) => {
                let day = calendar::date(year, month, day)?;
                if calendar::weekday(day) == SUNDAY { calendar::add_days(day, -1) } else { Some(day) }
            }
            Rule::Orthodox(after) => calendar::add_days(calendar::orthodox_easter(year)?, i64::from(after)),
            Rule::Islamic(month, day) => calendar::islamic(year, month, day),
            Rule::IslamicLast(month, weekday) => calendar::islamic_weekday(year, month, i64::from(weekday)),
            Rule::Hebrew(month, day) => calendar::hebrew(year, month, day),
            Rule::Fast(month, day) => {
                let day = calendar::hebrew(year, month, day)?;
                if calendar::weekday(day) == SATURDAY { calendar::add_days(day, 1) } else { Some(day) }
            }
            Rule::Memorial(month, day) => {
                let day = calendar::hebrew(year, month, day)?;
                let moved = match calendar::weekday(day) {
                    FRIDAY => -1,
                    SUNDAY => 1,
                    _ => 0,
                };
                calendar::add_days(day, moved)
            }
            Rule::Independence(after) => {
                let day = calendar::hebrew(year, 2, 5)?;
                let moved = match calendar::weekday(day) {
                    FRIDAY => -1,
                    SATURDAY => -2,
                    MONDAY => 1,
                    _ => 0,
                };
                calendar::add_days(day, moved + i64::from(after))
            }
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

/// Where `words` end when they stand at token `at`; "mothers", "mother's", "mothers'" all are "mother", and a weekday may
/// be shortened as it is elsewhere.
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
        let rest = behind(said, word);
        let is_word = matches!(rest, Some("" | "s" | "S"));
        if !(is_word || scene.is(at, Sym::Weekday) && same_weekday(scene, at, word)) {
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

/// What follows `word` (folded) in `said`.
fn behind<'t>(said: &'t str, word: &str) -> Option<&'t str> {
    let mut rest = said.chars();
    word.chars().all(|c| rest.next().is_some_and(|own| fold(own).eq_ignore_ascii_case(&c))).then_some(rest.as_str())
}

fn same_weekday(scene: &Scene, at: usize, word: &str) -> bool {
    let (mask, entry) = scene.grammar.look_up(word.as_bytes());
    let known = mask & Sym::Weekday.bit() != 0;
    known && scene.grammar.value(entry, Sym::Weekday) == scene.value(at, Sym::Weekday)
}
