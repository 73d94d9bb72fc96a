//! What a person may ask about their own conversations.

use std::time::{Duration, Instant};

use lgdl_tests::platforms::{Deployment, Kind};
use serde_json::{Value, json};

use crate::turn;

/// How long a node may take to write down what it has learnt.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn an_erased_conversation_stays_erased(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    let other = deployment.node(Kind::Native, &[]).await;
    for (node, turn_number) in [(&node, 1), (&other, 2), (&node, 3)] {
        let (_, answer) = node.say("clinic_triage", &turn("c1", "u1", "I have pain"), &[]).await;
        assert_eq!(answer["turn"], turn_number);
    }
    let erased = node.http().delete(node.url("/conversations/c1?user_id=u1")).send().await.unwrap();
    assert_eq!(erased.status(), 204);
    // Whoever still has it hot does not bring it back.
    for node in [&node, &other] {
        let (status, problem) = node.say("clinic_triage", &turn("c1", "u1", "hello"), &[]).await;
        assert_eq!((status.as_u16(), &problem["code"]), (410, &json!("E233")));
    }
    let export = node.http().get(node.url("/conversations/c1/export?user_id=u1")).send().await.unwrap();
    assert_eq!(export.status(), 404);
    assert_eq!(deployment.origin.counts().await.turns, 0);
    let (status, answer) = node.say("clinic_triage", &turn("c2", "u1", "hello"), &[]).await;
    assert_eq!((status.as_u16(), &answer["turn"]), (200, &json!(1)));
    node.stop().await;
}

pub(crate) async fn an_erasure_at_the_origin_leaves_no_copy_at_the_node(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    for (conversation, user) in [("c1", "u1"), ("c2", "u1"), ("kept", "u2")] {
        let (_, answer) = node.say("clinic_triage", &turn(conversation, user, "I have pain"), &[]).await;
        assert_eq!(answer["durable"], true, "{answer}");
    }
    let hot = async |conversation: &str| {
        let key = format!("hot:{}", lgdl_edge::digest::conversation("default", "clinic_triage", conversation));
        node.stored_keys().await.contains(&key)
    };
    let until = Instant::now() + WRITTEN_WITHIN;
    while !(hot("c1").await && hot("c2").await && hot("kept").await) {
        assert!(Instant::now() < until, "what a node learns it writes down once the answer has gone");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.run_schedule().await;
    assert!(hot("c1").await, "nothing was erased");
    deployment.origin.erase_person("u1").await;
    // A development node asks twice a second at most.
    tokio::time::sleep(Duration::from_millis(600)).await;
    node.run_schedule().await;
    assert!(!hot("c1").await && !hot("c2").await);
    assert!(hot("kept").await, "what was not erased stays");
    node.stop().await;
}

pub(crate) async fn a_person_gets_a_copy_of_what_is_kept(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    for input in ["I have pain", "lower back"] {
        node.say("clinic_triage", &turn("c1", "u1", input), &[]).await;
    }
    let export = async |path: &str, user: Option<&str>| {
        let mut request = node.http().get(node.url(path));
        if let Some(user) = user {
            request = request.header("x-user-id", user);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, copy) = export("/conversations/c1/export?user_id=u1&game=clinic_triage", None).await;
    assert_eq!(status, 200, "{copy}");
    assert!(copy.to_string().contains("lower back"), "{copy}");
    let (_, again) = export("/conversations/c1/export", Some("u1")).await;
    assert_eq!(again["turns"], copy["turns"]);
    for (path, user, status, code) in [
        ("/conversations/c1/export", None, 422, "E221"),
        ("/conversations/c1/export?user_id=u1&game=a%20b", None, 422, "E222"),
        ("/conversations/c1/export?user_id=%00", None, 422, "E222"),
        ("/conversations/c1/export?user_id=u1&game=other", None, 404, "E228"),
        ("/conversations/c2/export", Some("u1"), 404, "E228"),
    ] {
        let (found, problem) = export(path, user).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{path}");
    }
    node.stop().await;
}
