//! The edge node: one request pipeline over a small [`platform::Platform`] trait, and thin adapters.
//!
//! A platform's adapter takes a request off its platform as [`pipeline::request::Received`], calls [`pipeline::handle`],
//! sends the response, and then runs [`pipeline::finish`]. Nothing else differs between platforms.

pub mod answer;
pub mod call;
#[cfg(feature = "cloudflare")]
mod cloudflare;
pub mod constants;
pub mod digest;
mod json;
pub mod kv_journal;
pub mod memory;
pub mod native;
pub mod notes;
pub mod origin;
pub mod pipeline;
pub mod platform;
pub mod routes;
pub mod seal;
pub mod settings;
pub mod shards;
#[cfg(feature = "spin")]
mod spin;
pub mod time_zone;
