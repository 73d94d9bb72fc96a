//! Who listens to events, how many at once, and how often the store is asked for them: whoever listens must not keep turns waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use super::Problem;

/// Streams and waits of one administrator at a time.
pub(crate) const MAX_OF_ONE: usize = 32;
/// Those of all together.
const MAX_IN_ALL: usize = 512;
/// Reads for them at a time.
const READS_AT_ONCE: usize = 4;
/// When whoever is refused may try again, seconds.
const RETRY_SECONDS: u32 = 5;

/// Who listens.
#[derive(Debug)]
pub(crate) struct Listening {
    by: Arc<Mutex<HashMap<String, usize>>>,
    reads: Semaphore,
}

impl Default for Listening {
    fn default() -> Listening {
        Listening { by: Arc::default(), reads: Semaphore::new(READS_AT_ONCE) }
    }
}

/// One who listens; dropped when they are done.
#[derive(Debug)]
pub(crate) struct Listener {
    by: Arc<Mutex<HashMap<String, usize>>>,
    who: String,
}

impl Listening {
    /// Lets somebody listen.
    pub(crate) fn begin(&self, who: &str) -> Result<Listener, Problem> {
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        let full = by.values().sum::<usize>() >= MAX_IN_ALL;
        let own = by.get(who).copied().unwrap_or(0);
        if full || own >= MAX_OF_ONE {
            let detail = match own >= MAX_OF_ONE {
                true => {
                    format!("One administrator follows {MAX_OF_ONE} streams of events at a time: end some of them.")
                }
                false => "As many follow events as this origin allows.".to_owned(),
            };
            return Err(Problem::too_many(detail).retry_after(RETRY_SECONDS));
        }
        by.insert(who.to_owned(), own + 1);
        Ok(Listener { by: Arc::clone(&self.by), who: who.to_owned() })
    }

    /// Waits for a turn to read. Nobody closes it, so it never fails.
    pub(crate) async fn read(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.reads.acquire().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                by.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_listens_more_than_they_may_and_the_others_may_all_the_same() {
        let listening = Listening::default();
        let mut anns: Vec<Listener> = (0..MAX_OF_ONE).map(|_| listening.begin("ann").unwrap()).collect();
        assert_eq!(listening.begin("ann").unwrap_err().code(), "E532");
        let others: Vec<Listener> =
            (MAX_OF_ONE..MAX_IN_ALL).map(|number| listening.begin(&number.to_string()).unwrap()).collect();
        assert!(listening.begin("ben").is_err());
        drop(others);
        drop(anns.pop());
        let _ben = listening.begin("ben").unwrap();
        let _ann = listening.begin("ann").unwrap();
        assert!(listening.begin("ann").is_err());
    }
}
