//! Days, weeks and years where calendars are awkward: every weekday, month ends, leap years, two centuries, zones.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use super::*;

/// Mondays to begin a week of references with, from 1970 to 2100.
const WEEKS: [Date; 6] =
    [date(1970, 1, 5), date(1999, 12, 27), date(2004, 2, 23), date(2016, 11, 7), date(2038, 1, 18), date(2099, 12, 28)];

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn point(text: &str, now: &str, direction: Direction) -> String {
    let entities = recognize(text, KINDS, &reference(now, direction));
    let [entity] = entities.as_slice() else { panic!("{text} at {now}: {entities:?}") };
    let Value::Time(value) = &entity.readings[0] else { panic!("{text}") };
    value
        .point
        .clone()
        .unwrap_or_else(|| value.range.clone().map(|(start, end)| format!("{start}..{end}")).unwrap_or_default())
}

fn plus(day: Date, span: Span) -> String {
    day.checked_add(span).expect("a date").to_string()
}

/// For every weekday as today and every weekday as the one spoken of.
fn around_every_weekday(check: impl Fn(Date, Date, i64, i64)) {
    for monday in WEEKS {
        for today in 0..7 {
            for day in 0..7 {
                check(monday, monday.checked_add(today.days()).expect("a date"), today, day);
            }
        }
    }
}

#[test]
fn next_and_last_weekdays_are_those_of_the_weeks_beside_this_one() {
    around_every_weekday(|monday, today, _, day| {
        let now = format!("{today}T09:30:00");
        let name = WEEKDAYS[day as usize];
        for (word, weeks) in [("this", 0), ("next", 7), ("last", -7), ("previous", -7), ("following", 7)] {
            let want = plus(monday, (day + weeks).days());
            assert_eq!(point(&format!("{word} {name}"), &now, Direction::Future), want, "{word} {name} at {now}");
        }
    });
}

#[test]
fn a_weekday_alone_is_the_nearest_on_the_side_asked_for() {
    around_every_weekday(|monday, _, today, day| {
        let now = format!("{}T09:30:00", plus(monday, today.days()));
        let name = WEEKDAYS[day as usize];
        // Today's midnight has passed, so today's weekday lies behind.
        let ahead = if day > today { day } else { day + 7 };
        assert_eq!(point(name, &now, Direction::Future), plus(monday, ahead.days()), "{name} at {now}");
        assert_eq!(point(name, &now, Direction::Past), plus(monday, (ahead - 7).days()), "{name} before {now}");
        let coming = point(&format!("coming {name}"), &now, Direction::Future);
        assert_eq!(coming, plus(monday, ahead.days()), "coming {name} at {now}");
        let past = point(&format!("past {name}"), &now, Direction::Future);
        let behind = if day < today { day } else { day - 7 };
        assert_eq!(past, plus(monday, behind.days()), "past {name} at {now}");
    });
}

#[test]
fn weeks_begin_on_monday_and_years_on_the_first_of_january() {
    let cases = [
        ("this week", "2017-01-01T10:00:00", "2016-12-26..2017-01-02"),
        ("next week", "2016-12-26T10:00:00", "2017-01-02..2017-01-09"),
        ("last week", "2018-01-01T10:00:00", "2017-12-25..2018-01-01"),
        ("week 1", "2021-06-01T10:00:00", "2021-01-04..2021-01-11"),
        ("week 53", "2020-06-01T10:00:00", "2020-12-28..2021-01-04"),
        ("last month", "2020-03-31T10:00:00", "2020-02-01..2020-03-01"),
        ("next month", "2016-12-31T23:59:59", "2017-01-01..2017-02-01"),
        ("next year", "1999-12-31T23:59:59", "2000-01-01..2001-01-01"),
        ("this weekend", "2016-11-13T10:00:00", "2016-11-12..2016-11-14"),
    ];
    for (text, now, want) in cases {
        assert_eq!(point(text, now, Direction::Future), want, "{text} at {now}");
    }
}

#[test]
fn a_year_has_week_53_only_when_the_calendar_says_so() {
    assert!(recognize("week 53", KINDS, &reference("2021-06-01T10:00:00", Direction::Future)).is_empty());
}

