//! An edge node on one machine: runs the very component that is deployed to Spin, in wasmtime, with what Spin gives it.
//!
//! [`Host::start`] takes a [`HostConfig`] and gives a running node with its bound address; [`Host::stop`] finishes what it
//! has accepted. An instance serves one request at a time, with bounds on its
//! memory and its time, and some more after it. The component asks for
//! nothing but Spin's interfaces, so what runs here runs there.

mod component;
mod computing;
mod config;
mod files;
mod guest;
mod instances;
mod kv;
#[cfg(test)]
mod log_lines;
mod manifest;
mod metrics;
mod node;
mod outbound;
mod peers;
mod places;
mod sealing;
mod server;
mod spin;
mod streams;
mod taken;
mod traces;

pub use config::{HostConfig, LocalAnswer, LocalService, Storage};
pub use kv::CACHE_FILE;
pub use manifest::{Manifest, ManifestError};
pub use node::{JOURNAL_FILE, Node, OpenError};
pub use server::{Host, StartError, sealed_otherwise};
