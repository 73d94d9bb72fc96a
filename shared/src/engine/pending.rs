//! Reading an utterance as the answer to a question that is no slot's: a choice, which move was meant, a guess.

use std::collections::BTreeMap;

use super::agenda::Interruption;
use super::flow::Entry;
use super::hear::{Readings, Said, Whose};
use super::inquiry;
use super::mending::{Replaceable, Target};
use super::repairs::Repair;
use super::run::{Halt, Reading, Run, TOO_CLOSE};
use super::state::{Clarifies, Frame, Open};
use super::turn::is_certain;
use super::{MAX_UTTERANCE_CHARS, wording};
use crate::ir::Priority;
use crate::language::{Class, Cue};
use crate::matcher::Candidate;
use crate::slots::labels::{self, Wanted};
use crate::slots::yes_no::Denial;
use crate::slots::{self, Scan, Shown, Vocabulary, strings};
use crate::text::{Heard, Word};

/// Answers to a choice that choose nothing, after which it is let be.
const MAX_MISSED_CHOICES: u8 = 3;
/// What is longer, in words, answers the slot that choices are offered for, and not only names one of them.
const MAX_CHOICE_WORDS: usize = 4;
/// What is longer, in words, denies a guess and says something else.
const MAX_DENIAL_WORDS: usize = 3;
/// What a question scores at least to be taken for another move than the emergency that is asked about.
const LIKELY: f64 = 0.6;
/// Under which name missed choices are counted.
const CHOICE: &str = "?";

/// Whether a reading is an emergency that somebody has.
fn is_so(said: &&Said) -> bool {
    said.is_urgent() && matches!(said.whose, Whose::Speaker | Whose::Another)
}

/// "no, it's my mother", "it's not me, it's my husband": says who it is, does not deny that, and tells nothing else, as "my husband is
/// fine", "it's for my son", "I'm a guest", "everyone is all right" do.
fn says_who(phrase: &Heard) -> bool {
    let words = phrase.words.as_slice();
    let somebody =
        |word: &Word| !word.class.is(Class::PRONOUN) && !word.is(Cue::Speaker) && phrase.language.is_somebody(word);
    let Some(who) = words.iter().position(somebody) else { return false };
    let ends = words[who + 1..].iter().all(|word| word.class.is(Class::FILLER));
    // The clause of who it is begins at a mark or with its subject, which need not be set apart.
    let begins = |word: &Word| word.after_break || word.class.is(Class::PRONOUN) && !word.class.is(Class::DETERMINER);
    let clause = words[..=who].iter().rposition(begins).unwrap_or(0);
    // "no es mi madre" denies, "no its my mother" answers.
    let answers =
        |at: usize| at == 0 && words[0].is(Cue::No) && (words[1].after_break || !words[1].class.is(Class::AUXILIARY));
    let other = |word: &Word| {
        let leads = word.class.is(Class::LEADS.and(Class::FOR)) && !word.class.is(Class::DETERMINER);
        leads || word.class.is(Class::NEGATOR) || word.is(Cue::Speaker)
    };
    ends && !(clause..who).any(|at| other(&words[at]) && !answers(at))
        && words.iter().all(|word| word.class != Class::CONTENT || somebody(word))
}

