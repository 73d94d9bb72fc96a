//! Spans of days: months, years, weeks, quarters, seasons, decades, and from one day to another.

use super::{find, has, month, month_number, nth, number, period, rel, unit, word, year};
use crate::entities::time::calendar;
use crate::entities::time::chart::{Matched, Scene};
use crate::entities::time::grammar::Sym;
use crate::entities::time::values::{Node, Period, PeriodForm, Rel, Unit};
use jiff::civil::Date;

pub(super) fn exact(start: Date, end: Date, form: PeriodForm) -> Option<Node> {
    Some(Node::Period(Period::exact(start, end, form)))
}

fn of_month(year: i16, month: i8) -> Option<(Date, Date)> {
    let start = calendar::date(year, month, 1)?;
    Some((start, calendar::add_months(start, 1)?))
}

/// The first day of the quarter that holds `date`.
pub(in crate::entities::time) fn quarter_start(date: Date) -> Option<Date> {
    calendar::date(date.year(), (date.month() - 1) / 3 * 3 + 1, 1)
}

/// `count` whole decades ahead of or behind the current one.
pub(in crate::entities::time) fn decades(today: Date, step: i64, count: i64) -> Option<Node> {
    let this = i64::from(today.year()).div_euclid(10) * 10;
    let (from, to) = if step > 0 { (this + 10, this + 10 + 10 * count) } else { (this - 10 * count, this) };
    let start = calendar::year_start(i16::try_from(from).ok()?)?;
    let end = calendar::year_start(i16::try_from(to).ok()?)?;
    exact(start, end, PeriodForm::Count(Unit::Decade, count as i16))
}

/// The nearest of one a year to either side; the one that `begins` ahead, or else the one that ends ahead, is the coming
/// one.
fn either_side(
    scene: &Scene,
    form: PeriodForm,
    begins: bool,
    on: impl Fn(i16) -> Option<(Date, Date)>,
) -> Option<Node> {
    let this = scene.today.year();
    let (start, end) = on(this)?;
    let ahead = calendar::midnight(if begins { start } else { end }) >= scene.now;
    let (past, future) = if ahead { (on(this - 1)?, on(this)?) } else { (on(this)?, on(this + 1)?) };
    Some(Node::Period(Period { past, future, form }))
}

/// "May", "this May", "May 2020", `2020-05`, "May of next year".
pub(crate) fn named_month(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let month = month(parts)?;
    let this = scene.today.year();
    let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
    if let Some(year) = year(parts).or(rel_year) {
        let year = super::day::full(year).1;
        let (start, end) = of_month(year, month)?;
        return exact(start, end, PeriodForm::Month);
    }
    match rel(parts) {
        None | Some(Rel::The) => {
            // The current month counts as ahead.
            let past = if month < scene.today.month() { this } else { this - 1 };
            let future = if month < scene.today.month() { this + 1 } else { this };
            Some(Node::Period(Period {
                past: of_month(past, month)?,
                future: of_month(future, month)?,
                form: PeriodForm::AnyMonth,
            }))
        }
        Some(Rel::Coming) => {
            let (start, end) = of_month(this + i16::from(month <= scene.today.month()), month)?;
            exact(start, end, PeriodForm::Month)
        }
        Some(Rel::Past) => {
            let (start, end) = of_month(this - i16::from(month >= scene.today.month()), month)?;
            exact(start, end, PeriodForm::Month)
        }
        Some(rel) => {
            let (start, end) = of_month(this + rel.step() as i16, month)?;
            exact(start, end, PeriodForm::Month)
        }
    }
}

/// `12-2015`, `2015/12`.
pub(crate) fn month_in_figures(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (start, end) = of_month(year(parts)?, month_number(parts)?)?;
    exact(start, end, PeriodForm::Month)
}

/// `1997-98`, `1976/77`: a year and one of the next ones in short.
pub(crate) fn split_year(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut years = parts.iter().filter_map(|p| if let Node::Year(y) = p.node { Some(y) } else { None });
    let (from, short) = (years.next()?, years.next()?);
    let to = from - from % 100 + short + if short <= from % 100 { 100 } else { 0 };
    let plain = !scene.is(scene.end - 2, Sym::Quote) && !scene.is_whole() && (1..=SPLIT_YEARS).contains(&(to - from));
    plain.then(|| exact(calendar::year_start(from)?, calendar::year_start(to)?, PeriodForm::Days))?
}

