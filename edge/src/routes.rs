//! Which route a request is for. Nothing here answers one.

use http::Method;
use lgdl::problem::Reason;
use lgdl::wire::origin::Decision;

use crate::answer::Refusal;
use crate::pipeline::request::{check_conversation_id, check_game_id};

/// A route with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `POST /games/{id}/move`
    Move(String),
    /// `POST /move`, deprecated: the first game.
    MoveFirst,
    /// `GET /games`
    Games,
    /// `GET /games/{id}`
    Game(String),
    /// `POST /games/{id}/reload`, on development nodes.
    Reload(String),
    /// `GET /healthz`
    Healthz,
    /// `GET /health/live`
    Live,
    /// `GET /health/ready`
    Ready,
    /// `GET /health`
    Health,
    /// `GET /metrics`
    Metrics,
    /// `DELETE /conversations/{id}`
    Erase(String),
    /// `GET /conversations/{id}/export`
    Export(String),
    /// `GET /conversations/{id}/messages`
    Messages(String),
    /// `GET /dev/status`: which games do not compile, on development nodes.
    Status,
    /// `GET /`, and the page's own files.
    Page(&'static str),
    /// `GET /lgdl-chat.js`: the chat element, for pages of any site.
    Element,
    /// `GET /openapi.json`: what this node answers to.
    Document,
    /// `POST /internal/drain`: the timer of the node, or whoever holds an admin key.
    Drain,
    /// `GET /internal/journal`, `POST /internal/journal/retry`, `POST /internal/journal/drop`: what was set aside.
    Journal(JournalOrder),
    /// `OPTIONS` anywhere.
    Preflight,
}

/// What is to be done with turns that were set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalOrder {
    /// List them.
    List,
    /// Let them wait again, or remove them.
    Decide(Decision),
}

/// Files of the chat page that are served under their own names.
pub const PAGE_FILES: [&str; 3] = ["/", "/chat.css", "/chat.js"];

impl Route {
    /// Finds the route.
    ///
    /// # Errors
    /// 404, 405 with `Allow`, or an id that is none.
    pub fn of(method: &Method, path: &str) -> Result<Route, Refusal> {
        if method == Method::OPTIONS {
            return Ok(Route::Preflight);
        }
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        match parts.as_slice() {
            ["games"] => get(method, Route::Games),
            ["games", id] => get(method, Route::Game(game(id)?)),
            ["games", id, "move"] => post(method, Route::Move(game(id)?)),
            ["games", id, "reload"] => post(method, Route::Reload(game(id)?)),
            ["move"] => post(method, Route::MoveFirst),
            ["healthz"] => get(method, Route::Healthz),
            ["health"] => get(method, Route::Health),
            ["health", "live"] => get(method, Route::Live),
            ["health", "ready"] => get(method, Route::Ready),
            ["metrics"] => get(method, Route::Metrics),
            ["conversations", id] if method == Method::DELETE => Ok(Route::Erase(conversation(id)?)),
            ["conversations", _] => Err(not_allowed("DELETE")),
            ["conversations", id, "export"] => get(method, Route::Export(conversation(id)?)),
            ["conversations", id, "messages"] => get(method, Route::Messages(conversation(id)?)),
            ["dev", "status"] => get(method, Route::Status),
            ["internal", "drain"] => post(method, Route::Drain),
            ["lgdl-chat.js"] => get(method, Route::Element),
            ["openapi.json"] => get(method, Route::Document),
            ["internal", "journal"] => get(method, Route::Journal(JournalOrder::List)),
            ["internal", "journal", "retry"] => post(method, Route::Journal(JournalOrder::Decide(Decision::Retry))),
            ["internal", "journal", "drop"] => post(method, Route::Journal(JournalOrder::Decide(Decision::Drop))),
            _ => match PAGE_FILES.iter().find(|file| **file == path) {
                Some(file) => get(method, Route::Page(file)),
                None => Err(Refusal::new(Reason::NoRoute, "See docs/edge.md for the addresses of an edge node.")),
            },
        }
    }

    /// Whether pages of any site may have it: it is the same for everybody, and says nothing about anyone.
    #[must_use]
    pub fn is_public(&self) -> bool {
        matches!(self, Route::Preflight | Route::Element | Route::Document)
    }

