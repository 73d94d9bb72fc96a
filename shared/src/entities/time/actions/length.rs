//! Lengths of time, and moving by them.

use super::{date, find, has, length, number, shift, unit, word};
use crate::entities::time::calendar;
use crate::entities::time::chart::{Matched, Scene};
use crate::entities::time::grammar::Sym;
use crate::entities::time::tokens::Gap;
use crate::entities::time::values::{
    Clock, Day, Half, Length, Moment, Node, Period, PeriodForm, Precision, Shift, Stretch, Unit,
};
use jiff::civil::{Date, DateTime};

/// Most of one unit that counts as a length of time.
const COUNT_LIMIT: f64 = 1e7;

fn fraction(parts: &[Matched]) -> f64 {
    let mut sum = 0.0;
    for part in parts {
        match part.node {
            Node::Word(Sym::Half, _) => sum += 0.5,
            Node::Word(Sym::Quarters, _) => sum += 0.25,
            _ => {}
        }
    }
    sum
}

/// "3 hours", "2.5 years", "an hour and a half", "half a day", "a few weeks".
pub(crate) fn piece(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts)?;
    let vague = find(parts, |n| match n {
        Node::Word(Sym::Couple, n) | Node::Word(Sym::Few | Sym::Several, n) => Some(f64::from(*n)),
        _ => None,
    });
    let half = fraction(parts);
    let whole = match (number(parts), vague) {
        // "unas cuatro horas": about four.
        (Some(n), Some(_)) if n > 1.0 && has(parts, Sym::Several) => n,
        (_, Some(n)) | (Some(n), None) => n,
        (None, None) if half > 0.0 && !has_after_unit(parts) => 0.0,
        (None, None) => 1.0,
    };
    let count = whole + half;
    if !(0.0..=COUNT_LIMIT).contains(&count) || not_a_length(scene, parts, unit) {
        return None;
    }
    Some(Node::Duration(Length::of(unit, count)))
}

/// "a hundred years": the article belongs to the multiplier.
pub(crate) fn round_piece(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let count = if has(parts, Sym::Hundred) { 100.0 } else { 1000.0 };
    let unit = unit(parts)?;
    (!not_a_length(scene, parts, unit)).then_some(Node::Duration(Length::of(unit, count)))
}

/// Whether the fraction stands behind the unit: "an hour and a half".
fn has_after_unit(parts: &[Matched]) -> bool {
    let unit = parts.iter().position(|p| matches!(p.node, Node::Word(Sym::Unit | Sym::Short, _)));
    let fraction = parts.iter().position(|p| matches!(p.node, Node::Word(Sym::Half | Sym::Quarters, _)));
    matches!((unit, fraction), (Some(u), Some(f)) if f > u)
}

pub(super) fn not_a_length(scene: &Scene, parts: &[Matched], unit: Unit) -> bool {
    // Abbreviations of one letter belong to figures: "3h", not "3.5 m".
    let short = word(parts, Sym::Short).is_some();
    if short && scene.char_behind().is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '²' | '³' | '\'')) {
        return true;
    }
    // "a quarter of the people".
    if unit == Unit::Quarter && scene.before(Sym::Of) {
        return true;
    }
    // "three night markets" counts markets, "a night club" is a club.
    let counted = number(parts).is_some_and(|n| n != 1.0) || scene.is_other_word(scene.end);
    counted && unit == Unit::Day && scene.word(scene.end - 1).eq_ignore_ascii_case("night")
}

/// "3/4 h": of the letters only the hour's stands apart from its number.
pub(crate) fn spaced(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let ends = !scene.before(Sym::Dot) || !scene.glued(scene.end);
    (unit(parts)? == Unit::Hour && ends).then(|| piece(scene, parts))?
}

