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

/// The file of a SQLite store, in its folder.
const FILE: &str = "lgdl.db";

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
    /// Of SQLite.
    folder: Option<TempDir>,
}

impl Deref for Fresh {
    type Target = dyn Store;
    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// What refuses events in a database, and what takes that back; the same in both.
const REFUSE_ON_SQLITE: &str = "CREATE TRIGGER refuse_events BEFORE INSERT ON outbox
    BEGIN SELECT raise(ABORT, 'no events'); END";
const REFUSE_ON_POSTGRES: &str = "CREATE FUNCTION refuse_events() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no events'; END $$;
    CREATE TRIGGER refuse_events BEFORE INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION refuse_events()";
const TAKE_ON_SQLITE: &str = "DROP TRIGGER refuse_events";
const TAKE_ON_POSTGRES: &str = "DROP FUNCTION refuse_events CASCADE";

impl Fresh {
    /// From now on the database takes no event: whatever wants to tell something fails.
    pub(crate) async fn refuse_events(&self) {
        self.run_beside(REFUSE_ON_SQLITE, REFUSE_ON_POSTGRES).await;
    }

    /// The database takes events again.
    pub(crate) async fn take_events(&self) {
        self.run_beside(TAKE_ON_SQLITE, TAKE_ON_POSTGRES).await;
    }

    /// Runs statements on a connection of our own.
    async fn run_beside(&self, on_sqlite: &str, on_postgres: &str) {
        match (&self.folder, &self.url) {
            (Some(folder), _) => {
                let connection = rusqlite::Connection::open(folder.path().join(FILE)).unwrap();
                connection.busy_timeout(Duration::from_secs(5)).unwrap();
                connection.execute_batch(on_sqlite).unwrap();
            }
            (None, Some(url)) => {
                let client = lgdl_origin::store::postgres::connect(url, Duration::from_secs(20)).await.unwrap();
                client.batch_execute(on_postgres).await.unwrap();
            }
            (None, None) => panic!("a store is one or the other"),
        }
    }
}

pub(crate) async fn fresh(kind: Kind) -> Result<Fresh, String> {
    match kind {
        Kind::Sqlite => {
            let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
            let path = folder.path().join(FILE);
            let store = SqliteStore::open(&path, &ManualClock::at(NOW)).await.expect("a fresh store opens");
            Ok(Fresh { store: Arc::new(store), url: None, folder: Some(folder) })
        }
        Kind::Postgres => {
            let url = tokio::task::spawn_blocking(|| postgres_server::shared().map(|cluster| cluster.fresh_database()));
            let url = url.await.expect("the server is started")?;
            let store = open_postgres(&url).await;
            Ok(Fresh { store: Arc::new(store), url: Some(url), folder: None })
        }
    }
}

pub(crate) async fn open_postgres(url: &str) -> PostgresStore {
    open_postgres_with_replica(url, None).await
}

pub(crate) async fn open_postgres_with_replica(url: &str, replica: Option<&str>) -> PostgresStore {
    let (url, read_url) = (Secret::new(url), replica.map(Secret::new));
    let settings = PoolSettings { url, read_url, min: 1, max: 8, timeout: Duration::from_secs(20) };
    PostgresStore::open(&settings, &ManualClock::at(NOW)).await.expect("a fresh store opens")
}
