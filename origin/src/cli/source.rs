//! Reading games named on the command line: files, folders, standard input. Every way in which a name can be wrong has
//! its own message here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lgdl::compiled::CompiledGame;
use lgdl::diagnostics::{Diagnostic, Lines, Severity};
use lgdl::ir::Game;
use lgdl::meaning::Meaning;
use lgdl::mocks::Mocks;
use lgdl::syntax;
use lgdl_origin::bundle;
use lgdl_origin::config::Given;
use lgdl_origin::games::TRANSLATIONS;
use serde::Serialize;

use super::console::Console;
use super::failure::Failure;

/// A file in the folder of a game.
pub(super) const GAME_FILE: &str = "game.lgdl";
/// The capability contract beside a game.
pub(super) const CONTRACT_FILE: &str = "capability_contract.json";
/// What services answer where none is configured.
pub(super) const MOCKS_FILE: &str = "capability_mocks.yaml";
/// More is not read: the parser refuses a smaller file already, with a message of its own.
const MAX_READ_BYTES: u64 = 16 << 20;

/// A source file as it was read.
pub(super) struct Source {
    /// Where it lies; `None` for standard input.
    pub(super) path: Option<PathBuf>,
    /// How it is named in messages.
    pub(super) shown: String,
    /// What it holds.
    pub(super) bytes: Vec<u8>,
    /// The text of the capability contract beside it.
    pub(super) contract: Option<String>,
}

/// What came of checking and compiling a source.
pub(super) struct Checked {
    /// Every game of the file that compiles, in the order of the file.
    pub(super) games: Vec<(Game, CompiledGame)>,
    /// Index of the entry game.
    pub(super) entry: Option<usize>,
    /// All findings.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A game ready to be played, and where it comes from.
pub(super) struct Loaded {
    /// The source.
    pub(super) source: Source,
    /// The game, for what the compiled form does not tell.
    pub(super) game: Game,
    /// The game as the engine takes it.
    pub(super) compiled: CompiledGame,
}

/// Reads what `argument` names: a file, a folder with a `game.lgdl`, or `-`.
pub(super) fn read(argument: &Path) -> Result<Source, Failure> {
    if argument == Path::new("-") {
        let bytes = read_at_most(io::stdin(), "standard input")?;
        return Ok(Source { path: None, shown: "<stdin>".into(), bytes, contract: None });
    }
    let path = locate(argument)?;
    let shown = path.display().to_string();
    let bytes = read_file(&path)?;
    let contract_path = path.with_file_name(CONTRACT_FILE);
    let contract = read_if_there(&contract_path)?.map(String::from_utf8).transpose();
    let contract = contract.map_err(|_| Failure::Failed(format!("{} is not UTF-8 text", contract_path.display())))?;
    Ok(Source { path: Some(path), shown, bytes, contract })
}

/// The game file that `argument` means.
pub(super) fn locate(argument: &Path) -> Result<PathBuf, Failure> {
    let kind = fs::metadata(argument).map_err(|error| unreadable(argument, &error))?;
    if !kind.is_dir() {
        return Ok(argument.to_owned());
    }
    let inside = argument.join(GAME_FILE);
    if inside.is_file() {
        return Ok(inside);
    }
    Err(Failure::Usage(format!(
        "{} is a folder without a {GAME_FILE}; name the .lgdl file itself, or a folder that has one",
        argument.display()
    )))
}

/// Reads a whole file, up to a limit.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    read_at_most(file, &path.display().to_string())
}

/// Reads a whole file that need not be there.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match File::open(path) {
        Ok(file) => read_at_most(file, &path.display().to_string()).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn read_at_most(from: impl Read, shown: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.take(MAX_READ_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Failed(format!("cannot read {shown}: {error}")))?;
    if bytes.len() as u64 > MAX_READ_BYTES {
        return Err(Failure::Failed(format!("{shown} is larger than {} MiB; no game is", MAX_READ_BYTES >> 20)));
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::Usage(format!("{path} does not exist")),
        io::ErrorKind::PermissionDenied => Failure::Usage(format!("{path} may not be read: permission denied")),
        _ => Failure::Usage(format!("cannot read {path}: {error}")),
    }
}

/// Checks a source and compiles every game of it that has no error, as the origin would.
pub(super) fn check(source: &Source) -> Result<Checked, Failure> {
    let meaning = Given::load(None).and_then(|given| given.meaning());
    let files = match source.path.as_deref() {
        Some(path) => bundle::translations(path).map_err(Failure::Failed)?,
        // What comes from standard input has nothing beside it.
        None => BTreeMap::new(),
    };
    Ok(checked(source, meaning.map_err(|error| Failure::Failed(error.to_string()))?, &files))
}

