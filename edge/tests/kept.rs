//! Nothing that was acknowledged is lost, and nothing is called the origin's absence that is something else: other keys, limits,
//! refusals for good, origins restored from backups, stores that fail.

mod support;

use std::rc::Rc;

use lgdl::wire::node::{Counts, Level, MAX_PAGE_BYTES, Why};
use lgdl::wire::origin::{Decided, DecidedBy, Decision, Decisions, MAX_COMMIT_BYTES, StoredConversation};
use lgdl_edge::native::Native;
use lgdl_edge::pipeline::drain;
use lgdl_edge::platform::Platform;
use serde_json::json;
use support::*;

fn drained(node: &Native) {
    node.now_ms.set(node.now_ms.get() + 30_000);
    block_on(drain(node));
}

fn counts(node: &Native) -> Counts {
    block_on(node.journal_counts()).unwrap()
}

/// A node with one turn of `c1` committed and one that waits, of each conversation; the origin is away.
fn waiting(world: &Rc<World>, conversations: &[&str]) -> Native {
    let node = node(world);
    for conversation in conversations {
        assert_eq!(say(&node, conversation, "u1", "I want to order apples", &[]).0, 200);
    }
    world.weather.set(Weather::Away);
    for conversation in conversations {
        assert_eq!(say(&node, conversation, "u1", "hello", &[]).1["degraded"], "journalled");
    }
    node
}

/// The same stores under another key, as after a restart.
fn restarted(world: &Rc<World>, before: &Native, key: Option<&str>) -> Native {
    let mut after = node(world);
    after.journal.replace(before.journal.take());
    after.aside.replace(before.aside.take());
    match key {
        Some(key) => after.with("state_key", key),
        None => {
            after.variables.remove("state_key");
            after
        }
    }
}

fn inputs(world: &World) -> Vec<String> {
    world.state.borrow().turns.iter().map(|turn| turn.record.user_input.clone()).collect()
}

#[test]
fn a_node_with_another_key_or_none_sets_aside_what_waits_and_says_so() {
    for key in [Some("08".repeat(32)), None] {
        let world = world();
        let before = waiting(&world, &["c1", "c2"]);
        world.weather.set(Weather::Fine);
        let after = restarted(&world, &before, key.as_deref());
        drained(&after);
        assert_eq!(counts(&after), Counts { aside: 2, other_key: 2, ..Counts::default() });
        assert_eq!(inputs(&world).len(), 2, "nothing has arrived, and nothing is gone");
        let told = after.log.borrow();
        let lines: Vec<_> = told.iter().filter(|line| line.event == "a waiting turn was set aside").collect();
        assert_eq!((lines.len(), lines[0].level), (2, Level::Error));
        drop(told);
        let (status, health) = body_of(send(&after, &request("GET", "/health", &[], b"")));
        assert_eq!((status, &health["status"]), (503, &json!("degraded")), "{health}");
        assert!(health["components"]["journal"]["detail"].as_str().unwrap().contains("2 set aside"), "{health}");
        // It takes no more turns into a journal that it can't read.
        say(&after, "c3", "u1", "hello", &[]);
        world.weather.set(Weather::Away);
        assert_eq!(say(&after, "c3", "u1", "hi there", &[]).1["degraded"], "stateless");
        world.weather.set(Weather::Fine);
        // With the right key somebody lets them wait again, and they arrive.
        let back = restarted(&world, &after, Some(&"07".repeat(32)));
        let (status, told) = body_of(send(&back, &request("POST", "/internal/journal/retry", &[], b"")));
        assert_eq!((status, &told["done"]), (200, &json!(2)), "{told}");
        drained(&back);
        assert_eq!(counts(&back), Counts::default());
        assert_eq!(inputs(&world).iter().filter(|input| *input == "hello").count(), 3);
    }
}

