//! What is told of a request once it is answered: one line in the log, and its spans where traces go. Times, codes and ids
//! that machines drew; no text, and no id that a person chose.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lgdl::ids::shown_request;
use lgdl::wire::node::{OBSERVED, Observation, Traced};
use lgdl::wire::trace::{Sampling, SpanId, hex};
use lgdl_traces::{Exporter, Kind, Span, Value};

/// What the node is called in traces.
pub(crate) const TRACED_AS: &str = "lgdl-edge";
/// Stages in which another process works.
const CALLS: [&str; 1] = ["commit"];

/// A request that is answered.
pub(crate) struct Answered<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// The status of its answer.
    pub(crate) status: u16,
    /// How long it took.
    pub(crate) took: Duration,
    /// Bytes of its body, and of its answer's, where they are known.
    pub(crate) bytes: [Option<u64>; 2],
}

/// The line of a request.
pub(crate) fn line(request: &Answered<'_>, observation: &Observation) {
    let wanted = match request.status {
        500.. => tracing::enabled!(target: "lgdl::request", tracing::Level::WARN),
        _ => tracing::enabled!(target: "lgdl::request", tracing::Level::INFO),
    };
    if !wanted {
        return;
    }
    let Answered { id, status, took, bytes: [bytes_in, bytes_out] } = request;
    let stages: Vec<String> = observation.stages.iter().map(|(name, us)| format!("{name}={us}")).collect();
    let outcomes = OBSERVED.iter().zip(&observation.counts).filter(|(_, count)| **count > 0);
    let outcomes: Vec<&str> = outcomes.map(|((name, _), _)| *name).collect();
    macro_rules! write_line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                target: "lgdl::request",
                request_id = %shown_request(id),
                trace_id = observation.trace.map(|trace| hex(&trace.own.trace)),
                route = &*observation.route,
                status,
                code = observation.code.as_deref(),
                game = observation.game.as_deref(),
                latency_ms = took.as_secs_f64() * 1e3,
                stages_us = stages.join(" "),
                outcome = outcomes.join(" "),
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
pub(crate) fn tell(exporter: &Exporter, request: &Answered<'_>, observation: &Observation) {
    let Some(Traced { own, parent }) = observation.trace else { return };
    let failed = request.status >= 500;
    if own.sampling != Sampling::Kept && !failed {
        return;
    }
    let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, length);
    let began_ns = now_ns.saturating_sub(length(request.took));
    let mut attributes = vec![
        ("http.route", Value::Text(observation.route.clone().into_owned())),
        ("http.response.status_code", Value::Number(request.status.into())),
        ("lgdl.request_id", Value::Text(shown_request(request.id).into_owned())),
    ];
    if let Some(game) = &observation.game {
        attributes.push(("lgdl.game", Value::Text(game.clone())));
    }
    let code = observation.code.as_deref().unwrap_or("error");
    let root = Span {
        trace: own.trace,
        id: own.span,
        parent,
        name: observation.route.clone().into_owned(),
        kind: Kind::Server,
        began_ns,
        took_ns: length(request.took),
        attributes,
        failure: failed.then(|| code.to_owned()),
    };
    // One stage begins where the one before it ends.
    let mut at_ns = began_ns;
    let stages = observation.stages.iter().zip(1..).map(|((name, us), number)| {
        let began_ns = at_ns;
        let took_ns = us.saturating_mul(1_000);
        at_ns = at_ns.saturating_add(took_ns);
        Span {
            trace: own.trace,
            id: of_stage(own.span, number),
            parent: Some(own.span),
            name: name.clone().into_owned(),
            kind: if CALLS.contains(&&**name) { Kind::Client } else { Kind::Internal },
            began_ns,
            took_ns,
            attributes: Vec::new(),
            failure: None,
        }
    });
    exporter.tell(stages.chain([root]));
}

/// The id of a stage's span: that of the request's, told apart by its number. Nothing is drawn for it.
fn of_stage(of: SpanId, number: u8) -> SpanId {
    let mut id = of;
    id[7] = id[7].wrapping_add(number);
    id[6] ^= 0x80;
    if id == [0; 8] { [1; 8] } else { id }
}

fn length(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}
