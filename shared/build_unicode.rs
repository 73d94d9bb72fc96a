//! The Unicode tables that `text/unicode.rs` works with, made from those of the crate `unicode-normalization`: the same
//! data in an order that compresses to a third, since the edge's size is limited.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{
    canonical_combining_class, compose, decompose_canonical, decompose_compatible, is_combining_mark,
};

/// Code points of one block of the table of decompositions.
const BLOCK: usize = 32;
/// Syllables that are composed and taken apart by arithmetic.
const HANGUL: std::ops::RangeInclusive<char> = '\u{AC00}'..='\u{D7A3}';

/// The tables as code.
pub(crate) fn tables() -> String {
    let mut code = String::new();
    decompositions(&mut code);
    classes(&mut code);
    marks(&mut code);
    compositions(&mut code);
    code
}

fn characters() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

fn array<T: std::fmt::Display>(code: &mut String, name: &str, of: &str, values: &[T]) {
    let _ = write!(code, "static {name}: [{of}; {}] = [", values.len());
    values.iter().for_each(|value| {
        let _ = write!(code, "{value},");
    });
    code.push_str("];\n");
}

/// What each character is in full compatibility decomposition: its length in bytes by character, in blocks, and the texts
/// one behind the other.
fn decompositions(code: &mut String) {
    let mut texts = String::new();
    let mut lengths = vec![0u8; BLOCK];
    let mut starts = vec![0usize];
    let mut blocks: Vec<usize> = Vec::new();
    for first in (0..=char::MAX as usize).step_by(BLOCK) {
        let start = texts.len();
        let mut own = [0u8; BLOCK];
        for (at, length) in own.iter_mut().enumerate() {
            let Some(character) = char::from_u32((first + at) as u32).filter(|known| !HANGUL.contains(known)) else {
                continue;
            };
            let mut whole = String::new();
            decompose_compatible(character, |part| whole.push(part));
            if whole != character.to_string() {
                *length = u8::try_from(whole.len()).expect("no decomposition is that long");
                texts.push_str(&whole);
            }
        }
        if own == [0; BLOCK] {
            blocks.push(0);
        } else {
            blocks.push(starts.len());
            starts.push(start);
            lengths.extend(own);
        }
    }
    let used = blocks.iter().rposition(|block| *block > 0).map_or(0, |last| last + 1);
    array(code, "BLOCKS", "u16", &blocks[..used]);
    array(code, "STARTS", "u16", &starts);
    array(code, "LENGTHS", "u8", &lengths);
    let _ = writeln!(code, "static TEXTS: &str = {texts:?};");
}

/// Neighbours of which the same is true: where they begin, how many, and what.
fn runs<T: PartialEq>(of: impl Fn(char) -> Option<T>) -> Vec<(u32, u32, T)> {
    const MOST: u32 = 255;
    let mut runs: Vec<(u32, u32, T)> = Vec::new();
    for character in characters() {
        let Some(value) = of(character) else { continue };
        match runs.last_mut() {
            Some((start, count, known)) if *start + *count == character as u32 && *known == value && *count < MOST => {
                *count += 1;
            }
            _ => runs.push((character as u32, 1, value)),
        }
    }
    runs
}

fn classes(code: &mut String) {
    let runs = runs(|character| Some(canonical_combining_class(character)).filter(|class| *class > 0));
    array(code, "CLASS_STARTS", "u32", &runs.iter().map(|run| run.0).collect::<Vec<_>>());
    array(code, "CLASS_COUNTS", "u8", &runs.iter().map(|run| run.1).collect::<Vec<_>>());
    array(code, "CLASSES", "u8", &runs.iter().map(|run| run.2).collect::<Vec<_>>());
}

fn marks(code: &mut String) {
    let runs = runs(|character| is_combining_mark(character).then_some(()));
    array(code, "MARK_STARTS", "u32", &runs.iter().map(|run| run.0).collect::<Vec<_>>());
    array(code, "MARK_COUNTS", "u8", &runs.iter().map(|run| run.1).collect::<Vec<_>>());
}

/// What two characters become together, by the second and then the first.
fn compositions(code: &mut String) {
    let mut pairs: BTreeMap<char, BTreeMap<char, char>> = BTreeMap::new();
    for whole in characters().filter(|character| !HANGUL.contains(character)) {
        let mut parts = Vec::new();
        decompose_canonical(whole, |part| parts.push(part));
        let Some((last, before)) = parts.split_last().filter(|(_, before)| !before.is_empty()) else { continue };
        let before: String = before.iter().copied().nfc().collect();
        let mut before = before.chars();
        let (Some(first), None) = (before.next(), before.next()) else { continue };
        if compose(first, *last) == Some(whole) {
            pairs.entry(*last).or_default().insert(first, whole);
        }
    }
    let mut ends = Vec::new();
    let (mut firsts, mut wholes) = (Vec::new(), Vec::new());
    for of in pairs.values() {
        firsts.extend(of.keys().map(|first| *first as u32));
        wholes.extend(of.values().map(|whole| *whole as u32));
        ends.push(firsts.len());
    }
    array(code, "SECONDS", "u32", &pairs.keys().map(|second| *second as u32).collect::<Vec<_>>());
    array(code, "SECOND_ENDS", "u16", &ends);
    array(code, "FIRSTS", "u32", &firsts);
    array(code, "WHOLES", "u32", &wholes);
}
