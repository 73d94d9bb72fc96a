//! Beginnings, middles and ends of spans of days, as spans and as bounds.

use super::period::{exact, plural, unit_around};
use super::{edge, has, period, unit, word};
use crate::entities::time::calendar;
use crate::entities::time::chart::{Matched, Scene};
use crate::entities::time::grammar::Sym;
use crate::entities::time::values::{Day, DayForm, Edge, Node, Period, PeriodForm, Unit};
use jiff::civil::Date;

/// "early", "mid", "end of", "rest of".
pub(crate) fn edge_word(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let edge = if has(parts, Sym::Early) || has(parts, Sym::Begin) {
        Edge::Early
    } else if has(parts, Sym::Mid) {
        Edge::Middle
    } else if has(parts, Sym::Late) || has(parts, Sym::End) {
        Edge::Late
    } else if has(parts, Sym::Earlier) {
        Edge::Earlier
    } else if has(parts, Sym::Later) {
        Edge::Later
    } else if has(parts, Sym::Rest) {
        Edge::Rest
    } else {
        return None;
    };
    Some(Node::Edge(edge))
}

/// The piece of a period that `edge` names.
fn cut(scene: &Scene, edge: Edge, (start, end): (Date, Date)) -> Option<(Date, Date)> {
    let days = calendar::days_between(start, end);
    let at = |n: i64| calendar::add_days(start, n);
    let months = |n: i64| calendar::add_months(start, n);
    // Where the early half ends, the middle begins and ends, and the late half begins.
    let (early, middle, late) = match days {
        0..=1 => return None,
        2..=7 => (at(3)?, (at(1)?, at(5)?), at(3)?),
        8..=45 => (at(15)?, (at(9)?, at(20)?), at(15)?),
        46..=100 => (at(days / 2)?, (at(days / 3)?, at(days - days / 3)?), at(days / 2)?),
        101..=366 => (months(6)?, (months(3)?, months(9)?), months(6)?),
        _ => {
            let all = 12 * i64::from(end.year() - start.year());
            (months(all / 2)?, (months(all * 3 / 10)?, months(all * 7 / 10)?), months(all / 2)?)
        }
    };
    let today = scene.today;
    let (a, b) = match edge {
        Edge::Early => (start, early),
        Edge::Middle => middle,
        Edge::Late => (late, end),
        Edge::Earlier => (start, if today > start && today < early { today } else { early }),
        Edge::Later => (if today < end && today > late { today } else { late }, end),
        Edge::Rest => (if today > start { today } else { start }, end),
    };
    (a < b).then_some((a, b))
}

/// "late May", "beginning of next year", "later this week", "rest of the month".
pub(crate) fn piece_of(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (edge, whole) = (edge(parts)?, period(parts)?);
    if edge == Edge::Rest && whole.past != whole.future {
        return None;
    }
    let past = cut(scene, edge, whole.past)?;
    let future = cut(scene, edge, whole.future)?;
    Some(Node::Period(Period { past, future, form: PeriodForm::Days }))
}

/// "end of month": of this one.
pub(crate) fn piece_of_this(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts)?;
    if unit < Unit::Week || plural(scene, scene.end - 1) {
        return None;
    }
    let (start, end, _) = unit_around(scene, unit, 0)?;
    let (start, end) = cut(scene, edge(parts)?, (start, end))?;
    exact(start, end, PeriodForm::Days)
}

/// "rest of the month".
pub(crate) fn rest_of(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let whole = period(parts)?;
    if whole.past != whole.future {
        return None;
    }
    let (start, end) = cut(scene, Edge::Rest, whole.future)?;
    exact(start, end, PeriodForm::Days)
}

/// "the end of 2008" as the end of a range: the day after its last; "the middle of March": its middle day.
pub(crate) fn edge_day(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (edge, whole) = (edge(parts)?, period(parts)?);
    let form = DayForm::Full;
    Some(Node::Date(Day::on_sides(bounds(edge, whole.past)?, bounds(edge, whole.future)?, form)))
}

/// The unit and the edge that EOM, EOY and BOM stand for. `BOY` counts in capitals only.
fn named_edge(scene: &Scene, parts: &[Matched]) -> Option<(Unit, Edge)> {
    let value = word(parts, Sym::Eoy)?;
    let edge = if value < 0 { Edge::Early } else { Edge::Late };
    let shouted = scene.word(scene.end - 1).chars().all(char::is_uppercase);
    (edge == Edge::Late || shouted).then_some((Unit::numbered(value.abs())?, edge))
}

/// "EOY", "the BOM": the late or early part of this year or month.
pub(crate) fn named_piece(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (unit, edge) = named_edge(scene, parts)?;
    let (start, end, _) = unit_around(scene, unit, 0)?;
    let (start, end) = cut(scene, edge, (start, end))?;
    exact(start, end, PeriodForm::Days)
}

/// The same as a bound: by EOY is by its very end.
pub(crate) fn named_edge_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (unit, edge) = named_edge(scene, parts)?;
    let (start, end, _) = unit_around(scene, unit, 0)?;
    bounds(edge, (start, end)).map(|day| Node::Date(Day::exact(day)))
}

/// "the end of month" as a bound: of this one.
pub(crate) fn edge_day_of_this(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts)?;
    if unit < Unit::Weekend || plural(scene, scene.end - 1) {
        return None;
    }
    let (start, end, _) = unit_around(scene, unit, 0)?;
    bounds(edge(parts)?, (start, end)).map(|day| Node::Date(Day::exact(day)))
}

/// The day that an edge of a period is as a bound.
fn bounds(edge: Edge, (start, end): (Date, Date)) -> Option<Date> {
    match edge {
        Edge::Early => Some(start),
        Edge::Middle => calendar::add_days(start, calendar::days_between(start, end) / 2),
        Edge::Late => Some(end),
        _ => None,
    }
}
