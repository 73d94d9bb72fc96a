//! `call MOVE`: that the move exists, takes what it is given, and does not come back to where it was called from (E112).

use std::collections::HashSet;

use crate::diagnostics::Code;

use super::super::ast::{ActionKind, Block, Condition, Name, PayloadValue, Statement};
use super::super::resolve::MoveId;
use super::super::suggest::nearest;
use super::walk::{Met, block as walk_block, blocks};
use super::{Checker, Context};

impl<'f, 's> Checker<'f, 's, '_> {
    pub(super) fn parts(&mut self, context: &Context<'f, 's>) {
        let own = &context.written.blocks;
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
