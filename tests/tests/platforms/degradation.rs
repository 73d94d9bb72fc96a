//! The origin goes away and returns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lgdl_tests::platforms::{Deployment, Kind, Node};
use serde_json::{Value, json};

use crate::turn;

/// The list of games is believed for long, so that nothing but turns asks the origin.
const STEADY: (&str, &str) = ("games_ttl_ms", "3600000");

/// A node writes down what it has just learnt once the answer has gone; this lets it.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// As long as a breaker that has opened leaves the origin alone, and a little more.
const BETWEEN_TRIES: Duration = Duration::from_millis(200);
const MAX_TRIES: usize = 200;

async fn say(node: &Node, conversation: &str, input: &str, key: &str) -> Value {
    let body = turn(conversation, "u1", input);
    let (status, answer) = node.say("clinic_triage", &body, &[("idempotency-key", key)]).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

pub(crate) async fn turns_wait_while_the_origin_is_away_and_arrive_in_order_and_once(kind: Kind) {
    let mut deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[STEADY]).await;
    assert_eq!(say(&node, "c1", "I have pain", "k1").await["durable"], true);
    tokio::time::sleep(WRITTEN_WITHIN).await;
    deployment.origin.stop().await;
    let begun = Instant::now();
    let answer = say(&node, "c1", "lower back", "k2").await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(2), &json!(false)), "{answer}");
    assert_eq!((&answer["degraded"], &answer["awaiting_slot"]), (&json!("journalled"), &json!("severity")));
    let sent = node.send("clinic_triage", &turn("c1", "u1", "7"), &[("idempotency-key", "k3")]).await;
    let safety = if kind == Kind::Worker {
        "replicated"
    } else if kind == Kind::Component {
        "disk"
    } else if kind == Kind::Spin {
        "key-value"
    } else {
        "memory"
    };
    assert_eq!(sent.headers()["lgdl-journal"], safety);
    let third: Value = sent.json().await.unwrap();
    assert_eq!((&third["turn"], &third["slots"]["severity"]), (&json!(3), &json!(7)), "{third}");
    assert!(begun.elapsed() < Duration::from_secs(5), "nobody waits for one who is not there");
    // The same request again is the same turn, also in the journal.
    assert_eq!(say(&node, "c1", "7", "k3").await["turn"], 3);
    let erase = node.http().delete(node.url("/conversations/c1?user_id=u1&game=clinic_triage")).send().await.unwrap();
    assert_eq!(erase.status(), 503, "an erasure is never promised");

    deployment.origin.bring_back().await;
    node.drain().await;
    let inputs = |turns: &[lgdl_origin::store::TurnRow]| {
        turns.iter().map(|turn| (turn.turn_num, turn.user_input.clone())).collect::<Vec<_>>()
    };
    let turns = deployment.origin.turns("clinic_triage", "c1").await;
    let expected = [(1, "I have pain"), (2, "lower back"), (3, "7")].map(|(number, text)| (number, text.to_owned()));
    assert_eq!(inputs(&turns), expected);
    // A client that never heard the answer asks again once all is well.
    assert_eq!(say(&node, "c1", "7", "k3").await["turn"], 3);
    let answer = say(&node, "c1", "hello", "k4").await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(4), &json!(true)), "{answer}");
    assert_eq!(deployment.origin.turns("clinic_triage", "c1").await.len(), 4);
    node.stop().await;
}

pub(crate) async fn without_state_a_turn_is_matched_and_not_kept(kind: Kind) {
    let mut deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[STEADY]).await;
    say(&node, "warm", "hello", "k1").await;
    tokio::time::sleep(WRITTEN_WITHIN).await;
    deployment.origin.stop().await;
    let answer = say(&node, "emergency", "I can't breathe", "k2").await;
    assert_eq!((&answer["degraded"], &answer["durable"]), (&json!("stateless"), &json!(false)), "{answer}");
    assert_eq!(answer["move_id"], "respiratory_distress", "{answer}");
    // What failed lately is asked before anything is committed to it: nobody has to be told that nothing is known.
    let answer = say(&node, "new", "I have pain", "k3").await;
    assert_eq!((&answer["degraded"], &answer["durable"]), (&json!("stateless"), &json!(false)), "{answer}");
    assert!(answer["awaiting_slot"].is_null(), "{answer}");
    deployment.origin.bring_back().await;
    node.drain().await;
    assert!(deployment.origin.turns("clinic_triage", "new").await.is_empty());
    // A breaker that opened meanwhile leaves the origin alone for a moment; what is said until then is kept no more than before.
    let mut tries = 0;
    let answer = loop {
        tries += 1;
        let answer = say(&node, "new", "I have pain", &format!("k3.{tries}")).await;
        if answer["degraded"] != "stateless" || tries == MAX_TRIES {
            break answer;
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    };
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(1), &json!(true)), "{answer}");
    node.stop().await;
}

pub(crate) async fn an_answer_lost_after_the_commit_is_no_second_turn(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[STEADY, ("origin_timeout_ms", "300")]).await;
    say(&node, "c1", "hello", "k1").await;
    tokio::time::sleep(WRITTEN_WITHIN).await;
    deployment.origin.slow_down(Duration::from_millis(1_500));
    let answer = say(&node, "c1", "I have pain", "k2").await;
    assert_eq!((&answer["turn"], &answer["degraded"]), (&json!(2), &json!("journalled")), "{answer}");
    deployment.origin.slow_down(Duration::ZERO);
    node.drain().await;
    let answer = say(&node, "c1", "lower back", "k3").await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)), "{answer}");
    let turns = deployment.origin.turns("clinic_triage", "c1").await;
    assert_eq!(turns.iter().map(|turn| turn.turn_num).collect::<Vec<_>>(), [1, 2, 3]);
    node.stop().await;
}

pub(crate) async fn turns_at_once_while_the_origin_is_away_arrive_once_each(kind: Kind) {
    const TURNS: usize = 6;
    let mut deployment = Deployment::of("clinic_triage").await;
    let node = Arc::new(deployment.node(kind, &[STEADY]).await);
    say(&node, "c1", "hello", "k0").await;
    tokio::time::sleep(WRITTEN_WITHIN).await;
    deployment.origin.stop().await;
    let mut turns = tokio::task::JoinSet::new();
    for n in 1..=TURNS {
        let node = Arc::clone(&node);
        turns.spawn(async move {
            let (input, key) = (format!("hello {n}"), format!("k{n}"));
            // Where one turn holds the place, the others are told to come again.
            for _ in 0..20 {
                let headers = [("idempotency-key", key.as_str())];
                let (status, answer) = node.say("clinic_triage", &turn("c1", "u1", &input), &headers).await;
                if status == 200 {
                    assert_eq!(answer["degraded"], "journalled", "{answer}");
                    return input;
                }
                assert_eq!((status.as_u16(), &answer["code"]), (503, &json!("E234")));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            panic!("never got through");
        });
    }
    let mut said = turns.join_all().await;
    said.sort_unstable();
    deployment.origin.bring_back().await;
    node.drain().await;
    let turns = deployment.origin.turns("clinic_triage", "c1").await;
    let mut arrived: Vec<String> = turns.iter().skip(1).map(|turn| turn.user_input.clone()).collect();
    arrived.sort_unstable();
    assert_eq!(arrived, said, "each once");
    assert_eq!(turns.iter().map(|turn| turn.turn_num).collect::<Vec<_>>(), (1..=1 + TURNS as u64).collect::<Vec<_>>());
    Arc::into_inner(node).expect("nobody else uses it").stop().await;
}
