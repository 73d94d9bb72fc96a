//! What a compiled game knows of meaning: the trained head and the examples, read in place.
//!
//! Every accessor is bounds-checked; a record that does not exist reads as nothing or as zeros.

use super::confidence::Fit;
use super::model::{DIMS, Model};
use crate::compiled::index::Key;

/// What the head was trained with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trained {
    /// Nothing: the game has no phrases, or was compiled without.
    Off,
    /// Words alone.
    Words,
    /// A model beside the words, named by its hash.
    With([u8; 32]),
}

/// A view of a compiled game's meaning.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MeaningIndex<'a> {
    pub(crate) summary: &'a [u8],
    pub(crate) keys: &'a [u8],
    pub(crate) postings: &'a [u8],
    pub(crate) moves: &'a [u8],
    pub(crate) examples: &'a [u8],
    pub(crate) example_keys: &'a [u8],
    pub(crate) sketches: &'a [u8],
    pub(crate) head: &'a [u8],
    pub(crate) groups: &'a [u8],
    pub(crate) members: &'a [u8],
}

/// Length of each record, in bytes, in the order of the fields of [`MeaningIndex`].
pub(crate) const RECORDS: [usize; 10] = [SUMMARY, 8, 8, 8, 12, 4, SKETCH, DIMS, GROUP, 4];
/// The hash of the model, the telling of an unknown word, and how scores become confidence, without and with a model.
pub(super) const SUMMARY: usize = FITS_AT + 2 * Fit::NUMBERS * 4;
pub(super) const FITS_AT: usize = 36;
/// A group of moves whose vectors lie together: the vector in their middle, and where its members end.
pub(super) const GROUP: usize = DIMS + 4;
/// The signs of an example's vector.
pub(super) const SKETCH: usize = DIMS / 8;

/// More than any word tells; damaged bytes say nothing beyond it.
const MAX_TELLING: u32 = 1 << 13;
/// Phrases that a move must have to be found by meaning: fewer do not say what it is about.
pub const MIN_EXAMPLES: usize = 4;

/// A word's weight for a move, in 2^-10, without and with a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) move_index: u32,
    pub(super) alone: i16,
    pub(super) beside: i16,
}

/// A phrase of a move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Example<'a> {
    pub(super) pattern: u32,
    pub(super) negated: bool,
    pub(super) keys: &'a [ExampleKey],
    pub(super) sketch: Option<&'a [u8; SKETCH]>,
}

/// A word or term of a phrase, and whether the phrase denies it.
pub(super) type ExampleKey = [u8; 4];

/// Beside the key: the phrase denies it.
const DENIED: u32 = 1 << 31;

/// A key of a phrase as it is written.
pub(super) fn packed(key: Key, is_denied: bool) -> u32 {
    key | if is_denied { DENIED } else { 0 }
}

/// The key, and whether the phrase denies it.
pub(super) fn unpacked(key: ExampleKey) -> (Key, bool) {
    let packed = u32::from_le_bytes(key);
    (packed & !DENIED, packed & DENIED != 0)
}

/// What a word says of moves, by their index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Postings<'a>(&'a [[u8; 8]]);

impl Postings<'_> {
    /// Of how many moves it says something.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Posting> {
        self.0.iter().map(Postings::read)
    }

    /// What it says of a move.
    pub(super) fn of(&self, move_index: usize) -> Option<Posting> {
        let at = self.0.binary_search_by_key(&move_index, |record| number(record, 0) as usize).ok()?;
        self.0.get(at).map(Postings::read)
    }

    fn read(record: &[u8; 8]) -> Posting {
        Posting {
            move_index: number(record, 0),
            alone: i16::from_le_bytes([record[4], record[5]]),
            beside: i16::from_le_bytes([record[6], record[7]]),
        }
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).map_or(0, |four| u32::from_le_bytes(*four))
}

impl<'a> MeaningIndex<'a> {
    pub(super) fn move_count(&self) -> usize {
        (self.moves.len() / 8).saturating_sub(1)
    }

