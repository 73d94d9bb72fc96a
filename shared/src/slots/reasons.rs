//! What kind of answer fits a slot, in words for the person.

use crate::ir::{Slot, SlotType};
use crate::phrase::{alternatives, readable};
use crate::template::number_text;

use super::{effective_type, is_yes_no};

const YES_OR_NO: &str = "Please answer yes or no.";

/// "Please give a number from 1 to 10." — why an answer was refused, and what to do.
pub(crate) fn reason(slot: &Slot) -> String {
    match effective_type(slot) {
        _ if is_yes_no(slot) => YES_OR_NO.to_owned(),
        SlotType::String => format!("Please tell me the {} in a few words.", readable(&slot.name)),
        ty => expected(ty),
    }
}

/// What kind of answer fits, for somebody who asks what is meant.
pub(crate) fn expectation(slot: &Slot) -> String {
    let hint = slot.context.as_deref().map(str::trim).filter(|hint| !hint.is_empty());
    let mut text = match effective_type(slot) {
        _ if is_yes_no(slot) => YES_OR_NO.to_owned(),
        SlotType::String => "A few words of your own are fine.".to_owned(),
        ty => expected(ty),
    };
    if let Some(hint) = hint {
        text.push_str(" (");
        text.push_str(hint);
        text.push(')');
    }
    text
}

fn expected(ty: &SlotType) -> String {
    match ty {
        SlotType::String => "Please answer in a few words.".to_owned(),
        SlotType::Number => "Please give a number.".to_owned(),
        SlotType::Range { min, max } => {
            format!("Please give a number from {} to {}.", number_text(*min), number_text(*max))
        }
        SlotType::Enum(options) => {
            let said: Vec<String> = options.iter().map(|option| readable(option)).collect();
            format!("Please choose {}.", alternatives(&said))
        }
        SlotType::Timeframe => {
            "Please say when or for how long, such as \"2 days ago\" or \"since this morning\".".to_owned()
        }
        SlotType::Date => "Please give a date, such as \"tomorrow\" or \"March 3\".".to_owned(),
        SlotType::Time => "Please give a time of day, such as \"7pm\" or \"half past three\".".to_owned(),
        SlotType::DateTime => "Please give a day and a time, such as \"tomorrow at 3pm\".".to_owned(),
        SlotType::Boolean => YES_OR_NO.to_owned(),
        SlotType::Email => "Please give an email address, such as name@example.com.".to_owned(),
        SlotType::Phone => "Please give a phone number, such as +1 555 010 9999.".to_owned(),
        SlotType::Url => "Please give a web address, such as https://example.com.".to_owned(),
        SlotType::Money => "Please give an amount of money, such as \"20 dollars\".".to_owned(),
        SlotType::Quantity => "Please give an amount with its unit, such as \"5 kg\".".to_owned(),
        SlotType::List(item) => match item.as_ref() {
            SlotType::String => "Please list them, separated by commas.".to_owned(),
            item => format!("{} You can give several.", expected(item)),
        },
    }
}
