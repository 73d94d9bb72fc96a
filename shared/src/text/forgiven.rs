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
        let sounds = Sounds::of(self);
        let may_begin = |known: char| said.starts_with(known) || sounds.opens_alike(known, said);
        let words = || {
            let groups = self.dangers.iter().filter(|group| group.chars().next().is_some_and(may_begin));
            groups.flat_map(|group| group.split(' '))
        };
        if words().any(|known| known == said) {
            return None;
        }
        let sound: String = sounds.heard(said).collect();
        let own = stem(self, said);
        let mut meant = None;
        for known in words() {
            let (alike, whole) = sounds.alike(known, &sound);
            if whole {
                return Some(known);
            }
            if meant.is_none() && (is_slip(known, said) || sounds.is_form(self, known, alike, own)) {
                meant = Some(known);
            }
        }
        let meant = meant?;
        // "drinks" is another form of "drank", and no slip.
        let is_form = words().any(|known| stem(self, known).hash() == own.hash());
        (!is_form).then_some(meant)
    }
}

/// How the letters of a language sound.
struct Sounds<'l> {
    /// The letter that is not heard at the beginning of a word.
    silent: &'l str,
    /// Letters of which any may be written for another.
    groups: Vec<&'l str>,
    /// Two letters, and what they sound like.
    pairs: Vec<(&'l str, &'l str)>,
}

impl<'l> Sounds<'l> {
    fn of(language: &'l Language) -> Sounds<'l> {
        let of = |key| language.formats.get(key).unwrap_or_default().split_ascii_whitespace();
        let mut groups = of("sounds");
        let silent = groups.next().unwrap_or_default();
        let pairs = of("sounds.pairs").filter_map(|pair| pair.split_once(':')).collect();
        Sounds { silent, groups: groups.collect(), pairs }
    }

    /// Whether a word that sounds like `said` may begin with a letter.
    fn opens_alike(&self, known: char, said: &str) -> bool {
        let heard = said.strip_prefix(self.silent).unwrap_or(said);
        let alike = |letter: char| self.groups.iter().any(|group| group.contains(known) && group.contains(letter));
        self.silent.contains(known) || heard.starts_with(known) || heard.chars().next().is_some_and(alike)
    }

    /// How many letters of a sound a word has from its beginning on, and whether it has all of them and no more.
    fn alike(&self, word: &str, sound: &str) -> (usize, bool) {
        let mut heard = self.heard(word);
        let alike = sound.chars().zip(&mut heard).take_while(|(one, other)| one == other).count();
        (alike, alike == sound.chars().count() && heard.next().is_none())
    }

    /// "combulsionando": whether a stem sounds like that of a word, where it is long enough; so many of their letters do.
    fn is_form(&self, language: &Language, known: &str, alike: usize, own: Stem<'_>) -> bool {
        const LONG: usize = 5;
        // Most words sound otherwise from the beginning, and to find a stem is dear.
        if alike + 1 < LONG {
            return false;
        }
        let sound = |stem: Stem<'_>| self.heard(&<[&str; 2]>::from(stem.pieces()).concat()).collect::<String>();
        let known = sound(stem(language, known));
        known.len() >= LONG && known == sound(own)
    }

    /// How a word sounds: without what is not heard, one letter for all that sound like it, none of them twice.
    fn heard<'t>(&'t self, word: &'t str) -> impl Iterator<Item = char> + 't {
        let mut rest = word.strip_prefix(self.silent).unwrap_or(word);
        let mut of_a_pair = "".chars();
        let mut last = None;
        std::iter::from_fn(move || {
            loop {
                let letter = match of_a_pair.next() {
                    Some(letter) => letter,
                    None => {
                        if let Some((pair, sound)) = self.pairs.iter().find(|(pair, _)| rest.starts_with(pair)) {
                            rest = &rest[pair.len()..];
                            of_a_pair = sound.chars();
                            continue;
                        }
                        let letter = rest.chars().next()?;
                        rest = &rest[letter.len_utf8()..];
                        letter
                    }
                };
                let group = self.groups.iter().find(|group| group.contains(letter));
                let heard = group.and_then(|group| group.chars().next()).unwrap_or(letter);
                if is_vowel(letter) || last != Some(heard) {
                    last = Some(heard);
                    return last;
                }
            }
        })
    }
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