#[test]
fn what_is_decided_about_turns_is_in_the_audit_log_first() {
    let world = world();
    let before = waiting(&world, &["c1", "c2"]);
    world.weather.set(Weather::Fine);
    let node = restarted(&world, &before, None);
    drained(&node);
    let decide = |path: &str| body_of(send(&node, &request("POST", path, &[], b"")));
    let one = node.aside.borrow()[0].0.clone();
    // Nothing is decided that nobody could be told of.
    world.weather.set(Weather::Away);
    let (status, problem) = decide("/internal/journal/drop");
    assert_eq!((status, &problem["code"], counts(&node).aside), (503, &json!("E235"), 2));
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 60_000);
    assert_eq!(decide(&format!("/internal/journal/drop?id={}", one.id)).1["done"], 1);
    assert_eq!(decide("/internal/journal/drop?id=unknown").1["done"], 0);
    assert_eq!(decide("/internal/journal/retry").1["done"], 1);
    let told = &world.state.borrow().decisions;
    let decided = |decisions: &Decisions| (decisions.decision, decisions.by.clone(), decisions.turns.len());
    assert_eq!(
        told.iter().map(decided).collect::<Vec<_>>(),
        [(Decision::Drop, DecidedBy::Anybody, 1), (Decision::Retry, DecidedBy::Anybody, 1)]
    );
    assert_eq!(told[0].turns[0], Decided { stream: one.stream, version: one.version, why: Why::OtherKey });
}

#[test]
fn one_damaged_entry_stops_neither_its_own_conversation_nor_others() {
    let world = world();
    let node = waiting(&world, &["c1", "c2"]);
    say(&node, "c1", "u1", "hi there", &[]);
    if let Some(entry) = node.journal.borrow_mut().first_mut() {
        let last = entry.sealed.len() - 1;
        entry.sealed[last] ^= 1;
    }
    world.weather.set(Weather::Fine);
    drained(&node);
    assert_eq!(counts(&node), Counts { aside: 1, ..Counts::default() });
    assert_eq!(node.aside.borrow()[0].1, Why::Damaged);
    assert!(inputs(&world).ends_with(&["hi there".into(), "hello".into()]), "{:?}", inputs(&world));
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Away);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["degraded"], "journalled", "damage is no reason to keep nothing");
}

#[test]
fn a_stream_longer_than_any_answer_arrives_page_by_page() {
    let world = world();
    // Each waiting turn carries its state.
    grown(&world, 900_000);
    let node = node(&world);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["durable"], true);
    world.weather.set(Weather::Away);
    let mut turns = 2;
    while node.journal.borrow().iter().map(|entry| entry.sealed.len()).sum::<usize>() <= MAX_PAGE_BYTES {
        turns += 1;
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["turn"], turns);
    }
    world.weather.set(Weather::Fine);
    drained(&node);
    assert_eq!(counts(&node), Counts::default());
    assert_eq!(inputs(&world).len(), turns - 1, "all but the one that was there before");
}

#[test]
fn a_journal_that_cannot_be_read_is_not_an_empty_one() {
    let world = world();
    let node = waiting(&world, &["c1"]);
    node.journal_fails.set(true);
    let (_, answer) = say(&node, "c1", "u1", "3", &[]);
    assert_eq!(answer["degraded"], "stateless", "nobody knows what waits, so nothing is put behind it");
    let (status, problem) =
        body_of(send(&node, &request("DELETE", "/conversations/c1?user_id=u1&game=desk", &[], b"")));
    assert_eq!((status, &problem["code"]), (503, &json!("E243")));
    node.journal_fails.set(false);
    world.weather.set(Weather::Fine);
    drained(&node);
    assert_eq!(inputs(&world), ["I want to order apples", "hello"]);
}

/// A conversation at the origin whose state has so many bytes.
fn grown(world: &World, bytes: usize) {
    let state = json!({ "turns": 1, "context": { "catalogue": "x".repeat(bytes), "small": 1 } });
    world.state.borrow_mut().conversations.insert(
        ("desk".into(), "c1".into()),
        StoredConversation {
            version: 1,
            game_version: game().version(),
            user_id: "u1".into(),
            state: serde_json::from_value(state).unwrap(),
            name: None,
        },
    );
}

