//! Days: dates in full and in part, weekdays, days relative to now, holidays.

use super::{date, day_number, find, has, month, nth, rel, unit, weekday, word, year};
use crate::entities::time::calendar;
use crate::entities::time::chart::{Matched, Scene};
use crate::entities::time::grammar::Sym;
use crate::entities::time::tokens::Gap;
use crate::entities::time::values::{Day, DayForm, Node, Rel, Unit};
use jiff::civil::Date;

/// Years that a day without one is sought in, to either side of now (a 29 February may be eight years off).
const YEAR_REACH: i16 = 9;
/// Months that "Wednesday the 13th" is sought in, to either side of now.
const MONTH_REACH: i64 = 60;

/// A two-digit year in full: 40 to 99 belong to the last century, 30 to 39 to either.
pub(super) fn full(short: i16) -> (i16, i16) {
    match short {
        100.. => (short, short),
        40..100 => (1900 + short, 1900 + short),
        30..40 => (1900 + short, 2000 + short),
        _ => (2000 + short, 2000 + short),
    }
}

/// A date in a year, or on either side of now.
pub(in crate::entities::time) fn month_day(scene: &Scene, year: Option<i16>, month: i8, day: i8) -> Option<Day> {
    if let Some(year) = year {
        let (past, future) = full(year);
        let (past, future) = (calendar::date(past, month, day)?, calendar::date(future, month, day)?);
        return Some(Day::on_sides(past, future, DayForm::Full));
    }
    either_side(scene, DayForm::MonthDay, |y| calendar::date(y, month, day))
}

/// The nearest days on either side of now among one a year; today is both.
pub(in crate::entities::time) fn either_side(
    scene: &Scene,
    form: DayForm,
    on: impl Fn(i16) -> Option<Date>,
) -> Option<Day> {
    let this = scene.today.year();
    let past = (0..YEAR_REACH).filter_map(|k| on(this - k)).find(|date| *date <= scene.today)?;
    let future = (0..YEAR_REACH).filter_map(|k| on(this + k)).find(|date| *date >= scene.today)?;
    Some(Day::on_sides(past, future, form))
}

/// A day by name of month: "March 3rd", "3 March 2020", "Tuesday, the 3rd of March".
pub(crate) fn named_month(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
    let day = day_number(parts)?;
    // "the 15th day of May" is one, "the first week of May" and "November 19-20" are not.
    let many = parts
        .iter()
        .any(|p| matches!(p.node, Node::Word(Sym::Unit, _)) && scene.word(p.start as usize).len() > "day".len());
    if !counts_days(parts) || many || ends_in_range(scene) {
        return None;
    }
    // "may 10:30" is no 10th of May.
    if matches!(parts.iter().rev().find(|p| p.end > p.start).map(|p| p.node), Some(Node::Day(_)))
        && (scene.before(Sym::Colon) && scene.glued(scene.end) && scene.is(scene.end + 1, Sym::Digits))
    {
        return None;
    }
    // "this Friday, June 15" is of this year.
    let led = lead_is_relative(parts).then_some(scene.today.year());
    month_day(scene, year(parts).or(rel_year).or(led), month(parts)?, day).map(Node::Date)
}

/// "Jul 18, Fri": the weekday decides the year.
pub(crate) fn month_day_and_weekday(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (month, day, weekday) = (month(parts)?, day_number(parts)?, weekday(parts)?);
    let fits = |year: i16| calendar::date(year, month, day).filter(|date| calendar::weekday(*date) == weekday);
    either_side(scene, DayForm::Full, fits).map(Node::Date)
}

/// Whether the unit that was said, if any, is the day.
fn counts_days(parts: &[Matched]) -> bool {
    super::word(parts, Sym::Unit).is_none_or(|unit| unit == Unit::Day as i16)
}

/// "November 19-20": two days and no year, unless all is joined by dashes.
fn ends_in_range(scene: &Scene) -> bool {
    let dashes = (scene.start..scene.end).filter(|&at| scene.is(at, Sym::Dash)).count();
    let at = |back: usize| scene.end.checked_sub(back).unwrap_or(usize::MAX);
    let is_day = scene.is(at(3), Sym::Digits) || scene.is(at(3), Sym::Suffix);
    let is_short = scene.tokens.get(at(1)).is_some_and(|t| (1..=2).contains(&t.digits));
    dashes == 1 && scene.is(at(2), Sym::Dash) && is_short && is_day
}

