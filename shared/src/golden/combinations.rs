//! What `lgdl test` tries by itself: every urgent move said together with every other move, and as part of an answer to
//! every slot's question. An urgent move that is not the first to run is lost; so is the other move that is neither answered
//! nor waits, and the answer that is not stored, unless the urgent move handed the conversation over.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{DEFAULT_NOW, complete, read_now};
use crate::compiled::CompiledGame;
use crate::engine::{Conversation, Outcome, Settings, Turn};
use crate::ir::{Element, Move, Pattern, Priority, Slot, SlotType, Threshold};
use crate::language::{Class, Language, Locale};
use crate::mocks::Mocks;
use crate::template::number_text;
use crate::text::{Heard, readable};

/// Sentences tried for one game in one language at most.
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
    /// How many of them lost something.
    pub lost: usize,
    /// The first of them.
    pub named: Vec<Lost>,
}

/// What a sentence lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The urgent move did not run first.
    Urgent,
    /// The other move was neither answered nor waits.
    Other,
    /// The answer is not stored.
    Answer,
}

/// A sentence that lost something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The urgent move.
    pub urgent: String,
    /// The move, or `MOVE.SLOT`, that it was said with.
    pub with: String,
    /// What was said.
    pub said: String,
    /// What it lost.
    pub missing: Missing,
    /// The move that ran first.
    pub found: String,
}

/// What an emergency is said with.
#[derive(Debug, Clone, Copy)]
enum Beside<'t> {
    /// A move, and whether it is to be heard as well: not where it says little but the same words.
    Move(&'t str, Wanted),
    /// The answer to the open question for a slot of a move.
    Answer(&'t str, &'t str),
}

/// Whether what was said beside an emergency is to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Heard,
    Whatever,
}

/// An urgent move and what is said for it.
struct Emergency {
    name: String,
    said: Vec<String>,
}

struct Trial<'g> {
    game: &'g CompiledGame,
    mocks: &'g Mocks,
    /// The language that is spoken, as a request says it; nothing for the game's own.
    context: Map<String, Value>,
    locale: Locale,
    found: Combinations,
}

/// Tries the combinations of a game, in each of its languages.
#[must_use]
pub fn combinations(game: &CompiledGame, mocks: &Mocks) -> Combinations {
    let mut all = combinations_in(game, game, Map::new(), mocks);
    for (tag, translation) in game.translations() {
        let context = Map::from_iter([("locale".to_owned(), Value::String(tag.clone()))]);
        let Combinations { tried, lost, named, .. } = combinations_in(game, translation, context, mocks);
        all.tried += tried;
        all.lost += lost;
        all.named.extend(named);
    }
    all.named.truncate(MAX_NAMED);
    all
}

