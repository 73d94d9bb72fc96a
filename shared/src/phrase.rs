//! An utterance as a row of plain words: lower case, one form of apostrophe, no punctuation.
//!
//! This is what the fixed phrases of a conversation (repairs, corrections, "yes", "I don't know") are compared with.
//! Matching against a game's own patterns is the matcher's.

/// A word and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, `'` for every apostrophe.
    pub(crate) text: String,
    /// First byte in the original text.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// Whether a comma, full stop, semicolon, colon, dash or line break stands between this word and the one before.
    pub(crate) after_break: bool,
    /// Whether it is joined to the word before by signs alone, without white space ("A-17", "john_doe").
    pub(crate) glued: bool,
}

/// The words of a text, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Phrase {
    pub(crate) words: Vec<Word>,
}

impl Phrase {
    /// Splits a text into words.
    pub(crate) fn of(text: &str) -> Phrase {
        let mut words: Vec<Word> = Vec::new();
        let mut current: Option<Word> = None;
        let (mut broken, mut spaced) = (false, true);
        for (at, character) in text.char_indices() {
            let apostrophe = matches!(character, '\'' | '’' | '‘' | 'ʼ' | '`');
            if character.is_alphanumeric() || (apostrophe && current.is_some()) {
                let word = current.get_or_insert_with(|| Word {
                    text: String::new(),
                    start: at,
                    end: at,
                    after_break: std::mem::take(&mut broken),
                    glued: !std::mem::take(&mut spaced),
                });
                if apostrophe {
                    word.text.push('\'');
                } else {
                    word.text.extend(character.to_lowercase());
                }
                word.end = at + character.len_utf8();
                continue;
            }
            words.extend(current.take());
            spaced |= character.is_whitespace() || matches!(character, ',' | ';');
            if matches!(character, ',' | ';' | ':' | '.' | '!' | '?' | '—' | '–' | '\n') {
                broken = true;
            }
        }
        words.extend(current);
        for word in &mut words {
            while word.text.ends_with('\'') {
                word.text.pop();
                word.end -= text[..word.end].chars().next_back().map_or(0, char::len_utf8);
            }
        }
        Phrase { words }
    }

    /// Whether there is no word at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many words.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether the whole phrase is one of `phrases` (words joined by one space).
    pub(crate) fn is_one_of(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| is(&self.words, phrase))
    }

    /// How many of the first words make up the longest of `phrases` that the phrase begins with.
    pub(crate) fn begins_with(&self, phrases: &[&str]) -> usize {
        longest_prefix(&self.words, phrases)
    }
}

/// Whether the words are exactly `phrase`.
pub(crate) fn is(words: &[Word], phrase: &str) -> bool {
    !words.is_empty() && prefix(words, phrase) == words.len()
}

/// How many of the first words make up the longest of `phrases` that they begin with; 0 for none.
pub(crate) fn longest_prefix(words: &[Word], phrases: &[&str]) -> usize {
    phrases.iter().map(|phrase| prefix(words, phrase)).max().unwrap_or(0)
}

/// How many of the last words make up the longest of `phrases` that they end with; 0 for none.
pub(crate) fn longest_suffix(words: &[Word], phrases: &[&str]) -> usize {
    phrases.iter().map(|phrase| suffix(words, phrase)).max().unwrap_or(0)
}

/// How many of the first words make up `phrase`; 0 when they do not. Nearly all phrases differ in their first letter,
/// so that is looked at before anything else: the tables are long, and are gone through many times a turn.
fn prefix(words: &[Word], phrase: &str) -> usize {
    let Some(first) = words.first() else { return 0 };
    if first.text.as_bytes().first() != phrase.as_bytes().first() {
        return 0;
    }
    let mut rest = phrase;
    for (index, word) in words.iter().enumerate() {
        let Some(after) = rest.strip_prefix(word.text.as_str()) else { return 0 };
        if after.is_empty() {
            return index + 1;
        }
        let Some(after) = after.strip_prefix(' ') else { return 0 };
        rest = after;
    }
    0
}

/// How many of the last words make up `phrase`; 0 when they do not.
fn suffix(words: &[Word], phrase: &str) -> usize {
    let Some(last) = words.last() else { return 0 };
    if last.text.as_bytes().last() != phrase.as_bytes().last() {
        return 0;
    }
    let mut rest = phrase;
    for (index, word) in words.iter().rev().enumerate() {
        let Some(before) = rest.strip_suffix(word.text.as_str()) else { return 0 };
        if before.is_empty() {
            return index + 1;
        }
        let Some(before) = before.strip_suffix(' ') else { return 0 };
        rest = before;
    }
    0
}

/// A name such as `device_type` as people would say it: `device type`.
pub(crate) fn readable(name: &str) -> String {
    let mut said = String::with_capacity(name.len());
    for piece in name.split('_').filter(|piece| !piece.is_empty()) {
        if !said.is_empty() {
            said.push(' ');
        }
        said.push_str(piece);
    }
    said
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn alternatives<S: AsRef<str>>(options: &[S]) -> String {
    match options {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [rest @ .., last] => {
            let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", rest.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_without_punctuation_and_know_where_they_stood() {
        let phrase = Phrase::of("Never mind, I CAN’T do  'that'!");
        assert!(phrase.is_one_of(&["never mind i can't do that"]));
        assert!(phrase.words[2].after_break);
        assert!(!phrase.words[1].after_break);
        let last = phrase.words.last().unwrap();
        assert_eq!(&"Never mind, I CAN’T do  'that'!"[last.start..last.end], "that");
    }

    #[test]
    fn the_longest_prefix_and_suffix_win() {
        let phrase = Phrase::of("no wait make it seven please thank you");
        assert_eq!(phrase.begins_with(&["no", "no wait"]), 2);
        assert_eq!(longest_suffix(&phrase.words, &["you", "thank you", "please thank you"]), 3);
        assert_eq!(phrase.begins_with(&["wait"]), 0);
    }

    #[test]
    fn names_and_alternatives_read_well() {
        assert_eq!(readable("device_type"), "device type");
        assert_eq!(alternatives(&["a", "b", "c"]), "a, b or c");
        assert_eq!(alternatives::<&str>(&[]), "");
    }
}
