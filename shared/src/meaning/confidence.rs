//! From logits and nearness to one number in [0, 1] that thresholds can rely on.

use super::Logits;
use super::index::SKETCH;
use super::model::{DIMS, LENGTH};
use super::numbers::{ONE, fall, log, logistic};

/// Meaning never scores more: below what `critical` asks for.
pub(super) const MOST: u64 = 9_499;
/// What no telling word, and one, score at most: grammar by itself is below every level, one word below what moves ask
/// for when nothing is said.
const FEW_WORDS: [u64; 2] = [1_900, 7_400];
/// A clause of no more words is a fragment, which may be anybody's answer: one telling word in it is asked about.
const FRAGMENT: usize = 3;
const FRAGMENT_MOST: u64 = 4_900;
/// What is perhaps not about here and now.
pub(super) const DOUBTFUL: u64 = 4_500;
/// Below this nothing is read: it is the lowest level that a move asks for.
pub(super) const FAINT: u64 = 2_000;
/// What the clause denies: below every level, so that it is no reading, and named as what was heard all the same.
pub(super) const DENIED: u64 = 900;

/// As many moves as this part of the game's, and at least so many, stand for everything people say that the game is not about.
const OUTSIDE_PART: u64 = 4;
const OUTSIDE_LEAST: u64 = 8;

/// `confidence = logistic(base + odds · log-odds + nearness · cosine)`: fitted to the game when it is compiled
/// ([`super::calibrate`]), in 2^-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) base: i32,
    pub(super) odds: i32,
    pub(super) nearness: i32,
}

impl Fit {
    /// How many numbers it is written as.
    pub(super) const NUMBERS: usize = 3;

    pub(super) fn of([base, odds, nearness]: [i32; Fit::NUMBERS]) -> Fit {
        Fit { base, odds, nearness }
    }

    pub(super) fn numbers(&self) -> [i32; Fit::NUMBERS] {
        [self.base, self.odds, self.nearness]
    }
}

/// The weight of all moves together.
pub(super) struct Mass {
    most: i64,
    whole: u64,
}

impl Mass {
    pub(super) fn of(logits: &Logits) -> Mass {
        let most = logits.touched().max().unwrap_or(0).max(0);
        let touched: u64 = logits.touched().map(|logit| fall(most - logit)).sum();
        let moves = touched + logits.untouched() * fall(most);
        let outside = (logits.of.len() as u64 / OUTSIDE_PART).max(OUTSIDE_LEAST);
        Mass { most, whole: moves + outside * fall(most) }
    }

    /// The logarithm of the odds that a move of this logit is meant, in 2^-16.
    pub(super) fn odds(&self, logit: i64) -> i64 {
        let own = fall(self.most - logit);
        log(own.max(1)) - log(self.whole.saturating_sub(own).max(1))
    }
}

/// The confidence in ten-thousandths.
pub(super) fn of(odds: i64, nearness: i64, fit: Fit) -> u64 {
    let sum = i64::from(fit.odds) * odds + i64::from(fit.nearness) * nearness;
    logistic(i64::from(fit.base) + sum / ONE).min(MOST)
}

/// The most that so many telling words of so many words may score.
pub(super) fn most_of(telling_words: usize, words: usize) -> u64 {
    let most = FEW_WORDS.get(telling_words).copied().unwrap_or(MOST);
    if telling_words <= 1 && words <= FRAGMENT { most.min(FRAGMENT_MOST) } else { most }
}

/// A vector, made ready to be compared with many of which only the signs are known: for every four of its numbers the sum with
/// each choice of signs.
pub(super) struct Signed([[i16; 16]; DIMS / 4]);

impl Signed {
    pub(super) fn of(vector: &[i8; DIMS]) -> Signed {
        let mut sums = [[0; 16]; DIMS / 4];
        for (sums, four) in sums.iter_mut().zip(vector.as_chunks::<4>().0) {
            let [a, b, c, d] = four.map(i16::from);
            // Each number's sign doubles what is there: first all positive, then one more of them negative.
            sums[0] = a + b + c + d;
            for (dim, value) in [a, b, c, d].into_iter().enumerate() {
                let (known, more) = sums.split_at_mut(1 << dim);
                for (sum, with) in more.iter_mut().zip(known) {
                    *sum = *with - 2 * value;
                }
            }
        }
        Signed(sums)
    }

    /// The cosine, in 2^-16.
    pub(super) fn cosine(&self, signs: &[u8; SKETCH]) -> i64 {
        let of_byte = |(sums, signs): (&[[i16; 16]; 2], &u8)| {
            i64::from(sums[0][usize::from(signs & 15)]) + i64::from(sums[1][usize::from(signs >> 4)])
        };
        let sum: i64 = self.0.as_chunks::<2>().0.iter().zip(signs).map(of_byte).sum();
        /// √(π/2) / √256, over the vector's length.
        const PER_UNIT: i64 = (1.253_314_137 / 16.0 * ONE as f64) as i64;
        sum * PER_UNIT / LENGTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_compared_with_signs_as_number_by_number() {
        let vector: [i8; DIMS] = std::array::from_fn(|dim| ((dim * 37 + 11) % 255) as i8);
        let signs: [u8; SKETCH] = std::array::from_fn(|at| (at * 73 + 5) as u8);
        let signed = |dim: usize| {
            let value = i64::from(vector[dim]);
            if signs[dim / 8] >> (dim % 8) & 1 == 1 { -value } else { value }
        };
        let sum: i64 = (0..DIMS).map(signed).sum();
        let alone = (1.253_314_137 / 16.0 * ONE as f64) as i64;
        assert_eq!(Signed::of(&vector).cosine(&signs), sum * alone / LENGTH);
    }
}