/// How far the year behind a dash may lie ahead, in short: `1990-92`, but `2019-20`.
const SPLIT_YEARS: i16 = 10;

/// "2017", "nineteen ninety six", "calendar year 2008", "cy18".
pub(crate) fn whole_year(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let year = year(parts)?;
    let named = has(parts, Sym::Year) || has(parts, Sym::Calendar) || super::unit(parts) == Some(Unit::Year);
    // "at 1545" is a time of day.
    let clock = scene.after(Sym::At) && (1500..1900).contains(&year) && year % 100 < 60;
    if (clock || year < 100) && !named {
        return None;
    }
    let year = super::day::full(year).1;
    exact(calendar::year_start(year)?, calendar::year_start(year + 1)?, PeriodForm::Year)
}

/// "in '98": a year in short, behind a word that a year follows.
pub(crate) fn short_year(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let led = [Sym::In, Sym::Since, Sym::Until, Sym::Of, Sym::Early, Sym::Late, Sym::Before, Sym::After];
    let year = super::day::full(year(parts)?).1;
    let fits = led.iter().any(|&sym| scene.after(sym)) && !scene.before(Sym::Quote) && !scene.before(Sym::S);
    fits.then(|| exact(calendar::year_start(year)?, calendar::year_start(year + 1)?, PeriodForm::Year))?
}

/// "the week before Christmas", "the weekend after Labor Day": the seven days, or the Saturday and Sunday, beside a day.
pub(crate) fn unit_beside(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (unit, day) = (unit(parts)?, super::date(parts)?);
    let after = has(parts, Sym::After);
    let beside = |day: Date| match unit {
        Unit::Week if after => Some((calendar::add_days(day, 1)?, calendar::add_days(day, 8)?)),
        Unit::Week => Some((calendar::add_days(day, -7)?, day)),
        Unit::Weekend => {
            let weekday = calendar::weekday(day);
            let away = if after { (6 - weekday - 1).rem_euclid(7) + 1 } else { -((weekday - 6 - 1).rem_euclid(7) + 1) };
            let saturday = calendar::add_days(day, away)?;
            Some((saturday, calendar::add_days(saturday, 2)?))
        }
        _ => None,
    };
    let form = if unit == Unit::Week { PeriodForm::Days } else { PeriodForm::Weekend };
    Some(Node::Period(Period { past: beside(day.past)?, future: beside(day.future)?, form }))
}

/// "fiscal 1997", "calendar 2008": not so "school 2015".
pub(crate) fn named_year(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (scene.word(scene.start).len() > "school".len() || scene.word(scene.start).eq_ignore_ascii_case("fiscal"))
        .then(|| whole_year(scene, parts))?
}

/// The year and month that "next month", "last May", "of next year" stand for: `(year, 0)` for a year alone,
/// `(0, month)` for a month of any year.
pub(crate) fn year_month(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let today = scene.today;
    let step = rel(parts).map_or(0, Rel::step);
    if let Some(month) = month(parts) {
        let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
        let year = year(parts).or(rel_year).or_else(|| rel(parts).map(|r| today.year() + r.step() as i16));
        return Some(Node::YearMonth(year.unwrap_or(0), month));
    }
    match unit(parts)? {
        Unit::Year => Some(Node::YearMonth(today.year() + step as i16, 0)),
        Unit::Month => {
            let month = calendar::add_months(calendar::month_start(today), step)?;
            Some(Node::YearMonth(month.year(), month.month()))
        }
        _ => None,
    }
}

/// A year by where it lies.
pub(crate) fn relative_year(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Year).then(|| year_month(scene, parts))?
}

/// A month by where it lies.
pub(crate) fn relative_month(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Month).then(|| year_month(scene, parts))?
}

/// "the month of May".
pub(crate) fn month_of(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Month).then(|| named_month(scene, parts))?
}

