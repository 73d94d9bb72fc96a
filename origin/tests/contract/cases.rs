//! What every store must do, one case at a time.

use lgdl_origin::audit::{GENESIS, hash_of};
use lgdl_origin::clock::DAY_MS;
use lgdl_origin::ids::{AdministratorId, ApiKeyId, ConsentId, DataKeyId, HoldId, SessionId, person_pseudonym};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::Section;
use lgdl_origin::store::{
    Activation, AdministratorChange, AdministratorChanged, AdministratorRow, ApiKeyRow, Back, Claim, Commit,
    CommitOutcome, ConsentRow, ContextRow, ConversationFilter, DataKeyRow, ErasureOutcome, HoldRow, Lookup,
    PublishOutcome, RetentionRule, RetentionScope, Role, SessionRow, SessionTokens, Store,
};

use crate::data::{NOW, claim, commit, event, key, order, publication, slot};
use crate::stores::Fresh;

pub(crate) async fn commits(store: &dyn Store, conversation: &str, user: &str, turns: u64) {
    for version in 0..turns {
        let outcome = store.commit(commit(conversation, user, version, &format!("{conversation}-{version}"))).await;
        assert_eq!(outcome.unwrap(), CommitOutcome::Committed { version: version + 1 });
    }
}

pub(crate) async fn version(store: &dyn Store, conversation: &str) -> Option<u64> {
    match store.find(&key(conversation)).await.unwrap() {
        Lookup::Found(row) => Some(row.version),
        _ => None,
    }
}

pub(crate) async fn a_first_turn_begins_a_conversation(store: Fresh) {
    assert_eq!(store.find(&key("c")).await.unwrap(), Lookup::Unknown);
    let first = commit("c", "u", 0, "k");
    assert_eq!(store.commit(first.clone()).await.unwrap(), CommitOutcome::Committed { version: 1 });
    let Lookup::Found(row) = store.find(&key("c")).await.unwrap() else { panic!("it is there") };
    assert_eq!((row.version, row.user_id.as_str(), row.game_version.as_str()), (1, "u", "v1"));
    assert_eq!((row.created_at, row.updated_at), (first.now_ms, first.now_ms));
    assert_eq!((&row.state, &row.summary, row.metadata.as_str()), (&first.state, &first.summary, "{}"));
    assert_eq!(store.find_by_id("default", &row.id).await.unwrap().as_ref(), Some(&*row));
    assert_eq!(store.find_by_id("other", &row.id).await.unwrap(), None);
    let dump = store.dump("default", &row.id).await.unwrap().unwrap();
    assert_eq!((dump.turns, dump.slots), (vec![first.turn], first.slots));
}

pub(crate) async fn turns_are_numbered_from_one_without_gaps(store: Fresh) {
    commits(&*store, "c", "u", 5).await;
    let turns = store.turns(&key("c").id(), 0, 100).await.unwrap();
    assert_eq!(turns.iter().map(|turn| turn.turn_num).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(store.counts().await.unwrap().turns, 5);
}

pub(crate) async fn a_stale_commit_gets_the_current_state(store: Fresh) {
    commits(&*store, "c", "u", 2).await;
    for stale in [0, 1, 3, 700] {
        let outcome = store.commit(commit("c", "u", stale, &format!("stale{stale}"))).await.unwrap();
        let CommitOutcome::Conflict { current: Some(current), claimed_for_ms: None } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((current.version, current.state.as_str()), (2, r#"{"turns":2}"#));
    }
    assert_eq!(store.counts().await.unwrap().turns, 2, "the losers left nothing");
}

pub(crate) async fn a_commit_on_a_conversation_that_is_not_there_gets_a_conflict_without_a_state(store: Fresh) {
    let outcome = store.commit(commit("c", "u", 4, "k")).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Conflict { current: None, claimed_for_ms: None });
}

pub(crate) async fn the_same_key_and_fingerprint_get_the_stored_answer_word_for_word(store: Fresh) {
    let first = commit("c", "u", 0, "k");
    store.commit(first.clone()).await.unwrap();
    commits_after(&*store, 1, 3).await;
    // A retry may have been run on another version: the key decides, not the version.
    for version in [0, 3] {
        let mut again = commit("c", "u", version, "k");
        again.answer = "another".into();
        let outcome = store.commit(again).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Replayed { answer: first.answer.clone() });
    }
    let outcome = store.claim(claim("c", "u", 3, "k", NOW)).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Replayed { answer: first.answer });
    assert_eq!(store.counts().await.unwrap().turns, 3);
}

async fn commits_after(store: &dyn Store, from: u64, to: u64) {
    for version in from..to {
        store.commit(commit("c", "u", version, &format!("more{version}"))).await.unwrap();
    }
}

