//! Runs one piece of work a number of times, for counting its instructions under valgrind.
//!
//! `counts list` names the pieces, how each is counted and how many things each does; `counts NAME ROUNDS` runs one.
//! `cargo xtask bench --counts` does that, and writes or checks `bench/counts.txt`.

use std::hint::black_box;

use anyhow::{Context as _, bail};
use lgdl_bench::pieces::{Counted, PIECES, Work};

/// Rounds at most.
const MAX_ROUNDS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, rounds) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => {
            for piece in PIECES {
                let counted = match piece.counted {
                    Counted::Function => "function",
                    Counted::Difference => "difference",
                };
                println!("{} {counted} {}", piece.name, piece.times);
            }
            return Ok(());
        }
        [name, rounds] => (name, rounds.parse::<usize>()?.min(MAX_ROUNDS)),
        _ => bail!("usage: counts list | NAME ROUNDS"),
    };
    let piece = PIECES.iter().find(|piece| piece.name == name).with_context(|| format!("no piece is called {name}"))?;
    let mut work = (piece.ready)()?;
    warm(&mut work);
    for _ in 0..rounds {
        measured(&mut work);
    }
    Ok(())
}

/// Fills caches. It says so, lest the compiler make one function of it and of what is counted.
#[inline(never)]
fn warm(work: &mut Work) {
    black_box("warm");
    black_box(work)();
}

/// What valgrind counts.
#[inline(never)]
fn measured(work: &mut Work) {
    black_box(work)();
}
