//! Moments and spans between them: a day and a clock time joined, now, parts of days, open ranges, repetitions.

use super::{clock, date, find, has, hours, length, part, rel, unit, weekday, word};
use crate::entities::time::actions::clock::within;
use crate::entities::time::calendar;
use crate::entities::time::chart::{Matched, Scene};
use crate::entities::time::grammar::Sym;
use crate::entities::time::parts::NIGHT;
use crate::entities::time::tokens::Gap;
use crate::entities::time::values::{
    Bound, Clock, Day, DayForm, DayPart, Edge, HALF_DAY, Half, Hours, Length, Moment, Node, Open, Precision, Rel,
    Repeat, Side, Stretch, Unit,
};
use jiff::civil::{Date, DateTime};

/// A day's moment; the second may lie in the day after.
pub(in crate::entities::time) fn at(day: Date, clock: Clock) -> Option<DateTime> {
    calendar::add_seconds(calendar::midnight(day), f64::from(clock.second))
}

fn near(parts: &[Matched]) -> Option<(i64, DayPart)> {
    find(parts, |n| if let Node::Near(days, part) = n { Some((i64::from(*days), *part)) } else { None })
}

/// Now.
pub(crate) fn now(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let vague = match word(parts, Sym::Now) {
        Some(1) => "FUTURE_REF",
        None if has(parts, Sym::Recently) => "PAST_REF",
        _ => "PRESENT_REF",
    };
    Some(Node::Moment(Moment { vague: Some(vague), ..super::length::moment_at(scene.now) }))
}

/// "tomorrow at 8", "8 pm on Friday", "tomorrow morning at 9".
pub(crate) fn day_and_clock(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (day, mut clock) = (date(parts)?, clock(parts)?);
    if let Some(part) = part(parts) {
        clock = within(clock, part);
    }
    // "tomorrow 8" may be followed by what is counted.
    let last = parts.iter().rev().find(|p| p.end > p.start)?;
    if matches!(last.node, Node::Clock(_)) && last.end == last.start + 1 {
        let counted = [Sym::Unit, Sym::Slash, Sym::Colon, Sym::Dash, Sym::Month].iter().any(|&s| scene.before(s));
        let glued = scene.glued(scene.end) && scene.char_behind().is_some_and(|c| c.is_alphanumeric() || c == '%');
        if counted || glued {
            return None;
        }
    }
    Some(Node::Moment(Moment { day, clock, relative: false, vague: None }))
}

/// "Wed Oct 26 15:50:06 2016": the year behind the time.
pub(crate) fn day_clock_year(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (day, clock, year) = (date(parts)?, clock(parts)?, super::year(parts)?);
    let date = calendar::date(year, day.future.month(), day.future.day())?;
    Some(Node::Moment(Moment { day: Day::exact(date), clock, relative: false, vague: None }))
}

/// "now", and what stands for it.
pub(crate) fn now_word(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if word(parts, Sym::Now)? == 2 { at_the_moment(scene, parts) } else { now(scene, parts) }
}

/// "ATM" for "at the moment": in a message it ends a clause; "the ATM", "an ATM card" are machines.
fn at_the_moment(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let all = scene.start == 0 && scene.end == scene.tokens.len();
    let lower = scene.word(scene.start).chars().all(char::is_lowercase);
    let held = [Sym::The, Sym::A, Sym::At, Sym::My, Sym::This, Sym::In, Sym::To, Sym::From, Sym::By]
        .iter()
        .any(|&s| scene.after(s));
    let ends = scene.tokens.get(scene.end).is_none_or(|t| t.gap == Gap::Line || t.gap == Gap::None && t.mask != 0);
    (all || lower && !held && ends).then(|| now(scene, parts))?
}

/// "tomorrow lunch".
pub(crate) fn day_and_meal(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Part(part) = super::clock::day_part(scene, parts)? else { return None };
    day_hours(date(parts)?, part_span(part))
}

