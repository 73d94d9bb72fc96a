//! The readers of a SQLite store: a fixed number of connections, each used by one read at a time.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::store::{Connections, Result, StoreError};

pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    count: usize,
}

impl Readers {
    pub(super) fn open(count: usize, connect: impl Fn() -> Result<Connection>) -> Result<Readers> {
        let idle = (0..count).map(|_| connect()).collect::<Result<Vec<_>>>()?;
        Ok(Readers { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(count)), count })
    }

    pub(super) async fn read<T, F>(readers: &Arc<Readers>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let closed = || StoreError::Unavailable("the store is closed".into());
        let permit = readers.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let readers = readers.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let connection = readers.take().ok_or_else(closed)?;
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&connection)))
                .unwrap_or_else(|_| Err(StoreError::Internal("a read panicked".into())));
            readers.put_back(connection);
            result
        });
        done.await.map_err(|error| StoreError::Internal(error.to_string()))?
    }

    /// What the readers do; the one writer is always there.
    pub(super) fn connections(&self) -> Connections {
        let idle = self.permits.available_permits();
        Connections { busy: self.count.saturating_sub(idle) as u64, idle: idle as u64, waiting: 0 }
    }

    /// Refuses further reads; waits for none.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, connection: Connection) {
        if !self.permits.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
