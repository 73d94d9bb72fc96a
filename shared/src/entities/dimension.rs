//! Measures: lengths, areas, volumes, weights, speeds, amounts of information, angles. The units are data, in
//! [`super::units`].

use super::amount::Amount;
use super::number::{Candidate, NumberPhrase};
use super::quantity::{Quantity, unit_behind, without_suffix};
use super::table::ends_a_word;
use super::token::Shape;
use super::units::{Dimension, Made, SIGNS, Unit};
use super::utterance::Utterance;

/// The measures of a text.
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    for candidate in candidates.iter().filter(|candidate| !candidate.attached_before) {
        if let Some(height) = feet_and_inches_in_marks(u, &candidate.phrase) {
            found.push(height);
            continue;
        }
        if let Some(length) = and_a_part(u, &candidate.phrase, candidates) {
            found.push(length);
            continue;
        }
        let Some(next) = read(u, &candidate.phrase) else { continue };
        match found.last_mut() {
            Some(last) if next.start < last.end => {}
            Some(last) if continues(u, last, &next) => {
                let factor = in_units_of(next.amount, next.unit, last.unit);
                last.amount = last.amount.plus(factor);
                last.end = next.end;
            }
            _ => found.push(next),
        }
    }
    found
}

/// An amount of one unit in another of the same dimension.
pub(super) fn in_units_of(amount: Amount, from: u16, to: u16) -> Amount {
    Unit(from).factor().over(Unit(to).factor()).map_or(amount, |ratio| amount.times(ratio))
}

/// The longest spelling of a unit with a name of its own at a token: a sign, or what the language calls it.
fn spelt(u: &Utterance<'_>, at: usize, may_end: fn(&Utterance<'_>, usize) -> bool) -> Option<(u16, usize)> {
    let named = u.grammar.units.longest_before(u, at, may_end);
    // "the neighbour at 12 has a key": no hectares.
    let word = u.tokens.word(at);
    let grammar = || u.grammar.function_words.has(word) && u.grammar.prepositions_as_units.word(word).is_none();
    let sign = SIGNS.longest_before(u, at, may_end).filter(|(_, end)| *end > at + 1 || !grammar());
    if sign.map(|(_, end)| end) > named.map(|(_, end)| end) { sign } else { named }
}

/// The unit at a token, and the token after it: one with a name of its own, or one made of a length (`square feet`, `m²`,
/// `km/h`, `miles per hour`).
pub(super) fn unit(u: &Utterance<'_>, at: usize) -> Option<(u16, usize)> {
    if let Some(made) = power(u.tokens.word(at), u) {
        let abbreviated = u.tokens.is_symbol(at + 1, '.') && u.tokens.glued(at + 1);
        let hyphen = usize::from(u.is_joining_hyphen(at + 1));
        if let Some((code, end)) = spelt(u, at + 1 + usize::from(abbreviated) + hyphen, ends_a_word)
            && let Some(unit) = Unit(code).into_made(made)
        {
            return Some((unit.0, end));
        }
    }
    let (code, end) = spelt(u, at, ends_a_word_or_power)?;
    if Unit(code).dimension() == Dimension::Length
        && let Some((made, end)) = power_behind(u, end).or_else(|| per_time(u, end))
        && let Some(unit) = Unit(code).into_made(made)
        && ends_a_word(u, end)
    {
        return Some((unit.0, end));
    }
    ends_a_word(u, end).then_some((code, end))
}

fn ends_a_word_or_power(u: &Utterance<'_>, end: usize) -> bool {
    ends_a_word(u, end) || matches!(u.tokens.digits(end), "2" | "3")
}

/// `square`, `cubic`
fn power(word: &str, u: &Utterance<'_>) -> Option<Made> {
    match u.grammar.powers.get(word)? {
        2 => Some(Made::Square),
        3 => Some(Made::Cubic),
        _ => None,
    }
}

