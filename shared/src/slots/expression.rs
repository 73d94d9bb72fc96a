//! Slots whose value an expression finds: `extract using regex "EXPR"`.

use regex_lite::RegexBuilder;
use serde_json::json;

use super::convert::Found;
use super::scan::Scan;
use super::{Answer, effective_type, read_answer};
use crate::ir::{Slot, SlotType};

/// The largest compiled expression; the same that the syntax allows, so that what compiles also runs.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// What the slot's expression finds: its first group, or all of it. Where the slot is typed, the type reads that part.
pub(super) fn find(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    let expression = slot.expression.as_deref()?;
    let built = RegexBuilder::new(expression).size_limit(MAX_COMPILED_BYTES).build();
    // Games are compiled from expressions that could be built.
    let captures = built.ok()?.captures(scan.text)?;
    let group = captures.get(1).or_else(|| captures.get(0)).filter(|group| !group.is_empty())?;
    let text = group.as_str().to_owned();
    let whole = Found { start: group.start(), end: group.end(), value: json!(text), text, fits: true };
    if *effective_type(slot) == SlotType::String {
        return Some(whole);
    }
    let inner = Slot { expression: None, ..slot.clone() };
    let part = Scan::of(&whole.text, [&inner], scan.reference).knowing(scan.terms());
    match read_answer(&inner, &part) {
        Answer::Value { found, .. } => Some(Found { start: whole.start, end: whole.end, ..found }),
        Answer::Refused(_) | Answer::Absent => None,
    }
}
