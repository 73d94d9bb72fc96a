//! People step in: what the engine does while somebody is asked for, is there, and hands back.

mod support;

use lgdl::engine::{HandoverStage, Settings, ToldBy, TurnRecord};
use lgdl::syntax;
use serde_json::{Value, json};
use support::Talk;

const DESK: &str = r#"
game desk {
  moves {
    move fire {
      priority: urgent
      when user says something like: ["there is a fire", "something burns"]
      confidence: 0.6
      when confident { respond with: "Leave the building and call 112." }
    }
    move hours {
      when user says something like: ["opening hours", "when do you open"]
      confidence: 0.6
      when confident { respond with: "From nine to five." }
    }
    move order {
      slots {
        size: enum("small", "large") required
        count: number required
      }
      when user says something like: ["I want to order"]
      confidence: 0.6
      when slot size is missing { prompt slot: "Small or large?" }
      when slot count is missing { prompt slot: "How many?" }
      when all_slots_filled { respond with: "{count} {size}." }
    }
    move complaint {
      slots { item: enum("lamp", "chair") required }
      when user says something like: ["I want to complain"]
      confidence: 0.6
      when slot item is missing { prompt slot: "What about?" }
      when all_slots_filled {
        respond with: "I am sorry about the {item}."
        escalate to: clerk within 5 minutes else {
          respond with: "We will call you back about the {item}."
          clarify moment with options: ["morning", "evening"]
          respond with: "In the {moment}, then."
        }
      }
    }
  }
}
"#;

fn desk() -> Talk {
    let mut talk = Talk::of(DESK);
    talk.settings = Settings { told_by: ToldBy::Desk, ..Settings::default() };
    talk
}

fn stage(record: &TurnRecord) -> Option<HandoverStage> {
    record.handover.as_ref().map(|handover| handover.stage)
}

#[test]
fn the_game_answers_until_somebody_is_there_and_is_silent_from_then_on() {
    let mut talk = desk();
    let asked = talk.say_all(&["I want to complain", "the lamp"]);
    assert_eq!((asked.stage.as_str(), asked.escalated_to.as_deref()), ("escalated", Some("clerk")));
    let handover = asked.handover.as_ref().expect("a hand-over");
    assert_eq!((handover.queue.as_str(), handover.patience_ms, handover.urgent), ("clerk", Some(300_000), false));
    assert_eq!(talk.say("when do you open").response, "From nine to five.");
    let kept = talk.say("it is the blue one from the window");
    assert!(kept.response.contains("I have noted that") && !kept.response.contains("clerk"), "{kept:#?}");

    let came = talk.happen("handoff_accepted", json!("Anna"));
    assert_eq!((came.stage.as_str(), came.response.as_str()), ("with_agent", "You are talking with Anna now."));
    let silent = talk.say("when do you open");
    assert_eq!((silent.stage.as_str(), silent.response.as_str(), silent.move_id.as_str()), ("with_agent", "", "none"));
    assert_eq!((silent.user_input.as_str(), stage(&silent)), ("when do you open", Some(HandoverStage::With)));
    let said = talk.happen("handoff_message", json!("At nine,  as  always."));
    assert_eq!((said.stage.as_str(), said.response.as_str()), ("with_agent", "At nine,  as  always."));

    let back = talk.happen("handoff_ended", Value::Null);
    assert_eq!(
        (stage(&back), back.response.as_str()),
        (Some(HandoverStage::Returned), "You are talking with the assistant again.")
    );
    assert_eq!(talk.say("when do you open").response, "From nine to five.");
}

#[test]
fn what_was_under_way_goes_on_when_it_is_handed_back_with_the_values_that_were_set() {
    let mut talk = desk();
    let asked = talk.say_all(&["I want to order", "let me speak to a person"]);
    assert_eq!((asked.escalated_to.as_deref(), stage(&asked)), (Some("human"), Some(HandoverStage::Waiting)));
    talk.happen("handoff_accepted", json!("Anna"));
    talk.say("I never know the sizes");
    let back = talk.happen("handoff_ended", json!({"size": "large", "room": "12"}));
    assert_eq!(back.awaiting_slot.as_deref(), Some("count"), "{back:#?}");
    assert!(back.response.ends_with("How many?"), "{back:#?}");
    assert_eq!(talk.say("3").response, "3 large.");
    assert_eq!(talk.state()["context"]["room"], "12");
}

#[test]
fn what_somebody_sets_is_of_the_slots_type() {
    for (value, kept) in
        [(json!(3), true), (json!("3"), true), (json!(12), false), (json!(-1e9), false), (json!(true), false)]
    {
        let mut talk = Talk::of(&DESK.replace("count: number", "count: range(1, 10)"));
        talk.settings = Settings { told_by: ToldBy::Desk, ..Settings::default() };
        talk.say_all(&["I want to order", "let me speak to a person"]);
        talk.happen("handoff_accepted", json!("Anna"));
        let back = talk.happen("handoff_ended", json!({"size": "large", "count": value}));
        assert_eq!(back.response.ends_with("3 large."), kept, "{value}: {back:#?}");
        assert_eq!(back.awaiting_slot.is_none(), kept, "{value}: {back:#?}");
    }
}

#[test]
fn what_is_under_way_when_somebody_comes_waits_for_the_end() {
    let mut talk = desk();
    talk.say_all(&["I want to complain", "the lamp", "I want to order", "large"]);
    talk.happen("handoff_accepted", json!("Anna"));
    assert_eq!(talk.say("3").response, "", "that is said to Anna");
    let back = talk.happen("handoff_ended", Value::Null);
    assert!(back.response.ends_with("How many?"), "{back:#?}");
}

