//! How a move goes on: which block runs, what is asked next, and what comes after the move.

use std::sync::Arc;

use super::agenda::{Interruption, MAX_WAITING_MOVES};
use super::conditions::{self, Facts};
use super::hear::MAX_READINGS;
use super::mending::Replaceable;
use super::rules::{Standing, Subject, parts_of};
use super::run::{Halt, Run};
use super::state::{Caller, Ended, Frame, Open, PartCall};
use super::{MAX_SUSPENDED_MOVES, wording};
use crate::ir::{Action, Block, Condition, Literal, Move, Slot, SlotType, Statement};
use crate::slots::{self, is_yes_no, whole_of};

/// Moves handed over to in one turn at most.
const MAX_DELEGATIONS: usize = 8;
/// The code of a turn that hands over too often.
pub(super) const TOO_DEEP: &str = "E209";
/// Moves gone on with in one turn at most.
const MAX_RESUMED: usize = MAX_SUSPENDED_MOVES + MAX_WAITING_MOVES + MAX_READINGS + 1;

/// Why a move is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry<'p> {
    /// It was matched, chosen or delegated to in this turn.
    Fresh,
    /// It has been under way.
    UnderWay,
    /// A question in the middle of a block has been answered; the block goes on there.
    Answered(&'p [usize]),
    /// A slot's retries ran out.
    GaveUp(&'p str),
}

/// What a block left to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flow {
    /// It ran to its end.
    Done,
    /// `continue`: the blocks after it are considered as well.
    Continue,
    /// `return`: the move is over.
    Return,
    /// It asked something that the move waits for.
    Wait,
    /// `escalate to`
    Escalated,
    /// `delegate to`
    Delegate(String),
    /// `call`: a part is under way, or has run and the move has gone on.
    Called,
}

/// What a slot still needs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Need<'m> {
    /// A value.
    Value(&'m Slot),
    /// That the person says that its value is right.
    Confirmation(&'m Slot),
}

/// What a top-level block waits for.
enum Kind<'m> {
    /// `when slot NAME is missing`, perhaps with other conditions beside
    Prompt(&'m str),
    /// `when all_slots_filled`
    Completed,
    /// A capability's outcome, or that a slot was given up.
    Outcome,
    /// An event.
    Event,
    /// The match that began the move.
    Match,
    /// Values.
    Values,
}

fn kind(block: &Block) -> Kind<'_> {
    if let Some(name) = asks_for(block) {
        return Kind::Prompt(name);
    }
    if let [only] = block.branches.as_slice()
        && only.condition == Condition::AllSlotsFilled
    {
        return Kind::Completed;
    }
    let mentions =
        |wanted: fn(&Condition) -> bool| block.branches.iter().any(|branch| any_part(&branch.condition, wanted));
    if mentions(|part| matches!(part, Condition::Event(_))) {
        Kind::Event
    } else if mentions(|part| matches!(part, Condition::Successful | Condition::Failed | Condition::SlotGivenUp(_))) {
        Kind::Outcome
    } else if mentions(|part| matches!(part, Condition::Confident | Condition::Uncertain)) {
        Kind::Match
    } else {
        Kind::Values
    }
}

/// The slot that every branch of a block says is missing: the block is its question.
fn asks_for(block: &Block) -> Option<&str> {
    let mut names = block.branches.iter().map(|branch| missing(&branch.condition));
    let first = names.next()??;
    names.all(|name| name == Some(first)).then_some(first)
}

/// The one slot that a condition says is missing, whatever else it asks for.
pub(super) fn missing(condition: &Condition) -> Option<&str> {
    let whole = |part: &Condition| matches!(part, Condition::AllSlotsFilled);
    match condition {
        Condition::SlotMissing(name) => Some(name),
        Condition::All(parts) if !any_part(condition, whole) => {
            let mut named = parts.iter().filter_map(missing);
            named.next().filter(|_| named.next().is_none())
        }
        _ => None,
    }
}