/// `²`, `^2`, `2`, `squared`
fn power_behind(u: &Utterance<'_>, at: usize) -> Option<(Made, usize)> {
    if let Some(made) = u.grammar.powers_behind.get(u.tokens.word(at)) {
        return Some((if made == 2 { Made::Square } else { Made::Cubic }, at + 1));
    }
    if !u.tokens.glued(at) {
        return None;
    }
    match u.tokens.symbol(at) {
        Some('²') => return Some((Made::Square, at + 1)),
        Some('³') => return Some((Made::Cubic, at + 1)),
        _ => {}
    }
    let digit = at + usize::from(u.tokens.is_symbol(at, '^'));
    match u.tokens.digits(digit) {
        "2" if u.tokens.glued(digit) => Some((Made::Square, digit + 1)),
        "3" if u.tokens.glued(digit) => Some((Made::Cubic, digit + 1)),
        _ => None,
    }
}

/// `/h`, `per second`, `an hour`
fn per_time(u: &Utterance<'_>, at: usize) -> Option<(Made, usize)> {
    let slash = u.tokens.is_symbol(at, '/');
    if !slash && !u.grammar.per.has(u.tokens.word(at)) {
        return None;
    }
    let time = u.tokens.word(at + 1);
    let made = match u.grammar.per_times.get(time).filter(|_| slash || time.len() > 1)? {
        1 => Made::PerSecond,
        2 => Made::PerMinute,
        _ => Made::PerHour,
    };
    Some((made, at + 2))
}

fn read(u: &Utterance<'_>, phrase: &NumberPhrase) -> Option<Quantity> {
    let with_unit = |phrase: &NumberPhrase| {
        let (unit, at, end) = unit_behind(u, phrase, |at| unit(u, at))?;
        is_unit_here(u, phrase, at, end).then_some((unit, end, phrase.amount))
    };
    let shorter = without_suffix(u, phrase);
    let (unit, end, amount) = with_unit(phrase).or_else(|| shorter.as_ref().and_then(with_unit))?;
    let unit = bits(u.tokens.raw(end - 1)).unwrap_or(unit);
    Some(Quantity { start: phrase.start, end, amount, unit })
}

/// `Mb` are bits, where `MB` and `mb` are bytes.
fn bits(raw: &str) -> Option<u16> {
    let long = match raw {
        "Kb" => "kilobit",
        "Mb" => "megabit",
        "Gb" => "gigabit",
        "Tb" => "terabit",
        _ => return None,
    };
    SIGNS.get(long)
}

/// `five feet [and] two inches`: a smaller unit of the same dimension, less than one of the larger. Units whose ratio is a
/// power of ten (`12 m 2 dm`) are not added up: who counts in those says decimals.
fn continues(u: &Utterance<'_>, last: &Quantity, next: &Quantity) -> bool {
    let joined = usize::from(u.numeral(last.end) == Some(super::grammar::Numeral::And));
    let (large, small) = (Unit(last.unit), Unit(next.unit));
    last.end + joined == next.start
        && large.dimension() == small.dimension()
        && last.unit != next.unit
        && last.amount.as_integer().is_some()
        && !next.amount.is_negative()
        && !is_power_of_ten(in_units_of(Amount::integer(1), last.unit, next.unit))
        && in_units_of(next.amount, next.unit, last.unit).value() < 1.0
}

fn is_power_of_ten(ratio: Amount) -> bool {
    let mut rest = ratio.as_integer().unwrap_or(0);
    while rest >= 10 && rest % 10 == 0 {
        rest /= 10;
    }
    rest == 1
}

/// `5'10"`.
fn feet_and_inches_in_marks(u: &Utterance<'_>, phrase: &NumberPhrase) -> Option<Quantity> {
    let at = phrase.end;
    let is_foot = matches!(u.tokens.symbol(at), Some('\'' | '’' | '′'));
    let is_inch = matches!(u.tokens.symbol(at + 2), Some('"' | '”' | '″'));
    let glued = (at..at + 3).all(|i| u.tokens.glued(i));
    let inches: u64 = u.tokens.digits(at + 1).parse().ok().filter(|inches| *inches < 12)?;
    let foot = SIGNS.get("ft")?;
    if !is_foot || !is_inch || !glued {
        return None;
    }
    let amount = phrase.amount.plus(Amount::ratio(i128::from(inches), 12)?);
    Some(Quantity { start: phrase.start, end: at + 3, amount, unit: foot })
}