pub(crate) async fn the_same_key_with_another_fingerprint_is_refused(store: Fresh) {
    store.commit(commit("c", "u", 0, "k")).await.unwrap();
    let mut other = commit("c", "u", 1, "k");
    other.fingerprint = "of something else".into();
    assert_eq!(store.commit(other.clone()).await.unwrap(), CommitOutcome::KeyReused);
    // Also where the other request is about another conversation.
    other.key = key("d");
    other.expected_version = 0;
    assert_eq!(store.commit(other).await.unwrap(), CommitOutcome::KeyReused);
    // Another person may happen on the same key.
    assert_eq!(store.commit(commit("e", "v", 0, "k")).await.unwrap(), CommitOutcome::Committed { version: 1 });
}

pub(crate) async fn another_person_gets_nothing(store: Fresh) {
    commits(&*store, "c", "u", 1).await;
    assert_eq!(store.commit(commit("c", "mallory", 1, "k")).await.unwrap(), CommitOutcome::NotTheirs);
    assert_eq!(store.claim(claim("c", "mallory", 1, "k", NOW)).await.unwrap(), CommitOutcome::NotTheirs);
    let erased = store.erase_conversation(&key("c"), "mallory", order(NOW), event("told")).await.unwrap();
    assert_eq!(erased, ErasureOutcome::Unknown);
    assert_eq!(version(&*store, "c").await, Some(1));
}

pub(crate) async fn tenants_and_games_do_not_share_conversations(store: Fresh) {
    commits(&*store, "c", "u", 2).await;
    for (tenant, game) in [("other", "medical"), ("default", "booking")] {
        let mut first = commit("c", "u", 0, "k");
        (first.key.tenant, first.key.game) = (tenant.into(), game.into());
        assert_eq!(store.find(&first.key).await.unwrap(), Lookup::Unknown);
        first.idempotency_key = format!("{tenant}{game}");
        assert_eq!(store.commit(first).await.unwrap(), CommitOutcome::Committed { version: 1 });
    }
    assert_eq!(store.of_person("default", "u").await.unwrap().len(), 2);
    assert_eq!(store.of_person("other", "u").await.unwrap().len(), 1);
}

pub(crate) async fn a_turn_on_another_state_of_the_same_version_is_a_conflict(store: Fresh) {
    store.commit(commit("c", "u", 0, "k1")).await.unwrap();
    let on = |bases: &[&str]| crate::data::with_bases(commit("c", "u", 1, "k2"), bases);
    let held = |bases: &[&str]| Claim { bases: on(bases).bases, ..claim("c", "u", 1, "k2", NOW) };
    for bases in [&["1:another"][..], &["none"]] {
        let outcome = store.commit(on(bases)).await.unwrap();
        assert!(matches!(outcome, CommitOutcome::Conflict { current: Some(_), claimed_for_ms: None }), "{outcome:?}");
        let outcome = store.claim(held(bases)).await.unwrap();
        assert!(matches!(outcome, CommitOutcome::Conflict { current: Some(_), claimed_for_ms: None }), "{outcome:?}");
    }
    // One of several names is enough: a state may have been named in another way before.
    assert_eq!(store.commit(on(&["1:another", "1:k1"])).await.unwrap(), CommitOutcome::Committed { version: 2 });
    // A state without a name, and one whose name is of an older version, may be any.
    let unnamed = Commit { state_name: None, ..commit("c", "u", 2, "k3") };
    assert_eq!(store.commit(unnamed).await.unwrap(), CommitOutcome::Committed { version: 3 });
    let after = crate::data::with_bases(commit("c", "u", 3, "k4"), &["3:whatever"]);
    assert_eq!(store.commit(after).await.unwrap(), CommitOutcome::Committed { version: 4 });
}

pub(crate) async fn a_conversation_is_erased_while_its_first_turn_is_under_way(store: Fresh) {
    store.claim(claim("c", "u", 0, "k", NOW)).await.unwrap();
    let erase =
        async |user: &str| store.erase_conversation(&key("c"), user, order(NOW + 10), event("told")).await.unwrap();
    assert_eq!(erase("mallory").await, ErasureOutcome::Unknown);
    assert!(matches!(erase("u").await, ErasureOutcome::Erased(_)));
    let mut late = commit("c", "u", 0, "k");
    late.now_ms = NOW + 20;
    assert_eq!(store.commit(late).await.unwrap(), CommitOutcome::Erased);
    assert_eq!(store.find(&key("c")).await.unwrap(), Lookup::Erased);
}

