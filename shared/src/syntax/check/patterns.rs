//! Patterns that never win (E123, E125), that win always (E127), and moves that nothing starts (E128). One pass over the
//! patterns of a game through a map; never a comparison of each with each.

use std::collections::{HashMap, HashSet};

use crate::diagnostics::{Code, Span};
use crate::ir::{Modifiers, SlotType};

use super::super::ast::{Marked, Slot, Type};
use super::super::resolve::MoveId;
use super::super::text::{Escapes, decode};
use super::references::Known;
use super::{Checker, Context};

/// A pattern that was met first with its wording.
#[derive(Clone, Copy)]
struct First {
    id: MoveId,
    place: u32,
    /// Whether nothing keeps its move from competing.
    free: bool,
}

/// What makes two patterns win and lose together.
#[derive(PartialEq, Eq, Hash)]
struct Wording<'s> {
    participant: &'s str,
    words: String,
    modifiers: (bool, bool, bool, bool),
}

impl<'f, 's> Checker<'f, 's, '_> {
    pub(super) fn patterns(&mut self, known: &Known<'f>) {
        let mut reported = HashSet::new();
        for game in 0..self.resolved.games.len() {
            let mut first: HashMap<Wording<'s>, First> = HashMap::new();
            for id in &self.resolved.games[game].moves {
                let context = self.context(*id);
                self.move_patterns(&context, &mut first, &mut reported);
                if id.game == game {
                    self.startable(&context, known);
                }
            }
        }
    }

    fn move_patterns(
        &mut self,
        context: &Context<'f, 's>,
        first: &mut HashMap<Wording<'s>, First>,
        reported: &mut HashSet<u32>,
    ) {
        let free = context.lineage.iter().rev().find_map(|found| found.guard.as_ref()).is_none_or(Vec::is_empty);
        for trigger in &context.written.triggers {
            for pattern in &trigger.patterns {
                let shape = self.shape(context, pattern);
                if shape.is_bare
                    && shape.readable
                    && !shape.words.is_empty()
                    && reported.insert(pattern.text.span.start)
                {
                    self.bare(pattern.text.span);
                }
                let wording = Wording {
                    participant: trigger.participant.text,
                    words: shape.words,
                    modifiers: flags(pattern.modifiers),
                };
                let place = pattern.text.span.start;
                let winner = *first.entry(wording).or_insert(First { id: context.id, place, free });
                if winner.place != place {
                    self.beaten(context, winner, pattern, reported);
                }
            }
        }
    }

    fn beaten(&mut self, context: &Context<'f, 's>, winner: First, pattern: &Marked, reported: &mut HashSet<u32>) {
        let span = pattern.text.span;
        if winner.id == context.id {
            if reported.insert(span.start) {
                let hint = "matching is blind to case, punctuation and apostrophes";
                self.report_hint(Code::RepeatedEntry, span, "the move has this pattern already", hint);
            }
        } else if winner.free && !pattern.modifiers.context_sensitive && reported.insert(span.start) {
            let name = self.resolved.written(winner.id).name.text;
            let message = format!("this pattern never wins: the move `{name}`, declared earlier, has the same");
            let hint = "take one of them out, or tell the moves apart with `requires context:`";
            self.report_hint(Code::ShadowedPattern, span, message, hint);
        }
    }

    fn bare(&mut self, span: Span) {
        let message = "this pattern has no word of its own and matches every utterance";
        let hint = "add words around the capture, or give its slot a type other than `string`";
        self.report_hint(Code::MatchesEverything, span, message, hint);
    }

    fn startable(&mut self, context: &Context<'f, 's>, known: &Known<'f>) {
        let name = context.written.name;
        let triggered = context.lineage.iter().flat_map(|found| &found.triggers).any(|it| !it.patterns.is_empty());
        let repairs = name.text.starts_with("repair_");
        if !triggered && !repairs && !known.used_moves.contains(name.text) {
            let message =
                format!("nothing starts the move `{}`: it has no trigger, and no move delegates to it", name.text);
            self.report_hint(Code::UnreachableMove, name.span, message, "add `when user says something like: [ … ]`");
        }
    }

    /// The pattern as the matcher reads it, captures by the type of their slot.
    fn shape(&self, context: &Context<'f, 's>, pattern: &Marked) -> Shape {
        let text = decode(self.written(pattern.text), Escapes::Marked);
        let mut shape = Shape { words: String::new(), is_bare: true, readable: true };
        let mut rest: &str = &text;
        while let Some(at) = rest.find(['{', '*', '\\']) {
            shape.literal(&rest[..at]);
            let tail = &rest[at..];
            let length = match tail.as_bytes()[0] {
                b'{' => {
                    let length = tail.find('}').map_or(tail.len(), |end| end + 1);
                    let name = tail[1..length].trim_end_matches('}').trim();
                    let optional = name.ends_with('?');
                    let name = name.trim_end_matches('?').trim_end();
                    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    shape.readable &= !name.is_empty() && name.chars().all(is_name);
                    let slot = context.slots.iter().rev().find(|slot| slot.name.text == name);
                    shape.capture(slot.copied(), optional);
                    length
                }
                b'*' => {
                    shape.words.push_str(" *");
                    1
                }
                _ => {
                    let length = 1 + tail[1..].chars().next().map_or(0, char::len_utf8);
                    shape.literal(&tail[1..length]);
                    length
                }
            };
            rest = &tail[length..];
        }
        shape.literal(rest);
        shape
    }
}

struct Shape {
    words: String,
    /// Whether it has neither words nor typed captures.
    is_bare: bool,
    /// Whether its captures have names; if not, that is reported elsewhere.
    readable: bool,
}

impl Shape {
    fn literal(&mut self, text: &str) {
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’') {
            let letters = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
            let before = self.words.len();
            self.words.push(' ');
            self.words.extend(letters);
            if self.words.len() == before + 1 {
                self.words.pop();
            }
        }
        self.is_bare &= text.trim().is_empty();
    }

    fn capture(&mut self, slot: Option<&Slot<'_>>, optional: bool) {
        let typed = slot.filter(|slot| !matches!(slot.ty, Type::Simple(SlotType::String) | Type::Unknown));
        match typed {
            // Typed captures are alike only in the same place; the slot's own place tells them apart.
            Some(slot) => self.words.push_str(&format!(" {{{}}}", slot.name.span.start)),
            None => self.words.push_str(" {}"),
        }
        if optional {
            self.words.push('?');
        }
        self.is_bare &= typed.is_none() || optional;
    }
}

fn flags(modifiers: Modifiers) -> (bool, bool, bool, bool) {
    (modifiers.strict, modifiers.fuzzy, modifiers.context_sensitive, modifiers.learned)
}
