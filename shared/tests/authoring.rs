//! What version 1.1 of the language gives authors: slots that depend on others, rules, types, variety, expressions,
//! parts, events and rich answers.

mod support;

use lgdl::engine::Event;
use lgdl::syntax::parse_with;
use serde_json::{Value, json};
use support::{Talk, compile, failed, ok};

/// A game of one move whose elements are given.
fn game(elements: &str) -> String {
    format!(
        r#"game g {{
          capabilities {{ s: ["f"] }}
          moves {{
            move order {{
              when user says something like: ["order", "order a {{size}} one", "I want {{size}}"]
              confidence: medium
              {elements}
            }}
            move hours {{
              when user says something like: ["opening hours"]
              when confident {{ respond with: "From 9 to 5." }}
            }}
          }}
        }}"#
    )
}

#[track_caller]
fn check(elements: &str, texts: &[&str], response: &str) {
    let record = Talk::of(&game(elements)).say_all(texts);
    assert_eq!(record.response, response, "{texts:?}\n{record:#?}");
}

// ---- slots that depend ---------------------------------------------------------------------------------------

const DELIVERY: &str = r#"
  slots {
    fulfilment: enum("delivery", "pickup") required with vocabulary { "pickup" also means: ["pick it up"] }
    address: string required when fulfilment = "delivery"
    name: string required
  }
  when slot fulfilment is missing { prompt slot: "Delivery or pickup?" }
  when slot address is missing { prompt slot: "Where to?" }
  when slot name is missing { prompt slot: "Your name?" }
  when all_slots_filled { respond with: "{name}: {fulfilment}{address? to address}." }
"#;

#[test]
fn a_slot_is_asked_for_only_where_its_condition_holds() {
    check(DELIVERY, &["order", "delivery"], "Where to?");
    check(DELIVERY, &["order", "delivery", "5 Main Street", "Jo"], "Jo: delivery to 5 Main Street.");
    check(DELIVERY, &["order", "pickup"], "Your name?");
    check(DELIVERY, &["order", "pickup", "Jo"], "Jo: pickup.");
}

#[test]
fn a_value_that_a_correction_makes_needless_is_dropped_with_a_word() {
    let mut talk = Talk::of(&game(DELIVERY));
    talk.say_all(&["order", "delivery", "5 Main Street"]);
    let record = talk.say("actually I'd rather pick it up");
    assert_eq!(record.response, "Okay, pickup. Then I no longer need the address. Your name?");
    assert!(!record.slots.contains_key("address"), "{record:#?}");
    assert_eq!(talk.say("Jo").response, "Jo: pickup.");
}

#[test]
fn questions_with_conditions_are_asked_and_answered_as_they_read() {
    let elements = r#"
      slots { pet: enum("dog", "cat") required  food: string optional  name: string required }
      when slot pet is missing { prompt slot: "Dog or cat?" }
      when pet = "dog" and slot food is missing { prompt slot: "What does the dog eat?" }
      when slot name is missing { prompt slot: "What is its name?" }
      when all_slots_filled { respond with: "{name} the {pet}{food? eats food}." }
    "#;
    check(elements, &["order", "dog"], "What does the dog eat?");
    check(elements, &["order", "dog", "bones"], "What is its name?");
    check(elements, &["order", "dog", "bones", "Rex"], "Rex the dog eats bones.");
    check(elements, &["order", "cat"], "What is its name?");
    check(elements, &["order", "cat", "Tom"], "Tom the cat.");
}

#[test]
fn a_question_may_be_put_in_one_of_several_ways() {
    let elements = r#"
      slots { pet: enum("dog", "cat") required  name: string required }
      if slot name is missing and pet = "dog" { prompt slot: "And the dog's name?" }
      else if slot name is missing { prompt slot: "And its name?" }
      when all_slots_filled { respond with: "{name}." }
    "#;
    check(elements, &["order", "dog"], "And the dog's name?");
    check(elements, &["order", "cat"], "And its name?");
    check(elements, &["order", "cat", "Tom"], "Tom.");
}

#[test]
fn two_slots_are_compared_with_each_other() {
    let elements = r#"
      slots { from: string required  to: string required }
      when slot from is missing { prompt slot: "From?" }
      when slot to is missing { prompt slot: "To?" }
      if from = to { respond with: "That is no journey." return }
      when all_slots_filled { respond with: "Off." }
    "#;
    check(elements, &["order", "Oslo", "Oslo"], "That is no journey.");
    check(elements, &["order", "Oslo", "Bergen"], "Off.");
}

