//! A polynomial hash over bytes, from which the hash of a word with one byte range deleted follows in constant time.

/// The base of the polynomial; odd, so that no bit is lost.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of the empty string.
pub(crate) const EMPTY: u64 = 0;

/// The hash of a string followed by one more byte.
#[inline]
#[must_use]
pub(crate) const fn push(hash: u64, byte: u8) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(byte as u64 + 1)
}

/// Powers of [`BASE`], by exponent.
const POWERS: [u64; 33] = {
    let mut powers = [1u64; 33];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1].wrapping_mul(BASE);
        at += 1;
    }
    powers
};

/// The hash of a string followed by another, from both their hashes and the other's length in bytes.
#[inline]
#[must_use]
pub(crate) fn append(hash: u64, other: u64, mut length: usize) -> u64 {
    let mut shifted = hash;
    while length >= POWERS.len() {
        shifted = shifted.wrapping_mul(POWERS[POWERS.len() - 1]);
        length -= POWERS.len() - 1;
    }
    shifted.wrapping_mul(POWERS[length]).wrapping_add(other)
}

/// The hash of a string of whose bytes one, with so many behind it, is exchanged for another.
#[must_use]
pub(crate) fn exchanged(hash: u64, behind: usize, byte: u8, other: u8) -> u64 {
    let difference = u64::from(other).wrapping_sub(u64::from(byte));
    hash.wrapping_add((0..behind).fold(difference, |product, _| product.wrapping_mul(BASE)))
}

/// The hash of a whole string.
#[must_use]
pub(crate) const fn of(bytes: &[u8]) -> u64 {
    let mut hash = EMPTY;
    let mut at = 0;
    while at < bytes.len() {
        hash = push(hash, bytes[at]);
        at += 1;
    }
    hash
}

/// Ends a phrase that stands for all forms of its words, and holds their stems.
pub(crate) const STEMMED: u8 = 0x1f;

/// A small number as bytes that a text may end with.
#[must_use]
pub(crate) const fn digits(number: u8) -> [u8; 2] {
    [1 + number / 64, 1 + number % 64]
}

/// A table slot for a hash, in `0..2^bits`.
#[inline]
#[must_use]
pub(crate) const fn slot(hash: u64, bits: u32) -> usize {
    (mixed(hash) >> (64 - bits)) as usize
}

/// What tells a hash from the others of its [`slot`]: 24 bits more, so that one word in some millions is taken for another.
pub(crate) type Rest = [u8; 3];

/// The [`slot`] for a hash, and what tells it from other hashes of that slot.
#[inline]
#[must_use]
pub(crate) const fn place(hash: u64, bits: u32) -> (usize, Rest) {
    let mixed = mixed(hash);
    let [_, rest @ ..] = ((mixed >> (32 - bits)) as u32).to_le_bytes();
    ((mixed >> (64 - bits)) as usize, rest)
}

/// Half of a hash, for tables of some hundred entries.
#[inline]
#[must_use]
pub(crate) const fn half(hash: u64) -> u32 {
    (mixed(hash) >> 32) as u32
}

#[inline]
const fn mixed(hash: u64) -> u64 {
    (hash ^ (hash >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// Calls `each` with the hash of every string that `word` becomes when one character is left out.
pub(crate) fn deletions(word: &str, mut each: impl FnMut(u64)) {
    let bytes = word.as_bytes();
    let whole = of(bytes);
    // `prefix` and `power` walk together: the hash of the bytes before the character, and BASE^(bytes after it).
    let mut power = 1u64;
    for _ in 0..bytes.len() {
        power = power.wrapping_mul(BASE);
    }
    let inverse = INVERSE;
    let mut prefix = EMPTY;
    for (at, ch) in word.char_indices() {
        let mut through = prefix;
        let mut after = power;
        for &byte in &bytes[at..at + ch.len_utf8()] {
            through = push(through, byte);
            after = after.wrapping_mul(inverse);
        }
        let suffix = whole.wrapping_sub(through.wrapping_mul(after));
        each(prefix.wrapping_mul(after).wrapping_add(suffix));
        prefix = through;
        power = after;
    }
}

/// The multiplicative inverse of [`BASE`] modulo 2^64, by Newton's iteration.
const INVERSE: u64 = {
    let mut inverse = BASE;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(BASE.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_two_strings_follows_from_theirs() {
        let long = "x".repeat(70);
        for (a, b) in [("", "a"), ("chest", " pain"), ("a", ""), ("größe", &long)] {
            let joined = append(of(a.as_bytes()), of(b.as_bytes()), b.len());
            assert_eq!(joined, of(format!("{a}{b}").as_bytes()), "{a} {b}");
        }
    }

    #[test]
    fn the_hash_with_one_byte_exchanged_follows_from_the_string_s() {
        for (behind, other, said) in [(3, b'g', "alergica"), (0, b'o', "alerjico"), (7, b'u', "ulerjica")] {
            let word = b"alerjica";
            let byte = word[word.len() - 1 - behind];
            assert_eq!(exchanged(of(word), behind, byte, other), of(said.as_bytes()), "{said}");
        }
    }

    #[test]
    fn deletion_hashes_are_the_hashes_of_the_shortened_words() {
        for word in ["chest", "a", "", "größe", "你好吗"] {
            let mut got = Vec::new();
            deletions(word, |hash| got.push(hash));
            let expected: Vec<u64> = word
                .char_indices()
                .map(|(at, ch)| of(format!("{}{}", &word[..at], &word[at + ch.len_utf8()..]).as_bytes()))
                .collect();
            assert_eq!(got, expected, "{word}");
        }
    }
}
