//! Chaos on real processes: `lgdl serve` on a real store, an edge node in a process of its own, links between them that can
//! be made slow, silent or torn, and clients that write down what they were told. Which faults happen when stands in
//! `tests/tests/chaos.rs`; what came of them in `docs/chaos.md`.

pub mod client;
pub mod deployment;
pub mod ledger;
pub mod link;
pub mod node;
pub mod processes;
pub mod report;
pub mod run;

#[allow(dead_code)] // the origin's own tests use the rest
#[path = "../../../origin/tests/support/postgres.rs"]
mod postgres_server;
