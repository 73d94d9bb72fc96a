//! While the origin is away: turns wait in the journal and arrive in order and once, or are answered without state.

mod support;

use lgdl_edge::native::Native;
use lgdl_edge::pipeline::drain;
use serde_json::json;
use support::*;

fn drained(node: &Native) {
    block_on(drain(node));
}

/// A node that has taken the first turn of an order, when the origin goes.
fn interrupted() -> (std::rc::Rc<World>, Native) {
    let world = world();
    let node = node(&world);
    assert_eq!(say(&node, "c1", "u1", "I want to order apples", &[]).0, 200);
    world.weather.set(Weather::Away);
    (world, node)
}

#[test]
fn turns_wait_in_the_journal_and_arrive_in_order() {
    let (world, node) = interrupted();
    for turn in 2..5 {
        let (status, answer) = say(&node, "c1", "u1", "hello", &[]);
        assert_eq!((status, &answer["turn"]), (200, &json!(turn)), "{answer}");
        assert_eq!((&answer["durable"], &answer["degraded"]), (&json!(false), &json!("journalled")));
    }
    assert_eq!(node.journal.borrow().len(), 3);
    assert_eq!(world.state.borrow().turns.len(), 1);
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    assert!(node.journal.borrow().is_empty());
    let state = world.state.borrow();
    assert_eq!(state.turns.iter().map(|turn| turn.record.turn).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(state.turns[1..].iter().all(|turn| turn.journal_sequence.is_some()));
}

#[test]
fn a_turn_that_the_origin_does_not_take_keeps_no_other_conversation_waiting() {
    let world = world();
    let node = node(&world);
    for conversation in ["c1", "c2"] {
        say(&node, conversation, "u1", "hello", &[]);
    }
    world.weather.set(Weather::Away);
    for conversation in ["c1", "c2"] {
        assert_eq!(say(&node, conversation, "u1", "hi there", &[]).1["degraded"], "journalled");
    }
    world.weather.set(Weather::Fine);
    world.state.borrow_mut().refused = Some(("c1".into(), 500));
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    let waiting = || node.journal.borrow().len();
    world.state.borrow_mut().refused = None;
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    assert_eq!((world.state.borrow().turns.len(), waiting()), (4, 0));
}

#[test]
fn the_next_request_brings_waiting_turns_home_before_its_own() {
    let (world, node) = interrupted();
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    let (_, answer) = say(&node, "c1", "u1", "hi there", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)));
    let state = world.state.borrow();
    assert_eq!(
        state.turns.iter().map(|turn| turn.record.user_input.as_str()).collect::<Vec<_>>(),
        ["I want to order apples", "hello", "hi there"]
    );
}

#[test]
fn the_answer_says_how_safe_a_waiting_turn_is_and_the_journal_is_sealed() {
    let (_, node) = interrupted();
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "marzipan" }).to_string();
    let response = send(&node, &request("POST", "/games/desk/move", &[], body.as_bytes()));
    assert_eq!(response.headers["lgdl-journal"], "memory");
    for entry in node.journal.borrow().iter() {
        let text = String::from_utf8_lossy(&entry.sealed).into_owned();
        assert!(!text.contains("marzipan") && !entry.stream.contains("c1"));
    }
}

#[test]
fn a_retry_of_a_waiting_turn_is_the_same_turn() {
    let (world, node) = interrupted();
    let key = [("idempotency-key", "k1")];
    let (_, first) = say(&node, "c1", "u1", "hello", &key);
    let (_, again) = say(&node, "c1", "u1", "hello", &key);
    assert_eq!(first, again);
    assert_eq!(node.journal.borrow().len(), 1);
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    let (status, later) = say(&node, "c1", "u1", "hello", &key);
    assert_eq!((status, later), (200, first));
    assert_eq!(world.state.borrow().turns.len(), 2);
}

