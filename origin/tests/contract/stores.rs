//! Fresh stores for the cases.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use lgdl_origin::clock::ManualClock;
use lgdl_origin::config::Secret;
use lgdl_origin::store::Store;
use lgdl_origin::store::postgres::{PoolSettings, PostgresStore};
use lgdl_origin::store::sqlite::SqliteStore;
use tempfile::TempDir;

use crate::data::NOW;
use crate::postgres_server;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A store that nobody has used, and what must live as long as it.
pub(crate) struct Fresh {
    pub(crate) store: Arc<dyn Store>,
    /// Of PostgreSQL.
    pub(crate) url: Option<String>,
    _folder: Option<TempDir>,
}

impl Deref for Fresh {
    type Target = dyn Store;
    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

pub(crate) async fn fresh(kind: Kind) -> Result<Fresh, String> {
    match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
            let path = folder.path().join("lgdl.db");
            let store = SqliteStore::open(&path, &ManualClock::at(NOW)).await.expect("a fresh store opens");
            Ok(Fresh { store: Arc::new(store), url: None, _folder: Some(folder) })
        }
        Kind::Postgres => {
            let url = tokio::task::spawn_blocking(|| postgres_server::shared().map(|cluster| cluster.fresh_database()));
            let url = url.await.expect("the server is started")?;
            let store = open_postgres(&url).await;
            Ok(Fresh { store: Arc::new(store), url: Some(url), _folder: None })
        }
    }
}

pub(crate) async fn open_postgres(url: &str) -> PostgresStore {
    let settings =
        PoolSettings { url: Secret::new(url), read_url: None, min: 1, max: 8, timeout: Duration::from_secs(20) };
    PostgresStore::open(&settings, &ManualClock::at(NOW)).await.expect("a fresh store opens")
}
