//! Learning that only proposes: what stored conversations say of a game, as proposals that a person approves or rejects.
//!
//! Proposals are made anew from the conversations that are there each time they are asked for, and never stored: what is
//! erased is in none of them any more. Decisions are kept under a proposal's id, which is a hash and quotes nobody. A
//! phrase that only one person said is shown, and goes into no draft.

mod decisions;
mod draft;
mod gather;
mod trial;

use serde::Serialize;

pub use decisions::{Decision, decide, decided};
pub use draft::{Around, DraftError, draft};
pub use gather::{Unmatched, proposals, unmatched};
pub use trial::{NotApproved, Trial, TrialError, Tried};

use crate::hex;

/// A phrase goes into a draft when at least so many persons have said it.
pub const MIN_PERSONS: usize = 2;

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The move is to have the phrase.
    Phrase,
    /// Two moves are taken for each other.
    Collision,
    /// What was not understood asks for the same again and again.
    NewMove,
}

impl Kind {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Phrase => "phrase",
            Kind::Collision => "collision",
            Kind::NewMove => "new_move",
        }
    }
}

/// How often what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Evidence {
    /// Nothing matched, and the person said it in other words that did.
    pub rephrased: usize,
    /// The move was asked about ("Is this about …?"), and confirmed.
    pub confirmed: usize,
    /// The move was asked about, and it was not meant.
    pub denied: usize,
    /// The move answered, and the person took it back for another.
    pub corrected: usize,
    /// It was guessed, the move ended well, and its author asks to learn from that (`learn pattern`, `boost confidence`,
    /// `remember outcome`).
    pub ended_well: usize,
    /// Nothing matched.
    pub unmatched: usize,
    /// By how many persons.
    pub persons: usize,
}

impl Evidence {
    /// What speaks for the proposal.
    fn for_it(&self) -> usize {
        self.rephrased + self.confirmed + self.ended_well
    }
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Names it, as long as the same is proposed.
    pub id: String,
    /// What is proposed.
    pub kind: Kind,
    /// The moves that it is about.
    pub moves: Vec<String>,
    /// What was said, personal data replaced by `*`.
    pub phrases: Vec<String>,
    /// Why.
    pub evidence: Evidence,
}

impl Proposal {
    /// What the audit log is told of a decision: counts and moves, never what was said.
    #[must_use]
    pub fn told(&self, decision: Decision) -> serde_json::Value {
        let Proposal { id, kind, moves, evidence, .. } = self;
        serde_json::json!({
            "proposal": id, "kind": kind, "moves": moves, "evidence": evidence, "decision": decision.name(),
        })
    }

    fn new(kind: Kind, moves: Vec<String>, phrases: Vec<String>, evidence: Evidence) -> Proposal {
        // What is counted may change; what is proposed does not.
        let named = phrases.first().filter(|_| kind != Kind::Collision).map_or("", String::as_str);
        let told = format!("{}\n{}\n{named}", kind.name(), moves.join("\n"));
        let id: String = hex::sha256(told.as_bytes()).chars().take(ID_CHARS).collect();
        Proposal { id, kind, moves, phrases, evidence }
    }
}

/// Characters of a proposal's id.
const ID_CHARS: usize = 12;
