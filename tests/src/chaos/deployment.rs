//! A whole deployment of processes: node, link, origin, link, store. It starts, breaks and mends them; what happens to
//! turns meanwhile is not its concern.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lgdl::meaning::Meaning;
use lgdl::wire::origin::GamePolicy;
use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::games::{Content, PublishRequest, publish};
use lgdl_origin::keys::{self, KeyRequest};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::open_store;
use lgdl_origin::store::Store;
use tempfile::TempDir;

use super::link::Link;
use super::node::{NodeLimits, NodeOrder};
use super::postgres_server::Cluster;
use super::processes::{Process, free_address};
use crate::games::{GameFolder, root};
use crate::stack::component_path;

/// How long a process may take to come back.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The tenant of everything here.
pub const TENANT: &str = "default";
/// Signs calls from the node to the origin.
const EDGE_SECRET: &str = "a secret of the test's edge";

/// Where the origin keeps things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// A file.
    Sqlite,
    /// A server of our own.
    Postgres,
}

/// How to set a deployment up.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The store.
    pub keeping: Keeping,
    /// Limits of the node.
    pub limits: NodeLimits,
    /// Whether the node's key-value store can be reached.
    pub kv_is_there: bool,
    /// The path of `chaos-node`.
    pub node_program: PathBuf,
}

/// A running deployment.
pub struct Deployment {
    /// Between node and origin.
    pub to_origin: Link,
    /// Between origin and PostgreSQL, where there is one.
    pub to_store: Option<Link>,
    /// Where clients find the node.
    pub node_address: SocketAddr,
    /// A key of the clients.
    pub api_key: String,
    node: Option<Process>,
    order: NodeOrder,
    node_program: PathBuf,
    origin: Option<Process>,
    origin_address: SocketAddr,
    origin_settings: Vec<(String, String)>,
    /// Settings that open the same store without a link.
    direct: Vec<(String, String)>,
    cluster: Option<std::sync::Arc<Cluster>>,
    http: reqwest::Client,
    folder: TempDir,
}

impl Deployment {
    /// A deployment with one game; the reason when there is no PostgreSQL for it here.
    ///
    /// # Errors
    /// When PostgreSQL is asked for and there is none.
    ///
    /// # Panics
    /// When something else does not start.
    pub async fn start(game: &GameFolder, plan: Plan) -> Result<Deployment, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let (cluster, to_store, linked, direct) = match plan.keeping {
            Keeping::Sqlite => {
                let path = folder.path().join("lgdl.db").display().to_string();
                let settings = vec![("LGDL_SQLITE_PATH".to_owned(), path)];
                (None, None, settings.clone(), settings)
            }
            Keeping::Postgres => {
                let starting = tokio::task::spawn_blocking(|| {
                    let cluster = Cluster::start(&[])?;
                    let url = cluster.fresh_database();
                    Ok::<_, String>((std::sync::Arc::new(cluster), url))
                });
                let (cluster, url) = starting.await.expect("nobody panicked")?;
                // `postgres://lgdl@/name?host=folder`: the server's socket lies in its folder, the link's in ours.
                let (database, socket_folder) = url.split_once("?host=").expect("a socket's folder");
                let far = PathBuf::from(socket_folder.replace("%2F", "/")).join(SOCKET);
                let link = Link::unix(&folder.path().join(SOCKET), far);
                let near = folder.path().display().to_string().replace('/', "%2F");
                let setting = |url: String| vec![("LGDL_POSTGRES_URL".to_owned(), url)];
                (Some(cluster), Some(link), setting(format!("{database}?host={near}")), setting(url))
            }
        };
        let origin_address = free_address();
        let common = [
            ("LGDL_LISTEN", origin_address.to_string()),
            ("LGDL_ADMIN_LISTEN", free_address().to_string()),
            ("LGDL_EDGE_KEYS", format!("edge:{EDGE_SECRET}")),
            ("LGDL_LOG", "error".to_owned()),
        ];
        let common = common.map(|(name, value)| (name.to_owned(), value));
        let origin_settings = common.iter().cloned().chain(linked).collect();
        let direct: Vec<_> = common.into_iter().chain(direct).collect();
        let api_key = furnish(&direct, game).await;

