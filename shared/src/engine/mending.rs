//! What a repair does: cancelling, starting over, repeating, skipping, helping, and fetching a person.

use super::agenda::Interruption;
use super::flow::Entry;
use super::repairs::{self, Repair};
use super::run::{Halt, Reading, Run};
use super::state::{Frame, Open};
use super::wording;
use crate::ir::Priority;
use crate::slots::expectation;

/// What the engine says of itself, and a game may say otherwise, by the move that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaceable {
    /// A capability failed.
    Error,
    /// Nothing was understood.
    Unclear,
    /// A move had nothing to say.
    Done,
    /// The utterance was cut.
    TooLong,
}

impl Replaceable {
    fn move_name(self) -> &'static str {
        match self {
            Replaceable::Error => "repair_error",
            Replaceable::Unclear => "repair_unclear",
            Replaceable::Done => "repair_done",
            Replaceable::TooLong => "repair_too_long",
        }
    }

    fn built_in(self) -> crate::language::Text {
        match self {
            Replaceable::Error => wording::CALL_FAILED,
            Replaceable::Unclear => wording::NO_MATCH,
            Replaceable::Done => wording::ACKNOWLEDGED,
            Replaceable::TooLong => wording::TOO_LONG,
        }
    }
}

/// Whose words were said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// The game's.
    Own,
    /// The engine's.
    BuiltIn,
}

/// What the repair is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// No question is open.
    Nothing,
    /// The open question of the move under way.
    Question,
}

