//! The chat page, on development nodes and where it is enabled.

use http::{StatusCode, header};
use lgdl::problem::Reason;
use serde_json::json;

use crate::answer::{Refusal, Response};
use crate::call::Call;
use crate::platform::Platform;

/// Scripts, styles and requests from this node only.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
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
        "/lgdl-chat.js" => ("text/javascript; charset=utf-8", include_bytes!("../../assets/chat/lgdl-chat.js")),
        _ => ("text/javascript; charset=utf-8", include_bytes!("../../assets/chat/chat.js")),
    };
    let mut response = Response::new(StatusCode::OK, content_type, bytes);
    response.set(header::CONTENT_SECURITY_POLICY, POLICY);
    Ok(response)
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
