//! Everything that is particular to a language, and nothing of it elsewhere.
//!
//! A language is a folder of data files: `lexicon.txt` (classes of words), `phrases.txt` (what phrases do in a
//! conversation), `contractions.txt`, `inflection.txt`, `wording.txt` (what the engine says by itself), `formats.txt`
//! (how values are shown) and `corpus.txt` (examples that are its tests). `build.rs` turns them into static tables, so
//! that nothing is read at run time. How to add one: `docs/languages.md`.

mod sections;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub use sections::{Class, Cue, Text};

use crate::entities::{self, DateOrder, HomeMoney, Place, WeekStart};
use crate::ir;
use crate::text::{Heard, Inflection, Rule, hash};

mod english {
    use super::*;
    include!(concat!(env!("OUT_DIR"), "/english.rs"));
}
#[cfg(feature = "spanish")]
mod spanish {
    use super::*;
    include!(concat!(env!("OUT_DIR"), "/spanish.rs"));
}
#[cfg(feature = "german")]
mod german {
    use super::*;
    include!(concat!(env!("OUT_DIR"), "/german.rs"));
}

/// A language, as its folder describes it.
#[derive(Debug)]
pub struct Language {
    /// ISO 639-1.
    pub code: &'static str,
    /// Its name in English.
    pub name: &'static str,
    /// The locales that it is known to be spoken in.
    pub locales: &'static [&'static str],
    /// What figures and signs mean in each of them, and where none is named.
    places: &'static [(&'static str, Place)],
    /// Letters that are written in several ways, and what stands for them in normal form.
    pub(crate) folds: &'static [(char, &'static str)],
    contractions: &'static [(&'static str, &'static str, &'static str)],
    apostrophes: &'static [Apostrophe],
    /// The words of the dangers, those that begin with the same letter together, before each how many bytes it has: `A` for one.
    pub(crate) dangers: &'static [&'static str],
    classes: Table<u64>,
    cues: Cues,
    wording: &'static [&'static str],
    pub(crate) inflection: Inflection,
    pub(crate) formats: Formats,
}

impl PartialEq for Language {
    fn eq(&self, other: &Language) -> bool {
        self.code == other.code
    }
}

impl Eq for Language {}

impl Default for &'static Language {
    fn default() -> &'static Language {
        Language::english()
    }
}

/// The languages of this build.
static ALL: &[&Language] = &[
    &english::ENGLISH,
    #[cfg(feature = "spanish")]
    &spanish::SPANISH,
    #[cfg(feature = "german")]
    &german::GERMAN,
];

/// A bit for each cue, in as few words as hold them all.
pub(crate) type CueBits = [u64; Cue::NAMES.len().div_ceil(64)];

/// A set of cues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CueSet(CueBits);

impl CueSet {
    const ALL: CueSet = CueSet([u64::MAX; Cue::NAMES.len().div_ceil(64)]);
    /// No cue.
    pub const NONE: CueSet = CueSet([0; Cue::NAMES.len().div_ceil(64)]);

    /// Whether the sets have a cue in common.
    #[inline]
    #[must_use]
    pub const fn meets(self, other: CueSet) -> bool {
        let (mut common, mut at) = (0, 0);
        while at < self.0.len() {
            common |= self.0[at] & other.0[at];
            at += 1;
        }
        common != 0
    }

    /// Whether a cue is in the set.
    #[inline]
    #[must_use]
    pub const fn has(self, cue: Cue) -> bool {
        self.0[cue as usize / 64] >> (cue as usize % 64) & 1 == 1
    }

    /// Whether the set is empty.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !self.meets(CueSet::ALL)
    }

    /// The set without those of another.
    #[must_use]
    pub(crate) fn without(mut self, other: CueSet) -> CueSet {
        self.0.iter_mut().zip(other.0).for_each(|(held, other)| *held &= !other);
        self
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(mut self, cue: Cue) -> CueSet {
        self.0[cue as usize / 64] |= 1 << (cue as usize % 64);
        self
    }
}

impl From<Cue> for CueSet {
    fn from(cue: Cue) -> CueSet {
        CueSet::default().with(cue)
    }
}

