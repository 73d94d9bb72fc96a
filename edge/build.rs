//! Gives the Spin component its memory at once. An instance lives for one request; growing its memory step by step would
//! cost a system call and a look at every other thread each time.

/// Bytes; what a turn of a large game takes fits in, and what is not touched costs nothing.
const INITIAL_MEMORY: usize = 8 * 1024 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("wasi") {
        println!("cargo::rustc-link-arg-cdylib=--initial-memory={INITIAL_MEMORY}");
    }
}