#[test]
fn a_retry_of_a_turn_that_the_state_holds_already_is_not_run_on_it() {
    let world = world();
    let node = node(&world);
    let key = |key| [("idempotency-key", key)];
    say(&node, "c1", "u1", "hello", &key("k1"));
    let (_, second) = say(&node, "c1", "u1", "I want to order apples", &key("k2"));
    world.weather.set(Weather::Away);
    assert_eq!(say(&node, "c1", "u1", "I want to order apples", &key("k2")), (200, second));
    assert!(node.journal.borrow().is_empty());
    say(&node, "c1", "u1", "hi there", &key("k3"));
    let (status, answer) = say(&node, "c1", "u1", "hello", &key("k1"));
    assert_eq!(status, 503, "its answer is at the origin only: {answer}");
    assert_eq!(say(&node, "c1", "u1", "something else", &key("k3")).1["status"], 422);
    assert_eq!(node.journal.borrow().len(), 1);
}

#[test]
fn a_late_retry_is_not_run_on_what_came_long_after_it() {
    let world = world();
    let node = node(&world);
    let key = |number: usize| format!("k{number}");
    let says = |number: usize| say(&node, "c1", "u1", "hello", &[("idempotency-key", &key(number))]);
    (0..40).for_each(|number| assert_eq!(says(number).1["durable"], true));
    world.weather.set(Weather::Away);
    let waits = says(40);
    assert_eq!(waits.1["degraded"], "journalled");
    for number in [0, 5, 31, 38] {
        let (status, answer) = says(number);
        assert_eq!((status, &answer["code"]), (503, &json!("E235")), "{number}: {answer}");
    }
    assert_eq!(says(40), waits, "what waits is answered out of the journal");
    assert_eq!(node.journal.borrow().len(), 1);

    // What has waited, and arrived, is remembered as well, and so is what came before it.
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    assert_eq!(says(41).1["durable"], true);
    world.weather.set(Weather::Away);
    for number in [20, 39, 40] {
        assert_eq!(says(number).0, 503, "{number}");
    }
    assert!(node.journal.borrow().is_empty());
    assert_eq!(says(42).1["degraded"], "journalled");
}

/// What is called kept nowhere is said again, and would be there twice.
#[test]
fn a_turn_that_may_be_kept_is_never_called_kept_nowhere() {
    // Where nobody knows the conversation, or can keep anything, and where the journal does not take what could wait.
    for (conversation, has_key) in [("new", true), ("new", false), ("c1", true)] {
        let world = world();
        let mut node = node(&world);
        if !has_key {
            node.variables.remove("state_key");
        }
        node.journal_answers_late.set(true);
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
        let before = world.state.borrow().turns.len();
        let key = [("idempotency-key", "k1")];
        world.weather.set(Weather::AnswersLost);
        let (status, problem) = say(&node, conversation, "u1", "hi there", &key);
        assert_eq!((status, &problem["code"]), (503, &json!("E235")), "{problem}");
        assert_eq!(world.state.borrow().turns.len(), before + 1, "it is kept, and nobody has heard so");

        world.weather.set(Weather::Away);
        let (status, problem) = say(&node, conversation, "u1", "hi there", &key);
        assert_eq!((status, &problem["code"]), (503, &json!("E235")), "nobody knows it now, either: {problem}");
        let emergency = [("idempotency-key", "k2")];
        world.weather.set(Weather::AnswersLost);
        let (status, answer) = say(&node, "emergency", "u1", "the house is on fire", &emergency);
        assert_eq!((status, &answer["move_id"]), (200, &json!("fire")), "help comes first: {answer}");
        assert_eq!(answer["durable"], false);
        let (status, answer) = say(&node, "another", "u1", "hi there", &[]);
        assert_eq!(
            (status, &answer["degraded"]),
            (200, &json!("stateless")),
            "what asks first commits nothing: {answer}"
        );
        assert_eq!(world.state.borrow().turns.len(), before + 1);
        world.weather.set(Weather::Away);
        let (_, other) = say(&node, "other", "u1", "hi there", &[]);
        assert_eq!(other["degraded"], "stateless", "what did not get there is not kept, and that is known: {other}");

        world.weather.set(Weather::Fine);
        node.now_ms.set(node.now_ms.get() + 30_000);
        let (status, answer) = say(&node, conversation, "u1", "hi there", &key);
        assert_eq!((status, &answer["durable"]), (200, &json!(true)), "{answer}");
        assert_eq!(world.state.borrow().turns.len(), before + 1);
    }
}

