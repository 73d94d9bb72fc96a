//! What a turn tells: to the audit log, and on the bus. Ids and the program's own words; no user text.

use serde_json::{Map, Value, json};

use super::catalog::{
    CONVERSATION_STARTED, ESCALATION_REQUESTED, MOVE_CANCELLED, MOVE_COMPLETED, MOVE_FAILED, TURN_COMMITTED,
};
use crate::clock::Millis;
use crate::facts::{Ending, TurnFacts};
use crate::ids::person_pseudonym;
use crate::store::{ConversationKey, Event};

/// How a capability's answer says that it did what it was asked.
const OK: &str = "ok";

/// What is known of a turn that is being committed.
pub(crate) struct Committed<'a> {
    pub(crate) key: &'a ConversationKey,
    pub(crate) user_id: &'a str,
    pub(crate) game_version: &'a str,
    pub(crate) journalled: bool,
    /// Whether it was run on the beginning of a session that follows another.
    pub(crate) anew: bool,
    pub(crate) now_ms: Millis,
}

impl Committed<'_> {
    /// The events of the turn with this record.
    pub(crate) fn events(&self, record: &Map<String, Value>) -> Vec<Event> {
        // A record of a newer edge may have more in a field than this origin understands; what it does is told all the same.
        let facts = TurnFacts::of_record(record).unwrap_or_else(|| TurnFacts::least_of_record(record));
        let mut told = Vec::new();
        if facts.turn == 1 {
            told.push(("conversation.created", json!({"game_version": self.game_version})));
        }
        if facts.turn == 1 || self.anew {
            told.push((CONVERSATION_STARTED, json!({"game_version": self.game_version, "again": self.anew})));
        }
        for call in &facts.calls {
            let detail = json!({"capability": call.capability, "status": call.status, "turn": facts.turn});
            told.push(("capability.called", detail));
        }
        told.push((TURN_COMMITTED, self.turn(&facts)));
        told.extend(ended(&facts));
        let (actor, subject) = (person_pseudonym(&self.key.tenant, self.user_id), self.key.id().to_string());
        let event = |(name, mut detail): (&str, Value)| {
            detail["game"] = self.key.game.clone().into();
            Event {
                at: self.now_ms,
                tenant: self.key.tenant.clone(),
                event: name.to_owned(),
                actor: actor.clone(),
                subject: subject.clone(),
                detail,
            }
        };
        told.into_iter().map(event).collect()
    }

    fn turn(&self, facts: &TurnFacts) -> Value {
        let filled: Vec<&str> = facts.filled.iter().map(|filled| filled.slot.as_str()).collect();
        json!({
            "game_version": self.game_version,
            "turn": facts.turn,
            "move": facts.move_id,
            "part": facts.part,
            "confidence": facts.confidence,
            "stage": facts.stage,
            "reading": Some(&facts.reading).filter(|reading| !reading.is_empty()),
            "understood_by": facts.understood_by,
            "awaiting_slot": facts.awaiting_slot,
            "filled": filled,
            "calls": facts.calls,
            "journalled": self.journalled,
        })
    }
}

/// How what was under way ended, if it did. A move whose capability failed is not completed, whatever it had.
fn ended(facts: &TurnFacts) -> Option<(&'static str, Value)> {
    let of = json!({"turn": facts.turn, "move": facts.move_id});
    let with = |more: Value| {
        let mut detail = of.clone();
        if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
            detail.extend(more);
        }
        detail
    };
    let failed = facts.calls.iter().rev().find(|call| call.status != OK);
    match (facts.ending(), failed) {
        (Some(Ending::Escalated), _) => Some((ESCALATION_REQUESTED, with(json!({"to": facts.escalated_to})))),
        (Some(Ending::Cancelled), _) => Some((MOVE_CANCELLED, of)),
        (Some(Ending::GivenUp), _) => {
            let why = json!({"reason": "slot_given_up", "slot": facts.given_up_slot});
            Some((MOVE_FAILED, with(why)))
        }
        (_, Some(call)) => {
            let why = json!({"reason": "capability_failed", "capability": call.capability, "status": call.status});
            Some((MOVE_FAILED, with(why)))
        }
        (Some(Ending::Completed), None) => Some((MOVE_COMPLETED, of)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(record: Value) -> Vec<String> {
        let key = ConversationKey { tenant: "t".into(), game: "g".into(), external_id: "c".into() };
        let turn = Committed { key: &key, user_id: "u", game_version: "v", journalled: false, anew: false, now_ms: 1 };
        let record = record.as_object().unwrap();
        turn.events(record).into_iter().map(|event| event.event).collect()
    }

    #[test]
    fn a_turn_tells_how_it_ended() {
        let call = |status: &str| json!([{"capability": "s.f", "status": status}]);
        assert_eq!(
            names(json!({"turn": 1, "move_id": "m", "stage": "collecting"})),
            ["conversation.created", "conversation.started", "turn.committed"]
        );
        assert_eq!(names(json!({"turn": 2, "slots_filled": true})), ["turn.committed", "move.completed"]);
        assert_eq!(
            names(json!({"turn": 2, "slots_filled": true, "calls": call("ok")})),
            ["capability.called", "turn.committed", "move.completed"]
        );
        assert_eq!(
            names(json!({"turn": 2, "slots_filled": true, "calls": call("E201")})),
            ["capability.called", "turn.committed", "move.failed"]
        );
        assert_eq!(names(json!({"turn": 2, "stage": "cancelled"})), ["turn.committed", "move.cancelled"]);
        assert_eq!(names(json!({"turn": 2, "given_up_slot": "s"})), ["turn.committed", "move.failed"]);
        assert_eq!(
            names(json!({"turn": 2, "stage": "escalated", "escalated_to": "q"})),
            ["turn.committed", "escalation.requested"]
        );
    }

    #[test]
    fn a_record_that_is_not_understood_in_full_is_told_all_the_same() {
        assert_eq!(names(json!({"turn": 2, "move_id": "m", "stage": "answered", "calls": 7})), ["turn.committed"]);
    }
}