/// Whether a part of a condition is as wanted.
pub(super) fn any_part(condition: &Condition, wanted: fn(&Condition) -> bool) -> bool {
    wanted(condition)
        || match condition {
            Condition::Not(inner) => any_part(inner, wanted),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| any_part(part, wanted)),
            _ => false,
        }
}

/// The block that prompts for a slot, whatever else it waits for.
pub(super) fn prompt_block<'m>(mv: &'m Move, slot: &str) -> Option<(usize, &'m Block)> {
    let whole = || {
        let whole = slots::whole_of(slot)?;
        let first = mv.slots.iter().find(|other| slots::whole_of(&other.name) == Some(whole))?;
        if first.name == slot { prompt_blocks(mv, whole).next() } else { None }
    };
    prompt_blocks(mv, slot).next().or_else(whole)
}

/// The blocks that prompt for a slot.
pub(super) fn prompt_blocks<'m>(mv: &'m Move, slot: &str) -> impl Iterator<Item = (usize, &'m Block)> {
    mv.blocks.iter().enumerate().filter(move |(_, block)| asks_for(block) == Some(slot))
}

/// Whether a name is that of a slot, or of the composite that it is a part of.
fn is_or_holds(name: &str, slot: &str) -> bool {
    name == slot || slots::whole_of(slot) == Some(name)
}

