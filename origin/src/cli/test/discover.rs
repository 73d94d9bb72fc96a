//! Which games and which files of dialogues are meant.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::source::{self, GAME_FILE};

/// How the names of files of dialogues begin.
pub(super) const GOLDEN_PREFIX: &str = "golden_dialogs";
/// How deep folders are searched for games.
const MAX_DEPTH: usize = 8;

/// The usual file of dialogues.
pub(in crate::cli) const GOLDEN_FILE: &str = "golden_dialogs.yaml";

/// A game and its dialogues.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Suite {
    /// The game file.
    pub(super) game: PathBuf,
    /// The files of dialogues beside it, by name.
    pub(super) golden: Vec<PathBuf>,
}

/// The games that the arguments name, and those in the folders that they name. A file of dialogues stands for the game
/// beside it, with that file's dialogues only.
pub(super) fn suites(arguments: &[PathBuf]) -> Result<Vec<Suite>, Failure> {
    let mut games = Vec::new();
    let mut named: Vec<Suite> = Vec::new();
    for argument in arguments {
        if argument.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let game = game_beside(argument)?;
            match named.iter_mut().find(|suite| suite.game == game) {
                Some(suite) => suite.golden.push(argument.clone()),
                None => named.push(Suite { game, golden: vec![argument.clone()] }),
            }
        } else if argument.is_dir() && !argument.join(GAME_FILE).is_file() {
            let before = games.len();
            search(argument, 0, &mut games)?;
            if games.len() == before {
                return Err(Failure::Usage(format!("no {GAME_FILE} in {} or in its folders", argument.display())));
            }
        } else {
            games.push(source::locate(argument)?);
        }
    }
    let suites: Result<Vec<Suite>, Failure> =
        games.into_iter().map(|game| Ok(Suite { golden: beside(&game)?, game })).collect();
    named.extend(suites?);
    Ok(named)
}

/// The game that a file of dialogues is for: `game.lgdl` beside it, else the only game file there.
fn game_beside(golden: &Path) -> Result<PathBuf, Failure> {
    if !golden.is_file() {
        return Err(Failure::Usage(format!("{} does not exist", golden.display())));
    }
    let folder = golden.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let usual = folder.join(GAME_FILE);
    if usual.is_file() {
        return Ok(usual);
    }
    let is_game = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "lgdl");
    let mut games: Vec<PathBuf> = entries(folder)?.into_iter().filter(is_game).collect();
    match (games.pop(), games.is_empty()) {
        (Some(only), true) => Ok(only),
        (found, _) => {
            let several = if found.is_some() { "several game files lie" } else { "no game file lies" };
            Err(Failure::Usage(format!("{several} beside {}; name the game", golden.display())))
        }
    }
}

fn search(folder: &Path, depth: usize, games: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Ok(());
    }
    let game = folder.join(GAME_FILE);
    if game.is_file() {
        games.push(game);
    }
    for entry in entries(folder)? {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && entry.is_dir() && !entry.is_symlink() {
            search(&entry, depth + 1, games)?;
        }
    }
    Ok(())
}

fn beside(game: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = game.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let golden = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(GOLDEN_PREFIX) && (name.ends_with(".yaml") || name.ends_with(".yml"))
    };
    Ok(entries(folder)?.into_iter().filter(golden).collect())
}

/// What a folder holds, by name, so that runs are alike everywhere.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |error| Failure::Failed(format!("cannot read {}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    Ok(paths)
}
