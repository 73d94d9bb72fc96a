//! Alerts: the origin watches itself and its nodes by rules, and tells somebody when something is wrong and when it is well again.
//!
//! What is open is kept in the store, so that an incident is raised once by whichever origin sees it first, and resolved once. Both are
//! events of the bus; each channel is a consumer of them with a place of its own, so that a restart loses none. That the store itself is
//! away can't be kept there: it is told straight away, from memory.

mod channels;
mod deliver;
mod email;
mod look;
mod quiet;
mod watch;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::audit::events;
use crate::clock::Millis;
use crate::serve::DEFAULT_TENANT;
use crate::store::{Event, Store, StoreError};

pub use channels::{Channel, ChannelName, channels};
pub use deliver::{ChannelFacts, Tested, channel_facts, deliver, test};
pub(crate) use email::requires_tls;
pub(crate) use look::ends;
pub use look::{Percentiles, Recent};
pub use quiet::QuietHours;
pub use watch::keep;

/// The setting of the store that says what is open.
const OPEN: &str = "local:alerts";
/// Who tells, for the event bus.
const ACTOR: &str = "origin";

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody should look at it in working hours.
    Warning,
    /// Somebody has to look at it now.
    Critical,
}

impl Severity {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// Whether something went wrong or is well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It went wrong.
    Raised,
    /// It is well again.
    Resolved,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The rule that found it.
    pub rule: String,
    /// What it is about: a host, a node, a webhook; empty: the deployment.
    pub about: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in words for people.
    pub summary: String,
    /// Since when.
    pub since: Millis,
    /// When it was last seen.
    pub seen_at: Millis,
}

impl Incident {
    /// What tells one from another.
    #[must_use]
    pub fn key(&self) -> String {
        if self.about.is_empty() { self.rule.clone() } else { format!("{}:{}", self.rule, self.about) }
    }

    fn event(&self, turn: Turn, now_ms: Millis) -> Event {
        let name = match turn {
            Turn::Raised => crate::bus::catalog::ALERT_RAISED,
            Turn::Resolved => crate::bus::catalog::ALERT_RESOLVED,
        };
        let detail = json!({
            "alert": self.key(), "rule": self.rule, "about": self.about, "severity": self.severity,
            "summary": self.summary, "since_ms": self.since,
        });
        events::of(now_ms, DEFAULT_TENANT, name, ACTOR, self.key(), detail)
    }
}

/// What a channel tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Which one: the same when it is raised and when it is resolved.
    pub key: String,
    /// The rule that found it.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, or was.
    pub summary: String,
    /// Whether it went wrong or is well again.
    pub turn: Turn,
    /// Since when it is wrong.
    pub since: Millis,
    /// When this happened.
    pub at: Millis,
    /// Whom it comes from: the machine of the origin.
    pub source: String,
}

impl Alert {
    /// In one line.
    #[must_use]
    pub fn line(&self) -> String {
        match self.turn {
            Turn::Raised => format!("{}: {}", self.severity.name(), self.summary),
            Turn::Resolved => format!("resolved: {}", self.summary),
        }
    }

    /// As the bus tells it; `None`: that is no alert.
    fn of(name: &str, data: &Value, at: Millis, source: &str) -> Option<Alert> {
        let turn = match name {
            crate::bus::catalog::ALERT_RAISED => Turn::Raised,
            crate::bus::catalog::ALERT_RESOLVED => Turn::Resolved,
            _ => return None,
        };
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
        let severity =
            if text("severity")? == Severity::Critical.name() { Severity::Critical } else { Severity::Warning };
        Some(Alert {
            key: text("alert")?,
            rule: text("rule")?,
            severity,
            summary: text("summary")?,
            turn,
            since: data.get("since_ms").and_then(Value::as_i64).unwrap_or(at),
            at,
            source: source.to_owned(),
        })
    }

    /// One that nothing happened for.
    #[must_use]
    pub fn test(turn: Turn, now_ms: Millis) -> Alert {
        Alert {
            key: "test".into(),
            rule: "test".into(),
            severity: Severity::Warning,
            summary: "this is a test of lgdl's alerts; nothing is wrong".into(),
            turn,
            since: now_ms,
            at: now_ms,
            source: host(),
        }
    }
}

/// What is open, by key.
pub type Open = BTreeMap<String, Incident>;

/// Reads what is open, with its text in the store.
async fn read(store: &dyn Store) -> Result<(Open, Option<String>), StoreError> {
    let text = store.setting(OPEN).await?;
    let open = text.as_deref().map(serde_json::from_str).transpose();
    let open = open.map_err(|error| StoreError::Damaged(format!("setting {OPEN}: {error}")))?;
    Ok((open.unwrap_or_default(), text))
}

/// What is open.
///
/// # Errors
/// When the store fails.
pub async fn open(store: &dyn Store) -> Result<Open, StoreError> {
    Ok(read(store).await?.0)
}

/// Whether one that was found is to be told: nobody was told, or that it was less bad.
fn is_news(open: &Open, incident: &Incident) -> bool {
    open.get(&incident.key()).is_none_or(|known| known.severity < incident.severity)
}

/// Opens an incident, or has one that is open get worse, or closes it, unless somebody was faster; whether that was done.
async fn turn(store: &dyn Store, incident: &Incident, turn: Turn, now_ms: Millis) -> Result<bool, StoreError> {
    let (mut open, before) = read(store).await?;
    let key = incident.key();
    let changes = match turn {
        Turn::Raised if is_news(&open, incident) => {
            let since = open.get(&key).map_or(incident.since, |known| known.since);
            open.insert(key, Incident { since, ..incident.clone() });
            true
        }
        Turn::Raised => false,
        Turn::Resolved => open.remove(&key).is_some(),
    };
    if !changes {
        return Ok(false);
    }
    let text = serde_json::to_string(&open).map_err(|error| StoreError::Internal(error.to_string()))?;
    store.replace_setting(OPEN, before.as_deref(), &text, incident.event(turn, now_ms)).await
}

/// The name of this machine.
fn host() -> String {
    match std::fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(name) if !name.trim().is_empty() => name.trim().to_owned(),
        // Not Linux: one name for all of them, so that what is of a host is of the deployment.
        Ok(_) | Err(_) => "origin".to_owned(),
    }
}
