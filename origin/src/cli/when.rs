//! The time and zone that commands take: `--now`, `--tz`, else the machine's own.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use lgdl_origin::clock::{Clock, SystemClock};

use super::failure::Failure;
use super::session::Moment;

/// `--now` and `--tz`, as every command that has them takes them.
#[derive(clap::Args, Debug, Clone, Default)]
pub(super) struct When {
    /// The time it is taken to be, such as 2016-11-07T00:00:00; default: now
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// The speaker's time zone: a name such as Europe/Berlin, or an offset such as +02:00; default: the machine's
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

/// A zone, and a time that stands still if one was given.
pub(super) struct Watch {
    zone: TimeZone,
    fixed: Option<Timestamp>,
}

impl When {
    /// Checks what was given.
    pub(super) fn watch(&self) -> Result<Watch, Failure> {
        let zone = match &self.tz {
            Some(name) => zone(name)?,
            None => TimeZone::system(),
        };
        let fixed = match &self.now {
            Some(text) => Some(instant(text, &zone)?),
            None => None,
        };
        Ok(Watch { zone, fixed })
    }
}

impl Watch {
    /// The zone.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The moment it is now.
    pub(super) fn moment(&self) -> Moment {
        let now = self
            .fixed
            .unwrap_or_else(|| Timestamp::from_millisecond(SystemClock.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH));
        Moment { now_ms: now.as_millisecond(), offset_seconds: self.zone.to_offset(now).seconds() }
    }
}

/// The zone of that name or offset.
fn zone(name: &str) -> Result<TimeZone, Failure> {
    DateTimeParser::new().parse_time_zone(name).map_err(|_| {
        Failure::Usage(format!(
            "`{name}` is no time zone; give a name such as Europe/Berlin or UTC, or an offset such as +02:00"
        ))
    })
}

/// A time with an offset, or one on the zone's clock.
fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, Failure> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let civil = text.parse::<DateTime>().ok();
    civil.and_then(|civil| zone.to_timestamp(civil).ok()).ok_or_else(|| {
        Failure::Usage(format!("`{text}` is no time; give it as 2016-11-07T00:00:00, or with an offset at its end"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(now: &str, tz: &str, expected: Option<(i64, i32)>) {
        let when = When { now: Some(now.into()), tz: Some(tz.into()) };
        let moment = when.watch().map(|watch| watch.moment());
        assert_eq!(moment.ok().map(|moment| (moment.now_ms, moment.offset_seconds)), expected, "{now} {tz}");
    }

    #[test]
    fn a_time_is_read_on_the_clock_of_its_zone() {
        check("1970-01-01T00:00:00", "UTC", Some((0, 0)));
        check("1970-01-02", "UTC", Some((86_400_000, 0)));
        check("1970-01-01T02:00:00", "+02:00", Some((0, 7200)));
        check("1970-01-01T00:00:00Z", "+02:00", Some((0, 7200)));
        check("2024-07-01T02:00:00", "Europe/Berlin", Some((1_719_792_000_000, 7200)));
        check("yesterday", "UTC", None);
        check("1970-01-01", "Atlantis/Centre", None);
    }
}