pub(super) fn unit_around(scene: &Scene, unit: Unit, step: i64) -> Option<(Date, Date, PeriodForm)> {
    let days = |start: Date, n: i64, form| Some((start, calendar::add_days(start, n)?, form));
    let today = scene.today;
    let monday = calendar::monday(today)?;
    match unit {
        Unit::Week => days(calendar::add_days(scene.week_start(today)?, 7 * step)?, 7, PeriodForm::Week),
        Unit::Fortnight => days(calendar::add_days(monday, 14 * step)?, 14, PeriodForm::Count(Unit::Week, 2)),
        Unit::Weekend => days(calendar::add_days(monday, 7 * step + 5)?, 2, PeriodForm::Weekend),
        Unit::Month => {
            let start = calendar::add_months(calendar::month_start(today), step)?;
            Some((start, calendar::add_months(start, 1)?, PeriodForm::Month))
        }
        Unit::Quarter => {
            let start = calendar::add_months(quarter_start(today)?, 3 * step)?;
            Some((start, calendar::add_months(start, 3)?, PeriodForm::Count(Unit::Quarter, 1)))
        }
        Unit::Year => {
            let year = i16::try_from(i64::from(today.year()) + step).ok()?;
            Some((calendar::year_start(year)?, calendar::year_start(year + 1)?, PeriodForm::Year))
        }
        Unit::Decade | Unit::Century => {
            let span = if unit == Unit::Decade { 10 } else { 100 };
            let year = i64::from(today.year()).div_euclid(span) * span + span * step;
            let start = calendar::year_start(i16::try_from(year).ok()?)?;
            let end = calendar::year_start(i16::try_from(year + span).ok()?)?;
            Some((start, end, PeriodForm::Count(unit, 1)))
        }
        _ => None,
    }
}

/// "next week", "this month", "the week after next", "weekend".
pub(crate) fn relative_unit(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts)?;
    let rel = rel(parts);
    // "week 10", "year 2008" are read by other rules; "next week 10 am" is not one of those.
    let of = usize::from(scene.before(Sym::Of));
    let numbered = scene.before(Sym::Digits) || of > 0 && scene.is(scene.end + 1, Sym::Digits);
    let clock = [Sym::Am, Sym::Pm, Sym::Colon].iter().any(|&s| scene.is(scene.end + of + 1, s));
    if numbered && !clock || rel.is_none() && unit != Unit::Weekend {
        return None;
    }
    if scene.is(scene.end - 1, Sym::Unit) && plural(scene, scene.end - 1) && unit != Unit::Weekend {
        return None;
    }
    // "the quarter of the artists".
    if unit == Unit::Quarter && rel == Some(Rel::The) && of > 0 {
        return None;
    }
    let step = rel.map_or(0, Rel::step)
        + if has(parts, Sym::After) {
            2
        } else if has(parts, Sym::Before) {
            -2
        } else {
            0
        };
    let (start, end, form) = unit_around(scene, unit, step)?;
    if has(parts, Sym::Business) {
        return exact(start, calendar::add_days(start, 5)?, PeriodForm::Days);
    }
    exact(start, end, form)
}

/// "the last decade": the article belongs to it.
pub(crate) fn relative_decade(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Decade).then(|| relative_unit(scene, parts))?
}

/// "fin de semana".
pub(crate) fn weekend(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (unit(parts)? == Unit::Week).then_some(())?;
    // The coming weekend is the first that begins after today.
    let step = match rel(parts) {
        Some(Rel::Coming) => i64::from(calendar::weekday(scene.today) >= 6),
        rel => rel.map_or(0, Rel::step),
    };
    let (start, end, form) = unit_around(scene, Unit::Weekend, step)?;
    exact(start, end, form)
}

/// "next workweek": Monday to Friday.
pub(crate) fn workweek(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (start, ..) = unit_around(scene, Unit::Week, rel(parts).map_or(0, Rel::step))?;
    exact(start, calendar::add_days(start, 5)?, PeriodForm::Days)
}

/// Whether the unit at token `at` is written in the plural.
pub(super) fn plural(scene: &Scene, at: usize) -> bool {
    let word = scene.word(at);
    word.len() > 3 && word.ends_with(['s', 'S'])
}

