//! Stage 1: the request as it came. Ids, sizes, shapes and headers; nothing is looked up here.

use http::{HeaderMap, HeaderName, Method, header};
use lgdl::engine::{Event, MAX_UTTERANCE_CHARS};
use lgdl::ids::Id;
use lgdl::ir::SESSION_EXPIRED;
use lgdl::problem::Reason;
pub use lgdl::wire::client::MAX_BODY_BYTES;
use lgdl::wire::client::MoveRequest;
use lgdl::wire::holds_nul;
use serde_json::Value;

use crate::answer::Refusal;
use crate::json;

/// Headers of a request at most.
pub const MAX_HEADERS: usize = 64;
/// Bytes of headers at most, names and values together.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
/// How deep the context may be nested: what is deeper could not be read back from where turns are kept.
pub const MAX_CONTEXT_DEPTH: usize = 32;
/// The longest name of an event, bytes.
pub const MAX_EVENT_NAME_BYTES: usize = 64;
/// The longest participant name, characters.
pub const MAX_PARTICIPANT_CHARS: usize = 64;

/// `x-request-id`
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// `idempotency-key`
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// `x-lgdl-now`, milliseconds since 1970, heeded on development nodes.
pub const NOW: HeaderName = HeaderName::from_static("x-lgdl-now");

/// A request as an adapter took it off its platform.
#[derive(Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most [`MAX_BODY_BYTES`], or why there is none.
    pub body: Result<Vec<u8>, BodyFault>,
}

/// Why a body could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// Longer than [`MAX_BODY_BYTES`].
    TooLarge,
    /// It broke off or took too long.
    Incomplete,
}

impl Received {
    /// A header's text, if it is there once and is text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }

    /// The value of a query parameter, decoded, if it is there.
    ///
    /// # Errors
    /// 422 when it is there twice or not readable: what is not understood must not count as not said.
    pub fn parameter(&self, name: &str) -> Result<Option<String>, Refusal> {
        let pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
        let Some(value) = values.next() else { return Ok(None) };
        let wrong = |what: &str| Refusal::new(Reason::WrongShape, format!("`{name}` in the address {what}."));
        if values.next().is_some() {
            return Err(wrong("is given twice"));
        }
        let decoded = crate::routes::percent_decoded(&value.replace('+', " "));
        decoded.map(Some).ok_or_else(|| wrong("is not percent-encoded UTF-8"))
    }
}

/// Refuses requests with more headers than any client has reason to send.
///
/// # Errors
/// 431.
pub fn check_headers(received: &Received) -> Result<(), Refusal> {
    let bytes: usize = received.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if received.headers.len() <= MAX_HEADERS && bytes <= MAX_HEADER_BYTES {
        return Ok(());
    }
    let detail = format!("A request may have {MAX_HEADERS} headers with {MAX_HEADER_BYTES} bytes in all.");
    Err(Refusal::new(Reason::TooManyHeaders, detail))
}

/// The client's request id, if it is one that may appear in logs and headers; otherwise none.
#[must_use]
pub fn kept_request_id(received: &Received) -> Option<&str> {
    received.header(&REQUEST_ID).filter(|id| Id::Request.fits(id))
}

