//! From a recognized entity to the canonical value of a slot's type.

use std::ops::Range;

use serde_json::{Value as Json, json};

use crate::decimal;
use crate::entities::time::calendar::days_later;
use crate::entities::{Direction, Entity, Kind, Kinds, Reference, TimeValue, Value, answer, recognize};
use crate::ir::{Comparison, Condition, Literal, Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Word, readable};

use super::effective_type;
use super::grounds::is_named_for;
use super::scan::{Scan, is_time};

/// The length of `2026-03-06`.
const DAY_BYTES: usize = 10;

/// A value found for a slot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// First byte of what was said.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// What was said, in the form that reads well in a sentence.
    pub(crate) text: String,
    /// The canonical value.
    pub(crate) value: Json,
    /// Whether the value is within the type's bounds.
    pub(crate) fits: bool,
}

impl Found {
    /// A value that fits its slot.
    pub(crate) fn new(span: (usize, usize), text: impl Into<String>, value: Json) -> Found {
        Found { start: span.0, end: span.1, text: text.into(), value, fits: true }
    }

    /// A value that is the text itself.
    pub(crate) fn text(span: (usize, usize), text: impl Into<String>) -> Found {
        let text = text.into();
        Found::new(span, text.clone(), Json::String(text))
    }

    /// Where it stands.
    pub(crate) fn span(&self) -> (usize, usize) {
        (self.start, self.end)
    }

    /// What was found in a piece of a text that begins at `start`, as found in the text.
    pub(crate) fn behind(self, start: usize) -> Found {
        Found { start: self.start + start, end: self.end + start, ..self }
    }
}

/// Whether a slot is about what has been or what is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tense {
    Past,
    Future,
}

impl Tense {
    /// Told from the slot's name and context ("start", "date of birth", "Since when?"); what is to come when nothing tells.
    pub(crate) fn of(language: &'static Language, slot: &Slot) -> Tense {
        let named = |text: &str| names(language, text, Cue::PastName);
        let asks = |text: &str| asks_for_the_past(&Heard::of(language, text));
        // A timeframe is mostly asked for of what has begun ("since when?").
        let past = || {
            *effective_type(slot) == SlotType::Timeframe
                || named(super::spoken_name(slot))
                || slot.context.as_deref().is_some_and(|text| named(text) || asks(text))
        };
        Tense::by_rule(slot).unwrap_or_else(|| if past() { Tense::Past } else { Tense::Future })
    }

    /// `valid when day <= today`, `valid when day >= today`
    pub(crate) fn by_rule(slot: &Slot) -> Option<Tense> {
        slot.rules.iter().flat_map(|rules| &rules.valid).find_map(|validity| match &validity.condition {
            Condition::Compare(path, comparison, Literal::Reference(day))
                if day == "today" && path.first() == Some(&slot.name) =>
            {
                match comparison {
                    Comparison::LessOrEqual | Comparison::Less => Some(Tense::Past),
                    Comparison::GreaterOrEqual | Comparison::Greater => Some(Tense::Future),
                    Comparison::Equal | Comparison::NotEqual => None,
                }
            }
            _ => None,
        })
    }
}

/// "Since when have you lived there?", "When was it?": a question for what has been. A word that may say from when as well does so
/// where something is wanted, or nothing tells: "¿Desde qué día quiere …?", "¿Desde qué día?"
pub(crate) fn asks_for_the_past(question: &Heard) -> bool {
    let words = question.words.as_slice();
    let wanted = || {
        words.iter().any(|word| word.class.is(Class::LIGHT) || word.is(Cue::AsksWish))
            || !words.iter().any(|word| word.tells() || word.is(Cue::AsksWords) || word.class.is(Class::AUXILIARY))
    };
    (0..words.len()).any(|at| match question.language.prefix(&words[at..], Cue::AsksPast) {
        0 => false,
        1 => words[at].is(Cue::PastName) || !wanted(),
        _ => true,
    })
}

/// "For how long?", `duration`
fn asks_for_a_length(language: &'static Language, slot: &Slot) -> bool {
    asks_for(language, slot, &["P", "PT"])
}

/// Whether a slot is for how long something lasts, or counts a unit of time.
pub(crate) fn takes_a_length(language: &'static Language, slot: &Slot) -> bool {
    asks_for_a_length(language, slot) || counts_time(language, slot)
}

/// Whether a slot's name or its question has the name of one of these types.
fn asks_for(language: &'static Language, slot: &Slot, types: &[&str]) -> bool {
    let asks = |text: &str| {
        let words = Heard::of(language, text).words;
        (0..words.len()).any(|at| {
            let named = &words[at..at + language.prefix(&words[at..], Cue::TypeName)];
            language.value_of(Cue::TypeName, named).is_some_and(|named| types.contains(&named))
        })
    };
    asks(&super::named(slot)) || slot.context.as_deref().is_some_and(asks)
}

/// Whether a word of a name or a hint belongs to a cue.
fn names(language: &'static Language, text: &str, cue: Cue) -> bool {
    Heard::of(language, &readable(text)).words.iter().any(|word| word.is(cue))
}

/// A number as JSON: whole numbers without a fraction.
pub(crate) fn number(value: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT { json!(value as i64) } else { json!(value) }
}

