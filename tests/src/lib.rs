//! What tests of several crates share: whole deployments on loopback, in this process and in processes of their own, and
//! the files that conversations are held with.

pub mod chaos;
pub mod collector;
pub mod games;
pub mod origin;
pub mod platforms;
pub mod raw;
pub mod stack;
