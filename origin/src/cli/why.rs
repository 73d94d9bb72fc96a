//! Why a turn went as it did, as text.

use std::fmt::Write;

use lgdl::diagnostics::Colour;
use lgdl::engine::{ExplainedCandidate, Outcome};

use super::console::paint;

/// The explanation of a turn.
pub(super) fn explain(outcome: &Outcome, colour: Colour) -> String {
    let record = &outcome.record;
    let mut out = String::new();
    let Some(explanation) = &outcome.explanation else { return "The engine gave no explanation.\n".into() };
    let title = |text: &str| paint(colour, "1", text);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{} {}, so {} answered ({}, confidence {:.3}).",
        title("Taken for"),
        article(&explanation.reading),
        record.move_id,
        record.stage,
        record.confidence
    );
    for also in &record.also {
        let _ = writeln!(
            out,
            "{} {} ({}, confidence {:.3})",
            title("Also"),
            also.move_id,
            also.state.name(),
            also.confidence
        );
    }
    if record.firewall_triggered {
        let _ = writeln!(out, "Parts of the input were neutralised; it was matched as: {}", record.sanitized_input);
    }
    if explanation.candidates.is_empty() {
        let _ = writeln!(out, "{} none", title("Candidates:"));
    } else {
        let _ = writeln!(out, "{}", title("Candidates: score, threshold, recognised by, move, pattern"));
        for candidate in &explanation.candidates {
            let _ = writeln!(out, "{}", describe(candidate));
        }
    }
    if !explanation.slots.is_empty() {
        let _ = writeln!(out, "{}", title("Slots: value, from where"));
        for (name, value, source) in &explanation.slots {
            let _ = writeln!(out, "  {name} = {value}  ({source})");
        }
    }
    for call in &record.calls {
        let _ = writeln!(out, "{} {}: {}", title("Called"), call.capability, call.status);
    }
    for (slot, capability, verdict) in &explanation.checks {
        let _ = writeln!(out, "{} {slot} with {capability}: {}", title("Checked"), verdict.name());
    }
    if !explanation.blocks.is_empty() {
        let lines: Vec<_> = explanation.blocks.iter().map(u32::to_string).collect();
        let _ = writeln!(out, "{} {}", title("Blocks that ran, by line:"), lines.join(", "));
    }
    if !record.findings.is_empty() {
        let _ = writeln!(out, "{} {}", title("Findings:"), record.findings.join(", "));
    }
    out
}

fn describe(candidate: &ExplainedCandidate) -> String {
    let mark = if candidate.score >= candidate.threshold { "✓" } else { " " };
    format!(
        "{mark} {:.3}  {:.3}  {}  {}  \"{}\"",
        candidate.score, candidate.threshold, candidate.stage, candidate.move_id, candidate.pattern
    )
}

fn article(reading: &str) -> String {
    let vowel = reading.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {reading}", if vowel { "an" } else { "a" })
}
