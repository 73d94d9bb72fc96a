//! A text made ready for the recognizers: its tokens, and what each word does in a number phrase.

use super::grammar::{Compounds, Grammar, Numeral};
use super::token::{Shape, Tokens};
use super::{Place, currencies, units};

/// A text, cut and looked up once.
#[derive(Debug, Clone)]
pub struct Utterance<'t> {
    /// Its tokens.
    pub tokens: Tokens<'t>,
    /// Its language.
    pub grammar: &'static Grammar,
    /// What sets groups of digits apart.
    pub group_mark: char,
    numerals: Vec<Option<Numeral>>,
}

impl<'t> Utterance<'t> {
    /// Cuts `text` and looks its words up.
    #[must_use]
    pub fn new(text: &'t str, grammar: &'static Grammar) -> Self {
        let mut tokens = Tokens::new(text);
        for i in 0..if grammar.diminutives.is_empty() { 0 } else { tokens.len() } {
            if let Some(base) = without_diminutive(grammar, tokens.word(i)) {
                tokens.refold(i, &base);
            }
        }
        let numerals = (0..tokens.len())
            .map(|i| match tokens.get(i)?.shape {
                Shape::Word => {
                    let word = tokens.folded(i);
                    grammar.numerals.word(word).or_else(|| joined(grammar, word)).or_else(|| compound(grammar, word))
                }
                _ => None,
            })
            .collect();
        Utterance { tokens, grammar, group_mark: grammar.group_mark, numerals }
    }

    /// The same where figures are written as in that place.
    #[must_use]
    pub fn at(self, place: &Place) -> Self {
        let group_mark = place.group_mark.unwrap_or(self.group_mark);
        Utterance { group_mark, ..self }
    }

    /// What the token at `index` does in a number phrase.
    #[must_use]
    pub fn numeral(&self, index: usize) -> Option<Numeral> {
        self.numerals.get(index).copied().flatten()
    }

    /// The token after `phrase` (words separated by one blank; in the text it may be a hyphen), if it stands at `index`.
    #[must_use]
    pub fn phrase(&self, index: usize, phrase: &str) -> Option<usize> {
        let mut at = index;
        for word in phrase.split(' ') {
            if self.is_joining_hyphen(at) {
                at += 1;
            }
            if self.tokens.word(at) != word {
                return None;
            }
            at += 1;
        }
        Some(at)
    }

    /// Whether the token at `index` is a hyphen or dash.
    #[must_use]
    pub fn is_hyphen(&self, index: usize) -> bool {
        matches!(self.tokens.symbol(index), Some('-' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}'))
    }

    /// Whether the token at `index` joins tens and what is added to them: a hyphen, or a dash that touches both.
    #[must_use]
    pub fn joins_tens(&self, index: usize) -> bool {
        let dash = self.tokens.is_symbol(index, '\u{2014}');
        self.is_hyphen(index) || dash && self.tokens.glued(index) && self.tokens.glued(index + 1)
    }

    /// Whether the token at `index` is a hyphen that touches both its neighbours.
    #[must_use]
    pub fn is_joining_hyphen(&self, index: usize) -> bool {
        self.is_hyphen(index) && self.tokens.glued(index) && self.tokens.glued(index + 1)
    }
}

/// The unit that is spoken of fondly: "euritos" are euros, a "horita" is an hour.
fn without_diminutive(grammar: &Grammar, word: &str) -> Option<String> {
    grammar.diminutives.iter().find_map(|(suffix, ending)| {
        let base = format!("{}{ending}", word.strip_suffix(suffix)?);
        let known = grammar.time_units.has(&base)
            || units::is_named(grammar, &base)
            || currencies::SPELLINGS.get_singular(&base).is_some();
        known.then_some(base)
    })
}

/// The longest number that is read as one word: `neunhundertneunundneunzigtausendneunhundertneunundneunzig` has 53 letters.
const MAX_COMPOUND_BYTES: usize = 56;

/// A number written as one word, from the largest part down; the parts are number words of their own.
fn compound(grammar: &Grammar, word: &str) -> Option<Numeral> {
    let joints = grammar.compounds.filter(|_| word.len() <= MAX_COMPOUND_BYTES)?;
    let value = whole(grammar, joints, word)?;
    Some(match u8::try_from(value) {
        Ok(small @ 0..=99) => Numeral::Small(small),
        _ => Numeral::Whole(value),
    })
}

fn whole(grammar: &Grammar, joints: Compounds, word: &str) -> Option<u32> {
    let rest = |rest: &str| if rest.is_empty() { Some(0) } else { whole(grammar, joints, rest) };
    let count = |count: &str| if count.is_empty() { Some(1) } else { whole(grammar, joints, count) };
    for (joint, multiplier) in [(joints.thousand, 1000), (joints.hundred, 100)] {
        if let Some((before, behind)) = word.split_once(joint) {
            let (count, rest) = (count(before)?, rest(behind.strip_prefix(joints.and).unwrap_or(behind))?);
            return (count < multiplier.max(1000) && rest < multiplier).then_some(count * multiplier + rest);
        }
    }
    match grammar.numerals.word(word) {
        Some(Numeral::Small(n) | Numeral::Tens(n)) => return Some(u32::from(n)),
        Some(Numeral::One | Numeral::Article) => return Some(1),
        _ => {}
    }
    word.match_indices(joints.and).find_map(|(at, and)| {
        match (grammar.numerals.word(&word[..at])?, grammar.numerals.word(&word[at + and.len()..])?) {
            (Numeral::Small(unit @ 1..=9), Numeral::Tens(tens)) => Some(u32::from(unit) + u32::from(tens)),
            (Numeral::One | Numeral::Article, Numeral::Tens(tens)) => Some(1 + u32::from(tens)),
            _ => None,
        }
    })
}

/// Tens and what is added to them, written together: `twentyfive`, `fortysecond`.
fn joined(grammar: &Grammar, word: &str) -> Option<Numeral> {
    let ending = grammar.joined_tens;
    let first = *ending.as_bytes().first()?;
    let is_ending = |letters: &[u8]| letters[0] == first && letters == ending.as_bytes();
    let found = word.as_bytes().windows(ending.len()).position(is_ending);
    let at = found.filter(|at| *at > 0)? + ending.len();
    let (tens, unit) = word.split_at_checked(at).filter(|(_, unit)| !unit.is_empty())?;
    match (grammar.numerals.word(tens)?, grammar.numerals.word(unit)?) {
        (Numeral::Tens(tens), Numeral::Small(unit @ 1..=9)) => Some(Numeral::Small(tens + unit)),
        (Numeral::Tens(tens), Numeral::One) => Some(Numeral::Small(tens + 1)),
        (Numeral::Tens(tens), Numeral::Ordinal(unit @ 1..=9)) => Some(Numeral::Ordinal(u64::from(tens) + unit)),
        _ => None,
    }
}
