//! The understanding service as a node calls it: configured, in bounded time, and not twice for one text.

mod support;

use lgdl_edge::platform::FetchError;
use serde_json::json;
use support::{node, ok, production_node, request, say, send, world};

/// A node that asks a service what is meant.
fn asking(node: lgdl_edge::native::Native) -> lgdl_edge::native::Native {
    let services = json!({ "nlu": { "url": "https://services.example.com" } }).to_string();
    node.with("services", &services).with("understanding_service", "nlu")
}

#[test]
fn a_service_says_what_is_meant_and_is_not_asked_twice() {
    let world = world();
    let node = asking(node(&world));
    let meant = || ok(&json!({ "status": "ok", "data": { "move": "stock_check", "confidence": 0.8 } }));
    let left = || ok(&json!({ "status": "ok", "data": { "left": 2 } }));
    *world.service_answers.borrow_mut() = vec![meant(), left(), left()];
    for conversation in ["c1", "c2"] {
        let (status, answer) = say(&node, conversation, "u1", "got any of those around", &[]);
        assert_eq!((status, &answer["move_id"]), (200, &json!("stock_check")), "{answer}");
    }
    let state = world.state.borrow();
    let asked = state.service_calls.iter().filter(|call| call.0 == "/understand").count();
    assert_eq!(asked, 1, "the second time the node knows");
    assert_eq!(state.service_calls[0].2["payload"]["text"], "got any of those around");
    let by = state.turns.iter().map(|turn| turn.record.understood_by.as_deref());
    assert!(by.eq([Some("service"), Some("service")]));
    let metrics = send(&node, &request("GET", "/metrics", &[], b""));
    let metrics = String::from_utf8(metrics.body.into_bytes()).expect("text");
    assert!(metrics.contains("lgdl_edge_turns_by_service_total 2\n"), "{metrics}");
}

#[test]
fn what_was_said_can_not_be_tried_out_on_the_names_of_notes() {
    let names = |key: &str| {
        let world = world();
        let mut node = asking(node(&world)).with("state_key", key);
        node.remembers = false;
        *world.service_answers.borrow_mut() = vec![ok(&json!({ "move": null }))];
        say(&node, "c1", "u1", "got any of those around", &[]);
        let kv = node.kv.borrow();
        kv.keys().filter(|key| key.contains("understood:")).cloned().collect::<Vec<_>>()
    };
    let (one, other) = (names(&"07".repeat(32)), names(&"08".repeat(32)));
    assert_eq!((one.len(), other.len()), (1, 1));
    assert_ne!(one, other, "each node's key names a text otherwise");
    assert!(names("").is_empty(), "a node without a key remembers nothing");
}

#[test]
fn what_a_node_knows_of_a_text_is_believed_for_a_while() {
    let world = world();
    let node = asking(node(&world));
    *world.service_answers.borrow_mut() = vec![ok(&json!({ "move": null })), ok(&json!({ "move": null }))];
    say(&node, "c1", "u1", "got any of those around", &[]);
    node.now_ms.set(node.now_ms.get() + 3_600_000);
    say(&node, "c2", "u1", "got any of those around", &[]);
    assert_eq!(world.state.borrow().service_calls.len(), 2);
}

#[test]
fn a_service_that_is_away_costs_no_answer() {
    let world = world();
    let node = asking(node(&world));
    *world.service_answers.borrow_mut() = vec![Err(FetchError::Unreachable); 15];
    for n in 0..8 {
        let (status, answer) = say(&node, &format!("c{n}"), "u1", "got any of those around", &[]);
        assert_eq!((status, &answer["stage"]), (200, &json!("unmatched")), "{answer}");
    }
    assert_eq!(world.state.borrow().service_calls.len(), 15, "five calls of three attempts, then the breaker is open");
    assert_eq!(world.state.borrow().turns[0].record.calls[0].status, "E210");
}

#[test]
fn a_service_that_is_not_there_is_a_wrong_setting_in_production() {
    let world = world();
    let node = production_node(&world).with("understanding_service", "nlu");
    let health = send(&node, &request("GET", "/health", &[], b""));
    let health = String::from_utf8(health.body.into_bytes()).expect("text");
    assert!(health.contains("LGDL_UNDERSTANDING_SERVICE must name a service of LGDL_SERVICES"), "{health}");
}