impl Run<'_> {
    /// `offer choices` and `clarify`.
    pub(super) fn answer_choice(
        &mut self,
        options: &[String],
        clarifies: Option<Clarifies>,
        utterance: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<(), Halt> {
        let phrase = self.heard();
        let for_slot =
            clarifies.as_ref().filter(|clarifies| clarifies.position.is_empty()).map(|held| held.name.clone());
        // A client says the value of a choice where the choice has one.
        let pressed = |option: &String| values.get(option).is_some_and(|value| value.trim() == self.text.trim());
        let pressed = options.iter().position(pressed);
        if let Some(choice) = pressed.and_then(|index| options.get(index)).filter(|_| clarifies.is_none()) {
            self.tell.reading = Reading::Choice;
            let said = values.get(choice).unwrap_or(choice).clone();
            return self.take_up_choice(&said, utterance);
        }
        let chosen = || slots::choose(options, self.vocabulary(), &phrase, Shown::Numbered).map(|chosen| chosen.index);
        let chosen = pressed.or_else(chosen);
        if let Some(name) = for_slot.filter(|_| chosen.is_none() || phrase.len() > MAX_CHOICE_WORDS) {
            self.open(Open::Slot { name: name.clone() });
            return self.answer_slot(&name);
        }
        if !slots::is_exact_option(options, self.vocabulary(), &phrase) && self.mend_if_asked(Target::Question)? {
            return Ok(());
        }
        self.tell.reading = Reading::Choice;
        if chosen.is_none() || phrase.len() > 4 {
            // A whole sentence that another move understands is that move's, even if a word of it names an option.
            if let Some(other) = self
                .interruption()
                .filter(|other| (chosen.is_none() || is_certain(other)) && !strings::is_noise(&phrase))
            {
                return self.digress(&other);
            }
        }
        match (chosen.and_then(|index| options.get(index)), clarifies) {
            (Some(choice), Some(clarifies)) => {
                self.answered_by_frame();
                self.keep_choice(&clarifies.name, values.get(choice).unwrap_or(choice));
                match clarifies.position.as_slice() {
                    [] => self.advance(Entry::UnderWay),
                    position => self.advance(Entry::Answered(position)),
                }
            }
            (Some(choice), None) => self.take_up_choice(values.get(choice).unwrap_or(choice), utterance),
            (None, _) => {
                self.answered_by_frame();
                self.missed_choice()
            }
        }
    }

    pub(super) fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary { own: &[], shared: &self.input.header.vocabulary, ..Vocabulary::default() }
    }

    fn keep_choice(&mut self, name: &str, choice: &str) {
        let value = serde_json::json!(choice);
        self.state.remember_value(name, value.clone());
        let Some(mv) = self.active_move() else { return };
        if let Some(slot) = mv.slots.iter().find(|slot| slot.name == name) {
            let reference = self.reference;
            if let slots::Answer::Value { found, .. } = slots::read_value(slot, choice, &reference) {
                self.fill(slot, &found, slots::Source::Choice);
                return;
            }
        }
        if let Some(frame) = &mut self.state.active {
            frame.captures.insert(name.to_owned(), value);
        }
    }

    /// A chosen option is read as if it had been said: alone, then together with what led to it.
    fn take_up_choice(&mut self, choice: &str, utterance: &str) -> Result<(), Halt> {
        let together: String = format!("{utterance} {choice}").chars().take(MAX_UTTERANCE_CHARS).collect();
        let own = self.state.active.as_ref().map(|frame| frame.move_id.clone()).unwrap_or_default();
        // The move that offered is not entered again, unless it offered because it was not sure of itself.
        let unsure = !self.is_confident();
        for text in [choice.to_owned(), together] {
            let candidates = self.matches_of(&text);
            let found: Option<Candidate> = candidates.into_iter().find(|candidate| {
                let enough = candidate.score >= self.threshold_for(candidate);
                enough && (unsure || self.name_of(candidate) != own)
            });
            if let Some(candidate) = found {
                return self.enter(&candidate, &text, true);
            }
        }
        self.answer_as(&own, self.state.active.as_ref().map_or(0.0, |frame| frame.score));
        self.state.remember_value("choice", serde_json::json!(choice));
        self.say(&wording::noted(choice));
        self.end()
    }

    fn missed_choice(&mut self) -> Result<(), Halt> {
        let missed = self.state.active.as_mut().map_or(0, |frame| frame.fail(CHOICE));
        if missed >= MAX_MISSED_CHOICES {
            self.say(wording::GAVE_UP);
            return self.end();
        }
        self.say_unless_replaced(Replaceable::Unclear)?;
        self.ask_again(false)
    }

    fn answered_by_frame(&mut self) {
        if let Some(frame) = &self.state.active {
            let (name, score) = (frame.move_id.clone(), frame.score);
            self.answer_as(&name, score);
        }
    }

    /// Which of two moves was meant.
    pub(super) fn answer_which(&mut self, options: &[(String, String)], utterance: &str) -> Result<(), Halt> {
        let labels: Vec<String> = options.iter().map(|(label, _)| label.clone()).collect();
        let phrase = self.heard();
        let chosen = slots::choose(&labels, self.vocabulary(), &phrase, Shown::Numbered);
        if self.mend_if_asked(Target::Question)? {
            return Ok(());
        }
        self.tell.reading = Reading::Choice;
        if let Some((_, name)) = chosen.and_then(|chosen| options.get(chosen.index)) {
            let name = name.clone();
            return self.enter_certain(&name, utterance);
        }
        if let Some(candidate) = self.told_apart(options, utterance) {
            let together = self.together(utterance);
            return self.enter(&candidate, &together, true);
        }
        let declined = strings::is_decline(&phrase);
        if declined || self.candidates().is_empty() {
            if declined {
                self.state.active = None;
                self.no_match()?;
                return self.end();
            }
            self.answered_by_frame();
            return self.missed_choice();
        }
        self.state.active = None;
        self.read_afresh()
    }

    /// The first utterance with what was said now.
    fn together(&self, utterance: &str) -> String {
        format!("{utterance} {}", self.text).chars().take(MAX_UTTERANCE_CHARS).collect()
    }

    /// "order paint" – "blue": the one of the options that both utterances together mean more plainly than the others.
    fn told_apart(&self, options: &[(String, String)], utterance: &str) -> Option<Candidate> {
        let found: Vec<Candidate> = self
            .matches_of(&self.together(utterance))
            .into_iter()
            .filter(|candidate| options.iter().any(|(_, name)| *name == self.name_of(candidate)))
            .collect();
        match found.as_slice() {
            [only] => Some(only.clone()),
            [best, next, ..] if best.score - next.score > TOO_CLOSE => Some(best.clone()),
            _ => None,
        }
    }

    /// Whether the best guess was right.
    pub(super) fn answer_guess(&mut self, utterance: &str) -> Result<(), Halt> {
        if self.mend_if_asked(Target::Question)? {
            return Ok(());
        }
        let name = self.state.active.as_ref().map(|frame| frame.move_id.clone()).unwrap_or_default();
        match slots::yes_no::read(&self.text, &self.reference) {
            Some(true) => self.confirm_guess(&name, utterance),
            Some(false) if self.heard().len() <= MAX_DENIAL_WORDS => self.deny_guess(name),
            _ => {
                if self.says_more_for(&name) {
                    self.tell.reading = Reading::Confirmation;
                    return self.enter_certain(&name, &self.together(utterance));
                }
                self.state.active = None;
                self.read_afresh()
            }
        }
    }

    /// Whether the emergency that was asked about is one. The question stays open until it is denied: who says anything else
    /// (who it is, "hurry", "what do I do") has no time for a yes.
    pub(super) fn answer_urgent_guess(&mut self, utterance: &str) -> Result<(), Halt> {
        let phrase = self.heard();
        let name = self.state.active.as_ref().map(|frame| frame.move_id.clone()).unwrap_or_default();
        match self.repair_asked_for() {
            // Who calls for help is not asking what can be done here, and who can't get out does not want to leave.
            None | Some(Repair::Help | Repair::Skip) => {}
            Some(_) if phrase.tokens.classes().is(Class::NEGATOR) && self.is_word_of(&name, &phrase) => {}
            Some(repair) => {
                self.tell.reading = Reading::Repair;
                return self.mend(repair, Target::Question);
            }
        }
        let mut heard = self.hear();
        if heard.moves.iter().any(|said| is_so(&said)) {
            let others: Vec<Said> =
                heard.moves.iter().filter(is_so).filter(|said| said.name != name).cloned().collect();
            let frames = self.frames(&heard, &others).into_iter().map(|(frame, _)| frame);
            self.agenda.moves = frames.collect();
            return self.confirm_guess(&name, utterance);
        }
        let others: Vec<Said> = heard
            .moves
            .iter()
            .filter(|said| !said.is_urgent() && !said.candidate.stage.is_near() && !strings::is_noise(&phrase))
            .cloned()
            .collect();
        let others = if others.is_empty() { self.asks_of_others(&heard) } else { others };
        let yes = slots::yes_no::read(&self.text, &self.reference) == Some(true);
        let was_said = self.was_said(&name, utterance);
        match slots::yes_no::denial(&phrase) {
            Denial::Whole => self.deny_guess(name),
            Denial::Opens(rest) => {
                let rest = self.text.get(rest..).unwrap_or_default().to_owned();
                match self.behind_a_no(&name, &rest, !others.is_empty()) {
                    Denial::Whole => self.deny_guess(name),
                    Denial::Opens(_) => self.deny_and_go_on(name, rest),
                    Denial::Unclear | Denial::None => self.confirm_unless_denied(&name, utterance, says_who(&phrase)),
                }
            }
            // What only came near is not insisted on where another thing is plainly meant.
            _ if !others.is_empty() && !was_said => {
                let said = self.text.clone();
                self.deny_and_go_on(name, said)
            }
            _ if !others.is_empty() => {
                let collects =
                    |said: &Said| self.move_at(said.candidate.move_index).is_some_and(|mv| !mv.slots.is_empty());
                if others.iter().any(collects) {
                    heard.moves = others;
                    self.line_up(&heard, &[], None);
                    self.answered_by_frame();
                    return self.ask_again(false);
                }
                self.suspend(Interruption::Urgent);
                self.take_up(&heard, &others)
            }
            Denial::None => self.confirm_unless_denied(&name, utterance, was_said || yes),
            Denial::Unclear => self.confirm_unless_denied(&name, utterance, says_who(&phrase)),
        }
    }

    /// What does not deny an emergency plainly confirms it, at once where it tells enough (who it is that it befalls), else when it is
    /// said to the question asked once more.
    fn confirm_unless_denied(&mut self, name: &str, utterance: &str, tells: bool) -> Result<(), Halt> {
        if tells || self.missed_again() {
            return self.confirm_guess(name, utterance);
        }
        self.answered_by_frame();
        self.ask_again(false)
    }

    /// What comes of a "no" to something urgent that goes on with `rest`. It is a plain one where that says the same ("no, it
    /// isn't"), that nothing is wrong or less than that ("no, just a cough"), means something else, or answers what was asked
    /// before. "No, he is blue", "no, it's a man" deny something, but perhaps not that.
    fn behind_a_no(&mut self, name: &str, rest: &str, means_another: bool) -> Denial {
        let heard = Heard::of(self.language(), rest);
        match slots::yes_no::denial(&heard) {
            Denial::Whole => return Denial::Whole,
            Denial::Opens(at) => return self.behind_a_no(name, rest.get(at..).unwrap_or_default(), means_another),
            Denial::Unclear | Denial::None => {}
        }
        let well = heard.words.last().is_some_and(Word::is_over);
        let denies = heard.tokens.classes().is(Class::NEGATOR.and(Class::NOTHING));
        let lessens = heard.begins_with(Cue::ListOnly) > 0;
        if means_another || well && !denies || lessens {
            return Denial::Opens(0);
        }
        if self.is_word_of(name, &heard) || denies || !self.answers_what_waits(rest) {
            return Denial::Unclear;
        }
        Denial::Opens(0)
    }

    /// Whether a text answers the question that something urgent has interrupted.
    fn answers_what_waits(&self, text: &str) -> bool {
        let Some(frame) = self.state.suspended.last() else { return false };
        let Some(Open::Slot { name }) = &frame.open else { return frame.open.is_some() };
        let Some(mv) = self.move_named(&frame.move_id) else { return false };
        let Some(slot) = mv.slots.iter().find(|slot| slot.name == *name) else { return false };
        let scan = Scan::of(text, [slot], &self.reference).knowing(&self.input.header.vocabulary);
        let says = matches!(slots::read_answer(slot, &scan), slots::Answer::Value { .. });
        says && (!slots::is_text(slot)
            || self.question(&mv, slot).wanted() != Wanted::Words && !labels::says_something_of(text, &scan.heard))
    }

    /// Whether a text has a telling word of a move's patterns.
    fn is_word_of(&self, name: &str, heard: &Heard) -> bool {
        heard.words.iter().any(|word| word.class == Class::CONTENT && self.are_words_of(name, std::iter::once(word)))
    }

    /// Whether all of these words stand in a move's patterns.
    pub(super) fn are_words_of<'w>(&self, name: &str, mut words: impl Iterator<Item = &'w Word>) -> bool {
        let Some(mv) = self.move_named(name) else { return false };
        let own = self.patterns(&mv);
        words.all(|word| own.iter().any(|pattern| pattern.holds(word)))
    }

    /// "are you open now?": a question about something else that is likely another move.
    fn asks_of_others(&mut self, heard: &Readings) -> Vec<Said> {
        let likely =
            |found: &&Candidate| found.priority == Priority::Normal && !found.stage.is_near() && found.score >= LIKELY;
        let candidates = self.candidates();
        let found = candidates.first().filter(likely).filter(|_| inquiry::is_of_others(&self.text, &self.heard()));
        found.map(|found| heard.whole(found, self.name_of(found))).into_iter().collect()
    }

    /// Whether an utterance says that a move is meant, of whomever, and is not only near to it or supposes it.
    fn was_said(&mut self, name: &str, utterance: &str) -> bool {
        let now = self.read_instead(utterance.to_owned());
        let said = self.hear().moves.iter().any(|said| said.name == name && is_so(&said));
        self.read_instead(now);
        said
    }

    /// Whether a question was missed before.
    fn missed_again(&mut self) -> bool {
        self.state.active.as_mut().is_some_and(|frame| frame.fail(CHOICE) > 1)
    }

    fn confirm_guess(&mut self, name: &str, utterance: &str) -> Result<(), Halt> {
        self.tell.reading = Reading::Confirmation;
        // What was kept as an answer was something else.
        if let Some(frame) = self.state.suspended.last_mut().filter(|frame| frame.heard == utterance) {
            frame.heard.clear();
        }
        self.enter_certain(name, utterance)
    }

    fn deny_guess(&mut self, name: String) -> Result<(), Halt> {
        self.tell.reading = Reading::Confirmation;
        self.agenda.ruled_out = Some(name);
        self.matches = None;
        self.state.active = None;
        if self.state.suspended.is_empty() && self.state.waiting.is_empty() {
            self.no_match()?;
        } else {
            self.say(wording::NOT_THAT);
        }
        self.end()
    }

    /// "no, by card": what follows is read against what was interrupted, or afresh.
    fn deny_and_go_on(&mut self, name: String, rest: String) -> Result<(), Halt> {
        self.tell.reading = Reading::Confirmation;
        self.agenda.ruled_out = Some(name);
        self.state.active = None;
        if let Some(frame) = self.state.suspended.last_mut() {
            frame.heard = rest;
            self.matches = None;
            return self.end();
        }
        self.read_instead(rest);
        self.read_utterance()
    }

    /// "Is this about …?" – "medium": a value for the move that is asked about, where no other is meant, says that it is.
    fn says_more_for(&mut self, name: &str) -> bool {
        let candidates = self.candidates();
        let other =
            candidates.iter().any(|other| other.score >= self.threshold_for(other) && self.name_of(other) != name);
        let Some(mv) = self.move_named(name).filter(|_| !other) else { return false };
        !strings::is_question(&self.text, &self.heard()) && !self.slots_said(&mv).is_empty()
    }

    /// Enters a move that the person chose or confirmed, with what the original utterance says for it.
    pub(super) fn enter_certain(&mut self, name: &str, utterance: &str) -> Result<(), Halt> {
        if let Some(mut candidate) = self.match_of(utterance, name) {
            candidate.score = candidate.score.max(self.threshold_for(&candidate));
            return self.enter(&candidate, utterance, true);
        }
        let Some(mv) = self.move_named(name) else { return self.read_afresh() };
        let score = self.threshold_of(&mv.threshold);
        let mut frame = Frame::new(name, score);
        frame.certain = true;
        self.answer_as(name, score);
        self.activate(frame);
        self.fill_from_text(&mv, utterance);
        self.advance(Entry::Fresh)
    }
}