/// "tonight at 7", "10, this evening": an hour and a part of a day near now.
pub(crate) fn part_and_clock(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (days, part) = near(parts)?;
    let day = calendar::add_days(scene.today, days)?;
    let clock = within(clock(parts)?, part);
    Some(Node::Moment(Moment { day: Day::exact(day), clock, relative: false, vague: None }))
}

/// "end of tomorrow", "end of day".
pub(crate) fn end_of_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let day = date(parts).unwrap_or(Day::exact(scene.today));
    if unit(parts).is_some_and(|u| u != Unit::Day) {
        return None;
    }
    let clock = Clock { second: 2 * HALF_DAY - 1, half: Half::Known, precision: Precision::Second };
    Some(Node::Moment(Moment { day, clock, relative: false, vague: None }))
}

fn stretch(future: (DateTime, DateTime), past: (DateTime, DateTime), half: Half) -> Option<Node> {
    let fits = |span: &(DateTime, DateTime)| span.0 < span.1;
    let (future, past) = (fits(&future).then_some(future), fits(&past).then_some(past));
    let (future, past) = (future.or(past)?, past.or(future)?);
    Some(Node::Stretch(Stretch { future, past, half, part: None }))
}

/// From one clock time to another on a day; the end may lie on the day after.
fn on_day(day: Date, start: Clock, end: Clock) -> Option<(DateTime, DateTime)> {
    let (from, mut to) = (at(day, start)?, at(day, end)?);
    if to <= from {
        to = at(calendar::add_days(day, 1)?, end)?;
    }
    Some((from, to))
}

pub(super) fn day_hours(day: Day, hours: Hours) -> Option<Node> {
    let open = hours.start.half == Half::Open && hours.end.half == Half::Open;
    let half = if open { Half::Open } else { Half::Known };
    let on = |d: Date| on_day(d, hours.start, hours.end);
    let Node::Stretch(mut stretch) = stretch(on(day.future)?, on(day.past)?, half)? else { return None };
    stretch.part = hours.part.map(|p| (day.form, p));
    Some(Node::Stretch(stretch))
}

/// "Monday 8-9", "from 9 to 5 on Friday", "tomorrow morning".
pub(crate) fn day_and_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (day, mut hours) = (date(parts)?, hours(parts)?);
    if hours.bare && runs_on(scene, parts) {
        return None;
    }
    if let Some(part) = part(parts) {
        hours = shaded(hours, part);
    }
    day_hours(day, hours)
}

/// Whether figures at the end of a rule run on into more of them.
fn runs_on(scene: &Scene, parts: &[Matched]) -> bool {
    let last = parts.iter().rev().find(|p| p.end > p.start);
    matches!(last.map(|p| p.node), Some(Node::Hours(_)))
        && ([Sym::Dash, Sym::Slash, Sym::Colon].iter().any(|&s| scene.before(s) && scene.glued(scene.end))
            || scene.before(Sym::Unit)
            || scene.before(Sym::Month)
            || scene.glued(scene.end) && scene.char_behind().is_some_and(|c| c.is_alphanumeric() || c == '%'))
}

/// Hours settled by a part of the day: "from 7 to 9" in the evening.
fn shaded(mut hours: Hours, part: DayPart) -> Hours {
    hours.start = within(hours.start, part);
    hours.end = within(hours.end, part);
    if hours.end.half == Half::Known && hours.end.second < hours.start.second && hours.end.second < HALF_DAY {
        // "from 11 to 1 at night" ends on the next day; on_day() sees to it.
    }
    hours
}

/// "tomorrow afternoon", "the morning of May 5th".
pub(crate) fn day_and_part(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (day, part) = (date(parts)?, part(parts)?);
    day_hours(day, part_span(part))
}

/// "early tomorrow morning", "late Friday night".
pub(crate) fn shaded_day_and_part(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (day, part) = (date(parts)?, part(parts)?);
    let shade = if has(parts, Sym::Early) { -1 } else { 1 };
    day_hours(day, part_span(DayPart { shade, ..part }))
}

