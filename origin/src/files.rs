//! Files that are there when they are whole, and not before.

use std::fs::{DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

/// What a file is called until it is whole.
pub(crate) const PARTIAL: &str = ".partial";

/// Writes a file in place of what may be there, and makes the folders above it that are missing; all of it for its owner alone. Once
/// this returns, it lasts.
///
/// # Errors
/// When it can't be written; what was there before is there still.
pub(crate) fn write_private<T>(target: &Path, write: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
    let folder = folder_of(target);
    make_private_folder(folder)?;
    let (new, mut file) = NewFile::replace(target)?;
    let written = write(&mut file)?;
    file.sync_all()?;
    new.finish()?;
    sync_folder(folder)?;
    Ok(written)
}

/// Makes a folder that is not there, and those above it that are missing, for its owner alone.
///
/// # Errors
/// When it can't be made, or something else is there.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    if above != folder {
        make_private_folder(above)?;
    }
    #[cfg_attr(not(unix), expect(unused_mut, reason = "modes are of Unix"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        // Somebody else has made it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(above),
    }
}

/// What a folder holds is on the disk when the folder is; where folders are no files, the system sees to it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// A file in the making, under another name. Dropped before [`NewFile::finish`], it leaves nothing; what a killed process has
/// left is written over.
#[derive(Debug)]
pub struct NewFile {
    target: PathBuf,
    partial: PathBuf,
    finished: bool,
}

impl NewFile {
    /// Begins a file that must not be there yet, and that only its owner may read.
    ///
    /// # Errors
    /// When it is there, or can't be made.
    pub fn begin(target: &Path) -> io::Result<(NewFile, File)> {
        if target.try_exists()? {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists already; nothing is written over"));
        }
        NewFile::replace(target)
    }

    /// As [`NewFile::begin`], in place of what may be there, which stays until the new one is whole.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn replace(target: &Path) -> io::Result<(NewFile, File)> {
        let partial = with_suffix(target, PARTIAL);
        match std::fs::remove_file(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = create_private(&partial)?;
        Ok((NewFile { target: target.to_owned(), partial, finished: false }, file))
    }

    /// Where it lies meanwhile.
    #[must_use]
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Gives it its name; its bytes must be on the disk.
    ///
    /// # Errors
    /// When it can't be renamed; nothing is left then.
    pub fn finish(mut self) -> io::Result<()> {
        std::fs::rename(&self.partial, &self.target)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.finished {
            // On the way out of a failure that is reported already.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

/// Makes a file, which must not be there, that only its owner may read.
///
/// # Errors
/// When it is there, or can't be made.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with something behind its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_whole_and_a_failure_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("export.jsonl");
        let (unfinished, mut file) = NewFile::begin(&target).unwrap();
        file.write_all(b"half").unwrap();
        drop(unfinished);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        // What a killed process has left does not block the next try.
        std::fs::write(with_suffix(&target, PARTIAL), "left behind").unwrap();
        let (whole, mut file) = NewFile::begin(&target).unwrap();
        file.write_all(b"whole").unwrap();
        whole.finish().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"whole");
        assert_eq!(NewFile::begin(&target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