/// "the last day of February", "first day of next year".
pub(crate) fn nth_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = nth(parts)?;
    if !counts_days(parts) {
        return None;
    }
    let within = |start: Date, months: i64| {
        let end = calendar::add_months(start, months)?;
        let day =
            if n < 0 { calendar::add_days(end, i64::from(n)) } else { calendar::add_days(start, i64::from(n) - 1) };
        day.filter(|day| (start..end).contains(day))
    };
    let said = find(parts, |node| if let Node::YearMonth(y, m) = node { Some((*y, *m)) } else { None });
    match (said, year(parts)) {
        (Some((0, month)), _) => {
            either_side(scene, DayForm::Full, |y| within(calendar::date(y, month, 1)?, 1)).map(Node::Date)
        }
        (Some((year, 0)), _) | (None, Some(year)) => {
            within(calendar::year_start(year)?, 12).map(|day| Node::Date(Day::exact(day)))
        }
        (Some((year, month)), _) => within(calendar::date(year, month, 1)?, 1).map(|day| Node::Date(Day::exact(day))),
        (None, None) => None,
    }
}

/// "Friday week", "tomorrow fortnight": a week or two later; "a week on Tuesday".
pub(crate) fn week_later(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let weeks = match Unit::numbered(super::word(parts, Sym::Unit)?)? {
        Unit::Week => 1,
        Unit::Fortnight => 2,
        _ => return None,
    };
    // "Monday week 10"
    if scene.before(Sym::Digits) || scene.before(Sym::Of) || scene.before(Sym::Dash) {
        return None;
    }
    let from = match weekday(parts) {
        Some(day) => calendar::add_days(scene.today, (day - calendar::weekday(scene.today) - 1).rem_euclid(7) + 1)?,
        None => calendar::add_days(scene.today, i64::from(word(parts, Sym::Today)?))?,
    };
    calendar::add_days(from, 7 * weeks).map(|day| Node::Date(Day::exact(day)))
}

/// "a week today", "two weeks tomorrow": so many weeks on, or back where what has been is asked for.
pub(crate) fn weeks_from(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let weeks = match Unit::numbered(super::word(parts, Sym::Unit)?)? {
        Unit::Week => 1,
        Unit::Fortnight => 2,
        _ => return None,
    };
    let days = 7 * weeks * super::number(parts).unwrap_or(1.0) as i64;
    // "for two weeks today" is how long it lasts.
    let lasts = scene.start.checked_sub(1).is_some_and(|before| scene.is(before, Sym::For));
    let from = calendar::add_days(scene.today, i64::from(word(parts, Sym::Today)?))?;
    let sides = (calendar::add_days(from, -days)?, calendar::add_days(from, days)?);
    (!lasts).then_some(Node::Date(Day::on_sides(sides.0, sides.1, DayForm::Full)))
}

pub(super) fn figures(scene: &Scene, parts: &[Matched]) -> [Option<(i64, u8)>; 3] {
    let mut out = [None; 3];
    let found = parts.iter().filter_map(|p| match p.node {
        Node::Word(Sym::Digits, _) => {
            let token = scene.tokens[p.start as usize];
            Some((i64::from(token.number), token.digits))
        }
        _ => None,
    });
    for (slot, n) in out.iter_mut().zip(found) {
        *slot = Some(n);
    }
    out
}

fn separators(scene: &Scene, parts: &[Matched]) -> Option<Sym> {
    let mut seen = None;
    for part in parts {
        if let Node::Word(sym @ (Sym::Dash | Sym::Slash | Sym::Dot), _) = part.node {
            if seen.is_some_and(|s| s != sym) {
                return None;
            }
            let tight = scene.glued(part.start as usize) && scene.glued(part.end as usize);
            if !tight && sym != Sym::Slash {
                return None;
            }
            seen = Some(sym);
        }
    }
    seen
}