// ---- rules ---------------------------------------------------------------------------------------------------

const TRIP: &str = r#"
  slots {
    out: date required valid when out >= today else "That day is over."
    back: date required valid when value >= out + 1 day else "You would be back before you leave."
  }
  when slot out is missing { prompt slot: "When out?" }
  when slot back is missing { prompt slot: "When back?" }
  when all_slots_filled { respond with: "${back - out} nights." }
"#;

#[test]
fn a_value_that_breaks_a_rule_is_refused_with_the_reason() {
    check(TRIP, &["order", "February 3 2025"], "That day is over. When out?");
    check(TRIP, &["order", "March 10", "March 10"], "You would be back before you leave. When back?");
    check(TRIP, &["order", "March 10", "March 14"], "4 nights.");
}

#[test]
fn a_slot_that_is_given_up_runs_its_block() {
    let elements = r#"
      slots { code: string required retries 2 valid when length(code) = 5 else "A code has 5 letters." }
      when slot code is missing { prompt slot: "The code?" }
      when slot code is given up { respond with: "Let us leave it." }
      when failed { respond with: "The service is down." }
      when all_slots_filled { respond with: "Thanks." }
    "#;
    check(elements, &["order", "abc"], "A code has 5 letters. The code?");
    check(elements, &["order", "abc", "abcd"], "A code has 5 letters. Let us leave it.");
    check(elements, &["order", "abc", "abcde"], "Thanks.");
    let record = Talk::of(&game(elements)).say_all(&["order", "abc", "abcd"]);
    assert_eq!(record.awaiting_slot, None);
}

#[test]
fn a_correction_that_breaks_a_rule_leaves_the_value_that_stood_there() {
    let elements = r#"
      slots {
        count: number required valid when count <= 8 else "At most 8."
        name: string required
      }
      when slot count is missing { prompt slot: "How many?" }
      when slot name is missing { prompt slot: "Your name?" }
      when all_slots_filled { respond with: "{name}: {count}." }
    "#;
    check(elements, &["order", "4", "actually make it 9"], "At most 8. Your name?");
    check(elements, &["order", "4", "actually make it 9", "Jo"], "Jo: 4.");
    check(elements, &["order", "4", "actually make it 7", "Jo"], "Jo: 7.");
}

#[test]
fn retry_goes_back_to_the_slot_a_bounded_number_of_times_and_says_its_text_once() {
    let elements = r#"
      slots { n: number required retries 1 }
      when slot n is missing { prompt slot: "A number?" }
      when slot n is given up { retry with "Once more, please." }
    "#;
    let mut talk = Talk::of(&game(elements));
    talk.say("order");
    let once = talk.say("blue").response;
    assert_eq!(once.matches("Once more, please.").count(), 1, "{once}");
    talk.say("blue");
    let last = talk.say("blue");
    assert_eq!(last.awaiting_slot, None, "{last:#?}");
}

// ---- variety -------------------------------------------------------------------------------------------------

