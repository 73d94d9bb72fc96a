//! Stage 2: who calls. API keys are looked up at the origin by their digest and believed for a minute at most; tokens
//! (JWT) are [`super::tokens`]' business. Development nodes are open unless told otherwise.

use std::borrow::Cow;

use http::{HeaderName, header};
use lgdl::api_key::is_well_formed;
use lgdl::ids::{Id, NAMED_BY_KEY};
use lgdl::problem::Reason;
use lgdl::wire::origin::{ApiKey, MAX_TOKEN_BYTES, Refused};
use serde::{Deserialize, Serialize};

use crate::answer::Refusal;
use crate::call::{Call, Caller};
use crate::digest;
use crate::memory::About;
use crate::notes;
use crate::origin::Origin;
use crate::pipeline::request::Received;
use crate::pipeline::{reports, tokens};
use crate::platform::Platform;
use crate::settings::AuthSettings;

/// How long an API key is believed, milliseconds: a revocation is honoured within this.
pub const KEY_BELIEVED_MS: i64 = 60_000;
/// How long it is believed while the origin can't be asked, milliseconds.
pub const KEY_BELIEVED_WHILE_AWAY_MS: i64 = 600_000;
/// The longest credential that is looked at, bytes.
pub const MAX_CREDENTIAL_BYTES: usize = MAX_TOKEN_BYTES;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What is remembered of a key.
#[derive(Debug, Serialize, Deserialize)]
struct KnownKey {
    asked_at_ms: i64,
    key: Option<ApiKey>,
}

/// Finds out who calls.
///
/// # Errors
/// 401 without a valid credential where one is needed; 503 when it can't be checked.
pub async fn authenticate<P: Platform>(call: &Call<'_, P>, received: &Received) -> Result<Caller, Refusal> {
    let auth = &call.settings.auth;
    let unknown = |_: &Refusal| reports::tell(call, Refused::UnknownCredential, None, None);
    match credential(received).inspect_err(unknown)? {
        None if auth.required => {
            reports::tell(call, Refused::NoCredential, None, None);
            Err(unauthenticated("Send an API key as `Authorization: Bearer …`."))
        }
        None => Ok(call.caller.clone()),
        // An open node has no use for credentials, and must not fail because of one.
        Some(_) if !auth.required => Ok(call.caller.clone()),
        Some(credential) if credential.split('.').count() == 3 => tokens::caller(call, credential).await,
        Some(credential) => api_key(call, credential).await,
    }
}

fn credential(received: &Received) -> Result<Option<&str>, Refusal> {
    let given = if received.headers.contains_key(header::AUTHORIZATION) {
        let value = received.header(&header::AUTHORIZATION).unwrap_or("");
        let (scheme, credential) = value.split_once(' ').unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unauthenticated("The scheme of `Authorization` must be Bearer."));
        }
        Some(credential.trim())
    } else if received.headers.contains_key(&API_KEY) {
        Some(received.header(&API_KEY).unwrap_or("").trim())
    } else {
        None
    };
    match given {
        Some(credential) if credential.is_empty() || credential.len() > MAX_CREDENTIAL_BYTES => {
            Err(unauthenticated("The credential is empty or too long."))
        }
        other => Ok(other),
    }
}