impl Run<'_> {
    /// What the move needs next: what was filled and awaits confirmation, then required slots and optional ones that the
    /// move has a block for, in declaration order; an optional one not before a required one whose block stands before its
    /// own.
    pub(super) fn need<'m>(&self, mv: &'m Move) -> Option<Need<'m>> {
        let frame = self.state.active.as_ref()?;
        let unconfirmed = mv.slots.iter().find(|slot| frame.unconfirmed(&slot.name).is_some());
        if let Some(slot) = unconfirmed {
            return Some(Need::Confirmation(slot));
        }
        let open = |slot: &&Slot| {
            frame.slot(&slot.name).is_none()
                && !frame.passed.contains(&slot.name)
                && self.standing(mv, slot) == Standing::Wanted
        };
        let prompted = |slot: &&Slot| self.question_of(mv, &slot.name).is_some();
        // What was said for it and broke its rule was meant: nothing else stands in its place without a word.
        let broken = |slot: &&Slot| slot.default.is_some() && frame.failures_of(&slot.name) > 0;
        let asked = |slot: &&Slot| slot.required && slot.default.is_none() || broken(slot) || prompted(slot);
        // What is open is told at once; whether a question is there for it may take all conditions of the move.
        let first = mv.slots.iter().filter(open).find(asked)?;
        if first.required || broken(&first) {
            return Some(Need::Value(first));
        }
        let block = |slot: &Slot| prompt_block(mv, &slot.name).map(|(index, _)| index);
        let own = block(first);
        let before = |slot: &&Slot| slot.required && block(slot).is_some_and(|at| Some(at) < own);
        Some(Need::Value(mv.slots.iter().filter(open).filter(before).find(asked).unwrap_or(first)))
    }

    /// Takes the move under way as far as it goes without another word from the person.
    pub(super) fn advance(&mut self, entry: Entry<'_>) -> Result<(), Halt> {
        let Some(mv) = self.active_move() else {
            self.state.active = None;
            return Ok(());
        };
        if let Some(frame) = &mut self.state.active {
            frame.open = None;
        }
        let said_before = self.tell.sentences.len();
        let mut only_slots = false;
        let mut first = 0;
        if let Some(slot) = self.keep_rules(&mv) {
            return self.give_up(&mv, &slot);
        }
        if let Some(slot) = self.check_values(&mv)? {
            return self.give_up(&mv, &slot);
        }
        match entry {
            Entry::GaveUp(slot) => return self.give_up(&mv, slot),
            Entry::Answered(position) => {
                first = position.first().map_or(0, |block| block + 1);
                let flow = self.go_on(&mv, position)?;
                match self.settle(&mv, flow)? {
                    Some(true) => {}
                    Some(false) => only_slots = true,
                    None => return Ok(()),
                }
            }
            Entry::Fresh | Entry::UnderWay => {}
        }
        // What is needed is the same until a block has run.
        let mut known = None;
        for (index, block) in mv.blocks.iter().enumerate() {
            let kind = kind(block);
            let need = match kind {
                Kind::Prompt(_) | Kind::Completed => *known.get_or_insert_with(|| self.need(&mv)),
                _ => None,
            };
            match kind {
                Kind::Prompt(name) => match need {
                    Some(Need::Value(slot)) if is_or_holds(name, &slot.name) && self.asks_here(&mv, index) => {
                        return self.ask(&mv);
                    }
                    Some(Need::Confirmation(_)) => return self.ask(&mv),
                    _ => continue,
                },
                Kind::Completed if mv.slots.is_empty() || need.is_some() => continue,
                Kind::Completed => {}
                Kind::Outcome | Kind::Event => continue,
                Kind::Match if entry != Entry::Fresh || only_slots || index < first => continue,
                Kind::Values if only_slots || index < first || self.waits_for_a_slot(&mv, block) => continue,
                Kind::Match | Kind::Values => {}
            }
            if self.ran(index) {
                continue;
            }
            known = None;
            let Some(flow) = self.run_block(&mv, index)? else { continue };
            if flow == Flow::Called {
                return Ok(());
            }
            self.mark_ran(index);
            match self.settle(&mv, flow)? {
                Some(true) => {}
                Some(false) => only_slots = true,
                None => return Ok(()),
            }
            if only_slots && mv.slots.is_empty() {
                break;
            }
        }
        if self.need(&mv).is_some() {
            return self.ask(&mv);
        }
        let part = self.state.active.as_ref().is_some_and(|frame| frame.caller.is_some());
        if self.tell.sentences.len() == said_before && self.tell.escalated_to.is_none() && !part {
            self.say_unless_replaced(Replaceable::Done)?;
        }
        self.complete(&mv)
    }

    /// After a block: what waits on its calls is considered, and its flow followed. `Some(true)`: the blocks after it
    /// are considered; `Some(false)`: only what concerns slots; `None`: nothing more in this move.
    pub(super) fn settle(&mut self, mv: &Arc<Move>, flow: Flow) -> Result<Option<bool>, Halt> {
        let mut flow = flow;
        if matches!(flow, Flow::Done | Flow::Continue)
            && self.running.last_call.is_some()
            && !self.running.last_call_handled
        {
            flow = match self.run_outcome(mv)? {
                Flow::Done => flow,
                other => other,
            };
            // `retry` made the call again: its new outcome is considered, and what it leads to does not retry for ever.
            while std::mem::take(&mut self.running.reconsider) {
                flow = match self.run_outcome(mv)? {
                    Flow::Done => flow,
                    other => other,
                };
            }
            if self.running.last_call == Some(false) && !std::mem::replace(&mut self.running.last_call_handled, true) {
                self.say_unless_replaced(Replaceable::Error)?;
            }
        }
        match flow {
            Flow::Called => Ok(None),
            _ if self.state.active.as_ref().is_some_and(|frame| frame.open.is_some())
                && !matches!(flow, Flow::Delegate(_) | Flow::Escalated) =>
            {
                Ok(None)
            }
            Flow::Wait => Ok(None),
            Flow::Continue => Ok(Some(true)),
            Flow::Done => Ok(Some(false)),
            Flow::Return => self.complete(mv).map(|()| None),
            Flow::Escalated => {
                self.hand_over(mv);
                Ok(None)
            }
            Flow::Delegate(target) => self.delegate(mv, &target),
        }
    }

    /// The blocks that wait on a capability, considered once: the first that holds runs.
    fn run_outcome(&mut self, mv: &Arc<Move>) -> Result<Flow, Halt> {
        let failed = self.running.last_call == Some(false);
        self.running.last_call_handled = true;
        for (index, block) in mv.blocks.iter().enumerate() {
            if !matches!(kind(block), Kind::Outcome) {
                continue;
            }
            if let Some(flow) = self.run_block(mv, index)? {
                return Ok(flow);
            }
        }
        if failed {
            self.say_unless_replaced(Replaceable::Error)?;
        }
        Ok(Flow::Done)
    }

    /// Whether a block's condition compares a slot that has not been asked for yet: it is too early to tell.
    fn waits_for_a_slot(&self, mv: &Move, block: &Block) -> bool {
        fn compared<'c>(condition: &'c Condition, names: &mut Vec<&'c str>) {
            match condition {
                Condition::Compare(path, _, literal) => {
                    let local = path.iter().find(|part| part.as_str() != "extracted");
                    names.extend(local.map(String::as_str));
                    if let Literal::Reference(name) = literal {
                        names.push(name);
                    }
                }
                Condition::Matches(path, _) => {
                    let local = path.iter().find(|part| part.as_str() != "extracted");
                    names.extend(local.map(String::as_str));
                }
                Condition::Not(inner) => compared(inner, names),
                Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| compared(part, names)),
                _ => {}
            }
        }
        let mut names = Vec::new();
        block.branches.iter().for_each(|branch| compared(&branch.condition, &mut names));
        names.into_iter().any(|name| {
            mv.slots.iter().any(|slot| {
                is_or_holds(name, &slot.name)
                    && self.slot_missing(&slot.name)
                    && (slot.required || self.question_of(mv, name).is_some())
                    && self.standing(mv, slot) != Standing::Needless
            })
        })
    }

    fn ran(&self, index: usize) -> bool {
        self.state.active.as_ref().is_some_and(|frame| frame.ran.contains(&index))
    }

    fn mark_ran(&mut self, index: usize) {
        if let Some(frame) = &mut self.state.active
            && !frame.ran.contains(&index)
        {
            frame.ran.push(index);
        }
    }

    /// Puts the open question of the move under way.
    pub(super) fn ask(&mut self, mv: &Arc<Move>) -> Result<(), Halt> {
        // A call of this turn may have brought the options of what is asked for.
        let current = self.active_move();
        let mv = current.as_ref().unwrap_or(mv);
        self.say_refusals();
        match self.need(mv) {
            None => Ok(()),
            Some(Need::Confirmation(slot)) => {
                let held = self.state.active.as_ref().and_then(|frame| frame.unconfirmed(&slot.name));
                let said = held.map(|held| self.in_words(slot, &held.value, &held.text)).unwrap_or_default();
                self.open(Open::Confirm { name: slot.name.clone() });
                self.tell.choices = wording::yes_and_no(self.language());
                if self.is_sensitive(slot) {
                    self.say(&wording::read_back(&Slot { sensitive: true, ..slot.clone() }, &said));
                } else if slot.confirm {
                    self.say(&wording::read_back(slot, &said));
                } else {
                    self.say(&wording::read_back_named(slot, &said));
                }
                Ok(())
            }
            Some(Need::Value(slot)) => {
                self.open(Open::Slot { name: slot.name.clone() });
                let before = self.tell.sentences.len();
                if let Some(index) = self.question_of(mv, &slot.name) {
                    let flow = self.run_block(mv, index)?;
                    match flow {
                        Some(Flow::Delegate(target)) => return self.delegate(mv, &target).map(drop),
                        Some(Flow::Escalated) => {
                            self.hand_over(mv);
                            return Ok(());
                        }
                        _ => {}
                    }
                }
                if self.tell.sentences.len() == before {
                    self.say(&wording::default_prompt(self.language(), slot));
                }
                self.say_options_once(slot, before);
                if is_yes_no(self.language(), slot) && self.tell.choices.is_empty() {
                    self.tell.choices = wording::yes_and_no(self.language());
                } else if let SlotType::Enum(options) = &slot.ty
                    && self.tell.choices.is_empty()
                {
                    self.tell.choices = options.iter().map(|option| slots::label(slot, option)).collect();
                }
                Ok(())
            }
        }
    }

    /// Options that a question names are not named before it as well; `from` is its first sentence.
    fn say_options_once(&mut self, slot: &Slot, from: usize) {
        let Some(named) = self.options_named(slot, from) else { return };
        let Some(at) = self.tell.sentences[..from].iter().rposition(|said| said.contains(&named)) else { return };
        let rest = self.tell.sentences[at].replacen(&named, "", 1);
        let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        self.tell.sentences[at] =
            if rest.is_empty() { self.language().text(wording::NO_MATCH).to_owned() } else { rest };
    }

    /// "Please choose oak, walnut or ash.", where the question in the sentences from `from` on names all of them.
    pub(super) fn options_named(&self, slot: &Slot, from: usize) -> Option<String> {
        let item = Slot { ty: slots::effective_type(slot).item().clone(), ..slot.clone() };
        let SlotType::Enum(options) = &item.ty else { return None };
        let question = self.tell.sentences.get(from..)?.join(" ").to_lowercase();
        let all = options.iter().all(|option| question.contains(&slots::label(slot, option).to_lowercase()));
        (all && !is_yes_no(self.language(), slot)).then(|| slots::reason(self.language(), &item))
    }

    /// Says why something that was said beside could not be taken.
    pub(super) fn say_refusals(&mut self) {
        for refusal in std::mem::take(&mut self.agenda.refusals) {
            self.say(&refusal);
        }
    }

    /// Opens a question of the move under way.
    pub(super) fn open(&mut self, question: Open) {
        if let Some(frame) = &mut self.state.active {
            frame.open = Some(question);
        }
    }

    /// A slot's retries ran out: the block for that, else the `failed` block, or a plain end. A slot that need not be there and has no
    /// such block is given up alone, and the move goes on.
    fn give_up(&mut self, mv: &Arc<Move>, slot: &str) -> Result<(), Halt> {
        self.say_refusals();
        if is_given_up_alone(mv, slot) {
            return self.go_on_without(mv, slot);
        }
        self.running.gave_up = Some(slot.to_owned());
        let given_up = knows_given_up;
        // `failed` is about calls where a move says what it does when a slot is given up.
        let knows = mv.blocks.iter().any(given_up);
        for (index, block) in mv.blocks.iter().enumerate() {
            let waits_on_failure = if knows {
                given_up(block)
            } else {
                block
                    .branches
                    .iter()
                    .any(|branch| any_part(&branch.condition, |part| matches!(part, Condition::Failed)))
            };
            if !waits_on_failure {
                continue;
            }
            if let Some(flow) = self.run_block(mv, index)? {
                self.running.last_call_handled = true;
                return match self.settle(mv, flow)? {
                    None => Ok(()),
                    // `continue`: without it.
                    Some(true) if knows => {
                        self.pass_whole(mv, slot);
                        self.running.gave_up = None;
                        self.advance(Entry::UnderWay)
                    }
                    Some(_) => self.end(),
                };
            }
        }
        if !knows && self.leave_to_caller(mv, slot)? {
            return Ok(());
        }
        self.say(wording::GAVE_UP);
        self.end()
    }

    /// What need not be there could not be made out: the move goes on without it.
    fn go_on_without(&mut self, mv: &Arc<Move>, slot: &str) -> Result<(), Halt> {
        let whole = whole_of(slot).filter(|whole| !is_required(mv, whole));
        let called = match (whole, mv.slots.iter().find(|known| known.name == slot)) {
            (Some(whole), _) => self.called(Subject::Whole(whole)),
            (None, Some(known)) => slots::named(known),
            (None, None) => String::new(),
        };
        self.say(&wording::without_it(called));
        self.pass_whole(mv, slot);
        self.advance(Entry::UnderWay)
    }

    /// Passes a slot over; of a composite that need not be there, all of it.
    fn pass_whole(&mut self, mv: &Move, slot: &str) {
        let whole = whole_of(slot).filter(|whole| !is_required(mv, whole));
        let parts: Vec<&Slot> = whole.map_or_else(Vec::new, |whole| parts_of(mv, whole));
        for part in parts {
            if let Some(frame) = &mut self.state.active {
                frame.clear(&part.name);
            }
            self.pass(&part.name);
        }
        self.pass(slot);
    }

    /// A part gives up a slot and has no block for that: the move that called it may have one, `when slot PART.SLOT is given up`.
    /// Whether it has.
    fn leave_to_caller(&mut self, part: &Arc<Move>, slot: &str) -> Result<bool, Halt> {
        let Some(caller) = self.state.active.as_ref().and_then(|frame| frame.caller.as_deref().cloned()) else {
            return Ok(false);
        };
        let Some(outer) = self.move_named(&caller.frame.move_id) else { return Ok(false) };
        let inner = self.state.active.take();
        let Caller { mut frame, position, given } = caller;
        // Whatever block runs again does not ask for it a second time.
        frame.parts_done.push(PartCall { position: position.clone(), given });
        self.activate(frame);
        self.running.gave_up = Some(format!("{}.{slot}", part.name));
        for (index, _) in outer.blocks.iter().enumerate().filter(|(_, block)| knows_given_up(block)) {
            let Some(flow) = self.run_block(&outer, index)? else { continue };
            self.running.last_call_handled = true;
            match self.settle(&outer, flow)? {
                None => {}
                Some(true) => {
                    self.running.gave_up = None;
                    self.advance(Entry::Answered(&position))?;
                }
                Some(false) => self.end()?,
            }
            return Ok(true);
        }
        self.state.active = inner;
        self.running.gave_up = Some(slot.to_owned());
        Ok(false)
    }

    /// The move is complete: its slots are cleared, and what it interrupted goes on.
    fn complete(&mut self, mv: &Arc<Move>) -> Result<(), Halt> {
        if self.state.active.as_ref().is_some_and(|frame| frame.caller.is_some()) {
            return self.come_back(mv);
        }
        self.note_completed(mv);
        if let Some(frame) = self.state.active.as_ref().filter(|frame| !frame.slots.is_empty()) {
            self.state.ended = Some(Ended { frame: frame.clone(), turn: self.state.turns });
        }
        self.end()
    }

    /// Notes for the record what the move had collected.
    fn note_completed(&mut self, mv: &Arc<Move>) {
        let collected =
            self.state.active.as_ref().is_some_and(|frame| !frame.slots.is_empty() || !frame.passed.is_empty());
        if collected && self.tell.completed_slots.is_none() {
            self.explain_slots();
            self.tell.completed_slots = Some((mv.name.clone(), self.shown_slots()));
        }
        if collected && self.running.gave_up.is_none() && self.need(mv).is_none() {
            self.tell.slots_filled = true;
        }
    }

    /// Somebody else is to take over: the move is over, and what it interrupted waits until they hand back.
    fn hand_over(&mut self, mv: &Arc<Move>) {
        if let (true, Some(target)) = (self.tell.sentences.is_empty(), self.tell.escalated_to.clone()) {
            self.say(&wording::escalated(&target));
        }
        self.note_completed(mv);
        let escalating = self.state.active.take();
        self.begin_handover(escalating, mv.priority);
    }

    /// Nothing is under way any more, and nothing waits.
    pub(super) fn forget_everything(&mut self) {
        self.state.active = None;
        self.state.suspended.clear();
        self.state.waiting.clear();
        self.agenda.moves.clear();
    }

    /// Ends the move under way, whether or not it is complete, and takes up what it interrupted.
    pub(super) fn end(&mut self) -> Result<(), Halt> {
        self.state.active = None;
        self.resume()
    }

    /// Goes on with what is next: what was said in this turn, then the move that was interrupted last, whose open question
    /// is put once more, then what waits in line.
    fn resume(&mut self) -> Result<(), Halt> {
        self.agenda.resumed += 1;
        if self.tell.escalated_to.is_some() || self.agenda.resumed > MAX_RESUMED {
            return Ok(());
        }
        if !self.agenda.moves.is_empty() {
            return self.next_on_agenda();
        }
        let Some(mut frame) = self.state.suspended.pop() else {
            if self.state.waiting.is_empty() {
                return Ok(());
            }
            let frame = self.state.waiting.remove(0);
            self.note_said(&frame.move_id, frame.score);
            self.activate(frame);
            return self.advance(Entry::Fresh);
        };
        self.note_said(&frame.move_id, frame.score);
        let open = frame.open.clone();
        let heard = std::mem::take(&mut frame.heard);
        self.activate(frame);
        match open {
            Some(open) if !heard.is_empty() => {
                self.read_instead(heard);
                self.read_against(open)
            }
            Some(Open::Choice { .. } | Open::Negotiation(_) | Open::Which { .. } | Open::Guess { .. }) => {
                self.ask_again(false)
            }
            _ => self.advance(Entry::UnderWay),
        }
    }

    /// Makes a frame the move under way; what belonged to the one before it in this turn is gone.
    pub(super) fn activate(&mut self, frame: Frame) {
        self.state.active = Some(frame);
        self.running.last_call = None;
        self.running.last_call_handled = false;
        self.running.gave_up = None;
        self.running.missing = None;
        self.running.threshold = None;
    }

    /// Interrupts the move under way, if it is worth coming back to.
    pub(super) fn suspend(&mut self, interruption: Interruption) {
        let Some(frame) = self.state.active.take() else { return };
        let worth = match &frame.open {
            Some(_) if interruption == Interruption::Urgent => true,
            Some(Open::Slot { .. } | Open::Confirm { .. }) => true,
            Some(Open::Choice { clarifies, .. }) => clarifies.is_some(),
            Some(Open::Negotiation(talks)) => talks.position.is_some(),
            Some(Open::Which { .. } | Open::Guess { .. }) | None => false,
        };
        if worth {
            self.state.suspended.push(frame);
            let surplus = self.state.suspended.len().saturating_sub(MAX_SUSPENDED_MOVES);
            self.state.suspended.drain(..surplus);
        }
    }

    /// `delegate to`: the other move goes on at once, certain of itself, with nothing filled from this utterance.
    fn delegate(&mut self, mv: &Arc<Move>, target: &str) -> Result<Option<bool>, Halt> {
        let known = self.move_named(target);
        self.running.delegations += 1;
        if self.running.delegations > MAX_DELEGATIONS {
            self.finding(TOO_DEEP);
            if self.tell.sentences.is_empty() {
                self.say_unless_replaced(Replaceable::Error)?;
            }
            return self.complete(mv).map(|()| None);
        }
        let Some(known) = known else {
            // The game has no such move: somebody else goes on under that name.
            self.finding("E208");
            self.tell.escalated_to = Some(target.to_owned());
            self.hand_over(mv);
            return Ok(None);
        };
        self.note_completed(mv);
        let values = self.values_for_handover();
        let score = self.state.active.as_ref().map_or(1.0, |frame| frame.score);
        let mut frame = Frame::new(&known.name, score);
        frame.certain = true;
        frame.inherited = values;
        self.activate(frame);
        self.advance(Entry::Fresh).map(|()| None)
    }

    /// What a move that is delegated to may speak of.
    fn values_for_handover(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut values = self.values_for_payload();
        values.extend(
            self.shown_slots().into_iter().filter(|(name, _)| !self.input.header.contract.pii_fields.contains(name)),
        );
        values
    }
}

