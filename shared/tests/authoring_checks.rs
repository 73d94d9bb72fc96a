//! Values that a capability is asked about (`check with`), values of several parts (`composite`), and options that a
//! capability gives.

mod support;

use lgdl::engine::{CapabilityResult, Checked};
use serde_json::{Value, json};
use support::{Talk, compile, failed, ok};

/// A service that answers a status that is not ok.
fn refused(message: Option<&str>) -> CapabilityResult {
    CapabilityResult::Answered {
        status: "refused".into(),
        data: serde_json::Map::new(),
        message: message.map(str::to_owned),
    }
}

fn game(slots: &str, blocks: &str) -> String {
    format!(
        r#"game g {{
          capabilities {{ orders: ["find", "send"]  kitchen: ["menu"] }}
          types {{
            address: composite {{ street: string, town: string, code: pattern "\d{{5}}" optional }}
            order: pattern "[A-Z]{{2}}\d{{3}}" check with orders.find else "We have no order {{value}}."
          }}
          moves {{
            move track {{
              slots {{ {slots} }}
              when user says something like: ["track my order", "track {{order}}", "send it to {{address}}", "send it"]
              confidence: medium
              {blocks}
            }}
            move hours {{
              when user says something like: ["opening hours"]
              when confident {{ respond with: "From 9 to 5." }}
            }}
          }}
        }}"#
    )
}

// ---- check with ----------------------------------------------------------------------------------------------

const TRACK: &str = r#"
  when slot order is missing { prompt slot: "Which order?" }
  when slot order is given up { respond with: "Then ask at the desk." }
  when all_slots_filled { respond with: "{order} is on its way{town? to town}." }
"#;

#[test]
fn a_capability_is_asked_about_a_value_once_it_is_there() {
    let mut talk = Talk::of(&game("order: order required  note: string optional", TRACK))
        .answering(|_| ok(json!({"town": "Bonn"})));
    assert_eq!(talk.say("track my order").response, "Which order?");
    assert_eq!(talk.calls.len(), 0);
    let record = talk.say("ab123");
    assert_eq!(record.response, "AB123 is on its way to Bonn.");
    let [call] = talk.calls.as_slice() else { panic!("{:#?}", talk.calls) };
    assert_eq!(call.payload, *json!({"order": "AB123"}).as_object().expect("an object"));
    let why = talk.last.as_ref().and_then(|last| last.explanation.clone()).expect("an explanation");
    assert_eq!(why.checks, [("order".to_owned(), "orders.find".to_owned(), Checked::Passed)]);
}

#[test]
fn a_value_that_is_refused_is_asked_for_again_with_the_services_reason() {
    let mut talk = Talk::of(&game("order: order required", TRACK))
        .answering(|_| refused(Some("That order was delivered in May.")));
    talk.say("track my order");
    let record = talk.say("AB123");
    assert_eq!(record.response, "That order was delivered in May. Which order?");
    assert_eq!((record.refused_slot.as_deref(), record.awaiting_slot.as_deref()), (Some("order"), Some("order")));
    assert!(record.findings.is_empty() && !record.slots.contains_key("order"), "{record:#?}");
}

#[test]
fn a_service_that_gives_no_reason_leaves_it_to_the_author() {
    let mut talk = Talk::of(&game("order: order required", TRACK)).answering(|_| refused(None));
    talk.say("track my order");
    assert_eq!(talk.say("AB123").response, "We have no order AB123. Which order?");
    assert_eq!(talk.say("AB124").response, "We have no order AB124. Which order?");
    let record = talk.say("AB125");
    assert_eq!(record.response, "We have no order AB125. Then ask at the desk.");
    assert_eq!(record.given_up_slot.as_deref(), Some("order"));
}

#[test]
fn the_engine_has_words_of_its_own_where_nobody_has() {
    let slots = r#"order: pattern "[A-Z]{2}\d{3}" required check with orders.find"#;
    let mut talk = Talk::of(&game(slots, TRACK)).answering(|_| refused(None));
    talk.say("track my order");
    assert_eq!(talk.say("AB123").response, "That order is not accepted. Which order?");
}

