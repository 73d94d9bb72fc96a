//! What the code promises about itself: words of a language stand in the language's folder and nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of `shared/src` whose literals are looked at: what hears, decides and answers.
const HEARING: &[&str] = &["compiled", "engine", "matcher", "slots", "template", "text"];

/// Literals that are spelt like a word of a language and are none, with the reason.
const ALLOWED: &[(&str, &[&str])] = &[
    ("types of LGDL that a slot's name may bear", &["email", "phone", "number", "url", "date", "time"]),
    ("keywords of LGDL", &["user", "choice", "long", "as", "human"]),
    ("participants that are machines", &["system", "assistant", "bot"]),
    ("statuses and fields of capability contracts", &["ok", "type", "null", "number", "code", "none", "title", "card"]),
    ("names in records, explanations and errors", &["answer", "correction", "choice", "kind", "said", "meaning"]),
    (
        "placeholders and keys of a language's texts and formats",
        &[
            "name", "options", "choice", "one", "today", "month", "months", "day", "days", "year", "hour", "half",
            "number", "money",
        ],
    ),
    ("elements of HTML", &["a", "i", "hr", "code", "option", "em", "u", "title", "head", "details"]),
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs") && path.file_stem().is_none_or(|stem| stem != "tests")
        {
            into.push(path);
        }
    }
}

/// The words and phrases of every language.
fn words(root: &Path) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for language in ["english", "spanish", "german"] {
        let read = |file: &str| fs::read_to_string(root.join("language").join(language).join(file)).expect("a file");
        let told = |text: String| -> Vec<String> {
            text.lines().filter(|line| !line.starts_with(['#', '['])).map(str::to_owned).collect()
        };
        for line in told(read("lexicon.txt")) {
            words.extend(line.split_whitespace().map(str::to_owned));
        }
        for line in told(read("phrases.txt")) {
            let phrases = line.split_once(':').map_or(line.as_str(), |(_, phrases)| phrases).split(',');
            words.extend(phrases.filter_map(|phrase| phrase.split('=').next()).map(|p| p.trim().to_lowercase()));
        }
    }
    words.remove("");
    words
}

/// The string literals of a source text, without its comments and tests.
fn literals(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut found = Vec::new();
    for line in code.lines() {
        let mut rest = line.split("// ").next().unwrap_or_default().trim_start();
        if rest.starts_with("//") {
            continue;
        }
        while let Some((_, after)) = rest.split_once('"') {
            let Some((literal, after)) = after.split_once('"') else { break };
            found.push(literal.to_owned());
            rest = after;
        }
    }
    found
}

#[test]
fn words_of_a_language_stand_in_its_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let words = words(&root);
    assert!(words.contains("never mind") && words.contains("ni idea"), "the files are read");
    let allowed: BTreeSet<&str> = ALLOWED.iter().flat_map(|(_, literals)| literals.iter().copied()).collect();
    let mut files = Vec::new();
    for folder in HEARING {
        sources(&root.join(folder), &mut files);
    }
    let mut faults = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).expect("a readable file");
        for literal in literals(&source) {
            let spelt = literal.trim().to_lowercase();
            if words.contains(&spelt)
                && !allowed.contains(spelt.as_str())
                && spelt.chars().all(|c| c.is_alphabetic() || c == ' ')
            {
                faults.push(format!("{}: \"{literal}\"", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "words of a language outside its folder:\n{}", faults.join("\n"));
}

#[test]
fn no_code_branches_on_which_language_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for folder in HEARING {
        sources(&root.join(folder), &mut files);
    }
    for file in files {
        let source = fs::read_to_string(&file).expect("a readable file");
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        for forbidden in
            ["Language::Spanish", "Language::English", "Language::German", ".code == \"", "\"es\"", "\"de\""]
        {
            assert!(!code.contains(forbidden), "{}: {forbidden}", file.display());
        }
    }
}
