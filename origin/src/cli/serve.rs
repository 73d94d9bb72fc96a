//! `lgdl serve`: the origin, until it is told to stop.

use std::path::PathBuf;

use lgdl_origin::config::Given;
use lgdl_origin::doctor::{Asked, Expected, Program};
use lgdl_origin::serve::{ReloadSignal, Running, stop_signal};
use lgdl_origin::tls::{Tls, trust_anew};

use super::console::Console;
use super::deployment::failed;
use super::failure::{End, Verdict};
use super::reload::Settings;
use super::{doctor, logging, runtime};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Look whether it would start, line by line, and start nothing: settings, TLS, database, key ring, file of tombstones
    #[arg(long)]
    check: bool,
}

/// What of `lgdl doctor` keeps an origin from starting.
const CHECKED: &[&str] = &["settings", "tls", "database", "migrations", "disk", "buckets", "encryption", "tombstones"];

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    if arguments.check {
        let asked = Asked {
            program: Program::Origin,
            config: arguments.config.clone(),
            data: None,
            nodes: Vec::new(),
            expected: Expected::NewStore,
        };
        return doctor::check(&asked, CHECKED, console);
    }
    let given = Given::load(arguments.config.as_deref()).map_err(failed)?;
    let config = given.clone().origin().map_err(failed)?;
    let logging = logging::begin(&config.log, logging::Redaction::of(&config))?;
    let mut settings = Settings::new(arguments.config.clone(), given, logging);
    runtime::block_on(async {
        let mut reload = ReloadSignal::listen().map_err(failed)?;
        let mut stopped = std::pin::pin!(stop_signal());
        let running = lgdl_origin::start(config).await.map_err(failed)?;
        let scheme = if running.origin.tls.is_some() { "https" } else { "http" };
        console.line(format_args!("origin: {scheme}://{}", running.edge_address))?;
        console.flush()?;
        loop {
            tokio::select! {
                () = &mut stopped => break,
                () = reload.next() => read_anew(&running, &mut settings).await,
            }
        }
        running.stop().await.map_err(failed)?;
        Ok(Verdict::Yes)
    })
}

async fn read_anew(running: &Running, settings: &mut Settings) {
    let whole = |given: Given| {
        let config = given.origin().map_err(failed)?;
        trust_anew(&Tls::of(&config)).map_err(failed)?;
        Ok(config)
    };
    let Some((read, config)) = settings.read(whole) else { return };
    if let Err(error) = running.reload(config).await {
        tracing::warn!(%error, "the audit log was not told of other settings");
    }
    settings.took(read);
}
