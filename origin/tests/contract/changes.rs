//! A change that people make and what the audit log is told of it: both, or neither.

use lgdl_origin::audit::{drain, verify};
use lgdl_origin::clock::DAY_MS;
use lgdl_origin::ids::{AdministratorId, ApiKeyId, ConsentId, DataKeyId, HoldId, SessionId, WebhookId};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{
    Activation, AdministratorChange, AdministratorChanged, AdministratorRow, ApiKeyRow, Back, ConsentRow, DataKeyRow,
    ErasureOutcome, ErasureReport, ErasureRow, Event, HoldRow, MAX_PAGE, Result, RetentionRule, RetentionScope, Role,
    Section, SessionRow, SessionTokens, Store, TextRight, Urgency, Webhook, WebhookRow, WebhookState,
};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::data::{NOW, commit, event, key, order, publication};
use crate::stores::Fresh;

/// Every change there is, in an order in which each can take place after those before it.
const CHANGES: [&str; 26] = [
    "publish",
    "publish another",
    "activate",
    "roll_back",
    "set_pinned",
    "add_key",
    "revoke_key",
    "rewrap_data_keys",
    "add_consent",
    "place_hold",
    "lift_hold",
    "add_administrator",
    "begin_session",
    "end_session",
    "change_administrator",
    "change_setting",
    "change_setting again",
    "begin_setting",
    "replace_setting",
    "add_webhook",
    "replace_webhook",
    "remove_webhook",
    "remove_conversations_before",
    "erase_conversation",
    "erase_person",
    "erase_again",
];

/// What the changes are about.
struct Rows {
    key: ApiKeyRow,
    data_key: DataKeyRow,
    consent: ConsentRow,
    hold: HoldRow,
    administrator: AdministratorRow,
    session: SessionRow,
    webhook: WebhookRow,
}

fn administrator(name: &str, role: Role) -> AdministratorRow {
    AdministratorRow {
        id: AdministratorId::mint(NOW, &SystemRandom),
        name: name.into(),
        role,
        tenant: None,
        password: "$argon2id$…".into(),
        created_at: NOW,
        disabled: false,
    }
}

fn webhook() -> WebhookRow {
    let hook = Webhook {
        name: "crm".into(),
        url: "https://crm.example.com/hook".into(),
        types: Vec::new(),
        urgency: Urgency::default(),
        text: TextRight::Withheld,
        state: WebhookState::Active,
        secrets: Vec::new(),
        again: None,
        follow_up_after_s: None,
        follow_up_since: None,
        created_at: NOW,
        created_by: "test".into(),
    };
    WebhookRow { id: WebhookId::mint(NOW, &SystemRandom), tenant: "default".into(), version: 1, hook }
}

fn session_of(administrator: &AdministratorRow) -> SessionRow {
    let tokens = SessionTokens {
        access_hash: "access".into(),
        access_expires_at: NOW + 1,
        refresh_hash: "refresh".into(),
        refresh_expires_at: NOW + 2,
    };
    let id = SessionId::mint(NOW, &SystemRandom);
    SessionRow { id, administrator: administrator.id.clone(), tokens, created_at: NOW }
}

fn api_key(hash: &str) -> ApiKeyRow {
    ApiKeyRow {
        id: ApiKeyId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        hash: hash.into(),
        name: "site".into(),
        scopes: vec!["turns".into()],
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
    }
}

impl Rows {
    async fn new(store: &dyn Store) -> Rows {
        for (conversation, at) in [("old", NOW - 90 * DAY_MS), ("c", NOW), ("d", NOW)] {
            let mut first = commit(conversation, "u", 0, conversation);
            first.now_ms = at;
            store.commit(first).await.unwrap();
        }
        let tenant = || "default".to_owned();
        let administrator = administrator("ann", Role::Operator);
        let rows = Rows {
            key: api_key(&"ab".repeat(32)),
            data_key: DataKeyRow {
                tenant: tenant(),
                subject: "person_x".into(),
                id: DataKeyId::mint(NOW, &SystemRandom),
                wrapped: vec![1],
                created_at: NOW,
            },
            consent: ConsentRow {
                id: ConsentId::mint(NOW, &SystemRandom),
                tenant: tenant(),
                game: "medical".into(),
                user_id: "u".into(),
                given: true,
                at: NOW,
                actor: "test".into(),
                note: String::new(),
            },
            hold: HoldRow {
                id: HoldId::mint(NOW, &SystemRandom),
                tenant: tenant(),
                user_id: "u".into(),
                reason: "a case".into(),
                placed_at: NOW,
                placed_by: "test".into(),
                lifted_at: None,
            },
            session: session_of(&administrator),
            administrator,
            webhook: webhook(),
        };
        store.keep_data_key(rows.data_key.clone()).await.unwrap();
        rows
    }

