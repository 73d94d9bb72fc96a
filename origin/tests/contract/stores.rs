//! Fresh stores for the cases.

use std::ops::Deref;
use std::sync::Arc;

use lgdl_origin::clock::ManualClock;
use lgdl_origin::store::Store;
use lgdl_origin::store::sqlite::SqliteStore;
use tempfile::TempDir;

use crate::data::NOW;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Sqlite,
}

/// A store that nobody has used, and what must live as long as it.
pub(crate) struct Fresh {
    pub(crate) store: Arc<dyn Store>,
    _folder: TempDir,
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
            Ok(Fresh { store: Arc::new(store), _folder: folder })
        }
    }
}
