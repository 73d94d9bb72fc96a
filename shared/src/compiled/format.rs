//! The outer shape of the compiled form: header, section table, checksums. What the sections hold is in `index`.

use sha2::{Digest, Sha256};

use super::LoadError;

const MAGIC: [u8; 8] = *b"LGDLgame";
/// Raised by every change of the layout or of what the index means.
const FORMAT: u32 = 10;

const HASH_AT: usize = 16;
const CHECKSUM_AT: usize = HASH_AT + 32;
const TABLE_AT: usize = CHECKSUM_AT + 8;
const BODY_AT: usize = TABLE_AT + SECTIONS * 8;

/// The largest compiled game.
pub(super) const MAX_BYTES: usize = 1 << 30;

/// The sections, in the order in which they lie. All before [`Section::Header`] are the index and are covered by the
/// checksum that loading verifies; those from it on carry their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// UTF-8 text that other tables point into.
    Strings,
    /// One record of counts and names.
    Summary,
    Moves,
    MoveSlots,
    Words,
    WordSlots,
    StemSlots,
    SpellingSlots,
    Keys,
    Postings,
    Patterns,
    Units,
    Phrases,
    PhraseWords,
    Participants,
    CatchAlls,
    /// What the game knows of meaning: the sections of [`crate::meaning::index::MeaningIndex`], in the order of its fields.
    MeaningSummary,
    MeaningKeys,
    MeaningPostings,
    MeaningMoves,
    MeaningExamples,
    MeaningExampleKeys,
    MeaningSketches,
    MeaningHead,
    MeaningGroups,
    MeaningMembers,
    /// The game without its moves.
    Header,
    /// The moves' bodies.
    Bodies,
    /// The same game in other languages, each a compiled game of its own; empty for games of one language.
    Translations,
}

pub(super) const SECTIONS: usize = Section::Translations as usize + 1;

/// Size of one record of each section, in bytes.
const RECORD: [usize; SECTIONS] = [
    1, 8, 16, 4, 12, 16, 16, 8, 16, 8, 40, 12, 16, 8, 12, 4, M[0], M[1], M[2], M[3], M[4], M[5], M[6], M[7], M[8],
    M[9], 1, 1, 1,
];
use crate::meaning::index::RECORDS as M;

/// Where the sections lie.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    sections: [(u32, u32); SECTIONS],
}

impl Layout {
    /// Checks a compiled game's frame.
    pub(super) fn read(bytes: &[u8]) -> Result<Layout, LoadError> {
        let damaged = |what: &str| LoadError::Unusable(format!("{what}; compile the game again"));
        if bytes.get(..8) != Some(&MAGIC) {
            return Err(damaged("it does not begin as one"));
        }
        let format = u32_at(bytes, 8);
        if format != FORMAT {
            return Err(damaged(&format!("its format is {format}, this version reads {FORMAT}")));
        }
        if bytes.len() < BODY_AT || u32_at(bytes, 12) as usize != bytes.len() {
            return Err(damaged("it is cut off"));
        }
        let mut sections = [(0, 0); SECTIONS];
        let mut at = BODY_AT;
        for (index, section) in sections.iter_mut().enumerate() {
            let (start, length) = (u32_at(bytes, TABLE_AT + index * 8), u32_at(bytes, TABLE_AT + index * 8 + 4));
            let end = (start as usize).saturating_add(length as usize);
            if (start as usize) < at || end > bytes.len() || !(length as usize).is_multiple_of(RECORD[index]) {
                return Err(damaged("its section table is damaged"));
            }
            *section = (start, length);
            at = end;
        }
        let layout = Layout { sections };
        let index_end = layout.sections[Section::Header as usize].0 as usize;
        if u64_at(bytes, CHECKSUM_AT) != index_checksum(bytes, index_end) {
            return Err(damaged("its index is damaged"));
        }
        if std::str::from_utf8(layout.slice(bytes, Section::Strings)).is_err() {
            return Err(damaged("its text is damaged"));
        }
        Ok(layout)
    }

    #[inline]
    pub(super) fn slice<'a>(&self, bytes: &'a [u8], section: Section) -> &'a [u8] {
        let (start, length) = self.sections[section as usize];
        bytes.get(start as usize..start as usize + length as usize).unwrap_or(&[])
    }
}

