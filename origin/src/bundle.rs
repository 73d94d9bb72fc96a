//! A game file with what belongs to it in one text: the files that it imports and its translations. It is what is published
//! and kept, so that a version can be compiled again from what is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lgdl::syntax;
use lgdl::texts::FILE_FOLDER;

/// Files of translations of one game at most.
const MAX_TRANSLATIONS: usize = 64;
/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// The text of a game file with all that belongs to it; the text itself where nothing does.
#[must_use]
pub fn bundled(path: &Path, source: Vec<u8>) -> Vec<u8> {
    let others: Vec<(String, String)> = translations(path).into_iter().collect();
    let imports = source.windows(6).any(|window| window == b"import");
    if others.is_empty() && !imports {
        return source;
    }
    syntax::bundle(&source, &|name| imported(path, name), &others)
}

/// A file that a game imports, from where the game lies.
///
/// # Errors
/// Why there is none, for people.
pub fn imported(game: &Path, name: &str) -> Result<Vec<u8>, String> {
    let found = game.with_file_name("").join(name);
    match fs::metadata(&found) {
        Ok(kind) if !kind.is_file() || kind.len() > MAX_BYTES => Err(format!("{} is no game file", found.display())),
        Ok(_) => fs::read(&found).map_err(|error| format!("{}: {error}", found.display())),
        Err(_) => Err(format!("there is no {}", found.display())),
    }
}

/// The files of translations beside a game, by their paths from it.
#[must_use]
pub fn translations(game: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let Ok(entries) = fs::read_dir(game.with_file_name(FILE_FOLDER)) else { return files };
    for path in entries.flatten().map(|entry| entry.path()) {
        let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let small = fs::metadata(&path).is_ok_and(|kind| kind.is_file() && kind.len() <= MAX_BYTES);
        let (true, true, Some(name)) = (yaml, small, path.file_name()) else { continue };
        if let Ok(text) = fs::read_to_string(&path) {
            files.insert(format!("{FILE_FOLDER}/{}", name.to_string_lossy()), text);
        }
        if files.len() == MAX_TRANSLATIONS {
            break;
        }
    }
    files
}
