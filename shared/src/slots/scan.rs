//! The values that the recognizers find in an utterance, found once a turn for all slots that may want them.

use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

use crate::entities::{Direction, Entity, Kind, Kinds, Reference, TimeValue, Value, recognize};
use crate::ir::{Slot, SlotType, Term};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Word};

use super::convert::{convert, says_both_ends};
use super::effective_type;
use super::options::{Vocabulary, denied_behind, excepted, mentioned};

/// All time kinds: a number inside a time ("2 days ago") is not a number of its own.
const TIME: Kinds = Kinds::NONE
    .with(Kind::Date)
    .with(Kind::Time)
    .with(Kind::DateTime)
    .with(Kind::Duration)
    .with(Kind::DateRange)
    .with(Kind::TimeRange)
    .with(Kind::DateTimeRange)
    .with(Kind::Set);

/// Whether a time ended before today.
pub(crate) fn has_ended(entity: &Entity, reference: &Reference) -> bool {
    let Some(Value::Time(time)) = entity.readings.first() else { return false };
    let today = reference.now.date().to_string();
    let ends = time.range.as_ref().map(|(_, end)| end.as_str()).or(time.point.as_deref());
    ends.is_some_and(|end| end.len() >= today.len() && end.starts_with(char::is_numeric) && end < today.as_str())
}

/// An utterance with its words and the values found in it.
pub(crate) struct Scan<'t> {
    pub(crate) text: &'t str,
    pub(crate) heard: Rc<Heard>,
    pub(crate) reference: &'t Reference,
    pub(crate) entities: Vec<Entity>,
    /// Where times stand that are named because they are not wanted.
    refused: Vec<(usize, usize)>,
    terms: &'t [Term],
    question: Option<Rc<Heard>>,
    slots: &'t [Slot],
    /// Where options of those slots are named.
    options: OnceCell<Vec<(usize, usize)>>,
}

