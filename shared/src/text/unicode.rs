//! Unicode normalization: compatibility forms, composed (NFKC), and what a word is without its marks.
//!
//! The crate `unicode-normalization` does the same; its tables, made for speed, would be a twentieth of the edge's size.
//! `build.rs` makes these from them, and a test compares the two.

include!(concat!(env!("OUT_DIR"), "/unicode.rs"));

/// Code points of one block of [`LENGTHS`].
const BLOCK: usize = 32;

/// Hangul syllables are told by arithmetic: leading consonant, vowel, trailing consonant.
mod hangul {
    pub(super) const SYLLABLES: u32 = 0xAC00;
    pub(super) const LEADS: u32 = 0x1100;
    pub(super) const VOWELS: u32 = 0x1161;
    /// One before the first trailing consonant: none at all.
    pub(super) const TAILS: u32 = 0x11A7;
    pub(super) const LEAD_COUNT: u32 = 19;
    pub(super) const VOWEL_COUNT: u32 = 21;
    pub(super) const TAIL_COUNT: u32 = 28;
    pub(super) const COUNT: u32 = LEAD_COUNT * VOWEL_COUNT * TAIL_COUNT;
}

/// The compatibility form of a text, composed: NFKC.
pub(crate) fn compatible(text: &str) -> Vec<char> {
    let mut found: Vec<(u8, char)> = Vec::with_capacity(text.len());
    for character in text.chars() {
        decompose(character, &mut found);
    }
    put_in_order(&mut found);
    compose_all(&found)
}

/// A word that is in compatibility form, without its marks.
pub(crate) fn without_marks(word: &str) -> String {
    let mut found: Vec<(u8, char)> = Vec::with_capacity(word.len());
    for character in word.chars() {
        decompose(character, &mut found);
    }
    found.into_iter().map(|(_, character)| character).filter(|character| !is_mark(*character)).collect()
}

/// Whether the character only modifies the one before it.
pub(crate) fn is_mark(character: char) -> bool {
    run_of(character, &MARK_STARTS, &MARK_COUNTS).is_some()
}

/// Which run a character lies in.
fn run_of(character: char, starts: &[u32], counts: &[u8]) -> Option<usize> {
    let code = character as u32;
    let at = starts.partition_point(|start| *start <= code).checked_sub(1)?;
    (code - starts[at] < u32::from(counts[at])).then_some(at)
}

/// The canonical combining class.
fn class_of(character: char) -> u8 {
    const FIRST: char = '\u{300}';
    if character < FIRST { 0 } else { run_of(character, &CLASS_STARTS, &CLASS_COUNTS).map_or(0, |at| CLASSES[at]) }
}

fn decompose(character: char, into: &mut Vec<(u8, char)>) {
    if character.is_ascii() {
        into.push((0, character));
        return;
    }
    let syllable = (character as u32).wrapping_sub(hangul::SYLLABLES);
    if syllable < hangul::COUNT {
        let lead = hangul::LEADS + syllable / (hangul::VOWEL_COUNT * hangul::TAIL_COUNT);
        let vowel = hangul::VOWELS + syllable / hangul::TAIL_COUNT % hangul::VOWEL_COUNT;
        let tail = hangul::TAILS + syllable % hangul::TAIL_COUNT;
        let parts = [lead, vowel, tail].into_iter().filter(|part| *part != hangul::TAILS);
        into.extend(parts.filter_map(char::from_u32).map(|part| (0, part)));
        return;
    }
    match decomposition(character) {
        Some(text) => into.extend(text.chars().map(|part| (class_of(part), part))),
        None => into.push((class_of(character), character)),
    }
}

/// What a character is in full decomposition, where that is something else.
fn decomposition(character: char) -> Option<&'static str> {
    let (block, at) = (character as usize / BLOCK, character as usize % BLOCK);
    let block = usize::from(*BLOCKS.get(block)?);
    let lengths = LENGTHS.get(block * BLOCK..)?;
    let length = usize::from(*lengths.get(at)?);
    let before: usize = lengths.iter().take(at).map(|length| usize::from(*length)).sum();
    let start = usize::from(*STARTS.get(block)?) + before;
    if length == 0 { None } else { TEXTS.get(start..start + length) }
}