pub(crate) async fn an_erased_conversation_stays_erased(store: Fresh) {
    commits(&*store, "c", "u", 3).await;
    store.claim(claim("c", "u", 3, "k", NOW)).await.unwrap();
    let outcome = store.erase_conversation(&key("c"), "u", order(NOW + 10), event("told")).await.unwrap();
    let ErasureOutcome::Erased(report) = outcome else { panic!("{outcome:?}") };
    assert_eq!((report.conversations, report.turns, report.slots, report.answers), (1, 3, 1, 3));
    assert_eq!(store.find(&key("c")).await.unwrap(), Lookup::Erased);
    assert_eq!(store.turns(&key("c").id(), 0, 100).await.unwrap(), []);
    assert_eq!(store.dump("default", &key("c").id()).await.unwrap(), None);
    // Neither a late turn, nor a retry of one, nor a new beginning brings it back.
    for (version, name) in [(3, "late"), (0, "c-0"), (0, "new")] {
        assert_eq!(store.commit(commit("c", "u", version, name)).await.unwrap(), CommitOutcome::Erased, "{name}");
    }
    assert_eq!(store.claim(claim("c", "u", 0, "k", NOW + 20)).await.unwrap(), CommitOutcome::Erased);
    let again = store.erase_conversation(&key("c"), "u", order(NOW + 11), event("told")).await.unwrap();
    assert_eq!(again, ErasureOutcome::Unknown);
    let stones = store.erasures("default", (0, ""), 10).await.unwrap();
    assert_eq!(stones.len(), 1);
    assert_eq!((stones[0].subject.as_str(), stones[0].report), (key("c").id().as_str(), report));
    assert_eq!(store.counts().await.unwrap().turns, 0);
}

pub(crate) async fn an_erased_person_leaves_nothing_and_late_turns_do_not_bring_them_back(store: Fresh) {
    commits(&*store, "a", "u", 2).await;
    commits(&*store, "b", "u", 1).await;
    commits(&*store, "other", "v", 1).await;
    store.add_consent(consent("u", true, NOW), event("told")).await.unwrap();
    let outcome = store.erase_person("default", "u", order(NOW + 5000), event("told")).await.unwrap();
    let ErasureOutcome::Erased(report) = outcome else { panic!("{outcome:?}") };
    assert_eq!((report.conversations, report.turns, report.consents), (2, 3, 1));
    assert!(store.of_person("default", "u").await.unwrap().is_empty());
    assert!(store.consents("default", "u", None).await.unwrap().is_empty());
    assert_eq!(version(&*store, "other").await, Some(1));
    for conversation in ["a", "b"] {
        assert_eq!(store.commit(commit(conversation, "u", 0, "k")).await.unwrap(), CommitOutcome::Erased);
    }
    // A turn said before the erasure, in a conversation that the origin never saw.
    let mut late = commit("journalled", "u", 0, "late");
    late.journal_sequence = Some(1);
    assert_eq!(store.commit(late.clone()).await.unwrap(), CommitOutcome::Erased);
    // An edge whose clock is a minute ahead journalled it.
    late.turn.timestamp = NOW + 65_000;
    assert_eq!(store.commit(late).await.unwrap(), CommitOutcome::Erased);
    // Coming back later is a person's right.
    let mut back = commit("new", "u", 0, "back");
    back.turn.timestamp = NOW + 5001;
    assert_eq!(store.commit(back).await.unwrap(), CommitOutcome::Committed { version: 1 });
    let subjects: Vec<_> =
        store.erasures("default", (0, ""), 10).await.unwrap().into_iter().map(|s| s.subject).collect();
    assert!(subjects.contains(&person_pseudonym("default", "u")) && subjects.len() == 3, "{subjects:?}");
}

pub(crate) async fn a_legal_hold_keeps_everything(store: Fresh) {
    commits(&*store, "c", "u", 1).await;
    let hold = HoldRow {
        id: HoldId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        user_id: "u".into(),
        reason: "a case".into(),
        placed_at: NOW,
        placed_by: "test".into(),
        lifted_at: None,
    };
    store.place_hold(hold.clone(), event("told")).await.unwrap();
    assert_eq!(store.holds("default").await.unwrap(), std::slice::from_ref(&hold));
    assert_eq!(
        store.erase_conversation(&key("c"), "u", order(NOW), event("told")).await.unwrap(),
        ErasureOutcome::Held
    );
    assert_eq!(store.erase_person("default", "u", order(NOW), event("told")).await.unwrap(), ErasureOutcome::Held);
    let all = RetentionRule { scope: RetentionScope::AllBut(Vec::new()), before: NOW + DAY_MS };
    assert_eq!(store.remove_conversations_before(all.clone(), 10, event("told")).await.unwrap(), 0);
    assert!(store.lift_hold("default", &hold.id, NOW + 1, event("told")).await.unwrap());
    assert!(!store.lift_hold("default", &hold.id, NOW + 2, event("told")).await.unwrap());
    assert_eq!(store.remove_conversations_before(all, 10, event("told")).await.unwrap(), 1);
}

