//! What was decided about proposals: by their ids, in the deployment's notes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::store::{Result, Store, StoreError};

/// Tries to write a note that somebody else changes meanwhile.
const TRIES: usize = 5;
/// Decisions that are kept of one game; the next one is refused.
const MAX_DECISIONS: usize = 5_000;

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It went into a draft.
    Approved,
    /// It is not proposed any more.
    Rejected,
}

impl Decision {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Decision::Approved => "approved",
            Decision::Rejected => "rejected",
        }
    }
}

fn note_of(tenant: &str, game: &str) -> String {
    format!("learning/{tenant}/{game}")
}

fn read(note: Option<&str>) -> Result<BTreeMap<String, Decision>> {
    let Some(note) = note else { return Ok(BTreeMap::new()) };
    serde_json::from_str(note).map_err(|error| StoreError::Damaged(format!("the decisions about proposals: {error}")))
}

/// What was decided about a game's proposals.
///
/// # Errors
/// When the store fails, or the note is damaged.
pub async fn decided(store: &dyn Store, tenant: &str, game: &str) -> Result<BTreeMap<String, Decision>> {
    read(store.setting(&note_of(tenant, game)).await?.as_deref())
}

/// Keeps a decision.
///
/// # Errors
/// As [`decided`], and when too many are kept.
pub async fn decide(store: &dyn Store, tenant: &str, game: &str, id: &str, decision: Decision) -> Result<()> {
    let name = note_of(tenant, game);
    for _ in 0..TRIES {
        let before = store.setting(&name).await?;
        let mut all = read(before.as_deref())?;
        all.insert(id.to_owned(), decision);
        if all.len() > MAX_DECISIONS {
            return Err(StoreError::Refused(format!("a game has at most {MAX_DECISIONS} decided proposals")));
        }
        let after = serde_json::to_string(&all).map_err(|error| StoreError::Internal(error.to_string()))?;
        if store.replace_note(&name, before.as_deref(), &after).await? {
            return Ok(());
        }
    }
    Err(StoreError::Refused("others are deciding about the same game; try again".into()))
}
