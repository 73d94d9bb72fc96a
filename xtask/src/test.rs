//! `cargo xtask test`: every check of the project, with its set-up. Goes on after a failure, so that one run shows all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use lgdl_skips::Need;

use crate::shell::{exists, is_root, output, run};
use crate::{audit, bench, debian, folders, npm, operations, schemathesis, suites, wasm, worker};

/// One part of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// formatting
    Fmt,
    /// lints, warnings are errors
    Clippy,
    /// licences, sources, bans
    Audit,
    /// the edge component
    Wasm,
    /// the Worker for Cloudflare, and its size
    Worker,
    /// the browser client: types, bundles, tests
    Client,
    /// PostgreSQL, Chromium and npm packages that tests use
    Setup,
    /// every test of the workspace
    Unit,
    /// documentation, warnings are errors
    Docs,
    /// instructions of the pieces of work that are guarded
    Counts,
}

/// How a part ended.
enum End {
    Passed,
    Failed(String),
    Skipped(String),
}

/// Tests, counted from cargo's closing lines, and the other parts, each as one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// What runs when: stages one after the other, in each a lane for each of two cores, in each lane its parts in their order.
/// The first lane of the first stage compiles all the time; the second ends in steps on one core and waits for packages. The
/// tests mostly wait for processes, and what computes beside them does not disturb them.
const STAGES: [[&[Part]; 2]; 2] = [
    [&[Part::Fmt, Part::Clippy, Part::Audit], &[Part::Wasm, Part::Worker, Part::Client, Part::Setup]],
    [&[Part::Unit], &[Part::Docs, Part::Counts]],
];

/// Runs the parts and says how each ended; an error when one failed.
pub(crate) fn test(only: &[Part], filter: &[String]) -> Result<()> {
    let mut count = Count::default();
    let mut failed = Vec::new();
    let mut lines = Vec::new();
    let wanted = |part: &Part| only.is_empty() || only.contains(part);
    for stage in STAGES {
        let lanes = stage.map(|lane| lane.iter().copied().filter(wanted).collect::<Vec<_>>());
        for (part, (ends, took)) in run_lanes(&lanes, filter, &mut count) {
            for end in ends {
                lines.push(describe(part, &end, took));
                match end {
                    // Each test was counted already.
                    End::Passed if part == Part::Unit => {}
                    End::Passed => count.passed += 1,
                    End::Skipped(_) => count.ignored += 1,
                    End::Failed(_) => {
                        // Tests that did not even compile leave no count.
                        count.failed += usize::from(part != Part::Unit || count.failed == 0);
                        failed.push(part);
                    }
                }
            }
        }
    }
    eprintln!();
    for line in &lines {
        eprintln!("{line}");
    }
    println!("{} passed, {} failed, {} skipped", count.passed, count.failed, count.ignored);
    if !failed.is_empty() {
        failed.dedup();
        let names: Vec<_> = failed.iter().map(|part| name(*part)).collect();
        bail!("failed: {}", names.join(", "));
    }
    Ok(())
}

/// Runs lanes at the same time, the parts of each one after the other, and adds up the tests that they count.
fn run_lanes(lanes: &[Vec<Part>], filter: &[String], count: &mut Count) -> BTreeMap<Part, (Vec<End>, Duration)> {
    std::thread::scope(|scope| {
        let run = |lane: &[Part]| {
            let mut counted = Count::default();
            let ends: Vec<_> = lane.iter().map(|&part| (part, run_timed(part, filter, &mut counted))).collect();
            (ends, counted)
        };
        let running: Vec<_> = lanes.iter().map(|lane| (lane, scope.spawn(move || run(lane)))).collect();
        let mut ended = BTreeMap::new();
        for (lane, thread) in running {
            let fell = |part: &Part| (*part, (vec![End::Failed("xtask itself broke down".to_owned())], Duration::ZERO));
            let (ends, counted) = thread.join().unwrap_or_else(|_| (lane.iter().map(fell).collect(), Count::default()));
            ended.extend(ends);
            count.add(counted);
        }
        ended
    })
}

/// How a part ended, and how long it took.
fn run_timed(part: Part, filter: &[String], count: &mut Count) -> (Vec<End>, Duration) {
    let begun = Instant::now();
    let ends = match run_part(part, filter, count) {
        Ok(ends) => ends,
        Err(error) => vec![End::Failed(format!("{error:#}"))],
    };
    (ends, begun.elapsed())
}

