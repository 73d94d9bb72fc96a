//! Values that an utterance states beside what was asked for.
//!
//! A mention counts only when it is unambiguous: a value that fits exactly one of the slots, and a slot for which
//! exactly one value was stated. A bare yes or no is never taken from a mention; "with breakfast" is, for `breakfast`.

use std::ops::Range;

use serde_json::json;

use crate::entities::{Entity, Kind, answer};
use crate::ir::{Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Polarity, Word, first_clause, polarity};

use super::convert::{Found, convert, counted};
use super::days::{
    bare_days, is_coarse, is_denied_day, is_half_of_a_moment, is_only_discourse, is_over, is_when_all_was_well, joined,
    leaves_the_day_open, lies_ahead, period,
};
use super::grounds::{is_named_for, leave_out_alternatives, prefer_the_named, settle};
use super::read::{Answer, only_named, read_answer, read_string};
use super::scan::Scan;
use super::several::instead;
use super::weekdays::Weekdays;
use super::{effective_type, is_number, is_text, is_yes_no, yes_no};
use super::{lists, options, pattern, strings};

/// A value stated for a slot that was not asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mention {
    /// Index into the slots that were passed.
    pub(crate) slot: usize,
    /// The value.
    pub(crate) found: Found,
}

/// The unambiguous mentions for `slots` in the text, outside the spans in `taken`. `names` are the names of all
/// slots of the move: an option that is also another slot's name says nothing.
pub(crate) fn mentions(slots: &[&Slot], names: &[&str], scan: &Scan<'_>, taken: &[(usize, usize)]) -> Vec<Mention> {
    let free = |(start, end): (usize, usize)| taken.iter().all(|(from, to)| end <= *from || start >= *to);
    let types: Vec<&SlotType> = slots.iter().map(|slot| item_type(slot)).collect();
    // Every value with the slots that it fits.
    let mut values: Vec<(Found, Vec<usize>)> = Vec::new();
    let weekdays = Weekdays::of(slots, scan);
    let days = bare_days(slots, scan);
    values.extend(days.iter().filter(|(found, _)| free(found.span())).cloned());
    for entity in &scan.entities {
        let of_a_day = days.iter().any(|(found, _)| found.start <= entity.start && entity.end <= found.end);
        if of_a_day || !free(entity.span()) || weekdays.hold(entity) {
            continue;
        }
        let ends = period(slots, scan, entity);
        if !ends.is_empty() {
            values.extend(ends);
            continue;
        }
        let mut fitting: Vec<(usize, Found)> = Vec::new();
        // "for 12 adults", who are 9 at most, are no number of anything else.
        let mut misfits: Vec<(usize, Found)> = Vec::new();
        for (index, (slot, ty)) in slots.iter().zip(types.iter().copied()).enumerate() {
            let found = match convert(scan, entity, slot, ty, false) {
                Some(found) if found.fits => found,
                misfit => {
                    misfits.extend(misfit.map(|found| (index, found)));
                    continue;
                }
            };
            let states_nothing = !bare_number_is_meant(scan, ty, &found)
                || is_denied_day(scan, slot, entity)
                || leaves_the_day_open(slot, scan)
                || is_only_discourse(scan, entity, &found)
                || counts_a_share(scan, slot, entity)
                || slot.default.is_none() && counts_some(scan, slot, &found)
                || is_over(scan, slot, &found)
                || is_when_all_was_well(scan, slot, entity)
                || lies_ahead(scan, slot, &found)
                || is_coarse(scan, slot, entity)
                || is_half_of_a_moment(slots, index, scan, entity, &found);
            if !states_nothing {
                fitting.push((index, found));
            }
        }
        let named = |(index, found): &(usize, Found)| is_named_for(slots[*index], scan, found);
        let dialled = |(index, _): &(usize, Found)| *types[*index] == SlotType::Phone;
        if misfits.iter().any(named) && !fitting.iter().any(|fits| named(fits) || dialled(fits)) {
            continue;
        }
        prefer_the_named(scan, slots, entity, &mut fitting);
        // "tomorrow at 7pm" is a moment where one is open, and no day.
        let moment = |(index, _): &(usize, Found)| *item_type(slots[*index]) == SlotType::DateTime;
        if fitting.iter().any(moment) {
            fitting.retain(moment);
        }
        // It is a day for one slot and a time for another.
        let (days, times): (Vec<_>, Vec<_>) =
            fitting.iter().cloned().partition(|(index, _)| matches!(types[*index], SlotType::Date));
        let splits =
            entity.kind == Kind::DateTime && times.iter().all(|(index, _)| matches!(types[*index], SlotType::Time));
        let groups = if splits { vec![days, times] } else { vec![fitting] };
        for group in groups {
            if let Some((_, found)) = group.first() {
                let found = found.clone();
                values.push((found, group.into_iter().map(|(index, _)| index).collect()));
            }
        }
    }
    let moment = |(index, slot): &(usize, &&Slot)| {
        matches!(types[*index], SlotType::DateTime) && matches!(effective_type(slot), SlotType::DateTime)
    };
    let mut moments = slots.iter().enumerate().filter(moment);
    if let (Some((index, _)), None) = (moments.next(), moments.next())
        && values.iter().all(|(_, fits)| !fits.contains(&index))
        && let Some(found) = joined(slots, index, scan).filter(|found| free(found.span()))
    {
        values.push((found, vec![index]));
    }
    for (index, slot) in slots.iter().enumerate().filter(|(index, _)| matches!(types[*index], SlotType::Boolean)) {
        if let Some((answer, start, end)) =
            yes_no::stated(super::spoken_name(slot), &scan.heard).filter(|(_, start, end)| free((*start, *end)))
        {
            let text = scan.text.get(start..end).unwrap_or_default();
            values.push((Found::new((start, end), text, json!(answer)), vec![index]));
        }
    }
    for (index, slot) in slots.iter().enumerate().filter(|(_, slot)| is_number(slot)) {
        let one = one_of_its_kind(slot, scan).filter(|found| found.fits && free(found.span()));
        values.extend(one.map(|found| (found, vec![index])));
    }
    for (index, _) in types.iter().enumerate().filter(|(_, ty)| matches!(ty, SlotType::Email)) {
        let spelt = answer::find_spoken_email(scan.text, scan.reference.language);
        if let Some((start, end, value)) = spelt.filter(|(start, end, _)| free((*start, *end))) {
            values.push((Found::text((start, end), value), vec![index]));
        }
    }
    let introduces = scan.heard.words.iter().any(|word| word.is([Cue::Copula, Cue::SlotOfName]));
    for (index, slot) in slots.iter().enumerate().filter(|(_, slot)| introduces || is_text(slot)) {
        let found = named_behind_its_noun(slot, scan).or_else(|| introduced(slot, scan).filter(|_| introduces));
        if let Some(found) = found.filter(|found| free(found.span())) {
            values.retain(|(other, _)| other.end <= found.start || other.start >= found.end);
            values.push((found, vec![index]));
        }
    }
    for (index, ty) in types.iter().enumerate() {
        let SlotType::Pattern(regex) = ty else { continue };
        if let Some(found) = pattern::mentioned(regex, scan).filter(|found| free(found.span())) {
            // What has the form is nothing else: not a number, not a day.
            values.retain(|(other, _)| other.end <= found.start || other.start >= found.end);
            values.push((found, vec![index]));
        }
    }
    for (index, slot) in slots.iter().enumerate().filter(|(_, slot)| slot.expression.is_some()) {
        if let Some(found) = pattern::extracted(slot, scan).filter(|found| free(found.span())) {
            match values.iter_mut().find(|(other, _)| other.start == found.start && other.end == found.end) {
                Some((_, fits)) => fits.push(index),
                None => values.push((found, vec![index])),
            }
        }
    }
    let mut whole_lists: Vec<Mention> = Vec::new();
    // Options that are something else as well: "Monday" is a day.
    let mut shared: Vec<(usize, Found)> = Vec::new();
    for (index, slot) in slots.iter().enumerate() {
        let SlotType::Enum(choices) = types[index] else { continue };
        if is_yes_no(scan.language(), slot) || yes_no::ends_unsure(&scan.heard) || weekdays.lists.contains(&index) {
            continue;
        }
        if lists::is_of_aversions(scan.language(), slot) {
            let stated = lists::state_aversions(choices, slot, scan).filter(|found| free(found.span()));
            whole_lists.extend(stated.map(|found| Mention { slot: index, found }));
            continue;
        }
        // "everything except bacon"
        if matches!(effective_type(slot), SlotType::List(_))
            && let Some(found) = lists::state_all(choices, slot, scan).filter(|found| free(found.span()))
        {
            whole_lists.push(Mention { slot: index, found });
            continue;
        }
        let named = options::mentioned(choices, scan.vocabulary(slot).in_passing(), &scan.heard);
        let said_of = |start: usize| {
            let member = named.iter().find(|member| scan.heard.words[member.first].start == start);
            matches!(effective_type(slot), SlotType::List(_))
                && member.is_some_and(|member| lists::said_of(&scan.heard, &named, member) > 0)
        };
        for chosen in options::stated(choices, scan.vocabulary(slot).in_passing(), &scan.heard) {
            let option = &choices[chosen.index];
            let names_a_slot = names.iter().any(|name| name.eq_ignore_ascii_case(option) && *name != slot.name);
            let left_out = is_left_out(scan, slot, chosen.start)
                || said_of(chosen.start)
                || !options::is_somebodys(&scan.heard, scan.heard.words_of((chosen.start, chosen.end)).start)
                    && is_of_long_ago(scan, (chosen.start, chosen.end))
                || describes_another(scan, slot, names, (chosen.start, chosen.end), option);
            // "missing 12 screws": what another slot takes may stand between an option's words.
            let own = |(from, to): &(usize, usize)| {
                *to <= chosen.start || chosen.end <= *from || chosen.start < *from && *to < chosen.end
            };
            if names_a_slot || !taken.iter().all(own) || left_out {
                continue;
            }
            let found = Found::text((chosen.start, chosen.end), option);
            match values.iter_mut().find(|(other, _)| other.start == found.start && other.end == found.end) {
                Some((_, fits)) => {
                    fits.push(index);
                    shared.push((index, found));
                }
                None => values.push((found, vec![index])),
            }
        }
    }
    leave_out_alternatives(scan, &mut values);
    settle(slots, scan, &mut values);
    let said = weekdays.found.filter(|(_, found)| free(found.span()));
    whole_lists.extend(said.map(|(slot, found)| Mention { slot, found }));
    for (index, option) in shared {
        let own =
            |(found, fits): &&mut (Found, Vec<usize>)| found.span() == option.span() && fits.as_slice() == [index];
        if let Some((found, _)) = values.iter_mut().find(own) {
            *found = option;
        }
    }
    let mut mentions = whole_lists;
    for (index, slot) in slots.iter().enumerate() {
        let mut own = values.iter().filter(|(_, fits)| fits.as_slice() == [index]).map(|(found, _)| found);
        let Some(first) = own.next() else { continue };
        let rest: Vec<&Found> = own.collect();
        // "Friday at nine, sorry, half past nine"
        let of_another = |found: &Found| {
            let overlaps = |other: &Found| other.start < found.end && found.start < other.end;
            values.iter().any(|(other, fits)| overlaps(other) && !fits.contains(&index))
        };
        // "Thursday's, not Monday's"
        let denied = |found: &Found| {
            let at = scan.heard.words_of(found.span()).start;
            let set_apart = scan.heard.words[..=at].iter().rev().take_while(|word| !word.class.is(Class::NEGATOR));
            !set_apart.into_iter().any(|word| word.after_break)
        };
        // "no tie, got one": behind what denies something else a clause tells of that.
        let told_beside = |found: &Found| {
            let at = scan.heard.words_of(found.span()).start;
            let own = scan.heard.words[..=at].iter().rev().take_while(|word| !word.after_break).count();
            let grammar = |word: &Word| word.class.is(Class::FUNCTION.and(Class::FILLER)) || !word.cues.is_empty();
            let taken_back = strings::taken_back(&scan.heard.words).map_or(0, |(_, end)| end);
            let clause = at.saturating_sub(own).max(taken_back);
            clause > taken_back && is_number(slot) && !scan.heard.words[clause..at].iter().all(grammar)
        };
        if let Some(Answer::Value { found, .. }) = instead(slot, scan)
            && free(found.span())
            && !told_beside(&found)
            && first.end <= found.start
            && !of_another(&found)
            && !denied(&found)
        {
            mentions.push(Mention { slot: index, found });
            continue;
        }
        if matches!(effective_type(slot), SlotType::List(_)) {
            let mut items = vec![first.clone()];
            for item in rest {
                if !items.iter().any(|known| known.value == item.value) {
                    items.push(item.clone());
                }
            }
            mentions.push(Mention { slot: index, found: listed(scan.language(), items) });
        } else if rest.iter().all(|other| other.value == first.value) {
            mentions.push(Mention { slot: index, found: first.clone() });
        } else {
            let all: Vec<Found> = std::iter::once(first).chain(rest).cloned().collect();
            // "I can't make it tomorrow, put me on saturday instead"
            let instead = |found: &&Found| {
                let behind = scan.heard.words.get(scan.heard.words_of(found.span()).end..).unwrap_or_default();
                matches!(behind, [instead, rest @ ..] if instead.class.is(Class::INSTEAD)
                    && rest.first().is_none_or(|of| of.after_break || !of.class.is(Class::THAN)))
            };
            let mut marked = all.iter().filter(instead);
            let marked = marked.next().filter(|_| marked.next().is_none()).cloned();
            let only = marked.or_else(|| only_named(slot, scan, &all));
            mentions.extend(only.map(|found| Mention { slot: index, found }));
        }
    }
    mentions
}

