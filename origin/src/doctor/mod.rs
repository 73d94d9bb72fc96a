//! Whether a deployment is fit to serve: facts are gathered first ([`Facts::gather`]), then looked at by every check there is
//! ([`CHECKS`]). A check reads facts and does nothing else, so each is tried with facts that are well and with facts that are not.

mod checks;
mod gather;
mod strength;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::alerts::ChannelFacts;
use crate::audit::Lag;
use crate::beginnings::Sign;
use crate::clock::Millis;
use crate::config::{Config, ConfigError};
use crate::migrations::Status;
use crate::store::postgres::server::ServerFacts;
use crate::tls::Tls;

pub use checks::CHECKS;
pub use gather::Asked;

/// The program whose deployment is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// `lgdl serve`.
    Origin,
    /// `lgdl edge`.
    Edge,
}

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Could not be looked at.
    NotSeen,
    /// It works, and will not for ever, or not safely.
    Warn,
    /// Not fit to serve.
    Fail,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How well it is.
    pub level: Level,
    /// What was found. Quotes no secret.
    pub what: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

/// A check by its name.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name; also the line of the checklist.
    pub name: &'static str,
    /// What it looks at.
    pub about: &'static str,
    /// Whose deployments have what it looks at.
    pub of: &'static [Program],
    /// Looks.
    pub look: fn(&Facts) -> Vec<Finding>,
}

/// A finding with the check that found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The check's name.
    pub check: &'static str,
    /// What it found.
    #[serde(flatten)]
    pub finding: Finding,
}

/// The settings of both programs, as far as they were given.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The origin's; an edge node has none.
    pub origin: Option<Config>,
    /// The edge's, by name, as they were given.
    pub edge: BTreeMap<&'static str, String>,
    /// The files of TLS.
    pub tls: Tls,
}

/// Space on the disk of a folder, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Free for us.
    pub free: u64,
    /// In all.
    pub total: u64,
}

/// A disk that something is written to.
#[derive(Debug, Clone)]
pub struct Disk {
    /// What is written there.
    pub what: &'static str,
    /// The space; or why nothing can be written there.
    pub space: Result<Space, String>,
}

/// A bucket that something is kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// What is kept there.
    pub what: &'static str,
    /// Where.
    pub place: String,
    /// Why a trial could not be written, read and removed there; `None`: it could.
    pub fault: Option<String>,
}

/// Whether there may be no store yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is one.
    Store,
    /// It is made at the first start.
    NewStore,
}

/// An API key, without what it opens.
#[derive(Debug, Clone)]
pub struct Credential {
    /// What people call it.
    pub name: String,
    /// When it ends.
    pub expires_at: Option<Millis>,
}

/// Whether the key ring opens what is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ring {
    /// It does; so many data keys.
    Opens(u64),
    /// There is none, and nothing is sealed.
    None,
    /// It does not, for this reason.
    Wrong(String),
}

/// How a webhook fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookFacts {
    /// Its name and its tenant.
    pub name: String,
    /// Why it is paused, if it is.
    pub paused: Option<String>,
    /// Since when it has taken nothing of what there is.
    pub failing_since: Option<Millis>,
}

/// What the store says.
#[derive(Debug, Clone)]
pub struct StoreFacts {
    /// The key ring against the data keys.
    pub ring: Ring,
    /// Tombstones in the file, if the settings name one; or what is wrong with it.
    pub tombstones: Option<Result<u64, String>>,
    /// Why nothing can be written into the file of checkpoints that is there.
    pub checkpoints_fault: Option<String>,
    /// How far the SIEM is behind, if there is one.
    pub audit_lag: Option<Lag>,
    /// When the last backup was made by `lgdl backup`.
    pub backup_at: Option<Millis>,
    /// When a backup was last restored by a drill, and held.
    pub drill_at: Option<Millis>,
    /// When a backup that was due could not be made.
    pub backup_failed_at: Option<Millis>,
    /// When a drill last failed.
    pub drill_failed_at: Option<Millis>,
    /// The channels that alerts are told over.
    pub channels: Vec<ChannelFacts>,
    /// The webhooks of every tenant.
    pub webhooks: Vec<WebhookFacts>,
    /// Games of all tenants.
    pub games: u64,
    /// API keys of the first tenant that open something.
    pub keys: Vec<Credential>,
    /// Administrators who may log in.
    pub administrators: u64,
    /// The edge keys, with when an edge last asked with it.
    pub heard: Vec<(String, Option<Millis>)>,
    /// Names that two nodes have.
    pub same_names: Vec<String>,
}

/// A node or origin that was asked for its health.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where.
    pub url: String,
    /// What it answered, or why it did not.
    pub answer: Result<NodeAnswer, String>,
}

/// A node's answer.
#[derive(Debug, Clone)]
pub struct NodeAnswer {
    /// The status of its health.
    pub status: u16,
    /// Its version, if it says one.
    pub version: Option<String>,
    /// Components that are not well, each with what it says of itself.
    pub unwell: Vec<String>,
    /// What its clock said, to a second.
    pub now_ms: Option<Millis>,
    /// When it was asked, by our clock.
    pub asked_at: Millis,
}

/// Everything that checks look at.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Whose deployment.
    pub program: Program,
    /// This machine's clock.
    pub now_ms: Millis,
    /// The settings, or what is wrong with them. Without them little else is known.
    pub settings: Result<Settings, ConfigError>,
    /// When the certificate that the settings name ends, if they name one; or why it can't be shown.
    pub certificate: Option<Result<Millis, String>>,
    /// Why the operator's own authorities can't be trusted.
    pub authorities_fault: Option<String>,
    /// Files with secrets that others than their owner's group may read.
    pub open_files: Vec<PathBuf>,
    /// The PostgreSQL server, where the settings name one; or why it can't be asked.
    pub server: Option<Result<ServerFacts, String>>,
    /// The schema; or why it does not fit.
    pub migrations: Option<Result<Vec<Status>, String>>,
    /// Whether there may be no store yet.
    pub expected: Expected,
    /// What shows that there was another store, where there is none, or one that nobody was ever in; or why that can't be looked at.
    pub lost: Result<Vec<Sign>, String>,
    /// The store, where its schema is up to date; or why it can't be opened.
    pub store: Option<Result<StoreFacts, String>>,
    /// Of an edge whose folder was named: conversations that wait there and do not open with its key; or why that can't be looked at.
    pub unopened: Option<Result<usize, String>>,
    /// Disks that are written to.
    pub disks: Vec<Disk>,
    /// Buckets that something is kept in.
    pub buckets: Vec<Bucket>,
    /// Nodes that were named.
    pub nodes: Vec<Node>,
    /// Files and connections that the process may have open.
    pub max_open_files: Option<u64>,
}

/// Looks at the facts with every check that is for the program.
#[must_use]
pub fn examine(facts: &Facts) -> Vec<Line> {
    let mut lines = Vec::new();
    for check in CHECKS.iter().filter(|check| check.of.contains(&facts.program)) {
        let mut found = (check.look)(facts);
        if found.is_empty() {
            found.push(Finding { level: Level::NotSeen, what: "could not be looked at".into(), todo: None });
        }
        lines.extend(found.into_iter().map(|finding| Line { check: check.name, finding }));
    }
    lines
}

/// The worst level of all lines.
#[must_use]
pub fn verdict(lines: &[Line]) -> Level {
    lines.iter().map(|line| line.finding.level).max().unwrap_or(Level::NotSeen)
}
