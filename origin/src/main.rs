//! The `lgdl` command. All of it lies in [`cli`].

mod cli;

/// A turn makes many small allocations on several threads; the system's allocator takes a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
