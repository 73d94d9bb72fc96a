//! Measures: lengths, areas, volumes, weights, speeds, amounts of information, angles. The units are data, in
//! [`super::units`].

use super::amount::Amount;
use super::number::{Candidate, NumberPhrase};
use super::quantity::{Quantity, unit_behind, without_suffix};
use super::token::Shape;
use super::units::{SPELLINGS, UNITS};
use super::utterance::Utterance;

/// The measures of a text.
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    for candidate in candidates.iter().filter(|candidate| !candidate.attached_before) {
        if let Some(height) = feet_and_inches_in_marks(u, &candidate.phrase) {
            found.push(height);
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
pub(super) fn in_units_of(amount: Amount, from: u8, to: u8) -> Amount {
    let factor = |unit: u8| {
        let (numerator, denominator) = UNITS[usize::from(unit)].factor;
        Amount::ratio(i128::from(numerator), i128::from(denominator)).unwrap_or(Amount::ZERO)
    };
    factor(from).over(factor(to)).map_or(amount, |ratio| amount.times(ratio))
}

fn read(u: &Utterance<'_>, phrase: &NumberPhrase) -> Option<Quantity> {
    let with_unit = |phrase: &NumberPhrase| {
        let (unit, at, end) = unit_behind(u, phrase, u.grammar.units)?;
        is_unit_here(u, phrase, at, end).then_some((unit, end, phrase.amount))
    };
    let shorter = without_suffix(u, phrase);
    let (unit, end, amount) = with_unit(phrase).or_else(|| shorter.as_ref().and_then(with_unit))?;
    let unit = bits(u.tokens.raw(end - 1)).unwrap_or(unit);
    Some(Quantity { start: phrase.start, end, amount, unit })
}

/// `Mb` are bits, where `MB` and `mb` are bytes.
fn bits(raw: &str) -> Option<u8> {
    let long = match raw {
        "Kb" => "kilobit",
        "Mb" => "megabit",
        "Gb" => "gigabit",
        "Tb" => "terabit",
        _ => return None,
    };
    super::lexicon::exact(long, SPELLINGS)
}

/// `five feet [and] two inches`: a smaller unit of the same dimension, less than one of the larger. Units whose ratio is a
/// power of ten (`12 m 2 dm`) are not added up: who counts in those says decimals.
fn continues(u: &Utterance<'_>, last: &Quantity, next: &Quantity) -> bool {
    let joined = usize::from(u.numeral(last.end) == Some(super::grammar::Numeral::And));
    let (large, small) = (&UNITS[usize::from(last.unit)], &UNITS[usize::from(next.unit)]);
    last.end + joined == next.start
        && large.dimension == small.dimension
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
    let foot = super::lexicon::exact("foot", SPELLINGS)?;
    if !is_foot || !is_inch || !glued {
        return None;
    }
    let amount = phrase.amount.plus(Amount::ratio(i128::from(inches), 12)?);
    Some(Quantity { start: phrase.start, end: at + 3, amount, unit: foot })
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
            // The plural of the weight is `stone`.
            "stones" | "Stones" => return false,
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
            "degree" | "degrees" | "deg" => return !u.grammar.scale_names.has(next_word),
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
