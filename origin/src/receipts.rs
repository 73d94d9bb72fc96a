//! Receipts for erasures: was this person erased, when, by whom, what remains, and which edges have heard of it. Signed with the
//! key of the auditors, so that whoever has that key can check one later, and compare it with the store.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::audit::events;
use crate::clock::Millis;
use crate::config::{Config, Secret};
use crate::hex;
use crate::ids::person_pseudonym;
use crate::store::{ErasureRow, MAX_PAGE, Result, Store, StoreError};

/// What a receipt calls itself.
pub const FORMAT: &str = "lgdl-erasure-receipt";
/// The version of its form.
pub const FORMAT_VERSION: u32 = 1;
/// What is signed is told apart from whatever else the key signs.
const DOMAIN: &str = "lgdl/receipt/1\n";

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// [`FORMAT`].
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// When it was made.
    pub issued_at_ms: Millis,
    /// The tenant.
    pub tenant: String,
    /// The person's pseudonym; nobody's name.
    pub person: String,
    /// Whether everything about the person was erased, and nothing has come since.
    pub erased: bool,
    /// The person's tombstone, and those of their conversations.
    pub tombstones: Vec<ErasureRow>,
    /// The links of the audit log that tell of it.
    pub audit: Vec<Link>,
    /// What the store has of the person now.
    pub remains: Remains,
    /// How far each edge key has heard of erasures.
    pub edges: Vec<EdgeHeard>,
    /// What this store can't know of.
    pub elsewhere: Vec<String>,
}

/// A link of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number.
    pub sequence: u64,
    /// What it tells.
    pub event: String,
    /// When that was.
    pub at_ms: Millis,
    /// By whom.
    pub actor: String,
    /// Its hash.
    pub hash: String,
}

/// What is there of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remains {
    /// Conversations, of before the erasure or since.
    pub conversations: u64,
    /// Consents.
    pub consents: u64,
    /// Whether there is a data key, which opens what is sealed under it.
    pub data_key: bool,
    /// Legal holds in force, with their reasons.
    pub holds: u64,
}

/// How far the edges that sign with a key have heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeHeard {
    /// The id of the key.
    pub key: String,
    /// A node with it has taken every erasure until then; `None`: never. Nodes that share a key are not told apart.
    pub until_ms: Option<Millis>,
    /// Whether that is after the erasure.
    pub confirmed: bool,
}

/// A receipt with its signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signed {
    /// What is signed.
    pub receipt: Receipt,
    /// HMAC-SHA256 under `LGDL_AUDIT_KEY`, hex.
    pub signature: String,
}

/// What a check of a receipt found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whether it is as it was signed.
    pub authentic: bool,
    /// Whether the audit log has the links that it names.
    pub in_the_log: bool,
    /// Whether what it says of the store is so now.
    pub still_so: bool,
    /// Whether the log lacks those links and tells instead that the person was erased again: it is that of a restored store.
    pub erased_again: bool,
}

impl Checked {
    /// Whether all holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.authentic && self.in_the_log && self.still_so
    }
}

/// The name of the note of how far the edges of a key have heard.
#[must_use]
pub fn heard_note(key: &str) -> String {
    format!("local:heard:{key}")
}

/// Makes a receipt for a person.
///
/// # Errors
/// When the store fails.
pub async fn issue(store: &dyn Store, config: &Config, tenant: &str, user_id: &str, now_ms: Millis) -> Result<Receipt> {
    let person = person_pseudonym(tenant, user_id);
    let tombstones = tombstones(store, tenant, &person).await?;
    let of_person = tombstones.iter().find(|stone| stone.kind == "person");
    let at = of_person.map(|stone| stone.at);
    let remains = remains(store, tenant, user_id, &person).await?;
    let mut edges = Vec::new();
    for key in &config.edge_keys {
        let until = store.setting(&heard_note(&key.id)).await?;
        let until_ms = until.map(|text| text.parse::<Millis>()).transpose();
        let until_ms = until_ms.map_err(|_| StoreError::Damaged(format!("setting {}", heard_note(&key.id))))?;
        let confirmed = at.is_some_and(|at| until_ms.is_some_and(|until| until >= at));
        edges.push(EdgeHeard { key: key.id.clone(), until_ms, confirmed });
    }
    let nothing = remains.conversations == 0 && remains.consents == 0 && !remains.data_key;
    Ok(Receipt {
        format: FORMAT.into(),
        format_version: FORMAT_VERSION,
        issued_at_ms: now_ms,
        tenant: tenant.to_owned(),
        erased: of_person.is_some() && nothing,
        audit: links(store, &[store.audit_name(&person), person.clone()]).await?,
        person,
        tombstones,
        remains,
        edges,
        elsewhere: ELSEWHERE.map(str::to_owned).into(),
    })
}