#[test]
fn a_text_of_several_is_said_in_turn_and_the_same_again_for_the_same_turns() {
    let source = game(r#"when confident { respond with: ["One.", "Two.", "Three."] }"#);
    let said = || {
        let mut talk = Talk::of(&source);
        (0..6).map(|_| talk.say("order").response).collect::<Vec<_>>()
    };
    let first = said();
    assert_eq!(first, said());
    assert!(first.windows(2).all(|pair| pair[0] != pair[1]), "{first:?}");
    assert!(["One.", "Two.", "Three."].iter().all(|text| first.iter().any(|said| said == text)), "{first:?}");
}

#[test]
fn a_question_of_several_texts_goes_through_them_in_order_and_stays_at_the_last() {
    let elements = r#"
      slots { n: number required retries 9 }
      when slot n is missing { prompt slot: ["How many?", "How many, in figures?", "A number such as 3?"] }
    "#;
    let mut talk = Talk::of(&game(elements));
    let asked: Vec<String> = ["order", "blue", "red", "green"].iter().map(|text| talk.say(text).response).collect();
    let ends = ["How many?", "How many, in figures?", "A number such as 3?", "A number such as 3?"];
    for (said, end) in asked.iter().zip(ends) {
        assert!(said.ends_with(end), "{asked:?}");
    }
}

#[test]
fn the_engines_own_words_are_replaced_by_moves_of_their_names() {
    let source = r#"game g {
      capabilities { s: ["f"] }
      moves {
        move order {
          when user says something like: ["order"]
          when confident { s.f }
        }
        move quiet {
          when user says something like: ["quiet"]
          when confident { continue }
        }
        move repair_error { when confident { respond with: "Our kitchen is down." } }
        move repair_unclear { when confident { respond with: "Pardon?" } }
        move repair_done { when confident { respond with: "Done." } }
        move repair_too_long { when confident { respond with: "Shorter, please." } }
      }
    }"#;
    assert_eq!(Talk::of(source).answering(|_| failed("E210")).say("order").response, "Our kitchen is down.");
    let record = Talk::of(source).say("xyzzy plugh");
    assert_eq!(
        (record.response.as_str(), record.move_id.as_str(), record.stage.as_str()),
        ("Pardon?", "none", "unmatched")
    );
    assert_eq!(Talk::of(source).say("quiet").response, "Done.");
    assert!(Talk::of(source).say(&"la ".repeat(2000)).response.starts_with("Shorter, please."));
}

// ---- expressions ---------------------------------------------------------------------------------------------

#[track_caller]
fn check_condition(condition: &str, holds: bool) {
    let elements = format!(r#"if {condition} {{ respond with: "yes" }} else {{ respond with: "no" }}"#);
    let context = json!({
        "n": 3, "m": "4", "list": ["ham", "olives"], "word": "Hello", "day": "2026-03-10", "price": {"amount": 12.5},
        "inner": {"n": 3}
    });
    let record = Talk::of(&game(&elements)).in_context(context).say("order");
    assert_eq!(record.response, if holds { "yes" } else { "no" }, "{condition}");
}

#[test]
fn conditions_compute() {
    for condition in [
        "n + 1 = m",
        "n * 2 > m",
        "(n + 1) * 2 = 8",
        "count(list) = 2",
        "count(nothing) = 0",
        "contains(list, \"Ham\")",
        "not contains(list, \"egg\")",
        "contains(word, \"ell\")",
        "length(word) = 5",
        "lower(word) = \"hello\"",
        "upper(word) = \"HELLO\" and n = 3",
        "max(n, m, 1) = 4",
        "min(n, m) = n",
        "round(price / 2) = 6",
        "round(price / 2, 1) >= 6.2",
        "day > today",
        "day = today + 6 days",
        "day <= today + 1 week",
        "day - today = 6",
        "day - 1 month < today",
        "n = inner.n",
        "n -2 = 1",
        "n = 3 or count(list) > 9",
    ] {
        check_condition(condition, true);
    }
    for condition in ["n + 1 > m", "contains(nothing, \"x\")", "n + nothing > 1", "n / 0 = 1", "day < today"] {
        check_condition(condition, false);
    }
}

#[test]
fn templates_compute_with_days_texts_and_lists() {
    let elements = r#"when confident {
      respond with: "${upper(word)}, ${count(list)}, ${day + 2 days}, ${n > 2}, ${nothing + 1}, ${round(10 / 3, 2)}."
    }"#;
    let context = json!({"word": "hi", "list": ["a", "b"], "day": "2026-03-10", "n": 3});
    let record = Talk::of(&game(elements)).in_context(context).say("order");
    assert_eq!(record.response, "HI, 2, Thursday 12 March, yes, —, 3.33.");
}

// ---- types ---------------------------------------------------------------------------------------------------

const TYPED: &str = r#"game g {
  types {
    size: enum("small", "large") with vocabulary { "large" also means: ["big"] }
    plate: pattern "[A-Z]{2}-\d{4}"
    topping: list of enum(from context.menu)
    short: string valid when length(value) < 9 else "That is too long."
  }
  moves {
    move order {
      slots { size: size required  plate: plate required  toppings: topping optional  note: short required }
      when user says something like: ["order", "a {size} one", "order for {plate}"]
      confidence: medium
      when slot size is missing { prompt slot: "Size?" }
      when slot plate is missing { prompt slot: "Plate?" }
      when slot toppings is missing { prompt slot: "Toppings?" }
      when slot note is missing { prompt slot: "Note?" }
      when all_slots_filled { respond with: "{size}, {plate}, {toppings}, {note}." }
    }
  }
}"#;