#[test]
fn a_value_stands_unchecked_where_the_service_is_away() {
    let mut talk = Talk::of(&game("order: order required", TRACK)).answering(|_| failed("E210"));
    talk.say("track my order");
    let record = talk.say("AB123");
    assert_eq!(record.response, "AB123 is on its way.");
    assert_eq!(record.findings, ["E210"]);
}

#[test]
fn a_check_that_must_be_answered_holds_the_value_back() {
    let slots = r#"order: pattern "[A-Z]{2}\d{3}" required check with orders.find must answer"#;
    let mut talk = Talk::of(&game(slots, TRACK)).answering(|_| failed("E211"));
    talk.say("track my order");
    assert_eq!(talk.say("AB123").response, "I cannot check that just now. Which order?");
    let slots = r#"order: pattern "[A-Z]{2}\d{3}" required
      check with orders.find else "No such order." must answer else "Our books are closed."  must: string optional"#;
    let mut talk = Talk::of(&game(slots, TRACK)).answering(|_| failed("E211"));
    talk.say("track my order");
    assert_eq!(talk.say("AB123").response, "Our books are closed. Which order?");
}

#[test]
fn a_correction_that_is_refused_leaves_what_stood_there() {
    let slots = "order: order required  name: string required";
    let blocks = r#"
      when slot order is missing { prompt slot: "Which order?" }
      when slot name is missing { prompt slot: "Your name?" }
      when all_slots_filled { respond with: "{name}: {order}." }
    "#;
    let mut talk = Talk::of(&game(slots, blocks)).answering(|call| match call.payload.get("order") {
        Some(order) if order == "AB123" => ok(json!({})),
        _ => refused(None),
    });
    talk.say_all(&["track my order", "AB123"]);
    assert_eq!(talk.say("actually AB999").response, "We have no order AB999. Your name?");
    assert_eq!(talk.say("Jo").response, "Jo: AB123.");
    // What was asked about already is not asked about again.
    assert_eq!(talk.calls.len(), 2);
}

#[test]
fn a_check_leaves_the_outcome_of_calls_alone() {
    let blocks = r#"
      when slot order is missing { prompt slot: "Which order?" }
      when all_slots_filled { orders.send(order) }
      when successful { respond with: "Sent." }
      when failed { respond with: "Not sent." }
    "#;
    let source = game("order: order required", blocks);
    let mut talk =
        Talk::of(&source).answering(|call| if call.function == "find" { ok(json!({})) } else { failed("E210") });
    talk.say("track my order");
    assert_eq!(talk.say("AB123").response, "Not sent.");
    let calls: Vec<&str> = talk.calls.iter().map(|call| call.function.as_str()).collect();
    assert_eq!(calls, ["find", "send"]);
}

#[test]
fn a_check_gets_what_it_names_and_what_its_contract_takes() {
    let slots = r#"name: string required  order: pattern "[A-Z]{2}\d{3}" required check with orders.find(order, name) timeout 2"#;
    let mut talk = Talk::of(&game(slots, "")).answering(|_| ok(json!({})));
    talk.say_all(&["track my order", "Jo", "AB123"]);
    let call = talk.calls.first().expect("a call");
    assert_eq!((call.timeout_ms, Value::Object(call.payload.clone())), (2000, json!({"name": "Jo", "order": "AB123"})));

    let contract = r#"{"capabilities": {"orders": {"functions": {
      "find": {"parameters": ["order", "name"], "read_only": true}, "send": {}}}, "kitchen": {"functions": {"menu": {}}}}}"#;
    let slots = r#"name: string required  order: pattern "[A-Z]{2}\d{3}" required check with orders.find"#;
    let mut talk = Talk::with(&compile(&game(slots, ""), Some(contract))).answering(|_| ok(json!({})));
    talk.say_all(&["track my order", "Jo", "AB123"]);
    let call = talk.calls.first().expect("a call");
    assert!(!call.side_effects && call.payload.contains_key("name"), "{call:#?}");
}

