//! The `lgdl` program as people and scripts meet it: real processes, real files, exit statuses and messages.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A process that has ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// The exit status, and words that must stand in what was said.
    #[track_caller]
    fn expect(self, code: i32, words: &[&str]) -> Ran {
        let said = format!("{}{}", self.out, self.err);
        assert_eq!(self.code, code, "exit status; it said:\n{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is missing in:\n{said}");
        }
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in:\n{}", self.out))
    }
}

fn lgdl<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    lgdl_with_input(arguments, b"")
}

fn lgdl_with_input<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lgdl"))
        .args(arguments)
        .env_remove("LGDL_COMPONENT")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("lgdl starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("lgdl ends");
    writer.join().expect("the writer ends");
    Ran {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}

fn example(name: &str) -> String {
    let games: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../games");
    games.join(name).to_str().expect("UTF-8").to_owned()
}

const SMALL: &str = r#"game small {
  moves {
    move greet {
      when user says something like: ["hello"]
      when confident { respond with: "Hi there." }
    }
  }
}
"#;

#[test]
fn without_a_command_the_usage_is_shown_and_the_status_is_2() {
    lgdl::<&str>([]).expect(2, &["Usage", "validate"]);
    lgdl(["frobnicate"]).expect(2, &["frobnicate"]);
    lgdl(["validate"]).expect(2, &["GAME"]);
    lgdl(["--help"]).expect(0, &["Exit status", "validate", "chat"]);
    lgdl(["--version"]).expect(0, &["lgdl"]);
}

#[test]
fn a_valid_game_is_said_to_be_so() {
    for name in ["clinic_triage", "table_booking", "support_desk"] {
        let ran = lgdl(["validate", &example(name)]).expect(0, &["valid", name]);
        assert_eq!(ran.err, "", "no warnings in our own examples");
    }
}

#[test]
fn a_name_that_is_no_game_gets_its_own_message() {
    let folder = folder();
    let there = folder.path().to_str().expect("UTF-8");
    for command in ["validate", "compile", "fmt", "chat"] {
        lgdl([command, "no/such/file.lgdl"]).expect(2, &["no/such/file.lgdl does not exist"]);
        lgdl([command, there]).expect(2, &["is a folder without a game.lgdl"]);
    }
}

#[test]
fn what_is_no_text_is_refused_with_the_place() {
    let folder = folder();
    let binary = file(&folder, "binary.lgdl", [0x7f, b'E', b'L', b'F', 0, 0, 0xff, 0xfe, 0, 1]);
    lgdl(["validate", &binary]).expect(1, &["E007", "binary.lgdl"]);
    let latin1 = file(&folder, "latin1.lgdl", SMALL.replace("there", "th\u{e9}re").replace('\u{e9}', "\u{1}"));
    let bytes = fs::read(&latin1).expect("readable").into_iter().map(|byte| if byte == 1 { 0xe9 } else { byte });
    fs::write(&latin1, bytes.collect::<Vec<_>>()).expect("writable");
    lgdl(["validate", &latin1]).expect(1, &["E007", "latin1.lgdl:5"]);
}

#[test]
fn ten_megabytes_of_braces_are_refused_in_a_moment() {
    let folder = folder();
    let braces = file(&folder, "braces.lgdl", "{".repeat(10_000_000));
    let begun = std::time::Instant::now();
    let ran = lgdl(["validate", &braces]).expect(1, &["E008"]);
    assert!(begun.elapsed().as_secs() < 10, "took {:?}", begun.elapsed());
    assert!(ran.err.len() < 10_000, "the message is short");
    let more = file(&folder, "more.lgdl", "{".repeat(20_000_000));
    lgdl(["validate", &more]).expect(1, &["larger than"]);
}

#[test]
fn all_errors_of_a_file_are_shown_and_counted() {
    let folder = folder();
    let text =
        SMALL.replace("confident", "confidnet").replace("\"hello\"", "\"hello\" (fuzy)").replace("respond", "repsond");
    let bad = file(&folder, "bad.lgdl", text);
    let ran = lgdl(["validate", &bad]).expect(1, &["bad.lgdl:4", "bad.lgdl:5", "errors", "^"]);
    assert!(!ran.out.contains('\u{1b}'), "no colour in a pipe");
    let report = lgdl(["validate", "--json", &bad]).expect(1, &[]).json();
    assert_eq!(report["valid"], false);
    let first = &report["files"][0]["diagnostics"][0];
    assert_eq!((first["line"].as_u64(), first["severity"].as_str()), (Some(4), Some("error")));
}

#[test]
fn findings_of_several_files_are_one_answer() {
    let folder = folder();
    let good = file(&folder, "good.lgdl", SMALL);
    let bad = file(&folder, "bad.lgdl", "game {");
    let report = lgdl(["validate", "--json", &good, &bad]).expect(1, &[]).json();
    assert_eq!(report["files"][0]["valid"], true);
    assert_eq!(report["files"][0]["games"][0]["name"], "small");
    assert_eq!(report["files"][1]["valid"], false);
}