/// A unit that measures time as well as something else.
fn as_measure(scan: &Scan<'_>, slot: &Slot, said: &str) -> Option<(f64, String)> {
    let found = recognize(said, Kinds::NONE.with(Kind::Dimension), scan.reference);
    let [only] = found.as_slice() else { return None };
    let Value::Quantity { number: amount, unit, .. } = only.readings.first()? else { return None };
    let all = only.start == 0 && only.end == said.len();
    (all && (amount.fract() != 0.0 || !asks_for_a_length(scan.language(), slot))).then(|| (*amount, unit.clone()))
}

/// "85 people", "two grand tops": a bare number with a noun behind it is no amount of money.
fn counts_a_noun(scan: &Scan<'_>, entity: &Entity) -> bool {
    let noun = scan.heard.words.iter().find(|word| word.start >= entity.end);
    noun.is_some_and(|noun| !noun.after_break && noun.class == Class::CONTENT)
}

/// "three fifty for the two": so many of those who were named, and no amount.
fn is_of_those_named(scan: &Scan<'_>, entity: &Entity) -> bool {
    let number = scan.heard.words_of(entity.span());
    let counts = scan.heard.words[number.clone()].iter().all(|word| word.class.is(Class::NUMBER));
    let definite = |word: &Word| word.class.is(Class::ARTICLE) && !word.is(Cue::ArticleIndefinite);
    counts && matches!(&scan.heard.words[..number.start], [.., lead, the] if lead.class.is(Class::FOR) && definite(the))
}

/// "half of it": a part of something, which is no measure.
fn is_share(scan: &Scan<'_>, entity: &Entity) -> bool {
    let of = scan.heard.words.iter().find(|word| word.start >= entity.end);
    of.is_some_and(|of| of.class.is(Class::OF) && !of.after_break)
}

/// "25 bucks a head": an amount for each of something, where the slot itself is not one for each.
fn is_for_each(scan: &Scan<'_>, entity: &Entity, slot: &Slot) -> bool {
    if !scan.heard.tokens.classes().is(Class::EACH) {
        return false;
    }
    let mut behind = scan.heard.words.iter().skip_while(|word| word.start < entity.end);
    let Some(each) = behind.next().filter(|word| word.class.is(Class::EACH) && !word.after_break) else { return false };
    // "900 a month" is what is paid, again and again.
    let of = match behind.next().filter(|next| !next.after_break) {
        // "120 euros por transferencia", where that is an option, is how they are paid.
        Some(next) => {
            (next.class == Class::CONTENT && !scan.is_of_an_option(next) || !each.class.is(Class::FUNCTION))
                && !next.is(Cue::UnitName)
        }
        None => !each.class.is(Class::FUNCTION),
    };
    let asks = |text: &str| {
        let said = Heard::of(scan.language(), &readable(text));
        said.words.iter().any(|word| word.class.is(Class::EACH) && !word.class.is(Class::ARTICLE))
    };
    of && !asks(super::spoken_name(slot)) && !slot.context.as_deref().is_some_and(asks)
}

/// "five one two, 555 0188": what was dialled begins before the number that is written.
fn is_led_by_digits(scan: &Scan<'_>, entity: &Entity) -> bool {
    let at = scan.heard.words_of(entity.span()).start;
    let counts = |word: &Word| word.class.is(Class::NUMBER);
    matches!(&scan.heard.words[..at], [.., one, other] if counts(one) && counts(other) && !other.after_break)
}

/// "612 345 678", "600112233": a number that may be one to call as well.
fn dialled(scan: &Scan<'_>, entity: &Entity) -> Option<Entity> {
    /// Digits of a number to call.
    const LEAST: usize = 7;
    let said = scan.said(entity);
    if said.bytes().filter(u8::is_ascii_digit).count() < LEAST {
        return None;
    }
    let found = recognize(said, Kinds::NONE.with(Kind::Phone), scan.reference);
    found.into_iter().find(|found| found.start == 0 && found.end == said.len())
}

