//! Addresses that are said beside something else: "at 22 Fen Lane, Leeds", "en Av. Mitre 330"; and places that have a name and a
//! number: "in Rose 4".

use std::sync::Arc;

use super::fill::Stated;
use super::hear::Span;
use super::people::name_at;
use super::prepositions::{lead_at, leads};
use super::rules::{Standing, parts_of};
use super::run::Run;
use super::state::Open;
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::slots::labels::Wanted;
use crate::slots::{self, Found, Scan, Source, effective_type, is_text};
use crate::text::{Heard, Word, first_clause};

impl Run<'_> {
    /// The only address that the utterance says, or the name of a place that it tells of, for the only open slot that asks for one,
    /// outside the spans in `taken`.
    pub(super) fn address_said(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Option<Stated> {
        let may_be = |word: &Word| word.has_digit() || word.is_capital(scan.text);
        if !scan.heard.words.iter().any(may_be) {
            return None;
        }
        let only = |at_word: fn(&Scan<'_>, usize) -> Option<Span>| {
            let mut found = (0..scan.heard.len()).filter_map(|at| at_word(scan, at));
            found.next().filter(|_| found.next().is_none())
        };
        let span = only(address_at).or_else(|| only(place_at))?;
        // A part of a whole takes no more than its own.
        let whole = |slot: &Slot| slots::whole_of(&slot.name).is_none();
        let mut asking = open.iter().filter(|slot| self.asks_for_an_address(mv, slot) && whole(slot));
        let (slot, None) = (asking.next()?, asking.next()) else { return None };
        let asked = self.state.active.as_ref().and_then(|frame| frame.open.as_ref());
        if matches!(asked, Some(Open::Slot { name } | Open::Confirm { name }) if *name == slot.name) {
            return None;
        }
        // "…, apartment": what another slot has taken behind it ends it.
        let end = taken.iter().filter(|(from, _)| span.0 < *from && *from < span.1).map(|(from, _)| *from).min();
        let end = end.map_or(Some(span.1), |from| Some(scan.heard.words.iter().rfind(|word| word.end <= from)?.end))?;
        let span = (span.0, end);
        let free = taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
        let found = Found::text(span, scan.text.get(span.0..span.1)?);
        free.then(|| Stated { slot: slot.name.clone(), found })
    }

    /// "to my mother's, 22 Fen Lane": the address that is said behind whose place it is.
    pub(super) fn address_behind(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, whose: &Found) -> Option<Found> {
        if whose.text.bytes().any(|byte| byte.is_ascii_digit()) || !self.asks_for_an_address(mv, slot) {
            return None;
        }
        let span = addresses(scan).find(|span| span.0 >= whose.end)?;
        Some(Found::text(span, scan.text.get(span.0..span.1)?))
    }

    /// "sorry, it's 19 Quay Road", "deliver it to 19 Quay Road": another address than the one that is held, behind this byte; of several
    /// the one that the words before it speak of.
    pub(super) fn address_again(&self, mv: &Move, scan: &Scan<'_>, from: usize) -> Option<(Slot, Found)> {
        let frame = self.state.active.as_ref()?;
        let holds = |slot: &&Slot| frame.slot(&slot.name).is_some() && self.asks_for_an_address(mv, slot);
        let held: Vec<&Slot> = mv.slots.iter().filter(holds).collect();
        if held.is_empty() {
            return None;
        }
        let span = addresses(scan).find(|span| span.0 >= from)?;
        let slot = match held.as_slice() {
            [only] => *only,
            several => self.spoken_of(mv, several, &scan.heard, span.0)?,
        };
        let found = Found::text(span, scan.text.get(span.0..span.1)?);
        // "22 Fen Lane, behind the mill" says more of it.
        (!frame.slot(&slot.name)?.text.contains(&found.text)).then(|| (slot.clone(), found))
    }

    /// "deliver it to …", "a …": of these slots the one that a clause speaks of up to this byte, in a word of its name or question, or by the
    /// preposition that leads to it.
    fn spoken_of<'s>(&self, mv: &Move, slots: &[&'s Slot], heard: &Heard, until: usize) -> Option<&'s Slot> {
        let before = &heard.words[..heard.words.partition_point(|word| word.start < until)];
        let clause = &before[before.iter().rposition(|word| word.after_break).unwrap_or(0)..];
        let leads = leads(heard.language, mv, slots);
        let lead = clause.iter().rfind(|word| !word.class.is(Class::ARTICLE)).and_then(|last| lead_at(last, &leads));
        let told = |(at, slot): (usize, &&Slot)| {
            let question = self.question(mv, slot);
            let own = |word: &&Word| word.tells() && (question.name.holds(word) || question.heard.holds(word));
            clause.iter().filter(own).count() + usize::from(lead == Some(at))
        };
        let told: Vec<usize> = slots.iter().enumerate().map(told).collect();
        let most = told.iter().copied().max().filter(|most| *most > 0)?;
        let mut those = slots.iter().zip(&told).filter(|(_, told)| **told == most);
        those.next().filter(|_| those.next().is_none()).map(|(slot, _)| *slot)
    }

    /// "it goes to 40 Castle Street": the only address of a sentence that denies nothing, where one is asked for.
    pub(super) fn address_within(&self, mv: &Move, slot: &Slot, said: &Found) -> Option<Found> {
        if !(self.asks_for_an_address(mv, slot) || self.wanted(mv, slot) == Wanted::Place) {
            return None;
        }
        let scan = Scan::of(&said.text, std::iter::empty::<&Slot>(), &self.reference);
        if scan.heard.words.iter().any(|word| word.class.is(Class::NEGATOR)) {
            return None;
        }
        let mut found = addresses(&scan);
        let (span, None) = (found.next()?, found.next()) else { return None };
        Some(Found::text(span, said.text.get(span.0..span.1)?).behind(said.start))
    }

    /// "40 Castle Street and tell the rider to ring": what is joined to an address, and is neither a name nor a number, is no part of it.
    pub(super) fn without_what_is_joined(&self, mv: &Move, slot: &Slot, said: Found) -> Found {
        let joined = || {
            let may_be = said.text.bytes().any(|byte| byte.is_ascii_digit());
            if !may_be || !self.asks_for_an_address(mv, slot) {
                return None;
            }
            let scan = Scan::of(&said.text, std::iter::empty::<&Slot>(), &self.reference);
            let span = addresses(&scan).next()?;
            let behind = scan.heard.words.get(scan.heard.words_of(span).end..)?;
            let [and, next, ..] = behind else { return None };
            let names = next.is_capital(&said.text) || next.has_digit();
            (and.class.is(Class::AND.and(Class::BUT)) && !names).then_some(span.1)
        };
        match joined().and_then(|end| said.text.get(..end)) {
            Some(text) => Found::text((said.start, said.start + text.len()), text),
            None => said,
        }
    }

    /// Whether all that the utterance tells is an address.
    pub(super) fn says_only_an_address(&self) -> bool {
        let heard = self.heard();
        if !heard.words.iter().any(Word::has_digit) {
            return false;
        }
        let scan = Scan::over(&self.text, heard, std::iter::empty::<&Slot>(), &self.reference);
        let said: Vec<Span> = addresses(&scan).collect();
        let inside = |word: &Word| said.iter().any(|(from, until)| *from <= word.start && word.end <= *until);
        let mut telling = scan.heard.words.iter().filter(|word| word.tells() || word.has_digit());
        !said.is_empty() && telling.all(inside)
    }

    /// "5 Mill Lane, Selby, 49002" to "What is the street?": the slot that is asked for, and those behind it that ask in which place that is
    /// or take a code, where the text says an address.
    pub(super) fn parts_of_an_address<'m>(&self, mv: &'m Move, asked: &Slot, text: &str) -> Vec<&'m Slot> {
        let scan = Scan::of(text, std::iter::empty::<&Slot>(), &self.reference);
        if addresses(&scan).next().is_none() {
            return Vec::new();
        }
        let goes_on = |slot: &&Slot| match effective_type(slot) {
            SlotType::Pattern(_) => true,
            _ if is_text(slot) => {
                // "In which town?"; but "Where to?" and "To which address?" ask for another address.
                let question = self.question(mv, slot);
                let label = question.wanted() == Wanted::Label && led_by(&question.heard).is_some();
                label && !self.asks_for_an_address(mv, slot)
            }
            _ => false,
        };
        let mut slots = mv.slots.iter().skip_while(|slot| slot.name != asked.name);
        let first = slots.next();
        first.into_iter().chain(slots.take_while(goes_on)).collect()
    }

    /// "12 Oak Street, Dayton" beside a question for something else: the address is that of the only composite which asks for one. Whether
    /// something of it was kept.
    pub(super) fn fill_address_of_composite(&mut self, mv: &Arc<Move>, scan: &Scan<'_>) -> bool {
        let asks = |slot: &&Slot| {
            let first = slots::whole_of(&slot.name)
                .is_some_and(|whole| parts_of(mv, whole).first().is_some_and(|first| first.name == slot.name));
            first && self.state.active.as_ref().is_some_and(|frame| frame.is_open(&slot.name))
        };
        let mut asking = mv.slots.iter().filter(asks).filter(|slot| self.asks_for_an_address(mv, slot));
        let (Some(slot), None) = (asking.next(), asking.next()) else { return false };
        let mut said = addresses(scan);
        let (Some((from, until)), None) = (said.next(), said.next()) else { return false };
        let (Some(whole), Some(text)) = (slots::whole_of(&slot.name), scan.text.get(from..until)) else { return false };
        self.standing(mv, slot) != Standing::Needless && self.fill_composite(mv, whole, text, Source::Mention)
    }

    /// Whether a slot is for the address of something, by its name or its question.
    pub(super) fn asks_for_an_address(&self, mv: &Move, slot: &Slot) -> bool {
        let labelled = || {
            let question = self.question(mv, slot);
            labels_a_place(&question.name) || labels_a_place(&question.heard)
        };
        is_text(slot) && labelled()
    }

    /// "in Rose 4", "el aire del Luna 4": the only name with a number that is led to as the only open slot's question for which place
    /// it is, "In which hut?", or that something is of; outside the spans in `taken`.
    pub(super) fn numbered_place(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Option<Stated> {
        let words = scan.heard.words.as_slice();
        let name = |word: &Word| word.is_capital(scan.text) && !word.class.is(Class::TIME) && !word.has_digit();
        if !words.windows(2).any(|pair| pair[1].has_digit() && name(&pair[0])) {
            return None;
        }
        let asking = open.iter().filter(|slot| is_text(slot) && self.question(mv, slot).wanted() == Wanted::Label);
        let mut asking = asking.filter_map(|slot| Some((slot, led_by(&self.question(mv, slot).heard)?)));
        let ((slot, lead), None) = (asking.next()?, asking.next()) else { return None };
        let asked = self.state.active.as_ref().and_then(|frame| frame.open.as_ref());
        if matches!(asked, Some(Open::Slot { name } | Open::Confirm { name }) if *name == slot.name) {
            return None;
        }
        let span_at = |at: usize| {
            let number = words.get(at).filter(|word| word.has_digit() && !word.after_break && !timed(scan, word))?;
            let count = words[..at].iter().rev().take_while(|word| name(word)).count();
            let first = at - count;
            let articles = words[..first].iter().rev().take_while(|word| word.class.is(Class::ARTICLE)).count();
            let before = words.get((first - articles).checked_sub(1)?)?;
            let apart = words[first - articles..at].iter().any(|word| word.after_break);
            let led = before.hash == lead || before.class.is(Class::OF);
            (count > 0 && led && !apart).then_some((words[first].start, number.end))
        };
        let mut found = (0..words.len()).filter_map(span_at);
        let (span, None) = (found.next()?, found.next()) else { return None };
        let free = taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
        let found = Found::text(span, scan.text.get(span.0..span.1)?);
        free.then(|| Stated { slot: slot.name.clone(), found })
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

/// Where the words begin that are written as a name right before this one: "Calzada de Tlalpan" before "900".
fn name_before(text: &str, words: &[Word], at: usize) -> usize {
    let joins = |word: &&Word| word.class.is(Class::OF.and(Class::ARTICLE)) && !word.after_break;
    let mut first = at;
    loop {
        // "Calzada de Tlalpan"
        let set_apart = words.get(first).is_none_or(|next| next.after_break);
        let light = if first == at || set_apart { 0 } else { words[..first].iter().rev().take_while(joins).count() };
        match words[..first - light].last() {
            Some(word) if word.is_capital(text) && !word.has_digit() => first -= light + 1,
            _ => return first,
        }
    }
}

/// Whether a word is part of a time.
fn timed(scan: &Scan<'_>, word: &Word) -> bool {
    scan.times().any(|(from, until)| from <= word.start && word.end <= until)
}

/// The preposition with which a question begins or ends, "In which hut?", "Which hut are you in?"
fn led_by(question: &Heard) -> Option<u64> {
    let leads = |word: &&Word| word.class.is(Class::LEADS) && word.class.is(Class::FUNCTION);
    let asks = question.words.iter().position(|word| word.class.is(Class::QUESTION))?;
    let before = asks.checked_sub(1).and_then(|before| question.words.get(before));
    let end = question.words[asks..].iter().skip(1).find(|word| word.after_break);
    let last = question.words.iter().rfind(|word| end.is_none_or(|end| word.end <= end.start));
    before.filter(leads).or(last.filter(leads)).map(|word| word.hash)
}

/// Whether a slot's name or question has a noun for where somebody lives.
fn labels_a_place(heard: &Heard) -> bool {
    let labels = |word: &Word| heard.language.value_of(Cue::Label, std::slice::from_ref(word)) == Some("place");
    heard.words.iter().any(labels)
}

/// The addresses that are said.
pub(super) fn addresses(scan: &Scan<'_>) -> impl Iterator<Item = Span> {
    (0..scan.heard.len()).filter_map(|at| address_at(scan, at))
}

/// How many words from this one on are a clause of nothing but parts of an address: "bajo izquierda", "colonia Roma", "2nd floor".
fn parts_at(scan: &Scan<'_>, at: usize) -> usize {
    const MAX_WORDS: usize = 5;
    let behind = scan.heard.words.get(at..).filter(|_| at > 0).unwrap_or_default();
    let clause = &behind[..first_clause(behind)];
    let light = Class::OF.and(Class::ARTICLE).and(Class::NUMBER);
    let may_be = |word: &Word| {
        word.is(Cue::AddressPart) || word.class == Class::CONTENT || word.class.is(light) || word.has_digit()
    };
    let apart = clause.first().is_some_and(|first| {
        let between = scan.text.get(scan.heard.words[at - 1].end..first.start);
        first.after_break && between.is_some_and(|between| between.trim() == ",")
    });
    let all = clause.len() <= MAX_WORDS && clause.iter().all(|word| may_be(word) && !timed(scan, word));
    if apart && all && clause.iter().any(|word| word.is(Cue::AddressPart)) { clause.len() } else { 0 }
}

/// The address with its number at this word: a number before a name of several words, or behind one and with the number of a flat
/// behind it; with the number of a flat before it and a town behind it that commas set apart.
fn address_at(scan: &Scan<'_>, at: usize) -> Option<Span> {
    /// Words of the name of a street.
    const LEAST: usize = 2;
    let words = scan.heard.words.as_slice();
    let number = words.get(at).filter(|word| word.has_digit())?;
    let goes_on = |at: usize| words.get(at).is_some_and(|word| !word.after_break);
    let street = if goes_on(at + 1) { name_at(scan.text, words, at + 1) } else { 0 };
    let named = at - name_before(scan.text, words, at);
    // "en la calle Luna 8": what kind of street it is, without a capital.
    let kind = |word: &Word| word.class == Class::CONTENT && !word.is_capital(scan.text) && !word.has_digit();
    let led = |at: usize| at == 0 || words[at].after_break || words[at - 1].is(Cue::BeforeNoun);
    let of_a_kind = named > 0 && at > named && kind(&words[at - named - 1]) && led(at - named - 1);
    let before = named + usize::from(of_a_kind && !words[at - named].after_break);
    let (mut first, mut end) = match (street >= LEAST, before >= LEAST && !number.after_break) {
        (true, _) => (at, at + 1 + street),
        (false, true) => (at - before, at + 1),
        (false, false) => return None,
    };
    // "1420 piso 3", "2040 3º B"
    let behind = |at: usize| words.get(at).filter(|word| !word.after_break && !timed(scan, word));
    let letter = |word: &Word| word.is_capital(scan.text) && word.text.chars().count() == 1;
    if before >= LEAST && end == at + 1 {
        while let Some(next) = behind(end) {
            let noun = next.class == Class::CONTENT && behind(end + 1).is_some_and(Word::has_digit);
            if !(next.has_digit() || letter(next) || noun) {
                break;
            }
            end += 1 + usize::from(noun);
        }
    }
    let comma = |from: usize, until: usize| {
        scan.text.get(words[from].end..words[until].start).is_some_and(|between| between.trim() == ",")
    };
    // "12, 3º B"
    let set_apart = |at: usize| words.get(at).is_some_and(|word| word.after_break) && comma(at - 1, at);
    let marked = |word: &Word| scan.text.get(word.start..word.end).is_some_and(|said| said.contains(['º', 'ª', '°']));
    let storey = |word: &Word| word.has_digit() && marked(word);
    if set_apart(end) && storey(&words[end]) {
        end += 1 + usize::from(behind(end + 1).is_some_and(letter));
    }
    while let parts @ 1.. = parts_at(scan, end) {
        end += parts;
    }
    let town = words.get(end).filter(|word| word.after_break).map_or(0, |_| name_at(scan.text, words, end));
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
