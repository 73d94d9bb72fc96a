//! Sealing what lies in the key-value store. The component leaves it to this program, which has the processor's instructions for it:
//! in wasm it was a tenth of a turn's time. What is kept, in memory and on disk, is the sealed form.

use std::collections::BTreeMap;

use lgdl::crypto::{Place, SALT_BYTES, SecretKey, open, seal};
use lgdl::wire::node::{SEALED_PREFIXES, STORE_SEALS, key_name, read_state_key};

/// The component's variable that holds the key.
const STATE_KEY: &str = "lgdl_state_key";

/// Seals what the component leaves to its store.
pub(crate) enum Sealing {
    /// Nothing: the component does it.
    ByComponent,
    /// Under this key, of this name.
    Here(SecretKey, String),
    /// The component leaves it to its store, and there is no key: nothing is kept that would have to be sealed.
    Impossible,
}

/// There is no key, or no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the value can't be sealed")]
pub(crate) struct Unsealed;

impl Sealing {
    /// As the variables of an instance say.
    pub(crate) fn of(variables: &BTreeMap<String, String>) -> Sealing {
        let (name, yes) = STORE_SEALS;
        if variables.get(name).is_none_or(|value| value != yes) {
            return Sealing::ByComponent;
        }
        match variables.get(STATE_KEY).and_then(|key| read_state_key(key.trim())) {
            Some(key) => {
                let name = key_name(&key);
                Sealing::Here(key, name)
            }
            None => Sealing::Impossible,
        }
    }

    /// A value as it is kept under a key.
    pub(crate) fn kept(&self, key: &str, value: Vec<u8>) -> Result<Vec<u8>, Unsealed> {
        match self {
            Sealing::Here(secret, name) if is_sealed(key) => {
                let mut salt = [0; SALT_BYTES];
                getrandom::fill(&mut salt).map_err(|_| Unsealed)?;
                seal(secret, name, &place(&[key]), &value, &salt).map_err(|_| Unsealed)
            }
            Sealing::Impossible if is_sealed(key) => Err(Unsealed),
            _ => Ok(value),
        }
    }

    /// A value that was kept under a key; none where it does not open: it was kept under another secret, or is damaged.
    pub(crate) fn given(&self, key: &str, kept: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Sealing::Here(secret, _) if is_sealed(key) => {
                open(secret, &place(&[key]), &kept).ok().map(|value| value.to_vec())
            }
            Sealing::Impossible if is_sealed(key) => None,
            _ => Some(kept),
        }
    }
}

fn is_sealed(key: &str) -> bool {
    SEALED_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// Where a value belongs: it opens under its own key and under no other.
fn place<'a>(row: &'a [&'a str]) -> Place<'a> {
    Place { table: "store", row, field: "value", version: 1 }
}

#[cfg(test)]
mod tests {
    use lgdl::wire::node::{GRANT_PREFIX, HOT_PREFIX, NOTE_PREFIX};

    use super::*;

    fn variables(seals: &str, key: &str) -> BTreeMap<String, String> {
        [(STORE_SEALS.0, seals), (STATE_KEY, key)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn states_and_grants_are_kept_sealed_and_open_under_their_own_key_only() {
        let ours = Sealing::of(&variables(STORE_SEALS.1, &"07".repeat(32)));
        let theirs = Sealing::of(&variables(STORE_SEALS.1, &"08".repeat(32)));
        for prefix in [HOT_PREFIX, GRANT_PREFIX] {
            let (key, other) = (format!("{prefix}a"), format!("{prefix}b"));
            let said = b"my chest hurts".to_vec();
            let kept = ours.kept(&key, said.clone()).unwrap();
            assert!(!kept.windows(5).any(|part| part == b"chest"));
            assert_ne!(kept, ours.kept(&key, said.clone()).unwrap(), "each time under a salt of its own");
            assert_eq!(ours.given(&key, kept.clone()), Some(said.clone()));
            assert_eq!(ours.given(&other, kept.clone()), None);
            assert_eq!(theirs.given(&key, kept.clone()), None);
            assert_eq!(ours.given(&key, said), None, "nothing counts that was not sealed here");
            let cut = kept[..kept.len() - 1].to_vec();
            assert_eq!(ours.given(&key, cut), None);
        }
        let note = format!("{NOTE_PREFIX}origin");
        assert_eq!(ours.kept(&note, b"{}".to_vec()).unwrap(), b"{}", "what nobody said is not sealed");
    }

    #[test]
    fn a_component_that_is_not_told_seals_by_itself() {
        let sealing = Sealing::of(&variables("", &"07".repeat(32)));
        assert_eq!(sealing.kept("hot:a", b"sealed".to_vec()).unwrap(), b"sealed");
        assert_eq!(sealing.given("hot:a", b"sealed".to_vec()), Some(b"sealed".to_vec()));
    }

    #[test]
    fn without_a_key_nothing_is_kept_that_would_have_to_be_sealed() {
        for key in ["", "no key"] {
            let sealing = Sealing::of(&variables(STORE_SEALS.1, key));
            assert!(sealing.kept("hot:a", b"said".to_vec()).is_err(), "{key}");
            assert_eq!(sealing.given("hot:a", b"said".to_vec()), None, "{key}");
            assert_eq!(sealing.kept("game:a", b"game".to_vec()).unwrap(), b"game");
        }
    }
}
