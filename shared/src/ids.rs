//! What may be an id: one table for edge and origin, so that nothing is accepted on one side that the other can't
//! address. How ids are made, and what they mean, lives with whoever makes them.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Id {
    /// A game, as it stands in URLs.
    Game,
    /// A conversation, as its client calls it.
    Conversation,
    /// A person, as the client or a token calls them.
    User,
    /// A tenant.
    Tenant,
    /// A request, in headers and logs (`x-request-id`).
    Request,
    /// A client's idempotency key.
    IdempotencyKey,
    /// A key that signs or encrypts: of an edge, of a key ring, of an audit log.
    Key,
    /// An edge node, and where it runs.
    Node,
    /// The name by which an administrator logs in.
    Administrator,
    /// A name under which something may lie already. Imports of other runtimes bring ids that no client of this one
    /// could send; whoever exports or erases must be able to name them.
    Stored,
}

/// Every kind, for documentation and tests.
pub const ALL_IDS: [Id; 10] = [
    Id::Game,
    Id::Conversation,
    Id::User,
    Id::Tenant,
    Id::Request,
    Id::IdempotencyKey,
    Id::Key,
    Id::Node,
    Id::Administrator,
    Id::Stored,
];

/// How the names begin of persons whom nothing but an API key names, where a node takes tokens that prove who others are.
pub const NAMED_BY_KEY: &str = "key|";

/// The id by which the site knows a person who is called so behind a node: consents are recorded by it. Of one that had no room behind the
/// beginning it is not known any more.
#[must_use]
pub fn said_of_person(name: &str) -> &str {
    name.strip_prefix(NAMED_BY_KEY).unwrap_or(name)
}

/// Which characters an id takes.
#[derive(Debug, Clone, Copy)]
enum Characters {
    /// ASCII letters, digits, and these.
    Plain(&'static str),
    /// Visible ASCII, except what ends a quoted string.
    Visible,
    /// Whatever is not a control character.
    Printed,
}

/// The text is not an id of its kind. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId(pub Id);

/// From this length on, hexadecimal digits (a UUID, a trace id) are taken for what a machine drew.
const MIN_RANDOM_ID_CHARS: usize = 16;
/// What the ids of requests begin with that node and origin make, and how many digits they have.
const OWN_REQUEST: &str = "req_";
const OWN_REQUEST_DIGITS: [usize; 2] = [24, 26];
/// Digits of the digest that stands for another one.
const SHOWN_DIGEST_CHARS: usize = 16;

/// A request's id as logs have it. What a client made up may be anything, a name too: such an id is shown by its digest,
/// under which whoever has the id finds it.
#[must_use]
pub fn shown_request(id: &str) -> Cow<'_, str> {
    let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    let random =
        id.len() >= MIN_RANDOM_ID_CHARS && id.chars().all(hex) && id.contains(|c: char| c.is_ascii_alphabetic());
    let own = id.strip_prefix(OWN_REQUEST).is_some_and(|digits| {
        let digit = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        OWN_REQUEST_DIGITS.contains(&digits.len())
            && digits.bytes().all(digit)
            && digits.contains(|c: char| c.is_ascii_digit())
    });
    if random || own {
        return id.into();
    }
    let digest = crate::wire::trace::hex(&Sha256::digest(id.as_bytes()));
    format!("client_{}", &digest[..SHOWN_DIGEST_CHARS]).into()
}

impl Id {
    /// The most bytes that such an id takes, and its characters.
    const fn facts(self) -> (usize, Characters) {
        match self {
            Id::Game => (64, Characters::Plain("-_")),
            Id::Conversation | Id::User => (128, Characters::Plain("-_.:@+~=|")),
            Id::Tenant | Id::Key | Id::Node => (64, Characters::Plain("-_.")),
            Id::Request => (128, Characters::Plain("-_.:")),
            Id::IdempotencyKey => (128, Characters::Visible),
            Id::Administrator => (64, Characters::Plain("-_.@")),
            Id::Stored => (256, Characters::Printed),
        }
    }

