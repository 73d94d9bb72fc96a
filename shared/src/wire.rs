//! What travels: the HTTP types that clients see, and the protocol between edge and origin.

pub mod client;
pub mod origin;
pub mod signature;