/// Whether a block waits for a slot that is given up.
fn knows_given_up(block: &Block) -> bool {
    block.branches.iter().any(|branch| any_part(&branch.condition, |part| matches!(part, Condition::SlotGivenUp(_))))
}

/// Whether a slot need not be there and no block waits for its being given up: the move goes on without it.
pub(super) fn is_given_up_alone(mv: &Move, slot: &str) -> bool {
    fn names(condition: &Condition, slot: &str) -> bool {
        match condition {
            Condition::SlotGivenUp(name) => is_or_holds(name, slot),
            Condition::Not(inner) => names(inner, slot),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| names(part, slot)),
            _ => false,
        }
    }
    let optional = match mv.slots.iter().find(|known| known.name == slot) {
        Some(known) if known.required => whole_of(slot).is_some_and(|whole| !is_required(mv, whole)),
        Some(known) => known.default.is_none(),
        None => false,
    };
    optional && !mv.blocks.iter().flat_map(|block| &block.branches).any(|branch| names(&branch.condition, slot))
}

/// Whether a composite must be there, whatever of it may be left out.
fn is_required(mv: &Move, whole: &str) -> bool {
    parts_of(mv, whole).first().is_some_and(|first| first.required)
}

/// Whether a move asks or hands over when it is not certain.
pub(super) fn knows_uncertainty(mv: &Move) -> bool {
    mv.blocks.iter().any(|block| {
        block.otherwise.is_some() && matches!(kind(block), Kind::Match)
            || block
                .branches
                .iter()
                .any(|branch| any_part(&branch.condition, |part| matches!(part, Condition::Uncertain)))
    })
}

