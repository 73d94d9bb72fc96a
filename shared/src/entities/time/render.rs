//! Writing meanings out: kinds, values, all readings with the preferred one first, TIMEX3 forms.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime};

use super::actions::moment::at;
use super::calendar;
use super::values::{
    Bound, Clock, Day, DayForm, DayPart, HALF_DAY, Half, Hours, Length, Moment, Node, Open, PeriodForm, Precision,
    Repeat, Side, Stretch, Unit,
};
use super::zone::Zone;
use crate::entities::{BusinessHours, Direction, Kind, TimeValue, Value};

/// An open side of a range, as in ISO 8601-2.
const OPEN_SIDE: &str = "..";

/// Which of several readings comes first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Preferred {
    /// The side of now.
    pub(super) direction: Direction,
    /// The hours that a clock time of no half lies in, if it may.
    pub(super) hours: BusinessHours,
}

impl Preferred {
    /// Whether a second of the day lies in business hours.
    fn is_open(self, second: i32) -> bool {
        let second = second.rem_euclid(2 * HALF_DAY);
        (i32::from(self.hours.opens) * 3600..i32::from(self.hours.closes) * 3600).contains(&second)
    }

    /// Whether of two halves of the day the other one is to come first.
    fn swaps(self, second: i32) -> bool {
        !self.is_open(second) && self.is_open(second + HALF_DAY)
    }
}

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
pub(super) fn readings(node: &Node, preferred: Preferred, zone: Option<&dyn Zone>) -> Vec<Value> {
    let direction = preferred.direction;
    let mut out = Vec::with_capacity(2);
    match node {
        Node::Date(day) => {
            for date in days(*day, direction) {
                push(&mut out, point(Text::with_capacity(10).day(date, day.form).0, text_date(date)));
            }
        }
        Node::Clock(clock) => {
            for clock in halves(*clock, preferred) {
                push(&mut out, point(Text::with_capacity(9).text("T").clock(clock).0, text_time(clock.second)));
            }
        }
        Node::Moment(moment) => moment_readings(moment, preferred, zone, &mut out),
        Node::Duration(length) => push(&mut out, duration(length)),
        Node::Period(period) => {
            let sides = sides(period.past, period.future, direction);
            for (start, end) in sides.filter(|(start, end)| has_form(*start) && has_form(*end)) {
                push(&mut out, range(period_form((start, end), period.form), text_date(start), text_date(end)));
            }
        }
        Node::Hours(hours) => hours_readings(hours, preferred, &mut out),
        Node::Stretch(stretch) => stretch_readings(stretch, preferred, zone, &mut out),
        Node::Repeat(repeat) => push(&mut out, blank(repeat_form(repeat))),
        Node::Open(open) => open_readings(open, preferred, &mut out),
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

/// The days that a day may be: on the preferred side of now, on the other, and in the less usual order of its figures.
fn days(day: Day, direction: Direction) -> impl Iterator<Item = Date> {
    let other = day.other.into_iter().flat_map(move |(past, future)| sides(past, future, direction));
    sides(day.past, day.future, direction).chain(other).filter(|date| has_form(*date))
}

/// Whether a day can be written as ISO 8601 has it without further agreement: in years of four figures, none before the year 0.
fn has_form(date: Date) -> bool {
    date.year() >= 0
}

/// The halves of the day that a clock time may lie in, the likelier first.
fn halves(clock: Clock, preferred: Preferred) -> impl Iterator<Item = Clock> {
    let (first, second) = match clock.other() {
        Some(other) if clock.precision != Precision::Figures && preferred.swaps(clock.second) => (other, Some(clock)),
        other => (clock, other),
    };
    std::iter::once(first).chain(second)
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

/// Text that is put together from figures, without the cost of the formatting machinery.
struct Text(String);

impl Text {
    fn with_capacity(capacity: usize) -> Text {
        Text(String::with_capacity(capacity))
    }

    /// `n` in as many figures as `width` says.
    fn figures(mut self, n: i32, width: u32) -> Text {
        let mut scale = 10i32.pow(width - 1);
        while scale > 0 {
            self.0.push(char::from(b'0' + (n / scale % 10) as u8));
            scale /= 10;
        }
        self
    }

    fn text(mut self, text: &str) -> Text {
        self.0.push_str(text);
        self
    }

    /// `2016-11-07`
    fn date(self, date: Date) -> Text {
        let text = self.figures(i32::from(date.year()), 4).text("-").figures(i32::from(date.month()), 2);
        text.text("-").figures(i32::from(date.day()), 2)
    }

    /// `16:12:00`
    fn time(self, second: i32) -> Text {
        let text = self.figures(second / 3600 % 24, 2).text(":").figures(second / 60 % 60, 2);
        text.text(":").figures(second % 60, 2)
    }

    /// `2016-11-07T16:12:00`
    fn moment(self, at: DateTime) -> Text {
        let second = i32::from(at.hour()) * 3600 + i32::from(at.minute()) * 60 + i32::from(at.second());
        self.date(at.date()).text("T").time(second)
    }

    /// A day in the TIMEX3 form that fits how it was given.
    fn day(self, date: Date, form: DayForm) -> Text {
        match form {
            DayForm::Full => self.date(date),
            DayForm::MonthDay => {
                self.text("XXXX-").figures(i32::from(date.month()), 2).text("-").figures(i32::from(date.day()), 2)
            }
            DayForm::Weekday => self.text("XXXX-WXX-").figures(calendar::weekday(date) as i32, 1),
            DayForm::DayOfMonth => self.text("XXXX-XX-").figures(i32::from(date.day()), 2),
        }
    }

    /// `15`, `15:30` or `15:30:12`, as exactly as it was said.
    fn clock(self, clock: Clock) -> Text {
        let (minute, second) = (clock.second / 60 % 60, clock.second % 60);
        let text = self.figures(clock.hour() % 24, 2);
        if second > 0 || clock.precision == Precision::Second {
            text.text(":").figures(minute, 2).text(":").figures(second, 2)
        } else if minute > 0 || clock.precision >= Precision::Minute {
            text.text(":").figures(minute, 2)
        } else {
            text
        }
    }

    /// A whole number in as many figures as it has.
    fn number(self, n: i64) -> Text {
        let mut figures = 1;
        let mut left = n / 10;
        while left > 0 && figures < 9 {
            left /= 10;
            figures += 1;
        }
        self.figures(n.clamp(0, 999_999_999) as i32, figures)
    }

    /// `PT2H30M`
    fn clock_length(self, seconds: i64) -> Text {
        let mut text = self.text("PT");
        for (n, letter) in [(seconds / 3600, "H"), (seconds / 60 % 60, "M"), (seconds % 60, "S")] {
            if n > 0 {
                text = text.number(n).text(letter);
            }
        }
        if seconds == 0 { text.text("0S") } else { text }
    }
}

fn text_date(date: Date) -> String {
    Text::with_capacity(10).date(date).0
}

fn text_time(second: i32) -> String {
    Text::with_capacity(8).time(second).0
}

fn text_moment(at: DateTime) -> String {
    Text::with_capacity(19).moment(at).0
}

fn moment_readings(moment: &Moment, preferred: Preferred, zone: Option<&dyn Zone>, out: &mut Vec<Value>) {
    for clock in halves(moment.clock, preferred) {
        for date in days(moment.day, preferred.direction) {
            let timex = match moment.vague {
                Some(form) => form.to_owned(),
                None => Text::with_capacity(19).day(date, moment.day.form).text("T").clock(clock).0,
            };
            if let Some(at) = at(date, clock) {
                let at = zone.map_or(at, |zone| zone.shown(at));
                push(out, point(timex, text_moment(at)));
            }
        }
    }
}

fn hours_readings(hours: &Hours, preferred: Preferred, out: &mut Vec<Value>) {
    if let Some(part) = hours.part {
        let form = part.hours().code.to_owned();
        push(out, range(form, text_time(hours.start.second), text_time(hours.end.second)));
        return;
    }
    let mut add = |start: Clock, end: Clock| {
        let length = (end.second - start.second).rem_euclid(2 * HALF_DAY);
        let form = Text::with_capacity(28).text("(T").clock(start).text(",T").clock(end).text(",");
        let form = form.clock_length(i64::from(length)).text(")").0;
        push(out, range(form, text_time(start.second), text_time(end.second)));
    };
    match (hours.start.other(), hours.end.other()) {
        (Some(start), Some(end)) if preferred.swaps(hours.start.second) => {
            add(start, end);
            add(hours.start, hours.end);
        }
        (Some(start), Some(end)) => {
            add(hours.start, hours.end);
            add(start, end);
        }
        _ => add(hours.start, hours.end),
    }
}

fn stretch_readings(stretch: &Stretch, preferred: Preferred, zone: Option<&dyn Zone>, out: &mut Vec<Value>) {
    let direction = preferred.direction;
    let begins = i32::from(stretch.future.0.hour()) * 3600 + i32::from(stretch.future.0.minute()) * 60;
    let shifts: &[f64] = match stretch.half {
        Half::Open if preferred.swaps(begins) => &[HALF_DAY as f64, 0.0],
        Half::Open => &[0.0, HALF_DAY as f64],
        Half::Known => &[0.0],
    };
    for shift in shifts {
        for (start, end) in sides(stretch.past, stretch.future, direction) {
            let (Some(start), Some(end)) = (calendar::add_seconds(start, *shift), calendar::add_seconds(end, *shift))
            else {
                continue;
            };
            let (start, end) = match zone {
                Some(zone) => (zone.shown(start), zone.shown(end)),
                None => (start, end),
            };
            if !has_form(start.date()) || !has_form(end.date()) {
                continue;
            }
            let form = match stretch.part {
                Some((form, part)) => Text::with_capacity(14).day(start.date(), form).text(part_form(part)).0,
                None => {
                    let seconds = calendar::seconds_between(start, end);
                    let form = Text::with_capacity(56).text("(").moment(start).text(",").moment(end).text(",");
                    form.clock_length(seconds).text(")").0
                }
            };
            push(out, range(form, text_moment(start), text_moment(end)));
        }
    }
}

fn part_form(part: DayPart) -> &'static str {
    part.hours().code
}

fn open_readings(open: &Open, preferred: Preferred, out: &mut Vec<Value>) {
    let mut add = |at: String| match open.side {
        Side::Before => push(out, range(format!("{OPEN_SIDE}/{at}"), OPEN_SIDE.to_owned(), at)),
        Side::After => push(out, range(format!("{at}/{OPEN_SIDE}"), at, OPEN_SIDE.to_owned())),
    };
    match open.bound {
        Bound::Day(day) => days(day, preferred.direction).for_each(|d| add(text_date(d))),
        Bound::Clock(clock) => halves(clock, preferred).for_each(|c| add(text_time(c.second))),
        Bound::Moment(moment) => {
            for clock in halves(moment.clock, preferred) {
                for date in days(moment.day, preferred.direction) {
                    if let Some(at) = at(date, clock) {
                        add(text_moment(at));
                    }
                }
            }
        }
    }
}

fn period_form((start, end): (Date, Date), form: PeriodForm) -> String {
    let text = Text::with_capacity(34);
    let between = |text: Text| text.text("(").date(start).text(",").date(end).text(",P");
    match form {
        PeriodForm::Year => text.figures(i32::from(start.year()), 4),
        PeriodForm::Month => text.figures(i32::from(start.year()), 4).text("-").figures(i32::from(start.month()), 2),
        PeriodForm::AnyMonth => text.text("XXXX-").figures(i32::from(start.month()), 2),
        PeriodForm::Week | PeriodForm::Weekend => {
            let (year, week) = calendar::iso_week_of(start).unwrap_or((start.year(), 1));
            let text = text.figures(i32::from(year), 4).text("-W").figures(week as i32, 2);
            if form == PeriodForm::Weekend { text.text("-WE") } else { text }
        }
        PeriodForm::Count(unit, count) => {
            let (n, letter) = letter(unit, f64::from(count));
            between(text).number(n as i64).text(letter).text(")")
        }
        PeriodForm::Days => between(text).number(calendar::days_between(start, end)).text("D)"),
    }
    .0
}

fn letter(unit: Unit, count: f64) -> (f64, &'static str) {
    match unit {
        Unit::Second => (count, "S"),
        Unit::Minute => (count, "M"),
        Unit::Hour => (count, "H"),
        Unit::WorkingDay | Unit::Day => (count, "D"),
        Unit::Weekend => (count * 2.0, "D"),
        Unit::Week => (count, "W"),
        Unit::Fortnight => (count * 2.0, "W"),
        Unit::Month => (count, "M"),
        Unit::Quarter => (count * 3.0, "M"),
        Unit::Year => (count, "Y"),
        Unit::Decade => (count * 10.0, "Y"),
        Unit::Century => (count * 100.0, "Y"),
    }
}

/// `PT2H30M`, `P1Y2M`.
pub(super) fn length_form(length: &Length) -> String {
    let mut out = String::from("P");
    let mut clock = false;
    for (unit, count) in length.said() {
        if unit.is_clock() && !clock {
            out.push('T');
            clock = true;
        }
        let (n, letter) = letter(unit, count);
        decimal(&mut out, n);
        out.push_str(letter);
    }
    out
}

/// Appends a count with at most six decimals.
fn decimal(out: &mut String, n: f64) {
    const MILLION: u64 = 1_000_000;
    let whole = n.trunc() as u64;
    let millionths = ((n - n.trunc()) * MILLION as f64 + 0.5) as u64;
    let _ = write!(out, "{}", whole.saturating_add(millionths / MILLION));
    if !millionths.is_multiple_of(MILLION) {
        let _ = write!(out, ".{:06}", millionths % MILLION);
        out.truncate(out.trim_end_matches('0').len());
    }
}

fn repeat_form(repeat: &Repeat) -> String {
    let mut out = match (repeat.weekday, repeat.day) {
        (Some(day), _) if repeat.every.count() <= 1.0 => format!("XXXX-WXX-{day}"),
        (_, Some((month, day))) => format!("XXXX-{month:02}-{day:02}"),
        _ => length_form(&repeat.every),
    };
    let daily = repeat.every.said().eq([(Unit::Day, 1.0)]);
    if (repeat.clock.is_some() || repeat.part.is_some()) && daily && repeat.weekday.is_none() && repeat.day.is_none() {
        out.clear();
    }
    if let Some(clock) = repeat.clock {
        out = Text(out).text("T").clock(clock).0;
    } else if let Some(part) = repeat.part {
        out.push_str(part_form(part));
    }
    out
}
