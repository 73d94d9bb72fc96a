//! Clock times, parts of the day, and spans of hours.

use super::{clock, find, has, length, number, part, word};
use crate::entities::time::chart::{Matched, Scene};
use crate::entities::time::grammar::Sym;
use crate::entities::time::parts::{AFTERNOON, BUSINESS, EVENING, MORNING, NIGHT};
use crate::entities::time::tokens::Gap;
use crate::entities::time::values::{Clock, DayPart, HALF_DAY, Half, Hours, Node, Precision, Unit};

const DAY: i32 = 2 * HALF_DAY;

/// am and pm.
pub(crate) fn am(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Word(Sym::Am, 0))
}

/// After noon.
pub(crate) fn pm(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Word(Sym::Pm, 0))
}

fn numbers(parts: &[Matched]) -> [Option<f64>; 3] {
    let mut out = [None; 3];
    let found = parts.iter().filter_map(|p| if let Node::Number(n) = p.node { Some(n) } else { None });
    for (slot, n) in out.iter_mut().zip(found) {
        *slot = Some(n);
    }
    out
}

fn settle(clock: Clock, parts: &[Matched]) -> Clock {
    if has(parts, Sym::Am) {
        clock.am()
    } else if has(parts, Sym::Pm) {
        clock.pm()
    } else {
        clock
    }
}

/// `15:30`, `3:30 pm`, `3:30:15`, `8.30 pm`, `14h30`, "seven twenty pm".
pub(crate) fn digital(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let [hour, minute, second] = numbers(parts);
    let (hour, minute) = (hour? as i32, minute? as i32);
    let figures = hour < 10 && scene.tokens[scene.start].digits == 2;
    let precision = match second {
        Some(_) => Precision::Second,
        None if figures => Precision::Figures,
        None => Precision::Minute,
    };
    if hour == 24 && minute > 0 {
        return None;
    }
    let mut clock = Clock::new(hour, minute, precision);
    clock.second += second.unwrap_or(0.0) as i32;
    // 03:30 with its nought is how clocks of 24 hours write; it still may be either half, the other one behind it.
    Some(Node::Clock(settle(clock, parts)))
}

/// `T14:30` of ISO 8601: no half is open.
pub(crate) fn iso(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Clock(mut clock) = digital(scene, parts)? else { return None };
    scene.glued(scene.start + 1).then_some(())?;
    clock.half = Half::Known;
    Some(Node::Clock(clock))
}

/// "seven thirty", without any mark: only in fives, or after "at".
pub(crate) fn spoken(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let [hour, minute, _] = numbers(parts);
    let (hour, minute) = (hour? as i32, minute? as i32);
    let marked = has(parts, Sym::Am) || has(parts, Sym::Pm) || scene.after(Sym::At);
    let round = minute >= 10 && minute % 5 == 0;
    if hour == 0 || !(round || marked) {
        return None;
    }
    // "seven twenty people" would be an odd count; "five fifty dollars" is not ours to judge.
    Some(Node::Clock(settle(Clock::new(hour, minute, Precision::Minute), parts)))
}

/// "3 pm", "three o'clock".
pub(crate) fn hour(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let hour = number(parts)? as i32;
    if hour == 0 && (has(parts, Sym::Pm)) || hour > 12 && has(parts, Sym::Am) {
        return None;
    }
    Some(Node::Clock(settle(Clock::new(hour, 0, Precision::Hour), parts)))
}

/// `4a`, `7p`: a letter for the half; "a" names flats and exits too, and must be led.
pub(crate) fn hour_and_letter(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let joined = scene.before(Sym::Dash) || scene.before(Sym::To);
    let fits = has(parts, Sym::Pm) || joined || is_led(scene);
    fits.then(|| hour(scene, parts))?
}

/// `15h`: an hour of the day where one is spoken of, else a number of hours.
pub(crate) fn hour_mark(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let goes_on = scene.glued(scene.end) && scene.char_behind().is_some_and(char::is_alphanumeric);
    (is_led(scene) && !goes_on).then(|| hour(scene, parts))?
}

