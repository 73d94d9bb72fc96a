//! Which findings stand: words such as "may", "second" and "sun" are more often something else.

use super::calendar;
use super::chart::{Found, Scene};
use super::grammar::Sym;
use super::tense;
use super::tokens::Gap;
use super::values::Node;
use crate::entities::Tenses;

/// Whether what was found at token `at` is a time and not something else that looks alike.
pub(super) fn stands(scene: &Scene, at: usize, found: &Found) -> bool {
    let end = found.end as usize;
    if inside_a_name(scene, at, end) || amid_figures(scene, at, end) {
        return false;
    }
    // "bi-weekly" is not weekly.
    let prefixed = scene.is(at, Sym::Set) && at > 0 && scene.glued(at) && scene.is(at - 1, Sym::Dash);
    if prefixed
        || after_a_label(scene, at, end)
        || after_a_model(scene, at, end)
        || runs_on_spaced(scene, at, end)
        || scene.is(end, Sym::PerCent) && scene.is(end - 2, Sym::Dot)
    {
        return false;
    }
    // Around the clock.
    if end == at + 3
        && scene.is(at + 1, Sym::Slash)
        && scene.tokens[at].number == 24
        && scene.tokens[end - 1].number == 7
    {
        return false;
    }
    // "a 54-year-old": an age.
    let age = matches!(found.node, Node::Duration(_))
        && (scene.is(end, Sym::Old) || scene.is(end, Sym::Dash) && scene.is(end + 1, Sym::Old));
    if age || holds_no_such_day(scene, at, end) {
        return false;
    }
    if is_a_person(scene, at, end) {
        return false;
    }
    if opens_a_sentence(scene, at, end) {
        return false;
    }
    if scene.is(end - 1, Sym::Doubtful) && !doubtful_word(scene, at, end) {
        return false;
    }
    !is_second(scene, at, end)
        && !is_plain_word(scene, at, found)
        && !is_of_a_rate(scene, at, found)
        && !is_set_apart(scene, at)
        && !looks_back(scene, at, found)
        && !is_place_before_weekday(scene, at, end)
        && !is_age_in_decades(scene, at, found)
        && !is_in_an_idiom(scene, at, end)
}

/// "the lowest in 23 years": a length of time, which leads nowhere.
fn looks_back(scene: &Scene, at: usize, found: &Found) -> bool {
    let shifted = match found.node {
        Node::Date(day) => day.past == day.future,
        Node::Moment(moment) => moment.relative,
        _ => false,
    };
    let counted = scene.is(at, Sym::In) && scene.is(found.end as usize - 1, Sym::Unit);
    shifted && counted && scene.tenses == Tenses::Heeded && tense::follows_superlative(scene, at)
}

/// "a site for 3, june 5": a number that a comma sets apart is no day of the month whose day stands behind it.
fn is_set_apart(scene: &Scene, at: usize) -> bool {
    const DAY_DIGITS: std::ops::RangeInclusive<u8> = 1..=2;
    let digits = |k: usize| scene.tokens.get(k).map_or(0, |token| token.digits);
    digits(at) > 0
        && scene.is(at + 1, Sym::Comma)
        && scene.is(at + 2, Sym::Month)
        && DAY_DIGITS.contains(&digits(at + 3))
}

/// "14 hours a day", "30 minutes a day from March 16th", "£70 a month from Monday": so much in each, no length of time.
fn is_of_a_rate(scene: &Scene, at: usize, found: &Found) -> bool {
    let end = found.end as usize;
    let amount = |k: usize| {
        let token = &scene.tokens[k];
        token.digits > 0 || token.mask & (Sym::Card.bit() | Sym::Tens.bit() | Sym::Hundred.bit()) != 0
    };
    let apart = |k: usize| scene.tokens[k].gap == Gap::Blank;
    let counted = |k: usize| {
        let noun = scene.word(k).starts_with(char::is_alphabetic) && !scene.is(k, Sym::In) && !scene.is(k, Sym::For);
        amount(k) || noun && k > 0 && amount(k - 1)
    };
    matches!(found.node, Node::Duration(_) | Node::Date(_))
        && at > 0
        && scene.is(at, Sym::A)
        && scene.is(at + 1, Sym::Unit)
        && (end == at + 2 || scene.is(at + 2, Sym::From))
        && apart(at)
        && counted(at - 1)
}

