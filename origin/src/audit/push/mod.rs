//! Sending the audit log to a SIEM while the origin runs: JSON lines over HTTP, in order, each link at least once.
//!
//! How far it came is kept in the store ([`position`]), so that a restart goes on there and one origin of several sends at a
//! time. A batch that was taken while the answer got lost is sent again; `sequence` and `hash` tell a SIEM what it has.

mod endpoint;
mod position;

use std::time::Duration;

use http::StatusCode;

use self::endpoint::Endpoint;
use self::position::{LEASE_MS, Position};
use crate::clock::{Clock, Millis};
use crate::config::Config;
use crate::hex;
use crate::http::Origin;
use crate::metrics::Counted;
use crate::random::Random;
use crate::store::{AuditRow, Store, StoreError};

pub use endpoint::EndpointError;

/// Bytes of a batch after which no further link is added.
const MAX_BATCH_BYTES: usize = 512 * 1024;
/// Batches sent in a row, so that a long log does not keep the store busy alone.
const MAX_BATCHES: usize = 20;
/// The first wait after a failure, at most; it doubles with each that follows.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How long a link may wait before the origin counts as degraded.
pub const MAX_LAG_MS: Millis = 15 * 60 * 1000;

/// What came of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// The endpoint has everything.
    Nothing,
    /// Another origin is sending.
    Elsewhere,
    /// The endpoint took a batch.
    Sent {
        /// Links of it.
        links: u64,
    },
}

/// Why a batch was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The endpoint did not take it.
    #[error("E542 the audit log could not be sent to LGDL_AUDIT_PUSH_URL: {0}")]
    Endpoint(#[from] EndpointError),
}

/// How far the endpoint is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Links it does not have.
    pub links: u64,
    /// How long the oldest of them waits, milliseconds.
    pub waiting_ms: Millis,
}

/// Sends the audit log to the endpoint of the settings.
#[derive(Debug)]
pub struct Push {
    endpoint: Endpoint,
    batch: u32,
    interval: Duration,
    /// Who sends, in the store: one process.
    holder: String,
}

impl Push {
    /// With the settings of a deployment; `None` when they name no endpoint.
    #[must_use]
    pub fn of(config: &Config, random: &dyn Random) -> Option<Push> {
        let uri = config.audit_push_url.clone()?;
        let mut holder = [0; 8];
        random.fill(&mut holder);
        Some(Push {
            endpoint: Endpoint::new(uri, config.audit_push_authorization.as_ref()),
            batch: config.audit_push_batch,
            interval: config.audit_push_interval,
            holder: hex::encode(&holder),
        })
    }

    /// Sends the next batch of at most `limit` links.
    ///
    /// # Errors
    /// When the store fails, or the endpoint does not take it; then it is sent again the next time.
    pub async fn round(&self, store: &dyn Store, clock: &dyn Clock, limit: u32) -> Result<Round, PushError> {
        let read = position::read(store).await?;
        if read.position.is_held_by_another(&self.holder, clock.now_ms()) {
            return Ok(Round::Elsewhere);
        }
        let links = store.audit(read.position.sequence, limit).await?;
        let Some((body, last, count)) = lines(&links)? else { return Ok(Round::Nothing) };
        let until = clock.now_ms() + LEASE_MS;
        let ours = Position { holder: self.holder.clone(), until, ..read.position.clone() };
        let Some(ours) = position::replace(store, &read, ours).await? else { return Ok(Round::Elsewhere) };
        let sent = self.endpoint.send(body).await;
        // The lease ends with the batch: whoever is first sends the next, another origin if this one can't.
        let sequence = if sent.is_ok() { last } else { read.position.sequence };
        let kept = position::replace(store, &ours, Position { sequence, ..Position::default() }).await?;
        if kept.is_none() {
            tracing::warn!("another origin took over while a batch of the audit log was sent; it may arrive twice");
        }
        sent?;
        Ok(Round::Sent { links: count })
    }