impl<'t> Scan<'t> {
    /// Looks for everything that the slots could want.
    pub(crate) fn of<'s>(
        text: &'t str,
        slots: impl IntoIterator<Item = &'s Slot>,
        reference: &'t Reference,
    ) -> Scan<'t> {
        Scan::over(text, Rc::new(Heard::of(Language::of(reference.language), text)), slots, reference)
    }

    /// As [`Scan::of`], of a text whose words are heard already.
    pub(crate) fn over<'s>(
        text: &'t str,
        heard: Rc<Heard>,
        slots: impl IntoIterator<Item = &'s Slot>,
        reference: &'t Reference,
    ) -> Scan<'t> {
        let mut kinds = Kinds::NONE;
        let mut spans = Spans::InParts;
        for slot in slots {
            kinds = with_kinds_of(kinds, effective_type(slot));
            if *effective_type(slot) == SlotType::Timeframe {
                spans = Spans::Whole;
            }
        }
        let mut entities = if kinds == Kinds::NONE { Vec::new() } else { recognize(text, kinds, reference) };
        if spans == Spans::InParts {
            entities = entities.into_iter().flat_map(|entity| parts_of_span(text, entity, reference)).collect();
        }
        entities =
            entities.into_iter().flat_map(|entity| without_a_house_number(text, &heard, entity, reference)).collect();
        let mut refused = Vec::new();
        entities.retain(|entity| {
            if is_refused(&heard, entity) || is_refused_behind(&heard, entity, reference) {
                refused.push((entity.start, entity.end));
                return false;
            }
            !stands_for_a_thing(&heard, entity) && !only_names_a_unit(&heard, entity)
        });
        Scan {
            text,
            heard,
            reference,
            entities,
            refused,
            terms: &[],
            question: None,
            slots: &[],
            options: OnceCell::new(),
        }
    }

    /// "two weeks from Saturday" says a length and a day, where they are `wanted` apart.
    pub(crate) fn parting_lengths(mut self, wanted: impl FnOnce() -> bool) -> Scan<'t> {
        let parts = |entity: &Entity| length_and_day(&self.heard, self.text, entity, self.reference);
        let found = self.entities.iter().enumerate().find_map(|(at, entity)| Some((at, parts(entity)?)));
        if let Some((at, parts)) = found.filter(|_| wanted()) {
            self.entities.splice(at..=at, parts);
        }
        self
    }

    /// With the words of the question that is open.
    pub(crate) fn answering(self, question: Rc<Heard>) -> Scan<'t> {
        Scan { question: Some(question), ..self }
    }

    /// The words of the question that is open, where they are known.
    pub(crate) fn question(&self) -> Option<&Heard> {
        self.question.as_deref()
    }

    /// With the game's vocabulary, by which options may be called.
    pub(crate) fn knowing(self, terms: &'t [Term]) -> Scan<'t> {
        Scan { terms, ..self }
    }

    /// Among all slots of a move, whose options words may be used up by.
    pub(crate) fn among(self, slots: &'t [Slot]) -> Scan<'t> {
        Scan { slots, ..self }
    }

    /// Whether a word stands in an option that is named.
    pub(super) fn is_of_an_option(&self, word: &Word) -> bool {
        self.options().iter().any(|(from, until)| *from <= word.start && word.end <= *until)
    }

    /// Whether a word is a part of an option that is named, and so names nothing else: "wedding" in "my wedding dress". A word by
    /// itself may be an option and lead to a value all the same, "return the 19th".
    pub(super) fn is_used_up(&self, word: &Word) -> bool {
        let part = |(from, until): (usize, usize)| {
            from <= word.start && word.end <= until && (from, until) != (word.start, word.end)
        };
        self.options().iter().any(|span| part(*span))
    }

    fn options(&self) -> &[(usize, usize)] {
        self.options.get_or_init(|| {
            let named = |slot: &Slot| {
                let SlotType::Enum(choices) = effective_type(slot).item() else { return Vec::new() };
                mentioned(choices, self.vocabulary(slot).in_passing(), &self.heard)
            };
            let words = &self.heard.words;
            let named = self.slots.iter().flat_map(named);
            named.map(|option| (words[option.first].start, words[option.end - 1].end)).collect()
        })
    }

    /// The words of a text, which is often the whole.
    pub(crate) fn heard_in(&self, text: &str) -> Rc<Heard> {
        if text == self.text { Rc::clone(&self.heard) } else { self.heard.beside(text) }
    }

    /// The language that it was heard in.
    pub(crate) fn language(&self) -> &'static Language {
        self.heard.language
    }

    /// The game's vocabulary.
    pub(crate) fn terms(&self) -> &'t [Term] {
        self.terms
    }

    /// The vocabulary by which a slot's options may be called.
    pub(crate) fn vocabulary<'s>(&self, slot: &'s Slot) -> Vocabulary<'s>
    where
        't: 's,
    {
        Vocabulary { own: &slot.vocabulary, shared: self.terms, ..Vocabulary::default() }
    }

    /// Whether nothing but an "or" stands between two values, which end and begin there.
    pub(crate) fn are_alternatives(&self, end: usize, start: usize) -> bool {
        let mut between = self.heard.words.iter().filter(|word| word.start >= end && word.end <= start);
        let mut found = false;
        between.all(|word| {
            found |= word.class.is(Class::OR);
            word.class.is(Class::OR.and(Class::FILLER).and(Class::FUNCTION))
        }) && found
    }

    /// Whether a value of the slot's type stands in it, whether or not it fits.
    pub(crate) fn states(&self, slot: &Slot) -> bool {
        self.entities.iter().any(|entity| convert(self, entity, slot, effective_type(slot), true).is_some())
    }

    /// Where times stand in it, wanted or not.
    pub(crate) fn times(&self) -> impl Iterator<Item = (usize, usize)> {
        let wanted = self.entities.iter().filter(|entity| is_time(entity.kind)).map(Entity::span);
        wanted.chain(self.refused.iter().copied())
    }

    /// What is said of times that are not wanted.
    pub(crate) fn refused(&self) -> impl Iterator<Item = &'t str> {
        self.refused.iter().filter_map(|span| self.text.get(span.0..span.1))
    }

    /// Whether a time is named because it is not wanted.
    pub(crate) fn refuses_a_time(&self) -> bool {
        !self.refused.is_empty()
    }

    /// The text of an entity.
    pub(crate) fn said(&self, entity: &Entity) -> &'t str {
        self.text.get(entity.start..entity.end).unwrap_or_default()
    }
}

/// Whether some slot takes spans of time as they were said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spans {
    Whole,
    InParts,
}

