//! Symbols that code recognizes better than rules do: numbers in digits and words, days, years, hours, holidays.

use super::chart::{Found, Scene};
use super::grammar::Sym;
use super::layout::Opening;
use super::tokens::Gap;
use super::values::Node;

/// How a reader's symbol may begin. The second words need not be exact: they only save trying.
pub(super) const fn opening(sym: Sym) -> Opening {
    let digits = Sym::Digits.bit();
    let words = Sym::Card.bit() | Sym::Tens.bit();
    let numeral = words | Sym::Hundred.bit() | Sym::Thousand.bit() | Sym::And.bit() | Sym::Dash.bit();
    let (first, second) = match sym {
        Sym::Number => (
            digits | words | Sym::Hundred.bit() | Sym::Thousand.bit() | Sym::Dot.bit(),
            numeral | Sym::Dot.bit() | Sym::Comma.bit() | Sym::Slash.bit(),
        ),
        Sym::MixedNumber => (digits | words, numeral | digits | Sym::Half.bit()),
        Sym::DayNumber | Sym::DayOrdinal => {
            (digits | Sym::Ordinal.bit() | Sym::Tens.bit(), Sym::Suffix.bit() | Sym::Ordinal.bit() | Sym::Dash.bit())
        }
        Sym::Nth => (
            digits | Sym::Ordinal.bit() | Sym::Last.bit() | Sym::Tens.bit(),
            Sym::Suffix.bit() | Sym::Ordinal.bit() | Sym::Dash.bit() | Sym::Last.bit() | Sym::To.bit(),
        ),
        Sym::FullYear => (digits | words | Sym::Thousand.bit(), numeral | Sym::O.bit()),
        Sym::ShortYear | Sym::DecadeDigits => (digits | Sym::Quote.bit(), digits),
        Sym::HourWord => (Sym::Card.bit(), 0),
        Sym::MinuteWord => (words, words | Sym::Dash.bit()),
        Sym::Holiday => (
            Sym::HolidayStart.bit(),
            Sym::HolidayRest.bit()
                | Sym::Unit.bit()
                | Sym::Weekday.bit()
                | Sym::Of.bit()
                | Sym::Quote.bit()
                | Sym::Dash.bit()
                | Sym::Dot.bit(),
        ),
        _ => (digits, 0),
    };
    Opening { first, second, single: !matches!(sym, Sym::MixedNumber) }
}

/// What `sym` is at token `at`, if anything.
pub(super) fn read(scene: &Scene, sym: Sym, at: usize) -> Option<Found> {
    if scene.tokens.get(at)?.mask & opening(sym).first == 0 {
        return None;
    }
    match sym {
        Sym::Number => number(scene, at),
        Sym::MixedNumber => mixed_number(scene, at),
        Sym::DayNumber => day(scene, at, false),
        Sym::DayOrdinal => day(scene, at, true),
        Sym::Nth => nth(scene, at),
        Sym::MonthNumber => digits(scene, at, 2, 1, 12).map(|(n, end)| found(end, Node::MonthNumber(n as i8))),
        Sym::FullYear => full_year(scene, at),
        Sym::ShortYear => short_year(scene, at),
        Sym::HourDigits => digits(scene, at, 2, 0, 24).map(|(n, end)| found(end, Node::Number(f64::from(n)))),
        Sym::Minutes => {
            let (n, end) = digits(scene, at, 2, 0, 59)?;
            (scene.tokens[at].digits == 2).then(|| found(end, Node::Number(f64::from(n))))
        }
        Sym::HourWord => {
            let n = scene.value(at, Sym::Card);
            (n <= 12).then(|| found(at + 1, Node::Number(f64::from(n))))
        }
        Sym::MinuteWord => minute_word(scene, at),
        Sym::ClockDigits => {
            let token = scene.tokens[at];
            let (hour, minute) = (token.number / 100, token.number % 100);
            ((3..=4).contains(&token.digits) && hour <= 24 && minute < 60)
                .then(|| found(at + 1, Node::Number(f64::from(token.number))))
        }
        Sym::DateDigits => {
            let token = scene.tokens[at];
            (token.digits == 8).then(|| found(at + 1, Node::Number(f64::from(token.number))))
        }
        Sym::DecadeDigits => decade(scene, at),
        Sym::Holiday => super::holidays::read(scene, at),
        _ => None,
    }
}