#[test]
fn a_conversation_that_has_grown_too_large_is_refused_before_anything_is_promised() {
    let world = world();
    grown(&world, MAX_COMMIT_BYTES);
    let node = node(&world);
    let (status, problem) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((status, &problem["code"]), (422, &json!("E240")), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("`context.catalogue`"), "the author hears what has grown: {detail}");
    assert!(node.journal.borrow().is_empty());
}

#[test]
fn a_turn_that_could_not_arrive_is_not_taken_into_the_journal() {
    let world = world();
    // Small enough to be committed now, too large for what a turn may grow by until it arrives.
    grown(&world, MAX_COMMIT_BYTES - 12 * 1024);
    let node = node(&world);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["durable"], true);
    world.weather.set(Weather::Away);
    let (status, problem) = say(&node, "c1", "u1", "hello", &[]);
    assert_eq!((status, &problem["code"]), (422, &json!("E240")), "{problem}");
    assert!(node.journal.borrow().is_empty());
    world.weather.set(Weather::Fine);
    world.state.borrow_mut().calls.clear();
    node.now_ms.set(node.now_ms.get() + 30_000);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["turn"], 3);
    assert_eq!(commits(&world), 1, "what the node holds of the conversation is as good as it was");
}

/// Commits that the origin was asked for.
fn commits(world: &World) -> usize {
    world.state.borrow().calls.iter().filter(|call| *call == "POST turns").count()
}

#[test]
fn a_refusal_that_changes_nothing_leaves_what_the_node_holds() {
    let world = world();
    let node = node(&world);
    let key = [("idempotency-key", "k1")];
    say(&node, "c1", "u1", "hello", &key);
    let next_turn_is_run_once = |turn: u64| {
        world.state.borrow_mut().calls.clear();
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["turn"], turn);
        assert_eq!(commits(&world), 1);
    };
    assert_eq!(say(&node, "c1", "u1", "something else", &key).1["code"], "E232");
    next_turn_is_run_once(2);
    world.state.borrow_mut().refused = Some(("c1".into(), 418));
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["code"], "E241");
    world.state.borrow_mut().refused = None;
    next_turn_is_run_once(3);
}

#[test]
fn a_refusal_for_good_is_named_and_never_taken_for_absence() {
    for (status, code) in [(413, "E240"), (400, "E241"), (418, "E241")] {
        let world = world();
        let node = node(&world);
        say(&node, "c1", "u1", "hello", &[]);
        world.state.borrow_mut().refused = Some(("c1".into(), status));
        let (answered, problem) = say(&node, "c1", "u1", "hi there", &[]);
        assert_eq!((answered >= 400, &problem["code"]), (true, &json!(code)), "{status}: {problem}");
        assert!(node.journal.borrow().is_empty());
        let told = node.log.borrow();
        assert!(told.iter().any(|line| line.level == Level::Error && line.event == "the origin did not take a turn"));
        assert!(told.iter().any(|line| line.event == "refused" && line.code.as_deref() == Some(code)), "{told:?}");
    }
}

