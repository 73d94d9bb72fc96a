//! Several things in one turn: which of them run now, which waits for which, and what becomes of the answer beside them.

use std::cell::OnceCell;
use std::sync::Arc;

use super::decide::{Plan, Room, decide};
use super::flow::Entry;
use super::hear::{self, Readings, Said, Whose};
use super::mending::Target;
use super::repairs::{self, Repair};
use super::run::{Halt, Reading, Run};
use super::state::{Frame, Open};
use super::turn::is_certain;
use super::{AlsoState, wording};
use crate::ir::{Move, Slot, SlotType};
use crate::language::Cue;
use crate::matcher::Candidate;
use crate::slots::{self, Shown, effective_type, strings};
use crate::text;

/// Moves that wait in line at most.
pub(super) const MAX_WAITING_MOVES: usize = 3;

/// Why a move under way is left for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    /// Something else was said: a question that only sorted out what was meant is not come back to.
    Digression,
    /// Something urgent was said: whatever was asked is asked again.
    Urgent,
}

/// Whether the words around a reading, in its own clause, may say something for the open question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leftover {
    /// "7 …" of a sentence without a comma.
    Counts,
    /// They tell of whom the reading is.
    TellsOfOthers,
}

/// What was left for the move under way beside other things, and what came of it.
enum SetAside {
    /// It is stored, or will be read when the move goes on.
    Kept,
    /// It says nothing for the open question.
    Nothing,
}

