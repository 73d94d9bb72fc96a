//! Settings that are read anew on SIGHUP while a server runs: what may change does, and the rest is named.

use std::path::PathBuf;

use lgdl_origin::config::Given;
use tracing_subscriber::EnvFilter;

use super::deployment::failed;
use super::failure::Failure;
use super::logging::{self, Logging, Redaction};

/// The settings of a server that runs.
pub(super) struct Settings {
    file: Option<PathBuf>,
    given: Given,
    logging: Logging,
}

/// Settings that were read anew and are whole.
pub(super) struct Read {
    pub(super) given: Given,
    filter: EnvFilter,
    redaction: Redaction,
    changed: Vec<String>,
    waiting: Vec<String>,
}

impl Settings {
    /// Those of the start.
    pub(super) fn new(file: Option<PathBuf>, given: Given, logging: Logging) -> Settings {
        Settings { file, given, logging }
    }

    /// Reads them anew; `None`: something is wrong with them, which the log names, and nothing changes.
    pub(super) fn read<T>(&self, take: impl FnOnce(Given) -> Result<T, Failure>) -> Option<(Read, T)> {
        let read = || {
            let newer = Given::load(self.file.as_deref()).map_err(failed)?;
            let reloaded = self.given.reloaded(&newer).map_err(failed)?;
            let (filter, redacts) = reloaded.given.logging().map_err(failed)?;
            let filter = logging::filter(&filter)?;
            let redaction = if redacts { Redaction::On } else { Redaction::Off };
            let taken = take(reloaded.given.clone())?;
            let (given, changed, waiting) = (reloaded.given, reloaded.changed, reloaded.waiting);
            Ok((Read { given, filter, redaction, changed, waiting }, taken))
        };
        match read() {
            Ok(read) => Some(read),
            Err(Failure::Failed(why) | Failure::Usage(why)) => {
                tracing::error!(why, "the settings stay as they are");
                None
            }
            Err(Failure::ReaderGone) => None,
        }
    }

    /// They are in force: logging follows them, and the log tells what has changed.
    pub(super) fn took(&mut self, read: Read) {
        let Read { given, filter, redaction, changed, waiting } = read;
        if let Err(error) = self.logging.change(filter, redaction) {
            tracing::error!(%error, "what is logged stays as it is");
        }
        tracing::info!(changed = changed.join(", "), "the settings were read anew");
        if !waiting.is_empty() {
            tracing::warn!(settings = waiting.join(", "), "these settings have changed too, and need a restart");
        }
        self.given = given;
    }
}