#[test]
fn a_wrong_clock_and_a_wrong_key_are_named_and_journal_nothing() {
    for (why, words) in [("clock", "clocks"), ("key", "LGDL_ORIGIN_KEY"), ("unheard of", "another signature")] {
        let world = world();
        let node = node(&world);
        say(&node, "c1", "u1", "hello", &[]);
        world.weather.set(Weather::Estranged(why));
        let (status, problem) = say(&node, "c1", "u1", "hi there", &[]);
        assert_eq!((status, &problem["code"]), (503, &json!("E241")), "{problem}");
        assert!(node.journal.borrow().is_empty());
        let named = |node: &Native| {
            let is_it =
                |line: &&lgdl::wire::node::LogLine| line.detail.as_ref().is_some_and(|detail| detail.contains(words));
            node.log.borrow().iter().filter(is_it).count()
        };
        assert!(named(&node) > 0);
        // So it is where a node can't even ask what games there are.
        let new = crate::support::node(&world);
        assert_eq!(say(&new, "c2", "u1", "hello", &[]).0, 503);
        assert_eq!(named(&new), 1, "{:?}", new.log.borrow());
        let (status, health) = body_of(send(&node, &request("GET", "/health", &[], b"")));
        assert_eq!(status, 503);
        assert!(health["components"]["commits"]["detail"].as_str().unwrap().contains(words), "{health}");
        world.weather.set(Weather::Fine);
        assert_eq!(say(&node, "c1", "u1", "hi there", &[]).1["durable"], true);
        // What a look found counts for a second.
        node.now_ms.set(node.now_ms.get() + 1_000);
        let (status, health) = body_of(send(&node, &request("GET", "/health", &[], b"")));
        assert_eq!(status, 200, "{health}");
    }
}

#[test]
fn a_waiting_turn_that_is_refused_for_good_is_set_aside_and_the_next_one_arrives() {
    let world = world();
    let node = waiting(&world, &["c1", "c2"]);
    world.weather.set(Weather::Fine);
    world.state.borrow_mut().refused = Some(("c1".into(), 413));
    drained(&node);
    assert_eq!(counts(&node), Counts { aside: 1, ..Counts::default() });
    assert_eq!(node.aside.borrow()[0].1, Why::TooLarge);
    world.state.borrow_mut().refused = None;
    assert_eq!(say(&node, "c1", "u1", "hi there", &[]).1["durable"], true, "its conversation goes on");
    let (_, listed) = body_of(send(&node, &request("GET", "/internal/journal", &[], b"")));
    assert_eq!(listed["aside"][0]["why"], "too_large", "{listed}");
    let id = listed["aside"][0]["id"].as_str().unwrap();
    send(&node, &request("POST", &format!("/internal/journal/retry?id={id}"), &[], b""));
    drained(&node);
    assert_eq!(inputs(&world).iter().filter(|input| *input == "hello").count(), 2, "and arrives late, but once");
    assert_eq!(counts(&node), Counts::default());
}

#[test]
fn a_hundred_conversations_that_cannot_be_placed_keep_no_other_one_waiting() {
    let world = world();
    let stuck: Vec<String> = (0..100).map(|n| format!("stuck{n}")).collect();
    let mut names: Vec<&str> = stuck.iter().map(String::as_str).collect();
    names.push("free");
    let node = waiting(&world, &names);
    world.weather.set(Weather::Fine);
    for name in &stuck {
        let key = ("desk".to_owned(), name.clone());
        world.state.borrow_mut().claims.insert(key, ("somebody else".into(), None));
    }
    for _ in 0..3 {
        drained(&node);
    }
    assert_eq!(world.state.borrow().conversations[&("desk".into(), "free".into())].version, 2);
    assert_eq!(counts(&node).waiting, 100);
    world.state.borrow_mut().claims.clear();
    for _ in 0..3 {
        drained(&node);
    }
    assert_eq!(counts(&node), Counts::default());
}

/// An origin that was restored from an older backup, where other turns were taken since; and a node with what came before.
fn restored(epoch: Option<&str>) -> (Rc<World>, Native) {
    let world = world();
    world.state.borrow_mut().epoch = epoch.map(str::to_owned);
    let ahead = node(&world);
    say(&ahead, "c1", "u1", "hello", &[]);
    let backup = world.state.borrow().conversations.clone();
    let (_, answer) = say(&ahead, "c1", "u1", "I want to order apples", &[]);
    assert_eq!((&answer["turn"], &answer["awaiting_slot"]), (&json!(2), &json!("amount")), "{answer}");
    {
        let mut state = world.state.borrow_mut();
        state.conversations = backup;
        state.turns.truncate(1);
        state.answers.clear();
        state.epoch = epoch.map(|epoch| format!("after {epoch}"));
    }
    (world, ahead)
}