/// `3/4/2020`, `2020-04-03`, `23.4.22`.
pub(crate) fn three_figures(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let [Some((a, a_len)), Some((b, b_len)), Some((c, c_len))] = figures(scene, parts) else { return None };
    let separator = separators(scene, parts)?;
    if a_len > 4 || b_len > 2 || c_len > 4 || a_len == 3 || c_len == 3 {
        return None;
    }
    if a_len == 4 {
        let (y, m, d) = (a as i16, b as i8, c as i8);
        return (c_len <= 2 && in_reach(y)).then(|| month_day(scene, Some(y), m, d)).flatten().map(Node::Date);
    }
    if !(c_len == 4 && in_reach(c as i16) || c_len == 2) {
        return None;
    }
    let day_first = scene.day_first || separator == Sym::Dot;
    let y = c as i16;
    let read = |day: i64, month: i64| month_day(scene, Some(y), month as i8, day as i8);
    let (usual, other) = if day_first { (read(a, b), read(b, a)) } else { (read(b, a), read(a, b)) };
    either_order(usual, other).map(Node::Date)
}

/// A date whose day and month may stand in either order: the usual one, and the other as what else it may be.
fn either_order(usual: Option<Day>, other: Option<Day>) -> Option<Day> {
    match (usual, other) {
        (Some(usual), Some(other)) => Some(Day { other: Some((other.past, other.future)), ..usual }),
        (usual, other) => usual.or(other),
    }
}

fn in_reach(year: i16) -> bool {
    (calendar::FIRST_YEAR..=calendar::LAST_YEAR).contains(&year)
}

/// `7/6`, and `7.6` or `7-6` where something else says that it is a date.
pub(crate) fn two_figures(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let [Some((a, a_len)), Some((b, b_len)), None] = figures(scene, parts) else { return None };
    let separator = separators(scene, parts)?;
    if a_len > 2 || b_len > 2 {
        return None;
    }
    let led = parts.iter().any(|p| matches!(p.node, Node::Date(_)));
    let clock = [Sym::Am, Sym::Pm, Sym::AmLetter, Sym::PmLetter, Sym::Oclock].iter().any(|&s| scene.before(s));
    let said = match separator {
        Sym::Slash => true,
        Sym::Dot => scene.after(Sym::On) || led && scene.after(Sym::In),
        // "2-15" and nothing else: neither hours nor a count can end there.
        _ => {
            scene.after(Sym::On)
                || scene.after(Sym::In)
                || scene.after(Sym::Of) && scene.start > 1 && scene.tokens[scene.start - 2].mask != 0
                || scene.is_whole() && a <= 12 && (b > 24 || a < 7 && b > 12)
        }
    };
    // "in 3-5 days" counts.
    if !said || clock && separator != Sym::Slash || separator == Sym::Dash && scene.before(Sym::Unit) {
        return None;
    }
    let year = year(parts).or_else(|| match rel(parts)? {
        Rel::This => Some(scene.today.year()),
        Rel::Next => Some(scene.today.year() + 1),
        Rel::Last => Some(scene.today.year() - 1),
        _ => None,
    });
    let year = if led && rel(parts).is_none() && lead_is_relative(parts) { Some(scene.today.year()) } else { year };
    let read = |day: i64, month: i64| month_day(scene, year, month as i8, day as i8);
    let (usual, other) = if scene.day_first { (read(a, b), read(b, a)) } else { (read(b, a), read(a, b)) };
    let day = either_order(usual, other)?;
    // "on Monday 6-8" is a day and hours, unless the weekday is that of the date.
    if separator == Sym::Dash && led {
        let weekday = calendar::weekday(date(parts)?.future);
        if calendar::weekday(day.past) != weekday && calendar::weekday(day.future) != weekday {
            return None;
        }
    }
    Some(Node::Date(day))
}

/// Whether a leading weekday says "this": then the year is this one.
fn lead_is_relative(parts: &[Matched]) -> bool {
    date(parts).is_some_and(|d| d.past == d.future)
}

/// `20200403`.
pub(crate) fn eight_figures(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = super::number(parts)? as i64;
    if !(1900..=2100).contains(&(n / 10_000)) {
        return None;
    }
    month_day(scene, Some((n / 10_000) as i16), (n / 100 % 100) as i8, (n % 100) as i8).map(Node::Date)
}

