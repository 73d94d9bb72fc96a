//! Which slot a value belongs to where several could take it. Its grounds, the strongest first: the slot's noun beside it, which no
//! other value has used up; the side of now on which it lies; a slot that nothing else was said for; the order of the slots.
//! Where none of them decides, the value is read back or left.

use super::convert::{Found, Tense, convert};
use super::days::{
    is_counted_from_another, is_denied_day, is_half_of_a_moment, is_only_discourse, is_told_of_the_past, lies_ahead,
};
use super::effective_type;
use super::mentions::{bare_number_is_meant, item_type};
use super::read::{Answer, only_named, read_value};
use super::scan::Scan;
use super::several::near;
use crate::entities::{Entity, Kind, Value};
use crate::ir::{Slot, SlotType};
use crate::language::Class;
use crate::text::Word;

/// Whether a value is said in the words of a slot's name: "returning the 19th" for `return_date`, "four rooms" for `rooms`. Words
/// that another value has used up name nothing: "my wedding dress, Saturday at 11" where `wedding` takes a day.
pub(crate) fn is_named_for(slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
    /// Words before the value.
    const REACH: usize = 4;
    // What belongs to the value before this one names that one: the "nights" of "two nights, three people".
    let from = scan.entities.iter().map(|entity| entity.end).filter(|end| *end <= found.start).max().unwrap_or(0);
    let between = scan.heard.words.iter().filter(|word| word.start >= from && word.end <= found.start);
    let before: Vec<&Word> = between.collect();
    let near = &before[before.len().saturating_sub(REACH)..];
    let language = scan.language();
    let named =
        |piece: &Word| near.iter().any(|word| word.stem(language) == piece.stem(language) && !scan.is_used_up(word));
    scan.heard.beside(&super::named(slot)).words.iter().any(named)
        || only_named(slot, scan, std::slice::from_ref(found)).is_some()
}

/// When a value fits several slots and one of them is named beside it ("temperature 101"), it is that one's.
pub(super) fn prefer_the_named(scan: &Scan<'_>, slots: &[&Slot], entity: &Entity, fitting: &mut Vec<(usize, Found)>) {
    // "Any chance of Monday?" where a moment to come is open: nothing tells that the day is over.
    let today = scan.reference.now.date().to_string();
    let to_come =
        |slot: &&Slot| *item_type(slot) == SlotType::DateTime && Tense::of(scan.language(), slot) == Tense::Future;
    let ahead = |reading: &Value| match reading {
        Value::Time(time) => time.point.as_deref().and_then(|point| point.get(..today.len())) >= Some(&today),
        _ => false,
    };
    if slots.iter().any(to_come) && entity.readings.iter().any(ahead) && !is_told_of_the_past(scan, entity.span()) {
        fitting.retain(|(index, found)| {
            let past =
                *item_type(slots[*index]) == SlotType::Date && Tense::of(scan.language(), slots[*index]) == Tense::Past;
            !past || found.value.as_str() >= Some(&today) || is_named_for(slots[*index], scan, found)
        });
    }
    if fitting.len() < 2 {
        return;
    }
    // A day that may lie on either side of now is to come where something to come is open, "Friday" is no day of birth, unless
    // the verb of its clause tells of the past: "the frame split on Friday".
    let past = |index: usize| {
        *item_type(slots[index]) == SlotType::Date && Tense::of(scan.language(), slots[index]) == Tense::Past
    };
    // A day that is over is none for a slot whose rule refuses it, where another takes it.
    let refused = |(index, found): &(usize, Found)| {
        Tense::by_rule(slots[*index]) == Some(Tense::Future)
            && found.value.as_str().is_some_and(|day| day < today.as_str())
    };
    if !fitting.iter().all(refused) {
        fitting.retain(|fits| !refused(fits));
    }
    let sides: Vec<bool> = fitting.iter().map(|(index, _)| past(*index)).collect();
    let differ = fitting.iter().any(|(_, found)| found.value != fitting[0].1.value);
    if differ && sides.iter().any(|past| !past) {
        let told = sides.contains(&true) && is_told_of_the_past(scan, entity.span());
        let mut sides = sides.into_iter();
        fitting.retain(|_| sides.next() == Some(told));
    }
    if fitting.len() < 2 {
        return;
    }
    let marked: Vec<bool> = fitting.iter().map(|(index, found)| is_named_for(slots[*index], scan, found)).collect();
    if marked.iter().filter(|mark| **mark).count() == 1 {
        let mut marks = marked.into_iter();
        fitting.retain(|_| marks.next().unwrap_or(false));
    }
}

/// "two nights, three people": what was said for one slot alone fills it, and what else was said is for the others.
pub(super) fn settle(slots: &[&Slot], scan: &Scan<'_>, values: &mut [(Found, Vec<usize>)]) {
    let is_list = |index: usize| matches!(effective_type(slots[index]), SlotType::List(_));
    let own: Vec<usize> =
        values.iter().filter(|(_, fits)| fits.len() == 1).flat_map(|(_, fits)| fits.iter().copied()).collect();
    let filled = |index: usize| !is_list(index) && own.iter().filter(|other| **other == index).count() == 1;
    in_order(slots, scan, values);
    for (found, fits) in values.iter_mut().filter(|(_, fits)| fits.len() > 1) {
        let of_a_noun = belongs_to_the_noun_before(scan, found);
        fits.retain(|index| !filled(*index) && !of_a_noun);
    }
}

