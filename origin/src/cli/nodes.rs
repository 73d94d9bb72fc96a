//! `lgdl nodes`: the edge nodes, and how each is; and forgetting one that is gone for good.

use lgdl_origin::nodes::{self, ForgetError, Left, shown};
use serde_json::json;

use super::console::Console;
use super::deployment::{ACTOR, Where, failed, now_ms};
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand)]
enum What {
    /// Forget a silent node, so that nothing is expected of it any more
    Forget(ForgetArguments),
}

#[derive(clap::Args)]
struct ForgetArguments {
    /// The node's name, as `lgdl nodes` shows it
    #[arg(value_name = "NAME")]
    name: String,
    /// Give up the turns that wait there: they were acknowledged, are kept nowhere else, and arrive only if the node comes back
    #[arg(long)]
    with_waiting_turns: bool,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    match &arguments.what {
        None => list(arguments, console),
        Some(What::Forget(which)) => forget(arguments, which, console),
    }
}

fn forget(arguments: &Arguments, which: &ForgetArguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
        let left = if which.with_waiting_turns { Left::GivenUp } else { Left::WaitedFor };
        let row = nodes::forget(&*deployment.store, &which.name, left, ACTOR, now_ms()).await.map_err(refused)?;
        let (waiting, aside) = (row.report.waiting, row.report.aside);
        if arguments.place.json {
            console.json(&json!({"forgotten": row.name, "waiting": waiting, "aside": aside}))?;
        } else if waiting + aside > 0 {
            console.note(format_args!(
                "{} is forgotten, and with it {waiting} turns that waited there and {aside} that were set aside; the audit log says so",
                row.name
            ));
        }
        Ok(Verdict::Yes)
    })
}

fn refused(error: ForgetError) -> Failure {
    match error {
        ForgetError::Store(error) => failed(error),
        refused => Failure::Usage(refused.to_string()),
    }
}

fn list(arguments: &Arguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
        let now_ms = now_ms();
        let nodes: Vec<_> =
            deployment.store.nodes().await.map_err(failed)?.iter().map(|row| shown(row, now_ms)).collect();
        let well = nodes.iter().all(|node| node["troubles"].as_array().is_some_and(Vec::is_empty));
        if arguments.place.json {
            console.json(&json!({"nodes": nodes}))?;
            return Ok(Verdict::when(well));
        }
        for node in &nodes {
            let text = |name: &str| node[name].as_str().unwrap_or("-").to_owned();
            console.line(format_args!(
                "{:24}  {:6}  {}  {}  {}  {} waiting  breaker {}  seen {} s ago",
                text("name"),
                text("state"),
                text("version"),
                text("platform"),
                text("region"),
                node["waiting"],
                text("breaker"),
                node["seen_ago_s"]
            ))?;
            for trouble in node["troubles"].as_array().into_iter().flatten().filter_map(|trouble| trouble.as_str()) {
                console.line(format_args!("    {trouble}"))?;
            }
        }
        Ok(Verdict::when(well))
    })
}
