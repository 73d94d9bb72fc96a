//! Misspelt words that tell of a danger: whoever is in danger does not look how it is spelt.

use super::{Stem, edit_distance, one_slip_apart, stem};
use crate::language::Language;

/// The shortest word in which one slip is forgiven, in which one vowel for another is, and in which two slips are, in letters. Short
/// words are too often others.
const ONE_SLIP: usize = 6;
const OTHER_VOWEL: usize = 9;
const TWO_SLIPS: usize = 11;

impl Language {
    /// The word of the danger phrases that one that the language does not know misspells.
    pub(crate) fn danger_word(&self, said: &str) -> Option<&'static str> {
        let may_begin = |known: char| said.starts_with(known) || self.opens_alike(known, said);
        let words = || {
            let groups = self.dangers.iter().filter(|group| group.chars().next().is_some_and(may_begin));
            groups.flat_map(|group| group.split(' '))
        };
        let (sound, own) = (self.sound(said.to_owned()), stem(self, said));
        if words().any(|known| known == said) {
            return None;
        }
        let alike = words().find(|known| self.sound((*known).to_owned()) == sound);
        // "drinks" is another form of "drank", and no slip.
        let misspelt = || {
            let is_form = words().any(|known| stem(self, known).hash() == own.hash());
            words().find(|known| !is_form && (is_slip(known, said) || self.has_the_sound_of(known, own)))
        };
        alike.or_else(misspelt)
    }

    /// The letters of which any may be written for another, and the one that is not heard at the beginning of a word.
    fn sounds(&self) -> (&'static str, impl Iterator<Item = &'static str> + Clone) {
        let mut groups = self.formats.get("sounds").unwrap_or_default().split_ascii_whitespace();
        (groups.next().unwrap_or_default(), groups)
    }

    /// Whether a word that sounds like `said` may begin with a letter.
    fn opens_alike(&self, known: char, said: &str) -> bool {
        let (silent, mut groups) = self.sounds();
        let heard = said.strip_prefix(silent).unwrap_or(said);
        let alike = |letter: char| groups.any(|group| group.contains(known) && group.contains(letter));
        silent.contains(known) || heard.starts_with(known) || heard.chars().next().is_some_and(alike)
    }

    /// "combulsionando": whether a stem sounds like that of a word, where it is long enough.
    fn has_the_sound_of(&self, known: &str, own: Stem<'_>) -> bool {
        const LONG: usize = 5;
        let sound = |stem: Stem<'_>| self.sound(<[&str; 2]>::from(stem.pieces()).concat());
        let known = sound(stem(self, known));
        known.len() >= LONG && known == sound(own)
    }

    /// How letters sound: without what is not heard, one for all that sound like it, none of them twice.
    fn sound(&self, mut text: String) -> String {
        let (silent, groups) = self.sounds();
        for (pair, letter) in
            self.formats.get("sounds.pairs").unwrap_or_default().split(' ').filter_map(|pair| pair.split_once(':'))
        {
            text = text.replace(pair, letter);
        }
        let mut sound = String::with_capacity(text.len());
        for letter in text.strip_prefix(silent).unwrap_or(&text).chars() {
            let group = groups.clone().find(|group| group.contains(letter));
            let heard = group.and_then(|group| group.chars().next()).unwrap_or(letter);
            if is_vowel(letter) || !sound.ends_with(heard) {
                sound.push(heard);
            }
        }
        sound
    }
}

fn is_vowel(letter: char) -> bool {
    "aeiouy".contains(letter)
}

/// Whether a word is another but for a slip of the hand, two in long ones. In short words another vowel is another word.
fn is_slip(meant: &str, said: &str) -> bool {
    let alike = |(one, other): &(u8, u8)| one == other;
    let before = meant.bytes().zip(said.bytes()).take_while(alike).count();
    let behind = meant.bytes().rev().zip(said.bytes().rev()).take_while(alike).count();
    let same_length = meant.len() == said.len();
    // "burner" is another word than "burned".
    if before == 0 || same_length && behind == 0 || meant.len() < ONE_SLIP {
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
            assert_eq!(Language::english().danger_word(said), Some(meant), "{said}");
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
            assert_eq!(spanish.danger_word(said), Some(meant), "{said}");
        }
    }

    #[cfg(feature = "spanish")]
    #[test]
    fn what_sounds_otherwise_in_spanish_is_another_word() {
        let spanish = Language::coded("es").expect("it is in the build");
        for said in ["piso", "bolso", "sano", "casa", "drogas", "puerto", "zona"] {
            assert_eq!(spanish.danger_word(said), None, "{said}");
        }
    }

    #[test]
    fn another_word_is_another_word() {
        for said in [
            "drink", "booking", "checked", "folded", "drawing", "painted", "turning", "strike", "sticky", "shoot",
            "food", "hear", "waiter", "burner",
        ] {
            assert_eq!(Language::english().danger_word(said), None, "{said}");
        }
    }
}
