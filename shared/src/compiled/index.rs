//! The match index, read in place: words, inflections, spelling, vocabulary, postings and patterns.
//!
//! Every accessor is bounds-checked; a record that does not exist reads as `None` or as zeros. How the tables are made
//! is in `build`; what is done with them is in [`crate::matcher`].

use super::format::{Layout, Section, checked_blob, u32_at};
use crate::text::hash;

/// No word, no key.
pub(crate) const NONE: u32 = u32::MAX;

/// Entries of one hash table looked at before a search is given up; a sound table is at most half full.
const MAX_PROBES: usize = 128;

/// A view of a compiled game's index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index<'a> {
    strings: &'a [u8],
    summary: &'a [u8],
    words: &'a [u8],
    word_slots: &'a [u8],
    stem_slots: &'a [u8],
    spelling_slots: &'a [u8],
    keys: &'a [u8],
    postings: &'a [u8],
    patterns: &'a [u8],
    units: &'a [u8],
    phrases: &'a [u8],
    phrase_words: &'a [u8],
    participants: &'a [u8],
    catch_alls: &'a [u8],
}

/// What a *key* indexes: one inflection-free word, or one vocabulary term with all its synonyms.
pub(crate) type Key = u32;

/// A pattern that is found under a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Posting {
    pub(crate) pattern: u32,
    /// Index of the key's unit within the pattern.
    pub(crate) unit: u16,
}

/// A pattern's fixed part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    pub(crate) move_index: u32,
    /// Index within the move.
    pub(crate) ordinal: u32,
    pub(crate) flags: u16,
    pub(crate) participant: u16,
    pub(crate) unit_start: u32,
    pub(crate) unit_count: u16,
    pub(crate) literal_words: u16,
    /// A bit for each key (modulo 64) that an utterance must have for this pattern to match.
    pub(crate) mask: u64,
    /// Weight of the words that mean something.
    pub(crate) content_weight: u16,
    /// Weight of all literal words.
    pub(crate) literal_weight: u16,
    text: (u32, u32),
}

/// Flags of a [`Pattern`].
pub(crate) mod pattern_flag {
    pub(crate) const STRICT: u16 = 1;
    pub(crate) const FUZZY: u16 = 1 << 1;
    pub(crate) const CONTEXT_SENSITIVE: u16 = 1 << 2;
    pub(crate) const CAPTURES: u16 = 1 << 3;
    pub(crate) const WILDCARDS: u16 = 1 << 4;
    /// It has a content word, so that it may be recognised without its grammar.
    pub(crate) const CONTENT: u16 = 1 << 5;
    /// Politeness, or nothing but grammar: what else is said matters more.
    pub(crate) const ASIDE: u16 = 1 << 6;
    /// A bare "yes" or "no", which within a longer sentence is no answer.
    pub(crate) const ANSWER: u16 = 1 << 7;
    /// Its move is urgent: it is never cut from the candidates.
    pub(crate) const URGENT: u16 = 1 << 8;
    /// It came from use.
    pub(crate) const LEARNED: u16 = 1 << 9;
}

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) kind: UnitKind,
    /// What a literal weighs; 0 for captures and wildcards.
    pub(crate) weight: u8,
    pub(crate) flags: u16,
    /// A word: its id. A term: which member of the vocabulary the pattern names. A capture: where its name lies.
    pub(crate) a: u32,
    /// A word or a term: its key. A capture: the length of its name.
    pub(crate) b: u32,
}

/// What a [`Unit`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Word,
    /// A vocabulary term or one of its synonyms.
    Term,
    Capture,
    Wildcard,
}

impl Unit {
    #[inline]
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self.kind, UnitKind::Word | UnitKind::Term)
    }

    #[inline]
    pub(crate) fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }
}

