//! Every malformed request gets a problem document with the right status, and leaves nothing behind.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Edge, commit, edge, edge_with, problem};

const TURNS: &str = "/edge/v1/turns";

async fn refused(edge: &Edge, body: Vec<u8>) {
    let document = problem(edge.send(Method::POST, TURNS, body).await, StatusCode::BAD_REQUEST, "E520").await;
    assert!(!document.to_string().contains("knee"), "no user text: {document}");
}

#[tokio::test]
async fn malformed_turns_are_refused() {
    let edge = edge().await;
    for body in ["", "{", "[]", "null", "nonsense", "{}", "\u{feff}{}", r#"{"game": 1}"#] {
        refused(&edge, body.into()).await;
    }
    refused(&edge, vec![0xff, 0xfe, 0x00]).await;
    refused(&edge, [b"[".repeat(100_000), b"]".repeat(100_000)].concat()).await;

    let good = serde_json::to_value(commit("c", "u", 0, "k")).unwrap();
    let changes: &[(&str, Value)] = &[
        ("/game", json!("")),
        ("/conversation_id", json!("x".repeat(257))),
        ("/user_id", json!("a\nb")),
        ("/idempotency_key", json!(7)),
        ("/expected_version", json!(-1)),
        ("/expected_version", json!(5)),
        ("/expected_version", json!(u64::MAX)),
        ("/record/turn", json!(0)),
        ("/record/at_ms", json!("now")),
        ("/record/user_input", json!("knee\u{0}")),
        ("/record/confidence", json!("high")),
        ("/record/slots", json!([1])),
        ("/record/response", Value::Null),
        ("/state", Value::Null),
        ("/record", json!("text")),
    ];
    for (pointer, value) in changes {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value.clone();
        if *pointer == "/state" {
            changed.as_object_mut().unwrap().shift_remove("state");
        }
        refused(&edge, serde_json::to_vec(&changed).unwrap()).await;
    }
    assert_eq!(edge.running.origin.store.counts().await.unwrap().conversations, 0);
}

#[tokio::test]
async fn wrong_paths_methods_and_names_are_refused() {
    let edge = edge().await;
    problem(edge.get("/nothing").await, StatusCode::NOT_FOUND, "E521").await;
    let response = edge.send(Method::PUT, TURNS, vec![]).await;
    assert!(response.headers().contains_key("allow"));
    problem(response, StatusCode::METHOD_NOT_ALLOWED, "E522").await;
    problem(edge.get("/edge/v1/compiled/none").await, StatusCode::NOT_FOUND, "E521").await;
    problem(edge.get("/edge/v1/keys/none").await, StatusCode::NOT_FOUND, "E521").await;
    problem(edge.get("/edge/v1/conversations/medical/c").await, StatusCode::BAD_REQUEST, "E520").await;
    problem(edge.get("/edge/v1/conversations/medical/%ff?user=u").await, StatusCode::BAD_REQUEST, "E520").await;
    let injection = "/edge/v1/conversations/medical/x%27%20OR%201=1--?user=u%27%20OR%20%271%27=%271";
    problem(edge.get(injection).await, StatusCode::NOT_FOUND, "E521").await;
    let response = edge.http().get(edge.url("/edge/v1/games")).send().await.unwrap();
    problem(response, StatusCode::BAD_REQUEST, "E520").await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let edge = edge_with(&[("LGDL_MAX_BODY_BYTES", "2048")]).await;
    let body = vec![b' '; 2049];
    problem(edge.send(Method::POST, "/edge/v1/claims", body).await, StatusCode::PAYLOAD_TOO_LARGE, "E524").await;
    // What edges may send as a turn is a constant of both sides, and no setting changes it.
    let body = vec![b' '; 2049];
    problem(edge.send(Method::POST, TURNS, body).await, StatusCode::BAD_REQUEST, "E520").await;
}

#[tokio::test]
async fn a_body_that_dribbles_in_is_given_up_on() {
    let edge = edge_with(&[("LGDL_REQUEST_TIMEOUT_SECONDS", "1")]).await;
    let mut stream = tokio::net::TcpStream::connect(edge.running.edge_address).await.unwrap();
    let head = "POST /edge/v1/turns HTTP/1.1\r\nhost: x\r\nx-lgdl-tenant: default\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("E523"), "{answer}");
}

#[tokio::test]
async fn headers_that_dribble_in_are_given_up_on() {
    let edge = edge().await;
    for address in [edge.running.edge_address, edge.running.admin_address] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nx-slow:").await.unwrap();
        let mut answer = Vec::new();
        let limit = lgdl_origin::http::HEADERS_WITHIN + Duration::from_secs(5);
        let read = tokio::time::timeout(limit, stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "{address} is still waiting for headers");
        assert!(!String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_request_id_is_kept_when_it_is_plain_and_replaced_when_it_is_not() {
    let edge = edge().await;
    let ask = |id: String| edge.http().get(edge.url("/health/live")).header("x-request-id", id).send();
    let kept = ask("abc-1.2_3".into()).await.unwrap();
    assert_eq!(kept.headers()["x-request-id"], "abc-1.2_3");
    for odd in ["", "a b", "<script>", &"x".repeat(200)] {
        let made = ask(odd.into()).await.unwrap();
        assert!(made.headers()["x-request-id"].to_str().unwrap().starts_with("req_"), "{odd}");
    }
}

#[tokio::test]
async fn what_no_edge_could_address_is_not_taken_and_what_both_keep_is_kept() {
    let edge = edge().await;
    let mut request = crate::client::commit("c", "u", 0, "k");
    request.game = "front desk/ünïcode".into();
    problem(edge.commit(&request).await, StatusCode::BAD_REQUEST, "E520").await;
    let path = "/edge/v1/games";
    for (id, kept) in [("trace:abc-1", true), ("a b", false)] {
        let answer = edge.http().get(edge.url(path)).header("x-request-id", id).send().await.unwrap();
        assert_eq!(answer.headers()["x-request-id"] == id, kept, "{id}");
    }
}

/// What a peer sends that never asks for anything.
const SILENCE: [&[u8]; 4] =
    [b"", b"PRI * HTTP/2.0\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /health HTTP/1.1\r\nhos"];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_connects_and_asks_for_nothing_is_let_go_of_at_both_ports() {
    let edge = edge().await;
    let mut waiting = tokio::task::JoinSet::new();
    for address in [edge.running.edge_address, edge.running.admin_address] {
        for sent in SILENCE {
            waiting.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(sent).await.unwrap();
                let limit = lgdl_origin::http::FIRST_WITHIN + Duration::from_secs(5);
                let mut answer = Vec::new();
                tokio::time::timeout(limit, stream.read_to_end(&mut answer)).await.is_ok()
            });
        }
    }
    assert!(waiting.join_all().await.into_iter().all(|closed| closed), "each is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_metered_and_the_same_one_is_told_of_once() {
    let edge = edge().await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let mut refused = 0;
    for _ in 0..40 {
        let answer = edge.get("/edge/v1/conversations/medical/c/export?user=u").await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers().contains_key("retry-after"));
            refused += 1;
        }
    }
    assert_eq!(refused, 20);
    assert_eq!(edge.get("/edge/v1/conversations/medical/c?user=u").await.status(), StatusCode::OK, "turns go on");
    let store = &*edge.running.origin.store;
    lgdl_origin::audit::drain(store).await.unwrap();
    let told = store.audit(0, 1000).await.unwrap();
    assert_eq!(told.iter().filter(|row| row.event.event == "conversation.exported").count(), 1);
}
