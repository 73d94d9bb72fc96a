//! Games and their versions on PostgreSQL.

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_postgres::{Row, Transaction};

use super::{Database, PostgresStore, failed, get, in_time, tell};
use crate::clock::Millis;
use crate::store::{Activation, Back, Event, GameRow, GameVersionRow, Games, Publication, PublishOutcome, Result};

const LOCK_GAME: &str = "SELECT pg_advisory_xact_lock(hashtextextended('lgdl game ' || $1 || '/' || $2, 0))";

/// The games of a tenant, or of all.
const GAMES: &str = "SELECT v.version, v.name, v.file_hash, v.policy, lgdl_millis(v.published_at), v.published_by,
    g.tenant, g.game, g.pinned FROM games g
    JOIN game_versions v ON v.tenant = g.tenant AND v.game = g.game AND v.version = g.active_version
    WHERE $1::text IS NULL OR g.tenant = $1 ORDER BY g.created_at, g.tenant, g.game";

#[async_trait]
impl Games for PostgresStore {
    async fn publish(&self, publication: Publication, told: Event) -> Result<PublishOutcome> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let outcome = publish(&transaction, &publication, &told).await?;
            transaction.commit().await?;
            Ok(outcome)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn games(&self, tenant: &str) -> Result<Vec<GameRow>> {
        self.query(GAMES, &[&Some(tenant)]).await?.iter().map(game).collect()
    }

    async fn all_games(&self) -> Result<Vec<GameRow>> {
        self.query(GAMES, &[&None::<&str>]).await?.iter().map(game).collect()
    }

    async fn game_versions(&self, tenant: &str, game: &str) -> Result<Vec<GameVersionRow>> {
        let sql = "SELECT version, name, file_hash, policy, lgdl_millis(published_at), published_by
            FROM game_versions v WHERE tenant = $1 AND game = $2 ORDER BY v.published_at DESC, version";
        self.query(sql, &[&tenant, &game]).await?.iter().map(version).collect()
    }

    async fn compiled(&self, tenant: &str, version: &str) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT compiled FROM game_versions WHERE tenant = $1 AND version = $2 LIMIT 1";
        self.query_opt(sql, &[&tenant, &version]).await?.map(|row| get(&row, 0)).transpose()
    }

    async fn activate(&self, tenant: &str, game: &str, activation: Activation, told: Event) -> Result<bool> {
        let Activation { version, at, actor } = &activation;
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            transaction.execute(LOCK_GAME, &[&tenant, &game]).await?;
            let sql = "SELECT 1 FROM game_versions WHERE tenant = $1 AND game = $2 AND version = $3";
            let known = transaction.query_opt(sql, &[&tenant, &game, version]).await?.is_some();
            if known {
                activate(&transaction, [tenant, game, version, actor], *at).await?;
                tell(&transaction, &told).await?;
            }
            transaction.commit().await?;
            Ok(known)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn roll_back(
        &self,
        tenant: &str,
        game: &str,
        back: Back<'_>,
        now_ms: Millis,
        told: Event,
    ) -> Result<Option<String>> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let version = roll_back(&transaction, tenant, game, back, now_ms).await?;
            if let Some(version) = &version {
                tell(&transaction, &told.with("version", version.as_str())).await?;
            }
            transaction.commit().await?;
            Ok(version)
        };
        let limit = self.pools.several();
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error: tokio_postgres::Error| failed(&error))
    }

    async fn remove_games(&self, tenant: &str, told: Event) -> Result<bool> {
        let sql = "WITH activations AS (DELETE FROM game_activations WHERE tenant = $1),
                games AS (DELETE FROM games WHERE tenant = $1)
            DELETE FROM game_versions WHERE tenant = $1";
        self.change(sql, &[&tenant], &told).await
    }

    async fn set_pinned(&self, tenant: &str, game: &str, pinned: bool, now_ms: Millis, told: Event) -> Result<bool> {
        let sql = "UPDATE games SET pinned = $3, updated_at = lgdl_time($4) WHERE tenant = $1 AND game = $2";
        self.change(sql, &[&tenant, &game, &pinned, &now_ms], &told).await
    }
}

fn game(row: &Row) -> Result<GameRow> {
    Ok(GameRow { active: version(row)?, tenant: get(row, 6)?, game: get(row, 7)?, pinned: get(row, 8)? })
}

fn version(row: &Row) -> Result<GameVersionRow> {
    Ok(GameVersionRow {
        version: get(row, 0)?,
        name: get(row, 1)?,
        file_hash: get(row, 2)?,
        policy: get(row, 3)?,
        published_at: get(row, 4)?,
        published_by: get(row, 5)?,
    })
}

