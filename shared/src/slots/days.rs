//! What a day or a time in passing states: which ones are meant, and which are only told of.

use std::ops::Range;

use serde_json::json;

use super::convert::{End, Found, Tense, both_ends, convert, only_bound};
use super::effective_type;
use super::grounds::is_named_for;
use super::mentions::{is_of_long_ago, item_type};
use super::options::negated;
use super::read::{Answer, read_answer};
use super::scan::{Scan, is_time};
use super::several::at_time;
use crate::entities::{Conventions, Direction, Entity, Kind, Kinds, Tenses, Value, recognize_by};
use crate::ir::{Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Word, between_marks};

/// "a trip to Ronda the 28th", "desde el 16": a number behind its article with nothing that it counts, where a day is open and no other is
/// told; with the slots that it fits.
pub(super) fn bare_days(slots: &[&Slot], scan: &Scan<'_>) -> Vec<(Found, Vec<usize>)> {
    let words = scan.heard.words.as_slice();
    let open: Vec<usize> = (0..slots.len()).filter(|index| *effective_type(slots[*index]) == SlotType::Date).collect();
    // "the 18th or the 19th" leaves it open.
    if open.is_empty() || scan.heard.tokens.classes().is(Class::OR) {
        return Vec::new();
    }
    let days = [Kind::Date, Kind::DateTime, Kind::DateRange, Kind::DateTimeRange];
    let told = |piece: (usize, usize)| {
        let apart = |entity: &Entity| entity.end <= piece.0 || piece.1 <= entity.start;
        scan.entities.iter().any(|entity| days.contains(&entity.kind) && apart(entity))
    };
    let is_led = |at: usize| {
        let before = at.checked_sub(1).map(|before| &words[before]).filter(|_| !words[at].after_break);
        let leads = |word: &Word| word.class.is(Class::FOR) || word.is([Cue::AsksPast, Cue::Into]);
        let grammar = Class::FUNCTION.and(Class::NEGATOR).and(Class::LEADS).and(Class::DATING);
        // "9th to the 13th" is a period
        let ends = at > 1 && words[at - 2].has_digit();
        before.is_none_or(|word| !word.class.is(grammar) || leads(word) && !(word.is(Cue::Into) && ends))
    };
    let definite = |at: &usize| {
        let [article, number] = &words[*at..*at + 2] else { return false };
        let definite = article.class.is(Class::ARTICLE) && !article.is(Cue::ArticleIndefinite);
        definite && number.has_digit() && !number.after_break
    };
    let mut numbered = (0..words.len().saturating_sub(1)).filter(definite);
    // "from the 9th to the 13th" are two.
    let (Some(at), None) = (numbered.next(), numbered.next()) else { return Vec::new() };
    let counts = |next: &Word| next.class == Class::CONTENT || next.class.is(Class::OF);
    let counts = words.get(at + 2).is_some_and(|next| !next.after_break && counts(next));
    let span = (words[at].start, words[at + 1].end);
    let Some(piece) = scan.text.get(span.0..span.1).filter(|_| !counts && is_led(at) && !told(span)) else {
        return Vec::new();
    };
    let read = |index: &usize| {
        let slot = slots[*index];
        match read_answer(slot, &Scan::of(piece, [slot], scan.reference)) {
            Answer::Value { found, whole: true } if found.fits && !leaves_the_day_open(slot, scan) => {
                Some((found.behind(span.0), *index))
            }
            _ => None,
        }
    };
    let found: Vec<(Found, usize)> = open.iter().filter_map(read).collect();
    let Some((day, first)) = found.first() else { return Vec::new() };
    // Whether it is over or to come is not told where slots of both are open.
    let tense = |index: usize| Tense::of(scan.language(), slots[index]);
    if found.iter().any(|(_, index)| tense(*index) != tense(*first)) {
        return Vec::new();
    }
    vec![(day.clone(), found.iter().map(|(_, index)| *index).collect())]
}

