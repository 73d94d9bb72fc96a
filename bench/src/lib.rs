//! Benchmarks live in `benches/`, load on running servers in `src/bin/`. Nothing else lives here.
