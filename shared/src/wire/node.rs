//! The node service: what a machine offers to the edge instances on it, which remember nothing themselves. Exact counting
//! and a journal. Spoken under an address that only that machine knows; `lgdl` answers it inside its own process.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /count` | [`crate::limits::CountRequest`] | 200 [`crate::limits::Counted`] |
//! | `POST /journal/append` | [`JournalEntry`] | 204; 409 when the stream has moved on |
//! | `POST /journal/read` | [`Stream`] | 200 `[JournalEntry]`, oldest first |
//! | `POST /journal/streams` | [`Limit`] | 200 `[string]`, those that waited longest first |
//! | `POST /journal/remove` | [`EntryName`] | 204 |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Takes tokens.
pub const COUNT: &str = "/count";
/// Appends an entry.
pub const JOURNAL_APPEND: &str = "/journal/append";
/// Reads a stream.
pub const JOURNAL_READ: &str = "/journal/read";
/// Lists streams.
pub const JOURNAL_STREAMS: &str = "/journal/streams";
/// Removes an entry.
pub const JOURNAL_REMOVE: &str = "/journal/remove";

/// The request header in which a node proves to its own instances that it is the node: the value of their variable
/// `lgdl_node_token`.
pub const TOKEN_HEADER: &str = "x-lgdl-node-token";

/// The response header in which an instance hands its counts to the node, which takes it off before the answer leaves:
/// the route, a semicolon, and the counts with commas between them.
pub const OBSERVED_HEADER: &str = "x-lgdl-observed";

/// What is counted, as in `/metrics`: `lgdl_edge_<name>_total`.
pub const OBSERVED_NAMES: [&str; 12] = [
    "turns",
    "turns_journalled",
    "turns_stateless",
    "replays",
    "conflicts",
    "state_hits",
    "state_misses",
    "game_refills",
    "capability_calls",
    "capability_failures",
    "origin_failures",
    "refusals",
];

/// A turn that waits for the origin: sealed, and in its place in its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The conversation, as a digest.
    pub stream: String,
    /// The version that the turn brings the conversation to.
    pub version: u64,
    /// Tells entries of one version apart where the journal is not exact.
    pub id: String,
    /// The turn, sealed.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub sealed: Vec<u8>,
}

/// Names a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// The conversation, as a digest.
    pub stream: String,
}

/// How many streams to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// At most so many.
    pub limit: usize,
}

/// Names an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryName {
    /// Its stream.
    pub stream: String,
    /// Its id.
    pub id: String,
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_back_equal() {
        let entry = JournalEntry { stream: "s".into(), version: 7, id: "i".into(), sealed: vec![0, 1, 254, 255] };
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<JournalEntry>(&text).unwrap(), entry);
    }
}
