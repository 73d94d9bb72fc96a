//! Tokens of persons (JWT, RFC 7519). One that is signed with a secret that this node shares is verified right here; one that is
//! signed with its issuer's private key is shown to the origin, which has the public keys, and believed for a minute. What
//! a token says is checked here, whoever verified it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lgdl::ids::{Id, NAMED_BY_KEY};
use lgdl::problem::Reason;
use lgdl::wire::origin::{Refused, Signature};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use crate::answer::Refusal;
use crate::call::{Call, Caller};
use crate::digest;
use crate::json;
use crate::notes;
use crate::origin::Origin;
use crate::pipeline::auth::{KEY_BELIEVED_MS, KEY_BELIEVED_WHILE_AWAY_MS, unauthenticated};
use crate::pipeline::reports;
use crate::platform::Platform;
use crate::settings::AuthSettings;

/// How far the clocks of a token's issuer and of this node may differ, seconds.
const LEEWAY_SECONDS: i64 = 60;

/// Who may have signed a token: the algorithm decides, and with it the only keys that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signer {
    /// Whoever has a secret of this node (HS256).
    Secret,
    /// Whoever has a private key of the issuer (RS256, ES256, EdDSA).
    Issuer,
}

impl Signer {
    fn of(algorithm: &Value) -> Option<Signer> {
        match algorithm.as_str()? {
            "HS256" => Some(Signer::Secret),
            "RS256" | "ES256" | "EdDSA" => Some(Signer::Issuer),
            _ => None,
        }
    }
}

/// Claims that this service reads.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    iss: Option<String>,
    #[serde(default)]
    aud: Value,
    tenant: Option<String>,
    /// RFC 8693.
    #[serde(default)]
    scope: Value,
    /// What some issuers write in its place.
    #[serde(default)]
    scp: Value,
}

impl Claims {
    /// What the token may do; where both claims say something, what both say. `None`: one of them can't be read, or they have nothing in
    /// common, and a token that names nothing may do more than one that does.
    fn scopes(&self) -> Option<Vec<String>> {
        let (scope, scp) = (named(&self.scope)?, named(&self.scp)?);
        let both: Vec<&str> = match (scope.as_slice(), scp.as_slice()) {
            ([], []) => return Some(Vec::new()),
            (only, []) | ([], only) => only.to_vec(),
            (scope, scp) => scope.iter().copied().filter(|one| scp.contains(one)).collect(),
        };
        (!both.is_empty()).then(|| both.into_iter().map(str::to_owned).collect())
    }
}

/// The scopes of a claim: a text with spaces between them, or a list.
fn named(claim: &Value) -> Option<Vec<&str>> {
    let list: &[Value] = match claim {
        Value::Null => &[],
        Value::Array(list) => list.as_slice(),
        text => std::slice::from_ref(text),
    };
    let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    Some(texts?.into_iter().flat_map(str::split_whitespace).collect())
}

/// When the origin said that a token is its issuer's.
#[derive(Debug, Serialize, Deserialize)]
struct Verified {
    asked_at_ms: i64,
}

/// The person that a token stands for.
///
/// # Errors
/// 401 when it is not valid; 503 when that can't be told.
pub async fn caller<P: Platform>(call: &Call<'_, P>, token: &str) -> Result<Caller, Refusal> {
    let unknown = |refusal: Refusal| {
        reports::tell(call, Refused::UnknownCredential, None, None);
        refusal
    };
    let (signer, claims) = read(token).ok_or_else(|| unknown(invalid()))?;
    // What costs nothing comes first: nobody is asked about a token that is over, or for somebody else.
    let caller = accepted(call, signer, claims).map_err(unknown)?;
    match signer {
        Signer::Secret if is_signed_with_secret(&call.settings.auth, token) => Ok(caller),
        Signer::Issuer if is_signed_by_issuer(call, token).await? => Ok(caller),
        Signer::Secret | Signer::Issuer => Err(unknown(invalid())),
    }
}

fn invalid() -> Refusal {
    unauthenticated("The token is not valid here, or no longer.")
}

/// What a token says, whether or not it is to be believed.
fn read(token: &str) -> Option<(Signer, Claims)> {
    let mut parts = token.split('.');
    let (head, claims) = (decoded::<Value>(parts.next()?)?, decoded(parts.next()?)?);
    // An extension that must be understood is one that is not.
    if head.get("crit").is_some() {
        return None;
    }
    Some((Signer::of(&head["alg"])?, claims))
}

fn accepted<P: Platform>(call: &Call<'_, P>, signer: Signer, claims: Claims) -> Result<Caller, Refusal> {
    let auth = &call.settings.auth;
    if signer == Signer::Issuer && !auth.takes_issuer_tokens() {
        return Err(unauthenticated(
            "Tokens of an issuer's private key are taken where LGDL_JWT_ISSUER and LGDL_JWT_AUDIENCE are set.",
        ));
    }
    let now = call.platform.now_ms() / 1_000;
    let in_time = now < claims.exp.saturating_add(LEEWAY_SECONDS)
        && claims.nbf.is_none_or(|from| now >= from.saturating_sub(LEEWAY_SECONDS));
    let for_us = auth.jwt_audience.as_ref().is_none_or(|wanted| match &claims.aud {
        Value::String(one) => one == wanted,
        Value::Array(several) => several.iter().any(|one| one == wanted.as_str()),
        _ => false,
    });
    let from_them = auth.jwt_issuer.is_none() || auth.jwt_issuer == claims.iss;
    if !in_time || !for_us || !from_them || claims.sub.is_empty() || claims.sub.starts_with(NAMED_BY_KEY) {
        return Err(invalid());
    }
    let scopes = claims.scopes().ok_or_else(invalid)?;
    let tenant = claims.tenant.unwrap_or_else(|| call.settings.tenant.clone());
    if !Id::Tenant.fits(&tenant) {
        return Err(invalid());
    }
    Ok(Caller { tenant, key: None, user: Some(claims.sub), scopes })
}

/// HMAC-SHA256 under one of the secrets, compared in constant time.
fn is_signed_with_secret(auth: &AuthSettings, token: &str) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    auth.jwt_secrets.iter().any(|secret| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
        mac.update(signed.as_bytes());
        mac.verify_slice(&signature).is_ok()
    })
}

/// Whether the origin says, or said lately, that the issuer signed it.
async fn is_signed_by_issuer<P: Platform>(call: &Call<'_, P>, token: &str) -> Result<bool, Refusal> {
    let note = format!("token:{}", digest::sha256(token.as_bytes()));
    let now_ms = call.platform.now_ms();
    let known: Option<Verified> = notes::recall_grant(call, &note).await;
    let age_ms = known.map(|known| now_ms.saturating_sub(known.asked_at_ms));
    if age_ms.is_some_and(|age_ms| (0..KEY_BELIEVED_MS).contains(&age_ms)) {
        return Ok(true);
    }
    match Origin::new(call).token(token).await {
        Ok(Signature::Good) => {
            notes::remember_grant(call, &note, &Verified { asked_at_ms: now_ms }).await;
            Ok(true)
        }
        Ok(Signature::Bad) => Ok(false),
        Ok(Signature::Unknown) | Err(_)
            if age_ms.is_some_and(|age_ms| (0..KEY_BELIEVED_WHILE_AWAY_MS).contains(&age_ms)) =>
        {
            Ok(true)
        }
        Ok(Signature::Unknown) | Err(_) => {
            Err(Origin::new(call).away(Reason::OriginAway, "The token can't be checked at the moment. Try again."))
        }
    }
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    json::read(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
