//! Which words speak for a move, and whether the clause asserts them.
//!
//! The head is linear, so that each word's share in a move's logit is exact. Near vectors tell nothing of negation; the
//! polarity of the words that decide does.

use super::index::{MeaningIndex, unpacked};
use super::model::LENGTH;
use super::{Clause, Heard, Near};
use crate::compiled::index::Key;
use crate::ir::Priority;
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

/// What a move's own phrases say of a word or term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Own {
    /// None has it.
    Nothing,
    /// One has it.
    Has,
    /// One denies it: a clause that denies it as well says what the phrase says.
    Denies,
}

/// What the phrases of a move say of a word or term.
pub(super) fn own(index: &MeaningIndex<'_>, of: usize, key: Key) -> Own {
    let keys = index.examples(of).flat_map(|example| example.keys).map(|own| unpacked(*own));
    let of_key = keys.filter(|(own, _)| *own == key);
    of_key.map(|(_, is_denied)| if is_denied { Own::Denies } else { Own::Has }).max().unwrap_or(Own::Nothing)
}

/// How the clause means what speaks for a move, whose nearest phrases are `near`. `own` says what the move's phrases say of a word
/// or term.
pub(super) fn polarity_of(
    shares: &[i64],
    evidence: (usize, usize),
    clause: &Clause<'_>,
    near: &Near<'_>,
    own: &dyn Fn(Key) -> Own,
) -> Polarity {
    let urgent = (clause.priority)(near.pattern) == Priority::Urgent;
    if near.denies() {
        let (from, until) = part_around(evidence, clause);
        if (from..until).any(|at| is_negator(clause, at)) {
            return Polarity::Asserted;
        }
        // A question about it says nothing of whether it is so.
        let contradicts =
            urgent || near.mostly_denies && !is_question(clause, from, until) && says_the_denied(clause, near);
        if contradicts && near.only_denies() && !says_otherwise(shares, clause, near) {
            return Polarity::Denied;
        }
    }
    let says_little = |at: usize| says_little(clause, at);
    let share = |at: usize| shares.get(at - clause.first).copied().unwrap_or(0);
    let content = || (clause.first..clause.end).filter(|&at| !is_negator(clause, at) && !says_little(at));
    // Where only grammar speaks for a move, grammar decides.
    let only_grammar = content().all(|at| share(at) <= 0);
    let telling =
        || (clause.first..clause.end).filter(|&at| !is_negator(clause, at) && (only_grammar || !says_little(at)));
    let strongest = telling().map(share).max().unwrap_or(0);
    let decisive = telling().filter(|&at| share(at) > 0 && share(at) * 10 >= strongest * DECIDES);
    // "My tablets have not run out": what is said of the strongest decides as well, however little it tells.
    let of = telling().find(|&at| share(at) == strongest).unwrap_or(clause.first);
    let (_, until) = part_around((of, of + 1), clause);
    let said_of_it =
        (of + 1..until.min(clause.end)).filter(|&at| !is_negator(clause, at) && share(at) * 10 >= strongest);
    let denies = |at: usize| keys_at(clause, at).any(|key| own(key) == Own::Denies);
    let meant = |at: usize| match polarity(clause.tokens, at, at + 1, clause.year) {
        Polarity::Denied if !urgent && (denies(at) || is_no_refusal(clause, at, own)) => Polarity::Asserted,
        meant => meant,
    };
    decisive.chain(said_of_it).map(meant).max().unwrap_or(Polarity::Asserted)
}

fn is_negator(clause: &Clause<'_>, at: usize) -> bool {
    clause.tokens.as_slice().get(at).is_some_and(|token| token.class.is(Class::NEGATOR))
}

fn keys_at(clause: &Clause<'_>, at: usize) -> impl Iterator<Item = Key> {
    clause.places.iter().filter(move |place| place.1 as usize == at).map(|place| place.0)
}

/// Whether what denies a word refuses nothing: somebody is not able to ("I can't find …"), asks whether or why it is not so, does
/// not forget it, or says "without" and "instead" as the move's phrases do.
fn is_no_refusal(clause: &Clause<'_>, at: usize, own: &dyn Fn(Key) -> Own) -> bool {
    let (from, _) = part_around((at, at + 1), clause);
    let is = |at: usize, class: Class| clause.tokens.as_slice().get(at).is_some_and(|token| token.class.is(class));
    let before = |class: Class| at.checked_sub(1).is_some_and(|before| is(before, class));
    if asks(clause, from, at) || is(at, Class::LIFTS) && before(Class::NEGATOR) {
        return true;
    }
    let asks_for_a_yes =
        is(from, Class::AUXILIARY) && is(from + 1, Class::SUBJECT.and(Class::PRONOUN).and(Class::ADDRESSED));
    let denying = Class::NEGATOR.and(Class::INSTEAD).and(Class::NOTHING).and(Class::EXCLUDES);
    let is_harmless = |denial: usize| {
        let able = is(denial + 1, Class::ABLE) || denial.checked_sub(1).is_some_and(|before| is(before, Class::ABLE));
        let said = || keys_at(clause, denial).any(|key| own(key) != Own::Nothing);
        able || !is(denial, Class::NOT.and(Class::BARE_NO)) && (asks_for_a_yes || said())
    };
    let mut denials = (from..at).filter(|&at| is(at, denying)).peekable();
    denials.peek().is_some() && denials.all(is_harmless)
}

/// Whether the words `from..until` open a question.
fn asks(clause: &Clause<'_>, from: usize, until: usize) -> bool {
    let tokens = clause.tokens.as_slice().get(from..until).unwrap_or(&[]);
    let opening = Class::FILLER.and(Class::AND).and(Class::BUT);
    let first = tokens.iter().find(|token| !token.class.is(opening));
    first.is_some_and(|token| token.class.is(Class::QUESTION)) || tokens.iter().any(|token| token.class.is(Class::WHY))
}

/// Whether the words `from..until` are a question, also one for a yes: "can I …".
fn is_question(clause: &Clause<'_>, from: usize, until: usize) -> bool {
    let tokens = clause.tokens.as_slice();
    let inverted = tokens.get(from).is_some_and(|token| token.class.is(Class::AUXILIARY));
    let asking = tokens.get(until).map_or(clause.tokens.ends_asking(), |next| next.after_question);
    inverted || asking || asks(clause, from, until)
}

/// Whether the clause has a word that the nearest phrase denies.
fn says_the_denied(clause: &Clause<'_>, near: &Near<'_>) -> bool {
    let denied = near.denied.iter().map(|key| unpacked(*key)).filter(|(_, is_denied)| *is_denied);
    denied.map(|(key, _)| key).any(|key| clause.places.iter().any(|place| place.0 == key))
}

fn says_little(clause: &Clause<'_>, at: usize) -> bool {
    let little = Class::FUNCTION.and(Class::FILLER).and(Class::LIGHT);
    clause.tokens.as_slice().get(at).is_some_and(|token| token.class.is(little))
}

/// Whether something speaks for a move besides the words of its phrase that denies: "my card was declined" says what "my
/// card does not work" says, "my card works" does not.
fn says_otherwise(shares: &[i64], clause: &Clause<'_>, near: &Near<'_>) -> bool {
    let strongest = shares.iter().copied().max().unwrap_or(0);
    let denied = |at: usize| keys_at(clause, at).any(|key| near.denied.iter().any(|own| unpacked(*own).0 == key));
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