/// Reads the body of a move.
///
/// # Errors
/// 400 when it is no JSON, 413, 415, 422 with the field that is wrong.
pub fn read_move(received: &Received) -> Result<MoveRequest, Refusal> {
    check_media_type(received)?;
    let body = match &received.body {
        Ok(body) => body,
        Err(BodyFault::TooLarge) => {
            let detail = format!("A request body may take {MAX_BODY_BYTES} bytes.");
            return Err(Refusal::new(Reason::BodyTooLarge, detail));
        }
        Err(BodyFault::Incomplete) => {
            return Err(Refusal::new(Reason::BodyIncomplete, "The body broke off or took too long. Send it again."));
        }
    };
    let request = json::read::<MoveRequest>(body).map_err(|_| misread(body))?;
    check_conversation_id(&request.conversation_id)?;
    check_id("user_id", &request.user_id)?;
    if let Some(participant) = &request.participant {
        check_participant(participant)?;
    }
    if let Some(event) = &request.event {
        check_event(event)?;
    }
    if !request.context.values().all(|value| is_shallow(value, MAX_CONTEXT_DEPTH)) {
        let detail = format!("`context` may be nested {MAX_CONTEXT_DEPTH} deep.");
        return Err(Refusal::new(Reason::WrongShape, detail));
    }
    if request.input.contains('\0')
        || request.context.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
    {
        // The origin keeps none, and nobody says one.
        let detail = "`input` or `context` holds a NUL character.";
        return Err(Refusal::new(Reason::WrongShape, detail));
    }
    // A text of at most that many bytes needs no counting.
    if request.input.len() > MAX_UTTERANCE_CHARS && request.input.chars().count() > MAX_UTTERANCE_CHARS {
        let detail = format!("`input` may take {MAX_UTTERANCE_CHARS} characters.");
        return Err(Refusal::new(Reason::UtteranceTooLong, detail));
    }
    Ok(request)
}

/// An event bears a name as games write it, and brings no more than a context may.
fn check_event(event: &Event) -> Result<(), Refusal> {
    let begins = event.name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_name = begins && event.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || event.name.len() > MAX_EVENT_NAME_BYTES {
        let detail = format!("`event.name` is a name of letters, digits and `_`, at most {MAX_EVENT_NAME_BYTES} long.");
        return Err(Refusal::new(Reason::WrongShape, detail));
    }
    if event.name == SESSION_EXPIRED {
        return Err(Refusal::new(Reason::WrongShape, "`session_expired` is the origin's to say."));
    }
    if !is_shallow(&event.value, MAX_CONTEXT_DEPTH) || holds_nul(&event.value) {
        let detail = format!("`event.value` may be nested {MAX_CONTEXT_DEPTH} deep, and holds no NUL character.");
        return Err(Refusal::new(Reason::WrongShape, detail));
    }
    Ok(())
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(values) => levels > 0 && values.iter().all(|value| is_shallow(value, levels - 1)),
        Value::Object(fields) => levels > 0 && fields.values().all(|value| is_shallow(value, levels - 1)),
        _ => true,
    }
}

fn check_media_type(received: &Received) -> Result<(), Refusal> {
    if received.headers.get(header::CONTENT_TYPE).is_none_or(http::HeaderValue::is_empty) {
        return Ok(()); // Old clients leave it out.
    }
    // Two of them may each be right, and then neither tells.
    let value = received.header(&header::CONTENT_TYPE).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let is_json = essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json && received.headers.get(header::CONTENT_ENCODING).is_none() {
        return Ok(());
    }
    Err(Refusal::new(Reason::UnsupportedMediaType, "Send the body as application/json, in UTF-8 and not compressed.")
        .with(header::ACCEPT, "application/json"))
}

/// Says what is wrong without repeating any of it: serde's own message would quote the person's words.
fn misread(body: &[u8]) -> Refusal {
    /// Name, what its value must be, how to say so, and whether it must be there.
    type Field = (&'static str, fn(&Value) -> bool, &'static str, bool);
    const FIELDS: [Field; 7] = [
        ("conversation_id", Value::is_string, "a string", true),
        ("user_id", Value::is_string, "a string", true),
        ("input", Value::is_string, "a string", true),
        ("context", Value::is_object, "an object", false),
        ("participant", |value| value.is_string() || value.is_null(), "a string", false),
        (
            "event",
            |value| value.is_null() || value.get("name").is_some_and(Value::is_string),
            "an object with a `name`",
            false,
        ),
        ("explain", Value::is_boolean, "true or false", false),
    ];
    let value = match json::read::<Value>(body) {
        Ok(value) => value,
        Err(error) => {
            let detail = format!("Not valid JSON at line {}, column {}.", error.line(), error.column());
            return Refusal::new(Reason::MalformedBody, detail);
        }
    };
    let fault = match value {
        Value::Object(fields) => {
            FIELDS.iter().find_map(|(name, is_right, expected, required)| match fields.get(*name) {
                None if *required => Some(format!("`{name}` is missing; it must be {expected}.")),
                Some(value) if !is_right(value) => Some(format!("`{name}` must be {expected}.")),
                _ => None,
            })
        }
        _ => Some("The body must be a JSON object.".to_owned()),
    };
    let fault = fault.unwrap_or_else(|| "A field appears twice or does not have the expected form.".to_owned());
    Refusal::new(Reason::WrongShape, fault)
}

