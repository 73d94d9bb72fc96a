//! Built-in repairs: what people say about the conversation itself, at any point of it.
//!
//! Only an utterance that is nothing but such a phrase, courtesies aside, is a repair: "cancel" is, "cancel my
//! subscription" is the game's. What a repair does is in `mending`.

use crate::language::{Cue, Language};
use crate::slots::yes_no;
use crate::text::{Heard, Word, between_marks, first_clause};

/// A repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    /// End the move and clear its slots.
    Cancel,
    /// End it and all interrupted ones.
    CancelAll,
    /// Begin the move again.
    StartOver,
    /// Put the question again, with what kind of answer fits.
    Repeat,
    /// Pass an optional slot.
    Skip,
    /// List the moves.
    Help,
    /// Speak to a person.
    Person,
}

impl Repair {
    /// The moves that replace the repair's text, the canonical name first.
    pub(super) fn move_names(self) -> &'static [&'static str] {
        match self {
            Repair::Cancel | Repair::CancelAll => &["repair_cancel"],
            Repair::StartOver => &["repair_start_over", "repair_restart"],
            Repair::Repeat => &["repair_repeat"],
            Repair::Skip => &["repair_skip"],
            Repair::Help => &["repair_help", "repair_capabilities"],
            Repair::Person => &["repair_person", "repair_escalate", "repair_human"],
        }
    }

    /// The repair that a move of the game replaces.
    pub(super) fn of_move(name: &str) -> Option<Repair> {
        let all = [Repair::Cancel, Repair::StartOver, Repair::Repeat, Repair::Skip, Repair::Help, Repair::Person];
        all.into_iter().find(|repair| repair.move_names().contains(&name))
    }
}

/// What the whole utterance asks for.
pub(super) fn recognize(heard: &Heard) -> Option<Repair> {
    const LONGEST: usize = 20;
    if heard.is_empty() || heard.len() > LONGEST {
        return None;
    }
    whole(heard.language, &heard.words).or_else(|| in_parts(heard.language, &heard.words))
}

/// The repair that an utterance opens with, set apart from what follows: "forget it, we stay at home". Only those that end
/// something: what follows "what?" may be anything.
///
/// The repair, and the first byte of what follows.
pub(super) fn opening(heard: &Heard) -> Option<(Repair, usize)> {
    let mut clauses = between_marks(&heard.words);
    let (mut said, mut next) = (clauses.next()?, clauses.next()?);
    // "no, forget it, …"
    while heard.language.is(said, Cue::RepairBefore) {
        (said, next) = (next, clauses.next()?);
    }
    whole(heard.language, said)
        .filter(|repair| matches!(repair, Repair::Cancel | Repair::CancelAll | Repair::StartOver | Repair::Person))
        .map(|repair| (repair, next[0].start))
}

/// Whether an utterance ends in a clause that cancels: "I can't make it, cancel it".
pub(super) fn cancels_at_the_end(heard: &Heard) -> bool {
    later_clauses(heard).next_back().is_some_and(|clause| cancels(heard, clause))
}

/// Where the clause begins that cancels, of an utterance that says more: "10 minutes, uhh, never mind".
pub(super) fn cancelling_clause(heard: &Heard) -> Option<&[Word]> {
    later_clauses(heard).find(|clause| cancels(heard, clause))
}

/// Whether what may cancel says no as well, courtesies aside: "no hace falta" is a no to a question that a no answers.
pub(super) fn is_also_a_no(heard: &Heard) -> bool {
    let courteous = |clause: &[Word]| heard.language.is(clause, [Cue::RepairBefore, Cue::RepairAfter]);
    between_marks(&heard.words).all(|clause| yes_no::is_no(heard.language, clause) || courteous(clause))
}

/// The clauses behind the first.
fn later_clauses(heard: &Heard) -> impl DoubleEndedIterator<Item = &[Word]> {
    between_marks(&heard.words[first_clause(&heard.words)..])
}

fn cancels(heard: &Heard, clause: &[Word]) -> bool {
    whole(heard.language, clause) == Some(Repair::Cancel)
}

