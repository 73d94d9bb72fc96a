//! Writing the audit log out, one JSON document a line, for a SIEM or an archive.

use std::io::{self, Write};

use crate::store::{MAX_PAGE, Store, StoreError};

/// Writes the links after sequence `after`; returns how many. What was written can be taken up again after its last
/// `sequence`.
///
/// # Errors
/// When the store or the writer fails.
pub async fn export(store: &dyn Store, after: u64, out: &mut (dyn Write + Send)) -> Result<u64, ExportError> {
    let (mut written, mut after) = (0, after);
    loop {
        let rows = store.audit(after, MAX_PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.sequence;
        for row in &rows {
            let line = serde_json::to_string(row).map_err(io::Error::from)?;
            writeln!(out, "{line}")?;
            written += 1;
        }
    }
    out.flush()?;
    Ok(written)
}

/// Why the log was not written out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer failed.
    #[error("the audit log can't be written out: {0}")]
    Write(#[from] io::Error),
}
