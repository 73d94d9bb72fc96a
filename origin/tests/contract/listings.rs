//! Listings: no row twice and none missing, whatever is written meanwhile, and nothing of another tenant.

use std::collections::BTreeSet;

use lgdl_origin::clock::Millis;
use lgdl_origin::ids::{AdministratorId, ApiKeyId, ConsentId, ConversationId, HoldId, SessionId};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{
    AdministratorRow, ApiKeyRow, Commit, ConsentRow, ConversationFilter, ConversationHead, ErasureOutcome, HoldRow,
    MAX_PAGE, Role, SessionRow, SessionTokens, Store,
};
use tokio::task::JoinSet;

use crate::data::{NOW, commit, event, key, order, publication};
use crate::stores::Fresh;

/// A first turn, taken at `at`.
fn first(conversation: &str, user: &str, at: Millis) -> Commit {
    let mut first = commit(conversation, user, 0, conversation);
    first.now_ms = at;
    first
}

/// Pages through the listing; between two pages `meanwhile` may write.
async fn paged(
    store: &dyn Store,
    mut filter: ConversationFilter,
    limit: u32,
    mut meanwhile: impl AsyncFnMut(usize, &ConversationHead),
) -> Vec<ConversationHead> {
    let mut seen: Vec<ConversationHead> = Vec::new();
    for number in 0.. {
        let page = store.list_conversations("default", filter.clone(), limit).await.unwrap();
        assert!(page.len() as u64 <= u64::from(limit));
        let Some(last) = page.last() else { break };
        filter.after = Some((last.created_at, last.id.clone()));
        meanwhile(number, last).await;
        seen.extend(page);
    }
    let newest_first =
        |left: &ConversationHead, right: &ConversationHead| (left.created_at, &left.id) > (right.created_at, &right.id);
    assert!(seen.is_sorted_by(newest_first), "in order, each once");
    seen
}

fn ids(heads: &[ConversationHead]) -> BTreeSet<ConversationId> {
    heads.iter().map(|head| head.id.clone()).collect()
}

pub(crate) async fn pages_miss_nothing_and_repeat_nothing_while_conversations_begin_go_on_and_are_erased(store: Fresh) {
    let mut there = BTreeSet::new();
    for number in 0..30 {
        // Three at a time began in the same millisecond.
        let turn = first(&format!("c{number}"), "u", NOW + number / 3);
        there.insert(turn.key.id());
        store.commit(turn).await.unwrap();
    }
    let mut erased = BTreeSet::new();
    let seen = paged(&*store, ConversationFilter::default(), 4, async |number, last| {
        // Younger ones, one as old as the one the page ended with, and one that goes on.
        store.commit(first(&format!("young{number}"), "u", NOW + 1000)).await.unwrap();
        store.commit(first(&format!("same{number}"), "u", last.created_at)).await.unwrap();
        let mut next = commit(&format!("c{number}"), "u", 1, &format!("next{number}"));
        next.now_ms = NOW + 2000;
        store.commit(next).await.unwrap();
        // The very row that the next page begins after.
        let row = store.find_by_id("default", &last.id).await.unwrap().unwrap();
        if number % 2 == 0 && row.external_id.starts_with('c') {
            let outcome = store.erase_conversation(&key(&row.external_id), "u", order(NOW), event("told")).await;
            assert!(matches!(outcome, Ok(ErasureOutcome::Erased(_))));
            erased.insert(row.id);
        }
    })
    .await;
    assert!(ids(&seen).is_superset(&there), "what was there when the listing began is in it");
    assert!(!erased.is_empty());
    let again = paged(&*store, ConversationFilter::default(), 7, async |_, _| ()).await;
    assert!(ids(&again).is_disjoint(&erased));
}

