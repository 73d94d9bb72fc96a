//! The real service, spoken to over HTTP by a client as edges are.

mod admin;
mod agents;
mod alerts;
mod archives;
mod backups;
mod bad_input;
#[path = "../support/certificates.rs"]
mod certificates;
mod client;
mod commits;
mod desk;
mod encryption;
mod erasures;
mod events;
mod games;
mod handovers;
mod health;
mod learning;
mod older_edges;
mod owasp;
mod own_turns;
mod push;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/receiver.rs"]
mod receiver;
mod reports;
mod sessions;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/siem.rs"]
mod siem;
mod signatures;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/sinks.rs"]
mod sinks;
mod spans;
mod tls;
mod tokens;
mod webhooks;
