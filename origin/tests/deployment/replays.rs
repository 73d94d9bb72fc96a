//! Stored conversations run again: a turn explained from the state that it was run on, a new version tried on what people
//! said, and what was not understood.

use lgdl::compiled::CompiledGame;
use lgdl::engine::{CapabilityResult, Conversation, Settings, Turn};
use lgdl::golden::complete;
use serde_json::{Map, Value, json};

use super::Place;

const GAME: &str = r#"game bikes {
  capabilities { desk: ["price"] }
  moves {
    move repair {
      when user says something like: ["fix my bicycle", "the chain is broken"]
      when confident { respond with: "Bring it to the workshop." }
    }
    move rental {
      slots { days: number required }
      when user says something like: ["rent a bicycle", "hire a bike"]
      when slot days is missing { prompt slot: "For how many days?" }
      when all_slots_filled { desk.price(days) await timeout 3 }
      when successful { respond with: "That is {result.euros} euros." }
      when failed { respond with: "Ask at the desk." }
    }
  }
}
"#;
const RING: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const SAID: [&str; 4] = ["hire a bike", "for 3 days", "my gears grind, mail jo.miller@example.com", "fix my bicycle"];
const LAST: u64 = SAID.len() as u64;

fn place(settings: &[(&str, &str)]) -> (Place, String) {
    let place = settings.iter().fold(Place::new(), |place, (name, value)| place.with(name, value));
    let place = place.ready();
    std::fs::create_dir(place.path("bikes")).unwrap();
    std::fs::write(place.path("bikes/game.lgdl"), GAME).unwrap();
    let published = place.lgdl("games publish bikes bikes --json").expect(0).json();
    (place, published["version"].as_str().unwrap().to_owned())
}

fn turn_id(turn: u64) -> String {
    format!("turn_{turn:032x}")
}

/// A conversation as the engine holds it and an edge commits it, in the form of an export.
fn conversation(place: &Place, version: &str, user: &str, change: impl Fn(&mut Map<String, Value>)) -> String {
    place.lgdl("compile bikes -o bikes.bin").expect(0);
    let game = CompiledGame::load(std::fs::read(place.path("bikes.bin")).unwrap().into()).unwrap();
    assert_eq!(game.version(), version, "what is compiled here is what was published");
    let (mut state, mut turns) = (Conversation::default(), Vec::new());
    for (text, at) in SAID.iter().zip(1..) {
        let turn = Turn {
            participant: "user".into(),
            text: (*text).to_owned(),
            event: None,
            context: Map::from_iter([("timezone".to_owned(), json!("Europe/Berlin"))]),
            now_ms: 1_764_000_000_000 + at,
            offset_seconds: 3_600,
            settings: Settings::default(),
        };
        let outcome = complete(&game, state, turn, |_| CapabilityResult::Answered {
            status: "ok".into(),
            data: Map::from_iter([("euros".to_owned(), json!(45))]),
            message: None,
        });
        state = outcome.conversation;
        let Value::Object(mut record) = serde_json::to_value(&outcome.record).unwrap() else { unreachable!() };
        record.insert("manifest_id".into(), turn_id(at.unsigned_abs()).into());
        record.insert("game_version".into(), version.into());
        change(&mut record);
        turns.push(record);
    }
    json!({
        "kind": "conversation", "tenant": "default", "game": "bikes", "conversation_id": format!("of-{user}"),
        "user_id": user, "game_version": version, "created_at_ms": 1_764_000_000_000_i64,
        "updated_at_ms": 1_764_000_000_009_i64,
        "summary": {
            "current_move_state": null, "awaiting_response": false, "last_question": null,
            "awaiting_slot_for_move": null, "awaiting_slot_name": null
        },
        "state": state, "turns": turns, "slots": [], "extracted_context": {},
    })
    .to_string()
}

fn with_conversation(settings: &[(&str, &str)], change: impl Fn(&mut Map<String, Value>)) -> Place {
    let (place, version) = place(settings);
    let line = conversation(&place, &version, "ann", change) + "\n";
    place.lgdl_with_input("import -", &line).expect(0);
    place
}

fn why(place: &Place, turn: &str, code: i32) -> Value {
    place.lgdl(&format!("why {turn} --reason complaint-4711 --json")).expect(code).json()
}

#[test]
fn a_stored_turn_is_run_again_from_its_state_and_gives_the_very_same() {
    for settings in [&[][..], &[("LGDL_ENCRYPTION_KEY", RING)]] {
        let place = with_conversation(settings, |_| ());
        for turn in 1..=LAST {
            let found = why(&place, &turn_id(turn), 0);
            let state = if turn == LAST { "same_bytes" } else { "not_stored" };
            assert_eq!(found["again"], json!({"again": "same", "state": state}), "{found}");
            assert_eq!((&found["turn"], &found["game"]), (&turn.into(), &"bikes".into()));
        }
        let second = why(&place, &turn_id(2), 0);
        assert_eq!(second["outcome"]["record"]["response"], "That is 45 euros.", "what the service answered then");
        assert_eq!(second["outcome"]["explanation"]["slots"][0][0], "days", "{second}");
        let by_place = format!("{}/4", second["conversation"].as_str().unwrap());
        let shown = place.lgdl(&format!("why {by_place} --reason complaint-4711")).expect(0);
        assert!(shown.out.contains("fix my bicycle") && shown.out.contains("byte for byte"), "{}", shown.out);
        place.lgdl("audit export --out audit.jsonl").expect(0);
        let audit = std::fs::read_to_string(place.path("audit.jsonl")).unwrap();
        assert!(audit.contains("turn.explained") && audit.contains("complaint-4711") && !audit.contains("gears"));
    }
}

