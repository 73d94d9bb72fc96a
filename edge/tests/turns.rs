//! Turns: committed once and in order, run again when they lose, repeated word for word, and acting once.

mod support;

use lgdl::wire::node::{Observation, ServiceCall};
use lgdl_edge::native::Native;
use lgdl_edge::platform::{FetchError, Inbound};
use serde_json::{Value, json};
use support::*;

#[test]
fn a_conversation_fills_its_slots_over_turns_and_is_committed_in_order() {
    let world = world();
    let node = node(&world);
    let (status, first) = say(&node, "c1", "u1", "I want to order apples", &[]);
    assert_eq!(status, 200, "{first}");
    assert_eq!(first["move_id"], "order");
    assert_eq!(first["awaiting_slot"], "amount");
    assert_eq!((&first["durable"], &first["turn"]), (&json!(true), &json!(1)));
    for field in
        ["confidence", "response", "action", "manifest_id", "latency_ms", "firewall_triggered", "stage", "game_version"]
    {
        assert!(first.get(field).is_some(), "{field}");
    }
    assert!(first["manifest_id"].as_str().unwrap().starts_with("turn_"));
    let (_, second) = say(&node, "c1", "u1", "3", &[]);
    assert_eq!((&second["turn"], &second["action"]), (&json!(2), &json!("place")));
    let state = world.state.borrow();
    assert_eq!(state.turns.iter().map(|turn| turn.record.turn).collect::<Vec<_>>(), [1, 2]);
    assert!(state.claims.is_empty());
}

#[test]
fn a_turn_for_a_version_is_taken_on_that_version_alone_and_answered_again_with_its_key() {
    let world = world();
    let (here, there) = (node(&world), node(&world));
    let send_for = |node: &Native, version: &str, key: &str| {
        let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" }).to_string();
        let headers = [("content-type", "application/json"), ("if-match", version), ("idempotency-key", key)];
        let response = send(node, &request("POST", "/games/desk/move", &headers, body.as_bytes()));
        let tag = response.headers.get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        let (status, body) = body_of(response);
        (status, tag, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let taken = |tag: &str| (200, Some(tag.to_owned()), String::new());
    assert_eq!(send_for(&here, "\"0\"", "k1"), taken("\"1\""));
    assert_eq!(send_for(&there, "\"1\"", "k2"), taken("\"2\""));
    // This node's state is older: the origin knows.
    assert_eq!(send_for(&here, "\"2\"", "k3"), taken("\"3\""));
    assert_eq!(send_for(&there, "\"2\"", "k4"), (412, None, "E244".to_owned()));
    assert_eq!(send_for(&here, "\"0\"", "k5"), (412, None, "E244".to_owned()));
    assert_eq!(send_for(&there, "\"2\"", "k3"), taken("\"3\""), "the same turn again");
    assert_eq!(send_for(&here, "3", "k6"), (400, None, "E224".to_owned()));
    assert_eq!(world.state.borrow().turns.len(), 3);
}

#[test]
fn hot_state_spares_the_origin_and_its_loss_costs_nothing_but_time() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "I want to order apples", &[]);
    world.state.borrow_mut().calls.clear();
    let (_, answer) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!(answer["turn"], 2);
    assert_eq!(world.state.borrow().calls, ["POST turns"]);
    node.kv.borrow_mut().clear();
    let (status, answer) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((status, &answer["turn"], &answer["durable"]), (200, &json!(3), &json!(true)));
    node.kv_fails.set(true);
    let (status, answer) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((status, &answer["turn"], &answer["durable"]), (200, &json!(4), &json!(true)));
}

#[test]
fn stale_state_is_run_again_on_what_is_true() {
    let world = world();
    let (here, there) = (node(&world), node(&world));
    say(&here, "c1", "u1", "I want to order apples", &[]);
    say(&there, "c1", "u1", "3", &[]);
    let (status, answer) = say(&here, "c1", "u1", "hello", &[]);
    assert_eq!((status, &answer["turn"], &answer["move_id"]), (200, &json!(3), &json!("greeting")));
    assert_eq!(world.state.borrow().turns.len(), 3);
}

