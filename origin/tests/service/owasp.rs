//! OWASP API Security Top 10 (2023): a test or more for each item, by its number.

use lgdl_origin::ids::ConversationId;
use lgdl_origin::store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{commit, problem};
use crate::desk::{Desk, PASSWORD, desk, desk_with, ok, operations};

/// API1: Broken Object Level Authorization.
#[tokio::test]
async fn api1_an_administrator_of_one_tenant_reaches_nothing_of_another() {
    let mut desk = desk(Role::Admin).await;
    desk.edge.commit(&commit("c", "ann", 0, "k")).await;
    let key = json!({"name": "n", "scopes": ["turns"]});
    let key = ok(desk.send(Method::POST, "/admin/v1/keys", &key).await, StatusCode::CREATED).await;
    desk.employ("theirs", Role::PrivacyOfficer, Some("other")).await;
    desk.employ("operates", Role::Operator, Some("other")).await;
    desk.become_("theirs").await;
    let id = ConversationId::derive("default", "medical", "c");
    for path in [format!("/admin/v1/conversations/{id}"), format!("/admin/v1/conversations/{id}/turns")] {
        problem(desk.get(&path).await, StatusCode::NOT_FOUND, "E521").await;
    }
    let one = format!("/admin/v1/conversations/{id}");
    problem(desk.delete(&one).await, StatusCode::NOT_FOUND, "E521").await;
    let text = desk.send(Method::POST, &format!("{one}/text"), &json!({"reason": "curiosity"})).await;
    problem(text, StatusCode::NOT_FOUND, "E521").await;
    assert_eq!(desk.ask("/admin/v1/conversations").await["conversations"], json!([]));
    // Erasing the same name in one's own tenant leaves theirs alone.
    ok(desk.delete("/admin/v1/people/ann").await, StatusCode::OK).await;
    assert_eq!(desk.edge.commit(&commit("c", "ann", 1, "k2")).await.status(), StatusCode::OK);
    desk.become_("operates").await;
    let one = format!("/admin/v1/keys/{}", key["id"].as_str().unwrap());
    problem(desk.delete(&one).await, StatusCode::NOT_FOUND, "E521").await;
    desk.tenant = Some("default".into());
    problem(desk.get("/admin/v1/keys").await, StatusCode::FORBIDDEN, "E527").await;
}

/// API2: Broken Authentication.
#[tokio::test]
async fn api2_no_operation_opens_without_a_good_token_and_answers_tell_nothing() {
    let desk = desk(Role::Admin).await;
    let good = desk.token.clone();
    let cut = &good[..good.len() - 1];
    let other = format!("{}{}", cut, if good.ends_with('0') { '1' } else { '0' });
    let tokens = ["", "x", "lgdl_at_", cut, &other, &good.replace("_at_", "_rt_"), "' OR 1=1 --"];
    for (path, method, operation) in operations(&desk.document().await) {
        if operation["security"].as_array().unwrap().is_empty() {
            continue;
        }
        for token in tokens {
            let request = desk.edge.http().request(method.clone(), desk.url(&path.replace(['{', '}'], "")));
            let response = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
            problem(response, StatusCode::UNAUTHORIZED, "E526").await;
        }
        let basic = desk.edge.http().request(method, desk.url(&path.replace(['{', '}'], "")));
        problem(basic.basic_auth("boss", Some(PASSWORD)).send().await.unwrap(), StatusCode::UNAUTHORIZED, "E526").await;
    }
    // A name that exists and one that does not are answered alike.
    let detail = async |name: &str| {
        problem(desk.login(name, "wrong password").await, StatusCode::UNAUTHORIZED, "E526").await["detail"].clone()
    };
    assert_eq!(detail("boss").await, detail("nobody").await);
}

/// API3: Broken Object Property Level Authorization.
#[tokio::test]
async fn api3_no_property_is_taken_or_shown_that_is_not_described() {
    let desk = desk(Role::Admin).await;
    for (path, body) in [
        ("/admin/v1/administrators", json!({"name": "x", "password": PASSWORD, "role": "viewer", "id": "adm_1"})),
        ("/admin/v1/keys", json!({"name": "x", "scopes": ["turns"], "tenant": "other"})),
        ("/admin/v1/holds", json!({"user_id": "x", "reason": "lawsuit", "placed_by": "somebody"})),
        ("/admin/v1/people/x/consents", json!({"game": "g", "given": true, "actor": "somebody"})),
        ("/admin/v1/games/g/versions", json!({"source": "", "published_by": "somebody"})),
    ] {
        problem(desk.send(Method::POST, path, &body).await, StatusCode::BAD_REQUEST, "E520").await;
    }
    let shown = desk.ask("/admin/v1/administrators").await.to_string();
    assert!(!shown.contains("argon2") && !shown.contains("password"), "{shown}");
}

