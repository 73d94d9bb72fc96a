//! Who may speak to the edge API: signed requests, refused when altered, stale or replayed.
//!
//! Nonces are remembered by this process. Behind several origins a captured request could therefore be played once
//! more against another one inside the window; what it could do is what its idempotency key lets it do: nothing.

use lgdl::ids::{Id, NotAnId};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::LengthLimitError;
use lgdl::wire::origin::{MAX_COMMIT_BYTES, NodeReport};
use lgdl::wire::signature::{
    DIGEST_HEADER, KEY_ID_HEADER, NONCE_HEADER, Parts, REPLAY_WINDOW_MS, Refusal, SIGNATURE_HEADER, TENANT_HEADER,
    TIMESTAMP_HEADER, verify,
};
use tokio::sync::{OnceCell, watch};

use super::Origin;
use super::listening::Listening;
use super::meter::{MAX_WRITES, Meter};
use super::problem::Problem;
use crate::clock::{Millis, is_within};
use crate::config::{Config, EdgeKey};
use crate::games::Publishing;
use crate::hex;
use crate::metrics::Counted;
use crate::nodes;
use crate::random::Random;
use crate::sessions::Places;
use crate::store::{EPOCH_SETTING, Store, StoreError};
use crate::tokens::TokenKeys;
use crate::tombstones::Kept;
use crate::withdrawals::Known;

/// Nonces remembered in one window; beyond it requests are refused rather than nonces forgotten.
const MAX_NONCES: usize = 4_000_000;

/// The tenant that a request is about.
#[derive(Debug, Clone)]
pub(super) struct Tenant(pub(super) String);

/// Marks the answer to a request that came from an edge, signed: its connection is kept where room is short.
#[derive(Debug, Clone, Copy)]
pub(super) struct FromEdge;

/// The body, read and checked.
#[derive(Debug, Clone)]
pub(super) struct CheckedBody(pub(super) Bytes);

/// The keys of the edges, and the nonces they have used.
#[derive(Debug)]
pub struct Gate {
    keys: RwLock<Vec<EdgeKey>>,
    unsigned: bool,
    nonces: Mutex<Nonces>,
    epoch: OnceCell<String>,
    stopping: watch::Sender<bool>,
    /// Open conversations, where they are limited.
    pub(crate) places: Arc<Places>,
    /// Publications that are under way.
    pub(crate) publishing: Arc<Publishing>,
    /// Versions of games that are withdrawn.
    pub(crate) withdrawn: Known,
    /// How often persons have what costs much.
    pub(super) meter: Meter,
    /// Verifies tokens of persons, where their issuer has public keys.
    pub(super) token_keys: Option<TokenKeys>,
    /// Who listens to events.
    pub(crate) listening: Listening,
    /// The file of tombstones, where there is one.
    pub(crate) tombstones: Option<Kept>,
}

/// Two generations of nonces: a nonce outlives the window, and forgetting costs nothing.
#[derive(Debug, Default)]
struct Nonces {
    since: Millis,
    young: HashSet<String>,
    old: HashSet<String>,
}

struct Signed<'a> {
    parts: Parts<'a>,
    signature: &'a str,
}

impl Gate {
    /// The gate that the settings ask for.
    #[must_use]
    pub fn new(config: &Config) -> Gate {
        Gate {
            keys: RwLock::new(config.edge_keys.clone()),
            unsigned: config.edge_unsigned,
            nonces: Mutex::default(),
            epoch: OnceCell::new(),
            places: Arc::default(),
            publishing: Arc::default(),
            withdrawn: Known::default(),
            meter: Meter::default(),
            token_keys: TokenKeys::of(config),
            listening: Listening::default(),
            tombstones: config.tombstones.as_deref().map(Kept::at),
            stopping: watch::Sender::new(false),
        }
    }

