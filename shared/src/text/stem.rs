//! Inflection: the part of an English word that its forms share.
//!
//! Deliberately light. It joins `hurt, hurts, hurting` and `allergy, allergies`; it does not know irregular forms
//! (`fell`, `fall`), and it never shortens a word to fewer than three letters.

/// The longest word, in bytes, that is stemmed; longer ones stand for themselves.
const MAX_STEMMED_BYTES: usize = 32;

/// What is left of a word without its inflection; `y` replaces the last letter for words in `-ies`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stem<'a> {
    head: &'a str,
    y: bool,
}

impl Stem<'_> {
    /// The stem's letters in two pieces.
    #[must_use]
    pub fn pieces(&self) -> (&str, &str) {
        (self.head, if self.y { "y" } else { "" })
    }
}

/// The stem of a normalized word. Words that are not plain lower-case ASCII are their own stem.
#[must_use]
pub fn stem(word: &str) -> Stem<'_> {
    let whole = Stem { head: word, y: false };
    let bytes = word.as_bytes();
    if bytes.len() < 4 || bytes.len() > MAX_STEMMED_BYTES || !bytes.iter().all(u8::is_ascii_lowercase) {
        return whole;
    }
    if let Some(head) = word.strip_suffix("ies") {
        return if head.len() >= 2 { Stem { head, y: true } } else { whole };
    }
    let mut head = word;
    if let Some(rest) = head.strip_suffix("ness").filter(|rest| rest.len() >= 4) {
        head = rest;
    }
    if let Some(rest) = plural(head) {
        head = rest;
    }
    for suffix in ["ing", "ed"] {
        if let Some(rest) = head.strip_suffix(suffix) {
            if rest.len() >= 3 && has_vowel(rest) && !(suffix == "ed" && rest.ends_with('e')) {
                head = single(rest);
            }
            break;
        }
    }
    if head.len() >= 5 && head.ends_with('e') {
        head = &head[..head.len() - 1];
    }
    Stem { head, y: false }
}

fn plural(word: &str) -> Option<&str> {
    let rest = word.strip_suffix('s')?;
    if rest.len() < 3 || rest.ends_with(['s', 'u', 'i']) {
        return None;
    }
    let without_e =
        rest.strip_suffix('e').filter(|w| w.ends_with("sh") || w.ends_with("ch") || w.ends_with(['x', 's']));
    Some(without_e.unwrap_or(rest))
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
        let stem = stem(word);
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
            &["fall", "falls", "falling"],
            &["lock", "locked", "locks"],
            &["short", "shortness"],
            &["laptop", "laptops"],
            &["bleed", "bleeding"],
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