/// Flags of a [`Unit`].
pub(crate) mod unit_flag {
    /// `{name?}`
    pub(crate) const OPTIONAL: u16 = 1;
    /// A capture that bears the name of a typed slot.
    pub(crate) const TYPED: u16 = 1 << 1;
    pub(crate) const DETERMINER: u16 = 1 << 2;
    pub(crate) const NEGATOR: u16 = 1 << 3;
    pub(crate) const CONTENT: u16 = 1 << 4;
    pub(crate) const LIGHT: u16 = 1 << 5;
    /// Politeness or grammar.
    pub(crate) const ASIDE: u16 = 1 << 6;
    /// A bare answer.
    pub(crate) const ANSWER: u16 = 1 << 7;
    /// Politeness beside something that is meant: as good as not there.
    pub(crate) const POLITE: u16 = 1 << 8;
    /// Of what a pattern begins with before it says anything: "I want to", "could you".
    pub(crate) const FRAME: u16 = 1 << 9;
}

/// What a word weighs in a pattern and in an utterance.
pub(crate) mod weight {
    /// A word that means something.
    pub(crate) const CONTENT: u8 = 20;
    /// A verb or noun that says little by itself; one character of a script without spaces.
    pub(crate) const LIGHT: u8 = 10;
    /// A number, code or address; a word of time.
    pub(crate) const DATA: u8 = 8;
    /// Grammar.
    pub(crate) const FUNCTION: u8 = 4;
}

/// Participants that are machines; any other is a person, for whom `user` may stand.
const MACHINES: [&str; 5] = ["system", "assistant", "bot", "machine", "engine"];

/// Whether a participant of this name is no person.
pub(crate) fn is_machine(participant: &str) -> bool {
    MACHINES.iter().any(|machine| participant.eq_ignore_ascii_case(machine))
}

/// A vocabulary term or synonym of one or more words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phrase {
    /// The key that all members of the term share.
    pub(crate) key: Key,
    /// Which member of the vocabulary it is.
    pub(crate) member: u32,
    pub(crate) flags: u32,
    words: (u32, u32),
}

/// Flags of a [`Phrase`].
pub(crate) mod phrase_flag {
    /// `(strict)`: no inflection, no misspelling.
    pub(crate) const STRICT: u32 = 1;
    /// `(context-sensitive)`
    pub(crate) const CONTEXT_SENSITIVE: u32 = 1 << 1;
}

impl Phrase {
    pub(crate) fn len(&self) -> usize {
        self.words.1 as usize
    }
}

/// A view of a compiled game's moves, by name and by number.
#[derive(Debug, Clone, Copy)]
pub(super) struct MoveTable<'a> {
    strings: &'a [u8],
    moves: &'a [u8],
    slots: &'a [u8],
    bodies: &'a [u8],
}

impl<'a> MoveTable<'a> {
    pub(super) fn new(bytes: &'a [u8], layout: &Layout) -> MoveTable<'a> {
        let section = |section| layout.slice(bytes, section);
        MoveTable {
            strings: section(Section::Strings),
            moves: section(Section::Moves),
            slots: section(Section::MoveSlots),
            bodies: section(Section::Bodies),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.moves.len() / 16
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let count = self.slots.len() / 4;
        let mut slot = first_slot(hash::of(name.as_bytes()), count)?;
        for _ in 0..MAX_PROBES.min(count) {
            let index = u32_at(self.slots, slot * 4).checked_sub(1)? as usize;
            let record = self.moves.get(index * 16..)?;
            let (at, length) = (u32_at(record, 0) as usize, u32_at(record, 4) as usize);
            if length == name.len() && self.strings.get(at..at.checked_add(length)?) == Some(name.as_bytes()) {
                return Some(index);
            }
            slot = (slot + 1) & (count - 1);
        }
        None
    }

    pub(super) fn body(&self, index: usize) -> Option<&'a [u8]> {
        let record = self.moves.get(index.checked_mul(16)?..)?.first_chunk::<16>()?;
        let (start, length) = (u32_at(record, 8) as usize, u32_at(record, 12) as usize);
        checked_blob(self.bodies.get(start..start.checked_add(length)?)?)
    }
}

impl<'a> Index<'a> {
    pub(super) fn new(bytes: &'a [u8], layout: &Layout) -> Index<'a> {
        let section = |section| layout.slice(bytes, section);
        Index {
            strings: section(Section::Strings),
            summary: section(Section::Summary),
            words: section(Section::Words),
            word_slots: section(Section::WordSlots),
            stem_slots: section(Section::StemSlots),
            spelling_slots: section(Section::SpellingSlots),
            keys: section(Section::Keys),
            postings: section(Section::Postings),
            patterns: section(Section::Patterns),
            units: section(Section::Units),
            phrases: section(Section::Phrases),
            phrase_words: section(Section::PhraseWords),
            participants: section(Section::Participants),
            catch_alls: section(Section::CatchAlls),
        }
    }

    pub(crate) fn string(&self, at: u32, length: u32) -> &'a str {
        let bytes = self.strings.get(at as usize..at as usize + length as usize).unwrap_or(&[]);
        std::str::from_utf8(bytes).unwrap_or("")
    }