/// Reads an entity as a value of `ty`; `None` when its kind is of no use for the type.
/// `asked` tells whether the slot's question is open, when looser readings count ("50" for money).
pub(crate) fn convert(scan: &Scan<'_>, entity: &Entity, slot: &Slot, ty: &SlotType, asked: bool) -> Option<Found> {
    let said = scan.said(entity);
    let found = |value: Json| Some(Found::new(entity.span(), said, value));
    // "500 litres asap" tells no day.
    if !asked && *ty != SlotType::Timeframe && is_as_soon_as_possible(entity) {
        return None;
    }
    match ty {
        SlotType::Number | SlotType::Range { .. } => {
            let (amount, end) = amount(scan, entity, slot, ty, asked)?;
            let amount = if asked { year_in_full(ty, amount) } else { amount };
            let is_part = is_part_of_one(amount) && (counts_wholes(ty) || is_position(said, scan.reference));
            counted(scan, ty, (entity.start, end), amount).filter(|_| !is_part)
        }
        // "every night" is no length of time.
        SlotType::Timeframe if is_time(entity.kind) && (asked || entity.kind != Kind::Set) => {
            let time = time_reading(entity, scan.reference, Tense::of(scan.language(), slot))?;
            let (start, text) = natural_time(scan, entity);
            Some(Found::new((start, entity.end), text, json!(timeframe_iso(time))))
        }
        SlotType::Date if is_only_bounded(scan, entity) => None,
        SlotType::Date => {
            let tense = match scan.reference.direction {
                Direction::Past => Tense::Past,
                Direction::Future => Tense::of(scan.language(), slot),
            };
            let time = time_reading(entity, scan.reference, tense)?;
            match entity.kind {
                Kind::DateRange | Kind::DateTimeRange => {
                    let day = only_day(scan, entity, tense).map(str::to_owned);
                    let day = day.or_else(|| day_ahead(scan, entity).filter(|_| tense == Tense::Future));
                    let bound = || last_day(entity).filter(|_| is_led_as_asked(scan, entity, slot)).map(str::to_owned);
                    found(json!(day.or_else(|| edge_day(scan, entity)).or_else(bound)?))
                }
                Kind::Date | Kind::DateTime => found(json!(time.point.as_deref()?.get(..10)?)),
                _ => None,
            }
        }
        SlotType::Time if entity.kind == Kind::TimeRange => {
            // "until 2" to "Until when?", "back by five" for `bring_back`
            let (end, bound) = only_bound(entity)?;
            let named = || end == End::Last && is_named_for(slot, scan, &Found::text(entity.span(), said));
            if asked && is_led_as_asked(scan, entity, slot) || named() { found(json!(bound)) } else { None }
        }
        SlotType::Time => {
            let time = in_its_half(scan.language(), entity, slot)
                .or_else(|| in_part_said(scan, entity))
                .or_else(|| time_reading(entity, scan.reference, Tense::of(scan.language(), slot)))?;
            let point = time.point.as_deref()?;
            match entity.kind {
                Kind::Time => found(json!(without_seconds(point))),
                Kind::DateTime => found(json!(without_seconds(point.split_once(['T', ' '])?.1))),
                _ => None,
            }
        }
        SlotType::DateTime => {
            let time = in_part_said(scan, entity)
                .or_else(|| time_reading(entity, scan.reference, Tense::of(scan.language(), slot)))?;
            match entity.kind {
                Kind::DateTime => found(json!(time.point.as_deref()?.replacen(' ', "T", 1))),
                _ => None,
            }
        }
        SlotType::Email if entity.kind == Kind::Email => plain(entity, said),
        SlotType::Phone if entity.kind == Kind::Phone && !is_led_by_digits(scan, entity) => plain(entity, said),
        SlotType::Phone if entity.kind == Kind::Number => plain(&dialled(scan, entity)?, said),
        SlotType::Url if entity.kind == Kind::Url => plain(entity, said),
        SlotType::Money if is_for_each(scan, entity, slot) => None,
        SlotType::Money => match (entity.kind, entity.readings.first()?) {
            (Kind::Money, Value::Quantity { number: amount, unit, currency }) => {
                let currency = currency.as_deref().unwrap_or(unit);
                found(json!({"text": said, "amount": number(*amount), "currency": currency}))
            }
            (Kind::Number, Value::Number { number: amount, .. })
                if asked && !counts_a_noun(scan, entity) && !is_of_those_named(scan, entity) =>
            {
                let currency = scan.reference.place.money.own;
                found(json!({"text": said, "amount": number(*amount), "currency": currency}))
            }
            _ => None,
        },
        SlotType::Quantity => match (entity.kind, entity.readings.first()?) {
            (Kind::Dimension | Kind::Temperature | Kind::Age, Value::Quantity { number: amount, unit, .. })
                if entity.kind != Kind::Dimension || measures(scan, slot, unit) =>
            {
                found(json!({"text": said, "amount": number(*amount), "unit": unit}))
            }
            // "2 hours" for the length of something; "1.8m" is as many metres, unless a length of time is asked for, which is whole.
            (Kind::Duration, Value::Time(time)) if asked || asks_for_a_length(scan.language(), slot) => {
                let measure = if asked { as_measure(scan, slot, said) } else { None };
                let (amount, unit) = match measure {
                    Some((amount, unit)) => (amount, json!(unit)),
                    None => time.length().map(|(amount, unit)| (amount, json!(unit)))?,
                };
                found(json!({"text": said, "amount": number(amount), "unit": unit}))
            }
            (Kind::Number | Kind::Percent, Value::Number { number: amount, .. })
                if asked && !(*amount < 1.0 && is_share(scan, entity)) =>
            {
                let unit = match entity.kind {
                    Kind::Percent => "%".to_owned(),
                    _ => measure_counted(scan, slot)?,
                };
                found(json!({"text": said, "amount": number(*amount), "unit": unit}))
            }
            _ => None,
        },
        _ => None,
    }
}

/// "después de Semana Santa": what leads to the day only bounds it.
fn is_only_bounded(scan: &Scan<'_>, entity: &Entity) -> bool {
    let words = scan.heard.words.as_slice();
    let mut at = scan.heard.words_of(entity.span()).start;
    // "a day later, on Tuesday" leads to no day.
    let goes_on = |at: usize| at > 0 && words.get(at).is_some_and(|word| !word.after_break);
    while goes_on(at) && words[at - 1].class.is(Class::OF.and(Class::ARTICLE)) {
        at -= 1;
    }
    let bounds = |led: &Word| led.class.is(Class::DATING) && led.class.is(Class::LEADS) && !led.is(Cue::AsksPast);
    goes_on(at) && bounds(&words[at - 1])
}