fn run_part(part: Part, filter: &[String], count: &mut Count) -> Result<Vec<End>> {
    match part {
        Part::Fmt => run(cargo().args(["fmt", "--all", "--check"]))?,
        Part::Clippy => run(cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "lgdl-bench/origin",
            "--",
            "-D",
            "warnings",
        ]))?,
        Part::Audit => audit::audit()?,
        Part::Wasm => drop(wasm::build_edge(wasm::Target::Wasip1, None)?),
        Part::Worker => match npm_is_here() {
            true => drop(worker::build()?),
            false => return Ok(vec![End::Skipped("the Worker: npm is not installed (Node.js 20 or later)".into())]),
        },
        Part::Client => match npm_is_here() {
            true => npm::test(&folders::root().join("edge/client"))?,
            false => return Ok(vec![End::Skipped("the client: npm is not installed (Node.js 20 or later)".into())]),
        },
        Part::Setup => return set_up(),
        Part::Unit => return Ok(vec![unit(filter, count)?]),
        Part::Docs => {
            // The pages are for those who work on the code: they have its private items, and may link to them.
            let arguments = ["doc", "--workspace", "--no-deps", "--document-private-items"];
            let flags = "-D warnings -A rustdoc::private-intra-doc-links";
            run(cargo().args(arguments).env("RUSTDOCFLAGS", flags))?;
        }
        Part::Counts => match bench::check()? {
            bench::Checked::Holds => {}
            bench::Checked::Skipped(why) => return Ok(vec![End::Skipped(why)]),
        },
    }
    Ok(vec![End::Passed])
}

/// All tests, with what they print passed on and their closing lines added up.
fn unit(filter: &[String], count: &mut Count) -> Result<End> {
    // An older component could not read the games of this version; cargo does nothing when it is fresh.
    let component = wasm::build_edge(wasm::Target::Wasip1, None)?;
    let worker = if npm_is_here() { Some(worker::build()?) } else { None };
    let skips = folders::root().join("target/skipped-tests.txt");
    match std::fs::remove_file(&skips) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).context("the list of skips"),
        _ => {}
    }
    let mut environment = vec![
        (lgdl_skips::FILE, shown(&skips)?),
        (lgdl_skips::PROVIDED, provided(worker.is_some()).join(",")),
        ("LGDL_COMPONENT", shown(&component)?),
        ("LGDL_SCHEMATHESIS", shown(&schemathesis::program()?)?),
        ("LGDL_OPERATIONS", shown(&operations::folder()?)?),
    ];
    if let Some(worker) = worker {
        environment.push(("LGDL_WORKER", shown(&worker)?));
    }
    let (selection, arguments) = match filter.iter().position(|argument| argument == "--") {
        Some(at) => (&filter[..at], &filter[at + 1..]),
        None => (filter, &[][..]),
    };
    if selection.is_empty() {
        // The one that all test programs were built with: a build of the program alone has dependencies with other features.
        environment.push(("LGDL_PROGRAM", shown(&folders::target().join("debug/lgdl"))?));
    }
    let counted = Mutex::new(Count::default());
    let tell = |printed: &str| {
        print!("{printed}");
        let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
        printed.lines().filter_map(read_closing_line).for_each(|closing| counted.add(closing));
    };
    let failed = suites::run(suites::build(selection)?, arguments, &environment, &tell)?;
    count.add(counted.into_inner().unwrap_or_else(PoisonError::into_inner));
    take_skips(&skips, count)?;
    Ok(if failed.is_empty() { End::Passed } else { End::Failed(failed.join(", ")) })
}

fn shown(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("{} is no text", path.display()))
}

/// What the set-up has provided: a test that misses one of these fails.
fn provided(worker: bool) -> Vec<&'static str> {
    let node = npm_is_here();
    let there = [
        (Need::Component, true),
        (Need::Worker, worker),
        (Need::PostgreSql, postgres_is_here()),
        (Need::Browser, node && chromium_is_here()),
        (Need::Schemathesis, schemathesis::is_here()),
    ];
    let there = there.into_iter().filter(|(_, there)| *there).map(|(need, _)| need);
    there.chain(operations::provided()).map(Need::name).collect()
}

/// Prints the tests that had nothing to check, and takes them from those that passed.
fn take_skips(file: &Path, count: &mut Count) -> Result<()> {
    let skips = match std::fs::read_to_string(file) {
        Ok(skips) => skips,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).context("the list of skips"),
    };
    let skipped = skipped_tests(&skips);
    for (test, lines) in &skipped {
        for line in lines {
            println!("skipped  {test} {line}");
        }
    }
    count.passed = count.passed.saturating_sub(skipped.len());
    count.ignored += skipped.len();
    Ok(())
}

