//! The archive while the origin runs: what is old goes there as often as things are cleaned up, and what nobody needs is swept every
//! minute.

use std::time::Duration;

use super::{Hand, RunReport, before};
use crate::http::Origin;

/// How often what nobody needs is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Who works on it, for the audit log.
const ACTOR: &str = "origin";

impl Origin {
    /// A hand on the archive.
    pub(crate) fn archive(&self) -> Hand<'_> {
        Hand { store: &*self.store, protection: &*self.protection, config: &self.config, actor: ACTOR }
    }
}

/// Looks after it, for as long as the origin runs.
pub async fn keep(origin: &Origin) {
    if origin.config.archive_folder.is_none() {
        return;
    }
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let every = i64::from(origin.settings().cleanup_interval_hours) * crate::clock::HOUR_MS;
    let mut next_run = origin.clock.now_ms();
    loop {
        ticks.tick().await;
        let hand = origin.archive();
        if let Err(error) = hand.sweep(origin.clock.now_ms()).await {
            tracing::warn!(%error, "files of the archive that nobody needs are not removed yet");
        }
        let now_ms = origin.clock.now_ms();
        // What is live among the settings may have become too long since.
        let before = match before(&origin.settings(), None, now_ms) {
            Ok(before) => before.filter(|_| now_ms >= next_run),
            Err(error) => {
                tracing::error!(%error, "nothing is archived");
                None
            }
        };
        if let Some(before) = before {
            next_run = now_ms + every;
            match hand.run(before, || origin.clock.now_ms(), &mut |_| ()).await {
                Ok(report) => {
                    let RunReport { archived, bytes, unreadable, .. } = report;
                    tracing::info!(archived, bytes, unreadable, "archived what is old");
                }
                Err(error) => tracing::warn!(%error, "archiving broke off; the next run goes on"),
            }
        }
    }
}
