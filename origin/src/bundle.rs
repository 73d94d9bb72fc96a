//! A game file with what belongs to it in one text: the files that it imports and its translations. It is what is published
//! and kept, so that a version can be compiled again from what is kept.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use lgdl::syntax;
use lgdl::texts::FILE_FOLDER;

/// Files of translations of one game at most.
const MAX_TRANSLATIONS: usize = 64;
/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;
/// How the names of files end that games import.
const EXTENSION: &str = "lgdl";

/// The text of a game file with all that belongs to it; the text itself where nothing does.
///
/// # Errors
/// As [`translations`].
pub fn bundled(path: &Path, source: Vec<u8>) -> Result<Vec<u8>, String> {
    let others: Vec<(String, String)> = translations(path)?.into_iter().collect();
    let imports = source.windows(6).any(|window| window == b"import");
    if others.is_empty() && !imports {
        return Ok(source);
    }
    Ok(syntax::bundle(&source, &|name| imported(path, name), &others))
}

/// A file that a game imports, from where the game lies.
///
/// # Errors
/// Why there is none, for people.
pub fn imported(game: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = game.with_file_name("").join(name);
    // Where links lead to: whoever writes a game must not learn from it what lies in other files of the machine.
    let found = fs::canonicalize(&path).map_err(|_| format!("there is no {}", path.display()))?;
    let is_named = found.extension().is_some_and(|extension| extension == EXTENSION);
    match fs::metadata(&found) {
        Ok(kind) if is_named && kind.is_file() && kind.len() <= MAX_BYTES => {
            fs::read(&found).map_err(|error| format!("{}: {error}", path.display()))
        }
        Ok(_) => Err(format!("{} is no game file; their names end in .{EXTENSION}", path.display())),
        Err(_) => Err(format!("there is no {}", path.display())),
    }
}

/// The files of translations beside a game, by their paths from it. That there are none is told from files that can't be read:
/// a game without the words of a language must not be published in its place.
///
/// # Errors
/// Which file or folder can't be read, and why, for people.
pub fn translations(game: &Path) -> Result<BTreeMap<String, String>, String> {
    let folder = game.with_file_name(FILE_FOLDER);
    let fault = |path: &Path, error: io::Error| format!("cannot read {}: {error}", path.display());
    let entries = match fs::read_dir(&folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(BTreeMap::new());
        }
        entries => entries.map_err(|error| fault(&folder, error))?,
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|error| fault(&folder, error))?.path();
        let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let (true, Some(name)) = (yaml, path.file_name()) else { continue };
        let kind = fs::metadata(&path).map_err(|error| fault(&path, error))?;
        if !kind.is_file() {
            continue;
        }
        if kind.len() > MAX_BYTES {
            return Err(format!("{} is larger than {} MiB", path.display(), MAX_BYTES >> 20));
        }
        if files.len() == MAX_TRANSLATIONS {
            return Err(format!("{} holds more than {MAX_TRANSLATIONS} translations", folder.display()));
        }
        let text = fs::read_to_string(&path).map_err(|error| fault(&path, error))?;
        files.insert(format!("{FILE_FOLDER}/{}", name.to_string_lossy()), text);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_game_files_are_imported_wherever_links_lead() {
        let folder = tempfile::tempdir().unwrap();
        let (game, secret) = (folder.path().join("game.lgdl"), folder.path().join("secret"));
        fs::write(&secret, "the key is 7").unwrap();
        fs::write(folder.path().join("part.lgdl"), "game part {}").unwrap();
        std::os::unix::fs::symlink(&secret, folder.path().join("link.lgdl")).unwrap();
        assert_eq!(imported(&game, "part.lgdl"), Ok(b"game part {}".to_vec()));
        for name in ["secret", "link.lgdl", "../../../../../../etc/passwd", "none.lgdl"] {
            let problem = imported(&game, name).unwrap_err();
            assert!(!problem.contains("key"), "{problem}");
        }
    }

    #[test]
    fn translations_that_cannot_be_read_are_told_from_none() {
        let folder = tempfile::tempdir().unwrap();
        let game = folder.path().join("game.lgdl");
        assert_eq!(translations(&game), Ok(BTreeMap::new()), "no folder");
        let texts = folder.path().join(FILE_FOLDER);
        fs::create_dir(&texts).unwrap();
        assert_eq!(translations(&game), Ok(BTreeMap::new()), "nothing in it");
        fs::write(texts.join("de.yaml"), "language: de").unwrap();
        fs::write(texts.join("notes.txt"), [0xff]).unwrap();
        assert_eq!(translations(&game).unwrap().keys().collect::<Vec<_>>(), ["texts/de.yaml"]);
        let read = |name: &str| {
            let problem = translations(&game).unwrap_err();
            assert!(problem.contains(name), "{problem}");
            assert!(bundled(&game, b"game a {}".to_vec()).is_err());
            fs::remove_file(texts.join(name)).unwrap();
        };
        fs::write(texts.join("es.yaml"), [0xff, 0xfe]).unwrap();
        read("es.yaml");
        fs::File::create(texts.join("fr.yaml")).unwrap().set_len(MAX_BYTES + 1).unwrap();
        read("fr.yaml");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", texts.join("it.yaml")).unwrap();
            read("it.yaml");
        }
        for number in 0..MAX_TRANSLATIONS {
            fs::write(texts.join(format!("l{number}.yaml")), "").unwrap();
        }
        assert!(translations(&game).unwrap_err().contains("more than"));
    }
}
