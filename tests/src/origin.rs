//! The real origin on a port of its own: what it is asked to commit is written down, and it can be taken away and brought
//! back, with every connection to it broken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use lgdl::meaning::Meaning;
use lgdl::wire::origin::GamePolicy;
use lgdl_origin::admin::{NewAdministrator, create_administrator};
use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::games::{Content, PublishRequest, publish};
use lgdl_origin::keys::{self, KeyRequest};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::{Running, start};
use lgdl_origin::store::{AgentRow, ConversationKey, Counts, Role, TurnRow};
use lgdl_ports::Port;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::games::GameFolder;

/// Signs calls from the edge to the origin.
pub const EDGE_SECRET: &str = "a secret of the test's edge";
/// The password of whoever is employed here.
pub const PASSWORD: &str = "seven green lamps at noon";
/// The longest commit that is looked at, bytes.
const MAX_COMMIT_BYTES: usize = 16 * 1024 * 1024;

/// The origin, on SQLite.
pub struct OriginServer {
    /// The origin itself, for a look at its store.
    pub running: Running,
    port: Port,
    serving: Option<JoinHandle<()>>,
    watch: Arc<Watch>,
    _folder: TempDir,
}

/// What was seen, and how long answers wait.
#[derive(Default)]
struct Watch {
    commits: Mutex<Vec<Bytes>>,
    slow: Mutex<Duration>,
}

impl OriginServer {
    /// An origin with those games.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(games: &[GameFolder], policy: &GamePolicy) -> OriginServer {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("lgdl.db");
        let environment = [
            ("LGDL_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("LGDL_ADMIN_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("LGDL_SQLITE_PATH".to_owned(), database.to_str().expect("a plain path").to_owned()),
            ("LGDL_EDGE_KEYS".to_owned(), format!("edge:{EDGE_SECRET}")),
        ];
        let config = Config::read("", environment).expect("a valid configuration");
        let running = start(config).await.expect("the origin starts");
        publish_all(&running, games, policy).await;
        let port = Port::free();
        let listener = TcpListener::bind(port.address()).await.expect("its port");
        let watch = Arc::<Watch>::default();
        let serving = Some(serve(listener, router(&running, &watch)));
        OriginServer { running, port, serving, watch, _folder: folder }
    }

    /// Where edges reach it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    /// Takes it away: connections break, new ones are refused.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Brings it back on the same port and the same store.
    ///
    /// # Panics
    /// When the one before it still listens.
    pub async fn bring_back(&mut self) {
        let listener = TcpListener::bind(self.port.address()).await.expect("its port");
        self.serving = Some(serve(listener, router(&self.running, &self.watch)));
    }

    /// Has every answer wait so long, once what was asked for is done.
    pub fn slow_down(&self, by: Duration) {
        *self.watch.slow.lock().unwrap_or_else(PoisonError::into_inner) = by;
    }