/// "never mind, cancel": every part, cut at commas and full stops, says the same or nothing.
fn in_parts(language: &'static Language, words: &[Word]) -> Option<Repair> {
    /// Words of a clause that names what is cancelled.
    const NAMED: usize = 4;
    let mut found: Option<Repair> = None;
    for part in words.chunk_by(|_, next| !next.after_break && !next.is(Cue::And)) {
        let part = match part.split_first() {
            Some((first, rest)) if first.is(Cue::And) => rest,
            _ => part,
        };
        match whole(language, part) {
            Some(Repair::CancelAll) if found == Some(Repair::Cancel) => found = Some(Repair::CancelAll),
            Some(repair) if found.is_none_or(|held| held == repair) => found = Some(repair),
            Some(Repair::Cancel) if found == Some(Repair::CancelAll) => {}
            Some(Repair::StartOver) if found == Some(Repair::Cancel) => found = Some(Repair::StartOver),
            // "sorry, what?": an apology is no repair of its own beside another.
            Some(other) if found == Some(Repair::Repeat) => found = Some(other),
            Some(Repair::Repeat) => {}
            Some(_) => return None,
            // "never mind, cancel my order": the same, with its name.
            None if found == Some(Repair::Cancel) && part.len() <= NAMED && language.prefix(part, Cue::Cancel) > 0 => {}
            None if language.is(part, [Cue::RepairBefore, Cue::RepairAfter]) => {}
            None => return None,
        }
    }
    found
}

fn whole(language: &'static Language, words: &[Word]) -> Option<Repair> {
    if let Some(repair) = listed(language, words) {
        return Some(repair);
    }
    // Courtesies come off one at a time, so that a phrase that begins with one ("can you repeat that") is still found.
    let mut front = words;
    loop {
        let mut back = front;
        loop {
            let skip = language.suffix(back, Cue::RepairAfter);
            if skip == 0 || skip >= back.len() {
                break;
            }
            back = &back[..back.len() - skip];
            if let Some(repair) = listed(language, back) {
                return Some(repair);
            }
        }
        let skip = language.prefix(front, Cue::RepairBefore);
        if skip == 0 || skip >= front.len() {
            return None;
        }
        front = &front[skip..];
        if let Some(repair) = listed(language, front) {
            return Some(repair);
        }
    }
}

/// The cues of the repairs; where a phrase has several, the first counts.
const CUES: [(Cue, Repair); 7] = [
    (Cue::Cancel, Repair::Cancel),
    (Cue::CancelAll, Repair::CancelAll),
    (Cue::StartOver, Repair::StartOver),
    (Cue::Repeat, Repair::Repeat),
    (Cue::Skip, Repair::Skip),
    (Cue::Help, Repair::Help),
    (Cue::Person, Repair::Person),
];

fn listed(language: &'static Language, words: &[Word]) -> Option<Repair> {
    if !language.is(words, CUES.map(|(cue, _)| cue)) {
        return None;
    }
    CUES.into_iter().find(|(cue, _)| language.is(words, *cue)).map(|(_, repair)| repair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Repair>) {
        assert_eq!(recognize(&Heard::of(Language::english(), text)), expected, "{text}");
    }

    #[test]
    fn cancelling_is_understood_in_many_words() {
        for text in [
            "cancel",
            "never mind, cancel",
            "Please cancel that.",
            "forget it",
            "no, stop",
            "can we stop please",
            "I changed my mind",
            "oh never mind then",
            "I don't want to do this anymore",
            "nevermind",
            "sorry, cancel this please",
            "actually, forget it",
            "stop asking me",
        ] {
            check(text, Some(Repair::Cancel));
        }
        check("cancel everything", Some(Repair::CancelAll));
        check("never mind, cancel everything", Some(Repair::CancelAll));
    }

    #[test]
    fn the_other_repairs_are_understood() {
        check("let's start over", Some(Repair::StartOver));
        check("can we start again please?", Some(Repair::StartOver));
        check("what do you mean?", Some(Repair::Repeat));
        check("sorry, what?", Some(Repair::Repeat));
        check("could you repeat that please", Some(Repair::Repeat));
        check("I don't understand the question", Some(Repair::Repeat));
        check("skip this one please", Some(Repair::Skip));
        check("What can you do?", Some(Repair::Help));
        check("I'd like to speak to a person", Some(Repair::Person));
        check("can I talk to a human please", Some(Repair::Person));
    }

    #[test]
    fn what_belongs_to_the_game_is_left_to_it() {
        for text in [
            "cancel my subscription",
            "please don't cancel my reservation",
            "stop bleeding",
            "my chest",
            "7",
            "what plan am I on",
            "help with my invoice",
            "skip breakfast",
            "no",
            "yes",
            "I don't know",
            "start the car",
            "agent Smith",
            "actually 7",
            "sorry, actually 7",
            "no, my back",
        ] {
            check(text, None);
        }
    }
}
