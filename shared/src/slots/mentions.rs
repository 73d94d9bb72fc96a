//! Values that an utterance states beside what was asked for.
//!
//! A mention counts only when it is unambiguous: a value that fits exactly one of the slots, and a slot for which
//! exactly one value was stated. A bare yes or no is never taken from a mention; "with breakfast" is, for `breakfast`.

use std::ops::Range;

use serde_json::json;

use crate::entities::{Conventions, Direction, Entity, Kind, Kinds, Tenses, Value, answer, recognize_by};
use crate::ir::{Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Polarity, Word, between_marks, first_clause, polarity};

use super::convert::{End, Found, Tense, both_ends, convert, counted, only_bound};
use super::options::negated;
use super::read::{Answer, only_named, read_answer, read_string, read_value};
use super::scan::{Scan, is_time};
use super::several::{at_time, instead, near};
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
            if names_a_slot || !free((chosen.start, chosen.end)) || left_out {
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
        if let Some(Answer::Value { found, .. }) = instead(slot, scan)
            && free(found.span())
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
        let next = scan.heard.words.iter().find(|word| word.start >= end);
        next.is_some_and(|next| self.starts.contains(&next.start))
    }
}

/// "a trip to Ronda the 28th", "desde el 16": a number behind its article with nothing that it counts, where a day is open and no other is
/// told; with the slots that it fits.
fn bare_days(slots: &[&Slot], scan: &Scan<'_>) -> Vec<(Found, Vec<usize>)> {
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
    let share = matches!(words.get(end..), Some([of, others, ..]) if of.class.is(Class::OF)
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
fn is_of_long_ago(scan: &Scan<'_>, span: (usize, usize)) -> bool {
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

/// "two nights, three people": what was said for one slot alone fills it, and what else was said is for the others.
fn settle(slots: &[&Slot], scan: &Scan<'_>, values: &mut [(Found, Vec<usize>)]) {
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
fn joined(slots: &[&Slot], index: usize, scan: &Scan<'_>) -> Option<Found> {
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

/// "a family of five": the number tells of that noun.
fn belongs_to_the_noun_before(scan: &Scan<'_>, found: &Found) -> bool {
    let at = scan.heard.words_of(found.span()).start;
    matches!(&scan.heard.words[..at], [.., noun, of] if of.class.is(Class::OF) && (noun.class == Class::CONTENT || noun.class.is(Class::KIN)))
}

/// "tomorrow or Friday": what is left open states nothing.
fn leave_out_alternatives(scan: &Scan<'_>, values: &mut Vec<(Found, Vec<usize>)>) {
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

/// "from the 10th to the 24th" where two days are open, "from 2 to 4" where times are: the one is the first of them, the other
/// the second. One time alone is that with which it begins.
fn period(slots: &[&Slot], scan: &Scan<'_>, entity: &Entity) -> Vec<(Found, Vec<usize>)> {
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
fn is_over(scan: &Scan<'_>, slot: &Slot, found: &Found) -> bool {
    if *item_type(slot) != SlotType::DateTime || scan.reference.direction == Direction::Past {
        return false;
    }
    let now = scan.reference.now.to_string();
    Tense::of(scan.language(), slot) == Tense::Future
        && found.value.as_str().is_some_and(|moment| moment < now.as_str())
}

/// "it was fine yesterday" where something has gone on since: a time at which nothing was wrong.
fn is_when_all_was_well(scan: &Scan<'_>, slot: &Slot, entity: &Entity) -> bool {
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
fn lies_ahead(scan: &Scan<'_>, slot: &Slot, found: &Found) -> bool {
    let today = scan.reference.now.date().to_string();
    *item_type(slot) == SlotType::Date
        && Tense::of(scan.language(), slot) == Tense::Past
        && found.value.as_str().is_some_and(|day| day > today.as_str())
}

/// "it is twelve years old", "hace 12 años", "since the eighties": what is told in years or months is no day, and a decade no
/// time that anybody gives unasked.
fn is_coarse(scan: &Scan<'_>, slot: &Slot, entity: &Entity) -> bool {
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
fn is_denied_day(scan: &Scan<'_>, slot: &Slot, entity: &Entity) -> bool {
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
fn is_half_of_a_moment(slots: &[&Slot], index: usize, scan: &Scan<'_>, entity: &Entity, found: &Found) -> bool {
    let slot = slots[index];
    if entity.kind != Kind::Date || *effective_type(slot) != SlotType::Date || is_named_for(slot, scan, found) {
        return false;
    }
    let tense = |slot: &Slot| Tense::of(scan.language(), slot);
    let moment = |other: &&&Slot| *effective_type(other) == SlotType::DateTime && tense(other) == tense(slot);
    let before = slots[..index].iter().find(moment);
    before.is_some_and(|moment| !scan.states(moment))
}

fn listed(language: &Language, items: Vec<Found>) -> Found {
    let (start, end) =
        (items.iter().map(|item| item.start).min().unwrap_or(0), items.iter().map(|item| item.end).max().unwrap_or(0));
    let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
    Found::new((start, end), language.together(&texts), items.iter().map(|item| item.value.clone()).collect())
}

fn item_type(slot: &Slot) -> &SlotType {
    effective_type(slot).item()
}

/// "and now my arm hurts": a word of the sentence rather than a time that is told.
fn is_discourse(scan: &Scan<'_>, entity: &Entity) -> bool {
    scan.language().is(&scan.heard.words[scan.heard.words_of(entity.span())], Cue::Discourse)
}

/// A word such as "now" that only carries the sentence on.
fn is_only_discourse(scan: &Scan<'_>, entity: &Entity, found: &Found) -> bool {
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

/// When a value fits several slots and one of them is named beside it ("temperature 101"), it is that one's.
fn prefer_the_named(scan: &Scan<'_>, slots: &[&Slot], entity: &Entity, fitting: &mut Vec<(usize, Found)>) {
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

/// Whether a value is said in the words of a slot's name: "returning the 19th" for `return_date`, "four rooms" for `rooms`.
pub(crate) fn is_named_for(slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
    /// Words before the value.
    const REACH: usize = 4;
    // What belongs to the value before this one names that one: the "nights" of "two nights, three people".
    let from = scan.entities.iter().map(|entity| entity.end).filter(|end| *end <= found.start).max().unwrap_or(0);
    let between = scan.heard.words.iter().filter(|word| word.start >= from && word.end <= found.start);
    let before: Vec<&Word> = between.collect();
    let near = &before[before.len().saturating_sub(REACH)..];
    let language = scan.language();
    let named = |piece: &Word| near.iter().any(|word| word.stem(language) == piece.stem(language));
    scan.heard.beside(&super::named(slot)).words.iter().any(named)
        || only_named(slot, scan, std::slice::from_ref(found)).is_some()
}

/// A number is a mention only where it stands as a number: not as part of a name ("Route 66", "the 2nd floor",
/// "ACCT-002"), that is, not glued to letters or signs, and not after a noun that it numbers.
fn bare_number_is_meant(scan: &Scan<'_>, ty: &SlotType, found: &Found) -> bool {
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