#[test]
fn types_of_a_game_are_used_in_its_slots() {
    let mut talk = Talk::of(TYPED).in_context(json!({"menu": ["ham", "olives", {"name": "extra cheese"}]}));
    assert_eq!(talk.say("a big one").awaiting_slot.as_deref(), Some("plate"));
    assert_eq!(talk.say("seven").response, "Please give it in a form such as AB-1234. Plate?");
    let record = talk.say("it's ab 1234");
    assert_eq!(record.awaiting_slot.as_deref(), Some("toppings"), "{record:#?}");
    assert_eq!(record.slots["plate"], "AB-1234");
    let record = talk.say("ham and extra cheese");
    assert_eq!(record.slots["toppings"], json!(["ham", "extra cheese"]));
    assert!(talk.say("ring the bell twice").response.starts_with("That is too long."));
    assert_eq!(talk.say("no nuts").response, "large, AB-1234, ham and extra cheese, no nuts.");
}

#[test]
fn a_pattern_is_captured_and_noticed_beside_other_things() {
    let mut talk = Talk::of(TYPED);
    let record = talk.say("order for XY-9876");
    assert_eq!(record.slots["plate"], "XY-9876");
    let mut talk = Talk::of(TYPED);
    let record = talk.say_all(&["order", "big, the plate is XY-9876"]);
    assert_eq!((&record.slots["plate"], &record.slots["size"]), (&json!("XY-9876"), &json!("large")));
}

// ---- parts ---------------------------------------------------------------------------------------------------

const PARTS: &str = r#"game g {
  capabilities { s: ["f"] }
  moves {
    move order {
      slots { pizza: enum("tuna", "salami") required }
      when user says something like: ["order"]
      when slot pizza is missing { prompt slot: "Which pizza?" }
      when all_slots_filled {
        respond with: "Good."
        call address with town = "Bonn"
        respond with: "A {pizza} to {address.street} in {address.town}."
        s.f
      }
      when successful { respond with: "It is on its way." }
    }
    move address {
      slots { street: string required  town: string required }
      when slot street is missing { prompt slot: "Which street?" }
      when slot town is missing { prompt slot: "Which town?" }
    }
    move hours {
      when user says something like: ["opening hours"]
      when confident { respond with: "From 9 to 5." }
    }
  }
}"#;

#[test]
fn a_part_comes_back_with_its_values_and_the_block_goes_on() {
    let mut talk = Talk::of(PARTS).answering(|_| ok(json!({})));
    let record = talk.say_all(&["order", "tuna"]);
    assert_eq!(record.response, "Good. Which street?");
    let record = talk.say("5 Main Street");
    assert_eq!(record.response, "A tuna to 5 Main Street in Bonn. It is on its way.");
    assert_eq!(
        talk.calls.last().expect("a call").payload["address"],
        json!({"street": "5 Main Street", "town": "Bonn"})
    );
}

#[test]
fn a_part_is_interrupted_cancelled_and_resumed_like_any_move() {
    let mut talk = Talk::of(PARTS);
    let record = talk.say_all(&["order", "tuna", "what are your opening hours?"]);
    assert_eq!(record.response, "From 9 to 5. Which street?");
    assert!(talk.say("Elm Road 3").response.starts_with("A tuna to Elm Road 3"));
    let mut talk = Talk::of(PARTS);
    talk.say_all(&["order", "tuna", "cancel"]);
    assert_eq!(talk.say("opening hours").response, "From 9 to 5.");
}

fn imported(main: &str, files: &[(&str, &str)]) -> lgdl::syntax::Parsed {
    let files: Vec<(String, String)> = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    parse_with(main.as_bytes(), None, &|path| {
        let found = files.iter().find(|(name, _)| name == path);
        found.map(|(_, text)| text.clone().into_bytes()).ok_or_else(|| "there is no such file".to_owned())
    })
}

#[track_caller]
fn check_import(main: &str, files: &[(&str, &str)], problem: &str) {
    let parsed = imported(main, files);
    let messages: Vec<&str> = parsed.diagnostics.iter().map(|found| found.message.as_str()).collect();
    if problem.is_empty() {
        assert_eq!(messages, Vec::<&str>::new());
    } else {
        assert!(messages.iter().any(|message| message.contains(problem)), "{problem}: {messages:#?}");
    }
}

