//! Typed, prefixed ids: `conv_…`, `key_…`. An id is checked when it is parsed.
//!
//! After the prefix stand 128 bits in Crockford's base 32. Minted ids begin with the time, so that they sort by it;
//! a conversation's id is derived from its tenant, its game and the client's own id, so that it can be looked up
//! (and remembered as erased) without keeping the client's id.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use lgdl::wire::origin::conversation_digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Millis;
use crate::random::Random;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits, five to a digit.
const DIGITS: usize = 26;

/// The text is not an id of this type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id that begins with `{prefix}`")]
pub struct InvalidId {
    /// What it should begin with.
    pub prefix: &'static str,
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What every id of this type begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id that sorts by the time it was made.
            #[must_use]
            pub fn mint(now_ms: Millis, random: &dyn Random) -> Self {
                $name(format!("{}{}", $prefix, digits(time_ordered(now_ms, random))))
            }

            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// When a minted one was made.
            #[must_use]
            pub fn made_at(&self) -> Millis {
                time_of(self.0.strip_prefix($prefix).unwrap_or_default())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid = text.strip_prefix($prefix).is_some_and(is_digits);
                if valid { Ok($name(text.to_owned())) } else { Err(InvalidId { prefix: $prefix }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

typed_ids! {
    /// A conversation.
    ConversationId = "conv_";
    /// An API key (not its secret).
    ApiKeyId = "key_";
    /// A consent given or withdrawn.
    ConsentId = "cns_";
    /// A person's data key.
    DataKeyId = "dek_";
    /// An erasure: the tombstone of a conversation or of everything about a person.
    ErasureId = "ers_";
    /// A legal hold.
    HoldId = "hold_";
    /// An administrator.
    AdministratorId = "adm_";
    /// A session of an administrator.
    SessionId = "ses_";
    /// A time in the life of a store in which nothing that was committed was lost.
    EpochId = "epoch_";
    /// A webhook.
    WebhookId = "hook_";
    /// Something that happened, as listeners hear of it.
    EventId = "evt_";
    /// A request, when the caller named none.
    RequestId = "req_";
}

impl ConversationId {
    /// The id of the conversation that a client of `tenant` calls `external` in `game`.
    #[must_use]
    pub fn derive(tenant: &str, game: &str, external: &str) -> Self {
        ConversationId(format!("{}{}", Self::PREFIX, digits(conversation_digest(tenant, game, external))))
    }

    /// The id of the conversation that an edge node keeps under this digest; `None` when the text is no digest.
    #[must_use]
    pub fn of_digest(digest: &str) -> Option<Self> {
        let is_digest = digest.len() == 32 && digest.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = u128::from_str_radix(digest, 16).ok().filter(|_| is_digest)?;
        Some(ConversationId(format!("{}{}", Self::PREFIX, digits(value))))
    }

    /// The digest that it was derived from, under which edge nodes keep the conversation: 32 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        let digits = self.0.bytes().skip(Self::PREFIX.len());
        let value = digits.fold(0_u128, |value, digit| {
            let at = ALPHABET.iter().position(|of_alphabet| *of_alphabet == digit).unwrap_or_default();
            value << 5 | at as u128
        });
        format!("{value:032x}")
    }
}

impl EventId {
    /// The id of what happened where these parts say: the same again for the same, so that whoever hears of it twice can tell.
    #[must_use]
    pub fn derive(parts: &[&str]) -> Self {
        EventId(format!("{}{}", Self::PREFIX, digits(hash128("lgdl/event", parts))))
    }
}

/// What a person's pseudonym begins with.
const PERSON: &str = "person_";

/// A name for a person under which an erasure is remembered after everything else about them is gone.
#[must_use]
pub fn person_pseudonym(tenant: &str, user: &str) -> String {
    format!("{PERSON}{}", digits(hash128("lgdl/person", &[tenant, user])))
}

/// Whether a text has the form of a [`person_pseudonym`].
#[must_use]
pub fn is_person_pseudonym(text: &str) -> bool {
    text.strip_prefix(PERSON).is_some_and(is_digits)
}

/// A pseudonym under a key: who does not have it can't tell whose it is, also with a list of everybody it may be.
#[must_use]
pub fn keyed_pseudonym(key: &[u8; 32], pseudonym: &str) -> String {
    // As long as a block, which HMAC would fill up with zeros by itself.
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(b"lgdl/audit-name/");
    mac.update(pseudonym.as_bytes());
    let mac = mac.finalize().into_bytes();
    format!("pseudonym_{}", digits(first128(&mac)))
}

/// The first 128 bits of a SHA-256 over length-prefixed parts, so that no two lists of parts collide by joining.
fn hash128(domain: &str, parts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for part in std::iter::once(&domain).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    first128(&hash.finalize())
}

fn first128(digest: &[u8]) -> u128 {
    digest.iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte))
}

fn time_ordered(now_ms: Millis, random: &dyn Random) -> u128 {
    let mut tail = [0; 10];
    random.fill(&mut tail);
    let time = u128::from(now_ms.max(0).unsigned_abs()) & 0xffff_ffff_ffff;
    tail.iter().fold(time, |value, byte| value << 8 | u128::from(*byte))
}

/// The time of [`time_ordered`] digits.
fn time_of(digits: &str) -> Millis {
    let value = |digit: u8| ALPHABET.iter().position(|known| *known == digit).unwrap_or(0) as u128;
    let value = digits.bytes().fold(0, |number: u128, digit| number << 5 | value(digit));
    Millis::try_from(value >> 80).unwrap_or(Millis::MAX)
}

fn digits(value: u128) -> String {
    (0..DIGITS).rev().map(|at| char::from(ALPHABET[(value >> (5 * at) & 31) as usize])).collect()
}

fn is_digits(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|digit| ALPHABET.contains(&digit)) && text.as_bytes()[0] <= b'7'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    #[test]
    fn a_minted_id_tells_when_it_was_made() {
        for now_ms in [0, 1, 1_800_000_000_123] {
            assert_eq!(EpochId::mint(now_ms, &SystemRandom).made_at(), now_ms);
        }
    }

