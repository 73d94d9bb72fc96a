//! Typed slots: reading an utterance as a value of a slot's type, and saying why it is not one.
//!
//! Recognizing values in text is [`crate::entities`]; which slot is asked for, and when, is the engine's.

use serde::{Deserialize, Serialize};

use crate::entities::Reference;
use crate::ir::{Slot, SlotType};
use crate::language::Language;
use crate::text::{Heard, readable};

mod convert;
mod days;
mod grounds;
pub(crate) mod labels;
mod lists;
mod meant;
mod mentions;
pub(crate) mod offered;
mod options;
mod pattern;
mod read;
mod reasons;
mod scan;
mod several;
pub(crate) mod strings;
mod weekdays;
pub(crate) mod yes_no;

pub(crate) use convert::{
    Found, asks_for_the_past, counts_a_unit, counts_time, last_day, number as number_value, only_bound, takes_a_length,
    takes_years,
};
pub(crate) use days::{is_counted_from_another, is_told_of_the_past, leaves_the_day_open};
pub(crate) use grounds::{is_named_for, out_of_bounds, undecided};
pub(crate) use lists::{edit_list, is_averse_to, is_no_option, left_out, not_among, tells_of_aversions};
pub(crate) use meant::{Sureness, meant, term};
pub(crate) use mentions::{Contested, mentions};
pub(crate) use options::{Shown, Vocabulary, choose, stated as stated_options};
pub(crate) use read::{Answer, bare_day, is_whole, read_answer, read_string, read_value, spelt_code};
pub(crate) use reasons::{expectation, reason, reason_for_one};
pub(crate) use scan::{Scan, has_ended, is_of_time};
pub(crate) use several::{
    at_time, day_after_a_length, ends_over, first_clause, moved, near, only_period, start_of_what_is_taken_back,
    states_several, takes_itself_back,
};

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
    /// A phrase that came near to an option.
    Meaning,
}

impl Source {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Source::Capture => "capture",
            Source::Answer => "answer",
            Source::Mention => "mention",
            Source::Correction => "correction",
            Source::Default => "default",
            Source::Context => "context",
            Source::Choice => "choice",
            Source::Meaning => "meaning",
        }
    }
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
    read::value_prefix(slot, text, reference)
}

/// The type that a slot is read by: its declared one, but a `string` slot that bears a type's name
/// (`email: string`) is read as that type.
pub(crate) fn effective_type(slot: &Slot) -> &SlotType {
    if !matches!(slot.ty, SlotType::String) {
        return &slot.ty;
    }
    let name = parted(&slot.name).map_or(slot.name.as_str(), |(_, part)| part);
    SlotType::simple(name).filter(|ty| !matches!(ty, SlotType::Boolean)).unwrap_or(&SlotType::String)
}

/// Whether the whole answer is one of the options, in its own words, or an option done to "it".
pub(crate) fn is_exact_option(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard) -> bool {
    options::exact_of_it(options, vocabulary, heard).is_some()
}

/// A text of the form that a regular expression describes; empty where none can be told.
#[cfg(any(feature = "golden", test))]
pub(crate) fn pattern_example(regex: &str) -> String {
    pattern::example(regex)
}

/// The composite that a slot is a part of.
#[must_use]
pub fn whole_of(slot: &str) -> Option<&str> {
    parted(slot).map(|(whole, _)| whole)
}

/// The composite and the part that a slot's name is made of.
fn parted(name: &str) -> Option<(&str, &str)> {
    // Asked for every slot, many times a turn, which a search for a character of any kind would be too dear for.
    let at = name.bytes().position(|byte| byte == b'.')?;
    Some((&name[..at], &name[at + 1..]))
}

/// A slot's name as people would say it; of a part of a composite, the part's.
pub(crate) fn called(slot: &str) -> String {
    readable(parted(slot).map_or(slot, |(_, part)| part))
}

/// What a slot is called where it is named to people.
pub(crate) fn named(slot: &Slot) -> String {
    called(spoken_name(slot))
}

/// The words of what a slot is called.
pub(crate) fn name(language: &'static Language, slot: &Slot) -> Heard {
    Heard::of(language, &named(slot))
}

/// The name by which people mean a slot: what it is called in the language of the conversation, else its own.
pub(crate) fn spoken_name(slot: &Slot) -> &str {
    slot.rules.as_ref().and_then(|rules| rules.called.as_deref()).unwrap_or(&slot.name)
}

/// A slot's value as it is named to people, where it is an option or several; `None` for any other.
pub(crate) fn option_in_words(language: &'static Language, slot: &Slot, value: &serde_json::Value) -> Option<String> {
    let option = |value: &serde_json::Value| value.as_str().map(|option| label(slot, option));
    match effective_type(slot) {
        SlotType::Enum(_) => option(value),
        SlotType::List(item) if matches!(**item, SlotType::Enum(_)) => {
            let members: Option<Vec<String>> = value.as_array()?.iter().map(option).collect();
            members.filter(|members| !members.is_empty()).map(|members| language.together(&members))
        }
        _ => None,
    }
}

/// What an option of a slot is called.
pub(crate) fn label(slot: &Slot, option: &str) -> String {
    let labels = slot.rules.iter().flat_map(|rules| &rules.labels);
    let found = labels.into_iter().find(|(known, _)| known == option);
    found.map_or_else(|| readable(option), |(_, label)| label.clone())
}

/// Whether something is said that the author of the slot takes for declining it (`declined by [ … ]`).
pub(crate) fn is_declined(slot: &Slot, heard: &Heard) -> bool {
    !slot.declined_by.is_empty() && !options::stated(&slot.declined_by, Vocabulary::default(), heard).is_empty()
}

/// Whether a slot holds an age, by its name.
pub(crate) fn is_age(language: &'static Language, slot: &Slot) -> bool {
    is_number(slot) && Heard::of(language, &named(slot)).words.iter().any(|word| word.is(crate::language::Cue::AgeName))
}

/// Whether a slot takes free text.
pub(crate) fn is_text(slot: &Slot) -> bool {
    matches!(effective_type(slot), SlotType::String)
}

/// Whether a slot takes free text, or several of them.
pub(crate) fn is_of_text(slot: &Slot) -> bool {
    *effective_type(slot).item() == SlotType::String
}

/// Whether a slot takes a number.
pub(crate) fn is_number(slot: &Slot) -> bool {
    effective_type(slot).is_number()
}

/// Whether an option of a slot is named.
pub(crate) fn is_mentioned(slot: &Slot, scan: &Scan<'_>) -> bool {
    let SlotType::Enum(options) = effective_type(slot).item() else { return false };
    !options::mentioned(options, scan.vocabulary(slot), &scan.heard).is_empty()
}

/// Whether a slot is about what has been ("date of birth").
pub(crate) fn tells_of_the_past(language: &'static Language, slot: &Slot) -> bool {
    convert::Tense::of(language, slot) == convert::Tense::Past
}

/// Whether a slot's rule says that its day is over, or that it is to come; `None` where no rule tells.
pub(crate) fn is_past_by_rule(slot: &Slot) -> Option<bool> {
    convert::Tense::by_rule(slot).map(|tense| tense == convert::Tense::Past)
}

/// Whether a slot's answer is a yes or a no: `boolean`, or an enum of those two.
pub(crate) fn is_yes_no(language: &'static Language, slot: &Slot) -> bool {
    match effective_type(slot) {
        SlotType::Boolean => true,
        SlotType::Enum(options) => {
            options.len() == 2
                && options::yes_option(language, options).is_some()
                && options::no_option(language, options).is_some()
        }
        _ => false,
    }
}