/// "in his 60s", "her early 30s": an age.
fn is_age_in_decades(scene: &Scene, at: usize, found: &Found) -> bool {
    let end = found.end as usize;
    let years = matches!(found.node, Node::Period(_) | Node::Duration(_));
    if !years || !scene.is(end - 1, Sym::S) || scene.tokens[end - 2].digits != 2 {
        return false;
    }
    let shaded = |k: &usize| [Sym::Early, Sym::Mid, Sym::Late].iter().any(|&sym| scene.is(*k, sym));
    let before = (0..at).rev().find(|k| !shaded(k)).map(|k| scene.word(k).to_lowercase());
    before.is_some_and(|word| scene.grammar.tense.ages.binary_search(&word.as_str()).is_ok())
}

/// The longest finding that is looked for in idioms, in tokens: "a second", "the hour".
const IDIOM_TOKENS: usize = 2;

/// "now and then", "the man of the hour": part of a phrase that names no time.
fn is_in_an_idiom(scene: &Scene, at: usize, end: usize) -> bool {
    if end - at > IDIOM_TOKENS {
        return false;
    }
    let said = |k: usize, word: &str| scene.word(k).eq_ignore_ascii_case(word);
    let holds = |idiom: &str, from: usize| {
        let words = idiom.split(' ').enumerate();
        words.clone().all(|(k, word)| said(from + k, word)) && from + words.count() >= end
    };
    scene.grammar.tense.idioms.iter().any(|idiom| {
        let mut places = idiom.split(' ').enumerate().filter(|(_, word)| said(at, word));
        places.any(|(place, _)| at.checked_sub(place).is_some_and(|from| holds(idiom, from)))
    })
}

/// "usually on the first Thursday": a place among weekdays, no day of a month.
fn is_place_before_weekday(scene: &Scene, at: usize, end: usize) -> bool {
    scene.is(end - 1, Sym::Ordinal)
        && end <= at + 2
        && scene.is(end, Sym::Weekday)
        && scene.tokens[end].gap == Gap::Blank
}

/// Where the entity of tokens `at..end` begins and ends in the text.
fn edges(scene: &Scene, at: usize, end: usize) -> (Option<char>, Option<char>) {
    let before = scene.text[..scene.tokens[at].start as usize].chars().next_back();
    let behind = scene.text[scene.tokens[end - 1].end as usize..].chars().next();
    (before, behind)
}

/// `$DEC`, `3am3ioY`, `v2018`: part of something longer that is no time.
fn inside_a_name(scene: &Scene, at: usize, end: usize) -> bool {
    let (before, behind) = edges(scene, at, end);
    before
        .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '£' | '€' | '%' | '&' | '!' | '@' | '#' | '+'))
        || behind.is_some_and(|c| {
            c.is_alphanumeric() && !is_zulu(scene, end) || matches!(c, '_' | '$' | '£' | '€' | '%' | '°')
        })
        || scene.is(end - 1, Sym::Month) && matches!(behind, Some('@' | '#' | '&'))
}

/// The Z of `10:30:00Z`.
fn is_zulu(scene: &Scene, end: usize) -> bool {
    let rest = &scene.text[scene.tokens[end - 1].end as usize..];
    let mut behind = rest.chars();
    matches!(behind.next(), Some('Z'))
        && behind.next().is_none_or(|c| !c.is_alphanumeric())
        && scene.is(end - 2, Sym::Colon)
}

/// Whether figures at either end run on into more of them: `138-2010-2015`, `30/4.85`.
fn amid_figures(scene: &Scene, at: usize, end: usize) -> bool {
    let joined = |k: usize| [Sym::Dash, Sym::Slash, Sym::Dot, Sym::Colon, Sym::Comma].iter().any(|&s| scene.is(k, s));
    let digits = |k: usize| scene.tokens.get(k).is_some_and(|t| t.digits > 0);
    // "2-3 weeks": the end of a span of lengths.
    let counted = scene.is(end - 1, Sym::Unit) && scene.tokens[at].digits < 4 && scene.is(at.max(1) - 1, Sym::Dash);
    let before =
        at > 1 && !counted && digits(at) && scene.glued(at) && joined(at - 1) && scene.glued(at - 1) && digits(at - 2);
    let behind = digits(end - 1) && joined(end) && scene.glued(end) && scene.glued(end + 1) && digits(end + 1);
    before || behind
}

