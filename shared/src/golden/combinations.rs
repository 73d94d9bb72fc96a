//! What `lgdl test` tries by itself: every urgent move said together with every other move, and as part of an answer to
//! every slot's question. An urgent move that is not the first to run is lost.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{DEFAULT_NOW, complete, read_now};
use crate::compiled::CompiledGame;
use crate::engine::{Conversation, Outcome, Settings, Turn};
use crate::ir::{Element, Move, Pattern, Priority, Slot, SlotType};
use crate::mocks::Mocks;

use crate::template::number_text;
use crate::text::readable;

/// Sentences tried for one game at most.
pub const MAX_COMBINATIONS: usize = 20_000;
/// Questions that are gone through to reach a slot at most.
const MAX_QUESTIONS: usize = 64;
/// Lost sentences that are named at most.
const MAX_NAMED: usize = 50;

/// What came of the combinations of a game.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Combinations {
    /// Moves that are urgent.
    pub urgent_moves: usize,
    /// Sentences tried.
    pub tried: usize,
    /// How many of them lost the urgent move.
    pub lost: usize,
    /// The first of them.
    pub named: Vec<Lost>,
}

/// A sentence that lost its urgent move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The urgent move.
    pub urgent: String,
    /// The move, or `MOVE.SLOT`, that it was said with.
    pub with: String,
    /// What was said.
    pub said: String,
    /// The move that ran instead.
    pub found: String,
}

/// An urgent move and what is said for it.
struct Emergency {
    name: String,
    said: Vec<String>,
}

struct Trial<'g> {
    game: &'g CompiledGame,
    mocks: &'g Mocks,
    found: Combinations,
}

/// Tries the combinations of a game.
#[must_use]
pub fn combinations(game: &CompiledGame, mocks: &Mocks) -> Combinations {
    let moves: Vec<_> = (0..game.move_count()).filter_map(|index| game.move_at(index)).collect();
    let urgent = |mv: &Move| mv.priority == Priority::Urgent;
    let mut trial = Trial { game, mocks, found: Combinations::default() };
    let mut emergencies = Vec::new();
    for mv in moves.iter().filter(|mv| urgent(mv)) {
        trial.found.urgent_moves += 1;
        let said = sayings(mv).into_iter().filter(|said| trial.is_heard(&Conversation::default(), said, &mv.name));
        emergencies.push(Emergency { name: mv.name.clone(), said: said.collect() });
    }
    if emergencies.is_empty() {
        return trial.found;
    }
    for mv in &moves {
        for said in sayings(mv) {
            for emergency in emergencies.iter().filter(|emergency| emergency.name != mv.name) {
                for urgent in &emergency.said {
                    // Of two urgent moves the one that was said first runs first.
                    let both_urgent = emergencies.iter().any(|other| other.name == mv.name);
                    let joined = if both_urgent { behind(urgent, &said) } else { around(urgent, &said) };
                    for text in joined {
                        trial.check(&Conversation::default(), &text, &emergency.name, &mv.name);
                    }
                }
            }
        }
        trial.questions(mv, &emergencies);
    }
    trial.found
}

