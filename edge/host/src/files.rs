//! Files of the node in its folder.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// Makes a file, if it is not there, so that nobody else may read it. SQLite's other files take after it.
pub(crate) fn only_for_us(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