/// Whether a doubtful word at the end stands where only a month, a day or a season can.
fn doubtful_word(scene: &Scene, at: usize, end: usize) -> bool {
    let alone = end == at + 1;
    // "sat." and nothing else is an answer.
    if alone && at == 0 && scene.tokens[end..].iter().all(|t| t.mask & (Sym::Dot.bit() | Sym::Comma.bit()) != 0) {
        return true;
    }
    let before = |sym| at > 0 && scene.is(at - 1, sym) && scene.tokens[at].gap == Gap::Blank;
    if scene.is(end - 1, Sym::HolidayStart) && !scene.is(end - 1, Sym::Month) && !scene.is(end - 1, Sym::Season) {
        // "I lent her the tent", "with the advent of".
        let capital = scene.word(end - 1).starts_with(char::is_uppercase) && at > 0;
        return capital || [Sym::During, Sym::In, Sym::After, Sym::Before, Sym::Until].iter().any(|&s| before(s));
    }
    if scene.is(end - 1, Sym::Weekday) {
        return !alone || before(Sym::On);
    }
    if scene.is(end - 1, Sym::Season) {
        let led = [Sym::In, Sym::During, Sym::Of, Sym::By, Sym::Since, Sym::Until, Sym::This, Sym::More];
        return !(alone || end == at + 2 && scene.is(at, Sym::The)) || led.iter().any(|&s| before(s));
    }
    // "after the march": a walk.
    if at > 0 && !alone && scene.is(end - 2, Sym::The) {
        return false;
    }
    // "this may take", "they may not": the verb goes on with another word.
    let goes_on = scene.is_other_word(end);
    if end == at + 2 && scene.is(at, Sym::This) {
        return !goes_on;
    }
    let led = [
        Sym::In,
        Sym::Of,
        Sym::From,
        Sym::To,
        Sym::Since,
        Sym::Until,
        Sym::By,
        Sym::During,
        Sym::Before,
        Sym::After,
        Sym::For,
        Sym::Between,
        Sym::Every,
        Sym::Around,
        Sym::About,
    ];
    !alone || led.iter().any(|&s| before(s))
}

/// "April Jones", "until Sun Li comes": a month or weekday in capitals, with a name behind it and nothing before it that
/// says when.
fn is_a_person(scene: &Scene, at: usize, end: usize) -> bool {
    let named = scene.is(end - 1, Sym::Month) || scene.is(end - 1, Sym::Weekday) && scene.is(end - 1, Sym::Doubtful);
    let opens = [Sym::Until, Sym::Since, Sym::Before, Sym::By, Sym::After].iter().any(|&s| scene.is(at, s));
    let alone = end == at + 1 || end == at + 2 && opens;
    let capital = |k: usize| scene.word(k).starts_with(char::is_uppercase);
    let led = at > 0 && [Sym::In, Sym::During, Sym::Early, Sym::Late, Sym::Mid].iter().any(|&s| scene.is(at - 1, s));
    let name_behind = scene.is_other_word(end) && capital(end) && scene.word(end).chars().any(char::is_lowercase);
    named && alone && !led && capital(end - 1) && name_behind
}

/// "room 2015", "building 4 this afternoon": a number that is a name.
fn after_a_label(scene: &Scene, at: usize, end: usize) -> bool {
    let marked = [Sym::Colon, Sym::Slash, Sym::Dash, Sym::Dot].iter().any(|&s| end > at + 1 && scene.is(at + 1, s));
    at > 0 && scene.tokens[at].digits > 0 && !marked && scene.is(at - 1, Sym::Label)
}

/// "ABC 2000": a name in capitals and its number.
fn after_a_model(scene: &Scene, at: usize, end: usize) -> bool {
    let name = |k: usize| scene.word(k).len() > 1 && scene.word(k).chars().all(|c| c.is_ascii_uppercase());
    at > 0
        && end == at + 1
        && scene.tokens[at].digits == 4
        && scene.tokens[at].gap == Gap::Blank
        && scene.tokens[at - 1].mask == 0
        && name(at - 1)
}

/// `2015 - 32`: a year that goes on as something else.
fn runs_on_spaced(scene: &Scene, at: usize, end: usize) -> bool {
    let digits = |k: usize| scene.tokens.get(k).is_some_and(|t| t.digits > 0 && t.gap != Gap::Line);
    let dash = |k: usize| scene.is(k, Sym::Dash) && scene.tokens[k].gap != Gap::Line;
    end == at + 1
        && scene.tokens[at].digits > 0
        && (dash(end) && digits(end + 1) || at > 1 && dash(at - 1) && scene.tokens[at - 2].digits > 0)
}

/// Tokens that a date with its month by name has at most: "the 29th of February, 2019".
const DATE_TOKENS: usize = 7;

/// Whether tokens `at..end` touch a day that there is not: "29 February 2019", "31 April".
fn holds_no_such_day(scene: &Scene, at: usize, end: usize) -> bool {
    let near = at.saturating_sub(DATE_TOKENS)..(end + 2).min(scene.tokens.len());
    if !near.clone().any(|k| scene.is(k, Sym::Month)) {
        return false;
    }
    near.filter_map(|k| no_such_day(scene, k)).any(|span| span.start < end && at < span.end)
}

