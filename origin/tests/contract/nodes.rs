//! Edge nodes: who tells of itself, who has fallen silent, and what is told of that.

use std::collections::BTreeMap;

use lgdl::wire::origin::NodeReport;
use lgdl_origin::audit::drain;
use lgdl_origin::nodes::{ForgetError, Left, NodeState, forget, look, state, take, troubles};
use lgdl_origin::store::{MAX_PAGE, Store, Wanted};
use tokio::task::JoinSet;

use crate::data::NOW;
use crate::stores::Fresh;

fn report(name: &str, waiting: u64, sent_at_ms: i64) -> NodeReport {
    NodeReport {
        name: name.into(),
        instance: None,
        version: "1.0.0".into(),
        platform: "spin".into(),
        region: Some("eu-west".into()),
        games: vec!["clinic".into()],
        waiting,
        waiting_since_ms: (waiting > 0).then_some(sent_at_ms),
        aside: 0,
        aside_of: BTreeMap::new(),
        unremoved: 0,
        breaker: "closed".into(),
        drained_at_ms: None,
        every_ms: 5_000,
        sent_at_ms,
        leaving: false,
    }
}

async fn told(store: &dyn Store) -> Vec<String> {
    drain(store).await.unwrap();
    let page = store.bus_events(&Wanted::everything(), 0, MAX_PAGE).await.unwrap();
    page.events.into_iter().map(|row| format!("{} {}", row.event.name, row.event.subject)).collect()
}

pub(crate) async fn nodes_join_drain_fall_silent_and_come_back(store: Fresh) {
    take(&*store, report("a", 0, NOW), NOW).await.unwrap();
    take(&*store, report("b", 3, NOW - 40_000), NOW).await.unwrap();
    take(&*store, report("a", 2, NOW + 5_000), NOW + 5_000).await.unwrap();
    take(&*store, report("a", 0, NOW + 10_000), NOW + 10_000).await.unwrap();
    assert_eq!(told(&*store).await, ["node.joined a", "node.joined b", "node.drained a"]);
    let rows = store.nodes().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(troubles(&rows[0], NOW + 10_000), [""; 0]);
    assert_eq!(troubles(&rows[1], NOW + 10_000), ["its clock is 40 s behind"]);
    // While no origin looks, what is shown is judged by when it was heard.
    assert_eq!((state(&rows[0], NOW + 40_000), state(&rows[0], NOW + 40_001)), (NodeState::Alive, NodeState::Silent));
    assert_eq!(state(&rows[1], NOW + 40_000), NodeState::Lost);
    look(&*store, NOW + 30_000).await.unwrap();
    assert_eq!(told(&*store).await.len(), 3, "nobody has been silent for long");
    look(&*store, NOW + 45_000).await.unwrap();
    look(&*store, NOW + 46_000).await.unwrap();
    assert_eq!(told(&*store).await[3..], ["node.lost b"], "of whom nothing waits, nothing is told");
    let states: Vec<_> = store.nodes().await.unwrap().iter().map(|row| state(row, NOW + 46_000)).collect();
    assert_eq!(states, [NodeState::Silent, NodeState::Lost]);
    take(&*store, report("b", 3, NOW + 50_000), NOW + 50_000).await.unwrap();
    assert_eq!(told(&*store).await[4..], ["node.joined b"]);
    // A day later the one that left nothing is forgotten, and the other is not.
    look(&*store, NOW + 100_000).await.unwrap();
    look(&*store, NOW + 26 * 3_600_000).await.unwrap();
    assert_eq!(store.nodes().await.unwrap().iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["b"]);
}

pub(crate) async fn two_nodes_of_one_name_are_told_apart_and_hide_nothing_of_each_other(store: Fresh) {
    let tell = async |instance: &str, waiting: u64, at: i64| {
        let report = NodeReport { instance: Some(instance.into()), ..report("front", waiting, at) };
        take(&*store, report, at).await.unwrap();
    };
    let known = async || -> Vec<(String, u64)> {
        store.nodes().await.unwrap().into_iter().map(|row| (row.name, row.report.waiting)).collect()
    };
    tell("aa", 5, NOW).await;
    // It has started again: one node, as ever.
    tell("bb", 5, NOW + 5_000).await;
    tell("bb", 5, NOW + 10_000).await;
    assert_eq!(known().await, [("front".to_owned(), 5)]);
    // A second machine with the same name: it may have started again, until the other one speaks.
    tell("cc", 0, NOW + 12_000).await;
    tell("bb", 5, NOW + 15_000).await;
    tell("cc", 0, NOW + 17_000).await;
    tell("bb", 4, NOW + 20_000).await;
    assert_eq!(known().await, [("front".to_owned(), 0), ("front.bb".to_owned(), 4)]);
    let rows = store.nodes().await.unwrap();
    assert_eq!(troubles(&rows[0], NOW + 20_000), [""; 0]);
    assert!(troubles(&rows[1], NOW + 20_000)[0].contains("two nodes call themselves front"));
    // The second got a name of its own, and the first has its again, with nothing left of the other.
    tell("bb", 4, NOW + 60_000).await;
    look(&*store, NOW + 60_000).await.unwrap();
    assert_eq!(known().await, [("front".to_owned(), 4)]);
    assert_eq!(troubles(&store.nodes().await.unwrap()[0], NOW + 60_000), [""; 0]);
    // Where the one that has the name fell silent with turns, they are not hidden.
    tell("dd", 3, NOW + 62_000).await;
    tell("bb", 4, NOW + 65_000).await;
    tell("bb", 4, NOW + 100_000).await;
    assert_eq!(known().await, [("front".to_owned(), 3), ("front.bb".to_owned(), 4)]);
}

