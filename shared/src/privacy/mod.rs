//! Personal data in free text: finding it, redacting it, and replacing it by tokens that can be turned back.
//!
//! Recognizers with checksums (Luhn, ISO 13616, NHS modulus 11) stand for themselves; weaker shapes count only with
//! words around them that say what they are, and not behind words that say otherwise (`order`, `version`, `tracking`).
//! Storage of texts and keys is the caller's.

mod addresses;
mod checksums;
mod detect;
mod numbers;
mod people;
mod redact;
mod score;
mod tokens;
mod words;

pub use detect::{Finding, MAX_FINDINGS, PiiKind, detect};
pub use redact::{MASK, redact_for_logs};
pub use score::{Labelled, Score, Scorer, Span};
pub use tokens::{restore, restore_json, tokenize, tokenize_json};
