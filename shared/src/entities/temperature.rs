//! Temperatures: `98.6 degrees fahrenheit`, `-5 °C`, `300 kelvin`, `85°`.

use super::number::{Candidate, NumberPhrase};
use super::quantity::{Quantity, sharing_unit, unit_behind, without_suffix};
use super::token::Shape;
use super::utterance::Utterance;

/// The scales by their numbers, named as the results name them.
pub(super) const SCALES: [&str; 5] = ["Degree", "C", "F", "K", "R"];

/// How many words before degrees can make them an angle.
const REACH: usize = 3;

/// The temperatures of a text.
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = candidates
        .iter()
        .filter(|candidate| !candidate.attached_before)
        .filter_map(|candidate| {
            read(u, &candidate.phrase)
                .map(|quantity| below_zero(u, quantity))
                .or_else(|| named_below_zero(u, candidate))
        })
        .collect();
    let spans: Vec<(usize, usize)> = found.iter().map(|quantity| (quantity.start, quantity.end)).collect();
    for (phrase, partner) in sharing_unit(u, candidates, &spans) {
        let unit = found[partner].unit;
        found.push(Quantity { start: phrase.start, end: phrase.end, amount: phrase.amount, unit });
    }
    crate::order::sort_by_key(&mut found, |quantity| quantity.start);
    found
}

/// `2 degrees below zero`.
fn below_zero(u: &Utterance<'_>, quantity: Quantity) -> Quantity {
    match u.grammar.below_zero.end_at(u, quantity.end) {
        Some(end) if !quantity.amount.is_negative() => Quantity { end, amount: quantity.amount.negated(), ..quantity },
        _ => quantity,
    }
}

/// `10 below zero`: nothing else is counted so.
fn named_below_zero(u: &Utterance<'_>, candidate: &Candidate) -> Option<Quantity> {
    let NumberPhrase { start, end, amount, .. } = candidate.phrase;
    let free = !candidate.attached_after && !amount.is_negative();
    let behind = u.grammar.below_zero.end_at(u, end).filter(|_| free)?;
    Some(Quantity { start, end: behind, amount: amount.negated(), unit: 0 })
}

fn read(u: &Utterance<'_>, phrase: &NumberPhrase) -> Option<Quantity> {
    let shorter = without_suffix(u, phrase);
    let with_unit = |phrase: &NumberPhrase| {
        let (unit, at, end) = unit_behind(u, phrase, |at| u.grammar.temperatures.longest(u, at))?;
        let is_letter = end == at + 1 && u.tokens.word(at).len() == 1;
        let is_scale = if is_letter { letter_is_a_scale(u, phrase) } else { !is_angle(u, phrase, unit, end) };
        is_scale.then_some((unit, end, phrase.amount))
    };
    let (unit, end, amount) = with_unit(phrase).or_else(|| shorter.as_ref().and_then(with_unit))?;
    Some(Quantity { start: phrase.start, end, amount, unit })
}

/// `turn left 45 degrees`, `a 45 degree angle`.
fn is_angle(u: &Utterance<'_>, phrase: &NumberPhrase, unit: u16, end: usize) -> bool {
    let is_angle_word = |i: usize| u.grammar.angle_words.has(u.tokens.word(i));
    let near = phrase.start.saturating_sub(REACH)..phrase.start;
    SCALES[usize::from(unit)] == "Degree" && (is_angle_word(end) || near.into_iter().any(is_angle_word))
}

/// Whether a letter behind a number is a scale: `72F` is, `the 13F filing`, `a Boeing 777F`, `5 F-150s` are not.
fn letter_is_a_scale(u: &Utterance<'_>, phrase: &NumberPhrase) -> bool {
    let at = phrase.end;
    // `11c to 17c a share` are cents.
    let of_money = |i: usize| matches!(u.tokens.symbol(i), Some('$' | '€' | '£' | '¢'));
    if u.tokens.raw(at) == "c" && (0..u.tokens.len()).any(of_money) {
        return false;
    }
    if u.tokens.raw(at) == "k" || u.tokens.raw(at) == "r" || u.is_hyphen(at + 1) && u.tokens.glued(at + 1) {
        return false;
    }
    let next = u.tokens.word(at + 1);
    if !next.is_empty() && !u.grammar.function_words.has(next) {
        return false;
    }
    // `seat 12C`, `my seat is 12C`
    let near = phrase.start.saturating_sub(REACH)..phrase.start;
    if near.into_iter().any(|i| u.grammar.labels.has(u.tokens.word(i))) {
        return false;
    }
    let Some(before) = phrase.start.checked_sub(1) else { return true };
    let is_name = before > 0
        && u.tokens.get(before).is_some_and(|token| token.shape == Shape::Word)
        && u.tokens.raw(before).starts_with(char::is_uppercase);
    !is_name && !u.grammar.articles.has(u.tokens.word(before))
}
