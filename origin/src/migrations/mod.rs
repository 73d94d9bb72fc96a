//! The schema's history: numbered files with checksums, the table that records them, and how they are applied.
//!
//! An applied file must never change; a store whose history differs from ours is refused rather than guessed at.

pub mod postgres;
pub mod sqlite;

use serde::Serialize;

use crate::clock::Millis;
use crate::config::Config;
use crate::hex;
use crate::store::{self, Result, StoreError};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// From 1, without gaps.
    pub version: u32,
    /// What it does.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

impl Migration {
    /// SHA-256 of the statements.
    #[must_use]
    pub fn checksum(&self) -> String {
        hex::sha256(self.sql.as_bytes())
    }
}

/// A migration as the history table records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: u32,
    /// SHA-256 of the statements that ran.
    pub checksum: String,
    /// When.
    pub applied_at: Millis,
}

/// One line of `lgdl migrate status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its number.
    pub version: u32,
    /// What it does.
    pub name: String,
    /// When it was applied; `None`: it is due.
    pub applied_at: Option<Millis>,
}

/// `lgdl migrate up`: applies what is due in the store that the settings name; returns how many.
///
/// # Errors
/// When the store can't be reached, its history does not fit this program, or a statement fails.
pub async fn up(config: &Config, now_ms: Millis) -> Result<usize> {
    match &config.postgres_url {
        Some(url) => {
            let mut client = store::postgres::connect(url.expose(), config.postgres_timeout).await?;
            postgres::apply(&mut client, now_ms).await
        }
        None => {
            let path = config.sqlite_path.clone();
            on_a_thread(move || sqlite::apply(&mut store::sqlite::connect(&path)?, now_ms)).await
        }
    }
}

/// `lgdl migrate status`: where each migration stands in the store that the settings name. Changes nothing; a SQLite
/// file that is not there has everything due.
///
/// # Errors
/// When the store can't be reached, or its history does not fit this program.
pub async fn status(config: &Config) -> Result<Vec<Status>> {
    match &config.postgres_url {
        Some(url) => {
            let client = store::postgres::connect(url.expose(), config.postgres_timeout).await?;
            postgres::status(&client).await
        }
        None if !config.sqlite_path.exists() => compare(sqlite::FILES, &[]),
        None => {
            let path = config.sqlite_path.clone();
            on_a_thread(move || sqlite::status(&store::sqlite::connect(&path)?)).await
        }
    }
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Internal(error.to_string()))?
}

/// Compares the history with the files, and says where each stands.
///
/// # Errors
/// [`StoreError::Schema`] when the store was written by a newer program, or an applied file has changed.
pub fn compare(files: &'static [Migration], history: &[Applied]) -> Result<Vec<Status>> {
    if let Some(newer) = history.iter().find(|applied| files.iter().all(|file| file.version != applied.version)) {
        let known = files.last().map_or(0, |file| file.version);
        return Err(StoreError::Schema(format!(
            "it has migration {}, this program knows {known}; run a newer lgdl",
            newer.version
        )));
    }
    files
        .iter()
        .map(|file| {
            let applied = history.iter().find(|applied| applied.version == file.version);
            if applied.is_some_and(|applied| applied.checksum != file.checksum()) {
                return Err(StoreError::Schema(format!(
                    "migration {} ({}) was applied in another form than this program has",
                    file.version, file.name
                )));
            }
            let applied_at = applied.map(|applied| applied.applied_at);
            Ok(Status { version: file.version, name: file.name.to_owned(), applied_at })
        })
        .collect()
}

/// The migrations that are due, in order.
///
/// # Errors
/// As [`compare`].
pub fn due(files: &'static [Migration], history: &[Applied]) -> Result<Vec<&'static Migration>> {
    let statuses = compare(files, history)?;
    Ok(files.iter().zip(statuses).filter(|(_, status)| status.applied_at.is_none()).map(|(file, _)| file).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    static FILES: [Migration; 2] = [
        Migration { version: 1, name: "one", sql: "SELECT 1" },
        Migration { version: 2, name: "two", sql: "SELECT 2" },
    ];

    fn applied(version: u32, sql: &str) -> Applied {
        Applied { version, checksum: hex::sha256(sql.as_bytes()), applied_at: 7 }
    }

    #[test]
    fn only_what_is_missing_is_due() {
        let numbers = |history: &[Applied]| due(&FILES, history).unwrap().iter().map(|m| m.version).collect::<Vec<_>>();
        assert_eq!(numbers(&[]), [1, 2]);
        assert_eq!(numbers(&[applied(1, "SELECT 1")]), [2]);
        assert_eq!(numbers(&[applied(1, "SELECT 1"), applied(2, "SELECT 2")]), [0; 0]);
    }

    #[test]
    fn a_changed_file_and_a_newer_store_are_refused() {
        assert!(matches!(due(&FILES, &[applied(1, "SELECT 9")]), Err(StoreError::Schema(_))));
        assert!(matches!(due(&FILES, &[applied(3, "SELECT 3")]), Err(StoreError::Schema(_))));
    }

    #[test]
    fn our_files_are_numbered_without_gaps() {
        for files in [sqlite::FILES, postgres::FILES] {
            assert!(files.iter().zip(1..).all(|(file, number)| file.version == number));
        }
    }
}
