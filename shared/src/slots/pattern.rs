//! Texts of a form of their own, told by a regular expression: those of the type `pattern "REGEX"`, which are found however
//! they are spelt, and what `extract using regex "EXPR"` finds, which is read as the slot's type.

use regex_lite::{Regex, RegexBuilder};

use super::convert::Found;
use super::read;
use super::scan::Scan;
use super::{Answer, is_text};
use crate::entities::answer;
use crate::ir::Slot;

/// The largest compiled expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;
/// Words of an utterance that may spell one text of the form.
const MAX_SPELT_WORDS: usize = 6;
/// How often an example repeats what may be repeated at most.
const MAX_REPEATS: usize = 12;
/// How deep an expression is followed for an example.
const MAX_DEPTH: usize = 16;

/// The first text of the form that is said; `None` where there is none. An expression that does not compile fits
/// nothing (the compiler reports it).
pub(super) fn find(regex: &str, scan: &Scan<'_>) -> Option<Found> {
    let loose = compiled(regex, Case::Any, Extent::Anywhere)?;
    let found = loose.find_iter(scan.text).find(|found| stands_alone(scan.text, found.start(), found.end()));
    if let Some(found) = found {
        let (start, end) = (found.start(), found.end());
        return Some(made(regex, start, end, found.as_str()));
    }
    // "ab 1234" for "AB-1234": the marks between the parts are said in many ways.
    let whole = compiled(regex, Case::Any, Extent::Whole)?;
    let words = words_of(scan.text);
    for length in (1..=words.len().min(MAX_SPELT_WORDS)).rev() {
        for some in words.windows(length) {
            let [(first, _), ..] = some else { continue };
            let said: Vec<&str> =
                some.iter().map(|(_, word)| word.trim_matches([',', '.', '!', '?', ';', ':'])).collect();
            if let Some(fitting) = spellings(&said).into_iter().find(|text| whole.is_match(text)) {
                let end = some.last().map_or(*first, |(start, word)| start + word.len());
                return Some(made(regex, *first, end, &fitting));
            }
        }
    }
    // "a as in alpha, b, dash, 7, double 5", "one two three"
    let (spelt, _) = answer::spoken_characters(scan.text.trim(), scan.reference.language)?;
    let fitting = spellings(&[spelt.as_str()]).into_iter().find(|text| whole.is_match(text))?;
    Some(made(regex, 0, scan.text.len(), &fitting))
}

/// What a slot's expression finds: its first group, or all of it. Where the slot is typed, the type reads that part.
pub(super) fn extracted(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    let expression = compiled(slot.expression.as_deref()?, Case::AsWritten, Extent::AsWritten)?;
    let captures = expression.captures(scan.text)?;
    let group = captures.get(1).or_else(|| captures.get(0)).filter(|group| !group.is_empty())?;
    let whole = Found::text((group.start(), group.end()), group.as_str());
    if is_text(slot) {
        return Some(whole);
    }
    let inner = Slot { expression: None, ..slot.clone() };
    let part = Scan::of(&whole.text, [&inner], scan.reference).knowing(scan.terms());
    match read::read_answer(&inner, &part) {
        Answer::Value { found, .. } => Some(Found { start: whole.start, end: whole.end, ..found }),
        Answer::Refused(_) | Answer::Absent => None,
    }
}

/// The words of a text, each with the byte where it begins.
fn words_of(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(char::is_whitespace) {
        if !word.is_empty() {
            words.push((at, word));
        }
        at += word.len() + text[at + word.len()..].chars().next().map_or(0, char::len_utf8);
    }
    words
}

/// The ways in which the marks of a form are left out or said otherwise.
fn spellings(said: &[&str]) -> Vec<String> {
    let parts: Vec<&str> =
        said.iter().flat_map(|word| word.split(['-', '.', '/', '_'])).filter(|part| !part.is_empty()).collect();
    let runs = runs(&parts.concat());
    let mut spelt = vec![said.concat(), parts.concat(), said.join("-"), parts.join("-"), parts.join(" ")];
    spelt.extend([runs.join("-"), runs.join(" ")]);
    spelt
}

/// Letters and digits apart: `AB1234` is `AB` and `1234`.
fn runs(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut last = None;
    for character in text.chars() {
        let digit = character.is_numeric();
        match runs.last_mut().filter(|_| last == Some(digit)) {
            Some(run) => run.push(character),
            None => runs.push(character.to_string()),
        }
        last = Some(digit);
    }
    runs
}

/// The one text of the form that an utterance holds as it stands, beside others.
pub(super) fn mentioned(regex: &str, scan: &Scan<'_>) -> Option<Found> {
    let loose = compiled(regex, Case::Any, Extent::Anywhere)?;
    let mut found = loose.find_iter(scan.text).filter(|found| stands_alone(scan.text, found.start(), found.end()));
    let Some(only) = found.next() else { return mentioned_otherwise(regex, scan) };
    let only = Some(only).filter(|found| found.as_str().chars().any(char::is_numeric))?;
    let (start, end) = (only.start(), only.end());
    found.next().is_none().then(|| made(regex, start, end, only.as_str()))
}

