//! Work that goes on for as long as the process does. Where it breaks down it begins again, and that is told: what ends in silence is
//! missed only once it is needed.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::{HOUR_MS, Millis, is_within};
use crate::http::Origin;

/// How long what broke down waits before it begins again.
const BEGINS_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// How long it is told that something broke down.
const TOLD_FOR_MS: Millis = HOUR_MS;

/// What broke down in this process, and when it last did.
#[derive(Debug, Default)]
pub struct BrokenDown(Mutex<BTreeMap<&'static str, Millis>>);

impl BrokenDown {
    fn note(&self, name: &'static str, now_ms: Millis) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, now_ms);
    }

    /// What broke down lately.
    #[must_use]
    pub fn lately(&self, now_ms: Millis) -> Vec<&'static str> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|(_, at)| is_within(**at, TOLD_FOR_MS, now_ms)).map(|(name, _)| *name).collect()
    }
}

/// Has work of a name go on among `tasks`, until they are ended or it ends by itself.
pub(crate) fn keep<F>(
    tasks: &mut JoinSet<()>,
    origin: &Origin,
    name: &'static str,
    work: impl Fn(Origin) -> F + Send + Sync + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let origin = origin.clone();
    tasks.spawn(async move {
        let broke_down = || origin.metrics.broken_down.note(name, origin.clock.now_ms());
        let pause = || tokio::time::sleep(BEGINS_AGAIN_AFTER);
        again_and_again(name, (pause, || false), broke_down, || work(origin.clone())).await;
    });
}

/// The same for work that ends once it is told to stop: then what broke down begins again at once, and keeps what it has to.
pub(crate) fn keep_until_told<F>(
    tasks: &mut JoinSet<()>,
    origin: &Origin,
    name: &'static str,
    stopping: watch::Receiver<bool>,
    work: impl Fn(Origin, watch::Receiver<bool>) -> F + Send + Sync + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let origin = origin.clone();
    tasks.spawn(async move {
        let broke_down = || origin.metrics.broken_down.note(name, origin.clock.now_ms());
        let pause = || async {
            // Told or not, it begins again.
            let mut told = stopping.clone();
            let _ = tokio::time::timeout(BEGINS_AGAIN_AFTER, told.wait_for(|stopping| *stopping)).await;
        };
        let is_told = || *stopping.borrow();
        again_and_again(name, (pause, is_told), broke_down, || work(origin.clone(), stopping.clone())).await;
    });
}

/// Once it is told to stop it begins a last time, for what it has to keep.
async fn again_and_again<F, P>(
    name: &str,
    (pause, is_told): (impl Fn() -> P, impl Fn() -> bool),
    broke_down: impl Fn(),
    work: impl Fn() -> F,
) where
    F: Future<Output = ()> + Send + 'static,
    P: Future,
{
    loop {
        let is_last = is_told();
        // A task of its own, which ends with this one.
        let mut task = JoinSet::new();
        task.spawn(work());
        let Some(Err(error)) = task.join_next().await else { return };
        tracing::error!(task = name, %error, "what must go on broke down, and begins again");
        broke_down();
        if is_last {
            return;
        }
        pause().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_breaks_down_begins_again_and_is_told_for_an_hour() {
        let (begun, broken) = (Arc::new(AtomicU32::new(0)), BrokenDown::default());
        let work = || {
            let begun = Arc::clone(&begun);
            async move { assert!(begun.fetch_add(1, Ordering::SeqCst) >= 2, "it breaks down") }
        };
        again_and_again("work", (|| async {}, || false), || broken.note("work", 7), work).await;
        assert_eq!(begun.load(Ordering::SeqCst), 3);
        let always = || async { panic!("it breaks down") };
        again_and_again("other work", (|| async {}, || true), || (), always).await;
        assert_eq!((broken.lately(7), broken.lately(7 + TOLD_FOR_MS)), (vec!["work"], Vec::new()));
    }
}