/// Whether the word before says that a time of day follows.
fn is_led(scene: &Scene) -> bool {
    const LEADS: [Sym; 19] = [
        Sym::At,
        Sym::AtSign,
        Sym::From,
        Sym::To,
        Sym::Dash,
        Sym::Between,
        Sym::And,
        Sym::By,
        Sym::Until,
        Sym::Before,
        Sym::After,
        Sym::Since,
        Sym::Around,
        Sym::About,
        Sym::Past,
        Sym::Weekday,
        Sym::Today,
        Sym::Month,
        Sym::Comma,
    ];
    LEADS.iter().any(|&sym| scene.after(sym))
}

/// "150ish", "730 in the evening", "at 1030".
pub(crate) fn figures_in_part(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let clock = Clock { precision: Precision::Minute, ..compact_clock(parts)? };
    match part(parts) {
        Some(part) => Some(Node::Clock(within(clock, part))),
        None => (!looks_like_a_year(scene)).then_some(Node::Clock(clock)),
    }
}

/// Four figures from 1900 on are a year rather than a time of day.
fn looks_like_a_year(scene: &Scene) -> bool {
    scene.tokens[scene.start].number >= 1900
}

fn compact_clock(parts: &[Matched]) -> Option<Clock> {
    let digits = number(parts)? as i32;
    Some(settle(Clock::new(digits / 100, digits % 100, Precision::Minute), parts))
}

/// "at 1030": four figures right after "at", at the end of a clause; `0930` and nothing else.
pub(crate) fn figures_after_at(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let is_answer = scene.is_whole() && scene.tokens[scene.start].number < 1000;
    let led = is_answer
        || scene.after(Sym::At)
        || scene.after(Sym::AtSign)
        || scene.after(Sym::Around)
        || scene.after(Sym::About);
    let four = scene.tokens[scene.start].digits == 4;
    let goes_on = scene.tokens.get(scene.end).is_some_and(|t| match t.gap {
        Gap::Line => false,
        Gap::None => {
            !matches!(scene.char_behind(), Some(',' | '!' | '?' | ';'))
                && (!scene.is(scene.end, Sym::Dot) || scene.glued(scene.end + 1))
        }
        Gap::Blank => ![Sym::On, Sym::Today, Sym::Weekday, Sym::In, Sym::And, Sym::Or].iter().any(|&s| scene.before(s)),
    });
    if !led || !four || goes_on || looks_like_a_year(scene) {
        return None;
    }
    let clock = compact_clock(parts)?;
    let precision = if scene.tokens[scene.start].number < 1000 { Precision::Figures } else { clock.precision };
    Some(Node::Clock(Clock { precision, ..clock }))
}

/// "three o'clock": past doubt a time, and a full hour.
pub(crate) fn struck(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Clock(mut clock) = hour(scene, parts)? else { return None };
    clock.precision = Precision::Minute;
    Some(Node::Clock(clock))
}

/// `1140 a.m.`
pub(crate) fn compact(_: &Scene, parts: &[Matched]) -> Option<Node> {
    compact_clock(parts).map(Node::Clock)
}

/// `0730` where only a clock time can stand.
pub(crate) fn four_figures(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    (scene.tokens[scene.start].digits == 4).then(|| compact(scene, parts))?
}

/// An hour that nothing marks as one: "8" in "tomorrow at 8".
pub(crate) fn bare(_: &Scene, parts: &[Matched]) -> Option<Node> {
    Some(Node::Clock(Clock::new(number(parts)? as i32, 0, Precision::Bare)))
}

/// "0830 hours".
pub(crate) fn military(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let first = scene.tokens.get(scene.start)?;
    let is_time = first.digits == 4 && (first.number < 1000 || is_led(scene) || scene.is_whole());
    let clock = is_time.then(|| compact(scene, parts))??;
    (word(parts, Sym::Unit)? == Unit::Hour as i16).then_some(clock)
}

