//! Filling slots: from what a pattern captured, and from what the utterance states beside.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::json;

use super::Filled;
use super::answers::{FreeText, prompt_text, without_denials};
use super::counts::holds_any;
use super::hear::{Span, blanked};
use super::people::{name_within, speakers_counted};
use super::prepositions::{Asked, by_preposition, leads, parted};
use super::remainder::without;
use super::rules::{Standing, parts_of};
use super::run::Run;
use super::wording;
use crate::entities::time::calendar::days_between;
use crate::entities::{Direction, Entity, Kind, Reference};
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::matcher::Candidate;
use crate::slots::labels::Wanted;
use crate::slots::{self, Answer, Found, Scan, SlotValue, Source, Sureness, effective_type, reason};
use crate::text::{Heard, Word, readable};

/// Days after an earlier date of the same move within which a day that lies before it is read: "24 december" and then "23
/// december" are no year apart.
const MAX_DAYS_LATER: i64 = 300;
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
        if !counted && date.is_some_and(|date| days_between(day, date) > MAX_DAYS_LATER) {
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
        let scan = Scan::over(&said, heard, &mv.slots, &reference).knowing(&header.vocabulary).among(&mv.slots);
        let scan = scan.parting_lengths(|| self.asks_for_a_length_and_a_day(mv));
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
        let scan = scan.among(&mv.slots);
        let scan = scan.parting_lengths(|| self.asks_for_a_length_and_a_day(mv));
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
            // "the ferry tomorrow": half of a moment that is wanted is no day of something that need not be said.
            let halves = |slot: &Slot, stated: &Stated| {
                let tense = |slot: &Slot| slots::tells_of_the_past(self.language(), slot);
                let moment = |wanted: &&Slot| {
                    *effective_type(wanted) == SlotType::DateTime
                        && tense(wanted) == tense(slot)
                        && !scan.states(wanted)
                };
                *effective_type(slot) == SlotType::Date && wanted.iter().any(moment) && !is_of(slot, stated)
            };
            let found = self.stated_for(mv, &others, scan, &taken);
            let beside = |stated: &Stated| others.iter().any(|slot| slot.name == stated.slot && halves(slot, stated));
            stated.extend(found.into_iter().filter(|stated| !beside(stated)));
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
            SlotType::Date if scan.entities.iter().any(|entity| slots::last_day(entity).is_some()) => true,
            _ => scan.reference.direction == Direction::Future && self.asks_for_the_past(mv, slot),
        };
        if needs { Cow::Owned(self.with_question(mv, slot)) } else { Cow::Borrowed(slot) }
    }

    /// Whether one slot takes a length and another the day with which it begins.
    fn asks_for_a_length_and_a_day(&self, mv: &Move) -> bool {
        let lasts = |slot: &Slot| {
            matches!(effective_type(slot), SlotType::Quantity | SlotType::Number | SlotType::Range { .. })
                && slots::takes_a_length(self.language(), &self.with_question(mv, slot))
        };
        mv.slots.iter().any(|slot| *effective_type(slot) == SlotType::Date) && mv.slots.iter().any(lasts)
    }

    pub(super) fn with_question(&self, mv: &Move, slot: &Slot) -> Slot {
        Slot { context: Some(prompt_text(mv, slot)), ..slot.clone() }
    }

    /// Whether the words are the move's own: of a question, its name, or a pattern.
    pub(super) fn is_of_the_move(&self, mv: &Move, words: &[Word]) -> bool {
        mv.slots.iter().any(|slot| holds_any(&self.question(mv, slot).heard, words))
            || holds_any(&Heard::of(self.language(), &readable(&mv.name)), words)
            || self.patterns(mv).iter().any(|pattern| holds_any(pattern, words))
    }
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
