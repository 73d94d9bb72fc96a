//! What tests of several crates share: a whole deployment on loopback, and the files that conversations are held with.

pub mod games;
pub mod stack;