/// Places that an erasure does not reach by itself; see `docs/privacy.md`.
const ELSEWHERE: [&str; 4] = [
    "backups and exports that were made before: a restore erases again what the file of tombstones names",
    "PostgreSQL's log and its archives until they are recycled; texts there can't be opened once the data key is destroyed",
    "edges that have not confirmed: their copies are sealed, count for nothing, and end with their time",
    "services that the game called: what they were given is theirs to erase",
];

async fn tombstones(store: &dyn Store, tenant: &str, person: &str) -> Result<Vec<ErasureRow>> {
    let (mut all, mut after) = (Vec::new(), (Millis::MIN, String::new()));
    loop {
        let page = store.erasures(tenant, (after.0, &after.1), MAX_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = (last.at, last.id.clone());
        all.extend(page);
    }
    let ids: Vec<String> =
        all.iter().filter(|stone| stone.subject == person).map(|stone| format!("{}/", stone.id)).collect();
    all.retain(|stone| stone.subject == person || ids.iter().any(|id| stone.id.starts_with(id.as_str())));
    Ok(all)
}

async fn remains(store: &dyn Store, tenant: &str, user_id: &str, person: &str) -> Result<Remains> {
    Ok(Remains {
        conversations: store.of_person(tenant, user_id).await?.len() as u64,
        consents: store.consents(tenant, user_id, None).await?.len() as u64,
        data_key: store.find_data_key(tenant, person).await?.is_some(),
        holds: store.holds(tenant).await?.iter().filter(|hold| hold.user_id == user_id).count() as u64,
    })
}

/// The links of a person's erasures, whatever they call the person: links of before have a plain pseudonym.
async fn links(store: &dyn Store, names: &[String]) -> Result<Vec<Link>> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = store.audit(after, MAX_PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.sequence;
        let theirs = page.into_iter().filter(|row| {
            names.contains(&row.event.subject)
                && [events::PERSON_ERASED, events::ERASURE_REPEATED].contains(&row.event.event.as_str())
        });
        found.extend(theirs.map(|row| Link {
            sequence: row.sequence,
            event: row.event.event,
            at_ms: row.event.at,
            actor: row.event.actor,
            hash: row.hash,
        }));
    }
}

/// Signs a receipt.
///
/// # Errors
/// When it can't be written as JSON.
pub fn sign(receipt: Receipt, key: &Secret) -> Result<Signed> {
    let signature = hex::encode(&mac(&receipt, key)?.finalize().into_bytes());
    Ok(Signed { receipt, signature })
}

fn mac(receipt: &Receipt, key: &Secret) -> Result<Hmac<Sha256>> {
    let internal = |error: &dyn std::fmt::Display| StoreError::Internal(error.to_string());
    let text = serde_json::to_string(receipt).map_err(|error| internal(&error))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).map_err(|error| internal(&error))?;
    mac.update(DOMAIN.as_bytes());
    mac.update(text.as_bytes());
    Ok(mac)
}

/// Checks a receipt: its signature, and what it says against the store. A person who has come back since is no fault of the
/// receipt's; what was there before the erasure is.
///
/// # Errors
/// When the store fails.
pub async fn check(store: &dyn Store, signed: &Signed, key: &Secret) -> Result<Checked> {
    let ours = hex::encode(&mac(&signed.receipt, key)?.finalize().into_bytes());
    let authentic = bool::from(ours.as_bytes().ct_eq(signed.signature.as_bytes()));
    let mut in_the_log = true;
    for link in &signed.receipt.audit {
        let row = store.audit(link.sequence.saturating_sub(1), 1).await?.into_iter().next();
        in_the_log &= row.is_some_and(|row| row.sequence == link.sequence && row.hash == link.hash);
    }
    let there = tombstones(store, &signed.receipt.tenant, &signed.receipt.person).await?;
    let stands = |stone: &ErasureRow| {
        there.iter().any(|other| other.kind == stone.kind && other.subject == stone.subject && other.at >= stone.at)
    };
    let mut still_so = signed.receipt.tombstones.iter().all(stands);
    for stone in signed.receipt.tombstones.iter().filter(|stone| stone.kind == "conversation") {
        let id = stone.subject.parse().map_err(|error| StoreError::Damaged(format!("erasures.subject: {error}")))?;
        still_so &= store.find_by_id(&stone.tenant, &id).await?.is_none();
    }
    let erased_again = !in_the_log && {
        let person = &signed.receipt.person;
        let now = links(store, &[store.audit_name(person), person.clone()]).await?;
        now.iter().any(|link| link.event == events::ERASURE_REPEATED && !signed.receipt.audit.contains(link))
    };
    Ok(Checked { authentic, in_the_log, still_so, erased_again })
}