/// "a small salami and a large funghi": the slots that take one option and get several, and where those stand.
#[derive(Debug, Default)]
pub(crate) struct Contested {
    /// Indices into the slots that were passed.
    pub(crate) slots: Vec<usize>,
    starts: Vec<usize>,
}

impl Contested {
    /// What the utterance joins so.
    pub(crate) fn of(slots: &[Slot], scan: &Scan<'_>) -> Contested {
        let mut contested = Contested::default();
        if !scan.heard.tokens.classes().is(Class::AND) || strings::taken_back(&scan.heard.words).is_some() {
            return contested;
        }
        for (index, slot) in slots.iter().enumerate() {
            let SlotType::Enum(choices) = effective_type(slot) else { continue };
            let shared = slots.iter().filter(|other| effective_type(other) == effective_type(slot)).count() > 1;
            let both = || options::position(scan.language(), choices, Cue::OptionBoth).is_some();
            if shared || is_yes_no(scan.language(), slot) || both() {
                continue;
            }
            let stated = options::stated(choices, scan.vocabulary(slot).in_passing(), &scan.heard);
            let joined = |pair: &[options::Chosen]| {
                let between =
                    scan.heard.words.iter().filter(|word| word.start >= pair[0].end && word.end <= pair[1].start);
                pair[0].index != pair[1].index && between.into_iter().any(|word| word.class.is(Class::AND))
            };
            if stated.windows(2).any(joined) {
                contested.slots.push(index);
                contested.starts.extend(stated.iter().map(|chosen| chosen.start));
            }
        }
        contested
    }

