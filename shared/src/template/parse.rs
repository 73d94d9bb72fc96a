//! Reading a template's text into parts. All problems of a text are reported, not just the first.

use crate::diagnostics::Code;
use crate::ir::{Path, Style, Template, TemplatePart};

use super::expression;

/// A problem in a template's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {message}", code.code())]
pub struct TemplateError {
    /// E001 or E010–E012.
    pub code: Code,
    /// First byte in the template's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What was expected.
    pub message: String,
    /// What to do, where that is known.
    pub hint: Option<&'static str>,
}

impl TemplateError {
    pub(super) fn new(code: Code, start: usize, end: usize, message: impl Into<String>) -> TemplateError {
        TemplateError { code, start, end, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: &'static str) -> TemplateError {
        self.hint = Some(hint);
        self
    }
}

/// Reads a template. `\{`, `\}`, `\$`, `\*` and `\\` stand for the character itself.
///
/// # Errors
/// Every problem of the text, in order.
pub fn parse(text: &str) -> Result<Template, Vec<TemplateError>> {
    let mut reader = Reader { text, at: 0, literal: String::new(), parts: Vec::new(), errors: Vec::new() };
    reader.read();
    if reader.errors.is_empty() { Ok(Template { parts: reader.parts }) } else { Err(reader.errors) }
}

/// The character that an escape at the start of `rest` stands for.
pub(super) fn escaped(rest: &str) -> Option<char> {
    let mut chars = rest.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some(c @ ('{' | '}' | '$' | '*' | '\\'))) => Some(c),
        _ => None,
    }
}

/// Takes the escapes out of a piece of template text.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match escaped(rest) {
            Some(literal) => {
                out.push(literal);
                rest = &rest[2..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    literal: String,
    parts: Vec<TemplatePart>,
    errors: Vec<TemplateError>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(c) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            if let Some(literal) = escaped(rest) {
                self.literal.push(literal);
                self.at += 2;
            } else if rest.starts_with("${") {
                self.placeholder(2, Reader::expression);
            } else if c == '{' {
                self.placeholder(1, Reader::reference);
            } else {
                self.literal.push(c);
                self.at += c.len_utf8();
            }
        }
        self.flush();
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.parts.push(TemplatePart::Text(std::mem::take(&mut self.literal)));
        }
    }

    /// A `{…}` or `${…}` at the reader's place; `opening` is the length of what opens it.
    fn placeholder(&mut self, opening: usize, part: fn(&str, usize) -> Result<TemplatePart, TemplateError>) {
        let start = self.at;
        let inner = start + opening;
        match closing(&self.text[inner..]) {
            Closing::At(length) => {
                let body = &self.text[inner..inner + length];
                self.at = inner + length + 1;
                match part(body, inner) {
                    Ok(part) => {
                        self.flush();
                        self.parts.push(part);
                    }
                    Err(error) => self.errors.push(error),
                }
            }
            Closing::Nested(at) => {
                self.errors.push(
                    TemplateError::new(
                        Code::TemplateSyntax,
                        inner + at,
                        inner + at + 1,
                        "a placeholder cannot stand inside another: expected `}` before this `{`",
                    )
                    .hint("close the first placeholder, or write `\\{` for a brace as such"),
                );
                self.at = inner + at;
            }
            Closing::Missing => {
                self.errors.push(
                    TemplateError::new(
                        Code::TemplateSyntax,
                        start,
                        inner,
                        "this placeholder is not closed: expected `}`",
                    )
                    .hint("write `\\{` for a brace as such"),
                );
                self.at = self.text.len();
            }
        }
    }

    fn reference(body: &str, start: usize) -> Result<TemplatePart, TemplateError> {
        let (path, rest, rest_at) = read_path(body, start)?;
        let text = |rest: &str| unescape(&rest[1..]);
        if let Some(after) = rest.strip_prefix("as").filter(|after| after.starts_with(char::is_whitespace)) {
            return styled(path, after, rest_at + 2);
        }
        match rest.chars().next() {
            None => Ok(TemplatePart::Value(path)),
            Some('?') => Ok(value_or(path, text(rest))),
            Some('!') => Ok(TemplatePart::Unless(path, text(rest))),
            Some(c) => Err(TemplateError::new(
                Code::TemplateSyntax,
                rest_at,
                rest_at + c.len_utf8(),
                format!("expected `}}`, `?text` or `!text` after the name, found `{c}`"),
            )
            .hint("arithmetic is written `${…}`; write `\\{` for a brace as such")),
        }
    }

    fn expression(body: &str, start: usize) -> Result<TemplatePart, TemplateError> {
        let (source, fallback) = match body.split_once('?') {
            Some((source, fallback)) => (source, Some(unescape(fallback))),
            None => (body, None),
        };
        Ok(TemplatePart::Expression { expression: expression::parse(source, start)?, fallback })
    }
}