pub(crate) async fn slots_of_the_move_that_answered_are_replaced_and_others_stay(store: Fresh) {
    commits(&*store, "c", "u", 1).await;
    let mut second = commit("c", "u", 1, "k2");
    second.turn.matched_move = "booking".into();
    second.slots = vec![slot("booking", "day", "\"friday\""), slot("booking", "size", "4")];
    second.context = vec![ContextRow { key: "name".into(), value: "\"Ann\"".into() }];
    store.commit(second).await.unwrap();
    let mut third = commit("c", "u", 2, "k3");
    third.turn.matched_move = "booking".into();
    third.slots = vec![slot("booking", "size", "5")];
    third.context = vec![ContextRow { key: "name".into(), value: "\"Bea\"".into() }];
    store.commit(third).await.unwrap();
    let dump = store.dump("default", &key("c").id()).await.unwrap().unwrap();
    let slots: Vec<_> = dump.slots.iter().map(|s| (&*s.move_id, &*s.slot_name, &*s.slot_value)).collect();
    assert_eq!(slots, [("booking", "size", "5"), ("pain", "location", "\"knee\"")]);
    assert_eq!(dump.context, [ContextRow { key: "name".into(), value: "\"Bea\"".into() }]);
}

pub(crate) async fn history_is_paged_in_order(store: Fresh) {
    commits(&*store, "c", "u", 7).await;
    let mut seen = Vec::new();
    while let Some(last) = {
        let after = seen.last().copied().unwrap_or(0);
        let page = store.turns(&key("c").id(), after, 3).await.unwrap();
        seen.extend(page.iter().map(|turn| turn.turn_num));
        page.last().map(|turn| turn.turn_num)
    } {
        assert!(last <= 7);
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
}

pub(crate) async fn games_are_published_pinned_and_rolled_back(store: Fresh) {
    let active =
        async || store.games("default").await.unwrap().into_iter().map(|g| g.active.version).collect::<Vec<_>>();
    let publish = async |version: &str, at| {
        store.publish(publication("medical", version, NOW + at), event("told")).await.unwrap()
    };
    let activate = |version: &str| {
        let activation = Activation { version: version.into(), at: NOW + 5, actor: "test".into() };
        store.activate("default", "medical", activation, event("told"))
    };
    assert_eq!(publish("v1", 1).await, PublishOutcome::Activated);
    assert_eq!(publish("v2", 2).await, PublishOutcome::Activated);
    assert_eq!(publish("v2", 3).await, PublishOutcome::Unchanged);
    assert!(store.set_pinned("default", "medical", true, NOW, event("told")).await.unwrap());
    assert_eq!(publish("v3", 4).await, PublishOutcome::Stored);
    assert_eq!(active().await, ["v2"]);
    assert!(activate("v3").await.unwrap());
    assert!(!activate("v9").await.unwrap());
    assert_eq!(active().await, ["v3"]);
    assert_eq!(
        store.roll_back("default", "medical", Back::default(), NOW + 6, event("told")).await.unwrap().as_deref(),
        Some("v2")
    );
    assert_eq!(
        store.roll_back("default", "medical", Back::default(), NOW + 7, event("told")).await.unwrap().as_deref(),
        Some("v1")
    );
    assert_eq!(store.roll_back("default", "medical", Back::default(), NOW + 8, event("told")).await.unwrap(), None);
    assert!(activate("v2").await.unwrap() && activate("v3").await.unwrap());
    let without = ["v2".to_owned()];
    let back = store
        .roll_back("default", "medical", Back { from: None, without: &without }, NOW + 9, event("told"))
        .await
        .unwrap();
    assert_eq!(back.as_deref(), Some("v1"), "it is passed over");
    assert!(activate("v2").await.unwrap());
    let without = ["v1".to_owned()];
    assert_eq!(
        store
            .roll_back("default", "medical", Back { from: None, without: &without }, NOW + 9, event("told"))
            .await
            .unwrap(),
        None
    );
    assert!(activate("v1").await.unwrap());
    assert_eq!(active().await, ["v1"]);
    let from = |from| Back { from: Some(from), without: &[] };
    let back = store.roll_back("default", "medical", from("v2"), NOW + 9, event("told")).await.unwrap();
    assert_eq!((back, active().await), (None, vec!["v1".to_owned()]), "another one is active");
    let back = store.roll_back("default", "medical", from("v1"), NOW + 9, event("told")).await.unwrap();
    assert_eq!(back.as_deref(), Some("v2"));
    assert!(activate("v1").await.unwrap());
    assert_eq!(store.roll_back("default", "nothing", Back::default(), NOW, event("told")).await.unwrap(), None);
    let versions = store.game_versions("default", "medical").await.unwrap();
    assert_eq!(versions.iter().map(|v| v.version.as_str()).collect::<Vec<_>>(), ["v3", "v2", "v1"]);
    // Every published version stays to be had, for the conversations that are on it.
    assert_eq!(store.compiled("default", "v2").await.unwrap().as_deref(), Some(&b"compiled v2"[..]));
    assert_eq!(store.compiled("other", "v2").await.unwrap(), None);
    assert!(store.games("other").await.unwrap().is_empty());
}

pub(crate) async fn keys_are_found_by_hash_and_revoked_once(store: Fresh) {
    let row = ApiKeyRow {
        id: ApiKeyId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        hash: "ab".repeat(32),
        name: "site".into(),
        scopes: vec!["turns:write".into()],
        created_at: NOW,
        expires_at: Some(NOW + DAY_MS),
        revoked_at: None,
    };
    store.add_key(row.clone(), event("told")).await.unwrap();
    assert!(store.add_key(row.clone(), event("told")).await.is_err(), "the same key twice");
    assert_eq!(store.find_key(&row.hash).await.unwrap(), Some(row.clone()));
    assert_eq!(store.find_key("nothing").await.unwrap(), None);
    assert!(!store.revoke_key("other", &row.id, NOW + 1, event("told")).await.unwrap());
    assert!(store.revoke_key("default", &row.id, NOW + 1, event("told")).await.unwrap());
    assert!(!store.revoke_key("default", &row.id, NOW + 2, event("told")).await.unwrap());
    assert_eq!(store.keys("default").await.unwrap(), [ApiKeyRow { revoked_at: Some(NOW + 1), ..row }]);
}

pub(crate) fn consent(user: &str, given: bool, at: i64) -> ConsentRow {
    ConsentRow {
        id: ConsentId::mint(at, &SystemRandom),
        tenant: "default".into(),
        game: "medical".into(),
        user_id: user.into(),
        given,
        at,
        actor: "edge".into(),
        note: "form 3".into(),
    }
}

pub(crate) async fn consents_are_a_history(store: Fresh) {
    for (given, at) in [(true, 1), (false, 2), (true, 3)] {
        store.add_consent(consent("u", given, NOW + at), event("told")).await.unwrap();
    }
    let history = store.consents("default", "u", Some("medical")).await.unwrap();
    assert_eq!(history.iter().map(|c| c.given).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(store.consents("default", "u", None).await.unwrap().len(), 3);
    assert!(store.consents("default", "u", Some("booking")).await.unwrap().is_empty());
    assert!(store.consents("other", "u", None).await.unwrap().is_empty());
}

pub(crate) async fn events_of_a_commit_reach_the_audit_chain_once_and_in_order(store: Fresh) {
    let mut first = commit("c", "u", 0, "k");
    first.events = vec![event("one"), event("two")];
    store.commit(first.clone()).await.unwrap();
    // Neither the replay nor a lost race tells anything.
    store.commit(first.clone()).await.unwrap();
    first.idempotency_key = "other".into();
    store.commit(first).await.unwrap();
    store.enqueue(vec![event("three")]).await.unwrap();
    assert_eq!(store.outbox_since().await.unwrap(), Some(event("one").at), "what waits");
    // The events of one commit share a row.
    assert_eq!(store.drain_outbox(1).await.unwrap(), 1);
    assert_eq!(store.drain_outbox(10).await.unwrap(), 1);
    assert_eq!(store.drain_outbox(10).await.unwrap(), 0);
    assert_eq!(store.outbox_since().await.unwrap(), None);
    assert_eq!(store.append_audit(vec![event("four")]).await.unwrap(), 4);
    let chain = store.audit(0, 100).await.unwrap();
    assert_eq!(chain.iter().map(|row| row.event.event.as_str()).collect::<Vec<_>>(), ["one", "two", "three", "four"]);
    let mut previous = GENESIS.to_owned();
    for (row, sequence) in chain.iter().zip(1..) {
        assert_eq!((row.sequence, &row.previous_hash), (sequence, &previous));
        assert_eq!(row.hash, hash_of(sequence, &row.event, &previous), "what is read back hashes to what was written");
        previous.clone_from(&row.hash);
    }
    assert_eq!(store.audit(3, 100).await.unwrap().len(), 1);
}

pub(crate) async fn retention_removes_what_is_old_and_nothing_else(store: Fresh) {
    for (conversation, game, age_days) in
        [("old", "medical", 40), ("young", "medical", 2), ("old", "booking", 40), ("older", "booking", 100)]
    {
        let mut first = commit(conversation, "u", 0, &format!("{conversation}{game}"));
        first.key.game = game.into();
        first.now_ms = NOW - age_days * DAY_MS;
        store.commit(first).await.unwrap();
    }
    let booking = RetentionScope::Game { tenant: "default".into(), game: "booking".into() };
    let rule = RetentionRule { scope: booking, before: NOW - 90 * DAY_MS };
    assert_eq!(store.remove_conversations_before(rule, 10, event("told")).await.unwrap(), 1);
    let others = RetentionScope::AllBut(vec![("default".into(), "booking".into())]);
    let rule = RetentionRule { scope: others, before: NOW - 30 * DAY_MS };
    assert_eq!(store.remove_conversations_before(rule.clone(), 10, event("told")).await.unwrap(), 1);
    assert_eq!(store.remove_conversations_before(rule, 10, event("told")).await.unwrap(), 0);
    assert_eq!(version(&*store, "young").await, Some(1));
    assert_eq!(store.find(&key("old")).await.unwrap(), Lookup::Unknown, "cleaned up, not erased");
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.conversations, counts.turns, counts.slots), (2, 2, 2));
    // The limit is a limit.
    let rule = RetentionRule { scope: RetentionScope::AllBut(Vec::new()), before: NOW };
    assert_eq!(store.remove_conversations_before(rule.clone(), 1, event("told")).await.unwrap(), 1);
    assert_eq!(store.remove_conversations_before(rule, 1, event("told")).await.unwrap(), 1);
}