pub(super) fn part_span(part: DayPart) -> Hours {
    let (start, end) = part.seconds();
    let known = |second| Clock { second, half: Half::Known, precision: Precision::Hour };
    Hours { start: known(start), end: known(end), part: Some(part), bare: false }
}

/// "this morning", "last night", "tonight".
pub(crate) fn near_part(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (days, part) = near(parts)?;
    let day = calendar::add_days(scene.today, days)?;
    day_hours(Day::exact(day), part_span(part))
}

/// "tonight", "late tonight".
pub(crate) fn tonight(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let shade = if has(parts, Sym::Late) || has(parts, Sym::Later) { 1 } else { 0 };
    Some(Node::Near(word(parts, Sym::Tonight)? as i8, DayPart { index: NIGHT, shade }))
}

/// "this morning", "last night".
pub(crate) fn near_day_part(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let rel = rel(parts).or(has(parts, Sym::This).then_some(Rel::This))?;
    let part = match part(parts) {
        Some(part) => part,
        None => match super::clock::day_part(scene, parts)? {
            Node::Part(part) => part,
            _ => return None,
        },
    };
    (!part.hours().meal).then_some(Node::Near(rel.step() as i8, part))
}

/// "the night before last".
pub(crate) fn part_before_last(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Part(part) = super::clock::day_part(scene, parts)? else { return None };
    Some(Node::Near(-2, part))
}

/// "first Monday evening of next month".
pub(crate) fn nth_weekday_part(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Date(day) = super::day::nth_weekday(scene, parts)? else { return None };
    day_hours(day, part_span(part(parts)?))
}

/// "8 tomorrow": an hour first only after "at", or before a weekday at the end.
pub(crate) fn day_and_clock_after_at(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    // "two days before Easter" counts days.
    let is_answer = scene.is_whole() && !scene.is(scene.start + 1, Sym::Unit);
    (scene.after(Sym::At) || is_answer).then(|| day_and_clock(scene, parts))?
}

/// "same time tomorrow": the clock time of now.
pub(crate) fn same_time(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let clock = super::length::moment_at(scene.now).clock;
    Some(Node::Moment(Moment { day: date(parts)?, clock, relative: false, vague: None }))
}

/// "after lunch".
pub(crate) fn open_meal(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut parts = parts.to_vec();
    parts.last_mut()?.node = super::clock::meal_hours(scene, &[*parts.last()?])?;
    open_side(scene, &parts)
}

/// "at present".
pub(crate) fn at_present(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    scene.word(scene.end - 1).eq_ignore_ascii_case("present").then(|| now(scene, parts))?
}

/// "before", "until", "by".
pub(crate) fn open_before(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Word(Sym::Before, 0))
}

/// "after".
pub(crate) fn open_after(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Word(Sym::After, 0))
}

/// "no later than".
pub(crate) fn open_no_later(_: &Scene, parts: &[Matched]) -> Option<Node> {
    (word(parts, Sym::Label)? == 1).then_some(Node::Word(Sym::Before, 0))
}

/// "no earlier than".
pub(crate) fn open_no_earlier(_: &Scene, parts: &[Matched]) -> Option<Node> {
    (word(parts, Sym::Label)? == 1).then_some(Node::Word(Sym::From, 0))
}

/// "tomorrow after 3", "Friday before noon".
pub(crate) fn open_on_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (day, clock) = (date(parts)?, clock(parts)?);
    let counted = [Sym::Unit, Sym::Month, Sym::Colon, Sym::Dash].iter().any(|&s| scene.before(s));
    if clock.precision == Precision::Bare && (counted || scene.is_other_word(scene.end)) {
        return None;
    }
    let before = [Sym::Before, Sym::Until, Sym::By].iter().any(|&s| has(parts, s));
    let side = if before { Side::Before } else { Side::After };
    open(side, Bound::Moment(Moment { day, clock, relative: false, vague: None }))
}

