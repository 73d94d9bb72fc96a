//! What must hold of the repository as a whole, and can be read off its files.

use std::collections::{BTreeMap, BTreeSet};

use lgdl_tidy::{Source, files, is_code, product, words};

/// Fails with every line that was found, if any was.
fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

fn lines_with(sources: &[Source], fits: impl Fn(&str) -> bool) -> Vec<String> {
    let each = |source: &Source| -> Vec<String> {
        let lines = source.code().filter(|(_, line)| fits(line));
        lines.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim())).collect()
    };
    sources.iter().flat_map(each).collect()
}

/// Codes that stand in code, as the text that people or programs get.
fn emitted() -> BTreeSet<String> {
    let texts = |line: &str| -> String { line.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ") };
    let lines = product().into_iter().flat_map(|source| source.code().map(|(_, line)| texts(line)).collect::<Vec<_>>());
    let mut codes: BTreeSet<String> = lines.flat_map(|line| words(&line, is_code)).collect();
    // The compiler's codes are the names of an enum.
    let diagnostics = product().into_iter().filter(|source| source.path == "shared/src/diagnostics.rs");
    codes.extend(diagnostics.flat_map(|source| source.words(is_code)));
    codes
}

#[test]
fn every_error_code_is_documented_and_every_documented_code_is_emitted() {
    let tables = files("docs", &["errors.md", "language.md"]);
    let rows = tables.iter().flat_map(|page| page.text.lines()).filter_map(|line| line.strip_prefix("| `E"));
    let mut documented = BTreeSet::new();
    let twice = rows.map(|row| format!("E{}", &row[..3])).filter(|code| !documented.insert(code.clone())).collect();
    none("codes that stand for two things", twice);
    let emitted = emitted();
    none(
        "emitted, and in no table of docs/errors.md or docs/language.md",
        emitted.difference(&documented).cloned().collect(),
    );
    none("documented, and emitted by nothing", documented.difference(&emitted).cloned().collect());
}

#[test]
fn the_pages_name_no_code_that_is_in_no_table() {
    let documented: BTreeSet<String> =
        files("docs", &["errors.md", "language.md"]).iter().flat_map(|page| page.words(is_code)).collect();
    let mut pages = files("docs", &[".md"]);
    pages.extend(files("", &["README.md", "ARCHITECTURE.md"]));
    let wrong = pages.iter().flat_map(|page| {
        let unknown = page.words(|word| is_code(word) && !documented.contains(word));
        unknown.into_iter().map(|code| format!("{}: {code}", page.path)).collect::<Vec<_>>()
    });
    none("codes that nothing documents", wrong.collect());
}

/// `cargo xtask test` runs the test programs, and no documentation tests: an example that runs is a test like others.
#[test]
fn no_example_in_a_comment_claims_to_be_code_that_runs() {
    let mut found = Vec::new();
    for source in product() {
        let mut is_within = false;
        for (number, line) in source.text.lines().enumerate() {
            let comment = line.trim_start();
            let comment = comment.strip_prefix("//!").or_else(|| comment.strip_prefix("///")).unwrap_or("");
            if let Some(language) = comment.trim_start().strip_prefix("```") {
                is_within = !is_within;
                if is_within && !["text", "yaml", "json", "toml", "sh", "lgdl"].contains(&language.trim()) {
                    found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
                }
            }
        }
    }
    none("fences that say of what language they are by none of the names that are not run", found);
}

/// Names of variables beside the settings: of tests, of the build, of programs that tests start.
const OTHER_VARIABLES: [&str; 5] = ["LGDL_COMPONENT", "LGDL_WORKER", "LGDL_NODE_URL", "LGDL_NODE_JOURNAL", "LGDL_URL"];

#[test]
fn every_setting_is_documented_and_every_documented_one_exists() {
    let declarations = files("", &["origin/src/config/settings.rs", "settings.rs", "edge.rs"]);
    let is_table = |path: &str| path == "origin/src/config/settings.rs" || path == "shared/src/settings/edge.rs";
    let mut declared: BTreeSet<String> = BTreeSet::new();
    for file in declarations.iter().filter(|file| is_table(&file.path)) {
        for (_, line) in
            file.code().filter(|(_, line)| line.contains(": ") && line.contains(" = \"") && line.contains("=>"))
        {
            let field = line.trim().split([':', ' ']).next().unwrap_or_default();
            let name = line.split("named \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(field);
            declared.insert(format!("LGDL_{}", name.to_ascii_uppercase()));
        }
    }
    assert!(declared.len() > 50, "{declared:?}");
    let page = files("docs", &["settings.md"]);
    let rows = page[0].text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let documented: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(documented, declared, "`lgdl config --markdown` makes docs/settings.md");

    let mut pages = files("docs", &[".md"]);
    pages.extend(files("", &["README.md", "wrangler.toml", "SECURITY.md"]));
    let code: String = files("", &[".rs", ".mjs", ".ts", ".service"]).into_iter().map(|file| file.text).collect();
    let in_code = words(&code, |word| word.starts_with("LGDL_"));
    let wrong = pages.iter().flat_map(|page| {
        let unknown = page.words(|word| {
            let other = OTHER_VARIABLES.contains(&word) || in_code.contains(word);
            word.starts_with("LGDL_") && !word.ends_with('_') && !declared.contains(word) && !other
        });
        unknown.into_iter().map(|name| format!("{}: {name}", page.path)).collect::<Vec<_>>()
    });
    none("names of settings that nothing reads", wrong.collect());
}

/// A setting that is read into the configuration and asked for by nobody is a promise without code behind it. Those of the
/// edge are taken apart without `..`, so that the compiler says so; those of the origin are many places' business.
#[test]
fn every_setting_of_the_origin_is_used_outside_of_its_declaration() {
    let table = files("origin/src/config", &["settings.rs"]);
    let declared = table[0].code().filter(|(_, line)| line.contains(" = \"") && line.contains("=>"));
    let used: String = files("origin/src", &[".rs"])
        .into_iter()
        .filter(|file| !file.path.contains("/config/") && file.path != "origin/src/config.rs")
        .map(|file| file.text)
        .collect();
    let used = words(&used, |_| true);
    let dead =
        declared.filter_map(|(_, line)| line.trim().split([':', ' ']).next()).filter(|field| !used.contains(*field));
    none("settings that nobody reads", dead.map(str::to_owned).collect());
}

#[test]
fn what_is_shared_does_no_io_reads_no_clock_and_draws_no_chance() {
    let shared: Vec<Source> = product().into_iter().filter(|source| source.path.starts_with("shared/")).collect();
    let banned = [
        "std::fs",
        "std::net::Tcp",
        "std::net::Udp",
        "std::process",
        "std::env",
        "std::thread",
        "std::io::std",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "getrandom",
        "rand::",
        "println!",
        "eprintln!",
    ];
    none("I/O, a clock or chance in shared", lines_with(&shared, |line| banned.iter().any(|word| line.contains(word))));
}

#[test]
fn no_sql_stands_outside_the_stores() {
    let outside =
        |path: &str| path.starts_with("origin/src") && !path.contains("/store/") && !path.contains("/migrations/");
    let sources: Vec<Source> = product().into_iter().filter(|source| outside(&source.path)).collect();
    let sql = ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE ", "CREATE TABLE"];
    // What comes from elsewhere is read where it is read: files of the Python runtime, backups.
    let elsewhere = ["origin/src/transfer/python.rs", "origin/src/backup.rs", "origin/src/backup/drill.rs"];
    let found = lines_with(&sources, |line| {
        line.split('"').skip(1).step_by(2).any(|text| sql.iter().any(|word| text.trim_start().starts_with(word)))
    });
    let known = |line: &&String| !elsewhere.iter().any(|path| line.starts_with(path));
    none("SQL outside of origin/src/store", found.iter().filter(known).cloned().collect());
}

#[test]
fn nothing_is_left_to_do_and_no_machine_is_named() {
    let mut sources = files("", &[".rs", ".md", ".toml", ".mjs", ".ts", ".css", ".html", ".yaml", ".yml", ".service"]);
    sources.retain(|source| !source.path.starts_with("tests/tidy/"));
    // Put together here, so that this file does not hold them.
    let marks: Vec<String> = ["TO-DO", "FIX-ME", "XX-X"].iter().map(|mark| mark.replace('-', "")).collect();
    let places: Vec<String> = ["/wo-rk/", "/ro-ot/", "/ho-me/"].iter().map(|place| place.replace('-', "")).collect();
    let mut found = Vec::new();
    for source in &sources {
        for (index, line) in source.text.lines().enumerate() {
            let marked = marks.iter().any(|mark| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == mark));
            if marked || places.iter().any(|place| line.contains(place.as_str())) {
                found.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    none("work left to do, or a path of a machine", found);
}

#[test]
fn every_module_says_first_what_lives_in_it() {
    let silent =
        product().into_iter().filter(|source| !source.text.starts_with("//!") && !source.text.starts_with("#!["));
    none("modules without a first line", silent.map(|source| source.path).collect());
}

/// Names of every test of the repository.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in files("", &[".rs"]) {
        for line in source.text.lines() {
            let line =
                line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("async ");
            if let Some(rest) = line.strip_prefix("fn ") {
                names.extend(rest.split(['(', '<']).next().map(str::to_owned));
            }
        }
    }
    names
}

#[test]
fn every_line_of_the_compliance_checklist_names_a_test_that_exists() {
    let page = files("docs", &["compliance.md"]);
    let tests = tests();
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in page[0].text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what ")) {
        rows += 1;
        let shown: Vec<&str> = line.rsplit('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2).collect();
        let missing = shown.iter().filter(|test| !tests.contains(test.rsplit("::").next().unwrap_or_default()));
        wrong.extend(missing.map(|test| format!("no test {test}: {line}")));
        if shown.is_empty() {
            wrong.push(format!("no test is named: {line}"));
        }
    }
    assert!(rows >= 20, "{rows} lines");
    none("the checklist", wrong);
}

/// Where a failure of a store, a file or the environment is taken for "nothing": what stands here was looked at, and says in its place
/// why that is right. A new one is a question to whoever adds it.
const FAILURES_TAKEN_FOR_NOTHING: [(&str, usize); 15] = [
    // A pass that a store stopped ends, and is taken up again where it was.
    ("edge/src/pipeline/erasures.rs", 6),
    // Caches: what can't be read is asked of the origin.
    ("edge/src/pipeline/state.rs", 1),
    ("edge/src/pipeline/capabilities.rs", 1),
    ("edge/src/notes.rs", 1),
    // A list that is lost: each kind is told of with its next refusal.
    ("edge/src/pipeline/reports.rs", 1),
    // A login that can't be checked has failed.
    ("origin/src/admin/passwords.rs", 2),
    // What can't be read is left out of what is measured; `/health` tells that the store fails.
    ("origin/src/http/health.rs", 3),
    // Figures of the journal: the last ones stay, and the log says why.
    ("edge/host/src/node.rs", 2),
    // Who gets no place in time is told so.
    ("edge/host/src/places.rs", 1),
    // Counts that did not arrive are told the next time, and by a node that knows its name.
    ("edge/src/pipeline/counts.rs", 1),
    ("edge/src/pipeline/presence.rs", 1),
    // Not Linux: a usual number of descriptors.
    ("origin/src/http/connections.rs", 1),
    // The lock's file is given to the owner of a store that may not be there yet.
    ("origin/src/store/sqlite/in_use.rs", 1),
    // Diagnoses and watching, which keep nothing.
    ("origin/src/doctor/gather.rs", 2),
    ("origin/src/cli/test/watch.rs", 2),
];

#[test]
fn no_failure_is_taken_for_nothing() {
    let of_the_product = ["edge/src/", "edge/host/src/", "origin/src/"];
    let sources: Vec<Source> = product()
        .into_iter()
        .filter(|source| of_the_product.iter().any(|folder| source.path.starts_with(folder)))
        .filter(|source| !source.path.starts_with("edge/src/cloudflare/") && !source.path.starts_with("edge/src/spin"))
        .collect();
    let swallows = |line: &str| {
        let has = |what: &str| line.contains(what);
        let ends = [".ok()", ".unwrap_or_default()", ".unwrap_or(None)"];
        ends.iter().any(|end| has(&format!(".await{end}")))
            || (has("fs::") || has("env::var(")) && (ends.iter().any(|end| has(end)) || has("let Ok("))
    };
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let lines = lines_with(&sources, swallows);
    for line in &lines {
        *found.entry(line.split(':').next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let allowed =
        |path: &str| FAILURES_TAKEN_FOR_NOTHING.iter().find(|(known, _)| *known == path).map_or(0, |(_, count)| *count);
    let others: Vec<_> = found.iter().filter(|(path, count)| **count != allowed(path)).collect();
    assert!(others.is_empty(), "{others:?}\n{}", lines.join("\n"));
}