#[test]
fn what_lies_in_the_key_value_store_is_sealed() {
    let world = world();
    let node = node(&world);
    say(&node, "secret-conversation", "secret-user", "I want to order marzipan", &[]);
    let kv = node.kv.borrow();
    assert!(kv.keys().any(|key| key.starts_with("hot:")));
    for (key, (_, value)) in kv.iter() {
        let text = format!("{key} {}", String::from_utf8_lossy(value));
        for secret in ["marzipan", "secret-conversation", "secret-user"] {
            assert!(!text.contains(secret), "{key}");
        }
    }
}

#[test]
fn the_same_key_gives_the_stored_answer_word_for_word_and_happens_once() {
    let world = world();
    let node = node(&world);
    let key = [("idempotency-key", "k1")];
    let (_, first) = say(&node, "c1", "u1", "hello", &key);
    let (status, again) = say(&node, "c1", "u1", "hello", &key);
    assert_eq!((status, &again), (200, &first));
    assert_eq!(world.state.borrow().turns.len(), 1);
    let (status, problem) = say(&node, "c1", "u1", "hi there", &key);
    assert_eq!((status, &problem["code"]), (422, &json!("E232")));
    let (status, _) = say(&node, "c1", "u2-other", "hello", &key);
    assert_eq!(status, 404, "a key is the user's own, and so is the conversation");
}

#[test]
fn another_user_does_not_find_the_conversation() {
    let world = world();
    let (warm, cold) = (node(&world), node(&world));
    say(&warm, "c1", "u1", "hello", &[]);
    for node in [&warm, &cold] {
        let (status, problem) = say(node, "c1", "mallory", "hello", &[]);
        assert_eq!((status, &problem["code"]), (404, &json!("E228")));
        for (method, path) in
            [("DELETE", "/conversations/c1?user_id=mallory"), ("GET", "/conversations/c1/export?user_id=mallory")]
        {
            assert_eq!(send(node, &request(method, path, &[], b"")).status.as_u16(), 404);
        }
    }
    assert_eq!(world.state.borrow().turns.len(), 1);
}

#[test]
fn a_conversation_of_one_game_is_not_continued_by_another() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "I want to order apples", &[]);
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "3" }).to_string();
    let (_, answer) = body_of(send(&node, &request("POST", "/games/second/move", &[], body.as_bytes())));
    assert_eq!((&answer["turn"], &answer["move_id"]), (&json!(1), &json!("none")));
}

#[test]
fn an_erased_conversation_is_gone_and_stays_gone() {
    let world = world();
    let (here, there) = (node(&world), node(&world));
    say(&here, "c1", "u1", "hello", &[]);
    say(&there, "c1", "u1", "hello", &[]);
    let response = send(&here, &request("DELETE", "/conversations/c1?user_id=u1&game=desk", &[], b""));
    assert_eq!(response.status.as_u16(), 204);
    assert!(!here.kv.borrow().keys().any(|key| key.starts_with("hot:")));
    let (status, problem) = say(&there, "c1", "u1", "hello", &[]);
    assert_eq!((status, &problem["code"]), (410, &json!("E233")));
    assert!(!there.kv.borrow().keys().any(|key| key.starts_with("hot:")), "the late node drops what it had");
    assert!(world.state.borrow().conversations.is_empty());
}

fn with_services(node: lgdl_edge::native::Native) -> lgdl_edge::native::Native {
    let service = json!({ "url": "https://services.example.com" });
    node.with("services", &json!({ "orders": service, "stock": service }).to_string())
}

#[test]
fn a_capability_that_acts_does_so_once_whatever_the_network_does() {
    let world = world();
    let node = with_services(node(&world));
    say(&node, "c1", "u1", "I want to order apples", &[]);
    world.state.borrow_mut().calls.clear();
    let key = [("idempotency-key", "order-1")];
    let (_, first) = say(&node, "c1", "u1", "3", &key);
    assert_eq!(first["action"], "place");
    assert_eq!(world.state.borrow().calls, ["POST claims", "POST turns"], "the place is held before anything is done");
    let (_, again) = say(&node, "c1", "u1", "3", &key);
    assert_eq!(again, first);
    let state = world.state.borrow();
    assert_eq!(state.service_calls.len(), 1);
    let (path, capability_key, body) = &state.service_calls[0];
    assert_eq!(path, "/place");
    assert_eq!(
        *capability_key,
        lgdl::services::act_key("default", "u1", "order-1", 0),
        "whatever else the turn has called"
    );
    assert_eq!((&body["service"], &body["function"]), (&json!("orders"), &json!("place")));
}

