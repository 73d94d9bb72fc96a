//! `lgdl pii`: finds personal data in texts, and says how well that agrees with a labelled set.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use lgdl::privacy::{Labelled, Score, Scorer, detect};
use serde_json::{Value, json};

use super::console::Console;
use super::deployment::failed;
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// JSON lines with `text`; `-`, or nothing, for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Compare with the `spans` of each line, and print precision, recall and F1; what is in `other` counts neither way
    #[arg(long)]
    score: bool,
    /// Write the score as one JSON document
    #[arg(long, requires = "score")]
    json: bool,
}

/// Times that each text is looked at when the time is taken.
const ROUNDS: u32 = 20;

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let input: Box<dyn Read> = match arguments.file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(
            std::fs::File::open(&arguments.file)
                .map_err(|error| Failure::Usage(format!("{} can't be read: {error}", arguments.file.display())))?,
        ),
    };
    let mut lines = Vec::new();
    for (index, line) in BufReader::new(input).lines().enumerate() {
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let value: Value = serde_json::from_str(&line).map_err(|_| malformed(index))?;
        if arguments.score {
            lines.push(serde_json::from_value::<Labelled>(value).map_err(|_| malformed(index))?);
        } else {
            let text = value["text"].as_str().ok_or_else(|| malformed(index))?;
            console.line(json!({"id": value["id"], "findings": findings(text)}))?;
        }
    }
    if arguments.score { score(arguments, &lines, console) } else { Ok(Verdict::Yes) }
}

fn malformed(index: usize) -> Failure {
    Failure::Failed(format!("line {} is not JSON with a `text`", index + 1))
}

/// Offsets in characters, as the labelled sets have them.
fn findings(text: &str) -> Vec<Value> {
    let at = |byte: usize| text[..byte].chars().count();
    let shown = |finding: lgdl::privacy::Finding| {
        json!({
            "start": at(finding.start),
            "end": at(finding.end),
            "kind": finding.kind.name(),
            "confidence": finding.confidence,
        })
    };
    detect(text).into_iter().map(shown).collect()
}

fn score(arguments: &Arguments, lines: &[Labelled], console: &mut Console) -> End {
    let mut scorer = Scorer::default();
    for line in lines {
        for fault in scorer.take(line) {
            console.note(fault);
        }
    }
    let took = time_a_text(lines);
    if arguments.json {
        let shown = |score: Score| {
            json!({
                "right": score.right, "missed": score.missed, "wrong": score.wrong,
                "precision": score.precision(), "recall": score.recall(), "f1": score.f1(),
            })
        };
        let kinds: serde_json::Map<String, Value> =
            scorer.kinds().map(|(kind, score)| (kind.to_owned(), shown(score))).collect();
        console.json(&json!({
            "texts": scorer.texts(),
            "kinds": kinds,
            "total": shown(scorer.total()),
            "microseconds_a_text": took.as_secs_f64() * 1e6,
        }))?;
        return Ok(Verdict::Yes);
    }
    for (kind, score) in scorer.kinds().chain([("all", scorer.total())]) {
        let Score { right, missed, wrong } = score;
        let (precision, recall, f1) = (score.precision(), score.recall(), score.f1());
        console.line(format_args!(
            "{kind:12} {right:5} right {missed:4} missed {wrong:4} too much  precision {precision:.3}  recall {recall:.3}  F1 {f1:.3}"
        ))?;
    }
    console.line(format_args!("{} texts, {:.1} µs a text", scorer.texts(), took.as_secs_f64() * 1e6))?;
    Ok(Verdict::Yes)
}

fn time_a_text(lines: &[Labelled]) -> Duration {
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        for line in lines {
            std::hint::black_box(detect(std::hint::black_box(&line.text)));
        }
    }
    begun.elapsed() / (ROUNDS * u32::try_from(lines.len()).unwrap_or(u32::MAX).max(1))
}
