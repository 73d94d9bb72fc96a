//! `--watch`: again whenever a file of the games changes, until somebody interrupts it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Arguments, discover, once};
use crate::cli::console::Console;
use crate::cli::failure::{End, Failure};

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_millis(400);
/// Files that are looked at, at most.
const MAX_FILES: usize = 2_000;

/// The files beside the games, each with the time of its last change.
type Seen = BTreeMap<PathBuf, Option<SystemTime>>;

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let mut seen: Option<Seen> = None;
    loop {
        let now = look(arguments);
        if seen.as_ref() != Some(&now) {
            seen = Some(now);
            // A game that does not compile is no reason to stop looking at it.
            match once(arguments, console) {
                Ok(_) => {}
                Err(Failure::ReaderGone) => return Err(Failure::ReaderGone),
                Err(Failure::Failed(message) | Failure::Usage(message)) => console.complain(&message),
            }
            console.note("watching; interrupt to leave");
            console.flush()?;
        }
        std::thread::sleep(INTERVAL);
    }
}

fn look(arguments: &Arguments) -> Seen {
    let mut seen = Seen::new();
    for suite in discover::suites(&arguments.games).unwrap_or_default() {
        let folder = suite.game.parent().unwrap_or(Path::new("."));
        add(folder, &mut seen, 0);
    }
    seen
}

fn add(folder: &Path, seen: &mut Seen, depth: usize) {
    const MAX_DEPTH: usize = 3;
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let wanted = path
            .extension()
            .is_some_and(|extension| ["lgdl", "yaml", "yml", "json"].iter().any(|known| extension == *known));
        if path.is_dir() && depth < MAX_DEPTH {
            add(&path, seen, depth + 1);
        } else if wanted && seen.len() < MAX_FILES {
            let changed = fs::metadata(&path).and_then(|kind| kind.modified()).ok();
            seen.insert(path, changed);
        }
    }
}