/// `1 m 80`, `1m80`, `five foot eleven`: a number without a unit of its own behind metres or feet counts the parts of one.
fn and_a_part(u: &Utterance<'_>, phrase: &NumberPhrase, candidates: &[Candidate]) -> Option<Quantity> {
    /// Metres of a height at most: `100 m 20` are two numbers.
    const MAX_METRES: i64 = 2;
    // Most numbers are the last, and to look for a unit is dear.
    candidates.last().filter(|last| last.phrase.start > phrase.end)?;
    let (unit, end) = spelt(u, phrase.end, |_, _| true)?;
    let part = candidates.iter().find(|part| part.phrase.start == end).map(|part| part.phrase)?;
    let (whole, count) = (phrase.amount.as_integer()?, part.amount.as_integer()?);
    let of = match Some(unit) {
        foot if foot == SIGNS.get("ft") && (1..12).contains(&count) => 12,
        metre if metre == SIGNS.get("m") && (1..=MAX_METRES).contains(&whole) && u.tokens.digits(end).len() == 2 => 100,
        _ => return None,
    };
    let next = u.tokens.word(part.end);
    let goes_on = u.tokens.glued(part.end) && !next.is_empty() || dimension_follows(u, part.end);
    // "6 feet 3 boards"
    let counts = u.grammar.units_apart.has(u.tokens.word(end - 1)) && !next.is_empty();
    let amount = phrase.amount.plus(Amount::ratio(i128::from(count), of)?);
    (!goes_on && !counts).then_some(Quantity { start: phrase.start, end: part.end, amount, unit })
}

/// Whether a unit stands there.
fn dimension_follows(u: &Utterance<'_>, at: usize) -> bool {
    unit(u, at).is_some()
}

/// Whether a spelling that is also something else is a unit here.
fn is_unit_here(u: &Utterance<'_>, phrase: &NumberPhrase, at: usize, end: usize) -> bool {
    let raw = u.tokens.raw(at);
    let next_word = u.tokens.word(end);
    let hyphenated = u.is_hyphen(end) && u.tokens.glued(end);
    if end == at + 1 {
        match raw {
            // Millions, generations of mobile networks, a mountain, afternoon.
            "M" | "G" | "Mt" | "pm" | "PM" | "Pm" => return false,
            _ if u.grammar.not_units.has(u.tokens.word(at)) => return false,
            _ => {}
        }
        match u.tokens.word(at) {
            word if let Some(following) = u.grammar.prepositions_as_units.word(word) => {
                let attached = u.tokens.glued(at) || at > phrase.end;
                let ends = u
                    .tokens
                    .get(end)
                    .is_none_or(|token| token.shape == Shape::Symbol && !is_opening(u.tokens.raw(end)));
                return ends
                    || following.contains(&next_word)
                    || attached && next_word.is_empty() && u.tokens.digits(end).is_empty();
            }
            word if u.grammar.degrees.has(word) => return !u.grammar.scale_names.has(next_word),
            word if word.len() == 1 && hyphenated => return false,
            _ => {}
        }
    }
    // `24"`, but not a closing quotation mark.
    if let Some(mark @ ('"' | '”' | '″')) = u.tokens.symbol(at) {
        let opened = (0..at).filter(|&i| matches!(u.tokens.symbol(i), Some('"' | '“'))).count();
        let opens = u.tokens.glued(end) && !u.tokens.word(end).is_empty();
        return mark == '″' || opened % 2 == 0 && !opens;
    }
    if u.tokens.is_symbol(end - 1, '°') {
        return !u.grammar.scale_names.has(next_word) && !["c", "f", "k"].contains(&next_word);
    }
    true
}

fn is_opening(symbol: &str) -> bool {
    matches!(symbol, "$" | "€" | "£" | "(" | "\"" | "“" | "'" | "#")
}
