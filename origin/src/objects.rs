//! Files that are kept elsewhere than in the store: in a folder, or in a bucket of an object store. What is there is there as a whole.

mod access;
mod http;
mod location;

use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::client::HttpError;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, WriteMultipart};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use self::access::RETRY_WITHIN;
use self::http::REQUEST_WITHIN;
use crate::files::NewFile;
use crate::hex;
use crate::random::Random;

pub use access::{Access, opens_buckets};
pub use location::{FORMS, Location, Provider, is_address};

/// How long one call may take, with everything that is tried again.
const CALL_WITHIN: Duration = RETRY_WITHIN.saturating_add(REQUEST_WITHIN).saturating_add(Duration::from_secs(10));
/// How long nothing may come of what is read before it counts as broken off.
const SILENT_AT_MOST: Duration = Duration::from_secs(60);
/// The largest object that is read into memory, bytes.
const MAX_OBJECT_BYTES: u64 = 512 << 20;
/// The least that is sent as one part of a large object, bytes: stores want 5 MiB or more.
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
    /// A file or folder of this machine.
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
        self.call(store.put(&path, bytes.into())).await.map(drop)
    }

    /// What lies there under that name; `None`: nothing does.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, ObjectsError> {
        let (store, path) = self.object(name)?;
        let read = async {
            let found = store.get(&path).await?;
            if found.meta.size > MAX_OBJECT_BYTES {
                let source = format!("{} bytes are more than is read", found.meta.size).into();
                return Err(Error::Generic { store: "lgdl", source });
            }
            found.bytes().await
        };
        self.unless_missing(self.call_as_is(read).await)
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
            let parts =
                one.location.prefix_match(&path).map(|parts| parts.map(|part| part.as_ref().to_owned()).collect());
            let parts: Vec<String> = parts.unwrap_or_default();
            all.push(Object { name: parts.join("/"), bytes: one.size });
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
        let found = self.call(store.list_with_delimiter(Some(&path))).await?.objects.into_iter();
        let object =
            |one: object_store::ObjectMeta| Some(Object { name: one.location.filename()?.to_owned(), bytes: one.size });
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
        Ok(self.call(found.try_next()).await?.is_some())
    }

    /// Brings a file there, in parts; it is there as a whole once this returns, and not at all before. Returns its bytes.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn upload(&self, file: &FilePath, name: &str) -> Result<u64, TransferError> {
        let (store, path) = self.object(name)?;
        let failed = |error| TransferError::File(file.to_owned(), error);
        let mut source = tokio::fs::File::open(file).await.map_err(failed)?;
        let bytes = source.metadata().await.map_err(failed)?.len();
        let part = MIN_PART_BYTES.max(bytes.div_ceil(MAX_PARTS));
        let part = usize::try_from(part).map_err(|error| failed(io::Error::other(error)))?;
        let begun = self.call(store.put_multipart(&path)).await?;
        let mut parts = WriteMultipart::new_with_chunk_size(begun, part);
        let sent = self.send(&mut source, file, &mut parts).await;
        if let Err(error) = sent {
            // What was sent of it is to be nobody's; where that can't be said either, the store's own rule removes it.
            if let Err(error) = parts.abort().await {
                tracing::debug!(error = why(&error), "parts of what was not sent whole are left");
            }
            return Err(error);
        }
        parts.finish().await.map_err(|error| self.failed(&error))?;
        Ok(bytes)
    }

    /// Sends a file in parts; each call of it is bounded.
    async fn send(
        &self,
        source: &mut tokio::fs::File,
        file: &FilePath,
        parts: &mut WriteMultipart,
    ) -> Result<(), TransferError> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            parts.wait_for_capacity(PARTS_AT_ONCE).await.map_err(|error| self.failed(&error))?;
            match source.read(&mut buffer).await.map_err(|error| TransferError::File(file.to_owned(), error))? {
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
        while let Some(chunk) = self.within(SILENT_AT_MOST, chunks.next()).await? {
            let chunk = chunk.map_err(|error| self.failed(&error))?;
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
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|error| self.error(Fault::File, error.to_string()))
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
        self.error(fault, why(error))
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

/// What a store said, without its whole answer: that repeats what was signed, and who signed it.
fn why(error: &Error) -> String {
    let text = error.to_string();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    match (status(&text), code) {
        (Some(status), Some(code)) => return short(&format!("HTTP {status}, {code}")),
        (Some(status), None) => return short(&format!("HTTP {status}")),
        (None, Some(code)) => return short(code),
        (None, None) => {}
    }
    let mut deepest: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = deepest.source() {
        deepest = source;
        if let Some(call) = deepest.downcast_ref::<HttpError>()
            && let Some(source) = std::error::Error::source(call)
        {
            return short(&source.to_string());
        }
    }
    short(&deepest.to_string())
}

fn short(text: &str) -> String {
    text.chars().take(MAX_WHY_CHARS).collect()
}

#[cfg(test)]
mod tests;