    /// Takes the keys of edges that the settings name now.
    pub fn take(&self, config: &Config) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = config.edge_keys.clone();
    }

    /// Has answers that go on end: the origin stops.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Tells when the origin stops.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Counts a request of an administrator's that writes the audit log; an error says how many seconds to wait.
    pub(crate) fn writes_log(&self, actor: &str, now_ms: Millis) -> Result<(), u32> {
        self.meter.count(format!("log/{actor}"), MAX_WRITES, now_ms)
    }

    /// Whether one more would be taken.
    pub(crate) fn may_write_log(&self, actor: &str, now_ms: Millis) -> Result<(), u32> {
        self.meter.has_room(format!("log/{actor}"), MAX_WRITES, now_ms)
    }

    /// Whether something is to be told: it was not, lately.
    pub(crate) fn is_news(&self, what: &str, now_ms: Millis) -> bool {
        self.meter.is_news(what, now_ms)
    }

    /// Something was told, and is no news for a while.
    pub(crate) fn was_told(&self, what: String, now_ms: Millis) {
        self.meter.was_told(what, now_ms);
    }

    /// Reads the public keys of tokens, where there are any, before the first person comes with one.
    pub async fn prepare(&self, now_ms: Millis) {
        if let Some(keys) = &self.token_keys {
            keys.prepare(now_ms).await;
        }
    }

    /// The store's epoch, made where it has none yet. Read once: a store is not brought back to an older state under an origin
    /// that runs.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub async fn epoch(&self, store: &dyn Store, random: &dyn Random) -> Result<String, StoreError> {
        let read = async || {
            if let Some(epoch) = store.setting(EPOCH_SETTING).await? {
                return Ok(epoch);
            }
            let mut bytes = [0; 16];
            random.fill(&mut bytes);
            // Another origin may be first: what the store has kept is the epoch.
            store.replace_note(EPOCH_SETTING, None, &hex::encode(&bytes)).await?;
            let kept = store.setting(EPOCH_SETTING).await?;
            kept.ok_or_else(|| StoreError::Internal("the store keeps no epoch".into()))
        };
        self.epoch.get_or_try_init(read).await.cloned()
    }

    /// Whether a request is that of an edge, whenever it was made.
    fn is_authentic(&self, Signed { parts, signature }: &Signed<'_>, body: &[u8]) -> bool {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let secret = keys.iter().find(|key| key.id == parts.key_id).map(|key| key.secret.expose().as_bytes());
        secret.is_some_and(|secret| verify(secret, parts, signature, body, parts.timestamp_ms).is_ok())
    }

    fn check(&self, request: &Signed<'_>, body: &[u8], now_ms: Millis) -> Result<(), Refused> {
        let Signed { parts, signature } = request;
        let unknown = || Refused { why: "key", detail: "the key id is not known".into() };
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter().find(|key| key.id == parts.key_id).ok_or_else(unknown)?;
        let secret = key.secret.expose().as_bytes();
        verify(secret, parts, signature, body, now_ms).map_err(|refusal| Refused::of(&refusal))?;
        // Only after the signature holds: else anybody could fill the memory, or burn an edge's nonces.
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = nonces.use_up(format!("{}/{}", parts.key_id, parts.nonce), now_ms);
        if fresh { Ok(()) } else { Err(Refused { why: "other", detail: "the nonce was used before".into() }) }
    }
}

/// Where a node tells of itself.
pub(super) const NODE: &str = "/edge/v1/node";

/// The word for clocks that differ.
const CLOCK: &str = "clock";

/// Why a signature is not taken: in a word for the edge, which names it to its operator, and in words for people.
struct Refused {
    why: &'static str,
    detail: String,
}

impl Refused {
    fn of(refusal: &Refusal) -> Refused {
        let why = match refusal {
            Refusal::Stale => CLOCK,
            Refusal::WrongSignature => "key",
            Refusal::MalformedNonce | Refusal::AlteredBody | Refusal::WeakSecret => "other",
        };
        Refused { why, detail: refusal.to_string() }
    }
}

impl Nonces {
    /// False when the nonce was used before, or too many are remembered.
    fn use_up(&mut self, nonce: String, now_ms: Millis) -> bool {
        // A timestamp is accepted from one window before to one window after: two windows in all.
        if !is_within(self.since, 2 * REPLAY_WINDOW_MS + 1, now_ms) {
            self.old = std::mem::take(&mut self.young);
            self.since = now_ms;
        }
        let full = self.young.len() >= MAX_NONCES;
        !full && !self.old.contains(&nonce) && self.young.insert(nonce)
    }
}

