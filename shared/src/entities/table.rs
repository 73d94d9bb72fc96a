//! A sorted table of spellings in one string, which is the smallest form that needs no unpacking. What the spellings mean
//! is the caller's.

use std::cmp::Ordering;
use std::ops::Range;

use super::token::Shape;
use super::utterance::Utterance;

/// The most tokens that a spelling has (`sao tome and principe dobra`).
const MAX_TOKENS: usize = 10;
/// Room for most spellings.
const KEY_CAPACITY: usize = 32;
/// The letters that a spelling may begin with.
const LETTERS: usize = 26;
/// Bits by which first words are told from most other words.
const MARKS: usize = 256;

/// Spellings and their values: `spelling=value` or `spelling`, parted by `|`, folded, sorted by the bytes of the
/// spelling.
#[derive(Debug)]
pub struct Table {
    text: &'static str,
    /// Where the entries of each letter begin, and where those of the last one end.
    starts: [u16; LETTERS + 1],
    /// A bit for each first word or sign, by [`mark`].
    firsts: [u64; MARKS / 64],
}

/// An entry of a table.
struct Entry {
    spelling: &'static str,
    value: u16,
    /// Where the next entry begins.
    next: usize,
}

/// The bit of a word: by its first letter, its last, and how long it is.
#[inline]
const fn mark(first: u8, last: u8, length: usize) -> usize {
    (first as usize * 37 + last as usize * 11 + length * 29) % MARKS
}

/// Where the word, the digits or the sign end that begin at `start`, as [`super::token`] cuts a text.
const fn first_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    if bytes[start].is_ascii_alphabetic() {
        while at < bytes.len() && (bytes[at].is_ascii_alphabetic() || bytes[at] == b'\'') {
            at += 1;
        }
    } else if bytes[start].is_ascii_digit() {
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
    }
    at
}

const fn ends_spelling(byte: u8) -> bool {
    matches!(byte, b'|' | b'=')
}