    /// Its name in metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Route::Move(_) => "POST /games/{id}/move",
            Route::MoveFirst => "POST /move",
            Route::Games => "GET /games",
            Route::Game(_) => "GET /games/{id}",
            Route::Reload(_) => "POST /games/{id}/reload",
            Route::Healthz => "GET /healthz",
            Route::Live => "GET /health/live",
            Route::Ready => "GET /health/ready",
            Route::Health => "GET /health",
            Route::Metrics => "GET /metrics",
            Route::Erase(_) => "DELETE /conversations/{id}",
            Route::Export(_) => "GET /conversations/{id}/export",
            Route::Messages(_) => "GET /conversations/{id}/messages",
            Route::Status => "GET /dev/status",
            Route::Page(_) => "GET /",
            Route::Element => "GET /lgdl-chat.js",
            Route::Document => "GET /openapi.json",
            Route::Drain => "POST /internal/drain",
            Route::Journal(JournalOrder::List) => "GET /internal/journal",
            Route::Journal(JournalOrder::Decide(Decision::Retry)) => "POST /internal/journal/retry",
            Route::Journal(JournalOrder::Decide(Decision::Drop)) => "POST /internal/journal/drop",
            Route::Preflight => "OPTIONS",
        }
    }
}

fn get(method: &Method, route: Route) -> Result<Route, Refusal> {
    if method == Method::GET || method == Method::HEAD { Ok(route) } else { Err(not_allowed("GET, HEAD")) }
}

fn post(method: &Method, route: Route) -> Result<Route, Refusal> {
    if method == Method::POST { Ok(route) } else { Err(not_allowed("POST")) }
}

fn not_allowed(allowed: &'static str) -> Refusal {
    Refusal::new(Reason::MethodNotAllowed, format!("This address answers to {allowed}."))
        .with(http::header::ALLOW, format!("{allowed}, OPTIONS"))
}

fn game(raw: &str) -> Result<String, Refusal> {
    check_game_id(raw).map(|()| raw.to_owned())
}

fn conversation(raw: &str) -> Result<String, Refusal> {
    let id = percent_decoded(raw).ok_or_else(|| {
        Refusal::new(Reason::BadIdentifier, "The conversation's id in the address is not percent-encoded UTF-8.")
    })?;
    check_conversation_id(&id)?;
    Ok(id)
}

/// Decodes `%XX`; `None` when that is malformed or no UTF-8.
#[must_use]
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let value = digit(rest.next())? * 16 + digit(rest.next())?;
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Encodes everything that is not unreserved (RFC 3986, 2.3).
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_design_has_a_route() {
        for (method, path, name) in [
            ("POST", "/games/medical/move", "POST /games/{id}/move"),
            ("POST", "/move", "POST /move"),
            ("GET", "/games", "GET /games"),
            ("HEAD", "/games", "GET /games"),
            ("GET", "/games/medical", "GET /games/{id}"),
            ("POST", "/games/medical/reload", "POST /games/{id}/reload"),
            ("GET", "/healthz", "GET /healthz"),
            ("GET", "/health", "GET /health"),
            ("GET", "/health/live", "GET /health/live"),
            ("GET", "/health/ready", "GET /health/ready"),
            ("GET", "/metrics", "GET /metrics"),
            ("DELETE", "/conversations/a%3Ab", "DELETE /conversations/{id}"),
            ("GET", "/conversations/c1/export", "GET /conversations/{id}/export"),
            ("GET", "/conversations/c1/messages", "GET /conversations/{id}/messages"),
            ("GET", "/dev/status", "GET /dev/status"),
            ("GET", "/internal/journal", "GET /internal/journal"),
            ("POST", "/internal/journal/retry", "POST /internal/journal/retry"),
            ("GET", "/", "GET /"),
            ("GET", "/lgdl-chat.js", "GET /lgdl-chat.js"),
            ("GET", "/openapi.json", "GET /openapi.json"),
            ("OPTIONS", "/anything", "OPTIONS"),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(Route::of(&method, path).unwrap().name(), name, "{path}");
        }
    }

    #[test]
    fn other_addresses_methods_and_ids_are_refused() {
        for (method, path, reason) in [
            ("GET", "/nothing", Reason::NoRoute),
            ("GET", "//", Reason::NoRoute),
            ("GET", "/games/", Reason::BadIdentifier),
            ("GET", "/games/medical/move", Reason::MethodNotAllowed),
            ("PUT", "/games", Reason::MethodNotAllowed),
            ("POST", "/healthz", Reason::MethodNotAllowed),
            ("GET", "/conversations/c1", Reason::MethodNotAllowed),
            ("BREW", "/move", Reason::MethodNotAllowed),
            ("POST", "/games/a%20b/move", Reason::BadIdentifier),
            ("POST", "/games/../move", Reason::BadIdentifier),
            ("DELETE", "/conversations/%zz", Reason::BadIdentifier),
            ("DELETE", "/conversations/%ff", Reason::BadIdentifier),
            ("DELETE", "/conversations/a%00b", Reason::BadIdentifier),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(Route::of(&method, path).unwrap_err().reason, reason, "{method} {path}");
        }
    }

    #[test]
    fn percent_encoding_is_undone_by_decoding() {
        for text in ["", "plain-_.~", "a b/c?d#e%f", "ä€😀"] {
            assert_eq!(percent_decoded(&percent_encoded(text)).as_deref(), Some(text));
        }
    }
}
