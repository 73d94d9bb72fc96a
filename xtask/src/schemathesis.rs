//! Schemathesis, a Python program that tries an HTTP API by its OpenAPI document: installed once, outside the checkout.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::folders;
use crate::shell::run;

/// The version that tests are run with.
const VERSION: &str = "4.32.5";

/// Where the program lies, or would lie.
pub(crate) fn program() -> Result<PathBuf> {
    Ok(folders::cache()?.join(format!("schemathesis-{VERSION}")).join("bin/schemathesis"))
}

/// Whether it is installed.
pub(crate) fn is_here() -> bool {
    program().is_ok_and(|program| program.is_file())
}

/// Installs it into a virtual environment of its own, unless it is there.
pub(crate) fn install() -> Result<()> {
    let program = program()?;
    if program.is_file() {
        return Ok(());
    }
    let folder = folders::cache()?.join(format!("schemathesis-{VERSION}"));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let wanted = format!("schemathesis=={VERSION}");
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--disable-pip-version-check", &wanted]))
}