/// "year to date", "month to date".
pub(crate) fn to_date(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (start, _, _) = unit_around(scene, unit(parts)?, 0)?;
    (start < scene.today).then_some(Node::Period(Period::exact(start, scene.today, PeriodForm::Days)))
}

/// "the week of April 10th": the week that holds the day.
pub(crate) fn week_of(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let day = super::date(parts)?;
    if unit(parts).is_some_and(|u| u != Unit::Week) {
        return None;
    }
    let week = |d: Date| {
        let start = scene.week_start(d)?;
        Some((start, calendar::add_days(start, 7)?))
    };
    Some(Node::Period(Period { past: week(day.past)?, future: week(day.future)?, form: PeriodForm::Week }))
}

/// "first week of May", "last week of 2016", "3rd week of this month".
pub(crate) fn nth_week(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = if has(parts, Sym::End) { Unit::Weekend } else { unit(parts)? };
    if !matches!(unit, Unit::Week | Unit::Weekend) {
        return None;
    }
    let form = if unit == Unit::Week { PeriodForm::Week } else { PeriodForm::Weekend };
    let n = i64::from(nth(parts)?);
    let week = |year: i16, month: Option<i8>| {
        if unit == Unit::Weekend {
            let saturday = calendar::nth_weekday(year, month?, n as i8, 6)?;
            return Some((saturday, calendar::add_days(saturday, 2)?));
        }
        let monday = calendar::nth_week(year, month, n)?;
        Some((monday, calendar::add_days(monday, 7)?))
    };
    let month_in = find(parts, |n| if let Node::YearMonth(y, m) = n { Some((*y, *m)) } else { None });
    let (start, end) = match (month_in, year(parts)) {
        (None, Some(year)) => week(year, None)?,
        (Some((year, 0)), _) => week(year, None)?,
        (Some((0, month)), None) => return either_side(scene, form, true, |y| week(y, Some(month))),
        (Some((0, month)), Some(year)) | (Some((year, month)), _) => week(year, Some(month))?,
        (None, None) => return None,
    };
    exact(start, end, form)
}

/// "week 10", "week 3 of 2027", "week 27 of last year".
pub(crate) fn numbered_week(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if unit(parts).is_some_and(|u| u != Unit::Week) {
        return None;
    }
    let digits = parts.iter().find(|p| matches!(p.node, Node::Word(Sym::Digits, _)))?;
    let week = i64::from(scene.tokens[digits.start as usize].number);
    let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
    let monday = calendar::iso_week(year(parts).or(rel_year).unwrap_or(scene.today.year()), week)?;
    exact(monday, calendar::add_days(monday, 7)?, PeriodForm::Week)
}

/// "first ten days of last year", "the first 2 weeks of 2021", "last 3 months of 2016".
pub(crate) fn first_units(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let whole = period(parts)?;
    let (n, unit) = (nth(parts)?, unit(parts)?);
    let count = number(parts).unwrap_or(1.0) as i64;
    if !(n == 1 || n == -1) || count < 1 {
        return None;
    }
    let by_year = matches!(whole.form, PeriodForm::Year);
    let cut = |span| units_at_edge(span, n, unit, count, by_year);
    Some(Node::Period(Period { past: cut(whole.past)?, future: cut(whole.future)?, form: PeriodForm::Days }))
}

/// The first (1) or last (−1) so many units of a span.
fn units_at_edge((start, end): (Date, Date), n: i8, unit: Unit, count: i64, by_year: bool) -> Option<(Date, Date)> {
    Some(match unit {
        Unit::Day => {
            if n == 1 {
                (start, calendar::add_days(start, count)?)
            } else {
                (calendar::add_days(end, -count)?, end)
            }
        }
        Unit::Week => {
            if n == 1 {
                let monday = calendar::nth_week(start.year(), (!by_year).then(|| start.month()), 1)?;
                (monday, calendar::add_days(monday, 7 * count)?)
            } else {
                let last = calendar::add_days(end, -1)?;
                let monday = calendar::nth_week(last.year(), (!by_year).then(|| last.month()), -1)?;
                let end = calendar::add_days(monday, 7)?;
                (calendar::add_days(end, -7 * count)?, end)
            }
        }
        Unit::Month => {
            if n == 1 {
                (start, calendar::add_months(start, count)?)
            } else {
                (calendar::add_months(end, -count)?, end)
            }
        }
        Unit::Year => {
            let months = 12 * count;
            if n == 1 {
                (start, calendar::add_months(start, months)?)
            } else {
                (calendar::add_months(end, -months)?, end)
            }
        }
        _ => return None,
    })
}

