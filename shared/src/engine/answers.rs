//! Reading an utterance as the answer to a slot's question: a value, a correction, a digression, a refusal.

use std::sync::Arc;

use super::corrections::{self, Asked, Strength};
use super::fill::without;
use super::flow::Entry;
use super::hear::blanked;
use super::mending::Target;
use super::repairs;
use super::run::{Halt, Reading, Run};
use super::state::Frame;
use super::turn::CERTAIN;
use super::wording;
use crate::entities::Direction;
use crate::entities::time::impossible_date;
use crate::ir::{Element, Move, Slot, SlotType, TemplatePart};
use crate::language::{Class, Cue, Language, Text};
use crate::matcher::Candidate;
use crate::slots::labels::{self, Label, Wanted};
use crate::slots::{self, Answer, Found, Scan, SlotValue, Source, effective_type, is_yes_no, reason, strings};
use crate::text::{Heard, Word};

/// The longest text that replaces a free-text value without being asked for.
const MAX_CORRECTION_WORDS: usize = 8;

/// What an utterance is as an answer to a slot's question. Values are stored already.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answered {
    /// It says something for the move, which goes on.
    GoesOn,
    /// The person declines to answer.
    Declined,
    /// It is not an answer, with the reason.
    Refused(String),
    /// It is a question, or says again what is known.
    Asks,
    /// It means another move.
    Leaves(Box<Candidate>),
}

/// What free text comes to as an answer.
#[derive(Debug, Clone, PartialEq)]
enum FreeText {
    /// This is the answer.
    Value(Found),
    /// A sentence, where a name, a code or a place is asked for.
    Sentence,
    /// Nothing is left for it.
    Nothing,
}