#[test]
fn warnings_count_when_strictness_is_asked_for() {
    let folder = folder();
    let doubtful = file(&folder, "doubtful.lgdl", SMALL.replace("respond with: \"Hi there.\"", "delegate to: nowhere"));
    lgdl(["validate", &doubtful]).expect(0, &["E120", "1 warning"]);
    lgdl(["validate", "--strict", &doubtful]).expect(1, &["E120"]);
}

#[test]
fn a_game_is_compiled_beside_its_source_or_where_it_is_told() {
    let folder = folder();
    let game = file(&folder, "small.lgdl", SMALL);
    let report = lgdl(["compile", "--json", &game]).expect(0, &[]).json();
    assert_eq!(report["game"], "small");
    assert_eq!(report["version"].as_str().map(str::len), Some(64));
    let bytes = fs::read(folder.path().join("small.lgdlc")).expect("written");
    assert_eq!(report["bytes"].as_u64(), Some(bytes.len() as u64));

    lgdl(["compile", &game, "-o", "/no/such/folder/out"]).expect(1, &["cannot write /no/such/folder/out"]);
    lgdl(["compile", &game, "--game", "large"]).expect(2, &["no game named `large`", "it defines: small"]);
    lgdl_with_input(["compile", "-"], SMALL.as_bytes()).expect(2, &["--output"]);
}

#[test]
fn a_game_is_formatted_in_place_and_then_stays() {
    let folder = folder();
    let messy = SMALL.replace("  ", " ").replace("game small {", "game   small{ # ours");
    let game = file(&folder, "small.lgdl", &messy);
    lgdl(["fmt", "--check", &game]).expect(1, &["not formatted"]);
    assert_eq!(fs::read_to_string(&game).expect("readable"), messy, "--check changes nothing");
    lgdl(["fmt", &game]).expect(0, &[]);
    let formatted = fs::read_to_string(&game).expect("readable");
    assert!(formatted.contains("# ours"), "comments stay");
    lgdl(["fmt", "--check", &game]).expect(0, &[]);
    let through = lgdl_with_input(["fmt", "-"], messy.as_bytes()).expect(0, &[]);
    assert_eq!(through.out, formatted);
    lgdl_with_input(["fmt", "-"], b"game {").expect(1, &["E0", "<stdin>:1"]);
}