/// `2016 10 16`.
pub(crate) fn spaced_figures(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (year, month, day) = (year(parts)?, super::month_number(parts)?, day_number(parts)?);
    let more = scene.tokens.get(scene.end).is_some_and(|t| t.digits > 0);
    if more {
        return None;
    }
    month_day(scene, Some(year), month, day).map(Node::Date)
}

/// "all day Friday".
pub(crate) fn all_day(_: &Scene, parts: &[Matched]) -> Option<Node> {
    (word(parts, Sym::Unit)? == Unit::Day as i16).then(|| date(parts).map(Node::Date))?
}

/// Days around now: the word's value is the distance.
pub(crate) fn near(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut distance = i64::from(word(parts, Sym::Today)?);
    if has(parts, Sym::After) || has(parts, Sym::Next) {
        distance += 1;
    } else if has(parts, Sym::Before) || has(parts, Sym::Past) || has(parts, Sym::Last) {
        distance -= 1;
    }
    calendar::add_days(scene.today, distance).map(|d| Node::Date(Day::exact(d)))
}

/// "the day after", "the next day", "my day".
pub(crate) fn relative_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if unit(parts)? != Unit::Day || word(parts, Sym::Unit) != Some(Unit::Day as i16) {
        return None;
    }
    // "the night of the 3rd" is read from its own word on.
    if parts.len() == 2 && scene.is(scene.end - 1, Sym::Part) && scene.before(Sym::Of) {
        return None;
    }
    let distance = if has(parts, Sym::After) {
        1
    } else if has(parts, Sym::Before) {
        -1
    } else {
        rel(parts).map_or(0, Rel::step)
    };
    calendar::add_days(scene.today, distance).map(|d| Node::Date(Day::exact(d)))
}

/// The day after tomorrow, where a language has a word for it.
pub(crate) fn overmorrow(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (word(parts, Sym::Today)? == 1).then_some(())?;
    calendar::add_days(scene.today, 2).map(|d| Node::Date(Day::exact(d)))
}

/// "de hoy en ocho", "mañana en quince": a week or two on, where days are counted with the first.
pub(crate) fn weeks_on(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let weeks = match super::number(parts)? as i64 {
        8 => 1,
        15 => 2,
        _ => return None,
    };
    let counts_days = word(parts, Sym::Unit).is_none_or(|unit| unit == Unit::Day as i16);
    let from = calendar::add_days(scene.today, i64::from(word(parts, Sym::Today)?))?;
    counts_days.then(|| calendar::add_days(from, 7 * weeks).map(|day| Node::Date(Day::exact(day))))?
}

/// "dos de mayo": the day as a count.
pub(crate) fn counted_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = super::number(parts)?;
    if !(1.0..=31.0).contains(&n) || n.fract() != 0.0 {
        return None;
    }
    let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
    month_day(scene, year(parts).or(rel_year), month(parts)?, n as i8).map(Node::Date)
}

/// "the day after Christmas", "the day before May 5th".
pub(crate) fn beside(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let day = date(parts)?;
    let step = if has(parts, Sym::After) || has(parts, Sym::Later) { 1 } else { -1 };
    let (past, future) = (calendar::add_days(day.past, step)?, calendar::add_days(day.future, step)?);
    let is_day = word(parts, Sym::Unit)? == Unit::Day as i16;
    is_day.then_some(Node::Date(Day::on_sides(past, future, DayForm::Full)))
}

/// `2016-W45-3`.
pub(crate) fn iso_week_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let [Some((week, _)), Some((day, 1)), None] = figures(scene, parts) else { return None };
    let monday = calendar::iso_week(year(parts)?, week)?;
    (1..=7).contains(&day).then_some(())?;
    calendar::add_days(monday, day - 1).map(|d| Node::Date(Day::exact(d)))
}

/// "on Tuesday of next week": here the preposition is part of it.
pub(crate) fn weekday_of_next_week(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Week).then(|| of_week(scene, 1, weekday(parts)?))?
}

/// "the Friday after next": a week behind the next one.
pub(crate) fn weekday_after_next(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    of_week(scene, 2, weekday(parts)?)
}

