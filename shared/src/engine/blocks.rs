//! Running a block: its statements in order, and what each action does.
//!
//! A question in the middle of a block (`clarify`, `negotiate`) ends the turn there; the position of its statement is
//! kept, and the block goes on behind it when the answer has come. A position is a path of indices: block, branch,
//! statement, and for nested blocks again branch and statement; the branch after the last one is the `else`.

use std::collections::BTreeMap;

use super::flow::{Flow, waits_for_confidence};
use super::run::{Halt, Run};
use super::state::{Clarifies, Open, Talks};
use super::wording;
use crate::ir::{Action, Block, Call, Condition, Move, Statement, Template};
use crate::slots;
use crate::text::readable;

/// How deep blocks nest at run time.
const MAX_DEPTH: usize = 32;
/// Times that `retry` makes a call again in one turn, or goes back to a slot of a move.
const MAX_RETRIES: usize = 2;

/// The statements of a branch of a block; those of its `else` where there is no such branch.
fn body_of(block: &Block, branch: usize) -> &[Statement] {
    match block.branches.get(branch) {
        Some(branch) => branch.body.as_slice(),
        None => block.otherwise.as_deref().unwrap_or_default(),
    }
}

/// The options of the `clarify` in these blocks that stores its choice under a name, and what each is stored as.
pub(super) fn clarified<'m>(blocks: &'m [Block], name: &str) -> Option<(&'m [Template], &'m [Template])> {
    let branches = |block: &'m Block| (0..=block.branches.len()).map(move |branch| body_of(block, branch));
    blocks.iter().flat_map(branches).flatten().find_map(|statement| match statement {
        Statement::Block(block) => clarified(std::slice::from_ref(block), name),
        Statement::Action(Action::Clarify { name: own, options, values }) if own == name => Some((options, values)),
        _ => None,
    })
}

/// The statement at a position of a move.
pub(super) fn statement_at<'m>(mv: &'m Move, position: &[usize]) -> Option<&'m Statement> {
    let [block, branch, statement, deeper @ ..] = position else { return None };
    let mut found = body_of(mv.blocks.get(*block)?, *branch).get(*statement)?;
    for step in deeper.chunks(2) {
        let (Statement::Block(nested), [branch, statement]) = (found, step) else { return None };
        found = body_of(nested, *branch).get(*statement)?;
    }
    Some(found)
}