    /// Makes the change; whether it took place.
    async fn change(&self, store: &dyn Store, which: &str, told: Event) -> Result<bool> {
        let (tenant, now) = ("default", NOW);
        match which {
            "publish" => store.publish(publication("medical", "v1", now), told).await.map(|_| true),
            "publish another" => store.publish(publication("medical", "v2", now), told).await.map(|_| true),
            "activate" => {
                let activation = Activation { version: "v1".into(), at: now, actor: "test".into() };
                store.activate(tenant, "medical", activation, told).await
            }
            "roll_back" => {
                store.roll_back(tenant, "medical", Back::default(), now, told).await.map(|version| version.is_some())
            }
            "set_pinned" => store.set_pinned(tenant, "medical", true, now, told).await,
            "add_key" => store.add_key(self.key.clone(), told).await.map(|()| true),
            "revoke_key" => store.revoke_key(tenant, &self.key.id, now, told).await,
            "rewrap_data_keys" => {
                let wrappings = vec![(self.data_key.id.clone(), vec![1], vec![2])];
                store.rewrap_data_keys(wrappings, told).await.map(|replaced| replaced == 1)
            }
            "add_consent" => store.add_consent(self.consent.clone(), told).await.map(|()| true),
            "place_hold" => store.place_hold(self.hold.clone(), told).await.map(|()| true),
            "lift_hold" => store.lift_hold(tenant, &self.hold.id, now, told).await,
            "add_administrator" => store.add_administrator(self.administrator.clone(), told).await,
            "begin_session" => store.begin_session(self.session.clone(), &self.administrator.password, told).await,
            "end_session" => store.end_session(&self.session.id, told).await,
            "change_administrator" => {
                let change = AdministratorChange { disabled: Some(true), ..AdministratorChange::default() };
                let changed = store.change_administrator(&self.administrator.id, change, told).await;
                changed.map(|changed| matches!(changed, AdministratorChanged::Done(_)))
            }
            "change_setting" => store.change_setting("a", "1", told).await,
            "change_setting again" => store.change_setting("a", "2", told).await,
            "begin_setting" => store.replace_setting("b", None, "1", told).await,
            "replace_setting" => store.replace_setting("b", Some("1"), "2", told).await,
            "add_webhook" => store.add_webhook(self.webhook.clone(), told).await.map(|()| true),
            "replace_webhook" => {
                let mut next = WebhookRow { version: self.webhook.version + 1, ..self.webhook.clone() };
                next.hook.state = WebhookState::Paused { why: "a test".into(), since: now };
                store.replace_webhook(next, told).await
            }
            "remove_webhook" => store.remove_webhook(tenant, &self.webhook.id, told).await,
            "remove_conversations_before" => {
                let rule = RetentionRule { scope: RetentionScope::AllBut(Vec::new()), before: now - DAY_MS };
                store.remove_conversations_before(rule, 10, told).await.map(|removed| removed == 1)
            }
            "erase_conversation" => {
                let outcome = store.erase_conversation(&key("c"), "u", order(now), told).await;
                outcome.map(|outcome| matches!(outcome, ErasureOutcome::Erased(_)))
            }
            "erase_person" => {
                let outcome = store.erase_person(tenant, "u", order(now), told).await;
                outcome.map(|outcome| matches!(outcome, ErasureOutcome::Erased(_)))
            }
            "erase_again" => {
                let stone = ErasureRow {
                    id: "ers_again".into(),
                    tenant: tenant.into(),
                    kind: "person".into(),
                    subject: "person_elsewhere".into(),
                    at: now,
                    requested_by: "officer".into(),
                    report: ErasureReport::default(),
                };
                store.erase_again(&stone, None, told).await.map(|removed| removed.is_some())
            }
            other => panic!("{other} is no change"),
        }
    }

