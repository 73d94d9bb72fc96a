//! What a store keeps of people who step in: hand-overs, which the turns themselves open and end, and agents.

use async_trait::async_trait;
use lgdl::engine::HandoverStage;
use serde::{Deserialize, Serialize};

use super::{Event, Result};
use crate::clock::Millis;
use crate::ids::{AdministratorId, ConversationId};

/// A hand-over of a conversation to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverRow {
    /// The conversation.
    pub conversation: ConversationId,
    /// When it was asked for; with the conversation, what names it.
    pub since: Millis,
    /// The game.
    pub game: String,
    /// The queue.
    pub queue: String,
    /// Where it stands.
    pub stage: HandoverStage,
    /// Whether it comes before others.
    pub urgent: bool,
    /// How long the person waits for somebody, milliseconds, where the game says so.
    pub patience_ms: Option<u64>,
    /// Since when it waits, or waited last.
    pub waiting_since: Millis,
    /// Who has it, or had it last.
    pub agent: Option<AdministratorId>,
    /// When they took it.
    pub accepted_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// How often it came back to its queue.
    pub requeued: u64,
    /// What came of it, in a word of whoever had it.
    pub outcome: Option<String>,
}

/// Somebody who serves queues: an administrator of the role `agent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRow {
    /// The administrator.
    pub id: AdministratorId,
    /// The tenant.
    pub tenant: String,
    /// As persons see it.
    pub name: String,
    /// The queues they may serve.
    pub queues: Vec<String>,
    /// Conversations at once.
    pub capacity: u64,
    /// The queues they serve now.
    #[serde(skip)]
    pub serving: Vec<String>,
    /// When they were last heard of.
    #[serde(skip)]
    pub heartbeat_at: Option<Millis>,
    /// How often they came back after they were taken for gone.
    #[serde(skip)]
    pub reconnected: u64,
}

/// A queue in which persons wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingQueue {
    /// The tenant.
    pub tenant: String,
    /// The queue.
    pub queue: String,
    /// How many wait that long.
    pub waiting: u64,
    /// Since when the first of them does.
    pub since: Millis,
}

/// What a turn of the desk does to its hand-over beside what its record says; in the turn's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskPart {
    /// An agent takes it, who never has more at once than their capacity.
    Taken {
        /// Who.
        agent: AdministratorId,
    },
    /// It ends.
    Ended {
        /// Which of the conversation's.
        since: Millis,
        /// What came of it, in a word.
        outcome: String,
    },
}

/// The event of a hand-over of a tenant that changed then.
pub type ToldOfHandover = fn(&str, &HandoverRow, Millis) -> Event;

/// Hand-overs in one answer at most.
pub const MAX_HANDOVERS: i64 = 200;

/// Hand-overs and agents.
#[async_trait]
pub trait Handovers: Send + Sync {
    /// The hand-overs of a tenant that wait in these queues, at most [`MAX_HANDOVERS`]: urgent ones first, then in the order in which
    /// they were asked for.
    async fn queued_handovers(&self, tenant: &str, queues: &[String]) -> Result<Vec<HandoverRow>>;

    /// The hand-overs that an agent has, in the same order.
    async fn handovers_with(&self, agent: &AdministratorId) -> Result<Vec<HandoverRow>>;

    /// The last hand-over of a conversation.
    async fn handover(&self, tenant: &str, id: &ConversationId) -> Result<Option<HandoverRow>>;

    /// How many wait in its queue before a hand-over.
    async fn ahead_of(&self, tenant: &str, handover: &HandoverRow) -> Result<u64>;

    /// What an agent had that has ended, the last first, at most `limit`.
    async fn handovers_of(&self, agent: &AdministratorId, limit: u32) -> Result<Vec<HandoverRow>>;

    /// The hand-overs of every tenant that nobody took in time; `patience_ms` is that of games that say nothing. Where a game says
    /// nothing and no agent may serve the queue, whoever was asked for does not come by way of the desk, and nobody waits for them.
    /// At most [`MAX_HANDOVERS`], and none of the conversations `but_for`.
    async fn overdue_handovers(
        &self,
        now_ms: Millis,
        patience_ms: u64,
        but_for: &[ConversationId],
    ) -> Result<Vec<(String, HandoverRow)>>;

    /// The queues of every tenant, at most [`MAX_HANDOVERS`], in which somebody has waited since `before`; those that no agent may
    /// serve, and for which the game has no patience either, are left out, as they are by [`Handovers::overdue_handovers`].
    async fn waiting_handovers(&self, before: Millis) -> Result<Vec<WaitingQueue>>;

    /// Puts what agents have who were not heard of since `before`, or by a clock that was set back since, or who are kept out, back into
    /// its queue, and tells of each; returns which.
    async fn requeue_lost(
        &self,
        before: Millis,
        now_ms: Millis,
        told: ToldOfHandover,
    ) -> Result<Vec<(String, HandoverRow)>>;

    /// Puts a hand-over back into its queue and tells of it, if the agent has it.
    async fn requeue(
        &self,
        tenant: &str,
        id: &ConversationId,
        agent: &AdministratorId,
        now_ms: Millis,
        told: Event,
    ) -> Result<bool>;

    /// Makes an administrator an agent, or changes what they may serve; false, and nothing is told, when they are another tenant's agent.
    async fn keep_agent(&self, agent: AgentRow, told: Event) -> Result<bool>;

    /// An agent.
    async fn agent(&self, id: &AdministratorId) -> Result<Option<AgentRow>>;

    /// The agents of a tenant by name.
    async fn agents(&self, tenant: &str) -> Result<Vec<AgentRow>>;

    /// An agent is there, and serves these; `lost_before`: who was silent since then has come back.
    async fn heartbeat(
        &self,
        id: &AdministratorId,
        serving: &[String],
        now_ms: Millis,
        lost_before: Millis,
    ) -> Result<()>;
}

/// A stage as it is stored.
pub(super) fn stage_name(stage: HandoverStage) -> &'static str {
    match stage {
        HandoverStage::Waiting => "waiting",
        HandoverStage::With => "with",
        HandoverStage::Returned => "returned",
        HandoverStage::TimedOut => "timed_out",
    }
}

/// The latest heartbeat that counts: what lies further ahead than the silence that is allowed was noted by a clock that was set
/// back since.
pub(super) fn latest_heartbeat(before: Millis, now_ms: Millis) -> Millis {
    now_ms.saturating_add(now_ms.saturating_sub(before))
}

/// The stage of that name.
pub(super) fn stage_of(name: &str) -> Option<HandoverStage> {
    use HandoverStage::{Returned, TimedOut, Waiting, With};
    [Waiting, With, Returned, TimedOut].into_iter().find(|stage| stage_name(*stage) == name)
}
