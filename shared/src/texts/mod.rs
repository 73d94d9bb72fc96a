//! Translations: every text that a game says and hears, by a stable id, and the game with other texts in their places.
//!
//! What is done stays as it is: conditions, slots and options keep their values, and only what people read and say differs.
//! An option keeps its value and gets a label; what people call it in the other language joins the slot's vocabulary.

mod file;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use file::{FILE_FOLDER, TextsError, TextsFile, Translated};

use crate::ir::{
    Action, Game, Modifiers, Path, Pattern, Slot, SlotRules, SlotType, Synonym, Template, TemplatePart, Term,
};
use crate::language::{Language, Locale};
use crate::meaning::MIN_EXAMPLES;
use crate::slots::offered::{Forms, SaidFor};
use crate::syntax::library;
use crate::template::{parse, unparse};

/// The texts of one place, as people write them: of a said text its variants, of patterns all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A stable name: the move, the block or slot, and a number.
    pub id: String,
    /// What kind of text it is, which says what a translation must keep.
    pub kind: Kind,
    /// The texts, in their order.
    pub texts: Vec<String>,
}

/// What kind of text an entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Said to people; several are variants of each other.
    Said,
    /// Patterns of a trigger; as many as the language needs.
    Patterns,
    /// An option: what it is called, then what else people say for it.
    Option,
    /// A term of a vocabulary, then its synonyms.
    Term,
    /// A hint.
    Hint,
    /// What a move or slot is called where it is named to people.
    Name,
    /// What people say to pass a slot over.
    Declined,
}

/// What is wrong with a translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not there: the game's own text is used.
    Missing,
    /// The game's own text is another one by now.
    Stale,
    /// A placeholder or capture of the game's own text does not stand in it.
    Lost(String),
    /// A placeholder or capture stands in it that none of the game's own texts knows.
    Strange(String),
    /// It cannot be read as a text of its kind; the reason.
    Unreadable(String),
    /// The game has no such text any more.
    Unknown,
    /// A text is said for an option, and for another of the same slot.
    SaidForTwo {
        /// The text.
        text: String,
        /// The other option.
        other: String,
    },
    /// A choice that is offered with a slot's question is none of its options.
    NoOption {
        /// What it stands for.
        text: String,
        /// The slot.
        slot: String,
    },
    /// An urgent move has so few phrases in the language, and is heard in little else.
    FewPhrases(usize),
}

/// Every text of a game.
#[must_use]
pub fn extract(game: &Game) -> Vec<Entry> {
    let mut copy = game.clone();
    let mut entries: Vec<Entry> = Vec::new();
    walk::places(&mut copy, &mut |id, place| {
        let (kind, texts) = read(&place);
        if texts.iter().any(|text| !text.trim().is_empty()) {
            entries.push(Entry { id: id.to_owned(), kind, texts });
        }
    });
    entries
}

/// What the parts that come with the program say in another language, for those texts of a game that are theirs.
#[must_use]
pub fn of_the_program(game: &Game, language: &str) -> BTreeMap<String, Translated> {
    if Language::coded(language.split('-').next().unwrap_or_default()).is_none() {
        return BTreeMap::new();
    }
    let entries_of = |name: &str, language: &str| {
        let part = library::part(name, language).ok()?;
        let parsed = crate::syntax::parse(part.as_bytes(), None);
        Some(extract(parsed.game(None)?))
    };
    let own = extract(game);
    let mut known = BTreeMap::new();
    for name in library::names() {
        // A part that is not written in one of the languages is translated as the rest is.
        let (Some(from), Some(into)) = (entries_of(name, &game.language), entries_of(name, language)) else { continue };
        for Entry { id, texts, .. } in &from {
            let is_own = own.iter().any(|entry| entry.id == *id && entry.texts == *texts);
            if let Some(other) = into.iter().find(|other| other.id == *id).filter(|_| is_own) {
                known.insert(id.clone(), Translated { source: texts.clone(), text: other.texts.clone() });
            }
        }
    }
    known
}

/// A game's own texts, and what a file has in their places: id by id, with everything that is wrong.
#[must_use]
pub fn check(game: &Game, file: &TextsFile) -> Vec<(String, Fault)> {
    let entries = extract(game);
    let mut faults = Vec::new();
    let known = names_of(game, &entries);
    for entry in &entries {
        let Some(translated) = file.texts.get(&entry.id).filter(|translated| !translated.text.is_empty()) else {
            faults.push((entry.id.clone(), Fault::Missing));
            continue;
        };
        if translated.source != entry.texts {
            faults.push((entry.id.clone(), Fault::Stale));
        }
        faults.extend(faults_of(entry, &translated.text, &known).into_iter().map(|fault| (entry.id.clone(), fault)));
    }
    if let Ok(translated) = translated(game, file) {
        faults.extend(heard_wrongly(translated).into_iter().filter(|(id, _)| file.texts.contains_key(id)));
    }
    let known = |id: &String| entries.iter().any(|entry| entry.id == *id);
    faults.extend(file.texts.keys().filter(|id| !known(id)).map(|id| (id.clone(), Fault::Unknown)));
    faults
}