/// API4: Unrestricted Resource Consumption.
#[tokio::test]
async fn api4_bodies_pages_and_tries_have_limits() {
    let desk = desk_with(Role::Admin, &[("LGDL_MAX_BODY_BYTES", "2048")]).await;
    let huge = json!({"name": "x".repeat(4000), "scopes": ["turns"]});
    problem(desk.send(Method::POST, "/admin/v1/keys", &huge).await, StatusCode::PAYLOAD_TOO_LARGE, "E524").await;
    for limit in ["0", "1001", "4294967296", "-1", "x"] {
        let path = format!("/admin/v1/conversations?limit={limit}");
        problem(desk.get(&path).await, StatusCode::BAD_REQUEST, "E520").await;
    }
    for _ in 0..5 {
        desk.login("boss", "wrong").await;
    }
    problem(desk.login("boss", "wrong").await, StatusCode::TOO_MANY_REQUESTS, "E532").await;
}

/// API4: the audit log is kept for ever, so nobody without a session may fill it.
#[tokio::test]
async fn api4_refused_logins_do_not_fill_the_audit_log() {
    let desk = desk(Role::Admin).await;
    for number in 0..40 {
        desk.login(&format!("name {}", number % 7), "wrong").await;
    }
    let events = desk.events().await;
    let told = |wanted: &str| events.iter().filter(|(name, _)| name == wanted).count();
    assert_eq!((told("authentication.failed"), told("rate_limit.exceeded")), (5, 1));
}

