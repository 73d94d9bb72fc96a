//! What rules mean: each action takes the parts of a rule that matched and gives their joint meaning, or refuses it.
//! Actions find parts by what they are, not by where they stand, so that languages with other word orders share them.

pub(super) mod clock;
#[cfg(feature = "german")]
pub(super) mod continental;
pub(super) mod day;
pub(super) mod edge;
pub(super) mod length;
pub(super) mod moment;
pub(super) mod period;

use super::chart::{Matched, Scene};
use super::grammar::Sym;
use super::values::{Clock, Day, DayPart, Edge, Hours, Length, Node, Period, Rel, Shift, Unit};

/// The meaning of a rule.
pub(super) type Action = fn(&Scene, &[Matched]) -> Option<Node>;

/// The first part that `pick` takes.
pub(super) fn find<T>(parts: &[Matched], pick: impl Fn(&Node) -> Option<T>) -> Option<T> {
    parts.iter().find_map(|part| pick(&part.node))
}

macro_rules! finders {
    ($($name:ident: $variant:ident($type:ty)),* $(,)?) => {
        $(
            /// The first part of this kind.
            pub(super) fn $name(parts: &[Matched]) -> Option<$type> {
                find(parts, |node| match node {
                    Node::$variant(value) => Some(*value),
                    _ => None,
                })
            }
        )*
    };
}

finders! {
    number: Number(f64), day_number: Day(i8), month_number: MonthNumber(i8), year: Year(i16), nth: Nth(i8), rel: Rel(Rel),
    clock: Clock(Clock), part: Part(DayPart), length: Duration(Length), shift: Shift(Shift), date: Date(Day),
    period: Period(Period), hours: Hours(Hours), edge: Edge(Edge),
}

/// The value of the first part that is the word `sym`.
pub(super) fn word(parts: &[Matched], sym: Sym) -> Option<i16> {
    find(parts, |node| match node {
        Node::Word(s, value) if *s == sym => Some(*value),
        _ => None,
    })
}

/// Whether some part is the word `sym`.
pub(super) fn has(parts: &[Matched], sym: Sym) -> bool {
    word(parts, sym).is_some()
}

/// The month, by name or by number.
pub(super) fn month(parts: &[Matched]) -> Option<i8> {
    word(parts, Sym::Month).map(|m| m as i8).or_else(|| month_number(parts))
}

/// The weekday, Monday 1 … Sunday 7.
pub(super) fn weekday(parts: &[Matched]) -> Option<i64> {
    word(parts, Sym::Weekday).or_else(|| word(parts, Sym::Weekdays)).map(i64::from)
}

/// The unit.
pub(super) fn unit(parts: &[Matched]) -> Option<Unit> {
    word(parts, Sym::Unit).or_else(|| word(parts, Sym::Short)).and_then(Unit::numbered)
}

/// "this", "next", "the": which of several alike.
pub(super) fn relative(parts: &[Matched]) -> Option<Node> {
    let order = [
        (Sym::Coming, Rel::Coming),
        (Sym::Past, Rel::Past),
        (Sym::Next, Rel::Next),
        (Sym::Last, Rel::Last),
        (Sym::This, Rel::This),
        (Sym::The, Rel::The),
        (Sym::My, Rel::The),
    ];
    // "the penultimate Friday" counts from an end that has to be named.
    let counts = word(parts, Sym::Last) == Some(super::readers::PENULTIMATE);
    order.into_iter().find(|&(sym, _)| has(parts, sym) && !counts).map(|(_, rel)| Node::Rel(rel))
}

/// Hands on the meaning of the only part that has one.
pub(super) fn same(_: &Scene, parts: &[Matched]) -> Option<Node> {
    parts.iter().map(|part| part.node).find(|node| !matches!(node, Node::Nothing | Node::Word(..)))
}

/// Marks or joints without a meaning of their own.
pub(super) fn joint(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Word(Sym::To, 0))
}
