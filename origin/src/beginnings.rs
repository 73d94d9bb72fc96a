//! Whether a store that holds nothing is a new one, or has taken the place of one that was lost: a database whose volume is not mounted,
//! whose file is gone, or whose URL is another looks like a fresh machine. What lies beside it tells: tombstones, checkpoints of the audit
//! log, archived conversations, backups. An origin that finds them beside an empty store does not serve: nodes keep what is said meanwhile.

use std::path::{Path, PathBuf};

use crate::archives::{ArchiveError, Shelf};
use crate::audit::read_checkpoints;
use crate::backup::{BackupError, schedule};
use crate::clock::Clock;
use crate::config::Config;
use crate::files::with_suffix;
use crate::migrations;
use crate::objects::{Location, Place};
use crate::serve::open_store;
use crate::store::{Store, StoreError};
use crate::tombstones::{self, TombstoneError};

/// The note of the store that it may begin as it is. One that has it was looked at, and is not looked at again.
const BEGUN_NOTE: &str = "local:begun";

/// Why a store may not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginningError {
    /// There was another one before.
    #[error(
        "E506 there was a store, and now there is nothing in it: {place} is empty, but beside it there {}. Nothing is served; edge \
         nodes journal meanwhile what is said in conversations that they hold, and keep nothing of others. Is {setting} right, and its volume mounted? Then start again. Is it lost? `lgdl restore \
         BACKUP` brings it back (docs/deploy/recovery.md). If all of that may go: `lgdl migrate up --anew`, and start again",
        told(.signs)
    )]
    Lost {
        /// Where the store should be.
        place: String,
        /// The setting that says so.
        setting: &'static str,
        /// What shows it.
        signs: Vec<Sign>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of tombstones can't be read.
    #[error(transparent)]
    Tombstones(#[from] TombstoneError),
    /// The archive can't be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Where backups lie can't be read.
    #[error(transparent)]
    Backups(#[from] BackupError),
    /// The file of checkpoints can't be read.
    #[error("E513 {0}: {1}")]
    Checkpoints(PathBuf, std::io::Error),
}

/// What shows that there was a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// Its log, which it has when it was not closed.
    Log(PathBuf),
    /// Tombstones of its persons.
    Tombstones(PathBuf),
    /// Signed checkpoints of its audit log.
    Checkpoints(PathBuf),
    /// Its conversations.
    Archive(Location),
    /// Its backups.
    Backups(Location),
}

impl std::fmt::Display for Sign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sign::Log(path) => write!(f, "is its log ({})", path.display()),
            Sign::Tombstones(path) => write!(f, "are tombstones ({})", path.display()),
            Sign::Checkpoints(path) => write!(f, "are checkpoints of its audit log ({})", path.display()),
            Sign::Archive(place) => write!(f, "are archived conversations ({place})"),
            Sign::Backups(place) => write!(f, "are backups ({place})"),
        }
    }
}

