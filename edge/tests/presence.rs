//! A node tells the origin how it is, with its own scheduled work.

mod support;

use lgdl::wire::node::{JournalEntry, LEAVING_HEADER, NOTE_PREFIX, Observation, Why};
use lgdl::wire::trace::TraceContext;
use lgdl_edge::native::Native;
use lgdl_edge::pipeline::scheduled;
use lgdl_edge::platform::SpansBy;
use support::*;

fn run(node: &Native, later_ms: i64) {
    node.now_ms.set(node.now_ms.get() + later_ms);
    block_on(scheduled(node));
}

#[test]
fn a_node_tells_what_it_is_and_no_more_often_than_it_must() {
    for remembers in [true, false] {
        let world = world();
        let mut node = node(&world).with("node_region", "eu-west");
        node.remembers = remembers;
        run(&node, 0);
        run(&node, 1_000);
        run(&node, 5_000);
        run(&node, 60_000);
        let told = world.state.borrow().nodes.clone();
        assert_eq!(told.len(), 3);
        assert!(told.iter().all(|report| report.name == told[0].name), "its name stays");
        assert!(told[0].instance.is_some() && told.iter().all(|report| report.instance == told[0].instance));
        assert_eq!((told[0].platform.as_str(), told[0].region.as_deref()), ("native", Some("eu-west")));
        assert_eq!((told[0].waiting, told[0].games.clone()), (0, vec!["desk".to_owned(), "second".to_owned()]));
        assert_eq!(told.iter().map(|report| report.every_ms).collect::<Vec<_>>(), [5_000, 6_000, 60_000]);
        assert_eq!(told[2].sent_at_ms, node.now_ms.get());
    }
}

#[test]
fn a_node_that_starts_again_on_its_store_keeps_its_name() {
    let world = world();
    let before = node(&world);
    run(&before, 0);
    let mut after = node(&world).seeded(7);
    // What outlives a process: everything but notes of the moment.
    after.kv = before.kv.clone();
    after.kv.borrow_mut().retain(|key, _| !key.starts_with(NOTE_PREFIX));
    run(&after, 60_000);
    let told = world.state.borrow().nodes.clone();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].name, told[1].name);
    assert_ne!(told[0].instance, told[1].instance, "two processes are told apart, also on copies of one store");
}

#[test]
fn a_node_tells_what_waits_and_when_it_went_home() {
    let world = world();
    let node = node(&world).with("node_name", "front-1");
    say(&node, "c1", "u1", "hello", &[]);
    world.weather.set(Weather::Away);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["degraded"], "journalled");
    run(&node, 10_000);
    assert!(world.state.borrow().nodes.is_empty(), "nobody hears it");
    world.weather.set(Weather::Fine);
    run(&node, 60_000);
    let told = world.state.borrow().nodes.clone();
    let last = told.last().expect("it tells again");
    assert_eq!((last.name.as_str(), last.waiting), ("front-1", 0));
    assert_eq!(last.drained_at_ms, Some(node.now_ms.get()));
}

#[test]
fn a_node_without_a_way_to_a_collector_tells_the_origin_of_requests_that_are_kept() {
    const KEPT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const NOT_KEPT: &str = "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    for (spans_by, told) in [(SpansBy::Origin, 1), (SpansBy::Host, 0)] {
        let world = world();
        let mut node = node(&world).with("trace_rate", "0");
        node.spans_by = spans_by;
        say(&node, "c1", "u1", "hello", &[("traceparent", NOT_KEPT)]);
        say(&node, "c1", "u1", "hello", &[]);
        let came_ms = node.now_ms.get();
        say(&node, "c1", "u1", "hello", &[("traceparent", KEPT), ("x-request-id", "r-1")]);
        let traced = world.state.borrow().traced.clone();
        assert_eq!(traced.len(), told, "{traced:?}");
        let Some(request) = traced.first() else { continue };
        assert_eq!((request.request_id.as_str(), request.status, request.began_ms), ("r-1", 200, came_ms));
        let observed = Observation::of_header(&request.observed);
        let (place, parent) = (observed.trace.expect("its place"), TraceContext::of_header(KEPT).expect("a header"));
        assert_eq!((place.own.trace, place.parent), (parent.trace, Some(parent.span)));
        assert!(observed.stages.iter().any(|(name, _)| name == "engine"), "{observed:?}");
    }
}

#[test]
fn a_node_without_metrics_tells_the_origin_what_happened_each_minute() {
    for (spans_by, remembers) in [(SpansBy::Origin, true), (SpansBy::Origin, false), (SpansBy::Host, false)] {
        let world = world();
        let mut node = node(&world).with("node_name", "w1");
        (node.spans_by, node.remembers) = (spans_by, remembers);
        let turns = |world: &World| -> Vec<u64> {
            let told = world.state.borrow().happened.clone();
            assert!(told.iter().all(|told| told.name == "w1"));
            told.iter().map(|told| told.counts.get("turns").copied().unwrap_or(0)).collect()
        };
        say(&node, "c1", "u1", "hello", &[]);
        say(&node, "c1", "u1", "hello", &[]);
        let expected: &[u64] = if spans_by == SpansBy::Origin { &[1] } else { &[] };
        assert_eq!(turns(&world), expected, "the first at once, and not each");
        world.weather.set(Weather::Away);
        run(&node, 60_000);
        world.weather.set(Weather::Fine);
        run(&node, 60_000);
        say(&node, "c1", "u1", "hello", &[]);
        run(&node, 60_000);
        match spans_by {
            SpansBy::Origin => assert_eq!(turns(&world).iter().sum::<u64>(), 3, "each once, and none is lost"),
            SpansBy::Host => assert_eq!(turns(&world), [0; 0], "whoever runs it counts"),
        }
    }
}

#[test]
fn a_node_tells_of_which_conversations_it_has_set_turns_aside() {
    let world = world();
    let node = node(&world);
    for (stream, version) in [("one", 1), ("other", 1), ("one", 2)] {
        let (stream, id) = (stream.to_owned(), format!("{stream}{version}"));
        let entry = JournalEntry { stream, version, id, sealed: Vec::new() };
        node.aside.borrow_mut().push((entry, Why::Damaged));
    }
    run(&node, 0);
    let told = world.state.borrow().nodes[0].clone();
    let of: Vec<_> = told.aside_of.iter().map(|(stream, turns)| (stream.as_str(), *turns)).collect();
    assert_eq!((told.aside, of), (3, vec![("one", 2), ("other", 1)]));
}

#[test]
fn a_node_that_stops_tells_so_at_once_and_nobody_else_says_it_for_it() {
    let world = world();
    let node = node(&world).with("node_token", "the token of the node");
    run(&node, 0);
    let drain = |token: &str| {
        let headers = [("x-lgdl-node-token", token), (LEAVING_HEADER, "true")];
        send(&node, &request("POST", "/internal/drain", &headers, b""))
    };
    drain("another");
    assert_eq!(world.state.borrow().nodes.len(), 1);
    drain("the token of the node");
    let told = world.state.borrow().nodes.clone();
    assert_eq!(told.iter().map(|report| report.leaving).collect::<Vec<_>>(), [false, true]);
}
