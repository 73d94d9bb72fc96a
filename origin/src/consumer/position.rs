//! How far a consumer came, who delivers, and how it fares: one note in the store, replaced by compare-and-swap.

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, is_still_before};
use crate::store::{Result, Store, StoreError};

/// How far a consumer came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Position {
    /// The last that was delivered.
    pub sequence: u64,
    /// The process that delivers; empty: none.
    pub(super) holder: String,
    /// Until when.
    pub(super) until: Millis,
    /// Failures in a row.
    pub failures: u32,
    /// The first of them; 0: there is none.
    pub failing_since: Millis,
    /// Not to be tried again before.
    pub not_before: Millis,
    /// When something was delivered last; 0: never, or before this was noted.
    pub delivered_at: Millis,
}

/// A position as it was read.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) position: Position,
    /// Its text in the store; `None` before the first time.
    text: Option<String>,
}

impl Position {
    pub(super) fn is_held_by_another(&self, holder: &str, lease_ms: Millis, now_ms: Millis) -> bool {
        !self.holder.is_empty() && self.holder != holder && is_still_before(self.until, lease_ms, now_ms)
    }
}

pub(super) async fn read(store: &dyn Store, note: &str) -> Result<Read> {
    let text = store.setting(note).await?;
    let position = text.as_deref().map(serde_json::from_str).transpose();
    let position = position.map_err(|error| StoreError::Damaged(format!("setting {note}: {error}")))?;
    Ok(Read { position: position.unwrap_or_default(), text })
}

/// Replaces what was read; `None` when another was faster.
pub(super) async fn replace(store: &dyn Store, note: &str, read: &Read, position: Position) -> Result<Option<Read>> {
    let text = serde_json::to_string(&position).map_err(|error| StoreError::Internal(error.to_string()))?;
    let replaced = store.replace_note(note, read.text.as_deref(), &text).await?;
    Ok(replaced.then_some(Read { position, text: Some(text) }))
}