const MAIN: &str = r#"import "parts/talk.lgdl"
import "lgdl:address"
game g {
  moves {
    move order {
      when user says something like: ["order"]
      when confident { call address respond with: "{address.town}!" }
    }
    move other {
      slots { colour: colour required }
      when user says something like: ["other"]
      when slot colour is missing { prompt slot: "Colour?" }
    }
  }
}"#;

const TALK: &str = r#"import "words.lgdl"
game talk {
  types { colour: enum("red", "blue") }
  moves { move hello { when user says something like: ["hello"] when confident { respond with: "Hi." } } }
}"#;

const WORDS: &str = r#"game words { vocabulary { "hello" also means: ["hey"] } moves { } }"#;

#[test]
fn imported_files_bring_their_moves_types_and_vocabulary() {
    let files = [("parts/talk.lgdl", TALK), ("parts/words.lgdl", WORDS)];
    check_import(MAIN, &files, "");
    let parsed = imported(MAIN, &files);
    assert_eq!(parsed.games.len(), 1);
    let game = lgdl::compiled::CompiledGame::compile(&parsed.games[0]).expect("it compiles");
    assert_eq!(Talk::with(&game).say("hey").response, "Hi.");
    let mut talk = Talk::with(&game);
    assert!(talk.say("order").response.contains("street"));
    assert_eq!(talk.say_all(&["5 Main Street", "Bonn", "skip"]).response, "Bonn!");
    assert_eq!(Talk::with(&game).say("other").choices, ["red", "blue"]);
}

#[test]
fn imports_that_cannot_be_are_errors_where_they_stand() {
    check_import("import \"none.lgdl\"\ngame g { moves { } }", &[], "there is no such file");
    let circle =
        [("a.lgdl", "import \"b.lgdl\"\ngame a { moves { } }"), ("b.lgdl", "import \"a.lgdl\"\ngame b { moves { } }")];
    check_import("import \"a.lgdl\"\ngame g { moves { } }", &circle, "circle: a.lgdl imports b.lgdl imports a.lgdl");
    let twice = [("talk.lgdl", TALK), ("words.lgdl", WORDS)];
    let clash = "import \"talk.lgdl\"\ngame g { moves { move hello { when user says something like: [\"x\"] } } }";
    check_import(clash, &twice, "has a move called `hello` already");
    let broken = [("talk.lgdl", "game talk {\n  moves {\n    move a { wehn }\n  }\n}")];
    check_import("import \"talk.lgdl\"\ngame g { moves { } }", &broken, "in talk.lgdl, line 3:");
    let extends = "import \"talk.lgdl\"\ngame g extends talk { moves { } }";
    let parsed = imported(extends, &twice);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    assert!(parsed.games[0].moves.iter().any(|found| found.name == "hello"));
}

#[test]
fn every_part_of_the_library_compiles_and_is_formatted_in_each_language() {
    for part in ["address", "person_name", "phone", "confirm_all"] {
        for language in ["en", "es"] {
            let source = format!(
                "import \"lgdl:{part}\"\ngame g {{\n  language: {language}\n  moves {{\n    move m {{\n      when user says \
                 something like: [\"xyz\"]\n      when confident {{ call {part} respond with: \"ok\" }}\n    }}\n  }}\n}}"
            );
            let record = Talk::of(&source).say("xyz");
            assert_eq!(record.stage, "collecting", "{part} {language}: {record:#?}");
        }
    }
}

// ---- events and rich answers ---------------------------------------------------------------------------------

const EVENTS: &str = r#"game g {
  when event session_started { respond with: "Welcome{context.name?}." }
  moves {
    move order {
      slots { size: enum("small", "large") required }
      when user says something like: ["order", "large please"]
      confidence: medium
      when slot size is missing { prompt slot: "Which size?" }
      when all_slots_filled { respond with: "A {size} one." }
      when event timeout { respond with: "Are you still there?" }
    }
    move paid {
      when event paid and event.value > 10 { respond with: "Thank you for {event.value}." }
    }
  }
}"#;

