//! `lgdl config`: the settings in force and where each comes from, secrets masked.

use std::path::PathBuf;

use lgdl_origin::config::{Effective, Given, settings_page};
use serde::Serialize;

use super::console::Console;
use super::deployment::failed;
use super::failure::{End, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write them as one JSON document
    #[arg(long)]
    json: bool,
    /// Write docs/settings.md: every setting with its default and what it takes
    #[arg(long, conflicts_with_all = ["config", "json"])]
    markdown: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    /// Of the origin.
    settings: &'a [Effective],
    /// Of an edge node with the same file and environment.
    edge: &'a [Effective],
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    if arguments.markdown {
        console.line(settings_page().trim_end())?;
        return Ok(Verdict::Yes);
    }
    let given = Given::load(arguments.config.as_deref()).map_err(failed)?;
    let edge = given.edge_in_force();
    let config = given.origin().map_err(failed)?;
    if arguments.json {
        console.json(&Report { settings: &config.effective, edge: &edge })?;
        return Ok(Verdict::Yes);
    }
    let all = || config.effective.iter().chain(&edge);
    let width = |text: fn(&Effective) -> &str| all().map(|setting| text(setting).chars().count()).max();
    let name_width = width(|setting| &setting.name).unwrap_or(0);
    let value_width = width(|setting| &setting.value).unwrap_or(0).min(40);
    for (program, settings) in [("origin", &config.effective), ("edge", &edge)] {
        for setting in settings {
            let Effective { name, value, source, .. } = setting;
            let line = format!("{name:name_width$}  {value:value_width$}  {program:6}  {source}");
            let style = if *source == "default" { "2" } else { "0" };
            console.styled(&console.style().painted(style, line))?;
        }
    }
    Ok(Verdict::Yes)
}
