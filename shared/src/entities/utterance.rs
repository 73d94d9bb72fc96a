//! A text made ready for the recognizers: its tokens, and what each word does in a number phrase.

use super::grammar::{Grammar, Numeral};
use super::token::{Shape, Tokens};

/// A text, cut and looked up once.
#[derive(Debug, Clone)]
pub struct Utterance<'t> {
    /// Its tokens.
    pub tokens: Tokens<'t>,
    /// Its language.
    pub grammar: &'static Grammar,
    numerals: Vec<Option<Numeral>>,
}

impl<'t> Utterance<'t> {
    /// Cuts `text` and looks its words up.
    #[must_use]
    pub fn new(text: &'t str, grammar: &'static Grammar) -> Self {
        let tokens = Tokens::new(text);
        let numerals = (0..tokens.len())
            .map(|i| match tokens.get(i)?.shape {
                Shape::Word => {
                    let word = tokens.folded(i);
                    grammar.numerals.word(word).or_else(|| joined(grammar, word))
                }
                _ => None,
            })
            .collect();
        Utterance { tokens, grammar, numerals }
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

/// Tens and what is added to them, written together: `twentyfive`, `fortysecond`.
fn joined(grammar: &Grammar, word: &str) -> Option<Numeral> {
    let ending = grammar.joined_tens;
    let at = word.find(ending).filter(|at| *at > 0 && !ending.is_empty())? + ending.len();
    let (tens, unit) = word.split_at_checked(at).filter(|(_, unit)| !unit.is_empty())?;
    match (grammar.numerals.word(tens)?, grammar.numerals.word(unit)?) {
        (Numeral::Tens(tens), Numeral::Small(unit @ 1..=9)) => Some(Numeral::Small(tens + unit)),
        (Numeral::Tens(tens), Numeral::One) => Some(Numeral::Small(tens + 1)),
        (Numeral::Tens(tens), Numeral::Ordinal(unit @ 1..=9)) => Some(Numeral::Ordinal(u64::from(tens) + unit)),
        _ => None,
    }
}
