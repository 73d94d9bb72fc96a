//! How fine a time value is, told from its TIMEX3 form.

use crate::entities::TimeValue;

/// How fine a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Grain {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Grain {
    /// In lower case, as it is written out.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Grain::Second => "second",
            Grain::Minute => "minute",
            Grain::Hour => "hour",
            Grain::Day => "day",
            Grain::Week => "week",
            Grain::Month => "month",
            Grain::Year => "year",
        }
    }
}

impl TimeValue {
    /// How fine it is: the smallest unit said, or that its ends are given in.
    #[must_use]
    pub fn grain(&self) -> Grain {
        of(&self.timex)
    }
}

fn of(timex: &str) -> Grain {
    if let Some(inner) = timex.strip_prefix('(') {
        // (start,end,length): the length is counted in what was said.
        return of(inner.trim_end_matches(')').rsplit(',').next().unwrap_or_default());
    }
    if let Some((a, b)) = timex.split_once('/') {
        return of(if a == ".." { b } else { a });
    }
    if timex.ends_with("_REF") {
        return Grain::Second;
    }
    if let Some(length) = timex.strip_prefix('P') {
        return of_length(length);
    }
    if let Some((_, clock)) = timex.split_once('T') {
        return match clock.matches(':').count() {
            0 => Grain::Hour,
            1 => Grain::Minute,
            _ => Grain::Second,
        };
    }
    if timex.contains(':') {
        return Grain::Second;
    }
    match timex.split('-').collect::<Vec<_>>().as_slice() {
        [_] => Grain::Year,
        [_, week] if week.starts_with('W') => Grain::Week,
        [_, _] => Grain::Month,
        _ => Grain::Day,
    }
}

fn of_length(length: &str) -> Grain {
    let clock = length.contains('T');
    match length.bytes().last() {
        Some(b'S') => Grain::Second,
        Some(b'M') if clock => Grain::Minute,
        Some(b'H') => Grain::Hour,
        Some(b'W') => Grain::Week,
        Some(b'M') => Grain::Month,
        Some(b'Y') => Grain::Year,
        _ => Grain::Day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grain_is_the_smallest_unit_said() {
        let cases = [
            ("2016", Grain::Year),
            ("XXXX-05", Grain::Month),
            ("2016-W45", Grain::Week),
            ("XXXX-WXX-5", Grain::Day),
            ("2016-W45-WE", Grain::Day),
            ("2016-11-07", Grain::Day),
            ("2016-11-07T15", Grain::Hour),
            ("2016-11-07T15:30", Grain::Minute),
            ("T15:30:00", Grain::Second),
            ("2016-11-07TMO", Grain::Hour),
            ("P1Y2M", Grain::Month),
            ("PT90M", Grain::Minute),
            ("P3W", Grain::Week),
            ("(2016-01-01,2016-04-01,P3M)", Grain::Month),
            ("(T15,T17,PT2H)", Grain::Hour),
            ("2016-11-06/..", Grain::Day),
            ("../17:00:00", Grain::Second),
            ("PRESENT_REF", Grain::Second),
        ];
        for (timex, grain) in cases {
            assert_eq!(of(timex), grain, "{timex}");
        }
    }
}
