//! Learning as an operator meets it: proposals from what is stored, drafts that are only files, and nothing left of whom
//! was erased.

use serde_json::{Value, json};

use super::Place;

const GAME: &str = r#"game bikes {
  moves {
    move repair {
      when user says something like: [
        "fix my bicycle",
        "the chain is broken"
      ]
      when confident { respond with: "Bring it to the workshop." }
    }
    move rental {
      when user says something like: ["rent a bicycle", "hire a bike"]
      when confident { respond with: "From nine in the morning." }
    }
  }
}
"#;
const GOLDENS: &str = r#"
dialogs:
  - name: repair
    turns:
      - input: "fix my bicycle"
        expect: { move: repair }
"#;
const PHRASE: &str = "my gears grind horribly";

fn conversation(user: &str, said: &[(&str, &str, &str, Option<&str>)]) -> String {
    let turns: Vec<Value> = said
        .iter()
        .zip(1..)
        .map(|((text, of, stage, by), turn)| {
            json!({
                "turn": turn, "at_ms": 1_764_000_000_000_i64 + turn, "user_input": text, "sanitized_input": text,
                "move_id": of, "confidence": 0.8, "response": "…", "stage": stage, "understood_by": by,
            })
        })
        .collect();
    json!({
        "kind": "conversation", "tenant": "default", "game": "bikes", "conversation_id": format!("of-{user}"),
        "user_id": user, "game_version": "v1", "created_at_ms": 1_764_000_000_000_i64,
        "updated_at_ms": 1_764_000_000_009_i64,
        "summary": {
            "current_move_state": null, "awaiting_response": false, "last_question": null,
            "awaiting_slot_for_move": null, "awaiting_slot_name": null
        },
        "state": {}, "turns": turns, "slots": [], "extracted_context": {},
    })
    .to_string()
}

/// A deployment in which two persons were not understood, and said it again.
fn place() -> Place {
    let place = Place::new().ready();
    std::fs::create_dir(place.path("bikes")).unwrap();
    std::fs::write(place.path("bikes/game.lgdl"), GAME).unwrap();
    std::fs::write(place.path("bikes/golden_dialogs.yaml"), GOLDENS).unwrap();
    for user in ["ann", "bob"] {
        let said = [(PHRASE, "none", "unmatched", None), ("fix my bicycle", "repair", "answered", Some("plain"))];
        place.lgdl_with_input("import -", &(conversation(user, &said) + "\n")).expect(0);
    }
    place
}

#[test]
fn a_phrase_is_proposed_tried_approved_into_a_draft_and_proposed_no_more() {
    let place = place();
    let proposals = place.lgdl("learn propose bikes bikes --json").expect(0).json();
    let [first] = &proposals["proposals"].as_array().unwrap()[..] else { panic!("{proposals}") };
    assert_eq!(
        (&first["kind"], &first["moves"][0], &first["phrases"][0]),
        (&"phrase".into(), &"repair".into(), &PHRASE.into())
    );
    assert_eq!((&first["evidence"]["rephrased"], &first["evidence"]["persons"]), (&2.into(), &2.into()));
    let id = first["id"].as_str().unwrap();
    let shown = place.lgdl(&format!("learn show bikes bikes {id} --json")).expect(0).json();
    assert_eq!(
        (&shown["shadow"]["better"], &shown["shadow"]["worse"], &shown["failing"]),
        (&2.into(), &0.into(), &0.into())
    );
    place.lgdl(&format!("learn approve bikes bikes {id} --to draft.lgdl")).expect(0);
    let draft = std::fs::read_to_string(place.path("draft.lgdl")).unwrap();
    assert!(draft.contains(&format!("\"{PHRASE}\" (learned)")), "{draft}");
    assert_eq!(std::fs::read_to_string(place.path("bikes/game.lgdl")).unwrap(), GAME, "the game is as it was");
    assert_eq!(place.lgdl("learn propose bikes bikes --json").expect(0).json()["proposals"], json!([]));
    let listed = place.lgdl("learn list bikes bikes --json").expect(0).json();
    assert_eq!(listed["proposals"][0]["decision"], "approved");
    place.lgdl("audit export --out audit.jsonl").expect(0);
    let audit = std::fs::read_to_string(place.path("audit.jsonl")).unwrap();
    assert!(audit.contains("learning.decided") && !audit.contains("gears"), "{audit}");
    // The draft is a game like any other, and nothing published it.
    assert_eq!(place.lgdl("games list --json").expect(0).json()["games"], json!([]));
    place.lgdl("validate draft.lgdl").expect(0);
}

