//! Files that are kept elsewhere than in the store: in a folder, or in a bucket of an object store. What is there is there as a whole.

mod access;
mod http;
mod location;

use std::io::{self, Write as _};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _, WriteMultipart};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use self::access::RETRY_WITHIN;
use self::http::{REQUEST_WITHIN, Refusal};
use crate::files::{NewFile, PARTIAL, make_private_folder, write_private};
use crate::hex;
use crate::random::Random;

pub use access::{Access, opens_buckets};
pub use location::{FORMS, Location, Provider, is_address};

/// How long one call may take, with everything that is tried again. None carries more than a part; what is larger goes in several.
const CALL_WITHIN: Duration = RETRY_WITHIN.saturating_add(REQUEST_WITHIN).saturating_add(Duration::from_secs(10));
/// How long nothing may come of what is read before it counts as broken off.
const SILENT_AT_MOST: Duration = Duration::from_secs(60);
/// The largest object that is read into memory, bytes.
const MAX_OBJECT_BYTES: u64 = 512 << 20;
/// The least that is sent as one part of a large object, and the most that is sent whole, bytes: stores want 5 MiB or more.
const MIN_PART_BYTES: u64 = 8 << 20;
/// Parts that an object may have; stores allow 10,000.
const MAX_PARTS: u64 = 9_000;
/// Parts that are on their way at once.
const PARTS_AT_ONCE: usize = 4;
/// What is read of a file at once, bytes.
const READ_BYTES: usize = 1 << 20;
/// What the name of a trial begins with.
const TRIAL: &str = "lgdl-trial-";
/// The most of a store's own words that is passed on, characters.
const MAX_WHY_CHARS: usize = 300;

/// What is wrong with a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not answer, or fails: later it may do.
    Away,
    /// It does not take the credentials, or does not allow what is asked.
    Refused,
    /// There is no such bucket.
    NoBucket,
    /// What is wanted does not lie there.
    Missing,
    /// It can't be used as the settings are.
    Settings,
    /// A file or folder of this machine, or an object that is larger than anything of ours.
    File,
}

/// Why a place did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{}", .fault.told(.provider.as_ref(), .why))]
pub struct ObjectsError {
    /// Where.
    pub place: String,
    /// What is wrong.
    pub fault: Fault,
    provider: Option<Provider>,
    why: String,
}

impl Fault {
    fn told(self, provider: Option<&Provider>, why: &str) -> String {
        let variables = provider.map_or("", |provider| provider.variables());
        match self {
            Fault::Away => {
                format!(" does not answer, or fails ({why}). Look at the network, the provider, and {variables}…")
            }
            Fault::Refused => format!(
                " refuses ({why}). Look at the credentials in {variables}…, and at what they may do there: read, write, list, delete"
            ),
            Fault::NoBucket => format!(": there is no such bucket ({why}). Make it, or mend its name"),
            Fault::Settings => format!(" can't be used: {why}. Look at {variables}…"),
            Fault::Missing | Fault::File => format!(": {why}"),
        }
    }
}

/// Why a file was not brought to a place, or from there.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The place.
    #[error(transparent)]
    Place(#[from] ObjectsError),
    /// The file on this machine.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
}

/// Why something was not sent: the place, or where it comes from.
enum Unsent {
    Place(ObjectsError),
    Source(io::Error),
}

impl From<ObjectsError> for Unsent {
    fn from(error: ObjectsError) -> Unsent {
        Unsent::Place(error)
    }
}

/// Something that lies in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name, from the place on.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
}

/// A place, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    location: Location,
    access: Access,
}

impl Place {
    /// That location, opened by that.
    #[must_use]
    pub fn new(location: Location, access: Access) -> Place {
        Place { location, access }
    }

