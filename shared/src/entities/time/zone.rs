//! Zones whose clocks are put forward and back. Without one, the offset of the reference is taken to hold throughout.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// What must be known of a zone to move a local time by hours and to see that a local time does not exist.
pub trait Zone {
    /// `local` moved by so many seconds of real time.
    fn moved(&self, local: DateTime, seconds: i64) -> Option<DateTime>;

    /// `local`, or the time that the clocks show instead when they are put forward past it: later by as much as they
    /// are put forward, as RFC 5545 has it.
    fn shown(&self, local: DateTime) -> DateTime;
}

impl Zone for TimeZone {
    fn moved(&self, local: DateTime, seconds: i64) -> Option<DateTime> {
        let instant = self.to_timestamp(local).ok()?.as_second().checked_add(seconds)?;
        let instant = jiff::Timestamp::from_second(instant).ok()?;
        Some(self.to_datetime(instant))
    }

    fn shown(&self, local: DateTime) -> DateTime {
        match self.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Gap { before, after } => forward(local, before, after).unwrap_or(local),
            _ => local,
        }
    }
}

fn forward(local: DateTime, before: Offset, after: Offset) -> Option<DateTime> {
    super::calendar::add_seconds(local, f64::from(after.seconds() - before.seconds()))
}