/// `30'`, `1"`: minutes and seconds, where a length of time is spoken of and not feet and inches.
pub(crate) fn primes(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = if has(parts, Sym::Inch) { Unit::Second } else { Unit::Minute };
    let led = scene.after(Sym::In) || scene.after(Sym::For);
    let goes_on = scene.char_behind().is_some_and(char::is_alphanumeric)
        || scene.tokens.get(scene.end).is_some_and(|t| t.digits > 0);
    (led && !goes_on).then_some(Node::Duration(Length::of(unit, number(parts)?)))
}

/// `2m` and nothing else: minutes rather than metres, where a length of time is asked for.
pub(crate) fn minutes_alone(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    scene.is_whole().then_some(Node::Duration(Length::of(Unit::Minute, number(parts)?)))
}

/// "an hour thirty", "2 hours and 10": the smaller unit goes without saying.
pub(crate) fn trailing(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let smaller = match unit(parts)? {
        Unit::Hour => Unit::Minute,
        Unit::Minute => Unit::Second,
        _ => return None,
    };
    let mut counts = parts.iter().filter_map(|p| if let Node::Number(n) = p.node { Some(n) } else { None }).rev();
    let rest = counts.next()?;
    let count = counts.next().unwrap_or(1.0);
    let fits = (1.0..60.0).contains(&rest) && rest.fract() == 0.0 && count.fract() == 0.0;
    (fits && ends_clause(scene)).then_some(())?;
    Length::of(unit(parts)?, count).plus(Length::of(smaller, rest)).map(Node::Duration)
}

/// Whether nothing follows that what was counted last could count: the end, a mark, or a word of time.
fn ends_clause(scene: &Scene) -> bool {
    let behind = [Sym::Ago, Sym::Later, Sym::Before, Sym::After, Sym::From, Sym::Until, Sym::Back, Sym::Hence];
    match scene.tokens.get(scene.end) {
        None => true,
        Some(token) if token.gap == Gap::Line => true,
        Some(token) if token.gap == Gap::None => {
            scene.char_behind().is_some_and(|c| matches!(c, ',' | '.' | '!' | '?' | ';' | ')'))
                && scene.tokens.get(scene.end + 1).is_none_or(|t| t.digits == 0 || t.gap != Gap::None)
        }
        Some(_) => behind.iter().any(|&sym| scene.before(sym)),
    }
}

/// `1h30m`, `1h30`, `1:30 hours`.
pub(crate) fn hours_and_minutes(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if word(parts, Sym::Unit).is_some_and(|unit| unit != Unit::Hour as i16) {
        return None;
    }
    let mut counts = parts.iter().filter_map(|p| match p.node {
        Node::Number(n) => Some(n),
        Node::Word(Sym::Digits, _) => Some(f64::from(scene.tokens[p.start as usize].number)),
        _ => None,
    });
    let (hours, minutes) = (counts.next()?, counts.next()?);
    Length::of(Unit::Hour, hours).plus(Length::of(Unit::Minute, minutes)).map(Node::Duration)
}

/// "a quarter hour", "three quarter hours".
pub(crate) fn quarter_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Hour).then(|| quarters_of(scene, parts))?
}

/// "three quarters of an hour".
pub(crate) fn quarters_of(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts)?;
    let count = number(parts).unwrap_or(1.0);
    (unit >= Unit::Hour && count <= 4.0).then(|| match unit {
        Unit::Hour => Node::Duration(Length::of(Unit::Minute, 15.0 * count)),
        unit => Node::Duration(Length::of(unit, 0.25 * count)),
    })
}

/// "4 business days".
pub(crate) fn working(_: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Day).then_some(Node::Duration(Length::of(Unit::WorkingDay, number(parts)?)))
}

/// "the hour", "all week", "whole day": a length without a count.
pub(crate) fn whole(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts)?;
    let restricted = !has(parts, Sym::All) && (has(parts, Sym::The) || has(parts, Sym::My));
    if restricted && !matches!(unit, Unit::Hour | Unit::Minute) {
        return None;
    }
    let mut length = Length::of(unit, 1.0);
    length.whole = true;
    Some(Node::Duration(length))
}

