//! What is said of one's own accord that a question of yes or no asks about: "we haven't got a contract", "she's potty trained",
//! "ya no está en garantía", "yes please to the packing".

use std::ops::Range;

use serde_json::json;

use super::fill::Stated;
use super::hear::Span;
use super::run::Run;
use crate::ir::{Move, Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::slots::{self, Found, Scan, effective_type, strings};
use crate::text::Word;

/// What a verb says of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// It is wanted: "we need a guide".
    Wishes,
    /// It is so: "we have a guide".
    States,
}

impl Run<'_> {
    /// The yes and no that the utterance states for open slots, by what they are called; outside the spans in `taken`.
    pub(super) fn said_to_be_so(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Vec<Stated> {
        let free = |span: Span| taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
        let yes_no = open.iter().filter(|slot| *effective_type(slot) == SlotType::Boolean);
        yes_no
            .filter_map(|slot| {
                let (answer, span) = self.stated_of(mv, slot, scan).filter(|(_, span)| free(*span))?;
                let text = scan.text.get(span.0..span.1)?;
                Some(Stated { slot: slot.name.clone(), found: Found::new(span, text, json!(answer)) })
            })
            .collect()
    }

    /// "all his shots are done" where "Is he up to date on all shots?" is open: what a clause says in the words of the question, for the
    /// only slot of which one does; outside the spans in `taken`.
    pub(super) fn said_in_words_of_a_question(
        &self,
        mv: &Move,
        open: &[&Slot],
        scan: &Scan<'_>,
        taken: &[Span],
    ) -> Option<Stated> {
        let free = |span: Span| taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
        let words = scan.heard.words.as_slice();
        let parts =
            |at: &usize| *at == 0 || words[*at].after_break || words[*at - 1].class.is(Class::AND.and(Class::BUT));
        let openings: Vec<usize> = (0..words.len()).filter(parts).collect();
        let openings = openings.as_slice();
        let yes_no = open.iter().copied().filter(|slot| *effective_type(slot) == SlotType::Boolean);
        let mut said = yes_no.flat_map(|slot| {
            openings.iter().enumerate().filter_map(move |(nth, from)| {
                let until = openings.get(nth + 1).map_or(words.len(), |next| *next);
                let answer = self.answers_a_question(mv, slot, scan, *from..until)?;
                let span = (words[*from].start, words[until - 1].end);
                let text = scan.text.get(span.0..span.1).filter(|_| free(span))?;
                Some(Stated { slot: slot.name.clone(), found: Found::new(span, text, json!(answer)) })
            })
        });
        said.next().filter(|_| said.next().is_none())
    }

    /// What a clause says to a slot's question, of which it holds two words, one of them a noun that nothing else of the move speaks of.
    fn answers_a_question(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, clause: Range<usize>) -> Option<bool> {
        const SHARED: usize = 2;
        let language = self.language();
        let words = scan.heard.words.get(clause.clone())?;
        let question = self.question(mv, slot);
        let grammar = Class::DETERMINER.and(Class::PRONOUN).and(Class::AUXILIARY).and(Class::NEGATOR).and(Class::LEADS);
        let shared = |word: &&Word| !word.class.is(grammar.and(Class::OF)) && question.heard.holds(word);
        let of_others = |word: &Word| {
            self.patterns(mv).iter().any(|pattern| pattern.holds(word))
                || mv.slots.iter().any(|other| {
                    let other = (other.name != slot.name).then(|| self.question(mv, other));
                    other.is_some_and(|other| other.heard.holds(word) || other.name.holds(word))
                })
        };
        let own = |word: &Word| word.class == Class::CONTENT && !of_others(word);
        if words.iter().filter(shared).count() < SHARED || !words.iter().filter(shared).any(own) {
            return None;
        }
        let asks = words.iter().any(|word| word.class.is(Class::QUESTION))
            || clause.end == scan.heard.len() && scan.heard.tokens.ends_asking();
        let supposed = (0..words.len()).any(|at| language.prefix(&words[at..], Cue::Supposes) > 0);
        let wished = words.iter().any(|word| wishes(language, word));
        let said = scan.text.get(words.first()?.start..words.last()?.end)?;
        let another_time = slots::yes_no::is_of_another_time(&self.heard_in(said), &question.heard);
        if asks || supposed || another_time || wished && !question.heard.words.iter().any(|word| wishes(language, word))
        {
            return None;
        }
        Some(!words.iter().any(|word| word.class.is(Class::NEGATOR) && !word.class.is(Class::LIFTS)))
    }

    /// What a clause says of what the slot is called, and where.
    fn stated_of(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>) -> Option<(bool, Span)> {
        let words = scan.heard.words.as_slice();
        let (first, end) = slots::yes_no::named(slots::spoken_name(slot), &scan.heard)?;
        let parts = |at: usize| at == 0 || words[at].after_break || words[at - 1].class.is(Class::AND.and(Class::BUT));
        let opening = (0..=first).rev().find(|at| parts(*at)).unwrap_or(0);
        let until = (end..words.len()).find(|at| parts(*at)).unwrap_or(words.len());
        let before = &words[opening..first];
        let said = scan.text.get(words[opening].start..words[until - 1].end)?;
        let question = self.question(mv, slot);
        // "a contract question": it only describes what follows; "a contract with Elmbank Gas" is another's.
        let describes = words.get(end).is_some_and(|next| !next.after_break && next.class == Class::CONTENT);
        let of_another =
            words[end..until].iter().any(|word| word.class == Class::CONTENT && word.is_capital(scan.text));
        let clause = self.heard_in(said);
        let asks = strings::is_question(said, &clause) || until == words.len() && scan.heard.tokens.ends_asking();
        if describes || of_another || asks || slots::yes_no::is_of_another_time(&clause, &question.heard) {
            return None;
        }
        let span = (words[first].start, words[end - 1].end);
        let denies = |word: &Word| word.class.is(Class::NEGATOR) && !word.class.is(Class::LIFTS);
        // "no we have one"
        let answers = |pair: &[Word]| pair[0].class.is(Class::BARE_NO) && pair[1].is_subject();
        let from = usize::from(before.get(..2).is_some_and(answers));
        let denied = before[from..].iter().chain(&words[first..end]).any(denies);
        // "yes please to the packing"
        let light = Class::FUNCTION.and(Class::FILLER);
        if let [answer, rest @ ..] = before
            && answer.is([Cue::Yes, Cue::No])
            && answer.is(Cue::AnswerAlone)
            && rest.iter().all(|word| word.class.is(light) && !word.class.is(Class::AUXILIARY.and(Class::SUBJECT)))
        {
            return Some((answer.is(Cue::Yes), span));
        }
        // "(we're not) on a contract": what stands between a verb and what it says.
        let between = Class::DETERMINER.and(Class::LEADS).and(Class::ADJUNCT).and(Class::NEGATOR).and(Class::FILLER);
        let verbal = Class::AUXILIARY.and(Class::LIGHT).and(Class::HOLDS).and(Class::SUBJECT);
        let passes = |word: &&&Word| word.class.is(between) && !word.class.is(verbal) || word.class.is(Class::ONGOING);
        let passed = before.iter().rev().take_while(|word| passes(&word)).count();
        let (told, _) = before.split_at(before.len() - passed);
        // `can_swim`: "can swim, and …"
        let noun = words[first].is_subject() || before.last().is_some_and(|word| word.class.is(Class::DETERMINER));
        let own = words[first].class.is(verbal) && !noun && end > first + 1;
        let verb = if own { &words[first] } else { told.last()? };
        let wishes = |word: &Word| wishes(self.language(), word);
        // "Does it have to be heated?": what is needed and what is so come to the same.
        let obliges =
            |pair: &[Word]| pair[0].class.is(Class::HOLDS) && (pair[1].is(Cue::Into) || pair[1].class.is(Class::THAT));
        let either = question.heard.words.windows(2).any(obliges);
        let asked = if question.heard.words.iter().any(wishes) { Verb::Wishes } else { Verb::States };
        let said = if wishes(verb) {
            Verb::Wishes
        } else if own || verb.class.is(Class::AUXILIARY.and(Class::HOLDS)) || verb.is_subject() {
            Verb::States
        } else {
            return None;
        };
        // "if I had a contract", "he is the landlord" to "Are you the landlord?"
        let supposed = (0..told.len()).any(|at| scan.language().prefix(&told[at..], Cue::Supposes) > 0);
        let addressed = question.heard.words.iter().any(|word| word.class.is(Class::ADDRESSED));
        let another = told.iter().any(|word| word.class.is(Class::KIN) && word.class.is(Class::SUBJECT));
        if said != asked && !either || supposed || addressed && another {
            return None;
        }
        Some((!denied, span))
    }
}

/// "want", "needs"
fn wishes(language: &'static Language, word: &Word) -> bool {
    word.is(Cue::AsksWish) || language.cues(word.stem(language).hash()).has(Cue::AsksWish)
}
