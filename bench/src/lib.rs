//! Benchmarks live in `benches/`, load on running servers and reports of figures in `src/bin/`. What they share is here.

#[cfg(feature = "origin")]
pub mod commits;
pub mod games;
pub mod pieces;
pub mod turns;

use std::time::Duration;

/// How many there are, and what half, 95 and 99 of a hundred took at most.
///
/// # Panics
/// When there is none.
pub fn figures(times: &mut [Duration]) -> String {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    format!("{:>6}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", times.len(), at(50), at(95), at(99))
}

/// Memory comes from where the program `lgdl` has it from: a tenth of a turn hangs on it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