impl<const N: usize> From<[Cue; N]> for CueSet {
    fn from(cues: [Cue; N]) -> CueSet {
        cues.into_iter().fold(CueSet::default(), CueSet::with)
    }
}

/// A word with an apostrophe that stands for others.
#[derive(Debug)]
struct Apostrophe {
    before: &'static str,
    /// Whether `before` is all that stands before the apostrophe, not only its end.
    whole: bool,
    after: &'static str,
    /// Empty for what stands before, without `before`.
    first: &'static str,
    second: &'static str,
}

/// The first word of a contraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contracted {
    /// So many bytes of what stands before the apostrophe.
    Begins(usize),
    /// This word.
    Stands(&'static str),
}

/// Values by the hash of a word or phrase. Of a hash only its bucket and 24 bits more are kept: its other bits would be half of
/// what the language takes, and nothing makes them smaller.
#[derive(Debug)]
struct Table<V: 'static> {
    bits: u32,
    /// Where each bucket ends among the keys.
    ends: &'static [u16],
    /// By bucket, sorted.
    keys: &'static [hash::Rest],
    /// Of each key, which of [`Table::all`] is its value.
    values: &'static [u16],
    all: &'static [V],
}

impl<V: Copy> Table<V> {
    #[inline]
    fn get(&self, key: u64) -> Option<V> {
        let (bucket, key) = hash::place(key, self.bits);
        let end = usize::from(*self.ends.get(bucket)?);
        let start = bucket.checked_sub(1).map_or(0, |before| usize::from(self.ends[before]));
        let at = start + self.keys.get(start..end)?.iter().position(|known| *known == key)?;
        self.all.get(usize::from(*self.values.get(at)?)).copied()
    }
}

/// Cues by the hash of a phrase.
#[derive(Debug)]
struct Cues {
    sets: Table<CueBits>,
    /// The longest phrase of each cue, in words.
    longest: &'static [u8],
    /// By the hash of a word: which of [`Cues::places`] holds the cues of all phrases that may begin with it. Words share
    /// places, so that a set may hold more, never less.
    firsts: &'static [u16],
    /// The same of the phrases that may end with it.
    lasts: &'static [u16],
    places: &'static [CueBits],
    /// By the hash of the phrase with the cue's digits behind it.
    values: Table<&'static str>,
}

/// How values are shown, by key.
#[derive(Debug)]
pub(crate) struct Formats {
    entries: &'static [(&'static str, &'static str)],
}

impl Formats {
    /// The entries whose names begin so.
    pub(crate) fn under(&self, prefix: &str) -> impl Iterator<Item = &'static str> {
        self.entries.iter().filter(move |(known, _)| known.starts_with(prefix)).map(|(_, value)| *value)
    }

    /// The entry `TAG/KEY`.
    fn of_locale(&self, tag: &str, key: &str) -> Option<&'static str> {
        let order = |known: &str| {
            let (head, rest) = known.as_bytes().split_at(tag.len().min(known.len()));
            head.cmp(tag.as_bytes()).then_with(|| match rest.split_first() {
                Some((mark, rest)) => mark.cmp(&b'/').then_with(|| rest.cmp(key.as_bytes())),
                None => Ordering::Less,
            })
        };
        let at = self.entries.binary_search_by(|(known, _)| order(known)).ok()?;
        self.entries.get(at).map(|(_, value)| *value)
    }

    /// The entry of that name.
    pub(crate) fn get(&self, key: &str) -> Option<&'static str> {
        let at = self.entries.binary_search_by_key(&key, |(known, _)| known).ok()?;
        self.entries.get(at).map(|(_, value)| *value)
    }
}

/// A language as it is written somewhere: the order of day and month, the marks in numbers, the sign of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale {
    /// The language.
    pub language: &'static Language,
    /// BCP 47, such as `en-GB`.
    pub tag: &'static str,
}

impl Locale {
    /// The locale of that tag, if this build has it.
    #[must_use]
    pub fn tagged(tag: &str) -> Option<Locale> {
        ALL.iter().find_map(|language| {
            let tag = language.locales.iter().find(|known| known.eq_ignore_ascii_case(tag))?;
            Some(Locale { language, tag })
        })
    }

