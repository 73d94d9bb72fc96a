//! Answers to a value that was read back.

use std::sync::Arc;

use super::super::corrections::{self, Held, Known, Strength};
use super::super::flow::Entry;
use super::super::mending::Target;
use super::super::run::{Halt, Reading, Run};
use super::super::state::Open;
use super::super::wording;
use super::correcting::correction_of;
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::slots::labels::Wanted;
use crate::slots::{self, Answer, Scan, Source, effective_type, strings};
use crate::text::Heard;

/// A longer yes may say something else as well.
const MAX_YES_WORDS: usize = 3;

impl Run<'_> {
    /// Reads the utterance as saying whether a value that was read back is right.
    pub(in crate::engine) fn answer_confirmation(&mut self, name: &str) -> Result<(), Halt> {
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
        // "actually can we do Monday instead": a value of another slot that is held is no text that is read back.
        if slots::is_text(&slot) && self.corrects_another(&mv, &slot, &scan) {
            return self.advance(Entry::UnderWay);
        }
        // "no, 8": the value that is given instead, before the plain no.
        let instead =
            corrections::find(&scan.heard, Held::named(&[Known { slot: name, called: slots::spoken_name(&slot) }]))
                // "yes, the red one" confirms.
                .filter(|found| found.strength > Strength::Weak || scan.heard.begins_with(Cue::Yes) == 0)
                .and_then(|correction| {
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
        if !slots::is_text(&slot) && self.corrects_another(&mv, &slot, &scan) {
            return self.advance(Entry::UnderWay);
        }
        // "and what if there is none?" says neither, whatever words it is made of.
        let answers = scan.heard.words.iter().find(|word| !strings::is_hesitation(word));
        let asks = strings::is_question(&text, &scan.heard)
            && answers.is_none_or(|first| !first.class.is(Class::ANSWER.and(Class::BARE_NO)));
        match slots::yes_no::read(&text, &reference).filter(|_| !asks) {
            Some(true) => {
                self.answered_by_active();
                self.confirm(name);
                if scan.heard.len() > MAX_YES_WORDS
                    && !self.correct(&mv, None, &scan)
                    && !self.correct_for_caller(&slot, &scan)
                    && !self.fill_beside(&mv, &scan, (0, 0))
                    && let Some(said) = self.unheard_beside(&mv, &slot, &scan, true)
                {
                    let words = wording::not_understood(&said).in_words(self.language());
                    self.agenda.refusals.push(words);
                }
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
                if let Some(other) = self.left_for(&mv, &slot, &scan).filter(|_| !strings::is_noise(&scan.heard)) {
                    return self.digress(&other);
                }
                self.answered_by_active();
                if !slots::is_text(&slot)
                    && let Answer::Value { found, .. } = slots::read_answer(&slot, &scan)
                    && found.fits
                {
                    self.fill(&slot, &found, Source::Correction);
                    return self.advance(Entry::UnderWay);
                }
                // A name in the place of the one that was read back.
                let about_the_talk =
                    strings::is_about_the_talk(&scan.heard) || strings::is_question(&text, &scan.heard);
                let label = slots::is_text(&slot) && self.wanted(&mv, &slot) != Wanted::Words;
                if label && !about_the_talk {
                    self.open(Open::Slot { name: name.to_owned() });
                    return self.answer_slot(name);
                }
                // What is said for another slot is kept, and the question stays; what nobody says is right is asked for anew.
                let beside = self.fill_beside(&mv, &scan, (0, 0));
                let asks = strings::is_question(&text, &scan.heard) || text.trim_end().ends_with(['?', '？']);
                if let Some(frame) = self.state.active.as_mut().filter(|_| !beside && !asks)
                    && frame.fail(name) >= slot.retries.max(1)
                {
                    frame.clear(name);
                    frame.failures.retain(|(failed, _)| failed != name);
                    return self.advance(Entry::UnderWay);
                }
                self.ask_again(true)
            }
        }
    }

    /// "no, make it three", "change the day" to a value that is read back: what another slot holds is changed, or what a caller of the
    /// move does. Whether it was.
    fn corrects_another(&mut self, mv: &Arc<Move>, slot: &Slot, scan: &Scan<'_>) -> bool {
        if scan.heard.begins_with(Cue::Yes) > 0 {
            return false;
        }
        let Some(frame) = &self.state.active else { return false };
        let held: Vec<&str> = frame.slots.iter().map(|(name, _)| name.as_str()).collect();
        let correction = correction_of(mv, &held, &scan.heard);
        let named = correction.as_ref().and_then(|found| found.slot).is_some_and(|named| named != slot.name);
        let said = correction.and_then(|found| scan.text.get(found.span.0..found.span.1));
        let tells = said.is_some_and(|said| slots::yes_no::read(said, scan.reference).is_none());
        if (named || self.corrects_a_typed_slot(mv, scan)) && self.correct(mv, None, scan) {
            return true;
        }
        tells && self.correct_for_caller(slot, scan) || self.reopen(mv, Some(slot), scan)
    }

    /// Whether the utterance puts in the place of something what a slot of a type takes that holds a value, or a part of a moment.
    fn corrects_a_typed_slot(&self, mv: &Move, scan: &Scan<'_>) -> bool {
        let Some(correction) = corrections::find(&scan.heard, Held::named(&[])) else { return false };
        let Some(said) = scan.text.get(correction.span.0..correction.span.1) else { return false };
        let takes = |slot: &Slot, ty: SlotType| {
            let part = Slot { ty, ..slot.clone() };
            matches!(slots::read_value(&part, said, scan.reference), Answer::Value { found, .. } if found.fits)
        };
        let typed = |slot: &&Slot| {
            self.slot_value(&slot.name).is_some() && !slots::is_text(slot) && !slots::is_yes_no(scan.language(), slot)
        };
        mv.slots.iter().filter(typed).any(|slot| match effective_type(slot) {
            SlotType::DateTime => takes(slot, SlotType::Date) || takes(slot, SlotType::Time),
            ty => takes(slot, ty.clone()),
        })
    }

    pub(in crate::engine) fn confirm(&mut self, name: &str) {
        if let Some(frame) = &mut self.state.active {
            frame.confirm(name);
        }
    }
}
