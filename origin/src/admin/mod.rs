//! The admin API: a service of its own, on its own port, with its own credentials. Roles and permissions stand in
//! [`permissions`], what each endpoint does in `api`, one file a resource.

mod administrators;
mod api;
mod attempts;

mod endpoint;
mod guard;
mod input;
mod openapi;
mod passwords;
mod permissions;
mod schema;
mod sessions;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::{Extension, Router, middleware};
use lgdl::wire::signature::TENANT_HEADER;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::http::{Origin, Patience};

pub(crate) use administrators::prepared as prepared_administrator;
pub use administrators::{CreateRefused, NewAdministrator, create_administrator, hash as hash_password};
pub use attempts::{MAX_ATTEMPTS, WINDOW_MS};
pub use passwords::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS, PasswordRefused, check_password};
pub use sessions::{ACCESS_MS, REFRESH_MS, SESSION_MS};

use attempts::Attempts;
use endpoint::Endpoint;
use guard::Guarded;
use permissions::Permission;

/// Headers of every answer: nothing of it is kept by a browser, framed, sniffed or run.
const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// How long a browser may remember what CORS allows.
const CORS_MAX_AGE: std::time::Duration = std::time::Duration::from_secs(600);

/// The service on the admin port.
pub fn admin_service(origin: Origin) -> Router {
    let endpoints = api::endpoints();
    let document = Arc::new(openapi::document(&endpoints));
    let patience = endpoints.iter().filter_map(|endpoint| {
        endpoint.within.map(|within| Patience { method: endpoint.method.clone(), path: endpoint.path, within })
    });
    let patience = patience.collect();
    let routes = endpoints.into_iter().fold(Router::new(), |routes, endpoint| mount(routes, endpoint, &origin));
    let routes = routes
        .layer(DefaultBodyLimit::max(origin.config.max_body_bytes))
        .layer(Extension(Arc::new(Attempts::default())))
        .layer(Extension(document));
    let cors = cors(&origin.config.admin_cors_origins);
    let mut service = crate::http::wrap(routes, origin, patience);
    for (name, value) in SECURITY_HEADERS {
        let value = HeaderValue::from_static(value);
        service = match name == header::CONTENT_SECURITY_POLICY {
            // A page has one of its own.
            true => service.layer(SetResponseHeaderLayer::if_not_present(name, value)),
            false => service.layer(SetResponseHeaderLayer::overriding(name, value)),
        };
    }
    match cors {
        Some(cors) => service.layer(cors),
        None => service,
    }
}

fn mount(routes: Router<Origin>, endpoint: Endpoint, origin: &Origin) -> Router<Origin> {
    let mut handler = endpoint.handler;
    if let Some(bytes) = endpoint.max_body_bytes {
        handler = handler.layer(DefaultBodyLimit::max(bytes));
    }
    if endpoint.permission != Permission::Open {
        let guarded = Guarded { origin: origin.clone(), permission: endpoint.permission };
        handler = handler.route_layer(middleware::from_fn_with_state(guarded, guard::check));
    }
    routes.route(endpoint.path, handler)
}

/// Pages of these origins may call us from a browser; without any, none may.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<_> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static(TENANT_HEADER)])
            .max_age(CORS_MAX_AGE)
    })
}
