//! The archive while the origin runs: what is old goes there as often as things are cleaned up, and what nobody needs is swept every
//! minute. Whether its place does what is asked of it is noted, for health, metrics and alerts.

use std::time::Duration;

use super::{ArchiveError, FAILED_NOTE, Hand, RunReport, WELL_NOTE, before};
use crate::clock::{HOUR_MS, Millis};
use crate::http::Origin;

/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_secs(15);
/// How often what nobody needs is swept.
const SWEEP_EVERY_MS: Millis = 60_000;
/// How often it is looked whether the place is well; one that is not is looked at every time.
const LOOK_EVERY_MS: Millis = 5 * 60_000;
/// When a run that broke off is gone on with: several times before an alert is due.
const AGAIN_AFTER_MS: Millis = 2 * 60_000;
/// Who works on it, for the audit log.
const ACTOR: &str = "origin";

impl Origin {
    /// A hand on the archive.
    pub(crate) fn archive(&self) -> Hand<'_> {
        // What opens its place may have been read anew.
        Hand { store: &*self.store, protection: &*self.protection, config: self.settings(), actor: ACTOR }
    }
}

/// How the place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Well,
    Failing,
}

/// Looks after it, for as long as the origin runs.
pub async fn keep(origin: &Origin) {
    if origin.config.archive_url.is_none() {
        return;
    }
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut keeper = Keeper::default();
    loop {
        ticks.tick().await;
        keeper.look(origin, origin.clock.now_ms()).await;
    }
}

/// What is due when, and how the last run ended.
#[derive(Debug)]
pub struct Keeper {
    next_sweep: Millis,
    next_look: Millis,
    next_run: Millis,
    ran: Seen,
}

impl Default for Keeper {
    fn default() -> Keeper {
        Keeper { next_sweep: Millis::MIN, next_look: Millis::MIN, next_run: Millis::MIN, ran: Seen::Well }
    }
}

impl Keeper {
    /// Does what is due.
    pub async fn look(&mut self, origin: &Origin, now_ms: Millis) {
        if now_ms >= self.next_sweep {
            self.next_sweep = now_ms + SWEEP_EVERY_MS;
            if let Err(error) = origin.archive().sweep(now_ms).await {
                tracing::warn!(%error, "files of the archive that nobody needs are not removed yet");
            }
        }
        // What is live among the settings may have become too long since.
        match before(&origin.settings(), None, now_ms) {
            Ok(Some(before)) if now_ms >= self.next_run => self.run(origin, before, now_ms).await,
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "nothing is archived"),
        }
        if now_ms >= self.next_look {
            let seen = match (origin.archive().look().await, self.ran) {
                // It may answer and take nothing: what broke off a run is mended when a run ends.
                (Ok(()), Seen::Failing) => Seen::Failing,
                (looked, _) => note(origin, looked.err().as_ref(), now_ms).await,
            };
            self.next_look = match seen {
                Seen::Well => now_ms + LOOK_EVERY_MS,
                Seen::Failing => now_ms,
            };
        }
    }

    async fn run(&mut self, origin: &Origin, before: Millis, now_ms: Millis) {
        match origin.archive().run(before, || origin.clock.now_ms(), &mut |_| ()).await {
            Ok(report) => {
                self.next_run = now_ms + i64::from(origin.settings().cleanup_interval_hours) * HOUR_MS;
                let RunReport { archived, bytes, unreadable, .. } = report;
                tracing::info!(archived, bytes, unreadable, "archived what is old");
                self.ran = note(origin, None, now_ms).await;
            }
            Err(error) => {
                self.next_run = now_ms + AGAIN_AFTER_MS;
                tracing::warn!(%error, "archiving broke off; the next run goes on");
                if note(origin, Some(&error), now_ms).await == Seen::Failing {
                    self.ran = Seen::Failing;
                }
            }
        }
    }
}

/// Notes how the place is. That the store fails is no fault of it.
async fn note(origin: &Origin, fault: Option<&ArchiveError>, now_ms: Millis) -> Seen {
    let (note, seen) = match fault {
        None => (WELL_NOTE, Seen::Well),
        Some(ArchiveError::Store(_)) => return Seen::Well,
        Some(error) => {
            tracing::warn!(%error, "the archive's place does not do what is asked of it");
            (FAILED_NOTE, Seen::Failing)
        }
    };
    if let Err(error) = origin.store.note(note, &now_ms.to_string()).await {
        tracing::warn!(%error, "how the archive's place is can't be noted");
    }
    seen
}
