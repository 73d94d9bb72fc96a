//! What an answer states for other slots.

use std::sync::Arc;

use super::super::remainder::without;
use super::super::run::{Run, WORTH_ASKING};
use crate::ir::{Move, Slot, SlotType};
use crate::slots::{self, Answer, Scan, Source, effective_type};

impl Run<'_> {
    /// Fills what the utterance states for other slots; whether it did.
    pub(super) fn fill_beside(&mut self, mv: &Arc<Move>, scan: &Scan<'_>, taken: (usize, usize)) -> bool {
        self.fill_outside(mv, scan, &[taken])
    }

    /// The same, outside several parts of it.
    pub(super) fn fill_outside(&mut self, mv: &Arc<Move>, scan: &Scan<'_>, taken: &[(usize, usize)]) -> bool {
        let stated = self.stated_beside(mv, scan, taken);
        let any = !stated.is_empty();
        for stated in stated {
            if let Some(slot) = mv.slots.iter().find(|slot| slot.name == stated.slot) {
                self.fill_stated_one(mv, slot, scan, &stated.found);
            }
        }
        any
    }

    /// Beside the answer to a slot's question. A day and a time that were said as one answer two slots.
    pub(super) fn fill_beside_answer(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>, span: (usize, usize)) {
        let ty = effective_type(asked);
        if !matches!(ty, SlotType::Date | SlotType::Time) {
            self.fill_beside(mv, scan, span);
            return;
        }
        self.fill_beside(mv, scan, span);
        match ty {
            SlotType::Time => self.change_the_day(mv, scan, span),
            _ => self.fill_the_end(mv, asked, scan, span),
        }
        for stated in self.stated_beside(mv, scan, &[]) {
            let Some(slot) = mv.slots.iter().find(|slot| slot.name == stated.slot) else { continue };
            let apart = stated.found.end <= span.0 || stated.found.start >= span.1;
            if apart || (matches!(effective_type(slot), SlotType::Date | SlotType::Time) && effective_type(slot) != ty)
            {
                self.fill(slot, &stated.found, Source::Mention);
            }
        }
    }

    /// "20 April, three nights" to "Which day do you arrive?": a length that is a clause of its own tells the day that is asked for next,
    /// where no other slot takes it.
    fn fill_the_end(&mut self, mv: &Move, asked: &Slot, scan: &Scan<'_>, answer: (usize, usize)) {
        let lasts = |slot: &Slot| {
            matches!(effective_type(slot), SlotType::Timeframe | SlotType::Quantity)
                || slots::is_number(slot) && slots::counts_time(self.language(), slot)
        };
        let Some(frame) = &self.state.active else { return };
        let mut days = mv.slots.iter().filter(|slot| *effective_type(slot) == SlotType::Date);
        let (Some(first), Some(last), None) = (days.next(), days.next(), days.next()) else { return };
        if first.name != asked.name || !frame.is_open(&last.name) || mv.slots.iter().any(lasts) {
            return;
        }
        let begins = frame.slot(&first.name).and_then(|held| held.value.as_str()?.parse().ok());
        let ends = begins.and_then(|day| slots::day_after_a_length(day, scan, answer));
        if let Some(found) = ends.filter(|_| !slots::tells_of_the_past(self.language(), last)) {
            self.fill(last, &found, Source::Mention);
        }
    }

    /// "Saturday at 12" to "At what time?": the day that is said with the time takes the place of the one that is held.
    pub(super) fn change_the_day(&mut self, mv: &Arc<Move>, scan: &Scan<'_>, time: (usize, usize)) {
        let Some(frame) = &self.state.active else { return };
        let mut days = mv.slots.iter().filter(|slot| *effective_type(slot) == SlotType::Date);
        let (Some(day), None) = (days.next(), days.next()) else { return };
        let Some(held) = frame.slot(&day.name).map(|held| held.value.clone()) else { return };
        let Some(said) = scan.text.get(time.0..time.1) else { return };
        let beside = Scan::of(said, [day], scan.reference);
        if let Answer::Value { found, .. } = slots::read_answer(day, &beside)
            && found.fits
            && found.value != held
        {
            self.replace(day, &found);
        }
    }

    /// The move's own patterns know where a value stands in a sentence ("the pain is in my back"). Whether one was found
    /// for the open slot, or one that replaces another's.
    pub(super) fn fill_from_own_match(&mut self, mv: &Arc<Move>, scan: &Scan<'_>) -> bool {
        let Some(own) = self.own_match().filter(|own| own.score >= WORTH_ASKING) else { return false };
        let mut filled = false;
        let texts = own.captures.iter().filter_map(|capture| {
            let slot = mv.slots.iter().find(|slot| slot.name == capture.name && slots::is_text(slot))?;
            Some((slot.clone(), capture.span))
        });
        let mut taken = self.numbers_of_names(mv, scan, &texts.collect::<Vec<_>>());
        let numbers = taken.clone();
        for capture in &own.captures {
            let Some(captured) = mv.slots.iter().find(|known| known.name == capture.name) else { continue };
            let held = self
                .state
                .active
                .as_ref()
                .and_then(|frame| frame.slot(&captured.name))
                .map(|value| value.value.clone());
            let found = if slots::is_text(captured) {
                let others: Vec<(usize, usize)> = self
                    .stated_beside(mv, scan, &numbers)
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
            if !slots::is_text(captured) {
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
}