/// "third month of 2017", "first quarter of next year" in any unit: the `n`th of a year.
pub(crate) fn nth_of_year(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let months: i64 = match unit(parts)? {
        Unit::Month => 1,
        Unit::Quarter => 3,
        _ => return None,
    };
    division(scene, parts, months, nth(parts)?)
}

/// The latest century that is counted.
const LAST_CENTURY: i8 = 21;

/// "the 19th century": from 1800 on.
pub(crate) fn nth_century(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = nth(parts).filter(|n| (1..=LAST_CENTURY).contains(n))?;
    (unit(parts)? == Unit::Century).then_some(())?;
    let start = calendar::year_start((i16::from(n) - 1) * 100)?;
    exact(start, calendar::year_start(i16::from(n) * 100)?, PeriodForm::Count(Unit::Century, 1))
}

/// "q3 2019", "third quarter", "2017 q1": three months of a year.
pub(crate) fn quarter(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = find(parts, |n| match n {
        Node::Nth(n) => Some(*n),
        Node::MonthNumber(n) => Some(*n),
        _ => None,
    })?;
    let named = year(parts).is_some() || find(parts, |n| matches!(n, Node::YearMonth(..)).then_some(())).is_some();
    if n > 4 || n < 0 && !named || scene.glued(scene.end) && scene.char_behind().is_some_and(char::is_alphanumeric) {
        return None;
    }
    division(scene, parts, 3, n)
}

/// "h1 2018", "second half of 2017", "first half of this year".
pub(crate) fn half(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let n = find(parts, |n| match n {
        Node::Nth(n) => Some(*n),
        Node::MonthNumber(n) => Some(*n),
        _ => None,
    })?;
    if n > 2 || scene.glued(scene.end) && scene.char_behind().is_some_and(char::is_alphanumeric) {
        return None;
    }
    division(scene, parts, 6, n)
}

fn division(scene: &Scene, parts: &[Matched], months: i64, n: i8) -> Option<Node> {
    let per_year = (12 / months) as i8;
    let n = if n < 0 { per_year + 1 + n } else { n };
    if !(1..=per_year).contains(&n) {
        return None;
    }
    let of = |year: i16| {
        let start = calendar::add_months(calendar::year_start(year)?, months * (i64::from(n) - 1))?;
        Some((start, calendar::add_months(start, months)?))
    };
    let form = match months {
        1 => PeriodForm::Month,
        3 => PeriodForm::Count(Unit::Quarter, 1),
        _ => PeriodForm::Count(Unit::Month, 6),
    };
    let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
    if let Some(year) = year(parts).or(rel_year) {
        let year = super::day::full(year).1;
        let (start, end) = of(year)?;
        return exact(start, end, form);
    }
    either_side(scene, form, false, of)
}

/// Seasons of the northern half of the world, by whole months.
pub(crate) fn season(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let month = word(parts, Sym::Season)? as i8;
    if month == 0 {
        return this_season(scene.today, rel(parts)?);
    }
    let of = |year: i16| {
        let start = calendar::date(year, month, 1)?;
        Some((start, calendar::add_months(start, 3)?))
    };
    let this = scene.today.year();
    let rel_year = find(parts, |n| if let Node::YearMonth(y, 0) = n { Some(*y) } else { None });
    let year = year(parts).or(rel_year).or_else(|| match rel(parts)? {
        Rel::The => None,
        rel => Some(this + rel.step() as i16),
    });
    match year {
        Some(year) => {
            let (start, end) = of(super::day::full(year).1)?;
            exact(start, end, PeriodForm::Count(Unit::Quarter, 1))
        }
        None => either_side(scene, PeriodForm::Count(Unit::Quarter, 1), false, of),
    }
}

