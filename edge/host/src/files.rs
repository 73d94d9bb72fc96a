//! Files of the node in its folder.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Makes a file, if it is not there, so that nobody else may read it. SQLite's other files take after it.
pub(crate) fn only_for_us(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Files that are kept open, as they were when they were opened: whoever moves one away or puts another in its place is not noticed by
/// those who write into it, and what they write would be lost with their process.
#[derive(Debug, Default)]
pub(crate) struct Held(Vec<(PathBuf, FileId)>);

impl Held {
    /// Notes the file that a path names now; one that is not there is none.
    pub(crate) fn note(&mut self, path: PathBuf) -> io::Result<()> {
        match std::fs::metadata(&path) {
            Ok(there) => self.0.push((path, id_of(&there))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// One whose path does not name it any more.
    pub(crate) fn lost(&self) -> Option<&Path> {
        let is_there =
            |(path, id): &&(PathBuf, FileId)| std::fs::metadata(path).is_ok_and(|there| id_of(&there) == *id);
        self.0.iter().find(|held| !is_there(held)).map(|(path, _)| path.as_path())
    }
}

/// What tells a file from another at the same path, where the system has such a thing.
#[cfg(unix)]
type FileId = (u64, u64);
#[cfg(not(unix))]
type FileId = ();

#[cfg(unix)]
fn id_of(file: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn id_of(_file: &Metadata) -> FileId {}
