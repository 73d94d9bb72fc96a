//! Reading an utterance as the answer to a slot's question: a value, a correction, a digression, a refusal.
//!
//! What it is taken for is tried in the order of [`decide::AGAINST_A_SLOT`], and nowhere else; each file here knows some of the
//! rows. A row that applies stores what it says.

mod beside;
mod confirming;
mod correcting;
mod edits;
mod free_text;
mod question;
mod typed;
mod unheard;

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

pub(super) use self::free_text::FreeText;
pub(super) use self::free_text::without_denials;
pub(super) use self::question::Question;
pub(crate) use self::question::prompt_text;
use super::decide::{self, As, Asked};
use super::fill::Stated;
use super::flow::{Entry, is_given_up_alone};
use super::mending::Target;
use super::repairs::{self, Repair};
use super::run::{Halt, Reading, Run};
use super::wording;
use crate::entities::{Direction, Entity, Kind, Reference};
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::matcher::Candidate;
use crate::slots::labels::Wanted;
use crate::slots::{self, Answer, Scan, SlotValue, Source, effective_type, is_yes_no, reason, strings};
use crate::text::{Heard, Word, first_clause, readable};

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
    /// It is about the conversation itself.
    Mends(Repair),
}

/// What of an utterance is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// All of it: it may be about the conversation itself.
    Whole,
    /// What is left beside other things.
    Part,
}

/// A slot's question, and what was said to it.
struct Asking<'a> {
    mv: &'a Arc<Move>,
    slot: &'a Slot,
    scan: Scan<'a>,
    asked: Asked,
    reads: Reads,
    /// What it comes to as free text, once that is asked for.
    text: OnceCell<FreeText>,
    /// What it states for open slots, once that is asked for.
    stated: OnceCell<Vec<Stated>>,
}

