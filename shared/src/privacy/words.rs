//! The words of a text, and what the words around a value say of it.

/// Words before a value that may say what it is.
pub(super) const CONTEXT_WORDS: usize = 6;

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: &'a str,
}

impl Word<'_> {
    pub(super) fn is(&self, others: &[&str]) -> bool {
        others.iter().any(|other| self.text.eq_ignore_ascii_case(other))
    }

    pub(super) fn is_capitalized(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase) && self.text.chars().all(char::is_alphabetic)
    }
}

pub(super) fn words_of(text: &str) -> Vec<Word<'_>> {
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
pub(super) fn before<'w, 'a>(
    text: &'a str,
    words: &'w [Word<'a>],
    position: usize,
) -> impl Iterator<Item = &'w Word<'a>> {
    let nearest = words.partition_point(|word| word.end <= position);
    let mut edge = position;
    words[..nearest].iter().rev().take(CONTEXT_WORDS).take_while(move |word| {
        let gap = &text[word.end..edge];
        edge = word.start;
        // A full stop ends a sentence, but not after an abbreviation such as "tel." or "no.".
        // A label may stand on a line of its own: "Phone:\n…".
        let label = gap.trim_start().starts_with(':');
        let stops = gap.contains(['?', '!', ';'])
            || (gap.contains('\n') && !label)
            || (gap.contains(". ") && word.text.len() > 4);
        !stops
    })
}

pub(super) fn says(text: &str, words: &[Word<'_>], position: usize, what: &[&str]) -> bool {
    before(text, words, position).any(|word| word.is(what))
}

/// Words behind which a number is no personal data, unless a nearer word says it is.
pub(super) const BUSINESS: &[&str] = &[
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

pub(super) fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether the nearest telling word before a number is a business word and not one of `personal`.
pub(super) fn nearest_is_business(text: &str, words: &[Word<'_>], position: usize, personal: &[&str]) -> bool {
    before(text, words, position)
        .find_map(|word| if word.is(personal) { Some(false) } else { word.is(BUSINESS).then_some(true) })
        .unwrap_or(false)
}
