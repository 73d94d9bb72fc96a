//! Hand-overs and agents on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::commit::write_event;
use super::conversations::parse_id;
use super::{SqliteStore, column, failed, natural};
use crate::clock::Millis;
use crate::ids::{AdministratorId, ConversationId};
use crate::store::handovers::{latest_heartbeat, stage_of};
use crate::store::{
    AgentRow, DeskPart, Event, HandoverRow, Handovers, MAX_HANDOVERS, Result, StoreError, ToldOfHandover, WaitingQueue,
};

const HANDOVER: &str = "tenant, conversation_id, since, game, queue, stage, urgent, patience_ms, waiting_since, agent,
    accepted_at, ended_at, requeued, outcome";

/// Somebody may come by way of the desk: the game counts on it, or an agent may serve the queue.
const COMES_BY_THE_DESK: &str =
    "(patience_ms IS NOT NULL OR EXISTS (SELECT 1 FROM agents AS a, json_each(a.queues) AS served
    WHERE a.tenant = handovers.tenant AND served.value = handovers.queue))";

const AGENT: &str = "id, tenant, name, queues, capacity, serving, heartbeat_at, reconnected";

#[async_trait]
impl Handovers for SqliteStore {
    async fn queued_handovers(&self, tenant: &str, queues: &[String]) -> Result<Vec<HandoverRow>> {
        let (tenant, queues) = (tenant.to_owned(), json_list(queues));
        self.read(move |connection| {
            let sql = format!(
                "SELECT {HANDOVER} FROM handovers WHERE tenant = ?1 AND stage = 'waiting'
                AND queue IN (SELECT value FROM json_each(?2)) ORDER BY urgent DESC, since, conversation_id LIMIT ?3"
            );
            Ok(untold(several(connection, &sql, params![tenant, queues, MAX_HANDOVERS])?))
        })
        .await
    }

