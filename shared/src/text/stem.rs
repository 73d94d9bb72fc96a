//! Inflection: the part of a word that its forms share, by the rules of its language.
//!
//! Deliberately light: it joins `hurt, hurts, hurting` and `lost, lose`, and takes no word apart.

use super::hash;
use crate::language::{Language, Rule};

/// The longest word, in bytes, that is stemmed; longer ones stand for themselves.
const MAX_STEMMED_BYTES: usize = 32;
/// The shortest.
const MIN_STEMMED_BYTES: usize = 4;

/// What is left of a word without its inflection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stem<'a> {
    head: &'a str,
    tail: &'static str,
}

impl Stem<'_> {
    /// The stem's letters in two pieces.
    #[must_use]
    pub fn pieces(&self) -> (&str, &str) {
        (self.head, self.tail)
    }

    /// The hash of the stem.
    pub(crate) fn hash(&self) -> u64 {
        self.tail.bytes().fold(hash::of(self.head.as_bytes()), hash::push)
    }
}

/// The stem of a normalized word. Words that are not plain lower-case ASCII in normal form are their own stem.
#[must_use]
pub fn stem<'a>(language: &Language, word: &'a str) -> Stem<'a> {
    let base: &'a str = language.inflection.base(hash::of(word.as_bytes())).unwrap_or(word);
    let bytes = base.as_bytes();
    let mut stem = Stem { head: base, tail: "" };
    if bytes.len() < MIN_STEMMED_BYTES || bytes.len() > MAX_STEMMED_BYTES || !bytes.iter().all(u8::is_ascii_lowercase) {
        return stem;
    }
    for step in language.inflection.steps {
        let Some((rule, head)) = step.iter().find_map(|rule| Some((rule, rule.applied(stem.head)?))) else { continue };
        stem = Stem { head, tail: rule.tail };
        if rule.stop || !rule.tail.is_empty() {
            break;
        }
    }
    stem
}

impl Rule {
    /// What the rule leaves of a word before its tail, if it fits.
    fn applied<'w>(&self, word: &'w str) -> Option<&'w str> {
        if !word.ends_with(self.suffix) {
            return None;
        }
        let rest = word.get(..word.len() - self.cut)?;
        let fits = rest.len() + self.tail.len() >= self.letters && (!self.vowel || has_vowel(rest));
        fits.then(|| if self.single { single(rest) } else { rest })
    }
}

/// `runn` is `run`; `fall`, `pass` and `buzz` stay.
fn single(word: &str) -> &str {
    let bytes = word.as_bytes();
    match bytes {
        [.., a, b] if a == b && bytes.len() >= 4 && !b"lszaeiou".contains(b) => &word[..word.len() - 1],
        _ => word,
    }
}

fn has_vowel(word: &str) -> bool {
    word.bytes().any(|b| b"aeiouy".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stemmed(word: &str) -> String {
        let stem = stem(Language::english(), word);
        let (a, b) = stem.pieces();
        format!("{a}{b}")
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for family in [
            &["hurt", "hurts", "hurting"][..],
            &["breathe", "breathes", "breathing", "breathed"],
            &["allergy", "allergies"],
            &["crash", "crashes", "crashed", "crashing"],
            &["run", "runs", "running"],
            &["fall", "falls", "falling", "fell", "fallen"],
            &["lock", "locked", "locks"],
            &["short", "shortness"],
            &["laptop", "laptops"],
            &["bleed", "bleeding", "bled"],
            &["forget", "forgot", "forgotten", "forgetting"],
            &["lose", "lost", "losing"],
        ] {
            for word in family {
                assert_eq!(stemmed(word), stemmed(family[0]), "{word}");
            }
        }
    }

    #[test]
    fn different_words_keep_different_stems() {
        for (a, b) in
            [("chest", "chess"), ("car", "care"), ("pass", "pas"), ("thing", "the"), ("bus", "bu"), ("red", "r")]
        {
            assert_ne!(stemmed(a), stemmed(b));
        }
    }
}