/// "I'll bring it on the 3rd and pick it up on the 9th": two days, the later one said last, for the only two slots of days. "The 3rd"
/// before "the 9th of April" is one of the days before that.
fn in_order(slots: &[&Slot], scan: &Scan<'_>, values: &mut [(Found, Vec<usize>)]) {
    let is_day = |slot: &&&Slot| *effective_type(slot) == SlotType::Date;
    let mut days =
        values.iter_mut().filter(|(_, fits)| matches!(fits.as_slice(), [first, _] if is_day(&&slots[*first])));
    let (Some(one), Some(other), None) = (days.next(), days.next(), days.next()) else { return };
    let Some(last) = other.0.value.as_str() else { return };
    if one.1 != other.1 || slots.iter().filter(is_day).count() != 2 || one.0.end > other.0.start {
        return;
    }
    let parted = |one: &mut (Found, Vec<usize>), other: &mut (Found, Vec<usize>)| {
        one.1.truncate(1);
        other.1.remove(0);
    };
    if is_counted_from_another(scan.language(), &other.0.text) {
        return parted(one, other);
    }
    let slot = slots[one.1[0]];
    let Answer::Value { found: near, .. } =
        read_value(slot, &one.0.text, &near(slot, last, &one.0.text, scan.reference))
    else {
        return;
    };
    if near.value.as_str() < Some(last) {
        one.0.value = near.value;
        parted(one, other);
    }
}

/// "a family of five": the number tells of that noun.
fn belongs_to_the_noun_before(scan: &Scan<'_>, found: &Found) -> bool {
    let at = scan.heard.words_of(found.span()).start;
    matches!(&scan.heard.words[..at], [.., noun, of] if of.class.is(Class::OF) && (noun.class == Class::CONTENT || noun.class.is(Class::KIN)))
}

/// "tomorrow or Friday": what is left open states nothing.
pub(super) fn leave_out_alternatives(scan: &Scan<'_>, values: &mut Vec<(Found, Vec<usize>)>) {
    let open = |(found, slots): &(Found, Vec<usize>)| values_differ_beside(scan, values, found, slots);
    let kept: Vec<bool> = values.iter().map(|value| !open(value)).collect();
    let mut kept = kept.into_iter();
    values.retain(|_| kept.next().unwrap_or(true));
}

fn values_differ_beside(scan: &Scan<'_>, values: &[(Found, Vec<usize>)], found: &Found, slots: &[usize]) -> bool {
    values.iter().any(|(other, others)| {
        other.value != found.value
            && others.iter().any(|slot| slots.contains(slot))
            && (other.end <= found.start && scan.are_alternatives(other.end, found.start)
                || found.end <= other.start && scan.are_alternatives(found.end, other.start))
    })
}

/// A day or a time that was said for several open slots of that type, and could be either: the first of them, and the value.
pub(crate) fn undecided(
    slots: &[&Slot],
    ty: &SlotType,
    scan: &Scan<'_>,
    taken: &[(usize, usize)],
) -> Option<(usize, Found)> {
    // "tomorrow at 10": what the day has taken holds a time as well.
    let free = |entity: &&Entity| {
        *ty == SlotType::Time && entity.kind == Kind::DateTime
            || taken.iter().all(|(from, to)| entity.end <= *from || entity.start >= *to)
    };
    let mut days = scan.entities.iter().filter(free).filter_map(|entity| {
        let mut fitting: Vec<(usize, Found)> = slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| effective_type(slot) == ty)
            .filter_map(|(index, slot)| Some((index, convert(scan, entity, slot, ty, false)?)))
            .filter(|(index, found)| {
                !is_only_discourse(scan, entity, found)
                    && !is_denied_day(scan, slots[*index], entity)
                    && !lies_ahead(scan, slots[*index], found)
                    && !is_half_of_a_moment(slots, *index, scan, entity, found)
            })
            .collect();
        prefer_the_named(scan, slots, entity, &mut fitting);
        (fitting.len() > 1).then(|| fitting.swap_remove(0))
    });
    let only = days.next()?;
    days.next().is_none().then_some(only)
}

/// A number that was said for exactly one of the slots and is out of its bounds ("for 12 people"): the slot's index.
pub(crate) fn out_of_bounds(slots: &[&Slot], scan: &Scan<'_>, taken: &[(usize, usize)]) -> Option<usize> {
    for entity in &scan.entities {
        if taken.iter().any(|(from, to)| entity.start < *to && entity.end > *from) {
            continue;
        }
        let mut fitting: Vec<(usize, Found)> = slots
            .iter()
            .enumerate()
            .filter_map(|(index, slot)| Some((index, convert(scan, entity, slot, item_type(slot), false)?)))
            .filter(|(index, found)| bare_number_is_meant(scan, item_type(slots[*index]), found))
            .collect();
        prefer_the_named(scan, slots, entity, &mut fitting);
        let [(index, found)] = fitting.as_slice() else { continue };
        // "room 12": it numbers the noun before it, unless that is what the slot is called.
        let words = &scan.heard.words;
        let before = words.iter().rposition(|word| word.end <= found.start);
        let numbers_a_noun = before.is_some_and(|at| {
            words[at].class == Class::CONTENT && words.get(at + 1).is_none_or(|number| !number.after_break)
        });
        if !found.fits && (!numbers_a_noun || is_named_for(slots[*index], scan, found)) {
            return Some(*index);
        }
    }
    None
}
