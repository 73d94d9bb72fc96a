//! Sending the audit log to a SIEM while the origin runs: JSON lines over HTTP, in order, each link at least once.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};

use crate::clock::Millis;
use crate::config::Config;
use crate::consumer::{
    Batch, Consumer, Delivered, EndpointError, Manner, Position, Runner, Sender, headers, position_of,
};
use crate::http::Origin;
use crate::metrics::Counted;
use crate::outbound::Reach;
use crate::random::Random;
use crate::store::{Store, StoreError};

/// The note that says how far it came.
const NOTE: &str = "audit_push";
/// Media type of a batch: one JSON document a line.
const JSON_LINES: &str = "application/x-ndjson";
/// Time for a batch, from the connection to the end of the answer.
const WITHIN: Duration = Duration::from_secs(15);
/// How long an origin may take for a batch before another takes over.
const LEASE: Duration = Duration::from_secs(60);
/// The longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Bytes of a batch after which no further link is added.
const MAX_BATCH_BYTES: usize = 512 * 1024;
/// How long a link may wait before the origin counts as degraded.
pub const MAX_LAG_MS: Millis = 15 * 60 * 1000;

/// How far the endpoint is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Links it does not have.
    pub links: u64,
    /// How long the oldest of them waits, milliseconds.
    pub waiting_ms: Millis,
}

/// The endpoint of the settings.
pub struct Siem {
    sender: Sender,
    uri: Uri,
    headers: HeaderMap,
    most: u32,
    /// Links that are sent at once: fewer, after a batch was too large.
    limit: AtomicU32,
}

impl fmt::Debug for Siem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Siem").field("uri", &self.uri).finish_non_exhaustive()
    }
}

/// What sends the audit log to the endpoint of the settings; `None` when they name none.
#[must_use]
pub fn push(config: &Config, random: &dyn Random) -> Option<Runner<Siem>> {
    let uri = config.audit_push_url.clone()?;
    let mut headers = headers(JSON_LINES);
    let authorization = config.audit_push_authorization.as_ref();
    if let Some(mut value) = authorization.and_then(|secret| HeaderValue::from_str(secret.expose()).ok()) {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    let most = config.audit_push_batch;
    let siem = Siem { sender: Sender::new(Reach::Private, WITHIN), uri, headers, most, limit: AtomicU32::new(most) };
    let manner = Manner {
        lease: LEASE,
        keep_every: Duration::ZERO,
        look_every: config.audit_push_interval,
        longest_wait: LONGEST_WAIT,
    };
    Some(Runner::new(siem, manner, random))
}

#[async_trait]
impl Consumer for Siem {
    /// A link as `lgdl audit export` writes it.
    type Item = Vec<u8>;

    fn note(&self) -> String {
        NOTE.to_owned()
    }

    async fn read(&self, store: &dyn Store, after: u64) -> Result<Batch<Vec<u8>>, StoreError> {
        let (mut items, mut bytes, mut next) = (Vec::new(), 0, after);
        for link in store.audit(after, self.limit.load(Ordering::Relaxed)).await? {
            if bytes >= MAX_BATCH_BYTES {
                break;
            }
            let mut line = serde_json::to_vec(&link).map_err(|error| StoreError::Internal(error.to_string()))?;
            line.push(b'\n');
            bytes += line.len();
            next = link.sequence;
            items.push((link.sequence, line));
        }
        Ok(Batch { items, next })
    }

    async fn deliver(&self, items: &[(u64, Vec<u8>)]) -> Delivered {
        let body: Vec<u8> = items.iter().flat_map(|(_, line)| line.iter().copied()).collect();
        match self.sender.send(&self.uri, self.headers.clone(), Bytes::from(body)).await {
            Ok(_) => {
                self.limit.store(self.most, Ordering::Relaxed);
                Delivered::All
            }
            Err(error) => {
                if error.status() == Some(StatusCode::PAYLOAD_TOO_LARGE) {
                    let fewer = u32::try_from(items.len()).unwrap_or(u32::MAX) / 2;
                    self.limit.store(fewer.max(1), Ordering::Relaxed);
                }
                Delivered::Failed { upto: None, error }
            }
        }
    }

    fn succeeded(&self, origin: &Origin, count: u64) {
        origin.metrics.add(Counted::LinksPushed, count);
    }

    async fn failed(&self, origin: &Origin, error: &EndpointError, position: &Position) {
        tracing::warn!(%error, failures = position.failures, "E542 the audit log could not be sent to LGDL_AUDIT_PUSH_URL");
        origin.metrics.add(Counted::PushFailed, 1);
    }
}

/// How far the endpoint is behind.
///
/// # Errors
/// When the store fails.
pub async fn lag(store: &dyn Store, now_ms: Millis) -> Result<Lag, StoreError> {
    let sequence = position_of(store, NOTE).await?.sequence;
    let last = store.last_audit().await?.map_or(0, |link| link.sequence);
    let oldest = store.audit(sequence, 1).await?.first().map_or(now_ms, |link| link.event.at);
    Ok(Lag { links: last.saturating_sub(sequence), waiting_ms: (now_ms - oldest).max(0) })
}