impl Run<'_> {
    /// Stores what a part of the utterance says for an open slot, and asks nothing; whether it said something.
    pub(super) fn store_answer(&mut self, name: &str) -> bool {
        let Some(mv) = self.active_move() else { return false };
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == name).cloned() else { return false };
        match self.hear_answer(&mv, &slot) {
            Answered::GoesOn => true,
            Answered::Declined => {
                self.pass(name);
                true
            }
            Answered::Refused(_) | Answered::Asks | Answered::Leaves(_) => false,
        }
    }

    /// Stores what a part of the utterance says for a value that was read back; whether it said something.
    pub(super) fn store_confirmation(&mut self, name: &str) -> bool {
        match slots::yes_no::read(&self.text, &self.reference) {
            Some(true) => self.confirm(name),
            Some(false) => {
                if let Some(frame) = &mut self.state.active {
                    frame.clear(name);
                }
            }
            None => return false,
        }
        true
    }

    /// Reads the utterance with a slot's question open.
    pub(super) fn answer_slot(&mut self, name: &str) -> Result<(), Halt> {
        let Some(mv) = self.active_move() else { return self.read_afresh() };
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == name).cloned() else {
            return self.advance(Entry::UnderWay);
        };
        let text = self.text.clone();
        let reference = self.reference;
        let header = Arc::clone(&self.input.header);
        let words =
            Scan::over(&text, self.heard(), std::iter::empty::<&Slot>(), &reference).knowing(&header.vocabulary);
        if !is_plain_answer(&slot, &words) && self.mend_if_asked(Target::Question)? {
            return Ok(());
        }
        self.tell.reading = Reading::Answer;
        let heard = self.hear_answer(&mv, &slot);
        // "forget it, we stay at home": nothing else was understood, so the repair that it opens with counts.
        if matches!(heard, Answered::Refused(_))
            && let Some((repair, _)) = repairs::opening(&words.heard)
        {
            self.tell.reading = Reading::Repair;
            return self.mend(repair, Target::Question);
        }
        match heard {
            Answered::GoesOn => {
                self.answered_by_active();
                // Where nothing is asked any more, nobody else says what could not be taken.
                if self.need(&mv).is_none() {
                    self.say_refusals();
                }
                self.advance(Entry::UnderWay)
            }
            Answered::Declined => self.pass_over(&slot),
            Answered::Refused(reason) => self.refuse(&mv, &slot, &reason),
            Answered::Asks => {
                self.answered_by_active();
                self.ask_again(true)
            }
            Answered::Leaves(other) => self.digress(&other),
        }
    }

    /// Reads the text as the answer to a slot's question; what it says is stored.
    fn hear_answer(&mut self, mv: &Arc<Move>, slot: &Slot) -> Answered {
        let text = self.text.clone();
        let mut reference = self.reference;
        if self.asks_for_the_past(mv, slot) {
            reference.direction = Direction::Past;
        }
        let header = Arc::clone(&self.input.header);
        // Only what is still open is looked for; a correction looks again.
        let open = mv.slots.iter().filter(|slot| self.slot_value(&slot.name).is_none());
        let scan = Scan::over(&text, self.heard(), open, &reference).knowing(&header.vocabulary);
        let plain = is_plain_answer(slot, &scan);
        if !plain && slots::is_declined(slot, &scan.heard) {
            self.fill_beside(mv, &scan, (0, 0));
            return Answered::Declined;
        }
        let yes_no = is_yes_no(scan.language(), slot);
        if !slot.required && strings::denies_by_name(&slot.name, &scan.heard) {
            return Answered::Declined;
        }
        // "nope, that's all" begins like a correction.
        let declines = !plain && !yes_no && self.declines(slot, &scan);
        if declines
            && !asks_yes_or_no(scan.language(), mv, slot)
            && (is_text(slot) || !matches!(slots::read_answer(slot, &scan), Answer::Value { .. }))
        {
            return Answered::Declined;
        }
        if !plain && let Some(said) = self.says_nothing(slot, &scan) {
            return said;
        }
        if !plain && self.edit_lists(mv, slot, &scan) {
            return Answered::GoesOn;
        }
        if self.fill_by_preposition(mv, slot, &scan) || self.correct(mv, Some(slot), &scan) {
            return Answered::GoesOn;
        }
        if *effective_type(slot) == SlotType::String
            || matches!(effective_type(slot), SlotType::List(item) if **item == SlotType::String)
        {
            self.answer_free_text(mv, slot, &scan)
        } else {
            self.answer_typed(mv, slot, &scan)
        }
    }

    /// "Since when do you live there?": a day without a year is the last one.
    fn asks_for_the_past(&self, mv: &Move, slot: &Slot) -> bool {
        if !matches!(effective_type(slot), SlotType::Date | SlotType::DateTime) {
            return false;
        }
        let question = Heard::of(self.language(), &prompt_text(mv, slot));
        (0..question.len()).any(|at| question.language.prefix(&question.words[at..], Cue::AsksPast) > 0)
    }

    /// What is never a value, whatever the slot takes: idioms ("I already told you"), and questions.
    fn says_nothing(&mut self, slot: &Slot, scan: &Scan<'_>) -> Option<Answered> {
        let refers = strings::is_reference(&scan.heard) && !self.states_for(slot, scan);
        if refers || strings::is_idiom(&scan.heard) {
            if !slot.required || slot.default.is_some() {
                return Some(Answered::Declined);
            }
            let why = reason(self.language(), slot);
            return Some(Answered::Refused(format!("{} {why}", self.language().text(wording::NEEDED))));
        }
        if strings::is_pause(&scan.heard) && *effective_type(slot) == SlotType::String {
            return Some(Answered::Asks);
        }
        if strings::is_inquiry(scan.text, &scan.heard) {
            return Some(match self.interruption() {
                Some(other) => Answered::Leaves(Box::new(other)),
                None => Answered::Asks,
            });
        }
        None
    }

    /// Whether the utterance holds a value of the open slot's own type, whatever else it says ("the same as …").
    fn states_for(&self, slot: &Slot, scan: &Scan<'_>) -> bool {
        *effective_type(slot) != SlotType::String
            && matches!(slots::read_answer(slot, scan), Answer::Value { found, .. } if found.fits)
    }

    /// "remove the olives", "also bacon", "only cheese": edits of lists. Whether there was one.
    fn edit_lists(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>) -> bool {
        let lists: Vec<Slot> = mv
            .slots
            .iter()
            .filter(|slot| slot.name != asked.name && matches!(effective_type(slot), SlotType::List(_)))
            .cloned()
            .collect();
        let mut edited = false;
        for slot in lists {
            let Some(held) = self.slot_value(&slot.name).cloned() else { continue };
            let Some(found) = slots::edit_list(&slot, &held.value, scan) else { continue };
            if found.value == held.value {
                continue;
            }
            self.replace(&slot, &found);
            self.fill_beside(mv, scan, (found.start, found.end));
            edited = true;
            // "mayo, and take off the cheese": the answer beside it.
            if !is_yes_no(scan.language(), asked)
                && *effective_type(asked) != SlotType::String
                && let Answer::Value { found: answer, .. } = slots::read_answer(asked, scan)
                && answer.fits
                && (answer.end <= found.start || answer.start >= found.end)
            {
                self.fill(asked, &answer, Source::Answer);
            }
        }
        edited
    }

    /// "from Hamburg", "to Bergen": a preposition that is the name of a slot says whose value follows. Whether one did.
    fn fill_by_preposition(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>) -> bool {
        let text_slots: Vec<&Slot> = mv.slots.iter().filter(|slot| *effective_type(slot) == SlotType::String).collect();
        let names: Vec<&str> = text_slots.iter().map(|slot| slot.name.as_str()).collect();
        let word = Heard::of(self.language(), &asked.name);
        let grammar = word.words.first().is_some_and(|word| word.class.is(Class::FUNCTION.and(Class::ADJUNCT)));
        let kind = if grammar { Asked::ByPreposition } else { Asked::Another };
        let said = corrections::by_preposition(&scan.heard, &names, kind);
        let mut filled = false;
        let mut rest = scan.text.to_owned();
        for (index, span) in said {
            let slot = text_slots[index];
            let Some(piece) = scan.text.get(span.0..span.1) else { continue };
            let Some(mut found) = slots::read_string(scan.language(), slot, piece) else { continue };
            found.start += span.0;
            found.end += span.0;
            let held = self.slot_value(&slot.name).map(|held| held.value.clone());
            match held {
                Some(held) if held == found.value => {}
                Some(_) => self.replace(slot, &found),
                None => self.fill(slot, &found, if slot.name == asked.name { Source::Answer } else { Source::Mention }),
            }
            filled = true;
            rest = blanked(&rest, span);
        }
        // "tomorrow, sorry, I mean from Hamburg": the answer beside it.
        let mut answered = (0, 0);
        if filled && *effective_type(asked) != SlotType::String {
            let beside = Scan::of(&rest, [asked], scan.reference).knowing(scan.terms());
            if !is_yes_no(scan.language(), asked)
                && let Answer::Value { found, .. } = slots::read_answer(asked, &beside)
                && found.fits
            {
                answered = (found.start, found.end);
                self.fill(asked, &found, Source::Answer);
            }
        }
        if filled {
            let beside = Scan::of(&rest, &mv.slots, scan.reference).knowing(scan.terms());
            self.fill_beside(mv, &beside, answered);
        }
        filled
    }

    fn slot_value(&self, name: &str) -> Option<&SlotValue> {
        self.state.active.as_ref()?.slot(name)
    }

    /// The move under way answers this turn.
    fn answered_by_active(&mut self) {
        if let Some(frame) = &self.state.active {
            let (name, score) = (frame.move_id.clone(), frame.score);
            self.answer_as(&name, score);
        }
    }

    /// "not tomorrow, the day after": what is wanted, by itself or as counted from what is not.
    fn wanted_instead(&self, slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
        let (refused, wanted) = corrections::refused_and_wanted(&scan.heard)?;
        let (refused, wanted) = (scan.text.get(refused.0..refused.1)?, scan.text.get(wanted.0..wanted.1)?);
        let counted = format!("{wanted} {refused}");
        let held = slots::read_value(slot, refused, scan.reference);
        [counted.as_str(), wanted].into_iter().find_map(|said| match slots::read_value(slot, said, scan.reference) {
            Answer::Value { found, .. } if found.fits && !is_same(&held, &found) => {
                Some(Found { start: 0, end: scan.text.len(), ..found })
            }
            _ => None,
        })
    }

    fn answer_typed(&mut self, mv: &Arc<Move>, slot: &Slot, scan: &Scan<'_>) -> Answered {
        if !is_yes_no(scan.language(), slot)
            && let Some(found) = self.wanted_instead(slot, scan)
        {
            self.fill(slot, &found, Source::Answer);
            return Answered::GoesOn;
        }
        if let Some(said) = slots::not_among(slot, scan) {
            let words = wording::none_such(&said).in_words(self.language());
            self.agenda.refusals.push(words);
        }
        match slots::read_answer(slot, scan) {
            Answer::Value { found, whole } if found.fits => {
                let leaves = if whole { None } else { self.interruption().filter(|other| other.score >= CERTAIN) };
                let leaves = leaves.filter(|_| {
                    !slots::is_whole(slot, scan, (found.start, found.end), &prompt_words(scan.language(), mv, slot))
                });
                self.fill(slot, &found, Source::Answer);
                self.fill_beside_answer(mv, slot, scan, (found.start, found.end));
                leaves.map_or(Answered::GoesOn, |other| Answered::Leaves(Box::new(other)))
            }
            Answer::Value { .. } => Answered::Refused(reason(self.language(), slot)),
            Answer::Refused(reason) => match self.interruption() {
                Some(other) if other.score >= CERTAIN => Answered::Leaves(Box::new(other)),
                _ => Answered::Refused(reason),
            },
            Answer::Absent => self.no_value(mv, slot, scan),
        }
    }

    /// The utterance holds no value of the slot's type.
    fn no_value(&mut self, mv: &Arc<Move>, slot: &Slot, scan: &Scan<'_>) -> Answered {
        if self.declines(slot, scan) {
            return Answered::Declined;
        }
        if !strings::is_acknowledgement(&scan.heard)
            && let Some(other) = self.interruption()
        {
            return Answered::Leaves(Box::new(other));
        }
        if self.fill_from_own_match(mv, scan) || self.fill_beside(mv, scan, (0, 0)) || self.replace_unasked(mv, scan) {
            return Answered::GoesOn;
        }
        if strings::is_question(scan.text, &scan.heard) {
            return Answered::Asks;
        }
        let unsure = slots::yes_no::is_unsure(&scan.heard);
        let mut why = reason(self.language(), slot);
        if matches!(effective_type(slot), SlotType::Date | SlotType::DateTime)
            && let Some(said) = impossible_date(scan.text, scan.reference.language).and_then(|span| scan.text.get(span))
        {
            why = format!("{} {why}", self.language().say(Text::NoSuchDate, &[("value", said)]));
        }
        if let Some(said) = slots::is_no_option(slot, scan) {
            why = format!("{} {why}", wording::none_such(&said).in_words(self.language()));
        }
        if unsure {
            why = format!("{} {why}", self.language().text(wording::NEEDED));
        }
        Answered::Refused(why)
    }

    fn answer_free_text(&mut self, mv: &Arc<Move>, slot: &Slot, scan: &Scan<'_>) -> Answered {
        let other = self.interruption();
        let question = strings::is_question(scan.text, &scan.heard);
        let beside: Vec<(usize, usize)> = self
            .stated_beside(mv, scan, &[])
            .iter()
            .filter(|stated| stated.slot != slot.name && !self.numbers_a_noun(mv, scan, stated))
            .map(|stated| (stated.found.start, stated.found.end))
            .collect();
        let read = self.read_free_text(mv, slot, scan, &beside);
        let noise = strings::is_noise(&scan.heard);
        if let Some(other) = &other
            && !strings::is_acknowledgement(&scan.heard)
            && (other.score >= CERTAIN
                || question
                || noise
                || matches!(read, FreeText::Sentence)
                || is_verbatim(other, scan)
                || is_statement(other, scan))
        {
            return Answered::Leaves(Box::new(other.clone()));
        }
        if self.declines(slot, scan)
            && !(asks_yes_or_no(scan.language(), mv, slot)
                && slots::yes_no::read(scan.text, scan.reference).is_some()
                && slot.required)
        {
            return Answered::Declined;
        }
        let refuses = strings::is_decline(&scan.heard) && !noise && !asks_yes_or_no(scan.language(), mv, slot);
        if slots::yes_no::is_unsure(&scan.heard) || refuses {
            return Answered::Refused(self.language().text(wording::NEEDED).to_owned());
        }
        if noise
            && !(asks_yes_or_no(scan.language(), mv, slot) && slots::yes_no::read(scan.text, scan.reference).is_some())
        {
            return Answered::Refused(reason(self.language(), slot));
        }
        if strings::is_inquiry(scan.text, &scan.heard) {
            return Answered::Asks;
        }
        if self.fill_from_own_match(mv, scan) {
            return Answered::GoesOn;
        }
        // A trigger of the move, said again, is no answer where the answer would be a part of it.
        let repeated =
            self.own_match().is_some_and(|own| is_verbatim(&own, scan)) && is_captured_somewhere(mv, &slot.name);
        let found = match read {
            FreeText::Value(found) if !repeated => Some(found),
            _ => None,
        };
        match found {
            Some(found) => {
                self.fill(slot, &found, Source::Answer);
                self.fill_beside(mv, scan, (found.start, found.end));
                Answered::GoesOn
            }
            None if self.fill_beside(mv, scan, (0, 0)) => Answered::GoesOn,
            None if repeated => Answered::Asks,
            None => Answered::Refused(reason(self.language(), slot)),
        }
    }

    /// The free text of an answer, without the values in `beside`.
    fn read_free_text(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, beside: &[(usize, usize)]) -> FreeText {
        let found = match effective_type(slot) {
            SlotType::List(_) => match slots::read_answer(slot, scan) {
                Answer::Value { found, .. } => Some(found),
                _ => None,
            },
            _ if beside.is_empty() => slots::read_string(scan.language(), slot, scan.text),
            _ => without(scan.language(), slot, scan.text, (0, scan.text.len()), beside),
        };
        let Some(found) = found else { return FreeText::Nothing };
        if !is_text(slot) {
            return FreeText::Value(found);
        }
        self.as_label(mv, slot, found)
    }

    /// A text as what the slot's question asks for: where that is a label, a sentence is none.
    fn as_label(&self, mv: &Move, slot: &Slot, found: Found) -> FreeText {
        let language = self.language();
        let question = prompt_text(mv, slot);
        let wanted = Wanted::of(language, &slot.name, &question);
        match labels::read(wanted, &slot.name, &question, &found.text, &Heard::of(language, &found.text)) {
            Label::Stands => FreeText::Value(found),
            Label::Sentence => FreeText::Sentence,
            Label::Within(span) => match without(language, slot, &found.text, span, &[]) {
                Some(inner) => {
                    FreeText::Value(Found { start: found.start + inner.start, end: found.start + inner.end, ..inner })
                }
                None => FreeText::Nothing,
            },
        }
    }

    /// Fills what the utterance states for other slots; whether it did.
    fn fill_beside(&mut self, mv: &Arc<Move>, scan: &Scan<'_>, taken: (usize, usize)) -> bool {
        let stated = self.stated_beside(mv, scan, &[taken]);
        let any = !stated.is_empty();
        for stated in stated {
            if let Some(slot) = mv.slots.iter().find(|slot| slot.name == stated.slot) {
                self.fill(slot, &stated.found, Source::Mention);
            }
        }
        any
    }

    /// Beside the answer to a slot's question. A day and a time that were said as one answer two slots.
    fn fill_beside_answer(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>, span: (usize, usize)) {
        let ty = effective_type(asked);
        if !matches!(ty, SlotType::Date | SlotType::Time) {
            self.fill_beside(mv, scan, span);
            return;
        }
        self.fill_beside(mv, scan, span);
        for stated in self.stated_beside(mv, scan, &[]) {
            let Some(slot) = mv.slots.iter().find(|slot| slot.name == stated.slot) else { continue };
            let apart = stated.found.end <= span.0 || stated.found.start >= span.1;
            if apart || (matches!(effective_type(slot), SlotType::Date | SlotType::Time) && effective_type(slot) != ty)
            {
                self.fill(slot, &stated.found, Source::Mention);
            }
        }
    }

    /// The move's own patterns know where a value stands in a sentence ("the pain is in my back"). Whether one was found
    /// for the open slot, or one that replaces another's.
    fn fill_from_own_match(&mut self, mv: &Arc<Move>, scan: &Scan<'_>) -> bool {
        let Some(own) = self.own_match().filter(|own| own.score >= super::run::WORTH_ASKING) else { return false };
        let mut filled = false;
        let mut taken = Vec::new();
        for capture in &own.captures {
            let Some(captured) = mv.slots.iter().find(|known| known.name == capture.name) else { continue };
            let held = self
                .state
                .active
                .as_ref()
                .and_then(|frame| frame.slot(&captured.name))
                .map(|value| value.value.clone());
            let found = if *effective_type(captured) == SlotType::String {
                let others: Vec<(usize, usize)> = self
                    .stated_beside(mv, scan, &[])
                    .iter()
                    .map(|stated| (stated.found.start, stated.found.end))
                    .collect();
                without(scan.language(), captured, scan.text, capture.span, &others)
            } else {
                match slots::read_value(captured, &capture.text, scan.reference) {
                    Answer::Value { found, .. } if found.fits => Some(found),
                    _ => None,
                }
            };
            let Some(found) = found else { continue };
            if held.as_ref() == Some(&found.value) {
                continue;
            }
            let source = if held.is_some() { Source::Correction } else { Source::Capture };
            if *effective_type(captured) != SlotType::String {
                taken.push(capture.span);
            }
            self.fill(captured, &found, source);
            filled = true;
        }
        if filled {
            let stated = self.stated_beside(mv, scan, &taken);
            for stated in stated {
                if let Some(beside) = mv.slots.iter().find(|known| known.name == stated.slot) {
                    self.fill(beside, &stated.found, Source::Mention);
                }
            }
        }
        filled
    }

    /// A value that fits no open slot but exactly one that is filled takes its place ("it started 3 days ago").
    fn replace_unasked(&mut self, mv: &Arc<Move>, scan: &Scan<'_>) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let typed: Vec<&Slot> = mv
            .slots
            .iter()
            .filter(|slot| *effective_type(slot) != SlotType::String && frame.slot(&slot.name).is_some())
            .collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let wider = Scan::of(scan.text, typed.iter().copied(), scan.reference).knowing(scan.terms());
        let mentions = slots::mentions(&typed, &names, &wider, &[]);
        let [only] = mentions.as_slice() else { return false };
        let slot = typed[only.slot];
        let number = matches!(effective_type(slot), SlotType::Number | SlotType::Range { .. });
        if number && Heard::of(self.language(), &only.found.text).len() < 2 {
            // A bare number says too little to go back to another question for.
            return false;
        }
        if frame.slot(&slot.name).is_some_and(|held| held.value == only.found.value) {
            return false;
        }
        let found = only.found.clone();
        self.replace(slot, &found);
        true
    }

    fn replace(&mut self, slot: &Slot, found: &Found) {
        self.tell.reading = Reading::Correction;
        self.fill(slot, found, Source::Correction);
        let sensitive = self.is_sensitive(slot);
        let shown = if sensitive { Slot { sensitive, ..slot.clone() } } else { slot.clone() };
        self.say(&wording::corrected(&shown, &found.text));
    }

    /// Puts a corrected value in the place of a filled one; whether the utterance did correct something.
    pub(super) fn correct(&mut self, mv: &Arc<Move>, asked: Option<&Slot>, scan: &Scan<'_>) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let filled: Vec<&str> = frame.slots.iter().rev().map(|(name, _)| name.as_str()).collect();
        if filled.is_empty() {
            return false;
        }
        let Some(correction) = corrections::find(&scan.heard, &filled) else { return false };
        let Some(said) = scan.text.get(correction.span.0..correction.span.1) else { return false };
        let rest = Heard::of(self.language(), said);
        if rest.is_empty() || strings::is_question(said, &rest) || slots::yes_no::is_unsure(&rest) {
            return false;
        }
        let mut free_text = true;
        // An answer to the open question comes first, unless the utterance plainly goes back to another.
        if correction.slot.is_none()
            && let Some(asked) = asked
            && *effective_type(asked) != SlotType::String
        {
            let answers =
                matches!(slots::read_value(asked, said, scan.reference), Answer::Value { found, .. } if found.fits);
            let same_type_is_filled = mv
                .slots
                .iter()
                .any(|slot| filled.contains(&slot.name.as_str()) && effective_type(slot) == effective_type(asked));
            // "I meant small, with ham" does both; "I meant 7" answers a question for a number.
            if answers && correction.strength != Strength::Strong {
                return false;
            }
            free_text = !answers || same_type_is_filled;
            if is_yes_no(self.language(), asked) && slots::yes_no::read(scan.text, scan.reference).is_some() {
                if correction.strength == Strength::Weak {
                    return false;
                }
                // "nah, that's too expensive"
                free_text &= correction.strength == Strength::Strong;
            }
            // "maybe 60 or 70" to a question for a number is no text that replaces another.
            free_text &= correction.strength == Strength::Strong || !scan.states(asked);
        }
        let named = correction.slot.map(str::to_owned);
        // Typed slots before free text, which takes anything; the last filled first.
        let (typed, free): (Vec<&Slot>, Vec<&Slot>) = filled
            .iter()
            .filter(|name| named.as_ref().is_none_or(|named| named == *name))
            .filter_map(|name| mv.slots.iter().find(|slot| slot.name == *name))
            .partition(|slot| *effective_type(slot) != SlotType::String);
        // A value of a type beats free text, whatever stands around it, where something is plainly taken back.
        let takes_back = scan.heard.words.iter().any(|word| word.is(Cue::TakesBack) && word.start < correction.span.0);
        let strength = if takes_back { correction.strength.max(Strength::Plain) } else { correction.strength };
        let target = typed.into_iter().chain(free.into_iter().filter(|_| free_text)).find_map(|slot| {
            let held = frame.slot(&slot.name)?;
            let found =
                self.correcting_value(slot, (said, correction.span.0), scan, strength, named.is_some(), asked)?;
            (found.value != held.value).then(|| (slot.clone(), found))
        });
        let opening = correction.span.0;
        let Some((slot, mut found)) = target else { return false };
        self.answered_by_active();
        self.replace(&slot, &found);
        // "yes, but in business class" is a yes and a change.
        if let Some(asked) = asked.filter(|asked| asked.name != slot.name && is_yes_no(self.language(), asked))
            && scan.heard.begins_with(Cue::Yes) > 0
            && let Answer::Value { found: yes, .. } =
                slots::read_value(asked, self.language().text(Text::Yes), scan.reference)
        {
            self.fill(asked, &yes, Source::Answer);
        }
        found.start += opening;
        found.end += opening;
        self.fill_beside(mv, scan, (found.start, found.end));
        true
    }

    /// "that was wrong, I meant Tuesday" after a move has ended opens it again with its values; whether it did.
    pub(super) fn corrects_what_has_ended(&mut self) -> Result<bool, Halt> {
        /// Turns after its end in which a move can be corrected.
        const MAX_TURNS: u64 = 2;
        let Some(ended) = self.state.ended.clone().filter(|ended| self.state.turns - ended.turn <= MAX_TURNS) else {
            return Ok(false);
        };
        let Some(mv) = self.move_named(&ended.frame.move_id) else { return Ok(false) };
        let text = self.text.clone();
        let (reference, header) = (self.reference, Arc::clone(&self.input.header));
        let scan = Scan::over(&text, self.heard(), &mv.slots, &reference).knowing(&header.vocabulary);
        if corrections::find(&scan.heard, &[]).is_none_or(|found| found.strength < Strength::Plain) {
            return Ok(false);
        }
        let before = self.state.active.take();
        // Its blocks run again with the value that is right.
        self.activate(Frame { ran: Vec::new(), open: None, ..ended.frame });
        if !self.correct(&mv, None, &scan) {
            self.state.active = before;
            return Ok(false);
        }
        self.state.ended = None;
        self.advance(Entry::UnderWay).map(|()| true)
    }

    fn correcting_value(
        &self,
        slot: &Slot,
        (said, correction_start): (&str, usize),
        scan: &Scan<'_>,
        strength: Strength,
        named: bool,
        asked: Option<&Slot>,
    ) -> Option<Found> {
        if *effective_type(slot) != SlotType::String {
            if is_yes_no(self.language(), slot) && !named && strength < Strength::Strong {
                // "actually I'd rather pick it up" for `pickup`
                let rest = Heard::of(self.language(), said);
                let answer = slots::yes_no::by_name(&slot.name, &rest).filter(|_| strength == Strength::Plain)?;
                return match slots::read_value(
                    slot,
                    self.language().text(if answer { Text::Yes } else { Text::No }),
                    scan.reference,
                ) {
                    Answer::Value { found, .. } if found.fits => {
                        Some(Found { start: 0, end: said.len(), text: said.to_owned(), ..found })
                    }
                    _ => None,
                };
            }
            let beside = Scan::of(said, [slot], scan.reference).knowing(scan.terms());
            return match slots::read_answer(slot, &beside) {
                Answer::Value { found, whole } if found.fits && (whole || named || strength >= Strength::Plain) => {
                    Some(found)
                }
                _ => None,
            };
        }
        // Free text takes anything, so it is replaced only by something short, and not while other free text is asked
        // for unless the utterance plainly goes back.
        let phrase = Heard::of(self.language(), said);
        let asked_for_text = asked.is_some_and(|asked| *effective_type(asked) == SlotType::String);
        let plainly = named
            || strength == Strength::Strong
            || (!asked_for_text && strength >= Strength::Weak)
            || scan.heard.words.first().is_some_and(|word| word.is(Cue::No) && scan.heard.len() > 1);
        let usable = plainly
            && phrase.len() <= MAX_CORRECTION_WORDS
            && !strings::is_noise(&phrase)
            && !strings::is_decline(&phrase)
            && !is_denied_noun(&scan.heard, correction_start)
            && !begins_a_sentence(&phrase.words);
        if !usable {
            return None;
        }
        let found = slots::read_string(scan.language(), slot, said)?;
        let mv = self.active_move()?;
        match self.as_label(&mv, slot, found) {
            FreeText::Value(found) => Some(found),
            FreeText::Sentence | FreeText::Nothing => None,
        }
    }

    /// Refuses an answer with its reason and asks again; after too many failures the move gives up.
    fn refuse(&mut self, mv: &Arc<Move>, slot: &Slot, why: &str) -> Result<(), Halt> {
        self.answered_by_active();
        let failures = self.state.active.as_mut().map_or(0, |frame| frame.fail(&slot.name));
        self.say(why);
        self.tell.refused_slot = Some(slot.name.clone());
        if failures >= slot.retries.max(1) {
            self.tell.given_up_slot = Some(slot.name.clone());
            if let Some(frame) = &mut self.state.active {
                frame.failures.clear();
            }
            return self.advance(Entry::GaveUp);
        }
        self.ask(mv)
    }

    fn declines(&self, slot: &Slot, scan: &Scan<'_>) -> bool {
        (!slot.required || slot.default.is_some()) && strings::is_decline(&scan.heard)
    }

    fn pass_over(&mut self, slot: &Slot) -> Result<(), Halt> {
        self.answered_by_active();
        self.pass(&slot.name);
        self.advance(Entry::UnderWay)
    }

    /// Reads the utterance as saying whether a value that was read back is right.
    pub(super) fn answer_confirmation(&mut self, name: &str) -> Result<(), Halt> {
        let Some(mv) = self.active_move() else { return self.read_afresh() };
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == name).cloned() else {
            return self.advance(Entry::UnderWay);
        };
        if self.mend_if_asked(Target::Question)? {
            return Ok(());
        }
        self.tell.reading = Reading::Confirmation;
        let text = self.text.clone();
        let reference = self.reference;
        let header = Arc::clone(&self.input.header);
        let scan = Scan::over(&text, self.heard(), &mv.slots, &reference).knowing(&header.vocabulary);
        // "no, 8": the value that is given instead, before the plain no.
        let instead = corrections::find(&scan.heard, &[name]).and_then(|correction| {
            let said = text.get(correction.span.0..correction.span.1)?;
            let phrase = Heard::of(self.language(), said);
            if strings::is_noise(&phrase) || slots::yes_no::read(said, &reference).is_some() {
                return None;
            }
            match slots::read_value(&slot, said, &reference) {
                Answer::Value { found, .. } if found.fits => Some(found),
                _ => None,
            }
        });
        if let Some(found) = instead {
            self.answered_by_active();
            self.fill(&slot, &found, Source::Correction);
            return self.advance(Entry::UnderWay);
        }
        match slots::yes_no::read(&text, &reference) {
            Some(true) => {
                self.answered_by_active();
                self.confirm(name);
                self.advance(Entry::UnderWay)
            }
            Some(false) => {
                self.answered_by_active();
                if let Some(frame) = &mut self.state.active {
                    frame.clear(name);
                }
                self.advance(Entry::UnderWay)
            }
            None => {
                if let Some(other) = self.interruption().filter(|_| !strings::is_noise(&scan.heard)) {
                    return self.digress(&other);
                }
                self.answered_by_active();
                if *effective_type(&slot) != SlotType::String
                    && let Answer::Value { found, .. } = slots::read_answer(&slot, &scan)
                    && found.fits
                {
                    self.fill(&slot, &found, Source::Correction);
                    return self.advance(Entry::UnderWay);
                }
                self.ask_again(true)
            }
        }
    }

    fn confirm(&mut self, name: &str) {
        if let Some(frame) = &mut self.state.active
            && let Some((_, value)) = frame.slots.iter_mut().find(|(slot, _)| slot == name)
        {
            value.confirmed = true;
        }
    }
}