#[test]
fn what_has_acted_keeps_its_place_while_it_looks_up_and_until_its_commit() {
    let world = world();
    let node = with_services(node(&world));
    let (_, answer) = say(&node, "c1", "u1", "express delivery", &[]);
    assert_eq!(answer["response"], "On its way, 3 left.");
    {
        let state = world.state.borrow();
        assert_eq!(state.calls.iter().filter(|call| *call == "POST claims").count(), 2, "{:?}", state.calls);
        assert_eq!(state.held_for_ms, [2_000 + 6_000, 20_000 + 6_000], "each call, and a commit that is tried twice");
        assert!(state.turns[0].attempt.is_some(), "the commit says which try it is");
    }
    // No longer than the origin lets anybody.
    world.state.borrow_mut().held_for_ms.clear();
    let patient = with_services(crate::support::node(&world)).with("origin_timeout_ms", "60000");
    say(&patient, "c2", "u1", "express delivery", &[]);
    let held = &world.state.borrow().held_for_ms;
    assert!(held.iter().all(|ms| *ms <= lgdl::wire::origin::MAX_ACTING_MS) && !held.is_empty(), "{held:?}");
}

#[test]
fn ten_tries_of_a_turn_at_once_act_once() {
    for nodes in [1, 3] {
        let world = world();
        let nodes: Vec<Native> = (0..nodes).map(|_| with_services(node(&world))).collect();
        say(&nodes[0], "c1", "u1", "I want to order apples", &[]);
        // Each call is under way for a while, so that all ten have asked before the first has acted.
        world.slowness.set(5);
        let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "3" }).to_string();
        for headers in [vec![], vec![("if-match", "\"1\"")]] {
            let headers =
                [vec![("content-type", "application/json"), ("idempotency-key", "order-1")], headers].concat();
            let asked = request("POST", "/games/desk/move", &headers, body.as_bytes());
            let tries = (0..10).map(|number| {
                let (node, asked) = (&nodes[number % nodes.len()], &asked);
                async move { body_of(lgdl_edge::pipeline::handle(node, asked).await.response) }
            });
            let answers = side_by_side(tries.collect());
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
            assert_eq!((answers[0].0, &answers[0].1["action"]), (200, &json!("place")));
        }
        assert_eq!(world.state.borrow().service_calls.len(), 1, "{} nodes", nodes.len());
        assert_eq!(world.state.borrow().turns.len(), 2);
    }
}

#[test]
fn two_turns_at_once_act_once_each_and_in_order() {
    let world = world();
    let (here, there) = (with_services(node(&world)), with_services(node(&world)));
    say(&here, "c1", "u1", "I want to order apples", &[]);
    say(&there, "c1", "u1", "3", &[]);
    // This node's state is stale: it would order as well, were it not for the place that it can't hold.
    let (status, answer) = say(&here, "c1", "u1", "4", &[]);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(world.state.borrow().service_calls.len(), 1);
    assert_eq!(world.state.borrow().turns.len(), 3);
}

#[test]
fn a_read_is_tried_again_and_an_action_is_not() {
    let world = world();
    let node = with_services(node(&world));
    let broken = || vec![Err(FetchError::Broken), Ok(Inbound { status: 503, body: Vec::new() })];
    *world.service_answers.borrow_mut() = broken();
    let (_, answer) = say(&node, "c1", "u1", "is it in stock", &[]);
    assert_eq!(answer["response"], "Yes, 3 left.");
    assert_eq!(world.state.borrow().service_calls.len(), 3);
    let keys: Vec<String> = world.state.borrow().service_calls.iter().map(|call| call.1.clone()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "retries carry the key of the first attempt");

    world.state.borrow_mut().service_calls.clear();
    say(&node, "c2", "u1", "I want to order apples", &[]);
    *world.service_answers.borrow_mut() = broken();
    let (_, answer) = say(&node, "c2", "u1", "3", &[]);
    assert!(answer["response"].as_str().unwrap().contains("did not work"), "{answer}");
    assert_eq!(world.state.borrow().service_calls.len(), 1);
}

