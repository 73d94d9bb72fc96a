//! Moving on what was told, into the audit log's chain and onto the event bus; signing how far the log came, and removing what
//! the bus has told for long enough.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::checkpoint::checkpoint;
use super::events;
use crate::clock::{Clock, HOUR_MS, Millis};
use crate::config::{Config, Live};
use crate::hex;
use crate::store::{Result, Store, StoreError};
use crate::webhooks::{TRIED_FOR_MS, oldest_unheard};

/// How often the outbox is looked at, where nobody says that something came into it.
const EVERY: Duration = Duration::from_secs(1);
/// How long to gather what comes, so that many commits are moved on together.
const GATHER: Duration = Duration::from_millis(2);
/// How often the bus is looked through for what it has told for long enough.
const TRIM_EVERY: Duration = Duration::from_secs(60);
/// Events that are removed in one transaction.
const TRIM_BATCH: u32 = 5_000;
/// Events moved in one transaction.
const BATCH: u32 = 500;
/// Batches moved at one look, so that a full outbox does not keep the store busy alone.
const MAX_BATCHES: usize = 20;
/// How often a checkpoint is signed, if anything came to the chain.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(600);
/// The setting of the store under which the digest of the configuration lies.
const DIGEST_SETTING: &str = "configuration_digest";

/// How long something may wait in the outbox before the origin counts as degraded, and somebody is told.
pub const MAX_OUTBOX_MS: Millis = 5 * 60_000;

/// How long the first of what waits in the outbox does, milliseconds.
///
/// # Errors
/// When the store fails.
pub async fn outbox_waits_ms(store: &dyn Store, now_ms: Millis) -> Result<Millis> {
    Ok(store.outbox_since().await?.map_or(0, |since| now_ms.saturating_sub(since).max(0)))
}

/// Moves on what lies in the outbox.
///
/// # Errors
/// When the store fails; what was not moved stays in the outbox.
pub async fn drain(store: &dyn Store) -> Result<u64> {
    let mut moved = 0;
    for _ in 0..MAX_BATCHES {
        let now = store.drain_outbox(BATCH).await?;
        moved += now;
        if now < u64::from(BATCH) {
            break;
        }
    }
    Ok(moved)
}

/// Moves on what is told as it comes, until the task is dropped. `checkpoints_fail` says then whether the last checkpoint that was due is
/// missing.
pub async fn keep(store: &dyn Store, live: &Live, clock: &dyn Clock, checkpoints_fail: &AtomicBool) {
    tokio::join!(
        move_on(store, live, clock, checkpoints_fail),
        trim_regularly(store, live, clock),
        store.hear_others()
    );
}

async fn move_on(store: &dyn Store, live: &Live, clock: &dyn Clock, checkpoints_fail: &AtomicBool) {
    let (mut signed_at, mut changed) = (None::<Instant>, true);
    loop {
        match drain(store).await {
            Ok(moved) => changed |= moved > 0,
            Err(error) => {
                tracing::warn!(%error, "what was told waits in the outbox");
                tokio::time::sleep(EVERY).await;
            }
        }
        if changed && signed_at.is_none_or(|at| at.elapsed() >= CHECKPOINT_EVERY) {
            let kept = append_checkpoint(store, &live.now(), clock).await;
            checkpoints_fail.store(kept.is_err(), Ordering::Relaxed);
            match kept {
                Ok(()) => (signed_at, changed) = (Some(Instant::now()), false),
                Err(error) => tracing::error!(%error, "no checkpoint of the audit log was made"),
            }
        }
        // Told or not, it is time to look. What comes by itself goes at once; where one comes upon the other, they go together.
        let began = Instant::now();
        let _ = tokio::time::timeout(EVERY, store.signals().told()).await;
        if began.elapsed() < GATHER {
            tokio::time::sleep(GATHER).await;
        }
    }
}

async fn trim_regularly(store: &dyn Store, live: &Live, clock: &dyn Clock) {
    let mut timer = tokio::time::interval(TRIM_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Err(error) = trim(store, &live.now(), clock.now_ms()).await {
            tracing::warn!(%error, "the event bus keeps what it has told for long enough");
        }
    }
}

/// Removes from the bus what it has told for long enough, and what is more than it keeps; how many events that were.
///
/// # Errors
/// When the store fails.
pub async fn trim(store: &dyn Store, config: &Config, now_ms: Millis) -> Result<u64> {
    let before = now_ms - Millis::from(config.event_retention_hours) * HOUR_MS;
    // What a webhook has still to hear is kept for it, as long as it is tried.
    let before = oldest_unheard(store, now_ms).await?.map_or(before, |oldest| oldest.min(before));
    let mut trimmed = 0;
    while store.trim_deliveries(now_ms - TRIED_FOR_MS, TRIM_BATCH).await? == u64::from(TRIM_BATCH) {}
    loop {
        let now = store.trim_bus(before, config.event_max, TRIM_BATCH).await?;
        trimmed += now;
        if now < u64::from(TRIM_BATCH) {
            return Ok(trimmed);
        }
    }
}

/// Whether the settings want checkpoints in a file.
#[must_use]
pub fn keeps_checkpoints(config: &Config) -> bool {
    config.audit_key.is_some() && config.audit_checkpoints.is_some()
}

/// Signs the end of the chain and appends it to the file of checkpoints, where the settings name one.
async fn append_checkpoint(store: &dyn Store, config: &Config, clock: &dyn Clock) -> Result<()> {
    let (Some(key), Some(path)) = (&config.audit_key, &config.audit_checkpoints) else { return Ok(()) };
    let Some(checkpoint) = checkpoint(store, clock.now_ms(), key).await? else { return Ok(()) };
    let line = serde_json::to_string(&checkpoint).map_err(|error| StoreError::Internal(error.to_string()))?;
    append(path, &line).map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).read(true).append(true).open(path)?;
    // A line that was torn when it was written spoils no other.
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let ends = if last == *b"\n" { "" } else { "\n" };
    writeln!(file, "{ends}{line}")?;
    file.sync_data()
}

/// Tells in the audit log when the origin starts with other settings than the time before. Values are told of by
/// digest; secrets count as set or not set.
///
/// # Errors
/// When the store fails.
pub async fn tell_configuration(store: &dyn Store, config: &Config, clock: &dyn Clock) -> Result<()> {
    let shown: Vec<String> = config.effective.iter().map(|entry| format!("{}={}", entry.name, entry.value)).collect();
    let digest = hex::sha256(shown.join("\n").as_bytes());
    let given: Vec<&str> =
        config.effective.iter().filter(|entry| entry.source != "default").map(|entry| entry.name.as_str()).collect();
    let detail = json!({"digest": digest, "given": given});
    let event = events::of(clock.now_ms(), "default", events::CONFIGURATION_CHANGED, "origin", "configuration", detail);
    store.change_setting(DIGEST_SETTING, &digest, event).await.map(drop)
}