/// What answers the second attempt has seen nothing of the first.
#[test]
fn an_answer_to_another_attempt_does_not_say_that_a_turn_is_not_kept() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    let key = [("idempotency-key", "k1")];
    world.weather.set(Weather::TornThenBusy);
    let (status, problem) = say(&node, "new", "u1", "hi there", &key);
    assert_eq!((status, &problem["code"]), (503, &json!("E235")), "{problem}");
    assert_eq!(world.state.borrow().turns.len(), 2, "it is kept");
    world.weather.set(Weather::Fine);
    let (status, answer) = say(&node, "new", "u1", "hi there", &key);
    assert_eq!((status, &answer["durable"]), (200, &json!(true)), "{answer}");
    assert_eq!(world.state.borrow().turns.len(), 2);
}

#[test]
fn a_commit_whose_answer_is_lost_happens_once() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::AnswersLost);
    let key = [("idempotency-key", "k1")];
    let (status, answer) = say(&node, "c1", "u1", "hi there", &key);
    assert_eq!((status, &answer["durable"]), (200, &json!(false)), "nothing is called durable that is not known to be");
    assert_eq!(world.state.borrow().turns.len(), 2);
    world.weather.set(Weather::Fine);
    drained(&node);
    assert_eq!(world.state.borrow().turns.len(), 2);
    assert!(node.journal.borrow().is_empty());
    let (_, answer) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)));
}

#[test]
fn without_state_a_turn_is_matched_and_answered_and_nothing_is_kept() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Away);
    let (status, answer) = say(&node, "never-heard-of", "u1", "I want to order apples", &[]);
    assert_eq!(
        (status, &answer["degraded"], &answer["durable"]),
        (200, &json!("stateless"), &json!(false)),
        "{answer}"
    );
    assert_eq!(answer["move_id"], "order");
    assert!(answer.get("awaiting_slot").is_none());
    assert!(node.journal.borrow().is_empty());
    world.weather.set(Weather::Fine);
    assert_eq!(say(&node, "never-heard-of", "u1", "hello", &[]).1["turn"], 1);
}

#[test]
fn a_turn_that_is_answered_without_state_does_not_arrive_later() {
    let (world, node) = interrupted();
    node.journal_answers_late.set(true);
    let (status, answer) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((status, &answer["degraded"]), (200, &json!("stateless")), "{answer}");
    assert!(node.journal.borrow().is_empty(), "what is called not kept is not there");
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    assert_eq!(world.state.borrow().turns.len(), 1);
}

#[test]
fn a_turn_that_the_journal_may_hold_and_cannot_be_rid_of_is_never_called_unkept() {
    let (world, node) = interrupted();
    node.journal_answers_late.set(true);
    node.journal_is_full.set(true);
    let key = [("idempotency-key", "k1")];
    let (status, answer) = say(&node, "c1", "u1", "hi there", &key);
    assert_eq!((status, &answer["code"]), (503, &json!("E235")), "{answer}");
    node.journal_answers_late.set(false);
    node.journal_is_full.set(false);
    let (_, answer) = say(&node, "c1", "u1", "hi there", &key);
    assert_eq!((&answer["turn"], &answer["degraded"]), (&json!(2), &json!("journalled")), "it is known by its key");
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    let state = world.state.borrow();
    let said: Vec<_> = state.turns.iter().map(|turn| turn.record.user_input.as_str()).collect();
    assert_eq!(said, ["I want to order apples", "hi there"]);
}

#[test]
fn nothing_acts_in_the_world_while_its_place_cannot_be_held() {
    let world = world();
    let services = json!({ "orders": { "url": "https://services.example.com" } }).to_string();
    let node = node(&world).with("services", &services);
    say(&node, "c1", "u1", "I want to order apples", &[]);
    world.weather.set(Weather::Away);
    let (status, answer) = say(&node, "c1", "u1", "3", &[]);
    assert_eq!(status, 200);
    assert!(answer["response"].as_str().unwrap().contains("did not work"), "{answer}");
    assert!(world.state.borrow().service_calls.is_empty());
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    drained(&node);
    assert!(world.state.borrow().service_calls.is_empty(), "bringing a turn home does not act either");
}

