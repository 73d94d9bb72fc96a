//! What a turn leaves behind: its record, its explanation, and the state after it.

use serde_json::Map;

use super::run::{Reading, Run, first_chars};
use super::state::{MAX_SAID_CHARS, Open};
use super::{Also, ExplainedCandidate, Explanation, Given, MAX_RESPONSE_CHARS, Outcome, TurnRecord};

/// The node lacks the model that the game was trained with: it is heard with its own words.
const NO_MODEL: &str = "E154";

/// Where a turn leaves the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Answered,
    Collecting,
    Choosing,
    Confirming,
    Negotiating,
    Escalated,
    WithAgent,
    Cancelled,
    Unmatched,
}

impl Stage {
    /// As it stands in records and answers.
    fn name(self) -> &'static str {
        match self {
            Stage::Answered => "answered",
            Stage::Collecting => "collecting",
            Stage::Choosing => "choosing",
            Stage::Confirming => "confirming",
            Stage::Negotiating => "negotiating",
            Stage::Escalated => "escalated",
            Stage::WithAgent => "with_agent",
            Stage::Cancelled => "cancelled",
            Stage::Unmatched => "unmatched",
        }
    }
}

impl Run<'_> {
    /// What the turn has come to.
    pub(super) fn finish(mut self) -> Outcome {
        if self.tell.completed_slots.is_none() {
            self.explain_slots();
        }
        self.park_agenda();
        let mut response = self.tell.sentences.join(" ");
        let end = first_chars(&response, MAX_RESPONSE_CHARS);
        if end < response.len() {
            response.truncate(end);
            self.finding("E217");
        }
        let open = self.state.active.as_ref().and_then(|frame| frame.open.clone());
        let awaiting_slot = match &open {
            Some(Open::Slot { name } | Open::Confirm { name }) => Some(name.clone()),
            // Choices that are offered with a slot's question.
            Some(Open::Choice { clarifies: Some(held), .. }) if held.position.is_empty() => Some(held.name.clone()),
            _ => None,
        };
        let (ran, confidence) = self.tell.answered_by.clone().unwrap_or_else(|| ("none".to_owned(), 0.0));
        let stage = match &open {
            _ if self.is_with_agent() => Stage::WithAgent,
            _ if self.tell.escalated_to.is_some() => Stage::Escalated,
            _ if self.tell.cancelled => Stage::Cancelled,
            Some(Open::Slot { .. }) => Stage::Collecting,
            Some(Open::Confirm { .. } | Open::Guess { .. }) => Stage::Confirming,
            Some(Open::Choice { .. } | Open::Which { .. }) => Stage::Choosing,
            Some(Open::Negotiation(_)) => Stage::Negotiating,
            None if self.tell.answered_by.is_some() || self.tell.reading == Reading::Repair => Stage::Answered,
            None if self.input.turn.event.is_some() => Stage::Answered,
            None => Stage::Unmatched,
        };
        let slots = match self.tell.completed_slots.take() {
            Some((name, slots)) if name == ran || self.state.active.is_none() => slots,
            _ if self.state.active.as_ref().is_some_and(|frame| frame.move_id == ran) || awaiting_slot.is_some() => {
                self.shown_slots()
            }
            _ => Map::new(),
        };
        if self.input.game.lacks_model() {
            self.finding(NO_MODEL);
        }
        let also = self.also_taken_up(&ran);
        let recognised = self.tell.recognised.iter().find(|(name, _)| *name == ran);
        let understood_by = recognised.map(|(_, stage)| stage.name().to_owned());
        let explanation = self.input.turn.settings.explain.then(|| self.explanation());
        if let Some((name, _)) = &self.tell.answered_by {
            let name = name.clone();
            self.state.remember_move(&name);
        }
        // What a person is about is the move that called the part, not the part.
        let (move_id, part) = match self.tell.answered_in.take() {
            Some(caller) => (caller, Some(ran)),
            None => (ran, None),
        };
        let handover = self.handover_told();
        self.state.turns += 1;
        response[..first_chars(&response, MAX_SAID_CHARS)].clone_into(&mut self.state.said);
        let record = TurnRecord {
            turn: self.state.turns,
            at_ms: self.input.turn.now_ms,
            participant: self.input.participant.to_owned(),
            user_input: self.input.user_input,
            sanitized_input: self.input.utterance,
            firewall_triggered: self.input.firewall_triggered,
            move_id,
            confidence,
            also,
            response,
            action: self.tell.action,
            stage: stage.name().to_owned(),
            awaiting_slot,
            slots_filled: self.tell.slots_filled,
            slots,
            filled: self.tell.filled,
            refused_slot: self.tell.refused_slot,
            given_up_slot: self.tell.given_up_slot,
            choices: self.tell.choices,
            choice_values: self.tell.choice_values,
            attachments: self.tell.attachments,
            event: self.input.turn.event.as_ref().map(|event| event.name.clone()),
            negotiation: self.tell.negotiation,
            handover,
            warns_agent: self.tell.warns_agent,
            escalated_to: self.tell.escalated_to,
            calls: self.tell.calls,
            reading: self.tell.reading.name().to_owned(),
            understood_by,
            part,
            findings: self.tell.findings,
            learning: self.tell.learning,
            given: Given::of(self.input.turn, self.input.results),
        };
        Outcome { conversation: self.state, record, explanation }
    }

    /// The moves beside the one that answered.
    fn also_taken_up(&self, answered: &str) -> Vec<Also> {
        if self.tell.escalated_to.is_some() && self.state.active.is_none() && self.tell.also.len() < 2 {
            return Vec::new();
        }
        let others = self.tell.also.iter().filter(|(move_id, _)| move_id != answered);
        let also = others.map(|(move_id, confidence)| Also {
            move_id: move_id.clone(),
            confidence: *confidence,
            state: self.state_of(move_id),
        });
        also.collect()
    }

    fn explanation(&mut self) -> Explanation {
        let utterance = self.input.utterance.clone();
        self.read_instead(utterance);
        let candidates = self.candidates();
        let candidates = candidates
            .iter()
            .map(|candidate| ExplainedCandidate {
                move_id: self.name_of(candidate),
                pattern: candidate.pattern.clone(),
                score: candidate.score,
                threshold: self.threshold_for(candidate),
                stage: candidate.stage.name().to_owned(),
            })
            .collect();
        Explanation {
            reading: self.tell.reading.name().to_owned(),
            candidates,
            slots: std::mem::take(&mut self.tell.explained_slots),
            blocks: self.tell.blocks.clone(),
            imported: self.tell.blocks.iter().filter_map(|line| self.input.header.imported(*line)).collect(),
            checks: std::mem::take(&mut self.tell.checks),
            doubts: std::mem::take(&mut self.tell.doubts),
        }
    }
}
