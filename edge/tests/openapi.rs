//! The OpenAPI document against the code: routes, fields, codes, and what nodes really answer.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use lgdl::problem::ALL_REASONS;
use lgdl::wire::client::{MoveRequest, MoveResponse, Problem};
use lgdl_edge::routes::Route;
use serde_json::{Value, json};
use support::{body_of, node, production_node, request, say, send, world};

fn document() -> Value {
    let world = world();
    let response = send(&production_node(&world), &request("GET", "/openapi.json", &[], b""));
    assert_eq!(response.headers["access-control-allow-origin"], "*");
    let (status, document) = body_of(response);
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    document
}

fn operations(document: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            found.insert(format!("{} {path}", method.to_uppercase()), operation.clone());
        }
    }
    found
}

fn names(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap_or_else(|| panic!("{object} is no object")).keys().cloned().collect()
}

/// Follows a reference within the document.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let found = document.pointer(reference.strip_prefix('#').unwrap());
            found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => value,
    }
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let document = document();
    let operations = operations(&document);
    let mut ids = BTreeSet::new();
    for (name, operation) in &operations {
        let (method, path) = name.split_once(' ').unwrap();
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let route = Route::of(&method, &path.replace("{id}", "some_id")).unwrap();
        assert_eq!(route.name(), name, "the document's address is the route's");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "operation ids are unique");
        assert!(operation["summary"].is_string() && operation["responses"]["default"].is_object(), "{name}");
    }
    // The names that routes have in metrics are the list of all there are.
    let source = include_str!("../src/routes.rs");
    let named = source.lines().filter_map(|line| {
        let (variant, name) = line.trim().split_once(" => \"")?;
        variant.starts_with("Route::").then(|| name.trim_end_matches("\",").to_owned())
    });
    let routes: BTreeSet<String> = named.filter(|name| name != "OPTIONS").collect();
    assert!(routes.len() >= 16, "{routes:?}");
    assert_eq!(routes, operations.keys().cloned().collect());
}

#[test]
fn every_code_stands_under_its_status_with_its_title() {
    let document = document();
    let schema = &document["components"]["schemas"]["Problem"];
    let codes: BTreeSet<&str> =
        schema["properties"]["code"]["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(codes, ALL_REASONS.iter().map(|reason| reason.code()).collect());
    let responses = document["components"]["responses"].as_object().unwrap();
    for reason in ALL_REASONS {
        let line = format!("{}: {}", reason.code(), reason.title());
        let told = responses.values().any(|response| response["description"].as_str().unwrap().contains(&line));
        assert!(told, "no answer of the document says \"{line}\"");
        let problem = serde_json::to_value(reason.problem("detail", "r")).unwrap();
        assert_eq!(misfits(&document, &problem, schema, "problem"), [""; 0]);
    }
    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolved(&document, response);
            let told = response["description"].as_str().unwrap();
            for reason in ALL_REASONS.iter().filter(|reason| told.contains(&format!("{}: ", reason.code()))) {
                assert_eq!(*status, reason.status().to_string(), "{name}: {}", reason.code());
            }
        }
    }
}

