//! Dates, times, lengths of time, spans and repetitions: the recognizers of the time family.
//!
//! A grammar is data, in the folder of its language ([`english`], [`spanish`]); [`chart`] matches it; [`actions`] say what it means against the
//! reference; [`render`] writes it out. What a span includes and which days "next Friday" or "this week" are follows
//! Microsoft Recognizers-Text, whose cases we are measured by; docs/entities.md has the table.
//!
//! Overlaps: what begins first wins, then what is longest, then the order of [`TOP`].

mod actions;
pub(crate) mod calendar;
mod chart;
#[path = "../../language/english/time.rs"]
mod english;
mod filters;
#[cfg(feature = "german")]
#[path = "../../language/german/time.rs"]
mod german;
mod grain;
mod grammar;
mod holidays;
mod layout;
mod parts;
mod readers;
mod render;
#[path = "../../language/spanish/time.rs"]
mod spanish;
mod tense;
#[cfg(test)]
mod tests;
mod tokens;
mod values;
mod zone;

use chart::{Chart, Found, Scene};
use grammar::{Grammar, Mask, Sym};

use super::{Conventions, DateOrder, Entity, Kind, Kinds, Language, Reference, Tenses};

pub use grain::Grain;
pub use zone::Zone;

/// What may stand by itself; earlier ones win when as long.
const TOP: [Sym; 10] = [
    Sym::Repeat,
    Sym::Stamp,
    Sym::Stretch,
    Sym::Dates,
    Sym::Period,
    Sym::ClockTime,
    Sym::AtHour,
    Sym::TimeRange,
    Sym::Duration,
    Sym::Open,
];

/// The kinds of the time family.
pub(super) const KINDS: Kinds = Kinds::NONE
    .with(Kind::Date)
    .with(Kind::Time)
    .with(Kind::DateTime)
    .with(Kind::Duration)
    .with(Kind::DateRange)
    .with(Kind::TimeRange)
    .with(Kind::DateTimeRange)
    .with(Kind::Set);

/// The grammar of a language.
fn grammar(language: Language) -> &'static Grammar {
    match language {
        Language::English => &english::ENGLISH,
        Language::Spanish => &spanish::SPANISH,
        #[cfg(feature = "german")]
        Language::German => &german::GERMAN,
        // A build without it has no game that speaks it.
        #[cfg(not(feature = "german"))]
        Language::German => &english::ENGLISH,
    }
}

/// Words that speak of time by themselves; every value holds one of them.
const NAMES: Mask = {
    let names = [
        Sym::Digits,
        Sym::Card,
        Sym::Tens,
        Sym::Hundred,
        Sym::Thousand,
        Sym::Ordinal,
        Sym::Month,
        Sym::Weekday,
        Sym::Weekdays,
        Sym::Unit,
        Sym::Part,
        Sym::Parts,
        Sym::Meal,
        Sym::Season,
        Sym::Decade,
        Sym::Today,
        Sym::Now,
        Sym::Noon,
        Sym::Midnight,
        Sym::Tonight,
        Sym::HolidayStart,
        Sym::Workweek,
        Sym::Recently,
        Sym::Instant,
        Sym::Eod,
        Sym::Eoy,
        Sym::Set,
        Sym::Time,
        Sym::Date,
        Sym::Soon,
        Sym::Closest,
        Sym::Business,
        Sym::Calendar,
    ];
    let mut mask = 0;
    let mut i = 0;
    while i < names.len() {
        mask |= names[i].bit();
        i += 1;
    }
    mask
};

/// How many words may stand before the first of [`NAMES`]: "in the early part of the".
const LEAD_LIMIT: usize = 6;

/// Whether a value may begin at token `at`: a known word, with one that speaks of time not far behind.
fn may_begin(tokens: &[tokens::Token], at: usize) -> bool {
    let mut ahead = tokens[at..].iter().take(LEAD_LIMIT).take_while(|t| t.mask != 0);
    ahead.any(|t| t.mask & NAMES != 0)
}

