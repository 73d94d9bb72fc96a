//! The edge nodes: how each is.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde_json::{Value, json};

use crate::admin::endpoint::Endpoint;
use crate::admin::permissions::Permission;
use crate::admin::schema::{list, object, one_of, or_null, text, time, whole};
use crate::http::{Origin, Problem};
use crate::nodes::shown;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let node = object([
        ("name", text()),
        ("state", one_of(&["alive", "silent", "lost"])),
        ("version", text()),
        ("platform", text()),
        ("region", or_null(text())),
        ("games", list(text())),
        ("waiting", whole()),
        ("waiting_for_s", or_null(whole())),
        ("aside", whole()),
        ("unremoved", whole()),
        ("breaker", text()),
        ("clock_ahead_ms", json!({"type": "integer"})),
        ("drained_at_ms", or_null(time())),
        ("joined_at_ms", time()),
        ("seen_at_ms", time()),
        ("seen_ago_s", whole()),
        ("troubles", list(text())),
    ]);
    vec![
        Endpoint::new(Method::GET, "/admin/v1/nodes", Permission::ReadSettings, "The edge nodes, and how each is", all)
            .answers(200, object([("nodes", list(node))])),
    ]
}

async fn all(State(origin): State<Origin>) -> Result<Json<Value>, Problem> {
    let now_ms = origin.clock.now_ms();
    let nodes: Vec<_> = origin.store.nodes().await?.iter().map(|row| shown(row, now_ms)).collect();
    Ok(Json(json!({"nodes": nodes})))
}