/// "after work", "after school", at the end of a clause: the word's value is the hour at which it is over.
pub(crate) fn open_after_duty(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let hour = word(parts, Sym::Business).or_else(|| word(parts, Sym::Calendar)).filter(|hour| *hour > 1)?;
    let ends = !scene.is_other_word(scene.end) && !scene.before(Sym::Unit);
    ends.then(|| open(Side::After, Bound::Clock(Clock::known(i32::from(hour), 0))))?
}

/// "since".
pub(crate) fn open_since(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Word(Sym::Since, 0))
}

/// "through 2 pm": "to 2 pm" names a moment.
pub(crate) fn open_through(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (word(parts, Sym::To)? == 1).then(|| open_side(scene, parts))?
}

/// "after 5 days": open from where the length leads.
pub(crate) fn open_after_length(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let length = length(parts)?;
    if length.whole {
        return None;
    }
    let bound = if length.has_clock() {
        let at = super::length::moved_moment(scene, scene.now, &length, 1.0)?;
        Bound::Moment(super::length::moment_at(at))
    } else {
        Bound::Day(Day::exact(super::length::moved(scene.today, &length, 1.0)?))
    };
    open(Side::After, bound)
}

/// "starting on", "a partir de": from a day on that may lie ahead.
pub(crate) fn open_from(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Word(Sym::From, 0))
}

/// "before 5": an hour without a mark, at the end of a clause.
pub(crate) fn open_hour(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let token = scene.tokens.get(scene.end);
    let ends = token.is_none()
        || scene.before(Sym::Comma)
        || scene.before(Sym::Dot)
        || matches!(scene.char_behind(), Some('!' | '?' | ';'));
    (ends && !has(parts, Sym::Since)).then(|| open_side(scene, parts))?
}

/// "tonight from 7 to 7:30", "between 7 and 9 last night".
pub(crate) fn near_part_and_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (days, part) = near(parts)?;
    let day = calendar::add_days(scene.today, days)?;
    day_hours(Day::exact(day), shaded(hours(parts)?, part))
}

fn bound(node: &Node) -> Option<Bound> {
    match node {
        Node::Moment(m) => Some(Bound::Moment(*m)),
        Node::Clock(c) => Some(Bound::Clock(*c)),
        Node::Date(d) => Some(Bound::Day(*d)),
        _ => None,
    }
}

fn of_moment(m: Moment, past: bool) -> Option<DateTime> {
    at(if past { m.day.past } else { m.day.future }, m.clock)
}

/// The first of a clock time's halves that lies after `from`, on its day or the next.
fn next_clock(from: DateTime, clock: Clock) -> Option<DateTime> {
    let today = at(from.date(), clock).filter(|t| *t > from);
    let later = || clock.other().and_then(|c| at(from.date(), c)).filter(|t| *t > from);
    today.or_else(later).or_else(|| at(calendar::add_days(from.date(), 1)?, clock))
}

/// A span between two bounds, on one side of now.
fn span(a: Bound, b: Bound, past: bool) -> Option<(DateTime, DateTime)> {
    let midnight = |d: Day| calendar::midnight(if past { d.past } else { d.future });
    match (a, b) {
        (Bound::Moment(a), Bound::Moment(b)) => {
            let (from, to) = (of_moment(a, past)?, of_moment(b, past)?);
            let to = if to > from { Some(to) } else { b.clock.other().and_then(|c| at(b.day.future, c)) };
            Some((from, to?))
        }
        (Bound::Moment(a), Bound::Clock(end)) => {
            let from = of_moment(a, past)?;
            Some((from, next_clock(from, end)?))
        }
        (Bound::Clock(start), Bound::Moment(b)) => {
            let to = of_moment(b, past)?;
            Some((at(to.date(), start)?, to))
        }
        (Bound::Moment(a), Bound::Day(b)) if !a.relative => Some((of_moment(a, past)?, midnight(b))),
        (Bound::Day(a), Bound::Moment(b)) if !b.relative => Some((midnight(a), of_moment(b, past)?)),
        _ => None,
    }
}