    pub(super) fn game_name(&self) -> &'a str {
        self.string(u32_at(self.summary, 0), u32_at(self.summary, 4))
    }

    /// The word with this hash, and its key.
    #[inline]
    pub(crate) fn find_word(&self, key: u64) -> Option<(u32, Key)> {
        let count = self.word_slots.len() / 16;
        let mut slot = first_slot(key, count)?;
        for _ in 0..MAX_PROBES.min(count) {
            let entry = self.word_slots.get(slot * 16..)?.first_chunk::<16>()?;
            let word = u32_at(entry, 8).checked_sub(1)?;
            if hash_of(entry) == key {
                return Some((word, u32_at(entry, 12)));
            }
            slot = (slot + 1) & (count - 1);
        }
        None
    }

    /// The key of the words whose stem has this hash.
    #[inline]
    pub(crate) fn find_stem(&self, key: u64) -> Option<Key> {
        let count = self.stem_slots.len() / 16;
        let mut slot = first_slot(key, count)?;
        for _ in 0..MAX_PROBES.min(count) {
            let entry = self.stem_slots.get(slot * 16..)?.first_chunk::<16>()?;
            let found = u32_at(entry, 8).checked_sub(1)?;
            if hash_of(entry) == key {
                return Some(found);
            }
            slot = (slot + 1) & (count - 1);
        }
        None
    }

    /// Calls `each` with every word that is spelled with this hash when one letter, or none, is left out.
    #[inline]
    pub(crate) fn spelled_like(&self, key: u64, mut each: impl FnMut(u32)) {
        let count = self.spelling_slots.len() / 8;
        let Some(mut slot) = first_slot(key, count) else { return };
        for _ in 0..MAX_PROBES.min(count) {
            let Some(entry) = self.spelling_slots.get(slot * 8..).and_then(|rest| rest.first_chunk::<8>()) else {
                return;
            };
            let Some(word) = u32_at(entry, 4).checked_sub(1) else { return };
            if u32_at(entry, 0) == key as u32 {
                each(word);
            }
            slot = (slot + 1) & (count - 1);
        }
    }

    /// A word's letters and key.
    pub(crate) fn word(&self, word: u32) -> Option<(&'a str, Key)> {
        let record = self.words.get(word as usize * 12..)?.first_chunk::<12>()?;
        Some((self.string(u32_at(record, 0), u32_at(record, 4)), u32_at(record, 8)))
    }