/// "2 years" and "3 months": smaller units follow larger ones.
pub(crate) fn join(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut lengths = parts.iter().filter_map(|p| if let Node::Duration(l) = p.node { Some(l) } else { None });
    let (first, rest) = (lengths.next()?, lengths.next()?);
    if first.whole || rest.whole || first.smallest() <= rest.largest() {
        return None;
    }
    first.plus(rest).map(Node::Duration)
}

/// "2 days ago", "3 weeks after Christmas", "in an hour": a length away from now or from a day.
pub(crate) fn shifted(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let length = length(parts)?;
    if length.whole {
        return None;
    }
    let before = [Sym::Ago, Sym::Back, Sym::Before, Sym::Earlier, Sym::Prior, Sym::Past].iter().any(|&s| has(parts, s));
    let anchor = find(parts, |n| match n {
        Node::Date(day) => Some(if before && day.past == day.future { day.past } else { day.future }),
        _ => None,
    });
    Some(Node::Shift(Shift { length, sign: if before { -1.0 } else { 1.0 }, anchor }))
}

/// "in two years since 2011": from the beginning of a year.
pub(crate) fn shifted_from_year(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (length, from) = (length(parts)?, super::period(parts)?);
    let whole_year = from.form == PeriodForm::Year && from.past == from.future;
    whole_year.then_some(Node::Shift(Shift { length, sign: 1.0, anchor: Some(from.future.0) }))
}

/// "a year ago today": the shift of the length from the day.
pub(in crate::entities::time) fn moved(from: Date, length: &Length, sign: f64) -> Option<Date> {
    let months = length.months() * sign;
    let whole_months = months.trunc();
    let at = calendar::add_months(from, whole_months as i64)?;
    let days = length.days() * sign + (months - whole_months) * 30.0;
    let at = calendar::add_days(at, days as i64)?;
    calendar::add_working_days(at, (length.working_days() * sign) as i64)
}

/// A moment moved by a length.
pub(in crate::entities::time) fn moved_moment(
    scene: &Scene,
    from: DateTime,
    length: &Length,
    sign: f64,
) -> Option<DateTime> {
    let day = moved(from.date(), length, sign)?;
    let (from, seconds) = (day.to_datetime(from.time()), length.seconds() * sign);
    match scene.zone {
        Some(zone) if seconds.abs() < 1e11 => zone.moved(from, seconds as i64),
        _ => calendar::add_seconds(from, seconds),
    }
}

/// A shift that is counted in days: a day.
pub(crate) fn to_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let shift = shift(parts)?;
    if shift.length.has_clock() {
        return None;
    }
    let day = moved(shift.anchor.unwrap_or(scene.today), &shift.length, shift.sign)?;
    Some(Node::Date(Day::exact(day)))
}

/// "1 June minus 5 days".
pub(crate) fn less(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (day, length) = (super::date(parts)?, length(parts)?);
    if length.whole || length.has_clock() {
        return None;
    }
    moved(day.future, &length, -1.0).map(|day| Node::Date(Day::exact(day)))
}

/// "five years ago today", "a week from tomorrow" without its "from".
pub(crate) fn to_day_from(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (shift, near) = (shift(parts)?, word(parts, Sym::Today)?);
    if shift.anchor.is_some() || shift.length.has_clock() {
        return None;
    }
    let from = calendar::add_days(scene.today, i64::from(near))?;
    moved(from, &shift.length, shift.sign).map(|day| Node::Date(Day::exact(day)))
}

/// A moment as day and clock time.
pub(in crate::entities::time) fn moment_at(at: DateTime) -> Moment {
    let time = at.time();
    let second = i32::from(time.hour()) * 3600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    let clock = Clock { second, half: Half::Known, precision: Precision::Second };
    Moment { day: Day::exact(at.date()), clock, relative: true, vague: None }
}