#[test]
fn a_turn_is_looked_at_with_a_reason_only() {
    let place = with_conversation(&[], |_| ());
    place.lgdl(&format!("why {}", turn_id(1))).expect(2);
    place.lgdl(&format!("why {} --reason x", turn_id(1))).expect(2);
    place.lgdl("why nonsense --reason complaint-4711").expect(2);
    let unknown = place.lgdl(&format!("why {} --reason complaint-4711", turn_id(99))).expect(1);
    assert!(unknown.said.contains("no such turn") && unknown.said.contains("stateless"), "{}", unknown.said);
}

#[test]
fn what_differs_and_what_can_not_be_run_again_is_said() {
    let second = |record: &Map<String, Value>| record["turn"] == 2;
    let place = with_conversation(&[], |record| {
        if second(record) {
            record.insert("response".into(), "That is 44 euros.".into());
        }
    });
    let found = why(&place, &turn_id(3), 1);
    assert_eq!(found["again"], json!({"again": "different", "turn": 2, "fields": ["response"]}));
    let place = with_conversation(&[], |record| {
        if second(record) {
            record["given"].as_object_mut().unwrap().remove("results");
        }
    });
    let found = why(&place, &turn_id(3), 1);
    assert_eq!(found["again"]["turn"], 2);
    assert_eq!(found["again"]["why"], json!({"stopped": "no_answer", "capability": "desk.price"}), "{found}");
    assert_eq!(why(&place, &turn_id(1), 0)["again"]["again"], "same", "up to there it goes");
    let place = with_conversation(&[], |record| {
        if second(record) {
            record.insert("slots".into(), json!({"days": "***"}));
            record.insert("user_input".into(), "for *** days".into());
        }
    });
    assert_eq!(why(&place, &turn_id(2), 1)["again"]["why"]["stopped"], "masked");
    let place = with_conversation(&[], |record| {
        record.insert("game_version".into(), "of-another-time".into());
    });
    assert_eq!(why(&place, &turn_id(1), 1)["again"]["why"]["stopped"], "no_version");
}

#[test]
fn a_new_version_is_tried_on_what_people_said() {
    let place = with_conversation(&[], |_| ());
    let same = place.lgdl("replay bikes --against bikes --max-worse 0 --json").expect(0).json();
    assert_eq!((&same["same"], &same["worse"], &same["stood_in"]), (&LAST.into(), &0.into(), &0.into()), "{same}");
    // One phrase more, for what was not understood.
    let better = GAME.replace("\"fix my bicycle\",", "\"fix my bicycle\", \"my gears grind, mail *\",");
    std::fs::create_dir(place.path("better")).unwrap();
    std::fs::write(place.path("better/game.lgdl"), better).unwrap();
    let found = place.lgdl("replay bikes --against better --max-worse 0% --json").expect(0).json();
    assert_eq!((&found["better"], &found["same"], &found["behind_a_change"]), (&1.into(), &2.into(), &1.into()));
    let example = found["changed"][0]["text"].as_str().unwrap();
    assert!(example.contains("gears") && !example.contains("miller"), "personal data is replaced: {example}");
    // A move less.
    let worse = GAME.replace("\"rent a bicycle\", \"hire a bike\"", "\"rent a tent\"");
    std::fs::create_dir(place.path("worse")).unwrap();
    std::fs::write(place.path("worse/game.lgdl"), worse).unwrap();
    let found = place.lgdl("replay bikes --against worse --max-worse 0 --json").expect(1).json();
    assert_eq!((&found["worse"], &found["holds"]), (&1.into(), &false.into()), "{found}");
    place.lgdl("replay bikes --against worse --max-worse 1").expect(0);
    let none = place.lgdl("replay bikes --against worse --max-worse 0 --since 2099-01-01 --json").expect(0).json();
    assert_eq!(none["conversations"], 0);
    place.lgdl("replay bikes@nothing --against worse").expect(1);
    // Publishing can require it.
    let before = place.lgdl("games list --json").expect(0).json()["games"][0]["version"].clone();
    let refused = place.lgdl("games publish bikes worse --max-worse 0").expect(1);
    assert!(refused.said.contains("nothing is published"), "{}", refused.said);
    assert_eq!(place.lgdl("games list --json").expect(0).json()["games"][0]["version"], before);
    place.lgdl("games publish bikes better --max-worse 0").expect(0);
}

#[test]
fn what_was_not_understood_is_shown_with_a_reason_and_tried_on_a_draft() {
    let place = with_conversation(&[("LGDL_ENCRYPTION_KEY", RING)], |_| ());
    place.lgdl("report bikes --since 2020-01-01 --unmatched").expect(2);
    let found =
        place.lgdl("report bikes --since 2020-01-01 --unmatched --reason quality-review --json").expect(0).json();
    let group = &found["unmatched"][0];
    assert_eq!((&group["times"], &group["persons"]), (&1.into(), &1.into()), "{found}");
    assert!(!found.to_string().contains("miller"), "personal data is replaced: {found}");
    let draft = GAME.replace("\"fix my bicycle\",", "\"fix my bicycle\", \"my gears grind\",");
    std::fs::write(place.path("draft.lgdl"), draft).unwrap();
    let tried = "report bikes --since 2020-01-01 --unmatched --reason quality-review --try draft.lgdl";
    let tried = place.lgdl(tried).expect(0);
    assert!(tried.out.contains("→ repair"), "{}", tried.out);
    place.lgdl("audit export --out audit.jsonl").expect(0);
    let audit = std::fs::read_to_string(place.path("audit.jsonl")).unwrap();
    assert!(audit.contains("unmatched.shown") && !audit.contains("gears"));
}
