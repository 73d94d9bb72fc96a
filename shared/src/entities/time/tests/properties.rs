//! What holds of any text: no panic, spans on character boundaries, values that parse back.

use jiff::civil::{Date, DateTime, Time};
use proptest::prelude::*;

use super::*;

/// Pieces that time expressions are made of, and some that break them.
const PIECES: &[&str] = &[
    "monday", "may", "the", "of", "next", "last", "week", "month", "3", "31", "2016", "29", "/", "-", ":", ".", ",",
    "pm", "am", "at", "to", "from", "between", "and", "in", "days", "hours", "ago", "before", "after", "tomorrow",
    "morning", "half", "past", "quarter", "first", "second", "twenty", "hundred", "99999999", "0", "24", "every",
    "now", "easter", "weekend", "end", "since", "’", "é", "日", "\n", "th", "st", "q", "1", "h", "d", "new", "year",
    "eve", "feb", "decade", "business", "thousand", "century", "rest", "early", "🙂", "\u{301}", "(", ")", "noon",
    "within", "for", "starting",
];

fn parses(value: &Value, kind: Kind) -> bool {
    let Value::Time(time) = value else { return false };
    let day = |s: &str| s.parse::<Date>().is_ok();
    let clock = |s: &str| s.parse::<Time>().is_ok();
    let moment = |s: &str| s.len() == 19 && s.parse::<DateTime>().is_ok();
    let open = |s: &str| s == "..";
    let point = |of: &dyn Fn(&str) -> bool| time.point.as_deref().is_some_and(of);
    let range = |of: &dyn Fn(&str) -> bool| {
        let fits = |s: &str| of(s) || open(s);
        time.range.as_ref().is_some_and(|(a, b)| fits(a) && fits(b) && !(open(a) && open(b)))
    };
    !time.timex.is_empty()
        && match kind {
            Kind::Date => point(&day),
            Kind::Time => point(&clock),
            Kind::DateTime => point(&moment),
            Kind::Duration => time.seconds.is_some_and(|s| s.is_finite() && s >= 0.0),
            Kind::DateRange => range(&day),
            Kind::TimeRange => range(&clock),
            Kind::DateTimeRange => range(&moment),
            Kind::Set => true,
            _ => false,
        }
}

fn hold(text: &str, reference: &Reference) -> Result<(), TestCaseError> {
    let mut end = 0;
    for entity in recognize(text, KINDS, reference) {
        prop_assert!(entity.start >= end && entity.start < entity.end && entity.end <= text.len());
        prop_assert!(text.is_char_boundary(entity.start) && text.is_char_boundary(entity.end));
        prop_assert!((0.0..=1.0).contains(&entity.confidence));
        prop_assert!(!entity.readings.is_empty());
        for value in &entity.readings {
            prop_assert!(parses(value, entity.kind), "{:?} {:?} in {:?}", entity.kind, value, text);
        }
        end = entity.end;
    }
    Ok(())
}

fn references() -> impl Strategy<Value = Reference> {
    let parts = (1970i16..=2100, 1i8..=12, 1i8..=28, 0i8..24, 0i8..60, any::<bool>(), any::<bool>());
    parts.prop_map(|(year, month, day, hour, minute, past, spanish)| Reference {
        now: DateTime::constant(year, month, day, hour, minute, 0, 0),
        offset_seconds: 0,
        direction: if past { Direction::Past } else { Direction::Future },
        language: if spanish { Language::Spanish } else { Language::English },
        place: crate::entities::Place::DEFAULT,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_row_of_time_words_gives_values_that_parse_back(
        words in prop::collection::vec((prop::sample::select(PIECES), any::<bool>()), 0..24),
        reference in references(),
    ) {
        let text: String = words.iter().map(|(w, glued)| format!("{w}{}", if *glued { "" } else { " " })).collect();
        hold(&text, &reference)?;
    }

    #[test]
    fn any_text_at_all_is_read_without_a_panic(text in "\\PC{0,80}", reference in references()) {
        hold(&text, &reference)?;
    }
}

#[test]
fn long_texts_are_read_to_their_end() {
    let text = "Nothing to see here, move along please. ".repeat(1000) + "See you tomorrow.";
    let entities = recognize(&text, KINDS, &reference(NOW, Direction::Future));
    assert_eq!(entities.len(), 1);
    assert_eq!(&text[entities[0].start..entities[0].end], "tomorrow");
}

#[test]
fn texts_of_four_thousand_numbers_end() {
    for piece in ["1 ", "1-", "may 5 ", "the last week of ", "1:1:", "3 days after "] {
        let text = piece.repeat(4096 / piece.len());
        assert!(recognize(&text, KINDS, &reference(NOW, Direction::Future)).len() <= text.len());
    }
}