#[test]
fn something_urgent_is_heard_beside_somebody_and_warns_them() {
    let mut talk = desk();
    talk.say_all(&["I want to order", "I want to speak to a person"]);
    talk.happen("handoff_accepted", json!("Anna"));
    let urgent = talk.say("wait, there is a fire");
    assert!(urgent.warns_agent && urgent.handover.as_ref().is_some_and(|handover| handover.urgent), "{urgent:#?}");
    assert_eq!((urgent.move_id.as_str(), urgent.stage.as_str()), ("fire", "with_agent"));
    assert_eq!(urgent.response, "Leave the building and call 112.");
    assert!(!talk.say("my neighbour says hello").warns_agent);
    assert!(talk.happen("handoff_ended", Value::Null).response.ends_with("Small or large?"));
}

#[test]
fn nobody_comes_and_the_else_runs_with_the_values_of_its_move() {
    let mut talk = desk();
    talk.say_all(&["I want to complain", "the chair", "I want to order"]);
    let nobody = talk.happen("handoff_timed_out", Value::Null);
    assert_eq!(stage(&nobody), Some(HandoverStage::TimedOut));
    assert_eq!(talk.state().get("handover"), None);
    assert!(nobody.response.starts_with("We will call you back about the chair."), "{nobody:#?}");
    assert_eq!(nobody.choices, ["morning", "evening"]);
    let chosen = talk.say("evening");
    assert!(chosen.response.starts_with("In the evening, then."), "{chosen:#?}");
    assert!(chosen.response.ends_with("Small or large?"), "what was under way goes on: {chosen:#?}");
}

#[test]
fn without_an_else_it_is_said_that_nobody_is_there() {
    let mut talk = desk();
    talk.say_all(&["I want to order", "I want to speak to a person"]);
    let nobody = talk.happen("handoff_timed_out", Value::Null);
    assert_eq!(nobody.response, "I'm sorry, human is not available at the moment. Small or large?");
}

#[test]
fn only_the_desk_changes_a_hand_over() {
    for forged in ["handoff_accepted", "handoff_message", "handoff_ended", "handoff_timed_out"] {
        let mut talk = desk();
        talk.say_all(&["I want to complain", "the lamp"]);
        talk.settings.told_by = ToldBy::Person;
        let record = talk.happen(forged, json!("Mallory"));
        assert_eq!((stage(&record), record.response.as_str()), (Some(HandoverStage::Waiting), ""), "{forged}");
        talk.settings.told_by = ToldBy::Desk;
        talk.happen("handoff_accepted", json!("Anna"));
        talk.settings.told_by = ToldBy::Person;
        let record = talk.happen(forged, json!("Mallory"));
        assert_eq!((stage(&record), record.response.as_str()), (Some(HandoverStage::With), ""), "{forged}");
    }
}

#[test]
fn a_game_may_say_its_own_words_at_the_end() {
    let source = DESK.replacen(
        "  moves {",
        "  when event handoff_ended { respond with: \"Anna set room {event.value.room}.\" }\n  moves {",
        1,
    );
    let mut talk = Talk::of(&source);
    talk.settings.told_by = ToldBy::Desk;
    talk.say_all(&["I want to order", "I want to speak to a person"]);
    talk.happen("handoff_accepted", json!("Anna"));
    let back = talk.happen("handoff_ended", json!({"room": 12}));
    assert_eq!(back.response, "Anna set room 12. Small or large?");
}

#[test]
fn an_escalation_is_written_in_one_way_and_what_is_wrong_with_it_is_said() {
    let written = "game g { moves { move m { when user says something like: [\"x y\"]\n when confident { escalate to: clerk within 90 seconds else { respond with: \"No.\" } } } } }";
    let formatted = syntax::format(written.as_bytes()).expect("it has no errors");
    assert!(formatted.contains("        escalate to: clerk within 90 seconds else {\n"), "{formatted}");
    assert_eq!(syntax::format(formatted.as_bytes()).expect("formatted"), formatted);
    for (clause, wanted) in [
        ("within 5 minuts", "did you mean `minute"),
        ("within 0 seconds", "from 1 second to 7 days"),
        ("within 8000 hours", "from 1 second to 7 days"),
        ("within soon", "how long the person waits"),
        ("else { respond with: \"No.\" }", "expected `within` before it"),
    ] {
        let source = written.replace("within 90 seconds else { respond with: \"No.\" }", clause);
        let told = format!("{:?}", syntax::parse(source.as_bytes(), None).diagnostics);
        assert!(told.contains(wanted), "{clause}: {told}");
    }
}

#[test]
fn a_danger_in_other_words_is_asked_about_until_somebody_is_called_for_one() {
    let mut talk = desk();
    talk.say_all(&["I want to complain", "the lamp"]);
    let asked = talk.say("flames are coming out of the window");
    assert_eq!((asked.move_id.as_str(), asked.choices.len()), ("fire", 2), "{asked:#?}");

    let mut talk =
        Talk::of(&DESK.replace(
            "Leave the building and call 112.\" }",
            "Leave the building and call 112.\" escalate to: warden }",
        ));
    talk.settings = Settings { told_by: ToldBy::Desk, ..Settings::default() };
    assert_eq!(talk.say("there is a fire").stage, "escalated");
    let noted = talk.say("should I wait for the firefighters outside");
    assert!(noted.choices.is_empty(), "nobody is asked again: {noted:#?}");
    let noted = talk.say("the smoke is black");
    assert!(noted.choices.is_empty(), "nobody is asked again: {noted:#?}");
}
