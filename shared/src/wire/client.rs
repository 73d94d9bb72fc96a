//! `POST /games/{id}/move` and its answer, and problem documents.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::engine::{Also, Event, Explanation, HandoverStatus, Negotiation, Outcome, TurnRecord};

/// The largest request body that a node takes, bytes: 4,096 characters at 12 bytes each as JSON escapes, and room for
/// context.
pub const MAX_BODY_BYTES: usize = 128 * 1024;

/// The body of `POST /games/{id}/move`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveRequest {
    /// The conversation.
    pub conversation_id: String,
    /// The person.
    pub user_id: String,
    /// What was said.
    pub input: String,
    /// The request's context. `timezone` (IANA name or `+HH:MM`) tells where the person is.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// Who speaks; default `user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// What happened, in the place of something said; `input` is empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Asks for an [`Explanation`]; heeded on development nodes only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub explain: bool,
}

/// A choice that is offered: saying it chooses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Choice {
    /// What is shown is what is said.
    Plain(String),
    /// One thing is shown, another is said.
    Valued {
        /// What is shown.
        label: String,
        /// What is said.
        value: String,
    },
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Choice, D::Error> {
        /// Reads it where it stands; what is derived would keep it first, and read it again.
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Choice;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a choice, or its label and its value")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Choice, E> {
                Ok(Choice::Plain(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Choice, A::Error> {
                let (mut label, mut value) = (None, None);
                while let Some(name) = fields.next_key::<String>()? {
                    match name.as_str() {
                        "label" => label = Some(fields.next_value()?),
                        "value" => value = Some(fields.next_value()?),
                        _ => drop(fields.next_value::<de::IgnoredAny>()?),
                    }
                }
                let missing = de::Error::missing_field;
                Ok(Choice::Valued {
                    label: label.ok_or_else(|| missing("label"))?,
                    value: value.ok_or_else(|| missing("value"))?,
                })
            }
        }

        from.deserialize_any(Reader)
    }
}

impl Choice {
    /// The choices of a turn.
    #[must_use]
    pub fn of(record: &TurnRecord) -> Vec<Choice> {
        let choice = |label: &String| match record.choice_values.get(label) {
            Some(value) => Choice::Valued { label: label.clone(), value: value.clone() },
            None => Choice::Plain(label.clone()),
        };
        record.choices.iter().map(choice).collect()
    }
}

/// The answer to a move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoveResponse {
    /// The move that answered, or `none`.
    pub move_id: String,
    /// In [0, 1].
    pub confidence: f64,
    /// The other moves that were said or taken up again in this turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// The text to show.
    pub response: String,
    /// The function of the last capability call, or null.
    pub action: Option<String>,
    /// The id of the turn's record, `turn_…`.
    pub manifest_id: String,
    /// How long it took at the edge, milliseconds.
    pub latency_ms: f64,
    /// Whether the input was neutralised in part.
    pub firewall_triggered: bool,
    /// The slot that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaiting_slot: Option<String>,
    /// Present and true when this turn completed a move's slots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots_filled: Option<bool>,
    /// Typed slot values by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub slots: Map<String, Value>,
    /// Choices offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Pictures, cards and what only the client understands: `{"image", "alt"}`, `{"card"}` or `{"payload"}` each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Value>,
    /// The negotiation, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negotiation: Option<Negotiation>,
    /// See [`crate::engine::TurnRecord::stage`].
    pub stage: String,
    /// Where the conversation was handed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_to: Option<String>,
    /// The hand-over that is open, or ended in this turn: whom the person waits for, or is talking with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<HandoverStatus>,
    /// The degradation level, when degraded: `journalled`, `stateless`, `unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<String>,
    /// Whether the turn is committed at the origin.
    pub durable: bool,
    /// The turn's number in the conversation, from 1.
    pub turn: u64,
    /// The hash of the compiled game that answered.
    pub game_version: String,
    /// On development nodes, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

impl MoveResponse {
    /// The answer to a turn that is kept at the origin.
    #[must_use]
    pub fn of(outcome: &Outcome, manifest_id: String, game_version: &str) -> MoveResponse {
        let record = &outcome.record;
        MoveResponse {
            move_id: record.move_id.clone(),
            confidence: record.confidence,
            also: record.also.clone(),
            response: record.response.clone(),
            action: record.action.clone(),
            manifest_id,
            latency_ms: 0.0,
            firewall_triggered: record.firewall_triggered,
            awaiting_slot: record.awaiting_slot.clone(),
            slots_filled: record.slots_filled.then_some(true),
            slots: record.slots.clone(),
            choices: Choice::of(record),
            attachments: record.attachments.clone(),
            negotiation: record.negotiation.clone(),
            stage: record.stage.clone(),
            escalated_to: record.escalated_to.clone(),
            handover: record.handover.clone(),
            degraded: None,
            durable: true,
            turn: record.turn,
            game_version: game_version.into(),
            explanation: outcome.explanation.clone(),
        }
    }
}

/// An RFC 9457 problem document with the LGDL code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI reference that names the problem, `/problems/E2xx`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here and what to do; never user text or internals.
    pub detail: String,
    /// The LGDL code.
    pub code: String,
    /// The request's id.
    pub request_id: String,
}
