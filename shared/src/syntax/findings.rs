//! The findings of a file while they are collected: a bounded number is kept, all are counted.

use crate::diagnostics::{Code, Diagnostic, Severity, Span};

use super::limits::MAX_DIAGNOSTICS;

/// Kept while collecting: more than are shown, since phases do not come in source order.
const MAX_KEPT: usize = 2 * MAX_DIAGNOSTICS;

/// Findings in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Findings {
    errors: Kept,
    warnings: Kept,
}

#[derive(Debug, Default)]
struct Kept {
    list: Vec<Diagnostic>,
    count: usize,
}

impl Findings {
    pub(super) fn push(&mut self, found: Diagnostic) {
        let kept = match found.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        kept.count += 1;
        if kept.list.len() < MAX_KEPT {
            kept.list.push(found);
        }
    }

    /// Takes over what was found elsewhere.
    pub(super) fn extend(&mut self, other: Findings) {
        other.errors.list.into_iter().chain(other.warnings.list).for_each(|found| self.push(found));
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors.count > 0
    }

    /// Whether another warning would only be counted, so that making it good (looking for a hint) is a waste.
    pub(super) fn is_full_of_warnings(&self) -> bool {
        self.warnings.count >= MAX_KEPT
    }

    pub(super) fn drop_warnings(&mut self) {
        self.warnings = Kept::default();
    }

    /// In source order, and of each severity no more than a person reads, so that warnings never hide errors.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut all = self.errors.finish(Severity::Error, "errors");
        all.extend(self.warnings.finish(Severity::Warning, "warnings"));
        all.sort_by_key(place);
        all
    }
}

impl Kept {
    fn finish(mut self, severity: Severity, what: &str) -> Vec<Diagnostic> {
        self.list.sort_by_key(place);
        let kept = self.list.len();
        self.list.dedup();
        // What was dropped as repeated was no finding of its own.
        self.count -= kept - self.list.len();
        if self.count > MAX_DIAGNOSTICS {
            let span = self.list.get(MAX_DIAGNOSTICS).map_or(Span::default(), |first| first.span);
            self.list.truncate(MAX_DIAGNOSTICS);
            let message = format!("there are {} more {what}, not shown", self.count - self.list.len());
            self.list.push(Diagnostic { severity, ..Diagnostic::new(Code::LimitExceeded, span, message) });
        }
        self.list
    }
}

fn place(found: &Diagnostic) -> (u32, u32) {
    (found.span.start, found.span.end)
}
