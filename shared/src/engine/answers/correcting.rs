//! A correction: the slot that it is for, and the value that takes the place of the one held.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use super::super::blocks;
use super::super::corrections::{self, Correction, Held, Known, PLAINLY, SECOND_THOUGHT, Strength};
use super::super::decide;
use super::super::fill::Stated;
use super::super::flow::Entry;
use super::super::hear::clauses;
use super::super::rules::{Standing, parts_of};
use super::super::run::{Halt, Reading, Run};
use super::super::state::{Caller, Frame};
use super::super::wording;
use super::free_text::{FreeText, is_verbatim};
use super::{Asking, Reads, is_of_a_day};
use crate::entities::{Direction, Reference};
use crate::ir::{Action, Move, Slot, SlotType, Statement};
use crate::language::{Class, Cue, Language, Text};
use crate::slots::labels::Wanted;
use crate::slots::{self, Answer, Found, Scan, SlotValue, Source, effective_type, is_text, is_yes_no, labels, strings};
use crate::text::{Heard, Word, first_clause};

/// The longest text that replaces a free-text value without being asked for.
const MAX_CORRECTION_WORDS: usize = 8;

impl Run<'_> {
    pub(super) fn replace(&mut self, slot: &Slot, found: &Found) {
        self.tell.reading = Reading::Correction;
        self.fill(slot, found, Source::Correction);
        // Who corrects gets on: what was not understood before counts no more.
        if let Some(frame) = &mut self.state.active {
            frame.failures.clear();
        }
        let told = self.told_of_correction(slot, &found.value, &found.text);
        self.say(&told);
    }

    /// "Okay, Sunday 8 March."
    pub(in crate::engine) fn told_of_correction(&self, slot: &Slot, value: &Value, said: &str) -> wording::Filled {
        let shown = Slot { sensitive: self.is_sensitive(slot), ..slot.clone() };
        wording::corrected(&shown, &self.in_words(slot, value, said))
    }

    /// Puts a corrected value in the place of a filled one; whether the utterance did correct something.
    pub(in crate::engine) fn correct(&mut self, mv: &Arc<Move>, asked: Option<&Slot>, scan: &Scan<'_>) -> bool {
        // "Is that right?", of which only a yes is taken: "no, …" says what is to be instead.
        let in_vain = asked.is_some_and(|asked| self.no_is_in_vain(mv, asked, scan));
        // "put me through to the office": another move, word for word, and no text
        let of_another_move = scan.heard.begins_with(SECOND_THOUGHT) > 0
            && self.interruption().is_some_and(|other| is_verbatim(&other, scan));
        // "no, two" to a question that reads back what is held
        let reads_back = asked.is_some_and(|asked| self.reads_values_back(asked));
        let Some(frame) = &self.state.active else { return false };
        let filled: Vec<&str> = frame.slots.iter().rev().map(|(name, _)| name.as_str()).collect();
        if filled.is_empty() {
            return false;
        }
        let wholes = filled.iter().filter_map(|name| slots::whole_of(name));
        let named: Vec<&str> = filled.iter().copied().chain(wholes).collect();
        let Some(mut correction) = correction_of(mv, &named, &scan.heard) else { return false };
        // "the address is 40 Castle Street" to the question for the second of two addresses
        let of_asked = |asked: &&Slot| !filled.contains(&asked.name.as_str()) && names_it(mv, &asked.name, &scan.heard);
        let opens_so = correction.strength == Strength::Plain && scan.heard.begins_with(SECOND_THOUGHT) == 0;
        if correction.slot.is_some() && opens_so && asked.as_ref().is_some_and(of_asked) {
            return false;
        }
        if in_vain {
            correction.strength = correction.strength.max(Strength::Plain);
        }
        let refused = correction.refused.and_then(|span| scan.text.get(span.0..span.1));
        // "five hours, no, six": the answer takes itself back.
        let of_another = || mv.slots.iter().any(|slot| self.holds(slot, refused, scan.reference));
        if asked.is_some_and(|asked| slots::takes_itself_back(asked, scan)) && !of_another() {
            return false;
        }
        let Some(said) = scan.text.get(correction.span.0..correction.span.1) else { return false };
        let rest = Heard::of(self.language(), said);
        let asks = strings::is_inquiry(scan.text, &scan.heard) || strings::is_question(said, &rest);
        // "can you come Friday instead?", where another day is open, may say that one.
        let requests = strings::is_question(scan.text, &scan.heard);
        if rest.is_empty() || asks || slots::yes_no::is_unsure(&rest) {
            return false;
        }
        if let Some(whole) = correction.slot.filter(|name| !filled.contains(name)).map(str::to_owned) {
            return self.correct_composite(mv, &whole, said);
        }
        let taking_back = scan.heard.words.iter().take_while(|word| word.start < correction.span.0);
        let taking_back = taking_back.filter(|word| word.is(Cue::TakesBack)).count();
        // A part's question asks for another's value: a mere "no, …" puts nothing in the place of a text of the caller's.
        let own = asked.is_none_or(|asked| mv.slots.iter().any(|slot| slot.name == asked.name));
        let mut free_text = own || correction.strength > Strength::Weak;
        // "actually make it large": what is of a type that a caller holds is no text of the part that asks.
        free_text &= correction.slot.is_some() || !(of_another_move || self.is_of_a_caller(said, scan));
        // An answer to the open question comes first, unless the utterance plainly goes back to another.
        if correction.slot.is_none()
            && let Some(asked) = asked
            && !is_text(asked)
        {
            // "no wait, …" takes something back where a plain "no, …" answers.
            let takes_back = taking_back > 1;
            let yes_or_no = is_yes_no(self.language(), asked);
            let meant = |found: &Found| {
                let found = found.clone().behind(correction.span.0);
                found.fits
                    && !self.is_anothers_time(mv, asked, &found)
                    && !self.counts_in_a_sentence(mv, asked, scan, &found)
            };
            // "make that Tuesday" to "When was it swept?", where a moment to come was said before.
            let changes = || {
                let day = |slot: &Slot| matches!(effective_type(slot), SlotType::Date | SlotType::DateTime);
                let past = |slot: &Slot| slots::tells_of_the_past(scan.language(), slot);
                let other =
                    |slot: &Slot| filled.contains(&slot.name.as_str()) && day(slot) && past(slot) != past(asked);
                let mut before = scan.heard.words.iter().take_while(|word| word.start < correction.span.0);
                day(asked) && mv.slots.iter().any(other) && before.any(|word| word.is(Cue::CorrectionChange))
            };
            let answers = !(changes() || yes_or_no && takes_back)
                && matches!(slots::read_value(asked, said, scan.reference), Answer::Value { found, .. } if meant(&found));
            let same_type_is_filled = mv
                .slots
                .iter()
                .any(|slot| filled.contains(&slot.name.as_str()) && effective_type(slot) == effective_type(asked));
            // "I meant small, with ham" does both; "I meant 7" answers a question for a number.
            // "12 instead of 24" to a question for a number, where nobody has said 24.
            let refused = correction.refused.and_then(|span| scan.text.get(span.0..span.1));
            let unheld = refused.is_some_and(|refused| {
                let held: Vec<&Slot> = mv.slots.iter().filter(|slot| filled.contains(&slot.name.as_str())).collect();
                // A clock time may lie in either half of the day.
                let is_clock = |slot: &Slot| matches!(effective_type(slot), SlotType::Time | SlotType::DateTime);
                !held.iter().any(|slot| is_clock(slot) || self.holds(slot, Some(refused), scan.reference))
            });
            if answers && (correction.strength != Strength::Strong || unheld)
                || self.goes_on_with_a_moment(asked, said, scan.reference)
            {
                return false;
            }
            free_text &= !answers || same_type_is_filled;
            if yes_or_no && slots::yes_no::read(scan.text, scan.reference).is_some() {
                if correction.strength == Strength::Weak && !takes_back && !reads_back {
                    return false;
                }
                // "nah, that's too expensive"
                free_text &=
                    correction.strength == Strength::Strong || (in_vain || reads_back) && correction.slot.is_some();
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
            .partition(|slot| !is_text(slot));
        let mut typed = self.those_counted(mv, typed, scan);
        typed.retain(|slot| !requests || !self.leaves_a_day_open(mv, slot));
        // A value of a type beats free text, whatever stands around it, where something is plainly taken back.
        let formed = reads_back && !typed.is_empty() && typed.iter().all(|slot| has_its_form(slot));
        let strength =
            if taking_back > 0 || formed { correction.strength.max(Strength::Plain) } else { correction.strength };
        // "I'd rather not give it": what is not wanted is no text that is held.
        let refuses = |slot: &Slot| {
            let held = frame.slot(&slot.name).map_or("", |held| held.text.as_str());
            let points = |said: &str| {
                let pointing = Class::PRONOUN.and(Class::DETERMINER);
                Heard::of(self.language(), said).words.iter().all(|word| word.class.is(pointing))
            };
            refused.is_none_or(|said| points(said) || shares_a_word(self.language(), held, said))
        };
        // "not longer than the roofers, they leave on the 25th": what nobody holds is not refused of anything.
        let holds = |slot: &&Slot| self.holds(slot, refused, scan.reference);
        let unheld = refused.is_some() && !typed.iter().any(holds) && !free.iter().any(|slot| refuses(slot));
        let strength = if unheld && named.is_none() { Strength::Weak } else { strength };
        let mut typed = self.those_refused(typed, refused, scan.reference);
        // "three. he is stuck in the lift, no abre" tells no hour.
        let may_move = |slot: &Slot| {
            *effective_type(slot) != SlotType::DateTime || is_part_of_a_moment(slot, said, scan.reference)
        };
        typed.retain(|slot| !unheld || named.is_some() || may_move(slot));
        // "I said friday", where friday stands, corrects nothing.
        free_text &= !typed.iter().any(|slot| self.holds(slot, Some(said), scan.reference));
        let free = free.into_iter().filter(|slot| free_text && (named.is_some() || refuses(slot)));
        // What a caller has put together, and nobody is asked for, is no one's words.
        let free = free.filter(|slot| named.is_some() || !self.is_only_given(mv, slot));
        let behind = correction.refused.is_some_and(|span| correction.span.1 <= span.0);
        let as_refused = like_the_refused(&rest, refused.filter(|_| behind));
        let target = typed.into_iter().chain(free).find_map(|slot| {
            let held = frame.slot(&slot.name)?;
            let whole = (said, correction.span.0);
            let value = |place| self.correcting_value(slot, place, scan, strength, named.is_some(), asked);
            // "we leave on the 10th, not on the 9th"
            let part = || as_refused.filter(|_| !is_text(slot)).map(|from| (&said[from..], correction.span.0 + from));
            // "not this Friday, the one after", where it holds that Friday
            let counted = || {
                refused
                    .filter(|_| self.holds(slot, refused, scan.reference))
                    .and_then(|_| self.wanted_instead(slot, scan))
            };
            let found = value(whole).or_else(|| part().and_then(value)).or_else(counted)?;
            (found.value != held.value).then(|| (slot.clone(), found))
        });
        let opening = correction.span.0;
        let weak = correction.strength == Strength::Weak;
        let Some((slot, found)) = target else { return false };
        let doubt = self.doubt_of_correction(mv, &slot, scan, &found, if weak { asked } else { None });
        let doubt = doubt.filter(|_| named.is_none());
        self.answered_by_active();
        match doubt {
            Some(doubt) => {
                self.tell.reading = Reading::Correction;
                self.fill(&slot, &found, Source::Correction);
                self.read_back_if(&slot, Some(doubt));
            }
            None => self.replace(&slot, &found),
        }
        // "yes, but in business class" is a yes and a change, "no, and in the end we are three" a no and one.
        let said = if scan.heard.begins_with(Cue::Yes) > 0 { Some(Text::Yes) } else { None };
        let joined = |first: &[Word]| first[0].is(Cue::No) && first[1].class.is(Class::AND);
        let said = said.or_else(|| scan.heard.words.get(..2).filter(|first| joined(first)).map(|_| Text::No));
        if let Some(asked) = asked.filter(|asked| own && asked.name != slot.name && is_yes_no(self.language(), asked))
            && let Some(said) = said
            && let Answer::Value { found, .. } = slots::read_value(asked, self.language().text(said), scan.reference)
        {
            self.fill(asked, &found, Source::Answer);
        }
        self.fill_beside_answer(mv, &slot, scan, found.behind(opening).span());
        true
    }

    /// Whether yes or no is asked for, and a rule of the slot refuses a no.
    fn no_is_in_vain(&mut self, mv: &Move, asked: &Slot, scan: &Scan<'_>) -> bool {
        let no = self.language().text(Text::No);
        let has_rules = asked.rules.as_ref().is_some_and(|rules| !rules.valid.is_empty());
        if !has_rules || !is_yes_no(self.language(), asked) {
            return false;
        }
        let Answer::Value { found: no, .. } = slots::read_value(asked, no, scan.reference) else { return false };
        self.would_be_refused(mv, asked, &no)
    }

    /// "not three, two", "it's ten, not noon": what is refused tells whose value is corrected; all of them where it does not.
    fn those_refused<'s>(&self, held: Vec<&'s Slot>, refused: Option<&str>, reference: &Reference) -> Vec<&'s Slot> {
        let those: Vec<&Slot> = held.iter().filter(|slot| self.holds(slot, refused, reference)).copied().collect();
        if those.is_empty() { held } else { those }
    }

    /// Whether a slot of a type holds what is said.
    fn holds(&self, slot: &Slot, said: Option<&str>, reference: &Reference) -> bool {
        let Some((said, held)) = said.filter(|_| !is_text(slot)).zip(self.slot_value(&slot.name)) else { return false };
        // "the 9th", where the 9th of a later month is held
        let days = held.value.as_str().filter(|_| *effective_type(slot) == SlotType::Date);
        let near = days.map(|day| slots::near(slot, day, said, reference));
        // "3 instead of 2", where a moment at two is held
        let timed = || {
            let moment = held.value.as_str().filter(|_| *effective_type(slot) == SlotType::DateTime)?;
            let own = self.seen_from(slot, reference);
            slots::moved(slot, (moment, &held.text), &Scan::of(said, [slot], &own))
        };
        if timed().is_some_and(|found| found.value == held.value) {
            return true;
        }
        [Some(*reference), near].into_iter().flatten().any(|reference| {
            let read = slots::read_value(slot, said, &reference);
            matches!(read, Answer::Value { found, whole: true } if held.value == found.value)
        })
    }

    /// "change the size": a value is given up, and its question put again. Whether one was.
    pub(super) fn reopen(&mut self, mv: &Move, asked: Option<&Slot>, scan: &Scan<'_>) -> bool {
        let again = self.to_be_asked_again(mv, asked, scan);
        let Some(frame) = self.state.active.as_mut().filter(|_| !again.is_empty()) else { return false };
        again.iter().for_each(|name| frame.clear(name));
        self.tell.reading = Reading::Correction;
        true
    }

    /// The slots that hold a value and are named as what is to change, without another value.
    pub(super) fn to_be_asked_again(&self, mv: &Move, asked: Option<&Slot>, scan: &Scan<'_>) -> Vec<String> {
        let Some(frame) = self.state.active.as_ref().filter(|_| corrections::may_give_up(&scan.heard)) else {
            return Vec::new();
        };
        let filled: Vec<&str> = frame.slots.iter().rev().map(|(name, _)| name.as_str()).collect();
        let wholes = filled.iter().filter_map(|name| slots::whole_of(name));
        let named: Vec<&str> = filled.iter().copied().chain(wholes).collect();
        let known = known_of(mv, &named);
        let only_of_type = |ty: &str| only_of_type(mv, &filled, ty);
        let held = Held { known: &known, only_of_type: &only_of_type };
        let another = |name: &&str| asked.is_none_or(|asked| asked.name != **name);
        let Some(name) = corrections::to_be_asked_again(&scan.heard, held).filter(another) else { return Vec::new() };
        // What nobody would ask for keeps its value.
        let asked_for = |slot: &&Slot| {
            let is_meant = slot.name == name || slots::whole_of(&slot.name) == Some(name);
            is_meant && (slot.required && slot.default.is_none() || self.question_of(mv, &slot.name).is_some())
        };
        mv.slots.iter().filter(asked_for).map(|slot| slot.name.clone()).collect()
    }

    /// "actually make it large" while a part asks: what it changes is what the move that called the part holds, or one that
    /// called that. Whether it did.
    pub(super) fn correct_for_caller(&mut self, asked: &Slot, scan: &Scan<'_>) -> bool {
        let Some(mut part) = self.state.active.take_if(|frame| frame.caller.is_some()) else { return false };
        let Some(mut caller) = part.caller.take() else { return false };
        let mut corrected = false;
        if let Some(outer) = self.move_named(&caller.frame.move_id) {
            self.state.active = Some(std::mem::take(&mut caller.frame));
            let wider = Scan::of(scan.text, &outer.slots, scan.reference).knowing(scan.terms());
            if self.correct_a_part(&outer, Some(asked), scan, Telling::Plainly) {
                return true;
            }
            corrected = self.edit_lists(&outer, Some(asked), &wider)
                || self.correct(&outer, Some(asked), &wider)
                || self.fill_by_its_name(&outer, &wider)
                || self.correct_address(&outer, &wider)
                || self.take_out(&outer, &wider)
                || self.correct_default(&outer, asked, &wider)
                || self.reopen(&outer, Some(asked), &wider)
                || self.correct_for_caller(asked, scan);
            // A value that is needed now comes first; the block that calls the part runs again when it is there.
            let lacks = corrected && self.keep_rules(&outer).is_none() && self.need(&outer).is_some();
            if let Some(frame) = self.state.active.as_mut().filter(|_| lacks) {
                frame.ran.retain(|block| caller.position.first() != Some(block));
                return true;
            }
            if !corrected && self.correct_a_part(&outer, Some(asked), scan, Telling::ByValue) {
                return true;
            }
            let given = if corrected { self.given_at(&outer, &caller.position) } else { None };
            caller.frame = self.state.active.take().unwrap_or_default();
            if let Some(given) = given.filter(|given| *given != caller.given) {
                caller.given = given;
                part.caller = Some(caller);
                part.asked.clear();
                self.give_again(part);
                return true;
            }
        }
        part.caller = Some(caller);
        self.state.active = Some(part);
        corrected
    }

    /// "no, the name is Anna" where another part asks: what a part has brought is corrected there, and its caller, which is under way,
    /// goes on from there. Whether it was.
    fn correct_a_part(&mut self, caller: &Arc<Move>, asked: Option<&Slot>, scan: &Scan<'_>, telling: Telling) -> bool {
        let Some(outer) = self.state.active.as_ref().filter(|frame| !frame.parts_done.is_empty()).cloned() else {
            return false;
        };
        for call in outer.parts_done.iter().rev() {
            let Some(Statement::Action(Action::CallMove { target, .. })) = blocks::statement_at(caller, &call.position)
            else {
                continue;
            };
            let Some(part) = self.move_named(target) else { continue };
            let Some(mut frame) = come_back_with(&outer, &part) else { continue };
            let held: Vec<&str> = frame.slots.iter().map(|(name, _)| name.as_str()).collect();
            let wider = Scan::of(scan.text, &part.slots, scan.reference).knowing(scan.terms());
            let of_its_form = |slot: &Slot| {
                has_its_form(slot)
                    && matches!(slots::read_answer(slot, &wider), Answer::Value { found, .. } if found.fits)
            };
            let plain = correction_of(&part, &held, &scan.heard).is_some_and(|found| found.slot.is_some())
                || part.slots.iter().any(of_its_form);
            if plain != (telling == Telling::Plainly) {
                continue;
            }
            let Frame { parts_done, .. } = &outer;
            let parts_done = parts_done.iter().filter(|done| *done != call).cloned().collect();
            frame.caller = Some(Box::new(Caller {
                frame: Frame { parts_done, ..outer.clone() },
                position: call.position.clone(),
                given: call.given.clone(),
            }));
            self.state.active = Some(frame);
            if self.correct(&part, asked, &wider) || self.reopen(&part, asked, &wider) {
                return true;
            }
        }
        self.state.active = Some(outer);
        false
    }

    /// "no, deliver it to 41 Castle Street" to a question for yes or no: another address than one that is held. Whether it was that.
    pub(super) fn correct_address(&mut self, mv: &Arc<Move>, scan: &Scan<'_>) -> bool {
        let opening = scan.heard.begins_with(SECOND_THOUGHT);
        let Some(first) = scan.heard.words.get(opening).filter(|_| opening > 0) else { return false };
        if scan.heard.words[opening..].iter().any(|word| word.class.is(Class::NEGATOR)) {
            return false;
        }
        let Some((slot, found)) = self.address_again(mv, scan, first.start) else { return false };
        self.answered_by_active();
        self.replace(&slot, &found);
        true
    }

    /// "remove the note": a slot that need not be there holds no value any more. Whether one was named so.
    pub(super) fn take_out(&mut self, mv: &Move, scan: &Scan<'_>) -> bool {
        let named = |slot: &&Slot| {
            !slot.required
                && self.slot_value(&slot.name).is_some()
                && strings::removes_by_name(slots::spoken_name(slot), &scan.heard)
        };
        let Some(slot) = mv.slots.iter().find(named) else { return false };
        self.answered_by_active();
        self.tell.reading = Reading::Correction;
        if let Some(frame) = &mut self.state.active {
            frame.clear(&slot.name);
        }
        self.pass(&slot.name);
        true
    }

    /// "leave it at the depot" where "Where to?" is asked and the order is to be delivered: words that are an option of another slot, and
    /// name nothing, choose that one. Whether they did.
    pub(super) fn choose_instead(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { mv, slot, scan, .. } = asking;
        let words = scan.heard.words.as_slice();
        let text = is_text(slot) && asking.reads == Reads::Whole && self.wanted(mv, slot) != Wanted::Words;
        if !text || labels::is_nominal(scan.text, words) {
            return false;
        }
        let chosen = mv.slots.iter().find_map(|other| {
            let held = self.slot_value(&other.name)?;
            let SlotType::Enum(options) = effective_type(other) else { return None };
            if is_yes_no(self.language(), other)
                || !slots::is_exact_option(options, scan.vocabulary(other), &scan.heard)
            {
                return None;
            }
            match slots::read_value(other, scan.text, scan.reference) {
                Answer::Value { found, .. } if found.value != held.value => Some((other.clone(), found)),
                _ => None,
            }
        });
        let Some((other, found)) = chosen else { return false };
        self.answered_by_active();
        self.replace(&other, &found);
        true
    }

    /// "no, the note is ring twice" while a part asks, where the caller's slot of that name holds nothing. Whether it was that.
    fn fill_by_its_name(&mut self, mv: &Arc<Move>, scan: &Scan<'_>) -> bool {
        let open = mv.slots.iter().filter(|slot| self.slot_value(&slot.name).is_none());
        let names: Vec<&str> = open.map(|slot| slot.name.as_str()).collect();
        let Some(correction) = correction_of(mv, &names, &scan.heard) else { return false };
        let named = correction.slot.and_then(|name| mv.slots.iter().find(|slot| slot.name == name));
        let said = scan.text.get(correction.span.0..correction.span.1);
        let Some((slot, said)) = named.zip(said).filter(|(slot, _)| self.standing(mv, slot) != Standing::Needless)
        else {
            return false;
        };
        let Answer::Value { found, .. } = slots::read_value(slot, said, scan.reference) else { return false };
        if !found.fits {
            return false;
        }
        self.answered_by_active();
        self.replace(slot, &found.behind(correction.span.0));
        true
    }

    /// "make it three" while a part asks, where nobody has said how many and the caller begins with one. Whether it was that.
    fn correct_default(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>) -> bool {
        let begins_so =
            |slot: &&Slot| slot.default.is_some() && !is_text(slot) && self.slot_value(&slot.name).is_none();
        let open: Vec<&Slot> = mv.slots.iter().filter(begins_so).collect();
        let names: Vec<&str> = open.iter().map(|slot| slot.name.as_str()).collect();
        let Some(correction) = correction_of(mv, &names, &scan.heard) else { return false };
        let Some(said) = scan.text.get(correction.span.0..correction.span.1) else { return false };
        let answers =
            || matches!(slots::read_value(asked, said, scan.reference), Answer::Value { found, .. } if found.fits);
        if correction.strength < Strength::Plain || !is_text(asked) && answers() {
            return false;
        }
        let target = open.into_iter().find_map(|slot| match slots::read_value(slot, said, scan.reference) {
            Answer::Value { found, whole: true } if correction.slot.is_none_or(|named| named == slot.name) => {
                Some((slot.clone(), found))
            }
            _ => None,
        });
        let Some((slot, found)) = target else { return false };
        self.answered_by_active();
        self.replace(&slot, &found);
        true
    }

    /// Whether what is put in the place of something is a value of a type that a caller of the move holds, or begins with.
    fn is_of_a_caller(&self, said: &str, scan: &Scan<'_>) -> bool {
        let takes = |slot: &Slot| {
            let beside = Scan::of(said, [slot], scan.reference).knowing(scan.terms());
            // "a large pizza", but not "June Miller"
            let leads = beside.heard.words.first().is_some_and(|word| word.class.is(Class::DETERMINER));
            matches!(slots::read_answer(slot, &beside), Answer::Value { found, whole } if found.fits && (whole || leads))
        };
        let callers = self.state.active.iter().flat_map(Frame::with_callers).skip(1);
        callers.into_iter().any(|frame| {
            let Some(mv) = self.move_named(&frame.move_id) else { return false };
            mv.slots.iter().any(|slot| {
                let held = frame.slot(&slot.name).is_some() || slot.default.is_some();
                held && !is_text(slot) && !is_yes_no(self.language(), slot) && takes(slot)
            })
        })
    }

    /// "in the end we are four": of what is held that which asks in those words; all of it where the words do not tell.
    fn those_counted<'s>(&self, mv: &Move, held: Vec<&'s Slot>, scan: &Scan<'_>) -> Vec<&'s Slot> {
        if !scan.heard.words.iter().any(|word| word.is(Cue::Speaker)) {
            return held;
        }
        let wider = Scan::over(scan.text, Rc::clone(&scan.heard), &mv.slots, scan.reference);
        let Some((_, counted)) = self.counts_speakers(mv, &wider) else { return held };
        let those: Vec<&Slot> = held.iter().filter(|slot| slot.name == counted.name).copied().collect();
        if those.is_empty() { held } else { those }
    }

    /// "sorry, yes the truck gets to the tank" to another question: a yes or a no in the words of the question that it answers.
    fn answers_in_words_of(&self, slot: &Slot, heard: &Heard) -> Option<bool> {
        /// Words that a question and its answer share.
        const SHARED: usize = 2;
        let words = heard.words.as_slice();
        let answers = |word: &&Word| word.is(Cue::AnswerAlone) && word.is([Cue::Yes, Cue::No]);
        let at = words.iter().position(|word| answers(&word))?;
        let clause = &words[at..];
        let end = first_clause(clause);
        let question = Rc::clone(&self.question(&*self.active_move()?, slot).heard);
        let asked = |word: &&Word| word.class == Class::CONTENT && question.holds(word);
        let leads = words[..at].iter().all(|word| word.is([Cue::CorrectionWeak, Cue::Hesitation]));
        (leads && clause[..end].iter().filter(asked).count() >= SHARED).then(|| words[at].is(Cue::Yes))
    }

    /// "yes, the truck can get there" where "for the truck" is what an option is also called: a part of a name in a sentence that says
    /// more puts no option in the place of another.
    fn is_named_in_part(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>) -> bool {
        let SlotType::Enum(options) = effective_type(slot) else { return false };
        // "with another firm": a word that describes something else.
        let describes = |end: usize| {
            let next = scan.heard.words.iter().find(|word| word.start >= end);
            next.is_some_and(|next| {
                let noun = std::slice::from_ref(next);
                let told = !next.after_break && next.class == Class::CONTENT && next.cues.is_empty();
                told && !self.is_of_the_move(mv, noun)
            })
        };
        let stated = slots::stated_options(options, scan.vocabulary(slot), &scan.heard);
        stated.iter().all(|chosen| describes(chosen.end))
    }

    /// "change the address to 9 Elm Street, Kiel"
    fn correct_composite(&mut self, mv: &Arc<Move>, whole: &str, said: &str) -> bool {
        if !self.replace_composite(mv, whole, said) {
            return false;
        }
        self.answered_by_active();
        self.tell.reading = Reading::Correction;
        let shown = self.composite_in_words(mv, whole).unwrap_or_default();
        let sensitive = parts_of(mv, whole).into_iter().any(|slot| self.is_sensitive(slot));
        if let Some(last) = parts_of(mv, whole).last() {
            let rules = last.rules.as_ref().and_then(|rules| rules.whole.clone());
            let named = Slot { name: whole.to_owned(), sensitive, rules, ..Slot::clone(last) };
            self.say(&wording::corrected(&named, &shown));
        }
        true
    }

    /// "make it four": whether a clause plainly puts another value in the place of one that is held. Where a number is asked for (`counts`)
    /// that may be the answer; "make it the 21st" is said for a day.
    pub(in crate::engine) fn changes_what_is_held(&self, mv: &Move, clause: &str, counts: bool) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let (language, reference) = (self.language(), &self.reference);
        let filled: Vec<&str> = frame.slots.iter().map(|(name, _)| name.as_str()).collect();
        let typed = |name: &&str| mv.slots.iter().find(|slot| slot.name == **name && !is_text(slot));
        let Some(found) = correction_of(mv, &filled, &Heard::of(language, clause)) else { return false };
        let said = clause.get(found.span.0..found.span.1).unwrap_or_default();
        let first = Heard::of(language, said).words.into_iter().next();
        if counts && first.is_none_or(|first| !first.class.is(Class::ARTICLE)) {
            return false;
        }
        let whole = |slot: &Slot| {
            !is_yes_no(language, slot)
                && (matches!(slots::read_value(slot, said, reference), Answer::Value { found, whole: true } if found.fits)
                    || is_part_of_a_moment(slot, said, reference))
        };
        found.strength == Strength::Strong && found.slot.is_some()
            || found.strength >= Strength::Plain && filled.iter().filter_map(typed).any(whole)
    }

    /// "Lena Vogt, and change the date to March 20th", "make it three weeks, and yes": a clause of its own that plainly puts another value in the place of one
    /// that it names; what else is said is the answer. Whether there was one.
    pub(super) fn correct_in_a_clause(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { mv, slot, scan, .. } = asking;
        let cut = turned_clauses(scan);
        let told = slots::is_number(slot) || is_of_a_day(slot);
        let counts = slots::is_number(slot) && !slots::takes_itself_back(slot, scan);
        let takes = asking.asked == decide::Asked::FreeText
            || told && !slots::takes_itself_back(slot, scan)
            || is_yes_no(self.language(), slot);
        if !takes || asking.reads != Reads::Whole || cut.len() < 2 {
            return false;
        }
        let changes = |run: &Self, clause: &str| run.changes_what_is_held(mv, clause, counts);
        let said = |span: &(usize, usize)| scan.text.get(span.0..span.1).unwrap_or_default();
        let Some(at) = cut.iter().position(|span| changes(self, said(span))) else { return false };
        let last = cut.iter().rposition(|span| changes(self, said(span))).unwrap_or(at);
        // "Lena Vogt, oh sorry, make it the 20th, I work on the 14th": what stands behind the change goes on about that.
        let only_turns = |span: &&(usize, usize)| {
            let heard = Heard::of(self.language(), said(span));
            heard.words.iter().all(|word| word.is(SECOND_THOUGHT.with(Cue::Hesitation).with(Cue::Linker)))
        };
        let before: Vec<_> = cut[..at].iter().filter(|span| !only_turns(span)).collect();
        let rest = if before.is_empty() { cut[last + 1..].iter().collect() } else { before };
        let rest = rest.into_iter().map(said).collect::<Vec<_>>().join(", ");
        let answers = || match effective_type(slot) {
            _ if is_yes_no(self.language(), slot) => {
                let plain = || slots::yes_no::plain(&Heard::of(self.language(), &rest)).is_some();
                at == 0 && slots::yes_no::read(&rest, scan.reference).is_some() || plain()
            }
            // "no, Saturday at 9. back at 4"
            _ if is_of_a_day(slot) => {
                matches!(slots::read_value(slot, &rest, scan.reference), Answer::Value { found, .. } if found.fits)
            }
            _ => true,
        };
        if rest.is_empty() || !answers() {
            return false;
        }
        let filled = self.tell.filled.len();
        self.correct_beside(mv, slot, scan, (0, 0));
        if self.tell.filled.len() == filled {
            return false;
        }
        let whole = self.read_instead(rest);
        self.store_answer(&slot.name);
        self.read_instead(whole);
        true
    }

    /// "in two weeks, and make it 4 lines": a clause beside the answer that plainly puts another value in the place of one that
    /// was said before.
    pub(super) fn correct_beside(&mut self, mv: &Arc<Move>, asked: &Slot, scan: &Scan<'_>, answer: (usize, usize)) {
        let beside = |span: &(usize, usize)| span.0 >= answer.1 || span.1 <= answer.0;
        for span in turned_clauses(scan).into_iter().filter(beside) {
            let Some(frame) = &self.state.active else { return };
            let filled: Vec<&str> = frame.slots.iter().rev().map(|(name, _)| name.as_str()).collect();
            let Some(clause) = scan.text.get(span.0..span.1) else { continue };
            let heard = Heard::of(self.language(), clause);
            let Some(correction) = correction_of(mv, &filled, &heard) else { continue };
            let Some(said) = clause.get(correction.span.0..correction.span.1) else { continue };
            if correction.strength < Strength::Plain || strings::is_inquiry(clause, &heard) {
                continue;
            }
            let clause = Scan::of(clause, &mv.slots, scan.reference).knowing(scan.terms());
            let is_meant = |slot: &&Slot| {
                slot.name != asked.name && !is_text(slot) && correction.slot.is_none_or(|named| named == slot.name)
            };
            let filled = filled.iter().filter_map(|name| mv.slots.iter().find(|slot| slot.name == *name));
            let refused = correction.refused.and_then(|span| clause.text.get(span.0..span.1));
            let filled = self.those_refused(filled.filter(is_meant).collect(), refused, scan.reference);
            let filled = self.those_counted(mv, filled, &clause);
            let target = filled.into_iter().find_map(|slot| {
                let held = frame.slot(&slot.name)?;
                let (place, named) = ((said, correction.span.0), correction.slot.is_some());
                let found = self.correcting_value(slot, place, &clause, correction.strength, named, None)?;
                (found.value != held.value).then(|| (slot.clone(), found))
            });
            if let Some((slot, found)) = target {
                self.replace(&slot, &found);
            }
        }
    }

    /// "that was wrong, I meant Tuesday" after a move has ended opens it again with its values; whether it did.
    pub(in crate::engine) fn corrects_what_has_ended(&mut self) -> Result<bool, Halt> {
        /// Turns after its end in which a move can be corrected.
        const MAX_TURNS: u64 = 2;
        let Some(ended) = self.state.ended.clone().filter(|ended| self.state.turns - ended.turn <= MAX_TURNS) else {
            return Ok(false);
        };
        let Some(mv) = self.move_named(&ended.frame.move_id) else { return Ok(false) };
        let text = self.text.clone();
        let (reference, header) = (self.reference, Arc::clone(&self.input.header));
        let scan = Scan::over(&text, self.heard(), &mv.slots, &reference).knowing(&header.vocabulary);
        // "no, Sunday", "also the map": in few words only right behind what they take up.
        let at_once = self.state.turns - ended.turn <= 1;
        let held: Vec<&str> = ended.frame.slots.iter().map(|(name, _)| name.as_str()).collect();
        let correction = correction_of(&mv, &held, &scan.heard);
        let takes_back = scan.heard.words.first().is_some_and(|first| first.is(Cue::TakesBack));
        let plain = correction.is_some_and(|found| found.strength >= Strength::Plain || at_once && takes_back);
        // "no thanks, that's all" corrects nothing.
        let nothing = |span: &(usize, usize)| {
            let clause = scan.heard_in(text.get(span.0..span.1).unwrap_or_default());
            strings::is_decline(&clause) || strings::is_noise(&clause)
        };
        if !plain && !at_once || clauses(&text, &scan.heard.tokens).iter().all(nothing) {
            return Ok(false);
        }
        let before = self.state.active.take();
        // Its blocks run again with the value that is right.
        self.activate(Frame { ran: Vec::new(), open: None, ..ended.frame });
        let corrected = plain && self.correct(&mv, None, &scan)
            || at_once && (self.edit_lists(&mv, None, &scan) || self.reopen(&mv, None, &scan))
            || plain && self.correct_a_part(&mv, None, &scan, Telling::Plainly);
        if !corrected {
            self.state.active = before;
            return Ok(false);
        }
        self.state.ended = None;
        self.advance(Entry::UnderWay).map(|()| true)
    }

    /// "sorry, at 12" where a length is asked for, and another slot of the move holds a time: it is that one's.
    pub(super) fn is_anothers_time(&self, mv: &Move, asked: &Slot, found: &Found) -> bool {
        let timed = |slot: &Slot| {
            matches!(effective_type(slot), SlotType::Time | SlotType::DateTime) && self.slot_value(&slot.name).is_some()
        };
        let clock = |value: &str| value.contains(':') && !value.contains(['-', 'P', '/']);
        *effective_type(asked) == SlotType::Timeframe
            && found.value.as_str().is_some_and(clock)
            && mv.slots.iter().any(timed)
    }

    /// On which side of now a day lies is for its own slot's question to say.
    fn seen_from(&self, slot: &Slot, reference: &Reference) -> Reference {
        let past = self.active_move().is_some_and(|mv| self.asks_for_the_past(&mv, slot));
        Reference { direction: if past { Direction::Past } else { self.reference.direction }, ..*reference }
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
        if !is_text(slot) {
            if is_yes_no(self.language(), slot) && !named && strength < Strength::Strong {
                // "actually I'd rather pick it up" for `pickup`
                let rest = Heard::of(self.language(), said);
                let in_question =
                    || slots::yes_no::with_or_without(&rest, &self.question(&*self.active_move()?, slot).heard);
                let by_name = || slots::yes_no::by_name(slots::spoken_name(slot), &rest).or_else(in_question);
                let answer = self.answers_in_words_of(slot, &scan.heard);
                let answer = answer.or_else(|| by_name().filter(|_| strength == Strength::Plain))?;
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
            let held = self.slot_value(&slot.name)?;
            // What was corrected before stands as it was read then.
            let corrected = held.value.as_str().filter(|_| held.source == Source::Correction);
            let own = self.seen_from(slot, scan.reference);
            let reference = slots::near(slot, corrected.unwrap_or(&held.text), said, &own);
            let beside = Scan::of(said, [slot], &reference).knowing(scan.terms());
            return match slots::read_answer(slot, &beside) {
                Answer::Value { whole: false, .. }
                    if !named && self.active_move().is_some_and(|mv| self.is_named_in_part(&mv, slot, &beside)) =>
                {
                    None
                }
                // "make that three rooms" where another slot counts rooms; "it's 22 Fen Lane, flat 3".
                Answer::Value { found, whole }
                    if !named
                        && self.active_move().is_some_and(|mv| {
                            self.numbers_of_others(&mv, slot, &beside).contains(&found.span())
                                || !whole && self.numbers_another(&mv, slot, &beside, &found)
                        }) =>
                {
                    None
                }
                Answer::Value { found, whole }
                    if found.fits
                        && (whole || named || strength >= Strength::Plain && !is_without_unit(&found.value)) =>
                {
                    Some(found)
                }
                // "at 12 instead": the day stays.
                Answer::Absent if *effective_type(slot) == SlotType::DateTime => {
                    slots::moved(slot, (held.value.as_str()?, &held.text), &beside)
                }
                _ => None,
            };
        }
        // Free text takes anything, so it is replaced only by something short, and not while other free text is asked
        // for unless the utterance plainly goes back.
        let phrase = Heard::of(self.language(), said);
        // What only goes on ("it's jo@mail", "and …") puts nothing in the place of a text.
        let goes_back =
            scan.heard.words.iter().any(|word| word.start < correction_start && word.is(PLAINLY.with(Cue::TakesBack)));
        if !named && strength == Strength::Weak && !goes_back {
            return None;
        }
        // "it's jo@mail" to a question for an address is none for the city that was said before.
        let is_data = |text: &str| text.chars().any(|sign| sign.is_ascii_digit() || sign == '@');
        let held_is_data = self.slot_value(&slot.name).is_some_and(|held| is_data(&held.text));
        if !named && is_data(said) && !held_is_data {
            return None;
        }
        // "it's four rooms": what is said is the value of a slot that is still open.
        let mv = self.active_move()?;
        let first = phrase.words.first()?.start + correction_start;
        let states = |stated: &Stated| stated.found.start <= first && first < stated.found.end;
        if !named && strength < Strength::Strong && self.stated_beside(&mv, scan, &[]).iter().any(states) {
            return None;
        }
        let asked_for_text = asked.is_some_and(is_text);
        let plainly = named
            || strength == Strength::Strong
            || (!asked_for_text && strength >= Strength::Weak)
            || scan.heard.words.first().is_some_and(|word| word.is(Cue::No) && scan.heard.len() > 1);
        let usable = plainly
            && phrase.len() <= MAX_CORRECTION_WORDS
            && !strings::is_noise(&phrase)
            && !strings::is_decline(&phrase)
            && !phrase.words.first().is_some_and(|first| first.class.is(Class::NOTHING.and(Class::NEGATOR)))
            && !phrase.words.last().is_some_and(|last| last.is(Cue::One))
            && !is_denied(&scan.heard, correction_start)
            && !begins_a_sentence(&phrase.words)
            && (strength > Strength::Weak || !labels::says_something_of(said, &phrase));
        if !usable {
            return None;
        }
        let found = slots::read_string(slot, said, &Heard::of(scan.language(), said))?;
        match self.as_label(&mv, slot, self.wanted(&mv, slot), found) {
            FreeText::Value(found) => Some(found),
            FreeText::Sentence | FreeText::Nothing => None,
        }
    }
}

