//! What reports are made from, and what of them is kept.

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use super::Result;
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::report::Left;

/// Which turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnsOf {
    /// The tenant.
    pub tenant: String,
    /// The game.
    pub game: String,
    /// Taken from then on.
    pub from_ms: Millis,
    /// And before.
    pub to_ms: Millis,
}

/// One turn without what anybody said.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnFactsRow {
    /// The conversation, by the origin's id.
    pub conversation: String,
    /// The game version that answered.
    pub game_version: String,
    /// From 1.
    pub turn_num: u64,
    /// When it was taken.
    pub timestamp: Millis,
    /// The move that answered.
    pub matched_move: String,
    /// In [0, 1].
    pub confidence: f64,
    /// Facts without user text, a JSON object.
    pub metadata: String,
}

/// What the turns of one day (days since 1970, UTC) and version came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// The day.
    pub day: i64,
    /// The game version.
    pub game_version: String,
    /// The sum, a JSON object without user text.
    pub tally: String,
}

/// Where conversations are left open that are looked at: at most so many.
pub const MAX_LEFT: i64 = 50;

/// Reports. What they are made from may lag behind on a read replica.
#[async_trait]
pub trait Reports: Send + Sync {
    /// Tells the facts of turns, conversation by conversation and in their order; ends when nobody listens any more.
    async fn turn_facts(&self, turns: TurnsOf, tell: Sender<TurnFactsRow>) -> Result<()>;

    /// The conversation and the number of the turn whose answer had this `manifest_id`. Looks through a tenant's turns: for
    /// people, not for requests.
    async fn find_turn(&self, tenant: &str, manifest_id: &str) -> Result<Option<(ConversationId, u64)>>;

    /// The questions that stand open in conversations whose last turn lies in a span of time, the most frequent first, at
    /// most [`MAX_LEFT`].
    async fn left_open(&self, tenant: &str, game: &str, span: (Millis, Millis)) -> Result<Vec<Left>>;

    /// The day up to which a game's days are summed up, that day not included; `None`: none is.
    async fn closed_days(&self, tenant: &str, game: &str) -> Result<Option<i64>>;

    /// Keeps the sums of days from one up to another, that one not included. Does nothing where others were faster.
    async fn close_days(&self, tenant: &str, game: &str, days: (i64, i64), rows: Vec<DayRow>) -> Result<()>;

    /// The sums of days from one to another, both included.
    async fn report_days(&self, tenant: &str, game: &str, days: (i64, i64)) -> Result<Vec<DayRow>>;
}
