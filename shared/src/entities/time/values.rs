//! What the parts of a time expression mean, before it is written out. Small and `Copy`; resolved against the reference
//! as soon as they are built, with both sides of now kept where a text leaves them open.

use jiff::civil::{Date, DateTime};

use super::grammar::Sym;

/// The meaning of a symbol that was recognized.
#[derive(Debug, Clone, Copy)]
pub(super) enum Node {
    /// An optional element that is not there.
    Nothing,
    /// A word, with its value in the word table.
    Word(Sym, i16),
    /// A count; in full, half, a few.
    Number(f64),
    /// A day of a month.
    Day(i8),
    /// A month by its number.
    MonthNumber(i8),
    /// A year.
    Year(i16),
    /// An ordinal: first, second; −1 is the last.
    Nth(i8),
    /// Where something lies: this, next, last …
    Rel(Rel),
    /// A year and a month.
    YearMonth(i16, i8),
    /// Minutes before (negative) or past the hour.
    Offset(i16),
    /// Half past twelve, 14:30.
    Clock(Clock),
    /// A part of the day: the morning.
    Part(DayPart),
    /// A part of a day so many days from today: this morning, last night.
    Near(i8, DayPart),
    /// A length of time.
    Duration(Length),
    /// A length of time away from something.
    Shift(Shift),
    /// A day.
    Date(Day),
    /// Days: from the first to before the last.
    Period(Period),
    /// A span of hours on no day.
    Hours(Hours),
    /// A moment.
    Moment(Moment),
    /// A span between moments.
    Stretch(Stretch),
    /// Something that recurs.
    Repeat(Repeat),
    /// Open to one side: before, since.
    Open(Open),
    /// The beginning, middle or end of something.
    Edge(Edge),
}

/// Which of several alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rel {
    /// The current one.
    This,
    /// The one after the current one: next, following.
    Next,
    /// The one before the current one: last, previous.
    Last,
    /// The nearest ahead: coming, upcoming.
    Coming,
    /// The nearest behind: past.
    Past,
    /// "the", which says nothing.
    The,
}

impl Rel {
    /// −1, 0 or 1.
    pub(super) fn step(self) -> i64 {
        match self {
            Rel::Next | Rel::Coming => 1,
            Rel::Last | Rel::Past => -1,
            Rel::This | Rel::The => 0,
        }
    }
}

/// How a day was given, for its TIMEX form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayForm {
    /// `2016-11-07`
    Full,
    /// `XXXX-11-07`
    MonthDay,
    /// `XXXX-WXX-1`
    Weekday,
    /// `XXXX-XX-07`
    DayOfMonth,
}

/// A day, on either side of now; both the same when the text leaves no doubt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) past: Date,
    pub(super) future: Date,
    pub(super) form: DayForm,
    /// Both sides of what it is when day and month stand in the less usual order.
    pub(super) other: Option<(Date, Date)>,
}

impl Day {
    /// A day beyond doubt.
    pub(super) fn exact(date: Date) -> Day {
        Day::on_sides(date, date, DayForm::Full)
    }

    /// A day on either side of now.
    pub(super) fn on_sides(past: Date, future: Date, form: DayForm) -> Day {
        Day { past, future, form, other: None }
    }
}

/// How days were given, for the TIMEX form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PeriodForm {
    /// `2016`
    Year,
    /// `2016-11`
    Month,
    /// `XXXX-11`
    AnyMonth,
    /// `2016-W45`
    Week,
    /// `2016-W45-WE`
    Weekend,
    /// `(start,end,P3M)`, counted in this unit
    Count(Unit, i16),
    /// `(start,end,PnD)`
    Days,
}

/// Days from the first to before the last, on either side of now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) past: (Date, Date),
    pub(super) future: (Date, Date),
    pub(super) form: PeriodForm,
}

impl Period {
    /// Days beyond doubt.
    pub(super) fn exact(start: Date, end: Date, form: PeriodForm) -> Period {
        Period { past: (start, end), future: (start, end), form }
    }
}

/// Which half of the day an hour of 1 to 12 belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Said, or past doubt (`15:30`).
    Known,
    /// Not said.
    Open,
}

