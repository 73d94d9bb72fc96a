//! The utterance as the game's index knows it: every word looked up once.

use std::rc::Rc;

use super::respaced;
use crate::compiled::index::{Index, Key, NONE, phrase_flag, weight};
use crate::language::{Class, Language};
use crate::order;
use crate::text::{Shape, Token, Tokens, hash, normalize, one_slip_apart, stem};

/// Unknown words that are looked up as misspelt, in one utterance.
const MAX_SPELLING_LOOKUPS: usize = 64;
/// Words that a misspelt one may be.
const MAX_READINGS: usize = 2;
/// The longest and shortest misspelt word, in characters.
const SPELLED_CHARS: std::ops::RangeInclusive<usize> = 4..=24;
/// Words of an utterance that are looked up once for all its parts.
const MAX_KNOWN: usize = 32;
/// Vocabulary terms recognised in one utterance.
const MAX_TERM_HITS: usize = 512;

/// What the index knows of one word of the utterance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The very word, if a pattern or the vocabulary has it.
    pub(super) word: u32,
    /// The key of the word or of another form of it.
    pub(super) key: Key,
    /// For a word that is unknown: the words it may be a misspelling of, with their keys.
    pub(super) readings: [(u32, Key); MAX_READINGS],
}

/// A vocabulary term that stands in the utterance.
#[derive(Debug, Clone, Copy)]
pub(super) struct TermHit {
    pub(super) key: Key,
    pub(super) member: u32,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) context_sensitive: bool,
}

/// Words, what is known of them, and sums over their weights. Reusable.
#[derive(Debug, Default)]
pub(super) struct Utterance {
    pub(super) tokens: Rc<Tokens>,
    pub(super) seen: Vec<Seen>,
    pub(super) terms: Vec<TermHit>,
    /// `(key, position)` of everything a pattern may be found by, sorted.
    pub(super) places: Vec<(Key, u32)>,
    /// A bit for each key (modulo 64).
    pub(super) mask: u64,
    /// Weights of the words before each position: as part of a match, and as part of the rest.
    sums: Vec<(u32, u32)>,
    /// What was looked up of an utterance that is read in parts as well.
    known: Vec<(u64, Shape, Seen)>,
}

impl Utterance {
    /// Reads a text, which is cut already where `cut` has its words: those of an utterance or of a part of it. Of words that it has
    /// read last there is nothing to do.
    pub(super) fn read(
        &mut self,
        language: &'static Language,
        text: &str,
        cut: Option<&Rc<Tokens>>,
        index: &Index<'_>,
    ) {
        match cut {
            Some(tokens) if Rc::ptr_eq(tokens, &self.tokens) => return,
            Some(tokens) => self.tokens = Rc::clone(tokens),
            None => {
                self.known.clear();
                match Rc::get_mut(&mut self.tokens) {
                    Some(tokens) => tokens.read(language, text),
                    None => self.tokens = Rc::new(normalize(language, text)),
                }
            }
        }
        self.look_all_up(language, index);
        if let Some(tokens) = respaced::respaced(language, index, &self.tokens, &self.seen) {
            self.tokens = Rc::new(tokens);
            self.look_all_up(language, index);
        }
        self.find_terms(index);
        self.places.sort_unstable();
        self.places.dedup();
    }