/// What people will not be understood by in the language of a translation: words that are said for two options, and
/// emergencies in few words. The game's own language is checked where the game is.
fn heard_wrongly(mut translated: Game) -> Vec<(String, Fault)> {
    let urgent = |mv: &&crate::ir::Move| mv.priority == crate::ir::Priority::Urgent;
    let urgent: BTreeSet<String> = translated.moves.iter().filter(urgent).map(|mv| mv.name.clone()).collect();
    let mut said: BTreeMap<String, SaidFor> = BTreeMap::new();
    let mut phrases: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let mut faults = Vec::new();
    walk::places(&mut translated, &mut |id, place| match &place {
        Place::Option(_, option) => {
            let slot = id.rsplit_once(".option.").map_or(id, |(slot, _)| slot);
            let said = said.entry(slot.to_owned()).or_default();
            // What an option is called stands among what is said for it as well.
            let mut texts = read(&place).1;
            texts.dedup();
            for text in texts {
                if let Some(other) = said.add(&text, option) {
                    faults.push((id.to_owned(), Fault::SaidForTwo { text, other }));
                }
            }
        }
        Place::Patterns(patterns) => {
            let mv = id.split('.').next().unwrap_or(id);
            if urgent.contains(mv) {
                phrases.entry(mv.to_owned()).or_insert_with(|| (id.to_owned(), 0)).1 += patterns.len();
            }
        }
        _ => {}
    });
    faults.extend(choices_that_answer_nothing(&mut translated));
    let few = phrases.into_values().filter(|(_, count)| (1..MIN_EXAMPLES).contains(count));
    faults.extend(few.map(|(id, count)| (id, Fault::FewPhrases(count))));
    faults
}

/// Choices that are offered with a slot's question, and that the slot does not take.
fn choices_that_answer_nothing(translated: &mut Game) -> Vec<(String, Fault)> {
    let language = Language::of_game(translated);
    let patterns = translated.moves.iter().flat_map(|mv| &mv.triggers).flat_map(|trigger| &trigger.patterns);
    let patterns: BTreeSet<String> = patterns.map(|pattern| pattern.text.to_lowercase()).collect();
    let mut faults = Vec::new();
    walk::choices(translated, &mut |slot, id, template| {
        let options = options_of(slot);
        if options.is_empty() {
            return;
        }
        let synonyms = slot.vocabulary.iter().flat_map(|term| &term.synonyms).map(|synonym| synonym.text.as_str());
        let forms = Forms::of(language, options.iter().map(String::as_str).chain(synonyms));
        for text in template.variants().iter().map(unparse) {
            if !text.contains('{') && !patterns.contains(&text.to_lowercase()) && forms.lack(language, &text) {
                faults.push((id.to_owned(), Fault::NoOption { text, slot: slot.name.clone() }));
            }
        }
    });
    faults
}

/// What placeholders and captures may name: slots, and whatever the game's own texts name.
fn names_of(game: &Game, entries: &[Entry]) -> BTreeSet<String> {
    let slots = game.moves.iter().flat_map(|mv| &mv.slots);
    let slots = slots.flat_map(|slot| crate::slots::whole_of(&slot.name).into_iter().chain([slot.name.as_str()]));
    let slots = slots.map(str::to_owned);
    let texts = entries.iter().flat_map(|entry| entry.texts.iter().map(move |text| (entry.kind, text)));
    slots.chain(texts.filter_map(|(kind, text)| names_in(kind, text).ok()).flatten()).collect()
}

fn faults_of(entry: &Entry, texts: &[String], known: &BTreeSet<String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut held: Vec<String> = Vec::new();
    for text in texts {
        match names_in(entry.kind, text) {
            Ok(names) => held.extend(names),
            Err(reason) => faults.push(Fault::Unreadable(reason)),
        }
    }
    let mut wanted: Vec<String> =
        entry.texts.iter().filter_map(|text| names_in(entry.kind, text).ok()).flatten().collect();
    wanted.sort();
    wanted.dedup();
    let strange: BTreeSet<&String> = held.iter().filter(|name| !known.contains(*name)).collect();
    faults.extend(strange.into_iter().cloned().map(Fault::Strange));
    faults.extend(wanted.into_iter().filter(|name| !held.contains(name)).map(Fault::Lost));
    faults
}

