//! Reads the repository: its files, and what of a Rust file is product code. What must hold of them stands in `tests/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source of ours.
const PASSED_OVER: [&str; 5] = ["target", "node_modules", ".git", "dist", "build"];

/// A file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// From the root, with `/`.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The root of the checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a workspace around this crate").to_owned()
}

/// Every file below `folder` whose name ends in one of `ends`, sorted.
///
/// # Panics
/// When a folder can't be read, or there is no such file: then there is nothing to check.
#[must_use]
pub fn files(folder: &str, ends: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), ends, &mut found);
    assert!(!found.is_empty(), "no file in {folder} ends in any of {ends:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, ends: &[&str], found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !PASSED_OVER.contains(&name.as_str()) {
                collect(&path, ends, found);
            }
        } else if ends.iter().any(|end| name.ends_with(end)) {
            let text = fs::read_to_string(&path).expect("a text");
            let path = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

/// Rust files of the product.
#[must_use]
pub fn product() -> Vec<Source> {
    let folders = ["shared/src", "edge/src", "edge/host/src", "origin/src", "tls/src"];
    let files = folders.iter().flat_map(|folder| files(folder, &[".rs"]));
    files.filter(|file| !file.path.contains("/tests/") && !file.path.ends_with("tests.rs")).collect()
}

impl Source {
    /// The lines of a Rust file with their numbers, without comments, and without what stands behind `#[cfg(test)]` to the
    /// end of the file, where this project has its unit tests.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Words of the text that `fits` takes, where a word is letters, digits and `_`.
    pub fn words(&self, fits: impl Fn(&str) -> bool) -> BTreeSet<String> {
        words(&self.text, fits)
    }
}

/// Words of a text that `fits` takes.
pub fn words(text: &str, fits: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| fits(word)).map(str::to_owned).collect()
}

/// Whether a word is an LGDL code: `E` and three digits.
#[must_use]
pub fn is_code(word: &str) -> bool {
    word.len() == 4 && word.starts_with('E') && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}
