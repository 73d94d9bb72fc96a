//! Lists of days of the week: "mon wed fri", "los lunes y jueves", "monday to friday" for a slot whose options are such days.

use serde_json::Value as Json;

use super::convert::Found;
use super::effective_type;
use super::grounds::is_named_for;
use super::scan::Scan;
use crate::entities::{Entity, Kind, Kinds, Value, recognize};
use crate::ir::{Slot, SlotType};
use crate::language::{Class, Cue};
use crate::text::Word;

/// The kinds that a day of the week is recognized as.
const KINDS: Kinds = Kinds::NONE.with(Kind::Date).with(Kind::Set);

/// What is said of the days of the week where a list of them is open.
#[derive(Debug, Default)]
pub(super) struct Weekdays {
    /// Indices of the slots that are lists of them.
    pub(super) lists: Vec<usize>,
    /// The list that is said, and whose.
    pub(super) found: Option<(usize, Found)>,
    /// Where days stand that no date takes.
    spans: Vec<(usize, usize)>,
    /// Whether one of them is a period, "monday to friday".
    period: bool,
}

impl Weekdays {
    /// Told from the slots that are open. One day alone may be the list's or a date's, unless something leads to a date
    /// ("starting Monday") or it is said as one of many ("on Mondays").
    pub(super) fn of(slots: &[&Slot], scan: &Scan<'_>) -> Weekdays {
        let mut weekdays = Weekdays::default();
        let is_list = |slot: &Slot| matches!(effective_type(slot), SlotType::List(_));
        if !slots.iter().any(|slot| is_list(slot)) {
            return weekdays;
        }
        let named: Vec<(&Entity, Vec<u8>)> = scan
            .entities
            .iter()
            .map(|entity| (entity, said_days(entity, scan)))
            .filter(|(_, days)| !days.is_empty())
            .collect();
        if named.is_empty() {
            return weekdays;
        }
        let lists = slots.iter().enumerate().filter(|(_, slot)| is_list(slot));
        let days: Vec<(usize, Vec<u8>)> =
            lists.filter_map(|(index, slot)| Some((index, days_of(slot, scan)?))).collect();
        weekdays.lists = days.iter().map(|(index, _)| *index).collect();
        let [(index, days)] = days.as_slice() else { return weekdays };
        let is_date = |slot: &&Slot| matches!(effective_type(slot), SlotType::Date | SlotType::DateTime);
        let dates: Vec<&Slot> = slots.iter().copied().filter(is_date).collect();
        let leads = |entity: &Entity| {
            let at = scan.heard.words_of(entity.span()).start;
            let found = Found::text(entity.span(), scan.said(entity));
            let lead = scan.heard.words[..at].iter().rev().take_while(|word| word.class.is(Class::FUNCTION));
            let led = lead.into_iter().any(|word| word.is(Cue::TimeBefore) || word.class.is(Class::ONGOING));
            led || dates.iter().any(|slot| is_named_for(slot, scan, &found))
        };
        let (mut said, mut many): (Vec<u8>, bool) = (Vec::new(), false);
        for (entity, of_entity) in named {
            if !dates.is_empty() && entity.kind == Kind::Date && leads(entity) {
                continue;
            }
            many |= entity.kind != Kind::Date;
            weekdays.period |= entity.kind == Kind::DateRange;
            said.extend(of_entity);
            weekdays.spans.push(entity.span());
        }
        for (day, span) in beside(&weekdays.spans, scan) {
            said.push(day);
            weekdays.spans.push(span);
        }
        weekdays.spans.sort_unstable();
        said.retain(|day| days.contains(day));
        said.sort_unstable();
        said.dedup();
        let (Some(first), Some(last)) = (weekdays.spans.first(), weekdays.spans.last()) else { return weekdays };
        if said.len() > 1 || many && !said.is_empty() || dates.is_empty() {
            let SlotType::Enum(options) = effective_type(slots[*index]).item() else { return weekdays };
            let members: Vec<&String> =
                options.iter().zip(days).filter(|(_, day)| said.contains(day)).map(|(option, _)| option).collect();
            let text = scan.language().together(&members);
            let value = members.into_iter().cloned().map(Json::String).collect();
            weekdays.found = Some((*index, Found::new((first.0, last.1), text, value)));
        }
        weekdays
    }

    /// Whether an entity is a day that no date takes.
    pub(super) fn hold(&self, entity: &Entity) -> bool {
        self.spans.iter().any(|span| span.0 < entity.end && entity.start < span.1)
    }
}

/// "monday to thursday": the list that is said, where a period of days is a part of it.
pub(super) fn period(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    if !scan.heard.tokens.classes().is(Class::TIME) {
        return None;
    }
    let days = Slot { ty: SlotType::Date, ..slot.clone() };
    let said = Weekdays::of(&[slot], &Scan::of(scan.text, [&days], scan.reference));
    said.found.filter(|_| said.period).map(|(_, found)| found)
}

/// "mon wed fri": short names beside a day that is recognized, which by themselves say nothing within a sentence.
fn beside(spans: &[(usize, usize)], scan: &Scan<'_>) -> Vec<(u8, (usize, usize))> {
    let words = scan.heard.words.as_slice();
    let day = |word: &Word| {
        let said = scan.text.get(word.start..word.end)?;
        let day = recognize(said, KINDS, scan.reference).first().and_then(weekday)?;
        Some((day, (word.start, word.end)))
    };
    let joins = |word: &&Word| !word.class.is(Class::AND);
    let mut found = Vec::new();
    for span in spans {
        let range = scan.heard.words_of(*span);
        found.extend(words[..range.start].iter().rev().filter(joins).map_while(day));
        found.extend(words[range.end..].iter().filter(joins).map_while(day));
    }
    found
}

/// The day of the week that each option of a slot is; `None` where one of them is none.
fn days_of(slot: &Slot, scan: &Scan<'_>) -> Option<Vec<u8>> {
    let SlotType::Enum(options) = effective_type(slot).item() else { return None };
    let day = |option: &String| {
        let found = recognize(option, KINDS, scan.reference);
        found.first().filter(|found| found.end == option.len()).and_then(weekday)
    };
    options.iter().map(day).collect()
}

/// The days that an entity says: one, or those from the first to the last of a period.
fn said_days(entity: &Entity, scan: &Scan<'_>) -> Vec<u8> {
    if let Some(day) = weekday(entity) {
        return vec![day];
    }
    if entity.kind != Kind::DateRange {
        return Vec::new();
    }
    let parts = recognize(scan.said(entity), KINDS, scan.reference);
    match parts.iter().map(weekday).collect::<Option<Vec<u8>>>().as_deref() {
        Some([first, last]) if first < last => (*first..=*last).collect(),
        _ => Vec::new(),
    }
}

/// The day of the week that is said, and nothing more: 1 is Monday.
fn weekday(entity: &Entity) -> Option<u8> {
    let Value::Time(time) = entity.readings.first()? else { return None };
    match time.timex.strip_prefix("XXXX-WXX-")?.as_bytes() {
        [day @ b'1'..=b'7'] => Some(day - b'0'),
        _ => None,
    }
}