/// The placeholders or captures of a text.
fn names_in(kind: Kind, text: &str) -> Result<Vec<String>, String> {
    match kind {
        Kind::Said => {
            let template = parse(text).map_err(|errors| {
                errors
                    .into_iter()
                    .next()
                    .map_or_else(String::new, |error| format!("{} {}", error.code.code(), error.message))
            })?;
            Ok(template.parts.iter().filter_map(placeholder).collect())
        }
        Kind::Patterns => {
            let (words, _) = modifiers(text);
            let elements = crate::syntax::pattern_elements(words)?;
            let capture = |element: &crate::ir::Element| match element {
                crate::ir::Element::Capture { name, .. } => Some(name.clone()),
                _ => None,
            };
            Ok(elements.iter().filter_map(capture).collect())
        }
        Kind::Option | Kind::Term | Kind::Hint | Kind::Name | Kind::Declined => Ok(Vec::new()),
    }
}

fn placeholder(part: &TemplatePart) -> Option<String> {
    match part {
        TemplatePart::Text(_) | TemplatePart::OneOf(_) => None,
        TemplatePart::Value(path)
        | TemplatePart::ValueOr(path, _)
        | TemplatePart::Unless(path, _)
        | TemplatePart::Conditional { path, .. }
        | TemplatePart::Styled { path, .. } => Some(path.join(".")),
        TemplatePart::Expression { expression, .. } => {
            // What stands in its place where nothing can be computed is translated.
            let part = TemplatePart::Expression { expression: expression.clone(), fallback: None };
            Some(unparse(&Template { parts: vec![part] }))
        }
    }
}

/// The game in the language of a file of texts. What the file lacks stays in the game's own language.
///
/// # Errors
/// When the file is for a language that this build lacks, or a text of it cannot be read.
pub fn translated(game: &Game, file: &TextsFile) -> Result<Game, TextsError> {
    let locale = Locale::tagged(&file.language).or_else(|| Language::coded(&file.language).map(Language::locale));
    let Some(locale) = locale else { return Err(TextsError::Language(file.language.clone())) };
    let mut game = Game { translations: Vec::new(), ..game.clone() };
    locale.language.code.clone_into(&mut game.language);
    locale.tag.clone_into(&mut game.locale);
    walk::actions(&mut game, &mut |action| {
        if let Action::Clarify { options, values, .. } = action {
            values.clone_from(options);
        }
    });
    let mut problem = None;
    walk::places(&mut game, &mut |id, place| {
        let Some(entry) = file.texts.get(id).filter(|entry| !entry.text.is_empty()) else { return };
        if let Err(reason) = write(place, &entry.text) {
            problem.get_or_insert(TextsError::Text { id: id.to_owned(), reason });
        }
    });
    match problem {
        Some(problem) => Err(problem),
        None => Ok(game),
    }
}