    async fn handovers_with(&self, agent: &AdministratorId) -> Result<Vec<HandoverRow>> {
        let agent = agent.clone();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {HANDOVER} FROM handovers WHERE agent = ?1 AND stage = 'with'
                ORDER BY urgent DESC, since, conversation_id"
            );
            Ok(untold(several(connection, &sql, params![agent.as_str()])?))
        })
        .await
    }

    async fn handover(&self, tenant: &str, id: &ConversationId) -> Result<Option<HandoverRow>> {
        let (tenant, id) = (tenant.to_owned(), id.clone());
        self.read(move |connection| {
            let sql = format!(
                "SELECT {HANDOVER} FROM handovers WHERE tenant = ?1 AND conversation_id = ?2
                ORDER BY since DESC LIMIT 1"
            );
            Ok(untold(several(connection, &sql, params![tenant, id.as_str()])?).pop())
        })
        .await
    }

    async fn ahead_of(&self, tenant: &str, handover: &HandoverRow) -> Result<u64> {
        let (tenant, row) = (tenant.to_owned(), handover.clone());
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM handovers WHERE tenant = ?1 AND queue = ?2 AND stage = 'waiting'
                AND (urgent > ?3 OR urgent = ?3 AND (since, conversation_id) < (?4, ?5))";
            let ahead = params![tenant, row.queue, row.urgent, row.since, row.conversation.as_str()];
            connection.prepare_cached(sql).and_then(|mut sql| sql.query_row(ahead, |row| row.get(0))).map_err(failed)
        })
        .await
        .map(natural)
    }

    async fn handovers_of(&self, agent: &AdministratorId, limit: u32) -> Result<Vec<HandoverRow>> {
        let agent = agent.clone();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {HANDOVER} FROM handovers WHERE agent = ?1 AND stage IN ('returned', 'timed_out')
                ORDER BY ended_at DESC, conversation_id LIMIT ?2"
            );
            Ok(untold(several(connection, &sql, params![agent.as_str(), limit])?))
        })
        .await
    }

    async fn overdue_handovers(
        &self,
        now_ms: Millis,
        patience_ms: u64,
        but_for: &[ConversationId],
    ) -> Result<Vec<(String, HandoverRow)>> {
        let but_for = serde_json::json!(but_for).to_string();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {HANDOVER} FROM handovers WHERE stage = 'waiting'
                AND waiting_since + coalesce(patience_ms, ?2) <= ?1 AND {COMES_BY_THE_DESK}
                AND conversation_id NOT IN (SELECT value FROM json_each(?4)) ORDER BY since LIMIT ?3"
            );
            several(connection, &sql, params![now_ms, column(patience_ms), MAX_HANDOVERS, but_for])
        })
        .await
    }

    async fn waiting_handovers(&self, before: Millis) -> Result<Vec<WaitingQueue>> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT tenant, queue, count(*), min(waiting_since) FROM handovers WHERE stage = 'waiting'
                AND waiting_since <= ?1 AND {COMES_BY_THE_DESK} GROUP BY tenant, queue ORDER BY tenant, queue LIMIT ?2"
            );
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            let rows = statement.query_map(params![before, MAX_HANDOVERS], |row| {
                let waiting = natural(row.get(2)?);
                Ok(WaitingQueue { tenant: row.get(0)?, queue: row.get(1)?, waiting, since: row.get(3)? })
            });
            rows.and_then(Iterator::collect).map_err(failed)
        })
        .await
    }

    async fn requeue_lost(
        &self,
        before: Millis,
        now_ms: Millis,
        told: ToldOfHandover,
    ) -> Result<Vec<(String, HandoverRow)>> {
        self.writer
            .write(move |connection| {
                let sql = format!(
                    "UPDATE handovers SET stage = 'waiting', waiting_since = ?2, requeued = requeued + 1
                    WHERE stage = 'with' AND agent NOT IN (SELECT id FROM agents WHERE heartbeat_at BETWEEN ?1 AND ?3
                        AND id NOT IN (SELECT id FROM administrators WHERE disabled))
                    RETURNING {HANDOVER}"
                );
                let lost = several(connection, &sql, params![before, now_ms, latest_heartbeat(before, now_ms)])?;
                for (tenant, row) in &lost {
                    write_event(connection, &told(tenant, row, now_ms)).map_err(failed)?;
                }
                Ok(lost)
            })
            .await
    }

    async fn requeue(
        &self,
        tenant: &str,
        id: &ConversationId,
        agent: &AdministratorId,
        now_ms: Millis,
        told: Event,
    ) -> Result<bool> {
        let (tenant, id, agent) = (tenant.to_owned(), id.clone(), agent.clone());
        self.change(told, move |connection| {
            let sql = "UPDATE handovers SET stage = 'waiting', waiting_since = ?4, requeued = requeued + 1
                WHERE tenant = ?1 AND conversation_id = ?2 AND stage = 'with' AND agent = ?3";
            connection.execute(sql, params![tenant, id.as_str(), agent.as_str(), now_ms])
        })
        .await
    }

    async fn keep_agent(&self, agent: AgentRow, told: Event) -> Result<bool> {
        self.change(told, move |connection| {
            let sql =
                "INSERT INTO agents (id, tenant, name, queues, capacity, serving) VALUES (?1, ?2, ?3, ?4, ?5, '[]')
                ON CONFLICT (id) DO UPDATE SET name = ?3, queues = ?4, capacity = ?5 WHERE agents.tenant = ?2";
            let AgentRow { id, tenant, name, queues, capacity, .. } = &agent;
            connection.execute(sql, params![id.as_str(), tenant, name, json_list(queues), column(*capacity)])
        })
        .await
    }

    async fn agent(&self, id: &AdministratorId) -> Result<Option<AgentRow>> {
        let id = id.clone();
        self.read(move |connection| {
            let sql = format!("SELECT {AGENT} FROM agents WHERE id = ?1");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            statement.query_row([id.as_str()], |row| Ok(agent(row))).optional().map_err(failed)?.transpose()
        })
        .await
    }

    async fn agents(&self, tenant: &str) -> Result<Vec<AgentRow>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {AGENT} FROM agents WHERE tenant = ?1 ORDER BY name, id");
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            let rows = statement.query_map([tenant], |row| Ok(agent(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?).collect()
        })
        .await
    }

    async fn heartbeat(
        &self,
        id: &AdministratorId,
        serving: &[String],
        now_ms: Millis,
        lost_before: Millis,
    ) -> Result<()> {
        let (id, serving) = (id.clone(), json_list(serving));
        self.writer
            .write(move |connection| {
                let sql = "UPDATE agents SET serving = ?2, heartbeat_at = ?3,
                    reconnected = reconnected + (heartbeat_at IS NOT NULL AND heartbeat_at < ?4) WHERE id = ?1";
                let done = connection.execute(sql, params![id.as_str(), serving, now_ms, lost_before]);
                done.map(drop).map_err(failed)
            })
            .await
    }
}