    /// Everything that is kept, sessions and webhooks included.
    async fn snapshot(&self, store: &dyn Store) -> Vec<String> {
        let mut kept = vec![format!("{:?}", store.find_session(&self.session.id).await.unwrap())];
        kept.push(format!("{:?}", store.webhooks(None).await.unwrap()));
        for section in Section::ALL {
            let page = store.page(section, "", MAX_PAGE).await.unwrap();
            kept.push(format!("{section:?} {:?}", page.records));
        }
        kept
    }
}

/// The events that came to the chain since it had `before` links.
async fn told_since(store: &dyn Store, before: u64) -> Vec<Event> {
    drain(store).await.unwrap();
    store.audit(before, MAX_PAGE).await.unwrap().into_iter().map(|link| link.event).collect()
}

pub(crate) async fn a_change_and_what_is_told_of_it_are_kept_together_or_not_at_all(store: Fresh) {
    let rows = Rows::new(&*store).await;
    let mut length = told_since(&*store, 0).await.len() as u64;
    for which in CHANGES {
        let before = rows.snapshot(&*store).await;
        store.refuse_events().await;
        let refused = rows.change(&*store, which, event(which)).await;
        store.take_events().await;
        assert!(refused.is_err(), "{which}: {refused:?}");
        assert_eq!(rows.snapshot(&*store).await, before, "{which}: without its event it must not be kept");
        assert!(told_since(&*store, length).await.is_empty(), "{which}");

        assert!(rows.change(&*store, which, event(which)).await.unwrap(), "{which}");
        assert_ne!(rows.snapshot(&*store).await, before, "{which}");
        let told = told_since(&*store, length).await;
        length += told.len() as u64;
        let mut names: Vec<_> = told.iter().map(|event| event.event.as_str()).collect();
        // PostgreSQL tells of a whole month of turns by itself.
        names.dedup();
        assert_eq!(names, [which]);
    }
    assert!(verify(&*store, &[], None).await.unwrap().holds());
}

pub(crate) async fn of_what_does_not_take_place_nothing_is_told(store: Fresh) {
    let rows = Rows::new(&*store).await;
    for which in CHANGES {
        rows.change(&*store, which, event(which)).await.unwrap();
    }
    let length = told_since(&*store, 0).await.len() as u64;
    let told = || event("told");
    // All of it was done already, or is about what is not there.
    for which in [
        "revoke_key",
        "rewrap_data_keys",
        "lift_hold",
        "add_administrator",
        "begin_session",
        "end_session",
        "change_setting again",
        "begin_setting",
        "replace_setting",
        "replace_webhook",
        "remove_webhook",
        "remove_conversations_before",
        "erase_conversation",
        "erase_again",
    ] {
        assert!(!rows.change(&*store, which, told()).await.unwrap(), "{which}");
    }
    for which in ["add_key", "place_hold"] {
        assert!(rows.change(&*store, which, told()).await.is_err(), "{which}");
    }
    let activation = Activation { version: "v9".into(), at: NOW, actor: "test".into() };
    assert!(!store.activate("default", "medical", activation, told()).await.unwrap());
    assert_eq!(store.roll_back("default", "nothing", Back::default(), NOW, told()).await.unwrap(), None);
    assert!(!store.set_pinned("default", "nothing", true, NOW, told()).await.unwrap());
    // Published again, just as it is.
    store.publish(publication("medical", "v2", NOW + 1), told()).await.unwrap();
    let nobody = AdministratorId::mint(NOW, &SystemRandom);
    let changed = store.change_administrator(&nobody, AdministratorChange::default(), told()).await.unwrap();
    assert_eq!(changed, AdministratorChanged::Unknown);
    store.place_hold(HoldRow { id: HoldId::mint(NOW, &SystemRandom), ..rows.hold }, event("held")).await.unwrap();
    assert_eq!(store.erase_person("default", "u", order(NOW), told()).await.unwrap(), ErasureOutcome::Held);
    let told: Vec<_> = told_since(&*store, length).await.into_iter().map(|event| event.event).collect();
    assert_eq!(told, ["held"]);
}