#[test]
fn after_five_failures_the_origin_is_left_alone_and_a_trial_finds_it_back() {
    let (world, node) = interrupted();
    for _ in 0..10 {
        say(&node, "c1", "u1", "hello", &[]);
    }
    world.weather.set(Weather::Fine);
    world.state.borrow_mut().calls.clear();
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["degraded"], "journalled");
    assert!(world.state.borrow().calls.is_empty(), "the breaker is open");
    let (_, health) = body_of(send(&node, &request("GET", "/health", &[], b"")));
    assert_eq!(health["components"]["origin"]["detail"], "breaker open; could not connect");
    node.now_ms.set(node.now_ms.get() + 30_000);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["durable"], true);
}

#[test]
fn background_work_finds_an_origin_that_is_back_long_before_the_breakers_trial() {
    let (world, node) = interrupted();
    for _ in 0..10 {
        say(&node, "c1", "u1", "hello", &[]);
    }
    world.weather.set(Weather::Fine);
    world.state.borrow_mut().calls.clear();
    drained(&node);
    assert!(world.state.borrow().calls.is_empty(), "it has looked a moment ago");
    node.now_ms.set(node.now_ms.get() + 1_000);
    drained(&node);
    assert!(node.journal.borrow().is_empty(), "and with it came what waited");
    assert_eq!(world.state.borrow().calls.iter().filter(|call| *call == "GET ready").count(), 1);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["durable"], true);
}

#[test]
fn a_turn_answered_without_state_has_the_node_look_for_the_origin_too() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Away);
    for _ in 0..6 {
        assert_eq!(say(&node, "c2", "u1", "hello", &[]).1["degraded"], "stateless");
    }
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 1_000);
    assert_eq!(say(&node, "c2", "u1", "hello", &[]).1["degraded"], "stateless", "nobody waits for the look");
    assert_eq!(say(&node, "c2", "u1", "hello", &[]).1["durable"], true);
}

#[test]
fn failures_at_the_same_moment_all_count() {
    let world = world();
    let mut node = node(&world);
    // As on Spin, where an instance lives for one request and what it notes lies in the store.
    node.remembers = false;
    let say_again = |conversation: &'static str| say(&node, conversation, "u1", "hello", &[]);
    let _ = ["c1", "c2", "c3", "c4", "c5"].map(say_again);
    world.weather.set(Weather::Away);
    world.slowness.set(3);
    let requests = ["c1", "c2", "c3", "c4", "c5"].map(|conversation| {
        let body = json!({ "conversation_id": conversation, "user_id": "u1", "input": "hello" }).to_string();
        request("POST", "/games/desk/move", &[("content-type", "application/json")], body.as_bytes())
    });
    side_by_side(requests.iter().map(|request| lgdl_edge::pipeline::handle(&node, request)).collect());
    let (_, health) = body_of(send(&node, &request("GET", "/health", &[], b"")));
    assert_eq!(health["components"]["origin"]["detail"], "breaker open; could not connect");
}

#[test]
fn turns_that_a_node_left_behind_arrive_before_the_first_it_takes_after_its_start() {
    let (world, before) = interrupted();
    say(&before, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Fine);
    // Killed and started again: the journal lies on the disk, everything else is gone.
    let after = node(&world);
    after.journal.replace(before.journal.take());
    let (_, answer) = say(&after, "c1", "u1", "hi there", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)));
    let state = world.state.borrow();
    let inputs: Vec<&str> = state.turns.iter().map(|turn| turn.record.user_input.as_str()).collect();
    assert_eq!(inputs, ["I want to order apples", "hello", "hi there"]);
}

