//! What authors rely on: which blocks run, conditions, flow, choices, negotiation, guards, capability policy.

mod support;

use lgdl::engine::{CapabilityResult, MAX_CALLS_PER_TURN, MAX_RESPONSE_CHARS, Settings};
use serde_json::json;
use support::{Talk, compile, failed, ok};

fn desk() -> Talk {
    Talk::of(include_str!("data/desk.lgdl"))
}

/// A game of one move whose body is given.
fn game(body: &str) -> String {
    format!(
        r#"game g {{
          capabilities {{ s: ["f", "g", "h"] }}
          moves {{
            move m {{
              when user says something like: [ "go", "go with {{x}}", "go to {{x}} and {{y}}" ]
              confidence: medium
              {body}
            }}
            move other {{
              when user says something like: [ "the other way" ]
              confidence: medium
              when confident {{ respond with: "Other." }}
            }}
            move target {{
              slots {{ city: string required }}
              confidence: medium
              when slot city is missing {{ prompt slot: "Which city?" }}
              when all_slots_filled {{ respond with: "Off to {{city}}." }}
            }}
          }}
        }}"#
    )
}

#[track_caller]
fn check(body: &str, context: serde_json::Value, texts: &[&str], response: &str) {
    let record = Talk::of(&game(body)).in_context(context).say_all(texts);
    assert_eq!(record.response, response, "{texts:?}\n{record:#?}");
}

// ---- which blocks run ----------------------------------------------------------------------------------------

#[test]
fn the_first_block_that_holds_runs_and_no_other() {
    check(r#"when confident { respond with: "A." } when confident { respond with: "B." }"#, json!({}), &["go"], "A.");
    check(
        r#"if vip { respond with: "V." } when confident { respond with: "B." }"#,
        json!({"vip": true}),
        &["go"],
        "V.",
    );
    check(r#"if vip { respond with: "V." } when confident { respond with: "B." }"#, json!({}), &["go"], "B.");
}

#[test]
fn continue_lets_the_next_block_run_and_return_ends_the_move() {
    check(
        r#"when confident { respond with: "A." continue } when confident { respond with: "B." }"#,
        json!({}),
        &["go"],
        "A. B.",
    );
    check(
        r#"when confident { respond with: "A." return respond with: "C." } when confident { respond with: "B." }"#,
        json!({}),
        &["go"],
        "A.",
    );
}

#[test]
fn else_runs_only_when_nothing_before_it_held() {
    let body =
        r#"if n > 8 { respond with: "Many." } else if n > 3 { respond with: "Some." } else { respond with: "Few." }"#;
    check(body, json!({"n": 9}), &["go"], "Many.");
    check(body, json!({"n": "4"}), &["go"], "Some.");
    check(body, json!({"n": 1}), &["go"], "Few.");
    check(body, json!({}), &["go"], "Few.");
}

#[test]
fn conditions_mean_what_they_say() {
    for (condition, context, holds) in [
        ("not vip", json!({}), true),
        ("not vip", json!({"vip": true}), false),
        ("vip and open", json!({"vip": true, "open": 1}), true),
        ("vip and open", json!({"vip": true}), false),
        ("vip or open and late", json!({"vip": true}), true),
        ("(vip or open) and late", json!({"vip": true}), false),
        ("level is \"gold\"", json!({"level": "Gold"}), true),
        ("level is \"gold\"", json!({"level": "silver"}), false),
        ("level matches \"^go|pla\"", json!({"level": "platinum"}), true),
        ("level matches \"^go|pla\"", json!({"level": "silver"}), false),
        ("n >= 3", json!({"n": "3"}), true),
        ("n != 3", json!({"n": 3}), false),
        ("n = 3", json!({"n": 3.0}), true),
        ("context.user.age < 18", json!({"user": {"age": 12}}), true),
        ("confident", json!({}), true),
        ("uncertain", json!({}), false),
        ("confidence is below threshold", json!({}), false),
        ("count", json!({"count": 0}), false),
        ("name", json!({"name": ""}), false),
    ] {
        let body = format!(r#"if {condition} {{ respond with: "Yes." }} else {{ respond with: "No." }}"#);
        check(&body, context, &["go"], if holds { "Yes." } else { "No." });
    }
}

#[test]
fn blocks_nest_and_a_block_may_set_its_own_threshold() {
    let body = r#"when confident {
        confidence: critical
        when confident { respond with: "Certain." }
        when uncertain { respond with: "Not that certain." }
        if x { if y { respond with: "Both." } else { respond with: "One." } }
    }"#;
    check(body, json!({}), &["go to Rome and Paris"], "Not that certain. Both.");
    check(body, json!({}), &["go with Anna"], "Not that certain. One.");
}

#[test]
fn a_move_in_which_no_block_holds_acknowledges() {
    check(r#"if vip { respond with: "V." }"#, json!({}), &["go"], "Thank you, I have noted that.");
}

#[test]
fn a_condition_on_a_slot_waits_until_the_slot_was_asked_for() {
    let source = r#"game g { moves { move m {
      slots { n: number required color: string required }
      when user says something like: [ "count" ]
      confidence: medium
      if n > 8 { respond with: "That is a lot." } else { respond with: "That is fine." }
      when slot n is missing { prompt slot: "How many?" }
      when slot color is missing { prompt slot: "Which color?" }
      when all_slots_filled { respond with: "{n} {color}." }
    } } }"#;
    let mut talk = Talk::of(source);
    assert_eq!(talk.say("count").response, "How many?");
    assert_eq!(talk.say("9").response, "That is a lot. Which color?");
    assert_eq!(talk.say("red").response, "9 red.");
}

