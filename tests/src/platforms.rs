//! Edge nodes on every platform that there are, each real: the pipeline in this process, the Spin component in our host,
//! the Worker under workerd. What is tested on all of them stands in `tests/tests/platforms`.

mod native;
mod worker;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use http::StatusCode;
use lgdl::wire::origin::GamePolicy;
use lgdl_edge_host::{Host, HostConfig, Storage};
use serde_json::Value;
use tempfile::TempDir;

use crate::games::{self, GameFolder, root};
use crate::origin::{OriginServer, node_variables};
use crate::stack::component;
use native::NativeNode;
use worker::WorkerNode;
pub use worker::build as worker_build;

/// An origin with games, for nodes on any platform.
pub struct Deployment {
    /// The origin.
    pub origin: OriginServer,
    /// The games that it has.
    pub games: Vec<GameFolder>,
}

impl Deployment {
    /// Starts an origin with those games.
    pub async fn start(games: Vec<GameFolder>) -> Deployment {
        Deployment { origin: OriginServer::start(&games, &GamePolicy::default()).await, games }
    }

    /// The same with one of our own games.
    ///
    /// # Panics
    /// When there is no such game.
    pub async fn of(game: &str) -> Deployment {
        let game = games::own().into_iter().find(|own| own.id == game).expect("one of our games");
        Deployment::start(vec![game]).await
    }

    /// A node before it; settings by name without `LGDL_`.
    pub async fn node(&self, kind: Kind, more: &[(&str, &str)]) -> Node {
        let mut variables = node_variables(&self.origin.url(), &self.games);
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Node::start(kind, &variables).await
    }
}

/// Time for turns that wait to arrive.
const ARRIVAL_WITHIN: Duration = Duration::from_secs(10);

/// Where a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The pipeline itself, in a thread of this process.
    Native,
    /// The Spin component, in our wasmtime host.
    Component,
    /// The same with nothing but what plain Spin gives it: a key-value store.
    Spin,
    /// The Worker, under workerd.
    Worker,
}

impl Kind {
    /// Whether this machine can run it; says what is missing.
    #[must_use]
    pub fn is_here(self) -> bool {
        match self {
            Kind::Native | Kind::Component | Kind::Spin => true,
            Kind::Worker => worker::is_here(),
        }
    }
}

/// A running node.
pub struct Node {
    /// Where it runs.
    pub kind: Kind,
    inner: Inner,
    http: reqwest::Client,
}

enum Inner {
    Native(NativeNode),
    Component { host: Box<Host>, _folder: TempDir },
    Spin(Box<Host>),
    Worker(WorkerNode),
}

impl Node {
    /// Starts a node with those settings, by name without `LGDL_`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(kind: Kind, variables: &BTreeMap<String, String>) -> Node {
        let inner = match kind {
            Kind::Native => Inner::Native(NativeNode::start(variables.clone()).await),
            Kind::Component => {
                let folder = tempfile::tempdir().expect("a folder");
                let storage = Storage::Folder(folder.path().to_owned());
                let config = HostConfig { storage, ..host_config(variables) };
                Inner::Component {
                    host: Box::new(Host::start(config).await.expect("the node starts")),
                    _folder: folder,
                }
            }
            Kind::Spin => {
                let config = HostConfig { node_service: false, requests_per_instance: 1, ..host_config(variables) };
                Inner::Spin(Box::new(Host::start(config).await.expect("the node starts")))
            }
            Kind::Worker => Inner::Worker(WorkerNode::start(variables).await),
        };
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Node { kind, inner, http }
    }

    /// `127.0.0.1:port`.
    #[must_use]
    pub fn authority(&self) -> String {
        match &self.inner {
            Inner::Native(node) => node.address().to_string(),
            Inner::Component { host, .. } | Inner::Spin(host) => host.address().to_string(),
            Inner::Worker(node) => node.authority().to_owned(),
        }
    }

    /// An address on the node.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority())
    }

    /// A client.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Sends the body of a turn.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, game: &str, body: &Value, headers: &[(&str, &str)]) -> reqwest::Response {
        let mut request = self.http.post(self.url(&format!("/games/{game}/move"))).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    /// One turn; status and body.
    ///
    /// # Panics
    /// When there is no answer, or one that is no JSON.
    pub async fn say(&self, game: &str, body: &Value, headers: &[(&str, &str)]) -> (StatusCode, Value) {
        let answer = self.send(game, body, headers).await;
        (answer.status(), answer.json().await.expect("a JSON body"))
    }

    /// Does what the node's own timer does: brings turns that wait to the origin, until there are none.
    ///
    /// # Panics
    /// When some still wait after a while.
    pub async fn drain(&self) {
        let until = Instant::now() + ARRIVAL_WITHIN;
        loop {
            let all = match &self.inner {
                // On Spin alone, whoever holds an admin key is the timer.
                Inner::Native(_) | Inner::Spin(_) => {
                    let answer = self.http.post(self.url("/internal/drain")).send().await.expect("an answer");
                    answer.json::<Value>().await.expect("JSON")["all"] == true
                }
                Inner::Component { host, .. } => host.waiting_turns() == 0,
                // What cron does on Workers.
                Inner::Worker(_) => {
                    let cron = self.http.get(self.url("/cdn-cgi/handler/scheduled")).send().await.expect("an answer");
                    assert!(cron.status().is_success(), "cron: {}", cron.status());
                    let answer = self.http.post(self.url("/internal/drain")).send().await.expect("an answer");
                    answer.json::<Value>().await.expect("JSON") == serde_json::json!({ "arrived": 0, "all": true })
                }
            };
            if all {
                return;
            }
            assert!(Instant::now() < until, "{:?}: turns still wait", self.kind);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Has the node do once what its timer or cron has it do.
    ///
    /// # Panics
    /// When it does not.
    pub async fn run_schedule(&self) {
        let answer = match self.kind {
            Kind::Worker => self.http.get(self.url("/cdn-cgi/handler/scheduled")).send().await,
            Kind::Native | Kind::Component | Kind::Spin => self.http.post(self.url("/internal/drain")).send().await,
        };
        let status = answer.expect("an answer").status();
        assert!(status.is_success(), "{:?}: {status}", self.kind);
    }

    /// The keys of everything in the node's key-value store.
    ///
    /// # Panics
    /// When it does not say.
    pub async fn stored_keys(&self) -> Vec<String> {
        match &self.inner {
            Inner::Native(_) => {
                let answer = self.http.get(self.url(native::STORED_KEYS)).send().await.expect("an answer");
                answer.json().await.expect("JSON")
            }
            Inner::Component { host, .. } | Inner::Spin(host) => host.stored_keys(),
            Inner::Worker(node) => node.stored_keys(),
        }
    }

    /// Ends it.
    pub async fn stop(self) {
        match self.inner {
            Inner::Native(node) => node.stop(),
            Inner::Component { host, .. } | Inner::Spin(host) => host.stop().await,
            Inner::Worker(node) => node.stop(),
        }
    }
}

fn host_config(variables: &BTreeMap<String, String>) -> HostConfig {
    let manifest = std::fs::read_to_string(root().join("spin.toml")).expect("a manifest");
    let mut config = HostConfig::new(component().to_vec(), manifest);
    config.variables = variables.iter().map(|(name, value)| (format!("lgdl_{name}"), value.clone())).collect();
    config.code_cache = Some(std::env::temp_dir().join("lgdl-test-code"));
    config
}