#[test]
fn our_own_examples_are_formatted() {
    let games = ["clinic_triage", "table_booking", "support_desk"].map(example);
    lgdl(["fmt", "--check"].into_iter().chain(games.iter().map(String::as_str))).expect(0, &[]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lgdl"))
        .args(["validate", "--json", &example("clinic_triage")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("lgdl starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("lgdl ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn ten_thousand_moves_compile() {
    let folder = folder();
    let moves: String = (0..10_000)
        .map(|n| format!("move m{n} {{ when user says something like: [\"thing {n} please\"] when confident {{ respond with: \"{n}\" }} }}\n"))
        .collect();
    let game = file(&folder, "large.lgdl", format!("game large {{ moves {{ {moves} }} }}"));
    let report = lgdl(["compile", "--json", &game]).expect(0, &[]).json();
    assert_eq!(report["moves"], 10_000);
}

#[test]
fn settings_are_shown_with_their_source_and_without_secrets() {
    let folder = folder();
    let settings =
        file(&folder, "lgdl.toml", "kv_ttl = 120\nedge_keys = [\"edge1:a-secret-of-more-than-32-bytes-in-all\"]\n");
    let ran = lgdl(["config", "--config", &settings]).expect(0, &["LGDL_KV_TTL", "120", "file", "default"]);
    assert!(!ran.out.contains("a-secret"), "secrets are masked");
    let report = lgdl(["config", "--json", "--config", &settings]).expect(0, &[]).json();
    let ttl = report["edge"].as_array().expect("a list").iter().find(|s| s["name"] == "LGDL_KV_TTL");
    assert_eq!(ttl.expect("listed")["value"], "120");
}

#[test]
fn every_problem_of_the_settings_is_named_at_once() {
    let folder = folder();
    let settings = file(&folder, "lgdl.toml", "kv_ttl = 0\nlisten = \"here\"\ncolour = \"red\"\n");
    lgdl(["config", "--config", &settings]).expect(1, &["LGDL_KV_TTL", "LGDL_LISTEN", "colour"]);
    lgdl(["config", "--config", "no/such.toml"]).expect(1, &["no/such.toml"]);
}

#[test]
fn a_port_in_use_is_said_to_be_in_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = folder();
    let settings = file(
        &folder,
        "lgdl.toml",
        format!(
            "listen = \"{}\"\nedge_unsigned = true\nsqlite_path = {:?}\n",
            taken.local_addr().expect("an address"),
            folder.path().join("origin.db")
        ),
    );
    lgdl(["serve", "--config", &settings]).expect(1, &["E511", "in use"]);
}

const GOLDEN: &str = "dialogs:
- name: said hello
  turns:
  - input: hello
    expect: { move: greet, confidence: '>=0.75', response_contains: [Hi] }
";

fn small_game(golden: &str) -> TempDir {
    let folder = folder();
    file(&folder, "game.lgdl", SMALL);
    file(&folder, "golden_dialogs.yaml", golden);
    folder
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().expect("UTF-8")
}

#[test]
fn golden_dialogues_that_hold_pass() {
    let folder = small_game(GOLDEN);
    lgdl(["test", path(&folder)]).expect(0, &["ok: 1 of 1 dialogue and 1 of 1 turn pass", "1 of 1 moves"]);
    let report = lgdl(["test", "--json", path(&folder)]).expect(0, &[]).json();
    assert_eq!(report["passed"], true);
    assert_eq!(report["games"][0]["coverage"]["patterns"]["reached"], 1);
}

#[test]
fn the_golden_dialogues_of_our_own_examples_hold() {
    let games = Path::new(env!("CARGO_MANIFEST_DIR")).join("../games");
    lgdl(["test", games.to_str().expect("UTF-8")]).expect(0, &["clinic_triage", "table_booking", "support_desk"]);
}

#[test]
fn a_golden_dialogue_that_does_not_hold_is_shown_with_what_was_expected_and_what_there_was() {
    let folder = small_game(&GOLDEN.replace("[Hi]", "[Bye]").replace("'>=0.75'", "'<0.1'"));
    let junit = folder.path().join("junit.xml");
    let ran = lgdl(["test", path(&folder), "--junit", junit.to_str().expect("UTF-8")]);
    ran.expect(
        1,
        &["said hello", "turn 1", "- response_contains: Bye", "- confidence: <0.1", "+ confidence: ", "1 failed"],
    );
    let junit = fs::read_to_string(junit).expect("written");
    assert!(junit.contains("failures=\"1\"") && junit.contains("said hello"), "{junit}");
}

#[test]
fn what_no_dialogue_reached_is_named_by_line() {
    let folder = small_game(GOLDEN);
    let more = SMALL
        .replace("[\"hello\"]", "[\n\"hello\",\n\"good day\"]")
        .replace("when confident", "when uncertain { respond with: \"Pardon?\" }\nwhen confident");
    file(&folder, "game.lgdl", more);
    lgdl(["test", path(&folder)]).expect(0, &["patterns not reached: lines 6", "blocks not reached: lines 7"]);
}

#[test]
fn a_name_that_the_game_does_not_have_is_doubted() {
    let golden = GOLDEN.replace("move: greet", "move: gret").replace("dialogs:", "context: { locale: fr }\ndialogs:");
    let folder = small_game(&golden);
    let said = ["the game has no move `gret`; did you mean `greet`?", "asks for `fr`"];
    lgdl(["test", path(&folder)]).expect(1, &said);
}

#[test]
fn a_golden_file_with_an_unknown_key_is_refused_by_name_and_place() {
    let folder = small_game(&GOLDEN.replace("confidence", "confidense"));
    lgdl(["test", path(&folder)]).expect(1, &["golden_dialogs.yaml", "confidense", "E160"]);
    let folder = small_game(GOLDEN);
    file(&folder, "capability_mocks.yaml", "a.b:\n- statsu: ok\n");
    lgdl(["test", path(&folder)]).expect(1, &["capability_mocks.yaml", "statsu"]);
}

#[test]
fn what_cannot_be_tested_is_said() {
    let folder = folder();
    lgdl(["test", path(&folder)]).expect(2, &["no game.lgdl"]);
    lgdl(["test", "no/such/folder"]).expect(2, &["does not exist"]);
    file(&folder, "game.lgdl", SMALL);
    lgdl(["test", path(&folder)]).expect(2, &["no dialogues"]);
    let folder = small_game(GOLDEN);
    lgdl(["test", path(&folder), "--filter", "goodbye"]).expect(2, &["no dialogue has `goodbye`"]);
    lgdl(["test", path(&folder), "--game", "large"]).expect(2, &["no game named `large`"]);
    file(&folder, "game.lgdl", "game {");
    lgdl(["test", path(&folder)]).expect(1, &["not a valid game"]);
}

#[test]
fn a_chat_in_a_pipe_answers_line_by_line() {
    let folder = small_game(GOLDEN);
    let ran = lgdl_with_input(["chat", path(&folder)], b"/why\nhello\n/why\n/state\n/nonsense\n/reset\n/quit\nhello\n");
    let ran = ran.expect(
        0,
        &["Nothing was said yet.", "Hi there.", "greet", "\"hello\"", "\"turns\": 1", "A new conversation."],
    );
    assert_eq!(ran.out.lines().filter(|line| *line == "Hi there.").count(), 1, "nothing after /quit");
}

#[test]
fn a_megabyte_in_one_utterance_is_answered() {
    let folder = small_game(GOLDEN);
    let mut input = "hello ".repeat(180_000).into_bytes();
    input.extend_from_slice(b"\n\xff\xfe\nhello\n");
    let begun = std::time::Instant::now();
    let ran = lgdl_with_input(["chat", path(&folder)], &input).expect(0, &[]);
    assert!(begun.elapsed().as_secs() < 10, "took {:?}", begun.elapsed());
    assert!(ran.out.trim_end().ends_with("Hi there."));
}

#[test]
fn values_are_extracted_line_by_line_and_a_bad_line_does_not_stop_the_others() {
    let input = "{\"id\": \"a\", \"text\": \"seven of nine\"}\nnonsense\n\n{\"id\": 2, \"text\": \"é 12\"}";
    let ran = lgdl_with_input(["extract", "--types", "number"], input.as_bytes()).expect(1, &[]);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((lines[0]["id"].as_str(), lines[0]["entities"][0]["value"].as_u64()), (Some("a"), Some(7)));
    assert_eq!(lines[1]["line"], 2);
    assert_eq!(lines[2]["entities"][0]["start"], 2);
    lgdl(["extract", "--types", "colour"]).expect(2, &["colour", "number"]);
    lgdl(["extract", "--types", "number", "--now", "soon"]).expect(2, &["`soon` is no time"]);
    lgdl(["extract", "--types", "number", "--tz", "Atlantis"]).expect(2, &["`Atlantis` is no time zone"]);
}

const LAUNDRY: &str = include_str!("../../shared/tests/data/meaning/laundry.lgdl");
const LAUNDRY_LABELLED: &str = include_str!("../../shared/tests/data/meaning/laundry.jsonl");

#[test]
fn evaluate_says_how_well_labelled_utterances_are_understood() {
    let folder = folder();
    let game = file(&folder, "laundry.lgdl", LAUNDRY);
    let labelled = file(&folder, "laundry.jsonl", LAUNDRY_LABELLED);
    let accuracy = |meaning: &str| {
        let said = lgdl(["evaluate", &game, &labelled, "--meaning", meaning, "--json"]).expect(0, &[]).json();
        for name in ["macro_f1", "calibration_error"] {
            assert!((0.0..=1.0).contains(&said[name].as_f64().expect(name)), "{said}");
        }
        assert!(said["out_of_scope"]["auroc"].as_f64().is_some_and(|auroc| auroc >= 0.5), "{said}");
        assert!(said["thresholds"].as_array().is_some_and(|curve| curve.len() > 3), "{said}");
        let named = said["meaning"].as_str().expect("a text").to_owned();
        assert_eq!(named.len() == 64, ["small", "standard"].contains(&meaning), "{named}");
        said["accuracy"].as_f64().expect("a number")
    };
    let (off, words) = (accuracy("off"), accuracy("words"));
    assert!(words > off && accuracy("small") > off && accuracy("standard") > off, "{off} {words}");
    lgdl(["evaluate", &game, &labelled, "--compare", &game]).expect(0, &["accuracy", "calibration error", "refused"]);
    let with = ["evaluate", &game, &labelled, "--meaning", "words", "--compare", "standard", "--json"];
    let compared = lgdl(with).expect(0, &[]).json();
    assert_eq!(
        (&compared["meaning"], compared["compared"]["accuracy"].as_f64()),
        (&Value::from("words"), Some(accuracy("standard")))
    );
    let nameless = file(&folder, "nameless.jsonl", "{\"text\": \"x\"}\n");
    lgdl(["evaluate", &game, &nameless]).expect(1, &["line 1", "move"]);
    let unknown = file(&folder, "unknown.jsonl", "{\"text\": \"x\", \"move\": \"dance\"}\n");
    lgdl(["evaluate", &game, &unknown]).expect(1, &["no move \"dance\""]);
    let nothing = file(&folder, "nothing.jsonl", "\n");
    lgdl(["evaluate", &game, &nothing]).expect(1, &["no labelled utterance"]);
}

#[test]
fn the_setting_says_what_a_game_is_trained_with() {
    let folder = folder();
    let game = file(&folder, "laundry.lgdl", LAUNDRY);
    let version = |meaning: &str| {
        let ran = Command::new(env!("CARGO_BIN_EXE_lgdl"))
            .args(["compile", &game, "--json"])
            .env("LGDL_MEANING", meaning)
            .output()
            .expect("lgdl runs");
        let said = String::from_utf8(if ran.status.success() { ran.stdout } else { ran.stderr }).expect("UTF-8");
        (ran.status.success(), said)
    };
    let mut versions = Vec::new();
    for meaning in ["off", "words", "small", "standard"] {
        let (done, said) = version(meaning);
        assert!(done, "{said}");
        let said: Value = serde_json::from_str(&said).expect("JSON");
        versions.push(said["version"].as_str().expect("a version").to_owned());
    }
    let count = versions.len();
    versions.sort();
    versions.dedup();
    assert_eq!(versions.len(), count);
    let (done, said) = version("clairvoyance");
    assert!(!done && said.contains("LGDL_MEANING"), "{said}");
}

// ---- what authors work with ----------------------------------------------------------------------------------

#[test]
fn every_template_is_a_game_that_passes() {
    let place = folder();
    let into = place.path().to_str().expect("UTF-8");
    for template in ["starter", "pizzeria", "travel_desk", "password_reset", "support_desk"] {
        let name = format!("my_{template}");
        lgdl(["new", &name, "--from", template, "--into", into]).expect(0, &["lgdl test", "lgdl chat"]);
        let game = place.path().join(&name);
        lgdl(["test", game.to_str().expect("UTF-8")]).expect(0, &["ok:", &format!("({name})")]);
        lgdl(["fmt", "--check", place.path().join(&name).join("game.lgdl").to_str().expect("UTF-8")]);
    }
    lgdl(["new", "my_starter", "--into", into]).expect(2, &["is not empty"]);
    lgdl(["new", "2fast", "--into", into]).expect(2, &["no name of a game"]);
    lgdl(["new", "other", "--from", "nothing", "--into", into]).expect(2, &["starter", "pizzeria"]);
}

#[test]
fn a_file_of_dialogues_stands_for_the_game_beside_it() {
    let folder = small_game(GOLDEN);
    file(&folder, "golden_dialogs_more.yaml", GOLDEN.replace("said hello", "said more"));
    let more = folder.path().join("golden_dialogs_more.yaml");
    let ran = lgdl(["test", more.to_str().expect("UTF-8"), "--verbose"]).expect(0, &["said more"]);
    assert!(!ran.out.contains("said hello"), "{}", ran.out);
    lgdl(["test", "no/such/golden.yaml"]).expect(2, &["does not exist"]);
}

#[test]
fn what_is_answered_now_is_written_after_it_was_shown() {
    let folder = small_game(&GOLDEN.replace("[Hi]", "[Bye]").replace("move: greet", "move: leave"));
    let ran = lgdl(["test", path(&folder), "--update"]);
    ran.expect(0, &["- move: leave", "+ move: greet", "1 turn brought up to date"]);
    let written = fs::read_to_string(folder.path().join("golden_dialogs.yaml")).expect("written");
    assert!(written.contains("move: greet") && written.contains("\"Hi there.\""), "{written}");
    lgdl(["test", path(&folder)]).expect(0, &["ok:"]);
}

#[test]
fn too_small_a_coverage_fails_and_a_page_shows_it() {
    let folder = small_game(GOLDEN);
    let more = SMALL.replace("when confident", "when uncertain { respond with: \"Pardon?\" }\nwhen confident");
    file(&folder, "game.lgdl", more);
    lgdl(["test", path(&folder), "--min-coverage", "50"]).expect(0, &[]);
    let page = folder.path().join("report.html");
    let page = page.to_str().expect("UTF-8");
    lgdl(["test", path(&folder), "--min-coverage", "51", "--html", page]).expect(1, &["50.0 %", "51 %"]);
    let html = fs::read_to_string(page).expect("written");
    assert!(html.contains("said hello") && html.contains("not reached: lines"), "{html}");
    lgdl(["test", path(&folder), "--min-coverage", "lots"]).expect(2, &["0 to 100"]);
}

#[test]
fn a_game_is_drawn_in_three_forms() {
    let game = example("clinic_triage");
    for (format, begins) in [("mermaid", "flowchart LR"), ("dot", "digraph"), ("svg", "<svg")] {
        let ran = lgdl(["graph", &game, "--format", format, "--coverage"]).expect(0, &["pain_assessment", "#c9efd2"]);
        assert!(ran.out.starts_with(begins), "{}", ran.out);
    }
    let folder = folder();
    let out = folder.path().join("game.svg");
    lgdl(["graph", &game, "--format", "svg", "-o", out.to_str().expect("UTF-8")]).expect(0, &[]);
    assert!(fs::read_to_string(out).expect("written").ends_with("</svg>\n"));
}

#[test]
fn a_conversation_is_recorded_without_what_is_personal() {
    let folder = small_game(GOLDEN);
    let golden = folder.path().join("golden_dialogs.yaml");
    let golden = golden.to_str().expect("UTF-8");
    let said = b"hello\nwrite to jo.bloggs@acme.org\n";
    lgdl_with_input(["record", path(&folder), "--title", "from a log", "-o", golden], said)
        .expect(0, &["2 turns recorded"]);
    let written = fs::read_to_string(golden).expect("written");
    assert!(written.contains("from a log") && written.contains("name@example.com"), "{written}");
    assert!(!written.contains("bloggs"), "{written}");
    lgdl(["test", path(&folder)]).expect(0, &["2 of 2 dialogues"]);
    let json = file(&folder, "conversation.json", r#"{"turns": [{"user_input": "hello", "response": "x"}]}"#);
    lgdl(["record", path(&folder), "--from", &json]).expect(0, &["game: small", "input: \"hello\"", "move: greet"]);
    let chat = format!("hello\n/record {golden}\n");
    lgdl_with_input(["chat", path(&folder)], chat.as_bytes()).expect(0, &["1 turn recorded"]);
    lgdl(["test", path(&folder)]).expect(0, &["3 of 3 dialogues"]);
}

#[test]
fn texts_go_out_for_translation_and_come_back() {
    let folder = small_game(GOLDEN);
    let game = path(&folder);
    lgdl(["texts", "extract", game]).expect(2, &["--language"]);
    lgdl(["texts", "extract", game, "--language", "xx"]).expect(2, &["no language", "es"]);
    lgdl(["texts", "extract", game, "--language", "es"]).expect(0, &["es.yaml", "3 to be translated"]);
    lgdl(["texts", "check", game]).expect(1, &["greet.confident.1 is not translated"]);
    let xliff = folder.path().join("es.xlf");
    let xliff = xliff.to_str().expect("UTF-8");
    lgdl(["texts", "export", game, "--language", "es", "-o", xliff]).expect(0, &[]);
    let text = fs::read_to_string(xliff).expect("written");
    let done = text
        .replace("Hi there.</source>", "Hi there.</source><target>¡Buenas!</target>")
        .replace(">greet</source>", ">greet</source><target>saludar</target>")
        .replace("hello</source>", "hello</source><target>hola\nbuenos días</target>");
    fs::write(xliff, done).expect("a file");
    lgdl(["texts", "import", game, xliff]).expect(0, &["3 texts taken over"]);
    lgdl(["texts", "check", game]).expect(0, &[]);
    lgdl(["texts", "status", game]).expect(0, &["es: 3 of 3 translated"]);
    let context = r#"{"locale":"es"}"#;
    let ran = lgdl_with_input(["chat", game, "--context", context], "buenos días\n".as_bytes());
    ran.expect(0, &["¡Buenas!"]);
    let labelled = file(&folder, "es.jsonl", "{\"text\": \"hola\", \"move\": \"greet\"}\n");
    let evaluated = lgdl(["evaluate", game, &labelled, "--language", "es", "--json"]).expect(0, &[]).json();
    assert_eq!(evaluated["accuracy"], 1.0, "{evaluated}");
    lgdl(["evaluate", game, &labelled, "--language", "fr"]).expect(2, &["no translation `fr`; it has es"]);
    file(&folder, "texts/es.yaml", "language: es\ntexts:\n  greet.confident.1: { source: x, text: \"{\" }\n");
    lgdl(["validate", game]).expect(1, &["E162", "es.yaml"]);
}

#[test]
fn imported_files_are_read_from_beside_the_game() {
    let folder = folder();
    let parts = "game parts {\n  moves {\n    move bye {\n      when user says something like: [\"bye\"]\n      when confident { respond \
                 with: \"Bye.\" }\n    }\n  }\n}\n";
    file(&folder, "parts.lgdl", parts);
    file(&folder, "game.lgdl", format!("import \"parts.lgdl\"\n\n{SMALL}"));
    lgdl(["validate", path(&folder)]).expect(0, &[]);
    lgdl_with_input(["chat", path(&folder)], b"bye\n").expect(0, &["Bye."]);
    file(&folder, "game.lgdl", format!("import \"none.lgdl\"\n\n{SMALL}"));
    lgdl(["validate", path(&folder)]).expect(1, &["E019", "there is no"]);
}

#[test]
fn validate_says_how_far_meaning_can_be_relied_on() {
    let game = example("support_desk");
    lgdl(["validate", "--meaning", &game]).expect(
        0,
        &[
            "expected calibration error",
            "heard without having been learnt",
            "heard with its own words",
            "meaning needs 4",
        ],
    );
    let report = lgdl(["validate", "--meaning", "--json", &game]).expect(0, &[]).json();
    let meaning = &report["files"][0]["games"][0]["meaning"];
    assert!(meaning["phrases"].as_u64().is_some_and(|phrases| phrases > 10), "{meaning}");
    assert!(meaning["calibration_error"].as_f64().is_some_and(|error| error < 0.5), "{meaning}");
    assert!(lgdl(["validate", "--json", &game]).json()["files"][0]["games"][0]["meaning"].is_null());
}

#[test]
fn an_evaluation_is_written_as_a_page_as_well() {
    let folder = folder();
    let game = file(&folder, "small.lgdl", SMALL);
    let labelled = file(
        &folder,
        "said.jsonl",
        "{\"text\": \"hello\", \"move\": \"greet\"}\n{\"text\": \"<b>\", \"move\": null}\n",
    );
    let page = folder.path().join("page.html");
    lgdl(["evaluate", &game, &labelled, "--html", page.to_str().expect("UTF-8")]).expect(0, &["accuracy"]);
    let page = fs::read_to_string(page).expect("a page");
    assert!(page.contains("<svg") && page.contains("Calibration error") && !page.contains("<script"), "{page}");
    assert!(page.contains("Heard with its own words") && !page.contains("<b>"), "{page}");
}

#[test]
fn a_plan_says_whether_programs_of_before_can_go_on_and_a_store_that_was_extended_is_taken() {
    let folder = folder();
    let database = folder.path().join("lgdl.db");
    let settings = format!("edge_unsigned = true\nsqlite_path = {:?}\n", database.display().to_string());
    let settings = file(&folder, "lgdl.toml", settings);
    let migrate = |command: &str| lgdl(["migrate", command, "--config", &settings]);
    let change = |sql: &str| rusqlite::Connection::open(&database).expect("a store").execute_batch(sql).expect("SQL");
    migrate("plan").expect(1, &["E505"]);
    migrate("up").expect(0, &["applied"]);
    migrate("plan").expect(0, &["nothing is due"]);

    // What a program of before has applied.
    change("DELETE FROM schema_migrations WHERE name = 'nodes'");
    migrate("plan").expect(0, &["adds; programs of before go on", "one after the other"]);
    change("DELETE FROM schema_migrations WHERE name = 'handovers'");
    migrate("plan").expect(1, &["contract", "stop every origin but the one"]);
    let plan = lgdl(["migrate", "plan", "--json", "--config", &settings]).json();
    assert_eq!((plan["rolling"].as_bool(), plan["due"][0]["kind"].as_str()), (Some(false), Some("contract")));

    // A history that a program wrote which did not say of what kind its migrations are, and then one that does.
    let other = folder.path().join("other.db");
    let settings =
        file(&folder, "other.toml", format!("edge_unsigned = true\nsqlite_path = {:?}\n", other.display().to_string()));
    let migrate = |command: &str| lgdl(["migrate", command, "--config", &settings]);
    let change = |sql: &str| rusqlite::Connection::open(&other).expect("a store").execute_batch(sql).expect("SQL");
    migrate("up").expect(0, &["applied"]);
    change("ALTER TABLE schema_migrations DROP COLUMN kind");
    migrate("status").expect(0, &["core"]);
    migrate("up").expect(0, &["0 applied"]);
    change(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at, kind) VALUES (99, 'more', '', 0, 'expand')",
    );
    migrate("up").expect(0, &["0 applied"]);
    change(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at, kind) VALUES (100, 'less', '', 0, 'contract')",
    );
    migrate("up").expect(1, &["E504", "run a newer lgdl"]);
}

#[test]
fn a_webhooks_follow_up_is_said_when_it_is_set_and_shown_afterwards() {
    let folder = folder();
    let database = folder.path().join("lgdl.db").display().to_string();
    let settings = format!("edge_unsigned = true\nwebhook_private = true\nsqlite_path = {database:?}\n");
    let settings = file(&folder, "lgdl.toml", settings);
    let webhooks = |arguments: &[&str]| lgdl([&["webhooks"], arguments, &["--config", &settings]].concat());
    lgdl(["migrate", "up", "--config", &settings]).expect(0, &["applied"]);
    let made =
        webhooks(&["add", "http://127.0.0.1:9/", "--name", "phone", "--types", "turn.committed", "--json"]).json();
    let id = made["id"].as_str().expect("an id");
    assert_eq!(webhooks(&["show", id, "--json"]).json()["webhook"]["follow_up_after_seconds"], Value::Null);
    webhooks(&["follow-up", id, "15"]).expect(0, &[id, "follow-up after 15 s"]);
    webhooks(&["list"]).expect(0, &["follow-up after 15 s"]);
    webhooks(&["show", id]).expect(0, &["follow-up after 15 s"]);
    assert_eq!(webhooks(&["list", "--json"]).json()["webhooks"][0]["follow_up_after_seconds"], 15);
    assert_eq!(webhooks(&["show", id, "--json"]).json()["webhook"]["follow_up_after_seconds"], 15);
    webhooks(&["follow-up", id]).expect(0, &["no follow-up"]);
}

const PERSONS: &str = r#"import "lgdl:person_name"
game shop {
  types { place: composite { street: string, town: string, zip: pattern "\d{5}" } }
  when event session_started { respond with: "Hello!" attach { image: "https://example.com/menu.png", alt: "The menu" } }
  moves {
    move order {
      slots {
        size: enum("small", "large") required
        address: place required
        secret: string required sensitive
      }
      when customer says something like: ["order a pizza", "a {size} pizza"]
      when slot secret is missing { prompt slot: "What is the word at the door?" }
      when all_slots_filled {
        call person_name
        respond with: "A {size} one for {person_name.name} in {address.town}."
      }
    }
  }
}
"#;

#[test]
fn what_was_said_for_slots_of_persons_is_not_recorded() {
    let folder = folder();
    file(&folder, "game.lgdl", PERSONS);
    let golden = folder.path().join("golden_dialogs.yaml");
    let golden = golden.to_str().expect("UTF-8");
    let said = "[session_started]\na large pizza\n12 Rosenweg\nRegensburg\n93047\nblue parrot\nMaria Garcia\n";
    let chat = format!("{said}/record {golden}\n");
    let ran = lgdl_with_input(
        ["chat", path(&folder), "--participant", "customer", "--context", r#"{"locale": "en-US"}"#],
        chat.as_bytes(),
    );
    ran.expect(
        0,
        &[
            "Hello!",
            "[image: The menu] https://example.com/menu.png",
            "for Maria Garcia in Regensburg",
            "7 turns recorded",
        ],
    );
    let written = fs::read_to_string(golden).expect("written");
    for gone in ["Maria", "Garcia", "Rosenweg", "Regensburg", "93047", "parrot"] {
        assert!(!written.contains(gone), "{gone}: {written}");
    }
    for kept in ["event: \"session_started\"", "a large pizza", "locale: \"en-US\"", "participant: \"customer\""] {
        assert!(written.contains(kept), "{kept}: {written}");
    }
    lgdl(["test", path(&folder)]).expect(0, &["7 of 7 turns"]);
    // The same of lines, and of the JSON that the admin API has.
    let context = r#"{"locale": "en-US"}"#;
    lgdl_with_input(
        ["record", path(&folder), "--participant", "customer", "--context", context, "-o", golden],
        said.as_bytes(),
    )
    .expect(0, &["7 turns recorded"]);
    assert!(!fs::read_to_string(golden).expect("written").contains("Garcia"));
    lgdl(["test", path(&folder)]).expect(0, &["14 of 14 turns"]);
}

#[test]
fn why_names_the_file_of_a_line_that_is_imported() {
    let folder = folder();
    file(&folder, "game.lgdl", PERSONS);
    let said = "a large pizza\n12 Rosenweg\nRegensburg\n93047\nblue parrot\n/why\n";
    lgdl_with_input(["chat", path(&folder), "--participant", "customer"], said.as_bytes())
        .expect(0, &["of lgdl:person_name"]);
}

#[test]
fn a_participant_that_no_trigger_waits_for_is_told() {
    let folder = folder();
    file(&folder, "game.lgdl", PERSONS);
    let ran = lgdl_with_input(["chat", path(&folder), "--participant", "customre"], b"hello\n");
    ran.expect(0, &["customre", "customer, user"]);
}

#[test]
fn a_stale_translation_stays_stale_through_a_translators_tool() {
    let folder = small_game(GOLDEN);
    let game = path(&folder);
    fs::create_dir(folder.path().join("texts")).expect("a folder");
    file(
        &folder,
        "texts/es.yaml",
        "language: es\ntexts:\n  greet.confident.1: { source: \"Hi.\", text: \"¡Hola!\" }\n",
    );
    let xliff = folder.path().join("es.xlf");
    let xliff = xliff.to_str().expect("UTF-8");
    lgdl(["texts", "export", game, "--language", "es", "-o", xliff]).expect(0, &[]);
    lgdl(["texts", "import", game, xliff]).expect(0, &[]);
    lgdl(["texts", "check", game]).expect(1, &["greet.confident.1 was translated from another text"]);
    // What the translator has looked at is up to date.
    let text = fs::read_to_string(xliff).expect("written");
    let (before, stale) = text.split_once("id=\"greet.confident.1\"").expect("the unit");
    let done =
        format!("{before}id=\"greet.confident.1\"{}", stale.replacen("state=\"initial\"", "state=\"reviewed\"", 1));
    fs::write(xliff, done).expect("a file");
    lgdl(["texts", "import", game, xliff]).expect(0, &[]);
    let checked = lgdl(["texts", "check", game]).expect(1, &[]);
    assert!(!checked.out.contains("another text"), "{}", checked.out);
}

#[test]
fn a_translation_into_the_games_own_language_is_told_to_say_nothing() {
    let folder = small_game(GOLDEN);
    let game = path(&folder);
    for own in ["en", "en-GB"] {
        lgdl(["texts", "extract", game, "--language", own]).expect(2, &["the game's own language"]);
    }
    assert!(!folder.path().join("texts").exists());
    fs::create_dir(folder.path().join("texts")).expect("a folder");
    file(&folder, "texts/en.yaml", "language: en\ntexts:\n  greet.called: { source: greet, text: \"a greeting\" }\n");
    let checked = lgdl(["texts", "check", game]).expect(1, &["texts/en.yaml: is in the game's own language"]);
    assert_eq!(checked.out.lines().count(), 1, "{}", checked.out);
}

#[test]
fn what_a_terminal_would_obey_is_shown_instead() {
    const OBEYED: [char; 3] = ['\u{1b}', '\u{9b}', '\u{202e}'];
    // An utterance and a name that somebody else wrote, in a dialogue that fails.
    let golden = GOLDEN.replace("input: hello", r#"input: "hello\e[31m\u009b2J""#);
    let golden = golden.replace("[Hi]", "[Bye]").replace("said hello", r#""said \u202eolleh""#);
    let folder = small_game(&golden);
    let ran = lgdl(["test", path(&folder)]).expect(1, &["hello\\u001b[31m\\u009b2J", "said \\u202eolleh"]);
    assert!(!ran.out.contains(OBEYED) && !ran.err.contains(OBEYED), "{:?}{:?}", ran.out, ran.err);
    let json = lgdl(["test", "--json", path(&folder)]).expect(1, &[]);
    assert!(!json.out.contains(OBEYED), "{:?}", json.out);
    assert!(json.json().to_string().contains('\u{202e}'), "JSON says the same");
    let bad = file(&folder, "bad\u{1b}[2J.lgdl", "game \u{202e}\u{9b}x {");
    let found = lgdl(["validate", &bad]).expect(1, &["\\u001b[2J.lgdl"]);
    assert!(!found.err.contains(OBEYED) && !found.out.contains(OBEYED), "{:?}", found.err);
}