/// A span as what it begins with and its length, where it was said so ("tomorrow for two nights", "Friday afternoon", "tomorrow
/// at 10 for two hours"): no slot but a timeframe takes a span, and the day must not be lost. Other spans ("3 to 5 May") stay
/// whole, with the only time that is said in them ("3 to 5 May at noon").
fn parts_of_span(text: &str, span: Entity, reference: &Reference) -> Vec<Entity> {
    let days = Kinds::NONE.with(Kind::Date).with(Kind::Duration);
    let wanted = match span.kind {
        Kind::DateRange => days,
        Kind::DateTimeRange => days.with(Kind::DateTime).with(Kind::Time),
        _ => return vec![span],
    };
    let said = text.get(span.start..span.end).unwrap_or_default();
    let is_moment = |part: &Entity| matches!(part.kind, Kind::DateTime | Kind::Time);
    let mut parts = recognize(said, wanted, reference);
    let moments = parts.iter().filter(|part| is_moment(part)).count();
    if moments > 1 {
        parts = recognize(said, days, reference);
    }
    for part in &mut parts {
        part.start += span.start;
        part.end += span.start;
    }
    let is_day = |part: &Entity| matches!(part.kind, Kind::Date | Kind::DateTime);
    // "mañana por la mañana": of one day the rest of the words is a part.
    if is_of_one_day(&span) {
        let mut first = true;
        parts.retain(|part| !is_day(part) || std::mem::take(&mut first));
    }
    let begins = parts.iter().any(|part| is_day(part) && begins_with(&span, part));
    // "March 20th to the 27th", of which the second is a day only beside the first.
    let ends = || {
        let heard = Heard::of(Language::of(reference.language), said);
        span.kind == Kind::DateRange && says_both_ends(&heard.words, said, span.kind)
    };
    if begins && !ends() && parts.iter().filter(|part| is_day(part)).count() == 1 {
        parts.extend(times_of(&span).filter(|_| moments != 1));
        return parts;
    }
    parts.retain(is_moment);
    if parts.len() > 1 {
        parts.clear();
    }
    parts.insert(0, span);
    parts
}

/// "Friday at 12 Mill Lane": a time that ends in a bare number which numbers the house of a street behind it, without its hour.
fn without_a_house_number(text: &str, heard: &Heard, entity: Entity, reference: &Reference) -> Vec<Entity> {
    /// Words of the name of a street.
    const LEAST: usize = 2;
    let words = heard.words.as_slice();
    let Range { start, end } = heard.words_of(entity.span());
    let name =
        |word: &&Word| !word.after_break && word.is_capital(text) && !word.class.is(Class::TIME) && !word.has_digit();
    let street = || words[end..].iter().take(LEAST).take_while(name).count() == LEAST;
    let Some(number) = end.checked_sub(1).filter(|last| *last >= start).map(|last| &words[last]) else {
        return vec![entity];
    };
    let bare =
        matches!(entity.kind, Kind::Time | Kind::DateTime) && number.text.bytes().all(|byte| byte.is_ascii_digit());
    if !bare || !street() {
        return vec![entity];
    }
    let (from, until) = (entity.start, number.start);
    let mut parts = recognize(text.get(from..until).unwrap_or_default(), Kinds::NONE.with(Kind::Date), reference);
    for part in &mut parts {
        part.start += from;
        part.end += from;
    }
    parts
}

/// "two weeks from Saturday", "six months starting April 1": a length, and the day with which it begins.
fn length_and_day(heard: &Heard, text: &str, entity: &Entity, reference: &Reference) -> Option<Vec<Entity>> {
    if !matches!(entity.kind, Kind::Date | Kind::DateRange) {
        return None;
    }
    let words = &heard.words[heard.words_of(entity.span())];
    let leads = |at: usize| heard.language.prefix(&words[at..], Cue::TimeBefore);
    let lead = (1..words.len()).find(|at| leads(*at) > 0)?;
    let part = |words: &[Word], kind: Kind| {
        let (start, end) = (words.first()?.start, words.last()?.end);
        let mut found = recognize(text.get(start..end)?, Kinds::NONE.with(kind), reference);
        let only = found.pop().filter(|only| found.is_empty() && only.end == end - start)?;
        Some(Entity { start: only.start + start, end, ..only })
    };
    Some(vec![part(&words[..lead], Kind::Duration)?, part(&words[lead + leads(lead)..], Kind::Date)?])
}

/// Whether a span begins and ends on the same day.
fn is_of_one_day(span: &Entity) -> bool {
    let Some(Value::Time(time)) = span.readings.first() else { return false };
    let day = |moment: &str| moment.split_once('T').map(|(day, _)| day.to_owned());
    time.range.as_ref().is_some_and(|(start, end)| day(start).is_some() && day(start) == day(end))
}