pub(crate) async fn pages_hold_while_many_write_at_once(store: Fresh) {
    let mut there = BTreeSet::new();
    for number in 0..20 {
        let turn = first(&format!("c{number}"), "u", NOW + number);
        there.insert(turn.key.id());
        store.commit(turn).await.unwrap();
    }
    let mut writers = JoinSet::new();
    for task in 0..4 {
        let store = store.store.clone();
        writers.spawn(async move {
            for number in 0..20 {
                let turn = first(&format!("w{task}-{number}"), "w", NOW + number);
                store.commit(turn).await.unwrap();
            }
        });
    }
    for _ in 0..5 {
        let seen = paged(&*store, ConversationFilter::default(), 3, async |_, _| ()).await;
        assert!(ids(&seen).is_superset(&there));
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    assert_eq!(paged(&*store, ConversationFilter::default(), 3, async |_, _| ()).await.len(), 100);
}

pub(crate) async fn filters_hold_on_every_page_and_together(store: Fresh) {
    for number in 0..24_i64 {
        let mut turn = first(&format!("c{number}"), ["u", "v"][(number % 2) as usize], NOW + number / 2);
        turn.key.game = ["medical", "booking", "quiz"][(number % 3) as usize].into();
        store.commit(turn).await.unwrap();
    }
    let check = async |filter: ConversationFilter, expected: usize| {
        for limit in [1, 3, 100] {
            let seen = paged(&*store, filter.clone(), limit, async |_, _| ()).await;
            assert_eq!(seen.len(), expected, "{filter:?} by {limit}");
            for head in &seen {
                assert!(filter.game.as_ref().is_none_or(|game| *game == head.game));
                assert!(filter.user_id.as_ref().is_none_or(|user| *user == head.user_id));
                assert!(filter.since.is_none_or(|since| head.created_at >= since));
                assert!(filter.until.is_none_or(|until| head.created_at < until));
            }
        }
    };
    let (game, user) = (|name: &str| Some(name.to_owned()), |name: &str| Some(name.to_owned()));
    let none = ConversationFilter::default;
    check(none(), 24).await;
    check(ConversationFilter { game: game("quiz"), ..none() }, 8).await;
    check(ConversationFilter { user_id: user("v"), ..none() }, 12).await;
    check(ConversationFilter { game: game("quiz"), user_id: user("v"), ..none() }, 4).await;
    check(ConversationFilter { since: Some(NOW + 4), until: Some(NOW + 6), ..none() }, 4).await;
    check(ConversationFilter { since: Some(NOW + 6), until: Some(NOW + 6), ..none() }, 0).await;
    check(ConversationFilter { until: Some(i64::MIN), ..none() }, 0).await;
    check(ConversationFilter { game: game("' OR 1=1 --"), ..none() }, 0).await;
    // Times beyond every calendar are answered like any other.
    check(ConversationFilter { since: Some(i64::MIN), until: Some(i64::MAX), ..none() }, 24).await;
    check(ConversationFilter { since: Some(i64::MAX), ..none() }, 0).await;
    for (at, expected) in [(i64::MIN, 0), (i64::MAX, 24)] {
        let filter = ConversationFilter { after: Some((at, key("c1").id())), ..none() };
        assert_eq!(store.list_conversations("default", filter, 100).await.unwrap().len(), expected);
        assert!(store.erasures("default", (at, "x"), 10).await.unwrap().is_empty());
        assert!(store.tombstones((at, "x"), 10).await.unwrap().is_empty());
    }
}

pub(crate) async fn a_page_is_never_longer_than_the_store_allows(store: Fresh) {
    let mut writers = JoinSet::new();
    for task in 0..8 {
        let store = store.store.clone();
        writers.spawn(async move {
            for number in 0..130 {
                store.commit(first(&format!("c{task}-{number}"), "u", NOW)).await.unwrap();
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let page = store.list_conversations("default", ConversationFilter::default(), u32::MAX).await.unwrap();
    assert_eq!(page.len(), MAX_PAGE as usize);
    assert!(store.list_conversations("default", ConversationFilter::default(), 0).await.unwrap().is_empty());
    let outcome = store.erase_person("default", "u", order(NOW), event("told")).await.unwrap();
    assert!(matches!(outcome, ErasureOutcome::Erased(report) if report.conversations == 1040));
    // All tombstones are of one millisecond.
    let mut seen = BTreeSet::new();
    let mut after = (0, String::new());
    loop {
        let page = store.erasures("default", (after.0, &after.1), u32::MAX).await.unwrap();
        assert!(page.len() <= MAX_PAGE as usize);
        let Some(last) = page.last() else { break };
        after = (last.at, last.id.clone());
        for row in page {
            assert!(seen.insert(row.id), "a tombstone twice");
        }
    }
    assert_eq!(seen.len(), 1041);
}

pub(crate) async fn nothing_of_another_tenant_is_listed(store: Fresh) {
    let mut hashes = ["ab", "cd"].into_iter().map(|digits| digits.repeat(32));
    for tenant in ["default", "other"] {
        let owned = || tenant.to_owned();
        for conversation in ["c", "gone"] {
            let mut turn = first(conversation, "u", NOW);
            turn.key.tenant = owned();
            (turn.idempotency_key, turn.state) = (format!("{tenant}-{conversation}"), format!("\"{tenant}\""));
            store.commit(turn).await.unwrap();
        }
        let mut gone = key("gone");
        gone.tenant = owned();
        store.erase_conversation(&gone, "u", order(NOW), event("told")).await.unwrap();
        let mut game = publication("medical", &format!("version of {tenant}"), NOW);
        game.tenant = owned();
        store.publish(game, event("told")).await.unwrap();
        let api_key = ApiKeyRow {
            id: ApiKeyId::mint(NOW, &SystemRandom),
            tenant: owned(),
            hash: hashes.next().unwrap(),
            name: "site".into(),
            scopes: vec!["turns".into()],
            created_at: NOW,
            expires_at: None,
            revoked_at: None,
        };
        store.add_key(api_key, event("told")).await.unwrap();
        let consent = ConsentRow {
            id: ConsentId::mint(NOW, &SystemRandom),
            tenant: owned(),
            game: "medical".into(),
            user_id: "u".into(),
            given: true,
            at: NOW,
            actor: "test".into(),
            note: String::new(),
        };
        store.add_consent(consent, event("told")).await.unwrap();
        let hold = HoldRow {
            id: HoldId::mint(NOW, &SystemRandom),
            tenant: owned(),
            user_id: "held".into(),
            reason: "a case".into(),
            placed_at: NOW,
            placed_by: "test".into(),
            lifted_at: None,
        };
        store.place_hold(hold, event("told")).await.unwrap();
    }
    for (tenant, another) in [("default", "other"), ("other", "default"), ("nobody", "default")] {
        let expected = usize::from(tenant != "nobody");
        let heads = store.list_conversations(tenant, ConversationFilter::default(), 100).await.unwrap();
        assert_eq!(heads.len(), expected);
        let mut theirs = key("c");
        theirs.tenant = another.to_owned();
        assert!(heads.iter().all(|head| head.id != theirs.id()));
        assert_eq!(store.find_by_id(tenant, &theirs.id()).await.unwrap(), None);
        assert_eq!(store.dump(tenant, &theirs.id()).await.unwrap(), None);
        assert_eq!(store.of_person(tenant, "u").await.unwrap().len(), expected);
        // A cursor made of a conversation of theirs shows nothing of theirs either.
        let after = Some((NOW + 1, theirs.id()));
        let filter = ConversationFilter { after, ..ConversationFilter::default() };
        assert_eq!(store.list_conversations(tenant, filter, 100).await.unwrap(), heads);

        let mine = |theirs: &str| theirs == tenant;
        let games = store.games(tenant).await.unwrap();
        assert!(games.len() == expected && games.iter().all(|row| mine(&row.tenant)));
        let versions = store.game_versions(tenant, "medical").await.unwrap();
        assert!(versions.len() == expected && versions.iter().all(|row| row.version == format!("version of {tenant}")));
        assert_eq!(store.compiled(tenant, &format!("version of {another}")).await.unwrap(), None);
        let keys = store.keys(tenant).await.unwrap();
        assert!(keys.len() == expected && keys.iter().all(|row| mine(&row.tenant)));
        let consents = store.consents(tenant, "u", None).await.unwrap();
        assert!(consents.len() == expected && consents.iter().all(|row| mine(&row.tenant)));
        let holds = store.holds(tenant).await.unwrap();
        assert!(holds.len() == expected && holds.iter().all(|row| mine(&row.tenant)));
        let erasures = store.erasures(tenant, (0, ""), 100).await.unwrap();
        assert!(erasures.len() == expected && erasures.iter().all(|row| mine(&row.tenant)));
        // Nor is anything of theirs changed by its id.
        let their_keys = store.keys(another).await.unwrap();
        assert!(!store.revoke_key(tenant, &their_keys[0].id, NOW, event("told")).await.unwrap());
        let their_holds = store.holds(another).await.unwrap();
        assert!(!store.lift_hold(tenant, &their_holds[0].id, NOW, event("told")).await.unwrap());
    }
}

pub(crate) async fn administrators_are_listed_by_name_whatever_the_locale(store: Fresh) {
    let names = ["zoe", "Ann", "bea", "b.b@example.org", "_x", "Zed"];
    for name in names {
        let row = AdministratorRow {
            id: AdministratorId::mint(NOW, &SystemRandom),
            name: name.into(),
            role: Role::Viewer,
            tenant: (name == "bea").then(|| "other".to_owned()),
            password: "$argon2id$…".into(),
            created_at: NOW,
            disabled: false,
        };
        assert!(store.add_administrator(row, event("told")).await.unwrap(), "{name}");
    }
    let listed: Vec<_> = store.administrators().await.unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(listed, ["Ann", "Zed", "_x", "b.b@example.org", "bea", "zoe"], "by their bytes, in every store");
    let found = store.find_administrator("ANN").await.unwrap();
    assert_eq!(found, None, "a name is what it is, letter for letter");
}

pub(crate) async fn a_refresh_token_is_good_for_one_of_many_who_send_it(store: Fresh) {
    let row = AdministratorRow {
        id: AdministratorId::mint(NOW, &SystemRandom),
        name: "ann".into(),
        role: Role::Viewer,
        tenant: None,
        password: "hash".into(),
        created_at: NOW,
        disabled: false,
    };
    store.add_administrator(row.clone(), event("told")).await.unwrap();
    let tokens = |mark: &str| SessionTokens {
        access_hash: format!("access {mark}"),
        access_expires_at: NOW + 1,
        refresh_hash: format!("refresh {mark}"),
        refresh_expires_at: NOW + 2,
    };
    let id = SessionId::mint(NOW, &SystemRandom);
    let session =
        SessionRow { id: id.clone(), administrator: row.id.clone(), tokens: tokens("first"), created_at: NOW };
    assert!(!store.begin_session(session.clone(), "another hash", event("told")).await.unwrap());
    assert!(store.begin_session(session, "hash", event("told")).await.unwrap());
    let mut tasks = JoinSet::new();
    for task in 0..16 {
        let (store, id, tokens) = (store.store.clone(), id.clone(), tokens(&task.to_string()));
        tasks.spawn(async move { store.renew_session(&id, "refresh first", tokens).await.unwrap() });
    }
    let renewed = tasks.join_all().await;
    assert_eq!(renewed.into_iter().filter(|renewed| *renewed).count(), 1);
    store.end_session(&id, event("told")).await.unwrap();
    let now = tokens("late");
    assert!(!store.renew_session(&id, &now.refresh_hash.clone(), now).await.unwrap(), "it has ended");
}
