//! Hand-overs and agents on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_postgres::Row;

use super::{PostgresStore, column, failed, get, in_time, natural, tell};
use crate::clock::Millis;
use crate::ids::{AdministratorId, ConversationId};
use crate::store::handovers::{latest_heartbeat, stage_of};
use crate::store::{
    AgentRow, Event, HandoverRow, Handovers, MAX_HANDOVERS, Result, StoreError, ToldOfHandover, WaitingQueue,
};

const HANDOVER: &str = "tenant, conversation_id, since, game, queue, stage, urgent, patience_ms, waiting_since, agent,
    accepted_at, ended_at, requeued, outcome";

/// Somebody may come by way of the desk: the game counts on it, or an agent may serve the queue.
const COMES_BY_THE_DESK: &str = "(patience_ms IS NOT NULL OR EXISTS (SELECT 1 FROM agents AS a
    WHERE a.tenant = handovers.tenant AND a.queues::jsonb ? handovers.queue))";

const AGENT: &str = "id, tenant, name, queues, capacity, serving, heartbeat_at, reconnected";

#[async_trait]
impl Handovers for PostgresStore {
    async fn queued_handovers(&self, tenant: &str, queues: &[String]) -> Result<Vec<HandoverRow>> {
        let sql = format!(
            "SELECT {HANDOVER} FROM handovers WHERE tenant = $1 AND stage = 'waiting' AND queue = ANY ($2)
            ORDER BY urgent DESC, since, conversation_id LIMIT $3"
        );
        untold(self.query(&sql, &[&tenant, &queues, &MAX_HANDOVERS]).await?.iter())
    }

    async fn handovers_with(&self, agent: &AdministratorId) -> Result<Vec<HandoverRow>> {
        let sql = format!(
            "SELECT {HANDOVER} FROM handovers WHERE agent = $1 AND stage = 'with' ORDER BY urgent DESC, since, conversation_id"
        );
        untold(self.query(&sql, &[&agent.as_str()]).await?.iter())
    }

    async fn handover(&self, tenant: &str, id: &ConversationId) -> Result<Option<HandoverRow>> {
        let sql = format!(
            "SELECT {HANDOVER} FROM handovers WHERE tenant = $1 AND conversation_id = $2 ORDER BY since DESC LIMIT 1"
        );
        let row = self.query_opt(&sql, &[&tenant, &id.as_str()]).await?;
        Ok(row.map(|row| handover(&row)).transpose()?.map(|(_, row)| row))
    }

    async fn ahead_of(&self, tenant: &str, row: &HandoverRow) -> Result<u64> {
        let sql = "SELECT count(*) FROM handovers WHERE tenant = $1 AND queue = $2 AND stage = 'waiting'
            AND (urgent > $3 OR urgent = $3 AND (since, conversation_id) < ($4, $5))";
        let id = row.conversation.as_str();
        let rows = self.query(sql, &[&tenant, &row.queue, &row.urgent, &row.since, &id]).await?;
        rows.first().map_or(Ok(0), |row| natural(row, 0))
    }

    async fn handovers_of(&self, agent: &AdministratorId, limit: u32) -> Result<Vec<HandoverRow>> {
        let sql = format!(
            "SELECT {HANDOVER} FROM handovers WHERE agent = $1 AND stage IN ('returned', 'timed_out')
            ORDER BY ended_at DESC, conversation_id LIMIT $2"
        );
        untold(self.query(&sql, &[&agent.as_str(), &i64::from(limit)]).await?.iter())
    }

    async fn overdue_handovers(
        &self,
        now_ms: Millis,
        patience_ms: u64,
        but_for: &[ConversationId],
    ) -> Result<Vec<(String, HandoverRow)>> {
        let sql = format!(
            "SELECT {HANDOVER} FROM handovers WHERE stage = 'waiting' AND waiting_since + coalesce(patience_ms, $2) <= $1
            AND conversation_id <> ALL ($4) AND {COMES_BY_THE_DESK} ORDER BY since LIMIT $3"
        );
        let but_for: Vec<&str> = but_for.iter().map(ConversationId::as_str).collect();
        let params: super::Params<'_> = &[&now_ms, &column(patience_ms), &MAX_HANDOVERS, &but_for];
        self.query(&sql, params).await?.iter().map(handover).collect()
    }

    async fn waiting_handovers(&self, before: Millis) -> Result<Vec<WaitingQueue>> {
        let sql = format!(
            "SELECT tenant, queue, count(*), min(waiting_since) FROM handovers WHERE stage = 'waiting' AND waiting_since <= $1
            AND {COMES_BY_THE_DESK} GROUP BY tenant, queue ORDER BY tenant, queue LIMIT $2"
        );
        let queue = |row: &Row| {
            let (tenant, queue, since) = (get(row, 0)?, get(row, 1)?, get(row, 3)?);
            Ok(WaitingQueue { tenant, queue, waiting: natural(row, 2)?, since })
        };
        self.query(&sql, &[&before, &MAX_HANDOVERS]).await?.iter().map(queue).collect()
    }