    /// Keeps the endpoint up to date until the task is dropped.
    pub async fn keep(&self, origin: &Origin) {
        let (mut failures, mut limit) = (0_u32, self.batch);
        loop {
            let wait = match self.catch_up(origin, limit).await {
                Ok(()) => {
                    (failures, limit) = (0, self.batch);
                    self.interval
                }
                Err(error) => {
                    tracing::warn!(%error, failures, "audit events wait for the SIEM");
                    origin.metrics.add(Counted::PushFailed, 1);
                    if error.is_too_large() {
                        limit = (limit / 2).max(1);
                    }
                    let wait = back_off(failures, &*origin.random).max(error.retry_after());
                    failures = failures.saturating_add(1);
                    wait.min(LONGEST_WAIT)
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn catch_up(&self, origin: &Origin, limit: u32) -> Result<(), PushError> {
        for _ in 0..MAX_BATCHES {
            let Round::Sent { links } = self.round(&*origin.store, &*origin.clock, limit).await? else { break };
            origin.metrics.add(Counted::LinksPushed, links);
        }
        Ok(())
    }
}

impl PushError {
    fn is_too_large(&self) -> bool {
        matches!(self, PushError::Endpoint(EndpointError::Refused { status: StatusCode::PAYLOAD_TOO_LARGE, .. }))
    }

    /// What the endpoint asks for.
    fn retry_after(&self) -> Duration {
        match self {
            PushError::Endpoint(EndpointError::Refused { retry_after, .. }) => *retry_after,
            _ => Duration::ZERO,
        }
    }
}

/// How far the endpoint is behind.
///
/// # Errors
/// When the store fails.
pub async fn lag(store: &dyn Store, now_ms: Millis) -> Result<Lag, StoreError> {
    let sequence = position::read(store).await?.position.sequence;
    let last = store.last_audit().await?.map_or(0, |link| link.sequence);
    let oldest = store.audit(sequence, 1).await?.first().map_or(now_ms, |link| link.event.at);
    Ok(Lag { links: last.saturating_sub(sequence), waiting_ms: (now_ms - oldest).max(0) })
}

/// A batch as JSON lines, each as `lgdl audit export` writes it, with the last sequence in it and how many there are.
fn lines(links: &[AuditRow]) -> Result<Option<(Vec<u8>, u64, u64)>, StoreError> {
    let (mut body, mut last, mut count) = (Vec::new(), None, 0);
    for link in links {
        if body.len() >= MAX_BATCH_BYTES {
            break;
        }
        serde_json::to_writer(&mut body, link).map_err(|error| StoreError::Internal(error.to_string()))?;
        body.push(b'\n');
        (last, count) = (Some(link.sequence), count + 1);
    }
    Ok(last.map(|last| (body, last, count)))
}

/// Anything up to the limit, which doubles ("full jitter"): origins that failed together do not come back together.
fn back_off(failures: u32, random: &dyn Random) -> Duration {
    let limit = FIRST_WAIT.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(LONGEST_WAIT);
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    limit.mul_f64(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{GENESIS, link};
    use crate::store::Event;

    #[derive(Debug)]
    struct Always(u8);

    impl Random for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn waits_double_up_to_a_limit_and_are_drawn_from_the_whole_range() {
        let longest: Vec<_> = (0..10).map(|failures| back_off(failures, &Always(255)).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(back_off(u32::MAX, &Always(255)), LONGEST_WAIT);
        assert_eq!(back_off(9, &Always(0)), Duration::ZERO);
    }

    #[test]
    fn a_batch_ends_where_it_would_become_too_large_but_holds_one_link_at_least() {
        let links: Vec<_> = (1..=3)
            .map(|sequence| {
                let detail = serde_json::json!({"reason": "x".repeat(MAX_BATCH_BYTES / 2 + 1)});
                let (tenant, event) = (String::new(), String::new());
                let (actor, subject) = (String::new(), String::new());
                link(sequence, Event { at: 0, tenant, event, actor, subject, detail }, GENESIS)
            })
            .collect();
        let (body, last, count) = lines(&links).unwrap().unwrap();
        assert_eq!((last, count), (2, 2));
        assert!(body.len() < 2 * MAX_BATCH_BYTES && body.ends_with(b"}\n"));
        assert_eq!(lines(&[]).unwrap(), None);
    }
}
