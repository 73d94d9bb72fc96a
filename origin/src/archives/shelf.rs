//! Where files of the archive lie: a folder. A file is whole, or it is not there.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{ArchiveError, Doing, Manifest};
use crate::hex;

/// Where files of conversations lie, by the first two digits of their names.
const FILES: &str = "files";
/// Where manifests lie, by their time.
const MANIFESTS: &str = "manifests";
/// How long the name of a file is: SHA-256, hexadecimal.
const NAME_CHARS: usize = 64;
/// How the name of a manifest ends.
const JSON: &str = "json";

/// A folder of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// The archive in that folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Shelf {
        Shelf { folder: folder.to_owned() }
    }

    fn path(&self, file: &str) -> PathBuf {
        // Names are hashes; nothing else becomes a path.
        let safe: String = file.chars().filter(char::is_ascii_hexdigit).collect();
        self.folder.join(FILES).join(safe.get(..2).unwrap_or("")).join(safe)
    }

    pub(super) async fn put(&self, file: &str, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        let path = self.path(file);
        on_a_thread(Doing::Write, move || write(&path, &bytes)).await
    }

    pub(super) async fn get(&self, file: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let path = self.path(file);
        on_a_thread(Doing::Read, move || match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    pub(super) async fn remove(&self, file: &str) -> Result<(), ArchiveError> {
        let path = self.path(file);
        on_a_thread(Doing::Sweep, move || match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    pub(super) async fn put_manifest(&self, manifest: &Manifest) -> Result<(), ArchiveError> {
        let bytes =
            serde_json::to_vec_pretty(manifest).map_err(|error| ArchiveError::Shelf(Doing::Write, error.into()))?;
        let name = format!("{:015}-{}.{JSON}", manifest.at_ms, hex::sha256(&bytes));
        let path = self.folder.join(MANIFESTS).join(name);
        on_a_thread(Doing::Write, move || write(&path, &bytes)).await
    }

    /// Whether anything lies there.
    pub(crate) async fn holds_any(&self) -> Result<bool, ArchiveError> {
        let folders = [self.folder.join(MANIFESTS), self.folder.join(FILES)];
        let looked = move || folders.iter().try_fold(false, |any, folder| Ok(any || !entries(folder)?.is_empty()));
        self.on_the_folder(looked).await
    }

    /// Something that is done with the folder as a whole.
    async fn on_the_folder<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, ArchiveError> {
        let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
        done.and_then(|done| done).map_err(|error| ArchiveError::Folder(self.folder.clone(), error))
    }

    /// Makes the folder, where it is not there, and tries whether it takes a file.
    pub(super) async fn try_out(&self) -> Result<(), ArchiveError> {
        let folder = self.folder.clone();
        self.on_the_folder(move || {
            std::fs::create_dir_all(&folder)?;
            tempfile::NamedTempFile::new_in(&folder)?.as_file().sync_all()
        })
        .await
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of all files of conversations that lie there.
    pub(super) async fn files(&self) -> Result<Vec<String>, ArchiveError> {
        let folder = self.folder.join(FILES);
        on_a_thread(Doing::Read, move || {
            let mut names = Vec::new();
            for part in entries(&folder)?.into_iter().filter(|part| part.is_dir()) {
                let files = entries(&part)?.into_iter();
                names.extend(files.filter_map(|file| file.file_name()?.to_str().map(str::to_owned)));
            }
            // What is beside them is on its way, or not of ours.
            names.retain(|name| name.len() == NAME_CHARS && name.chars().all(|c| c.is_ascii_hexdigit()));
            names.sort();
            Ok(names)
        })
        .await
    }

    /// The manifests, oldest first; an error in the place of each whose bytes are not those that it is named by.
    pub(super) async fn manifests(&self) -> Result<Vec<Result<Manifest, ArchiveError>>, ArchiveError> {
        let folder = self.folder.join(MANIFESTS);
        let files = on_a_thread(Doing::Read, move || {
            let mut names: Vec<_> =
                entries(&folder)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == JSON)).collect();
            names.sort();
            names
                .into_iter()
                .map(|path| std::fs::read(&path).map(|bytes| (path, bytes)))
                .collect::<io::Result<Vec<_>>>()
        });
        let read = |(path, bytes): (PathBuf, Vec<u8>)| {
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let whole = name.rsplit_once('-').is_some_and(|(_, hash)| hash == hex::sha256(&bytes));
            let manifest = serde_json::from_slice(&bytes).ok().filter(|_| whole);
            manifest.ok_or(ArchiveError::Damaged(name, "it is no manifest, or was changed"))
        };
        Ok(files.await?.into_iter().map(read).collect())
    }
}

/// What lies in a folder; nothing where there is none yet.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Writes a file beside its place, for its owner alone, and puts it there once it is on the disk.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    std::fs::create_dir_all(folder)?;
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    // What a folder holds is on the disk when the folder is.
    std::fs::File::open(folder)?.sync_all()
}

async fn on_a_thread<T: Send + 'static>(
    doing: Doing,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, ArchiveError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
    done.and_then(|done| done).map_err(|error| ArchiveError::Shelf(doing, error))
}
