//! How files of the archive lie in their place: a folder, or a bucket.

use super::{ArchiveError, Doing, Manifest};
use crate::clock::Millis;
use crate::config::Config;
use crate::hex;
use crate::objects::{Fault, Location, Place};
use crate::random::SystemRandom;
use crate::store::StoreError;

/// Where files of conversations lie, by the first two digits of their names.
const FILES: &str = "files";
/// Where manifests lie, by their time.
const MANIFESTS: &str = "manifests";
/// How long the name of a file is: SHA-256, hexadecimal.
const NAME_CHARS: usize = 64;
/// How the name of a manifest ends.
const JSON: &str = ".json";

/// The files of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    place: Place,
}

impl Shelf {
    /// The archive that lies there.
    #[must_use]
    pub fn at(place: Place) -> Shelf {
        Shelf { place }
    }

    /// The archive of the settings, if they name one.
    #[must_use]
    pub fn of(config: &Config) -> Option<Shelf> {
        let location = config.archive_url.clone()?;
        Some(Shelf::at(Place::new(location, config.objects.clone())))
    }

    pub(super) async fn put(&self, file: &str, bytes: Vec<u8>) -> Result<(), ArchiveError> {
        self.place.put(&path(file), bytes).await.map_err(|error| ArchiveError::Shelf(Doing::Write, error))
    }

    pub(super) async fn get(&self, file: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let bytes = self.place.get(&path(file)).await.map_err(|error| ArchiveError::Shelf(Doing::Read, error))?;
        Ok(bytes.map(Vec::from))
    }

    pub(super) async fn remove(&self, file: &str) -> Result<(), ArchiveError> {
        self.place.remove(&path(file)).await.map_err(|error| ArchiveError::Shelf(Doing::Sweep, error))
    }

    pub(super) async fn put_manifest(&self, manifest: &Manifest) -> Result<(), ArchiveError> {
        let bytes = serde_json::to_vec_pretty(manifest).map_err(|error| StoreError::Internal(error.to_string()))?;
        let name = format!("{MANIFESTS}/{:015}-{}{JSON}", manifest.at_ms, hex::sha256(&bytes));
        self.place.put(&name, bytes).await.map_err(|error| ArchiveError::Shelf(Doing::Write, error))
    }

    /// Whether anything lies there.
    pub(crate) async fn holds_any(&self) -> Result<bool, ArchiveError> {
        for part in [MANIFESTS, FILES] {
            if self.place.holds_any(part).await.map_err(ArchiveError::Place)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tries whether it takes a file, and gives it, and lets go of it.
    pub(super) async fn try_out(&self) -> Result<(), ArchiveError> {
        self.place.try_out(&SystemRandom).await.map_err(ArchiveError::Place)
    }

    /// Where it lies.
    #[must_use]
    pub fn location(&self) -> &Location {
        self.place.location()
    }

    /// The names of all files of conversations that lie there.
    pub(super) async fn files(&self) -> Result<Vec<String>, ArchiveError> {
        let found = self.place.list(FILES).await.map_err(|error| ArchiveError::Shelf(Doing::Read, error))?;
        let names = found.into_iter().filter_map(|object| Some(object.name.rsplit_once('/')?.1.to_owned()));
        // What is beside them is on its way, or not of ours.
        let ours = |name: &String| name.len() == NAME_CHARS && name.chars().all(|c| c.is_ascii_hexdigit());
        Ok(names.filter(ours).collect())
    }

    /// The manifests since that time, oldest first; an error in the place of each whose bytes are not those that it is named by.
    pub(super) async fn manifests(&self, since: Millis) -> Result<Vec<Result<Manifest, ArchiveError>>, ArchiveError> {
        let found = self.place.list(MANIFESTS).await.map_err(|error| ArchiveError::Shelf(Doing::Read, error))?;
        let mut manifests = Vec::new();
        for object in found {
            let Some(name) = object.name.strip_suffix(JSON) else { continue };
            // A name that tells no time is looked at.
            if name.split_once('-').and_then(|(at, _)| at.parse().ok()).is_some_and(|at: Millis| at < since) {
                continue;
            }
            let bytes = self.place.get(&format!("{MANIFESTS}/{}", object.name)).await;
            let bytes = match bytes {
                Ok(Some(bytes)) => bytes,
                // Gone since it was listed.
                Ok(None) => continue,
                Err(error) if error.fault == Fault::File => {
                    manifests.push(Err(ArchiveError::Shelf(Doing::Read, error)));
                    continue;
                }
                Err(error) => return Err(ArchiveError::Shelf(Doing::Read, error)),
            };
            let whole = name.rsplit_once('-').is_some_and(|(_, hash)| hash == hex::sha256(&bytes));
            let manifest = serde_json::from_slice(&bytes).ok().filter(|_| whole);
            let damaged = || ArchiveError::Damaged(name.to_owned(), "it is no manifest, or was changed");
            manifests.push(manifest.ok_or_else(damaged));
        }
        Ok(manifests)
    }
}

/// Where a file lies. Names are hashes; nothing else becomes a path.
fn path(file: &str) -> String {
    let safe: String = file.chars().filter(char::is_ascii_hexdigit).collect();
    format!("{FILES}/{}/{safe}", safe.get(..2).unwrap_or("0"))
}
