//! What kind of answer fits a slot, in words for the person.

use super::named;
use crate::ir::{Slot, SlotType};
use crate::language::{Language, Text};
use crate::template::number_text;

use super::{effective_type, is_yes_no, label, pattern};

/// How many numbers a reason asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// One, and none was given.
    Any,
    /// One, and several were given.
    One,
}

/// "Please give a number from 1 to 10." — why an answer was refused, and what to do.
pub(crate) fn reason(language: &'static Language, slot: &Slot) -> String {
    match effective_type(slot) {
        _ if is_yes_no(language, slot) => language.text(Text::ExpectYesNo).to_owned(),
        SlotType::String => language.say(Text::ExpectNamed, &[("name", &named(slot))]),
        ty => expected(language, slot, ty, Wanted::Any),
    }
}

/// The same where several numbers were given and one is wanted.
pub(crate) fn reason_for_one(language: &'static Language, slot: &Slot) -> String {
    expected(language, slot, effective_type(slot), Wanted::One)
}

/// What kind of answer fits, for somebody who asks what is meant.
pub(crate) fn expectation(language: &'static Language, slot: &Slot) -> String {
    let hint = slot.context.as_deref().map(str::trim).filter(|hint| !hint.is_empty());
    let mut text = match effective_type(slot) {
        _ if is_yes_no(language, slot) => language.text(Text::ExpectYesNo).to_owned(),
        SlotType::String => language.text(Text::ExpectOwnWords).to_owned(),
        ty => expected(language, slot, ty, Wanted::Any),
    };
    if let Some(hint) = hint {
        text.push_str(" (");
        text.push_str(hint);
        text.push(')');
    }
    text
}

fn expected(language: &'static Language, slot: &Slot, ty: &SlotType, wanted: Wanted) -> String {
    let plain = match ty {
        SlotType::String => Text::ExpectWords,
        SlotType::Number if wanted == Wanted::One => Text::ExpectOneNumber,
        SlotType::Number => Text::ExpectNumber,
        SlotType::Range { min, max } => {
            let text = if wanted == Wanted::One { Text::ExpectOneInRange } else { Text::ExpectRange };
            return language.say(text, &[("min", &number_text(*min)), ("max", &number_text(*max))]);
        }
        SlotType::Enum(options) => {
            let said: Vec<String> = options.iter().map(|option| label(slot, option)).collect();
            return language.say(Text::ExpectOption, &[("options", &language.alternatives(&said))]);
        }
        SlotType::Timeframe => Text::ExpectTimeframe,
        SlotType::Date => Text::ExpectDate,
        SlotType::Time => Text::ExpectTime,
        SlotType::DateTime => Text::ExpectDateTime,
        SlotType::Boolean => Text::ExpectYesNo,
        SlotType::Email => Text::ExpectEmail,
        SlotType::Phone => Text::ExpectPhone,
        SlotType::Url => Text::ExpectUrl,
        SlotType::Money => Text::ExpectMoney,
        SlotType::Quantity => Text::ExpectQuantity,
        SlotType::EnumFrom(_) => Text::ExpectWords,
        SlotType::Pattern(regex) => {
            let example = pattern::example(regex);
            return if example.is_empty() {
                language.say(Text::ExpectForm, &[("name", &named(slot))])
            } else {
                language.say(Text::ExpectPattern, &[("example", &example)])
            };
        }
        SlotType::List(item) if **item == SlotType::String => Text::ExpectList,
        SlotType::List(item) => {
            return language.say(Text::ExpectListOf, &[("one", &expected(language, slot, item, wanted))]);
        }
    };
    language.text(plain).to_owned()
}
