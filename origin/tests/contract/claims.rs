//! Places that turns hold while they act: against other turns, and against other tries of the same one.

use std::sync::Arc;

use lgdl_origin::store::{ActingUntil, Claim, Commit, CommitOutcome};
use tokio::task::JoinSet;

use crate::cases::commits;
use crate::data::{NOW, claim, commit, key};
use crate::stores::Fresh;

pub(crate) async fn a_key_under_which_a_request_acts_is_no_other_requests(store: Fresh) {
    store.claim(claim("c", "u", 0, "k", NOW)).await.unwrap();
    // The same key with other words, in this conversation and in another one, while the first may act.
    let mut other = claim("c", "u", 0, "k", NOW + 1);
    other.fingerprint = "of something else".into();
    assert_eq!(store.claim(other.clone()).await.unwrap(), CommitOutcome::KeyReused);
    other.key = key("d");
    assert_eq!(store.claim(other.clone()).await.unwrap(), CommitOutcome::KeyReused);
    let mut turn = commit("d", "u", 0, "k");
    turn.fingerprint = "of something else".into();
    turn.now_ms = NOW + 1;
    assert_eq!(store.commit(turn).await.unwrap(), CommitOutcome::KeyReused);
    // Somebody else's key of that name is another key, and what has lapsed holds nothing.
    assert_eq!(store.claim(claim("e", "v", 0, "k", NOW + 1)).await.unwrap(), CommitOutcome::Committed { version: 0 });
    other.now_ms = NOW + 1_001;
    assert_eq!(store.claim(other).await.unwrap(), CommitOutcome::Committed { version: 0 });
}

pub(crate) async fn a_claim_keeps_others_out_until_it_lapses_or_its_turn_is_committed(store: Fresh) {
    // A first turn can be claimed before there is a conversation.
    let held = store.claim(claim("c", "u", 0, "mine", NOW)).await.unwrap();
    assert_eq!(held, CommitOutcome::Committed { version: 0 });
    let outcome = store.claim(claim("c", "u", 0, "yours", NOW + 400)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict { current: None, claimed_for_ms: Some(600) });
    let mut foreign = commit("c", "u", 0, "yours");
    foreign.now_ms = NOW + 999;
    let outcome = store.commit(foreign.clone()).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict { current: None, claimed_for_ms: Some(1) });
    // The holder may renew, and commits.
    let renewed = store.claim(claim("c", "u", 0, "mine", NOW + 900)).await.unwrap();
    assert_eq!(renewed, CommitOutcome::Committed { version: 0 });
    let mut mine = commit("c", "u", 0, "mine");
    mine.now_ms = NOW + 1000;
    assert_eq!(store.commit(mine).await.unwrap(), CommitOutcome::Committed { version: 1 });
    // With the turn the claim is gone.
    let next = store.claim(claim("c", "u", 1, "yours", NOW + 1001)).await.unwrap();
    assert_eq!(next, CommitOutcome::Committed { version: 1 });
    // A claim that lapsed keeps nobody out.
    let mut late = commit("c", "u", 1, "late");
    late.now_ms = NOW + 2001;
    assert_eq!(store.commit(late).await.unwrap(), CommitOutcome::Committed { version: 2 });
    // A claim on a version that is gone is a conflict, with the state.
    let outcome = store.claim(claim("c", "u", 1, "yours", NOW)).await.unwrap();
    assert!(
        matches!(outcome, CommitOutcome::Conflict { current: Some(row), claimed_for_ms: None } if row.version == 2)
    );
}

