//! The HTTP contract: routes, headers, idempotency, ownership, conflicts, web origins, events.

use std::sync::Arc;
use std::time::Duration;

use lgdl_tests::platforms::{Deployment, Kind};
use serde_json::{Value, json};

use crate::turn;

pub(crate) async fn a_client_of_the_public_protocol_works_unchanged(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    let answer = node.send("clinic_triage", &turn("c1", "u1", "hello"), &[("x-request-id", "r-1")]).await;
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("x-request-id", "r-1"),
        ("content-type", "application/json"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    assert!(answer.headers()["server-timing"].to_str().unwrap().starts_with("edge;dur="));
    let answer: Value = answer.json().await.unwrap();
    for field in ["move_id", "confidence", "response", "action", "manifest_id", "latency_ms", "firewall_triggered"] {
        assert!(answer.get(field).is_some(), "{field}: {answer}");
    }
    assert_eq!((&answer["durable"], &answer["turn"]), (&json!(true), &json!(1)));

    let get = async |path: &str| {
        let answer = node.http().get(node.url(path)).send().await.unwrap();
        assert!(answer.headers().contains_key("x-request-id") || path == "/metrics", "{path}");
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let json_of = async |path: &str| {
        let (status, text) = get(path).await;
        (status, serde_json::from_str::<Value>(&text).unwrap_or_else(|_| panic!("{path}: {text}")))
    };
    let healthy = json!({ "status": "healthy", "games_loaded": 1, "games": ["clinic_triage"] });
    assert_eq!(json_of("/healthz").await, (200, healthy));
    let (status, games) = json_of("/games").await;
    assert_eq!((status, &games["games"][0]["id"]), (200, &json!("clinic_triage")));
    // What the chat page of a development node asks for.
    assert_eq!(games["development"], true);
    assert_eq!(json_of("/dev/status").await, (200, json!({ "errors": [] })));
    assert_eq!(json_of("/games/clinic_triage").await, (200, games["games"][0].clone()));
    assert_eq!(json_of("/health/live").await.0, 200);
    assert_eq!(json_of("/health/ready").await.0, 200);
    let (status, health) = json_of("/health").await;
    assert_eq!((status, &health["components"]["origin"]["status"]), (200, &json!("healthy")), "{health}");
    let (status, metrics) = get("/metrics").await;
    if kind == Kind::Spin {
        assert_eq!(status, 404, "nobody counts on Spin alone, and nobody says 0");
    } else {
        assert!(status == 200 && metrics.contains("lgdl_edge_turns_total 1"), "{metrics}");
    }
    for (path, part) in
        [("/", "<lgdl-chat"), ("/chat.js", "lgdl-turn"), ("/chat.css", "{"), ("/lgdl-chat.js", "customElements")]
    {
        let (status, text) = get(path).await;
        assert!(status == 200 && text.contains(part), "{path}");
    }
    assert_eq!(json_of("/nothing").await.1["code"], "E226");

    let head = node.http().head(node.url("/games")).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert!(head.headers().get("content-length").is_none_or(|length| length != "0"), "GET would get something");
    let alias = node.http().post(node.url("/move")).json(&turn("c1", "u1", "hello")).send().await.unwrap();
    assert!(alias.headers().contains_key("x-deprecation-warning"));
    assert_eq!(alias.json::<Value>().await.unwrap()["turn"], 2);
    let reload = node.http().post(node.url("/games/clinic_triage/reload")).send().await.unwrap();
    assert_eq!(reload.status(), 200);
    node.stop().await;
}

pub(crate) async fn a_repeated_request_gets_the_stored_answer_word_for_word(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    let body = turn("c1", "u1", "I have pain in my back");
    let text = async |body: &Value| {
        let answer = node.send("clinic_triage", body, &[("idempotency-key", "k1")]).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let first = text(&body).await;
    assert_eq!(first.0, 200);
    for _ in 0..3 {
        assert_eq!(text(&body).await, first);
    }
    // On another platform too: the answer is the origin's.
    let other = deployment.node(Kind::Native, &[]).await;
    let answer = other.send("clinic_triage", &body, &[("idempotency-key", "k1")]).await;
    assert_eq!(answer.text().await.unwrap(), first.1);
    let (status, problem) = text(&turn("c1", "u1", "I have pain in my knee")).await;
    assert!(status == 422 && problem.contains("E232"), "{status} {problem}");
    assert_eq!(deployment.origin.turns("clinic_triage", "c1").await.len(), 1);
    node.stop().await;
}

pub(crate) async fn a_conversation_belongs_to_who_began_it(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    assert_eq!(node.say("clinic_triage", &turn("c1", "u1", "hello"), &[]).await.0, 200);
    let (status, problem) = node.say("clinic_triage", &turn("c1", "u2", "hello"), &[]).await;
    assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("E228")));
    for (method, path) in [("DELETE", "/conversations/c1"), ("GET", "/conversations/c1/export")] {
        let method = method.parse().unwrap();
        let url = node.url(&format!("{path}?user_id=u2"));
        assert_eq!(node.http().request(method, url).send().await.unwrap().status(), 404, "{path}");
    }
    let (_, answer) = node.say("clinic_triage", &turn("c1", "u1", "hello"), &[]).await;
    assert_eq!(answer["turn"], 2);
    node.stop().await;
}

pub(crate) async fn a_turn_on_stale_state_is_run_again_on_the_state_that_won(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let (node, other) = (deployment.node(kind, &[]).await, deployment.node(Kind::Native, &[]).await);
    let say = async |node: &lgdl_tests::platforms::Node, input: &str| {
        let (status, answer) = node.say("clinic_triage", &turn("c1", "u1", input), &[]).await;
        assert_eq!(status, 200, "{answer}");
        answer
    };
    assert_eq!(say(&node, "I have pain").await["awaiting_slot"], "location");
    assert_eq!(say(&other, "lower back").await["turn"], 2);
    // This node's hot state says that the location is still open.
    let answer = say(&node, "7").await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)), "{answer}");
    assert_eq!(answer["slots"]["severity"], json!(7), "{answer}");
    assert_eq!(say(&other, "hello").await["turn"], 4);
    node.stop().await;
}

