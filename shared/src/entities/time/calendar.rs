//! Arithmetic on dates: weeks, months, movable feasts. Knows no language and no reference time.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};

/// Years outside of these are not read from a text.
pub(super) const FIRST_YEAR: i16 = 1000;
/// See [`FIRST_YEAR`].
pub(super) const LAST_YEAR: i16 = 2999;

/// A date, if there is such a day.
pub(super) fn date(year: i16, month: i8, day: i8) -> Option<Date> {
    Date::new(year, month, day).ok()
}

/// Midnight at the start of `date`.
pub(super) fn midnight(date: Date) -> DateTime {
    date.to_datetime(Time::midnight())
}

/// `date` moved by whole days.
pub(super) fn add_days(date: Date, days: i64) -> Option<Date> {
    if days.abs() > 1_500_000 {
        return None;
    }
    date.checked_add(days.days()).ok()
}

/// `date` moved by whole months; the day is held to the month's last.
pub(super) fn add_months(date: Date, months: i64) -> Option<Date> {
    if months.abs() > 60_000 {
        return None;
    }
    let index = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + months;
    let year = i16::try_from(index.div_euclid(12)).ok()?;
    let month = (index.rem_euclid(12) + 1) as i8;
    let first = Date::new(year, month, 1).ok()?;
    Date::new(year, month, date.day().min(first.days_in_month())).ok()
}

/// A moment moved by seconds.
pub(super) fn add_seconds(at: DateTime, seconds: f64) -> Option<DateTime> {
    if seconds.abs() > 1e11 {
        return None;
    }
    at.checked_add((seconds as i64).seconds()).ok()
}

/// Monday 1 … Sunday 7.
pub(super) fn weekday(date: Date) -> i64 {
    i64::from(date.weekday().to_monday_one_offset())
}

/// The Monday of `date`'s week.
pub(super) fn monday(date: Date) -> Option<Date> {
    add_days(date, 1 - weekday(date))
}

/// The given weekday of `date`'s week.
pub(super) fn in_week(date: Date, day: i64) -> Option<Date> {
    add_days(date, day - weekday(date))
}

/// The first of `date`'s month.
pub(super) fn month_start(date: Date) -> Date {
    date.first_of_month()
}

/// The first of January of `year`.
pub(super) fn year_start(year: i16) -> Option<Date> {
    date(year, 1, 1)
}

/// The `n`th (from 1; −1 is the last) `day` (Monday 1 … Sunday 7) of a month.
pub(super) fn nth_weekday(year: i16, month: i8, n: i8, day: i64) -> Option<Date> {
    let day = Weekday::from_monday_one_offset(day as i8).ok()?;
    date(year, month, 1)?.nth_weekday_of_month(n, day).ok()
}

/// The Monday of the `n`th (−1: last) week of a month, or of a year when `month` is `None`. As in ISO 8601, a week
/// belongs where its Thursday lies.
pub(super) fn nth_week(year: i16, month: Option<i8>, n: i64) -> Option<Date> {
    if n < 0 {
        return add_days(nth_weekday(year, month.unwrap_or(12), -1, 4)?, -3);
    }
    add_days(nth_weekday(year, month.unwrap_or(1), 1, 4)?, 7 * (n - 1) - 3)
}

/// The Monday of an ISO week, if the year has it.
pub(super) fn iso_week(year: i16, week: i64) -> Option<Date> {
    let monday = nth_week(year, None, week)?;
    (week >= 1 && monday.iso_week_date().year() == year).then_some(monday)
}

/// Easter Sunday of the Gregorian calendar (Meeus, *Astronomical Algorithms*, ch. 8).
pub(super) fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    date(year, month as i8, day as i8)
}

/// `date` moved by working days, Monday to Friday.
pub(super) fn add_working_days(mut date: Date, days: i64) -> Option<Date> {
    if days.abs() > 10_000 {
        return None;
    }
    let step = days.signum();
    let mut left = days.abs();
    while left > 0 {
        date = add_days(date, step)?;
        if weekday(date) <= 5 {
            left -= 1;
        }
    }
    Some(date)
}

/// The first day in `year` that is the given day of the tabular Islamic calendar (civil epoch; it may lie a day off
/// what is announced from the sighting of the moon).
pub(super) fn islamic(year: i16, month: u8, day: u8) -> Option<Date> {
    let epoch = date(622, 7, 19)?;
    let start = year_start(year)?;
    let guess = (i64::from(year) - 622) * 33 / 32;
    (guess - 1..=guess + 2)
        .filter_map(|hijri| {
            let (m, d) = (i64::from(month), i64::from(day));
            let days = (hijri - 1) * 354 + (3 + 11 * hijri) / 30 + 29 * (m - 1) + m / 2 + d - 1;
            add_days(epoch, days)
        })
        .find(|&at| at >= start && at.year() == year)
}
