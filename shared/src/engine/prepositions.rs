//! Prepositions that say whose value follows: "from Hamburg" for a slot that is called `from`, or that a pattern leads to with it.

use super::corrections::{PLAINLY, SECOND_THOUGHT};
use super::hear::Span;
use super::people::name_at;
use super::run::Run;
use crate::ir::{Element, Move, Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::matcher::Candidate;
use crate::slots::{Scan, effective_type, is_text, spoken_name};
use crate::text::{Heard, Word, between_marks};

impl Run<'_> {
    /// What is no part of free text that a preposition leads to: what is stated for other slots, and times.
    pub(super) fn values_beside_text(&self, mv: &Move, scan: &Scan<'_>) -> Vec<Span> {
        let stated = self.stated_beside(mv, scan, &[]);
        let stated = stated.iter().filter(|stated| !self.numbers_a_noun(mv, scan, stated));
        stated.map(|stated| stated.found.span()).chain(scan.times()).collect()
    }

    /// "flights to Rome please, from Vienna": text behind what was matched, or in a clause of its own, whose slot a preposition
    /// names.
    pub(super) fn led_to(&self, mv: &Move, candidate: &Candidate, heard: &Heard) -> Vec<(Slot, Span)> {
        let Some(frame) = &self.state.active else { return Vec::new() };
        let captured = |slot: &Slot| candidate.captures.iter().any(|capture| capture.name == slot.name);
        let texts: Vec<&Slot> = mv.slots.iter().filter(|slot| is_text(slot)).collect();
        let open = |slot: &Slot| frame.is_open(&slot.name) && !captured(slot);
        if !texts.iter().any(|slot| open(slot)) {
            return Vec::new();
        }
        let leads = leads(self.language(), mv, &texts);
        let pair = from_one_to_another(&self.text, heard, &leads);
        if pair.iter().all(|(index, _)| open(texts[*index])) && !pair.is_empty() {
            return pair.into_iter().map(|(index, span)| (texts[index].clone(), span)).collect();
        }
        let behind = heard.words_of(candidate.span).end;
        let begins = |at: &usize| {
            let word = &heard.words[*at];
            let apart = *at == 0 || word.after_break || *at == behind;
            apart && may_lead(word.class) && !candidate.captures_at((word.start, word.end))
        };
        let begins: Vec<usize> = (0..heard.len()).filter(begins).collect();
        let begins = begins.into_iter().filter(|at| lead_at(&heard.words[*at], &leads).is_some());
        let parts = begins.flat_map(|at| led(heard, &leads, at));
        parts.filter(|(index, _)| open(texts[*index])).map(|(index, span)| (texts[index].clone(), span)).collect()
    }
}

/// "Hull to Whitby": a clause of two names, the second led to; where two slots have prepositions, the first is the other's.
fn from_one_to_another(text: &str, heard: &Heard, leads: &[Lead<'_>]) -> Vec<(usize, Span)> {
    let names = |words: &[Word]| !words.is_empty() && name_at(text, words, 0) == words.len();
    let [(_, one), (_, other)] = leads else { return Vec::new() };
    between_marks(&heard.words)
        .find_map(|clause| {
            let at = clause.iter().position(|word| lead_at(word, leads).is_some())?;
            let led = lead_at(&clause[at], leads)?;
            let (first, second) = (&clause[..at], &clause[at + 1..]);
            let before = if led == *one { *other } else { *one };
            let span = |words: &[Word]| Some((words.first()?.start, words.last()?.end));
            (names(first) && names(second)).then(|| Some(vec![(before, span(first)?), (led, span(second)?)]))?
        })
        .unwrap_or_default()
}

/// "from savings to current" to "From which account?": what prepositions lead to for other slots with the same options, where
/// one leads to this slot as well.
pub(super) fn options_of_others(mv: &Move, slot: &Slot, scan: &Scan<'_>) -> Vec<Span> {
    if !matches!(effective_type(slot), SlotType::Enum(_)) {
        return Vec::new();
    }
    let alike: Vec<&Slot> = mv.slots.iter().filter(|other| effective_type(other) == effective_type(slot)).collect();
    let leads = leads(scan.language(), mv, &alike);
    if leads.len() < 2 {
        return Vec::new();
    }
    let led = by_preposition(&scan.heard, &leads, Asked::ByPreposition);
    let (own, others): (Vec<_>, Vec<_>) = led.into_iter().partition(|(index, _)| alike[*index].name == slot.name);
    if own.is_empty() { Vec::new() } else { others.into_iter().map(|(_, span)| span).collect() }
}

/// A preposition, and the index of the slot that it leads to.
pub(super) type Lead<'m> = (&'m str, usize);

