//! Negotiation: asking until the score is enough or a value is there, and knowing when to stop.

use std::sync::Arc;

use super::flow::{Entry, any_part, is_given_up_alone, subject_of, until_at};
use super::mending::Target;
use super::run::{Halt, Reading, Run, WORTH_ASKING, rounded};
use super::state::{Frame, Open, Talks};
use super::turn::is_certain;
use super::{MAX_UTTERANCE_CHARS, Negotiation, NegotiationRound, wording};
use crate::ir::{Condition, Move, Priority};
use crate::matcher::Candidate;
use crate::slots::{self, Answer, Source, strings};
use crate::text::Heard;

/// Rounds in a row without a gain after which a negotiation has stagnated.
const IDLE_ROUNDS: usize = 2;

impl Run<'_> {
    /// What has been said in the negotiation so far.
    pub(super) fn negotiated_utterance(&self) -> String {
        self.running.negotiated.clone().unwrap_or_else(|| self.text.clone())
    }

    /// Shows the negotiation in the turn's record.
    pub(super) fn show_negotiation(&mut self, rounds: &[NegotiationRound], reason: &str) {
        let confidence = rounds
            .last()
            .map(|round| round.after)
            .or_else(|| self.state.active.as_ref().map(|frame| frame.score))
            .unwrap_or(0.0);
        self.tell.negotiation = Some(Negotiation {
            enabled: true,
            rounds: rounds.to_vec(),
            final_confidence: confidence,
            reason: reason.to_owned(),
        });
    }

    /// Reads the utterance as an answer in a negotiation.
    pub(super) fn answer_negotiation(&mut self, talks: Talks) -> Result<(), Halt> {
        if self.mend_if_asked(Target::Question)? {
            return Ok(());
        }
        self.tell.reading = Reading::Negotiation;
        match talks.position.clone() {
            Some(position) => self.answer_until(talks, &position),
            None => self.answer_until_confident(talks),
        }
    }

    fn answer_until_confident(&mut self, talks: Talks) -> Result<(), Halt> {
        if let Some(answer) = self.plain_yes_or_no(&talks.question) {
            return self.settle_by_yes_or_no(talks, answer);
        }
        let together: String = format!("{} {}", talks.utterance, self.text).chars().take(MAX_UTTERANCE_CHARS).collect();
        let alone = self.candidates();
        let joined = self.matches_of(&together);
        let enough = |run: &Self, candidate: &&Candidate| candidate.score >= run.threshold_for(candidate);
        let before = self.state.active.as_ref().map_or(0.0, |frame| frame.score);
        let by_itself = alone.iter().find(|candidate| enough(self, candidate));
        let with_original = joined.iter().find(|candidate| enough(self, candidate));
        let settled = match (by_itself, with_original) {
            (Some(alone), Some(joined)) if joined.score > alone.score => Some((joined.clone(), together.clone())),
            (Some(alone), _) => Some((alone.clone(), self.text.clone())),
            (None, Some(joined)) => Some((joined.clone(), together.clone())),
            (None, None) => None,
        };
        let after = settled
            .as_ref()
            .map(|(candidate, _)| candidate.score)
            .into_iter()
            .chain(joined.first().map(|best| best.score))
            .chain(alone.first().map(|best| best.score))
            .fold(before, f64::max);
        let mut rounds = talks.rounds;
        rounds.push(self.round(&rounds, &talks.question, before, after));
        if let Some((candidate, text)) = settled {
            self.show_negotiation(&rounds, "confident");
            return self.enter(&candidate, &text, false);
        }
        if let Some(best) =
            joined.first().into_iter().chain(alone.first()).find(|best| best.score == after && after > before)
        {
            let name = self.name_of(best);
            self.activate(Frame::new(&name, best.score));
        }
        let (name, score) =
            self.state.active.as_ref().map(|frame| (frame.move_id.clone(), frame.score)).unwrap_or_default();
        self.answer_as(&name, score);
        if let Some(reason) = self.is_over(&rounds) {
            self.show_negotiation(&rounds, reason);
            return self.conclude(&name, score, together);
        }
        self.say(wording::STILL_UNCLEAR);
        self.running.rounds = rounds;
        self.running.negotiated = Some(together);
        let mut frame = Frame::new(&name, score);
        if let Some(held) = &mut self.state.active {
            frame.captures = std::mem::take(&mut held.captures);
        }
        let question = talks.question;
        self.activate(frame);
        self.advance(Entry::Fresh)?;
        // The move that is now the best guess may have no question of its own: the one before serves.
        if self.state.active.is_none() && self.tell.escalated_to.is_none() {
            let mut frame = Frame::new(&name, score);
            frame.open = None;
            self.activate(frame);
            self.say(&question);
            self.begin_negotiation(question, None);
        }
        Ok(())
    }

    /// "Are you having chest pain?" – "yes": the question is answered as it was put.
    fn plain_yes_or_no(&self, question: &str) -> Option<bool> {
        if !strings::asks_yes_or_no(question, &Heard::of(self.language(), question)) {
            return None;
        }
        slots::yes_no::plain(&self.heard())
    }

    fn settle_by_yes_or_no(&mut self, talks: Talks, answer: bool) -> Result<(), Halt> {
        let (name, before) =
            self.state.active.as_ref().map(|frame| (frame.move_id.clone(), frame.score)).unwrap_or_default();
        let threshold = self.active_move().map_or(before, |mv| self.threshold_of(&mv.threshold));
        let after = if answer { before.max(threshold) } else { 0.0 };
        let mut rounds = talks.rounds;
        rounds.push(self.round(&rounds, &talks.question, before, after));
        self.show_negotiation(&rounds, if answer { "confident" } else { "abandoned" });
        if answer {
            return self.enter_certain(&name, &talks.utterance);
        }
        self.answer_as(&name, before);
        self.say(wording::NOT_THAT);
        if let Some(abilities) = self.abilities() {
            self.say(&abilities);
        }
        self.end()
    }

    /// Out of rounds, or out of progress.
    fn is_over(&self, rounds: &[NegotiationRound]) -> Option<&'static str> {
        let settings = &self.input.turn.settings;
        let idle = rounds.iter().rev().take_while(|round| round.delta < settings.negotiation_epsilon).count();
        if idle >= IDLE_ROUNDS {
            Some("stagnated")
        } else if rounds.len() >= settings.negotiation_max_rounds as usize {
            Some("exhausted")
        } else {
            None
        }
    }

    /// The end of a negotiation that did not get there: the best guess is confirmed, or a person takes over.
    fn conclude(&mut self, name: &str, score: f64, utterance: String) -> Result<(), Halt> {
        if score >= WORTH_ASKING {
            let label = self.label_of(name);
            self.say(&wording::guess(&label));
            self.tell.choices = wording::yes_and_no(self.language());
            self.activate(Frame::new(name, score));
            self.open(Open::Guess { utterance });
            return Ok(());
        }
        self.say(wording::HANDED_OVER);
        self.tell.escalated_to = Some(wording::PERSON.to_owned());
        self.begin_handover(None, Priority::Normal);
        Ok(())
    }

    fn round(&self, rounds: &[NegotiationRound], question: &str, before: f64, after: f64) -> NegotiationRound {
        NegotiationRound {
            n: u32::try_from(rounds.len() + 1).unwrap_or(u32::MAX),
            q: question.to_owned(),
            a: self.text.clone(),
            before,
            after,
            delta: rounded(after - before),
        }
    }

    /// `negotiate … until` a value: the answer is the value, unless it is something else.
    fn answer_until(&mut self, talks: Talks, position: &[usize]) -> Result<(), Halt> {
        let Some(mv) = self.active_move() else { return self.end() };
        let Some(until) = until_at(&mv, position) else { return self.end() };
        let score = self.state.active.as_ref().map_or(0.0, |frame| frame.score);
        let phrase = self.heard();
        let question = strings::is_question(&self.text, &phrase);
        if let Some(other) = self.interruption()
            && (is_certain(&other) || question)
        {
            return self.digress(&other);
        }
        self.answer_as(&mv.name, score);
        if let Some(name) = subject_of(until).filter(|_| !question) {
            let reference = self.reference;
            match mv.slots.iter().find(|slot| slot.name == name) {
                Some(slot) => {
                    if let Answer::Value { found, .. } = slots::read_value(slot, &self.text, &reference)
                        && found.fits
                    {
                        self.fill(slot, &found, Source::Answer);
                    }
                }
                None if !strings::is_noise(&phrase) => {
                    let said = serde_json::json!(self.text.trim());
                    if let Some(frame) = &mut self.state.active {
                        frame.captures.insert(name.to_owned(), said);
                    }
                }
                None => {}
            }
        }
        let mut rounds = talks.rounds;
        rounds.push(self.round(&rounds, &talks.question, score, score));
        let done = self.condition_holds(until);
        if done || rounds.len() >= self.input.turn.settings.negotiation_max_rounds as usize {
            self.show_negotiation(&rounds, if done { "confident" } else { "exhausted" });
            if !done && compares(until) {
                return self.negotiated_in_vain(&mv, subject_of(until));
            }
            return self.advance(Entry::Answered(position));
        }
        self.say(&talks.question);
        self.show_negotiation(&rounds, "asking");
        self.open(Open::Negotiation(Talks { rounds, ..talks }));
        Ok(())
    }

    /// "20" three times to `until offer > 50`: what is behind the negotiation is for a value that does. The value that does not is
    /// given up, as a slot's is.
    fn negotiated_in_vain(&mut self, mv: &Arc<Move>, subject: Option<&str>) -> Result<(), Halt> {
        if let (Some(name), Some(frame)) = (subject, &mut self.state.active) {
            frame.clear(name);
            frame.captures.remove(name);
        }
        let knows = |name: &&str| mv.slots.iter().any(|slot| slot.name == **name) && !is_given_up_alone(mv, name);
        if let Some(slot) = subject.filter(knows) {
            return self.advance(Entry::GaveUp(slot));
        }
        self.say(wording::GAVE_UP);
        self.end()
    }
}

/// Whether a condition asks for more of a value than that there is one.
fn compares(until: &Condition) -> bool {
    any_part(until, |part| matches!(part, Condition::Compare(..) | Condition::Matches(..) | Condition::Computed(_)))
}
