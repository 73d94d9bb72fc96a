//! What is told of a request once it is answered: one line in the log, and its spans where traces go. Times, codes and ids
//! that machines drew; no text, and no id that a person chose.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lgdl::ids::shown_request;
use lgdl::wire::node::{OBSERVED, Observation};
use lgdl::wire::trace::hex;
use lgdl_traces::{Exporter, NodeRequest, of_request};

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
    let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, length);
    let Answered { id, status, took, .. } = request;
    let took_ns = length(*took);
    let request = NodeRequest { id, status: *status, began_ns: now_ns.saturating_sub(took_ns), took_ns };
    exporter.tell(of_request(&request, observation));
}

fn length(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}