/// "tomorrow 3pm to 5pm", "from May 5 at noon until May 7 at 3 pm", "between now and 8 o'clock".
pub(crate) fn between_moments(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut ends = parts.iter().filter_map(|p| bound(&p.node));
    let (a, b) = (ends.next()?, ends.next()?);
    let (future, past) = (span(a, b, false), span(a, b, true));
    stretch(future.or(past)?, past.or(future)?, Half::Known)
}

/// "rest of the day", "later today".
pub(crate) fn rest_of_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if unit(parts).is_some_and(|u| u != Unit::Day) {
        return None;
    }
    let end = calendar::add_seconds(calendar::midnight(scene.today), f64::from(2 * HALF_DAY - 1))?;
    let rest = (scene.now, end);
    stretch(rest, rest, Half::Known)
}

fn open(side: Side, bound: Bound) -> Option<Node> {
    Some(Node::Open(Open { side, bound }))
}

/// "since Monday", "before 5 pm", "until next week".
pub(crate) fn open_side(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let before = [Sym::Before, Sym::Until, Sym::By, Sym::To].iter().any(|&s| has(parts, s));
    let side = if before { Side::Before } else { Side::After };
    let since = has(parts, Sym::Since) || has(parts, Sym::From);
    for matched in parts {
        let bound = match matched.node {
            Node::Date(day) => Bound::Day(day),
            Node::Clock(clock) => Bound::Clock(clock),
            Node::Moment(moment) => Bound::Moment(moment),
            Node::Period(p) => {
                // After May is from June on; since May is from its first day on.
                let pick = |span: (Date, Date)| if before || since { span.0 } else { span.1 };
                let form = DayForm::Full;
                Bound::Day(Day::on_sides(pick(p.past), pick(p.future), form))
            }
            Node::Hours(h) => Bound::Clock(if before || since { h.start } else { h.end }),
            Node::Stretch(s) => {
                let (start, end) = if has(parts, Sym::Since) { s.past } else { s.future };
                let at = if before || since { start } else { end };
                Bound::Moment(super::length::moment_at(at))
            }
            _ => continue,
        };
        // Nobody has been waiting since a day ahead.
        let bound = match bound {
            Bound::Day(d) if has(parts, Sym::Since) => Bound::Day(Day { future: d.past, ..d }),
            Bound::Moment(m) if has(parts, Sym::Since) => {
                Bound::Moment(Moment { day: Day { future: m.day.past, ..m.day }, ..m })
            }
            bound => bound,
        };
        let _ = scene;
        return open(side, bound);
    }
    None
}

/// "earlier today", "later tomorrow": a part of a day without a name.
pub(crate) fn edge_of_day(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (edge, day) = (super::edge(parts)?, date(parts)?);
    let (start, end) = match edge {
        Edge::Early | Edge::Earlier => (0, HALF_DAY),
        Edge::Late | Edge::Later => (HALF_DAY, 2 * HALF_DAY - 1),
        Edge::Middle => (10 * 3600, 14 * 3600),
        Edge::Rest => return None,
    };
    let known = |second| Clock { second, half: Half::Known, precision: Precision::Hour };
    day_hours(day, Hours { start: known(start), end: known(end), part: None, bare: false })
}

fn repeat(every: Length) -> Repeat {
    Repeat { every, weekday: None, part: None, clock: None, day: None }
}

/// "los martes": where weekdays have no plural of their own, the article says that many are meant.
pub(crate) fn every_of_many(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (word(parts, Sym::The)? == 1).then(|| every(scene, parts))?
}

/// "el 24 por la noche": a day of some month and a part of it.
pub(crate) fn day_number_and_part(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let article = word(parts, Sym::The)? == 0;
    let number = super::day_number(parts).filter(|_| article)?;
    let Node::Date(day) = super::day::day_alone(scene, number)? else { return None };
    day_hours(day, part_span(part(parts)?))
}

