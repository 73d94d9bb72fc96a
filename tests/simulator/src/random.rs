//! Randomness that a seed repeats. Nothing here is fit for secrets.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(state: u64) -> u64 {
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// SplitMix64.
#[derive(Debug)]
pub struct Random(Cell<u64>);

impl Random {
    /// The sequence of that seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random(Cell::new(mixed(seed.wrapping_add(GOLDEN))))
    }

    /// A sequence of its own for a purpose, so that what one part of the world draws does not change what another gets.
    #[must_use]
    pub fn of(seed: u64, purpose: &str) -> Random {
        Random::new(seed ^ fingerprint(purpose.as_bytes()))
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(GOLDEN));
        mixed(self.0.get())
    }

    /// A number below `limit`; 0 when that is 0.
    pub fn below(&self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True so many times in a hundred.
    pub fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        &from[index(self.below(from.len() as u64))]
    }

    /// Fills bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// The same for the origin, whose randomness is shared between threads.
#[derive(Debug)]
pub(super) struct Shared(AtomicU64);

impl Shared {
    pub(super) fn of(seed: u64, purpose: &str) -> Shared {
        Shared(AtomicU64::new(Random::of(seed, purpose).next()))
    }
}

impl lgdl_origin::random::Random for Shared {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = mixed(self.0.fetch_add(GOLDEN, Ordering::SeqCst)).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// An index that came from a 64-bit number below a length.
pub(super) fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// FNV-1a, for telling runs apart.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> u64 {
    extended(0xcbf2_9ce4_8422_2325, bytes)
}

/// Goes on with a fingerprint.
#[must_use]
pub fn extended(fingerprint: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(fingerprint, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
