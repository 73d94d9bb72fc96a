//! `lgdl doctor`: whether a deployment is fit to serve, line by line, with what to do.

use std::path::{Path, PathBuf};

use http::Uri;
use lgdl_edge_host::{CACHE_FILE, JOURNAL_FILE, Node, sealed_otherwise};
use lgdl_origin::doctor::{Asked, CHECKS, Expected, Facts, Level, Line, Program, examine, verdict};
use serde::Serialize;

use super::console::Console;
use super::failure::{End, Failure, Verdict};
use super::health::address;
use super::runtime;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Before the first start: there is no store yet, and it will be made
    #[arg(long, conflicts_with = "edge")]
    new: bool,
    /// Look at the settings of an edge node of this machine, and whether it reaches its origin
    #[arg(long)]
    edge: bool,
    /// Where that node keeps what waits
    #[arg(long, value_name = "FOLDER", requires = "edge")]
    data: Option<PathBuf>,
    /// Ask a node or an origin how it is, too
    #[arg(long, value_name = "URL", value_parser = address)]
    url: Vec<Uri>,
    /// Write the lines as one JSON document
    #[arg(long)]
    json: bool,
    /// Say what is looked at, as a table, and look at nothing
    #[arg(long, conflicts_with_all = ["config", "new", "edge", "data", "url", "json"])]
    markdown: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    verdict: Level,
    version: &'static str,
    lines: &'a [Line],
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    if arguments.markdown {
        return list(console);
    }
    let asked = Asked {
        program: if arguments.edge { Program::Edge } else { Program::Origin },
        config: arguments.config.clone(),
        data: arguments.data.clone(),
        nodes: arguments.url.clone(),
        expected: if arguments.new { Expected::NewStore } else { Expected::Store },
    };
    let lines = looked(&asked, |_| true)?;
    let verdict = verdict(&lines);
    if arguments.json {
        console.json(&Report { verdict, version: env!("CARGO_PKG_VERSION"), lines: &lines })?;
        return Ok(Verdict::when(verdict != Level::Fail));
    }
    show_all(&lines, console)
}

/// Looks at what keeps a program from starting, and at nothing else.
pub(super) fn check(asked: &Asked, names: &[&str], console: &mut Console) -> End {
    show_all(&looked(asked, |line| names.contains(&line.check))?, console)
}

fn looked(asked: &Asked, wanted: impl Fn(&Line) -> bool) -> Result<Vec<Line>, Failure> {
    runtime::block_on(async {
        let mut facts = Facts::gather(asked).await;
        facts.unopened = unopened(&facts, asked.data.as_deref());
        Ok(examine(&facts).into_iter().filter(wanted).collect())
    })
}

fn show_all(lines: &[Line], console: &mut Console) -> End {
    for line in lines {
        show(line, console)?;
    }
    let count = |level| lines.iter().filter(|line| line.finding.level == level).count();
    let (ok, warn, fail) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
    console.line(format_args!("{ok} ok, {warn} warn, {fail} fail"))?;
    Ok(Verdict::when(verdict(lines) != Level::Fail))
}

/// What a node would find at its start that its key does not open; nothing, where no folder was named.
fn unopened(facts: &Facts, folder: Option<&Path>) -> Option<Result<usize, String>> {
    let (folder, settings) = (folder?, facts.settings.as_ref().ok()?);
    if [JOURNAL_FILE, CACHE_FILE].iter().all(|file| !folder.join(file).exists()) {
        return Some(Ok(0));
    }
    let key = settings.edge.get("state_key").map_or("", String::as_str);
    let looked = Node::open(Some(folder)).and_then(|node| Ok(sealed_otherwise(&node, key)?));
    Some(looked.map_err(|error| error.to_string()))
}

fn show(line: &Line, console: &mut Console) -> Result<(), Failure> {
    let (word, style) = match line.finding.level {
        Level::Ok => ("ok  ", "32"),
        Level::NotSeen => ("-   ", "2"),
        Level::Warn => ("warn", "33"),
        Level::Fail => ("FAIL", "1;31"),
    };
    let found = format_args!("  {:11} {}", line.check, line.finding.what);
    console.styled(&console.style().painted(style, word).plain(found))?;
    match &line.finding.todo {
        Some(todo) => console.line(format_args!("      {:11} → {todo}", "")),
        None => Ok(()),
    }
}

/// The checklist of the guides.
fn list(console: &mut Console) -> End {
    console.line("| line | what holds | origin | edge |\n|---|---|---|---|")?;
    for check in CHECKS {
        let of = |program| if check.of.contains(&program) { "×" } else { "" };
        let (origin, edge) = (of(Program::Origin), of(Program::Edge));
        console.line(format_args!("| `{}` | {} | {origin} | {edge} |", check.name, check.about))?;
    }
    Ok(Verdict::Yes)
}
