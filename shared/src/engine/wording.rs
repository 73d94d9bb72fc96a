//! What the engine says in its own words, where a game has none.

use crate::ir::{Move, Slot, SlotType};
use crate::phrase::{alternatives, readable};
use crate::slots::{effective_type, is_yes_no};
use crate::template::number_text;

pub(super) const NO_MATCH: &str = "Sorry, I didn't catch that.";
pub(super) const CANCELLED: &str = "Okay, I've cancelled that.";
pub(super) const NOTHING_TO_CANCEL: &str = "There is nothing to cancel right now.";
pub(super) const START_OVER: &str = "Okay, let's start over.";
pub(super) const NOTHING_TO_REPEAT: &str = "I haven't asked anything yet.";
pub(super) const NEEDED: &str = "I do need this to go on.";
pub(super) const GAVE_UP: &str = "Let's leave it there for now. You can try again whenever you like.";
pub(super) const CALL_FAILED: &str = "I'm sorry, that could not be completed just now. Please try again later.";
pub(super) const ACKNOWLEDGED: &str = "Thank you, I have noted that.";
pub(super) const STILL_UNCLEAR: &str = "Sorry, I'm still not sure that I understand.";
pub(super) const NOT_THAT: &str = "Okay, then I misunderstood.";
pub(super) const HANDED_OVER: &str =
    "I'm not certain that I can help with that myself, so I'm handing you over to a person.";
pub(super) const TO_A_PERSON: &str = "I'm connecting you with a person.";
pub(super) const NOT_NOW: &str = "I can't take down details right now. Please try again in a moment.";
pub(super) const TOO_LONG: &str = "That was very long, so I only read the beginning.";
pub(super) const GENERATED: &str = "I understand. Let me help you with that.";
/// Who an escalation goes to when a person asks for one.
pub(super) const PERSON: &str = "human";
/// Moves named in an answer at most.
const MAX_LISTED_MOVES: usize = 8;
/// Moves that are looked at to know how many more there are.
pub(super) const MAX_COUNTED_MOVES: usize = 40;

/// The question for a slot whose move has no block for it.
pub(super) fn default_prompt(slot: &Slot) -> String {
    let name = readable(&slot.name);
    match effective_type(slot) {
        SlotType::Enum(options) if !is_yes_no(slot) => {
            let said: Vec<String> = options.iter().map(|option| readable(option)).collect();
            format!("Which {name} is it: {}?", alternatives(&said))
        }
        SlotType::Enum(_) | SlotType::Boolean => format!("{} (yes or no)?", capitalized(&name)),
        SlotType::Range { min, max } => {
            format!("What is the {name}, from {} to {}?", number_text(*min), number_text(*max))
        }
        SlotType::List(_) => format!("What are the {name}?"),
        _ => format!("What is the {name}?"),
    }
}

/// The question that reads a `confirm` slot back.
pub(super) fn read_back(slot: &Slot, said: &str) -> String {
    if slot.sensitive {
        format!("I have noted the {}. Is it right?", readable(&slot.name))
    } else {
        format!("You said {said}. Is that right?")
    }
}

/// That a slot was corrected.
pub(super) fn corrected(slot: &Slot, said: &str) -> String {
    if slot.sensitive { format!("Okay, I've changed the {}.", readable(&slot.name)) } else { format!("Okay, {said}.") }
}

/// `1) a, 2) b`
pub(super) fn numbered(options: &[String]) -> String {
    let items: Vec<String> = options
        .iter()
        .enumerate()
        .map(|(index, option)| format!("{}) {}", index + 1, option.trim_end_matches(['.', ';'])))
        .collect();
    items.join(", ")
}

/// `offer choices`
pub(super) fn offer(options: &[String]) -> String {
    format!("Please choose: {}.", numbered(options))
}

/// `clarify NAME with options`
pub(super) fn clarify(name: &str, options: &[String]) -> String {
    format!("Which {} is it? {}.", readable(name), numbered(options))
}

/// Which of several moves was meant.
pub(super) fn which(labels: &[String]) -> String {
    format!("I'm not sure which you mean: {}?", alternatives(labels))
}

/// What is taken up after what is under way.
pub(super) fn after_that(labels: &[String]) -> String {
    format!("After that: {}.", labels.join(", "))
}

/// What was said and cannot be kept.
pub(super) fn not_taken(labels: &[String]) -> String {
    format!("Please ask again later about {}.", alternatives(labels).replace(" or ", " and "))
}

/// Whether the best guess is right.
pub(super) fn guess(label: &str) -> String {
    format!("I want to be sure that I understand. Is this about {label}?")
}

/// That the conversation is handed over.
pub(super) fn escalated(target: &str) -> String {
    format!("I'm connecting you with {}.", readable(target))
}

/// A choice that no move takes up.
pub(super) fn noted(choice: &str) -> String {
    format!("Thank you, I have noted: {choice}.")
}

/// A move's name as people would say it.
pub(super) fn move_label(name: &str) -> String {
    readable(name)
}

/// "I can help with …"
pub(super) fn abilities(moves: &[String]) -> Option<String> {
    if moves.is_empty() {
        return None;
    }
    let shown = &moves[..moves.len().min(MAX_LISTED_MOVES)];
    let more = moves.len() - shown.len();
    let mut list = shown.join(", ");
    if more > 0 {
        list.push_str(&format!(" and {more} more"));
    } else if let Some((last, rest)) = shown.split_last()
        && !rest.is_empty()
    {
        list = format!("{} and {last}", rest.join(", "));
    }
    Some(format!("I can help with: {list}."))
}

/// Whether a move is meant to be named to people.
pub(super) fn is_named(mv: &Move) -> bool {
    !mv.triggers.is_empty() && !mv.name.starts_with("repair_")
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
