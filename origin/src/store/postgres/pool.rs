//! Connections: bounded pools with time limits, and TLS where the URL asks for it.

use std::str::FromStr;
use std::task::{Context, Poll};
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, QueueMode, RecyclingMethod,
    Runtime,
};
use lgdl_tls::client_config;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, NoTlsStream};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, SimpleQueryMessage, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{POOLED_BY_TRANSACTIONS, failed};
use crate::config::Secret;
use crate::store::{Connections, Result, StoreError};

/// Times the longest statement that several of them may take.
const SEVERAL: u32 = 6;
/// Times that very many may.
const MANY: u32 = 120;
/// When a connection counts as lost on which nothing comes back.
const LOST_AFTER: Duration = Duration::from_secs(30);
/// How often a connection on which nothing comes is tried before that.
const TRIED: u32 = 3;

/// What a pool is made from.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// The primary.
    pub url: Secret,
    /// A replica for reads that may lag behind.
    pub read_url: Option<Secret>,
    /// Connections that are opened at start.
    pub min: usize,
    /// Connections at most, in each pool.
    pub max: usize,
    /// Longest wait for a connection, and for a statement.
    pub timeout: Duration,
}

pub(super) struct Pools {
    primary: Pool,
    replica: Option<Pool>,
    pub(super) timeout: Duration,
}

impl Pools {
    /// The longest that several statements take, each of which the server ends in its own time: what takes longer has lost its connection.
    pub(super) fn several(&self) -> Duration {
        self.timeout * SEVERAL
    }

    /// The same for work whose statements grow with what one person, or one month, has left behind.
    pub(super) fn many(&self) -> Duration {
        self.timeout * MANY
    }

    pub(super) async fn open(settings: &PoolSettings) -> Result<Pools> {
        let primary = pool(settings, &settings.url)?;
        let replica = settings.read_url.as_ref().map(|url| pool(settings, url)).transpose()?;
        let pools = Pools { primary, replica, timeout: settings.timeout };
        pools.warm_up(settings.min.min(settings.max)).await?;
        if settings.max >= 2 {
            pools.check_pooling().await?;
        }
        Ok(pools)
    }

    /// Refuses a pool by transactions between us and the server: it hands one connection of the server to several of ours, with whatever
    /// statements and settings another one left there. Two connections that are open at once have two backends.
    async fn check_pooling(&self) -> Result<()> {
        let (one, other) = (self.primary().await?, self.primary().await?);
        let mut backends = [None, None];
        for (backend, client) in backends.iter_mut().zip([&one, &other]) {
            // The simple protocol: nothing is prepared.
            let answer = client.simple_query("SELECT pg_backend_pid()").await.map_err(|error| failed(&error))?;
            *backend = answer.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            });
        }
        if backends[0] == backends[1] {
            return Err(StoreError::Unavailable(POOLED_BY_TRANSACTIONS.into()));
        }
        Ok(())
    }

    pub(super) async fn primary(&self) -> Result<Object> {
        self.primary.get().await.map_err(|error| no_connection(&error))
    }

    /// A connection to the replica; to the primary when there is none, or it can't be reached.
    pub(super) async fn replica(&self) -> Result<Object> {
        match &self.replica {
            None => self.primary().await,
            Some(replica) => match replica.get().await {
                Ok(connection) => Ok(connection),
                Err(error) => {
                    tracing::warn!(%error, "the read replica is not available; the primary answers");
                    self.primary().await
                }
            },
        }
    }

    /// What the connections to the primary do.
    pub(super) fn connections(&self) -> Connections {
        let status = self.primary.status();
        let busy = status.size.saturating_sub(status.available);
        Connections { busy: busy as u64, idle: status.available as u64, waiting: status.waiting as u64 }
    }

    pub(super) fn close(&self) {
        self.primary.close();
        if let Some(replica) = &self.replica {
            replica.close();
        }
    }

    async fn warm_up(&self, count: usize) -> Result<()> {
        let mut held = Vec::with_capacity(count);
        for _ in 0..count {
            held.push(self.primary().await?);
        }
        Ok(())
    }
}