async fn api_key<P: Platform>(call: &Call<'_, P>, credential: &str) -> Result<Caller, Refusal> {
    let unknown = || {
        reports::tell(call, Refused::UnknownCredential, None, None);
        unauthenticated("The API key is unknown, expired or revoked.")
    };
    // Its checksum tells what is no key at all: nobody is asked about what strangers make up.
    if !is_well_formed(credential) {
        return Err(unknown());
    }
    let sha256 = digest::sha256(credential.as_bytes());
    if is_known_as_unknown(call, &sha256) {
        return Err(unknown());
    }
    let note = format!("key:{sha256}");
    let now = call.platform.now_ms();
    let known: Option<KnownKey> = notes::recall_grant(call, &note).await;
    let age = |known: &KnownKey| now.saturating_sub(known.asked_at_ms);
    let key = match known {
        Some(known) if (0..KEY_BELIEVED_MS).contains(&age(&known)) => known.key,
        stale => match Origin::new(call).api_key(&sha256).await {
            Ok(key) => {
                // Only keys that exist are remembered: strangers must not fill the store with what they make up.
                if key.is_none()
                    && let Some(memory) = call.platform.memory()
                {
                    memory.keep_note(About::Refusal, &unknown_note(&sha256), now.to_le_bytes().to_vec());
                }
                if key.is_some() {
                    let known = KnownKey { asked_at_ms: now, key: key.clone() };
                    notes::remember_grant(call, &note, &known).await;
                }
                key
            }
            Err(_) => match stale {
                Some(known) if (0..KEY_BELIEVED_WHILE_AWAY_MS).contains(&age(&known)) => known.key,
                _ => {
                    let detail = "The API key can't be checked at the moment. Try again.";
                    return Err(Origin::new(call).away(Reason::OriginAway, detail));
                }
            },
        },
    };
    match key {
        Some(key) if !key.revoked && key.expires_at_ms.is_none_or(|at| now < at) => {
            Ok(Caller { tenant: key.tenant, key: Some(key.id), user: None, scopes: key.scopes })
        }
        other => {
            let refused = if other.is_some() { Refused::EndedCredential } else { Refused::UnknownCredential };
            reports::tell(call, refused, None, other.as_ref().map(|key| key.id.as_str()));
            Err(unauthenticated("The API key is unknown, expired or revoked."))
        }
    }
}

/// How long a key that the origin does not know is not asked about again, milliseconds: one that is made meanwhile works within
/// this. Only where an instance has a memory, which is bounded.
const UNKNOWN_BELIEVED_MS: i64 = 10_000;

fn unknown_note(sha256: &str) -> String {
    format!("unknown-key:{sha256}")
}

fn is_known_as_unknown<P: Platform>(call: &Call<'_, P>, sha256: &str) -> bool {
    let noted = call.platform.memory().and_then(|memory| memory.note(About::Refusal, &unknown_note(sha256)));
    let asked_at_ms = noted.and_then(|bytes| bytes.try_into().ok()).map(i64::from_le_bytes);
    asked_at_ms.is_some_and(|at| (0..UNKNOWN_BELIEVED_MS).contains(&call.platform.now_ms().saturating_sub(at)))
}

/// Checks that the caller may take turns. A token without scopes may, for its own user; a key must say so.
///
/// # Errors
/// 403.
pub fn check_turns(caller: &Caller) -> Result<(), Refusal> {
    let unrestricted = caller.key.is_none() && caller.scopes.is_empty();
    if unrestricted || caller.is_admin() || caller.scopes.iter().any(|scope| scope == "turns") {
        return Ok(());
    }
    Err(Refusal::new(Reason::Forbidden, "Taking turns needs the scope `turns`."))
}

/// Checks that the caller may have copies of conversations, and have them erased: whoever may take turns. A scope for
/// something else is no leave for either.
///
/// # Errors
/// 403.
pub fn check_rights(caller: &Caller) -> Result<(), Refusal> {
    check_turns(caller).map_err(|_| Refusal::new(Reason::Forbidden, "Exports and erasures need the scope `turns`."))
}

/// Checks that the caller may speak for a user.
///
/// # Errors
/// 403 when the credential stands for another person.
pub fn check_user(caller: &Caller, user: &str) -> Result<(), Refusal> {
    match &caller.user {
        Some(own) if own != user => Err(Refusal::new(Reason::Forbidden, "The token stands for another user.")),
        _ => Ok(()),
    }
}

/// What a person is called behind the node: by limits, in stores, at the origin. A key that lies in a page may be anybody's, who names
/// whom they like; so where the node takes tokens, whom a key names is never whom a token proves.
#[must_use]
pub fn subject<'a>(caller: &Caller, auth: &AuthSettings, user: &'a str) -> Cow<'a, str> {
    if caller.key.is_none() || !auth.takes_tokens() || caller.may_name_anybody() || user.starts_with(NAMED_BY_KEY) {
        return Cow::Borrowed(user);
    }
    match format!("{NAMED_BY_KEY}{user}") {
        name if Id::User.fits(&name) => Cow::Owned(name),
        // There is no room for the whole id.
        _ => Cow::Owned(format!("{NAMED_BY_KEY}{}", digest::sha256(user.as_bytes()))),
    }
}

pub(super) fn unauthenticated(detail: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(Reason::Unauthenticated, detail).with(header::WWW_AUTHENTICATE, "Bearer")
}
