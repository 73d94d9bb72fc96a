//! The drill: a backup is restored beside the store, read to the last record, and taken away again. What it proves is
//! that the backup could be restored now, with the keys of now.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::{BackupError, Opened, is_newest, open_folder, restore_postgres, restore_sqlite};
use crate::archives::ArchivedTurns;
use crate::audit;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Secret};
use crate::objects::Location;
use crate::privacy::UnreadableList;
use crate::random::{Random as _, SystemRandom};
use crate::serve::protection;
use crate::store::postgres::{PoolSettings, PostgresStore, connect};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};
use crate::transfer::{ExportOptions, StoreSource, VerifyReport, export, verify};
use crate::{hex, store};

/// What a drill found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrillReport {
    /// Records that were read, every text opened.
    pub records: u64,
    /// What could not be read.
    pub unreadable: UnreadableList,
    /// Links of the audit log.
    pub audit_links: u64,
    /// What is wrong with them.
    pub audit_faults: u64,
    /// Whether it is the newest backup of the store as it is now: only then the drill says how well that is kept.
    pub newest: bool,
    /// The backup compared with the store as it is now: what the store has done since.
    pub live: VerifyReport,
}

impl DrillReport {
    /// Whether the backup is good. That the store has gone on since is no fault.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.audit_faults == 0 && self.unreadable.is_empty()
    }
}

/// Restores `backup` beside the store of the settings, which is `live`, and reads it to the end.
///
/// # Errors
/// When it can't be restored, or the store fails. What can't be read is named in the report.
pub async fn drill(
    config: &Config,
    backup: &Location,
    programs: Option<&Path>,
    live: &dyn Store,
) -> Result<DrillReport, BackupError> {
    let opened = Opened::of(backup, config).await?;
    let backup = opened.path();
    match &config.postgres_url {
        Some(url) => on_postgres(config, url.expose(), backup, programs, live).await,
        None => on_sqlite(config, backup, live).await,
    }
}

async fn on_sqlite(config: &Config, backup: &Path, live: &dyn Store) -> Result<DrillReport, BackupError> {
    let folder = open_folder(config)?;
    let (from, to) = (backup.to_owned(), folder.path().join("restored.db"));
    let restored = to.clone();
    tokio::task::spawn_blocking(move || restore_sqlite(&from, &to, SystemClock.now_ms()))
        .await
        .map_err(|error| StoreError::Internal(error.to_string()))??;
    examine(config, Arc::new(SqliteStore::open(&restored, &SystemClock).await?), live).await
}

async fn on_postgres(
    config: &Config,
    url: &str,
    backup: &Path,
    programs: Option<&Path>,
    live: &dyn Store,
) -> Result<DrillReport, BackupError> {
    let mut number = [0; 8];
    SystemRandom.fill(&mut number);
    let name = format!("lgdl_drill_{}", hex::encode(&number));
    let client = connect(url, config.postgres_timeout).await?;
    let obey = async |statement: String| {
        client.batch_execute(&statement).await.map_err(|error| store::postgres::failed(&error))
    };
    obey(format!("CREATE DATABASE {name}")).await?;
    let drilled = async {
        let url = with_database(url, &name);
        restore_postgres(backup, &url, programs).await?;
        let timeout = config.postgres_timeout;
        let settings = PoolSettings { url: Secret::new(url), read_url: None, min: 1, max: 2, timeout };
        examine(config, Arc::new(PostgresStore::open(&settings, &SystemClock).await?), live).await
    };
    let drilled = drilled.await;
    obey(format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    drilled
}

async fn examine(
    config: &Config,
    restored: Arc<dyn Store>,
    live_store: &dyn Store,
) -> Result<DrillReport, BackupError> {
    let protection = protection(config, &restored, Arc::new(SystemClock), Arc::new(SystemRandom));
    let found = async {
        // Also what lies in the archive: a backup without it is not whole.
        let options = ExportOptions { archived: ArchivedTurns::read_in(config), ..ExportOptions::default() };
        let mut nowhere = tokio::io::sink();
        let now_ms = SystemClock.now_ms();
        let read = export(&*restored, &*protection, &options, now_ms, &mut nowhere, &mut |_| ()).await;
        let read = read.map_err(|error| BackupError::Unreadable(error.to_string()))?;
        let chain = audit::verify(&*restored, &[], None).await?;
        let named = |store, name: &str| StoreSource { store, name: name.to_owned() };
        let live = verify(&named(&*restored, "backup"), &named(live_store, "store"), &mut |_| ()).await?;
        let newest = is_newest(&*restored, live_store).await?;
        Ok(DrillReport {
            newest,
            records: read.records,
            unreadable: read.unreadable,
            audit_links: chain.links,
            audit_faults: chain.faults,
            live,
        })
    };
    let found = found.await;
    restored.close().await;
    found
}

/// The URL with another database; of two that it names, the later one counts.
fn with_database(url: &str, database: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}dbname={database}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drills_database_takes_the_place_of_the_stores() {
        for url in ["postgres://u:p%40w@h:5433/lgdl", "postgres://u@/lgdl?host=%2Ftmp&dbname=other", "postgres://h"] {
            let config: tokio_postgres::Config = with_database(url, "drill").parse().expect("a URL");
            assert_eq!(config.get_dbname(), Some("drill"), "{url}");
        }
    }
}
