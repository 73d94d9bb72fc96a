//! What a game file means: the intermediate representation that it lowers to.

use lgdl::ir::*;
use lgdl::syntax::{Parsed, parse};

fn lower(source: &str) -> Parsed {
    let parsed = parse(source.as_bytes(), None);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    parsed
}

/// The only move of a game whose moves are `body`.
fn one_move(body: &str) -> Move {
    let parsed = lower(&format!("game g {{ moves {{ move m {{ {body} }} }} }}"));
    parsed.games[0].moves[0].clone()
}

fn condition(source: &str) -> Condition {
    one_move(&format!("slots {{ a: number b: string }} when {source} {{ continue }}")).blocks[0].branches[0]
        .condition
        .clone()
}

fn action(source: &str) -> Action {
    match one_move(&format!("when confident {{ {source} }}")).blocks[0].branches[0].body[0].clone() {
        Statement::Action(action) => action,
        other => panic!("{other:?}"),
    }
}

fn slot(source: &str) -> Slot {
    one_move(&format!("slots {{ s: {source} }}")).slots[0].clone()
}

fn path(text: &str) -> Path {
    text.split('.').map(str::to_owned).collect()
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

fn codes(source: &str, contract: Option<&str>) -> Vec<String> {
    parse(source.as_bytes(), contract).diagnostics.into_iter().map(|found| found.code).collect()
}

#[test]
fn what_declines_a_slot_is_for_slots_that_can_be_declined() {
    let way_back = slot("date optional declined by [\"one way\", 'no return',] retries 2");
    assert_eq!(
        (way_back.declined_by.as_slice(), way_back.retries),
        (&["one way".to_owned(), "no return".to_owned()][..], 2)
    );
    assert!(slot("number default(1) declined by [\"as usual\"]").required);
    for refused in ["date declined by [\"one way\"]", "date optional declined by [\"a\"] declined by [\"b\"]"] {
        let source = format!("game g {{ moves {{ move m {{ slots {{ s: {refused} }} }} }} }}");
        assert!(codes(&source, None).contains(&"E107".to_owned()), "{refused}");
    }
}

#[test]
fn conditions_bind_as_the_language_says() {
    use Comparison::*;
    let truthy = |name: &str| Condition::Truthy(path(name));
    for (source, expected) in [
        ("confident", Condition::Confident),
        ("confidence is below threshold", Condition::Uncertain),
        ("slot a is missing", Condition::SlotMissing("a".into())),
        ("slot a is not missing", Condition::Not(Box::new(Condition::SlotMissing("a".into())))),
        ("x or y and z", Condition::Any(vec![truthy("x"), Condition::All(vec![truthy("y"), truthy("z")])])),
        ("(x or y) and z", Condition::All(vec![Condition::Any(vec![truthy("x"), truthy("y")]), truthy("z")])),
        ("not x and y", Condition::All(vec![Condition::Not(Box::new(truthy("x"))), truthy("y")])),
        ("not not x", Condition::Not(Box::new(Condition::Not(Box::new(truthy("x")))))),
        ("x.y >= -2.5", Condition::Compare(path("x.y"), GreaterOrEqual, Literal::Number(-2.5))),
        ("x != true", Condition::Compare(path("x"), NotEqual, Literal::Boolean(true))),
        ("x is \"true\"", Condition::Compare(path("x"), Equal, text("true"))),
        ("x is premium", Condition::Compare(path("x"), Equal, Literal::Reference("premium".into()))),
        ("x is not premium", Condition::Compare(path("x"), NotEqual, Literal::Reference("premium".into()))),
        ("x is not \"a\" and y", Condition::All(vec![Condition::Compare(path("x"), NotEqual, text("a")), truthy("y")])),
        ("x is missing", Condition::Not(Box::new(truthy("x")))),
        ("x is not missing", truthy("x")),
        ("not = 3", Condition::Compare(path("not"), Equal, Literal::Number(3.0))),
        ("x matches \"^a\\.b\\d+$\"", Condition::Matches(path("x"), "^a\\.b\\d+$".into())),
    ] {
        assert_eq!(condition(source), expected, "{source}");
    }
}

#[test]
fn keywords_stay_usable_as_names() {
    let parsed = lower(
        "game game { participants { when can do: anything } capabilities { if: [when, slot] } moves {
           move move { slots { slot: email required: string if: range(1, 2) }
             when when says something like: [\"{slot} {if}\"]
             when slot slot is missing { prompt slot: \"?\" } if if { if.when await return.x respond with: \"{when}\" } }
           move when extends move { } move slots { } } learning { } }",
    );
    let names: Vec<&str> = parsed.games[0].moves.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["move", "when", "slots"]);
    let slots: Vec<&str> = parsed.games[0].moves[0].slots.iter().map(|slot| slot.name.as_str()).collect();
    assert_eq!(slots, ["slot", "required", "if"]);
}

#[test]
fn patterns_are_words_captures_and_wildcards_and_nothing_else() {
    let elements = |source: &str| {
        one_move(&format!("when user says something like: [{source}]")).triggers[0].patterns[0].elements.clone()
    };
    let words = |text: &str| Element::Words(text.to_owned());
    let capture = |name: &str, optional| Element::Capture { name: name.to_owned(), optional };
    assert_eq!(elements("\"see Dr. {doctor}\""), [words("see Dr."), capture("doctor", false)]);
    assert_eq!(elements("\"hey {name?} there\""), [words("hey"), capture("name", true), words("there")]);
    assert_eq!(elements("\"* now **\""), [Element::Wildcard, words("now"), Element::Wildcard]);
    assert_eq!(elements("\"costs $5 (net) + ?\""), [words("costs $5 (net) + ?")]);
    assert_eq!(elements(r#""2 \* 3 \{x\} \\""#), [words("2 * 3 {x} \\")]);
    assert_eq!(elements("\"\"\"\n   two\n   lines {x}\n\"\"\""), [words("two lines"), capture("x", false)]);
}

#[test]
fn text_blocks_are_dedented_and_escapes_resolved() {
    let description = |source: &str| lower(&format!("game g {{ description: {source} }}")).games[0].description.clone();
    assert_eq!(description("\"a \\\"b\\\" \\n \\u00e9\\u{1F600} \\\\ \\{\""), "a \"b\" \n é😀 \\ {");
    assert_eq!(description("'it\\'s \"so\"'"), "it's \"so\"");
    assert_eq!(description("\"\"\"\n\n    one\n      two  \n\n    three\n\n  \"\"\""), "one\n  two\n\nthree");
    assert_eq!(description("\"\"\"one\n    two\n      three\"\"\""), "one\ntwo\n  three");
    assert_eq!(description("'''\r\n\tone\r\n\ttwo\r\n'''"), "one\ntwo");
    assert_eq!(description("\"\"\"\n  say \\\"\"\" and \\n\n  \"\"\""), "say \"\"\" and \n");
    assert_eq!(description("\"\""), "");
    assert_eq!(description("\"\"\"\"\"\""), "");
}

#[test]
fn confidence_is_a_number_a_level_or_adaptive() {
    let weighted = |base: Option<&str>, by: &str| Threshold::Weighted { base: base.map(path), by: path(by) };
    for (source, expected) in [
        ("", Threshold::Fixed(0.75)),
        ("confidence: low", Threshold::Fixed(0.2)),
        ("confidence: medium", Threshold::Fixed(0.5)),
        ("confidence\n needed : high", Threshold::Fixed(0.8)),
        ("confidence: critical", Threshold::Fixed(0.95)),
        ("confidence: 0.33", Threshold::Fixed(0.33)),
        ("confidence: adaptive", Threshold::Adaptive),
        ("confidence: adaptive weighted by trust", weighted(None, "trust")),
        ("confidence: oxygen weighted by a.b", weighted(Some("oxygen"), "a.b")),
        ("confidence: high weighted by trust", weighted(Some("high"), "trust")),
    ] {
        assert_eq!(one_move(source).threshold, expected, "{source}");
    }
}

#[test]
fn slots_have_types_and_modifiers() {
    let plain = slot("string");
    assert!(plain.required && !plain.confirm && !plain.sensitive && plain.retries == 3 && plain.default.is_none());
    assert_eq!(slot("range(-1, 2.5)").ty, SlotType::Range { min: -1.0, max: 2.5 });
    let options = SlotType::Enum(vec!["at rest".into(), "when walking".into(), "3".into()]);
    assert_eq!(slot("enum(\"at rest\", when walking, 3)").ty, options);
    assert_eq!(slot("list of list of date").ty, SlotType::List(Box::new(SlotType::List(Box::new(SlotType::Date)))));
    let full = slot(
        "string optional extract using semantic with vocabulary { \"tea\" also means: [\"cuppa\"] } with context \"a drink\"
         confirm sensitive retries 5 default(\"tea\")",
    );
    assert!(!full.required && full.confirm && full.sensitive);
    assert_eq!((full.extract, full.retries, full.context.as_deref()), (Extract::Semantic, 5, Some("a drink")));
    assert_eq!((full.vocabulary[0].synonyms[0].text.as_str(), full.default), ("cuppa", Some(text("tea"))));
    assert_eq!(slot("enum(Small, Large) default(large)").default, Some(text("Large")));
    assert_eq!(slot("boolean default(true)").default, Some(Literal::Boolean(true)));
    assert_eq!(slot("number default(-1)").default, Some(Literal::Number(-1.0)));
}

#[test]
fn capability_calls_take_their_clauses_in_any_order() {
    let Action::Call(call) =
        action("crm.save(name, age) await timeout 2.5 for \"saving {name}\" then escalate to: desk")
    else {
        panic!("a call")
    };
    assert_eq!((call.service.as_str(), call.function.as_str()), ("crm", "save"));
    assert_eq!(call.arguments, Some(vec!["name".to_owned(), "age".to_owned()]));
    assert_eq!((call.awaits, call.timeout_ms), (true, Some(2500)));
    let desk = lgdl::ir::Escalation { queue: "desk".into(), patience_ms: None, otherwise: None };
    assert_eq!(call.then, Some(Box::new(Action::Escalate(desk))));
    let Action::Call(bare) = action("crm.load") else { panic!("a call") };
    assert_eq!((bare.arguments, bare.awaits, bare.timeout_ms, bare.purpose), (None, false, None, None));
}

#[test]
fn guards_have_four_forms() {
    let guard = one_move("requires context: a, not b.c, d = \"x\", e < 18").guard;
    let expected = [
        Guard::Present(path("a")),
        Guard::Absent(path("b.c")),
        Guard::Compare(path("d"), Comparison::Equal, text("x")),
        Guard::Compare(path("e"), Comparison::Less, Literal::Number(18.0)),
    ];
    assert_eq!(guard, expected);
}

const FAMILY: &str = r#"
game base {
  description: "base"
  participants { patient can do: anything }
  vocabulary { "pain" also means: ["ache"]  "knee" also means: ["kneecap"] }
  capabilities { crm: [find] }
  moves {
    move hello { when user says something like: ["hello"] }
    move ask {
      requires context: open
      when user says something like: ["ask"]
      confidence: high
      slots { where: string  when: timeframe }
      when confident { respond with: "base confident" }
      when uncertain { respond with: "base uncertain" }
    }
    move child extends ask { when user says something like: ["child of base"] }
  }
  learning { remember successful patterns reinforce: "base" }
}
game derived extends base {
  vocabulary { "PAIN" also means: ["hurt"] }
  capabilities { crm: [save]  erp: [book] }
  moves {
    move bye { when user says something like: ["bye"] }
    move hello { when user says something like: ["hi"] }
    move ask extends ask {
      when patient says something like: ["ask more"]
      slots { where: enum(home, work)  who: string }
      when confident { respond with: "derived confident" }
    }
    move grandchild extends child { requires context: not closed }
  }
  learning { reinforce: "derived" track conversation paths }
}
"#;

#[test]
fn a_game_takes_over_every_section_and_replaces_what_has_the_same_name() {
    let parsed = lower(FAMILY);
    let game = parsed.game(None).expect("an entry game");
    assert_eq!((game.name.as_str(), game.description.as_str()), ("derived", "base"));
    let names: Vec<&str> = game.moves.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["hello", "ask", "child", "bye", "grandchild"]);
    assert_eq!(game.moves[0].triggers[0].patterns[0].text, "hi");
    let terms: Vec<(&str, &str)> =
        game.vocabulary.iter().map(|term| (term.text.as_str(), term.synonyms[0].text.as_str())).collect();
    assert_eq!(terms, [("PAIN", "hurt"), ("knee", "kneecap")]);
    let services: Vec<(&str, &[String])> =
        game.services.iter().map(|service| (service.name.as_str(), service.functions.as_slice())).collect();
    assert_eq!(services, [("crm", &["save".to_owned()][..]), ("erp", &["book".to_owned()][..])]);
    assert_eq!(game.participants[0].name, "patient");
    assert_eq!(game.learning.len(), 3);
}

#[test]
fn a_move_adds_its_triggers_and_overrides_the_rest() {
    let parsed = lower(FAMILY);
    let ask = &parsed.game(None).expect("an entry game").moves[1];
    let patterns: Vec<&str> =
        ask.triggers.iter().flat_map(|trigger| &trigger.patterns).map(|pattern| pattern.text.as_str()).collect();
    assert_eq!(patterns, ["ask", "ask more"]);
    let slots: Vec<&str> = ask.slots.iter().map(|slot| slot.name.as_str()).collect();
    assert_eq!(slots, ["where", "when", "who"]);
    assert_eq!(ask.slots[0].ty, SlotType::Enum(vec!["home".into(), "work".into()]));
    assert_eq!(ask.threshold, Threshold::Fixed(0.8));
    assert_eq!(ask.guard, [Guard::Present(path("open"))]);
    let said: Vec<&TemplatePart> = ask
        .blocks
        .iter()
        .flat_map(|block| &block.branches[0].body)
        .map(|statement| match statement {
            Statement::Action(Action::Respond(template)) => &template.parts[0],
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(said, [&TemplatePart::Text("derived confident".into()), &TemplatePart::Text("base uncertain".into())]);
}

#[test]
fn a_move_extends_what_its_own_game_meant() {
    let parsed = lower(FAMILY);
    let game = parsed.game(None).expect("an entry game");
    // `child` was written against the base's `ask`, which the derived game replaces.
    assert_eq!(game.moves[2].slots[0].ty, SlotType::String);
    assert_eq!(game.moves[4].guard, [Guard::Absent(path("closed"))]);
    assert_eq!(game.moves[4].triggers.len(), 2);
}

#[test]
fn the_entry_game_is_the_last_that_no_other_extends() {
    let entry = |source: &str| lower(source).game(None).map(|game| game.name.clone());
    assert_eq!(entry("game a { } game b { }").as_deref(), Some("b"));
    assert_eq!(entry("game a { } game c extends b { } game b { }").as_deref(), Some("c"));
    assert_eq!(entry("game a extends b { } game b { }").as_deref(), Some("a"));
    let parsed = lower("game a { } game b { }");
    assert_eq!(parsed.game(Some("a")).map(|game| game.name.as_str()), Some("a"));
    assert!(parsed.game(Some("c")).is_none());
}

const GAME: &str = "game g { capabilities { crm: [find, save] } moves { move m { slots { email: string phone: string }
    when user says something like: [\"a\"] when confident { crm.find(email) } } } }";

#[test]
fn a_contract_says_what_functions_take_and_which_values_are_personal() {
    let contract = r#"{
      "service": "x", "unknown": [1],
      "capabilities": { "crm": { "description": "…", "functions": {
        "find": { "parameters": ["email"], "returns": "a record", "timeout_ms": 1500, "read_only": true },
        "save": { "parameters": { "type": "object", "properties": { "email": { "type": "string" } }, "required": ["email"] },
                  "returns_schema": { "type": "object" } } } } },
      "pii_fields": ["email"] }"#;
    let parsed = parse(GAME.as_bytes(), Some(contract));
    assert_eq!(parsed.diagnostics, []);
    let game = &parsed.games[0];
    let [find, save] = game.contract.functions.as_slice() else { panic!("two functions") };
    assert_eq!(
        (find.parameters.as_slice(), find.timeout_ms, find.side_effects),
        (&["email".to_owned()][..], Some(1500), false)
    );
    assert_eq!((find.payload_schema.as_ref(), find.result_schema.as_ref()), (None, None));
    assert_eq!((save.parameters.as_slice(), save.side_effects), (&["email".to_owned()][..], true));
    assert!(save.payload_schema.as_deref().is_some_and(|schema| schema.contains("\"required\":[\"email\"]")));
    assert_eq!(save.result_schema.as_deref(), Some("{\"type\":\"object\"}"));
    let sensitive: Vec<bool> = game.moves[0].slots.iter().map(|slot| slot.sensitive).collect();
    assert_eq!(sensitive, [true, false]);
}

#[test]
fn a_contract_of_described_parameters_becomes_a_schema() {
    let contract = r#"{ "capabilities": { "crm": { "functions": {
        "find": { "parameters": { "email": { "type": "string", "required": true }, "limit": "number", "note": "free text" } },
        "save": { "payload_schema": { "type": "object", "properties": { "a": {}, "b": {} } } } } } } }"#;
    let parsed = parse(GAME.as_bytes(), Some(contract));
    let [find, save] = parsed.games[0].contract.functions.as_slice() else { panic!("two functions") };
    assert_eq!(find.parameters, ["email", "limit", "note"]);
    let schema: serde_json::Value =
        serde_json::from_str(find.payload_schema.as_deref().expect("a schema")).expect("JSON");
    assert_eq!(schema["required"], serde_json::json!(["email"]));
    assert_eq!(schema["properties"]["limit"], serde_json::json!({ "type": "number" }));
    assert_eq!(save.parameters, ["a", "b"]);
}

#[test]
fn a_malformed_contract_is_reported_and_so_is_one_that_disagrees() {
    for contract in [
        "",
        "[]",
        "{",
        "{}",
        r#"{"capabilities": 3}"#,
        r#"{"capabilities": {"crm": 3}}"#,
        r#"{"capabilities": {"crm": {}}}"#,
        r#"{"capabilities": {"crm": {"functions": {"find": 3}}}}"#,
        r#"{"capabilities": {"crm": {"functions": {"find": {"timeout_ms": -1}, "save": {}}}}}"#,
        r#"{"capabilities": {}, "pii_fields": "email"}"#,
    ] {
        assert!(codes(GAME, Some(contract)).contains(&"E109".to_owned()), "{contract}");
    }
    let other = r#"{"capabilities": {"crm": {"functions": {"find": {"parameters": ["phone"]}}}}}"#;
    assert_eq!(codes(GAME, Some(other)), ["E129", "E129"]);
}

#[test]
fn games_are_read_whatever_the_line_breaks_and_the_byte_order_mark() {
    let plain = lower("game g {\n  # c\n  moves {\n    move m { }\n  }\n}");
    let windows = lower("\u{FEFF}game g {\r\n  # c\r\n  moves {\r\n    move m { }\r\n  }\r\n} // end");
    assert_eq!(plain.games, windows.games);
}

#[test]
fn files_that_are_no_text_get_one_clear_diagnostic() {
    let zeros = vec![0_u8; 100];
    let utf16 = b"\xFF\xFEg\0a\0m\0e\0".to_vec();
    let large = vec![b' '; lgdl::syntax::limits::MAX_SOURCE_BYTES + 1];
    let braces = "{".repeat(1 << 20).into_bytes();
    for (source, code) in [(zeros, "E007"), (utf16, "E007"), (large, "E008"), (braces, "E002"), (Vec::new(), "E018")] {
        let found = parse(&source, None).diagnostics;
        assert_eq!(found.iter().map(|found| found.code.as_str()).collect::<Vec<_>>(), [code]);
    }
}

#[test]
fn what_is_too_deep_is_reported_and_does_not_overflow() {
    for source in [
        format!("game g {{ moves {{ move m {{ {}", "when a { ".repeat(100_000)),
        format!("game g {{ moves {{ move m {{ when {}", "(".repeat(100_000)),
        format!("game g {{ moves {{ move m {{ when {} a {{", "not ".repeat(100_000)),
        format!("game g {{ moves {{ move m {{ slots {{ a: {}", "list of ".repeat(100_000)),
        format!("game g {{ moves {{ move m {{ when a {{ {}", "a.b then ".repeat(100_000)),
    ] {
        assert!(codes(&source, None).contains(&"E008".to_owned()));
    }
}

#[test]
fn inheritance_copies_no_more_than_its_limit() {
    let patterns = "\"a b c\", ".repeat(2_000);
    let children: String = (0..2_000).map(|n| format!("move c{n} extends base {{ }} ")).collect();
    let source =
        format!("game g {{ moves {{ move base {{ when user says something like: [{patterns}] }} {children} }} }}");
    assert!(codes(&source, None).contains(&"E108".to_owned()));
    let chain: String = (0..40).map(|n| format!("move m{n} extends m{} {{ }} ", n + 1)).collect();
    assert!(codes(&format!("game g {{ moves {{ {chain} move m40 {{ }} }} }}"), None).contains(&"E108".to_owned()));
}

#[test]
fn no_more_diagnostics_are_kept_than_a_person_reads() {
    let source = "game g { description: ".to_owned() + &"\"\n".repeat(10_000);
    let found = parse(source.as_bytes(), None).diagnostics;
    assert_eq!(found.len(), lgdl::syntax::limits::MAX_DIAGNOSTICS + 1);
    assert!(found.iter().any(|found| found.message.contains("more errors")));
}

#[test]
fn ten_thousand_alike_patterns_are_compared_in_no_time() {
    let moves: String = (0..10_000)
        .map(|n| format!("move m{n} {{ when user says something like: [\"the same words\", \"own {n}\"] }} "))
        .collect();
    let found = parse(format!("game g {{ moves {{ {moves} }} }}").as_bytes(), None).diagnostics;
    assert!(found.iter().all(|found| found.code == "E123" || found.code == "E008"));
    assert_eq!(found.len(), lgdl::syntax::limits::MAX_DIAGNOSTICS + 1);
}
