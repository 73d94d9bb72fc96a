//! The audit log: its chain, what is told in it, and how it is checked, signed, written out, sent on and kept up.

mod chain;
mod checkpoint;
pub mod events;
mod export;
mod keeper;
mod push;
mod verify;

pub use chain::{GENESIS, hash_of, link};
pub use checkpoint::{Checkpoint, CheckpointError, checkpoint, read_checkpoints};
pub use export::export;
pub use keeper::{drain, keep, tell_configuration, trim};
pub use push::{EndpointError, Lag, MAX_LAG_MS, Push, PushError, Round, lag};
pub use verify::{Fault, Finding, MAX_FINDINGS, Report, verify};