    /// Whether the value that ends here counts one of them: "three small salami and …".
    pub(crate) fn counts(&self, scan: &Scan<'_>, end: usize) -> bool {
        /// "15 large salami pizzas"
        const REACH: usize = 3;
        let behind = scan.heard.words.iter().skip_while(|word| word.start < end).take(REACH);
        let mut nouns = behind.take_while(|word| !word.after_break && word.class == Class::CONTENT);
        nouns.any(|noun| self.starts.contains(&noun.start))
    }
}

/// "un piso de una habitación" for `habitaciones`: one, in a word that is also an article.
fn one_of_its_kind(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    let name = super::name(scan.language(), slot);
    let one = |words: &[Word]| {
        let [of, one, noun] = words else { return false };
        of.class.is(Class::OF) && one.is(Cue::One) && one.is(Cue::ArticleIndefinite) && name.holds(noun)
    };
    let at = scan.heard.words.windows(3).position(one)?;
    let one = &scan.heard.words[at + 1];
    counted(scan, effective_type(slot), (one.start, one.end), 1.0)
}

/// "my large dog Duke", "a dog named Moose" for `dog_name`: a name right behind the noun that it is the name of.
fn named_behind_its_noun(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    /// Words of a name at most.
    const MAX_NAME_WORDS: usize = 3;
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    // "my dog Saturday at one"
    let capital = |word: &&Word| word.is_capital(scan.text) && !word.class.is(Class::TIME);
    let may_name = |word: &Word| capital(&word) || language.may_begin(word.hash, Cue::Named.into());
    // Where every noun is written with a capital, none tells of a name.
    if !is_text(slot) || language.formats.get("nouns").is_some() || !words.iter().any(may_name) {
        return None;
    }
    let name = scan.heard.beside(&super::named(slot));
    if !name.words.iter().any(|word| word.is(Cue::SlotOfName)) {
        return None;
    }
    let noun = |at: &usize| name.holds(&words[*at]) && !words[*at].is(Cue::SlotOfName) && !capital(&&words[*at]);
    (0..words.len()).filter(noun).find_map(|at| {
        let behind = &words[at + 1..];
        let clause = &behind[..behind.iter().position(|word| word.after_break).unwrap_or(behind.len())];
        let led = language.prefix(clause, Cue::Named);
        let plain = |word: &&Word| if led > 0 { word.class == Class::CONTENT } else { capital(word) };
        let count = clause[led..].iter().take(MAX_NAME_WORDS).take_while(plain).count();
        // "a dog named after my uncle"
        let named = clause[led..]
            .get(..count)
            .filter(|named| led == 0 || count == clause.len() - led || named.iter().all(|word| capital(&word)))?;
        let span = (named.first()?.start, named.last()?.end);
        Some(Found::text(span, scan.text.get(span.0..span.1)?))
    })
}