pub(crate) async fn a_node_that_stops_in_order_is_known_no_more_unless_something_waits_there(store: Fresh) {
    let leaves = |name: &str, waiting: u64| NodeReport { leaving: true, ..report(name, waiting, NOW + 5_000) };
    for name in ["empty", "drained", "full", "aside"] {
        take(&*store, report(name, u64::from(name == "drained"), NOW), NOW).await.unwrap();
    }
    take(&*store, leaves("empty", 0), NOW + 5_000).await.unwrap();
    take(&*store, leaves("drained", 0), NOW + 5_000).await.unwrap();
    take(&*store, leaves("full", 2), NOW + 5_000).await.unwrap();
    take(&*store, NodeReport { aside: 1, ..leaves("aside", 0) }, NOW + 5_000).await.unwrap();
    assert_eq!(told(&*store).await[4..], ["node.left empty", "node.drained drained", "node.left drained"]);
    let known = store.nodes().await.unwrap();
    assert_eq!(known.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["aside", "full"]);
    assert_eq!(state(&known[1], NOW + 60_000), NodeState::Lost);
    // It starts again.
    take(&*store, report("empty", 0, NOW + 60_000), NOW + 60_000).await.unwrap();
    assert_eq!(told(&*store).await[7..], ["node.joined empty"]);
}

pub(crate) async fn a_silent_node_is_forgotten_by_an_operators_word_and_its_turns_only_when_they_are_given_up(
    store: Fresh,
) {
    let (alive, silent) = (NOW + 1_000, NOW + 3 * 86_400_000);
    take(&*store, report("empty", 0, NOW), NOW).await.unwrap();
    take(&*store, NodeReport { aside: 2, ..report("full", 3, NOW) }, NOW).await.unwrap();
    let forget = async |name: &str, left: Left, at: i64| forget(&*store, name, left, "cli", at).await;
    let known = async || store.nodes().await.unwrap().len();
    assert!(matches!(forget("nobody", Left::GivenUp, silent).await, Err(ForgetError::Unknown(_))));
    assert!(
        matches!(forget("full", Left::GivenUp, alive).await, Err(ForgetError::Alive(_))),
        "it would be back at once"
    );
    let refused = forget("full", Left::WaitedFor, silent).await;
    assert!(matches!(refused, Err(ForgetError::Turns { waiting: 3, aside: 2, .. })), "{refused:?}");
    assert_eq!(known().await, 2);
    assert_eq!(forget("empty", Left::WaitedFor, silent).await.unwrap().name, "empty");
    assert_eq!(forget("full", Left::GivenUp, silent).await.unwrap().report.waiting, 3);
    assert_eq!(known().await, 0);
    assert_eq!(told(&*store).await[2..], ["node.forgotten empty", "node.forgotten full"]);
    let links = store.audit(0, MAX_PAGE).await.unwrap();
    let link = links.iter().find(|link| link.event.subject == "full").expect("the audit log has it");
    assert_eq!((link.event.event.as_str(), link.event.actor.as_str()), ("node.forgotten", "cli"));
    // Should it come back, what waited there arrives, and it is known again.
    take(&*store, report("full", 3, silent), silent).await.unwrap();
    assert_eq!(told(&*store).await[4..], ["node.joined full"]);
    // Who told something since is not forgotten by what was known before.
    let before = store.find_node("full").await.unwrap().unwrap();
    take(&*store, report("full", 3, silent + 1), silent + 1).await.unwrap();
    let event =
        lgdl_origin::audit::events::of(silent, "default", "node.forgotten", "cli", "full", serde_json::json!({}));
    assert!(!store.forget_node("full", before.seen_at, vec![event]).await.unwrap());
}

pub(crate) async fn a_node_that_many_tell_of_at_once_joins_once(store: Fresh) {
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let store = store.store.clone();
        tasks.spawn(async move { take(&*store, report("a", 0, NOW + number), NOW + number).await });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
    assert_eq!(told(&*store).await, ["node.joined a"]);
}
