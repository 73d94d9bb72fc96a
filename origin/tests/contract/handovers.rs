//! Hand-overs: opened, taken and ended by turns, in the transaction of the turn; agents who come, go, and come back.

use lgdl::engine::HandoverStage::{Returned, TimedOut, Waiting, With};
use lgdl_origin::audit;
use lgdl_origin::clock::Millis;
use lgdl_origin::desk::lost_event;
use lgdl_origin::ids::AdministratorId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{
    AdministratorChange, AdministratorRow, AgentRow, Commit, CommitOutcome, DeskPart, MAX_HANDOVERS, Role, Store,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::data::{NOW, commit, event, key, order};
use crate::stores::Fresh;

const PATIENCE_MS: u64 = 60_000;

/// A turn after which a hand-over stands so.
fn turn(conversation: &str, version: u64, at: Millis, handover: Value) -> Commit {
    let mut turn = commit(conversation, "u", version, &format!("{conversation}/{version}"));
    (turn.now_ms, turn.turn.timestamp) = (at, at);
    turn.turn.metadata = json!({"stage": "escalated", "handover": handover}).to_string();
    turn
}

fn asked(queue: &str, since: Millis) -> Value {
    json!({"queue": queue, "stage": "waiting", "since_ms": since})
}

async fn take(store: &dyn Store, turns: impl IntoIterator<Item = Commit>) {
    for turn in turns {
        assert!(matches!(store.commit(turn).await.unwrap(), CommitOutcome::Committed { .. }));
    }
}

/// An agent of these queues.
pub(crate) async fn agent(store: &dyn Store, name: &str, queues: &[&str]) -> AgentRow {
    let id = AdministratorId::mint(NOW, &SystemRandom);
    let row = AdministratorRow {
        id: id.clone(),
        name: name.into(),
        role: Role::Agent,
        tenant: None,
        password: "hash".into(),
        created_at: NOW,
        disabled: false,
    };
    assert!(store.add_administrator(row, event("administrator.created")).await.unwrap());
    let agent = AgentRow {
        id,
        tenant: "default".into(),
        name: name.into(),
        queues: queues.iter().map(|queue| (*queue).to_owned()).collect(),
        capacity: 3,
        serving: Vec::new(),
        heartbeat_at: None,
        reconnected: 0,
    };
    assert!(store.keep_agent(agent.clone(), event("agent.changed")).await.unwrap());
    assert_eq!(store.agent(&agent.id).await.unwrap(), Some(agent.clone()));
    agent
}

pub(crate) async fn turns_open_take_and_end_a_hand_over(store: Fresh) {
    let anna = agent(&*store, "anna", &["nurse"]).await;
    let id = key("c").id();
    take(&*store, [commit("c", "u", 0, "first"), turn("c", 1, NOW + 1, asked("nurse", NOW + 1))]).await;
    let open = store.handover("default", &id).await.unwrap().expect("a hand-over");
    assert_eq!((open.queue.as_str(), open.stage, open.since, open.urgent), ("nurse", Waiting, NOW + 1, false));
    assert_eq!((open.game.as_str(), open.agent.as_ref(), open.patience_ms), ("medical", None, None));
    assert_eq!(store.handover("other", &id).await.unwrap(), None, "another tenant's");

    let with = json!({"queue": "nurse", "stage": "with", "since_ms": NOW + 1, "agent": anna.id, "patience_ms": 9});
    take(&*store, [turn("c", 2, NOW + 2, with)]).await;
    let urgent = json!({"queue": "nurse", "stage": "with", "since_ms": NOW + 1, "urgent": true});
    take(&*store, [turn("c", 3, NOW + 3, urgent)]).await;
    let taken = store.handover("default", &id).await.unwrap().unwrap();
    assert_eq!((taken.stage, taken.agent.as_ref(), taken.accepted_at), (With, Some(&anna.id), Some(NOW + 2)));
    assert!(taken.urgent, "something urgent was said to her");

    let ended = json!({"queue": "nurse", "stage": "returned", "since_ms": NOW + 1});
    let part = DeskPart::Ended { since: taken.since, outcome: "resolved".into() };
    take(&*store, [Commit { desk: Some(part), ..turn("c", 4, NOW + 4, ended) }]).await;
    let last = store.handovers_of(&anna.id, 10).await.unwrap();
    assert_eq!((last.len(), last[0].stage, last[0].ended_at), (1, Returned, Some(NOW + 4)));
    assert_eq!(last[0].outcome.as_deref(), Some("resolved"));
    assert!(store.queued_handovers("default", &["nurse".into()]).await.unwrap().is_empty());
    assert!(store.handovers_with(&anna.id).await.unwrap().is_empty());

    // Another one of the same conversation stands by itself; erasing the conversation takes both.
    take(&*store, [turn("c", 5, NOW + 5, asked("host", NOW + 5))]).await;
    assert_eq!(store.handover("default", &id).await.unwrap().unwrap().queue, "host");
    store.erase_conversation(&key("c"), "u", order(NOW), event("conversation.deleted")).await.unwrap();
    assert_eq!(store.handover("default", &id).await.unwrap(), None);
    assert!(store.handovers_of(&anna.id, 10).await.unwrap().is_empty());
}

pub(crate) async fn what_is_with_many_agents_hides_nobody_who_waits(store: Fresh) {
    let anna = agent(&*store, "anna", &["nurse"]).await;
    let many = u32::try_from(MAX_HANDOVERS).unwrap() + 1;
    let with = json!({"queue": "nurse", "stage": "with", "since_ms": NOW, "agent": anna.id});
    take(&*store, (0..many).map(|number| turn(&format!("c{number}"), 0, NOW, with.clone()))).await;
    take(&*store, [turn("waits", 0, NOW + 1, asked("nurse", NOW + 1))]).await;
    let queued = store.queued_handovers("default", &["nurse".into()]).await.unwrap();
    assert_eq!(queued.iter().map(|row| &row.conversation).collect::<Vec<_>>(), [&key("waits").id()]);
    assert_eq!(store.handovers_with(&anna.id).await.unwrap().len(), many as usize);
}

pub(crate) async fn a_queue_keeps_its_order_and_gets_back_what_a_lost_agent_had(store: Fresh) {
    let anna = agent(&*store, "anna", &["nurse"]).await;
    for (index, name) in ["c1", "c2", "c3"].into_iter().enumerate() {
        let at = NOW + i64::try_from(index).unwrap();
        take(&*store, [turn(name, 0, at, asked("nurse", at))]).await;
    }
    let urgent = json!({"queue": "nurse", "stage": "waiting", "since_ms": NOW + 9, "urgent": true});
    take(&*store, [turn("c4", 0, NOW + 9, urgent), turn("c5", 0, NOW, asked("host", NOW))]).await;
    let queue = async || {
        let queued = store.queued_handovers("default", &["nurse".into()]).await.unwrap();
        queued.into_iter().map(|row| row.conversation).collect::<Vec<_>>()
    };
    let annas = async || {
        let with = store.handovers_with(&anna.id).await.unwrap();
        with.into_iter().map(|row| (row.conversation, row.stage)).collect::<Vec<_>>()
    };
    let id = |name: &str| key(name).id();
    let all = [id("c4"), id("c1"), id("c2"), id("c3")];
    assert_eq!((queue().await, annas().await), (all.to_vec(), Vec::new()), "urgent ones first");
    let third = store.handover("default", &id("c3")).await.unwrap().unwrap();
    assert_eq!(store.ahead_of("default", &third).await.unwrap(), 3);

    store.heartbeat(&anna.id, &["nurse".into()], NOW + 10, NOW - 1).await.unwrap();
    let with = json!({"queue": "nurse", "stage": "with", "since_ms": NOW, "agent": anna.id});
    take(&*store, [turn("c1", 1, NOW + 11, with)]).await;
    assert_eq!(queue().await, [id("c4"), id("c2"), id("c3")]);
    assert_eq!(annas().await, [(id("c1"), With)]);
    assert_eq!(store.ahead_of("default", &third).await.unwrap(), 2);
    assert!(store.requeue_lost(NOW + 10, NOW + 12, lost_event).await.unwrap().is_empty(), "she is there");
    let lost = store.requeue_lost(NOW + 11, NOW + 12, lost_event).await.unwrap();
    assert_eq!(lost.len(), 1);
    assert_eq!((lost[0].0.as_str(), lost[0].1.stage, lost[0].1.requeued), ("default", Waiting, 1));
    assert_eq!((lost[0].1.since, lost[0].1.waiting_since), (NOW, NOW + 12), "its place, and a new clock");
    // What the person says meanwhile changes nothing.
    let meanwhile = json!({"queue": "nurse", "stage": "with", "since_ms": NOW});
    take(&*store, [turn("c1", 2, NOW + 13, meanwhile)]).await;
    assert_eq!((queue().await, annas().await), (all.to_vec(), Vec::new()));
    assert!(store.requeue_lost(NOW + 11, NOW + 14, lost_event).await.unwrap().is_empty(), "once");

    store.heartbeat(&anna.id, &["nurse".into()], NOW + 100_000, NOW + 10_000).await.unwrap();
    store.heartbeat(&anna.id, &["nurse".into()], NOW + 100_001, NOW + 10_001).await.unwrap();
    let back = store.agents("default").await.unwrap().remove(0);
    assert_eq!((back.reconnected, back.serving, back.heartbeat_at), (1, vec!["nurse".to_owned()], Some(NOW + 100_001)));
    let told = || event("escalation.returned");
    assert!(!store.requeue("default", &id("c1"), &anna.id, NOW, told()).await.unwrap(), "she has it no more");
    let with = json!({"queue": "nurse", "stage": "with", "since_ms": NOW, "agent": anna.id});
    take(&*store, [turn("c1", 3, NOW + 15, with)]).await;
    assert!(store.requeue("default", &id("c1"), &anna.id, NOW + 16, told()).await.unwrap());
    // Who is kept out is gone at once.
    store.heartbeat(&anna.id, &["nurse".into()], NOW + 16, NOW - 1).await.unwrap();
    let with = json!({"queue": "nurse", "stage": "with", "since_ms": NOW, "agent": anna.id});
    take(&*store, [turn("c3", 1, NOW + 16, with)]).await;
    assert!(store.requeue_lost(NOW + 11, NOW + 17, lost_event).await.unwrap().is_empty(), "she is there");
    let kept_out = |disabled| AdministratorChange { disabled: Some(disabled), ..AdministratorChange::default() };
    store.change_administrator(&anna.id, kept_out(true), event("administrator.changed")).await.unwrap();
    let lost = store.requeue_lost(NOW + 11, NOW + 17, lost_event).await.unwrap();
    assert_eq!(lost.iter().map(|(_, row)| row.conversation.clone()).collect::<Vec<_>>(), [id("c3")]);
    store.change_administrator(&anna.id, kept_out(false), event("administrator.changed")).await.unwrap();
    // A clock that was set back since has noted that she was there tomorrow.
    store.heartbeat(&anna.id, &["nurse".into()], NOW + 86_400_000, NOW).await.unwrap();
    let with = json!({"queue": "nurse", "stage": "with", "since_ms": NOW, "agent": anna.id});
    take(&*store, [turn("c2", 1, NOW + 17, with)]).await;
    let lost = store.requeue_lost(NOW - 89_982, NOW + 18, lost_event).await.unwrap();
    assert_eq!(lost.iter().map(|(_, row)| row.conversation.clone()).collect::<Vec<_>>(), [id("c2")]);
    // Each that went back was told of, and what did not was not.
    audit::drain(&*store).await.unwrap();
    let links = store.audit(0, 1_000).await.unwrap();
    assert_eq!(links.iter().filter(|link| link.event.event == "escalation.returned").count(), 4);
    let taken = AgentRow { tenant: "other".into(), ..anna.clone() };
    assert!(!store.keep_agent(taken, event("agent.changed")).await.unwrap(), "she is another tenant's");
    assert_eq!(store.agent(&anna.id).await.unwrap().unwrap().tenant, "default");
}

pub(crate) async fn an_agent_takes_no_more_than_their_capacity(store: Fresh) {
    let anna = agent(&*store, "anna", &["nurse"]).await;
    let names = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"];
    take(&*store, names.map(|name| turn(name, 0, NOW, asked("nurse", NOW)))).await;
    let takes = |name: &str| {
        let with = json!({"queue": "nurse", "stage": "with", "since_ms": NOW, "agent": anna.id});
        let desk = Some(DeskPart::Taken { agent: anna.id.clone() });
        Commit { desk, ..turn(name, 1, NOW + 1, with) }
    };
    let mut tasks = JoinSet::new();
    for name in names {
        let (store, turn) = (store.store.clone(), takes(name));
        tasks.spawn(async move { (name, store.commit(turn).await.unwrap()) });
    }
    let mut taken = Vec::new();
    for (name, outcome) in tasks.join_all().await {
        match outcome {
            CommitOutcome::Committed { .. } => taken.push(name),
            other => assert_eq!(other, CommitOutcome::AgentFull { had: 3 }),
        }
    }
    assert_eq!(taken.len(), 3);
    for name in taken {
        assert!(matches!(store.commit(takes(name)).await.unwrap(), CommitOutcome::Replayed { .. }), "a retry");
    }
    let own = store.handovers_with(&anna.id).await.unwrap();
    assert_eq!(own.len(), 3, "of the others nothing is kept");
}

pub(crate) async fn who_waits_too_long_is_found_by_the_games_patience_or_the_deployments(store: Fresh) {
    let patient = json!({"queue": "nurse", "stage": "waiting", "since_ms": NOW, "patience_ms": 1_000});
    take(&*store, [turn("c1", 0, NOW, patient), turn("c2", 0, NOW, asked("nurse", NOW))]).await;
    let overdue = async |at: Millis| {
        let found = store.overdue_handovers(at, PATIENCE_MS, &[]).await.unwrap();
        found.into_iter().map(|(_, row)| row.conversation).collect::<Vec<_>>()
    };
    let waiting = async |before: Millis| {
        let queues = store.waiting_handovers(before).await.unwrap();
        queues.into_iter().map(|queue| (queue.queue, queue.waiting, queue.since)).collect::<Vec<_>>()
    };
    assert_eq!(overdue(NOW + 999).await, []);
    assert_eq!(waiting(NOW - 1).await, []);
    assert_eq!(waiting(NOW).await, [("nurse".to_owned(), 1, NOW)], "of the other nobody knows whether somebody comes");
    assert_eq!(overdue(NOW + 1_000).await, [key("c1").id()]);
    let ended = json!({"queue": "nurse", "stage": "timed_out", "since_ms": NOW});
    take(&*store, [turn("c1", 1, NOW + 1_001, ended)]).await;
    assert_eq!(overdue(NOW + 60_000).await, [], "nobody serves that queue");
    agent(&*store, "anna", &["reception", "nurse"]).await;
    assert_eq!(waiting(NOW).await, [("nurse".to_owned(), 1, NOW)]);
    take(&*store, [turn("c3", 0, NOW + 5, asked("nurse", NOW + 5))]).await;
    assert_eq!(waiting(NOW + 5).await, [("nurse".to_owned(), 2, NOW)]);
    assert_eq!(overdue(NOW + 59_999).await, []);
    assert_eq!(overdue(NOW + 60_000).await, [key("c2").id()]);
    let but_it = store.overdue_handovers(NOW + 60_005, PATIENCE_MS, &[key("c2").id()]).await.unwrap();
    assert_eq!(but_it.into_iter().map(|(_, row)| row.conversation).collect::<Vec<_>>(), [key("c3").id()]);
    assert_eq!(store.handover("default", &key("c1").id()).await.unwrap().unwrap().stage, TimedOut);
}