/// API4: pages hold over HTTP too, where many entries are of one moment, and odd cursors are refused.
#[tokio::test]
async fn api4_tombstones_of_one_moment_are_paged_without_a_gap() {
    let desk = desk(Role::Admin).await;
    for n in 0..5 {
        desk.edge.commit(&commit(&format!("c{n}"), "ann", 0, &format!("k{n}"))).await;
    }
    ok(desk.delete("/admin/v1/people/ann").await, StatusCode::OK).await;
    let (mut ids, mut path) = (Vec::new(), "/admin/v1/erasures?limit=2".to_owned());
    loop {
        let page = desk.ask(&path).await;
        ids.extend(page["erasures"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/admin/v1/erasures?limit=2&cursor={next}");
    }
    assert!(ids.len() == 6 && ids.is_sorted_by(|left, right| left < right), "{ids:?}");
    for cursor in ["", ".", "1", "x.y", "1.%00", "1.%20", "99999999999999999999.x"] {
        for list in ["erasures", "conversations"] {
            let path = format!("/admin/v1/{list}?cursor={cursor}");
            problem(desk.get(&path).await, StatusCode::BAD_REQUEST, "E520").await;
        }
    }
    for edge in [i64::MIN, i64::MAX] {
        desk.ask(&format!("/admin/v1/erasures?after_ms={edge}")).await;
        desk.ask(&format!("/admin/v1/conversations?since_ms={edge}&until_ms={edge}")).await;
    }
}

/// API5: Broken Function Level Authorization.
#[tokio::test]
async fn api5_every_operation_is_refused_to_every_role_that_does_not_have_it() {
    let mut desk = desk(Role::Viewer).await;
    let document = desk.document().await;
    let mut refused = 0;
    for role in Role::ALL {
        desk.employ(&format!("the-{}", role.name()), role, None).await;
        desk.become_(&format!("the-{}", role.name())).await;
        for (path, method, operation) in operations(&document) {
            let Some(description) = operation["description"].as_str() else { continue };
            let roles = description.split("(roles: ").nth(1).unwrap().trim_end_matches(").");
            if !roles.split(", ").any(|allowed| allowed == role.name()) {
                let response = desk.send(method, &path.replace(['{', '}'], ""), &json!({})).await;
                problem(response, StatusCode::FORBIDDEN, "E527").await;
                refused += 1;
            }
        }
    }
    assert!(refused > 40, "{refused}");
    // Bound to a tenant, an admin does not look after the deployment.
    desk.employ("bound", Role::Admin, Some("other")).await;
    desk.become_("bound").await;
    for path in ["/admin/v1/administrators", "/admin/v1/audit", "/admin/v1/settings"] {
        problem(desk.get(path).await, StatusCode::FORBIDDEN, "E527").await;
    }
    // Nor does one make a key that would run nodes.
    for (scope, status) in [("admin", StatusCode::FORBIDDEN), ("turns", StatusCode::CREATED)] {
        let key = json!({"name": "theirs", "scopes": [scope]});
        assert_eq!(desk.send(Method::POST, "/admin/v1/keys", &key).await.status(), status, "{scope}");
    }
    let permissions = desk.ask("/admin/v1/me").await["permissions"].clone();
    let expected = [
        "look",
        "change_games",
        "manage_keys",
        "block",
        "manage_persons",
        "record_consents",
        "manage_webhooks",
        "manage_agents",
    ];
    assert_eq!(permissions, json!(expected));
}

/// API6: Unrestricted Access to Sensitive Business Flows.
#[tokio::test]
async fn api6_nobody_reads_persons_in_bulk_without_a_trace() {
    let desk = desk(Role::PrivacyOfficer).await;
    for n in 0..3 {
        desk.edge.commit(&commit(&format!("c{n}"), "ann", 0, &format!("k{n}"))).await;
        let id = ConversationId::derive("default", "medical", &format!("c{n}"));
        let path = format!("/admin/v1/conversations/{id}/text");
        ok(desk.send(Method::POST, &path, &json!({"reason": "complaint"})).await, StatusCode::OK).await;
    }
    let read: Vec<_> = desk.events().await.into_iter().filter(|(name, _)| name == "pii.accessed").collect();
    assert_eq!(read.len(), 3, "one entry for each");
}

/// API7: Server Side Request Forgery.
#[tokio::test]
async fn api7_no_address_in_a_request_is_ever_called() {
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", trap.local_addr().unwrap());
    let desk = desk(Role::Admin).await;
    let note = json!({"game": url, "given": true, "note": url});
    desk.send(Method::POST, "/admin/v1/people/x/consents", &note).await;
    let game = json!({"source": format!("game g {{ moves {{}} }} // {url}"), "contract": url});
    desk.send(Method::POST, "/admin/v1/games/g/versions", &game).await;
    desk.send(Method::POST, "/admin/v1/holds", &json!({"user_id": url, "reason": url})).await;
    let called = tokio::time::timeout(std::time::Duration::from_millis(300), trap.accept()).await;
    assert!(called.is_err(), "somebody called");
}

/// API8: Security Misconfiguration.
#[tokio::test]
async fn api8_headers_are_strict_errors_tell_nothing_and_cors_is_by_list() {
    let desk = desk_with(Role::Viewer, &[("LGDL_ADMIN_CORS_ORIGINS", "https://admin.example.com")]).await;
    for path in ["/admin/v1/settings", "/nowhere", "/openapi.json"] {
        let response = desk.get(path).await;
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        assert!(header("strict-transport-security").starts_with("max-age="));
        assert_eq!((header("server"), header("x-powered-by")), ("", ""));
    }
    let from = async |origin: &str| {
        let request = desk.edge.http().request(Method::OPTIONS, desk.url("/admin/v1/keys")).header("origin", origin);
        let answer = request.header("access-control-request-method", "POST").send().await.unwrap();
        answer.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(from("https://admin.example.com").await.as_deref(), Some("https://admin.example.com"));
    assert_eq!(from("https://evil.example.com").await, None);
    assert_eq!(from("null").await, None);
    let trace = desk.edge.http().request(Method::TRACE, desk.url("/admin/v1/keys")).send().await.unwrap();
    problem(trace, StatusCode::METHOD_NOT_ALLOWED, "E522").await;
}

/// API9: Improper Inventory Management.
#[tokio::test]
async fn api9_there_is_nothing_but_what_the_document_lists() {
    let desk = desk(Role::Admin).await;
    let paths = [
        "/",
        "/admin",
        "/admin/v1",
        "/admin/v0/keys",
        "/admin/v2/keys",
        "/v1/keys",
        "/api",
        "/debug",
        "/metrics",
        "/swagger",
        "/docs",
        "/actuator",
        "/.env",
        "/admin/v1/keys/",
        "/admin/v1/../../etc/passwd",
        "/graphql",
        "/edge/v1/games",
    ];
    for path in paths {
        problem(desk.get(path).await, StatusCode::NOT_FOUND, "E521").await;
    }
    // And the edge's port knows nothing of administrators.
    for path in ["/admin/v1/keys", "/openapi.json", "/admin/v1/login"] {
        let response = desk.edge.http().get(desk.edge.url(path)).send().await.unwrap();
        problem(response, StatusCode::NOT_FOUND, "E521").await;
    }
}

/// API10: Unsafe Consumption of APIs: what others send us is not trusted, whatever it says of itself.
#[tokio::test]
async fn api10_every_operation_refuses_odd_input_with_a_problem_and_never_fails() {
    let mut desk = desk(Role::Admin).await;
    let document = desk.document().await;
    let mut sent = 0;
    // Logged in before, since odd logins use up what may be tried from this address.
    let admin = desk.token.clone();
    desk.employ("officer", Role::PrivacyOfficer, None).await;
    desk.become_("officer").await;
    for token in [desk.token.clone(), admin] {
        desk.token = token;
        for (path, method, operation) in operations(&document) {
            // A stream goes on; it has tests of its own.
            if path.ends_with("/logout") || path.ends_with("/stream") {
                continue;
            }
            for name in NAMES {
                let path = fill(&path, name);
                for body in bodies(&operation) {
                    let answer = desk.send_bytes(method.clone(), &path, "application/json", body).await;
                    sane(answer, &method, &path).await;
                    sent += 1;
                }
                let query = format!("{path}?limit={name}&after={name}&cursor={name}&since_ms={name}&user_id={name}");
                sane(desk.send(method.clone(), &query, &json!({})).await, &method, &query).await;
            }
            let plain = desk.send_bytes(method.clone(), &fill(&path, "x"), "text/xml", b"<a/>".to_vec()).await;
            let refused = plain.status();
            sane(plain, &method, &path).await;
            if operation["requestBody"].is_object() && !path.contains("{hold}") && !path.contains("{key}") {
                let known = [StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::NOT_FOUND, StatusCode::FORBIDDEN];
                assert!(known.contains(&refused), "{method} {path} {refused}");
            }
        }
    }
    assert!(sent > 500, "{sent}");
    assert!(desk.edge.running.origin.store.ping().await.is_ok());
    header_injection(&desk).await;
}

async fn header_injection(desk: &Desk) {
    for tenant in ["a b", "x'; DROP TABLE keys; --", "ä", &"x".repeat(65), ""] {
        let request = desk.edge.http().get(desk.url("/admin/v1/games")).bearer_auth(&desk.token);
        let response = request.header("x-lgdl-tenant", tenant.as_bytes()).send().await.unwrap();
        problem(response, StatusCode::BAD_REQUEST, "E520").await;
    }
    let key = json!({"name": "a\r\nset-cookie: x=1", "scopes": ["turns"]});
    let response = desk.send(Method::POST, "/admin/v1/keys", &key).await;
    assert!(response.headers().get("set-cookie").is_none());
}

/// Names for what stands in paths and queries, as a URL writes them.
const NAMES: [&str; 8] = [
    "x",
    "%27%20OR%201%3D1--",
    "%00",
    "%ff%fe",
    "..%2f..%2fetc%2fpasswd",
    "a%0d%0aset-cookie:%20x=1",
    "18446744073709551616",
    "%F0%9F%92%A9%E2%80%AE",
];

fn fill(path: &str, name: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { name } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Bodies that are none, of the wrong shape, or of the right shape with odd values in it.
fn bodies(operation: &Value) -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> =
        ["", "{", "[]", "null", "\u{feff}{}", "{}", "\"x\"", "1e999", "{\"a\":1,\"a\":2}"].map(Into::into).into();
    bodies.push([b"[".repeat(20_000), b"]".repeat(20_000)].concat());
    bodies.push(vec![0xff, 0xfe, 0x00]);
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let Some(fields) = schema["properties"].as_object() {
        let odd = [
            json!(null),
            json!(-1),
            json!(1e300),
            json!(u64::MAX),
            json!(""),
            json!("\u{0}"),
            json!("' OR 1=1 --"),
            json!("x".repeat(3000)),
            json!([[]]),
            json!({"a": {}}),
            json!(true),
        ];
        for value in &odd {
            let all = fields.keys().map(|name| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>();
            bodies.push(Value::Object(all).to_string().into_bytes());
        }
    }
    bodies
}

async fn sane(response: reqwest::Response, method: &Method, path: &str) {
    let status = response.status();
    assert!(status.as_u16() < 500, "{method} {path}: {status}");
    assert!(response.headers().get("set-cookie").is_none());
    if status.as_u16() >= 400 {
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{method} {path}: {status}");
        let document: Value = response.json().await.unwrap();
        assert_eq!(document["status"], status.as_u16());
        let text = document.to_string();
        for inner in ["SELECT", "sqlite", "panicked", "src/", "serde"] {
            assert!(!text.contains(inner), "{method} {path}: {text}");
        }
    }
}
