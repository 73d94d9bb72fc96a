//! The conversation's state between turns.

use serde::{Deserialize, Serialize};

/// A conversation's state. Opaque to hosts: stored as JSON, read back equal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conversation {
    /// Turns completed; also the version that the origin's compare-and-swap orders by.
    pub turns: u64,
}
