//! Showing diagnostics: line and column, the source line, a caret. Works on bytes, so that a file that is not text
//! can be reported too.

use std::fmt::Write as _;

use super::{Diagnostic, Severity};
use crate::visible::acts;

/// The longest piece of a source line that is shown, in characters.
const MAX_SHOWN_CHARS: usize = 160;

/// A place in a source text, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Where the lines of a source text begin.
#[derive(Debug, Clone)]
pub struct Lines<'s> {
    source: &'s [u8],
    starts: Vec<u32>,
}

impl<'s> Lines<'s> {
    /// Reads the line starts of a source text.
    #[must_use]
    pub fn new(source: &'s [u8]) -> Lines<'s> {
        let bom = if source.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let mut starts = vec![bom];
        let ends = source.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        starts.extend(ends.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX)));
        Lines { source, starts }
    }

    /// The line number of a byte offset, from 1.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.source.len());
        let line = self.line(u32::try_from(offset).unwrap_or(u32::MAX));
        let start = (self.starts[line as usize - 1] as usize).min(offset);
        let before = String::from_utf8_lossy(&self.source[start..offset]).chars().count();
        Position { line, column: u32::try_from(before + 1).unwrap_or(u32::MAX) }
    }

    /// A line's text without its line break; bytes that are not text are shown as `�`.
    #[must_use]
    pub fn text(&self, line: u32) -> String {
        let at = (line as usize).clamp(1, self.starts.len()) - 1;
        let start = (self.starts[at] as usize).min(self.source.len());
        let end = self.starts.get(at + 1).map_or(self.source.len(), |next| *next as usize - 1);
        let text = String::from_utf8_lossy(&self.source[start..end.max(start)]);
        text.trim_end_matches('\r').to_owned()
    }
}

/// Whether a rendering is coloured with ANSI escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// For terminals.
    Ansi,
    /// For files and pipes.
    Plain,
}

/// Shows diagnostics as a compiler does: code, message, place, source line, caret, hint.
#[must_use]
pub fn render(source: &[u8], file_name: &str, diagnostics: &[Diagnostic], colour: Colour) -> String {
    let lines = Lines::new(source);
    let mut out = String::new();
    for diagnostic in diagnostics {
        render_one(&mut out, &lines, file_name, diagnostic, colour);
    }
    out
}

fn render_one(out: &mut String, lines: &Lines<'_>, file_name: &str, diagnostic: &Diagnostic, colour: Colour) {
    let paint = |text: &str, style: &str| match colour {
        Colour::Ansi => format!("\x1b[{style}m{text}\x1b[0m"),
        Colour::Plain => text.to_owned(),
    };
    let (word, style) = match diagnostic.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
    };
    let start = lines.position(diagnostic.span.start);
    let heading = paint(&format!("{word}[{}]", diagnostic.code), style);
    let (from, shown) = shown_part(&lines.text(start.line), start.column);
    let margin = " ".repeat(start.line.to_string().len());
    let indent = (start.column as usize - 1).saturating_sub(from);
    let caret = "^".repeat(caret_width(lines, diagnostic, start, shown.chars().count().saturating_sub(indent)));
    let bar = paint("|", "34");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{heading}: {}", paint(&visible(&diagnostic.message), "1"));
    let _ = writeln!(out, "{margin}{} {}:{}:{}", paint("-->", "34"), visible(file_name), start.line, start.column);
    let _ = writeln!(out, "{margin} {bar}");
    let _ = writeln!(out, "{} {bar} {}", paint(&start.line.to_string(), "34"), visible(&shown));
    let _ = writeln!(out, "{margin} {bar} {}{}", " ".repeat(indent), paint(&caret, style));
    if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(out, "{margin} {} hint: {}", paint("=", "34"), visible(hint));
    }
    out.push('\n');
}

/// How many carets: the span's width on its first line, at least one.
fn caret_width(lines: &Lines<'_>, diagnostic: &Diagnostic, start: Position, room: usize) -> usize {
    let end = lines.position(diagnostic.span.end);
    let wanted = if end.line == start.line { (end.column.saturating_sub(start.column)) as usize } else { room };
    wanted.min(room).max(1)
}

/// The part of a long line around the column, and how many characters were left out before it.
fn shown_part(line: &str, column: u32) -> (usize, String) {
    let column = column as usize - 1;
    let from = if column > MAX_SHOWN_CHARS / 2 && line.chars().count() > MAX_SHOWN_CHARS {
        column - MAX_SHOWN_CHARS / 2
    } else {
        0
    };
    (from, line.chars().skip(from).take(MAX_SHOWN_CHARS).collect())
}

/// What acts (tabs too, so that carets line up) is shown as one plain character each.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if acts(c) {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect()
}
