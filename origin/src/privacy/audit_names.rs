//! The key of the audit log's pseudonyms. It lies in the store like a person's data key, wrapped by the ring: it is rotated, copied and
//! backed up with those, and the ring is tried on it when the origin starts.

use lgdl::crypto::{DataKey, KeyRing, SecretKey, WrappedKey};

use super::{RingError, UnreadableKeys};
use crate::clock::Clock;
use crate::ids::DataKeyId;
use crate::random::Random;
use crate::store::{AuditNames, DataKeyRow, Store, StoreError};

/// Whose key it is, in the place where the others have a person: no pseudonym looks so.
pub(super) const SUBJECT: &str = "audit_names";
/// The tenant under which it lies.
const TENANT: &str = "default";

/// Has a store name persons in the audit log as its key says. Without the ring nobody can, unless the operator goes on without what
/// can't be read.
///
/// # Errors
/// When the store fails.
pub async fn name_persons(
    store: &dyn Store,
    ring: Option<&KeyRing>,
    unreadable: UnreadableKeys,
) -> Result<(), StoreError> {
    let names = match store.find_data_key(TENANT, SUBJECT).await? {
        None => AuditNames::Plain,
        Some(row) => opened(ring, row).map_or_else(
            || match unreadable {
                UnreadableKeys::Refuse => AuditNames::Locked,
                UnreadableKeys::Serve => AuditNames::Plain,
            },
            AuditNames::Keyed,
        ),
    };
    store.name_persons(names);
    Ok(())
}

/// At the start of an origin: makes the key, if there is a ring and the store has none.
///
/// # Errors
/// When the store fails, or the ring can't wrap.
pub async fn begin_naming(
    store: &dyn Store,
    ring: Option<&KeyRing>,
    unreadable: UnreadableKeys,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<(), RingError> {
    if let Some(ring) = ring
        && store.find_data_key(TENANT, SUBJECT).await?.is_none()
    {
        let bytes = || {
            let mut bytes = [0; 32];
            random.fill(&mut bytes);
            bytes
        };
        let id = DataKeyId::mint(clock.now_ms(), random);
        let fresh = DataKey { id: id.to_string(), key: SecretKey::new(bytes()) };
        let wrapped = ring.wrap(&fresh, &bytes()).map_err(|error| StoreError::Internal(error.to_string()))?;
        // Another origin may be first: what the store has kept is the key.
        store
            .keep_data_key(DataKeyRow {
                tenant: TENANT.into(),
                subject: SUBJECT.into(),
                id,
                wrapped: wrapped.sealed,
                created_at: clock.now_ms(),
            })
            .await?;
    }
    name_persons(store, ring, unreadable).await?;
    Ok(())
}

fn opened(ring: Option<&KeyRing>, row: DataKeyRow) -> Option<SecretKey> {
    let wrapped = WrappedKey { id: row.id.to_string(), sealed: row.wrapped };
    // Why it does not open is told by the check of the whole ring.
    ring?.unwrap(&wrapped).ok().map(|key| key.key)
}