#[test]
fn months_are_held_to_their_last_day() {
    let cases = [
        ("in a month", "2015-01-31T10:00:00", "2015-02-28"),
        ("in a month", "2016-01-31T10:00:00", "2016-02-29"),
        ("a month ago", "2016-03-31T10:00:00", "2016-02-29"),
        ("in a year", "2016-02-29T10:00:00", "2017-02-28"),
        ("a year ago", "2016-02-29T10:00:00", "2015-02-28"),
        ("tomorrow", "2016-02-28T10:00:00", "2016-02-29"),
        ("tomorrow", "2100-02-28T10:00:00", "2100-03-01"),
        ("yesterday", "2000-03-01T10:00:00", "2000-02-29"),
        ("tomorrow", "2016-12-31T10:00:00", "2017-01-01"),
        ("February 29", "2017-03-22T10:00:00", "2020-02-29"),
        ("February 29", "2096-03-01T10:00:00", "2104-02-29"),
        ("easter", "2024-04-01T00:00:00", "2025-04-20"),
        ("easter 2038", "2016-11-07T00:00:00", "2038-04-25"),
        ("thanksgiving 2023", "2016-11-07T00:00:00", "2023-11-23"),
        ("in 3 business days", "2016-11-10T10:00:00", "2016-11-15"),
    ];
    for (text, now, want) in cases {
        assert_eq!(point(text, now, Direction::Future), want, "{text} at {now}");
    }
}

#[test]
fn days_that_do_not_exist_are_no_dates() {
    for text in ["2024-02-30", "2023-02-29", "31/04/2020", "April 31st", "1900-02-29", "2016-13-01", "2016-00-10"] {
        assert!(recognize(text, KINDS, &reference(NOW, Direction::Future)).is_empty(), "{text}");
    }
    assert_eq!(found("2024-02-29", &reference(NOW, Direction::Future)), "2024-02-29|Date|2024-02-29");
}

#[test]
fn easter_falls_on_the_days_of_the_published_tables() {
    let known =
        [(1970, 3, 29), (1981, 4, 19), (2000, 4, 23), (2008, 3, 23), (2011, 4, 24), (2038, 4, 25), (2100, 3, 28)];
    for (year, month, day) in known {
        assert_eq!(super::super::calendar::easter(year), Some(date(year, month, day)));
    }
}

#[test]
fn references_from_1970_to_2100_all_give_values() {
    for year in 1970..=2100 {
        for now in [format!("{year}-01-01T00:00:00"), format!("{year}-12-31T23:59:59")] {
            for text in ["yesterday", "next friday", "in 3 hours", "2 months ago", "december 31", "easter", "last week"]
            {
                let entities = recognize(text, KINDS, &reference(&now, Direction::Past));
                assert_eq!(entities.len(), 1, "{text} at {now}");
            }
        }
    }
}

/// Berlin, by the rules of the European Union.
fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a POSIX zone")
}

fn point_in_berlin(text: &str, now: &str) -> String {
    let zone = berlin();
    let reference = Reference { offset_seconds: 3600, ..reference(now, Direction::Future) };
    let entities = recognize_in(text, KINDS, &reference, Some(&zone));
    let [entity] = entities.as_slice() else { panic!("{text}: {entities:?}") };
    let Value::Time(value) = &entity.readings[0] else { panic!("{text}") };
    value.point.clone().unwrap_or_default()
}

#[test]
fn hours_are_real_time_across_the_change_of_clocks() {
    // Clocks go from 2 to 3 on 2017-03-26 and from 3 back to 2 on 2017-10-29.
    assert_eq!(point_in_berlin("in 3 hours", "2017-03-26T00:30:00"), "2017-03-26T04:30:00");
    assert_eq!(point_in_berlin("in 3 hours", "2017-10-29T00:30:00"), "2017-10-29T02:30:00");
    assert_eq!(point_in_berlin("2 hours ago", "2017-03-26T04:00:00"), "2017-03-26T01:00:00");
    assert_eq!(point_in_berlin("in 3 hours", "2017-06-01T00:30:00"), "2017-06-01T03:30:00");
}

#[test]
fn days_are_days_across_the_change_of_clocks() {
    assert_eq!(point_in_berlin("tomorrow at 9:00 am", "2017-03-25T12:00:00"), "2017-03-26T09:00:00");
    assert_eq!(point_in_berlin("in 2 days", "2017-03-25T23:30:00"), "2017-03-27");
}

#[test]
fn a_time_that_the_clocks_pass_over_is_the_one_they_show_instead() {
    assert_eq!(point_in_berlin("tomorrow at 2:30 am", "2017-03-25T12:00:00"), "2017-03-26T03:30:00");
    assert_eq!(point_in_berlin("tomorrow at 2:30 am", "2017-03-26T12:00:00"), "2017-03-27T02:30:00");
    // Twice there in autumn: the same on the clock.
    assert_eq!(point_in_berlin("tomorrow at 2:30 am", "2017-10-28T12:00:00"), "2017-10-29T02:30:00");
}
