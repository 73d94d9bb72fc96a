//! `call MOVE`: that the move exists, takes what it is given, and does not come back to where it was called from (E112),
//! and that something is said whatever the part answers (E139).

use std::collections::HashSet;

use crate::diagnostics::Code;
use crate::ir::SlotType;

use super::super::ast::{ActionKind, Block, Condition, Name, PayloadValue, Statement, Type};
use super::super::library;
use super::super::resolve::MoveId;
use super::super::suggest::nearest;
use super::comparisons::names_in;
use super::references::Known;
use super::walk::{Met, block as walk_block, blocks};
use super::{Checker, Context};

impl<'f, 's> Checker<'f, 's, '_> {
    pub(super) fn parts(&mut self, context: &Context<'f, 's>, known: &Known<'f>) {
        let own = &context.written.blocks;
        // What a part leaves open, the move that calls it may say.
        if !known.used_moves.contains(context.written.name.text) {
            let branches = own.iter().flat_map(|block| &block.branches);
            branches.for_each(|branch| self.unanswered(context, &branch.body));
        }
        for block in own {
            for (target, with) in calls_in(block) {
                self.part(context, target, with);
            }
            self.call_for_a_missing_slot(block);
        }
    }

    fn part(&mut self, context: &Context<'f, 's>, target: Name<'s>, with: &Given<'s>) {
        let game = context.id.game;
        let Some(part) = self.resolved.find(game, target.text) else {
            let names = self.resolved.games[game].moves.iter().map(|id| self.resolved.written(*id).name.text);
            let hint = match nearest(target.text, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None if library::names().any(|known| known == target.text) => {
                    format!("it comes with the program: `import \"lgdl:{}\"`", target.text)
                }
                None => "a part is a move of the game, or of a file that it imports".to_owned(),
            };
            let message = format!("no move of this game is called `{}`", target.text);
            return self.report_hint(Code::BadPart, target.span, message, hint);
        };
        if part == context.id || self.comes_back(game, part, context.id) {
            let message = format!("the move `{}` would call itself", context.written.name.text);
            return self.report(Code::BadPart, target.span, message);
        }
        let called = self.context(part);
        for (name, _) in with {
            if called.slots.iter().all(|slot| slot.name.text != name.text) {
                let message = format!("the move `{}` has no slot `{}`", target.text, name.text);
                match nearest(name.text, called.slots.iter().map(|slot| slot.name.text)) {
                    Some(near) => {
                        self.report_hint(Code::BadPart, name.span, message, format!("did you mean `{near}`?"))
                    }
                    None => self.report(Code::BadPart, name.span, message),
                }
            }
        }
    }

    /// `call confirm_all  if confirm_all.right = true { … }`: behind a plain no nothing is said.
    fn unanswered(&mut self, context: &Context<'f, 's>, body: &'f [Statement<'s>]) {
        for block in body.iter().filter_map(nested) {
            let bodies = block.branches.iter().map(|branch| &branch.body).chain(&block.otherwise);
            bodies.for_each(|body| self.unanswered(context, body));
        }
        let Some((at, part)) = body.iter().enumerate().rev().find_map(|(at, statement)| Some((at, called(statement)?)))
        else {
            return;
        };
        let rest = &body[at + 1..];
        if rest.iter().any(answers) {
            return;
        }
        let Some(id) = self.resolved.find(context.id.game, part.text) else { return };
        let slots = self.context(id).slots;
        let yes_or_no = |name: &str| {
            slots.iter().any(|slot| slot.name.text == name && matches!(slot.ty, Type::Simple(SlotType::Boolean)))
        };
        let asks = |condition: &Condition<'_>| {
            let paths = names_in(condition);
            paths.iter().any(|(path, _)| matches!(path.as_slice(), [of, name] if of == part.text && yes_or_no(name)))
        };
        let branches = context.lineage.iter().flat_map(|found| conditions_of(&found.blocks));
        let asked = branches.filter(|condition| asks(condition)).count();
        let mut alone = rest.iter().filter_map(nested).filter_map(|block| match block.branches.as_slice() {
            [branch] if asks(&branch.condition) => Some(branch),
            _ => None,
        });
        let (Some(branch), 1) = (alone.next(), asked) else { return };
        let message = format!("where this does not hold, nothing is said of what `{}` was answered", part.text);
        let hint = "say what becomes of it: `else { respond with: \"…\" }`";
        self.report_hint(Code::Unanswered, branch.span, message, hint);
    }

    /// Whether a part calls, directly or not, the move that calls it.
    fn comes_back(&self, game: usize, part: MoveId, caller: MoveId) -> bool {
        let mut seen = HashSet::new();
        let mut pending = vec![part];
        while let Some(at) = pending.pop() {
            if !seen.insert(at) {
                continue;
            }
            for id in self.resolved.lineage(at) {
                blocks(&self.resolved.written(id).blocks, &mut |met| {
                    if let Met::Action(action) = met
                        && let ActionKind::CallMove { target, .. } = &action.kind
                    {
                        pending.extend(self.resolved.find(game, target.text));
                    }
                });
            }
            if pending.contains(&caller) {
                return true;
            }
        }
        false
    }

    /// A part comes back with values of its own; the slot would still be missing.
    fn call_for_a_missing_slot(&mut self, block: &Block<'s>) {
        for branch in &block.branches {
            if !asks_for_a_slot(&branch.condition) {
                continue;
            }
            for statement in &branch.body {
                if let Statement::Action(action) = statement
                    && matches!(action.kind, ActionKind::CallMove { .. })
                {
                    let message = "a part fills its own slots, not the one that is missing here";
                    let hint =
                        "call it where the move needs it, such as in `when confident { … }`, and use `MOVE.slot`";
                    self.report_hint(Code::BadPart, action.span, message, hint);
                }
            }
        }
    }
}

