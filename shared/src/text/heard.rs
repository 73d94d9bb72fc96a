//! An utterance, cut once: its words with where they stood, what they are and what they do.
//!
//! This is what the phrases of a conversation (repairs, corrections, "yes", "I don't know"), slots and options work on.
//! Words are in normal form: "I can't" is `i can not`, both words of "can't" with the same place in the text.

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::ops::{Deref, Range};
use std::rc::Rc;

use super::hash;
use super::stem::{Stem, Stemming};
use super::tokens::{Break, MAX_TOKENS, Shape, Tokens};
use crate::language::{Class, Cue, CueSet, Language};

/// The normal form of a word, which lies with those of the whole text.
#[derive(Clone)]
pub(crate) struct Form {
    tokens: Rc<Tokens>,
    token: usize,
}

impl Form {
    /// The letters.
    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        self.tokens.text(self.token)
    }
}

impl Deref for Form {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Form) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Form {}

/// A word and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its normal form.
    pub(crate) text: Form,
    /// First byte in the original text.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// Whether a comma, full stop, semicolon, colon, dash or line break stands between this word and the one before.
    pub(crate) after_break: bool,
    /// Whether it is joined to the word before by signs alone, without white space ("A-17").
    pub(crate) glued: bool,
    /// Hash of the normal form.
    pub(crate) hash: u64,
    /// What kind of word it is.
    pub(crate) class: Class,
    /// What it does as a phrase of its own.
    pub(crate) cues: CueSet,
    /// Its place among the tokens.
    pub(crate) token: usize,
    /// Its stem, once it was asked for.
    stemming: Kept<Stemming>,
}

/// What follows from the rest of a word and is found out when it is first asked for.
#[derive(Debug, Clone)]
struct Kept<T>(OnceCell<T>);

impl<T> PartialEq for Kept<T> {
    fn eq(&self, _: &Kept<T>) -> bool {
        true
    }
}

impl<T> Eq for Kept<T> {}

impl Word {
    /// Whether the word by itself is a phrase of any of these cues.
    #[inline]
    pub(crate) fn is(&self, cues: impl Into<CueSet>) -> bool {
        self.cues.meets(cues.into())
    }

    /// The part that its forms share.
    pub(crate) fn stem(&self, language: &Language) -> Stem<'_> {
        self.stemming.0.get_or_init(|| language.inflection.stemming(&self.text, self.hash)).of(&self.text)
    }

    /// Whether it tells something: of content, and no phrase of the conversation itself.
    pub(crate) fn tells(&self) -> bool {
        self.class == Class::CONTENT && self.cues.is_empty()
    }

    /// Whether it says by itself that nothing is wrong, or nothing any more: "fine", "gone". "Over" is grammar as well.
    pub(crate) fn is_over(&self) -> bool {
        self.class.is(Class::OVER) && !self.class.is(Class::FUNCTION)
    }

    /// Whether it begins a clause of its own: "I", "they", and not "my".
    pub(crate) fn is_subject(&self) -> bool {
        self.class.is(Class::SUBJECT) && !self.class.is(Class::DETERMINER)
    }

    /// Whether it is written with a capital, of `text`, where that says something: the speaker's own word may always be.
    pub(crate) fn is_capital(&self, text: &str) -> bool {
        text.get(self.start..).is_some_and(|said| said.starts_with(char::is_uppercase)) && !self.is(Cue::Speaker)
    }

    /// Whether a figure is written in it.
    pub(crate) fn has_digit(&self) -> bool {
        self.text.bytes().any(|byte| byte.is_ascii_digit())
    }
}

/// What says that somebody's life, health or home is in danger, which is no phrase of the conversation.
const DANGER_CUES: [Cue; 3] = [Cue::Danger, Cue::DangerOf, Cue::DangerSign];
const DANGERS: CueSet = CueSet::NONE.with(Cue::Danger).with(Cue::DangerOf).with(Cue::DangerSign);

