//! The parts of the day: when they begin and end. Their names are in the languages' word tables.

use super::values::DayPart;

/// A part of the day, in hours; `end` is exclusive, 24 stands for 23:59:59.
pub(super) struct Hours {
    pub(super) start: i32,
    pub(super) end: i32,
    /// TIMEX3 code.
    pub(super) code: &'static str,
    /// Hours of 1 to 12 said with it are after noon.
    pub(super) pm: bool,
    /// A meal.
    pub(super) meal: bool,
}

const fn part(start: i32, end: i32, code: &'static str, pm: bool, meal: bool) -> Hours {
    Hours { start, end, code, pm, meal }
}

/// By the numbers that the word tables use.
pub(super) const PARTS: [Hours; 11] = [
    part(8, 12, "TMO", false, false),
    part(12, 16, "TAF", true, false),
    part(16, 20, "TEV", true, false),
    part(20, 24, "TNI", true, false),
    part(8, 18, "TDT", false, false),
    part(0, 8, "TNT", false, false),
    part(8, 18, "TBH", false, false),
    part(8, 12, "TMEB", false, true),
    part(8, 12, "TMER", false, true),
    part(11, 13, "TMEL", true, true),
    part(16, 20, "TMED", true, true),
];

/// Position of the morning.
pub(super) const MORNING: u8 = 0;
/// Position of the afternoon.
pub(super) const AFTERNOON: u8 = 1;
/// Position of the evening.
pub(super) const EVENING: u8 = 2;
/// Position of the night.
pub(super) const NIGHT: u8 = 3;
/// Position of business hours.
pub(super) const BUSINESS: u8 = 6;

impl DayPart {
    /// What the table says of it.
    pub(super) fn hours(self) -> &'static Hours {
        &PARTS[self.index as usize % PARTS.len()]
    }

    /// First second and the second it ends before, of the day; an early part is its first two hours, a late one leaves
    /// the first two out.
    pub(super) fn seconds(self) -> (i32, i32) {
        let hours = self.hours();
        let end = if hours.end == 24 { 24 * 3600 - 1 } else { hours.end * 3600 };
        match self.shade {
            -1 => (hours.start * 3600, (hours.start + 2) * 3600),
            1 => ((hours.start + 2).min(hours.end - 1) * 3600, end),
            _ => (hours.start * 3600, end),
        }
    }
}
