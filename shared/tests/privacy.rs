//! Personal data: precision and recall on a labelled set, redaction, and tokens that turn back.

use std::collections::BTreeMap;

use lgdl::crypto::{DataKey, SecretKey};
use lgdl::privacy::{PiiKind, TokenVault, detect, detokenize, redact_for_logs, tokenize};
use proptest::prelude::*;

struct Labelled {
    text: String,
    /// Start, end, kind's name.
    spans: Vec<(usize, usize, String)>,
}

fn labelled() -> Vec<Labelled> {
    let file = include_str!("privacy/labelled.txt");
    file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(read).collect()
}

/// Reads `words ⟦kind|value⟧ words`.
fn read(line: &str) -> Labelled {
    let mut text = String::new();
    let mut spans = Vec::new();
    for (index, part) in line.split(['⟦', '⟧']).enumerate() {
        match part.split_once('|').filter(|_| index % 2 == 1) {
            Some((kind, value)) => {
                spans.push((text.len(), text.len() + value.len(), kind.to_owned()));
                text.push_str(value);
            }
            None => text.push_str(part),
        }
    }
    Labelled { text, spans }
}

#[derive(Default)]
struct Score {
    right: usize,
    found: usize,
    wanted: usize,
}

#[test]
fn precision_and_recall_on_the_labelled_set() {
    let sentences = labelled();
    assert!(sentences.len() >= 300, "{} sentences", sentences.len());
    let mut by_kind: BTreeMap<String, Score> = BTreeMap::new();
    for sentence in &sentences {
        let found: Vec<_> = detect(&sentence.text).iter().map(|f| (f.start, f.end, f.kind.name().to_owned())).collect();
        for span in &found {
            let score = by_kind.entry(span.2.clone()).or_default();
            score.found += 1;
            if sentence.spans.contains(span) {
                score.right += 1;
            } else {
                println!("too much: {:?} as {} in {:?}", &sentence.text[span.0..span.1], span.2, sentence.text);
            }
        }
        for span in &sentence.spans {
            by_kind.entry(span.2.clone()).or_default().wanted += 1;
            if !found.contains(span) {
                println!("missed: {:?} as {} in {:?}", &sentence.text[span.0..span.1], span.2, sentence.text);
            }
        }
    }
    let mut all = Score::default();
    for (kind, score) in &by_kind {
        println!("{kind}: {} right, {} found, {} wanted", score.right, score.found, score.wanted);
        all.right += score.right;
        all.found += score.found;
        all.wanted += score.wanted;
    }
    let precision = all.right as f64 / all.found as f64;
    let recall = all.right as f64 / all.wanted as f64;
    println!("{} sentences: precision {precision:.3}, recall {recall:.3}", sentences.len());
    assert!(precision >= 0.95 && recall >= 0.95, "precision {precision:.3}, recall {recall:.3}");
}

#[test]
fn redaction_leaves_nothing_of_a_labelled_value_that_was_found() {
    for sentence in labelled() {
        let redacted = redact_for_logs(&sentence.text);
        for finding in detect(&sentence.text) {
            let value = &sentence.text[finding.start..finding.end];
            assert!(!redacted.contains(value), "{redacted:?}");
        }
    }
    assert_eq!(redact_for_logs("Write to anna@example.com."), "Write to [email].");
}

fn key() -> DataKey {
    DataKey { id: "dek_1".into(), key: SecretKey::new([3; 32]) }
}

fn counting_salt() -> impl FnMut() -> [u8; 32] {
    let mut n = 0u8;
    move || {
        n = n.wrapping_add(1);
        [n; 32]
    }
}

#[test]
fn tokens_turn_back_into_the_text_and_hold_nothing_readable() {
    let text = "Mr. John Carter, anna@example.com [sic], card 4111 1111 1111 1111, anna@example.com";
    let mut vault = TokenVault::default();
    let tokenized = tokenize(text, &key(), &mut vault, &mut counting_salt()).unwrap();
    assert_eq!(vault.len(), 3, "the same value has one token: {tokenized}");
    assert!(!tokenized.contains("anna") && !tokenized.contains("4111") && !tokenized.contains("Carter"));
    let stored = serde_json::to_string(&vault).unwrap();
    assert!(!stored.contains("anna"));
    let vault: TokenVault = serde_json::from_str(&stored).unwrap();
    assert_eq!(detokenize(&tokenized, &key(), &vault).unwrap(), text);
}

#[test]
fn another_key_opens_no_token() {
    let mut vault = TokenVault::default();
    let tokenized = tokenize("anna@example.com", &key(), &mut vault, &mut counting_salt()).unwrap();
    let other = DataKey { id: "dek_1".into(), key: SecretKey::new([4; 32]) };
    assert!(detokenize(&tokenized, &other, &vault).is_err());
    assert_eq!(detokenize(&tokenized, &other, &TokenVault::default()).unwrap(), tokenized);
}

#[test]
fn a_text_with_too_much_to_tell_apart_is_masked_to_its_end() {
    let text = "a@example.com ".repeat(1500);
    let redacted = redact_for_logs(&text);
    assert!(!redacted.contains("example") && redacted.contains(PiiKind::Unsorted.name()));
}

proptest! {
    #[test]
    fn no_text_panics_and_spans_are_in_order_and_on_characters(text in "\\PC{0,200}|[0-9 .:@a-zA-Z-]{0,120}") {
        let mut at = 0;
        for finding in detect(&text) {
            prop_assert!(finding.start >= at && finding.end > finding.start);
            prop_assert!(text.is_char_boundary(finding.start) && text.is_char_boundary(finding.end));
            at = finding.end;
        }
        let mut vault = TokenVault::default();
        let tokenized = tokenize(&text, &key(), &mut vault, &mut counting_salt()).unwrap();
        prop_assert_eq!(detokenize(&tokenized, &key(), &vault).unwrap(), text);
    }
}
