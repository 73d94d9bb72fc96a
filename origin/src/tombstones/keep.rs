//! Writing tombstones to the file, while the origin runs and whenever a command has erased something.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use super::{Head, LATE_MS, NOTED, TombstoneError, file};
use crate::clock::{Clock, Millis};
use crate::http::{Origin, Problem};
use crate::store::{ErasureRow, MAX_PAGE, Record, Store, StoreError};

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How long to wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(60);
/// When whoever has erased something should ask again, seconds.
const TRY_AGAIN_S: u32 = 10;
/// So much of the file's end is looked at to find out how far it is, bytes.
const TAIL_BYTES: u64 = 64 * 1024;

/// How far the file is.
#[derive(Debug)]
struct Keeper {
    path: PathBuf,
    /// Everything before is in the file.
    from: Millis,
    /// What is in it from then on.
    told: HashMap<String, Millis>,
    /// Whether there is anything in it.
    written: bool,
    /// What tells the file from another in its place; an older program's says nothing.
    file: Option<String>,
}

impl Keeper {
    /// Looks how far the file is; one that is not there is to get everything.
    async fn open(path: &Path) -> Result<Keeper, TombstoneError> {
        let path = path.to_owned();
        on_a_thread(move || {
            let mut keeper = Keeper::read(&path).map_err(|error| TombstoneError::File(path.clone(), error))?;
            if keeper.written {
                keeper.file = name_of(&path)?;
            }
            Ok(keeper)
        })
        .await
    }

    /// Of a file that is to get everything.
    fn anew(path: &Path) -> Keeper {
        Keeper { path: path.to_owned(), from: 0, told: HashMap::new(), written: false, file: None }
    }

    fn read(path: &Path) -> io::Result<Keeper> {
        let mut keeper = Keeper::anew(path);
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keeper),
            file => file?,
        };
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        keeper.written = length > 0;
        let mut tail = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut tail)?;
        // The first line of the tail may be the end of one, and does not parse then.
        for line in String::from_utf8_lossy(&tail).lines() {
            if let Ok(Record::Erasure(stone)) = serde_json::from_str(line) {
                keeper.from = keeper.from.max(stone.at.saturating_sub(LATE_MS));
                keeper.told.insert(stone.id, stone.at);
            }
        }
        Ok(keeper)
    }

    /// Adds what is missing; returns how many.
    async fn run(&mut self, store: &dyn Store, now_ms: Millis) -> Result<u64, TombstoneError> {
        if self.written && self.is_another().await? {
            *self = Keeper::anew(&self.path);
        }
        let (mut after, mut added) = ((self.from, String::new()), 0);
        loop {
            let page = store.tombstones((after.0, &after.1), MAX_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.at, last.id.clone());
            let full = page.len() >= MAX_PAGE as usize;
            let missing: Vec<ErasureRow> =
                page.into_iter().filter(|stone| !self.told.contains_key(&stone.id)).collect();
            added += missing.len() as u64;
            self.append(store, missing, now_ms).await?;
            if !full {
                break;
            }
        }
        self.from = self.from.max(now_ms.saturating_sub(LATE_MS));
        self.told.retain(|_, at| *at >= self.from);
        Ok(added)
    }

    /// Whether the file was taken away, emptied or exchanged meanwhile: what stands there now lacks what was written.
    async fn is_another(&self) -> Result<bool, TombstoneError> {
        let (path, file) = (self.path.clone(), self.file.clone());
        on_a_thread(move || {
            let length = match std::fs::metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
                there => there.map_err(|error| TombstoneError::File(path.clone(), error))?.len(),
            };
            Ok(length == 0 || file.is_some() && name_of(&path)? != file)
        })
        .await
    }

    /// Writes them down, and has the store remember how much is in the file.
    async fn append(
        &mut self,
        store: &dyn Store,
        stones: Vec<ErasureRow>,
        now_ms: Millis,
    ) -> Result<(), TombstoneError> {
        if stones.is_empty() {
            return Ok(());
        }
        let lines = stones.iter().map(file::line).collect::<Result<Vec<_>, _>>();
        let lines = lines.map_err(|error| StoreError::Internal(error.to_string()))?;
        let path = self.path.clone();
        let head = on_a_thread(move || appended(&path, &lines, now_ms)).await?;
        let note = serde_json::to_string(&head).map_err(|error| StoreError::Internal(error.to_string()))?;
        store.note(&format!("{NOTED}:{}", head.file), &note).await?;
        store.note(NOTED, "written").await?;
        self.written = true;
        self.file = Some(head.file);
        self.told.extend(stones.into_iter().map(|stone| (stone.id, stone.at)));
        Ok(())
    }
}