/// What words are known for, and what makes none of them a phrase of the conversation itself.
const NO_PHRASES: CueSet = DANGERS.with(Cue::People).with(Cue::DangerThing).with(Cue::HalfName);

/// A danger that words tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Danger {
    pub(crate) words: usize,
    /// One kind, or several with spaces between them.
    pub(crate) kind: &'static str,
    /// The token of what it befalls or comes from, where that makes it one.
    pub(crate) thing: Option<usize>,
}

/// Words between a danger and whom or what it befalls, at most.
const BEFALLS: usize = 8;
/// Ends the kind of what is done to somebody, who stands behind it.
const TO_SOMEBODY: char = '>';
/// Words up to them, at most.
const DONE_TO: usize = 3;
/// The kind of what lives and is nobody: "dog".
const ALIVE: &str = "alive";

/// The words between marks, in pieces.
pub(crate) fn between_marks(words: &[Word]) -> impl DoubleEndedIterator<Item = &[Word]> {
    words.chunk_by(|_, next| !next.after_break)
}

/// How many words stand before the first mark.
pub(crate) fn first_clause(words: &[Word]) -> usize {
    between_marks(words).next().map_or(0, <[Word]>::len)
}

/// The words of a text, in order.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) language: &'static Language,
    /// What patterns and polarity are told by; signs among them.
    pub(crate) tokens: Rc<Tokens>,
    pub(crate) words: Vec<Word>,
    dangers: OnceCell<Vec<Option<Danger>>>,
    /// Other texts that were heard beside this one.
    others: RefCell<Vec<(String, Rc<Heard>)>>,
}

impl Heard {
    /// Cuts a text into words.
    pub(crate) fn of(language: &'static Language, text: &str) -> Heard {
        let mut tokens = Tokens::default();
        tokens.read(language, text);
        Heard::over(language, text, Rc::new(tokens))
    }

    /// Of a text that is cut already.
    pub(crate) fn over(language: &'static Language, text: &str, tokens: Rc<Tokens>) -> Heard {
        let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
        let mut broken = false;
        for (at, token) in tokens.as_slice().iter().enumerate().take(MAX_TOKENS) {
            broken |= token.before != Break::None;
            if token.shape == Shape::Sign {
                continue;
            }
            let (start, end) = (token.start as usize, token.end as usize);
            let glued = words.last().is_some_and(|before| {
                // The second word of a contraction stands where the first does.
                before.end <= start && before.start < start && joined(text.get(before.end..start).unwrap_or(" "))
            });
            let after_break = broken && !words.is_empty();
            broken = false;
            words.push(Word {
                text: Form { tokens: Rc::clone(&tokens), token: at },
                start,
                end,
                after_break,
                glued,
                hash: token.hash,
                class: token.class,
                cues: language.cues(token.hash).without(NO_PHRASES),
                token: at,
                stemming: Kept(OnceCell::new()),
            });
        }
        Heard { language, tokens, words, dangers: OnceCell::new(), others: RefCell::default() }
    }

    /// Another text in the same language, a phrase or a name, which is often asked for again.
    pub(crate) fn beside(&self, text: &str) -> Rc<Heard> {
        /// Texts that are kept, at most.
        const MAX_KEPT: usize = 32;
        if let Some((_, known)) = self.others.borrow().iter().find(|(known, _)| known == text) {
            return Rc::clone(known);
        }
        let heard = Rc::new(Heard::of(self.language, text));
        let mut others = self.others.borrow_mut();
        if others.len() < MAX_KEPT {
            others.push((text.to_owned(), Rc::clone(&heard)));
        }
        heard
    }

    /// The longest phrase at a word that says what is dangerous, to somebody who is spoken of where it needs one.
    pub(crate) fn danger(&self, at: usize) -> Option<Danger> {
        let all = || (0..self.words.len()).map(|at| self.language.danger(&self.words, at, false)).collect();
        self.dangers.get_or_init(all).get(at).copied().flatten()
    }

