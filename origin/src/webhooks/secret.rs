//! What deliveries are signed with: 32 random bytes, shown as `whsec_…` when they are made. With a key ring they lie among the data
//! keys, wrapped like those, and are rotated, tried and backed up with them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lgdl::crypto::{DataKey, KeyRing, SecretKey, WrappedKey};

use super::Hand;
use crate::ids::{DataKeyId, WebhookId};
use crate::random::Random;
use crate::store::{DataKeyRow, SecretKept, Store, StoreError, WebhookRow, WebhookSecret};

/// What a secret begins with, as it is shown.
const PREFIX: &str = "whsec_";

/// Makes a secret; also as it is shown.
pub(super) async fn make(hand: &Hand<'_>, id: &WebhookId) -> Result<(WebhookSecret, String), StoreError> {
    // Under another ring it would be one that nobody opens later, and no origin would start.
    hand.protection.check_store().await?;
    let key = bytes(hand.random);
    let shown = format!("{PREFIX}{}", STANDARD.encode(key));
    let kept = match &hand.config.encryption_key {
        None => SecretKept::Plain(STANDARD.encode(key)),
        Some(ring) => {
            let data_key = DataKeyId::mint(hand.now_ms, hand.random);
            let fresh = DataKey { id: data_key.to_string(), key: SecretKey::new(key) };
            let wrapped =
                ring.wrap(&fresh, &bytes(hand.random)).map_err(|error| StoreError::Internal(error.to_string()))?;
            let subject = WebhookRow::secret_subject(id, hand.now_ms);
            let row = DataKeyRow {
                tenant: hand.tenant.to_owned(),
                subject,
                id: data_key.clone(),
                wrapped: wrapped.sealed,
                created_at: hand.now_ms,
            };
            if hand.store.keep_data_key(row).await?.id != data_key {
                return Err(StoreError::Refused("this webhook got another secret at this very moment".into()));
            }
            SecretKept::Wrapped(data_key)
        }
    };
    Ok((WebhookSecret { made_at: hand.now_ms, until: None, kept }, shown))
}

/// The secret itself.
pub(super) async fn open(
    store: &dyn Store,
    ring: Option<&KeyRing>,
    row: &WebhookRow,
    secret: &WebhookSecret,
) -> Result<Vec<u8>, StoreError> {
    let damaged = |what: String| StoreError::Damaged(format!("the secret of webhook {}: {what}", row.id));
    match &secret.kept {
        SecretKept::Plain(text) => STANDARD.decode(text).map_err(|error| damaged(error.to_string())),
        SecretKept::Wrapped(id) => {
            let subject = WebhookRow::secret_subject(&row.id, secret.made_at);
            let found = store.find_data_key(&row.tenant, &subject).await?.filter(|found| found.id == *id);
            let found = found.ok_or_else(|| damaged("it is not among the data keys".into()))?;
            let ring = ring.ok_or_else(|| damaged("it is sealed, and there is no key ring".into()))?;
            let wrapped = WrappedKey { id: found.id.to_string(), sealed: found.wrapped };
            let key = ring.unwrap(&wrapped).map_err(|error| damaged(error.to_string()))?;
            Ok(key.key.expose().to_vec())
        }
    }
}

fn bytes(random: &dyn Random) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    bytes
}
