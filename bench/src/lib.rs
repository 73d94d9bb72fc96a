//! Benchmarks live in `benches/`, load on running servers and reports of figures in `src/bin/`. What they share is here.

#[cfg(feature = "origin")]
pub mod commits;
pub mod games;
pub mod pieces;
pub mod turns;

/// Memory comes from where the program `lgdl` has it from: a tenth of a turn hangs on it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
