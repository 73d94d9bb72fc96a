//! The HTTP service: what edges speak to, health and metrics. Handlers know the store's traits, never SQL.

mod connections;
mod edge;
mod erasures;
mod health;
mod in_process;
mod layers;
mod listen;
mod listening;
mod meter;
mod problem;
mod reports;
mod signed;
mod sse;
mod traces;
mod untaken;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use lgdl_tls::ServerTls;
use lgdl_traces::Exporter;

use crate::bus::Tail;
use crate::capabilities::Capabilities;
use crate::clock::Clock;
use crate::config::{Config, Live};
use crate::metrics::Metrics;
use crate::privacy::Protection;
use crate::random::Random;
use crate::store::Store;

pub use connections::{FIRST_WITHIN, NEXT_WITHIN};
pub(crate) use edge::{Beside, TURNS_ROUTE, claim, commit};
pub(crate) use health::live;
pub use in_process::without_a_network;
pub(crate) use layers::{Patience, wrap};
pub use listen::{HEADERS_WITHIN, serve};
pub use problem::Problem;
pub use signed::Gate;
pub(crate) use sse::{Feed, Over, stream};

/// Everything that a request may need.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The settings, as they were at the start.
    pub config: Arc<Config>,
    /// The settings in force, of which some may have changed since.
    pub live: Live,
    /// Where things last.
    pub store: Arc<dyn Store>,
    /// The end of the event bus, for whoever waits for something to happen.
    pub tail: Arc<Tail>,
    /// Encryption at rest.
    pub protection: Arc<dyn Protection>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// What calls the services of games.
    pub capabilities: Arc<Capabilities>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who may speak to us.
    pub gate: Arc<Gate>,
    /// Where traces of requests go, if anywhere.
    pub traces: Option<Arc<Exporter>>,
    /// The certificate of its ports, if they speak TLS.
    pub tls: Option<Arc<ServerTls>>,
}

impl Origin {
    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> Arc<Config> {
        self.live.now()
    }
}

/// The service on the edge's port: the edge API, health, metrics.
pub fn edge_service(origin: Origin) -> Router {
    let open = Router::new()
        .route("/health", get(health::health))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics));
    let service = edge::routes(&origin).merge(open);
    wrap(service, origin, Vec::new())
}