impl Table {
    /// Takes the entries as they are written.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        assert!(bytes.len() < u16::MAX as usize);
        let mut starts = [0; LETTERS + 1];
        let mut letters = 0;
        let mut firsts = [0; MARKS / 64];
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            // Entries are sorted, so all of one letter lie together.
            while letters <= LETTERS && bytes[start] >= b'a' + letters as u8 {
                starts[letters] = start as u16;
                letters += 1;
            }
            if !ends_spelling(bytes[start]) {
                at = first_end(bytes, start);
                let mark = mark(bytes[start], bytes[at - 1], at - start);
                firsts[mark / 64] |= 1 << (mark % 64);
            }
            while at < bytes.len() && bytes[at] != b'|' {
                at += 1;
            }
            at += 1;
        }
        while letters <= LETTERS {
            starts[letters] = bytes.len() as u16;
            letters += 1;
        }
        Table { text, starts, firsts }
    }

    fn entry(&self, start: usize) -> Option<Entry> {
        let bytes = self.text.as_bytes();
        let spelling = bytes.get(start..)?.iter().position(|byte| ends_spelling(*byte)).unwrap_or(bytes.len() - start);
        let mut next = start + spelling;
        let mut value = 0;
        while let Some(byte) = bytes.get(next).filter(|byte| **byte != b'|') {
            if byte.is_ascii_digit() {
                value = value * 10 + u16::from(byte - b'0');
            }
            next += 1;
        }
        (spelling > 0).then(|| Entry { spelling: &self.text[start..start + spelling], value, next: next + 1 })
    }

    /// How the spelling that begins at `start` compares to `key`.
    fn compare(&self, start: usize, key: &str) -> Ordering {
        let mut spelling = self.text.as_bytes()[start..].iter().take_while(|byte| !ends_spelling(**byte));
        for byte in key.bytes() {
            match spelling.next().map_or(Ordering::Less, |own| own.cmp(&byte)) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        }
        if spelling.next().is_some() { Ordering::Greater } else { Ordering::Equal }
    }

    /// Where the entries lie that begin with this byte.
    fn range(&self, first: u8) -> Range<usize> {
        let start = |letter: usize| usize::from(self.starts[letter]);
        match first {
            b'a'..=b'z' => start((first - b'a') as usize)..start((first - b'a') as usize + 1),
            0..b'a' => 0..start(0),
            _ => start(LETTERS)..self.text.len(),
        }
    }

    /// Where the first entry begins that is not before `key`.
    fn seek(&self, key: &str) -> usize {
        let bytes = self.text.as_bytes();
        let Range { start: mut low, end: mut high } = self.range(key.bytes().next().unwrap_or(0));
        while low < high {
            let middle = low + (high - low) / 2;
            let start = bytes[low..middle].iter().rposition(|byte| *byte == b'|').map_or(low, |at| low + at + 1);
            match self.compare(start, key) {
                Ordering::Less => {
                    let rest = bytes[middle..high].iter().position(|byte| *byte == b'|');
                    low = rest.map_or(high, |at| middle + at + 1);
                }
                Ordering::Equal => return start,
                Ordering::Greater => high = start,
            }
        }
        low
    }

    /// The value of exactly this spelling.
    #[must_use]
    pub fn get(&self, spelling: &str) -> Option<u16> {
        self.entry(self.seek(spelling)).filter(|entry| entry.spelling == spelling).map(|entry| entry.value)
    }

    /// The value of this spelling or of its singular.
    #[must_use]
    pub fn get_singular(&self, spelling: &str) -> Option<u16> {
        self.get(spelling).or_else(|| self.get(singular(spelling)?))
    }

    /// Whether any entry's first word or sign looks like this one, which is one token: the cheap question before the dear one. What is
    /// not ASCII is never ruled out.
    fn may_begin_with(&self, token: &str) -> bool {
        let (Some(&first), Some(&last)) = (token.as_bytes().first(), token.as_bytes().last()) else { return false };
        let mark = mark(first, last, token.len());
        self.firsts[mark / 64] >> (mark % 64) & 1 == 1 || !token.is_ascii()
    }

    /// Whether this single word is in the table.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.may_begin_with(word) && self.get(word).is_some()
    }

    /// The token after the longest phrase that begins at a token. Phrases are words with one blank between them.
    #[must_use]
    pub fn end_at(&self, u: &Utterance<'_>, i: usize) -> Option<usize> {
        let word = u.tokens.word(i);
        if !self.may_begin_with(word) {
            return None;
        }
        let mut at = self.seek(word);
        let mut longest = None;
        // Blanks sort before letters: what begins with the whole word comes first.
        while let Some(entry) = self.entry(at) {
            let end = match entry.spelling.strip_prefix(word) {
                Some("") => Some(i + 1),
                Some(rest) if rest.starts_with(' ') => u.phrase(i + 1, &rest[1..]),
                _ => break,
            };
            longest = longest.max(end);
            at = entry.next;
        }
        longest
    }

    /// The longest spelling that begins at a token: its value and the token after it. Blanks and hyphens between tokens
    /// count as one blank (around a slash as none), a plural `s` is looked through, and a spelling ends where a word
    /// ends.
    #[must_use]
    pub fn longest(&self, u: &Utterance<'_>, i: usize) -> Option<(u16, usize)> {
        self.longest_before(u, i, ends_a_word)
    }

    /// [`Table::longest`], with another rule for where a spelling may end.
    #[must_use]
    pub fn longest_before(
        &self,
        u: &Utterance<'_>,
        i: usize,
        may_end: fn(&Utterance<'_>, usize) -> bool,
    ) -> Option<(u16, usize)> {
        // Most of what is asked about begins no spelling at all; say so before anything is put together.
        let first = u.tokens.folded(i);
        let known = self.may_begin_with(first) || singular(first).is_some_and(|one| self.may_begin_with(one));
        if !known || matches!(first, "," | "." | ":" | "-" | "/" | ")" | "?" | "!" | ";") {
            return None;
        }
        let (value, more, plural) = self.look_up(first);
        let mut best = value.filter(|_| may_end(u, i + 1)).map(|value| (value, i + 1));
        if !more {
            return best;
        }
        let mut key = String::with_capacity(KEY_CAPACITY);
        key.push_str(&first[..first.len() - usize::from(plural)]);
        let mut at = i + 1;
        while at < u.tokens.len() && at - i < MAX_TOKENS {
            let by_slash = u.tokens.is_symbol(at, '/') || u.tokens.is_symbol(at - 1, '/');
            if u.is_hyphen(at) {
                key.push(' ');
                at += 1;
            } else if !u.tokens.glued(at) && !by_slash {
                key.push(' ');
            }
            key.push_str(u.tokens.folded(at));
            at += 1;
            let (value, more, plural) = self.look_up(&key);
            if let Some(value) = value
                && may_end(u, at)
            {
                best = Some((value, at));
            }
            if !more {
                break;
            }
            if plural {
                key.pop();
            }
        }
        best
    }

    /// The value of `key` or its singular, whether a longer spelling may begin with it, and whether only one that begins
    /// with the singular.
    fn look_up(&self, key: &str) -> (Option<u16>, bool, bool) {
        let (value, longer) = self.look_up_as_is(key);
        let Some(one) = singular(key).filter(|_| value.is_none()) else { return (value, longer, false) };
        let (of_one, longer_one) = self.look_up_as_is(one);
        (of_one, longer || longer_one, !longer && longer_one)
    }

    fn look_up_as_is(&self, key: &str) -> (Option<u16>, bool) {
        let Some(entry) = self.entry(self.seek(key)) else { return (None, false) };
        if entry.spelling != key {
            return (None, entry.spelling.starts_with(key));
        }
        let longer = self.entry(entry.next).is_some_and(|next| next.spelling.starts_with(key));
        (Some(entry.value), longer)
    }

    /// Whether the entries are in order.
    #[cfg(test)]
    pub(super) fn is_sorted(&self) -> bool {
        let spellings: Vec<&str> =
            self.text.split('|').map(|entry| entry.split_once('=').map_or(entry, |(spelling, _)| spelling)).collect();
        spellings.is_sorted_by(|a, b| a < b)
    }
}

