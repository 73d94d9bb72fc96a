//! Writing meanings out: kinds, values, all readings with the preferred one first, TIMEX3 forms.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime};

use super::actions::moment::at;
use super::calendar;
use super::values::{
    Bound, Clock, Day, DayForm, DayPart, HALF_DAY, Hours, Length, Moment, Node, Open, PeriodForm, Precision, Repeat,
    Side, Stretch, UNITS, Unit,
};
use crate::entities::{Direction, Kind, TimeValue, Value};

/// An open side of a range, as in ISO 8601-2.
const OPEN_SIDE: &str = "..";

/// What a node is as a value, if it may stand by itself.
pub(super) fn kind(node: &Node) -> Option<Kind> {
    Some(match node {
        Node::Date(_) => Kind::Date,
        Node::Clock(_) => Kind::Time,
        Node::Moment(_) => Kind::DateTime,
        Node::Duration(_) => Kind::Duration,
        Node::Period(_) => Kind::DateRange,
        Node::Hours(hours) if !hours.bare => Kind::TimeRange,
        Node::Stretch(_) => Kind::DateTimeRange,
        Node::Repeat(_) => Kind::Set,
        Node::Open(open) => match open.bound {
            Bound::Day(_) => Kind::DateRange,
            Bound::Clock(_) => Kind::TimeRange,
            Bound::Moment(_) => Kind::DateTimeRange,
        },
        _ => return None,
    })
}

/// All readings of a node, the preferred one first.
pub(super) fn readings(node: &Node, direction: Direction) -> Vec<Value> {
    let mut out = Vec::with_capacity(2);
    match node {
        Node::Date(day) => {
            for date in sides(day.past, day.future, direction) {
                push(&mut out, point(day_form(date, day.form), text_date(date)));
            }
        }
        Node::Clock(clock) => {
            for clock in halves(*clock) {
                push(&mut out, point(format!("T{}", short_time(clock)), text_time(clock.second)));
            }
        }
        Node::Moment(moment) => moment_readings(moment, direction, &mut out),
        Node::Duration(length) => push(&mut out, duration(length)),
        Node::Period(period) => {
            for (start, end) in sides(period.past, period.future, direction) {
                push(&mut out, range(period_form((start, end), period.form), text_date(start), text_date(end)));
            }
        }
        Node::Hours(hours) => hours_readings(hours, &mut out),
        Node::Stretch(stretch) => stretch_readings(stretch, direction, &mut out),
        Node::Repeat(repeat) => push(&mut out, blank(repeat_form(repeat))),
        Node::Open(open) => open_readings(open, direction, &mut out),
        _ => {}
    }
    out
}

fn push(out: &mut Vec<Value>, value: TimeValue) {
    let value = Value::Time(value);
    if !out.contains(&value) {
        out.push(value);
    }
}

fn sides<T: PartialEq>(past: T, future: T, direction: Direction) -> impl Iterator<Item = T> {
    let one = past == future;
    let (first, second) = if direction == Direction::Past { (past, future) } else { (future, past) };
    std::iter::once(first).chain((!one).then_some(second))
}

/// The halves of the day that a clock time may lie in.
fn halves(clock: Clock) -> impl Iterator<Item = Clock> {
    std::iter::once(clock).chain(clock.other())
}

fn blank(timex: String) -> TimeValue {
    TimeValue { timex, point: None, range: None, seconds: None }
}

fn point(timex: String, value: String) -> TimeValue {
    TimeValue { point: Some(value), ..blank(timex) }
}

fn range(timex: String, start: String, end: String) -> TimeValue {
    TimeValue { range: Some((start, end)), ..blank(timex) }
}

fn duration(length: &Length) -> TimeValue {
    TimeValue { seconds: Some(length.in_seconds()), ..blank(length_form(length)) }
}

fn text_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

fn text_time(second: i32) -> String {
    format!("{:02}:{:02}:{:02}", second / 3600 % 24, second / 60 % 60, second % 60)
}

fn text_moment(at: DateTime) -> String {
    format!("{}T{:02}:{:02}:{:02}", text_date(at.date()), at.hour(), at.minute(), at.second())
}

fn day_form(date: Date, form: DayForm) -> String {
    match form {
        DayForm::Full => text_date(date),
        DayForm::MonthDay => format!("XXXX-{:02}-{:02}", date.month(), date.day()),
        DayForm::Weekday => format!("XXXX-WXX-{}", calendar::weekday(date)),
        DayForm::DayOfMonth => format!("XXXX-XX-{:02}", date.day()),
    }
}

/// `15`, `15:30` or `15:30:12`, as exactly as it was said.
fn short_time(clock: Clock) -> String {
    let (hour, minute, second) = (clock.second / 3600 % 24, clock.second / 60 % 60, clock.second % 60);
    if second > 0 || clock.precision == Precision::Second {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else if minute > 0 || clock.precision == Precision::Minute {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}")
    }
}

fn moment_readings(moment: &Moment, direction: Direction, out: &mut Vec<Value>) {
    for clock in halves(moment.clock) {
        for date in sides(moment.day.past, moment.day.future, direction) {
            let timex = match moment.vague {
                Some(form) => form.to_owned(),
                None => format!("{}T{}", day_form(date, moment.day.form), short_time(clock)),
            };
            if let Some(at) = at(date, clock) {
                push(out, point(timex, text_moment(at)));
            }
        }
    }
}

