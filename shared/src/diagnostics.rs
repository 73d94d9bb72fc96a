//! Diagnostics: what is wrong with a source file, where, and what to do about it.
//!
//! The type, its table of codes ([`Code`]) and how it is shown to a person ([`render()`]). Finding the problems is
//! the front end's work ([`crate::syntax`]).

use serde::{Deserialize, Serialize};

mod codes;
mod render;

pub use codes::Code;
pub use render::{Colour, Lines, Position, render};

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The game compiles; the author should look.
    Warning,
    /// The game does not compile.
    Error,
}

/// A half-open range of bytes in a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`.
    #[must_use]
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One finding about a source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// `E001` and so on; the table is [`Code`] and the language guide.
    pub code: String,
    /// Whether the game still compiles.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What happened and what was expected.
    pub message: String,
    /// What to do, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A finding of the given kind; the kind decides how grave it is.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code: code.code().to_owned(),
            severity: code.severity(),
            span,
            message: message.into(),
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// Whether it keeps the game from compiling.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
