//! What an utterance does to a list: adding, taking away, leaving only some, leaving out some.
//!
//! "also bacon" adds, "no onion" takes away, "only cheese" replaces, "everything except bacon" is all options but one.
//! One utterance may do several of these, in the order in which they are said.

use serde_json::{Value as Json, json};

use crate::ir::{Slot, SlotType};
use crate::language::{Cue, CueSet};

use super::convert::Found;
use super::effective_type;
use super::options::{self, Chosen};
use super::scan::Scan;

/// A change to a list of options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListEdit {
    /// What is added; options named with no word about them are added too.
    Add(Vec<usize>),
    /// What is taken away.
    Remove(Vec<usize>),
    /// What is left of the list.
    Only(Vec<usize>),
    /// All options but these.
    AllBut(Vec<usize>),
}

/// What the words before an option do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing is said about it.
    Named,
    Add,
    Remove,
    Only,
    AllBut,
}

const MODES: [(Cue, Mode); 4] = [
    (Cue::ListAllBut, Mode::AllBut),
    (Cue::ListOnly, Mode::Only),
    (Cue::ListRemove, Mode::Remove),
    (Cue::ListAdd, Mode::Add),
];

/// What is done to a list, and where the words that do it stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListEdits {
    edits: Vec<ListEdit>,
    /// First byte of the first option, and one past the last byte of the last.
    span: (usize, usize),
    /// Whether some word says that the list is changed, not only what it holds.
    pub(crate) explicit: bool,
}

/// Reads what an utterance does to a list of options; `None` when it names none.
pub(crate) fn list_edits(slot: &Slot, scan: &Scan<'_>) -> Option<ListEdits> {
    let SlotType::List(item) = effective_type(slot) else { return None };
    let SlotType::Enum(choices) = item.as_ref() else { return None };
    let named = options::named(choices, scan.vocabulary(slot), &scan.heard);
    let (first, last) = (named.first()?, named.last()?);
    let span = (first.start, last.end);
    let mut edits: Vec<(Mode, Vec<usize>)> = Vec::new();
    let mut explicit = false;
    for (mode, chosen) in with_modes(&named, scan) {
        explicit |= mode != Mode::Named;
        match edits.last_mut() {
            Some((held, members)) if *held == mode => members.push(chosen.index),
            _ => edits.push((mode, vec![chosen.index])),
        }
    }
    let edits = edits
        .into_iter()
        .map(|(mode, members)| match mode {
            Mode::Named | Mode::Add => ListEdit::Add(members),
            Mode::Remove => ListEdit::Remove(members),
            Mode::Only => ListEdit::Only(members),
            Mode::AllBut => ListEdit::AllBut(members),
        })
        .collect();
    Some(ListEdits { edits, span, explicit })
}

/// Each named option with what the words before it do. A mode holds until another is said, or a clause begins that says
/// none ("no onion, olives").
fn with_modes<'n>(named: &'n [Chosen], scan: &Scan<'_>) -> Vec<(Mode, &'n Chosen)> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let cues = MODES.iter().fold(CueSet::default(), |set, (cue, _)| set.with(*cue));
    let mut mode = Mode::Named;
    let mut found = Vec::new();
    let mut at = 0;
    let mut open = named.iter().peekable();
    while at < words.len() {
        let word = &words[at];
        if let Some(chosen) = open.next_if(|chosen| chosen.start <= word.start) {
            found.push((mode, chosen));
            while at < words.len() && words[at].start < chosen.end {
                at += 1;
            }
            // What is said after an option may be about it: "the olives, please take them off".
            continue;
        }
        let length = language.prefix(&words[at..], cues);
        if length > 0 {
            let said = MODES.iter().find(|(cue, _)| language.is(&words[at..at + length], *cue));
            mode = said.map_or(mode, |(_, mode)| *mode);
            at += length;
            continue;
        }
        if word.after_break || word.is(Cue::But) {
            // "no onion, olives": the comma ends what was denied, "no onion, no olives" says it again.
            mode = if mode == Mode::Remove { Mode::Named } else { mode };
        }
        at += 1;
    }
    found
}

