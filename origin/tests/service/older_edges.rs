//! Nodes one version apart. The requests of the format before, frozen in `tests/wire/before.json`, are played as bytes: no type of today
//! has a part in them, so that a change of the types shows. A node of the version after says things that this origin does not know.
//!
//! There is no release yet. When there is one, its component crossed with this origin is the better test (docs/deploy/upgrade.md).

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{commit, edge};

const BEFORE: &str = include_str!("../wire/before.json");

#[tokio::test]
async fn what_nodes_of_the_format_before_ask_is_answered_as_they_need_it() {
    let edge = edge().await;
    let steps: Vec<Value> = serde_json::from_str(BEFORE).unwrap();
    let mut sent = Vec::new();
    for step in &steps {
        let what = step["what"].as_str().unwrap();
        let (method, path) = step["ask"].as_str().unwrap().split_once(' ').unwrap();
        match &step["body"] {
            Value::Null => sent.clear(),
            Value::String(_) => {}
            body => sent = serde_json::to_vec(body).unwrap(),
        }
        let answer = edge.send(Method::from_bytes(method.as_bytes()).unwrap(), path, sent.clone()).await;
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(u64::from(status), step["status"].as_u64().unwrap(), "{what}: {text}");
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        for (at, value) in step["is"].as_object().into_iter().flatten() {
            assert_eq!(answer.pointer(at), Some(value), "{what}: {at} in {text}");
        }
        for at in step["has"].as_array().into_iter().flatten() {
            assert!(answer.pointer(at.as_str().unwrap()).is_some(), "{what}: {at} in {text}");
        }
    }
    // Every route that nodes have had from the beginning.
    for route in ["games", "conversations", "claims", "turns", "keys", "consents", "reports", "node", "erasures"] {
        assert!(BEFORE.contains(&format!(" /edge/v1/{route}")), "{route}");
    }
}

#[tokio::test]
async fn what_a_node_of_the_version_after_adds_is_no_hindrance() {
    let edge = edge().await;
    let mut turn = serde_json::to_value(commit("c", "u", 0, "k")).unwrap();
    for at in ["", "/record", "/state", "/response"] {
        let part = turn.pointer_mut(at).unwrap().as_object_mut().unwrap();
        part.insert("of_a_later_version".into(), json!({"some": ["thing"]}));
    }
    let answer = edge.post("/edge/v1/turns", &turn).await;
    assert_eq!(answer.status(), 200);
    let report = json!({"name": "n1", "version": "9.9.9", "platform": "moon", "waiting": 0, "breaker": "closed", "every_ms": 15_000,
        "sent_at_ms": 1, "of_a_later_version": 1});
    assert_eq!(edge.post("/edge/v1/node", &report).await.status(), 204);
}
