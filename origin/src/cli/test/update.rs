//! `--update`: what is answered now, in the place of what was expected. The difference was shown before.

use std::fs;

use lgdl::golden::{GoldenFile, rewritten};

use super::GameResult;
use crate::cli::console::{Console, count};
use crate::cli::failure::{End, Failure, Verdict};
use crate::cli::source;

pub(super) fn write(results: &[GameResult], console: &mut Console) -> End {
    let mut verdict = Verdict::Yes;
    for file in results.iter().flat_map(|result| &result.files) {
        let shown = file.path.display();
        let yaml = String::from_utf8(source::read_file(&file.path)?)
            .map_err(|_| Failure::Failed(format!("{shown} is not UTF-8 text")))?;
        let all = GoldenFile::read(yaml.as_bytes()).map_err(|error| Failure::Failed(format!("{shown}: {error}")))?;
        let mut expectations = Vec::new();
        for dialog in &all.dialogs {
            // A dialogue that was filtered out keeps what it expects.
            let run = file.dialogs.iter().find(|result| result.dialog == *dialog);
            for (index, golden) in dialog.turns.iter().enumerate() {
                let turn = run.and_then(|run| run.turns.get(index)).filter(|turn| !turn.mismatches.is_empty());
                expectations.push(turn.map(|turn| golden.expect.fulfilled_by(&turn.outcome)));
            }
        }
        let changed = expectations.iter().flatten().count();
        if changed == 0 {
            continue;
        }
        match rewritten(&yaml, &expectations) {
            Some(text) => {
                fs::write(&file.path, text)
                    .map_err(|error| Failure::Failed(format!("cannot write {shown}: {error}")))?;
                console.note(format_args!("{shown}: {} brought up to date", count(changed, "turn")));
            }
            None => {
                console.note(format_args!("{shown}: laid out in a way that is not changed here; edit it by hand"));
                verdict = Verdict::No;
            }
        }
    }
    Ok(verdict)
}
