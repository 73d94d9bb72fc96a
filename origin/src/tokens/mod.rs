//! Tokens of persons that an issuer signs with a private key: whether a signature is by one of the issuer's public keys.
//! What such a token says (who, until when, for whom) is for the edge node to check, as with tokens of a shared secret.

mod document;
mod keys;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Uri;
use lgdl::wire::origin::{MAX_TOKEN_BYTES, Signature};
use serde_json::Value;

use crate::clock::Millis;
use crate::config::Config;
use crate::outbound::Reach;
use document::Document;
pub use keys::{Algorithm, KeySet, Match, NotKeys};

/// How long the document is believed before it is read again.
pub const BELIEVED_MS: Millis = 10 * 60_000;
/// How long it is believed while it can't be read.
pub const BELIEVED_WHILE_AWAY_MS: Millis = 24 * 3_600_000;
/// How soon it is read again, at the earliest: because a token names a key that it lacks, or because reading failed.
pub const READ_AGAIN_MS: Millis = 30_000;

/// Where the public keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// At the issuer's.
    Address(Uri),
    /// On this machine.
    File(PathBuf),
}

/// The public keys, read when they are needed and kept for a while.
#[derive(Debug)]
pub struct TokenKeys {
    document: Document,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    set: Option<Arc<KeySet>>,
    read_at: Millis,
    tried_at: Option<Millis>,
}

impl TokenKeys {
    /// The keys that the settings name, if they do.
    #[must_use]
    pub fn of(config: &Config) -> Option<TokenKeys> {
        let source = config.jwt_keys.clone()?;
        let reach = if config.jwt_keys_private { Reach::Private } else { Reach::Internet };
        Some(TokenKeys { document: Document::new(source, reach), known: Mutex::default() })
    }

    /// Whether a token is signed by one of the keys. The token chooses among the keys, and each key is for one algorithm.
    pub async fn check(&self, token: &str, now_ms: Millis) -> Signature {
        let Some(token) = Token::read(token) else { return Signature::Bad };
        let Some(set) = self.keys(now_ms, Wanted::Any).await else { return Signature::Unknown };
        match set.verify(token.algorithm, token.key_id.as_deref(), token.signed, &token.signature) {
            Match::Good => Signature::Good,
            Match::Bad => Signature::Bad,
            // Perhaps the issuer has a new one.
            Match::NoSuchKey => match self.keys(now_ms, Wanted::Newer).await {
                Some(newer) if !Arc::ptr_eq(&newer, &set) => {
                    let again = newer.verify(token.algorithm, token.key_id.as_deref(), token.signed, &token.signature);
                    if again == Match::Good { Signature::Good } else { Signature::Bad }
                }
                _ => Signature::Bad,
            },
        }
    }

    /// Reads the keys now, so that the first person need not wait, and the log tells what is wrong with them.
    pub async fn prepare(&self, now_ms: Millis) {
        self.keys(now_ms, Wanted::Any).await;
    }

    async fn keys(&self, now_ms: Millis, wanted: Wanted) -> Option<Arc<KeySet>> {
        {
            let mut known = self.known();
            let age = now_ms.saturating_sub(known.read_at);
            if !(0..BELIEVED_WHILE_AWAY_MS).contains(&age) {
                known.set = None;
            }
            let fresh = wanted == Wanted::Any && (0..BELIEVED_MS).contains(&age);
            let tried_lately = known.tried_at.is_some_and(|at| (0..READ_AGAIN_MS).contains(&now_ms.saturating_sub(at)));
            if (fresh && known.set.is_some()) || tried_lately {
                return known.set.clone();
            }
            // Said before it is done: the others go on with what there is, and no stranger has us read all the time.
            known.tried_at = Some(now_ms);
        }
        let read = self.document.read().await.and_then(|text| Ok(KeySet::parse(&text)?));
        let mut known = self.known();
        match read {
            Ok(set) => (known.set, known.read_at) = (Some(Arc::new(set)), now_ms),
            Err(error) => tracing::warn!(%error, "E546 the public keys of LGDL_JWT_KEYS can't be read"),
        }
        known.set.clone()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        // Each field is whole after any panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Any,
    Newer,
}

/// A token taken apart (RFC 7515).
struct Token<'t> {
    algorithm: Algorithm,
    key_id: Option<String>,
    signed: &'t [u8],
    signature: Vec<u8>,
}

impl Token<'_> {
    /// Nothing in the head but `alg` and `kid` is looked at: a key that a token carries or points to is not the issuer's.
    fn read(token: &str) -> Option<Token<'_>> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (head, _) = signed.split_once('.')?;
        let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
        let algorithm = Algorithm::named(head.get("alg")?.as_str()?)?;
        if head.get("crit").is_some() {
            return None;
        }
        let key_id = match head.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return None,
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Token { algorithm, key_id, signed: signed.as_bytes(), signature })
    }
}
