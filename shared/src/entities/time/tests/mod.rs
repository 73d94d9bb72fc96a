//! What the recognizers of time understand, as tables of sentences.

mod calendar;
mod english;
mod negatives;
mod properties;
mod spanish;

use super::*;
use crate::entities::{Direction, Value, recognize, recognize_in};

/// Monday, 7 November 2016, 16:12.
const NOW: &str = "2016-11-07T16:12:00";

fn reference(now: &str, direction: Direction) -> Reference {
    Reference {
        now: now.parse().expect("a civil time"),
        offset_seconds: 0,
        direction,
        language: Language::English,
        place: crate::entities::Place::DEFAULT,
    }
}

/// `text|kind|value` of each entity, one after another.
fn found(text: &str, reference: &Reference) -> String {
    let entities = recognize(text, KINDS, reference);
    let shown = entities.iter().map(|e| {
        let Value::Time(time) = &e.readings[0] else { panic!("{text}: not a time value") };
        let value = match (&time.point, &time.range, time.seconds) {
            (Some(point), _, _) => point.clone(),
            (_, Some((start, end)), _) => format!("{start}..{end}"),
            (_, _, Some(seconds)) => format!("{seconds}s"),
            _ => time.timex.clone(),
        };
        format!("{}|{:?}|{value}", &text[e.start..e.end], e.kind)
    });
    shown.collect::<Vec<_>>().join(" & ")
}

fn check_at(now: &str, direction: Direction, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|&(text, want)| {
            let got = found(text, &reference(now, direction));
            (got != want).then(|| format!("{text}\n  want {want}\n  got  {got}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(cases: &[(&str, &str)]) {
    check_at(NOW, Direction::Future, cases);
}

fn check_in_spanish(cases: &[(&str, &str)]) {
    let reference = Reference { language: Language::Spanish, ..reference(NOW, Direction::Future) };
    for (text, want) in cases {
        assert_eq!(found(text, &reference), *want, "{text}");
    }
}

#[test]
fn answers_to_when_it_began_are_understood() {
    check_at(
        NOW,
        Direction::Past,
        &[
            ("2 days ago", "2 days ago|Date|2016-11-05"),
            ("an hour ago", "an hour ago|DateTime|2016-11-07T15:12:00"),
            ("a couple of hours ago", "a couple of hours ago|DateTime|2016-11-07T14:12:00"),
            ("about a week ago", "a week ago|Date|2016-10-31"),
            ("since yesterday", "since yesterday|DateRange|2016-11-06...."),
            ("since this morning", "since this morning|DateTimeRange|2016-11-07T08:00:00...."),
            ("since last week", "since last week|DateRange|2016-10-31...."),
            ("since about 3 pm", "since about 3 pm|TimeRange|15:00:00...."),
            ("last night", "last night|DateTimeRange|2016-11-06T20:00:00..2016-11-06T23:59:59"),
            ("this morning", "this morning|DateTimeRange|2016-11-07T08:00:00..2016-11-07T12:00:00"),
            ("for two weeks", "two weeks|Duration|1209600s"),
            ("a few days", "a few days|Duration|259200s"),
            ("half an hour", "half an hour|Duration|1800s"),
            ("an hour and a half", "an hour and a half|Duration|5400s"),
            ("half past three", "half past three|Time|15:30:00"),
            ("next Tuesday at noon", "next Tuesday at noon|DateTime|2016-11-15T12:00:00"),
            ("the day before yesterday", "the day before yesterday|Date|2016-11-05"),
            ("two or three days ago", "three days ago|Date|2016-11-04"),
            ("just now", "just now|DateTime|2016-11-07T16:12:00"),
            ("it started recently", "recently|DateTime|2016-11-07T16:12:00"),
            ("5 monkeys", ""),
            ("2024-02-30", ""),
        ],
    );
}
