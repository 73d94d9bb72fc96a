//! `lgdl nodes`: the edge nodes, and how each is.

use lgdl_origin::nodes::shown;
use serde_json::json;

use super::console::Console;
use super::deployment::{Where, failed, now_ms};
use super::failure::{End, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
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