/// "current date".
pub(crate) fn this_date(scene: &Scene, _: &[Matched]) -> Option<Node> {
    (scene.word(scene.start).len() > 4).then(|| Node::Date(Day::exact(scene.today)))
}

fn of_week(scene: &Scene, weeks: i64, day: i64) -> Option<Node> {
    let date = calendar::add_days(calendar::in_week(scene.today, day)?, 7 * weeks)?;
    Some(Node::Date(Day::exact(date)))
}

/// "next Friday": of the week that `rel` says; "coming" and "past" are the nearest ones.
pub(crate) fn relative_weekday(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let day = weekday(parts)?;
    let ahead = (day - calendar::weekday(scene.today)).rem_euclid(7);
    match rel(parts)? {
        Rel::Coming => {
            let ahead = if ahead == 0 { 7 } else { ahead };
            calendar::add_days(scene.today, ahead).map(|d| Node::Date(Day::exact(d)))
        }
        Rel::Past => {
            calendar::add_days(scene.today, if ahead == 0 { -7 } else { ahead - 7 }).map(|d| Node::Date(Day::exact(d)))
        }
        Rel::The => None,
        rel => of_week(scene, rel.step(), day),
    }
}

/// "este lunes": where "this" names the coming one.
pub(crate) fn weekday_ahead(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if rel(parts)? != Rel::This {
        return relative_weekday(scene, parts);
    }
    let ahead = (weekday(parts)? - calendar::weekday(scene.today)).rem_euclid(7);
    calendar::add_days(scene.today, ahead).map(|day| Node::Date(Day::exact(day)))
}

/// "Friday next week", "next week on Friday".
pub(crate) fn weekday_of_week(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if unit(parts)? != Unit::Week {
        return None;
    }
    of_week(scene, rel(parts)?.step(), weekday(parts)?)
}

/// "el jueves de la otra semana": of the one after this.
pub(crate) fn weekday_of_other_week(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if unit(parts)? != Unit::Week {
        return None;
    }
    of_week(scene, 1, weekday(parts)?)
}

/// The weekday nearest on either side.
pub(in crate::entities::time) fn either_weekday(scene: &Scene, day: i64) -> Option<Day> {
    let this = calendar::in_week(scene.today, day)?;
    let ahead = |d: Date| calendar::midnight(d) >= scene.now;
    let future = [this, calendar::add_days(this, 7)?].into_iter().find(|&d| ahead(d))?;
    let past = [this, calendar::add_days(this, -7)?].into_iter().find(|&d| !ahead(d))?;
    Some(Day::on_sides(past, future, DayForm::Weekday))
}

/// "Friday".
pub(crate) fn bare_weekday(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    either_weekday(scene, weekday(parts)?).map(Node::Date)
}

/// "tues the 4th", "Wed 13th": the weekday decides the month.
pub(crate) fn weekday_and_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (weekday, day) = (weekday(parts)?, day_number(parts)?);
    let explicit =
        has(parts, Sym::The) || scene.is(scene.end - 1, Sym::Suffix) || scene.is(scene.end - 1, Sym::Ordinal);
    if !explicit {
        let clock = [Sym::Dash, Sym::Colon, Sym::Am, Sym::Pm, Sym::Oclock, Sym::O, Sym::Slash, Sym::To, Sym::Dot];
        if clock.iter().any(|&s| scene.before(s)) {
            return None;
        }
    }
    let month = calendar::month_start(scene.today);
    let fits = |k: i64| {
        let first = calendar::add_months(month, k)?;
        let date = calendar::date(first.year(), first.month(), day)?;
        (calendar::weekday(date) == weekday).then_some(date)
    };
    if has(parts, Sym::The)
        && let Some(date) = fits(0)
    {
        return Some(Node::Date(Day::exact(date)));
    }
    let future = (0..MONTH_REACH).filter_map(fits).find(|day| *day >= scene.today)?;
    let past = (0..MONTH_REACH).filter_map(|k| fits(-k)).find(|day| *day <= scene.today)?;
    Some(Node::Date(Day::on_sides(past, future, DayForm::DayOfMonth)))
}