impl Run<'_> {
    /// Decides what the utterance is, and does what needs more than one reading; whether that was all.
    pub(super) fn take_up_several(&mut self, open: Option<&Open>) -> Result<bool, Halt> {
        let mut heard = self.hear();
        let fragments = self.fragments(&heard, open);
        heard.moves.extend(fragments);
        self.leave_to_the_question(&mut heard, open);
        self.leave_out_what_is_beside(&mut heard, open);
        self.leave_to_statements(&mut heard);
        self.leave_to_the_change(&mut heard, open);
        if !heard.moves.iter().any(Said::is_urgent) {
            let danger = self.dangers(&heard, open);
            heard.moves.extend(danger);
        }
        self.leave_to_the_part(&mut heard, open);
        if heard.moves.is_empty() {
            return Ok(false);
        }
        if let Some((repair, rest)) = self.ends_and_goes_on(&heard, open) {
            self.tell.reading = Reading::Repair;
            self.mend(repair, Target::Question)?;
            self.tell.answered_by = None;
            self.tell.cancelled = false;
            self.read_instead(rest);
            return self.read_utterance().map(|()| true);
        }
        let own = self.state.active.as_ref().map(|frame| frame.move_id.clone());
        let own = own.filter(|_| open.is_some_and(|open| !matches!(open, Open::Which { .. } | Open::Guess { .. })));
        let text = self.text.clone();
        let language = self.language();
        let apart = |said: &Said| {
            let (start, end) = said.candidate.span;
            let clause = heard.clauses.get(said.clauses.0).map_or((start, end), |clause| *clause);
            let words = text.get(clause.0..clause.1).unwrap_or_default();
            // The mark that ends a clause tells whether it asks.
            let asks = text.get(clause.1..).is_some_and(|after| after.trim_start().starts_with(['?', '？']));
            is_certain(&said.candidate) || asks || strings::is_question(words, &text::Heard::of(language, words))
        };
        let plan = decide(&heard, own.as_deref(), self.room(open), &apart);
        match plan {
            Plan::Alone => Ok(false),
            Plan::TakeUp(readings) => {
                if open.is_some() {
                    self.keep_the_rest(&heard, &readings, Leftover::Counts)?;
                    self.suspend(Interruption::Urgent);
                }
                self.tell.reading = if open.is_some() { Reading::Digression } else { Reading::Match };
                self.take_up(&heard, &readings).map(|()| true)
            }
            Plan::AskAbout(readings) => {
                if open.is_some() {
                    let likely = readings.iter().any(|said| said.whose != Whose::Unknown);
                    let opens = readings.iter().any(|said| said.clauses.0 == 0 && said.clauses.1 < heard.clauses.len());
                    match self.room(open) {
                        // Most likely it is the answer, or begins it: read as that if it is nothing urgent.
                        Room::FreeText if !likely || opens => self.keep_whole(),
                        _ => self.keep_the_rest(&heard, &readings, Leftover::TellsOfOthers)?,
                    }
                    self.suspend(Interruption::Urgent);
                }
                self.line_up(&heard, &readings, own.as_deref());
                if let Some(first) = readings.first() {
                    self.guess(&first.candidate, &text);
                }
                Ok(true)
            }
            Plan::Beside(readings) => {
                let rest = heard.rest(&text, &readings);
                if text::Heard::of(self.language(), &rest).is_empty()
                    || matches!(self.set_aside(&rest)?, SetAside::Nothing)
                {
                    return Ok(false);
                }
                self.suspend(Interruption::Urgent);
                self.tell.reading = Reading::Answer;
                self.take_up(&heard, &readings).map(|()| true)
            }
        }
    }

    /// "one child" where discounts are asked for, "Saturday at 10": a clause that is the value asked for comes near to no
    /// emergency and means no other move, unless another clause does.
    fn leave_to_the_question(&self, heard: &mut Readings, open: Option<&Open>) {
        let Some(Open::Slot { name }) = open else { return };
        let Some(mv) = self.active_move() else { return };
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == *name) else { return };
        if slots::is_of_text(slot) {
            return;
        }
        let list = matches!(effective_type(slot), SlotType::List(_));
        let clauses = heard.clauses.clone();
        let elsewhere = |said: &Said| {
            let others = clauses.iter().enumerate().filter(|(index, _)| *index != said.clauses.0);
            others
                .flat_map(|(_, span)| self.clause_candidates(*span))
                .any(|other| other.move_index == said.candidate.move_index && other.score >= self.threshold_for(&other))
        };
        heard.moves.retain(|said| {
            let declines = |clause: &str| slots::is_declined(slot, &text::Heard::of(self.language(), clause));
            let clause = clauses.get(said.clauses.0).and_then(|clause| self.text.get(clause.0..clause.1));
            let likely = if said.is_urgent() { said.whose != Whose::Unknown } else { is_certain(&said.candidate) };
            let (false, Some(clause), true) = (likely, clause, said.clauses.0 + 1 == said.clauses.1) else {
                return true;
            };
            // "no email, send it by post", in the author's own words.
            if !said.is_urgent() && declines(clause) {
                return false;
            }
            let scan = slots::Scan::of(clause, [slot], &self.reference).knowing(&self.input.header.vocabulary);
            let slots::Answer::Value { found, whole } = slots::read_answer(slot, &scan) else { return true };
            if whole && !list && !slots::is_yes_no(self.language(), slot) {
                return elsewhere(said);
            }
            let beside = |word: &&text::Word| word.end <= found.start || word.start >= found.end;
            !said.is_urgent()
                || !scan.heard.words.iter().filter(beside).all(|word| word.class != text::Class::CONTENT)
                || elsewhere(said)
        });
    }

    /// What stands beside an answer or another move and is no emergency there: "the neighbour's shed was on fire last summer, how much is an
    /// alarm", dated some days back, and what is usual.
    fn leave_out_what_is_beside(&mut self, heard: &mut Readings, open: Option<&Open>) {
        if open.is_some() || heard.moves.iter().any(|said| !said.is_urgent()) {
            let clauses = heard.clauses.clone();
            self.leave_out(heard, &|run, said| said.is_urgent() && run.is_a_story(clauses[said.clauses.0]));
            self.leave_out_the_usual(heard);
        }
    }

    /// Takes readings out, and what the whole utterance comes to of their moves.
    pub(super) fn leave_out(&mut self, heard: &mut Readings, is_out: &dyn Fn(&Self, &Said) -> bool) {
        let (out, left): (Vec<Said>, Vec<Said>) = heard.moves.drain(..).partition(|said| is_out(self, said));
        heard.moves = left;
        let of = |candidate: &Candidate| out.iter().any(|said| said.candidate.move_index == candidate.move_index);
        let said_as_well =
            |candidate: &Candidate| heard.moves.iter().any(|said| said.candidate.move_index == candidate.move_index);
        if !out.is_empty() {
            let all = self.candidates();
            let left = all.iter().filter(|candidate| !of(candidate) || said_as_well(candidate)).cloned();
            self.matches = Some(Arc::new(left.collect()));
        }
    }

    /// "Ann Lund, and could you make it 3 bikes": a clause that changes what is held means no other move, unless in its author's words.
    fn leave_to_the_change(&self, heard: &mut Readings, open: Option<&Open>) {
        let Some(mv) = self.active_move().filter(|_| open.is_some()) else { return };
        let clauses = &heard.clauses;
        heard.moves.retain(|said| {
            let one = said.clauses.0 + 1 == said.clauses.1;
            let clause = clauses.get(said.clauses.0).and_then(|clause| self.text.get(clause.0..clause.1));
            said.is_urgent()
                || said.candidate.verbatim
                || !one
                || !clause.is_some_and(|clause| self.changes_what_is_held(&mv, clause, false))
        });
    }

    /// "yes, two oak frames" where a part of an order asks whether all is right: a move that waits for its part is no other move.
    fn leave_to_the_part(&self, heard: &mut Readings, open: Option<&Open>) {
        let callers = self.state.active.iter().filter(|_| open.is_some()).flat_map(Frame::with_callers).skip(1);
        let callers: Vec<&str> = callers.map(|frame| frame.move_id.as_str()).collect();
        heard.moves.retain(|said| said.is_urgent() || !callers.contains(&said.name.as_str()));
    }

    /// "a repair please, we have a contract", where repairs ask for one: what one reading asks about is no other reading, unless it is
    /// in its author's words.
    fn leave_to_statements(&self, heard: &mut Readings) {
        if heard.moves.len() < 2 {
            return;
        }
        let scan = slots::Scan::over(&self.text, self.heard(), std::iter::empty::<&Slot>(), &self.reference);
        let mut stated: Vec<(String, (usize, usize))> = Vec::new();
        for said in heard.moves.iter().filter(|said| !said.is_urgent()) {
            let Some(mv) = self.move_at(said.candidate.move_index) else { continue };
            let slots: Vec<&Slot> = mv.slots.iter().collect();
            let so = self.said_to_be_so(&mv, &slots, &scan, &[]);
            stated.extend(so.into_iter().map(|so| (said.name.clone(), so.found.span())));
        }
        heard.moves.retain(|said| {
            let span = said.candidate.span;
            let is_it = |(name, so): &(String, (usize, usize))| *name != said.name && span.0 <= so.0 && so.1 <= span.1;
            said.is_urgent() || said.candidate.verbatim || !stated.iter().any(is_it)
        });
    }

    /// "cancel that, when do you open": a repair that ends what is under way, and another thing behind it.
    fn ends_and_goes_on(&self, heard: &Readings, open: Option<&Open>) -> Option<(Repair, String)> {
        open?;
        let words = self.heard();
        let (repair, rest) = repairs::opening(&words).or_else(|| self.means_another_move(heard, &words))?;
        let ends = matches!(repair, Repair::Cancel | Repair::CancelAll);
        let behind = heard
            .moves
            .iter()
            .all(|said| said.whose == Whose::Unknown || said.candidate.span.0 >= rest && !said.is_urgent());
        if ends && behind { Some((repair, self.text.get(rest..)?.to_owned())) } else { None }
    }

    /// "sorry, wrong thing, I need a quote", "I meant a tour": what plainly takes back what was said before another move that is
    /// plainly said takes back the move that is under way. "I said to her …" tells what was said to somebody.
    fn means_another_move(&self, heard: &Readings, words: &text::Heard) -> Option<(Repair, usize)> {
        let weak = words.begins_with([Cue::CorrectionWeak, Cue::Hesitation]);
        let strong = words.language.prefix(words.words.get(weak..)?, Cue::CorrectionStrong);
        let behind = words.words.get(weak + strong..).filter(|_| strong > 0)?;
        let rest = behind.first()?.start;
        let told_to_somebody = |said: &Said| {
            let before = |word: &&text::Word| word.start < said.candidate.span.0 && !word.after_break;
            behind.iter().take_while(before).any(|word| word.class.is(text::Class::KIN) || word.tells())
        };
        let own = self.state.active.as_ref().map(|frame| frame.move_id.as_str());
        let other = |said: &Said| {
            Some(said.name.as_str()) != own
                && said.candidate.score >= self.threshold_for(&said.candidate)
                && !told_to_somebody(said)
        };
        heard.moves.iter().any(other).then_some((Repair::Cancel, rest))
    }

    /// What the open question leaves room for.
    fn room(&self, open: Option<&Open>) -> Room {
        match open {
            None => Room::NoQuestion,
            Some(Open::Slot { name }) => {
                let text = self
                    .active_move()
                    .is_some_and(|mv| mv.slots.iter().any(|slot| slot.name == *name && slots::is_text(slot)));
                if text { Room::FreeText } else { Room::Told }
            }
            Some(Open::Negotiation(talks)) if talks.position.is_some() => Room::FreeText,
            Some(_) => Room::Told,
        }
    }

    /// Keeps the whole utterance with the open question, to be read when the move goes on.
    fn keep_whole(&mut self) {
        let text = self.text.clone();
        if let Some(frame) = &mut self.state.active {
            frame.heard = text;
        }
    }

    /// Stores what was said beside an urgent reading for what is under way.
    fn keep_the_rest(&mut self, heard: &Readings, readings: &[Said], leftover: Leftover) -> Result<(), Halt> {
        let text = self.text.clone();
        let said = self.tell.sentences.len();
        let open = self.state.active.as_ref().and_then(|frame| frame.open.clone());
        let mut rest = heard.rest(&self.without_its_story(heard, readings), readings);
        if text::Heard::of(self.language(), &rest).is_empty()
            && leftover == Leftover::Counts
            && self.room(open.as_ref()) != Room::FreeText
        {
            rest = heard.remainder(&text, readings);
        }
        if !text::Heard::of(self.language(), &rest).is_empty() {
            self.set_aside(&rest)?;
        }
        // The urgent move speaks first.
        self.tell.sentences.truncate(said);
        self.tell.answered_by = None;
        Ok(())
    }

    /// The text without what belongs to something urgent among the readings: what a clause dates now ("… but right now she is on the
    /// floor"), and what one behind it denies ("…, it doesn't open").
    fn without_its_story(&self, heard: &Readings, readings: &[Said]) -> String {
        let urgent = readings.iter().filter(|said| said.is_urgent()).map(|said| said.clauses.0);
        let Some(first) = urgent.min() else { return self.text.clone() };
        let is_read = |at: usize| readings.iter().any(|said| (said.clauses.0..said.clauses.1).contains(&at));
        let told = |(at, clause): &(usize, &(usize, usize))| {
            let denied = first > 0 && *at > first && self.tells_what_is_not_so(**clause);
            !is_read(*at) && (denied || self.tells_of_now(**clause))
        };
        let clauses = heard.clauses.iter().enumerate().filter(told);
        clauses.fold(self.text.clone(), |text, (_, clause)| hear::blanked(&text, *clause))
    }

    /// Whether a clause tells what happens at this very moment, and is not only a time.
    fn tells_of_now(&self, clause: (usize, usize)) -> bool {
        let heard = self.heard();
        let words = &heard.words[heard.words_of(clause)];
        let now = |word: &text::Word| word.class.is(text::Class::RECENT) && word.class.is(text::Class::ONGOING);
        words.iter().any(now) && words.iter().any(|word| word.class == text::Class::CONTENT)
    }

    /// Whether a clause begins with a denial and tells more.
    fn tells_what_is_not_so(&self, clause: (usize, usize)) -> bool {
        let heard = self.heard();
        let words = &heard.words[heard.words_of(clause)];
        let denies = words.iter().take(2).any(|word| word.class.is(text::Class::NEGATOR));
        denies && words.iter().any(|word| word.class == text::Class::CONTENT)
    }

    /// Reads a part of the utterance as the answer to the open question, without going on: a slot's value is stored, an
    /// answer to any other question waits with its frame.
    fn set_aside(&mut self, rest: &str) -> Result<SetAside, Halt> {
        let Some(open) = self.state.active.as_ref().and_then(|frame| frame.open.clone()) else {
            return Ok(SetAside::Nothing);
        };
        let phrase = text::Heard::of(self.language(), rest);
        let answers = match &open {
            Open::Slot { name } => return Ok(self.reading_only(rest, |run| run.store_answer(name))),
            Open::Confirm { name } => return Ok(self.reading_only(rest, |run| run.store_confirmation(name))),
            Open::Choice { options, .. } => {
                slots::choose(options, self.vocabulary(), &phrase, Shown::Numbered).is_some()
            }
            Open::Which { options, .. } => {
                let labels: Vec<String> = options.iter().map(|(label, _)| label.clone()).collect();
                slots::choose(&labels, self.vocabulary(), &phrase, Shown::Numbered).is_some()
            }
            Open::Guess { .. } => slots::yes_no::read(rest, &self.reference).is_some(),
            Open::Negotiation(_) => !strings::is_noise(&phrase),
        };
        if !answers {
            return Ok(SetAside::Nothing);
        }
        if let Some(frame) = &mut self.state.active {
            frame.heard = rest.to_owned();
        }
        Ok(SetAside::Kept)
    }

    /// Does something with a part of the utterance in the place of the whole.
    fn reading_only(&mut self, part: &str, read: impl FnOnce(&mut Self) -> bool) -> SetAside {
        let whole = self.read_instead(part.to_owned());
        let kept = read(self);
        self.read_instead(whole);
        if kept { SetAside::Kept } else { SetAside::Nothing }
    }

    /// Another text is read from here on; the one before.
    pub(super) fn read_instead(&mut self, text: String) -> String {
        self.matches = None;
        self.words = OnceCell::new();
        std::mem::replace(&mut self.text, text)
    }

    /// Frames for readings, each filled with its own share of the utterance.
    pub(super) fn frames(&mut self, heard: &Readings, readings: &[Said]) -> Vec<(Frame, Collects)> {
        let text = self.without_its_story(heard, readings);
        let held = self.state.active.take();
        let takes_values = |said: &Said| self.move_at(said.candidate.move_index).is_some_and(|mv| !mv.slots.is_empty());
        let shares: Vec<String> =
            (0..readings.len()).map(|own| heard.share(&text, readings, own, &takes_values)).collect();
        let mut frames = Vec::new();
        for (said, share) in readings.iter().zip(&shares) {
            let Some(mv) = self.move_at(said.candidate.move_index) else { continue };
            self.activate(Frame::new(&said.name, said.candidate.score));
            self.fill_from_match(&mv, &said.candidate, share);
            let collects = self.collects(&mv);
            if let Some(frame) = self.state.active.take() {
                frames.push((frame, collects));
            }
        }
        self.state.active = held;
        frames
    }

    fn collects(&self, mv: &Move) -> Collects {
        if self.need(mv).is_some() { Collects::Values } else { Collects::Nothing }
    }

    /// Runs these readings in their order: those that only answer, then the first that collects; further ones wait in line.
    /// What is under way has been suspended.
    pub(super) fn take_up(&mut self, heard: &Readings, readings: &[Said]) -> Result<(), Halt> {
        for said in readings {
            // A move that was itself interrupted is not interrupted a second time: it begins anew.
            self.state.suspended.retain(|frame| frame.move_id != said.name);
            self.state.waiting.retain(|frame| frame.move_id != said.name);
            self.answer_as(&said.name, said.candidate.score);
            self.note_said(&said.name, said.candidate.score);
        }
        let frames = self.frames(heard, readings);
        let urgent = readings.iter().filter(|said| said.is_urgent()).count();
        let (mut first, mut collecting) = (Vec::new(), Vec::new());
        for (index, (frame, collects)) in frames.into_iter().enumerate() {
            if index < urgent || collects == Collects::Nothing { &mut first } else { &mut collecting }.push(frame);
        }
        if !collecting.is_empty() {
            first.push(collecting.remove(0));
        }
        let labels = self.wait_in_line(collecting);
        self.agenda.announced = labels;
        self.agenda.moves = first.into();
        self.next_on_agenda()
    }

    /// Puts what was said beside a question about somebody else's emergency in line.
    pub(super) fn line_up(&mut self, heard: &Readings, asked: &[Said], own: Option<&str>) {
        let others: Vec<Said> = heard
            .moves
            .iter()
            .filter(|said| Some(said.name.as_str()) != own && !asked.iter().any(|asked| asked.name == said.name))
            .cloned()
            .collect();
        let readings: Vec<Said> = others.iter().chain(asked).cloned().collect();
        let frames: Vec<Frame> =
            self.frames(heard, &readings).into_iter().take(others.len()).map(|(frame, _)| frame).collect();
        for said in &others {
            self.note_said(&said.name, said.candidate.score);
        }
        self.wait_in_line(frames);
    }

    /// Puts frames in line; the labels of those that wait. What is beyond the line's length is said to be.
    fn wait_in_line(&mut self, frames: Vec<Frame>) -> Vec<String> {
        let (mut labels, mut left) = (Vec::new(), Vec::new());
        for frame in frames {
            let label = self.label_of(&frame.move_id);
            if self.state.waiting.len() < MAX_WAITING_MOVES {
                self.state.waiting.push(frame);
                labels.push(label);
            } else {
                left.push(label);
            }
        }
        if !left.is_empty() {
            self.say(&wording::not_taken(&left));
        }
        labels
    }

    /// Begins what is next on the turn's agenda.
    pub(super) fn next_on_agenda(&mut self) -> Result<(), Halt> {
        let Some(frame) = self.agenda.moves.pop_front() else { return Ok(()) };
        if self.agenda.moves.is_empty() {
            let labels = std::mem::take(&mut self.agenda.announced);
            if !labels.is_empty() {
                self.say(&wording::after_that(&labels));
            }
        }
        self.activate(frame);
        self.advance(Entry::Fresh)
    }

    /// At the end of a turn: what was on its agenda and could not begin, because something asks, waits in line.
    pub(super) fn park_agenda(&mut self) {
        let frames: Vec<Frame> = std::mem::take(&mut self.agenda.moves).into();
        if self.tell.escalated_to.is_some() || frames.is_empty() {
            return;
        }
        let labels = self.wait_in_line(frames);
        if !labels.is_empty() {
            self.say(&wording::after_that(&labels));
        }
    }

    /// Remembers that a move was said in this turn.
    pub(super) fn note_said(&mut self, move_id: &str, score: f64) {
        if !self.tell.also.iter().any(|(known, _)| known == move_id) {
            self.tell.also.push((move_id.to_owned(), score));
        }
    }

    /// What became of a move beside the one that answered.
    pub(super) fn state_of(&self, move_id: &str) -> AlsoState {
        let is = |frame: &Frame| frame.move_id == move_id;
        if self.state.active.as_ref().is_some_and(is) {
            AlsoState::Resumed
        } else if self.state.waiting.iter().chain(&self.state.suspended).any(is) {
            AlsoState::Waiting
        } else {
            AlsoState::Answered
        }
    }
}

/// Whether a move still needs something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Collects {
    Values,
    Nothing,
}