/// The prepositions that lead to slots: a slot's own name, or what stands before it where a pattern captures several ("from
/// {origin} to {destination}", "desde {origen} hasta {destino}").
pub(super) fn leads<'m>(language: &'static Language, mv: &'m Move, slots: &[&'m Slot]) -> Vec<Lead<'m>> {
    let grammar = |word: &str| may_lead(language.class(crate::text::hash::of(word.as_bytes())));
    let index = |name: &str| slots.iter().position(|slot| slot.name == name);
    let own = |(at, slot): (usize, &&'m Slot)| Some((spoken_name(slot), at)).filter(|(name, _)| grammar(name));
    let named: Vec<Lead<'m>> = slots.iter().enumerate().filter_map(own).collect();
    if slots.len() < 2 || named.len() == slots.len() {
        return named;
    }
    let mut found = named.clone();
    for pattern in mv.triggers.iter().flat_map(|trigger| &trigger.patterns) {
        let led: Vec<(usize, &str)> = pattern
            .elements
            .windows(2)
            .filter_map(|pair| match pair {
                [Element::Words(words), Element::Capture { name, .. }] => {
                    Some((index(name)?, words.rsplit(' ').find(|word| !word.is_empty())?))
                }
                _ => None,
            })
            .collect();
        for (index, lead) in led.iter().filter(|(_, lead)| led.len() > 1 && grammar(lead)) {
            let known = |(held, _): &Lead<'m>| held.eq_ignore_ascii_case(lead);
            if !named.iter().any(|(_, named)| named == index) && !found.iter().any(known) {
                found.push((lead, *index));
            }
        }
    }
    found
}

/// "Leeds from York" for `to`: a preposition that is the name of another slot begins that slot's part.
pub(super) fn parted(heard: &Heard, mv: &Move, own: &Slot, span: Span) -> (Span, Vec<(Slot, Span)>) {
    let texts: Vec<&Slot> = mv.slots.iter().filter(|slot| is_text(slot)).collect();
    let leads = leads(heard.language, mv, &texts);
    let named = |word: &Word| {
        let led = |(lead, at): &&Lead<'_>| texts[*at].name != own.name && lead.eq_ignore_ascii_case(&word.text);
        leads.iter().find(led).map(|(_, at)| texts[*at])
    };
    let inside: Vec<&Word> = heard.words.iter().filter(|word| word.start >= span.0 && word.end <= span.1).collect();
    let mut first = (span.0, span.1);
    let mut parts: Vec<(Slot, Span)> = Vec::new();
    for (at, pair) in inside.windows(2).enumerate().skip(1) {
        let [word, next] = pair else { continue };
        let Some(slot) = named(word) else { continue };
        let before = inside[at - 1].end;
        match parts.last_mut() {
            Some((_, part)) => part.1 = before,
            None => first.1 = before,
        }
        parts.push((slot.clone(), (next.start, span.1)));
    }
    (first, parts)
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A slot that is named by a preposition.
    ByPreposition,
    /// Another one.
    Another,
}

