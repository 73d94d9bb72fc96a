//! A sorted table of words and phrases, and the way to find those that begin at a token.

use super::super::utterance::Utterance;

/// Words and phrases (words separated by one blank), folded and sorted by bytes, each with what it means.
#[derive(Debug)]
pub struct Lexicon<V: 'static> {
    /// The entries.
    pub entries: &'static [(&'static str, V)],
    /// Which first words can be, by first letter: a bit a length. The last row is for all other first characters.
    shape: [u32; ROWS],
}

/// A row for each letter, and one for the rest.
const ROWS: usize = 27;
/// Lengths from this on share a bit.
const LONGEST: usize = 31;

const fn row(first: u8) -> usize {
    if first.is_ascii_lowercase() { (first - b'a') as usize } else { ROWS - 1 }
}

const fn bit(length: usize) -> u32 {
    1 << if length < LONGEST { length } else { LONGEST }
}

impl<V: Copy> Lexicon<V> {
    /// Lays out a table.
    pub(super) const fn new(entries: &'static [(&'static str, V)]) -> Self {
        let mut shape = [0u32; ROWS];
        let mut i = 0;
        while i < entries.len() {
            let phrase = entries[i].0.as_bytes();
            let mut length = 0;
            while length < phrase.len() && phrase[length] != b' ' {
                length += 1;
            }
            shape[row(phrase[0])] |= bit(length);
            i += 1;
        }
        Lexicon { entries, shape }
    }

    /// Whether any entry's first word looks like this one: the cheap question before the dear one.
    fn may_begin_with(&self, word: &str) -> bool {
        word.bytes().next().is_some_and(|first| self.shape[row(first)] & bit(word.len()) != 0)
    }

    /// What exactly this word or phrase means.
    #[must_use]
    pub fn get(&self, phrase: &str) -> Option<V> {
        self.entries.binary_search_by(|(known, _)| (*known).cmp(phrase)).ok().map(|at| self.entries[at].1)
    }

    /// What this single word means.
    #[must_use]
    pub fn word(&self, word: &str) -> Option<V> {
        if self.may_begin_with(word) { self.get(word) } else { None }
    }

    /// The longest phrase that begins at a token: what it means, and the token after it.
    #[must_use]
    pub fn at(&self, u: &Utterance<'_>, i: usize) -> Option<(V, usize)> {
        let word = u.tokens.word(i);
        if !self.may_begin_with(word) {
            return None;
        }
        let from = self.entries.partition_point(|(known, _)| *known < word);
        let mut best = None;
        for (phrase, value) in &self.entries[from..] {
            // Blanks sort before letters: what begins with the whole word comes first.
            let rest = match phrase.strip_prefix(word) {
                Some("") => Some(i + 1),
                Some(rest) if rest.starts_with(' ') => u.phrase(i + 1, &rest[1..]),
                _ => break,
            };
            if let Some(end) = rest
                && best.is_none_or(|(_, longest)| end > longest)
            {
                best = Some((*value, end));
            }
        }
        best
    }
}