/// Puts the sections together.
pub(super) fn assemble(sections: [Vec<u8>; SECTIONS]) -> Result<Vec<u8>, LoadError> {
    let total = sections.iter().fold(BODY_AT, |sum, section| sum + section.len().next_multiple_of(8));
    if total > MAX_BYTES {
        return Err(LoadError::Unusable(format!(
            "the game takes {total} bytes, at most {MAX_BYTES} are possible; split it"
        )));
    }
    let mut bytes = vec![0; BODY_AT];
    bytes.reserve_exact(total - BODY_AT);
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    let mut index_end = BODY_AT;
    // Each section is let go as soon as it is copied, so that a large game is not held twice.
    for (index, section) in sections.into_iter().enumerate() {
        debug_assert!(section.len().is_multiple_of(RECORD[index]));
        if index == Section::Header as usize {
            index_end = bytes.len();
        }
        let entry = TABLE_AT + index * 8;
        let start = bytes.len() as u32;
        bytes[entry..entry + 4].copy_from_slice(&start.to_le_bytes());
        bytes[entry + 4..entry + 8].copy_from_slice(&(section.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&section);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let length = bytes.len() as u32;
    bytes[12..16].copy_from_slice(&length.to_le_bytes());
    // The checksum covers the hash too, so that a damaged version is noticed; the hash covers all but both.
    let hash = content_hash(&bytes);
    bytes[HASH_AT..CHECKSUM_AT].copy_from_slice(&hash);
    let checksum = index_checksum(&bytes, index_end);
    bytes[CHECKSUM_AT..TABLE_AT].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// Makes the checksum right again after damage was done on purpose.
#[cfg(test)]
pub(super) fn reseal(bytes: &mut [u8]) {
    let end = u32_at(bytes, TABLE_AT + Section::Header as usize * 8) as usize;
    let checksum = index_checksum(bytes, end);
    bytes[CHECKSUM_AT..TABLE_AT].copy_from_slice(&checksum.to_le_bytes());
}

fn content_hash(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(&bytes[..HASH_AT]);
    hasher.update(&bytes[TABLE_AT..]);
    hasher.finalize().into()
}

/// Whether the content is what the hash in the header says.
pub(super) fn is_intact(bytes: &[u8]) -> bool {
    bytes.get(HASH_AT..CHECKSUM_AT) == Some(&content_hash(bytes))
}

/// The hash in the header, in hexadecimal.
pub(super) fn version(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(64);
    for byte in bytes.get(HASH_AT..CHECKSUM_AT).unwrap_or(&[]) {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from(b"0123456789abcdef"[nibble as usize]));
        }
    }
    out
}

fn index_checksum(bytes: &[u8], end: usize) -> u64 {
    let hash = checksum(bytes.get(..CHECKSUM_AT).unwrap_or(&[]));
    hash ^ checksum(bytes.get(TABLE_AT..end).unwrap_or(&[])).rotate_left(1)
}

/// A checksum against accidents, not against attackers: several bytes a cycle.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x9FB2_1C65_1E98_DF25;
    let mut lanes = [1u64, 2, 3, 4];
    let (blocks, tail) = bytes.as_chunks::<32>();
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = (*lane ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME).rotate_left(29);
        }
    }
    let mut sum = bytes.len() as u64;
    for byte in tail {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(PRIME);
    }
    for lane in lanes {
        sum = (sum ^ lane ^ (lane >> 31)).wrapping_mul(PRIME).rotate_left(31);
    }
    sum ^ (sum >> 33)
}

/// A blob with its checksum before it.
pub(super) fn sealed_blob(content: &[u8]) -> Vec<u8> {
    let mut blob = checksum(content).to_le_bytes().to_vec();
    blob.extend_from_slice(content);
    blob
}

/// What [`sealed_blob`] sealed; `None` when it is damaged.
pub(super) fn checked_blob(blob: &[u8]) -> Option<&[u8]> {
    let (sum, content) = blob.split_first_chunk::<8>()?;
    (u64::from_le_bytes(*sum) == checksum(content)).then_some(content)
}

/// A little-endian number; 0 beyond the end.
#[inline]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}