/// "a week later": whether a day is told by how long it lies behind another.
pub(crate) fn is_counted_from_another(language: &'static Language, said: &str) -> bool {
    let words = Heard::of(language, said).words;
    // "a week later, at half past four"
    let ends = |at: usize| {
        words.get(at).is_none_or(|next| next.after_break || next.class.is(Class::LEADS) || next.has_digit())
    };
    (1..=words.len()).any(|at| ends(at) && language.suffix(&words[..at], Cue::Later) > 0)
}

/// "on June 13th, food for 120 people at 5pm": the only day and the only time of a text, for the slot that takes both.
pub(super) fn joined(slots: &[&Slot], index: usize, scan: &Scan<'_>) -> Option<Found> {
    let claimed = slots.iter().any(|slot| matches!(item_type(slot), SlotType::Date | SlotType::Time));
    let only = |kind: Kind| {
        let mut found = scan.entities.iter().filter(|entity| entity.kind == kind);
        found.next().filter(|_| found.next().is_none())
    };
    let (day, time) = (only(Kind::Date)?, only(Kind::Time)?);
    if claimed {
        return None;
    }
    let slot = slots[index];
    let date = convert(scan, day, slot, &SlotType::Date, false)?;
    let clock = convert(scan, time, slot, &SlotType::Time, false)?;
    if is_denied_day(scan, slot, day) {
        return None;
    }
    let value = at_time(date.value.as_str()?, clock.value.as_str()?);
    let span = (date.start.min(clock.start), date.end.max(clock.end));
    Some(Found::new(span, format!("{} {}", date.text, clock.text), json!(value)))
}

/// "from the 10th to the 24th" where two days are open, "from 2 to 4" where times are: the one is the first of them, the other
/// the second. One time alone is that with which it begins.
pub(super) fn period(slots: &[&Slot], scan: &Scan<'_>, entity: &Entity) -> Vec<(Found, Vec<usize>)> {
    let days = matches!(entity.kind, Kind::DateRange | Kind::DateTimeRange);
    if !days && entity.kind != Kind::TimeRange {
        return Vec::new();
    }
    let wanted = if days { SlotType::Date } else { SlotType::Time };
    let open = slots.iter().enumerate().filter(|(_, slot)| *effective_type(slot) == wanted);
    let open: Vec<usize> = open.map(|(index, _)| index).collect();
    let found = |value: String| Found::new(entity.span(), scan.said(entity), json!(value));
    // "from 5 on", "until 2" where both ends of a time are open.
    if let ([first, last], Some((end, time))) = (open.as_slice(), only_bound(entity)) {
        let index = if end == End::First { *first } else { *last };
        return vec![(found(time), vec![index])];
    }
    let Some((start, end)) = both_ends(scan, entity).filter(|_| days || !is_part_of_day(entity)) else {
        return Vec::new();
    };
    let ends = match open.as_slice() {
        [first, last] => vec![(*first, start), (*last, end)],
        [first] if !days => vec![(*first, start)],
        // "from the 10th to the 17th": of what is moved to a moment, the day on which it is now.
        [first] if slots[*first..].iter().any(|slot| *effective_type(slot) == SlotType::DateTime) => {
            vec![(*first, start)]
        }
        _ => Vec::new(),
    };
    ends.into_iter().map(|(index, value)| (found(value), vec![index])).collect()
}

/// "in the afternoon": no time with which anything begins.
fn is_part_of_day(entity: &Entity) -> bool {
    matches!(entity.readings.first(), Some(Value::Time(time)) if time.is_part_of_day())
}

/// "he ate it an hour ago" where an appointment is open: a moment that is over is none that is wanted.
pub(super) fn is_over(scan: &Scan<'_>, slot: &Slot, found: &Found) -> bool {
    if *item_type(slot) != SlotType::DateTime || scan.reference.direction == Direction::Past {
        return false;
    }
    let now = scan.reference.now.to_string();
    Tense::of(scan.language(), slot) == Tense::Future
        && found.value.as_str().is_some_and(|moment| moment < now.as_str())
}

