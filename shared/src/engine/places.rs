//! Addresses that are said beside something else: "at 22 Fen Lane, Leeds", "en Av. Mitre 330".

use super::fill::Stated;
use super::hear::Span;
use super::people::name_at;
use super::run::Run;
use super::state::Open;
use crate::ir::{Move, Slot};
use crate::language::{Class, Cue};
use crate::slots::{Found, Scan, is_text};
use crate::text::{Heard, Word};

impl Run<'_> {
    /// The only address that the utterance says, or the name of a place that it tells of, for the only open slot that asks for one,
    /// outside the spans in `taken`.
    pub(super) fn address_said(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Option<Stated> {
        let may_be = |word: &Word| word.has_digit() || word.is_capital(scan.text);
        if !scan.heard.words.iter().any(may_be) {
            return None;
        }
        let mut asking = open.iter().filter(|slot| self.asks_for_an_address(mv, slot));
        let (slot, None) = (asking.next()?, asking.next()) else { return None };
        let asked = self.state.active.as_ref().and_then(|frame| frame.open.as_ref());
        if matches!(asked, Some(Open::Slot { name } | Open::Confirm { name }) if *name == slot.name) {
            return None;
        }
        let only = |at_word: fn(&Scan<'_>, usize) -> Option<Span>| {
            let mut found = (0..scan.heard.len()).filter_map(|at| at_word(scan, at));
            found.next().filter(|_| found.next().is_none())
        };
        let span = only(address_at).or_else(|| only(place_at))?;
        let free = taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
        let found = Found::text(span, scan.text.get(span.0..span.1)?);
        free.then(|| Stated { slot: slot.name.clone(), found })
    }

    /// "sorry, it's 19 Quay Road": another address than the only one that is held, behind this byte.
    pub(super) fn address_again(&self, mv: &Move, scan: &Scan<'_>, from: usize) -> Option<(Slot, Found)> {
        let frame = self.state.active.as_ref()?;
        let holds = |slot: &&Slot| frame.slot(&slot.name).is_some() && self.asks_for_an_address(mv, slot);
        let mut held = mv.slots.iter().filter(holds);
        let (slot, None) = (held.next()?, held.next()) else { return None };
        let span = (0..scan.heard.len()).filter_map(|at| address_at(scan, at)).find(|span| span.0 >= from)?;
        let found = Found::text(span, scan.text.get(span.0..span.1)?);
        (frame.slot(&slot.name)?.value != found.value).then(|| (slot.clone(), found))
    }

    /// Whether a slot is for the address of something, by its name or its question.
    pub(super) fn asks_for_an_address(&self, mv: &Move, slot: &Slot) -> bool {
        let question = self.question(mv, slot);
        is_text(slot) && (labels_a_place(&question.name) || labels_a_place(&question.heard))
    }
}

/// "at Kestrel Court": a name of several words right behind a preposition that tells where.
fn place_at(scan: &Scan<'_>, at: usize) -> Option<Span> {
    const LEAST: usize = 2;
    let words = scan.heard.words.as_slice();
    let where_it_is = at.checked_sub(1).map(|before| &words[before]).filter(|before| before.is(Cue::BeforeNoun))?;
    let name = name_at(scan.text, words, at);
    let leads = where_it_is.class.is(Class::FUNCTION) && !where_it_is.class.is(Class::DETERMINER);
    let goes_on = words.get(at + name).is_some_and(|next| !next.after_break && next.class == Class::CONTENT);
    (leads && name >= LEAST && !words[at].after_break && !goes_on).then(|| (words[at].start, words[at + name - 1].end))
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
    let street = if goes_on(at + 1) { name_at(scan.text, words, at + 1) } else { 0 };
    let before = words[..at].iter().rev().take_while(|word| word.is_capital(scan.text) && !word.has_digit()).count();
    let (mut first, mut end) = match (street >= LEAST, before >= LEAST && !number.after_break) {
        (true, _) => (at, at + 1 + street),
        (false, true) => (at - before, at + 1),
        (false, false) => return None,
    };
    let town = words.get(end).filter(|word| word.after_break).map_or(0, |_| name_at(scan.text, words, end));
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
