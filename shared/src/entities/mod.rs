//! Recognizers: values as people say them, each a pure function of text and reference time.

mod age;
pub mod amount;
pub mod answer;
mod boolean;
mod currencies;
mod digits;
mod dimension;
mod domains;
mod email;
pub mod extract;
pub mod grammar;
mod ip;
mod money;
pub mod number;
pub mod ordinal;
mod percent;
mod phone;
mod quantity;
mod recognize;
pub mod table;
mod temperature;
pub mod time;
pub mod token;
mod units;
mod url;
pub mod utterance;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

pub use recognize::{recognize, recognize_by, recognize_in};

/// What kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Kind {
    Number,
    Ordinal,
    Percent,
    Age,
    Money,
    Temperature,
    Dimension,
    Boolean,
    Email,
    Phone,
    Url,
    Ip,
    Date,
    Time,
    DateTime,
    Duration,
    DateRange,
    TimeRange,
    DateTimeRange,
    Set,
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds(u32);

impl Kinds {
    /// No kind.
    pub const NONE: Kinds = Kinds(0);
    /// The set with `kind` added.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Kinds {
        Kinds(self.0 | 1 << kind as u32)
    }
    /// Whether `kind` is in the set.
    #[must_use]
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }
}

/// The language of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Language {
    #[default]
    English,
    Spanish,
    German,
}

/// Which of two readings is preferred when a time could lie on either side of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// "Tuesday" is the coming one.
    #[default]
    Future,
    /// "Tuesday" is the last one.
    Past,
}

/// Which of day and month stands first in dates in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// As the language has it.
    #[default]
    OfLanguage,
    /// `3/4` is the third of April.
    DayFirst,
    /// `3/4` is the fourth of March.
    MonthFirst,
}

/// The hours in which people meet and call: a clock time without am or pm lies in them, if one of its readings does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// The first hour of the day, 0 to 23.
    pub opens: u8,
    /// The hour before which they end, 1 to 24.
    pub closes: u8,
}

impl BusinessHours {
    /// Where nobody says otherwise.
    pub const USUAL: BusinessHours = BusinessHours { opens: 7, closes: 19 };

    /// Of `7:00-19:00`: full hours of one day.
    #[must_use]
    pub fn parse(text: &str) -> Option<BusinessHours> {
        let hour = |text: &str| {
            let (hour, minutes) = text.trim().split_once(':')?;
            (minutes == "00" && hour.len() <= 2).then(|| hour.parse::<u8>().ok())?
        };
        let (opens, closes) = text.split_once('-')?;
        let hours = BusinessHours { opens: hour(opens)?, closes: hour(closes)? };
        (hours.opens < hours.closes && hours.closes <= 24).then_some(hours)
    }
}

impl Default for BusinessHours {
    fn default() -> Self {
        BusinessHours::USUAL
    }
}

/// Whether the verbs around a time say on which side of now it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tenses {
    /// The reference alone says which side is preferred: the caller knows what was asked.
    #[default]
    Ignored,
    /// "She called on Tuesday" is the last one, "she will call on Tuesday" the coming one.
    Heeded,
}

/// What a place or a game has settled about values that may be read in two ways. Both readings are kept; this says which
/// is preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conventions {
    /// Day or month first.
    pub date_order: DateOrder,
    /// Whether to heed verbs.
    pub tenses: Tenses,
}

/// What people of a place, or of a game, mean by figures and signs that others read in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Day or month first.
    pub date_order: DateOrder,
    /// With which day a week begins.
    pub week_start: WeekStart,
    /// Whose dollars, pounds and pesos.
    pub money: HomeMoney,
    /// When a clock time without am or pm is likely.
    pub business_hours: BusinessHours,
    /// What sets groups of digits apart, where that is another mark than elsewhere in the language: "1,500" in Mexico.
    pub group_mark: Option<char>,
}

impl Place {
    /// Nowhere in particular.
    pub const DEFAULT: Place = Place {
        date_order: DateOrder::OfLanguage,
        week_start: WeekStart::Monday,
        money: HomeMoney::UNKNOWN,
        business_hours: BusinessHours::USUAL,
        group_mark: None,
    };
}

/// With which day a week begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeekStart {
    /// As in ISO 8601.
    #[default]
    Monday,
    /// As in North America.
    Sunday,
}

