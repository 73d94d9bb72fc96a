//! The model asset: a table of words and pieces of words with their vectors, used as it lies.
//!
//! Little-endian: a header with the SHA-256 of what follows it; rows in the order of the fingerprints of their words,
//! found through an index of the fingerprints' first bits; a multiplier a row; and the rows, each coded as numbers of a
//! codebook's vectors. Opening it checks header and lengths and allocates nothing;
//! [`Model::verified`] checks the hash too. How it is made is in `docs/meaning.md`.

use sha2::{Digest, Sha256};

use crate::text::unicode;

/// Width of a vector.
pub const DIMS: usize = 256;
/// Vectors of a codebook.
pub const CODES: usize = 256;
/// Entries of the index of the fingerprints' first bits.
pub const BUCKETS: usize = 1 << BUCKET_BITS;
/// Length of the header.
pub const HEADER: usize = 64;

const MAGIC: [u8; 4] = *b"LSEM";
const VERSION: u32 = 1;
/// Written as a number, so that bytes in the other order are told from damage.
const ORDER: u32 = 0x0102_0304;
const HASH_AT: usize = 32;
const BUCKET_BITS: u32 = 12;
const MAX_ROWS: usize = u16::MAX as usize;
/// Pieces of one word that count.
const MAX_PIECES: usize = 16;
/// The longest word that is looked up, in bytes.
const MAX_WORD_BYTES: usize = 64;
/// The shortest word that is corrected, in bytes.
const MIN_CORRECTED: usize = 5;
/// The length of a sentence's vector, so that its numbers fit into eight bits.
pub(super) const LENGTH: i64 = 256;

/// A table of vectors, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    hash: &'a [u8; 32],
    body: &'a [u8],
    buckets: &'a [[u8; 2]],
    fingerprints: &'a [[u8; 4]],
    multipliers: &'a [u8],
    /// For each part of a vector, [`CODES`] vectors of `part` numbers.
    books: &'a [u8],
    codes: &'a [u8],
    part: usize,
}

/// The bytes are no model that this version can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("E154 not a usable model: {0}; make it again with `cargo xtask model`")]
pub struct ModelError(String);

/// The header of a model of so many rows, whose vectors are coded in parts of `part` numbers.
#[must_use]
pub fn header(rows: usize, part: usize, body: &[u8]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&MAGIC);
    let numbers = [ORDER, VERSION, rows as u32, DIMS as u32, part as u32];
    for (at, number) in numbers.iter().enumerate() {
        header[4 + at * 4..8 + at * 4].copy_from_slice(&number.to_le_bytes());
    }
    let hash = hash_of(&header, body);
    header[HASH_AT..].copy_from_slice(&hash);
    header
}

fn hash_of(header: &[u8], body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(&header[..HASH_AT]);
    hasher.update(body);
    hasher.finalize().into()
}

/// The fingerprint of a word: FNV-1a.
#[must_use]
pub fn fingerprint(word: &str) -> u32 {
    word.bytes().fold(FINGERPRINT_START, fingerprint_push)
}

const FINGERPRINT_START: u32 = 0x811C_9DC5;