/// "my name is Bo", "the phone number is …": a value that a clause introduces by what the slot is called.
fn introduced(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    /// Words of a text that is introduced.
    const MAX_TEXT_WORDS: usize = 4;
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let text = is_text(slot);
    let may_introduce = |word: &Word| language.may_begin(word.hash, [Cue::Copula, Cue::IntroductionName].into());
    if !words.iter().any(may_introduce)
        || is_yes_no(language, slot)
        || matches!(effective_type(slot), SlotType::List(_))
        || slot.expression.is_some()
    {
        return None;
    }
    let called = scan.heard.beside(&super::named(slot));
    let is_name = called.words.iter().any(|word| word.is(Cue::SlotOfName));
    let opens = |at: &usize| *at == 0 || words[*at].after_break || words[*at - 1].is([Cue::And, Cue::Linker]);
    (0..words.len()).filter(opens).find_map(|at| {
        let clause = &words[at..];
        let clause = &clause[..first_clause(clause)];
        let owner = language.prefix(clause, Cue::Owner);
        let name = strings::begins_with_name(&called, &clause[owner..]);
        let copula = clause.get(owner + name..).map_or(0, |rest| language.prefix(rest, Cue::Copula));
        let introduction = language.prefix(clause, Cue::IntroductionName);
        let by_name = is_name && clause[..introduction].iter().any(|word| word.is(Cue::SlotOfName));
        let lead = match (name > 0 && copula > 0, by_name) {
            (true, _) => owner + name + copula,
            (false, true) => introduction,
            (false, false) => return None,
        };
        let value = clause.get(lead..).filter(|value| !value.is_empty())?;
        let piece = scan.text.get(value.first()?.start..value.last()?.end)?;
        let start = value.first()?.start;
        let found = if text {
            let grammar = Class::FUNCTION.and(Class::NEGATOR).and(Class::LIGHT);
            let own = clause.first()?.is(Cue::Owner) && !clause.first()?.class.is(Class::ARTICLE);
            let written = piece.chars().any(|sign| sign.is_uppercase() || sign.is_numeric());
            let courtesy = language.suffix(value, Cue::Courtesy).min(value.len() - 1);
            let stated = &value[..value.len() - courtesy];
            let names = stated.len() <= MAX_TEXT_WORDS && !stated.iter().any(|word| word.class.is(grammar));
            if !names || !(own || written) {
                return None;
            }
            read_string(slot, piece, &Heard::of(language, piece))?
        } else {
            match read_answer(slot, &Scan::of(piece, [slot], scan.reference).knowing(scan.terms())) {
                Answer::Value { found, .. } if found.fits => found,
                _ => return None,
            }
        };
        Some(found.behind(start))
    })
}

