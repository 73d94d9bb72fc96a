//! A running origin and a typed, signing client for it.

use std::sync::atomic::{AtomicU64, Ordering};

use lgdl::engine::{Conversation, TurnRecord};
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{ClaimRequest, CommitRequest};
use lgdl::wire::signature::{
    DIGEST_HEADER, KEY_ID_HEADER, NONCE_HEADER, Parts, SIGNATURE_HEADER, TENANT_HEADER, TIMESTAMP_HEADER, body_digest,
    sign,
};
use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::serve::{Running, start};
use lgdl_origin::store::Event;
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const SECRET: &str = "a secret of the test's edge";

pub(crate) struct Edge {
    pub(crate) running: Running,
    pub(crate) tenant: String,
    http: reqwest::Client,
    nonce: AtomicU64,
    pub(crate) folder: TempDir,
}

/// An origin on a free port with a fresh store, and an edge that has a key.
pub(crate) async fn edge() -> Edge {
    edge_with(&[]).await
}

pub(crate) async fn edge_with(settings: &[(&str, &str)]) -> Edge {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("lgdl.db");
    let mut environment = vec![
        ("LGDL_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LGDL_ADMIN_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LGDL_SQLITE_PATH".to_owned(), database.to_str().unwrap().to_owned()),
        ("LGDL_EDGE_KEYS".to_owned(), format!("edge:{SECRET}")),
    ];
    environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let running = start(Config::read("", environment).unwrap()).await.unwrap();
    Edge {
        running,
        tenant: "default".into(),
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        nonce: AtomicU64::new(0),
        folder,
    }
}

/// A clock that is ahead.
#[derive(Debug)]
pub(crate) struct Later(pub(crate) i64);

impl Clock for Later {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0
    }
}

/// What a test may change about a signed request before it is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tampering {
    pub(crate) sent_body: Option<Vec<u8>>,
    pub(crate) sent_path: Option<String>,
    pub(crate) sent_tenant: Option<String>,
    pub(crate) clock_ahead_ms: i64,
    pub(crate) nonce: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) if_none_match: Option<String>,
}

impl Edge {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.edge_address)
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Response {
        self.send_tampered(method, path, body, Tampering::default()).await
    }

    pub(crate) async fn send_tampered(&self, method: Method, path: &str, body: Vec<u8>, how: Tampering) -> Response {
        let fresh = format!("{:032x}", self.nonce.fetch_add(1, Ordering::SeqCst));
        let (digest, nonce) = (body_digest(&body), how.nonce.unwrap_or(fresh));
        let key_id = how.key_id.unwrap_or_else(|| "edge".into());
        let parts = Parts {
            method: method.as_str(),
            path_and_query: path,
            tenant: &self.tenant,
            key_id: &key_id,
            timestamp_ms: SystemClock.now_ms() + how.clock_ahead_ms,
            nonce: &nonce,
            digest: &digest,
        };
        let signature = sign(how.secret.as_deref().unwrap_or(SECRET).as_bytes(), &parts).unwrap();
        let url = self.url(how.sent_path.as_deref().unwrap_or(path));
        self.http
            .request(method.clone(), url)
            .header(TENANT_HEADER, how.sent_tenant.unwrap_or_else(|| self.tenant.clone()))
            .header(KEY_ID_HEADER, key_id.clone())
            .header(TIMESTAMP_HEADER, parts.timestamp_ms)
            .header(NONCE_HEADER, nonce.clone())
            .header(DIGEST_HEADER, digest.clone())
            .header(SIGNATURE_HEADER, signature)
            .header("if-none-match", how.if_none_match.unwrap_or_default())
            .body(how.sent_body.unwrap_or(body))
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, Vec::new()).await
    }

    /// Asks for a compiled game that this node has already. Conditions are not a part of what is signed.
    pub(crate) async fn get_if_none_match(&self, path: &str, version: &str) -> Response {
        let how = Tampering { if_none_match: Some(format!("\"{version}\"")), ..Tampering::default() };
        self.send_tampered(Method::GET, path, Vec::new(), how).await
    }

    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> Response {
        self.send(Method::POST, path, serde_json::to_vec(body).unwrap()).await
    }

    pub(crate) async fn commit(&self, request: &CommitRequest) -> Response {
        self.post("/edge/v1/turns", request).await
    }
}

pub(crate) async fn body<T: DeserializeOwned>(response: Response) -> T {
    let status = response.status();
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {error}: {text}"))
}

/// Checks that a response is a whole problem document, and returns it.
pub(crate) async fn problem(response: Response, status: StatusCode, code: &str) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let document: Value = body(response).await;
    assert_eq!(document["status"], status.as_u16());
    assert_eq!(document["code"], code);
    assert_eq!(document["type"], format!("/problems/{code}"));
    assert_eq!(document["request_id"], request_id);
    assert!(document["title"].is_string() && document["detail"].is_string());
    document
}

pub(crate) fn commit(conversation: &str, user: &str, expected_version: u64, key: &str) -> CommitRequest {
    let turn = expected_version + 1;
    let record = serde_json::json!({
        "turn": turn, "at_ms": SystemClock.now_ms(), "participant": "user", "user_input": "my knee hurts",
        "sanitized_input": "my knee hurts", "firewall_triggered": false, "move_id": "pain", "confidence": 0.9,
        "response": "How bad is it?", "action": null, "stage": "collecting", "awaiting_slot": "severity",
        "slots": {"location": "knee"}, "calls": [{"capability": "clinic.note", "status": "ok"}],
        "choices": ["a little", "a lot"],
    });
    let record: TurnRecord = serde_json::from_value(record).unwrap();
    let state: Conversation = serde_json::from_value(serde_json::json!({"turns": turn})).unwrap();
    CommitRequest {
        game: "medical".into(),
        conversation_id: conversation.into(),
        user_id: user.into(),
        game_version: "v1".into(),
        expected_version,
        base: None,
        idempotency_key: key.into(),
        fingerprint: format!("fingerprint of {key}"),
        response: answer(&record, turn),
        record,
        state,
        journal_sequence: None,
        attempt: None,
    }
}

fn answer(record: &TurnRecord, turn: u64) -> MoveResponse {
    let answer = serde_json::json!({
        "move_id": record.move_id, "confidence": record.confidence, "response": record.response, "action": null,
        "manifest_id": format!("turn_{turn}"), "latency_ms": 1.25, "firewall_triggered": false,
        "stage": record.stage, "durable": true, "turn": turn, "game_version": "v1",
    });
    serde_json::from_value(answer).unwrap()
}

pub(crate) fn claim(conversation: &str, user: &str, expected_version: u64, key: &str) -> ClaimRequest {
    ClaimRequest {
        game: "medical".into(),
        conversation_id: conversation.into(),
        user_id: user.into(),
        expected_version,
        base: None,
        idempotency_key: key.into(),
        fingerprint: format!("fingerprint of {key}"),
        acting: None,
    }
}

/// What is told of a change where it does not matter.
pub(crate) fn told() -> Event {
    events::of(0, "default", "test", "test", "x", json!({}))
}
