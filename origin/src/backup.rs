//! Backups and restores. SQLite: its online backup, while the origin runs. PostgreSQL: `pg_dump` and `pg_restore`,
//! which must be on `PATH` or in the folder that the caller names. Proving that a backup is good lies in [`mod@drill`].

mod drill;
pub mod schedule;
mod sealed;

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use lgdl::crypto::CryptoError;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::clock::{Clock, Millis};
use crate::config::Config;
use crate::files::{NewFile, folder_of, with_suffix, write_private};
use crate::hex;
use crate::migrations;
use crate::objects::{Location, ObjectsError, Place, TransferError};
use crate::random::{Random as _, SystemRandom};
use crate::store::sqlite::{InUse, failed, look_into};
use crate::store::{self, Store, StoreError};

pub use drill::{DrillReport, drill};
pub use schedule::Schedule;
pub use sealed::{is_sealed, open_file, seal_file};

/// Pages that are copied between two looks at the clock: short enough for turns to slip in.
const PAGES_A_STEP: i32 = 1000;
/// How often a step is tried while somebody else holds the lock.
const MAX_BUSY_STEPS: u32 = 600;
/// The pause after such a step.
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// The most of a program's complaint that is passed on, characters.
const MAX_COMPLAINT_CHARS: usize = 2000;
/// How much of a backup is read at once for its sum.
const SUM_PART_BYTES: usize = 64 * 1024;

/// What a program says where a disk is full, in the language in which we run it.
const NO_SPACE: &str = "No space left on device";

/// What begins the name of the folder in which a backup lies open until it is sealed, or on its way to or from a bucket.
const OPEN_PREFIX: &str = "lgdl-open-";

/// The file in it that is on its way.
const MADE: &str = "made";

/// What a file beside a backup that is not sealed is called behind its name: it holds the backup's SHA-256, as `sha256sum -c` reads it. (What
/// is sealed proves itself.)
const SUM: &str = ".sha256";

/// The note of the store of when a backup of it was last made.
pub const MADE_NOTE: &str = "local:backup_made";
/// The note of the store of when a backup of it was last restored by a drill, and held.
pub const DRILLED_NOTE: &str = "local:backup_drilled";
/// The note of when a drill last failed.
pub const DRILL_FAILED_NOTE: &str = "local:backup_drill_failed";

/// The note of when a backup that was due could not be made.
pub const BACKUP_FAILED_NOTE: &str = "local:backup_failed";

/// The note of what a backup is told from others by. It is noted before a backup is made, which so holds it.
const MARK_NOTE: &str = "local:backup_mark";
/// The note of which backup was made last: a [`Newest`].
const NEWEST_NOTE: &str = "local:backup_newest";

/// Which backup of a store was made last.
#[derive(Debug, Serialize, Deserialize)]
struct Newest {
    /// Its mark.
    mark: String,
    /// Where it was made.
    file: String,
}

/// Why there is no backup, or no restore.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target is there already.
    #[error("E515 {0} exists already; nothing is written over")]
    Exists(PathBuf),
    /// The database that is to be restored into holds something already.
    #[error(
        "E515 the database that LGDL_POSTGRES_URL names is not empty; nothing is written over. Make an empty one (`createdb NAME`), have \
         LGDL_POSTGRES_URL name that, restore, and start the origins with it"
    )]
    NotEmpty,
    /// A file can't be read or written.
    #[error("E513 {0}: {1}")]
    File(PathBuf, io::Error),
    /// Nothing can be written there: the disk is full, or read-only, or not ours.
    #[error("E507 {0} can't be written: {1}. Make room there or name another place; nothing half is left")]
    NotWritten(PathBuf, String),
    /// It was made, and could not be brought to where it is to be kept.
    #[error("E507 the backup is not kept: {0}")]
    NotKept(ObjectsError),
    /// Where backups are kept can't be read.
    #[error("E513 {0}")]
    Place(ObjectsError),
    /// It is sealed, and its key is not at hand.
    #[error(
        "E508 {0} is sealed under the key `{1}`, and {2}. Put that key behind the others in LGDL_BACKUP_KEY (`id:base64`, commas \
         between); it is the one that the origin had when the backup was made"
    )]
    Locked(PathBuf, String, &'static str),
    /// The file is no backup of ours, or damaged.
    #[error("E516 {0} is no usable backup: {1}")]
    Unusable(PathBuf, String),
    /// A backup was restored, and a record or a text in it can't be read.
    #[error("E516 the backup was restored, but not everything in it can be read: {0}")]
    Unreadable(String),
    /// It can't be sealed.
    #[error("the backup can't be sealed: {0}")]
    Sealing(CryptoError),
    /// A program of PostgreSQL's is missing or failed.
    #[error("E517 {program} failed: {complaint}")]
    Program {
        /// Which.
        program: &'static str,
        /// What it said, without the URL.
        complaint: String,
    },
}

