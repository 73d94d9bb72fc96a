//! Who speaks in a conversation, out of it again: what was said for slots that hold something of a person, and what stands in
//! its place in a dialogue that is kept.

use std::collections::{BTreeMap, BTreeSet};

use super::combinations::answer_for;
use crate::compiled::CompiledGame;
use crate::engine::{Outcome, prompt_text};
use crate::ir::{Action, Move, Slot, SlotType, Statement};
use crate::language::{Language, Locale};
use crate::slots::labels::Wanted;
use crate::slots::{Source, effective_type, whole_of};
use crate::text::Heard;

/// Names that are nobody's, one for each person of a conversation.
const NAMES: [&str; 4] = ["Alex Doe", "Sam Roe", "Kim Poe", "Robin Moe"];
/// Words that are nobody's, for what a person says of themselves.
const WORDS: [&str; 4] = ["Exampleton", "Sampleford", "Testbury", "Demoville"];
/// Where nobody lives.
const STREET: &str = "1 Example Street";
/// A single word of a name is replaced by itself from this length on, in characters.
const MIN_NAME_CHARS: usize = 3;

/// The slots of a game that hold something of a person, and what was said for them.
pub struct Persons {
    slots: BTreeMap<String, Held>,
    replaced: Vec<Replaced>,
}

/// A slot that holds something of a person.
struct Held {
    is_name: bool,
    /// What stands in the place of a value that is no text.
    sample: Option<String>,
}

struct Replaced {
    said: String,
    by: String,
    /// How letters may differ.
    case: Case,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Any,
    AsSaid,
}

impl Persons {
    /// The slots of a game: what is sensitive, what a person is called, how they are reached, the parts of a composite, and the
    /// texts that a part collects which other moves call.
    #[must_use]
    pub fn of(game: &CompiledGame) -> Persons {
        let header = game.header();
        let (language, locale) = (Language::of_game(&header), Locale::of_game(&header));
        let moves: Vec<_> = (0..game.move_count()).filter_map(|index| game.move_at(index)).collect();
        let mut called = BTreeSet::new();
        for block in moves.iter().flat_map(|mv| &mv.blocks) {
            let bodies = block.branches.iter().map(|branch| &branch.body).chain(&block.otherwise);
            bodies.flatten().for_each(|statement| calls(statement, &mut called));
        }
        let mut slots = BTreeMap::new();
        for mv in &moves {
            let part = if called.contains(&mv.name) { Part::Called } else { Part::No };
            for slot in &mv.slots {
                if let Some(held) = held(language, locale, mv, slot, part) {
                    slots.entry(slot.name.clone()).or_insert(held);
                }
            }
        }
        Persons { slots, replaced: Vec::new() }
    }

    /// Takes note of what a turn filled. What stands in the place of all that was said, where the value is not in it word by word.
    pub fn note(&mut self, outcome: &Outcome) -> Option<String> {
        let input = &outcome.record.user_input;
        let mut whole = None;
        for filled in &outcome.record.filled {
            let Some(held) = self.slots.get(&filled.slot) else { continue };
            let said = outcome.conversation.said_for(&filled.slot).filter(|said| !said.trim().is_empty());
            if let Some(said) = said.filter(|said| !places(input, said, Case::Any).is_empty()) {
                let (is_name, sample) = (held.is_name, held.sample.clone());
                self.replace(said.trim(), is_name, sample);
            } else if matches!(filled.source, Source::Answer | Source::Correction) {
                whole = Some(held.sample.clone().unwrap_or_else(|| self.stand_in(input, held.is_name)));
            }
        }
        whole
    }

    fn replace(&mut self, said: &str, is_name: bool, sample: Option<String>) {
        if self.replaced.iter().any(|known| known.said.eq_ignore_ascii_case(said)) {
            return;
        }
        let by = sample.unwrap_or_else(|| self.stand_in(said, is_name));
        if is_name {
            let by: Vec<&str> = by.split(' ').collect();
            for (index, word) in said.split_whitespace().enumerate() {
                let by = by.get(index).or(by.last()).copied().unwrap_or_default();
                let known = self.replaced.iter().any(|known| known.said == word);
                if word.chars().count() >= MIN_NAME_CHARS && !known {
                    let (said, by) = (word.to_owned(), by.to_owned());
                    self.replaced.push(Replaced { said, by, case: Case::AsSaid });
                }
            }
        }
        self.replaced.push(Replaced { said: said.to_owned(), by, case: Case::Any });
        // "Anna Berg" before "Anna".
        self.replaced.sort_by_key(|replaced| std::cmp::Reverse(replaced.said.len()));
    }

