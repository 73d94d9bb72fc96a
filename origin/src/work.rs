//! What the store did with the last real work, and with the last trial write: what health and readiness say.
//!
//! Both are needed. A trial may succeed where turns fail (they need more room, or other tables), and without turns only a
//! trial tells. So work that failed counts until work succeeds, or until nothing failed for [`FORGOTTEN_AFTER_MS`] and a trial
//! succeeds.

use std::sync::{Mutex, PoisonError};

use crate::clock::{Millis, is_within};

/// How long work that failed speaks for the store, when no work follows and trials succeed.
pub const FORGOTTEN_AFTER_MS: Millis = 4_000;
/// How long the outcome of a trial is good for: whoever asks more often gets the same answer, and costs nothing.
pub const TRIAL_EVERY_MS: Millis = 1_000;
/// So many turns in a row must fail before one that failed for a reason of its own counts against the store.
const FAILURES_IN_A_ROW: u32 = 3;

/// How work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The store took it.
    Well,
    /// The store was not there, was full, or did not answer: nothing else will fare better.
    Unavailable,
    /// It failed, for a reason that may be its own.
    Failed,
}

/// The outcome of a trial write.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// When it was made.
    pub at: Millis,
    /// How long it took, milliseconds.
    pub latency_ms: f64,
    /// Why it failed, in words for everybody.
    pub failed: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Last {
    failures: u32,
    unavailable: bool,
    failed_at: Millis,
}

/// What the last work said. One a process.
#[derive(Debug, Default)]
pub struct Work {
    last: Mutex<Last>,
    /// Held while a trial is made, so that many who ask share one.
    pub(crate) trial: tokio::sync::Mutex<Option<Trial>>,
}

impl Work {
    /// Notes how work ended.
    pub fn note(&self, ended: Ended, now_ms: Millis) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match ended {
            Ended::Well => *last = Last::default(),
            Ended::Unavailable | Ended::Failed => {
                last.failures = last.failures.saturating_add(1);
                last.unavailable |= ended == Ended::Unavailable;
                last.failed_at = now_ms;
            }
        }
    }

    /// Whether the last work failed, and how many times in a row, as far as it still counts.
    #[must_use]
    pub fn failing(&self, now_ms: Millis) -> Option<u32> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = last.unavailable || last.failures >= FAILURES_IN_A_ROW;
        let fresh = is_within(last.failed_at, FORGOTTEN_AFTER_MS, now_ms);
        (counts && fresh).then_some(last.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_failed_counts_until_work_succeeds_or_time_has_passed() {
        let work = Work::default();
        assert_eq!(work.failing(0), None);
        work.note(Ended::Unavailable, 1_000);
        assert_eq!(work.failing(1_000), Some(1));
        assert_eq!(work.failing(1_000 + FORGOTTEN_AFTER_MS), None);
        work.note(Ended::Unavailable, 2_000);
        work.note(Ended::Well, 2_001);
        assert_eq!(work.failing(2_001), None);
    }

    #[test]
    fn one_turn_that_fails_for_its_own_reason_does_not_speak_for_the_store() {
        let work = Work::default();
        for failed in 1..FAILURES_IN_A_ROW {
            work.note(Ended::Failed, i64::from(failed));
            assert_eq!(work.failing(10), None);
        }
        work.note(Ended::Failed, 10);
        assert_eq!(work.failing(10), Some(FAILURES_IN_A_ROW));
    }
}
