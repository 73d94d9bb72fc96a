//! A circuit breaker as a pure state machine: closed, open, half-open. The clock is passed in.

use serde::{Deserialize, Serialize};

/// Failures in a row that open a breaker.
pub const FAILURES_TO_OPEN: u32 = 5;
/// How long it stays open before one trial is let through, milliseconds.
pub const OPEN_FOR_MS: i64 = 30_000;
/// How long a trial may take before another one is let through, milliseconds.
pub const TRIAL_LASTS_MS: i64 = 10_000;

/// A breaker in front of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", try_from = "ToldBreaker")]
pub enum Breaker {
    /// Calls go through.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// Calls are refused.
    Open {
        /// Since when.
        since_ms: i64,
    },
    /// One call is trying whether the service is back.
    HalfOpen {
        /// When it began.
        trial_from_ms: i64,
    },
}

/// A [`Breaker`] as it is read, with all that it may hold: what is derived for a tag is a second reader.
#[derive(Deserialize)]
struct ToldBreaker {
    state: ToldState,
    failures: Option<u32>,
    since_ms: Option<i64>,
    trial_from_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToldState {
    Closed,
    Open,
    HalfOpen,
}

impl TryFrom<ToldBreaker> for Breaker {
    type Error = &'static str;

    fn try_from(told: ToldBreaker) -> Result<Breaker, &'static str> {
        const INCOMPLETE: &str = "a breaker tells since when, or how many failures";
        Ok(match told.state {
            ToldState::Closed => Breaker::Closed { failures: told.failures.ok_or(INCOMPLETE)? },
            ToldState::Open => Breaker::Open { since_ms: told.since_ms.ok_or(INCOMPLETE)? },
            ToldState::HalfOpen => Breaker::HalfOpen { trial_from_ms: told.trial_from_ms.ok_or(INCOMPLETE)? },
        })
    }
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Go on.
    Allowed,
    /// Go on; what becomes of this call decides.
    Trial,
    /// Do not call.
    Refused {
        /// Milliseconds until a trial.
        retry_in_ms: u64,
    },
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker::Closed { failures: 0 }
    }
}

impl Breaker {
    /// How its state is told in figures, by its [`name`](Breaker::name): 0 closed, 1 half-open, 2 open; `None` for any other word.
    #[must_use]
    pub fn level(name: &str) -> Option<u64> {
        [Breaker::default(), Breaker::HalfOpen { trial_from_ms: 0 }, Breaker::Open { since_ms: 0 }]
            .iter()
            .zip(0..)
            .find_map(|(breaker, level)| (breaker.name() == name).then_some(level))
    }

    /// Asks to make a call.
    #[must_use]
    pub fn admit(&mut self, now_ms: i64) -> Admission {
        let (from_ms, length_ms) = match *self {
            Breaker::Closed { .. } => return Admission::Allowed,
            Breaker::Open { since_ms } => (since_ms, OPEN_FOR_MS),
            Breaker::HalfOpen { trial_from_ms } => (trial_from_ms, TRIAL_LASTS_MS),
        };
        let left = from_ms.saturating_add(length_ms).saturating_sub(now_ms);
        // A start that lies in the future is a clock that was set back: it must not keep the breaker open for ever.
        if left <= 0 || from_ms > now_ms.saturating_add(length_ms) {
            *self = Breaker::HalfOpen { trial_from_ms: now_ms };
            return Admission::Trial;
        }
        Admission::Refused { retry_in_ms: u64::try_from(left).unwrap_or(0) }
    }

    /// The call was answered.
    pub fn succeeded(&mut self) {
        *self = Breaker::default();
    }

    /// The call failed.
    pub fn failed(&mut self, now_ms: i64) {
        *self = match *self {
            Breaker::Closed { failures } if failures + 1 < FAILURES_TO_OPEN => {
                Breaker::Closed { failures: failures + 1 }
            }
            Breaker::Closed { .. } | Breaker::HalfOpen { .. } => Breaker::Open { since_ms: now_ms },
            // A call that was under way when the breaker opened tells nothing new.
            Breaker::Open { since_ms } => Breaker::Open { since_ms },
        };
    }

    /// Whether a call at that time would be let through, without asking to make one.
    #[must_use]
    pub fn would_admit(&self, now_ms: i64) -> bool {
        let mut copy = *self;
        !matches!(copy.admit(now_ms), Admission::Refused { .. })
    }

    /// Whether calls go through freely.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Breaker::Closed { .. })
    }

    /// `closed`, `open`, `half_open`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Breaker::Closed { .. } => "closed",
            Breaker::Open { .. } => "open",
            Breaker::HalfOpen { .. } => "half_open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_at(now_ms: i64) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN {
            assert_eq!(breaker.admit(now_ms), Admission::Allowed);
            breaker.failed(now_ms);
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_four_do_not() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            (0..FAILURES_TO_OPEN - 1).for_each(|_| breaker.failed(0));
            breaker.succeeded();
        }
        assert_eq!(breaker.admit(0), Admission::Allowed);
        assert_eq!(open_at(0).admit(1), Admission::Refused { retry_in_ms: 29_999 });
    }

    #[test]
    fn after_thirty_seconds_one_trial_decides() {
        let mut breaker = open_at(0);
        assert_eq!(breaker.admit(OPEN_FOR_MS), Admission::Trial);
        assert_eq!(breaker.admit(OPEN_FOR_MS), Admission::Refused { retry_in_ms: 10_000 });
        breaker.failed(OPEN_FOR_MS + 1);
        assert_eq!(breaker.name(), "open");
        assert_eq!(breaker.admit(2 * OPEN_FOR_MS + 1), Admission::Trial);
        breaker.succeeded();
        assert_eq!(breaker.admit(2 * OPEN_FOR_MS + 1), Admission::Allowed);
    }

    #[test]
    fn a_trial_that_is_never_heard_of_again_does_not_block_the_next() {
        let mut breaker = open_at(0);
        assert_eq!(breaker.admit(OPEN_FOR_MS), Admission::Trial);
        assert_eq!(breaker.admit(OPEN_FOR_MS + TRIAL_LASTS_MS), Admission::Trial);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_open() {
        assert_eq!(open_at(1_000_000_000_000).admit(5), Admission::Trial);
    }

    #[test]
    fn late_failures_do_not_prolong_an_open_breaker() {
        let mut breaker = open_at(0);
        breaker.failed(20_000);
        assert_eq!(breaker.admit(OPEN_FOR_MS), Admission::Trial);
    }
}