    /// Whether there is no word at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many words.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The words of a clause from this one on: up to a mark, or a word that joins or begins another clause.
    pub(crate) fn clause_behind(&self, from: usize) -> &[Word] {
        let parts = Class::AND.and(Class::BUT).and(Class::BREAK);
        let rest = &self.words[from.min(self.words.len())..];
        let ends = |word: &Word| word.after_break || word.class.is(parts);
        &rest[..rest.iter().position(ends).unwrap_or(rest.len())]
    }

    /// Whether a word opens its clause, but for grammar that leads to it: "Friday I can't", "y el viernes no".
    pub(crate) fn opens_clause(&self, at: usize) -> bool {
        let parts = Class::AND.and(Class::BUT).and(Class::BREAK).and(Class::BARE_NO);
        let leads = Class::FUNCTION.and(Class::FILLER).and(Class::LEADS);
        let says = Class::AUXILIARY.and(Class::SUBJECT);
        let begins = |word: usize| word == 0 || self.words[word].after_break || self.words[word - 1].class.is(parts);
        let opening = (0..=at.min(self.words.len().saturating_sub(1))).rev().find(|word| begins(*word)).unwrap_or(0);
        self.words.get(opening..at).unwrap_or_default().iter().all(|word| word.class.is(leads) && !word.class.is(says))
    }

    /// The words that the bytes `span` of the text touch: an empty range stands where they would.
    pub(crate) fn words_of(&self, span: (usize, usize)) -> Range<usize> {
        let first = self.words.partition_point(|word| word.end <= span.0);
        first..self.words.partition_point(|word| word.start < span.1).max(first)
    }

    /// Whether it holds a word, in any form.
    pub(crate) fn holds(&self, word: &Word) -> bool {
        let stem = word.stem(self.language);
        self.words.iter().any(|own| own.stem(self.language) == stem)
    }

    /// Whether the whole utterance is a phrase of any of these cues.
    pub(crate) fn is(&self, cues: impl Into<CueSet>) -> bool {
        self.language.is(&self.words, cues)
    }

    /// How many of the first words make up the longest phrase of these cues.
    pub(crate) fn begins_with(&self, cues: impl Into<CueSet>) -> usize {
        self.language.prefix(&self.words, cues)
    }
}

/// Whether signs alone stand between two words.
fn joined(between: &str) -> bool {
    !between.chars().any(|sign| sign.is_whitespace() || matches!(sign, ',' | ';'))
}

impl Language {
    /// Whether the words are a phrase of any of these cues.
    #[inline]
    pub(crate) fn is(&self, words: &[Word], cues: impl Into<CueSet>) -> bool {
        self.is_any(words, cues.into())
    }

    fn is_any(&self, words: &[Word], cues: CueSet) -> bool {
        match words {
            [] => false,
            [only] => only.cues.meets(cues),
            [first, ..] => {
                self.may_begin(first.hash, cues)
                    && words.len() <= self.longest(cues)
                    && self.cues(hash_of(words)).meets(cues)
            }
        }
    }

    /// How many of the first words make up the longest phrase of these cues; 0 for none.
    #[inline]
    pub(crate) fn prefix(&self, words: &[Word], cues: impl Into<CueSet>) -> usize {
        self.longest_prefix(words, cues.into())
    }

    /// Whether a word is for somebody, whoever it is.
    pub(crate) fn is_somebody(&self, word: &Word) -> bool {
        // "my dads" is written for "my dad's".
        word.class.is_person()
            || self.class(word.stem(self).hash()).is_person()
            || word.class.is(Class::ANYBODY)
            || word.is_subject() && word.is(Cue::Speaker)
            || self.cues(word.hash).has(Cue::People)
    }

