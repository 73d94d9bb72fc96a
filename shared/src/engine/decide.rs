//! Deciding: what comes of what was heard, given what is open. The one place with an order of precedence. Pure.
//!
//! What an utterance is taken for, best first; each line is tried only if none above it holds:
//!
//! | | reading | while a question is open | otherwise |
//! |---|---|---|---|
//! | 1 | [`Plan::TakeUp`], urgent | what is said for the question is stored, the move runs, the question comes back | the move runs first, the others after it |
//! | 2 | [`Plan::AskAbout`] | another person's emergency: the same, but it is asked about first | it is asked about |
//! | 3 | [`Plan::Beside`], [`Plan::TakeUp`] | an answer and, in clauses of their own, other moves: the answer is stored, then they are answered | several moves, in the order said |
//! | 4 | [`Plan::Alone`] | one thing: see below | the best move |
//!
//! One thing, against an open question, in this order: an exact option or number · repairs and idioms ("cancel", "no idea")
//! · corrections of typed values · the typed value asked for · an option · another move · free text.

use super::hear::{Heard, Said, Whose};

/// What an open question leaves room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// No question is open.
    NoQuestion,
    /// A question whose answers are told from anything else: a typed value, yes or no, a choice.
    Told,
    /// A question for free text, which may be anything: only what is certain stands beside it.
    FreeText,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plan {
    /// The utterance is one thing, read against what is open.
    Alone,
    /// These moves run in this order; what else was said is stored for what is under way.
    TakeUp(Vec<Said>),
    /// The first is another person's emergency and is asked about; what else was said is stored.
    AskAbout(Vec<Said>),
    /// If what else was said answers the open question, these moves are answered after it; else as [`Plan::Alone`].
    Beside(Vec<Said>),
}

/// Decides. `own` is the move under way, whose own readings are answers; `apart` tells whether a reading is certain enough
/// to stand beside free text.
pub(super) fn decide(heard: &Heard, own: Option<&str>, room: Room, apart: &dyn Fn(&Said) -> bool) -> Plan {
    let others: Vec<&Said> = heard.moves.iter().filter(|said| Some(said.name.as_str()) != own).collect();
    let stands = |said: &Said| match room {
        Room::NoQuestion | Room::Told => true,
        Room::FreeText => apart(said),
    };
    let urgent = |whose: Whose| {
        others.iter().copied().filter(move |said| said.is_urgent() && said.whose == whose).cloned().collect::<Vec<_>>()
    };
    let beside =
        || others.iter().copied().filter(|said| !said.is_urgent() && stands(said)).cloned().collect::<Vec<_>>();
    let mut first = urgent(Whose::Speaker);
    if !first.is_empty() {
        first.extend(beside());
        return Plan::TakeUp(first);
    }
    let asked = urgent(Whose::Another);
    if !asked.is_empty() {
        return Plan::AskAbout(asked);
    }
    let beside = beside();
    match room {
        Room::NoQuestion if beside.len() > 1 => Plan::TakeUp(beside),
        Room::Told | Room::FreeText if !beside.is_empty() && heard.clauses.len() > 1 => Plan::Beside(beside),
        _ => Plan::Alone,
    }
}
