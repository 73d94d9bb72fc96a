//! The streams of an HTTP/2 connection, which has no limits of time of its own: one on which nothing moves has to end, as one of HTTP/1.1
//! does whose next request does not come, or whose answer is not taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::server::HEADERS_WITHIN;

/// How long nothing may move while a request is answered: longer than an answer may take to be made, and then to be taken.
const STUCK_WITHIN: Duration = Duration::from_secs(60);

/// What goes on on a connection.
#[derive(Debug)]
pub(crate) struct Streams {
    idle_within: Duration,
    stuck_within: Duration,
    open: AtomicUsize,
    moved: AtomicU64,
}

/// A request that is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Stream(Arc<Streams>);

impl Streams {
    /// Of a connection that has just begun.
    pub(crate) fn new() -> Arc<Streams> {
        Streams::with(HEADERS_WITHIN, STUCK_WITHIN)
    }

    fn with(idle_within: Duration, stuck_within: Duration) -> Arc<Streams> {
        Arc::new(Streams { idle_within, stuck_within, open: AtomicUsize::new(0), moved: AtomicU64::new(0) })
    }

    /// A request came.
    pub(crate) fn begin(self: &Arc<Self>) -> Stream {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.moved.fetch_add(1, Ordering::Relaxed);
        Stream(Arc::clone(self))
    }

    /// Returns when nothing has moved for too long.
    pub(crate) async fn stand_still(&self) {
        loop {
            let (open, moved) = (self.open.load(Ordering::Relaxed), self.moved.load(Ordering::Relaxed));
            tokio::time::sleep(if open == 0 { self.idle_within } else { self.stuck_within }).await;
            if self.moved.load(Ordering::Relaxed) == moved {
                return;
            }
        }
    }
}

impl Stream {
    /// Something of the answer is taken.
    pub(crate) fn moves(&self) {
        self.0.moved.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        self.0.moved.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const IDLE: Duration = Duration::from_millis(20);
    const STUCK: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_connection_without_a_request_and_one_whose_answer_is_not_taken_have_to_end() {
        let (streams, began) = (Streams::with(IDLE, STUCK), Instant::now());
        streams.stand_still().await;
        assert!(began.elapsed() >= IDLE && began.elapsed() < STUCK);
        let (began, stream) = (Instant::now(), streams.begin());
        streams.stand_still().await;
        assert!(began.elapsed() >= STUCK);
        drop(stream);
    }

    #[tokio::test]
    async fn one_on_which_something_moves_goes_on() {
        let streams = Streams::with(IDLE, STUCK);
        let stream = streams.begin();
        let taking = async {
            for _ in 0..8 {
                sleep(STUCK / 4).await;
                stream.moves();
            }
        };
        tokio::select! {
            () = taking => {}
            () = streams.stand_still() => panic!("it was being taken"),
        }
    }
}