/// "an hour before noon", "10 minutes after 5 pm".
pub(crate) fn beside(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (clock, length) = (clock(parts)?, length(parts)?);
    let seconds = length.seconds() as i32;
    let is_short = length.days() == 0.0 && length.months() == 0.0 && length.working_days() == 0.0;
    let sign = if has(parts, Sym::Before) { -1 } else { 1 };
    let fits = is_short && (1..HALF_DAY).contains(&seconds) && !length.whole && clock.half == Half::Known;
    let second = (clock.second + sign * seconds).rem_euclid(DAY);
    fits.then_some(Node::Clock(Clock { second, half: Half::Known, precision: Precision::Minute }))
}

/// "at 7 15", "at five oh five": hours and minutes apart, right after "at" and at the end of a clause; in words also as an
/// answer.
pub(crate) fn apart_after_at(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let ends = scene.tokens.get(scene.end).is_none_or(|t| t.gap == Gap::Line)
        || matches!(scene.char_behind(), Some('!' | '?' | ';' | ','))
        || scene.before(Sym::Dot) && !scene.glued(scene.end + 1);
    let led = scene.after(Sym::At) || scene.is_whole() && has(parts, Sym::O);
    (led && ends).then(|| digital(scene, parts))?
}

/// `15h` and nothing else: an hour of the day, where no length of time is asked for.
pub(crate) fn hour_alone(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    scene.is_whole().then(|| hour(scene, parts))?
}

/// "las 3" and nothing else, "la una": an hour by its article.
pub(crate) fn the_hour(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let article = word(parts, Sym::The).is_some_and(|article| article > 0);
    (article && scene.is_whole()).then(|| Some(Node::Clock(clock(parts)?)))?
}

/// "at half seven": half an hour later.
pub(crate) fn half_past(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Clock { second, half, .. } = clock(parts)?;
    let clock = Clock { second: second + 1800, half, precision: Precision::Minute };
    let said = scene.after(Sym::At) || scene.is_whole() && !scene.is(scene.end - 1, Sym::Digits);
    (said && second % 3600 == 0).then_some(Node::Clock(clock))
}

/// "half nine" beside a part of the day.
pub(crate) fn half_hour(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let Clock { second, half, .. } = clock(parts)?;
    Some(Node::Clock(Clock { second: second + 1800, half, precision: Precision::Minute }))
}

/// "nineteen hundred hours", by the clock of 24 hours where a time of day is spoken of.
pub(crate) fn full_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    /// The last of them.
    const MIDNIGHT: i32 = 24;
    let hour = number(parts)? as i32 / 100;
    let said = scene.is(scene.end.checked_sub(2)?, Sym::Hundred) && hour <= MIDNIGHT;
    let is_time = word(parts, Sym::Unit)? == Unit::Hour as i16 && (is_led(scene) || scene.is_whole());
    let clock = Clock::new(hour, 0, Precision::Minute);
    (said && is_time).then_some(Node::Clock(Clock { half: Half::Known, ..clock }))
}

/// "quarter past", "20 minutes to", "y media": minutes off the hour.
pub(crate) fn offset(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let minutes = if let Some(n) = number(parts) {
        n as i16
    } else if has(parts, Sym::Half) {
        30
    } else {
        15
    };
    let before = [Sym::To, Sym::Minus, Sym::Before].iter().any(|&sym| has(parts, sym));
    (1..60).contains(&minutes).then_some(Node::Offset(if before { -minutes } else { minutes }))
}

/// "20 minutes after 3", where no noun is counted by the three.
pub(crate) fn minutes_after(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let fits = word(parts, Sym::Unit)? == Unit::Minute as i16 && !scene.is_other_word(scene.end + 1);
    (fits && !scene.is(scene.end + 1, Sym::Unit)).then(|| offset(scene, parts))?
}

