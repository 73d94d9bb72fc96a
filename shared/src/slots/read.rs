//! Reading a text as the value of one slot.

use serde_json::{Value as Json, json};

use crate::entities::{Direction, Kind, Kinds, Reference, Value, answer, recognize};
use crate::ir::{Extract, Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Word};

use super::convert::{Found, Tense, convert, counted, in_bounds, number, plain_number, rating, year_in_full};
use super::mentions::counts_some;
use super::options::{self, Chosen, Shown, Vocabulary};
use super::scan::Scan;
use super::several::{concluded, first_clause, instead, joined_datetime, left_open};
use super::strings::is_question;
use super::{effective_type, is_text, is_yes_no, lists, pattern, reason, reason_for_one, strings, weekdays, yes_no};

/// How much of a text a typed capture looks at.
const MAX_PREFIX_BYTES: usize = 120;

/// What came of reading an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// A value, and whether the answer is nothing but that value and filler words.
    Value {
        /// What it is and where it stood.
        found: Found,
        /// Nothing else was said.
        whole: bool,
    },
    /// A value was stated that the slot does not take, or several where one is wanted.
    Refused(String),
    /// Nothing of the slot's type.
    Absent,
}

/// Reads an utterance as the answer to the slot's question (typed slots; free text is [`read_string`]'s).
pub(crate) fn read_answer(slot: &Slot, scan: &Scan<'_>) -> Answer {
    let answer = instead(slot, scan).or_else(|| concluded(slot, scan)).unwrap_or_else(|| read_as_said(slot, scan));
    if answer == Answer::Absent { first_clause(slot, scan).unwrap_or(answer) } else { answer }
}

pub(super) fn read_as_said(slot: &Slot, scan: &Scan<'_>) -> Answer {
    if slot.expression.is_some() {
        let found = pattern::extracted(slot, scan);
        if let Some(found) = found {
            let whole = is_whole(slot, scan, found.span(), &[]);
            return Answer::Value { found, whole };
        }
        // A regular expression is all that counts; `hybrid` goes on with the type's own ways, and free text has none.
        if slot.extract == Extract::Regex || is_text(slot) {
            return Answer::Absent;
        }
    }
    let ty = effective_type(slot);
    let found = match ty {
        SlotType::Boolean => yes_no::read_answer(scan)
            .or_else(|| {
                let now = scan.question().is_none_or(|question| !yes_no::is_of_another_time(&scan.heard, question));
                yes_no::by_name(super::spoken_name(slot), &scan.heard)
                    .filter(|_| now && !is_question(scan.text, &scan.heard))
            })
            .map(|answer| whole_text(scan, json!(answer))),
        SlotType::Enum(options) => return read_enum(slot, options, scan),
        SlotType::List(item) => return read_list(slot, item, scan),
        SlotType::Pattern(regex) if pattern::is_left_open(regex, scan) => {
            return Answer::Refused(reason_for_one(scan.language(), slot));
        }
        SlotType::Pattern(regex) => pattern::find(regex, scan),
        SlotType::String => read_string(slot, scan.text, &scan.heard),
        SlotType::Number | SlotType::Range { .. } => return read_number_answer(slot, ty, scan),
        _ if left_open(slot, ty, scan) => return Answer::Refused(reason_for_one(scan.language(), slot)),
        SlotType::DateTime => one_of(slot, ty, scan).or_else(|| joined_datetime(slot, scan)),
        SlotType::Phone => {
            one_of(slot, ty, scan).filter(|found| is_dialled(scan, found)).or_else(|| spelt_out(ty, scan))
        }
        SlotType::Email | SlotType::Url => one_of(slot, ty, scan).or_else(|| spelt_out(ty, scan)),
        SlotType::Time => one_of(slot, ty, scan).or_else(|| bare_hour(slot, scan)),
        SlotType::Quantity => one_of(slot, ty, scan).or_else(|| one_unit(slot, scan)),
        _ => one_of(slot, ty, scan),
    };
    match found {
        Some(found) => {
            let whole = is_whole(slot, scan, found.span(), &[]);
            Answer::Value { found, whole }
        }
        None => Answer::Absent,
    }
}