/// A day of a month alone, of this month or its neighbours.
pub(in crate::entities::time) fn day_alone(scene: &Scene, day: i8) -> Option<Node> {
    let month = calendar::month_start(scene.today);
    let on = |k: i64| {
        let first = calendar::add_months(month, k)?;
        calendar::date(first.year(), first.month(), day)
    };
    let future = (0..4).filter_map(on).find(|day| *day >= scene.today)?;
    let past = (0..4).filter_map(|k| on(-k)).find(|day| *day <= scene.today)?;
    Some(Node::Date(Day::on_sides(past, future, DayForm::DayOfMonth)))
}

/// "el 22, que es domingo": the weekday only says of it which it is.
pub(crate) fn day_and_its_weekday(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let weekday = weekday(parts)?;
    let Node::Date(day) = day_alone(scene, day_number(parts)?)? else { return None };
    let mut sides = [day.future, day.past].into_iter();
    sides.find(|side| calendar::weekday(*side) == weekday).map(|side| Node::Date(Day::exact(side)))
}

/// "el día 15".
pub(crate) fn numbered_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let goes_on = scene.tokens.get(scene.end).is_some_and(|t| {
        t.gap == Gap::None && t.mask != 0 && !scene.is(scene.end, Sym::Dot) && !scene.is(scene.end, Sym::Comma)
    });
    (unit(parts)? == Unit::Day && !goes_on).then(|| day_alone(scene, day_number(parts)?))?
}

/// "el 15" and nothing else, or before a clock time.
pub(crate) fn day_as_answer(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let fits = scene.is_whole() || scene.start == 0 && scene.before(Sym::At);
    (fits && word(parts, Sym::The)? == 0).then(|| day_alone(scene, day_number(parts)?))?
}

/// "la del 9" and nothing else: the one of that day.
pub(crate) fn the_one_of_a_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (scene.is_whole() && word(parts, Sym::Of)? == 1).then(|| day_alone(scene, day_number(parts)?))?
}

/// "the 17th" after "on"; after "for" only at the end of a clause.
pub(crate) fn day_of_some_month(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let ordinal = !scene.is(scene.end - 1, Sym::Digits);
    let last = scene.tokens.get(scene.end);
    let ends = last.is_none_or(|t| t.gap == Gap::Line)
        || [Sym::Comma, Sym::Dot].iter().any(|&s| scene.before(s))
        || matches!(scene.char_behind(), Some('!' | '?' | ';' | ':'));
    let written = scene.is(scene.end - 1, Sym::Ordinal);
    let led = if written && !has(parts, Sym::The) {
        false
    } else if scene.after(Sym::On) {
        ordinal || {
            let more = [Sym::Dash, Sym::Colon, Sym::Dot, Sym::Slash, Sym::Unit, Sym::Am, Sym::Pm];
            !more.iter().any(|&s| scene.before(s) && (s != Sym::Dot || !ends))
                && !scene.char_behind().is_some_and(|c| c.is_alphanumeric() || c == '%')
                && (has(parts, Sym::The)
                    || ends
                    || scene.before(Sym::At)
                    || scene.before(Sym::From)
                    || scene.before(Sym::Between))
        }
    } else if scene.after(Sym::At) || scene.after(Sym::In) {
        ordinal && !has(parts, Sym::The) && scene.is(scene.end - 1, Sym::Suffix)
    } else if [Sym::For, Sym::Since, Sym::Until, Sym::Before, Sym::After, Sym::By].iter().any(|&s| scene.after(s)) {
        has(parts, Sym::The) && ordinal && ends
    } else {
        // "the 21st" and nothing else is an answer; "the 3rd at 5" and "the evening of the 3rd" speak of time.
        let suffixed = scene.is(scene.end - 1, Sym::Suffix);
        let of_part = scene.after(Sym::Of) && scene.start > 1 && scene.is(scene.start - 2, Sym::Part);
        // "the 14th for 2 nights", "from the 10th".
        let lasts = scene.before(Sym::For) && scene.is(scene.end + 2, Sym::Unit);
        let dates = has(parts, Sym::The) && (lasts || scene.after(Sym::From) && ends);
        let answers = scene.is_whole() || scene.start == 0 && scene.before(Sym::At);
        suffixed && (answers || of_part || dates)
    };
    if !led || scene.before(Sym::Unit) {
        return None;
    }
    day_alone(scene, day_number(parts)?)
}