    fn look_all_up(&mut self, language: &'static Language, index: &Index<'_>) {
        let count = self.tokens.len();
        self.seen.clear();
        self.seen.reserve(count);
        self.places.reserve(count + 2);
        self.sums.reserve(count + 1);
        self.terms.clear();
        self.places.clear();
        self.sums.clear();
        self.mask = 0;
        let mut spelling_left = MAX_SPELLING_LOOKUPS;
        let (mut inside, mut outside) = (0, 0);
        self.sums.push((0, 0));
        let tokens = Rc::clone(&self.tokens);
        for (at, token) in tokens.as_slice().iter().enumerate() {
            let weight = u32::from(weight_of(token));
            inside += weight.max(u32::from(weight::FUNCTION));
            outside += weight;
            self.sums.push((inside, outside));
            let known = self.known.iter().find(|(hash, shape, _)| (*hash, *shape) == (token.hash, token.shape));
            let seen = match known {
                Some((_, _, seen)) => *seen,
                None => look_up(language, index, token, tokens.text(at), &mut spelling_left),
            };
            if known.is_none() && self.known.len() < MAX_KNOWN {
                self.known.push((token.hash, token.shape, seen));
            }
            for key in [seen.key, seen.readings[0].1, seen.readings[1].1] {
                if key != NONE {
                    self.mask |= 1 << (key & 63);
                    self.places.push((key, at as u32));
                }
            }
            self.seen.push(seen);
        }
    }

