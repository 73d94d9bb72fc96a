//! Tombstones outside the store: a file that outlives it. A backup brings back what was erased after it was made, so whoever
//! restores one must erase that again, and the store that knew of it is gone.
//!
//! The file holds JSON lines, each a tombstone as in [`crate::transfer::export`]: ids, pseudonyms and times, nobody's name.
//! Lines are only ever added. Other records may stand between them, so an export will do as well. The store remembers how much
//! it has written to the file, so that one that was cut or changed for another is noticed at the next start.

mod again;
mod file;
mod keep;

use std::io;
use std::path::PathBuf;

use crate::clock::Millis;
use crate::store::StoreError;
use crate::transfer::ImportError;

pub use again::{Again, apply, catch_up, check, missing, noted};
pub use file::{Contents, Counting, Head, holds_any, read};
pub use keep::{Kept, bring_up_to_date, keep, written};

/// How much later than the time that it bears a tombstone may become visible: longer than any erasure takes, and than clocks
/// of origins may differ, milliseconds.
pub const LATE_MS: Millis = 5 * 60_000;
/// The setting of the store that says that it has written to a file; with the file's name for itself behind it, how much.
const NOTED: &str = "local:tombstones";

/// Why a file of tombstones was not written, or not applied.
#[derive(Debug, thiserror::Error)]
pub enum TombstoneError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file can't be read or written.
    #[error("E513 {0}: {1}")]
    File(PathBuf, io::Error),
    /// There is nothing in it.
    #[error(
        "E543 {0} is empty: it holds no tombstones, and does not say that there are none. Put the file back; or, if there never were any, remove it"
    )]
    Empty(PathBuf),
    /// Something is missing, or was changed.
    #[error("E543 {0} was cut or altered: it does not hold as much as it says. Put the whole file back")]
    Cut(PathBuf),
    /// It does not say how much it holds.
    #[error(
        "E544 {0} does not say how many tombstones it holds, so nobody knows whether all are there: an older lgdl wrote it. \
         `lgdl gdpr tombstones` on a store that is up to date counts it; --uncounted takes it as it is"
    )]
    Uncounted(PathBuf),
    /// It lacks what this store has written to it.
    #[error(
        "E543 {0} is not the file that this store has written its tombstones to, or was cut: put that one back; or, if this \
         store is up to date, write a new one with `lgdl gdpr tombstones`"
    )]
    Another(PathBuf),
    /// It is gone.
    #[error(
        "E543 {0} is not there, and this store has written tombstones to it: put it back; or, if this store is up to date, \
         write a new one with `lgdl gdpr tombstones`"
    )]
    Missing(PathBuf),
    /// A line can't be read.
    #[error(transparent)]
    Line(#[from] ImportError),
}