pub(crate) async fn a_dry_run_counts_what_would_go_and_removes_nothing(store: Fresh) {
    let old = NOW - 40 * DAY_MS;
    for (conversation, game, user, at) in [
        ("a", "booking", "u", old),
        ("b", "booking", "u", NOW),
        ("c", "booking", "held", old),
        ("d", "medical", "u", old),
    ] {
        for version in 0..2 {
            let mut turn = commit(conversation, user, version, &format!("{conversation}{game}{version}"));
            turn.key.game = game.into();
            turn.now_ms = at;
            turn.context = vec![ContextRow { key: "k".into(), value: "v".into() }];
            // The second turn of each waited in a journal: its answer stays as long as the conversation.
            turn.journal_sequence = (version == 1).then_some(2);
            assert!(matches!(store.commit(turn).await.unwrap(), CommitOutcome::Committed { .. }));
        }
    }
    let hold = HoldRow {
        id: HoldId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        user_id: "held".into(),
        reason: "a case".into(),
        placed_at: NOW,
        placed_by: "test".into(),
        lifted_at: None,
    };
    store.place_hold(hold, event("told")).await.unwrap();
    store.claim(claim("e", "u", 0, "k", old)).await.unwrap();
    let booking = RetentionScope::Game { tenant: "default".into(), game: "booking".into() };
    let before = NOW - 30 * DAY_MS;
    let rule = RetentionRule { scope: booking.clone(), before };
    let due = store.due(rule.clone(), before).await.unwrap();
    let [due] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!((due.tenant.as_str(), due.game.as_str()), ("default", "booking"));
    // Both answers of what goes, and the one of what is held that is past its own time.
    assert_eq!((due.conversations, due.turns, due.slots, due.context, due.answers), (1, 2, 1, 1, 3));
    assert_eq!(store.lapsed_claims(before).await.unwrap(), 1);
    assert_eq!(store.counts().await.unwrap().turns, 8, "nothing was removed");
    let others = RetentionScope::AllBut(vec![("default".into(), "booking".into())]);
    let kept = store.due(RetentionRule { scope: others.clone(), before: 0 }, before).await.unwrap();
    assert_eq!((kept.len(), kept[0].conversations, kept[0].turns, kept[0].answers), (1, 0, 0, 1));
    assert!(store.due(RetentionRule { scope: others, before: 0 }, 0).await.unwrap().is_empty());
    // And it told the truth.
    assert_eq!(store.remove_conversations_before(rule, 10, event("told")).await.unwrap(), 1);
    assert_eq!(store.remove_answers_before(before, 10).await.unwrap(), 3, "two answers, of two games, and a claim");
    assert!(store.due(RetentionRule { scope: booking, before }, before).await.unwrap().is_empty());
}