impl Run<'_> {
    /// Runs a top-level block if one of its branches holds.
    pub(super) fn run_block(&mut self, mv: &Move, index: usize) -> Result<Option<Flow>, Halt> {
        let Some(block) = mv.blocks.get(index) else { return Ok(None) };
        let mut position = vec![index];
        self.block(mv, block, &mut position)
    }

    /// Goes on behind the statement at a position.
    pub(super) fn go_on(&mut self, mv: &Move, position: &[usize]) -> Result<Flow, Halt> {
        let Some((index, rest)) = position.split_first() else { return Ok(Flow::Done) };
        let Some(block) = mv.blocks.get(*index) else { return Ok(Flow::Done) };
        let mut path = vec![*index];
        self.rest_of_block(mv, block, rest, &mut path)
    }

    fn rest_of_block(&mut self, mv: &Move, block: &Block, rest: &[usize], path: &mut Vec<usize>) -> Result<Flow, Halt> {
        let [branch, statement, deeper @ ..] = rest else { return Ok(Flow::Done) };
        let body = body_of(block, *branch);
        path.push(*branch);
        if let (Some(Statement::Block(nested)), false) = (body.get(*statement), deeper.is_empty()) {
            path.push(*statement);
            let flow = self.rest_of_block(mv, nested, deeper, path)?;
            path.pop();
            if flow != Flow::Done {
                path.pop();
                return Ok(flow);
            }
        }
        let flow = self.body(mv, body, statement + 1, path);
        path.pop();
        flow
    }

    /// The first branch that holds runs.
    fn block(&mut self, mv: &Move, block: &Block, path: &mut Vec<usize>) -> Result<Option<Flow>, Halt> {
        if path.len() > 2 * MAX_DEPTH {
            return Ok(None);
        }
        let chosen = block.branches.iter().position(|branch| self.condition_holds(&branch.condition));
        let reads_outcome = block.branches.iter().any(|branch| {
            super::flow::any_part(&branch.condition, |part| matches!(part, Condition::Successful | Condition::Failed))
        });
        if reads_outcome && self.running.last_call.is_some() && chosen.is_some() {
            self.running.last_call_handled = true;
        }
        let (branch, body, line) = match (chosen, &block.otherwise) {
            (Some(branch), _) => (branch, block.branches[branch].body.as_slice(), block.branches[branch].line),
            (None, Some(body)) => (block.branches.len(), body.as_slice(), block.line),
            (None, None) => return Ok(None),
        };
        self.tell.blocks.push(line);
        let missing = block.branches.get(branch).and_then(|branch| self.missing_in(&branch.condition));
        let outer = missing.map(|slot| self.running.missing.replace(slot));
        path.push(branch);
        let flow = self.body(mv, body, 0, path);
        path.pop();
        if let Some(outer) = outer {
            self.running.missing = outer;
        }
        flow.map(Some)
    }

    fn body(&mut self, mv: &Move, body: &[Statement], first: usize, path: &mut Vec<usize>) -> Result<Flow, Halt> {
        let mut escalates = false;
        for (index, statement) in body.iter().enumerate().skip(first) {
            path.push(index);
            let flow = match statement {
                Statement::Confidence(threshold) => {
                    self.running.threshold = Some(self.threshold_of(threshold));
                    Ok(Flow::Done)
                }
                Statement::Block(block) => self.block(mv, block, path).map(|flow| flow.unwrap_or(Flow::Done)),
                Statement::Action(action) => self.action(mv, action, path),
            };
            path.pop();
            match flow? {
                Flow::Done => {}
                // What the block says after it is said as well.
                Flow::Escalated => escalates = true,
                _ if escalates => break,
                other => return Ok(other),
            }
        }
        Ok(if escalates { Flow::Escalated } else { Flow::Done })
    }

    fn action(&mut self, mv: &Move, action: &Action, path: &[usize]) -> Result<Flow, Halt> {
        match action {
            Action::Respond(text) => {
                let text = self.render(text);
                self.say(&text);
            }
            Action::PromptSlot(text) => self.prompt_slot(mv, text),
            Action::AskForClarification(text) => self.ask_for_clarification(text),
            Action::OfferChoices(options) => self.offer(options),
            Action::Clarify { name, options, values } => return Ok(self.clarify(mv, name, (options, values), path)),
            Action::Negotiate { text, until } => return Ok(self.negotiate(text, until, path)),
            Action::Generate { .. } => self.say(wording::GENERATED),
            Action::Call(call) => return self.call_and_then(mv, call, path),
            Action::Escalate(escalation) => {
                self.tell.escalated_to = Some(escalation.queue.clone());
                self.tell.escalation = Some(escalation.clone());
                return Ok(Flow::Escalated);
            }
            Action::Delegate(target) => return Ok(Flow::Delegate(target.clone())),
            Action::Continue => return Ok(Flow::Continue),
            Action::Return => return Ok(Flow::Return),
            Action::Attach(attachment) => self.attach(attachment),
            Action::OfferValued(choices) => self.offer_valued(choices),
            Action::CallMove { target, with } => return self.call_part(target, with, path),
            Action::Retry(text) => return self.retry(mv, text.as_ref()),
            Action::LearnPattern => self.tell.learning.push("learn pattern".to_owned()),
            Action::BoostConfidence => self.tell.learning.push("boost confidence".to_owned()),
            Action::RememberOutcome => self.tell.learning.push("remember outcome".to_owned()),
        }
        Ok(Flow::Done)
    }

    /// Asks for the slot that the block says is missing, else for what the move needs next.
    fn prompt_slot(&mut self, mv: &Move, text: &Template) {
        let asked = self.state.active.as_ref().and_then(|frame| frame.open.clone());
        let needed = match self.need(mv) {
            Some(super::flow::Need::Value(slot) | super::flow::Need::Confirmation(slot)) => Some(slot.name.clone()),
            None => None,
        };
        let name = match &asked {
            Some(Open::Slot { name }) => Some(name.clone()),
            Some(_) => None,
            None => self.running.missing.clone().or(needed),
        };
        let text = self.render_question(text, name.as_deref());
        self.say(&text);
        if let (None, Some(name)) = (asked, name) {
            self.open(Open::Slot { name });
        }
    }

    fn ask_for_clarification(&mut self, text: &Template) {
        let question = self.render(text);
        self.say(&question);
        self.begin_negotiation(question, None);
    }

    /// Opens a negotiation, or goes on with the one that this turn answered.
    pub(super) fn begin_negotiation(&mut self, question: String, position: Option<Vec<usize>>) {
        let rounds = std::mem::take(&mut self.running.rounds);
        let utterance = self.negotiated_utterance();
        self.show_negotiation(&rounds, "asking");
        self.open(Open::Negotiation(Talks { question, utterance, rounds, position }));
    }

    fn offer(&mut self, options: &[Template]) {
        let options: Vec<String> = options.iter().map(|option| self.render(option)).collect();
        let question = wording::offer(&options).in_words(self.language());
        self.say(&question);
        self.tell.choices.clone_from(&options);
        self.open_choice(options, question, BTreeMap::new());
    }

    /// What is offered with a slot's question is for that slot.
    fn open_choice(&mut self, options: Vec<String>, question: String, values: BTreeMap<String, String>) {
        let utterance = self.text.clone();
        let clarifies = match self.state.active.as_ref().and_then(|frame| frame.open.clone()) {
            Some(Open::Slot { name }) => Some(Clarifies { name, position: Vec::new() }),
            _ => None,
        };
        self.open(Open::Choice { options, question, clarifies, utterance, values });
    }

    /// `offer choices` where choosing one says something else than the choice does.
    fn offer_valued(&mut self, choices: &[(Template, Template)]) {
        let choices: Vec<(String, String)> =
            choices.iter().map(|(label, value)| (self.render(label), self.render(value))).collect();
        let options: Vec<String> = choices.iter().map(|(label, _)| label.clone()).collect();
        let question = wording::offer(&options).in_words(self.language());
        self.say(&question);
        self.tell.choices.clone_from(&options);
        let values: BTreeMap<String, String> = choices.into_iter().filter(|(label, value)| label != value).collect();
        self.tell.choice_values.clone_from(&values);
        self.open_choice(options, question, values);
    }

    fn clarify(
        &mut self,
        mv: &Move,
        name: &str,
        (options, values): (&[Template], &[Template]),
        path: &[usize],
    ) -> Flow {
        let known = self
            .state
            .active
            .as_ref()
            .is_some_and(|frame| frame.captures.contains_key(name) || frame.slot(name).is_some());
        if known {
            return Flow::Done;
        }
        let options: Vec<String> = options.iter().map(|option| self.render(option)).collect();
        // What is no slot has no name in a language that the game is translated into.
        let called = mv.slots.iter().find(|slot| slot.name == name).map(slots::named);
        let called = called.or_else(|| values.is_empty().then(|| readable(name)));
        let question = called.map_or_else(|| wording::offer(&options), |called| wording::clarify(called, &options));
        let question = question.in_words(self.language());
        self.say(&question);
        self.tell.choices.clone_from(&options);
        let utterance = self.text.clone();
        let clarifies = Some(Clarifies { name: name.to_owned(), position: path.to_vec() });
        // Conditions compare with the options of the game's own language.
        let stored: Vec<String> = values.iter().map(|value| self.render(value)).collect();
        let values = options.iter().cloned().zip(stored).filter(|(option, value)| option != value).collect();
        self.open(Open::Choice { options, question, clarifies, utterance, values });
        Flow::Wait
    }

    fn negotiate(&mut self, text: &Template, until: &Condition, path: &[usize]) -> Flow {
        if self.condition_holds(until) {
            return Flow::Done;
        }
        let question = self.render(text);
        self.say(&question);
        let position = if waits_for_confidence(until) { None } else { Some(path.to_vec()) };
        self.begin_negotiation(question, position);
        Flow::Wait
    }

    fn call_and_then(&mut self, mv: &Move, call: &Call, path: &[usize]) -> Result<Flow, Halt> {
        let succeeded = self.call(call)?;
        self.running.last_made = Some(call.clone());
        match &call.then {
            Some(action) if succeeded => self.action(mv, action, path),
            _ => Ok(Flow::Done),
        }
    }

    /// `retry`: after a failed call, that call again, and then what waits on it; after a slot's retries ran out, the slot
    /// again; else the person is asked to say it again.
    fn retry(&mut self, mv: &Move, text: Option<&Template>) -> Result<Flow, Halt> {
        if self.running.retries >= MAX_RETRIES {
            return Ok(Flow::Done);
        }
        self.running.retries += 1;
        // What is said when it is tried again is said once.
        let text = text.filter(|_| self.running.retries == 1).map(|text| self.render(text)).unwrap_or_default();
        if self.running.gave_up.is_some() {
            let again = self.state.active.as_ref().is_some_and(|frame| usize::from(frame.retried) < MAX_RETRIES);
            if !again {
                return Ok(Flow::Done);
            }
            self.say(&text);
            let slot = self.running.gave_up.take();
            if let Some(frame) = &mut self.state.active {
                frame.failures.clear();
                frame.retried += 1;
            }
            if slot.is_some_and(|slot| mv.slots.iter().all(|own| own.name != slot)) {
                return self.call_part_again(mv);
            }
            let mv = std::sync::Arc::new(mv.clone());
            self.ask(&mv)?;
            return Ok(Flow::Wait);
        }
        if let (Some(false), Some(call)) = (self.running.last_call, self.running.last_made.clone()) {
            self.say(&text);
            self.call(&call)?;
            self.running.reconsider = true;
            return Ok(Flow::Done);
        }
        self.say(&text);
        self.begin_negotiation(text, None);
        Ok(Flow::Wait)
    }
}
