//! The chat page, on development nodes and where it is enabled; the chat element and the OpenAPI document, on every node.

use http::{HeaderName, StatusCode, header};
use lgdl::problem::Reason;
use serde_json::json;

use crate::answer::{Refusal, Response};
use crate::call::Call;
use crate::platform::Platform;

/// Scripts, styles and requests from this node only; pictures that a game attaches may come from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One of the page's files.
///
/// # Errors
/// 404 where the page is off.
pub fn file<P: Platform>(call: &Call<'_, P>, file: &str) -> Result<Response, Refusal> {
    if !call.settings.chat_page {
        return Err(Refusal::new(Reason::NoRoute, "LGDL_CHAT_PAGE=on has this node serve its chat page."));
    }
    let (content_type, bytes): (_, &'static [u8]) = match file {
        "/" => ("text/html; charset=utf-8", include_bytes!("../../assets/chat/index.html")),
        "/chat.css" => ("text/css; charset=utf-8", include_bytes!("../../assets/chat/chat.css")),
        _ => ("text/javascript; charset=utf-8", include_bytes!("../../assets/chat/chat.js")),
    };
    let mut response = Response::new(StatusCode::OK, content_type, bytes);
    response.set(header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
}

/// How long a browser may go on with a public file, seconds: a new node's element reaches everybody within that.
const PUBLIC_SECONDS: u32 = 600;
/// Pages that isolate themselves may load what says so.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The chat element. A script of a type `module` is fetched with CORS, so every site must be let in; whether the node takes
/// turns from a page is decided where those come.
pub fn element() -> Response {
    public("text/javascript; charset=utf-8", include_bytes!("../../assets/chat/lgdl-chat.js"))
}

/// What a node answers to: OpenAPI 3.1.
pub fn document() -> Response {
    public("application/json", include_bytes!("../../assets/openapi.json"))
}

fn public(content_type: &'static str, bytes: &'static [u8]) -> Response {
    let mut response = Response::new(StatusCode::OK, content_type, bytes);
    response.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    response.set(RESOURCE_POLICY, "cross-origin");
    response.set(header::CACHE_CONTROL, &format!("public, max-age={PUBLIC_SECONDS}"));
    response
}

/// Which games do not compile. A node is given compiled games and knows of none; `lgdl dev`, which compiles them, answers
/// in its place.
///
/// # Errors
/// 404 on nodes that are not for development.
pub fn status<P: Platform>(call: &Call<'_, P>) -> Result<Response, Refusal> {
    if !call.settings.development {
        return Err(Refusal::new(Reason::NoRoute, "Development nodes tell which games do not compile."));
    }
    Response::json(StatusCode::OK, &json!({ "errors": [] }))
}
