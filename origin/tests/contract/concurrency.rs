//! Races: nothing lost, nothing doubled, nothing out of order, and the loser gets what it needs to try again.

use std::sync::Arc;

use lgdl_origin::clock::DAY_MS;
use lgdl_origin::ids::DataKeyId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{Commit, CommitOutcome, Store};
use tokio::task::JoinSet;

use crate::data::{NOW, claim, commit, event, key, order, with_bases};
use crate::stores::Fresh;

const TASKS: usize = 64;
const TURNS_EACH: u64 = 3;
/// Races that one turn may lose; 64 tasks with 3 turns each lose at most 191.
const MAX_ATTEMPTS: usize = 200;

/// Takes turns as an edge does: a conflict carries the state to go on from.
async fn take_turns(store: Arc<dyn Store>, conversation: String, who: usize, turns: u64) -> usize {
    let mut version = 0;
    let mut lost = 0;
    for turn in 0..turns {
        let mut attempts = 0;
        loop {
            attempts += 1;
            assert!(attempts <= MAX_ATTEMPTS, "a turn never got its place");
            match store.commit(commit(&conversation, "u", version, &format!("task{who}-turn{turn}"))).await.unwrap() {
                CommitOutcome::Committed { version: now } => {
                    assert_eq!(now, version + 1);
                    version = now;
                    break;
                }
                CommitOutcome::Conflict { current: Some(current), claimed_for_ms: None } => {
                    assert_ne!(current.version, version);
                    assert_eq!(current.state, format!(r#"{{"turns":{}}}"#, current.version));
                    version = current.version;
                    lost += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    lost
}

async fn assert_whole(store: &dyn Store, conversation: &str, expected: &mut Vec<String>) {
    let turns = store.turns(&key(conversation).id(), 0, 1000).await.unwrap();
    assert!(turns.iter().zip(1..).all(|(turn, number)| turn.turn_num == number), "numbered without gaps");
    let mut found: Vec<_> = turns.into_iter().map(|turn| turn.user_input).collect();
    found.sort();
    expected.sort();
    assert_eq!(&found, expected, "each turn once");
}

pub(crate) async fn sixty_four_tasks_on_one_conversation_lose_nothing(fresh: Fresh) {
    let mut tasks = JoinSet::new();
    for who in 0..TASKS {
        tasks.spawn(take_turns(fresh.store.clone(), "one".into(), who, TURNS_EACH));
    }
    let lost: usize = tasks.join_all().await.into_iter().sum();
    assert!(lost > 0, "there was a race");
    let each = |who| (0..TURNS_EACH).map(move |turn| format!("input task{who}-turn{turn}"));
    assert_whole(&*fresh.store, "one", &mut (0..TASKS).flat_map(each).collect()).await;
}

pub(crate) async fn sixty_four_tasks_on_many_conversations_lose_nothing(fresh: Fresh) {
    let mut tasks = JoinSet::new();
    for who in 0..TASKS {
        tasks.spawn(take_turns(fresh.store.clone(), format!("c{who}"), who, TURNS_EACH * 4));
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 0, "nobody was in anybody's way");
    for who in 0..TASKS {
        let mut expected = (0..TURNS_EACH * 4).map(|turn| format!("input task{who}-turn{turn}")).collect();
        assert_whole(&*fresh.store, &format!("c{who}"), &mut expected).await;
    }
}

pub(crate) async fn one_key_sent_by_many_is_committed_once(fresh: Fresh) {
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let store = fresh.store.clone();
        tasks.spawn(async move { store.commit(commit("c", "u", 0, "k")).await.unwrap() });
    }
    let outcomes = tasks.join_all().await;
    let committed = outcomes.iter().filter(|outcome| matches!(outcome, CommitOutcome::Committed { version: 1 }));
    assert_eq!(committed.count(), 1);
    let answer = commit("c", "u", 0, "k").answer;
    let replayed = outcomes.iter().filter(|outcome| **outcome == CommitOutcome::Replayed { answer: answer.clone() });
    assert_eq!(replayed.count(), TASKS - 1);
}

pub(crate) async fn a_turn_that_cannot_be_stored_takes_no_other_with_it(fresh: Fresh) {
    let mut tasks = JoinSet::new();
    for who in 0..TASKS {
        let (store, mut turn) = (fresh.store.clone(), commit(&format!("c{who}"), "u", 0, &format!("k{who}")));
        let bad = who % 16 == 7;
        if bad {
            turn.turn.metadata = "{".into();
        }
        tasks.spawn(async move { (bad, store.commit(turn).await) });
    }
    for (bad, outcome) in tasks.join_all().await {
        match outcome {
            Ok(outcome) => assert_eq!(outcome, CommitOutcome::Committed { version: 1 }),
            // A store that keeps this column as text takes it.
            Err(error) => assert!(bad, "{error}"),
        }
    }
    for who in (0..TASKS).filter(|who| who % 16 != 7) {
        assert_whole(&*fresh.store, &format!("c{who}"), &mut vec![format!("input k{who}")]).await;
    }
}

/// Turns that come at once and so share a transaction, with all among them that something stands against.
pub(crate) async fn what_stands_against_one_turn_stands_against_no_other(fresh: Fresh) {
    const PLAIN: usize = 40;
    let store = &fresh.store;
    let first = |name: &str| commit(name, "u", 0, &format!("{name}-0"));
    let old = NOW - 70 * DAY_MS;
    for name in ["moved", "named", "right", "anns", "held", "mine", "gone", "answered"] {
        store.commit(first(name)).await.unwrap();
    }
    store.commit(commit("moved", "u", 1, "moved-1")).await.unwrap();
    store.commit(Commit { now_ms: old, ..first("old") }).await.unwrap();
    store.erase_conversation(&key("gone"), "u", order(NOW), event("told")).await.unwrap();
    store.claim(claim("held", "u", 1, "another's", NOW)).await.unwrap();
    store.claim(claim("mine", "u", 1, "mine-1", NOW)).await.unwrap();
    let no_key = DataKeyId::mint(NOW, &SystemRandom);

    type Right = fn(&CommitOutcome) -> bool;
    let goes_on: Right = |outcome| *outcome == CommitOutcome::Committed { version: 2 };
    let begins: Right = |outcome| *outcome == CommitOutcome::Committed { version: 1 };
    let mut turns: Vec<(String, Commit, Right)> = (0..PLAIN)
        .map(|number| {
            (format!("plain {number}"), commit(&format!("plain{number}"), "u", 0, &format!("p{number}")), begins)
        })
        .collect();
    let mut add = |name: &str, turn: Commit, right: Right| turns.push((name.to_owned(), turn, right));
    add(
        "another version",
        commit("moved", "u", 1, "late"),
        |outcome| matches!(outcome, CommitOutcome::Conflict { current: Some(row), claimed_for_ms: None } if row.version == 2),
    );
    add(
        "another state",
        with_bases(commit("named", "u", 1, "n"), &["1:not this one"]),
        |outcome| matches!(outcome, CommitOutcome::Conflict { current: Some(row), claimed_for_ms: None } if row.version == 1),
    );
    add("that state", with_bases(commit("right", "u", 1, "r"), &["1:another", "1:right-0"]), goes_on);
    add("another person's", commit("anns", "ben", 1, "b"), |outcome| *outcome == CommitOutcome::NotTheirs);
    add("held by another", commit("held", "u", 1, "h"), |outcome| {
        matches!(outcome, CommitOutcome::Conflict { claimed_for_ms: Some(1..=1000), .. })
    });
    add("held by itself", commit("mine", "u", 1, "mine-1"), goes_on);
    add("erased", commit("gone", "u", 0, "g"), |outcome| *outcome == CommitOutcome::Erased);
    add("answered", commit("answered", "u", 0, "answered-0"), |outcome| {
        matches!(outcome, CommitOutcome::Replayed { .. })
    });
    let other = Commit { fingerprint: "another".into(), ..commit("answered", "u", 1, "answered-0") };
    add("under a used key", other, |outcome| *outcome == CommitOutcome::KeyReused);
    let sealed = Commit { data_key: Some(no_key), ..first("sealed") };
    add("without its key", sealed, |outcome| *outcome == CommitOutcome::DataKeyGone);
    add("of another month", commit("old", "u", 1, "old-1"), goes_on);
    let twice: Right = |outcome| {
        matches!(outcome, CommitOutcome::Committed { version: 1 })
            || matches!(outcome, CommitOutcome::Conflict { current: Some(row), .. } if row.version == 1)
    };
    add("one of two", commit("twice", "u", 0, "t1"), twice);
    add("the other of two", commit("twice", "u", 0, "t2"), twice);

    let mut tasks = JoinSet::new();
    for (name, turn, right) in turns {
        let store = store.clone();
        tasks.spawn(async move { (name, store.commit(turn).await.unwrap(), right) });
    }
    for (name, outcome, right) in tasks.join_all().await {
        assert!(right(&outcome), "{name}: {outcome:?}");
    }
    for number in 0..PLAIN {
        let turns = store.turns(&key(&format!("plain{number}")).id(), 0, 10).await.unwrap();
        assert_eq!(turns.len(), 1);
    }
    for (name, count) in
        [("moved", 2), ("named", 1), ("right", 2), ("anns", 1), ("held", 1), ("mine", 2), ("old", 2), ("twice", 1)]
    {
        assert_eq!(store.turns(&key(name).id(), 0, 10).await.unwrap().len(), count, "{name}");
    }
}