/// "twenty after 3pm": minutes without their name behind an hour that is marked.
pub(crate) fn offset_after(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let marked = [Sym::Am, Sym::Pm, Sym::Oclock, Sym::AmLetter, Sym::PmLetter];
    let fits =
        scene.before(Sym::Noon) || scene.before(Sym::Midnight) || marked.iter().any(|&s| scene.is(scene.end + 1, s));
    fits.then(|| offset(scene, parts))?
}

/// "15 to noon", "at ten to five": minutes without their name before an hour. "5 to 7 pm" is a span.
pub(crate) fn offset_before(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let named = scene.before(Sym::Noon) || scene.before(Sym::Midnight);
    let minutes = number(parts)?;
    let is_digits = scene.tokens[scene.start].digits > 0;
    let spoken = !is_digits && (scene.after(Sym::At) || scene.start == 0);
    let round = minutes % 5.0 == 0.0 && (spoken || scene.before(Sym::Card) && is_digits);
    let marked = |at: usize| [Sym::Am, Sym::Pm, Sym::AmLetter, Sym::PmLetter].iter().any(|&s| scene.is(at, s));
    let fits = named || round && minutes <= 25.0 && !marked(scene.end + 1) && !scene.after(Sym::From);
    fits.then(|| offset(scene, parts))?
}

/// "quarter past" and an hour.
pub(crate) fn off_hour(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let minutes = find(parts, |n| if let Node::Offset(m) = n { Some(i32::from(*m)) } else { None })?;
    let mut clock = match clock(parts) {
        Some(clock) if clock.second % 3600 == 0 => clock,
        Some(_) => return None,
        None => Clock::new(number(parts)? as i32, 0, Precision::Hour),
    };
    clock = settle(clock, parts);
    let wrapped = (clock.second + minutes * 60).rem_euclid(DAY);
    if clock.half == Half::Open {
        // A quarter to one is 12:45, or 0:45.
        clock.second = if clock.second == HALF_DAY && minutes < 0 { wrapped } else { clock.second + minutes * 60 };
        if clock.second < 3600 {
            clock.second += HALF_DAY;
        }
    } else {
        clock.second = wrapped;
    }
    clock.precision = Precision::Minute;
    Some(Node::Clock(clock))
}

/// "diez para las ocho", "un cuarto para la una": the hour stands behind.
pub(crate) fn hour_less(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let minutes = match (number(parts), has(parts, Sym::Quarters)) {
        (None | Some(1.0), true) => 15,
        (Some(n), false) if (1.0..30.0).contains(&n) => n as i16,
        _ => return None,
    };
    if word(parts, Sym::Unit).is_some_and(|unit| unit != Unit::Minute as i16) {
        return None;
    }
    let hour = parts.iter().copied().filter(|p| matches!(p.node, Node::Clock(_)));
    let offset = Matched { node: Node::Offset(-minutes), ..*parts.first()? };
    off_hour(scene, &std::iter::once(offset).chain(hour).collect::<Vec<_>>())
}

/// Noon.
pub(crate) fn noon(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Clock(Clock::known(12, 0)))
}

/// Midnight.
pub(crate) fn midnight(_: &Scene, _: &[Matched]) -> Option<Node> {
    Some(Node::Clock(Clock::known(0, 0)))
}

/// "mid-morning", "mid night": the middle of a part of the day.
pub(crate) fn middle(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let hour = match word(parts, Sym::Part) {
        Some(0) => 10,
        Some(1) => 14,
        Some(2) => 18,
        Some(3) => 0,
        Some(_) => return None,
        None => 12,
    };
    Some(Node::Clock(Clock::known(hour, 0)))
}

