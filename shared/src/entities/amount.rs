//! Exact amounts: what a number phrase comes to, without losing digits to floating point.

use crate::decimal::read;

/// A rational number, or an approximation where it would not fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// `numerator / denominator`, the denominator positive.
    Exact {
        /// Above the line.
        numerator: i128,
        /// Below the line.
        denominator: i128,
    },
    /// The nearest double.
    Approximate(f64),
}

/// Integers up to this are exact in a double.
const EXACT_DOUBLE: i128 = 1 << 53;
/// Decimal digits that any double keeps.
const DOUBLE_DIGITS: usize = 15;
/// The largest power of ten in an `i128`.
const MAX_POWER: u32 = 38;
/// The largest exponent of a power that is worked out; beyond, every result is 0 or infinite.
const MAX_EXPONENT: i32 = 4096;

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount::integer(0);

    /// A whole number.
    #[must_use]
    pub const fn integer(n: i128) -> Amount {
        Amount::Exact { numerator: n, denominator: 1 }
    }

    /// `numerator / denominator`; `None` for a denominator that is not positive.
    #[must_use]
    pub fn ratio(numerator: i128, denominator: i128) -> Option<Amount> {
        (denominator > 0).then(|| Amount::Exact { numerator, denominator }.reduced())
    }

    /// Reads `whole` and `fraction`, both decimal digits (either may be empty), as `whole.fraction`.
    #[must_use]
    pub fn decimal(whole: &str, fraction: &str) -> Amount {
        let fraction = fraction.trim_end_matches('0');
        let exact = || {
            let denominator = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
            let mut numerator: i128 = 0;
            for byte in whole.bytes().chain(fraction.bytes()) {
                numerator = numerator.checked_mul(10)?.checked_add(i128::from(byte.checked_sub(b'0')?))?;
            }
            Some(Amount::Exact { numerator, denominator })
        };
        exact().unwrap_or_else(|| Amount::Approximate(read(&format!("{whole}.{fraction}")).unwrap_or(0.0)))
    }

    /// The nearest double.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Amount::Approximate(value) => value,
            Amount::Exact { numerator, denominator: 1 } => numerator as f64,
            // Both sides exact: one division rounds once.
            Amount::Exact { numerator, denominator }
                if numerator.abs() <= EXACT_DOUBLE && denominator <= EXACT_DOUBLE =>
            {
                numerator as f64 / denominator as f64
            }
            Amount::Exact { numerator, denominator } => match decimal_text(numerator, denominator) {
                Some(text) => read(&text).unwrap_or(0.0),
                None => numerator as f64 / denominator as f64,
            },
        }
    }

    /// The exact decimal, if there is one and [`Amount::value`] has lost digits of it.
    #[must_use]
    pub fn text(self) -> Option<String> {
        let Amount::Exact { numerator, denominator } = self else {
            return None;
        };
        if denominator == 1 && numerator.abs() <= EXACT_DOUBLE {
            return None;
        }
        let text = decimal_text(numerator, denominator)?;
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (digits > DOUBLE_DIGITS).then_some(text)
    }

    /// The value, if it is whole and fits.
    #[must_use]
    pub fn as_integer(self) -> Option<i64> {
        match self.reduced() {
            Amount::Exact { numerator, denominator: 1 } => i64::try_from(numerator).ok(),
            _ => None,
        }
    }

    /// Its negative.
    #[must_use]
    pub fn negated(self) -> Amount {
        match self {
            Amount::Exact { numerator, denominator } => Amount::Exact { numerator: -numerator, denominator },
            Amount::Approximate(value) => Amount::Approximate(-value),
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        let exact = || {
            let (Amount::Exact { numerator: a, denominator: b }, Amount::Exact { numerator: c, denominator: d }) =
                (self, other)
            else {
                return None;
            };
            let numerator = a.checked_mul(d)?.checked_add(c.checked_mul(b)?)?;
            Amount::ratio(numerator, b.checked_mul(d)?)
        };
        exact().unwrap_or_else(|| Amount::Approximate(self.value() + other.value()))
    }

    /// The product.
    #[must_use]
    pub fn times(self, other: Amount) -> Amount {
        let exact = || {
            let (Amount::Exact { numerator: a, denominator: b }, Amount::Exact { numerator: c, denominator: d }) =
                (self, other)
            else {
                return None;
            };
            Amount::ratio(a.checked_mul(c)?, b.checked_mul(d)?)
        };
        exact().unwrap_or_else(|| Amount::Approximate(self.value() * other.value()))
    }

    /// The quotient; `None` by zero.
    #[must_use]
    pub fn over(self, other: Amount) -> Option<Amount> {
        let inverse = match other {
            Amount::Exact { numerator: 0, .. } => return None,
            Amount::Exact { numerator, denominator } if numerator < 0 => {
                Amount::Exact { numerator: -denominator, denominator: -numerator }
            }
            Amount::Exact { numerator, denominator } => {
                Amount::Exact { numerator: denominator, denominator: numerator }
            }
            Amount::Approximate(0.0) => return None,
            Amount::Approximate(value) => Amount::Approximate(1.0 / value),
        };
        Some(self.times(inverse))
    }

    /// Itself times ten to `exponent`.
    #[must_use]
    pub fn scaled(self, exponent: i32) -> Amount {
        let magnitude = exponent.unsigned_abs().min(MAX_EXPONENT as u32);
        if magnitude <= MAX_POWER {
            let power = Amount::integer(10i128.pow(magnitude));
            return if exponent < 0 { self.over(power).unwrap_or(self) } else { self.times(power) };
        }
        // A decimal literal is rounded once, by the parser.
        let literal = match self {
            Amount::Exact { numerator, denominator } => decimal_text(numerator, denominator),
            Amount::Approximate(_) => None,
        };
        Amount::Approximate(match literal {
            Some(decimal) => read(&format!("{decimal}e{exponent}")).unwrap_or(0.0),
            None => {
                let ten = if exponent < 0 { 0.1 } else { 10.0 };
                (0..magnitude).fold(self.value(), |value, _| value * ten)
            }
        })
    }

    /// Itself to the power of `exponent`, by repeated multiplication, so that it is the same on every platform.
    #[must_use]
    pub fn power(self, exponent: i32) -> Amount {
        let magnitude = exponent.unsigned_abs().min(MAX_EXPONENT as u32);
        let mut result = Amount::integer(1);
        for _ in 0..magnitude {
            result = result.times(self);
        }
        let result = if exponent < 0 { Amount::integer(1).over(result).unwrap_or(Amount::ZERO) } else { result };
        // Nobody means the thirtieth decimal of a power.
        match result {
            Amount::Exact { denominator, .. } if denominator > EXACT_DOUBLE => Amount::Approximate(result.value()),
            result => result,
        }
    }

    /// Whether it is above zero, zero or below zero, as the sign of a number.
    #[must_use]
    pub fn is_negative(self) -> bool {
        match self {
            Amount::Exact { numerator, .. } => numerator < 0,
            Amount::Approximate(value) => value < 0.0,
        }
    }

    fn reduced(self) -> Amount {
        match self {
            Amount::Exact { numerator, denominator } if denominator != 1 => {
                let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
                let divisor = i128::try_from(divisor).unwrap_or(1).max(1);
                Amount::Exact { numerator: numerator / divisor, denominator: denominator / divisor }
            }
            whole => whole,
        }
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `numerator / denominator` in decimal digits, if it ends.
fn decimal_text(numerator: i128, denominator: i128) -> Option<String> {
    let (mut rest, mut twos, mut fives) = (denominator, 0u32, 0u32);
    while rest % 2 == 0 {
        rest /= 2;
        twos += 1;
    }
    while rest % 5 == 0 {
        rest /= 5;
        fives += 1;
    }
    let places = twos.max(fives);
    if rest != 1 || places > MAX_POWER {
        return None;
    }
    let scaled = numerator.checked_mul(10i128.pow(places) / denominator)?;
    if places == 0 {
        return Some(scaled.to_string());
    }
    let digits = format!("{:0width$}", scaled.unsigned_abs(), width = places as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places as usize);
    Some(format!("{}{whole}.{fraction}", if scaled < 0 { "-" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_exact_until_it_no_longer_fits() {
        assert_eq!(Amount::decimal("0", "1").plus(Amount::decimal("0", "2")).value(), 0.3);
        assert_eq!(Amount::decimal("98", "6").value(), 98.6);
        let long = "9".repeat(400);
        assert!(matches!(Amount::decimal(&long, ""), Amount::Approximate(_)));
    }

    #[test]
    fn text_is_kept_only_where_a_double_loses_digits() {
        assert_eq!(Amount::decimal("1", "5").text(), None);
        assert_eq!(Amount::decimal("12345678901234567890", "").text().as_deref(), Some("12345678901234567890"));
        assert_eq!(Amount::decimal("0", "12345678901234567890").text().as_deref(), Some("0.1234567890123456789"));
        assert_eq!(Amount::ratio(1, 3).unwrap().text(), None);
    }

    #[test]
    fn powers_are_repeated_products() {
        assert_eq!(Amount::integer(2).power(-2).value(), 0.25);
        assert!((Amount::decimal("1", "1").power(23).value() - 8.954_302_432_552_39).abs() < 1e-12);
        assert_eq!(Amount::integer(1).scaled(400).value(), f64::INFINITY);
        assert_eq!(Amount::integer(1).scaled(-400).value(), 0.0);
    }

    #[test]
    fn nothing_is_divided_by_zero() {
        assert_eq!(Amount::integer(1).over(Amount::ZERO), None);
        assert_eq!(Amount::ratio(1, 0), None);
    }
}
