//! What people say and what is understood of it. The phrases are data: those of English beside this file, those of other
//! languages in their folders.

use lgdl::entities::{Language, Reference, extract, recognize};
use serde_json::Value as Json;

/// The phrases of a language, and how many they are at least.
const ENGLISH: (Language, &str, usize) = (Language::English, include_str!("entities/phrases.txt"), 300);
const SPANISH: (Language, &str, usize) = (Language::Spanish, include_str!("../src/language/spanish/values.txt"), 90);
#[cfg(feature = "german")]
const GERMAN: (Language, &str, usize) = (Language::German, include_str!("../src/language/german/values.txt"), 40);

/// A value in one line: `12 Foot`, `true`, `2018-06-20/2018-06-27`.
fn shown(value: &Json) -> String {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (&value["unit"], &value["start"], &value["currency"]) {
        (Json::String(unit), _, Json::String(currency)) => format!("{} {unit} {currency}", value["number"]),
        (Json::String(unit), ..) => format!("{} {unit}", value["number"]),
        (_, Json::String(start), _) => format!("{start}/{}", text(&value["end"])),
        _ => text(value),
    }
}

fn found(types: &str, text: &str, reference: &Reference) -> String {
    let kinds = extract::parse_types(types).unwrap_or_else(|error| panic!("{text}: {error}"));
    let entities = recognize(text, kinds, reference);
    let said = |entity: &lgdl::entities::Entity| {
        format!("{}={}", &text[entity.start..entity.end], shown(&extract::plain(&entity.readings[0])))
    };
    entities.iter().map(said).collect::<Vec<_>>().join("; ")
}

fn check((language, phrases, least): (Language, &str, usize)) {
    let mut reference = Reference { language, ..extract::default_reference() };
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in phrases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(now) = line.strip_prefix("now ") {
            reference.now = extract::parse_now(now).unwrap();
            continue;
        }
        let mut fields = line.splitn(3, '|').map(str::trim);
        let (Some(types), Some(text), Some(expected)) = (fields.next(), fields.next(), fields.next()) else {
            panic!("a line without its three fields: {line}");
        };
        count += 1;
        let found = found(types, text, &reference);
        if found != expected {
            wrong.push(format!("{types} | {text}\n    expected {expected}\n    found    {found}"));
        }
    }
    assert!(count >= least, "only {count} phrases");
    assert!(wrong.is_empty(), "{} of {count} phrases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_people_say_is_understood() {
    check(ENGLISH);
}

#[test]
fn what_people_say_in_spanish_is_understood() {
    check(SPANISH);
}

#[cfg(feature = "german")]
#[test]
fn what_people_say_in_german_is_understood() {
    check(GERMAN);
}