/// The clauses of an utterance, each with what stands before it and does nothing but take back: "actually scratch that, Saturday at 9".
fn turned_clauses(scan: &Scan<'_>) -> Vec<(usize, usize)> {
    let (mut found, mut opening) = (Vec::new(), None);
    for (from, until) in clauses(scan.text, &scan.heard.tokens) {
        let from = opening.take().unwrap_or(from);
        let said = scan.text.get(from..until).unwrap_or_default();
        match corrections::only_takes_back(&Heard::of(scan.language(), said)) {
            true => opening = Some(from),
            false => found.push((from, until)),
        }
    }
    found
}

/// "make it half ten", "can we switch to Monday": whether a day or a time is all that is said of a moment, of which the other stays.
fn is_part_of_a_moment(slot: &Slot, said: &str, reference: &Reference) -> bool {
    let whole = |ty| {
        let part = Slot { ty, ..slot.clone() };
        matches!(slots::read_value(&part, said, reference), Answer::Value { whole: true, .. })
    };
    *effective_type(slot) == SlotType::DateTime && (whole(SlotType::Time) || whole(SlotType::Date))
}

/// Whether what a slot takes is told from anything else by its form.
fn has_its_form(slot: &Slot) -> bool {
    matches!(effective_type(slot), SlotType::Phone | SlotType::Email | SlotType::Url | SlotType::Pattern(_))
}