fn found(end: usize, node: Node) -> Found {
    Found { end: end as u32, node }
}

fn digits(scene: &Scene, at: usize, most: u8, low: u32, high: u32) -> Option<(u32, usize)> {
    let token = scene.tokens[at];
    let fits = token.digits > 0 && token.digits <= most && (low..=high).contains(&token.number);
    fits.then_some((token.number, at + 1))
}

/// The value of a number in words, below a million, and where it ends.
fn words(scene: &Scene, mut at: usize) -> Option<(u32, usize)> {
    let (mut total, mut group) = (0u32, 0u32);
    let mut last = u32::MAX;
    let start = at;
    let mut end = at;
    loop {
        if scene.is(at, Sym::Tens) && last > 99 {
            group += scene.value(at, Sym::Tens) as u32;
            last = 10;
        } else if scene.is(at, Sym::Card)
            && (last > 99 || (last == 10 && (1..=9).contains(&scene.value(at, Sym::Card))))
        {
            group += scene.value(at, Sym::Card) as u32;
            last = 1;
        } else if scene.is(at, Sym::Hundred) && last < 100 && group > 0 && group < 100 {
            group *= 100;
            last = 100;
        } else if scene.is(at, Sym::Hundred) && (start == at || last == 1000) && scene.value(at, Sym::Hundred) > 1 {
            group += scene.value(at, Sym::Hundred) as u32;
            last = 100;
        } else if scene.is(at, Sym::Thousand) && total == 0 && group < 1000 && (group > 0 || start == at) {
            total = group.max(1) * 1000;
            group = 0;
            last = 1000;
        } else if end > start
            && (scene.is(at, Sym::And) && last >= 10 || scene.is(at, Sym::Dash) && last == 10 && scene.glued(at))
            && (scene.is(at + 1, Sym::Card) || (last >= 100 && scene.is(at + 1, Sym::Tens)))
        {
            at += 1;
            continue;
        } else {
            break;
        }
        at += 1;
        end = at;
    }
    (end > start).then_some((total + group, end))
}

fn number(scene: &Scene, at: usize) -> Option<Found> {
    let token = scene.tokens[at];
    if token.digits == 0 {
        if scene.is(at, Sym::Dot) {
            let fraction = scene.tokens.get(at + 1)?;
            if fraction.digits == 0 || fraction.digits > 6 || !scene.glued(at + 1) {
                return None;
            }
            return Some(found(at + 2, Node::Number(decimal(0, fraction.number, fraction.digits))));
        }
        let (n, end) = words(scene, at)?;
        return Some(found(end, Node::Number(f64::from(n))));
    }
    if token.digits > 8 {
        return None;
    }
    let mut end = at + 1;
    let mut whole = token.number;
    // 10,000
    while token.digits <= 3 && scene.is(end, Sym::Comma) && scene.glued(end) && scene.glued(end + 1) && whole < 100_000
    {
        match scene.tokens.get(end + 1) {
            Some(group) if group.digits == 3 => whole = whole * 1000 + group.number,
            _ => break,
        }
        end += 2;
    }
    if scene.is(end, Sym::Dot)
        && scene.glued(end)
        && scene.glued(end + 1)
        && let Some(fraction) = scene.tokens.get(end + 1).filter(|t| t.digits > 0 && t.digits <= 6)
    {
        return Some(found(end + 2, Node::Number(decimal(whole, fraction.number, fraction.digits))));
    }
    // 1/2
    if whole > 0 && scene.is(end, Sym::Slash) && scene.glued(end) && scene.glued(end + 1) {
        let below = scene.tokens.get(end + 1).map_or(0, |t| t.number);
        if (2..=9).contains(&below) && whole < below {
            return Some(found(end + 2, Node::Number(f64::from(whole) / f64::from(below))));
        }
    }
    Some(found(end, Node::Number(f64::from(whole))))
}