#[test]
fn nothing_is_committed_on_a_state_that_waits_even_when_nobody_noted_that_it_does() {
    let world = world();
    let mut node_away = node(&world);
    node_away.remembers = false;
    say(&node_away, "c1", "u1", "I want to order apples", &[]);
    let elsewhere = node(&world);
    assert_eq!(say(&elsewhere, "c1", "u1", "hello", &[]).1["turn"], 2);
    // Here it is not known, so that there are two states of version 2.
    world.weather.set(Weather::Away);
    assert_eq!(say(&node_away, "c1", "u1", "3", &[]).1["degraded"], "journalled");
    world.weather.set(Weather::Fine);
    let note = json!({ "breaker": { "state": "closed", "failures": 0 }, "journal_pending": false });
    node_away.kv.borrow_mut().insert("note:origin".into(), (i64::MAX, note.to_string().into_bytes()));
    let (_, answer) = say(&node_away, "c1", "u1", "hi there", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(4), &json!(true)));
    let state = world.state.borrow();
    let inputs: Vec<&str> = state.turns.iter().map(|turn| turn.record.user_input.as_str()).collect();
    assert_eq!(inputs, ["I want to order apples", "hello", "3", "hi there"]);
}

#[test]
fn while_waiting_turns_cannot_be_brought_home_the_next_one_waits_behind_them() {
    let (world, node) = interrupted();
    say(&node, "c1", "u1", "3", &[]);
    // The breaker is closed still, so the origin is asked, and fails once more.
    let (_, answer) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((&answer["turn"], &answer["degraded"]), (&json!(3), &json!("journalled")));
    world.weather.set(Weather::Fine);
    drained(&node);
    assert_eq!(world.state.borrow().turns.iter().map(|turn| turn.record.turn).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_commit_whose_answer_is_torn_is_found_by_its_second_attempt_and_its_state_is_kept() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "I want to order apples", &[]);
    world.weather.set(Weather::AnswerTorn);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["durable"], true);
    world.weather.set(Weather::Away);
    assert_eq!(say(&node, "c1", "u1", "3", &[]).1["turn"], 3, "on the state after the second turn");
}

#[test]
fn one_request_at_a_time_brings_the_whole_journal_home() {
    let world = world();
    let node = node(&world);
    let conversations = ["c1", "c2", "c3"];
    for conversation in conversations {
        say(&node, conversation, "u1", "hello", &[]);
    }
    world.weather.set(Weather::Away);
    for conversation in conversations {
        say(&node, conversation, "u1", "hi there", &[]);
    }
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    assert_eq!(say(&node, "c4", "u1", "hello", &[]).1["durable"], true, "a trial has closed the breaker");
    world.slowness.set(3);
    world.state.borrow_mut().calls.clear();
    side_by_side((0..5).map(|_| drain(&node)).collect());
    assert_eq!(world.state.borrow().calls.iter().filter(|call| *call == "POST turns").count(), 3);
    assert!(node.journal.borrow().is_empty());
}

/// A node at which so many turns of each conversation wait, when the origin is back and each call takes a while.
fn after_a_long_outage(conversations: &[&str], turns: u64) -> (std::rc::Rc<World>, Native) {
    let world = world();
    let node = node(&world);
    for conversation in conversations {
        assert_eq!(say(&node, conversation, "u1", "hello", &[]).0, 200);
    }
    world.weather.set(Weather::Away);
    for turn in 2..turns + 2 {
        for conversation in conversations {
            node.now_ms.set(node.now_ms.get() + 3_000);
            let (_, answer) = say(&node, conversation, "u1", "hi there", &[]);
            assert_eq!((&answer["turn"], &answer["degraded"]), (&json!(turn), &json!("journalled")), "{answer}");
        }
    }
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    world.state.borrow_mut().calls.clear();
    node.fetch_takes_ms.set(100);
    (world, node)
}

fn commits(world: &World) -> usize {
    world.state.borrow().calls.iter().filter(|call| *call == "POST turns").count()
}

/// How long something takes at a node, milliseconds.
fn taken_ms(node: &Native, work: impl FnOnce()) -> i64 {
    let began_ms = node.now_ms.get();
    work();
    node.now_ms.get() - began_ms
}

#[test]
fn a_drain_of_a_long_stream_comes_to_an_end_and_the_next_goes_on_behind_it() {
    let (world, node) = after_a_long_outage(&["c1"], 60);
    let took_ms = taken_ms(&node, || drained(&node));
    assert!((1_900..2_500).contains(&took_ms), "{took_ms}");
    let waiting = node.journal.borrow().len();
    assert!((20..60).contains(&waiting), "{waiting}");
    for _ in 0..4 {
        drained(&node);
    }
    assert!(node.journal.borrow().is_empty());
    assert_eq!(commits(&world), 60, "none was sent twice");
    let state = world.state.borrow();
    assert_eq!(state.turns.iter().map(|turn| turn.record.turn).collect::<Vec<_>>(), (1..=61).collect::<Vec<_>>());
}

