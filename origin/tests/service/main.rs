//! The real service, spoken to over HTTP by a client as edges are.

mod bad_input;
mod client;
mod commits;
mod encryption;
mod games;
mod health;
mod signatures;
