//! `lgdl config`: the settings in force and where each comes from, secrets masked.

use std::path::PathBuf;

use lgdl_origin::Config;
use lgdl_origin::config::Effective;
use serde::Serialize;

use super::console::{Console, paint};
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write them as one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    settings: &'a [Effective],
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let config = Config::load(arguments.config.as_deref()).map_err(|error| Failure::Failed(error.to_string()))?;
    if arguments.json {
        console.json(&Report { settings: &config.effective })?;
        return Ok(Verdict::Yes);
    }
    let width = |text: fn(&Effective) -> &str| config.effective.iter().map(|setting| text(setting).len()).max();
    let name_width = width(|setting| &setting.name).unwrap_or(0);
    let value_width = width(|setting| &setting.value).unwrap_or(0).min(40);
    for setting in &config.effective {
        let line = format!("{:name_width$}  {:value_width$}  {}", setting.name, setting.value, setting.source);
        let style = if setting.source == "default" { "2" } else { "0" };
        console.line(paint(console.colour(), style, line))?;
    }
    Ok(Verdict::Yes)
}
