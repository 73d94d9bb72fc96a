//! Ages: `ten years old`, `8-month-old`, `ninety five years of age`.

use super::lexicon::longest;
use super::number::Candidate;
use super::quantity::{Quantity, after_number};
use super::utterance::Utterance;

/// The ages of a text. The unit is a number of [`Grammar::age_units`](super::grammar::Grammar).
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Quantity> {
    candidates
        .iter()
        .filter(|candidate| !candidate.attached_before)
        .filter_map(|candidate| {
            let phrase = candidate.phrase;
            let (unit, end) = longest(u, after_number(u, &phrase), u.grammar.ages)?;
            Some(Quantity { start: phrase.start, end, amount: phrase.amount, unit })
        })
        .collect()
}