/// How long it may take to look whether a database is empty.
const LOOK_TAKES: Duration = Duration::from_secs(30);
const HOLDS_ANYTHING: &str =
    "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public')";

/// Pages copied, and pages in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupProgress {
    /// Copied.
    pub done: u64,
    /// In all, as far as is known now.
    pub total: u64,
}

/// As [`make`], and notes that this is the store's newest one.
///
/// # Errors
/// As [`make`].
pub async fn make_newest(
    store: &dyn Store,
    config: &Config,
    target: &Location,
    programs: Option<&Path>,
    clock: &dyn Clock,
    progress: impl FnMut(BackupProgress),
) -> Result<u64, BackupError> {
    let mut mark = [0; 16];
    SystemRandom.fill(&mut mark);
    let mark = hex::encode(&mark);
    store.note(MARK_NOTE, &mark).await?;
    let bytes = make(config, target, programs, progress).await?;
    let newest = Newest { mark, file: named(target) };
    let newest = serde_json::to_string(&newest).map_err(|error| StoreError::Internal(error.to_string()))?;
    store.note(NEWEST_NOTE, &newest).await?;
    store.note(MADE_NOTE, &clock.now_ms().to_string()).await?;
    Ok(bytes)
}

/// A backup's place as it is noted: the same from whichever folder it is named.
fn named(file: &Location) -> String {
    let whole = file.folder().and_then(|path| path.canonicalize().ok());
    whole.map_or_else(|| file.to_string(), |path| path.display().to_string())
}

async fn newest(store: &dyn Store) -> Result<Option<Newest>, StoreError> {
    let text = store.setting(NEWEST_NOTE).await?;
    let newest = text.as_deref().map(serde_json::from_str).transpose();
    newest.map_err(|error| StoreError::Damaged(format!("setting {NEWEST_NOTE}: {error}")))
}

/// Whether a restored backup is the newest of the store that is live. Of one that was made before this was noted, whether it is of that
/// store.
async fn is_newest(restored: &dyn Store, live: &dyn Store) -> Result<bool, StoreError> {
    match newest(live).await? {
        Some(newest) => Ok(restored.setting(MARK_NOTE).await?.as_deref() == Some(newest.mark.as_str())),
        None => Ok(restored.epoch().await? == live.epoch().await?),
    }
}

/// As [`drill()`], and notes what came of it where that says something of this store: of its newest backup, and of no other file. One
/// that can't be restored says nothing of itself; it is the newest where it lies in that one's place.
///
/// # Errors
/// As [`drill()`].
pub async fn drill_newest(
    store: &dyn Store,
    config: &Config,
    file: &Location,
    programs: Option<&Path>,
    clock: &dyn Clock,
) -> Result<DrillReport, BackupError> {
    let done = drill(config, file, programs, store).await;
    let well = done.as_ref().is_ok_and(DrillReport::holds);
    let counts = match &done {
        Ok(report) => report.newest,
        Err(_) => newest(store).await?.is_some_and(|newest| newest.file == named(file)),
    };
    if counts {
        let note = if well { DRILLED_NOTE } else { DRILL_FAILED_NOTE };
        store.note(note, &clock.now_ms().to_string()).await?;
    }
    done
}

