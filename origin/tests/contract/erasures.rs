//! Tombstones: how they are told, and how an erasure is carried out again in a store that has come back from a backup.

use lgdl_origin::ids::{DataKeyId, HoldId, person_pseudonym};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{DataKeyRow, ErasureReport, ErasureRow, HoldRow, Lookup};

use crate::cases::{commits, consent, version};
use crate::data::{NOW, commit, event, key, order};
use crate::stores::Fresh;

pub(crate) async fn tombstones_of_every_tenant_are_listed_by_time_and_page_by_page(store: Fresh) {
    for (conversation, user) in [("a", "u"), ("b", "u"), ("c", "u"), ("d", "v")] {
        commits(&*store, conversation, user, 1).await;
    }
    let mut elsewhere = commit("a", "u", 0, "k");
    elsewhere.key.tenant = "other".into();
    store.commit(elsewhere.clone()).await.unwrap();
    store.erase_conversation(&elsewhere.key, "u", order(NOW + 3000), event("told")).await.unwrap();
    store.erase_conversation(&key("d"), "v", order(NOW + 1000), event("told")).await.unwrap();
    store.erase_person("default", "u", order(NOW + 2000), event("told")).await.unwrap();
    let (mut listed, mut after) = (Vec::new(), (0, String::new()));
    // Four have the same time: a page must be able to end between them.
    loop {
        let page = store.tombstones((after.0, &after.1), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = (last.at, last.id.clone());
        listed.extend(page);
    }
    assert_eq!(listed.iter().map(|row| row.at - NOW).collect::<Vec<_>>(), [1000, 2000, 2000, 2000, 2000, 3000]);
    let subjects: Vec<_> = listed.iter().map(|row| row.subject.as_str()).collect();
    assert_eq!((subjects[0], subjects[5]), (key("d").id().as_str(), elsewhere.key.id().as_str()));
    for conversation in ["a", "b", "c"] {
        assert!(subjects[1..5].contains(&key(conversation).id().as_str()), "{conversation}");
    }
    assert!(subjects[1..5].contains(&person_pseudonym("default", "u").as_str()));
    let from = store.tombstones((NOW + 2000, ""), 10).await.unwrap();
    assert_eq!(from.len(), 5, "a time alone stands before everything of that time");
}

pub(crate) async fn an_erasure_is_carried_out_again_as_of_its_time(store: Fresh) {
    let now_ms = |conversation: &str| commit(conversation, "u", 0, "k").now_ms;
    for (conversation, user) in [("a", "u"), ("b", "u"), ("c", "v"), ("d", "v")] {
        commits(&*store, conversation, user, 2).await;
    }
    let mut later = commit("later", "u", 0, "later");
    (later.now_ms, later.turn.timestamp) = (now_ms("a") + 9_000, now_ms("a") + 9_000);
    store.commit(later).await.unwrap();
    store.add_consent(consent("u", true, NOW), event("told")).await.unwrap();
    let dek = |user: &str| DataKeyRow {
        tenant: "default".into(),
        subject: person_pseudonym("default", user),
        id: DataKeyId::mint(NOW, &SystemRandom),
        wrapped: vec![1],
        created_at: NOW,
    };
    for user in ["u", "v", "nobody"] {
        store.keep_data_key(dek(user)).await.unwrap();
    }
    let hold = HoldRow {
        id: HoldId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        user_id: "u".into(),
        reason: "a case that was over".into(),
        placed_at: NOW,
        placed_by: "test".into(),
        lifted_at: None,
    };
    store.place_hold(hold, event("told")).await.unwrap();
    assert_eq!(
        store.persons(("", ""), 10).await.unwrap(),
        [("default".into(), "u".into()), ("default".into(), "v".to_owned())]
    );
    assert_eq!(store.persons(("default", "u"), 10).await.unwrap().len(), 1);

    let at = now_ms("a") + 5_000;
    let stone = |kind: &str, subject: &str, id: &str| ErasureRow {
        id: id.into(),
        tenant: "default".into(),
        kind: kind.into(),
        subject: subject.into(),
        at,
        requested_by: "officer".into(),
        report: ErasureReport { turns: 77, ..ErasureReport::default() },
    };
    let person = |user: &str, id: &str| stone("person", &person_pseudonym("default", user), id);
    let removed = store.erase_again(&person("u", "ers_u"), Some("u"), event("told")).await.unwrap().unwrap();
    assert_eq!((removed.conversations, removed.turns, removed.consents, removed.data_keys), (2, 4, 1, 0));
    assert_eq!(version(&*store, "later").await, Some(1), "what was begun since stays, and can be read");
    for conversation in ["a", "b"] {
        assert_eq!(store.find(&key(conversation)).await.unwrap(), Lookup::Erased);
    }
    assert_eq!(
        store.erase_again(&person("u", "ers_u"), Some("u"), event("told")).await.unwrap(),
        None,
        "once is enough"
    );
    let older = ErasureRow { at: at - 1, ..person("u", "ers_older") };
    assert_eq!(store.erase_again(&older, Some("u"), event("told")).await.unwrap(), None, "a younger one stands");

    let one = stone("conversation", key("c").id().as_str(), "ers_c");
    let foreign = ErasureRow { tenant: "other".into(), ..one.clone() };
    assert_eq!(store.erase_again(&foreign, None, event("told")).await.unwrap().unwrap().turns, 0);
    assert_eq!(version(&*store, "c").await, Some(2), "another tenant's tombstone is not about it");
    let foreign = ErasureRow { id: "ers_c2".into(), ..one };
    assert_eq!(store.erase_again(&foreign, None, event("told")).await.unwrap().unwrap().turns, 2);
    assert_eq!((version(&*store, "c").await, version(&*store, "d").await), (None, Some(2)));
    let removed = store.erase_again(&person("v", "ers_v"), Some("v"), event("told")).await.unwrap().unwrap();
    assert_eq!((removed.conversations, removed.data_keys), (1, 1));
    // Nobody has anything here, but for a key that could open something.
    assert_eq!(store.erase_again(&person("nobody", "ers_n"), None, event("told")).await.unwrap().unwrap().data_keys, 1);
    let kept = store.tombstones((0, ""), 100).await.unwrap();
    let kept = kept.iter().find(|row| row.id == "ers_u").unwrap();
    assert_eq!(kept, &person("u", "ers_u"), "as it was");
}
