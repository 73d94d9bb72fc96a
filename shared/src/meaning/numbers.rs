//! Logarithm, exponential and square root that are the same on every platform: at compile time in `f64` by series of
//! basic operations, at run time in whole numbers.

/// One in the fixed-point numbers of the run time.
pub(super) const ONE: i64 = 1 << 16;

/// `e^x` from basic operations alone, whose results IEEE 754 fixes to the last bit.
pub(super) const fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let x = if x > 700.0 { 700.0 } else { x };
    let scaled = x * std::f64::consts::LOG2_E;
    let whole = (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i64;
    let rest = x - whole as f64 * std::f64::consts::LN_2;
    let mut sum = 0.0;
    let mut at = RECIPROCALS.len();
    while at > 0 {
        at -= 1;
        sum = sum * rest + RECIPROCALS[at];
    }
    sum * f64::from_bits(((whole + 1023) as u64) << 52)
}

/// 1 / n!
const RECIPROCALS: [f64; 14] = {
    let mut all = [1.0; 14];
    let mut at = 1;
    while at < all.len() {
        all[at] = all[at - 1] / at as f64;
        at += 1;
    }
    all
};

/// The natural logarithm of a positive number, from basic operations alone.
pub(super) const fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) as i64 & 2047) - 1023;
    let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    // ln m = 2 artanh((m - 1) / (m + 1))
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let mut power = ratio;
    let mut sum = 0.0;
    let mut at = 1;
    while at < 40 {
        sum += power / at as f64;
        power *= square;
        at += 2;
    }
    2.0 * sum + exponent as f64 * std::f64::consts::LN_2
}

/// Steps of the exponential's table, per one.
const STEPS: usize = 64;
/// Where it is taken for zero.
const END: usize = 16;

/// `e^-x` for `x` from 0 to [`END`], in 2^-32.
static FALL: [u32; STEPS * END] = {
    let mut table = [0; STEPS * END];
    let mut at = 0;
    while at < table.len() {
        let value = exp(-(at as f64 / STEPS as f64)) * 4_294_967_295.0;
        table[at] = value as u32;
        at += 1;
    }
    table
};

/// `e^-x` in 2^-32, for `x` of at least zero in 2^-16.
pub(super) fn fall(x: i64) -> u64 {
    const STEP: i64 = ONE / STEPS as i64;
    let at = (x.max(0) / STEP) as usize;
    let Some(&high) = FALL.get(at) else { return 0 };
    let low = FALL.get(at + 1).copied().unwrap_or(0);
    let part = (x.max(0) % STEP) as u64;
    u64::from(high) - u64::from(high - low) * part / STEP as u64
}

/// The natural logarithm of a whole number of at least one, in 2^-16.
pub(super) fn log(x: u64) -> i64 {
    /// ln 2 in 2^-16.
    const LN_2: i64 = 45_426;
    let whole = i64::from(63 - x.max(1).leading_zeros());
    // The mantissa, in [1, 2), in 2^-31; squared once for each binary place of its logarithm.
    let mut mantissa = ((u128::from(x.max(1)) << 31) >> whole) as u64;
    let mut places = 0i64;
    for _ in 0..16 {
        mantissa = (mantissa * mantissa) >> 31;
        places <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            places += 1;
        }
    }
    (whole * ONE + places) * LN_2 / ONE
}

/// `1 / (1 + e^-x)` in ten-thousandths, for `x` in 2^-16.
pub(super) fn logistic(x: i64) -> u64 {
    let tail = fall(x.abs());
    let most = 10_000 * (1u64 << 32) / ((1u64 << 32) + tail);
    if x < 0 { 10_000 - most } else { most }
}

/// The whole part of the square root.
pub(super) fn root(x: u64) -> u64 {
    x.isqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_are_exact_enough() {
        for step in -400..400 {
            let x = f64::from(step) / 20.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "{x}");
            assert!((ln(exp(x)) - x).abs() < 1e-9, "{x}");
        }
        assert_eq!(exp(-1_000.0), 0.0);
    }

    #[test]
    fn whole_numbers_follow_the_real_ones() {
        for x in [0i64, 1, 500, ONE / 3, ONE, 3 * ONE + 17, 9 * ONE] {
            let real = (-(x as f64) / ONE as f64).exp();
            assert!((fall(x) as f64 / 4_294_967_296.0 - real).abs() < 1e-4, "{x}");
            let logistic_of = 10_000.0 / (1.0 + (-(x as f64) / ONE as f64).exp());
            assert!((logistic(x) as f64 - logistic_of).abs() < 2.0, "{x}");
            assert_eq!(logistic(-x), 10_000 - logistic(x));
        }
        for x in [1u64, 2, 3, 10, 12_345, 1 << 40, u64::MAX] {
            assert!((log(x) as f64 / ONE as f64 - (x as f64).ln()).abs() < 2e-3, "{x}");
        }
        assert_eq!((fall(17 * ONE), log(1), log(0), root(24)), (0, 0, 0, 4));
    }
}
