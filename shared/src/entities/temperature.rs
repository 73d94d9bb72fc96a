//! Temperatures: `98.6 degrees fahrenheit`, `-5 °C`, `300 kelvin`, `85°`.

use super::lexicon::longest;
use super::number::{Candidate, NumberPhrase};
use super::quantity::{Quantity, after_number, without_suffix};
use super::token::Shape;
use super::utterance::Utterance;

/// The scales by their numbers, named as the results name them.
pub(super) const SCALES: [&str; 5] = ["Degree", "C", "F", "K", "R"];

/// The temperatures of a text.
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Quantity> {
    candidates
        .iter()
        .filter(|candidate| !candidate.attached_before)
        .filter_map(|candidate| read(u, &candidate.phrase))
        .collect()
}

fn read(u: &Utterance<'_>, phrase: &NumberPhrase) -> Option<Quantity> {
    let shorter = without_suffix(u, phrase);
    let with_unit = |phrase: &NumberPhrase| {
        let (unit, end) = longest(u, after_number(u, phrase), u.grammar.temperatures)?;
        let at = phrase.end;
        let is_letter = end == at + 1 && u.tokens.word(at).len() == 1;
        (!is_letter || letter_is_a_scale(u, phrase)).then_some((unit, end, phrase.amount))
    };
    let (unit, end, amount) = with_unit(phrase).or_else(|| shorter.as_ref().and_then(with_unit))?;
    Some(Quantity { start: phrase.start, end, amount, unit })
}

/// Whether a letter behind a number is a scale: `72F` is, `the 13F filing`, `a Boeing 777F`, `5 F-150s` are not.
fn letter_is_a_scale(u: &Utterance<'_>, phrase: &NumberPhrase) -> bool {
    let at = phrase.end;
    if u.tokens.raw(at) == "k" || u.tokens.raw(at) == "r" || u.is_hyphen(at + 1) && u.tokens.glued(at + 1) {
        return false;
    }
    let next = u.tokens.word(at + 1);
    if !next.is_empty() && !u.grammar.function_words.contains(&next) {
        return false;
    }
    let Some(before) = phrase.start.checked_sub(1) else { return true };
    let is_name = before > 0
        && u.tokens.get(before).is_some_and(|token| token.shape == Shape::Word)
        && u.tokens.raw(before).starts_with(char::is_uppercase);
    !is_name && !u.grammar.articles.contains(&u.tokens.word(before))
}
