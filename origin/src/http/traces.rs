//! What is told of a request once it is answered: one line in the log, and its spans where traces go. Times, codes and ids
//! that machines drew; no text, and no id that a person chose.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use lgdl::ids::shown_request;
use lgdl::wire::node::{Observation, Traced};
use lgdl::wire::origin::TracedRequest;
use lgdl::wire::trace::{Sampling, SpanId, TraceContext, hex};
use lgdl_traces::{Exporter, Kind, NodeRequest, Service, Span, Value, of_request};

use super::Origin;
use super::edge::{Answer, json};
use super::problem::Problem;
use super::signed::CheckedBody;
use crate::metrics::Operation;
use crate::random::Random;
use crate::store::StoreError;
use crate::work::Ended;

/// Statements of one request that are told one by one.
const MAX_STATEMENTS: usize = 64;

/// Bytes that say what was observed of a request, at most.
const MAX_OBSERVED_BYTES: usize = 4_096;

/// Work of the store for one request.
#[derive(Debug, Clone, Copy)]
struct Statement {
    operation: Operation,
    began: Instant,
    took: Duration,
    failed: bool,
}

/// What the store did for a request.
#[derive(Debug, Default)]
pub(super) struct Work {
    statements: Vec<Statement>,
}

/// A request that is answered.
pub(super) struct Answered<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'a str,
    pub(super) route: &'a str,
    pub(super) status: u16,
    pub(super) code: Option<&'a str>,
    pub(super) took: Duration,
}

tokio::task_local! {
    static WORK: RefCell<Work>;
}

/// Runs a request and watches what the store does for it.
pub(super) async fn watched<T>(request: impl Future<Output = T>) -> (T, Work) {
    WORK.scope(RefCell::default(), async {
        let answer = request.await;
        (answer, WORK.with(RefCell::take))
    })
    .await
}

/// Why work of the store did not come to its end.
pub(super) trait Unfinished {
    /// Whether the work failed, and was not refused.
    fn is_failure(&self) -> bool;
}

impl Unfinished for StoreError {
    fn is_failure(&self) -> bool {
        true
    }
}

impl Unfinished for Problem {
    fn is_failure(&self) -> bool {
        self.status().is_server_error()
    }
}

/// Times work of the store, for metrics and for whatever request it is done for.
pub(super) async fn timed<T, E: Unfinished>(
    origin: &Origin,
    operation: Operation,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let began = Instant::now();
    let result = work.await;
    let took = began.elapsed();
    let failed = result.as_ref().is_err_and(Unfinished::is_failure);
    origin.metrics.stored(operation, took, if failed { Ended::Failed } else { Ended::Well });
    let statement = Statement { operation, began, took, failed };
    // Background work is for no request.
    let _ = WORK.try_with(|work| {
        let statements = &mut work.borrow_mut().statements;
        if statements.len() < MAX_STATEMENTS {
            statements.push(statement);
        }
    });
    result
}

/// Where a request stands in its trace: in that of whoever sent it, or in one that begins here.
pub(super) fn place(parent: Option<TraceContext>, random: &dyn Random) -> Traced {
    let own = span_id(random);
    match parent {
        Some(parent) => Traced { own: parent.with_span(own), parent: Some(parent.span) },
        None => {
            let mut trace = [0; 16];
            random.fill(&mut trace);
            Traced { own: TraceContext { trace, span: own, sampling: Sampling::OnFailure }, parent: None }
        }
    }
}

fn span_id(random: &dyn Random) -> SpanId {
    let mut id = [0; 8];
    random.fill(&mut id);
    id
}

/// The line of a request.
pub(super) fn line(place: &Traced, request: &Answered<'_>, work: &Work, bytes_in: Option<u64>, bytes_out: Option<u64>) {
    let Answered { id, method, route, status, code, took } = request;
    let store: Duration = work.statements.iter().map(|statement| statement.took).sum();
    macro_rules! write_line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                target: "lgdl::request",
                request_id = %shown_request(id),
                trace_id = hex(&place.own.trace),
                method,
                route,
                status,
                code,
                latency_ms = took.as_secs_f64() * 1e3,
                store_ms = store.as_secs_f64() * 1e3,
                statements = work.statements.len(),
                bytes_in,
                bytes_out,
                $message
            )
        };
    }
    match status {
        500.. => write_line!(warn, "failed"),
        400.. => write_line!(info, "refused"),
        _ => write_line!(info, "request"),
    }
}

/// Hands the spans of a request over, if it is kept.
pub(super) fn tell(
    exporter: &Exporter,
    origin: &Origin,
    place: &Traced,
    request: &Answered<'_>,
    work: &Work,
    started: Instant,
) {
    let failed = request.status >= 500;
    if !place.own.is_kept(request.status) {
        return;
    }
    let began_ns = nanoseconds(origin.clock.now_ms()).saturating_sub(length(started.elapsed()));
    let own = Span {
        service: Service::Origin,
        trace: place.own.trace,
        id: place.own.span,
        parent: place.parent,
        name: format!("{} {}", request.method, request.route),
        kind: Kind::Server,
        began_ns,
        took_ns: length(request.took),
        attributes: vec![
            ("http.request.method", Value::Text(request.method.to_owned())),
            ("http.route", Value::Text(request.route.to_owned())),
            ("http.response.status_code", Value::Number(request.status.into())),
            ("lgdl.request_id", Value::Text(shown_request(request.id).into_owned())),
        ],
        failure: failed.then(|| request.code.unwrap_or("error").to_owned()),
    };
    let system = if origin.store.kind() == "postgres" { "postgresql" } else { origin.store.kind() };
    let statements = work.statements.iter().map(|statement| Span {
        service: Service::Origin,
        trace: place.own.trace,
        id: span_id(&*origin.random),
        parent: Some(place.own.span),
        name: format!("{} {}", statement.operation.name(), statement.operation.table()),
        kind: Kind::Client,
        began_ns: began_ns + length(statement.began.saturating_duration_since(started)),
        took_ns: length(statement.took),
        attributes: vec![
            ("db.system.name", Value::Text(system.to_owned())),
            ("db.operation.name", Value::Text(statement.operation.name().to_owned())),
            ("db.collection.name", Value::Text(statement.operation.table().to_owned())),
        ],
        failure: statement.failed.then(|| "store".to_owned()),
    });
    exporter.tell(statements.chain([own]));
}

/// `POST /edge/v1/traces`: a request that a node answered which has no way to the collector.
pub(super) async fn take_traced(State(origin): State<Origin>, Extension(body): Extension<CheckedBody>) -> Answer {
    let told: TracedRequest = json(&body)?;
    if told.observed.len() > MAX_OBSERVED_BYTES {
        return Err(Problem::malformed(format!("`observed` may take {MAX_OBSERVED_BYTES} bytes.")));
    }
    if let Some(exporter) = &origin.traces {
        let request = NodeRequest {
            id: &told.request_id,
            status: told.status,
            began_ns: nanoseconds(told.began_ms),
            took_ns: told.took_us.saturating_mul(1_000),
        };
        exporter.tell(of_request(&request, &Observation::of_header(&told.observed)));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn nanoseconds(ms: i64) -> u64 {
    ms.max(0).unsigned_abs().saturating_mul(1_000_000)
}

fn length(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}
