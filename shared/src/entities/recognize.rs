//! Runs the recognizers that are asked for and settles overlaps. The recognizers themselves are the other modules.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::ops::Range;

use super::grammar::{AGE_UNITS, Grammar};
use super::number::NumberPhrase;
use super::utterance::Utterance;
use super::{Conventions, Entity, HomeMoney, Kind, Kinds, Reference, Value};
use super::{
    age, boolean, dimension, email, ip, money, number, ordinal, percent, phone, temperature, time, units, url,
};

/// The kinds that are found among characters, without tokens.
const OF_CHARACTERS: Kinds = Kinds::NONE.with(Kind::Email).with(Kind::Url).with(Kind::Ip);
/// The kinds that are built on numbers.
const OF_NUMBERS: Kinds = Kinds::NONE
    .with(Kind::Number)
    .with(Kind::Percent)
    .with(Kind::Age)
    .with(Kind::Money)
    .with(Kind::Temperature)
    .with(Kind::Dimension);

/// Finds the values of `kinds` in `text`, in order, without overlaps.
///
/// Where two values overlap, the longer one stays; of two as long, the one of the kind that says more (an amount of money
/// more than a number, a number more than a telephone number that may be any digits); of two of one kind, the first.
/// A text gives at most one boolean: the first.
#[must_use]
pub fn recognize(text: &str, kinds: Kinds, reference: &Reference) -> Vec<Entity> {
    recognize_in(text, kinds, reference, None)
}

/// The same in a zone whose clocks are put forward and back; without one, the reference's offset holds throughout.
#[must_use]
pub fn recognize_in(text: &str, kinds: Kinds, reference: &Reference, zone: Option<&dyn time::Zone>) -> Vec<Entity> {
    let conventions = Conventions { date_order: reference.place.date_order, ..Conventions::default() };
    recognize_by(text, kinds, reference, zone, &conventions)
}

/// The same with conventions other than the usual ones: which of two readings is preferred.
#[must_use]
pub fn recognize_by(
    text: &str,
    kinds: Kinds,
    reference: &Reference,
    zone: Option<&dyn time::Zone>,
    conventions: &Conventions,
) -> Vec<Entity> {
    let mut found = Vec::new();
    if kinds.meets(OF_CHARACTERS) {
        of_characters(text, kinds, &mut found);
    }
    if kinds.meets(time::KINDS) {
        found.extend(time::recognize_by(text, kinds, reference, zone, conventions));
    }
    if !kinds.without(OF_CHARACTERS).without(time::KINDS).is_empty() {
        let u = Utterance::new(text, Grammar::of(reference.language)).at(&reference.place);
        of_tokens(&u, kinds, reference.place.money, &mut found);
    }
    without_overlaps(found)
}

fn of_characters(text: &str, kinds: Kinds, found: &mut Vec<Entity>) {
    if kinds.contains(Kind::Email) {
        found.extend(email::find(text).into_iter().map(|range| {
            let normal = Some(email::normal(&text[range.clone()]));
            as_written(text, range, Kind::Email, normal, 0.98)
        }));
    }
    if kinds.contains(Kind::Url) {
        found.extend(url::find(text).into_iter().map(|range| {
            let confidence = if url::scheme_end(&text[range.clone()]).is_some() { 0.98 } else { 0.9 };
            let normal = Some(url::normal(&text[range.clone()]));
            as_written(text, range, Kind::Url, normal, confidence)
        }));
    }
    if kinds.contains(Kind::Ip) {
        found.extend(ip::find(text).into_iter().map(|range| {
            let normal = ip::normal(&text[range.clone()]);
            as_written(text, range, Kind::Ip, normal, 0.95)
        }));
    }
}

fn of_tokens(u: &Utterance<'_>, kinds: Kinds, home: HomeMoney, found: &mut Vec<Entity>) {
    if kinds.meets(OF_NUMBERS) {
        of_numbers(u, kinds, home, found);
    }
    if kinds.contains(Kind::Ordinal) {
        found.extend(ordinal::find(u).iter().map(|phrase| {
            let number = match phrase.place {
                ordinal::Place::Absolute(place) => place as f64,
                ordinal::Place::Relative(_, offset) => f64::from(offset),
            };
            let value = Value::Number { number, text: phrase.place.text() };
            entity(u, phrase.start..phrase.end, Kind::Ordinal, value, 0.9)
        }));
    }
    if kinds.contains(Kind::Boolean) {
        found.extend(
            boolean::find(u)
                .map(|answer| entity(u, answer.start..answer.end, Kind::Boolean, Value::Boolean(answer.value), 0.9)),
        );
    }
    if kinds.contains(Kind::Phone) {
        found.extend(phone::find(u).into_iter().map(|phone| {
            let span = u.tokens.span(phone.start..phone.end);
            let confidence = if phone.certain { 0.9 } else { 0.6 };
            as_written(u.tokens.text(), span, Kind::Phone, phone.e164, confidence)
        }));
    }
}

/// The name that money and a weight have.
const POUND: &str = "Pound";