    /// The commits since this was called last, as they came.
    #[must_use]
    pub fn take_commits(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.watch.commits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How much it holds.
    ///
    /// # Panics
    /// When the store does not answer.
    pub async fn counts(&self) -> Counts {
        self.running.origin.store.counts().await.expect("counts")
    }

    /// The turns of a conversation, in their order; empty when there is none.
    ///
    /// # Panics
    /// When the store does not answer.
    pub async fn turns(&self, game: &str, conversation: &str) -> Vec<TurnRow> {
        let key = ConversationKey { tenant: "default".into(), game: game.into(), external_id: conversation.into() };
        self.running.origin.store.turns(&key.id(), 0, 1_000).await.expect("turns")
    }

    /// Erases a person by the admin API, as a privacy officer does.
    ///
    /// # Panics
    /// When the origin refuses.
    pub async fn erase_person(&self, user: &str) {
        let role = Role::PrivacyOfficer;
        let new = NewAdministrator { name: "officer", password: PASSWORD, role, tenant: None, actor: "test" };
        let store = &*self.running.origin.store;
        create_administrator(store, new, SystemClock.now_ms(), &SystemRandom).await.expect("an administrator");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = |path: &str| format!("http://{}/admin/v1/{path}", self.running.admin_address);
        let login = json!({ "name": "officer", "password": PASSWORD });
        let answer = http.post(url("login")).json(&login).send().await.expect("an answer");
        let pair: Value = answer.json().await.expect("JSON");
        let token = pair["access_token"].as_str().expect("a token");
        let person = url(&format!("people/{user}"));
        let erased = http.delete(person).bearer_auth(token).header("x-lgdl-tenant", "default");
        let status = erased.send().await.expect("an answer").status();
        assert_eq!(status, StatusCode::OK);
    }

    /// Makes an agent who serves these queues.
    ///
    /// # Panics
    /// When the store does not take it.
    pub async fn employ_agent(&self, login: &str, name: &str, queues: &[&str]) {
        let new = NewAdministrator { name: login, password: PASSWORD, role: Role::Agent, tenant: None, actor: "test" };
        let store = &*self.running.origin.store;
        let now_ms = SystemClock.now_ms();
        let row = create_administrator(store, new, now_ms, &SystemRandom).await.expect("an administrator");
        let agent = AgentRow {
            id: row.id.clone(),
            tenant: "default".into(),
            name: name.into(),
            queues: queues.iter().map(|queue| (*queue).to_owned()).collect(),
            capacity: 3,
            serving: Vec::new(),
            heartbeat_at: None,
            reconnected: 0,
        };
        let told = events::of(now_ms, "default", events::AGENT_CHANGED, "test", row.id.as_str(), json!({}));
        store.keep_agent(agent, told).await.expect("the agent is kept");
    }

    /// A new API key.
    ///
    /// # Panics
    /// When the store does not take it.
    pub async fn api_key(&self, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let request =
            KeyRequest { tenant: "default", name: "test", environment: "test", scopes: &scopes, expires_at: None };
        let (row, key) = keys::make(&request, SystemClock.now_ms(), &SystemRandom).expect("a key");
        let id = row.id.to_string();
        let told = events::of(row.created_at, "default", events::KEY_CREATED, "test", id, json!({}));
        self.running.origin.store.add_key(row, told).await.expect("the key is kept");
        key
    }
}

/// Publishes games, as they are.
///
/// # Panics
/// When one is refused.
pub async fn publish_all(running: &Running, games: &[GameFolder], policy: &GamePolicy) {
    for game in games {
        let content = Content::Source { source: &game.source, contract: game.contract.as_deref() };
        let request = PublishRequest {
            tenant: "default",
            game: &game.id,
            content,
            meaning: Meaning::Words,
            goldens: None,
            policy: policy.clone(),
            actor: "test",
            now_ms: 1,
        };
        publish(&*running.origin.store, request).await.expect("the game is published");
    }
}

/// Settings of a development node, by name without `LGDL_`.
#[must_use]
pub fn node_variables(origin_url: &str, games: &[GameFolder]) -> BTreeMap<String, String> {
    let mocks: serde_json::Map<String, Value> = games.iter().map(|game| (game.id.clone(), json!(game.mocks))).collect();
    let usual = [
        ("mode", "development".to_owned()),
        ("origin_url", origin_url.to_owned()),
        ("origin_key_id", "edge".to_owned()),
        ("origin_key", EDGE_SECRET.to_owned()),
        ("state_key", "5a".repeat(32)),
        ("capability_mocks", Value::Object(mocks).to_string()),
    ];
    usual.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn router(running: &Running, watch: &Arc<Watch>) -> Router {
    let origin = lgdl_origin::http::edge_service(running.origin.clone());
    origin.layer(middleware::from_fn_with_state(Arc::clone(watch), watched))
}

async fn watched(State(watch): State<Arc<Watch>>, request: Request, next: Next) -> Response {
    let request = if request.uri().path() == "/edge/v1/turns" {
        let (parts, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, MAX_COMMIT_BYTES).await else {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        };
        watch.commits.lock().unwrap_or_else(PoisonError::into_inner).push(body.clone());
        Request::from_parts(parts, Body::from(body))
    } else {
        request
    };
    let answer = next.run(request).await;
    let slow = *watch.slow.lock().unwrap_or_else(PoisonError::into_inner);
    tokio::time::sleep(slow).await;
    answer
}

/// Serves until it is aborted, and takes its connections with it.
fn serve(listener: TcpListener, router: Router) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(router.clone());
            connections.spawn(async move {
                let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
            while connections.try_join_next().is_some() {}
        }
    })
}