/// How exactly a clock time was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precision {
    /// A number that nothing marks as a time.
    Bare,
    Hour,
    Minute,
    /// To the minute, with its nought, as clocks of 24 hours write it: 06:30.
    Figures,
    Second,
}

/// A time of day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// Seconds since midnight.
    pub(super) second: i32,
    pub(super) half: Half,
    pub(super) precision: Precision,
}

/// Half a day, in seconds.
pub(super) const HALF_DAY: i32 = 12 * 3600;

impl Clock {
    pub(super) fn new(hour: i32, minute: i32, precision: Precision) -> Clock {
        let half = if (1..=12).contains(&hour) { Half::Open } else { Half::Known };
        Clock { second: (hour % 24) * 3600 + minute * 60, half, precision }
    }

    pub(super) fn known(hour: i32, minute: i32) -> Clock {
        Clock { second: hour * 3600 + minute * 60, half: Half::Known, precision: Precision::Hour }
    }

    pub(super) fn hour(self) -> i32 {
        self.second / 3600
    }

    /// In the morning.
    #[must_use]
    pub(super) fn am(mut self) -> Clock {
        if self.half == Half::Open {
            self.second %= HALF_DAY;
            self.half = Half::Known;
        }
        self
    }

    /// After noon.
    #[must_use]
    pub(super) fn pm(mut self) -> Clock {
        if self.half == Half::Open {
            self.second = self.second % HALF_DAY + HALF_DAY;
            self.half = Half::Known;
        }
        self
    }

    /// The same in the other half of the day, if that is open.
    pub(super) fn other(self) -> Option<Clock> {
        (self.half == Half::Open).then(|| Clock { second: (self.second + HALF_DAY) % (2 * HALF_DAY), ..self })
    }
}

/// A named part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DayPart {
    /// Position in [`super::parts::PARTS`].
    pub(super) index: u8,
    /// −1 early, 1 late.
    pub(super) shade: i8,
}

/// Hours on no day in particular.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hours {
    pub(super) start: Clock,
    pub(super) end: Clock,
    pub(super) part: Option<DayPart>,
    /// Neither end says that it is a clock time ("3-8"): counts only beside a day.
    pub(super) bare: bool,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    WorkingDay,
    Day,
    Weekend,
    Week,
    Fortnight,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
}

/// All units, by their number in the word tables.
pub(super) const UNITS: [Unit; 13] = [
    Unit::Second,
    Unit::Minute,
    Unit::Hour,
    Unit::WorkingDay,
    Unit::Day,
    Unit::Weekend,
    Unit::Week,
    Unit::Fortnight,
    Unit::Month,
    Unit::Quarter,
    Unit::Year,
    Unit::Decade,
    Unit::Century,
];

impl Unit {
    pub(super) fn numbered(n: i16) -> Option<Unit> {
        UNITS.get(usize::try_from(n).ok()?).copied()
    }

    /// Shorter than a day.
    pub(super) fn is_clock(self) -> bool {
        self < Unit::WorkingDay
    }
}

/// Most counts in one length: "1 year 2 months 3 days 4 hours".
pub(super) const COUNTS: usize = 4;

/// A length of time, as it was said: months, days and seconds do not convert into each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    counts: [f64; COUNTS],
    units: [Unit; COUNTS],
    len: u8,
    /// No count was said: "the hour", "all week".
    pub(super) whole: bool,
}

impl Length {
    pub(super) fn of(unit: Unit, count: f64) -> Length {
        let mut counts = [0.0; COUNTS];
        counts[0] = count;
        Length { counts, units: [unit; COUNTS], len: 1, whole: false }
    }

