//! Ages: `ten years old`, `8-month-old`, `ninety five years of age`.

use super::number::Candidate;
use super::quantity::{Quantity, unit_behind};
use super::utterance::Utterance;

/// The ages of a text. The unit is a number of [`Grammar::age_units`](super::grammar::Grammar).
pub(super) fn find(u: &Utterance<'_>, candidates: &[Candidate]) -> Vec<Quantity> {
    candidates
        .iter()
        .filter(|candidate| !candidate.attached_before)
        .filter_map(|candidate| {
            let phrase = candidate.phrase;
            let (unit, _, end) = unit_behind(u, &phrase, |at| u.grammar.ages.longest(u, at))?;
            Some(Quantity { start: phrase.start, end, amount: phrase.amount, unit })
        })
        .collect()
}