enum Closing {
    At(usize),
    Nested(usize),
    Missing,
}

/// Where the `}` is that closes a placeholder whose inside begins `text`.
fn closing(text: &str) -> Closing {
    let mut skip = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if skip => skip = false,
            '\\' => skip = escaped(&text[at..]).is_some(),
            '}' => return Closing::At(at),
            '{' => return Closing::Nested(at),
            _ => {}
        }
    }
    Closing::Missing
}

/// `long`, `short`, `iso`, `relative` after `as`, perhaps with a fallback.
fn styled(path: Path, after: &str, start: usize) -> Result<TemplatePart, TemplateError> {
    let (named, otherwise) = match after.split_once('?') {
        Some((named, otherwise)) => (named, unescape(otherwise)),
        None => (after, String::new()),
    };
    let style = match named.trim() {
        "long" => Style::Long,
        "short" => Style::Short,
        "iso" => Style::Iso,
        "relative" => Style::Relative,
        other => {
            let at = start + after.len() - after.trim_start().len();
            return Err(TemplateError::new(
                Code::TemplateSyntax,
                at,
                at + other.len(),
                format!("expected `long`, `short`, `iso` or `relative` after `as`, found `{other}`"),
            ));
        }
    };
    Ok(TemplatePart::Styled { path, style, otherwise })
}

/// A dotted name at the start of a placeholder, what follows it, and where that is.
fn read_path(body: &str, start: usize) -> Result<(Path, &str, usize), TemplateError> {
    let trimmed = body.trim_start();
    let name_at = start + body.len() - trimmed.len();
    let length = trimmed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(trimmed.len());
    let name = &trimmed[..length];
    if !is_path(name) {
        let found = if name.is_empty() { trimmed.chars().next().map(String::from) } else { Some(name.to_owned()) };
        let message = match found {
            Some(found) => format!("expected a name such as `doctor` or `context.room`, found `{found}`"),
            None => "expected a name such as `doctor` or `context.room`, found nothing".to_owned(),
        };
        return Err(TemplateError::new(
            Code::TemplateSyntax,
            name_at,
            name_at + length.max(trimmed.chars().next().map_or(0, char::len_utf8)),
            message,
        )
        .hint("write `\\{` for a brace as such"));
    }
    let after = &trimmed[length..];
    let rest = after.trim_start();
    let rest_at = name_at + length + after.len() - rest.len();
    Ok((name.split('.').map(str::to_owned).collect(), rest, rest_at))
}

/// Whether a text is names joined by dots.
pub(super) fn is_path(text: &str) -> bool {
    text.split('.').all(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// `{name?text}`: conditional text when the text is joined to what stands before it (it begins with a space or a mark) and
/// holds the name as a word, else a fallback.
fn value_or(path: Path, text: String) -> TemplatePart {
    let joined = text.starts_with(|first: char| !first.is_alphanumeric());
    let pieces = split_at_word(&text, &path.join("."));
    if pieces.len() < 2 || !joined {
        return TemplatePart::ValueOr(path, text);
    }
    TemplatePart::Conditional { path, pieces, text }
}

/// The same where the text it was translated from is conditional: this one is as well, with the name in it or without.
#[cfg(feature = "golden")]
pub(crate) fn conditional(path: Path, text: String) -> TemplatePart {
    let pieces = split_at_word(&text, &path.join("."));
    TemplatePart::Conditional { path, pieces, text }
}

/// Cuts a text wherever `word` stands as a whole word.
fn split_at_word(text: &str, word: &str) -> Vec<String> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut pieces = Vec::new();
    let mut piece_start = 0;
    for (at, _) in text.match_indices(word) {
        let end = at + word.len();
        let free_before = !text[..at].ends_with(in_word);
        let free_after = !text[end..].starts_with(in_word);
        if at >= piece_start && free_before && free_after {
            pieces.push(text[piece_start..at].to_owned());
            piece_start = end;
        }
    }
    pieces.push(text[piece_start..].to_owned());
    pieces
}
