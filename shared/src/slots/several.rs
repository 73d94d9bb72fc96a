//! Answers of several parts: which of them counts, what takes which back, what is left open, and moments that are said apart.

use jiff::civil::Date;
use serde_json::json;

use super::convert::{Found, both_ends, convert};
use super::read::{Answer, is_whole, read_as_said};
use super::scan::{Scan, is_time};
use super::{effective_type, is_number, is_yes_no, strings};
use crate::entities::time::calendar::{days_between, days_later, months_later};
use crate::entities::{BusinessHours, Entity, Kind, Kinds, Place, Reference, Value, recognize};
use crate::ir::{Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::text::{self, Heard, Word};

/// Words behind those that take an amount back, beyond which more is said than another amount.
const MAX_TAKING_BACK_WORDS: usize = 4;

/// "half five, I get off work then": what is a value by itself, and something said about it.
pub(crate) fn first_clause(slot: &Slot, scan: &Scan<'_>) -> Option<Answer> {
    let reads_alone = matches!(
        effective_type(slot),
        SlotType::Number
            | SlotType::Range { .. }
            | SlotType::Date
            | SlotType::Time
            | SlotType::DateTime
            | SlotType::Timeframe
            | SlotType::Email
            | SlotType::Phone
            | SlotType::Url
    );
    let words = &scan.heard.words;
    let end = text::first_clause(words);
    // "4, or better 5"
    if !reads_alone || words.get(end)?.class.is(Class::OR) && !strings::says_otherwise(&scan.heard) {
        return None;
    }
    let piece = scan.text.get(words[0].start..words[end - 1].end)?;
    match read_as_said(slot, &Scan::of(piece, [slot], scan.reference).knowing(scan.terms())) {
        Answer::Value { found, whole: true } if found.fits => {
            Some(Answer::Value { found: found.behind(words[0].start), whole: false })
        }
        _ => None,
    }
}

/// Whether an answer holds a value and another that takes its place.
pub(crate) fn takes_itself_back(slot: &Slot, scan: &Scan<'_>) -> bool {
    instead(slot, scan).is_some()
}

/// Where the value stands that an answer takes back, "two" of "two, no, three".
pub(crate) fn start_of_what_is_taken_back(slot: &Slot, scan: &Scan<'_>) -> Option<usize> {
    instead(slot, scan)?;
    let (first, _) = strings::taken_back(&scan.heard.words)?;
    let before = scan.text.get(..scan.heard.words.get(first.checked_sub(1)?)?.end)?;
    match read_as_said(slot, &Scan::of(before, [slot], scan.reference).knowing(scan.terms())) {
        Answer::Value { found, .. } => Some(found.start),
        Answer::Refused(_) | Answer::Absent => None,
    }
}

/// "economy, wait, no, estate", "8, I mean 9": the value behind words that take another one back.
pub(super) fn instead(slot: &Slot, scan: &Scan<'_>) -> Option<Answer> {
    if matches!(effective_type(slot), SlotType::List(_) | SlotType::String) || is_yes_no(scan.language(), slot) {
        return None;
    }
    let words = &scan.heard.words;
    let (first, end) = strings::taken_back(words)?;
    let start = words.get(end)?.start;
    // "3. better the 21st": a day takes no count's place.
    if is_number(slot) && words[end].class.is(Class::ARTICLE) {
        return None;
    }
    let before = scan.text.get(..words.get(first.checked_sub(1)?)?.end)?;
    let behind = scan.text.get(start..)?;
    let reference = near(slot, before, behind, scan.reference);
    let part = |piece: &str| read_as_said(slot, &Scan::of(piece, [slot], &reference).knowing(scan.terms()));
    // "no, three, I forgot the side door": what is a value by itself, and something said about it.
    let clause = &words[end..end + text::first_clause(&words[end..])];
    let alone = scan.text.get(start..clause.last()?.end)?;
    let is_value = |alone: &str| {
        matches!(part(alone), Answer::Value { whole: true, .. }) || completed(slot, scan, before, alone).is_some()
    };
    // "wait, my brother comes as well, three": what is said before the value is why.
    let last = words.iter().rposition(|word| word.after_break).map_or(start, |at| words[at].start).max(start);
    let (start, behind) = match scan.text.get(last..)? {
        _ if clause.len() < words.len() - end && is_value(alone) => (start, alone),
        last_said if last > start && is_value(last_said) => (last, last_said),
        _ => (start, behind),
    };
    let amount = is_number(slot) || *effective_type(slot) == SlotType::Money;
    let measured = matches!(effective_type(slot), SlotType::Quantity | SlotType::Money);
    let found = match part(behind) {
        Answer::Value { whole: true, found } if measured => completed(slot, scan, before, behind).unwrap_or(found),
        // "$1500, and actually two of the guests are vegan"
        Answer::Value { whole: false, .. } if amount && words.len() > end + MAX_TAKING_BACK_WORDS => return None,
        Answer::Value { found, .. } => found,
        Answer::Refused(_) => return None,
        Answer::Absent => completed(slot, scan, before, behind)?,
    };
    let replaces = match part(before) {
        Answer::Value { found: before, .. } => before.value != found.value,
        Answer::Refused(_) => true,
        // "at 9 I can't, make it half past"
        Answer::Absent => Scan::of(before, [slot], scan.reference).refuses_a_time(),
    };
    let found = found.behind(start);
    let whole = is_whole(slot, scan, found.span(), &[]);
    (found.fits && replaces).then_some(Answer::Value { found, whole })
}

/// "I get paid on the 25th so the 27th would be best", "it was 47100 and now it's 48213": of two values the one that comes of
/// the other, or is now.
pub(super) fn concluded(slot: &Slot, scan: &Scan<'_>) -> Option<Answer> {
    let single = match effective_type(slot) {
        SlotType::Enum(_) => !is_yes_no(scan.language(), slot),
        ty => {
            matches!(ty, SlotType::Date | SlotType::Time | SlotType::Number | SlotType::Range { .. } | SlotType::Money)
        }
    };
    let words = &scan.heard.words;
    if !single || !scan.heard.tokens.classes().is(Class::CONCLUDES.and(Class::RECENT)) {
        return None;
    }
    let concludes = |at: &usize| {
        words[*at].class.is(Class::CONCLUDES)
            || words[*at].class.is(Class::RECENT)
                && (words[*at].after_break && words[*at].is(Cue::Discourse)
                    || words[*at - 1].class.is(Class::AND.and(Class::BUT)))
    };
    let at = (1..words.len()).rev().find(concludes)?;
    let part = |piece| read_as_said(slot, &Scan::of(piece, [slot], scan.reference).knowing(scan.terms()));
    let start = words.get(at + 1)?.start;
    let Answer::Value { found, .. } = part(scan.text.get(start..)?) else { return None };
    let differs = match part(scan.text.get(..words[at - 1].end)?) {
        Answer::Value { found: before, .. } => before.value != found.value,
        Answer::Refused(_) => true,
        // "before the 14th, so the 13th"
        Answer::Absent => words[at].class.is(Class::CONCLUDES) || matches!(effective_type(slot), SlotType::Enum(_)),
    };
    let found = found.behind(start);
    (found.fits && differs).then_some(Answer::Value { found, whole: false })
}

/// "6pm on the 9th of May, no sorry, 7pm", "five hours, no, six": what is left out behind is what was said before.
fn completed(slot: &Slot, scan: &Scan<'_>, before: &str, behind: &str) -> Option<Found> {
    let part = |slot: &Slot, text| match read_as_said(slot, &Scan::of(text, [slot], scan.reference)) {
        Answer::Value { found, whole } => Some((found, whole)),
        Answer::Refused(_) | Answer::Absent => None,
    };
    let found = match effective_type(slot) {
        SlotType::DateTime => {
            let (held, _) = part(slot, before)?;
            moved(slot, (held.value.as_str()?, &held.text), &Scan::of(behind, [slot], scan.reference))?
        }
        SlotType::Timeframe | SlotType::Quantity | SlotType::Money => {
            let number = Slot { ty: SlotType::Number, ..slot.clone() };
            let (_, true) = part(&number, behind)? else { return None };
            let earlier = recognize(before, Kinds::NONE.with(Kind::Number), scan.reference);
            let held = earlier.last()?;
            let said = format!("{}{behind}{}", before.get(..held.start)?, before.get(held.end..)?);
            part(slot, &said)?.0
        }
        _ => return None,
    };
    Some(Found { start: 0, end: behind.len(), ..found })
}

/// "tomorrow or Friday": two values, and the choice between them is left open.
pub(super) fn left_open(slot: &Slot, ty: &SlotType, scan: &Scan<'_>) -> bool {
    if strings::says_otherwise(&scan.heard) {
        return false;
    }
    let found: Vec<Found> = scan.entities.iter().filter_map(|entity| convert(scan, entity, slot, ty, true)).collect();
    let two = found.windows(2).any(|pair| {
        let [one, other] = pair else { return false };
        one.value != other.value && scan.are_alternatives(one.end, other.start)
    });
    two || found
        .iter()
        .any(|found| is_other_of_two(scan, found) || is_one_of_two(slot, scan, found) || only_bounds(scan, found))
}

/// "fri or sat", "fri/sat": what stands behind the "or" is a value by itself.
fn is_one_of_two(slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
    let words = &scan.heard.words;
    let behind = &words[words.partition_point(|word| word.start < found.end)..];
    let other = match behind {
        [or, other, ..] if or.class.is(Class::OR) && !other.after_break => other,
        [other, ..] if scan.text.get(found.end..other.start) == Some("/") => other,
        _ => return false,
    };
    let alone = scan.text.get(other.start..other.end).unwrap_or_default();
    let word = Scan::of(alone, [slot], scan.reference);
    other.class == Class::CONTENT
        && word.entities.iter().any(|entity| {
            convert(&word, entity, slot, effective_type(slot), true).is_some_and(|other| other.value != found.value)
        })
}

/// "the 18th or 19th of March", "three or four days": a number before the "or" is another of the same month, or of as many.
fn is_other_of_two(scan: &Scan<'_>, found: &Found) -> bool {
    let words = &scan.heard.words;
    let at = scan.heard.words_of(found.span()).start;
    let [.., one, or] = &words[..at] else { return false };
    let counts = one.class.is(Class::NUMBER) || one.text.starts_with(|sign: char| sign.is_ascii_digit());
    or.class.is(Class::OR) && !words[at].after_break && counts
}

/// "I hand over the keys on the 31st, so some time before that": what is said only bounds what is wanted.
fn only_bounds(scan: &Scan<'_>, found: &Found) -> bool {
    let behind = &scan.heard.words[scan.heard.words_of(found.span()).end..];
    behind.windows(2).any(|pair| {
        pair[0].class.is(Class::DATING) && pair[1].is(Cue::Pointing) && !pair[1].after_break
            || pair[0].class.is(Class::DATING) && pair[1].class.is(Class::THAT)
    })
}

/// "600 for the carpet and another 250": amounts or times that differ, none of which takes the place of another.
pub(crate) fn states_several(slot: &Slot, scan: &Scan<'_>, chosen: &Found) -> bool {
    let ty = effective_type(slot);
    let single = matches!(
        ty,
        SlotType::Money | SlotType::Quantity | SlotType::Date | SlotType::Time | SlotType::DateTime | SlotType::Phone
    );
    if !single || instead(slot, scan).or_else(|| concluded(slot, scan)).is_some() {
        return false;
    }
    let others = scan.entities.iter().filter_map(|entity| convert(scan, entity, slot, ty, true));
    let apart = |found: &Found| found.end <= chosen.start || found.start >= chosen.end;
    others.filter(|found| found.fits && apart(found)).any(|found| found.value != chosen.value)
        || spans_several(ty, scan)
}

/// "between 800 and 1200 pounds": a span where an amount is asked for.
fn spans_several(ty: &SlotType, scan: &Scan<'_>) -> bool {
    let amounts = matches!(ty, SlotType::Money | SlotType::Quantity);
    let numbers: Vec<&Entity> = scan.entities.iter().filter(|entity| !is_time(entity.kind)).collect();
    amounts
        && numbers.windows(2).any(|pair| {
            let between = scan.text.get(pair[0].end..pair[1].start).unwrap_or_default();
            let heard = Heard::of(scan.language(), between);
            let joins = |word: &Word| word.is([Cue::And, Cue::Into]) || word.class.is(Class::AND.and(Class::OR));
            match heard.words.as_slice() {
                [only] => joins(only),
                [] => between.trim() == "-" || between.trim() == "–",
                _ => false,
            }
        })
}

/// A day and a time that were said apart ("on Friday, let's say at 7pm").
pub(super) fn joined_datetime(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    let date = scan
        .entities
        .iter()
        .filter(|entity| entity.kind == Kind::Date)
        .find_map(|entity| convert(scan, entity, slot, &SlotType::Date, true))?;
    let time = scan
        .entities
        .iter()
        .filter(|entity| entity.kind == Kind::Time)
        .find_map(|entity| convert(scan, entity, slot, &SlotType::Time, true))?;
    let value = at_time(date.value.as_str()?, time.value.as_str()?);
    let span = (date.start.min(time.start), date.end.max(time.end));
    Some(Found::new(span, format!("{} {}", date.text, time.text), json!(value)))
}

/// The ends of the only period of days that is said.
pub(crate) fn only_period(scan: &Scan<'_>) -> Option<(Found, Found)> {
    let mut periods = scan.entities.iter().filter(|entity| is_day_period(entity.kind));
    let (only, None) = (periods.next()?, periods.next()) else { return None };
    let (first, last) = both_ends(scan, only)?;
    let found = |day: String| Found::new(only.span(), scan.said(only), json!(day));
    Some((found(first), found(last)))
}

/// The ends of the period whose first and last day stand at these places: "from 26 june to 28 june in 2027", where the year is
/// that of both.
pub(crate) fn ends_over(scan: &Scan<'_>, first: (usize, usize), last: (usize, usize)) -> Option<(String, String)> {
    let spans = |entity: &&Entity| {
        is_day_period(entity.kind) && entity.start <= first.0 && first.1 < last.0 && last.0 < entity.end
    };
    both_ends(scan, scan.entities.iter().find(spans)?)
}

fn is_day_period(kind: Kind) -> bool {
    matches!(kind, Kind::DateRange | Kind::DateTimeRange)
}

/// A moment of which a correction says the day or the time alone: the other stays.
pub(crate) fn moved(slot: &Slot, (held, as_said): (&str, &str), scan: &Scan<'_>) -> Option<Found> {
    let (day, time) = held.split_once('T')?;
    let reference = near(slot, as_said, scan.text, scan.reference);
    let said = |ty: SlotType| {
        let part = Slot { ty, ..slot.clone() };
        match read_as_said(&part, &Scan::of(scan.text, [&part], &reference)) {
            Answer::Value { found, .. } if found.fits => Some(found),
            _ => None,
        }
    };
    let (found, moment) = match (said(SlotType::Time), said(SlotType::Date)) {
        (Some(found), _) => (found.clone(), at_time(day, found.value.as_str()?)),
        (None, Some(found)) => (found.clone(), at_time(found.value.as_str()?, time)),
        (None, None) => return None,
    };
    Some(Found { value: json!(moment), ..found })
}

/// What to read a time by that takes the place of an earlier one. Of a clock time that may lie in either half of the day, it is
/// the one that is nearer, where the earlier one was said without doubt: "not 5, 7" is 19:00 behind "5 pm". A day of the month is
/// the one that is nearest: "the 25th" behind "18 April".
pub(crate) fn near(slot: &Slot, earlier: &str, said: &str, reference: &Reference) -> Reference {
    const NOON: u8 = 12;
    const HALVES: [BusinessHours; 2] =
        [BusinessHours { opens: 0, closes: NOON }, BusinessHours { opens: NOON, closes: 2 * NOON }];
    if *effective_type(slot) == SlotType::Date {
        return in_month_near(slot, earlier, said, reference).unwrap_or(*reference);
    }
    if !matches!(effective_type(slot), SlotType::Time | SlotType::DateTime) {
        return *reference;
    }
    let part = Slot { ty: SlotType::Time, ..slot.clone() };
    let by = |business_hours| Reference { place: Place { business_hours, ..reference.place }, ..*reference };
    let either = |said: &str| {
        HALVES.map(|hours| match read_as_said(&part, &Scan::of(said, [&part], &by(hours))) {
            Answer::Value { found, .. } => found.value.as_str().and_then(minutes),
            Answer::Refused(_) | Answer::Absent => None,
        })
    };
    match (either(earlier), either(said)) {
        ([Some(held), Some(same)], [Some(morning), Some(evening)]) if held == same && morning != evening => {
            by(HALVES[usize::from(evening.abs_diff(held) < morning.abs_diff(held))])
        }
        _ => *reference,
    }
}

/// Where nothing but a day of the month is said, a month in which it lies nearest to the earlier day, on the same side of now as
/// it would lie without that.
fn in_month_near(slot: &Slot, earlier: &str, said: &str, reference: &Reference) -> Option<Reference> {
    let read = |said: &str, reference: &Reference| match read_as_said(slot, &Scan::of(said, [slot], reference)) {
        Answer::Value { found, .. } => found.value.as_str()?.parse::<Date>().ok(),
        Answer::Refused(_) | Answer::Absent => None,
    };
    // "the 25th of next month" says which.
    let heard = Heard::of(Language::of(reference.language), said);
    if heard.words.iter().any(|word| word.class.is(Class::TIME) && !word.has_digit()) {
        return None;
    }
    let (held, plain) = (read(earlier, reference)?, read(said, reference)?);
    let from = |months: i64, days: i64| {
        let first = days_later(months_later(held.first_of_month(), months)?, days)?;
        let reference = Reference { now: first.at(0, 0, 0, 0), ..*reference };
        Some((read(said, &reference)?, reference))
    };
    // Seen from the end of the month before, and from another day in each, so that what counts from now is no day of the month.
    let months: Vec<(Date, Reference)> = (-1..=2).map(|months| from(months, -2 - months)).collect::<Option<_>>()?;
    let today = reference.now.date();
    let is_day_of_month = months.iter().all(|(day, _)| day.day() == plain.day())
        && months.iter().any(|(day, _)| day.month() != plain.month());
    let distance = |day: Date| days_between(held, day).abs();
    // That day itself is found from the first of its month.
    let all = months.into_iter().chain((-1..=2).filter_map(|months| from(months, 0)));
    let same_side = all.filter(|(day, _)| (*day < today) == (plain < today));
    same_side.filter(|_| is_day_of_month).min_by_key(|(day, _)| distance(*day)).map(|(_, reference)| reference)
}

/// "three nights": the day that lies so many days behind another, where a clause beside that one says nothing but a length in whole
/// days.
pub(crate) fn day_after_a_length(day: Date, scan: &Scan<'_>, beside: (usize, usize)) -> Option<Found> {
    const DAY: f64 = 86_400.0;
    let clause = text::between_marks(&scan.heard.words).find_map(|clause| {
        let (start, end) = (clause.first()?.start, clause.last()?.end);
        let apart = end <= beside.0 || beside.1 <= start;
        let found =
            recognize(scan.text.get(start..end).filter(|_| apart)?, Kinds::NONE.with(Kind::Duration), scan.reference);
        let [only] = found.as_slice() else { return None };
        let Value::Time(time) = only.readings.first()? else { return None };
        let own = |word: &Word| only.start <= word.start - start && word.end - start <= only.end;
        let days = time.seconds? / DAY;
        let whole = days >= 1.0 && days.fract() == 0.0 && clause.iter().all(|word| own(word) || word.is(Cue::Carrier));
        whole.then_some(((start, end), days))
    });
    let (span, days) = clause?;
    let end = days_later(day, days as i64)?;
    Some(Found::new(span, scan.text.get(span.0..span.1)?, json!(end.to_string())))
}

/// The minutes since midnight of `17:00` and `2026-03-05T17:00:00`.
fn minutes(time: &str) -> Option<i32> {
    let mut figures = time.rsplit('T').next()?.split(':').map(str::parse::<i32>);
    match (figures.next(), figures.next()) {
        (Some(Ok(hour)), Some(Ok(minute))) => Some(hour * 60 + minute),
        _ => None,
    }
}

/// A day and a time of day as one moment.
pub(crate) fn at_time(date: &str, time: &str) -> String {
    let seconds = if time.len() == "00:00".len() { ":00" } else { "" };
    format!("{date}T{time}{seconds}")
}
