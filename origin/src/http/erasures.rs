//! What was erased, told to edge nodes page by page, so that their copies go as well. Conversations of every tenant, named by
//! digest: whoever may ask may speak for any tenant, and learns nothing about any.
//!
//! A tombstone becomes visible a little after the time that it bears, and clocks of several origins differ. So a round reads
//! everything that was there when it began, and the next round begins [`LATE_MS`] before that: a node hears of an erasure
//! again and again for that long, and whatever a write that was late has brought back goes after all.

use std::fmt;
use std::str::FromStr;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use lgdl::wire::origin::{Erasures, MAX_CURSOR_BYTES, MAX_ERASURES};
use lgdl::wire::signature::KEY_ID_HEADER;
use serde::Deserialize;

use super::Origin;
use super::edge::Answer;
use super::problem::Problem;
use crate::clock::Millis;
use crate::ids::{ConversationId, InvalidId};
use crate::receipts::heard_note;
use crate::store::StoreError;
use crate::tombstones::LATE_MS;

/// How far a node must have come before it is noted again, milliseconds: a write each.
const HEARD_EVERY_MS: Millis = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    after: Option<String>,
    last_ms: Option<u64>,
}

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cursor {
    /// A round begins, with what was erased from a time on.
    Round { from: Millis },
    /// In a round that began then, behind a tombstone.
    Within { began: Millis, at: Millis, id: String },
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cursor::Round { from } => write!(f, "r.{from}"),
            Cursor::Within { began, at, id } => write!(f, "w.{began}.{at}.{id}"),
        }
    }
}

/// The text is none of our cursors.
#[derive(Debug, PartialEq, Eq)]
struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Cursor, NoCursor> {
        if text.len() > MAX_CURSOR_BYTES {
            return Err(NoCursor);
        }
        let time = |text: &str| text.parse::<Millis>().ok().filter(|time| *time >= 0).ok_or(NoCursor);
        let parts: Vec<&str> = text.splitn(4, '.').collect();
        match parts.as_slice() {
            ["r", from] => Ok(Cursor::Round { from: time(from)? }),
            ["w", began, at, id] if id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'/') => {
                Ok(Cursor::Within { began: time(began)?, at: time(at)?, id: (*id).to_owned() })
            }
            _ => Err(NoCursor),
        }
    }
}

pub(super) async fn list(
    State(origin): State<Origin>,
    headers: HeaderMap,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Answer {
    let malformed = || Problem::malformed("`?after=` takes the `next` of an earlier page, or `?last_ms=` a time.");
    let Query(wanted) = query.map_err(|_| malformed())?;
    let now_ms = origin.clock.now_ms();
    let goes_on = wanted.after.is_some();
    let cursor = match (wanted.after, wanted.last_ms) {
        (Some(after), None) => after.parse().map_err(|NoCursor| malformed())?,
        (None, Some(last_ms)) => Cursor::Round { from: now_ms.saturating_sub_unsigned(last_ms).max(0) },
        _ => return Err(malformed()),
    };
    if let Cursor::Round { from } = cursor
        && goes_on
        && let Some(key) = headers.get(KEY_ID_HEADER).and_then(|key| key.to_str().ok())
        && !origin.config.edge_unsigned
        && from > 0
    {
        heard(&origin, key, from.saturating_add(LATE_MS).min(now_ms)).await?;
    }
    let (began, after) = match &cursor {
        Cursor::Round { from } => (now_ms, (*from, "")),
        Cursor::Within { began, at, id } => (*began, (*at, id.as_str())),
    };
    let limit = u32::try_from(MAX_ERASURES).unwrap_or(u32::MAX);
    let rows = origin.store.tombstones(after, limit).await?;
    let more = rows.len() >= MAX_ERASURES;
    let next = match rows.last().filter(|_| more) {
        Some(last) => Cursor::Within { began, at: last.at, id: last.id.clone() },
        None => Cursor::Round { from: began.saturating_sub(LATE_MS).max(0) },
    };
    // The conversations of a person have tombstones of their own.
    let conversations = rows.iter().filter(|row| row.kind == "conversation");
    let conversations = conversations.map(|row| row.subject.parse().map(|id: ConversationId| id.digest())).collect();
    let damaged = |error: InvalidId| StoreError::Damaged(format!("erasures.subject: {error}"));
    let conversations = Result::map_err(conversations, damaged)?;
    Ok(Json(Erasures { conversations, next: next.to_string(), more }).into_response())
}

/// Notes that a node has taken everything that was erased until a time: a round that begins says that the one before it ended.
async fn heard(origin: &Origin, key: &str, until: Millis) -> Result<(), StoreError> {
    let name = heard_note(key);
    let noted = origin.store.setting(&name).await?;
    // Also where it says nothing that is a time: then this is better.
    let before = noted.and_then(|text| text.parse::<Millis>().ok()).unwrap_or(0);
    if until.saturating_sub(before) < HEARD_EVERY_MS {
        return Ok(());
    }
    origin.store.note(&name, &until.to_string()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_equal_and_nothing_else_is_one() {
        let within = Cursor::Within { began: 1, at: 2, id: "ers_01/17".into() };
        for cursor in [Cursor::Round { from: 0 }, within] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in
            ["", "r", "r.", "r.-1", "r.x", "r.1.2", "w.1.2", "x.1", "w.1.2.\0", &format!("w.1.2.{}", "i".repeat(200))]
        {
            assert_eq!(text.parse::<Cursor>(), Err(NoCursor), "{text}");
        }
    }
}
