//! Moving what a store holds: from one store to another, to and from JSON lines, and proof that it arrived.
//!
//! Everything goes page by page, so memory does not grow with the store. Nothing here prints: progress is a callback.

mod copy;
mod lines;
mod python;
mod sealing;
mod verify;

use async_trait::async_trait;

use crate::store::{Page, Result, Section, Store};

pub use copy::{CopyOptions, CopyReport, copy};
pub(crate) use lines::read_line;
pub use lines::{ExportOptions, ImportError, ImportOptions, LineReport, export, import};
pub use python::{PythonOptions, PythonSource};
pub use sealing::Sealing;
pub use verify::{Difference, VerifyReport, verify, verify_readable};

/// Records that are read and written in one go.
pub const PAGE: u32 = 500;

/// Where records come from.
#[async_trait]
pub trait Source: Send + Sync {
    /// What names it in messages and in the marks that a resumed copy goes on from.
    fn name(&self) -> String;

    /// As [`crate::store::Transfer::page`].
    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page>;
}

/// A store of ours as a source.
#[derive(Debug)]
pub struct StoreSource<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// What names it: a path, or a URL without its password.
    pub name: String,
}

#[async_trait]
impl Source for StoreSource<'_> {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page> {
        self.store.page(section, after, limit).await
    }
}

/// How far a transfer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The part that is being worked on.
    pub section: Section,
    /// Records of it that are done.
    pub records: u64,
}