#[test]
fn a_large_party_takes_the_other_branch() {
    let mut talk = desk();
    let record = talk.say_all(&["book a table", "9", "tomorrow", "at 7pm", "skip"]);
    assert_eq!(record.escalated_to.as_deref(), Some("manager"), "{record:#?}");
    let mut talk = desk();
    let record = talk.say_all(&["book a table", "8", "tomorrow", "at 7pm", "skip"]);
    assert_eq!(record.response, "A table for 8 on Thursday 5 March at 7:00 pm.");
}

// ---- capabilities --------------------------------------------------------------------------------------------

#[test]
fn outcome_blocks_run_after_confident_and_once() {
    let body = r#"
      when confident { respond with: "Calling." s.f await }
      when successful { respond with: "Good." s.g }
      when failed { respond with: "Bad." }"#;
    let mut talk = Talk::of(&game(body)).answering(|_| ok(json!({})));
    let record = talk.say("go");
    assert_eq!(record.response, "Calling. Good.");
    assert_eq!(record.calls.len(), 2);
    assert_eq!(record.action.as_deref(), Some("g"));
    let mut talk = Talk::of(&game(body)).answering(|_| failed("E201"));
    assert_eq!(talk.say("go").response, "Calling. Bad.");
}

#[test]
fn a_failure_that_no_block_handles_is_admitted() {
    let mut talk = Talk::of(&game(r#"when confident { s.f await }"#)).answering(|_| failed("E202"));
    let record = talk.say("go");
    assert!(record.response.contains("could not be completed"), "{record:#?}");
    assert_eq!(record.findings, ["E202"]);
}

#[test]
fn results_join_the_scope_by_name_and_stay_for_later_turns() {
    let body = r#"when confident {
        s.f await
        if result.found { respond with: "Found {result.name}, {name}." } else { respond with: "Nobody." }
    }"#;
    let mut talk = Talk::of(&game(body)).answering(|_| ok(json!({"found": true, "name": "Ada"})));
    assert_eq!(talk.say("go").response, "Found Ada, Ada.");
    let mut talk = Talk::of(&game(body)).answering(|_| ok(json!({})));
    assert_eq!(talk.say("go").response, "Nobody.");
}

#[test]
fn then_runs_only_after_a_call_that_went_well() {
    let body = r#"when confident { s.f then respond with: "Then." } when failed { respond with: "Failed." }"#;
    assert_eq!(Talk::of(&game(body)).answering(|_| ok(json!({}))).say("go").response, "Then.");
    assert_eq!(Talk::of(&game(body)).answering(|_| failed("E201")).say("go").response, "Failed.");
}

#[test]
fn a_capability_that_the_game_does_not_list_is_denied_without_a_call() {
    let mut talk = Talk::of(&game(r#"when confident { s.unknown await } when failed { respond with: "Denied." }"#))
        .answering(|_| panic!("not to be called"));
    let record = talk.say("go");
    assert_eq!(record.response, "Denied.");
    assert_eq!(record.calls[0].status, "E300");
    assert!(talk.calls.is_empty());
}

#[test]
fn names_in_parentheses_limit_the_payload() {
    let mut talk = Talk::of(&game(r#"when confident { s.f(x) await }"#)).answering(|_| ok(json!({})));
    talk.say("go to Rome and Paris");
    assert_eq!(serde_json::to_value(&talk.calls[0].payload).unwrap(), json!({"x": "Rome"}));
}

const CONTRACT: &str = r#"{"capabilities": {"s": {"functions": {
  "f": {"parameters": ["x"], "timeout_ms": 700, "read_only": true,
        "result_schema": {"type": "object", "required": ["id"]}},
  "g": {"payload_schema": {"type": "object", "required": ["x"], "properties": {"x": {"enum": ["Rome"]}}}}
}}}}"#;

#[test]
fn the_contract_limits_and_checks_what_goes_out_and_what_comes_back() {
    let source = game(
        r#"when confident { s.f await } when successful { respond with: "Ok." } when failed { respond with: "Broken." }"#,
    );
    let mut talk = Talk::with(&compile(&source, Some(CONTRACT))).answering(|_| ok(json!({"id": 1})));
    assert_eq!(talk.say("go to Rome and Paris").response, "Ok.");
    let call = &talk.calls[0];
    assert_eq!(serde_json::to_value(&call.payload).unwrap(), json!({"x": "Rome"}));
    assert_eq!((call.timeout_ms, call.side_effects), (700, false));
    let mut talk = Talk::with(&compile(&source, Some(CONTRACT))).answering(|_| ok(json!({})));
    let record = talk.say("go with Anna");
    assert_eq!((record.response.as_str(), record.calls[0].status.as_str()), ("Broken.", "E205"));
    let source = game(r#"when confident { s.g await } when failed { respond with: "Broken." }"#);
    let mut talk = Talk::with(&compile(&source, Some(CONTRACT))).answering(|_| panic!("not to be called"));
    let record = talk.say("go with Anna");
    assert_eq!((record.response.as_str(), record.calls[0].status.as_str()), ("Broken.", "E204"));
}

#[test]
fn calls_in_one_turn_are_limited() {
    let calls = "s.f ".repeat(40);
    let mut talk = Talk::of(&game(&format!("when confident {{ {calls} }}"))).answering(|_| ok(json!({})));
    let record = talk.say("go");
    assert_eq!(talk.calls.len(), MAX_CALLS_PER_TURN);
    assert!(record.findings.contains(&"E203".to_owned()));
}

#[test]
fn retry_makes_a_failed_call_again_within_bounds() {
    let body = r#"when confident { s.f await } when successful { respond with: "Good." } when failed { retry with "Once more." }"#;
    let mut first = true;
    let mut talk = Talk::of(&game(body))
        .answering(move |_| if std::mem::take(&mut first) { failed("E201") } else { ok(json!({})) });
    assert_eq!(talk.say("go").response, "Once more. Good.");
    let mut talk = Talk::of(&game(body)).answering(|_| failed("E201"));
    let record = talk.say("go");
    assert!(talk.calls.len() <= 3, "{record:#?}");
}

#[test]
fn retry_without_a_call_asks_to_say_it_again() {
    let body = r#"when confident { retry with "Please say where to." }"#;
    let mut talk = Talk::of(&game(body));
    let record = talk.say("go");
    assert_eq!((record.response.as_str(), record.stage.as_str()), ("Please say where to.", "negotiating"));
}

// ---- handing over --------------------------------------------------------------------------------------------

#[test]
fn delegating_takes_effect_at_once_and_fills_nothing_from_the_same_utterance() {
    let mut talk = desk();
    let record = talk.say("talk about delivery");
    assert_eq!(record.move_id, "handover");
    assert_eq!(record.response, "Let us see. Which order?");
    assert_eq!(record.awaiting_slot.as_deref(), Some("order_id"));
    let record = talk.say("A-17");
    assert_eq!((record.move_id.as_str(), record.response.as_str()), ("delivery", "Order A-17 arrives tomorrow."));
}

#[test]
fn delegating_in_a_circle_ends() {
    let source = r#"game g { moves {
      move a { when user says something like: [ "round" ] confidence: medium when confident { respond with: "A." delegate to: b } }
      move b { confidence: medium when confident { respond with: "B." delegate to: a } }
    } }"#;
    let record = Talk::of(source).say("round");
    assert!(record.response.len() < 100, "{record:#?}");
    assert!(record.findings.contains(&"E209".to_owned()));
}

