//! Encryption at rest by envelope: a data key a person, wrapped by the deployment's key ring, kept in the store.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lgdl::crypto::{DataKey, KeyRing, Place, SecretKey, WrappedKey, open, seal};

use super::personal::{PersonalValues, Reader, replace_in_commit, replace_in_dump, show};
use super::stored_text::{
    answer_place, each_of_commit, each_of_conversation, each_of_dump, each_of_parts, open_text, seal_text, unreadable,
};
use super::{Parts, PlainTexts, Protection, RequestName, UnreadableKeys, check_ring, plain_texts};
use crate::clock::Clock;
use crate::hex;
use crate::ids::{ConversationId, DataKeyId, person_pseudonym};
use crate::random::Random;
use crate::store::{Commit, ConversationDump, ConversationRow, DataKeyRow, Result, Store, StoreError};

/// Unwrapped data keys kept in memory; beyond that all are forgotten and read again.
const MAX_KEPT_KEYS: usize = 10_000;

/// Seals under data keys that a ring wraps.
pub struct Envelope {
    ring: KeyRing,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    unreadable: UnreadableKeys,
    /// Whether the ring was found to fit the store. Nobody gets a data key before: under another ring it would be one that
    /// nobody can open later.
    fits: tokio::sync::OnceCell<()>,
    /// What plain texts are, once that was asked.
    plain: tokio::sync::OnceCell<PlainTexts>,
    kept: Mutex<HashMap<(String, String), Arc<DataKey>>>,
    values: PersonalValues,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("active", &self.ring.active_id()).finish_non_exhaustive()
    }
}

