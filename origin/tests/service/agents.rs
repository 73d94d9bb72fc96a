//! Agents that are programs: an API key in the place of a login, the same desk, and nothing else.

use lgdl_origin::store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::problem;
use crate::desk::{Desk, desk_with, ok};
use crate::handovers::{at, here, visitor, ward_of};

const GAME: &str = r#"
game ward {
  moves {
    move help {
      when user says something like: ["I need a nurse"]
      confidence: 0.6
      when confident { escalate to: nurse within 1 hours else { respond with: "No nurse is free." } }
    }
    move table {
      when user says something like: ["I need a host"]
      confidence: 0.6
      when confident { escalate to: host within 1 hours else { respond with: "No host is free." } }
    }
  }
}
"#;

/// Makes a key for a program that serves queues; gives the key and its id.
async fn program(desk: &Desk, queues: &Value) -> (String, String) {
    let wanted = json!({"name": "helper", "scopes": ["agent"]});
    let made = ok(desk.send(Method::POST, "/admin/v1/keys", &wanted).await, StatusCode::CREATED).await;
    let path = format!("/admin/v1/agents/{}", made["agent"].as_str().unwrap());
    let agent = json!({"name": "Helper", "queues": queues, "capacity": 2});
    ok(desk.send(Method::PUT, &path, &agent).await, StatusCode::OK).await;
    (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_program_with_a_key_takes_over_speaks_and_hands_back() {
    let mut desk = ward_of(GAME, &[]).await;
    let (key, id_of_key) = program(&desk, &json!(["nurse"])).await;
    let boss = std::mem::replace(&mut desk.token, key);
    let person = visitor(&desk, "c1");
    person.say("I need a nurse").await;
    let id = person.id();
    let seen = here(&desk).await;
    assert_eq!((&seen["agent"]["name"], &seen["waiting"][0]["conversation"]), (&json!("Helper"), &json!(id)), "{seen}");
    ok(desk.send(Method::POST, &at(&id, "/accept"), &json!({"key": "k1"})).await, StatusCode::OK).await;
    let message = json!({"key": "k2", "text": "What is the matter?"});
    ok(desk.send(Method::POST, &at(&id, "/messages"), &message).await, StatusCode::OK).await;
    person.say("I fell").await;
    let view = desk.ask(&at(&id, "?after=1")).await;
    assert!(view.to_string().contains("I fell"));
    assert_eq!(here(&desk).await["mine"][0]["turn"], view["turn"], "news are seen without opening it");
    let heard = person.hears(0).await;
    assert_eq!(heard.handover.and_then(|now| now.agent).as_deref(), Some("Helper"));
    let back = json!({"key": "k3", "outcome": "resolved"});
    ok(desk.send(Method::POST, &at(&id, "/return"), &back).await, StatusCode::OK).await;

    // What was read is told, wherever the reading began.
    let read = desk.events().await.into_iter().filter(|(name, _)| name == "pii.accessed").count();
    assert_eq!(read, 1);
    // What is not the desk's is refused, and told.
    for path in [
        "/admin/v1/me",
        "/admin/v1/conversations",
        "/admin/v1/keys",
        "/admin/v1/agents",
        "/admin/v1/audit",
        "/admin/v1/events",
    ] {
        problem(desk.get(path).await, StatusCode::FORBIDDEN, "E527").await;
    }
    desk.tenant = Some("other".into());
    problem(desk.get(&at(&id, "")).await, StatusCode::FORBIDDEN, "E527").await;
    desk.tenant = None;

    // A key that was revoked, or never was, is nobody's.
    let key = std::mem::replace(&mut desk.token, boss);
    let gone = desk.delete(&format!("/admin/v1/keys/{id_of_key}")).await;
    ok(gone, StatusCode::NO_CONTENT).await;
    desk.token = key;
    for token in [desk.token.clone(), "lgdl_live_none".into(), String::new()] {
        desk.token = token;
        let answer = desk.send(Method::POST, "/admin/v1/desk/presence", &json!({})).await;
        problem(answer, StatusCode::UNAUTHORIZED, "E526").await;
    }
}

#[tokio::test]
async fn a_program_reaches_no_queue_that_is_not_its_own() {
    let mut desk = ward_of(GAME, &[]).await;
    let (key, id_of_key) = program(&desk, &json!(["nurse"])).await;
    let turns = json!({"name": "shop", "scopes": ["turns"]});
    let turns = ok(desk.send(Method::POST, "/admin/v1/keys", &turns).await, StatusCode::CREATED).await;
    assert_eq!(turns.get("agent"), None);
    for scopes in [json!(["agent", "turns"]), json!(["agent", "admin"]), json!(["agent", "agent"])] {
        let refused = desk.send(Method::POST, "/admin/v1/keys", &json!({"name": "both", "scopes": scopes})).await;
        problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    }
    let person = visitor(&desk, "c1");
    person.say("I need a host").await;
    let id = person.id();
    desk.token = key.clone();
    assert_eq!(here(&desk).await["waiting"], json!([]));
    let message = json!({"key": "k", "text": "Hello."});
    for (what, body) in [("/accept", json!({"key": "k"})), ("/messages", message), ("/release", json!({}))] {
        problem(desk.send(Method::POST, &at(&id, what), &body).await, StatusCode::NOT_FOUND, "E521").await;
    }
    let more = json!({"queues": ["nurse", "host"]});
    problem(desk.send(Method::POST, "/admin/v1/desk/presence", &more).await, StatusCode::FORBIDDEN, "E527").await;
    // A key that takes turns is no agent, and nobody logs in as a program.
    desk.token = turns["key"].as_str().unwrap().to_owned();
    problem(desk.get(&at(&id, "")).await, StatusCode::UNAUTHORIZED, "E526").await;
    problem(desk.login(&id_of_key, &key).await, StatusCode::UNAUTHORIZED, "E526").await;
    // Whoever may make keys, and no administrators, makes none that reads what is said.
    desk.become_("boss").await;
    desk.employ("olga", lgdl_origin::store::Role::Operator, None).await;
    desk.become_("olga").await;
    let wanted = json!({"name": "spy", "scopes": ["agent"]});
    problem(desk.send(Method::POST, "/admin/v1/keys", &wanted).await, StatusCode::FORBIDDEN, "E527").await;
}

#[tokio::test]
async fn each_side_sees_that_the_other_is_typing_and_nothing_of_it_is_kept() {
    let mut desk = ward_of(GAME, &[]).await;
    let person = visitor(&desk, "c1");
    person.say("I need a nurse").await;
    let (id, turns) = (person.id(), 1);
    let typing = format!("/edge/v1/conversations/ward/c1/messages?user=u&after={turns}&typing=true");
    desk.edge.get(&typing).await;
    desk.become_("anna").await;
    assert_eq!(here(&desk).await["waiting"][0]["person_types"], false, "nobody is there who could see it");
    ok(desk.send(Method::POST, &at(&id, "/accept"), &json!({"key": "k1"})).await, StatusCode::OK).await;
    desk.edge.get(&typing).await;
    assert_eq!(here(&desk).await["mine"][0]["person_types"], true);
    assert!(!visitor(&desk, "c1").hears(turns).await.handover.unwrap().typing);
    assert_eq!(here(&desk).await["mine"][0]["person_types"], true, "another tab of theirs says nothing of it");
    desk.edge.get(&typing.replace("true", "false")).await;
    assert_eq!(here(&desk).await["mine"][0]["person_types"], false, "they have stopped");

    let types = json!({"typing": id});
    let presence = "/admin/v1/desk/presence";
    ok(desk.send(Method::POST, presence, &types).await, StatusCode::OK).await;
    assert!(visitor(&desk, "c1").hears(turns).await.handover.unwrap().typing);
    let message = json!({"key": "k2", "text": "Hello."});
    ok(desk.send(Method::POST, &at(&id, "/messages"), &message).await, StatusCode::OK).await;
    assert!(!visitor(&desk, "c1").hears(turns).await.handover.unwrap().typing, "what was typed is said");
    ok(desk.send(Method::POST, presence, &types).await, StatusCode::OK).await;
    here(&desk).await;
    assert!(
        visitor(&desk, "c1").hears(turns).await.handover.unwrap().typing,
        "another page of theirs says nothing of it"
    );
    ok(desk.send(Method::POST, presence, &json!({"typing": null})).await, StatusCode::OK).await;
    assert!(!visitor(&desk, "c1").hears(turns).await.handover.unwrap().typing);
    // Somebody else's conversation is not typed in.
    desk.become_("ben").await;
    ok(desk.send(Method::POST, presence, &types).await, StatusCode::OK).await;
    assert!(!visitor(&desk, "c1").hears(turns).await.handover.unwrap().typing);
    assert!(desk.events().await.iter().all(|(name, event)| !format!("{name} {event}").contains("typing")));
}

/// The tables of the page are read as they stand: every language says everything that English says, with the same gaps.
#[test]
fn every_language_of_the_desk_says_everything() {
    let file = include_str!("../../assets/desk/texts.js");
    let tables: Vec<std::collections::BTreeMap<&str, Vec<&str>>> = file
        .split("\nconst ")
        .filter(|part| part.contains(" = {\n  desk: "))
        .map(|table| {
            let pairs = table
                .split("\", ")
                .flat_map(|part| part.split("\",\n"))
                .filter_map(|pair| pair.trim().split_once(": \""));
            pairs
                .map(|(key, words)| {
                    let key = key.rsplit(['\n', ' ']).next().unwrap_or(key);
                    (key, words.split('{').skip(1).filter_map(|gap| gap.split_once('}')).map(|(gap, _)| gap).collect())
                })
                .collect()
        })
        .collect();
    assert_eq!(tables.len(), 3);
    assert!(tables[0].len() > 50, "{:?}", tables[0]);
    for other in &tables[1..] {
        let sorted = |table: &std::collections::BTreeMap<&'static str, Vec<&'static str>>| {
            let gaps = |gaps: &Vec<&'static str>| {
                let mut gaps = gaps.clone();
                gaps.sort_unstable();
                gaps
            };
            table.iter().map(|(key, found)| (*key, gaps(found))).collect::<Vec<_>>()
        };
        assert_eq!(sorted(&tables[0]), sorted(other));
    }
    let page = include_str!("../../assets/desk/index.html");
    for key in page.split("data-text=\"").skip(1).chain(page.split("data-label=\"").skip(1)) {
        let key = key.split('"').next().unwrap();
        assert!(tables[0].contains_key(key), "{key}");
    }
}

#[tokio::test]
async fn who_serves_one_tenant_is_not_taken_by_another() {
    let mut desk = desk_with(Role::Admin, &[]).await;
    for name in ["anna", "bo"] {
        desk.employ(name, Role::Agent, None).await;
    }
    let all = desk.edge.running.origin.store.administrators().await.unwrap();
    let path = |name: &str| format!("/admin/v1/agents/{}", all.iter().find(|row| row.name == name).unwrap().id);
    let agent = json!({"name": "Anna", "queues": ["nurse"], "capacity": 1});
    ok(desk.send(Method::PUT, &path("anna"), &agent).await, StatusCode::OK).await;
    // Nothing is given to her for a while.
    let none = json!({"name": "Anna", "queues": [], "capacity": 1});
    assert_eq!(ok(desk.send(Method::PUT, &path("anna"), &none).await, StatusCode::OK).await["queues"], json!([]));
    let turned = json!({"name": "Anna\u{202e}", "queues": ["nurse"], "capacity": 1});
    problem(desk.send(Method::PUT, &path("anna"), &turned).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    desk.tenant = Some("other".into());
    problem(desk.send(Method::PUT, &path("anna"), &agent).await, StatusCode::CONFLICT, "E530").await;
    // Who is bound to a tenant has its own accounts alone.
    desk.tenant = None;
    desk.employ("theirs", Role::Operator, Some("other")).await;
    desk.become_("theirs").await;
    for name in ["anna", "bo"] {
        problem(desk.send(Method::PUT, &path(name), &agent).await, StatusCode::NOT_FOUND, "E521").await;
    }
}
