//! Misspelt words that tell of a danger: whoever is in danger does not look how it is spelt.

use std::cell::LazyCell;

use super::{Stem, edit_distance, one_slip_apart, stem};
use crate::language::Language;

/// The shortest word in which one slip is forgiven, in which one vowel for another is, and in which two slips are, in letters. Short
/// words are too often others.
const ONE_SLIP: usize = 6;
const OTHER_VOWEL: usize = 9;
const TWO_SLIPS: usize = 11;
/// The shortest stem of which another form is told by its sound, in letters; all but one of them sound so in the word itself.
const LONG: usize = 5;

/// How much of a word sounds like another, from its beginning on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alike {
    /// So many letters, and no more.
    Letters(usize),
    /// All of both.
    Whole,
}

/// How the letters of a language sound, by which words are told that misspell one of a danger.
pub(crate) struct Sounds<'l> {
    language: &'l Language,
    /// The letter that is not heard at the beginning of a word.
    silent: &'l str,
    /// Letters of which any may be written for another, with spaces between them.
    groups: &'l str,
    /// Two letters, and what they sound like, with spaces between them.
    pairs: &'l str,
    /// The letters that begin a pair or belong to a group: most stand for themselves.
    others: u32,
}

impl<'l> Sounds<'l> {
    pub(crate) fn of(language: &'l Language) -> Sounds<'l> {
        let of = |key| language.formats.get(key).unwrap_or_default();
        let sounds = of("sounds");
        let (silent, groups) = sounds.split_once(' ').unwrap_or((sounds, ""));
        let pairs = of("sounds.pairs");
        let begin_pairs = pairs.split(' ').filter_map(|pair| pair.chars().next());
        let others = silent.chars().chain(groups.chars()).chain(begin_pairs);
        let others = others.fold(OTHER_LETTERS, |bits, letter| bits | bit(letter));
        Sounds { language, silent, groups, pairs, others }
    }

    /// The word of the danger phrases that one that the language does not know misspells.
    pub(crate) fn danger_word(&self, said: &str) -> Option<&'l str> {
        let first = said.chars().next()?;
        let heard = self.without_silent(said).chars().next();
        let group = heard.and_then(|letter| self.group(letter)).unwrap_or_default();
        let may_begin = |known: char| {
            known == first || heard == Some(known) || group.contains(known) || self.silent.contains(known)
        };
        let openings = group.chars().chain(self.silent.chars()).chain([first]).chain(heard);
        let openings = openings.fold(0, |bits, letter| bits | bit(letter));
        let words = || {
            let groups = self.language.dangers.iter();
            let groups = groups.filter(|group| {
                group.chars().nth(1).is_some_and(|known| openings & bit(known) != 0 && may_begin(known))
            });
            groups.flat_map(|group| counted(group))
        };
        let sound: Vec<char> = self.heard(said).collect();
        let own = LazyCell::new(|| stem(self.language, said));
        let (mut whole, mut meant) = (None, None);
        let last = said.as_bytes().last();
        for known in words() {
            // What begins and ends otherwise neither sounds so nor is one slip away, and most words do.
            let ends_otherwise = known.len() < TWO_SLIPS && known.as_bytes().last() != last;
            if ends_otherwise && self.sounds_otherwise(known, &sound) {
                continue;
            }
            if known == said {
                return None;
            }
            if whole.is_some() {
                continue;
            }
            match self.alike(known, &sound) {
                Alike::Whole => whole = Some(known),
                Alike::Letters(alike)
                    if meant.is_none() && (is_slip(known, said) || alike + 1 >= LONG && self.is_form(known, *own)) =>
                {
                    meant = Some(known);
                }
                Alike::Letters(_) => {}
            }
        }
        if whole.is_some() {
            return whole;
        }
        let meant = meant?;
        // "drinks" is another form of "drank", and no slip.
        let is_form = words().any(|known| stem(self.language, known).hash() == own.hash());
        (!is_form).then_some(meant)
    }

