//! What a number counts: the slot whose question is open, something else that is named beside it, those who speak, or nothing.

use std::ops::Range;

use super::doubt::clause;
use super::fill::Stated;
use super::hear::Span;
use super::places::addresses;
use super::run::Run;
use crate::entities::{Entity, Kind};
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::slots::labels::Wanted;
use crate::slots::{self, Found, Scan, effective_type};
use crate::text::{Heard, Word};

impl Run<'_> {
    /// "from Elm Street 8 to …", "de Calle Luna 8 a …": numbers in texts that are captured, right behind a noun or a name and with
    /// nothing behind them that they count. Where somebody's name is asked for, a number is no part of it.
    pub(super) fn numbers_of_names(&self, mv: &Move, scan: &Scan<'_>, texts: &[(Slot, Span)]) -> Vec<Span> {
        let words = scan.heard.words.as_slice();
        let belongs = |entity: &&Entity, (from, until): Span| {
            let number = scan.heard.words_of(entity.span());
            let found = Found::text(entity.span(), scan.text.get(entity.start..entity.end).unwrap_or_default());
            let behind_a_name = words[..number.start].last().is_some_and(|name| {
                name.start >= from && !words[number.start].after_break && name.class == Class::CONTENT
            });
            entity.end <= until && behind_a_name && nouns_behind(scan, &found).is_empty()
        };
        let people = |slot: &Slot| matches!(self.wanted(mv, slot), Wanted::Name | Wanted::Person);
        let numbers = || scan.entities.iter().filter(|entity| entity.kind == Kind::Number);
        let texts = texts.iter().filter(|(slot, _)| !people(slot));
        texts.flat_map(|(_, span)| numbers().filter(|entity| belongs(entity, *span)).map(Entity::span)).collect()
    }

    /// "5 Oak Road", "two large dogs": a number that belongs to the words behind it, where those are no words of the slot or
    /// its question.
    pub(super) fn numbers_a_noun(&self, mv: &Move, scan: &Scan<'_>, stated: &Stated) -> bool {
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == stated.slot) else { return false };
        if !slots::is_number(slot) {
            return false;
        }
        let behind = nouns_behind(scan, &stated.found);
        let is_bare = |entity: &Entity| entity.kind == Kind::Number && entity.start == stated.found.start;
        !behind.is_empty()
            && scan.entities.iter().any(is_bare)
            && !self.counts_people(mv, slot, &behind[0])
            && !holds_any(&self.question(mv, slot).name, behind)
            && !is_short_for(&self.question(mv, slot).name, &behind[0])
            && !holds_any(&self.question(mv, slot).heard, behind)
    }

    /// Where the noun ends that a number set apart counts, which its slot's question names: "Ana Lund, 4 people".
    pub(super) fn end_of_count(&self, mv: &Move, scan: &Scan<'_>, stated: &Stated) -> Option<usize> {
        let slot = mv.slots.iter().find(|slot| slot.name == stated.slot)?;
        let set_apart = scan.heard.words.iter().any(|word| word.start == stated.found.start && word.after_break);
        let noun = nouns_behind(scan, &stated.found);
        let asked = holds_any(&self.question(mv, slot).heard, noun) || noun.iter().all(|noun| noun.is(Cue::Carrier));
        noun.last().filter(|_| slots::is_number(slot) && set_apart && asked).map(|noun| noun.end)
    }

    /// "I have two cats" where kilos are asked for, "the one for two people" where pizzas are: a number of something else than
    /// the slot counts. One that opens its clause or is led to ("for two") counts what is wanted, unless it need not be said.
    pub(super) fn counts_another_thing(&self, mv: &Move, scan: &Scan<'_>, stated: &Stated) -> bool {
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == stated.slot) else { return false };
        let of_speakers = self.number_of_speakers(mv, slot, scan).is_some_and(|(span, _)| span.0 == stated.found.start);
        if of_speakers
            || self.numbers_a_house(mv, slot, scan, stated.found.span())
            || self.points_to_those_named(mv, slot, scan, &stated.found)
            || self.is_no_count(mv, slot, scan, &stated.found)
        {
            return true;
        }
        if !self.numbers_a_noun(mv, scan, stated) {
            return false;
        }
        let words = &scan.heard.words;
        let at = scan.heard.words_of(stated.found.span()).start;
        let leads = |word: &Word| word.class.is(Class::FOR) || word.is([Cue::CountBefore, Cue::Approximate]);
        let before = at.checked_sub(1).map(|at| &words[at]).filter(|_| !words[at].after_break);
        // "it's only two streets away": said of something that was named.
        let adverb = |word: &&Word| word.is([Cue::CountBefore, Cue::ListOnly]) && !word.class.is(Class::AUXILIARY);
        let of_it = match &words[..at - words[..at].iter().rev().take_while(adverb).count()] {
            [.., it, is] => is.is(Cue::Copula) && it.class.is(Class::PRONOUN) && !it.is_subject() && !is.after_break,
            _ => false,
        };
        // "3 nights, 2 adults"; but "two sofas" are what another slot takes.
        let led = match before.filter(|before| !before.class.is(Class::AND)) {
            Some(before) => leads(before) && !before.class.is(Class::OF) && !of_it,
            None => !is_of_another(mv, slot, scan, &stated.found),
        };
        let own = || self.is_of_the_move(mv, nouns_behind(scan, &stated.found));
        match (slot.default.is_some(), led) {
            (true, _) => !own(),
            // "three couples" is no number of nights
            (false, true) => slots::counts_time(self.language(), slot),
            // "four hake" to "How many?", where one is chosen: so many of what is chosen.
            (false, false) => {
                names_what_it_counts(&self.question(mv, slot).heard) || !own() && !is_chosen(mv, scan, &stated.found)
            }
        }
    }

    /// "for my father and for me, the blue one for the two", "limpieza los dos": with its article and nothing behind it, a number word is
    /// those who were named, and counts nothing else.
    fn points_to_those_named(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
        let words = scan.heard.words.as_slice();
        let number = scan.heard.words_of(found.span());
        let person = |word: &Word| self.language().cues(word.hash).has(Cue::People);
        let definite = |word: &Word| word.class.is(Class::ARTICLE) && !word.is(Cue::ArticleIndefinite);
        slots::is_number(slot)
            && words.get(number.clone()).is_some_and(|said| said.iter().all(|word| word.class.is(Class::NUMBER)))
            && words[..number.start].last().is_some_and(definite)
            && words.get(number.end).is_none_or(|next| next.after_break)
            && !self.question(mv, slot).heard.words.iter().any(person)
    }

    /// "we are four" to "How many bags?", where another slot's question is how many there are: a number of those who speak, and the
    /// slot that asks in those words.
    pub(super) fn number_of_speakers<'m>(
        &self,
        mv: &'m Move,
        slot: &Slot,
        scan: &Scan<'_>,
    ) -> Option<(Span, &'m Slot)> {
        let (span, only) = self.counts_speakers(mv, scan)?;
        (slots::is_number(slot) && only.name != slot.name).then_some((span, only))
    }

    /// A number of those who speak ("we are four"), and the only slot for a number whose question has that verb.
    pub(super) fn counts_speakers<'m>(&self, mv: &'m Move, scan: &Scan<'_>) -> Option<(Span, &'m Slot)> {
        let (language, words) = (self.language(), scan.heard.words.as_slice());
        let place = |entity: &&Entity| {
            let at = words.partition_point(|word| word.start < entity.start);
            entity.kind == Kind::Number
                && says_of_speakers(&words[..at])
                && words.get(at).is_some_and(|word| !word.after_break)
        };
        let counts = scan.entities.iter().find(place)?;
        let verb = words.iter().rfind(|word| word.end <= counts.start)?.stem(language);
        let asks_so = |slot: &&Slot| {
            let asks = |question: &Heard| question.words.iter().any(|word| word.stem(language) == verb);
            slots::is_number(slot) && asks(&self.question(mv, slot).heard)
        };
        let mut asking = mv.slots.iter().filter(asks_so);
        let (only, None) = (asking.next()?, asking.next()) else { return None };
        Some(((counts.start, counts.end), only))
    }

    /// "12 Oak Street" to "How many?"; but "12 Large Boxes", where boxes are asked for: whether a number stands in an address.
    fn numbers_a_house(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, number: Span) -> bool {
        let told = |word: &Word| {
            self.is_of_the_move(mv, std::slice::from_ref(word)) || is_option_of_another(mv, slot, scan, word.start)
        };
        slots::is_number(slot)
            && addresses(scan).filter(|(from, until)| *from <= number.0 && number.1 <= *until).any(|span| {
                let words = &scan.heard.words[scan.heard.words_of(span)];
                !words.iter().any(|word| !word.has_digit() && told(word))
            })
    }

    /// "the 15th, but make it eight instalments" to a question for a day of the month: numbers of what another slot is called, and
    /// amounts of money, for which another is open.
    pub(super) fn numbers_of_others(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>) -> Vec<Span> {
        if !slots::is_number(slot) {
            return Vec::new();
        }
        let numbers = scan.entities.iter().filter(|entity| matches!(entity.kind, Kind::Number | Kind::Money));
        let is_open = |name: &str| self.state.active.as_ref().is_some_and(|frame| frame.is_open(name));
        let takes_money =
            mv.slots.iter().any(|other| *effective_type(other) == SlotType::Money && is_open(&other.name));
        let of_another = |entity: &&Entity| {
            let Range { start, end: at } = scan.heard.words_of(entity.span());
            if self.numbers_a_house(mv, slot, scan, entity.span()) {
                return true;
            }
            // "up to 12,000 pesos" to "How many?"; but "3 crowns", where a crown is an option.
            if entity.kind == Kind::Money {
                let option = |word: &Word| is_option_of_another(mv, slot, scan, word.start);
                return takes_money && !scan.heard.words[start..at].iter().any(option);
            }
            let Some(noun) = scan.heard.words.get(at).filter(|noun| !noun.after_break && noun.class == Class::CONTENT)
            else {
                return false;
            };
            let mut others = mv.slots.iter().filter(|other| other.name != slot.name && slots::is_number(other));
            !self.question(mv, slot).name.holds(noun) && others.any(|other| self.question(mv, other).name.holds(noun))
        };
        numbers.filter(of_another).map(Entity::span).collect()
    }

    /// "deliver it to flat 7", "I'll get it around 7", and, where the slot need not be said, "there are 5 of us": a bare number
    /// that numbers the noun before it, is a time, or counts those who speak.
    pub(super) fn is_no_count(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
        let words = &scan.heard.words;
        let Range { start: at, end } = scan.heard.words_of(found.span());
        if !slots::is_number(slot) || words.get(at).is_none_or(|number| number.after_break) {
            return false;
        }
        let of_us =
            matches!(words.get(end..), Some([of, us, ..]) if of.class.is(Class::OF) && us.class.is(Class::PRONOUN));
        let bare = nouns_behind(scan, found).is_empty() && !of_us;
        if bare && self.is_told_beside(mv, slot, scan, found) {
            return true;
        }
        let speakers = |word: &Word| word.class.is(Class::SUBJECT) && !word.class.is(Class::KIN);
        match &words[..at] {
            _ if of_us => slot.default.is_some(),
            [.., us, are] if bare && speakers(us) && are.is(Cue::Copula) => slot.default.is_some(),
            [before @ .., place, about] if bare && about.is(Cue::Approximate) && about.class.is(Class::LEADS) => {
                let object = place.class.is(Class::PRONOUN) && !place.class.is(Class::SUBJECT);
                let takes_back = before.last().is_some_and(|word| word.is(Cue::TakesBack));
                object && !takes_back && !about.after_break
            }
            // "Ana Lund, room 12"
            [.., noun] if bare && noun.class == Class::CONTENT && self.names_another(mv, slot, noun) => true,
            // "calle Sol 5": the number of a house behind the name of its street
            [.., kind, name] if bare && self.names_a_place(mv, slot, scan, [kind, name]) => true,
            [.., lead, noun] if bare && noun.class == Class::CONTENT && !noun.after_break => {
                (lead.class.is(Class::FUNCTION) || lead.has_digit())
                    && !lead.class.is(Class::SUBJECT.and(Class::AUXILIARY))
                    && !is_option_of_another(mv, slot, scan, noun.start)
                    && !self.is_of_the_move(mv, std::slice::from_ref(noun))
                    && !self.question(mv, slot).name.holds(noun)
            }
            _ => false,
        }
    }

    /// "the last one charged me 80", "I work until 5", "not before 10": a bare number whose clause tells of something that nobody asks
    /// about, or that a time is led to by. "For 2" counts what is wanted.
    fn is_told_beside(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
        /// Words of content that nobody asks about, in a clause that has no subject of its own.
        const ENOUGH: usize = 2;
        let words = scan.heard.words.as_slice();
        let number = scan.heard.words_of(found.span());
        let (opening, end) = clause(words, number.start, number.end);
        let own = |noun: &Word| !noun.after_break && self.question(mv, slot).heard.holds(noun);
        let counts = words.get(number.end).is_some_and(own) || slots::is_named_for(slot, scan, found);
        let before = words[..number.start].last();
        let led =
            |word: &Word| word.class.is(Class::FOR) || word.is(Cue::CountBefore) && !word.class.is(Class::AUXILIARY);
        if counts || before.is_some_and(led) {
            return false;
        }
        let bounds = |word: &Word| word.class.is(Class::DATING.and(Class::BREAK)) && !word.class.is(Class::BUT);
        let beside = || words[opening..number.start].iter().chain(&words[number.end..end]);
        let tells = |word: &Word| word.is_subject() || word.class.is(Class::NEGATOR);
        let least = if beside().any(tells) { 1 } else { ENOUGH };
        let plain = beside().filter(|word| !word.is_capital(scan.text));
        before.is_some_and(bounds) || self.unexplained(mv, slot, scan, plain) >= least
    }

    /// Whether two words right before a number are a noun and a name, and nothing that the move speaks of. Where the number must
    /// be said, the name shows as one by its capital: "Av. Mitre 12".
    fn names_a_place(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, [kind, name]: [&Word; 2]) -> bool {
        let strange = |word: &Word| {
            word.class == Class::CONTENT
                && !is_option_of_another(mv, slot, scan, word.start)
                && !self.is_of_the_move(mv, std::slice::from_ref(word))
                && !self.question(mv, slot).name.holds(word)
        };
        let shows = name.is_capital(scan.text) && !kind.is_capital(scan.text);
        !name.after_break && (shows || slot.default.is_some()) && strange(kind) && strange(name)
    }

    /// Whether a noun is the name of another slot.
    fn names_another(&self, mv: &Move, slot: &Slot, noun: &Word) -> bool {
        let named = |other: &Slot| self.question(mv, other).name.holds(noun);
        !named(slot) && mv.slots.iter().any(|other| other.name != slot.name && named(other))
    }

    /// "five people live here" to "How many rooms?": a number of something that a sentence tells of.
    pub(super) fn counts_in_a_sentence(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
        let stated = Stated { slot: slot.name.clone(), found: found.clone() };
        if !self.numbers_a_noun(mv, scan, &stated) {
            return false;
        }
        let words = &scan.heard.words;
        let at = scan.heard.words_of(found.span()).start;
        let behind = nouns_behind(scan, found);
        // "a house of two floors"
        let described = matches!(&words[..at], [.., noun, of] if of.class.is(Class::OF) && noun.tells());
        let people = behind.first().is_some_and(|noun| noun.is(Cue::Carrier));
        // "I have three cats"
        let verb = |word: &Word| word.tells() || word.class.is(Class::HOLDS) && !people;
        let verb = words[..at].last().is_some_and(verb) && !words[at].after_break;
        described || verb || behind.len() > 1 && people
    }
}