fn hours_readings(hours: &Hours, out: &mut Vec<Value>) {
    if let Some(part) = hours.part {
        let form = part.hours().code.to_owned();
        push(out, range(form, text_time(hours.start.second), text_time(hours.end.second)));
        return;
    }
    let mut add = |start: Clock, end: Clock| {
        let length = (end.second - start.second).rem_euclid(2 * HALF_DAY);
        let form = format!("(T{},T{},{})", short_time(start), short_time(end), clock_length(i64::from(length)));
        push(out, range(form, text_time(start.second), text_time(end.second)));
    };
    add(hours.start, hours.end);
    if let (Some(start), Some(end)) = (hours.start.other(), hours.end.other()) {
        add(start, end);
    }
}

fn clock_length(seconds: i64) -> String {
    let mut out = String::from("PT");
    for (unit, letter) in [(3600, 'H'), (60, 'M'), (1, 'S')] {
        let n = match unit {
            3600 => seconds / 3600,
            60 => seconds / 60 % 60,
            _ => seconds % 60,
        };
        if n > 0 {
            let _ = write!(out, "{n}{letter}");
        }
    }
    if out.len() == 2 {
        out.push_str("0S");
    }
    out
}

fn stretch_readings(stretch: &Stretch, direction: Direction, out: &mut Vec<Value>) {
    let mut readings: Vec<_> = stretch.readings[..stretch.count as usize].to_vec();
    if direction == Direction::Past && readings.len() > 1 {
        readings.sort_by_key(|r| r.0);
    }
    for (start, end) in readings {
        let form = match stretch.part {
            Some((form, part)) => format!("{}{}", day_form(start.date(), form), part_form(part)),
            None => {
                let (a, b) = (text_moment(start), text_moment(end));
                let seconds = start.duration_until(end).as_secs();
                format!("({a},{b},{})", clock_length(seconds))
            }
        };
        push(out, range(form, text_moment(start), text_moment(end)));
    }
}

fn part_form(part: DayPart) -> &'static str {
    part.hours().code
}

fn open_readings(open: &Open, direction: Direction, out: &mut Vec<Value>) {
    let mut add = |at: String| match open.side {
        Side::Before => push(out, range(format!("{OPEN_SIDE}/{at}"), OPEN_SIDE.to_owned(), at)),
        Side::After => push(out, range(format!("{at}/{OPEN_SIDE}"), at, OPEN_SIDE.to_owned())),
    };
    match open.bound {
        Bound::Day(Day { past, future, .. }) => sides(past, future, direction).for_each(|d| add(text_date(d))),
        Bound::Clock(clock) => halves(clock).for_each(|c| add(text_time(c.second))),
        Bound::Moment(moment) => {
            for clock in halves(moment.clock) {
                for date in sides(moment.day.past, moment.day.future, direction) {
                    if let Some(at) = at(date, clock) {
                        add(text_moment(at));
                    }
                }
            }
        }
    }
}

fn period_form((start, end): (Date, Date), form: PeriodForm) -> String {
    match form {
        PeriodForm::Year => format!("{:04}", start.year()),
        PeriodForm::Month => format!("{:04}-{:02}", start.year(), start.month()),
        PeriodForm::AnyMonth => format!("XXXX-{:02}", start.month()),
        PeriodForm::Week | PeriodForm::Weekend => {
            let week = start.iso_week_date();
            let end = if form == PeriodForm::Weekend { "-WE" } else { "" };
            format!("{:04}-W{:02}{end}", week.year(), week.week())
        }
        PeriodForm::Count(unit, count) => {
            let (n, letter) = letter(unit, f64::from(count));
            format!("({},{},P{n}{letter})", text_date(start), text_date(end))
        }
        PeriodForm::Days => {
            format!("({},{},P{}D)", text_date(start), text_date(end), (end - start).get_days())
        }
    }
}

fn letter(unit: Unit, count: f64) -> (f64, char) {
    match unit {
        Unit::Second => (count, 'S'),
        Unit::Minute => (count, 'M'),
        Unit::Hour => (count, 'H'),
        Unit::WorkingDay | Unit::Day => (count, 'D'),
        Unit::Weekend => (count * 2.0, 'D'),
        Unit::Week => (count, 'W'),
        Unit::Fortnight => (count * 2.0, 'W'),
        Unit::Month => (count, 'M'),
        Unit::Quarter => (count * 3.0, 'M'),
        Unit::Year => (count, 'Y'),
        Unit::Decade => (count * 10.0, 'Y'),
        Unit::Century => (count * 100.0, 'Y'),
    }
}

/// `PT2H30M`, `P1Y2M`.
pub(super) fn length_form(length: &Length) -> String {
    let mut out = String::from("P");
    let mut clock = false;
    for &(unit, count) in &length.said[..length.pieces as usize] {
        let unit = UNITS[unit as usize];
        if unit.is_clock() && !clock {
            out.push('T');
            clock = true;
        }
        let (n, letter) = letter(unit, count);
        let _ = write!(out, "{n}{letter}");
    }
    out
}

fn repeat_form(repeat: &Repeat) -> String {
    let mut out = match (repeat.weekday, repeat.day) {
        (Some(day), _) if repeat.every.said[0].1 <= 1.0 => format!("XXXX-WXX-{day}"),
        (_, Some((month, day))) => format!("XXXX-{month:02}-{day:02}"),
        _ => length_form(&repeat.every),
    };
    let daily = repeat.every.pieces == 1 && repeat.every.said[0] == (Unit::Day as u8, 1.0);
    if (repeat.clock.is_some() || repeat.part.is_some()) && daily && repeat.weekday.is_none() && repeat.day.is_none() {
        out.clear();
    }
    if let Some(clock) = repeat.clock {
        let _ = write!(out, "T{}", short_time(clock));
    } else if let Some(part) = repeat.part {
        out.push_str(part_form(part));
    }
    out
}
