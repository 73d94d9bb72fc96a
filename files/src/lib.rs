//! Files that are kept open, as they were when they were opened. Whoever moves one away or puts another in its place is not noticed by
//! those who write into it: what they write would be lost with their process.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// Files that are kept open, and what each was when it was noted.
#[derive(Debug, Default)]
pub struct Held(Vec<(PathBuf, FileId)>);

impl Held {
    /// Notes the file that a path names now; one that is not there is none.
    ///
    /// # Errors
    /// When it can't be looked at.
    pub fn note(&mut self, path: PathBuf) -> io::Result<()> {
        match std::fs::metadata(&path) {
            Ok(there) => self.0.push((path, id_of(&there))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// One whose path does not name it any more.
    #[must_use]
    pub fn lost(&self) -> Option<&Path> {
        let is_there =
            |(path, id): &&(PathBuf, FileId)| std::fs::metadata(path).is_ok_and(|there| id_of(&there) == *id);
        self.0.iter().find(|held| !is_there(held)).map(|(path, _)| path.as_path())
    }
}

/// What tells a file from another at the same path, where the system has such a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId(#[cfg(unix)] (u64, u64));

/// What tells this file from others.
#[cfg(unix)]
#[must_use]
pub fn id_of(file: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt as _;
    FileId((file.dev(), file.ino()))
}

/// What tells this file from others: nothing here.
#[cfg(not(unix))]
#[must_use]
pub fn id_of(_file: &Metadata) -> FileId {
    FileId()
}