#[test]
fn a_person_is_answered_when_moves_hand_over_in_a_circle() {
    let record = Talk::of(&game("when confident { delegate to: m }")).say("go");
    assert!(record.findings.contains(&"E209".to_owned()));
    assert!(!record.response.is_empty());
}

#[test]
fn an_answer_without_measure_is_cut_and_says_so() {
    let body = format!("when confident {{ respond with: \"{}\" }}", "{x}".repeat(3_000));
    let record = Talk::of(&game(&body)).say(&format!("go with {}", "é".repeat(2_000)));
    assert_eq!(record.response.chars().count(), MAX_RESPONSE_CHARS);
    assert!(record.findings.contains(&"E217".to_owned()));
    assert_eq!(Talk::of(&game(&body)).say("go with a bee").findings, [""; 0], "what is long enough is whole");
}

#[test]
fn delegating_to_a_move_that_is_not_there_hands_over_under_its_name() {
    let record = Talk::of(&game(r#"when confident { respond with: "Here." delegate to: nowhere }"#)).say("go");
    assert_eq!((record.response.as_str(), record.findings.as_slice()), ("Here.", &["E208".to_owned()][..]));
    assert_eq!(record.escalated_to.as_deref(), Some("nowhere"));
}

#[test]
fn escalating_ends_what_was_under_way() {
    let mut talk = Talk::of(&game(r#"when confident { escalate to: night_shift }"#));
    let record = talk.say("go");
    assert_eq!((record.stage.as_str(), record.escalated_to.as_deref()), ("escalated", Some("night_shift")));
    assert_eq!(record.response, "I'm connecting you with night shift.");
}

#[test]
fn learning_actions_are_events_of_the_record() {
    let record = Talk::of(&game(
        r#"when confident { learn pattern boost confidence remember outcome generate response with style: "warm" }"#,
    ))
    .say("go");
    assert_eq!(record.learning, ["learn pattern", "boost confidence", "remember outcome"]);
    assert!(!record.response.is_empty());
}

// ---- choices -------------------------------------------------------------------------------------------------

#[test]
fn a_choice_is_answered_by_number_ordinal_or_words() {
    for said in ["1", "the first one", "track my parcel", "number one please", "Track"] {
        let mut talk = desk();
        let offered = talk.say("help with my order");
        assert_eq!(offered.choices, ["Track my parcel", "Return an item"]);
        assert_eq!(offered.stage, "choosing");
        let record = talk.say(said);
        assert_eq!(
            (record.move_id.as_str(), record.response.as_str()),
            ("track", "It is on its way."),
            "{said}: {record:#?}"
        );
    }
}

#[test]
fn a_choice_that_no_move_takes_up_is_noted() {
    let record = desk().say_all(&["help with my order", "the second one"]);
    assert_eq!(record.response, "Thank you, I have noted: Return an item.");
}

#[test]
fn something_else_than_a_choice_is_read_for_itself() {
    let record = desk().say_all(&["help with my order", "reset my password"]);
    assert_eq!((record.move_id.as_str(), record.awaiting_slot.as_deref()), ("reset", Some("email")), "{record:#?}");
    let record = desk().say_all(&["help with my order", "blue"]);
    assert_eq!(record.stage, "choosing", "{record:#?}");
    let record = desk().say_all(&["help with my order", "blue", "green", "red"]);
    assert_ne!(record.stage, "choosing", "{record:#?}");
}

#[test]
fn clarify_stores_the_choice_and_the_block_goes_on() {
    let mut talk = desk();
    let record = talk.say("I want to complain");
    assert_eq!(record.choices, ["Delivery", "Quality", "Price"]);
    let record = talk.say("2");
    assert_eq!(record.response, "A complaint about Quality. What happened?");
    assert_eq!(record.stage, "negotiating");
    let record = talk.say("the jug was broken");
    assert_eq!(record.response, "You said: the jug was broken.");
    assert_eq!(record.stage, "answered");
}

#[test]
fn a_negotiation_until_a_value_asks_three_times_at_most() {
    let mut talk = desk();
    talk.say_all(&["I want to complain", "2"]);
    let record = talk.say("hmm");
    assert_eq!(record.response, "What happened?", "{record:#?}");
    talk.say("ok");
    let record = talk.say("hmm");
    assert_eq!(record.negotiation.as_ref().map(|talks| talks.reason.as_str()), Some("exhausted"), "{record:#?}");
    assert!(talk.state().get("active").is_none());
}

#[test]
fn a_negotiation_until_a_value_is_enough_goes_on_only_with_one_that_is() {
    let source = |given_up: &str| {
        format!(
            r#"game market {{ moves {{ move barter {{
              slots {{ offer: number optional }}
              when user says something like: [ "let us haggle" ]
              {given_up}
              when confident {{ negotiate "What do you offer?" until offer > 50 respond with: "Deal at {{offer}}." }}
            }} }} }}"#
        )
    };
    let mut talk = Talk::of(&source(""));
    talk.say_all(&["let us haggle", "20", "30"]);
    assert_eq!(talk.branch().say("60").response, "Deal at 60.");
    let record = talk.say("40");
    assert!(record.response.starts_with("Let's leave it there"), "{record:#?}");
    assert_eq!(record.negotiation.map(|talks| talks.reason), Some("exhausted".to_owned()));
    assert!(talk.state().get("active").is_none());
    let mut talk = Talk::of(&source(r#"when slot offer is given up { respond with: "Then not." }"#));
    assert_eq!(talk.say_all(&["let us haggle", "20", "deal", "40"]).response, "Then not.");
}

#[test]
fn options_answer_to_the_games_vocabulary() {
    let source = r#"game g { vocabulary { "android" also means: ["galaxy phone"] } moves { move m {
      slots { device: enum("ios", "android") required }
      when user says something like: [ "it crashed" ]
      confidence: medium
      when all_slots_filled { respond with: "{device}." }
    } } }"#;
    assert_eq!(Talk::of(source).say_all(&["it crashed", "a galaxy phone"]).response, "android.");
}