    fn find_terms(&mut self, index: &Index<'_>) {
        for at in 0..self.seen.len() {
            let first = self.seen[at];
            for key in [first.key, first.readings[0].1, first.readings[1].1] {
                if key == NONE {
                    continue;
                }
                for phrase in index.phrases(key) {
                    let end = at + phrase.len();
                    let strict = phrase.flags & phrase_flag::STRICT != 0;
                    let stands = end <= self.seen.len()
                        && (0..phrase.len()).all(|i| {
                            let (word, key) = index.phrase_word(&phrase, i);
                            let seen = &self.seen[at + i];
                            if strict { seen.word == word } else { seen.has_key(key) }
                        });
                    if stands && self.terms.len() < MAX_TERM_HITS {
                        let context_sensitive = phrase.flags & phrase_flag::CONTEXT_SENSITIVE != 0;
                        self.terms.push(TermHit {
                            key: phrase.key,
                            member: phrase.member,
                            start: at,
                            end,
                            context_sensitive,
                        });
                        self.mask |= 1 << (phrase.key & 63);
                        self.places.push((phrase.key, at as u32));
                    }
                }
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    pub(super) fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.as_slice().get(at)
    }

    pub(super) fn class(&self, at: usize) -> Class {
        self.token(at).map_or(Class::CONTENT, |token| token.class)
    }

    /// The weight that the words `first..end` have as part of a match.
    pub(super) fn weight_inside(&self, first: usize, end: usize) -> u64 {
        u64::from(self.sums[end].0 - self.sums[first].0)
    }

    /// The weight that the words `first..end` have when no match explains them.
    pub(super) fn weight_outside(&self, first: usize, end: usize) -> u64 {
        u64::from(self.sums[end].1 - self.sums[first].1)
    }
}

impl Seen {
    /// Whether it may be a misspelling of a word that is known.
    pub(super) fn has_readings(&self) -> bool {
        self.readings[0].0 != NONE
    }

    /// Whether the word, another form of it, or a word it may be a misspelling of has this key.
    #[inline]
    pub(super) fn has_key(&self, key: Key) -> bool {
        self.key == key || self.is_misspelt(key)
    }

    #[inline]
    pub(super) fn is_misspelt(&self, key: Key) -> bool {
        self.readings[0].1 == key || self.readings[1].1 == key
    }
}

fn look_up(language: &Language, index: &Index<'_>, token: &Token, text: &str, spelling_left: &mut usize) -> Seen {
    let mut seen = Seen { word: NONE, key: NONE, readings: [(NONE, NONE); MAX_READINGS] };
    if let Some((word, key)) = index.find_word(token.hash) {
        seen.word = word;
        seen.key = key;
        return seen;
    }
    if token.shape != Shape::Word {
        return seen;
    }
    if token.class.is(Class::FUNCTION.and(Class::NEGATOR)) {
        // "me" for "se", "am" for "is": another person.
        if token.class.is(Class::PRONOUN.and(Class::AUXILIARY)) && language.inflection.base(token.hash).is_some() {
            seen.key = index.find_stem(stem(language, text).hash()).unwrap_or(NONE);
        }
        return seen;
    }
    if let Some(key) = index.find_stem(stem(language, text).hash()) {
        seen.key = key;
        return seen;
    }
    // Words of the language are what they are.
    if *spelling_left > 0 && !token.class.is_listed() && SPELLED_CHARS.contains(&text.chars().count()) {
        *spelling_left -= 1;
        if let Some(key) = sounds_like(language, index, text) {
            seen.key = key;
            return seen;
        }
        seen.readings = readings(index, token.hash, text);
    }
    seen
}

/// The word of the game that sounds the same and is spelt otherwise, where the language has such letters: "sobredocis".
fn sounds_like(language: &Language, index: &Index<'_>, text: &str) -> Option<Key> {
    let mut groups = language.formats.get("sounds")?.split_ascii_whitespace();
    // What is not heard at the beginning of a word is left out, or written where it does not belong.
    let silent = groups.next().filter(|_| text.is_ascii())?;
    let stem = stem(language, text);
    let (head, tail) = stem.pieces();
    let stemmed = [head, tail].concat();
    let known = |key: u64, of_stem: bool| {
        if of_stem { index.find_stem(key) } else { index.find_word(key).map(|(_, key)| key) }
    };
    [(text, false), (stemmed.as_str(), true)].into_iter().find_map(|(said, of_stem)| {
        let whole = hash::of(said.as_bytes());
        let other = match said.strip_prefix(silent) {
            Some(rest) => hash::of(rest.as_bytes()),
            None => hash::append(hash::of(silent.as_bytes()), whole, said.len()),
        };
        known(other, of_stem).or_else(|| {
            let mut others = groups.clone().flat_map(|group| {
                let places = said.bytes().enumerate().filter(move |(_, letter)| group.as_bytes().contains(letter));
                places.flat_map(move |(at, letter)| {
                    let others = group.bytes().filter(move |other| *other != letter);
                    others.map(move |other| hash::exchanged(whole, said.len() - at - 1, letter, other))
                })
            });
            others.find_map(|key| known(key, of_stem))
        })
    })
}

/// The words of the game that are one slip away.
fn readings(index: &Index<'_>, whole: u64, text: &str) -> [(u32, Key); MAX_READINGS] {
    let mut found = [(NONE, NONE); MAX_READINGS];
    let mut count = 0;
    let mut consider = |word: u32| {
        let new = count < MAX_READINGS && !found[..count].iter().any(|reading| reading.0 == word);
        if let Some((_, key)) = index.word(word).filter(|known| new && is_slip(known.0, text)) {
            found[count] = (word, key);
            count += 1;
        }
    };
    index.spelled_like(whole, &mut consider);
    hash::deletions(text, |key| index.spelled_like(key, &mut consider));
    found
}

/// In words of four letters only a swap is a slip: too many short words are one letter apart.
fn is_slip(known: &str, said: &str) -> bool {
    const MIN_CHARS: usize = 5;
    one_slip_apart(known, said)
        && (known.chars().count() >= MIN_CHARS || {
            let (mut a, mut b): (Vec<char>, Vec<char>) = (known.chars().collect(), said.chars().collect());
            order::sort_by_key(&mut a, |letter| *letter);
            order::sort_by_key(&mut b, |letter| *letter);
            a == b
        })
}

/// What a word weighs when it is not explained; politeness weighs nothing.
fn weight_of(token: &Token) -> u8 {
    let class = token.class;
    match token.shape {
        Shape::Data => weight::DATA,
        Shape::Character => weight::LIGHT,
        Shape::Sign => weight::FUNCTION,
        Shape::Word if class.is(Class::FILLER) => 0,
        Shape::Word if class.is(Class::FUNCTION.and(Class::NEGATOR)) => weight::FUNCTION,
        Shape::Word if class.is(Class::TIME.and(Class::NUMBER)) => weight::DATA,
        Shape::Word if class.is(Class::LIGHT) => weight::LIGHT,
        Shape::Word => weight::CONTENT,
    }
}
