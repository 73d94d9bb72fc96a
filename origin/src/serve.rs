//! The life of the origin's process: start, serve, stop without dropping what was accepted.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use lgdl_tls::TlsError;
use lgdl_traces::{Collector, Exporter};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin::admin_service;
use crate::alerts;
use crate::archives::{self, ArchiveError};
use crate::audit;
use crate::backup::schedule;
use crate::beginnings::{self, BeginningError, place_of};
use crate::cleanup;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Live, Secret};
use crate::desk;
use crate::games::publish_file;
use crate::http::{Gate, Origin, edge_service, serve as serve_http};
use crate::ids::EpochId;
use crate::metrics::Metrics;
use crate::migrations;
use crate::nodes;
use crate::outbound;
use crate::privacy::{
    Envelope, PersonalValues, Plain, Protection, RingError, UnreadableKeys, begin_naming, begin_sealing, check_ring,
    name_persons,
};
use crate::random::{Random, SystemRandom};
use crate::sessions;
use crate::store::postgres::{PoolSettings, PostgresStore};
use crate::store::sqlite::SqliteStore;
use crate::store::{EPOCH_SETTING, Store, StoreError};
use crate::supervised;
use crate::tls::{Tls, keep_tls, server_tls, trust};
use crate::tombstones::{self, TombstoneError};
use crate::webhooks;
use crate::withdrawals;

/// The tenant that a fresh installation has; games of the settings are its.
pub const DEFAULT_TENANT: &str = "default";

/// Who erases again, for the audit log.
const ACTOR: &str = "origin";

/// Time for what delivers to keep its place when stopping.
const SENDERS_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);
/// Where a collector takes traces, by the standard.
const TRACES_PATH: &str = "/v1/traces";

/// Who publishes the games of the settings, for the audit log.
const CONFIGURATION: &str = "configuration";

