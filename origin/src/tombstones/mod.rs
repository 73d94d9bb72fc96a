//! Tombstones outside the store: a file that outlives it. A backup brings back what was erased after it was made, so whoever
//! restores one must erase that again, and the store that knew of it is gone.
//!
//! The file holds JSON lines, each a tombstone as in [`crate::transfer::export`]: ids, pseudonyms and times, nobody's name.
//! Lines are only ever added. Other records may stand between them, so an export will do as well.

mod again;
mod keep;

use std::io;
use std::path::PathBuf;

use crate::clock::Millis;
use crate::store::StoreError;
use crate::transfer::ImportError;

pub use again::{Again, erase_again};
pub use keep::{bring_up_to_date, keep};

/// How much later than the time that it bears a tombstone may become visible: longer than any erasure takes, and than clocks
/// of origins may differ, milliseconds.
pub const LATE_MS: Millis = 5 * 60_000;

/// Why a file of tombstones was not written, or not applied.
#[derive(Debug, thiserror::Error)]
pub enum TombstoneError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file can't be read or written.
    #[error("E513 {0}: {1}")]
    File(PathBuf, io::Error),
    /// A line can't be read.
    #[error(transparent)]
    Line(#[from] ImportError),
}
