//! Keeping the audit log up: moving what was told into the chain, and signing how far it came.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::checkpoint::checkpoint;
use super::events;
use crate::clock::Clock;
use crate::config::Config;
use crate::hex;
use crate::store::{Result, Store, StoreError};

/// How often the outbox is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Events moved in one transaction.
const BATCH: u32 = 500;
/// Batches moved at one look, so that a full outbox does not keep the store busy alone.
const MAX_BATCHES: usize = 20;
/// How often a checkpoint is signed, if anything came to the chain.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(600);
/// The setting of the store under which the digest of the configuration lies.
const DIGEST_SETTING: &str = "configuration_digest";

/// Moves what lies in the outbox into the chain.
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

/// Keeps the log up until the task is dropped.
pub async fn keep(store: &dyn Store, config: &Config, clock: &dyn Clock) {
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut since_checkpoint, mut changed) = (CHECKPOINT_EVERY, true);
    loop {
        timer.tick().await;
        match drain(store).await {
            Ok(moved) => changed |= moved > 0,
            Err(error) => tracing::warn!(%error, "audit events wait in the outbox"),
        }
        since_checkpoint += EVERY;
        if changed && since_checkpoint >= CHECKPOINT_EVERY {
            match append_checkpoint(store, config, clock).await {
                Ok(()) => (since_checkpoint, changed) = (Duration::ZERO, false),
                Err(error) => tracing::error!(%error, "no checkpoint of the audit log was made"),
            }
        }
    }
}

/// Signs the end of the chain and appends it to the file of checkpoints, where the settings name one.
async fn append_checkpoint(store: &dyn Store, config: &Config, clock: &dyn Clock) -> Result<()> {
    let (Some(key), Some(path)) = (&config.audit_key, &config.audit_checkpoints) else { return Ok(()) };
    let Some(checkpoint) = checkpoint(store, clock.now_ms(), key).await? else { return Ok(()) };
    let line = serde_json::to_string(&checkpoint).map_err(|error| StoreError::Internal(error.to_string()))?;
    append(path, &line).map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{line}")?;
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