/// "this season", "last season".
fn this_season(today: Date, rel: Rel) -> Option<Node> {
    if rel == Rel::The {
        return None;
    }
    let into = i64::from(today.month() % 12 % 3);
    let start = calendar::add_months(calendar::month_start(today), 3 * rel.step() - into)?;
    exact(start, calendar::add_months(start, 3)?, PeriodForm::Count(Unit::Quarter, 1))
}

/// "March after next": the one behind the coming one.
pub(crate) fn month_after_next(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let month = month(parts)?;
    let coming = scene.today.year() + i16::from(month <= scene.today.month());
    let (start, end) = of_month(coming + 1, month)?;
    exact(start, end, PeriodForm::Month)
}

/// "March in a year": of the year that the length leads to.
pub(crate) fn month_near(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (month, shift) = (month(parts)?, super::shift(parts)?);
    if shift.anchor.is_some() || shift.length.smallest() < Unit::Year {
        return None;
    }
    let to = super::length::moved(scene.today, &shift.length, shift.sign)?;
    let (start, end) = of_month(to.year(), month)?;
    exact(start, end, PeriodForm::Month)
}

/// "2014 A.D."
pub(crate) fn year_of_our_lord(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (word(parts, Sym::Short)? == Unit::Day as i16 && scene.glued(scene.start + 2)).then(|| whole_year(scene, parts))?
}

/// "all week", where a length of time is not asked for: this one.
pub(crate) fn whole_unit(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (start, end, form) = unit_around(scene, unit(parts)?, 0)?;
    exact(start, end, form)
}

/// "1990s", "the nineties", "twenty thirties".
pub(crate) fn decade(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let of = |year: i16| Some((calendar::year_start(year)?, calendar::year_start(year + 10)?));
    let form = PeriodForm::Count(Unit::Decade, 1);
    if let Some(n) = number(parts) {
        let n = n as i16;
        if !scene.is(scene.end - 1, Sym::S)
            || scene.after(Sym::Digits)
            || matches!(scene.char_before(), Some('$' | '.' | ','))
        {
            return None;
        }
        // "the 1800s" are a century.
        if n >= 1000 && n % 100 == 0 && n < 2000 {
            let (start, end) = (calendar::year_start(n)?, calendar::year_start(n + 100)?);
            return exact(start, end, PeriodForm::Count(Unit::Century, 1));
        }
        if n >= 1000 {
            let (start, end) = of(n)?;
            return exact(start, end, form);
        }
        return decade_of_century(scene, n);
    }
    let tens = word(parts, Sym::Decade)?;
    let century = word(parts, Sym::Card).or_else(|| word(parts, Sym::Tens));
    if let Some(century) = century {
        if !(15..=20).contains(&century) || tens >= 100 {
            return None;
        }
        let (start, end) = of(century * 100 + tens)?;
        return exact(start, end, form);
    }
    if tens >= 100 {
        let (start, end) = of(tens)?;
        return exact(start, end, form);
    }
    decade_of_century(scene, tens)
}

/// "los años 90", "la década de los 80".
pub(crate) fn years_of_decade(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let units = parts.iter().filter(|p| matches!(p.node, Node::Word(Sym::Unit, _))).count();
    let decade = match unit(parts)? {
        Unit::Year => {
            units == 1 && scene.is(scene.start + 1, Sym::Unit) && super::period::plural(scene, scene.start + 1)
        }
        Unit::Decade => true,
        _ => false,
    };
    decade.then(|| decade_of_century(scene, number(parts).filter(|n| *n < 100.0)? as i16))?
}

/// "the nineties", "the 20s": those of the last century and of this one, unless the latter lie far ahead.
fn decade_of_century(scene: &Scene, tens: i16) -> Option<Node> {
    let of = |year: i16| Some((calendar::year_start(year)?, calendar::year_start(year + 10)?));
    let (past, future) = (of(1900 + tens)?, of(2000 + tens)?);
    let is_far = future.0.year() - scene.today.year() > FAR_DECADE;
    let form = PeriodForm::Count(Unit::Decade, 1);
    Some(Node::Period(Period { past, future: if is_far { past } else { future }, form }))
}