/// Signs in words: `are tombstones (…), are backups (…)`.
pub(crate) fn told(signs: &[Sign]) -> String {
    signs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Where the store of the settings lies, without its password, and which setting says so.
#[must_use]
pub fn place_of(config: &Config) -> (String, &'static str) {
    let Some(url) = &config.postgres_url else {
        return (config.sqlite_path.display().to_string(), "LGDL_SQLITE_PATH");
    };
    let parsed = url.expose().parse::<tokio_postgres::Config>().ok();
    let name = parsed.as_ref().and_then(|config| config.get_dbname().map(str::to_owned));
    (name.map_or("the database".to_owned(), |name| format!("the database {name}")), "LGDL_POSTGRES_URL")
}

/// Looks, before anything is made, whether there was a store where there is none.
///
/// # Errors
/// [`BeginningError::Lost`] when there was; others when something can't be looked at.
pub async fn check_place(config: &Config) -> Result<(), BeginningError> {
    if migrations::is_there(config).await? { Ok(()) } else { refuse(config, signs(config, None).await?) }
}

/// Looks whether a store that holds nothing of anybody has taken the place of another, and notes in one that may begin that it may.
///
/// # Errors
/// As [`check_place`].
pub async fn check(store: &dyn Store, config: &Config, clock: &dyn Clock) -> Result<(), BeginningError> {
    if store.setting(BEGUN_NOTE).await?.is_some() {
        return Ok(());
    }
    refuse(config, signs_beside(store, config).await?)?;
    Ok(store.note(BEGUN_NOTE, &clock.now_ms().to_string()).await?)
}

/// What shows that a store that holds nothing has taken the place of another; nothing where it may be as it is.
///
/// # Errors
/// When the store fails, or something can't be looked at.
pub async fn signs_beside(store: &dyn Store, config: &Config) -> Result<Vec<Sign>, BeginningError> {
    match store.setting(BEGUN_NOTE).await?.is_some() || !is_blank(store).await? {
        true => Ok(Vec::new()),
        false => signs(config, Some(store)).await,
    }
}

/// Makes the store, and has it begin whatever was there before.
///
/// # Errors
/// When the store fails.
pub async fn begin_anew(config: &Config, clock: &dyn Clock) -> Result<(), StoreError> {
    let store = open_store(config, clock).await?;
    let noted = store.note(BEGUN_NOTE, &clock.now_ms().to_string()).await;
    store.close().await;
    noted
}

fn refuse(config: &Config, signs: Vec<Sign>) -> Result<(), BeginningError> {
    let (place, setting) = place_of(config);
    if signs.is_empty() { Ok(()) } else { Err(BeginningError::Lost { place, setting, signs }) }
}

/// Whether nobody was ever here.
async fn is_blank(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(store.persons(("", ""), 1).await?.is_empty()
        && store.tombstones((0, ""), 1).await?.is_empty()
        && store.data_keys(None, 1).await?.is_empty())
}

/// What shows that there was a store other than `store`, which nobody was in, or where there is none.
///
/// # Errors
/// When something can't be looked at.
pub async fn signs(config: &Config, store: Option<&dyn Store>) -> Result<Vec<Sign>, BeginningError> {
    let mut signs = Vec::new();
    let log = with_suffix(&config.sqlite_path, "-wal");
    if config.postgres_url.is_none() && store.is_none() && log.exists() {
        signs.push(Sign::Log(log));
    }
    if let Some(path) = config.tombstones.as_ref().filter(|path| path.exists())
        && tombstones::holds_any(path)?
    {
        signs.push(Sign::Tombstones(path.clone()));
    }
    if let Some(path) = config.audit_checkpoints.as_ref().filter(|path| path.exists())
        && tells_of_another(path, store).await?
    {
        signs.push(Sign::Checkpoints(path.clone()));
    }
    if let Some(shelf) = Shelf::of(config)
        && shelf.holds_any().await?
    {
        signs.push(Sign::Archive(shelf.location().clone()));
    }
    if let Some(location) = &config.backup_url
        && schedule::holds_of_another(&Place::new(location.clone(), config.objects.clone()), store).await?
    {
        signs.push(Sign::Backups(location.clone()));
    }
    Ok(signs)
}

/// Whether the last checkpoint of the file is of another audit log than the store's.
async fn tells_of_another(path: &Path, store: Option<&dyn Store>) -> Result<bool, BeginningError> {
    let text = std::fs::read_to_string(path).map_err(|error| BeginningError::Checkpoints(path.to_owned(), error))?;
    if text.trim().is_empty() {
        return Ok(false);
    }
    // Something that can't be read is there all the same; `lgdl audit verify` says what is wrong with it.
    let last = read_checkpoints(&text).all.pop();
    let (Some(last), Some(store)) = (last, store) else { return Ok(true) };
    let links = store.audit(last.sequence.saturating_sub(1), 1).await?;
    Ok(!links.iter().any(|link| link.sequence == last.sequence && link.hash == last.hash))
}
