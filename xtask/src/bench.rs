//! `cargo xtask bench`: the figures of `docs/performance.md`, and the instruction counts that guard them.
//!
//! Times depend on the machine and on what else it does; counts of instructions hardly do. The counts stand in
//! `bench/counts.txt`, and whoever makes a piece of work dearer changes its line in the same commit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::folders;
use crate::shell::{exists, output, run, say};

/// How much dearer a piece may become before its line has to be changed, in hundredths.
const MAX_GROWTH_PERCENT: u64 = 5;
/// Rounds that are counted of a piece.
const ROUNDS: u64 = 8;
/// Rounds of the shorter and the longer run of a piece whose work other threads do.
const DIFFERENCE: (u64, u64) = (20, 60);

/// What the public Python runtime of LGDL takes for the same, in nanoseconds, on a machine of two cores.
const PEERS: &[(&str, f64)] = &[
    ("parse", 100e6),
    ("match-clinic", 21e3),
    ("match-10", 24e3),
    ("match-1000", 1.1e6),
    ("match-10000", 14.7e6),
    ("turn-match", 43e3),
    ("turn-slot", 7e6),
    ("commit-sqlite", 4.8e6),
];

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Measure the times and write the table.
    Times,
    /// Count the instructions and write the file.
    Count,
    /// Count them and compare with the file.
    Check,
}

/// How a check ended.
pub(crate) enum Checked {
    /// Nothing has become dearer.
    Holds,
    /// There was nothing to check with, and why.
    Skipped(String),
}

/// Does it.
pub(crate) fn bench(task: Task) -> Result<()> {
    match task {
        Task::Times => times(),
        Task::Count => {
            let counts = count_all()?;
            let file = counts_file();
            fs::write(&file, written(&counts, &compiler()?))
                .with_context(|| format!("cannot write {}", file.display()))?;
            say(format_args!("{} pieces counted", counts.len()));
            Ok(())
        }
        Task::Check => match check()? {
            Checked::Holds => Ok(()),
            Checked::Skipped(why) => {
                say(format_args!("skipped: {why}"));
                Ok(())
            }
        },
    }
}

/// Counts all pieces and compares: an error names those that have become dearer.
pub(crate) fn check() -> Result<Checked> {
    if !exists("valgrind") {
        return Ok(Checked::Skipped("the instruction counts: valgrind is not installed".into()));
    }
    let file = counts_file();
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Checked::Skipped(
                "the instruction counts: bench/counts.txt is not there; cargo xtask bench --counts writes it".into(),
            ));
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let (known, with) = read(&text)?;
    let compiler = compiler()?;
    if with != compiler {
        return Ok(Checked::Skipped(format!(
            "the instruction counts: they are those of {with}, this is {compiler}; cargo xtask bench --counts counts anew"
        )));
    }
    let faults = compare(&known, &count_all()?);
    ensure!(
        faults.is_empty(),
        "{}\nif that is meant: cargo xtask bench --counts, and say why in the commit",
        faults.join("\n")
    );
    Ok(Checked::Holds)
}

fn compare(known: &BTreeMap<String, u64>, counted: &BTreeMap<String, u64>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, now) in counted {
        match known.get(name) {
            None => faults.push(format!("{name}: {now} instructions, and no line in bench/counts.txt")),
            Some(before) if *now * 100 > *before * (100 + MAX_GROWTH_PERCENT) => {
                let grown = (*now as f64 / *before as f64 - 1.0) * 100.0;
                faults.push(format!("{name}: {now} instructions, {before} before: {grown:.1} % more"));
            }
            Some(before) if *now * (100 + MAX_GROWTH_PERCENT) < *before * 100 => {
                say(format_args!(
                    "{name}: {now} instructions, {before} before; write it down: cargo xtask bench --counts"
                ));
            }
            Some(_) => {}
        }
    }
    faults
        .extend(known.keys().filter(|name| !counted.contains_key(*name)).map(|name| format!("{name} is not counted")));
    faults
}

fn counts_file() -> PathBuf {
    folders::root().join("bench/counts.txt")
}

fn written(counts: &BTreeMap<String, u64>, compiler: &str) -> String {
    let mut text = format!(
        "# Instructions that each piece of work takes, counted by callgrind: cargo xtask bench --counts\n\
         # A line that grows by more than {MAX_GROWTH_PERCENT} % is changed in the commit that makes it grow.\n\
         compiler {compiler}\n"
    );
    for (name, count) in counts {
        let _ = writeln!(text, "{name} {count}");
    }
    text
}

/// The counts of the file, and the compiler that they are of.
fn read(text: &str) -> Result<(BTreeMap<String, u64>, String)> {
    let mut counts = BTreeMap::new();
    let mut compiler = None;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (name, rest) = line.split_once(' ').with_context(|| format!("bench/counts.txt: {line:?}"))?;
        if name == "compiler" {
            compiler = Some(rest.to_owned());
        } else {
            counts.insert(name.to_owned(), rest.trim().parse().with_context(|| format!("bench/counts.txt: {line:?}"))?);
        }
    }
    Ok((counts, compiler.context("bench/counts.txt names no compiler")?))
}

fn compiler() -> Result<String> {
    let version = output(Command::new("rustc").arg("--version").current_dir(folders::root()))?;
    let version = version.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    Ok(format!("{version} {}", std::env::consts::ARCH))
}

/// Builds a program of the benchmarks, with names for valgrind.
fn built(program: &str) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "-p", "lgdl-bench", "--features", "origin", "--bin", program]);
    run(cargo.current_dir(folders::root()))?;
    Ok(folders::target().join("release").join(program))
}