/// A place where texts stand.
enum Place<'g> {
    Said(&'g mut Template),
    Patterns(&'g mut Vec<Pattern>),
    Option(&'g mut Slot, String),
    Term(&'g mut Term),
    Hint(&'g mut String),
    /// With the name that it has in the game.
    Name(&'g mut Option<String>, &'g str),
    Declined(&'g mut Vec<String>),
}

fn read(place: &Place<'_>) -> (Kind, Vec<String>) {
    match place {
        Place::Said(template) => (Kind::Said, template.variants().iter().map(unparse).collect()),
        Place::Patterns(patterns) => (Kind::Patterns, patterns.iter().map(pattern_text).collect()),
        Place::Option(slot, option) => {
            let label = crate::slots::label(slot, option);
            let own = slot.vocabulary.iter().filter(|term| term.text.eq_ignore_ascii_case(option));
            let said = own.flat_map(|term| &term.synonyms).map(|synonym| synonym.text.clone());
            (Kind::Option, std::iter::once(label).chain(said).collect())
        }
        Place::Term(term) => {
            let synonyms = term.synonyms.iter().map(|synonym| synonym.text.clone());
            (Kind::Term, std::iter::once(term.text.clone()).chain(synonyms).collect())
        }
        Place::Hint(text) => (Kind::Hint, vec![(*text).clone()]),
        Place::Name(called, name) => {
            (Kind::Name, vec![(*called).clone().unwrap_or_else(|| crate::slots::called(name))])
        }
        Place::Declined(said) => (Kind::Declined, (*said).clone()),
    }
}

fn write(place: Place<'_>, texts: &[String]) -> Result<(), String> {
    match place {
        Place::Said(template) => {
            let read = |text: &String| {
                parse(text).map_err(|errors| errors.into_iter().next().map_or_else(String::new, |error| error.message))
            };
            let mut variants = texts.iter().map(read).collect::<Result<Vec<Template>, String>>()?;
            // " con tos" for " with cough": what is conditional in the game's own text is so in any language.
            let own = template.variants().iter().flat_map(|variant| &variant.parts);
            let conditional: Vec<&Path> = own
                .filter_map(|part| match part {
                    TemplatePart::Conditional { path, .. } => Some(path),
                    _ => None,
                })
                .collect();
            for part in variants.iter_mut().flat_map(|variant| &mut variant.parts) {
                if let TemplatePart::ValueOr(path, text) = part
                    && conditional.contains(&&*path)
                {
                    *part = crate::template::conditional(path.clone(), text.clone());
                }
            }
            *template = if variants.len() == 1 {
                variants.remove(0)
            } else {
                Template { parts: vec![TemplatePart::OneOf(variants)] }
            };
        }
        Place::Patterns(patterns) => {
            let line = patterns.first().map_or(0, |pattern| pattern.line);
            let read = |text: &String| {
                let (words, modifiers) = modifiers(text);
                let elements = crate::syntax::pattern_elements(words)?;
                Ok(Pattern { text: words.to_owned(), elements, modifiers, line })
            };
            *patterns = texts.iter().map(read).collect::<Result<Vec<Pattern>, String>>()?;
        }
        Place::Option(slot, option) => {
            let Some((label, _)) = texts.split_first() else { return Ok(()) };
            slot.vocabulary.retain(|term| !term.text.eq_ignore_ascii_case(&option));
            let synonym = |text: &String| Synonym { text: text.clone(), modifiers: Modifiers::default() };
            slot.vocabulary.push(Term {
                text: option.clone(),
                modifiers: Modifiers::default(),
                synonyms: texts.iter().map(synonym).collect(),
            });
            let rules = slot.rules.get_or_insert_with(|| Box::new(SlotRules::default()));
            rules.labels.retain(|(known, _)| *known != option);
            rules.labels.push((option, label.clone()));
        }
        Place::Term(term) => {
            let Some((first, rest)) = texts.split_first() else { return Ok(()) };
            term.text.clone_from(first);
            let synonym = |text: &String| Synonym { text: text.clone(), modifiers: Modifiers::default() };
            term.synonyms = rest.iter().map(synonym).collect();
        }
        Place::Hint(text) => {
            if let Some(first) = texts.first() {
                text.clone_from(first);
            }
        }
        Place::Name(called, _) => *called = texts.first().cloned(),
        Place::Declined(said) => *said = texts.to_vec(),
    }
    Ok(())
}

/// A pattern with its modifiers, as a file of texts has it.
fn pattern_text(pattern: &Pattern) -> String {
    let Modifiers { strict, fuzzy, context_sensitive, learned } = pattern.modifiers;
    let named = [(strict, "strict"), (fuzzy, "fuzzy"), (context_sensitive, "context-sensitive"), (learned, "learned")];
    let modifiers: Vec<&str> = named.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
    if modifiers.is_empty() { pattern.text.clone() } else { format!("{} ({})", pattern.text, modifiers.join(", ")) }
}

/// The words of such a text, and its modifiers.
fn modifiers(text: &str) -> (&str, Modifiers) {
    let mut found = Modifiers::default();
    let Some((words, inside)) = text.trim().strip_suffix(')').and_then(|text| text.rsplit_once('(')) else {
        return (text.trim(), found);
    };
    for name in inside.split(',').map(str::trim) {
        match name {
            "strict" => found.strict = true,
            "fuzzy" => found.fuzzy = true,
            "context-sensitive" => found.context_sensitive = true,
            "learned" => found.learned = true,
            _ => return (text.trim(), Modifiers::default()),
        }
    }
    (words.trim(), found)
}

/// Whether a slot has options that are translated one by one.
fn options_of(slot: &Slot) -> Vec<String> {
    match &slot.ty {
        SlotType::Enum(options) => options.clone(),
        SlotType::List(item) => match item.as_ref() {
            SlotType::Enum(options) => options.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Adds the translations that a bundle or a folder holds to its games; what is wrong with them, by file.
pub fn add_translations(games: &mut [Game], files: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    // A text that brings its files along brings what it imports as well.
    let within = |path: &str| path.split_once('/').is_some_and(|(folder, _)| folder == FILE_FOLDER);
    for (path, text) in files.iter().filter(|(path, _)| within(path)) {
        let file = match TextsFile::read(text.as_bytes()) {
            Ok(file) => file,
            Err(error) => {
                problems.push((path.clone(), error.to_string()));
                continue;
            }
        };
        let wanted = |game: &&mut Game| file.game.as_ref().is_none_or(|name| *name == game.name);
        for game in games.iter_mut().filter(wanted) {
            match translated(game, &file) {
                Ok(translation) => game.translations.push(translation),
                Err(error) => problems.push((path.clone(), error.to_string())),
            }
        }
    }
    problems
}

/// One or several texts, as YAML has them.
fn texts_of(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::String(text) if text.trim().is_empty() => Some(Vec::new()),
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
