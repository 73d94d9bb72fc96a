//! What a text is to the options of a slot, as far as its words tell: an answer to none of them, or to two.

use std::collections::HashMap;

use crate::language::{Class, Language};
use crate::text::{Heard, Word, readable};

/// Words of a text that names an option.
const MAX_OPTION_WORDS: usize = 2;

/// The words of texts by which an option is known, as stems.
pub(crate) struct Forms(Vec<Vec<u64>>);

impl Forms {
    pub(crate) fn of<'t>(language: &'static Language, forms: impl IntoIterator<Item = &'t str>) -> Forms {
        let stems = |form| Heard::of(language, form).words.iter().map(|word| word.stem(language).hash()).collect();
        Forms(forms.into_iter().map(stems).collect())
    }

    /// Whether one of them stands in words: "cargo bike" holds `cargo`, "class A" holds `a`.
    pub(crate) fn stand_in(&self, language: &'static Language, words: &[&Word]) -> bool {
        let stems: Vec<u64> = words.iter().map(|word| word.stem(language).hash()).collect();
        self.0.iter().any(|form| !form.is_empty() && stems.windows(form.len()).any(|part| part == form.as_slice()))
    }

    /// Whether a text names something that is none of them. Sentences, and words that say something of the talk ("none",
    /// "skip"), name nothing.
    pub(crate) fn lack(&self, language: &'static Language, said: &str) -> bool {
        let heard = Heard::of(language, said);
        let words: Vec<&Word> = heard.words.iter().collect();
        !self.stand_in(language, &words) && named(&words).is_some()
    }
}

/// What words name: a thing in a word or two.
pub(crate) fn named(words: &[&Word]) -> Option<String> {
    let words: Vec<&&Word> = words.iter().filter(|word| !word.class.is(Class::DETERMINER)).collect();
    let plain = |word: &&&Word| word.class == Class::CONTENT && word.cues.is_empty();
    ((1..=MAX_OPTION_WORDS).contains(&words.len()) && words.iter().all(plain))
        .then(|| words.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" "))
}

/// Which option each text is said for.
#[derive(Default)]
pub(crate) struct SaidFor(HashMap<String, String>);

impl SaidFor {
    /// Has a text said for an option; the other option that it is said for already.
    pub(crate) fn add(&mut self, text: &str, option: &str) -> Option<String> {
        let plain = |text: &str| readable(text).to_lowercase();
        let other = self.0.entry(plain(text)).or_insert_with(|| option.to_owned());
        (plain(other) != plain(option)).then(|| other.clone())
    }
}
