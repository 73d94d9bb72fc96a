//! The spans of a request that a node has answered: its own, and one for each of its stages.

use lgdl::ids::shown_request;
use lgdl::wire::node::{Observation, Traced};
use lgdl::wire::trace::SpanId;

use crate::{Kind, Service, Span, Value};

/// Stages in which another process works.
const CALLS: [&str; 4] = ["call", "claim", "commit", "lookup"];

/// A request that a node has answered.
#[derive(Debug, Clone, Copy)]
pub struct NodeRequest<'a> {
    /// Its id.
    pub id: &'a str,
    /// The status of its answer.
    pub status: u16,
    /// When it came, nanoseconds since 1970.
    pub began_ns: u64,
    /// How long it took, nanoseconds.
    pub took_ns: u64,
}

/// The spans of a request at a node, if it is kept: where its trace is, and where it has failed.
#[must_use]
pub fn of_request(request: &NodeRequest<'_>, observation: &Observation) -> Vec<Span> {
    let Some(Traced { own, parent }) = observation.trace else { return Vec::new() };
    let failed = request.status >= 500;
    if !own.is_kept(request.status) {
        return Vec::new();
    }
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
        service: Service::Edge,
        trace: own.trace,
        id: own.span,
        parent,
        name: observation.route.clone().into_owned(),
        kind: Kind::Server,
        began_ns: request.began_ns,
        took_ns: request.took_ns,
        attributes,
        failure: failed.then(|| code.to_owned()),
    };
    // One stage begins where the one before it ends.
    let mut at_ns = request.began_ns;
    let stages = observation.stages.iter().zip(1..).map(|((name, us), number)| {
        let began_ns = at_ns;
        let took_ns = us.saturating_mul(1_000);
        at_ns = at_ns.saturating_add(took_ns);
        Span {
            service: Service::Edge,
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
    stages.chain([root]).collect()
}

/// The id of a stage's span: that of the request's, told apart by its number. Nothing is drawn for it.
fn of_stage(of: SpanId, number: u8) -> SpanId {
    let mut id = of;
    id[7] = id[7].wrapping_add(number);
    id[6] ^= 0x80;
    if id == [0; 8] { [1; 8] } else { id }
}