    /// The longest phrase at a place that says what is dangerous. `anybody`: also where nobody is spoken of whom it befalls.
    pub(crate) fn danger(&self, all: &[Word], from: usize, anybody: bool) -> Option<Danger> {
        let words = all.get(from..)?;
        let first = words.first()?;
        if !(self.may_begin(first.hash, DANGERS) || self.may_begin(first.stem(self).hash(), DANGERS)) {
            return None;
        }
        // Up to the marks around it.
        let before = all[..from].iter().rev().scan(words[0].after_break, |ended, word| {
            let open = !std::mem::replace(ended, *ended || word.after_break);
            open.then_some(word)
        });
        let behind = words.iter().skip(1).take_while(|word| !word.after_break);
        let around = before.take(BEFALLS).chain(behind.take(BEFALLS));
        let (mut said, mut stems, mut found) = (hash::EMPTY, hash::EMPTY, None);
        for (at, word) in words.iter().take(self.longest(DANGERS)).enumerate() {
            if at > 0 && word.after_break {
                break;
            }
            said = with_word(said, at, word);
            let stem = word.stem(self);
            let (head, tail) = stem.pieces();
            stems = hash::append(spaced(stems, at), stem.hash(), head.len() + tail.len());
            // As it is written comes before what it is a form of.
            let keys = [hash::push(stems, hash::STEMMED), said];
            let known = keys.into_iter().filter(|key| self.cues(*key).meets(DANGERS));
            for (key, cue) in known.flat_map(|key| DANGER_CUES.map(|cue| (key, cue))) {
                let cues = self.cues(key);
                let Some(kinds) = cues.has(cue).then(|| self.value(cue, key)).flatten() else { continue };
                let mut befallen = None;
                let kind = match cue {
                    Cue::DangerSign => around.clone().find_map(|thing| {
                        let of = self.thing(thing)?;
                        befallen = Some(thing.token);
                        kinds.split(' ').find(|kind| of.split(' ').any(|of| of == *kind))
                    }),
                    Cue::DangerOf => {
                        let done = kinds.strip_suffix(TO_SOMEBODY);
                        let behind = &words[(at + 1).min(words.len())..];
                        let meant = anybody
                            || match done {
                                Some(_) => self.is_done_to(behind),
                                None => around.clone().any(|word| self.is_alive(word)),
                            };
                        meant.then_some(done.unwrap_or(kinds))
                    }
                    _ => Some(kinds),
                };
                if let Some(kind) = kind {
                    found = Some(Danger { words: at + 1, kind, thing: befallen });
                }
            }
        }
        found
    }

    /// Whether a word is for somebody or for an animal.
    fn is_alive(&self, word: &Word) -> bool {
        self.is_somebody(word) || self.thing(word).is_some_and(|of| of.split(' ').any(|of| of == ALIVE))
    }

    /// Whether these words begin with whom something is done to: "him", "on a man", and not "her phone".
    fn is_done_to(&self, behind: &[Word]) -> bool {
        let goes_on = |at: usize| behind.get(at).is_some_and(|word| !word.after_break && word.class == Class::CONTENT);
        let near = behind.iter().take(DONE_TO).take_while(|word| !word.after_break).enumerate();
        near.into_iter().any(|(at, word)| {
            self.is_alive(word) && !word.class.is(Class::SUBJECT)
                || word.class.is(Class::KIN) && !word.class.is(Class::SUBJECT) && !goes_on(at + 1)
        })
    }

