//! Finding personal data in free text. What becomes of it is decided elsewhere.

use serde::{Deserialize, Serialize};

use super::words::words_of;
use super::{addresses, numbers, people};

/// Findings reported for one text at most; the rest of the text then counts as one finding.
pub const MAX_FINDINGS: usize = 1000;

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
    Url,
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
            PiiKind::SocialSecurity => "ssn",
            PiiKind::PaymentCard => "credit_card",
            PiiKind::Iban => "iban",
            PiiKind::IpAddress => "ip",
            PiiKind::Url => "url",
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
///
/// What counts: whatever reaches a person or stands for one. A card number whose check digit is wrong counts where a
/// word near it says that it is a card, since a mistyped number is still somebody's; a telephone number needs the shape
/// of one (a plus, parentheses, a leading zero, groups that no amount and no date has) or a word that says so. Web
/// addresses count, because they name people and carry tokens.
#[must_use]
pub fn detect(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    addresses::find(text, &mut found);
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    // Names are rare, and what announces one is cheap to look for.
    let words = words_of(text);
    if has_digit {
        numbers::find(text, &words, &mut found);
        people::find_identifiers(text, &words, &mut found);
    }
    people::find_names(text, &words, &mut found);
    without_overlaps(text.len(), found)
}

fn without_overlaps(length: usize, mut found: Vec<Finding>) -> Vec<Finding> {
    crate::order::sort_by(&mut found, |a, b| {
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