    fn without_silent<'t>(&self, word: &'t str) -> &'t str {
        word.strip_prefix(self.silent).unwrap_or(word)
    }

    /// The letters that may be written for this one, with itself.
    fn group(&self, letter: char) -> Option<&'l str> {
        let at = self.groups.find(letter)?;
        let start = self.groups[..at].rfind(' ').map_or(0, |space| space + 1);
        self.groups[start..].split(' ').next()
    }

    /// Whether the second letter of a word is not heard in `sound`, as is told without hearing the word.
    fn sounds_otherwise(&self, word: &str, sound: &[char]) -> bool {
        let ([first, second, ..], Some(heard)) = (word.as_bytes(), sound.get(1)) else { return false };
        let plain = self.others & (bit((*first).into()) | bit((*second).into())) == 0;
        plain && first != second && char::from(*second) != *heard
    }

    /// How much of a word sounds like `sound`.
    fn alike(&self, word: &str, sound: &[char]) -> Alike {
        if let Some(alike) = self.plainly_alike(word, sound) {
            return alike;
        }
        let mut heard = self.heard(word);
        let alike = sound.iter().zip(&mut heard).take_while(|(one, other)| *one == other).count();
        if alike == sound.len() && heard.next().is_none() { Alike::Whole } else { Alike::Letters(alike) }
    }

    /// The same where all letters of the word up to the first that sounds otherwise stand for themselves, as they mostly do.
    fn plainly_alike(&self, word: &str, sound: &[char]) -> Option<Alike> {
        let (mut alike, mut last) = (0, None);
        for letter in word.bytes().map(char::from) {
            if self.others & bit(letter) != 0 {
                return None;
            }
            if last == Some(letter) && !is_vowel(letter) {
                continue;
            }
            if sound.get(alike) != Some(&letter) {
                return Some(Alike::Letters(alike));
            }
            (alike, last) = (alike + 1, Some(letter));
        }
        Some(if alike == sound.len() { Alike::Whole } else { Alike::Letters(alike) })
    }

    /// "combulsionando": whether a stem sounds like that of a word, where it is long enough.
    fn is_form(&self, known: &str, own: Stem<'_>) -> bool {
        let sound = |stem: Stem<'_>| self.heard(&<[&str; 2]>::from(stem.pieces()).concat()).collect::<String>();
        let known = sound(stem(self.language, known));
        known.len() >= LONG && known == sound(own)
    }

    /// How a word sounds: without what is not heard, one letter for all that sound like it, none of them twice.
    fn heard<'t>(&'t self, word: &'t str) -> impl Iterator<Item = char> + 't {
        let mut rest = self.without_silent(word);
        let mut of_a_pair = "".chars();
        let mut last = None;
        std::iter::from_fn(move || {
            loop {
                let (letter, paired) = match of_a_pair.next() {
                    Some(letter) => (letter, true),
                    None => (rest.chars().next()?, false),
                };
                let plain = self.others & bit(letter) == 0;
                if !paired {
                    if !plain && let Some((pair, sound)) = self.pair(rest) {
                        rest = &rest[pair.len()..];
                        of_a_pair = sound.chars();
                        continue;
                    }
                    rest = &rest[letter.len_utf8()..];
                }
                let group = if plain { None } else { self.group(letter) };
                let heard = group.and_then(|group| group.chars().next()).unwrap_or(letter);
                if is_vowel(letter) || last != Some(heard) {
                    last = Some(heard);
                    return last;
                }
            }
        })
    }

    /// The two letters that a text begins with, and what they sound like.
    fn pair(&self, text: &str) -> Option<(&'l str, &'l str)> {
        let [first, second, ..] = text.as_bytes() else { return None };
        let at = self.pairs.as_bytes().windows(3).position(|pair| pair == [*first, *second, b':'])?;
        let sound = self.pairs.get(at + 3..)?;
        Some((self.pairs.get(at..at + 2)?, sound.split(' ').next()?))
    }
}

/// A bit for each letter of the alphabet, and one for all others.
fn bit(letter: char) -> u32 {
    if letter.is_ascii_lowercase() { 1 << (letter as u8 - b'a') } else { OTHER_LETTERS }
}

const OTHER_LETTERS: u32 = 1 << 26;

/// The words of a text, before each of which stands how many bytes it has.
fn counted(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = usize::from(rest.as_bytes().first()?.checked_sub(b'@')?) + 1;
        let word = rest.get(1..end)?;
        rest = rest.get(end..)?;
        Some(word)
    })
}

fn is_vowel(letter: char) -> bool {
    "aeiouy".contains(letter)
}

/// Whether a word is another but for a slip of the hand, two in long ones. In short words another vowel is another word.
fn is_slip(meant: &str, said: &str) -> bool {
    if meant.len() < ONE_SLIP || meant.len().abs_diff(said.len()) > 2 {
        return false;
    }
    let alike = |(one, other): &(u8, u8)| one == other;
    let before = meant.bytes().zip(said.bytes()).take_while(alike).count();
    let behind = meant.bytes().rev().zip(said.bytes().rev()).take_while(alike).count();
    let same_length = meant.len() == said.len();
    // "burner" is another word than "burned".
    if before == 0 || same_length && behind == 0 {
        return false;
    }
    if meant.len() >= TWO_SLIPS {
        return edit_distance(meant, said, 2).is_some();
    }
    let other = |(one, other): (u8, u8)| one == other || is_vowel(one.into()) && is_vowel(other.into());
    let vowels = same_length && meant.bytes().zip(said.bytes()).all(other);
    before + behind + 2 >= meant.len().min(said.len())
        && !(vowels && meant.len() < OTHER_VOWEL)
        && one_slip_apart(meant, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_or_is_written_almost_so_is_meant() {
        for (said, meant) in [
            ("gass", "gas"),
            ("brething", "breathing"),
            ("unconsious", "unconscious"),
            ("flmaes", "flames"),
            ("smokke", "smoke"),
            ("swalowed", "swallow"),
        ] {
            assert_eq!(Sounds::of(Language::english()).danger_word(said), Some(meant), "{said}");
        }
    }

    #[cfg(feature = "spanish")]
    #[test]
    fn what_sounds_so_in_spanish_is_meant() {
        let spanish = Language::coded("es").expect("it is in the build");
        for (said, meant) in [
            ("gaz", "gas"),
            ("combulsionando", "convulsion"),
            ("atropeyaron", "atropellar"),
            ("desmallado", "desmayar"),
            ("umo", "humo"),
            ("incencio", "incendio"),
        ] {
            assert_eq!(Sounds::of(spanish).danger_word(said), Some(meant), "{said}");
        }
    }

    #[cfg(feature = "spanish")]
    #[test]
    fn what_sounds_otherwise_in_spanish_is_another_word() {
        let spanish = Language::coded("es").expect("it is in the build");
        for said in ["piso", "bolso", "sano", "casa", "drogas", "puerto", "zona"] {
            assert_eq!(Sounds::of(spanish).danger_word(said), None, "{said}");
        }
    }

    #[test]
    fn another_word_is_another_word() {
        for said in [
            "drink", "booking", "checked", "folded", "drawing", "painted", "turning", "strike", "sticky", "shoot",
            "food", "hear", "waiter", "burner",
        ] {
            assert_eq!(Sounds::of(Language::english()).danger_word(said), None, "{said}");
        }
    }
}