/// Whether words end in what says of those who speak what they are: "we are", "somos".
fn says_of_speakers(words: &[Word]) -> bool {
    let us = |word: &Word| word.is(Cue::Speaker);
    match words {
        [.., us_are] if us(us_are) && us_are.class.is(Class::AUXILIARY) && us_are.is(Cue::CountBefore) => true,
        [.., subject, are] => {
            us(subject) && subject.class.is(Class::SUBJECT) && are.is(Cue::Copula) && !are.after_break
        }
        _ => false,
    }
}

/// The words that a number belongs to, which stand right behind it.
fn nouns_behind<'s>(scan: &'s Scan<'_>, found: &Found) -> &'s [Word] {
    /// "two large grey dogs"
    const MAX_WORDS: usize = 3;
    let words = &scan.heard.words[scan.heard.words_of(found.span()).end..];
    let count =
        words.iter().take(MAX_WORDS).take_while(|word| !word.after_break && word.class == Class::CONTENT).count();
    &words[..count]
}

/// Whether the word behind a number is an option of another slot.
fn is_of_another(mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
    is_option_of_another(mv, slot, scan, nouns_behind(scan, found).first().map_or(found.end, |noun| noun.start))
}

/// Whether the word that begins there is an option of another slot.
pub(super) fn is_option_of_another(mv: &Move, slot: &Slot, scan: &Scan<'_>, noun: usize) -> bool {
    mv.slots.iter().filter(|other| other.name != slot.name).any(|other| {
        let SlotType::Enum(options) = effective_type(other).item() else { return false };
        let stated = slots::stated_options(options, scan.vocabulary(other), &scan.heard);
        stated.iter().any(|chosen| chosen.start <= noun && noun < chosen.end)
    })
}