#[test]
fn a_state_of_the_same_version_that_the_origin_does_not_have_is_noticed() {
    let (world, ahead) = restored(None);
    // Elsewhere another second turn is taken: equal version, another state.
    assert_eq!(say(&node(&world), "c1", "u1", "hi there", &[]).1["turn"], 2);
    let (_, answer) = say(&ahead, "c1", "u1", "3", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)), "{answer}");
    assert_ne!(answer["action"], "place", "the order is not open in the state that the origin has");
    assert_eq!(inputs(&world), ["hello", "hi there", "3"]);
}

#[test]
fn what_was_committed_before_a_restore_is_not_gone_on_with_after_it() {
    let (world, ahead) = restored(Some("one"));
    let (_, answer) = say(&ahead, "c1", "u1", "3", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(2), &json!(true)), "{answer}");
    assert_eq!(inputs(&world), ["hello", "3"]);
}

#[test]
fn a_conversation_is_erased_though_its_only_turn_waits() {
    let world = world();
    let node = waiting(&world, &["c1"]);
    // The origin knows nothing of it: restored from a backup of before.
    world.state.borrow_mut().conversations.clear();
    world.state.borrow_mut().turns.clear();
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 30_000);
    let stranger = send(&node, &request("DELETE", "/conversations/c1?user_id=u2&game=desk", &[], b""));
    assert_eq!(stranger.status.as_u16(), 404);
    let erased = send(&node, &request("DELETE", "/conversations/c1?user_id=u1&game=desk", &[], b""));
    assert_eq!(erased.status.as_u16(), 204);
    drained(&node);
    assert_eq!(counts(&node), Counts::default());
    assert!(world.state.borrow().conversations.is_empty(), "and does not appear afterwards");
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 410);
}

#[test]
fn a_conversation_of_which_something_waits_that_nobody_can_read_is_not_called_erased() {
    let world = world();
    let before = waiting(&world, &["c1"]);
    world.state.borrow_mut().conversations.clear();
    world.weather.set(Weather::Fine);
    let after = restarted(&world, &before, Some(&"08".repeat(32)));
    let (status, problem) =
        body_of(send(&after, &request("DELETE", "/conversations/c1?user_id=u1&game=desk", &[], b"")));
    assert_eq!((status, &problem["code"]), (503, &json!("E243")), "{problem}");
}

#[test]
fn one_key_used_in_two_conversations_while_away_loses_neither_turn() {
    let world = world();
    let node = node(&world);
    for conversation in ["c1", "c2"] {
        say(&node, conversation, "u1", "hello", &[]);
    }
    world.weather.set(Weather::Away);
    for conversation in ["c1", "c2"] {
        let key = [("idempotency-key", "k1")];
        assert_eq!(say(&node, conversation, "u1", "hi there", &key).1["degraded"], "journalled");
    }
    world.weather.set(Weather::Fine);
    drained(&node);
    drained(&node);
    let arrived = |name: &str| world.state.borrow().conversations[&("desk".to_owned(), name.to_owned())].version;
    assert_eq!((arrived("c1"), arrived("c2")), (2, 2));
    assert_eq!((inputs(&world).len(), counts(&node)), (4, Counts::default()));
}

#[test]
fn health_is_what_the_last_commit_said() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    let health = || body_of(send(&node, &request("GET", "/health", &[], b"")));
    let ready = || send(&node, &request("GET", "/health/ready", &[], b"")).status.as_u16();
    assert_eq!((health().0, ready()), (200, 200));
    // A full disk: the origin answers questions, and takes nothing.
    world.state.borrow_mut().refused = Some(("c1".into(), 500));
    assert_eq!(say(&node, "c1", "u1", "hi there", &[]).1["degraded"], "journalled");
    let (status, body) = health();
    assert_eq!((status, &body["components"]["commits"]["status"]), (503, &json!("degraded")), "{body}");
    assert_eq!(ready(), 200, "turns are kept all the same");
    node.journal_fails.set(true);
    say(&node, "c1", "u1", "hello", &[]);
    assert_eq!(ready(), 503, "and now they are not");
    node.journal_fails.set(false);
    world.state.borrow_mut().refused = None;
    drained(&node);
    assert_eq!(health().1["components"]["commits"]["status"], "healthy", "what waited was committed");
    drained(&node);
    assert_eq!((health().0, ready()), (200, 200), "{:?}", health());
}