fn pool(settings: &PoolSettings, url: &Secret) -> Result<Pool> {
    let (config, wants_tls) = parse(url.expose(), settings.timeout)?;
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if wants_tls {
        Manager::from_config(config, tls(), recycling)
    } else {
        Manager::from_config(config, NoTls, recycling)
    };
    // By a statement, not as the connection begins: a pool between us and the server takes few settings then.
    let limit = format!("SET statement_timeout = {}", settings.timeout.as_millis());
    let limited = Hook::async_fn(move |client: &mut ClientWrapper, _| {
        let limit = limit.clone();
        Box::pin(async move { client.batch_execute(&limit).await.map_err(HookError::Backend) })
    });
    Pool::builder(manager)
        .post_create(limited)
        .max_size(settings.max)
        // The one that was used last knows the statements, and the server's process behind it has what they read at hand.
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(settings.timeout))
        .create_timeout(Some(settings.timeout))
        .recycle_timeout(Some(settings.timeout))
        .build()
        .map_err(|error| StoreError::Internal(error.to_string()))
}

/// A session of its own whose messages the caller takes.
pub(super) async fn session(url: &str, timeout: Duration) -> Result<(Client, Session)> {
    let (config, wants_tls) = parse(url, timeout)?;
    let connecting = async {
        if wants_tls {
            let (client, connection) = config.connect(tls()).await.map_err(|error| unreachable(&error))?;
            Ok((client, Session::Encrypted(Box::new(connection))))
        } else {
            let (client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
            Ok((client, Session::Plain(Box::new(connection))))
        }
    };
    let patience = || StoreError::Unavailable(format!("PostgreSQL did not answer within {} s", timeout.as_secs()));
    tokio::time::timeout(timeout, connecting).await.map_err(|_| patience())?
}

type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// The connection of a session.
pub(super) enum Session {
    Encrypted(Box<Connection<Socket, Encrypted>>),
    Plain(Box<Connection<Socket, NoTlsStream>>),
}

impl Session {
    /// The next message that no statement waits for; the statements go on with it.
    pub(super) fn poll_message(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<AsyncMessage, tokio_postgres::Error>>> {
        match self {
            Session::Encrypted(connection) => connection.poll_message(context),
            Session::Plain(connection) => connection.poll_message(context),
        }
    }
}

/// One connection outside any pool, for migrations and long work.
///
/// # Errors
/// When the server can't be reached.
pub async fn connect(url: &str, timeout: Duration) -> Result<Client> {
    // Long work is bounded by its own means, not by a statement's time.
    let (client, session) = session(url, timeout).await?;
    match session {
        Session::Encrypted(connection) => drop(tokio::spawn(*connection)),
        Session::Plain(connection) => drop(tokio::spawn(*connection)),
    }
    Ok(client)
}

fn parse(url: &str, timeout: Duration) -> Result<(tokio_postgres::Config, bool)> {
    let mut config = tokio_postgres::Config::from_str(url)
        .map_err(|_| StoreError::Unavailable("LGDL_POSTGRES_URL is not a PostgreSQL URL".into()))?;
    config.connect_timeout(timeout);
    // A server that is gone says nothing: without these a connection to it waits for hours.
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(LOST_AFTER);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(LOST_AFTER / TRIED).keepalives_interval(LOST_AFTER / TRIED).keepalives_retries(TRIED);
    }
    if config.get_application_name().is_none() {
        config.application_name("lgdl-origin");
    }
    // `prefer`, the default, would fall back to plain text under attack; encryption is on when it is asked for.
    let wants_tls = config.get_ssl_mode() == SslMode::Require;
    if !wants_tls {
        config.ssl_mode(SslMode::Disable);
    }
    Ok((config, wants_tls))
}

/// The server's certificate is checked against the authorities that the process trusts.
fn tls() -> MakeRustlsConnect {
    MakeRustlsConnect::new(client_config())
}

fn unreachable(error: &tokio_postgres::Error) -> StoreError {
    match error.as_db_error() {
        Some(_) => failed(error),
        None => StoreError::Unavailable(format!("PostgreSQL can't be reached: {}", causes(error))),
    }
}

/// An error with what caused it; connection errors hold no user data.
fn causes(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", causes(cause)),
        None => error.to_string(),
    }
}

fn no_connection(error: &PoolError) -> StoreError {
    match error {
        PoolError::Timeout(_) => StoreError::Overloaded("no connection to PostgreSQL became free in time".into()),
        PoolError::Closed => StoreError::Unavailable("the store is closed".into()),
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => unreachable(error),
        other => StoreError::Unavailable(other.to_string()),
    }
}
