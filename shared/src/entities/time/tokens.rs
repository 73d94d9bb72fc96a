//! Cutting a text into words, digits and marks, each looked up in the language's word table. Letters and digits part
//! ("3pm", "mar4"); nothing is joined here.

use super::grammar::{Grammar, Mask, Sym};

/// A word longer than this is in no table.
pub(super) const WORD_LIMIT: usize = 24;

/// A piece of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) start: u32,
    pub(super) end: u32,
    /// What it may be.
    pub(super) mask: Mask,
    /// Where in the word table.
    pub(super) entry: u16,
    /// Its value when it is digits (at most eight of them, else 0).
    pub(super) number: u32,
    /// How many digits.
    pub(super) digits: u8,
    /// Whether something other than blanks stands before it, or nothing at all.
    pub(super) gap: Gap,
}

/// What lies between a token and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    Blank,
    /// A line's end: nothing reaches across it.
    Line,
}

/// A letter without its accent, in lower case, where the tables need that.
pub(super) fn fold(c: char) -> char {
    match c {
        'á' | 'à' | 'ä' | 'Á' | 'À' | 'Ä' => 'a',
        'é' | 'è' | 'É' | 'È' => 'e',
        'í' | 'Í' => 'i',
        'ó' | 'ö' | 'Ó' | 'Ö' => 'o',
        'ß' => 's',
        'ú' | 'ü' | 'Ú' | 'Ü' => 'u',
        'ñ' | 'Ñ' => 'n',
        _ => c,
    }
}

/// Cuts `text`.
pub(super) fn tokens(text: &str, grammar: &Grammar) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() / 4 + 2);
    let mut at = 0;
    let mut gap = Gap::Line;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        let mut token = Token { start: start as u32, end: 0, mask: 0, entry: u16::MAX, number: 0, digits: 0, gap };
        gap = Gap::None;
        if byte.is_ascii_digit() {
            let mut number: u32 = 0;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                if at - start < 9 {
                    number = number * 10 + u32::from(bytes[at] - b'0');
                }
                at += 1;
            }
            token.digits = (at - start).min(255) as u8;
            token.number = number;
            token.mask = Sym::Digits.bit();
        } else if byte.is_ascii_alphabetic() || byte >= 0x80 {
            let mut word = [0u8; WORD_LIMIT];
            let mut len = 0;
            while at < bytes.len() {
                let b = bytes[at];
                if b.is_ascii_alphabetic() {
                    if len < WORD_LIMIT {
                        word[len] = b.to_ascii_lowercase();
                    }
                    len += 1;
                    at += 1;
                    continue;
                }
                if b < 0x80 {
                    break;
                }
                let Some(c) = text[at..].chars().next() else { break };
                if !c.is_alphabetic() {
                    break;
                }
                let folded = fold(c);
                if folded.is_ascii() && len < WORD_LIMIT {
                    word[len] = folded as u8;
                    len += 1;
                } else {
                    len = WORD_LIMIT + 1;
                }
                at += c.len_utf8();
            }
            if at == start {
                let Some(c) = text[at..].chars().next() else { break };
                at += c.len_utf8();
                if c.is_whitespace() {
                    gap = if matches!(c, '\u{2028}' | '\u{2029}') { Gap::Line } else { Gap::Blank };
                    if token.gap == Gap::Line {
                        gap = Gap::Line;
                    }
                    continue;
                }
                token.mask = mark(c);
            } else if len <= WORD_LIMIT {
                (token.mask, token.entry) = grammar.look_up(&word[..len]);
            }
        } else {
            at += 1;
            if byte == b'\n' || byte == b'\r' {
                gap = Gap::Line;
                continue;
            }
            if byte.is_ascii_whitespace() {
                gap = if token.gap == Gap::Line { Gap::Line } else { Gap::Blank };
                continue;
            }
            token.mask = mark(byte as char);
        }
        token.end = at as u32;
        out.push(token);
    }
    out
}

fn mark(c: char) -> Mask {
    match c {
        ',' => Sym::Comma.bit(),
        '.' => Sym::Dot.bit(),
        ':' => Sym::Colon.bit(),
        '/' | '\\' => Sym::Slash.bit(),
        '-' | '–' | '—' | '~' | '‐' | '‑' => Sym::Dash.bit(),
        '(' => Sym::LeftParen.bit(),
        ')' => Sym::RightParen.bit(),
        '\'' | '’' | '‘' | '`' => Sym::Quote.bit(),
        '@' => Sym::AtSign.bit(),
        '"' | '″' => Sym::Inch.bit(),
        '&' | '+' => Sym::Plus.bit(),
        '½' => Sym::Half.bit(),
        _ => 0,
    }
}
