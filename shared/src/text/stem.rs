//! Inflection: the part of a word that its forms share, by the rules of its language.
//!
//! Deliberately light: it joins `hurt, hurts, hurting` and `lost, lose`, and takes no word apart.

use super::hash;

/// The longest word, in bytes, that is stemmed; longer ones stand for themselves.
const MAX_STEMMED_BYTES: usize = 32;
/// The shortest.
const MIN_STEMMED_BYTES: usize = 4;

/// How words change their form.
#[derive(Debug)]
pub(crate) struct Inflection {
    /// Of each step the first rule that fits is applied.
    pub(crate) steps: &'static [&'static [Rule]],
    /// By half the hash of the form, sorted.
    pub(crate) irregular: &'static [(u32, &'static str)],
}

/// One rule of inflection.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What the word must end in.
    pub(crate) suffix: &'static str,
    /// How many bytes go.
    pub(crate) cut: usize,
    /// What comes in their place.
    pub(crate) tail: &'static str,
    /// Letters that must be left.
    pub(crate) letters: usize,
    /// Whether a vowel must be among them.
    pub(crate) vowel: bool,
    /// Whether a doubled consonant at the end becomes single.
    pub(crate) single: bool,
    /// Whether no step follows.
    pub(crate) stop: bool,
}

/// What is left of a word without its inflection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stem<'a> {
    head: &'a str,
    tail: &'static str,
    hash: u64,
}

impl Stem<'_> {
    /// The stem's letters in two pieces.
    #[must_use]
    pub fn pieces(&self) -> (&str, &str) {
        (self.head, self.tail)
    }

    /// The hash of the stem.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }
}

/// How a stem is made of its word, which may be kept beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stemming {
    /// What an irregular form is a form of.
    base: Option<&'static str>,
    /// How many bytes of it are left.
    head: usize,
    tail: &'static str,
    hash: u64,
}

impl Stemming {
    /// The stem of the word that it was made for.
    pub(crate) fn of<'a>(&self, word: &'a str) -> Stem<'a> {
        let head = self.base.unwrap_or(word).get(..self.head).unwrap_or(word);
        Stem { head, tail: self.tail, hash: self.hash }
    }
}

impl Inflection {
    /// The base of an irregular form.
    pub(crate) fn base(&self, key: u64) -> Option<&'static str> {
        let at = self.irregular.binary_search_by_key(&hash::half(key), |(form, _)| *form).ok()?;
        self.irregular.get(at).map(|(_, base)| *base)
    }

    /// The stem of a normalized word. Words that are not plain lower-case ASCII in normal form are their own stem.
    pub(crate) fn stem<'a>(&self, word: &'a str) -> Stem<'a> {
        self.stemming(word, hash::of(word.as_bytes())).of(word)
    }

    /// The same, of a word and its hash.
    pub(crate) fn stemming(&self, word: &str, key: u64) -> Stemming {
        let base = self.base(key);
        let mut head = base.unwrap_or(word);
        let mut tail = "";
        let lengths = MIN_STEMMED_BYTES..=MAX_STEMMED_BYTES;
        let is_plain = lengths.contains(&head.len()) && head.bytes().all(|byte| byte.is_ascii_lowercase());
        for step in self.steps.iter().filter(|_| is_plain) {
            let Some((rule, rest)) = step.iter().find_map(|rule| Some((rule, rule.applied(head)?))) else {
                continue;
            };
            (head, tail) = (rest, rule.tail);
            if rule.stop || !rule.tail.is_empty() {
                break;
            }
        }
        let hash = if base.is_none() && head.len() == word.len() { key } else { hash::of(head.as_bytes()) };
        Stemming { base, head: head.len(), tail, hash: tail.bytes().fold(hash, hash::push) }
    }
}

impl Rule {
    /// What the rule leaves of a word before its tail, if it fits.
    fn applied<'w>(&self, word: &'w str) -> Option<&'w str> {
        // The last letter tells most of them apart.
        if self.suffix.as_bytes().last() != word.as_bytes().last() || !word.ends_with(self.suffix) {
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
    use crate::language::Language;

    fn stemmed(word: &str) -> String {
        let stem = Language::english().inflection.stem(word);
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
