//! The audit log: its chain, what is told in it, and how it is checked, signed, written out, sent on and kept up.

mod chain;
mod checkpoint;
pub mod events;
mod export;
mod keeper;
mod push;
mod verify;

pub use chain::{GENESIS, hash_of, link};
pub use checkpoint::{Checkpoint, CheckpointError, Checkpoints, checkpoint, read_checkpoints};
pub use export::export;
pub use keeper::{MAX_OUTBOX_MS, drain, keep, keeps_checkpoints, outbox_waits_ms, tell_configuration, trim};
pub use push::{Lag, MAX_LAG_MS, Siem, lag, push};
pub use verify::{Fault, Finding, MAX_FINDINGS, Report, verify};