/// "it was fine yesterday" where something has gone on since: a time at which nothing was wrong.
pub(super) fn is_when_all_was_well(scan: &Scan<'_>, slot: &Slot, entity: &Entity) -> bool {
    if *item_type(slot) != SlotType::Timeframe || !scan.heard.tokens.classes().is(Class::OVER) {
        return false;
    }
    let own = scan.heard.words_of(entity.span());
    let clause = between_marks(&scan.heard.words).find(|clause| {
        let is_own = |word: &Word| scan.heard.words.get(own.start).is_some_and(|first| first.token == word.token);
        clause.iter().any(is_own)
    });
    let well = |clause: &[Word]| {
        let was = clause.iter().position(|word| word.class.is(Class::PAST) && word.class.is(Class::AUXILIARY));
        was.and_then(|was| clause.get(was + 1)).is_some_and(Word::is_over)
    };
    clause.is_some_and(well)
}

/// "can you come tomorrow?" where what has been is open: a day that lies ahead is none of it.
pub(super) fn lies_ahead(scan: &Scan<'_>, slot: &Slot, found: &Found) -> bool {
    let today = scan.reference.now.date().to_string();
    *item_type(slot) == SlotType::Date
        && Tense::of(scan.language(), slot) == Tense::Past
        && found.value.as_str().is_some_and(|day| day > today.as_str())
}

/// "it is twelve years old", "hace 12 años", "since the eighties": what is told in years or months is no day, and a decade no
/// time that anybody gives unasked.
pub(super) fn is_coarse(scan: &Scan<'_>, slot: &Slot, entity: &Entity) -> bool {
    let Some(Value::Time(time)) = entity.readings.first().filter(|_| is_time(entity.kind)) else { return false };
    if time.is_decade(scan.said(entity)) {
        return true;
    }
    let long = |word: &Word| {
        matches!(scan.language().value_of(Cue::UnitName, std::slice::from_ref(word)), Some("P1Y" | "P1M"))
    };
    let said = scan.heard.words.iter().filter(|word| word.start >= entity.start && word.end <= entity.end);
    matches!(item_type(slot), SlotType::Date | SlotType::DateTime)
        && entity.kind == Kind::Date
        && said.into_iter().any(long)
}

/// "I won't be home on Friday": a day on which something is not so is not the one that is wanted; "I haven't slept since
/// Friday" tells of the past, and is.
pub(super) fn is_denied_day(scan: &Scan<'_>, slot: &Slot, entity: &Entity) -> bool {
    let days = matches!(item_type(slot), SlotType::Date | SlotType::DateTime);
    if !days || Tense::of(scan.language(), slot) == Tense::Past {
        return false;
    }
    let own = scan.heard.words_of(entity.span());
    // "a year ago it leaked": what is long over is not to come.
    let said = &scan.heard.words[own.clone()];
    let tells_of_long_ago = (0..said.len()).any(|at| scan.language().prefix(&said[at..], Cue::LongAgo) > 0);
    if tells_of_long_ago || is_of_long_ago(scan, entity.span()) {
        return true;
    }
    !own.is_empty() && negated(&scan.heard, own.start, own.end)
}

/// "Easter week, not sure which days yet", "a finales de junio, no tenemos las fechas": a clause beside a day says that it is not known
/// or not settled.
pub(crate) fn leaves_the_day_open(slot: &Slot, scan: &Scan<'_>) -> bool {
    let (language, words) = (scan.language(), scan.heard.words.as_slice());
    let called = |word: &Word| language.value_of(Cue::TypeName, std::slice::from_ref(word));
    let unsure = |clause: &[Word]| (0..clause.len()).any(|at| language.prefix(&clause[at..], Cue::Unsure) > 1);
    let open = |clause: &[Word]| {
        let told = scan.times().any(|(from, until)| clause.iter().any(|word| from <= word.start && word.end <= until));
        !told
            && clause.iter().any(|word| match called(word) {
                // "no other day" is another than this one.
                Some("several-dates") => unsure(clause) || clause.iter().any(|word| word.class.is(Class::NEGATOR)),
                Some("date" | "several-days") => unsure(clause),
                _ => false,
            })
    };
    matches!(item_type(slot), SlotType::Date | SlotType::DateTime) && between_marks(words).any(open)
}

