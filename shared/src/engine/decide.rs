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
//! What one thing is taken for against a slot's question is [`AGAINST_A_SLOT`], best first. Both are the tables of
//! `docs/engine.md`; a test compares the second with it.

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
        Room::NoQuestion => true,
        // "my wife's, she's better at picking up" only comes near to something else.
        Room::Told => !said.candidate.stage.is_near() || apart(said),
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

/// What kind of answer a slot's question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A value that is told from anything else: a number, a day, an option, yes or no.
    Typed,
    /// Free text, which may be anything.
    FreeText,
}

/// What an utterance may be taken for where a slot's question is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum As {
    Exact,
    Repair,
    DeclinedByName,
    Declined,
    Idiom,
    Pause,
    Inquiry,
    ListEdit,
    ByPreposition,
    Correction,
    NotThisButThat,
    Value,
    CertainMove,
    Nothing,
    OtherMove,
    EmptyText,
    OwnPattern,
    FreeText,
    Mention,
    ReplacesAnother,
    OwnTrigger,
    Question,
    ByMeaning,
    OpeningRepair,
    NoValue,
}

/// A row of the table: what an utterance is taken for, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) taken_as: As,
    /// `None`: whatever is asked for.
    asked: Option<Asked>,
}

impl Row {
    /// Whether it is tried where that is asked for.
    pub(super) fn applies(&self, asked: Asked) -> bool {
        self.asked.is_none_or(|only| only == asked)
    }
}

const fn any(taken_as: As) -> Row {
    Row { taken_as, asked: None }
}

const fn typed(taken_as: As) -> Row {
    Row { taken_as, asked: Some(Asked::Typed) }
}

const fn text(taken_as: As) -> Row {
    Row { taken_as, asked: Some(Asked::FreeText) }
}