pub(crate) async fn answers_are_forgotten_in_time_but_journalled_ones_are_not(store: Fresh) {
    let first = commit("c", "u", 0, "k1");
    store.commit(first.clone()).await.unwrap();
    let mut second = commit("c", "u", 1, "k2");
    second.journal_sequence = Some(17);
    store.commit(second.clone()).await.unwrap();
    store.claim(claim("c", "u", 2, "k3", NOW)).await.unwrap();
    assert_eq!(store.remove_answers_before(NOW + DAY_MS, 10).await.unwrap(), 2, "an answer and a claim");
    assert!(matches!(store.commit(first).await.unwrap(), CommitOutcome::Conflict { .. }));
    assert_eq!(store.commit(second.clone()).await.unwrap(), CommitOutcome::Replayed { answer: second.answer });
}

pub(crate) async fn settings_are_kept(store: Fresh) {
    assert_eq!(store.setting("a").await.unwrap(), None);
    store.note("a", "1").await.unwrap();
    store.note("a", "2").await.unwrap();
    assert_eq!(store.setting("a").await.unwrap().as_deref(), Some("2"));
    store.ping().await.unwrap();
}

pub(crate) async fn odd_text_comes_back_as_it_went_in(store: Fresh) {
    let odd = [
        "",
        "'; DROP TABLE turns; --",
        "你好 👋🏽 e\u{301}",
        "\u{202e}\u{200b}\u{feff}",
        "line\r\nline\ttab",
        "%s $1 ?1 \\",
    ];
    for (version, text) in (0..).zip(odd) {
        let mut turn = commit("c", "u", version, &format!("k{version}{text}"));
        turn.turn.user_input = text.into();
        turn.turn.response = text.into();
        turn.state = serde_json::json!({ "text": text, "number": 0.1 }).to_string();
        turn.turn.extracted_params = serde_json::json!({ "text": text }).to_string();
        assert_eq!(store.commit(turn).await.unwrap(), CommitOutcome::Committed { version: version + 1 });
        let Lookup::Found(row) = store.find(&key("c")).await.unwrap() else { panic!("it is there") };
        assert_eq!(row.state, serde_json::json!({ "text": text, "number": 0.1 }).to_string());
    }
    let turns = store.turns(&key("c").id(), 0, 100).await.unwrap();
    for (turn, text) in turns.iter().zip(odd) {
        assert_eq!((turn.user_input.as_str(), turn.response.as_str()), (text, text));
        let params: serde_json::Value = serde_json::from_str(&turn.extracted_params).unwrap();
        assert_eq!(params, serde_json::json!({ "text": text }));
    }
}

