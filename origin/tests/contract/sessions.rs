//! Conversations that fall silent: found in order and once, ended in one transaction with what is told of it, and begun anew by
//! turns that were run on a beginning.

use lgdl_origin::clock::Millis;
use lgdl_origin::store::{Activity, CommitOutcome, ConversationRow, Lookup, Silence, Store, anew};
use serde_json::json;

use crate::data::{NOW, claim, commit, event, key, order, with_bases};
use crate::stores::Fresh;

/// One turn of a conversation, committed at a time.
async fn spoken(store: &dyn Store, conversation: &str, at: Millis) {
    let mut turn = commit(conversation, "u", 0, &format!("{conversation} at {at}"));
    (turn.now_ms, turn.turn.timestamp) = (at, at);
    assert!(matches!(store.commit(turn).await.unwrap(), CommitOutcome::Committed { .. }));
}

fn names(rows: &[ConversationRow]) -> Vec<&str> {
    rows.iter().map(|row| row.external_id.as_str()).collect()
}

pub(crate) async fn who_falls_silent_is_found_in_order_page_by_page(store: Fresh) {
    for (conversation, at) in [("c", NOW + 30), ("a", NOW + 10), ("b", NOW + 20), ("d", NOW + 40)] {
        spoken(&*store, conversation, at).await;
    }
    // By the stored answers, where they are all there, and without them.
    for answers_since in [NOW, NOW + 1_000] {
        let ask = |after: (Millis, String), until| Silence { tenant: None, after, until, answers_since };
        let begin = (NOW, String::new());
        let first = store.silent(ask(begin.clone(), NOW + 30), 2).await.unwrap();
        assert_eq!(names(&first), ["a", "b"], "{answers_since}");
        let place = (first[1].updated_at, first[1].id.to_string());
        assert_eq!(names(&store.silent(ask(place, NOW + 30), 2).await.unwrap()), ["c"]);
        let other = Silence { tenant: Some("other".into()), ..ask(begin.clone(), NOW + 30) };
        assert!(store.silent(other, 9).await.unwrap().is_empty());
        let own = Silence { tenant: Some("default".into()), ..ask(begin, NOW + 40) };
        assert_eq!(store.silent(own, 9).await.unwrap().len(), 4);
    }
    // Whoever has spoken since is not silent.
    let mut second = commit("a", "u", 1, "again");
    second.now_ms = NOW + 50;
    store.commit(second).await.unwrap();
    let since = Silence { tenant: None, after: (NOW, String::new()), until: NOW + 30, answers_since: NOW };
    assert_eq!(names(&store.silent(since, 9).await.unwrap()), ["b", "c"]);
    assert_eq!(store.open_conversations(NOW + 30).await.unwrap(), [("default".to_owned(), 3)]);
    assert_eq!(store.open_conversations(NOW + 51).await.unwrap(), []);
}

pub(crate) async fn the_conversations_of_a_version_are_found_until_they_expire(store: Fresh) {
    for conversation in ["a", "b", "c"] {
        spoken(&*store, conversation, NOW).await;
    }
    let mut other = commit("other", "u", 0, "other");
    other.game_version = "v2".into();
    store.commit(other).await.unwrap();
    store.commit(commit("c", "u", 1, "again")).await.unwrap();
    let of = ("default", "medical", "v1");
    let mut expected: Vec<_> = [("a", 1), ("b", 1), ("c", 2)].map(|(name, turns)| (key(name).id(), turns)).into();
    expected.sort();
    let first = store.on_version(of, None, 2).await.unwrap();
    let rest = store.on_version(of, Some(&first[1].0), 2).await.unwrap();
    assert_eq!([first, rest].concat(), expected, "by id, page by page");
    assert_eq!(store.on_version(("other", "medical", "v1"), None, 9).await.unwrap(), []);
    assert!(store.expire(&key("a").id(), 1, NOW + 1, event("expired")).await.unwrap());
    expected.retain(|(id, _)| *id != key("a").id());
    assert_eq!(store.on_version(of, None, 9).await.unwrap(), expected);
}

pub(crate) async fn what_a_game_says_to_silence_makes_it_no_younger(store: Fresh) {
    spoken(&*store, "c", NOW).await;
    let mut asks = commit("c", "u", 1, "are you there");
    (asks.activity, asks.now_ms) = (Activity::Silence, NOW + 30);
    assert_eq!(store.commit(asks.clone()).await.unwrap(), CommitOutcome::Committed { version: 2 });
    assert!(matches!(store.commit(asks).await.unwrap(), CommitOutcome::Replayed { .. }));
    let mut late = commit("c", "u", 1, "lost");
    (late.activity, late.now_ms) = (Activity::Silence, NOW + 40);
    assert!(matches!(store.commit(late).await.unwrap(), CommitOutcome::Conflict { .. }));
    let Lookup::Found(row) = store.find(&key("c")).await.unwrap() else { panic!("it is there") };
    assert_eq!((row.version, row.updated_at), (2, NOW));
    for answers_since in [NOW, NOW + 1_000, NOW - 1_000] {
        let after = (NOW - 10, String::new());
        let silence = Silence { tenant: None, after, until: NOW + 10, answers_since };
        assert_eq!(names(&store.silent(silence, 9).await.unwrap()), ["c"], "{answers_since}");
    }
    assert_eq!(store.open_conversations(NOW + 1).await.unwrap(), []);
    // What expired is not open, and is known no more as one that goes on.
    assert_eq!(store.open_conversations(NOW).await.unwrap(), [("default".to_owned(), 1)]);
    assert!(store.is_known(&key("c"), "u", "another").await.unwrap());
    assert!(store.expire(&key("c").id(), 2, NOW + 90, event("expired")).await.unwrap());
    assert_eq!(store.open_conversations(NOW).await.unwrap(), []);
    assert!(!store.is_known(&key("c"), "u", "another").await.unwrap());
    assert!(store.is_known(&key("c"), "u", "are you there").await.unwrap(), "it was answered");
}

