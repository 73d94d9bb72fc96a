//! API keys: `lgdl_<environment>_<random>_<checksum>`. Shown once, kept as SHA-256.
//!
//! The fixed beginning and the checksum are there so that a key that leaked can be found by a scanner without many
//! false finds, and a mistyped one is told apart from a revoked one without asking the store.

use lgdl::api_key::{ALPHABET, RANDOM_CHARS, checksum};
pub use lgdl::api_key::{ENVIRONMENTS, PREFIX, is_well_formed};

use serde_json::json;

use crate::admin::{CreateRefused, NewAdministrator, prepared_administrator};
use crate::audit::events;
use crate::clock::{Millis, TIMES};
use crate::hex;
use crate::ids::{AdministratorId, ApiKeyId};
use crate::random::Random;
use crate::store::{AdministratorRow, ApiKeyRow, Role, Store, StoreError};

/// What a key may be for: taking turns; speaking for those whom tokens prove; looking after the edge (draining its journal, passing its
/// rate limits); stepping in at the desk; recording consents.
pub const SCOPES: [&str; 5] = ["turns", PERSONS_SCOPE, ADMIN_SCOPE, AGENT_SCOPE, CONSENT_SCOPE];
/// What speaks for those whom tokens prove, beside `turns`: a site's server, never a page.
pub const PERSONS_SCOPE: &str = "persons";
/// What runs nodes.
pub const ADMIN_SCOPE: &str = "admin";
/// What steps in at the desk, a program in the place of a person; with no other scope.
pub const AGENT_SCOPE: &str = "agent";
/// What records that persons give and withdraw consents: a site's server; with no other scope, for a key that takes turns may lie in a page.
pub const CONSENT_SCOPE: &str = "consent";
/// Scopes that a key has alone.
const ALONE: [&str; 2] = [AGENT_SCOPE, CONSENT_SCOPE];
/// Bytes of the password of an agent's account, which nobody ever knows.
const PASSWORD_BYTES: usize = 32;
/// Longest name of a key, characters.
pub const MAX_NAME_CHARS: usize = 100;

/// A wish for a key.
#[derive(Debug, Clone)]
pub struct KeyRequest<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// One of [`ENVIRONMENTS`].
    pub environment: &'a str,
    /// Of [`SCOPES`].
    pub scopes: &'a [String],
    /// When it ends.
    pub expires_at: Option<Millis>,
}

/// Why no key was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// The name.
    #[error("a key needs a name of 1 to {MAX_NAME_CHARS} characters without control characters")]
    Name,
    /// The environment.
    #[error("the environment of a key is one of {}", ENVIRONMENTS.join(", "))]
    Environment,
    /// The scopes.
    #[error("a key needs at least one scope of {}, each once", SCOPES.join(", "))]
    Scopes,
    /// What a program at the desk, or one that records consents, has beside.
    #[error("a key of the scope `{AGENT_SCOPE}` or `{CONSENT_SCOPE}` has no other scope")]
    Alone,
    /// The end.
    #[error("a key must end after it begins, and by the end of the year 9999")]
    Expiry,
}

/// Makes a key: the row to keep, and the key to show once.
///
/// # Errors
/// When the wish does not make sense.
pub fn make(request: &KeyRequest<'_>, now_ms: Millis, random: &dyn Random) -> Result<(ApiKeyRow, String), KeyRefused> {
    let KeyRequest { tenant, name, environment, scopes, expires_at } = request;
    let chars = name.chars().count();
    if chars == 0 || chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(KeyRefused::Name);
    }
    if !ENVIRONMENTS.contains(environment) {
        return Err(KeyRefused::Environment);
    }
    let once = |(index, scope): (usize, &String)| SCOPES.contains(&scope.as_str()) && !scopes[..index].contains(scope);
    if scopes.is_empty() || !scopes.iter().enumerate().all(once) {
        return Err(KeyRefused::Scopes);
    }
    if scopes.len() > 1 && scopes.iter().any(|scope| ALONE.contains(&scope.as_str())) {
        return Err(KeyRefused::Alone);
    }
    if expires_at.is_some_and(|end| end <= now_ms || !TIMES.contains(&end)) {
        return Err(KeyRefused::Expiry);
    }
    let body = format!("{PREFIX}{environment}_{}", random_text(random));
    let key = format!("{body}_{}", checksum(&body));
    let row = ApiKeyRow {
        id: ApiKeyId::mint(now_ms, random),
        tenant: (*tenant).to_owned(),
        hash: hex::sha256(key.as_bytes()),
        name: (*name).to_owned(),
        scopes: scopes.to_vec(),
        created_at: now_ms,
        expires_at: *expires_at,
        revoked_at: None,
    };
    Ok((row, key))
}

/// A key that was made and is kept.
#[derive(Debug, Clone)]
pub struct Made {
    /// What is kept.
    pub row: ApiKeyRow,
    /// The key, to be shown once.
    pub key: String,
    /// The account of an agent, whose queues are still to be named.
    pub agent: Option<AdministratorId>,
}

