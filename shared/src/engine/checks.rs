//! `check with SERVICE.FUNCTION`: a capability is asked about a value once it is there, and may refuse it.

use std::sync::Arc;

use super::capability::Verdict;
use super::rules::{Subject, parts_of};
use super::run::{Halt, Run};
use super::wording;
use crate::ir::{Away, Check, Move, Slot};
use crate::slots::{self, whole_of};

/// What came of a check, as explanations have it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// The service took the value.
    Passed,
    /// It refused it.
    Refused,
    /// It did not answer, and the value stands.
    Unchecked,
    /// It did not answer, and the value is not taken: `must answer`.
    Unanswered,
}

impl Checked {
    /// As it is written.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Checked::Passed => "passed",
            Checked::Refused => "refused",
            Checked::Unchecked => "unchecked",
            Checked::Unanswered => "unanswered",
        }
    }
}

impl Run<'_> {
    /// Asks about every value that was not asked about yet. The slot that is given up, where one was refused too often.
    pub(super) fn check_values(&mut self, mv: &Arc<Move>) -> Result<Option<String>, Halt> {
        for slot in &mv.slots {
            for (subject, check) in checks_of(slot) {
                let pending = self.is_complete(mv, subject)
                    && self
                        .state
                        .active
                        .as_ref()
                        .is_some_and(|frame| !frame.checked.iter().any(|name| name == subject.name()));
                if !pending {
                    continue;
                }
                if let Some(given_up) = self.check_value(mv, subject, check)? {
                    return Ok(Some(given_up));
                }
            }
        }
        Ok(None)
    }

    fn check_value(&mut self, mv: &Arc<Move>, subject: Subject<'_>, check: &Check) -> Result<Option<String>, Halt> {
        let (checked, reason) = match (self.ask_about(&check.call, subject.name())?, &check.away) {
            (Verdict::Passed, _) => (Checked::Passed, None),
            (Verdict::Unanswered, Away::Stands) => (Checked::Unchecked, None),
            (Verdict::Refused(Some(reason)), _) => (Checked::Refused, Some(reason)),
            (Verdict::Refused(None), _) => (Checked::Refused, Some(self.reason_of(subject, check))),
            (Verdict::Unanswered, Away::Refused(said)) => {
                let said = match said {
                    Some(said) => self.rendered_of(subject, said),
                    None => self.language().text(wording::NOT_CHECKED).to_owned(),
                };
                (Checked::Unanswered, Some(said))
            }
        };
        if self.input.turn.settings.explain {
            let capability = format!("{}.{}", check.call.service, check.call.function);
            self.tell.checks.push((subject.name().to_owned(), capability, checked));
        }
        if let Some(frame) = &mut self.state.active {
            frame.checked.push(subject.name().to_owned());
        }
        let Some(reason) = reason else { return Ok(None) };
        self.tell.refused_slot = Some(subject.name().to_owned());
        let given_up = self.refuse_value(mv, subject, reason);
        self.tell.given_up_slot = given_up.clone().or(self.tell.given_up_slot.take());
        Ok(given_up)
    }

    /// The author's words for a refusal, else the engine's.
    fn reason_of(&mut self, subject: Subject<'_>, check: &Check) -> String {
        match &check.reason {
            Some(said) => self.rendered_of(subject, said),
            None => wording::not_accepted(self.called(subject)).in_words(self.language()),
        }
    }

    /// What a subject is called where it is named to the person.
    pub(super) fn called(&self, subject: Subject<'_>) -> String {
        match subject {
            Subject::Value(slot) => slots::named(slot),
            Subject::Whole(name) => {
                let mv = self.active_move();
                let last = mv.as_ref().and_then(|mv| parts_of(mv, name).pop());
                let whole = last.and_then(|slot| slot.rules.as_ref()?.whole.as_ref()?.called.clone());
                whole.unwrap_or_else(|| slots::called(name))
            }
        }
    }

    /// A text in which `value` is the value that it is about.
    fn rendered_of(&mut self, subject: Subject<'_>, said: &crate::ir::Template) -> String {
        self.running.judged = Some(subject.name().to_owned());
        let said = self.render(said);
        self.running.judged = None;
        said
    }
}

/// The check of a slot, and that of the composite whose last part it is.
fn checks_of(slot: &Slot) -> impl Iterator<Item = (Subject<'_>, &Check)> {
    let rules = slot.rules.as_deref();
    let own = rules.and_then(|rules| Some((Subject::Value(slot), rules.check.as_deref()?)));
    let whole = rules
        .and_then(|rules| Some((Subject::Whole(whole_of(&slot.name)?), rules.whole.as_deref()?.check.as_deref()?)));
    own.into_iter().chain(whole)
}
