//! What a process tells of its requests to a collector of traces: spans that are over, by OTLP over HTTP, as JSON.
//!
//! Spans are made when a request has been answered, of what was timed anyway, and only of requests that are kept: those that
//! were sampled when their trace began, and those that failed. They wait in a bounded queue; what does not fit, and what the
//! collector does not take, is counted and forgotten. No request ever waits for it.
#![forbid(unsafe_code)]

mod otlp;
mod request;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lgdl::wire::trace::{SpanId, TraceId};
use lgdl_metrics::{Counters, Registry};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;

pub use otlp::encoded;
pub use request::{NodeRequest, of_request};

/// Spans that wait for the collector at most.
pub const MAX_WAITING: usize = 8_192;
/// Spans in one request.
const MAX_BATCH: usize = 512;
/// How long spans wait for more.
const SEND_EVERY: Duration = Duration::from_secs(1);
/// How long the collector may take to take them.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// Whose work a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// A node's.
    Edge,
    /// The origin's.
    Origin,
}

impl Service {
    /// What it is called in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Service::Edge => "lgdl-edge",
            Service::Origin => "lgdl-origin",
        }
    }
}

/// What a span is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work within the process.
    Internal,
    /// A request that was answered.
    Server,
    /// A call that was made.
    Client,
}

/// A value that is known of a span. Never a text of a person, never an id that one chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text of the program's, or a name of a game's.
    Text(String),
    /// A number.
    Number(i64),
}

/// A piece of work that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Whose work it is.
    pub service: Service,
    /// Its trace.
    pub trace: TraceId,
    /// Its name in it.
    pub id: SpanId,
    /// The span that it is a part of.
    pub parent: Option<SpanId>,
    /// What it is called: a route, a stage, an operation.
    pub name: String,
    /// What it is of.
    pub kind: Kind,
    /// When it began, nanoseconds since 1970.
    pub began_ns: u64,
    /// How long it took, nanoseconds.
    pub took_ns: u64,
    /// What is known of it, by the names of the semantic conventions.
    pub attributes: Vec<(&'static str, Value)>,
    /// The code of its failure, if it failed.
    pub failure: Option<String>,
}

/// Where traces go.
#[derive(Debug, Clone)]
pub struct Collector {
    /// The address that takes them: `http://127.0.0.1:4318/v1/traces`.
    pub url: Uri,
    /// The value of the header `authorization`, if it asks for one.
    pub authorization: Option<HeaderValue>,
    /// How it is reached.
    pub connector: HttpsConnector<HttpConnector>,
}

/// Hands spans to a collector.
#[derive(Debug)]
pub struct Exporter {
    queue: mpsc::Sender<Span>,
    sending: Mutex<Option<(oneshot::Sender<()>, tokio::task::JoinHandle<()>)>>,
    spans: Counters,
}

/// Counts spans by what became of them.
#[must_use]
pub fn counters(registry: &mut Registry) -> Counters {
    let spans = registry.counters("lgdl_trace_spans", "Spans of traces, by what became of them");
    for outcome in ["sent", "refused", "dropped"] {
        spans.add(&[("outcome", outcome)], 0);
    }
    spans
}

impl Exporter {
    /// Begins.
    #[must_use]
    pub fn start(to: Collector, spans: Counters) -> Exporter {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        let (stop, stopped) = oneshot::channel();
        let client = Client::builder(TokioExecutor::new()).build(to.connector.clone());
        let sender = Sender { to, client, spans: spans.clone() };
        let sending = tokio::spawn(sender.run(waiting, stopped));
        Exporter { queue, sending: Mutex::new(Some((stop, sending))), spans }
    }

    /// Hands spans over; those that there is no room for are forgotten.
    pub fn tell(&self, spans: impl IntoIterator<Item = Span>) {
        for span in spans {
            if let Err(TrySendError::Full(_) | TrySendError::Closed(_)) = self.queue.try_send(span) {
                self.spans.count(&[("outcome", "dropped")]);
            }
        }
    }

    /// Sends what waits, and ends.
    pub async fn stop(&self) {
        let sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, sending)) = sending {
            let _ = stop.send(());
            // The sender counts what it could not send; a panic of it is no reason not to stop.
            let _ = sending.await;
        }
    }
}

struct Sender {
    to: Collector,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    spans: Counters,
}

impl Sender {
    async fn run(self, mut waiting: mpsc::Receiver<Span>, mut stopped: oneshot::Receiver<()>) {
        let mut failing = false;
        let mut batch = Vec::with_capacity(MAX_BATCH);
        loop {
            let ends = tokio::select! {
                _ = &mut stopped => true,
                () = tokio::time::sleep(SEND_EVERY) => false,
            };
            loop {
                while batch.len() < MAX_BATCH {
                    let Ok(span) = waiting.try_recv() else { break };
                    batch.push(span);
                }
                if batch.is_empty() {
                    break;
                }
                let sent = self.send(&batch).await;
                let outcome = if sent.is_ok() { "sent" } else { "refused" };
                self.spans.add(&[("outcome", outcome)], batch.len() as u64);
                // Said once, when it begins; the counter goes on.
                if let Err(why) = &sent
                    && !failing
                {
                    tracing::warn!(why, "the collector of traces does not take them");
                }
                failing = sent.is_err();
                batch.clear();
            }
            if ends {
                return;
            }
        }
    }

    async fn send(&self, batch: &[Span]) -> Result<(), String> {
        let body = encoded(batch).to_string();
        let mut request = Request::post(self.to.url.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.to.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
            let status = answer.status();
            // Read to its end, so that the connection can be used again.
            let _ = answer.into_body().collect().await;
            if status.is_success() { Ok(()) } else { Err(format!("status {status}")) }
        };
        tokio::time::timeout(SEND_WITHIN, exchange).await.map_err(|_| "it took too long".to_owned())?
    }
}