/// The statement at a position: indices of block, branch, statement, and then branch and statement of nested blocks.
pub(super) fn statement_at<'m>(mv: &'m Move, position: &[usize]) -> Option<&'m Statement> {
    let (block, rest) = position.split_first()?;
    in_block(mv.blocks.get(*block)?, rest)
}

fn in_block<'m>(block: &'m Block, position: &[usize]) -> Option<&'m Statement> {
    let [branch, statement, rest @ ..] = position else { return None };
    let body = match block.branches.get(*branch) {
        Some(branch) => &branch.body,
        None => block.otherwise.as_ref()?,
    };
    let statement = body.get(*statement)?;
    match (statement, rest) {
        (statement, []) => Some(statement),
        (Statement::Block(block), rest) => in_block(block, rest),
        _ => None,
    }
}

/// The condition of the `negotiate` at a position.
pub(super) fn until_at<'m>(mv: &'m Move, position: &[usize]) -> Option<&'m Condition> {
    match statement_at(mv, position)? {
        Statement::Action(Action::Negotiate { until, .. }) => Some(until),
        _ => None,
    }
}

/// The one value that a condition is about, if it is about one: `until extracted.pain_pattern`.
pub(super) fn subject_of(condition: &Condition) -> Option<&str> {
    let path = match condition {
        Condition::Truthy(path) | Condition::Matches(path, _) => path,
        Condition::Compare(path, _, literal) if !matches!(literal, Literal::Boolean(false)) => path,
        _ => return None,
    };
    match path.as_slice() {
        [name] => Some(name),
        [scope, name] if scope == "extracted" => Some(name),
        _ => None,
    }
}

/// Whether a `negotiate` waits for confidence rather than for a value.
pub(super) fn waits_for_confidence(condition: &Condition) -> bool {
    any_part(condition, |part| matches!(part, Condition::Confident | Condition::Uncertain))
}

impl Run<'_> {
    /// Whether the score of the move under way is enough.
    pub(super) fn is_confident(&self) -> bool {
        self.confident()
    }

    /// Whether a condition holds now.
    pub(super) fn condition_holds(&self, condition: &Condition) -> bool {
        conditions::holds(condition, self as &dyn Facts)
    }
}
