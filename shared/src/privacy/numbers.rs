//! Numbers that stand for a person or reach one: cards, accounts, social security, telephones.

use super::checksums;
use super::detect::{Finding, PiiKind};
use super::words::{Word, before, nearest_is_business, says};

const CARD: &[&str] = &[
    "card",
    "cards",
    "visa",
    "mastercard",
    "amex",
    "credit",
    "debit",
    "pan",
    "cc",
    "payment",
    "discover",
    "charge",
    "tarjeta",
    "karte",
    "kreditkarte",
];
const SOCIAL: &[&str] = &["ssn", "social", "ss"];
const NHS: &[&str] = &["nhs"];
const PHONE: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "call",
    "called",
    "calling",
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
    "answering",
    "answer",
    "message",
    "messages",
    "desk",
    "office",
    "telefon",
    "telefonnummer",
    "handy",
    "anrufen",
    "telefono",
    "teléfono",
    "móvil",
    "movil",
    "llamar",
    "llame",
];
/// Fewest digits of a telephone number without its area, and most with its country (ITU-T E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Digits of a card number that is in use (ISO/IEC 7812 allows 8 to 19).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
/// Digits of a telephone number that is told by its groups alone: without its country, with its area.
const GROUPED_PHONE_DIGITS: std::ops::RangeInclusive<usize> = 9..=11;
/// Groups in one number at most; what is longer is a list.
const MAX_GROUPS: usize = 8;

