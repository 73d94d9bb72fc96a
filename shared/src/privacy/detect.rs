//! Finding personal data in free text. What becomes of it is decided elsewhere.

use serde::{Deserialize, Serialize};

use super::checksums;
use crate::entities::{self, Direction, Kind, Kinds, Language, Reference};

/// Findings reported for one text at most; the rest of the text then counts as one finding.
pub const MAX_FINDINGS: usize = 1000;
/// Dates are only found here, not resolved, so any time will do.
const NO_TIME: Reference = Reference {
    now: jiff::civil::DateTime::constant(2000, 1, 1, 0, 0, 0, 0),
    offset_seconds: 0,
    direction: Direction::Past,
    language: Language::English,
    date_order: crate::entities::DateOrder::OfLanguage,
};
/// Words before a value that may say what it is.
const CONTEXT_WORDS: usize = 6;

/// What kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PiiKind {
    Email,
    Phone,
    SocialSecurity,
    PaymentCard,
    Iban,
    IpAddress,
    PersonName,
    DateOfBirth,
    NhsNumber,
    MedicalRecord,
    Passport,
    StreetAddress,
    /// Too much in one text to tell apart.
    Unsorted,
}

impl PiiKind {
    /// The name used in redactions, tokens and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PiiKind::Email => "email",
            PiiKind::Phone => "phone",
            PiiKind::SocialSecurity => "social_security",
            PiiKind::PaymentCard => "payment_card",
            PiiKind::Iban => "iban",
            PiiKind::IpAddress => "ip_address",
            PiiKind::PersonName => "person_name",
            PiiKind::DateOfBirth => "date_of_birth",
            PiiKind::NhsNumber => "nhs_number",
            PiiKind::MedicalRecord => "medical_record",
            PiiKind::Passport => "passport",
            PiiKind::StreetAddress => "street_address",
            PiiKind::Unsorted => "unsorted",
        }
    }
}

/// A piece of personal data in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub kind: PiiKind,
    /// In [0, 1]: 1 with a checksum, less without.
    pub confidence: f64,
}

/// Finds personal data, in order and without overlaps: where two findings overlap the more confident one stays, then
/// the longer.
#[must_use]
pub fn detect(text: &str) -> Vec<Finding> {
    let words = words_of(text);
    let mut found = Vec::new();
    recognized(text, &words, &mut found);
    digit_groups(text, &words, &mut found);
    ibans(text, &words, &mut found);
    identifiers_named_by_context(text, &words, &mut found);
    names(text, &words, &mut found);
    street_addresses(text, &words, &mut found);
    without_overlaps(text.len(), found)
}

fn without_overlaps(length: usize, mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by(|a, b| {
        b.confidence
            .total_cmp(&a.confidence)
            .then((b.end - b.start).cmp(&(a.end - a.start)))
            .then(a.start.cmp(&b.start))
    });
    let mut kept: std::collections::BTreeMap<usize, Finding> = std::collections::BTreeMap::new();
    for finding in found {
        let before = kept.range(..finding.end).next_back();
        if before.is_none_or(|(_, other)| other.end <= finding.start) {
            kept.insert(finding.start, finding);
        }
    }
    let mut kept: Vec<Finding> = kept.into_values().collect();
    if kept.len() > MAX_FINDINGS {
        let start = kept[MAX_FINDINGS - 1].start;
        kept.truncate(MAX_FINDINGS - 1);
        kept.push(Finding { start, end: length, kind: PiiKind::Unsorted, confidence: 0.5 });
    }
    kept
}

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

impl Word<'_> {
    fn is(&self, others: &[&str]) -> bool {
        others.iter().any(|other| self.text.eq_ignore_ascii_case(other))
    }

    fn is_capitalized(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase) && self.text.chars().all(char::is_alphabetic)
    }
}