fn of_numbers(u: &Utterance<'_>, kinds: Kinds, home: HomeMoney, found: &mut Vec<Entity>) {
    let candidates = number::candidates(u);
    if kinds.contains(Kind::Number) {
        found.extend(number::find(u, &candidates).iter().map(|phrase| {
            let mut entity = entity(u, phrase.start..phrase.end, Kind::Number, number_value(phrase), 0.9);
            // `8 out of 10` may be the score of 8.
            entity.readings.extend(number::score(u, phrase).map(|score| number_value(&score)));
            entity
        }));
    }
    if kinds.contains(Kind::Percent) {
        found.extend(percent::find(u, &candidates).iter().map(|percentage| {
            let (value, confidence) = match &percentage.number {
                Some(phrase) => (number_value(phrase), 0.95),
                None => (Value::Number { number: 0.0, text: Some("null".to_owned()) }, 0.1),
            };
            entity(u, percentage.start..percentage.end, Kind::Percent, value, confidence)
        }));
    }
    let mut quantities = |kind: Kind, quantities: Vec<super::quantity::Quantity>, name: fn(u16) -> String| {
        found.extend(quantities.iter().map(|quantity| {
            let unit = name(quantity.unit);
            let value = Value::Quantity { number: quantity.amount.value(), unit, currency: None };
            entity(u, quantity.start..quantity.end, kind, value, 0.9)
        }));
    };
    if kinds.contains(Kind::Age) {
        quantities(Kind::Age, age::find(u, &candidates), |unit| AGE_UNITS[usize::from(unit)].to_owned());
    }
    if kinds.contains(Kind::Temperature) {
        quantities(Kind::Temperature, temperature::find(u, &candidates), |unit| {
            temperature::SCALES[usize::from(unit)].to_owned()
        });
    }
    if kinds.contains(Kind::Dimension) {
        quantities(Kind::Dimension, dimension::find(u, &candidates), |unit| units::Unit(unit).name());
    }
    if kinds.contains(Kind::Money) {
        let said = |sum: &money::Sum| &u.tokens.text()[u.tokens.span(sum.start..sum.end)];
        // Where nobody pays in pounds, thirty of them are a weight.
        let weighs = |sum: &money::Sum| {
            let foreign = home.own.is_some_and(|own| !money::is_of_family(own, POUND));
            foreign && sum.unit.name() == POUND && !said(sum).contains('£')
        };
        let sums = money::find(u, &candidates);
        found.extend(sums.iter().filter(|sum| !weighs(sum)).map(|sum| {
            let said = said(sum);
            let value = Value::Quantity {
                number: sum.amount.value(),
                unit: sum.unit.name().to_owned(),
                currency: match sum.unit {
                    money::Unit::InUse => home.own,
                    unit => unit.iso().or_else(|| home.of_family(unit.name(), said)),
                }
                .map(str::to_owned),
            };
            entity(u, sum.start..sum.end, Kind::Money, value, 0.95)
        }));
    }
}

fn number_value(phrase: &NumberPhrase) -> Value {
    Value::Number { number: phrase.amount.value(), text: phrase.amount.text() }
}

fn entity(u: &Utterance<'_>, tokens: Range<usize>, kind: Kind, value: Value, confidence: f64) -> Entity {
    let span = u.tokens.span(tokens);
    Entity { start: span.start, end: span.end, kind, readings: vec![value], confidence }
}

fn as_written(text: &str, span: Range<usize>, kind: Kind, normal: Option<String>, confidence: f64) -> Entity {
    let value = Value::Text { text: text[span.clone()].to_owned(), normal };
    Entity { start: span.start, end: span.end, kind, readings: vec![value], confidence }
}

/// How much a kind says, where two values are as long as each other.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Phone => 0,
        Kind::Number => 1,
        Kind::Ordinal => 2,
        Kind::Dimension => 3,
        Kind::Temperature => 4,
        Kind::Percent => 5,
        Kind::Money => 6,
        Kind::Duration => 7,
        Kind::Age => 8,
        Kind::Boolean => 9,
        Kind::Url => 10,
        Kind::Ip => 11,
        Kind::Email => 12,
        Kind::Time => 13,
        Kind::Date => 14,
        Kind::TimeRange => 15,
        Kind::DateRange => 16,
        Kind::DateTime => 17,
        Kind::DateTimeRange => 18,
        Kind::Set => 19,
    }
}

/// Settles overlaps by the rule of [`recognize`], from left to right, and puts what stays in order.
fn without_overlaps(found: Vec<Entity>) -> Vec<Entity> {
    let mut kept: Vec<Entity> = Vec::with_capacity(found.len());
    for entity in in_order(found) {
        match kept.last_mut() {
            Some(last) if entity.start < last.end => {
                let length = |entity: &Entity| (entity.end - entity.start, rank(entity.kind));
                if length(&entity) > length(last) {
                    *last = entity;
                }
            }
            _ => kept.push(entity),
        }
    }
    kept
}

/// By start; where two start together, the winner first; equals as they came. Each recognizer's findings are in order
/// already, so the runs are merged, which is a tenth of the code of a sort.
fn in_order(found: Vec<Entity>) -> Vec<Entity> {
    let key = |entity: &Entity| (entity.start, Reverse(entity.end), Reverse(rank(entity.kind)));
    let mut runs: Vec<VecDeque<Entity>> = Vec::new();
    for entity in found {
        match runs.last_mut() {
            Some(run) if run.back().is_some_and(|last| key(last) <= key(&entity)) => run.push_back(entity),
            _ => runs.push(VecDeque::from([entity])),
        }
    }
    let mut merged = Vec::new();
    loop {
        let first = runs.iter().enumerate().filter_map(|(at, run)| Some((key(run.front()?), at))).min();
        match first.and_then(|(_, at)| runs[at].pop_front()) {
            Some(entity) => merged.push(entity),
            None => return merged,
        }
    }
}