/// Nobody speaks of a decade that begins more than so many years ahead by two figures.
const FAR_DECADE: i16 = 20;

/// "4-23 March", "March 3 to 5", "from the 3rd to the 12th of next month".
pub(crate) fn days_of_month(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut days = parts.iter().filter_map(|p| if let Node::Day(d) = p.node { Some(d) } else { None });
    let (a, b) = (days.next()?, days.next()?);
    // "May 5 - 10:30", "May 5 - 10 am" say a time.
    let last_is_day = matches!(parts.iter().rev().find(|p| p.end > p.start).map(|p| p.node), Some(Node::Day(_)));
    if last_is_day
        && (scene.before(Sym::Colon) && scene.is(scene.end + 1, Sym::Digits)
            || scene.before(Sym::Am)
            || scene.before(Sym::Pm)
            || scene.before(Sym::Slash) && scene.glued(scene.end))
    {
        return None;
    }
    let span = |year: i16, month: i8| {
        let (a, b) = (calendar::date(year, month, a)?, calendar::date(year, month, b)?);
        (a < b).then_some((a, b))
    };
    let said = find(parts, |n| if let Node::YearMonth(y, m) = n { Some((*y, *m)) } else { None });
    let (year_in, month) = said.or_else(|| Some((0, month(parts)?)))?;
    if month == 0 {
        return None;
    }
    match year(parts).or((year_in != 0).then_some(year_in)) {
        Some(year) => {
            let year = super::day::full(year).1;
            let (a, b) = span(year, month)?;
            exact(a, b, PeriodForm::Days)
        }
        None => either_side(scene, PeriodForm::Days, true, |y| span(y, month)),
    }
}

/// "from the 5th to the 8th".
pub(crate) fn days_of_some_month(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut days = parts.iter().filter_map(|p| if let Node::Day(d) = p.node { Some(d) } else { None });
    let (a, b) = (days.next()?, days.next()?);
    let suffixes = (scene.start..scene.end).filter(|&at| scene.is(at, Sym::Suffix)).count();
    let Node::Date(from) = super::day::day_alone(scene, a)? else { return None };
    let until = |from: Date| {
        let to = calendar::date(from.year(), from.month(), b)?;
        (from < to).then_some((from, to))
    };
    if suffixes != 2 {
        return None;
    }
    Some(Node::Period(Period { past: until(from.past)?, future: until(from.future)?, form: PeriodForm::Days }))
}

/// An end of a range: a day, or the first day of a period.
#[derive(Clone, Copy)]
struct RangeEnd {
    past: Date,
    future: Date,
    /// A year was said, or nothing is open.
    certain: bool,
    /// A month and a day, or a month: the other end's year may be taken over.
    takes_year: bool,
}

fn range_end(node: &Node) -> Option<RangeEnd> {
    match node {
        Node::Date(d) => Some(RangeEnd {
            past: d.past,
            future: d.future,
            certain: d.past == d.future,
            takes_year: d.form == super::super::values::DayForm::MonthDay,
        }),
        Node::Period(p) => Some(RangeEnd {
            past: p.past.0,
            future: p.future.0,
            certain: p.past == p.future,
            takes_year: matches!(p.form, PeriodForm::AnyMonth | PeriodForm::Count(Unit::Quarter, _)),
        }),
        _ => None,
    }
}

fn in_year(date: Date, year: i16) -> Option<Date> {
    let day = if date.month() == 2 && date.day() == 29 { 28 } else { date.day() };
    calendar::date(year, date.month(), date.day()).or_else(|| calendar::date(year, date.month(), day))
}