/// What one thing is taken for against a slot's question: the first that it is.
pub(super) const AGAINST_A_SLOT: &[Row] = &[
    typed(As::Exact),
    any(As::Repair),
    any(As::DeclinedByName),
    any(As::Declined),
    any(As::Idiom),
    text(As::Pause),
    any(As::Inquiry),
    any(As::ListEdit),
    any(As::ByPreposition),
    any(As::Correction),
    typed(As::NotThisButThat),
    typed(As::Value),
    text(As::CertainMove),
    any(As::Nothing),
    typed(As::OtherMove),
    text(As::EmptyText),
    any(As::OwnPattern),
    text(As::FreeText),
    any(As::Mention),
    any(As::ReplacesAnother),
    text(As::OwnTrigger),
    typed(As::Question),
    typed(As::ByMeaning),
    any(As::OpeningRepair),
    any(As::NoValue),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What a row says, and what comes of it, as `docs/engine.md` puts it.
    fn told(taken_as: As) -> (&'static str, &'static str) {
        match taken_as {
            As::Exact => (
                "exactly an option, or a number where a number is asked for",
                "the answer, whatever else the words mean",
            ),
            As::Repair => (
                "a **repair** that no move of the game claims (its score reaches its threshold and 0.75, or it is its pattern word for word)",
                "see Repairs",
            ),
            As::DeclinedByName => (
                "what declines an **optional** slot by name: \"no return\" for `return_date`, or its author's words (`declined by`)",
                "the slot is passed over; what else is said is stored",
            ),
            As::Declined => (
                "a **refusal** (\"no\", \"that's all\", \"I don't know\") of an optional slot, with no value in it",
                "the slot is passed over",
            ),
            As::Idiom => (
                "an **idiom** (\"I already told you\", \"same as last time\", \"that's private\", \"this is ridiculous\")",
                "never a value: an optional slot is passed over, a required one is asked for again",
            ),
            As::Pause => ("words that only ask for time (\"hold on a second\")", "the question again"),
            As::Inquiry => (
                "a **question** that is not a request (\"what sizes do you have?\")",
                "never a value: another move that it means, else the question again with what kind of answer fits",
            ),
            As::ListEdit => (
                "an **edit of a list** (\"remove the olives\", \"also bacon\", \"only cheese\", \"everything except bacon\")",
                "the list is changed",
            ),
            As::ByPreposition => (
                "values named by **prepositions** that are names of slots (\"from Hamburg\", \"go to Naples instead\")",
                "those slots are filled or changed",
            ),
            As::Correction => (
                "a **correction** (\"actually 7\", \"no, my back\", \"I meant Tuesday\", \"change the size\")",
                "the value is changed: typed slots before free text, the last filled first; what is named without a new value is asked for again",
            ),
            As::NotThisButThat => ("\"not tomorrow, the day after\"", "what is wanted is stored"),
            As::Value => (
                "the **typed value** that is asked for, or an **option**; a value out of bounds, or several",
                "stored, and a value used up fills nothing else; or refused with the reason. A move that scores 0.9 beside it is gone to as well",
            ),
            As::CertainMove => (
                "another **move** that scores 0.9 or is its pattern word for word, or that a question, a noise, a sentence about oneself or no label means",
                "a digression; the open question comes back",
            ),
            As::Nothing => {
                ("a refusal of an optional slot whose question yes or no answers", "the slot is passed over")
            }
            As::OtherMove => {
                ("another **move** at or above its threshold", "a digression; the open question comes back")
            }
            As::EmptyText => ("\"I don't know\", a refusal, a noise (\"hello\")", "refused with the reason"),
            As::OwnPattern => {
                ("what a pattern of the move captures (\"the pain is in my back\")", "its slots are filled or changed")
            }
            As::FreeText => (
                "**free text**, and where a label is asked for no sentence",
                "stored, without what other slots took of it",
            ),
            As::Mention => ("values for other open slots of the move", "stored; the question comes again"),
            As::ReplacesAnother => (
                "a value that fits only one slot, which is filled (\"it started 3 days ago\")",
                "the value is changed; where free text is asked for, it is read back",
            ),
            As::OwnTrigger => {
                ("the move's own pattern, said again", "the question again with what kind of answer fits")
            }
            As::Question => ("a question of any form", "the question again with what kind of answer fits"),
            As::ByMeaning => (
                "what **comes near** to an option (`extract using semantic`, `hybrid`)",
                "that option is stored; where it is not sure, it is read back",
            ),
            As::OpeningRepair => (
                "a repair that **opens** the sentence (\"forget it, we stay at home\"), where the rest is no text that could be stored",
                "see Repairs",
            ),
            As::NoValue => ("nothing of that", "refused with the reason"),
        }
    }

    /// The table as the documentation shows it.
    fn table() -> String {
        let asked = |row: &Row| match row.asked {
            None => "any",
            Some(Asked::Typed) => "a value",
            Some(Asked::FreeText) => "free text",
        };
        let mut table = String::from("| | asked for | it is | then |\n|---|---|---|---|\n");
        for (index, row) in AGAINST_A_SLOT.iter().enumerate() {
            let (is, then) = told(row.taken_as);
            table.push_str(&format!("| {} | {} | {is} | {then} |\n", index + 1, asked(row)));
        }
        table
    }

    #[test]
    fn the_documentation_shows_the_order_that_is_kept() {
        let documented = include_str!("../../../docs/engine.md");
        assert!(documented.contains(&table()), "put this into docs/engine.md:\n{}", table());
    }

    #[test]
    fn nothing_is_tried_twice_and_every_question_ends_somewhere() {
        for asked in [Asked::Typed, Asked::FreeText] {
            let tried: Vec<As> =
                AGAINST_A_SLOT.iter().filter(|row| row.applies(asked)).map(|row| row.taken_as).collect();
            let mut once = tried.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), tried.len(), "{asked:?}");
        }
    }
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
        let plan = decide(&Readings { clauses, moves, ..Readings::default() }, own, room, &|_| apart);
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