fn asks_for_a_slot(condition: &Condition<'_>) -> bool {
    match condition {
        Condition::SlotMissing(_) => true,
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(asks_for_a_slot),
        _ => false,
    }
}

fn nested<'f, 's>(statement: &'f Statement<'s>) -> Option<&'f Block<'s>> {
    if let Statement::Block(block) = statement { Some(block) } else { None }
}

/// The conditions of blocks and of those in them.
fn conditions_of<'f, 's>(blocks: &'f [Block<'s>]) -> Vec<&'f Condition<'s>> {
    let mut found = Vec::new();
    for block in blocks {
        for branch in &block.branches {
            found.push(&branch.condition);
            let inner = branch.body.iter().filter_map(nested);
            found.extend(inner.flat_map(|block| conditions_of(std::slice::from_ref(block))));
        }
        let inner = block.otherwise.iter().flatten().filter_map(nested);
        found.extend(inner.flat_map(|block| conditions_of(std::slice::from_ref(block))));
    }
    found
}

fn called<'s>(statement: &Statement<'s>) -> Option<Name<'s>> {
    match statement {
        Statement::Action(action) => match &action.kind {
            ActionKind::CallMove { target, .. } => Some(*target),
            _ => None,
        },
        Statement::Block(_) | Statement::Confidence(_) => None,
    }
}

/// Whether something follows from a statement whatever holds.
fn answers(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::Action(action) => {
            !matches!(action.kind, ActionKind::LearnPattern | ActionKind::BoostConfidence | ActionKind::RememberOutcome)
        }
        Statement::Block(block) => {
            let mut bodies = block.branches.iter().map(|branch| &branch.body).chain(&block.otherwise);
            block.otherwise.is_some() && bodies.all(|body| body.iter().any(answers))
        }
        Statement::Confidence(_) => false,
    }
}

/// What a part is given, slot by slot.
type Given<'s> = [(Name<'s>, PayloadValue<'s>)];

fn calls_in<'f, 's>(block: &'f Block<'s>) -> Vec<(Name<'s>, &'f Given<'s>)> {
    let mut calls = Vec::new();
    walk_block(block, &mut |met| {
        if let Met::Action(action) = met
            && let ActionKind::CallMove { target, with } = &action.kind
        {
            calls.push((*target, with.as_slice()));
        }
    });
    calls
}