/// A shift that is counted in hours, minutes or seconds: a moment.
pub(crate) fn to_moment(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let shift = shift(parts)?;
    if !shift.length.has_clock() {
        return None;
    }
    let from = shift.anchor.map_or(scene.now, calendar::midnight);
    let from = if shift.anchor == Some(scene.today) { scene.now } else { from };
    moved_moment(scene, from, &shift.length, shift.sign).map(|at| Node::Moment(moment_at(at)))
}

/// "Thursday, two years from now": that weekday in the week which the shift leads to.
pub(crate) fn weekday_of_shift(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let shift = shift(parts)?;
    if shift.length.has_clock() || shift.length.months() == 0.0 && shift.length.days() < 7.0 {
        return None;
    }
    let day = moved(shift.anchor.unwrap_or(scene.today), &shift.length, shift.sign)?;
    calendar::in_week(day, super::weekday(parts)?).map(|d| Node::Date(Day::exact(d)))
}

/// Spans of whole days, from `start` on or up to it.
fn span_of_days(start: Date, length: &Length, sign: f64) -> Option<Period> {
    let end = moved(start, length, sign)?;
    let (a, b) = if sign < 0.0 { (end, start) } else { (start, end) };
    Some(Period::exact(a, b, PeriodForm::Days))
}

fn stretch(start: DateTime, end: DateTime) -> Node {
    let (a, b) = if start <= end { (start, end) } else { (end, start) };
    Node::Stretch(Stretch { future: (a, b), past: (a, b), half: Half::Known, part: None })
}

/// "next 3 weeks", "last 5 years", "2 upcoming months": days counted from tomorrow on or up to now.
pub(crate) fn coming_days(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let length = length(parts)?;
    let rel = super::rel(parts)?;
    if length.has_clock() || length.whole || rel.step() == 0 || length.count().fract() != 0.0 {
        return None;
    }
    let count = length.count() as i64;
    let today = scene.today;
    if rel.step() > 0 {
        if length.smallest() == Unit::Quarter {
            let start = super::period::quarter_start(today)?;
            let start = calendar::add_months(start, 3)?;
            let end = calendar::add_months(start, 3 * count)?;
            return Some(Node::Period(Period::exact(start, end, PeriodForm::Count(Unit::Quarter, count as i16))));
        }
        if length.smallest() >= Unit::Decade {
            return super::period::decades(today, 1, count);
        }
        let start = calendar::add_days(today, 1)?;
        if length.smallest() == Unit::WorkingDay {
            let last = calendar::add_working_days(today, count)?;
            let start = calendar::add_working_days(today, 1)?;
            let end = calendar::add_days(last, 1)?;
            return Some(Node::Period(Period::exact(start, end, PeriodForm::Days)));
        }
        return span_of_days(start, &length, 1.0).map(Node::Period);
    }
    if length.smallest() == Unit::Quarter {
        let end = super::period::quarter_start(today)?;
        let start = calendar::add_months(end, -3 * count)?;
        return Some(Node::Period(Period::exact(start, end, PeriodForm::Count(Unit::Quarter, count as i16))));
    }
    if length.smallest() >= Unit::Decade {
        return super::period::decades(today, -1, count);
    }
    span_of_days(today, &length, -1.0).map(Node::Period)
}

/// "the next two decades": decades take the article into the span.
pub(crate) fn coming_decades(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (length(parts)?.smallest() == Unit::Decade).then(|| coming_days(scene, parts))?
}

/// "2 upcoming months": the count stands first.
pub(crate) fn coming_days_of(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = if has(parts, Sym::Business) { Unit::WorkingDay } else { unit(parts)? };
    let mut parts = parts.to_vec();
    let count = number(&parts)?;
    if count != 1.0 && !plural(scene) {
        return None;
    }
    parts[0].node = Node::Duration(Length::of(unit, count));
    coming_days(scene, &parts)
}

