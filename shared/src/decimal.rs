//! Reading decimal numbers, rounded once: to the nearest double.
//!
//! `str::parse` does the same with tables of its own. Those that JSON is read with are there in any case.

/// Digits that a double holds exactly, and powers of ten that are doubles.
const EXACT_DIGITS: usize = 15;

/// `-?\d*(\.\d*)?([eE][+-]?\d+)?` with at least one digit before the exponent; what is too large is infinite.
pub(crate) fn read(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let (digits, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let power = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || !plain(power) || power.is_empty() || whole.len() + fraction.len() == 0 {
        return None;
    }
    if exponent == "0" && whole.len() + fraction.len() <= EXACT_DIGITS {
        // Both sides exact: one division rounds once.
        let all = whole.bytes().chain(fraction.bytes());
        let figures = all.fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        let scale = (0..fraction.len()).fold(1u64, |scale, _| scale * 10);
        return Some(sign * (figures as f64 / scale as f64));
    }
    let or_zero = |part: &str| if part.is_empty() { "0".to_owned() } else { part.to_owned() };
    let json = format!("{}.{}e{exponent}", or_zero(whole.trim_start_matches('0')), or_zero(fraction));
    // A number that is one can only be too large.
    let number = serde_json::from_slice::<f64>(json.as_bytes()).unwrap_or(f64::INFINITY);
    Some(sign * number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_the_standard_library_reads() {
        for text in [
            "0",
            "-0",
            "7",
            "007",
            "3.",
            ".5",
            "-.5",
            "+2",
            "0.1",
            "12.50",
            "1e3",
            "1E-3",
            "1.5e+2",
            "0e0",
            "1e400",
            "-1e400",
            "1e-400",
            "0.30000000000000004",
            "9007199254740993",
            "123456789012345678901234567890",
            "2.2250738585072011e-308",
            "5e-324",
            "0.000000000000000000000000000001",
            "179769313486231570000000000000000000000",
            "99999999999999.9",
            "1e22",
            "1e23",
        ] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(read(text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        let mut seed = 3u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (figures, places) = (seed >> 8, (seed >> 3) as usize % 24);
            for text in [
                format!("{figures}e-{places}"),
                format!("{}.{figures}", seed >> 50),
                format!("{}", f64::from_bits(seed >> 2)),
            ] {
                let expected: f64 = text.parse().unwrap();
                assert_eq!(read(&text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "1,5", "0x1", " 1", "inf", "nan", "--1", "1.2.3", "٣"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
