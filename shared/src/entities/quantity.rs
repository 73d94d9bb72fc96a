//! What numbers with units have in common: where a unit may stand, and what a number with one is.

use super::amount::Amount;
use super::digits;
use super::grammar::Numeral;
use super::number::{Candidate, Form, NumberPhrase, past_of_a};
use super::token::Shape;
use super::utterance::Utterance;

/// A number with a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantity {
    /// The first token.
    pub(super) start: usize,
    /// One past the last token.
    pub(super) end: usize,
    /// How many.
    pub(super) amount: Amount,
    /// The number of the unit in its table.
    pub(super) unit: u16,
}

/// The token at which a unit for this number would begin: past a hyphen (`3-inch`) an article (`half a mile`) or both (`two thirds of a
/// mile`).
pub(super) fn after_number(u: &Utterance<'_>, phrase: &NumberPhrase) -> usize {
    let at = phrase.end;
    let ends_in_part = matches!(u.numeral(at - 1), Some(Numeral::Part(_)));
    if phrase.form == Form::Fraction
        && let Some(at) = past_of_a(u, at)
    {
        return at;
    }
    let has_word = |i: usize| u.tokens.get(i).is_some_and(|token| token.shape == Shape::Word);
    if u.is_hyphen(at) && has_word(at + 1) || ends_in_part && u.numeral(at) == Some(Numeral::Article) {
        at + 1
    } else {
        at
    }
}

/// The unit behind a number, perhaps in brackets (`20 <kg>`), as `find` finds it at a token: its number, its first token,
/// and the token after it all.
pub(super) fn unit_behind(
    u: &Utterance<'_>,
    phrase: &NumberPhrase,
    find: impl Fn(usize) -> Option<(u16, usize)>,
) -> Option<(u16, usize, usize)> {
    let at = after_number(u, phrase);
    let close = match u.tokens.symbol(at) {
        Some('<') => '>',
        Some('(') => ')',
        Some('[') => ']',
        Some('{') => '}',
        _ => {
            let (unit, end) = find(at)?;
            return Some((unit, at, end));
        }
    };
    let (unit, end) = find(at + 1)?;
    u.tokens.is_symbol(end, close).then_some((unit, at + 1, end + 1))
}

/// The same number without its last word, if that was read as a multiplier (`5 K` as five, then `K`).
pub(super) fn without_suffix(u: &Utterance<'_>, phrase: &NumberPhrase) -> Option<NumberPhrase> {
    let last = phrase.end.checked_sub(1)?;
    if phrase.form != Form::Digits || u.tokens.word(last).is_empty() {
        return None;
    }
    let negative = u.is_hyphen(phrase.start);
    let (amount, end, form) = digits::mantissa(u, phrase.start + usize::from(negative))?;
    let amount = if negative { amount.negated() } else { amount };
    (end == last).then_some(NumberPhrase { end, amount, form, ..*phrase })
}

/// Numbers without a unit that share the one behind them: the `5` of `between 5 and 7 dollars`, of `15-20 usd`. Given what
/// was found, as first token and end; gives each such number with the position of its partner.
pub(super) fn sharing_unit(
    u: &Utterance<'_>,
    candidates: &[Candidate],
    found: &[(usize, usize)],
) -> Vec<(NumberPhrase, usize)> {
    let mut out = Vec::new();
    for pair in candidates.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        let Some(partner) = found.iter().position(|(start, _)| *start == second.phrase.start) else { continue };
        let taken = found.iter().any(|(start, end)| (*start..*end).contains(&first.phrase.start));
        let plain = first.phrase.form != Form::Fraction && !first.attached_before && !first.attached_after;
        if !taken && plain && are_range(u, &first.phrase, &second.phrase) {
            out.push((first.phrase, partner));
        }
    }
    out
}

/// Whether two numbers are the ends of a range.
fn are_range(u: &Utterance<'_>, first: &NumberPhrase, second: &NumberPhrase) -> bool {
    if second.start != first.end + 1 || first.amount.value() >= second.amount.value() {
        return false;
    }
    if u.is_hyphen(first.end) {
        return true;
    }
    let opened = first.start.checked_sub(1).is_some_and(|before| u.grammar.range_leads.has(u.tokens.word(before)));
    match u.grammar.range_joints.get(u.tokens.word(first.end)) {
        Some(0) => true,
        Some(_) => opened,
        None => false,
    }
}
