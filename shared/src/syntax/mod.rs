//! The language's front end: lexer, parser, checks, lowering to [`crate::ir`], and the formatter.

use std::collections::BTreeMap;

use crate::diagnostics::Diagnostic;
use crate::ir;

mod ast;
mod check;
mod contract;
mod findings;
mod format;
mod import;
mod lexer;
pub(crate) mod library;
pub mod limits;
mod lower;
mod parser;
mod resolve;
mod suggest;
mod text;

pub use import::{Importer, bundle};
#[cfg(feature = "golden")]
pub(crate) use suggest::nearest;

/// What came of reading a source file.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Every game of the file that could be lowered, in order, inheritance applied.
    pub games: Vec<ir::Game>,
    /// Index of the entry game: the last one that no other game of the file extends.
    pub entry: Option<usize>,
    /// All findings, in source order.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that the source brought along, by path (see [`bundle`]).
    pub files: BTreeMap<String, String>,
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
    parse_with(source, contract, &|_| Err("files are imported only where games lie as files".to_owned()))
}

/// The same for a file that may import others; `importer` reads them.
#[must_use]
pub fn parse_with(source: &[u8], contract: Option<&str>, importer: Importer<'_>) -> Parsed {
    let mut imports = findings::Findings::default();
    let sources = import::gather(source, importer, &mut imports);
    let mut lexed = lexer::lex(&sources.text);
    let mut findings = std::mem::take(&mut lexed.findings);
    findings.extend(imports);
    let parse = parser::parse(&lexed, &mut findings);
    let readable = !findings.has_errors();
    let contract = contract.map(|text| contract::read(text, &mut findings));
    let imported = sources.imported(&parse.file, lexed.source);
    let resolved = resolve::resolve(&parse.file, &imported, &mut findings);
    resolve::check_moves(&resolved, &mut findings);
    check::check(lexed.source, &resolved, contract.as_ref(), &mut findings);
    let mut games = lower::lower(lexed.source, &resolved, &contract.unwrap_or_default(), &mut findings);
    if !readable {
        // What could not be read may be what a warning misses.
        findings.drop_warnings();
    }
    let own = sources.own_games(&parse.file);
    games.truncate(own);
    let imported = sources.files();
    games.iter_mut().for_each(|game| game.files.clone_from(&imported));
    let entry = entry(&parse.file.games[..own]);
    let diagnostics = sources.place(findings.finish());
    Parsed { games, entry, diagnostics, files: sources.files }
}

/// The last game that no other game of the file extends; the last at all when each is extended (a cycle, reported).
fn entry(games: &[ast::Game<'_>]) -> Option<usize> {
    let extended = |name: &str| games.iter().any(|game| game.base.is_some_and(|base| base.text == name));
    let free = games.iter().rposition(|game| !extended(game.name.text));
    free.or(games.len().checked_sub(1))
}

/// The elements of a pattern's text, as they would stand in a game.
///
/// # Errors
/// What cannot be read of it.
#[cfg(feature = "golden")]
pub(crate) fn pattern_elements(text: &str) -> Result<Vec<ir::Element>, String> {
    lower::pattern_elements(text)
}

/// Formats a source file: stable, keeps comments. Refuses a file with syntax errors.
///
/// # Errors
/// The syntax errors.
pub fn format(source: &[u8]) -> Result<String, Vec<Diagnostic>> {
    let mut lexed = lexer::lex(source);
    let mut findings = std::mem::take(&mut lexed.findings);
    let parse = parser::parse(&lexed, &mut findings);
    if findings.has_errors() {
        findings.drop_warnings();
        return Err(findings.finish());
    }
    Ok(format::format(&lexed, &parse.layout))
}
