//! What takes the place of something, and what goes as a whole.

use lgdl_origin::audit::drain;
use lgdl_origin::store::{CommitOutcome, Publication};

use crate::data::{NOW, commit, event, key, publication, with_bases};
use crate::stores::Fresh;

pub(crate) async fn a_conversation_is_replaced_only_by_one_of_its_version_and_stays_what_turns_are_run_on(
    store: Fresh,
) {
    for version in 0..2 {
        store.commit(commit("c", "u", version, &format!("k{version}"))).await.unwrap();
    }
    store.commit(commit("other", "v", 0, "k")).await.unwrap();
    let id = key("c").id();
    let before = store.dump("default", &id).await.unwrap().unwrap();
    let mut sealed = before.clone();
    sealed.conversation.state = "another form".into();
    sealed.turns[0].user_input = "another form".into();
    sealed.answers[0].key = "another name".into();
    for (what, wrong) in [("version", 3), ("owner", 2)] {
        let mut dump = sealed.clone();
        dump.conversation.version = wrong;
        if what == "owner" {
            dump.conversation.user_id = "v".into();
        }
        assert!(!store.replace_conversation(dump).await.unwrap(), "{what}");
        assert_eq!(store.dump("default", &id).await.unwrap().as_ref(), Some(&before), "{what}");
    }
    assert!(store.replace_conversation(sealed.clone()).await.unwrap());
    let mut after = store.dump("default", &id).await.unwrap().unwrap();
    // By turn, then by key.
    after.answers.sort_by_key(|answer| answer.turn_num);
    assert_eq!(after, sealed);
    assert!(store.dump("default", &key("other").id()).await.unwrap().is_some());
    let on_the_state = with_bases(commit("c", "u", 2, "k2"), &["2:k1"]);
    assert_eq!(
        store.commit(on_the_state).await.unwrap(),
        CommitOutcome::Committed { version: 3 },
        "it has its name still"
    );
}

pub(crate) async fn an_answer_is_found_by_its_request_and_a_tenants_games_go_without_the_neighbours(store: Fresh) {
    store.commit(commit("c", "u", 0, "k")).await.unwrap();
    let (fingerprint, answer) = store.find_answer("default", "u", "k").await.unwrap().unwrap();
    assert_eq!((fingerprint.as_str(), answer.contains("answer 1")), ("fingerprint of k", true));
    for (tenant, user, name) in [("default", "v", "k"), ("other", "u", "k"), ("default", "u", "other")] {
        assert_eq!(store.find_answer(tenant, user, name).await.unwrap(), None);
    }
    for tenant in ["default", "other"] {
        let publication = Publication { tenant: tenant.into(), ..publication("medical", "v1", NOW) };
        store.publish(publication, event("told")).await.unwrap();
    }
    assert!(store.remove_games("default", event("removed")).await.unwrap());
    assert!(!store.remove_games("default", event("removed")).await.unwrap());
    drain(&*store).await.unwrap();
    let told = store.audit(0, 100).await.unwrap().into_iter().filter(|link| link.event.event == "removed").count();
    assert_eq!(told, 1, "once, when there was something");
    assert_eq!(store.games("default").await.unwrap(), []);
    assert_eq!(store.game_versions("default", "medical").await.unwrap(), []);
    assert_eq!(store.games("other").await.unwrap().len(), 1);
}
