//! What words give away: names after titles, identifiers and dates of birth that are called so, streets.

use super::detect::{Finding, PiiKind};
use super::words::{CONTEXT_WORDS, Word, digits, says};
use crate::entities::{self, Direction, Kind, Kinds, Language, Reference};
use crate::language;

/// Dates are only found here, not resolved, so any time will do.
const NO_TIME: Reference = Reference {
    now: jiff::civil::DateTime::constant(2000, 1, 1, 0, 0, 0, 0),
    offset_seconds: 0,
    direction: Direction::Past,
    language: Language::English,
    place: entities::Place::DEFAULT,
};
const BIRTH: &[&str] = &["born", "dob", "birth", "birthdate", "birthday", "birthdays"];

/// Identifiers, dates of birth and streets: all have digits.
pub(super) fn find_identifiers(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    identifiers_named_by_context(text, words, found);
    dates_of_birth(text, words, found);
    street_addresses(text, words, found);
}

fn dates_of_birth(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    if !words.iter().any(|word| word.is(BIRTH)) {
        return;
    }
    for entity in entities::recognize(text, Kinds::NONE.with(Kind::Date), &NO_TIME) {
        let (start, end) = (entity.start, entity.end);
        if digits(&text[start..end]) > 0 && says(text, words, start, BIRTH) {
            found.push(Finding { start, end, kind: PiiKind::DateOfBirth, confidence: 0.85 });
        }
    }
}

/// Identifiers whose shape says little: they count when a word right before names them.
fn identifiers_named_by_context(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    const LINKS: &[&str] = &["number", "no", "nr", "num", "is", "id", "record", "the", "my", "was", "its", "it", "s"];
    for (index, word) in words.iter().enumerate() {
        let enough = digits(word.text) >= 5 && word.text.len() <= 14 && word.text.is_ascii();
        if !enough
            || text[word.end..].starts_with(['.', ','])
                && text[word.end + 1..].starts_with(|c: char| c.is_ascii_digit())
        {
            continue;
        }
        let named = words[..index].iter().rev().take(CONTEXT_WORDS).find(|before| !before.is(LINKS));
        let kind = match named {
            Some(name) if name.is(&["mrn", "medical", "patient"]) => PiiKind::MedicalRecord,
            Some(name) if name.is(&["passport"]) => PiiKind::Passport,
            _ => continue,
        };
        found.push(Finding { start: word.start, end: word.end, kind, confidence: 0.8 });
    }
}

/// Words that may stand inside a name in lower case.
const PARTICLES: &[&str] =
    &["de", "da", "del", "della", "van", "von", "der", "den", "bin", "al", "la", "le", "di", "du"];
/// How many words a name takes at most.
const NAME_WORDS: usize = 4;

/// Names after titles, and after words that announce one.
pub(super) fn find_names(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    for (index, word) in words.iter().enumerate() {
        let (first, any_case) = if word.is_capitalized() && is_title(word) {
            (index + 1, false)
        } else if word.is(&["name"]) && words.get(index + 1).is_some_and(|w| w.is(&["is", "was"])) {
            (index + 2, true)
        } else if word.is(&["name"]) && text[word.end..].trim_start().starts_with(':') {
            (index + 1, true)
        } else if word.is(&["named", "called"]) && words.get(index + 1).is_some_and(Word::is_capitalized) {
            (index + 1, false)
        } else {
            continue;
        };
        if let Some((start, end)) = name_at(text, &words[first.min(words.len())..], any_case) {
            found.push(Finding { start, end, kind: PiiKind::PersonName, confidence: 0.7 });
        }
    }
}

/// Whether a word is a title before a name in any language of this build.
fn is_title(word: &Word<'_>) -> bool {
    let titles =
        |language: &&'static language::Language| language.formats.get("titles").unwrap_or("").split_whitespace();
    language::Language::all().iter().flat_map(titles).any(|title| word.is(&[title]))
}

/// One or two particles and then a capitalized word, as in "van der Berg".
fn leads_to_a_name(words: &[Word<'_>]) -> bool {
    let particles = words.iter().take(2).take_while(|word| word.is(PARTICLES)).count();
    particles > 0 && words.get(particles).is_some_and(Word::is_capitalized)
}

fn name_at(text: &str, words: &[Word<'_>], any_case: bool) -> Option<(usize, usize)> {
    /// Lower-case words that follow "my name is" and are no name.
    const NOT_A_NAME: &[&str] = &[
        "not", "on", "in", "the", "a", "an", "and", "but", "so", "for", "i", "my", "it", "spelled", "wrong", "missing",
        "required", "too", "very", "really", "already", "under", "at", "from", "with", "because", "as", "what", "no",
    ];
    let first = words.first()?;
    let lower_case_name = any_case && !first.is(NOT_A_NAME) && first.text.chars().all(char::is_alphabetic);
    if !first.is_capitalized() && !lower_case_name && !leads_to_a_name(words) {
        return None;
    }
    let follow_case = lower_case_name && !first.is_capitalized();
    let mut end = first.end;
    for (index, word) in words.iter().enumerate().take(NAME_WORDS).skip(1) {
        let joined = matches!(&text[end..word.start], " " | "-" | "'" | "’" | ". ")
            && !(text[end..word.start].len() > 1 && index > 1);
        let fits = word.is_capitalized()
            || leads_to_a_name(&words[index..])
            || (follow_case && index == 1 && !word.is(NOT_A_NAME) && word.text.chars().all(char::is_alphabetic));
        // "Dr. Lee. Please …": a full stop goes on only after an initial.
        let initial = text[end..word.start] != *". " || words[index - 1].text.chars().count() == 1;
        if !joined || !fits || !initial {
            break;
        }
        end = word.end;
    }
    Some((first.start, end))
}

/// A house number, one to three words, and a word for a street.
fn street_addresses(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    const STREET: &[&str] = &[
        "street",
        "st",
        "avenue",
        "ave",
        "road",
        "rd",
        "boulevard",
        "blvd",
        "lane",
        "ln",
        "drive",
        "court",
        "terrace",
        "crescent",
        "parkway",
        "highway",
    ];
    for (index, number) in words.iter().enumerate() {
        let house =
            number.text.len() <= 6 && number.text.starts_with(|c: char| c.is_ascii_digit()) && digits(number.text) > 0;
        if !house {
            continue;
        }
        let rest = &words[index + 1..];
        let Some(position) = rest.iter().take(4).position(|word| word.is(STREET)) else { continue };
        let named = position > 0
            && rest[..position].iter().all(|w| {
                w.is_capitalized()
                    || w.text.ends_with("th")
                    || w.text.ends_with("nd")
                    || w.text.ends_with("rd")
                    || w.text.ends_with("st")
            });
        let close = !text[number.end..rest[position].start].contains([',', ';', '?', '!', '\n']);
        if named && close {
            let end = rest[position].end;
            found.push(Finding { start: number.start, end, kind: PiiKind::StreetAddress, confidence: 0.75 });
        }
    }
}
