//! The origin: what must last. Stores, the commit protocol, games, and the HTTP service that edges speak to.
//!
//! The command line lies in `cli` and calls what is public here; nothing here prints or exits.

pub mod admin;
pub mod audit;
pub mod clock;
pub mod config;
pub mod exports;
pub mod games;
pub mod hex;
pub mod http;
pub mod ids;
pub mod keys;
pub mod metrics;
pub mod migrations;
pub mod privacy;
pub mod random;
pub mod records;
pub mod serve;
pub mod store;

pub use config::Config;
pub use serve::{serve, start};