/// "I want to leave tomorrow" where a moment is asked for before a day: it is the day of that moment, of which the time is not said.
pub(super) fn is_half_of_a_moment(
    slots: &[&Slot],
    index: usize,
    scan: &Scan<'_>,
    entity: &Entity,
    found: &Found,
) -> bool {
    let slot = slots[index];
    if entity.kind != Kind::Date || *effective_type(slot) != SlotType::Date || is_named_for(slot, scan, found) {
        return false;
    }
    let tense = |slot: &Slot| Tense::of(scan.language(), slot);
    let moment = |other: &&&Slot| *effective_type(other) == SlotType::DateTime && tense(other) == tense(slot);
    let before = slots[..index].iter().find(moment);
    before.is_some_and(|moment| !scan.states(moment))
}

/// "and now my arm hurts": a word of the sentence rather than a time that is told.
fn is_discourse(scan: &Scan<'_>, entity: &Entity) -> bool {
    scan.language().is(&scan.heard.words[scan.heard.words_of(entity.span())], Cue::Discourse)
}

/// A word such as "now" that only carries the sentence on.
pub(super) fn is_only_discourse(scan: &Scan<'_>, entity: &Entity, found: &Found) -> bool {
    let says_so = || match found.text == scan.said(entity) {
        true => is_discourse(scan, entity),
        false => scan.heard_in(&found.text).is(Cue::Discourse),
    };
    is_time(entity.kind) && says_so() || opens_a_clause_as_discourse(scan, entity)
}

/// "… and now I have mice": "now" at the head of a clause that goes on is no time that is meant.
fn opens_a_clause_as_discourse(scan: &Scan<'_>, entity: &Entity) -> bool {
    let words = scan.heard.words.as_slice();
    let Range { start: first, end } = scan.heard.words_of(entity.span());
    let [.., before] = &words[..first] else { return false };
    let joined = before.is([Cue::And, Cue::But, Cue::Linker]);
    words.get(first).is_some_and(|word| word.after_break || joined)
        && words.get(end).is_some_and(|next| !next.after_break)
        && is_discourse(scan, entity)
}

/// "the frame split on Monday": a day that may lie on either side of now, and the verb of its clause says that it is over.
pub(crate) fn is_told_of_the_past(scan: &Scan<'_>, span: (usize, usize)) -> bool {
    let today = scan.reference.now.date().to_string();
    let over = |entity: &Entity| match entity.readings.first() {
        Some(Value::Time(time)) => time
            .point
            .as_deref()
            .or(time.range.as_ref().map(|(start, _)| start.as_str()))
            .is_some_and(|day| day < today.as_str()),
        _ => false,
    };
    let inside = |entity: &&Entity| is_time(entity.kind) && entity.start < span.1 && span.0 < entity.end;
    let Some(entity) = scan.entities.iter().find(inside).filter(|entity| entity.readings.len() > 1) else {
        return false;
    };
    // "she was born on June 14, and would begin on April 6": the verbs up to another time are that one's.
    let times = || scan.entities.iter().filter(|other| is_time(other.kind));
    let from = times().map(|other| other.end).filter(|end| *end <= entity.start).max().unwrap_or(0);
    let until = times().map(|other| other.start).filter(|start| *start >= entity.end).min();
    // "starting April 6, she had lessons before": behind a mark something else is told.
    let mark = scan.heard.words.iter().find(|word| word.start >= entity.end && word.after_break);
    let until = until.into_iter().chain(mark.map(|word| word.start)).min().unwrap_or(scan.text.len());
    let Some(said) = scan.text.get(from..until) else { return false };
    let conventions = Conventions { date_order: scan.reference.place.date_order, tenses: Tenses::Heeded };
    let kinds = Kinds::NONE.with(entity.kind);
    let heeded = recognize_by(said, kinds, scan.reference, None, &conventions);
    !over(entity) && heeded.iter().any(|other| other.start + from == entity.start && over(other))
}
