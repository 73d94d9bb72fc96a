//! A client of the admin API, and what it takes to check its answers against the OpenAPI document.

use lgdl_origin::admin::{NewAdministrator, create_administrator};
use lgdl_origin::archives::Hand;
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::Role;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::client::{Edge, body, commit, edge_with};

pub(crate) const PASSWORD: &str = "seven green lamps at noon";

/// An origin, and somebody who is logged in at its admin API.
pub(crate) struct Desk {
    pub(crate) edge: Edge,
    pub(crate) token: String,
    pub(crate) tenant: Option<String>,
}

pub(crate) async fn desk(role: Role) -> Desk {
    desk_with(role, &[]).await
}

pub(crate) async fn desk_with(role: Role, settings: &[(&str, &str)]) -> Desk {
    let mut desk = Desk { edge: edge_with(settings).await, token: String::new(), tenant: None };
    desk.employ("boss", role, None).await;
    desk.become_("boss").await;
    desk
}

/// A hand on the archive of a desk's origin.
pub(crate) fn hand(desk: &Desk) -> Hand<'_> {
    let origin = &desk.edge.running.origin;
    Hand { store: &*origin.store, protection: &*origin.protection, config: origin.settings(), actor: "test" }
}

/// Commits so many turns of a conversation.
pub(crate) async fn take_turns(desk: &Desk, conversation: &str, user: &str, turns: u64) {
    for turn in 0..turns {
        let request = commit(conversation, user, turn, &format!("{conversation}-{turn}"));
        assert_eq!(desk.edge.commit(&request).await.status(), StatusCode::OK);
    }
}

impl Desk {
    /// Makes an administrator.
    pub(crate) async fn employ(&self, name: &str, role: Role, tenant: Option<&str>) {
        let new = NewAdministrator { name, password: PASSWORD, role, tenant, actor: "cli" };
        let store = &*self.edge.running.origin.store;
        create_administrator(store, new, SystemClock.now_ms(), &SystemRandom).await.unwrap();
    }

    /// Logs in as somebody else.
    pub(crate) async fn become_(&mut self, name: &str) -> Value {
        let pair: Value = body(self.login(name, PASSWORD).await).await;
        self.token = pair["access_token"].as_str().unwrap().to_owned();
        pair
    }

    pub(crate) async fn login(&self, name: &str, password: &str) -> Response {
        self.open(Method::POST, "/admin/v1/login", json!({"name": name, "password": password})).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.edge.running.admin_address)
    }

    /// A request without a token.
    pub(crate) async fn open(&self, method: Method, path: &str, body: Value) -> Response {
        self.edge.http().request(method, self.url(path)).json(&body).send().await.unwrap()
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.edge.http().request(method, self.url(path)).bearer_auth(&self.token);
        match &self.tenant {
            Some(tenant) => request.header("x-lgdl-tenant", tenant),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        self.request(Method::DELETE, path).send().await.unwrap()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        self.request(method, path).json(body).send().await.unwrap()
    }

    pub(crate) async fn send_bytes(&self, method: Method, path: &str, kind: &str, bytes: Vec<u8>) -> Response {
        self.request(method, path).header("content-type", kind).body(bytes).send().await.unwrap()
    }

    /// The answer to a request that must succeed.
    pub(crate) async fn ask(&self, path: &str) -> Value {
        ok(self.get(path).await, StatusCode::OK).await
    }

    pub(crate) async fn document(&self) -> Value {
        self.ask("/openapi.json").await
    }

    /// The names of the events of the audit log, in order.
    pub(crate) async fn events(&self) -> Vec<(String, Value)> {
        let store = &*self.edge.running.origin.store;
        lgdl_origin::audit::drain(store).await.unwrap();
        let links = store.audit(0, 1000).await.unwrap();
        links.into_iter().map(|link| (link.event.event.clone(), serde_json::to_value(link).unwrap())).collect()
    }
}

pub(crate) async fn ok(response: Response, status: StatusCode) -> Value {
    assert_eq!(response.status(), status, "{}", response.text().await.unwrap());
    if status == StatusCode::NO_CONTENT { Value::Null } else { body(response).await }
}

/// The operations of a document: path, method, operation.
pub(crate) fn operations(document: &Value) -> Vec<(String, Method, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, operations)| {
        operations.as_object().unwrap().iter().map(move |(method, operation)| {
            (path.clone(), method.to_ascii_uppercase().parse::<Method>().unwrap(), operation.clone())
        })
    });
    operations.collect()
}

/// What is wrong with a value by a schema, as far as our document uses schemas.
pub(crate) fn misfits(value: &Value, schema: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind)) {
        return vec![format!("{at}: {value} is no {kinds:?}")];
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        found.push(format!("{at}: {value} is not of {values:?}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(misfits(item, &schema["items"], &format!("{at}[{index}]")));
    }
    if let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, field) in fields {
            match properties.get(name) {
                Some(schema) => found.extend(misfits(field, schema, &format!("{at}.{name}"))),
                None if schema["additionalProperties"] == false => found.push(format!("{at}.{name} is not described")),
                None => {}
            }
        }
    }
    found
}
