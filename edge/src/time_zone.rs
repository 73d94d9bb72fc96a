//! Where a person's clock stands: a fixed offset (`+02:00`, `Z`), or an IANA zone by the rule that holds in it now.

mod rules;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

/// The widest offset there is, seconds (RFC 9557 allows less than a day; the world uses 14 hours).
const MAX_OFFSET_SECONDS: i32 = 15 * 3_600;

/// Seconds east of UTC at that time: none where no zone is said; nothing where what is said is no zone that is known here.
#[must_use]
pub fn offset_seconds(zone: Option<&Value>, now_ms: i64) -> Option<i32> {
    let text = match zone {
        None | Some(Value::Null) => return Some(0),
        Some(zone) => zone.as_str()?.trim(),
    };
    fixed(text).or_else(|| named(text, now_ms))
}

/// `Europe/Berlin`
fn named(zone: &str, now_ms: i64) -> Option<i32> {
    let rule = rules::RULES.lines().find_map(|line| {
        let (rule, zones) = line.split_once(' ')?;
        zones.split(' ').any(|one| one.eq_ignore_ascii_case(zone)).then_some(rule)
    })?;
    let at = Timestamp::from_millisecond(now_ms).ok()?;
    Some(TimeZone::posix(rule).ok()?.to_offset(at).seconds())
}

/// `Z`, `UTC`, `+2`, `-03:30`, `+0530`.
fn fixed(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    if !rest.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if rest.len() == 4 => rest.split_at(2),
        None => (rest, "0"),
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?;
    (minutes < 60 && seconds <= MAX_OFFSET_SECONDS).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_in_their_usual_spellings() {
        for (text, seconds) in [
            ("Z", 0),
            ("utc", 0),
            ("+02:00", 7_200),
            ("-03:30", -12_600),
            ("+0530", 19_800),
            ("+2", 7_200),
            ("+14:00", 50_400),
        ] {
            assert_eq!(offset_seconds(Some(&Value::from(text)), 0), Some(seconds), "{text}");
        }
        for text in ["", "+99:00", "+02:75", "+", "two", "+é", "Berlin", "Mars/Olympus"] {
            assert_eq!(offset_seconds(Some(&Value::from(text)), 0), None, "{text}");
        }
        assert_eq!(offset_seconds(Some(&Value::from(2)), 0), None);
        assert_eq!((offset_seconds(None, 0), offset_seconds(Some(&Value::Null), 0)), (Some(0), Some(0)));
    }

    #[test]
    fn zones_follow_their_rules_through_the_year() {
        let (january, july) = (1_768_478_400_000, 1_784_116_800_000); // 15 January and 15 July 2026, 12:00 UTC
        for (zone, winter, summer) in [
            ("Europe/Berlin", 3_600, 7_200),
            ("europe/berlin", 3_600, 7_200),
            ("America/New_York", -18_000, -14_400),
            ("US/Pacific", -28_800, -25_200),
            ("Asia/Kolkata", 19_800, 19_800),
            ("Asia/Kathmandu", 20_700, 20_700),
            ("Australia/Sydney", 39_600, 36_000),
            ("America/Sao_Paulo", -10_800, -10_800),
            ("Etc/UTC", 0, 0),
        ] {
            assert_eq!(offset_seconds(Some(&Value::from(zone)), january), Some(winter), "{zone}");
            assert_eq!(offset_seconds(Some(&Value::from(zone)), july), Some(summer), "{zone}");
        }
    }

    #[test]
    fn every_rule_of_the_table_is_one() {
        for line in rules::RULES.lines() {
            let (rule, zones) = line.split_once(' ').unwrap();
            assert!(TimeZone::posix(rule).is_ok(), "{rule}");
            assert!(!zones.is_empty());
        }
    }
}