/// "from May to October 2020", "10/1 - 11/7", "between 2007 and 2009".
pub(crate) fn range(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut ends = parts.iter().filter_map(|p| range_end(&p.node));
    let (mut a, mut b) = (ends.next()?, ends.next()?);
    // What one end says of the year holds for the other.
    if a.takes_year && !a.certain && b.certain && said_year(scene, parts, true) {
        let mut start = in_year(a.future, b.future.year())?;
        if start > b.future {
            start = in_year(a.future, b.future.year() - 1)?;
        }
        (a.past, a.future) = (start, start);
    } else if b.takes_year && !b.certain && a.certain {
        let mut end = in_year(b.future, a.future.year())?;
        if end <= a.future {
            end = in_year(b.future, a.future.year() + 1)?;
        }
        (b.past, b.future) = (end, end);
    }
    let (mut past, mut future) = ((a.past, b.past), (a.future, b.future));
    if future.0 > future.1 {
        future.0 = a.past;
    }
    if past.1 < past.0 {
        past.1 = b.future;
    }
    if future.0 >= future.1 && past.0 < past.1 {
        future = past;
    }
    if past.0 >= past.1 {
        past = future;
    }
    if past.0 >= past.1 {
        return None;
    }
    Some(Node::Period(Period { past, future, form: PeriodForm::Days }))
}

/// Whether the last end of a range was given with its year, not by now ("today", "next May").
fn said_year(scene: &Scene, parts: &[Matched], _last: bool) -> bool {
    let Some(end) = parts.iter().rev().find(|p| range_end(&p.node).is_some()) else { return false };
    (end.start as usize..end.end as usize).any(|at| {
        let token = scene.tokens[at];
        token.digits == 4 || token.digits == 2 && at + 1 == end.end as usize
    }) || matches!(end.node, Node::Period(p) if p.form == PeriodForm::Year || p.form == PeriodForm::Month)
}

/// "Thanksgiving weekend": the holiday and the weekend beside it.
pub(crate) fn holiday_weekend(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let day = super::date(parts)?;
    let around = |d: Date| {
        let monday = calendar::monday(d)?;
        let (saturday, after) = (calendar::add_days(monday, 5)?, calendar::add_days(monday, 7)?);
        Some(match calendar::weekday(d) {
            1 | 2 => (calendar::add_days(saturday, -7)?, calendar::add_days(d, 1)?),
            4 | 5 => (d, after),
            _ => (saturday, after),
        })
    };
    if unit(parts).is_some_and(|u| u != Unit::Weekend) {
        return None;
    }
    Some(Node::Period(Period { past: around(day.past)?, future: around(day.future)?, form: PeriodForm::Days }))
}

/// "Thanksgiving weekend".
pub(crate) fn holiday_weekend_named(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Date(day) = super::day::holiday(scene, parts)? else { return None };
    let mut parts = parts.to_vec();
    parts[0].node = Node::Date(day);
    holiday_weekend(scene, &parts)
}

/// "in 2014 through 2018".
pub(crate) fn year_range(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let mut years = parts.iter().filter_map(|p| if let Node::Year(y) = p.node { Some(y) } else { None });
    let (a, b) = (calendar::year_start(years.next()?)?, calendar::year_start(years.next()?)?);
    (a < b).then_some(Node::Period(Period::exact(a, b, PeriodForm::Days)))
}

/// "from March to date".
pub(crate) fn until_now(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let from = parts.iter().find_map(|p| range_end(&p.node))?;
    // What is ahead can't have begun: this year's, or else last year's.
    let from =
        [from.future, in_year(from.future, scene.today.year())?, from.past].into_iter().find(|d| *d < scene.today)?;
    exact(from, scene.today, PeriodForm::Days)
}

/// "between now and November".
pub(crate) fn now_to(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let to = parts.iter().find_map(|p| range_end(&p.node))?.future;
    (scene.today < to).then_some(Node::Period(Period::exact(scene.today, to, PeriodForm::Days)))
}

/// "next week from Monday to Friday".
pub(crate) fn weekdays_of_week(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    if unit(parts)? != Unit::Week {
        return None;
    }
    let mut days = parts.iter().filter_map(|p| if let Node::Word(Sym::Weekday, d) = p.node { Some(d) } else { None });
    let (a, b) = (i64::from(days.next()?), i64::from(days.next()?));
    let step = 7 * rel(parts)?.step();
    let at = |day: i64| calendar::add_days(calendar::in_week(scene.today, day)?, step);
    let (a, b) = (at(a)?, at(b)?);
    (a < b).then_some(Node::Period(Period::exact(a, b, PeriodForm::Days)))
}
