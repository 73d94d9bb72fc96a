//! The service itself: that it lives, its description, its settings.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Method;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::admin::endpoint::Endpoint;
use crate::admin::openapi::Document;
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, list, object, one_of, text};
use crate::http::{Origin, live};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let setting = object([
        ("name", text()),
        ("value", text()),
        ("source", one_of(&["environment", "file", "default"])),
        ("help", text()),
    ]);
    vec![
        Endpoint::new(Method::GET, "/health/live", Permission::Open, "Whether the process lives", live)
            .answers(200, any_object()),
        Endpoint::new(Method::GET, "/openapi.json", Permission::Open, "This document", document)
            .answers(200, any_object()),
        Endpoint::new(
            Method::GET,
            "/admin/v1/settings",
            Permission::ReadSettings,
            "The settings in force, secrets masked",
            settings,
        )
        .answers(200, object([("store", text()), ("settings", list(setting))])),
    ]
}

async fn document(Extension(document): Extension<Arc<Document>>) -> Json<Value> {
    Json(document.0.clone())
}

async fn settings(State(origin): State<Origin>) -> Json<Value> {
    Json(json!({"store": origin.store.kind(), "settings": origin.settings().effective}))
}
