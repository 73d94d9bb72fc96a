//! Games and their versions on SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::commit::write_event;
use super::{SqliteStore, failed};
use crate::clock::Millis;
use crate::store::{
    Activation, Back, Event, GameRow, GameVersionRow, Games, Publication, PublishOutcome, Result, StoreError,
};

#[async_trait]
impl Games for SqliteStore {
    async fn publish(&self, publication: Publication, told: Event) -> Result<PublishOutcome> {
        self.writer.write(move |connection| publish(connection, &publication, &told).map_err(failed)).await
    }

    async fn games(&self, tenant: &str) -> Result<Vec<GameRow>> {
        let tenant = tenant.to_owned();
        self.read(move |connection| games(connection, Some(&tenant)).map_err(failed)).await
    }

    async fn all_games(&self) -> Result<Vec<GameRow>> {
        self.read(|connection| games(connection, None).map_err(failed)).await
    }

    async fn game_versions(&self, tenant: &str, game: &str) -> Result<Vec<GameVersionRow>> {
        let (tenant, game) = (tenant.to_owned(), game.to_owned());
        self.read(move |connection| {
            let sql = "SELECT version, name, file_hash, policy, published_at, published_by FROM game_versions
                WHERE tenant = ?1 AND game = ?2 ORDER BY published_at DESC, version";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            let rows = statement.query_map([tenant, game], version);
            rows.and_then(Iterator::collect).map_err(failed)
        })
        .await
    }

    async fn compiled(&self, tenant: &str, version: &str) -> Result<Option<Vec<u8>>> {
        let (tenant, version) = (tenant.to_owned(), version.to_owned());
        self.read(move |connection| {
            let sql = "SELECT compiled FROM game_versions WHERE tenant = ?1 AND version = ?2 LIMIT 1";
            let mut statement = connection.prepare_cached(sql).map_err(failed)?;
            statement.query_row([tenant, version], |row| row.get(0)).optional().map_err(failed)
        })
        .await
    }

    async fn activate(&self, tenant: &str, game: &str, activation: Activation, told: Event) -> Result<bool> {
        let [tenant, game] = [tenant, game].map(str::to_owned);
        self.change(told, move |connection| {
            let Activation { version, at, actor } = &activation;
            let sql = "SELECT 1 FROM game_versions WHERE tenant = ?1 AND game = ?2 AND version = ?3";
            if !connection.prepare_cached(sql)?.exists([&tenant, &game, version])? {
                return Ok(0);
            }
            activate(connection, &tenant, &game, version, actor, *at).map(|()| 1)
        })
        .await
    }

    async fn roll_back(
        &self,
        tenant: &str,
        game: &str,
        back: Back<'_>,
        now_ms: Millis,
        told: Event,
    ) -> Result<Option<String>> {
        let [tenant, game] = [tenant, game].map(str::to_owned);
        let from = back.from.map(str::to_owned);
        let without = serde_json::to_string(back.without).map_err(|error| StoreError::Internal(error.to_string()))?;
        self.writer
            .write(move |connection| {
                let back =
                    roll_back(connection, (&tenant, &game), (from.as_deref(), &without), now_ms).map_err(failed)?;
                if let Some(version) = &back {
                    write_event(connection, &told.with("version", version.as_str())).map_err(failed)?;
                }
                Ok(back)
            })
            .await
    }

    async fn remove_games(&self, tenant: &str, told: Event) -> Result<bool> {
        let tenant = tenant.to_owned();
        self.change(told, move |connection| {
            let mut removed = 0;
            for table in ["game_activations", "game_versions", "games"] {
                removed += connection.execute(&format!("DELETE FROM {table} WHERE tenant = ?1"), [&tenant])?;
            }
            Ok(removed)
        })
        .await
    }

    async fn set_pinned(&self, tenant: &str, game: &str, pinned: bool, now_ms: Millis, told: Event) -> Result<bool> {
        let (tenant, game) = (tenant.to_owned(), game.to_owned());
        self.change(told, move |connection| {
            let sql = "UPDATE games SET pinned = ?3, updated_at = ?4 WHERE tenant = ?1 AND game = ?2";
            connection.execute(sql, params![tenant, game, pinned, now_ms])
        })
        .await
    }
}

