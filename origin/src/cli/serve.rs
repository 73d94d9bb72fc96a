//! `lgdl serve`: the origin, until it is told to stop.

use std::path::PathBuf;

use lgdl_origin::Config;
use lgdl_origin::serve::stop_signal;

use super::console::Console;
use super::failure::{End, Failure, Verdict};
use super::{logging, runtime};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let config = Config::load(arguments.config.as_deref()).map_err(|error| Failure::Failed(error.to_string()))?;
    logging::begin(&config.log, logging::Redaction::of(&config))?;
    runtime::block_on(async {
        let running = lgdl_origin::start(config).await.map_err(|error| Failure::Failed(error.to_string()))?;
        let scheme = if running.origin.tls.is_some() { "https" } else { "http" };
        console.line(format_args!("origin: {scheme}://{}", running.edge_address))?;
        console.flush()?;
        stop_signal().await;
        running.stop().await.map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Verdict::Yes)
    })
}