/// "ten of them are vegan", "they're turning 16": a number that counts some of the others, or belongs to the word before it.
fn counts_a_share(scan: &Scan<'_>, slot: &Slot, entity: &Entity) -> bool {
    if entity.kind != Kind::Number || !(item_type(slot).is_number() || *item_type(slot) == SlotType::Money) {
        return false;
    }
    let words = scan.heard.words.as_slice();
    let Range { start: first, end } = scan.heard.words_of(entity.span());
    let share = matches!(words.get(end..), Some([of, others, ..]) if of.class.is(Class::OF) && !of.after_break
        && others.class.is(Class::KIN.and(Class::DETERMINER)) && !others.after_break);
    let belongs = first.checked_sub(1).map(|before| &words[before]).is_some_and(|before| {
        let set_apart = words.get(first).is_none_or(|word| word.after_break);
        let continuous = || scan.language().formats.get("progressive").is_some_and(|end| before.text.ends_with(end));
        let named = || scan.heard.beside(&super::named(slot)).holds(before);
        // "renting 2 bikes" counts them.
        let counts = || words.get(end).is_some_and(|noun| noun.class == Class::CONTENT && !noun.after_break);
        // "cumple 70"
        let turns = before.is(Cue::Coming) && !super::is_age(scan.language(), slot);
        !set_apart && before.class == Class::CONTENT && (continuous() || turns) && !named() && !counts()
    });
    share || belongs
}

