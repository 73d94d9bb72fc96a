//! Why a turn went as it did: `lgdl why` of a stored turn, and the text of an explanation.

use lgdl::engine::{ExplainedCandidate, Outcome};
use lgdl::visible::one_line;
use lgdl_origin::audit::events;
use lgdl_origin::records::check_reason;
use lgdl_origin::replay::{Again, StateAgain, TurnName, Why, why};
use serde_json::json;

use super::console::Console;
use super::deployment::{Where, failed, unusable};
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
    check_reason(&arguments.reason).map_err(unusable)?;
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
        console.line(format_args!("> {}", one_line(&outcome.record.user_input)))?;
        console.line(&outcome.record.response)?;
        explain(outcome, console)?;
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

/// Shows the explanation of a turn.
pub(super) fn explain(outcome: &Outcome, console: &mut Console) -> Result<(), Failure> {
    let record = &outcome.record;
    let Some(explanation) = &outcome.explanation else { return console.line("The engine gave no explanation.") };
    let part = record.part.as_ref().map_or_else(String::new, |part| format!(" (its part {part})"));
    let (reading, confidence) = (article(&explanation.reading), record.confidence);
    let taken =
        format!("{reading}, so {}{part} answered ({}, confidence {confidence:.3}).", record.move_id, record.stage);
    let mut lines = vec![("Taken for", taken)];
    lines.extend(
        record.also.iter().map(|also| {
            ("Also", format!("{} ({}, confidence {:.3})", also.move_id, also.state.name(), also.confidence))
        }),
    );
    if record.firewall_triggered {
        lines.push(("Parts of the input were neutralised;", format!("it was matched as: {}", record.sanitized_input)));
    }
    match explanation.candidates.is_empty() {
        true => lines.push(("Candidates:", "none".into())),
        false => lines.push(("Candidates:", "score, threshold, recognised by, move, pattern".into())),
    }
    lines.extend(explanation.candidates.iter().map(|candidate| (UNTITLED, describe(candidate))));
    if !explanation.slots.is_empty() {
        lines.push(("Slots:", "value, from where".into()));
    }
    let slots = explanation.slots.iter();
    lines.extend(slots.map(|(name, value, source)| (UNTITLED, format!("  {name} = {value}  ({source})"))));
    lines.extend(record.calls.iter().map(|call| ("Called", format!("{}: {}", call.capability, call.status))));
    let checks = explanation.checks.iter();
    lines.extend(
        checks.map(|(slot, capability, verdict)| ("Checked", format!("{slot} with {capability}: {}", verdict.name()))),
    );
    let doubts = explanation.doubts.iter();
    lines.extend(doubts.map(|(slot, doubt)| ("In doubt", format!("{slot}: {}", doubt.name()))));
    if !explanation.blocks.is_empty() {
        let place = |line: &u32| match explanation.imported.iter().find(|(known, ..)| known == line) {
            Some((_, file, line)) => format!("{line} of {file}"),
            None => line.to_string(),
        };
        let places: Vec<_> = explanation.blocks.iter().map(place).collect();
        lines.push(("Blocks that ran, by line:", places.join(", ")));
    }
    if !record.findings.is_empty() {
        lines.push(("Findings:", record.findings.join(", ")));
    }
    for (title, text) in lines {
        let line = if title == UNTITLED { console.style() } else { console.style().painted("1", title).plain(" ") };
        console.styled(&line.plain(one_line(&text)))?;
    }
    Ok(())
}

/// What a line goes under that has no title of its own.
const UNTITLED: &str = "";

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