fn is_as_soon_as_possible(entity: &Entity) -> bool {
    matches!(entity.readings.first(), Some(Value::Time(time)) if time.timex == "FUTURE_REF")
}

/// A number that was said there; one that is out of the type's bounds does not fit.
pub(super) fn counted(scan: &Scan<'_>, ty: &SlotType, span: (usize, usize), amount: f64) -> Option<Found> {
    let found = Found::new(span, scan.text.get(span.0..span.1)?, number(amount));
    Some(Found { fits: in_bounds(ty, amount), ..found })
}

/// Whether a type takes years: bounds of four figures that a year may have.
pub(crate) fn takes_years(ty: &SlotType) -> bool {
    /// Years that people speak of.
    const YEARS: Range<f64> = 1800.0..2200.0;
    matches!(ty, SlotType::Range { min, max } if YEARS.contains(min) && YEARS.contains(max))
}

/// "98" where a year is asked for: the only one within the bounds that ends so.
pub(super) fn year_in_full(ty: &SlotType, amount: f64) -> f64 {
    const CENTURIES: [f64; 4] = [1800.0, 1900.0, 2000.0, 2100.0];
    if !takes_years(ty) || !(10.0..100.0).contains(&amount) {
        return amount;
    }
    let mut fitting = CENTURIES.into_iter().map(|century| century + amount).filter(|year| in_bounds(ty, *year));
    fitting.next().filter(|_| fitting.next().is_none()).unwrap_or(amount)
}

/// "a third", "half": less than one of something.
fn is_part_of_one(amount: f64) -> bool {
    amount > 0.0 && amount < 1.0
}

/// Whether numbers of a type count things: bounds that are whole, and more than a share of one between them.
fn counts_wholes(ty: &SlotType) -> bool {
    matches!(ty, SlotType::Range { min, max } if min.fract() == 0.0 && max.fract() == 0.0 && *max > 1.0)
}

/// "un tercero": what is a fraction is a position as well, and more often.
fn is_position(said: &str, reference: &Reference) -> bool {
    let digits = said.bytes().any(|byte| byte.is_ascii_digit());
    !digits && !recognize(said, Kinds::NONE.with(Kind::Ordinal), reference).is_empty()
}

/// Whether a number is one that a type takes.
pub(super) fn in_bounds(ty: &SlotType, amount: f64) -> bool {
    match ty {
        SlotType::Range { min, max } => (*min..=*max).contains(&amount),
        _ => true,
    }
}

fn plain(entity: &Entity, said: &str) -> Option<Found> {
    let value = match entity.readings.first()? {
        Value::Text { normal: Some(normal), .. } => normal.clone(),
        _ => said.to_owned(),
    };
    // Shown as it was said; compared and sent in normal form.
    Some(Found::new(entity.span(), said, json!(value)))
}

/// The amount that an entity states for a number slot, and where its text ends (a rating such as "7 out of 10" is one).
fn amount(scan: &Scan<'_>, entity: &Entity, slot: &Slot, ty: &SlotType, asked: bool) -> Option<(f64, usize)> {
    let said = scan.said(entity);
    if let SlotType::Range { max, .. } = ty
        && let Some(rated) = rating(scan, entity.span(), *max)
    {
        return Some((rated, entity.end));
    }
    let first = entity.readings.first()?;
    let direct = match (entity.kind, first) {
        (Kind::Number, Value::Number { number, .. }) => Some(*number),
        (Kind::Percent, Value::Number { number, .. }) if asked => Some(*number),
        (Kind::Temperature, Value::Quantity { number, .. })
            if asked || names(scan.language(), super::spoken_name(slot), Cue::TemperatureName) =>
        {
            Some(*number)
        }
        (Kind::Age, Value::Quantity { number, .. })
            if asked || names(scan.language(), super::spoken_name(slot), Cue::AgeName) =>
        {
            const MONTHS: f64 = 12.0;
            match unit_counted(scan.language(), slot) {
                Some("P1M") => Some(number * MONTHS),
                Some("P1Y") | None => Some(*number),
                Some(_) => None,
            }
        }
        // "12 metres" to "How many feet?" is no number of feet.
        (Kind::Dimension, Value::Quantity { number, unit, .. }) => match measure_counted(scan, slot) {
            Some(counted) => (counted == *unit).then_some(*number),
            None => {
                (asked || counts_unit(scan.language(), slot, said) || is_called(scan, slot, said)).then_some(*number)
            }
        },
        (Kind::Money, Value::Quantity { number, .. }) if asked && measure_counted(scan, slot).is_none() => {
            Some(*number)
        }
        (Kind::Duration, Value::Time(_)) if counts_unit(scan.language(), slot, said) => {
            leading_number(said, scan.reference)
        }
        // "in twelve months" where months are counted
        (Kind::Date, Value::Time(_)) if asked && counts_unit(scan.language(), slot, said) => {
            leading_number(said, scan.reference)
        }
        // "from 2014" where a year is counted
        (Kind::DateRange, Value::Time(time)) if takes_years(ty) && said.contains(&time.timex) => {
            time.timex.parse::<u16>().ok().map(f64::from)
        }
        (Kind::DateRange | Kind::DateTimeRange, Value::Time(_)) => {
            let length = length_said(scan, entity)?;
            if counts_unit(scan.language(), slot, length) { leading_number(length, scan.reference) } else { None }
        }
        (Kind::Duration, Value::Time(time)) if asked => in_unit_of(scan.language(), slot, time),
        _ => None,
    }?;
    let tail = match ty {
        SlotType::Range { max, .. } => rating_tail(scan, entity, *max),
        _ => None,
    };
    Some((direct, tail.unwrap_or(entity.end)))
}

