//! npm packages of a folder of the checkout: installed as its lock file says, and only when they are not.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::shell::run;

/// Installs what the folder's `package-lock.json` names.
pub(crate) fn provide(folder: &Path) -> Result<()> {
    if is_up_to_date(folder) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
}

/// Runs the package's own tests.
pub(crate) fn test(folder: &Path) -> Result<()> {
    provide(folder)?;
    run(Command::new("npm").args(["test"]).current_dir(folder))
}

/// npm writes its own lock into what it installed; the newer of the two tells.
fn is_up_to_date(folder: &Path) -> bool {
    let made = |path: PathBuf| path.metadata().and_then(|data| data.modified());
    match (made(folder.join("node_modules/.package-lock.json")), made(folder.join("package-lock.json"))) {
        (Ok(installed), Ok(wanted)) => installed >= wanted,
        _ => false,
    }
}
