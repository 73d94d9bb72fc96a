//! Hours in which only what is critical is told.

use crate::clock::{DAY_MS, Millis};

/// From one time of the day to another, UTC; over midnight where the end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    from: Millis,
    until: Millis,
}

impl QuietHours {
    /// Reads `22:00-07:00`.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn parse(text: &str) -> Result<QuietHours, String> {
        let problem = || "must be hours such as 22:00-07:00, UTC".to_owned();
        let (from, until) = text.split_once('-').ok_or_else(problem)?;
        let time = |text: &str| {
            let (hours, minutes) = text.trim().split_once(':')?;
            let (hours, minutes): (Millis, Millis) = (hours.parse().ok()?, minutes.parse().ok()?);
            ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some((hours * 60 + minutes) * 60_000)
        };
        let hours = QuietHours { from: time(from).ok_or_else(problem)?, until: time(until).ok_or_else(problem)? };
        if hours.from == hours.until { Err(problem()) } else { Ok(hours) }
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contain(&self, now_ms: Millis) -> bool {
        let now = now_ms.rem_euclid(DAY_MS);
        match self.from < self.until {
            true => (self.from..self.until).contains(&now),
            false => now >= self.from || now < self.until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_go_over_midnight_and_odd_ones_are_refused() {
        let night = QuietHours::parse("22:00-07:30").unwrap();
        let at = |hours: Millis, minutes: Millis| 20_000 * DAY_MS + (hours * 60 + minutes) * 60_000;
        assert!(night.contain(at(22, 0)) && night.contain(at(0, 0)) && night.contain(at(7, 29)));
        assert!(!night.contain(at(7, 30)) && !night.contain(at(21, 59)));
        let noon = QuietHours::parse("12:00-13:00").unwrap();
        assert!(noon.contain(at(12, 30)) && !noon.contain(at(13, 0)) && !noon.contain(at(0, 0)));
        for odd in ["", "22:00", "22-7", "24:00-07:00", "10:60-11:00", "10:00-10:00", "-1:00-02:00"] {
            assert!(QuietHours::parse(odd).is_err(), "{odd}");
        }
    }
}
