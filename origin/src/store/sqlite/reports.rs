//! Reports on SQLite.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use tokio::sync::mpsc::Sender;

use super::{SqliteStore, failed, natural};
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::report::{DAY_MS, Left};
use crate::store::{DayRow, MAX_LEFT, Reports, Result, StoreError, TurnFactsRow, TurnsOf};

/// A turn is not younger than its conversation's last change, but for a clock that is ahead: a day's grace.
const FACTS: &str = "SELECT t.conversation_id, c.game_version, t.turn_num, t.timestamp, t.matched_move, t.confidence,
        t.metadata
    FROM conversations c JOIN turns t ON t.conversation_id = c.id
    WHERE c.tenant = ?1 AND c.game = ?2 AND c.updated_at >= ?3 - ?5 AND t.timestamp >= ?3 AND t.timestamp < ?4
    ORDER BY t.conversation_id, t.turn_num";

const LEFT: &str = "SELECT coalesce(awaiting_slot_for_move, current_move_state, '') AS move, awaiting_slot_name,
        count(*) AS conversations
    FROM conversations
    WHERE tenant = ?1 AND game = ?2 AND awaiting_response = 1 AND updated_at >= ?3 AND updated_at < ?4
    GROUP BY move, awaiting_slot_name ORDER BY conversations DESC, move, awaiting_slot_name LIMIT ?5";

#[async_trait]
impl Reports for SqliteStore {
    async fn turn_facts(&self, turns: TurnsOf, tell: Sender<TurnFactsRow>) -> Result<()> {
        self.read(move |connection| {
            let read = || {
                let mut statement = connection.prepare_cached(FACTS)?;
                let TurnsOf { tenant, game, from_ms, to_ms } = &turns;
                let mut rows = statement.query(params![tenant, game, from_ms, to_ms, DAY_MS])?;
                while let Some(row) = rows.next()? {
                    let facts = TurnFactsRow {
                        conversation: row.get(0)?,
                        game_version: row.get(1)?,
                        turn_num: natural(row.get(2)?),
                        timestamp: row.get(3)?,
                        matched_move: row.get(4)?,
                        confidence: row.get(5)?,
                        metadata: row.get(6)?,
                    };
                    if tell.blocking_send(facts).is_err() {
                        break;
                    }
                }
                Ok(())
            };
            read().map_err(failed)
        })
        .await
    }

    async fn find_turn(&self, tenant: &str, manifest_id: &str) -> Result<Option<(ConversationId, u64)>> {
        let (tenant, manifest_id) = (tenant.to_owned(), manifest_id.to_owned());
        self.read(move |connection| {
            let sql = "SELECT t.conversation_id, t.turn_num
                FROM conversations c JOIN turns t ON t.conversation_id = c.id
                WHERE c.tenant = ?1 AND t.metadata ->> '$.manifest_id' = ?2 LIMIT 1";
            let found = connection.query_row(sql, params![tenant, manifest_id], |row| {
                Ok((row.get::<_, String>(0)?, natural(row.get(1)?)))
            });
            let Some((conversation, turn)) = found.optional().map_err(failed)? else { return Ok(None) };
            let damaged = |_| StoreError::Damaged("turns.conversation_id".into());
            Ok(Some((conversation.parse().map_err(damaged)?, turn)))
        })
        .await
    }

    async fn left_open(&self, tenant: &str, game: &str, span: (Millis, Millis)) -> Result<Vec<Left>> {
        let (tenant, game) = (tenant.to_owned(), game.to_owned());
        self.read(move |connection| {
            let read = || {
                let mut statement = connection.prepare_cached(LEFT)?;
                let rows = statement.query_map(params![tenant, game, span.0, span.1, MAX_LEFT], |row| {
                    Ok(Left { move_id: row.get(0)?, slot: row.get(1)?, conversations: natural(row.get(2)?) })
                })?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(failed)
        })
        .await
    }

    async fn closed_days(&self, tenant: &str, game: &str) -> Result<Option<i64>> {
        let (tenant, game) = (tenant.to_owned(), game.to_owned());
        self.read(move |connection| {
            let sql = "SELECT closed FROM report_games WHERE tenant = ?1 AND game = ?2";
            connection.query_row(sql, params![tenant, game], |row| row.get(0)).optional().map_err(failed)
        })
        .await
    }

    async fn close_days(&self, tenant: &str, game: &str, days: (i64, i64), rows: Vec<DayRow>) -> Result<()> {
        let (tenant, game) = (tenant.to_owned(), game.to_owned());
        self.writer
            .write(move |connection| {
                let mark = "INSERT INTO report_games (tenant, game, closed) VALUES (?1, ?2, ?3)
                    ON CONFLICT (tenant, game) DO UPDATE SET closed = ?3 WHERE closed = ?4";
                let work = || {
                    if connection.execute(mark, params![tenant, game, days.1, days.0])? == 0 {
                        return Ok(());
                    }
                    let add = "INSERT INTO report_days (tenant, game, day, game_version, tally)
                        VALUES (?1, ?2, ?3, ?4, ?5)";
                    let mut statement = connection.prepare_cached(add)?;
                    for DayRow { day, game_version, tally } in &rows {
                        statement.execute(params![tenant, game, day, game_version, tally])?;
                    }
                    Ok(())
                };
                work().map_err(failed)
            })
            .await
    }

    async fn report_days(&self, tenant: &str, game: &str, days: (i64, i64)) -> Result<Vec<DayRow>> {
        let (tenant, game) = (tenant.to_owned(), game.to_owned());
        self.read(move |connection| {
            let read = || {
                let sql = "SELECT day, game_version, tally FROM report_days
                    WHERE tenant = ?1 AND game = ?2 AND day BETWEEN ?3 AND ?4 ORDER BY day, game_version";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![tenant, game, days.0, days.1], |row| {
                    Ok(DayRow { day: row.get(0)?, game_version: row.get(1)?, tally: row.get(2)? })
                })?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(failed)
        })
        .await
    }
}