/// Whether the rule's last word is in the plural.
fn plural(scene: &Scene) -> bool {
    scene.word(scene.end - 1).ends_with(['s', 'S'])
}

/// "next 3 hours", "past 5 minutes", "last minute".
pub(crate) fn coming_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let rel = super::rel(parts)?;
    let length = match length(parts) {
        Some(length) if !length.whole => length,
        Some(_) => return None,
        None => {
            let count = number(parts).unwrap_or(1.0);
            if (count != 1.0) != plural(scene) {
                return None;
            }
            Length::of(unit(parts)?, count)
        }
    };
    if length.seconds() <= 0.0 || rel.step() == 0 {
        return None;
    }
    let other = moved_moment(scene, scene.now, &length, rel.step() as f64)?;
    Some(stretch(scene.now, other))
}

/// "within 3 days", "within the next 5 hours", "less than 2 weeks after Easter".
pub(crate) fn within_days(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (length, sign, anchor) = match shift(parts) {
        Some(shift) => (shift.length, shift.sign, shift.anchor),
        None => (length(parts)?, super::rel(parts).map_or(1.0, |r| if r.step() < 0 { -1.0 } else { 1.0 }), None),
    };
    if length.has_clock() || length.whole {
        return None;
    }
    let from = anchor.unwrap_or(scene.today);
    let end = moved(from, &length, sign)?;
    let (start, end) = if sign > 0.0 {
        // The day counted from is not itself within.
        let next = if anchor.is_some() || !has(parts, Sym::Within) { 0 } else { 1 };
        (calendar::add_days(from, next)?, calendar::add_days(end, next)?)
    } else {
        (end, from)
    };
    (start < end).then_some(Node::Period(Period::exact(start, end, PeriodForm::Days)))
}

/// The same in hours.
pub(crate) fn within_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (length, sign) = match shift(parts) {
        Some(shift) if shift.anchor.is_none() => (shift.length, shift.sign),
        Some(_) => return None,
        None => (length(parts)?, super::rel(parts).map_or(1.0, |r| if r.step() < 0 { -1.0 } else { 1.0 })),
    };
    if !length.has_clock() || length.whole {
        return None;
    }
    Some(stretch(scene.now, moved_moment(scene, scene.now, &length, sign)?))
}

/// "within the next day and 5 hours": a unit without a count, and a length.
pub(crate) fn within_unit_and(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let length = Length::of(unit(parts)?, 1.0).plus(length(parts)?)?;
    length.has_clock().then_some(())?;
    Some(stretch(
        scene.now,
        moved_moment(scene, scene.now, &length, super::rel(parts).map_or(1.0, |r| r.step() as f64))?,
    ))
}

/// "2 weeks starting May 20th", "for 3 days from today".
pub(crate) fn starting(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let length = length(parts)?;
    let day = date(parts)?;
    if length.has_clock() || length.whole {
        return None;
    }
    let past = (day.past, moved(day.past, &length, 1.0)?);
    let future = (day.future, moved(day.future, &length, 1.0)?);
    (past.0 < past.1).then_some(Node::Period(Period { past, future, form: PeriodForm::Days }))
}

/// "from 18th December for 10 days"; "a booking for the 9th for 2 days" says a day and a length.
pub(crate) fn lasting_days(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let is_open = has(parts, Sym::From) || scene.start == 0;
    is_open.then(|| starting(scene, parts))?
}

/// The same from a moment on, in hours.
pub(crate) fn starting_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let length = length(parts)?;
    if length.whole {
        return None;
    }
    let moment = find(parts, |n| if let Node::Moment(m) = n { Some(*m) } else { None })?;
    let from = super::moment::at(moment.day.future, moment.clock)?;
    Some(stretch(from, moved_moment(scene, from, &length, 1.0)?))
}