/// A file that a source imports, from where the source lies.
pub(super) fn import(source: &Source, path: &str) -> Result<Vec<u8>, String> {
    match &source.path {
        Some(own) => bundle::imported(own, path),
        None => Err("a game from standard input imports no files".to_owned()),
    }
}

fn checked(source: &Source, meaning: Meaning, files: &BTreeMap<String, String>) -> Checked {
    let parsed = syntax::parse_with(&source.bytes, source.contract.as_deref(), &|path| import(source, path));
    let (mut diagnostics, mut translated) = (parsed.diagnostics, parsed.games);
    for (file, problem) in lgdl::texts::add_translations(&mut translated, files) {
        diagnostics.push(Diagnostic {
            code: TRANSLATIONS.into(),
            severity: Severity::Error,
            span: Default::default(),
            message: format!("{file}: {problem}"),
            hint: Some("`lgdl texts check` names everything that is wrong with it".into()),
        });
    }
    let mut games = Vec::new();
    if !diagnostics.iter().any(Diagnostic::is_error) {
        for game in translated {
            match CompiledGame::compile_with(&game, meaning) {
                Ok(compiled) => games.push((game, compiled)),
                Err(error) => diagnostics.push(Diagnostic {
                    code: "E151".into(),
                    severity: Severity::Error,
                    span: Default::default(),
                    message: format!("game {} cannot be compiled: {error}", game.name),
                    hint: None,
                }),
            }
        }
    }
    Checked { games, entry: parsed.entry, diagnostics }
}

impl Checked {
    /// Whether the file has no error.
    pub(super) fn valid(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The game of that name, else the entry game.
    pub(super) fn choose(mut self, name: Option<&str>, shown: &str) -> Result<(Game, CompiledGame), Failure> {
        let index = match name {
            None => self.entry,
            Some(name) => {
                let index = self.games.iter().position(|(game, _)| game.name == name);
                if index.is_none() {
                    let names: Vec<_> = self.games.iter().map(|(game, _)| game.name.as_str()).collect();
                    return Err(Failure::Usage(format!(
                        "{shown} defines no game named `{name}`; it defines: {}",
                        names.join(", ")
                    )));
                }
                index
            }
        };
        match index {
            Some(index) if index < self.games.len() => Ok(self.games.swap_remove(index)),
            _ => Err(Failure::Failed(format!("{shown} defines no game that can be played"))),
        }
    }
}

/// One finding, for programs.
#[derive(Serialize)]
pub(super) struct Finding<'a> {
    code: &'a str,
    severity: Severity,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// Findings with lines and columns in the place of byte offsets.
pub(super) fn findings<'a>(bytes: &[u8], diagnostics: &'a [Diagnostic]) -> Vec<Finding<'a>> {
    let lines = Lines::new(bytes);
    let place = |diagnostic: &'a Diagnostic| {
        let (start, end) = (lines.position(diagnostic.span.start), lines.position(diagnostic.span.end));
        Finding {
            code: &diagnostic.code,
            severity: diagnostic.severity,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            message: &diagnostic.message,
            hint: diagnostic.hint.as_deref(),
        }
    };
    diagnostics.iter().map(place).collect()
}

/// Reads, checks and compiles one game; shows the findings when it cannot be used.
pub(super) fn load(argument: &Path, name: Option<&str>, console: &mut Console) -> Result<Loaded, Failure> {
    let source = read(argument)?;
    let checked = check_or_show(&source, console)?;
    let (game, compiled) = checked.choose(name, &source.shown)?;
    Ok(Loaded { source, game, compiled })
}

/// The same without the translations beside the game.
pub(super) fn load_untranslated(argument: &Path, name: Option<&str>, console: &mut Console) -> Result<Loaded, Failure> {
    let source = read(argument)?;
    let checked = checked(&source, Meaning::Words, &BTreeMap::new());
    if !checked.valid() {
        console.findings(&source, &checked.diagnostics);
        return Err(Failure::Failed(format!("{} is not a valid game", source.shown)));
    }
    let (game, compiled) = checked.choose(name, &source.shown)?;
    Ok(Loaded { source, game, compiled })
}

/// Checks and compiles; shows the findings when there is an error among them.
pub(super) fn check_or_show(source: &Source, console: &mut Console) -> Result<Checked, Failure> {
    let checked = check(source)?;
    if checked.valid() {
        return Ok(checked);
    }
    console.findings(source, &checked.diagnostics);
    Err(Failure::Failed(format!("{} is not a valid game", source.shown)))
}

/// The stand-ins beside a game.
pub(super) fn mocks(source: &Source) -> Result<Mocks, Failure> {
    let Some(path) = source.path.as_deref().map(|path| path.with_file_name(MOCKS_FILE)) else {
        return Ok(Mocks::default());
    };
    if !path.is_file() {
        return Ok(Mocks::default());
    }
    let bytes = read_file(&path)?;
    Mocks::read(&bytes).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}