/// "no return": a noun without an article that "no" denies is not put in the place of anything.
fn is_denied_noun(heard: &Heard, start: usize) -> bool {
    let Some(at) = heard.words.iter().position(|word| word.start == start) else { return false };
    let Some(before) = at.checked_sub(1).and_then(|at| heard.words.get(at)) else { return false };
    let word = &heard.words[at];
    before.is(Cue::No) && before.class.is(Class::NEGATOR) && !word.after_break && word.class == Class::CONTENT
}

/// Whether a slot takes free text.
fn is_text(slot: &Slot) -> bool {
    *effective_type(slot) == SlotType::String
}

/// Whether an answer is that very value.
fn is_same(answer: &Answer, found: &Found) -> bool {
    matches!(answer, Answer::Value { found: held, .. } if held.value == found.value)
}

/// Whether the answer is so plainly a value of the slot that it is nothing else, not even a repair: "cancel" where
/// `cancel` is an option.
fn is_plain_answer(slot: &Slot, scan: &Scan<'_>) -> bool {
    match effective_type(slot) {
        SlotType::Enum(options) => slots::is_exact_option(options, scan.vocabulary(slot), &scan.heard),
        SlotType::Number | SlotType::Range { .. } => {
            scan.text.trim().bytes().all(|byte| byte.is_ascii_digit()) && !scan.heard.is_empty()
        }
        _ => false,
    }
}

