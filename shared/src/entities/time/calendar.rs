//! Arithmetic on dates: weeks, months, movable feasts. Knows no language and no reference time.
//!
//! Done on day numbers here and not with jiff's spans: those bring their messages for every error with them, a hundred
//! kilobytes of wasm that nobody reads.

use jiff::civil::{Date, DateTime};

/// Years outside of these are not read from a text.
pub(super) const FIRST_YEAR: i16 = 1000;
/// See [`FIRST_YEAR`].
pub(super) const LAST_YEAR: i16 = 2999;

const DAY_SECONDS: i64 = 86_400;

/// A date, if there is such a day.
pub(super) fn date(year: i16, month: i8, day: i8) -> Option<Date> {
    Date::new(year, month, day).ok()
}

/// The number of a day, counted from the first of March of the year 0. Years begin in March here, so that the leap day
/// is their last.
fn number(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let (year, month) =
        if month > 2 { (i64::from(date.year()), month - 3) } else { (i64::from(date.year()) - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // Months of 31, 30, 31, 30, 31 days, and again: 153 days in five.
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1
}

/// The day of that number.
fn numbered(number: i64) -> Option<Date> {
    const CENTURIES: i64 = 146_097;
    let (cycle, day) = (number.div_euclid(CENTURIES), number.rem_euclid(CENTURIES));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = cycle * 400 + year + i64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    date(i16::try_from(year).ok()?, month as i8, day as i8)
}

/// Midnight at the start of `date`.
pub(super) fn midnight(date: Date) -> DateTime {
    date.at(0, 0, 0, 0)
}

/// `date` moved by whole days, as far as a text may say.
pub(super) fn add_days(date: Date, days: i64) -> Option<Date> {
    if days.abs() > 1_500_000 {
        return None;
    }
    days_later(date, days)
}

/// `date` moved by whole days, however many.
pub(crate) fn days_later(date: Date, days: i64) -> Option<Date> {
    numbered(number(date).checked_add(days)?)
}

/// How many days lie from one date to another.
pub(crate) fn days_between(start: Date, end: Date) -> i64 {
    number(end) - number(start)
}

/// `date` moved by whole months, as far as a text may say; the day is held to the month's last.
pub(super) fn add_months(date: Date, months: i64) -> Option<Date> {
    if months.abs() > 60_000 {
        return None;
    }
    months_later(date, months)
}

/// The same, however many.
pub(crate) fn months_later(date: Date, months: i64) -> Option<Date> {
    let index = (i64::from(date.year()) * 12 + i64::from(date.month()) - 1).checked_add(months)?;
    let year = i16::try_from(index.div_euclid(12)).ok()?;
    let month = (index.rem_euclid(12) + 1) as i8;
    (28..=date.day()).rev().chain([date.day()]).find_map(|day| self::date(year, month, day))
}

/// A moment moved by seconds.
pub(super) fn add_seconds(at: DateTime, seconds: f64) -> Option<DateTime> {
    if seconds.abs() > 1e11 {
        return None;
    }
    let second = second(at) + seconds as i64;
    let (day, second) = (numbered(second.div_euclid(DAY_SECONDS))?, second.rem_euclid(DAY_SECONDS));
    let (hour, minute) = ((second / 3600) as i8, (second / 60 % 60) as i8);
    DateTime::new(day.year(), day.month(), day.day(), hour, minute, (second % 60) as i8, at.subsec_nanosecond()).ok()
}

/// How many whole seconds lie from one moment to another.
pub(super) fn seconds_between(start: DateTime, end: DateTime) -> i64 {
    second(end) - second(start)
}

/// The number of a second, counted as days are.
fn second(at: DateTime) -> i64 {
    let (hour, minute, second) = (i64::from(at.hour()), i64::from(at.minute()), i64::from(at.second()));
    number(at.date()) * DAY_SECONDS + hour * 3600 + minute * 60 + second
}

/// Monday 1 … Sunday 7.
pub(super) fn weekday(date: Date) -> i64 {
    // The first day of all was a Wednesday.
    (number(date) + 2).rem_euclid(7) + 1
}

/// The Monday of `date`'s week.
pub(super) fn monday(date: Date) -> Option<Date> {
    in_week(date, 1)
}

/// The given weekday of `date`'s week.
pub(super) fn in_week(date: Date, day: i64) -> Option<Date> {
    add_days(date, day - weekday(date))
}

/// The first of `date`'s month.
pub(super) fn month_start(date: Date) -> Date {
    add_days(date, 1 - i64::from(date.day())).unwrap_or(date)
}

/// The first of January of `year`.
pub(super) fn year_start(year: i16) -> Option<Date> {
    date(year, 1, 1)
}

/// The `n`th (from 1; −1 is the last) `day` (Monday 1 … Sunday 7) of a month.
pub(super) fn nth_weekday(year: i16, month: i8, n: i8, day: i64) -> Option<Date> {
    let first = date(year, month, 1)?;
    let found = if n < 0 {
        let last = add_days(add_months(first, 1)?, -1)?;
        add_days(last, -(weekday(last) - day).rem_euclid(7) + 7 * (i64::from(n) + 1))?
    } else {
        add_days(first, (day - weekday(first)).rem_euclid(7) + 7 * (i64::from(n) - 1))?
    };
    (n != 0 && found.month() == month).then_some(found)
}

/// The Monday of the `n`th (−1: last, −2 the one before it) week of a month, or of a year when `month` is `None`. As in ISO 8601, a week
/// belongs where its Thursday lies.
pub(super) fn nth_week(year: i16, month: Option<i8>, n: i64) -> Option<Date> {
    if n < 0 {
        return add_days(nth_weekday(year, month.unwrap_or(12), -1, 4)?, 7 * (n + 1) - 3);
    }
    add_days(nth_weekday(year, month.unwrap_or(1), 1, 4)?, 7 * (n - 1) - 3)
}

/// The Monday of an ISO week, if the year has it.
pub(super) fn iso_week(year: i16, week: i64) -> Option<Date> {
    let monday = nth_week(year, None, week)?;
    (week >= 1 && iso_week_of(monday)?.0 == year).then_some(monday)
}

/// The year and the number of the ISO week that `date` lies in.
pub(super) fn iso_week_of(date: Date) -> Option<(i16, i64)> {
    let thursday = in_week(date, 4)?;
    let days = days_between(year_start(thursday.year())?, thursday);
    Some((thursday.year(), days / 7 + 1))
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

/// Easter Sunday of the churches that keep to the Julian calendar (Meeus, *Astronomical Algorithms*, ch. 8).
pub(super) fn orthodox_easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let d = (19 * (y % 19) + 15) % 30;
    let e = (2 * (y % 4) + 4 * (y % 7) - d + 34) % 7;
    let (month, day) = ((d + e + 114) / 31, (d + e + 114) % 31 + 1);
    // The same figures in the Gregorian calendar lie earlier, by as many days as the Julian one has fallen behind.
    let behind = y / 100 - y / 400 - 2;
    add_days(date(year, month as i8, day as i8)?, i64::from(behind))
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
    islamic_years(year).find_map(|hijri| islamic_day(hijri, month, day).filter(|at| at.year() == year))
}

/// The last `weekday` in `year` that is one of a month of the tabular Islamic calendar.
pub(super) fn islamic_weekday(year: i16, month: u8, weekday: i64) -> Option<Date> {
    islamic_years(year).find_map(|hijri| {
        let next = islamic_day(hijri, month + 1, 1)?;
        let last = add_days(next, -1)?;
        add_days(last, -(self::weekday(last) - weekday).rem_euclid(7)).filter(|at| at.year() == year)
    })
}

/// The Islamic years that may have days in a year, the first of them first.
fn islamic_years(year: i16) -> std::ops::RangeInclusive<i64> {
    let guess = (i64::from(year) - 622) * 33 / 32;
    guess - 1..=guess + 2
}

fn islamic_day(hijri: i64, month: u8, day: u8) -> Option<Date> {
    let (m, d) = (i64::from(month), i64::from(day));
    let days = (hijri - 1) * 354 + (3 + 11 * hijri) / 30 + 29 * (m - 1) + m / 2 + d - 1;
    add_days(date(622, 7, 19)?, days)
}

/// The day in `year` that is the given day of the arithmetic Hebrew calendar, by daylight (it begins on the evening
/// before). Months are numbered from Nisan; the twelfth is the Adar before it (Dershowitz and Reingold, *Calendrical
/// Calculations*, ch. 8).
pub(super) fn hebrew(year: i16, month: u8, day: u8) -> Option<Date> {
    let hebrew = i64::from(year) + 3760;
    (hebrew..=hebrew + 1).find_map(|hebrew| hebrew_day(hebrew, month, day).filter(|at| at.year() == year))
}

fn hebrew_day(hebrew: i64, month: u8, day: u8) -> Option<Date> {
    let (start, next) = (hebrew_new_year(hebrew), hebrew_new_year(hebrew + 1));
    // Heshvan has a day more in long years, Kislev one less in short ones.
    let (long, short) = (i64::from((next - start) % 10 == 5), i64::from((next - start) % 10 == 3));
    // From Nisan to Elul the months have always as many days, and from Tishri to Shevat but for those two.
    let from = match month {
        1..=6 => next - 177 + [0, 30, 59, 89, 118, 148][usize::from(month) - 1],
        7..=11 => start + [0, 30, 59 + long, 89 + long - short, 118 + long - short][usize::from(month) - 7],
        12 => next - 177 - 29,
        _ => return None,
    };
    numbered(from + i64::from(day) - 1)
}

/// The number of the first of Tishri.
fn hebrew_new_year(year: i64) -> i64 {
    /// Parts (of 1080 an hour) in a day.
    const DAY_PARTS: i64 = 25_920;
    /// The number of the day before the first day of all.
    const EPOCH: i64 = -1_373_427 + 305;
    let elapsed = |year: i64| {
        let months = (235 * year - 234).div_euclid(19);
        let day = 29 * months + (12_084 + 13_753 * months).div_euclid(DAY_PARTS);
        // Not on a Sunday, Wednesday or Friday.
        if (3 * (day + 1)).rem_euclid(7) < 3 { day + 1 } else { day }
    };
    let (last, this, next) = (elapsed(year - 1), elapsed(year), elapsed(year + 1));
    let delay = if next - this == 356 { 2 } else { i64::from(this - last == 382) };
    EPOCH + this + delay
}

/// The last `weekday` at or before a day of the year.
pub(super) fn weekday_until(until: Date, weekday: i64) -> Option<Date> {
    add_days(until, -(self::weekday(until) - weekday).rem_euclid(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every day of 1600–2400 is numbered as jiff has it, and falls on the same day of the week.
    #[test]
    fn days_are_counted_as_the_calendar_has_them() {
        let mut day = jiff::civil::date(1600, 1, 1);
        let mut expected = number(day);
        while day.year() < 2400 {
            assert_eq!(number(day), expected);
            assert_eq!(numbered(expected), Some(day));
            assert_eq!(weekday(day), i64::from(day.weekday().to_monday_one_offset()), "{day}");
            let week = day.iso_week_date();
            assert_eq!(iso_week_of(day), Some((week.year(), i64::from(week.week()))), "{day}");
            assert_eq!(month_start(day), day.first_of_month());
            day = day.tomorrow().unwrap();
            expected += 1;
        }
    }

    /// Days as almanacs have them.
    #[test]
    fn moveable_feasts_fall_where_almanacs_have_them() {
        let day = |year, month, day| date(year, month, day);
        for (year, expected) in [(1991, (4, 7)), (2016, (5, 1)), (2020, (4, 19)), (2024, (5, 5)), (2100, (5, 2))] {
            assert_eq!(orthodox_easter(year), day(year, expected.0, expected.1));
        }
        // The first of Tishri, the fifteenth of Nisan, the twenty-fifth of Kislev.
        for (year, tishri, nisan, kislev) in [
            (1948, (10, 4), (4, 24), (12, 27)),
            (2000, (9, 30), (4, 20), (12, 22)),
            (2016, (10, 3), (4, 23), (12, 25)),
            (2019, (9, 30), (4, 20), (12, 23)),
            (2024, (10, 3), (4, 23), (12, 26)),
            (2025, (9, 23), (4, 13), (12, 15)),
        ] {
            assert_eq!(hebrew(year, 7, 1), day(year, tishri.0, tishri.1), "{year}");
            assert_eq!(hebrew(year, 1, 15), day(year, nisan.0, nisan.1), "{year}");
            assert_eq!(hebrew(year, 9, 25), day(year, kislev.0, kislev.1), "{year}");
        }
        assert_eq!(hebrew(2024, 12, 14), day(2024, 3, 24), "Purim of a leap year");
        assert_eq!(hebrew(2025, 11, 15), day(2025, 2, 13), "Tu BiShvat");
        assert_eq!(islamic_weekday(2024, 9, 5), day(2024, 4, 5), "the last Friday of Ramadan");
        assert_eq!(weekday_until(date(2018, 5, 24).unwrap(), 1), day(2018, 5, 21));
    }

    #[test]
    fn weekdays_of_a_month_are_those_of_the_calendar() {
        for (year, month) in [(2016, 2), (2023, 10), (2100, 2), (1970, 1), (2026, 5)] {
            let first = jiff::civil::date(year, month, 1);
            for day in 1..=7 {
                let named = jiff::civil::Weekday::from_monday_one_offset(day as i8).unwrap();
                for n in [-6, -5, -1, 0, 1, 4, 5, 6] {
                    assert_eq!(nth_weekday(year, month, n, day), first.nth_weekday_of_month(n, named).ok());
                }
            }
        }
    }

    #[test]
    fn moments_move_across_midnight_and_back() {
        let at = jiff::civil::date(2024, 2, 28).at(23, 59, 30, 5);
        for seconds in [0, 29, 30, 86_430, -86_400 * 60 - 7, 1_000_000_007] {
            let moved = at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
            assert_eq!(add_seconds(at, seconds as f64), Some(moved));
            assert_eq!(seconds_between(at, moved), seconds);
        }
    }

    #[test]
    fn months_end_where_they_end() {
        let check = |from: (i16, i8, i8), months, to: (i16, i8, i8)| {
            assert_eq!(add_months(date(from.0, from.1, from.2).unwrap(), months), date(to.0, to.1, to.2));
        };
        check((2024, 1, 31), 1, (2024, 2, 29));
        check((2023, 1, 31), 1, (2023, 2, 28));
        check((2024, 2, 29), 12, (2025, 2, 28));
        check((2024, 3, 31), -1, (2024, 2, 29));
        check((2024, 12, 15), 1, (2025, 1, 15));
        check((2024, 5, 31), -13, (2023, 4, 30));
    }
}
