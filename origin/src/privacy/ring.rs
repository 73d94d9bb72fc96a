//! Whether the key ring fits the store: checked before anything is served or sealed, so that nobody learns of a lost key
//! from texts that can't be read, and nothing plain comes to lie beside what is sealed.

use lgdl::crypto::{KeyRing, WrappedKey};
use serde::Serialize;

use super::audit_names;
use crate::store::{DataKeys, MAX_PAGE, Store, StoreError, WebhookRow};

/// Unreadable records and keys that a report names; more are counted only.
pub const MAX_NAMED: usize = 20;

/// What an origin does whose key ring does not open what the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnreadableKeys {
    /// It does not start.
    #[default]
    Refuse,
    /// It serves whoever it can read, and refuses the others' turns.
    Serve,
}

/// The setting that says what a plain text means where texts are sealed.
const PLAIN_SETTING: &str = "local:plain";
/// Its value for [`PlainTexts::Refused`].
const REFUSED: &str = "refused";

/// What a plain text is, where texts are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainTexts {
    /// Perhaps of the time before encryption was turned on.
    #[default]
    Accepted,
    /// Put there by somebody who has no key: everything was sealed from the beginning.
    Refused,
}

/// What plain texts are in a store.
///
/// # Errors
/// When the store fails.
pub async fn plain_texts(store: &dyn Store) -> Result<PlainTexts, StoreError> {
    let refused = store.setting(PLAIN_SETTING).await?.as_deref() == Some(REFUSED);
    Ok(if refused { PlainTexts::Refused } else { PlainTexts::Accepted })
}

/// Remembers it.
///
/// # Errors
/// When the store fails.
pub async fn note_plain_texts(store: &dyn Store, plain: PlainTexts) -> Result<(), StoreError> {
    let value = match plain {
        PlainTexts::Accepted => "accepted",
        PlainTexts::Refused => REFUSED,
    };
    store.note(PLAIN_SETTING, value).await
}

/// At the start of an origin: a store that is empty has everything sealed from now on, if there is a ring; and one that is written to
/// without a ring has not.
///
/// # Errors
/// When the store fails.
pub async fn begin_sealing(store: &dyn Store, ring: Option<&KeyRing>) -> Result<(), StoreError> {
    let before = plain_texts(store).await?;
    let empty = store.persons(("", ""), 1).await?.is_empty();
    match (ring, before) {
        (Some(_), PlainTexts::Accepted) if empty => note_plain_texts(store, PlainTexts::Refused).await,
        (None, PlainTexts::Refused) => note_plain_texts(store, PlainTexts::Accepted).await,
        _ => Ok(()),
    }
}

/// Something that the key ring does not open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Of what kind it is, as in a transfer.
    pub section: &'static str,
    /// Its name.
    pub record: String,
    /// Why; quotes nothing.
    pub why: String,
}

/// What could not be read: how much, and the first of it by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct UnreadableList {
    /// How many.
    pub count: u64,
    /// The first [`MAX_NAMED`].
    pub named: Vec<Unreadable>,
}

impl UnreadableList {
    /// Adds one.
    pub fn add(&mut self, section: &'static str, record: impl Into<String>, why: impl ToString) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            self.named.push(Unreadable { section, record: record.into(), why: why.to_string() });
        }
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Why the key ring does not fit the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no ring, and there are data keys.
    #[error(
        "E926 the store holds texts that are sealed, and LGDL_ENCRYPTION_KEY is not set: give the key ring back, or, if it is \
         lost, set LGDL_ENCRYPTION_UNREADABLE=serve to go on without what it sealed"
    )]
    Missing,
    /// The ring is another one.
    #[error(
        "E927 the key ring in LGDL_ENCRYPTION_KEY does not open {count} data key(s) of the store, the first {record}: {why}. Give \
         the ring that wrapped them back, or set LGDL_ENCRYPTION_UNREADABLE=serve to go on without what they seal"
    )]
    Wrong {
        /// How many.
        count: u64,
        /// The first.
        record: String,
        /// Why it does not open.
        why: String,
    },
}

impl From<RingError> for StoreError {
    fn from(error: RingError) -> StoreError {
        match error {
            RingError::Store(error) => error,
            other => StoreError::Damaged(other.to_string()),
        }
    }
}

/// Tries every data key of the store; returns how many there are.
///
/// # Errors
/// [`RingError`].
pub async fn check_ring(store: &dyn Store, ring: Option<&KeyRing>) -> Result<u64, RingError> {
    let Some(ring) = ring else {
        return if holds_data_keys(store).await? { Err(RingError::Missing) } else { Ok(0) };
    };
    let mut count = 0;
    let mut unreadable = UnreadableList::default();
    let mut after = None;
    loop {
        let rows = store.data_keys(after.as_ref(), MAX_PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id.clone());
        count += rows.len() as u64;
        for row in rows {
            let wrapped = WrappedKey { id: row.id.to_string(), sealed: row.wrapped };
            if let Err(error) = ring.unwrap(&wrapped) {
                unreadable.add("data_keys", format!("{} ({})", wrapped.id, whose(&row.subject)), error);
            }
        }
    }
    match unreadable.named.into_iter().next() {
        Some(first) => Err(RingError::Wrong { count: unreadable.count, record: first.record, why: first.why }),
        None => Ok(count),
    }
}

/// Whose a data key is, without naming a person.
fn whose(subject: &str) -> String {
    match WebhookRow::of_secret_subject(subject) {
        Some(webhook) => format!("the secret of webhook {webhook}"),
        None if subject == audit_names::SUBJECT => "the names in the audit log".into(),
        None => "a person's".into(),
    }
}

/// Whether anybody's texts are sealed.
pub(super) async fn holds_data_keys(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(!DataKeys::data_keys(store, None, 1).await?.is_empty())
}