/// Makes a backup of the store of the settings at `target`, where nothing must be, while others read and write the store, and seals it
/// where the settings have a key for that; returns its bytes.
///
/// # Errors
/// When it can't be made whole, or brought to where it is to be kept; nothing is there then.
pub async fn make(
    config: &Config,
    target: &Location,
    programs: Option<&Path>,
    progress: impl FnMut(BackupProgress),
) -> Result<u64, BackupError> {
    let (place, name) = match lies(target, config)? {
        Lies::Here(path) => {
            let bytes = file(config, path, programs, progress).await?;
            if config.backup_key.is_none() {
                let path = path.to_owned();
                on_a_thread(move || keep_sum(&path)).await?;
            }
            return Ok(bytes);
        }
        Lies::InABucket(place, name) => (place, name),
    };
    if place.holds(&name).await.map_err(BackupError::Place)? {
        return Err(BackupError::Exists(PathBuf::from(target.to_string())));
    }
    let folder = open_folder(config)?;
    let made = folder.path().join(MADE);
    file(config, &made, programs, progress).await?;
    let bytes = place.upload(&made, &name).await.map_err(|error| match error {
        TransferError::Place(error) => BackupError::NotKept(error),
        TransferError::File(path, error) => BackupError::File(path, error),
    })?;
    if config.backup_key.is_none() {
        let sum = on_a_thread(move || sum_of(&made)).await?;
        place.put(&format!("{name}{SUM}"), sum_line(&sum, &name)).await.map_err(BackupError::NotKept)?;
    }
    Ok(bytes)
}

fn sum_of(path: &Path) -> Result<String, BackupError> {
    let failed = |error| BackupError::File(path.to_owned(), error);
    let (mut file, mut sum, mut part) = (File::open(path).map_err(failed)?, Sha256::new(), vec![0; SUM_PART_BYTES]);
    loop {
        match file.read(&mut part).map_err(failed)? {
            0 => return Ok(hex::encode(&sum.finalize())),
            read => sum.update(&part[..read]),
        }
    }
}

fn sum_line(sum: &str, name: &str) -> Vec<u8> {
    format!("{sum}  {name}\n").into_bytes()
}

/// Writes the sum of a backup beside it; without it the backup goes as well.
fn keep_sum(path: &Path) -> Result<(), BackupError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let written = sum_of(path).and_then(|sum| {
        let beside = with_suffix(path, SUM);
        write_private(&beside, |file| file.write_all(&sum_line(&sum, &name)))
            .map_err(|error| not_written(&beside, &error))
    });
    written.inspect_err(|_| drop(std::fs::remove_file(path)))
}

/// The sum that lies beside a backup, where one does.
fn sum_beside(path: &Path) -> Result<Option<String>, BackupError> {
    let beside = with_suffix(path, SUM);
    match std::fs::read_to_string(&beside) {
        Ok(line) => Ok(Some(line)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BackupError::File(beside, error)),
    }
}

/// Where a backup lies, or is to lie.
enum Lies<'a> {
    /// A file of this machine.
    Here(&'a Path),
    /// In a bucket: the place, and its name there.
    InABucket(Place, String),
}

fn lies<'a>(location: &'a Location, config: &Config) -> Result<Lies<'a>, BackupError> {
    if let Location::Folder(path) = location {
        return Ok(Lies::Here(path));
    }
    let nameless = |why| BackupError::Unusable(PathBuf::from(location.to_string()), why);
    let (place, name) = location.clone().split().map_err(nameless)?;
    Ok(Lies::InABucket(Place::new(place, config.objects.clone()), name))
}

async fn file(
    config: &Config,
    target: &Path,
    programs: Option<&Path>,
    mut progress: impl FnMut(BackupProgress),
) -> Result<u64, BackupError> {
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    match config.backup_key.clone() {
        None => plain(config, target, programs, &mut progress).await?,
        Some(ring) => {
            let folder = open_folder(config)?;
            let open = folder.path().join("open");
            plain(config, &open, programs, &mut progress).await?;
            let target = target.to_owned();
            on_a_thread(move || {
                let (new, mut file) = NewFile::begin(&target).map_err(|error| not_written(&target, &error))?;
                seal_file(&open, &target, &mut file, &ring, &SystemRandom)?;
                finish(new, &target)
            })
            .await?;
        }
    }
    std::fs::metadata(target).map(|file| file.len()).map_err(|error| BackupError::File(target.to_owned(), error))
}

async fn plain(
    config: &Config,
    target: &Path,
    programs: Option<&Path>,
    progress: &mut impl FnMut(BackupProgress),
) -> Result<(), BackupError> {
    if let Some(url) = &config.postgres_url {
        return postgres(url.expose(), target, programs).await;
    }
    let (from, to) = (config.sqlite_path.clone(), target.to_owned());
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    // Nobody listens any more when the command is broken off.
    let copying = on_a_thread(move || {
        sqlite(&from, &to, &mut |at| {
            let _ = sender.send(at);
        })
    });
    let telling = async {
        while let Some(at) = receiver.recv().await {
            progress(at);
        }
    };
    tokio::join!(copying, telling).0
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Internal(error.to_string()))?
}