    async fn requeue_lost(
        &self,
        before: Millis,
        now_ms: Millis,
        told: ToldOfHandover,
    ) -> Result<Vec<(String, HandoverRow)>> {
        let sql = format!(
            "UPDATE handovers SET stage = 'waiting', waiting_since = $2, requeued = requeued + 1
            WHERE stage = 'with' AND agent NOT IN (SELECT id FROM agents WHERE heartbeat_at BETWEEN $1 AND $3
                AND id NOT IN (SELECT id FROM administrators WHERE disabled))
            RETURNING {HANDOVER}"
        );
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let lost: Result<Vec<_>> = transaction
                .query(&sql, &[&before, &now_ms, &latest_heartbeat(before, now_ms)])
                .await?
                .iter()
                .map(handover)
                .collect();
            for (tenant, row) in lost.iter().flatten() {
                tell(&transaction, &told(tenant, row, now_ms)).await?;
            }
            transaction.commit().await?;
            Ok(lost)
        };
        let limit = self.pools.timeout;
        let lost = in_time(limit, timeout(limit, work).await, client)?
            .map_err(|error: tokio_postgres::Error| failed(&error))??;
        if !lost.is_empty() {
            self.signals.tell();
        }
        Ok(lost)
    }

    async fn requeue(
        &self,
        tenant: &str,
        id: &ConversationId,
        agent: &AdministratorId,
        now_ms: Millis,
        told: Event,
    ) -> Result<bool> {
        let sql = "UPDATE handovers SET stage = 'waiting', waiting_since = $4, requeued = requeued + 1
            WHERE tenant = $1 AND conversation_id = $2 AND stage = 'with' AND agent = $3";
        let done = self.change(sql, &[&tenant, &id.as_str(), &agent.as_str(), &now_ms], &told).await?;
        self.signals.tell();
        Ok(done)
    }

    async fn keep_agent(&self, agent: AgentRow, told: Event) -> Result<bool> {
        let sql = "INSERT INTO agents (id, tenant, name, queues, capacity, serving) VALUES ($1, $2, $3, $4, $5, '[]')
            ON CONFLICT (id) DO UPDATE SET name = $3, queues = $4, capacity = $5 WHERE agents.tenant = $2";
        let AgentRow { id, tenant, name, queues, capacity, .. } = &agent;
        let row: super::Params<'_> = &[&id.as_str(), tenant, name, &json_list(queues), &column(*capacity)];
        self.change(sql, row, &told).await
    }

    async fn agent(&self, id: &AdministratorId) -> Result<Option<AgentRow>> {
        let sql = format!("SELECT {AGENT} FROM agents WHERE id = $1");
        self.query_opt(&sql, &[&id.as_str()]).await?.map(|row| agent(&row)).transpose()
    }

    async fn agents(&self, tenant: &str) -> Result<Vec<AgentRow>> {
        let sql = format!("SELECT {AGENT} FROM agents WHERE tenant = $1 ORDER BY name, id");
        self.query(&sql, &[&tenant]).await?.iter().map(agent).collect()
    }

    async fn heartbeat(
        &self,
        id: &AdministratorId,
        serving: &[String],
        now_ms: Millis,
        lost_before: Millis,
    ) -> Result<()> {
        let sql = "UPDATE agents SET serving = $2, heartbeat_at = $3,
            reconnected = reconnected + CASE WHEN heartbeat_at < $4 THEN 1 ELSE 0 END WHERE id = $1";
        self.execute(sql, &[&id.as_str(), &json_list(serving), &now_ms, &lost_before]).await.map(drop)
    }
}

pub(super) fn json_list(items: &[String]) -> String {
    serde_json::Value::from(items.to_vec()).to_string()
}

fn untold<'r>(rows: impl Iterator<Item = &'r Row>) -> Result<Vec<HandoverRow>> {
    rows.map(|row| handover(row).map(|(_, row)| row)).collect()
}

fn handover(row: &Row) -> Result<(String, HandoverRow)> {
    let damaged = |what: &str| StoreError::Damaged(format!("handovers.{what}"));
    let agent: Option<String> = get(row, 9)?;
    let handover = HandoverRow {
        conversation: get::<&str>(row, 1)?.parse().map_err(|_| damaged("conversation_id"))?,
        since: get(row, 2)?,
        game: get(row, 3)?,
        queue: get(row, 4)?,
        stage: stage_of(get(row, 5)?).ok_or_else(|| damaged("stage"))?,
        urgent: get(row, 6)?,
        patience_ms: get::<Option<i64>>(row, 7)?.map(|ms| ms.max(0).unsigned_abs()),
        waiting_since: get(row, 8)?,
        agent: agent.map(|id| id.parse()).transpose().map_err(|_| damaged("agent"))?,
        accepted_at: get(row, 10)?,
        ended_at: get(row, 11)?,
        requeued: natural(row, 12)?,
        outcome: get(row, 13)?,
    };
    Ok((get(row, 0)?, handover))
}

pub(super) fn agent(row: &Row) -> Result<AgentRow> {
    let damaged = |what: &str| StoreError::Damaged(format!("agents.{what}"));
    Ok(AgentRow {
        id: get::<&str>(row, 0)?.parse().map_err(|_| damaged("id"))?,
        tenant: get(row, 1)?,
        name: get(row, 2)?,
        queues: serde_json::from_str(get(row, 3)?).map_err(|_| damaged("queues"))?,
        capacity: natural(row, 4)?,
        serving: serde_json::from_str(get(row, 5)?).map_err(|_| damaged("serving"))?,
        heartbeat_at: get(row, 6)?,
        reconnected: natural(row, 7)?,
    })
}
