//! What is said beside a yes or a no and nothing takes up: it is told, or asked about where something is done behind it.

use super::super::flow::prompt_block;
use super::super::run::Run;
use super::super::wording;
use crate::ir::{Action, Move, Slot, Statement, TemplatePart};
use crate::language::{Class, Cue, CueSet};
use crate::slots::{Scan, is_yes_no, labels};
use crate::text::{Heard, Word, readable};

/// Words that an answer opens with and that say nothing beside it.
const AROUND: CueSet = CueSet::NONE
    .with(Cue::AnswerBefore)
    .with(Cue::AnswerAfter)
    .with(Cue::Noise)
    .with(Cue::NoiseBefore)
    .with(Cue::Hesitation)
    .with(Cue::Pause)
    .with(Cue::Courtesy);

impl Run<'_> {
    /// "yes, and a coke" where nothing took the coke up: it is told, if something is done behind the answer. What was read back is
    /// not right yet, and is asked about again; whether it is.
    pub(super) fn tell_what_is_unheard(&mut self, mv: &Move, slot: &Slot, scan: &Scan<'_>, yes: bool) -> bool {
        let Some(said) = self.unheard_beside(mv, slot, scan, yes) else { return false };
        let asked_again = self.reads_values_back(slot);
        // A reason stands behind a no, but for what is to be instead: "no, Anna", "no, bring it to 41 Castle Street".
        let instead = || {
            let heard = Heard::of(self.language(), &said);
            labels::is_nominal(&said, &heard.words) || self.takes_up_what_was_read(&heard)
        };
        if !(yes || asked_again && instead()) {
            return false;
        }
        if !asked_again && self.need(mv).is_some() {
            return false;
        }
        let words = wording::not_understood(&said).in_words(self.language());
        self.agenda.refusals.push(words);
        asked_again
    }

    /// Whether figures are said, or a slot of what is under way is named.
    fn takes_up_what_was_read(&self, heard: &Heard) -> bool {
        let callers = self.state.active.iter().flat_map(|frame| frame.with_callers());
        let moves: Vec<_> = callers.filter_map(|frame| self.move_named(&frame.move_id)).collect();
        let names_a_slot =
            |word: &Word| moves.iter().any(|mv| mv.slots.iter().any(|slot| self.question(mv, slot).name.holds(word)));
        heard.words.iter().any(|word| word.has_digit() || word.class == Class::CONTENT && names_a_slot(word))
    }

    /// What stands behind a yes or a no and neither the question, what was said last, nor the move explains.
    pub(super) fn unheard_beside(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, yes: bool) -> Option<String> {
        let (language, words) = (self.language(), scan.heard.words.as_slice());
        let answer = if yes { Cue::Yes } else { Cue::No };
        let mut at = 0;
        while let skip @ 1.. = language.prefix(&words[at..], AROUND.with(answer)) {
            at += skip;
        }
        let rest = words.get(at..)?;
        let last = Heard::of(language, &self.state.said);
        let question = self.question(mv, slot);
        // "order it", "and send it" say what is done; "and a frame", "another frame" are something else.
        let joins = |word: &Word| word.class.is(Class::AND.and(Class::BUT));
        let counts = |word: &Word| word.class.is(Class::NUMBER) || word.has_digit() || word.is(Cue::ArticleIndefinite);
        let names = rest.iter().any(|word| word.is(Cue::ListAdd))
            || words[..at].last().is_some_and(joins) && rest.iter().any(counts);
        let callers = self.state.active.iter().flat_map(|frame| frame.with_callers());
        let moves: Vec<_> = callers.filter_map(|frame| self.move_named(&frame.move_id)).collect();
        let of_the_move = |word: &Word| {
            let called = |mv: &Move| Heard::of(language, &readable(&mv.name)).holds(word);
            moves.iter().any(|mv| called(mv) || self.patterns(mv).iter().any(|pattern| pattern.holds(word)))
        };
        let unheard = |word: &&Word| {
            (word.tells() || word.has_digit())
                && !last.holds(word)
                && !question.heard.holds(word)
                && !question.name.holds(word)
                && (names || !of_the_move(word))
        };
        rest.iter().find(unheard)?;
        // All of its clause: "but I'm allergic to nuts".
        let opens = language.prefix(words, AROUND.with(answer)).max(1);
        let from = (opens..=at).rev().find(|from| *from == opens || words[*from].after_break)?;
        let from = words.get(from)?;
        let said = scan.text.get(from.start..words.last()?.end)?;
        Some(said.to_owned())
    }

    /// Whether a slot's question of yes or no shows values: it reads back what is to be done.
    pub(super) fn reads_values_back(&self, slot: &Slot) -> bool {
        if !is_yes_no(self.language(), slot) {
            return false;
        }
        let Some(mv) = self.began.as_ref().and_then(|began| self.move_named(&began.move_id)) else { return false };
        let shows = |statement: &Statement| match statement {
            Statement::Action(Action::PromptSlot(template) | Action::Respond(template)) => {
                let parts = template.variants().iter().flat_map(|text| &text.parts);
                parts.into_iter().any(|part| !matches!(part, TemplatePart::Text(_)))
            }
            _ => false,
        };
        prompt_block(&mv, &slot.name)
            .is_some_and(|(_, block)| block.branches.iter().flat_map(|branch| &branch.body).any(shows))
    }
}
