//! An endpoint as one value: where it lies, what it needs, what it says about itself, and what runs. The router, the
//! checks of permission and the OpenAPI document are all made from it, so that none can lag behind.

use std::time::Duration;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::Value;

use super::permissions::Permission;
use crate::http::Origin;

/// An endpoint of the admin API.
pub(super) struct Endpoint {
    pub(super) method: Method,
    /// With `{names}` in it.
    pub(super) path: &'static str,
    pub(super) permission: Permission,
    pub(super) summary: &'static str,
    /// Parameters in the query: name, schema, description.
    pub(super) query: Vec<(&'static str, Value, &'static str)>,
    /// The schema of the body.
    pub(super) body: Option<Value>,
    /// The largest body, bytes, where it is not the deployment's.
    pub(super) max_body_bytes: Option<usize>,
    /// How long it may take, where that is not the deployment's.
    pub(super) within: Option<Duration>,
    pub(super) answer: Answer,
    pub(super) handler: MethodRouter<Origin>,
}

/// What an endpoint answers when all is well.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) media: &'static str,
    pub(super) schema: Option<Value>,
}

impl Endpoint {
    /// An endpoint that takes no body and answers 200 with JSON.
    pub(super) fn new<H, T>(
        method: Method,
        path: &'static str,
        permission: Permission,
        summary: &'static str,
        handler: H,
    ) -> Endpoint
    where
        H: Handler<T, Origin>,
        T: 'static,
    {
        // Only methods that have a filter are used here; GET stands in for what can't be.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Endpoint {
            method,
            path,
            permission,
            summary,
            query: Vec::new(),
            body: None,
            max_body_bytes: None,
            within: None,
            answer: Answer { status: 200, media: "application/json", schema: None },
            handler: on(filter, handler),
        }
    }

    /// Takes a JSON body.
    pub(super) fn takes(mut self, schema: Value) -> Endpoint {
        self.body = Some(schema);
        self
    }

    /// Takes a parameter in the query.
    pub(super) fn asks(mut self, name: &'static str, schema: Value, description: &'static str) -> Endpoint {
        self.query.push((name, schema, description));
        self
    }

    /// Answers with JSON of this schema.
    pub(super) fn answers(mut self, status: u16, schema: Value) -> Endpoint {
        self.answer = Answer { status, media: "application/json", schema: Some(schema) };
        self
    }

    /// Answers with another kind of document.
    pub(super) fn answers_with(mut self, media: &'static str) -> Endpoint {
        self.answer.media = media;
        self
    }

    /// Answers 204.
    pub(super) fn answers_nothing(mut self) -> Endpoint {
        self.answer = Answer { status: 204, media: "", schema: None };
        self
    }

    /// May take longer than others.
    pub(super) fn may_take(mut self, within: Duration) -> Endpoint {
        self.within = Some(within);
        self
    }

    /// Takes a larger body than others.
    pub(super) fn takes_at_most(mut self, bytes: usize) -> Endpoint {
        self.max_body_bytes = Some(bytes);
        self
    }
}
