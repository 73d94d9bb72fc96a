//! `lgdl alerts`: what is wrong, and whether somebody would hear of it.

use lgdl_origin::alerts::{self, channels, open};
use lgdl_origin::clock::SystemClock;
use serde_json::json;

use super::console::Console;
use super::deployment::{Where, failed};
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show what is wrong; exit status 1 when anything is
    List,
    /// Send a message, and that it is resolved, over every channel
    Test,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| match arguments.command {
        Command::List => {
            let open = open(&*deployment.store).await.map_err(failed)?;
            if arguments.place.json {
                console.json(&json!({"alerts": open.values().collect::<Vec<_>>()}))?;
                return Ok(Verdict::when(open.is_empty()));
            }
            for (key, incident) in &open {
                let since = jiff::Timestamp::from_millisecond(incident.since).map_err(failed)?;
                let severity = incident.severity.name();
                console.line(format_args!("{severity:8}  since {since}  {key}  {}", incident.summary))?;
            }
            Ok(Verdict::when(open.is_empty()))
        }
        Command::Test => {
            if channels(&deployment.config).is_empty() {
                return Err(Failure::Usage("no setting LGDL_ALERT_… names a channel".into()));
            }
            let tested = alerts::test(&*deployment.store, &deployment.config, &SystemClock).await.map_err(failed)?;
            if arguments.place.json {
                let told = tested.iter().map(|(name, tested)| json!({"channel": name, "why": tested.why}));
                console.json(&json!({"channels": told.collect::<Vec<_>>()}))?;
            } else {
                for (name, tested) in &tested {
                    console.line(format_args!("{name:10} {}", tested.why.as_deref().unwrap_or("told")))?;
                }
            }
            let well = tested.iter().all(|(_, tested)| tested.why.is_none());
            Ok(Verdict::when(well))
        }
    })
}
