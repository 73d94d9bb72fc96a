//! Telling alerts over one channel: a consumer of the event bus, one for what is critical and one for what can wait for the morning.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Alert, Channel, ChannelName, QuietHours, Severity, Turn, channels, host};
use crate::bus::catalog::{ALERT_RAISED, ALERT_RESOLVED};
use crate::clock::{Clock, Millis};
use crate::config::{Config, Live};
use crate::consumer::{Batch, Consumer, Delivered, EndpointError, Manner, Position, Runner, begin_at, position_of};
use crate::http::Origin;
use crate::store::{LOCAL_SETTINGS, Store, StoreError, Urgency, Wanted};
use crate::supervised;

/// Alerts that are read at once.
const BATCH: u32 = 20;
/// How channels are run.
const MANNER: Manner = Manner {
    lease: Duration::from_secs(60),
    keep_every: Duration::ZERO,
    look_every: Duration::from_secs(1),
    longest_wait: Duration::from_secs(300),
};

/// One channel, for alerts of one severity.
#[derive(Debug)]
struct Teller {
    channel: Arc<Channel>,
    severity: Severity,
    live: Live,
    clock: Arc<dyn Clock>,
    source: String,
}

impl Teller {
    /// The hours in which nothing of this severity is told.
    fn quiet(&self) -> Option<QuietHours> {
        self.live.now().alert_quiet_hours.filter(|_| self.severity == Severity::Warning)
    }
}

#[async_trait]
impl Consumer for Teller {
    type Item = Alert;

    fn note(&self) -> String {
        note(self.channel.name, self.severity)
    }

    async fn read(&self, store: &dyn Store, after: u64) -> Result<Batch<Alert>, StoreError> {
        if self.quiet().is_some_and(|quiet| quiet.contain(self.clock.now_ms())) {
            return Ok(Batch { items: Vec::new(), next: after });
        }
        let names = Some(vec![ALERT_RAISED.to_owned(), ALERT_RESOLVED.to_owned()]);
        let page = store.bus_events(&Wanted { tenant: None, names, urgent: Urgency::Any }, after, BATCH).await?;
        let alert = |row: crate::store::BusRow| {
            let alert = Alert::of(&row.event.name, &row.event.data, row.event.at, &self.source)?;
            (alert.severity == self.severity).then_some((row.sequence, alert))
        };
        Ok(Batch { items: page.events.into_iter().filter_map(alert).collect(), next: page.next })
    }

    async fn deliver(&self, items: &[(u64, Alert)]) -> Delivered {
        let mut upto = None;
        for (sequence, alert) in items {
            if let Err(error) = self.channel.tell(alert).await {
                return Delivered::Failed { upto, error };
            }
            upto = Some(*sequence);
        }
        Delivered::All
    }

    async fn failed(&self, _origin: &Origin, error: &EndpointError, position: &Position) {
        let channel = self.channel.name.name();
        tracing::warn!(channel, %error, failures = position.failures, "E556 an alert could not be told; it is tried again");
    }
}

/// The note of how far a channel has come with alerts of a severity.
fn note(channel: ChannelName, severity: Severity) -> String {
    format!("{LOCAL_SETTINGS}alerts:{}:{}", channel.name(), severity.name())
}

/// The note of the last test of a channel.
fn tested_note(channel: ChannelName) -> String {
    format!("{LOCAL_SETTINGS}alerts_tested:{}", channel.name())
}

/// What came of a test of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// When.
    pub at: Millis,
    /// Why nothing was told; `None`: it was.
    pub why: Option<String>,
}

/// How a channel fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFacts {
    /// Its kind.
    pub name: &'static str,
    /// When an alert was last told over it.
    pub told_at: Option<Millis>,
    /// Since when one can't be.
    pub failing_since: Option<Millis>,
    /// Its last test.
    pub tested: Option<Tested>,
}

/// How the channels of the settings fare, as far as the store knows.
///
/// # Errors
/// When the store fails.
pub async fn channel_facts(store: &dyn Store, config: &Config) -> Result<Vec<ChannelFacts>, StoreError> {
    let mut facts = Vec::new();
    for channel in channels(config) {
        let (mut told_at, mut failing_since) = (None, None);
        for severity in [Severity::Critical, Severity::Warning] {
            let position = position_of(store, &note(channel.name, severity)).await?;
            told_at = told_at.max(Some(position.delivered_at).filter(|at| *at > 0));
            let failing = (position.failures > 0).then_some(position.failing_since);
            failing_since = failing_since.into_iter().chain(failing).min();
        }
        let tested = tested_note(channel.name);
        let tested = store.setting(&tested).await?.map(|text| serde_json::from_str(&text)).transpose();
        let tested = tested.map_err(|error| StoreError::Damaged(format!("the test of a channel: {error}")))?;
        facts.push(ChannelFacts { name: channel.name.name(), told_at, failing_since, tested });
    }
    Ok(facts)
}

/// Tells every channel of the settings a message that nothing happened for, and that it is resolved; what came of it is noted.
///
/// # Errors
/// When the store fails.
pub async fn test(
    store: &dyn Store,
    config: &Config,
    clock: &dyn Clock,
) -> Result<Vec<(&'static str, Tested)>, StoreError> {
    let mut all = Vec::new();
    for channel in channels(config) {
        let mut why = None;
        for turn in [Turn::Raised, Turn::Resolved] {
            if let Err(error) = channel.tell(&Alert::test(turn, clock.now_ms())).await {
                why = Some(error.to_string());
                break;
            }
        }
        let tested = Tested { at: clock.now_ms(), why };
        let text = serde_json::to_string(&tested).map_err(|error| StoreError::Internal(error.to_string()))?;
        store.note(&tested_note(channel.name), &text).await?;
        all.push((channel.name.name(), tested));
    }
    Ok(all)
}

/// Tells alerts over every channel until the origin stops.
pub async fn deliver(origin: &Origin, stopping: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    for channel in channels(&origin.config).into_iter().map(Arc::new) {
        for severity in [Severity::Critical, Severity::Warning] {
            let (channel, clock) = (Arc::clone(&channel), Arc::clone(&origin.clock));
            let teller = Teller { channel, severity, live: origin.live.clone(), clock, source: host() };
            let runner = Arc::new(Runner::new(teller, MANNER, &*origin.random));
            supervised::keep_until_told(&mut tasks, origin, "alert_delivery", stopping.clone(), move |of, stopping| {
                let runner = Arc::clone(&runner);
                async move {
                    // A channel that is new is told what happens from now on.
                    if let Err(error) = begin(&*of.store, &runner.consumer.note()).await {
                        tracing::warn!(%error, "a channel of alerts begins with what is kept");
                    }
                    runner.run(&of, stopping).await;
                }
            });
        }
    }
    while tasks.join_next().await.is_some() {}
}

async fn begin(store: &dyn Store, note: &str) -> Result<(), StoreError> {
    if store.setting(note).await?.is_none() {
        begin_at(store, note, store.bus_ends().await?.last).await?;
    }
    Ok(())
}