fn data_key(subject: &str) -> DataKeyRow {
    DataKeyRow {
        tenant: "default".into(),
        subject: subject.into(),
        id: DataKeyId::mint(NOW, &SystemRandom),
        wrapped: vec![0, 1, 254, 255],
        created_at: NOW,
    }
}

pub(crate) async fn a_person_has_one_data_key_and_a_commit_under_a_destroyed_one_is_not_taken(store: Fresh) {
    let person = person_pseudonym("default", "u");
    let (first, second) = (data_key(&person), data_key(&person));
    assert_eq!(store.find_data_key("default", &person).await.unwrap(), None);
    assert_eq!(store.keep_data_key(first.clone()).await.unwrap(), first);
    assert_eq!(store.keep_data_key(second).await.unwrap(), first, "the first one stays");
    assert_eq!(store.find_data_key("default", &person).await.unwrap(), Some(first.clone()));
    assert_eq!(store.find_data_key("other", &person).await.unwrap(), None);
    store.keep_data_key(data_key("person_other")).await.unwrap();

    let all = store.data_keys(None, 10).await.unwrap();
    assert!(all.len() == 2 && all.is_sorted_by_key(|key| key.id.clone()));
    assert_eq!(store.data_keys(Some(&all[0].id), 10).await.unwrap(), all[1..]);
    let [before, after, other] = [first.wrapped.clone(), vec![7], vec![9]];
    let rewrap = |before, after| store.rewrap_data_keys(vec![(first.id.clone(), before, after)], event("told"));
    assert_eq!(rewrap(other, vec![8]).await.unwrap(), 0, "its wrapping was another by then");
    assert_eq!(rewrap(before, after.clone()).await.unwrap(), 1);
    assert_eq!(store.find_data_key("default", &person).await.unwrap().unwrap().wrapped, after);

    let mut turn = commit("c", "u", 0, "k");
    turn.data_key = Some(first.id.clone());
    assert_eq!(store.commit(turn).await.unwrap(), CommitOutcome::Committed { version: 1 });
    let ErasureOutcome::Erased(report) =
        store.erase_person("default", "u", order(NOW + 10), event("told")).await.unwrap()
    else {
        panic!("nothing keeps them")
    };
    assert_eq!(report.data_keys, 1);
    assert_eq!(store.find_data_key("default", &person).await.unwrap(), None);
    let mut back = commit("new", "u", 0, "back");
    (back.turn.timestamp, back.data_key) = (NOW + 11, Some(first.id));
    assert_eq!(store.commit(back.clone()).await.unwrap(), CommitOutcome::DataKeyGone);
    let fresh = store.keep_data_key(data_key(&person)).await.unwrap();
    back.data_key = Some(fresh.id);
    assert_eq!(store.commit(back).await.unwrap(), CommitOutcome::Committed { version: 1 });
}

