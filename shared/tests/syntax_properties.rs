//! Properties of the front end: it never panics, it stays within its limits, and formatting changes nothing.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use lgdl::diagnostics::{Colour, Lines, render};
use lgdl::syntax::{Parsed, format, limits, parse};
use proptest::prelude::*;

/// The good data files, which the mutations start from.
fn seeds() -> &'static [String] {
    static SEEDS: OnceLock<Vec<String>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
        let mut paths: Vec<_> = ["good", "bad"]
            .iter()
            .flat_map(|name| fs::read_dir(folder.join(name)).expect("data files").flatten().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "lgdl"))
            .collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).expect("text")).collect()
    })
}

/// Everything that may be done with any bytes at all.
fn exercise(source: &[u8]) {
    let parsed = parse(source, None);
    assert!(parsed.diagnostics.len() <= 2 * (limits::MAX_DIAGNOSTICS + 1));
    for found in &parsed.diagnostics {
        assert!(found.span.start <= found.span.end, "{found:?}");
        let place = Lines::new(source).position(found.span.start);
        assert!(place.line >= 1 && place.column >= 1);
    }
    let _ = render(source, "a.lgdl", &parsed.diagnostics, Colour::Ansi);
    if let Ok(once) = format(source) {
        check_formatting(source, &once);
    }
}

fn check_formatting(source: &[u8], once: &str) {
    let twice = format(once.as_bytes()).expect("what was formatted can be read");
    assert_eq!(once, twice, "formatting again changes something");
    assert_eq!(meaning(&parse(source, None)), meaning(&parse(once.as_bytes(), None)), "{once}");
    assert_eq!(comments(source), comments(once.as_bytes()), "comments are lost or changed\n{once}");
}

/// What a file lowers to and is told about, places aside.
fn meaning(parsed: &Parsed) -> (serde_json::Value, Vec<String>) {
    let mut games = serde_json::to_value(&parsed.games).expect("games serialise");
    strip_lines(&mut games);
    let mut codes: Vec<String> = parsed.diagnostics.iter().map(|found| found.code.clone()).collect();
    codes.sort();
    (games, codes)
}

fn strip_lines(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.shift_remove("line");
            // The lines from which on imported files stand.
            fields.shift_remove("files");
            fields.values_mut().for_each(strip_lines);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_lines),
        _ => {}
    }
}

/// Marks that the tests put into comments, in order; how a comment's own white space is laid out does not count.
fn comments(source: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(source);
    let mut marks: Vec<String> = text.split("MARK").skip(1).map(|rest| rest.chars().take(4).collect()).collect();
    marks.sort();
    marks
}

/// Pieces of the language, to be strung together.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "game",
        "g",
        "extends",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ":",
        ",",
        ".",
        "-",
        "=",
        "==",
        "<",
        ">=",
        "!",
        "moves",
        "move",
        "m",
        "when",
        "user",
        "says",
        "something",
        "like",
        "if",
        "else",
        "confident",
        "slot",
        "is",
        "missing",
        "slots",
        "range",
        "enum",
        "list",
        "of",
        "string",
        "required",
        "default",
        "\"text {a} {b?no} ${a + 1}\"",
        "'x'",
        "\"\"\"\n  a\n   b\n\"\"\"",
        "\"",
        "\"\"\"",
        "# MARK0001\n",
        "// MARK0002\n",
        "/* MARK0003 */",
        "/*",
        "\n",
        "\n\n",
        "1",
        "-2.5",
        "10",
        "respond",
        "with",
        "not",
        "and",
        "or",
        "matches",
        "confidence",
        "adaptive",
        "weighted",
        "by",
        "a.b",
        "await",
        "timeout",
        "then",
        "continue",
        "learning",
        "evolve",
        "vocabulary",
        "also",
        "means",
        "strict",
        "capabilities",
        "participants",
        "can",
        "do",
        "anything",
        "é",
        "\u{FEFF}",
        "\r\n",
        "\\",
        "“q”",
        "requires",
        "context",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(source in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&source);
    }

    #[test]
    fn any_text_is_read_without_a_panic(source in "\\PC{0,300}") {
        exercise(source.as_bytes());
    }

    #[test]
    fn any_pieces_of_the_language_are_read_without_a_panic(pieces in prop::collection::vec(piece(), 0..120)) {
        exercise(pieces.join(" ").as_bytes());
    }

    #[test]
    fn files_with_pieces_cut_out_doubled_or_put_in_are_read_without_a_panic(
        seed in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, piece()), 1..6),
    ) {
        let mut source: Vec<char> = seeds()[seed.index(seeds().len())].chars().collect();
        for (place, cut, put) in edits {
            let at = place.index(source.len() + 1);
            let end = (at + cut).min(source.len());
            source.splice(at..end, put.chars());
        }
        exercise(source.into_iter().collect::<String>().as_bytes());
    }

    #[test]
    fn comments_between_any_two_tokens_survive_formatting(
        seed in any::<prop::sample::Index>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4), 1..8),
    ) {
        let mut source = seeds()[seed.index(seeds().len())].clone();
        for (number, (place, kind)) in places.into_iter().enumerate() {
            // Before a space that is outside of texts, as far as quotes on the same line tell.
            let spaces: Vec<usize> = source
                .match_indices([' ', '\n'])
                .map(|(at, _)| at)
                .filter(|at| source[source[..*at].rfind('\n').map_or(0, |start| start)..*at].matches(['"', '\'', '#']).count() == 0)
                .collect();
            if spaces.is_empty() {
                continue;
            }
            let comment = [" # MARK%\n", "\n// MARK%\n", " /* MARK% */ ", "\n/* MARK%\n */\n"][kind];
            let comment = comment.replace('%', &format!("{number:04}"));
            source.insert_str(spaces[place.index(spaces.len())], &comment);
        }
        exercise(source.as_bytes());
    }

    #[test]
    fn any_contract_is_read_without_a_panic(contract in "\\PC{0,200}") {
        let _ = parse(b"game g { moves { } }", Some(&contract));
    }

    #[test]
    fn any_template_is_read_and_filled_without_a_panic(text in "[a-z{}?!$ .()+*/%0-9\\\\-]{0,80}", value in any::<f64>()) {
        if let Ok(template) = lgdl::template::parse(&text) {
            let value = serde_json::json!(value);
            let _ = lgdl::template::render(&template, &|_| Some(std::borrow::Cow::Borrowed(&value)), &lgdl::template::View::default());
            let _ = lgdl::template::render(&template, &|_| None, &lgdl::template::View::default());
        }
    }
}
