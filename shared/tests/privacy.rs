//! Personal data: precision and recall on a labelled set, redaction, and tokens that turn back.

use std::collections::BTreeMap;

use lgdl::crypto::{DataKey, SecretKey};
use lgdl::privacy::{PiiKind, detect, redact_for_logs, restore, restore_json, tokenize, tokenize_json};
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

#[test]
fn numbers_that_are_something_else_are_not_telephone_numbers() {
    for text in [
        "My order number is 12345678",
        "I paid 12 500 000 for it",
        "1.234.567,89 EUR",
        "$1 234 567 890",
        "the meeting is 2026-11-28 14:30",
        "ISBN 978-3-16-148410-0",
        "account 000123456789",
        "zip 94103-1234",
        "4 8 15 16 23 42",
        "coordinates 48.8584 2.2945",
        "ticket 2023-004567",
        "pi is 3.1415926535897932",
        "100,000,000",
    ] {
        assert_eq!(detect(text), [], "{text}");
    }
}

#[test]
fn what_reaches_a_person_is_found_whatever_stands_around_it() {
    for (text, kind, value) in [
        ("mailto:ann@example.org.", PiiKind::Email, "ann@example.org"),
        ("(see https://example.org/~ann?token=1)", PiiKind::Url, "https://example.org/~ann?token=1"),
        ("from 2001:db8::1 today", PiiKind::IpAddress, "2001:db8::1"),
        ("Phone:\n358 0594", PiiKind::Phone, "358 0594"),
        ("Rufen Sie mich an: 0171 5550123", PiiKind::Phone, "0171 5550123"),
        ("mi teléfono es 612345678", PiiKind::Phone, "612345678"),
        ("they answer at +46 (0)8 928 571 38 only", PiiKind::Phone, "+46 (0)8 928 571 38"),
        ("card 4111 1111 1111 1112, mistyped", PiiKind::PaymentCard, "4111 1111 1111 1112"),
    ] {
        let found: Vec<_> = detect(text).into_iter().map(|f| (f.kind, &text[f.start..f.end])).collect();
        assert_eq!(found, [(kind, value)], "{text}");
    }
}

/// The published sentences, where they lie beside the checkout. A line is `{"text", "spans", "other"}`, offsets in
/// characters; kinds that have no pattern stand in `other` and count neither way.
#[test]
fn the_kinds_with_a_pattern_are_found_in_the_published_sentences() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/pii/synth.jsonl");
    let Ok(lines) = std::fs::read_to_string(&file) else {
        return lgdl_skips::skip(
            lgdl_skips::Need::PublishedSets,
            "the published sentences are not beside the checkout",
        );
    };
    let mut scorer = lgdl::privacy::Scorer::default();
    let begun = std::time::Instant::now();
    for line in lines.lines() {
        for fault in scorer.take(&serde_json::from_str(line).expect("a labelled text")) {
            println!("{fault}");
        }
    }
    let score = scorer.total();
    let took = begun.elapsed() / u32::try_from(scorer.texts()).expect("few");
    println!("F1 {:.4}, precision {:.4}, recall {:.4}, {took:?} a text", score.f1(), score.precision(), score.recall());
    assert!(score.f1() >= 0.97, "F1 {:.4}", score.f1());
}

fn key() -> DataKey {
    DataKey { id: "dek_1".into(), key: SecretKey::new([3; 32]) }
}

#[test]
fn tokens_turn_back_into_the_text_and_hold_nothing_readable() {
    let text = "Mr. John Carter, anna@example.com [sic], card 4111 1111 1111 1111, anna@example.com";
    let tokenized = tokenize(text, &key()).unwrap();
    assert_eq!(tokenized.matches("[email~").count(), 2, "{tokenized}");
    let tokens: std::collections::BTreeSet<&str> =
        tokenized.split(['[', ']']).filter(|part| part.contains('~')).collect();
    assert_eq!(tokens.len(), 3, "the same value has one token: {tokenized}");
    assert!(!tokenized.contains("anna") && !tokenized.contains("4111") && !tokenized.contains("Carter"));
    assert_eq!(restore(&tokenized, &key()), text);
}

#[test]
fn values_in_json_are_replaced_and_numbers_come_back_as_numbers() {
    let value = serde_json::json!({"card": 4111111111111111_u64, "mail": ["anna@example.com"], "count": 7, "ok": true});
    let mut tokenized = value.clone();
    tokenize_json(&mut tokenized, &key()).unwrap();
    let text = tokenized.to_string();
    assert!(!text.contains("4111") && !text.contains("anna") && text.contains("\"count\":7"), "{text}");
    restore_json(&mut tokenized, &key());
    assert_eq!(tokenized, value);
}

#[test]
fn another_key_opens_no_token_and_what_looks_like_one_stays() {
    let tokenized = tokenize("anna@example.com", &key()).unwrap();
    let other = DataKey { id: "dek_1".into(), key: SecretKey::new([4; 32]) };
    assert_eq!(restore(&tokenized, &other), tokenized);
    for text in ["[email~]", "[email~AAAA]", "[~]", "[", "[[email]"] {
        assert_eq!(restore(text, &key()), text);
    }
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
        prop_assert_eq!(restore(&tokenize(&text, &key()).unwrap(), &key()), text);
    }
}
