//! What a locale settles: the order of day and month, whose money is meant, how weeks begin, how values are shown; said by
//! the game, or by the request.

mod support;

use serde_json::{Value, json};
use support::Talk;

/// A game that asks for a day and an amount, in a language and a locale.
fn game(header: &str) -> String {
    format!(
        r#"game trips {{
  {header}
  participants {{ user can do: anything }}
  moves {{
    move trip {{
      when user says something like: ["trip", "viaje", "reise"]
      slots {{ day: date  budget: money }}
      when slot day is missing {{ prompt slot: "1" }}
      when slot budget is missing {{ prompt slot: "2" }}
      when all_slots_filled {{ respond with: "{{day.iso}} {{budget}}" }}
    }}
  }}
}}"#
    )
}

#[track_caller]
fn check(header: &str, context: Value, said: [&str; 3], expected: &str) {
    let mut talk = Talk::of(&game(header)).in_context(context);
    let record = talk.say_all(&said);
    let (day, money) = expected.split_once(' ').expect("a day and an amount");
    assert_eq!(record.slots.get("day"), Some(&json!(day)), "{header}: {said:?}");
    assert!(record.response.ends_with(money), "{header}: {said:?}: {}", record.response);
}

#[test]
fn the_locale_of_a_game_orders_days_and_names_money() {
    let none = json!({});
    check("locale: en-GB", none.clone(), ["trip", "3/4", "£40"], "2026-04-03 £40");
    check("locale: en-US", none.clone(), ["trip", "3/4", "$40"], "2026-03-04 $40");
    check("locale: en-GB", none.clone(), ["trip", "3/4", "40"], "2026-04-03 £40");
    check("locale: en-AU", none.clone(), ["trip", "3/4", "40 dollars"], "2026-04-03 $40");
    check("locale: es-MX", none.clone(), ["viaje", "3/4", "40 pesos"], "2026-04-03 $40");
    check("locale: es-MX", none.clone(), ["viaje", "3/4", "$120,000"], "2026-04-03 $120,000");
    check("locale: es-MX", none.clone(), ["viaje", "3/4", "1,250.50"], "2026-04-03 $1,250.50");
    check("locale: es-CO", none.clone(), ["viaje", "3/4", "$120.000"], "2026-04-03 $ 120.000");
    check("locale: es-ES", none, ["viaje", "3/4", "40"], "2026-04-03 40 €");
}

#[test]
fn what_a_sign_or_a_name_means_is_kept_as_a_code() {
    for (header, said, code) in [
        ("locale: en-US", "$40", json!("USD")),
        ("locale: en-CA", "$40", json!("CAD")),
        ("locale: en-CA", "40 bucks", json!("CAD")),
        ("locale: en-GB", "40 quid", json!("GBP")),
        ("locale: en-GB", "$40", json!("USD")),
        ("locale: en-GB", "40 US dollars", json!("USD")),
        ("locale: en-IN", "40 rupees", json!("INR")),
        ("locale: es-AR", "40 pesos", json!("ARS")),
        ("locale: es-CO", "$40", json!("COP")),
        ("language: en", "40", Value::Null),
    ] {
        let mut talk = Talk::of(&game(header));
        talk.say(if header.contains("es-") { "viaje" } else { "trip" });
        talk.say("2027-04-03");
        let budget = talk.say(said).slots.get("budget").cloned();
        assert_eq!(budget.map(|value| value["currency"].clone()), Some(code), "{header}: {said}");
    }
}

#[test]
fn a_request_names_its_locale_and_what_is_not_supported_is_the_games() {
    check("language: en", json!({"locale": "en-GB"}), ["trip", "3/4", "40"], "2026-04-03 £40");
    check("locale: en-GB", json!({"locale": "en-US"}), ["trip", "3/4", "$40"], "2026-03-04 $40");
    // Neither another language nor an unknown place, nor something that is no text.
    for locale in [json!("es-ES"), json!("en-XX"), json!(7)] {
        check("locale: en-GB", json!({"locale": locale}), ["trip", "3/4", "40"], "2026-04-03 £40");
    }
}

#[test]
fn a_clock_time_lies_in_business_hours_in_slots_as_in_extract() {
    let source = r#"game calls {
  participants { user can do: anything }
  moves { move call {
    when user says something like: ["call me"]
    slots { at: time }
    when slot at is missing { prompt slot: "When?" }
    when all_slots_filled { respond with: "{at.iso}" }
  } }
}"#;
    for (said, clock) in [("half past two", "14:30"), ("at 7", "07:00"), ("7 pm", "19:00"), ("0930", "09:30")] {
        let record = Talk::of(source).say_all(&["call me", said]);
        assert_eq!(record.slots.get("at"), Some(&json!(clock)), "{said}");
    }
}

#[test]
fn a_game_says_its_business_hours() {
    let source = |hours: &str| {
        format!(
            r#"game bar {{
  {hours}
  participants {{ user can do: anything }}
  moves {{ move table {{
    when user says something like: ["a table", "a table at {{at}}"]
    slots {{ at: time }}
    when slot at is missing {{ prompt slot: "When?" }}
    when all_slots_filled {{ respond with: "{{at.iso}}" }}
  }} }}
}}"#
        )
    };
    for (hours, said, clock) in [
        ("", "at 8", "08:00"),
        (r#"business_hours: "11:00-24:00""#, "at 8", "20:00"),
        (r#"business_hours: "11:00-24:00""#, "at 8 am", "08:00"),
        (r#"business_hours: "8:00-20:00""#, "half past seven", "19:30"),
    ] {
        for told in [vec!["a table", said], vec![&format!("a table {said}")]] {
            let record = Talk::of(&source(hours)).say_all(&told);
            assert_eq!(record.slots.get("at"), Some(&json!(clock)), "{hours} {told:?}");
        }
    }
}

#[test]
fn a_day_that_is_said_with_its_length_or_hours_is_not_lost() {
    let source = r#"game rooms {
  participants { user can do: anything }
  moves { move book {
    when user says something like: ["a room"]
    slots { arrival: date  nights: number  guests: range(1, 6) }
    when slot arrival is missing { prompt slot: "arrival?" }
    when slot nights is missing { prompt slot: "nights?" }
    when slot guests is missing { prompt slot: "guests?" }
    when all_slots_filled { respond with: "{arrival} {nights} {guests}" }
  } }
}"#;
    for (said, asks) in [
        ("tomorrow for two nights", "guests?"),
        ("tomorrow afternoon", "nights?"),
        ("Friday night", "nights?"),
        ("the weekend of June 6th", "nights?"),
        ("tomorrow, two nights", "guests?"),
        ("from 3 to 5 May", "nights?"),
        ("tomorrow, two nights, three people", "Thursday 5 March 2 3"),
    ] {
        assert_eq!(Talk::of(source).say_all(&["a room", said]).response, asks, "{said}");
    }
    let record = Talk::of(source).say_all(&["a room", "next week"]);
    assert_eq!(record.awaiting_slot.as_deref(), Some("arrival"), "{record:#?}");
}
