//! The example games that the program carries, for `lgdl dev` without a game: written where they can be looked at and changed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// Files with their texts.
type Files = &'static [(&'static str, &'static str)];
/// Games with their files.
const EXAMPLES: &[(&str, Files)] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// What an example says and is tested with in other languages, by path.
pub(in crate::cli) fn translations(game: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = EXAMPLES.iter().find(|(name, _)| *name == game).map_or(&[][..], |(_, files)| files);
    files.iter().copied().filter(|(path, _)| path.starts_with("texts/") || path.starts_with("golden_dialogs_"))
}

/// Writes what is not there yet into `folder`; returns the games' folders.
pub(super) fn write(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed =
        |path: &Path, error: std::io::Error| Failure::Failed(format!("cannot write {}: {error}", path.display()));
    let mut games = Vec::new();
    for (game, files) in EXAMPLES {
        let game = folder.join(game);
        fs::create_dir_all(&game).map_err(|error| failed(&game, error))?;
        for (file, text) in *files {
            let file = game.join(file);
            if !file.exists() {
                let folder = file.parent().unwrap_or(&game);
                fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
                fs::write(&file, text).map_err(|error| failed(&file, error))?;
            }
        }
        games.push(game);
    }
    Ok(games)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_written_once_and_what_was_changed_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let games = write(folder.path()).expect("written");
        assert!(games.len() >= 6 && games.iter().all(|game| game.join("game.lgdl").is_file()), "{games:?}");
        assert!(games.iter().all(|game| game.join("texts/es.yaml").is_file()), "each in two languages");
        let first = games[0].join("game.lgdl");
        fs::write(&first, "changed").expect("ours");
        write(folder.path()).expect("written");
        assert_eq!(fs::read_to_string(&first).expect("there"), "changed");
    }
}