fn count_all() -> Result<BTreeMap<String, u64>> {
    ensure!(exists("valgrind"), "valgrind is not installed");
    let program = built("counts")?;
    let mut counts = BTreeMap::new();
    for line in output(Command::new(&program).arg("list"))?.lines() {
        let [name, counted, times] = line.split(' ').collect::<Vec<_>>()[..] else { bail!("not a piece: {line:?}") };
        let total = match counted {
            "function" => {
                collected(&program, name, ROUNDS, &["--collect-atstart=no", "--toggle-collect=*counts*measured*"])?
                    / ROUNDS
            }
            _ => {
                let (few, many) = DIFFERENCE;
                let (few_take, many_take) =
                    (collected(&program, name, few, &[])?, collected(&program, name, many, &[])?);
                many_take.saturating_sub(few_take) / (many - few)
            }
        };
        ensure!(total > 0, "valgrind counted nothing of {name}");
        counts.insert(name.to_owned(), total / times.parse::<u64>()?);
        say(format_args!("{name}: {}", counts[name]));
    }
    Ok(counts)
}

/// The instructions that callgrind collects while a piece runs.
fn collected(program: &PathBuf, name: &str, rounds: u64, options: &[&str]) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).args(options);
    valgrind.arg(program).arg(name).arg(rounds.to_string());
    let ran = valgrind.output().context("cannot start valgrind")?;
    let told = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success(), "valgrind on {name} ended with {}: {}", ran.status, told.trim());
    told.lines()
        .find_map(|line| line.split_once("Collected : ")?.1.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("valgrind does not say what it collected of {name}"))
}

/// Measures every piece and writes the table.
fn times() -> Result<()> {
    let figures = output(&mut Command::new(built("figures")?))?;
    let counts = match fs::read_to_string(counts_file()) {
        Ok(text) => read(&text)?.0,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(error).context("bench/counts.txt"),
    };
    let figures: Vec<Value> =
        figures.lines().map(serde_json::from_str).collect::<Result<_, _>>().context("figures prints lines of JSON")?;
    let table = table(&figures, &counts)?;
    let file = folders::root().join("docs/performance.md");
    let page = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let (before, rest) = page.split_once(BEGIN).context("docs/performance.md has no place for the table")?;
    let (_, after) = rest.split_once(END).context("docs/performance.md has no end of the table")?;
    fs::write(&file, format!("{before}{BEGIN}\n{table}{END}{after}"))
        .with_context(|| format!("cannot write {}", file.display()))?;
    say(format_args!("{} figures in {}", figures.len(), file.display()));
    Ok(())
}

/// Between these lines of the page stands what is measured.
const BEGIN: &str = "<!-- measured: cargo xtask bench -->";
const END: &str = "<!-- end of what is measured -->";

fn table(figures: &[Value], counts: &BTreeMap<String, u64>) -> Result<String> {
    let date = output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    let mut text = format!(
        "Measured on {date} by `cargo xtask bench`: {}, {}.\n\n| what | median | instructions | the Python runtime | ratio |\n|---|---|---|---|---|\n",
        machine(),
        compiler()?
    );
    for figure in figures {
        let name = figure["name"].as_str().context("a figure has no name")?;
        let what = figure["what"].as_str().context("a figure is of nothing")?;
        let median = figure["median_ns"].as_f64().context("a figure has no median")?;
        let instructions = counts.get(name).map_or_else(|| "–".to_owned(), |count| thousands(*count));
        let (peer, ratio) = match PEERS.iter().find(|(known, _)| *known == name) {
            Some((_, peer)) => (shown(*peer), format!("{:.0}", peer / median)),
            None => ("–".to_owned(), "–".to_owned()),
        };
        let _ = writeln!(text, "| {what} | {} | {instructions} | {peer} | {ratio} |", shown(median));
    }
    Ok(text)
}

fn shown(nanoseconds: f64) -> String {
    match nanoseconds {
        small if small < 1e3 => format!("{small:.0} ns"),
        middle if middle < 1e6 => format!("{:.1} µs", middle / 1e3),
        large => format!("{:.1} ms", large / 1e6),
    }
}

fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The processor and how many there are, as far as the system tells.
fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map(|(_, model)| model.trim());
    format!("{cpus} × {}", model.unwrap_or("a processor that the system does not name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
        of.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn what_becomes_dearer_is_named_and_what_becomes_cheaper_is_not() {
        let known = counts(&[("a", 1_000), ("b", 1_000), ("c", 1_000)]);
        assert!(compare(&known, &counts(&[("a", 1_050), ("b", 10), ("c", 1_000)])).is_empty());
        let faults = compare(&known, &counts(&[("a", 1_051), ("b", 1_000), ("d", 1)]));
        assert_eq!(faults.len(), 3);
        assert!(faults[0].contains("5.1 % more") && faults[1].contains("no line") && faults[2].contains("c is not"));
    }

    #[test]
    fn the_file_is_read_as_it_is_written() {
        let known = counts(&[("match-10", 4_321), ("turn", 12)]);
        let (read, compiler) = read(&written(&known, "rustc 1.0.0 x86_64")).unwrap();
        assert_eq!((read, compiler.as_str()), (known, "rustc 1.0.0 x86_64"));
        assert!(super::read("turn 12").is_err());
    }

    #[test]
    fn numbers_are_shown_for_people() {
        assert_eq!(
            (thousands(1_234_567), thousands(12), shown(862.0), shown(1_500.0)),
            ("1,234,567".to_owned(), "12".to_owned(), "862 ns".to_owned(), "1.5 µs".to_owned())
        );
    }
}