/// The unit of measure that a slot counts by its name, or by its question ("How many feet?").
fn measure_counted(scan: &Scan<'_>, slot: &Slot) -> Option<String> {
    measures_named(scan, slot).into_iter().next()
}

/// The units of measure in a slot's name and in its question: "in grams or millilitres" has two.
fn measures_named(scan: &Scan<'_>, slot: &Slot) -> Vec<String> {
    let unit = |text: &str, words: &[Word]| {
        let content = words.first().is_some_and(|word| word.class == Class::CONTENT);
        let said = text.get(words.first()?.start..words.last()?.end).filter(|_| content)?;
        let one = format!("1 {said}");
        let found = recognize(&one, Kinds::NONE.with(Kind::Dimension), scan.reference);
        match found.first().filter(|found| found.end == one.len())?.readings.first()? {
            Value::Quantity { unit, .. } => Some(unit.clone()),
            _ => None,
        }
    };
    let named = super::named(slot);
    let texts = [Some(named.as_str()), slot.context.as_deref()].into_iter().flatten();
    let units = texts.flat_map(|text| {
        let words = Heard::of(scan.language(), text).words;
        // "square metres" are no metres.
        let pairs: Vec<String> = words.windows(2).filter_map(|pair| unit(text, pair)).collect();
        match pairs.is_empty() {
            true => words.iter().filter_map(|word| unit(text, std::slice::from_ref(word))).collect(),
            false => pairs,
        }
    });
    units.collect()
}

/// Whether a slot for a quantity may be measured in a unit: "40 inches" are no length of time, and no litres.
fn measures(scan: &Scan<'_>, slot: &Slot, unit: &str) -> bool {
    let named = || measures_named(scan, slot);
    let fits = |named: Vec<String>| {
        named.is_empty() || named.iter().any(|counted| answer::convert(1.0, unit, counted).is_some())
    };
    !asks_for(scan.language(), slot, &["PT"]) && fits(named())
}

/// A slot such as `nights` counts the unit of "2 nights", and one that is asked for in months that of "2 months".
fn counts_unit(language: &'static Language, slot: &Slot, said: &str) -> bool {
    let unit = Heard::of(language, said);
    let Some(unit) = unit.words.last() else { return false };
    let measure = |word: &Word| language.value_of(Cue::UnitName, std::slice::from_ref(word));
    let stem = unit.stem(language);
    let counts = |text: &str| {
        let own = Heard::of(language, text);
        own.words
            .iter()
            .any(|word| word.stem(language) == stem || measure(unit).is_some() && measure(unit) == measure(word))
    };
    counts(&super::named(slot)) || slot.context.as_deref().is_some_and(counts)
}

/// "11 rads" for `radiators`, where the game says that rads are such.
fn is_called(scan: &Scan<'_>, slot: &Slot, said: &str) -> bool {
    let language = scan.language();
    let unit = Heard::of(language, said);
    let Some(unit) = unit.words.last() else { return false };
    let name = super::name(language, slot);
    slot.vocabulary.iter().chain(scan.terms()).any(|term| {
        Heard::of(language, &term.text).words.iter().all(|word| name.holds(word))
            && term.synonyms.iter().any(|synonym| Heard::of(language, &synonym.text).holds(unit))
    })
}

/// "a fortnight" for a slot such as `nights`: the length in the unit that the slot counts, where it comes out even.
fn in_unit_of(language: &'static Language, slot: &Slot, time: &TimeValue) -> Option<f64> {
    const DAY: f64 = 86_400.0;
    let months = months(&time.timex);
    let count = match unit_counted(language, slot)? {
        "P1M" => months?,
        "P1Y" => months? / 12.0,
        // A month has no fixed number of days.
        _ if months.is_some() => return None,
        "P1W" => time.seconds? / (7.0 * DAY),
        "P1D" => time.seconds? / DAY,
        "PT1H" => time.seconds? / 3_600.0,
        "PT1M" => time.seconds? / 60.0,
        "PT1S" => time.seconds?,
        _ => return None,
    };
    (count.fract() == 0.0).then_some(count)
}

/// Whether a slot counts units of time, by its name.
pub(crate) fn counts_time(language: &'static Language, slot: &Slot) -> bool {
    unit_counted(language, slot).is_some()
}

/// Whether a slot counts a unit, of time by its name, of something else by its question too: "How many metres?"
pub(crate) fn counts_a_unit(scan: &Scan<'_>, slot: &Slot) -> bool {
    counts_time(scan.language(), slot) || measure_counted(scan, slot).is_some()
}