impl Trial<'_> {
    fn say(&self, conversation: &Conversation, text: &str) -> Outcome {
        let (now_ms, offset_seconds) = read_now(DEFAULT_NOW).unwrap_or_default();
        let turn = Turn {
            event: None,
            participant: "user".to_owned(),
            text: text.to_owned(),
            context: Map::<String, Value>::new(),
            now_ms,
            offset_seconds,
            settings: Settings::default(),
        };
        complete(self.game, conversation.clone(), turn, |call| self.mocks.answer(call))
    }

    fn is_heard(&self, conversation: &Conversation, text: &str, move_id: &str) -> bool {
        self.say(conversation, text).record.move_id == move_id
    }

    fn check(&mut self, conversation: &Conversation, text: &str, urgent: &str, with: &str) {
        if self.found.tried >= MAX_COMBINATIONS {
            return;
        }
        self.found.tried += 1;
        let found = self.say(conversation, text).record.move_id;
        if found != urgent {
            self.found.lost += 1;
            if self.found.named.len() < MAX_NAMED {
                let (urgent, with, said) = (urgent.to_owned(), with.to_owned(), text.to_owned());
                self.found.named.push(Lost { urgent, with, said, found });
            }
        }
    }

    /// Every question of a move, answered together with every emergency.
    fn questions(&mut self, mv: &Move, emergencies: &[Emergency]) {
        if mv.slots.is_empty() {
            return;
        }
        let Some(opening) =
            sayings(mv).into_iter().find(|said| self.is_heard(&Conversation::default(), said, &mv.name))
        else {
            return;
        };
        let mut outcome = self.say(&Conversation::default(), &opening);
        for _ in 0..MAX_QUESTIONS {
            let Some(asked) = outcome.record.awaiting_slot.clone() else { return };
            let Some(slot) = mv.slots.iter().find(|slot| slot.name == asked) else { return };
            let answer =
                if outcome.record.stage == "confirming" { "yes".to_owned() } else { answer_for(slot, &slot.ty) };
            let place = format!("{}.{asked}", mv.name);
            for emergency in emergencies.iter().filter(|emergency| emergency.name != mv.name) {
                for urgent in &emergency.said {
                    for text in around(urgent, &answer) {
                        self.check(&outcome.conversation, &text, &emergency.name, &place);
                    }
                }
            }
            let next = self.say(&outcome.conversation, &answer);
            if next.record.awaiting_slot.as_deref() == Some(&asked) && next.record.stage == outcome.record.stage {
                // The sample is no answer here.
                return;
            }
            outcome = next;
        }
    }
}

/// An emergency before and behind something else.
fn around(urgent: &str, other: &str) -> Vec<String> {
    let mut joined = behind(urgent, other);
    joined.extend([
        format!("{other} and {urgent}"),
        format!("{other}, {urgent}"),
        format!("{other}. {urgent}"),
        format!("{other}, by the way, {urgent}"),
    ]);
    joined
}

/// Something else behind an emergency.
fn behind(urgent: &str, other: &str) -> Vec<String> {
    vec![
        format!("{urgent} and {other}"),
        format!("{urgent}, {other}"),
        format!("{urgent}. {other}"),
        format!("{urgent}, by the way, {other}"),
    ]
}

/// What people say for a move: its patterns, with a sample for each capture.
fn sayings(mv: &Move) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for pattern in mv.triggers.iter().flat_map(|trigger| &trigger.patterns) {
        let text = saying(mv, pattern);
        if !text.is_empty() && !said.contains(&text) {
            said.push(text);
        }
    }
    said
}

fn saying(mv: &Move, pattern: &Pattern) -> String {
    let words = pattern.elements.iter().filter_map(|element| match element {
        Element::Words(text) => Some(text.clone()),
        Element::Capture { optional: true, .. } | Element::Wildcard => None,
        Element::Capture { name, .. } => {
            let slot = mv.slots.iter().find(|slot| slot.name == *name);
            Some(slot.map_or_else(|| readable(name), |slot| answer_for(slot, &slot.ty)))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A sample of what answers a slot.
fn answer_for(slot: &Slot, ty: &SlotType) -> String {
    let sample = match ty {
        SlotType::String if slot.ty == SlotType::String && crate::slots::effective_type(slot) != &SlotType::String => {
            return answer_for(slot, crate::slots::effective_type(slot));
        }
        SlotType::String => "Alex",
        SlotType::Number => "3",
        SlotType::Range { min, .. } => return number_text(*min),
        SlotType::Enum(options) => return options.first().cloned().unwrap_or_default(),
        SlotType::Timeframe => "2 days ago",
        SlotType::Date => "tomorrow",
        SlotType::Time => "7pm",
        SlotType::DateTime => "tomorrow at 7pm",
        SlotType::Boolean => "yes",
        SlotType::Email => "name@example.com",
        SlotType::Phone => "+1 555 010 9999",
        SlotType::Url => "https://example.com",
        SlotType::Money => "20 dollars",
        SlotType::Quantity => "5 kg",
        SlotType::EnumFrom(_) => "Alex",
        SlotType::Pattern(regex) => return crate::slots::pattern_example(regex),
        SlotType::List(item) => return answer_for(slot, item),
    };
    sample.to_owned()
}