#[test]
fn a_drain_ends_before_it_computes_for_longer_than_a_host_lets_it() {
    let (_, node) = after_a_long_outage(&["c1"], 60);
    node.fetch_takes_ms.set(0);
    node.removal_takes_ms.set(10);
    let took_ms = taken_ms(&node, || drained(&node));
    assert!((100..250).contains(&took_ms), "{took_ms}");
    assert!(!node.journal.borrow().is_empty());
}

#[test]
fn a_long_stream_keeps_no_other_conversation_waiting() {
    let (world, node) = after_a_long_outage(&["c1", "c2"], 1);
    node.fetch_takes_ms.set(0);
    world.weather.set(Weather::Away);
    for _ in 0..60 {
        node.now_ms.set(node.now_ms.get() + 3_000);
        say(&node, "c1", "u1", "hi there", &[]);
    }
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    node.fetch_takes_ms.set(100);
    drained(&node);
    let of = |conversation: &str| {
        world.state.borrow().turns.iter().filter(|turn| turn.conversation_id == conversation).count()
    };
    assert_eq!(of("c2"), 2);
    assert!(of("c1") < 62, "{}", of("c1"));
}

#[test]
fn a_persons_own_turn_pays_for_a_small_part_of_a_long_stream_and_waits_in_its_place() {
    let (world, node) = after_a_long_outage(&["c1"], 40);
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" }).to_string();
    let asked = request("POST", "/games/desk/move", &[], body.as_bytes());
    let mut answer = None;
    let took_ms = taken_ms(&node, || answer = Some(block_on(lgdl_edge::pipeline::handle(&node, &asked))));
    assert!(took_ms < 1_000, "{took_ms}");
    let (status, answer) = body_of(answer.unwrap().response);
    assert_eq!((status, &answer["turn"], &answer["degraded"]), (200, &json!(42), &json!("journalled")), "{answer}");
    for _ in 0..4 {
        drained(&node);
    }
    let state = world.state.borrow();
    assert_eq!(state.turns.iter().map(|turn| turn.record.turn).collect::<Vec<_>>(), (1..=42).collect::<Vec<_>>());
    assert_eq!(state.turns.last().unwrap().record.user_input, "hello");
}

#[test]
fn one_request_at_a_time_brings_a_conversation_home() {
    type Work<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;
    let (world, node) = after_a_long_outage(&["c1"], 2);
    node.fetch_takes_ms.set(5);
    assert_eq!(say(&node, "c2", "u1", "hello", &[]).1["durable"], true, "a trial has closed the breaker");
    world.slowness.set(2);
    world.state.borrow_mut().calls.clear();
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" }).to_string();
    let asked = request("POST", "/games/desk/move", &[], body.as_bytes());
    let turn: Work<'_> = Box::pin(async {
        let handled = lgdl_edge::pipeline::handle(&node, &asked).await;
        assert_eq!(body_of(handled.response).1["durable"], true, "it has waited for the other");
    });
    side_by_side(vec![Box::pin(drain(&node)) as Work<'_>, turn]);
    // The two that waited once each; and the turn's own, whose first try finds out what the origin has.
    assert_eq!(commits(&world), 2 + 2);
    assert!(node.journal.borrow().is_empty());
}

#[test]
fn errors_of_the_server_are_the_origin_being_away() {
    let (world, node) = interrupted();
    world.weather.set(Weather::Failing);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["degraded"], "journalled");
}

#[test]
fn a_waiting_turn_whose_conversation_moved_on_is_run_again_behind_it() {
    let (world, node_away) = interrupted();
    say(&node_away, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Fine);
    let elsewhere = node(&world);
    let (_, answer) = say(&elsewhere, "c1", "u1", "3", &[]);
    assert_eq!(answer["turn"], 2, "{answer}");
    node_away.now_ms.set(node_away.now_ms.get() + 30_000);
    drained(&node_away);
    let state = world.state.borrow();
    let inputs: Vec<&str> = state.turns.iter().map(|turn| turn.record.user_input.as_str()).collect();
    assert_eq!(inputs, ["I want to order apples", "3", "hello"]);
    assert_eq!(state.turns[2].record.turn, 3);
    assert!(state.turns[2].record.findings.contains(&"E214".to_owned()));
}