/// Whether a pattern of literal words is all that was said, but for words that carry nothing ("well, I fell down").
fn is_verbatim(candidate: &Candidate, scan: &Scan<'_>) -> bool {
    let covered = |word: &Word| word.start >= candidate.span.0 && word.end <= candidate.span.1;
    candidate.literal_words >= 2
        && candidate.captures.is_empty()
        && scan.heard.words.iter().all(|word| covered(word) || word.is(Cue::Empty))
}

/// "I can't log in and …": a sentence about oneself that another move understands is no value of a free-text slot.
fn is_statement(candidate: &Candidate, scan: &Scan<'_>) -> bool {
    const PLAIN_MATCH: f64 = 0.75;
    let subject = scan.heard.words.iter().find(|word| !strings::is_hesitation(word));
    let speaks_of_oneself = subject.is_some_and(|word| word.is(Cue::Speaker));
    speaks_of_oneself && candidate.score >= PLAIN_MATCH && candidate.literal_words >= 2
}

/// Whether some pattern of the move captures the slot.
fn is_captured_somewhere(mv: &Move, slot: &str) -> bool {
    mv.triggers
        .iter()
        .flat_map(|trigger| &trigger.patterns)
        .flat_map(|pattern| &pattern.elements)
        .any(|element| matches!(element, Element::Capture { name, .. } if name == slot))
}

