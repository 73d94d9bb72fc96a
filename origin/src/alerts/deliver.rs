//! Telling alerts over one channel: a consumer of the event bus, one for what is critical and one for what can wait for the morning.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Alert, Channel, QuietHours, Severity, channels, host};
use crate::bus::catalog::{ALERT_RAISED, ALERT_RESOLVED};
use crate::clock::Clock;
use crate::config::Live;
use crate::consumer::{Batch, Consumer, Delivered, EndpointError, Manner, Position, Runner, begin_at};
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
        format!("{LOCAL_SETTINGS}alerts:{}:{}", self.channel.name.name(), self.severity.name())
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
