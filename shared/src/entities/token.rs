//! Cuts a text into words, digit runs and symbols, once, for all recognizers. What the words mean lives elsewhere.
//!
//! Offsets are bytes of the text as given and always lie on character boundaries. Words are also kept *folded*
//! (lower case, accents and typographic apostrophes taken off), which is what every lexicon is written in.

use std::ops::Range;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Letters, with apostrophes between them (`o'clock`).
    Word,
    /// Decimal digits, nothing else.
    Digits,
    /// One character of any other kind.
    Symbol,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is made of.
    pub shape: Shape,
    /// Whether white space, or the start of the text, comes before it.
    pub spaced: bool,
    folded_start: u32,
    folded_end: u32,
}

/// A text as a row of tokens.
#[derive(Debug, Clone)]
pub struct Tokens<'t> {
    text: &'t str,
    folded: String,
    list: Vec<Token>,
}

impl<'t> Tokens<'t> {
    /// Cuts `text`.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let mut tokens =
            Tokens { text, folded: String::with_capacity(text.len()), list: Vec::with_capacity(text.len() / 4 + 1) };
        let mut spaced = true;
        let mut characters = text.char_indices().peekable();
        while let Some((start, first)) = characters.next() {
            if first.is_whitespace() {
                spaced = true;
                continue;
            }
            let folded_start = tokens.folded.len() as u32;
            let mut end = start + first.len_utf8();
            let shape = if let Some(digit) = digit(first) {
                tokens.folded.push(digit);
                while let Some(&(at, next)) = characters.peek() {
                    let Some(digit) = self::digit(next) else {
                        break;
                    };
                    tokens.folded.push(digit);
                    end = at + next.len_utf8();
                    characters.next();
                }
                Shape::Digits
            } else if first.is_alphabetic() {
                fold(first, &mut tokens.folded);
                while let Some(&(at, next)) = characters.peek() {
                    if is_apostrophe(next) {
                        if !text[at + next.len_utf8()..].starts_with(char::is_alphabetic) {
                            break;
                        }
                        tokens.folded.push('\'');
                    } else if next.is_alphabetic() {
                        fold(next, &mut tokens.folded);
                    } else if !is_combining(next) {
                        break;
                    }
                    end = at + next.len_utf8();
                    characters.next();
                }
                Shape::Word
            } else {
                tokens.folded.push(first);
                Shape::Symbol
            };
            let folded_end = tokens.folded.len() as u32;
            tokens.list.push(Token { start, end, shape, spaced, folded_start, folded_end });
            spaced = false;
        }
        tokens
    }

    /// The text as given.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// How many tokens there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The token at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Token> {
        self.list.get(index)
    }

    /// The token at `index`, folded; empty when there is none.
    #[must_use]
    pub fn folded(&self, index: usize) -> &str {
        self.list.get(index).map_or("", |token| &self.folded[token.folded_start as usize..token.folded_end as usize])
    }

    /// Reads the word at `index` as another, folded.
    pub fn refold(&mut self, index: usize, word: &str) {
        let Some(token) = self.list.get_mut(index) else { return };
        token.folded_start = self.folded.len() as u32;
        self.folded.push_str(word);
        token.folded_end = self.folded.len() as u32;
    }

    /// The word at `index`, folded; empty when there is none or it is no word.
    #[must_use]
    pub fn word(&self, index: usize) -> &str {
        match self.list.get(index) {
            Some(token) if token.shape == Shape::Word => self.folded(index),
            _ => "",
        }
    }

    /// The digits at `index`; empty when there is no token or it is no digit run.
    #[must_use]
    pub fn digits(&self, index: usize) -> &str {
        match self.list.get(index) {
            Some(token) if token.shape == Shape::Digits => self.folded(index),
            _ => "",
        }
    }

    /// The symbol at `index`.
    #[must_use]
    pub fn symbol(&self, index: usize) -> Option<char> {
        match self.list.get(index) {
            Some(token) if token.shape == Shape::Symbol => self.text[token.start..].chars().next(),
            _ => None,
        }
    }

    /// Whether the token at `index` is this symbol.
    #[must_use]
    pub fn is_symbol(&self, index: usize, symbol: char) -> bool {
        self.symbol(index) == Some(symbol)
    }

    /// Whether the token at `index` follows the one before it with nothing in between.
    #[must_use]
    pub fn glued(&self, index: usize) -> bool {
        self.list.get(index).is_some_and(|token| !token.spaced)
    }

    /// The token at `index` as it stands in the text; empty when there is none.
    #[must_use]
    pub fn raw(&self, index: usize) -> &'t str {
        self.list.get(index).map_or("", |token| &self.text[token.start..token.end])
    }

    /// The bytes that a run of tokens covers. An empty run covers nothing.
    #[must_use]
    pub fn span(&self, run: Range<usize>) -> Range<usize> {
        match (self.list.get(run.start), run.end.checked_sub(1).and_then(|last| self.list.get(last))) {
            (Some(first), Some(last)) if run.start < run.end => first.start..last.end,
            _ => 0..0,
        }
    }

    /// The first token that starts at or after a byte.
    #[must_use]
    pub fn at_byte(&self, byte: usize) -> usize {
        self.list.partition_point(|token| token.start < byte)
    }
}

fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{FF10}'..='\u{FF19}' => char::from_u32(c as u32 - 0xFF10 + '0' as u32),
        _ => None,
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2BB}' | '\u{2BC}')
}

fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&c)
}

/// Appends `c` in lower case and without its accent. Only Latin letters are stripped; other scripts are kept.
fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    let plain = match lower(c) {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ə' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' | 'ß' => 's',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        '\u{300}'..='\u{36F}' => return,
        other => other,
    };
    out.push(plain);
}

/// In lower case, for the alphabets that have capitals of their own in use: Latin, Greek, Cyrillic, Armenian. The full
/// tables of Unicode would be larger than all that is looked up here.
fn lower(c: char) -> char {
    let at = c as u32;
    let lower = match at {
        0xC0..=0xDE if at != 0xD7 => at + 0x20,
        0x130 => return 'i',
        0x100..=0x137 | 0x14A..=0x177 | 0x1E00..=0x1E95 | 0x1EA0..=0x1EFF | 0x218..=0x21B => at | 1,
        0x139..=0x148 | 0x179..=0x17E => at + at % 2,
        0x178 => 0xFF,
        0x18F => 0x259,
        0x386 => 0x3AC,
        0x388..=0x38A => at + 0x25,
        0x391..=0x3A9 | 0x410..=0x42F => at + 0x20,
        0x400..=0x40F => at + 0x50,
        0x460..=0x481 | 0x48A..=0x4BF | 0x4D0..=0x52F => at | 1,
        0x531..=0x556 => at + 0x30,
        _ => at,
    };
    char::from_u32(lower).unwrap_or(c)
}

/// `text` in lower case, by the same letters.
pub(super) fn in_lower_case(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_ascii_lowercase() } else { lower(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let tokens = Tokens::new(text);
        let found: Vec<&str> = (0..tokens.len()).map(|i| tokens.folded(i)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn words_digits_and_symbols_are_told_apart() {
        check("It’s 29km, O'Clock!", &["it's", "29", "km", ",", "o'clock", "!"]);
        check("Dieciséis años", &["dieciseis", "anos"]);
        check("$1,000.50", &["$", "1", ",", "000", ".", "50"]);
        check("dogs' 5", &["dogs", "'", "5"]);
        check("", &[]);
    }

    #[test]
    fn glue_is_the_absence_of_white_space() {
        let tokens = Tokens::new("5 km 6km");
        let glued: Vec<bool> = (0..tokens.len()).map(|i| tokens.glued(i)).collect();
        assert_eq!(glued, [false, false, false, true]);
    }

    #[test]
    fn spans_are_bytes_of_the_text_as_given() {
        let tokens = Tokens::new("añ İx 👌🏼 5");
        for i in 0..tokens.len() {
            let token = tokens.get(i).unwrap();
            assert!(tokens.text().get(token.start..token.end).is_some());
        }
        assert_eq!(tokens.span(0..1), 0..3);
        assert_eq!(tokens.span(3..3), 0..0);
    }
}
