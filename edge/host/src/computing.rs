//! How long a request has computed: the processor's time, not the clock's.
//!
//! A request that waits for the origin, or whose thread waits for the processor on a busy machine, computes nothing
//! meanwhile, and is charged with nothing.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

thread_local! {
    /// The thread's processor time when it took up what it computes now.
    static SINCE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The computing time of one request.
#[derive(Debug)]
pub(crate) struct Computing {
    limit: Duration,
    /// Nanoseconds, up to where the request last waited.
    before: AtomicU64,
}

impl Computing {
    /// Nothing yet, of at most `limit`.
    pub(crate) fn within(limit: Duration) -> Arc<Computing> {
        Arc::new(Computing { limit, before: AtomicU64::new(0) })
    }

    /// Does work, whatever threads it runs on, and counts what it computes.
    pub(crate) async fn charge<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let since = of_this_thread();
            SINCE.set(since);
            let polled = work.as_mut().poll(context);
            let computed = of_this_thread().saturating_sub(since);
            self.before.fetch_add(u64::try_from(computed.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            polled
        })
        .await
    }

    /// Whether it is too much. To be asked by the work itself: it counts what this thread has computed since it took it up.
    pub(crate) fn is_used_up(&self) -> bool {
        let now = of_this_thread().saturating_sub(SINCE.get());
        Duration::from_nanos(self.before.load(Ordering::Relaxed)) + now > self.limit
    }
}

/// The processor time of the thread that asks.
fn of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_charged_with_nothing() {
        let computing = Computing::within(Duration::from_millis(50));
        let work = async {
            for _ in 0..20 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // Off the processor without giving the thread away, as on a busy machine.
            std::thread::sleep(Duration::from_millis(100));
            computing.is_used_up()
        };
        assert!(!computing.charge(work).await);
    }

    #[tokio::test]
    async fn what_was_computed_before_a_wait_counts_after_it() {
        let computing = Computing::within(Duration::from_millis(20));
        let work = async {
            let mut steps = 0;
            while !computing.is_used_up() {
                // Some computing, then a wait: none of the pieces uses the time up by itself.
                let end = of_this_thread() + Duration::from_millis(1);
                while of_this_thread() < end {}
                steps += 1;
                tokio::task::yield_now().await;
            }
            steps
        };
        let steps = computing.charge(work).await;
        assert!((15..=21).contains(&steps), "{steps}");
    }
}