#[test]
fn two_moves_that_are_meant_alike_are_offered() {
    let source = r#"game g { moves {
      move blue_paint { when user says something like: [ "order the blue paint" (fuzzy) ] confidence: high when confident { respond with: "Blue." } }
      move red_paint { when user says something like: [ "order the red paint" (fuzzy) ] confidence: high when confident { respond with: "Red." } }
    } }"#;
    let mut talk = Talk::of(source);
    let record = talk.say("order paint");
    assert_eq!(
        (record.stage.as_str(), record.choices.as_slice()),
        ("choosing", &["blue paint".to_owned(), "red paint".to_owned()][..])
    );
    for (said, response) in [("the second one", "Red."), ("blue", "Blue."), ("red paint", "Red."), ("1", "Blue.")] {
        assert_eq!(Talk::of(source).say_all(&["order paint", said]).response, response, "{said}");
    }
    assert_eq!(Talk::of(source).say_all(&["order paint", "neither"]).move_id, "none");
}

// ---- uncertainty ---------------------------------------------------------------------------------------------

const UNSURE: &str = r#"game unsure { moves {
  move router {
    when user says something like: [ "my broadband router keeps losing the connection" (fuzzy) ]
    confidence: high
    when uncertain { ask for clarification: "What exactly is broken?" }
    when confident { respond with: "Restart the router." }
  }
  move invoice {
    when user says something like: [ "a question about my invoice" ]
    confidence: medium
    when confident { respond with: "About the invoice." }
  }
} }"#;