/// The unit of time in the name of a slot: the "nights" of `nights`.
fn unit_counted(language: &'static Language, slot: &Slot) -> Option<&'static str> {
    let name = super::name(language, slot);
    name.words.iter().find_map(|word| language.value_of(Cue::UnitName, std::slice::from_ref(word)))
}

/// The months of a length in months or years, such as `P2Y`.
fn months(timex: &str) -> Option<f64> {
    let length = timex.strip_prefix('P')?;
    match length.strip_suffix('Y') {
        Some(years) => decimal::read(years).map(|years| years * 12.0),
        None => decimal::read(length.strip_suffix('M')?),
    }
}

fn leading_number(said: &str, reference: &Reference) -> Option<f64> {
    let found = recognize(said, Kinds::NONE.with(Kind::Number), reference);
    single_number(&found)
}

fn single_number(found: &[Entity]) -> Option<f64> {
    match found {
        [only] => match only.readings.first()? {
            Value::Number { number, .. } => Some(*number),
            _ => None,
        },
        _ => None,
    }
}

/// "7 out of 10", "7/10", "seven of ten", said in these bytes of the text, against a scale that ends at `max`.
pub(super) fn rating(scan: &Scan<'_>, span: (usize, usize), max: f64) -> Option<f64> {
    let said = scan.text.get(span.0..span.1)?;
    if said.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (rated, scale) = match said.split_once('/') {
        Some(halves) => halves,
        None => {
            let words = &scan.heard.words[scan.heard.words_of(span)];
            let of = |at: usize| scan.language().prefix(&words[at..], Cue::RatingOf);
            let at = (1..words.len()).find(|at| of(*at) > 0)?;
            let after = words.get(at + of(at))?;
            (scan.text.get(span.0..words[at].start)?, scan.text.get(after.start..span.1)?)
        }
    };
    let scale = read_number(scale, scan.reference)?;
    if scale == max { read_number(rated, scan.reference) } else { None }
}

/// Where the " out of 10" behind a number ends.
fn rating_tail(scan: &Scan<'_>, number: &Entity, max: f64) -> Option<usize> {
    let behind = &scan.heard.words[scan.heard.words_of(number.span()).end..];
    let slash = scan.text.get(number.end..)?.trim_start().starts_with('/');
    let lead = if slash { 0 } else { scan.language().prefix(behind, Cue::RatingOf) };
    let scale = behind.get(lead).filter(|_| slash || lead > 0)?;
    (read_number(&scale.text, scan.reference)? == max).then_some(scale.end)
}

/// A number and nothing else: digits at once, words by the recognizer.
pub(crate) fn read_number(text: &str, reference: &Reference) -> Option<f64> {
    let text = text.trim();
    if let Some(number) = plain_number(text) {
        return Some(number);
    }
    let found = recognize(text, Kinds::NONE.with(Kind::Number), reference);
    let [only] = found.as_slice() else { return None };
    if only.start == 0 && only.end == text.len() { single_number(&found) } else { None }
}

/// `-?\d+(\.\d+)?` or `.\d+`: digits that need no recognizer.
pub(crate) fn plain_number(text: &str) -> Option<f64> {
    const MAX_DIGITS: usize = 15;
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let dotted = unsigned.len() > whole.len();
    let usable = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && !(dotted && fraction.is_empty())
        && unsigned.len() <= MAX_DIGITS;
    if usable { decimal::read(text) } else { None }
}

/// "6:30" for `wake_at`, "8" for `dinner_at`: of a clock time that may lie in either half of the day the one that the slot's name says.
fn in_its_half<'e>(language: &'static Language, entity: &'e Entity, slot: &Slot) -> Option<&'e TimeValue> {
    const HOURS: u32 = 12;
    let name = super::name(language, slot);
    let half = name.words.iter().find_map(|word| language.value_of(Cue::HalfName, std::slice::from_ref(word)))?;
    let first: u32 = half.parse().ok()?;
    let hour = |time: &&TimeValue| {
        let clock = time.point.as_deref()?.rsplit(['T', ' ']).next()?;
        clock.get(..2)?.parse::<u32>().ok()
    };
    let times = entity.readings.iter().filter_map(|reading| match reading {
        Value::Time(time) => Some(time),
        _ => None,
    });
    times.into_iter().find(|time| hour(time).is_some_and(|hour| (first..first + HOURS).contains(&hour)))
}

/// "after work, at 7", "en la noche, como a las 8": of a clock time that may lie in either half of the day the one within the only part
/// of the day that is said beside it.
fn in_part_said<'e>(scan: &Scan<'_>, entity: &'e Entity) -> Option<&'e TimeValue> {
    let clock = |moment: &str| moment.rsplit(['T', ' ']).next().map(str::to_owned);
    let range = |other: &Entity| match other.readings.first()? {
        Value::Time(time) => time.range.clone().filter(|(start, _)| start != ".."),
        _ => None,
    };
    let mut parts = scan.entities.iter().filter(|other| other.kind == Kind::TimeRange);
    let (part, None) = (parts.next()?, parts.next()) else { return None };
    let (start, end) = range(part)?;
    let within = |time: &&TimeValue| {
        let clock = time.point.as_deref().and_then(clock);
        clock.is_some_and(|clock| start <= clock && (end == ".." || clock < end))
    };
    let times = entity.readings.iter().filter_map(|reading| match reading {
        Value::Time(time) => Some(time),
        _ => None,
    });
    times.into_iter().find(within)
}

/// The reading that fits the tense: for the past the latest one that is not after now, if there is one.
fn time_reading<'e>(entity: &'e Entity, reference: &Reference, tense: Tense) -> Option<&'e TimeValue> {
    let mut times = entity.readings.iter().filter_map(|reading| match reading {
        Value::Time(time) => Some(time),
        _ => None,
    });
    let preferred = times.next()?;
    if tense == Tense::Future {
        return Some(preferred);
    }
    let now = reference.now.to_string();
    let day_only = |point: &str| point.len() == 10;
    let past = |time: &TimeValue| {
        let point = time.point.as_deref().or(time.range.as_ref().map(|(start, _)| start.as_str()));
        point.is_none_or(|point| {
            if day_only(point) { point <= now.get(..10).unwrap_or(&now) } else { point.replacen(' ', "T", 1) <= now }
        })
    };
    if past(preferred) { Some(preferred) } else { Some(times.find(|time| past(time)).unwrap_or(preferred)) }
}