#[test]
fn a_service_that_keeps_failing_is_left_alone_for_a_while() {
    let world = world();
    let node = with_services(node(&world));
    *world.service_answers.borrow_mut() = vec![Err(FetchError::Unreachable); 15];
    for n in 0..8 {
        let (status, answer) = say(&node, &format!("c{n}"), "u1", "is it in stock", &[]);
        assert_eq!((status, &answer["response"]), (200, &json!("I can't tell at the moment.")));
    }
    let told = || {
        let log = node.log.borrow();
        let failed = log.iter().filter(|line| line.event == "a service failed");
        failed
            .map(|line| (line.code.clone().unwrap_or_default(), line.detail.clone().unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(), [("E210".to_owned(), "stock.look_up".to_owned())], "once a minute, whatever comes");
    assert_eq!(world.state.borrow().service_calls.len(), 15, "five calls of three attempts, then the breaker is open");
    node.now_ms.set(node.now_ms.get() + 30_000);
    assert_eq!(say(&node, "c9", "u1", "is it in stock", &[]).1["response"], "Yes, 3 left.");
    node.now_ms.set(node.now_ms.get() + 60_000);
    *world.service_answers.borrow_mut() = vec![Err(FetchError::Unreachable); 3];
    say(&node, "c9", "u1", "is it in stock", &[]);
    assert_eq!(told().len(), 2);
}

#[test]
fn a_service_that_is_not_configured_is_denied_in_production_and_stubbed_in_development() {
    let world = world();
    let (_, answer) = say(&production_node(&world), "c1", "u1", "is it in stock", &[]);
    assert_eq!(answer["response"], "I can't tell at the moment.");
    assert_eq!(world.state.borrow().turns[0].record.calls[0].status, "E300");
    let mocks = json!({ "desk": { "stock.look_up": [{ "data": { "left": 12 } }] } }).to_string();
    let (_, answer) = say(&node(&world).with("capability_mocks", &mocks), "c2", "u1", "is it in stock", &[]);
    assert_eq!(answer["response"], "Yes, 12 left.");
    assert!(world.state.borrow().service_calls.is_empty());
}

#[test]
fn a_private_address_is_called_only_where_the_deployment_says_so() {
    let world = world();
    let service = json!({ "stock": { "url": "https://127.0.0.1:9" } });
    let (_, answer) = say(&node(&world).with("services", &service.to_string()), "c1", "u1", "is it in stock", &[]);
    assert_eq!(answer["response"], "I can't tell at the moment.");
    assert_eq!(world.state.borrow().turns[0].record.calls[0].status, "E300");
}

#[test]
fn answers_can_be_had_as_events() {
    let world = world();
    let node = node(&world);
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" }).to_string();
    let response =
        send(&node, &request("POST", "/games/desk/move", &[("accept", "text/event-stream")], body.as_bytes()));
    assert_eq!(response.headers["content-type"], "text/event-stream");
    let text = String::from_utf8(response.body.into_bytes()).unwrap();
    let events: Vec<(&str, Value)> = text
        .split_terminator("\n\n")
        .map(|event| event.split_once('\n').unwrap())
        .map(|(name, data)| {
            (name.strip_prefix("event: ").unwrap(), serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap())
        })
        .collect();
    assert_eq!(events.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["sentence", "sentence", "turn"]);
    assert_eq!(events[0].1, json!({ "index": 0, "text": "Hello." }));
    assert_eq!(events[2].1["response"], "Hello. How can I help?");
    assert_eq!(events[2].1["durable"], true);
}

#[test]
fn the_deprecated_address_is_the_first_game_and_says_so() {
    let node = node(&world());
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" }).to_string();
    let response = send(&node, &request("POST", "/move", &[], body.as_bytes()));
    assert!(response.headers.contains_key("x-deprecation-warning"));
    assert_eq!(body_of(response).1["move_id"], "greeting");
}

#[test]
fn a_development_client_says_what_time_it_is() {
    let world = world();
    say(&node(&world), "c1", "u1", "hello", &[("x-lgdl-now", "1000")]);
    say(&production_node(&world), "c2", "u1", "hello", &[("x-lgdl-now", "1000")]);
    let state = world.state.borrow();
    assert_eq!(state.turns[0].record.at_ms, 1_000);
    assert_ne!(state.turns[1].record.at_ms, 1_000);
}

#[test]
fn the_list_of_games_is_as_old_clients_know_it() {
    let node = node(&world());
    let (_, list) = body_of(send(&node, &request("GET", "/games", &[], b"")));
    assert_eq!(list["games"][0]["id"], "desk");
    let (_, one) = body_of(send(&node, &request("GET", "/games/desk", &[], b"")));
    assert_eq!(one, list["games"][0]);
    for field in ["id", "name", "version", "file_hash"] {
        assert!(one[field].is_string(), "{field}");
    }
    let (status, health) = body_of(send(&node, &request("GET", "/healthz", &[], b"")));
    assert_eq!((status, health), (200, json!({ "status": "healthy", "games_loaded": 2, "games": ["desk", "second"] })));
}

#[test]
fn consent_is_asked_for_where_the_game_wants_it_and_a_withdrawal_is_soon_honoured() {
    let world = world();
    world.state.borrow_mut().policy.consent_required = true;
    let node = node(&world);
    let (status, problem) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((status, &problem["code"]), (403, &json!("E901")));
    assert!(world.state.borrow().turns.is_empty());
    world.state.borrow_mut().consents.insert("u1".into());
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
    assert_eq!(say(&node, "c1", "u2", "hello", &[]).0, 403);
    world.state.borrow_mut().consents.clear();
    node.now_ms.set(node.now_ms.get() + 60_000);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 403);
}

#[test]
fn many_requests_at_once_fetch_a_game_once() {
    let world = world();
    world.slowness.set(20);
    let node = node(&world);
    let requests: Vec<_> = (0..8)
        .map(|n| {
            let body = json!({ "conversation_id": format!("c{n}"), "user_id": "u1", "input": "hello" }).to_string();
            request("POST", "/games/desk/move", &[], body.as_bytes())
        })
        .collect();
    let answers = side_by_side(requests.iter().map(|request| lgdl_edge::pipeline::handle(&node, request)).collect());
    assert!(answers.iter().all(|handled| handled.response.status.as_u16() == 200));
    let state = world.state.borrow();
    let calls = |what: &str| state.calls.iter().filter(|call| *call == what).count();
    assert_eq!((calls("GET games"), calls("GET compiled"), calls("POST turns")), (1, 1, 8));
}

#[test]
fn turns_of_one_conversation_at_once_are_all_kept_in_order() {
    let world = world();
    world.slowness.set(3);
    let node = node(&world);
    let requests: Vec<_> = (0..3)
        .map(|n| {
            let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": format!("hello {n}") }).to_string();
            request("POST", "/games/desk/move", &[], body.as_bytes())
        })
        .collect();
    let answers = side_by_side(requests.iter().map(|request| lgdl_edge::pipeline::handle(&node, request)).collect());
    assert!(answers.iter().all(|handled| handled.response.status.as_u16() == 200));
    let turns: Vec<u64> = world.state.borrow().turns.iter().map(|turn| turn.record.turn).collect();
    assert_eq!(turns, [1, 2, 3]);
}

#[test]
fn an_instance_that_remembers_nothing_answers_the_same() {
    let world = world();
    let mut node = node(&world);
    node.remembers = false;
    say(&node, "c1", "u1", "I want to order apples", &[]);
    world.state.borrow_mut().calls.clear();
    let (_, answer) = say(&node, "c1", "u1", "3", &[]);
    assert_eq!(answer["turn"], 2);
    assert_eq!(world.state.borrow().calls, ["POST claims", "POST turns"], "games, list and state come from the store");
}

#[test]
fn a_zone_that_nobody_knows_is_told_in_the_record_and_ends_no_conversation() {
    let world = world();
    let node = node(&world);
    let ask = |conversation: &str, zone: Value| {
        let body = json!({
            "conversation_id": conversation, "user_id": "u1", "input": "hello", "context": {"timezone": zone},
        });
        let headers = [("content-type", "application/json")];
        body_of(send(&node, &request("POST", "/games/desk/move", &headers, body.to_string().as_bytes()))).0
    };
    assert_eq!(ask("known", json!("Europe/Berlin")), 200);
    assert_eq!(ask("nowhere", json!("Europe/Nowhere")), 200);
    assert_eq!(ask("number", json!(2)), 200);
    say(&node, "unsaid", "u1", "hello", &[]);
    let state = world.state.borrow();
    let told: Vec<&[String]> = state.turns.iter().map(|turn| turn.record.findings.as_slice()).collect();
    let unknown = ["E216".to_owned()];
    assert_eq!(told, [&[][..], &unknown, &unknown, &[]]);
}

#[test]
fn what_a_node_counts_names_the_service_that_failed() {
    let world = world();
    let node = production_node(&world);
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "is it in stock" }).to_string();
    let received = request("POST", "/games/desk/move", &[("content-type", "application/json")], body.as_bytes());
    let handled = block_on(lgdl_edge::pipeline::handle(&node, &received));
    let failed = ServiceCall { service: "stock".into(), failed: Some("E300".into()), took_us: 0 };
    assert_eq!(handled.observation.calls, [failed]);
}

