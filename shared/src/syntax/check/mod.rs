//! Checks: what a file says that cannot be meant. The tree is read, never changed; lowering does not depend on it.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::diagnostics::{Code, Diagnostic, Lines, Span};
use crate::ir::Contract;

use super::ast::{Condition, Move, Slot, Text};
use super::findings::Findings;
use super::resolve::{MoveId, Resolved};
use super::text::{Escapes, decode};

mod answers;
mod comparisons;
mod duplicates;
mod parts;
mod patterns;
mod reach;
mod references;
mod rules;
mod types;
mod values;
mod walk;

/// Checks every game of a file. `contract` is `None` when there is none.
pub(super) fn check(source: &str, resolved: &Resolved<'_, '_>, contract: Option<&Contract>, findings: &mut Findings) {
    let mut checker = Checker { source, resolved, findings, lines: OnceCell::new() };
    checker.duplicates();
    checker.values();
    checker.types();
    checker.vocabularies();
    checker.misspelt_events();
    checker.events();
    let known = references::Known::collect(resolved, source, contract);
    for (game, written) in resolved.file.games.iter().enumerate() {
        for index in 0..written.moves.len() {
            let context = checker.context(MoveId { game, index });
            checker.references(&context, &known);
            checker.rules(&context);
            checker.rules_of_slots(&context);
            checker.parts(&context, &known);
            checker.reach(&context);
            checker.answers(&context);
        }
    }
    checker.rules_of_types(&known);
    checker.services(contract);
    checker.patterns(&known);
}

struct Checker<'f, 's, 'd> {
    source: &'s str,
    resolved: &'f Resolved<'f, 's>,
    /// Made when the first line number is asked for.
    lines: OnceCell<Lines<'s>>,
    findings: &'d mut Findings,
}

/// A move with what it inherits.
struct Context<'f, 's> {
    id: MoveId,
    written: &'f Move<'s>,
    lineage: Vec<&'f Move<'s>>,
    slots: Vec<&'f Slot<'s>>,
    /// Names that its patterns capture.
    captures: HashSet<String>,
}

impl<'f, 's> Checker<'f, 's, '_> {
    fn context(&self, id: MoveId) -> Context<'f, 's> {
        let lineage: Vec<&'f Move<'s>> =
            self.resolved.lineage(id).into_iter().map(|id| self.resolved.written(id)).collect();
        let slots = lineage.iter().flat_map(|found| &found.slots).collect();
        let patterns = lineage.iter().flat_map(|found| &found.triggers).flat_map(|trigger| &trigger.patterns);
        let captures = patterns.flat_map(|pattern| capture_names(self.written(pattern.text))).collect();
        Context { id, written: self.resolved.written(id), lineage, slots, captures }
    }

    fn written(&self, text: Text) -> &'s str {
        &self.source[text.span.start as usize..text.span.end as usize]
    }

    fn decoded(&self, text: Text) -> String {
        decode(self.written(text), Escapes::Plain).into_owned()
    }

    fn report(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.findings.push(Diagnostic::new(code, span, message));
    }

    fn report_hint(&mut self, code: Code, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.findings.push(Diagnostic::new(code, span, message).with_hint(hint));
    }
}

/// The names between braces of a pattern as written; what is not a name is reported when patterns are lowered.
fn capture_names(pattern: &str) -> impl Iterator<Item = String> + '_ {
    pattern.split('{').skip(1).filter_map(|piece| {
        let name = piece.split('}').next()?.trim().trim_end_matches('?').trim_end();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| name.to_owned())
    })
}