/// "booking ab 1234" for "AB-1234": the one text of the form that is said in other marks.
fn mentioned_otherwise(regex: &str, scan: &Scan<'_>) -> Option<Found> {
    let words = words_of(scan.text);
    if !words.iter().any(|(_, word)| word.chars().any(char::is_numeric)) {
        return None;
    }
    let whole = compiled(regex, Case::Any, Extent::Whole)?;
    let mut found: Option<Found> = None;
    for length in 2..=words.len().min(MAX_SPELT_WORDS) {
        for some in words.windows(length) {
            let said: Vec<&str> =
                some.iter().map(|(_, word)| word.trim_matches([',', '.', '!', '?', ';', ':'])).collect();
            let digits = |text: &String| text.chars().any(char::is_numeric) && whole.is_match(text);
            let (Some(fitting), [(first, _), .., (last, word)]) = (spellings(&said).into_iter().find(digits), some)
            else {
                continue;
            };
            if found.is_some() {
                return None;
            }
            found =
                Some(made(regex, *first, last + word.trim_end_matches([',', '.', '!', '?', ';', ':']).len(), &fitting));
        }
    }
    found
}

/// "either AB-12 or AB-21": two texts of the form, and the choice between them is left open.
pub(super) fn is_left_open(regex: &str, scan: &Scan<'_>) -> bool {
    let Some(loose) = compiled(regex, Case::Any, Extent::Anywhere) else { return false };
    let found: Vec<_> =
        loose.find_iter(scan.text).filter(|found| stands_alone(scan.text, found.start(), found.end())).collect();
    found
        .windows(2)
        .any(|pair| pair[0].as_str() != pair[1].as_str() && scan.are_alternatives(pair[0].end(), pair[1].start()))
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joins = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    start < end && !joins(text[..start].chars().next_back()) && !joins(text[end..].chars().next())
}

fn made(regex: &str, start: usize, end: usize, said: &str) -> Found {
    let exact = compiled(regex, Case::AsWritten, Extent::Whole);
    let fits = |text: &str| exact.as_ref().is_some_and(|exact| exact.is_match(text));
    let spellings = [said.to_owned(), said.to_uppercase(), said.to_lowercase()];
    let text = spellings.into_iter().find(|text| fits(text)).unwrap_or_else(|| said.to_owned());
    Found::text((start, end), text)
}

/// How far a text of the form begins another: the length of it, where it stands at the start.
pub(super) fn prefix(regex: &str, text: &str) -> Option<usize> {
    let ends = |end: usize| !text[end..].chars().next().is_some_and(char::is_alphanumeric);
    let found = compiled(regex, Case::Any, Extent::Start)?.find(text).map(|found| found.end());
    found.filter(|end| *end > 0 && ends(*end)).or_else(|| spelt_prefix(regex, text))
}

