//! `cargo xtask`: the project's own commands. Each does its own set-up, so that a fresh clone needs nothing but Rust.

mod debian;
mod folders;
mod shell;
mod wasm;

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
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Wasm { target } => {
            println!("{}", wasm::build_edge(target)?.display());
            Ok(())
        }
    }
}
