//! Edge nodes: what each last told of itself.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Event, Result};
use crate::clock::Millis;

/// What a node tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFacts {
    /// What tells it from another of its name.
    #[serde(default)]
    pub instance: Option<String>,
    /// The version of its program.
    pub version: String,
    /// Where it runs: `spin`, `workers`, …
    pub platform: String,
    /// Its region, as the deployment calls it.
    pub region: Option<String>,
    /// Games that it answers.
    pub games: Vec<String>,
    /// Turns that wait in its journal.
    pub waiting: u64,
    /// Since when some do, by its clock.
    pub waiting_since_ms: Option<Millis>,
    /// Turns that were set aside.
    pub aside: u64,
    /// Of which conversations, by their digests, and how many of each; of many, not all.
    #[serde(default)]
    pub aside_of: BTreeMap<String, u64>,
    /// Turns that it is done with and can't remove from its journal.
    #[serde(default)]
    pub unremoved: u64,
    /// Its breaker in front of the origin.
    pub breaker: String,
    /// When the last waiting turn went home.
    pub drained_at_ms: Option<Millis>,
    /// How often it tells, milliseconds.
    pub every_ms: u64,
    /// Its own time.
    pub sent_at_ms: Millis,
}

/// A node as the origin knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// What it told last.
    pub report: NodeFacts,
    /// When it told something for the first time, or again after it was silent.
    pub joined_at: Millis,
    /// When it told something last.
    pub seen_at: Millis,
    /// How far its clock is ahead of the origin's, milliseconds; behind: negative.
    pub clock_ahead_ms: Millis,
    /// Since when it counts as silent.
    pub silent_since: Option<Millis>,
    /// Instances that told something under this name before the one of now, the last one last.
    #[serde(default)]
    pub former: Vec<String>,
    /// What it calls itself, where that is the name of another node.
    #[serde(default)]
    pub calls_itself: Option<String>,
}

/// The nodes.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// Every node, by name.
    async fn nodes(&self) -> Result<Vec<NodeRow>>;

    /// The node of a name.
    async fn find_node(&self, name: &str) -> Result<Option<NodeRow>>;

    /// Keeps what is known of a node, if it was last seen at `seen_before` (`None`: never), and tells of it what there is to tell;
    /// false when somebody was faster.
    async fn keep_node(&self, row: NodeRow, seen_before: Option<Millis>, told: Vec<Event>) -> Result<bool>;

    /// Forgets a node that was last seen at `seen_at`, and tells of it what there is to tell; false when there is none, or it was seen since.
    async fn forget_node(&self, name: &str, seen_at: Millis, told: Vec<Event>) -> Result<bool>;

    /// Forgets nodes that are silent since before a time and left nothing waiting; how many.
    async fn forget_nodes(&self, silent_before: Millis) -> Result<u64>;
}
