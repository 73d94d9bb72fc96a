//! The tour of the language guide: every conversation that it shows goes as it is shown, with the game above it.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::Talk;

/// A conversation of the guide with the game that it is held with.
struct Shown {
    game: String,
    talk: String,
}

fn shown() -> Vec<Shown> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md");
    let guide = fs::read_to_string(path).expect("the language guide");
    let mut shown = Vec::new();
    let mut game = String::new();
    for fence in guide.split("\n```").skip(1).step_by(2) {
        let (kind, text) = fence.split_once('\n').unwrap_or((fence, ""));
        match kind {
            "lgdl" => text.clone_into(&mut game),
            "talk" => shown.push(Shown { game: game.clone(), talk: text.to_owned() }),
            _ => {}
        }
    }
    shown
}

#[test]
fn every_conversation_of_the_tour_goes_as_it_is_shown() {
    let shown = shown();
    assert!(shown.len() >= 7, "{}", shown.len());
    let mut differing = String::new();
    for Shown { game, talk } in shown {
        let mut conversation = Talk::of(&game);
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