/// What a file calls itself; `None` where it does not.
fn name_of(path: &Path) -> Result<Option<String>, TombstoneError> {
    Ok(file::head(path)?.map(|head| head.file))
}

/// What a file holds once lines are added to it; one that an older program wrote gets a head first.
fn appended(path: &Path, lines: &[String], now_ms: Millis) -> Result<Head, TombstoneError> {
    match file::append(path, lines, now_ms) {
        Err(TombstoneError::Uncounted(_)) => {
            file::count_anew(path, now_ms)?;
            file::append(path, lines, now_ms)
        }
        appended => appended,
    }
}

/// Waits where nobody else has to: for the disk, and for whoever else has the file.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TombstoneError> + Send + 'static,
) -> Result<T, TombstoneError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Internal(error.to_string()))?
}

/// Adds to the file at `path` the tombstones that it lacks, after a look at its end; returns how many.
///
/// # Errors
/// When the store fails, or the file can't be read or written.
pub async fn bring_up_to_date(store: &dyn Store, path: &Path, now_ms: Millis) -> Result<u64, TombstoneError> {
    Keeper::open(path).await?.run(store, now_ms).await
}

/// The file of a process, and how far it is. Whoever has erased something and whoever looks from time to time write to it one after the
/// other.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    keeper: Mutex<Option<Keeper>>,
    /// How often somebody has asked for it to be brought up to date, and which of them it was done for.
    asked: AtomicU64,
    done: AtomicU64,
    /// Whether the last try failed.
    behind: AtomicBool,
}

impl Kept {
    /// The file there, which may not be there yet.
    #[must_use]
    pub fn at(path: &Path) -> Kept {
        Kept {
            path: path.to_owned(),
            keeper: Mutex::default(),
            asked: AtomicU64::new(0),
            done: AtomicU64::new(0),
            behind: AtomicBool::new(false),
        }
    }

    /// Whether the file lacks something, or nobody knows whether it does: it could not be brought up to date the last time.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    /// Adds what the file lacks of the tombstones that were there when this was asked; returns how many.
    ///
    /// # Errors
    /// When the store fails, or the file can't be read or written.
    pub async fn bring_up_to_date(&self, store: &dyn Store, clock: &dyn Clock) -> Result<u64, TombstoneError> {
        let own = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut keeper = self.keeper.lock().await;
        // Of many who wait, one writes for all.
        if self.done.load(Ordering::SeqCst) >= own {
            return Ok(0);
        }
        let all = self.asked.load(Ordering::SeqCst);
        let added = self.run(&mut keeper, store, clock.now_ms()).await;
        self.behind.store(added.is_err(), Ordering::Relaxed);
        if added.is_ok() {
            self.done.store(all, Ordering::SeqCst);
        }
        added
    }

    async fn run(&self, keeper: &mut Option<Keeper>, store: &dyn Store, now_ms: Millis) -> Result<u64, TombstoneError> {
        let keeper = match keeper {
            Some(keeper) => keeper,
            none => none.insert(Keeper::open(&self.path).await?),
        };
        keeper.run(store, now_ms).await
    }
}

/// Keeps the file up, where there is one, until the task is dropped.
pub async fn keep(origin: &Origin) {
    let Some(kept) = &origin.gate.tombstones else { return };
    loop {
        let pause = match kept.bring_up_to_date(&*origin.store, &*origin.clock).await {
            Ok(_) => EVERY,
            Err(error) => {
                tracing::error!(%error, "the file of tombstones is not up to date");
                AFTER_FAILURE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Has what was erased in the file before anybody is told that it is: a backup that is restored a moment later must not bring it back.
///
/// # Errors
/// Where it is not in the file yet. It is erased all the same, and whoever asks again is told once it is.
pub async fn written(origin: &Origin) -> Result<(), Problem> {
    let Some(kept) = &origin.gate.tombstones else { return Ok(()) };
    kept.bring_up_to_date(&*origin.store, &*origin.clock).await.map(drop).map_err(|error| {
        tracing::error!(%error, "the file of tombstones is not up to date");
        let detail = "What was erased is not in the file of tombstones yet: a restore could bring it back. Ask again.";
        Problem::unavailable(detail).retry_after(TRY_AGAIN_S)
    })
}
