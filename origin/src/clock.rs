//! The one place of the origin that reads the clock of the machine. Everything else takes a [`Clock`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// One hour.
pub const HOUR_MS: Millis = 60 * 60 * 1000;

/// One day.
pub const DAY_MS: Millis = 24 * 60 * 60 * 1000;

/// Times that are kept: from 1970 to the end of the year 9999, which every database can hold.
pub const TIMES: std::ops::RangeInclusive<Millis> = 0..=253_402_300_799_999;

/// The time of [`TIMES`] that is nearest. For comparing with times that are kept, it is as good as the one given.
#[must_use]
pub fn nearest_time(millis: Millis) -> Millis {
    millis.clamp(*TIMES.start(), *TIMES.end())
}

/// How far a clock may be off before it is named, milliseconds: turns that wait are kept in the order of clocks, and a signature
/// allows two minutes.
pub const MAX_CLOCK_OFF_MS: Millis = 30_000;

/// How far a time may lie ahead before it is no time of this clock's, milliseconds: several threads note theirs one after the other.
const AHEAD_MS: Millis = 10_000;

/// Whether a time that was noted lies within the last so many milliseconds. One that lies ahead was noted by a clock that has been set
/// right since, and counts for nothing: else it would count until that time comes.
#[must_use]
pub fn is_within(at: Millis, length: Millis, now_ms: Millis) -> bool {
    (-AHEAD_MS..length).contains(&now_ms.saturating_sub(at))
}

/// Whether a time until which something holds for so long at most is still to come. Further ahead it was set by a clock that was wrong.
#[must_use]
pub fn is_still_before(until: Millis, length: Millis, now_ms: Millis) -> bool {
    (1..=length.saturating_add(AHEAD_MS)).contains(&until.saturating_sub(now_ms))
}

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> Millis;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // this is the one place
    fn now_ms(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `now_ms`.
    #[must_use]
    pub fn at(now_ms: Millis) -> Self {
        ManualClock(Arc::new(AtomicI64::new(now_ms)))
    }

    /// Moves it on.
    pub fn advance(&self, by_ms: Millis) {
        self.0.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_wrong_clock_has_noted_counts_for_nothing() {
        let now = 10 * DAY_MS;
        for (at, is) in [(now, true), (now - 999, true), (now - 1_000, false), (now + 5, true), (now + DAY_MS, false)] {
            assert_eq!(is_within(at, 1_000, now), is, "{at}");
        }
        for (until, is) in [(now, false), (now + 1, true), (now + HOUR_MS, true), (now + DAY_MS, false), (0, false)] {
            assert_eq!(is_still_before(until, HOUR_MS, now), is, "{until}");
        }
        assert!(!is_within(Millis::MIN, 1_000, now) && !is_still_before(Millis::MAX, 1_000, now));
    }
}