    /// The kinds of danger that may befall or come from what a word means.
    pub(crate) fn thing(&self, word: &Word) -> Option<&'static str> {
        let known = |key| self.value(Cue::DangerThing, key).filter(|_| self.cues(key).has(Cue::DangerThing));
        let stem = word.stem(self).hash();
        known(word.hash).or_else(|| known(stem)).or_else(|| known(hash::push(stem, hash::STEMMED)))
    }

    fn longest_prefix(&self, words: &[Word], cues: CueSet) -> usize {
        let mut key = hash::EMPTY;
        let mut longest = 0;
        if words.first().is_none_or(|first| !self.may_begin(first.hash, cues)) {
            return 0;
        }
        for (at, word) in words.iter().take(self.longest(cues)).enumerate() {
            key = with_word(key, at, word);
            let found = if at == 0 { word.cues } else { self.cues(key) };
            if found.meets(cues) {
                longest = at + 1;
            }
        }
        longest
    }

    /// How many of the last words make up the longest phrase of these cues; 0 for none.
    #[inline]
    pub(crate) fn suffix(&self, words: &[Word], cues: impl Into<CueSet>) -> usize {
        self.longest_suffix(words, cues.into())
    }

    fn longest_suffix(&self, words: &[Word], cues: CueSet) -> usize {
        if words.last().is_none_or(|last| !self.may_end(last.hash, cues)) {
            return 0;
        }
        let most = self.longest(cues).min(words.len());
        let phrase = |count: &usize| match &words[words.len() - count..] {
            [only] => only.cues,
            several => self.cues(hash_of(several)),
        };
        (1..=most).rev().find(|count| phrase(count).meets(cues)).unwrap_or(0)
    }

    /// What the words stand for as a phrase of a cue.
    pub(crate) fn value_of(&self, cue: Cue, words: &[Word]) -> Option<&'static str> {
        self.value(cue, hash_of(words))
    }
}

fn hash_of(words: &[Word]) -> u64 {
    words.iter().enumerate().fold(hash::EMPTY, |key, (at, word)| with_word(key, at, word))
}

/// The hash of a phrase with one more word, the `at`th.
#[inline]
fn with_word(key: u64, at: usize, word: &Word) -> u64 {
    hash::append(spaced(key, at), word.hash, word.text.len())
}

/// The hash of a phrase before its `at`th word.
#[inline]
fn spaced(key: u64, at: usize) -> u64 {
    if at > 0 { hash::push(key, b' ') } else { key }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Heard {
        Heard::of(Language::english(), text)
    }

    #[test]
    fn words_are_in_normal_form_and_know_where_they_stood() {
        let text = "Never mind, I CAN’T do  'that'!";
        let heard = heard(text);
        let words: Vec<&str> = heard.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(words, ["never", "mind", "i", "can", "not", "do", "that"]);
        assert!(heard.words[2].after_break);
        assert!(!heard.words[1].after_break);
        let last = heard.words.last().unwrap();
        assert_eq!(&text[last.start..last.end], "that");
    }

    #[test]
    fn what_is_joined_by_signs_is_glued() {
        let glued = |text: &str| heard(text).words.iter().map(|word| word.glued).collect::<Vec<bool>>();
        assert_eq!(glued("it's A-17"), [false, false, false, true]);
        assert_eq!(glued("#12, 13"), [false, false]);
    }

    #[test]
    fn the_longest_prefix_and_suffix_win() {
        let heard = heard("no wait make it seven please thank you");
        assert_eq!(heard.begins_with(Cue::CorrectionWeak), 2);
        assert_eq!(heard.language.suffix(&heard.words, Cue::RepairAfter), 2);
        assert_eq!(heard.begins_with(Cue::CorrectionStrong), 0);
    }

    #[test]
    fn the_words_of_a_span_are_those_that_it_touches() {
        let heard = heard("it's $5 today");
        let words = |span: (usize, usize)| {
            heard.words[heard.words_of(span)].iter().map(|word| word.text.to_string()).collect::<Vec<String>>()
        };
        assert_eq!(words((5, 7)), ["5"]);
        assert_eq!(words((6, 9)), ["5", "today"]);
        assert_eq!(words((0, 2)), ["it", "is"]);
        assert_eq!(heard.words_of((4, 4)), 2..2);
        assert_eq!(heard.words_of((20, 30)), 4..4);
    }

    #[test]
    fn a_clause_ends_before_the_next_mark() {
        let end = |text: &str| first_clause(&heard(text).words);
        assert_eq!((end("my knee, since friday"), end("my knee"), end("")), (2, 2, 0));
    }

    #[test]
    fn names_read_well() {
        assert_eq!(readable("device_type"), "device type");
    }
}
