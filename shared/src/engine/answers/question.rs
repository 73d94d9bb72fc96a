//! What a slot's question says.

use super::super::flow::prompt_block;
use crate::ir::{Action, Move, Slot, SlotType, Statement, TemplatePart};
use crate::language::{Cue, Language};
use crate::slots::{effective_type, strings};
use crate::text::Heard;

/// The words of a slot's question.
pub(super) fn prompt_words(language: &'static Language, mv: &Move, slot: &Slot) -> Vec<String> {
    Heard::of(language, &prompt_text(mv, slot)).words.iter().map(|word| word.text.to_string()).collect()
}

/// The text of a slot's question, without values.
pub(crate) fn prompt_text(mv: &Move, slot: &Slot) -> String {
    let mut text = String::new();
    let Some((_, block)) = prompt_block(mv, &slot.name) else { return text };
    for statement in block.branches.iter().flat_map(|branch| &branch.body) {
        if let Statement::Action(Action::PromptSlot(template) | Action::Respond(template)) = statement {
            for part in &template.parts {
                if let TemplatePart::Text(piece) = part {
                    text.push_str(piece);
                }
            }
            text.push(' ');
        }
    }
    text
}

/// Whether a slot's question can be answered by yes or no although the slot takes text ("Do you have any allergies?").
pub(super) fn asks_yes_or_no(language: &'static Language, mv: &Move, slot: &Slot) -> bool {
    strings::asks_yes_or_no(language, &prompt_text(mv, slot))
}

/// "nothing extra" where "Anything extra on it?" is asked.
pub(super) fn denies_the_question(mv: &Move, slot: &Slot, heard: &Heard) -> bool {
    let options = match effective_type(slot) {
        SlotType::Enum(options) => options.as_slice(),
        SlotType::List(item) => match &**item {
            SlotType::Enum(options) => options.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    strings::denies_in_words_of(&Heard::of(heard.language, &prompt_text(mv, slot)), options, heard)
}

/// "Since when do you live there?": a day without a year is the last one.
pub(in crate::engine) fn asks_for_the_past(language: &'static Language, mv: &Move, slot: &Slot) -> bool {
    if !matches!(effective_type(slot), SlotType::Date | SlotType::DateTime) {
        return false;
    }
    let question = Heard::of(language, &prompt_text(mv, slot));
    (0..question.len()).any(|at| language.prefix(&question.words[at..], Cue::AsksPast) > 0)
}
