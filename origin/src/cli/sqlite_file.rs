//! The SQLite file that records are read from: a store of ours, or a file of the Python runtime.

use std::path::{Path, PathBuf};

use lgdl_origin::Config;
use lgdl_origin::clock::SystemClock;
use lgdl_origin::migrations;
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{Maintenance as _, Result as StoreResult, StoreError};
use lgdl_origin::transfer::{PythonOptions, PythonSource};

use super::deployment::{Deployment, failed};
use super::failure::Failure;

/// Which file, and what a file of the Python runtime does not say.
#[derive(clap::Args, Debug)]
pub(super) struct Flags {
    /// The SQLite file; default: LGDL_SQLITE_PATH
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    pub(super) python: PythonFlags,
}

/// What a file of the Python runtime does not say.
#[derive(clap::Args, Debug)]
pub(super) struct PythonFlags {
    /// The game of conversations whose metadata name none; of a file of the Python runtime
    #[arg(long, value_name = "GAME")]
    game: Option<String>,
    /// Who owns conversations whose metadata name nobody; of a file of the Python runtime
    #[arg(long, value_name = "USER", default_value = "unknown")]
    owner: String,
}

/// An open file.
pub(super) enum SqliteFile {
    /// A store of ours.
    Ours(SqliteStore),
    /// A file of the Python runtime.
    Python(PythonSource),
}

impl Flags {
    /// The file, which must be there.
    pub(super) fn find(&self, config: &Config) -> Result<PathBuf, Failure> {
        let path = self.from.as_deref().unwrap_or(&config.sqlite_path);
        if path.is_file() { Ok(path.to_owned()) } else { Err(Failure::Usage(format!("{} is no file", path.display()))) }
    }
}

impl PythonFlags {
    /// Opens a file of the Python runtime, for conversations of the deployment's games.
    pub(super) async fn open(&self, path: &Path, deployment: &Deployment) -> Result<PythonSource, Failure> {
        let games = deployment.store.games(&deployment.tenant).await.map_err(failed)?;
        let versions = games.into_iter().map(|game| (game.game, game.active.version)).collect();
        let options = PythonOptions {
            tenant: deployment.tenant.clone(),
            game: self.game.clone(),
            versions,
            user_id: self.owner.clone(),
        };
        PythonSource::open(path, options).map_err(failed)
    }
}

impl SqliteFile {
    /// Opens a file of either kind.
    pub(super) async fn open(path: &Path, flags: &Flags, deployment: &Deployment) -> Result<SqliteFile, Failure> {
        if PythonSource::recognizes(path).map_err(failed)? {
            return Ok(SqliteFile::Python(flags.python.open(path, deployment).await?));
        }
        let there = Config { sqlite_path: path.to_owned(), postgres_url: None, ..deployment.config.clone() };
        if !migrations::is_there(&there).await.map_err(failed)? {
            return Err(failed(StoreError::NotThere(path.display().to_string())));
        }
        Ok(SqliteFile::Ours(SqliteStore::open(path, &SystemClock).await.map_err(failed)?))
    }

    /// Conversations without a turn and turns without a conversation, which are not copied.
    pub(super) fn left_behind(&self) -> StoreResult<(u64, u64)> {
        match self {
            SqliteFile::Ours(_) => Ok((0, 0)),
            SqliteFile::Python(python) => python.left_behind(),
        }
    }

    pub(super) async fn close(self) {
        if let SqliteFile::Ours(store) = self {
            store.close().await;
        }
    }
}