#[test]
fn the_fields_are_those_of_the_code() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let request: MoveRequest = serde_json::from_value(json!({
        "conversation_id": "c", "user_id": "u", "input": "hello", "participant": "nurse", "explain": true,
        "event": {"name": "button", "value": "large"}
    }))
    .unwrap();
    let response: MoveResponse = serde_json::from_value(json!({
        "move_id": "m", "confidence": 1.0, "response": "r", "action": "a", "manifest_id": "t", "latency_ms": 1.0,
        "firewall_triggered": false, "awaiting_slot": "s", "slots_filled": true, "slots": {"s": 1},
        "choices": ["c", {"label": "l", "value": "v"}], "attachments": [{"image": "https://example.com/a.png", "alt": "a"}],
        "negotiation": {"enabled": true, "rounds": [], "final_confidence": 1.0, "reason": "r"}, "stage": "s",
        "escalated_to": "e", "handover": {"queue": "e", "stage": "waiting", "since_ms": 1}, "degraded": "stateless", "durable": true, "turn": 1, "game_version": "v",
        "explanation": {"reading": "r", "candidates": [], "slots": [], "blocks": []},
        "also": [{"move_id": "m", "confidence": 0.5, "state": "waiting"}]
    }))
    .unwrap();
    let problem: Problem = ALL_REASONS[0].problem("d", "r");
    for (name, value) in [
        ("MoveRequest", serde_json::to_value(request).unwrap()),
        ("MoveResponse", serde_json::to_value(response).unwrap()),
        ("Problem", serde_json::to_value(problem).unwrap()),
    ] {
        assert_eq!(names(&schemas[name]["properties"]), names(&value), "{name}");
        assert_eq!(misfits(&document, &value, &schemas[name], name), [""; 0]);
    }
    assert_eq!(schemas["MoveRequest"]["properties"]["input"]["maxLength"], lgdl::engine::MAX_UTTERANCE_CHARS);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn what_a_node_answers_fits_the_document() {
    let document = document();
    let world = world();
    let node = node(&world);
    say(&node, "c1", "u1", "hello", &[]);
    let turn = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello", "explain": true }).to_string();
    let mut checked = 0;
    for (name, operation) in operations(&document) {
        let (method, path) = name.split_once(' ').unwrap();
        let id = if path.starts_with("/conversations") { "c1" } else { "desk" };
        let path = path.replace("{id}", id);
        let path = if id == "c1" { format!("{path}?user_id=u1&game=desk") } else { path };
        let body = if path.ends_with("move") { turn.as_bytes() } else { b"" };
        let response = send(&node, &request(method, &path, &[("content-type", "application/json")], body));
        let status = response.status.as_u16().to_string();
        let described = resolved(&document, &operation["responses"][&status]);
        assert!(described.is_object(), "{name} answers {status}, which is not described");
        let essence = response
            .headers
            .get("content-type")
            .map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
        let Some(essence) = essence else { continue };
        let schema = &described["content"][&essence]["schema"];
        assert!(schema.is_object(), "{name} answers {status} as {essence}, which is not described");
        if essence.ends_with("json") {
            let value = body_of(response).1;
            assert_eq!(misfits(&document, &value, schema, &name), [""; 0]);
            checked += 1;
        }
    }
    assert!(checked >= 10, "{checked}");
}

#[test]
fn the_element_is_there_for_every_site_on_every_node() {
    let world = world();
    for node in [node(&world), production_node(&world)] {
        let foreign = [("origin", "https://site.example"), ("host", "chat.example")];
        let response = send(&node, &request("GET", "/lgdl-chat.js", &foreign, b""));
        assert_eq!(response.status, 200);
        assert_eq!(response.headers["access-control-allow-origin"], "*");
        assert_eq!(response.headers["cross-origin-resource-policy"], "cross-origin");
        assert!(response.headers["content-type"].to_str().unwrap().starts_with("text/javascript"));
    }
    // Its turns are let in by the list, and only by it.
    let foreign = [("origin", "https://site.example"), ("host", "chat.example"), ("content-type", "application/json")];
    let turn = br#"{"conversation_id":"c","user_id":"u","input":"hello"}"#;
    let refused = send(&production_node(&world), &request("POST", "/games/desk/move", &foreign, turn));
    assert_eq!(body_of(refused).1["code"], "E312");
    let page = send(&production_node(&world), &request("GET", "/", &[], b""));
    assert_eq!(page.status, 404, "the page itself is for development nodes, and where it is enabled");
}

/// Where a value does not fit a schema: types, fields, enumerations.
fn misfits(document: &Value, value: &Value, schema: &Value, at: &str) -> Vec<String> {
    let schema = resolved(document, schema);
    let mut found = Vec::new();
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &&str| match *kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    };
    if !kinds.is_empty() && !kinds.iter().any(is) {
        return vec![format!("{at}: {value} is no {kinds:?}")];
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value))
        || schema.get("const").is_some_and(|only| only != value)
    {
        found.push(format!("{at}: {value} is not one of those described"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(misfits(document, item, &schema["items"], &format!("{at}[{index}]")));
    }
    let Some(fields) = value.as_object() else { return found };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            found.push(format!("{at}.{name} is missing"));
        }
    }
    let Some(properties) = schema["properties"].as_object() else { return found };
    for (name, field) in fields {
        match properties.get(name) {
            Some(schema) => found.extend(misfits(document, field, schema, &format!("{at}.{name}"))),
            None => found.push(format!("{at}.{name} is not described")),
        }
    }
    found
}