/// What a node counts of a turn.
fn observed(node: &lgdl_edge::native::Native, conversation: &str, input: &str) -> Observation {
    let body = json!({ "conversation_id": conversation, "user_id": "u1", "input": input }).to_string();
    let received = request("POST", "/games/desk/move", &[("content-type", "application/json")], body.as_bytes());
    let began_ms = node.now_ms.get();
    let handled = block_on(lgdl_edge::pipeline::handle(node, &received));
    let (took_ms, stages) = (node.now_ms.get() - began_ms, &handled.observation.stages);
    let told_us: u64 = stages.iter().map(|(_, us)| us).sum();
    assert_eq!(i64::try_from(told_us / 1_000), Ok(took_ms), "no time is without its stage: {stages:?}");
    block_on(lgdl_edge::pipeline::finish(node, handled.after));
    handled.observation
}

/// How long stages of that name took, milliseconds; `None` where there was none.
fn stage_ms(observation: &Observation, name: &str) -> Option<u64> {
    let of = observation.stages.iter().filter(|(stage, _)| stage == name);
    of.map(|(_, us)| us / 1_000).reduce(|sum, ms| sum + ms)
}

#[test]
fn the_time_of_services_claims_and_the_origin_is_not_the_engines() {
    let world = world();
    let node = with_services(node(&world));
    say(&node, "c1", "u1", "hello", &[]);
    node.fetch_takes_ms.set(100);
    let looked_up = observed(&node, "c2", "is it in stock");
    let stages = ["state", "lookup", "engine", "claim", "call", "commit"];
    let of = |observation: &Observation| stages.map(|name| stage_ms(observation, name));
    assert_eq!(of(&looked_up), [Some(0), Some(100), Some(0), None, Some(100), Some(100)], "{looked_up:?}");
    assert_eq!(looked_up.calls, [ServiceCall { service: "stock".into(), failed: None, took_us: 100_000 }]);
    say(&node, "c1", "u1", "I want to order apples", &[]);
    let acted = observed(&node, "c1", "3");
    assert_eq!(of(&acted)[2..], [Some(0), Some(100), Some(100), Some(100)], "{acted:?}");
}