/// "2 adults and a baby", "3 of us plus a child": of those that are counted more are named, and the number is not all of them.
pub(super) fn counts_some(scan: &Scan<'_>, slot: &Slot, found: &Found) -> bool {
    let words = scan.heard.words.as_slice();
    if !is_number(slot) || !scan.heard.tokens.classes().is(Class::AND) {
        return false;
    }
    let joins = |word: &Word| word.class.is(Class::AND) && !word.after_break;
    let grammar = Class::FUNCTION.and(Class::LIGHT).and(Class::NEGATOR).and(Class::NUMBER).and(Class::FILLER);
    let noun = |word: &Word| !word.class.is(grammar) && !word.text.starts_with(|sign: char| sign.is_ascii_digit());
    // "a car and 3 people": people are none of a thing; "3 adults and 2 nippers" are more people in any word.
    let of_people = |noun: Option<&Word>| noun.is_some_and(|noun| scan.language().is_somebody(noun));
    // The words that the number at this place counts: "adults", "of us".
    let counted = |number: usize| match words.get(number + 1..) {
        Some([of, us, ..]) if of.class.is(Class::OF) && us.class.is(Class::PRONOUN) => number + 3,
        Some(behind) => number + 1 + behind.iter().take(2).take_while(|word| noun(word) && !word.after_break).count(),
        None => number + 1,
    };
    let counts = |word: &Word| word.class.is(Class::NUMBER.and(Class::ARTICLE)) || word.text.parse::<u32>().is_ok();
    let at = scan.heard.words_of(found.span()).start;
    let end = counted(at);
    let people = match words.get(at + 1..) {
        Some([of, us, ..]) if of.class.is(Class::OF) => us.class.is(Class::PRONOUN),
        behind => of_people(behind.and_then(<[_]>::first)),
    };
    let alike = |number: &Word, what: &Word| !people || !number.class.is(Class::ARTICLE) || of_people(Some(what));
    let more_behind = end > at + 1
        && matches!(words.get(end..), Some([and, other, what, ..]) if joins(and) && counts(other) && noun(what) && alike(other, what));
    let more_before = at > 1
        && end > at + 1
        && joins(&words[at - 1])
        && (0..at - 1).any(|number| {
            let other = &words[number];
            counts(other) && counted(number) == at - 1 && number + 1 < at - 1 && alike(other, &words[at - 2])
        });
    (more_behind || more_before) && only_named(slot, scan, std::slice::from_ref(found)).is_none()
}