/// A node whose turn 2 waits, and an origin whose turn 2 is another one, taken by another node.
fn forked() -> (std::rc::Rc<World>, Native) {
    let (world, one) = interrupted();
    say(&one, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Fine);
    one.now_ms.set(one.now_ms.get() + 30_000);
    let other = node(&world);
    let (_, answer) = say(&other, "c1", "u1", "3", &[]);
    assert_eq!((&answer["turn"], &answer["durable"], &answer["action"]), (&json!(2), &json!(true), &json!("place")));
    (world, one)
}

#[test]
fn no_turn_is_committed_on_a_state_that_waits_though_its_version_is_the_origins() {
    let (world, one) = forked();
    // What waited is gone: brought home by somebody else, or lost with a store that loses writes.
    one.journal.borrow_mut().clear();
    let (_, answer) = say(&one, "c1", "u1", "4", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)));
    assert_eq!(answer["action"], json!(null), "the order was placed in turn 2 and is not open any more");
    assert_eq!(world.state.borrow().turns.len(), 3);
}

#[test]
fn a_waiting_turn_is_run_again_where_its_version_is_the_origins_and_its_state_is_not() {
    let (world, one) = forked();
    world.weather.set(Weather::Away);
    say(&one, "c1", "u1", "hi there", &[]);
    // The turn before it is lost, so that it meets the version that it was run on.
    one.journal.borrow_mut().remove(0);
    world.weather.set(Weather::Fine);
    one.now_ms.set(one.now_ms.get() + 30_000);
    drained(&one);
    let state = world.state.borrow();
    let last = state.turns.last().unwrap();
    assert_eq!((last.record.turn, last.record.user_input.as_str()), (3, "hi there"));
    assert_eq!(last.record.findings, ["E214"]);
    assert!(!last.record.response.contains("How many?"), "{}", last.record.response);
}

#[test]
fn a_waiting_turn_of_an_erased_conversation_does_not_bring_it_back() {
    let (world, node_away) = interrupted();
    say(&node_away, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Fine);
    let elsewhere = node(&world);
    let erased = send(&elsewhere, &request("DELETE", "/conversations/c1?user_id=u1&game=desk", &[], b""));
    assert_eq!(erased.status.as_u16(), 204);
    node_away.now_ms.set(node_away.now_ms.get() + 30_000);
    drained(&node_away);
    assert!(node_away.journal.borrow().is_empty());
    assert!(world.state.borrow().conversations.is_empty());
    assert_eq!(say(&node_away, "c1", "u1", "hello", &[]).0, 410);
}

#[test]
fn a_copy_holds_the_turns_that_waited() {
    let (world, node) = interrupted();
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    let (status, copy) =
        body_of(send(&node, &request("GET", "/conversations/c1/export?user_id=u1&game=desk", &[], b"")));
    assert_eq!((status, &copy["version"]), (200, &json!(2)));
    assert!(node.journal.borrow().is_empty());
}

#[test]
fn an_erasure_is_never_promised_while_the_origin_is_away() {
    let (_, node) = interrupted();
    let (status, problem) =
        body_of(send(&node, &request("DELETE", "/conversations/c1?user_id=u1&game=desk", &[], b"")));
    assert_eq!((status, &problem["code"]), (503, &json!("E235")));
}

#[test]
fn a_node_without_a_key_keeps_no_state_and_journals_nothing() {
    let world = world();
    let mut node = node(&world);
    node.variables.remove("state_key");
    assert_eq!(say(&node, "c1", "u1", "I want to order apples", &[]).0, 200);
    let (_, answer) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!(answer["turn"], 2, "the origin has it");
    world.weather.set(Weather::Away);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["degraded"], "stateless");
    assert!(node.journal.borrow().is_empty());
    assert!(!node.kv.borrow().keys().any(|key| key.starts_with("hot:")));
}