impl Envelope {
    /// Takes the ring.
    #[must_use]
    pub fn new(ring: KeyRing, store: Arc<dyn Store>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Envelope {
        Envelope {
            ring,
            store,
            clock,
            random,
            unreadable: UnreadableKeys::Refuse,
            fits: tokio::sync::OnceCell::new(),
            plain: tokio::sync::OnceCell::new(),
            kept: Mutex::default(),
            values: PersonalValues::AsSaid,
        }
    }

    /// The same, with personal values kept that way.
    #[must_use]
    pub fn with_values(self, values: PersonalValues) -> Envelope {
        Envelope { values, ..self }
    }

    /// The same, with what is to happen where the ring does not open everything.
    #[must_use]
    pub fn with_unreadable(self, unreadable: UnreadableKeys) -> Envelope {
        Envelope { unreadable, ..self }
    }

    /// The ring.
    #[must_use]
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    async fn find_key(&self, tenant: &str, subject: &str) -> Result<Option<Arc<DataKey>>> {
        let name = (tenant.to_owned(), subject.to_owned());
        if let Some(key) = self.kept().get(&name) {
            return Ok(Some(Arc::clone(key)));
        }
        match self.store.find_data_key(tenant, subject).await? {
            Some(row) => self.keep(row).map(Some),
            None => Ok(None),
        }
    }

    async fn key_to_seal(&self, tenant: &str, subject: &str) -> Result<Arc<DataKey>> {
        if let Some(key) = self.find_key(tenant, subject).await? {
            return Ok(key);
        }
        self.check_store().await?;
        let now_ms = self.clock.now_ms();
        let id = DataKeyId::mint(now_ms, &*self.random);
        let fresh = DataKey { id: id.to_string(), key: SecretKey::new(self.bytes()) };
        let wrapped = self.ring.wrap(&fresh, &self.bytes()).map_err(|error| unreadable(&error))?;
        let row = DataKeyRow {
            tenant: tenant.to_owned(),
            subject: subject.to_owned(),
            id,
            wrapped: wrapped.sealed,
            created_at: now_ms,
        };
        // Another origin may have been first: what the store has kept is the key.
        let kept = self.store.keep_data_key(row).await?;
        self.keep(kept)
    }

    fn keep(&self, row: DataKeyRow) -> Result<Arc<DataKey>> {
        let wrapped = WrappedKey { id: row.id.to_string(), sealed: row.wrapped };
        let key = Arc::new(self.ring.unwrap(&wrapped).map_err(|error| unreadable(&error))?);
        let mut kept = self.kept();
        if kept.len() >= MAX_KEPT_KEYS {
            kept.clear();
        }
        kept.insert((row.tenant, row.subject), Arc::clone(&key));
        Ok(key)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Arc<DataKey>>> {
        // The map is whole after any panic: it is only read, cleared and inserted into.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        bytes
    }

    /// Opens with the person's key; when it does not fit, once more with the key that the store has now.
    async fn opened<T: Clone>(
        &self,
        tenant: &str,
        user_id: &str,
        sealed: T,
        open: impl Fn(Option<&DataKey>, PlainTexts, &mut T) -> Result<()>,
    ) -> Result<T> {
        let plain = *self.plain.get_or_try_init(|| plain_texts(&*self.store)).await?;
        let subject = person_pseudonym(tenant, user_id);
        let mut value = sealed.clone();
        let key = self.find_key(tenant, &subject).await?;
        match open(key.as_deref(), plain, &mut value) {
            Err(StoreError::Damaged(_)) if key.is_some() => {}
            outcome => return outcome.map(|()| value),
        }
        self.forget(tenant, user_id);
        let key = self.find_key(tenant, &subject).await?;
        let mut value = sealed;
        open(key.as_deref(), plain, &mut value).map(|()| value)
    }
}

fn opened_file(key: &DataKey, row: &[&str], bytes: &[u8]) -> Result<Vec<u8>> {
    open(&key.key, &file_place(row), bytes).map(|plain| plain.to_vec()).map_err(|error| unreadable(&error))
}

/// Where a file of the archive belongs, by tenant and conversation.
fn file_place<'a>(row: &'a [&'a str]) -> Place<'a> {
    Place { table: "archive", row, field: "conversation", version: 0 }
}

#[async_trait]
impl Protection for Envelope {
    async fn seal(&self, mut commit: Commit) -> Result<Commit> {
        let subject = person_pseudonym(&commit.key.tenant, &commit.user_id);
        let key = self.key_to_seal(&commit.key.tenant, &subject).await?;
        if self.values == PersonalValues::Tokens {
            replace_in_commit(&mut commit, &key)?;
        }
        each_of_commit(&mut commit, |at, text| seal_text(&key, at, &self.bytes(), text))?;
        let id = key.id.parse().map_err(|_| StoreError::Internal("a data key's id is none".into()))?;
        commit.data_key = Some(id);
        Ok(commit)
    }

    async fn seal_dump(&self, mut dump: ConversationDump) -> Result<ConversationDump> {
        let row = &dump.conversation;
        let key = self.key_to_seal(&row.tenant, &person_pseudonym(&row.tenant, &row.user_id)).await?;
        if self.values == PersonalValues::Tokens {
            replace_in_dump(&mut dump, &key)?;
        }
        each_of_dump(&mut dump, |at, text| seal_text(&key, at, &self.bytes(), text))?;
        Ok(dump)
    }

    async fn seal_file(&self, owner: &ConversationRow, bytes: &[u8]) -> Result<Vec<u8>> {
        // No key is made for it: whoever has none was erased meanwhile, or was never sealed.
        let none = || StoreError::Damaged("its person has no key".into());
        let subject = person_pseudonym(&owner.tenant, &owner.user_id);
        let key = self.find_key(&owner.tenant, &subject).await?.ok_or_else(none)?;
        seal(&key.key, &key.id, &file_place(&[&owner.tenant, owner.id.as_str()]), bytes, &self.bytes())
            .map_err(|error| unreadable(&error))
    }

    async fn open_file(&self, owner: &ConversationRow, bytes: &[u8]) -> Result<Vec<u8>> {
        let subject = person_pseudonym(&owner.tenant, &owner.user_id);
        let gone = || StoreError::Damaged("the key that a file was sealed under is not there any more".into());
        // One that another origin has replaced since is not the one to open with.
        self.forget(&owner.tenant, &owner.user_id);
        let key = self.find_key(&owner.tenant, &subject).await?.ok_or_else(gone)?;
        opened_file(&key, &[&owner.tenant, owner.id.as_str()], bytes)
    }

    async fn open_file_under(&self, key: DataKeyRow, id: &ConversationId, bytes: &[u8]) -> Result<Vec<u8>> {
        let tenant = key.tenant.clone();
        opened_file(&*self.keep(key)?, &[&tenant, id.as_str()], bytes)
    }

    // Tokens of before turn back also when nothing new becomes one.
    async fn show(&self, reader: Reader, mut dump: ConversationDump) -> Result<ConversationDump> {
        if reader == Reader::Administrator && self.values == PersonalValues::AsSaid {
            return Ok(dump);
        }
        let row = &dump.conversation;
        let subject = person_pseudonym(&row.tenant, &row.user_id);
        if let Some(key) = self.find_key(&row.tenant, &subject).await? {
            show(&mut dump, reader, &key)?;
        }
        Ok(dump)
    }

    async fn check_store(&self) -> Result<()> {
        if self.unreadable == UnreadableKeys::Refuse {
            let checked = async || check_ring(&*self.store, Some(&self.ring)).await.map(drop);
            self.fits.get_or_try_init(checked).await?;
        }
        Ok(())
    }

    async fn state_marks(&self, tenant: &str, user_id: &str, digest: &str) -> Result<Vec<String>> {
        let key = self.key_to_seal(tenant, &person_pseudonym(tenant, user_id)).await?;
        let keyed = hex::sha256(&[b"lgdl/state-mark".as_slice(), key.key.expose(), digest.as_bytes()].concat());
        Ok(vec![keyed, digest.to_owned()])
    }

    async fn kept_request(&self, tenant: &str, user_id: &str, request: RequestName) -> Result<RequestName> {
        let key = self.key_to_seal(tenant, &person_pseudonym(tenant, user_id)).await?;
        let keyed = |purpose: &[u8], text: &str| {
            hex::sha256(&[b"lgdl/request/", purpose, key.key.expose().as_slice(), text.as_bytes()].concat())
        };
        Ok(RequestName { key: keyed(b"key/", &request.key), fingerprint: keyed(b"fingerprint/", &request.fingerprint) })
    }

    fn forget(&self, tenant: &str, user_id: &str) {
        self.kept().remove(&(tenant.to_owned(), person_pseudonym(tenant, user_id)));
    }

    async fn open_answer(&self, tenant: &str, user_id: &str, key: &str, answer: String) -> Result<String> {
        let (row, before) = ([tenant, user_id, key], [tenant, user_id]);
        self.opened(tenant, user_id, answer, |data_key, plain, answer| {
            let sealed = answer.clone();
            open_text(data_key, plain, &answer_place(&row), answer).or_else(|error| {
                // Answers of before were bound to the person alone. They go with their time, or their conversation.
                *answer = sealed;
                open_text(data_key, plain, &answer_place(&before), answer).map_err(|_| error)
            })
        })
        .await
    }

    async fn open_conversation(&self, row: ConversationRow) -> Result<ConversationRow> {
        let (tenant, user_id) = (row.tenant.clone(), row.user_id.clone());
        self.opened(&tenant, &user_id, row, |key, plain, row| {
            each_of_conversation(row, |at, text| open_text(key, plain, at, text))
        })
        .await
    }

    async fn open_parts(&self, owner: &ConversationRow, parts: Parts) -> Result<Parts> {
        self.opened(&owner.tenant, &owner.user_id, parts, |key, plain, parts| {
            each_of_parts(owner, parts, |at, text| open_text(key, plain, at, text))
        })
        .await
    }
}
