//! What was erased at the origin goes from a node's stores by the node's own scheduled work.

mod support;

use lgdl::wire::node::{JournalEntry, MAX_ASIDE, Why};
use lgdl_edge::digest;
use lgdl_edge::native::Native;
use lgdl_edge::pipeline::scheduled;
use lgdl_edge::platform::Platform;
use serde_json::json;
use support::*;

/// Longer than a development node's pause between two questions, milliseconds.
const A_WHILE_MS: i64 = 20_000;

fn run(node: &Native) {
    node.now_ms.set(node.now_ms.get() + A_WHILE_MS);
    block_on(scheduled(node));
}

fn hot(node: &Native, conversation: &str) -> bool {
    let digest = digest::conversation("default", "desk", conversation);
    let at = node.now_ms.get();
    let remembered = node.memory().is_some_and(|memory| memory.state(&digest, at).is_some());
    remembered || node.kv.borrow().contains_key(&format!("hot:{digest}"))
}

fn erase(world: &World, conversation: &str) {
    world.state.borrow_mut().erase("desk", conversation);
}

#[test]
fn hot_state_of_what_was_erased_elsewhere_goes_and_other_state_stays() {
    for remembers in [true, false] {
        let world = world();
        let mut node = node(&world);
        node.remembers = remembers;
        for conversation in ["c1", "c2"] {
            assert_eq!(say(&node, conversation, "u1", "hello", &[]).0, 200);
        }
        run(&node);
        assert!(hot(&node, "c1") && hot(&node, "c2"), "nothing was erased");
        erase(&world, "c1");
        run(&node);
        assert!(!hot(&node, "c1") && hot(&node, "c2"));
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 410);
        assert_eq!(say(&node, "c2", "u1", "hello", &[]).1["turn"], 2);
    }
}

#[test]
fn a_node_that_remembers_nothing_still_hears_of_it() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    erase(&world, "c1");
    // The first time that it asks at all.
    run(&node);
    assert!(!hot(&node, "c1"));
}

#[test]
fn many_erasures_are_read_page_by_page_and_run_by_run() {
    let world = world();
    let node = node(&world);
    world.state.borrow_mut().erasures_a_page = 2;
    for n in 0..9 {
        say(&node, &format!("c{n}"), "u1", "hello", &[]);
        erase(&world, &format!("c{n}"));
    }
    let left = |node: &Native| (0..9).filter(|n| hot(node, &format!("c{n}"))).count();
    // Three pages a run, and the next run goes on at once.
    block_on(scheduled(&node));
    assert_eq!(left(&node), 3);
    block_on(scheduled(&node));
    assert_eq!(left(&node), 0);
}

#[test]
fn turns_of_what_was_erased_do_not_wait_any_longer() {
    let world = world();
    let node = node(&world);
    assert_eq!(say(&node, "c1", "u1", "I want to order apples", &[]).0, 200);
    world.weather.set(Weather::Away);
    for conversation in ["c1", "new"] {
        assert_eq!(say(&node, conversation, "u1", "hello", &[]).0, 200);
    }
    erase(&world, "c1");
    run(&node);
    assert!(hot(&node, "c1"), "nobody could tell");
    assert_eq!(node.journal.borrow().len(), 1);
    world.weather.set(Weather::Fine);
    run(&node);
    assert!(!hot(&node, "c1") && node.journal.borrow().is_empty());
    assert!(world.state.borrow().turns.iter().all(|turn| turn.record.turn == 1));
}

#[test]
fn what_was_set_aside_behind_a_thousand_others_goes_as_well() {
    let world = world();
    let node = node(&world);
    for conversation in ["c1", "c2"] {
        assert_eq!(say(&node, conversation, "u1", "hello", &[]).0, 200);
    }
    let entry = |stream: &str, version: u64| {
        let (id, sealed) = (format!("i{version}"), vec![7; 8]);
        (JournalEntry { stream: stream.into(), version, id, sealed }, Why::OtherKey)
    };
    let of = |conversation: &str| digest::conversation("default", "desk", conversation);
    node.aside.borrow_mut().extend((0..MAX_ASIDE as u64).map(|version| entry("another", version)));
    node.aside.borrow_mut().extend([entry(&of("c1"), 2), entry(&of("c2"), 2)]);
    // An operator erases one of them elsewhere.
    erase(&world, "c1");
    run(&node);
    let left = |stream: &str| node.aside.borrow().iter().filter(|(entry, _)| entry.stream == stream).count();
    assert_eq!((left(&of("c1")), left("another"), left(&of("c2"))), (0, MAX_ASIDE, 1));
    // The other is erased by the person: what nobody can read here is not called erased before it is.
    world.state.borrow_mut().conversations.clear();
    let path = "/conversations/c2?game=desk&user_id=u1";
    assert_eq!(send(&node, &request("DELETE", path, &[], b"")).status.as_u16(), 503);
}