/// "just the day" to a question for a length: one of them.
fn one_unit(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let only = language.prefix(words, Cue::ListOnly);
    let words = words.get(only..words.len() - language.suffix(words, Cue::Courtesy))?;
    let unit = match words {
        [article, unit] if article.class.is(Class::ARTICLE) => unit,
        [unit] if only > 1 => unit,
        _ => return None,
    };
    let said = scan.text.get(unit.start..unit.end).filter(|_| unit.is(Cue::UnitName))?;
    let one = format!("1 {said}");
    let read = Scan::of(&one, [slot], scan.reference);
    let found = one_of(slot, effective_type(slot), &read).filter(|found| found.end == one.len())?;
    let (start, end) = (words.first()?.start, unit.end);
    Some(Found { start, end, text: scan.text.get(start..end)?.to_owned(), ..found })
}

/// "7" and "4.30" to a question for a time.
fn bare_hour(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    const LAST_HOUR: u32 = 24;
    const LAST_MINUTE: u32 = 59;
    const MAX_CLOCK_WORDS: usize = 3;
    let words = scan.heard.words.as_slice();
    let mut lead = 0;
    while let carries @ 1.. = scan.language().prefix(words.get(lead..)?, [Cue::Approximate, Cue::Introduction]) {
        lead += carries;
    }
    let words = words.get(lead..)?;
    let said = scan.text.get(words.first()?.start..)?.trim().trim_end_matches(['.', '!']);
    let figure = |digits: &str, most: u32| {
        let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        plain.then(|| digits.parse().unwrap_or(u32::MAX)).filter(|figure| *figure <= most)
    };
    let clock = match said.split_once(['.', ' ']) {
        Some((hour, minute)) if minute.len() == 2 => {
            format!("{}:{:02}", figure(hour, LAST_HOUR)?, figure(minute, LAST_MINUTE)?)
        }
        _ => match figure(said, LAST_HOUR) {
            Some(hour) => format!("{hour}:00"),
            // "half 8", "ten thirty"
            None => {
                let before = scan.language().formats.get("clock.before").filter(|_| words.len() <= MAX_CLOCK_WORDS)?;
                format!("{before} {said}")
            }
        },
    };
    let read = Scan::of(&clock, [slot], scan.reference);
    let found = one_of(slot, effective_type(slot), &read).filter(|found| found.end == clock.len())?;
    Some(Found { value: found.value, ..whole_text(scan, Json::Null) })
}

/// "17" to a question for a day: the next 17th, or the last where what has been is asked for.
pub(crate) fn bare_day(slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    const MONTHS: i16 = 12;
    let said = scan.text.trim().trim_end_matches('.');
    let day: i8 = said.parse().ok().filter(|_| said.bytes().all(|byte| byte.is_ascii_digit()))?;
    let past = scan.reference.direction == Direction::Past || Tense::of(scan.language(), slot) == Tense::Past;
    let today = scan.reference.now.date();
    let of_month = |away: i16| {
        let month = i16::from(today.month()) - 1 + if past { -away } else { away };
        let year = today.year() + month.div_euclid(MONTHS);
        let date = jiff::civil::Date::new(year, (month.rem_euclid(MONTHS) + 1) as i8, day).ok()?;
        (if past { date <= today } else { date >= today }).then_some(date)
    };
    let date = (0..=2).find_map(of_month)?;
    Some(whole_text(scan, json!(date.to_string())))
}

/// An address or a number that is dictated: "jo at example dot com".
fn spelt_out(ty: &SlotType, scan: &Scan<'_>) -> Option<Found> {
    let (text, language) = (scan.text.trim(), scan.reference.language);
    if *ty == SlotType::Email
        && let Some((start, end, value)) = answer::find_spoken_email(scan.text, language)
    {
        return Some(Found::text((start, end), value));
    }
    let value = match ty {
        SlotType::Email => answer::spoken_email(text, language),
        SlotType::Phone => answer::spoken_phone(text, language),
        _ => answer::spoken_url(text, language),
    }?;
    Some(Found { text: value.clone(), ..whole_text(scan, json!(value)) })
}

