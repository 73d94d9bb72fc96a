//! The tour of the language guide: every conversation that it shows goes as it is shown, with the game above it.

mod support;

use std::fs;
use std::path::Path;

use lgdl::compiled::CompiledGame;
use lgdl::golden::GoldenFile;
use lgdl::mocks::Mocks;
use lgdl::texts::{Fault, TextsFile};
use serde_json::Value;
use support::Talk;

/// A conversation of the guide with the game that it is held with.
struct Shown {
    game: String,
    /// The texts of another language that stand between the two.
    texts: Option<String>,
    talk: String,
}

/// The conversations of the guide, and its golden dialogues with their game and texts.
fn shown() -> (Vec<Shown>, Vec<Shown>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md");
    let guide = fs::read_to_string(path).expect("the language guide");
    let mut shown = Vec::new();
    let mut game = String::new();
    let mut texts = None;
    let mut goldens = Vec::new();
    for fence in guide.split("\n```").skip(1).step_by(2) {
        let (kind, text) = fence.split_once('\n').unwrap_or((fence, ""));
        let said = |talk: &str| Shown { game: game.clone(), texts: texts.clone(), talk: talk.to_owned() };
        match kind {
            "lgdl" => (game, texts) = (text.to_owned(), None),
            "yaml" if text.contains("\ntexts:\n") => texts = Some(text.to_owned()),
            "yaml" if text.contains("\ndialogs:\n") => goldens.push(said(text)),
            "talk" => shown.push(said(text)),
            _ => {}
        }
    }
    (shown, goldens)
}

/// A game with a language more.
fn translated(game: &str, texts: &str) -> CompiledGame {
    let parsed = lgdl::syntax::parse(game.as_bytes(), None);
    let mut game = parsed.game(None).expect("a game").clone();
    let file = TextsFile::read(texts.as_bytes()).expect("readable texts");
    let faults = lgdl::texts::check(&game, &file).into_iter().filter(|(_, fault)| *fault != Fault::Missing);
    assert_eq!(faults.collect::<Vec<_>>(), []);
    game.translations.push(lgdl::texts::translated(&game, &file).expect("texts that can be used"));
    CompiledGame::compile(&game).expect("it compiles")
}

#[test]
fn every_conversation_of_the_tour_goes_as_it_is_shown() {
    let (shown, _) = shown();
    assert!(shown.len() >= 7, "{}", shown.len());
    let mut differing = String::new();
    for Shown { game, texts, talk } in shown {
        let mut conversation = match texts {
            None => Talk::of(&game),
            Some(texts) => Talk::with(&translated(&game, &texts)).in_context(serde_json::json!({"locale": "es"})),
        };
        let mut held = String::new();
        for said in talk.lines().filter_map(|line| line.strip_prefix("> ")) {
            let answered = match said.strip_prefix('[').and_then(|event| event.strip_suffix(']')) {
                Some(event) => conversation.happen(event, Value::Null).response,
                None => conversation.say(said).response,
            };
            held.push_str(&format!("> {said}\n{answered}\n"));
        }
        if held.trim() != talk.trim() {
            differing.push_str(&format!("shown:\n{talk}\n\nheld:\n{held}\n"));
        }
    }
    assert!(differing.is_empty(), "{differing}");
}

#[test]
fn the_golden_dialogues_of_the_tour_hold() {
    let (_, goldens) = shown();
    assert_eq!(goldens.len(), 2, "one in each language");
    for Shown { game, texts, talk: yaml } in goldens {
        let game = match texts {
            Some(texts) => translated(&game, &texts),
            None => support::compile(&game, None),
        };
        let file = GoldenFile::read(yaml.as_bytes()).expect("dialogues");
        for dialog in &file.dialogs {
            for turn in file.run(dialog, &game, &Mocks::default()).expect("times that are some") {
                assert!(turn.mismatches.is_empty(), "{}: {:?}", dialog.name, turn.mismatches);
            }
        }
    }
}