/// Without its plural `s`. Letters have none: `the 4 Cs`.
fn singular(word: &str) -> Option<&str> {
    word.strip_suffix('s').filter(|singular| singular.len() > 1)
}

/// Whether nothing that belongs to a word comes after `end`.
pub(super) fn ends_a_word(u: &Utterance<'_>, end: usize) -> bool {
    let last_is_symbol = u.tokens.get(end - 1).is_some_and(|token| token.shape == Shape::Symbol);
    match u.tokens.get(end) {
        Some(next) if !next.spaced && !last_is_symbol => next.shape == Shape::Symbol,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::Language;
    use crate::entities::grammar::Grammar;

    static UNITS: Table = Table::new("km=1|km/h=2|mile=3|mile per hour=4|sq ft=5|°=6");

    #[test]
    fn every_spelling_is_found_and_nothing_else() {
        assert!(UNITS.is_sorted());
        for (spelling, value) in [("km", 1), ("km/h", 2), ("mile", 3), ("mile per hour", 4), ("sq ft", 5), ("°", 6)] {
            assert_eq!(UNITS.get(spelling), Some(value), "{spelling}");
        }
        for spelling in ["", "k", "kn", "mil", "mile per", "zz", "=", "|"] {
            assert_eq!(UNITS.get(spelling), None, "{spelling}");
        }
        assert_eq!(Table::new("").get("x"), None);
        assert_eq!(UNITS.get_singular("miles"), Some(3));
    }

    #[test]
    fn the_longest_spelling_wins_where_words_end() {
        let check = |text: &str, expected: Option<(u16, usize)>| {
            let u = Utterance::new(text, Grammar::of(Language::English));
            assert_eq!(UNITS.longest(&u, 0), expected, "{text}");
        };
        check("miles per hour", Some((4, 3)));
        check("miles per day", Some((3, 1)));
        check("km / h", Some((2, 3)));
        check("kms", Some((1, 1)));
        check("sq-ft.", Some((5, 3)));
        check("km5", None);
        check("kilo", None);
    }

    #[test]
    fn phrases_are_sets_of_whole_words() {
        static PHRASES: Table = Table::new("no|no idea|no-one|not");
        let u = Utterance::new("no idea not nothing", Grammar::of(Language::English));
        assert_eq!(PHRASES.end_at(&u, 0), Some(2));
        assert_eq!(PHRASES.end_at(&u, 2), Some(3));
        assert_eq!(PHRASES.end_at(&u, 3), None);
        assert!(PHRASES.has("no") && !PHRASES.has("nothing"));
    }
}