pub(crate) async fn while_one_try_of_a_turn_acts_the_others_wait(store: Fresh) {
    commits(&*store, "c", "u", 1).await;
    for (conversation, version) in [("c", 1), ("begins", 0)] {
        let name = format!("{conversation}-acts");
        let tried = |attempt: &str, at: i64, until: i64| Claim {
            acting: Some(ActingUntil { attempt: attempt.into(), until: NOW + until }),
            ..claim(conversation, "u", version, &name, NOW + at)
        };
        let free = CommitOutcome::Committed { version };
        assert_eq!(store.claim(tried("first", 0, 500)).await.unwrap(), free);
        for (attempt, at) in [("second", 0), ("third", 499)] {
            let outcome = store.claim(tried(attempt, at, at + 500)).await.unwrap();
            let left = Some((500 - at).unsigned_abs());
            assert!(
                matches!(&outcome, CommitOutcome::Conflict { claimed_for_ms, .. } if *claimed_for_ms == left),
                "{outcome:?}"
            );
        }
        // An edge of before does not say who it is, and waits as well.
        let unnamed = store.claim(claim(conversation, "u", version, &name, NOW + 10)).await.unwrap();
        assert!(matches!(unnamed, CommitOutcome::Conflict { claimed_for_ms: Some(490), .. }), "{unnamed:?}");
        // The one that acts may go on, longer than the lease; and one that has ended without a word keeps nobody out for ever.
        assert_eq!(store.claim(tried("first", 400, 900)).await.unwrap(), free);
        assert_eq!(store.claim(tried("second", 900, 1_500)).await.unwrap(), free);
        assert!(matches!(store.claim(tried("first", 1_000, 1_500)).await.unwrap(), CommitOutcome::Conflict { .. }));
        // Whichever is done first commits; it is one turn.
        let done = Commit { now_ms: NOW + 1_100, ..commit(conversation, "u", version, &name) };
        let answer = done.answer.clone();
        assert_eq!(store.commit(done).await.unwrap(), CommitOutcome::Committed { version: version + 1 });
        assert_eq!(store.claim(tried("third", 1_101, 1_500)).await.unwrap(), CommitOutcome::Replayed { answer });
    }
}

/// One try looked up in vain, and would not act: what another one is doing would stand nowhere.
pub(crate) async fn while_one_try_of_a_turn_acts_no_other_is_committed(store: Fresh) {
    commits(&*store, "c", "u", 1).await;
    for (conversation, version) in [("c", 1), ("begins", 0)] {
        let name = format!("{conversation}-acts");
        let acts = |attempt: &str, at: i64| Claim {
            acting: Some(ActingUntil { attempt: attempt.into(), until: NOW + 500 }),
            ..claim(conversation, "u", version, &name, NOW + at)
        };
        let done = |attempt: Option<&str>, at: i64| Commit {
            attempt: attempt.map(str::to_owned),
            now_ms: NOW + at,
            ..commit(conversation, "u", version, &name)
        };
        let held = |outcome: &CommitOutcome, left: u64| matches!(outcome, CommitOutcome::Conflict { claimed_for_ms: Some(ms), .. } if *ms == left);
        assert_eq!(store.claim(acts("first", 0)).await.unwrap(), CommitOutcome::Committed { version });
        let outcome = store.commit(done(Some("second"), 100)).await.unwrap();
        assert!(held(&outcome, 400), "{outcome:?}");
        // Nor together with others.
        let mut together = JoinSet::new();
        for other in 0..20 {
            let (store, turn) = (
                Arc::clone(&store.store),
                commit(&format!("{conversation}-{other}"), "u", 0, &format!("{name}-{other}")),
            );
            together.spawn(async move { store.commit(turn).await });
        }
        let outcome = store.commit(done(Some("second"), 200)).await.unwrap();
        assert!(held(&outcome, 300), "{outcome:?}");
        for outcome in together.join_all().await {
            assert_eq!(outcome.unwrap(), CommitOutcome::Committed { version: 1 });
        }
        // The one that acts is, and the other one is told what came of it.
        let answer = done(None, 0).answer;
        assert_eq!(
            store.commit(done(Some("first"), 300)).await.unwrap(),
            CommitOutcome::Committed { version: version + 1 }
        );
        assert_eq!(store.commit(done(Some("second"), 301)).await.unwrap(), CommitOutcome::Replayed { answer });
    }
    // One that acted for as long as it might, and was not heard of again, keeps nobody out; an edge of before does not say who it is.
    for (conversation, attempt, at) in [("late", Some("second"), 501), ("unsaid", None, 100)] {
        let acts = ActingUntil { attempt: "first".into(), until: NOW + 500 };
        store.claim(Claim { acting: Some(acts), ..claim(conversation, "u", 0, conversation, NOW) }).await.unwrap();
        let turn = commit(conversation, "u", 0, conversation);
        let turn = Commit { attempt: attempt.map(str::to_owned), now_ms: NOW + at, ..turn };
        assert_eq!(store.commit(turn).await.unwrap(), CommitOutcome::Committed { version: 1 });
    }
}