    /// What the head was trained with.
    pub(crate) fn trained(&self) -> Trained {
        match self.summary.first_chunk::<32>() {
            Some(hash) if *hash != [0; 32] => Trained::With(*hash),
            Some(_) => Trained::Words,
            None => Trained::Off,
        }
    }

    /// Whether the head was trained with this model.
    pub(crate) fn fits(&self, model: &Model<'_>) -> bool {
        self.trained() == Trained::With(*model.hash())
    }

    /// How much a word tells that the game does not have, in 2^-8.
    pub(super) fn unknown(&self) -> u32 {
        number(self.summary, 32).min(MAX_TELLING)
    }

    /// How scores become confidence.
    pub(super) fn fit(&self, with_model: bool) -> Fit {
        let start = FITS_AT + usize::from(with_model) * Fit::NUMBERS * 4;
        Fit::of(std::array::from_fn(|at| number(self.summary, start + at * 4) as i32))
    }

    /// How much a word tells, in 2^-8; nothing when no example has it.
    pub(super) fn telling(&self, key: Key) -> u32 {
        number(self.keys, (key as usize).saturating_mul(8).saturating_add(4)).min(MAX_TELLING)
    }

    /// What a word says of moves, by their index.
    pub(super) fn postings(&self, key: Key) -> Postings<'a> {
        let at = (key as usize).saturating_mul(8);
        let (start, end) = (number(self.keys, at) as usize, number(self.keys, at.saturating_add(8)) as usize);
        Postings(self.postings.as_chunks::<8>().0.get(start..end).unwrap_or(&[]))
    }

    /// What a move's product with a sentence is multiplied by to be a logit, in 2^-12.
    pub(super) fn scale(&self, move_index: usize) -> i64 {
        i64::from(number(self.moves, move_index.saturating_mul(8).saturating_add(4)))
    }

    pub(super) fn head(&self, move_index: usize) -> &'a [u8; DIMS] {
        self.head.as_chunks().0.get(move_index).unwrap_or(&[0; DIMS])
    }

    /// The groups that the moves' vectors lie in; none where the moves are few.
    pub(super) fn groups(&self) -> &'a [[u8; GROUP]] {
        self.groups.as_chunks().0
    }

    /// The moves of a group.
    pub(super) fn members(&self, group: usize) -> impl Iterator<Item = u32> + use<'a> {
        let end = |group: usize| self.groups().get(group).map_or(0, |group| number(group, DIMS) as usize);
        let members = self.members.as_chunks::<4>().0.get(group.checked_sub(1).map_or(0, end)..end(group));
        members.unwrap_or(&[]).iter().map(|member| u32::from_le_bytes(*member))
    }

    /// Whether a move has enough phrases to be found by meaning.
    pub(crate) fn covers(&self, move_index: usize) -> bool {
        self.examples(move_index).nth(MIN_EXAMPLES - 1).is_some()
    }

    /// Whether it has phrases at all.
    pub(crate) fn has_examples(&self, move_index: usize) -> bool {
        self.examples(move_index).next().is_some()
    }

    pub(super) fn examples(&self, move_index: usize) -> impl Iterator<Item = Example<'a>> + use<'a> {
        let view = *self;
        let start = number(view.moves, move_index.saturating_mul(8)) as usize;
        let end = number(view.moves, move_index.saturating_add(1).saturating_mul(8)) as usize;
        (start..end.min(view.examples.len() / 12)).map(move |at| view.example(at))
    }

    fn example(&self, at: usize) -> Example<'a> {
        let record = self.examples.get(at * 12..).unwrap_or(&[]);
        let (start, count) = (number(record, 4) as usize, number(record, 8));
        let keys = self.example_keys.as_chunks::<4>().0;
        let sketch = self.sketches.get(at * SKETCH..).and_then(|rest| rest.first_chunk::<SKETCH>());
        Example {
            pattern: number(record, 0),
            negated: count >> 31 == 1,
            keys: keys.get(start..start.saturating_add((count & 0x7FFF_FFFF) as usize)).unwrap_or(&[]),
            sketch,
        }
    }
}