    /// The most bytes that such an id takes.
    #[must_use]
    pub const fn max_bytes(self) -> usize {
        self.facts().0
    }

    /// Refuses what is not such an id.
    ///
    /// # Errors
    /// With the rule, in words for people.
    pub fn check(self, text: &str) -> Result<(), NotAnId> {
        let (max_bytes, characters) = self.facts();
        let known = match characters {
            Characters::Plain(more) => text.bytes().all(|b| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b)),
            Characters::Visible => text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'),
            Characters::Printed => !text.chars().any(char::is_control),
        };
        if (1..=max_bytes).contains(&text.len()) && known { Ok(()) } else { Err(NotAnId(self)) }
    }

    /// Whether the text is such an id.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        self.check(text).is_ok()
    }
}

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (max_bytes, characters) = self.0.facts();
        match characters {
            Characters::Plain(more) => {
                write!(f, "takes 1 to {max_bytes} ASCII letters, digits and the characters")?;
                more.chars().try_for_each(|one| write!(f, " {one}"))
            }
            Characters::Visible => write!(f, "takes 1 to {max_bytes} visible ASCII characters, without \" and \\"),
            Characters::Printed => write!(f, "takes 1 to {max_bytes} bytes without control characters"),
        }
    }
}

impl std::error::Error for NotAnId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_machines_draw_are_shown_and_what_clients_make_up_is_not() {
        for id in [
            "req_01jdv3q9ykr2m8w4x6z5t7b0an",
            "req_0a1b2c3d4e5f60718293a4b5",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "123e4567-e89b-12d3-a456-426614174000",
        ] {
            assert_eq!(shown_request(id), id);
        }
        for id in ["mia.mueller-1984", "4111111111111111", "0049-30-1234567890", "x", "req_ann.miller"] {
            let shown = shown_request(id);
            assert!(shown.starts_with("client_") && !shown.contains(id) && shown == shown_request(id), "{shown}");
        }
    }

    #[test]
    fn an_id_has_the_characters_of_its_kind_and_no_others() {
        for (id, good, bad) in [
            (Id::Game, "front_desk-2", "front desk/ünïcode"),
            (Id::Game, "a", "a.b"),
            (Id::Conversation, "c:1|a=b", "c 1"),
            (Id::User, "ann@example.org", "ann/1"),
            (Id::Tenant, "acme.eu", "acme:eu"),
            (Id::Request, "trace:abc-1", "trace abc"),
            (Id::IdempotencyKey, "a/b?c", "a\"b"),
            (Id::Key, "edge-1.a", "edge:1"),
            (Id::Node, "eu-west.1", "eu west"),
            (Id::Administrator, "ann@example.org", "ann doe"),
            (Id::Stored, "front desk/ünïcode", "a\nb"),
        ] {
            assert_eq!(id.check(good), Ok(()), "{id:?}");
            assert_eq!(id.check(bad), Err(NotAnId(id)), "{id:?}");
        }
    }

    #[test]
    fn every_kind_has_a_length_from_one_to_its_limit() {
        for id in ALL_IDS {
            assert!(!id.fits(""), "{id:?}");
            assert!(id.fits(&"a".repeat(id.max_bytes())), "{id:?}");
            assert!(!id.fits(&"a".repeat(id.max_bytes() + 1)), "{id:?}");
        }
    }

    #[test]
    fn whatever_a_client_may_send_may_be_named_by_an_administrator() {
        for id in ALL_IDS {
            let all: String = (' '..='~').filter(|c| id.fits(&c.to_string())).collect();
            assert!(Id::Stored.fits(&all) && Id::Stored.max_bytes() >= id.max_bytes(), "{id:?}");
        }
    }

    #[test]
    fn the_rule_is_told_in_words() {
        let told = NotAnId(Id::Game).to_string();
        assert_eq!(told, "takes 1 to 64 ASCII letters, digits and the characters - _");
    }
}