impl ListEdits {
    /// The list after the edits; `held` is what it holds now.
    pub(crate) fn applied(&self, slot: &Slot, held: &[Json]) -> Vec<Json> {
        let choices: &[String] = match effective_type(slot) {
            SlotType::List(item) => match item.as_ref() {
                SlotType::Enum(choices) => choices,
                _ => &[],
            },
            _ => &[],
        };
        let value = |index: &usize| choices.get(*index).map(|option| json!(option));
        let mut list: Vec<Json> = held.to_vec();
        for edit in &self.edits {
            match edit {
                ListEdit::Add(members) => {
                    for member in members.iter().filter_map(value) {
                        if !list.contains(&member) {
                            list.push(member);
                        }
                    }
                }
                ListEdit::Remove(members) => {
                    let gone: Vec<Json> = members.iter().filter_map(value).collect();
                    list.retain(|member| !gone.contains(member));
                }
                ListEdit::Only(members) => list = members.iter().filter_map(value).collect(),
                ListEdit::AllBut(members) => {
                    let gone: Vec<Json> = members.iter().filter_map(value).collect();
                    list = choices.iter().map(|option| json!(option)).filter(|option| !gone.contains(option)).collect();
                }
            }
        }
        list
    }

    /// The list after the edits as a value of the slot; `None` when nothing is left of it.
    pub(crate) fn found(&self, slot: &Slot, scan: &Scan<'_>, held: &[Json]) -> Option<Found> {
        let list = self.applied(slot, held);
        if list.is_empty() {
            return None;
        }
        let texts: Vec<&str> = list.iter().filter_map(Json::as_str).collect();
        let text = scan.language().together(&texts);
        Some(Found { start: self.span.0, end: self.span.1, text, value: Json::Array(list), fits: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::Reference;
    use crate::ir::Extract;

    fn toppings() -> Slot {
        let options = ["cheese", "bacon", "onion", "olives"].map(str::to_owned).to_vec();
        Slot {
            name: "toppings".into(),
            ty: SlotType::List(Box::new(SlotType::Enum(options))),
            required: true,
            default: None,
            extract: Extract::Hybrid,
            vocabulary: vec![],
            context: None,
            confirm: false,
            sensitive: false,
            retries: 3,
            line: 1,
        }
    }

    #[track_caller]
    fn check(held: &[&str], text: &str, expected: &[&str]) {
        let slot = toppings();
        let reference = crate::slots::tests::reference();
        let reference: &Reference = &reference;
        let scan = Scan::of(text, [&slot], reference);
        let held: Vec<Json> = held.iter().map(|member| json!(member)).collect();
        let edits = list_edits(&slot, &scan).expect("options are named");
        let after: Vec<String> =
            edits.applied(&slot, &held).iter().filter_map(|member| member.as_str().map(str::to_owned)).collect();
        assert_eq!(after, expected, "{text}");
    }

    #[test]
    fn a_list_is_added_to_and_taken_from() {
        check(&["cheese"], "also bacon", &["cheese", "bacon"]);
        check(&["cheese"], "I forgot bacon", &["cheese", "bacon"]);
        check(&["cheese", "onion"], "no onion", &["cheese"]);
        check(&["cheese", "onion"], "remove the onion please", &["cheese"]);
        check(&["cheese", "onion"], "without onions", &["cheese"]);
        check(&["cheese", "olives"], "can you remove the olives", &["cheese"]);
        check(&["onion", "olives"], "only cheese", &["cheese"]);
        check(&[], "everything except bacon", &["cheese", "onion", "olives"]);
        check(&[], "cheese and bacon but no onion", &["cheese", "bacon"]);
        check(&["onion"], "no onion, olives", &["olives"]);
        check(&["onion"], "add bacon and remove the onion", &["bacon"]);
    }
}
