//! What the engine says in its own words, where a game has none: which text, with which values. The words themselves
//! are the language's.

use std::borrow::Cow;

use crate::ir::{Move, Slot, SlotType};
use crate::language::{Language, Text};
use crate::slots::{effective_type, is_yes_no, label, named};
use crate::template::number_text;
use crate::text::readable;

pub(super) const NO_MATCH: Text = Text::NoMatch;
/// What was said is kept for somebody who has not come yet; the name of a queue is nothing to say.
pub(super) const STILL_WAITING: Text = Text::StillWaiting;
pub(super) const GREETED: Text = Text::Greeted;
pub(super) const CANCELLED: Text = Text::Cancelled;
pub(super) const NOTHING_TO_CANCEL: Text = Text::NothingToCancel;
pub(super) const START_OVER: Text = Text::StartOver;
pub(super) const NOTHING_TO_REPEAT: Text = Text::NothingToRepeat;
pub(super) const NEEDED: Text = Text::Needed;
pub(super) const ONE_AT_A_TIME: Text = Text::OneAtATime;
pub(super) const GAVE_UP: Text = Text::GaveUp;
pub(super) const CALL_FAILED: Text = Text::CallFailed;
pub(super) const ACKNOWLEDGED: Text = Text::Acknowledged;
pub(super) const STILL_UNCLEAR: Text = Text::StillUnclear;
pub(super) const NOT_THAT: Text = Text::NotThat;
pub(super) const HANDED_OVER: Text = Text::HandedOver;
pub(super) const TO_A_PERSON: Text = Text::ToAPerson;
pub(super) const NOT_NOW: Text = Text::NotNow;
pub(super) const TOO_LONG: Text = Text::TooLong;
pub(super) const HANDED_BACK: Text = Text::HandedBack;
pub(super) const NOT_CHECKED: Text = Text::NotChecked;
pub(super) const GENERATED: Text = Text::Generated;
/// Who an escalation goes to when a person asks for one.
pub(super) const PERSON: &str = "human";
/// Moves named in an answer at most.
const MAX_LISTED_MOVES: usize = 8;
/// Moves that are looked at to know how many more there are.
pub(super) const MAX_COUNTED_MOVES: usize = 40;