    /// The counts with their units, in the order said.
    pub(super) fn said(&self) -> impl Iterator<Item = (Unit, f64)> + '_ {
        self.units.iter().copied().zip(self.counts.iter().copied()).take(self.len as usize)
    }

    pub(super) fn plus(mut self, other: Length) -> Option<Length> {
        for (unit, count) in other.said() {
            let at = self.len as usize;
            *self.counts.get_mut(at)? = count;
            self.units[at] = unit;
            self.len += 1;
        }
        Some(self)
    }

    fn sum(&self, of: impl Fn(Unit) -> f64) -> f64 {
        self.said().map(|(unit, count)| count * of(unit)).sum()
    }

    /// What is counted in months and longer, in months.
    pub(super) fn months(&self) -> f64 {
        self.sum(|unit| match unit {
            Unit::Month => 1.0,
            Unit::Quarter => 3.0,
            Unit::Year => 12.0,
            Unit::Decade => 120.0,
            Unit::Century => 1200.0,
            _ => 0.0,
        })
    }

    /// What is counted in days, weekends, weeks and fortnights, in days.
    pub(super) fn days(&self) -> f64 {
        self.sum(|unit| match unit {
            Unit::Day => 1.0,
            Unit::Weekend => 2.0,
            Unit::Week => 7.0,
            Unit::Fortnight => 14.0,
            _ => 0.0,
        })
    }

    /// What is counted in working days.
    pub(super) fn working_days(&self) -> f64 {
        self.sum(|unit| if unit == Unit::WorkingDay { 1.0 } else { 0.0 })
    }

    /// What is counted in hours and shorter, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.sum(|unit| match unit {
            Unit::Second => 1.0,
            Unit::Minute => 60.0,
            Unit::Hour => 3600.0,
            _ => 0.0,
        })
    }

    /// Whether it is counted in units shorter than a day.
    pub(super) fn has_clock(&self) -> bool {
        self.said().any(|(unit, _)| unit.is_clock())
    }

    /// The first count.
    pub(super) fn count(&self) -> f64 {
        self.counts[0]
    }

    /// The largest unit said, which is said first.
    pub(super) fn largest(&self) -> Unit {
        self.units[0]
    }

    /// The smallest unit said, which is said last.
    pub(super) fn smallest(&self) -> Unit {
        self.units[(self.len as usize).saturating_sub(1).min(COUNTS - 1)]
    }

    /// In seconds, with months of 30 and years of 365 days.
    pub(super) fn in_seconds(&self) -> f64 {
        self.sum(|unit| match unit {
            Unit::Second => 1.0,
            Unit::Minute => 60.0,
            Unit::Hour => 3600.0,
            Unit::WorkingDay | Unit::Day => 86_400.0,
            Unit::Weekend => 172_800.0,
            Unit::Week => 604_800.0,
            Unit::Fortnight => 1_209_600.0,
            Unit::Month => 2_592_000.0,
            Unit::Quarter => 7_776_000.0,
            Unit::Year => 31_536_000.0,
            Unit::Decade => 315_360_000.0,
            Unit::Century => 3_153_600_000.0,
        })
    }
}

/// A length of time before (−1) or after (1) something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shift {
    pub(super) length: Length,
    pub(super) sign: f64,
    /// From when; from now if `None`.
    pub(super) anchor: Option<Date>,
}

/// A moment on either side of now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) day: Day,
    pub(super) clock: Clock,
    /// Given by the reference time itself, not by a day and an hour.
    pub(super) relative: bool,
    /// The TIMEX3 form of words that say no more than which side of now.
    pub(super) vague: Option<&'static str>,
}

/// A span between moments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// The preferred readings: on the side ahead and on the side behind, the same when one is meant.
    pub(super) future: (DateTime, DateTime),
    /// See [`Stretch::future`].
    pub(super) past: (DateTime, DateTime),
    /// Whether both ends may as well lie twelve hours later.
    pub(super) half: Half,
    /// The day and part of the day that it came from, for the TIMEX form.
    pub(super) part: Option<(DayForm, DayPart)>,
}

/// How often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeat {
    /// Every so many …
    pub(super) every: Length,
    /// … or on this day of the week …
    pub(super) weekday: Option<i8>,
    /// … or in this part of the day …
    pub(super) part: Option<DayPart>,
    /// … at this time.
    pub(super) clock: Option<Clock>,
    /// … on this day of each year
    pub(super) day: Option<(i8, i8)>,
}

/// Which side is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Before, until, by.
    Before,
    /// After, since.
    After,
}

/// A point with one side open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) side: Side,
    pub(super) bound: Bound,
}

/// Where an open range begins or ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound {
    Day(Day),
    Clock(Clock),
    Moment(Moment),
}

/// Which piece of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Early,
    Middle,
    Late,
    /// "earlier in", "later": up to now, from now on.
    Earlier,
    Later,
    Rest,
}