/// Where a backup that is sealed lies open meanwhile: beside the database, which is as open, or where the machine keeps what is of the
/// moment; never in the folder of backups, which goes elsewhere.
fn open_place(config: &Config) -> PathBuf {
    match config.postgres_url {
        Some(_) => std::env::temp_dir(),
        None => folder_of(&config.sqlite_path).to_owned(),
    }
}

/// A folder in that place that nobody else may look into; it goes when this is dropped.
fn open_folder(config: &Config) -> Result<tempfile::TempDir, BackupError> {
    let place = open_place(config);
    let mut folder = tempfile::Builder::new();
    folder.prefix(OPEN_PREFIX);
    #[cfg(unix)]
    folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    folder.tempdir_in(&place).map_err(|error| not_written(&place, &error))
}

/// A backup that can be restored: the file itself, or what was sealed in it, which goes when this is dropped.
#[derive(Debug)]
pub struct Opened {
    path: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

impl Opened {
    /// Opens a backup that is sealed, and takes another as it is; one that lies in a bucket is fetched.
    ///
    /// # Errors
    /// When it can't be read, its key is not at hand, or it was altered.
    pub async fn of(backup: &Location, config: &Config) -> Result<Opened, BackupError> {
        let (fetched, backup, kept) = match lies(backup, config)? {
            Lies::Here(path) => (None, path.to_owned(), sum_beside(path)?),
            Lies::InABucket(place, name) => {
                let folder = open_folder(config)?;
                let fetched = folder.path().join(MADE);
                place.download(&name, &fetched).await.map_err(|error| match error {
                    TransferError::Place(error) => BackupError::Place(error),
                    TransferError::File(path, error) => not_written(&path, &error),
                })?;
                let kept = place.get(&format!("{name}{SUM}")).await.map_err(BackupError::Place)?;
                (Some(folder), fetched, kept.map(|line| String::from_utf8_lossy(&line).into_owned()))
            }
        };
        let config = config.clone();
        on_a_thread(move || {
            if !is_sealed(&backup)? {
                let kept = kept.as_deref().and_then(|line| line.split_whitespace().next());
                if let Some(kept) = kept
                    && kept != sum_of(&backup)?
                {
                    let why =
                        format!("it is not what was made: its SHA-256 is not the one in the file {SUM} beside it");
                    return Err(BackupError::Unusable(backup, why));
                }
                return Ok(Opened { path: backup, _folder: fetched });
            }
            let folder = match fetched {
                Some(folder) => folder,
                None => open_folder(&config)?,
            };
            let path = folder.path().join("open");
            let (new, mut file) = NewFile::begin(&path).map_err(|error| not_written(&path, &error))?;
            open_file(&backup, &path, &mut file, config.backup_key.as_ref())?;
            finish(new, &path)?;
            Ok(Opened { path, _folder: Some(folder) })
        })
        .await
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Copies a SQLite store into `target`, a new file, while others read and write it; then checks the copy.
///
/// # Errors
/// When a file can't be read or written, or the copy is not whole.
pub fn sqlite(source: &Path, target: &Path, progress: &mut dyn FnMut(BackupProgress)) -> Result<(), BackupError> {
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    if !source.is_file() {
        return Err(BackupError::File(source.to_owned(), io::ErrorKind::NotFound.into()));
    }
    let new = begin(target)?;
    copy(&look_into(source)?, new.partial(), target, progress)?;
    check(new.partial())?;
    finish(new, target)
}

/// Makes a SQLite store at `target`, where there is none, out of a backup.
///
/// # Errors
/// When the backup is damaged or of a newer program, there is a store already, or somebody has the one open that was there.
pub fn restore_sqlite(backup: &Path, target: &Path, now_ms: Millis) -> Result<(), BackupError> {
    // A log that was left beside a lost store would be played into the restored one.
    let log = with_suffix(target, "-wal");
    if let Some(there) = [target, &log].into_iter().find(|path| path.exists()) {
        return Err(BackupError::Exists(there.to_owned()));
    }
    if !backup.is_file() {
        return Err(BackupError::File(backup.to_owned(), io::ErrorKind::NotFound.into()));
    }
    check(backup)?;
    let _alone = InUse::alone(target)?;
    let new = begin(target)?;
    // The backup stays as it is, also where it may only be read.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let from = Connection::open_with_flags(backup, flags).map_err(failed)?;
    copy(&from, new.partial(), target, &mut |_| ())?;
    let mut restored = Connection::open(new.partial()).map_err(|error| full(target, error))?;
    migrations::sqlite::apply(&mut restored, now_ms)?;
    drop(restored);
    finish(new, target)
}

/// What a failed write of a copy means: that its place can't take it, or that the store fails.
fn full(named: &Path, error: rusqlite::Error) -> BackupError {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly, SystemIoFailure};
    match error.sqlite_error_code() {
        Some(DiskFull) => BackupError::NotWritten(named.to_owned(), "the disk is full".into()),
        Some(CannotOpen | ReadOnly | SystemIoFailure) => BackupError::NotWritten(named.to_owned(), error.to_string()),
        _ => failed(error).into(),
    }
}

/// Copies a database into the file `target`, which people know as `named`.
fn copy(
    from: &Connection,
    target: &Path,
    named: &Path,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<(), BackupError> {
    let mut to = Connection::open(target).map_err(|error| full(named, error))?;
    let backup = Backup::new(from, &mut to).map_err(failed)?;
    let mut busy = 0;
    loop {
        let step = backup.step(PAGES_A_STEP).map_err(|error| full(named, error))?;
        let now = backup.progress();
        let total = u64::from(now.pagecount.max(0).unsigned_abs());
        progress(BackupProgress { done: total - u64::from(now.remaining.max(0).unsigned_abs()).min(total), total });
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ if busy < MAX_BUSY_STEPS => {
                busy += 1;
                std::thread::sleep(BUSY_PAUSE);
            }
            _ => return Err(StoreError::Unavailable("the store stayed locked during the backup".into()).into()),
        }
    }
    drop(backup);
    // The copy must last, too.
    to.execute_batch("PRAGMA journal_mode = delete").map_err(|error| full(named, error))?;
    let synced = File::open(target).and_then(|file| file.sync_all());
    synced.map_err(|error| not_written(named, &error))
}

fn not_written(path: &Path, error: &io::Error) -> BackupError {
    BackupError::NotWritten(path.to_owned(), error.to_string())
}

/// Begins a file; under another name until it is whole, so that a broken-off backup is never taken for one.
fn begin(target: &Path) -> Result<NewFile, BackupError> {
    NewFile::begin(target).map(|(new, _)| new).map_err(|error| not_written(target, &error))
}

fn finish(new: NewFile, target: &Path) -> Result<(), BackupError> {
    new.finish().map_err(|error| not_written(target, &error))
}

fn check(file: &Path) -> Result<(), BackupError> {
    let unusable = |why: String| BackupError::Unusable(file.to_owned(), why);
    let connection = Connection::open(file).map_err(|error| unusable(error.to_string()))?;
    let sound: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| unusable(error.to_string()))?;
    if sound != "ok" {
        return Err(unusable(sound));
    }
    let statuses = migrations::sqlite::status(&connection).map_err(|error| unusable(error.to_string()))?;
    match statuses.first() {
        Some(first) if first.applied_at.is_some() => Ok(()),
        _ => Err(unusable("it has no schema of ours".into())),
    }
}

/// Dumps a PostgreSQL store into `target`, a new file in `pg_dump`'s custom format, while others read and write it.
///
/// # Errors
/// When `pg_dump` is missing or fails.
pub async fn postgres(url: &str, target: &Path, programs: Option<&Path>) -> Result<(), BackupError> {
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    let new = begin(target)?;
    let mut dump = program("pg_dump", programs);
    dump.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(new.partial());
    run("pg_dump", dump, url).await.map_err(|error| match error {
        BackupError::Program { complaint, .. } if complaint.contains(NO_SPACE) => {
            BackupError::NotWritten(target.to_owned(), complaint)
        }
        error => error,
    })?;
    finish(new, target)
}

/// Restores a dump into an empty PostgreSQL database, all or nothing.
///
/// # Errors
/// When `pg_restore` is missing or fails, as it does when the database is not empty.
pub async fn restore_postgres(backup: &Path, url: &str, programs: Option<&Path>) -> Result<(), BackupError> {
    if !backup.is_file() {
        return Err(BackupError::File(backup.to_owned(), io::ErrorKind::NotFound.into()));
    }
    let client = store::postgres::connect(url, LOOK_TAKES).await?;
    let row = client.query_one(HOLDS_ANYTHING, &[]).await;
    if row.and_then(|row| row.try_get(0)).map_err(|error| store::postgres::failed(&error))? {
        return Err(BackupError::NotEmpty);
    }
    drop(client);
    let mut restore = program("pg_restore", programs);
    restore.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]);
    // An empty connection string: everything comes from the environment.
    restore.arg("--dbname=").arg(backup);
    run("pg_restore", restore, url).await
}