/// How a correction tells what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// By name, or by a form of its own: "the name is Anna", "555 010 8899".
    Plainly,
    /// By nothing but its value.
    ByValue,
}

/// A part as it was when it came back to its caller, with the values that it brought.
fn come_back_with(caller: &Frame, part: &Move) -> Option<Frame> {
    let brought = caller.captures.get(&part.name)?;
    let mut frame = Frame::new(&part.name, caller.score);
    frame.certain = true;
    for slot in &part.slots {
        let Some(value) =
            brought.pointer(&format!("/{}", slot.name.replace('.', "/"))).filter(|value| !value.is_null())
        else {
            frame.passed.push(slot.name.clone());
            continue;
        };
        let said = value.as_str().or_else(|| value.get("text")?.as_str());
        let text = said.map_or_else(|| value.to_string(), str::to_owned);
        frame.fill(&slot.name, SlotValue { text, value: value.clone(), source: Source::Answer, confirmed: true });
    }
    Some(frame)
}

/// "I'm having one fitted": a bare number in a sentence is no measure.
fn is_without_unit(value: &Value) -> bool {
    value.get("unit").is_some_and(Value::is_null)
}

/// What an utterance corrects of slots that hold a value.
pub(super) fn correction_of<'m>(mv: &'m Move, held: &[&'m str], heard: &Heard) -> Option<Correction<'m>> {
    let only_of_type = |ty: &str| only_of_type(mv, held, ty);
    corrections::find(heard, Held { known: &known_of(mv, held), only_of_type: &only_of_type })
}

/// Whether a correction by these words names the slot.
fn names_it(mv: &Move, slot: &str, heard: &Heard) -> bool {
    mv.slots.iter().any(|known| known.name == slot)
        && correction_of(mv, &[slot], heard).is_some_and(|correction| correction.slot.is_some())
}

/// The slots of a move that are held, as people may name them.
fn known_of<'m>(mv: &'m Move, held: &[&'m str]) -> Vec<Known<'m>> {
    held.iter().map(|name| Known { slot: name, called: spoken_name_of(mv, name) }).collect()
}

/// The only slot of a type that is held.
fn only_of_type<'m>(mv: &'m Move, held: &[&str], ty: &str) -> Option<&'m str> {
    let ty = SlotType::simple(ty)?;
    let is_held = |slot: &&Slot| held.contains(&slot.name.as_str()) && effective_type(slot) == ty;
    let mut of_type = mv.slots.iter().filter(is_held);
    let only = of_type.next()?;
    of_type.next().is_none().then_some(only.name.as_str())
}