fn games(connection: &Connection, tenant: Option<&str>) -> rusqlite::Result<Vec<GameRow>> {
    let sql = "SELECT v.version, v.name, v.file_hash, v.policy, v.published_at, v.published_by,
        g.tenant, g.game, g.pinned FROM games g
        JOIN game_versions v ON v.tenant = g.tenant AND v.game = g.game AND v.version = g.active_version
        WHERE ?1 IS NULL OR g.tenant = ?1 ORDER BY g.created_at, g.tenant, g.game";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([tenant], |row| {
        Ok(GameRow { active: version(row)?, tenant: row.get(6)?, game: row.get(7)?, pinned: row.get(8)? })
    })?;
    rows.collect()
}

fn version(row: &Row<'_>) -> rusqlite::Result<GameVersionRow> {
    Ok(GameVersionRow {
        version: row.get(0)?,
        name: row.get(1)?,
        file_hash: row.get(2)?,
        policy: row.get(3)?,
        published_at: row.get(4)?,
        published_by: row.get(5)?,
    })
}

fn active_version(connection: &Connection, tenant: &str, game: &str) -> rusqlite::Result<Option<(String, bool)>> {
    connection
        .prepare_cached("SELECT active_version, pinned FROM games WHERE tenant = ?1 AND game = ?2")?
        .query_row([tenant, game], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

fn publish(connection: &Connection, publication: &Publication, told: &Event) -> rusqlite::Result<PublishOutcome> {
    let Publication { tenant, game, version, .. } = publication;
    // The same version may be published again, with another policy or from a reformatted source.
    let sql = "INSERT INTO game_versions
        (tenant, game, version, name, file_hash, compiled, source, contract, policy, published_at, published_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (tenant, game, version) DO UPDATE SET name = excluded.name, file_hash = excluded.file_hash,
            source = excluded.source, contract = excluded.contract, policy = excluded.policy
            WHERE (name, file_hash, source, contract, policy) IS NOT
                (excluded.name, excluded.file_hash, excluded.source, excluded.contract, excluded.policy)";
    let written = connection.prepare_cached(sql)?.execute(params![
        tenant,
        game,
        version.version,
        version.name,
        version.file_hash,
        publication.compiled,
        publication.source,
        publication.contract,
        version.policy,
        version.published_at,
        version.published_by,
    ])?;
    let outcome = match active_version(connection, tenant, game)? {
        Some((active, _)) if active == version.version => PublishOutcome::Unchanged,
        Some((_, true)) => PublishOutcome::Stored,
        _ => {
            activate(connection, tenant, game, &version.version, &version.published_by, version.published_at)?;
            PublishOutcome::Activated
        }
    };
    if written > 0 || outcome == PublishOutcome::Activated {
        write_event(connection, &told.with("outcome", outcome.name()))?;
    }
    Ok(outcome)
}

fn activate(
    connection: &Connection,
    tenant: &str,
    game: &str,
    version: &str,
    actor: &str,
    now_ms: Millis,
) -> rusqlite::Result<()> {
    set_active(connection, tenant, game, version, now_ms)?;
    let sql = "INSERT INTO game_activations (tenant, game, version, at, actor) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![tenant, game, version, now_ms, actor]).map(drop)
}

fn set_active(
    connection: &Connection,
    tenant: &str,
    game: &str,
    version: &str,
    now_ms: Millis,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO games (tenant, game, active_version, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
        ON CONFLICT (tenant, game) DO UPDATE SET active_version = excluded.active_version,
            updated_at = excluded.updated_at";
    connection.execute(sql, params![tenant, game, version, now_ms]).map(drop)
}

/// Takes the last activation off the history, so that rolling back twice goes back two versions.
/// `without` is a JSON list of versions that are passed over.
fn roll_back(
    connection: &Connection,
    (tenant, game): (&str, &str),
    (from, without): (Option<&str>, &str),
    now_ms: Millis,
) -> rusqlite::Result<Option<String>> {
    let Some((active, _)) = active_version(connection, tenant, game)? else { return Ok(None) };
    if from.is_some_and(|from| from != active) {
        return Ok(None);
    }
    let sql = "SELECT sequence, version FROM game_activations
        WHERE tenant = ?1 AND game = ?2 AND version <> ?3 AND version NOT IN (SELECT value FROM json_each(?4))
        ORDER BY sequence DESC LIMIT 1";
    let before: Option<(i64, String)> =
        connection.query_row(sql, [tenant, game, &active, without], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((sequence, version)) = before else { return Ok(None) };
    let sql = "DELETE FROM game_activations WHERE tenant = ?1 AND game = ?2 AND sequence > ?3";
    connection.execute(sql, params![tenant, game, sequence])?;
    set_active(connection, tenant, game, &version, now_ms)?;
    Ok(Some(version))
}
