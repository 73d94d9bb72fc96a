//! Matching an utterance against every pattern of a game in one pass.

use crate::compiled::CompiledGame;
use crate::entities::Reference;

/// What decides which moves compete.
pub struct Query<'a> {
    /// The utterance, sanitized.
    pub text: &'a str,
    /// Who speaks: the participant's name.
    pub participant: &'a str,
    /// Against what typed captures are read.
    pub reference: &'a Reference,
    /// Whether a move's context guard holds (called for candidates only).
    pub admits: &'a dyn Fn(usize) -> bool,
    /// Whether the conversation so far makes a `context-sensitive` pattern of a move plausible
    /// (called for candidates only).
    pub plausible: &'a dyn Fn(usize) -> bool,
}

/// A move that an utterance may mean, by its best pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Index of the move.
    pub move_index: usize,
    /// Index of the pattern within the move, counted over its triggers.
    pub pattern_index: usize,
    /// The pattern as written.
    pub pattern: String,
    /// In [0, 1], comparable across moves; bit for bit the same everywhere.
    pub score: f64,
    /// Literal words of the pattern (ties go to the larger number).
    pub literal_words: usize,
    /// Values captured.
    pub captures: Vec<Capture>,
    /// The part of the utterance that the pattern explains, byte offsets into the text.
    pub span: (usize, usize),
}

/// A captured value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The capture's name.
    pub name: String,
    /// Byte offsets into the text.
    pub span: (usize, usize),
    /// The text captured, without leading articles and possessives.
    pub text: String,
}

/// The best candidates, one a move, best first, at most [`MAX_CANDIDATES`].
#[must_use]
pub fn find(game: &CompiledGame, query: &Query<'_>) -> Vec<Candidate> {
    let _ = (game, query);
    Vec::new()
}

/// How many candidates [`find`] reports.
pub const MAX_CANDIDATES: usize = 8;