#[test]
fn events_run_the_blocks_that_wait_for_them() {
    let mut talk = Talk::of(EVENTS);
    let record = talk.happen("session_started", Value::Null);
    assert_eq!((record.response.as_str(), record.move_id.as_str()), ("Welcome.", "session_started"));
    talk.say("order");
    let record = talk.happen("timeout", Value::Null);
    assert_eq!(record.response, "Are you still there? Which size?");
    assert_eq!(talk.happen("paid", json!(12)).response, "Thank you for 12. Which size?");
    let record = talk.happen("paid", json!(2));
    assert_eq!((record.response.as_str(), record.stage.as_str()), ("", "collecting"));
    assert_eq!(talk.say("large").response, "A large one.");
}

#[test]
fn a_button_that_no_block_waits_for_says_what_is_on_it() {
    let mut talk = Talk::of(EVENTS);
    talk.say("order");
    assert_eq!(talk.happen("button", json!("large")).response, "A large one.");
    assert_eq!(talk.happen("unheard_of", json!("large")).response, "");
}

#[test]
fn an_answer_carries_pictures_cards_and_payloads_beside_its_text() {
    let elements = r#"when confident {
      respond with: "Here."
      attach { image: "https://example.com/{word}.png", alt: "A {word}" }
      attach { image: "javascript:alert(1)", alt: "x" }
      attach { card: { title: "Menu", text: "All of it", link: "javascript:x" } }
      attach { payload: { kind: "menu", count: 3, deep: { list: [1, word, "{word}!"] }, open: true } }
    }"#;
    let record = Talk::of(&game(elements)).in_context(json!({"word": "pie"})).say("order");
    assert_eq!(
        record.attachments,
        [
            json!({"image": "https://example.com/pie.png", "alt": "A pie"}),
            json!({"card": {"title": "Menu", "text": "All of it"}}),
            json!({"payload": {"kind": "menu", "count": 3, "deep": {"list": [1, "pie", "pie!"]}, "open": true}}),
        ]
    );
    assert_eq!(record.findings, ["E215"]);
}

#[test]
fn choices_may_say_something_else_than_they_show() {
    let source = r#"game g {
      moves {
        move menu {
          when user says something like: ["menu"]
          when confident { offer choices: [{ label: "Opening times", value: "opening hours" }, "A person"] }
        }
        move hours {
          when user says something like: ["opening hours"]
          when confident { respond with: "From 9 to 5." }
        }
      }
    }"#;
    let record = Talk::of(source).say("menu");
    assert_eq!(record.choices, ["Opening times", "A person"]);
    assert_eq!(record.choice_values.get("Opening times").map(String::as_str), Some("opening hours"));
    for answer in ["opening hours", "opening times", "1"] {
        assert_eq!(Talk::of(source).say_all(&["menu", answer]).response, "From 9 to 5.", "{answer}");
    }
}

#[test]
fn what_a_game_does_not_use_costs_it_little() {
    let size = |source: &str| compile(source, None).bytes().len();
    let plain = size(include_str!("data/desk.lgdl"));
    // Measured before these forms were there; the limit is 5 percent.
    const BEFORE: usize = DESK_BYTES;
    assert!(plain * 100 <= BEFORE * 105, "{plain} bytes, {BEFORE} before");
}

/// What `data/desk.lgdl` took in format 2.
const DESK_BYTES: usize = 13_248;

/// The event of a turn, for the tests above.
#[test]
fn an_event_is_read_back_as_it_was_written() {
    let event = Event { name: "button".into(), value: json!("large") };
    let written = serde_json::to_string(&event).expect("it can be written");
    assert_eq!(serde_json::from_str::<Event>(&written).expect("it can be read"), event);
}

#[test]
fn a_part_answers_for_the_move_that_called_it() {
    const GAME: &str = r#"import "lgdl:person_name"
game shop {
  moves {
    move order {
      slots { size: enum("small", "large") required }
      when user says something like: ["order a pizza"]
      when slot size is missing { prompt slot: "Which size?" }
      when all_slots_filled {
        call person_name
        respond with: "Thank you, {person_name.name}."
      }
    }
  }
}"#;
    let mut talk = Talk::with(&compile(GAME, None));
    let of = |record: &lgdl::engine::TurnRecord| (record.move_id.clone(), record.part.clone());
    assert_eq!(of(&talk.say("order a pizza")), ("order".to_owned(), None));
    // While the part asks, what the move holds is shown.
    assert_eq!(talk.say("large").slots["size"], json!("large"));
    let record = talk.say("Nora Lind");
    assert_eq!(record.slots["size"], json!("large"));
    assert_eq!(of(&record), ("order".to_owned(), Some("person_name".to_owned())));
    assert!(record.slots_filled, "the order is complete: {}", record.response);
}

