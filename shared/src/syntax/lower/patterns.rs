//! Patterns: words, captures `{name}` and `{name?}`, the wildcard `*`. Nothing else is special.

use crate::diagnostics::{Code, Diagnostic};
use crate::ir::{Element, Pattern};

use super::super::ast::Marked;
use super::Lowering;

/// A problem in a pattern: where in its text, and what was expected.
struct Problem {
    start: usize,
    end: usize,
    message: String,
}

impl Lowering<'_, '_> {
    pub(super) fn pattern(&mut self, pattern: &Marked) -> Pattern {
        let text = self.marked(pattern.text);
        let (elements, problems) = split(&text);
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let broken = !problems.is_empty();
        for problem in problems {
            let span = self.place(pattern.text, problem.start, problem.end);
            let found = Diagnostic::new(Code::PatternSyntax, span, problem.message);
            self.report(found.with_hint("a capture is written `{name}` or `{name?}`; a brace as such is `\\{`"));
        }
        if elements.is_empty() && !broken {
            let message = "this pattern is empty: expected words, a capture or `*`";
            self.report(Diagnostic::new(Code::PatternSyntax, pattern.text.span, message));
        }
        Pattern { text: folded, elements, modifiers: pattern.modifiers, line: self.line(pattern.text.span) }
    }
}

/// The elements of a pattern that stands in no source file, or the first problem of it.
#[cfg(feature = "golden")]
pub(in crate::syntax) fn pattern_elements(text: &str) -> Result<Vec<Element>, String> {
    let (elements, problems) = split(text);
    match problems.into_iter().next() {
        Some(problem) => Err(problem.message),
        None if elements.is_empty() => Err("this pattern is empty".to_owned()),
        None => Ok(elements),
    }
}

/// Splits a pattern's text at captures and wildcards.
fn split(text: &str) -> (Vec<Element>, Vec<Problem>) {
    let mut elements = Vec::new();
    let mut problems = Vec::new();
    let mut words = String::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let next = rest[c.len_utf8()..].chars().next();
        match (c, next) {
            ('\\', Some(literal @ ('{' | '}' | '*' | '$' | '\\'))) => {
                words.push(literal);
                at += 2;
            }
            ('*', _) => {
                push_words(&mut elements, &mut words);
                // Several wildcards in a row are one.
                if elements.last() != Some(&Element::Wildcard) {
                    elements.push(Element::Wildcard);
                }
                at += 1;
            }
            ('{', _) => {
                let length = rest.find('}').map_or(rest.len(), |end| end + 1);
                push_words(&mut elements, &mut words);
                match capture(&rest[..length]) {
                    Ok(capture) => elements.push(capture),
                    Err(message) => problems.push(Problem { start: at, end: at + length, message }),
                }
                at += length;
            }
            _ => {
                words.push(c);
                at += c.len_utf8();
            }
        }
    }
    push_words(&mut elements, &mut words);
    (elements, problems)
}

/// Adds the words read so far, their white space folded.
fn push_words(elements: &mut Vec<Element>, words: &mut String) {
    let folded = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if !folded.is_empty() {
        elements.push(Element::Words(folded));
    }
    words.clear();
}

/// Reads `{name}` or `{name?}`.
fn capture(text: &str) -> Result<Element, String> {
    let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return Err("this capture is not closed: expected `}`".to_owned());
    };
    let trimmed = inside.trim();
    let (name, optional) = match trimmed.strip_suffix('?') {
        Some(name) => (name.trim_end(), true),
        None => (trimmed, false),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok(Element::Capture { name: name.to_owned(), optional })
    } else {
        const SHOWN_CHARS: usize = 24;
        let shown: String = name.chars().take(SHOWN_CHARS).collect();
        let found = if shown.is_empty() { "nothing".to_owned() } else { format!("`{shown}`") };
        Err(format!("expected a capture's name, found {found}"))
    }
}