/// Finds them all.
pub(super) fn find(text: &str, words: &[Word<'_>], found: &mut Vec<Finding>) {
    let mut at = 0;
    while let Some(number) = next_number(text, at) {
        at = number.end;
        if let Some((kind, confidence)) = classify(text, words, &number) {
            found.push(Finding { start: number.start, end: number.end, kind, confidence });
        }
    }
    ibans(text, words, found);
}

/// Digits in groups: `+44 (0)20 7946-0958`.
struct Number {
    start: usize,
    end: usize,
    digits: String,
    /// How many digits each group has.
    groups: Vec<usize>,
    /// What stands between groups, the first character of each gap.
    gaps: Vec<u8>,
    plus: bool,
    parentheses: bool,
}

/// The next number from `from` on, in groups with at most two separators between them.
fn next_number(text: &str, from: usize) -> Option<Number> {
    let bytes = text.as_bytes();
    let first = from + bytes[from..].iter().position(u8::is_ascii_digit)?;
    let mut start = first;
    while start > from && matches!(bytes[start - 1], b'(' | b'+') {
        start -= 1;
    }
    let head = &bytes[start..first];
    let (plus, mut parentheses) = (head.contains(&b'+'), head.contains(&b'('));
    let mut number = Number {
        start,
        end: first,
        digits: String::new(),
        groups: Vec::new(),
        gaps: Vec::new(),
        plus,
        parentheses: false,
    };
    let mut at = first;
    while number.groups.len() < MAX_GROUPS {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        number.digits.push_str(&text[at..at + length]);
        number.groups.push(length);
        number.end = at + length;
        let gap = bytes[number.end..].iter().take_while(|byte| b" -./()".contains(byte)).count();
        let next = number.end + gap;
        let follows = (1..=3).contains(&gap) && bytes.get(next).is_some_and(u8::is_ascii_digit);
        if !follows {
            break;
        }
        let between = &bytes[number.end..next];
        parentheses |= between.contains(&b'(') || between.contains(&b')');
        // "1, 2. 3": a full stop and a space end a sentence; three separators are one too many but for " (0)".
        let sentence = between.starts_with(b". ");
        if sentence || (gap == 3 && !parentheses) || between.iter().filter(|byte| **byte == b' ').count() > 1 {
            break;
        }
        number.gaps.push(between[0]);
        at = next;
    }
    number.parentheses = parentheses;
    Some(number)
}

fn classify(text: &str, words: &[Word<'_>], number: &Number) -> Option<(PiiKind, f64)> {
    let Number { start, end, ref digits, ref groups, .. } = *number;
    let glued = text[..start].ends_with(['-', '/', '#', '_', '.']) && !text[..start].ends_with(". ")
        || text[..start].chars().next_back().is_some_and(char::is_alphanumeric)
        || text[end..].starts_with(['_', '/'])
        || text[end..].starts_with('-') && text[end + 1..].starts_with(|c: char| c.is_ascii_digit());
    if glued {
        return None;
    }
    let context = |what: &[&str]| says(text, words, start, what);
    let business = |personal: &[&str]| nearest_is_business(text, words, start, personal);
    let part = |range: std::ops::Range<usize>| digits[range].parse::<u32>().unwrap_or(0);
    if CARD_DIGITS.contains(&digits.len()) && !number.plus && !business(CARD) {
        if checksums::payment_card(digits) {
            return Some((PiiKind::PaymentCard, 1.0));
        }
        // Mistyped, or of a network that is not listed: somebody's all the same.
        if context(CARD) {
            return Some((PiiKind::PaymentCard, 0.85));
        }
    }
    if digits.len() == 9
        && checksums::social_security(part(0..3), part(3..5), part(5..9))
        && ((*groups == [3, 2, 4] && !business(SOCIAL)) || context(SOCIAL))
    {
        return Some((PiiKind::SocialSecurity, if context(SOCIAL) { 0.95 } else { 0.85 }));
    }
    if checksums::nhs(digits) && context(NHS) {
        return Some((PiiKind::NhsNumber, 1.0));
    }
    telephone(text, words, number)
}

/// A telephone number: by its shape, or by a word before or after it.
fn telephone(text: &str, words: &[Word<'_>], number: &Number) -> Option<(PiiKind, f64)> {
    let plausible = PHONE_DIGITS.contains(&number.digits.len())
        && (number.plus || number.groups.iter().skip(1).filter(|length| **length == 1).count() <= 1)
        && !is_money(text, number)
        && !is_date(number);
    if !plausible || nearest_is_business(text, words, number.start, PHONE) {
        return None;
    }
    let before = before(text, words, number.start).any(|word| word.is(PHONE));
    let after = words.get(words.partition_point(|word| word.start < number.end));
    let after = after.is_some_and(|word| word.is(PHONE) && text[number.end..word.start].len() <= 2);
    match (before || after, has_shape(number)) {
        (true, _) => Some((PiiKind::Phone, 0.8)),
        (false, true) => Some((PiiKind::Phone, 0.7)),
        (false, false) => None,
    }
}

/// Whether it is written as telephone numbers are and nothing else is.
fn has_shape(number: &Number) -> bool {
    let Number { groups, gaps, digits, .. } = number;
    // No country's number begins with a zero.
    let international = number.plus || (digits.starts_with("00") && !digits.starts_with("000") && digits.len() > 9);
    let trunk = digits.starts_with('0') && groups.len() > 1 && groups[0] > 1;
    // Three, two, four digits is a social security number, and none when it was not taken for one; five and four is a
    // postal code.
    let hyphens = groups.len() > 1
        && gaps.iter().all(|gap| *gap == b'-')
        && groups.iter().all(|length| *length > 1)
        && *groups != [3, 2, 4]
        && *groups != [5, 4];
    let dotted = gaps.iter().all(|gap| *gap == b'.') && *groups == [3, 3, 4];
    let grouped = groups.len() > 1
        && GROUPED_PHONE_DIGITS.contains(&digits.len())
        && groups[0] > 1
        && groups.iter().any(|length| *length > 2)
        && gaps.iter().all(|gap| *gap == b' ')
        && !is_grouped_by_thousands(number);
    let last = groups.last().copied().unwrap_or(0);
    international || number.parentheses || trunk || hyphens || dotted || (grouped && last >= 2)
}

/// "12 500 000" or "1.250.000".
fn is_grouped_by_thousands(number: &Number) -> bool {
    let same = number.gaps.windows(2).all(|pair| pair[0] == pair[1]);
    let three = number.groups.iter().skip(1).all(|length| *length == 3);
    same && three && number.groups[0] <= 3 && !number.digits.starts_with('0')
}

fn is_money(text: &str, number: &Number) -> bool {
    const SIGNS: [char; 5] = ['$', '€', '£', '¥', '%'];
    let decimal = number.groups.len() == 2 && number.gaps == [b'.'];
    let fraction =
        text[number.end..].starts_with(',') && text[number.end + 1..].starts_with(|c: char| c.is_ascii_digit());
    decimal
        || fraction
        || text[..number.start].trim_end().ends_with(SIGNS)
        || text[number.end..].trim_start().starts_with(SIGNS)
}

/// Begins with a day, in any order, or is a span of years.
fn is_date(number: &Number) -> bool {
    let part = |index: usize| {
        let start: usize = number.groups[..index].iter().sum();
        number.digits[start..start + number.groups[index]].parse::<u32>().unwrap_or(0)
    };
    let year = |value: u32| (1000..=2999).contains(&value);
    match number.groups.as_slice() {
        [4, 4] => year(part(0)) && year(part(1)) && number.gaps == [b'-'],
        [4, 1 | 2, 1 | 2, ..] => year(part(0)) && (1..=12).contains(&part(1)) && (1..=31).contains(&part(2)),
        [1 | 2, 1 | 2, 4, ..] => part(0).max(part(1)) <= 31 && part(0).min(part(1)) <= 12 && year(part(2)),
        _ => false,
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
        } else if compact.len() == length && says(text, words, word.start, &["iban"]) {
            found.push(Finding { start: word.start, end, kind: PiiKind::Iban, confidence: 0.85 });
        }
    }
}