/// A part of the day, early or late.
pub(crate) fn day_part(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let index = word(parts, Sym::Part).or_else(|| word(parts, Sym::Parts)).or_else(|| word(parts, Sym::Meal));
    let index = index.unwrap_or(i16::from(BUSINESS)) as u8;
    let shade = if has(parts, Sym::Early) || has(parts, Sym::Earlier) {
        -1
    } else if has(parts, Sym::Late) || has(parts, Sym::Later) {
        1
    } else {
        0
    };
    Some(Node::Part(DayPart { index, shade }))
}

/// "night-time".
pub(crate) fn night_time(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let index = match word(parts, Sym::Part)? {
        3 => 5,
        index => index,
    };
    (scene.start + 1..scene.end).all(|at| scene.glued(at)).then_some(())?;
    Some(Node::Part(DayPart { index: index as u8, shade: 0 }))
}

/// "business hours".
pub(crate) fn business_hours(_: &Scene, parts: &[Matched]) -> Option<Node> {
    (super::unit(parts)? == Unit::Hour).then_some(Node::Part(DayPart { index: BUSINESS, shade: 0 }))
}

/// "today pm": the forenoon or the afternoon as a part of the day.
pub(crate) fn half_day(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let index = if has(parts, Sym::Am) { MORNING } else { AFTERNOON };
    Some(Node::Part(DayPart { index, shade: 0 }))
}

/// A clock time as a part of the day settles it: "8 in the evening".
pub(in crate::entities::time) fn within(clock: Clock, part: DayPart) -> Clock {
    if clock.half == Half::Known {
        return clock;
    }
    let hour = clock.hour();
    if !part.hours().pm {
        return clock.am();
    }
    // "tonight at 3" and "1 at night" lie after midnight.
    let small_hours = part.index == NIGHT && hour < 6 || matches!(part.index, EVENING | NIGHT) && hour == 12;
    if small_hours { clock.am() } else { clock.pm() }
}

/// A clock time and a part of the day.
pub(crate) fn in_part(_: &Scene, parts: &[Matched]) -> Option<Node> {
    // "el 24 por la noche" is a day.
    if word(parts, Sym::The) == Some(0) {
        return None;
    }
    let mut clock = within(clock(parts)?, part(parts)?);
    clock.precision = clock.precision.max(Precision::Hour);
    Some(Node::Clock(clock))
}

/// The hours of a part of the day.
pub(crate) fn part_hours(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let part = part(parts)?;
    let (start, end) = part.seconds();
    let known = |second| Clock { second, half: Half::Known, precision: Precision::Hour };
    Some(Node::Hours(Hours { start: known(start), end: known(end), part: Some(part), bare: false }))
}

/// "at lunch".
pub(crate) fn meal_hours(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let Node::Part(part) = day_part(scene, parts)? else { return None };
    let (start, end) = part.seconds();
    let known = |second| Clock { second, half: Half::Known, precision: Precision::Hour };
    Some(Node::Hours(Hours { start: known(start), end: known(end), part: Some(part), bare: false }))
}

fn both_clocks(parts: &[Matched]) -> Option<(Clock, Clock)> {
    let mut clocks = parts.iter().filter_map(|p| if let Node::Clock(c) = p.node { Some(c) } else { None });
    Some((clocks.next()?, clocks.next()?))
}

/// Settles which halves of the day the ends of "from 9 to 5 pm" belong to.
pub(in crate::entities::time) fn between(mut start: Clock, mut end: Clock) -> (Clock, Clock) {
    match (start.half, end.half) {
        (Half::Open, Half::Known) => {
            let later = Clock { second: start.second % HALF_DAY + HALF_DAY, ..start };
            let fits = later.second < end.second;
            start = if fits && end.second > HALF_DAY { start.pm() } else { start.am_or_noon(end) };
        }
        (Half::Known, Half::Open) => {
            let early = end.second % HALF_DAY;
            end = if early > start.second { end.am() } else { end.pm() };
        }
        (Half::Open, Half::Open) => {
            if start.second > end.second && start.second != HALF_DAY {
                // "11 to 4": past noon, or past midnight.
                end.second += HALF_DAY;
            }
        }
        (Half::Known, Half::Known) => {
            // "from 10am to 12am" said of one day means noon.
            if end.second == 0 && start.second > 0 && start.second < HALF_DAY {
                end.second = HALF_DAY;
            }
        }
    }
    (start, end)
}