    /// Where it lies.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Whether it can be opened as the settings are; nothing is called.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self) -> Result<(), ObjectsError> {
        self.opened().map(drop)
    }

    /// Puts something there, in the place of what may be there. Once this returns, it lasts.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ObjectsError> {
        let (store, path) = self.object(name)?;
        if let Location::Folder(_) = self.location {
            return self.write(&path, move |file| file.write_all(&bytes)).await;
        }
        if bytes.len() as u64 <= MIN_PART_BYTES {
            return self.call(store.put(&path, bytes.into())).await.map(drop);
        }
        self.send(&*store, &path, &mut &*bytes, bytes.len() as u64).await.map_err(|error| match error {
            Unsent::Place(error) => error,
            Unsent::Source(error) => self.error(Fault::File, error.to_string()),
        })
    }

    /// Writes a file of the folder that this is. The crate that reads it makes files that everybody on the machine may read.
    async fn write<T: Send + 'static>(
        &self,
        path: &Path,
        write: impl FnOnce(&mut std::fs::File) -> io::Result<T> + Send + 'static,
    ) -> Result<T, ObjectsError> {
        let file = LocalFileSystem::new().path_to_filesystem(path).map_err(|error| self.failed(&error))?;
        let written = tokio::task::spawn_blocking(move || write_private(&file, write)).await;
        let written = written.map_err(io::Error::other).and_then(|written| written);
        written.map_err(|error| self.error(Fault::File, error.to_string()))
    }

    /// What lies there under that name; `None`: nothing does.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, ObjectsError> {
        let (store, path) = self.object(name)?;
        let found = self.call_as_is(store.get(&path)).await;
        let Some(found) = self.unless_missing(found)? else { return Ok(None) };
        if found.meta.size > MAX_OBJECT_BYTES {
            return Err(self.error(Fault::File, format!("{} bytes of {name} are more than is read", found.meta.size)));
        }
        let mut bytes = BytesMut::new();
        let mut chunks = found.into_stream();
        while let Some(chunk) = self.next(&mut chunks).await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes.freeze()))
    }

    /// The next of what is read.
    async fn next(
        &self,
        chunks: &mut BoxStream<'_, object_store::Result<Bytes>>,
    ) -> Result<Option<Bytes>, ObjectsError> {
        self.within(SILENT_AT_MOST, chunks.try_next()).await?.map_err(|error| self.failed(&error))
    }

    /// Whether something lies there under that name.
    ///
    /// # Errors
    /// When that can't be told.
    pub async fn holds(&self, name: &str) -> Result<bool, ObjectsError> {
        let (store, path) = self.object(name)?;
        let looked = self.call_as_is(store.head(&path)).await;
        Ok(self.unless_missing(looked)?.is_some())
    }

    /// Removes what lies there under that name, if anything does.
    ///
    /// # Errors
    /// When it is still there.
    pub async fn remove(&self, name: &str) -> Result<(), ObjectsError> {
        let (store, path) = self.object(name)?;
        let removed = self.call_as_is(store.delete(&path)).await;
        self.unless_missing(removed).map(drop)
    }

    /// What lies there under a folder, by its name from there on; sorted.
    ///
    /// # Errors
    /// When it can't be told.
    pub async fn list(&self, under: &str) -> Result<Vec<Object>, ObjectsError> {
        let (store, path) = self.object(under)?;
        let mut found = store.list(Some(&path));
        let mut all = Vec::new();
        while let Some(one) = self.call(found.try_next()).await? {
            let parts = one.location.prefix_match(&path).filter(|_| self.is_there(&one));
            if let Some(parts) = parts {
                let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
                all.push(Object { name: parts.join("/"), bytes: one.size });
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// What lies there itself, not in a folder of it; sorted.
    ///
    /// # Errors
    /// When it can't be told.
    pub async fn list_here(&self) -> Result<Vec<Object>, ObjectsError> {
        let (store, path) = self.object("")?;
        let found = self.call(store.list_with_delimiter(Some(&path))).await?.objects;
        let found = found.into_iter().filter(|one| self.is_there(one));
        let object = |one: ObjectMeta| Some(Object { name: one.location.filename()?.to_owned(), bytes: one.size });
        let mut all: Vec<_> = found.filter_map(object).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// Whether anything lies there under a folder.
    ///
    /// # Errors
    /// When it can't be told.
    pub async fn holds_any(&self, under: &str) -> Result<bool, ObjectsError> {
        let (store, path) = self.object(under)?;
        let mut found = store.list(Some(&path));
        while let Some(one) = self.call(found.try_next()).await? {
            if self.is_there(&one) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether that is something, and not on its way there, nor an empty object by which a console shows a folder: nothing of ours is
    /// empty.
    fn is_there(&self, object: &ObjectMeta) -> bool {
        match self.location {
            Location::Folder(_) => !object.location.as_ref().ends_with(PARTIAL),
            Location::Bucket { .. } => object.size > 0,
        }
    }

    /// Brings a file there, in parts; it is there as a whole once this returns, and not at all before. Returns its bytes.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn upload(&self, file: &FilePath, name: &str) -> Result<u64, TransferError> {
        let (store, path) = self.object(name)?;
        let failed = |error| TransferError::File(file.to_owned(), error);
        let mut source = tokio::fs::File::open(file).await.map_err(failed)?;
        if matches!(self.location, Location::Folder(_)) {
            let mut source = source.into_std().await;
            return Ok(self.write(&path, move |file| io::copy(&mut source, file)).await?);
        }
        let bytes = source.metadata().await.map_err(failed)?.len();
        self.send(&*store, &path, &mut source, bytes).await.map_err(|error| match error {
            Unsent::Place(error) => error.into(),
            Unsent::Source(error) => failed(error),
        })?;
        Ok(bytes)
    }

    /// Sends so many bytes in parts; each call of it is bounded.
    async fn send(
        &self,
        store: &dyn ObjectStore,
        path: &Path,
        source: &mut (impl AsyncRead + Unpin),
        bytes: u64,
    ) -> Result<(), Unsent> {
        let part = usize::try_from(MIN_PART_BYTES.max(bytes.div_ceil(MAX_PARTS)));
        let part = part.map_err(|error| Unsent::Source(io::Error::other(error)))?;
        let begun = self.call(store.put_multipart(path)).await?;
        let mut parts = WriteMultipart::new_with_chunk_size(begun, part);
        if let Err(error) = self.send_parts(source, &mut parts).await {
            // What was sent of it is to be nobody's; where that can't be said either, the store's own rule removes it.
            if let Err(error) = parts.abort().await {
                tracing::debug!(error = why(&error), "parts of what was not sent whole are left");
            }
            return Err(error);
        }
        parts.finish().await.map_err(|error| self.failed(&error))?;
        Ok(())
    }

    async fn send_parts(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        parts: &mut WriteMultipart,
    ) -> Result<(), Unsent> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            parts.wait_for_capacity(PARTS_AT_ONCE).await.map_err(|error| self.failed(&error))?;
            match source.read(&mut buffer).await.map_err(Unsent::Source)? {
                0 => return Ok(()),
                read => parts.write(&buffer[..read]),
            }
        }
    }

    /// Brings something from there into a new file.
    ///
    /// # Errors
    /// When it is not there, can't be read whole, or the file can't be written; then there is no file.
    pub async fn download(&self, name: &str, file: &FilePath) -> Result<(), TransferError> {
        let (store, path) = self.object(name)?;
        let failed = |error| TransferError::File(file.to_owned(), error);
        let found = self.call_as_is(store.get(&path)).await;
        let missing = || self.error(Fault::Missing, format!("there is no {name}"));
        let found = self.unless_missing(found)?.ok_or_else(missing)?;
        let (new, target) = NewFile::begin(file).map_err(failed)?;
        let mut target = tokio::fs::File::from_std(target);
        let mut chunks = found.into_stream();
        while let Some(chunk) = self.next(&mut chunks).await? {
            target.write_all(&chunk).await.map_err(failed)?;
        }
        target.sync_all().await.map_err(failed)?;
        new.finish().map_err(failed)
    }

    /// Tries whether something can be written there, read and removed: with a trial of its own, which is gone afterwards.
    ///
    /// # Errors
    /// With the first that can't be done.
    pub async fn try_out(&self, random: &dyn Random) -> Result<(), ObjectsError> {
        self.make_folder()?;
        let mut number = [0; 16];
        random.fill(&mut number);
        let (name, bytes) = (format!("{TRIAL}{}", hex::encode(&number)), number.to_vec());
        self.put(&name, bytes.clone()).await?;
        let read = self.get(&name).await;
        self.remove(&name).await?;
        match read? {
            Some(read) if read == bytes => Ok(()),
            Some(_) => Err(self.error(Fault::Away, "what was read is not what was written".into())),
            None => Err(self.error(Fault::Away, "what was written is not there".into())),
        }
    }

    /// Makes the folder, where it is one and is not there, for its owner alone.
    fn make_folder(&self) -> Result<(), ObjectsError> {
        let Location::Folder(folder) = &self.location else { return Ok(()) };
        make_private_folder(folder).map_err(|error| self.error(Fault::File, error.to_string()))
    }

    fn opened(&self) -> Result<(Arc<dyn ObjectStore>, Path), ObjectsError> {
        self.access.open(&self.location).map_err(|why| self.error(Fault::Settings, why))
    }

    /// The store, and the path of something there; of the place itself, where the name is empty.
    fn object(&self, name: &str) -> Result<(Arc<dyn ObjectStore>, Path), ObjectsError> {
        let (store, prefix) = self.opened()?;
        let path = name.split('/').filter(|part| !part.is_empty()).fold(prefix, |path, part| path.join(part));
        Ok((store, path))
    }

    async fn call<T>(&self, call: impl Future<Output = object_store::Result<T>>) -> Result<T, ObjectsError> {
        self.call_as_is(call).await?.map_err(|error| self.failed(&error))
    }

    async fn call_as_is<T>(&self, call: impl Future<Output = T>) -> Result<T, ObjectsError> {
        self.within(CALL_WITHIN, call).await
    }

    async fn within<T>(&self, time: Duration, call: impl Future<Output = T>) -> Result<T, ObjectsError> {
        let late = |_| self.error(Fault::Away, format!("nothing came within {} s", time.as_secs()));
        tokio::time::timeout(time, call).await.map_err(late)
    }

    /// `None` where there is no such object; that there is no such bucket is something else.
    fn unless_missing<T>(
        &self,
        found: Result<object_store::Result<T>, ObjectsError>,
    ) -> Result<Option<T>, ObjectsError> {
        match found? {
            Ok(found) => Ok(Some(found)),
            Err(error @ Error::NotFound { .. }) if !names_no_bucket(&error) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &Error) -> ObjectsError {
        let text = error.to_string();
        let status = status(&text);
        let why = match self.location {
            // A folder of this machine has nothing that opens it.
            Location::Folder(_) => deepest(error),
            Location::Bucket { .. } => why(error),
        };
        let fault = match &self.location {
            Location::Folder(_) => Fault::File,
            Location::Bucket { .. } if names_no_bucket(error) => Fault::NoBucket,
            // A redirect, too: to where the bucket really is.
            Location::Bucket { .. }
                if status.is_some_and(|status| status.starts_with(['3', '4']) && !is_later(status)) =>
            {
                Fault::Refused
            }
            Location::Bucket { .. } => Fault::Away,
        };
        self.error(fault, why)
    }

    fn error(&self, fault: Fault, why: String) -> ObjectsError {
        let provider = match self.location {
            Location::Bucket { provider, .. } => Some(provider),
            Location::Folder(_) => None,
        };
        ObjectsError { place: self.location.to_string(), fault, provider, why }
    }
}

/// Whether a store says that there is not even the bucket: by S3, by Azure, by Google.
fn names_no_bucket(error: &Error) -> bool {
    let text = error.to_string();
    ["NoSuchBucket", "ContainerNotFound", "bucket does not exist"].iter().any(|name| text.contains(name))
}

/// The status that a store answered, if it answered.
fn status(text: &str) -> Option<&str> {
    Some(text.split_once("status code: ")?.1.split_once(':')?.0)
}

/// Whether a status says that the same may be asked later: it took too long, or there was too much.
fn is_later(status: &str) -> bool {
    ["408", "429"].iter().any(|later| status.starts_with(later))
}

/// What a store said, without its whole answer, which repeats what was signed and who signed it; and of a library's words only those
/// that quote nothing.
fn why(error: &Error) -> String {
    let text = error.to_string();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let code = code.filter(|code| code.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)));
    match (status(&text), code) {
        (Some(status), Some(code)) => return short(&format!("HTTP {status}, {code}")),
        (Some(status), None) => return short(&format!("HTTP {status}")),
        (None, Some(code)) => return short(code),
        (None, None) => {}
    }
    match causes(error).find(|cause| cause.is::<Refusal>()) {
        Some(ours) => short(&ours.to_string()),
        None => short(unquoted(&deepest(error))),
    }
}

/// An error and what caused it, and so on.
fn causes(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
}

/// What an error is about, without what the library says of itself.
fn cause(error: &Error) -> String {
    causes(error).nth(1).unwrap_or(error).to_string()
}

/// What caused it all.
fn deepest(error: &Error) -> String {
    causes(error).last().unwrap_or(error).to_string()
}

/// The beginning of a message, up to where it may quote what it is about.
fn unquoted(text: &str) -> &str {
    text.split([':', '"', '\'', '`']).next().unwrap_or_default().trim_end()
}

fn short(text: &str) -> String {
    text.chars().take(MAX_WHY_CHARS).collect()
}

#[cfg(test)]
mod tests;