fn program(name: &str, folder: Option<&Path>) -> Command {
    Command::new(folder.map_or_else(|| PathBuf::from(name), |folder| folder.join(name)))
}

async fn run(name: &'static str, mut command: Command, url: &str) -> Result<(), BackupError> {
    let failed = |complaint: String| BackupError::Program { program: name, complaint };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command.envs(connection_environment(url)?).env("LC_ALL", "C");
    let output = command.output().await.map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint: String = String::from_utf8_lossy(&output.stderr).chars().take(MAX_COMPLAINT_CHARS).collect();
    Err(failed(complaint.trim().to_owned()))
}

/// The URL as libpq's environment: on a command line everybody on the machine could read the password.
fn connection_environment(url: &str) -> Result<Vec<(&'static str, String)>, BackupError> {
    use tokio_postgres::config::{Host, SslMode};
    let config: tokio_postgres::Config =
        url.parse().map_err(|_| StoreError::Unavailable("the URL is not a PostgreSQL URL".into()))?;
    let mut environment = Vec::new();
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.to_string_lossy().into_owned(),
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    if !hosts.is_empty() {
        environment.push(("PGHOST", hosts));
    }
    let ports = config.get_ports().iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    if !ports.is_empty() {
        environment.push(("PGPORT", ports));
    }
    environment.extend(config.get_user().map(|user| ("PGUSER", user.to_owned())));
    environment.extend(config.get_dbname().map(|name| ("PGDATABASE", name.to_owned())));
    let password = config.get_password().map(|password| String::from_utf8_lossy(password).into_owned());
    environment.extend(password.map(|password| ("PGPASSWORD", password)));
    if config.get_ssl_mode() == SslMode::Require {
        environment.push(("PGSSLMODE", "require".into()));
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Maintenance as _;

    #[tokio::test]
    async fn a_backup_that_is_not_sealed_and_was_altered_or_cut_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (database, target) = (path("lgdl.db"), path("monday.backup"));
        crate::store::sqlite::SqliteStore::open(&database, &crate::clock::SystemClock).await.unwrap().close().await;
        let given = [("LGDL_SQLITE_PATH", database.to_str().unwrap()), ("LGDL_EDGE_UNSIGNED", "true")];
        let config = Config::read("", given.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
        let at = Location::Folder(target.clone());
        make(&config, &at, None, |_| ()).await.unwrap();
        Opened::of(&at, &config).await.unwrap();
        let whole = std::fs::read(&target).unwrap();
        let mut altered = whole.clone();
        *altered.last_mut().unwrap() ^= 1;
        for other in [&altered[..], &whole[..whole.len() - 4096]] {
            std::fs::write(&target, other).unwrap();
            let refused = Opened::of(&at, &config).await.unwrap_err().to_string();
            assert!(refused.starts_with("E516 ") && refused.contains("SHA-256"), "{refused}");
        }
        // One of before has none.
        std::fs::remove_file(with_suffix(&target, SUM)).unwrap();
        Opened::of(&at, &config).await.unwrap();
    }

    #[test]
    fn a_full_disk_of_the_backup_is_not_told_as_a_store_that_fails() {
        let failure = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        for code in [rusqlite::ffi::SQLITE_FULL, rusqlite::ffi::SQLITE_READONLY, rusqlite::ffi::SQLITE_CANTOPEN] {
            let told = full(Path::new("backups/monday"), failure(code)).to_string();
            assert!(told.starts_with("E507 backups/monday can't be written: "), "{told}");
        }
        assert!(full(Path::new("b"), failure(rusqlite::ffi::SQLITE_BUSY)).to_string().starts_with("E501 "));
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("store.db");
        Connection::open(&source).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        let nowhere = sqlite(&source, &folder.path().join("no/such/folder"), &mut |_| ()).unwrap_err().to_string();
        assert!(nowhere.starts_with("E507 ") && nowhere.contains("no/such/folder"), "{nowhere}");
    }
}