/// Finds the time values of `kinds` in `text`, in order, without overlaps. Without a zone, the reference's offset holds
/// throughout; in one whose clocks are put forward and back "in 3 hours" is three hours of real time, and a time that the
/// clocks pass over is the one that they show instead.
#[must_use]
pub fn recognize_by(
    text: &str,
    kinds: Kinds,
    reference: &Reference,
    zone: Option<&dyn Zone>,
    conventions: &Conventions,
) -> Vec<Entity> {
    let mut out = Vec::new();
    if !kinds.meets(KINDS) {
        return out;
    }
    let grammar = grammar(reference.language);
    let tokens = tokens::tokens(text, grammar);
    if !tokens.iter().any(|t| t.mask & NAMES != 0) {
        return out;
    }
    let scene = Scene {
        text,
        tokens: &tokens,
        grammar,
        day_first: match conventions.date_order {
            DateOrder::OfLanguage => grammar.day_first,
            DateOrder::DayFirst => true,
            DateOrder::MonthFirst => false,
        },
        now: reference.now,
        today: reference.now.date(),
        zone,
        week: reference.place.week_start,
        tenses: conventions.tenses,
        start: 0,
        end: 0,
    };
    let preferred = render::Preferred { direction: reference.direction, hours: reference.place.business_hours };
    let mut chart = Chart::new(scene);
    let mut at = 0;
    while at < tokens.len() && !chart.is_spent() {
        if !may_begin(&tokens, at) {
            at += 1;
            continue;
        }
        chart.forget();
        let Some((found, kind)) = best(&mut chart, at, kinds) else {
            at += 1;
            continue;
        };
        let end = found.end as usize;
        if kinds.contains(kind) {
            let direction = match conventions.tenses {
                Tenses::Heeded => tense::direction(&chart.scene, at, end).unwrap_or(reference.direction),
                Tenses::Ignored => reference.direction,
            };
            let readings = render::readings(&found.node, render::Preferred { direction, ..preferred }, zone);
            if !readings.is_empty() {
                out.push(Entity {
                    start: tokens[at].start as usize,
                    end: tokens[end - 1].end as usize,
                    kind,
                    readings,
                    confidence: filters::confidence(&chart.scene, at, &found),
                });
            }
        }
        at = end;
    }
    out
}

/// Whether a word in lower case is a verb of the past by its form.
pub(crate) fn is_past(word: &str, language: Language) -> bool {
    tense::is_past(grammar(language).tense, word)
}

/// Where a text names a day that there is not (`29 February 2019`, `31 April`, `30/02/2024`), the first of them, in bytes:
/// what to say when it was an answer.
#[must_use]
pub fn impossible_date(text: &str, language: Language) -> Option<std::ops::Range<usize>> {
    let grammar = grammar(language);
    let tokens = tokens::tokens(text, grammar);
    let day = jiff::civil::Date::constant(2000, 1, 1);
    let scene = Scene {
        text,
        tokens: &tokens,
        grammar,
        day_first: grammar.day_first,
        now: day.at(0, 0, 0, 0),
        today: day,
        zone: None,
        week: super::WeekStart::Monday,
        tenses: Tenses::Ignored,
        start: 0,
        end: 0,
    };
    let span = (0..tokens.len())
        .find_map(|at| filters::no_such_day(&scene, at).or_else(|| filters::no_such_figures(&scene, at)))?;
    Some(tokens[span.start].start as usize..tokens[span.end - 1].end as usize)
}

/// The longest value at token `at`: of all kinds first, and of the kinds asked for if that one is not among them.
fn best(chart: &mut Chart, at: usize, kinds: Kinds) -> Option<(Found, Kind)> {
    let mut longest: Option<(Found, Kind)> = None;
    let mut asked: Option<(Found, Kind)> = None;
    for top in TOP {
        for i in chart.at(top, at) {
            let found = chart.get(i);
            let Some(kind) = render::kind(&found.node) else { continue };
            let longer = |other: &Option<(Found, Kind)>| other.is_none_or(|(o, _)| found.end > o.end);
            if !(longer(&longest) || kinds.contains(kind) && longer(&asked)) {
                continue;
            }
            if !filters::stands(&chart.scene, at, &found) {
                continue;
            }
            if longer(&longest) {
                longest = Some((found, kind));
            }
            if kinds.contains(kind) && longer(&asked) {
                asked = Some((found, kind));
            }
        }
    }
    match longest {
        // A repetition is never read as the single day or time in it.
        Some((_, kind)) if kinds.contains(kind) || kind == Kind::Set => longest,
        _ => asked,
    }
}
