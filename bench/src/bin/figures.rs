//! Times every piece of work and prints a line of JSON for each: its name, what it is, and the median in nanoseconds.
//!
//! `cargo run --release -p lgdl-bench --features origin --bin figures`; `cargo xtask bench` makes a table of it.

use std::time::{Duration, Instant};

use lgdl_bench::pieces::PIECES;
use serde_json::json;

/// Samples of each piece, and the time that all of them may take.
const SAMPLES: usize = 101;
const TIME: Duration = Duration::from_secs(2);

fn main() -> anyhow::Result<()> {
    for piece in PIECES {
        let mut work = (piece.ready)()?;
        let begun = Instant::now();
        work();
        let once = begun.elapsed().max(Duration::from_nanos(1));
        // Short pieces are run several times a sample, so that the clock's own time does not count.
        let rounds = (Duration::from_micros(200).as_nanos() / once.as_nanos()).clamp(1, 1_000) as u32;
        let mut samples = Vec::with_capacity(SAMPLES);
        let all = Instant::now();
        while samples.len() < SAMPLES && (samples.len() < 3 || all.elapsed() < TIME) {
            let begun = Instant::now();
            (0..rounds).for_each(|_| work());
            samples.push(begun.elapsed() / rounds);
        }
        samples.sort_unstable();
        let median = samples[samples.len() / 2].as_nanos() as f64 / piece.times as f64;
        println!("{}", json!({ "name": piece.name, "what": piece.what, "median_ns": median }));
    }
    Ok(())
}