/// `19:30` for `19:30:00`.
fn without_seconds(clock: &str) -> &str {
    clock.strip_suffix(":00").filter(|rest| rest.len() == 5).unwrap_or(clock)
}

/// The day of a part of a day ("friday afternoon"), or with which a period begins that is told by it: "friday for two weeks",
/// "since monday", "starting from monday" on the side of now that is asked for.
fn only_day<'e>(scan: &Scan<'_>, entity: &'e Entity, tense: Tense) -> Option<&'e str> {
    let today = scan.reference.now.date().to_string();
    let days = |reading: &'e Value| match reading {
        Value::Time(time) => {
            let (start, end) = time.range.as_ref()?;
            Some((start.get(..DAY_BYTES)?, end.get(..DAY_BYTES)))
        }
        _ => None,
    };
    let ahead = |start: &str| if tense == Tense::Future { start >= today.as_str() } else { start <= today.as_str() };
    let mut readings = entity.readings.iter().filter_map(days);
    let first = readings.clone().next()?;
    let (start, end) = readings.find(|(start, _)| ahead(start)).unwrap_or(first);
    let words = words_of(scan, entity);
    let lasts = words.iter().skip(1).any(|word| word.class.is(Class::FOR));
    // "since Monday", "starting from Monday"; "after Monday" and "no earlier than Monday" only bound a day.
    let bounds = Class::DATING.and(Class::NEGATOR).and(Class::TIME).and(Class::COMPARES);
    let opens = |word: &Word| word.is(Cue::AsksPast) || !word.class.is(bounds);
    let since = end.is_none() && ahead(start) && words.first().is_some_and(opens);
    (end == Some(start) || since || lasts).then_some(start)
}

/// "desde el lunes" says since when and from when: where what is to come is asked for, the day behind it that lies ahead.
fn day_ahead(scan: &Scan<'_>, entity: &Entity) -> Option<String> {
    let [first, next, ..] = words_of(scan, entity) else { return None };
    let either = first.is(Cue::AsksPast) && !first.is(Cue::PastName);
    let said = scan.text.get(next.start..entity.end).filter(|_| either)?;
    let found = recognize(said, Kinds::NONE.with(Kind::Date), scan.reference);
    let [Entity { start: 0, end, readings, .. }] = found.as_slice() else { return None };
    let Some(Value::Time(TimeValue { point: Some(day), .. })) = readings.first().filter(|_| *end == said.len()) else {
        return None;
    };
    let today = scan.reference.now.date().to_string();
    (*day >= today).then(|| day.clone())
}

/// The day that is meant where a day is asked for and a period is said by its edge: "end of the month".
fn edge_day(scan: &Scan<'_>, entity: &Entity) -> Option<String> {
    let language = scan.language();
    let words = words_of(scan, entity);
    // "end of January sometime"
    let Range { start: from, end: until } = scan.heard.words_of(entity.span());
    let (before, behind) = (&scan.heard.words[..from], &scan.heard.words[until..]);
    if language.suffix(before, Cue::Approximate) > 0 || language.prefix(behind, Cue::Approximate) > 0 {
        return None;
    }
    let edge = (0..words.len()).find_map(|at| {
        let length = language.prefix(&words[at..], Cue::PeriodEdge);
        language.value_of(Cue::PeriodEdge, words.get(at..at + length)?)
    });
    let Value::Time(time) = entity.readings.first()? else { return None };
    let (start, end) = time.range.as_ref()?;
    match edge? {
        "0" => start.get(..DAY_BYTES).map(str::to_owned),
        // A period ends before its last bound.
        _ => {
            let last = end.get(..DAY_BYTES)?.parse::<jiff::civil::Date>().and_then(jiff::civil::Date::yesterday);
            last.ok().map(|day| day.to_string())
        }
    }
}

/// The first and the last day of a period whose ends are both said, "from the 10th to the 24th", or the times: "from 2 to 4".
pub(crate) fn both_ends(scan: &Scan<'_>, entity: &Entity) -> Option<(String, String)> {
    let Value::Time(time) = entity.readings.first()? else { return None };
    let (start, end) = time.range.as_ref()?;
    let said = says_both_ends(words_of(scan, entity), scan.said(entity), entity.kind);
    let end_of = |moment: &str| match entity.kind {
        Kind::DateRange | Kind::DateTimeRange => moment.get(..DAY_BYTES).map(str::to_owned),
        Kind::TimeRange => Some(without_seconds(moment).to_owned()),
        _ => None,
    };
    let ends = (end_of(start)?, end_of(end)?);
    let ends = a_week_on(scan, entity, &ends).unwrap_or(ends);
    (said && ends.0 < ends.1).then_some(ends)
}

