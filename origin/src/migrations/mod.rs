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

/// Whether programs of the release before can go on while a migration is applied, and after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It adds. Programs of before go on with what they know, and may start again.
    Expand,
    /// It changes or takes away what programs of before use, or lets rows in that they can't read: they have to be gone.
    Contract,
}

impl Kind {
    /// As it is recorded.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Expand => "expand",
            Kind::Contract => "contract",
        }
    }

    /// What was recorded; nothing else than an expansion counts as one.
    fn recorded(name: &str) -> Kind {
        if name == Kind::Expand.name() { Kind::Expand } else { Kind::Contract }
    }
}

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// From 1, without gaps.
    pub version: u32,
    /// What it does.
    pub name: &'static str,
    /// Whether programs of before can go on.
    pub kind: Kind,
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
    /// Whether programs that do not know it can go on, as the program said that applied it.
    pub kind: Kind,
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
    /// Whether programs of before can go on.
    pub kind: Kind,
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
            on_a_thread(move || {
                store::sqlite::keep_private(&path)?;
                sqlite::apply(&mut store::sqlite::connect(&path)?, now_ms)
            })
            .await
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
            on_a_thread(move || sqlite::status(&store::sqlite::look_into(&path)?)).await
        }
    }
}

/// Whether there is a store where the settings say. Changes nothing, and makes nothing.
///
/// # Errors
/// As [`status`].
pub async fn is_there(config: &Config) -> Result<bool> {
    Ok(status(config).await?.iter().any(|status| status.applied_at.is_some()))
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Internal(error.to_string()))?
}

/// Compares the history with the files, and says where each stands. What a newer program has added is no hindrance.
///
/// # Errors
/// [`StoreError::Schema`] when a newer program has changed what this one uses, or an applied file has changed.
pub fn compare(files: &'static [Migration], history: &[Applied]) -> Result<Vec<Status>> {
    let unknown = |applied: &&Applied| files.iter().all(|file| file.version != applied.version);
    if let Some(newer) = history.iter().filter(unknown).find(|applied| applied.kind != Kind::Expand) {
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
            Ok(Status { version: file.version, name: file.name.to_owned(), kind: file.kind, applied_at })
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
        Migration { version: 1, name: "one", kind: Kind::Expand, sql: "SELECT 1" },
        Migration { version: 2, name: "two", kind: Kind::Contract, sql: "SELECT 2" },
    ];

    fn applied(version: u32, sql: &str) -> Applied {
        Applied { version, checksum: hex::sha256(sql.as_bytes()), kind: Kind::Contract, applied_at: 7 }
    }

    #[test]
    fn what_a_newer_program_has_added_is_no_hindrance() {
        let both = [applied(1, "SELECT 1"), applied(2, "SELECT 2")];
        let added = Applied { kind: Kind::Expand, ..applied(3, "SELECT 3") };
        assert_eq!(due(&FILES, &[&both[..], std::slice::from_ref(&added)].concat()).unwrap().len(), 0);
        let changed = [&both[..], &[added, applied(4, "SELECT 4")]].concat();
        assert!(matches!(due(&FILES, &changed), Err(StoreError::Schema(_))));
    }

    #[test]
    fn what_changes_or_takes_away_is_not_called_an_expansion() {
        const TAKES: [&str; 8] = [
            "DROP TABLE",
            "DROP COLUMN",
            "DROP CONSTRAINT",
            "DROP FUNCTION",
            "DROP TRIGGER",
            "RENAME",
            "ALTER COLUMN",
            "DELETE FROM",
        ];
        let mut looked = 0;
        for file in [sqlite::FILES, postgres::FILES].into_iter().flatten().filter(|file| file.kind == Kind::Expand) {
            // What a function or a trigger does is not done by the migration.
            let lines = file.sql.lines().filter(|line| !line.starts_with(' '));
            let statements = lines.filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n").to_uppercase();
            let found = TAKES.iter().find(|takes| statements.contains(**takes));
            assert_eq!(found, None, "{} ({}) is called an expansion", file.version, file.name);
            looked += 1;
        }
        assert!(looked >= 15, "{looked}");
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