pub(crate) async fn an_expired_conversation_is_begun_anew_by_turns_on_a_beginning_alone(store: Fresh) {
    let id = key("c").id();
    store.commit(commit("c", "u", 0, "k1")).await.unwrap();
    assert!(!store.expire(&id, 2, NOW, event("gone on")).await.unwrap());
    assert!(!store.expire(&key("nobody").id(), 1, NOW, event("nobody")).await.unwrap());
    store.claim(claim("c", "u", 1, "acts", NOW)).await.unwrap();
    assert!(!store.expire(&id, 1, NOW + 999, event("somebody acts")).await.unwrap());
    assert!(store.expire(&id, 1, NOW + 1_001, event("expired")).await.unwrap());

    let Lookup::Found(row) = store.find(&key("c")).await.unwrap() else { panic!("it is there") };
    assert_eq!((row.version, row.state.as_str(), row.updated_at), (1, r#"{"turns":1}"#, NOW + 1), "the state stays");
    let facts: serde_json::Value = serde_json::from_str(&row.metadata).unwrap();
    assert_eq!(facts, json!({"expired": {"version": 1, "at": NOW + 1_001}}));

    let mut on_the_old_state = with_bases(commit("c", "u", 1, "k2"), &["1:k1"]);
    on_the_old_state.now_ms = NOW + 2_000;
    let outcome = store.commit(on_the_old_state.clone()).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::Conflict { current: Some(_), claimed_for_ms: None }), "{outcome:?}");
    let mut held = claim("c", "u", 1, "k3", NOW + 2_000);
    held.bases = vec!["1:k1".into()];
    assert!(matches!(store.claim(held.clone()).await.unwrap(), CommitOutcome::Conflict { .. }), "nor may it act");
    held.bases.push(anew(1));
    assert_eq!(store.claim(held).await.unwrap(), CommitOutcome::Committed { version: 1 });
    let mut begun = with_bases(commit("c", "u", 1, "k3"), &["1:x", &anew(1)]);
    begun.now_ms = NOW + 2_001;
    assert_eq!(store.commit(begun).await.unwrap(), CommitOutcome::Committed { version: 2 });
    // From then on it is a conversation as any other, and may expire once more.
    let after = with_bases(commit("c", "u", 2, "k4"), &["2:k3"]);
    assert_eq!(store.commit(after).await.unwrap(), CommitOutcome::Committed { version: 3 });
    assert!(store.expire(&id, 3, NOW + 9_000, event("expired")).await.unwrap());

    while store.drain_outbox(100).await.unwrap() > 0 {}
    let links = store.audit(0, 100).await.unwrap();
    let told: Vec<_> = links.iter().map(|link| link.event.event.as_str()).collect();
    assert_eq!(told, ["expired", "expired"], "what did not take place is not told");
}

pub(crate) async fn a_conversation_with_people_does_not_expire(store: Fresh) {
    let mut turn = commit("c", "u", 0, "k1");
    let handover = json!({"queue": "nurse", "stage": "waiting", "since_ms": NOW});
    turn.turn.metadata = json!({"stage": "escalated", "handover": handover}).to_string();
    store.commit(turn).await.unwrap();
    assert!(!store.expire(&key("c").id(), 1, NOW + 9, event("told")).await.unwrap());
    let mut ended = commit("c", "u", 1, "k2");
    let handover = json!({"queue": "nurse", "stage": "timed_out", "since_ms": NOW});
    ended.turn.metadata = json!({"stage": "answered", "handover": handover}).to_string();
    store.commit(ended).await.unwrap();
    assert!(store.expire(&key("c").id(), 2, NOW + 9, event("told")).await.unwrap());
}

pub(crate) async fn what_is_there_of_a_turn_is_known(store: Fresh) {
    assert!(!store.is_known(&key("c"), "u", "k1").await.unwrap());
    store.claim(claim("c", "u", 0, "k1", NOW)).await.unwrap();
    assert!(store.is_known(&key("c"), "u", "k1").await.unwrap(), "it holds its place");
    assert!(
        !store.is_known(&key("c"), "u", "k2").await.unwrap() && !store.is_known(&key("c"), "v", "k1").await.unwrap()
    );
    store.commit(commit("c", "u", 0, "k1")).await.unwrap();
    assert!(store.is_known(&key("c"), "v", "k2").await.unwrap(), "the conversation is there");
    assert!(store.is_known(&key("d"), "u", "k1").await.unwrap(), "it was answered");
    store.erase_conversation(&key("c"), "u", order(NOW), event("told")).await.unwrap();
    assert!(store.is_known(&key("c"), "u", "k9").await.unwrap(), "it was erased");
}