#[test]
fn what_only_one_person_said_goes_into_no_draft_and_is_gone_with_them() {
    let place = place();
    let proposals = place.lgdl("learn propose bikes bikes --json").expect(0).json();
    let id = proposals["proposals"][0]["id"].as_str().unwrap().to_owned();
    place.lgdl("gdpr erase bob").expect(0);
    let refused = place.lgdl(&format!("learn approve bikes bikes {id} --to draft.lgdl")).expect(1);
    assert!(refused.said.contains("only one person"), "{}", refused.said);
    assert!(!place.path("draft.lgdl").exists());
    place.lgdl("gdpr erase ann").expect(0);
    assert_eq!(place.lgdl("learn list bikes bikes --json").expect(0).json()["proposals"], json!([]));
    place.lgdl(&format!("learn show bikes bikes {id}")).expect(1);
}

#[test]
fn what_was_rejected_is_proposed_no_more() {
    let place = place();
    let proposals = place.lgdl("learn propose bikes bikes --json").expect(0).json();
    let id = proposals["proposals"][0]["id"].as_str().unwrap().to_owned();
    place.lgdl(&format!("learn reject bikes bikes {id}")).expect(0);
    assert_eq!(place.lgdl("learn propose bikes bikes --json").expect(0).json()["proposals"], json!([]));
    place.lgdl("learn reject bikes bikes no_such_one").expect(1);
}

#[test]
fn a_draft_keeps_the_translations_of_its_game() {
    const SPANISH: &str = r#"
language: es
texts:
  repair.says.user:
    source: ["fix my bicycle", "the chain is broken"]
    text: ["arreglen mi bicicleta"]
  repair.confident.1: { source: "Bring it to the workshop.", text: "Tráigala al taller." }
"#;
    const SPANISH_GOLDENS: &str = r#"
dialogs:
  - name: arreglo
    context: { locale: es }
    turns:
      - input: "arreglen mi bicicleta"
        expect: { move: repair, response_contains: ["taller"] }
"#;
    let place = place();
    std::fs::create_dir(place.path("bikes/texts")).unwrap();
    std::fs::write(place.path("bikes/texts/es.yaml"), SPANISH).unwrap();
    std::fs::write(place.path("bikes/golden_dialogs_es.yaml"), SPANISH_GOLDENS).unwrap();
    let proposals = place.lgdl("learn propose bikes bikes --json").expect(0).json();
    let id = proposals["proposals"][0]["id"].as_str().unwrap().to_owned();
    let shown = place.lgdl(&format!("learn show bikes bikes {id} --json")).expect(0).json();
    assert_eq!(shown["failing"], 0, "the Spanish dialogues hold with the draft: {shown}");
    // Outside of the game's folder it is the same game only with what belongs to it.
    std::fs::create_dir(place.path("drafts")).unwrap();
    place.lgdl(&format!("learn approve bikes bikes {id} --to drafts/game.lgdl")).expect(0);
    assert_eq!(std::fs::read_to_string(place.path("drafts/texts/es.yaml")).unwrap(), SPANISH);
    place.lgdl("fmt --check drafts/game.lgdl").expect(0);
    std::fs::write(place.path("drafts/golden_dialogs.yaml"), SPANISH_GOLDENS).unwrap();
    place.lgdl("test drafts").expect(0);
}

#[test]
fn commands_on_stored_conversations_need_no_keys_of_edges_and_find_what_dev_kept() {
    let place = place();
    let without = Place { settings: Vec::new(), ..place.clone() };
    let persons = |place: &Place, arguments: &str| {
        let listed = place.lgdl(arguments).expect(0).json();
        listed["proposals"][0]["evidence"]["persons"].as_u64()
    };
    assert_eq!(persons(&without, "learn list bikes bikes --json"), Some(2));
    // `lgdl dev --data kept` has its store there.
    std::fs::create_dir(place.path("kept")).unwrap();
    let dev = Place { settings: Vec::new(), ..place.clone() }.with("LGDL_SQLITE_PATH", "kept/origin.db");
    let said = [(PHRASE, "none", "unmatched", None), ("fix my bicycle", "repair", "answered", Some("plain"))];
    dev.lgdl("migrate up").expect(0);
    dev.lgdl_with_input("import -", &(conversation("cat", &said) + "\n")).expect(0);
    assert_eq!(persons(&without, "learn list bikes bikes --data kept --json"), Some(1));
    let nothing = without.lgdl("report bikes --data nowhere").expect(2);
    assert!(nothing.said.contains("lgdl dev --data nowhere"), "{}", nothing.said);
}
