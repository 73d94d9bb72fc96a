//! How far the log was sent, and which origin is sending: one note in the store, replaced by compare-and-swap.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::store::{Result, Store, StoreError};

/// The note's name among the settings.
const NOTE: &str = "audit_push";
/// How long an origin may take for a batch before another takes over; several times the endpoint's time limit, so that
/// clocks may differ.
pub(super) const LEASE_MS: Millis = 60_000;

/// How far the log was sent, and who is sending.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// The last link that the endpoint took.
    pub(super) sequence: u64,
    /// The process that sends; empty: none.
    pub(super) holder: String,
    /// Until when.
    pub(super) until: Millis,
}

/// A position as it was read.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) position: Position,
    /// Its text in the store; `None` before the first batch.
    text: Option<String>,
}

impl Position {
    pub(super) fn is_held_by_another(&self, holder: &str, now_ms: Millis) -> bool {
        !self.holder.is_empty() && self.holder != holder && now_ms < self.until
    }
}

pub(super) async fn read(store: &dyn Store) -> Result<Read> {
    let text = store.setting(NOTE).await?;
    let position = text.as_deref().map(serde_json::from_str).transpose();
    let position = position.map_err(|error| StoreError::Damaged(format!("setting {NOTE}: {error}")))?;
    Ok(Read { position: position.unwrap_or_default(), text })
}

/// Replaces what was read; `None` when another was faster.
pub(super) async fn replace(store: &dyn Store, read: &Read, position: Position) -> Result<Option<Read>> {
    let text = serde_json::to_string(&position).map_err(|error| StoreError::Internal(error.to_string()))?;
    let replaced = store.replace_note(NOTE, read.text.as_deref(), &text).await?;
    Ok(replaced.then_some(Read { position, text: Some(text) }))
}
