//! The deployment that commands work on: its settings, its store, and its encryption at rest. They work on the store
//! itself, so they run where the origin's settings are, whether it runs or not.

use lgdl::ids::Id;
use std::path::PathBuf;
use std::sync::Arc;

use lgdl_origin::Config;
use lgdl_origin::audit::{self, events};
use lgdl_origin::clock::{Clock, Millis, SystemClock};
use lgdl_origin::config::Given;
use lgdl_origin::privacy::Protection;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::records::Malformed;
use lgdl_origin::serve::{DEFAULT_TENANT, open_existing, protection};
use lgdl_origin::store::{Event, Store, StoreError};
use lgdl_origin::tls::{Tls, trust};
use serde_json::Value;

use super::failure::{End, Failure};
use super::runtime;

/// Who acts, for the audit log.
pub(super) const ACTOR: &str = "cli";

/// What every command on a deployment takes.
#[derive(clap::Args, Debug)]
pub(super) struct Where {
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// The folder that `lgdl dev --data` keeps its conversations in; default: the store of the settings
    #[arg(long, value_name = "FOLDER", global = true)]
    data: Option<PathBuf>,
    /// The tenant; default: default
    #[arg(long, value_name = "NAME", global = true)]
    pub(super) tenant: Option<String>,
    /// Write the result as one JSON document
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// An open deployment.
pub(super) struct Deployment {
    pub(super) config: Config,
    pub(super) store: Arc<dyn Store>,
    pub(super) protection: Arc<dyn Protection>,
    pub(super) tenant: String,
}

impl Where {
    /// The settings alone, for commands that must not open the store, or not yet.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        let config = self.read()?;
        // What is called, too: a bucket, say.
        trust(&Tls::of(&config)).map_err(failed)?;
        Ok(config)
    }

    fn read(&self) -> Result<Config, Failure> {
        let given = Given::load(self.config.as_deref()).map_err(failed)?;
        let Some(folder) = &self.data else { return given.store().map_err(failed) };
        let file = folder.join(super::dev::data::STORE_FILE);
        if !file.is_file() {
            let (file, folder) = (file.display(), folder.display());
            return Err(Failure::Usage(format!("{file} does not exist; `lgdl dev --data {folder}` makes it")));
        }
        let file = file.display().to_string();
        given.with("sqlite_path", file).with("postgres_url", "").with("postgres_read_url", "").store().map_err(failed)
    }

    /// Opens the deployment, runs the command on it, and closes it.
    pub(super) fn with(&self, command: impl AsyncFnOnce(Arc<Deployment>) -> End) -> End {
        let config = self.config()?;
        runtime::block_on(self.on(config, command))
    }

    /// As [`Where::with`], with settings that were read already and on a runtime that runs.
    pub(super) async fn on(&self, config: Config, command: impl AsyncFnOnce(Arc<Deployment>) -> End) -> End {
        let store = open_existing(&config, &SystemClock).await.map_err(failed)?;
        self.on_store(config, store, command).await
    }

    /// As [`Where::on`], with a store that is open.
    pub(super) async fn on_store(
        &self,
        config: Config,
        store: Arc<dyn Store>,
        command: impl AsyncFnOnce(Arc<Deployment>) -> End,
    ) -> End {
        let tenant = self.tenant.clone().unwrap_or_else(|| DEFAULT_TENANT.to_owned());
        Id::Tenant.check(&tenant).map_err(|rule| Failure::Usage(format!("--tenant {rule}")))?;
        let protection = protection(&config, &store, Arc::new(SystemClock), Arc::new(SystemRandom));
        let deployment = Arc::new(Deployment { config, store, protection, tenant });
        let end = command(Arc::clone(&deployment)).await;
        // What is left in the outbox is moved by the origin; it is not lost.
        let _ = audit::drain(&*deployment.store).await;
        deployment.store.close().await;
        end
    }
}

impl Deployment {
    /// What the audit log is told of what this command does.
    pub(super) fn event(&self, event: &str, subject: impl Into<String>, detail: Value) -> Event {
        events::of(now_ms(), &self.tenant, event, ACTOR, subject, detail)
    }

    /// Tells in the audit log of what changes nothing. A change takes its event along.
    pub(super) async fn tell(&self, event: &str, subject: impl Into<String>, detail: Value) -> Result<(), StoreError> {
        self.store.enqueue(vec![self.event(event, subject, detail)]).await
    }

    /// As [`Deployment::tell`], and moves it into the chain at once, so that a copy of the store that is made next has it.
    pub(super) async fn tell_now(&self, event: &str, subject: &str, detail: Value) -> Result<(), StoreError> {
        self.tell(event, subject, detail).await?;
        audit::drain(&*self.store).await.map(drop)
    }
}

pub(super) fn now_ms() -> Millis {
    SystemClock.now_ms()
}

/// What an argument may not be, by the rule that the admin API has for it.
pub(super) fn unusable(error: Malformed) -> Failure {
    Failure::Usage(error.to_string())
}

/// An error of the library, as a command ends with it.
pub(super) fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}