/// "Monday to Friday" on a Wednesday, where what is to come is asked for: the days of next week.
fn a_week_on(scan: &Scan<'_>, entity: &Entity, (start, end): &(String, String)) -> Option<(String, String)> {
    const WEEK: i64 = 7;
    let day = |day: &str| day.parse::<jiff::civil::Date>().ok();
    let later = |date: &str| days_later(day(date)?, WEEK).map(|date| date.to_string());
    let begun = scan.reference.direction == Direction::Future && day(start)? < scan.reference.now.date();
    let first = words_of(scan, entity).iter().find(|word| word.class.is(Class::TIME)).filter(|_| begun)?;
    let alone = recognize(&first.text, Kinds::NONE.with(Kind::Date), scan.reference);
    let Value::Time(time) = alone.first()?.readings.first()? else { return None };
    let next = later(start).filter(|next| time.point.as_ref() == Some(next))?;
    Some((next, later(end)?))
}

/// Whether a span is said by its two ends: "the 3rd to the 5th", "March 20th thru the 27th", "April 3 - April 10".
pub(super) fn says_both_ends(words: &[Word], said: &str, kind: Kind) -> bool {
    let counts =
        |word: &Word| word.class.is(Class::NUMBER) || word.text.starts_with(|sign: char| sign.is_ascii_digit());
    let leads = |at: usize| {
        let behind = words[at + 1..].iter().find(|word| !word.class.is(Class::DETERMINER));
        let until = words[at].is(Cue::Ended) && !words[at].is(Cue::But);
        // "a la tarde" leads to no time of its own.
        (words[at].is(Cue::Into) || until) && (kind != Kind::TimeRange || behind.is_some_and(counts))
    };
    (1..words.len()).any(leads) || kind == Kind::DateRange && [" - ", " – "].iter().any(|dash| said.contains(dash))
}

/// Which end of a span has a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    First,
    Last,
}

/// The only bound of a span of hours, "from 5 on", "until 2", and which of its ends that is.
pub(crate) fn only_bound(entity: &Entity) -> Option<(End, String)> {
    let Value::Time(time) = entity.readings.first()? else { return None };
    let (start, end) = time.range.as_ref().filter(|_| entity.kind == Kind::TimeRange)?;
    match (start.as_str(), end.as_str()) {
        ("..", "..") => None,
        ("..", end) => Some((End::Last, without_seconds(end).to_owned())),
        (start, "..") => Some((End::First, without_seconds(start).to_owned())),
        _ => None,
    }
}

/// The day that bounds a period which begins anywhere: "by Friday".
pub(crate) fn last_day(entity: &Entity) -> Option<&str> {
    let Value::Time(time) = entity.readings.first()? else { return None };
    let (start, end) = time.range.as_ref().filter(|_| entity.kind == Kind::DateRange)?;
    if start == ".." { end.get(..DAY_BYTES) } else { None }
}

/// Whether a value is led by a word of the question or of the slot's name: "until 2" to "Until when?", "by Friday" for `ready_by`.
fn is_led_as_asked(scan: &Scan<'_>, entity: &Entity, slot: &Slot) -> bool {
    let Some(lead) = words_of(scan, entity).first() else { return false };
    let leads = |text: &str| Heard::of(scan.language(), text).words.iter().any(|word| word.hash == lead.hash);
    leads(&super::named(slot)) || slot.context.as_deref().is_some_and(leads)
}

/// The words of an entity.
fn words_of<'s>(scan: &'s Scan<'_>, entity: &Entity) -> &'s [Word] {
    &scan.heard.words[scan.heard.words_of(entity.span())]
}

/// How long a period lasts that is told by its first day: "for two weeks" of "friday for two weeks".
fn length_said<'t>(scan: &Scan<'t>, entity: &Entity) -> Option<&'t str> {
    let words = words_of(scan, entity);
    let at = words.iter().skip(1).position(|word| word.class.is(Class::FOR))? + 1;
    scan.text.get(words.get(at + 1)?.start..entity.end)
}

/// ISO 8601: a point, else a duration, else an interval, else the TIMEX form.
fn timeframe_iso(time: &TimeValue) -> String {
    if let Some(point) = &time.point {
        return point.replacen(' ', "T", 1);
    }
    if time.seconds.is_some() && time.timex.starts_with('P') {
        return time.timex.clone();
    }
    match &time.range {
        Some((start, end)) => format!("{}/{}", start.replacen(' ', "T", 1), end.replacen(' ', "T", 1)),
        None => time.timex.clone(),
    }
}

/// What was said of a time as it reads in "that started …": without a leading "since" or "for", with "about".
fn natural_time(scan: &Scan<'_>, entity: &Entity) -> (usize, String) {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let own = scan.heard.words_of(entity.span());
    let (before, inside) = (&words[..own.start], &words[own]);
    let skip = language.prefix(inside, Cue::TimeBefore);
    if skip > 0 && skip < inside.len() {
        let start = inside[skip].start;
        return (entity.start, scan.text.get(start..entity.end).unwrap_or_default().to_owned());
    }
    let hedge = language.suffix(before, Cue::Approximate);
    let start = if hedge > 0 && matches!(entity.kind, Kind::Duration) {
        before[before.len() - hedge].start
    } else {
        entity.start
    };
    (start, scan.text.get(start..entity.end).unwrap_or_default().to_owned())
}