#[test]
fn a_value_that_is_only_named_is_asked_for_again() {
    const GAME: &str = r#"import "lgdl:confirm_all"
game shop {
  moves {
    move order {
      slots {
        size: enum("small", "large") required
        name: string required
        note: string optional
      }
      when user says something like: ["order a pizza", "a {size} pizza"]
      when slot size is missing { prompt slot: "Which size?" }
      when slot name is missing { prompt slot: "Under what name?" }
      when all_slots_filled {
        call confirm_all with summary = "A {size} one for {name}."
        respond with: "Done, {size}."
      }
    }
  }
}"#;
    let game = compile(GAME, None);
    let begun = || {
        let mut talk = Talk::with(&game);
        assert_eq!(talk.say("a small pizza").response, "Under what name?");
        talk
    };
    for said in [
        "change the size",
        "sorry, can I change the size please",
        "can I change the size?",
        "I'd like to change the size",
    ] {
        let mut talk = begun();
        let record = talk.say(said);
        assert_eq!((record.response.as_str(), record.reading.as_str()), ("Which size?", "correction"), "{said}");
        assert_eq!(talk.say("large").response, "Under what name?", "{said}");
    }
    // With the new value it is a correction, as before; and what names no slot of the move is an answer.
    assert_eq!(begun().say("change the size to large").slots["size"], json!("large"));
    assert!(begun().say("Nora Lind").response.contains("A small one for Nora Lind."));
    // Where a part asks whether all is right, what is to change is what the move that called it holds.
    let mut talk = begun();
    talk.say("Nora Lind");
    assert_eq!(talk.say("no, change the size").response, "Which size?");
    assert!(talk.say("large").response.contains("A large one for Nora Lind."));
    assert_eq!(talk.say("yes").response, "Done, large.");
}

#[test]
fn a_part_that_has_come_back_is_not_run_again_when_its_block_is() {
    const GAME: &str = r#"import "lgdl:address"
import "lgdl:confirm_all"
game shop {
  moves {
    move order {
      slots { size: enum("small", "large") required }
      when user says something like: ["order a pizza"]
      when slot size is missing { prompt slot: "Which size?" }
      when all_slots_filled {
        call address
        call confirm_all with summary = "A {size} one to {address.street}."
        respond with: "A {size} one to {address.street}, {address.town}."
      }
    }
  }
}"#;
    let mut talk = Talk::with(&compile(GAME, None));
    talk.say_all(&["order a pizza", "small", "5 Main Street", "Kiel", "skip"]);
    assert_eq!(talk.say("no, change the size").response, "Which size?");
    // What the summary says has changed; the address has not.
    assert_eq!(talk.say("large").response, "A large one to 5 Main Street. Is that right?");
    assert_eq!(talk.say("yes").response, "A large one to 5 Main Street, Kiel.");
}

#[test]
fn a_list_of_what_is_not_wanted_takes_what_is_denied() {
    const GAME: &str = r#"game kitchen {
  moves {
    move lunch {
      slots {
        dish: enum("soup", "pasta") required
        allergies: list of enum("nuts", "gluten", "fish") optional
        leave_out: list of enum("onion", "garlic") optional
        name: string required
      }
      when user says something like: ["order lunch", "lunch please"]
      confidence: 0.6
      when slot dish is missing { prompt slot: "Soup or pasta?" }
      when slot allergies is missing { prompt slot: "Any allergies?" }
      when slot leave_out is missing { prompt slot: "Anything to leave out?" }
      when slot name is missing { prompt slot: "Under what name?" }
      when all_slots_filled { respond with: "Noted." }
    }
  }
}"#;
    let game = compile(GAME, None);
    let asked = || {
        let mut talk = Talk::with(&game);
        assert_eq!(talk.say_all(&["lunch please", "soup"]).response, "Any allergies?");
        talk
    };
    for said in ["no nuts please", "I'm allergic to nuts", "I can't stand nuts", "nuts"] {
        assert_eq!(asked().say(said).slots.get("allergies"), Some(&json!(["nuts"])), "{said}");
    }
    let mut talk = asked();
    assert_eq!(talk.say("none").slots.get("allergies"), None);
    assert_eq!(talk.say("no onion, no garlic").slots["leave_out"], json!(["onion", "garlic"]));
    // Said in passing it is kept; that something is named is not enough.
    let mut talk = Talk::with(&game);
    let record = talk.say("order lunch, I'm allergic to fish");
    assert_eq!(record.slots.get("allergies"), Some(&json!(["fish"])), "{}", record.response);
    assert_eq!(Talk::with(&game).say("order lunch with fish").slots.get("allergies"), None);
    // Which of them is meant, nobody can tell.
    assert_eq!(asked().say("I can eat fish but no nuts").slots.get("allergies"), None);
}

