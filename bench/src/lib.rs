//! Benchmarks live in `benches/`, load on running servers and reports of figures in `src/bin/`. What they share is here.

pub mod games;
pub mod turns;
