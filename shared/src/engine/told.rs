//! Tagged and flattened values as they are read: with all that they may hold. Read by what serde derives for tags, each of them
//! would have a second reader for everything within it, which takes room that the edge has not.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::handover::{Handover, HandoverStage, HandoverStatus};
use super::state::{Clarifies, Frame, Open, Talks};
use super::{CapabilityResult, NegotiationRound};

/// What is said where a part is not there.
const INCOMPLETE: &str = "a part is missing that this kind has";

/// A [`CapabilityResult`].
#[derive(Deserialize)]
pub(super) struct ToldResult {
    outcome: ToldOutcome,
    status: Option<String>,
    #[serde(default)]
    data: Map<String, Value>,
    message: Option<String>,
    code: Option<String>,
    detail: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToldOutcome {
    Answered,
    Failed,
}

impl TryFrom<ToldResult> for CapabilityResult {
    type Error = &'static str;

    fn try_from(told: ToldResult) -> Result<CapabilityResult, &'static str> {
        Ok(match told.outcome {
            ToldOutcome::Answered => CapabilityResult::Answered {
                status: told.status.ok_or(INCOMPLETE)?,
                data: told.data,
                message: told.message,
            },
            ToldOutcome::Failed => {
                CapabilityResult::Failed { code: told.code.ok_or(INCOMPLETE)?, detail: told.detail.ok_or(INCOMPLETE)? }
            }
        })
    }
}

/// An [`Open`] question.
#[derive(Deserialize)]
pub(super) struct ToldOpen {
    kind: ToldKind,
    name: Option<String>,
    options: Option<Vec<ToldOption>>,
    question: Option<String>,
    clarifies: Option<Clarifies>,
    utterance: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    #[serde(default)]
    rounds: Vec<NegotiationRound>,
    position: Option<Vec<usize>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToldKind {
    Slot,
    Confirm,
    Choice,
    Which,
    Guess,
    Negotiation,
}

/// What is offered: an option, or a label with the move that it stands for.
enum ToldOption {
    Option(String),
    Labelled(String, String),
}

impl<'de> Deserialize<'de> for ToldOption {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<ToldOption, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = ToldOption;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an option, or a label and a move")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ToldOption, E> {
                Ok(ToldOption::Option(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<ToldOption, A::Error> {
                let missing = |at| serde::de::Error::invalid_length(at, &self);
                let label = pair.next_element()?.ok_or_else(|| missing(0))?;
                let of = pair.next_element()?.ok_or_else(|| missing(1))?;
                Ok(ToldOption::Labelled(label, of))
            }
        }

        from.deserialize_any(Reader)
    }
}

impl TryFrom<ToldOpen> for Open {
    type Error = &'static str;

    fn try_from(told: ToldOpen) -> Result<Open, &'static str> {
        let utterance = told.utterance.ok_or(INCOMPLETE);
        Ok(match told.kind {
            ToldKind::Slot => Open::Slot { name: told.name.ok_or(INCOMPLETE)? },
            ToldKind::Confirm => Open::Confirm { name: told.name.ok_or(INCOMPLETE)? },
            ToldKind::Choice => {
                let options = told.options.ok_or(INCOMPLETE)?.into_iter().map(|option| match option {
                    ToldOption::Option(option) => Ok(option),
                    ToldOption::Labelled(..) => Err(INCOMPLETE),
                });
                Open::Choice {
                    options: options.collect::<Result<_, _>>()?,
                    question: told.question.ok_or(INCOMPLETE)?,
                    clarifies: told.clarifies,
                    utterance: utterance?,
                    values: told.values,
                }
            }
            ToldKind::Which => {
                let options = told.options.ok_or(INCOMPLETE)?.into_iter().map(|option| match option {
                    ToldOption::Labelled(label, of) => Ok((label, of)),
                    ToldOption::Option(_) => Err(INCOMPLETE),
                });
                Open::Which { options: options.collect::<Result<_, _>>()?, utterance: utterance? }
            }
            ToldKind::Guess => Open::Guess { utterance: utterance? },
            ToldKind::Negotiation => Open::Negotiation(Talks {
                question: told.question.ok_or(INCOMPLETE)?,
                utterance: utterance?,
                rounds: told.rounds,
                position: told.position,
            }),
        })
    }
}