/// Checks a game's id.
///
/// # Errors
/// 422.
pub fn check_game_id(id: &str) -> Result<(), Refusal> {
    Id::Game.check(id).map_err(|rule| Refusal::new(Reason::BadIdentifier, format!("A game's id {rule}.")))
}

/// Checks a conversation's id.
///
/// # Errors
/// 422.
pub fn check_conversation_id(id: &str) -> Result<(), Refusal> {
    check_id("conversation_id", id)
}

/// Checks the id of a conversation or a user.
///
/// # Errors
/// 422.
pub fn check_id(name: &str, id: &str) -> Result<(), Refusal> {
    Id::User.check(id).map_err(|rule| Refusal::new(Reason::BadIdentifier, format!("`{name}` {rule}.")))
}

fn check_participant(name: &str) -> Result<(), Refusal> {
    let fits = !name.is_empty() && name.chars().count() <= MAX_PARTICIPANT_CHARS;
    if fits && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let detail = format!("`participant` takes 1 to {MAX_PARTICIPANT_CHARS} characters.");
    Err(Refusal::new(Reason::BadIdentifier, detail))
}

/// The client's idempotency key, bare or as a quoted string.
///
/// # Errors
/// 400 when there is one and it is none, or there are several.
pub fn idempotency_key(received: &Received) -> Result<Option<String>, Refusal> {
    if !received.headers.contains_key(&IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let key = received.header(&IDEMPOTENCY_KEY).map(str::trim).unwrap_or("");
    let key = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    Id::IdempotencyKey
        .check(key)
        .map(|()| Some(key.to_owned()))
        .map_err(|rule| Refusal::new(Reason::BadHeader, format!("`Idempotency-Key` {rule}.")))
}

/// The version of the conversation that the turn is for: `If-Match` with the `ETag` of an answer, `"0"` for one that is yet
/// to begin.
///
/// # Errors
/// 400 when it is there and names none.
pub fn if_match(received: &Received) -> Result<Option<u64>, Refusal> {
    if !received.headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    let tag = received.header(&header::IF_MATCH).map(str::trim).unwrap_or("");
    let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    let wrong = || Refusal::new(Reason::BadHeader, "`If-Match` takes the `ETag` of an answer, such as `\"7\"`.");
    version.map(Some).ok_or_else(wrong)
}

/// Whether the client wants server-sent events.
#[must_use]
pub fn wants_events(received: &Received) -> bool {
    let accepted = received.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_events = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("text/event-stream"));
        is_events && !parts.any(is_unwanted)
    })
}

/// Whether a parameter of a media range says that it is not wanted: a weight of 0 (RFC 9110, 12.4.2).
fn is_unwanted(parameter: &str) -> bool {
    let weight = parameter.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    weight.is_some_and(|(_, weight)| {
        let weight = weight.trim();
        weight.contains('0') && weight.bytes().all(|sign| matches!(sign, b'0' | b'.'))
    })
}

