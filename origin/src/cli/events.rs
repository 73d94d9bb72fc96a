//! `lgdl events`: what happened, and what happens.

use std::time::Duration;

use lgdl_origin::bus::{self, cloud_event};
use lgdl_origin::clock::Millis;
use lgdl_origin::store::{BusRow, MAX_PAGE, Urgency, Wanted};
use serde_json::json;

use super::console::Console;
use super::deployment::{Deployment, Where, failed};
use super::failure::{End, Failure, Verdict};

/// How often `tail` looks: it is no part of the origin, which would be told.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Events that are read at once.
const BATCH: u32 = 500;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show what happened
    List {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        which: Which,
        /// After this sequence
        #[arg(long, value_name = "SEQUENCE", conflicts_with = "since")]
        after: Option<u64>,
        /// What happened from then on, such as 2026-01-31T08:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<Millis>,
        /// Events at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PAGE)))]
        limit: u32,
    },
    /// Show what happens from now on, one JSON document a line, until it is stopped
    Tail {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        which: Which,
        /// Begin after this sequence
        #[arg(long, value_name = "SEQUENCE")]
        after: Option<u64>,
    },
}

/// Which events.
#[derive(clap::Args)]
struct Which {
    /// Types and patterns such as move.*, with commas between them; default: all
    #[arg(long, value_name = "TYPES", default_value = "")]
    types: String,
    /// Those of high priority alone
    #[arg(long)]
    urgent: bool,
}

impl Which {
    fn wanted(&self, deployment: &Deployment) -> Result<Wanted, Failure> {
        let names = bus::names(&bus::split(&self.types)).map_err(|error| Failure::Usage(error.to_string()))?;
        let urgent = if self.urgent { Urgency::High } else { Urgency::Any };
        Ok(Wanted { tenant: Some(deployment.tenant.clone()), names, urgent })
    }
}

fn moment(text: &str) -> Result<Millis, String> {
    let time: jiff::Timestamp = text.parse().map_err(|_| "give it as 2026-01-31T08:00:00Z".to_owned())?;
    Ok(time.as_millisecond())
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    match &arguments.command {
        Command::List { place, which, after, since, limit } => place.with(async |deployment| {
            let store = &*deployment.store;
            let after = match since {
                Some(since) => store.bus_before(*since).await.map_err(failed)?,
                None => after.unwrap_or(0),
            };
            let page = store.bus_events(&which.wanted(&deployment)?, after, *limit).await.map_err(failed)?;
            if place.json {
                let events: Vec<_> =
                    page.events.iter().map(|row| cloud_event(row, None, |name| store.audit_name(name))).collect();
                console.json(&json!({"events": events, "next": page.next}))?;
                return Ok(Verdict::Yes);
            }
            for BusRow { sequence, event } in &page.events {
                let at = jiff::Timestamp::from_millisecond(event.at).map_err(failed)?;
                console.line(format_args!(
                    "{sequence:8}  {at}  {:24}  {}",
                    event.name,
                    store.audit_name(&event.subject)
                ))?;
            }
            Ok(Verdict::Yes)
        }),
        Command::Tail { place, which, after } => place.with(async |deployment| {
            let store = &*deployment.store;
            let wanted = which.wanted(&deployment)?;
            let mut after = match after {
                Some(after) => *after,
                None => store.bus_ends().await.map_err(failed)?.last,
            };
            loop {
                let page = store.bus_events(&wanted, after, BATCH).await.map_err(failed)?;
                for row in &page.events {
                    console.line(cloud_event(row, None, |name| store.audit_name(name)))?;
                }
                console.flush()?;
                after = page.next;
                if page.events.is_empty() {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }),
    }
}
