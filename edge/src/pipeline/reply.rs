//! Stage 10: the answer as clients see it, whole or sentence by sentence.

use http::{HeaderValue, StatusCode, header};
use lgdl::engine::Outcome;
use lgdl::wire::client::MoveResponse;
use serde_json::json;

use crate::answer::{Body, Refusal, Response};

/// How a turn was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// At the origin.
    Durable,
    /// In the journal.
    Journalled,
    /// Not at all.
    Stateless,
}

/// The answer to a turn.
#[must_use]
pub fn move_response(
    outcome: &Outcome,
    kept: Kept,
    manifest_id: String,
    latency_us: u64,
    game_version: &str,
) -> MoveResponse {
    MoveResponse {
        // Whole microseconds, so that the number is the same after a round trip through any JSON.
        latency_ms: latency_us as f64 / 1_000.0,
        degraded: match kept {
            Kept::Durable => None,
            Kept::Journalled => Some("journalled".into()),
            Kept::Stateless => Some("stateless".into()),
        },
        durable: kept == Kept::Durable,
        ..MoveResponse::of(outcome, manifest_id, game_version)
    }
}

/// The answer as one JSON document.
///
/// # Errors
/// When it can't be written.
pub fn whole(response: &MoveResponse) -> Result<Response, Refusal> {
    Response::json(StatusCode::OK, response)
}

/// The answer as server-sent events: each sentence as `sentence`, then all of it as `turn`.
///
/// Nothing is sent before the turn is committed: a sentence that was heard can't be taken back.
///
/// # Errors
/// When it can't be written.
pub fn events(response: &MoveResponse) -> Result<Response, Refusal> {
    let all = Response::json(StatusCode::OK, response)?.body.into_bytes();
    let mut events: Vec<Vec<u8>> = sentences(&response.response)
        .into_iter()
        .enumerate()
        .map(|(index, text)| event("sentence", json!({ "index": index, "text": text }).to_string().as_bytes()))
        .collect();
    events.push(event("turn", &all));
    let mut answer = Response::empty(StatusCode::OK);
    answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    answer.body = Body::Events(events);
    Ok(answer)
}

/// JSON has no raw line breaks, so one `data` line holds it.
fn event(name: &str, data: &[u8]) -> Vec<u8> {
    [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"].concat()
}

/// Cuts a text behind its sentences. Joined with spaces they give the text again, but for the spaces between them.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let full_width = matches!(c, '。' | '！' | '？');
        let ends =
            full_width || (matches!(c, '.' | '!' | '?' | '…') && chars.peek().is_none_or(|(_, c)| c.is_whitespace()));
        if (ends && !is_abbreviation(&text[from..at])) || c == '\n' {
            push(&mut found, &text[from..at + c.len_utf8()]);
            from = at + c.len_utf8();
        }
    }
    push(&mut found, &text[from..]);
    found
}

fn push<'t>(found: &mut Vec<&'t str>, sentence: &'t str) {
    let sentence = sentence.trim();
    if !sentence.is_empty() {
        found.push(sentence);
    }
}

/// Whether a full stop behind these words belongs to an abbreviation (`Dr.`, `e.g.`, an initial).
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or("");
    let word = word.trim_start_matches(['(', '"', '\'', '“']);
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    initial || ["Dr", "Mr", "Mrs", "Ms", "Prof", "St", "No", "vs", "e.g", "i.e", "approx"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_behind_its_sentences() {
        for (text, expected) in [
            ("", vec![]),
            ("Hello", vec!["Hello"]),
            ("Hello there. How are you?  Fine!", vec!["Hello there.", "How are you?", "Fine!"]),
            ("That is 7.5 of 10. Dr. Smith is in.", vec!["That is 7.5 of 10.", "Dr. Smith is in."]),
            ("One\nTwo", vec!["One", "Two"]),
            ("你好。你怎么样？", vec!["你好。", "你怎么样？"]),
            ("Wait... what?", vec!["Wait...", "what?"]),
        ] {
            assert_eq!(sentences(text), expected, "{text}");
        }
    }

    #[test]
    fn no_word_is_lost_between_sentences() {
        let text = "A. b? c! \n\n d… e.g. this. 。x";
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(words(&sentences(text).join(" ")), words(text));
    }
}
