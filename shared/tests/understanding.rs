//! The last stage of understanding: what the engine asks a service of the deployment, and what it makes of the answer.

mod support;

use lgdl::engine::{CapabilityResult, Settings, TurnRecord};
use serde_json::{Value, json};
use support::{Talk, failed, ok};

const SHOP: &str = r#"
game shop {
  moves {
    move fire {
      priority: urgent
      when user says something like: ["there is a fire", "something burns"]
      confidence: low
      when confident { respond with: "Leave the building and call 112." }
    }
    move hours {
      when user says something like: ["opening hours", "when do you open"]
      confidence: 0.6
      when confident { respond with: "From nine to five." }
    }
    move delete_account {
      when user says something like: ["delete my account"]
      confidence: critical
      when confident { respond with: "It is deleted." }
    }
    move order {
      slots {
        size: enum("small", "large") required
        token: number required sensitive
      }
      when user says something like: ["I want to order"]
      confidence: 0.6
      when slot size is missing { prompt slot: "Small or large?" }
      when slot token is missing { prompt slot: "Which token?" }
      when all_slots_filled { respond with: "Ordered." }
    }
  }
}
"#;

/// A conversation with a service that says so of everything.
fn shop(answer: impl Fn() -> CapabilityResult + 'static) -> Talk {
    let mut talk = Talk::of(SHOP).answering(move |_| answer());
    talk.settings = Settings { understanding: Some("nlu".into()), explain: true, ..Settings::default() };
    talk
}

fn says(name: &'static str, confidence: f64) -> Talk {
    shop(move || ok(json!({ "move": name, "confidence": confidence })))
}

fn by(record: &TurnRecord) -> Option<&str> {
    record.understood_by.as_deref()
}

#[test]
fn what_nothing_else_understands_a_service_may() {
    let mut talk = says("hours", 0.8);
    let record = talk.say("at what o'clock can I drop by");
    assert_eq!((record.response.as_str(), record.confidence), ("From nine to five.", 0.8));
    assert_eq!(by(&record), Some("service"), "the stage is in the record");
    assert_eq!((record.calls[0].capability.as_str(), record.calls[0].status.as_str()), ("nlu.understand", "ok"));
    let why = talk.last.as_ref().and_then(|last| last.explanation.as_ref()).expect("an explanation");
    assert_eq!((why.candidates[0].move_id.as_str(), why.candidates[0].stage.as_str()), ("hours", "service"));
    let call = &talk.calls[0];
    assert!(!call.side_effects && call.timeout_ms <= 2_000, "{call:?}");
    let payload = Value::Object(call.payload.clone());
    assert_eq!((&payload["text"], &payload["game"]), (&json!("at what o'clock can I drop by"), &json!("shop")));
    assert_eq!(payload["moves"][1], json!({ "move": "hours", "phrases": ["opening hours", "when do you open"] }));
}

#[test]
fn it_is_off_by_default_and_not_asked_what_is_clear() {
    let mut talk = says("hours", 0.8);
    talk.say("when do you open");
    talk.say("there is a fire");
    assert!(talk.calls.is_empty());
    talk.settings = Settings::default();
    assert_eq!(talk.say("at what o'clock can I drop by").stage, "unmatched");
    assert!(talk.calls.is_empty());
}

#[test]
fn an_answer_of_little_confidence_is_asked_about_or_nothing() {
    let record = says("hours", 0.5).say("at what o'clock can I drop by");
    assert_eq!((record.move_id.as_str(), record.stage.as_str()), ("hours", "confirming"));
    assert_eq!(says("hours", 0.2).say("at what o'clock can I drop by").stage, "unmatched");
    // However sure the service is, what the author called critical is asked about.
    let record = says("delete_account", 1.0).say("remove all that you have about me");
    assert_eq!((record.move_id.as_str(), record.stage.as_str()), ("delete_account", "confirming"));
}

#[test]
fn urgent_never_by_a_service_alone() {
    let record = says("fire", 1.0).say("the kitchen is full of smoke");
    assert_eq!((record.move_id.as_str(), record.stage.as_str()), ("fire", "confirming"));
    let mut ordering = says("fire", 1.0);
    ordering.say("I want to order");
    let record = ordering.say("the kitchen is full of smoke");
    assert_eq!((record.move_id.as_str(), record.stage.as_str()), ("fire", "confirming"));
    assert_eq!(ordering.say("no").awaiting_slot.as_deref(), Some("size"), "what was asked is asked again");
}

#[test]
fn what_the_sentence_denies_is_asked_about() {
    let record = says("hours", 0.9).say("I do not care at what o'clock");
    assert_eq!((record.move_id.as_str(), record.stage.as_str()), ("hours", "confirming"));
}

#[test]
fn an_answer_that_no_question_takes_may_be_another_move() {
    let mut talk = says("hours", 0.8);
    talk.say("I want to order");
    let record = talk.say("at what o'clock can I drop by");
    assert_eq!((record.move_id.as_str(), record.awaiting_slot.as_deref()), ("hours", Some("size")));
    assert!(record.response.starts_with("From nine to five."), "{}", record.response);
    // An answer to a question about something sensitive goes to no service.
    let before = talk.calls.len();
    talk.say("small");
    assert_eq!(talk.say("the usual one").refused_slot.as_deref(), Some("token"));
    assert_eq!(talk.calls.len(), before);
}

#[test]
fn a_service_that_fails_changes_nothing_but_the_record() {
    let unmatched = |answer: fn() -> CapabilityResult| {
        let record = shop(answer).say("at what o'clock can I drop by");
        assert_eq!((record.move_id.as_str(), record.stage.as_str()), ("none", "unmatched"));
        record.calls[0].status.clone()
    };
    assert_eq!(unmatched(|| failed("E211")), "E211");
    assert_eq!(unmatched(|| ok(json!({}))), "ok");
    assert_eq!(unmatched(|| ok(json!({ "move": null }))), "ok");
    assert_eq!(unmatched(|| ok(json!({ "move": "no_such_move", "confidence": 0.9 }))), "ok");
    for broken in [json!({ "move": 3, "confidence": 0.9 }), json!({ "move": "hours" })] {
        let record = shop(move || ok(broken.clone())).say("at what o'clock can I drop by");
        assert_eq!((record.calls[0].status.as_str(), record.stage.as_str()), ("E205", "unmatched"));
    }
    let too_sure = says("hours", 1.5).say("at what o'clock can I drop by");
    assert_eq!((too_sure.calls[0].status.as_str(), too_sure.findings[0].as_str()), ("E205", "E205"));
}

#[test]
fn something_urgent_is_asked_about_at_once_whatever_the_service_would_say() {
    let shop = SHOP.replace("confidence: low", "confidence: 0.7");
    for text in ["smoke and fire over by the tills", "my jacket burns, over there"] {
        let mut talk = Talk::of(&shop).answering(|_| ok(json!({ "move": "hours", "confidence": 0.9 })));
        talk.settings = Settings { understanding: Some("nlu".into()), ..Settings::default() };
        let record = talk.say(text);
        assert!(record.response.ends_with("Is this about fire?"), "{text}: {}", record.response);
        assert!(talk.calls.is_empty(), "{text}: no service is waited for");
    }
}