/// The turn's time that a development client asks for.
///
/// # Errors
/// 400 when it is no number of milliseconds.
pub fn asked_now(received: &Received) -> Result<Option<i64>, Refusal> {
    if !received.headers.contains_key(&NOW) {
        return Ok(None);
    }
    // Years 0001 to 9999, which every calendar function takes.
    let range = -62_135_596_800_000..=253_402_300_799_000;
    match received.header(&NOW).and_then(|text| text.trim().parse().ok()).filter(|now| range.contains(now)) {
        Some(now) => Ok(Some(now)),
        None => Err(Refusal::new(Reason::BadHeader, "`x-lgdl-now` takes milliseconds since 1970.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(headers: &[(&'static str, &str)], body: &[u8]) -> Received {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::from_static(name), http::HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        Received {
            method: Method::POST,
            path: "/games/g/move".into(),
            query: String::new(),
            headers: headers.collect(),
            body: Ok(body.to_vec()),
        }
    }

    #[test]
    fn a_body_that_is_wrong_is_refused_with_the_field_and_without_its_words() {
        let good = r#"{"conversation_id":"c","user_id":"u","input":"secret"}"#;
        assert!(read_move(&received(&[], good.as_bytes())).is_ok());
        let long = format!(r#"{{"conversation_id":"c","user_id":"u","input":"{}"}}"#, "é".repeat(4_097));
        for (body, reason, mentions) in [
            ("", Reason::MalformedBody, "line 1"),
            ("{", Reason::MalformedBody, "line 1"),
            ("{\"input\": secret}", Reason::MalformedBody, "column"),
            ("\u{feff}{}", Reason::MalformedBody, "line 1"),
            ("[]", Reason::WrongShape, "object"),
            (r#"["c","u","secret"]"#, Reason::WrongShape, "object"),
            ("\"secret\"", Reason::WrongShape, "object"),
            ("{}", Reason::WrongShape, "`conversation_id` is missing"),
            (r#"{"conversation_id":1,"user_id":"u","input":"secret"}"#, Reason::WrongShape, "`conversation_id` must"),
            (r#"{"conversation_id":"c","user_id":null,"input":"secret"}"#, Reason::WrongShape, "`user_id` must"),
            (r#"{"conversation_id":"c","user_id":"u","input":["secret"]}"#, Reason::WrongShape, "`input` must"),
            (
                r#"{"conversation_id":"c","user_id":"u","input":"secret","context":"secret"}"#,
                Reason::WrongShape,
                "`context`",
            ),
            (
                r#"{"conversation_id":"c","user_id":"u","input":"secret","explain":"secret"}"#,
                Reason::WrongShape,
                "`explain`",
            ),
            (r#"{"conversation_id":"c","user_id":"u","input":"a","input":"secret"}"#, Reason::WrongShape, "twice"),
            (r#"{"conversation_id":"","user_id":"u","input":"secret"}"#, Reason::BadIdentifier, "`conversation_id`"),
            (r#"{"conversation_id":"a b","user_id":"u","input":"secret"}"#, Reason::BadIdentifier, "`conversation_id`"),
            (r#"{"conversation_id":"c","user_id":"../u","input":"secret"}"#, Reason::BadIdentifier, "`user_id`"),
            (
                r#"{"conversation_id":"c","user_id":"u","input":"secret","participant":""}"#,
                Reason::BadIdentifier,
                "`participant`",
            ),
            (long.as_str(), Reason::UtteranceTooLong, "4096"),
        ] {
            let refusal = read_move(&received(&[], body.as_bytes())).unwrap_err();
            assert_eq!(refusal.reason, reason, "{body}");
            assert!(refusal.detail.contains(mentions), "{body}: {}", refusal.detail);
            assert!(!refusal.detail.contains("secret"), "{body}: {}", refusal.detail);
        }
        let id = "x".repeat(129);
        let body = format!(r#"{{"conversation_id":"{id}","user_id":"u","input":""}}"#);
        assert_eq!(read_move(&received(&[], body.as_bytes())).unwrap_err().reason, Reason::BadIdentifier);
        let invalid_utf8 = b"{\"conversation_id\":\"c\",\"user_id\":\"u\",\"input\":\"\xff\"}";
        assert_eq!(read_move(&received(&[], invalid_utf8)).unwrap_err().reason, Reason::MalformedBody);
        let nested = "[".repeat(10_000);
        assert_eq!(read_move(&received(&[], nested.as_bytes())).unwrap_err().reason, Reason::MalformedBody);
    }

    #[test]
    fn the_longest_input_is_taken_in_any_spelling() {
        for unit in ["é", "😀", "\\ud83d\\ude00"] {
            let body = format!(r#"{{"conversation_id":"c","user_id":"u","input":"{}"}}"#, unit.repeat(4_096));
            assert!(body.len() < MAX_BODY_BYTES);
            assert!(read_move(&received(&[], body.as_bytes())).is_ok(), "{unit}");
        }
    }

    #[test]
    fn only_json_is_taken() {
        let body = br#"{"conversation_id":"c","user_id":"u","input":""}"#;
        for (content_type, taken) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/vnd.lgdl+json", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("", true),
            ("\u{e9}", false),
        ] {
            let outcome = read_move(&received(&[("content-type", content_type)], body));
            assert_eq!(outcome.is_ok(), taken, "{content_type}");
            assert!(outcome.err().is_none_or(|refusal| refusal.reason == Reason::UnsupportedMediaType));
        }
        let compressed = received(&[("content-type", "application/json"), ("content-encoding", "gzip")], body);
        assert_eq!(read_move(&compressed).unwrap_err().reason, Reason::UnsupportedMediaType);
    }

    #[test]
    fn context_is_taken_as_deep_as_it_can_be_kept() {
        let body = |depth: usize| {
            let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"conversation_id":"c","user_id":"u","input":"","context":{{"a":{nested}}}}}"#)
        };
        assert!(read_move(&received(&[], body(MAX_CONTEXT_DEPTH).as_bytes())).is_ok());
        let refusal = read_move(&received(&[], body(MAX_CONTEXT_DEPTH + 1).as_bytes())).unwrap_err();
        assert_eq!(refusal.reason, Reason::WrongShape);
        let mut twice = received(&[("content-type", "application/json")], body(1).as_bytes());
        twice.headers.append(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        assert_eq!(read_move(&twice).unwrap_err().reason, Reason::UnsupportedMediaType);
    }

    #[test]
    fn a_body_that_did_not_come_whole_is_refused() {
        for (fault, reason) in
            [(BodyFault::TooLarge, Reason::BodyTooLarge), (BodyFault::Incomplete, Reason::BodyIncomplete)]
        {
            let received = Received { body: Err(fault), ..received(&[], b"") };
            assert_eq!(read_move(&received).unwrap_err().reason, reason);
        }
    }

    #[test]
    fn idempotency_keys_are_taken_bare_or_quoted() {
        for (value, key) in
            [("abc-1", Some("abc-1")), ("\"abc\"", Some("abc")), ("8e03978e-40d5", Some("8e03978e-40d5"))]
        {
            assert_eq!(idempotency_key(&received(&[("idempotency-key", value)], b"")).unwrap().as_deref(), key);
        }
        assert_eq!(idempotency_key(&received(&[], b"")).unwrap(), None);
        for value in ["", "\"\"", "a b", "é", &"x".repeat(129)] {
            let refusal = idempotency_key(&received(&[("idempotency-key", value)], b"")).unwrap_err();
            assert_eq!(refusal.reason, Reason::BadHeader, "{value}");
        }
        let mut twice = received(&[("idempotency-key", "a")], b"");
        twice.headers.append(&IDEMPOTENCY_KEY, http::HeaderValue::from_static("b"));
        assert_eq!(idempotency_key(&twice).unwrap_err().reason, Reason::BadHeader);
    }

    #[test]
    fn a_request_id_that_could_break_a_log_is_not_kept() {
        for (id, kept) in [("abc-1:2_3.4", true), ("", false), ("a b", false), ("é", false), (&"x".repeat(129), false)]
        {
            assert_eq!(kept_request_id(&received(&[("x-request-id", id)], b"")).is_some(), kept, "{id}");
        }
    }

    #[test]
    fn events_are_sent_to_whoever_accepts_them() {
        for (accept, events) in [
            ("text/event-stream", true),
            ("application/json, Text/Event-Stream;q=0.9", true),
            ("*/*", false),
            ("application/json", false),
            ("text/event-stream;q=0, */*", false),
            ("text/event-stream; Q=0.000", false),
        ] {
            assert_eq!(wants_events(&received(&[("accept", accept)], b"")), events, "{accept}");
        }
    }
}
