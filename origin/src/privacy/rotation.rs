//! Rotation of the key-encryption key: every data key is wrapped anew, rows stay as they are. Online, and resumable: a
//! data key that is wrapped by the active key already is passed over.

use lgdl::crypto::{KeyRing, WrappedKey};
use serde::Serialize;

use super::UnreadableList;
use crate::random::Random;
use crate::store::{Event, Result, Store};

/// Data keys read and rewrapped at once.
const BATCH: u32 = 500;

/// What a rotation did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rotation {
    /// Data keys looked at.
    pub seen: u64,
    /// Data keys wrapped anew.
    pub rewrapped: u64,
    /// Data keys that the ring does not open; they stay as they are.
    pub unreadable: UnreadableList,
}

/// Wraps every data key under the ring's active key. `progress` is told after each batch, and the audit log `told` with
/// each that replaced any. A data key that the ring does not open is named, and passed over.
///
/// # Errors
/// When the store fails. What was rewrapped stays so.
pub async fn rotate(
    store: &dyn Store,
    ring: &KeyRing,
    random: &dyn Random,
    told: &Event,
    mut progress: impl FnMut(&Rotation),
) -> Result<Rotation> {
    let mut done = Rotation::default();
    let mut after = None;
    loop {
        let rows = store.data_keys(after.as_ref(), BATCH).await?;
        let Some(last) = rows.last() else { return Ok(done) };
        after = Some(last.id.clone());
        done.seen += rows.len() as u64;
        let mut wrappings = Vec::new();
        for row in rows {
            let wrapped = WrappedKey { id: row.id.to_string(), sealed: row.wrapped };
            if ring.is_current(&wrapped) {
                // The id is that of the active key; whether it is the key itself, only opening shows.
                if let Err(error) = ring.unwrap(&wrapped) {
                    done.unreadable.add("data_keys", wrapped.id, error);
                }
            } else {
                let mut salt = [0; 32];
                random.fill(&mut salt);
                match ring.rewrap(&wrapped, &salt) {
                    Ok(anew) => wrappings.push((row.id, wrapped.sealed, anew.sealed)),
                    Err(error) => done.unreadable.add("data_keys", wrapped.id, error),
                }
            }
        }
        if !wrappings.is_empty() {
            done.rewrapped += store.rewrap_data_keys(wrappings, told.clone()).await?;
        }
        progress(&done);
    }
}