#[test]
fn below_the_threshold_the_uncertain_block_asks_and_the_next_turn_is_read_together_with_the_first() {
    let mut talk = Talk::of(UNSURE);
    let record = talk.say("my router keeps losing things");
    assert_eq!(record.stage, "negotiating", "{record:#?}");
    assert_eq!(record.response, "What exactly is broken?");
    let talks = record.negotiation.expect("a negotiation");
    assert!(talks.enabled && talks.rounds.is_empty() && talks.reason == "asking");
    let record = talk.say("my broadband router keeps losing the connection");
    assert_eq!((record.response.as_str(), record.move_id.as_str()), ("Restart the router.", "router"), "{record:#?}");
    let talks = record.negotiation.expect("a negotiation");
    assert_eq!((talks.rounds.len(), talks.reason.as_str()), (1, "confident"));
    assert!(talks.rounds[0].delta > 0.0 && talks.rounds[0].after >= 0.8);
}

#[test]
fn a_question_of_yes_or_no_is_answered_by_yes_or_no() {
    let source = UNSURE.replace("What exactly is broken?", "I want to be sure - is it your router?");
    let record = Talk::of(&source).say_all(&["my router keeps losing things", "yes"]);
    assert_eq!((record.move_id.as_str(), record.response.as_str()), ("router", "Restart the router."), "{record:#?}");
    assert_eq!(record.negotiation.map(|talks| talks.reason), Some("confident".to_owned()));
    let record = Talk::of(&source).say_all(&["my router keeps losing things", "no"]);
    assert!(record.response.starts_with("Okay, then I misunderstood."), "{record:#?}");
    assert_eq!(record.negotiation.map(|talks| talks.reason), Some("abandoned".to_owned()));
}

