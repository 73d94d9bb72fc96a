//! A node tells the origin how it is, with its own scheduled work.

mod support;

use lgdl_edge::native::Native;
use lgdl_edge::pipeline::scheduled;
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
        assert_eq!((told[0].platform.as_str(), told[0].region.as_deref()), ("native", Some("eu-west")));
        assert_eq!((told[0].waiting, told[0].games.clone()), (0, vec!["desk".to_owned(), "second".to_owned()]));
        assert_eq!(told.iter().map(|report| report.every_ms).collect::<Vec<_>>(), [5_000, 6_000, 60_000]);
        assert_eq!(told[2].sent_at_ms, node.now_ms.get());
    }
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
