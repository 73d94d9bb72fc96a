//! What travels: the HTTP types that clients see, and the protocol between edge and origin.

pub mod client;
pub mod node;
pub mod origin;
pub mod signature;
pub mod trace;