impl Clock {
    fn am_or_noon(self, end: Clock) -> Clock {
        if self.second == HALF_DAY && end.second > HALF_DAY { self.pm() } else { self.am() }
    }
}

/// "from 3 to 5 pm", "9-11:30", "between 4 and 6 in the afternoon".
pub(crate) fn range(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (start, mut end) = both_clocks(parts)?;
    let mut start = start;
    if let Some(part) = part(parts) {
        end = within(end, part);
        if !part.hours().pm {
            start = start.am();
        }
    }
    // "10:30 to 3" settles nothing; "8-9" says not even that it is a time.
    let unmarked = |c: &Clock| c.precision == Precision::Bare && (c.half == Half::Open || part(parts).is_none());
    // "from 3 to 4" and nothing else is an answer.
    let is_answer = scene.is_whole() && (has(parts, Sym::From) || has(parts, Sym::Between));
    let bare = unmarked(&start) && unmarked(&end) && !is_answer;
    let (start, end) = between(start, end);
    if start.second == end.second && start.half == end.half {
        return None;
    }
    Some(Node::Hours(Hours { start, end, part: None, bare }))
}

/// "from 3 pm and 5 pm": "and" joins a range only when both ends are marked as times.
pub(crate) fn range_marked(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let (start, end) = both_clocks(parts)?;
    (start.precision > Precision::Bare && end.precision > Precision::Bare).then(|| range(scene, parts))?
}

/// "later than 3 pm but before 6 pm".
pub(crate) fn between_bounds(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let (start, end) = both_clocks(parts)?;
    let mut sides = parts.iter().filter_map(|p| match p.node {
        Node::Word(Sym::Before, _) => Some(Sym::Before),
        Node::Word(Sym::After | Sym::Since | Sym::From, _) => Some(Sym::After),
        _ => None,
    });
    let opens_and_closes = sides.next() == Some(Sym::After) && sides.next() == Some(Sym::Before);
    let (start, end) = between(start, end);
    let fits = opens_and_closes && start.second < end.second;
    fits.then_some(Node::Hours(Hours { start, end, part: None, bare: false }))
}

/// "from 2 pm for 2 hours".
pub(crate) fn lasting(_: &Scene, parts: &[Matched]) -> Option<Node> {
    let start = clock(parts)?;
    let length = length(parts)?;
    if !length.has_clock() || length.days() != 0.0 || length.months() != 0.0 {
        return None;
    }
    let seconds = length.seconds() as i64;
    let end = i64::from(start.second) + seconds;
    (end < i64::from(2 * DAY)).then_some(())?;
    let end = Clock { second: end as i32, ..start };
    Some(Node::Hours(Hours { start, end, part: None, bare: false }))
}

/// "5" alone as a time: only right after "at".
pub(crate) fn after_at(scene: &Scene, parts: &[Matched]) -> Option<Node> {
    let clock = clock(parts)?;
    if !(scene.after(Sym::At) || scene.after(Sym::Around) && scene.start > 1 && scene.is(scene.start - 2, Sym::At)) {
        return None;
    }
    // Not the beginning of a larger number, a measure or a share.
    let figures = scene.tokens.get(scene.end).is_some_and(|t| t.digits > 0 && t.gap != Gap::Line);
    let counted =
        [Sym::Unit, Sym::Part, Sym::Of, Sym::Slash, Sym::Hundred, Sym::Thousand].iter().any(|&s| scene.before(s));
    let glued_word = scene.glued(scene.end) && scene.char_behind().is_some_and(char::is_alphabetic);
    (!figures && !counted && !glued_word).then_some(Node::Clock(clock))
}
