//! What holds for every text: no panic, spans inside it, values that read back, the same result again.

use lgdl::entities::{Direction, Entity, Language, Place, Reference, Value, answer, extract, recognize};
use proptest::prelude::*;

const ALL: &str = "number,ordinal,percent,age,money,temperature,dimension,boolean,email,phone,url,ip,\
                   date,time,datetime,duration,daterange,timerange,datetimerange,set";
const EACH: usize = 12;

/// Pieces that recognizers look for, and marks that they trip over.
const PIECES: &[&str] = &[
    "1",
    "12",
    "007",
    "1,234",
    "3.14",
    ".5",
    "1e9",
    "-",
    "−",
    "–",
    "½",
    "1/2",
    "%",
    "$",
    "€",
    "us$",
    "(",
    ")",
    "+",
    "00",
    "+44",
    "x12",
    "@",
    "a@b.co",
    "http://",
    "://",
    "www.",
    ".com",
    ".",
    "..",
    ",",
    ":",
    "::",
    "'",
    "\"",
    "°",
    "°C",
    "km",
    "km/h",
    "m²",
    "ft",
    "in",
    "pm",
    "M",
    "k",
    "bn",
    "one",
    "two",
    "twenty",
    "hundred",
    "thousand",
    "million",
    "and",
    "a",
    "half",
    "third",
    "thirds",
    "dozen",
    "point",
    "over",
    "minus",
    "out of",
    "next",
    "last",
    "second",
    "years old",
    "usd",
    "dollars",
    "cents",
    "mil",
    "dos",
    "y",
    "coma",
    "no",
    "yes",
    "not",
    "👍",
    "👌🏽",
    "é",
    "ß",
    "İ",
    "名",
    "ரூ",
    "\u{301}",
    "\u{a0}",
    "\u{202f}",
    "\t",
    "\n",
    "９",
    "^",
    "^-",
    "_",
    "/",
    "#",
    "*",
    "<",
    ">",
    "[",
    "]",
    "{",
    "}",
    "monday",
    "today",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
        1 => "[0-9]{1,24}",
    ];
    let glue = prop::sample::select(&["", " ", " ", "-"][..]);
    prop::collection::vec((piece, glue), 0..24)
        .prop_map(|parts| parts.into_iter().map(|(piece, glue)| piece + glue).collect())
}

fn reference(language: Language) -> Reference {
    Reference { direction: Direction::Past, language, ..extract::default_reference() }
}