pub(crate) async fn administrators_have_one_name_and_sessions_that_end(store: Fresh) {
    let row = AdministratorRow {
        id: AdministratorId::mint(NOW, &SystemRandom),
        name: "ann".into(),
        role: Role::PrivacyOfficer,
        tenant: Some("default".into()),
        password: "$argon2id$…".into(),
        created_at: NOW,
        disabled: false,
    };
    assert!(store.add_administrator(row.clone(), event("told")).await.unwrap());
    let namesake = AdministratorRow { id: AdministratorId::mint(NOW, &SystemRandom), ..row.clone() };
    assert!(!store.add_administrator(namesake.clone(), event("told")).await.unwrap(), "the name is taken");
    for name in ["Ann", "ANN"] {
        let alike = AdministratorRow { name: name.into(), ..namesake.clone() };
        assert!(!store.add_administrator(alike, event("told")).await.unwrap(), "{name} would be taken for her");
    }
    assert_eq!(store.find_administrator("ann").await.unwrap(), Some(row.clone()));
    assert_eq!(store.find_administrator("bea").await.unwrap(), None);
    let changed = AdministratorRow { role: Role::Viewer, ..row.clone() };
    let change = AdministratorChange { role: Some(Role::Viewer), ..AdministratorChange::default() };
    let change = |id| store.change_administrator(id, change.clone(), event("told"));
    assert_eq!(change(&row.id).await.unwrap(), AdministratorChanged::Done(changed.clone()));
    assert_eq!(change(&namesake.id).await.unwrap(), AdministratorChanged::Unknown);
    assert_eq!(store.administrators().await.unwrap(), std::slice::from_ref(&changed));

    let tokens = |mark: &str, until| SessionTokens {
        access_hash: format!("access {mark}"),
        access_expires_at: NOW + 1,
        refresh_hash: format!("refresh {mark}"),
        refresh_expires_at: until,
    };
    let session = |until| SessionRow {
        id: SessionId::mint(NOW, &SystemRandom),
        administrator: row.id.clone(),
        tokens: tokens("1", until),
        created_at: NOW,
    };
    let [short, long, other] = [NOW + 5, NOW + 50, NOW + 50].map(session);
    for session in [&short, &long, &other] {
        assert!(store.begin_session(session.clone(), &row.password, event("told")).await.unwrap());
    }
    assert_eq!(store.find_session(&short.id).await.unwrap(), Some((short.clone(), changed)));
    assert!(store.renew_session(&long.id, "refresh 1", tokens("2", NOW + 60)).await.unwrap());
    assert!(!store.renew_session(&long.id, "refresh 1", tokens("3", NOW + 70)).await.unwrap(), "used once");
    assert_eq!(store.find_session(&long.id).await.unwrap().unwrap().0.tokens, tokens("2", NOW + 60));
    assert_eq!(store.remove_sessions_before(NOW + 6).await.unwrap(), 1);
    assert_eq!(store.find_session(&short.id).await.unwrap(), None);
    assert!(store.end_session(&long.id, event("told")).await.unwrap());
    assert!(!store.end_session(&long.id, event("told")).await.unwrap());
    assert!(store.find_session(&other.id).await.unwrap().is_some(), "only that one");
    change(&row.id).await.unwrap();
    assert_eq!(store.find_session(&other.id).await.unwrap(), None, "a change ends every session");
}

pub(crate) async fn conversations_are_listed_newest_first_by_pages_and_filters(store: Fresh) {
    for number in 0..7_i64 {
        let mut first = commit(&format!("c{number}"), if number < 3 { "u" } else { "v" }, 0, &format!("k{number}"));
        // Two began at the same moment.
        first.now_ms = NOW + number / 2;
        if number == 6 {
            first.key.game = "booking".into();
        }
        store.commit(first).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut filter = ConversationFilter::default();
    loop {
        let page = store.list_conversations("default", filter.clone(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some((last.created_at, last.id.clone()));
        seen.extend(page.into_iter().map(|head| (head.created_at, head.id)));
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|left, right| left > right), "newest first, each once");
    let listed = async |filter| store.list_conversations("default", filter, 100).await.unwrap().len();
    assert_eq!(listed(ConversationFilter { game: Some("booking".into()), ..ConversationFilter::default() }).await, 1);
    assert_eq!(listed(ConversationFilter { user_id: Some("u".into()), ..ConversationFilter::default() }).await, 3);
    assert_eq!(
        listed(ConversationFilter { since: Some(NOW + 1), until: Some(NOW + 3), ..ConversationFilter::default() })
            .await,
        4
    );
    assert!(store.list_conversations("other", ConversationFilter::default(), 100).await.unwrap().is_empty());
}

pub(crate) async fn the_last_link_of_the_audit_chain_is_at_hand(store: Fresh) {
    assert_eq!(store.last_audit().await.unwrap(), None);
    store.append_audit(vec![event("one"), event("two")]).await.unwrap();
    let last = store.last_audit().await.unwrap().unwrap();
    assert_eq!((last.sequence, last.event.event.as_str()), (2, "two"));
}

pub(crate) async fn an_epoch_stays_until_another_begins_and_is_not_moved_to_another_store(store: Fresh) {
    let first = store.epoch().await.unwrap();
    assert_eq!(store.epoch().await.unwrap(), first);
    store.begin_epoch("epoch_1").await.unwrap();
    let second = store.epoch().await.unwrap();
    assert_ne!(second, first);
    store.ping().await.unwrap();
    assert_eq!(store.epoch().await.unwrap(), second);
    let page = store.page(Section::Settings, "", 100).await.unwrap();
    assert!(page.records.is_empty(), "what is about this one store stays here: {page:?}");
}
