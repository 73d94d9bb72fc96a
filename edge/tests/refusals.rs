//! Every refusal is a problem document with the right status and code, and leaves nothing behind.

mod support;

use lgdl_edge::pipeline::request::BodyFault;
use serde_json::{Value, json};
use support::*;

const JSON: (&str, &str) = ("content-type", "application/json");
const GOOD: &str = r#"{"conversation_id":"c1","user_id":"u1","input":"hello"}"#;

/// Sends it, and checks the problem document.
fn check(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8], status: u16, code: &str) -> Value {
    let world = world();
    let node = node(&world);
    let response = send(&node, &request(method, path, headers, body));
    let context = format!("{method} {path} {headers:?} {:?}", String::from_utf8_lossy(&body[..body.len().min(80)]));
    assert_eq!(response.status.as_u16(), status, "{context}");
    let header = |name: &str| response.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    assert_eq!(header("content-type"), "application/problem+json", "{context}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{context}");
    assert_eq!(header("cache-control"), "no-store", "{context}");
    let request_id = header("x-request-id");
    let problem: Value = serde_json::from_slice(&response.body.into_bytes()).unwrap();
    assert_eq!(problem["status"], status, "{context}");
    assert_eq!(problem["code"], code, "{context}: {problem}");
    assert_eq!(problem["type"], format!("/problems/{code}"), "{context}");
    assert_eq!(problem["request_id"], request_id, "{context}");
    assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
    let state = world.state.borrow();
    assert!(state.turns.is_empty() && state.conversations.is_empty() && state.claims.is_empty(), "{context}");
    assert!(!node.kv.borrow().keys().any(|key| key.starts_with("hot:")), "{context}");
    assert!(node.journal.borrow().is_empty(), "{context}");
    problem
}