/// Reads the body inside the limits, checks the signature, and hands on tenant and body.
pub(super) async fn require_signature(
    State(origin): State<Origin>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let body = read_body(&origin, head.uri.path(), body).await?;
    let tenant = tenant(&head.headers)?;
    if !origin.gate.unsigned {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let signed = signed(&head.headers, head.method.as_str(), path, &tenant)
            .ok_or_else(|| Problem::unauthenticated("A signature header is missing or malformed."))?;
        if let Err(Refused { why, detail }) = origin.gate.check(&signed, &body, origin.clock.now_ms()) {
            origin.metrics.add(Counted::EdgeRefused, 1);
            tracing::warn!(why, key_id = signed.parts.key_id, "an edge's request was refused");
            if why == CLOCK && head.uri.path() == NODE && origin.gate.is_authentic(&signed, &body) {
                note_clock(&origin, &body).await;
            }
            let problem = Problem::unauthenticated(format!("The request was refused: {detail}."));
            return Err(problem.with("why", why.into()));
        }
    }
    let mut request = Request::from_parts(head, Body::empty());
    request.extensions_mut().insert(Tenant(tenant));
    request.extensions_mut().insert(CheckedBody(body));
    let mut response = next.run(request).await;
    response.extensions_mut().insert(FromEdge);
    Ok(response)
}

/// A node whose clock is off tells of itself in vain: what its clock is, at least, is seen of it.
async fn note_clock(origin: &Origin, body: &[u8]) {
    let Ok(report) = serde_json::from_slice::<NodeReport>(body) else { return };
    if let Err(error) = nodes::note_clock(&*origin.store, &report, origin.clock.now_ms()).await {
        tracing::warn!(%error, "that a node's clock is off can't be noted");
    }
}

async fn read_body(origin: &Origin, path: &str, body: Body) -> Result<Bytes, Problem> {
    use std::error::Error as _;
    // What an edge has acknowledged because it is small enough is taken, whatever the settings allow.
    let limit = match path {
        "/edge/v1/turns" => MAX_COMMIT_BYTES,
        _ => origin.config.max_body_bytes,
    };
    // Shorter than the limit of the whole request, so that a slow sender hears that it was slow.
    let patience = origin.settings().request_timeout.mul_f64(0.9);
    match tokio::time::timeout(patience, axum::body::to_bytes(body, limit)).await {
        Err(_) => Err(Problem::timeout("The body did not arrive in time.")),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) => {
            Err(Problem::too_large(format!("The limit is {limit} bytes.")))
        }
        Ok(Err(_)) => Err(Problem::malformed("The body broke off.")),
    }
}

fn tenant(headers: &HeaderMap) -> Result<String, Problem> {
    match header(headers, TENANT_HEADER) {
        Some(tenant) if Id::Tenant.fits(tenant) => Ok(tenant.to_owned()),
        _ => Err(Problem::malformed(format!("`{TENANT_HEADER}` {}.", NotAnId(Id::Tenant)))),
    }
}

fn signed<'a>(headers: &'a HeaderMap, method: &'a str, path: &'a str, tenant: &'a str) -> Option<Signed<'a>> {
    let parts = Parts {
        method,
        path_and_query: path,
        tenant,
        key_id: header(headers, KEY_ID_HEADER)?,
        timestamp_ms: header(headers, TIMESTAMP_HEADER)?.parse().ok()?,
        nonce: header(headers, NONCE_HEADER)?,
        digest: header(headers, DIGEST_HEADER)?,
    };
    Some(Signed { parts, signature: header(headers, SIGNATURE_HEADER)? })
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once_for_as_long_as_its_timestamp_is() {
        let mut nonces = Nonces::default();
        let start = 1_700_000_000_000;
        assert!(nonces.use_up("a".into(), start));
        for later in [0, REPLAY_WINDOW_MS, 2 * REPLAY_WINDOW_MS, 2 * REPLAY_WINDOW_MS + 1] {
            assert!(!nonces.use_up("a".into(), start + later), "{later}");
        }
        assert!(nonces.use_up("b".into(), start + 1));
    }

    #[test]
    fn nonces_are_forgotten_in_the_end() {
        let mut nonces = Nonces::default();
        for turn in 0..10 {
            assert!(nonces.use_up(format!("n{turn}"), turn * 3 * REPLAY_WINDOW_MS));
        }
        assert!(nonces.young.len() + nonces.old.len() <= 2);
    }
}