#[test]
fn a_negotiation_can_end_in_another_move() {
    let record = Talk::of(UNSURE).say_all(&["my router keeps losing things", "a question about my invoice"]);
    assert_eq!((record.move_id.as_str(), record.response.as_str()), ("invoice", "About the invoice."));
}

#[test]
fn a_negotiation_without_progress_ends_in_a_confirmation() {
    let mut talk = Talk::of(UNSURE);
    talk.say_all(&["my router keeps losing things", "dunno"]);
    let record = talk.say("really, no clue");
    assert_eq!(record.negotiation.as_ref().map(|talks| talks.reason.as_str()), Some("stagnated"), "{record:#?}");
    assert_eq!(record.stage, "confirming");
    let record = talk.say("yes");
    assert_eq!(record.response, "Restart the router.", "{record:#?}");
}

#[test]
fn a_negotiation_is_cancelled_like_anything_else() {
    let mut talk = Talk::of(UNSURE);
    let record = talk.say_all(&["my router keeps losing things", "never mind"]);
    assert_eq!(record.stage, "cancelled");
    assert_eq!(record.negotiation.map(|talks| talks.reason), Some("abandoned".to_owned()));
}

#[test]
fn rounds_are_set_by_the_deployment() {
    let mut talk = Talk::of(UNSURE);
    talk.settings = Settings { negotiation_max_rounds: 1, ..Settings::default() };
    let record = talk.say_all(&["my router keeps losing things", "dunno"]);
    assert_eq!(record.negotiation.map(|talks| talks.reason), Some("exhausted".to_owned()));
}

// ---- guards, participants, context ---------------------------------------------------------------------------

const GUARDED: &str = r#"game guarded {
  participants { patient can do: anything paramedic can do: ["report"] }
  capabilities { s: ["login"] }
  moves {
    move balance {
      requires context: authenticated, age >= 18, not blocked
      when user says something like: [ "show my balance" ]
      confidence: medium
      when confident { respond with: "100." }
    }
    move login {
      when user says something like: [ "log me in" ]
      confidence: medium
      when confident { s.login }
      when successful { respond with: "Welcome." }
    }
    move handover {
      when paramedic says something like: [ "incoming trauma" ]
      confidence: medium
      when confident { respond with: "Bay 3." }
    }
    move ill {
      when patient says something like: [ "I am ill" ]
      confidence: medium
      when confident { respond with: "Sit down." }
    }
  }
}"#;

#[test]
fn a_guard_keeps_a_move_out_until_it_holds() {
    let ask = |context| Talk::of(GUARDED).in_context(context).say("show my balance").move_id;
    assert_eq!(ask(json!({})), "none");
    assert_eq!(ask(json!({"authenticated": true, "age": 17})), "none");
    assert_eq!(ask(json!({"authenticated": true, "age": "18"})), "balance");
    assert_eq!(ask(json!({"authenticated": true, "age": 40, "blocked": true})), "none");
}

