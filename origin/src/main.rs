//! The `lgdl` command. All of it lies in [`cli`].

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