/// The words of a slot's question.
fn prompt_words(language: &'static Language, mv: &Move, slot: &Slot) -> Vec<String> {
    Heard::of(language, &prompt_text(mv, slot)).words.iter().map(|word| word.text.to_string()).collect()
}

/// The text of a slot's question, without values.
pub(super) fn prompt_text(mv: &Move, slot: &Slot) -> String {
    use crate::ir::{Action, Statement};
    let mut text = String::new();
    let Some((_, block)) = super::flow::prompt_block(mv, &slot.name) else { return text };
    for statement in block.branches.iter().flat_map(|branch| &branch.body) {
        if let Statement::Action(Action::PromptSlot(template) | Action::Respond(template)) = statement {
            for part in &template.parts {
                if let TemplatePart::Text(piece) = part {
                    text.push_str(piece);
                }
            }
            text.push(' ');
        }
    }
    text
}

/// Whether a slot's question can be answered by yes or no although the slot takes text ("Do you have any allergies?").
fn asks_yes_or_no(language: &'static Language, mv: &Move, slot: &Slot) -> bool {
    strings::asks_yes_or_no(language, &prompt_text(mv, slot))
}

/// "I have …", "can you …", "it hurts …": a sentence, not a value that replaces one.
fn begins_a_sentence(words: &[Word]) -> bool {
    let [first, second, ..] = words else { return false };
    first.is(Cue::SentenceOpener) && !second.is(Cue::Means)
}
