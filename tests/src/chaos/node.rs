//! What an edge node in a process of its own is told, over its standard input, and what that process does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lgdl_edge_host::{Host, HostConfig, Storage};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;

/// How to run a node. It is written as one line of JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeOrder {
    /// The file of the component.
    pub component: PathBuf,
    /// The text of `spin.toml`.
    pub manifest: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Variables of the component.
    pub variables: BTreeMap<String, String>,
    /// Where the journal lies.
    pub folder: PathBuf,
    /// Where compiled code is kept.
    pub code_cache: PathBuf,
    /// Limits.
    pub limits: NodeLimits,
}

/// What the node and its instances may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeLimits {
    /// Bytes of the key-value store.
    pub kv_bytes: usize,
    /// Bytes of memory of an instance.
    pub memory: usize,
    /// Computing time of a request, milliseconds.
    pub cpu_ms: u64,
}

impl Default for NodeLimits {
    /// Those of the host itself.
    fn default() -> NodeLimits {
        let usual = HostConfig::new(Vec::new(), String::new());
        NodeLimits {
            kv_bytes: usual.kv_bytes,
            memory: usual.memory_limit,
            cpu_ms: u64::try_from(usual.cpu_limit.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Runs a node as the order on standard input says, until standard input ends: with the process that gave the order, at
/// the latest.
///
/// # Panics
/// When there is no order, or the node does not start.
pub async fn obey() {
    let mut input = tokio::io::stdin();
    let mut order = Vec::new();
    loop {
        let byte = input.read_u8().await.expect("an order");
        if byte == b'\n' {
            break;
        }
        order.push(byte);
    }
    let order: NodeOrder = serde_json::from_slice(&order).expect("an order as it should be");
    let mut config = HostConfig::new(std::fs::read(&order.component).expect("the component"), order.manifest);
    config.listen = order.listen;
    config.variables = order.variables;
    config.storage = Storage::Folder(order.folder);
    config.code_cache = Some(order.code_cache);
    config.kv_bytes = order.limits.kv_bytes;
    config.memory_limit = order.limits.memory;
    config.cpu_limit = Duration::from_millis(order.limits.cpu_ms);
    let host = Host::start(config).await.expect("the node starts");
    let mut rest = Vec::new();
    let _ = input.read_to_end(&mut rest).await;
    host.stop().await;
}