fn check(text: &str, entity: &Entity) {
    assert!(entity.start < entity.end, "{text:?}: {entity:?}");
    assert!(text.get(entity.start..entity.end).is_some(), "{text:?}: {entity:?}");
    assert!((0.0..=1.0).contains(&entity.confidence), "{text:?}: {entity:?}");
    assert!(!entity.readings.is_empty(), "{text:?}: {entity:?}");
    for reading in &entity.readings {
        match reading {
            Value::Number { number, text: exact } => {
                assert!(number.is_finite(), "{text:?}: {entity:?}");
                if let Some(exact) = exact.as_deref().filter(|exact| exact.starts_with(|c: char| c.is_ascii_digit())) {
                    assert_eq!(exact.parse::<f64>().ok(), Some(*number), "{text:?}");
                }
            }
            Value::Quantity { number, unit, .. } => {
                assert!(number.is_finite() && !unit.is_empty(), "{text:?}: {entity:?}");
            }
            Value::Text { text: said, .. } => assert!(!said.is_empty(), "{text:?}"),
            Value::Boolean(_) | Value::Time(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_without_harm(text in text(), spanish in any::<bool>()) {
        let language = if spanish { Language::Spanish } else { Language::English };
        let kinds = extract::parse_types(ALL).unwrap();
        let found = recognize(&text, kinds, &reference(language));
        let mut end = 0;
        for entity in &found {
            check(&text, entity);
            prop_assert!(entity.start >= end, "{:?}: {:?}", text, found);
            end = entity.end;
        }
        prop_assert_eq!(&found, &recognize(&text, kinds, &reference(language)));
    }

    #[test]
    fn each_kind_alone_is_read_without_harm(text in text()) {
        for name in ALL.split(',').take(EACH) {
            let kinds = extract::parse_types(name).unwrap();
            for entity in recognize(&text, kinds, &reference(Language::English)) {
                check(&text, &entity);
                prop_assert!(kinds.contains(entity.kind));
            }
        }
    }

    #[test]
    fn a_line_of_json_gives_a_line_of_json(text in text()) {
        let kinds = extract::parse_types(ALL).unwrap();
        let line = serde_json::json!({ "id": 1, "text": text }).to_string();
        let out = extract::extract_line(&line, kinds, &extract::default_reference()).unwrap();
        let out: serde_json::Value = serde_json::from_str(&out).unwrap();
        let characters: Vec<char> = text.chars().collect();
        for entity in out["entities"].as_array().unwrap() {
            let start = usize::try_from(entity["start"].as_u64().unwrap()).unwrap();
            let end = usize::try_from(entity["end"].as_u64().unwrap()).unwrap();
            let said: String = characters[start..end].iter().collect();
            prop_assert_eq!(entity["text"].as_str(), Some(said.as_str()));
        }
        prop_assert!(!out.to_string().contains('\n'));
    }

    #[test]
    fn any_answer_is_read_without_harm(text in text(), max in 1.0..100.0) {
        for language in [Language::English, Language::Spanish] {
            let _ = answer::count(&text, language, &Place::DEFAULT);
            let _ = answer::score(&text, max, language);
            let _ = answer::spoken_email(&text, language);
            let _ = answer::spoken_phone(&text, language);
            let _ = answer::spoken_url(&text, language);
        }
        let _ = answer::convert(max, &text, "km");
    }

    #[test]
    fn a_number_reads_back_as_itself(value in -1_000_000_000_000i64..1_000_000_000_000) {
        let text = value.to_string();
        let found = recognize(&text, extract::parse_types("number").unwrap(), &reference(Language::English));
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(&found[0].readings, &vec![Value::Number { number: value as f64, text: None }]);
    }

    #[test]
    fn a_decimal_reads_back_as_itself(whole in 0u32..1_000_000, fraction in "[0-9]{1,9}") {
        let text = format!("{whole}.{fraction}");
        let found = recognize(&text, extract::parse_types("number").unwrap(), &reference(Language::English));
        prop_assert_eq!(found.len(), 1);
        let expected: f64 = text.parse().unwrap();
        prop_assert_eq!(&found[0].readings, &vec![Value::Number { number: expected, text: None }]);
    }

    #[test]
    fn a_number_in_words_reads_back_as_itself(value in 0u64..1_000_000_000) {
        let text = in_words(value);
        let found = recognize(&text, extract::parse_types("number").unwrap(), &reference(Language::English));
        prop_assert_eq!(found.len(), 1, "{}", &text);
        prop_assert_eq!(&found[0].readings, &vec![Value::Number { number: value as f64, text: None }], "{}", text);
    }
}

/// A whole number below 10^9 in English words.
fn in_words(value: u64) -> String {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let joined =
        |head: String, rest: u64, by: &str| if rest == 0 { head } else { format!("{head}{by}{}", in_words(rest)) };
    match value {
        0..20 => SMALL[value as usize].to_owned(),
        20..100 => joined(TENS[(value / 10) as usize].to_owned(), value % 10, "-"),
        100..1000 => joined(format!("{} hundred", in_words(value / 100)), value % 100, " and "),
        1000..1_000_000 => joined(format!("{} thousand", in_words(value / 1000)), value % 1000, " "),
        _ => joined(format!("{} million", in_words(value / 1_000_000)), value % 1_000_000, " "),
    }
}

#[test]
fn what_lies_before_the_year_0_is_no_day_and_no_fault() {
    let reference = Reference {
        now: jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0),
        offset_seconds: 0,
        direction: Direction::Past,
        language: Language::English,
        place: lgdl::entities::Place::DEFAULT,
    };
    for text in [
        "past thousand decade",
        "last 500 centuries",
        "ten thousand weeks and a thousand decades ago",
        "900 decades ago at noon",
    ] {
        for entity in recognize(text, extract::parse_types(ALL).expect("types"), &reference) {
            let written = format!("{:?}", entity.readings);
            assert!(!written.contains("\"-"), "{text}: {written}");
        }
    }
}