    /// The locale of a game; its language's first where it names none.
    #[must_use]
    pub fn of_game(game: &ir::Game) -> Locale {
        let language = Language::of_game(game);
        Locale::tagged(&game.locale).filter(|locale| locale.language == language).unwrap_or_else(|| language.locale())
    }

    /// The locale of a turn: what its request says, where the game's language is spoken there; the game's own elsewhere.
    #[must_use]
    pub fn of_turn(game: &ir::Game, said: Option<&str>) -> Locale {
        let own = Locale::of_game(game);
        said.and_then(Locale::tagged).filter(|locale| locale.language == own.language).unwrap_or(own)
    }

    /// What figures and signs mean there.
    pub(crate) fn place(&self) -> Place {
        let of = self.language.places.iter().find(|(tag, _)| *tag == self.tag);
        of.map_or(Place::DEFAULT, |(_, place)| *place)
    }

    /// A format of the locale, else of its language; empty where neither has one.
    pub(crate) fn format(&self, key: &str) -> &'static str {
        let formats = &self.language.formats;
        formats.of_locale(self.tag, key).or_else(|| formats.get(key)).unwrap_or("")
    }
}

impl Language {
    /// The locale that is meant where none is named.
    #[must_use]
    pub fn locale(&'static self) -> Locale {
        Locale { language: self, tag: self.code }
    }