fn words_of(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (index, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(index),
            (false, Some(first)) => {
                words.push(Word { start: first, end: index, text: &text[first..index] });
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The words before a byte position, the nearest first, within the same sentence.
fn before<'w, 'a>(text: &'a str, words: &'w [Word<'a>], position: usize) -> impl Iterator<Item = &'w Word<'a>> {
    let nearest = words.partition_point(|word| word.end <= position);
    let mut edge = position;
    words[..nearest].iter().rev().take(CONTEXT_WORDS).take_while(move |word| {
        let gap = &text[word.end..edge];
        edge = word.start;
        // A full stop ends a sentence, but not after an abbreviation such as "tel." or "no.".
        let stops = gap.contains(['?', '!', ';', '\n']) || (gap.contains(". ") && word.text.len() > 4);
        !stops
    })
}

fn says(text: &str, words: &[Word<'_>], position: usize, what: &[&str]) -> bool {
    before(text, words, position).any(|word| word.is(what))
}

/// Words behind which a number is no personal data, unless a nearer word says it is.
const BUSINESS: &[&str] = &[
    "order",
    "invoice",
    "ticket",
    "tracking",
    "parcel",
    "shipment",
    "version",
    "release",
    "build",
    "firmware",
    "serial",
    "sku",
    "isbn",
    "issn",
    "doi",
    "rfc",
    "case",
    "ref",
    "reference",
    "part",
    "model",
    "item",
    "article",
    "batch",
    "lot",
    "flight",
    "route",
    "page",
    "chapter",
    "section",
    "room",
    "commit",
    "revision",
    "error",
    "code",
    "product",
    "transaction",
    "booking",
    "confirmation",
    "barcode",
    "ean",
    "upc",
    "coupon",
    "voucher",
    "quantity",
    "population",
    "about",
    "roughly",
    "approximately",
    "costs",
    "cost",
    "price",
    "total",
];
const PHONE: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "call",
    "mobile",
    "cell",
    "cellphone",
    "fax",
    "text",
    "reach",
    "whatsapp",
    "sms",
    "ring",
    "dial",
    "contact",
    "hotline",
    "landline",
    "callback",
];
const BIRTH: &[&str] = &["born", "dob", "birth", "birthdate", "birthday", "birthdays"];

/// What the entity recognizers know: email, phone, IP addresses, dates of birth.
fn recognized(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    let birth = words.iter().any(|word| word.is(BIRTH));
    let kinds = Kinds::NONE.with(Kind::Email).with(Kind::Phone).with(Kind::Ip);
    let kinds = if birth { kinds.with(Kind::Date) } else { kinds };
    for entity in entities::recognize(text, kinds, &NO_TIME) {
        let (start, end) = (entity.start, entity.end);
        let value = &text[start..end];
        let business = nearest_is_business(text, words, start, PHONE);
        let (kind, confidence) = match entity.kind {
            Kind::Email => (PiiKind::Email, 0.98),
            Kind::Phone if phone_shape(value) && !business => (PiiKind::Phone, 0.8),
            Kind::Phone if digits(value) >= 7 && says(text, words, start, PHONE) && !business => (PiiKind::Phone, 0.7),
            // `a::b` is an address as well, and far more often is none.
            Kind::Ip if digits(value) > 0 && !says_version(text, words, start) => (PiiKind::IpAddress, 0.9),
            Kind::Date if value.contains(|c: char| c.is_ascii_digit()) && says(text, words, start, BIRTH) => {
                (PiiKind::DateOfBirth, 0.85)
            }
            _ => continue,
        };
        found.push(Finding { start, end, kind, confidence });
    }
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether the nearest telling word before a number is a business word and not one of `personal`.
fn nearest_is_business(text: &str, words: &[Word<'_>], position: usize, personal: &[&str]) -> bool {
    before(text, words, position)
        .find_map(|word| if word.is(personal) { Some(false) } else { word.is(BUSINESS).then_some(true) })
        .unwrap_or(false)
}

fn says_version(text: &str, words: &[Word<'_>], position: usize) -> bool {
    text[..position].ends_with(['v', 'V'])
        || before(text, words, position).take(3).any(|word| {
            word.is(&["version", "release", "build", "firmware", "v", "section", "chapter", "clause", "oid", "upgrade"])
        })
}

/// A number written as phone numbers are: with `+`, parentheses, or in groups that no other number has.
fn phone_shape(value: &str) -> bool {
    let count = digits(value);
    let groups: Vec<usize> = value.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|n| *n > 0).collect();
    let international = value.starts_with('+') || value.starts_with("00");
    (7..=15).contains(&count)
        && (international
            || value.contains('(')
            || matches!(
                groups.as_slice(),
                [3, 3, 4] | [1, 3, 3, 4] | [3, 4] | [5, 6] | [3, 4, 4] | [4, 3, 3] | [5, 3, 3]
            )
            || (groups.len() >= 4 && value.starts_with('0') && groups.iter().skip(1).all(|n| *n == 2)))
}

/// A run of digit groups joined by single spaces, hyphens or dots.
struct DigitRun {
    start: usize,
    end: usize,
    digits: String,
    groups: Vec<usize>,
}

fn digit_runs(text: &str, words: &[Word<'_>]) -> Vec<DigitRun> {
    let mut runs: Vec<DigitRun> = Vec::new();
    for word in words {
        let all_digits = word.text.bytes().all(|b| b.is_ascii_digit());
        if !all_digits {
            continue;
        }
        match runs.last_mut() {
            Some(run) if matches!(&text[run.end..word.start], " " | "-" | ".") && run.digits.len() < 24 => {
                run.end = word.end;
                run.digits.push_str(word.text);
                run.groups.push(word.text.len());
            }
            _ => runs.push(DigitRun {
                start: word.start,
                end: word.end,
                digits: word.text.to_owned(),
                groups: vec![word.text.len()],
            }),
        }
    }
    runs
}

/// Payment cards, social security numbers, NHS numbers.
fn digit_groups(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    const CARD: &[&str] =
        &["card", "visa", "mastercard", "amex", "credit", "debit", "pan", "cc", "payment", "discover", "charge"];
    const SOCIAL: &[&str] = &["ssn", "social", "ss"];
    const NHS: &[&str] = &["nhs"];
    for run in digit_runs(text, words) {
        let glued = text[..run.start].ends_with(['-', '/', '#', '_']) || text[run.end..].starts_with(['-', '_', '/']);
        let context = |what: &[&str]| says(text, words, run.start, what);
        let business = |personal: &[&str]| nearest_is_business(text, words, run.start, personal);
        let number = |range: std::ops::Range<usize>| run.digits[range].parse::<u32>().unwrap_or(0);
        let mut push = |kind, confidence| found.push(Finding { start: run.start, end: run.end, kind, confidence });
        if !glued && checksums::payment_card(&run.digits) && !business(CARD) {
            push(PiiKind::PaymentCard, 1.0);
        } else if run.digits.len() == 9
            && checksums::social_security(number(0..3), number(3..5), number(5..9))
            && !glued
            && ((run.groups == [3, 2, 4] && !business(SOCIAL)) || context(SOCIAL))
        {
            push(PiiKind::SocialSecurity, if context(SOCIAL) { 0.95 } else { 0.85 });
        } else if checksums::nhs(&run.digits) && context(NHS) {
            push(PiiKind::NhsNumber, 1.0);
        }
    }
}

fn ibans(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    for (index, word) in words.iter().enumerate() {
        let bytes = word.text.as_bytes();
        let begins = bytes.len() >= 4 && bytes[..2].iter().all(u8::is_ascii_alphabetic);
        if !begins || !bytes[2..4].iter().all(u8::is_ascii_digit) {
            continue;
        }
        let Some(length) = checksums::iban_length(word.text) else { continue };
        let mut compact = String::new();
        let mut end = word.start;
        for part in &words[index..] {
            let adjacent = part.start == end || matches!(&text[end..part.start], " " | "-");
            if !adjacent || compact.len() + part.text.len() > length {
                break;
            }
            compact.push_str(part.text);
            end = part.end;
        }
        if checksums::iban(&compact) {
            found.push(Finding { start: word.start, end, kind: PiiKind::Iban, confidence: 1.0 });
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

const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "dr", "prof", "professor", "doctor", "mx", "nurse", "sir"];
/// Words that may stand inside a name in lower case.
const PARTICLES: &[&str] =
    &["de", "da", "del", "della", "van", "von", "der", "den", "bin", "al", "la", "le", "di", "du"];
/// How many words a name takes at most.
const NAME_WORDS: usize = 4;

/// Names after titles, and after words that announce one.
fn names(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    for (index, word) in words.iter().enumerate() {
        let (first, any_case) = if word.is(TITLES) && word.is_capitalized() {
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