/// How many conversations an agent has, where that is all they take.
pub(super) fn full(connection: &Connection, desk: Option<&DeskPart>) -> rusqlite::Result<Option<u64>> {
    let Some(DeskPart::Taken { agent }) = desk else { return Ok(None) };
    let sql = "SELECT count(*), coalesce((SELECT capacity FROM agents WHERE id = ?1), 0) FROM handovers
        WHERE agent = ?1 AND stage = 'with'";
    let (had, capacity): (i64, i64) =
        connection.prepare_cached(sql)?.query_row([agent.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((had >= capacity).then(|| natural(had)))
}

/// Writes what came of a hand-over that the turn ends.
pub(super) fn end(connection: &Connection, id: &ConversationId, desk: Option<&DeskPart>) -> rusqlite::Result<()> {
    let Some(DeskPart::Ended { since, outcome }) = desk else { return Ok(()) };
    let sql = "UPDATE handovers SET outcome = ?3 WHERE conversation_id = ?1 AND since = ?2";
    connection.prepare_cached(sql)?.execute(params![id.as_str(), since, outcome]).map(drop)
}

pub(super) fn json_list(items: &[String]) -> String {
    serde_json::Value::from(items.to_vec()).to_string()
}

fn untold(rows: Vec<(String, HandoverRow)>) -> Vec<HandoverRow> {
    rows.into_iter().map(|(_, row)| row).collect()
}

fn several(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<(String, HandoverRow)>> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let rows = statement.query_map(params, |row| Ok(handover(row))).map_err(failed)?;
    rows.map(|row| row.map_err(failed)?).collect()
}

fn handover(row: &Row<'_>) -> Result<(String, HandoverRow)> {
    let damaged = |what: &str| StoreError::Damaged(format!("handovers.{what}"));
    let conversation = parse_id(row.get(1).map_err(failed)?)?;
    let stage = stage_of(&row.get::<_, String>(5).map_err(failed)?).ok_or_else(|| damaged("stage"))?;
    let agent: Option<String> = row.get(9).map_err(failed)?;
    let agent = agent.map(|id| id.parse()).transpose().map_err(|_| damaged("agent"))?;
    let read = || {
        let handover = HandoverRow {
            conversation,
            since: row.get(2)?,
            game: row.get(3)?,
            queue: row.get(4)?,
            stage,
            urgent: row.get(6)?,
            patience_ms: row.get::<_, Option<i64>>(7)?.map(natural),
            waiting_since: row.get(8)?,
            agent,
            accepted_at: row.get(10)?,
            ended_at: row.get(11)?,
            requeued: natural(row.get(12)?),
            outcome: row.get(13)?,
        };
        Ok((row.get(0)?, handover))
    };
    read().map_err(failed)
}

pub(super) fn agent(row: &Row<'_>) -> Result<AgentRow> {
    let damaged = |what: &str| StoreError::Damaged(format!("agents.{what}"));
    let list = |index: usize, what: &str| {
        let text: String = row.get(index).map_err(failed)?;
        serde_json::from_str(&text).map_err(|_| damaged(what))
    };
    let id = row.get::<_, String>(0).map_err(failed)?.parse().map_err(|_| damaged("id"))?;
    let (queues, serving) = (list(3, "queues")?, list(5, "serving")?);
    let read = || {
        Ok(AgentRow {
            id,
            tenant: row.get(1)?,
            name: row.get(2)?,
            queues,
            capacity: natural(row.get(4)?),
            serving,
            heartbeat_at: row.get(6)?,
            reconnected: natural(row.get(7)?),
        })
    };
    read().map_err(failed)
}
