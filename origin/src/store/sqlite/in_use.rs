//! Who has a store open. It is told by a lock on a file beside the store, whose name is not one of the store's: where those were moved
//! away, whoever has them open is still known.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::files::folder_of;
use crate::store::{Result, StoreError};

/// A share in a store's use, until it is dropped.
#[derive(Debug)]
pub(crate) struct InUse(#[expect(dead_code, reason = "its lock goes with it")] File);

impl InUse {
    /// Of those who open the store.
    pub(crate) fn with_others(store: &Path) -> Result<InUse> {
        let file = open(store)?;
        taken(store, file.try_lock_shared(), "another one is being restored there: start again when that is done")?;
        Ok(InUse(file))
    }

    /// Of whoever puts another store in its place.
    pub(crate) fn alone(store: &Path) -> Result<InUse> {
        let file = open(store)?;
        let why = "an origin or a command has the store open, though its files may be elsewhere by now: stop it first";
        taken(store, file.try_lock(), why)?;
        Ok(InUse(file))
    }
}

/// Opens the file of the lock, which stays: who removed it would take it from under those who wait for it.
fn open(store: &Path) -> Result<File> {
    let path = lock_of(store);
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, super::PRIVATE);
    let file = options.open(&path).map_err(|error| not_taken(&path, &error))?;
    #[cfg(unix)]
    give_to_its_owner(&file, store);
    Ok(file)
}

/// A command of root's must not keep those out whose store it is. Others can't give anything away, and need not.
#[cfg(unix)]
fn give_to_its_owner(lock: &File, store: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    if let Ok(there) = std::fs::metadata(store).or_else(|_| std::fs::metadata(folder_of(store))) {
        let _ = std::os::unix::fs::fchown(lock, Some(there.uid()), Some(there.gid()));
    }
}

fn taken(store: &Path, locked: std::result::Result<(), TryLockError>, why: &str) -> Result<()> {
    match locked {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(StoreError::Refused(format!("{}: {why}", store.display()))),
        Err(TryLockError::Error(error)) => Err(not_taken(&lock_of(store), &error)),
    }
}

fn not_taken(lock: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("{} can't be locked: {error}", lock.display()))
}

/// `.NAME.lock`.
fn lock_of(store: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(store.file_name().unwrap_or_default());
    name.push(".lock");
    folder_of(store).join(name)
}