/// What each test said, by the test's name: one that skips several parts is one test.
fn skipped_tests(skips: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut tests: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (test, why) in skips.lines().filter_map(|line| line.split_once(' ')) {
        tests.entry(test).or_default().push(why);
    }
    tests
}

fn read_closing_line(line: &str) -> Option<Count> {
    let numbers = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let number = |label: &str| {
        let mut parts = numbers.split("; ");
        parts.find_map(|part| part.strip_suffix(label)?.trim().parse::<usize>().ok())
    };
    Some(Count { passed: number("passed")?, failed: number("failed")?, ignored: number("ignored")? })
}

/// Programs that some tests need. A test that lacks one says so itself; here is told how to have it.
fn set_up() -> Result<Vec<End>> {
    let mut ends = Vec::new();
    for (what, there, package) in
        [("PostgreSQL", postgres_is_here(), "postgresql"), ("Chromium", chromium_is_here(), "chromium")]
    {
        if there {
            continue;
        }
        if !(debian::is_here() && is_root()) {
            ends.push(End::Skipped(format!(
                "tests with {what}: it is not installed; as root: apt-get install {package}"
            )));
            continue;
        }
        if let Err(error) = debian::install(&[package]) {
            ends.push(End::Skipped(format!("tests with {what}: {error:#}")));
        }
    }
    for folder in npm_packages()? {
        if !npm_is_here() {
            ends.push(End::Skipped(format!(
                "tests in {}: npm is not installed (Node.js 20 or later)",
                folder.display()
            )));
        } else {
            npm::provide(&folder)?;
        }
    }
    if let Err(error) = schemathesis::install() {
        ends.push(End::Skipped(format!("the test with schemathesis: {error:#}")));
    }
    ends.extend(operations::install().into_iter().map(End::Skipped));
    if ends.is_empty() {
        ends.push(End::Passed);
    }
    Ok(ends)
}

/// npm comes with Node.js, which runs what it installs.
fn npm_is_here() -> bool {
    exists("npm") && exists("node")
}

fn chromium_is_here() -> bool {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().any(exists)
}

fn postgres_is_here() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    exists("initdb") || versions.map(|version| version.path().join("bin/initdb")).any(|initdb| initdb.is_file())
}

/// Folders of the checkout with a `package-lock.json`.
fn npm_packages() -> Result<Vec<PathBuf>> {
    let root = folders::root();
    let files = output(Command::new("git").args(["ls-files", "*package-lock.json"]).current_dir(&root))?;
    Ok(files.lines().filter_map(|file| root.join(file).parent().map(Path::to_owned)).collect())
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(folders::root());
    command
}

fn describe(part: Part, end: &End, took: Duration) -> String {
    let seconds = took.as_secs();
    match end {
        End::Passed => format!("passed   {:<7} {seconds} s", name(part)),
        End::Failed(why) => format!("FAILED   {:<7} {seconds} s: {why}", name(part)),
        End::Skipped(why) => format!("skipped  {:<7} {why}", name(part)),
    }
}

fn name(part: Part) -> String {
    part.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_one_place_among_the_stages() {
        let mut placed: Vec<Part> = STAGES.into_iter().flatten().flatten().copied().collect();
        placed.sort_unstable();
        assert_eq!(placed, Part::value_variants());
    }

    #[test]
    fn the_closing_lines_of_cargo_test_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.01s";
        assert_eq!(read_closing_line(line), Some(Count { passed: 12, failed: 3, ignored: 1 }));
        assert_eq!(read_closing_line("running 3 tests"), None);
    }

    #[test]
    fn a_test_that_skips_two_parts_is_one_skipped_test() {
        let skips = "a::b (postgresql): no server\nc (browser): no Chromium\na::b (component): none\n";
        let tests = skipped_tests(skips);
        assert_eq!(tests.keys().copied().collect::<Vec<_>>(), ["a::b", "c"]);
        assert_eq!(tests["a::b"].len(), 2);
    }

    #[test]
    fn skips_are_taken_from_what_passed() {
        let folder = std::env::temp_dir().join(format!("lgdl-skips-{}", std::process::id()));
        std::fs::write(&folder, "a (programs): no jq\n").expect("a file");
        let mut count = Count { passed: 5, failed: 0, ignored: 1 };
        take_skips(&folder, &mut count).expect("readable");
        std::fs::remove_file(&folder).expect("ours");
        assert_eq!(count, Count { passed: 4, failed: 0, ignored: 2 });
    }
}