/// Why no key was kept.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The wish does not make sense.
    #[error(transparent)]
    Refused(#[from] KeyRefused),
    /// The agent's account was not made.
    #[error(transparent)]
    Account(#[from] CreateRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a key and keeps it. One of the scope `agent` has an account of that role, under the key's id, which is made with it and ends with
/// it: so a program is an agent like any other, and nobody logs in as it.
///
/// # Errors
/// When the wish does not make sense, or the store fails.
pub async fn create(
    store: &dyn Store,
    request: &KeyRequest<'_>,
    actor: &str,
    now_ms: Millis,
    random: &dyn Random,
) -> Result<Made, NotMade> {
    let (row, key) = make(request, now_ms, random)?;
    let detail = json!({"scopes": row.scopes});
    let told = events::of(now_ms, request.tenant, events::KEY_CREATED, actor, row.id.as_str(), detail);
    if !is_for(&row, AGENT_SCOPE) {
        store.add_key(row.clone(), told).await?;
        return Ok(Made { row, key, agent: None });
    }
    let mut secret = [0; PASSWORD_BYTES];
    random.fill(&mut secret);
    let (name, password, tenant) = (row.id.as_str(), hex::encode(&secret), Some(request.tenant));
    let new = NewAdministrator { name, password: &password, role: Role::Agent, tenant, actor };
    let (account, made) = prepared_administrator(new, now_ms, random).await?;
    let agent = Some(account.id.clone());
    store.add_agent_key(row.clone(), account, [made, told]).await?;
    Ok(Made { row, key, agent })
}

/// The row of a key, if it is good now.
///
/// # Errors
/// When the store fails.
pub async fn find(store: &dyn Store, key: &str, now_ms: Millis) -> Result<Option<ApiKeyRow>, StoreError> {
    let row = store.find_key(&hex::sha256(key.as_bytes())).await?;
    Ok(row.filter(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now_ms)))
}

/// Whether a key is for that.
#[must_use]
pub fn is_for(row: &ApiKeyRow, scope: &str) -> bool {
    row.scopes.iter().any(|own| own == scope)
}

/// The account of the agent whose key this is, if there is one that is let in.
///
/// # Errors
/// When the store fails.
pub async fn agent_of(store: &dyn Store, key: &ApiKeyRow) -> Result<Option<AdministratorRow>, StoreError> {
    if !is_for(key, AGENT_SCOPE) {
        return Ok(None);
    }
    let account = store.find_administrator(key.id.as_str()).await?;
    let account = account.filter(|account| account.role == Role::Agent && !account.disabled);
    Ok(account.filter(|account| account.tenant.as_ref() == Some(&key.tenant)))
}

fn random_text(random: &dyn Random) -> String {
    let mut text = String::with_capacity(RANDOM_CHARS);
    let mut bytes = [0; 64];
    while text.len() < RANDOM_CHARS {
        random.fill(&mut bytes);
        // Bytes from 248 on are passed over: all characters are equally likely. 238 bits in all.
        let chars = bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(*byte % 62)]));
        text.extend(chars.take(RANDOM_CHARS - text.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn request<'a>(name: &'a str, scopes: &'a [String]) -> KeyRequest<'a> {
        KeyRequest { tenant: "default", name, environment: "live", scopes, expires_at: None }
    }

    #[test]
    fn a_key_is_well_formed_and_no_change_of_one_character_is() {
        let scopes = ["turns".to_owned()];
        let (row, key) = make(&request("shop", &scopes), 1, &SystemRandom).unwrap();
        assert!(key.starts_with("lgdl_live_") && is_well_formed(&key), "{key}");
        assert_eq!(row.hash, hex::sha256(key.as_bytes()));
        for at in 0..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert!(!is_well_formed(std::str::from_utf8(&changed).unwrap()), "{at}");
        }
        for odd in ["", "lgdl", "lgdl_live__", "lgdl_live_ü_000000", &key[1..], &format!("{key}0")] {
            assert!(!is_well_formed(odd), "{odd}");
        }
    }

    #[test]
    fn wishes_that_make_no_sense_are_refused() {
        let (turns, twice, odd) = (["turns".into()], ["turns".into(), "turns".into()], ["everything".into()]);
        let refused = |request: KeyRequest<'_>| make(&request, 10, &SystemRandom).unwrap_err();
        assert_eq!(refused(request("", &turns)), KeyRefused::Name);
        assert_eq!(refused(request("a\nb", &turns)), KeyRefused::Name);
        assert_eq!(refused(request("a", &[])), KeyRefused::Scopes);
        assert_eq!(refused(request("a", &twice)), KeyRefused::Scopes);
        assert_eq!(refused(request("a", &odd)), KeyRefused::Scopes);
        for alone in [AGENT_SCOPE, CONSENT_SCOPE] {
            assert_eq!(refused(request("a", &[alone.into(), "turns".into()])), KeyRefused::Alone, "{alone}");
        }
        assert_eq!(refused(KeyRequest { environment: "prod", ..request("a", &turns) }), KeyRefused::Environment);
        assert_eq!(refused(KeyRequest { expires_at: Some(10), ..request("a", &turns) }), KeyRefused::Expiry);
    }
}