/// Whether a number is all that was dialled: "0 1 9 0 4 5 5 5 0 1 2 3" is not its first ten digits.
fn is_dialled(scan: &Scan<'_>, found: &Found) -> bool {
    let next = scan.heard.words.iter().find(|word| word.start >= found.end);
    next.is_none_or(|next| next.after_break || !next.text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A code that is dictated: "b as in bravo, 7, double 5".
pub(crate) fn spelt_code(scan: &Scan<'_>) -> Option<Found> {
    let code = answer::spoken_code(scan.text.trim(), scan.reference.language)?;
    Some(Found { text: code.clone(), ..whole_text(scan, json!(code)) })
}

fn whole_text(scan: &Scan<'_>, value: Json) -> Found {
    Found::new(trimmed_span(scan), scan.text.trim(), value)
}

/// Where the text stands without the blanks around it.
fn trimmed_span(scan: &Scan<'_>) -> (usize, usize) {
    let start = scan.text.len() - scan.text.trim_start().len();
    (start, start + scan.text.trim().len())
}

/// The first value of the type. "Recently" is some time in the past, whatever a recognizer makes of it.
fn one_of(slot: &Slot, ty: &SlotType, scan: &Scan<'_>) -> Option<Found> {
    let found = scan.entities.iter().find_map(|entity| convert(scan, entity, slot, ty, true));
    if *ty != SlotType::Timeframe {
        return found;
    }
    match (found, vague_time(scan)) {
        (Some(found), Some(vague)) => {
            let covers = vague.start <= found.start && vague.end >= found.end;
            Some(if covers && vague.value == PAST_REF { vague } else { found })
        }
        (found, vague) => found.or(vague),
    }
}

/// TIMEX for a time in the past that has no measure.
const PAST_REF: &str = "PAST_REF";

fn read_enum(slot: &Slot, options: &[String], scan: &Scan<'_>) -> Answer {
    if is_yes_no(scan.language(), slot) {
        let Some(answer) = yes_no::read_answer(scan) else { return Answer::Absent };
        let index = if answer {
            options::yes_option(scan.language(), options)
        } else {
            options::no_option(scan.language(), options)
        };
        let Some(option) = index.and_then(|index| options.get(index)) else { return Answer::Absent };
        let mut found = whole_text(scan, json!(option));
        found.text.clone_from(option);
        // "no" decides the answer; what follows it may say more.
        let whole = scan.heard.len() <= 3;
        return Answer::Value { found, whole };
    }
    let Some(Chosen { index, start, end }) = options::choose(options, scan.vocabulary(slot), &scan.heard, Shown::Named)
    else {
        let several = options::stated(options, scan.vocabulary(slot), &scan.heard).len() > 1;
        return if several { Answer::Refused(reason(scan.language(), slot)) } else { Answer::Absent };
    };
    let Some(option) = options.get(index) else { return Answer::Absent };
    let found = Found::text((start, end), option);
    let whole = is_whole(slot, scan, (start, end), &[]);
    Answer::Value { found, whole }
}

fn read_number_answer(slot: &Slot, ty: &SlotType, scan: &Scan<'_>) -> Answer {
    let trimmed = scan.text.trim();
    // What a point means is the language's: "90.000"
    let pointed = trimmed.contains('.') && !scan.entities.is_empty();
    let direct = plain_number(trimmed).filter(|_| !pointed).or_else(|| match ty {
        SlotType::Range { max, .. } => rating(scan, trimmed_span(scan), *max),
        _ => None,
    });
    let mut values: Vec<Found> = match direct {
        Some(amount) => {
            let amount = year_in_full(ty, amount);
            let mut found = whole_text(scan, number(amount));
            found.fits = in_bounds(ty, amount);
            vec![found]
        }
        None => scan.entities.iter().filter_map(|entity| convert(scan, entity, slot, ty, true)).collect(),
    };
    if let SlotType::Range { min, max } = ty {
        leave_out_the_scale(&mut values, scan, *min, *max);
    }
    values.extend(called_number(slot, ty, scan));
    if values.is_empty() {
        values.extend(ordinal(slot, ty, scan));
    }
    if values.is_empty() {
        values.extend(one_thing(ty, scan));
    }
    if values.is_empty() {
        let language = scan.reference.language;
        let spelt = match ty {
            SlotType::Range { max, .. } => answer::score(trimmed, *max, language),
            _ => answer::count(trimmed, language, &scan.reference.place),
        };
        let spelt = spelt.map(|amount| Found { fits: in_bounds(ty, amount), ..whole_text(scan, number(amount)) });
        values.extend(spelt.or_else(|| informal_number(ty, scan)));
    }
    let Some(first) = values.first().cloned() else { return Answer::Absent };
    let several = values.iter().any(|other| other.value != first.value);
    // "four eight two one three": figures that are read out one by one.
    if let Some(figures) = spelt_code(scan).filter(|code| several && is_read_out(code, scan)) {
        let amount = plain_number(&figures.text).filter(|amount| in_bounds(ty, *amount));
        if let Some(amount) = amount {
            return Answer::Value { found: Found { value: number(amount), ..figures }, whole: true };
        }
    }
    let chosen = if several {
        if let Some(named) = only_named(slot, scan, &values) {
            named
        } else {
            let fitting: Vec<&Found> = values.iter().filter(|found| found.fits).collect();
            match (ty, fitting.as_slice()) {
                (SlotType::Range { .. }, [only]) => (*only).clone(),
                _ => return Answer::Refused(reason_for_one(scan.language(), slot)),
            }
        }
    } else {
        first
    };
    // "me, my wife and our 2 kids": the number counts a part only; "dunno, 3 bedrooms" counts something else.
    let named = only_named(slot, scan, std::slice::from_ref(&chosen)).is_some();
    let part = || counts_a_part(scan, &chosen) || counts_some(scan, slot, &chosen);
    if !named && (part() || is_only_known(slot, scan, &chosen)) {
        return Answer::Refused(reason_for_one(scan.language(), slot));
    }
    if !chosen.fits {
        return Answer::Refused(reason(scan.language(), slot));
    }
    let whole = is_whole(slot, scan, chosen.span(), &[]);
    Answer::Value { found: chosen, whole }
}

/// Whether a code is nothing but figures, a word for each, and no list of numbers.
fn is_read_out(code: &Found, scan: &Scan<'_>) -> bool {
    const MIN_FIGURES: usize = 3;
    let figures = code.text.len();
    figures >= MIN_FIGURES
        && code.text.bytes().all(|figure| figure.is_ascii_digit())
        && scan.heard.words.iter().skip(1).all(|word| !word.after_break)
}

/// "ground floor" for 0: what the slot's own vocabulary calls a number, where no number is said.
fn called_number(slot: &Slot, ty: &SlotType, scan: &Scan<'_>) -> Option<Found> {
    let (names, amounts): (Vec<String>, Vec<f64>) =
        slot.vocabulary.iter().filter_map(|term| Some((term.text.clone(), plain_number(&term.text)?))).unzip();
    let Chosen { index, start, end } = options::single(&options::stated(&names, scan.vocabulary(slot), &scan.heard))?;
    let amount = *amounts.get(index)?;
    counted(scan, ty, (start, end), amount)
}

/// "the fourth", "second floor": a position for the number that is asked for, where no number is said.
fn ordinal(slot: &Slot, ty: &SlotType, scan: &Scan<'_>) -> Option<Found> {
    let found = recognize(scan.text, Kinds::NONE.with(Kind::Ordinal), scan.reference);
    let [only] = found.as_slice() else { return None };
    let Some(Value::Number { number: amount, text: None }) = only.readings.first() else { return None };
    // "until the 18th" bounds a time.
    let times = recognize(scan.text, Kinds::NONE.with(Kind::DateRange), scan.reference);
    if times.iter().any(|time| time.start <= only.start && only.end <= time.end) {
        return None;
    }
    // "coming back on the 17th", "sunday the 15th" tell of something else.
    let says_more = scan.heard.words.iter().any(|word| {
        let telling = word.class == Class::CONTENT || word.class.is(Class::TIME) && !word.is(Cue::UnitName);
        (word.end <= only.start || word.start >= only.end) && telling && !word.is(Cue::Hesitation)
    });
    let named = |found: &Found| only_named(slot, scan, std::slice::from_ref(found)).is_some();
    counted(scan, ty, only.span(), *amount).filter(|found| !says_more || named(found))
}

/// "una", "solo una, por favor", "una pizza": one, in a word that is also an article.
fn one_thing(ty: &SlotType, scan: &Scan<'_>) -> Option<Found> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let words = &words[language.prefix(words, Cue::ListOnly)..];
    let words = &words[..words.len() - language.suffix(words, Cue::Courtesy)];
    let (one, thing) = words.split_first()?;
    let counts = one.is(Cue::One) && matches!(thing, [] | [_]) && thing.iter().all(|word| word.class == Class::CONTENT);
    if counts { counted(scan, ty, (one.start, one.end), 1.0) } else { None }
}

/// "3 nights, 2 adults" for `nights`: the only number whose noun is one of the slot's name.
pub(super) fn only_named(slot: &Slot, scan: &Scan<'_>, values: &[Found]) -> Option<Found> {
    let name = super::name(scan.language(), slot);
    let words = scan.heard.words.as_slice();
    // "on friday, back on monday": set apart from the value, it leads to another.
    let leads = |at: usize| {
        let clause = &words[at..at + crate::text::first_clause(&words[at..])];
        let end = clause.last().map_or(0, |word| word.end);
        words[at].after_break && scan.entities.iter().any(|entity| entity.start >= words[at].end && entity.end <= end)
    };
    let named = |found: &&Found| {
        let noun =
            words.iter().position(|word| word.end > found.end || word.end == found.end && word.start > found.start);
        noun.is_some_and(|noun| name.holds(&words[noun]) && !leads(noun))
    };
    let mut found = values.iter().filter(named);
    let only = found.next()?;
    found.next().is_none().then(|| only.clone())
}

/// Whether the answer is not known, and a number of other things is said instead.
fn is_only_known(slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
    let noun = scan.heard.words.iter().find(|word| word.start >= found.end && word.class == Class::CONTENT);
    scan.heard.begins_with(Cue::Unsure) > 0 && noun.is_some_and(|noun| !super::name(scan.language(), slot).holds(noun))
}

/// Whether people are named beside those that the number counts.
fn counts_a_part(scan: &Scan<'_>, found: &Found) -> bool {
    let words = &scan.heard.words;
    // "my mum and I" is all of it.
    let apart = |word: &Word| word.end <= found.start || word.start >= found.end;
    let joins = |word: &Word| (word.is(Cue::And) || word.class.is(Class::AND)) && apart(word);
    let Some(join) = words.iter().position(joins) else { return false };
    let Some(number) = words.iter().position(|word| word.start >= found.start) else { return false };
    let beside = if number > join { &words[..join] } else { &words[join + 1..] };
    // "me and two friends"
    let only_people =
        |word: &Word| word.class.is(Class::PRONOUN.and(Class::KIN).and(Class::DETERMINER).and(Class::FILLER));
    // "two adults and a child": of what is counted, one more.
    let counted = words[number..].iter().take_while(|word| !word.is(Cue::And)).any(|word| word.class == Class::CONTENT);
    let one_more = matches!(beside, [article, noun] if article.is(Cue::Article) && noun.class == Class::CONTENT);
    // "ten, and he's on tablets": a clause of its own.
    let clause = beside.iter().any(|word| word.class.is(Class::AUXILIARY));
    !clause && beside.iter().any(|word| word.class.is_person())
        || !beside.is_empty() && beside.iter().all(only_people)
        || number < join && counted && one_more
}

/// "On a scale of 1 to 10, a 7": the ends of the scale are not the answer.
fn leave_out_the_scale(values: &mut Vec<Found>, scan: &Scan<'_>, min: f64, max: f64) {
    let scale = scan.heard.words.iter().find(|word| word.is(Cue::Scale)).map(|word| word.end);
    let Some(after) = scale else { return };
    let follows: Vec<usize> = (0..values.len()).filter(|index| values[*index].start >= after).take(2).collect();
    let ends = [number(min), number(max)];
    if let [first, second] = follows.as_slice()
        && values[*first].value == ends[0]
        && values[*second].value == ends[1]
    {
        values.drain(*first..=*second);
    }
}

/// Amounts that are not spelt as numbers: "7ish" in a sentence, "just me", "both of us".
fn informal_number(ty: &SlotType, scan: &Scan<'_>) -> Option<Found> {
    let language = scan.language();
    let words = &scan.heard.words;
    let found = |first: usize, count: usize, amount: f64| {
        counted(scan, ty, (words[first].start, words[first + count - 1].end), amount)
    };
    let about = language.formats.get("about.suffix").filter(|suffix| !suffix.is_empty());
    for at in 0..words.len() {
        if let Some(stem) = about.and_then(|suffix| words[at].text.strip_suffix(suffix)).filter(|stem| !stem.is_empty())
            && let Some(amount) = super::convert::read_number(stem, scan.reference)
        {
            return found(at, 1, amount);
        }
        let count = language.prefix(&words[at..], Cue::Count);
        // "para mí", but not "para mi hermano"
        let leads = |next: &Word| !next.after_break && next.class == Class::CONTENT;
        let count = if words.get(at + count).is_some_and(leads) { 0 } else { count };
        let amount = words.get(at..at + count).and_then(|named| language.value_of(Cue::Count, named));
        // "none" answers; "there is none of that" tells.
        let opens =
            || words[..at].iter().all(|word| strings::is_hesitation(word) || word.is([Cue::No, Cue::AnswerBefore]));
        if let Some(amount) = amount.and_then(crate::decimal::read).filter(|amount| *amount > 0.0 || opens()) {
            return found(at, count, amount);
        }
    }
    None
}

/// Several of the options.
fn read_options(slot: &Slot, options: &[String], scan: &Scan<'_>) -> Answer {
    let stated = options::stated(options, scan.vocabulary(slot), &scan.heard);
    // "ham or olives": the choice between them is left open.
    if stated.windows(2).any(|pair| pair[0].index != pair[1].index && scan.are_alternatives(pair[0].end, pair[1].start))
    {
        return Answer::Refused(reason(scan.language(), slot));
    }
    // "monday to thursday"
    if let Some(found) = weekdays::period(slot, scan) {
        return Answer::Value { found, whole: true };
    }
    if let Some(found) = lists::state_list(options, slot, scan) {
        return Answer::Value { found, whole: true };
    }
    if !options::mentioned(options, scan.vocabulary(slot), &scan.heard).is_empty() {
        return Answer::Absent;
    }
    // "the board and the hook": a word of each.
    let members = split_list(scan.language(), scan.text);
    let named = |(start, end): &(usize, usize)| {
        let piece = scan.heard.beside(scan.text.get(*start..*end)?);
        options.get(options::choose(options, scan.vocabulary(slot), &piece, Shown::Named)?.index)
    };
    if members.len() > 1
        && !scan.heard.tokens.classes().is(Class::OR)
        && let Some(named) = members.iter().map(named).collect::<Option<Vec<&String>>>()
    {
        let text = scan.language().together(&named);
        return Answer::Value { found: Found::new(trimmed_span(scan), text, json!(named)), whole: true };
    }
    let chosen = options::choose(options, scan.vocabulary(slot), &scan.heard, Shown::Named);
    let Some((chosen, option)) = chosen.and_then(|chosen| Some((chosen, options.get(chosen.index)?))) else {
        return Answer::Absent;
    };
    Answer::Value { found: Found::new((chosen.start, chosen.end), option, json!([option])), whole: true }
}

fn read_list(slot: &Slot, item: &SlotType, scan: &Scan<'_>) -> Answer {
    const MAX_ITEMS: usize = 50;
    let mut found: Vec<Found> = match item {
        SlotType::String => split_list(scan.language(), scan.text)
            .into_iter()
            .filter_map(|(start, end)| {
                let piece = scan.text.get(start..end)?;
                let (from, to) = strings::value_span(scan.language(), super::spoken_name(slot), piece)?;
                Some(Found::text((from, to), piece.get(from..to)?).behind(start))
            })
            .collect(),
        SlotType::Enum(options) => return read_options(slot, options, scan),
        item => scan.entities.iter().filter_map(|entity| convert(scan, entity, slot, item, true)).collect(),
    };
    found.truncate(MAX_ITEMS);
    if found.iter().any(|item| !item.fits) {
        return Answer::Refused(reason(scan.language(), slot));
    }
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return Answer::Absent };
    let span = (first.start, last.end);
    let mut values: Vec<Json> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for item in found {
        if !values.contains(&item.value) {
            values.push(item.value);
            texts.push(item.text);
        }
    }
    let found = Found::new(span, scan.language().together(&texts), Json::Array(values));
    Answer::Value { found, whole: true }
}

/// The pieces of "a, b and c".
fn split_list(language: &'static Language, text: &str) -> Vec<(usize, usize)> {
    let heard = Heard::of(language, text);
    let mut pieces = Vec::new();
    let mut start: Option<usize> = None;
    let mut end = 0;
    for word in &heard.words {
        let joins = word.is(Cue::ListJoin);
        if (word.after_break || joins)
            && let Some(from) = start.take()
        {
            pieces.push((from, end));
        }
        if joins {
            continue;
        }
        start.get_or_insert(word.start);
        end = word.end;
    }
    pieces.extend(start.map(|from| (from, end)));
    pieces
}

/// Reads free text, with its words: what was said without lead-ins.
pub(crate) fn read_string(slot: &Slot, text: &str, heard: &Heard) -> Option<Found> {
    let (start, end) = strings::value_heard(&heard.beside(&super::named(slot)), text, heard)?;
    Some(Found::text((start, end), text.get(start..end)?))
}

/// Reads a text that is meant to be the value (a capture, a value from the context): typed when the slot is.
pub(crate) fn read_value(slot: &Slot, text: &str, reference: &Reference) -> Answer {
    match effective_type(slot) {
        SlotType::String if slot.expression.is_none() => {
            match read_string(slot, text, &Heard::of(Language::of(reference.language), text)) {
                Some(found) => Answer::Value { found, whole: true },
                None => Answer::Absent,
            }
        }
        _ => read_answer(slot, &Scan::of(text, [slot], reference)),
    }
}

/// Times that have no measure ("recently", "a while ago"): kept as said, with the TIMEX reference to past or present.
fn vague_time(scan: &Scan<'_>) -> Option<Found> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    // "dunno, a while"
    let unsure = language.prefix(words, Cue::Unsure);
    if unsure > 0 && words.get(unsure).is_some_and(|next| next.after_break) {
        return None;
    }
    let mut best: Option<(usize, usize)> = None;
    for at in 0..words.len() {
        let count = language.prefix(&words[at..], Cue::TimeVague);
        if count > best.map_or(0, |(_, held)| held) {
            best = Some((at, count));
        }
    }
    let (at, count) = best?;
    if at > 0 && words[at - 1].is(Cue::Negates) {
        return None;
    }
    let iso = language.value_of(Cue::TimeVague, &words[at..at + count])?;
    let (start, end) = (words[at].start, words[at + count - 1].end);
    Some(Found::new((start, end), scan.text.get(start..end)?, json!(iso)))
}

/// Whether an answer is nothing but the value and words that merely carry it: fillers, the slot's own name, and the
/// words of the question.
pub(crate) fn is_whole(slot: &Slot, scan: &Scan<'_>, span: (usize, usize), question: &[Word]) -> bool {
    let named = super::named(slot);
    scan.heard.words.iter().all(|word| {
        (word.start >= span.0 && word.end <= span.1)
            || word.is(Cue::Carrier)
            || named.split(' ').any(|piece| piece.eq_ignore_ascii_case(&word.text))
            || question.iter().any(|asked| asked.hash == word.hash)
    })
}

/// See [`super::value_prefix`].
pub(super) fn value_prefix(slot: &Slot, text: &str, reference: &Reference) -> Option<usize> {
    let ty = effective_type(slot);
    if *ty == SlotType::String {
        return Some(text.len());
    }
    let mut limit = text.len().min(MAX_PREFIX_BYTES);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let head = &text[..limit];
    match ty {
        SlotType::Enum(options) => enum_prefix(slot, options, head, reference),
        SlotType::Boolean => boolean_prefix(head, reference),
        SlotType::Pattern(regex) => pattern::prefix(regex, head),
        SlotType::List(item) => {
            let scan = Scan::of(head, [slot], reference);
            match item.as_ref() {
                SlotType::String => Some(text.len()),
                _ => match read_list(slot, item, &scan) {
                    Answer::Value { found, .. } if leads(&scan, found.start) => Some(found.end),
                    _ => None,
                },
            }
        }
        _ => {
            if is_digits(ty, head) {
                return Some(head.len());
            }
            let scan = Scan::of(head, [slot], reference);
            let found = scan.entities.iter().find_map(|entity| convert(&scan, entity, slot, ty, true))?;
            // "Monday to Tuesday at 11": the first day, not what only follows it.
            let spans = scan.entities.first().is_some_and(|first| first.start < found.start && first.end >= found.end);
            if spans && matches!(ty, SlotType::Date | SlotType::DateTime) {
                return value_prefix(slot, head.get(..found.start)?, reference);
            }
            // What is out of bounds is a value all the same, and refused with its reason.
            leads(&scan, found.start).then_some(found.end)
        }
    }
}

/// Digits alone need no recognizer.
fn is_digits(ty: &SlotType, head: &str) -> bool {
    ty.is_number() && plain_number(head.trim_end()).is_some()
}

/// Whether only filler words stand before a value.
fn leads(scan: &Scan<'_>, start: usize) -> bool {
    scan.heard.words.iter().take_while(|word| word.start < start).all(|word| word.is(Cue::ValueBefore))
}

fn enum_prefix(slot: &Slot, options: &[String], head: &str, reference: &Reference) -> Option<usize> {
    if is_yes_no(Language::of(reference.language), slot) {
        return boolean_prefix(head, reference);
    }
    let heard = Heard::of(Language::of(reference.language), head);
    let chosen =
        options::stated(options, Vocabulary { own: &slot.vocabulary, shared: &[], ..Vocabulary::default() }, &heard)
            .into_iter()
            .next()?;
    let before = heard.words.iter().take_while(|word| word.start < chosen.start).count();
    let fillers = heard.words[..before].iter().all(|word| word.is(Cue::OptionBefore));
    fillers.then_some(chosen.end)
}

fn boolean_prefix(head: &str, reference: &Reference) -> Option<usize> {
    let found = recognize(head, Kinds::NONE.with(Kind::Boolean), reference);
    let first = found.first().filter(|entity| entity.start == 0);
    match first {
        Some(entity) => Some(entity.end),
        None => {
            let heard = Heard::of(Language::of(reference.language), head);
            let word = heard.words.first()?;
            (word.start == 0 && word.is(Cue::AnswerWord)).then_some(word.end)
        }
    }
}
