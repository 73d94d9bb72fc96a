//! What a string or text block says: quotes off, text blocks dedented, escapes resolved; and the way back from a
//! place in that text to its place in the source.

use std::borrow::Cow;

/// What becomes of escapes that are not those of every string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// `\{ \} \* \$` stand for the character.
    Plain,
    /// `\{ \} \* \$ \\` are kept as written: templates and patterns resolve them.
    Marked,
    /// Every other escape is kept as written: regular expressions have their own.
    Regex,
}

/// A piece of a string's inside, ready for escapes to be resolved, and where it stands in the source.
struct Line<'s> {
    text: &'s str,
    offset: usize,
}

/// The inside of a text token as lines; a plain string is one line.
fn lines<'s>(token: &'s str, token_start: usize) -> Vec<Line<'s>> {
    for marks in ["\"\"\"", "'''"] {
        if let Some(inside) = token.strip_prefix(marks) {
            return block_lines(inside.strip_suffix(marks).unwrap_or(inside), token_start + 3);
        }
    }
    let mut chars = token.chars();
    let quote = chars.next().unwrap_or('"');
    let inside = chars.as_str();
    let closes = |c: char| match quote {
        '"' | '\'' => c == quote,
        _ => "“”„‘’‚".contains(c),
    };
    let text = inside.strip_suffix(closes).unwrap_or(inside);
    vec![Line { text, offset: token_start + quote.len_utf8() }]
}

/// Dedents: outer blank lines and trailing white space go, and the white space that all lines have in front. What
/// stands on the line of the opening marks counts as not indented.
fn block_lines(inside: &str, start: usize) -> Vec<Line<'_>> {
    let mut offset = start;
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (index, line) in inside.split('\n').enumerate() {
        let text = line.trim_end();
        let lead = if index == 0 { text.len() - text.trim_start().len() } else { 0 };
        lines.push(Line { text: &text[lead..], offset: offset + lead });
        offset += line.len() + 1;
    }
    let margin = lines.iter().skip(1).filter(|line| !line.text.is_empty()).map(|line| indent(line.text)).reduce(common);
    let margin = margin.map_or(0, str::len);
    for line in lines.iter_mut().skip(1).filter(|line| !line.text.is_empty()) {
        line.text = &line.text[margin..];
        line.offset += margin;
    }
    let first = lines.iter().position(|line| !line.text.is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.text.is_empty()).map_or(first, |last| last + 1);
    lines.truncate(last);
    lines.drain(..first);
    lines
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

fn common<'s>(one: &'s str, other: &'s str) -> &'s str {
    let same = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
    let length = same.unwrap_or(one.len().min(other.len()));
    &one[..length]
}

/// The lines of a text block as written (escapes unresolved), dedented.
pub(super) fn raw_lines(token: &str) -> Vec<&str> {
    lines(token, 0).into_iter().map(|line| line.text).collect()
}

/// What a text token says.
pub(super) fn decode(token: &str, escapes: Escapes) -> Cow<'_, str> {
    let lines = lines(token, 0);
    if let [Line { text, .. }] = lines.as_slice()
        && !text.contains('\\')
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(token.len());
    walk(&lines, escapes, |piece, _| out.push_str(piece));
    Cow::Owned(out)
}

/// Where in the source the byte at `wanted` of the decoded text comes from.
pub(super) fn source_offset(token: &str, token_start: usize, escapes: Escapes, wanted: usize) -> usize {
    let mut decoded = 0;
    let mut found = None;
    let mut end = token_start;
    walk(&lines(token, token_start), escapes, |piece, offset| {
        if found.is_none() && wanted < decoded + piece.len() {
            found = Some(offset + (wanted - decoded));
        }
        decoded += piece.len();
        end = offset + piece.len();
    });
    found.unwrap_or(end)
}

/// Escapes of a text token that mean nothing, as (offset in the source, character).
pub(super) fn unknown_escapes(token: &str, token_start: usize) -> Vec<(usize, char)> {
    let mut unknown = Vec::new();
    for line in lines(token, token_start) {
        let mut rest = line.text;
        while let Some(at) = rest.find('\\') {
            let tail = &rest[at..];
            let (length, meaning) = escape(tail, Escapes::Plain);
            if let (Meaning::Kept, Some(c)) = (meaning, tail[1..].chars().next()) {
                unknown.push((line.offset + line.text.len() - tail.len(), c));
            }
            rest = &tail[length..];
        }
    }
    unknown
}

enum Meaning {
    Char(char),
    Kept,
}

/// The length of the escape at the start of `text` and what it means.
fn escape(text: &str, escapes: Escapes) -> (usize, Meaning) {
    let Some(c) = text[1..].chars().next() else {
        return (1, Meaning::Kept);
    };
    let length = 1 + c.len_utf8();
    let meaning = match c {
        'n' => Meaning::Char('\n'),
        't' => Meaning::Char('\t'),
        'r' => Meaning::Char('\r'),
        '"' | '\'' | '/' => Meaning::Char(c),
        '\\' if escapes != Escapes::Marked => Meaning::Char(c),
        '{' | '}' | '*' | '$' if escapes == Escapes::Plain => Meaning::Char(c),
        'u' => return unicode(text).map_or((length, Meaning::Kept), |(length, c)| (length, Meaning::Char(c))),
        _ => Meaning::Kept,
    };
    (length, meaning)
}

/// `\u00e9` or `\u{1F600}`.
fn unicode(text: &str) -> Option<(usize, char)> {
    let rest = &text[2..];
    let (digits, length) = match rest.strip_prefix('{') {
        Some(braced) => {
            let digits = &braced[..braced.find('}')?];
            (digits, 2 + digits.len() + 2)
        }
        None => (rest.get(..4)?, 6),
    };
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    Some((length, c))
}

/// Gives the decoded text piece by piece, each with the place in the source where it comes from.
fn walk(lines: &[Line<'_>], escapes: Escapes, mut sink: impl FnMut(&str, usize)) {
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            sink("\n", line.offset);
        }
        let mut rest = line.text;
        while !rest.is_empty() {
            let offset = line.offset + line.text.len() - rest.len();
            let plain = rest.find('\\').unwrap_or(rest.len());
            if plain > 0 {
                sink(&rest[..plain], offset);
                rest = &rest[plain..];
                continue;
            }
            let (length, meaning) = escape(rest, escapes);
            match meaning {
                Meaning::Char(c) => sink(c.encode_utf8(&mut [0; 4]), offset),
                Meaning::Kept => sink(&rest[..length], offset),
            }
            rest = &rest[length..];
        }
    }
}