/// Marks of one character stand in the order of their classes.
fn put_in_order(found: &mut [(u8, char)]) {
    for marks in found.chunk_by_mut(|one, other| one.0 > 0 && other.0 > 0) {
        if marks.len() > 1 {
            crate::order::sort_by_key(marks, |(class, _)| *class);
        }
    }
}

fn compose_all(found: &[(u8, char)]) -> Vec<char> {
    let mut out: Vec<char> = Vec::with_capacity(found.len());
    // Where the character lies that marks join, and the class of what stands between.
    let mut starter: Option<usize> = None;
    let mut last_class = None;
    for &(class, character) in found {
        let joined = starter.filter(|_| last_class.is_none_or(|last| last < class)).and_then(|at| {
            let whole = composed(out[at], character)?;
            Some((at, whole))
        });
        if let Some((at, whole)) = joined {
            out[at] = whole;
            continue;
        }
        if class == 0 {
            starter = Some(out.len());
            last_class = None;
        } else {
            last_class = Some(class);
        }
        out.push(character);
    }
    out
}

/// What two characters become together.
fn composed(first: char, second: char) -> Option<char> {
    let (one, other) = (first as u32, second as u32);
    let (lead, vowel) = (one.wrapping_sub(hangul::LEADS), other.wrapping_sub(hangul::VOWELS));
    if lead < hangul::LEAD_COUNT && vowel < hangul::VOWEL_COUNT {
        return char::from_u32(hangul::SYLLABLES + (lead * hangul::VOWEL_COUNT + vowel) * hangul::TAIL_COUNT);
    }
    let (syllable, tail) = (one.wrapping_sub(hangul::SYLLABLES), other.wrapping_sub(hangul::TAILS));
    if syllable < hangul::COUNT
        && syllable.is_multiple_of(hangul::TAIL_COUNT)
        && (1..hangul::TAIL_COUNT).contains(&tail)
    {
        return char::from_u32(one + tail);
    }
    let group = SECONDS.binary_search(&other).ok()?;
    let start = group.checked_sub(1).map_or(0, |before| usize::from(SECOND_ENDS[before]));
    let firsts = FIRSTS.get(start..usize::from(SECOND_ENDS[group]))?;
    char::from_u32(WHOLES[start + firsts.binary_search(&one).ok()?])
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;

    use super::*;

    fn check(text: &str) {
        let expected: Vec<char> = text.nfkc().collect();
        assert_eq!(compatible(text), expected, "{text:?}");
        let form: String = expected.iter().collect();
        let bare: String = form.nfd().filter(|character| !is_combining_mark(*character)).collect();
        assert_eq!(without_marks(&form), bare, "{text:?}");
    }

    #[test]
    fn every_character_has_the_form_that_unicode_says() {
        for character in '\0'..=char::MAX {
            check(character.encode_utf8(&mut [0; 4]));
            assert_eq!(is_mark(character), is_combining_mark(character), "{character:?}");
        }
    }

    #[test]
    fn characters_in_a_row_are_composed_as_unicode_says() {
        let marks: Vec<char> = ('\0'..=char::MAX).filter(|character| is_combining_mark(*character)).collect();
        let known: Vec<char> = ('\0'..=char::MAX).filter(|character| !character.nfkd().eq([*character])).collect();
        let letters: Vec<char> = ('a'..='z').chain('\u{1100}'..='\u{11FF}').chain('\u{AC00}'..='\u{AC20}').collect();
        // A fixed row of numbers, the same everywhere.
        let mut seed = 7u64;
        let mut pick = |from: &[char]| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            from[(seed >> 33) as usize % from.len()]
        };
        for _ in 0..50_000 {
            let text: String = [&letters, &marks, &known, &marks, &marks, &letters, &letters, &known]
                .map(|from| pick(from))
                .iter()
                .collect();
            check(&text);
        }
    }
}
