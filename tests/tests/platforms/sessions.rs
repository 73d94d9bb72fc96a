//! Sessions end at the origin, and every node begins anew: also one that holds the state of before.

use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::ids::ConversationId;
use lgdl_tests::platforms::{Deployment, Kind};
use serde_json::json;

use crate::turn;

const GAME: &str = "clinic_triage";

pub(crate) async fn what_expired_begins_anew_also_where_the_old_state_lies(kind: Kind) {
    let deployment = Deployment::of(GAME).await;
    let node = deployment.node(kind, &[]).await;
    let say = async |input: &str, key: &str| {
        let (status, answer) = node.say(GAME, &turn("c1", "u1", input), &[("idempotency-key", key)]).await;
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let first = say("I have pain", "k1").await;
    assert!(first["awaiting_slot"].is_string(), "{first}");
    let (store, now_ms) = (&*deployment.origin.running.origin.store, SystemClock.now_ms());
    let id = ConversationId::derive("default", GAME, "c1");
    let told = events::of(now_ms, "default", "conversation.expired", "test", id.as_str(), json!({}));
    assert!(store.expire(&id, 1, now_ms, told).await.unwrap());

    let second = say("lower back", "k2").await;
    assert_eq!((&second["turn"], &second["durable"]), (&json!(2), &json!(true)), "{second}");
    assert!(second["awaiting_slot"].is_null() && second["slots"]["location"].is_null(), "{second}");
    assert_eq!(say("lower back", "k2").await, second, "a retry is answered as it was");
    let third = say("I have pain", "k3").await;
    assert_eq!((&third["turn"], &third["awaiting_slot"]), (&json!(3), &first["awaiting_slot"]), "{third}");
    assert_eq!(say("lower back", "k4").await["turn"], json!(4), "and it goes on");
    assert_eq!(deployment.origin.turns(GAME, "c1").await.len(), 4);
    node.stop().await;
}