pub(crate) async fn turns_at_once_in_one_conversation_are_numbered_one_by_one(kind: Kind) {
    const TURNS: u64 = 12;
    let deployment = Deployment::of("clinic_triage").await;
    let node = Arc::new(deployment.node(kind, &[]).await);
    let mut turns = tokio::task::JoinSet::new();
    for n in 0..TURNS {
        let node = Arc::clone(&node);
        turns.spawn(async move {
            let key = format!("k{n}");
            for _ in 0..100 {
                let body = turn("c1", "u1", "hello");
                let (status, answer) = node.say("clinic_triage", &body, &[("idempotency-key", &key)]).await;
                if status == 200 {
                    return answer["turn"].as_u64().expect("a number");
                }
                assert_eq!((status.as_u16(), &answer["code"]), (503, &json!("E234")));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("never got through");
        });
    }
    let mut numbers = turns.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=TURNS).collect::<Vec<u64>>());
    Arc::into_inner(node).expect("nobody else uses it").stop().await;
}

pub(crate) async fn pages_of_listed_web_origins_may_call(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[("cors_origins", "https://app.example, https://other.example")]).await;
    let url = node.url("/games/clinic_triage/move");
    for (origin, allowed) in [
        ("https://app.example", true),
        ("https://other.example", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let preflight = node
            .http()
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "idempotency-key")
            .send()
            .await
            .unwrap();
        assert_eq!(preflight.status(), 204, "{origin}");
        let named = |answer: &reqwest::Response, name: &str| {
            answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
        };
        let named_origin = named(&preflight, "access-control-allow-origin");
        assert_eq!(named_origin.as_deref(), allowed.then_some(origin));
        assert_eq!(
            named(&preflight, "access-control-allow-headers").is_some_and(|list| list.contains("idempotency-key")),
            allowed
        );
        let answer = node.send("clinic_triage", &turn("c1", "u1", "hello"), &[("origin", origin)]).await;
        assert_eq!(answer.status().as_u16(), if allowed { 200 } else { 403 }, "{origin}");
        assert_eq!(named(&answer, "access-control-allow-origin").as_deref(), allowed.then_some(origin));
        if allowed {
            assert!(named(&answer, "access-control-expose-headers").unwrap().contains("retry-after"));
        }
    }
    node.stop().await;
}

pub(crate) async fn sentences_are_sent_as_events(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    let whole = node.say("clinic_triage", &turn("whole", "u1", "hello"), &[]).await.1;
    let answer = node.send("clinic_triage", &turn("events", "u1", "hello"), &[("accept", "text/event-stream")]).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(!answer.headers().contains_key("content-length"));
    let text = answer.text().await.unwrap();
    let events: Vec<(&str, Value)> = text
        .split_terminator("\n\n")
        .map(|event| {
            let (name, data) = event.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
            (name, serde_json::from_str(data).unwrap())
        })
        .collect();
    let ((last, record), sentences) = events.split_last().unwrap();
    assert_eq!((*last, &record["response"], &record["turn"]), ("turn", &whole["response"], &json!(1)));
    assert!(!sentences.is_empty());
    for (index, (name, sentence)) in sentences.iter().enumerate() {
        assert_eq!((*name, &sentence["index"]), ("sentence", &json!(index)));
    }
    let said: Vec<&str> = sentences.iter().map(|(_, sentence)| sentence["text"].as_str().unwrap()).collect();
    let words = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(words(&said.join(" ")), words(whole["response"].as_str().unwrap()));
    // A refusal is no stream.
    let refused = node.send("clinic_triage", &json!({}), &[("accept", "text/event-stream")]).await;
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    node.stop().await;
}
