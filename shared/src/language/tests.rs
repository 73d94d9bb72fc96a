//! The languages' files against the code that reads them: every phrase is heard as what it is, and each corpus holds.

use super::*;
use crate::entities::{Direction, Reference};
use crate::slots::{strings, yes_no};
use crate::text::{Heard, Polarity, find_phrase, normalize, polarity, stem};

/// A language with the text of its files.
struct Files {
    language: &'static Language,
    lexicon: &'static str,
    phrases: &'static str,
    corpus: &'static str,
}

fn all() -> Vec<Files> {
    vec![
        Files {
            language: Language::english(),
            lexicon: include_str!("english/lexicon.txt"),
            phrases: include_str!("english/phrases.txt"),
            corpus: include_str!("english/corpus.txt"),
        },
        #[cfg(feature = "spanish")]
        Files {
            language: Language::coded("es").unwrap(),
            lexicon: include_str!("spanish/lexicon.txt"),
            phrases: include_str!("spanish/phrases.txt"),
            corpus: include_str!("spanish/corpus.txt"),
        },
        #[cfg(feature = "german")]
        Files {
            language: Language::coded("de").unwrap(),
            lexicon: include_str!("german/lexicon.txt"),
            phrases: include_str!("german/phrases.txt"),
            corpus: include_str!("german/corpus.txt"),
        },
    ]
}

/// Section and line of everything in a file that is neither empty nor a comment.
fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut section = "";
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(move |line| {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => {
                section = name;
                None
            }
            None => Some((section, line)),
        }
    })
}

#[test]
fn every_word_belongs_to_the_class_of_its_section() {
    for files in all() {
        for (section, line) in lines(files.lexicon) {
            let (_, class) = Class::NAMES.iter().find(|(name, _)| *name == section).expect("the build has checked it");
            for word in line.split_whitespace() {
                let tokens = normalize(files.language, word);
                let known = matches!(tokens.as_slice(), [only] if only.class.is(*class));
                assert!(known, "{}: `{word}` is not of the class [{section}]", files.language.name);
            }
        }
    }
}

#[test]
fn every_phrase_is_heard_as_what_its_section_says() {
    for files in all() {
        for (section, line) in lines(files.phrases) {
            let (_, cue) = Cue::NAMES.iter().find(|(name, _)| *name == section).expect("the build has checked it");
            // "fire: on fire, flames" says one value of them all.
            let phrases = line.split_once(": ").map_or(line, |(_, phrases)| phrases);
            for phrase in phrases.split(',') {
                let phrase = phrase.split('=').next().unwrap_or_default().trim().trim_start_matches('~');
                let heard = Heard::of(files.language, phrase);
                // A sign is no word; where it may stand for one it is looked for among the tokens.
                let tokens = normalize(files.language, phrase);
                let known = heard.is(*cue) || tokens.phrase(0, *cue) == tokens.len() || in_all_forms(&heard, *cue);
                assert!(known, "{}: `{phrase}` is not heard as [{section}]", files.language.name);
            }
        }
    }
}

/// Whether a phrase is one that is meant in all forms of its words: it lies in the table by their stems.
fn in_all_forms(heard: &Heard, cue: Cue) -> bool {
    let stems = heard.words.iter().map(|word| <[&str; 2]>::from(word.stem(heard.language).pieces()).concat());
    let stems: Vec<String> = stems.collect();
    let key = hash::push(hash::of(stems.join(" ").as_bytes()), hash::STEMMED);
    heard.language.cues(key).has(cue)
}

#[test]
fn the_examples_of_each_language_hold() {
    let mut failing = Vec::new();
    for files in all() {
        let reference = Reference {
            now: jiff::civil::date(2026, 3, 4).at(9, 0, 0, 0),
            offset_seconds: 0,
            direction: Direction::Future,
            language: files.language.spoken(),
            place: crate::entities::Place::DEFAULT,
        };
        for (section, line) in lines(files.corpus) {
            let said = format!("{} [{section}]: {line}", files.language.name);
            let heard = Heard::of(files.language, line);
            let (wanted, denied) = match section.strip_prefix("not ") {
                Some(section) => (section, true),
                None => (section, false),
            };
            let holds = match wanted {
                "yes" => yes_no::read(line, &reference) == Some(true),
                "no" => yes_no::read(line, &reference) == Some(false),
                "unsure" => yes_no::is_unsure(&heard),
                "decline" => strings::is_decline(&heard),
                "noise" => strings::is_noise(&heard),
                "idiom" => strings::is_idiom(&heard),
                "question" => strings::is_inquiry(line, &heard),
                "denied" => marked(files.language, line) == Polarity::Denied,
                "doubtful" => marked(files.language, line) == Polarity::Doubtful,
                "asserted" => marked(files.language, line) == Polarity::Asserted,
                "stem" => {
                    let mut forms = line.split_whitespace().map(|form| {
                        let form = crate::text::normalized(files.language, form);
                        stem(files.language, &form).hash()
                    });
                    let first = forms.next();
                    forms.all(|form| Some(form) == first)
                }
                "value" => {
                    let (text, value) = line.split_once("=>").expect("text => value");
                    let text = text.trim();
                    let (slot, text) = text.split_once(':').map_or(("value", text), |(slot, text)| (slot, text.trim()));
                    let span = strings::value_span(files.language, slot, text);
                    span.and_then(|(start, end)| text.get(start..end)) == Some(value.trim())
                }
                "repair" => crate::engine::is_repair(&heard),
                other => panic!("no section of a corpus is called [{other}]"),
            };
            if holds == denied {
                failing.push(said);
            }
        }
    }
    assert!(failing.is_empty(), "{failing:#?}");
}

/// How the mention between brackets is meant.
fn marked(language: &'static Language, line: &str) -> Polarity {
    let (left, rest) = line.split_once('[').expect("a mention in brackets");
    let (mention, right) = rest.split_once(']').expect("its end");
    let tokens = normalize(language, &format!("{left}{mention}{right}"));
    let from = normalize(language, left).len();
    let (first, end) = find_phrase(&tokens, &normalize(language, mention), from).expect("the mention is found");
    polarity(&tokens, first, end, Some(2026))
}

#[test]
fn texts_are_filled_in_once() {
    let english = Language::english();
    assert_eq!(
        english.say(Text::Guess, &[("move", "{move}")]),
        "I want to be sure that I understand. Is this about {move}?"
    );
    assert_eq!(english.alternatives(&["a", "b", "c"]), "a, b or c");
    assert_eq!(english.together(&["a"]), "a");
}

#[test]
fn every_language_is_known_by_its_code_and_locales() {
    for language in Language::all() {
        assert_eq!(Language::coded(language.code), Some(*language));
        for tag in language.locales {
            assert_eq!(Locale::tagged(tag).map(|locale| locale.language), Some(*language), "{tag}");
            assert!(tag.starts_with(language.code));
        }
        assert_eq!(language.formats.get("months").map(|months| months.split_whitespace().count()), Some(12));
        assert_eq!(language.formats.get("weekdays").map(|days| days.split_whitespace().count()), Some(7));
    }
    assert_eq!(Language::coded("xx"), None);
}
