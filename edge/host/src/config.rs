//! What a host is told before it starts.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lgdl_tls::ServerTls;
use lgdl_traces::Collector;

/// The answer of a service in this process.
pub type LocalAnswer = Pin<Box<dyn Future<Output = http::Response<Bytes>> + Send>>;

/// A service in this process, reached by the component as if it were on the network, without one.
pub type LocalService = Arc<dyn Fn(http::Request<Bytes>) -> LocalAnswer + Send + Sync>;

/// Where the node keeps what it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// Nothing outlives the process: for tests.
    Memory,
    /// The journal lies in a database in this folder, which is made when it is not there, and beside it a copy of the key-value store:
    /// games and hot states, for a node that starts again while the origin is away.
    Folder(PathBuf),
}

/// How to run a node.
#[derive(Clone)]
pub struct HostConfig {
    /// The component: the core module that `cargo` builds, or a component.
    pub component: Vec<u8>,
    /// The text of `spin.toml`.
    pub manifest: String,
    /// Where to listen; port 0 for any that is free.
    pub listen: SocketAddr,
    /// The certificate of its port; `None`: plain HTTP. Whoever starts the node looks after it.
    pub tls: Option<Arc<ServerTls>>,
    /// Values of the manifest's variables (`lgdl_mode`, …).
    pub variables: BTreeMap<String, String>,
    /// Where the node keeps what it keeps.
    pub storage: Storage,
    /// Addresses that the component may call beside those of the manifest, in Spin's notation.
    pub allowed_hosts: Vec<String>,
    /// Hosts among them whose names must not turn out to have an address of this machine or of a private network.
    pub public_hosts: Vec<String>,
    /// Whether the node counts and keeps the journal for its instances, brings home what waits, reads bodies for them and
    /// counts what they do. Without it a component has what plain Spin gives it, and no more: for tests.
    pub node_service: bool,
    /// Services of this process by authority (`origin.internal`). The component may call them.
    pub local_services: BTreeMap<String, LocalService>,
    /// Addresses (paths) that this process answers itself, before the component is asked: `/dev/status`.
    pub own_paths: BTreeMap<String, LocalService>,
    /// Bytes that the key-value store may hold before it forgets what was not used for longest.
    pub kv_bytes: usize,
    /// Memory of one instance, bytes.
    pub memory_limit: usize,
    /// Computing time of one request; waiting does not count.
    pub cpu_limit: Duration,
    /// Time of one request, waiting included.
    pub time_limit: Duration,
    /// Requests at once; more wait.
    pub max_concurrent: usize,
    /// Requests that one instance serves, one after another; 1 gives every request a fresh one, as Spin does.
    pub requests_per_instance: u32,
    /// How often turns that wait in the journal are brought to the origin.
    pub drain_every: Duration,
    /// Where traces of requests go, if anywhere.
    pub traces: Option<Collector>,
    /// Where compiled code is kept between starts; `None` compiles every time.
    pub code_cache: Option<PathBuf>,
    /// Has the component's messages (panics) appear on standard error. They may hold what people said.
    pub show_guest_messages: bool,
}

impl HostConfig {
    /// A node on any free port of the loopback interface, with everything in memory.
    #[must_use]
    pub fn new(component: Vec<u8>, manifest: String) -> HostConfig {
        HostConfig {
            component,
            manifest,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            variables: BTreeMap::new(),
            storage: Storage::Memory,
            allowed_hosts: Vec::new(),
            public_hosts: Vec::new(),
            node_service: true,
            local_services: BTreeMap::new(),
            own_paths: BTreeMap::new(),
            kv_bytes: 64 * 1024 * 1024,
            memory_limit: 64 * 1024 * 1024,
            cpu_limit: Duration::from_millis(500),
            time_limit: Duration::from_secs(30),
            max_concurrent: 1_024,
            requests_per_instance: 1_000,
            drain_every: Duration::from_secs(1),
            traces: None,
            code_cache: None,
            show_guest_messages: false,
        }
    }
}
