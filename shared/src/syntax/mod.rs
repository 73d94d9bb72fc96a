//! The language's front end: lexer, parser, checks, lowering to [`crate::ir`], and the formatter.

use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::ir;

mod ast;
mod check;
mod contract;
mod format;
mod lexer;
pub mod limits;
mod lower;
mod parser;
mod resolve;
mod suggest;
mod text;

/// What came of reading a source file.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Every game of the file that could be lowered, in order, inheritance applied.
    pub games: Vec<ir::Game>,
    /// Index of the entry game: the last one that no other game of the file extends.
    pub entry: Option<usize>,
    /// All findings, in source order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether anything keeps the games from compiling.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The game of that name, or the entry game when no name is given.
    #[must_use]
    pub fn game(&self, name: Option<&str>) -> Option<&ir::Game> {
        match name {
            Some(name) => self.games.iter().find(|game| game.name == name),
            None => self.entry.and_then(|entry| self.games.get(entry)),
        }
    }
}

/// Parses, checks and lowers a source file. `contract` is the JSON text of `capability_contract.json`, if there is one.
///
/// Never fails: what could be read is lowered whatever is wrong with the rest. A game counts only when
/// [`Parsed::has_errors`] says no.
#[must_use]
pub fn parse(source: &[u8], contract: Option<&str>) -> Parsed {
    let lexed = lexer::lex(source);
    let parse = parser::parse(&lexed);
    let mut diagnostics = lexed.diagnostics;
    diagnostics.extend(parse.diagnostics);
    let readable = !diagnostics.iter().any(Diagnostic::is_error);
    let contract = contract.map(|text| contract::read(text, &mut diagnostics));
    let resolved = resolve::resolve(&parse.file, &mut diagnostics);
    resolve::check_moves(&resolved, &mut diagnostics);
    check::check(lexed.source, &resolved, contract.as_ref(), &mut diagnostics);
    let contract = contract.unwrap_or_default();
    let games = lower::lower(lexed.source, &resolved, &contract, &mut diagnostics);
    if !readable {
        // What could not be read may be what a warning misses.
        diagnostics.retain(Diagnostic::is_error);
    }
    Parsed { games, entry: entry(&parse.file), diagnostics: limited(diagnostics) }
}

/// In source order, and of each severity no more than a person reads, so that warnings never hide errors.
fn limited(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|found| (found.span.start, found.span.end));
    diagnostics.dedup();
    let mut kept: Vec<Diagnostic> = Vec::new();
    for (severity, what) in [(Severity::Error, "errors"), (Severity::Warning, "warnings")] {
        let of_kind = || diagnostics.iter().filter(|found| found.severity == severity);
        kept.extend(of_kind().take(limits::MAX_DIAGNOSTICS).cloned());
        let dropped = of_kind().skip(limits::MAX_DIAGNOSTICS);
        if let Some(first) = dropped.clone().next() {
            let message = format!("there are {} more {what}, not shown", dropped.count());
            kept.push(Diagnostic { severity, ..Diagnostic::new(Code::LimitExceeded, first.span, message) });
        }
    }
    kept.sort_by_key(|found| (found.span.start, found.span.end));
    kept
}

/// The last game that no other game of the file extends; the last at all when each is extended (a cycle, reported).
fn entry(file: &ast::File<'_>) -> Option<usize> {
    let extended = |name: &str| file.games.iter().any(|game| game.base.is_some_and(|base| base.text == name));
    let free = file.games.iter().rposition(|game| !extended(game.name.text));
    free.or(file.games.len().checked_sub(1))
}

/// Formats a source file: stable, keeps comments. Refuses a file with syntax errors.
///
/// # Errors
/// The syntax errors.
pub fn format(source: &[u8]) -> Result<String, Vec<Diagnostic>> {
    let lexed = lexer::lex(source);
    let parse = parser::parse(&lexed);
    let errors: Vec<Diagnostic> =
        lexed.diagnostics.iter().chain(&parse.diagnostics).filter(|found| found.is_error()).cloned().collect();
    if errors.is_empty() { Ok(format::format(&lexed, &parse.layout)) } else { Err(limited(errors)) }
}