        let (to_origin, near) = Link::tcp(origin_address).await;
        let node_address = free_address();
        let order = NodeOrder {
            component: component_path(),
            manifest: manifest(plan.kv_is_there),
            listen: node_address,
            variables: variables(near),
            folder: folder.path().join("node"),
            code_cache: std::env::temp_dir().join("lgdl-test-code"),
            limits: plan.limits,
        };
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        let mut deployment = Deployment {
            to_origin,
            to_store,
            node_address,
            api_key,
            node: None,
            order,
            node_program: plan.node_program,
            origin: None,
            origin_address,
            origin_settings,
            direct,
            cluster,
            http,
            folder,
        };
        deployment.start_origin().await;
        deployment.start_node().await;
        Ok(deployment)
    }

    /// Kills the origin, as a crash would.
    ///
    /// # Panics
    /// When it is not running.
    pub fn kill_origin(&mut self) {
        self.origin.take().expect("an origin that runs").kill();
    }

    /// Starts the origin again, and returns when it says that it can work.
    pub async fn start_origin(&mut self) {
        self.origin = Some(Process::origin(&self.origin_settings, &self.folder.path().join("origin.log")));
        self.await_origin().await;
    }

    /// Waits until the origin says that it can work.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn await_origin(&mut self) {
        let url = format!("http://{}/health/ready", self.origin_address);
        let began = Instant::now();
        while !self.is_well(&url).await {
            if let Some(words) = self.origin.as_mut().and_then(Process::ended) {
                panic!("the origin ended by itself: {words}");
            }
            assert!(began.elapsed() < PATIENCE, "the origin is back within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills PostgreSQL with all its processes and starts it again; returns when the origin says that it can work.
    ///
    /// # Panics
    /// When there is none, or it does not recover.
    pub async fn crash_postgres(&mut self) {
        let cluster = std::sync::Arc::clone(self.cluster.as_ref().expect("a PostgreSQL"));
        tokio::task::spawn_blocking(move || cluster.crash_and_restart()).await.expect("it recovers");
        self.await_origin().await;
    }

    /// Kills the node, as a crash would.
    ///
    /// # Panics
    /// When it is not running.
    pub fn kill_node(&mut self) {
        self.node.take().expect("a node that runs").kill();
    }

    /// Starts the node again on what lies in its folder.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn start_node(&mut self) {
        let said = self.folder.path().join("node.log");
        self.node = Some(Process::node(&self.node_program, &self.order, &said));
        let url = format!("http://{}/health/live", self.node_address);
        // An instance that is too small for anything answers as well: with a problem document.
        let began = Instant::now();
        while self.http.get(&url).send().await.is_err() {
            if let Some(words) = self.node.as_mut().and_then(Process::ended) {
                panic!("the node ended by itself: {words}");
            }
            assert!(began.elapsed() < PATIENCE, "the node is back within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills the node and starts it with other limits.
    pub async fn limit_node(&mut self, limits: NodeLimits) {
        self.kill_node();
        self.order.limits = limits;
        self.start_node().await;
    }

    /// One number of the node's metrics.
    pub async fn metric(&self, name: &str) -> Option<u64> {
        let text = self.metrics().await?;
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// Everything that the node has counted, for whoever looks for the cause of a failure.
    pub async fn counts(&self) -> String {
        let text = self.metrics().await.unwrap_or_default();
        let counts = text.lines().filter(|line| !line.starts_with('#') && !line.contains("_bucket"));
        counts.collect::<Vec<_>>().join(", ")
    }

    async fn metrics(&self) -> Option<String> {
        let url = format!("http://{}/metrics", self.node_address);
        self.http.get(&url).send().await.ok()?.text().await.ok()
    }

    /// Turns that wait in the node's journal.
    pub async fn waiting(&self) -> Option<u64> {
        self.metric("lgdl_journal_depth").await
    }

    /// What the node says of its breaker: `breaker closed`, …
    ///
    /// # Panics
    /// When it says nothing.
    pub async fn breaker(&self) -> String {
        let url = format!("http://{}/health", self.node_address);
        let answer = self.http.get(&url).send().await.expect("an answer");
        let health: serde_json::Value = answer.json().await.expect("a JSON body");
        let detail = health["components"]["origin"]["detail"].as_str().expect("a detail");
        // Why the origin is away may stand behind it.
        detail.split(';').next().unwrap_or(detail).to_owned()
    }

    /// The origin's store, past the link.
    ///
    /// # Panics
    /// When it can't be opened.
    pub async fn store(&self) -> std::sync::Arc<dyn Store> {
        open(&self.direct).await
    }

    async fn is_well(&self, url: &str) -> bool {
        self.http.get(url).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// The folder of everything that is kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// What PostgreSQL calls its socket.
const SOCKET: &str = ".s.PGSQL.5432";

async fn open(settings: &[(String, String)]) -> std::sync::Arc<dyn Store> {
    let config = Config::read("", settings.iter().cloned()).expect("valid settings");
    open_store(&config, &SystemClock).await.expect("the store opens")
}

/// Publishes the game and makes a key for clients.
async fn furnish(settings: &[(String, String)], game: &GameFolder) -> String {
    let store = open(settings).await;
    let now_ms = SystemClock.now_ms();
    let content = Content::Source { source: &game.source, contract: game.contract.as_deref() };
    let policy = GamePolicy::default();
    let request = PublishRequest {
        tenant: TENANT,
        game: &game.id,
        content,
        meaning: Meaning::Words,
        policy,
        goldens: None,
        actor: "test",
        now_ms,
    };
    publish(&*store, request).await.expect("the game is published");
    let scopes = ["turns".to_owned()];
    let wish = KeyRequest { tenant: TENANT, name: "chaos", environment: "test", scopes: &scopes, expires_at: None };
    let (row, key) = keys::make(&wish, now_ms, &SystemRandom).expect("a key");
    let told = events::of(now_ms, TENANT, events::KEY_CREATED, "test", row.id.as_str(), serde_json::json!({}));
    store.add_key(row, told).await.expect("the key is kept");
    store.close().await;
    key
}

fn manifest(kv_is_there: bool) -> String {
    let manifest = std::fs::read_to_string(root().join("spin.toml")).expect("a manifest");
    if kv_is_there {
        return manifest;
    }
    let without = manifest.replace("key_value_stores = [\"default\"]", "key_value_stores = []");
    assert_ne!(without, manifest, "the manifest names a store");
    without
}

/// A node in production, whose limits do not get in the way of the load.
fn variables(origin: SocketAddr) -> std::collections::BTreeMap<String, String> {
    let settings = [
        ("mode", "production".to_owned()),
        ("origin_url", format!("http://{origin}")),
        ("origin_key_id", "edge".to_owned()),
        ("origin_key", EDGE_SECRET.to_owned()),
        ("state_key", "5a".repeat(32)),
        ("rate_limit_user", "off".to_owned()),
        ("rate_limit_conversation", "off".to_owned()),
        ("rate_limit_global", "off".to_owned()),
    ];
    settings.into_iter().map(|(name, value)| (format!("lgdl_{name}"), value)).collect()
}