/// "first Monday of May", "last Friday of next month".
pub(crate) fn nth_weekday(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (n, day) = (nth(parts)?, weekday(parts)?);
    let on = |year: i16, month: i8| calendar::nth_weekday(year, month, n, day);
    if let Some((year, month)) =
        find(parts, |node| if let Node::YearMonth(y, m) = node { Some((*y, *m)) } else { None })
    {
        return match (year, month) {
            (0, month) => either_side(scene, DayForm::MonthDay, |y| on(y, month)).map(|mut d| {
                d.form = DayForm::Full;
                Node::Date(d)
            }),
            (_, 0) => None,
            (year, month) => on(year, month).map(|d| Node::Date(Day::exact(d))),
        };
    }
    None
}

/// "third Tuesday after Christmas", "the last Friday before Easter".
pub(crate) fn nth_weekday_beside(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (n, weekday, from) = (i64::from(nth(parts).unwrap_or(1).max(1)), weekday(parts)?, date(parts)?);
    let count = |from: Date| {
        if has(parts, Sym::After) {
            let ahead = (weekday - calendar::weekday(from) - 1).rem_euclid(7) + 1;
            calendar::add_days(from, ahead + 7 * (n - 1))
        } else {
            let behind = (calendar::weekday(from) - weekday - 1).rem_euclid(7) + 1;
            calendar::add_days(from, -behind - 7 * (n - 1))
        }
    };
    Some(Node::Date(Day::on_sides(count(from.past)?, count(from.future)?, DayForm::Full)))
}

/// "the Friday after Thanksgiving": beside a day of the year. Of two weekdays side by side neither counts from the other.
pub(crate) fn weekday_beside(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let from = date(parts)?;
    (from.form != DayForm::Weekday).then(|| nth_weekday_beside(scene, parts))?
}

/// Years to either side that "the third closest Easter to today" is sought in.
const CLOSEST_YEARS: i16 = 8;
/// Weeks to either side that "the third closest Monday to today" is sought in.
const CLOSEST_WEEKS: i64 = 8;

/// "the closest Monday to October 5th", "the second closest Christmas to today".
pub(crate) fn closest(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = usize::try_from(nth(parts).unwrap_or(1)).ok()?.checked_sub(1)?;
    let to = date(parts)?.future;
    let mut days: Vec<Date> = match (weekday(parts), word(parts, Sym::HolidayStart)) {
        (Some(day), _) => {
            let first = calendar::in_week(to, day)?;
            (-CLOSEST_WEEKS..=CLOSEST_WEEKS).filter_map(|k| calendar::add_days(first, 7 * k)).collect()
        }
        (None, Some(index)) => {
            let rule = scene.grammar.holidays.get(usize::try_from(index).ok()?)?.rule;
            (-CLOSEST_YEARS..=CLOSEST_YEARS).filter_map(|k| rule.on(to.year() + k)).collect()
        }
        (None, None) => return None,
    };
    days.sort_unstable_by_key(|day| calendar::days_between(to, *day).abs());
    days.get(n).map(|day| Node::Date(Day::exact(*day)))
}

/// "first week of May on Friday".
pub(crate) fn weekday_of_nth_week(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (n, day) = (nth(parts)?, weekday(parts)?);
    if unit(parts)? != Unit::Week {
        return None;
    }
    let on = |year: i16, month: i8| calendar::in_week(calendar::nth_week(year, Some(month), i64::from(n))?, day);
    match find(parts, |node| if let Node::YearMonth(y, m) = node { Some((*y, *m)) } else { None })? {
        (_, 0) => None,
        (0, month) => either_side(scene, DayForm::Full, |y| on(y, month)).map(Node::Date),
        (year, month) => on(year, month).map(|d| Node::Date(Day::exact(d))),
    }
}

/// "the 15th of next month", "the 15th day of next month".
pub(crate) fn day_of_month(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let day = day_number(parts)?;
    let (year, month) = find(parts, |n| if let Node::YearMonth(y, m) = n { Some((*y, *m)) } else { None })?;
    if year == 0 || month == 0 || super::word(parts, Sym::Unit).is_some_and(|u| u != Unit::Day as i16) {
        return None;
    }
    calendar::date(year, month, day).map(|d| Node::Date(Day::exact(d)))
}

