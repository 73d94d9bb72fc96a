//! The real service, spoken to over HTTP by a client as edges are.

mod admin;
mod bad_input;
mod client;
mod commits;
mod desk;
mod encryption;
mod erasures;
mod events;
mod games;
mod handovers;
mod health;
mod owasp;
mod push;
mod reports;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/siem.rs"]
mod siem;
mod signatures;
mod tokens;