    /// English, which every build has.
    #[must_use]
    pub fn english() -> &'static Language {
        &english::ENGLISH
    }

    /// The languages of this build.
    #[must_use]
    pub fn all() -> &'static [&'static Language] {
        ALL
    }

    /// The language of that code, if this build has it.
    #[must_use]
    pub fn coded(code: &str) -> Option<&'static Language> {
        ALL.iter().copied().find(|language| language.code.eq_ignore_ascii_case(code))
    }

    /// The language of a game; English where this build lacks it.
    #[must_use]
    pub fn of_game(game: &ir::Game) -> &'static Language {
        Language::coded(&game.language).unwrap_or(&english::ENGLISH)
    }

    /// The language that a text is recognized in; English where this build lacks it.
    #[must_use]
    pub fn of(spoken: entities::Language) -> &'static Language {
        let code = match spoken {
            entities::Language::English => "en",
            entities::Language::Spanish => "es",
            entities::Language::German => "de",
        };
        Language::coded(code).unwrap_or(&english::ENGLISH)
    }

    /// The language by which the recognizers know it.
    #[must_use]
    pub fn spoken(&self) -> entities::Language {
        match self.code {
            "es" => entities::Language::Spanish,
            "de" => entities::Language::German,
            _ => entities::Language::English,
        }
    }

    /// What a stored text says as a truth value, in any language of this build: `yes`, `no`, `true`, `false`.
    pub(crate) fn truth(text: &str) -> Option<bool> {
        const MAX_BYTES: usize = 16;
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_BYTES {
            return None;
        }
        ALL.iter().find_map(|language| {
            let said = Heard::of(language, text);
            if said.is(Cue::OptionYes) { Some(true) } else { said.is(Cue::OptionNo).then_some(false) }
        })
    }

    /// The classes of a normalized word, by its hash.
    #[inline]
    pub(crate) fn class(&self, key: u64) -> Class {
        self.classes.get(key).map_or(Class::CONTENT, Class)
    }

    /// The cues of a phrase, by the hash of its normal form.
    #[inline]
    pub(crate) fn cues(&self, key: u64) -> CueSet {
        self.cues.sets.get(key).map_or_else(CueSet::default, CueSet)
    }

    /// Whether a phrase of any of the cues may begin with a word, by its hash: the cheap question before the dear one.
    #[inline]
    pub(crate) fn may_begin(&self, key: u64, cues: CueSet) -> bool {
        self.at_place(self.cues.firsts, key).meets(cues)
    }

    /// Whether a phrase of any of the cues may end with a word, by its hash.
    #[inline]
    pub(crate) fn may_end(&self, key: u64, cues: CueSet) -> bool {
        self.at_place(self.cues.lasts, key).meets(cues)
    }

    #[inline]
    fn at_place(&self, places: &[u16], key: u64) -> CueSet {
        let set = places.get(hash::slot(key, places.len().trailing_zeros())).copied().unwrap_or(0);
        self.cues.places.get(usize::from(set)).map_or(CueSet::ALL, |set| CueSet(*set))
    }

    /// The longest phrase of any of the cues, in words.
    pub(crate) fn longest(&self, cues: CueSet) -> usize {
        // Bit by bit: a set holds a few of the cues that there are, and this is asked many times a turn.
        let mut longest = 0;
        for (word, mut left) in cues.0.into_iter().enumerate() {
            while left != 0 {
                let cue = word * 64 + left.trailing_zeros() as usize;
                longest = longest.max(self.cues.longest.get(cue).copied().unwrap_or(0));
                left &= left - 1;
            }
        }
        usize::from(longest)
    }

    /// What a phrase stands for under a cue: the number of a position, the TIMEX of a time.
    pub(crate) fn value(&self, cue: Cue, key: u64) -> Option<&'static str> {
        self.cues.values.get(hash::digits(cue as u8).into_iter().fold(key, hash::push))
    }

    /// A text of the engine.
    pub(crate) fn text(&self, text: Text) -> &'static str {
        self.wording.get(text as usize).copied().unwrap_or("")
    }

    /// A text of the engine with its placeholders filled in. Values are not read for placeholders again.
    pub(crate) fn say(&self, text: Text, values: &[(&str, &str)]) -> String {
        let mut rest = self.text(text);
        let mut said = String::with_capacity(rest.len() + 32);
        while let Some((before, after)) = rest.split_once('{') {
            said.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            said.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
            rest = after;
        }
        said.push_str(rest);
        said
    }

    /// `a`, `a or b`, `a, b or c`.
    pub(crate) fn alternatives<S: AsRef<str>>(&self, options: &[S]) -> String {
        self.listed(options, Text::Or)
    }

    /// `a`, `a and b`, `a, b and c`.
    pub(crate) fn together<S: AsRef<str>>(&self, members: &[S]) -> String {
        self.listed(members, Text::And)
    }

    fn listed<S: AsRef<str>>(&self, members: &[S], joined: Text) -> String {
        match members {
            [] => String::new(),
            [only] => only.as_ref().to_owned(),
            [rest @ .., last] => {
                let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
                format!("{} {} {}", rest.join(", "), self.joining(joined, last.as_ref()), last.as_ref())
            }
        }
    }

    /// "and" or "or" before a word; some languages change it before certain letters.
    fn joining(&self, joined: Text, next: &str) -> &'static str {
        let key = if joined == Text::Or { "or.before" } else { "and.before" };
        let mut changed = self.formats.get(key).unwrap_or("").split_whitespace();
        let (other, next) = (changed.next(), next.to_lowercase());
        match other {
            Some(other) if changed.any(|letters| next.starts_with(letters)) => other,
            _ => self.text(joined),
        }
    }

    /// The words that a contraction without its apostrophe stands for.
    pub(crate) fn expansion(&self, word: &str) -> Option<(&'static str, &'static str)> {
        let at = self.contractions.binary_search_by_key(&word, |(known, _, _)| known).ok()?;
        self.contractions.get(at).map(|(_, first, second)| (*first, *second))
    }

    /// The words that a contraction with an apostrophe stands for; the second is empty for a possessive. `None` when
    /// the apostrophe is no contraction.
    pub(crate) fn contraction(&self, before: &str, after: &str) -> Option<(Contracted, &'static str)> {
        self.apostrophes.iter().find_map(|known| {
            if known.after != after {
                return None;
            }
            let rest = before.strip_suffix(known.before).filter(|rest| !known.whole || rest.is_empty())?;
            let first = match known.first {
                "" => Contracted::Begins(rest.len()),
                first => Contracted::Stands(first),
            };
            Some((first, known.second))
        })
    }

    /// What stands for a letter in normal form, where that is another.
    #[inline]
    pub(crate) fn fold(&self, letter: char) -> Option<&'static str> {
        let at = self.folds.binary_search_by_key(&letter, |(from, _)| *from).ok()?;
        self.folds.get(at).map(|(_, to)| *to)
    }
}
