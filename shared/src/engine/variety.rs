//! Which of several texts is said: in turn, from a place that is the conversation's own; a question's in their order.

use std::borrow::Cow;

use serde_json::Value;

use super::blocks::clarified;
use super::run::Run;
use crate::ir::{Move, Slot, SlotType, Template, TemplatePart};
use crate::slots;
use crate::template::{View, value_text};
use crate::text::hash;

/// How much of a hash tells conversations apart.
const HASH_BITS: u32 = 24;

impl Run<'_> {
    /// The text of a template that has several. The same conversation and turn give the same one everywhere, and the next
    /// turn gives another.
    pub(super) fn one_of<'t>(&mut self, template: &'t Template) -> &'t Template {
        let variants = template.variants();
        let count = variants.len() as u64;
        if count < 2 {
            return variants.first().unwrap_or(template);
        }
        if self.state.variety == 0 {
            let own = format!("{} {} {}", self.input.turn.now_ms, self.input.participant, self.input.utterance);
            // Never 0, which stands for "not told apart yet".
            self.state.variety = hash::slot(hash::of(own.as_bytes()), HASH_BITS) as u32 + 1;
        }
        let at = (u64::from(self.state.variety) + self.state.turns) % count;
        variants.get(at as usize).unwrap_or(template)
    }

    /// A question's text: the first time its first one, then the next, then the last.
    pub(super) fn render_question(&mut self, template: &Template, slot: Option<&str>) -> String {
        let variants = template.variants();
        let (Some(slot), Some(frame), 2..) = (slot, &mut self.state.active, variants.len()) else {
            return self.render(template);
        };
        let asked = match frame.asked.iter_mut().find(|(name, _)| name == slot) {
            Some((_, asked)) => {
                *asked = asked.saturating_add(1);
                usize::from(*asked)
            }
            None => {
                frame.asked.push((slot.to_owned(), 0));
                0
            }
        };
        let variant = &variants[asked.min(variants.len() - 1)];
        self.render_plain(variant)
    }

    /// A value of a slot as people read it; what has no form of its own, in the words in which it was said.
    pub(super) fn in_words(&self, slot: &Slot, value: &Value, said: &str) -> String {
        let ty = slots::effective_type(slot);
        let has_form = ty.is_number()
            || slots::is_of_time(ty) && *ty != SlotType::Timeframe
            || matches!(ty, SlotType::Money | SlotType::Boolean | SlotType::List(_));
        let option = slots::option_in_words(self.language(), slot, value);
        option.unwrap_or_else(|| match has_form {
            true => {
                let today = Some(self.reference.now.date());
                value_text(value, Some(ty), &View { locale: self.locale, today, types: &|_| None })
            }
            false => said.to_owned(),
        })
    }

    /// A value in scope as people call it: an option of a slot by its name in the language of the game.
    pub(super) fn labelled(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        let path = self.own_path(path);
        let path = path.as_ref();
        let value = self.value_in_scope(path)?;
        let Some(name) = super::scope::slot_named(path) else { return Some(value) };
        let Some(mv) = self.active_move() else { return Some(value) };
        if let Some(shown) = self.composite_in_words(&mv, &name) {
            return Some(Cow::Owned(Value::String(shown)));
        }
        let slot = mv.slots.iter().find(|slot| slot.name == name);
        if slot.is_none() && !self.state.language.is_empty() {
            return Some(self.translated(&mv, &name, value));
        }
        Some(match slot {
            Some(slot) => with_labels(slot, value),
            None => value,
        })
    }

    /// What is no slot of the move's own, in the language of the conversation: what a part has brought, and the choice of a `clarify`,
    /// which is kept as the game's own language calls it.
    fn translated<'v>(&self, mv: &Move, name: &str, value: Cow<'v, Value>) -> Cow<'v, Value> {
        if let Some((part, slot)) = name.split_once('.') {
            let part = self.move_named(part);
            let slot = part.as_ref().and_then(|part| part.slots.iter().find(|own| own.name == slot));
            return match slot {
                Some(slot) => with_labels(slot, value),
                None => value,
            };
        }
        let (Some(choice), Some((options, values))) = (value.as_str(), clarified(&mv.blocks, name)) else {
            return value;
        };
        let chosen = values.iter().position(|stored| text_of(stored) == Some(choice));
        match chosen.and_then(|at| text_of(options.get(at)?)) {
            Some(option) => Cow::Owned(Value::String(option.to_owned())),
            None => value,
        }
    }
}

/// The text of a template that nothing is filled in.
fn text_of(template: &Template) -> Option<&str> {
    match template.parts.as_slice() {
        [TemplatePart::Text(text)] => Some(text),
        _ => None,
    }
}

/// Options of a slot as they are called.
fn with_labels<'v>(slot: &Slot, value: Cow<'v, Value>) -> Cow<'v, Value> {
    let called = |option: &str| Value::String(slots::label(slot, option));
    match value.as_ref() {
        _ if slot.rules.as_ref().is_none_or(|rules| rules.labels.is_empty()) => value,
        Value::String(option) => Cow::Owned(called(option)),
        Value::Array(items) => {
            let items = items.iter().map(|item| item.as_str().map_or_else(|| item.clone(), called));
            Cow::Owned(Value::Array(items.collect()))
        }
        _ => value,
    }
}