/// "last summer we had a boat, this year we would like a yacht": what tells of long ago is not what is wanted.
pub(super) fn is_of_long_ago(scan: &Scan<'_>, span: (usize, usize)) -> bool {
    let (tokens, year) = (&scan.heard.tokens, i32::from(scan.reference.now.year()));
    tokens.range_of(span).is_some_and(|(first, end)| polarity(tokens, first, end, Some(year)) == Polarity::Denied)
}

/// "3 valijas grandes", "3 large bags" where "large" is only another word for a car: it describes what another slot counts.
fn describes_another(scan: &Scan<'_>, slot: &Slot, names: &[&str], span: (usize, usize), option: &str) -> bool {
    let (language, words) = (scan.language(), scan.heard.words.as_slice());
    let Range { start: first, end } = scan.heard.words_of(span);
    let own = Heard::of(language, option);
    if words[first..end].iter().any(|word| own.holds(word)) {
        return false;
    }
    let counted = |at: usize| {
        let number = at.checked_sub(1).map(|before| &words[before]);
        number.is_some_and(|word| word.class.is(Class::NUMBER) || word.text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_of_another = |noun: &Word| {
        noun.class == Class::CONTENT
            && names
                .iter()
                .filter(|name| **name != slot.name)
                .any(|name| Heard::of(language, &crate::text::readable(name)).holds(noun))
    };
    let before = first.checked_sub(1).filter(|at| !words[first].after_break && counted(*at));
    let behind = words.get(end).filter(|next| !next.after_break && counted(first));
    before.is_some_and(|at| is_of_another(&words[at])) || behind.is_some_and(is_of_another)
}

/// "hold the onions": what is to be left out of a list is no member of it.
fn is_left_out(scan: &Scan<'_>, slot: &Slot, start: usize) -> bool {
    let before = scan.heard.words.iter().take_while(|word| word.end <= start).count();
    let before = &scan.heard.words[..before];
    matches!(effective_type(slot), SlotType::List(_)) && scan.language().suffix(before, Cue::ListRemove) > 0
}

fn listed(language: &Language, items: Vec<Found>) -> Found {
    let (start, end) =
        (items.iter().map(|item| item.start).min().unwrap_or(0), items.iter().map(|item| item.end).max().unwrap_or(0));
    let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
    Found::new((start, end), language.together(&texts), items.iter().map(|item| item.value.clone()).collect())
}

pub(super) fn item_type(slot: &Slot) -> &SlotType {
    effective_type(slot).item()
}

/// A number is a mention only where it stands as a number: not as part of a name ("Route 66", "the 2nd floor",
/// "ACCT-002"), that is, not glued to letters or signs, and not after a noun that it numbers.
pub(super) fn bare_number_is_meant(scan: &Scan<'_>, ty: &SlotType, found: &Found) -> bool {
    if !ty.is_number() {
        return true;
    }
    // "a convertible if you have one": what stands for a thing that was named counts nothing.
    let said = scan.heard.words.iter().position(|word| word.start == found.start && word.end == found.end);
    if let Some(at) =
        said.filter(|at| scan.heard.words[*at].is(Cue::One) && !scan.heard.words[*at].class.is(Class::DETERMINER))
        && scan.heard.words.get(at + 1).is_none_or(|next| next.after_break || next.class != Class::CONTENT)
    {
        return false;
    }
    let glued = |character: Option<char>| {
        character.is_some_and(|character| {
            character.is_alphanumeric() || matches!(character, '-' | '_' | '#' | '/' | '@' | '$' | '€' | '£')
        })
    };
    if glued(scan.text[..found.start].chars().next_back()) {
        return false;
    }
    let mut after = scan.text[found.end..].chars();
    let next = after.next();
    let dotted = next == Some('.') && after.next().is_some_and(|character| character.is_alphanumeric());
    if dotted || next.is_some_and(|character| character.is_alphanumeric() || matches!(character, '-' | '_' | '/' | '@'))
    {
        return false;
    }
    true
}