#[test]
fn a_call_is_given_a_field_under_its_own_name() {
    let source = r#"game g {
      capabilities { orders: [send] }
      moves {
        move phone {
          slots { phone: phone required }
          when slot phone is missing { prompt slot: "Your number?" }
          when all_slots_filled { return }
        }
        move send {
          slots { to: composite { street: string, town: string } required }
          when user says something like: ["send it"]
          when slot to is missing { prompt slot: "Where to?" }
          when all_slots_filled { call phone orders.send(to.town, phone.phone) }
          when successful { respond with: "Sent." }
        }
      }
    }"#;
    let mut talk = Talk::of(source).answering(|_| ok(json!({})));
    assert_eq!(talk.say_all(&["send it", "5 Main Street, Bonn", "+44 1904 555012"]).response, "Sent.");
    let payload = Value::Object(talk.calls[0].payload.clone());
    assert_eq!(payload, json!({"town": "Bonn", "phone": "+441904555012"}));
}

// ---- composites ----------------------------------------------------------------------------------------------

const SEND: &str = r#"
  when slot address is missing { prompt slot: "Where to?" }
  when slot address.town is missing { prompt slot: "In which town?" }
  when slot name is missing { prompt slot: "Your name?" }
  when all_slots_filled { respond with: "{name}: {address.street} in {address.town}{address.code?, no code}." }
"#;
const TO: &str = "address: address required  name: string required";

#[track_caller]
fn check(slots: &str, blocks: &str, texts: &[&str], response: &str) {
    let record = Talk::of(&game(slots, blocks)).say_all(texts);
    assert_eq!(record.response, response, "{texts:?}\n{record:#?}");
}

#[test]
fn a_composite_is_asked_for_part_by_part() {
    check(TO, SEND, &["send it"], "Where to?");
    check(TO, SEND, &["send it", "5 Main Street"], "In which town?");
    check(TO, SEND, &["send it", "5 Main Street", "Bonn"], "Your name?");
    check(TO, SEND, &["send it", "5 Main Street", "Bonn", "Jo"], "Jo: 5 Main Street in Bonn, no code.");
}

#[test]
fn a_part_without_a_question_is_asked_for_by_its_name() {
    check(
        TO,
        r#"when slot address is missing { prompt slot: "Where to?" }"#,
        &["send it", "5 Main Street"],
        "What is the town?",
    );
}

#[test]
fn what_is_said_in_one_go_is_told_apart() {
    check(TO, SEND, &["send it", "5 Main Street, Bonn"], "Your name?");
    check(TO, SEND, &["send it", "5 Main Street, 53111 Bonn", "Jo"], "Jo: 5 Main Street in Bonn53111.");
    check(TO, SEND, &["send it", "5 Main Street, Bonn, 53111", "Jo"], "Jo: 5 Main Street in Bonn53111.");
    check(TO, SEND, &["send it", "Flat 2, 5 Main Street, Bonn", "Jo"], "Jo: Flat 2, 5 Main Street in Bonn, no code.");
    check(TO, SEND, &["send it to 5 Main Street, Bonn", "Jo"], "Jo: 5 Main Street in Bonn, no code.");
}

#[test]
fn a_composite_is_one_value_for_templates_services_and_records() {
    let blocks = r#"
      when slot address is missing { prompt slot: "Where to?" }
      when all_slots_filled { orders.send(address) respond with: "To {address}." }
    "#;
    let mut talk = Talk::of(&game("address: address required", blocks)).answering(|_| ok(json!({})));
    talk.say("send it");
    let record = talk.say("5 Main Street, Bonn, 53111");
    assert_eq!(record.response, "To 5 Main Street, Bonn, 53111.");
    let whole = json!({"street": "5 Main Street", "town": "Bonn", "code": "53111"});
    assert_eq!(record.slots["address"], whole);
    assert_eq!(talk.calls[0].payload["address"], whole);
}

#[test]
fn a_part_is_corrected_and_so_is_the_whole() {
    let mut talk = Talk::of(&game(TO, SEND));
    talk.say_all(&["send it", "5 Main Street, Bonn"]);
    assert_eq!(talk.say("change the town to Kiel").response, "Okay, Kiel. Your name?");
    assert_eq!(talk.say("change the address to 9 Elm Street, Ulm").response, "Okay, 9 Elm Street, Ulm. Your name?");
    assert_eq!(talk.say("Jo").response, "Jo: 9 Elm Street in Ulm, no code.");
}

