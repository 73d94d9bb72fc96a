//! Filling slots: from what a pattern captured, and from what the utterance states beside.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::json;

use super::Filled;
use super::answers::{FreeText, prompt_text, without_denials};
use super::doubt::clause;
use super::hear::{Span, blanked};
use super::people::{name_within, speakers_counted};
use super::places::addresses;
use super::prepositions::{Asked, by_preposition, leads, parted};
use super::rules::{Standing, parts_of};
use super::run::Run;
use super::wording;
use crate::entities::{Direction, Entity, Kind, Reference};
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::matcher::Candidate;
use crate::slots::labels::Wanted;
use crate::slots::{self, Answer, Found, Scan, SlotValue, Source, Sureness, effective_type, reason};
use crate::text::{Heard, Word, readable};

/// Days after an earlier date of the same move within which a day that lies before it is read: "24 december" and then "23
/// december" are no year apart.
const MAX_DAYS_LATER: i32 = 300;
/// What is counted in a unit wherever it is said; "in twelve months" is only where it answers.
const MEASURES: [Kind; 2] = [Kind::Dimension, Kind::Duration];

/// The span of a value in the utterance, and the value.
pub(super) struct Stated {
    pub(super) slot: String,
    pub(super) found: Found,
}

impl Run<'_> {
    /// Stores a value.
    pub(super) fn fill(&mut self, slot: &Slot, found: &Found, source: Source) {
        let (found, order) = &self.after_earlier_dates(slot, found);
        let term = slots::term(slot, &found.text, &self.reference, self.input.game.model());
        let (found, source, sureness) = match &term {
            Some((term, source, sureness)) => (term, *source, *sureness),
            None => (found, source, Sureness::Sure),
        };
        let confirmed = !slot.confirm && sureness == Sureness::Sure && *order == Sureness::Sure;
        let value = SlotValue { text: found.text.clone(), value: found.value.clone(), source, confirmed };
        if let Some(frame) = &mut self.state.active {
            frame.fill(&slot.name, value);
            self.tell.filled.push(Filled { slot: slot.name.clone(), source });
        }
    }

    /// Takes back a value that was stored in this turn: it is asked for again.
    pub(super) fn unfill(&mut self, slot: &Slot) {
        if let Some(frame) = &mut self.state.active {
            frame.clear(&slot.name);
        }
        self.tell.filled.retain(|filled| filled.slot != slot.name);
    }

    /// A date that would lie before one that the move asks for first is read against that one, "the 17th", and one that is counted
    /// from it always is: "a week later". One that would lie nearly a year later stays as it was said, and is not sure.
    fn after_earlier_dates(&self, slot: &Slot, found: &Found) -> (Found, Sureness) {
        let as_said = || (found.clone(), Sureness::Sure);
        let ty = effective_type(slot);
        if !matches!(ty, SlotType::Date | SlotType::DateTime) || slots::tells_of_the_past(self.language(), slot) {
            return as_said();
        }
        let counted = slots::is_counted_from_another(self.language(), &found.text);
        // A moment stays as it was said, unless its day is counted.
        let day = |slot: &Slot| match effective_type(slot) {
            SlotType::Date => true,
            SlotType::DateTime => counted,
            _ => false,
        };
        if !day(slot) {
            return as_said();
        }
        let (Some(mv), Some(frame)) = (self.active_move(), &self.state.active) else { return as_said() };
        let before = mv.slots.iter().take_while(|other| other.name != slot.name);
        let earlier = before
            .filter(|other| day(other) && !slots::tells_of_the_past(self.language(), other))
            .filter_map(|other| frame.slot(&other.name)?.value.as_str()?.split('T').next().map(str::to_owned))
            .max();
        let (Some(earlier), Some(said)) = (earlier, found.value.as_str()) else { return as_said() };
        let again = counted || said < earlier.as_str();
        let Some(day) = earlier.parse::<jiff::civil::Date>().ok().filter(|_| again) else { return as_said() };
        let reference = Reference { now: day.at(0, 0, 0, 0), ..self.reference };
        // "the 17th" is more of a day than "17th": the words before it count.
        let start = found.start.min(self.text.len());
        let lead = Heard::of(self.language(), self.text.get(..start).unwrap_or_default());
        let starts = lead.words.iter().rev().take(2).map(|word| word.start);
        let wider = starts.filter_map(|from| self.text.get(from..found.end.min(self.text.len())));
        let said: Vec<&str> = std::iter::once(found.text.as_str()).chain(wider).collect();
        let again = said.into_iter().find_map(|said| match slots::read_value(slot, said, &reference) {
            Answer::Value { found: again, .. } => {
                again.value.as_str().is_some_and(|value| value >= earlier.as_str()).then_some(again.value)
            }
            _ => None,
        });
        let Some(again) = again else { return as_said() };
        let date = again.as_str().and_then(|date| date.parse::<jiff::civil::Date>().ok());
        if !counted && date.is_some_and(|date| (date - day).get_days() > MAX_DAYS_LATER) {
            return (found.clone(), Sureness::Unsure);
        }
        (Found { value: again, ..found.clone() }, Sureness::Sure)
    }

    /// Fills from a match: captures first, then what else the text states.
    pub(super) fn fill_from_match(&mut self, mv: &Arc<Move>, candidate: &Candidate, text: &str) {
        self.keep_captures(mv, candidate);
        if mv.slots.is_empty() {
            return;
        }
        let reference = self.reference;
        let header = Arc::clone(&self.input.header);
        let heard = self.heard_in(text);
        let said = without_own_negation(&heard, candidate, text);
        let heard_whole = Rc::clone(&heard);
        let heard = if matches!(said, Cow::Borrowed(_)) { heard } else { self.heard_in(&said) };
        let scan = Scan::over(&said, heard, &mv.slots, &reference).knowing(&header.vocabulary);
        let scan = scan.parting_lengths(&mv.slots);
        let contested = slots::Contested::of(&mv.slots, &scan);
        let is_contested = |slot: &Slot, end: usize| {
            contested.slots.iter().any(|index| mv.slots[*index].name == slot.name)
                || slots::is_number(slot) && contested.counts(&scan, end)
        };
        // Which of them is meant is asked for.
        let several = contested.slots.first().map(|index| {
            let why = reason(self.language(), &mv.slots[*index]);
            format!("{} {why}", self.language().text(wording::ONE_AT_A_TIME))
        });
        self.agenda.refusals.extend(several);
        let mut taken: Vec<(usize, usize)> = Vec::new();
        let mut free_text: Vec<(Slot, (usize, usize))> = Vec::new();
        let ends = period_captured(mv, candidate, &scan);
        for capture in &candidate.captures {
            let Some(slot) = mv.slots.iter().find(|slot| slot.name == capture.name) else {
                if !parts_of(mv, &capture.name).is_empty()
                    && let said = composite_span(self.language(), text, capture.span)
                    && self.fill_composite(
                        mv,
                        &capture.name,
                        text.get(said.0..said.1).unwrap_or_default(),
                        Source::Capture,
                    )
                {
                    taken.push(said);
                }
                continue;
            };
            if slots::is_text(slot) {
                let (own, others) = parted(&heard_whole, mv, slot, capture.span);
                free_text.push((slot.clone(), own));
                let captured = |name: &str| candidate.captures.iter().any(|other| other.name == name);
                free_text.extend(others.into_iter().filter(|(other, _)| !captured(&other.name)));
                continue;
            }
            let goes_on = matches!(effective_type(slot), SlotType::List(_))
                && text.get(capture.span.1..).is_some_and(|rest| {
                    Heard::of(self.language(), rest).words.first().is_some_and(|first| first.is(Cue::ListJoin))
                });
            // "order paper and pens", of which a clause ends at the "and".
            // "on friday, no sorry thursday", of which a capture ends at the comma.
            let from_there = text.get(capture.span.0..).unwrap_or_default();
            let takes_back = || slots::takes_itself_back(slot, &Scan::of(from_there, [slot], &reference));
            let captured = (goes_on || takes_back()).then_some(from_there);
            let said = slots::read_value(slot, captured.unwrap_or(&capture.text), &reference);
            match said {
                Answer::Value { mut found, .. } if found.fits && !is_contested(slot, capture.span.1) => {
                    if let Some((_, day)) = ends.iter().find(|(span, _)| *span == capture.span) {
                        found.value = json!(day);
                    }
                    let placed = found.clone().behind(capture.span.0);
                    taken.push((capture.span.0, capture.span.1.max(placed.end)));
                    let doubt = self.doubt_of_mention(mv, slot, &scan, &placed);
                    self.fill(slot, &found, Source::Capture);
                    self.read_back_if(slot, doubt);
                    self.fill_time_of_day(mv, slot, captured.unwrap_or(&capture.text));
                }
                // "over 14 months", where twelve are the most: of nothing else.
                Answer::Value { found, .. } if !found.fits => {
                    taken.push(capture.span);
                    self.agenda.refusals.push(reason(self.language(), slot));
                }
                Answer::Refused(why) if is_bounded(slot) => {
                    taken.push(capture.span);
                    self.agenda.refusals.push(why);
                }
                _ => {
                    let why = self.no_option(slot, &capture.text);
                    taken.extend(why.as_ref().map(|_| capture.span));
                    self.agenda.refusals.extend(why);
                }
            }
        }
        free_text.extend(self.led_to(mv, candidate, &heard_whole));
        taken.extend(self.numbers_of_names(mv, &scan, &free_text));
        let mut stated = self.stated_beside(mv, &scan, &taken);
        stated.retain(|stated| {
            let slot = mv.slots.iter().find(|slot| slot.name == stated.slot);
            slot.is_some_and(|slot| !is_contested(slot, stated.found.end))
        });
        let in_text = |found: &Found| free_text.iter().any(|(_, span)| span.0 <= found.start && found.end <= span.1);
        stated.retain(|stated| !in_text(&stated.found) || !self.numbers_a_noun(mv, &scan, stated));
        for (slot, span) in free_text {
            // A time at its end belongs to a day that is asked for, even where it says none ("Italy next week").
            let times = scan.times().filter(|time| asks_for_a_day(mv) && time.0 > span.0);
            let spans: Vec<(usize, usize)> = stated.iter().map(|stated| stated.found.span()).chain(times).collect();
            if let Some(mut found) = without(self.language(), &slot, text, span, &spans) {
                let wanted = self.wanted(mv, &slot);
                if wanted != Wanted::Words {
                    found = without_denials(&self.heard_in(&found.text), &slot, found);
                    found = self.without_what_is_joined(mv, &slot, found);
                }
                // "my daughter Sofia", "Sofia in the toddler room"
                if matches!(wanted, Wanted::Name | Wanted::Person) {
                    if let FreeText::Value(name) = self.as_label(mv, &slot, wanted, found.clone()) {
                        found = name;
                    }
                    let inner = name_within(&Scan::of(&found.text, std::iter::empty::<&Slot>(), &reference));
                    found = inner.map_or(found.clone(), |inner| inner.behind(found.start));
                }
                self.fill(&slot, &found, Source::Capture);
                let doubt = self.doubt_of_text(mv, &slot, &found);
                self.read_back_if(&slot, doubt);
            }
        }
        self.fill_stated(mv, &scan, stated, taken);
        let mut none = self.none_led_to(mv, &scan);
        none.retain(|why| !self.agenda.refusals.contains(why));
        self.agenda.refusals.append(&mut none);
    }

    /// "move it to {day}" of "move it to friday 18:00": the time that is captured with a day fills the only open slot for one.
    fn fill_time_of_day(&mut self, mv: &Move, day: &Slot, captured: &str) {
        let Some(frame) = self.state.active.as_ref().filter(|_| *effective_type(day) == SlotType::Date) else { return };
        let takes = |slot: &&Slot| *effective_type(slot) == SlotType::Time && frame.is_open(&slot.name);
        let mut times = mv.slots.iter().filter(takes);
        let (Some(time), None) = (times.next(), times.next()) else { return };
        if let Answer::Value { found, .. } = slots::read_value(time, captured, &self.reference)
            && found.fits
        {
            self.fill(time, &found, Source::Capture);
        }
    }

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

    /// Fills what is stated, and notes what could not be filled; `used` is taken already.
    fn fill_stated(&mut self, mv: &Arc<Move>, scan: &Scan<'_>, stated: Vec<Stated>, mut used: Vec<Span>) {
        for stated in stated {
            if let Some(slot) = mv.slots.iter().find(|slot| slot.name == stated.slot) {
                used.push(stated.found.span());
                self.fill_stated_one(mv, slot, scan, &stated.found);
            }
        }
        self.note_doubtful(mv, scan, &used);
        self.pass_declined(mv, scan);
    }

    /// Fills one value that was said beside; what is in doubt is read back.
    pub(super) fn fill_stated_one(&mut self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) {
        let doubt = self.doubt_of_mention(mv, slot, scan, found);
        self.fill(slot, found, Source::Mention);
        self.read_back_if(slot, doubt);
    }

    /// Fills what an utterance states that no pattern of the move matches.
    pub(super) fn fill_from_text(&mut self, mv: &Arc<Move>, text: &str) {
        let reference = self.reference;
        let header = Arc::clone(&self.input.header);
        let scan = Scan::over(text, self.heard_in(text), &mv.slots, &reference).knowing(&header.vocabulary);
        let scan = scan.parting_lengths(&mv.slots);
        let stated = self.stated_beside(mv, &scan, &[]);
        self.fill_stated(mv, &scan, stated, Vec::new());
    }

    /// What was said beside and cannot be stored as it is: a number out of bounds is refused with its reason, and a day that
    /// several slots could take is read back.
    pub(super) fn note_doubtful(&mut self, mv: &Arc<Move>, scan: &Scan<'_>, used: &[(usize, usize)]) {
        let Some(frame) = &self.state.active else { return };
        let wanted = |slot: &&Slot| frame.is_open(&slot.name) && self.standing(mv, slot) != Standing::Needless;
        let open: Vec<&Slot> = mv.slots.iter().filter(wanted).collect();
        let refused = slots::out_of_bounds(&open, scan, used).map(|index| reason(self.language(), open[index]));
        self.read_back_the_day(mv, scan, used);
        if let Some(reason) = refused {
            self.agenda.refusals.push(reason);
        }
    }

    /// A day or a time that several open slots could take is that of the first of them, and is read back.
    pub(super) fn read_back_the_day(&mut self, mv: &Arc<Move>, scan: &Scan<'_>, used: &[Span]) {
        let Some(frame) = &self.state.active else { return };
        let open = |slot: &&Slot| frame.is_open(&slot.name) && self.standing(mv, slot) != Standing::Needless;
        let open: Vec<&Slot> = mv.slots.iter().filter(open).collect();
        let undecided: Vec<(Slot, Found)> = [SlotType::Date, SlotType::Time]
            .iter()
            .filter_map(|ty| slots::undecided(&open, ty, scan, used))
            .map(|(index, found)| (open[index].clone(), found))
            .collect();
        for (slot, found) in undecided {
            let doubt = self.doubt_of_mention(mv, &slot, scan, &found);
            self.fill(&slot, &found, Source::Mention);
            self.read_back(&slot.name);
            self.read_back_if(&slot, doubt);
        }
    }

    /// Days at the end of a text, where one is still open, whichever slot they are for: "Vienna on 12 May".
    pub(super) fn days_at_the_end(&self, mv: &Move, scan: &Scan<'_>) -> Vec<Span> {
        let Some(frame) = &self.state.active else { return Vec::new() };
        let open = |slot: &&Slot| slots::is_of_time(effective_type(slot)) && frame.is_open(&slot.name);
        let words = &scan.heard.words;
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return Vec::new() };
        let ends = |time: &Span| time.0 > first.start && time.1 >= last.end;
        if mv.slots.iter().any(|slot| open(&slot)) { scan.times().filter(ends).collect() } else { Vec::new() }
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
    fn counts_another_thing(&self, mv: &Move, scan: &Scan<'_>, stated: &Stated) -> bool {
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

    /// "We have no Skye. Please choose …", where what is said for a slot is none of its options.
    pub(super) fn no_option(&self, slot: &Slot, said: &str) -> Option<String> {
        let scan = Scan::of(said, [slot], &self.reference).knowing(&self.input.header.vocabulary);
        let none = wording::none_such(&slots::is_no_option(slot, &scan)?).in_words(self.language());
        Some(format!("{none} {}", reason(self.language(), slot)))
    }

    /// "book a crossing from Oban to Skye": what a preposition leads to for a slot that is open, and is none of its options.
    fn none_led_to(&self, mv: &Move, scan: &Scan<'_>) -> Vec<String> {
        let Some(frame) = &self.state.active else { return Vec::new() };
        let choices: Vec<&Slot> =
            mv.slots.iter().filter(|slot| matches!(effective_type(slot), SlotType::Enum(_))).collect();
        let leads = leads(self.language(), mv, &choices);
        if leads.is_empty() {
            return Vec::new();
        }
        let led = by_preposition(&scan.heard, &leads, Asked::ByPreposition).into_iter();
        let open = led.filter(|(index, _)| frame.is_open(&choices[*index].name));
        let names = |(index, span): (usize, (usize, usize))| {
            let said = scan.text.get(span.0..span.1)?;
            // "I'd like to travel": what is no name follows a word of the move's ("the ferry to skye").
            let lead = scan.heard.words_of(span).start.checked_sub(1)?;
            let before = lead.checked_sub(1).and_then(|before| scan.heard.words.get(before));
            let named = said.starts_with(char::is_uppercase)
                || before.is_some_and(|word| word.tells() && self.are_words_of(&mv.name, std::iter::once(word)));
            if named { self.no_option(choices[index], said) } else { None }
        };
        open.filter_map(names).collect()
    }

    /// "a one way ticket": passes over the open slots that the author's words decline.
    fn pass_declined(&mut self, mv: &Move, scan: &Scan<'_>) {
        for slot in mv.slots.iter().filter(|slot| !slot.declined_by.is_empty()) {
            let open = self.state.active.as_ref().is_some_and(|frame| frame.is_open(&slot.name));
            if open && slots::is_declined(slot, &scan.heard) {
                self.pass(&slot.name);
            }
        }
    }

    /// A value that is read back before it counts.
    pub(super) fn read_back(&mut self, slot: &str) {
        let frame = self.state.active.as_mut();
        if let Some((_, value)) = frame.and_then(|frame| frame.slots.iter_mut().find(|(name, _)| *name == slot)) {
            value.confirmed = false;
        }
    }

    /// Keeps captures that are no slots.
    fn keep_captures(&mut self, mv: &Move, candidate: &Candidate) {
        let Some(frame) = &mut self.state.active else { return };
        for capture in &candidate.captures {
            if !mv.slots.iter().any(|slot| slot.name == capture.name) && parts_of(mv, &capture.name).is_empty() {
                frame.captures.insert(capture.name.clone(), json!(capture.text));
            }
        }
    }

    /// The unambiguous mentions for slots of the move that are still open.
    pub(super) fn stated_beside(&self, mv: &Move, scan: &Scan<'_>, taken: &[(usize, usize)]) -> Vec<Stated> {
        let Some(frame) = &self.state.active else { return Vec::new() };
        let whole =
            |(from, until): &Span| scan.heard.words.iter().all(|word| *from <= word.start && word.end <= *until);
        if taken.iter().any(whole) {
            return Vec::new();
        }
        // What need not be said takes only what nothing else takes: "at 10" is no time of a return that nobody has asked for.
        let open = mv.slots.iter().filter(|slot| frame.is_open(&slot.name));
        let (wanted, others): (Vec<&Slot>, Vec<&Slot>) =
            open.partition(|slot| self.standing(mv, slot) == Standing::Wanted);
        // "me, my wife and our two boys": no number in it is one by itself.
        let open: Vec<&Slot> = wanted.iter().chain(&others).copied().collect();
        let counts = open.iter().any(|slot| slots::is_number(slot));
        let party = counts.then(|| self.party(mv, scan)).flatten();
        let speakers = party.and_then(|party| speakers_counted(party, &open, scan, taken));
        let taken: Vec<Span> = taken.iter().copied().chain(party.map(|(span, ..)| span)).collect();
        let mut stated = self.stated_for(mv, &wanted, scan, &taken);
        // "return at 10" is said for the return, which need not be said, and for no other time.
        let is_of = |slot: &Slot, stated: &Stated| slots::is_named_for(slot, scan, &stated.found);
        stated.retain(|stated| {
            let own = wanted.iter().find(|slot| slot.name == stated.slot);
            own.is_none_or(|own| {
                let mut alike = others.iter().filter(|other| effective_type(other) == effective_type(own));
                !alike.any(|other| is_of(other, stated)) || is_of(own, stated)
            })
        });
        if !others.is_empty() {
            let spans = stated.iter().map(|stated| stated.found.span());
            let taken: Vec<Span> = taken.iter().copied().chain(spans).collect();
            stated.extend(self.stated_for(mv, &others, scan, &taken));
        }
        let spans = stated.iter().map(|stated| stated.found.span());
        let taken: Vec<Span> = taken.iter().copied().chain(spans).collect();
        let still_open = |slot: &&Slot| !stated.iter().any(|stated| stated.slot == slot.name);
        let open: Vec<&Slot> = wanted.into_iter().chain(others).filter(still_open).collect();
        stated.extend(self.said_to_be_so(mv, &open, scan, &taken));
        let still_open = |slot: &&&Slot| !stated.iter().any(|stated| stated.slot == slot.name);
        let asked: Vec<&Slot> = open.iter().filter(still_open).copied().collect();
        stated.extend(self.said_in_words_of_a_question(mv, &asked, scan, &taken));
        stated.extend(speakers);
        let address =
            self.address_said(mv, &open, scan, &taken).or_else(|| self.numbered_place(mv, &open, scan, &taken));
        let mut taken: Vec<Span> = taken.into_iter().chain(address.iter().map(|stated| stated.found.span())).collect();
        stated.extend(address);
        let thing = self.thing_named(mv, &open, scan, &taken);
        taken.extend(thing.iter().map(|stated| stated.found.span()));
        stated.extend(thing);
        stated.extend(self.people_named(mv, &open, scan, &taken));
        stated
    }

    fn stated_for(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Vec<Stated> {
        let told: Vec<Cow<'_, Slot>> = open.iter().map(|slot| self.as_asked(mv, slot, scan, &MEASURES)).collect();
        let open: Vec<&Slot> = told.iter().map(AsRef::as_ref).collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let outside = |taken: &[Span]| -> Vec<Stated> {
            slots::mentions(&open, &names, scan, taken)
                .into_iter()
                .filter_map(|mention| Some(Stated { slot: open.get(mention.slot)?.name.clone(), found: mention.found }))
                .filter(|stated| !self.counts_another_thing(mv, scan, stated))
                .collect()
        };
        let mut stated = outside(taken);
        // "two bunches to 41 Elm Street": what counts nothing that is asked for does not hide what does.
        let numbers: Vec<Span> =
            scan.entities.iter().filter(|entity| entity.kind == Kind::Number).map(Entity::span).collect();
        let counted: Vec<&Slot> = open.iter().copied().filter(|slot| slots::is_number(slot)).collect();
        if numbers.len() > 1 && !counted.is_empty() {
            let counts = |span: &Span, slot: &Slot| {
                let found = Found::text(*span, scan.text.get(span.0..span.1).unwrap_or_default());
                !self.counts_another_thing(mv, scan, &Stated { slot: slot.name.clone(), found })
            };
            let others = numbers.into_iter().filter(|span| !counted.iter().any(|slot| counts(span, slot)));
            let taken: Vec<Span> = taken.iter().copied().chain(others).collect();
            let missed = |again: &Stated| {
                counted.iter().any(|slot| slot.name == again.slot)
                    && !stated.iter().any(|known| known.slot == again.slot)
            };
            let again: Vec<Stated> = outside(&taken).into_iter().filter(missed).collect();
            stated.extend(again);
        }
        stated
    }

    /// A slot with its question, where what is said needs it: "Since when?" tells of a day, "How many months?" of what a number
    /// counts, "How much a head?" of what an amount is for.
    /// `measures` are the kinds of values that may be counted in a unit.
    pub(super) fn as_asked<'s>(&self, mv: &Move, slot: &'s Slot, scan: &Scan<'_>, measures: &[Kind]) -> Cow<'s, Slot> {
        let measured = || scan.entities.iter().any(|entity| measures.contains(&entity.kind));
        let needs = match effective_type(slot) {
            SlotType::Number | SlotType::Range { .. } | SlotType::Quantity => measured(),
            SlotType::Money => scan.heard.tokens.classes().is(Class::EACH),
            SlotType::Time => scan.entities.iter().any(|entity| slots::only_bound(entity).is_some()),
            _ => scan.reference.direction == Direction::Future && self.asks_for_the_past(mv, slot),
        };
        if needs {
            Cow::Owned(Slot { context: Some(prompt_text(mv, slot)), ..slot.clone() })
        } else {
            Cow::Borrowed(slot)
        }
    }

    /// Whether the words are the move's own: of a question, its name, or a pattern.
    pub(super) fn is_of_the_move(&self, mv: &Move, words: &[Word]) -> bool {
        mv.slots.iter().any(|slot| holds_any(&self.question(mv, slot).heard, words))
            || holds_any(&Heard::of(self.language(), &readable(&mv.name)), words)
            || self.patterns(mv).iter().any(|pattern| holds_any(pattern, words))
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
fn holds_any(heard: &Heard, nouns: &[Word]) -> bool {
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

/// The days of the two ends of a period that a pattern captures, each with its place: "from 26 june to 28 june in 2027".
fn period_captured(mv: &Move, candidate: &Candidate, scan: &Scan<'_>) -> Vec<(Span, String)> {
    let is_day = |name: &str| mv.slots.iter().any(|slot| slot.name == name && *effective_type(slot) == SlotType::Date);
    let mut days = candidate.captures.iter().filter(|capture| is_day(&capture.name)).map(|capture| capture.span);
    let (Some(first), Some(last), None) = (days.next(), days.next(), days.next()) else { return Vec::new() };
    let ends = slots::ends_over(scan, first, last);
    ends.map_or_else(Vec::new, |(start, end)| vec![(first, start), (last, end)])
}

/// A capture ends with its clause; a composite goes on behind it with what is a name or a number: "5 Main Street, Bonn".
fn composite_span(language: &'static Language, text: &str, span: (usize, usize)) -> (usize, usize) {
    let mut end = span.1;
    while let Some(rest) = text.get(end..).and_then(|rest| rest.strip_prefix(',')) {
        let piece = rest.split([',', '.', '!', '?', ';', '\n']).next().unwrap_or_default();
        let heard = Heard::of(language, piece);
        let speaks = |word: &Word| word.class.is(Class::FUNCTION) || word.class.is(Class::LIGHT);
        if heard.is_empty() || heard.words.iter().any(speaks) || slots::strings::is_noise(&heard) {
            break;
        }
        end += 1 + piece.len();
    }
    (span.0, end)
}

/// A negation that is part of what the pattern says ("I can't log in") denies nothing of what is said beside it ("… to the
/// vpn"): the pattern's words are made blank, captures apart.
fn without_own_negation<'t>(heard: &Heard, candidate: &Candidate, text: &'t str) -> Cow<'t, str> {
    let inside = |word: &&Word| candidate.span.0 <= word.start && word.end <= candidate.span.1;
    let captured = |word: &Word| candidate.captures_at((word.start, word.end));
    if !heard.words.iter().filter(inside).any(|word| word.class.is(Class::NEGATOR) && !captured(word)) {
        return Cow::Borrowed(text);
    }
    let pattern = heard.beside(&candidate.pattern);
    let is_own = |word: &&Word| !captured(word) && (word.class.is(Class::NEGATOR) || pattern.holds(word));
    let own = heard.words.iter().filter(inside).filter(is_own);
    Cow::Owned(own.fold(text.to_owned(), |text, word| blanked(&text, (word.start, word.end))))
}

/// Whether a slot takes numbers within bounds.
fn is_bounded(slot: &Slot) -> bool {
    matches!(effective_type(slot), SlotType::Range { .. })
}

/// Whether a day or a moment is asked for.
fn asks_for_a_day(mv: &Move) -> bool {
    mv.slots.iter().any(|slot| {
        matches!(effective_type(slot), SlotType::Date | SlotType::DateTime | SlotType::Time | SlotType::Timeframe)
    })
}

/// Free text within `span`, without the values in `stated` and the words that tie them to it.
/// `None` when nothing of its own is left.
pub(super) fn without(
    language: &'static Language,
    slot: &Slot,
    text: &str,
    span: (usize, usize),
    stated: &[(usize, usize)],
) -> Option<Found> {
    let (mut start, mut end) = span;
    let mut inside: Vec<(usize, usize)> =
        stated.iter().copied().filter(|(from, to)| *from < end && *to > start).collect();
    crate::order::sort_by_key(&mut inside, |span| *span);
    // From the end inwards: a value cuts off what stands behind it when it ends the text or a clause.
    while let Some((from, to)) = inside.pop() {
        let head = text.get(start..from)?;
        let tail = text.get(to.min(end)..end)?;
        if has_words(head) && ends_with_value(language, head, tail) {
            end = start + trimmed_end(language, head);
        } else if !has_words(head) {
            start = to.min(end) + (tail.len() - trimmed_start(language, tail).len());
        } else if head.trim_end().ends_with(['.', ';', '!', '?', '\n']) {
            // "Leith. Tomorrow if you can": what is set apart with the value is no part of the text.
            end = start + trimmed_end(language, head);
        } else if let Some(cut) = clause_break(language, head) {
            // "my back, since yesterday, it burns": the clause with the value goes, and what comes after it.
            end = start + cut;
        }
        if start >= end {
            return None;
        }
    }
    let piece = text.get(start..end)?;
    let (from, to) = slots::strings::value_span(language, slots::spoken_name(slot), piece)?;
    let said = piece.get(from..to)?;
    if slots::strings::is_noise(&Heard::of(language, said)) && !stated.is_empty() {
        return None;
    }
    Some(Found::text((from, to), said).behind(start))
}

/// Whether a value is the end of a text: nothing follows, or, behind a phrase, grammar alone ("for the two of us").
fn ends_with_value(language: &'static Language, head: &str, tail: &str) -> bool {
    let grammar = |word: &Word| word.class.is(Class::FUNCTION.and(Class::FILLER));
    let says = || slots::labels::says_something_of(head, &Heard::of(language, head));
    !has_words(tail) || Heard::of(language, tail).words.iter().all(grammar) && !says()
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Where free text ends that is followed by a value: before the words that lead to it ("about", "since", "it's a").
fn trimmed_end(language: &'static Language, head: &str) -> usize {
    let heard = Heard::of(language, head);
    let mut end = heard.words.len();
    // "call it a box" says nothing but the value.
    let introduced = heard.begins_with(Cue::Introduction);
    if introduced > 0 && heard.words[introduced..].iter().all(|word| word.is(Cue::ArticleIndefinite)) {
        return 0;
    }
    // "the noise level, 7": what a mark sets apart from the value does not lead to it.
    let tail = heard.words.last().and_then(|last| head.get(last.end..)).unwrap_or_default();
    let set_apart = tail.contains([',', ';', ':', '.', '!', '?', '\n', '–', '—']);
    // "Jo, and add olives"
    let adds = language.suffix(&heard.words, Cue::ListAdd);
    if !set_apart && adds > 0 {
        end -= adds;
        end -= language.suffix(&heard.words[..end], Cue::Linker);
    }
    while !set_apart && end > 0 && heard.words[end - 1].is(Cue::TieBefore) {
        end -= 1;
        if heard.words[end].after_break {
            break;
        }
    }
    // What is left of a clause that only leads to the value goes as well: "… my number is".
    let clause = heard.words[..end].iter().rposition(|word| word.after_break);
    let names = |word: &Word| word.class.is(Class::FUNCTION) || word.is([Cue::Label, Cue::TypeName, Cue::SlotOfName]);
    if let Some(from) = clause.filter(|from| !set_apart && heard.words[*from..end].iter().all(names)) {
        end = from;
    }
    end.checked_sub(1).map_or(0, |last| heard.words[last].end)
}

fn trimmed_start<'t>(language: &'static Language, tail: &'t str) -> &'t str {
    let heard = Heard::of(language, tail);
    let first = heard.words.iter().find(|word| !word.is(Cue::TieAfter) || word.after_break);
    first.map_or("", |word| &tail[word.start..])
}

fn clause_break(language: &'static Language, head: &str) -> Option<usize> {
    let heard = Heard::of(language, head);
    let at = heard.words.iter().rposition(|word| word.after_break)?;
    at.checked_sub(1).map(|before| heard.words[before].end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Extract;

    fn location() -> Slot {
        Slot {
            name: "location".into(),
            ty: SlotType::String,
            required: true,
            default: None,
            extract: Extract::Hybrid,
            expression: None,
            vocabulary: vec![],
            context: None,
            confirm: false,
            sensitive: false,
            retries: 3,
            rules: None,
            declined_by: vec![],
            line: 1,
        }
    }

    fn check(text: &str, values: &[&str], expected: Option<&str>) {
        let stated: Vec<(usize, usize)> =
            values.iter().map(|value| text.find(value).map(|start| (start, start + value.len())).unwrap()).collect();
        let found = without(Language::english(), &location(), text, (0, text.len()), &stated).map(|found| found.text);
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn values_beside_free_text_are_cut_off_with_the_words_that_lead_to_them() {
        check("my lower back, about a 7, since yesterday", &["7", "yesterday"], Some("lower back"));
        check("back since yesterday, about 7", &["yesterday", "7"], Some("back"));
        check("knee", &[], Some("knee"));
        check("Leith. tomorrow if you can", &["tomorrow"], Some("Leith"));
        check("Leith on friday for the two of us", &["friday", "two"], Some("Leith"));
        check("I paid 50 for it", &["50"], Some("I paid 50 for it"));
        check("it's a 7", &["7"], None);
        check("in my knee and it started 2 days ago", &["2 days ago"], Some("knee"));
        check("7 out of 10 in my left arm", &["7 out of 10"], Some("left arm"));
    }
}
