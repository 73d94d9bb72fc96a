//! What games call in turns that the origin takes itself: after a hand-back, and when nobody came.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use lgdl::wire::origin::ClaimRequest;
use lgdl_origin::desk;
use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::ok;
use crate::handovers::{at, here, visitor, ward_of};

const GAME: &str = r#"
game ward {
  capabilities { stock: ["reserve", "page"] }
  moves {
    move order {
      slots { size: enum("small", "large") required }
      when user says something like: ["I want to order"]
      confidence: 0.6
      when slot size is missing { prompt slot: "Small or large?" }
      when all_slots_filled { stock.reserve(size) for "an order" then respond with: "Ordered as {reference}." }
      when failed { respond with: "The order did not work." }
    }
    move help {
      when user says something like: ["I need a nurse"]
      confidence: 0.6
      when confident { escalate to: nurse within 1 hours else { respond with: "No nurse is free." } }
    }
    move quick {
      when user says something like: ["I need somebody now"]
      confidence: 0.6
      when confident {
        escalate to: nurse within 1 seconds else { stock.page() then respond with: "Paged as {reference}." }
      }
      when failed { respond with: "Nobody could be paged." }
    }
  }
}
"#;

/// What the service was asked: function, idempotency key, tenant, authorization, body.
#[derive(Default)]
pub(crate) struct Seen {
    asked: Vec<(String, HeaderMap, Value)>,
    pub(crate) takes: Duration,
    status: Option<StatusCode>,
    /// Calls under way now, and the most at once.
    pub(crate) under_way: (usize, usize),
}

pub(crate) struct Service {
    pub(crate) seen: Arc<Mutex<Seen>>,
    pub(crate) setting: String,
}

pub(crate) async fn service() -> Service {
    let seen = Arc::<Mutex<Seen>>::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/{function}", post(answer)).with_state(Arc::clone(&seen));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let setting = json!({"stock": {"url": format!("http://{address}"), "token": "t0ken", "allow_private": true}});
    Service { seen, setting: setting.to_string() }
}

async fn answer(
    State(seen): State<Arc<Mutex<Seen>>>,
    Path(function): Path<String>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> (StatusCode, axum::Json<Value>) {
    let (takes, status) = {
        let mut seen = seen.lock().unwrap();
        seen.asked.push((function, headers, body.0));
        let (now, most) = seen.under_way;
        seen.under_way = (now + 1, most.max(now + 1));
        (seen.takes, seen.status)
    };
    tokio::time::sleep(takes).await;
    seen.lock().unwrap().under_way.0 -= 1;
    (status.unwrap_or(StatusCode::OK), axum::Json(json!({"status": "ok", "data": {"reference": "R-7"}})))
}

impl Service {
    /// The idempotency keys of what it was asked. The origin's own clock may come to the same turn together with a test, under the same key.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        self.asked().iter().map(|(_, headers, _)| headers["idempotency-key"].to_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn asked(&self) -> Vec<(String, HeaderMap, Value)> {
        self.seen.lock().unwrap().asked.clone()
    }
}

#[tokio::test]
async fn what_a_game_calls_after_a_hand_back_is_called_once_by_the_origin() {
    let service = service().await;
    let mut desk = ward_of(GAME, &[("LGDL_SERVICES", &service.setting)]).await;
    let person = visitor(&desk, "c1");
    person.say("I want to order").await;
    person.say("I need a nurse").await;
    let id = person.id();
    desk.become_("anna").await;
    here(&desk).await;
    ok(desk.send(Method::POST, &at(&id, "/accept"), &json!({"key": "k1"})).await, StatusCode::OK).await;
    let back = json!({"key": "k2", "values": {"size": "large"}, "outcome": "resolved"});
    for _ in 0..2 {
        ok(desk.send(Method::POST, &at(&id, "/return"), &back).await, StatusCode::OK).await;
    }
    let heard = visitor(&desk, "c1").hears(0).await;
    let last = heard.messages.last().unwrap();
    assert!(last.text.ends_with("Ordered as R-7."), "{heard:#?}");
    let asked = service.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let (function, headers, body) = &asked[0];
    assert_eq!(function, "reserve");
    assert!(headers["idempotency-key"].to_str().unwrap().starts_with("cap_"), "{headers:?}");
    assert_eq!(
        (&headers["lgdl-tenant"], &headers["authorization"]),
        (&"default".parse().unwrap(), &"Bearer t0ken".parse().unwrap())
    );
    assert_eq!((&body["service"], &body["payload"]["size"]), (&json!("stock"), &json!("large")));
}

