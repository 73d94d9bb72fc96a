//! Learning by the admin API: proposals for who may read text, with a reason, drafts that publish nothing.

use lgdl::wire::origin::CommitRequest;
use lgdl_origin::store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{commit, problem};
use crate::desk::{Desk, desk, ok};

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
const PROPOSALS: &str = "/admin/v1/games/bikes/proposals";

fn turn(user: &str, before: u64, said: &str, of: &str, stage: &str, by: Option<&str>) -> CommitRequest {
    let conversation = format!("of-{user}");
    let mut request = commit(&conversation, user, before, &format!("{user}-{before}"));
    request.game = "bikes".into();
    let record = json!({
        "turn": before + 1, "at_ms": request.record.at_ms, "participant": "user", "user_input": said,
        "sanitized_input": said, "firewall_triggered": false, "move_id": of, "confidence": 0.8, "response": "…",
        "action": null, "stage": stage, "awaiting_slot": null, "slots": {}, "calls": [], "understood_by": by,
    });
    request.record = serde_json::from_value(record).unwrap();
    request
}

/// A deployment in which so many persons were not understood, and said it again.
async fn place(persons: &[&str]) -> Desk {
    let mut desk = desk(Role::Operator).await;
    let versions = "/admin/v1/games/bikes/versions";
    ok(desk.send(Method::POST, versions, &json!({"source": GAME})).await, StatusCode::CREATED).await;
    for user in persons {
        for request in [
            turn(user, 0, PHRASE, "none", "unmatched", None),
            turn(user, 1, "fix my bicycle", "repair", "answered", Some("plain")),
        ] {
            assert_eq!(desk.edge.commit(&request).await.status(), StatusCode::OK);
        }
    }
    desk.employ("officer", Role::PrivacyOfficer, None).await;
    desk.become_("officer").await;
    desk
}

async fn proposals(desk: &Desk) -> Vec<Value> {
    let shown = desk.send(Method::POST, PROPOSALS, &json!({"reason": "monthly review"})).await;
    ok(shown, StatusCode::OK).await["proposals"].as_array().unwrap().clone()
}

fn trial() -> Value {
    json!({"reason": "monthly review", "source": GAME, "goldens": GOLDENS})
}

#[tokio::test]
async fn a_phrase_is_proposed_tried_and_approved_into_a_draft_that_nothing_publishes() {
    let desk = place(&["ann", "bob"]).await;
    let [first] = &proposals(&desk).await[..] else { panic!("one proposal") };
    assert_eq!((&first["moves"][0], &first["phrases"][0]), (&json!("repair"), &json!(PHRASE)));
    assert_eq!((&first["evidence"]["persons"], &first["decision"]), (&json!(2), &Value::Null));
    let one = format!("{PROPOSALS}/{}", first["id"].as_str().unwrap());
    let tried = ok(desk.send(Method::POST, &format!("{one}/trial"), &trial()).await, StatusCode::OK).await;
    assert_eq!((&tried["shadow"]["better"], &tried["shadow"]["worse"]), (&json!(2), &json!(0)));
    assert_eq!(tried["failing"], 0);
    let versions = desk.ask("/admin/v1/games/bikes/versions").await;
    let approved = ok(desk.send(Method::POST, &format!("{one}/approval"), &trial()).await, StatusCode::OK).await;
    assert!(approved["draft"].as_str().unwrap().contains(&format!("\"{PHRASE}\" (learned)")), "{approved}");
    assert_eq!(proposals(&desk).await[0]["decision"], "approved");
    assert_eq!(desk.ask("/admin/v1/games/bikes/versions").await, versions, "nothing is published");
    let events = desk.events().await;
    let of = |name: &str| events.iter().rfind(|event| event.0 == name).map(|event| event.1["detail"].clone());
    assert_eq!(of("learning.shown").unwrap()["reason"], "monthly review");
    assert_eq!(of("learning.decided").unwrap()["decision"], "approved");
    assert!(!json!(events).to_string().contains("gears"), "the audit log quotes nobody");
}

#[tokio::test]
async fn what_one_person_said_or_the_dialogues_do_not_hold_with_goes_into_no_draft() {
    let desk = place(&["ann"]).await;
    let one = format!("{PROPOSALS}/{}", proposals(&desk).await[0]["id"].as_str().unwrap());
    let approval = format!("{one}/approval");
    let refused =
        problem(desk.send(Method::POST, &approval, &trial()).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    assert!(refused["detail"].as_str().unwrap().contains("one person"), "{refused}");
    assert_eq!(proposals(&desk).await[0]["decision"], Value::Null);
    for odd in [
        json!({"reason": "monthly review", "source": "game bikes {"}),
        json!({"reason": "monthly review", "source": "game other {\n moves {\n }\n}\n"}),
        json!({"reason": "monthly review", "source": GAME, "goldens": "dialogs: 3"}),
        json!({"reason": "monthly review", "source": GAME, "mocks": "- 3"}),
    ] {
        let tried = desk.send(Method::POST, &format!("{one}/trial"), &odd).await;
        problem(tried, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    }
}

#[tokio::test]
async fn what_was_rejected_is_marked_and_what_is_not_there_is_not_decided() {
    let desk = place(&["ann", "bob"]).await;
    let one = format!("{PROPOSALS}/{}", proposals(&desk).await[0]["id"].as_str().unwrap());
    let reason = json!({"reason": "not ours"});
    ok(desk.send(Method::POST, &format!("{one}/rejection"), &reason).await, StatusCode::OK).await;
    assert_eq!(proposals(&desk).await[0]["decision"], "rejected");
    for (path, body) in [("nothing/rejection", &reason), ("nothing/trial", &trial()), ("nothing/approval", &trial())] {
        let missing = desk.send(Method::POST, &format!("{PROPOSALS}/{path}"), body).await;
        problem(missing, StatusCode::NOT_FOUND, "E521").await;
    }
    let other = desk.send(Method::POST, "/admin/v1/games/boats/proposals", &reason).await;
    problem(other, StatusCode::NOT_FOUND, "E521").await;
    let silent = desk.send(Method::POST, PROPOSALS, &json!({"reason": " "})).await;
    problem(silent, StatusCode::BAD_REQUEST, "E520").await;
}

#[tokio::test]
async fn only_who_may_read_text_sees_or_decides_proposals() {
    let mut desk = place(&["ann", "bob"]).await;
    for role in [Role::Viewer, Role::Operator, Role::Admin, Role::Agent] {
        let name = format!("a {role:?}").to_lowercase().replace(' ', "-");
        desk.employ(&name, role, None).await;
        desk.become_(&name).await;
        for path in ["", "/x/trial", "/x/approval", "/x/rejection"] {
            let asked = desk.send(Method::POST, &format!("{PROPOSALS}{path}"), &trial()).await;
            assert_eq!(asked.status(), StatusCode::FORBIDDEN, "{role:?} {path}");
        }
    }
}