/// Whether a number counts the option of a slot that takes one.
fn is_chosen(mv: &Move, scan: &Scan<'_>, found: &Found) -> bool {
    let Some(noun) = nouns_behind(scan, found).first() else { return false };
    let of_one = |slot: &&Slot| {
        matches!(effective_type(slot), SlotType::Enum(options) if slots::stated_options(options, scan.vocabulary(slot), &scan.heard)
            .iter()
            .any(|chosen| chosen.start <= noun.start && noun.start < chosen.end))
    };
    mv.slots.iter().any(|slot| of_one(&slot))
}

/// Whether a text holds one of these words, in any form.
pub(super) fn holds_any(heard: &Heard, nouns: &[Word]) -> bool {
    nouns.iter().any(|noun| heard.holds(noun))
}

/// "bed" for `bedrooms`: the beginning of a longer word.
fn is_short_for(name: &Heard, noun: &Word) -> bool {
    /// Letters that tell.
    const LEAST: usize = 3;
    let stem = noun.stem(name.language);
    let (said, _) = stem.pieces();
    said.len() >= LEAST && name.words.iter().any(|word| word.text.len() > said.len() + 1 && word.text.starts_with(said))
}

/// "How many kilos does it weigh?" names what it counts, "How many?" does not.
fn names_what_it_counts(asked: &Heard) -> bool {
    let opener = asked.words.iter().position(|word| word.class.is(Class::QUESTION));
    let behind = opener.map_or(&[][..], |at| &asked.words[at + 1..]);
    let noun = behind.iter().find(|word| !word.is(Cue::QuestionSecond));
    noun.is_some_and(|noun| noun.class == Class::CONTENT && !noun.after_break)
}
