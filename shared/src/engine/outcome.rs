//! What a turn leaves behind: its record, its explanation, and the state after it.

use serde_json::Map;

use super::run::{Reading, Run};
use super::state::{MAX_SAID_CHARS, Open};
use super::{Also, ExplainedCandidate, Explanation, Outcome, TurnRecord};

impl Run<'_> {
    /// What the turn has come to.
    pub(super) fn finish(mut self) -> Outcome {
        if self.completed_slots.is_none() {
            self.explain_slots();
        }
        self.park_agenda();
        let response = self.sentences.join(" ");
        let open = self.state.active.as_ref().and_then(|frame| frame.open.clone());
        let awaiting_slot = match &open {
            Some(Open::Slot { name } | Open::Confirm { name }) => Some(name.clone()),
            _ => None,
        };
        let (move_id, confidence) = self.answered_by.clone().unwrap_or_else(|| ("none".to_owned(), 0.0));
        let stage = if self.escalated_to.is_some() {
            "escalated"
        } else if self.cancelled {
            "cancelled"
        } else {
            match &open {
                Some(Open::Slot { .. }) => "collecting",
                Some(Open::Confirm { .. } | Open::Guess { .. }) => "confirming",
                Some(Open::Choice { .. } | Open::Which { .. }) => "choosing",
                Some(Open::Negotiation(_)) => "negotiating",
                None if self.answered_by.is_some() || self.reading == Reading::Repair => "answered",
                None => "unmatched",
            }
        };
        let slots = match self.completed_slots.take() {
            Some((name, slots)) if name == move_id || self.state.active.is_none() => slots,
            _ if self.state.active.as_ref().is_some_and(|frame| frame.move_id == move_id)
                || awaiting_slot.is_some() =>
            {
                self.shown_slots()
            }
            _ => Map::new(),
        };
        let also = self.also_taken_up(&move_id);
        let explanation = self.turn.settings.explain.then(|| self.explanation());
        if let Some((name, _)) = &self.answered_by {
            let name = name.clone();
            self.state.remember_move(&name);
        }
        self.state.turns += 1;
        self.state.said = response.chars().take(MAX_SAID_CHARS).collect();
        let record = TurnRecord {
            turn: self.state.turns,
            at_ms: self.turn.now_ms,
            participant: self.participant.to_owned(),
            user_input: self.user_input,
            sanitized_input: self.utterance,
            firewall_triggered: self.firewall_triggered,
            move_id,
            confidence,
            also,
            response,
            action: self.action,
            stage: stage.to_owned(),
            awaiting_slot,
            slots_filled: self.slots_filled,
            slots,
            choices: self.choices,
            negotiation: self.negotiation,
            escalated_to: self.escalated_to,
            calls: self.calls,
            findings: self.findings,
            learning: self.learning,
        };
        Outcome { conversation: self.state, record, explanation }
    }

    /// The moves beside the one that answered.
    fn also_taken_up(&self, answered: &str) -> Vec<Also> {
        if self.escalated_to.is_some() && self.state.active.is_none() && self.also.len() < 2 {
            return Vec::new();
        }
        let others = self.also.iter().filter(|(move_id, _)| move_id != answered);
        let also = others.map(|(move_id, confidence)| Also {
            move_id: move_id.clone(),
            confidence: *confidence,
            state: self.state_of(move_id),
        });
        also.collect()
    }

    fn explanation(&mut self) -> Explanation {
        let utterance = self.utterance.clone();
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
            reading: self.reading.name().to_owned(),
            candidates,
            slots: std::mem::take(&mut self.explained_slots),
            blocks: self.blocks.clone(),
        }
    }
}
