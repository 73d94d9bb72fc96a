//! `--html`: the results as one page that needs nothing beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use lgdl_origin::readable::escaped;

use super::coverage::{Share, ranges};
use super::{DialogResult, GameResult, Totals};
use crate::cli::failure::Failure;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;\
color:#1c2330;background:#fff}table{border-collapse:collapse;width:100%}td,th{border-top:1px solid #d5dbe5;\
padding:.35rem .6rem;text-align:left;vertical-align:top}.ok{color:#14713a}.bad{color:#b3261e}summary{cursor:pointer}\
progress{width:12rem}code{background:#eef2f7;padding:0 .25rem}\
@media(prefers-color-scheme:dark){body{color:#e7ebf2;background:#151a22}td,th{border-color:#38414f}code{background:#242c38}\
.ok{color:#6fd49a}.bad{color:#ff9d94}}";

pub(super) fn write(results: &[GameResult], totals: Totals, path: &Path) -> Result<(), Failure> {
    fs::write(path, page(results, totals))
        .map_err(|error| Failure::Failed(format!("cannot write {}: {error}", path.display())))
}

fn page(results: &[GameResult], totals: Totals) -> String {
    let verdict = if totals.passed() { ("ok", "pass") } else { ("bad", "fail") };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>lgdl test</title><style>{STYLE}</style></head><body>\n<h1>Golden dialogues: \
         <span class=\"{}\">{}</span></h1>\n<p>{} of {} dialogues and {} of {} turns pass, in {} games.</p>\n",
        verdict.0, verdict.1, totals.dialogs_passed, totals.dialogs, totals.turns_passed, totals.turns, totals.games
    );
    for result in results {
        game(&mut out, result);
    }
    out.push_str("</body></html>\n");
    out
}

fn game(out: &mut String, result: &GameResult) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<h2>{} <small>{}</small></h2>\n<table>", escaped(&result.name), escaped(&result.file));
    let coverage = &result.coverage;
    for (what, share) in [
        ("moves", coverage.moves.share()),
        ("blocks", coverage.blocks.share()),
        ("patterns", coverage.patterns.share()),
    ] {
        let Share { total, reached, missed_lines } = &share;
        let missed = if missed_lines.is_empty() {
            String::new()
        } else {
            format!("not reached: lines {}", ranges(missed_lines))
        };
        let _ = writeln!(
            out,
            "<tr><th>{what}</th><td><progress max=\"{total}\" value=\"{reached}\"></progress> {reached} of {total} \
             ({:.0} %)</td><td>{missed}</td></tr>",
            share.percent()
        );
    }
    out.push_str("</table>\n");
    for file in &result.files {
        let _ = writeln!(out, "<h3>{}</h3>", escaped(&file.path.display().to_string()));
        file.dialogs.iter().for_each(|dialog_result| dialog(out, dialog_result));
    }
}

fn dialog(out: &mut String, result: &DialogResult) {
    let (class, mark, open) = if result.passed() { ("ok", "✓", "") } else { ("bad", "✗", " open") };
    let _ = writeln!(
        out,
        "<details{open}><summary><span class=\"{class}\">{mark}</span> {}</summary>\n<table>",
        escaped(&result.dialog.name)
    );
    for (golden, turn) in result.dialog.turns.iter().zip(&result.turns) {
        let record = &turn.outcome.record;
        let said = match &golden.event {
            Some(event) => format!("<em>{}</em>", escaped(&event.name)),
            None => escaped(&golden.input),
        };
        let mut wrong = String::new();
        for mismatch in &turn.mismatches {
            let _ = write!(
                wrong,
                "<div class=\"bad\">{}: expected <code>{}</code>, found <code>{}</code></div>",
                escaped(&mismatch.what),
                escaped(&mismatch.expected),
                escaped(&mismatch.found)
            );
        }
        let _ = writeln!(
            out,
            "<tr><td>{said}</td><td>{}{wrong}</td><td><code>{}</code> {:.2}</td></tr>",
            escaped(&record.response),
            escaped(&record.move_id),
            record.confidence
        );
    }
    out.push_str("</table></details>\n");
}