#[test]
fn what_a_capability_found_out_opens_guards_in_later_turns() {
    let mut talk = Talk::of(GUARDED).in_context(json!({"age": 30})).answering(|_| ok(json!({"authenticated": true})));
    assert_eq!(talk.say("show my balance").move_id, "none");
    talk.say("log me in");
    assert_eq!(talk.say("show my balance").response, "100.");
}

#[test]
fn a_turn_carries_a_participant() {
    let as_participant = |participant: &str, text: &str| {
        let mut talk = Talk::of(GUARDED);
        talk.participant = participant.into();
        talk.say(text).move_id
    };
    assert_eq!(as_participant("paramedic", "incoming trauma"), "handover");
    assert_eq!(as_participant("user", "I am ill"), "ill");
    assert_eq!(as_participant("patient", "I am ill"), "ill");
    assert_eq!(as_participant("paramedic", "I am ill"), "none");
}

#[test]
fn adaptive_and_weighted_thresholds_are_numbers() {
    let source = r#"game g { moves { move m {
      when user says something like: [ "go on then" ]
      confidence: adaptive weighted by accuracy
      when confident { respond with: "Sure." }
      when uncertain { respond with: "Not sure." }
    } } }"#;
    let talk = |context| Talk::of(source).in_context(context).say("go on then").response;
    assert_eq!(talk(json!({})), "Sure.");
    assert_eq!(talk(json!({"accuracy": 0.5})), "Sure.");
    assert_eq!(talk(json!({"accuracy": "much"})), "Sure.");
}

// ---- degraded, failing, odd ----------------------------------------------------------------------------------

#[test]
fn without_state_a_turn_is_matched_and_answered_and_nothing_is_collected() {
    let mut talk = desk();
    talk.settings = Settings { stateless: true, ..Settings::default() };
    assert_eq!(talk.say("track my parcel").response, "It is on its way.");
    let record = talk.say("book a table");
    assert_eq!((record.move_id.as_str(), record.awaiting_slot.as_deref()), ("booking", None));
    assert!(talk.state().get("active").is_none());
}

#[test]
fn missing_and_odd_template_values_never_fail_a_turn() {
    check(r#"when confident { respond with: "Total ${n * 2}." }"#, json!({}), &["go"], "Total —.");
    check(r#"when confident { respond with: "Total ${n / 0?nothing}." }"#, json!({"n": 1}), &["go"], "Total nothing.");
    let record = Talk::of(&game(r#"when confident { respond with: "Total ${n * 2}." }"#)).say("go");
    assert_eq!(record.findings, ["E001"]);
}

#[test]
fn a_substituted_value_is_never_read_as_a_template() {
    check(r#"when confident { respond with: "To {x}." }"#, json!({"secret": "s"}), &["go with {secret}"], "To secret.");
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let run = || {
        let mut talk = desk();
        let texts = [
            "book a table",
            "4",
            "tomorrow at 7pm",
            "no, 5",
            "what?",
            "skip",
            "help with my order",
            "2",
            "nonsense here",
        ];
        texts.iter().map(|text| serde_json::to_string(&talk.say(text)).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn a_state_of_another_version_is_read() {
    let text = r#"{"turns": 3, "active": {"move_id": "gone", "open": {"kind": "slot", "name": "x"}, "unknown": 1}, "later": []}"#;
    let conversation: lgdl::engine::Conversation = serde_json::from_str(text).unwrap();
    assert_eq!(conversation.turns, 3);
}

#[test]
fn a_host_that_answers_with_odd_results_is_survived() {
    for result in [
        CapabilityResult::Answered { status: String::new(), data: Default::default(), message: Some(String::new()) },
        ok(json!({"x": null, "y": [[[]]], "": 1})),
        failed(""),
    ] {
        let mut talk = Talk::of(&game(r#"when confident { s.f await respond with: "{x}{y}{result.x.y}" }"#))
            .answering(move |_| result.clone());
        talk.say("go");
        talk.say("go");
    }
}