/// A day and a month by name, with or without a year, that name no day; where they stand.
pub(super) fn no_such_day(scene: &Scene, at: usize) -> Option<std::ops::Range<usize>> {
    let day = |k: usize| scene.tokens.get(k).filter(|t| (1..=2).contains(&t.digits)).map(|t| t.number);
    let skip = |k: usize, sym: Sym| k + usize::from(scene.is(k, sym) && scene.tokens[k].gap != Gap::Line);
    let (number, month, end) = if let Some(number) = day(at) {
        let month = skip(skip(at + 1, Sym::Suffix), Sym::Of);
        (number, month, skip(month + 1, Sym::Comma))
    } else {
        let number_at = skip(at + 1, Sym::The);
        (day(number_at)?, at, skip(skip(number_at + 1, Sym::Suffix), Sym::Comma))
    };
    let follows = (at + 1..end.min(scene.tokens.len())).all(|k| scene.tokens[k].gap != Gap::Line);
    if !scene.is(month, Sym::Month) || !follows || number == 0 {
        return None;
    }
    let year = scene.tokens.get(end).filter(|t| t.digits == 4 && t.gap != Gap::Line).map(|t| t.number as i16);
    // Without a year any leap year will do.
    let exists =
        calendar::date(year.unwrap_or(2000), scene.value(month, Sym::Month) as i8, number.min(99) as i8).is_some();
    let last = if year.is_some() { end + 1 } else { end };
    (!exists && (28..=31).contains(&number)).then_some(at..last)
}

/// Three figures with the shape of a date (`30/02/2024`, `2019-02-29`) that name no day in either order.
pub(super) fn no_such_figures(scene: &Scene, at: usize) -> Option<std::ops::Range<usize>> {
    let figures: Vec<&super::tokens::Token> =
        [at, at + 2, at + 4].iter().filter_map(|&k| scene.tokens.get(k)).collect();
    let [a, b, c] = figures.as_slice() else { return None };
    let joint =
        [Sym::Slash, Sym::Dash, Sym::Dot].into_iter().find(|&sym| scene.is(at + 1, sym) && scene.is(at + 3, sym))?;
    let glued = (at + 1..at + 5).all(|k| scene.glued(k));
    let (year, b, c) = match (a.digits, b.digits, c.digits) {
        (4, 1..=2, 1..=2) if joint != Sym::Dot => (a.number, b.number, c.number),
        (1..=2, 1..=2, 4) => (c.number, a.number, b.number),
        _ => return None,
    };
    let is = |month: u32, day: u32| calendar::date(year as i16, month as i8, day as i8).is_some();
    let like_a_date =
        glued && (1900..=2100).contains(&year) && (1..=31).contains(&b) && (1..=31).contains(&c) && b.min(c) <= 12;
    (like_a_date && !is(b, c) && !is(c, b)).then_some(at..at + 5)
}

/// "Now, what next?"
fn opens_a_sentence(scene: &Scene, at: usize, end: usize) -> bool {
    let first = at == 0 || matches!(scene.word(at - 1), "." | "!" | "?");
    end == at + 1
        && scene.is(at, Sym::Now)
        && (first && scene.is(end, Sym::Comma) || at > 0 && scene.is(at - 1, Sym::For))
}

/// "a second round": an ordinal, not a second of time.
fn is_second(scene: &Scene, at: usize, end: usize) -> bool {
    let second = end == at + 2 && scene.is(end - 1, Sym::Ordinal) && scene.is(end - 1, Sym::Unit);
    if !second || at > 0 && scene.is(at - 1, Sym::A) {
        return false;
    }
    let next = scene.tokens.get(end);
    let goes_on = next.is_some_and(|t| t.gap == Gap::Blank && scene.word(end).chars().all(char::is_alphabetic));
    goes_on && scene.is_other_word(end)
}

/// "night" in "night club", "good morning".
fn is_plain_word(scene: &Scene, at: usize, found: &Found) -> bool {
    let end = found.end as usize;
    let greeted = at > 0 && ["good", "nighty"].iter().any(|w| scene.word(at - 1).eq_ignore_ascii_case(w));
    // "a night club", "a morning person".
    let compound = end == at + 1 && at > 0 && scene.is(at - 1, Sym::A) && scene.is_other_word(end);
    scene.is(at, Sym::Part) && (greeted || compound) && !matches!(found.node, Node::Clock(_))
}

/// How sure a finding is.
pub(super) fn confidence(scene: &Scene, at: usize, found: &Found) -> f64 {
    let end = found.end as usize;
    match found.node {
        _ if end == at + 1 && scene.is(at, Sym::Doubtful) => 0.7,
        Node::Period(_) if end == at + 1 && scene.tokens[at].digits > 0 => 0.6,
        Node::Hours(_) | Node::Clock(_) if end == at + 1 => 0.7,
        _ => 0.95,
    }
}