/// "tomorrow from 2 to 4" as "from 2 to 4"
fn times_of(span: &Entity) -> Option<Entity> {
    let Value::Time(time) = span.readings.first()? else { return None };
    let (start, end) = time.range.as_ref()?;
    let clock = |moment: &str| {
        if moment == ".." { Some(moment.to_owned()) } else { Some(moment.split_once('T')?.1.to_owned()) }
    };
    let time = TimeValue { range: Some((clock(start)?, clock(end)?)), ..time.clone() };
    Some(Entity { kind: Kind::TimeRange, readings: vec![Value::Time(time)], ..span.clone() })
}

/// Whether the preferred reading of a span begins on the preferred day of a part of it.
fn begins_with(span: &Entity, day: &Entity) -> bool {
    match (span.readings.first(), day.readings.first()) {
        (Some(Value::Time(span)), Some(Value::Time(day))) => {
            let (Some((start, _)), Some(day)) = (&span.range, &day.point) else { return false };
            start.get(..day.len()) == Some(day)
        }
        _ => false,
    }
}

/// "any day but monday", "not on monday", "monday no", "later than last time": a time that is left out, or only compared with.
fn is_refused(heard: &Heard, entity: &Entity) -> bool {
    /// Words between "not" and what is refused.
    const REACH: usize = 2;
    if !is_time(entity.kind) || entity.kind == Kind::Duration {
        return false;
    }
    let words = &heard.words;
    let Range { start: at, end } = heard.words_of(entity.span());
    let compared = words.get(end).is_some_and(|next| next.class.is(Class::THAN) && !next.class.is(Class::OF));
    // "not on Monday", "I can't do Monday"
    let light = |word: &Word| {
        word.class.is(Class::LEADS) || word.class.is(Class::LIGHT.and(Class::AUXILIARY)) && !word.is(Cue::Not)
    };
    let leads = |at: &usize| light(&words[*at]) && !words[*at + 1].after_break;
    let first =
        (0..at).rev().take(REACH).filter(|before| before + 1 < words.len()).take_while(leads).last().unwrap_or(at);
    // "not Saturday, Sunday": what is set apart from the "not" is not refused.
    let set_apart = words.get(first).is_some_and(|word| word.after_break);
    // "if not, Monday" refuses none.
    let refused = !set_apart
        && matches!(&words[..first], [before @ .., not] if not.is(Cue::Not) && !before.last().is_some_and(|word| word.is(Cue::Supposes)));
    compared || refused || excepted(heard, at) || denied_behind(heard, at, end)
}

/// "el jueves no", "Monday I can't", "Friday doesn't work": a time to come of which something is denied right behind it. "Since
/// Monday I can't sleep" tells of the past, and is no refusal; nor is "can you come Friday I have no heating", where what is
/// denied is a thing that somebody has.
fn is_refused_behind(heard: &Heard, entity: &Entity, reference: &Reference) -> bool {
    /// Grammar between a time and what denies it: "Monday I would not".
    const REACH: usize = 3;
    if !is_time(entity.kind) || entity.kind == Kind::Duration || reference.direction == Direction::Past {
        return false;
    }
    let words = &heard.words;
    let at = words.partition_point(|word| word.start < entity.start);
    let end = words.partition_point(|word| word.end <= entity.end);
    let clause = heard.clause_behind(end);
    if clause.is_empty() || !is_to_come(entity, reference) {
        return false;
    }
    let since = |word: &Word| word.class.is(Class::ONGOING) || word.is(Cue::TimeBefore);
    if words[..end].iter().skip(at.saturating_sub(1)).any(since) {
        return false;
    }
    let grammar = Class::PRONOUN.and(Class::SUBJECT).and(Class::AUXILIARY);
    let Some(not) = clause.iter().take(REACH + 1).position(|word| word.class.is(Class::NEGATOR)) else { return false };
    let denied = &clause[not + 1..];
    // "el 14 de marzo sin guía" goes on to something else.
    if clause[not].is(Cue::Without) && !clause[not].class.is(Class::BARE_NO) {
        return false;
    }
    let has = clause[..not].last().into_iter().chain(denied.first()).any(|word| word.class.is(Class::HOLDS));
    if has && !heard.opens_clause(at) {
        return false;
    }
    // "mañana no?" asks for a yes; "Monday is not a problem" is none.
    let asks = denied.is_empty() && end + clause.len() == words.len() && heard.tokens.ends_asking();
    clause[..not].iter().all(|word| word.class.is(grammar))
        && !clause[not].class.is(Class::NOTHING)
        && !asks
        && heard.language.prefix(denied, Cue::LiftsPhrase) == 0
        && heard.language.prefix(&clause[not..], Cue::AnswerAfter) == 0
}

