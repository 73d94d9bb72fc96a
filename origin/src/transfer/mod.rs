//! Moving what a store holds: from one store to another, to and from JSON lines, and proof that it arrived.
//!
//! Everything goes page by page, so memory does not grow with the store. Nothing here prints: progress is a callback.

mod copy;
mod lines;
mod python;
mod sealing;
mod verify;

use async_trait::async_trait;

use lgdl::compiled::CompiledGame;

use crate::store::{Page, Record, Result, Section, Store, StoreError};

pub use copy::{CopyOptions, CopyReport, copy};
pub(crate) use lines::read_line;
pub use lines::{ExportOptions, ImportError, ImportOptions, LineReport, check_file, export, import};
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

/// Refuses a record that is not what it says: a compiled game whose bytes are not those of its version, which nodes would run.
pub(crate) fn check(record: &Record) -> Result<()> {
    let Record::GameVersion(version) = record else { return Ok(()) };
    let game = CompiledGame::load(version.compiled.as_slice().into());
    if game.is_ok_and(|game| game.is_intact() && game.version() == version.row.version) {
        return Ok(());
    }
    Err(StoreError::Damaged(format!("the compiled form of {} is not the one that its version names", record.place())))
}