#[tokio::test]
async fn what_a_game_calls_when_nobody_came_has_the_same_key_every_time() {
    let service = service().await;
    let settings = [("LGDL_SERVICES", service.setting.as_str()), ("LGDL_CLAIM_LEASE_SECONDS", "3")];
    let desk = ward_of(GAME, &settings).await;
    let person = visitor(&desk, "c1");
    let origin = &desk.edge.running.origin;
    person.say("I need somebody now").await;
    let id = person.id();
    // A node takes another turn of it just now, and acts: the origin waits, and its own comes after.
    let row = origin.store.find_by_id("default", &id).await.unwrap().unwrap();
    let theirs = ClaimRequest {
        game: "ward".into(),
        conversation_id: "c1".into(),
        user_id: "u".into(),
        expected_version: row.version,
        base: None,
        idempotency_key: "theirs".into(),
        fingerprint: "theirs".into(),
        acting: None,
    };
    let held = desk.edge.send(Method::POST, "/edge/v1/claims", serde_json::to_vec(&theirs).unwrap()).await;
    assert_eq!(held.status(), StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(service.asked().is_empty(), "its place is a node's, and nothing was done");
    for _ in 0..3 {
        desk::look(origin).await.unwrap();
    }
    let heard = person.hears(0).await;
    let told = heard.messages.iter().filter(|one| one.text == "Paged as R-7.").count();
    assert_eq!((told, service.keys().len()), (1, 1), "{heard:#?}");
}

#[tokio::test]
async fn a_service_that_fails_or_is_not_configured_is_told_to_the_game() {
    let service = service().await;
    service.seen.lock().unwrap().status = Some(StatusCode::INTERNAL_SERVER_ERROR);
    for (settings, asked) in [(vec![("LGDL_SERVICES", service.setting.as_str())], 1), (Vec::new(), 0)] {
        let desk = ward_of(GAME, &settings).await;
        let person = visitor(&desk, "c1");
        person.say("I need somebody now").await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        desk::look(&desk.edge.running.origin).await.unwrap();
        let heard = person.hears(0).await;
        assert_eq!(heard.messages.last().unwrap().text, "Nobody could be paged.", "{heard:#?}");
        assert_eq!(service.keys().len(), asked, "what acts is tried once");
        service.seen.lock().unwrap().asked.clear();
    }
    let private = json!({"stock": {"url": "http://127.0.0.1:9"}}).to_string();
    let desk = ward_of(GAME, &[("LGDL_SERVICES", &private)]).await;
    let person = visitor(&desk, "c1");
    person.say("I need somebody now").await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    desk::look(&desk.edge.running.origin).await.unwrap();
    assert_eq!(person.hears(0).await.messages.last().unwrap().text, "Nobody could be paged.");
}

/// The agent's browser gives up while the service takes its time: the game goes on all the same, once.
#[tokio::test]
async fn a_hand_back_whose_request_is_given_up_is_finished() {
    let service = service().await;
    service.seen.lock().unwrap().takes = Duration::from_millis(1_500);
    let settings = [("LGDL_SERVICES", service.setting.as_str()), ("LGDL_REQUEST_TIMEOUT_SECONDS", "1")];
    let mut desk = ward_of(GAME, &settings).await;
    let person = visitor(&desk, "c1");
    person.say("I want to order").await;
    person.say("I need a nurse").await;
    let id = person.id();
    desk.become_("anna").await;
    here(&desk).await;
    ok(desk.send(Method::POST, &at(&id, "/accept"), &json!({"key": "k1"})).await, StatusCode::OK).await;
    let back = json!({"key": "k2", "values": {"size": "large"}, "outcome": "resolved"});
    let given_up = desk.send(Method::POST, &at(&id, "/return"), &back).await;
    assert!(given_up.status().is_server_error(), "{}", given_up.status());
    // Another try, while the first one acts: it acts nothing itself, and is answered with what came of the first.
    let mut tries = 0;
    while !desk.send(Method::POST, &at(&id, "/return"), &back).await.status().is_success() {
        tries += 1;
        assert!(tries < 10, "the hand-back does not end");
    }
    let heard = visitor(&desk, "c1").hears(0).await;
    assert!(heard.messages.last().unwrap().text.ends_with("Ordered as R-7."), "{heard:#?}");
    assert_eq!(service.asked().len(), 1);
}