async fn publish(transaction: &Transaction<'_>, publication: &Publication, told: &Event) -> Database<PublishOutcome> {
    let Publication { tenant, game, version, .. } = publication;
    transaction.execute(LOCK_GAME, &[tenant, game]).await?;
    // The same version may be published again, with another policy or from a reformatted source.
    let sql = "INSERT INTO game_versions AS v
        (tenant, game, version, name, file_hash, compiled, source, contract, policy, published_at, published_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, lgdl_time($10), $11)
        ON CONFLICT (tenant, game, version) DO UPDATE SET name = excluded.name, file_hash = excluded.file_hash,
            source = excluded.source, contract = excluded.contract, policy = excluded.policy
            WHERE (v.name, v.file_hash, v.source, v.contract, v.policy) IS DISTINCT FROM
                (excluded.name, excluded.file_hash, excluded.source, excluded.contract, excluded.policy)";
    let written = transaction
        .execute(
            sql,
            &[
                tenant,
                game,
                &version.version,
                &version.name,
                &version.file_hash,
                &publication.compiled,
                &publication.source,
                &publication.contract,
                &version.policy,
                &version.published_at,
                &version.published_by,
            ],
        )
        .await?;
    let sql = "SELECT active_version, pinned FROM games WHERE tenant = $1 AND game = $2";
    let present = transaction.query_opt(sql, &[tenant, game]).await?;
    let present = match present {
        Some(row) => Some((row.try_get::<_, String>(0)?, row.try_get::<_, bool>(1)?)),
        None => None,
    };
    let outcome = match present {
        Some((active, _)) if active == version.version => PublishOutcome::Unchanged,
        Some((_, true)) => PublishOutcome::Stored,
        _ => {
            let names = [tenant.as_str(), game, &version.version, &version.published_by];
            activate(transaction, names, version.published_at).await?;
            PublishOutcome::Activated
        }
    };
    if written > 0 || outcome == PublishOutcome::Activated {
        tell(transaction, &told.with("outcome", outcome.name())).await?;
    }
    Ok(outcome)
}

/// `names`: tenant, game, version, actor.
async fn activate(transaction: &Transaction<'_>, names: [&str; 4], now_ms: Millis) -> Database<()> {
    let [tenant, game, version, actor] = names;
    set_active(transaction, tenant, game, version, now_ms).await?;
    let sql = "INSERT INTO game_activations (tenant, game, version, at, actor)
        VALUES ($1, $2, $3, lgdl_time($4), $5)";
    transaction.execute(sql, &[&tenant, &game, &version, &now_ms, &actor]).await.map(drop)
}

async fn set_active(
    transaction: &Transaction<'_>,
    tenant: &str,
    game: &str,
    version: &str,
    now_ms: Millis,
) -> Database<()> {
    let sql = "INSERT INTO games (tenant, game, active_version, created_at, updated_at)
        VALUES ($1, $2, $3, lgdl_time($4), lgdl_time($4))
        ON CONFLICT (tenant, game) DO UPDATE SET active_version = excluded.active_version,
            updated_at = excluded.updated_at";
    transaction.execute(sql, &[&tenant, &game, &version, &now_ms]).await.map(drop)
}

/// Takes the last activation off the history, so that rolling back twice goes back two versions.
async fn roll_back(
    transaction: &Transaction<'_>,
    tenant: &str,
    game: &str,
    back: Back<'_>,
    now_ms: Millis,
) -> Database<Option<String>> {
    transaction.execute(LOCK_GAME, &[&tenant, &game]).await?;
    let sql = "SELECT a.sequence, a.version FROM game_activations a
        JOIN games g ON g.tenant = a.tenant AND g.game = a.game AND g.active_version <> a.version
        WHERE a.tenant = $1 AND a.game = $2 AND a.version <> ALL($3) AND ($4::text IS NULL OR g.active_version = $4)
        ORDER BY a.sequence DESC LIMIT 1";
    let Some(before) = transaction.query_opt(sql, &[&tenant, &game, &back.without, &back.from]).await? else {
        return Ok(None);
    };
    let (sequence, version): (i64, String) = (before.try_get(0)?, before.try_get(1)?);
    let sql = "DELETE FROM game_activations WHERE tenant = $1 AND game = $2 AND sequence > $3";
    transaction.execute(sql, &[&tenant, &game, &sequence]).await?;
    set_active(transaction, tenant, game, &version, now_ms).await?;
    Ok(Some(version))
}