/// The same in one language; `spoken` is the game in it.
fn combinations_in(
    game: &CompiledGame,
    spoken: &CompiledGame,
    context: Map<String, Value>,
    mocks: &Mocks,
) -> Combinations {
    let moves: Vec<_> = (0..spoken.move_count()).filter_map(|index| spoken.move_at(index)).collect();
    let urgent = |mv: &Move| mv.priority == Priority::Urgent;
    let locale = Locale::of_game(&spoken.header());
    let mut trial = Trial { game, mocks, context, locale, found: Combinations::default() };
    let mut emergencies = Vec::new();
    for mv in moves.iter().filter(|mv| urgent(mv)) {
        trial.found.urgent_moves += 1;
        let said =
            sayings(locale, mv).into_iter().filter(|said| trial.is_heard(&Conversation::default(), said, &mv.name));
        emergencies.push(Emergency { name: mv.name.clone(), said: said.collect() });
    }
    if emergencies.is_empty() {
        return trial.found;
    }
    for mv in &moves {
        for said in sayings(locale, mv) {
            // What is taken only if nothing else is meant is not to be heard beside something.
            let alone = !is_last_resort(locale, mv, &said) && trial.is_certain(mv, &said);
            for emergency in emergencies.iter().filter(|emergency| emergency.name != mv.name) {
                for urgent in &emergency.said {
                    // Of two urgent moves the one that was said first runs first.
                    let both_urgent = emergencies.iter().any(|other| other.name == mv.name);
                    let joined =
                        if both_urgent { joined(locale, urgent, &said) } else { around(locale, urgent, &said) };
                    let heard = alone && says_something_new(locale.language, urgent, &said);
                    let beside = Beside::Move(&mv.name, if heard { Wanted::Heard } else { Wanted::Whatever });
                    for text in joined {
                        trial.check(&Conversation::default(), &text, &emergency.name, beside);
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
            context: self.context.clone(),
            now_ms,
            offset_seconds,
            settings: Settings::default(),
        };
        complete(self.game, conversation.clone(), turn, |call| self.mocks.answer(call))
    }

    fn is_heard(&self, conversation: &Conversation, text: &str, move_id: &str) -> bool {
        self.say(conversation, text).record.move_id == move_id
    }

    /// Whether a sentence by itself reaches the threshold of its move.
    fn is_certain(&self, mv: &Move, text: &str) -> bool {
        let record = self.say(&Conversation::default(), text).record;
        let enough = match mv.threshold {
            Threshold::Fixed(threshold) => record.confidence >= threshold,
            Threshold::Adaptive | Threshold::Weighted { .. } => true,
        };
        record.move_id == mv.name && enough
    }

    fn check(&mut self, conversation: &Conversation, text: &str, urgent: &str, beside: Beside<'_>) {
        if self.found.tried >= MAX_COMBINATIONS {
            return;
        }
        self.found.tried += 1;
        let outcome = self.say(conversation, text);
        let Some(missing) = missing(&outcome, urgent, beside) else { return };
        self.found.lost += 1;
        if self.found.named.len() < MAX_NAMED {
            let with = match beside {
                Beside::Move(name, _) => name.to_owned(),
                Beside::Answer(name, slot) => format!("{name}.{slot}"),
            };
            let (urgent, said, found) = (urgent.to_owned(), text.to_owned(), outcome.record.move_id);
            self.found.named.push(Lost { urgent, with, said, missing, found });
        }
    }

    /// Every question of a move, answered together with every emergency.
    fn questions(&mut self, mv: &Move, emergencies: &[Emergency]) {
        if mv.slots.is_empty() {
            return;
        }
        let Some(opening) =
            sayings(self.locale, mv).into_iter().find(|said| self.is_heard(&Conversation::default(), said, &mv.name))
        else {
            return;
        };
        let mut outcome = self.say(&Conversation::default(), &opening);
        for _ in 0..MAX_QUESTIONS {
            let Some(asked) = outcome.record.awaiting_slot.clone() else { return };
            let Some(slot) = mv.slots.iter().find(|slot| slot.name == asked) else { return };
            let answer = if outcome.record.stage == "confirming" {
                self.locale.format("sample.yes").to_owned()
            } else {
                answer_for(self.locale, slot, &slot.ty)
            };
            for emergency in emergencies.iter().filter(|emergency| emergency.name != mv.name) {
                for urgent in &emergency.said {
                    for text in around(self.locale, urgent, &answer) {
                        let beside = Beside::Answer(&mv.name, &asked);
                        self.check(&outcome.conversation, &text, &emergency.name, beside);
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

/// What a turn lost of an emergency and what was said with it.
fn missing(outcome: &Outcome, urgent: &str, beside: Beside<'_>) -> Option<Missing> {
    let record = &outcome.record;
    if record.move_id != urgent {
        return Some(Missing::Urgent);
    }
    if record.escalated_to.is_some() {
        return None;
    }
    match beside {
        Beside::Move(_, Wanted::Whatever) => None,
        Beside::Move(name, Wanted::Heard) => {
            (!record.also.iter().any(|also| also.move_id == name)).then_some(Missing::Other)
        }
        Beside::Answer(name, slot) => {
            (outcome.conversation.answers(name, slot) == Some(false)).then_some(Missing::Answer)
        }
    }
}

/// Whether more than half of what a sentence says is not what the emergency says already.
fn says_something_new(language: &'static Language, urgent: &str, said: &str) -> bool {
    let (urgent, said) = (Heard::of(language, urgent), Heard::of(language, said));
    let telling = |heard: &Heard| -> Vec<u64> {
        let words = heard.words.iter().filter(|word| !word.class.is(Class::FUNCTION.and(Class::FILLER)));
        words.map(|word| word.stem(language).hash()).collect()
    };
    let (known, new) = (telling(&urgent), telling(&said));
    let repeated = new.iter().filter(|word| known.contains(word)).count();
    repeated * 2 < new.len()
}

/// An emergency before and behind something else.
fn around(locale: Locale, urgent: &str, other: &str) -> Vec<String> {
    [joined(locale, urgent, other), joined(locale, other, urgent)].concat()
}

/// How two things are said in one breath.
fn joined(locale: Locale, first: &str, second: &str) -> Vec<String> {
    let (and, aside) = (locale.format("said.and"), locale.format("said.aside"));
    vec![
        format!("{first} {and} {second}"),
        format!("{first}, {second}"),
        format!("{first}. {second}"),
        format!("{first}, {aside}, {second}"),
    ]
}

/// What people say for a move: its patterns, with a sample for each capture.
fn sayings(locale: Locale, mv: &Move) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for pattern in mv.triggers.iter().flat_map(|trigger| &trigger.patterns) {
        let text = saying(locale, mv, pattern);
        if !text.is_empty() && !said.contains(&text) {
            said.push(text);
        }
    }
    said
}

/// Whether only `context-sensitive` patterns of a move say this.
fn is_last_resort(locale: Locale, mv: &Move, said: &str) -> bool {
    let mut patterns = mv.triggers.iter().flat_map(|trigger| &trigger.patterns);
    patterns.all(|pattern| pattern.modifiers.context_sensitive || saying(locale, mv, pattern) != said)
}

fn saying(locale: Locale, mv: &Move, pattern: &Pattern) -> String {
    let words = pattern.elements.iter().filter_map(|element| match element {
        Element::Words(text) => Some(text.clone()),
        Element::Capture { optional: true, .. } | Element::Wildcard => None,
        Element::Capture { name, .. } => {
            let slot = mv.slots.iter().find(|slot| slot.name == *name);
            Some(slot.map_or_else(|| readable(name), |slot| answer_for(locale, slot, &slot.ty)))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A sample of what answers a slot.
pub(super) fn answer_for(locale: Locale, slot: &Slot, ty: &SlotType) -> String {
    let sample = match ty {
        SlotType::String if slot.ty == SlotType::String && crate::slots::effective_type(slot) != &SlotType::String => {
            return answer_for(locale, slot, crate::slots::effective_type(slot));
        }
        SlotType::String => "Alex",
        SlotType::Number => "3",
        SlotType::Range { min, .. } => return number_text(*min),
        SlotType::Enum(options) => return options.first().cloned().unwrap_or_default(),
        SlotType::Timeframe => locale.format("sample.timeframe"),
        SlotType::Date => locale.format("sample.date"),
        SlotType::Time => locale.format("sample.time"),
        SlotType::DateTime => locale.format("sample.datetime"),
        SlotType::Boolean => locale.format("sample.yes"),
        SlotType::Email => "name@example.com",
        SlotType::Phone => "+1 555 010 9999",
        SlotType::Url => "https://example.com",
        SlotType::Money => locale.format("sample.money"),
        SlotType::Quantity => locale.format("sample.quantity"),
        SlotType::EnumFrom(_) => "Alex",
        SlotType::Pattern(regex) => return crate::slots::pattern_example(regex),
        SlotType::List(item) => return answer_for(locale, slot, item),
    };
    sample.to_owned()
}
