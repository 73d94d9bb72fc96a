//! Writing tombstones to the file, while the origin runs and whenever a command has erased something.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{LATE_MS, TombstoneError};
use crate::clock::{Clock, Millis};
use crate::store::{ErasureRow, MAX_PAGE, Record, Store, StoreError};

/// How often the store is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How long to wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(60);
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
}

impl Keeper {
    /// Looks how far the file is; one that is not there is to get everything.
    fn open(path: &Path) -> io::Result<Keeper> {
        let mut keeper = Keeper { path: path.to_owned(), from: 0, told: HashMap::new() };
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keeper),
            file => file?,
        };
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
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
        let (mut after, mut added) = ((self.from, String::new()), 0);
        loop {
            let page = store.tombstones((after.0, &after.1), MAX_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.at, last.id.clone());
            let full = page.len() >= MAX_PAGE as usize;
            let missing: Vec<ErasureRow> =
                page.into_iter().filter(|stone| !self.told.contains_key(&stone.id)).collect();
            added += missing.len() as u64;
            self.append(missing)?;
            if !full {
                break;
            }
        }
        self.from = self.from.max(now_ms.saturating_sub(LATE_MS));
        self.told.retain(|_, at| *at >= self.from);
        Ok(added)
    }

    fn append(&mut self, stones: Vec<ErasureRow>) -> Result<(), TombstoneError> {
        if stones.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for stone in &stones {
            let line = serde_json::to_string(&Record::Erasure(stone.clone()))
                .map_err(|error| StoreError::Internal(error.to_string()))?;
            text.push_str(&line);
            text.push('\n');
        }
        append(&self.path, &text).map_err(|error| TombstoneError::File(self.path.clone(), error))?;
        self.told.extend(stones.into_iter().map(|stone| (stone.id, stone.at)));
        Ok(())
    }
}

/// Appends lines at once, and behind a line end where the file was torn off in the middle of one.
fn append(path: &Path, lines: &str) -> io::Result<()> {
    let mut options = File::options();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let torn = last != [b'\n'];
    let text = if torn { format!("\n{lines}") } else { lines.to_owned() };
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// Adds to the file at `path` the tombstones that it lacks, after a look at its end; returns how many.
///
/// # Errors
/// When the store fails, or the file can't be read or written.
pub async fn bring_up_to_date(store: &dyn Store, path: &Path, now_ms: Millis) -> Result<u64, TombstoneError> {
    let mut keeper = Keeper::open(path).map_err(|error| TombstoneError::File(path.to_owned(), error))?;
    keeper.run(store, now_ms).await
}

/// Keeps the file up until the task is dropped.
pub async fn keep(store: &dyn Store, path: &Path, clock: &dyn Clock) {
    let mut keeper = None;
    loop {
        let done = async {
            let keeper = match &mut keeper {
                Some(keeper) => keeper,
                None => {
                    let opened = Keeper::open(path).map_err(|error| TombstoneError::File(path.to_owned(), error))?;
                    keeper.insert(opened)
                }
            };
            keeper.run(store, clock.now_ms()).await
        };
        let pause = match done.await {
            Ok(_) => EVERY,
            Err(error) => {
                tracing::error!(%error, "the file of tombstones is not up to date");
                AFTER_FAILURE
            }
        };
        tokio::time::sleep(pause).await;
    }
}