/// "two Sundays from now".
pub(crate) fn weekdays_from_now(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (count, day) = (super::number(parts)?, weekday(parts)?);
    if !(1.0..=60.0).contains(&count) || count.fract() != 0.0 {
        return None;
    }
    let ahead = (day - calendar::weekday(scene.today) - 1).rem_euclid(7) + 1;
    calendar::add_days(scene.today, ahead + 7 * (count as i64 - 1)).map(|d| Node::Date(Day::exact(d)))
}

/// "two Sundays ago".
pub(crate) fn weekdays_ago(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (count, day) = (super::number(parts)?, weekday(parts)?);
    if !(1.0..=60.0).contains(&count) || count.fract() != 0.0 {
        return None;
    }
    let behind = (calendar::weekday(scene.today) - day - 1).rem_euclid(7) + 1;
    calendar::add_days(scene.today, -behind - 7 * (count as i64 - 1)).map(|d| Node::Date(Day::exact(d)))
}

/// "first business day of next month", "the last working day of May".
pub(crate) fn nth_working_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = i64::from(nth(parts)?);
    if unit(parts)? != Unit::Day {
        return None;
    }
    let of = |year: i16, month: i8| {
        let start = calendar::date(year, month, 1)?;
        let end = calendar::add_months(start, 1)?;
        let from = if n > 0 { calendar::add_days(start, -1)? } else { end };
        calendar::add_working_days(from, n).filter(|day| (start..end).contains(day))
    };
    match find(parts, |node| if let Node::YearMonth(y, m) = node { Some((*y, *m)) } else { None })? {
        (_, 0) => None,
        (0, month) => either_side(scene, DayForm::Full, |y| of(y, month)).map(Node::Date),
        (year, month) => of(year, month).map(|d| Node::Date(Day::exact(d))),
    }
}

/// A holiday, in a year or on either side of now.
pub(crate) fn holiday(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let rule = scene.grammar.holidays.get(usize::try_from(word(parts, Sym::HolidayStart)?).ok()?)?.rule;
    let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
    let exact = |year| rule.on(year).map(|d| Node::Date(Day::exact(d)));
    if let Some(year) = year(parts).map(|y| full(y).1).or(rel_year) {
        return exact(year);
    }
    let this = scene.today.year();
    match rel(parts) {
        Some(Rel::This) => return exact(this),
        Some(Rel::Next) => return exact(this + 1),
        Some(Rel::Last) => return exact(this - 1),
        _ => {}
    }
    let day = either_side(scene, DayForm::MonthDay, |y| rule.on(y))?;
    match rel(parts) {
        Some(Rel::Coming) => Some(Node::Date(Day::exact(day.future))),
        Some(Rel::Past) => Some(Node::Date(Day::exact(day.past))),
        _ => Some(Node::Date(day)),
    }
}

/// "Thanksgiving in 9 months", "Easter 2 years ago": in the year that years lead to, or nearest to where months do.
pub(crate) fn holiday_near(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let rule = scene.grammar.holidays.get(usize::try_from(word(parts, Sym::HolidayStart)?).ok()?)?.rule;
    let shift = super::shift(parts)?;
    if shift.anchor.is_some() || shift.length.has_clock() {
        return None;
    }
    let to = super::length::moved(scene.today, &shift.length, shift.sign)?;
    let day = if shift.length.smallest() >= Unit::Year {
        rule.on(to.year())?
    } else {
        let near = (to.year() - 1..=to.year() + 1).filter_map(|year| rule.on(year));
        near.min_by_key(|day| calendar::days_between(to, *day).abs())?
    };
    Some(Node::Date(Day::exact(day)))
}

/// "the night of power": with its article, where the name without it would be taken for a part of time.
pub(crate) fn the_holiday(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let begins = [Sym::Unit, Sym::Part, Sym::Ordinal].iter().any(|&s| scene.is(scene.start + 1, s));
    begins.then(|| holiday(scene, parts))?
}

/// "this Friday" before a date.
pub(crate) fn weekday_lead(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    match rel(parts) {
        Some(_) => relative_weekday(scene, parts),
        None => bare_weekday(scene, parts),
    }
}
