//! Forms of the continent that English and Spanish do not have: halves to the hour, days with a point, numbers with a half
//! in one word.

use super::{clock, date, day, day_number, has, length, moment, number, period, unit, word};
use crate::entities::time::chart::{Matched, Scene};
use crate::entities::time::grammar::Sym;
use crate::entities::time::tokens::Gap;
use crate::entities::time::values::{Length, Node, Unit};

/// "halb vier" is half past three; "fünf vor halb vier" five minutes less.
pub(crate) fn half_to(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let minutes = number(parts).unwrap_or(0.0) as i16;
    let near = if has(parts, Sym::Before) { -minutes } else { minutes };
    let offset = Matched { node: Node::Offset(near - 30), ..*parts.first()? };
    let hour = parts.iter().copied().filter(|p| matches!(p.node, Node::Clock(_)));
    (0..=15)
        .contains(&minutes)
        .then(|| clock::off_hour(scene, &std::iter::once(offset).chain(hour).collect::<Vec<_>>()))?
}

/// "nachmittags": the hours of a part of the day that one word names with its preposition.
pub(crate) fn part_word_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Part(part) = clock::day_part(scene, parts)? else { return None };
    clock::part_hours(scene, &[Matched { node: Node::Part(part), ..*parts.first()? }])
}

/// `3.5.` with its second point, which makes it a date wherever days stand first.
pub(crate) fn dotted_figures(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let [Some((of_month, 1..=2)), Some((month, 1..=2)), None] = day::figures(scene, parts) else { return None };
    let first = parts.iter().find(|p| matches!(p.node, Node::Word(Sym::Digits, _)))?.start as usize;
    let tight = scene.glued(first + 1) && scene.glued(first + 3);
    let goes_on = scene.glued(scene.end) && scene.tokens.get(scene.end).is_some_and(|t| t.digits > 0);
    (tight && !goes_on).then(|| day::month_day(scene, None, month as i8, of_month as i8)).flatten().map(Node::Date)
}

/// "am 15.", "der 15.": a day of some month after its preposition, or as an answer.
pub(crate) fn dotted_day(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let dotted = has(parts, Sym::Dot) && scene.glued(scene.end - 1) || scene.is(scene.end - 1, Sym::Ordinal);
    let goes_on = scene.tokens.get(scene.end).is_some_and(|t| t.digits > 0 && t.gap != Gap::Line);
    let led = scene.after(Sym::On) || scene.is_whole() && has(parts, Sym::The);
    (dotted && led && !goes_on && !scene.is_other_word(scene.end)).then(|| day::day_alone(scene, day_number(parts)?))?
}

/// "eine halbe Stunde", "zwei halbe Tage": so many halves.
pub(crate) fn half_piece(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (count, unit) = (number(parts)?, unit(parts)?);
    (!length::not_a_length(scene, parts, unit)).then(|| Node::Duration(Length::of(unit, count / 2.0)))
}

/// "ein paar Tage": the article counts nothing.
pub(crate) fn several(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let article = number(parts).is_none_or(|count| count == 1.0);
    article.then(|| length::piece(scene, parts))?
}

/// "anderthalb Stunden": one word for a number with a half, given in tenths.
pub(crate) fn tenths(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (tenths, unit) = (word(parts, Sym::Few)?, unit(parts)?);
    (!length::not_a_length(scene, parts, unit)).then(|| Node::Duration(Length::of(unit, f64::from(tenths) / 10.0)))
}

/// "montags abends" aside: "Montag abends", a day and a part of it in one word.
pub(crate) fn day_and_parts(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Part(part) = clock::day_part(scene, parts)? else { return None };
    moment::day_hours(date(parts)?, moment::part_span(part))
}

/// "übernächste Woche": the one behind the next.
pub(crate) fn unit_after_next(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let unit = unit(parts).filter(|unit| *unit >= Unit::Weekend)?;
    let (start, end, form) = period::unit_around(scene, unit, 2)?;
    period::exact(start, end, form)
}
