//! `lgdl alerts`: what is wrong, and whether somebody would hear of it.

use lgdl_origin::alerts::{Alert, Turn, channels, open};
use serde_json::json;

use super::console::Console;
use super::deployment::{Where, failed, now_ms};
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
            let channels = channels(&deployment.config);
            if channels.is_empty() {
                return Err(Failure::Usage("no setting LGDL_ALERT_… names a channel".into()));
            }
            let (mut told, mut well) = (Vec::new(), true);
            for channel in &channels {
                let mut why = None;
                for turn in [Turn::Raised, Turn::Resolved] {
                    if let Err(error) = channel.tell(&Alert::test(turn, now_ms())).await {
                        why = Some(error.to_string());
                        break;
                    }
                }
                well &= why.is_none();
                if !arguments.place.json {
                    let said = why.as_deref().unwrap_or("told");
                    console.line(format_args!("{:10} {said}", channel.name.name()))?;
                }
                told.push(json!({"channel": channel.name.name(), "why": why}));
            }
            if arguments.place.json {
                console.json(&json!({"channels": told}))?;
            }
            Ok(Verdict::when(well))
        }
    })
}
