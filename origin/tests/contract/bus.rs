//! The event bus: everything that was committed is heard, in order, by whoever may hear it, and nothing of the erased.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use lgdl_origin::Config;
use lgdl_origin::audit::{drain, keep, trim};
use lgdl_origin::bus::Priority;
use lgdl_origin::clock::ManualClock;
use lgdl_origin::config::Live;
use lgdl_origin::ids::person_pseudonym;
use lgdl_origin::store::{
    BusRow, Commit, CommitOutcome, ConversationKey, ErasureOutcome, Event, MAX_PAGE, Store, Urgency, Wanted,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::data::{NOW, commit, event, key, order};
use crate::stores::Fresh;

/// A turn that tells what turns tell.
fn telling(external_id: &str, user: &str, expected_version: u64) -> Commit {
    let turn = commit(external_id, user, expected_version, &format!("{external_id}/{expected_version}"));
    let of = |name: &str, detail: Value| Event {
        at: turn.now_ms,
        tenant: turn.key.tenant.clone(),
        event: name.into(),
        actor: person_pseudonym(&turn.key.tenant, user),
        subject: turn.key.id().to_string(),
        detail,
    };
    let mut events =
        vec![of("turn.committed", json!({"game": turn.key.game, "turn": expected_version + 1, "move": "m"}))];
    if expected_version == 0 {
        events.insert(0, of("conversation.created", json!({"game": turn.key.game})));
        events.insert(1, of("conversation.started", json!({"game": turn.key.game})));
    }
    Commit { events, ..turn }
}

async fn all(store: &dyn Store) -> Vec<BusRow> {
    heard(store, &Wanted::everything(), MAX_PAGE).await
}

/// Everything that somebody hears, page by page.
async fn heard(store: &dyn Store, wanted: &Wanted, limit: u32) -> Vec<BusRow> {
    let (mut after, mut rows) = (0, Vec::new());
    loop {
        let page = store.bus_events(wanted, after, limit).await.unwrap();
        let done = (page.events.len() as u64) < u64::from(limit);
        rows.extend(page.events);
        if done {
            return rows;
        }
        after = page.next;
    }
}

fn names(rows: &[BusRow]) -> Vec<&str> {
    rows.iter().map(|row| row.event.name.as_str()).collect()
}

pub(crate) async fn what_a_commit_tells_is_heard_once_and_in_its_order(store: Fresh) {
    let first = telling("c", "u", 0);
    store.commit(first.clone()).await.unwrap();
    // Neither a replay nor a lost race tells anything.
    assert!(matches!(store.commit(first.clone()).await.unwrap(), CommitOutcome::Replayed { .. }));
    let lost = Commit { idempotency_key: "another".into(), ..first };
    assert!(matches!(store.commit(lost).await.unwrap(), CommitOutcome::Conflict { .. }));
    store.commit(telling("c", "u", 1)).await.unwrap();
    assert_eq!(drain(&*store).await.unwrap(), 2, "a turn costs the outbox one row");
    let rows = all(&*store).await;
    assert_eq!(names(&rows), ["conversation.started", "turn.committed", "turn.committed"]);
    let (id, person) = (key("c").id().to_string(), person_pseudonym("default", "u"));
    for row in &rows {
        let event = &row.event;
        assert_eq!(
            (event.conversation.as_deref(), event.person.as_deref()),
            (Some(id.as_str()), Some(person.as_str()))
        );
        assert_eq!((event.tenant.as_str(), event.game.as_deref(), event.version), ("default", Some("medical"), 1));
    }
    assert_eq!(rows[2].event.data, json!({"game": "medical", "turn": 2, "move": "m"}));
    assert!(rows.is_sorted_by(|one, other| one.sequence < other.sequence && one.event.id != other.event.id));
    // The audit log has what is its own.
    let links = store.audit(0, MAX_PAGE).await.unwrap();
    assert_eq!(links.iter().map(|link| link.event.event.as_str()).collect::<Vec<_>>(), ["conversation.created"]);
}

pub(crate) async fn a_reader_who_goes_by_the_cursor_misses_no_commit_among_many(store: Fresh) {
    const CONVERSATIONS: u64 = 12;
    const TURNS: u64 = 10;
    let mut writers = JoinSet::new();
    for conversation in 0..CONVERSATIONS {
        let store = store.store.clone();
        writers.spawn(async move {
            for turn in 0..TURNS {
                store.commit(telling(&format!("c{conversation}"), "u", turn)).await.unwrap();
            }
        });
    }
    // As several origins do, each with a keeper of its own.
    let mut movers = JoinSet::new();
    for _ in 0..2 {
        let store = store.store.clone();
        movers.spawn(async move {
            loop {
                store.drain_outbox(7).await.unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    }
    let wanted = Wanted { names: Some(vec!["turn.committed".into()]), ..Wanted::everything() };
    let (mut after, mut turns) = (0, BTreeMap::<String, Vec<u64>>::new());
    let started = Instant::now();
    while turns.values().map(Vec::len).sum::<usize>() < (CONVERSATIONS * TURNS) as usize {
        assert!(started.elapsed() < Duration::from_secs(60), "{turns:?}");
        let page = store.bus_events(&wanted, after, 5).await.unwrap();
        for row in page.events {
            assert!(row.sequence > after);
            let turn = row.event.data["turn"].as_u64().unwrap();
            turns.entry(row.event.subject).or_default().push(turn);
        }
        after = page.next;
    }
    writers.join_all().await;
    movers.shutdown().await;
    for (conversation, turns) in turns {
        assert_eq!(turns, (1..=TURNS).collect::<Vec<_>>(), "{conversation}");
    }
}

pub(crate) async fn readers_hear_what_they_asked_for_and_nothing_of_another_tenant(store: Fresh) {
    store.commit(telling("c", "u", 0)).await.unwrap();
    let mut other = telling("c", "u", 0);
    other.key = ConversationKey { tenant: "other".into(), ..other.key };
    for event in &mut other.events {
        event.tenant = "other".into();
    }
    store.commit(other).await.unwrap();
    store.enqueue(vec![Event { subject: "game".into(), ..event("game.published") }]).await.unwrap();
    let escalation = Event { subject: key("c").id().to_string(), ..event("escalation.requested") };
    store.enqueue(vec![escalation, event("key.created")]).await.unwrap();
    drain(&*store).await.unwrap();
    let own = Wanted { tenant: Some("default".into()), ..Wanted::everything() };
    let expected = ["conversation.started", "turn.committed", "game.published", "escalation.requested"];
    for limit in [1, 2, 3, MAX_PAGE] {
        assert_eq!(names(&heard(&*store, &own, limit).await), expected);
    }
    let other = Wanted { tenant: Some("other".into()), ..Wanted::everything() };
    assert_eq!(names(&heard(&*store, &other, 1).await), ["conversation.started", "turn.committed"]);
    let some = Wanted { names: Some(vec!["game.published".into(), "turn.committed".into()]), ..own.clone() };
    assert_eq!(names(&heard(&*store, &some, 1).await), ["turn.committed", "game.published"]);
    let urgent = Wanted { urgent: Urgency::High, ..own };
    let urgent = heard(&*store, &urgent, 1).await;
    assert_eq!((names(&urgent), urgent[0].event.priority), (vec!["escalation.requested"], Priority::High));
    // Who hears nothing of interest need not look at the same again.
    let nothing = Wanted { names: Some(vec!["person.erased".into()]), ..Wanted::everything() };
    let page = store.bus_events(&nothing, 0, 10).await.unwrap();
    assert_eq!((page.events.len(), page.next), (0, store.bus_ends().await.unwrap().last));
}

pub(crate) async fn nothing_of_the_erased_is_heard(store: Fresh) {
    let consent = |user: &str| Event {
        at: NOW + 5,
        subject: person_pseudonym("default", user),
        detail: json!({"game": "medical", "given": true}),
        ..event("consent.changed")
    };
    for user in ["gone", "stays"] {
        for conversation in ["a", "b"] {
            store.commit(telling(&format!("{user}-{conversation}"), user, 0)).await.unwrap();
        }
        store.enqueue(vec![consent(user)]).await.unwrap();
    }
    drain(&*store).await.unwrap();
    // These still lie in the outbox when the erasure comes.
    store.commit(telling("gone-a", "gone", 1)).await.unwrap();
    store.enqueue(vec![consent("gone")]).await.unwrap();
    store.commit(telling("stays-b", "stays", 1)).await.unwrap();
    let told = |name: &str, subject: String| Event { at: NOW + 9, subject, ..event(name) };
    let person = person_pseudonym("default", "gone");
    let erased =
        store.erase_person("default", "gone", order(NOW + 9), told("person.erased", person.clone())).await.unwrap();
    assert!(matches!(erased, ErasureOutcome::Erased(_)));
    let conversation = key("stays-a").id().to_string();
    let told = told("conversation.deleted", conversation.clone());
    store.erase_conversation(&key("stays-a"), "stays", order(NOW + 9), told).await.unwrap();
    drain(&*store).await.unwrap();
    let rows = all(&*store).await;
    assert_eq!(
        names(&rows),
        [
            "conversation.started",
            "turn.committed",
            "consent.changed",
            "turn.committed",
            "person.erased",
            "conversation.ended"
        ]
    );
    let left = key("stays-b").id().to_string();
    assert!(rows.iter().filter_map(|row| row.event.conversation.as_ref()).all(|conversation| *conversation == left));
    assert_eq!(rows[4].event.data, json!({"person": person}));
    assert_eq!(rows[5].event.data, json!({"conversation": conversation}));
    // Who comes back begins anew, and is heard again.
    let mut back = telling("gone-c", "gone", 0);
    (back.now_ms, back.turn.timestamp) = (NOW + 20, NOW + 20);
    assert!(matches!(store.commit(back).await.unwrap(), CommitOutcome::Committed { .. }));
    drain(&*store).await.unwrap();
    assert_eq!(all(&*store).await.len(), 8);
}

pub(crate) async fn an_erasure_in_the_middle_of_the_moving_leaves_nothing_behind(store: Fresh) {
    for round in 0..20 {
        let (name, user) = (format!("c{round}"), format!("u{round}"));
        for turn in 0..3 {
            store.commit(telling(&name, &user, turn)).await.unwrap();
        }
        let told = Event { subject: person_pseudonym("default", &user), ..event("person.erased") };
        let (erased, moved) =
            tokio::join!(store.erase_person("default", &user, order(NOW + 100), told), store.drain_outbox(100));
        assert!(matches!(erased.unwrap(), ErasureOutcome::Erased(_)));
        moved.unwrap();
        drain(&*store).await.unwrap();
    }
    let rows = all(&*store).await;
    assert_eq!(names(&rows), ["person.erased"; 20]);
}

pub(crate) async fn a_number_is_never_given_twice_and_what_is_old_or_too_much_goes(store: Fresh) {
    let config = |hours: &str, most: &str| {
        let settings =
            [("LGDL_EVENT_RETENTION_HOURS", hours), ("LGDL_EVENT_MAX", most), ("LGDL_EDGE_UNSIGNED", "true")];
        Config::read("", settings.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap()
    };
    let hour = 3_600_000;
    for number in 0..10 {
        store
            .enqueue(vec![Event { at: NOW + number * hour, subject: "g".into(), ..event("game.published") }])
            .await
            .unwrap();
    }
    drain(&*store).await.unwrap();
    assert_eq!(store.bus_before(NOW + 3 * hour).await.unwrap(), 3);
    assert_eq!(store.bus_before(NOW + 30 * hour).await.unwrap(), 10);
    let now = NOW + 10 * hour;
    assert_eq!(trim(&*store, &config("6", "1000"), now).await.unwrap(), 4);
    let ends = store.bus_ends().await.unwrap();
    assert_eq!((ends.first, ends.last), (5, 10));
    assert_eq!(store.trim_bus(0, 2, 100).await.unwrap(), 4);
    assert_eq!(all(&*store).await.iter().map(|row| row.sequence).collect::<Vec<_>>(), [9, 10]);
    // The last are erased: the next gets a number of its own, and a cursor behind them still hears it.
    store.commit(telling("c", "u", 0)).await.unwrap();
    drain(&*store).await.unwrap();
    let last = store.bus_ends().await.unwrap().last;
    let told = Event { subject: key("c").id().to_string(), ..event("nothing") };
    store.erase_conversation(&key("c"), "u", order(NOW), told).await.unwrap();
    store.enqueue(vec![Event { subject: "g".into(), ..event("game.published") }]).await.unwrap();
    drain(&*store).await.unwrap();
    let page = store.bus_events(&Wanted::everything(), last, 10).await.unwrap();
    assert_eq!(page.events.len(), 1);
    assert!(page.next > last);
}

pub(crate) async fn readers_are_woken_when_a_turn_is_committed(store: Fresh) {
    const TURNS: u64 = 200;
    let settings = [("LGDL_EDGE_UNSIGNED".to_owned(), "true".to_owned())];
    let config = Arc::new(Config::read("", settings).unwrap());
    let keeper = {
        let (store, config) = (store.store.clone(), config.clone());
        tokio::spawn(
            async move { keep(&*store, &Live::new(config), &ManualClock::at(NOW), &AtomicBool::default()).await },
        )
    };
    let wanted = Wanted { names: Some(vec!["turn.committed".into()]), ..Wanted::everything() };
    let (mut signal, mut after, mut waits) = (store.signals().heard(), 0, Vec::new());
    for turn in 0..TURNS {
        store.commit(telling("c", "u", turn)).await.unwrap();
        let committed = Instant::now();
        loop {
            let page = store.bus_events(&wanted, after, 10).await.unwrap();
            after = page.next;
            if !page.events.is_empty() {
                break;
            }
            tokio::time::timeout(Duration::from_secs(10), signal.changed()).await.expect("it is heard").unwrap();
        }
        waits.push(committed.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    keeper.abort();
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "from commit to reader on {}: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms",
        store.kind(),
        at(0.5),
        at(0.95),
        at(0.99)
    );
    assert!(at(0.5) < 500.0, "nobody was woken: readers found it by looking");
}
