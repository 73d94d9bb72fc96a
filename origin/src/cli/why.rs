//! Why a turn went as it did: `lgdl why` of a stored turn, and the text of an explanation.

use std::fmt::Write;

use lgdl::diagnostics::Colour;
use lgdl::engine::{ExplainedCandidate, Outcome};
use lgdl_origin::audit::events;
use lgdl_origin::records::check_reason;
use lgdl_origin::replay::{Again, StateAgain, TurnName, Why, why};
use serde_json::json;

use super::console::{Console, paint};
use super::deployment::{Where, failed};
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
#[command(
    after_help = "The conversation is run again from its start up to the turn, at some ten microseconds a turn, with what services\n\
                  answered then; what comes of it is compared with what is stored. Exit status 1 when it is not the same."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    /// The `manifest_id` of the turn's answer (found by looking through all turns), or CONVERSATION/NUMBER with the conversation's
    /// id at the origin
    #[arg(value_name = "TURN")]
    turn: TurnName,
    /// Why it is looked at, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Where a turn may be that is not found.
const NO_TURN: &str = "there is no such turn here; it may be erased, past its time, or in the archive: `lgdl archive list` shows \
    what lies there, and `lgdl archive restore` brings it back. Or it was answered while the origin was away, and kept nowhere: its answer said \
    `\"degraded\": \"stateless\"`";

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    check_reason(&arguments.reason).map_err(|malformed| Failure::Usage(malformed.to_string()))?;
    arguments.place.with(async |deployment| {
        let subject = match &arguments.turn {
            TurnName::Id(id) => id.clone(),
            TurnName::Place(conversation, _) => conversation.to_string(),
        };
        // Told before anything is shown.
        let detail = json!({"reason": arguments.reason.trim()});
        deployment.tell_now(events::TURN_EXPLAINED, &subject, detail).await.map_err(failed)?;
        let found = why(&*deployment.store, &*deployment.protection, &deployment.tenant, &arguments.turn).await;
        let Some(found) = found.map_err(failed)? else {
            return Err(Failure::Failed(NO_TURN.into()));
        };
        let same = matches!(found.again, Again::Same { .. });
        match arguments.place.json {
            true => console.json(&found)?,
            false => show(&found, console)?,
        }
        Ok(Verdict::when(same))
    })
}

fn show(found: &Why, console: &mut Console) -> Result<(), Failure> {
    let Why { conversation, game, game_version, turn, again, outcome } = found;
    console.line(format_args!("Turn {turn} of {conversation}, {game} {game_version}"))?;
    if let Some(outcome) = outcome {
        console.line(format_args!("> {}", outcome.record.user_input))?;
        console.line(&outcome.record.response)?;
        console.write(format_args!("{}", explain(outcome, console.colour())))?;
    }
    match again {
        Again::Same { state } => {
            let state = match state {
                StateAgain::SameBytes => ", and so is the state after it, byte for byte",
                StateAgain::SameValues => ", and so is the state after it, value for value",
                StateAgain::NotStored => "; the state after it is not stored, for the conversation went on",
            };
            console.line(format_args!("Run again, every turn up to this one is what is stored of it{state}."))
        }
        Again::Different { turn, fields } => console.line(format_args!(
            "Run again, turn {turn} is not what is stored of it: {} differ. From there on this is how it is taken today.",
            fields.join(", ")
        )),
        Again::Stopped { turn, why } => {
            console.line(format_args!("The conversation can't be run again past turn {turn}: {why}."))
        }
    }
}

/// The explanation of a turn.
pub(super) fn explain(outcome: &Outcome, colour: Colour) -> String {
    let record = &outcome.record;
    let mut out = String::new();
    let Some(explanation) = &outcome.explanation else { return "The engine gave no explanation.\n".into() };
    let title = |text: &str| paint(colour, "1", text);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{} {}, so {}{} answered ({}, confidence {:.3}).",
        title("Taken for"),
        article(&explanation.reading),
        record.move_id,
        record.part.as_ref().map_or_else(String::new, |part| format!(" (its part {part})")),
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
    for (slot, doubt) in &explanation.doubts {
        let _ = writeln!(out, "{} {slot}: {}", title("In doubt"), doubt.name());
    }
    if !explanation.blocks.is_empty() {
        let place = |line: &u32| match explanation.imported.iter().find(|(known, ..)| known == line) {
            Some((_, file, line)) => format!("{line} of {file}"),
            None => line.to_string(),
        };
        let lines: Vec<_> = explanation.blocks.iter().map(place).collect();
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