    #[test]
    fn minted_ids_parse_and_sort_by_time() {
        let ids: Vec<_> = (0..100).map(|ms| ApiKeyId::mint(1_700_000_000_000 + ms, &SystemRandom)).collect();
        assert!(ids.is_sorted());
        for id in ids {
            assert_eq!(id.as_str().parse::<ApiKeyId>().unwrap(), id);
        }
    }

    #[test]
    fn an_id_of_another_type_or_shape_is_refused() {
        let id = ConversationId::derive("default", "medical", "c1");
        assert!(id.as_str().parse::<ApiKeyId>().is_err());
        for text in [
            "",
            "conv_",
            "conv_short",
            &format!("{id}0"),
            &id.as_str().to_uppercase(),
            "conv_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        ] {
            assert!(text.parse::<ConversationId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_conversation_id_depends_on_every_part_and_on_where_it_ends() {
        let ids = [("t", "g", "c"), ("t", "gc", ""), ("tg", "", "c"), ("", "tg", "c"), ("t", "g", "d")]
            .map(|(tenant, game, external)| ConversationId::derive(tenant, game, external));
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id));
        }
        assert_eq!(ids[0], ConversationId::derive("t", "g", "c"));
    }

    #[test]
    fn a_conversation_id_gives_back_the_digest_that_it_was_derived_from() {
        for conversation in ["", "c", "c1", "another one"] {
            let digest = conversation_digest("t", "g", conversation);
            let id = ConversationId::derive("t", "g", conversation);
            assert_eq!(id.digest(), format!("{digest:032x}"));
            assert_eq!(ConversationId::of_digest(&id.digest()), Some(id));
        }
        for other in ["", "0123", &"g".repeat(32), &format!("+{}", "0".repeat(31))] {
            assert_eq!(ConversationId::of_digest(other), None, "{other}");
        }
    }
}