impl Run<'_> {
    /// Stores what a part of the utterance says for an open slot, and asks nothing; whether it said something.
    pub(super) fn store_answer(&mut self, name: &str) -> bool {
        let Some(mv) = self.active_move() else { return false };
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == name).cloned() else { return false };
        match self.hear_answer(&mv, &slot, Reads::Part) {
            Answered::GoesOn => true,
            Answered::Declined => {
                self.pass(name);
                true
            }
            Answered::Refused(_) | Answered::Asks | Answered::Leaves(_) | Answered::Mends(_) => false,
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
        self.tell.reading = Reading::Answer;
        match self.hear_answer(&mv, &slot, Reads::Whole) {
            Answered::GoesOn => {
                self.answered_by_active();
                self.ask_about_what_is_left(&mv);
                // Where nothing is asked any more, nobody else says what could not be taken.
                if self.need(&mv).is_none() {
                    self.say_refusals();
                }
                self.advance(Entry::UnderWay)
            }
            Answered::Declined => self.pass_over(&slot),
            // What is sensitive goes to no service.
            Answered::Refused(_) if !slot.sensitive && self.left_by_service()? => Ok(()),
            Answered::Refused(reason) => self.refuse(&mv, &slot, &reason),
            Answered::Asks => {
                self.answered_by_active();
                self.ask_again(true)
            }
            Answered::Leaves(other) => self.digress(&other),
            Answered::Mends(repair) => {
                self.tell.reading = Reading::Repair;
                self.mend(repair, Target::Question)
            }
        }
    }

    /// Reads the text as the answer to a slot's question; what it says is stored.
    fn hear_answer(&mut self, mv: &Arc<Move>, slot: &Slot, reads: Reads) -> Answered {
        let text = self.text.clone();
        let past = self.asks_for_the_past(mv, slot);
        let direction = if past { Direction::Past } else { self.reference.direction };
        let reference = Reference { direction, ..self.reference };
        let header = Arc::clone(&self.input.header);
        // Only what is still open is looked for; a correction looks again.
        let open = mv.slots.iter().filter(|slot| self.slot_value(&slot.name).is_none());
        let scan = Scan::over(&text, self.heard(), open, &reference).knowing(&header.vocabulary).among(&mv.slots);
        let scan = match is_yes_no(self.language(), slot) {
            true => scan.answering(Rc::clone(&self.question(mv, slot).heard)),
            false => scan,
        };
        let told = self.as_asked(mv, slot, &scan, &[Kind::Dimension, Kind::Duration, Kind::Date]);
        let (text, stated) = (OnceCell::new(), OnceCell::new());
        let asking = Asking { mv, slot: &told, scan, asked: asked(slot), reads, text, stated };
        let rows = decide::AGAINST_A_SLOT.iter().filter(|row| row.applies(asking.asked));
        for row in rows {
            if let Some(answered) = self.taken_as(row.taken_as, &asking) {
                return answered;
            }
        }
        Answered::Refused(reason(self.language(), slot))
    }

    /// What the utterance comes to as this; `None` when it is not this.
    fn taken_as(&mut self, taken_as: As, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { mv, slot, scan, .. } = asking;
        let goes_on = |holds: bool| holds.then_some(Answered::GoesOn);
        match taken_as {
            As::Exact => is_exact(slot, scan).then(|| self.typed_value(asking)).flatten(),
            As::Repair => match asking.reads {
                Reads::Whole => {
                    let repair = self.repair_asked_for().filter(|repair| !only_says_no(asking, *repair));
                    let repair = repair.or_else(|| self.given_up_by_name(asking));
                    repair.or_else(|| self.given_up_in_a_clause(asking)).map(Answered::Mends)
                }
                Reads::Part => None,
            },
            As::DeclinedByName => self.declined_by_name(asking),
            As::Declined => self.declined(asking),
            As::Idiom => self.idiom(asking),
            As::Pause => strings::is_pause(&scan.heard).then_some(Answered::Asks),
            As::Inquiry => self.inquiry(asking),
            As::ListEdit => goes_on(self.edit_lists(mv, Some(*slot), scan)),
            As::ByPreposition => goes_on(self.fill_by_preposition(mv, slot, scan)),
            // "make it three weeks, and yes", "Saturday at 9 instead, back at 4": of an answer and a change both count.
            As::Correction => goes_on(
                (is_yes_no(self.language(), slot) || is_of_a_day(slot)) && self.correct_in_a_clause(asking)
                    || self.correct(mv, Some(*slot), scan)
                    || self.reopen(mv, Some(*slot), scan)
                    || self.correct_for_caller(slot, scan)
                    || self.correct_in_a_clause(asking)
                    || is_yes_no(self.language(), slot) && self.correct_address(mv, scan)
                    || self.take_out(mv, scan)
                    || self.choose_instead(asking),
            ),
            As::NotThisButThat => goes_on(self.fill_what_is_wanted_instead(asking)),
            As::Value => self.typed_value(asking),
            As::CertainMove => self.certain_move(asking),
            As::Nothing => self.nothing_to_say(asking),
            As::OtherMove => self.other_move(asking),
            As::EmptyText => self.empty_text(asking),
            As::OwnPattern => goes_on(self.fill_from_own_match(mv, scan)),
            As::FreeText => goes_on(self.store_text(asking)),
            // A number or a measure and nothing else is said for what is asked.
            As::Mention if asking.asked == Asked::Typed && (is_figures(scan.text) || is_measure(slot, scan)) => None,
            As::Mention => {
                let address = asking.asked == Asked::Typed && self.fill_address_of_composite(mv, scan);
                let beside = [typed::asked_beside(scan), self.part_of_the_place(asking)].concat();
                goes_on(self.fill_outside(mv, scan, &beside) || address)
            }
            // In the place of a text, the whole of what was said.
            As::ReplacesAnother if asking.asked == Asked::FreeText && asking.reads == Reads::Part => None,
            As::ReplacesAnother => {
                goes_on(self.replace_unasked(mv, slot, scan) || self.gives_up_a_time(mv, slot, scan))
            }
            As::OwnTrigger => self.says_its_trigger_again(asking).then_some(Answered::Asks),
            As::Question => strings::is_question(scan.text, &scan.heard).then_some(Answered::Asks),
            As::ByMeaning => goes_on(self.fill_by_meaning(asking)),
            As::OpeningRepair => self.opening_repair(asking),
            // "per person?", "and if there is none?": who asks has not answered wrongly.
            As::NoValue if asking.reads == Reads::Whole && asks_in_short(scan) => {
                self.agenda.refusals.push(self.why_no_value(asking));
                Some(Answered::GoesOn)
            }
            As::NoValue => Some(Answered::Refused(self.why_no_value(asking))),
        }
    }

    /// "three, uhh, never mind": a clause of its own cancels, and no value stands behind it.
    fn given_up_in_a_clause(&mut self, asking: &Asking<'_>) -> Option<Repair> {
        let Asking { mv, slot, scan, .. } = asking;
        let clause = repairs::cancelling_clause(&scan.heard)?;
        let from = clause.first()?.start;
        if takes_a_no(asking) && slots::yes_no::is_no(scan.language(), clause) {
            return None;
        }
        let words = asking.asked == Asked::FreeText && self.wanted(mv, slot) == Wanted::Words;
        let option_behind = || {
            let rest = Scan::of(scan.text.get(from..).unwrap_or_default(), [], scan.reference).knowing(scan.terms());
            mv.slots.iter().any(|slot| slots::is_mentioned(slot, &rest))
        };
        // "forget it, I've found one"
        let counts = |entity: &&Entity| {
            !scan.heard.words[scan.heard.words_of(entity.span())].iter().all(|word| word.is(Cue::One))
        };
        let behind = scan.entities.iter().filter(counts).any(|entity| entity.start > from) || option_behind();
        (!words && !behind && self.interruption().is_none()).then_some(Repair::Cancel)
    }

    /// "forget the taxi, we'll take the bus": what is given up is the move itself, by the words that begin it.
    fn given_up_by_name(&mut self, asking: &Asking<'_>) -> Option<Repair> {
        let Asking { mv, scan, .. } = asking;
        let language = scan.language();
        let mut words = scan.heard.words.as_slice();
        while let skip @ 1.. = language.prefix(words, [Cue::Hesitation, Cue::Pause, Cue::Speaker, Cue::CorrectionWeak])
        {
            words = words.get(skip..)?;
        }
        let gives_up = language.prefix(words, Cue::ListRemove);
        let object = words.get(gives_up..).filter(|_| gives_up > 0)?;
        let object = &object[..first_clause(object)];
        let mut nouns = object.iter().filter(|word| word.tells()).peekable();
        let own = Heard::of(language, &readable(&mv.name));
        let named = nouns.peek().is_some() && nouns.all(|noun| own.holds(noun));
        let article = |word: Option<&Word>| word.is_some_and(|word| word.class.is(Class::DETERMINER));
        let determined = article(object.first()) || article(words[..gives_up].last());
        // What a slot takes is that slot's.
        let taken = || mv.slots.iter().any(|slot| slots::is_mentioned(slot, scan));
        (named && determined && !taken() && self.claimed().is_none()).then_some(Repair::Cancel)
    }

    /// "no return" for `return_date`, and what the slot's author takes for declining it; other values are stored.
    fn declined_by_name(&mut self, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { mv, slot, scan, .. } = asking;
        if self.fill_behind_but(asking) {
            return Some(Answered::GoesOn);
        }
        if slots::is_declined(slot, &scan.heard) {
            self.fill_beside(mv, scan, (0, 0));
            return Some(Answered::Declined);
        }
        let named = slots::spoken_name(slot);
        let denies = || {
            strings::denies_by_name(named, &scan.heard)
                || strings::removes_by_name(named, &scan.heard)
                || self.question(mv, slot).is_denied_by(slot, &scan.heard)
        };
        (!slot.required && denies()).then_some(Answered::Declined)
    }

    /// "no note, but come to the back door": what is said behind a "but" is the text. Whether it was.
    fn fill_behind_but(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { mv, slot, scan, .. } = asking;
        if slot.required || !slots::is_text(slot) || self.wanted(mv, slot) != Wanted::Words {
            return false;
        }
        let words = scan.heard.words.as_slice();
        let Some(at) = words.iter().position(|word| word.class.is(Class::BUT)) else { return false };
        let (Some(rest), Some(last)) = (words.get(at + 1), words.last()) else { return false };
        let before = scan.heard_in(&scan.text[..words[at].start]);
        let said = &scan.text[rest.start..last.end];
        let heard = scan.heard_in(said);
        let declines = slots::is_declined(slot, &before) || strings::denies_by_name(slots::spoken_name(slot), &before);
        if !declines || strings::is_about_the_talk(&heard) || strings::is_question(said, &heard) {
            return false;
        }
        let Some(found) = slots::read_string(slot, said, &heard) else { return false };
        self.fill(slot, &found.behind(rest.start), Source::Answer);
        true
    }

    /// "nope, that's all", which begins like a correction.
    fn declined(&self, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { mv, slot, scan, .. } = asking;
        let declines = self.declines(slot, scan)
            && !is_yes_no(scan.language(), slot)
            && !self.question(mv, slot).asks_yes_or_no()
            && (asking.asked == Asked::FreeText || !matches!(slots::read_answer(slot, scan), Answer::Value { .. }));
        declines.then_some(Answered::Declined)
    }

    /// "I already told you", "the same as my …": nothing that could be stored.
    fn idiom(&self, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { slot, scan, .. } = asking;
        let refers = strings::is_reference(&scan.heard) && !self.states_for(slot, scan);
        if !refers && !strings::is_idiom(&scan.heard) {
            return None;
        }
        if !slot.required || slot.default.is_some() {
            return Some(Answered::Declined);
        }
        let why = reason(self.language(), slot);
        Some(Answered::Refused(format!("{} {why}", self.language().text(wording::NEEDED))))
    }

    /// A question is never an answer: it means another move, or the question again.
    fn inquiry(&mut self, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { mv, slot, scan, .. } = asking;
        // "yes. could he stay till the 18th?" answers first.
        let (first, rest) = scan.heard.words.split_at(first_clause(&scan.heard.words));
        if is_yes_no(scan.language(), slot)
            && rest.iter().any(Word::tells)
            && scan.language().is(first, [Cue::Yes, Cue::No])
        {
            return None;
        }
        // "can I change the size?" asks for what it says.
        if !strings::is_inquiry(scan.text, &scan.heard) || !self.to_be_asked_again(mv, Some(*slot), scan).is_empty() {
            return None;
        }
        Some(self.interruption().map_or(Answered::Asks, |other| Answered::Leaves(Box::new(other))))
    }

    /// What declines a slot whose question yes or no answers, or of which nobody knows; and a no that says why ("nah, got all that"),
    /// where a value that need not be is asked for.
    fn nothing_to_say(&mut self, asking: &Asking<'_>) -> Option<Answered> {
        let Asking { mv, slot, scan, .. } = asking;
        let turns = |word: &Word| word.is([Cue::Pause, Cue::TakesBack]);
        let says_no = match &*scan.heard.words {
            [no, next, ..] => {
                let apart = next.after_break || next.class.is(Class::AFTER_NO) || !no.class.is(Class::NEGATOR);
                apart && no.is(Cue::No) && no.is(Cue::AnswerAlone) && !turns(next)
            }
            _ => false,
        };
        let typed = asking.asked == Asked::Typed && takes_a_no(asking) && !is_yes_no(scan.language(), slot);
        let asks = || strings::is_question(scan.text, &scan.heard);
        if says_no && typed && !asks() && slots::left_out(slot, scan).is_none() {
            self.fill_beside(mv, scan, (0, 0));
            return Some(Answered::Declined);
        }
        let is_answer = asking.asked == Asked::FreeText
            && slot.required
            && self.question(mv, slot).asks_yes_or_no()
            && slots::yes_no::read(scan.text, scan.reference).is_some();
        (self.declines(slot, scan) && !is_answer).then_some(Answered::Declined)
    }

    /// "forget it, we stay at home": nothing else was understood, so the repair that it opens with counts.
    fn opening_repair(&self, asking: &Asking<'_>) -> Option<Answered> {
        let text = asking.asked == Asked::FreeText && matches!(self.free_text(asking), FreeText::Value(_));
        if asking.reads == Reads::Part || text {
            return None;
        }
        let heard = &asking.scan.heard;
        let cancels = repairs::cancels_at_the_end(heard).then_some(Repair::Cancel);
        repairs::opening(heard).map(|(repair, _)| repair).or(cancels).map(Answered::Mends)
    }

    /// Whether the utterance holds a value of the open slot's own type, whatever else it says ("the same as …").
    fn states_for(&self, slot: &Slot, scan: &Scan<'_>) -> bool {
        !slots::is_text(slot) && matches!(slots::read_answer(slot, scan), Answer::Value { found, .. } if found.fits)
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

    /// Refuses an answer with its reason and asks again; after too many failures the move gives up.
    fn refuse(&mut self, mv: &Arc<Move>, slot: &Slot, why: &str) -> Result<(), Halt> {
        self.answered_by_active();
        let failures = self.state.active.as_mut().map_or(0, |frame| frame.fail(&slot.name));
        let gives_up = failures >= slot.retries.max(1);
        if !(gives_up && is_given_up_alone(mv, &slot.name)) {
            self.say(why);
        }
        self.tell.refused_slot = Some(slot.name.clone());
        if gives_up {
            self.tell.given_up_slot = Some(slot.name.clone());
            if let Some(frame) = &mut self.state.active {
                frame.failures.clear();
            }
            return self.advance(Entry::GaveUp(&slot.name));
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
}

/// "per person?", "before or after tax?": a question in fewer words than a sentence has, told by its mark.
fn asks_in_short(scan: &Scan<'_>) -> bool {
    scan.text.trim_end().ends_with(['?', '？']) && !strings::is_decline(&scan.heard)
}

/// Whether a day, a time or both are asked for.
fn is_of_a_day(slot: &Slot) -> bool {
    matches!(effective_type(slot), SlotType::Date | SlotType::Time | SlotType::DateTime)
}

/// Whether a no answers the question, or passes it over.
fn takes_a_no(asking: &Asking<'_>) -> bool {
    is_yes_no(asking.scan.language(), asking.slot) || !asking.slot.required || asking.slot.default.is_some()
}

/// "no hace falta" to a question that a no answers: it gives nothing up.
fn only_says_no(asking: &Asking<'_>, repair: Repair) -> bool {
    repair == Repair::Cancel && takes_a_no(asking) && repairs::is_also_a_no(&asking.scan.heard)
}

/// What kind of answer a slot's question asks for.
fn asked(slot: &Slot) -> Asked {
    let free = slots::is_of_text(slot) && !(slots::is_text(slot) && slot.expression.is_some());
    if free { Asked::FreeText } else { Asked::Typed }
}

/// Whether the answer is so plainly a value of the slot that it is nothing else, not even a repair: "cancel" where
/// `cancel` is an option.
fn is_exact(slot: &Slot, scan: &Scan<'_>) -> bool {
    match effective_type(slot) {
        SlotType::Enum(options) => slots::is_exact_option(options, scan.vocabulary(slot), &scan.heard),
        ty => ty.is_number() && is_figures(scan.text),
    }
}

/// Whether a text is nothing but a number in figures.
fn is_figures(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether nothing but a measure is said where a number is asked for.
fn is_measure(slot: &Slot, scan: &Scan<'_>) -> bool {
    let mut found = scan.entities.iter().filter(|entity| entity.kind == Kind::Dimension);
    slots::is_number(slot)
        && matches!((found.next(), found.next()), (Some(only), None) if slots::is_whole(slot, scan, (only.start, only.end), &[]))
}