#[test]
fn a_turn_that_is_not_committed_tells_its_stages_too() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Away);
    node.fetch_takes_ms.set(100);
    let journalled = observed(&node, "c1", "hello");
    assert_eq!(journalled.counts[1], 1, "{journalled:?}");
    for (name, at_least_ms) in [("engine", 0), ("commit", 200), ("journal", 0)] {
        assert!(stage_ms(&journalled, name).is_some_and(|ms| ms >= at_least_ms), "{name}: {journalled:?}");
    }
    let stateless = observed(&node, "never-heard-of", "hello");
    assert_eq!(stateless.counts[2], 1, "{stateless:?}");
    assert!(stage_ms(&stateless, "engine").is_some(), "{stateless:?}");
    assert!(stage_ms(&observed(&node, "c1", "hello"), "drain").is_some());
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    let waited_for = observed(&node, "c1", "hello");
    assert!(stage_ms(&waited_for, "drain").is_some_and(|ms| ms >= 200), "{waited_for:?}");
    assert_eq!(stage_ms(&waited_for, "state"), Some(0));
}

#[test]
fn a_node_that_begins_in_a_withdrawn_version_asks_at_once_which_games_there_are() {
    let world = world();
    let node = node(&world);
    let lists = || world.state.borrow().calls.iter().filter(|call| *call == "GET games").count();
    say(&node, "c1", "u1", "hello", &[]);
    let before = lists();
    world.state.borrow_mut().is_withdrawn = true;
    let key = [("idempotency-key", "k1")];
    let (status, problem) = say(&node, "c2", "u1", "hello", &key);
    assert_eq!((status, &problem["code"], lists()), (503, &json!("E234"), before), "{problem}");
    world.state.borrow_mut().is_withdrawn = false;
    assert_eq!(say(&node, "c2", "u1", "hello", &key).0, 200);
    assert_eq!(lists(), before + 1);
}
