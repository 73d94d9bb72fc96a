//! Which words speak for a move, and whether the clause asserts them.
//!
//! The head is linear, so that each word's share in a move's logit is exact. Near vectors tell nothing of negation; the
//! polarity of the words that decide does.

use super::index::MeaningIndex;
use super::model::LENGTH;
use super::{Clause, Heard, Near};
use crate::text::{Break, Class, Polarity, polarity};

/// The part of the logit that the evidence carries, in tenths.
const CARRIED: i64 = 5;
/// A word that carries this part of what the strongest does decides with it, in tenths.
const DECIDES: i64 = 5;

/// A word that carries this part of what the strongest does says something of its own, in tenths.
const OTHERWISE: i64 = 1;

/// What each word of the clause adds to a move's logit.
pub(super) fn shares(index: &MeaningIndex<'_>, heard: &Heard<'_>, of: usize, clause: &Clause<'_>) -> Vec<i64> {
    let mut shares = vec![0i64; clause.end.saturating_sub(clause.first)];
    let mut add = |at: u32, share: i64| {
        if let Some(known) = (at as usize).checked_sub(clause.first).and_then(|at| shares.get_mut(at)) {
            *known += share;
        }
    };
    for &(key, telling, at) in &heard.words {
        if let Some(posting) = index.postings(key).of(of) {
            let weight = if heard.dense.is_some() { posting.beside } else { posting.alone };
            add(at, i64::from(weight) * i64::from(telling) * 64 / heard.length);
        }
    }
    if let Some(dense) = &heard.dense {
        let head = index.head(of);
        for (row, at) in &dense.rows {
            let product = dense.model.product(*row, head);
            add(*at, (product * LENGTH / dense.length * index.scale(of)) >> 12);
        }
    }
    shares
}

/// The words around the strongest that together carry half of the logit, as positions in the utterance.
pub(super) fn strongest(shares: &[i64], clause: &Clause<'_>) -> (usize, usize) {
    let Some((at, _)) = shares.iter().enumerate().max_by_key(|(at, share)| (**share, std::cmp::Reverse(*at))) else {
        return (clause.first, clause.first);
    };
    let whole: i64 = shares.iter().map(|share| (*share).max(0)).sum();
    let (mut first, mut end, mut carried) = (at, at + 1, shares[at]);
    let parted = |at: usize| clause.tokens.as_slice().get(clause.first + at).is_none_or(|t| t.before != Break::None);
    while carried * 10 < whole * CARRIED {
        let left = (first > 0 && !parted(first)).then(|| shares[first - 1]);
        let right = (end < shares.len() && !parted(end)).then(|| shares[end]);
        match (left, right) {
            (Some(left), right) if right.is_none_or(|right| left >= right) => {
                first -= 1;
                carried += left.max(0);
            }
            (_, Some(right)) => {
                end += 1;
                carried += right.max(0);
            }
            _ => break,
        }
    }
    (clause.first + first, clause.first + end)
}

/// How many words that mean something speak for a move; "not" says nothing of what it is about.
pub(super) fn telling_words(shares: &[i64], clause: &Clause<'_>) -> usize {
    let little = Class::FUNCTION.and(Class::FILLER).and(Class::LIGHT).and(Class::PHATIC).and(Class::NEGATOR);
    let tokens = clause.tokens.as_slice().get(clause.first..).unwrap_or(&[]);
    tokens.iter().zip(shares).filter(|(token, share)| !token.class.is(little) && **share > 0).count()
}

/// How the clause means what speaks for a move, whose nearest phrases are `near`.
pub(super) fn polarity_of(shares: &[i64], evidence: (usize, usize), clause: &Clause<'_>, near: &Near<'_>) -> Polarity {
    let is_negator = |at: usize| clause.tokens.as_slice().get(at).is_some_and(|token| token.class.is(Class::NEGATOR));
    if near.denies() {
        let (from, until) = part_around(evidence, clause);
        if (from..until).any(is_negator) {
            return Polarity::Asserted;
        }
        if near.only_denies() && !says_otherwise(shares, clause, near) {
            return Polarity::Denied;
        }
    }
    let says_little = |at: usize| says_little(clause, at);
    let share = |at: usize| shares.get(at - clause.first).copied().unwrap_or(0);
    let content = || (clause.first..clause.end).filter(|&at| !is_negator(at) && !says_little(at));
    // Where only grammar speaks for a move, grammar decides.
    let only_grammar = content().all(|at| share(at) <= 0);
    let telling = || (clause.first..clause.end).filter(|&at| !is_negator(at) && (only_grammar || !says_little(at)));
    let strongest = telling().map(share).max().unwrap_or(0);
    let decisive = telling().filter(|&at| share(at) > 0 && share(at) * 10 >= strongest * DECIDES);
    // "My tablets have not run out": what is said of the strongest decides as well, however little it tells.
    let of = telling().find(|&at| share(at) == strongest).unwrap_or(clause.first);
    let (_, until) = part_around((of, of + 1), clause);
    let said_of_it = (of + 1..until.min(clause.end)).filter(|&at| !is_negator(at) && share(at) * 10 >= strongest);
    decisive
        .chain(said_of_it)
        .map(|at| polarity(clause.tokens, at, at + 1, clause.year))
        .max()
        .unwrap_or(Polarity::Asserted)
}

fn says_little(clause: &Clause<'_>, at: usize) -> bool {
    let little = Class::FUNCTION.and(Class::FILLER).and(Class::LIGHT);
    clause.tokens.as_slice().get(at).is_some_and(|token| token.class.is(little))
}

/// Whether something speaks for a move besides the words of its phrase that denies: "my card was declined" says what "my
/// card does not work" says, "my card works" does not.
fn says_otherwise(shares: &[i64], clause: &Clause<'_>, near: &Near<'_>) -> bool {
    let strongest = shares.iter().copied().max().unwrap_or(0);
    let denied = |at: usize| {
        let mut here = clause.places.iter().filter(|place| place.1 as usize == at);
        here.any(|place| near.denied.contains(&place.0.to_le_bytes()))
    };
    shares
        .iter()
        .zip(clause.first..)
        .any(|(&share, at)| share > 0 && share * 10 >= strongest * OTHERWISE && !says_little(clause, at) && !denied(at))
}

/// The part of the sentence, between its marks, in which the evidence stands.
fn part_around(evidence: (usize, usize), clause: &Clause<'_>) -> (usize, usize) {
    let tokens = clause.tokens.as_slice();
    let parted = |at: usize| tokens.get(at).is_none_or(|token| token.before != Break::None);
    let from = (0..=evidence.0).rev().find(|&at| at == 0 || parted(at)).unwrap_or(0);
    let until = (evidence.1..tokens.len()).find(|&at| parted(at)).unwrap_or(tokens.len());
    (from, until)
}