// ---- values, as their slots have them ------------------------------------------------------------------------

#[test]
fn a_default_is_a_value_of_its_slots_type() {
    let source = r#"game kites { locale: en-GB capabilities { desk: [hire] } moves { move hire {
      slots {
        day: date default("tomorrow") at: time default("half past three") fee: money default("5 pounds")
        sure: boolean default("yes") count: range(1, 9) default("3")
      }
      when user says something like: ["hire a kite"]
      when confident {
        if day = today + 1 day and fee.amount = 5 and sure = true and count = 3 {
          respond with: "{day} at {at} for {fee}, {day.iso}."
        }
        desk.hire(day, fee)
      }
    } } }"#;
    let mut talk = Talk::of(source);
    let record = talk.say("hire a kite");
    assert_eq!(record.response, "Thursday 5 March at 15:30 for £5, 2026-03-05.");
    let payload = serde_json::to_value(&talk.calls[0].payload).expect("an object");
    assert_eq!((&payload["day"], &payload["fee"]["amount"]), (&json!("2026-03-05"), &json!(5)));
}

#[test]
fn the_machines_form_of_a_value_is_shown_as_it_is() {
    let source = r#"game kites { locale: en-GB moves { move hire {
      slots { day: date required at: time required both: datetime required }
      when user says something like: ["hire a kite"]
      when all_slots_filled { respond with: "{day.iso?none}, {at.iso}, {both.iso}." }
    } } }"#;
    let record = Talk::of(source).say_all(&["hire a kite", "tomorrow", "half past three", "on Friday at 5pm"]);
    assert_eq!(record.response, "2026-03-05, 15:30, 2026-03-06T17:00:00.");
}

#[test]
fn a_slot_without_a_value_shows_nothing_that_is_called_so_elsewhere() {
    let source = r#"game seeds { moves { move order {
      slots { sorts: list of enum(from context.sorts) optional grams: number required }
      when user says something like: ["order seeds"]
      when slot sorts is missing { prompt slot: "Which sorts?" }
      when slot grams is missing { prompt slot: "How many grams?" }
      when all_slots_filled { respond with: "{grams} of {sorts?any}, of ${count(context.sorts)}." }
    } } }"#;
    let talk = || Talk::of(source).in_context(json!({"sorts": ["bean", "pea", "leek"]}));
    assert_eq!(talk().say_all(&["order seeds", "none", "20"]).response, "20 of any, of 3.");
    assert_eq!(talk().say_all(&["order seeds", "pea and leek", "20"]).response, "20 of pea and leek, of 3.");
}

#[test]
fn an_event_of_a_move_that_waits_for_its_part_is_told_with_its_values_and_the_part_goes_on() {
    let source = r#"import "lgdl:person_name"
    game shed { moves { move lend {
      slots { tool: enum("saw", "axe") required }
      when user says something like: ["lend me a {tool}"]
      when event broken { respond with: "The {tool} is broken." }
      when all_slots_filled { call person_name respond with: "The {tool} is for {person_name.name}." }
    } } }"#;
    let mut talk = Talk::of(source);
    talk.say("lend me a saw");
    let told = talk.happen("broken", Value::Null);
    assert!(told.response.starts_with("The saw is broken."), "{told:#?}");
    assert_eq!(told.awaiting_slot.as_deref(), Some("name"));
    assert_eq!(talk.say("Ana Reis").response, "The saw is for Ana Reis.");
}