#[test]
fn a_composite_that_need_not_be_there_is_passed_over_or_asked_for_in_full() {
    let slots = "address: address optional  name: string required";
    check(slots, SEND, &["send it", "skip"], "Your name?");
    check(slots, SEND, &["send it", "5 Main Street"], "In which town?");
}

#[test]
fn a_composite_depends_on_others_as_a_whole() {
    let slots =
        r#"how: enum("post", "desk") required  address: address required when how = "post"  name: string required"#;
    check(slots, SEND, &["send it", "desk"], "Your name?");
    check(slots, SEND, &["send it", "post"], "Where to?");
    check(
        slots,
        SEND,
        &["send it", "post", "5 Main Street", "actually desk"],
        "Okay, desk. Then I no longer need the address. Your name?",
    );
}

#[test]
fn rules_of_a_part_and_of_the_whole_are_kept() {
    let slots = r#"
      address: composite {
        street: string valid when length(value) > 3 else "{value} is no street."
        town: string
      } required valid when address.street != address.town else "The street is not {value.town}."
      name: string required"#;
    check(slots, SEND, &["send it", "ab"], "ab is no street. Where to?");
    check(slots, SEND, &["send it", "Bonn", "Bonn"], "The street is not Bonn. Where to?");
    check(slots, SEND, &["send it", "Main Street", "Bonn"], "Your name?");
}

#[test]
fn a_capability_is_asked_about_the_whole() {
    let slots =
        r#"address: address required check with orders.find else "Nobody lives at {value}."  name: string required"#;
    let mut talk = Talk::of(&game(slots, SEND))
        .answering(|call| if call.payload["address"]["town"] == "Bonn" { ok(json!({})) } else { refused(None) });
    talk.say_all(&["send it", "5 Main Street"]);
    assert_eq!(talk.calls.len(), 0);
    assert_eq!(talk.say("Kiel").response, "Nobody lives at 5 Main Street, Kiel. Where to?");
    assert_eq!(talk.say("5 Main Street, Bonn").response, "Your name?");
    assert_eq!(talk.calls.len(), 2);
}

#[test]
fn a_part_that_is_given_up_gives_the_whole_up() {
    let slots = r#"address: composite { code: pattern "\d{5}", town: string } required retries 1"#;
    let blocks = r#"
      when slot address is missing { prompt slot: "Which code?" }
      when slot address is given up { respond with: "Then come by." }
    "#;
    check(slots, blocks, &["send it", "somewhere"], "Please give it in a form such as 12345. Then come by.");
}

#[test]
fn a_composite_is_personal_as_a_whole() {
    let contract = r#"{"capabilities": {"orders": {"functions": {"find": {}, "send": {}}}, "kitchen": {"functions": {"menu": {}}}},
      "pii_fields": ["address"]}"#;
    let mut talk = Talk::with(&compile(&game(TO, SEND), Some(contract)));
    let record = talk.say_all(&["send it", "5 Main Street, Bonn"]);
    assert_eq!(record.slots["address"], json!("***"));
}

// ---- options from a capability -------------------------------------------------------------------------------

#[test]
fn options_come_from_what_a_capability_answered() {
    let slots = "dish: enum(from result.dishes) required";
    let blocks = r#"
      when confident { kitchen.menu() continue }
      when slot dish is missing { prompt slot: "Which dish?" }
      when all_slots_filled { respond with: "One {dish}." }
    "#;
    let mut talk =
        Talk::of(&game(slots, blocks)).answering(|_| ok(json!({"dishes": ["soup", {"name": "fried rice"}]})));
    let record = talk.say("send it");
    assert_eq!(
        (record.response.as_str(), record.choices.as_slice()),
        ("Which dish?", ["soup".to_owned(), "fried rice".to_owned()].as_slice())
    );
    assert!(talk.say("pizza").response.contains("soup or fried rice"));
    assert_eq!(talk.say("fried rice").response, "One fried rice.");
}
