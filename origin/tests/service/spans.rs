//! Requests that nodes tell of which have no way to a collector of traces: the origin sends their spans.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use lgdl::wire::node::{Observation, Traced};
use lgdl::wire::origin::TracedRequest;
use lgdl::wire::trace::TraceContext;
use serde_json::Value;

use crate::client::edge_with;

/// What a collector was sent.
type Sent = Arc<Mutex<Vec<Value>>>;

const KEPT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

async fn collector() -> (String, Sent) {
    let sent = Sent::default();
    let take = |State(sent): State<Sent>, Json(body): Json<Value>| async move { sent.lock().unwrap().push(body) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&sent));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, sent)
}

#[tokio::test]
async fn the_origin_sends_the_spans_of_a_node_that_cannot() {
    let (url, sent) = collector().await;
    let edge = edge_with(&[("LGDL_OTLP_URL", &url)]).await;
    let observed = |header: &str, code: Option<&'static str>| Observation {
        route: "POST /games/{id}/move".into(),
        game: Some("medical".into()),
        code: code.map(Into::into),
        stages: vec![("engine".into(), 40), ("commit".into(), 900)],
        trace: TraceContext::of_header(header).map(|own| Traced { own, parent: Some([7; 8]) }),
        ..Observation::default()
    };
    let request = |id: &str, status: u16, observed: Observation| TracedRequest {
        request_id: id.into(),
        status,
        began_ms: 1_772_614_800_000,
        took_us: 1_500,
        observed: observed.header(),
    };
    let not_kept = KEPT.replace("-01", "-00");
    for told in [
        request("req_0a1b2c3d4e5f60718293a4b5", 200, observed(KEPT, None)),
        request("req_1a1b2c3d4e5f60718293a4b5", 200, observed(&not_kept, None)),
        request("marmalade", 503, observed(&not_kept.replace("4bf9", "5bf9"), Some("E220"))),
    ] {
        assert_eq!(edge.post("/edge/v1/traces", &told).await.status(), 204);
    }
    let long = TracedRequest { observed: "x".repeat(5_000), ..request("r", 200, observed(KEPT, None)) };
    assert_eq!(edge.post("/edge/v1/traces", &long).await.status(), 400);
    edge.running.stop().await.unwrap();

    let sent = sent.lock().unwrap();
    let nodes: Vec<&Value> = sent
        .iter()
        .flat_map(|body| body["resourceSpans"].as_array().unwrap())
        .filter(|of| of["resource"]["attributes"][0]["value"]["stringValue"] == "lgdl-edge")
        .flat_map(|of| of["scopeSpans"][0]["spans"].as_array().unwrap())
        .collect();
    let named = |name: &str| nodes.iter().filter(|span| span["name"] == name).count();
    assert_eq!((named("POST /games/{id}/move"), named("engine"), named("commit")), (2, 2, 2), "{nodes:#?}");
    let root = nodes.iter().find(|span| span["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736" && span["kind"] == 2);
    let root = root.expect("the one that is kept");
    assert_eq!((&root["spanId"], &root["parentSpanId"]), (&"00f067aa0ba902b7".into(), &"07".repeat(8).into()));
    assert_eq!(root["startTimeUnixNano"], "1772614800000000000");
    assert_eq!(root["endTimeUnixNano"], "1772614800001500000");
    assert!(nodes.iter().any(|span| span["status"]["message"] == "E220"), "what failed is kept always");
    assert!(!serde_json::to_string(&*sent).unwrap().contains("marmalade"), "an id that a client made up is not shown");
}