/// "LH 1234" for "LH1234" at the start of a text: how long it is.
fn spelt_prefix(regex: &str, text: &str) -> Option<usize> {
    let words: Vec<(usize, &str)> = words_of(text).into_iter().take(MAX_SPELT_WORDS).collect();
    if !words.iter().any(|(_, word)| word.chars().any(char::is_numeric)) {
        return None;
    }
    let whole = compiled(regex, Case::Any, Extent::Whole)?;
    (2..=words.len()).find_map(|length| {
        let said: Vec<&str> =
            words[..length].iter().map(|(_, word)| word.trim_end_matches([',', '.', '!', '?', ';', ':'])).collect();
        let end = words[length - 1].0 + said.last()?.len();
        spellings(&said).iter().any(|text| whole.is_match(text)).then_some(end)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Any,
    AsWritten,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// As the expression itself has it.
    AsWritten,
    Anywhere,
    Start,
    Whole,
}

/// The one place where an expression is made ready. Games are compiled from expressions that could be built; one that
/// cannot finds nothing.
fn compiled(regex: &str, case: Case, extent: Extent) -> Option<Regex> {
    let inner = regex.strip_prefix('^').unwrap_or(regex);
    let inner = inner.strip_suffix('$').filter(|rest| !rest.ends_with('\\')).unwrap_or(inner);
    let whole = match extent {
        Extent::AsWritten => regex.to_owned(),
        Extent::Anywhere => format!("(?:{inner})"),
        Extent::Start => format!("^(?:{inner})"),
        Extent::Whole => format!("^(?:{inner})$"),
    };
    RegexBuilder::new(&whole).case_insensitive(case == Case::Any).size_limit(MAX_REGEX_BYTES).build().ok()
}

/// A text of the form, to be shown to somebody who gave another: "AB-1234".
pub(super) fn example(regex: &str) -> String {
    let mut maker = Maker { rest: regex.chars().collect::<Vec<_>>(), at: 0, letters: 0, digits: 0 };
    let made = maker.alternatives(0);
    if compiled(regex, Case::AsWritten, Extent::Whole).is_some_and(|whole| whole.is_match(&made)) {
        made
    } else {
        String::new()
    }
}

struct Maker {
    rest: Vec<char>,
    at: usize,
    letters: u8,
    digits: u8,
}

impl Maker {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn alternatives(&mut self, depth: usize) -> String {
        let first = self.sequence(depth);
        while self.peek() == Some('|') {
            self.at += 1;
            self.sequence(depth);
        }
        first
    }

    fn sequence(&mut self, depth: usize) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let from = self.at;
            let piece = self.piece(c, depth);
            let until = self.at;
            out.push_str(&piece);
            for _ in 1..self.repeats() {
                let behind = std::mem::replace(&mut self.at, from);
                let again = self.piece(c, depth);
                out.push_str(&again);
                debug_assert_eq!(self.at, until);
                self.at = behind;
            }
        }
        out
    }

    /// How often the piece before stands; what may be left out stands once.
    fn repeats(&mut self) -> usize {
        match self.peek() {
            Some('?' | '*' | '+') => {
                self.at += 1;
                1
            }
            Some('{') => {
                let close =
                    self.rest[self.at..].iter().position(|c| *c == '}').map_or(self.rest.len(), |end| self.at + end);
                let inside: String = self.rest[self.at + 1..close].iter().collect();
                self.at = (close + 1).min(self.rest.len());
                let least = inside.split(',').next().and_then(|count| count.trim().parse().ok()).unwrap_or(1);
                usize::clamp(least, 1, MAX_REPEATS)
            }
            _ => 1,
        }
    }

    fn piece(&mut self, c: char, depth: usize) -> String {
        self.at += 1;
        match c {
            '^' | '$' => String::new(),
            '.' => "x".to_owned(),
            '\\' => {
                let escaped = self.peek().unwrap_or('\\');
                self.at += 1;
                match escaped {
                    'd' => self.digit().to_string(),
                    'w' => self.letter('A').to_string(),
                    's' => " ".to_owned(),
                    'b' => String::new(),
                    other => other.to_string(),
                }
            }
            '[' => self.class(),
            '(' if depth < MAX_DEPTH => {
                if self.peek() == Some('?') {
                    let colon = self.rest[self.at..].iter().position(|c| matches!(c, ':' | '>'));
                    self.at = colon.map_or(self.rest.len(), |end| self.at + end + 1);
                }
                let inner = self.alternatives(depth + 1);
                self.at = (self.at + 1).min(self.rest.len());
                inner
            }
            other => other.to_string(),
        }
    }

    fn class(&mut self) -> String {
        let close = self.rest[self.at..].iter().skip(1).position(|c| *c == ']');
        let close = close.map_or(self.rest.len(), |end| self.at + 1 + end);
        let inside: Vec<char> = self.rest[self.at..close].to_vec();
        self.at = (close + 1).min(self.rest.len());
        match inside.as_slice() {
            ['0'..='9', '-', '0'..='9', ..] | ['\\', 'd', ..] => self.digit().to_string(),
            ['A', '-', ..] => self.letter('A').to_string(),
            ['a', '-', ..] => self.letter('a').to_string(),
            ['\\', first, ..] | [first, ..] => first.to_string(),
            [] => String::new(),
        }
    }

    fn digit(&mut self) -> u8 {
        self.digits = self.digits % 9 + 1;
        self.digits
    }

    fn letter(&mut self, first: char) -> char {
        let letter = first as u8 + self.letters % 26;
        self.letters += 1;
        char::from(letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::Reference;
    use crate::ir::Slot;

    fn check(regex: &str, text: &str, expected: Option<&str>) {
        let reference = Reference {
            now: jiff::civil::date(2026, 3, 4).at(9, 0, 0, 0),
            offset_seconds: 0,
            direction: crate::entities::Direction::Future,
            language: crate::language::Language::english().spoken(),
            place: crate::entities::Place::DEFAULT,
        };
        let scan = Scan::of(text, std::iter::empty::<&Slot>(), &reference);
        let found = find(regex, &scan).map(|found| found.text);
        assert_eq!(found.as_deref(), expected, "{regex} in {text}");
    }

    #[test]
    fn a_form_is_found_however_it_is_spelt() {
        let plate = r"[A-Z]{2}-\d{4}";
        check(plate, "it's AB-1234, thanks", Some("AB-1234"));
        check(plate, "ab-1234", Some("AB-1234"));
        check(plate, "ab 1234", Some("AB-1234"));
        check(plate, "AB1234.", Some("AB-1234"));
        check(plate, "AB-12345", None);
        check(plate, "my car", None);
        check(r"^\d{6}$", "the code is 482913", Some("482913"));
        check(r"\d{6}", "482 913", Some("482913"));
        check("(", "x", None);
    }

    #[test]
    fn an_example_is_of_the_form() {
        assert_eq!(example(r"[A-Z]{2}-\d{4}"), "AB-1234");
        assert_eq!(example(r"^\d{6}$"), "123456");
        assert_eq!(example(r"(?:EU|US)[0-9]{3}[a-z]?"), "EU123a");
        assert_eq!(example("("), "");
    }
}
