//! How hard a secret is to guess, at most: by how often which character stands in it. What was made of random bytes scores
//! its length; what a person made up scores more than it is worth, and still too little.

/// Bits below which a secret is not one.
pub(super) const POOR_BITS: f64 = 48.0;
/// Bits below which it should be changed.
pub(super) const WEAK_BITS: f64 = 96.0;

/// An upper bound of the bits in a secret.
pub(super) fn bits(secret: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for character in secret.chars() {
        *counts.entry(character).or_insert(0_u32) += 1;
    }
    let length = f64::from(counts.values().sum::<u32>());
    counts.values().map(|count| f64::from(*count) * (length / f64::from(*count)).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_are_strong_and_repetitions_are_not() {
        assert!(bits(&"0123456789abcdef".repeat(4)) > WEAK_BITS);
        assert!(bits("q2Vx0/kT9wLmZr4YcN7dBf1s") > WEAK_BITS);
        assert!(bits("passwordpassword") < POOR_BITS);
        assert!(bits("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") < 1.0);
        assert!(bits("") < 1.0);
    }
}
