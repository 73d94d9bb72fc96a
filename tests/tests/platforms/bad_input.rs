//! What no client should send: each gets a problem document with the right status, and leaves nothing behind.

use std::time::{Duration, Instant};

use lgdl_tests::platforms::{Deployment, Kind, Node};
use lgdl_tests::raw::{RawAnswer, exchange};
use serde_json::Value;

use crate::turn;

const GOOD: &str = r#"{"conversation_id":"c1","user_id":"u1","input":"hello"}"#;
const MOVE: &str = "/games/clinic_triage/move";

/// A request, and the statuses and codes that are right for it: where a platform's own address parser tidies a path before
/// anyone sees it, there are two.
struct Case {
    name: String,
    bytes: Vec<u8>,
    right: Vec<(u16, &'static str)>,
}

fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: node.test\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

const JSON: &str = "content-type: application/json\r\n";

fn body(name: &str, body: impl AsRef<[u8]>, status: u16, code: &'static str) -> Case {
    Case { name: name.into(), bytes: request("POST", MOVE, JSON, body.as_ref()), right: vec![(status, code)] }
}

fn headers(name: &str, headers: &str, status: u16, code: &'static str) -> Case {
    let headers = format!("{JSON}{headers}\r\n");
    Case { name: name.into(), bytes: request("POST", MOVE, &headers, GOOD.as_bytes()), right: vec![(status, code)] }
}

fn line(method: &str, path: &str, right: &[(u16, &'static str)]) -> Case {
    let name: String = format!("{method} {path}").chars().take(80).collect();
    let body: &[u8] = if method == "POST" { b"{}" } else { b"" };
    Case { name, bytes: request(method, path, JSON, body), right: right.to_vec() }
}

fn nested_objects(depth: usize) -> String {
    let context = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    GOOD.replacen('{', &format!("{{\"context\":{context},"), 1)
}

fn bodies() -> Vec<Case> {
    let with = |field: &str, value: &str| GOOD.replacen('{', &format!("{{\"{field}\":{value},"), 1);
    let long = |chars: usize| format!(r#"{{"conversation_id":"c1","user_id":"u1","input":"{}"}}"#, "x".repeat(chars));
    let nested = |depth: usize| with("context", &format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth)));
    vec![
        body("nothing", "", 400, "E220"),
        body("no JSON", "hello", 400, "E220"),
        body("JSON cut short", &GOOD[..20], 400, "E220"),
        body("something behind it", format!("{GOOD} x"), 400, "E220"),
        body("two documents", format!("{GOOD}{GOOD}"), 400, "E220"),
        body("a byte order mark", format!("\u{feff}{GOOD}"), 400, "E220"),
        body("a NUL byte", format!("{GOOD}\0"), 400, "E220"),
        body("UTF-16", GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), 400, "E220"),
        body("no UTF-8", b"{\"conversation_id\":\"c1\",\"user_id\":\"u1\",\"input\":\"\xff\xfe\"}", 400, "E220"),
        body(
            "an overlong UTF-8 slash",
            b"{\"conversation_id\":\"c1\",\"user_id\":\"u1\",\"input\":\"\xc0\xaf\"}",
            400,
            "E220",
        ),
        body("half of a surrogate pair", GOOD.replace("hello", "\\ud800"), 400, "E220"),
        body("a raw line break in a string", GOOD.replace("hello", "a\nb"), 400, "E220"),
        body("NaN", with("context", r#"{"a":NaN}"#), 400, "E220"),
        body("Infinity", with("context", r#"{"a":-Infinity}"#), 400, "E220"),
        body("a number beyond any", with("context", r#"{"a":1e999}"#), 400, "E220"),
        body("single quotes", GOOD.replace('"', "'"), 400, "E220"),
        body("a comment", format!("/* x */{GOOD}"), 400, "E220"),
        body("a trailing comma", GOOD.replace('}', ",}"), 400, "E220"),
        body("deep without end", "[".repeat(100_000), 400, "E220"),
        body("deep beyond the reader", nested(200), 400, "E220"),
        body("deep beyond what is kept", nested(100), 422, "E221"),
        body("objects deep without end", nested_objects(10_000), 400, "E220"),
        body("half of a surrogate pair as a name", with("context", r#"{"\udc00":1}"#), 400, "E220"),
        body("an array", format!("[{GOOD}]"), 422, "E221"),
        body("values without names", r#"["c1","u1","hello"]"#, 422, "E221"),
        body("null", "null", 422, "E221"),
        body("a string", "\"hello\"", 422, "E221"),
        body("no fields", "{}", 422, "E221"),
        body("no input", r#"{"conversation_id":"c1","user_id":"u1"}"#, 422, "E221"),
        body("an input that is no string", GOOD.replace("\"hello\"", "7"), 422, "E221"),
        body("a field twice", with("input", "\"other\""), 422, "E221"),
        body("a context that is none", with("context", "[]"), 422, "E221"),
        body("an id that is a number", GOOD.replace("\"c1\"", "1"), 422, "E221"),
        body("a NUL in what is said", GOOD.replace("hello", "a\\u0000b"), 422, "E221"),
        body("a NUL in the context", with("context", r#"{"a":[{"b":"\u0000"}]}"#), 422, "E221"),
        body("a NUL in a name of the context", with("context", r#"{"a\u0000":1}"#), 422, "E221"),
        body("an empty id", GOOD.replace("c1", ""), 422, "E222"),
        body("an id with a space", GOOD.replace("c1", "c 1"), 422, "E222"),
        body("an id with a NUL", GOOD.replace("c1", "c\\u0000"), 422, "E222"),
        body("an id with a line break", GOOD.replace("c1", "c\\n1"), 422, "E222"),
        body("an id that is a path", GOOD.replace("c1", "../c1"), 422, "E222"),
        body("an id in another script", GOOD.replace("c1", "ç1"), 422, "E222"),
        body("an id too long", GOOD.replace("c1", &"c".repeat(129)), 422, "E222"),
        body("a user's id with markup", GOOD.replace("u1", "<b>"), 422, "E222"),
        body("a participant with a line break", with("participant", "\"a\\nb\""), 422, "E222"),
        body("an input too long", long(4_097), 422, "E223"),
        body("a body too large", long(200_000), 413, "E230"),
        body("a body far too large", vec![b' '; 3_000_000], 413, "E230"),
    ]
}

fn header_cases() -> Vec<Case> {
    let many: String = (0..100).map(|n| format!("x-h{n}: x\r\n")).collect();
    let long = format!("x-long: {}", "x".repeat(20_000));
    let plain = |name: &str, content_type: &str| Case {
        name: format!("content type {name}"),
        bytes: request("POST", MOVE, &format!("content-type: {content_type}\r\n"), GOOD.as_bytes()),
        right: vec![(415, "E229")],
    };
    vec![
        plain("text", "text/plain"),
        plain("of a form", "application/x-www-form-urlencoded"),
        plain("of an upload", "multipart/form-data; boundary=x"),
        plain("without a slash", "json"),
        plain("not ASCII", "application/jsön"),
        headers("two content types", "content-type: text/plain", 415, "E229"),
        headers("a compressed body", "content-encoding: gzip", 415, "E229"),
        headers("an empty key", "idempotency-key: ", 400, "E224"),
        headers("a key with a space", "idempotency-key: a b", 400, "E224"),
        headers("a key that is not ASCII", "idempotency-key: é", 400, "E224"),
        headers("a key too long", &format!("idempotency-key: {}", "k".repeat(129)), 400, "E224"),
        headers("two keys", "idempotency-key: a\r\nidempotency-key: b", 400, "E224"),
        headers("a time that is none", "x-lgdl-now: tomorrow", 400, "E224"),
        headers("a time beyond calendars", "x-lgdl-now: 99999999999999999", 400, "E224"),
        headers("two times", "x-lgdl-now: 1\r\nx-lgdl-now: 2", 400, "E224"),
        headers("too many headers", many.trim_end(), 431, "E239"),
        headers("a header too long", &long, 431, "E239"),
    ]
}

fn addresses() -> Vec<Case> {
    let long = format!("/games/{}/move", "g".repeat(65));
    let longer = format!("/games/{}", "a/".repeat(4_000));
    let none: &[(u16, &str)] = &[(404, "E226")];
    let bad_id: &[(u16, &str)] = &[(422, "E222")];
    let not_allowed: &[(u16, &str)] = &[(405, "E225")];
    vec![
        line("GET", "/nothing", none),
        line("GET", "//", none),
        line("GET", "//games", none),
        line("GET", "/games/clinic_triage/move/more", none),
        line("GET", &longer, none),
        line("GET", "/.env", none),
        line("GET", "/chat.js%00.png", none),
        line("GET", "/GAMES", none),
        line("GET", "/games%2fclinic_triage", none),
        line("POST", "/games/%00/move", bad_id),
        line("POST", "/games/clinic_triage%00/move", bad_id),
        line("POST", "/games/%2e%2e%2f/move", bad_id),
        line("POST", "/games/%zz/move", bad_id),
        line("POST", "/games/%ff/move", bad_id),
        line("POST", "/games/a%20b/move", bad_id),
        line("POST", "/games//move", bad_id),
        line("POST", &long, bad_id),
        line("POST", "/games/nothing/move", &[(404, "E227"), (422, "E221")]),
        // Tidied into `/move` by address parsers that follow the URL standard.
        line("POST", "/games/../move", &[(422, "E222"), (422, "E221")]),
        line("POST", "/games/%2e%2e/move", &[(422, "E222"), (422, "E221")]),
        line("GET", "/games/../../etc/passwd", none),
        line("DELETE", "/conversations/%00?user_id=u1", bad_id),
        line("DELETE", "/conversations/%c3%28?user_id=u1", bad_id),
        line("DELETE", "/conversations/c1", &[(422, "E221")]),
        line("DELETE", "/conversations/c1?user_id=", &[(422, "E222")]),
        line("DELETE", "/conversations/c1?user_id=%ff", &[(422, "E221"), (422, "E222")]),
        line("DELETE", "/conversations/c1?user_id=u1&user_id=u2", &[(422, "E221")]),
        line("DELETE", "/conversations/c1?user_id=u1&game=%ff", &[(422, "E221"), (422, "E222")]),
        line("DELETE", "/conversations/c1?user_id=u1&game=clinic_triage&game=other", &[(422, "E221")]),
        line("DELETE", "/conversations/c1?user_id=u1&game", &[(422, "E222")]),
        line("GET", "/conversations/c1/export?user_id=%c0%80", &[(422, "E221"), (422, "E222")]),
        line("TRACE", MOVE, not_allowed),
        line("TRACE", "/conversations/c1/export", not_allowed),
        line("PROPFIND", "/", not_allowed),
        line("GET", MOVE, not_allowed),
        line("PUT", "/games", not_allowed),
        line("PATCH", MOVE, not_allowed),
        line("DELETE", "/games/clinic_triage", not_allowed),
        line("POST", "/healthz", not_allowed),
        line("GET", "/conversations/c1", not_allowed),
    ]
}

/// What is not right about an answer.
fn fault(case: &Case, answer: Option<&RawAnswer>) -> Option<String> {
    let Some(answer) = answer else { return Some("no answer".into()) };
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = problem["code"].as_str().unwrap_or("none");
    let is_right = case.right.iter().any(|(status, right)| *status == answer.status && *right == code);
    let of_the_form = answer.header("content-type") == Some("application/problem+json")
        && problem["status"] == answer.status
        && problem["type"] == format!("/problems/{code}")
        && ["title", "detail", "request_id"]
            .iter()
            .all(|name| problem[name].as_str().is_some_and(|text| !text.is_empty()))
        && answer.header("x-request-id") == problem["request_id"].as_str();
    let allow = answer.status != 405 || answer.header("allow").is_some();
    if is_right && of_the_form && allow {
        return None;
    }
    Some(format!("{} {code}, expected {:?}: {}", answer.status, case.right, String::from_utf8_lossy(&answer.body)))
}

async fn is_well(node: &Node) {
    let (status, answer) = node.say("clinic_triage", &turn("well", "u1", "hello"), &[]).await;
    assert_eq!(status, 200, "{answer}");
}

pub(crate) async fn a_malformed_request_gets_a_problem_document_and_leaves_nothing_behind(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    is_well(&node).await;
    let before = deployment.origin.counts().await;
    let _ = deployment.origin.take_commits();
    let mut faults = Vec::new();
    for case in bodies().into_iter().chain(header_cases()).chain(addresses()) {
        let answer = exchange(&node.authority(), &case.bytes).await;
        if let Some(fault) = fault(&case, answer.as_ref()) {
            faults.push(format!("{}: {fault}", case.name));
        }
    }
    assert!(faults.is_empty(), "{kind:?}\n{}", faults.join("\n"));
    assert!(deployment.origin.take_commits().is_empty(), "nothing was committed");
    assert_eq!(deployment.origin.counts().await, before, "nothing was left at the origin");
    is_well(&node).await;
    node.stop().await;
}

pub(crate) async fn a_body_that_does_not_come_is_not_waited_for(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    let begun = Instant::now();
    let head = format!("POST {MOVE} HTTP/1.1\r\nhost: node.test\r\n{JSON}content-length: 1000\r\n\r\n{{");
    let answer = exchange(&node.authority(), head.as_bytes()).await;
    let case = Case { name: String::new(), bytes: Vec::new(), right: vec![(408, "E231")] };
    assert_eq!(fault(&case, answer.as_ref()), None);
    assert!(begun.elapsed() < Duration::from_secs(15));
    is_well(&node).await;
    assert_eq!(deployment.origin.counts().await.turns, 1);
    node.stop().await;
}

/// What the platform's own HTTP parser refuses never comes to the node: no document, but a refusal or a closed connection.
pub(crate) async fn what_is_no_http_harms_nobody(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[]).await;
    let huge = format!("GET /{} HTTP/1.1\r\nhost: n\r\n\r\n", "a".repeat(1_000_000));
    let smuggled = format!(
        "POST {MOVE} HTTP/1.1\r\nhost: n\r\n{JSON}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    );
    for bytes in [
        "\r\n\r\n".into(),
        "hello\r\n\r\n".into(),
        "GET / HTTP/9.9\r\n\r\n".into(),
        "GET  / HTTP/1.1\r\n\r\n".into(),
        "GET / HTTP/1.1\r\nhost n\r\n\r\n".into(),
        "GET / HTTP/1.1\r\nhost: n\r\nx\0y: z\r\n\r\n".into(),
        "BREW /games HTTP/1.1\r\nhost: n\r\n\r\n".into(),
        "GET /\u{0} HTTP/1.1\r\nhost: n\r\n\r\n".into(),
        format!("POST {MOVE} HTTP/1.1\r\nhost: n\r\ncontent-length: -1\r\n\r\n"),
        format!("POST {MOVE} HTTP/1.1\r\nhost: n\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{{}}"),
        format!("POST {MOVE} HTTP/1.1\r\nhost: n\r\n{JSON}transfer-encoding: chunked\r\n\r\nzz\r\n"),
        smuggled,
        huge,
    ] {
        let answer = exchange(&node.authority(), bytes.as_bytes()).await;
        let shown: String = bytes.chars().take(80).collect();
        assert!(answer.as_ref().is_none_or(|answer| answer.status >= 400), "{shown:?}: {answer:?}");
    }
    is_well(&node).await;
    assert_eq!(deployment.origin.counts().await.turns, 1);
    node.stop().await;
}