/// "el 16 a las 8": a day of some month and a clock time.
pub(crate) fn day_number_and_clock(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let article = word(parts, Sym::The)? == 0;
    let number = super::day_number(parts).filter(|_| article)?;
    let mut parts = parts.to_vec();
    parts.first_mut()?.node = super::day::day_alone(scene, number)?;
    day_and_clock(scene, &parts)
}

/// "a partir del 16": a day of some month, which its article tells from an amount.
pub(crate) fn open_from_day_number(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let article = word(parts, Sym::Of)? == 1 && !scene.before(Sym::Unit);
    let number = super::day_number(parts).filter(|_| article)?;
    let mut parts = parts.to_vec();
    parts.last_mut()?.node = super::day::day_alone(scene, number)?;
    open_side(scene, &parts)
}

/// "los fines de semana".
pub(crate) fn weekends(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let many = word(parts, Sym::The)? == 1 && unit(parts)? == Unit::Week;
    many.then(|| Node::Repeat(repeat(Length::of(Unit::Weekend, 1.0))))
}

/// "every March", "each winter".
pub(crate) fn every_year(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Repeat(repeat(Length::of(Unit::Year, 1.0))))
}

/// "the first Monday of each month", "the 1st of every month".
pub(crate) fn nth_of_every(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let units = parts.iter().rev().find_map(|p| match p.node {
        Node::Word(Sym::Unit, unit) => Unit::numbered(unit),
        _ => None,
    });
    let repeat = repeat(Length::of(units.filter(|unit| *unit > Unit::Day)?, 1.0));
    Some(Node::Repeat(Repeat { weekday: weekday(parts).map(|day| day as i8), ..repeat }))
}

/// "every third Thursday": one a month.
pub(crate) fn nth_of_month(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let weekday = weekday(parts)? as i8;
    Some(Node::Repeat(Repeat { weekday: Some(weekday), ..repeat(Length::of(Unit::Month, 1.0)) }))
}

/// "on weekdays", "weekends at 9": the days in the plural.
pub(crate) fn plural_days(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts).filter(|unit| matches!(unit, Unit::WorkingDay | Unit::Weekend))?;
    let plural = scene.word(scene.end - 1).ends_with(['s', 'S']);
    (plural && (scene.after(Sym::On) || scene.before(Sym::At))).then(|| Node::Repeat(repeat(Length::of(unit, 1.0))))
}

/// "every Monday at 9", "every two weeks", "daily", "each morning".
pub(crate) fn every(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let other = if has(parts, Sym::Other) { 2.0 } else { 1.0 };
    let mut out = if let Some(inner) = find(parts, |n| if let Node::Repeat(r) = n { Some(*r) } else { None }) {
        inner
    } else if let Some(length) = length(parts) {
        repeat(length)
    } else if let Some(unit) = word(parts, Sym::Set).and_then(Unit::numbered) {
        repeat(Length::of(unit, other))
    } else if let Some(unit) = unit(parts) {
        // "once a week", "three times a day"
        let times = word(parts, Sym::Once).map(f64::from).or_else(|| super::number(parts)).unwrap_or(1.0);
        if times <= 0.0 {
            return None;
        }
        repeat(Length::of(unit, other / times))
    } else if let Some(day) = weekday(parts) {
        Repeat { weekday: Some(day as i8), ..repeat(Length::of(Unit::Week, other)) }
    } else if let Some(day) = date(parts) {
        Repeat { day: Some((day.future.month(), day.future.day())), ..repeat(Length::of(Unit::Year, 1.0)) }
    } else if part(parts).is_some() {
        repeat(Length::of(Unit::Day, 1.0))
    } else {
        return None;
    };
    out.part = out.part.or(part(parts));
    if let Some(clock) = clock(parts) {
        out.clock = Some(out.part.map_or(clock, |p| within(clock, p)));
    }
    Some(Node::Repeat(out))
}