#[test]
fn a_turn_that_is_refused_as_erased_when_it_comes_home_takes_its_state_with_it() {
    let world = world();
    let node = node(&world);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
    world.weather.set(Weather::Away);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["degraded"], "journalled");
    world.weather.set(Weather::Fine);
    // As when a person is erased, of whose conversation the origin knows nothing: refused, and in no list.
    world.state.borrow_mut().erase("desk", "c1");
    world.state.borrow_mut().tombstones.clear();
    run(&node);
    assert!(!hot(&node, "c1") && node.journal.borrow().is_empty());
}

#[test]
fn a_store_or_an_origin_that_fails_is_asked_again() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    erase(&world, "c1");
    world.weather.set(Weather::Failing);
    run(&node);
    assert!(hot(&node, "c1"));
    world.weather.set(Weather::Fine);
    node.kv_fails.set(true);
    run(&node);
    node.kv_fails.set(false);
    assert!(hot(&node, "c1"));
    run(&node);
    assert!(!hot(&node, "c1"));
}

#[test]
fn a_cursor_that_the_origin_does_not_know_is_given_up() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    let note = json!({ "after": "of another origin", "asked_at_ms": 0 }).to_string();
    block_on(node.kv_put("note:erasures", note.as_bytes(), 1_000_000)).unwrap();
    erase(&world, "c1");
    run(&node);
    assert!(hot(&node, "c1"));
    run(&node);
    assert!(!hot(&node, "c1"));
}

#[test]
fn the_origin_is_not_asked_more_often_than_the_deployment_says() {
    let world = world();
    let node = node(&world).with("erasures_every_ms", "60000");
    let asked = || world.state.borrow().calls.iter().filter(|call| *call == "GET erasures").count();
    for (seconds, times) in [(0, 1), (1, 1), (58, 1), (2, 2)] {
        node.now_ms.set(node.now_ms.get() + seconds * 1_000);
        block_on(scheduled(&node));
        assert_eq!(asked(), times, "{seconds}");
    }
    // Without a key it keeps nothing, and there is nothing to ask.
    let mut keyless = support::node(&world);
    keyless.variables.remove("state_key");
    block_on(scheduled(&keyless));
    assert_eq!(asked(), 2);
}

#[test]
fn a_consent_is_not_believed_after_its_person_was_erased() {
    for remembers in [true, false] {
        let world = world();
        world.state.borrow_mut().policy.consent_required = true;
        world.state.borrow_mut().consents.insert("u1".into());
        let mut node = node(&world);
        node.remembers = remembers;
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
        // All about the person: the conversation, and the consent.
        erase(&world, "c1");
        world.state.borrow_mut().consents.clear();
        assert_eq!(say(&node, "c2", "u1", "hello", &[]).1["code"], "E901", "another conversation asks anew");
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 410, "the tombstone is met");
        assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["code"], "E901");
        // And where only scheduled work hears of it.
        world.state.borrow_mut().consents.insert("u2".into());
        assert_eq!(say(&node, "c3", "u2", "hello", &[]).0, 200);
        erase(&world, "c3");
        world.state.borrow_mut().consents.clear();
        run(&node);
        assert_eq!(say(&node, "c3", "u2", "hello", &[]).1["code"], "E901");
    }
}

#[test]
fn a_turn_that_was_set_aside_behind_a_thousand_others_can_be_decided_about() {
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    let entry = |version: u64| {
        let (id, sealed) = (format!("i{version}"), vec![7; 8]);
        (JournalEntry { stream: "s".into(), version, id, sealed }, Why::Refused)
    };
    node.aside.borrow_mut().extend((0..=MAX_ASIDE as u64).map(entry));
    let drop = format!("/internal/journal/drop?id=i{MAX_ASIDE}");
    let (_, done) = body_of(send(&node, &request("POST", &drop, &[], b"")));
    assert_eq!((&done["done"], node.aside.borrow().len()), (&json!(1), MAX_ASIDE), "{done}");
}
