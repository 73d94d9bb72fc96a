//! Answers that change what is held without being asked: edits of lists, values that a preposition names, a value that fits
//! only a slot that is filled.

use std::sync::Arc;

use serde_json::Value;

use super::super::doubt::{Doubt, clause};
use super::super::hear::blanked;
use super::super::prepositions::{Asked, by_preposition, leads, may_lead};
use super::super::remainder::without;
use super::super::run::{Reading, Run};
use super::super::wording;
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::slots::{self, Answer, Found, Scan, SlotValue, Source, effective_type, is_yes_no};
use crate::text::Heard;

/// Words of an utterance that, without taking anything back, moves a day that was said before.
const MAX_WORDS_THAT_MOVE_A_DAY: usize = 5;

impl Run<'_> {
    /// "remove the olives", "also bacon", "only cheese": edits of lists, and "forget the delivery, I'll collect" of one option.
    /// Whether there was one.
    pub(super) fn edit_lists(&mut self, mv: &Arc<Move>, asked: Option<&Slot>, scan: &Scan<'_>) -> bool {
        let takes_away = scan.heard.words.iter().any(|word| word.is(Cue::ListRemove));
        let edits = |slot: &Slot| match effective_type(slot) {
            SlotType::List(_) => true,
            SlotType::Enum(_) => takes_away && !is_yes_no(scan.language(), slot),
            _ => false,
        };
        let mut edited = false;
        for slot in mv.slots.iter().filter(|slot| asked.is_none_or(|asked| slot.name != asked.name)) {
            let Some(held) = self.slot_value(&slot.name).cloned() else { continue };
            if slots::is_averse_to(slot, &held.value, scan) {
                self.take_away(slot, &held);
                self.fill_beside(mv, scan, (0, 0));
                edited = true;
                continue;
            }
            if !edits(slot) {
                continue;
            }
            let Some(found) = slots::edit_list(slot, &held.value, scan) else { continue };
            if found.value == held.value {
                continue;
            }
            if found.value.as_array().is_some_and(Vec::is_empty) {
                self.take_away(slot, &held);
            } else {
                self.replace(slot, &found);
            }
            self.fill_beside(mv, scan, found.span());
            edited = true;
            // "mayo, and take off the cheese": the answer beside it.
            if let Some(asked) = asked
                && !is_yes_no(scan.language(), asked)
                && !slots::is_text(asked)
                && let Answer::Value { found: answer, .. } = slots::read_answer(asked, scan)
                && answer.fits
                && (answer.end <= found.start || answer.start >= found.end)
            {
                self.fill(asked, &answer, Source::Answer);
            }
        }
        edited
    }

    /// "Tuesday doesn't work after all", "sorry, I can't do Tuesday" to another question: a day or a time that is held is not wanted.
    /// Whether one was.
    pub(super) fn gives_up_a_time(&mut self, mv: &Move, asked: &Slot, scan: &Scan<'_>) -> bool {
        if !scan.heard.tokens.classes().is(Class::NEGATOR) || slots::is_of_time(effective_type(asked)) {
            return false;
        }
        let Some(frame) = &self.state.active else { return false };
        let timed = |slot: &&Slot| slots::is_of_time(effective_type(slot)) && frame.slot(&slot.name).is_some();
        let held: Vec<&Slot> = mv.slots.iter().filter(timed).collect();
        let wider = Scan::of(scan.text, held.iter().copied(), scan.reference);
        let is_it = |slot: &&&Slot| {
            let value = frame.slot(&slot.name).and_then(|held| held.value.as_str()).unwrap_or_default();
            wider.refused().any(|said| {
                [SlotType::Date, SlotType::Time].into_iter().any(|ty| {
                    let part = Slot { ty, ..Slot::clone(slot) };
                    let read = slots::read_value(&part, said, scan.reference);
                    matches!(read, Answer::Value { found, .. } if found.value.as_str().is_some_and(|said| value.contains(said)))
                })
            })
        };
        let Some(slot) = held.iter().find(is_it).map(|slot| Slot::clone(slot)) else { return false };
        let Some(held) = self.slot_value(&slot.name).cloned() else { return false };
        self.take_away(&slot, &held);
        true
    }

    /// A value that is not wanted any more: its slot is open again.
    fn take_away(&mut self, slot: &Slot, held: &SlotValue) {
        self.tell.reading = Reading::Correction;
        if let Some(frame) = &mut self.state.active {
            frame.clear(&slot.name);
        }
        let said = match self.is_sensitive(slot) {
            true => slots::named(slot),
            false => self.in_words(slot, &held.value, &held.text),
        };
        self.say(&wording::left_out(&said));
    }

    /// "from Hamburg", "to Bergen": a preposition that is the name of a slot says whose value follows. Whether one did.
    pub(super) fn fill_by_preposition(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>) -> bool {
        if !scan.heard.words.iter().any(|word| may_lead(word.class)) {
            return false;
        }
        let text_slots: Vec<&Slot> = mv.slots.iter().filter(|slot| slots::is_text(slot)).collect();
        let leads = leads(self.language(), mv, &text_slots);
        let word = Heard::of(self.language(), slots::spoken_name(asked));
        let grammar = word.words.first().is_some_and(|word| word.class.is(Class::FUNCTION.and(Class::ADJUNCT)));
        let kind = if grammar { Asked::ByPreposition } else { Asked::Another };
        let said = by_preposition(&scan.heard, &leads, kind);
        if said.is_empty() {
            return false;
        }
        let values = self.values_beside_text(mv, scan);
        let mut filled = false;
        let mut rest = scan.text.to_owned();
        for (index, span) in said {
            let slot = text_slots[index];
            let Some(found) = without(scan.language(), slot, scan.text, span, &values) else { continue };
            let found = self.address_behind(mv, slot, scan, &found).unwrap_or(found);
            let held = self.slot_value(&slot.name).map(|held| held.value.clone());
            match held {
                Some(held) if held == found.value => {}
                Some(_) => self.replace(slot, &found),
                None => self.fill(slot, &found, if slot.name == asked.name { Source::Answer } else { Source::Mention }),
            }
            filled = true;
            rest = blanked(&rest, found.span());
        }
        // "tomorrow, sorry, I mean from Hamburg": the answer beside it.
        let mut answered = (0, 0);
        if filled && !slots::is_text(asked) {
            let beside = Scan::of(&rest, [asked], scan.reference).knowing(scan.terms());
            if !is_yes_no(scan.language(), asked)
                && let Answer::Value { found, .. } = slots::read_answer(asked, &beside)
                && found.fits
            {
                answered = found.span();
                self.fill(asked, &found, Source::Answer);
            }
        }
        if filled {
            let beside = Scan::of(&rest, &mv.slots, scan.reference).knowing(scan.terms());
            self.fill_beside(mv, &beside, answered);
            self.read_back_the_day(mv, &beside, &[answered]);
        }
        filled
    }

    /// A value that fits no open slot but exactly one that is filled takes its place ("it started 3 days ago").
    pub(super) fn replace_unasked(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let typed: Vec<&Slot> =
            mv.slots.iter().filter(|slot| !slots::is_text(slot) && frame.slot(&slot.name).is_some()).collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let wider = Scan::of(scan.text, typed.iter().copied(), scan.reference).knowing(scan.terms());
        let mentions = slots::mentions(&typed, &names, &wider, &[]);
        let [only] = mentions.as_slice() else { return false };
        let slot = typed[only.slot];
        let number = slots::is_number(slot);
        if number && Heard::of(self.language(), &only.found.text).len() < 2 {
            // A bare number says too little to go back to another question for.
            return false;
        }
        if frame.slot(&slot.name).is_some_and(|held| held.value == only.found.value) {
            return false;
        }
        // "whenever my shift ends, I'll know on Monday" moves no day that is to come; "it started 3 days ago" tells of one that is past.
        let day = *effective_type(slot) == SlotType::Date && !slots::tells_of_the_past(self.language(), slot);
        let goes_back = scan.heard.begins_with([Cue::Pause, Cue::CorrectionWeak, Cue::CorrectionPlain]) > 0;
        if day && !goes_back && scan.heard.len() > MAX_WORDS_THAT_MOVE_A_DAY {
            return false;
        }
        let span = wider.heard.words_of(only.found.span());
        // "none of them": nothing is wanted of what is asked for, and it is no option "none" of another slot.
        if wider.heard.words[span.clone()].iter().any(|word| word.class.is(Class::NOTHING)) {
            return false;
        }
        // "they leave on the 25th", "it's on the 2nd floor" tell of something else.
        let (opening, end) = clause(&wider.heard.words, span.start, span.end);
        let beside = wider.heard.words[opening..span.start].iter().chain(&wider.heard.words[span.end..end]);
        if !goes_back && slots::is_of_time(effective_type(slot)) && self.unexplained(mv, slot, &wider, beside) > 0 {
            return false;
        }
        // A day or a time where a moment is asked for is a part of that one.
        if *effective_type(asked) == SlotType::DateTime && !goes_back && slots::is_of_time(effective_type(slot)) {
            return false;
        }
        // "can you come Friday instead?", where another day is open, may say that one.
        if !goes_back && self.leaves_a_day_open(mv, slot) {
            return false;
        }
        let mut found = only.found.clone();
        // "oh, and I forgot the wasps": what is named beside a list that was said joins it.
        if matches!(effective_type(slot), SlotType::List(_))
            && let Some(held) = frame.slot(&slot.name).and_then(|held| held.value.as_array())
        {
            let mut members = held.clone();
            members.extend(found.value.as_array().into_iter().flatten().filter(|item| !held.contains(item)).cloned());
            let texts: Vec<&str> = members.iter().filter_map(Value::as_str).collect();
            found = Found { text: self.language().together(&texts), value: Value::Array(members), ..found };
        }
        // Nothing but a value is said for what is asked: "four oh five" to "Which room?"; or a sentence where a text is: "use the vacuum".
        let bare = slots::is_whole(slot, scan, found.span(), &[]) && slots::is_number(asked);
        if bare || slots::is_text(asked) {
            self.tell.reading = Reading::Correction;
            self.fill(slot, &found, Source::Correction);
            self.read_back_if(slot, Some(Doubt::Contested));
        } else {
            self.replace(slot, &found);
        }
        true
    }
}
