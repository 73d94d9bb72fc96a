//! The front end on whole files: the published game files when they are at hand, and our own data files.

use std::fs;
use std::path::{Path, PathBuf};

use lgdl::diagnostics::{Code, Colour, Severity, render};
use lgdl::syntax::{Parsed, format, parse};

/// Game files of the published suite; empty where that folder is not.
fn published_games() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/lgdl");
    let mut games = Vec::new();
    collect(&root, &mut games);
    if games.is_empty() {
        lgdl_skips::skip(lgdl_skips::Need::PublishedSets, "the published games are not beside the checkout");
    }
    games
}

fn collect(folder: &Path, games: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, games);
        } else if path.extension().is_some_and(|extension| extension == "lgdl") {
            games.push(path);
        }
    }
}

fn parse_file(path: &Path) -> (Vec<u8>, Parsed) {
    let source = fs::read(path).expect("a readable file");
    let contract = fs::read_to_string(path.with_file_name("capability_contract.json")).ok();
    let parsed = parse(&source, contract.as_deref());
    (source, parsed)
}

#[test]
fn every_published_game_compiles_without_errors() {
    for path in published_games() {
        let (source, parsed) = parse_file(&path);
        let shown = render(&source, &path.display().to_string(), &parsed.diagnostics, Colour::Plain);
        assert!(!parsed.has_errors(), "{shown}");
        assert!(!parsed.game(None).expect("an entry game").moves.is_empty(), "{}", path.display());
        if std::env::var_os("SHOW").is_some() {
            println!("{shown}");
        }
    }
}

fn data_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax").join(folder), &mut files);
    assert!(!files.is_empty(), "no data files in {folder}");
    files
}

/// Compares with the file beside; `UPDATE_EXPECTED=1` writes it anew, to be read before it is committed.
fn check_expected(path: &Path, extension: &str, found: &str) {
    let expected = path.with_extension(extension);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&expected, found).expect("a writable folder");
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    assert!(wanted == found, "{} differs; found:\n{found}", expected.display());
}

#[test]
fn bad_files_are_reported_in_full() {
    for path in data_files("bad") {
        let source = fs::read(&path).expect("a readable file");
        let parsed = parse(&source, None);
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        let shown = render(&source, name, &parsed.diagnostics, Colour::Plain);
        check_expected(&path, "diagnostics", &shown);
    }
}

#[test]
fn good_files_compile_and_format_as_expected() {
    for path in data_files("good") {
        let source = fs::read(&path).expect("a readable file");
        let parsed = parse(&source, None);
        let shown = render(&source, &path.display().to_string(), &parsed.diagnostics, Colour::Plain);
        assert!(!parsed.has_errors(), "{shown}");
        check_formatting(&path.display().to_string(), &source);
        check_expected(&path, "formatted", &format(&source).expect("a readable file"));
    }
}

#[test]
fn formatting_keeps_the_meaning_and_is_a_fixed_point() {
    for path in published_games() {
        let source = fs::read(&path).expect("a readable file");
        check_formatting(&path.display().to_string(), &source);
    }
}

/// Formats, and compares what both texts lower to, line numbers aside.
fn check_formatting(name: &str, source: &[u8]) {
    let once = format(source).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
    let twice = format(once.as_bytes()).unwrap_or_else(|errors| panic!("{name}, formatted: {errors:?}\n{once}"));
    assert_eq!(once, twice, "{name}: formatting again changes something");
    let (before, after) = (parse(source, None), parse(once.as_bytes(), None));
    assert_eq!(without_lines(&before), without_lines(&after), "{name}: formatting changes the meaning\n{once}");
    if std::env::var_os("SHOW").is_some() {
        println!("{once}");
    }
}

fn without_lines(parsed: &Parsed) -> serde_json::Value {
    let mut value = serde_json::to_value(&parsed.games).expect("games serialise");
    strip_lines(&mut value);
    value
}

fn strip_lines(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.shift_remove("line");
            fields.values_mut().for_each(strip_lines);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_lines),
        _ => {}
    }
}

/// The language guide.
fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md");
    fs::read_to_string(path).expect("the language guide")
}

#[test]
fn the_guide_lists_every_diagnostic_code_as_the_table_in_code_does() {
    let rows: Vec<String> = Code::ALL
        .iter()
        .map(|code| {
            let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
            format!("| `{}` | {severity} | {} |", code.code(), code.title())
        })
        .collect();
    let guide = guide();
    let listed: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `E")).collect();
    assert_eq!(listed, rows);
}

#[test]
fn the_games_in_the_guide_compile_and_are_formatted() {
    let guide = guide();
    let games: Vec<&str> = guide.split("```lgdl\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!games.is_empty());
    for game in games {
        let parsed = parse(game.as_bytes(), None);
        assert_eq!(parsed.diagnostics, [], "{game}");
        assert_eq!(format(game.as_bytes()).expect("readable"), game);
    }
}

#[test]
fn every_code_of_the_table_is_reported_by_some_bad_file_or_test() {
    // Those that no small game file can provoke, and the contract's, are tested with the lowering.
    let elsewhere = ["E007", "E008", "E108", "E109", "E129"];
    let reported: String = data_files("bad")
        .iter()
        .map(|path| fs::read_to_string(path.with_extension("diagnostics")).expect("diagnostics"))
        .collect();
    for code in Code::ALL {
        let named = reported.contains(&format!("[{}]", code.code()));
        assert!(named || elsewhere.contains(&code.code()), "{} is not tested", code.code());
    }
}

#[test]
fn the_example_games_are_laid_out_as_the_formatter_has_them() {
    let mut games = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../games"), &mut games);
    assert!(!games.is_empty(), "no games");
    for path in games {
        let source = fs::read_to_string(&path).expect("a readable file");
        check_formatting(&path.display().to_string(), source.as_bytes());
        assert!(format(source.as_bytes()).as_ref() == Ok(&source), "{}: run `lgdl fmt`", path.display());
    }
}
