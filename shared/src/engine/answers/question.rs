//! What a slot's question says, read once a turn.

use std::cell::OnceCell;
use std::rc::Rc;

use super::super::flow::prompt_block;
use super::super::run::Run;
use crate::ir::{Action, Move, Slot, SlotType, Statement, TemplatePart};
use crate::slots::labels::Wanted;
use crate::slots::{self, effective_type, strings};
use crate::text::Heard;

/// A slot's question, and what it asks for.
pub(in crate::engine) struct Question {
    mv: String,
    slot: String,
    /// Its text, without values.
    text: String,
    /// Its words.
    pub(in crate::engine) heard: Rc<Heard>,
    /// Those of the slot's name.
    pub(in crate::engine) name: Rc<Heard>,
    wanted: OnceCell<Wanted>,
    asks_yes_or_no: OnceCell<bool>,
}

impl Question {
    fn of(said: &Heard, mv: &Move, slot: &Slot) -> Question {
        let text = prompt_text(mv, slot);
        Question {
            mv: mv.name.clone(),
            slot: slot.name.clone(),
            heard: said.beside(&text),
            name: said.beside(&slots::named(slot)),
            text,
            wanted: OnceCell::new(),
            asks_yes_or_no: OnceCell::new(),
        }
    }

    /// What it wants as free text, by the slot's name and what it says.
    pub(in crate::engine) fn wanted(&self) -> Wanted {
        *self.wanted.get_or_init(|| Wanted::of(&self.name, &self.heard))
    }

    /// Whether it can be answered by yes or no although the slot takes text ("Do you have any allergies?").
    pub(super) fn asks_yes_or_no(&self) -> bool {
        *self.asks_yes_or_no.get_or_init(|| strings::asks_yes_or_no(&self.text, &self.heard))
    }

    /// "nothing extra" where "Anything extra on it?" is asked.
    pub(super) fn is_denied_by(&self, slot: &Slot, heard: &Heard) -> bool {
        let options = match effective_type(slot).item() {
            SlotType::Enum(options) => options.as_slice(),
            _ => &[],
        };
        strings::denies_in_words_of(&self.heard, options, heard)
    }
}

impl Run<'_> {
    /// The question of a slot.
    pub(in crate::engine) fn question(&self, mv: &Move, slot: &Slot) -> Rc<Question> {
        let mut read = self.questions.borrow_mut();
        if let Some(known) = read.iter().find(|known| known.slot == slot.name && known.mv == mv.name) {
            return Rc::clone(known);
        }
        let question = Rc::new(Question::of(&self.heard(), mv, slot));
        read.push(Rc::clone(&question));
        question
    }

    /// "Since when do you live there?": a day without a year is the last one.
    pub(in crate::engine) fn asks_for_the_past(&self, mv: &Move, slot: &Slot) -> bool {
        if !matches!(effective_type(slot), SlotType::Date | SlotType::DateTime) {
            return false;
        }
        slots::is_past_by_rule(slot).unwrap_or_else(|| slots::asks_for_the_past(&self.question(mv, slot).heard))
    }
}

/// The text of a slot's question, without values.
pub(crate) fn prompt_text(mv: &Move, slot: &Slot) -> String {
    let mut text = String::new();
    let Some((_, block)) = prompt_block(mv, &slot.name) else { return text };
    for statement in block.branches.iter().flat_map(|branch| &branch.body) {
        if let Statement::Action(Action::PromptSlot(template) | Action::Respond(template)) = statement {
            // Of several texts the first is put first.
            let first = template.variants().first().unwrap_or(template);
            for part in &first.parts {
                if let TemplatePart::Text(piece) = part {
                    text.push_str(piece);
                }
            }
            text.push(' ');
        }
    }
    text
}