/// "from Hamburg to Oslo": values that stand behind a preposition which leads to a slot; the slot's index and the bytes of its
/// value.
///
/// Somewhere in the text while one of them is asked for; else only where the text begins with it, but for what takes
/// something back ("sorry, from Hamburg").
pub(super) fn by_preposition(heard: &Heard, slots: &[Lead<'_>], asked: Asked) -> Vec<(usize, (usize, usize))> {
    let words = heard.words.as_slice();
    let taken_back = SECOND_THOUGHT.with(Cue::Hesitation).with(Cue::Linker);
    let mut opening = 0;
    while let skip @ 1.. = heard.language.prefix(&words[opening..], taken_back) {
        opening += skip;
    }
    // "go to Naples instead"
    if words.get(opening).is_some_and(|word| word.class.is(Class::LIGHT))
        && heard.language.suffix(words, Cue::CorrectionAfter) > 0
    {
        opening += 1;
    }
    // "I come from Bergen": behind words that say nothing by themselves; "I need to pay" leads to nothing.
    let says_nothing = |word: &Word| word.class.is(Class::PRONOUN.and(Class::AUXILIARY).and(Class::LIGHT));
    let carries =
        words[opening..].iter().take_while(|word| says_nothing(word) && lead_at(word, slots).is_none()).count();
    if words.get(opening + carries).is_some_and(|word| !word.is(Cue::Into)) {
        opening += carries;
    }
    // "…, sorry, I mean from Hamburg": in the middle, behind what plainly takes something back.
    let plainly = |at: usize| heard.language.suffix(&words[..at], PLAINLY) > 0;
    let lead = |word: &Word| lead_at(word, slots);
    let from = match asked {
        Asked::ByPreposition => 0,
        Asked::Another if words.get(opening).and_then(lead).is_some() => 0,
        Asked::Another => {
            let taken_back = words.iter().enumerate().position(|(at, word)| lead(word).is_some() && plainly(at));
            let Some(at) = taken_back else { return Vec::new() };
            at
        }
    };
    led(heard, slots, from)
}

/// Whether a word of this class may be the preposition of a slot: "from", "hasta".
pub(super) fn may_lead(class: Class) -> bool {
    class.is(Class::FUNCTION.and(Class::ADJUNCT).and(Class::LEADS)) && !class.is(Class::DETERMINER)
}

/// The slot whose preposition a word is.
pub(super) fn lead_at(word: &Word, slots: &[Lead<'_>]) -> Option<usize> {
    let is_it = |(lead, _): &&Lead<'_>| lead.eq_ignore_ascii_case(&word.text);
    if may_lead(word.class) { slots.iter().find(is_it).map(|(_, slot)| *slot) } else { None }
}

/// What stands behind the prepositions from the word `from` on: the slot's index and the bytes of its value.
fn led(heard: &Heard, slots: &[Lead<'_>], from: usize) -> Vec<(usize, (usize, usize))> {
    let words = heard.words.as_slice();
    let lead = |word: &Word| lead_at(word, slots);
    let mut found: Vec<(usize, Span)> = Vec::new();
    for (at, word) in words.iter().enumerate().skip(from) {
        let Some(index) = lead(word) else { continue };
        // "a casa de mi madre", "a Alcalá de Henares": within what is led to already it says whose or which that is.
        if word.class.is(Class::OF) && found.last().is_some_and(|(_, (_, end))| word.start < *end) {
            continue;
        }
        // "from Selby, not from York"; "under the name of …" introduces a name.
        let introduces = heard.language.prefix(&words[at..], Cue::IntroductionName) > 1;
        if introduces || at.checked_sub(1).is_some_and(|before| words[before].is(Cue::Not)) {
            continue;
        }
        let ends = |next: &Word| {
            next.after_break
                || lead(next).is_some() && !next.class.is(Class::OF)
                || next.is(Cue::Not)
                || next.is([Cue::CorrectionAfter, Cue::Courtesy])
        };
        let value = words[at + 1..].iter().take_while(|next| !ends(next)).collect::<Vec<_>>();
        // "I want to go": a verb is not a place.
        let named = value.iter().find(|word| !word.class.is(Class::DETERMINER));
        // "a primera hora", "at the last minute"
        let timed = |word: &&Word| word.class.is(Class::TIME.and(Class::FUNCTION)) || word.is(Cue::Position);
        let names =
            named.is_some_and(|first| !first.class.is(Class::FUNCTION.and(Class::LIGHT))) && !value.iter().all(timed);
        if let (true, Some(first), Some(last)) = (names, value.first(), value.last()) {
            found.push((index, (first.start, last.end)));
        }
    }
    found
}