impl Run<'_> {
    /// Whether the utterance is a repair that the game does not claim; if so it is done.
    pub(super) fn mend_if_asked(&mut self, target: Target) -> Result<bool, Halt> {
        let Some(repair) = self.repair_asked_for() else { return Ok(false) };
        self.tell.reading = Reading::Repair;
        self.mend(repair, target)?;
        Ok(true)
    }

    /// The repair that the utterance is, if the game does not claim its words.
    pub(super) fn repair_asked_for(&mut self) -> Option<Repair> {
        match repairs::recognize(&self.heard()) {
            // A bare "sorry", "what?" or "again" is not worth a claim by anybody but a repair move.
            Some(repair) => match self.claimed() {
                None => Some(repair),
                Some(name) => Repair::of_move(&name),
            },
            None => self.claimed_by_repair_move(),
        }
    }

    /// A repair move may have patterns of its own.
    fn claimed_by_repair_move(&mut self) -> Option<Repair> {
        let has_any = self.header_has_repair_moves();
        if !has_any {
            return None;
        }
        Repair::of_move(&self.claimed()?)
    }

    fn header_has_repair_moves(&self) -> bool {
        const ALL: [Repair; 6] =
            [Repair::Cancel, Repair::StartOver, Repair::Repeat, Repair::Skip, Repair::Help, Repair::Person];
        ALL.iter().flat_map(|repair| repair.move_names()).any(|name| self.input.game.find_move(name).is_some())
    }

    /// Does a repair.
    pub(super) fn mend(&mut self, repair: Repair, target: Target) -> Result<(), Halt> {
        if let Some(frame) = &self.state.active {
            let (name, score) = (frame.move_id.clone(), frame.score);
            self.answer_as(&name, score);
        }
        match (repair, target) {
            (Repair::Cancel, Target::Nothing) => self.words_of(repair, wording::NOTHING_TO_CANCEL),
            (Repair::CancelAll, _) => {
                self.words_of(repair, wording::CANCELLED)?;
                self.tell.cancelled = self.state.active.is_some();
                self.forget_everything();
                Ok(())
            }
            (Repair::Cancel, Target::Question) => self.cancel(),
            (Repair::StartOver, Target::Nothing) => {
                self.words_of(repair, wording::START_OVER)?;
                self.say_abilities();
                Ok(())
            }
            (Repair::StartOver, Target::Question) => self.start_over(),
            (Repair::Repeat, Target::Nothing) => {
                let said = self.state.said.clone();
                if said.is_empty() {
                    self.words_of(repair, wording::NOTHING_TO_REPEAT)
                } else {
                    self.words_of(repair, &said)
                }
            }
            (Repair::Repeat, Target::Question) => {
                self.words_of(repair, "")?;
                self.ask_again(true)
            }
            (Repair::Skip, Target::Nothing) => self.words_of(repair, wording::ACKNOWLEDGED),
            (Repair::Skip, Target::Question) => self.skip(),
            (Repair::Help, target) => {
                match self.abilities() {
                    Some(abilities) => self.words_of(repair, &abilities)?,
                    None => self.words_of(repair, wording::NO_MATCH)?,
                }
                if target == Target::Question { self.ask_again(true) } else { Ok(()) }
            }
            (Repair::Person, _) => {
                self.words_of(repair, wording::TO_A_PERSON)?;
                if self.tell.escalated_to.is_none() {
                    self.tell.escalated_to = Some(wording::PERSON.to_owned());
                }
                // What was asked is asked again when they hand back.
                self.suspend(Interruption::Digression);
                self.begin_handover(None, Priority::Normal);
                Ok(())
            }
        }
    }

    /// The engine's own words, or those of the move of the game that replaces them.
    pub(super) fn say_unless_replaced(&mut self, what: Replaceable) -> Result<Words, Halt> {
        let answered = self.tell.answered_by.clone();
        let words = self.words_in_place(&[what.move_name()], what.built_in())?;
        self.tell.answered_by = answered;
        Ok(words)
    }

    /// The repair's words: those of the move that replaces them, else the built-in ones.
    fn words_of(&mut self, repair: Repair, built_in: impl wording::Said) -> Result<(), Halt> {
        self.words_in_place(repair.move_names(), built_in).map(drop)
    }

    fn words_in_place(&mut self, names: &[&str], built_in: impl wording::Said) -> Result<Words, Halt> {
        let replacing = names.iter().find_map(|name| self.move_named(name));
        let Some(mv) = replacing else {
            self.say(built_in);
            return Ok(Words::BuiltIn);
        };
        let (call, handled, gave_up) =
            (self.running.last_call, self.running.last_call_handled, self.running.gave_up.clone());
        let said = self.tell.sentences.len();
        let interrupted = self.state.active.take();
        let mut frame = Frame::new(&mv.name, 1.0);
        frame.certain = true;
        self.activate(frame);
        for index in 0..mv.blocks.len() {
            if self.run_block(&mv, index)?.is_some() {
                break;
            }
        }
        self.state.active = interrupted;
        (self.running.last_call, self.running.last_call_handled, self.running.gave_up) = (call, handled, gave_up);
        let words = if self.tell.sentences.len() == said { Words::BuiltIn } else { Words::Own };
        if words == Words::BuiltIn {
            self.say(built_in);
        }
        if self.state.active.is_none() {
            self.answer_as(&mv.name, 1.0);
        }
        Ok(words)
    }

    fn cancel(&mut self) -> Result<(), Halt> {
        if let Some(Open::Negotiation(talks)) = self.state.active.as_ref().and_then(|frame| frame.open.clone()) {
            self.show_negotiation(&talks.rounds, "abandoned");
        }
        self.words_of(Repair::Cancel, wording::CANCELLED)?;
        self.tell.cancelled = true;
        self.end()
    }

    fn start_over(&mut self) -> Result<(), Halt> {
        self.words_of(Repair::StartOver, wording::START_OVER)?;
        // Who is asked by a part begins anew what called it.
        let Some(frame) = self.state.active.as_ref().and_then(|frame| frame.with_callers().last()) else {
            return Ok(());
        };
        let mut anew = Frame::new(&frame.move_id, frame.score);
        anew.certain = frame.certain;
        self.activate(anew);
        self.advance(Entry::Fresh)
    }

    fn skip(&mut self) -> Result<(), Halt> {
        let open = self.state.active.as_ref().and_then(|frame| frame.open.clone());
        let slot = match (&open, self.active_move()) {
            (Some(Open::Slot { name }), Some(mv)) => mv.slots.iter().find(|slot| slot.name == *name).cloned(),
            _ => return self.cancel(),
        };
        match slot {
            Some(slot) if !slot.required || slot.default.is_some() => {
                self.words_of(Repair::Skip, "")?;
                self.pass(&slot.name);
                self.advance(Entry::UnderWay)
            }
            _ => {
                self.say(wording::NEEDED);
                self.ask_again(false)
            }
        }
    }

    /// Passes a slot over.
    pub(super) fn pass(&mut self, slot: &str) {
        if let Some(frame) = &mut self.state.active
            && !frame.passed.iter().any(|passed| passed == slot)
        {
            frame.passed.push(slot.to_owned());
        }
    }

    pub(super) fn say_abilities(&mut self) {
        if let Some(abilities) = self.abilities() {
            self.say(&abilities);
        }
    }

    /// Puts the open question once more; with what kind of answer fits, if that is wanted.
    pub(super) fn ask_again(&mut self, explain: bool) -> Result<(), Halt> {
        let (Some(mv), Some(open)) =
            (self.active_move(), self.state.active.as_ref().and_then(|frame| frame.open.clone()))
        else {
            return Ok(());
        };
        match open {
            Open::Slot { name } => {
                let before = self.tell.sentences.len();
                self.ask(&mv)?;
                if let (true, Some(slot)) = (explain, mv.slots.iter().find(|slot| slot.name == name)) {
                    let expected = expectation(self.language(), slot);
                    let named = self.options_named(slot, before);
                    self.say(named.map_or(expected.clone(), |named| expected.replacen(&named, "", 1)).trim());
                }
                Ok(())
            }
            Open::Confirm { .. } => self.ask(&mv),
            Open::Choice { options, question, values, .. } => {
                self.say(&question);
                self.tell.choices = options;
                self.tell.choice_values = values;
                Ok(())
            }
            Open::Which { options, .. } => {
                let labels: Vec<String> = options.into_iter().map(|(label, _)| label).collect();
                self.say(&wording::which(&labels));
                self.tell.choices = labels;
                Ok(())
            }
            Open::Guess { .. } => {
                self.say(&wording::guess(&wording::move_label(&mv)));
                self.tell.choices = wording::yes_and_no(self.language());
                Ok(())
            }
            Open::Negotiation(talks) => {
                self.say(&talks.question);
                self.show_negotiation(&talks.rounds, "asking");
                Ok(())
            }
        }
    }
}
