//! Sessions of administrators: an access token for fifteen minutes, and a refresh token that is good once.
//!
//! Tokens are random and kept as SHA-256: they can be revoked at once, and a copy of the database opens nothing. A
//! refresh token that comes a second time was copied by somebody; then the whole session ends.

use subtle::ConstantTimeEq as _;

use super::guard::DEFAULT_TENANT;
use crate::audit::events;
use crate::clock::Millis;
use crate::hex;
use crate::ids::SessionId;
use crate::random::Random;
use crate::store::{AdministratorRow, Event, Result, SessionRow, SessionTokens, Store};

/// How long an access token is good.
pub const ACCESS_MS: Millis = 15 * 60 * 1000;
/// How long a refresh token is good; each new pair starts anew.
pub const REFRESH_MS: Millis = 8 * 60 * 60 * 1000;
/// How long a session lasts at most, however often it is refreshed.
pub const SESSION_MS: Millis = 7 * 24 * 60 * 60 * 1000;

const ACCESS_PREFIX: &str = "lgdl_at_";
const REFRESH_PREFIX: &str = "lgdl_rt_";
const SECRET_BYTES: usize = 32;

/// A pair of tokens, shown once.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// What came of a refresh token.
pub(super) enum Refreshed {
    /// A new pair.
    Renewed(Pair, AdministratorRow),
    /// It is none, or expired, or its session has ended; or it was used before, and its session has ended now.
    Refused,
}

/// Begins a session for an administrator whose password was just verified; `None` when it is another by now.
pub(super) async fn begin(
    store: &dyn Store,
    administrator: &AdministratorRow,
    now_ms: Millis,
    random: &dyn Random,
) -> Result<Option<Pair>> {
    store.remove_sessions_before(now_ms).await?;
    let id = SessionId::mint(now_ms, random);
    let (pair, tokens) = mint(&id, now_ms, now_ms, random);
    let session = SessionRow { id, administrator: administrator.id.clone(), tokens, created_at: now_ms };
    let told = event(administrator, events::LOGIN, now_ms);
    Ok(store.begin_session(session, &administrator.password, told).await?.then_some(pair))
}

/// An event about an administrator's own session.
pub(super) fn event(administrator: &AdministratorRow, name: &str, now_ms: Millis) -> Event {
    let (id, tenant) = (administrator.id.as_str(), administrator.tenant.as_deref().unwrap_or(DEFAULT_TENANT));
    events::of(now_ms, tenant, name, id, id, serde_json::json!({}))
}

/// The session that an access token opens, and whose it is.
pub(super) async fn open(
    store: &dyn Store,
    access: &str,
    now_ms: Millis,
) -> Result<Option<(SessionId, AdministratorRow)>> {
    let Some(id) = session_of(ACCESS_PREFIX, access) else { return Ok(None) };
    let Some((session, administrator)) = store.find_session(&id).await? else { return Ok(None) };
    let good = same(&session.tokens.access_hash, access)
        && now_ms < session.tokens.access_expires_at
        && !administrator.disabled;
    Ok(good.then_some((id, administrator)))
}

/// Takes a refresh token and gives the next pair.
pub(super) async fn refresh(store: &dyn Store, token: &str, now_ms: Millis, random: &dyn Random) -> Result<Refreshed> {
    let Some(id) = session_of(REFRESH_PREFIX, token) else { return Ok(Refreshed::Refused) };
    let Some((session, administrator)) = store.find_session(&id).await? else { return Ok(Refreshed::Refused) };
    if same(&session.tokens.refresh_hash, token) {
        if now_ms >= session.tokens.refresh_expires_at || administrator.disabled {
            store.end_session(&id, event(&administrator, events::LOGOUT, now_ms)).await?;
            return Ok(Refreshed::Refused);
        }
        let (pair, tokens) = mint(&id, session.created_at, now_ms, random);
        if store.renew_session(&id, &session.tokens.refresh_hash, tokens).await? {
            return Ok(Refreshed::Renewed(pair, administrator));
        }
        // Somebody was faster with the same token: that is a second use too.
    }
    // Session ids stand in tokens alone, so this is a token of the session that is no longer good.
    store.end_session(&id, event(&administrator, events::TOKEN_REUSED, now_ms)).await?;
    Ok(Refreshed::Refused)
}

fn mint(id: &SessionId, began: Millis, now_ms: Millis, random: &dyn Random) -> (Pair, SessionTokens) {
    let token = |prefix: &str| {
        let mut secret = [0; SECRET_BYTES];
        random.fill(&mut secret);
        format!("{prefix}{}_{}", id.as_str().trim_start_matches(SessionId::PREFIX), hex::encode(&secret))
    };
    let pair = Pair { access: token(ACCESS_PREFIX), refresh: token(REFRESH_PREFIX) };
    let end = began + SESSION_MS;
    let tokens = SessionTokens {
        access_hash: hex::sha256(pair.access.as_bytes()),
        access_expires_at: (now_ms + ACCESS_MS).min(end),
        refresh_hash: hex::sha256(pair.refresh.as_bytes()),
        refresh_expires_at: (now_ms + REFRESH_MS).min(end),
    };
    (pair, tokens)
}

fn session_of(prefix: &str, token: &str) -> Option<SessionId> {
    let (id, secret) = token.strip_prefix(prefix)?.split_once('_')?;
    let whole = secret.len() == 2 * SECRET_BYTES && secret.bytes().all(|digit| digit.is_ascii_hexdigit());
    whole.then(|| format!("{}{id}", SessionId::PREFIX).parse().ok()).flatten()
}

fn same(hash: &str, token: &str) -> bool {
    hash.as_bytes().ct_eq(hex::sha256(token.as_bytes()).as_bytes()).into()
}
