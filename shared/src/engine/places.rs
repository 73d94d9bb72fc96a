//! Addresses that are said beside something else: "at 22 Fen Lane, Leeds", "en Av. Mitre 330".

use super::fill::Stated;
use super::hear::Span;
use super::people::name_at;
use super::run::Run;
use super::state::Open;
use crate::ir::{Move, Slot};
use crate::language::Cue;
use crate::slots::{Found, Scan, is_text};
use crate::text::{Heard, Word};

impl Run<'_> {
    /// The only address that the utterance says, for the only open slot that asks for one, outside the spans in `taken`.
    pub(super) fn address_said(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Option<Stated> {
        if !scan.heard.words.iter().any(Word::has_digit) {
            return None;
        }
        let asks = |slot: &&&Slot| {
            let question = self.question(mv, slot);
            is_text(slot) && (labels_a_place(&question.name) || labels_a_place(&question.heard))
        };
        let mut asking = open.iter().filter(asks);
        let (slot, None) = (asking.next()?, asking.next()) else { return None };
        let asked = self.state.active.as_ref().and_then(|frame| frame.open.as_ref());
        if matches!(asked, Some(Open::Slot { name } | Open::Confirm { name }) if *name == slot.name) {
            return None;
        }
        let mut found = (0..scan.heard.len()).filter_map(|at| address_at(scan, at));
        let (span, None) = (found.next()?, found.next()) else { return None };
        let free = taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
        let found = Found::text(span, scan.text.get(span.0..span.1)?);
        free.then(|| Stated { slot: slot.name.clone(), found })
    }
}

/// Whether a slot's name or question has a noun for where somebody lives.
fn labels_a_place(heard: &Heard) -> bool {
    let labels = |word: &Word| heard.language.value_of(Cue::Label, std::slice::from_ref(word)) == Some("place");
    heard.words.iter().any(labels)
}

/// The address with its number at this word: a number before a name of several words or behind one, with the number of a flat before
/// it and a town behind it that commas set apart.
fn address_at(scan: &Scan<'_>, at: usize) -> Option<Span> {
    /// Words of the name of a street.
    const LEAST: usize = 2;
    let words = scan.heard.words.as_slice();
    let number = words.get(at).filter(|word| word.has_digit())?;
    let goes_on = |at: usize| words.get(at).is_some_and(|word| !word.after_break);
    let street = if goes_on(at + 1) { name_at(scan, at + 1) } else { 0 };
    let before = words[..at].iter().rev().take_while(|word| word.is_capital(scan.text) && !word.has_digit()).count();
    let (mut first, mut end) = match (street >= LEAST, before >= LEAST && !number.after_break) {
        (true, _) => (at, at + 1 + street),
        (false, true) => (at - before, at + 1),
        (false, false) => return None,
    };
    let town = words.get(end).filter(|word| word.after_break).map_or(0, |_| name_at(scan, end));
    let comma = |from: usize, until: usize| {
        scan.text.get(words[from].end..words[until].start).is_some_and(|between| between.trim() == ",")
    };
    if town == 1 && comma(end - 1, end) {
        end += 1;
    }
    if first > 1
        && comma(first - 1, first)
        && words[first - 1].has_digit()
        && !words[first - 1].after_break
        && words[first - 2].is_capital(scan.text)
    {
        first -= 2;
    }
    Some((words[first].start, words[end - 1].end))
}