/// The name by which people mean a slot, or a composite, of a move.
fn spoken_name_of<'m>(mv: &'m Move, name: &'m str) -> &'m str {
    if let Some(slot) = mv.slots.iter().find(|slot| slot.name == name) {
        return slots::spoken_name(slot);
    }
    let whole = parts_of(mv, name).pop().and_then(|last| last.rules.as_deref()?.whole.as_deref()?.called.as_deref());
    whole.unwrap_or(name)
}

/// "the 10th" of "we leave on the 10th, not on the 9th": where as many words begin at the end of what is wanted as are refused behind
/// it.
fn like_the_refused(wanted: &Heard, refused: Option<&str>) -> Option<usize> {
    let length = Heard::of(wanted.language, refused?).len();
    let from = wanted.len().checked_sub(length).filter(|from| *from > 0)?;
    let one_clause = wanted.words.iter().skip(1).all(|word| !word.after_break);
    wanted.words.get(from).filter(|_| one_clause).map(|word| word.start)
}

/// "no return", "no voy a poder": what a "no" denies that does not stand apart is not put in the place of anything.
fn is_denied(heard: &Heard, start: usize) -> bool {
    let Some(at) = heard.words.iter().position(|word| word.start == start) else { return false };
    let Some(before) = at.checked_sub(1).and_then(|at| heard.words.get(at)) else { return false };
    let word = &heard.words[at];
    before.is(Cue::No) && before.class.is(Class::NEGATOR) && !word.after_break && !word.class.is(Class::AFTER_NO)
}

/// Whether two texts have a telling word in common.
fn shares_a_word(language: &'static Language, one: &str, other: &str) -> bool {
    let (one, other) = (Heard::of(language, one), Heard::of(language, other));
    let telling = one.words.iter().filter(|word| !word.class.is(Class::FUNCTION));
    telling.into_iter().any(|word| other.words.iter().any(|same| same.hash == word.hash))
}

/// "I have …", "can you …", "it hurts …": a sentence, not a value that replaces one.
fn begins_a_sentence(words: &[Word]) -> bool {
    let [first, second, ..] = words else { return false };
    first.is(Cue::SentenceOpener) && !second.is(Cue::Means)
}