/// Whether what is meant by a time first lies now or later.
fn is_to_come(entity: &Entity, reference: &Reference) -> bool {
    let Some(Value::Time(time)) = entity.readings.first() else { return false };
    let begins = time.point.as_deref().or(time.range.as_ref().map(|(start, _)| start.as_str()));
    let today = reference.now.date().to_string();
    // A clock time has no day.
    begins
        .is_some_and(|begins| begins.len() < today.len() || begins >= today.as_str() || begins.starts_with(['T', '.']))
}

/// "take down the day", "the day of my trip": a unit of time with its article is spoken of, and says none.
fn only_names_a_unit(heard: &Heard, entity: &Entity) -> bool {
    entity.kind == Kind::Date
        && matches!(&heard.words[heard.words_of(entity.span())], [article, unit]
            if article.class.is(Class::ARTICLE) && unit.is(Cue::UnitName))
}

/// Whether a "one" stands for a thing ("the credit one", "that one") and counts nothing; the "first one in the morning" tells no hour.
fn stands_for_a_thing(heard: &Heard, entity: &Entity) -> bool {
    let counts = entity.kind == Kind::Number;
    if !counts && !matches!(entity.kind, Kind::Time | Kind::DateTime) {
        return false;
    }
    let one = |word: &Word| word.start == entity.start && (word.end == entity.end || !counts);
    let Some(at) = heard.words.iter().position(one) else {
        return false;
    };
    if !heard.words[at].is(Cue::One) {
        return false;
    }
    // "one way", "one thing"
    if counts && heard.words.get(at + 1).is_some_and(|next| !next.after_break && next.class.is(Class::LIGHT)) {
        return true;
    }
    let [.., before] = &heard.words[..at] else { return false };
    if heard.words[at].after_break {
        return false;
    }
    let article = at.checked_sub(2).map(|at| &heard.words[at]);
    before.is(Cue::Pointing)
        || !counts && before.is([Cue::Position, Cue::PositionLast])
        || !before.after_break && article.is_some_and(|word| word.is(Cue::Determiner)) && !before.is(Cue::CountBefore)
}

/// Adds the kinds that a type is read from, and those that must be told apart from them.
fn with_kinds_of(kinds: Kinds, ty: &SlotType) -> Kinds {
    match ty {
        SlotType::String | SlotType::Enum(_) | SlotType::EnumFrom(_) | SlotType::Pattern(_) | SlotType::Boolean => {
            kinds
        }
        SlotType::Number | SlotType::Range { .. } => with_time(kinds)
            .with(Kind::Number)
            .with(Kind::Temperature)
            .with(Kind::Age)
            .with(Kind::Dimension)
            .with(Kind::Percent)
            .with(Kind::Money),
        SlotType::Timeframe | SlotType::Date | SlotType::Time | SlotType::DateTime => with_time(kinds),
        SlotType::Email => kinds.with(Kind::Email),
        SlotType::Phone => kinds.with(Kind::Phone),
        SlotType::Url => kinds.with(Kind::Url).with(Kind::Email),
        SlotType::Money => with_time(kinds).with(Kind::Money).with(Kind::Number),
        SlotType::Quantity => with_time(kinds)
            .with(Kind::Dimension)
            .with(Kind::Temperature)
            .with(Kind::Age)
            .with(Kind::Percent)
            .with(Kind::Number),
        SlotType::List(item) => with_kinds_of(kinds, item),
    }
}

fn with_time(kinds: Kinds) -> Kinds {
    let mut all = kinds;
    for kind in [
        Kind::Date,
        Kind::Time,
        Kind::DateTime,
        Kind::Duration,
        Kind::DateRange,
        Kind::TimeRange,
        Kind::DateTimeRange,
        Kind::Set,
    ] {
        all = all.with(kind);
    }
    all
}

/// Whether a type is one of time.
pub(crate) fn is_of_time(ty: &SlotType) -> bool {
    matches!(ty, SlotType::Date | SlotType::Time | SlotType::DateTime | SlotType::Timeframe)
}

/// Whether a kind is one of time.
pub(crate) fn is_time(kind: Kind) -> bool {
    TIME.contains(kind)
}
