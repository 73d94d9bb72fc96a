//! Webhooks: signed, in order, tried again, paused, and never told more than they may be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lgdl::crypto::KeyRing;
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::ids::{ErasureId, WebhookId, person_pseudonym};
use lgdl_origin::privacy::{Envelope, Plain, Protection, UnreadableKeys, check_ring};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{ErasureOrder, Role, TextRight, Urgency};
use lgdl_origin::webhooks::{Hand, NewWebhook};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{commit, problem, told};
use crate::desk::{Desk, desk, desk_with, ok};
use crate::receiver::{Answer, Receiver};

/// The receivers of tests are on this machine.
const HERE: (&str, &str) = ("LGDL_WEBHOOK_PRIVATE", "true");

async fn make(desk: &Desk, receiver: &Receiver, types: &[&str]) -> Value {
    let new = json!({"name": "the hospital", "url": receiver.url(), "types": types});
    let made = ok(desk.send(Method::POST, "/admin/v1/webhooks", &new).await, StatusCode::CREATED).await;
    receiver.trust(made["secret"].as_str().unwrap());
    made
}

fn path(made: &Value, rest: &str) -> String {
    format!("/admin/v1/webhooks/{}{rest}", made["id"].as_str().unwrap())
}

async fn take_turn(desk: &Desk, conversation: &str, turn: u64) {
    let request = commit(conversation, "ann.example", turn, &format!("{conversation}-{turn}"));
    assert_eq!(desk.edge.commit(&request).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_receiver_hears_what_it_asked_for_signed_and_without_what_was_said() {
    let (desk, receiver) = (desk_with(Role::Operator, &[HERE]).await, Receiver::start().await);
    take_turn(&desk, "before", 0).await;
    // What is on its way to the bus while a webhook is made, it may hear.
    let began = Instant::now();
    while desk.ask("/admin/v1/events?after=0&types=turn.committed&wait=5").await["events"]
        .as_array()
        .unwrap()
        .is_empty()
    {
        assert!(began.elapsed() < Duration::from_secs(20), "the turn is told");
    }
    let made = make(&desk, &receiver, &["turn.*", "conversation.started"]).await;
    for turn in 0..3 {
        take_turn(&desk, "c", turn).await;
    }
    receiver.until("it hears", |receiver| receiver.types().len() == 4).await;
    assert_eq!(receiver.types()[0], "lgdl.conversation.started.v1");
    let headers = receiver.headers();
    assert_eq!(headers[0]["content-type"], "application/cloudevents+json");
    assert_eq!(headers[0]["webhook-id"].to_str().unwrap(), receiver.events()[0]["id"].as_str().unwrap());
    let all = json!(receiver.events()).to_string();
    assert!(!all.contains("knee") && !all.contains("ann.example"), "{all}");
    let began = Instant::now();
    loop {
        let log = desk.ask(&path(&made, "/deliveries")).await;
        let delivered =
            log["deliveries"].as_array().unwrap().iter().map(|line| line["count"].as_u64().unwrap()).sum::<u64>();
        if delivered == 4 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{log}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let shown = desk.ask(&path(&made, "")).await;
    assert_eq!((&shown["behind"], &shown["failures"], &shown["text"]), (&json!(0), &json!(0), &json!("withheld")));
    assert!(shown.get("secret").is_none());
    let tested = ok(desk.send(Method::POST, &path(&made, "/test"), &Value::Null).await, StatusCode::OK).await;
    assert_eq!((&tested["status"], &tested["why"]), (&json!(204), &Value::Null));
    assert_eq!(receiver.types().last().unwrap(), "lgdl.webhook.test.v1");
    assert_eq!(receiver.forged(), 0);
}

#[tokio::test]
async fn what_a_receiver_does_not_take_comes_again_in_order_and_with_its_id() {
    let (desk, receiver) = (desk_with(Role::Operator, &[HERE]).await, Receiver::start().await);
    let made = make(&desk, &receiver, &["turn.committed"]).await;
    receiver.answers(&[
        Answer::Refuse(StatusCode::INTERNAL_SERVER_ERROR),
        Answer::Break,
        Answer::Refuse(StatusCode::FOUND),
    ]);
    for turn in 0..4 {
        take_turn(&desk, "c", turn).await;
        take_turn(&desk, "d", turn).await;
    }
    let whole = |receiver: &Receiver| receiver.turns().values().map(Vec::len).collect::<Vec<_>>() == [4, 4];
    receiver.until("everything comes", whole).await;
    for turns in receiver.turns().values() {
        assert_eq!(turns, &[1, 2, 3, 4]);
    }
    let events = receiver.events();
    let broken = events.iter().filter(|event| event["id"] == events[0]["id"]).count();
    assert!(broken >= 2, "what was taken while the answer got lost comes again under its id");
    let log = desk.ask(&path(&made, "/deliveries")).await.to_string();
    assert!(log.contains("it answered 500") && !log.contains("nobody may see"), "{log}");
}

#[tokio::test]
async fn one_receiver_that_is_slow_holds_up_nobody() {
    let desk = desk_with(Role::Operator, &[HERE]).await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.takes(Duration::from_secs(5));
    make(&desk, &slow, &["turn.committed"]).await;
    make(&desk, &quick, &["turn.committed"]).await;
    let began = Instant::now();
    for turn in 0..10 {
        take_turn(&desk, "c", turn).await;
    }
    quick.until("the quick one hears all", |receiver| receiver.types().len() == 10).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(slow.events().len() < 10);
}

#[tokio::test]
async fn two_secrets_sign_during_a_rotation_and_then_the_new_one_alone() {
    let (desk, receiver) = (desk_with(Role::Operator, &[HERE]).await, Receiver::start().await);
    let made = make(&desk, &receiver, &["turn.committed"]).await;
    let old = made["secret"].as_str().unwrap().to_owned();
    let rotate = json!({"overlap_hours": 1});
    let rotated = ok(desk.send(Method::POST, &path(&made, "/rotate"), &rotate).await, StatusCode::OK).await;
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    let test =
        || async { ok(desk.send(Method::POST, &path(&made, "/test"), &Value::Null).await, StatusCode::OK).await };
    for secret in [&old, &new] {
        receiver.trust_only(secret);
        assert_eq!(test().await["status"], 204, "both are good meanwhile");
    }
    let rotated = desk.send(Method::POST, &path(&made, "/rotate"), &json!({"overlap_hours": 0})).await;
    let newest = ok(rotated, StatusCode::OK).await["secret"].as_str().unwrap().to_owned();
    receiver.trust_only(&new);
    assert_eq!(test().await["status"], 401);
    receiver.trust_only(&newest);
    assert_eq!(test().await["status"], 204);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_paused_and_goes_on_where_it_stopped() {
    let (desk, receiver) = (desk_with(Role::Operator, &[HERE]).await, Receiver::start().await);
    let made = make(&desk, &receiver, &["turn.committed"]).await;
    receiver.always(Some(StatusCode::GONE));
    take_turn(&desk, "c", 0).await;
    let began = Instant::now();
    while desk.ask(&path(&made, "")).await["state"] != "paused" {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let heard = desk.ask("/admin/v1/events?types=webhook.*&priority=high&wait=5").await;
    assert_eq!(heard["events"][0]["type"], "lgdl.webhook.paused.v1");
    take_turn(&desk, "c", 1).await;
    receiver.always(None);
    ok(desk.send(Method::POST, &path(&made, "/resume"), &Value::Null).await, StatusCode::OK).await;
    receiver.until("it goes on", |receiver| receiver.turns().values().any(|turns| turns == &[1, 2])).await;
    // And once more.
    let range = json!({"after": 0});
    ok(desk.send(Method::POST, &path(&made, "/redeliver"), &range).await, StatusCode::ACCEPTED).await;
    receiver.until("it comes once more", |receiver| receiver.events().len() >= 4).await;
    let began = Instant::now();
    while desk.ask(&path(&made, "")).await["redelivering"] == true {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ok(desk.delete(&path(&made, "")).await, StatusCode::NO_CONTENT).await;
    problem(desk.get(&path(&made, "")).await, StatusCode::NOT_FOUND, "E521").await;
}

#[tokio::test]
async fn addresses_of_private_networks_are_refused_and_so_is_what_is_not_in_order() {
    let desk = desk(Role::Operator).await;
    let here = Receiver::start().await;
    let own = here.url();
    for url in [
        own.as_str(),
        "http://example.com/hook",
        "https://localhost/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://2130706433/",
        "https://db.internal/",
        "https://user:secret@example.com/",
        "ftp://example.com/",
        "example.com",
    ] {
        let new = json!({"name": "x", "url": url});
        let refused = desk.send(Method::POST, "/admin/v1/webhooks", &new).await;
        let refused = problem(refused, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
        let detail = refused["detail"].as_str().unwrap_or_default();
        assert!(url != own || detail.contains("LGDL_WEBHOOK_PRIVATE"), "{detail}");
    }
    for new in [
        json!({"name": "", "url": "https://example.com/"}),
        json!({"name": "x", "url": "https://example.com/", "types": ["moves.*"]}),
    ] {
        problem(desk.send(Method::POST, "/admin/v1/webhooks", &new).await, StatusCode::UNPROCESSABLE_ENTITY, "E531")
            .await;
    }
}

#[tokio::test]
async fn text_is_told_by_right_alone_and_nothing_of_the_erased() {
    let (mut desk, receiver) = (desk_with(Role::Operator, &[HERE]).await, Receiver::start().await);
    let made = make(&desk, &receiver, &["turn.committed", "person.*"]).await;
    let allow = json!({"included": true, "reason": "the contract with the hospital"});
    problem(desk.send(Method::PUT, &path(&made, "/text"), &allow).await, StatusCode::FORBIDDEN, "E527").await;
    desk.employ("pia", Role::PrivacyOfficer, None).await;
    desk.become_("pia").await;
    ok(desk.send(Method::PUT, &path(&made, "/text"), &allow).await, StatusCode::OK).await;
    // Whoever delivers looks at what has changed once a second.
    tokio::time::sleep(Duration::from_secs(3)).await;
    take_turn(&desk, "c", 0).await;
    receiver.until("it hears", |receiver| receiver.events().len() == 1).await;
    let text = &receiver.events()[0]["data"]["text"];
    assert_eq!((&text["user_input"], &text["user_id"]), (&json!("my knee hurts"), &json!("ann.example")));
    assert_eq!(text["conversation_id"], "c");
    // While it does not take anything, the person is erased: what waits is told of no more.
    receiver.always(Some(StatusCode::SERVICE_UNAVAILABLE));
    take_turn(&desk, "c", 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (store, now_ms) = (&desk.edge.running.origin.store, SystemClock.now_ms());
    let order = ErasureOrder { id: ErasureId::mint(now_ms, &SystemRandom), requested_by: "test".into(), now_ms };
    let person = person_pseudonym("default", "ann.example");
    let told =
        lgdl_origin::store::Event { at: now_ms, event: "person.erased".into(), subject: person.clone(), ..told() };
    store.erase_person("default", "ann.example", order, told).await.unwrap();
    receiver.always(None);
    receiver
        .until("the erasure is told", |receiver| receiver.types().contains(&"lgdl.person.erased.v1".to_owned()))
        .await;
    assert_eq!(receiver.types(), ["lgdl.turn.committed.v1", "lgdl.person.erased.v1"]);
    assert_eq!(receiver.events()[1]["data"], json!({"person": store.audit_name(&person)}));
}

#[tokio::test]
async fn an_event_whose_text_cannot_be_read_comes_without_it_and_holds_up_nothing() {
    let (mut desk, receiver) = (desk_with(Role::Operator, &[HERE]).await, Receiver::start().await);
    let made = make(&desk, &receiver, &["turn.committed"]).await;
    desk.employ("pia", Role::PrivacyOfficer, None).await;
    desk.become_("pia").await;
    let allow = json!({"included": true, "reason": "the contract with the hospital"});
    ok(desk.send(Method::PUT, &path(&made, "/text"), &allow).await, StatusCode::OK).await;
    receiver.always(Some(StatusCode::SERVICE_UNAVAILABLE));
    // Whoever delivers looks at what has changed once a second.
    tokio::time::sleep(Duration::from_secs(3)).await;
    take_turn(&desk, "c", 0).await;
    take_turn(&desk, "c", 1).await;
    let file = rusqlite::Connection::open(desk.edge.folder.path().join("lgdl.db")).unwrap();
    file.busy_timeout(Duration::from_secs(5)).unwrap();
    file.execute("UPDATE turns SET user_input = 'lgdl1:?' WHERE turn_num = 1", []).unwrap();
    // What was on its way had its text before that.
    let tried = receiver.headers().len();
    receiver.until("it is tried again", |receiver| receiver.headers().len() > tried).await;
    receiver.always(None);
    receiver.until("both come", |receiver| receiver.turns().values().any(|turns| turns == &[1, 2])).await;
    let texts: Vec<_> = receiver.events().iter().map(|event| event["data"]["text"].clone()).collect();
    assert_eq!((&texts[0], &texts[1]["user_input"]), (&json!({"unreadable": true}), &json!("my knee hurts")));
}

#[tokio::test]
async fn another_tenants_webhooks_are_not_there_and_hear_nothing() {
    let (mut desk, receiver) = (desk_with(Role::Admin, &[HERE]).await, Receiver::start().await);
    let made = make(&desk, &receiver, &[]).await;
    desk.employ("theirs", Role::Admin, Some("other")).await;
    desk.become_("theirs").await;
    assert_eq!(desk.ask("/admin/v1/webhooks").await["webhooks"], json!([]));
    for (method, rest) in
        [(Method::GET, ""), (Method::DELETE, ""), (Method::POST, "/test"), (Method::GET, "/deliveries")]
    {
        problem(desk.send(method, &path(&made, rest), &Value::Null).await, StatusCode::NOT_FOUND, "E521").await;
    }
    let theirs = make(&desk, &receiver, &[]).await;
    take_turn(&desk, "c", 0).await;
    receiver.until("the first one hears", |receiver| receiver.types().len() >= 2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(receiver.events().iter().all(|event| event["tenant"] == "default"), "{theirs}");
}

#[tokio::test]
async fn secrets_are_sealed_where_there_is_a_key_ring() {
    let key = format!("k1:{}", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=");
    let receiver = Receiver::start().await;
    let desk = desk_with(Role::Operator, &[HERE, ("LGDL_ENCRYPTION_KEY", key.as_str())]).await;
    let made = make(&desk, &receiver, &[]).await;
    let test = ok(desk.send(Method::POST, &path(&made, "/test"), &Value::Null).await, StatusCode::OK).await;
    assert_eq!(test["status"], 204);
    let kept = desk.edge.running.origin.store.webhooks(None).await.unwrap();
    let secret = made["secret"].as_str().unwrap().trim_start_matches("whsec_").to_owned();
    assert!(!kept[0].hook.secrets.is_empty() && !format!("{kept:?}").contains(&secret));
}

#[tokio::test]
async fn no_secret_is_made_under_a_ring_that_does_not_fit_the_store() {
    let ring = |letter: u8| KeyRing::parse(&format!("k1:{}", STANDARD.encode([letter; 32]))).unwrap();
    let right = format!("k1:{}", STANDARD.encode([b'A'; 32]));
    let receiver = Receiver::start().await;
    let desk = desk_with(Role::Operator, &[HERE, ("LGDL_ENCRYPTION_KEY", right.as_str())]).await;
    let made = make(&desk, &receiver, &[]).await;
    let id: WebhookId = made["id"].as_str().unwrap().parse().unwrap();
    let origin = &desk.edge.running.origin;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let another = Envelope::new(ring(b'B'), origin.store.clone(), clock.clone(), random);
    let none = Plain::new(origin.store.clone(), clock, UnreadableKeys::Refuse);
    let cases: [(&dyn Protection, Option<KeyRing>, &str); 2] =
        [(&another, Some(ring(b'B')), "E927"), (&none, None, "E926")];
    for (protection, ring, code) in cases {
        let config = Config { encryption_key: ring, ..(*origin.config).clone() };
        let hand = Hand {
            store: &*origin.store,
            protection,
            config: &config,
            random: &SystemRandom,
            tenant: "default",
            actor: "test",
            now_ms: SystemClock.now_ms(),
        };
        let new = NewWebhook {
            name: "another",
            url: &receiver.url(),
            types: Vec::new(),
            urgency: Urgency::Any,
            text: TextRight::Withheld,
            follow_up_after_s: None,
        };
        for refused in [hand.make(new).await.unwrap_err(), hand.rotate(&id, 1).await.unwrap_err()] {
            assert!(refused.to_string().contains(code), "{refused}");
        }
    }
    assert_eq!(origin.store.webhooks(None).await.unwrap().len(), 1);
    check_ring(&*origin.store, Some(&ring(b'A'))).await.unwrap();
    let whose = check_ring(&*origin.store, Some(&ring(b'B'))).await.unwrap_err().to_string();
    assert!(whose.contains("the names in the audit log"), "{whose}");
}