#[test]
fn a_node_that_the_origin_does_not_take_for_its_own_is_not_ready() {
    for why in ["key", "clock"] {
        let world = world();
        let node = node(&world);
        say(&node, "c1", "u1", "hello", &[]);
        let ready = || send(&node, &request("GET", "/health/ready", &[], b"")).status.as_u16();
        assert_eq!(ready(), 200);
        world.weather.set(Weather::Estranged(why));
        let (status, answer) = say(&node, "c1", "u1", "hi there", &[]);
        assert_eq!((status, &answer["code"]), (503, &json!("E241")), "{answer}");
        assert_eq!(ready(), 503, "no turn is taken here, and none waits");
        world.weather.set(Weather::Fine);
        assert_eq!(say(&node, "c1", "u1", "hi there", &[]).0, 200);
        assert_eq!(ready(), 200);
    }
}

#[test]
fn health_says_that_no_commit_was_tried_until_one_is() {
    let world = world();
    let node = node(&world);
    let commits = || body_of(send(&node, &request("GET", "/health", &[], b""))).1["components"]["commits"].clone();
    assert_eq!(commits(), json!({ "status": "healthy", "detail": "none tried yet" }));
    say(&node, "c1", "u1", "hello", &[]);
    assert_eq!(commits(), json!({ "status": "healthy", "detail": "the last commit worked" }));
}

#[test]
fn health_recovers_without_turns_and_never_calls_a_commit_that_failed_one_that_worked() {
    let world = world();
    let node = node(&world);
    let commits = || body_of(send(&node, &request("GET", "/health", &[], b""))).1["components"]["commits"].clone();
    let later = |ms: i64| node.now_ms.set(node.now_ms.get() + ms);
    say(&node, "c1", "u1", "hello", &[]);
    for (weather, ms, status) in [
        (Weather::Failing, 4_000, "degraded"),
        // The origin has room again, and says so.
        (Weather::Fine, 0, "healthy"),
        // And where nobody says anything, nobody knows better after a while.
        (Weather::Failing, 61_000, "healthy"),
    ] {
        if weather == Weather::Failing {
            world.weather.set(Weather::Failing);
            say(&node, "c1", "u1", "hello", &[]);
        }
        world.weather.set(weather);
        later(ms + 1_000);
        let told = commits();
        assert_eq!(told["status"], status, "{weather:?}: {told}");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.starts_with("the last commit failed, "), "{detail}");
        assert_eq!(detail.ends_with("; none was tried since"), status == "healthy", "{detail}");
    }
}

#[test]
fn why_the_origin_is_away_is_told_once_in_the_log_and_in_health() {
    for (weather, why) in [(Weather::Away, "could not connect"), (Weather::Failing, "it answered with status 500")] {
        let world = world();
        let node = node(&world);
        say(&node, "c1", "u1", "hello", &[]);
        world.weather.set(weather);
        let told = || {
            let log = node.log.borrow();
            let lines = log.iter().filter(|line| line.event == "the origin is away");
            lines.map(|line| line.detail.clone().unwrap_or_default()).collect::<Vec<_>>()
        };
        // Until the breaker opens, and over several of its trials.
        for _ in 0..20 {
            say(&node, "c1", "u1", "hi there", &[]);
            node.now_ms.set(node.now_ms.get() + 10_000);
        }
        assert_eq!(told(), [why]);
        let detail = || {
            let body = body_of(send(&node, &request("GET", "/health", &[], b""))).1;
            body["components"]["origin"]["detail"].as_str().map(str::to_owned).unwrap_or_default()
        };
        assert!(detail().ends_with(&format!("; {why}")), "{}", detail());
        world.weather.set(Weather::Fine);
        node.now_ms.set(node.now_ms.get() + 60_000);
        drained(&node);
        node.now_ms.set(node.now_ms.get() + 10_000);
        assert_eq!(detail(), "breaker closed");
    }
}

