//! Reports on PostgreSQL.

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::{Params, PostgresStore, failed, get, in_time, natural};
use crate::clock::Millis;
use crate::ids::ConversationId;
use crate::report::{DAY_MS, Left};
use crate::store::{DayRow, MAX_LEFT, Reports, Result, StoreError, TurnFactsRow, TurnsOf};

/// Rows that are fetched at a time.
const FETCHED: i32 = 1_000;

/// As on SQLite.
const FACTS: &str = "SELECT t.conversation_id, c.game_version, t.turn_num, lgdl_millis(t.timestamp), t.matched_move,
        t.confidence, t.metadata
    FROM conversations c JOIN turns t ON t.period = c.period AND t.conversation_id = c.id
    WHERE c.tenant = $1 AND c.game = $2 AND c.updated_at >= lgdl_time($3::bigint - $5::bigint)
        AND t.timestamp >= lgdl_time($3) AND t.timestamp < lgdl_time($4)
    ORDER BY t.conversation_id, t.turn_num";

const LEFT: &str = "SELECT coalesce(awaiting_slot_for_move, current_move_state, '') AS move, awaiting_slot_name,
        count(*) AS conversations
    FROM conversations
    WHERE tenant = $1 AND game = $2 AND awaiting_response AND updated_at >= lgdl_time($3)
        AND updated_at < lgdl_time($4)
    GROUP BY 1, 2 ORDER BY conversations DESC, 1, 2 NULLS FIRST LIMIT $5";

/// Why rows were not read to their end.
enum Unread {
    /// A step took too long.
    Late(Elapsed),
    /// The store failed.
    Failed(StoreError),
}

impl From<Elapsed> for Unread {
    fn from(late: Elapsed) -> Unread {
        Unread::Late(late)
    }
}

impl From<tokio_postgres::Error> for Unread {
    fn from(error: tokio_postgres::Error) -> Unread {
        Unread::Failed(failed(&error))
    }
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Unread {
        Unread::Failed(error)
    }
}

#[async_trait]
impl Reports for PostgresStore {
    async fn turn_facts(&self, turns: TurnsOf, tell: Sender<TurnFactsRow>) -> Result<()> {
        let mut client = self.pools.replica().await?;
        let TurnsOf { tenant, game, from_ms, to_ms } = turns;
        // For each step: how long all of it takes is as long as whoever counts lets it.
        let limit = self.pools.several();
        let reading = async {
            let transaction = timeout(limit, client.transaction()).await??;
            let of: Params<'_> = &[&tenant, &game, &from_ms, &to_ms, &DAY_MS];
            let portal = timeout(limit, transaction.bind(FACTS, of)).await??;
            loop {
                let rows = timeout(limit, transaction.query_portal(&portal, FETCHED)).await??;
                if rows.is_empty() {
                    return Ok(());
                }
                for row in &rows {
                    let facts = TurnFactsRow {
                        conversation: get(row, 0)?,
                        game_version: get(row, 1)?,
                        turn_num: natural(row, 2)?,
                        timestamp: get(row, 3)?,
                        matched_move: get(row, 4)?,
                        confidence: get(row, 5)?,
                        metadata: get::<Value>(row, 6)?.to_string(),
                    };
                    if tell.send(facts).await.is_err() {
                        return Ok(());
                    }
                }
            }
        };
        match reading.await {
            Ok(()) => Ok(()),
            Err(Unread::Failed(error)) => Err(error),
            Err(Unread::Late(late)) => in_time(limit, Err(late), client),
        }
    }

    async fn find_turn(&self, tenant: &str, manifest_id: &str) -> Result<Option<(ConversationId, u64)>> {
        let sql = "SELECT t.conversation_id, t.turn_num
            FROM conversations c JOIN turns t ON t.period = c.period AND t.conversation_id = c.id
            WHERE c.tenant = $1 AND t.metadata ->> 'manifest_id' = $2 LIMIT 1";
        let rows = self.query_lagging(sql, &[&tenant, &manifest_id]).await?;
        let damaged = |_| StoreError::Damaged("turns.conversation_id".into());
        let found = |row| Ok((get::<String>(row, 0)?.parse().map_err(damaged)?, natural(row, 1)?));
        rows.first().map(found).transpose()
    }

    async fn left_open(&self, tenant: &str, game: &str, span: (Millis, Millis)) -> Result<Vec<Left>> {
        let rows = self.query_lagging(LEFT, &[&tenant, &game, &span.0, &span.1, &MAX_LEFT]).await?;
        let left = |row| Ok(Left { move_id: get(row, 0)?, slot: get(row, 1)?, conversations: natural(row, 2)? });
        rows.iter().map(left).collect()
    }

    async fn closed_days(&self, tenant: &str, game: &str) -> Result<Option<i64>> {
        let sql = "SELECT closed FROM report_games WHERE tenant = $1 AND game = $2";
        self.query_opt(sql, &[&tenant, &game]).await?.map(|row| get(&row, 0)).transpose()
    }

    async fn close_days(&self, tenant: &str, game: &str, days: (i64, i64), rows: Vec<DayRow>) -> Result<()> {
        let mark = "INSERT INTO report_games (tenant, game, closed) VALUES ($1, $2, $3)
            ON CONFLICT (tenant, game) DO UPDATE SET closed = $3 WHERE report_games.closed = $4";
        let add = "INSERT INTO report_days (tenant, game, day, game_version, tally)
            SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[])";
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            if transaction.execute(mark, &[&tenant, &game, &days.1, &days.0]).await? > 0 {
                let numbers: Vec<i64> = rows.iter().map(|row| row.day).collect();
                let versions: Vec<&str> = rows.iter().map(|row| row.game_version.as_str()).collect();
                let tallies: Vec<&str> = rows.iter().map(|row| row.tally.as_str()).collect();
                transaction.execute(add, &[&tenant, &game, &numbers, &versions, &tallies]).await?;
            }
            transaction.commit().await
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error| failed(&error))
    }

    async fn report_days(&self, tenant: &str, game: &str, days: (i64, i64)) -> Result<Vec<DayRow>> {
        let sql = "SELECT day, game_version, tally FROM report_days
            WHERE tenant = $1 AND game = $2 AND day BETWEEN $3 AND $4 ORDER BY day, game_version";
        let rows = self.query_lagging(sql, &[&tenant, &game, &days.0, &days.1]).await?;
        let day = |row| Ok(DayRow { day: get(row, 0)?, game_version: get(row, 1)?, tally: get(row, 2)? });
        rows.iter().map(day).collect()
    }
}