/// A [`Handover`].
#[derive(Deserialize)]
pub(super) struct ToldHandover {
    queue: String,
    stage: HandoverStage,
    since_ms: i64,
    patience_ms: Option<u64>,
    #[serde(default)]
    urgent: bool,
    agent: Option<String>,
    escalating: Option<Frame>,
    otherwise: Option<u32>,
    #[serde(default)]
    suspended: Vec<Frame>,
    #[serde(default)]
    waiting: Vec<Frame>,
}

impl From<ToldHandover> for Handover {
    fn from(told: ToldHandover) -> Handover {
        let ToldHandover { queue, stage, since_ms, patience_ms, urgent, agent, .. } = told;
        Handover {
            status: HandoverStatus { queue, stage, since_ms, patience_ms, urgent, agent },
            escalating: told.escalating,
            otherwise: told.otherwise,
            suspended: told.suspended,
            waiting: told.waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn questions_are_read_as_they_are_written() {
        let utterance = || "u".to_owned();
        for open in [
            Open::Slot { name: "a".into() },
            Open::Confirm { name: "a".into() },
            Open::Choice {
                options: vec!["x".into(), "y".into()],
                question: "q".into(),
                clarifies: Some(Clarifies { name: "n".into(), position: vec![1, 2] }),
                utterance: utterance(),
                values: BTreeMap::from([("x".into(), "1".into())]),
            },
            Open::Which { options: vec![("l".into(), "m".into())], utterance: utterance() },
            Open::Guess { utterance: utterance() },
            Open::Negotiation(Talks {
                question: "q".into(),
                utterance: utterance(),
                rounds: Vec::new(),
                position: Some(vec![3]),
            }),
        ] {
            let written = serde_json::to_vec(&open).unwrap();
            assert_eq!(serde_json::from_slice::<Open>(&written).unwrap(), open);
        }
        for broken in [
            json!({"kind": "slot"}),
            json!({"kind": "which", "options": ["x"], "utterance": "u"}),
            json!({"kind": "x"}),
        ] {
            assert!(serde_json::from_value::<Open>(broken.clone()).is_err(), "{broken}");
        }
    }

    #[test]
    fn results_and_hand_overs_are_read_as_they_are_written() {
        let data = Map::from_iter([("a".to_owned(), json!(1))]);
        for result in [
            CapabilityResult::Answered { status: "ok".into(), data, message: Some("m".into()) },
            CapabilityResult::Failed { code: "E201".into(), detail: "d".into() },
        ] {
            let written = serde_json::to_vec(&result).unwrap();
            assert_eq!(serde_json::from_slice::<CapabilityResult>(&written).unwrap(), result);
        }
        let answered = json!({"outcome": "answered", "status": "ok"});
        assert!(serde_json::from_value::<CapabilityResult>(answered).is_ok());
        assert!(serde_json::from_value::<CapabilityResult>(json!({"outcome": "answered"})).is_err());
        let handover = Handover {
            status: HandoverStatus {
                queue: "q".into(),
                stage: HandoverStage::Waiting,
                since_ms: 1,
                patience_ms: Some(2),
                urgent: true,
                agent: None,
            },
            escalating: Some(Frame::new("m", 0.5)),
            otherwise: Some(1),
            suspended: vec![Frame::default()],
            waiting: Vec::new(),
        };
        let written = serde_json::to_vec(&handover).unwrap();
        assert_eq!(serde_json::from_slice::<Handover>(&written).unwrap(), handover);
    }
}