#[test]
fn refusals_are_logged_with_what_an_operator_needs_and_without_a_word_of_the_person() {
    let world = world();
    let node = node(&world).with("rate_limit_user", "1/minute");
    let headers = [("x-request-id", "trace:abc-1")];
    say(&node, "c1", "u1", "my secret words", &headers);
    assert_eq!(say(&node, "c1", "u1", "my secret words", &headers).0, 429);
    let told = node.log.borrow();
    let line = told.iter().find(|line| line.event == "refused").unwrap();
    assert_eq!(line.request_id, "trace:abc-1");
    assert_eq!((line.route.as_deref(), line.game.as_deref()), (Some("POST /games/{id}/move"), Some("desk")));
    assert_eq!((line.status, line.code.as_deref(), line.took_ms), (Some(429), Some("E320"), Some(0)));
    let text = serde_json::to_string(&*told).unwrap();
    assert!(!text.contains("secret") && !text.contains("u1\""), "{text}");
}

#[test]
fn a_game_that_is_not_published_is_not_named_in_the_log() {
    let world = world();
    let node = node(&world);
    let turn = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" }).to_string();
    for (method, path, body) in [
        ("POST", "/games/john-smith-is-ill/move", turn.as_bytes()),
        ("GET", "/games/john-smith-is-ill", b""),
        ("POST", "/games/john-smith-is-ill/nothing", b""),
    ] {
        assert_eq!(send(&node, &request(method, path, &[], body)).status.as_u16(), 404, "{path}");
    }
    let told = node.log.borrow();
    assert_eq!(told.iter().filter(|line| line.event == "refused" && line.game.is_none()).count(), 3);
    assert!(!serde_json::to_string(&*told).unwrap().contains("john"), "{told:?}");
}

#[test]
fn a_turn_that_has_arrived_and_cannot_be_removed_keeps_nothing_waiting() {
    // The removal fails once the turn is at the origin; the next drain finds it there.
    let world = world();
    let node = waiting(&world, &["c1"]);
    world.weather.set(Weather::Fine);
    let entries = node.journal.borrow().clone();
    drained(&node);
    node.journal.replace(entries);
    let (_, answer) = say(&node, "c1", "u1", "hi there", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)), "{answer}");
    assert_eq!(inputs(&world), ["I want to order apples", "hello", "hi there"]);
}

#[test]
fn a_journal_that_can_be_rid_of_nothing_says_so_and_is_not_sent_again_and_again() {
    let world = world();
    let node = waiting(&world, &["c1", "c2"]);
    world.weather.set(Weather::Fine);
    node.journal_is_full.set(true);
    drained(&node);
    let commits = || world.state.borrow().calls.iter().filter(|call| *call == "POST turns").count();
    assert_eq!((inputs(&world).len(), counts(&node).waiting), (4, 2), "both have arrived, and lie there still");
    let (status, health) = body_of(send(&node, &request("GET", "/health", &[], b"")));
    assert_eq!((status, &health["components"]["journal"]["status"]), (503, &json!("degraded")), "{health}");
    let before = commits();
    for _ in 0..20 {
        node.now_ms.set(node.now_ms.get() + 1_000);
        block_on(drain(&node));
    }
    assert_eq!(commits(), before, "nothing new waits, and what has arrived is there");
    // With room again it goes, and all is well.
    node.journal_is_full.set(false);
    drained(&node);
    assert_eq!((counts(&node).waiting, inputs(&world).len()), (0, 4));
    node.now_ms.set(node.now_ms.get() + 60_000);
    assert_eq!(body_of(send(&node, &request("GET", "/health", &[], b""))).0, 200);
}

