//! A whole deployment in this process: the real origin on SQLite, and the Spin component in our host before it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use lgdl::wire::origin::GamePolicy;
use lgdl_edge_host::{Host, HostConfig, LocalService, Storage};
use lgdl_origin::config::Config;
use lgdl_origin::http::without_a_network;
use lgdl_origin::serve::{Running, collector, start};
use lgdl_ports::Port;
use serde_json::Value;
use tempfile::TempDir;

use crate::games::{GameFolder, root};
use crate::origin::{EDGE_SECRET, node_variables, publish_all};

/// Where the component lies; it is built when nobody says.
///
/// # Panics
/// When it can't be built.
#[must_use]
pub fn component_path() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        let given = std::env::var_os("LGDL_COMPONENT").map(PathBuf::from);
        given.unwrap_or_else(|| {
            let built = Command::new("cargo").args(["xtask", "wasm"]).current_dir(root()).output();
            let built = built.expect("cargo runs");
            assert!(built.status.success(), "cargo xtask wasm: {}", String::from_utf8_lossy(&built.stderr));
            PathBuf::from(String::from_utf8_lossy(&built.stdout).trim())
        })
    });
    path.clone()
}

/// The component.
///
/// # Panics
/// When it can't be had.
#[must_use]
pub fn component() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let path = component_path();
        std::fs::read(&path).unwrap_or_else(|error| panic!("the component at {}: {error}", path.display()))
    })
}

/// The program `lgdl`, built when it is not there.
///
/// # Panics
/// When it can't be built.
#[must_use]
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        std::env::var_os("LGDL_PROGRAM").map(PathBuf::from).unwrap_or_else(|| {
            let built = Command::new("cargo")
                .args(["build", "--package", "lgdl-origin", "--bin", "lgdl"])
                .current_dir(root())
                .output()
                .expect("cargo runs");
            assert!(built.status.success(), "cargo build: {}", String::from_utf8_lossy(&built.stderr));
            // This test lies in `deps`, beside which cargo puts programs.
            let own = std::env::current_exe().expect("a path of this program");
            own.ancestors().nth(2).expect("a target folder").join("lgdl")
        })
    })
}

/// How to set a deployment up.
#[derive(Debug, Default)]
pub struct Plan {
    /// Settings of the node, by name without `LGDL_`.
    pub node: Vec<(&'static str, String)>,
    /// What the publisher of every game asks for.
    pub policy: GamePolicy,
    /// The collector that both send their traces to.
    pub traces_to: Option<String>,
    /// Has the journal lie on the disk.
    pub on_disk: bool,
    /// Has the node call the origin over TCP, not inside this process.
    pub over_network: bool,
    /// Changes the host's configuration before it starts.
    pub adjust: Option<fn(&mut HostConfig)>,
}

/// A running deployment.
pub struct Stack {
    /// The origin; `None` while it is down.
    origin: Option<Running>,
    /// The node.
    pub host: Host,
    config: HostConfig,
    router: Arc<Mutex<Option<axum::Router>>>,
    http: reqwest::Client,
    folder: TempDir,
    port: Port,
    traces_to: Option<String>,
}

impl Stack {
    /// A deployment with those games.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(games: &[GameFolder], plan: Plan) -> Stack {
        let folder = tempfile::tempdir().expect("a folder");
        let port = Port::free();
        let origin = start_origin(&folder, port.address(), plan.traces_to.as_deref()).await;
        publish_all(&origin, games, &plan.policy).await;
        let router = Arc::new(Mutex::new(Some(lgdl_origin::http::edge_service(origin.origin.clone()))));
        let manifest = std::fs::read_to_string(root().join("spin.toml")).expect("a manifest");
        let mut config = HostConfig::new(component().to_vec(), manifest);
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.variables = variables(games, &plan.node);
        config.local_services = BTreeMap::from([("origin.internal".to_owned(), in_process(Arc::clone(&router)))]);
        if plan.over_network {
            let url = format!("http://{}", origin.edge_address);
            config.variables.insert("lgdl_origin_url".into(), url);
        }
        config.code_cache = Some(std::env::temp_dir().join("lgdl-test-code"));
        if plan.on_disk {
            config.storage = Storage::Folder(folder.path().join("node"));
        }
        config.traces = plan.traces_to.as_ref().and_then(|url| collector(&url.parse().ok(), &None));
        if let Some(adjust) = plan.adjust {
            adjust(&mut config);
        }
        let host = Host::start(config.clone()).await.expect("the node starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let traces_to = plan.traces_to;
        Stack { origin: Some(origin), host, config, router, http, folder, port, traces_to }
    }

    /// An address on the node.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.address())
    }

    /// A client.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// One turn; status and body.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn say(&self, game: &str, body: &Value, headers: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut request = self.http.post(self.url(&format!("/games/{game}/move"))).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json().await.expect("a JSON body"))
    }

    /// The origin's store.
    ///
    /// # Panics
    /// While the origin is down.
    #[must_use]
    pub fn origin(&self) -> &Running {
        self.origin.as_ref().expect("the origin is up")
    }

    /// Stops the origin: the node finds nobody there.
    pub async fn stop_origin(&mut self) {
        *self.router.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(origin) = self.origin.take() {
            origin.stop().await.expect("the origin stops");
        }
    }

    /// Starts it again on the same store.
    pub async fn start_origin(&mut self) {
        let origin = start_origin(&self.folder, self.port.address(), self.traces_to.as_deref()).await;
        let router = lgdl_origin::http::edge_service(origin.origin.clone());
        *self.router.lock().unwrap_or_else(PoisonError::into_inner) = Some(router);
        self.origin = Some(origin);
    }

    /// Stops the node, and starts it again on the same folder.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart_node(self) -> Stack {
        self.host.stop().await;
        let host = Host::start(self.config.clone()).await.expect("the node starts again");
        Stack { host, ..self }
    }

    /// Ends everything, the node first: what it still does after its answers has an origin to go to.
    pub async fn stop(self) {
        let Stack { host, origin, .. } = self;
        host.stop().await;
        if let Some(origin) = origin {
            origin.stop().await.expect("the origin stops");
        }
    }
}

async fn start_origin(folder: &TempDir, listen: SocketAddr, traces_to: Option<&str>) -> Running {
    let database = folder.path().join("lgdl.db");
    let environment = [
        ("LGDL_LISTEN".to_owned(), listen.to_string()),
        ("LGDL_ADMIN_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ("LGDL_SQLITE_PATH".to_owned(), database.to_str().expect("a plain path").to_owned()),
        ("LGDL_EDGE_KEYS".to_owned(), format!("edge:{EDGE_SECRET}")),
    ];
    let traces = traces_to.map(|url| ("LGDL_OTLP_URL".to_owned(), url.to_owned()));
    let config = Config::read("", environment.into_iter().chain(traces)).expect("a valid configuration");
    start(config).await.expect("the origin starts")
}

fn variables(games: &[GameFolder], more: &[(&'static str, String)]) -> BTreeMap<String, String> {
    let usual = node_variables("http://origin.internal", games);
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    usual.into_iter().chain(more).map(|(name, value)| (format!("lgdl_{name}"), value)).collect()
}

/// The origin's own router, called without a network; nobody answers while there is none.
fn in_process(router: Arc<Mutex<Option<axum::Router>>>) -> LocalService {
    Arc::new(move |request: Request<Bytes>| {
        let router = router.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            match router {
                Some(router) => without_a_network(router, request).await,
                None => empty(StatusCode::BAD_GATEWAY),
            }
        })
    })
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