pub(crate) async fn what_is_told_has_the_facts_that_only_the_store_knows(store: Fresh) {
    let rows = Rows::new(&*store).await;
    let mut length = 0;
    let mut fact = async |name: &str| {
        let told = told_since(&*store, length).await;
        length += told.len() as u64;
        told.last().map_or(Value::Null, |event| event.detail[name].clone())
    };
    let publish = async |version: &str, policy: &str| {
        let mut publication = publication("medical", version, NOW);
        publication.version.policy = policy.to_owned();
        store.publish(publication, event("published")).await.unwrap();
    };
    publish("v1", "{}").await;
    assert_eq!(fact("outcome").await, "activated");
    // Whether consent is asked for changed, though the version did not.
    publish("v1", r#"{"consent_required":true}"#).await;
    assert_eq!(fact("outcome").await, "unchanged");
    publish("v2", "{}").await;
    assert_eq!(
        store.roll_back("default", "medical", Back::default(), NOW, event("back")).await.unwrap().as_deref(),
        Some("v1")
    );
    assert_eq!(fact("version").await, "v1");
    rows.change(&*store, "set_pinned", event("pinned")).await.unwrap();
    publish("v3", "{}").await;
    assert_eq!(fact("outcome").await, "stored");
    rows.change(&*store, "rewrap_data_keys", event("rotated")).await.unwrap();
    assert_eq!(fact("rewrapped").await, 1);
    rows.change(&*store, "remove_conversations_before", event("cleaned")).await.unwrap();
    assert_eq!(fact("conversations").await, 1);
}

const TASKS: u64 = 16;
const CHANGES_EACH: u64 = 6;

pub(crate) async fn many_changes_at_once_are_each_told_once_in_a_chain_that_holds(store: Fresh) {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.store.clone();
        tasks.spawn(async move {
            for number in 0..CHANGES_EACH {
                let row = api_key(&format!("{task}-{number}"));
                let told = Event { subject: row.id.to_string(), ..event("key.created") };
                store.add_key(row, told).await.unwrap();
                // As several origins do, each with a keeper of its own, and one that writes to the chain itself.
                match task % 4 {
                    0 => drop(store.drain_outbox(3).await.unwrap()),
                    1 => drop(store.append_audit(vec![event("appended")]).await.unwrap()),
                    _ => {}
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    while drain(&*store).await.unwrap() > 0 {}
    let report = verify(&*store, &[], None).await.unwrap();
    assert!(report.holds(), "{report:?}");
    let links = store.audit(0, MAX_PAGE).await.unwrap();
    let mut told: Vec<_> =
        links.iter().filter(|link| link.event.event == "key.created").map(|link| &link.event.subject).collect();
    let keys = store.keys("default").await.unwrap();
    let mut kept: Vec<_> = keys.iter().map(|key| key.id.to_string()).collect();
    told.sort();
    kept.sort();
    assert_eq!(told, kept.iter().collect::<Vec<_>>());
    assert_eq!(kept.len() as u64, TASKS * CHANGES_EACH);
}

pub(crate) async fn two_administrators_who_keep_each_other_out_do_not_both_succeed(store: Fresh) {
    let pair = ["a", "b"].map(|name| administrator(name, Role::Admin));
    for row in &pair {
        assert!(store.add_administrator(row.clone(), event("made")).await.unwrap());
    }
    let disable = async |row: &AdministratorRow, disabled| {
        let change = AdministratorChange { disabled: Some(disabled), ..AdministratorChange::default() };
        store.change_administrator(&row.id, change, event("changed")).await
    };
    for round in 0..10 {
        let (one, other) = tokio::join!(disable(&pair[0], true), disable(&pair[1], true));
        let outcomes = [one.unwrap(), other.unwrap()];
        let done: Vec<_> = outcomes.iter().map(|changed| matches!(changed, AdministratorChanged::Done(_))).collect();
        assert_ne!(done[0], done[1], "round {round}: {outcomes:?}");
        assert!(outcomes.contains(&AdministratorChanged::LastOne), "round {round}: {outcomes:?}");
        for row in &pair {
            disable(row, false).await.unwrap();
        }
    }
    // With another role they would not lead any more either.
    disable(&pair[0], true).await.unwrap();
    let viewer = AdministratorChange { role: Some(Role::Viewer), ..AdministratorChange::default() };
    let refused = store.change_administrator(&pair[1].id, viewer, event("changed")).await.unwrap();
    assert_eq!(refused, AdministratorChanged::LastOne);
}

pub(crate) async fn a_change_of_one_thing_leaves_what_others_changed_meanwhile(store: Fresh) {
    let row = administrator("ann", Role::Viewer);
    store.add_administrator(row.clone(), event("made")).await.unwrap();
    let change = async |change: AdministratorChange| match store
        .change_administrator(&row.id, change, event("changed"))
        .await
        .unwrap()
    {
        AdministratorChanged::Done(row) => row,
        other => panic!("{other:?}"),
    };
    change(AdministratorChange { disabled: Some(true), ..AdministratorChange::default() }).await;
    change(AdministratorChange { role: Some(Role::Operator), ..AdministratorChange::default() }).await;
    let now = change(AdministratorChange { password: Some("new".into()), ..AdministratorChange::default() }).await;
    let expected = AdministratorRow { disabled: true, role: Role::Operator, password: "new".into(), ..row.clone() };
    assert_eq!((&now, store.administrators().await.unwrap()), (&expected, vec![expected.clone()]));
}

pub(crate) async fn a_login_that_a_new_password_overtakes_begins_no_session(store: Fresh) {
    let row = administrator("ann", Role::Viewer);
    store.add_administrator(row.clone(), event("made")).await.unwrap();
    for round in 0..10 {
        let before = store.find_administrator("ann").await.unwrap().unwrap().password;
        let session = session_of(&row);
        let password = Some(format!("password {round}"));
        let change = AdministratorChange { password, ..AdministratorChange::default() };
        let (begun, changed) = tokio::join!(
            store.begin_session(session.clone(), &before, event("login")),
            store.change_administrator(&row.id, change, event("changed")),
        );
        assert!(matches!(changed.unwrap(), AdministratorChanged::Done(_)));
        // Begun before the change, it ended with it; begun after it, it was refused.
        let _ = begun.unwrap();
        assert_eq!(store.find_session(&session.id).await.unwrap(), None, "round {round}");
    }
    assert_eq!(told_since(&*store, 0).await.iter().filter(|event| event.event == "changed").count(), 10);
}

pub(crate) async fn a_program_at_the_desk_has_its_key_and_its_account_together_or_neither(store: Fresh) {
    let id = ApiKeyId::mint(NOW, &SystemRandom);
    let row = ApiKeyRow {
        id: id.clone(),
        tenant: "default".into(),
        hash: "cd".repeat(32),
        name: "helper".into(),
        scopes: vec!["agent".into()],
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
    };
    let account = AdministratorRow {
        id: AdministratorId::mint(NOW, &SystemRandom),
        name: id.to_string(),
        role: Role::Agent,
        tenant: Some("default".into()),
        password: "none".into(),
        created_at: NOW,
        disabled: false,
    };
    let told = || [event("account"), event("key")];
    store.add_agent_key(row.clone(), account.clone(), told()).await.unwrap();
    assert_eq!(store.find_administrator(id.as_str()).await.unwrap(), Some(account.clone()));
    assert_eq!(store.keys("default").await.unwrap(), std::slice::from_ref(&row));
    // A key that is there already leaves no account behind, and an account none of the key.
    let other =
        AdministratorRow { id: AdministratorId::mint(NOW, &SystemRandom), name: "other".into(), ..account.clone() };
    assert!(store.add_agent_key(row.clone(), other, told()).await.is_err());
    assert_eq!(store.find_administrator("other").await.unwrap(), None);
    let key = ApiKeyRow { id: ApiKeyId::mint(NOW, &SystemRandom), hash: "ef".repeat(32), ..row.clone() };
    assert!(store.add_agent_key(key, account.clone(), told()).await.is_err());
    assert_eq!(store.keys("default").await.unwrap().len(), 1);
    // What ends with the key.
    assert!(store.revoke_key("default", &id, NOW + 1, event("told")).await.unwrap());
    assert!(store.find_administrator(id.as_str()).await.unwrap().unwrap().disabled);
}