#[test]
fn a_turn_that_could_not_be_kept_waits_for_an_origin_that_is_only_started_anew() {
    let world = world();
    let node = node(&world);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
    world.weather.set(Weather::AwayFor(6));
    let (_, answer) = say(&node, "new", "u1", "hello", &[]);
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(1), &json!(true)), "{answer}");
    // One that stays away is waited for once, and by nobody who comes later.
    world.weather.set(Weather::Away);
    let before = node.now_ms.get();
    assert_eq!(say(&node, "other", "u1", "hello", &[]).1["degraded"], "stateless");
    assert!(node.now_ms.get() - before >= 2_500);
    let before = node.now_ms.get();
    assert_eq!(say(&node, "another", "u1", "hello", &[]).1["degraded"], "stateless");
    assert!(node.now_ms.get() - before < 250, "{}", node.now_ms.get() - before);
}

#[test]
fn a_stranger_does_not_take_the_state_away_from_whose_conversation_it_is() {
    for remembers in [true, false] {
        let world = world();
        let mut node = node(&world);
        node.remembers = remembers;
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["durable"], true);
        assert_eq!(say(&node, "c1", "stranger", "hello", &[]).0, 404);
        world.weather.set(Weather::Away);
        assert_eq!(say(&node, "c1", "stranger", "hello", &[]).1["degraded"], "stateless");
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["degraded"], "journalled", "the state is still there");
    }
}

#[test]
fn an_instance_that_begins_while_the_origin_is_away_has_its_games() {
    // Within the life of hot state a conversation goes on; after it, turns are answered for themselves.
    let later = [(20 * 60_000, "journalled"), (5 * 3_600_000, "stateless")];
    for (remembers, (ms, kept)) in [true, false].into_iter().flat_map(|remembers| later.map(|later| (remembers, later)))
    {
        let world = world();
        let mut before = node(&world);
        before.remembers = remembers;
        assert_eq!(say(&before, "c1", "u1", "hello", &[]).0, 200);
        world.weather.set(Weather::Away);
        // Only the stores are left.
        let mut after = node(&world);
        after.remembers = remembers;
        after.kv.replace(before.kv.take());
        after.now_ms.set(before.now_ms.get() + ms);
        let (status, answer) = say(&after, "c1", "u1", "hello", &[]);
        assert_eq!((status, answer["degraded"].as_str()), (200, Some(kept)), "{remembers}: {answer}");
    }
}

#[test]
fn an_instance_with_a_memory_seldom_writes_the_list_of_games() {
    let world = world();
    let node = node(&world);
    let stored = || node.kv.borrow().get("lasting:games:default").cloned();
    say(&node, "c1", "u1", "hello", &[]);
    let first = stored().expect("the list is stored");
    node.now_ms.set(node.now_ms.get() + 3_600_000);
    say(&node, "c1", "u1", "hello", &[]);
    assert_eq!(stored().as_ref(), Some(&first), "the origin was asked, and the list is the same");
    node.now_ms.set(node.now_ms.get() + 86_400_000);
    say(&node, "c1", "u1", "hello", &[]);
    assert_ne!(stored(), Some(first));
}

#[test]
fn why_a_game_cannot_be_used_is_said() {
    let whole = game().bytes().to_vec();
    let mut of_another_form = whole.clone();
    of_another_form[..8].fill(0xff);
    let mut damaged = whole;
    *damaged.last_mut().unwrap() ^= 1;
    for (bytes, says) in [(of_another_form, "E151"), (damaged, "not that of this game version")] {
        let world = world();
        world.state.borrow_mut().compiled = Some(bytes);
        let node = node(&world);
        let (status, answer) = say(&node, "c1", "u1", "hello", &[]);
        assert_eq!((status, answer["code"].as_str()), (503, Some("E236")), "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains(says), "{answer}");
        let log = node.log.borrow();
        let line = log.iter().find(|line| line.event == "a game can't be used").expect("a line of the log");
        assert!(line.detail.as_ref().unwrap().contains(says), "{line:?}");
    }
}