#[inline]
fn fingerprint_push(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

/// The entry of the index that a fingerprint belongs to.
#[must_use]
pub fn bucket(fingerprint: u32) -> usize {
    (fingerprint >> (32 - BUCKET_BITS)) as usize
}

impl<'a> Model<'a> {
    /// Looks at the header and the lengths. Allocates nothing.
    ///
    /// # Errors
    /// When the bytes are cut off, in the other byte order, of another version, or no model at all.
    pub fn open(bytes: &'a [u8]) -> Result<Model<'a>, ModelError> {
        let refused = |what: &str| Err(ModelError(what.to_owned()));
        let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else { return refused("it is cut off") };
        if header[..4] != MAGIC {
            return refused("it does not begin as one");
        }
        let number = |at: usize| header[at..].first_chunk::<4>().map_or(0, |four| u32::from_le_bytes(*four));
        if number(4) == ORDER.swap_bytes() {
            return refused("its bytes are in the other order");
        }
        if number(4) != ORDER || number(8) != VERSION {
            return Err(ModelError(format!("its version is {}, this one reads {VERSION}", number(8))));
        }
        let (rows, dims, part) = (number(12) as usize, number(16) as usize, number(20) as usize);
        if dims != DIMS || !matches!(part, 2 | 4 | 8) || rows == 0 || rows > MAX_ROWS {
            return refused("its vectors have another shape");
        }
        let lengths = [(BUCKETS + 1) * 2, rows * 4, rows, CODES * DIMS, rows * (DIMS / part)];
        if body.len() != lengths.iter().sum::<usize>() {
            return refused("it is cut off");
        }
        let (buckets, rest) = body.split_at(lengths[0]);
        let (fingerprints, rest) = rest.split_at(lengths[1]);
        let (multipliers, rest) = rest.split_at(lengths[2]);
        let (books, codes) = rest.split_at(lengths[3]);
        let Some(hash) = header[HASH_AT..].first_chunk::<32>() else { return refused("it is cut off") };
        let (buckets, fingerprints) = (buckets.as_chunks().0, fingerprints.as_chunks().0);
        Ok(Model { hash, body, buckets, fingerprints, multipliers, books, codes, part })
    }

    /// As [`Model::open`], for bytes that were fetched: the hash is checked too.
    ///
    /// # Errors
    /// As [`Model::open`], and when a byte is not what it was made as.
    pub fn verified(bytes: &'a [u8]) -> Result<Model<'a>, ModelError> {
        let model = Model::open(bytes)?;
        let header = bytes.get(..HEADER).unwrap_or(&[]);
        if hash_of(header, model.body) != *model.hash {
            return Err(ModelError("its bytes are not those that its hash names".into()));
        }
        Ok(model)
    }

    /// The SHA-256 that names it.
    #[must_use]
    pub fn hash(&self) -> &'a [u8; 32] {
        self.hash
    }

    /// How many words and pieces it knows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.multipliers.len()
    }

    #[inline]
    fn find(&self, fingerprint: u32) -> Option<u16> {
        let at = bucket(fingerprint);
        let start = u16::from_le_bytes(*self.buckets.get(at)?) as usize;
        let end = u16::from_le_bytes(*self.buckets.get(at + 1)?) as usize;
        let among = self.fingerprints.get(start..end)?;
        let found = among.iter().position(|known| u32::from_le_bytes(*known) == fingerprint)?;
        Some((start + found) as u16)
    }

    /// Whether it has the word whole.
    pub(crate) fn knows(&self, word: &str) -> bool {
        word.len() <= MAX_WORD_BYTES && self.find(fingerprint(word)).is_some()
    }

    /// Calls `each` with the rows of a normalized word: its own; else that of the commonest word that is a slip of the
    /// hand away; else those of its pieces.
    pub(super) fn rows_of(&self, word: &str, mut each: impl FnMut(u16)) {
        if word.len() > MAX_WORD_BYTES {
            return;
        }
        if !word.is_ascii() {
            let bare = unicode::without_marks(word);
            if bare.is_ascii() && bare.len() <= MAX_WORD_BYTES {
                return self.rows_of(&bare, each);
            }
        }
        if let Some(row) = self.find(fingerprint(word)) {
            return each(row);
        }
        if let Some(row) = self.corrected(word) {
            return each(row);
        }
        let mut left = MAX_PIECES;
        for part in word.split(|ch: char| !ch.is_alphanumeric()).filter(|part| !part.is_empty()) {
            self.pieces(part, &mut left, &mut each);
        }
    }

    /// The longest pieces from the left.
    fn pieces(&self, word: &str, left: &mut usize, each: &mut impl FnMut(u16)) {
        let mut at = 0;
        while at < word.len() && *left > 0 {
            let start = if at == 0 { FINGERPRINT_START } else { fingerprint("##") };
            let mut hash = start;
            let mut longest = None;
            for (offset, byte) in word.bytes().enumerate().skip(at) {
                hash = fingerprint_push(hash, byte);
                if word.is_char_boundary(offset + 1)
                    && let Some(row) = self.find(hash)
                {
                    longest = Some((offset + 1, row));
                }
            }
            let Some((end, row)) = longest else { return };
            each(row);
            *left -= 1;
            at = end;
        }
    }

    /// The commonest word that becomes `word` by two letters swapped, one left out, doubled or exchanged for a neighbour.
    fn corrected(&self, word: &str) -> Option<u16> {
        if word.len() < MIN_CORRECTED || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let mut best: Option<(u8, u16)> = None;
        let mut consider = |hash: u32| {
            let Some(row) = self.find(hash) else { return };
            let weight = self.multipliers.get(row as usize).copied().unwrap_or(u8::MAX);
            if best.is_none_or(|(known, _)| weight < known) {
                best = Some((weight, row));
            }
        };
        let bytes = word.as_bytes();
        let rest =
            |hash: u32, from: usize| bytes.iter().skip(from).fold(hash, |hash, byte| fingerprint_push(hash, *byte));
        let mut before = FINGERPRINT_START;
        for at in 0..=bytes.len() {
            for letter in b'a'..=b'z' {
                consider(rest(fingerprint_push(before, letter), at));
            }
            let Some(&byte) = bytes.get(at) else { break };
            consider(rest(before, at + 1));
            if let Some(&next) = bytes.get(at + 1) {
                consider(rest(fingerprint_push(fingerprint_push(before, next), byte), at + 2));
            }
            before = fingerprint_push(before, byte);
        }
        best.map(|(_, row)| row)
    }

    /// Adds a row to a sum.
    #[inline]
    pub(super) fn add(&self, row: u16, sum: &mut [i32; DIMS]) {
        let Some(&multiplier) = self.multipliers.get(row as usize) else { return };
        match self.part {
            2 => self.add_parts::<2>(row, multiplier, sum),
            4 => self.add_parts::<4>(row, multiplier, sum),
            _ => self.add_parts::<8>(row, multiplier, sum),
        }
    }

    /// The product of a row and a vector.
    pub(super) fn product(&self, row: u16, vector: &[u8]) -> i64 {
        let Some(&multiplier) = self.multipliers.get(row as usize) else { return 0 };
        let product = match self.part {
            2 => self.product_of_parts::<2>(row, vector),
            4 => self.product_of_parts::<4>(row, vector),
            _ => self.product_of_parts::<8>(row, vector),
        };
        i64::from(product) * i64::from(multiplier)
    }

    fn product_of_parts<const PART: usize>(&self, row: u16, vector: &[u8]) -> i32 {
        let parts = DIMS / PART;
        let codes = self.codes.get(row as usize * parts..(row as usize + 1) * parts).unwrap_or(&[]);
        let (books, _) = self.books.as_chunks::<PART>();
        let mut sum = 0;
        for (part, (code, with)) in codes.iter().zip(vector.as_chunks::<PART>().0).enumerate() {
            let Some(own) = books.get(part * CODES + *code as usize) else { break };
            sum += own.iter().zip(with).map(|(a, b)| i32::from(*a as i8) * i32::from(*b as i8)).sum::<i32>();
        }
        sum
    }

    #[inline]
    fn add_parts<const PART: usize>(&self, row: u16, multiplier: u8, sum: &mut [i32; DIMS]) {
        let parts = DIMS / PART;
        let codes = self.codes.get(row as usize * parts..(row as usize + 1) * parts).unwrap_or(&[]);
        let (books, _) = self.books.as_chunks::<PART>();
        for (part, (code, into)) in codes.iter().zip(sum.as_chunks_mut::<PART>().0).enumerate() {
            let Some(vector) = books.get(part * CODES + *code as usize) else { return };
            for (total, value) in into.iter_mut().zip(vector) {
                *total += i32::from(*value as i8) * i32::from(multiplier);
            }
        }
    }
}

/// Brings a sum to [`LENGTH`]; all zeros when it has no direction.
pub(super) fn leveled(sum: &[i32; DIMS]) -> [i8; DIMS] {
    let square: i64 = sum.iter().map(|value| i64::from(*value) * i64::from(*value)).sum();
    // In 2^-8, so that short sums keep their direction.
    let length = super::numbers::root((square as u64).saturating_mul(65_536)).max(1) as i64;
    let mut vector = [0; DIMS];
    if square > 0 {
        for (out, value) in vector.iter_mut().zip(sum) {
            let scaled = i64::from(*value) * LENGTH * 512 / length;
            *out = ((scaled + scaled.signum()) / 2).clamp(-127, 127) as i8;
        }
    }
    vector
}

/// The product of two vectors, one of which is wider, so that processors multiply and add eight numbers at once.
#[inline]
pub(super) fn dot(a: &[i16; DIMS], b: &[u8; DIMS]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b as i8)).sum()
}