    /// Something of the same kind, and of the same form as far as it has one; another one for each value.
    fn stand_in(&self, said: &str, is_name: bool) -> String {
        let among = |list: &[&str]| {
            let used = |word: &&&str| self.replaced.iter().any(|replaced| replaced.by == ***word);
            list.iter().find(|word| !used(word)).or(list.last()).copied().unwrap_or_default().to_owned()
        };
        if is_name {
            return among(&NAMES);
        }
        if !said.chars().any(|sign| sign.is_ascii_digit()) {
            return among(&WORDS);
        }
        if said.chars().filter(|sign| sign.is_alphabetic()).count() > MIN_NAME_CHARS {
            return STREET.to_owned();
        }
        // "53111", "SW1A 1AA"
        said.chars()
            .map(|sign| {
                if sign.is_ascii_digit() {
                    '1'
                } else if sign.is_alphabetic() {
                    'X'
                } else {
                    sign
                }
            })
            .collect()
    }

    /// A text with the stand-ins in it.
    #[must_use]
    pub fn replaced(&self, text: &str) -> String {
        let mut spans: Vec<(usize, usize, &str)> = Vec::new();
        for Replaced { said, by, case } in &self.replaced {
            for (start, end) in places(text, said, *case) {
                if spans.iter().all(|(from, to, _)| end <= *from || start >= *to) {
                    spans.push((start, end, by.as_str()));
                }
            }
        }
        spans.sort_unstable();
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for (start, end, by) in spans {
            out.push_str(&text[at..start]);
            out.push_str(by);
            at = end;
        }
        out.push_str(&text[at..]);
        out
    }
}

/// Whether a move is called by others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Called,
    No,
}

fn held(language: &'static Language, locale: Locale, mv: &Move, slot: &Slot, part: Part) -> Option<Held> {
    let ty = effective_type(slot);
    let is_text = *ty == SlotType::String;
    let wanted = Wanted::of(&crate::slots::name(language, slot), &Heard::of(language, &prompt_text(mv, slot)));
    let is_name = is_text && matches!(wanted, Wanted::Name | Wanted::Person);
    let of_a_form = is_text || matches!(ty, SlotType::Pattern(_));
    let of_a_person = is_name
        || slot.sensitive
        || matches!(ty, SlotType::Email | SlotType::Phone)
        || of_a_form && (whole_of(&slot.name).is_some() || part == Part::Called);
    let sample = (!is_text).then(|| answer_for(locale, slot, &slot.ty)).filter(|sample| !sample.is_empty());
    of_a_person.then_some(Held { is_name, sample })
}

/// The moves that a statement calls as parts.
fn calls(statement: &Statement, called: &mut BTreeSet<String>) {
    match statement {
        Statement::Action(Action::CallMove { target, .. }) => drop(called.insert(target.clone())),
        Statement::Action(_) | Statement::Confidence(_) => {}
        Statement::Block(block) => {
            let bodies = block.branches.iter().map(|branch| &branch.body).chain(&block.otherwise);
            bodies.flatten().for_each(|statement| calls(statement, called));
        }
    }
}

/// Where words stand in a text, as words of their own.
fn places(text: &str, said: &str, case: Case) -> Vec<(usize, usize)> {
    let said = said.trim();
    let mut found = Vec::new();
    if said.is_empty() {
        return found;
    }
    let lower = said.to_lowercase();
    let mut from = 0;
    for (start, _) in text.char_indices() {
        let end = start + said.len();
        let Some(here) = text.get(start..end).filter(|_| start >= from) else { continue };
        let same = here == said || case == Case::Any && here.to_lowercase() == lower;
        let before = text[..start].chars().next_back();
        let after = text[end..].chars().next();
        let apart = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
        if same && apart(before) && apart(after) {
            found.push((start, end));
            from = end;
        }
    }
    found
}
