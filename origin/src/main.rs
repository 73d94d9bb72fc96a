//! The `lgdl` command.
fn main() {}