#[test]
fn bodies_that_are_wrong() {
    let path = "/games/desk/move";
    check("POST", path, &[JSON], b"", 400, "E220");
    check("POST", path, &[JSON], b"{", 400, "E220");
    check("POST", path, &[JSON], b"\xff\xfe{}", 400, "E220");
    check("POST", path, &[JSON], b"{\"conversation_id\":\"c\",\"user_id\":\"u\",\"input\":\"\xc3\"}", 400, "E220");
    check("POST", path, &[JSON], "{".repeat(100_000).as_bytes(), 400, "E220");
    check("POST", path, &[JSON], b"[1]", 422, "E221");
    check("POST", path, &[JSON], b"null", 422, "E221");
    check("POST", path, &[JSON], br#"{"user_id":"u","input":"x"}"#, 422, "E221");
    check("POST", path, &[JSON], br#"{"conversation_id":"c","input":"x"}"#, 422, "E221");
    check("POST", path, &[JSON], br#"{"conversation_id":"c","user_id":"u"}"#, 422, "E221");
    check("POST", path, &[JSON], br#"{"conversation_id":"c","user_id":"u","input":7}"#, 422, "E221");
    // That a session is over is the origin's to say.
    let over = br#"{"conversation_id":"c","user_id":"u","input":"","event":{"name":"session_expired"}}"#;
    check("POST", path, &[JSON], over, 422, "E221");
    check("POST", path, &[JSON], br#"{"conversation_id":"c","user_id":"u","input":"x","context":[]}"#, 422, "E221");
    check("POST", path, &[JSON], br#"{"conversation_id":"","user_id":"u","input":"x"}"#, 422, "E222");
    check("POST", path, &[JSON], br#"{"conversation_id":"c'; DROP TABLE","user_id":"u","input":"x"}"#, 422, "E222");
    check("POST", path, &[JSON], br#"{"conversation_id":"c","user_id":"a/../b","input":"x"}"#, 422, "E222");
    check("POST", path, &[JSON], br#"{"conversation_id":"c\r\nx","user_id":"u","input":"x"}"#, 422, "E222");
    let long = json!({ "conversation_id": "c", "user_id": "u", "input": "x".repeat(4_097) }).to_string();
    check("POST", path, &[JSON], long.as_bytes(), 422, "E223");
    check("POST", path, &[("content-type", "text/plain")], GOOD.as_bytes(), 415, "E229");
    check("POST", path, &[JSON, ("content-encoding", "gzip")], GOOD.as_bytes(), 415, "E229");
}

#[test]
fn bodies_that_do_not_arrive_whole() {
    for (fault, status, code) in [(BodyFault::TooLarge, 413, "E230"), (BodyFault::Incomplete, 408, "E231")] {
        let mut received = request("POST", "/games/desk/move", &[JSON], b"");
        received.body = Err(fault);
        let (given, problem) = body_of(send(&node(&world()), &received));
        assert_eq!((given, &problem["code"]), (status, &json!(code)));
    }
}

#[test]
fn headers_that_are_wrong() {
    let path = "/games/desk/move";
    check("POST", path, &[JSON, ("idempotency-key", "")], GOOD.as_bytes(), 400, "E224");
    check("POST", path, &[JSON, ("idempotency-key", "a b")], GOOD.as_bytes(), 400, "E224");
    check("POST", path, &[JSON, ("idempotency-key", &"k".repeat(129))], GOOD.as_bytes(), 400, "E224");
    check("POST", path, &[JSON, ("idempotency-key", "a"), ("idempotency-key", "b")], GOOD.as_bytes(), 400, "E224");
    check("POST", path, &[JSON, ("idempotency-key", "\u{e9}")], GOOD.as_bytes(), 400, "E224");
    let many: Vec<(String, String)> = (0..65).map(|n| (format!("x-{n}"), "v".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    check("POST", path, &many, GOOD.as_bytes(), 431, "E239");
    check("POST", path, &[("x-long", &"v".repeat(20_000))], GOOD.as_bytes(), 431, "E239");
    check("POST", path, &[JSON, ("x-lgdl-now", "yesterday")], GOOD.as_bytes(), 400, "E224");
    check("POST", path, &[JSON, ("x-lgdl-now", "9223372036854775807")], GOOD.as_bytes(), 400, "E224");
}

#[test]
fn addresses_and_methods_that_do_not_exist() {
    check("GET", "/nothing", &[], b"", 404, "E226");
    check("GET", "/games/nope", &[], b"", 404, "E227");
    check("POST", "/games/nope/move", &[JSON], GOOD.as_bytes(), 404, "E227");
    check("POST", "/games/a%20b/move", &[JSON], GOOD.as_bytes(), 422, "E222");
    check("GET", "/games/desk/move", &[], b"", 405, "E225");
    check("PUT", "/games", &[], b"", 405, "E225");
    check("TRACE", "/healthz", &[], b"", 405, "E225");
    check("DELETE", "/conversations/c1?user_id=u1", &[], b"", 404, "E228");
    check("DELETE", "/conversations/c1", &[], b"", 422, "E221");
    check("DELETE", "/conversations/c1?user_id=a%20b", &[], b"", 422, "E222");
    check("GET", "/conversations/c1/export?user_id=u1", &[], b"", 404, "E228");
    check("GET", "/conversations/c1/export?user_id=u1&game=../x", &[], b"", 422, "E222");
}

#[test]
fn a_method_that_is_not_allowed_names_those_that_are() {
    let response = send(&node(&world()), &request("PATCH", "/games/desk/move", &[], b""));
    assert_eq!(response.headers["allow"], "POST, OPTIONS");
}

#[test]
fn a_request_id_is_kept_if_it_may_be_and_made_if_not() {
    let node = node(&world());
    for (given, kept) in [("abc-123", true), ("a b", false), ("<script>", false), (&"x".repeat(200), false)] {
        let response = send(&node, &request("GET", "/games", &[("x-request-id", given)], b""));
        let id = response.headers["x-request-id"].to_str().unwrap();
        assert_eq!(id == given, kept, "{given}");
        assert!(kept || id.starts_with("req_"), "{id}");
    }
}

#[test]
fn a_development_header_does_nothing_in_production() {
    let world = world();
    let node = production_node(&world);
    let response =
        send(&node, &request("POST", "/games/nope/move", &[JSON, ("x-lgdl-now", "nonsense")], GOOD.as_bytes()));
    assert_eq!(response.status.as_u16(), 404, "the header is not even looked at");
    let response = send(&node, &request("POST", "/games/desk/reload", &[], b""));
    assert_eq!(response.status.as_u16(), 404);
    let response = send(&node, &request("GET", "/", &[], b""));
    assert_eq!(response.status.as_u16(), 404);
}

#[test]
fn pages_of_foreign_origins_are_refused_and_listed_ones_are_not() {
    let node = production_node(&world()).with("cors_origins", "https://shop.example.com, https://other.example.com/");
    for (origin, allowed) in [
        ("https://shop.example.com", true),
        ("https://other.example.com", true),
        ("https://evil.example.com", false),
        ("https://shop.example.com.evil.org", false),
        ("http://shop.example.com", false),
        ("null", false),
        ("https://edge.example.com", false),
    ] {
        let response = send(&node, &request("GET", "/games", &[("origin", origin)], b""));
        assert_eq!(response.status.as_u16(), if allowed { 200 } else { 403 }, "{origin}");
        let named = response.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(named.as_deref(), allowed.then_some(origin), "{origin}");
        let preflight = send(&node, &request("OPTIONS", "/games/desk/move", &[("origin", origin)], b""));
        assert_eq!(preflight.status.as_u16(), 204);
        assert_eq!(preflight.headers.contains_key("access-control-allow-methods"), allowed, "{origin}");
    }
    let own = [("origin", "https://edge.example.com"), ("host", "edge.example.com")];
    assert_eq!(send(&node, &request("GET", "/games", &own, b"")).status.as_u16(), 200, "the node's own page");
}

#[test]
fn a_node_with_wrong_settings_says_which_and_serves_nothing() {
    let world = world();
    let node = node(&world).with("rate_limit_user", "many").with("state_key", "short").with("services", "{");
    let (status, body) = body_of(send(&node, &request("GET", "/health", &[], b"")));
    assert_eq!(status, 503);
    let text = body["settings"].to_string();
    for name in ["LGDL_RATE_LIMIT_USER", "LGDL_STATE_KEY", "LGDL_SERVICES"] {
        assert!(text.contains(name), "{text}");
    }
    assert!(!text.contains("many") && !text.contains("short"), "values are not repeated: {text}");
    assert_eq!(send(&node, &request("GET", "/games", &[], b"")).status.as_u16(), 500);
    assert_eq!(send(&node, &request("GET", "/health/live", &[], b"")).status.as_u16(), 200);
}

#[test]
fn a_node_is_ready_once_a_game_is_published() {
    let world = world();
    world.state.borrow_mut().has_no_games = true;
    let ready = || send(&node(&world), &request("GET", "/health/ready", &[], b"")).status.as_u16();
    assert_eq!(ready(), 503);
    world.state.borrow_mut().has_no_games = false;
    assert_eq!(ready(), 200);
}

#[test]
fn production_needs_a_signing_key() {
    let world = world();
    let mut node = production_node(&world);
    node.variables.remove("origin_key");
    let (status, body) = body_of(send(&node, &request("GET", "/health/ready", &[], b"")));
    assert_eq!(status, 503);
    assert!(body.to_string().contains("LGDL_ORIGIN_KEY_ID"));
}
