//! Work that computes for long: on a thread of its own and one at a time, so that turns go on meanwhile, and so does the machine.

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::store::StoreError;

/// What computes at once in this process.
const MAX_COMPUTING: usize = 1;
static COMPUTING: Semaphore = Semaphore::const_new(MAX_COMPUTING);

/// Does such work when its turn comes.
///
/// # Errors
/// When it does not come to its end.
pub(crate) async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let permit = COMPUTING.acquire().await.map_err(|error| StoreError::Internal(error.to_string()))?;
    let work = move || {
        // Given back when the work is done, also where nobody waits for it any more.
        let _permit = permit;
        work()
    };
    spawn_blocking(work).await.map_err(|error| StoreError::Internal(error.to_string()))
}