/// Something to say, in whatever language the conversation is held.
pub(super) trait Said {
    /// The words.
    fn said(&self, language: &'static Language) -> Cow<'_, str>;
}

impl Said for str {
    fn said(&self, _: &'static Language) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Said for &str {
    fn said(&self, _: &'static Language) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Said for &String {
    fn said(&self, _: &'static Language) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Said for Text {
    fn said(&self, language: &'static Language) -> Cow<'_, str> {
        Cow::Borrowed(language.text(*self))
    }
}

impl Said for &Filled {
    fn said(&self, language: &'static Language) -> Cow<'_, str> {
        Cow::Owned(self.in_words(language))
    }
}

/// A text of the engine with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled {
    text: Text,
    values: Vec<(&'static str, Value)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// As it is.
    Plain(String),
    /// `a, b or c`
    Alternatives(Vec<String>),
    /// `a, b and c`
    Together(Vec<String>),
    /// `a, b and 3 more`
    Shortened(Vec<String>, usize),
}

impl Filled {
    fn new(text: Text, values: impl IntoIterator<Item = (&'static str, Value)>) -> Filled {
        Filled { text, values: values.into_iter().collect() }
    }

    /// The words in a language.
    pub(super) fn in_words(&self, language: &'static Language) -> String {
        let values: Vec<(&str, String)> =
            self.values.iter().map(|(name, value)| (*name, value.said(language))).collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let said = language.say(self.text, &values);
        // A question may begin with a name.
        if self.text == Text::AskYesNo { capitalized(&said) } else { said }
    }
}

impl Value {
    fn said(&self, language: &'static Language) -> String {
        match self {
            Value::Plain(text) => text.clone(),
            Value::Alternatives(options) => language.alternatives(options),
            Value::Together(members) => language.together(members),
            Value::Shortened(members, more) => {
                let more = language.say(Text::More, &[("count", &more.to_string())]);
                format!("{} {} {more}", members.join(", "), language.text(Text::And))
            }
        }
    }
}

fn plain(value: impl Into<String>) -> Value {
    Value::Plain(value.into())
}

/// The question for a slot whose move has no block for it.
pub(super) fn default_prompt(language: &'static Language, slot: &Slot) -> Filled {
    let name = ("name", plain(named(slot)));
    match effective_type(slot) {
        SlotType::Enum(options) if !is_yes_no(language, slot) => {
            let said = options.iter().map(|option| label(slot, option)).collect();
            Filled::new(Text::AskOption, [name, ("options", Value::Alternatives(said))])
        }
        SlotType::Enum(_) | SlotType::Boolean => Filled::new(Text::AskYesNo, [name]),
        SlotType::Range { min, max } => {
            Filled::new(Text::AskRange, [name, ("min", plain(number_text(*min))), ("max", plain(number_text(*max)))])
        }
        SlotType::List(_) => Filled::new(Text::AskList, [name]),
        _ => Filled::new(Text::Ask, [name]),
    }
}

/// The question that reads a `confirm` slot back.
pub(super) fn read_back(slot: &Slot, said: &str) -> Filled {
    if slot.sensitive {
        Filled::new(Text::ReadBackSensitive, [("name", plain(named(slot)))])
    } else {
        Filled::new(Text::ReadBack, [("value", plain(said))])
    }
}

/// Reads back a value that several slots could take, with the one that it is taken for.
pub(super) fn read_back_named(slot: &Slot, said: &str) -> Filled {
    Filled::new(Text::ReadBackNamed, [("name", plain(capitalized(&named(slot)))), ("value", plain(said))])
}

/// That something is not among the options.
pub(super) fn none_such(said: &str) -> Filled {
    Filled::new(Text::NoneSuch, [("value", plain(said))])
}

/// That what was named is left out.
pub(super) fn left_out(said: &str) -> Filled {
    Filled::new(Text::LeftOut, [("value", plain(said))])
}

/// That a service refused a value.
pub(super) fn not_accepted(name: String) -> Filled {
    Filled::new(Text::NotAccepted, [("name", plain(name))])
}

/// That a slot is not needed any more.
pub(super) fn needless(name: String) -> Filled {
    Filled::new(Text::Needless, [("name", plain(name))])
}

/// That it goes on without a slot's value.
pub(super) fn without_it(name: String) -> Filled {
    Filled::new(Text::WithoutIt, [("name", plain(name))])
}

/// What was said beside a yes or a no, and was not understood.
pub(super) fn not_understood(said: &str) -> Filled {
    Filled::new(Text::NotUnderstood, [("said", plain(said))])
}

/// That a slot was corrected.
pub(super) fn corrected(slot: &Slot, said: &str) -> Filled {
    if slot.sensitive {
        Filled::new(Text::CorrectedSensitive, [("name", plain(named(slot)))])
    } else {
        Filled::new(Text::Corrected, [("value", plain(said))])
    }
}

/// `1) a, 2) b`
fn numbered(options: &[String]) -> Value {
    let items: Vec<String> = options
        .iter()
        .enumerate()
        .map(|(index, option)| format!("{}) {}", index + 1, option.trim_end_matches(['.', ';'])))
        .collect();
    plain(items.join(", "))
}

/// `offer choices`
pub(super) fn offer(options: &[String]) -> Filled {
    Filled::new(Text::Offer, [("options", numbered(options))])
}

/// `clarify NAME with options`
pub(super) fn clarify(name: String, options: &[String]) -> Filled {
    Filled::new(Text::Clarify, [("name", plain(name)), ("options", numbered(options))])
}

/// Which of several moves was meant.
pub(super) fn which(labels: &[String]) -> Filled {
    Filled::new(Text::Which, [("options", Value::Alternatives(labels.to_vec()))])
}

/// What is taken up after what is under way.
pub(super) fn after_that(labels: &[String]) -> Filled {
    Filled::new(Text::AfterThat, [("moves", plain(labels.join(", ")))])
}

/// What was said and cannot be kept.
pub(super) fn not_taken(labels: &[String]) -> Filled {
    Filled::new(Text::NotTaken, [("moves", Value::Together(labels.to_vec()))])
}

/// Whether the best guess is right.
pub(super) fn guess(label: &str) -> Filled {
    Filled::new(Text::Guess, [("move", plain(label))])
}

/// That the conversation is handed over.
pub(super) fn escalated(target: &str) -> Filled {
    Filled::new(Text::Escalated, [("target", plain(readable(target)))])
}

/// That somebody has taken the conversation over.
pub(super) fn taken_over(agent: &str) -> Filled {
    Filled::new(Text::TakenOver, [("target", plain(agent))])
}

/// That nobody has come in time.
pub(super) fn nobody_free(target: &str) -> Filled {
    Filled::new(Text::NobodyFree, [("target", plain(readable(target)))])
}

/// A choice that no move takes up.
pub(super) fn noted(choice: &str) -> Filled {
    Filled::new(Text::Noted, [("choice", plain(choice))])
}

/// A move's name as people would say it.
pub(super) fn move_label(mv: &Move) -> String {
    mv.called.clone().unwrap_or_else(|| readable(&mv.name))
}

/// "I can help with …"
pub(super) fn abilities(moves: &[String]) -> Option<Filled> {
    if moves.is_empty() {
        return None;
    }
    let shown = moves[..moves.len().min(MAX_LISTED_MOVES)].to_vec();
    let more = moves.len() - shown.len();
    let list = if more > 0 { Value::Shortened(shown, more) } else { Value::Together(shown) };
    Some(Filled::new(Text::Abilities, [("moves", list)]))
}

/// The choices of a question that yes or no answers.
pub(super) fn yes_and_no(language: &'static Language) -> Vec<String> {
    vec![language.text(Text::Yes).to_owned(), language.text(Text::No).to_owned()]
}

/// Whether a move is meant to be named to people.
pub(crate) fn is_named(mv: &Move) -> bool {
    !mv.triggers.is_empty() && !mv.name.starts_with("repair_")
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