/// Why the origin did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There was another store before.
    #[error(transparent)]
    Beginning(#[from] BeginningError),
    /// The folder of the archive can't be used.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The key ring does not fit the store.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The file of tombstones is not whole.
    #[error(transparent)]
    Tombstones(#[from] TombstoneError),
    /// The certificate can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is in use or not ours.
    #[error("E511 the address {0} can't be listened on: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// What serves broke down.
    #[error("E512 serving ended: {0}")]
    Serve(std::io::Error),
}

/// An origin that listens.
#[derive(Debug)]
pub struct Running {
    /// Where edges reach it (the real port when the settings said 0).
    pub edge_address: SocketAddr,
    /// Where administrators reach it.
    pub admin_address: SocketAddr,
    /// What requests use; also for callers in the same process.
    pub origin: Origin,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    senders: JoinSet<()>,
    served: tokio::task::JoinHandle<()>,
    keeper: JoinSet<()>,
}

/// Opens the store that the settings name, and applies migrations that are due.
///
/// # Errors
/// When the store can't be opened or its schema does not fit.
pub async fn open_store(config: &Config, clock: &dyn Clock) -> Result<Arc<dyn Store>, StoreError> {
    let store: Arc<dyn Store> = match PoolSettings::of(config) {
        Some(settings) => Arc::new(PostgresStore::open(&settings, clock).await?),
        None => Arc::new(SqliteStore::open(&config.sqlite_path, clock).await?),
    };
    let epoch = EpochId::mint(clock.now_ms(), &SystemRandom);
    store.replace_note(EPOCH_SETTING, None, epoch.as_str()).await?;
    name_persons(&*store, config.encryption_key.as_ref(), config.encryption_unreadable).await?;
    Ok(store)
}

/// Opens the store that the settings name, which must be there.
///
/// # Errors
/// [`StoreError::NotThere`], and as [`open_store`].
pub async fn open_existing(config: &Config, clock: &dyn Clock) -> Result<Arc<dyn Store>, StoreError> {
    if migrations::is_there(config).await? {
        return open_store(config, clock).await;
    }
    let (place, setting) = place_of(config);
    Err(StoreError::NotThere(format!("{place} ({setting})")))
}

/// Begins another epoch of a store that was put in the place of another state of itself.
///
/// # Errors
/// When the store fails.
pub async fn begin_epoch(store: &dyn Store, clock: &dyn Clock, random: &dyn Random) -> Result<(), StoreError> {
    store.begin_epoch(EpochId::mint(clock.now_ms(), random).as_str()).await
}

/// Erases again what the file of tombstones knows to be erased, and the store does not: before anything is served.
///
/// # Errors
/// When the file is not whole, or the store fails.
pub async fn catch_up(
    store: &dyn Store,
    path: &Path,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<(), TombstoneError> {
    let again = tombstones::catch_up(store, path, ACTOR, clock.now_ms()).await?;
    if let Some(again) = again.filter(|again| again.applied > 0) {
        begin_epoch(store, clock, random).await?;
        let (tombstones, conversations) = (again.applied, again.removed.conversations);
        tracing::warn!(
            tombstones,
            conversations,
            "the store was younger than its file of tombstones: what was erased since is erased again"
        );
    }
    Ok(())
}

/// Where traces go, as the settings say.
#[must_use]
pub fn collector(url: &Option<Uri>, authorization: &Option<Secret>) -> Option<Collector> {
    let mut url = url.clone()?;
    // An address without a path is that of the collector as a whole.
    if matches!(url.path(), "" | "/") {
        let mut parts = url.into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static(TRACES_PATH));
        url = Uri::from_parts(parts).ok()?;
    }
    let authorization = authorization.as_ref().and_then(|value| HeaderValue::from_str(value.expose()).ok());
    Some(Collector { url, authorization, connector: outbound::connector() })
}

/// Encryption at rest, if the settings have a key ring.
#[must_use]
pub fn protection(
    config: &Config,
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Arc<dyn Protection> {
    let (store, unreadable) = (Arc::clone(store), config.encryption_unreadable);
    match &config.encryption_key {
        Some(ring) => {
            let values = match config.pii_tokenize_in_storage {
                true => PersonalValues::Tokens,
                false => PersonalValues::AsSaid,
            };
            Arc::new(Envelope::new(ring.clone(), store, clock, random).with_values(values).with_unreadable(unreadable))
        }
        None => Arc::new(Plain::new(store, clock, unreadable)),
    }
}

/// Starts the origin and returns once it listens.
///
/// # Errors
/// When the store can't be opened or the address can't be listened on.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    let clock = Arc::new(SystemClock);
    trust(&Tls::of(&config))?;
    let tls = server_tls(Tls::of(&config), &*clock)?;
    // Before anything is made: a restore wants an empty place.
    beginnings::check_place(&config).await?;
    let store = open_store(&config, &*clock).await?;
    beginnings::check(&*store, &config, &*clock).await?;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    match check_ring(&*store, config.encryption_key.as_ref()).await {
        Err(error @ (RingError::Missing | RingError::Wrong { .. }))
            if config.encryption_unreadable == UnreadableKeys::Serve =>
        {
            tracing::warn!(%error, "the origin serves without what can't be read");
        }
        checked => drop(checked?),
    }
    begin_sealing(&*store, config.encryption_key.as_ref()).await?;
    let (ring, unreadable) = (config.encryption_key.as_ref(), config.encryption_unreadable);
    begin_naming(&*store, ring, unreadable, &*clock, &*random).await?;
    if let Some(path) = &config.tombstones {
        catch_up(&*store, path, &*clock, &*random).await?;
    }
    archives::check_place(&*store, &config).await?;
    let protection = protection(&config, &store, clock.clone(), Arc::clone(&random));
    let metrics = Metrics::default();
    let traces = collector(&config.otlp_url, &config.otlp_authorization);
    let traces = traces.map(|to| Arc::new(Exporter::start(to, metrics.spans.clone())));
    let config = Arc::new(config);
    let origin = Origin {
        gate: Arc::new(Gate::new(&config)),
        live: Live::new(Arc::clone(&config)),
        config,
        store,
        tail: Arc::default(),
        protection,
        clock,
        random,
        capabilities: Arc::default(),
        metrics: Arc::new(metrics),
        traces,
        tls,
    };
    start_with(origin).await
}

/// Starts the service for an origin that is put together already.
///
/// # Errors
/// When the address can't be listened on.
pub async fn start_with(origin: Origin) -> Result<Running, ServeError> {
    let (edge_listener, edge_address) = listen(origin.config.listen).await?;
    let (admin_listener, admin_address) = listen(origin.config.admin_listen).await?;
    publish_configured(&origin).await?;
    audit::tell_configuration(&*origin.store, &origin.config, &*origin.clock).await?;
    origin.gate.prepare(origin.clock.now_ms()).await;
    sessions::recount(&origin).await?;
    withdrawals::learn(&origin).await?;
    let (stop, stopped) = watch::channel(false);
    let tls = origin.tls.clone();
    let edges = edge_service(origin.clone());
    let administrators = admin_service(origin.clone());
    let served = tokio::spawn(async move {
        let edges = serve_http(edge_listener, edges, tls.clone(), stopped.clone());
        tokio::join!(edges, serve_http(admin_listener, administrators, tls, stopped));
    });
    let (mut keeper, mut tasks) = (JoinSet::new(), JoinSet::new());
    supervised::keep(&mut keeper, &origin, "audit", |of| async move {
        audit::keep(&*of.store, &of.live, &*of.clock, &of.metrics.checkpoints_fail).await;
    });
    supervised::keep(&mut keeper, &origin, "events", |of| async move { of.tail.keep(&*of.store).await });
    tracing::info!(%edge_address, %admin_address, store = origin.store.kind(), "the origin listens");
    let (all, of) = (&mut tasks, &origin);
    supervised::keep(all, of, "cleanup", |of| async move { cleanup::keep(&of).await });
    supervised::keep(all, of, "desk", |of| async move { desk::keep(&of).await });
    supervised::keep(all, of, "archive", |of| async move { archives::keep(&of).await });
    supervised::keep(all, of, "sessions", |of| async move { sessions::keep(&of).await });
    supervised::keep(all, of, "withdrawals", |of| async move { withdrawals::keep(&of).await });
    supervised::keep(all, of, "nodes", |of| async move { nodes::keep(&of).await });
    supervised::keep(all, of, "alerts", |of| async move { alerts::keep(&of).await });
    supervised::keep(all, of, "backups", |of| async move {
        schedule::keep(&of.store, &of.live, &*of.clock, None).await;
    });
    if origin.gate.tombstones.is_some() {
        supervised::keep(all, of, "tombstones", |of| async move { tombstones::keep(&of).await });
    }
    if let Some(tls) = origin.tls.clone() {
        supervised::keep(all, of, "certificate", move |of| keep_tls(Arc::clone(&tls), of.clock));
    }
    let mut senders = JoinSet::new();
    let (all, of) = (&mut senders, &origin);
    if let Some(push) = audit::push(&origin.config, &*origin.random) {
        let push = Arc::new(push);
        supervised::keep_until_told(all, of, "audit_push", of.gate.stopping(), move |of, stopping| {
            let push = Arc::clone(&push);
            async move { push.run(&of, stopping).await }
        });
    }
    supervised::keep_until_told(all, of, "webhooks", of.gate.stopping(), |of, stopping| async move {
        webhooks::keep(&of, stopping).await;
    });
    supervised::keep_until_told(all, of, "alert_delivery", of.gate.stopping(), |of, stopping| async move {
        alerts::deliver(&of, stopping).await;
    });
    Ok(Running { edge_address, admin_address, origin, stop, tasks, senders, served, keeper })
}

/// Publishes the games that the settings name. One that can't be published is reported and left out: its version of
/// before goes on, and so do the others.
async fn publish_configured(origin: &Origin) -> Result<(), StoreError> {
    for file in &origin.config.games {
        let now_ms = origin.clock.now_ms();
        let (store, meaning) = (&*origin.store, origin.config.meaning);
        let done =
            publish_file(store, DEFAULT_TENANT, &file.id, &file.path, meaning, None, CONFIGURATION, now_ms).await;
        match done {
            Ok(published) => {
                tracing::info!(game = file.id, version = published.version, outcome = ?published.outcome, "published");
            }
            Err(error) => tracing::error!(game = file.id, %error, "the game is not published; what was active stays"),
        }
    }
    Ok(())
}

async fn listen(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |error| ServeError::Listen(wanted, error);
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

impl Running {
    /// Puts settings in force that were read while the origin runs ([`crate::config::Given::reloaded`]), and shows what the files of the
    /// certificate hold now.
    ///
    /// # Errors
    /// When the audit log can't be told; they are in force all the same.
    pub async fn reload(&self, config: Config) -> Result<(), StoreError> {
        let origin = &self.origin;
        origin.gate.take(&config);
        origin.live.put(config);
        if let Some(tls) = &origin.tls {
            tls.renew_and_tell(origin.clock.now_ms() / 1000);
        }
        audit::tell_configuration(&*origin.store, &origin.settings(), &*origin.clock).await
    }

    /// Stops: takes no new request, finishes the accepted ones within the limit, then lets go of the store.
    ///
    /// # Errors
    /// When serving had failed.
    pub async fn stop(mut self) -> Result<(), ServeError> {
        let _ = self.stop.send(true);
        self.origin.gate.stop();
        let patience = self.origin.settings().shutdown_timeout;
        let abort = self.served.abort_handle();
        let served = match tokio::time::timeout(patience, self.served).await {
            Ok(ended) => ended.map_err(|error| ServeError::Serve(error.into())),
            Err(_) => {
                tracing::warn!("requests were still running when the time for stopping was over");
                abort.abort();
                Ok(())
            }
        };
        self.tasks.shutdown().await;
        // They keep their places, so that nothing is delivered twice without need.
        let kept = async { while self.senders.join_next().await.is_some() {} };
        if tokio::time::timeout(SENDERS_WITHIN, kept).await.is_err() {
            tracing::warn!("what was delivered last may be delivered twice");
        }
        self.senders.shutdown().await;
        self.keeper.shutdown().await;
        // What was told while stopping; what stays behind is moved at the next start.
        if let Err(error) = audit::drain(&*self.origin.store).await {
            tracing::warn!(%error, "audit events wait in the outbox");
        }
        // What is missing is logged, and comes with the next start.
        let _ = tombstones::written(&self.origin).await;
        if let Some(traces) = &self.origin.traces {
            traces.stop().await;
        }
        self.origin.store.close().await;
        served
    }
}

/// Serves until `until` completes: the whole of `lgdl serve`.
///
/// # Errors
/// As [`start`] and [`Running::stop`].
pub async fn serve(config: Config, until: impl Future<Output = ()>) -> Result<(), ServeError> {
    let running = start(config).await?;
    until.await;
    tracing::info!("stopping");
    running.stop().await
}

/// Completes each time that the program is to read its settings anew, on SIGHUP; where a system has no such signal, never.
#[derive(Debug)]
pub struct ReloadSignal(#[cfg(unix)] tokio::signal::unix::Signal);

impl ReloadSignal {
    /// Listens for it from now on.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn listen() -> std::io::Result<ReloadSignal> {
        #[cfg(unix)]
        return tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map(ReloadSignal);
        #[cfg(not(unix))]
        Ok(ReloadSignal())
    }

    /// The next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if self.0.recv().await.is_some() {
            return;
        }
        std::future::pending().await
    }
}

/// Completes on SIGTERM or Ctrl-C. It listens from now on, also before anybody waits: who is told to stop while it starts stops in order.
/// To be called where a runtime runs.
pub fn stop_signal() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        if let Ok((mut terminate, mut interrupt)) = signals {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        let _ = tokio::signal::ctrl_c().await;
    }
}