/// Which currencies (ISO 4217) are meant by names and signs that several share; `None` where nothing tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HomeMoney {
    /// "$".
    pub dollar_sign: Option<&'static str>,
    /// "£", "pounds".
    pub pound: Option<&'static str>,
    /// An amount without a currency, and a name that the place's own currency shares with others ("pesos").
    pub own: Option<&'static str>,
}

impl HomeMoney {
    /// Nothing tells.
    pub const UNKNOWN: HomeMoney = HomeMoney { dollar_sign: None, pound: None, own: None };

    /// The currency that a family's name means here; `None` where the family does not hold it.
    pub(crate) fn of_family(&self, family: &str, said: &str) -> Option<&'static str> {
        let own = self.own.filter(|code| money::is_of_family(code, family));
        match family {
            "Dollar" if said.contains('$') => self.dollar_sign,
            "Dollar" => own.or(self.dollar_sign.filter(|code| money::is_of_family(code, family))),
            "Pound" => own.or(self.pound),
            _ => own,
        }
    }
}

/// Against what a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The speaker's local time.
    pub now: DateTime,
    /// Seconds east of UTC at `now`.
    pub offset_seconds: i32,
    /// Preferred side of now.
    pub direction: Direction,
    /// The language.
    pub language: Language,
    /// What its place settles.
    pub place: Place,
}

/// A value found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Its kind.
    pub kind: Kind,
    /// All readings, the preferred one first; never empty.
    pub readings: Vec<Value>,
    /// In [0, 1].
    pub confidence: f64,
}

impl Entity {
    /// Where it stands.
    pub(crate) fn span(&self) -> (usize, usize) {
        (self.start, self.end)
    }
}

/// A value in canonical form.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Value {
    /// A number, ordinal or percentage. `text` is the exact decimal where an `f64` would lose digits,
    /// or a relative ordinal such as `current+1`.
    Number {
        number: f64,
        text: Option<String>,
    },
    /// An age, temperature, dimension or amount of money.
    Quantity {
        number: f64,
        unit: String,
        currency: Option<String>,
    },
    Boolean(bool),
    /// An email address, a phone number, a URL, an IP address: as written, and in normal form where there is one
    /// (E.164, lower-case host).
    Text {
        text: String,
        normal: Option<String>,
    },
    /// A point, span or repetition in time.
    Time(TimeValue),
}

/// A time value: TIMEX and its resolution.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeValue {
    /// TIMEX3 / ISO 8601 form, such as `XXXX-WXX-2`, `2016-11-07`, `T15:30`, `PT2H`.
    pub timex: String,
    /// The resolved value, as `lgdl extract` prints it: date `YYYY-MM-DD`, time `HH:MM:SS`, datetime
    /// `YYYY-MM-DDTHH:MM:SS`; `None` for durations and ranges.
    pub point: Option<String>,
    /// Start and end (exclusive) of a range.
    pub range: Option<(String, String)>,
    /// A duration in seconds.
    pub seconds: Option<f64>,
}

impl TimeValue {
    /// Whether it is a part of the day without hours of its own: "in the afternoon".
    pub(crate) fn is_part_of_day(&self) -> bool {
        let part = self.timex.rsplit_once('T').map_or("", |(_, part)| part);
        !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_uppercase())
    }

    /// Whether it begins with a decade that is told as one: "the eighties", but not "1980".
    pub(crate) fn is_decade(&self, said: &str) -> bool {
        let year = self.range.as_ref().and_then(|(start, _)| start.strip_suffix("-01-01"));
        year.is_some_and(|year| year.ends_with('0') && !said.contains(year))
    }

    /// How long it lasts, where that is told in one unit: `PT1.5H` is 1.5 of `Hour`.
    #[must_use]
    pub fn length(&self) -> Option<(f64, &'static str)> {
        let length = self.timex.strip_prefix('P')?;
        let units: &[(char, &'static str)] = match length.strip_prefix('T') {
            Some(_) => &[('H', "Hour"), ('M', "Minute"), ('S', "Second")],
            None => &[('D', "Day"), ('W', "Week"), ('M', "Month"), ('Y', "Year")],
        };
        let length = length.trim_start_matches('T');
        let (_, unit) = units.iter().find(|(sign, _)| length.ends_with(*sign))?;
        let amount = crate::decimal::read(&length[..length.len() - 1])?;
        Some((amount, *unit))
    }
}

impl Kinds {
    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// The set without the kinds of `other`.
    #[must_use]
    pub const fn without(self, other: Kinds) -> Kinds {
        Kinds(self.0 & !other.0)
    }
    /// Whether the sets have a kind in common.
    #[must_use]
    pub const fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }
}