/// `2 1/2`, `2½`, "two and a quarter", "one and three quarters", "1 and a 1/2": a whole number and a part of one.
fn mixed_number(scene: &Scene, at: usize) -> Option<Found> {
    let first = scene.tokens[at];
    let (whole, end) = match first.digits {
        0 => words(scene, at)?,
        1..=4 => (first.number, at + 1),
        _ => return None,
    };
    // "two-and-a-half"
    let hyphen = |at: usize| usize::from(scene.is(at, Sym::Dash) && scene.glued(at) && scene.glued(at + 1));
    let and = end + hyphen(end);
    let joined = scene.is(and, Sym::And);
    let article = joined && scene.is(and + 1 + hyphen(and + 1), Sym::A);
    let behind_and = if joined { and + 1 + hyphen(and + 1) } else { end };
    let at = if article { behind_and + 1 + hyphen(behind_and + 1) } else { behind_and };
    let part = scene.tokens.get(at).filter(|t| t.gap != Gap::Line)?;
    let whole = f64::from(whole);
    if part.digits == 1 && part.gap == Gap::Blank {
        let is_fraction = scene.is(at + 1, Sym::Slash) && scene.glued(at + 1) && scene.glued(at + 2);
        let below = scene.tokens.get(at + 2).filter(|t| is_fraction && t.digits == 1 && t.number > part.number)?;
        return Some(found(at + 3, Node::Number(whole + f64::from(part.number) / f64::from(below.number))));
    }
    if scene.is(at, Sym::Half) && (joined || scene.glued(at)) {
        return Some(found(at + 1, Node::Number(whole + 0.5)));
    }
    if !joined {
        return None;
    }
    let counted = usize::from(!article && scene.is(at, Sym::Card));
    let count = if counted > 0 { scene.value(at, Sym::Card) } else { 1 };
    let at = at + counted + usize::from(counted > 0 && scene.is(at + 1, Sym::Dash) && scene.glued(at + 1));
    let fits = scene.is(at, Sym::Quarters) && (1..=3).contains(&count);
    fits.then(|| found(at + 1, Node::Number(whole + 0.25 * f64::from(count))))
}

fn decimal(whole: u32, fraction: u32, digits: u8) -> f64 {
    let scale = 10u32.pow(u32::from(digits.min(9)));
    f64::from(whole) + f64::from(fraction) / f64::from(scale)
}

/// A day of a month: `3`, `3rd`, `third`, `twenty first`.
fn day(scene: &Scene, at: usize, ordinal: bool) -> Option<Found> {
    let (n, end) = ordinal_number(scene, at, ordinal)?;
    (1..=31).contains(&n).then(|| found(end, Node::Day(n as i8)))
}

fn ordinal_number(scene: &Scene, at: usize, strict: bool) -> Option<(i16, usize)> {
    let token = scene.tokens[at];
    if token.digits > 0 {
        if token.digits > 2 {
            return None;
        }
        let suffixed = scene.is(at + 1, Sym::Suffix) && scene.glued(at + 1);
        if !suffixed && strict {
            return None;
        }
        return Some((token.number as i16, at + 1 + usize::from(suffixed)));
    }
    if scene.is(at, Sym::Tens) {
        let next = at + 1 + usize::from(scene.is(at + 1, Sym::Dash) && scene.glued(at + 1));
        let unit = scene.value(next, Sym::Ordinal);
        if scene.is(next, Sym::Ordinal) && unit < 10 {
            return Some((scene.value(at, Sym::Tens) + unit, next + 1));
        }
        return None;
    }
    scene.is(at, Sym::Ordinal).then(|| (scene.value(at, Sym::Ordinal), at + 1))
}

/// The value of words for the last but one, where those for the last have 0.
pub(super) const PENULTIMATE: i16 = 2;

fn nth(scene: &Scene, at: usize) -> Option<Found> {
    if scene.is(at, Sym::Last) && scene.value(at, Sym::Last) == 0 {
        return Some(found(at + 1, Node::Nth(-1)));
    }
    if scene.is(at, Sym::Last) && scene.value(at, Sym::Last) == PENULTIMATE {
        return Some(found(at + 1, Node::Nth(-2)));
    }
    let (n, end) = ordinal_number(scene, at, true)?;
    if !(1..=53).contains(&n) {
        return None;
    }
    // "the second last", "the third to last" are counted from the end.
    let last = end + usize::from(scene.is(end, Sym::To) && scene.is(end + 1, Sym::Last));
    if scene.is(last, Sym::Last) && scene.value(last, Sym::Last) == 0 {
        return Some(found(last + 1, Node::Nth(-(n as i8))));
    }
    Some(found(end, Node::Nth(n as i8)))
}

