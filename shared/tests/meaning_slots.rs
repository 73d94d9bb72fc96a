//! Slots by meaning and by expression: a free phrase goes to the option or term that it means, is read back when that is
//! unsure, and `extract using regex "…"` takes what its expression finds.

use lgdl::compiled::CompiledGame;
use lgdl::meaning::{Meaning, Size};
use serde_json::json;

mod support;

use support::Talk;

const MODELS: [Meaning; 2] = [Meaning::With(Size::Small), Meaning::With(Size::Standard)];

fn game(slots: &str, meaning: Meaning) -> CompiledGame {
    let source = format!(
        r#"game counter {{
            moves {{
                move order {{
                    when user says something like: ["I want to place an order", "take my order {{what}}"]
                    slots {{ {slots} }}
                    when slot what is missing {{ prompt slot: "What will it be?" }}
                    when all_slots_filled {{ respond with: "Noted: {{what}}." }}
                }}
            }}
        }}"#
    );
    let parsed = lgdl::syntax::parse(source.as_bytes(), None);
    let errors: Vec<_> = parsed.diagnostics.iter().filter(|found| found.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    CompiledGame::compile_with(&parsed.games[parsed.entry.expect("a game")], meaning).expect("it compiles")
}

const DRINKS: &str = "what: enum(coffee, tea, juice, water, beer, wine) required extract using semantic";

#[test]
fn a_phrase_goes_to_the_option_that_it_means_and_is_read_back_when_that_is_unsure() {
    for meaning in MODELS {
        let game = game(DRINKS, meaning);
        let mut understood = 0;
        for (said, meant) in [
            ("a cappuccino", "coffee"),
            ("a glass of merlot", "wine"),
            ("chardonnay", "wine"),
            ("a pint of lager", "beer"),
        ] {
            let mut talk = Talk::with(&game);
            talk.say("I want to place an order");
            let record = talk.say(said);
            if record.stage == "confirming" {
                // What is read back may be another: who is asked says so.
                understood += usize::from(record.slots.get("what") == Some(&json!(meant)));
                assert_eq!(talk.say("yes").stage, "answered", "{said}");
            } else if record.slots_filled {
                assert_eq!(record.slots["what"], json!(meant), "{said}");
                understood += 1;
            }
        }
        assert!(understood >= 3, "{meaning:?}: {understood}");
    }
}

#[test]
fn what_means_no_option_is_asked_again_and_so_is_everything_without_a_model() {
    let game_with = game(DRINKS, MODELS[1]);
    let mut talk = Talk::with(&game_with);
    talk.say("I want to place an order");
    let record = talk.say("my grandmother sold her bicycle to the neighbours last winter");
    assert_eq!(record.awaiting_slot.as_deref(), Some("what"));
    let mut talk = Talk::with(&game(DRINKS, Meaning::Words));
    talk.say("I want to place an order");
    assert_eq!(talk.say("a glass of merlot").awaiting_slot.as_deref(), Some("what"));
    // An option in its own words needs no model.
    assert_eq!(talk.say("wine please").stage, "answered");
}

#[test]
fn what_is_denied_is_read_back_at_most() {
    let mut talk = Talk::with(&game(DRINKS, MODELS[1]));
    talk.say("I want to place an order");
    let record = talk.say("not a cappuccino");
    assert!(!record.slots_filled, "{record:?}");
}

#[test]
fn regex_takes_nothing_by_meaning() {
    let slot = "what: enum(coffee, tea, juice, water, beer, wine) required extract using regex";
    let mut talk = Talk::with(&game(slot, MODELS[1]));
    talk.say("I want to place an order");
    assert_eq!(talk.say("a glass of merlot").awaiting_slot.as_deref(), Some("what"));
}

#[test]
fn an_expression_says_what_the_value_is() {
    let slot = r#"what: string required extract using regex "\b([A-Z]{2}-\d{4})\b""#;
    let mut talk = Talk::with(&game(slot, Meaning::Words));
    talk.say("I want to place an order");
    let record = talk.say("whatever you like");
    assert_eq!(record.awaiting_slot.as_deref(), Some("what"));
    let record = talk.say("it says AB-1234 on the box");
    assert_eq!((record.stage.as_str(), &record.slots["what"]), ("answered", &json!("AB-1234")));
    // Said at once, it is found as well.
    let record = Talk::with(&game(slot, Meaning::Words)).say("I want to place an order, CD-5678");
    assert_eq!(record.slots["what"], json!("CD-5678"));
}

#[test]
fn a_bad_expression_is_refused_when_the_game_is_compiled() {
    let source = r#"game a { moves { move b { when user says something like: ["go"]
        slots { what: string required extract using regex "(" } } } }"#;
    let parsed = lgdl::syntax::parse(source.as_bytes(), None);
    assert!(parsed.diagnostics.iter().any(|found| found.code == "E105"), "{:?}", parsed.diagnostics);
}

#[test]
fn free_text_becomes_the_term_that_it_says_or_means_where_that_is_asked_for() {
    let slot = r#"what: string required extract using semantic
        with vocabulary { "coffee" also means: ["flat white"] "wine" also means: ["rosé"] "bread" also means: ["rolls"] }"#;
    for meaning in [Meaning::Words, MODELS[0], MODELS[1]] {
        let mut talk = Talk::with(&game(slot, meaning));
        talk.say("I want to place an order");
        let record = talk.say("a flat white");
        assert_eq!(record.slots["what"], json!("coffee"), "{meaning:?}");
    }
}
