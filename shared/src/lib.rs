//! LGDL: the language, its engine, and the pure parts of the edge protocol.
//!
//! Nothing in this crate does I/O, reads a clock or draws randomness: time, zone and random bytes are
//! arguments. The same inputs give the same bytes on every platform.
#![deny(missing_docs)]

pub mod api_key;
pub mod breaker;
pub mod compiled;
pub mod crypto;
mod decimal;
pub mod diagnostics;
pub mod engine;
pub mod entities;
#[cfg(feature = "golden")]
pub mod golden;
pub mod ids;
pub mod ir;
pub mod language;
pub mod limits;
pub mod matcher;
pub mod meaning;
pub mod mocks;
pub mod networks;
mod order;
pub mod privacy;
pub mod problem;
pub mod services;
pub mod settings;
pub mod slots;
pub mod syntax;
pub mod template;
pub mod text;
#[cfg(feature = "golden")]
pub mod texts;
pub mod visible;
pub mod wire;
