//! The PostgreSQL store, for versions 15 and later. Several origins may share one database.
//!
//! A commit is one statement, and so one transaction and one round trip, which turns that come together share: the
//! protocol lies in the functions of `migrations/postgres/0002_commit.sql` and those that replaced them. Reads that may lag behind go to a replica where one is named.

mod administrators;
mod archives;
mod audit;
mod commit;
mod conversations;
mod data_keys;
mod dumps;
mod events;
mod games;
mod groups;
mod handovers;
mod keys;
mod maintenance;
mod nodes;
mod partitions;
mod people;
mod pool;
mod reports;
mod retention;
pub mod server;
mod sessions;
mod transfer;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};

use self::events::TELL;
use self::groups::Groups;
use self::pool::Pools;
use super::audit_names::Naming;
use super::{Event, Result, Signals, StoreError};
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::migrations;

pub use pool::{PoolSettings, connect};

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

type Database<T> = std::result::Result<T, tokio_postgres::Error>;

/// A PostgreSQL store.
pub struct PostgresStore {
    pools: Arc<Pools>,
    /// For a session of its own.
    url: Secret,
    naming: Naming,
    groups: Groups,
    signals: Signals,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens the pools that the settings ask for and applies migrations that are due.
    ///
    /// # Errors
    /// When the server can't be reached, is too old, does not keep what it commits, or has a schema that does not fit.
    pub async fn open(settings: &PoolSettings, clock: &dyn Clock) -> Result<PostgresStore> {
        let now_ms = clock.now_ms();
        let mut client = connect(settings.url.expose(), settings.timeout).await?;
        server::facts(&client).await?.check()?;
        migrations::postgres::apply(&mut client, now_ms).await?;
        let pools = Arc::new(Pools::open(settings).await?);
        let store = PostgresStore {
            pools,
            url: settings.url.clone(),
            naming: Naming::default(),
            groups: Groups::default(),
            signals: Signals::default(),
        };
        store.ensure_partitions_ahead(now_ms).await?;
        Ok(store)
    }

    /// Runs one prepared statement on the primary: one round trip once the connection knows the statement.
    async fn query(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        query(self.pools.primary().await?, self.pools.timeout, sql, params).await
    }

    /// As [`Self::query`], where an answer that lags behind will do: nothing is done because of it.
    async fn query_lagging(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        query(self.pools.replica().await?, self.pools.timeout, sql, params).await
    }

    async fn query_opt(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64> {
        let client = self.pools.primary().await?;
        let work = async {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, params).await
        };
        let limit = self.pools.timeout;
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error| failed(&error))
    }

    /// Runs one statement and, if it touches any row, tells of it in the same transaction.
    async fn change(&self, sql: &str, params: Params<'_>, told: &Event) -> Result<bool> {
        self.change_telling(sql, params, std::slice::from_ref(told)).await
    }

    /// The same, with more than one thing to tell.
    async fn change_telling(&self, sql: &str, params: Params<'_>, told: &[Event]) -> Result<bool> {
        let mut client = self.pools.primary().await?;
        let work = async {
            let transaction = client.transaction().await?;
            let changed = transaction.execute(sql, params).await? > 0;
            if changed {
                for event in told {
                    tell(&transaction, event).await?;
                }
            }
            transaction.commit().await?;
            Ok(changed)
        };
        let limit = self.pools.timeout;
        in_time(limit, timeout(limit, work).await, client)?.map_err(|error| failed(&error))
    }
}

/// Puts an event into the outbox.
async fn tell(transaction: &Transaction<'_>, event: &Event) -> Database<()> {
    let Event { at, tenant, event, actor, subject, detail } = event;
    transaction.execute(TELL, &[at, tenant, event, actor, subject, &detail.to_string()]).await.map(drop)
}

impl PoolSettings {
    /// The settings of a configuration that names a PostgreSQL store.
    #[must_use]
    pub fn of(config: &Config) -> Option<PoolSettings> {
        Some(PoolSettings {
            url: config.postgres_url.clone()?,
            read_url: config.postgres_read_url.clone(),
            min: config.postgres_pool_min,
            max: config.postgres_pool_max,
            timeout: config.postgres_timeout,
        })
    }
}

async fn query(client: Object, limit: Duration, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
    let work = async {
        let statement = client.prepare_cached(sql).await?;
        client.query(&statement, params).await
    };
    in_time(limit, timeout(limit, work).await, client)?.map_err(|error| failed(&error))
}

/// What came of work on a connection within its time limit. One that did not answer in time is not used again: what it will say
/// belongs to nobody.
fn in_time<T>(limit: Duration, done: std::result::Result<T, Elapsed>, client: Object) -> Result<T> {
    done.map_err(|_| {
        drop(Object::take(client));
        StoreError::Unavailable(format!("no answer within {} s", limit.as_secs()))
    })
}

/// What a failed statement means to the caller. Only code and message are kept: a message names columns and
/// constraints, while its details may quote values.
pub(crate) fn failed(error: &tokio_postgres::Error) -> StoreError {
    let Some(database) = error.as_db_error() else {
        return if error.is_closed() || std::error::Error::source(error).is_some_and(|s| s.is::<std::io::Error>()) {
            StoreError::Unavailable("the connection to PostgreSQL broke".into())
        } else {
            StoreError::Unavailable(format!("PostgreSQL: {error}"))
        };
    };
    let text = format!("PostgreSQL {}: {}", database.code().code(), database.message());
    if pooled_by_transactions(database) {
        return StoreError::Unavailable(format!("{POOLED_BY_TRANSACTIONS} ({text})"));
    }
    if *database.code() == tokio_postgres::error::SqlState::UNDEFINED_DATABASE {
        return StoreError::Internal(format!("{text}: make it (CREATE DATABASE), or mend LGDL_POSTGRES_URL"));
    }
    match &database.code().code()[..2] {
        // Connection, resources, operator intervention, system error, read-only, retryable conflicts.
        "08" | "53" | "57" | "58" | "25" | "40" | "28" | "55" => StoreError::Unavailable(text),
        "XX" => StoreError::Damaged(text),
        _ => StoreError::Internal(text),
    }
}

const POOLED_BY_TRANSACTIONS: &str = "E545 something between the origin and PostgreSQL hands one connection to several clients, such as \
    PgBouncer with pool_mode = transaction: use pool_mode = session, or name the server itself in LGDL_POSTGRES_URL";

/// Whether what failed is what a pool by transactions takes away: statements that this connection has prepared, or has not, and
/// the settings that a connection begins with.
fn pooled_by_transactions(error: &tokio_postgres::error::DbError) -> bool {
    use tokio_postgres::error::SqlState;
    let statements = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
    let startup = *error.code() == SqlState::PROTOCOL_VIOLATION && error.message().contains("startup parameter");
    startup || statements.contains(error.code())
}

/// Reads a column.
fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(|error| StoreError::Damaged(format!("column {index}: {error}")))
}

/// A whole number from a column that can't be negative.
fn natural(row: &Row, index: usize) -> Result<u64> {
    Ok(get::<i64>(row, index)?.max(0).unsigned_abs())
}

/// A number for a column; ours stay far below the limit.
fn column(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
