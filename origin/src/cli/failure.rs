//! How a command ends.

use std::io;

/// The answer of a command that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Exit status 0.
    Yes,
    /// A file is invalid, a dialogue fails: exit status 1.
    No,
}

impl Verdict {
    /// `Yes` when it holds.
    pub(super) fn when(holds: bool) -> Verdict {
        if holds { Verdict::Yes } else { Verdict::No }
    }

    /// `No` when either is.
    pub(super) fn and(self, other: Verdict) -> Verdict {
        Verdict::when(self == Verdict::Yes && other == Verdict::Yes)
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was asked for what cannot be: exit status 2.
    Usage(String),
    /// It was stopped on the way: exit status 1.
    Failed(String),
    /// Whoever read our output has stopped reading, as `head` does. No error of ours: exit status 0.
    ReaderGone,
}

impl Failure {
    /// A failure to write our output.
    pub(super) fn of_output(error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::Failed(format!("cannot write the output: {error}")),
        }
    }
}

/// What every command gives back.
pub(super) type End = Result<Verdict, Failure>;
