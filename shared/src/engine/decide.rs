//! Deciding: what comes of what was heard, given what is open. The one place with an order of precedence. Pure.
//!
//! What an utterance is taken for, best first; each line is tried only if none above it holds:
//!
//! | | plan | while a question is open | otherwise |
//! |---|---|---|---|
//! | 1 | [`Plan::TakeUp`], an urgent move among them | what is said for the question is stored, the move runs, the question comes back | the move runs first, the others after it |
//! | 2 | [`Plan::AskAbout`] | somebody else's emergency, one that is only supposed, or that only meaning came near to: the same, but it is asked about | it is asked about |
//! | 3 | [`Plan::Beside`], [`Plan::TakeUp`] | an answer and, in clauses of their own, other moves: the answer is stored, then they are answered | several moves, in the order said |
//! | 4 | [`Plan::Alone`] | one thing, read against the question | the best move |
//!
//! How one thing is read against a question is the second table of `docs/engine.md`; its order stands in `answers`
//! (`answer_slot`, `hear_answer`), one call a line.

use super::hear::{Readings, Said, Whose};

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
    /// The first is perhaps an emergency, or another person's, and is asked about; what else was said is stored.
    AskAbout(Vec<Said>),
    /// If what else was said answers the open question, these moves are answered after it; else as [`Plan::Alone`].
    Beside(Vec<Said>),
}

/// Decides. `own` is the move under way, whose own readings are answers; `apart` tells whether a reading is certain enough
/// to stand beside free text.
pub(super) fn decide(heard: &Readings, own: Option<&str>, room: Room, apart: &dyn Fn(&Said) -> bool) -> Plan {
    let others: Vec<&Said> = heard.moves.iter().filter(|said| Some(said.name.as_str()) != own).collect();
    let stands = |said: &Said| match room {
        Room::NoQuestion | Room::Told => true,
        Room::FreeText => apart(said),
    };
    let urgent = |whose: &[Whose]| {
        others
            .iter()
            .copied()
            .filter(|said| said.is_urgent() && whose.contains(&said.whose))
            .cloned()
            .collect::<Vec<_>>()
    };
    let beside =
        || others.iter().copied().filter(|said| !said.is_urgent() && stands(said)).cloned().collect::<Vec<_>>();
    let mut first = urgent(&[Whose::Speaker]);
    if !first.is_empty() {
        first.extend(beside());
        return Plan::TakeUp(first);
    }
    let asked = urgent(&[Whose::Another, Whose::Unknown, Whose::Supposed]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Priority;
    use crate::matcher::{Candidate, Stage, Standing};

    fn said(name: &str, priority: Priority, whose: Whose, clause: usize) -> Said {
        let candidate = Candidate {
            move_index: clause,
            pattern_index: 0,
            pattern: name.to_owned(),
            score: 0.8,
            literal_words: 2,
            verbatim: false,
            fuzzy: false,
            stage: Stage::Plain,
            aside: false,
            priority,
            standing: Standing::Full,
            captures: Vec::new(),
            span: (clause * 10, clause * 10 + 5),
        };
        Said { candidate, name: name.to_owned(), whose, clauses: (clause, clause + 1) }
    }

    fn check(moves: Vec<Said>, own: Option<&str>, room: Room, apart: bool, expected: &str) {
        let clauses = (0..3).map(|clause| (clause * 10, clause * 10 + 5)).collect();
        let plan = decide(&Readings { clauses, moves }, own, room, &|_| apart);
        let names = |said: &[Said]| said.iter().map(|said| said.name.clone()).collect::<Vec<_>>().join(" ");
        let found = match &plan {
            Plan::Alone => "alone".to_owned(),
            Plan::TakeUp(said) => format!("take up {}", names(said)),
            Plan::AskAbout(said) => format!("ask about {}", names(said)),
            Plan::Beside(said) => format!("beside {}", names(said)),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn the_order_of_precedence_is_the_table() {
        let fire = || said("fire", Priority::Urgent, Whose::Speaker, 1);
        let theirs = || said("fire", Priority::Urgent, Whose::Another, 1);
        let hours = || said("hours", Priority::Normal, Whose::Speaker, 0);
        let price = || said("price", Priority::Normal, Whose::Speaker, 2);
        check(vec![hours(), fire(), price()], None, Room::NoQuestion, true, "take up fire hours price");
        check(vec![hours(), fire()], Some("order"), Room::Told, true, "take up fire hours");
        check(vec![hours(), fire()], Some("order"), Room::FreeText, false, "take up fire");
        check(vec![fire()], Some("fire"), Room::Told, true, "alone");
        check(vec![hours(), theirs()], None, Room::NoQuestion, true, "ask about fire");
        check(vec![hours(), price()], None, Room::NoQuestion, true, "take up hours price");
        check(vec![hours()], None, Room::NoQuestion, true, "alone");
        check(vec![hours()], Some("order"), Room::Told, true, "beside hours");
        check(vec![hours()], Some("order"), Room::FreeText, false, "alone");
        check(vec![hours()], Some("order"), Room::FreeText, true, "beside hours");
        check(Vec::new(), None, Room::NoQuestion, true, "alone");
    }
}