    /// The patterns found under a key.
    #[inline]
    pub(crate) fn postings(&self, key: Key) -> impl ExactSizeIterator<Item = Posting> + use<'a> {
        let range = self.key_range(key, 0);
        let bytes = self.postings.get(range.0 * 8..(range.0 + range.1) * 8).unwrap_or(&[]);
        bytes
            .as_chunks::<8>()
            .0
            .iter()
            .map(|entry| Posting { pattern: u32_at(entry, 0), unit: u32_at(entry, 4) as u16 })
    }

    /// Whether a pattern of an urgent move is found under a key.
    pub(crate) fn is_of_an_urgent_move(&self, key: Key) -> bool {
        let urgent = |posting: Posting| {
            self.pattern(posting.pattern).is_some_and(|pattern| pattern.flags & pattern_flag::URGENT != 0)
        };
        self.postings(key).any(urgent)
    }

    /// The vocabulary members that begin with a word of this key.
    #[inline]
    pub(crate) fn phrases(&self, key: Key) -> impl ExactSizeIterator<Item = Phrase> + use<'a> {
        let range = self.key_range(key, 8);
        let bytes = self.phrases.get(range.0 * 16..(range.0 + range.1) * 16).unwrap_or(&[]);
        bytes.as_chunks::<16>().0.iter().map(|entry| Phrase {
            key: u32_at(entry, 0),
            member: u32_at(entry, 4) >> 8,
            flags: u32_at(entry, 4) & 0xff,
            words: (u32_at(entry, 8), u32_at(entry, 12)),
        })
    }

    #[inline]
    fn key_range(&self, key: Key, at: usize) -> (usize, usize) {
        match self.keys.get((key as usize).saturating_mul(16)..).and_then(|rest| rest.first_chunk::<16>()) {
            Some(record) => (u32_at(record, at) as usize, u32_at(record, at + 4) as usize),
            None => (0, 0),
        }
    }

    /// The words of a vocabulary member, as `(word, key)`.
    pub(crate) fn phrase_word(&self, phrase: &Phrase, at: usize) -> (u32, Key) {
        let entry = (phrase.words.0 as usize + at) * 8;
        if at < phrase.len() && entry + 8 <= self.phrase_words.len() {
            (u32_at(self.phrase_words, entry), u32_at(self.phrase_words, entry + 4))
        } else {
            (NONE, NONE)
        }
    }

    #[inline]
    pub(crate) fn pattern(&self, pattern: u32) -> Option<Pattern> {
        let record = self.patterns.get(pattern as usize * 40..)?.first_chunk::<40>()?;
        let at = |offset| u32_at(record, offset);
        Some(Pattern {
            move_index: at(0),
            ordinal: at(4),
            flags: at(8) as u16,
            participant: (at(8) >> 16) as u16,
            unit_start: at(12),
            unit_count: at(16) as u16,
            literal_words: (at(16) >> 16) as u16,
            mask: u64::from(at(20)) | u64::from(at(24)) << 32,
            content_weight: at(28) as u16,
            literal_weight: (at(28) >> 16) as u16,
            text: (at(32), at(36)),
        })
    }

    /// The pattern as written.
    pub(crate) fn pattern_text(&self, pattern: &Pattern) -> &'a str {
        self.string(pattern.text.0, pattern.text.1)
    }

    /// A pattern's elements.
    #[inline]
    pub(crate) fn units(&self, pattern: &Pattern) -> Units<'a> {
        let start = pattern.unit_start as usize * 12;
        let end = start + pattern.unit_count as usize * 12;
        Units { records: self.units.get(start..end).unwrap_or(&[]).as_chunks::<12>().0 }
    }

    /// How many participants have triggers.
    pub(crate) fn participant_count(&self) -> usize {
        self.participants.len() / 12
    }

    /// A participant's name, and whether it is a person.
    pub(crate) fn participant(&self, index: usize) -> (&'a str, bool) {
        let record = self.participants.get(index * 12..).unwrap_or(&[]);
        (self.string(u32_at(record, 0), u32_at(record, 4)), u32_at(record, 8) != 0)
    }

    /// The patterns that are nothing but wildcards.
    pub(crate) fn catch_alls(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.catch_alls.as_chunks::<4>().0.iter().map(|entry| u32::from_le_bytes(*entry))
    }
}

/// A pattern's elements, read in place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units<'a> {
    records: &'a [[u8; 12]],
}

impl Units<'_> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<Unit> {
        let record = self.records.get(at)?;
        let kind = match record[0] {
            0 => UnitKind::Word,
            1 => UnitKind::Term,
            2 => UnitKind::Capture,
            _ => UnitKind::Wildcard,
        };
        let flags = u16::from_le_bytes([record[2], record[3]]);
        Some(Unit { kind, weight: record[1], flags, a: u32_at(record, 4), b: u32_at(record, 8) })
    }
}

#[inline]
fn hash_of(entry: &[u8; 16]) -> u64 {
    u64::from(u32_at(entry, 0)) | u64::from(u32_at(entry, 4)) << 32
}

#[inline]
fn first_slot(key: u64, count: usize) -> Option<usize> {
    count.is_power_of_two().then(|| if count == 1 { 0 } else { hash::slot(key, count.trailing_zeros()) })
}