/// Years that bare digits may stand for.
const DIGIT_YEARS: std::ops::RangeInclusive<u32> = 1500..=2100;

fn full_year(scene: &Scene, at: usize) -> Option<Found> {
    let token = scene.tokens[at];
    if token.digits > 0 {
        let fits = token.digits == 4 && DIGIT_YEARS.contains(&token.number);
        return fits.then(|| found(at + 1, Node::Year(token.number as i16)));
    }
    let (n, end) = words(scene, at)?;
    // "two thousand and five", "nineteen hundred"
    if (1500..=2100).contains(&n) && (n >= 2000 || n % 100 == 0 || scene.is(at + 1, Sym::Hundred)) {
        return Some(found(end, Node::Year(n as i16)));
    }
    // "nineteen ninety six", "twenty twenty", "nineteen oh five"
    let century = scene.is(at, Sym::Card).then(|| scene.value(at, Sym::Card)).filter(|c| (15..=19).contains(c));
    let century = century.or((scene.is(at, Sym::Tens) && scene.value(at, Sym::Tens) == 20).then_some(20))?;
    let next = at + 1;
    let zero = scene.is(next, Sym::O) || (scene.is(next, Sym::Card) && scene.value(next, Sym::Card) == 0);
    if zero && scene.is(next + 1, Sym::Card) && (1..=9).contains(&scene.value(next + 1, Sym::Card)) {
        return Some(found(next + 2, Node::Year(century * 100 + scene.value(next + 1, Sym::Card))));
    }
    if !(scene.is(next, Sym::Tens) || scene.is(next, Sym::Card) && scene.value(next, Sym::Card) >= 10) {
        return None;
    }
    let (rest, end) = words(scene, next)?;
    ((10..=99).contains(&rest)).then(|| found(end, Node::Year(century * 100 + rest as i16)))
}

/// A year of two digits: 30 to 99 lie in the twentieth century unless the text says otherwise.
fn short_year(scene: &Scene, at: usize) -> Option<Found> {
    let quoted = scene.is(at, Sym::Quote);
    let at = at + usize::from(quoted);
    let token = scene.tokens.get(at)?;
    if token.digits != 2 || quoted && !scene.glued(at) {
        return None;
    }
    let next = at + 1;
    let clock = scene.is(next, Sym::Colon)
        || scene.is(next, Sym::Am)
        || scene.is(next, Sym::Pm)
        || (scene.is(next, Sym::AmLetter) || scene.is(next, Sym::PmLetter)) && scene.is(next + 1, Sym::Dot)
        || scene.is(next, Sym::Dot)
            && scene.glued(next + 1)
            && scene.tokens.get(next + 1).is_some_and(|t| t.digits > 0);
    let glued = scene.glued(next) && scene.word(next).starts_with(char::is_alphanumeric);
    // `18q4`
    let glued = glued && !(scene.is(next, Sym::QuarterLetter) && scene.glued(next + 1) && scene.word(next).len() == 1);
    let year = token.number as i16;
    (!clock && !glued && !scene.is(next, Sym::Unit)).then(|| found(next, Node::Year(year)))
}

/// `1990` or `90` before an `s`.
fn decade(scene: &Scene, at: usize) -> Option<Found> {
    let at = at + usize::from(scene.is(at, Sym::Quote));
    let token = scene.tokens.get(at)?;
    let whole = token.digits == 4 && DIGIT_YEARS.contains(&token.number) || token.digits == 2;
    (whole && token.number % 10 == 0).then(|| found(at + 1, Node::Number(f64::from(token.number))))
}

/// Minutes in words: five to fifty-nine.
fn minute_word(scene: &Scene, at: usize) -> Option<Found> {
    if scene.is(at, Sym::O) || scene.value(at, Sym::Card) == 0 && scene.is(at, Sym::Card) {
        return None;
    }
    let (n, end) = words(scene, at)?;
    (1..=59).contains(&n).then(|| found(end, Node::Number(f64::from(n))))
}
